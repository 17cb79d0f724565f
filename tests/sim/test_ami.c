/* sim_test_ami [NAME [SEED]] - whole-engine AMI sessions on virtual time: what a client sees on its
 *socket, from the banner to the last event of a call. The sessions are files,
 *tests/sim/transcripts/ami-*.txt, one test each:
 *
 *	# a comment
 *	connect		another connection; drops the banner
 *	login NAME	as that user, whose secret is "world"; drops the answer
 *	C: TEXT		a line of the client, sent with CRLF; "c: " with LF
 *	E: TEXT		octets of the client: no line end is added; \r \n \0 \xhh are escapes
 *	x TIMES TEXT	the line so often, with CRLF
 *	line OCTETS	a header of so many octets, and CRLF
 *	wait SECONDS	sends what stands above and lets so much time go; one second if it is not
 *there S: LINE		what has come, in the notation of peer_transcript.h
 *	R: LINE		the same octet by octet; every line must have ended with CRLF
 *	drop		what has come does not matter
 *	closed		and the connection is closed
 *
 * PJSIP/self-C1 stands for the channel named first, and so on. All that comes must stand there. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_gateway.h"
#include "tests/sim/peer_telnet.h"
#include "tests/sim/peer_transcript.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)
#define BANNER	 "Asterisk Call Manager/11.0.0\r\n"

static struct {
	uint64_t seed;
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct telnet *client;
	bool compat; /* dialer.conf compat_reason */
	bool tls;    /* the client comes over TLS */
	bool states; /* of devices are told */
} rig = {.seed = 7};

/* ---- world ---- */

static enum gateway_plan choose(void *arg, struct slice user, uint32_t nth)
{
	UNUSED(arg);
	UNUSED(nth);
	if (slice_eq(user, SLICE_LIT("answer")))
		return GATEWAY_ANSWER_LATE;
	if (slice_eq(user, SLICE_LIT("busy")))
		return GATEWAY_BUSY;
	if (slice_eq(user, SLICE_LIT("missing")))
		return GATEWAY_NOT_FOUND;
	return GATEWAY_RINGS;
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	UNUSED(arg);
	gateway_tap(rig.gateway, from, to, data, len);
	return SIM_PASS;
}

static const char manager_conf[] = "[general]\n"
				   "enabled = yes\n"
				   "bindaddr = 0.0.0.0\n"
				   "tlsenable = yes\n"
				   "tlscertfile = /tls/server.pem\n"
				   "tlsprivatekey = /tls/server.key\n"
				   "%s\n"
				   "[hello]\n"
				   "secret=world\n"
				   "read=all     ; everything\n"
				   "write=all\n"
				   "[quiet]\n"
				   "secret=world\n"
				   "write=all\n"
				   "[lister]\n"
				   "secret=world\n"
				   "write=user\n"
				   "[low]\n"
				   "secret=world\n"
				   "write=call\n"
				   "[set]\n"
				   "secret=world\n"
				   "write=originate,call\n"
				   "setvar=U1=one\n"
				   "setvar=U2=two\n"
				   "[single]\n"
				   "secret=world\n"
				   "allowmultiplelogin=no\n"
				   "[denied]\n"
				   "secret=world\n"
				   "deny=0.0.0.0/0.0.0.0\n"
				   "[nosecret]\n"
				   "[filtered]\n"
				   "secret=world\n"
				   "read=all\n"
				   "write=all\n"
				   "eventfilter=Event: (Newchannel|Hangup)\n"
				   "eventfilter=!Cause: 16\n";

