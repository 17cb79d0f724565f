/* The rule of the call file's Callerid and of AMI's CallerID. */
#include "engine/base/check.h"
#include "engine/core/callerid.h"
#include "tests/unit/cmocka.h"

struct parse_case {
	const char *text;
	const char *name;
	const char *number;
};

static const struct parse_case parse_cases[] = {
	{"\"Joe B\" <(555) 123-4567>", "Joe B", "5551234567"},
	{"Joe B <5551234>", "Joe B", "5551234"},
	{"Matthew Jordan <(555) 867-5309>", "Matthew Jordan", "5558675309"},
	{"<100>", "", "100"},
	{"100", "", "100"},
	{"+1 (800) 555-0100", "", "+18005550100"},
	{"*61#", "", "*61#"},
	{"(555) 867-5309", "", "5558675309"},
	{"Joe", "Joe", ""},
	{"\"Joe\"", "Joe", ""},
	{"\"100\"", "", "100"},
	{"\"Joe <100>\"", "Joe", "100"},
	{"  Joe   <100>  ", "Joe", "100"},
	{"\"Bob \\\"B\\\" C\" <1>", "Bob \"B\" C", "1"},
	{"\"Bob \\\"B\\\"\"", "Bob \"B\"", ""},
	{"\"back\\\\slash\" <1>", "back\\slash", "1"},
	{"A < B <1>", "A < B", "1"},
	{"A <1> trailing", "A", "1"},
	{"A <1", "A <1", ""},
	{"A > <", "A > <", ""},
	{"\"Joe\" <>", "Joe", ""},
	{"", "", ""},
	{"   ", "", ""},
	{"\"", "\"", ""},
	{"\"\" <5>", "", "5"},
	{"<1.2.3.>", "", "123."},
	{"<1-[2-3]-4>", "", "1[2-3]4"},
	{"<alice>", "", "alice"},
	{"<]-1>", "", "]1"},
	{"caf\xc3\xa9 <7>", "caf\xc3\xa9", "7"},
};

static void parses_as_written(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];

		for (int f = 0; f < CALLERID_FLAVOUR_COUNT; f++) {
			struct callerid id;

			callerid_parse(&id, slice_str(c->text), (enum callerid_flavour)f);
			assert_string_equal(id.name, c->name);
			assert_string_equal(id.number, c->number);
			assert_int_equal(id.name_len, strlen(c->name));
			assert_int_equal(id.number_len, strlen(c->number));
		}
	}
}

static void file_cuts_parts_at_79(void **state)
{
	char text[300];
	struct callerid id;

	UNUSED(state);
	memset(text, 'n', 100);
	text[100] = '<';
	memset(text + 101, '1', 100);
	text[201] = '>';
	callerid_parse(&id, slice_make(text, 202), CALLERID_OF_FILE);
	assert_int_equal(id.name_len, 79);
	assert_int_equal(id.number_len, 79);
	callerid_parse(&id, slice_make(text, 202), CALLERID_OF_AMI);
	assert_int_equal(id.name_len, 100);
	assert_int_equal(id.number_len, 100);
}

static void ami_cuts_text_at_255(void **state)
{
	char text[400];
	struct callerid id;

	UNUSED(state);
	memset(text, 'n', sizeof(text));
	memcpy(text + 300, "<1>", 3);
	callerid_parse(&id, slice_make(text, 303), CALLERID_OF_AMI);
	assert_int_equal(id.name_len, 255);
	assert_int_equal(id.number_len, 0);
	callerid_parse(&id, slice_make(text, 303), CALLERID_OF_FILE);
	assert_int_equal(id.name_len, 79);
	assert_string_equal(id.number, "1");
}

static void shrinks_in_place(void **state)
{
	char text[] = "1-2 3";

	UNUSED(state);
	assert_int_equal(callerid_shrink_number(text, slice_str(text)), 3);
	assert_memory_equal(text, "123", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_as_written),
		cmocka_unit_test(file_cuts_parts_at_79),
		cmocka_unit_test(ami_cuts_text_at_255),
		cmocka_unit_test(shrinks_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
