/* tests/unit/core/chan_rig.h - one shard whose signalling and media are of straw: what channels do is
 * seen at the ports and in the pipe. For one test program each: it defines, it does not declare. */
#ifndef RINGER_TESTS_UNIT_CORE_CHAN_RIG_H
#define RINGER_TESTS_UNIT_CORE_CHAN_RIG_H

/* A program uses what it needs of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

#include "engine/core/chan.h"

#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "engine/core/dialplan.h"
#include "engine/core/shard.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHANNELS 8

static struct rig {
	struct shard shard;
	struct io *io;
	struct dialplan *dialplan;
	int64_t skew; /* added to the clock for timers */

	/* the port of signalling */
	const struct tech_events *tech;
	void *owner;
	bool has_call;
	int find_error, dial_error;
	struct tech_hold held; /* until_ns 0: not */
	int hangup_code;
	uint32_t hangups;
	int hangup_cause;

	/* the port of media */
	const struct media_events *media;
	bool has_session, no_session;
	uint32_t plays;

	/* what came up the pipe */
	char events[65536]; /* names, with what tells them apart */
	size_t len;
	uint32_t dialed, ended, hangup_events;
	int reason, cause, tech_code;
	bool answered, is_reported;
	struct cdr cdr;
	char cdr_data[8192];
	uint32_t cdrs;
	char uniqueid[256];
	size_t largest; /* bytes of the largest reliable record but CDRs */
} rig;

static const char conf[] = "[play]\n"
			   "exten => s,1,Wait(5)\n"
			   " same => n,Hangup()\n"
			   "exten => other,1,Wait(7)\n"
			   "exten => menu,1,Background(one)\n same => n,WaitExten(9)\n"
			   "exten => 1,1,Playback(two)\n same => n,Hangup(21)\n"
			   "exten => failed,1,Wait(3)\n"
			   "[ends]\n"
			   "exten => s,1,NoOp()\n"
			   "exten => h,1,Set(N=0)\n" /* more than one turn's share of steps */
			   " same => n,While($[${N} < 400])\n"
			   " same => n,Set(N=$[${N}+1])\n"
			   " same => n,EndWhile()\n"
			   "[loop]\n"
			   "exten => s,1,Set(N=0)\n"
			   " same => n,While($[${N} < 2000])\n"
			   " same => n,Set(CALLERID(num)=${N})\n"
			   " same => n,Set(CDR(userfield)=${N})\n"
			   " same => n,Set(N=$[${N}+1])\n"
			   " same => n,EndWhile()\n"
			   " same => n,Set(CALLERID(name)=done)\n";

/* ---- signalling ---- */

static int straw_find(void *impl, struct slice resource, struct tech_endpoint *out)
{
	static char name[8];
	static struct slice vars[1];

	UNUSED(impl);
	UNUSED(resource);
	/* As of a snapshot that a reload frees: gone when the dial is done. */
	memcpy(name, "gw", 3);
	vars[0] = SLICE_LIT("FROM=conf");
	*out = (struct tech_endpoint){.name = slice_make(name, 2),
				      .context = SLICE_LIT("in"),
				      .set_vars = vars,
				      .set_var_count = 1};
	codec_list_allow(&out->allow, SLICE_LIT("ulaw,alaw"));
	return rig.find_error;
}

static bool straw_is_held(void *impl, struct slice resource, const struct tech_endpoint *endpoint,
			  struct tech_hold *hold)
{
	UNUSED(impl);
	UNUSED(resource);
	assert_true(slice_eq(endpoint->name, SLICE_LIT("gw")));
	*hold = rig.held;
	return rig.held.until_ns != 0;
}

static struct tech_call *straw_dial(void *impl, const struct tech_dial *dial,
				    const struct tech_events *events, void *owner, int *error)
{
	UNUSED(impl);
	memset((char *)dial->endpoint->name.ptr, '?', 2);
	if (rig.dial_error) {
		*error = rig.dial_error;
		return NULL;
	}
	rig.tech = events;
	rig.owner = owner;
	rig.has_call = true;
	return (struct tech_call *)&rig;
}

static int straw_hangup(struct tech_call *call, int cause)
{
	UNUSED(call);
	assert_true(rig.has_call);
	rig.has_call = false;
	rig.hangups++;
	rig.hangup_cause = cause;
	return rig.hangup_code;
}

static const struct tech_ops tech = {
	.name = "PJSIP",
	.find = straw_find,
	.is_held = straw_is_held,
	.dial = straw_dial,
	.hangup = straw_hangup,
};

/* ---- media ---- */

static struct media_session *straw_open(void *impl, const struct media_params *params,
					const struct media_events *events, void *owner,
					struct addr *local)
{
	UNUSED(impl);
	UNUSED(params);
	UNUSED(owner);
	UNUSED(local);
	if (rig.no_session)
		return NULL;
	rig.media = events;
	rig.has_session = true;
	return (struct media_session *)&rig;
}

static void straw_close(struct media_session *m)
{
	UNUSED(m);
	assert_true(rig.has_session);
	rig.has_session = false;
}

