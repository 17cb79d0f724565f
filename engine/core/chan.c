/* State, texts and facts of a channel: chan.h. */
#include "engine/core/chan_internal.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

#include <errno.h>
#include <stdio.h>

#define NO_STEP CHAN_STATE_COUNT

/* clang-format off */
static const enum chan_state chan_table[CHAN_STATE_COUNT][CHAN_EVENT_COUNT] = {
	/*                 DIAL          OFFER         RING          MEDIA       ANSWER   END           DONE */
	[CHAN_NEW]     = {CHAN_DIALING, CHAN_OFFERED, NO_STEP,      NO_STEP,    NO_STEP, CHAN_HANGING, NO_STEP},
	[CHAN_DIALING] = {NO_STEP, NO_STEP, CHAN_RINGING, CHAN_EARLY, CHAN_UP, CHAN_HANGING, NO_STEP},
	[CHAN_RINGING] = {NO_STEP, NO_STEP, CHAN_RINGING, CHAN_EARLY, CHAN_UP, CHAN_HANGING, NO_STEP},
	[CHAN_EARLY]   = {NO_STEP, NO_STEP, CHAN_EARLY,   CHAN_EARLY, CHAN_UP, CHAN_HANGING, NO_STEP},
	[CHAN_OFFERED] = {NO_STEP, NO_STEP, NO_STEP,      NO_STEP,    CHAN_UP, CHAN_HANGING, NO_STEP},
	[CHAN_UP]      = {NO_STEP, NO_STEP, NO_STEP,      NO_STEP,    NO_STEP, CHAN_HANGING, NO_STEP},
	[CHAN_HANGING] = {NO_STEP, NO_STEP, NO_STEP,      NO_STEP,    NO_STEP, NO_STEP,      CHAN_GONE},
	[CHAN_GONE]    = {NO_STEP, NO_STEP, NO_STEP,      NO_STEP,    NO_STEP, NO_STEP,      NO_STEP},
};
/* clang-format on */

const char *chan_state_name(enum chan_state s)
{
	static const char *const names[CHAN_STATE_COUNT] = {
		"NEW", "DIALING", "RINGING", "EARLY", "OFFERED", "UP", "HANGING", "GONE"};

	return names[s];
}

bool chan_step(struct chan *c, enum chan_event event)
{
	enum chan_state next = chan_table[c->state][event];

	if (next == NO_STEP)
		return false;
	c->state = next;
	return true;
}

size_t chan_bytes(void)
{
	return sizeof(struct chan);
}

int64_t chan_now_ns(const struct chan *c)
{
	return io_now_ns(c->shard->io);
}

struct slice chan_dup(struct chan *c, struct slice s)
{
	return arena_dup(&c->arena, s);
}

/* ---- timers and facts ---- */

void chan_post(struct chan *c, enum chan_fact fact)
{
	c->pending |= 1U << fact;
	if (list_empty(&c->ready))
		list_add_tail(&c->shard->ready, &c->ready);
}

static void chan_on_step_timer(struct tmr *t, void *arg)
{
	UNUSED(t);
	chan_post(arg, CHAN_FACT_TIMER);
}

static void chan_on_absolute_timer(struct tmr *t, void *arg)
{
	UNUSED(t);
	chan_post(arg, CHAN_FACT_TIMEOUT);
}

static void chan_on_answer_timer(struct tmr *t, void *arg)
{
	struct chan *c = arg;

	UNUSED(t);
	if (c->dialed) /* early media taken as answer: the time-out is over */
		return;
	c->cause = 19;
	chan_fail(c, ORIGINATE_RINGING);
}

void chan_step_timer(struct chan *c, int64_t due_ns)
{
	c->pending &= ~(1U << CHAN_FACT_TIMER);
	tmr_start(&c->step_timer, due_ns);
}

