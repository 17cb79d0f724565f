/* tests/sim/test_stream.c - streams over the simulated network, plain and TLS alike. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/io/stream.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdlib.h>

#define PORT 5039

struct end {
	struct stream *stream;
	uint32_t accepted, connected, drained, closed;
	int error;
	char reason[160];
	char *got;
	size_t got_len;
	bool echo, close_on_data, close_on_connected;
	bool refuse; /* closes in accept */
};

struct host {
	struct io *io;
	struct metrics metrics;
	struct tmr_wheel *wheel;
	struct streams *streams;
};

#define OUT_MAX	 (1 << 18)
#define GOT_ROOM (4 << 20)

static size_t out_max = OUT_MAX;
static struct sim_world *w;
static struct host home, away;
static struct end server, client;
static struct stream_listener *listener;
static struct tls_context *server_tls, *client_tls;
static struct addr door;

/* ---- both ends ---- */

static void on_data(void *arg, struct stream *s, const void *data, size_t len)
{
	struct end *e = arg;

	assert_ptr_equal(s, e->stream);
	assert_int_equal(e->closed, 0);
	assert_true(e->got_len + len <= GOT_ROOM);
	memcpy(e->got + e->got_len, data, len);
	e->got_len += len;
	if (e->echo)
		assert_int_equal(stream_send(s, data, len), 0);
	if (e->close_on_data) {
		stream_close(s, true);
		e->stream = NULL;
	}
}

static void on_closed(void *arg, struct stream *s, int error)
{
	struct end *e = arg;

	assert_ptr_equal(s, e->stream);
	e->closed++;
	e->error = error;
	slice_copy(e->reason, sizeof(e->reason), slice_str(stream_error(s)));
	stream_close(s, false);
	e->stream = NULL;
}

static void on_drained(void *arg, struct stream *s)
{
	struct end *e = arg;

	UNUSED(s);
	e->drained++;
}

static void on_connected(void *arg, struct stream *s)
{
	struct end *e = arg;

	assert_ptr_equal(s, e->stream);
	e->connected++;
	if (e->close_on_connected) {
		stream_close(s, false);
		e->stream = NULL;
	}
}

static const struct stream_handler handler = {
	.data = on_data, .closed = on_closed, .drained = on_drained, .connected = on_connected};

static void on_accept(void *arg, struct stream *s, const struct addr *peer)
{
	struct end *e = arg;

	assert_true(addr_eq(peer, stream_peer(s)));
	e->accepted++;
	if (e->refuse) {
		stream_close(s, false);
		return;
	}
	e->stream = s;
	stream_set_handler(s, &handler, e);
}

static int64_t host_turn(void *owner, int64_t now_ns)
{
	struct host *h = owner;

	tmr_wheel_run(h->wheel, now_ns, 1000);
	return tmr_wheel_next(h->wheel);
}

static void host_open(struct host *h, uint32_t stream_max)
{
	struct io_conf conf = {.name = "node",
			       .metrics = &h->metrics,
			       .stream_max = 16,
			       .stream_out_max = out_max,
			       .cpu = -1};
	struct streams_conf streams = {.metrics = &h->metrics, .stream_max = stream_max};

	memset(h, 0, sizeof(*h));
	assert_int_equal(io_create(&h->io, &conf), 0);
	assert_int_equal(tmr_wheel_create(&h->wheel, sim_now(w)), 0);
	streams.io = h->io;
	streams.wheel = h->wheel;
	assert_int_equal(streams_create(&h->streams, &streams), 0);
	assert_int_equal(io_start(h->io, host_turn, h), 0);
}

static void host_close(struct host *h)
{
	streams_destroy(h->streams);
	io_stop(h->io);
	io_join(h->io);
	io_destroy(h->io);
	tmr_wheel_destroy(h->wheel);
}

static struct tls_context *context(const struct tls_conf *conf)
{
	char text[256];
	struct sink error = sink_make(text, sizeof(text));
	struct tls_context *c = NULL;

