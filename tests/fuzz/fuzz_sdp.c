/* tests/fuzz/fuzz_sdp.c - a session description, and our answer to it read again. */
#include "tests/unit/sip/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk_sdp(slice_make((const char *)data, size));
	return 0;
}
