/* The end of a channel: hang-up from either side, the `failed` extension, record, outcome. chan.h */
#include "engine/core/chan_internal.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/sink.h"
#include "engine/core/cause.h"
#include "engine/core/dialplan.h"
#include "engine/core/func.h"

/* ---- outcome ---- */

static struct outcome chan_outcome(const struct chan *c, int reason)
{
	return (struct outcome){
		.order_id = c->order_id,
		.attempt_no = c->attempt_no,
		.answered = reason == ORIGINATE_ANSWERED,
		.reason = reason,
		.cause = c->cause,
		.tech_code = c->tech_code,
		.is_reported = c->is_reported,
		.channel = c->name,
		.uniqueid = c->uniqueid,
	};
}

void chan_report_dialed(struct chan *c, enum originate_reason reason)
{
	struct outcome o = chan_outcome(c, (int)reason);

	if (!c->has_order || c->dialed)
		return;
	c->dialed = true;
	c->out_reason = (int)reason;
	metric_inc(&c->shard->metrics,
		   o.answered ? METRIC_attempt_answered : METRIC_attempt_failed);
	shard_report(c->shard, SHARD_DIALED, &o, false);
}

void chan_report_incoming_over(struct chan *c)
{
	struct outcome o = {.cause = c->cause};

	c->is_incoming = false;
	shard_report(c->shard, SHARD_ENDED, &o, false);
}

static void chan_report_ended(struct chan *c)
{
	struct outcome o = chan_outcome(c, c->out_reason);

	if (c->is_incoming)
		chan_report_incoming_over(c);

	if (!c->has_order)
		return;
	c->has_order = false;
	if (c->out_failed_ran) { /* we are the `failed` channel of that one */
		o.channel = c->out_channel;
		o.uniqueid = c->out_uniqueid;
		o.cause = c->out_cause;
		o.tech_code = c->out_tech_code;
	}
	shard_report(c->shard, SHARD_ENDED, &o, c->out_failed_ran);
}

static void chan_report_record_of_nothing(struct shard *s, const struct originate *o)
{
	int64_t now = io_wall_ns(s->io);
	char text[LIMIT_NAME];
	struct sink name = sink_make(text, sizeof(text));
	struct event e = {.kind = EVENT_CDR, .shard = s->index, .wall_ns = now, .number = {1, 0}};
	struct cdr r = {
		.account = slice_head(o->account, LIMIT_NAME - 1),
		.src = slice_head(o->cid_num, LIMIT_NAME - 1),
		.dst = slice_head(o->exten, LIMIT_NAME - 1),
		.dcontext = slice_head(o->context, LIMIT_NAME - 1),
		.uniqueid = slice_head(o->channel_id, LIMIT_UNIQUEID - 1),
		.linkedid = slice_head(o->channel_id, LIMIT_UNIQUEID - 1),
		.start_wall_ns = now,
		.end_wall_ns = now,
		.disposition = CDR_FAILED,
		.amaflags = CDR_DOCUMENTATION,
	};
	char packed[CDR_BYTES_MAX];

	if (!s->unanswered_cdr)
		return;
	sink_add(&name, o->tech);
	sink_char(&name, '/');
	sink_add(&name, o->resource);
	r.channel = sink_slice(&name);
	check(cdr_packed_bytes(&r) <= sizeof(packed));
	e.text[0] = slice_make(packed, cdr_pack(packed, &r));
	check(event_write(s->up, &e));
}

/* ---- record ---- */

static void chan_write_caller(const struct chan *c, struct sink *out)
{
	if (c->cid_name.len > 0)
		sink_fmt(out, "\"%.*s\" <%.*s>", SLICE_ARG(c->cid_name), SLICE_ARG(c->cid_num));
	else
		sink_fmt(out, "\"\" <%.*s>", SLICE_ARG(c->cid_num));
}

static void chan_fill_cdr(const struct chan *c, struct cdr *r, struct slice clid)
{
	*r = (struct cdr){
		.account = c->account,
		.peeraccount = c->peeraccount,
		.src = c->cid_num,
		.dst = slice_str(c->dst),
		.dcontext = slice_str(c->dcontext),
		.clid = clid,
		.channel = c->name,
		.lastapp = slice_str(c->lastapp),
		.lastdata = slice_str(c->lastdata),
		.uniqueid = c->uniqueid,
		.linkedid = c->linkedid,
		.userfield = c->userfield,
		.start_wall_ns = c->start_wall_ns,
		.answer_wall_ns = c->answer_wall_ns,
		.end_wall_ns = c->end_wall_ns,
		.disposition = c->disposition,
		.amaflags = c->amaflags,
		.sequence = (uint32_t)c->number,
	};
	if (r->disposition == CDR_CONGESTION && !c->shard->congestion_cdr)
		r->disposition = CDR_FAILED;
}