	if (tls_context_create(&c, home.io, conf, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	return c;
}

static void end_reset(struct end *e)
{
	char *got = e->got ? e->got : malloc(GOT_ROOM);

	memset(e, 0, sizeof(*e));
	e->got = got;
}

static void begin(uint64_t seed, bool tls)
{
	static const struct tls_conf server_conf = {.server = true, .cert_file = "/tls/whole.pem"};
	static const struct tls_conf client_conf = {.verify = true, .ca_file = "/tls/ca.pem"};
	uint32_t second;

	w = sim_world_create(seed);
	assert_int_equal(sim_fs_import(w, "tests/tls", "/tls"), 0);
	host_open(&home, 8);
	second = sim_host_add(w, "away");
	door = sim_host_addr(w, 0, PORT);
	sim_host_use(w, second);
	host_open(&away, 8);
	sim_host_use(w, 0);
	end_reset(&server);
	end_reset(&client);
	server_tls = tls ? context(&server_conf) : NULL;
	client_tls = tls ? context(&client_conf) : NULL;
	assert_int_equal(stream_listen(home.streams, &listener,
				       &(struct addr){.family = 4, .port = PORT}, server_tls,
				       on_accept, &server),
			 0);
}

static uint64_t finish(void)
{
	uint64_t hash = sim_trace_hash(w);

	host_close(&home);
	host_close(&away);
	tls_context_unref(server_tls);
	tls_context_unref(client_tls);
	sim_world_destroy(w);
	return hash;
}

static void dial(void)
{
	assert_int_equal(stream_connect(away.streams, &client.stream, &door, client_tls,
					"ringer.test", &handler, &client),
			 0);
	io_wake(away.io);
}

static bool heard(void *arg)
{
	struct end *e = arg;

	return e->closed > 0;
}

static void run(void)
{
	sim_run_for(w, 2 * SIM_SECOND);
}

/* ---- owners that hear of a connection once it is safe ---- */

static void begin_deferred(uint32_t waiting_max)
{
	begin(11, true);
	stream_listener_defer(listener, waiting_max, 3 * SIM_SECOND);
}

/* Connects and says nothing: a plain connection to the port of TLS. */
static struct stream *stall(struct end *e)
{
	end_reset(e);
	assert_int_equal(stream_connect(away.streams, &e->stream, &door, NULL, NULL, &handler, e),
			 0);
	io_wake(away.io);
	sim_run_for(w, 100 * SIM_MS);
	return e->stream;
}

static void test_deferred(void **state)
{
	UNUSED(state);
	begin_deferred(2);
	server.echo = true;
	dial();
	assert_int_equal(stream_send(client.stream, "hello", 5), 0);
	run();
	assert_int_equal(server.accepted, 1);
	assert_int_equal(server.connected, 0); /* it was told by the accept */
	assert_memory_equal(client.got, "hello", 5);
	(void)finish();
}

/* Who stalls is not heard of, gives way to others, and is closed in time. */
static void test_stalled(void **state)
{
	struct end idle[3] = {{0}};

	UNUSED(state);
	begin_deferred(2);
	for (int i = 0; i < 3; i++)
		stall(&idle[i]);
	assert_int_equal(server.accepted, 0);
	assert_int_equal(idle[0].closed, 1); /* gave way to the third */
	assert_int_equal(idle[1].closed + idle[2].closed, 0);
	assert_int_equal(metric_get(&home.metrics, METRIC_tls_evicted), 1);
	dial();
	run();
	assert_int_equal(server.accepted, 1);
	assert_int_equal(client.connected, 1);
	assert_int_equal(idle[1].closed, 1);
	run();
	assert_int_equal(idle[2].closed, 1); /* its time was over */
	assert_int_equal(metric_get(&home.metrics, METRIC_tls_timeout), 1);
	assert_int_equal(streams_used(home.streams), 1);
	for (int i = 0; i < 3; i++)
		free(idle[i].got);
	(void)finish();
}

static void test_waiting_when_shut(void **state)
{
	struct end idle[2] = {{0}};

	UNUSED(state);
	begin_deferred(4);
	stall(&idle[0]);
	assert_int_equal(stream_send(stall(&idle[1]), "no TLS at all\r\n\r\n", 17), 0);
	run();
	assert_int_equal(idle[1].closed, 1);
	assert_int_equal(streams_used(home.streams), 1);
	stream_listener_close(listener);
	run();
	assert_int_equal(idle[0].closed, 1);
	assert_int_equal(streams_used(home.streams), 0);
	assert_int_equal(server.accepted, 0);
	free(idle[0].got);
	free(idle[1].got);
	(void)finish();
}

/* ---- talking: the same for both kinds ---- */

static void talk(bool tls, uint32_t piece_max, uint64_t *hash)
{
	struct sim_stream_conf net = {.delay_min_ns = 100 * SIM_US,
				      .delay_max_ns = SIM_MS,
				      .piece_max = piece_max,
				      .window_bytes = 65536,
				      .timeout_ns = SIM_SECOND};

	begin(7, tls);
	sim_stream_default(w, &net);
	server.echo = true;
	dial();
	assert_int_equal(stream_send(client.stream, "hel", 3), 0); /* before it is connected */
	assert_int_equal(stream_send(client.stream, "lo", 2), 0);
	assert_int_equal(stream_queued(client.stream), 5);
	assert_int_equal(stream_is_tls(client.stream), tls);
	run();
	assert_int_equal(client.got_len, 5);
	assert_memory_equal(client.got, "hello", 5);
	assert_int_equal(client.connected, 1);
	assert_int_equal(server.connected, tls);
	assert_int_equal(server.accepted, 1);
	assert_true(addr_eq(stream_peer(client.stream), &door));
	assert_true(addr_eq(stream_local(client.stream), stream_peer(server.stream)));
	stream_close(client.stream, true);
	client.stream = NULL;
	run();
	assert_int_equal(server.closed, 1);
	assert_int_equal(server.error, 0);
	assert_int_equal(streams_used(home.streams) + streams_used(away.streams), 0);
	assert_int_equal(metric_get(&home.metrics, METRIC_tls_handshakes), tls);
	*hash = finish();
}

static void test_talk(void **state)
{
	uint64_t first, again;

	UNUSED(state);
	for (int tls = 0; tls < 2; tls++) {
		talk(tls, 0, &first);
		talk(tls, 0, &again);
		assert_true(first == again); /* equal seeds, equal octets */
		talk(tls, 1, &again);
	}
}

/* As much as goes in, then the rest when it has drained; the limit holds for what is on the wire.
 */
static void test_much(void **state)
{
	static char part[10000];
	size_t sent = 0;

	UNUSED(state);
	for (int tls = 0; tls < 2; tls++) {
		begin(3, tls);
		dial();
		run();
		sent = 0;
		for (uint32_t i = 0; i < sizeof(part); i++)
			part[i] = (char)(i % 251);
		while (sent < 1000000) {
			int err = stream_send(client.stream, part, sizeof(part));

			if (!err)
				sent += sizeof(part);
			assert_true(stream_queued(client.stream) <= OUT_MAX);
			if (err) {
				assert_int_equal(err, -ENOBUFS);
				io_wake(away.io);
				sim_run_for(w, 100 * SIM_MS);
			}
		}
		io_wake(away.io);
		run();
		assert_int_equal(server.got_len, sent);
		assert_true(client.drained > 0);
		for (size_t i = 0; i < sent; i += sizeof(part))
			assert_memory_equal(server.got + i, part, sizeof(part));
		finish();
	}
}

/* Too much before the handshake is refused; what was taken arrives. */
static void test_early(void **state)
{
	static char part[LIMIT_STREAM_EARLY];

	UNUSED(state);
	out_max = 2 * LIMIT_STREAM_EARLY;
	begin(3, true);
	dial();
	assert_int_equal(stream_send(client.stream, part, 1), 0);
	assert_int_equal(stream_send(client.stream, part, sizeof(part)), -ENOBUFS);
	assert_int_equal(stream_send(client.stream, part, sizeof(part) - 1), 0);
	run();
	assert_int_equal(server.got_len, sizeof(part));
	finish();
	out_max = OUT_MAX; /* what could not go out afterwards is refused, too */
	begin(3, true);
	dial();
	assert_int_equal(stream_send(client.stream, part, OUT_MAX), -ENOBUFS);
	assert_int_equal(stream_send(client.stream, part, OUT_MAX / 2), 0);
	run();
	assert_int_equal(server.got_len, OUT_MAX / 2);
	finish();
}

static void test_pause(void **state)
{
	UNUSED(state);
	for (int tls = 0; tls < 2; tls++) {
		begin(5, tls);
		dial();
		stream_pause(client.stream, true); /* a handshake goes on in spite of it */
		run();
		assert_int_equal(client.connected, 1);
		assert_int_equal(stream_send(server.stream, "later", 5), 0);
		io_wake(home.io);
		run();
		assert_int_equal(client.got_len, 0);
		stream_pause(client.stream, false);
		io_wake(away.io);
		run();
		assert_int_equal(client.got_len, 5);
		finish();
	}
}

static void test_close_inside(void **state)
{
	UNUSED(state);
	for (int tls = 0; tls < 2; tls++) {
		for (int where = 0; where < 3; where++) {
			begin(11, tls);
			server.close_on_data = where == 0;
			client.close_on_connected = where == 1;
			server.refuse = where == 2;
			dial();
			assert_int_equal(stream_send(client.stream, "x", 1), 0);
			run();
			assert_int_equal(server.accepted, 1);
			assert_int_equal(streams_used(home.streams), 0);
			assert_int_equal(streams_used(away.streams), 0);
			assert_int_equal(client.closed, where != 1);
			finish();
		}
	}
}

/* The last words before a close arrive, and the end is told apart from a cut. */
static void test_last_words(void **state)
{
	UNUSED(state);
	for (int tls = 0; tls < 2; tls++) {
		begin(2, tls);
		dial();
		run();
		assert_int_equal(stream_send(server.stream, "goodbye", 7), 0);
		stream_close(server.stream, true);
		server.stream = NULL;
		io_wake(home.io);
		run();
		assert_int_equal(client.got_len, 7);
		assert_int_equal(client.closed, 1);
		assert_int_equal(client.error, 0);
		finish();
	}
}

static void test_full_table(void **state)
{
	struct stream *others[8];
	static struct end many[8];

	UNUSED(state);
	begin(2, true);
	server.refuse = false;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(stream_connect(away.streams, &others[i], &door, client_tls, NULL,
						&handler, &many[i]),
				 0);
	assert_int_equal(
		stream_connect(away.streams, &client.stream, &door, NULL, NULL, &handler, &client),
		-ENOBUFS);
	assert_int_equal(metric_get(&away.metrics, METRIC_stream_refused), 1);
	finish(); /* with all of them open */
}

/* ---- a far end that is no client: octets by hand ---- */

static struct io_stream *raw;
static size_t raw_got;
static int raw_closed;

static void raw_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	UNUSED(arg);
	UNUSED(s);
	UNUSED(data);
	raw_got += len;
}

static void raw_end(void *arg, struct io_stream *s, int error)
{
	UNUSED(arg);
	UNUSED(error);
	raw_closed++;
	io_stream_close(s, false);
	raw = NULL;
}

static const struct io_stream_handler raw_handler = {.data = raw_data, .closed = raw_end};

static void raw_dial(const char *octets, size_t len)
{
	raw_got = 0;
	raw_closed = 0;
	assert_int_equal(io_connect_tcp(away.io, &raw, &door, &raw_handler, NULL), 0);
	if (len)
		assert_int_equal(io_stream_send(raw, octets, len), 0);
	io_wake(away.io);
}

static void test_garbage(void **state)
{
	static const struct {
		struct slice octets;
		const char *reason;
		size_t answer; /* an alert, unless it was not TLS at all */
	} cases[] = {
		{SLICE_LIT("Action: Login\r\n\r\n"), "wrong version number", 0},
		{SLICE_LIT("\x16\x03\x01\x00\x05\x02hello"), "unexpected message", 7},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		begin(2, true);
		raw_dial(cases[i].octets.ptr, cases[i].octets.len);
		sim_run_until(w, heard, &server, sim_now(w) + SIM_SECOND);
		assert_int_equal(server.error, -EPROTO);
		assert_string_equal(server.reason, cases[i].reason);
		run();
		assert_int_equal(raw_got, cases[i].answer);
		assert_int_equal(raw_closed, 1);
		assert_int_equal(metric_get(&home.metrics, METRIC_tls_failed), 1);
		assert_int_equal(streams_used(home.streams), 0);
		finish();
	}
}

/* Nothing, or half a ClientHello, and then silence: given up after its time. */
static void test_silent(void **state)
{
	static const char half[] = "\x16\x03\x01\x00\x80\x01\x00\x00\x7c\x03\x03";

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		int64_t began;

		begin(2, true);
		began = sim_now(w);
		raw_dial(half, i ? sizeof(half) - 1 : 0);
		assert_true(sim_run_until(w, heard, &server, sim_now(w) + 60 * SIM_SECOND));
		assert_int_equal(server.error, -ETIMEDOUT);
		assert_in_range(sim_now(w) - began, LIMIT_TLS_HANDSHAKE_S * SIM_SECOND,
				(LIMIT_TLS_HANDSHAKE_S + 1) * SIM_SECOND);
		assert_int_equal(metric_get(&home.metrics, METRIC_tls_timeout), 1);
		finish();
	}
}

