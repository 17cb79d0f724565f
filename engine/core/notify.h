/* engine/core/notify.h - what a NOTIFY says: between those who order one (AMI, the console) and the
 * technology that sends it. */
#ifndef RINGER_CORE_NOTIFY_H
#define RINGER_CORE_NOTIFY_H

#include "engine/base/limits.h"
#include "engine/base/sink.h"

/* Besides what the technology writes by itself. */
struct notify_text {
	struct slice lines; /* whole header lines; Content-Type is one of them if there is a body */
	struct slice body;
};

/* Room in which one is put together. */
struct notify_room {
	char lines[LIMIT_NOTIFY_LINES];
	char body[LIMIT_NOTIFY_BODY];
};

/* Who gets it, if not the far end of a call. */
enum notify_peer {
	NOTIFY_ENDPOINT, /* all contacts of an endpoint */
	NOTIFY_URI,
};

/* A header, or with the name "Content" a line of the body. */
struct notify_pair {
	struct slice name, value;
};

#endif
