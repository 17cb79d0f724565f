/* tests/unit/core/test_control.c - the control shard against shards, records worker and sources that the
 * test plays by hand, pipe by pipe. */
#include "engine/core/control.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/core/db.h"
#include "engine/core/records.h"
#include "engine/core/shard.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARDS 2
#define PLACES 3 /* channels of each shard */

struct world {
	struct metrics metrics;
	struct io *io;
	struct inbox *inbox;
	struct pipe *down[SHARDS], *up[SHARDS], *records_down, *records_up;
	struct chores *chores;
	struct db *db;
	struct control *c;
	int64_t now;
	uint32_t begun, dialed, settled, withdrawn, answered, stopped;
	uint64_t settled_cookie;
	struct outcome last;
	uint32_t hangups;       /* HANGUP_ALL records read */
	uint32_t dials[SHARDS]; /* DIAL records read */
	uint32_t told[SHARDS];  /* bits of the channels whose HANGUP was read */
	uint32_t replies, good_replies;
};

/* ---- a source ---- */

static void source_begun(void *impl, uint64_t cookie)
{
	struct world *w = impl;

	UNUSED(cookie);
	w->begun++;
}

static void source_dialed(void *impl, uint64_t cookie, const struct outcome *o)
{
	struct world *w = impl;

	UNUSED(cookie);
	w->dialed++;
	w->answered += o->answered;
}

static void source_settle(void *impl, uint64_t cookie, const struct outcome *o)
{
	struct world *w = impl;

	w->settled++;
	w->withdrawn += o->withdrawn;
	w->settled_cookie = cookie;
	w->last = *o;
}

static const struct source_ops ops = {
	.name = "test", .begun = source_begun, .dialed = source_dialed, .settle = source_settle};

/* ---- techs ---- */

static struct slice trunk_of(struct slice resource)
{
	size_t at = slice_find(resource, '@');

	return at == SIZE_MAX ? resource : slice_from(resource, at + 1);
}

static const struct tech_ops tech = {.name = "PJSIP", .trunk = trunk_of};
static const struct tech_ops *const techs[] = {&tech};

static void on_stopped(void *arg)
{
	struct world *w = arg;

	w->stopped++;
}

static int no_reload(void *arg, struct slice module, struct sink *text)
{
	UNUSED(arg);
	UNUSED(module);
	UNUSED(text);
	return 0;
}

/* ---- the world ---- */

static struct pipe *make_pipe(size_t spare, size_t reserve)
{
	const struct pipe_conf conf = {
		.spare_bytes = spare, .reserve_bytes = reserve, .record_max = 100 * 1024};
	struct pipe *p;

	assert_int_equal(pipe_create(&p, &conf), 0);
	return p;
}

static struct world *make_world(const struct pacer_conf *pace)
{
	struct world *w = calloc(1, sizeof(*w));
	struct io_conf io = {.name = "control", .metrics = &w->metrics, .cpu = -1};
	struct control_shard shards[SHARDS];
	struct control_conf conf = {
		.metrics = &w->metrics,
		.queue = {.queue_max = 100,
			  .general = {.burst_max = 1},
			  .trunk_default = *pace},
		.shards = shards,
		.shard_count = SHARDS,
		.techs = techs,
		.tech_count = 1,
		.reload = no_reload,
		.stopped = on_stopped,
		.arg = w,
	};
	struct db_conf db = {.shard_count = SHARDS, .metrics = &w->metrics};
	struct chores_conf chores = {.metrics = &w->metrics, .control_metrics = &w->metrics};

