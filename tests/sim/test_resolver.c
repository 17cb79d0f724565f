/* tests/sim/test_resolver.c - names over time: TTLs, failures, many who wait for one question. */
#include "engine/io/resolver.h"

#include "engine/base/check.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#define WAITERS 3

static struct {
	struct sim_world *w;
	struct io *io;
	struct tmr_wheel *wheel;
	struct metrics metrics;
	struct resolver_conf conf;
	struct resolver *r;
	struct resolver_wait waits[WAITERS];
	unsigned called[WAITERS], called_within;
	/* what the next turn looks for */
	const char *name;
	enum dns_type type;
	unsigned waiters;
	int64_t since_ns;
	void (*job)(void);
	enum resolver_status status;
	struct resolver_answer answer;
} t;

static void on_answer(void *arg)
{
	(*(unsigned *)arg)++;
}

static int64_t turn(void *owner, int64_t now_ns)
{
	UNUSED(owner);
	tmr_wheel_run(t.wheel, now_ns, UINT32_MAX);
	if (t.job)
		t.job();
	t.job = NULL;
	return tmr_wheel_next(t.wheel);
}

static int setup(void **state)
{
	const struct io_conf io = {.name = "dns", .metrics = &t.metrics, .cpu = -1};

	UNUSED(state);
	memset(&t, 0, sizeof(t));
	t.w = sim_world_create(7);
	assert_int_equal(io_create(&t.io, &io), 0);
	assert_int_equal(tmr_wheel_create(&t.wheel, io_now_ns(t.io)), 0);
	resolver_conf_default(&t.conf);
	resolver_conf_read_servers(&t.conf, SLICE_LIT("nameserver 10.0.0.53\n"));
	assert_int_equal(resolver_conf_read_hosts(&t.conf, SLICE_LIT("10.0.0.7 here alias\n")), 0);
	assert_int_equal(resolver_create(&t.r, t.io, t.wheel, &t.metrics, &t.conf), 0);
	for (int i = 0; i < WAITERS; i++)
		resolver_wait_init(&t.waits[i], on_answer, &t.called[i]);
	assert_int_equal(io_start(t.io, turn, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	io_stop(t.io);
	io_join(t.io);
	resolver_destroy(t.r);
	resolver_conf_free(&t.conf);
	tmr_wheel_destroy(t.wheel);
	io_destroy(t.io);
	sim_world_destroy(t.w);
	return 0;
}

static bool job_is_done(void *arg)
{
	UNUSED(arg);
	return !t.job;
}

static void run_job(void (*job)(void))
{
	t.job = job;
	io_wake(t.io);
	assert_true(sim_run_until(t.w, job_is_done, NULL, sim_now(t.w) + SIM_SECOND));
}

static void job_look(void)
{
	t.status = resolver_look(t.r, slice_str(t.name), t.type, t.since_ns, &t.answer, NULL);
	for (unsigned i = 0; i < t.waiters; i++)
		t.status = resolver_look(t.r, slice_str(t.name), t.type, t.since_ns, &t.answer,
					 &t.waits[i]);
}

static enum resolver_status look(const char *name, enum dns_type type, unsigned waiters)
{
	t.name = name;
	t.type = type;
	t.waiters = waiters;
	t.since_ns = INT64_MAX;
	run_job(job_look);
	return t.status;
}

/* Looks, waits for the answer, looks again. */
static enum resolver_status look_patiently(const char *name, enum dns_type type)
{
	unsigned before = t.called[0];
	int64_t began = sim_now(t.w);

	if (look(name, type, 1) != RESOLVER_PENDING)
		return t.status;
	for (int i = 0; i < 600 && t.called[0] == before; i++)
		sim_run_for(t.w, 100 * SIM_MS);
	assert_int_equal(t.called[0], before + 1);
	t.since_ns = began;
	t.waiters = 0;
	run_job(job_look);
	return t.status;
}

static const char *first_address(void)
{
	static char text[ADDR_TEXT];

	assert_true(t.answer.count > 0);
	return addr_text(&t.answer.records[0].addr, text);
}

static void test_one_question(void **state)
{
	UNUSED(state);
	sim_dns_put(t.w, "gw.example", 60, "A 10.0.0.2");
	assert_int_equal(look("gw.example", DNS_A, 3), RESOLVER_PENDING);
	assert_int_equal(resolver_asking(t.r), 1);
	resolver_wait_stop(&t.waits[1]);
	sim_run_for(t.w, 10 * SIM_MS);
	assert_int_equal(sim_dns_questions(t.w), 1);
	assert_int_equal(t.called[0], 1);
	assert_int_equal(t.called[1], 0);
	assert_int_equal(t.called[2], 1);
	assert_int_equal(look("GW.Example.", DNS_A, 1), RESOLVER_FOUND);
	assert_string_equal(first_address(), "10.0.0.2:0");
	sim_run_for(t.w, 58 * SIM_SECOND);
	assert_int_equal(look("gw.example", DNS_A, 1), RESOLVER_FOUND);
	sim_run_for(t.w, 3 * SIM_SECOND); /* the TTL is over */
	assert_int_equal(look("gw.example", DNS_A, 0), RESOLVER_PENDING);
	sim_run_for(t.w, SIM_SECOND);
	assert_int_equal(sim_dns_questions(t.w), 2);
}

/* An answer with TTL 0 serves those who asked for it, and nobody later. */
static void test_ttl_zero(void **state)
{
	UNUSED(state);
	sim_dns_put(t.w, "gw.example", 0, "A 10.0.0.2");
	assert_int_equal(look_patiently("gw.example", DNS_A), RESOLVER_FOUND);
	assert_int_equal(look("gw.example", DNS_A, 0), RESOLVER_PENDING);
	sim_run_for(t.w, SIM_SECOND);
}

static void test_nothing(void **state)
{
	UNUSED(state);
	sim_dns_put(t.w, "gw.example", 60, "A 10.0.0.2");
	assert_int_equal(look_patiently("gone.example", DNS_A), RESOLVER_NOTHING);
	assert_int_equal(look_patiently("gw.example", DNS_AAAA), RESOLVER_NOTHING);
	assert_int_equal(look("gone.example", DNS_A, 0), RESOLVER_NOTHING);
	assert_int_equal(sim_dns_questions(t.w), 2);
	sim_run_for(t.w, 61 * SIM_SECOND);
	assert_int_equal(look("gone.example", DNS_A, 0), RESOLVER_PENDING);
	sim_run_for(t.w, SIM_SECOND);
	assert_int_equal(look("not a name", DNS_A, 0), RESOLVER_NOTHING);
	assert_int_equal(sim_dns_questions(t.w), 3);
}

static void job_look_and_break(void)
{
	t.status = resolver_look(t.r, SLICE_LIT("b.example"), DNS_A, t.since_ns, &t.answer,
				 &t.waits[1]);
	t.called_within = t.called[0] + t.called[1];
}

/* A question that fails at once, and takes another one with it: who waits for that is not called
 * from inside of the look. */
static void test_breaks(void **state)
{
	UNUSED(state);
	sim_dns_set(t.w, &(struct sim_dns_weather){.delay_min_ns = SIM_SECOND,
						   .delay_max_ns = SIM_SECOND,
						   .breaks_at = "b.example"});
	assert_int_equal(look("a.example", DNS_A, 1), RESOLVER_PENDING);
	run_job(job_look_and_break);
	assert_int_equal(t.status, RESOLVER_FAILED);
	assert_int_equal(t.called_within, 0);
	sim_run_for(t.w, SIM_MS);
	assert_int_equal(t.called[0], 1);
	assert_int_equal(t.called[1], 0); /* it had its answer */
	assert_int_equal(resolver_asking(t.r), 0);
	assert_int_equal(look("a.example", DNS_A, 0), RESOLVER_FAILED);
	sim_run_for(t.w, 2 * SIM_SECOND);
	assert_int_equal(t.called[0], 1);
}

/* Who waited has left before it was called, and its answer is forgotten. */
static void job_break_and_leave(void)
{
	job_look_and_break();
	resolver_wait_stop(&t.waits[0]);
	resolver_flush(t.r);
}

static void test_breaks_and_leaves(void **state)
{
	UNUSED(state);
	sim_dns_set(t.w, &(struct sim_dns_weather){.delay_min_ns = SIM_SECOND,
						   .delay_max_ns = SIM_SECOND,
						   .breaks_at = "b.example"});
	assert_int_equal(look("a.example", DNS_A, 1), RESOLVER_PENDING);
	run_job(job_break_and_leave);
	assert_int_equal(resolver_count(t.r), 0);
	sim_run_for(t.w, 2 * SIM_SECOND);
	assert_int_equal(t.called[0], 0);
}

static void test_chain(void **state)
{
	UNUSED(state);
	sim_dns_put(t.w, "a.example", 300, "CNAME b.example");
	sim_dns_put(t.w, "b.example", 5, "CNAME c.example");
	sim_dns_put(t.w, "c.example", 300, "A 10.0.0.2");
	assert_int_equal(look_patiently("a.example", DNS_A), RESOLVER_FOUND);
	assert_string_equal(first_address(), "10.0.0.2:0");
	sim_run_for(t.w, 6 * SIM_SECOND); /* the shortest TTL of the chain */
	assert_int_equal(look("a.example", DNS_A, 0), RESOLVER_PENDING);
	sim_run_for(t.w, SIM_SECOND);
}

/* Silence and SERVFAIL: remembered for a moment, so that dead servers are not asked for each call;
 * an old answer serves meanwhile. */
static void test_failure(void **state)
{
	UNUSED(state);
	sim_dns_set(t.w, &(struct sim_dns_weather){.is_dead = true});
	assert_int_equal(look_patiently("gw.example", DNS_A), RESOLVER_FAILED);
	assert_int_equal(look("gw.example", DNS_A, 0), RESOLVER_FAILED);
	assert_int_equal(sim_dns_questions(t.w), 1);
	sim_dns_put(t.w, "gw.example", 10, "A 10.0.0.2");
	sim_dns_set(t.w, &(struct sim_dns_weather){.delay_max_ns = SIM_MS});
	sim_run_for(t.w, 6 * SIM_SECOND);
	assert_int_equal(look_patiently("gw.example", DNS_A), RESOLVER_FOUND);
	sim_run_for(t.w, 11 * SIM_SECOND);
	sim_dns_set(t.w, &(struct sim_dns_weather){.refuse_permille = 1000});
	assert_int_equal(look_patiently("gw.example", DNS_A), RESOLVER_FOUND);
	assert_string_equal(first_address(), "10.0.0.2:0");
	assert_int_equal(metric_get(&t.metrics, METRIC_dns_stale), 1);
	sim_run_for(t.w, 86400 * SIM_SECOND);
	assert_int_equal(look_patiently("gw.example", DNS_A), RESOLVER_FAILED);
}

static void test_hosts(void **state)
{
	UNUSED(state);
	assert_int_equal(look("HERE", DNS_A, 0), RESOLVER_FOUND);
	assert_string_equal(first_address(), "10.0.0.7:0");
	assert_int_equal(look("alias", DNS_A, 0), RESOLVER_FOUND);
	assert_int_equal(look("alias", DNS_AAAA, 0), RESOLVER_NOTHING);
	assert_int_equal(look("localhost", DNS_A, 0), RESOLVER_FOUND);
	assert_string_equal(first_address(), "127.0.0.1:0");
	assert_int_equal(look("localhost", DNS_AAAA, 0), RESOLVER_FOUND);
	assert_string_equal(first_address(), "[::1]:0");
	assert_int_equal(sim_dns_questions(t.w), 0);
}

static void job_many(void)
{
	struct resolver_answer a;
	char name[32];

	for (unsigned i = 0; i < LIMIT_DNS_QUESTIONS + 5; i++) {
		struct sink out = sink_make(name, sizeof(name));

		sink_fmt(&out, "n%u.example", i + t.waiters);
		t.status = resolver_look(t.r, sink_slice(&out), DNS_A, INT64_MAX, &a, NULL);
	}
}

/* More questions than may be on the way fail at once; more names than fit push out the oldest. */
static void test_bounds(void **state)
{
	UNUSED(state);
	run_job(job_many);
	assert_int_equal(t.status, RESOLVER_FAILED);
	assert_int_equal(metric_get(&t.metrics, METRIC_dns_refused), 5);
	for (t.waiters = 1000; t.waiters < 1000 + 6 * LIMIT_DNS_QUESTIONS; t.waiters += 1000) {
		sim_run_for(t.w, SIM_SECOND);
		run_job(job_many);
	}
	for (t.waiters = 5000; t.waiters < 8000; t.waiters += 1000) {
		sim_run_for(t.w, SIM_SECOND);
		run_job(job_many);
	}
	assert_true(resolver_count(t.r) <= LIMIT_DNS_NAMES);
	assert_true(metric_get(&t.metrics, METRIC_dns_evicted) > 0);
	sim_run_for(t.w, SIM_SECOND);
	assert_int_equal(resolver_asking(t.r), 0);
}

static struct resolver_conf other;

static void job_other_servers(void)
{
	resolver_set_conf(t.r, &other);
}

/* Other servers while a question is on the way: it is asked again, and who waits hears once. */
static void test_reload(void **state)
{
	UNUSED(state);
	sim_dns_put(t.w, "gw.example", 60, "A 10.0.0.2");
	sim_dns_set(t.w, &(struct sim_dns_weather){.is_dead = true});
	assert_int_equal(look("gw.example", DNS_A, 2), RESOLVER_PENDING);
	sim_run_for(t.w, SIM_SECOND);
	sim_dns_set(t.w, &(struct sim_dns_weather){.delay_max_ns = SIM_MS});
	resolver_conf_default(&other);
	resolver_conf_read_servers(&other, SLICE_LIT("nameserver fd00::53\noptions timeout:1\n"));
	run_job(job_other_servers);
	sim_run_for(t.w, 100 * SIM_MS);
	assert_int_equal(t.called[0], 1);
	assert_int_equal(t.called[1], 1);
	assert_int_equal(look("gw.example", DNS_A, 0), RESOLVER_FOUND);
	assert_int_equal(look("here", DNS_A, 0), RESOLVER_PENDING); /* it has no hosts */
	sim_run_for(t.w, 60 * SIM_SECOND);
	run_job(job_look);
	resolver_set_conf(t.r, NULL); /* nobody to ask */
	assert_int_equal(look("new.example", DNS_A, 1), RESOLVER_FAILED);
}

static void test_conf(void **state)
{
	struct resolver_conf c;
	char text[ADDR_TEXT];

	UNUSED(state);
	resolver_conf_default(&c);
	resolver_conf_read_servers(&c, SLICE_LIT("# comment\n; another\nsearch a b\n"
						 "nameserver 192.0.2.1 # here\n"
						 "  nameserver\t2001:db8::1\nnameserver x\n"
						 "nameserver 192.0.2.2\nnameserver 192.0.2.3\n"
						 "options timeout:3 attempts:9 rotate\n"));
	assert_int_equal(c.client.server_count, LIMIT_DNS_SERVERS);
	assert_string_equal(addr_text(&c.client.servers[0], text), "192.0.2.1:53");
	assert_string_equal(addr_text(&c.client.servers[1], text), "[2001:db8::1]:53");
	assert_int_equal(c.client.timeout_ms, 3000);
	assert_int_equal(c.client.tries, 5);
	sim_fs_put(t.w, "/etc/hosts",
		   "127.0.0.1 localhost\n::1 localhost ip6-localhost\n# x y\n"
		   "bad line\n10.0.0.9\ta.b. c # d\n");
	assert_int_equal(resolver_conf_load(&c, t.io, NULL, "/etc/hosts"), 0);
	assert_int_equal(c.host_count, 5);
	assert_string_equal(c.hosts[3].name, "a.b");
	resolver_conf_free(&c);
	resolver_conf_default(&c);
	assert_int_equal(resolver_conf_load(&c, t.io, "/etc/none", "/etc/none"), 0);
	assert_string_equal(addr_text(&c.client.servers[0], text), "127.0.0.1:53");
	resolver_conf_free(&c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_question),
		TEST(test_ttl_zero),
		TEST(test_nothing),
		TEST(test_chain),
		TEST(test_failure),
		TEST(test_hosts),
		TEST(test_bounds),
		TEST(test_reload),
		TEST(test_conf),
		TEST(test_breaks),
		TEST(test_breaks_and_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
