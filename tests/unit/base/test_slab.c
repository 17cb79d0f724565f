/* tests/unit/base/test_slab.c */
#include "engine/base/slab.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <string.h>

struct thing {
	char bytes[24];
};

static void test_life(void **state)
{
	struct slab *s;
	struct thing *a, *b;
	handle_t ha, hb;

	UNUSED(state);
	assert_int_equal(slab_create(&s, "thing", sizeof(struct thing), 2), 0);
	a = slab_alloc(s);
	b = slab_alloc(s);
	assert_null(slab_alloc(s));
	assert_int_equal(slab_refused(s), 1);
	assert_int_equal(slab_used(s), 2);
	ha = slab_handle(s, a);
	hb = slab_handle(s, b);
	assert_true(ha != HANDLE_NONE && hb != HANDLE_NONE && ha != hb);
	assert_ptr_equal(slab_get(s, ha), a);
	memset(a, 7, sizeof(*a));
	slab_free(s, a);
	assert_null(slab_get(s, ha));
	assert_ptr_equal(slab_get(s, hb), b);
	assert_null(slab_at(s, 0));
	assert_ptr_equal(slab_at(s, 1), b);
	assert_ptr_equal(slab_alloc(s), a); /* last in, first out */
	assert_int_equal(a->bytes[23], 0);  /* and zeroed */
	assert_null(slab_get(s, ha));	    /* under another handle */
	assert_ptr_equal(slab_get(s, slab_handle(s, a)), a);
	slab_destroy(s);
}

static void test_foreign_handles(void **state)
{
	struct slab *s;
	handle_t h;

	UNUSED(state);
	assert_int_equal(slab_create(&s, "thing", 1, 1000), 0);
	assert_null(slab_get(s, HANDLE_NONE));
	assert_null(slab_get(s, handle_make(1, 0)));
	h = slab_handle(s, slab_alloc(s));
	assert_null(slab_get(s, handle_make(handle_gen(h), 1)));
	assert_null(slab_get(s, handle_make(handle_gen(h), UINT32_MAX)));
	slab_free(s, slab_get(s, h));
	assert_null(slab_get(s, handle_make(handle_gen(h) + 1, handle_index(h))));
	assert_int_equal(slab_used(s), 0);
	slab_destroy(s);
}

static void test_reserved_not_touched(void **state)
{
	struct slab *s;

	UNUSED(state);
	/* 64 GiB: only works because memory is taken when it is used. */
	assert_int_equal(slab_create(&s, "large", 65536, 1 << 20), 0);
	assert_true(slab_bytes(s) >= UINT64_C(1) << 36);
	assert_non_null(slab_alloc(s));
	assert_int_equal(slab_limit(s), 1);
	assert_int_equal(slab_count_max(s), 1 << 20);
	slab_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_foreign_handles),
		cmocka_unit_test(test_reserved_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
