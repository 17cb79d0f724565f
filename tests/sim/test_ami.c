/* Whole-engine AMI sessions on virtual time: what a client sees on its socket, octet by octet, from
 * the banner to the last event of a call. The transcripts of the reference, with the order that
 * this engine promises. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_gateway.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (1 << 20)

/* A client that keeps everything it reads. */
struct telnet {
	struct io *io;
	struct metrics metrics;
	struct io_stream *stream;
	bool connected, closed;
	const char *to_send;
	size_t len;
	char text[TEXT_MAX];
};

static struct {
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct telnet client;
} rig;

/* ---- client ---- */

static void telnet_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct telnet *t = arg;

	(void)s;
	check(t->len + len < TEXT_MAX);
	memcpy(t->text + t->len, data, len);
	t->len += len;
	t->text[t->len] = 0;
}

static void telnet_closed(void *arg, struct io_stream *s, int error)
{
	struct telnet *t = arg;

	(void)error;
	t->closed = true;
	io_stream_close(s, false);
	t->stream = NULL;
}

static void telnet_connected(void *arg, struct io_stream *s)
{
	struct telnet *t = arg;

	(void)s;
	t->connected = true;
}

static const struct io_stream_handler telnet_handler = {
	.data = telnet_data,
	.closed = telnet_closed,
	.connected = telnet_connected,
};

static int64_t telnet_turn(void *owner, int64_t now_ns)
{
	struct telnet *t = owner;
	struct addr server = sim_host_addr(rig.w, 0, 5038);

	(void)now_ns;
	if (!t->stream && !t->closed)
		check(io_connect_tcp(t->io, &t->stream, &server, &telnet_handler, t) == 0);
	if (t->connected && t->stream && t->to_send) {
		check(io_stream_send(t->stream, t->to_send, strlen(t->to_send)) == 0);
		t->to_send = NULL;
	}
	return INT64_MAX;
}

static void telnet_open(struct telnet *t)
{
	struct io_conf conf = {.name = "telnet",
			       .metrics = &t->metrics,
			       .stream_max = 2,
			       .small_buffers = 16,
			       .stream_out_max = 65536};

	memset(t, 0, sizeof(*t));
	sim_host_use(rig.w, sim_host_add(rig.w, "client"));
	check(io_create(&t->io, &conf) == 0);
	check(io_start(t->io, telnet_turn, t) == 0);
}

static void telnet_end(struct telnet *t)
{
	io_stop(t->io);
	io_join(t->io);
	io_destroy(t->io);
}

/* ---- world ---- */

static enum gateway_plan choose(void *arg, struct slice user, uint32_t nth)
{
	(void)arg;
	(void)nth;
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
	(void)arg;
	gateway_tap(rig.gateway, from, to, data, len);
	return SIM_PASS;
}

