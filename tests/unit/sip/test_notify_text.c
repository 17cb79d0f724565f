/* sip/notify_text.h: what becomes of pairs; and sip/notify_conf.h: the file, its faults with their
 * places. */
#include "sip/notify_text.h"

#include "engine/base/check.h"
#include "sip/notify_conf.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>

static struct notify_room room;
static struct notify_writer w;

static void begin(void)
{
	notify_writer_init(&w, &room);
}

static void add(const char *name, const char *value, enum notify_fault fault)
{
	assert_int_equal(notify_writer_add(&w, slice_str(name), slice_str(value)), fault);
}

static void same(struct slice got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("got '%.*s', want '%s'", SLICE_ARG(got), want);
}

static void end(const char *lines, const char *body)
{
	struct notify_text text;

	assert_int_equal(notify_writer_end(&w, &text), 0);
	same(text.lines, lines);
	same(text.body, body);
}

static void test_headers(void **state)
{
	UNUSED(state);
	begin();
	end("Subscription-State: terminated\r\n", "");
	begin();
	add("Event", "check-sync;reboot=true", NOTIFY_TAKEN);
	add("o", "other", NOTIFY_TWICE); /* Event in short */
	add("X-A", "1", NOTIFY_TAKEN);
	add("X-A", "2", NOTIFY_TAKEN);
	end("Event: check-sync;reboot=true\r\nX-A: 1\r\nX-A: 2\r\nSubscription-State: "
	    "terminated\r\n",
	    "");
	begin();
	add("subscription-state", "active;expires=60", NOTIFY_TAKEN);
	end("subscription-state: active;expires=60\r\n", "");
}

static void test_reserved(void **state)
{
	static const char *const names[] = {
		"Via",
		"v",
		"From",
		"f",
		"To",
		"t",
		"call-id",
		"i",
		"CSeq",
		"Contact",
		"m",
		"Route",
		"route",
		"Record-Route",
		"Request-URI",
		"Content-Length",
		"l",
		"Max-Forwards",
		"User-Agent",
		"Authorization",
		"Proxy-Authorization",
	};

	UNUSED(state);
	begin();
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		add(names[i], "x", NOTIFY_RESERVED);
	end("Subscription-State: terminated\r\n", "");
}

/* Nothing can end a line or the headers. */
static void test_forged(void **state)
{
	UNUSED(state);
	begin();
	add("X A", "1", NOTIFY_BAD_NAME);
	add("X-A\r\nVia", "1", NOTIFY_BAD_NAME);
	add("", "1", NOTIFY_BAD_NAME);
	add("X:", "1", NOTIFY_BAD_NAME);
	add("X-A", "1\r\nVia: 2", NOTIFY_BAD_VALUE);
	add("X-A", "1\n", NOTIFY_BAD_VALUE);
	add("Content-Type", "text/plain\r\nX: 1", NOTIFY_BAD_VALUE);
	add("Content-Type", "text", NOTIFY_BAD_VALUE);
	add("Content-Type", "/plain", NOTIFY_BAD_VALUE);
	add("Content-Type", "text/", NOTIFY_BAD_VALUE);
	end("Subscription-State: terminated\r\n", "");
}

static void test_body(void **state)
{
	UNUSED(state);
	begin();
	add("content", "", NOTIFY_TAKEN); /* as Asterisk: nothing yet */
	add("Content", "Messages-Waiting: no", NOTIFY_TAKEN);
	add("Content-type", "text/plain", NOTIFY_TAKEN);
	add("Content", "a=b, c", NOTIFY_TAKEN);
	add("Content", "", NOTIFY_TAKEN); /* CRLF behind the last line */
	assert_false(notify_writer_lacks_type(&w));
	end("Subscription-State: terminated\r\nContent-Type: text/plain\r\n",
	    "Messages-Waiting: no\r\na=b, c\r\n");
	begin();
	add("Content", "x", NOTIFY_TAKEN);
	assert_true(notify_writer_lacks_type(&w));
	end("Subscription-State: terminated\r\n", "");
	begin();
	add("c", "text/plain", NOTIFY_TAKEN);
	add("c", "text/xml", NOTIFY_TAKEN); /* the last one counts */
	add("Content", "x", NOTIFY_TAKEN);
	end("Subscription-State: terminated\r\nContent-Type: text/xml\r\n", "x");
	begin();
	add("Content-Type", "text/plain", NOTIFY_TAKEN); /* of nothing */
	end("Subscription-State: terminated\r\n", "");
}

