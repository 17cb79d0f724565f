/* engine/core/timespec.h - time conditions of the dialplan: "9:00-17:00,mon-fri,*,*[,timezone]".
 *
 * Used by timed includes, GotoIfTime, ExecIfTime and IFTIME. Pure: civil time comes from a clock
 * callback, which also knows the time zones. */
#ifndef RINGER_CORE_TIMESPEC_H
#define RINGER_CORE_TIMESPEC_H

#include "engine/base/slice.h"

#include <time.h>

#define TIMESPEC_ZONE 64

/* Minutes of the day, and what days and months are meant, as bit sets. */
struct timespec_rule {
	uint32_t minutes[1440 / 32];
	uint32_t months;	  /* bit 0: January */
	uint32_t month_days;	  /* bit 0: the 1st */
	uint32_t week_days;	  /* bit 0: Sunday */
	char zone[TIMESPEC_ZONE]; /* "": system local time */
};

/* Gives the civil time now in a zone ("": local). False: unknown zone. */
struct timespec_clock {
	bool (*civil)(void *arg, const char *zone, struct tm *out);
	void *arg;
};

/* Told of a part that cannot be read and is left out. */
typedef void (*timespec_warn_fn)(void *arg, const char *text);

/* Fields separated by ',' (or '|'); missing or empty ones mean all. Parts that cannot be read are
 * left out and told to warn (NULL: the log). */
void timespec_parse(struct timespec_rule *rule, struct slice text, timespec_warn_fn warn,
		    void *arg);
bool timespec_fits(const struct timespec_rule *rule, const struct tm *civil);
/* Asks the clock for the rule's zone; without a clock, or in a zone that it does not know, it is
 * never the time. */
bool timespec_is_now(const struct timespec_rule *rule, const struct timespec_clock *clock);

#endif