static const char extensions_conf[] =
	"[default]\n"
	"exten => 100,1,NoOp(hello \"Ann\" <100>  )\n"
	" same => n,Wait(2)\n"
	" same => n,Hangup()\n"
	"exten => long,1,Answer()\n"
	" same => n,Wait(600)\n"
	"exten => 209,1,Wait(3)\n"
	" same => n,Hangup()\n"
	"exten => label,1,NoOp()\n"
	" same => n(there),Wait(600)\n"
	"[hints]\n"
	"exten => 500,hint,PJSIP/self\n"
	"exten => 501,hint,Custom:lamp&PJSIP/nobody\n"
	"exten => _6XX,hint,PJSIP/${EXTEN}\n"
	"exten => lamp,1,Set(DEVICE_STATE(Custom:lamp)=INUSE)\n"
	" same => n,Wait(1)\n"
	" same => n,NoOp(${DEVICE_STATE(Custom:lamp)},${DEVICE_STATE(PJSIP/self)},"
	"${DEVICE_STATE(PJSIP/x)},${EXTENSION_STATE(501@hints)},"
	"${HINT(500)})\n"
	"[sets]\n"
	"exten => 103,1,Wait(600)\n"
	"exten => 209,1,Wait(3)\n"
	"exten => 210,1,Wait(6)\n"
	"[fails]\n"
	"exten => 100,1,Wait(1)\n"
	"exten => failed,1,NoOp(${REASON})\n";

static const char pjsip_conf[] = "[udp]\n"
				 "type=transport\n"
				 "protocol=udp\n"
				 "bind=0.0.0.0:5060\n"
				 "[self]\n"
				 "type=endpoint\n"
				 "transport=udp\n"
				 "context=uas\n"
				 "disallow=all\n"
				 "allow=ulaw\n"
				 "aors=self\n"
				 "[SOFTPHONE_A](self)\n"
				 "[SOFTPHONE_B](self)\n"
				 "[self]\n"
				 "type=auth\n"
				 "username=me\n"
				 "password=secret\n"
				 "[self]\n"
				 "type=identify\n"
				 "endpoint=self\n"
				 "match=192.0.2.1\n"
				 "[self]\n"
				 "type=aor\n"
				 "contact=sip:answer@";

static void put_files(void)
{
	char text[1024], big[2 * sizeof(manager_conf)], host[ADDR_TEXT];
	struct addr gateway = gateway_addr(rig.gateway);

	sim_fs_put(rig.w, "/etc/asterisk/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n");
	/* The reference shows calls without the states of devices, but for one. */
	snprintf(big, sizeof(big), manager_conf,
		 rig.states ? "" : "disabledevents = DeviceStateChange,ExtensionStatus");
	sim_fs_put(rig.w, "/etc/asterisk/manager.conf", big);
	snprintf(text, sizeof(text),
		 "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=100\ncompat_reason=%s\n",
		 rig.compat ? "yes" : "no");
	sim_fs_put(rig.w, "/etc/asterisk/dialer.conf", text);
	snprintf(text, sizeof(text), "%s%s\n", pjsip_conf, addr_text(&gateway, host));
	sim_fs_put(rig.w, "/etc/asterisk/pjsip.conf", text);
	sim_fs_put(rig.w, "/etc/asterisk/sample.conf",
		   "; by hand\n[general]\nenabled=yes ; no\n[base](!)\nread=system,call\n"
		   "[crm](base)\nsecret=a\\;\"b\"\\\npermit=10.0.0.1\npermit => 10.0.0.2\n");
	sim_fs_put(rig.w, "/etc/asterisk/broken.conf", "[general\n");
	sim_fs_put(rig.w, "/var/spool/asterisk/secret", "[a]\n");
	sim_fs_put(rig.w, "/etc/passwd", "[a]\n");
	sim_fs_put(rig.w, "/etc/asterisk/extensions.conf", extensions_conf);
	sim_fs_put(rig.w, "/etc/asterisk/rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(rig.w, "/etc/asterisk/cdr.conf",
		   "[general]\nenable=yes\nunanswered=no\n[csv]\n");
	sim_fs_mkdir(rig.w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	check(sim_fs_import(rig.w, "tests/tls", "/tls") == 0);
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
}

static void engine_begin(void)
{
	struct engine_options options = {.main_file = "/etc/asterisk/asterisk.conf",
					 .cpu_count = 2};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) || engine_start(rig.engine, &error))
		fail_msg("%s", sink_cstr(&error));
	check(engine_run_apart(rig.engine) == 0);
}

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static int begin(void **state)
{
	struct gateway_conf gateway = {.port = 5060, .choose = choose};
	struct addr server;

	rig.compat = *state && strstr(*state, "compat");
	rig.tls = *state && strncmp(*state, "tls ", 4) == 0;
	rig.states = *state && strstr(*state, "state");
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(rig.seed);
	gateway.host = sim_host_add(rig.w, "gateway");
	rig.gateway = gateway_create(rig.w, &gateway);
	sim_net_tap(rig.w, tap, NULL);
	put_files();
	engine_begin();
	sim_run_for(rig.w, SIM_SECOND);
	server = sim_host_addr(rig.w, 0, rig.tls ? 5039 : 5038);
	rig.client = rig.tls ? telnet_create_tls(rig.w, &server, "/tls/ca.pem", "10.0.0.1")
			     : telnet_create(rig.w, &server);
	return 0;
}

