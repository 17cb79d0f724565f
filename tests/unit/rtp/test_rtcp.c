/* tests/unit/rtp/test_rtcp.c */
#include "rtp/rtcp.h"

#include <string.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static const struct rtcp_report full = {
	.ssrc = 0x11223344,
	.has_sender = true,
	.has_block = true,
	.sender = {.ntp = 0x0102030405060708,
		   .rtp_ts = 0x0a0b0c0d,
		   .packets = 100,
		   .octets = 16000},
	.block = {.ssrc = 0x55667788,
		  .fraction = 64,
		  .lost = -3,
		  .ext_max = 0x0001fffe,
		  .jitter = 40,
		  .lsr = 0x03040506,
		  .dlsr = 65536},
};

static const uint8_t full_wire[] = {
	0x81, 200,  0,	  12,	0x11, 0x22, 0x33, 0x44, 1,   2,	  3,	4,    5,    6,
	7,    8,    0x0a, 0x0b, 0x0c, 0x0d, 0,	  0,	0,   100, 0,	0,    0x3e, 0x80,
	0x55, 0x66, 0x77, 0x88, 64,   0xff, 0xff, 0xfd, 0,   1,	  0xff, 0xfe, 0,    0,
	0,    40,   3,	  4,	5,    6,    0,	  1,	0,   0,	  0x81, 202,  0,    3,
	0x11, 0x22, 0x33, 0x44, 1,    3,    'a',  '@',	'b', 0,	  0,	0,
};

static void test_write_sender_report(void **state)
{
	uint8_t buf[RTCP_OUT_MAX];
	size_t len = rtcp_write(buf, sizeof(buf), &full, SLICE_LIT("a@b"));

	UNUSED(state);
	assert_int_equal(len, sizeof(full_wire));
	assert_memory_equal(buf, full_wire, sizeof(full_wire));
}

static void test_write_every_shape_reads_back(void **state)
{
	UNUSED(state);
	for (unsigned shape = 0; shape < 4; shape++)
		for (size_t cname_len = 0; cname_len <= RTCP_CNAME_MAX + 1; cname_len++) {
			char cname[RTCP_CNAME_MAX + 1];
			uint8_t buf[RTCP_OUT_MAX];
			struct rtcp_report in = full, out;
			size_t len;

			memset(cname, 'x', sizeof(cname));
			in.has_sender = shape & 1;
			in.has_block = shape & 2;
			len = rtcp_write(buf, sizeof(buf), &in, slice_make(cname, cname_len));
			assert_true(len > 0);
			assert_int_equal(len % 4, 0);
			/* The list of items ends with a zero octet. */
			assert_int_equal(buf[len - 1], 0);
			assert_true(rtcp_parse(&out, buf, len, 0x55667788));
			assert_int_equal(out.ssrc, in.ssrc);
			assert_int_equal(out.has_sender, in.has_sender);
			assert_int_equal(out.has_block, in.has_block);
			if (in.has_sender)
				assert_memory_equal(&out.sender, &in.sender, sizeof(in.sender));
			if (in.has_block)
				assert_memory_equal(&out.block, &in.block, sizeof(in.block));
			/* One octet less of room is refused. */
			assert_int_equal(
				rtcp_write(buf, len - 1, &in, slice_make(cname, cname_len)), 0);
		}
}

struct row {
	const char *name;
	uint8_t data[80];
	size_t len;
	bool good, has_sender, has_block, bye;
};

#define SSRC	    0, 0, 0, 7
#define BLOCK(ssrc) 0, 0, 0, ssrc, 1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6

