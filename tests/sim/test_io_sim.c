/* tests/sim/test_io_sim.c - the simulator keeps its own promises. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdlib.h>

/* A loop with what the tests want to know about it. */
struct node {
	struct io *io;
	struct io_udp *udp;
	struct metrics metrics;
	struct sim_world *w;
	uint32_t turns, got;
	int64_t turn_at[16];
	int64_t period; /* turns wanted this often; 0: never */
	uint8_t seen[4096];
	uint32_t order[4096];
	uint32_t bad;
};

static int64_t node_turn(void *owner, int64_t now_ns)
{
	struct node *n = owner;

	if (n->turns < ARRAY_COUNT(n->turn_at))
		n->turn_at[n->turns] = now_ns;
	n->turns++;
	return n->period ? now_ns + n->period : TMR_NEVER;
}

static void node_datagram(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			  size_t len)
{
	struct node *n = arg;
	uint32_t number;

	UNUSED(u);
	UNUSED(from);
	if (len != sizeof(number)) {
		n->bad++;
		return;
	}
	memcpy(&number, data, sizeof(number));
	if (number >= ARRAY_COUNT(n->seen)) {
		n->bad++;
		return;
	}
	n->seen[number]++;
	if (n->got < ARRAY_COUNT(n->order))
		n->order[n->got] = number;
	n->got++;
}

static void node_open(struct node *n, struct sim_world *w, uint16_t port, bool reuse)
{
	struct io_conf conf = {.name = "node", .metrics = &n->metrics, .udp_max = 8,
			       .stream_max = 8, .stream_out_max = 1 << 20, .cpu = -1};
	struct io_udp_conf udp = {.local = {.family = 4, .port = port}, .reuse_port = reuse};

	memset(n, 0, sizeof(*n));
	n->w = w;
	assert_int_equal(io_create(&n->io, &conf), 0);
	assert_int_equal(io_udp_open(n->io, &n->udp, &udp, node_datagram, n), 0);
	assert_int_equal(io_start(n->io, node_turn, n), 0);
}

static void node_close(struct node *n)
{
	io_stop(n->io);
	io_join(n->io);
	io_destroy(n->io);
}

static void node_send(struct node *n, const struct addr *to, uint32_t number)
{
	assert_int_equal(io_udp_send(n->udp, to, &number, sizeof(number)), 0);
}

/* ---- loops and time ---- */

static void count_event(struct sim_world *w, void *arg)
{
	int64_t **at = arg;

	*(*at)++ = sim_now(w);
}

static void test_time(void **state)
{
	struct sim_world *w = sim_world_create(1);
	int64_t seen[4] = {0}, *next = seen;
	struct node n;
	struct tm tm;

	UNUSED(state);
	node_open(&n, w, 5060, false);
	sim_run_for(w, SIM_MS);
	assert_int_equal(n.turns, 1); /* the first comes at once, the next only on call */
	n.period = 10 * SIM_MS;
	io_wake(n.io);
	sim_run_for(w, 35 * SIM_MS);
	assert_int_equal(n.turns, 5);
	assert_true(n.turn_at[2] == n.turn_at[1] + 10 * SIM_MS);
	sim_after(w, 5, count_event, &next);
	sim_after(w, 3, count_event, &next);
	sim_run_for(w, SIM_SECOND);
	assert_true(next == seen + 2 && seen[0] + 2 == seen[1]);
	assert_true(io_wall_ns(n.io) == SIM_WALL_NS + sim_now(w) - SIM_EPOCH_NS);
	io_local_time(n.io, SIM_WALL_NS, &tm);
	assert_true(tm.tm_year == 126 && tm.tm_mon == 0 && tm.tm_mday == 1 && tm.tm_hour == 0);
	sim_wall_step(w, -SIM_SECOND);
	assert_true(io_wall_ns(n.io) == SIM_WALL_NS + sim_now(w) - SIM_EPOCH_NS - SIM_SECOND);
	node_close(&n);
	sim_world_destroy(w);
}

static void test_freeze(void **state)
{
	struct sim_world *w = sim_world_create(1);
	struct node n;

	UNUSED(state);
	node_open(&n, w, 5060, false);
	n.period = SIM_MS;
	sim_run_for(w, 10 * SIM_MS);
	sim_host_freeze(w, 0, sim_now(w) + SIM_SECOND);
	n.turns = 0;
	sim_run_for(w, 999 * SIM_MS);
	assert_int_equal(n.turns, 0);
	sim_run_for(w, 2 * SIM_MS);
	assert_true(n.turns > 0);
	node_close(&n);
	sim_world_destroy(w);
}