static int end(void **state)
{
	const char *why = "";
	bool quiet, gateway_good;

	UNUSED(state);
	sim_run_for(rig.w, 40 * SIM_SECOND);
	quiet = engine_is_quiet(rig.engine, &why);
	gateway_good = gateway_check_end(rig.gateway);
	telnet_destroy(rig.client);
	sim_net_tap(rig.w, NULL, NULL);
	engine_destroy(rig.engine);
	gateway_destroy(rig.gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	if (!quiet)
		fail_msg("not quiet: %s", why);
	assert_true(gateway_good);
	assert_int_equal(check_never_count(), 0);
	return 0;
}

/* ---- a session ---- */

struct session {
	const char *file;
	unsigned line, said_line;
	struct sink said;   /* by the client, not sent yet */
	struct sink wanted; /* lines that should come for what was sent last */
	int64_t wait_ns;
	const char *heard; /* not NULL: sent; what came is to be compared */
	bool raw;	   /* `wanted` is octets */
};

static char said_text[TEXT_MAX], wanted_text[TEXT_MAX], lines_text[TEXT_MAX], masked_text[TEXT_MAX];

static void session_send(struct session *s)
{
	if (s->heard)
		return;
	s->heard = telnet_say(rig.client, sink_slice(&s->said), s->wait_ns);
	s->said_line = s->line;
	s->raw = false;
	s->said.len = s->wanted.len = 0;
	s->wait_ns = SIM_SECOND;
}

/* Octets as lines: without the CR that each must have. */
static void write_raw(struct sink *out, const char *wire)
{
	for (const char *at = wire; *at; at++) {
		assert_int_equal(*at == '\n', at > wire && at[-1] == '\r');
		if (*at != '\r' || at[1] != '\n')
			sink_char(out, *at);
	}
}

/* Security events name the door; all else is the same over TLS. */
static void as_plain(char *wire)
{
	for (char *at = wire; (at = strstr(at, "IPV4/TLS/")) != NULL; at++) {
		memcpy(at, "IPV4/TCP/", 9);
		if (strncmp(at + 9, "10.0.0.1/5039", 13) == 0)
			at[21] = '8';
	}
}

/* All that came is what is wanted. */
static void session_compare(struct session *s)
{
	struct sink lines = sink_make(lines_text, TEXT_MAX),
		    masked = sink_make(masked_text, TEXT_MAX);
	static char wire[TEXT_MAX];
	const char *differs;

	if (!s->heard)
		return;
	snprintf(wire, sizeof(wire), "%s", s->heard);
	if (rig.tls)
		as_plain(wire);
	if (s->raw)
		write_raw(&lines, wire);
	else
		transcript_write(&lines, wire);
	transcript_mask_names(&masked, sink_cstr(&lines));
	differs = transcript_compare(sink_cstr(&masked), sink_cstr(&s->wanted));
	if (differs) {
		fprintf(stderr, "All that came:\n%s", sink_cstr(&masked)); /* cmocka cuts */
		fail_msg("%s:%u: %s", s->file, s->said_line, differs);
	}
	s->heard = NULL;
}

/* The same with what was said and not sent yet. */
static void session_finish(struct session *s)
{
	if (s->said.len > 0)
		session_send(s);
	session_compare(s);
}

static void session_want(struct session *s, bool raw, struct slice line)
{
	session_send(s);
	s->raw |= raw;
	sink_add(&s->wanted, line);
	sink_char(&s->wanted, '\n');
}

static void session_connect(struct session *s)
{
	session_finish(s);
	telnet_reconnect(rig.client);
	assert_string_equal(telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND), BANNER);
}

