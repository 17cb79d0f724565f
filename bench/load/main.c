/* ringer-load - the answering side and the load driver. */
#include "bench/load/run.h"

#include "engine/base/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: ringer-load answer    [--bind ADDR:PORT] [--mix MIX] [--hangup-after MS] [--rtp none|count|echo]\n"
	"       ringer-load originate [the same] --ami ADDR:PORT --user NAME --secret WORD --calls N\n"
	"                             [--rate R] [--outstanding K] [--channel TEXT] [--app APP --data TEXT]\n"
	"                             [--context C --exten E] [--timeout MS] [--events call|on|off] [--codecs LIST]\n"
	"       ringer-load files     [the same] --spool DIR --calls N [--rate R] [--archive] [--retries N]\n"
	"                             [--retry-time S]\n"
	"       ringer-load pings     --ami ADDR:PORT --calls N [--http] [--connections K] [--outstanding EACH]\n"
	"       ringer-load rest      --ami ADDR:PORT --connections K --duration S   (clients that only listen)\n"
	"\n"
	"  --mix MIX      e.g. answer=70,delay:2000=10,early:500=5,busy=10,ring=5; also congestion, notfound, never\n"
	"  --readers N    originate: N more clients read all events and measure how late they are (the engine\n"
	"                 needs timestampevents = yes); with --stall S one of them stops reading for so long\n"
	"  --channel TEXT dial string, %n is the number of the call (default PJSIP/answer-%n@far);\n"
	"                 a user part that begins with a behaviour decides it: busy-%n, delay500-%n\n"
	"  --no-answer    the answering side runs elsewhere\n"
	"  --pid PID, --pid-file FILE   the engine: its CPU time, memory and threads are reported\n"
	"  --cpu N        runs on that CPU       --duration S  ends (or gives up) after so long\n"
	"  --json FILE    the figures as JSON    --name TEXT   stands in the report     --quiet\n";

static const struct option table[] = {
	{"bind", 1, NULL, 'b'},     {"mix", 1, NULL, 'm'},      {"hangup-after", 1, NULL, 'H'},
	{"rtp", 1, NULL, 'r'},      {"ami", 1, NULL, 'a'},      {"user", 1, NULL, 'u'},
	{"secret", 1, NULL, 's'},   {"calls", 1, NULL, 'n'},    {"rate", 1, NULL, 'R'},
	{"outstanding", 1, NULL, 'K'}, {"channel", 1, NULL, 'c'}, {"app", 1, NULL, 'A'},
	{"data", 1, NULL, 'D'},     {"context", 1, NULL, 'C'},  {"exten", 1, NULL, 'E'},
	{"timeout", 1, NULL, 't'},  {"events", 1, NULL, 'e'},   {"codecs", 1, NULL, 'o'},
	{"spool", 1, NULL, 'S'},    {"archive", 0, NULL, 'x'},  {"retries", 1, NULL, 'y'},
	{"retry-time", 1, NULL, 'Y'}, {"no-answer", 0, NULL, 'N'}, {"pid", 1, NULL, 'p'},
	{"pid-file", 1, NULL, 'P'}, {"cpu", 1, NULL, 'U'},      {"duration", 1, NULL, 'd'},
	{"json", 1, NULL, 'j'},     {"name", 1, NULL, 'l'},     {"quiet", 0, NULL, 'q'},
	{"readers", 1, NULL, 'L'},  {"stall", 1, NULL, 'T'},    {"connections", 1, NULL, 'k'},
	{"http", 0, NULL, 'w'},     {"account", 1, NULL, 'G'},  {"ring", 0, NULL, 'i'},     {"help", 0, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out)
{
	int64_t n;

	if (slice_i64(slice_str(text), &n) && n >= least && n <= most) {
		*out = n;
		return true;
	}
	fprintf(stderr, "ringer-load: '%s' is no value for %s; allowed: %lld to %lld\n", text, option,
		(long long)least, (long long)most);
	return false;
}

static bool address(const char *option, const char *text, uint16_t port, struct addr *out)
{
	if (addr_parse(out, slice_str(text), port))
		return true;
	fprintf(stderr, "ringer-load: '%s' is no value for %s; write ADDRESS:PORT\n", text, option);
	return false;
}

static bool take_mix(struct options *o, const char *text)
{
	char why[256];
	struct sink error = sink_make(why, sizeof(why));

	if (farend_parse_mix(&o->farend, slice_str(text), &error))
		return true;
	fprintf(stderr, "ringer-load: --mix: %s\n", sink_cstr(&error));
	return false;
}

static bool take_rtp(struct options *o, const char *text)
{
	static const char *const words[] = {"none", "count", "echo"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, words[i]) == 0) {
			o->rtp = (enum run_rtp)i;
			return true;
		}
	}
	fprintf(stderr, "ringer-load: '%s' is no value for --rtp; allowed: none, count, echo\n", text);
	return false;
}

