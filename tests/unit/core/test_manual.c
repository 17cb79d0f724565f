/* tests/unit/core/test_manual.c - every application and function explains itself. Who adds one
 * fills in: the line in its struct (summary), and a page in engine/core/manual_app.c or
 * manual_func.c (syntax, text, arguments). */
#include "engine/core/manual.h"

#include "engine/base/check.h"
#include "engine/core/app.h"
#include "engine/core/func.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 100

static bool is_given(const char *text)
{
	return text && strlen(text) > 2;
}

static void check_lines(const char *name, const char *text)
{
	struct slice rest = slice_str(text), line;

	while (slice_split(&rest, '\n', &line)) {
		if (line.len > COLUMNS_MAX)
			fail_msg("the page of %s has a line of %zu octets", name, line.len);
	}
}

/* The syntax is a call of that name; where it takes arguments they are explained. */
static void check_page(const char *name, const char *summary, const struct manual_page *page)
{
	size_t len = strlen(name);

	if (!is_given(summary))
		fail_msg("%s has no summary", name);
	if (!page)
		fail_msg("%s has no page in engine/core/manual_*.c", name);
	if (strcmp(page->name, name) != 0)
		fail_msg("the page of %s is called %s", name, page->name);
	if (!is_given(page->text) || !is_given(page->syntax))
		fail_msg("the page of %s lacks its text or its syntax", name);
	if (strncmp(page->syntax, name, len) != 0 || page->syntax[len] != '(')
		fail_msg("the syntax of %s is '%s'", name, page->syntax);
	if (strcmp(page->syntax + len, "()") != 0 && !is_given(page->arguments))
		fail_msg("the arguments of %s are not explained", name);
	check_lines(name, page->text);
	if (page->arguments)
		check_lines(name, page->arguments);
}

/* What it points to exists. */
static void check_see(const char *name, const char *see)
{
	struct slice rest = see ? slice_str(see) : SLICE_EMPTY, word;

	while (slice_split(&rest, ',', &word)) {
		word = slice_trim(word);
		if (!manual_app(word) && !manual_func(word))
			fail_msg("the page of %s points to %.*s, which does not exist", name,
				 SLICE_ARG(word));
	}
}

static void test_applications(void **state)
{
	uint32_t count;
	const struct app *const *apps = app_all(&count);

	UNUSED(state);
	assert_true(count > 30);
	for (uint32_t i = 0; i < count; i++) {
		const struct manual_page *page = manual_app(slice_str(apps[i]->name));

		check_page(apps[i]->name, apps[i]->summary, page);
		check_see(apps[i]->name, page->see);
	}
}

static void test_functions(void **state)
{
	uint32_t i;

	UNUSED(state);
	for (i = 0; func_name(i); i++) {
		const struct manual_page *page = manual_func(slice_str(func_name(i)));

		check_page(func_name(i), func_summary(i), page);
		check_see(func_name(i), page->see);
	}
	assert_true(i > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_applications),
					   cmocka_unit_test(test_functions)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
