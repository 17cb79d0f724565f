/* The control shard's turn: orders in, attempts out, facts in, settled orders out. control.h */
#include "engine/core/control_internal.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"

#include <errno.h>
#include <stdlib.h>

#define ID_HOLD_NS        (60 * TMR_SECOND)
#define FACTS_PER_TURN    8192
#define ORDERS_PER_TURN   1024
#define DIALS_PER_TURN    256 /* a burst is fed in as the shards get on with it, not all at once */
#define TIMERS_PER_TURN   4096
#define STOP_NOW_LIMIT_NS (15 * TMR_SECOND)

static uint32_t control_channel_max(const struct control_conf *conf)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < conf->shard_count; i++)
		sum += conf->shards[i].channel_max + conf->shards[i].incoming_max;
	return sum;
}

static int control_alloc(struct control *c, const struct control_conf *conf)
{
	uint32_t channels = control_channel_max(conf);
	int err;

	err = queue_create(&c->queue, &conf->queue);
	if (!err)
		err = tmr_wheel_create(&c->wheel, io_now_ns(conf->io));
	if (!err)
		err = roster_create(&c->roster, 2 * channels);
	if (!err)
		err = idset_create(&c->ids, conf->queue.queue_max + 65536, ID_HOLD_NS);
	if (!err)
		err = hash_create(&c->running, channels + CONTROL_RECORDING_MAX);
	if (!err)
		err = slab_create(&c->asks, "asks", sizeof(struct control_ask), LIMIT_ASKS);
	if (!err)
		err = cli_create(&c->cli);
	if (!err)
		err = control_create_states(c);
	return err;
}

int control_create(struct control **out, const struct control_conf *conf)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->conf = *conf;
	check(conf->shard_count > 0 && conf->shard_count <= LIMIT_SHARDS);
	for (uint32_t i = 0; i < conf->shard_count; i++) {
		c->shards[i] = conf->shards[i];
		c->credits[i] = conf->shards[i].channel_max;
	}
	c->conf.shards = c->shards;
	rng_seed(&c->rng, conf->seed);
	c->start_wall_ns = c->reload_wall_ns = io_wall_ns(conf->io);
	err = control_alloc(c, conf);
	if (err) {
		control_destroy(c);
		return err;
	}
	db_attach(conf->db, conf->chores, conf->io, c->wheel);
	control_restore_states(c);
	*out = c;
	return 0;
}

void control_destroy(struct control *c)
{
	if (!c)
		return;
	cli_destroy(c->cli);
	control_destroy_states(c);
	if (c->asks)
		slab_destroy(c->asks);
	hash_destroy(&c->running);
	idset_destroy(c->ids);
	roster_destroy(c->roster);
	if (c->wheel)
		tmr_wheel_destroy(c->wheel);
	queue_destroy(c->queue);
	free(c);
}

/* ---- settling ---- */

static struct order *control_running(struct control *c, uint64_t id)
{
	struct hash_node *n = hash_first(&c->running, id);

	for (; n; n = hash_next(n)) {
		struct order *o = hash_entry(n, struct order, by_id);

		if (o->id == id)
			return o;
	}
	return NULL;
}

static struct outcome control_outcome(const struct shard_outcome *f)
{
	return (struct outcome){
		.order_id = f->order_id,
		.attempt_no = f->attempt_no,
		.answered = f->answered,
		.reason = f->reason,
		.cause = f->cause,
		.tech_code = f->tech_code,
		.channel = slice_make(f->text, f->channel_len),
		.uniqueid = slice_make(f->text + f->channel_len, f->uniqueid_len),
	};
}

/* A ChannelId is free again a minute after its order is over. */
static void control_release_id(struct control *c, const struct order *o)
{
	struct originate *view = &c->view;

	check(originate_unpack(o->packed, o->packed_len, view));
	if (view->channel_id.len > 0)
		idset_release(c->ids, view->channel_id, io_now_ns(c->conf.io));
}

static void control_settle(struct control *c, struct order *o, const struct outcome *outcome)
{
	struct outcome told = *outcome;

	if (o->begun_ns)
		told.waited_ns = o->begun_ns - o->accepted_ns;
	metric_inc(c->conf.metrics, METRIC_attempt_settled);
	control_release_id(c, o);
	if (!FAULT(lost_settle))
		o->source.ops->settle(o->source.impl, o->cookie, &told);
	if (FAULT(double_settle))
		o->source.ops->settle(o->source.impl, o->cookie, &told);
	inbox_release(c->conf.inbox, o);
}

