/* tests/unit/ami/world_chan.h - what is done to the channels of the world and asked of them: a part
 * of world.h, which alone includes it. */
#ifndef RINGER_TESTS_UNIT_AMI_WORLD_CHAN_H
#define RINGER_TESTS_UNIT_AMI_WORLD_CHAN_H

static inline void world_note(const char *what, struct slice a, struct slice b, int number)
{
	size_t used = strlen(world.commands);

	snprintf(world.commands + used, sizeof(world.commands) - used, "%s %.*s %.*s %d\n", what,
		 SLICE_ARG(a), SLICE_ARG(b), number);
}

void control_hangup(struct control *c, const struct roster_chan *chan, int cause)
{
	(void)c;
	world_note("hangup", chan->snap.name, SLICE_EMPTY, cause);
}

static inline void world_ask(control_reply_fn fn, void *arg, bool ok, const char *value)
{
	if (world.late_answers)
		world.question = (struct world_question){fn, arg};
	else
		fn(arg, ok, slice_str(value));
}

/* NULL: not set. */
static inline const char *world_var(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(world.vars) && world.vars[i][0]; i++)
		if (slice_eq(slice_str(world.vars[i][0]), name))
			return world.vars[i][1];
	return NULL;
}

void control_getvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    bool guarded, control_reply_fn fn, void *arg)
{
	const char *value = guarded && slice_starts(name, SLICE_LIT("DB(")) ? "" : world_var(name);

	(void)c, (void)chan;
	world_ask(fn, arg, value != NULL, value);
}

void control_setvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    struct slice value, bool guarded, control_reply_fn fn, void *arg)
{
	(void)c;
	world_note(chan ? "set" : "global", name, value, guarded);
	world_ask(fn, arg, !slice_eq(name, SLICE_LIT("BAD()")), "");
}

void control_list_vars(struct control *c, const struct roster_chan *chan, control_reply_fn fn,
		       void *arg)
{
	(void)c;
	(void)chan;
	world_ask(fn, arg, true, "LEAD=4711\nEMPTY=\n");
}

#define WORLD_DESCRIPTION "(ulaw)\nulaw\n1795447099"

void control_describe(struct control *c, const struct roster_chan *chan, control_reply_fn fn,
		      void *arg)
{
	(void)c;
	(void)chan;
	world_ask(fn, arg, !world.redirect_full, WORLD_DESCRIPTION);
}

bool control_refuse(struct control *c, const struct roster_chan *chan, uint32_t status)
{
	(void)c;
	if (world.redirect_full)
		return false;
	world_note("refuse", chan->snap.name, SLICE_EMPTY, (int)status);
	return true;
}

bool control_redirect(struct control *c, const struct roster_chan *chan, struct slice context,
		      struct slice exten, int32_t priority)
{
	(void)c;
	if (world.redirect_full || (world.redirect_fails_at && --world.redirect_fails_at == 0))
		return false;
	world_note("redirect", chan->snap.name, context, priority);
	world_note("...", exten, SLICE_EMPTY, 0);
	return true;
}

void control_digit(struct control *c, const struct roster_chan *chan, char digit,
		   uint32_t duration_ms, bool received, control_reply_fn fn, void *arg)
{
	(void)c;
	world_note(received ? "received" : "digit", chan->snap.name, slice_make(&digit, 1),
		   (int)duration_ms);
	world_ask(fn, arg, !world.redirect_full, "");
}

void control_send_text(struct control *c, const struct roster_chan *chan, struct slice content_type,
		       struct slice text, control_reply_fn fn, void *arg)
{
	(void)c;
	(void)chan;
	world_note("text", content_type, text, 0);
	world_ask(fn, arg, !world.redirect_full, "");
}

void control_notify(struct control *c, const struct roster_chan *chan,
		    const struct notify_text *text, control_reply_fn fn, void *arg)
{
	(void)c;
	world_note("notify", chan->snap.name, text->lines, (int)text->body.len);
	world_ask(fn, arg, !world.redirect_full, "");
}

#endif
