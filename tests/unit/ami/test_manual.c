/* tests/unit/ami/test_manual.c - every action and event explains itself. Who adds an action fills
 * in synopsis, syntax and text in ami/table_<area>.c; who adds an event, an item or the end of a
 * list, a page in ami/event_manual.c. */
#include "ami/action.h"
#include "ami/event_manual.h"
#include "engine/base/check.h"
#include "engine/core/event.h"
#include "tests/unit/cmocka.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_given(const char *text)
{
	return text && strlen(text) > 2;
}

/* "[ActionID:] Channel:": words that end with a colon, within brackets or not. */
static void check_syntax(const struct ami_action *action)
{
	struct slice rest = slice_str(action->syntax), word;

	while (slice_split(&rest, ' ', &word)) {
		bool open = word.len > 0 && word.ptr[0] == '[';
		bool closed = word.len > 0 && word.ptr[word.len - 1] == ']';

		if (open)
			word = slice_from(word, 1);
		if (closed)
			word.len--;
		if (open != closed || word.len < 2 || word.ptr[word.len - 1] != ':')
			fail_msg("the syntax of %s is '%s'", action->name, action->syntax);
	}
}

static void test_actions(void **state)
{
	uint32_t count = 0;

	UNUSED(state);
	for (const struct ami_action *action = ami_action_after(NULL); action;
	     action = ami_action_after(action)) {
		count++;
		if (!is_given(action->synopsis) || !is_given(action->text) ||
		    !is_given(action->syntax))
			fail_msg("%s lacks its synopsis, text or syntax", action->name);
		check_syntax(action);
		for (int n = 0; n < AMI_ACTION_NEEDS && action->needs[n].header; n++) {
			if (!strstr(action->syntax, action->needs[n].header))
				fail_msg("the syntax of %s does not have %s", action->name,
					 action->needs[n].header);
		}
	}
	assert_true(count > 60);
}

static void check_event(struct slice name, const char *where)
{
	const struct ami_event_page *page = ami_event_manual_find(name);

	if (!page)
		fail_msg("%.*s (%s) has no page in ami/event_manual.c", SLICE_ARG(name), where);
	if (!slice_eq(slice_str(page->name), name))
		fail_msg("the page of %.*s (%s) is called %s", SLICE_ARG(name), where, page->name);
}

static void test_pages(void **state)
{
	UNUSED(state);
	for (uint32_t i = 0; i < ami_event_manual_count; i++) {
		const struct ami_event_page *page = &ami_event_manual[i];

		if (!is_given(page->synopsis) || !is_given(page->text) || !page->syntax)
			fail_msg("the page of %s lacks its synopsis, text or syntax", page->name);
		if (i > 0 && strcasecmp(page[-1].name, page->name) >= 0)
			fail_msg("%s and %s are not in order", page[-1].name, page->name);
	}
}

static void test_events_of_channels(void **state)
{
	UNUSED(state);
	for (enum event_kind kind = 0; kind < EVENT_COUNT; kind++)
		check_event(slice_str(event_name(kind)), "event.h");
}

/* What stands behind `mark` up to a quote or a line end. */
static uint32_t check_marked(const char *text, const char *mark, const char *where)
{
	uint32_t count = 0;

	for (const char *at = strstr(text, mark); at; at = strstr(at + 1, mark)) {
		const char *name = at + strlen(mark);
		size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

		if (len == 0)
			continue;
		check_event(slice_make(name, len), where);
		count++;
	}
	return count;
}

/* Names in tables: "EndpointListComplete", "AorDetail". */
static uint32_t check_named(const char *text, const char *where)
{
	uint32_t count = 0;

	for (const char *at = strchr(text, '"'); at; at = strchr(at + 1, '"')) {
		size_t len = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
		struct slice name = slice_make(at + 1, len);

		if (at[1 + len] != '"' || len < 9 || at[1] < 'A' || at[1] > 'Z')
			continue;
		if (!slice_ends(name, SLICE_LIT("Complete")) &&
		    !slice_ends(name, SLICE_LIT("Detail")))
			continue;
		check_event(name, where);
		count++;
	}
	return count;
}

static char *load(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

/* All places in the source that name an event, an item or the end of a list. */
static void test_events_of_the_source(void **state)
{
	static const char *const marks[] = {"ami_reply_item(s, \"", "ami_reply_list_end(s, \"",
					    "\"Event: "};
	DIR *dir = opendir(RINGER_SOURCE_DIR "/ami");
	uint32_t count = 0;
	struct dirent *d;

	UNUSED(state);
	assert_non_null(dir);
	while ((d = readdir(dir))) {
		char path[1024];
		char *text;

		if (!strstr(d->d_name, ".c"))
			continue;
		snprintf(path, sizeof(path), RINGER_SOURCE_DIR "/ami/%s", d->d_name);
		text = load(path);
		for (size_t i = 0; i < ARRAY_COUNT(marks); i++)
			count += check_marked(text, marks[i], d->d_name);
		count += check_named(text, d->d_name);
		if (strcmp(d->d_name, "security.c") == 0)
			count += check_marked(text, "= {SLICE_LIT(\"", d->d_name);
		free(text);
	}
	closedir(dir);
	assert_true(count > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_events_of_channels),
		cmocka_unit_test(test_events_of_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
