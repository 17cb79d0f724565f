#include "engine/core/shard.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/sink.h"
#include "engine/core/chan_internal.h"
#include "engine/core/func.h"
#include "engine/core/shard_db.h"

#include <errno.h>

const struct tech *shard_find_tech(const struct shard *s, struct slice name)
{
	for (uint32_t i = 0; i < s->tech_count; i++) {
		if (slice_ieq(slice_str(s->techs[i].ops->name), name))
			return &s->techs[i];
	}
	return NULL;
}

void shard_report(struct shard *s, enum shard_fact kind, const struct outcome *o, bool failed_ran)
{
	struct shard_outcome fixed = {
		.order_id = o->order_id,
		.attempt_no = o->attempt_no,
		.shard = s->index,
		.answered = o->answered,
		.failed_ran = failed_ran,
		.is_reported = o->is_reported,
		.reason = o->reason,
		.cause = o->cause,
		.tech_code = o->tech_code,
		.channel_len = (uint32_t)o->channel.len,
		.uniqueid_len = (uint32_t)o->uniqueid.len,
	};
	/* The texts begin where the member says, which is before the padding of the whole. */
	size_t head = offsetof(struct shard_outcome, text);
	size_t bytes = head + o->channel.len + o->uniqueid.len;
	char *at;

	check(bytes <= SHARD_OUTCOME_BYTES_MAX);
	at = pipe_begin(s->up, PIPE_RELIABLE, kind, bytes);
	check(at); /* the reserve covers every channel that a credit stands for */
	memcpy(at, &fixed, head);
	at += head;
	if (o->channel.len > 0)
		memcpy(at, o->channel.ptr, o->channel.len);
	at += o->channel.len;
	if (o->uniqueid.len > 0)
		memcpy(at, o->uniqueid.ptr, o->uniqueid.len);
	pipe_commit(s->up, bytes);
}

static struct chan *shard_chan(struct shard *s, handle_t handle)
{
	return slab_get(s->chans, handle);
}

/* ---- questions ---- */

static struct slice question_text(const struct shard_question *q, unsigned which)
{
	return which == 0 ? slice_make(q->text, q->len[0])
			  : slice_make(q->text + q->len[0], q->len[1]);
}

static void shard_answer(struct shard *s, const struct shard_question *q, bool ok, struct slice value)
{
	struct shard_question a = {.token = q->token, .chan = q->chan, .ok = ok};
	size_t bytes;
	char *at;

	value = slice_head(value, LIMIT_VAR_VALUE);
	a.len[0] = (uint32_t)value.len;
	bytes = offsetof(struct shard_question, text) + value.len;
	at = pipe_begin(s->up, PIPE_RELIABLE, SHARD_ANSWER, bytes);
	check(at); /* the reserve covers as many answers as control lets wait */
	memcpy(at, &a, offsetof(struct shard_question, text));
	if (value.len > 0)
		memcpy(at + offsetof(struct shard_question, text), value.ptr, value.len);
	pipe_commit(s->up, bytes);
}

/* A function without a channel is read on one that nobody hears of, as in Asterisk. */
static bool shard_read_apart(struct shard *s, struct slice call, bool guarded, struct sink *out)
{
	struct chan *c = chan_new(s, SLICE_LIT("Dummy"), SLICE_EMPTY);

	if (!c)
		return false;
	c->unheard = true;
	c->guarded = guarded;
	func_read(c, call, out);
	chan_discard(c);
	return true;
}

/* A global variable, or one of the names that need no channel. */
static bool shard_get_global(struct shard *s, struct slice name, bool guarded, struct sink *out)
{
	struct slice value;

	if (vars_get(&s->globals, name, &value))
		sink_add(out, value);
	else if (slice_eq(name, SLICE_LIT("EPOCH")))
		sink_i64(out, io_wall_ns(s->io) / TMR_SECOND);
	else if (slice_eq(name, SLICE_LIT("SYSTEMNAME")))
		sink_str(out, s->system_name);
	else
		return func_is_call(name) && shard_read_apart(s, name, guarded, out);
	return true;
}

