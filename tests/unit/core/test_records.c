/* tests/unit/core/test_records.c - the records worker: batches, marks behind what they stand on,
 * sinks that fail. */
#include "engine/core/records.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct straw_sink {
	struct cdr_sink base;
	int error;
	uint32_t batches, records, last_sequence;
	char accounts[100000]; /* what came, one after the other */
	size_t len;
	bool closed;
};

static int straw_write(struct cdr_sink *s, const struct cdr *records, uint32_t count)
{
	struct straw_sink *k = (struct straw_sink *)s;

	k->batches++;
	if (k->error)
		return k->error;
	for (uint32_t i = 0; i < count; i++)
		k->len += (size_t)snprintf(k->accounts + k->len, sizeof(k->accounts) - k->len,
					   "%.*s ", SLICE_ARG(records[i].account));
	k->records += count;
	k->last_sequence = records[count - 1].sequence;
	return 0;
}

static void straw_close(struct cdr_sink *s)
{
	((struct straw_sink *)s)->closed = true;
}

static const struct cdr_sink_ops ops = {"straw", straw_write, straw_close};

struct rig {
	struct metrics metrics;
	struct io *io;
	struct pipe *down, *up;
	struct straw_sink sinks[2];
	struct records *records;
};

static struct rig *make_rig(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct io_conf io = {.name = "records", .metrics = &r->metrics, .cpu = -1};
	const struct pipe_conf pipe = {
		.spare_bytes = 1 << 16, .reserve_bytes = 4 << 20, .record_max = 32 * 1024};
	struct records_conf conf = {.metrics = &r->metrics, .sink_count = 2};

	assert_non_null(r);
	assert_int_equal(io_create(&r->io, &io), 0);
	assert_int_equal(pipe_create(&r->down, &pipe), 0);
	assert_int_equal(pipe_create(&r->up, &pipe), 0);
	for (unsigned i = 0; i < 2; i++) {
		r->sinks[i].base.ops = &ops;
		conf.sinks[i] = &r->sinks[i].base;
	}
	conf.io = conf.control_io = r->io;
	conf.down = r->down;
	conf.up = r->up;
	assert_int_equal(records_create(&r->records, &conf), 0);
	return r;
}

static void free_rig(struct rig *r)
{
	records_destroy(r->records);
	assert_true(r->sinks[0].closed && r->sinks[1].closed);
	pipe_destroy(r->down);
	pipe_destroy(r->up);
	io_destroy(r->io);
	free(r);
}

static void send_cdr(struct rig *r, const char *account)
{
	struct cdr c = {.account = slice_str(account)};
	char packed[CDR_BYTES_MAX];

	assert_true(pipe_write(r->down, PIPE_RELIABLE, RECORDS_CDR, packed, cdr_pack(packed, &c)));
}

static void send_mark(struct rig *r, uint64_t number)
{
	assert_true(pipe_write(r->down, PIPE_RELIABLE, RECORDS_SETTLE, &number, sizeof(number)));
}

/* The next mark that came back; 0: none. */
static uint64_t next_mark(struct rig *r)
{
	const struct pipe_record *m = pipe_read(r->up);
	uint64_t number;

	if (!m)
		return 0;
	assert_int_equal(m->kind, RECORDS_SETTLE);
	memcpy(&number, m->data, sizeof(number));
	return number;
}

static void test_marks_follow_their_records(void **state)
{
	struct rig *r = make_rig();

	UNUSED(state);
	send_cdr(r, "a");
	send_mark(r, 1);
	send_cdr(r, "b");
	send_cdr(r, "c");
	send_mark(r, 2);
	pipe_flush(r->down);
	assert_int_equal(records_turn(r->records, 5), TMR_NEVER);
	assert_string_equal(r->sinks[0].accounts, "a b c ");
	assert_string_equal(r->sinks[1].accounts, "a b c ");
	assert_int_equal(r->sinks[0].batches, 1);
	assert_int_equal(r->sinks[0].last_sequence, 2); /* each record has a number of its own */
	assert_int_equal(next_mark(r), 1);
	assert_int_equal(next_mark(r), 2);
	assert_int_equal(next_mark(r), 0);
	free_rig(r);
}

/* More than a batch and more than a turn: nothing is lost, the order stays. */
static void test_many(void **state)
{
	struct rig *r = make_rig();
	char name[16], wanted[20000];
	size_t len = 0;

	UNUSED(state);
	for (uint64_t i = 1; i <= 3000; i++) {
		snprintf(name, sizeof(name), "%d", (int)i);
		send_cdr(r, name);
		send_mark(r, i);
		len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s ", name);
	}
	pipe_flush(r->down);
	for (unsigned turns = 0; records_turn(r->records, 5) != TMR_NEVER; turns++)
		assert_true(turns < 100);
	assert_string_equal(r->sinks[0].accounts, wanted);
	for (uint64_t i = 1; i <= 3000; i++)
		assert_int_equal(next_mark(r), i);
	assert_int_equal(metric_get(&r->metrics, METRIC_cdr_written), 6000);
	free_rig(r);
}

