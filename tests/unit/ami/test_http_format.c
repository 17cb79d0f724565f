/* AMI text as pages, byte by byte: the examples of the reference, and each rule of its own. */
#include "ami/http_format.h"
#include "engine/base/limits.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

static struct slab *chunks;
static struct http_formatter *formatter;
static char got[1 << 20];

static const char *format(const struct http_style *style, struct slice text)
{
	struct ami_byteq in, out;
	size_t len;

	ami_byteq_init(&in, chunks, 1 << 24);
	ami_byteq_init(&out, chunks, 1 << 24);
	assert_true(ami_byteq_add(&in, text));
	assert_true(http_format_page(formatter, style, &in, &out));
	assert_int_equal(in.len, 0);
	len = out.len;
	assert_true(len < sizeof(got));
	assert_true(ami_byteq_read(&out, got, len));
	got[len] = 0;
	assert_int_equal(slab_used(chunks), 0);
	return got;
}

static const char *xml(const char *text)
{
	return format(&(struct http_style){.format = HTTP_FORMAT_XML}, slice_str(text));
}

#define AJAX(inside) "<ajax-response>\n" inside "</ajax-response>\n"
#define XML(inside)  AJAX("<response type='object' id='unknown'><generic" inside " /></response>\n")

static void test_xml(void **state)
{
	(void)state;
	assert_string_equal(xml("Response: Success\r\nPing: Pong\r\n"
				"Timestamp: 1795447024.822738\r\n\r\n"),
			    XML(" response='Success' ping='Pong' timestamp='1795447024.822738'"));
	assert_string_equal(xml(""), AJAX(""));
	assert_string_equal(xml("Cause-txt: a\r\nChanVariable(x): b\r\n2nd: c\r\n\r\n"),
			    XML(" cause_txt='a' chanvariable_x_='b' _2nd='c'"));
	assert_string_equal(xml("Output: a\r\nOutput: b\r\nOutput: c\r\n\r\n"),
			    XML(" output='a' output-2='b' output-3='c'"));
	assert_string_equal(xml("A: <>&\"'\r\nB:   x:y  \r\nC:\r\n\r\n"),
			    XML(" a='&lt;&gt;&amp;&quot;&apos;' b='x:y' c=''"));
}

static void test_xml_messages(void **state)
{
	(void)state;
	assert_string_equal(
		xml("A: 1\r\n\r\n\r\nB: 2\r\nA: 3"),
		AJAX("<response type='object' id='unknown'><generic a='1' /></response>\n"
		     "<response type='object' id='unknown'><generic b='2' a='3' /></response>\n"));
	assert_string_equal(xml("no colon\r\nmore: <b>\r\n\r\nA: 1\r\n\r\n"),
			    AJAX("<response type='object' id='unknown'><generic "
				 "opaque_data='no colon\nmore: &lt;b&gt;' /></response>\n"
				 "<response type='object' id='unknown'><generic a='1' />"
				 "</response>\n"));
	/* Two headers that would be one attribute. */
	assert_string_equal(xml("A-b: 1\r\nA_b: 2\r\na.B: 3\r\n\r\n"),
			    XML(" a_b='1' a_b-2='2' a_b-3='3'"));
}

/* What the client names cannot leave its place. */
static void test_xml_names(void **state)
{
	struct http_style style = {.format = HTTP_FORMAT_XML,
				   .dest = SLICE_LIT("box"),
				   .objtype = SLICE_LIT("my-type")};

	(void)state;
	assert_string_equal(
		format(&style, SLICE_LIT("A: 1\r\n\r\n")),
		AJAX("<response type='object' id='box'><my-type a='1' /></response>\n"));
	style.dest = SLICE_LIT("'><script>");
	style.objtype = SLICE_LIT("1 x='y'><");
	assert_string_equal(format(&style, SLICE_LIT("A: 1\r\n\r\n")),
			    AJAX("<response type='object' id='&apos;&gt;&lt;script&gt;'>"
				 "<_1_x__y___ a='1' /></response>\n"));
}

static void test_raw(void **state)
{
	const struct http_style style = {.format = HTTP_FORMAT_RAW};

	(void)state;
	assert_string_equal(format(&style, SLICE_LIT("A: <1>\r\n\r\n")), "A: <1>\r\n\r\n");
}

