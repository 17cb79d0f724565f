/* What AMI and the console ask of the control shard: views, questions to shards, snapshots.
 * control.h */
#include "engine/core/control_internal.h"

#include "engine/base/check.h"
#include "engine/core/func.h"
#include "engine/core/subst.h"

#include <errno.h>

struct io *control_io(struct control *c)
{
	return c->conf.io;
}

struct tmr_wheel *control_wheel(struct control *c)
{
	return c->wheel;
}

struct rng *control_rng(struct control *c)
{
	return &c->rng;
}

struct metrics *control_metrics(struct control *c)
{
	return c->conf.metrics;
}

struct cli *control_cli(struct control *c)
{
	return c->cli;
}

const struct dialplan *control_dialplan(struct control *c)
{
	return c->dialplan;
}

const struct queue *control_queue(const struct control *c)
{
	return c->queue;
}

uint32_t control_recording(const struct control *c)
{
	return c->recording;
}

bool control_is_stopping(const struct control *c)
{
	return (c->stopping && c->stop_how != CONTROL_STOP_CONVENIENT) || c->stopped;
}

bool control_is_asked_to_stop(const struct control *c)
{
	return c->stopping || c->stopped;
}

int64_t control_start_wall_ns(const struct control *c)
{
	return c->start_wall_ns;
}

int64_t control_reload_wall_ns(const struct control *c)
{
	return c->reload_wall_ns;
}

bool control_has_tech(const struct control *c, struct slice tech)
{
	for (uint32_t i = 0; i < c->conf.tech_count; i++) {
		if (slice_ieq(slice_str(c->conf.techs[i]->name), tech))
			return true;
	}
	return false;
}

int control_post(struct control *c, struct chore *chore)
{
	return chores_post(c->conf.chores, chore);
}

int control_originate(struct control *c, const struct originate *o, const struct source *source,
		      uint64_t cookie, uint64_t *id_out)
{
	int64_t now = io_now_ns(c->conf.io);
	int err;

	if (o->channel_id.len > 0) {
		err = idset_take(c->ids, o->channel_id, now);
		if (err)
			return err;
	}
	err = inbox_submit(c->conf.inbox, o, source, cookie, id_out);
	if (err == -ENOSPC)
		metric_inc(c->conf.metrics, METRIC_attempt_refused_full);
	if (err && o->channel_id.len > 0)
		idset_cancel(c->ids, o->channel_id); /* the next try shall be welcome */
	return err;
}

/* ---- roster ---- */

struct roster_chan *control_find_chan(struct control *c, struct slice name_or_id)
{
	return roster_find(c->roster, name_or_id);
}

struct list *control_chans(struct control *c)
{
	return roster_list(c->roster);
}

uint32_t control_chan_count(const struct control *c)
{
	return roster_count(c->roster);
}

uint32_t control_call_count(const struct control *c)
{
	return roster_calls(c->roster);
}

uint64_t control_calls_processed(const struct control *c)
{
	return roster_processed(c->roster);
}

bool control_is_id_taken(struct control *c, struct slice uniqueid)
{
	return idset_has(c->ids, uniqueid, io_now_ns(c->conf.io)) ||
	       roster_find(c->roster, uniqueid) != NULL;
}

int control_subscribe(struct control *c, control_event_fn fn, void *arg)
{
	if (c->subscriber_count == CONTROL_SUBSCRIBERS)
		return -ENOSPC;
	c->subscribers[c->subscriber_count].fn = fn;
	c->subscribers[c->subscriber_count].arg = arg;
	c->subscriber_count++;
	return 0;
}

/* ---- commands and questions ---- */

void control_hangup(struct control *c, const struct roster_chan *chan, int cause)
{
	struct shard_hangup h = {.chan = chan->chan, .cause = cause};

	/* The reserve of the pipe holds one for each channel: SHARD_HANGUP_BYTES. */
	bool first = roster_note_hangup(c->roster, chan);
	bool sent = pipe_write(c->shards[chan->shard].down, first ? PIPE_RELIABLE : PIPE_DROPPABLE,
			       SHARD_HANGUP, &h, sizeof(h));

	check(sent || !first);
}

bool control_refuse(struct control *c, const struct roster_chan *chan, uint32_t status)
{
	struct shard_hangup h = {.chan = chan->chan, .cause = -1, .status = status};

	return pipe_write(c->shards[chan->shard].down, PIPE_DROPPABLE, SHARD_HANGUP, &h, sizeof(h));
}

static bool control_send_question(struct control *c, uint32_t shard, enum shard_command kind,
				  const struct shard_question *q, struct slice a, struct slice b)
{
	size_t fixed = offsetof(struct shard_question, text);
	char *at = pipe_begin(c->shards[shard].down, PIPE_DROPPABLE, kind, fixed + a.len + b.len);

	if (!at)
		return false;
	memcpy(at, q, fixed);
	if (a.len > 0)
		memcpy(at + fixed, a.ptr, a.len);
	if (b.len > 0)
		memcpy(at + fixed + a.len, b.ptr, b.len);
	pipe_commit(c->shards[shard].down, fixed + a.len + b.len);
	return true;
}

