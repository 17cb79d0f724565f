/* The ring of events: order, wrap, what falls out, gaps. */
#include "ami/replay.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

static struct slice event(char *buf, size_t bytes, uint64_t number, size_t padding)
{
	int n = snprintf(buf, bytes, "Event: E%llu\r\nX: ", (unsigned long long)number);

	memset(buf + n, 'x', padding);
	memcpy(buf + n + padding, "\r\n\r\n", 4);
	return slice_make(buf, (size_t)n + padding + 4);
}

static void test_empty(void **state)
{
	struct ami_replay_cursor c = {0, AMI_REPLAY_NOWHERE};
	struct ami_replay_event e;
	struct ami_replay *r;

	UNUSED(state);
	assert_int_equal(ami_replay_create(&r, 1000), 0);
	assert_int_equal(ami_replay_bytes(r), 1024);
	assert_false(ami_replay_next(r, &c, &e));
	ami_replay_free(r);
	ami_replay_free(NULL);
}

/* Against a plain list, for many sizes: what is held is a tail of all that was added, unbroken. */
static void test_against_a_list(void **state)
{
	static char texts[500][512];
	static size_t lens[500];
	char want[16];
	struct ami_replay *r;

	UNUSED(state);
	assert_int_equal(ami_replay_create(&r, 4096), 0);
	for (uint64_t i = 0; i < 500; i++) {
		struct slice text = event(texts[i], sizeof(texts[i]), i + 1, (i * 37) % 300);
		struct ami_replay_cursor c = {0, AMI_REPLAY_NOWHERE};
		struct ami_replay_event e;
		uint64_t next = 0, count = 0;

		lens[i] = text.len;
		ami_replay_add(r, i + 1, (uint32_t)i, text);
		while (ami_replay_next(r, &c, &e)) {
			assert_true(next == 0 || e.number == next);
			next = e.number + 1;
			count++;
			assert_int_equal(e.classes, e.number - 1);
			assert_int_equal(e.text.len, lens[e.number - 1]);
			assert_memory_equal(e.text.ptr, texts[e.number - 1], e.text.len);
			snprintf(want, sizeof(want), "E%llu", (unsigned long long)e.number);
			assert_true(slice_eq(e.name, slice_str(want)));
		}
		assert_int_equal(next, i + 2);
		assert_true(count >=
			    (i < 8 ? i + 1 : 8)); /* at most 384 octets each, and the seam */
	}
	ami_replay_free(r);
}

static void test_cursor(void **state)
{
	struct ami_replay_cursor c = {3, AMI_REPLAY_NOWHERE};
	struct ami_replay_event e;
	struct ami_replay *r;
	char text[128];

	UNUSED(state);
	assert_int_equal(ami_replay_create(&r, 1024), 0);
	for (uint64_t i = 1; i <= 5; i++)
		ami_replay_add(r, i, 1, event(text, sizeof(text), i, 10));
	assert_true(ami_replay_next(r, &c, &e));
	assert_int_equal(e.number, 4);
	/* overtaken: goes on with the oldest */
	for (uint64_t i = 6; i <= 100; i++)
		ami_replay_add(r, i, 1, event(text, sizeof(text), i, 10));
	assert_true(ami_replay_next(r, &c, &e));
	assert_int_equal(e.number, 100 - 1024 / 64 + 1);
	for (uint64_t i = e.number + 1; i <= 100; i++) {
		assert_true(ami_replay_next(r, &c, &e));
		assert_int_equal(e.number, i);
	}
	assert_false(ami_replay_next(r, &c, &e));
	ami_replay_add(r, 101, 1, event(text, sizeof(text), 101, 10));
	assert_true(ami_replay_next(r, &c, &e));
	assert_int_equal(e.number, 101);
	ami_replay_free(r);
}

/* Not kept: its number is missing. */
static void test_too_large(void **state)
{
	struct ami_replay_cursor c = {0, AMI_REPLAY_NOWHERE};
	struct ami_replay_event e;
	struct ami_replay *r;
	char text[512];

	UNUSED(state);
	assert_int_equal(ami_replay_create(&r, 1024), 0);
	ami_replay_add(r, 1, 1, event(text, sizeof(text), 1, 1));
	ami_replay_add(r, 2, 1, event(text, sizeof(text), 2, 300));
	ami_replay_add(r, 3, 1, event(text, sizeof(text), 3, 1));
	assert_true(ami_replay_next(r, &c, &e) && e.number == 1);
	assert_true(ami_replay_next(r, &c, &e) && e.number == 3);
	ami_replay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_against_a_list),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