static void shard_getvar(struct shard *s, const struct shard_question *q)
{
	struct slice name = question_text(q, 0), value = SLICE_EMPTY;
	struct chan *c = shard_chan(s, q->chan);
	struct sink out = sink_make(s->scratch, LIMIT_APPDATA);
	bool is_set = true;

	if (q->chan == HANDLE_NONE) {
		is_set = shard_get_global(s, name, q->number != 0, &out);
		shard_answer(s, q, is_set, sink_slice(&out));
		return;
	}
	if (!c) {
		shard_answer(s, q, false, SLICE_EMPTY);
		return;
	}
	if (func_is_call(name)) {
		c->guarded = q->number != 0;
		func_read(c, name, &out);
		c->guarded = false;
		value = sink_slice(&out);
	} else {
		is_set = chan_get_var(c, name, &value);
	}
	shard_answer(s, q, is_set, value);
}

static void shard_setvar(struct shard *s, const struct shard_question *q)
{
	struct slice name = question_text(q, 0), value = question_text(q, 1);
	struct chan *c = shard_chan(s, q->chan);
	int err = -1;

	if (c) {
		c->guarded = q->number != 0;
		err = func_is_call(name) ? func_write(c, name, value) : chan_set_var(c, name, value);
		c->guarded = false;
	}
	shard_answer(s, q, err == 0, SLICE_EMPTY);
}

static void shard_listvars(struct shard *s, const struct shard_question *q)
{
	struct chan *c = shard_chan(s, q->chan);
	struct sink out = sink_make(s->scratch, LIMIT_VAR_VALUE);
	const struct var *first = NULL;

	if (q->chan == HANDLE_NONE)
		first = s->globals.first;
	else if (c)
		first = c->vars.first;
	for (const struct var *v = first; v; v = v->next) {
		struct sink before = out;

		sink_add(&out, v->name);
		sink_char(&out, '=');
		sink_add(&out, v->value);
		sink_char(&out, '\n');
		if (out.over) { /* what does not fit whole is left out */
			out = before;
			break;
		}
	}
	shard_answer(s, q, c || q->chan == HANDLE_NONE, sink_slice(&out));
}

/* Agreed upon, or what the endpoint allows. */
static struct codec_list shard_formats(const struct chan *c)
{
	enum codec agreed = c->session ? c->media->ops->codec(c->session) : CODEC_NONE;

	if (agreed == CODEC_NONE)
		return c->allow;
	return (struct codec_list){.count = 1, .codec = {(uint8_t)agreed}};
}

static void shard_describe(struct shard *s, const struct shard_question *q)
{
	struct chan *c = shard_chan(s, q->chan);
	struct sink out = sink_make(s->scratch, LIMIT_APPDATA);
	struct codec_list formats = {0};
	int64_t hangup_s = 0;

	if (c)
		formats = shard_formats(c);
	if (c && c->absolute_due_ns)
		hangup_s = (io_wall_ns(s->io) + c->absolute_due_ns - io_now_ns(s->io)) / TMR_SECOND;
	codec_list_write(&out, &formats);
	sink_fmt(&out, "\n%s\n%lld", formats.count ? codec_name(formats.codec[0]) : "",
		 (long long)hangup_s);
	shard_answer(s, q, c != NULL, sink_slice(&out));
}

/* The lines, and the cursor as last one. */
static void shard_show_list(struct shard *s, const struct shard_question *q)
{
	struct sink out = sink_make(s->scratch, LIMIT_VAR_VALUE - 16);
	uint32_t cursor = (uint32_t)q->number;
	bool ok = shard_list(s, question_text(q, 0), &cursor, &out);

	out.room = LIMIT_VAR_VALUE;
	sink_u64(&out, cursor);
	shard_answer(s, q, ok, sink_slice(&out));
}

static void shard_redirect(struct shard *s, const struct shard_question *q)
{
	struct chan *c = shard_chan(s, q->chan);

	if (c)
		chan_goto(c, question_text(q, 0), question_text(q, 1), q->number);
}

static void shard_digit(struct shard *s, const struct shard_question *q)
{
	struct chan *c = shard_chan(s, q->chan);
	char digit = q->len[0] ? q->text[0] : '\0';
	bool ok = c != NULL;

	if (c && q->len[1])
		chan_receive_digit(c, digit, (uint32_t)q->number);
	else if (c)
		ok = chan_send_digit(c, digit, (uint32_t)q->number);
	shard_answer(s, q, ok, SLICE_EMPTY);
}

static void shard_text(struct shard *s, const struct shard_question *q)
{
	struct chan *c = shard_chan(s, q->chan);

	shard_answer(s, q, c && chan_send_text(c, question_text(q, 0), question_text(q, 1)) == 0,
		     SLICE_EMPTY);
}