/* What is asked of a channel, besides two texts. */
struct question_head {
	uint32_t shard;
	handle_t chan;
	enum shard_command kind;
	int32_t number;
};

static void control_ask(struct control *c, const struct question_head *head, struct slice a,
			struct slice b, control_reply_fn fn, void *arg)
{
	struct shard_question q = {
		.chan = head->chan,
		.number = head->number,
		.len = {(uint32_t)a.len, (uint32_t)b.len},
	};
	struct control_ask *ask = slab_alloc(c->asks);

	if (!ask) {
		fn(arg, false, SLICE_EMPTY);
		return;
	}
	ask->fn = fn;
	ask->arg = arg;
	q.token = slab_handle(c->asks, ask);
	if (control_send_question(c, head->shard, head->kind, &q, a, b))
		return;
	slab_free(c->asks, ask);
	fn(arg, false, SLICE_EMPTY);
}

/* chan NULL: of shard 0, about no channel. */
static struct question_head control_head(const struct roster_chan *chan, enum shard_command kind,
					 int32_t number)
{
	return (struct question_head){
		.shard = chan ? chan->shard : 0,
		.chan = chan ? chan->chan : HANDLE_NONE,
		.kind = kind,
		.number = number,
	};
}

static void control_question(struct control *c, const struct roster_chan *chan,
			     enum shard_command kind, struct slice a, struct slice b,
			     control_reply_fn fn, void *arg)
{
	struct question_head head = control_head(chan, kind, 0);

	control_ask(c, &head, a, b, fn, arg);
}

void control_digit(struct control *c, const struct roster_chan *chan, char digit,
		   uint32_t duration_ms, bool received, control_reply_fn fn, void *arg)
{
	struct question_head head = control_head(chan, SHARD_DIGIT, (int32_t)duration_ms);

	control_ask(c, &head, slice_make(&digit, 1), received ? SLICE_LIT("R") : SLICE_EMPTY, fn,
		    arg);
}

void control_send_text(struct control *c, const struct roster_chan *chan, struct slice content_type,
		       struct slice text, control_reply_fn fn, void *arg)
{
	control_question(c, chan, SHARD_TEXT, content_type, text, fn, arg);
}

void control_notify(struct control *c, const struct roster_chan *chan,
		    const struct notify_text *text, control_reply_fn fn, void *arg)
{
	control_question(c, chan, SHARD_NOTIFY, text->lines, text->body, fn, arg);
}

void control_on_answer(struct control *c, const struct shard_question *a)
{
	struct control_ask *ask = slab_get(c->asks, a->token), copy;

	if (NEVER(!ask))
		return;
	copy = *ask;
	slab_free(c->asks, ask);
	copy.fn(copy.arg, a->ok, slice_make(a->text, a->len[0]));
}

void control_getvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    bool guarded, control_reply_fn fn, void *arg)
{
	struct question_head head = control_head(chan, SHARD_GETVAR, guarded);

	control_ask(c, &head, name, SLICE_EMPTY, fn, arg);
}

static bool control_set_global(struct control *c, struct slice name, struct slice value,
			       uint32_t but_shard)
{
	struct shard_question q = {.len = {(uint32_t)name.len, (uint32_t)value.len}};
	bool ok = true;

	for (uint32_t i = 0; i < c->conf.shard_count; i++) {
		if (i != but_shard)
			ok &= control_send_question(c, i, SHARD_GLOBAL, &q, name, value);
	}
	return ok;
}

/* Told once, whoever set it: no snapshot, so "Channel: none". */
static void control_tell_global(struct control *c, struct slice name, struct slice value)
{
	struct event e = {.kind = EVENT_VARSET,
			  .chan = HANDLE_NONE,
			  .wall_ns = io_wall_ns(c->conf.io),
			  .text = {name, value}};

	control_publish(c, &e);
}

void control_spread_global(struct control *c, uint32_t from_shard, const struct pipe_record *r)
{
	const struct shard_question *q = (const void *)r->data;
	struct slice name = slice_make(q->text, q->len[0]);
	struct slice value = slice_make(q->text + q->len[0], q->len[1]);

	control_set_global(c, name, value, from_shard);
	control_tell_global(c, name, value);
}

/* GLOBAL(name) and DEVICE_STATE(Custom:...) are the functions that can be written without a
 * channel. */
static bool control_set_without_chan(struct control *c, struct slice name, struct slice value)
{
	struct slice function = SLICE_EMPTY, args = name;

	if (func_is_call(name) && !subst_is_call(name, &function, &args))
		return false;
	if (func_is_call(name) && slice_eq(function, SLICE_LIT("DEVICE_STATE")))
		return control_set_device(c, args, device_state_by_name(value)) == 0;
	if (func_is_call(name) && !slice_eq(function, SLICE_LIT("GLOBAL")))
		return false;
	if (!control_set_global(c, args, value, UINT32_MAX))
		return false;
	control_tell_global(c, args, value);
	return true;
}

