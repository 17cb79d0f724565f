/* sip/notify_text.h - the text of a NOTIFY that somebody orders, from pairs of name and value.
 *
 * A pair is a header, or with the name Content a line of the body; lines are joined by CRLF. A body
 * goes out only together with a Content-Type. "Subscription-State: terminated" is there unless a
 * pair has another one (RFC 6665 4.1.3). Pure. */
#ifndef RINGER_SIP_NOTIFY_TEXT_H
#define RINGER_SIP_NOTIFY_TEXT_H

#include "engine/core/notify.h"

#include <stdbool.h>

/* Why a pair was left out. */
enum notify_fault {
	NOTIFY_TAKEN,
	NOTIFY_RESERVED, /* a header that the engine writes itself */
	NOTIFY_TWICE,	 /* a second Event */
	NOTIFY_BAD_NAME,
	NOTIFY_BAD_VALUE,
};
/* "is written by the engine itself" */
const char *notify_fault_text(enum notify_fault fault);

struct notify_writer {
	struct sink lines, body;
	struct slice type; /* of the body */
	bool has_content, has_event, has_state;
};

/* room must outlive what notify_writer_end gives. */
void notify_writer_init(struct notify_writer *w, struct notify_room *room);
/* value is kept until the end if the pair is a Content-Type. */
enum notify_fault notify_writer_add(struct notify_writer *w, struct slice name, struct slice value);
/* 0; -EMSGSIZE: more than there is room for. A body without a type is left out. */
int notify_writer_end(struct notify_writer *w, struct notify_text *out);
/* There is a body, and nothing says of what type. */
bool notify_writer_lacks_type(const struct notify_writer *w);

/* "type/subtype" with whatever parameters, on one line. */
bool notify_type_is_valid(struct slice type);

#endif
