/* engine/core/func_state.c - functions on states: DEVICE_STATE, EXTENSION_STATE, HINT. */
#include "engine/core/func_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/hint.h"
#include "engine/core/shard.h"

#include <errno.h>

/* ---- DEVICE_STATE ---- */

static void device_read(struct func_call *f, struct sink *out)
{
	enum device_state state = shard_device_state(f->c->shard, slice_trim(func_args(f)));

	sink_str(out, device_state_name(state));
}

static int device_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice device = slice_trim(args);
	enum device_state state = device_state_by_name(slice_trim(value));

	if (!slice_istarts(device, SLICE_LIT("Custom:"))) {
		log_warning("The DEVICE_STATE function can only be used to set 'Custom:' devices, "
			    "not '%.*s'",
			    SLICE_ARG(device));
		return -EINVAL;
	}
	if (state == DEVICE_STATE_COUNT) {
		log_warning(
			"Unknown device state value '%.*s'; use NOT_INUSE, INUSE, BUSY, INVALID, "
			"UNAVAILABLE, RINGING, RINGINUSE, ONHOLD or UNKNOWN",
			SLICE_ARG(value));
		return -EINVAL;
	}
	return shard_set_device(c->shard, device, state);
}

const struct func func_device_state = {"DEVICE_STATE", "Get or set a device's state.", device_read,
				       device_write, 0};

/* ---- EXTENSION_STATE, HINT ---- */

struct hint_of {
	char room[LIMIT_APPDATA];
	struct slice devices, name;
};

/* "exten[@context]"; the channel's own context else. */
static bool hint_of_place(const struct func_call *f, struct slice place, struct hint_of *h)
{
	size_t at = slice_find(place, '@');
	struct slice context =
		at == SIZE_MAX ? slice_str(f->c->context) : slice_from(place, at + 1);

	return hint_find(f->c->shard->dialplan, context, slice_head(place, at), h->room,
			 &h->devices, &h->name);
}

static enum device_state state_of(void *arg, struct slice device)
{
	return shard_device_state(arg, device);
}

static const char *extension_text(int status)
{
	switch (status) {
	case EXTEN_IDLE:
		return "NOT_INUSE";
	case EXTEN_INUSE:
		return "INUSE";
	case EXTEN_BUSY:
		return "BUSY";
	case EXTEN_UNAVAILABLE:
		return "UNAVAILABLE";
	case EXTEN_RINGING:
		return "RINGING";
	case EXTEN_INUSE | EXTEN_RINGING:
		return "RINGINUSE";
	case EXTEN_HOLD:
		return "ONHOLD";
	case EXTEN_INUSE | EXTEN_HOLD:
		return "HOLDINUSE";
	default:
		return "UNKNOWN";
	}
}

static void extension_read(struct func_call *f, struct sink *out)
{
	int status = EXTEN_NO_HINT;
	struct hint_of h;

	if (hint_of_place(f, slice_trim(func_args(f)), &h))
		status = hint_status(h.devices, state_of, f->c->shard);
	sink_str(out, extension_text(status));
}

const struct func func_extension_state = {"EXTENSION_STATE", "Get an extension's state.",
					  extension_read, 0, 0};

/* HINT(exten[@context][,name]) */
static void hint_read(struct func_call *f, struct sink *out)
{
	struct slice part[2];
	struct hint_of h;

	args_split(f->text, f->len, ',', part, 2);
	if (hint_of_place(f, slice_trim(part[0]), &h))
		subst_add(out, slice_is_true(part[1]) || slice_ieq(part[1], SLICE_LIT("name"))
				       ? h.name
				       : h.devices);
}

const struct func func_hint = {"HINT", "Gets the hint of an extension.", hint_read, 0, 0};