/* Once, also for an order that leaves the queue again. */
static void control_tell_begun(struct order *o)
{
	if (!o->begun && o->source.ops->begun)
		o->source.ops->begun(o->source.impl, o->cookie);
	o->begun = true;
}

/* An order that never began: the engine stops, or the trunk table is full. */
static void control_withdraw(struct control *c, struct order *o)
{
	struct outcome outcome = {.order_id = o->id, .withdrawn = true};

	check(originate_unpack(o->packed, o->packed_len, &c->view));
	outcome.attempt_no = c->view.attempt_no;
	outcome.uniqueid = c->view.channel_id;
	control_tell_begun(o);
	if (o->source.ops->dialed)
		o->source.ops->dialed(o->source.impl, o->cookie, &outcome);
	control_settle(c, o, &outcome);
}

/* Congestion that the far end reports, not what we found out ourselves. */
static void control_hear_trunk(struct control *c, const struct order *o,
			       const struct shard_outcome *f)
{
	const struct trunk *t = queue_trunk(c->queue, o->trunk);
	bool is_refused = !f->answered && f->cause == CAUSE_CONGESTION && f->is_reported;

	if (!queue_heard(c->queue, o, io_now_ns(c->conf.io), is_refused))
		return;
	metric_inc(c->conf.metrics, METRIC_trunk_slowed);
	log_notice("Trunk '%s' has no room for our calls: it is dialled %u times a second now",
		   t->name, t->pacer.cps);
}

static void control_on_dialed(struct control *c, const struct shard_outcome *f)
{
	struct order *o = control_running(c, f->order_id);
	struct outcome outcome = control_outcome(f);

	if (NEVER(!o) || NEVER(o->dialed))
		return;
	o->dialed = true;
	queue_dialed(c->queue, o, f->answered);
	control_hear_trunk(c, o, f);
	if (o->source.ops->dialed)
		o->source.ops->dialed(o->source.impl, o->cookie, &outcome);
}

/* The mark of an incoming call goes to the records worker and back as that of an order does: so its
 * place is free again only when its record is written. */
static void control_on_incoming_ended(struct control *c, const struct shard_outcome *f,
				      uint32_t len)
{
	c->recording++;
	check(pipe_write(c->conf.records_down, PIPE_RELIABLE, RECORDS_SETTLE, f, len));
}

static void control_on_incoming_recorded(struct control *c, const struct shard_outcome *f)
{
	c->recording--;
	/* The pipe keeps room for as many as the shard has places. */
	check(pipe_write(c->shards[f->shard].down, PIPE_RELIABLE, SHARD_ADMIT, NULL, 0));
}

/* The record of this order is with the worker already (same pipe, earlier); the mark follows it. */
static void control_on_ended(struct control *c, const struct shard_outcome *f, uint32_t len)
{
	struct order *o;

	if (f->order_id == 0) {
		control_on_incoming_ended(c, f, len);
		return;
	}
	o = control_running(c, f->order_id);
	if (NEVER(!o) || NEVER(!o->dialed))
		return;
	order_step(o, ORDER_END);
	queue_ended(c->queue, o);
	c->credits[o->shard]++;
	c->recording++;
	check(pipe_write(c->conf.records_down, PIPE_RELIABLE, RECORDS_SETTLE, f, len));
}

static void control_on_recorded(struct control *c, const struct shard_outcome *f)
{
	struct outcome outcome = control_outcome(f);
	struct order *o;

	if (f->order_id == 0) {
		control_on_incoming_recorded(c, f);
		return;
	}
	o = control_running(c, f->order_id);
	if (NEVER(!o))
		return;
	order_step(o, ORDER_RECORDED);
	hash_del(&c->running, &o->by_id);
	c->recording--;
	control_settle(c, o, &outcome);
}

/* ---- facts ---- */

void control_publish(struct control *c, const struct event *e)
{
	for (uint32_t i = 0; i < c->subscriber_count; i++)
		c->subscribers[i].fn(c->subscribers[i].arg, e);
}

static void control_on_event(struct control *c, const struct event *e)
{
	struct roster_chan *chan;

	if (e->kind == EVENT_CDR)
		check(pipe_write(c->conf.records_down, PIPE_RELIABLE, RECORDS_CDR, e->text[0].ptr,
				 e->text[0].len));
	if (e->kind == EVENT_CDR && e->number[0] == 1)
		return; /* of an order that came to no channel: a record, but no event */
	chan = roster_note(c->roster, e);
	control_publish(c, e);
	if (chan)
		control_note_chan(c, chan, e->kind);
	if (e->kind == EVENT_HANGUP && chan)
		roster_forget(c->roster, chan);
}

