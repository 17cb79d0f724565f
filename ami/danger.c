/* ami/danger.c - see danger.h. */
#include "ami/danger.h"

#include "ami/class.h"
#include "engine/base/check.h"

#define QUEUE_AGI_ARGUMENT 5 /* from 0 */

static const char *const danger_apps[] = {"agi",	"dbdeltree", "exec",   "externalivr",
					  "mixmonitor", "originate", "reload", "system"};
static const char *const danger_data[] = {"CURL", "DB",	      "EVAL", "FILE",
					  "ODBC", "REALTIME", "SHELL"};

static bool danger_has(struct slice text, const char *word)
{
	return slice_find_text(text, slice_str(word)) != SIZE_MAX;
}

static bool danger_has_icase(struct slice text, const char *word)
{
	struct slice want = slice_str(word);

	for (; text.len >= want.len; text = slice_from(text, 1))
		if (slice_istarts(text, want))
			return true;
	return false;
}

bool ami_danger_in_variable(struct slice text)
{
	return danger_has(text, "SHELL") || danger_has(text, "EVAL");
}

static bool danger_queue_runs_agi(struct slice app, struct slice data)
{
	struct slice part;

	if (!danger_has_icase(app, "queue"))
		return false;
	for (int i = 0; slice_split(&data, ',', &part); i++)
		if (i == QUEUE_AGI_ARGUMENT)
			return part.len > 0;
	return false;
}

uint32_t ami_danger_application(struct slice app, struct slice data)
{
	for (size_t i = 0; i < ARRAY_COUNT(danger_apps); i++)
		if (danger_has_icase(app, danger_apps[i]))
			return AMI_CLASS_SYSTEM;
	if (danger_queue_runs_agi(app, data))
		return AMI_CLASS_AGI | AMI_CLASS_SYSTEM;
	for (size_t i = 0; i < ARRAY_COUNT(danger_data); i++)
		if (danger_has(data, danger_data[i]))
			return AMI_CLASS_SYSTEM;
	return 0;
}
