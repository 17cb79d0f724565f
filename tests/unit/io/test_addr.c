/* tests/unit/io/test_addr.c */
#include "engine/io/addr.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_parse_and_write(void **state)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: refused */
	} table[] = {
		{"1.2.3.4", "1.2.3.4:5060"},
		{"1.2.3.4:70", "1.2.3.4:70"},
		{"0.0.0.0:0", "0.0.0.0:0"},
		{"255.255.255.255:65535", "255.255.255.255:65535"},
		{"::1", "[::1]:5060"},
		{"[::1]", "[::1]:5060"},
		{"[::1]:70", "[::1]:70"},
		{"::", "[::]:5060"},
		{"1::", "[1::]:5060"},
		{"2001:DB8:0:0:1:0:0:0", "[2001:db8:0:0:1::]:5060"},
		{"2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:5060"},
		{"1:0:3:4:5:6:7:8", "[1:0:3:4:5:6:7:8]:5060"},
		{"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:5060"},
		{"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:5060"},
		{"64:ff9b::1.2.3.4", "[64:ff9b::102:304]:5060"},
		{"fe80::1:2:3:4", "[fe80::1:2:3:4]:5060"},
		{"", NULL},
		{"1.2.3", NULL},
		{"1.2.3.4.5", NULL},
		{"1.2.3.256", NULL},
		{"1.2.3.", NULL},
		{"1.2.3.4:", NULL},
		{"1.2.3.4:65536", NULL},
		{"1.2.3.4:x", NULL},
		{"[1.2.3.4]", NULL},
		{"1:2:3:4:5:6:7", NULL},
		{"1:2:3:4:5:6:7:8:9", NULL},
		{"1:2:3:4::5:6:7:8", NULL},
		{"1::2::3", NULL},
		{":::", NULL},
		{"12345::", NULL},
		{"1.2.3.4::", NULL},
		{"[::1", NULL},
		{"::1]:70", NULL},
		{"fe80::1%eth0", NULL},
		{"localhost", NULL},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct addr a = {.port = 9};
		char buf[ADDR_TEXT];
		bool ok = addr_parse(&a, slice_str(table[i].text), 5060);

		if (ok != (table[i].want != NULL))
			fail_msg("%s: %s", table[i].text, ok ? "taken" : "refused");
		if (ok)
			assert_string_equal(addr_text(&a, buf), table[i].want);
		else
			assert_int_equal(a.port, 9); /* untouched */
	}
}

static struct addr make(const char *text)
{
	struct addr a = {0};

	assert_true(addr_parse(&a, slice_str(text), 0));
	return a;
}

static void test_compare(void **state)
{
	struct addr a = make("1.2.3.4:5"), b = make("1.2.3.4:6"), c = make("1.2.3.5:5");

	UNUSED(state);
	assert_true(addr_eq(&a, &a));
	assert_false(addr_eq(&a, &b));
	assert_true(addr_eq_ip(&a, &b));
	assert_false(addr_eq_ip(&a, &c));
	assert_true(addr_hash(&a, 1) != addr_hash(&b, 1));
	assert_true(addr_hash(&a, 1) != addr_hash(&c, 1));
	a.ip[9] = 1; /* beyond an IPv4 address: of no meaning */
	assert_true(addr_eq_ip(&a, &b));
	c = make("0.0.0.0");
	assert_true(addr_is_any(&c));
	c = make("::");
	assert_true(addr_is_any(&c));
	assert_false(addr_is_any(&b));
	assert_false(addr_is_any(&(struct addr){0}));
	c = make("127.9.9.9");
	assert_true(addr_is_loopback(&c));
	c = make("::1");
	assert_true(addr_is_loopback(&c));
	c = make("::ffff:127.0.0.1");
	assert_true(addr_is_loopback(&c));
	c = make("128.0.0.1");
	assert_false(addr_is_loopback(&c));
}

static void test_nets(void **state)
{
	static const struct {
		const char *net;
		const char *addr;
		bool has;
	} table[] = {
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.1", false},
		{"10.0.0.0/255.0.0.0", "10.255.0.1", true},
		{"192.168.4.0/22", "192.168.7.255", true},
		{"192.168.4.0/22", "192.168.8.0", false},
		{"10.1.2.3", "10.1.2.3", true},
		{"10.1.2.3", "10.1.2.4", false},
		{"0.0.0.0/0", "9.9.9.9", true},
		{"0.0.0.0/0.0.0.0", "9.9.9.9", true},
		{"0.0.0.0/0", "::1", false},
		{"10.0.0.0/8", "::ffff:10.1.1.1", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::/0", "::1", true},
	};
	static const char *const bad[] = {"",
					  "/8",
					  "10.0.0.0/33",
					  "10.0.0.0/",
					  "10.0.0.0/255.0.255.0",
					  "10.0.0.0/ffff::",
					  "::/129",
					  "x/8"};
	struct addr_net net;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct addr a = make(table[i].addr);

		assert_true(addr_net_parse(&net, slice_str(table[i].net)));
		if (addr_net_has(&net, &a) != table[i].has)
			fail_msg("%s %s", table[i].net, table[i].addr);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (addr_net_parse(&net, slice_str(bad[i])))
			fail_msg("'%s' was taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_write),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_nets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
