/* engine/core/zone_internal.h - the rule of a zone, shared by zone.c and zone_rule.c. */
#ifndef RINGER_CORE_ZONE_INTERNAL_H
#define RINGER_CORE_ZONE_INTERNAL_H

#include "engine/base/slice.h"

#define ZONE_ABBR 8

/* A day of the year as the POSIX TZ text says it. */
struct zone_day {
	enum { ZONE_DAY_MONTH, ZONE_DAY_JULIAN, ZONE_DAY_ZERO } kind;
	int month, week, weekday; /* M3.5.0 */
	int day;		  /* J60: 1..365 without 29 February; 59: 0..365 with it */
	int32_t time_s;		  /* local time of the change */
};

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
struct zone_rule {
	char std_name[ZONE_ABBR], dst_name[ZONE_ABBR];
	int32_t std_offset_s, dst_offset_s;
	bool has_dst;
	struct zone_day begin, end;
};

bool zone_rule_parse(struct zone_rule *r, struct slice text);
bool zone_rule_is_dst(const struct zone_rule *r, int64_t unix_s);

#endif
