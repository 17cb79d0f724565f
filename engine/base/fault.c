/* engine/base/fault.c - see fault.h. */
#include "engine/base/fault.h"

#include "engine/base/check.h"

#ifdef RINGER_FAULTS
enum fault fault_active = FAULT_none;
#endif

static const char *const fault_names[FAULT_COUNT] = {[FAULT_none] = "none",
#define FAULT_NAME(name) [FAULT_##name] = #name,
						     FAULT_LIST(FAULT_NAME)
#undef FAULT_NAME
};

const char *fault_name(enum fault f)
{
	check(f < FAULT_COUNT);
	return fault_names[f];
}
