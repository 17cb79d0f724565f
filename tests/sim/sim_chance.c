/* tests/sim/sim_chance.c - OpenSSL's random numbers in a simulated world come from its generator,
 * so that equal seeds give equal handshakes. */
#include "tests/sim/sim_internal.h"

#include <openssl/rand.h>

static struct rng chance;

static int chance_bytes(unsigned char *dst, int len)
{
	uint64_t word = 0;

	for (int i = 0; i < len; i++) {
		if (i % 8 == 0)
			word = rng_u64(&chance);
		dst[i] = (unsigned char)(word >> i % 8 * 8);
	}
	return 1;
}

static int chance_status(void)
{
	return 1;
}

void sim_chance_seed(uint64_t seed)
{
	static const RAND_METHOD method = {
		.bytes = chance_bytes, .pseudorand = chance_bytes, .status = chance_status};

	rng_seed(&chance, ~seed);
/* Deprecated in favour of providers, which would be 300 lines; it does what it says. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	check(RAND_set_rand_method(&method) == 1);
#pragma GCC diagnostic pop
}
