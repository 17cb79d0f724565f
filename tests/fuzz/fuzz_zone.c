/* tests/fuzz/fuzz_zone.c - zone files: whatever is taken gives a civil time at any instant. */
#include "engine/base/check.h"
#include "engine/core/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t instants[] = {INT64_C(-4000000000), 0,	     1420070400,
					   1767225600,		 2840140800, INT64_C(253402300799)};
	struct keep keep = KEEP_INIT;
	const struct zone *z;
	struct tm civil;

	if (zone_parse(&z, &keep, SLICE_LIT("x"), slice_make((const char *)data, size))) {
		for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
			zone_civil(z, instants[i], &civil);
			check(civil.tm_mon >= 0 && civil.tm_mon < 12 && civil.tm_zone);
		}
	}
	keep_free(&keep);
	return 0;
}