static void session_login(struct session *s, struct slice name)
{
	const char *heard;

	session_finish(s);
	sink_fmt(&s->said, "Action: Login\r\nUsername: %.*s\r\nSecret: world\r\n\r\n",
		 SLICE_ARG(name));
	heard = telnet_say(rig.client, sink_slice(&s->said), SIM_SECOND);
	assert_non_null(strstr(heard, "Message: Authentication accepted\r\n"));
	s->said.len = 0;
}

/* \r \n \0 \xhh */
static void session_add_escaped(struct session *s, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\' && ++i < text.len) {
			c = text.ptr[i] == 'r' ? '\r' : text.ptr[i] == 'n' ? '\n' : 0;
			if (text.ptr[i] == 'x') {
				c = (char)strtoul((char[]){text.ptr[i + 1], text.ptr[i + 2], 0},
						  NULL, 16);
				i += 2;
			}
		}
		sink_char(&s->said, c);
	}
}

static void session_repeat(struct session *s, struct slice text)
{
	size_t blank = slice_find(text, ' ');
	uint64_t times;

	assert_true(slice_u64(slice_head(text, blank), 100000, &times));
	while (times--) {
		sink_add(&s->said, slice_from(text, blank + 1));
		sink_lit(&s->said, "\r\n");
	}
}

static void session_long_line(struct session *s, size_t octets)
{
	sink_lit(&s->said, "X: ");
	for (size_t i = 3; i < octets; i++)
		sink_char(&s->said, 'y');
	sink_lit(&s->said, "\r\n");
}

static void session_say(struct session *s, struct slice line, const char *line_end)
{
	session_compare(s);
	transcript_unmask_names(&s->said, line);
	sink_str(&s->said, line_end);
}

static bool takes(struct slice line, const char *word, struct slice *rest)
{
	*rest = slice_from(line, strlen(word));
	if (rest->len > 0 && rest->ptr[0] == ' ')
		*rest = slice_from(*rest, 1);
	return slice_starts(line, slice_str(word));
}

static void session_line(struct session *s, struct slice line)
{
	struct slice rest;

	if (line.len == 0 || line.ptr[0] == '#')
		return;
	if (takes(line, "C:", &rest)) {
		session_say(s, rest, "\r\n");
	} else if (takes(line, "c:", &rest)) {
		session_say(s, rest, "\n");
	} else if (takes(line, "E:", &rest)) {
		session_compare(s);
		session_add_escaped(s, rest);
	} else if (takes(line, "x ", &rest)) {
		session_compare(s);
		session_repeat(s, slice_from(line, 2));
	} else if (takes(line, "line", &rest)) {
		session_compare(s);
		session_long_line(s, strtoul(rest.ptr, NULL, 10));
	} else if (takes(line, "wait", &rest)) {
		session_compare(s);
		s->wait_ns = strtoll(rest.ptr, NULL, 10) * SIM_SECOND;
		session_send(s);
	} else if (takes(line, "S:", &rest) || takes(line, "R:", &rest)) {
		session_want(s, line.ptr[0] == 'R', rest);
	} else if (takes(line, "drop", &rest)) {
		session_send(s);
		s->heard = NULL;
	} else if (takes(line, "closed", &rest)) {
		session_finish(s);
		assert_true(telnet_is_closed(rig.client));
	} else if (takes(line, "connect", &rest)) {
		session_connect(s);
	} else if (takes(line, "login", &rest)) {
		session_login(s, rest);
	} else {
		fail_msg("%s:%u: not understood", s->file, s->line);
	}
}