void chan_step_timer_stop(struct chan *c)
{
	c->pending &= ~(1U << CHAN_FACT_TIMER);
	tmr_stop(&c->step_timer);
}

void chan_forget_played(struct chan *c)
{
	c->pending &= ~(1U << CHAN_FACT_PLAYED);
}

/* ---- making ---- */

/* Numbers of channels are unique in the engine: each shard counts in steps of the shard count. */
static void chan_name_it(struct chan *c, struct slice prefix, struct slice uniqueid)
{
	struct shard *s = c->shard;
	char text[LIMIT_UNIQUEID];
	struct sink out = sink_make(text, LIMIT_NAME - 1);

	c->number = s->next_chan_number++ * s->count + s->index;
	sink_add(&out, slice_head(prefix, LIMIT_NAME - 10));
	sink_char(&out, '-');
	sink_hex(&out, c->number & 0xffffffff, 8);
	c->name = chan_dup(c, sink_slice(&out));
	if (uniqueid.len > 0) {
		c->uniqueid = chan_dup(c, slice_head(uniqueid, LIMIT_UNIQUEID - 1));
	} else {
		out = sink_make(text, sizeof(text));
		if (s->system_name[0])
			sink_fmt(&out, "%s-", s->system_name);
		sink_i64(&out, c->start_wall_ns / TMR_SECOND);
		sink_char(&out, '.');
		sink_u64(&out, c->number);
		c->uniqueid = chan_dup(c, sink_slice(&out));
	}
	c->linkedid = c->uniqueid;
}

void chan_discard(struct chan *c)
{
	struct shard *s = c->shard;

	if (c->session)
		c->media->ops->close(c->session);
	groups_leave_all(s->groups, s->index, &c->groups);
	arena_reset(&c->arena);
	slab_free(s->chans, c);
}

struct chan *chan_new(struct shard *s, struct slice name_prefix, struct slice uniqueid)
{
	struct chan *c = slab_alloc(s->chans);

	if (!c)
		return NULL;
	c->shard = s;
	c->start_wall_ns = io_wall_ns(s->io);
	c->created_ns = io_now_ns(s->io);
	c->amaflags = CDR_DOCUMENTATION;
	c->language = SLICE_LIT("en");
	c->digit_timeout_ns = 5 * TMR_SECOND;
	c->response_timeout_ns = 10 * TMR_SECOND;
	arena_init(&c->arena, s->arenas, LIMIT_CHAN_ARENA);
	vars_init(&c->vars, &c->arena);
	vars_init(&c->cdr_vars, &c->arena);
	list_init(&c->ready);
	tmr_init(&c->answer_timer, s->wheel, chan_on_answer_timer, c);
	tmr_init(&c->step_timer, s->wheel, chan_on_step_timer, c);
	tmr_init(&c->absolute_timer, s->wheel, chan_on_absolute_timer, c);
	chan_name_it(c, name_prefix, uniqueid);
	if (c->name.ptr && c->uniqueid.ptr)
		return c;
	chan_discard(c); /* the arenas are used up: better no channel than a nameless one */
	return NULL;
}

/* ---- place ---- */

void chan_set_place(struct chan *c, struct slice context, struct slice exten, int32_t priority)
{
	slice_copy(c->context, sizeof(c->context), context);
	slice_copy(c->exten, sizeof(c->exten), exten);
	c->priority = priority;
}

void chan_goto(struct chan *c, struct slice context, struct slice exten, int32_t priority)
{
	if (!chan_is_alive(c))
		return;
	chan_set_place(c, context, exten, priority);
	if (c->pbx)
		chan_post(c, CHAN_FACT_REDIRECT);
	else
		c->redirected = true; /* for the start, which is still to come */
}

bool chan_is_up(const struct chan *c)
{
	return c->state == CHAN_UP;
}

bool chan_is_offered(const struct chan *c)
{
	return c->state == CHAN_OFFERED;
}

