/* sim_test_http [NAME [SEED]] - AMI over HTTP on virtual time: what a web client gets, octet by octet,
 * and what becomes of clients that dawdle, vanish or never come back. The sessions are files,
 * tests/sim/transcripts/http-*.txt, one test each:
 *
 *	# a comment
 *	connect		another connection
 *	C: TEXT		a line of the client, sent with CRLF; "c: " with LF. <cookie> is the last id
 *	E: TEXT		octets of the client: no line end is added; \r \n \0 \xhh are escapes
 *	x TIMES TEXT	the line so often, with CRLF
 *	fill OCTETS	so many octets of the client
 *	octets		what stands above is sent one octet at a time
 *	wait SECONDS	sends what stands above and lets so much time go; a tenth of a second if it is
 *			not there
 *	R: LINE		what has come: a line with CRLF; "r: " with LF. <any> stands for any octets
 *	drop		what has come does not matter
 *	closed		and the connection is closed
 *
 * All that comes must stand there. */
#include "ami/digest.h"
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_telnet.h"
#include "tests/sim/peer_transcript.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)
#define ID_TEXT	 32
#define MOMENT	 (SIM_SECOND / 10)

static struct {
	uint64_t seed;
	struct sim_world *w;
	struct engine *engine;
	struct addr server;
	struct telnet *client;
	char cookie[ID_TEXT + 1];
} rig = {.seed = 11};

/* ---- world ---- */

static const char manager_conf[] = "[general]\n"
				   "enabled = yes\n"
				   "webenabled = yes\n"
				   "bindaddr = 0.0.0.0\n"
				   "[hello]\n"
				   "secret=world\n"
				   "read=user,call\n"
				   "write=all\n"
				   "[low]\n"
				   "secret=world\n"
				   "write=call\n"
				   "[single]\n"
				   "secret=world\n"
				   "allowmultiplelogin=no\n"
				   "[denied]\n"
				   "secret=world\n"
				   "deny=0.0.0.0/0.0.0.0\n"
				   "[filtered]\n"
				   "secret=world\n"
				   "read=user\n"
				   "write=all\n"
				   "eventfilter=!UserEvent: Secret\n";

static const char http_conf[] = "[general]\n"
				"enabled = yes\n"
				"bindaddr = 0.0.0.0\n"
				"servername = Asterisk\n"
				"enable_status = yes\n"
				"enable_static = yes\n"
				"redirect = /old /rawman\n"
				"sessionlimit = 4\n"
				"[/mxml/closed]\n"
				"type = restriction\n"
				"deny = 0.0.0.0/0.0.0.0\n";

