/* tests/fault/test_ops.c - a whole engine, in which the n-th operation of one kind fails, alone or
 * with all that follow for two seconds, for every kind and every n: from its start to the end of a
 * handful of calls. Either the start is refused with a reason, or nothing is lost: every Originate
 * has its one response, every call file its end, and nothing is left over. */
#include "engine/base/check.h"
#include "tests/fault/whole.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define ORDERS 4
/* Packets of audio fail as they may, by the hundred and all alike: behind the first, only some. */
#ifdef RINGER_SANITIZED
#define EACH_MAX 6 /* ten times slower */
#else
#define EACH_MAX 24
#endif

struct plan {
	enum io_op op;
	uint64_t nth;	/* 0: none */
	int64_t for_ns; /* fails so long; 0: once */
	uint64_t seen;	/* of that kind */
	bool failed;
	int64_t failed_at;
};

static const char *const op_names[IO_OP_COUNT] = {
	[IO_OP_CREATE] = "create",
	[IO_OP_UDP_OPEN] = "udp open",
	[IO_OP_UDP_SEND] = "udp send",
	[IO_OP_UDP_RECV] = "udp recv",
	[IO_OP_LISTEN] = "listen",
	[IO_OP_ACCEPT] = "accept",
	[IO_OP_CONNECT] = "connect",
	[IO_OP_STREAM_SEND] = "stream send",
	[IO_OP_STREAM_RECV] = "stream recv",
	[IO_OP_FS_OPEN] = "open",
	[IO_OP_FS_READ] = "read",
	[IO_OP_FS_WRITE] = "write",
	[IO_OP_FS_SYNC] = "sync",
	[IO_OP_FS_RENAME] = "rename",
	[IO_OP_FS_UNLINK] = "unlink",
	[IO_OP_FS_META] = "meta",
	[IO_OP_WATCH] = "watch",
};

static int fail_nth(void *arg, enum io_op op)
{
	struct plan *p = arg;

	if (op != p->op || ++p->seen < p->nth)
		return 0;
	if (p->seen == p->nth) {
		p->failed = true;
		p->failed_at = sim_now(sim_world_current());
	} else if (sim_now(sim_world_current()) - p->failed_at >= p->for_ns) {
		return 0;
	}
	return sim_fault_error(op);
}

static void blame(const struct plan *p, const char *what)
{
	fail_msg("%s %llu fails (for %lld s): %s", op_names[p->op], (unsigned long long)p->nth,
		 (long long)(p->for_ns / SIM_SECOND), what);
}

static void live(struct plan *p)
{
	static struct whole whole;
	const char *wrong = NULL;

	if (getenv("FAULT_VERBOSE"))
		fprintf(stderr, "---- %s %llu fails\n", op_names[p->op],
			(unsigned long long)p->nth);
	whole_open(&whole, ORDERS);
	whole.fail = fail_nth;
	whole.fail_arg = p;
	whole.lenient = p->op >= IO_OP_FS_OPEN || p->for_ns;
	/* A stream that broke is closed: a client that minds nothing of that kind. */
	if (p->op == IO_OP_STREAM_SEND || p->op == IO_OP_STREAM_RECV) {
		whole.run.s.clients[0].mood = AMI_CLIENT_VANISHES;
		whole.run.s.clients[0].gone_at = SIM_EPOCH_NS + 86400 * SIM_SECOND;
	}
	if (whole_start(&whole) == 0) {
		whole_order(&whole);
		wrong = whole_rest(&whole);
	} else if (!whole_error(&whole)[0]) {
		wrong = "the start was refused without a reason";
	} else if (!p->failed) {
		wrong = whole_error(&whole);
	}
	if (wrong)
		blame(p, wrong);
	whole_close(&whole);
}

static uint64_t next_of(uint64_t n)
{
	return n < EACH_MAX ? n + 1 : n + n / 3;
}

static void fail_every(int64_t for_ns)
{
	uint32_t kinds = 0;

	for (enum io_op op = 0; op < IO_OP_COUNT; op++) {
		struct plan p = {.op = op, .nth = 1, .for_ns = for_ns};

		do {
			p.seen = 0;
			p.failed = false;
			live(&p);
			p.nth = next_of(p.nth);
		} while (p.failed);
		kinds += p.nth > 2;
	}
	assert_int_equal(kinds, IO_OP_COUNT - 1); /* all but connect: a dialer is not a client */
}

static void test_once(void **state)
{
	UNUSED(state);
	fail_every(0);
}

static void test_for_a_while(void **state)
{
	UNUSED(state);
	fail_every(2 * SIM_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_once),
					   cmocka_unit_test(test_for_a_while)};

	return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