bool chan_is_alive(const struct chan *c)
{
	return c->state < CHAN_HANGING && !(c->pending & 1U << CHAN_FACT_HANGUP) &&
	       !c->hangup_requested;
}

/* ---- facts upward ---- */

void chan_snap(const struct chan *c, struct chan_snap *out)
{
	*out = (struct chan_snap){
		.name = c->name,
		.state = c->ami_state,
		.cid_num = c->cid_num,
		.cid_name = c->cid_name,
		.conn_num = c->conn_num,
		.conn_name = c->conn_name,
		.language = c->language,
		.account = c->account,
		.context = slice_str(c->context),
		.exten = slice_str(c->exten),
		.priority = c->priority,
		.uniqueid = c->uniqueid,
		.linkedid = c->linkedid,
	};
}

void chan_event_init(const struct chan *c, struct event *e, enum event_kind kind)
{
	*e = (struct event){
		.kind = kind,
		.shard = c->shard->index,
		.chan = slab_handle(c->shard->chans, c),
		.wall_ns = io_wall_ns(c->shard->io),
	};
	chan_snap(c, &e->snap);
}

void chan_raise(struct chan *c, const struct event *e)
{
	if (c->unheard || event_write(c->shard->up, e))
		return;
	check(!event_is_reliable(e->kind)); /* for those the pipe keeps room: node.c */
	metric_inc(&c->shard->metrics, METRIC_event_dropped);
}

void chan_raise_kind(struct chan *c, enum event_kind kind)
{
	struct event e;

	chan_event_init(c, &e, kind);
	chan_raise(c, &e);
}

void chan_raise_numbers(struct chan *c, enum event_kind kind, int a, int b)
{
	struct event e;

	chan_event_init(c, &e, kind);
	e.number[0] = a;
	e.number[1] = b;
	chan_raise(c, &e);
}

void chan_raise_text(struct chan *c, enum event_kind kind, struct slice a, struct slice b)
{
	struct event e;

	chan_event_init(c, &e, kind);
	e.text[0] = a;
	e.text[1] = b;
	chan_raise(c, &e);
}

/* ---- variables and identity ---- */

int chan_set_var(struct chan *c, struct slice name, struct slice value)
{
	int err = vars_set(&c->vars, name, value);

	if (err == 0)
		chan_raise_text(c, EVENT_VARSET, name, value);
	return err;
}

/* The read-only names of the engine (dialplan.md 2). Numbers go into the shard's small buffer. */
static bool chan_get_builtin(struct chan *c, struct slice name, struct slice *value)
{
	struct sink out = sink_make(c->shard->number_text, sizeof(c->shard->number_text));

	if (slice_eq(name, SLICE_LIT("EXTEN")))
		*value = slice_str(c->exten);
	else if (slice_eq(name, SLICE_LIT("CONTEXT")))
		*value = slice_str(c->context);
	else if (slice_eq(name, SLICE_LIT("CHANNEL")))
		*value = c->name;
	else if (slice_eq(name, SLICE_LIT("UNIQUEID")))
		*value = c->uniqueid;
	else if (slice_eq(name, SLICE_LIT("SYSTEMNAME")))
		*value = slice_str(c->shard->system_name);
	else if (slice_eq(name, SLICE_LIT("PRIORITY")))
		sink_i64(&out, c->priority);
	else if (slice_eq(name, SLICE_LIT("HANGUPCAUSE")))
		sink_i64(&out, c->cause);
	else if (slice_eq(name, SLICE_LIT("EPOCH")))
		sink_i64(&out, io_wall_ns(c->shard->io) / TMR_SECOND);
	else
		return false;
	if (out.len > 0)
		*value = sink_slice(&out);
	return true;
}

bool chan_get_var(struct chan *c, struct slice name, struct slice *value)
{
	return chan_get_builtin(c, name, value) || vars_get(&c->vars, name, value) ||
	       vars_get(&c->shard->globals, name, value);
}

