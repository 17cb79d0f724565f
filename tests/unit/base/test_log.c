/* tests/unit/base/test_log.c */
#include "engine/base/log.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static int64_t wall_ns;
static uint32_t line_count;
static struct log_line last;
static char last_text[4096];

static int64_t clock_of_test(void *arg)
{
	return *(int64_t *)arg;
}

static void keep_line(void *arg, const struct log_line *line)
{
	assert_ptr_equal(arg, &last);
	last = *line;
	assert_true(strlen(line->text) < sizeof(last_text));
	strncpy(last_text, line->text, sizeof(last_text) - 1);
	line_count++;
}

static int setup(void **state)
{
	UNUSED(state);
	wall_ns = 1000 * SECOND;
	line_count = 0;
	log_set_clock(clock_of_test, &wall_ns);
	log_set_writer(keep_line, &last);
	log_set_level(LOG_LEVEL_NOTICE, 0);
	return 0;
}

static void test_line(void **state)
{
	UNUSED(state);
	log_call(LOG_LEVEL_WARNING, 0, "PJSIP/a-1", "odd %s\r\n%d", "thing", 5);
	assert_int_equal(line_count, 1);
	assert_string_equal(last_text, "odd thing  5"); /* a line stays a line */
	assert_string_equal(last.call, "PJSIP/a-1");
	assert_string_equal(last.func, "test_line");
	assert_int_equal(last.level, LOG_LEVEL_WARNING);
	assert_true(last.wall_ns == wall_ns);
}

static void test_levels(void **state)
{
	UNUSED(state);
	assert_false(log_is_on(LOG_LEVEL_DEBUG, 0));
	assert_false(log_is_on(LOG_LEVEL_VERBOSE, 1));
	assert_true(log_is_on(LOG_LEVEL_ERROR, 0));
	log_debug("not %d", 1);
	log_verbose(1, "not either");
	assert_int_equal(line_count, 0);
	log_set_level(LOG_LEVEL_ERROR, 3);
	log_verbose(3, "this");
	log_verbose(4, "not this");
	log_warning("nor this");
	assert_int_equal(line_count, 1);
	assert_int_equal(last.verbosity, 3);
	log_set_level(LOG_LEVEL_DEBUG, 0);
	log_debug("now");
	assert_int_equal(line_count, 2);
	assert_string_equal(log_level_name(LOG_LEVEL_NOTICE), "NOTICE");
}

static void test_limit(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 5 * LOG_BURST; i++) {
		if (i == 4 * LOG_BURST)
			wall_ns += SECOND;
		log_notice("again %d", i);
		if (i == 4 * LOG_BURST)
			assert_string_equal(last_text,
					    "again 80 (60 more such lines were left out)");
	}
	assert_int_equal(line_count, 2 * LOG_BURST);
	log_notice("another place is not limited by it");
	assert_int_equal(line_count, 2 * LOG_BURST + 1);
}

static void test_long(void **state)
{
	static char text[5000];

	UNUSED(state);
	memset(text, 'x', sizeof(text) - 1);
	log_error("%s", text);
	assert_int_equal(line_count, 1);
	assert_true(strlen(last_text) > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line, setup),
		cmocka_unit_test_setup(test_levels, setup),
		cmocka_unit_test_setup(test_limit, setup),
		cmocka_unit_test_setup(test_long, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