/* Cut at every stage: after so many octets of the handshake the far end is gone. */
static void test_cut(void **state)
{
	UNUSED(state);
	for (int64_t cut_us = 300; cut_us < 12000; cut_us += 300) {
		begin((uint64_t)cut_us, true);
		dial();
		sim_run_for(w, cut_us * SIM_US);
		if (client.stream) {
			stream_close(client.stream, false);
			client.stream = NULL;
			io_wake(away.io);
		}
		run();
		if (server.accepted) {
			assert_int_equal(server.closed, 1);
			if (server.connected) /* without a flush close_notify may be lost */
				assert_true(server.error == 0 || server.error == -ECONNABORTED);
			else
				assert_true(server.error < 0);
		}
		assert_int_equal(streams_used(home.streams), 0);
		finish();
	}
}

static void test_unknown_authority(void **state)
{
	static const struct tls_conf conf = {.verify = true, .ca_file = "/tls/other-ca.pem"};

	UNUSED(state);
	begin(2, true);
	tls_context_unref(client_tls);
	client_tls = context(&conf);
	dial();
	run();
	assert_int_equal(client.error, -EKEYREJECTED);
	assert_string_equal(client.reason,
			    "certificate refused: unable to get local issuer certificate");
	assert_int_equal(server.error, -EPROTO);
	assert_string_equal(server.reason, "tlsv1 alert unknown ca");
	assert_int_equal(client.connected + server.connected, 0);
	finish();
}