static void put_files(void)
{
	char text[512], host[ADDR_TEXT];
	struct addr gateway = gateway_addr(rig.gateway);

	sim_fs_put(rig.w, "/etc/asterisk/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, "/etc/asterisk/manager.conf",
		   "[general]\nenabled = yes\nbindaddr = 0.0.0.0\n\n[hello]\nsecret=world\n"
		   "read=all     ; everything\nwrite=all\n");
	sim_fs_put(rig.w, "/etc/asterisk/dialer.conf",
		   "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=100\n");
	snprintf(text, sizeof(text),
		 "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n\n[self]\ntype=endpoint\n"
		 "transport=udp\ncontext=uas\ndisallow=all\nallow=ulaw\naors=self\n\n[self]\n"
		 "type=aor\ncontact=sip:%s\n",
		 addr_text(&gateway, host));
	sim_fs_put(rig.w, "/etc/asterisk/pjsip.conf", text);
	sim_fs_put(rig.w, "/etc/asterisk/extensions.conf",
		   "[default]\nexten => 100,1,NoOp(hello \"Ann\" <100>  )\n same => n,Wait(2)\n"
		   " same => n,Hangup()\nexten => long,1,Answer()\n same => n,Wait(600)\n"
		   "exten => 209,1,Wait(3)\n same => n,Hangup()\n");
	sim_fs_put(rig.w, "/etc/asterisk/rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(rig.w, "/etc/asterisk/cdr.conf",
		   "[general]\nenable=yes\nunanswered=no\n[csv]\n");
	sim_fs_mkdir(rig.w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
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
	(void)arg;
	(void)line;
}

static int begin(void **state)
{
	struct gateway_conf gateway = {.port = 5060, .choose = choose};

	(void)state;
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(7);
	gateway.host = sim_host_add(rig.w, "gateway");
	rig.gateway = gateway_create(rig.w, &gateway);
	sim_net_tap(rig.w, tap, NULL);
	put_files();
	engine_begin();
	sim_run_for(rig.w, SIM_SECOND);
	telnet_open(&rig.client);
	sim_run_for(rig.w, SIM_SECOND);
	return 0;
}

static int end(void **state)
{
	const char *why = "";

	(void)state;
	sim_run_for(rig.w, 40 * SIM_SECOND);
	if (!engine_is_quiet(rig.engine, &why))
		fail_msg("not quiet: %s", why);
	assert_true(gateway_check_end(rig.gateway));
	assert_int_equal(check_never_count(), 0);
	telnet_end(&rig.client);
	sim_net_tap(rig.w, NULL, NULL);
	engine_destroy(rig.engine);
	gateway_destroy(rig.gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	return 0;
}

/* ---- dialogue ---- */

/* What came since the last call. */
static const char *heard(void)
{
	static char text[TEXT_MAX];

	memcpy(text, rig.client.text, rig.client.len + 1);
	rig.client.len = 0;
	rig.client.text[0] = 0;
	return text;
}

/* Sends (LF becomes CRLF), waits, tells what came. */
static const char *say(const char *text, int64_t wait_ns)
{
	static char wire[65536];
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '\n')
			wire[len++] = '\r';
		wire[len++] = *text;
	}
	wire[len] = 0;
	rig.client.to_send = wire;
	io_wake(rig.client.io);
	sim_run_for(rig.w, wait_ns);
	return heard();
}

/* ---- transcripts in the notation of the reference (ami-events.md 8.2) ---- */

#define MESSAGE_HEADERS 64

struct message {
	char *name[MESSAGE_HEADERS], *value[MESSAGE_HEADERS];
	int count, next;
};

static char *header(const struct message *m, const char *name)
{
	for (int i = 0; i < m->count; i++)
		if (m->name[i] && strcmp(m->name[i], name) == 0)
			return m->value[i];
	return NULL;
}

/* Takes a header out; "" if there is none. */
static char *take(struct message *m, const char *prefix, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	for (int i = 0; i < m->count; i++)
		if (m->name[i] && strcmp(m->name[i], full) == 0) {
			m->name[i] = NULL;
			return m->value[i];
		}
	return (char *)"";
}

static size_t put_party(char *dst, size_t room, const char *what, const char *name, const char *num)
{
	if (strcmp(name, "<unknown>") == 0 && strcmp(num, "<unknown>") == 0)
		return (size_t)snprintf(dst, room, " %s=<unknown>", what);
	return (size_t)snprintf(dst, room, " %s=\"%s\" <%s>", what, name, num);
}

/* "{name st=n/Text cid=... conn=... acct=A at=ctx,exten,prio uid=U lid=L}" */
static size_t put_snapshot(char *dst, size_t room, struct message *m, const char *prefix)
{
	size_t n = 0;
	const char *name, *account;

	n += (size_t)snprintf(dst + n, room - n, " %s{%s", prefix, take(m, prefix, "Channel"));
	n += (size_t)snprintf(dst + n, room - n, " st=%s", take(m, prefix, "ChannelState"));
	n += (size_t)snprintf(dst + n, room - n, "/%s", take(m, prefix, "ChannelStateDesc"));
	name = take(m, prefix, "CallerIDName");
	n += put_party(dst + n, room - n, "cid", name, take(m, prefix, "CallerIDNum"));
	name = take(m, prefix, "ConnectedLineName");
	n += put_party(dst + n, room - n, "conn", name, take(m, prefix, "ConnectedLineNum"));
	assert_string_equal(take(m, prefix, "Language"), "en");
	account = take(m, prefix, "AccountCode");
	n += (size_t)snprintf(dst + n, room - n, " acct=%s", account[0] ? account : "-");
	n += (size_t)snprintf(dst + n, room - n, " at=%s", take(m, prefix, "Context"));
	n += (size_t)snprintf(dst + n, room - n, ",%s", take(m, prefix, "Exten"));
	n += (size_t)snprintf(dst + n, room - n, ",%s", take(m, prefix, "Priority"));
	n += (size_t)snprintf(dst + n, room - n, " uid=%s", take(m, prefix, "Uniqueid"));
	n += (size_t)snprintf(dst + n, room - n, " lid=%s}", take(m, prefix, "Linkedid"));
	return n;
}

