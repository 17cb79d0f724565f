/* tests/unit/io/test_dns.c - answers as octets: records, chains, negative answers, and lies. */
#include "engine/io/dns.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <errno.h>

/* A message under construction. */
static struct {
	uint8_t data[2048];
	size_t len;
} m;

static void put(const void *data, size_t len)
{
	memcpy(m.data + m.len, data, len);
	m.len += len;
}

static void put16(unsigned n)
{
	const uint8_t octets[] = {(uint8_t)(n >> 8), (uint8_t)n};

	put(octets, 2);
}

static void put32(uint32_t n)
{
	put16(n >> 16);
	put16(n & 65535);
}

/* "a.b" as labels; "*12" is a pointer to offset 12. */
static void put_name(const char *name)
{
	struct slice rest = slice_str(name), label;
	uint64_t offset;

	if (name[0] == '*') {
		assert_true(slice_u64(slice_str(name + 1), 255, &offset));
		put16(0xc000 | (unsigned)offset);
		return;
	}
	while (slice_split(&rest, '.', &label)) {
		uint8_t len = (uint8_t)label.len;

		put(&len, 1);
		put(label.ptr, label.len);
	}
	put("", 1);
}

static void begin(unsigned rcode, const char *name, enum dns_type type, unsigned answers,
		  unsigned authorities)
{
	m.len = 0;
	put16(0x1234);
	put16(0x8180 | rcode);
	put16(1);
	put16(answers);
	put16(authorities);
	put16(0);
	put_name(name);
	put16(type);
	put16(1);
}

static void put_head(const char *owner, enum dns_type type, uint32_t ttl, unsigned len)
{
	put_name(owner);
	put16(type);
	put16(1);
	put32(ttl);
	put16(len);
}

static void put_a(const char *owner, uint32_t ttl, const char *ip)
{
	struct addr a = {0};

	assert_true(addr_parse_ip(&a, slice_str(ip)));
	put_head(owner, DNS_A, ttl, 4);
	put(a.ip, 4);
}

static struct dns_answer out;

static int read_answer(const char *name, enum dns_type type)
{
	return dns_read_answer(&out, slice_make((char *)m.data, m.len), slice_str(name), type);
}

static void test_addresses(void **state)
{
	char text[ADDR_TEXT];

	UNUSED(state);
	begin(0, "Gw.Example", DNS_A, 2, 0);
	put_a("*12", 300, "192.0.2.1");
	put_a("gw.example", 60, "192.0.2.2");
	assert_int_equal(read_answer("gw.EXAMPLE.", DNS_A), 0);
	assert_int_equal(out.count, 2);
	assert_int_equal(out.ttl_s, 60);
	assert_string_equal(addr_text(&out.records[1].addr, text), "192.0.2.2:0");
	assert_string_equal(out.alias, "");
}

static void test_chain(void **state)
{
	UNUSED(state);
	begin(0, "a.example", DNS_A, 3, 0);
	put_a("c.example", 300, "192.0.2.1"); /* the order is the server's */
	put_head("*12", DNS_CNAME, 30, 11);
	put_name("b.example");
	put_head("b.example", DNS_CNAME, 600, 11);
	put_name("c.example");
	assert_int_equal(read_answer("a.example", DNS_A), 0);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.ttl_s, 30);
	assert_string_equal(out.alias, "c.example");
	/* A circle ends. */
	begin(0, "a.example", DNS_A, 2, 0);
	put_head("*12", DNS_CNAME, 30, 11);
	put_name("b.example");
	put_head("b.example", DNS_CNAME, 600, 2);
	put_name("*12");
	assert_int_equal(read_answer("a.example", DNS_A), 0);
	assert_int_equal(out.count, 0);
}

static void test_srv_naptr(void **state)
{
	UNUSED(state);
	begin(0, "_sip._udp.example", DNS_SRV, 1, 0);
	put_head("*12", DNS_SRV, 300, 6 + 12);
	put16(10);
	put16(60);
	put16(5070);
	put_name("gw1.example"); /* 13 octets: one too many for the record */
	assert_int_equal(read_answer("_sip._udp.example", DNS_SRV), 0);
	assert_int_equal(out.count, 0);
	m.data[m.len - 13 - 6 - 1] = 6 + 13;
	assert_int_equal(read_answer("_sip._udp.example", DNS_SRV), 0);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.records[0].srv.port, 5070);
	assert_string_equal(out.records[0].srv.target, "gw1.example");
	begin(0, "example", DNS_NAPTR, 1, 0);
	put_head("*12", DNS_NAPTR, 300, 4 + 2 + 8 + 1 + 19);
	put16(10);
	put16(50);
	put("\1s\7SIP+D2U\0", 11);
	put_name("_sip._udp.example");
	assert_int_equal(read_answer("example", DNS_NAPTR), 0);
	assert_int_equal(out.count, 1);
	assert_string_equal(out.records[0].naptr.service, "SIP+D2U");
	assert_string_equal(out.records[0].naptr.replacement, "_sip._udp.example");
	assert_false(out.records[0].naptr.has_regexp);
}