/* The seam's wall clock judges, not the machine's. */
static void test_time_over(void **state)
{
	UNUSED(state);
	begin(2, true);
	sim_wall_step(w, INT64_C(80) * 366 * 86400 * SIM_SECOND);
	dial();
	run();
	assert_string_equal(client.reason, "certificate refused: certificate has expired");
	finish();
}

/* A new certificate for new connections; those that live go on. */
static void test_reload(void **state)
{
	static const struct tls_conf conf = {.server = true, .cert_file = "/tls/stranger.pem"};
	struct tls_context *fresh;
	struct end first = {0};

	UNUSED(state);
	begin(2, true);
	server.echo = true;
	dial();
	run();
	fresh = context(&conf);
	stream_listener_set_tls(listener, fresh);
	tls_context_unref(fresh);
	assert_int_equal(stream_send(client.stream, "still", 5), 0);
	io_wake(away.io);
	run();
	assert_int_equal(client.got_len, 5);
	first = server;
	assert_int_equal(first.closed, 0);
	stream_set_handler(first.stream, &handler, &first);
	stream_set_handler(client.stream, &handler, &first);
	dial();
	run();
	assert_int_equal(client.error, -EKEYREJECTED); /* the new one, signed by a stranger */
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_waiting_when_shut),
		cmocka_unit_test(test_talk),
		cmocka_unit_test(test_much),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_close_inside),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_unknown_authority),
		cmocka_unit_test(test_time_over),
		cmocka_unit_test(test_reload),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(server.got);
	free(client.got);
	return failed;
}