/* Said when it changes, not each time that a shard finds it so. */
static void control_hold_trunk(struct control *c, struct slice name, int64_t until_ns,
			       bool on_trial)
{
	int64_t now = io_now_ns(c->conf.io);

	if (!queue_hold(c->queue, name, now, until_ns, on_trial))
		return;
	if (until_ns > now)
		log_notice("Trunk '%.*s' can take no calls for %lld s: its far ends %s. Its orders "
			   "wait",
			   SLICE_ARG(name),
			   (long long)((until_ns - now + TMR_SECOND - 1) / TMR_SECOND),
			   on_trial ? "are silent" : "asked for it");
	else
		log_notice("Trunk '%.*s' takes calls again", SLICE_ARG(name));
}

static void control_on_trunk(struct control *c, const struct shard_trunk *t)
{
	control_hold_trunk(c, slice_make(t->name, t->name_len), t->until_ns, t->on_trial);
}

/* Its source hears nothing: for it the order has not left the line. */
static void control_on_undialled(struct control *c, const struct shard_undialled *u)
{
	struct order *o = control_running(c, u->order_id);

	if (NEVER(!o) || NEVER(o->dialed))
		return;
	hash_del(&c->running, &o->by_id);
	c->credits[o->shard]++;
	o->begun_ns = 0;
	queue_put_back(c->queue, o);
	control_hold_trunk(c, slice_str(queue_trunk(c->queue, o->trunk)->name), u->until_ns,
			   u->on_trial);
}

static void control_on_fact(struct control *c, uint32_t shard, const struct pipe_record *r)
{
	struct event e;

	if (event_read(r, &e)) {
		control_on_event(c, &e);
		return;
	}
	switch ((enum shard_fact)r->kind) {
	case SHARD_DIALED:
		control_on_dialed(c, (const struct shard_outcome *)(const void *)r->data);
		break;
	case SHARD_ENDED:
		control_on_ended(c, (const struct shard_outcome *)(const void *)r->data, r->len);
		break;
	case SHARD_ANSWER:
		control_on_answer(c, (const struct shard_question *)(const void *)r->data);
		break;
	case SHARD_GLOBAL_SET:
		control_spread_global(c, shard, r);
		break;
	case SHARD_DEVICE_SET:
		control_on_device_set(c, (const struct shard_question *)(const void *)r->data);
		break;
	case SHARD_CONF_DONE:
		control_on_conf_done(c);
		break;
	case SHARD_TECH_FACT:
		control_on_tech(c, shard, (const struct shard_tech *)(const void *)r->data,
				r->len - sizeof(struct shard_tech));
		break;
	case SHARD_DB_CHANGED:
		control_on_db_changed(c, shard, r);
		break;
	case SHARD_TRUNK:
		control_on_trunk(c, (const struct shard_trunk *)(const void *)r->data);
		break;
	case SHARD_UNDIALLED:
		control_on_undialled(c, (const struct shard_undialled *)(const void *)r->data);
		break;
	}
}

/* True if something was left for the next turn. */
static bool control_read_facts(struct control *c)
{
	bool more = false;

	for (uint32_t i = 0; i < c->conf.shard_count; i++) {
		const struct pipe_record *r;
		uint32_t budget = FACTS_PER_TURN;

		while (budget > 0 && (r = pipe_read(c->shards[i].up))) {
			control_on_fact(c, i, r);
			budget--;
		}
		more |= budget == 0;
	}
	return more;
}

static void control_read_recorded(struct control *c)
{
	const struct pipe_record *r;

	while ((r = pipe_read(c->conf.records_up)))
		control_on_recorded(c, (const struct shard_outcome *)(const void *)r->data);
}

/* ---- orders ---- */

static struct slice control_trunk_name(const struct control *c, const struct originate *o)
{
	for (uint32_t i = 0; i < c->conf.tech_count; i++) {
		if (slice_ieq(slice_str(c->conf.techs[i]->name), o->tech))
			return c->conf.techs[i]->trunk(o->resource);
	}
	return o->tech;
}

