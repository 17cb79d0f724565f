/* ami/event_manual.h - what "manager show events" and "manager show event" tell.
 *
 * A page for each event that AMI can send, items and ends of lists among them; a test fails where one is missing. */
#ifndef RINGER_AMI_EVENT_MANUAL_H
#define RINGER_AMI_EVENT_MANUAL_H

#include "engine/base/slice.h"

struct ami_event_page {
	const char *name;
	const char *synopsis;
	const char *text;   /* description */
	const char *syntax; /* "Header: <value>" lines; [Header:] may be missing */
};

extern const struct ami_event_page ami_event_manual[];
extern const uint32_t ami_event_manual_count;

/* In any case; NULL: no such event. */
const struct ami_event_page *ami_event_manual_find(struct slice name);

#endif