/* Options with a number. 1: not one of them. */
static int take_number(struct options *o, int c)
{
	int64_t n = 0;
	bool ok;

	switch (c) {
	case 'H':
		ok = number("--hangup-after", optarg, 0, 86400000, &o->farend.hangup_ms);
		return ok ? 0 : -1;
	case 'n':
		ok = number("--calls", optarg, 1, 100000000, &n);
		o->calls = (uint64_t)n;
		return ok ? 0 : -1;
	case 'R':
		ok = number("--rate", optarg, 0, 1000000, &n);
		o->rate = (uint32_t)n;
		return ok ? 0 : -1;
	case 'K':
		ok = number("--outstanding", optarg, 0, 10000000, &n);
		o->outstanding = (uint32_t)n;
		return ok ? 0 : -1;
	case 't':
		return number("--timeout", optarg, 0, 86400000, &o->timeout_ms) ? 0 : -1;
	case 'y':
		ok = number("--retries", optarg, 0, 100, &n);
		o->retries = (uint32_t)n;
		return ok ? 0 : -1;
	case 'Y':
		ok = number("--retry-time", optarg, 1, 86400, &n);
		o->retry_time = (uint32_t)n;
		return ok ? 0 : -1;
	case 'p':
		return number("--pid", optarg, 1, INT32_MAX, &o->pid) ? 0 : -1;
	case 'U':
		ok = number("--cpu", optarg, 0, 1023, &n);
		o->cpu = (int)n;
		return ok ? 0 : -1;
	case 'L':
		ok = number("--readers", optarg, 0, 1000, &n);
		o->readers = (uint32_t)n;
		return ok ? 0 : -1;
	case 'k':
		ok = number("--connections", optarg, 1, 4096, &n);
		o->connections = (uint32_t)n;
		return ok ? 0 : -1;
	case 'T':
		return number("--stall", optarg, 1, 86400, &o->stall_s) ? 0 : -1;
	case 'd':
		return number("--duration", optarg, 1, 864000, &o->duration_s) ? 0 : -1;
	default:
		return 1;
	}
}

/* Options with a word. 1: not one of them. */
static int take_word(struct options *o, int c)
{
	const struct {
		int c;
		const char **to;
	} words[] = {
		{'u', &o->user},    {'s', &o->secret}, {'c', &o->channel}, {'A', &o->app},
		{'D', &o->data},    {'C', &o->context}, {'E', &o->exten},  {'e', &o->events},
		{'o', &o->codecs},  {'S', &o->spool},  {'P', &o->pid_file}, {'j', &o->json},
		{'l', &o->name},    {'G', &o->account},
	};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		if (words[i].c == c) {
			*words[i].to = optarg;
			return 0;
		}
	}
	return 1;
}

static int take_option(struct options *o, int c)
{
	int result;

	switch (c) {
	case 'b':
		return address("--bind", optarg, 5070, &o->farend.bind) ? 0 : -1;
	case 'a':
		return address("--ami", optarg, 5038, &o->ami) ? 0 : -1;
	case 'm':
		return take_mix(o, optarg) ? 0 : -1;
	case 'r':
		return take_rtp(o, optarg) ? 0 : -1;
	case 'x':
		o->archive = true;
		return 0;
	case 'N':
		o->has_farend = false;
		return 0;
	case 'w':
		o->http = true;
		return 0;
	case 'i':
		o->farend.ring = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	default:
		result = take_number(o, c);
		return result == 1 ? take_word(o, c) : result;
	}
}

static void defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->has_farend = true;
	addr_parse(&o->farend.bind, SLICE_LIT("127.0.0.1:5070"), 5070);
	addr_parse(&o->ami, SLICE_LIT("127.0.0.1:5038"), 5038);
	o->farend.hangup_ms = -1;
	o->farend.call_max = 262144;
	o->cpu = -1;
	o->channel = "PJSIP/answer-%n@far";
	o->context = "campaign";
	o->exten = "s";
	o->data = "";
	o->timeout_ms = 30000;
	o->user = "hello";
	o->secret = "world";
	o->events = "call";
	o->retry_time = 5;
	o->connections = 1;
}

static bool take_mode(struct options *o, const char *word)
{
	static const char *const modes[] = {"answer", "originate", "files", "pings", "rest"};

	_Static_assert(ARRAY_COUNT(modes) == RUN_MODE_COUNT, "a word for each mode");
	for (int i = 0; i < RUN_MODE_COUNT; i++) {
		if (word && strcmp(word, modes[i]) == 0) {
			o->mode = (enum run_mode)i;
			o->has_farend = i < RUN_PINGS;
			return true;
		}
	}
	return false;
}

static bool complete(const struct options *o)
{
	if (o->mode != RUN_ANSWER && o->mode != RUN_REST && o->calls == 0) {
		fprintf(stderr, "ringer-load: --calls is missing\n");
		return false;
	}
	if (o->mode == RUN_REST && o->duration_s == 0) {
		fprintf(stderr, "ringer-load: --duration is missing\n");
		return false;
	}
	if (o->mode == RUN_FILES && !o->spool) {
		fprintf(stderr, "ringer-load: --spool is missing: the directory that holds outgoing/\n");
		return false;
	}
	return true;
}

bool options_parse(struct options *o, int argc, char **argv, int *code)
{
	int c;

	defaults(o);
	*code = 1;
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		*code = 0;
		return false;
	}
	if (!take_mode(o, argc > 1 ? argv[1] : NULL)) {
		fputs(help, stderr);
		return false;
	}
	optind = 2;
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			*code = 0;
			return false;
		}
		if (c == '?' || take_option(o, c) != 0)
			return false;
	}
	if (optind < argc) {
		fprintf(stderr, "ringer-load: unexpected argument '%s'\n", argv[optind]);
		return false;
	}
	return complete(o);
}

int main(int argc, char **argv)
{
	static int (*const modes[RUN_MODE_COUNT])(struct run *r) = {answer_run, originate_run, files_run,
								     pings_run, rest_run};
	static struct options options;
	static struct run run;
	int code, err;

	if (!options_parse(&options, argc, argv, &code))
		return code;
	err = run_create(&run, &options);
	if (err) {
		fprintf(stderr, "ringer-load: cannot start: %s\n", strerror(-err));
		run_destroy(&run);
		return 1;
	}
	code = modes[options.mode](&run);
	run_destroy(&run);
	return code;
}
