/* engine/core/hint.h - the hints of the dialplan in force, with the states that were told last.
 *
 * A list beside the snapshot, made anew for each one; states of hints that stay are carried over.
 * Owned by the control thread; the heap is used at boot, reload and edits only. */
#ifndef RINGER_CORE_HINT_H
#define RINGER_CORE_HINT_H

#include "engine/core/device.h"
#include "engine/core/dialplan.h"

struct hints;

/* The state of one device. */
typedef enum device_state (*hint_device_fn)(void *arg, struct slice device);

struct hint_view {
	struct slice context, exten;
	struct slice devices; /* as written, without presence; of a pattern with EXTEN put in */
	int status;	      /* EXTEN_... */
};

int hints_create(struct hints **out, hint_device_fn fn, void *arg); /* 0 or -ENOMEM */
void hints_destroy(struct hints *h);				    /* NULL is fine */
/* The list of dp (NULL: none), whose memory it points into. 0; -ENOMEM: the old list must not be
 * used any more, it is empty. */
int hints_take(struct hints *h, const struct dialplan *dp);

uint32_t hints_count(const struct hints *h);
/* Those that are not of patterns, by context and name: index below hints_count. */
struct hint_view hints_at(const struct hints *h, uint32_t index);

/* Calls fn for each hint whose state is another one than was told last, now that `device` changed
 * (empty: whichever). */
typedef void (*hint_change_fn)(void *arg, const struct hint_view *v);
void hints_look(struct hints *h, struct slice device, hint_change_fn fn, void *arg);

/* The hint of any extension, patterns and includes considered. room: LIMIT_APPDATA octets, for the
 * devices of a pattern. False: there is none. */
bool hint_find(const struct dialplan *dp, struct slice context, struct slice exten, char *room,
	       struct slice *devices, struct slice *name);
/* "A&B": of all of them together. */
int hint_status(struct slice devices, hint_device_fn fn, void *arg);

#endif
