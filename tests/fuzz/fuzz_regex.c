/* Any octets are some regular expression; none of them takes time or memory without bound. */
#include "engine/base/regex.h"

#include <stdint.h>
#include <string.h>

#define TEXT_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char pattern[TEXT_MAX];
	regex_t re;

	if (size >= TEXT_MAX)
		size = TEXT_MAX - 1;
	memcpy(pattern, data, size);
	pattern[size] = 0;
	if (regex_compile(&re, pattern, REG_NOSUB) == 0)
		regfree(&re);
	return 0;
}
