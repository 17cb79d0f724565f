/* tests/unit/rtp/test_codec_g711.c */
#include "rtp/codec_g711.h"

#include <stdlib.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

/* The formulas of G.711, as a reference for the tables. */
static int ulaw_value(unsigned code)
{
	unsigned u = ~code & 0xff;
	int size = (int)(((u & 15) * 8 + 132) << (u >> 4 & 7)) - 132;

	return u & 0x80 ? -size : size;
}

static int alaw_value(unsigned code)
{
	unsigned a = code ^ 0x55, segment = a >> 4 & 7, step = (a & 15) * 16;
	int size = segment ? (int)((step + 0x108) << (segment - 1)) : (int)step + 8;

	return a & 0x80 ? size : -size;
}

static void test_tables(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(g711_ulaw_linear[i], ulaw_value(i));
		assert_int_equal(g711_alaw_linear[i], alaw_value(i));
	}
	assert_int_equal(g711_ulaw_linear[G711_ULAW_SILENCE], 0);
	assert_int_equal(abs(g711_alaw_linear[G711_ALAW_SILENCE]), 8);
}

static void test_every_code_encodes_to_itself(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < 256; i++) {
		/* u-law has two zeros. */
		if (i != 0x7f)
			assert_int_equal(g711_ulaw_encode(g711_ulaw_linear[i]), i);
		assert_int_equal(g711_alaw_encode(g711_alaw_linear[i]), i);
	}
}

/* The code chosen is the nearest, up to half a step at the decision values. */
static void test_every_sample_encodes_near(void **state)
{
	UNUSED(state);
	for (int v = -32768; v < 32768; v++) {
		int ulaw = g711_ulaw_linear[g711_ulaw_encode((int16_t)v)];
		int alaw = g711_alaw_linear[g711_alaw_encode((int16_t)v)];
		int size = abs(v);
		int ulaw_step = 8, alaw_step = 16;

		for (int edge = 256; edge <= size + 132; edge *= 2)
			ulaw_step *= 2;
		for (int edge = 512; edge <= size; edge *= 2)
			alaw_step *= 2;
		if (size < 32636)
			assert_in_range((unsigned)abs(ulaw - v), 0, (unsigned)ulaw_step / 2);
		assert_in_range((unsigned)abs(alaw - v), 0, (unsigned)alaw_step / 2 + 1);
		if (v != 0)
			assert_true((long)alaw * v > 0);
	}
}

static void test_conversion_is_nearest_and_keeps_the_sign(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < 256; i++) {
		int from_u = g711_ulaw_linear[i], from_a = g711_alaw_linear[i];
		int to_a = g711_alaw_linear[g711_ulaw_alaw[i]];
		int to_u = g711_ulaw_linear[g711_alaw_ulaw[i]];

		for (unsigned c = 0; c < 256; c++) {
			assert_true(abs(to_a - from_u) <= abs(g711_alaw_linear[c] - from_u));
			assert_true(abs(to_u - from_a) <= abs(g711_ulaw_linear[c] - from_a));
		}
		assert_int_equal(g711_ulaw_alaw[i] & 0x80, i & 0x80);
	}
	assert_int_equal(g711_ulaw_alaw[G711_ULAW_SILENCE], G711_ALAW_SILENCE);
}

static void test_blocks(void **state)
{
	int16_t linear[4] = {0, 1000, -1000, 32767}, back[4];
	uint8_t law[4];

	UNUSED(state);
	g711_encode(G711_ULAW, law, linear, 4);
	assert_int_equal(law[0], 0xff);
	assert_int_equal(law[3], 0x80);
	g711_decode(G711_ULAW, back, law, 4);
	assert_int_equal(back[1], -back[2]);
	g711_convert(G711_ALAW, law, law, 4);
	g711_decode(G711_ALAW, back, law, 4);
	assert_in_range((unsigned)back[1], 950, 1050);
	g711_encode(G711_ALAW, law, linear, 4);
	assert_int_equal(law[0], 0xd5);
	g711_convert(G711_ULAW, law, law, 4);
	g711_decode(G711_ULAW, back, law, 4);
	assert_in_range((unsigned)back[1], 950, 1050);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_every_code_encodes_to_itself),
		cmocka_unit_test(test_every_sample_encodes_near),
		cmocka_unit_test(test_conversion_is_nearest_and_keeps_the_sign),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
