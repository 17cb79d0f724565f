/* tests/unit/sip/test_pcap.c - files of packets, octet by octet. */
#include "sip/pcap.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

/* "0a 0b ..." of what was written; blanks in `want` stand where they please. */
static void expect_hex(const struct sink *out, const char *want)
{
	char got[1024], plain[1024];
	size_t len = 0, used = 0;

	assert_false(out->over);
	for (size_t i = 0; i < out->len; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%02x",
					(unsigned char)out->ptr[i]);
	for (; *want; want++)
		if (*want != ' ')
			plain[used++] = *want;
	plain[used] = 0;
	assert_string_equal(got, plain);
}

static struct addr at(const char *text)
{
	struct addr a;

	assert_true(addr_parse(&a, slice_str(text), 0));
	return a;
}

static void test_head(void **state)
{
	char room[64];
	struct sink out = sink_make(room, sizeof(room));

	UNUSED(state);
	pcap_write_head(&out, 65535);
	assert_int_equal(out.len, PCAP_FILE_HEAD);
	expect_hex(&out, "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000");
}

/* tshark takes the sums of both packets for good. */
static void test_packet(void **state)
{
	struct pcap_packet p = {
		.wall_ns = 1767225600123456789,
		.from = at("10.0.0.1:5060"),
		.to = at("10.0.0.9:5070"),
		.data = SLICE_LIT("SIP"),
		.len = 3,
	};
	char room[256];
	struct sink out = sink_make(room, sizeof(room));

	UNUSED(state);
	pcap_write_packet(&out, &p);
	expect_hex(&out, "00b95569 40e20100 2d000000 2d000000"
			 "000000000000 000000000000 0800"
			 "4500 001f 0000 0000 40 11 66c5 0a000001 0a000009"
			 "13c4 13ce 000b 20f3 534950");
}

static void test_packet_ipv6(void **state)
{
	struct pcap_packet p = {
		.from = at("[2001:db8::1]:5060"),
		.to = at("[2001:db8::2]:5060"),
		.data = SLICE_LIT("SIP/"),
		.len = 4,
	};
	char room[256];
	struct sink out = sink_make(room, sizeof(room));

	UNUSED(state);
	pcap_write_packet(&out, &p);
	assert_true(out.len <= PCAP_PACKET_HEAD + p.len);
	expect_hex(&out, "00000000 00000000 42000000 42000000"
			 "000000000000 000000000000 86dd"
			 "60000000 000c 11 40"
			 "20010db8000000000000000000000001 20010db8000000000000000000000002"
			 "13c4 13c4 000c d960 5349502f");
}

/* What is cut says how long it was, and has no checksum; no length is more than its field holds. */
static void test_cut(void **state)
{
	static const struct {
		uint32_t len;
		const char *orig, *ip, *udp;
	} rows[] = {
		{1000, "12040000", "0404", "03f0"},
		{70000, "9a110100", "ffff", "ffff"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct pcap_packet p = {
			.to = at("10.0.0.9:5060"), .data = SLICE_LIT("SIP"), .len = rows[i].len};
		char room[256], text[512] = "";
		struct sink out = sink_make(room, sizeof(room));

		pcap_write_packet(&out, &p);
		for (size_t k = 0; k < out.len; k++)
			snprintf(text + 2 * k, sizeof(text) - 2 * k, "%02x",
				 (unsigned char)out.ptr[k]);
		assert_memory_equal(text + 2 * 8, "2d000000", 8);
		assert_memory_equal(text + 2 * 12, rows[i].orig, 8);
		assert_memory_equal(text + 2 * 32, rows[i].ip, 4);
		assert_memory_equal(text + 2 * 54, rows[i].udp, 4);
		assert_memory_equal(text + 2 * 56, "0000", 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_packet_ipv6),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
