/* engine/core/device.h - states of devices: what phones and trunks are doing, as Asterisk counts
 * it.
 *
 * A device is a name like "PJSIP/100" or "Custom:lamp". What stands in the table is made and
 * counted by the control thread; any thread may read a state. Devices are never removed:
 * LIMIT_DEVICES bounds them, and endpoints are far fewer. */
#ifndef RINGER_CORE_DEVICE_H
#define RINGER_CORE_DEVICE_H

#include "engine/base/slice.h"

enum device_state {
	DEVICE_UNKNOWN,
	DEVICE_NOT_INUSE,
	DEVICE_INUSE,
	DEVICE_BUSY,
	DEVICE_INVALID, /* there is no such device */
	DEVICE_UNAVAILABLE,
	DEVICE_RINGING,
	DEVICE_RINGINUSE,
	DEVICE_ONHOLD,
	DEVICE_STATE_COUNT,
};
const char *device_state_name(enum device_state s); /* "NOT_INUSE" */
const char *device_state_text(enum device_state s); /* "Not in use" */
/* DEVICE_STATE_COUNT: no such name. Without case. */
enum device_state device_state_by_name(struct slice name);

/* The state of several together: of the channels of an endpoint, of the devices of a hint. */
struct device_sum {
	enum device_state state;
	bool ringing, inuse;
};
void device_sum_begin(struct device_sum *s);
void device_sum_add(struct device_sum *s, enum device_state state);

/* What an extension shows for the state of its devices: Status of AMI, and its texts. */
enum {
	EXTEN_REMOVED = -2,
	EXTEN_NO_HINT = -1,
	EXTEN_IDLE = 0,
	EXTEN_INUSE = 1,
	EXTEN_BUSY = 2,
	EXTEN_UNAVAILABLE = 4,
	EXTEN_RINGING = 8,
	EXTEN_HOLD = 16,
};
int exten_status(enum device_state s);
const char *exten_status_text(int status); /* "InUse&Ringing" */

/* What a channel in this ChannelState adds to its endpoint. */
enum device_state device_state_of_channel(int32_t channel_state, bool is_held);

struct devices;

int devices_create(struct devices **out, uint32_t count_max); /* 0 or -ENOMEM */
void devices_destroy(struct devices *d);		      /* NULL is fine */

/* Any thread. False: nobody has said anything of that device. */
bool devices_get(const struct devices *d, struct slice name, enum device_state *state);
/* Any thread: a device that is known has that state at once; the control thread is to be told. */
void devices_assume(struct devices *d, struct slice name, enum device_state state);

/* Control thread from here on. True if the state is another one than was told last: *state. */
/* The state without channels. */
bool devices_set(struct devices *d, struct slice name, enum device_state state,
		 enum device_state *now);
/* So many channels in use make it busy (0: none do), as chan_pjsip's device_state_busy_at. */
bool devices_set_busy_at(struct devices *d, struct slice name, uint32_t calls,
			 enum device_state *now);
/* A channel of the device begins, changes or ends: what it added, what it adds. DEVICE_STATE_COUNT:
 * nothing. */
bool devices_move(struct devices *d, struct slice name, enum device_state from,
		  enum device_state to, enum device_state *now);
/* Channels that the device has now. */
uint32_t devices_channels(const struct devices *d, struct slice name);
/* The one at *cursor, which moves on; false: there are no more. */
bool devices_next(const struct devices *d, uint32_t *cursor, struct slice *name,
		  enum device_state *state);

#endif
