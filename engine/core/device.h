/* engine/core/device.h - the state of a device as its channels and its contacts make it:
 * "PJSIP/trunk".
 *
 * Control thread. Walks the roster: for lists take it once for each device shown. */
#ifndef RINGER_CORE_DEVICE_H
#define RINGER_CORE_DEVICE_H

#include "engine/core/control.h"

struct device {
	uint32_t channels;
	const char *text; /* "Not in use", "In use", "Ringing", "Ring+Inuse", "On Hold",
			     "Unavailable" */
};

/* is_online: somebody can be reached behind it. */
void device_look(struct device *d, struct control *c, struct slice tech, struct slice name,
		 bool is_online);

#endif
