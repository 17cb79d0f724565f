/* tests/unit/rtp/test_packet.c */
#include "rtp/packet.h"

#include <string.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

struct parse_row {
	const char *name;
	uint8_t data[32];
	size_t len;
	bool good;
	size_t payload_bytes;
	size_t payload_at;
};

/* Version 2, type 0, sequence 1, timestamp 2, SSRC 3. */
#define HEAD(first, second) first, second, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3

static const struct parse_row parse_rows[] = {
	{"plain", {HEAD(0x80, 0), 7, 8}, 14, true, 2, 12},
	{"no payload", {HEAD(0x80, 0)}, 12, true, 0, 12},
	{"too short", {HEAD(0x80, 0)}, 11, false, 0, 0},
	{"empty", {0}, 0, false, 0, 0},
	{"version 1", {HEAD(0x40, 0)}, 12, false, 0, 0},
	{"version 3", {HEAD(0xc0, 0)}, 12, false, 0, 0},
	{"two CSRCs", {HEAD(0x82, 0), 1, 1, 1, 1, 2, 2, 2, 2, 9}, 21, true, 1, 20},
	{"CSRCs beyond the end", {HEAD(0x82, 0), 1, 1, 1, 1}, 16, false, 0, 0},
	{"extension", {HEAD(0x90, 0), 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 9, 9}, 22, true, 2, 20},
	{"empty extension", {HEAD(0x90, 0), 0, 0, 0, 0, 9}, 17, true, 1, 16},
	{"extension without its head", {HEAD(0x90, 0), 0, 0}, 14, false, 0, 0},
	{"extension beyond the end", {HEAD(0x90, 0), 0, 0, 0xff, 0xff, 1}, 17, false, 0, 0},
	{"padding", {HEAD(0xa0, 0), 9, 9, 0, 2}, 16, true, 2, 12},
	{"nothing but padding", {HEAD(0xa0, 0), 0, 0, 0, 4}, 16, true, 0, 12},
	{"padding zero", {HEAD(0xa0, 0), 9, 9, 9, 0}, 16, false, 0, 0},
	{"padding beyond the payload", {HEAD(0xa0, 0), 9, 9, 9, 5}, 16, false, 0, 0},
	{"padding of no payload", {HEAD(0xa0, 0)}, 12, false, 0, 0},
	{"CSRC, extension and padding",
	 {HEAD(0xb1, 0), 1, 1, 1, 1, 0, 0, 0, 1, 5, 5, 5, 5, 9, 9, 0, 2},
	 28,
	 true,
	 2,
	 24},
};

static void test_parse(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(parse_rows); i++) {
		const struct parse_row *row = &parse_rows[i];
		struct rtp_packet p;

		print_message("%s\n", row->name);
		assert_int_equal(rtp_packet_parse(&p, row->data, row->len), row->good);
		if (!row->good)
			continue;
		assert_int_equal(p.seq, 1);
		assert_int_equal(p.ts, 2);
		assert_int_equal(p.ssrc, 3);
		assert_int_equal(p.payload_bytes, row->payload_bytes);
		assert_ptr_equal(p.payload, row->data + row->payload_at);
	}
}

static void test_write_reads_back(void **state)
{
	struct rtp_packet in = {.payload_type = 101,
				.marker = true,
				.seq = 0xfedc,
				.ts = 0x89abcdef,
				.ssrc = 0xdeadbeef};
	static const uint8_t wire[] = {0x80, 0xe5, 0xfe, 0xdc, 0x89, 0xab,
				       0xcd, 0xef, 0xde, 0xad, 0xbe, 0xef};
	uint8_t buf[RTP_HEADER_BYTES];
	struct rtp_packet out;

	UNUSED(state);
	rtp_packet_write(buf, &in);
	assert_memory_equal(buf, wire, sizeof(wire));
	assert_true(rtp_packet_parse(&out, buf, sizeof(buf)));
	assert_true(out.marker);
	assert_int_equal(out.payload_type, 101);
	assert_int_equal(out.seq, in.seq);
	assert_int_equal(out.ts, in.ts);
	assert_int_equal(out.ssrc, in.ssrc);
}

static void test_rtcp_is_told_apart(void **state)
{
	static const struct {
		uint8_t second;
		bool rtcp;
	} rows[] = {{0, false},	 {0x80, false}, {101, false}, {0xe5, false}, {191, false},
		    {192, true}, {200, true},	{223, true},  {224, false}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint8_t data[2] = {0x80, rows[i].second};

		assert_int_equal(rtp_packet_is_rtcp(data, 2), rows[i].rtcp);
	}
	assert_false(rtp_packet_is_rtcp("\x80", 1));
}

static void test_differences_wrap(void **state)
{
	UNUSED(state);
	assert_int_equal(rtp_seq_diff(2, 65534), 4);
	assert_int_equal(rtp_seq_diff(65534, 2), -4);
	assert_int_equal(rtp_ts_diff(80, UINT32_MAX - 79), 160);
	assert_int_equal(rtp_ts_diff(UINT32_MAX - 79, 80), -160);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_write_reads_back),
		cmocka_unit_test(test_rtcp_is_told_apart),
		cmocka_unit_test(test_differences_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