/* One line of a transcript; the message is used up. */
static size_t put_message(char *dst, size_t room, struct message *m)
{
	const char *between = " | ";
	size_t n = 0;

	if (header(m, "Event")) {
		n += (size_t)snprintf(dst + n, room - n, "%s", take(m, "", "Event"));
		take(m, "", "Privilege");
	} else {
		n += (size_t)snprintf(dst + n, room - n, "Response: %s", take(m, "", "Response"));
	}
	if (header(m, "ChannelState"))
		n += put_snapshot(dst + n, room - n, m, "");
	if (header(m, "DestChannelState"))
		n += put_snapshot(dst + n, room - n, m, "Dest");
	for (int i = 0; i < m->count; i++) {
		if (!m->name[i])
			continue;
		n += (size_t)snprintf(dst + n, room - n, "%s%s: %s", between, m->name[i],
				      m->value[i]);
		between = " ; ";
	}
	n += (size_t)snprintf(dst + n, room - n, "\n");
	return n;
}

/* Reads a message off *text; false at the end. Every line must end with CRLF. */
static bool next_message(char **text, struct message *m)
{
	m->count = 0;
	while (**text) {
		char *line = *text, *end = strstr(line, "\r\n"), *colon;

		assert_non_null(end);
		*end = 0;
		*text = end + 2;
		assert_null(strpbrk(line, "\r\n"));
		if (!line[0])
			return true;
		colon = strstr(line, ": ");
		assert_non_null(colon);
		*colon = 0;
		assert_true(m->count < MESSAGE_HEADERS);
		m->name[m->count] = line;
		m->value[m->count++] = colon + 2;
	}
	assert_int_equal(m->count, 0); /* no half message */
	return false;
}

/* RTP statistics are left out, as in the reference. */
static bool is_left_out(const struct message *m)
{
	const char *event = header(m, "Event"), *variable = header(m, "Variable");

	return (event && strncmp(event, "RTCP", 4) == 0) ||
	       (variable && strncmp(variable, "RTPAUDIOQOS", 11) == 0);
}

static const char *transcript(const char *wire)
{
	static char lines[TEXT_MAX], text[TEXT_MAX];
	char *at = text;
	struct message m;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", wire);
	lines[0] = 0;
	while (next_message(&at, &m))
		if (!is_left_out(&m))
			n += put_message(lines + n, sizeof(lines) - n, &m);
	return lines;
}

/* Compares line by line with `want`, in which C stands for the number of the channel's name. */
static void expect_lines(const char *got, const char *want, int line)
{
	static char masked[TEXT_MAX];
	size_t n = 0;

	for (const char *at = got; *at; n++) {
		static const char name[] = "PJSIP/self-";

		if (strncmp(at, name, sizeof(name) - 1) == 0) {
			n += (size_t)snprintf(masked + n, sizeof(masked) - n, "%sC", name) - 1;
			at += sizeof(name) - 1 + 8;
		} else {
			masked[n] = *at++;
		}
	}
	masked[n] = 0;
	for (const char *g = masked, *w = want; *g || *w;) {
		size_t g_len = strcspn(g, "\n"), w_len = strcspn(w, "\n");

		if (g_len != w_len || memcmp(g, w, g_len) != 0)
			fail_msg("line %d: got\n%.*s\nwanted\n%.*s", line, (int)g_len, g,
				 (int)w_len, w);
		g += g_len + (g[g_len] == '\n');
		w += w_len + (w[w_len] == '\n');
	}
}

