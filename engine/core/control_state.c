/* engine/core/control_state.c - what channels mean for devices, and devices for hints. control.h */
#include "engine/core/control_internal.h"

#include "engine/base/log.h"
#include "engine/core/db.h"
#include "engine/core/tech_admin.h"

#include <errno.h>

static enum device_state state_of(void *arg, struct slice device)
{
	return control_device_state(arg, device);
}

int control_create_states(struct control *c)
{
	return hints_create(&c->hints, state_of, c);
}

void control_destroy_states(struct control *c)
{
	hints_destroy(c->hints);
}

/* ---- telling ---- */

static void state_tell_hint(void *arg, const struct hint_view *v)
{
	struct control *c = arg;
	struct event e = {.kind = EVENT_EXTENSIONSTATUS,
			  .chan = HANDLE_NONE,
			  .wall_ns = io_wall_ns(c->conf.io),
			  .text = {v->exten, v->context, v->devices},
			  .number = {v->status}};

	control_publish(c, &e);
}

static void state_tell(struct control *c, struct slice device, enum device_state state)
{
	struct event e = {.kind = EVENT_DEVICESTATECHANGE,
			  .chan = HANDLE_NONE,
			  .wall_ns = io_wall_ns(c->conf.io),
			  .text = {device, slice_str(device_state_name(state))}};

	control_publish(c, &e);
	hints_look(c->hints, device, state_tell_hint, c);
}

void control_take_hints(struct control *c)
{
	if (hints_take(c->hints, c->dialplan))
		log_error("no memory for the hints of the dialplan: their states are not told");
	hints_look(c->hints, SLICE_EMPTY, state_tell_hint, c);
}

/* ---- devices ---- */

/* "PJSIP/trunk-0000001a" is a channel of PJSIP/trunk. */
static struct slice state_device_of(struct slice channel)
{
	size_t dash = slice_rfind(channel, '-');

	return slice_find(channel, '/') == SIZE_MAX || dash == SIZE_MAX ? SLICE_EMPTY
									: slice_head(channel, dash);
}

void control_note_chan(struct control *c, struct roster_chan *chan, enum event_kind kind)
{
	struct slice device;
	enum device_state now, next = DEVICE_STATE_COUNT;

	if (!c->conf.devices ||
	    !(kind == EVENT_NEWCHANNEL || kind == EVENT_NEWSTATE || kind == EVENT_HOLD ||
	      kind == EVENT_UNHOLD || kind == EVENT_HANGUP))
		return;
	device = state_device_of(chan->snap.name);
	if (device.len == 0)
		return;
	if (kind != EVENT_HANGUP)
		next = device_state_of_channel(chan->snap.state, chan->is_held);
	if (devices_move(c->conf.devices, device, (enum device_state)chan->device_state, next,
			 &now))
		state_tell(c, device, now);
	chan->device_state = (uint8_t)next;
}

void control_note_device(struct control *c, struct slice device, enum device_state state)
{
	enum device_state now;

	if (c->conf.devices && devices_set(c->conf.devices, device, state, &now))
		state_tell(c, device, now);
}

void control_set_busy_at(struct control *c, struct slice device, uint32_t calls)
{
	enum device_state now;

	if (c->conf.devices && devices_set_busy_at(c->conf.devices, device, calls, &now))
		state_tell(c, device, now);
}

/* ---- Custom: devices, which nobody else remembers ---- */

static const struct slice custom_prefix = SLICE_LIT("Custom:");
static const struct slice custom_family = SLICE_LIT("CustomDevstate"); /* as in Asterisk's file */

static void state_keep(struct control *c, struct slice device, enum device_state state)
{
	int err = db_put(c->conf.db, custom_family, slice_from(device, custom_prefix.len),
			 slice_str(device_state_name(state)));

	if (err)
		log_warning("The state of %.*s will not survive a restart: the database does not "
			    "take it (%s)",
			    SLICE_ARG(device), strerror(-err));
}

/* Those of the last life. Nobody listens yet, so nothing is told. */
void control_restore_states(struct control *c)
{
	char device[LIMIT_DB_KEY + sizeof("Custom:")], key_room[LIMIT_DB_KEY];
	struct slice after = SLICE_EMPTY;
	enum device_state state, now;
	struct db_pair pair;

	while (c->conf.devices && db_next(c->conf.db, custom_family, SLICE_EMPTY, after, &pair)) {
		struct sink name = sink_make(device, sizeof(device));

		after = slice_make(key_room, slice_copy(key_room, sizeof(key_room), pair.key));
		state = device_state_by_name(pair.value);
		sink_add(&name, custom_prefix);
		sink_add(&name, slice_from(after, custom_family.len + 2)); /* behind "/family/" */
		if (state != DEVICE_STATE_COUNT)
			(void)devices_set(c->conf.devices, sink_slice(&name), state, &now);
	}
}

int control_set_device(struct control *c, struct slice device, enum device_state state)
{
	enum device_state now;

	if (!slice_istarts(device, custom_prefix) || device.len == custom_prefix.len ||
	    device.len > LIMIT_NAME || state >= DEVICE_STATE_COUNT)
		return -EINVAL;
	control_note_device(c, device, state);
	if (!c->conf.devices || !devices_get(c->conf.devices, device, &now))
		return -ENOSPC;
	state_keep(c, device, state);
	return 0;
}

void control_on_device_set(struct control *c, const struct shard_question *q)
{
	(void)control_set_device(c, slice_make(q->text, q->len[0]), (enum device_state)q->number);
}

/* An endpoint that nobody has spoken of has no contact. */
static enum device_state state_unspoken(struct control *c, struct slice device)
{
	size_t slash = slice_find(device, '/');
	const struct tech_admin *admin = control_admin(c, slice_head(device, slash));
	struct tech_object o;

	if (slice_istarts(device, SLICE_LIT("Custom:")))
		return DEVICE_UNKNOWN;
	if (slash == SIZE_MAX || !admin ||
	    !admin->ops->find(admin->impl, TECH_ENDPOINT, slice_from(device, slash + 1), &o))
		return DEVICE_INVALID;
	return DEVICE_UNAVAILABLE;
}

enum device_state control_device_state(struct control *c, struct slice device)
{
	enum device_state state;

	if (c->conf.devices && devices_get(c->conf.devices, device, &state))
		return state;
	return state_unspoken(c, device);
}

uint32_t control_device_channels(const struct control *c, struct slice device)
{
	return c->conf.devices ? devices_channels(c->conf.devices, device) : 0;
}

bool control_next_device(struct control *c, uint32_t *cursor, struct slice *device,
			 enum device_state *state)
{
	return c->conf.devices && devices_next(c->conf.devices, cursor, device, state);
}

/* ---- hints ---- */

bool control_find_hint(struct control *c, struct slice context, struct slice exten, char *room,
		       struct hint_view *v)
{
	struct slice name;

	*v = (struct hint_view){.context = context, .exten = exten, .status = EXTEN_NO_HINT};
	if (!hint_find(c->dialplan, context, exten, room, &v->devices, &name))
		return false;
	v->status = hint_status(v->devices, state_of, c);
	return true;
}

uint32_t control_hint_count(const struct control *c)
{
	return hints_count(c->hints);
}

struct hint_view control_hint_at(struct control *c, uint32_t index)
{
	return hints_at(c->hints, index);
}