	assert_int_equal(io_create(&w->io, &io), 0);
	chores.io = chores.control_io = w->io;
	w->now = io_now_ns(w->io);
	assert_int_equal(inbox_create(&w->inbox, 100, w->io), 0);
	for (uint32_t i = 0; i < SHARDS; i++) {
		w->down[i] = make_pipe(1 << 20, 1 << 16);
		w->up[i] = make_pipe(1 << 20, 1 << 20);
		shards[i] = (struct control_shard){w->io, w->down[i], w->up[i], PLACES, 0};
	}
	conf.io = conf.records_io = w->io;
	conf.inbox = w->inbox;
	conf.records_down = w->records_down = make_pipe(1 << 16, 1 << 20);
	conf.records_up = w->records_up = make_pipe(1 << 16, 1 << 20);
	assert_int_equal(chores_create(&w->chores, &chores), 0);
	conf.chores = w->chores;
	assert_int_equal(db_create(&w->db, &db, NULL), 0);
	conf.db = w->db;
	assert_int_equal(control_create(&w->c, &conf), 0);
	return w;
}

static const struct pacer_conf no_limit = {.burst_max = 1};

static void free_world(struct world *w)
{
	control_destroy(w->c);
	db_destroy(w->db);
	chores_destroy(w->chores);
	for (uint32_t i = 0; i < SHARDS; i++) {
		pipe_destroy(w->down[i]);
		pipe_destroy(w->up[i]);
	}
	pipe_destroy(w->records_down);
	pipe_destroy(w->records_up);
	inbox_destroy(w->inbox);
	io_destroy(w->io);
	free(w);
}

static int64_t turn(struct world *w)
{
	return control_turn(w->c, w->now);
}

static int submit_due(struct world *w, uint64_t cookie, const char *resource, int64_t due_ns)
{
	const struct source source = {&ops, w};
	struct originate o;

	originate_init(&o);
	o.tech = SLICE_LIT("PJSIP");
	o.resource = slice_str(resource);
	o.due_ns = due_ns;
	return inbox_submit(w->inbox, &o, &source, cookie, NULL);
}

static void submit(struct world *w, uint64_t cookie)
{
	assert_int_equal(submit_due(w, cookie, "100@gw", 0), 0);
}

/* Reads what a shard was sent. Returns the ids of the orders to dial, at most `max`. */
static uint32_t read_shard(struct world *w, uint32_t shard, uint64_t *ids, uint32_t max)
{
	const struct pipe_record *r;
	static struct originate o;
	uint32_t n = 0;

	while ((r = pipe_read(w->down[shard]))) {
		if (r->kind == SHARD_HANGUP_ALL)
			w->hangups++;
		if (r->kind == SHARD_HANGUP) {
			const struct shard_hangup *h = (const void *)r->data;

			w->told[shard] |= 1U << handle_index(h->chan);
		}
		if (r->kind != SHARD_DIAL)
			continue;
		w->dials[shard]++;
		assert_true(originate_unpack(r->data, r->len, &o));
		assert_true(n < max);
		ids[n++] = o.id;
	}
	return n;
}

static uint32_t read_shards(struct world *w, uint64_t *ids, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SHARDS; i++)
		n += read_shard(w, i, ids + n, max - n);
	return n;
}

static void report(struct world *w, uint32_t shard, enum shard_fact kind, uint64_t id, bool answered)
{
	struct shard_outcome o = {.order_id = id, .attempt_no = 1, .answered = answered};

	assert_true(pipe_write(w->up[shard], PIPE_RELIABLE, kind, &o, sizeof(o)));
	pipe_flush(w->up[shard]);
}

/* The shard could not dial it before that instant. */
static void send_back(struct world *w, uint32_t shard, uint64_t id, int64_t until_ns)
{
	struct shard_undialled u = {.order_id = id, .until_ns = until_ns};

	assert_true(pipe_write(w->up[shard], PIPE_RELIABLE, SHARD_UNDIALLED, &u, sizeof(u)));
	pipe_flush(w->up[shard]);
}

/* The records worker writes all and says so. */
static void record(struct world *w)
{
	const struct pipe_record *r;

	while ((r = pipe_read(w->records_down))) {
		if (r->kind == RECORDS_SETTLE)
			pipe_write(w->records_up, PIPE_RELIABLE, RECORDS_SETTLE, r->data, r->len);
	}
	pipe_flush(w->records_up);
}