/* Of seed 7. */
#define CDR_TIMES                                                                                  \
	"StartTime: 2026-01-01 00:00:03 ; AnswerTime: 2026-01-01 00:00:09 ; "                      \
	"EndTime: 2026-01-01 00:00:11 ; Duration: 8"
#define EXPECT(ask, wait_ns, want) expect_lines(transcript(say(ask, wait_ns)), want, __LINE__)

#define ORIGINATE(user, id, rest)                                                                  \
	"Action: Originate\nActionID: " id "\nChannel: PJSIP/" user "@self\nContext: default\n"    \
	"Exten: 100\nPriority: 1\nCallerID: Ann <100>\nAccount: camp7\nVariable: LEAD=4711\n"      \
	"Async: true\nChannelId: " id "\n" rest "\n"

#define NOBODY(id)                                                                                 \
	"{PJSIP/self-C st=0/Down cid=<unknown> conn=<unknown> acct=- at=uas,s,1 uid=" id           \
	" lid=" id "}"
#define ANN_AT(state, place, id)                                                                   \
	"{PJSIP/self-C st=" state " cid=\"Ann\" <100> conn=\"Ann\" <100> acct=camp7 at=" place     \
	" uid=" id " lid=" id "}"
#define ANN(state, id) ANN_AT(state, "uas,s,1", id)

/* What every call of the reference begins with. */
#define BEGIN(user, id)                                                                            \
	"Response: Success | ActionID: " id " ; Message: Originate successfully queued\n"          \
	"Newchannel " NOBODY(                                                                      \
		id) "\n"                                                                           \
		    "Newexten " NOBODY(                                                            \
			    id) " | Extension: s ; Application: AppDial2 ; "                       \
				"AppData: (Outgoing Line)\n"                                       \
				"VarSet " NOBODY(                                                  \
					id) " | Variable: LEAD ; Value: 4711\n"                    \
					    "NewAccountCode {PJSIP/self-C st=0/Down "              \
					    "cid=<unknown> conn=<unknown> acct=camp7 "             \
					    "at=uas,s,1 uid=" id " lid=" id                        \
					    "} | OldAccountCode: \n"                               \
					    "NewCallerid {PJSIP/self-C st=0/Down cid=\"Ann\" "     \
					    "<100> conn=<unknown> acct=camp7 "                     \
					    "at=uas,s,1 uid=" id " lid=" id                        \
					    "} | CID-CallingPres: 0 (Presentation Allowed, Not "   \
					    "Screened)\n"                                          \
					    "NewConnectedLine " ANN(                               \
						    "0/Down",                                      \
						    id) "\n"                                       \
							"DialBegin Dest" ANN(                      \
								"0/Down",                          \
								id) " | DialString: " user         \
								    "@self\n"
#define RINGING(id)                                                                                \
	"Newstate " ANN("5/Ringing", id) "\n"                                                      \
					 "DialState Dest" ANN("5/Ringing",                         \
							      id) " | DialStatus: RINGING\n"
#define FAILURE(user, id, reason)                                                                  \
	"OriginateResponse | ActionID: " id " ; Response: Failure ; Channel: PJSIP/" user "@self " \
	"; Context: default ; Exten: 100 ; Reason: " reason " ; Uniqueid: " id                     \
	" ; CallerIDNum: 100 ; CallerIDName: Ann\n"

static void login(void)
{
	const char *text = say("Action: Login\nUsername: hello\nSecret: world\n\n", SIM_SECOND);

	assert_non_null(strstr(text, "Message: Authentication accepted\r\n\r\nEvent: FullyBooted"));
}

static void test_chapter(void **state)
{
	(void)state;
	assert_string_equal(heard(), "Asterisk Call Manager/11.0.0\r\n");
	login();
	assert_non_null(strstr(say("Action: Ping\n\n", SIM_SECOND),
			       "Response: Success\r\nPing: Pong\r\nTimestamp: "));
	assert_string_equal(say("Action: Logoff\n\n", SIM_SECOND),
			    "Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n");
	assert_true(rig.client.closed);
}