static bool control_take_orders(struct control *c, int64_t now_ns)
{
	struct order *o;

	for (uint32_t n = 0; n < ORDERS_PER_TURN; n++) {
		o = inbox_take(c->conf.inbox);
		if (!o)
			return false;
		metric_inc(c->conf.metrics, METRIC_attempt_accepted);
		o->accepted_ns = now_ns;
		check(originate_unpack(o->packed, o->packed_len, &c->view));
		o->due_ns = c->view.due_ns;
		if (queue_add(c->queue, o, control_trunk_name(c, &c->view), now_ns) != 0)
			control_withdraw(c, o);
	}
	return true;
}

/* The shard with the most free places; SIZE_MAX none. */
static size_t control_pick_shard(const struct control *c)
{
	size_t best = SIZE_MAX;
	uint32_t most = 0;

	for (size_t i = 0; i < c->conf.shard_count; i++) {
		if (c->credits[i] > most) {
			most = c->credits[i];
			best = i;
		}
	}
	return best;
}

static bool control_send_dial(struct control *c, struct order *o, size_t shard)
{
	struct pipe *down = c->shards[shard].down;

	/* Its dialplan sees what was in the database when it was asked for. */
	if (!control_is_fed(c, (uint32_t)shard))
		return false;
	if (!pipe_write(down, PIPE_DROPPABLE, SHARD_DIAL, o->packed, o->packed_len))
		return false;
	if (FAULT(double_attempt))
		pipe_write(down, PIPE_DROPPABLE, SHARD_DIAL, o->packed, o->packed_len);
	o->shard = (uint32_t)shard;
	o->begun_ns = io_now_ns(c->conf.io);
	c->credits[shard]--;
	order_step(o, ORDER_SEND);
	hash_add(&c->running, &o->by_id, o->id);
	control_tell_begun(o);
	return true;
}

/* Admits and hands out as much as pacers, credits and the records worker allow. An order that was
 * granted but found its pipe full waits at the head. */
static void control_dial(struct control *c, int64_t now_ns)
{
	if (control_is_stopping(c))
		return;
	for (uint32_t n = 0; n < DIALS_PER_TURN && c->recording < CONTROL_RECORDING_MAX; n++) {
		size_t shard = control_pick_shard(c);

		if (shard == SIZE_MAX)
			return;
		if (!c->granted)
			c->granted = queue_grant(c->queue, now_ns);
		if (!c->granted || !control_send_dial(c, c->granted, shard))
			return;
		c->granted = NULL;
	}
}

/* ---- stop ---- */

static bool control_is_idle(const struct control *c)
{
	return !c->granted && queue_running(c->queue) == 0 && c->recording == 0 &&
	       inbox_used(c->conf.inbox) == 0 && roster_count(c->roster) == 0 &&
	       chores_open(c->conf.chores) == 0 && db_is_settled(c->conf.db);
}

/* What has not reached a shard goes back to its source. */
static void control_withdraw_all(struct control *c)
{
	struct order *o = c->granted;

	c->granted = NULL;
	if (o) {
		queue_cancel_granted(c->queue, o);
		control_withdraw(c, o);
	}
	while ((o = queue_cancel_next(c->queue)))
		control_withdraw(c, o);
}

/* An idle moment was waited for: from here on nothing new comes in, so that it stays idle. */
static void control_turn_graceful(struct control *c)
{
	c->stop_how = CONTROL_STOP_GRACEFULLY;
	inbox_close(c->conf.inbox, true);
}

/* Incoming calls are refused while a stop waits for the calls to end. A full pipe: next turn. */
static void control_watch_door(struct control *c)
{
	bool shut = control_is_stopping(c) || c->stopped;
	const struct shard_door door = {.is_open = !shut};

	if (shut == c->is_door_shut)
		return;
	for (uint32_t i = 0; i < c->conf.shard_count; i++)
		if (!pipe_write(c->shards[i].down, PIPE_DROPPABLE, SHARD_DOOR, &door, sizeof(door)))
			return;
	c->is_door_shut = shut;
}

static void control_watch_stop(struct control *c, int64_t now_ns)
{
	bool late = c->stop_due_ns && now_ns >= c->stop_due_ns;

	if (!c->stopping && !c->stopped)
		return;
	if (c->stop_how != CONTROL_STOP_CONVENIENT)
		control_withdraw_all(c); /* also what came through a closing door */
	if (c->stopped || (!control_is_idle(c) && !late))
		return;
	if (c->stop_how == CONTROL_STOP_CONVENIENT) {
		control_turn_graceful(c);
		if (!control_is_idle(c)) /* an order slipped in: it goes back next turn */
			return;
	}
	if (late)
		log_warning("%u attempts are not over and %u records are not written after %d s: the "
			    "engine ends without them",
			    queue_running(c->queue), c->recording,
			    (int)(STOP_NOW_LIMIT_NS / TMR_SECOND));
	c->stopping = false;
	c->stopped = true;
	c->conf.stopped(c->conf.arg);
}

