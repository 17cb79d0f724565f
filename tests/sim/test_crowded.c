/* tests/sim/test_crowded.c - the whole engine, whose shard 0 gets more over TCP at once than the
 * pipe to shard 1 takes, or shard 1 says more than the pipe back takes: every request is answered,
 * those of one connection and one shard in their order. */
#include "engine/app/engine_internal.h"
#include "engine/app/node.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/msg.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

#define ETC	 "/etc/asterisk/"
#define ENDS	 24
#define REQUESTS 84 /* of each: 4 MB in all, and the pipe takes about 2 */
#define BODY	 1700
#define SHORT	 420 /* of each, without a body: their answers are longer than they are */
#define SEEDS	 5

struct end {
	struct io_stream *stream;
	struct sip_framer framer;
	char part[65536];
	size_t part_len;
	uint32_t asked, answered, body;
	uint32_t last[2]; /* CSeq of the last answer of each shard */
};

static struct rig {
	struct sim_world *w;
	struct io *io;
	struct metrics metrics;
	struct engine *engine;
	bool stopped;
	struct end ends[ENDS];
} rig;

/* ---- the far end ---- */

static void take_answer(struct end *e, struct slice text)
{
	enum sip_parse_error err;
	struct sip_msg msg;
	uint32_t shard;

	assert_int_equal(sip_msg_parse(&msg, text, &err), 0);
	assert_false(msg.is_request);
	assert_int_equal(msg.code, 200);
	shard = msg.cseq % 4 != 0;
	assert_true(msg.cseq > e->last[shard]);
	e->last[shard] = msg.cseq;
	e->answered++;
}

static void on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct end *e = arg;
	size_t bytes;

	UNUSED(s);
	while (len) {
		size_t take =
			len < sizeof(e->part) - e->part_len ? len : sizeof(e->part) - e->part_len;

		assert_true(take > 0);
		memcpy(e->part + e->part_len, data, take);
		e->part_len += take;
		data = (const char *)data + take;
		len -= take;
		while (sip_msg_frame(&e->framer, slice_make(e->part, e->part_len), &bytes) ==
		       SIP_FRAME_MESSAGE) {
			take_answer(e, slice_make(e->part, bytes));
			e->framer = (struct sip_framer){0};
			e->part_len -= bytes;
			memmove(e->part, e->part + bytes, e->part_len);
		}
	}
}

static void on_closed(void *arg, struct io_stream *s, int error)
{
	UNUSED(arg);
	UNUSED(s);
	fail_msg("the engine has closed a connection: %d", error);
}

/* Three of four belong to shard 1: those whose CSeq is no multiple of 4. */
static void say(struct end *e, const char *method)
{
	char text[BODY + 512], id[48];
	unsigned n = 0, shard = e->asked % 4 != 3;
	int len;

	do
		snprintf(id, sizeof(id), "%td-%u-%u", e - rig.ends, e->asked, n++);
	while (slice_hash(slice_str(id), 0) % 2 != shard);
	len = snprintf(text, sizeof(text),
		       "%s sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK%s\r\n"
		       "From: <sip:far@10.0.0.2>;tag=f\r\nTo: <sip:10.0.0.1>\r\nCall-ID: %s\r\n"
		       "CSeq: %u %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%*s",
		       method, id, id, ++e->asked, method, e->body, e->body, "");
	assert_int_equal(io_stream_send(e->stream, text, (size_t)len), 0);
}

static int64_t far_turn(void *arg, int64_t now_ns)
{
	UNUSED(arg);
	UNUSED(now_ns);
	return INT64_MAX;
}

static void far_up(void)
{
	static const struct io_stream_handler handler = {.data = on_data, .closed = on_closed};
	struct io_conf io = {.name = "far",
			     .metrics = &rig.metrics,
			     .stream_max = ENDS,
			     .stream_out_max = 2 << 20,
			     .cpu = -1};
	struct addr engine = sim_host_addr(rig.w, 0, 5060);

	sim_host_use(rig.w, sim_host_add(rig.w, "far"));
	assert_int_equal(io_create(&rig.io, &io), 0);
	assert_int_equal(io_start(rig.io, far_turn, NULL), 0);
	for (uint32_t i = 0; i < ENDS; i++)
		assert_int_equal(io_connect_tcp(rig.io, &rig.ends[i].stream, &engine, &handler,
						&rig.ends[i]),
				 0);
}

/* ---- the engine ---- */

static void on_stopped(void *arg)
{
	UNUSED(arg);
	rig.stopped = true;
}

