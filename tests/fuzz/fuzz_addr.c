/* tests/fuzz/fuzz_addr.c - what the parsers take must come back from its own text. */
#include "engine/base/check.h"
#include "engine/io/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct addr a = {0}, again = {0};
	struct addr_net net;
	char buf[ADDR_TEXT];

	if (addr_parse(&a, text, 5060)) {
		check(addr_parse(&again, slice_str(addr_text(&a, buf)), 1));
		check(addr_eq(&a, &again));
		check(addr_hash(&a, 1) == addr_hash(&again, 1));
	}
	if (addr_net_parse(&net, text))
		check(addr_net_has(&net, &net.base));
	return 0;
}