/* ---- datagrams ---- */

struct pair {
	struct sim_world *w;
	struct node a, b;
	struct addr to_b;
};

static void pair_open(struct pair *p, uint64_t seed, const struct sim_link *link)
{
	p->w = sim_world_create(seed);
	node_open(&p->a, p->w, 5060, false);
	sim_host_use(p->w, sim_host_add(p->w, "peer"));
	node_open(&p->b, p->w, 5060, false);
	p->to_b = sim_host_addr(p->w, 1, 5060);
	if (link)
		sim_net_default(p->w, link);
}

static void pair_close(struct pair *p)
{
	node_close(&p->a);
	node_close(&p->b);
	sim_world_destroy(p->w);
}

static uint64_t run_lossy(uint64_t seed)
{
	static const struct sim_link link = {.delay_min_ns = SIM_MS, .delay_max_ns = 9 * SIM_MS,
					     .loss_permille = 100, .dup_permille = 100};
	struct pair p;
	uint64_t hash;

	pair_open(&p, seed, &link);
	for (uint32_t i = 0; i < 100; i++) {
		node_send(&p.a, &p.to_b, i);
		sim_run_for(p.w, SIM_MS);
	}
	sim_run_for(p.w, SIM_SECOND);
	hash = sim_trace_hash(p.w);
	pair_close(&p);
	return hash;
}

static void test_determinism(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t hash = run_lossy(seed);

		assert_true(hash == run_lossy(seed));
		assert_true(hash != run_lossy(seed + 1));
	}
}

/* What of 4000 datagrams arrived once, twice, never, and how many after a later one. */
struct tally {
	uint32_t once, twice, never, late, bad;
};

static struct tally run_tally(const struct sim_link *link)
{
	struct tally t = {0};
	struct pair p;
	uint32_t top = 0;

	pair_open(&p, 42, link);
	for (uint32_t i = 0; i < 4000; i++) {
		node_send(&p.a, &p.to_b, i);
		sim_run_for(p.w, SIM_MS);
	}
	sim_run_for(p.w, SIM_SECOND);
	for (uint32_t i = 0; i < 4000; i++) {
		t.once += p.b.seen[i] == 1;
		t.twice += p.b.seen[i] == 2;
		t.never += p.b.seen[i] == 0;
	}
	for (uint32_t i = 0; i < p.b.got && i < ARRAY_COUNT(p.b.order); i++) {
		if (p.b.order[i] < top)
			t.late++;
		else
			top = p.b.order[i];
	}
	t.bad = p.b.bad;
	pair_close(&p);
	return t;
}

static void test_links(void **state)
{
	static const struct sim_link jitter = {.delay_min_ns = SIM_MS, .delay_max_ns = 20 * SIM_MS};
	static const struct sim_link ordered = {.delay_min_ns = SIM_MS,
						.delay_max_ns = 20 * SIM_MS, .in_order = true};
	static const struct sim_link lossy = {.loss_permille = 250};
	static const struct sim_link doubling = {.dup_permille = 100};
	static const struct sim_link late = {.reorder_permille = 50, .reorder_ns = 30 * SIM_MS};
	static const struct sim_link corrupt = {.corrupt_permille = 1000};
	struct tally t;

	UNUSED(state);
	t = run_tally(NULL);
	assert_true(t.once == 4000 && t.late == 0);
	t = run_tally(&jitter);
	assert_true(t.once == 4000 && t.late > 1000);
	t = run_tally(&ordered);
	assert_true(t.once == 4000 && t.late == 0);
	t = run_tally(&lossy);
	assert_true(t.never > 900 && t.never < 1100 && t.twice == 0);
	t = run_tally(&doubling);
	assert_true(t.twice > 320 && t.twice < 480 && t.never == 0);
	t = run_tally(&late);
	assert_true(t.late > 120 && t.late < 280 && t.once == 4000);
	t = run_tally(&corrupt);
	assert_true(t.once < 2500 && t.bad > 0);
}

static enum sim_verdict drop_odd(void *arg, const struct addr *from, const struct addr *to,
				 const void *data, size_t len)
{
	uint32_t number;

	UNUSED(arg);
	UNUSED(from);
	UNUSED(to);
	assert_int_equal(len, 4);
	memcpy(&number, data, sizeof(number));
	return number & 1 ? SIM_DROP : number == 2 ? SIM_TWICE : number == 4 ? SIM_SLOW : SIM_PASS;
}