static void put_files(void)
{
	sim_fs_put(rig.w, "/etc/asterisk/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, "/etc/asterisk/manager.conf", manager_conf);
	sim_fs_put(rig.w, "/etc/asterisk/http.conf", http_conf);
	sim_fs_put(rig.w, "/etc/asterisk/dialer.conf",
		   "[general]\nshards=1\ncdr_sqlite=no\nmax_channels=100\n");
	sim_fs_mkdir(rig.w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
	sim_fs_mkdir(rig.w, "/var/lib/asterisk");
	sim_fs_put(rig.w, "/var/lib/asterisk/static-http/index.html", "<p>hello</p>\n");
	sim_fs_put(rig.w, "/var/lib/asterisk/static-http/private/x.txt", "hidden\n");
}

static void engine_begin(void)
{
	struct engine_options options = {.main_file = "/etc/asterisk/asterisk.conf",
					 .cpu_count = 1};
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
	UNUSED(state);
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(rig.seed);
	put_files();
	engine_begin();
	sim_run_for(rig.w, SIM_SECOND);
	rig.server = sim_host_addr(rig.w, 0, 8088);
	rig.client = telnet_create(rig.w, &rig.server);
	sim_run_for(rig.w, MOMENT);
	return 0;
}

static int end(void **state)
{
	const char *why = "";
	bool quiet;

	UNUSED(state);
	sim_run_for(rig.w, 200 * SIM_SECOND);
	quiet = engine_is_quiet(rig.engine, &why);
	telnet_destroy(rig.client);
	engine_destroy(rig.engine);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	if (!quiet)
		fail_msg("not quiet: %s", why);
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
	bool slowly;
	const char *heard; /* not NULL: sent; what came is to be compared */
};

static char said_text[TEXT_MAX], wanted_text[TEXT_MAX], lines_text[TEXT_MAX], heard_text[TEXT_MAX];

static void note_cookie(const char *heard)
{
	static const char mark[] = "mansession_id=\"";
	const char *at = strstr(heard, mark);

	if (at)
		snprintf(rig.cookie, sizeof(rig.cookie), "%s", at + strlen(mark));
}

static const char *say_slowly(struct slice octets)
{
	struct sink heard = sink_make(heard_text, TEXT_MAX);

	for (size_t i = 0; i < octets.len; i++)
		sink_str(&heard, telnet_say(rig.client, slice_make(octets.ptr + i, 1), MOMENT / 10));
	sink_str(&heard, telnet_say(rig.client, SLICE_EMPTY, MOMENT));
	return sink_cstr(&heard);
}

static void session_send(struct session *s)
{
	if (s->heard)
		return;
	s->heard = s->slowly ? say_slowly(sink_slice(&s->said))
			     : telnet_say(rig.client, sink_slice(&s->said), s->wait_ns);
	note_cookie(s->heard);
	s->said_line = s->line;
	s->said.len = s->wanted.len = 0;
	s->wait_ns = MOMENT;
	s->slowly = false;
}

/* "R: " or "r: " before each line, as its end was. */
static void write_lines(struct sink *out, const char *wire)
{
	while (*wire) {
		size_t len = strcspn(wire, "\n");
		bool crlf = len > 0 && wire[len - 1] == '\r';

		sink_str(out, !wire[len] ? "end: " : crlf ? "R: " : "r: ");
		sink_add(out, slice_make(wire, len - crlf));
		sink_char(out, '\n');
		wire += len + (wire[len] == '\n');
	}
}

static void session_compare(struct session *s)
{
	struct sink lines = sink_make(lines_text, TEXT_MAX);
	const char *differs;

	if (!s->heard)
		return;
	write_lines(&lines, s->heard);
	differs = transcript_compare(sink_cstr(&lines), sink_cstr(&s->wanted));
	if (differs) {
		fprintf(stderr, "All that came:\n%s", sink_cstr(&lines)); /* cmocka cuts */
		fail_msg("%s:%u: %s", s->file, s->said_line, differs);
	}
	s->heard = NULL;
}

static void session_finish(struct session *s)
{
	if (s->said.len > 0)
		session_send(s);
	session_compare(s);
}

static void session_say(struct session *s, struct slice line, const char *line_end)
{
	size_t mark = slice_find_text(line, SLICE_LIT("<cookie>"));

	session_compare(s);
	sink_add(&s->said, slice_head(line, mark));
	if (mark != SIZE_MAX) {
		sink_str(&s->said, rig.cookie);
		sink_add(&s->said, slice_from(line, mark + strlen("<cookie>")));
	}
	sink_str(&s->said, line_end);
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

static bool takes(struct slice line, const char *word, struct slice *rest)
{
	*rest = slice_from(line, strlen(word));
	if (rest->len > 0 && rest->ptr[0] == ' ')
		*rest = slice_from(*rest, 1);
	return slice_starts(line, slice_str(word));
}

static void session_want(struct session *s, struct slice line)
{
	session_send(s);
	sink_add(&s->wanted, line);
	if (line.len == 2)
		sink_char(&s->wanted, ' '); /* an empty line */
	sink_char(&s->wanted, '\n');
}

static void session_repeat(struct session *s, struct slice text)
{
	size_t blank = slice_find(text, ' ');
	uint64_t times;

	session_compare(s);
	assert_true(slice_u64(slice_head(text, blank), 100000, &times));
	while (times--) {
		sink_add(&s->said, slice_from(text, blank + 1));
		sink_lit(&s->said, "\r\n");
	}
}

static void session_fill(struct session *s, size_t octets)
{
	session_compare(s);
	while (octets--)
		sink_char(&s->said, 'y');
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
		session_repeat(s, slice_from(line, 2));
	} else if (takes(line, "fill", &rest)) {
		session_fill(s, strtoul(rest.ptr, NULL, 10));
	} else if (takes(line, "octets", &rest)) {
		s->slowly = true;
		session_send(s);
	} else if (takes(line, "wait", &rest)) {
		session_compare(s);
		s->wait_ns = strtoll(rest.ptr, NULL, 10) * SIM_SECOND;
		session_send(s);
	} else if (takes(line, "R:", &rest) || takes(line, "r:", &rest)) {
		session_want(s, line);
	} else if (takes(line, "drop", &rest)) {
		session_send(s);
		s->heard = NULL;
	} else if (takes(line, "closed", &rest)) {
		session_finish(s);
		assert_true(telnet_is_closed(rig.client));
	} else if (takes(line, "connect", &rest)) {
		session_finish(s);
		telnet_reconnect(rig.client);
		sim_run_for(rig.w, MOMENT);
	} else {
		fail_msg("%s:%u: not understood", s->file, s->line);
	}
}

static void test_session(void **state)
{
	struct session s = {.file = *state,
			    .said = sink_make(said_text, TEXT_MAX),
			    .wanted = sink_make(wanted_text, TEXT_MAX),
			    .wait_ns = MOMENT};
	char path[1024], line[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/sim/transcripts/%s", RINGER_SOURCE_DIR, s.file);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
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

/* Sends a GET with the cookie of the last login and gives what came. */
static const char *get_on(struct telnet *t, const char *target, int64_t wait_ns)
{
	char text[1024];
	const char *heard;

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nCookie: mansession_id=\"%s\"\r\n\r\n",
		 target, rig.cookie);
	heard = telnet_say(t, slice_str(text), wait_ns);
	note_cookie(heard);
	return heard;
}

static const char *get(const char *target)
{
	return get_on(rig.client, target, MOMENT);
}

static void has(const char *heard, const char *what)
{
	if (!strstr(heard, what))
		fail_msg("'%s' is not in: %s", what, heard);
}

static void hears_not(const char *heard, const char *what)
{
	if (strstr(heard, what))
		fail_msg("'%s' is in: %s", what, heard);
}

static void login(void)
{
	has(get("/rawman?action=login&username=hello&secret=world"), "Authentication accepted");
}

static struct telnet *another(void)
{
	struct telnet *t = telnet_create(rig.w, &rig.server);

	sim_run_for(rig.w, MOMENT);
	return t;
}

/* The event ends the poll at once, and actions of the session go on beside it. */
static void test_poll(void **state)
{
	struct telnet *poll = another();

	UNUSED(state);
	login();
	assert_string_equal(get_on(poll, "/rawman?action=waitevent&actionid=7", 5 * SIM_SECOND), "");
	has(get("/rawman?action=ping"), "Ping: Pong");
	has(get("/rawman?action=userevent&userevent=One"), "Event Sent");
	has(telnet_say(poll, SLICE_EMPTY, MOMENT / 10),
	    "Response: Success\r\nActionID: 7\r\nMessage: Waiting for Event completed.\r\n\r\n"
	    "Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: One\r\n\r\n"
	    "Event: WaitEventComplete\r\nActionID: 7\r\n\r\n");
	telnet_destroy(poll);
}

/* A second WaitEvent ends the first with an empty body. */
static void test_second_poll(void **state)
{
	struct telnet *first = another();
	const char *heard;

	UNUSED(state);
	login();
	get_on(first, "/mxml?action=waitevent", SIM_SECOND);
	assert_string_equal(get("/mxml?action=waitevent"), "");
	heard = telnet_say(first, SLICE_EMPTY, MOMENT);
	has(heard, "HTTP/1.1 200 OK\r\n");
	has(heard, "Content-Length: 0\r\n\r\n");
	has(get_on(first, "/rawman?action=userevent&userevent=Two", MOMENT), "Event Sent");
	has(telnet_say(rig.client, SLICE_EMPTY, MOMENT), "userevent='Two'");
	telnet_destroy(first);
}

/* A poller that vanishes leaves the events to the next one; a logoff ends a poll. */
static void test_vanished_poll(void **state)
{
	struct telnet *poll = another();

	UNUSED(state);
	login();
	get_on(poll, "/rawman?action=waitevent", SIM_SECOND);
	telnet_reset(poll);
	sim_run_for(rig.w, SIM_SECOND);
	has(get("/rawman?action=userevent&userevent=Three"), "Event Sent");
	has(get("/rawman?action=waitevent"), "UserEvent: Three");
	telnet_reconnect(poll);
	sim_run_for(rig.w, MOMENT);
	get_on(poll, "/rawman?action=waitevent", SIM_SECOND);
	has(get("/rawman?action=logoff"), "Goodbye");
	has(telnet_say(poll, SLICE_EMPTY, MOMENT), "Content-Length: 0\r\n");
	telnet_destroy(poll);
}

/* At most ten seconds less than the session lives; it lives on from the end of the poll. */
static void test_longest_poll(void **state)
{
	UNUSED(state);
	login();
	assert_string_equal(get_on(rig.client, "/rawman?action=waitevent", 49 * SIM_SECOND), "");
	has(telnet_say(rig.client, SLICE_EMPTY, 2 * SIM_SECOND), "WaitEventComplete");
	telnet_reconnect(rig.client);
	sim_run_for(rig.w, 50 * SIM_SECOND);
	telnet_reconnect(rig.client);
	sim_run_for(rig.w, MOMENT);
	has(get("/rawman?action=ping"), "Pong");
	sim_run_for(rig.w, 61 * SIM_SECOND);
	telnet_reconnect(rig.client);
	sim_run_for(rig.w, MOMENT);
	has(get("/rawman?action=ping"), "Permission denied");
}

/* allowmultiplelogin = no counts web sessions, and a logoff gives the name back. */
static void test_single(void **state)
{
	char cookie[sizeof(rig.cookie)];

	UNUSED(state);
	has(get("/rawman?action=login&username=single&secret=world"), "Authentication accepted");
	memcpy(cookie, rig.cookie, sizeof(cookie));
	rig.cookie[0] = 0;
	has(get_on(rig.client, "/rawman?action=login&username=single&secret=world", 2 * SIM_SECOND),
	    "Login Already In Use");
	memcpy(rig.cookie, cookie, sizeof(cookie));
	has(get("/rawman?action=logoff"), "Goodbye");
	has(get("/rawman?action=login&username=single&secret=world"), "Authentication accepted");
}

/* Challenge and Login with its key are two requests: the session in between is kept. */
static void test_challenge(void **state)
{
	struct slice parts[2] = {SLICE_EMPTY, SLICE_LIT("world")};
	char hex[AMI_MD5_HEX], number[16] = "", target[256];

	UNUSED(state);
	sscanf(strstr(get("/rawman?action=challenge&authtype=md5"), "Challenge: "),
	       "Challenge: %15[0-9]", number);
	parts[0] = slice_str(number);
	ami_md5_hex(hex, parts, 2);
	snprintf(target, sizeof(target),
		 "/rawman?action=login&authtype=md5&username=hello&key=%.32s", hex);
	has(get(target), "Authentication accepted");
}

/* ---- limits ---- */

static void test_session_limit(void **state)
{
	struct telnet *more[4];

	UNUSED(state);
	for (int i = 0; i < 4; i++)
		more[i] = another();
	for (int i = 0; i < 3; i++)
		assert_false(telnet_is_closed(more[i]));
	assert_true(telnet_is_closed(more[3])); /* the fifth */
	for (int i = 0; i < 4; i++)
		telnet_destroy(more[i]);
}

/* A client that stops in the middle hears so after 30 s; one that says nothing goes unheard. */
static void test_dawdlers(void **state)
{
	struct telnet *silent = another();

	UNUSED(state);
	assert_string_equal(telnet_say(rig.client, SLICE_LIT("GET /rawm"), 29 * SIM_SECOND), "");
	assert_true(telnet_is_closed(silent));
	has(telnet_say(rig.client, SLICE_EMPTY, 2 * SIM_SECOND), "<p>Timeout</p>");
	assert_true(telnet_is_closed(rig.client));
	telnet_destroy(silent);
}

/* Requests that came together are answered together and in order. */
static void test_pipelined(void **state)
{
	char text[4096] = "";
	const char *heard;
	int count = 0;

	UNUSED(state);
	login();
	for (int i = 0; i < 20; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "GET /rawman?action=ping&actionid=%d HTTP/1.1\r\n"
			 "Cookie: mansession_id=%s\r\n\r\n",
			 i, rig.cookie);
	heard = telnet_say(rig.client, slice_str(text), MOMENT);
	for (const char *at = heard; (at = strstr(at, "ActionID: ")); at++)
		assert_int_equal((int)strtol(at + strlen("ActionID: "), NULL, 10), count++);
	assert_int_equal(count, 20);
}

/* What stands behind a request that is not answered yet waits. */
static void test_behind_a_login(void **state)
{
	const char *heard = telnet_say(
		rig.client,
		SLICE_LIT("GET /rawman?action=login&username=hello&secret=no HTTP/1.1\r\n\r\n"
			  "GET /nosuch HTTP/1.1\r\n\r\n"),
		SIM_SECOND / 2);

	UNUSED(state);
	assert_string_equal(heard, "");
	heard = telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND);
	has(heard, "Message: Authentication failed\r\n\r\nHTTP/1.1 404 Not Found\r\n");
}

/* A client that asks for more than it reads is not read from; it costs nobody else anything. */
static void test_events_kept(void **state)
{
	UNUSED(state);
	login();
	for (int i = 0; i < 5; i++)
		has(get("/rawman?action=userevent&userevent=Many"), "Event Sent");
	hears_not(get("/rawman?action=ping"), "Event:"); /* only WaitEvent delivers */
	has(get("/rawman?action=waitevent"), "UserEvent: Many");
}

/* ---- digest ---- */

static char nonce[128];

static void note_nonce(const char *heard)
{
	const char *at = strstr(heard, "nonce=\"");

	if (at)
		sscanf(at, "nonce=\"%127[0-9a-f]", nonce);
}

static const char *digest(const char *user, const char *secret, const char *target, int nc)
{
	struct slice colon = SLICE_LIT(":");
	struct slice a1[] = {slice_str(user), SLICE_LIT(":asterisk:"), slice_str(secret)};
	struct slice a2[] = {SLICE_LIT("GET:"), slice_str(target)};
	char h1[AMI_MD5_HEX], h2[AMI_MD5_HEX], h[AMI_MD5_HEX], count[9] = "", text[1024];
	struct slice all[] = {slice_make(h1, AMI_MD5_HEX), colon, slice_str(nonce), colon,
			      slice_str(count), SLICE_LIT(":c:auth:"), slice_make(h2, AMI_MD5_HEX)};
	const char *heard;

	snprintf(count, sizeof(count), "%08x", (unsigned)nc);
	all[4] = slice_str(count);
	ami_md5_hex(h1, a1, 3);
	ami_md5_hex(h2, a2, 2);
	ami_md5_hex(h, all, 7);
	snprintf(text, sizeof(text),
		 "GET %s HTTP/1.1\r\nAuthorization: Digest username=\"%s\", realm=\"asterisk\", "
		 "nonce=\"%s\", uri=\"%s\", response=\"%.32s\", qop=auth, nc=%s, cnonce=\"c\"\r\n\r\n",
		 target, user, nonce, target, h, count);
	heard = telnet_say(rig.client, slice_str(text), MOMENT);
	note_nonce(heard);
	return heard;
}

static void test_digest(void **state)
{
	UNUSED(state);
	note_nonce(get("/arawman?action=ping"));
	has(digest("hello", "world", "/arawman?action=ping", 1), "Ping: Pong");
	has(digest("hello", "world", "/amxml?action=ping", 2), "ping='Pong'");
	hears_not(digest("hello", "world", "/arawman?action=ping", 3), "Set-Cookie");
	has(digest("hello", "world", "/arawman?action=ping", 3), "stale=true"); /* replayed */
	has(digest("hello", "world", "/arawman?action=ping", 1), "Ping: Pong");
	sim_run_for(rig.w, 14 * SIM_SECOND);
	has(digest("hello", "world", "/arawman?action=ping", 2), "Ping: Pong");
	has(digest("low", "world", "/arawman?action=userevent&userevent=x", 1), "Permission denied");
}

static void test_digest_refused(void **state)
{
	UNUSED(state);
	note_nonce(get("/arawman?action=ping"));
	assert_string_equal(digest("hello", "wrong", "/arawman?action=ping", 1), "");
	has(telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND), "HTTP/1.1 401 Unauthorized");
	assert_string_equal(digest("nobody", "world", "/arawman?action=ping", 1), "");
	has(telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND), "HTTP/1.1 401 Unauthorized");
	has(digest("denied", "world", "/arawman?action=ping", 1),
	    "HTTP/1.1 403 Permission denied\r\n");
	assert_true(telnet_is_closed(rig.client));
}