/* 8.1: Asterisk may send OriginateResponse before Newstate Up; here it follows DialEnd, always. */
static void test_answered(void **state)
{
	(void)state;
	login();
	EXPECT(ORIGINATE("answer", "call-1", "Timeout: 30000\n"), 40 * SIM_SECOND,
	       BEGIN("answer", "call-1") RINGING("call-1") "Newstate " ANN(
		       "6/Up",
		       "call-1") "\n"
				 "DialEnd Dest" ANN(
					 "6/Up",
					 "call-1") " | DialStatus: ANSWER\n"
						   "OriginateResponse | ActionID: call-1 ; "
						   "Response: Success ; Channel: PJSIP/self-C ; "
						   "Context: default ; Exten: 100 ; Reason: 4 ; "
						   "Uniqueid: call-1 ; CallerIDNum: 100 ; "
						   "CallerIDName: Ann\n"
						   "Newexten " ANN_AT(
							   "6/Up", "default,100,1",
							   "call-1") " | Extension: 100 ; "
								     "Application: NoOp ; AppData: "
								     "hello \"Ann\" <100>  \n"
								     "Newexten " ANN_AT(
									     "6/Up",
									     "default,100,2",
									     "call-1") " | "
										       "Extension: "
										       "100 ; "
										       "Application"
										       ": Wait ; "
										       "AppData: "
										       "2\n"
										       "Newexten"
										       " " ANN_AT(
											       "6/"
											       "Up",
											       "def"
											       "aul"
											       "t,"
											       "100"
											       ",3",
											       "cal"
											       "l-"
											       "1") " | Extension: 100 ; Application: Hangup ; AppData: \n"
												    "SoftHangupRequest " ANN_AT(
													    "6/Up",
													    "default,100,3",
													    "call-1") " | Cause: 16\n"
														      "Cdr | AccountCode: camp7 ; Source: 100 ; Destination: 100 ; "
														      "DestinationContext: default ; CallerID: \"Ann\" <100> ; Channel: PJSIP/self-C ; "
														      "DestinationChannel:  ; LastApplication: Hangup ; LastData:  ; " CDR_TIMES
														      " ; BillableSeconds: 2 ; Disposition: ANSWERED ; "
														      "AMAFlags: DOCUMENTATION ; UniqueID: call-1 ; UserField: \n"
														      "Hangup " ANN_AT(
															      "6/Up",
															      "default,100,3",
															      "call-1") " | Cause: 16 ; Cause-txt: Normal Clearing\n");
}

/* 8.3 */
static void test_busy(void **state)
{
	(void)state;
	login();
	EXPECT(
		ORIGINATE("busy", "call-2", "Timeout: 30000\n"), 40 * SIM_SECOND,
		BEGIN("busy", "call-2") RINGING(
			"call-2") "HangupRequest " ANN("5/Ringing",
						       "call-2") " | Cause: 17 ; TechCause: 486\n"
								 "DialEnd Dest" ANN("5/Ringing", "c"
												 "a"
												 "l"
												 "l"
												 "-"
												 "2") " | DialStatus: BUSY\n" FAILURE(
									 "busy", "call-2",
									 "0") "Hangup " ANN("5/"
											    "Ringin"
											    "g",
											    "call-"
											    "2") " "
												 "|"
												 " "
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 ":"
												 " "
												 "1"
												 "7"
												 " "
												 ";"
												 " "
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 "-"
												 "t"
												 "x"
												 "t"
												 ":"
												 " "
												 "U"
												 "s"
												 "e"
												 "r"
												 " "
												 "b"
												 "u"
												 "s"
												 "y"
												 " "
												 ";"
												 " "
												 "T"
												 "e"
												 "c"
												 "h"
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 ":"
												 " "
												 "4"
												 "8"
												 "6"
												 "\n");
	EXPECT(
		ORIGINATE("missing", "call-9", ""), 40 * SIM_SECOND,
		BEGIN(
			"missing",
			"call-9") "HangupRequest " ANN("0/Down",
						       "call-9") " | Cause: 1 ; TechCause: 404\n"
								 "DialEnd Dest" ANN("0/Down", "call"
											      "-9") " | DialStatus: NOANSWER\n" FAILURE(
									 "missing", "call-9",
									 "0") "Hangup " ANN("0/"
											    "Down",
											    "call-"
											    "9") " "
												 "|"
												 " "
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 ":"
												 " "
												 "1"
												 " "
												 ";"
												 " "
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 "-"
												 "t"
												 "x"
												 "t"
												 ":"
												 " "
												 "U"
												 "n"
												 "a"
												 "l"
												 "l"
												 "o"
												 "c"
												 "a"
												 "t"
												 "e"
												 "d"
												 " "
												 "("
												 "u"
												 "n"
												 "a"
												 "s"
												 "s"
												 "i"
												 "g"
												 "n"
												 "e"
												 "d"
												 ")"
												 " "
												 "n"
												 "u"
												 "m"
												 "b"
												 "e"
												 "r"
												 " "
												 ";"
												 " "
												 "T"
												 "e"
												 "c"
												 "h"
												 "C"
												 "a"
												 "u"
												 "s"
												 "e"
												 ":"
												 " "
												 "4"
												 "0"
												 "4"
												 "\n");
}

