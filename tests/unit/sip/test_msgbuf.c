/* tests/unit/sip/test_msgbuf.c - blocks by size, larger ones when the small are used up, and a
 * bound. */
#include "engine/base/check.h"
#include "sip/msgbuf.h"
#include "tests/unit/cmocka.h"

static void test_classes(void **state)
{
	static char text[MSGBUF_LARGE + 1];
	struct msgbuf_pool *pool;
	struct msgbuf *b[4];

	UNUSED(state);
	memset(text, 'x', sizeof(text));
	assert_int_equal(msgbuf_pool_create(&pool, 1, 1, 1), 0);
	assert_true(msgbuf_bytes(pool) >= MSGBUF_SMALL + MSGBUF_MEDIUM + MSGBUF_LARGE);
	assert_null(msgbuf_dup(pool, slice_make(text, MSGBUF_LARGE + 1)));
	b[0] = msgbuf_dup(pool, slice_make(text, 5));
	b[1] = msgbuf_dup(pool, slice_make(text, 6)); /* the small one is used: the next takes it */
	b[2] = msgbuf_dup(pool, slice_make(text, MSGBUF_SMALL + 1));
	assert_non_null(b[0]);
	assert_non_null(b[1]);
	assert_non_null(b[2]);
	assert_int_equal(b[1]->len, 6);
	assert_true(slice_eq(msgbuf_slice(b[2]), slice_make(text, MSGBUF_SMALL + 1)));
	assert_null(msgbuf_dup(pool, slice_make(text, 1)));
	assert_int_equal(msgbuf_used(pool), 3);
	msgbuf_free(pool, b[0]);
	b[3] = msgbuf_dup(pool, SLICE_EMPTY);
	assert_non_null(b[3]);
	assert_int_equal(msgbuf_slice(b[3]).len, 0);
	for (int i = 1; i < 4; i++)
		msgbuf_free(pool, b[i]);
	msgbuf_free(pool, NULL);
	assert_int_equal(msgbuf_slice(NULL).len, 0);
	assert_int_equal(msgbuf_used(pool), 0);
	msgbuf_pool_destroy(pool);
}

/* What can be done without has its share of the larger blocks, whatever calls have. */
static void test_spare(void **state)
{
	static char text[MSGBUF_SMALL + 1];
	struct msgbuf_pool *pool;
	struct slice large;
	struct msgbuf *b[4];

	UNUSED(state);
	memset(text, 'x', sizeof(text));
	large = slice_make(text, sizeof(text));
	assert_int_equal(msgbuf_pool_create(&pool, 1, 3, 1), 0);
	assert_null(msgbuf_dup_spare(pool, large));
	msgbuf_set_spare(pool, 1);
	b[0] = msgbuf_dup(pool, large);
	b[1] = msgbuf_dup_spare(pool, large);
	assert_non_null(b[1]);
	assert_null(msgbuf_dup_spare(pool, large));
	b[2] = msgbuf_dup_spare(pool, slice_make(text, 1)); /* small ones are for all */
	assert_non_null(b[2]);
	assert_null(msgbuf_dup_spare(pool, slice_make(text, 1)));
	msgbuf_free(pool, b[1]);
	b[1] = msgbuf_dup_spare(pool, slice_make(text, 1)); /* but a larger one would do */
	assert_non_null(b[1]);
	b[3] = msgbuf_dup(pool, large);
	assert_non_null(b[3]);
	for (int i = 0; i < 4; i++)
		msgbuf_free(pool, b[i]);
	b[0] = msgbuf_dup_spare(pool, large);
	assert_non_null(b[0]);
	msgbuf_free(pool, b[0]);
	msgbuf_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes),
					   cmocka_unit_test(test_spare)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
