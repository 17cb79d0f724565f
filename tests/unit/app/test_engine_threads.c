/* tests/unit/app/test_engine_threads.c - a whole engine with its real threads: two shards, control,
 * spool, records, sound loader, on loopback and the kernel. Orders come from three sides at once
 * (AMI, the inbox, call files), a reload comes in the middle, and a graceful stop ends it. Made for
 * ThreadSanitizer; what the calls look like is the business of other tests.
 *
 * The test's own thread runs a loop as well: the far end, the AMI client, and a turn that looks
 * what is done. */
#include "bench/load/farend.h"
#include "engine/app/engine_internal.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define AMI_ORDERS   100
#define INBOX_ORDERS 100
#define FILES	     20
#define LIMIT_NS     (60 * TMR_SECOND) /* a sanitizer on a busy machine */

enum phase { PHASE_LOGIN, PHASE_CALLS, PHASE_STOP, PHASE_OVER };

struct threads {
	char dir[64];
	uint16_t sip_port, far_port, ami_port;
	struct engine *engine;
	struct io *io;
	struct metrics metrics;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct farend *farend;
	enum phase phase;
	int64_t end_ns;
	bool stuck, reloaded;

	struct io_stream *ami;
	char line[1024];
	size_t line_len;
	bool in_response; /* the message being read is an OriginateResponse */
	uint32_t responses, answered;

	/* Set by the engine's threads. */
	atomic_uint begun, dialed, settled, withdrawn;
	atomic_bool stopped;
};

/* ---- orders through the inbox ---- */

static void on_begun(void *impl, uint64_t cookie)
{
	struct threads *t = impl;

	check(cookie < INBOX_ORDERS);
	atomic_fetch_add(&t->begun, 1);
}

static void on_dialed(void *impl, uint64_t cookie, const struct outcome *o)
{
	struct threads *t = impl;

	UNUSED(cookie);
	UNUSED(o);
	atomic_fetch_add(&t->dialed, 1);
}

static void on_settle(void *impl, uint64_t cookie, const struct outcome *o)
{
	struct threads *t = impl;

	check(cookie < INBOX_ORDERS);
	atomic_fetch_add(&t->settled, 1);
	atomic_fetch_add(&t->withdrawn, o->withdrawn);
}

static const struct source_ops source_ops = {
	.name = "test", .begun = on_begun, .dialed = on_dialed, .settle = on_settle};

static void submit_all(struct threads *t)
{
	struct source source = {&source_ops, t};

	for (uint32_t i = 0; i < INBOX_ORDERS; i++) {
		struct originate o;
		char resource[64];

		originate_init(&o);
		snprintf(resource, sizeof(resource), "%s-%u@gw", i % 3 ? "answer" : "busy",
			 1000 + i);
		o.tech = SLICE_LIT("PJSIP");
		o.resource = slice_str(resource);
		o.context = i % 4 ? SLICE_LIT("short") : SLICE_LIT("play");
		o.exten = SLICE_LIT("s");
		o.priority = 1;
		assert_int_equal(inbox_submit(t->engine->inbox, &o, &source, i, NULL), 0);
	}
}

/* ---- orders by AMI ---- */

static void send_text(struct threads *t, const char *text)
{
	assert_int_equal(io_stream_send(t->ami, text, strlen(text)), 0);
}

static void originate_all(struct threads *t)
{
	char text[256];

	for (uint32_t i = 0; i < AMI_ORDERS; i++) {
		snprintf(text, sizeof(text),
			 "Action: Originate\r\nActionID: %u\r\nChannel: PJSIP/%s-%u@gw\r\n"
			 "Context: %s\r\nExten: s\r\nPriority: 1\r\nAsync: true\r\n\r\n",
			 i, i % 5 ? "answer" : "busy", i, i % 2 ? "short" : "play");
		send_text(t, text);
	}
}

static void on_line(struct threads *t, struct slice line)
{
	if (slice_eq(line, SLICE_LIT("Message: Authentication accepted"))) {
		assert_int_equal(t->phase, PHASE_LOGIN);
		t->phase = PHASE_CALLS;
		originate_all(t);
	}
	if (slice_eq(line, SLICE_LIT("Event: OriginateResponse")))
		t->in_response = true;
	if (t->in_response && slice_istarts(line, SLICE_LIT("Response: "))) {
		t->responses++;
		t->answered += slice_ends(line, SLICE_LIT("Success"));
		t->in_response = false;
	}
}

static void on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct threads *t = arg;
	const char *text = data;

	UNUSED(s);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			on_line(t, slice_trim(slice_make(t->line, t->line_len)));
			t->line_len = 0;
		} else if (t->line_len < sizeof(t->line)) {
			t->line[t->line_len++] = text[i];
		}
	}
}

