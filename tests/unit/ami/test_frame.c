/* Framing and headers: every row of the framing rules, in one piece and octet by octet. */
#include "ami/frame.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

static struct ami_frame *frame;

static int setup(void **state)
{
	(void)state;
	frame = malloc(sizeof(*frame));
	ami_frame_init(frame);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(frame);
	return 0;
}

/* Feeds in pieces of `step` octets until a message is complete; returns the octets used. */
static size_t feed(const char *data, size_t len, size_t step, bool *complete)
{
	size_t used = 0;

	*complete = false;
	while (used < len && !*complete) {
		size_t piece = len - used < step ? len - used : step;

		used += ami_frame_feed(frame, data + used, piece, complete);
	}
	return used;
}

static const struct row {
	const char *what;
	const char *wire;
	size_t wire_len;	    /* 0: strlen */
	const char *header, *value; /* value NULL: there is no such header */
} rows[] = {
	{"CRLF", "Action: Ping\r\n\r\n", 0, "Action", "Ping"},
	{"bare LF", "Action: Ping\n\n", 0, "Action", "Ping"},
	{"mixed ends", "Action: Ping\nActionID: 1\r\n\n", 0, "ActionID", "1"},
	{"a lone CR is data", "ActionID: a\rb\r\n\r\n", 0, "ActionID", "a\rb"},
	{"a line of blanks ends nothing", "Action: Ping\r\n  \r\nActionID: 2\r\n\r\n", 0,
	 "ActionID", "2"},
	{"case of names", "aCTIONid: x\r\n\r\n", 0, "ActionID", "x"},
	{"no blank behind the colon", "ActionID:x\r\n\r\n", 0, "ActionID", "x"},
	{"blanks and tabs behind the colon", "ActionID: \t \001x\r\n\r\n", 0, "ActionID", "x"},
	{"blanks at the end are kept", "ActionID: x y \r\n\r\n", 0, "ActionID", "x y "},
	{"a blank before the name", " ActionID: x\r\n\r\n", 0, "ActionID", NULL},
	{"a blank before the colon", "ActionID : x\r\n\r\n", 0, "ActionID", NULL},
	{"NUL ends the text", "ActionID: a\0b\r\n\r\n", 17, "ActionID", "a"},
	{"NUL first is an empty line", "ActionID: a\r\n\0x\r\n", 17, "ActionID", "a"},
	{"octets above 127", "ActionID: \xc3\xa4\xff\r\n\r\n", 0, "ActionID", "\xc3\xa4\xff"},
	{"the first one counts", "ActionID: 1\r\nActionID: 2\r\n\r\n", 0, "ActionID", "1"},
	{"... even when empty", "ActionID:\r\nActionID: 2\r\n\r\n", 0, "ActionID", ""},
	{"no colon", "nonsense\r\nActionID: 3\r\n\r\n", 0, "ActionID", "3"},
	{"a longer name is another", "ActionIDs: 3\r\n\r\n", 0, "ActionID", NULL},
	{"no such header", "Action: Ping\r\n\r\n", 0, "ActionID", NULL},
};

static void test_rows(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
			const struct row *r = &rows[i];
			size_t len = r->wire_len ? r->wire_len : strlen(r->wire);
			struct slice value;
			bool complete, found;

			if (feed(r->wire, len, steps[k], &complete) != len || !complete)
				fail_msg("%s: not one whole message", r->what);
			assert_int_equal(frame->msg.status, AMI_FRAME_OK);
			found = ami_msg_find(&frame->msg, r->header, &value);
			if (found != (r->value != NULL) ||
			    (found && !slice_eq(value, slice_str(r->value))))
				fail_msg("%s: got %d '%.*s'", r->what, found,
					 found ? (int)value.len : 0, found ? value.ptr : "");
			ami_frame_next(frame);
		}
}

static void test_first_non_empty_action(void **state)
{
	static const char wire[] = "Action:\r\nAction: Ping\r\nAction: Logoff\r\n\r\n";
	bool complete;

	(void)state;
	feed(wire, sizeof(wire) - 1, 100, &complete);
	assert_true(complete);
	assert_true(slice_eq(ami_msg_action(&frame->msg), SLICE_LIT("Ping")));
	assert_true(slice_eq(ami_msg_get(&frame->msg, "Action"), SLICE_LIT("")));
}

