/* tests/unit/sip/test_ident.c - branches and tags keep their place through text; guesses do not. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "sip/ident.h"
#include "tests/unit/cmocka.h"

static void test_round_trip(void **state)
{
	struct rng rng;

	UNUSED(state);
	rng_seed(&rng, 1);
	for (int i = 0; i < 10000; i++) {
		char text[SIP_IDENT_LEN], branch[SIP_BRANCH_LEN];
		struct sip_ident out,
			id = {
				.shard = rng_below(&rng, LIMIT_SHARDS),
				.kind = (uint8_t)rng_below(&rng, 4),
				.handle = handle_make(rng_u32(&rng),
						      rng_below(&rng, SIP_IDENT_INDEX_MAX)),
				.nonce = sip_ident_nonce(&rng),
			};

		sip_ident_write(&id, text);
		assert_true(sip_ident_read(slice_make(text, sizeof(text)), &out));
		assert_true(out.shard == id.shard && out.kind == id.kind &&
			    out.handle == id.handle && out.nonce == id.nonce);
		sip_ident_branch(&id, branch);
		assert_true(sip_ident_read_branch(slice_make(branch, sizeof(branch)), &out));
		assert_true(out.handle == id.handle);
		/* as a version 4 UUID */
		assert_true(text[14] == '4' && memchr("89ab", text[19], 4) != NULL);
		assert_true(text[8] == '-' && text[13] == '-' && text[18] == '-' &&
			    text[23] == '-');
	}
}

static void test_not_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"a",
		"00000000-0000-4000-8000-00000000000",
		"00000000-0000-4000-8000-0000000000000",
		"00000000-0000-5000-8000-000000000000",
		"00000000-0000-4000-c000-000000000000",
		"0000000g-0000-4000-8000-000000000000",
		"00000000-0000-4000-8000-00000000000x",
		"00000000+0000-4000-8000-000000000000",
	};
	struct sip_ident out;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		assert_false(sip_ident_read(slice_str(texts[i]), &out));
	assert_false(sip_ident_read_branch(
		SLICE_LIT("z9hG4bKXX00000000-0000-4000-8000-000000000000"), &out));
	assert_true(sip_ident_read_branch(
		SLICE_LIT("Z9HG4BKPJ00000000-0000-4000-8000-000000000000"), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
