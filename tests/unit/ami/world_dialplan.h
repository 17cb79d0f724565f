/* tests/unit/ami/world_dialplan.h - the dialplan, its hints and the devices of the world: a part of
 * world.h, which alone includes it. */
#ifndef RINGER_TESTS_UNIT_AMI_WORLD_DIALPLAN_H
#define RINGER_TESTS_UNIT_AMI_WORLD_DIALPLAN_H

/* PJSIP/a is ringing, Custom:lamp busy, all else not there. */
static inline enum device_state world_device(void *arg, struct slice device)
{
	(void)arg;
	if (slice_ieq(device, SLICE_LIT("PJSIP/a")))
		return DEVICE_RINGING;
	return slice_ieq(device, SLICE_LIT("Custom:lamp")) ? DEVICE_BUSY : DEVICE_INVALID;
}

enum device_state control_device_state(struct control *c, struct slice device)
{
	return world_device(c, device);
}

uint32_t control_device_channels(const struct control *c, struct slice device)
{
	(void)c;
	(void)device;
	return 0;
}

bool control_next_device(struct control *c, uint32_t *cursor, struct slice *device,
			 enum device_state *state)
{
	static const char *const names[] = {"PJSIP/a", "Custom:lamp"};

	(void)c;
	if (*cursor == ARRAY_COUNT(names))
		return false;
	*device = slice_str(names[(*cursor)++]);
	*state = world_device(NULL, *device);
	return true;
}

bool control_find_hint(struct control *c, struct slice context, struct slice exten, char *room,
		       struct hint_view *v)
{
	struct slice name;

	(void)c;
	*v = (struct hint_view){.context = context, .exten = exten, .status = EXTEN_NO_HINT};
	if (!hint_find(world.dialplan, context, exten, room, &v->devices, &name))
		return false;
	v->status = hint_status(v->devices, world_device, NULL);
	return true;
}

/* Made anew for each question. */
static inline uint32_t world_hints(uint32_t index, struct hint_view *v)
{
	struct hints *h;
	uint32_t count;

	check(hints_create(&h, world_device, NULL) == 0 && hints_take(h, world.dialplan) == 0);
	count = hints_count(h);
	if (v)
		*v = hints_at(h, index);
	hints_destroy(h);
	return count;
}

uint32_t control_hint_count(const struct control *c)
{
	(void)c;
	return world_hints(0, NULL);
}

struct hint_view control_hint_at(struct control *c, uint32_t index)
{
	struct hint_view v;

	(void)c;
	world_hints(index, &v);
	return v;
}

int control_edit_dialplan(struct control *c, const struct dialplan_edit *edit)
{
	struct dialplan *next;
	int err;

	(void)c;
	if (world.edits_busy > 0) {
		world.edits_busy--;
		return -EBUSY;
	}
	err = dialplan_edit(&next, world.dialplan, edit);
	if (err)
		return err;
	dialplan_free(world.dialplan);
	world.dialplan = next;
	return 0;
}

#endif