static void straw_remote(struct media_session *m, const struct media_desc *remote)
{
	UNUSED(m);
	UNUSED(remote);
}

static bool straw_play(struct media_session *m, struct slice names, unsigned *missing)
{
	UNUSED(m);
	UNUSED(names);
	*missing = 0;
	rig.plays++;
	return true;
}

static void straw_stop(struct media_session *m)
{
	UNUSED(m);
}

static void straw_echo(struct media_session *m, bool on)
{
	UNUSED(m);
	UNUSED(on);
}

static void straw_stats(const struct media_session *m, struct media_stats *out)
{
	UNUSED(m);
	*out = (struct media_stats){0};
}

static const struct media_ops media = {
	.open = straw_open,   .close = straw_close, .set_remote = straw_remote,
	.play = straw_play,   .stop = straw_stop,   .echo = straw_echo,
	.stats = straw_stats,
};

/* ---- what comes up ---- */

static void write_down(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void write_down(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(rig.events + rig.len, sizeof(rig.events) - rig.len, fmt, args);
	va_end(args);
	rig.len += (size_t)n;
	assert_true(rig.len < sizeof(rig.events));
}

static void take_cdr(const struct event *e)
{
	assert_true(e->text[0].len <= CDR_BYTES_MAX);
	memcpy(rig.cdr_data, e->text[0].ptr, e->text[0].len);
	assert_true(cdr_unpack(rig.cdr_data, e->text[0].len, &rig.cdr));
	rig.cdrs++;
	write_down("Cdr ");
}

static void take_event(const struct event *e, size_t len)
{
	if (event_is_reliable(e->kind) && e->kind != EVENT_CDR && len > rig.largest)
		rig.largest = len;
	switch (e->kind) {
	case EVENT_CDR:
		take_cdr(e);
		return;
	case EVENT_HANGUP:
		rig.hangup_events++;
		write_down("Hangup(%d,%d) ", e->number[0], e->number[1]);
		return;
	case EVENT_HANGUPREQUEST:
		write_down("HangupRequest(%d,%d) ", e->number[0], e->number[1]);
		return;
	case EVENT_NEWSTATE:
		write_down("Newstate(%d) ", e->snap.state);
		return;
	case EVENT_NEWEXTEN:
		write_down("%.*s@%.*s:%.*s ", SLICE_ARG(e->snap.exten), SLICE_ARG(e->snap.context),
			   SLICE_ARG(e->text[0]));
		return;
	case EVENT_VARSET:
	case EVENT_DIALSTATE:
	case EVENT_DIALEND:
	case EVENT_DIALBEGIN:
		write_down("%s(%.*s) ", event_name(e->kind), SLICE_ARG(e->text[0]));
		return;
	default:
		write_down("%s ", event_name(e->kind));
	}
}

static void take_outcome(uint32_t kind, const struct shard_outcome *o)
{
	if (kind == SHARD_DIALED) {
		rig.dialed++;
		rig.answered = o->answered;
		rig.is_reported = o->is_reported;
		rig.reason = o->reason;
		write_down("DIALED(%d) ", o->reason);
		return;
	}
	rig.ended++;
	rig.cause = o->cause;
	rig.tech_code = o->tech_code;
	assert_int_equal(o->reason, rig.reason);
	snprintf(rig.uniqueid, sizeof(rig.uniqueid), "%.*s", (int)o->uniqueid_len,
		 o->text + o->channel_len);
	write_down("ENDED ");
}

static void take_undialled(const struct shard_undialled *u)
{
	write_down("UNDIALLED(%d,%d,%d) ", (int)u->order_id, (int)u->until_ns, (int)u->on_trial);
}

static void read_up(void)
{
	const struct pipe_record *r;
	struct event e;

	pipe_flush(rig.shard.up);
	while ((r = pipe_read(rig.shard.up))) {
		if (r->kind == SHARD_UNDIALLED)
			take_undialled((const void *)r->data);
		else if (event_read(r, &e))
			take_event(&e, r->len);
		else
			take_outcome(r->kind, (const void *)r->data);
	}
}

/* ---- life of the rig ---- */

static int64_t now(void)
{
	return io_now_ns(rig.io) + rig.skew;
}

static void turn(void)
{
	tmr_wheel_run(rig.shard.wheel, now(), 1000);
	while (shard_run_ready(&rig.shard, 100))
		;
	read_up();
}

/* Time goes by; timers fire in steps, since applications start new ones by the real clock. */
static void pass(int64_t s)
{
	for (int64_t i = 0; i < 10 * s; i++) {
		rig.skew += TMR_SECOND / 10;
		turn();
	}
}

static void load_dialplan(const char *text)
{
	const struct memconf_file files[] = {{"extensions.conf", text, 0}, {NULL, NULL, 0}};
	struct conffile_error err;
	struct conffile *cf;
	struct memconf m;

	memconf_init(&m, files);
	check(conffile_load(&cf, &m.source, "extensions.conf", &err) == 0);
	check(dialplan_load(&rig.dialplan, cf, &m.source) == 0);
	conffile_free(cf);
	rig.shard.dialplan = rig.dialplan;
}

static void open_rig(void)
{
	struct shard *s = &rig.shard;
	struct io_conf io = {.name = "shard", .cpu = -1};
	const struct pipe_conf pipe = {
		.spare_bytes = 4 << 20, .reserve_bytes = 1 << 20, .record_max = 100 * 1024};

	memset(&rig, 0, sizeof(rig));
	io.metrics = &s->metrics;
	check(io_create(&rig.io, &io) == 0);
	s->count = 1;
	s->io = s->control_io = rig.io;
	s->unanswered_cdr = s->congestion_cdr = true;
	list_init(&s->ready);
	check(tmr_wheel_create(&s->wheel, io_now_ns(rig.io)) == 0);
	check(pipe_create(&s->up, &pipe) == 0);
	check(pipe_create(&s->down, &pipe) == 0);
	check(slab_create(&s->chans, "channels", chan_bytes(), CHANNELS) == 0);
	check(slab_create(&s->pbxes, "pbx", pbx_bytes(), CHANNELS) == 0);
	check(arena_pool_create(&s->arenas, 256) == 0);
	check(arena_pool_create(&s->globals_pool, 16) == 0);
	arena_init(&s->globals_arena, s->globals_pool, 16 * ARENA_CHUNK);
	vars_init(&s->globals, &s->globals_arena);
	s->scratch = malloc(LIMIT_APPDATA);
	check(s->scratch);
	s->techs[s->tech_count++] = (struct tech){.ops = &tech};
	s->media = (struct media){.ops = &media};
	load_dialplan(conf);
}

static void close_rig(void)
{
	struct shard *s = &rig.shard;

	assert_true(shard_is_quiet(s));
	assert_int_equal(tmr_wheel_count(s->wheel), 0);
	assert_false(rig.has_call);
	assert_false(rig.has_session);
	arena_reset(&s->globals_arena);
	arena_pool_destroy(s->globals_pool);
	arena_pool_destroy(s->arenas);
	slab_destroy(s->pbxes);
	slab_destroy(s->chans);
	pipe_destroy(s->down);
	pipe_destroy(s->up);
	tmr_wheel_destroy(s->wheel);
	free(s->scratch);
	dialplan_free(rig.dialplan);
	io_destroy(rig.io);
}

static int set_up(void **state)
{
	UNUSED(state);
	open_rig();
	return 0;
}

static int tear_down(void **state)
{
	UNUSED(state);
	close_rig();
	return 0;
}

/* ---- orders ---- */

static struct originate order; /* large */

static struct originate *make_order(void)
{
	originate_init(&order);
	order.id = 5;
	order.tech = SLICE_LIT("PJSIP");
	order.resource = SLICE_LIT("100@gw");
	order.context = SLICE_LIT("play");
	order.exten = SLICE_LIT("s");
	order.priority = 1;
	order.channel_id = SLICE_LIT("call-1");
	return &order;
}

static void send_order(const struct originate *o)
{
	static char packed[2 * LIMIT_ORDER_BYTES];

	assert_true(originate_packed_bytes(o) <= sizeof(packed));
	chan_originate(&rig.shard, slice_make(packed, originate_pack(packed, o)));
}

static struct chan *the_chan(void)
{
	for (uint32_t i = 0; i < CHANNELS; i++) {
		struct chan *c = slab_at(rig.shard.chans, i);

		if (c)
			return c;
	}
	return NULL;
}

static void forget_events(void)
{
	read_up();
	rig.len = 0;
	rig.events[0] = 0;
}

static void ring(void)
{
	rig.tech->ringing(rig.owner);
}

static const struct media_desc audio = {.ptime_ms = 20, .codec_count = 1, .event_pt = 101};

static void answer(void)
{
	rig.tech->answered(rig.owner, &audio);
}

static void end_with(int cause, int code)
{
	struct tech_end end = {.cause = cause, .tech_code = code, .is_reported = code != 0};

	rig.has_call = false;
	rig.tech->ended(rig.owner, &end);
}

#define INTRO                                                                                      \
	"Newchannel s@in:AppDial2 VarSet(FROM) VarSet(LEAD) NewAccountCode NewCallerid "            \
	"NewConnectedLine DialBegin(100@gw) "

/* As in the transcripts. */
static void dial_like_the_book(void)
{
	struct originate *o = make_order();

	o->vars[o->var_count++] =
		(struct originate_var){SLICE_LIT("LEAD"), SLICE_LIT("4711")};
	o->account = SLICE_LIT("camp7");
	o->has_cid = true;
	o->cid_name = SLICE_LIT("Ann");
	o->cid_num = SLICE_LIT("100");
	send_order(o);
}

static struct originate *failing_order(void)
{
	struct originate *o = make_order();

	o->wants_failed = true;
	return o;
}

static void redirect(const char *exten)
{
	chan_goto(the_chan(), SLICE_LIT("play"), slice_str(exten), 1);
}

static void stop_now(void)
{
	assert_true(pipe_write(rig.shard.down, PIPE_RELIABLE, SHARD_HANGUP_ALL, NULL, 0));
	pipe_flush(rig.shard.down);
	shard_run_commands(&rig.shard, 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