static void make_chan(struct world *w, uint32_t shard, handle_t chan, enum event_kind kind,
		      const char *name)
{
	struct event e = {.kind = kind, .shard = shard, .chan = chan};

	e.snap.name = e.snap.uniqueid = slice_str(name);
	assert_true(event_write(w->up[shard], &e));
	pipe_flush(w->up[shard]);
}

/* ---- tests ---- */

static void test_life_of_an_order(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];

	UNUSED(state);
	submit(w, 77);
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 1);
	assert_int_equal(w->begun, 1);
	report(w, 0, SHARD_DIALED, id[0], true);
	turn(w);
	assert_int_equal(w->answered, 1);
	report(w, 0, SHARD_ENDED, id[0], true);
	turn(w);
	assert_int_equal(control_recording(w->c), 1);
	assert_int_equal(w->settled, 0); /* its record is not written yet */
	record(w);
	turn(w);
	assert_int_equal(w->settled, 1);
	assert_int_equal(w->settled_cookie, 77);
	assert_true(control_is_quiet(w->c));
	free_world(w);
}

/* Attempts that find their trunk held: back in line, in order, credits are free again, the source
 * hears of one beginning and one end. */
static void test_undialled_goes_back(void **state)
{
	struct world *w = make_world(&no_limit);
	int64_t until = w->now + 5 * TMR_SECOND;
	uint64_t id[2 * PLACES], again[2 * PLACES];

	UNUSED(state);
	for (uint64_t i = 0; i < 2 * PLACES; i++)
		submit(w, i);
	turn(w);
	assert_int_equal(read_shard(w, 0, id, PLACES), PLACES);
	assert_int_equal(read_shard(w, 1, id + PLACES, PLACES), PLACES);
	for (uint32_t i = 0; i < 2 * PLACES; i++)
		send_back(w, i / PLACES, id[i], until);
	turn(w);
	assert_int_equal(queue_waiting(control_queue(w->c)), 2 * PLACES);
	assert_int_equal(queue_running(control_queue(w->c)), 0);
	assert_int_equal(read_shards(w, again, 2 * PLACES), 0);
	assert_int_equal(w->dialed + w->settled, 0);
	w->now = until;
	turn(w);
	assert_int_equal(read_shard(w, 0, again, PLACES), PLACES);
	assert_int_equal(read_shard(w, 1, again + PLACES, PLACES), PLACES);
	assert_memory_equal(again, id, sizeof(id));
	for (uint32_t i = 0; i < 2 * PLACES; i++) {
		report(w, i / PLACES, SHARD_DIALED, id[i], true);
		report(w, i / PLACES, SHARD_ENDED, id[i], true);
	}
	turn(w);
	record(w);
	turn(w);
	assert_int_equal(w->begun, 2 * PLACES);
	assert_int_equal(w->dialed, 2 * PLACES);
	assert_int_equal(w->settled, 2 * PLACES);
	assert_int_equal(w->withdrawn, 0);
	assert_true(control_is_quiet(w->c));
	free_world(w);
}

/* It comes back while the engine stops: to its source, undialled, once. */
static void test_undialled_at_the_end(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[1];

	UNUSED(state);
	submit(w, 5);
	turn(w);
	assert_int_equal(read_shards(w, id, 1), 1);
	control_stop(w->c, CONTROL_STOP_GRACEFULLY);
	turn(w);
	assert_int_equal(w->stopped, 0);
	send_back(w, 0, id[0], w->now + TMR_SECOND);
	turn(w);
	assert_int_equal(w->begun, 1);
	assert_int_equal(w->dialed, 1);
	assert_int_equal(w->settled, 1);
	assert_int_equal(w->withdrawn, 1);
	assert_true(w->last.waited_ns == 0);
	assert_int_equal(w->stopped, 1);
	free_world(w);
}

