/* sip/cli_list.c - console: lists that the shards have parts of, asked piece by piece, one shard
 * after the other (control_list): pjsip show channelstats, pjsip show targets. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/core/shard.h"
#include "sip/center_internal.h"
#include "sip/cli_internal.h"
#include "sip/sip.h"

#include <stdio.h>
#include <stdlib.h>

/* A target in trouble, as one shard knows it, or all together. */
struct list_target {
	char name[ADDR_TEXT + 8]; /* "UDP 192.0.2.1:5060" */
	int64_t held_ns, down_ns;
	uint32_t strikes;
};

/* One command while it asks. */
struct list_walk {
	struct control *control;
	struct cli_job *job;
	const char *what;
	uint32_t shard, shard_count;
	bool is_short; /* a shard could not be asked, or memory ran out */
	void (*line)(struct list_walk *w, struct slice line);
	void (*end)(struct list_walk *w);
	uint32_t count, room;
	struct list_target *targets;
};

/* ---- asking ---- */

static void walk_ask(struct list_walk *w, uint32_t cursor);

static void walk_next_shard(struct list_walk *w)
{
	if (++w->shard < w->shard_count) {
		walk_ask(w, 0);
		return;
	}
	w->end(w);
	if (w->is_short)
		cli_job_print(w->job, "Not all shards could tell: the engine is busy\n");
	cli_job_end(w->job, CLI_OK);
	free(w->targets);
	free(w);
}

static void walk_answered(void *arg, bool ok, struct slice lines)
{
	struct list_walk *w = arg;
	uint64_t cursor = 0;
	struct slice line;

	w->is_short |= !ok;
	while (ok && slice_split(&lines, '\n', &line)) {
		if (lines.len)
			w->line(w, line);
		else if (!slice_u64(line, INT32_MAX, &cursor))
			cursor = 0;
	}
	if (cursor)
		walk_ask(w, (uint32_t)cursor);
	else
		walk_next_shard(w);
}

static void walk_ask(struct list_walk *w, uint32_t cursor)
{
	control_list(w->control, w->shard, slice_str(w->what), cursor, walk_answered, w);
}

static enum cli_result walk_start(struct sip_center *c, struct cli_call *call,
				  const struct list_walk *how)
{
	struct list_walk *w;

	if (call->argc)
		return CLI_USAGE;
	w = calloc(1, sizeof(*w));
	if (!w)
		return CLI_FAIL;
	*w = *how;
	w->control = c->console;
	w->shard_count = c->env.shard_count;
	w->job = cli_hold(call);
	if (!w->job) {
		free(w);
		return CLI_FAIL;
	}
	walk_ask(w, 0);
	return CLI_OPEN;
}

static int64_t line_number(struct slice *line)
{
	struct slice part;
	int64_t n = 0;

	if (!slice_split(line, ' ', &part) || !slice_i64(part, &n))
		return 0;
	return n;
}

/* ---- pjsip show channelstats ---- */

struct list_stream {
	uint64_t count, lost;
	double jitter_s;
};

static struct list_stream line_stream(struct slice *line)
{
	struct list_stream s;

	s.count = (uint64_t)line_number(line);
	s.lost = (uint64_t)line_number(line);
	s.jitter_s = (double)line_number(line) / 1e6;
	return s;
}

/* Six digits, in thousands if they do not do. */
static void stats_add_count(struct sink *out, uint64_t n)
{
	bool is_large = n > 100000;

	sink_fmt(out, "%6llu%s ", (unsigned long long)(is_large ? n / 1000 : n),
		 is_large ? "K" : " ");
}

static void stats_add_stream(struct sink *out, const struct list_stream *s)
{
	stats_add_count(out, s->count);
	stats_add_count(out, s->lost);
	sink_fmt(out, "%3llu %7.3f ", (unsigned long long)(s->count ? s->lost * 100 / s->count : 0),
		 s->jitter_s);
}

static void stats_head(struct list_walk *w)
{
	if (w->count++)
		return;
	cli_job_print(w->job,
		      "\n%45s...........Receive......... .........Transmit..........\n"
		      " BridgeId ChannelId ........ UpTime.. Codec.   Count    Lost Pct  Jitter   "
		      "Count    Lost Pct  Jitter RTT....\n"
		      " =================" CLI_RULE "\n",
		      "");
}

/* As SHARD_LIST_STATS has it. */
static void stats_line(struct list_walk *w, struct slice line)
{
	char room[256];
	struct sink out = sink_make(room, sizeof(room));
	int64_t age = line_number(&line);
	struct slice codec = SLICE_EMPTY;
	struct list_stream rx, tx;
	double rtt_s;

	slice_split(&line, ' ', &codec);
	rx = line_stream(&line);
	tx = line_stream(&line);
	rtt_s = (double)line_number(&line) / 1e6;
	if (!slice_starts(line, SLICE_LIT("PJSIP/")))
		return;
	stats_head(w);
	if (slice_eq(codec, SLICE_LIT("-"))) {
		cli_job_print(w->job, " %.*s not valid\n", SLICE_ARG(line));
		return;
	}
	line = slice_head(slice_from(line, strlen("PJSIP/")), 18);
	sink_fmt(&out, " %8s %-18.*s ", "", SLICE_ARG(line));
	cli_write_time(&out, age);
	sink_fmt(&out, " %-6.*s ", (int)(codec.len < 6 ? codec.len : 6), codec.ptr);
	stats_add_stream(&out, &rx);
	stats_add_stream(&out, &tx);
	cli_job_print(w->job, "%.*s%7.3f\n", (int)out.len, out.ptr, rtt_s);
}