static void shard_notify(struct shard *s, const struct shard_question *q)
{
	const struct notify_text text = {question_text(q, 0), question_text(q, 1)};
	struct chan *c = shard_chan(s, q->chan);

	shard_answer(s, q, c && chan_notify(c, &text) == 0, SLICE_EMPTY);
}

int shard_set_global(struct shard *s, struct slice name, struct slice value)
{
	struct shard_question q = {.len = {(uint32_t)name.len, (uint32_t)value.len}};
	size_t fixed = offsetof(struct shard_question, text);
	int err = vars_set(&s->globals, name, value);
	char *at;

	if (err != 0)
		return err;
	at = pipe_begin(s->up, PIPE_DROPPABLE, SHARD_GLOBAL_SET, fixed + name.len + value.len);
	if (!at) {
		metric_inc(&s->metrics, METRIC_event_dropped);
		return 0;
	}
	memcpy(at, &q, fixed);
	memcpy(at + fixed, name.ptr, name.len);
	if (value.len > 0)
		memcpy(at + fixed + name.len, value.ptr, value.len);
	pipe_commit(s->up, fixed + name.len + value.len);
	return 0;
}

/* ---- records of technologies ---- */

bool shard_tech_write(struct shard *s, uint32_t tech, uint32_t kind, const void *data, size_t len)
{
	struct shard_tech *t = pipe_begin(s->up, PIPE_DROPPABLE, SHARD_TECH_FACT, sizeof(*t) + len);

	if (!t)
		return false;
	t->tech = tech;
	t->kind = kind;
	if (len > 0)
		memcpy(t->data, data, len);
	pipe_commit(s->up, sizeof(*t) + len);
	return true;
}

static void shard_take_tech(struct shard *s, const struct shard_tech *t, size_t len)
{
	const struct tech *tech;

	if (NEVER(t->tech >= s->tech_count))
		return;
	tech = &s->techs[t->tech];
	if (!NEVER(!tech->ops->take))
		tech->ops->take(tech->impl, t->kind, t->data, len);
}

void shard_hold_trunk(struct shard *s, struct slice name, int64_t until_ns, bool on_trial)
{
	struct shard_trunk t = {.until_ns = until_ns, .on_trial = on_trial};
	size_t fixed = offsetof(struct shard_trunk, name);
	char *at;

	name = slice_head(name, LIMIT_NAME - 1);
	t.name_len = (uint32_t)name.len;
	at = pipe_begin(s->up, PIPE_DROPPABLE, SHARD_TRUNK, fixed + name.len);
	if (!at) {
		metric_inc(&s->metrics, METRIC_event_dropped);
		return;
	}
	memcpy(at, &t, fixed);
	memcpy(at + fixed, name.ptr, name.len);
	pipe_commit(s->up, fixed + name.len);
}

int shard_set_device(struct shard *s, struct slice device, enum device_state state)
{
	struct shard_question q = {.number = (int32_t)state, .len = {(uint32_t)device.len}};
	size_t fixed = offsetof(struct shard_question, text);
	char *at;

	if (!slice_istarts(device, SLICE_LIT("Custom:")) || device.len > LIMIT_NAME || !s->devices)
		return -EINVAL;
	at = pipe_begin(s->up, PIPE_DROPPABLE, SHARD_DEVICE_SET, fixed + device.len);
	if (!at) {
		metric_inc(&s->metrics, METRIC_event_dropped);
		return -ENOSPC;
	}
	memcpy(at, &q, fixed);
	memcpy(at + fixed, device.ptr, device.len);
	pipe_commit(s->up, fixed + device.len);
	devices_assume(s->devices, device, state);
	return 0;
}

enum device_state shard_device_state(const struct shard *s, struct slice device)
{
	size_t slash = slice_find(device, '/');
	const struct tech *tech = shard_find_tech(s, slice_head(device, slash));
	struct tech_endpoint endpoint;
	enum device_state state;

	if (s->devices && devices_get(s->devices, device, &state))
		return state;
	if (slice_istarts(device, SLICE_LIT("Custom:")))
		return DEVICE_UNKNOWN;
	if (slash == SIZE_MAX || !tech ||
	    tech->ops->find(tech->impl, slice_from(device, slash + 1), &endpoint) == -ENOENT)
		return DEVICE_INVALID;
	return DEVICE_UNAVAILABLE;
}