/* 8.4 */
static void test_no_answer(void **state)
{
	(void)state;
	login();
	EXPECT(ORIGINATE("ring", "call-3", "Timeout: 2000\n"), 40 * SIM_SECOND,
	       BEGIN("ring", "call-3") RINGING("call-3")
		       FAILURE("ring", "call-3", "3") "Hangup " ANN(
			       "5/Ringing", "call-3") " | Cause: 19 ; Cause-txt: User alerting, no "
						      "answer ; TechCause: 480\n");
}

/* 8.5, with the ChannelId in place of the name */
static void test_cancelled(void **state)
{
	(void)state;
	login();
	EXPECT(ORIGINATE("ring", "call-4", ""), SIM_SECOND,
	       BEGIN("ring", "call-4") RINGING("call-4"));
	EXPECT("Action: Hangup\nActionID: hg-4\nChannel: call-4\nCause: 16\n\n", 10 * SIM_SECOND,
	       "Response: Success | ActionID: hg-4 ; Message: Channel Hungup\n"
	       "DialEnd Dest" ANN("5/Ringing", "call-4") " | DialStatus: NOANSWER\n" FAILURE(
		       "ring", "call-4",
		       "0") "Hangup " ANN("5/Ringing",
					  "call-4") " | Cause: 16 ; Cause-txt: Normal Clearing\n");
	/* the id rests for a minute */
	EXPECT(ORIGINATE("ring", "call-4", ""), SIM_SECOND,
	       "Response: Error | ActionID: call-4 ; Message: Originate failed: ChannelId is in "
	       "use "
	       "or was within the last minute\n");
}

/* 8.6 */
static void test_no_channel(void **state)
{
	static const char *const channels[] = {"PJSIP/x@nobody", "DAHDI/x"};
	char ask[256], want[512];

	(void)state;
	login();
	for (size_t i = 0; i < ARRAY_COUNT(channels); i++) {
		snprintf(ask, sizeof(ask),
			 "Action: Originate\nActionID: u1\nChannel: %s\nContext: default\n"
			 "Exten: 100\nPriority: 1\nAsync: true\n\n",
			 channels[i]);
		snprintf(want, sizeof(want),
			 "Response: Success | ActionID: u1 ; Message: Originate successfully "
			 "queued\n"
			 "OriginateResponse | ActionID: u1 ; Response: Failure ; Channel: %s ; "
			 "Context: default ; Exten: 100 ; Reason: 0 ; Uniqueid: <unknown> ; "
			 "CallerIDNum: <unknown> ; CallerIDName: <unknown>\n",
			 channels[i]);
		EXPECT(ask, SIM_SECOND, want);
	}
}

#define UP(place)                                                                                  \
	"{PJSIP/self-C st=6/Up cid=<unknown> conn=<unknown> acct=- at=" place " uid=s1 lid=s1}"