static void chan_write_record(struct chan *c)
{
	char clid_text[2 * LIMIT_NAME + 16], packed[CDR_BYTES_MAX];
	struct sink clid = sink_make(clid_text, sizeof(clid_text));
	struct event e;
	struct cdr r;

	if (c->cdr_disabled || (c->answer_wall_ns == 0 && !c->shard->unanswered_cdr))
		return;
	chan_write_caller(c, &clid);
	chan_fill_cdr(c, &r, sink_slice(&clid));
	check(cdr_packed_bytes(&r) <= sizeof(packed));
	chan_event_init(c, &e, EVENT_CDR);
	e.text[0] = slice_make(packed, cdr_pack(packed, &r));
	chan_raise(c, &e);
}

/* ---- the `failed` extension ---- */

static bool chan_has_failed_exten(const struct shard *s, const struct originate *o)
{
	struct dialplan_query q = {
		.context = o->context,
		.exten = SLICE_LIT("failed"),
		.priority = 1,
		.cid_num = o->cid_num,
	};

	return s->dialplan && o->context.len > 0 && dialplan_exists(s->dialplan, &q);
}

/* What Set and Variable lines ask for, functions too: the record of this channel counts as well. A SIP
 * header would have nowhere to go. */
static void chan_set_failed_vars(struct chan *f, const struct originate *o)
{
	for (uint32_t i = 0; i < o->var_count; i++) {
		struct slice name = o->vars[i].name;

		f->guarded = originate_is_guarded(o, i);
		if (!func_is_call(name))
			chan_set_var(f, name, o->vars[i].value);
		else if (!slice_istarts(name, SLICE_LIT("PJSIP_")))
			func_write(f, name, o->vars[i].value);
	}
	f->guarded = false;
}

static void chan_dress_failed(struct chan *f, const struct originate *o)
{
	char reason[16];
	struct sink text = sink_make(reason, sizeof(reason));

	f->disposition = CDR_FAILED;
	chan_set_text(f, CHAN_ACCOUNT, o->account);
	chan_set_text(f, CHAN_PEERACCOUNT, o->account);
	chan_set_text(f, CHAN_CID_NAME, o->cid_name);
	chan_set_text(f, CHAN_CID_NUM, o->cid_num);
	chan_set_place(f, o->context, SLICE_LIT("failed"), 1);
	chan_raise_kind(f, EVENT_NEWCHANNEL);
	chan_set_failed_vars(f, o);
	sink_i64(&text, f->out_reason);
	chan_set_var(f, SLICE_LIT("REASON"), sink_slice(&text));
}

/* The new channel owes the outcome of the attempt from now on, and settles it when it ends. */
static void chan_owe(struct chan *f, const struct outcome *owed)
{
	f->order_id = owed->order_id;
	f->attempt_no = owed->attempt_no;
	f->out_reason = owed->reason;
	f->out_cause = owed->cause;
	f->out_tech_code = owed->tech_code;
	f->out_channel = chan_dup(f, owed->channel);
	f->out_uniqueid = chan_dup(f, owed->uniqueid);
	f->out_failed_ran = true;
	f->dialed = true;
	f->has_order = true;
}

/* Makes the throw-away channel that runs `failed` on its own turn, and passes the debt of the outcome on to
 * it. False: there is nothing to run. */
static bool chan_run_failed(struct shard *s, const struct originate *o, const struct outcome *owed)
{
	struct chan *f;

	if (s->is_ending || !o->wants_failed || o->app.len > 0 || !chan_has_failed_exten(s, o))
		return false;
	f = chan_new(s, SLICE_LIT("OutgoingSpoolFailed"), SLICE_EMPTY);
	if (!f)
		return false;
	/* One shared name, as Asterisk has it; the Uniqueid tells them apart. */
	f->name = SLICE_LIT("OutgoingSpoolFailed");
	chan_owe(f, owed);
	chan_dress_failed(f, o);
	chan_post(f, CHAN_FACT_START);
	return true;
}