static void control_hangup_all(struct control *c)
{
	c->stop_due_ns = io_now_ns(c->conf.io) + STOP_NOW_LIMIT_NS;
	/* Once in a life, and its room is reserved. */
	for (uint32_t i = 0; i < c->conf.shard_count; i++)
		check(pipe_write(c->shards[i].down, PIPE_RELIABLE, SHARD_HANGUP_ALL, NULL, 0));
}

/* A stop that runs may be made more urgent, never less: only an abort takes it back. */
bool control_stop(struct control *c, enum control_stop how)
{
	if (c->stopped || (c->stopping && how >= c->stop_how)) {
		log_verbose(0, "Ignoring asterisk shutdown request, already in progress.");
		return false;
	}
	c->stopping = true;
	c->stop_how = how;
	if (how == CONTROL_STOP_CONVENIENT)
		return true;
	inbox_close(c->conf.inbox, true);
	if (how == CONTROL_STOP_NOW)
		control_hangup_all(c);
	return true;
}

bool control_abort_stop(struct control *c)
{
	if (!c->stopping || c->stop_how == CONTROL_STOP_NOW)
		return false;
	c->stopping = false;
	inbox_close(c->conf.inbox, false);
	return true;
}

/* ---- turn ---- */

static void control_flush(struct control *c)
{
	for (uint32_t i = 0; i < c->conf.shard_count; i++) {
		if (pipe_flush(c->shards[i].down))
			io_wake(c->shards[i].io);
	}
	if (pipe_flush(c->conf.records_down))
		io_wake(c->conf.records_io);
	chores_flush(c->conf.chores);
}

/* Declares every way in asleep. False: something came meanwhile. */
static bool control_may_sleep(struct control *c)
{
	bool quiet = inbox_sleep(c->conf.inbox);

	quiet &= pipe_sleep(c->conf.records_up);
	quiet &= chores_sleep(c->conf.chores);
	for (uint32_t i = 0; i < c->conf.shard_count; i++)
		quiet &= pipe_sleep(c->shards[i].up);
	return quiet;
}

static int64_t control_next_ns(struct control *c, int64_t now_ns)
{
	int64_t next = tmr_wheel_next(c->wheel);

	if (!c->granted && c->recording < CONTROL_RECORDING_MAX && control_pick_shard(c) != SIZE_MAX) {
		int64_t grant = queue_next_ns(c->queue, now_ns);

		/* Due now: this turn's share is handed out. The shards' facts wake us for more. */
		if (grant <= now_ns)
			grant = now_ns + TMR_MS;
		next = grant < next ? grant : next;
	}
	if (c->granted && now_ns + TMR_MS < next) /* its pipe was full: soon again */
		next = now_ns + TMR_MS;
	if (c->stopping && c->stop_due_ns && c->stop_due_ns < next)
		next = c->stop_due_ns;
	return next;
}

int64_t control_turn(void *arg, int64_t now_ns)
{
	struct control *c = arg;
	bool more, fed;

	more = control_read_facts(c);
	control_read_recorded(c);
	chores_reap(c->conf.chores);
	more |= control_take_orders(c, now_ns);
	more |= tmr_wheel_run(c->wheel, now_ns, TIMERS_PER_TURN) == TIMERS_PER_TURN;
	fed = control_feed(c);
	control_dial(c, now_ns);
	control_watch_stop(c, now_ns);
	control_watch_door(c);
	control_flush(c);
	if (more || !control_may_sleep(c))
		return now_ns;
	if (!fed) /* a pipe was full */
		return now_ns + TMR_MS;
	return control_next_ns(c, now_ns);
}

bool control_is_quiet(const struct control *c)
{
	bool quiet = control_is_idle(c) && queue_waiting(c->queue) == 0 && slab_used(c->asks) == 0;

	for (uint32_t i = 0; i < c->conf.shard_count; i++) {
		quiet &= pipe_idle(c->shards[i].up) && pipe_idle(c->shards[i].down);
		quiet &= c->credits[i] == c->shards[i].channel_max && control_is_fed(c, i);
	}
	return quiet && pipe_idle(c->conf.records_up) && pipe_idle(c->conf.records_down);
}