static void test_tap_and_rules(void **state)
{
	static const struct sim_link cut = {.loss_permille = 1000};
	struct addr any = {0};
	struct pair p;

	UNUSED(state);
	pair_open(&p, 3, NULL);
	sim_net_tap(p.w, drop_odd, NULL);
	for (uint32_t i = 0; i < 7; i++)
		node_send(&p.a, &p.to_b, i);
	sim_run_for(p.w, SIM_SECOND);
	assert_int_equal(p.b.got, 5);
	assert_int_equal(p.b.order[4], 4);
	assert_int_equal(p.b.seen[2], 2);
	sim_net_rule(p.w, &any, &p.to_b, &cut);
	node_send(&p.a, &p.to_b, 100);
	sim_run_for(p.w, SIM_SECOND);
	assert_int_equal(p.b.got, 5);
	sim_net_rules_clear(p.w);
	node_send(&p.a, &p.to_b, 100);
	sim_run_for(p.w, SIM_SECOND);
	assert_int_equal(p.b.got, 6);
	pair_close(&p);
}

static void test_ports(void **state)
{
	struct sim_world *w = sim_world_create(5);
	struct io_udp_conf conf = {.local = {.family = 4, .port = 7000}};
	struct io_udp *u[9];
	struct node n;
	struct addr to = {.family = 4, .port = 7000, .ip = {127, 0, 0, 1}}, via;

	UNUSED(state);
	node_open(&n, w, 5060, false);
	assert_int_equal(io_udp_open(n.io, &u[0], &conf, node_datagram, &n), 0);
	assert_int_equal(io_udp_open(n.io, &u[1], &conf, node_datagram, &n), -EADDRINUSE);
	conf.local.ip[0] = 99;
	assert_int_equal(io_udp_open(n.io, &u[1], &conf, node_datagram, &n), -EADDRNOTAVAIL);
	node_send(&n, &to, 1);
	sim_run_for(w, SIM_SECOND);
	assert_int_equal(n.got, 1);
	node_send(&n, &to, 2);
	sim_run_until(w, NULL, NULL, sim_now(w) + SIM_MS - 1);
	io_udp_close(u[0]); /* nobody is there when it arrives */
	sim_run_for(w, SIM_SECOND);
	assert_int_equal(n.got, 1);
	conf.local = (struct addr){.family = 4};
	for (int i = 0; i < 7; i++)
		assert_int_equal(io_udp_open(n.io, &u[i], &conf, node_datagram, &n), 0);
	assert_int_equal(io_udp_open(n.io, &u[7], &conf, node_datagram, &n), -ENOBUFS);
	assert_true(io_udp_local(u[0])->port != io_udp_local(u[1])->port);
	via = sim_host_addr(w, 0, 77);
	to.port = 1;
	assert_int_equal(io_local_addr(n.io, &to, &via), 0);
	assert_true(via.ip[0] == 127 && via.port == 77);
	node_close(&n);
	sim_world_destroy(w);
}

/* Datagrams of one sender always come to the same of several sockets on one port; senders spread. */
static void test_reuse_port(void **state)
{
	struct sim_world *w = sim_world_create(9);
	struct addr to = sim_host_addr(w, 0, 5060);
	struct node shard[4];

	UNUSED(state);
	for (int i = 0; i < 4; i++)
		node_open(&shard[i], w, 5060, true);
	for (uint32_t i = 0; i < 64; i++) {
		struct addr from = {.family = 4, .port = (uint16_t)(2000 + i), .ip = {10, 9, 9, 9}};

		sim_net_inject(w, &from, &to, &i, sizeof(i));
		sim_net_inject(w, &from, &to, &i, sizeof(i));
	}
	sim_run_for(w, SIM_SECOND);
	for (int i = 0; i < 4; i++) {
		assert_true(shard[i].got >= 8);
		for (uint32_t k = 0; k < 64; k++)
			assert_true(shard[i].seen[k] == 0 || shard[i].seen[k] == 2);
	}
	for (int i = 0; i < 4; i++)
		node_close(&shard[i]);
	sim_world_destroy(w);
}

/* ---- streams ---- */

struct talk {
	struct node server, client;
	struct sim_world *w;
	struct io_listener *listener;
	struct io_stream *in, *out; /* accepted; connected */
	char got[200000];
	size_t got_len, pieces, piece_max;
	bool connected;
	uint32_t drained;
	int in_error, out_error; /* 1: still open */
};

static void talk_in_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct talk *t = arg;

	UNUSED(s);
	assert_true(t->got_len + len <= sizeof(t->got));
	memcpy(t->got + t->got_len, data, len);
	t->got_len += len;
	t->pieces++;
	if (len > t->piece_max)
		t->piece_max = len;
}