static void test_session(void **state)
{
	const char *file = *state;
	struct session s = {.file = file + (rig.tls ? 4 : 0),
			    .said = sink_make(said_text, TEXT_MAX),
			    .wanted = sink_make(wanted_text, TEXT_MAX),
			    .wait_ns = SIM_SECOND};
	char path[1024], line[4096];
	FILE *f;

	transcript_begin();
	snprintf(path, sizeof(path), "%s/tests/sim/transcripts/%s", RINGER_SOURCE_DIR, s.file);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	assert_string_equal(telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND), BANNER);
	while (fgets(line, sizeof(line), f)) {
		s.line++;
		line[strcspn(line, "\n")] = 0;
		session_line(&s, slice_str(line));
	}
	session_finish(&s);
	fclose(f);
	assert_true(s.line > 0);
}

/* ---- what is no transcript ---- */

/* A call outlives the connection that ordered it, in either manner. */
static void test_client_goes(void **state)
{
	static const char orders[] =
		"Action: Login\r\nUsername: hello\r\nSecret: world\r\n\r\n"
		"Action: Originate\r\nChannel: PJSIP/answer@self\r\nContext: default\r\n"
		"Exten: 100\r\nPriority: 1\r\nAsync: true\r\n\r\n"
		"Action: Originate\r\nChannel: PJSIP/answer@self\r\nContext: default\r\n"
		"Exten: 100\r\nPriority: 1\r\n\r\n";

	UNUSED(state);
	telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND);
	telnet_say(rig.client, SLICE_LIT(orders), SIM_SECOND);
	telnet_reset(rig.client);
	sim_run_for(rig.w, 40 * SIM_SECOND);
	assert_true(telnet_is_closed(rig.client));
	assert_int_equal(gateway_calls_of(rig.gateway, SLICE_LIT("answer")), 2);
}

#define SESSION(file)                                                                              \
	{                                                                                          \
		file, test_session, begin, end, (void *)file                                       \
	}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION("ami-chapter.txt"),
		SESSION("ami-answered.txt"),
		SESSION("ami-busy.txt"),
		SESSION("ami-compat.txt"),
		SESSION("ami-no-answer.txt"),
		SESSION("ami-cancelled.txt"),
		SESSION("ami-no-channel.txt"),
		SESSION("ami-channel.txt"),
		SESSION("ami-login.txt"),
		SESSION("ami-framing.txt"),
		SESSION("ami-session.txt"),
		SESSION("ami-originate.txt"),
		SESSION("ami-failed.txt"),
		SESSION("ami-variables.txt"),
		SESSION("ami-hangup.txt"),
		SESSION("ami-signal.txt"),
		SESSION("tls ami-chapter.txt"),
		SESSION("tls ami-framing.txt"),
		SESSION("tls ami-session.txt"),
		SESSION("tls ami-originate.txt"),
		SESSION("ami-pjsip.txt"),
		SESSION("ami-database.txt"),
		SESSION("ami-config.txt"),
		SESSION("ami-modules.txt"),
		SESSION("ami-dialplan.txt"),
		SESSION("ami-state.txt"),
		cmocka_unit_test_setup_teardown(test_client_goes, begin, end),
	};

	if (argc > 2)
		rig.seed = strtoull(argv[2], NULL, 10);
	if (argc > 1) /* one file: the name of a test may hold * and ? */
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