static void on_closed(void *arg, struct io_stream *s, int error)
{
	struct threads *t = arg;

	UNUSED(error);
	assert_int_equal(t->phase, PHASE_STOP); /* only the engine's end closes it */
	io_stream_close(s, false);
	t->ami = NULL;
}

static void on_connected(void *arg, struct io_stream *s)
{
	UNUSED(s);
	send_text(arg,
		  "Action: Login\r\nUsername: ops\r\nSecret: swordfish\r\nEvents: call\r\n\r\n");
}

static const struct io_stream_handler ami_handler = {
	.data = on_data, .closed = on_closed, .connected = on_connected};

/* ---- orders by files ---- */

static void put(const struct threads *t, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static void drop_files(const struct threads *t)
{
	char text[256], name[64], from[160], to[160];

	for (uint32_t i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "spool/tmp/%u.call", i);
		snprintf(text, sizeof(text),
			 "Channel: PJSIP/%s-%u@gw\nContext: %s\nExtension: s\nArchive: %s\n",
			 i % 7 ? "answer" : "busy", 2000 + i, i % 3 ? "short" : "play",
			 i % 2 ? "yes" : "no");
		put(t, name, text);
		snprintf(from, sizeof(from), "%s/%s", t->dir, name);
		snprintf(to, sizeof(to), "%s/spool/outgoing/%u.call", t->dir, i);
		assert_int_equal(rename(from, to), 0);
	}
}

/* ---- the test's loop ---- */

static bool calls_are_over(struct threads *t)
{
	return t->responses == AMI_ORDERS && atomic_load(&t->settled) == INBOX_ORDERS &&
	       engine_metric(t->engine, METRIC_callfile_completed) +
			       engine_metric(t->engine, METRIC_callfile_expired) ==
		       FILES;
}

static void step(struct threads *t)
{
	if (t->phase == PHASE_CALLS && !t->reloaded && t->responses > AMI_ORDERS / 4) {
		t->reloaded = true;
		engine_request_reload(t->engine);
	}
	if (t->phase == PHASE_CALLS && calls_are_over(t)) {
		t->phase = PHASE_STOP;
		engine_request_stop(t->engine, CONTROL_STOP_GRACEFULLY);
	}
	if (t->phase == PHASE_STOP && atomic_load(&t->stopped))
		t->phase = PHASE_OVER;
}

static int64_t turn(void *arg, int64_t now_ns)
{
	struct threads *t = arg;

	tmr_wheel_run(t->wheel, now_ns, 1000);
	step(t);
	t->stuck = now_ns > t->end_ns;
	if (t->phase == PHASE_OVER || t->stuck)
		io_stop(t->io);
	return now_ns + 2 * TMR_MS;
}

/* ---- making and ending ---- */

/* The first from there that was free a moment ago. One below those that the kernel gives to whoever
 * asks for any, as other tests that run beside this one do. */
static uint16_t free_port(int type, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, type, 0);

	assert_true(fd >= 0);
	for (a.sin_port = htons(port); bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0;
	     a.sin_port = htons(++port))
		assert_int_equal(errno, EADDRINUSE);
	close(fd);
	return port;
}

static void make_dirs(struct threads *t)
{
	static const char *const names[] = {
		"spool",       "spool/tmp", "spool/outgoing", "run",	       "log",
		"log/cdr-csv", "lib",	    "lib/sounds",     "lib/sounds/en", "lib/sounds/late"};
	char path[128];

	snprintf(t->dir, sizeof(t->dir), "/tmp/ringer-threads-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
		assert_int_equal(io_fs_mkdir(t->io, path, 0700), 0);
	}
}

static void make_conf(struct threads *t)
{
	char text[1024], audio[1601];

	memset(audio, 'U', sizeof(audio) - 1);
	audio[sizeof(audio) - 1] = 0;
	put(t, "lib/sounds/en/note.ulaw", audio);
	snprintf(text, sizeof(text),
		 "[directories]\nastetcdir => %s\nastspooldir => %s/spool\nastrundir => %s/run\n"
		 "astlogdir => %s/log\nastvarlibdir => %s/lib\nastdatadir => %s/lib\n",
		 t->dir, t->dir, t->dir, t->dir, t->dir, t->dir);
	put(t, "ringer.conf", text);
	put(t, "dialer.conf", "[general]\nshards=2\nmax_channels=64\nqueue_max=1000\n");
	put(t, "rtp.conf", "[general]\nrtpstart=20000\nrtpend=24000\n");
	put(t, "extensions.conf",
	    "[play]\nexten => s,1,Playback(note)\n same => n,Hangup()\n"
	    "[short]\nexten => s,1,Set(GLOBAL(LAST)=${CALLERID(num)})\n same => n,Hangup()\n");
	snprintf(text, sizeof(text),
		 "[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:%u\n"
		 "[gw]\ntype=endpoint\naors=gw\ndisallow=all\nallow=ulaw\n"
		 "[gw]\ntype=aor\ncontact=sip:127.0.0.1:%u\n",
		 t->sip_port, t->far_port);
	put(t, "pjsip.conf", text);
	snprintf(text, sizeof(text),
		 "[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=%u\n"
		 "[ops]\nsecret=swordfish\nread=all\nwrite=all\n",
		 t->ami_port);
	put(t, "manager.conf", text);
}