void control_setvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    struct slice value, bool guarded, control_reply_fn fn, void *arg)
{
	struct question_head head = control_head(chan, SHARD_SETVAR, guarded);

	if (!chan)
		fn(arg, control_set_without_chan(c, name, value), SLICE_EMPTY);
	else
		control_ask(c, &head, name, value, fn, arg);
}

void control_list_vars(struct control *c, const struct roster_chan *chan, control_reply_fn fn,
		       void *arg)
{
	control_question(c, chan, SHARD_LISTVARS, SLICE_EMPTY, SLICE_EMPTY, fn, arg);
}

void control_describe(struct control *c, const struct roster_chan *chan, control_reply_fn fn,
		      void *arg)
{
	control_question(c, chan, SHARD_DESCRIBE, SLICE_EMPTY, SLICE_EMPTY, fn, arg);
}

void control_list(struct control *c, uint32_t shard, struct slice what, uint32_t cursor,
		  control_reply_fn fn, void *arg)
{
	struct question_head head = {
		.shard = shard,
		.chan = HANDLE_NONE,
		.kind = SHARD_LIST,
		.number = (int32_t)cursor,
	};

	control_ask(c, &head, what, SLICE_EMPTY, fn, arg);
}

bool control_redirect(struct control *c, const struct roster_chan *chan, struct slice context,
		      struct slice exten, int32_t priority)
{
	struct shard_question q = {
		.chan = chan->chan,
		.number = priority,
		.len = {(uint32_t)context.len, (uint32_t)exten.len},
	};

	return control_send_question(c, chan->shard, SHARD_REDIRECT, &q, context, exten);
}

/* ---- technologies ---- */

void control_set_admin(struct control *c, uint32_t tech, const struct tech_admin *admin)
{
	check(tech < SHARD_TECHS);
	c->admins[tech] = *admin;
}

const struct tech_admin *control_admin(struct control *c, struct slice tech)
{
	for (uint32_t i = 0; i < SHARD_TECHS; i++) {
		if (c->admins[i].ops && slice_ieq(slice_str(c->admins[i].ops->tech), tech))
			return &c->admins[i];
	}
	return NULL;
}

bool control_tech_write(struct control *c, uint32_t shard, uint32_t tech, uint32_t kind,
			const void *data, size_t len)
{
	struct pipe *down = c->shards[shard].down;
	struct shard_tech *t = pipe_begin(down, PIPE_DROPPABLE, SHARD_TECH, sizeof(*t) + len);

	if (!t)
		return false;
	t->tech = tech;
	t->kind = kind;
	if (len > 0)
		memcpy(t->data, data, len);
	pipe_commit(down, sizeof(*t) + len);
	return true;
}

bool control_media_write(struct control *c, const void *data, size_t len)
{
	bool ok = true;

	for (uint32_t i = 0; i < c->conf.shard_count; i++)
		ok &= pipe_write(c->shards[i].down, PIPE_DROPPABLE, SHARD_MEDIA, data, len);
	return ok;
}

void control_on_tech(struct control *c, uint32_t shard, const struct shard_tech *t, size_t len)
{
	const struct tech_admin *admin = &c->admins[t->tech < SHARD_TECHS ? t->tech : 0];

	if (admin->ops)
		admin->ops->fact(admin->impl, shard, t->kind, t->data, len);
}

/* ---- snapshots ---- */

void control_note_dialplan(struct control *c, const struct dialplan *dialplan)
{
	c->dialplan = dialplan;
	control_take_hints(c);
}

int control_set_queue_conf(struct control *c, const struct queue_conf *conf)
{
	return queue_set_conf(c->queue, conf, io_now_ns(c->conf.io));
}

void control_set_conf(struct control *c, const struct shard_conf *conf, void (*done)(void *arg),
		      void *arg)
{
	struct shard_conf next = *conf;

	check(c->conf_waiting == 0);
	next.generation = ++c->conf_generation;
	c->dialplan = conf->dialplan;
	control_take_hints(c);
	c->conf_done = done;
	c->conf_done_arg = arg;
	c->conf_waiting = c->conf.shard_count;
	if (!conf->is_edit)
		c->reload_wall_ns = io_wall_ns(c->conf.io);
	for (uint32_t i = 0; i < c->conf.shard_count; i++)
		check(pipe_write(c->shards[i].down, PIPE_RELIABLE, SHARD_CONF, &next,
				 sizeof(next)));
}

void control_on_conf_done(struct control *c)
{
	check(c->conf_waiting > 0);
	if (--c->conf_waiting == 0 && c->conf_done)
		c->conf_done(c->conf_done_arg);
}

int control_reload(struct control *c, struct slice module, struct sink *text)
{
	if (c->conf_waiting > 0) {
		sink_str(text, "the reload before is still under way; try again in a moment");
		return -EBUSY;
	}
	return c->conf.reload(c->conf.arg, module, text);
}

int control_edit_dialplan(struct control *c, const struct dialplan_edit *edit)
{
	if (c->conf_waiting > 0)
		return -EBUSY;
	return c->conf.edit(c->conf.arg, edit);
}