/* A nonce of 62 seconds is renewed, and the session with its events goes on. Filters hold. */
static void test_digest_events(void **state)
{
	UNUSED(state);
	note_nonce(get("/arawman?action=ping"));
	has(digest("filtered", "world", "/arawman?action=waitevent&timeout=0", 1),
	    "WaitEventComplete");
	has(digest("filtered", "world", "/arawman?action=userevent&userevent=Secret", 2), "Sent");
	has(digest("filtered", "world", "/arawman?action=userevent&userevent=Open", 3), "Sent");
	for (int i = 0; i < 5; i++) {
		sim_run_for(rig.w, 13 * SIM_SECOND);
		digest("filtered", "world", "/arawman?action=ping", 4 + i);
	}
	has(digest("filtered", "world", "/arawman?action=waitevent&timeout=0", 1),
	    "UserEvent: Open");
	hears_not(digest("filtered", "world", "/arawman?action=waitevent&timeout=0", 2), "Secret");
}

#define SESSION(file)                                                                              \
	{                                                                                          \
		file, test_session, begin, end, (void *)file                                       \
	}
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SESSION("http-chapter.txt"),
		SESSION("http-formats.txt"),
		SESSION("http-refused.txt"),
		SESSION("http-framing.txt"),
		SESSION("http-digest.txt"),
		SESSION("http-limits.txt"),
		SESSION("http-status.txt"),
		TEST(test_poll),
		TEST(test_second_poll),
		TEST(test_vanished_poll),
		TEST(test_longest_poll),
		TEST(test_single),
		TEST(test_challenge),
		TEST(test_session_limit),
		TEST(test_dawdlers),
		TEST(test_pipelined),
		TEST(test_behind_a_login),
		TEST(test_events_kept),
		TEST(test_digest),
		TEST(test_digest_refused),
		TEST(test_digest_events),
	};

	if (argc > 2)
		rig.seed = strtoull(argv[2], NULL, 10);
	if (argc > 1) /* one file: the name of a test may hold * and ? */
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