/* A ChannelId stays taken while its order waits again. */
static void test_undialled_keeps_its_id(void **state)
{
	struct world *w = make_world(&no_limit);
	const struct source source = {&ops, w};
	struct originate o;
	uint64_t id;

	UNUSED(state);
	originate_init(&o);
	o.tech = SLICE_LIT("PJSIP");
	o.resource = SLICE_LIT("100@gw");
	o.channel_id = SLICE_LIT("mine");
	assert_int_equal(control_originate(w->c, &o, &source, 1, NULL), 0);
	turn(w);
	assert_int_equal(read_shards(w, &id, 1), 1);
	send_back(w, 0, id, w->now + TMR_SECOND);
	turn(w);
	assert_true(control_is_id_taken(w->c, SLICE_LIT("mine")));
	assert_int_equal(control_originate(w->c, &o, &source, 2, NULL), -EEXIST);
	free_world(w);
}

static void test_due_later_waits(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];
	int64_t due = w->now + TMR_SECOND, next;

	UNUSED(state);
	assert_int_equal(submit_due(w, 1, "100@gw", due), 0);
	next = turn(w);
	assert_int_equal(read_shards(w, id, 4), 0);
	assert_int_equal(queue_scheduled(control_queue(w->c)), 1);
	assert_true(next <= due);
	w->now = due;
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 1);
	free_world(w);
}

static void test_credits_are_never_exceeded(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[SHARDS * PLACES + 4];
	uint32_t n;

	UNUSED(state);
	for (uint64_t i = 0; i < 10; i++)
		submit(w, i);
	turn(w);
	n = read_shards(w, id, ARRAY_COUNT(id));
	assert_int_equal(n, SHARDS * PLACES);
	assert_int_equal(w->dials[0], PLACES);
	assert_int_equal(w->dials[1], PLACES);
	/* A place is free again only when its call has ended, not when it was answered. */
	report(w, 0, SHARD_DIALED, id[0], true);
	turn(w);
	assert_int_equal(read_shards(w, id + n, 4), 0);
	report(w, 0, SHARD_ENDED, id[0], true);
	turn(w);
	assert_int_equal(read_shards(w, id + n, 4), 1);
	free_world(w);
}

/* The far end says five times that it has no room: its rate halves. What we refuse ourselves, and
 * other refusals, change nothing. */
static void test_slow_down(void **state)
{
	static const struct {
		int32_t cause, tech_code;
		bool is_reported;
		uint32_t cps;
	} rows[] = {{34, 503, true, 50},
		    {34, 503, false, 100}, /* a transport that failed */
		    {34, 0, false, 100},
		    {17, 486, true, 100}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct world *w = make_world(&(struct pacer_conf){.cps_max = 100, .burst_max = 1});
		struct shard_outcome o = {.attempt_no = 1,
					  .cause = rows[i].cause,
					  .tech_code = rows[i].tech_code,
					  .is_reported = rows[i].is_reported};

		for (int n = 0; n < 5; n++) {
			submit(w, 1);
			w->now += TMR_SECOND;
			turn(w);
			assert_int_equal(read_shards(w, &o.order_id, 1), 1);
			assert_true(pipe_write(w->up[0], PIPE_RELIABLE, SHARD_DIALED, &o, sizeof(o)));
			report(w, 0, SHARD_ENDED, o.order_id, false);
			turn(w);
			record(w);
			turn(w);
		}
		assert_int_equal(queue_trunk(control_queue(w->c), 0)->pacer.cps, rows[i].cps);
		assert_int_equal(metric_get(&w->metrics, METRIC_trunk_slowed), rows[i].cps < 100);
		free_world(w);
	}
}

static void test_stop_now_dials_nothing_more(void **state)
{
	struct world *w = make_world(&(struct pacer_conf){.channel_max = 1, .burst_max = 1});
	uint64_t id[8];

	UNUSED(state);
	for (uint64_t i = 0; i < 5; i++)
		submit(w, i);
	turn(w);
	assert_int_equal(read_shards(w, id, 8), 1);
	/* The running call ends in the very turn of the stop: its place must stay empty. */
	report(w, 0, SHARD_DIALED, id[0], false);
	report(w, 0, SHARD_ENDED, id[0], false);
	control_stop(w->c, CONTROL_STOP_NOW);
	turn(w);
	assert_int_equal(read_shards(w, id, 8), 0);
	assert_int_equal(w->hangups, SHARDS);
	assert_int_equal(w->withdrawn, 4);
	assert_int_equal(w->stopped, 0); /* the record of the first is not written */
	record(w);
	turn(w);
	assert_int_equal(w->settled, 5);
	assert_int_equal(w->stopped, 1);
	free_world(w);
}

