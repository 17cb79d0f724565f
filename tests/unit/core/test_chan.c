/* tests/unit/core/test_chan.c - channels with a signalling and a media of straw: every state meets every
 * event, and the transcripts of ami-events.md 8.2 to 8.6 come out event by event. */
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
	bool answered;
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
	.name = "PJSIP", .find = straw_find, .dial = straw_dial, .hangup = straw_hangup};

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

static void read_up(void)
{
	const struct pipe_record *r;
	struct event e;

	pipe_flush(rig.shard.up);
	while ((r = pipe_read(rig.shard.up))) {
		if (event_read(r, &e))
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
	struct tech_end end = {.cause = cause, .tech_code = code};

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

/* ---- transcripts ---- */

static void test_answered_and_over(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	answer();
	turn();
	assert_string_equal(rig.events, INTRO "Newstate(5) DialState(RINGING) Newstate(6) "
					      "DialEnd(ANSWER) DIALED(4) s@play:Wait ");
	forget_events();
	pass(6);
	assert_string_equal(rig.events, "s@play:Hangup SoftHangupRequest Cdr Hangup(16,0) ENDED ");
	assert_int_equal(rig.hangup_cause, 16);
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
	assert_string_equal(rig.uniqueid, "call-1");
	assert_memory_equal(rig.cdr.dst.ptr, "s", 1);
	assert_memory_equal(rig.cdr.dcontext.ptr, "play", 4);
	assert_memory_equal(rig.cdr.lastapp.ptr, "Hangup", 6);
	assert_memory_equal(rig.cdr.clid.ptr, "\"Ann\" <100>", 11);
}

static void test_busy(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events,
			    INTRO "Newstate(5) DialState(RINGING) HangupRequest(17,486) "
				  "DialEnd(BUSY) DIALED(0) Cdr Hangup(17,486) ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_BUSY);
	assert_memory_equal(rig.cdr.lastapp.ptr, "AppDial2", 8);
	assert_memory_equal(rig.cdr.dst.ptr, "s", 1);
	assert_memory_equal(rig.cdr.dcontext.ptr, "in", 2);
	assert_int_equal(rig.cause, 17);
	assert_int_equal(rig.tech_code, 486);
	assert_int_equal(rig.hangups, 0);
}

static void test_no_answer(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	turn();
	forget_events();
	rig.hangup_code = 480;
	pass(31);
	assert_string_equal(rig.events, "DIALED(3) Cdr Hangup(19,480) ENDED ");
	assert_int_equal(rig.hangup_cause, 19);
	assert_int_equal(rig.cdr.disposition, CDR_NO_ANSWER);
}

static void test_hung_up_while_ringing(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	turn();
	forget_events();
	chan_request_hangup(the_chan(), 16);
	assert_non_null(the_chan()); /* only marked */
	turn();
	assert_string_equal(rig.events, "DialEnd(NOANSWER) DIALED(0) Cdr Hangup(16,0) ENDED ");
}

static void test_no_channel_at_all(void **state)
{
	UNUSED(state);
	rig.find_error = -ENOENT;
	dial_like_the_book();
	read_up();
	assert_string_equal(rig.events, "DIALED(0) Cdr ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
	assert_string_equal(rig.uniqueid, "call-1");
	rig.find_error = 0;
	rig.no_session = true;
	dial_like_the_book();
	read_up();
	assert_int_equal(rig.dialed, 2);
	assert_int_equal(rig.ended, 2);
}

static void test_dial_fails(void **state)
{
	UNUSED(state);
	rig.dial_error = -EMSGSIZE;
	dial_like_the_book();
	turn();
	assert_string_equal(rig.events, INTRO "DIALED(0) Cdr Hangup(42,0) ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
}

static void test_no_records_of_the_unanswered(void **state)
{
	UNUSED(state);
	rig.shard.unanswered_cdr = false;
	dial_like_the_book();
	end_with(34, 503);
	turn();
	rig.find_error = -ENOENT;
	dial_like_the_book();
	read_up();
	assert_int_equal(rig.cdrs, 0);
	assert_int_equal(rig.ended, 2);
}

static void test_dispositions(void **state)
{
	static const struct {
		int cause, code;
		bool congestion;
		enum cdr_disposition disposition;
		const char *status;
	} rows[] = {
		{17, 486, true, CDR_BUSY, "DialEnd(BUSY)"},
		{34, 503, true, CDR_CONGESTION, "DialEnd(CONGESTION)"},
		{34, 503, false, CDR_FAILED, "DialEnd(CONGESTION)"},
		{21, 603, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{1, 404, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{19, 480, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{18, 408, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{127, 487, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{38, 500, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{3, 420, true, CDR_FAILED, "DialEnd(CHANUNAVAIL)"},
		{20, 0, true, CDR_FAILED, "DialEnd(CHANUNAVAIL)"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		forget_events();
		rig.shard.congestion_cdr = rows[i].congestion;
		send_order(make_order());
		end_with(rows[i].cause, rows[i].code);
		turn();
		assert_int_equal(rig.cdr.disposition, rows[i].disposition);
		assert_non_null(strstr(rig.events, rows[i].status));
		assert_int_equal(rig.reason, 0);
	}
}

/* ---- early media ---- */

static struct originate *early_order(void)
{
	struct originate *o = make_order();

	o->early_media = true;
	return o;
}

static void test_early_media_then_failure(void **state)
{
	UNUSED(state);
	send_order(early_order());
	rig.tech->progress(rig.owner, &audio, false);
	turn();
	assert_true(rig.answered);
	assert_non_null(strstr(rig.events, "DialState(PROGRESS) DIALED(4) s@play:Wait "));
	forget_events();
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events, "HangupRequest(17,486) DialEnd(BUSY) SoftHangupRequest Cdr "
					"Hangup(17,486) ENDED ");
	assert_int_equal(rig.reason, ORIGINATE_ANSWERED);
	assert_int_equal(rig.cdr.disposition, CDR_BUSY);
}

static void test_early_media_outlives_the_time_out(void **state)
{
	UNUSED(state);
	early_order()->timeout_ms = 2000;
	order.context = SLICE_LIT("play");
	order.exten = SLICE_LIT("other");
	send_order(&order);
	rig.tech->progress(rig.owner, &audio, false);
	pass(4);
	assert_int_equal(rig.ended, 0);
	answer();
	pass(4);
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.dialed, 1);
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
}

static void test_progress_without_media_is_no_answer(void **state)
{
	UNUSED(state);
	early_order()->timeout_ms = 2000;
	send_order(&order);
	rig.tech->progress(rig.owner, NULL, false);
	pass(3);
	assert_false(rig.answered);
	assert_int_equal(rig.reason, ORIGINATE_RINGING);
}

/* ---- two things in one turn ---- */

static void test_refusal_and_time_out_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	turn();
	forget_events();
	rig.skew += 31 * TMR_SECOND; /* the timer is due, and has not been looked at */
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events, "HangupRequest(17,486) DialEnd(BUSY) DIALED(0) Cdr "
					"Hangup(17,486) ENDED ");
}

static void test_answer_and_bye_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	end_with(16, 0);
	turn();
	assert_true(rig.answered);
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "s@play"));
	assert_null(strstr(rig.events, "DialEnd(NOANSWER)"));
}

static void test_hangup_and_answer_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	chan_request_hangup(the_chan(), -1);
	answer();
	turn();
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.hangups, 1);
	assert_null(strstr(rig.events, "s@play"));
}

/* A digit breaks the prompt in the very turn in which it ended: its end is not the next prompt's. */
static void test_digit_and_end_of_prompt_in_one_turn(void **state)
{
	UNUSED(state);
	make_order()->exten = SLICE_LIT("menu");
	send_order(&order);
	answer();
	turn();
	assert_int_equal(rig.plays, 1);
	rig.media->played(rig.owner, MEDIA_PLAYED);
	rig.media->dtmf_end(rig.owner, '1', 100);
	turn();
	assert_int_equal(rig.plays, 2);
	assert_null(strstr(rig.events, "1@play:Hangup"));
	rig.media->played(rig.owner, MEDIA_PLAYED);
	turn();
	assert_non_null(strstr(rig.events, "1@play:Hangup"));
	assert_int_equal(rig.cause, 21);
}

/* ---- redirect ---- */

static void redirect(const char *exten)
{
	chan_goto(the_chan(), SLICE_LIT("play"), slice_str(exten), 1);
}

static void test_redirect_in_dialplan(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	turn();
	redirect("other");
	turn();
	assert_non_null(strstr(rig.events, "s@play:Wait other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
}

static void test_redirect_before_the_answer(void **state)
{
	UNUSED(state);
	make_order()->app = SLICE_LIT("Wait");
	order.data = SLICE_LIT("2");
	send_order(&order);
	ring();
	redirect("other");
	turn();
	answer();
	turn();
	assert_non_null(strstr(rig.events, "DIALED(4) other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
	assert_memory_equal(rig.cdr.dst.ptr, "other", 5);
}

static void test_redirect_in_the_turn_of_the_answer(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	redirect("other");
	turn();
	assert_null(strstr(rig.events, "s@play"));
	assert_non_null(strstr(rig.events, "other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
}

static void test_redirect_during_h_is_ignored(void **state)
{
	UNUSED(state);
	make_order()->context = SLICE_LIT("ends");
	send_order(&order);
	answer();
	turn();
	assert_non_null(strstr(rig.events, "h@ends:EndWhile"));
	redirect("other");
	chan_request_hangup(the_chan(), 21);
	rig.len = 0;
	pass(5);
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "other@"));
	assert_int_equal(rig.cause, 16);
}

/* ---- the `failed` extension ---- */

static struct originate *failing_order(void)
{
	struct originate *o = make_order();

	o->wants_failed = true;
	return o;
}

static void test_failed_extension(void **state)
{
	UNUSED(state);
	send_order(failing_order());
	end_with(17, 486);
	turn();
	assert_non_null(strstr(rig.events, "DIALED(0) Cdr Hangup(17,486) Newchannel "
					   "VarSet(REASON) failed@play:Wait "));
	assert_int_equal(rig.ended, 0);
	pass(4);
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.dialed, 1);
	assert_int_equal(rig.cdrs, 2);
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
	assert_memory_equal(rig.cdr.dst.ptr, "failed", 6);
	assert_non_null(strstr(rig.events, "SoftHangupRequest Cdr Hangup(0,0) ENDED "));
	assert_string_equal(rig.uniqueid, "call-1"); /* of the call that failed */
	assert_int_equal(rig.cause, 17);
	assert_int_equal(rig.tech_code, 486);
}

static void test_failed_extension_is_hung_up(void **state)
{
	UNUSED(state);
	/* Before it began: the channel is made on the turn of the failure and starts after. */
	send_order(failing_order());
	end_with(17, 486);
	shard_run_ready(&rig.shard, 1);
	assert_non_null(the_chan());
	chan_request_hangup(the_chan(), -1);
	turn();
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "DialEnd(NOANSWER)"));
	/* While it runs. */
	send_order(failing_order());
	end_with(17, 486);
	turn();
	chan_request_hangup(the_chan(), -1);
	turn();
	assert_int_equal(rig.ended, 2);
}

static void stop_now(void)
{
	assert_true(pipe_write(rig.shard.down, PIPE_RELIABLE, SHARD_HANGUP_ALL, NULL, 0));
	pipe_flush(rig.shard.down);
	shard_run_commands(&rig.shard, 10);
}

static void test_stop_now_ends_everything(void **state)
{
	UNUSED(state);
	send_order(failing_order()); /* ringing: its failure must not start a new channel */
	ring();
	turn();
	stop_now();
	turn();
	assert_int_equal(rig.ended, 1);
	assert_null(the_chan());
}

/* ---- every state meets every event ---- */

enum stage { ST_DIALING, ST_RINGING, ST_EARLY, ST_EARLY_TAKEN, ST_UP, ST_APP, ST_H, ST_FAILED, ST_COUNT };
enum happening {
	HAP_RING,
	HAP_PROGRESS,
	HAP_ANSWER,
	HAP_END,
	HAP_HANGUP,
	HAP_REDIRECT,
	HAP_TIME_OUT,
	HAP_SILENT,
	HAP_DIGIT,
	HAP_PLAYED,
	HAP_HOLD,
	HAP_STOP,
	HAP_COUNT,
};

static void go_to_stage(enum stage stage)
{
	struct originate *o = stage == ST_FAILED ? failing_order() : make_order();

	o->early_media = stage == ST_EARLY_TAKEN;
	if (stage == ST_H)
		o->context = SLICE_LIT("ends");
	if (stage == ST_APP) {
		o->app = SLICE_LIT("Wait");
		o->data = SLICE_LIT("5");
	}
	send_order(o);
	if (stage == ST_RINGING)
		ring();
	if (stage == ST_EARLY || stage == ST_EARLY_TAKEN)
		rig.tech->progress(rig.owner, &audio, true);
	if (stage == ST_UP || stage == ST_APP || stage == ST_H)
		answer();
	if (stage == ST_FAILED)
		end_with(17, 486);
	turn();
	if (stage == ST_H)
		rig.len = 0;
	assert_non_null(the_chan());
}

static void let_happen(enum happening what)
{
	struct chan *c = the_chan();
	handle_t handle = c ? slab_handle(rig.shard.chans, c) : HANDLE_NONE;
	bool signals = rig.has_call && c && rig.owner == c;
	bool hears = rig.has_session && c && rig.owner == c;

	if (!c)
		return;
	if (what == HAP_RING && signals)
		ring();
	if (what == HAP_PROGRESS && signals)
		rig.tech->progress(c, &audio, false);
	if (what == HAP_ANSWER && signals)
		answer();
	if (what == HAP_END && signals)
		end_with(16, 0);
	if (what == HAP_HANGUP)
		chan_request_hangup(c, 21);
	if (what == HAP_REDIRECT)
		redirect("other");
	if (what == HAP_TIME_OUT)
		rig.skew += 40 * TMR_SECOND;
	if (what == HAP_SILENT && hears)
		rig.media->silent(c);
	if (what == HAP_DIGIT && hears)
		rig.media->dtmf_end(c, '1', 100);
	if (what == HAP_PLAYED && hears)
		rig.media->played(c, MEDIA_PLAYED);
	if (what == HAP_HOLD && signals)
		rig.tech->media_changed(c, &audio, true);
	if (what == HAP_STOP)
		stop_now();
	/* Nothing that a port calls up may free the channel under it. */
	assert_ptr_equal(slab_get(rig.shard.chans, handle), c);
}

/* Exactly one outcome, Newchannel first and Hangup last of each channel, and nothing left. */
static void judge(enum stage stage, enum happening a, enum happening b)
{
	const char *last = NULL;

	for (const char *at = rig.events; (at = strstr(at, "Hangup(")); at++)
		last = at;
	if (stage == ST_H) /* its loop is long: the beginning was forgotten */
		memcpy(rig.events, "Newchannel ", 11);
	if (rig.dialed != 1 || rig.ended != 1 || strncmp(rig.events, "Newchannel ", 11) != 0 || !last ||
	    strcmp(strchr(last, ' '), " ENDED ") != 0 || !shard_is_quiet(&rig.shard))
		fail_msg("stage %d, event %d then %d: %u dialed, %u ended: %s", stage, a, b,
			 rig.dialed, rig.ended, rig.events);
}

static void test_every_state_meets_every_event(void **state)
{
	UNUSED(state);
	close_rig();
	for (enum stage stage = 0; stage < ST_COUNT; stage++) {
		for (unsigned n = 0; n < HAP_COUNT * HAP_COUNT * 2; n++) {
			enum happening a = n / 2 / HAP_COUNT, b = n / 2 % HAP_COUNT;

			open_rig();
			go_to_stage(stage);
			let_happen(a);
			if (n % 2) /* both in one turn, or one after the other */
				turn();
			let_happen(b);
			turn();
			pass(32);
			if (rig.has_call && the_chan() && rig.owner == the_chan())
				end_with(16, 0);
			pass(10);
			judge(stage, a, b);
			close_rig();
		}
	}
	open_rig();
}

/* ---- limits ---- */

static void test_texts_are_bounded(void **state)
{
	static char big[8000];
	struct originate *o = make_order();
	char uniqueid[LIMIT_UNIQUEID];

	UNUSED(state);
	memset(big, 'x', sizeof(big));
	memset(uniqueid, 'u', sizeof(uniqueid));
	o->channel_id = slice_make(uniqueid, LIMIT_UNIQUEID - 1);
	o->account = o->cid_name = o->cid_num = slice_make(big, sizeof(big));
	o->exten = o->context = slice_make(big, sizeof(big));
	o->has_cid = true;
	o->vars[o->var_count++] = (struct originate_var){SLICE_LIT("CDR(userfield)"),
							 slice_make(big, sizeof(big))};
	o->vars[o->var_count++] = (struct originate_var){SLICE_LIT("CHANNEL(language)"),
							 slice_make(big, sizeof(big))};
	send_order(o);
	answer();
	turn();
	assert_int_equal(rig.ended, 1); /* there is no such extension */
	assert_true(rig.largest <= EVENT_BYTES_MAX);
	assert_int_equal(rig.cdr.src.len, LIMIT_NAME - 1);
	assert_int_equal(rig.cdr.userfield.len, LIMIT_USERFIELD - 1);
	rig.find_error = -ENOENT;
	send_order(o);
	turn();
	assert_int_equal(rig.ended, 2);
	assert_int_equal(rig.cdrs, 2);
	assert_int_equal(rig.cdr.account.len, LIMIT_NAME - 1);
}

/* The largest order that the inbox takes finds room for itself and for all its variables. */
static void test_largest_order(void **state)
{
	static char value[LIMIT_VAR_VALUE];
	struct originate *o = make_order();
	struct slice got;

	UNUSED(state);
	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < 7; i++) {
		static const char names[7][4] = {"V0", "V1", "V2", "V3", "V4", "V5", "V6"};

		o->vars[o->var_count++] = (struct originate_var){slice_str(names[i]),
								 slice_make(value, 8100)};
	}
	o->data = slice_make(value, 8191);
	assert_true(originate_packed_bytes(o) + sizeof(struct order) <= LIMIT_ORDER_BYTES);
	send_order(o);
	assert_non_null(the_chan());
	for (unsigned i = 0; i < 7; i++)
		assert_true(chan_get_var(the_chan(), o->vars[i].name, &got) && got.len == 8100);
	end_with(16, 0);
	turn();
	assert_int_equal(rig.ended, 1);
}

static void test_endless_time_out(void **state)
{
	static const int64_t timeouts[] = {INT64_MAX, INT64_MAX / 1000000 + 1, 0, -1, INT64_MIN};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(timeouts); i++) {
		make_order()->timeout_ms = timeouts[i];
		send_order(&order);
		pass(50);
		assert_int_equal(rig.ended, i);
		end_with(17, 486);
		turn();
	}
}

/* A dialplan that sets the same texts again and again does not use up the channel's memory. */
static void test_texts_reuse_their_room(void **state)
{
	UNUSED(state);
	make_order()->context = SLICE_LIT("loop");
	send_order(&order);
	answer();
	rig.len = 0;
	for (unsigned i = 0; i < 300 && the_chan(); i++) {
		rig.len = 0;
		rig.skew += TMR_MS;
		turn();
	}
	assert_int_equal(rig.ended, 1);
	assert_memory_equal(rig.cdr.clid.ptr, "\"done\" <1999>", 13);
	assert_memory_equal(rig.cdr.userfield.ptr, "1999", 4);
}

static void test_no_memory_for_a_name(void **state)
{
	struct arena hog;
	void *p;

	UNUSED(state);
	arena_init(&hog, rig.shard.arenas, SIZE_MAX / 2);
	do
		p = arena_alloc(&hog, 900);
	while (p);
	send_order(make_order());
	read_up();
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.cause, 42);
	assert_null(the_chan());
	arena_reset(&hog);
}