static void engine_up(void)
{
	struct engine_options options = {
		.main_file = ETC "asterisk.conf", .cpu_count = 2, .stopped = on_stopped};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, ETC "manager.conf", "[general]\nenabled=no\n");
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\nshards=2\ncdr_sqlite=no\ncdr_csv=no\n");
	sim_fs_put(rig.w, ETC "pjsip.conf",
		   "[tcp]\ntype=transport\nprotocol=tcp\nbind=0.0.0.0:5060\n");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) != 0 ||
	    engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
}

static bool has_stopped(void *arg)
{
	UNUSED(arg);
	return rig.stopped;
}

static bool all_answered(void *arg)
{
	UNUSED(arg);
	for (uint32_t i = 0; i < ENDS; i++)
		if (rig.ends[i].answered < rig.ends[i].asked)
			return false;
	return true;
}

static void quiet_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void begin(uint64_t seed)
{
	static const struct sim_stream_conf streams = {.delay_min_ns = SIM_MS,
						       .delay_max_ns = SIM_MS,
						       .piece_max = 65536,
						       .window_bytes = 4 << 20,
						       .timeout_ns = 60 * SIM_SECOND};

	memset(&rig, 0, sizeof(rig));
	rig.w = sim_world_create(seed);
	log_set_writer(quiet_log, NULL);
	sim_stream_default(rig.w, &streams);
	engine_up();
	sim_run_for(rig.w, SIM_SECOND);
	far_up();
	sim_run_for(rig.w, SIM_SECOND);
}

static void end(void)
{
	engine_request_stop(rig.engine, CONTROL_STOP_NOW);
	for (uint32_t i = 0; i < ENDS; i++)
		io_stream_close(rig.ends[i].stream, false);
	assert_true(sim_run_until(rig.w, has_stopped, NULL, sim_now(rig.w) + 30 * SIM_SECOND));
	engine_destroy(rig.engine);
	io_stop(rig.io);
	io_join(rig.io);
	io_destroy(rig.io);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
}

static void say_all(const char *method, uint32_t count, uint32_t body)
{
	for (uint32_t i = 0; i < ENDS; i++)
		rig.ends[i].body = body;
	for (uint32_t i = 0; i < ENDS * count; i++)
		say(&rig.ends[i % ENDS], method);
	io_wake(rig.io);
}

/* So that all of it is there when the engine goes on. */
static void say_all_at_once(const char *method)
{
	sim_host_freeze(rig.w, 0, sim_now(rig.w) + SIM_SECOND);
	say_all(method, REQUESTS, BODY);
}

static const struct metrics *metrics_of(uint32_t shard)
{
	return &node_shard(rig.engine->nodes[shard])->metrics;
}

/* Stray ACKs: shard 0 hears nothing of what the other makes of them, except that there is room. */
static void test_no_answers(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		say_all_at_once("ACK");
		sim_run_for(rig.w, 5 * SIM_SECOND);
		assert_in_range(metric_get(metrics_of(0), METRIC_sip_conn_paused), 1, 200);
		assert_int_equal(metric_get(metrics_of(0), METRIC_sip_rx_stray),
				 ENDS * REQUESTS / 4);
		assert_int_equal(metric_get(metrics_of(1), METRIC_sip_rx_stray),
				 ENDS * REQUESTS / 4 * 3);
		end();
	}
}

static void wait_for_answers(uint64_t seed)
{
	uint32_t answered = 0;

	if (sim_run_until(rig.w, all_answered, NULL, sim_now(rig.w) + 20 * SIM_SECOND))
		return;
	for (uint32_t i = 0; i < ENDS; i++)
		answered += rig.ends[i].answered;
	fail_msg("seed %u: only %u were answered", (unsigned)seed, answered);
}

static void test_flood(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed);
		say_all_at_once("OPTIONS");
		wait_for_answers(seed);
		assert_in_range(metric_get(metrics_of(0), METRIC_sip_conn_paused), 1, 200);
		assert_int_equal(metric_get(metrics_of(0), METRIC_sip_rx_dropped), 0);
		end();
	}
}

static struct io *loop_of(uint32_t shard)
{
	return node_io(rig.engine->nodes[shard]);
}

/* Shard 0 hands over what comes and stands still; shard 1 answers it meanwhile. */
static void test_no_reader(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		int64_t now;

		begin(seed);
		now = sim_now(rig.w);
		sim_loop_freeze(loop_of(1), now + SIM_SECOND);
		say_all("OPTIONS", SHORT, 0);
		sim_run_for(rig.w, SIM_SECOND / 2);
		sim_loop_freeze(loop_of(0), now + 2 * SIM_SECOND);
		wait_for_answers(seed);
		assert_int_equal(metric_get(metrics_of(1), METRIC_sip_conn_crowded), 0);
		end();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_flood),
						  cmocka_unit_test(test_no_answers),
						  cmocka_unit_test(test_no_reader)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