static void put_soa(uint32_t ttl, uint32_t minimum)
{
	put_head("example", DNS_SOA, ttl, 22);
	put("\0\0", 2);
	for (int i = 0; i < 4; i++)
		put32(7200);
	put32(minimum);
}

static void test_negative(void **state)
{
	UNUSED(state);
	begin(3, "no.example", DNS_A, 0, 1);
	put_soa(900, 120);
	assert_int_equal(read_answer("no.example", DNS_A), 0);
	assert_int_equal(out.rcode, 3);
	assert_true(out.has_soa);
	assert_int_equal(out.ttl_s, 120);
	begin(0, "no.example", DNS_A, 0, 1);
	put_soa(20, 120);
	assert_int_equal(read_answer("no.example", DNS_A), 0);
	assert_int_equal(out.ttl_s, 20);
	begin(2, "no.example", DNS_A, 0, 0);
	assert_int_equal(read_answer("no.example", DNS_A), 0);
	assert_int_equal(out.rcode, 2);
	assert_false(out.has_soa);
}

static void test_refused(void **state)
{
	UNUSED(state);
	begin(0, "gw.example", DNS_A, 1, 0);
	put_a("*12", 300, "192.0.2.1");
	assert_int_equal(read_answer("other.example", DNS_A), -EBADMSG);
	assert_int_equal(read_answer("gw.example", DNS_AAAA), -EBADMSG);
	assert_int_equal(read_answer("", DNS_A), -EBADMSG);
	m.data[2] = 0x01; /* a question */
	assert_int_equal(read_answer("gw.example", DNS_A), -EBADMSG);
	/* A pointer forwards, and to itself. */
	begin(0, "gw.example", DNS_A, 1, 0);
	put_a("*40", 300, "192.0.2.1");
	assert_int_equal(read_answer("gw.example", DNS_A), 0);
	assert_int_equal(out.count, 0);
	begin(0, "gw.example", DNS_A, 1, 0);
	put_a("*28", 300, "192.0.2.1");
	assert_int_equal(read_answer("gw.example", DNS_A), 0);
	assert_int_equal(out.count, 0);
	/* Every prefix of a message is read without harm. */
	begin(0, "gw.example", DNS_A, 2, 0);
	put_a("*12", 300, "192.0.2.1");
	put_a("*12", 300, "192.0.2.2");
	for (size_t whole = m.len; m.len > 0; m.len--)
		assert_true(read_answer("gw.example", DNS_A) == -EBADMSG || m.len == whole ||
			    out.count < 2);
}

static void test_many(void **state)
{
	UNUSED(state);
	begin(0, "gw.example", DNS_A, LIMIT_DNS_RECORDS + 3, 0);
	for (int i = 0; i < LIMIT_DNS_RECORDS + 3; i++)
		put_a("*12", 300, "192.0.2.1");
	assert_int_equal(read_answer("gw.example", DNS_A), 0);
	assert_int_equal(out.count, LIMIT_DNS_RECORDS);
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} table[] = {
		{"a", true},
		{"a.b.", true},
		{"_sip._udp.Example", true},
		{"1.2", true},
		{"", false},
		{".", false},
		{"a..b", false},
		{".a", false},
		{"a b", false},
		{"a/b", false},
		{"0123456789012345678901234567890123456789012345678901234567890123", false},
		{"012345678901234567890123456789012345678901234567890123456789012", true},
	};
	char name[DNS_NAME_ROOM];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (dns_copy_name(name, slice_str(table[i].text)) != table[i].ok)
			fail_msg("%s", table[i].text);
	assert_true(dns_copy_name(name, SLICE_LIT("A.B.")));
	assert_string_equal(name, "a.b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_srv_naptr), cmocka_unit_test(test_negative),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