static void test_html(void **state)
{
	const struct http_style style = {.format = HTTP_FORMAT_HTML};

	(void)state;
	assert_string_equal(
		format(&style, SLICE_LIT("Response: Success\r\nPing: <Pong>\r\nPing: 2\r\n\r\n")),
		"<title>Asterisk&trade; Manager Interface</title><body bgcolor=\"#ffffff\"><table "
		"align=center bgcolor=\"#f1f1f1\" width=\"500\">\r\n"
		"<tr><td colspan=\"2\" bgcolor=\"#f1f1ff\"><h1>Manager Tester</h1></td></tr>\r\n"
		"<tr><td colspan=\"2\" bgcolor=\"#f1f1ff\"><form action=\"manager\" "
		"method=\"post\">\n"
		"\tAction: <select name=\"action\">\n"
		"\t\t<option value=\"\">-----&gt;</option>\n"
		"\t\t<option value=\"login\">login</option>\n"
		"\t\t<option value=\"command\">Command</option>\n"
		"\t\t<option value=\"waitevent\">waitevent</option>\n"
		"\t\t<option value=\"listcommands\">listcommands</option>\n"
		"\t</select>\n"
		"\tor <input name=\"action\"><br/>\n"
		"\tCLI Command <input name=\"command\"><br>\n"
		"\tuser <input name=\"username\"> pass <input type=\"password\" "
		"name=\"secret\"><br>\n"
		"\t<input type=\"submit\">\n"
		"</form>\n"
		"</td></tr>\r\n"
		"<tr><td>Response</td><td>Success</td></tr>\n"
		"<tr><td>Ping</td><td>&lt;Pong&gt;</td></tr>\n"
		"<tr><td>Ping-2</td><td>2</td></tr>\n"
		"<tr><td colspan=\"2\"><hr></td></tr>\r\n"
		"</table></body>\r\n");
}

static void test_html_digest(void **state)
{
	const struct http_style style = {.format = HTTP_FORMAT_HTML, .digest = true};

	(void)state;
	assert_string_equal(
		format(&style, SLICE_LIT("first\r\nsecond\r\n\r\n")),
		"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n"
		"<html><head>\r\n"
		"<title>Asterisk&trade; Manager Interface</title>\r\n"
		"</head><body style=\"background-color: #ffffff;\">\r\n"
		"<form method=\"POST\">\r\n"
		"<table align=\"center\" style=\"background-color: #f1f1f1;\" width=\"500\">\r\n"
		"<tr><th colspan=\"2\" style=\"background-color: #f1f1ff;\"><h1>Manager "
		"Tester</h1></th></tr>\r\n"
		"<tr><th colspan=\"2\" style=\"background-color: #f1f1ff;\">Action: <input "
		"name=\"action\" /> Cmd: <input name=\"command\" /><br><input type=\"submit\" "
		"value=\"Send request\" /></th></tr>\r\n"
		"<tr><td>Opaque-data</td><td>first<br>\nsecond</td></tr>\n"
		"<tr><td colspan=\"2\"><hr></td></tr>\r\n"
		"</table></form></body></html>\r\n");
}

/* Lines that stand in two chunks, and more names than are told apart, at any place. */
static void test_long(void **state)
{
	static char text[LIMIT_AMI_CHUNK * 4], want[LIMIT_AMI_CHUNK * 8];
	size_t len = 0, want_len;

	(void)state;
	want_len =
		(size_t)snprintf(want, sizeof(want),
				 "<ajax-response>\n<response type='object' id='unknown'><generic");
	for (int i = 0; len + 64 < sizeof(text); i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "Line-%d: %d\r\n", i, i);
		want_len += (size_t)snprintf(want + want_len, sizeof(want) - want_len,
					     " line_%d='%d'", i, i);
	}
	snprintf(want + want_len, sizeof(want) - want_len, " /></response>\n</ajax-response>\n");
	assert_string_equal(xml(text), want);
	assert_string_equal(xml("Line-1: 1\r\n"), XML(" line_1='1'")); /* nothing is left of it */
}

/* No room for the page is said, and gives all back. */
static void test_no_room(void **state)
{
	const struct http_style style = {.format = HTTP_FORMAT_HTML};
	struct ami_byteq in, out;

	(void)state;
	ami_byteq_init(&in, chunks, 1 << 20);
	ami_byteq_init(&out, chunks, 100);
	assert_true(ami_byteq_add(&in, SLICE_LIT("A: 1\r\n\r\n")));
	assert_false(http_format_page(formatter, &style, &in, &out));
	ami_byteq_clear(&out);
	assert_int_equal(slab_used(chunks), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml),	  cmocka_unit_test(test_xml_messages),
		cmocka_unit_test(test_xml_names), cmocka_unit_test(test_raw),
		cmocka_unit_test(test_html),	  cmocka_unit_test(test_html_digest),
		cmocka_unit_test(test_long),	  cmocka_unit_test(test_no_room),
	};
	int failed;

	if (ami_byteq_pool_create(&chunks, 1024) || !(formatter = http_formatter_create()))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	http_formatter_destroy(formatter);
	slab_destroy(chunks);
	return failed;
}