static void test_granted_order_goes_back(void **state)
{
	struct world *w = make_world(&no_limit);
	static char big[60000];
	const struct source source = {&ops, w};
	struct originate o;
	uint64_t id[64];

	UNUSED(state);
	/* Questions fill both pipes down, so an admitted order cannot be sent. */
	make_chan(w, 0, handle_make(1, 0), EVENT_NEWCHANNEL, "a");
	make_chan(w, 1, handle_make(1, 1), EVENT_NEWCHANNEL, "b");
	turn(w);
	memset(big, 'x', sizeof(big));
	for (unsigned i = 0; i < 64; i++) {
		control_redirect(w->c, control_find_chan(w->c, SLICE_LIT("a")),
				 slice_make(big, sizeof(big)), SLICE_LIT("s"), 1);
		control_redirect(w->c, control_find_chan(w->c, SLICE_LIT("b")),
				 slice_make(big, sizeof(big)), SLICE_LIT("s"), 1);
	}
	originate_init(&o);
	o.tech = SLICE_LIT("PJSIP");
	o.resource = SLICE_LIT("1@gw");
	o.data = slice_make(big, sizeof(big));
	assert_int_equal(inbox_submit(w->inbox, &o, &source, 9, NULL), 0);
	turn(w);
	assert_int_equal(w->begun, 0);
	assert_int_equal(queue_running(control_queue(w->c)), 1);
	control_stop(w->c, CONTROL_STOP_GRACEFULLY);
	make_chan(w, 0, handle_make(1, 0), EVENT_HANGUP, "a");
	make_chan(w, 1, handle_make(1, 1), EVENT_HANGUP, "b");
	turn(w);
	assert_int_equal(w->withdrawn, 1);
	assert_int_equal(queue_running(control_queue(w->c)), 0);
	assert_int_equal(w->stopped, 1);
	assert_int_equal(read_shards(w, id, 64), 0);
	free_world(w);
}

/* Redirects fill the pipe until it refuses them; the caller is told. */
static void fill_shard(struct world *w, const char *chan)
{
	static const char big[60000];
	struct roster_chan *c = control_find_chan(w->c, slice_str(chan));

	for (size_t len = sizeof(big); len > 0; len = len > 1000 ? 1000 : 0)
		while (control_redirect(w->c, c, slice_make(big, len), SLICE_EMPTY, 1))
			;
	while (control_redirect(w->c, c, SLICE_EMPTY, SLICE_EMPTY, 1))
		;
}

/* An acknowledged hangup is never lost: the first of each channel finds room in a full pipe, a second
 * one need not. */
static void test_hangup_is_not_lost(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];

	UNUSED(state);
	for (uint32_t i = 0; i < 2 * PLACES; i++)
		make_chan(w, 1, handle_make(1, i), EVENT_NEWCHANNEL, (char[]){(char)('a' + i), 0});
	turn(w);
	fill_shard(w, "a");
	for (uint32_t times = 0; times < 5000; times++)
		for (uint32_t i = 0; i < 2 * PLACES; i++) {
			struct roster_chan *c =
				control_find_chan(w->c, slice_str((char[]){(char)('a' + i), 0}));

			assert_int_equal(c->is_ending, times > 0);
			control_hangup(w->c, c, times ? 21 : -1);
		}
	turn(w);
	read_shards(w, id, 4);
	assert_int_equal(w->told[0], 0);
	assert_int_equal(w->told[1], (1U << 2 * PLACES) - 1);
	free_world(w);
}