static struct slice *chan_text_field(struct chan *c, enum chan_text which)
{
	struct slice *const fields[CHAN_TEXT_COUNT] = {
		[CHAN_CID_NUM] = &c->cid_num,         [CHAN_CID_NAME] = &c->cid_name,
		[CHAN_CONN_NUM] = &c->conn_num,       [CHAN_CONN_NAME] = &c->conn_name,
		[CHAN_ACCOUNT] = &c->account,         [CHAN_PEERACCOUNT] = &c->peeraccount,
		[CHAN_LANGUAGE] = &c->language,       [CHAN_USERFIELD] = &c->userfield,
	};

	return fields[which];
}

int chan_set_text(struct chan *c, enum chan_text which, struct slice value)
{
	size_t room = which == CHAN_USERFIELD ? LIMIT_USERFIELD : LIMIT_NAME;
	struct slice *field = chan_text_field(c, which);
	char *text = c->text_rooms & 1U << which ? (char *)field->ptr
						 : arena_alloc(&c->arena, room);

	if (!text)
		return -ENOSPC;
	c->text_rooms |= 1U << which;
	value = slice_head(value, room - 1);
	if (value.len > 0)
		memmove(text, value.ptr, value.len); /* it may be a part of the old one */
	text[value.len] = 0;
	*field = slice_make(text, value.len);
	return 0;
}

/* True if the text is another one now. NULL ptr: leave it. */
static bool chan_change(struct chan *c, enum chan_text which, struct slice value)
{
	value = slice_head(value, LIMIT_NAME - 1);
	return value.ptr && !slice_eq(*chan_text_field(c, which), value) &&
	       chan_set_text(c, which, value) == 0;
}

void chan_set_caller(struct chan *c, struct slice name, struct slice num)
{
	bool changed = chan_change(c, CHAN_CID_NAME, name);

	if (chan_change(c, CHAN_CID_NUM, num) || changed)
		chan_raise_kind(c, EVENT_NEWCALLERID);
}

void chan_set_connected(struct chan *c, struct slice name, struct slice num)
{
	bool changed = chan_change(c, CHAN_CONN_NAME, name);

	if (chan_change(c, CHAN_CONN_NUM, num) || changed)
		chan_raise_kind(c, EVENT_NEWCONNECTED);
}

void chan_set_account(struct chan *c, struct slice account)
{
	char text[LIMIT_NAME];
	struct slice old = slice_make(text, slice_copy(text, sizeof(text), c->account));

	if (!chan_change(c, CHAN_ACCOUNT, account))
		return;
	chan_set_text(c, CHAN_PEERACCOUNT, c->account);
	chan_raise_text(c, EVENT_NEWACCOUNT, old, SLICE_EMPTY);
}

void chan_set_app(struct chan *c, struct slice app, struct slice data)
{
	slice_copy(c->lastapp, sizeof(c->lastapp), app);
	slice_copy(c->lastdata, sizeof(c->lastdata), data);
	chan_raise_text(c, EVENT_NEWEXTEN, app, data);
}

void chan_user_event(struct chan *c, struct slice name, struct slice body)
{
	chan_raise_text(c, EVENT_USEREVENT, name, body);
}

int chan_add_header(struct chan *c, struct slice line)
{
	struct slice *more;

	if (c->call && !c->is_incoming)
		return -EISCONN;
	if (c->header_count == c->header_room) {
		more = arena_alloc(&c->arena, (c->header_room + 8) * sizeof(*more));
		if (!more)
			return -ENOSPC;
		if (c->header_count > 0)
			memcpy(more, c->headers, c->header_count * sizeof(*more));
		c->headers = more;
		c->header_room += 8;
	}
	more = c->headers;
	more[c->header_count] = chan_dup(c, line);
	if (!more[c->header_count].ptr)
		return -ENOSPC;
	c->header_count++;
	return 0;
}