static void make_outside(struct threads *t)
{
	struct io_conf conf = {.name = "outside",
			       .metrics = &t->metrics,
			       .udp_max = 4,
			       .stream_max = 4,
			       .big_buffers = 256,
			       .small_buffers = 256,
			       .stream_out_max = 1 << 20,
			       .cpu = -1};

	assert_int_equal(io_create(&t->io, &conf), 0);
	assert_int_equal(tmr_wheel_create(&t->wheel, io_clock_ns(t->io)), 0);
	rng_seed(&t->rng, 1);
}

static void make_farend(struct threads *t)
{
	struct farend_conf conf = {.ring = true, .hangup_ms = -1, .call_max = 1024};
	char text[128];
	struct sink error = sink_make(text, sizeof(text));

	assert_true(addr_parse(&conf.bind, SLICE_LIT("127.0.0.1"), t->far_port));
	assert_true(farend_parse_mix(&conf, SLICE_LIT("answer=100"), &error));
	assert_int_equal(farend_create(&t->farend, t->io, t->wheel, &t->rng, &conf), 0);
}

static void on_stopped(void *arg)
{
	struct threads *t = arg;

	atomic_store(&t->stopped, true);
	io_wake(t->io);
}

static void make_engine(struct threads *t)
{
	char path[128], text[512];
	struct engine_options options = {.main_file = path,
					 .cpu_count = 2,
					 .console = true,
					 .stopped = on_stopped,
					 .arg = t};
	struct sink error = sink_make(text, sizeof(text));
	int err;

	snprintf(path, sizeof(path), "%s/ringer.conf", t->dir);
	err = engine_create(&t->engine, &options, &error);
	if (!err)
		err = engine_start(t->engine, &error);
	if (!err)
		err = engine_run_apart(t->engine);
	if (err)
		fail_msg("%s", sink_cstr(&error));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	UNUSED(st);
	UNUSED(kind);
	UNUSED(at);
	return remove(path);
}

static void end_all(struct threads *t)
{
	engine_destroy(t->engine);
	farend_destroy(t->farend);
	tmr_wheel_destroy(t->wheel);
	io_destroy(t->io);
	assert_int_equal(nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- what must have come of it ---- */

static void judge(struct threads *t)
{
	const struct farend_stats *far = farend_stats(t->farend);

	if (t->stuck)
		fail_msg("not over in time: phase %d, %u responses, %u of %u settled, %llu files",
			 (int)t->phase, t->responses, atomic_load(&t->settled), INBOX_ORDERS,
			 (unsigned long long)engine_metric(t->engine, METRIC_callfile_completed));
	assert_int_equal(t->answered, AMI_ORDERS - AMI_ORDERS / 5);
	assert_int_equal(atomic_load(&t->begun), INBOX_ORDERS);
	assert_int_equal(atomic_load(&t->dialed), INBOX_ORDERS);
	assert_int_equal(atomic_load(&t->settled), INBOX_ORDERS);
	assert_int_equal(atomic_load(&t->withdrawn), 0);
	assert_int_equal(far->invites, AMI_ORDERS + INBOX_ORDERS + FILES);
	assert_int_equal(far->answers_unacked, 0);
	assert_int_equal(far->malformed, 0);
	assert_int_equal(check_never_count(), 0);
}

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void test_threads(void **state)
{
	static struct threads t;
	struct addr ami;

	UNUSED(state);
	log_set_writer(log_nothing, NULL);
	t.sip_port = free_port(SOCK_DGRAM, 9100);
	t.far_port = free_port(SOCK_DGRAM, 9200);
	t.ami_port = free_port(SOCK_STREAM, 9300);
	make_outside(&t);
	make_dirs(&t);
	make_conf(&t);
	make_farend(&t);
	make_engine(&t);
	assert_true(addr_parse(&ami, SLICE_LIT("127.0.0.1"), t.ami_port));
	assert_int_equal(io_connect_tcp(t.io, &t.ami, &ami, &ami_handler, &t), 0);
	submit_all(&t);
	drop_files(&t);
	t.end_ns = io_clock_ns(t.io) + LIMIT_NS;
	assert_int_equal(io_run(t.io, turn, &t), 0);
	judge(&t);
	end_all(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

	return cmocka_run_group_tests_name("engine threads", tests, NULL, NULL);
}