static void talk_in_closed(void *arg, struct io_stream *s, int error)
{
	struct talk *t = arg;

	UNUSED(s);
	assert_int_equal(t->in_error, 1);
	t->in_error = error;
}

static void talk_out_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	UNUSED(arg);
	UNUSED(s);
	UNUSED(data);
	UNUSED(len);
}

static void talk_out_closed(void *arg, struct io_stream *s, int error)
{
	struct talk *t = arg;

	UNUSED(s);
	assert_int_equal(t->out_error, 1);
	t->out_error = error;
}

static void talk_out_drained(void *arg, struct io_stream *s)
{
	struct talk *t = arg;

	assert_int_equal(io_stream_queued(s), 0);
	t->drained++;
}

static void talk_connected(void *arg, struct io_stream *s)
{
	struct talk *t = arg;

	UNUSED(s);
	t->connected = true;
}

static const struct io_stream_handler talk_in = {.data = talk_in_data, .closed = talk_in_closed};
static const struct io_stream_handler talk_out = {.data = talk_out_data,
						  .closed = talk_out_closed,
						  .drained = talk_out_drained,
						  .connected = talk_connected};

static void talk_accept(void *arg, struct io_stream *s, const struct addr *peer)
{
	struct talk *t = arg;

	UNUSED(peer);
	t->in = s;
	io_stream_set_handler(s, &talk_in, t);
}

static struct talk *talk_open(uint64_t seed, uint32_t piece_max)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct addr local = {.family = 4, .port = 5038};
	struct addr to;

	t->w = sim_world_create(seed);
	t->in_error = t->out_error = 1;
	sim_stream_default(t->w, &(struct sim_stream_conf){.delay_min_ns = SIM_MS,
							   .delay_max_ns = 3 * SIM_MS,
							   .piece_max = piece_max,
							   .window_bytes = 10000,
							   .timeout_ns = 60 * SIM_SECOND});
	node_open(&t->server, t->w, 1, false);
	assert_int_equal(io_listen_tcp(t->server.io, &t->listener, &local, talk_accept, t), 0);
	sim_host_use(t->w, sim_host_add(t->w, "peer"));
	node_open(&t->client, t->w, 1, false);
	to = sim_host_addr(t->w, 0, 5038);
	assert_int_equal(io_connect_tcp(t->client.io, &t->out, &to, &talk_out, t), 0);
	sim_run_for(t->w, 50 * SIM_MS);
	assert_true(t->connected && t->in);
	return t;
}

static void talk_close(struct talk *t)
{
	node_close(&t->client);
	node_close(&t->server);
	sim_world_destroy(t->w);
	free(t);
}

static void test_stream_octets(void **state)
{
	char text[50000];

	UNUSED(state);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + i / 251);
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct talk *t = talk_open(seed, seed == 1 ? 1 : 0);

		assert_int_equal(io_stream_send(t->out, text, sizeof(text)), 0);
		io_stream_close(t->out, true);
		sim_run_for(t->w, 4 * SIM_SECOND);
		assert_int_equal(t->got_len, sizeof(text));
		assert_memory_equal(t->got, text, sizeof(text));
		assert_int_equal(t->in_error, 0);
		if (seed == 1)
			assert_int_equal(t->pieces, sizeof(text));
		talk_close(t);
	}
}

static void test_stream_pressure(void **state)
{
	static const char text[60000];
	struct talk *t = talk_open(2, 4096);

	UNUSED(state);
	io_stream_pause(t->in, true);
	assert_int_equal(io_stream_send(t->out, text, sizeof(text)), 0);
	sim_run_for(t->w, SIM_SECOND);
	assert_int_equal(t->got_len, 0);
	assert_int_equal(io_stream_queued(t->out), 50000); /* the window took 10000 */
	while (io_stream_send(t->out, text, sizeof(text)) == 0)
		;
	assert_int_equal(io_stream_send(t->out, text, sizeof(text)), -ENOBUFS);
	assert_true(io_stream_queued(t->out) <= 1 << 20);
	assert_int_equal(t->drained, 0);
	io_stream_pause(t->in, false);
	sim_run_for(t->w, SIM_MS);
	assert_true(t->got_len > 0);
	t->got_len = 0;
	io_stream_close(t->in, false); /* a FIN or a reset, by what was unread */
	sim_run_for(t->w, SIM_SECOND);
	assert_true(t->out_error == 0 || t->out_error == -ECONNRESET);
	assert_int_equal(io_stream_send(t->out, "x", 1), -EPIPE);
	talk_close(t);
}