static void test_stop_gets_only_more_urgent(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];
	int64_t due;

	UNUSED(state);
	submit(w, 1);
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 1);
	control_stop(w->c, CONTROL_STOP_CONVENIENT);
	assert_false(control_is_stopping(w->c));
	assert_int_equal(submit_due(w, 2, "100@gw", w->now + TMR_SECOND), 0);
	control_stop(w->c, CONTROL_STOP_GRACEFULLY);
	assert_true(control_is_stopping(w->c));
	assert_int_equal(submit_due(w, 3, "100@gw", 0), -ESHUTDOWN);
	control_stop(w->c, CONTROL_STOP_NOW);
	due = turn(w);
	for (unsigned i = 0; i < 10; i++) {
		w->now += TMR_SECOND;
		control_stop(w->c, CONTROL_STOP_GRACEFULLY);
		control_stop(w->c, CONTROL_STOP_NOW);
		assert_false(control_abort_stop(w->c));
		turn(w);
	}
	read_shards(w, id, 4);
	assert_int_equal(w->hangups, SHARDS); /* said once */
	assert_int_equal(w->stopped, 0);
	w->now = due; /* and the time given is not given again */
	turn(w);
	assert_int_equal(w->stopped, 1);
	free_world(w);
}

static void test_stop_is_taken_back(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];

	UNUSED(state);
	submit(w, 1);
	turn(w);
	control_stop(w->c, CONTROL_STOP_GRACEFULLY);
	assert_true(control_abort_stop(w->c));
	assert_false(control_is_asked_to_stop(w->c));
	submit(w, 2);
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 2);
	assert_int_equal(w->withdrawn, 0);
	free_world(w);
}

/* "When convenient": at the idle moment the door closes, and what slips through goes back undialled. */
static void test_stop_when_convenient(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[4];

	UNUSED(state);
	submit(w, 1);
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 1);
	control_stop(w->c, CONTROL_STOP_CONVENIENT);
	turn(w);
	assert_int_equal(w->stopped, 0);
	report(w, 0, SHARD_DIALED, id[0], false);
	report(w, 0, SHARD_ENDED, id[0], false);
	turn(w);
	record(w);
	turn(w);
	assert_int_equal(w->stopped, 1);
	assert_int_equal(submit_due(w, 2, "100@gw", 0), -ESHUTDOWN);
	/* One that was past the door already. */
	inbox_close(w->inbox, false);
	submit(w, 3);
	turn(w);
	assert_int_equal(w->withdrawn, 1);
	assert_int_equal(read_shards(w, id, 4), 0);
	assert_int_equal(w->stopped, 1);
	free_world(w);
}

static void on_reply(void *arg, bool ok, struct slice value)
{
	struct world *w = arg;

	UNUSED(value);
	w->replies++;
	w->good_replies += ok;
}

/* Every question is answered once, also those that find no room; and what a shard may have to answer
 * never exceeds what its pipe keeps room for. */
static void test_questions_are_bounded(void **state)
{
	struct world *w = make_world(&no_limit);
	const struct pipe_record *r;
	struct roster_chan *chan;

	UNUSED(state);
	make_chan(w, 0, handle_make(1, 0), EVENT_NEWCHANNEL, "a");
	turn(w);
	chan = control_find_chan(w->c, SLICE_LIT("a"));
	assert_non_null(chan);
	for (unsigned i = 0; i < 5000; i++)
		control_getvar(w->c, chan, SLICE_LIT("X"), false, on_reply, w);
	assert_int_equal(w->replies, 5000 - LIMIT_ASKS);
	assert_int_equal(w->good_replies, 0);
	turn(w);
	while ((r = pipe_read(w->down[0]))) {
		struct shard_question a;

		memcpy(&a, r->data, sizeof(a));
		a.ok = true;
		a.len[0] = 0;
		assert_true(pipe_write(w->up[0], PIPE_RELIABLE, SHARD_ANSWER, &a, sizeof(a)));
	}
	pipe_flush(w->up[0]);
	turn(w);
	assert_int_equal(w->good_replies, LIMIT_ASKS);
	assert_int_equal(w->replies, 5000);
	free_world(w);
}