static const struct row rows[] = {
	{"empty", {0}, 0, false, false, false, false},
	{"half a header", {0x80, 201, 0}, 3, false, false, false, false},
	{"RR without blocks", {0x80, 201, 0, 1, SSRC}, 8, true, false, false, false},
	{"version 1", {0x40, 201, 0, 1, SSRC}, 8, false, false, false, false},
	{"length beyond the end", {0x80, 201, 0, 2, SSRC}, 8, false, false, false, false},
	{"length without the SSRC", {0x80, 201, 0, 0}, 4, false, false, false, false},
	{"trailing octets", {0x80, 201, 0, 1, SSRC, 0x80}, 9, false, false, false, false},
	{"a block about us", {0x81, 201, 0, 7, SSRC, BLOCK(9)}, 32, true, false, true, false},
	{"a block about another", {0x81, 201, 0, 7, SSRC, BLOCK(8)}, 32, true, false, false, false},
	{"two blocks, the second about us",
	 {0x82, 201, 0, 13, SSRC, BLOCK(8), BLOCK(9)},
	 56,
	 true,
	 false,
	 true,
	 false},
	{"count beyond the length",
	 {0x82, 201, 0, 7, SSRC, BLOCK(9)},
	 32,
	 false,
	 false,
	 false,
	 false},
	{"SR too short", {0x80, 200, 0, 5, SSRC}, 24, false, false, false, false},
	{"SR", {0x80, 200, 0, 6, SSRC}, 28, true, true, false, false},
	{"extension behind the blocks is skipped",
	 {0x80, 201, 0, 2, SSRC, 1, 2, 3, 4},
	 12,
	 true,
	 false,
	 false,
	 false},
	{"padding on the last", {0xa0, 201, 0, 2, SSRC, 0, 0, 0, 4}, 12, true, false, false, false},
	{"padding eats the block",
	 {0xa1, 201, 0, 7, SSRC, 0, 0, 0, 9, 1, 0, 0, 2, 0, 0,
	  0,	3,   0, 0, 0,	 4, 0, 0, 0, 5, 0, 0, 0, 4},
	 32,
	 false,
	 false,
	 false,
	 false},
	{"padding zero", {0xa0, 201, 0, 1, 0, 0, 0, 0}, 8, false, false, false, false},
	{"padding longer than the packet",
	 {0xa0, 201, 0, 1, 0, 0, 0, 8},
	 8,
	 false,
	 false,
	 false,
	 false},
	{"padding on the first",
	 {0xa0, 201, 0, 2, SSRC, 0, 0, 0, 4, 0x80, 201, 0, 1, SSRC},
	 20,
	 false,
	 false,
	 false,
	 false},
	{"APP, XR and feedback are stepped over",
	 {0x80, 201, 0, 1, SSRC, 0x80, 204, 0, 2, SSRC, 'a', 'b', 'c', 'd',
	  0x80, 207, 0, 1, SSRC, 0x81, 205, 0, 2, SSRC, 0,   0,	  0,   1},
	 40,
	 true,
	 false,
	 false,
	 false},
	{"feedback alone", {0x81, 205, 0, 2, SSRC, 0, 0, 0, 1}, 12, false, false, false, false},
	{"BYE", {0x80, 201, 0, 1, SSRC, 0x81, 203, 0, 1, SSRC}, 16, true, false, false, true},
	{"BYE of more than it has",
	 {0x80, 201, 0, 1, SSRC, 0x83, 203, 0, 1, SSRC},
	 16,
	 false,
	 false,
	 false,
	 false},
};

static void test_parse(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct rtcp_report out = {.ssrc = 0xbad};

		print_message("%s\n", row->name);
		assert_int_equal(rtcp_parse(&out, row->data, row->len, 9), row->good);
		if (!row->good) {
			assert_int_equal(out.ssrc, 0xbad);
			continue;
		}
		assert_int_equal(out.ssrc, 7);
		assert_int_equal(out.has_sender, row->has_sender);
		assert_int_equal(out.has_block, row->has_block);
		assert_int_equal(out.bye, row->bye);
		if (row->has_block) {
			assert_int_equal(out.block.lost, 2);
			assert_int_equal(out.block.ext_max, 3);
			assert_int_equal(out.block.dlsr, 6);
		}
	}
}

static void test_lost_has_a_sign(void **state)
{
	static const int32_t lost[] = {0, 1, -1, 0x7fffff, -0x800000};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(lost); i++) {
		struct rtcp_report in = full, out;
		uint8_t buf[RTCP_OUT_MAX];
		size_t len;

		in.block.lost = lost[i];
		len = rtcp_write(buf, sizeof(buf), &in, SLICE_LIT("c"));
		assert_true(rtcp_parse(&out, buf, len, in.block.ssrc));
		assert_int_equal(out.block.lost, lost[i]);
	}
}

static void test_times(void **state)
{
	/* RFC 3550 6.4.1, figure 2: A 0xb710:8000, LSR 0xb705:2000, DLSR 0x0005:4000: 6.125 s. */
	struct rtcp_block block = {.lsr = 0xb7052000, .dlsr = 0x00054000};
	int64_t rtt = 0;

	UNUSED(state);
	assert_true(rtcp_round_trip(&block, 0xb7108000, &rtt));
	assert_int_equal(rtt, INT64_C(6125000000));
	/* Clocks that disagree, or no SR seen: unknown. */
	assert_false(rtcp_round_trip(&block, 0xb7052000, &rtt));
	block.lsr = 0;
	assert_false(rtcp_round_trip(&block, 0xb7108000, &rtt));
	assert_true(rtcp_ntp(0) == UINT64_C(2208988800) << 32);
	assert_true(rtcp_ntp(1500000000) == (UINT64_C(2208988801) << 32 | 0x80000000));
	assert_int_equal(rtcp_ntp_middle(UINT64_C(0x1111222233334444)), 0x22223333);
	assert_int_equal(rtcp_dlsr(INT64_C(1500000000)), 0x18000);
	assert_int_equal(rtcp_dlsr(-5), 0);
	assert_int_equal(rtcp_dlsr(INT64_C(70000) * 1000000000), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_sender_report),
		cmocka_unit_test(test_write_every_shape_reads_back),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_lost_has_a_sign),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
