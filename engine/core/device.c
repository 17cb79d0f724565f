/* engine/core/device.c - see device.h. */
#include "engine/core/device.h"

/* ChannelState */
#define DEVICE_RINGING 5
#define DEVICE_DOWN    0

/* "PJSIP/trunk-00000001": the number is behind the last dash. */
static bool device_has(struct slice tech, struct slice name, struct slice channel)
{
	size_t dash = slice_rfind(channel, '-'), slash = slice_find(channel, '/');

	if (dash == SIZE_MAX || slash == SIZE_MAX || slash > dash)
		return false;
	return slice_ieq(slice_head(channel, slash), tech) &&
	       slice_eq(slice_make(channel.ptr + slash + 1, dash - slash - 1), name);
}

void device_look(struct device *d, struct control *c, struct slice tech, struct slice name,
		 bool is_online)
{
	uint32_t ringing = 0, used = 0;

	*d = (struct device){0};
	list_for (node, control_chans(c)) {
		const struct roster_chan *chan = list_entry(node, struct roster_chan, node);

		if (!device_has(tech, name, chan->snap.name))
			continue;
		d->channels++;
		ringing += chan->snap.state == DEVICE_RINGING;
		used += chan->snap.state != DEVICE_RINGING && chan->snap.state != DEVICE_DOWN;
	}
	if (ringing && used)
		d->text = "Ring+Inuse";
	else if (ringing)
		d->text = "Ringing";
	else if (used)
		d->text = "In use";
	else
		d->text = is_online ? "Not in use" : "Unavailable";
}