static void test_stream_ends(void **state)
{
	struct talk *t = talk_open(3, 0);

	UNUSED(state);
	sim_stream_reset(t->out);
	sim_run_for(t->w, SIM_SECOND);
	assert_true(t->in_error == -ECONNRESET && t->out_error == -ECONNRESET);
	talk_close(t);

	t = talk_open(4, 0); /* nothing says that the far end is gone until something is sent */
	sim_stream_vanish(t->out);
	sim_run_for(t->w, 3600 * SIM_SECOND);
	assert_int_equal(t->in_error, 1);
	assert_int_equal(io_stream_send(t->in, "hello", 5), 0);
	sim_run_for(t->w, 3600 * SIM_SECOND);
	assert_int_equal(t->in_error, -ETIMEDOUT);
	talk_close(t);

	t = talk_open(5, 0);
	assert_int_equal(io_stream_send(t->out, "last", 4), 0);
	sim_run_for(t->w, SIM_SECOND);
	io_stream_close(t->out, false);
	sim_run_for(t->w, SIM_SECOND);
	assert_true(t->in_error == 0 && t->got_len == 4);
	talk_close(t);
}

static void test_stream_refused(void **state)
{
	struct talk *t = talk_open(6, 0);
	struct io_stream *s;
	struct addr to = sim_host_addr(t->w, 0, 99);

	UNUSED(state);
	io_stream_close(t->out, false);
	assert_int_equal(io_connect_tcp(t->client.io, &s, &to, &talk_out, t), 0);
	sim_run_for(t->w, SIM_SECOND);
	assert_int_equal(t->out_error, -ECONNREFUSED);
	assert_int_equal(io_connect_unix(t->client.io, &s, "/no/such", &talk_out, t), -ENOENT);
	talk_close(t);
}

static void test_stream_unix(void **state)
{
	struct talk *t = talk_open(7, 0);
	struct io_listener *l, *l2;
	struct io_stream *s;

	UNUSED(state);
	sim_fs_mkdir(t->w, "/run");
	assert_int_equal(io_listen_unix(t->server.io, &l, "/run/ctl", 0600, talk_accept, t), 0);
	assert_int_equal(io_listen_unix(t->server.io, &l2, "/run/ctl", 0600, talk_accept, t),
			 -EADDRINUSE);
	assert_true(sim_fs_exists(t->w, "/run/ctl"));
	assert_int_equal(io_connect_unix(t->client.io, &s, "/run/ctl", &talk_out, t), 0);
	assert_int_equal(io_stream_send(s, "core show", 9), 0);
	sim_run_for(t->w, SIM_SECOND);
	assert_int_equal(t->got_len, 9);
	io_listener_close(l);
	assert_false(sim_fs_exists(t->w, "/run/ctl"));
	talk_close(t);
}

static int fail_opens(void *arg, enum io_op op)
{
	UNUSED(arg);
	return op == IO_OP_UDP_OPEN ? -EMFILE : 0;
}

static void test_injection(void **state)
{
	struct sim_faults faults = {.permille = {[IO_OP_UDP_SEND] = 500}};
	struct io_udp_conf udp = {.local = {.family = 4}};
	struct io_conf conf = {.name = "x", .udp_max = 1, .cpu = -1, .fail = fail_opens};
	uint32_t refused = 0, x = 1;
	struct io_udp *u;
	struct io *io;
	struct pair p;

	UNUSED(state);
	pair_open(&p, 11, NULL);
	conf.metrics = &p.a.metrics;
	assert_int_equal(io_create(&io, &conf), 0);
	assert_int_equal(io_udp_open(io, &u, &udp, node_datagram, &p.a), -EMFILE);
	io_destroy(io);
	sim_faults_set(p.w, 0, &faults);
	for (int i = 0; i < 200; i++)
		refused += io_udp_send(p.a.udp, &p.to_b, &x, sizeof(x)) == -ENOBUFS;
	assert_true(refused > 70 && refused < 130);
	assert_int_equal(sim_faults_count(p.w), refused + 1);
	assert_int_equal(metric_get(&p.a.metrics, METRIC_io_udp_tx_fail), refused);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),          cmocka_unit_test(test_freeze),
		cmocka_unit_test(test_determinism),   cmocka_unit_test(test_links),
		cmocka_unit_test(test_tap_and_rules), cmocka_unit_test(test_ports),
		cmocka_unit_test(test_reuse_port),    cmocka_unit_test(test_stream_octets),
		cmocka_unit_test(test_stream_pressure), cmocka_unit_test(test_stream_ends),
		cmocka_unit_test(test_stream_refused), cmocka_unit_test(test_stream_unix),         cmocka_unit_test(test_injection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