static void test_bounds(void **state)
{
	static char long_text[LIMIT_NOTIFY_BODY + 2];
	struct notify_text text;

	UNUSED(state);
	memset(long_text, 'x', sizeof(long_text) - 1);
	begin();
	add("X", long_text, NOTIFY_TAKEN);
	assert_int_equal(notify_writer_end(&w, &text), -EMSGSIZE);
	begin();
	add("Content-Type", "text/plain", NOTIFY_TAKEN);
	add("Content", long_text, NOTIFY_TAKEN);
	assert_int_equal(notify_writer_end(&w, &text), -EMSGSIZE);
	long_text[LIMIT_NOTIFY_BODY] = 0;
	begin();
	add("Content-Type", "text/plain", NOTIFY_TAKEN);
	add("Content", long_text, NOTIFY_TAKEN);
	assert_int_equal(notify_writer_end(&w, &text), 0);
	assert_int_equal(text.body.len, LIMIT_NOTIFY_BODY);
}

/* ---- the file ---- */

static char error_text[512];

static int load(struct notify_conf **out, const char *file)
{
	const struct memconf_file files[] = {{"pjsip_notify.conf", file, 0}, {NULL, NULL, 0}};
	struct sink error = sink_make(error_text, sizeof(error_text));
	struct conffile_error why;
	struct conffile *cf;
	struct memconf m;
	int err;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "pjsip_notify.conf", &why), 0);
	err = notify_conf_load(out, cf, &error);
	conffile_free(cf);
	sink_cstr(&error);
	return err;
}

static void test_conf(void **state)
{
	struct notify_conf *conf;
	struct notify_text text;
	struct slice name;

	UNUSED(state);
	assert_int_equal(load(&conf, "[general]\nanything=1\n"
				     "[clear-mwi]\nEvent=>message-summary\n"
				     "Content-type=>application/simple-message-summary\n"
				     "Content=>Messages-Waiting: no\nContent=>\n"
				     "[snom-reboot]\nEvent=>check-sync\\;reboot=true\n"
				     "Contact=>sip:x\nEvent=>again\n"
				     "[SNOM-Reboot]\nEvent=>late\n[bare]\nContent=>x\n"),
			 0);
	assert_true(notify_conf_find(conf, SLICE_LIT("Clear-MWI"), &text));
	same(text.lines, "Event: message-summary\r\nSubscription-State: terminated\r\n"
			 "Content-Type: application/simple-message-summary\r\n");
	same(text.body, "Messages-Waiting: no\r\n");
	assert_true(notify_conf_find(conf, SLICE_LIT("snom-reboot"), &text));
	same(text.lines, "Event: check-sync;reboot=true\r\nSubscription-State: terminated\r\n");
	assert_true(notify_conf_find(conf, SLICE_LIT("bare"), &text));
	same(text.lines, "Subscription-State: terminated\r\n");
	assert_int_equal(text.body.len, 0);
	assert_false(notify_conf_find(conf, SLICE_LIT("general"), &text));
	assert_false(notify_conf_find(conf, SLICE_LIT("snom"), &text));
	assert_true(notify_conf_name(conf, 0, &name));
	same(name, "clear-mwi");
	assert_true(notify_conf_name(conf, 2, &name));
	assert_false(notify_conf_name(conf, 3, &name));
	notify_conf_free(conf);
	assert_false(notify_conf_find(NULL, SLICE_LIT("x"), &text));
	assert_false(notify_conf_name(NULL, 0, &name));
	notify_conf_free(NULL);
}

static void test_conf_refused(void **state)
{
	static char many[LIMIT_NOTIFY_KINDS * 16 + 64], large[LIMIT_NOTIFY_BODY * 2];
	struct notify_conf *conf;
	size_t len = 0;

	UNUSED(state);
	assert_int_equal(load(&conf, "[a]\nEvent=>x\nX Y=>1\n"), -EINVAL);
	same(slice_str(error_text),
	     "pjsip_notify.conf:3: 'X Y' cannot be the name of a header; names are "
	     "letters, digits and -.!%*_+`'~");
	assert_int_equal(load(&conf, "[a]\nContent-Type=>text\n"), -EINVAL);
	same(slice_str(error_text),
	     "pjsip_notify.conf:2: 'Content-Type' has a value that cannot stand in a "
	     "header; write one line, and a Content-Type as type/subtype");
	for (int i = 0; i <= LIMIT_NOTIFY_KINDS; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, "[k%d]\nE=>1\n", i);
	assert_int_equal(load(&conf, many), -EINVAL);
	same(slice_str(error_text), "pjsip_notify.conf:2049: more than 1024 sections; "
				    "leave some out");
	len = (size_t)snprintf(large, sizeof(large), "[big]\nContent-Type=>text/plain\n");
	for (int i = 0; i < 30; i++)
		len += (size_t)snprintf(large + len, sizeof(large) - len, "Content=>%0100d\n", i);
	assert_int_equal(load(&conf, large), -EINVAL);
	same(slice_str(error_text), "pjsip_notify.conf:1: [big] is too long; headers "
				    "may have 1024 octets, the "
				    "content 2048");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),	     cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_forged),	     cmocka_unit_test(test_body),
		cmocka_unit_test(test_bounds),	     cmocka_unit_test(test_conf),
		cmocka_unit_test(test_conf_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