/* The end of the attempt is the end of this channel, or that of its `failed` channel. */
static void chan_settle(struct chan *c)
{
	struct outcome owed = chan_outcome(c, c->out_reason);
	struct originate o;

	if (c->has_order && !c->out_failed_ran && !owed.answered &&
	    originate_unpack(c->order.ptr, c->order.len, &o) &&
	    chan_run_failed(c->shard, &o, &owed))
		c->has_order = false;
	chan_report_ended(c);
}

void chan_report_nothing(struct shard *s, const struct originate *o, int cause)
{
	struct outcome out = {
		.order_id = o->id,
		.attempt_no = o->attempt_no,
		.reason = (int)cause_originate_reason((unsigned)cause),
		.cause = cause,
		.uniqueid = slice_head(o->channel_id, LIMIT_UNIQUEID - 1),
	};

	metric_inc(&s->metrics, METRIC_attempt_failed);
	shard_report(s, SHARD_DIALED, &out, false);
	chan_report_record_of_nothing(s, o);
	if (!chan_run_failed(s, o, &out))
		shard_report(s, SHARD_ENDED, &out, false);
}

/* ---- ends ---- */

static void chan_stop_timers(struct chan *c)
{
	tmr_stop(&c->answer_timer);
	tmr_stop(&c->step_timer);
	tmr_stop(&c->absolute_timer);
}

static void chan_free(struct chan *c)
{
	struct shard *s = c->shard;

	check(!c->pbx && !c->call && !c->session);
	check(chan_step(c, CHAN_EV_DONE));
	chan_stop_timers(c);
	list_del(&c->ready);
	groups_leave_all(s->groups, s->index, &c->groups);
	arena_reset(&c->arena);
	slab_free(s->chans, c);
}

/* RTPAUDIOQOS and its four sisters, for a call that had any audio. */
static void chan_report_quality(struct chan *c)
{
	struct media_stats stats;
	char text[512];
	const char *name;

	c->media->ops->stats(c->session, &stats);
	if (stats.tx_packets + stats.rx_packets == 0 || !c->media->ops->quality)
		return;
	for (unsigned which = 0;; which++) {
		struct sink value = sink_make(text, sizeof(text));

		name = c->media->ops->quality(c->session, which, &value);
		if (!name)
			return;
		chan_set_var(c, slice_str(name), sink_slice(&value));
	}
}

static void chan_close_media(struct chan *c)
{
	if (!c->session)
		return;
	chan_report_quality(c);
	c->media->ops->close(c->session);
	c->session = NULL;
}

/* An incoming call that nobody answered, by the cause with which it ended. */
static enum cdr_disposition chan_disposition_of_cause(int cause)
{
	switch (cause) {
	case CAUSE_BUSY:
		return CDR_BUSY;
	case CAUSE_CONGESTION:
		return CDR_CONGESTION;
	case CAUSE_NONE:
	case CAUSE_NORMAL:
	case CAUSE_NO_ANSWER:
	case CAUSE_INTERWORKING: /* the caller gave up */
		return CDR_NO_ANSWER;
	default:
		return CDR_FAILED;
	}
}

void chan_finish(struct chan *c)
{
	if (chan_is_offered(c))
		c->disposition = chan_disposition_of_cause(c->cause);
	if (c->call) {
		c->tech_code = c->tech->ops->hangup(c->call, c->cause);
		c->call = NULL;
	}
	chan_close_media(c);
	c->end_wall_ns = io_wall_ns(c->shard->io);
	chan_step(c, CHAN_EV_END);
	chan_write_record(c);
	if (!FAULT(event_lost))
		chan_raise_numbers(c, EVENT_HANGUP, c->cause, c->tech_code);
	chan_settle(c);
	chan_free(c);
}

void chan_fail(struct chan *c, enum originate_reason reason)
{
	/* TechCause of a dial time-out is what our own cause stands for: 19 is 480. */
	if (c->call) {
		c->tech_code = c->tech->ops->hangup(c->call, c->cause);
		c->call = NULL;
	}
	chan_report_dialed(c, reason);
	chan_finish(c);
}

void chan_request_hangup(struct chan *c, int cause)
{
	if (!chan_is_alive(c))
		return;
	c->hangup_requested = true;
	c->cause = cause < 0 ? CAUSE_NORMAL : cause;
	chan_post(c, CHAN_FACT_HANGUP);
}

void chan_hangup(struct chan *c, int cause)
{
	if (cause > 0)
		c->cause = cause;
	else if (c->cause == 0)
		c->cause = CAUSE_NORMAL;
	c->hangup_requested = true;
}