void shard_put_back(struct shard *s, uint64_t order_id, const struct tech_hold *hold)
{
	struct shard_undialled u = {
		.order_id = order_id, .until_ns = hold->until_ns, .on_trial = hold->on_trial};

	/* It is less than what the reserve keeps for the outcomes of the same attempt. */
	check(pipe_write(s->up, PIPE_RELIABLE, SHARD_UNDIALLED, &u, sizeof(u)));
}

/* ---- commands ---- */

static void shard_hangup_one(struct shard *s, const struct shard_hangup *h)
{
	struct chan *c = shard_chan(s, h->chan);

	if (c && h->status)
		chan_refuse(c, (int)h->status);
	else if (c)
		chan_request_hangup(c, h->cause);
}

static void shard_hangup_all(struct shard *s)
{
	s->is_ending = true;
	for (uint32_t i = 0; i < slab_limit(s->chans); i++) {
		struct chan *c = slab_at(s->chans, i);

		if (c)
			chan_request_hangup(c, -1);
	}
}

static void shard_take_conf(struct shard *s, const struct shard_conf *conf)
{
	s->dialplan = conf->dialplan;
	if (s->take_conf && !conf->is_edit)
		s->take_conf(s, conf);
	pipe_write(s->up, PIPE_RELIABLE, SHARD_CONF_DONE, conf, sizeof(*conf));
}

static void shard_admit(struct shard *s)
{
	if (!NEVER(s->incoming_free >= s->incoming_max))
		s->incoming_free++;
}

static void shard_set_door(struct shard *s, const struct shard_door *door)
{
	s->is_closed = !door->is_open;
}

static void (*const shard_questions[])(struct shard *s, const struct shard_question *q) = {
	[SHARD_GETVAR] = shard_getvar,	   [SHARD_SETVAR] = shard_setvar,
	[SHARD_LISTVARS] = shard_listvars, [SHARD_DESCRIBE] = shard_describe,
	[SHARD_LIST] = shard_show_list,	   [SHARD_REDIRECT] = shard_redirect,
	[SHARD_DIGIT] = shard_digit,	   [SHARD_TEXT] = shard_text,
	[SHARD_NOTIFY] = shard_notify,
};

static void shard_command(struct shard *s, const struct pipe_record *r)
{
	const void *data = r->data;

	switch ((enum shard_command)r->kind) {
	case SHARD_DIAL:
		chan_originate(s, slice_make(data, r->len));
		break;
	case SHARD_HANGUP:
		shard_hangup_one(s, data);
		break;
	case SHARD_GETVAR:
	case SHARD_SETVAR:
	case SHARD_LISTVARS:
	case SHARD_DESCRIBE:
	case SHARD_LIST:
	case SHARD_REDIRECT:
	case SHARD_DIGIT:
	case SHARD_TEXT:
	case SHARD_NOTIFY:
		shard_questions[r->kind](s, data);
		break;
	case SHARD_GLOBAL:
		vars_set(&s->globals, question_text(data, 0), question_text(data, 1));
		break;
	case SHARD_CONF:
		shard_take_conf(s, data);
		break;
	case SHARD_HANGUP_ALL:
		shard_hangup_all(s);
		break;
	case SHARD_TECH:
		shard_take_tech(s, data, r->len - sizeof(struct shard_tech));
		break;
	case SHARD_MEDIA:
		if (s->media.ops->take)
			s->media.ops->take(s->media.impl, data, r->len);
		break;
	case SHARD_ADMIT:
		shard_admit(s);
		break;
	case SHARD_DOOR:
		shard_set_door(s, data);
		break;
	case SHARD_DB:
		shard_db_hear(s, data);
		break;
	}
}

uint32_t shard_run_commands(struct shard *s, uint32_t budget)
{
	const struct pipe_record *r;
	uint32_t n = 0;

	while (n < budget && (r = pipe_read(s->down))) {
		shard_command(s, r);
		n++;
	}
	return n;
}

bool shard_run_ready(struct shard *s, uint32_t budget)
{
	struct list *first;

	while (budget-- > 0 && (first = list_first(&s->ready))) {
		list_del(first);
		chan_run_facts(list_entry(first, struct chan, ready));
	}
	return !list_empty(&s->ready);
}

bool shard_is_quiet(const struct shard *s)
{
	return slab_used(s->chans) == 0 && slab_used(s->pbxes) == 0 &&
	       arena_pool_used(s->arenas) == 0;
}