#define LONG UP("default,long,2")

/* A synchronous Originate and what is done to its channel: each answer before its events. */
static void test_channel_actions(void **state)
{
	const char *text;

	(void)state;
	login();
	text = transcript(say("Action: Originate\nActionID: s\nChannel: PJSIP/answer@self\n"
			      "Context: default\nExten: long\nPriority: 1\nChannelId: s1\n\n",
			      20 * SIM_SECOND));
	assert_ptr_equal(text, strstr(text, "Response: Success | ActionID: s ; Message: Originate "
					    "successfully queued\nNewchannel "));
	assert_null(strstr(text, "OriginateResponse"));
	EXPECT("Action: Setvar\nChannel: s1\nVariable: A\nValue: b\n\n"
	       "Action: Getvar\nChannel: s1\nVariable: A\n\n"
	       "Action: Getvar\nChannel: S1\nVariable: CHANNEL(state)\n\n"
	       "Action: Getvar\nChannel: s1\nVariable: NONE\n\n"
	       "Action: Status\nChannel: s1\nVariables: A,NONE\n\n"
	       "Action: Setvar\nVariable: G\nValue: 5\n\nAction: Getvar\nVariable: G\n\n"
	       "Action: Getvar\nChannel: nobody\nVariable: A\n\n",
	       SIM_SECOND,
	       "Response: Success | Message: Variable Set\n"
	       "VarSet " LONG " | Variable: A ; Value: b\n"
	       "Response: Success | Variable: A ; Value: b\n"
	       "Response: Success | Variable: CHANNEL(state) ; Value: Up\n"
	       "Response: Success | Variable: NONE ; Value: \n"
	       "Response: Success | EventList: start ; Message: Channel status will follow\n"
	       "Status " LONG " | Type: PJSIP ; DNID:  ; EffectiveConnectedLineNum: <unknown> ; "
	       "EffectiveConnectedLineName: <unknown> ; TimeToHangup: 0 ; BridgeID:  ; "
	       "Application: Wait ; Data: 600 ; Nativeformats: (nothing) ; Readformat:  ; "
	       "Readtrans:  ; Writeformat:  ; Writetrans:  ; Callgroup: 0 ; Pickupgroup: 0 ; "
	       "Seconds: 20 ; Variable: A=b ; Variable: NONE=(null)\n"
	       "StatusComplete | EventList: Complete ; ListItems: 1 ; Items: 1\n"
	       "Response: Success | Message: Variable Set\n"
	       "Response: Success | Variable: G ; Value: 5\n"
	       "Response: Error | Message: No such channel\n");
	text = transcript(say("Action: Redirect\nChannel: s1\nContext: default\nExten: 209\n"
			      "Priority: 1\n\nAction: CoreShowChannels\n\n",
			      10 * SIM_SECOND));
	assert_ptr_equal(text, strstr(text, "Response: Success | Message: Redirect successful\n"));
	assert_non_null(
		strstr(text, "CoreShowChannelsComplete | EventList: Complete ; ListItems: 1"));
	assert_non_null(strstr(text,
			       "at=default,209,1 uid=s1 lid=s1} | Extension: 209 ; Application: "
			       "Wait ; AppData: 3\n"));
	assert_non_null(strstr(text, "Hangup {"));
}

/* A call outlives the connection that ordered it, in either manner. */
static void test_client_goes(void **state)
{
	(void)state;
	login();
	say(ORIGINATE("answer", "call-7",
		      "Timeout: 30000\n") "Action: Originate\nChannel: PJSIP/answer@self\nContext: "
					  "default\nExten: 100\nPriority: 1\n"
					  "\n",
	    SIM_SECOND);
	sim_stream_reset(rig.client.stream);
	sim_run_for(rig.w, 40 * SIM_SECOND);
	assert_true(rig.client.closed);
	assert_int_equal(gateway_calls_of(rig.gateway, SLICE_LIT("answer")), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chapter),	    TEST(test_answered),    TEST(test_busy),
		TEST(test_no_answer),	    TEST(test_cancelled),   TEST(test_no_channel),
		TEST(test_channel_actions), TEST(test_client_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