static void stats_end(struct list_walk *w)
{
	if (w->count)
		cli_job_print(w->job, "\nObjects found: %u\n\n", w->count);
	else
		cli_job_print(w->job, "No objects found.\n\n");
}

enum cli_result center_show_channelstats(void *center, struct cli_call *call)
{
	static const struct list_walk how = {
		.what = SHARD_LIST_STATS,
		.line = stats_line,
		.end = stats_end,
	};

	return walk_start(center, call, &how);
}

/* ---- pjsip show targets ---- */

/* As SIP_LIST_TARGETS has it. */
static void targets_line(struct list_walk *w, struct slice line)
{
	struct list_target *t;

	if (w->count == w->room) {
		uint32_t room = w->room ? 2 * w->room : 64;
		struct list_target *more = realloc(w->targets, room * sizeof(*more));

		w->is_short |= !more;
		if (!more)
			return;
		w->targets = more;
		w->room = room;
	}
	t = &w->targets[w->count++];
	t->held_ns = line_number(&line);
	t->down_ns = line_number(&line);
	t->strikes = (uint32_t)line_number(&line);
	slice_copy(t->name, sizeof(t->name), line);
}

static int targets_compare(const void *a, const void *b)
{
	return strcmp(((const struct list_target *)a)->name, ((const struct list_target *)b)->name);
}

/* What several shards know of one target becomes one: the worst of each. */
static void targets_fold(struct list_walk *w)
{
	uint32_t kept = 0;

	if (w->count)
		qsort(w->targets, w->count, sizeof(*w->targets), targets_compare);
	for (uint32_t i = 0; i < w->count; i++) {
		const struct list_target *t = &w->targets[i];
		struct list_target *last = kept ? &w->targets[kept - 1] : NULL;

		if (!last || strcmp(last->name, t->name) != 0) {
			w->targets[kept++] = *t;
			continue;
		}
		last->held_ns = last->held_ns > t->held_ns ? last->held_ns : t->held_ns;
		last->down_ns = last->down_ns > t->down_ns ? last->down_ns : t->down_ns;
		last->strikes = last->strikes > t->strikes ? last->strikes : t->strikes;
	}
	w->count = kept;
}

/* NULL: nothing is wrong with it any more. */
static const char *target_state(const struct list_target *t, int64_t now_ns)
{
	if (t->down_ns > now_ns)
		return "Down";
	if (t->held_ns > now_ns)
		return "Held";
	if (t->down_ns)
		return "On trial"; /* one more silence, and it is down again */
	return t->strikes ? "Silent" : NULL;
}

/* "hh:mm:ss" until then, rounded up; empty: it is past. */
static const char *time_left(int64_t until_ns, int64_t now_ns, char room[16])
{
	struct sink out = sink_make(room, 16);

	if (until_ns > now_ns)
		cli_write_time(&out, (until_ns - now_ns + TMR_SECOND - 1) / TMR_SECOND);
	return sink_cstr(&out);
}

static uint32_t targets_print(struct list_walk *w, int64_t now_ns)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < w->count; i++) {
		const struct list_target *t = &w->targets[i];
		int64_t until = t->down_ns > t->held_ns ? t->down_ns : t->held_ns;
		const char *state = target_state(t, now_ns);
		char left[16];

		if (!state)
			continue;
		if (shown++ == 0)
			cli_job_print(w->job, "\n%-60s %-9s %-9s %10s\n" CLI_RULE "\n", "Target",
				      "State", "Free in", "Unanswered");
		cli_job_print(w->job, "%-60s %-9s %-9s %10u\n", t->name, state,
			      time_left(until, now_ns, left), t->strikes);
	}
	return shown;
}

/* Whose orders wait since all targets are in trouble (queue_hold). */
static uint32_t trunks_print(struct list_walk *w, int64_t now_ns)
{
	const struct queue *q = control_queue(w->control);
	uint32_t shown = 0;

	for (uint32_t i = 0; i < queue_trunk_count(q); i++) {
		const struct trunk *t = queue_trunk(q, i);
		bool is_held = t->held_ns > now_ns;
		char left[16];

		if (!is_held && !t->on_trial)
			continue;
		if (shown++ == 0)
			cli_job_print(w->job, "\n%-60s %-9s %-9s %10s\n" CLI_RULE "\n", "Trunk",
				      "State", "Free in", "Waiting");
		cli_job_print(w->job, "%-60s %-9s %-9s %10u\n", t->name,
			      is_held ? "Held" : "On trial", time_left(t->held_ns, now_ns, left),
			      t->waiting);
	}
	return shown;
}

static void targets_end(struct list_walk *w)
{
	int64_t now = io_now_ns(control_io(w->control));
	uint32_t shown;

	targets_fold(w);
	shown = targets_print(w, now);
	shown += trunks_print(w, now);
	if (shown)
		cli_job_print(w->job, "\nObjects found: %u\n\n", shown);
	else
		cli_job_print(w->job, "No objects found.\n\n");
}

enum cli_result center_show_targets(void *center, struct cli_call *call)
{
	static const struct list_walk how = {
		.what = SIP_LIST_TARGETS,
		.line = targets_line,
		.end = targets_end,
	};

	return walk_start(center, call, &how);
}