static void test_roster_follows_events(void **state)
{
	struct world *w = make_world(&no_limit);

	UNUSED(state);
	make_chan(w, 1, handle_make(1, 4), EVENT_NEWCHANNEL, "PJSIP/gw-1");
	turn(w);
	assert_int_equal(control_chan_count(w->c), 1);
	assert_non_null(control_find_chan(w->c, SLICE_LIT("pjsip/GW-1")));
	/* Of a channel that nobody knows (any more): no harm. */
	make_chan(w, 0, handle_make(1, 9), EVENT_NEWSTATE, "PJSIP/other-1");
	make_chan(w, 1, handle_make(1, 4), EVENT_HANGUP, "PJSIP/gw-1");
	turn(w);
	assert_int_equal(control_chan_count(w->c), 0);
	assert_null(control_find_chan(w->c, SLICE_LIT("PJSIP/gw-1")));
	free_world(w);
}

static void test_channel_id_is_held(void **state)
{
	struct world *w = make_world(&no_limit);
	const struct source source = {&ops, w};
	struct originate o;
	uint64_t id[4];

	UNUSED(state);
	originate_init(&o);
	o.tech = SLICE_LIT("PJSIP");
	o.resource = SLICE_LIT("1@gw");
	o.channel_id = SLICE_LIT("lead-1");
	assert_int_equal(control_originate(w->c, &o, &source, 1, NULL), 0);
	assert_int_equal(control_originate(w->c, &o, &source, 2, NULL), -EEXIST);
	turn(w);
	assert_int_equal(read_shards(w, id, 4), 1);
	report(w, 0, SHARD_DIALED, id[0], false);
	report(w, 0, SHARD_ENDED, id[0], false);
	turn(w);
	record(w);
	turn(w);
	assert_int_equal(w->settled, 1);
	assert_int_equal(control_originate(w->c, &o, &source, 3, NULL), -EEXIST);
	/* A refusal holds no id. */
	inbox_close(w->inbox, true);
	o.channel_id = SLICE_LIT("lead-2");
	assert_int_equal(control_originate(w->c, &o, &source, 4, NULL), -ESHUTDOWN);
	inbox_close(w->inbox, false);
	assert_int_equal(control_originate(w->c, &o, &source, 4, NULL), 0);
	free_world(w);
}

/* Names that come with orders cannot use up the table of trunks for ever. */
static void test_trunk_names_run_out(void **state)
{
	struct world *w = make_world(&no_limit);
	uint64_t id[SHARDS * PLACES];
	char name[32];

	UNUSED(state);
	for (unsigned i = 0; i < LIMIT_TRUNKS + 50; i++) {
		snprintf(name, sizeof(name), "1@no%u", i);
		assert_int_equal(submit_due(w, i, name, 0), 0);
		turn(w);
		assert_int_equal(read_shards(w, id, ARRAY_COUNT(id)), 1);
		report(w, i % 2 ? 0 : 1, SHARD_DIALED, id[0], false);
		report(w, i % 2 ? 0 : 1, SHARD_ENDED, id[0], false);
		turn(w);
		record(w);
		turn(w);
	}
	assert_int_equal(w->settled, LIMIT_TRUNKS + 50);
	assert_int_equal(w->withdrawn, 0);
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_of_an_order),
		cmocka_unit_test(test_undialled_goes_back),
		cmocka_unit_test(test_undialled_at_the_end),
		cmocka_unit_test(test_undialled_keeps_its_id),
		cmocka_unit_test(test_due_later_waits),
		cmocka_unit_test(test_credits_are_never_exceeded),
		cmocka_unit_test(test_slow_down),
		cmocka_unit_test(test_stop_now_dials_nothing_more),
		cmocka_unit_test(test_granted_order_goes_back),
		cmocka_unit_test(test_hangup_is_not_lost),
		cmocka_unit_test(test_stop_gets_only_more_urgent),
		cmocka_unit_test(test_stop_is_taken_back),
		cmocka_unit_test(test_stop_when_convenient),
		cmocka_unit_test(test_questions_are_bounded),
		cmocka_unit_test(test_roster_follows_events),
		cmocka_unit_test(test_channel_id_is_held),
		cmocka_unit_test(test_trunk_names_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
