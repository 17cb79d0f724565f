/* ami/action_table.c - the areas joined to one table. */
#include "ami/action.h"

#include <strings.h>

/* Those that clients send most come first: a search passes them first. */
static const struct ami_action_area *const areas[] = {
	&ami_area_session, &ami_area_channel, &ami_area_system,
	&ami_area_config,  &ami_area_state,   &ami_area_pjsip,
};

const struct ami_action *ami_action_find(struct slice name)
{
	for (uint32_t a = 0; a < ARRAY_COUNT(areas); a++)
		for (uint32_t i = 0; i < areas[a]->count; i++)
			if (slice_ieq(slice_str(areas[a]->rows[i].name), name))
				return &areas[a]->rows[i];
	return NULL;
}

const struct ami_action *ami_action_after(const struct ami_action *last)
{
	const struct ami_action *next = NULL;

	for (uint32_t a = 0; a < ARRAY_COUNT(areas); a++)
		for (uint32_t i = 0; i < areas[a]->count; i++) {
			const struct ami_action *row = &areas[a]->rows[i];

			if (last && strcasecmp(row->name, last->name) <= 0)
				continue;
			if (!next || strcasecmp(row->name, next->name) < 0)
				next = row;
		}
	return next;
}
