/* engine/core/zone.h - the time zones of the system, read once (RFC 8536).
 *
 * For GotoIfTime, IFTIME, STRFTIME and timed includes that name a zone: a call shard reads no
 * files, so all zones are kept in memory, from 2015 on, with the rule for what comes after the
 * table. Immutable once loaded; read by any thread. */
#ifndef RINGER_CORE_ZONE_H
#define RINGER_CORE_ZONE_H

#include "engine/core/conffile.h"
#include "engine/core/keep.h"

#include <time.h>

#define ZONE_DIR "/usr/share/zoneinfo"

struct zone;

struct zone_set {
	const struct zone **zones; /* by name */
	uint32_t count;
};

/* Reads the zones through the source's callbacks; its memory is the keep's. A system without zone
 * files gives an empty set; files that are no zones are left out. 0 or -ENOMEM. */
int zone_set_load(struct zone_set *set, struct keep *keep, const struct conffile_source *source);
/* "Europe/Berlin". NULL: unknown. */
const struct zone *zone_find(const struct zone_set *set, struct slice name);

/* Civil time of an instant (seconds since 1970); tm_zone points into the set. */
void zone_civil(const struct zone *z, int64_t unix_s, struct tm *out);

/* One file, for tests. False: not a zone file of version 2 or later. *out as long as keep. */
bool zone_parse(const struct zone **out, struct keep *keep, struct slice name, struct slice file);

#endif
