/* Any octets are some caller id; the parts stay inside their bounds. */
#include "engine/base/check.h"
#include "engine/core/callerid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct callerid id;
	struct slice text = slice_make((const char *)data, size);

	callerid_parse(&id, text, CALLERID_OF_FILE);
	check(id.name_len <= 79 && id.name[id.name_len] == '\0');
	check(id.number_len <= 79 && id.number[id.number_len] == '\0');
	callerid_parse(&id, text, CALLERID_OF_AMI);
	check(id.name_len <= CALLERID_TEXT_MAX && id.name[id.name_len] == '\0');
	check(id.number_len <= CALLERID_TEXT_MAX && id.number[id.number_len] == '\0');
	return 0;
}