void chan_pbx_done(struct chan *c)
{
	check(!c->pbx);
	if (c->cause == 0 && !c->hangup_requested && c->has_order)
		c->cause = CAUSE_NORMAL;
	chan_finish(c);
}

/* ---- the channel's turn ---- */

/* The place where the dialplan begins, unless the channel was sent to one already. */
static void chan_take_place(struct chan *c, const struct originate *o)
{
	if (c->redirected || c->out_failed_ran || (o->exten.len == 0 && o->context.len == 0))
		return;
	chan_set_place(c, o->context.len > 0 ? o->context : slice_str(c->context),
		       o->exten.len > 0 ? o->exten : SLICE_LIT("s"),
		       o->priority > 0 ? o->priority : 1);
}

/* The answered channel begins what its order asked for. */
static void chan_start(struct chan *c)
{
	struct originate o;
	int err;

	if (!originate_unpack(c->order.ptr, c->order.len, &o))
		originate_init(&o); /* the `failed` channel has no order of its own */
	if (o.app.len > 0 && !c->redirected) {
		err = pbx_start_app(c, o.app, o.data);
	} else {
		chan_take_place(c, &o);
		slice_copy(c->dst, sizeof(c->dst), slice_str(c->exten));
		slice_copy(c->dcontext, sizeof(c->dcontext), slice_str(c->context));
		err = pbx_start(c);
	}
	if (err != 0) {
		c->cause = CAUSE_SWITCH_CONGESTION;
		chan_finish(c);
	}
}

/* What the far end gave as the cause counts, unless Asterisk's 0 is wanted (dialer.conf). */
static enum originate_reason chan_reason(const struct chan *c)
{
	if (!c->far_end_hung_up || c->shard->compat_reason)
		return ORIGINATE_FAILURE;
	return (enum originate_reason)cause_originate_reason((unsigned)c->cause);
}

/* The far end, or a command, ended the call. */
static void chan_take_hangup(struct chan *c)
{
	c->hangup_requested = true;
	if (c->far_end_hung_up)
		chan_close_media(c);
	if (c->pbx) {
		pbx_event(c, PBX_HANGUP, c->cause);
		return;
	}
	if (!c->far_end_hung_up && !c->dialed)
		chan_raise_text(c, EVENT_DIALEND, SLICE_LIT("NOANSWER"), SLICE_EMPTY);
	chan_fail(c, chan_reason(c));
}

/* Takes the lowest waiting fact; digits one by one. */
static enum chan_fact chan_next_fact(struct chan *c, int *number)
{
	enum chan_fact fact = (enum chan_fact)__builtin_ctz(c->pending);

	*number = fact == CHAN_FACT_PLAYED	  ? c->played_how
		  : fact == CHAN_FACT_TRANSFERRED ? c->transfer_code
						  : 0;
	if (fact == CHAN_FACT_DIGIT && c->digit_count > 0) {
		*number = (unsigned char)c->digits[0];
		memmove(c->digits, c->digits + 1, --c->digit_count);
		if (c->digit_count > 0)
			return fact;
	}
	c->pending &= ~(1U << fact);
	return fact;
}

static void chan_take_fact(struct chan *c, enum chan_fact fact, int number)
{
	static const enum pbx_event_kind kinds[] = {
		[CHAN_FACT_DIGIT] = PBX_DIGIT,
		[CHAN_FACT_PLAYED] = PBX_PLAYED,
		[CHAN_FACT_DTMF_SENT] = PBX_DTMF_SENT,
		[CHAN_FACT_TIMER] = PBX_TIMER,
		[CHAN_FACT_TRANSFERRED] = PBX_TRANSFERRED,
		[CHAN_FACT_REDIRECT] = PBX_REDIRECT,
		[CHAN_FACT_TIMEOUT] = PBX_TIMEOUT,
	};

	if (fact == CHAN_FACT_HANGUP)
		chan_take_hangup(c);
	else if (fact == CHAN_FACT_START)
		chan_start(c);
	else if (c->pbx)
		pbx_event(c, kinds[fact], number);
}

void chan_run_facts(struct chan *c)
{
	struct shard *s = c->shard;
	handle_t handle = slab_handle(s->chans, c);

	while (slab_get(s->chans, handle) && c->pending != 0) {
		int number;
		enum chan_fact fact = chan_next_fact(c, &number);

		/* An answer and its end in one turn: there is nothing left to run a dialplan on. */
		if (fact == CHAN_FACT_START && c->pending & 1U << CHAN_FACT_HANGUP)
			continue;
		chan_take_fact(c, fact, number);
	}
}