static void test_all_variables(void **state)
{
	static const char wire[] = "Variable: a=1\r\nX: y\r\nvariable: b=2\r\n\r\n";
	struct slice value;
	uint32_t at = 0;
	bool complete;

	(void)state;
	feed(wire, sizeof(wire) - 1, 5, &complete);
	assert_true(ami_msg_each(&frame->msg, "Variable", &at, &value));
	assert_true(slice_eq(value, SLICE_LIT("a=1")));
	assert_true(ami_msg_each(&frame->msg, "Variable", &at, &value));
	assert_true(slice_eq(value, SLICE_LIT("b=2")));
	assert_false(ami_msg_each(&frame->msg, "Variable", &at, &value));
}

/* "ActionID: x" CRLF, one line of len octets and its end, then a Tail header. */
static enum ami_frame_status long_line(size_t len, const char *end, size_t step)
{
	static char wire[8192];
	size_t at = (size_t)snprintf(wire, sizeof(wire), "ActionID: x\r\n");
	bool complete;

	memset(wire + at, 'a', len);
	at += len;
	at += (size_t)snprintf(wire + at, sizeof(wire) - at, "%sTail: z\r\n\r\n", end);
	assert_int_equal(feed(wire, at, step, &complete), at);
	assert_true(complete);
	/* The message is read to its own end whatever happened in it. */
	assert_true(slice_eq(ami_msg_get(&frame->msg, "ActionID"), SLICE_LIT("x")));
	assert_true(slice_eq(ami_msg_get(&frame->msg, "Tail"), SLICE_LIT("z")));
	return frame->msg.status;
}

static void test_line_length(void **state)
{
	static const struct {
		size_t len;
		const char *end;
		enum ami_frame_status status;
	} cases[] = {
		{1022, "\r\n", AMI_FRAME_OK},
		{1023, "\r\n", AMI_FRAME_LINE_TOO_LONG},
		{1023, "\n", AMI_FRAME_OK},
		{1024, "\n", AMI_FRAME_LINE_TOO_LONG},
		{2047, "\r\n", AMI_FRAME_LINE_TOO_LONG},
		{5000, "\r\n", AMI_FRAME_LINE_TOO_LONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step < 3000; step = step * 3 + 1) {
			if (long_line(cases[i].len, cases[i].end, step) != cases[i].status)
				fail_msg("%zu octets, step %zu", cases[i].len, step);
			ami_frame_next(frame);
		}
}

static enum ami_frame_status many_lines(int count)
{
	static char wire[1 << 19];
	size_t at = 0;
	bool complete;

	for (int i = 0; i < count; i++)
		at += (size_t)snprintf(wire + at, sizeof(wire) - at, "H%d: %0900d\r\n", i, i);
	at += (size_t)snprintf(wire + at, sizeof(wire) - at, "\r\n");
	assert_int_equal(feed(wire, at, 4096, &complete), at);
	assert_true(complete);
	return frame->msg.status;
}

static void test_line_count(void **state)
{
	(void)state;
	assert_int_equal(many_lines(128), AMI_FRAME_OK);
	assert_int_equal(frame->msg.line_count, 128);
	ami_frame_next(frame);
	assert_int_equal(many_lines(129), AMI_FRAME_TOO_MANY_LINES);
	ami_frame_next(frame);
	assert_int_equal(many_lines(300), AMI_FRAME_TOO_MANY_LINES);
	ami_frame_next(frame);
	assert_int_equal(many_lines(1), AMI_FRAME_OK);
}

static void test_pipeline_and_stray_line(void **state)
{
	static const char wire[] = "Action: A\r\n\r\n\r\nAction: B\r\n\r\n";
	bool complete;
	size_t used;

	(void)state;
	used = ami_frame_feed(frame, wire, sizeof(wire) - 1, &complete);
	assert_true(complete && used == 13);
	assert_int_equal(ami_frame_feed(frame, wire + used, 4, &complete), 0);
	ami_frame_next(frame);
	used += ami_frame_feed(frame, wire + used, sizeof(wire) - 1 - used, &complete);
	assert_true(complete && used == 15);
	assert_int_equal(frame->msg.line_count, 0);
	ami_frame_next(frame);
	used += ami_frame_feed(frame, wire + used, sizeof(wire) - 1 - used, &complete);
	assert_true(complete && used == sizeof(wire) - 1);
	assert_true(slice_eq(ami_msg_action(&frame->msg), SLICE_LIT("B")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_non_empty_action, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_variables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_line_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_line_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipeline_and_stray_line, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