/* So many calls: a record and the mark behind it each. */
static void send_calls(struct rig *r, uint32_t count)
{
	for (uint32_t i = 1; i <= count; i++) {
		send_cdr(r, "a");
		send_mark(r, i);
	}
	pipe_flush(r->down);
}

static uint32_t count_marks(struct rig *r)
{
	uint32_t n = 0;

	while (next_mark(r))
		n++;
	return n;
}

/* The disk is full: nothing is settled, however long; then everything is, once. */
static void test_nobody_takes_it(void **state)
{
	struct rig *r = make_rig();
	int64_t now = 0;

	UNUSED(state);
	r->sinks[0].error = r->sinks[1].error = -ENOSPC;
	send_calls(r, RECORDS_BATCH + 44);
	for (; now < 3600 * TMR_SECOND; now += RECORDS_AGAIN_NS)
		assert_true(records_turn(r->records, now) == now + RECORDS_AGAIN_NS);
	assert_int_equal(count_marks(r), 0);
	assert_true(records_turn(r->records, now - 1) == now); /* not asked before its time */
	assert_int_equal(r->sinks[0].batches, 3600);
	r->sinks[0].error = r->sinks[1].error = 0;
	while (records_turn(r->records, now) != TMR_NEVER)
		;
	assert_int_equal(count_marks(r), RECORDS_BATCH + 44);
	assert_int_equal(r->sinks[0].records, RECORDS_BATCH + 44);
	assert_int_equal(r->sinks[1].records, RECORDS_BATCH + 44);
	assert_int_equal(metric_get(&r->metrics, METRIC_cdr_failed), 0);
	free_rig(r);
}

/* One of two refuses: it has some time, then the other one is enough, and nobody waits for it. */
static void test_a_sink_fails(void **state)
{
	struct rig *r = make_rig();
	int64_t now = 0;

	UNUSED(state);
	r->sinks[1].error = -EIO;
	send_calls(r, 5);
	for (; now < RECORDS_PATIENCE_NS; now += RECORDS_AGAIN_NS) {
		assert_true(records_turn(r->records, now) == now + RECORDS_AGAIN_NS);
		assert_int_equal(count_marks(r), 0);
	}
	assert_true(records_turn(r->records, now) == TMR_NEVER);
	assert_int_equal(count_marks(r), 5);
	assert_int_equal(r->sinks[0].records, 5); /* once, not at each try */
	assert_int_equal(metric_get(&r->metrics, METRIC_cdr_failed), 5);
	send_calls(r, 2);
	assert_true(records_turn(r->records, now) == TMR_NEVER);
	assert_int_equal(count_marks(r), 2);
	/* It is well again, and is waited for again. */
	r->sinks[1].error = 0;
	send_calls(r, 1);
	assert_true(records_turn(r->records, now) == TMR_NEVER);
	r->sinks[1].error = -EIO;
	send_calls(r, 1);
	assert_true(records_turn(r->records, now) == now + RECORDS_AGAIN_NS);
	r->sinks[1].error = 0;
	assert_true(records_turn(r->records, now + RECORDS_AGAIN_NS) == TMR_NEVER);
	assert_int_equal(r->sinks[1].records, 2);
	assert_int_equal(r->sinks[0].records, 9);
	free_rig(r);
}

/* At the end what waits is tried once more. */
static void test_end(void **state)
{
	struct rig *r = make_rig();

	UNUSED(state);
	r->sinks[0].error = r->sinks[1].error = -ENOSPC;
	send_calls(r, RECORDS_BATCH + 3);
	records_turn(r->records, 0);
	r->sinks[0].error = r->sinks[1].error = 0;
	records_destroy(r->records);
	assert_int_equal(r->sinks[0].records, RECORDS_BATCH + 3);
	assert_int_equal(r->sinks[1].records, RECORDS_BATCH + 3);
	r->records = NULL;
	free_rig(r);
}

static void test_marks_without_records(void **state)
{
	struct rig *r = make_rig();

	UNUSED(state);
	send_mark(r, 7);
	pipe_flush(r->down);
	records_turn(r->records, 5);
	assert_int_equal(r->sinks[0].batches, 0);
	assert_int_equal(next_mark(r), 7);
	free_rig(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks_follow_their_records),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_nobody_takes_it),
		cmocka_unit_test(test_a_sink_fails),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_marks_without_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