/* What belongs to the snapshot is gone once the call is dialled (straw_dial spoils it). */
static void test_nothing_of_the_snapshot_is_kept(void **state)
{
	UNUSED(state);
	send_order(make_order());
	assert_memory_equal(the_chan()->endpoint.ptr, "gw", 3);
	assert_memory_equal(the_chan()->context, "in", 3);
	end_with(16, 0);
	turn();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered_and_over),
		TEST(test_busy),
		TEST(test_no_answer),
		TEST(test_hung_up_while_ringing),
		TEST(test_no_channel_at_all),
		TEST(test_dial_fails),
		TEST(test_no_records_of_the_unanswered),
		TEST(test_dispositions),
		TEST(test_early_media_then_failure),
		TEST(test_early_media_outlives_the_time_out),
		TEST(test_progress_without_media_is_no_answer),
		TEST(test_refusal_and_time_out_in_one_turn),
		TEST(test_answer_and_bye_in_one_turn),
		TEST(test_hangup_and_answer_in_one_turn),
		TEST(test_digit_and_end_of_prompt_in_one_turn),
		TEST(test_redirect_in_dialplan),
		TEST(test_redirect_before_the_answer),
		TEST(test_redirect_in_the_turn_of_the_answer),
		TEST(test_redirect_during_h_is_ignored),
		TEST(test_failed_extension),
		TEST(test_failed_extension_is_hung_up),
		TEST(test_stop_now_ends_everything),
		TEST(test_every_state_meets_every_event),
		TEST(test_texts_are_bounded),
		TEST(test_largest_order),
		TEST(test_endless_time_out),
		TEST(test_texts_reuse_their_room),
		TEST(test_no_memory_for_a_name),
		TEST(test_nothing_of_the_snapshot_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
