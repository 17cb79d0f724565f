/* tests/unit/rtp/test_latch.c */
#include "rtp/latch.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#define MS INT64_C(1000000)

/* Sources by letter: S the announced one, A, B others on one host, M multicast, 0 no port. */
static struct addr source(char name)
{
	struct addr a = {.family = 4, .port = 4000, .ip = {10, 0, 0, 1}};

	if (name == 'A' || name == 'B') {
		a.ip[3] = 9;
		a.port = name == 'A' ? 5000 : 6000;
	} else if (name == 'T') {
		a.ip[3] = 2; /* announced later */
	} else if (name == 'M') {
		a.ip[0] = 239;
	} else if (name == '0') {
		a.port = 0;
	}
	return a;
}

struct step {
	int at_ms;
	char from;
	uint16_t seq;
	bool taken;
	char learned; /* '-' none */
};

static void run(enum latch_mode mode, unsigned probation, const struct step *steps, size_t count)
{
	struct latch l;

	latch_init(&l, mode, probation);
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		struct addr from = source(s->from == 's' ? 'S' : s->from == 't' ? 'T' : s->from);

		print_message("step %zu\n", i);
		/* Small letters announce. */
		if (s->from == 's' || s->from == 't')
			latch_begin(&l, &from, s->at_ms * MS);
		else
			assert_int_equal(latch_packet(&l, &from, s->seq, s->at_ms * MS), s->taken);
		if (s->learned == '-') {
			assert_null(latch_source(&l));
		} else {
			struct addr want = source(s->learned);

			assert_non_null(latch_source(&l));
			assert_true(addr_eq(latch_source(&l), &want));
		}
	}
}

static void test_announced_is_taken_at_once(void **state)
{
	static const struct step steps[] = {
		{0, 'S', 1, false, '-'}, /* nothing announced yet */
		{0, 's', 0, false, '-'}, {1, 'S', 1, true, 'S'},
		{2, 'A', 1, false, 'S'}, {3, 'S', 2, true, 'S'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_other_source_needs_probation(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},
		{0, 'A', 65534, false, '-'},
		{20, 'A', 65535, false, '-'},
		{40, 'A', 0, false, '-'},
		{60, 'A', 1, true, 'A'},
		{80, 'A', 2, true, 'A'},
		/* The announced one may still come and takes over. */
		{90, 'S', 7, true, 'S'},
		{100, 'A', 3, false, 'S'},
		{110, 'A', 4, false, 'S'},
		{120, 'S', 8, true, 'S'},
		/* A packet of the source threw the candidate back. */
		{130, 'A', 5, false, 'S'},
		{150, 'A', 6, false, 'S'},
		{170, 'A', 7, false, 'S'},
		{190, 'A', 8, true, 'A'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_candidates_reset_each_other(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},
		{0, 'A', 1, false, '-'},
		{20, 'A', 2, false, '-'},
		{40, 'A', 3, false, '-'},
		{50, 'B', 1, false, '-'},
		{60, 'A', 4, false, '-'},
		{80, 'A', 5, false, '-'},
		{100, 'A', 6, false, '-'},
		/* A gap in the sequence begins anew. */
		{120, 'A', 8, false, '-'},
		{140, 'A', 9, false, '-'},
		{160, 'A', 10, false, '-'},
		{180, 'A', 11, true, 'A'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_flood_is_no_stream(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},  {0, 'A', 1, false, '-'},  {7, 'A', 2, false, '-'},
		{14, 'A', 3, false, '-'}, {21, 'A', 4, false, '-'}, /* 21 ms: too fast */
		{40, 'A', 5, false, '-'}, {50, 'A', 6, false, '-'}, {60, 'A', 7, true, 'A'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_seqno_ignores_time(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'}, {0, 'A', 1, false, '-'}, {0, 'A', 2, false, '-'},
		{0, 'A', 3, false, '-'}, {0, 'A', 4, true, 'A'},
	};

	UNUSED(state);
	run(LATCH_SEQNO, 4, steps, ARRAY_COUNT(steps));
}

static void test_closes_after_five_seconds(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},
		{100, 'A', 1, false, '-'},
		{120, 'A', 2, false, '-'},
		{140, 'A', 3, false, '-'},
		{160, 'A', 4, true, 'A'},
		{5000, 'A', 5, true, 'A'},
		/* Closed: not even the announced one. */
		{5020, 'S', 1, false, 'A'},
		{5040, 'A', 6, true, 'A'},
		{5060, 'B', 1, false, 'A'},
		{5080, 'B', 2, false, 'A'},
		{5100, 'B', 3, false, 'A'},
		{5120, 'B', 4, false, 'A'},
		/* The same announcement changes nothing; another one begins anew. */
		{6000, 's', 0, false, 'A'},
		{6010, 'S', 9, false, 'A'},
		{6020, 't', 0, false, '-'},
		{6030, 'A', 7, false, '-'},
		{6040, 'T', 1, true, 'T'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_learning_has_no_end_without_a_source(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},
		{60000, 'S', 1, true, 'S'},
		{60001, 'S', 2, true, 'S'},
	};

	UNUSED(state);
	run(LATCH_YES, 4, steps, ARRAY_COUNT(steps));
}

static void test_off_accepts_but_sends_only_to_learned(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},    {0, 'A', 1, true, '-'},    {20, 'A', 2, true, '-'},
		{40, 'A', 3, true, '-'},    {60, 'A', 4, true, 'A'},   {9000, 'B', 1, true, 'A'},
		{9020, 'B', 2, true, 'A'},  {9040, 'B', 3, true, 'A'}, {9060, 'B', 4, true, 'B'},
		{9070, 'M', 1, false, 'B'},
	};

	UNUSED(state);
	run(LATCH_NO, 4, steps, ARRAY_COUNT(steps));
}

static void test_absurd_sources(void **state)
{
	static const struct step steps[] = {
		{0, 's', 0, false, '-'},
		{0, 'M', 1, false, '-'},
		{0, '0', 1, false, '-'},
	};

	UNUSED(state);
	run(LATCH_YES, 1, steps, ARRAY_COUNT(steps));
}

static void test_rtcp(void **state)
{
	struct latch l;
	struct addr s = source('S'), a = source('A'), b = source('B'), t = source('T');

	UNUSED(state);
	latch_init(&l, LATCH_YES, 1);
	assert_false(latch_allows_rtcp(&l, &s));
	latch_begin(&l, &s, 0);
	assert_true(latch_allows_rtcp(&l, &s));
	assert_false(latch_allows_rtcp(&l, &a));
	assert_true(latch_packet(&l, &a, 1, 0));
	/* From the host of the source, at any port. */
	assert_true(latch_allows_rtcp(&l, &b));
	assert_false(latch_allows_rtcp(&l, &s));
	assert_false(latch_allows_rtcp(&l, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced_is_taken_at_once),
		cmocka_unit_test(test_other_source_needs_probation),
		cmocka_unit_test(test_candidates_reset_each_other),
		cmocka_unit_test(test_flood_is_no_stream),
		cmocka_unit_test(test_seqno_ignores_time),
		cmocka_unit_test(test_closes_after_five_seconds),
		cmocka_unit_test(test_learning_has_no_end_without_a_source),
		cmocka_unit_test(test_off_accepts_but_sends_only_to_learned),
		cmocka_unit_test(test_absurd_sources),
		cmocka_unit_test(test_rtcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
