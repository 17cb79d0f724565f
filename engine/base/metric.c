/* engine/base/metric.c - see metric.h. */
#include "engine/base/metric.h"

#include "engine/base/check.h"

static const char *const metric_names[METRIC_COUNT] = {
#define METRIC_NAME(name, help) [METRIC_##name] = #name,
	METRIC_LIST(METRIC_NAME)
#undef METRIC_NAME
};

static const char *const metric_helps[METRIC_COUNT] = {
#define METRIC_HELP(name, help) [METRIC_##name] = help,
	METRIC_LIST(METRIC_HELP)
#undef METRIC_HELP
};

const char *metric_name(enum metric which)
{
	check(which < METRIC_COUNT);
	return metric_names[which];
}

const char *metric_help(enum metric which)
{
	check(which < METRIC_COUNT);
	return metric_helps[which];
}
