/* engine/core/pbx.c - the engine that walks one channel through the dialplan: pbx.h.
 *
 * One loop, pbx_run, runs steps until an application waits, the dialplan is over, or it has had its
 * share of this turn. Every way out of it is either a state that an event takes up again, or the
 * end. */
#include "engine/core/pbx.h"
#include "engine/core/app_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "engine/core/shard.h"

#include <errno.h>

/* Steps of one channel in one turn: a loop without waiting must not hold up the shard. */
#define STEPS_MAX 128
/* Steps of an `h` extension: nobody can hang up on it. */
#define H_STEPS_MAX 100000

/* Asterisk's soft hang-up flag of a dialplan that came to its end. */
#define SOFT_HANGUP_APP 16

static void pbx_run(struct chan *c);

size_t pbx_bytes(void)
{
	return sizeof(struct pbx);
}

static struct pbx *pbx_new(struct chan *c)
{
	struct pbx *p = slab_alloc(c->shard->pbxes);

	c->pbx = p;
	if (p)
		p->clock = (struct timespec_clock){pbx_civil_now, c};
	return p;
}

/* The dialplan has nothing left to run: *c is gone after this. */
static void pbx_finish(struct chan *c)
{
	struct pbx *p = c->pbx;

	check(p);
	p->state = PBX_OVER;
	chan_step_timer_stop(c);
	c->pbx = NULL;
	slab_free(c->shard->pbxes, p);
	chan_pbx_done(c);
}

static void raise_soft_hangup(struct chan *c)
{
	struct event e;

	chan_event_init(c, &e, EVENT_SOFTHANGUPREQUEST);
	e.number[0] = SOFT_HANGUP_APP;
	chan_raise(c, &e);
}

void pbx_stop_media(struct chan *c)
{
	if (!c->session)
		return;
	chan_forget_played(c);
	c->media->ops->stop(c->session);
	c->media->ops->echo(c->session, false);
}

/* The call is over: `h` once, then the end. True: there is an `h` to run. */
static bool pbx_end(struct chan *c)
{
	struct pbx *p = c->pbx;

	p->state = PBX_RUNNING;
	p->fell_through = false;
	if (p->single || p->in_h)
		return false;
	if (c->cause == 0 && !c->hangup_requested && chan_is_up(c))
		c->cause = CAUSE_NORMAL; /* we end an answered call */
	raise_soft_hangup(c);
	c->hangup_requested = true;
	if (c->h_ran || !pbx_exists(c, slice_str(c->context), SLICE_LIT("h"), 1))
		return false;
	c->h_ran = true;
	p->in_h = true;
	chan_set_place(c, slice_str(c->context), SLICE_LIT("h"), 1);
	return true;
}

/* ---- one step ---- */

static void note_step(struct chan *c, const struct dialplan_step *step, struct slice data)
{
	log_verbose(3, "Executing [%s@%s:%d] %s(\"%.*s\", \"%.*s\") in new stack", c->exten,
		    c->context, c->priority, step->app.ptr, SLICE_ARG(c->name), SLICE_ARG(data));
	metric_inc(&c->shard->metrics, METRIC_dialplan_steps);
	if (!c->pbx->in_h && !c->pbx->frames) {
		/* The record names the last place outside of subroutines. */
		slice_copy(c->dst, sizeof(c->dst), slice_str(c->exten));
		slice_copy(c->dcontext, sizeof(c->dcontext), slice_str(c->context));
	}
	chan_set_app(c, step->app, data);
}

static void note_spawn(struct chan *c)
{
	log_verbose(2, "Spawn extension (%s, %s, %d) exited non-zero on '%.*s'", c->context,
		    c->exten, c->priority, SLICE_ARG(c->name));
}

static void note_result(struct chan *c, enum app_result result)
{
	if (result == APP_HANGUP && !c->pbx->single && !c->pbx->fell_through)
		note_spawn(c);
}

static enum app_result start_app(struct chan *c, const struct app *app, char *data, size_t len)
{
	struct pbx *p = c->pbx;
	struct app_call call = {.c = c, .p = p, .data = data, .len = len};
	enum app_result result;

	p->app = app;
	p->jumped = false;
	p->is_try = false;
	p->exec_depth = 0;
	result = app->start(&call);
	if (result == APP_WAIT)
		p->state = PBX_IN_APP;
	note_result(c, result);
	return result;
}

static enum app_result run_step(struct chan *c, const struct dialplan_step *step)
{
	const struct app *app = app_find(step->app);
	struct sink data = sink_make(c->shard->scratch, LIMIT_APPDATA - 1);

	if (!app) {
		log_warning("No application '%s' for extension (%s, %s, %d)", step->app.ptr,
			    c->context, c->exten, c->priority);
		metric_inc(&c->shard->metrics, METRIC_dialplan_errors);
		note_result(c, APP_HANGUP);
		return APP_HANGUP;
	}
	pbx_expand(c, step->data, &data);
	c->shard->scratch[data.len] = 0;
	note_step(c, step, sink_slice(&data));
	return start_app(c, app, c->shard->scratch, data.len);
}

/* ---- digits ---- */

static bool could_be_longer(struct chan *c)
{
	struct pbx *p = c->pbx;
	struct dialplan_query q =
		pbx_query(c, slice_str(c->context), slice_make(p->digits, p->digit_count), 1);

	return c->shard->dialplan && dialplan_match_more(c->shard->dialplan, &q);
}

/* What was dialled is complete, or nothing more came. True: there is a place to go on. */
static bool take_digits(struct chan *c)
{
	struct pbx *p = c->pbx;
	struct slice digits = slice_make(p->digits, p->digit_count);
	struct slice context = slice_str(c->context);

	p->state = PBX_RUNNING;
	if (pbx_exists(c, context, digits, 1)) {
		chan_set_place(c, context, digits, 1);
		return true;
	}
	if (digits.len > 0) {
		if (pbx_exists(c, context, SLICE_LIT("i"), 1)) {
			log_verbose(3, "Invalid extension '%.*s' in context '%s' on %.*s",
				    SLICE_ARG(digits), c->context, SLICE_ARG(c->name));
			chan_set_var(c, SLICE_LIT("INVALID_EXTEN"), digits);
			chan_set_place(c, context, SLICE_LIT("i"), 1);
			return true;
		}
		if (pbx_raise_exception(c, "INVALID"))
			return true;
		log_warning("Invalid extension '%.*s', but no rule 'i' or 'e' in context '%s'",
			    SLICE_ARG(digits), c->context);
		return false;
	}
	if (pbx_exists(c, context, SLICE_LIT("t"), 1)) {
		log_verbose(3, "Timeout on %.*s, going to 't'", SLICE_ARG(c->name));
		chan_set_place(c, context, SLICE_LIT("t"), 1);
		return true;
	}
	if (pbx_raise_exception(c, "RESPONSETIMEOUT"))
		return true;
	log_warning("Timeout, but no rule 't' or 'e' in context '%s'", c->context);
	return false;
}

/* Begins to collect (digit 0: none yet). True: it is decided at once and there is a place to go on.
 */
static bool collect_start(struct chan *c, char digit, bool *over)
{
	struct pbx *p = c->pbx;

	p->digit_count = 0;
	if (digit)
		p->digits[p->digit_count++] = digit;
	*over = false;
	if (!could_be_longer(c)) {
		*over = !take_digits(c);
		return true;
	}
	p->state = PBX_COLLECTING;
	chan_step_timer(c, chan_now_ns(c) + (digit ? c->digit_timeout_ns : c->response_timeout_ns));
	return false;
}

/* An event while collecting. True: run on (or end, if *over). */
static bool collect_event(struct chan *c, enum pbx_event_kind kind, int number, bool *over)
{
	struct pbx *p = c->pbx;

	*over = false;
	if (kind == PBX_DIGIT) {
		if (p->digit_count < LIMIT_NAME - 1)
			p->digits[p->digit_count++] = (char)number;
		if (could_be_longer(c)) {
			chan_step_timer(c, chan_now_ns(c) + c->digit_timeout_ns);
			return false;
		}
	} else if (kind != PBX_TIMER) {
		return false;
	}
	chan_step_timer_stop(c);
	*over = !take_digits(c);
	return true;
}

/* ---- the end of an extension ---- */

/* There is no step here, and not even a first one: `i`, `e`, or the end. True: there is a place. */
static bool invalid_place(struct chan *c)
{
	struct slice context = slice_str(c->context);

	if (pbx_exists(c, context, SLICE_LIT("i"), 1)) {
		log_verbose(3,
			    "Channel '%.*s' sent to invalid extension: "
			    "context,exten,priority=%s,%s,%d",
			    SLICE_ARG(c->name), c->context, c->exten, c->priority);
		chan_set_var(c, SLICE_LIT("INVALID_EXTEN"), slice_str(c->exten));
		chan_set_place(c, context, SLICE_LIT("i"), 1);
		return true;
	}
	if (pbx_raise_exception(c, "INVALID"))
		return true;
	log_warning("Channel '%.*s' sent to invalid extension but no invalid handler: "
		    "context,exten,priority=%s,%s,%d",
		    SLICE_ARG(c->name), c->context, c->exten, c->priority);
	metric_inc(&c->shard->metrics, METRIC_dialplan_errors);
	return false;
}

/* The extension has run out: a tone for what Dial met, then the end. */
static enum app_result fall_through(struct chan *c)
{
	struct slice status;
	char ten[] = "10";

	if (!vars_get(&c->vars, SLICE_LIT("DIALSTATUS"), &status))
		status = SLICE_LIT("UNKNOWN");
	log_verbose(3, "Auto fallthrough, channel '%.*s' status is '%.*s'", SLICE_ARG(c->name),
		    SLICE_ARG(status));
	c->pbx->fell_through = true;
	if (slice_ieq(status, SLICE_LIT("CONGESTION")) ||
	    slice_ieq(status, SLICE_LIT("CHANUNAVAIL")))
		return start_app(c, &app_congestion, ten, 2);
	if (slice_ieq(status, SLICE_LIT("BUSY")))
		return start_app(c, &app_busy, ten, 2);
	return APP_HANGUP;
}

/* No step at the place. APP_NEXT: the place was changed, run on. */
static enum app_result no_step(struct chan *c)
{
	bool over;

	if (c->pbx->in_h)
		return APP_HANGUP; /* the `h` extension has run out */
	if (!pbx_exists(c, slice_str(c->context), slice_str(c->exten), 1))
		return invalid_place(c) ? APP_NEXT : APP_HANGUP;
	if (!c->shard->dialplan || dialplan_autofallthrough(c->shard->dialplan))
		return fall_through(c);
	if (!collect_start(c, 0, &over))
		return APP_WAIT;
	return over ? APP_HANGUP : APP_NEXT;
}

/* ---- the loop ---- */

/* What an application's result means. False: stop running (waiting). */
static bool take_result(struct chan *c, enum app_result result)
{
	struct pbx *p = c->pbx;
	bool over = false;

	if (result == APP_WAIT)
		return false;
	p->state = PBX_RUNNING;
	if (p->single)
		result = APP_HANGUP;
	if (result == APP_NEXT) {
		if (!p->jumped)
			c->priority++;
		p->jumped = false;
		return true;
	}
	if (result == APP_DIGIT && !p->in_h) {
		if (!collect_start(c, p->digit, &over))
			return false;
		if (!over)
			return true;
	}
	if (pbx_end(c))
		return true;
	pbx_finish(c);
	return false;
}

static enum app_result run_place(struct chan *c)
{
	struct dialplan_query q =
		pbx_query(c, slice_str(c->context), slice_str(c->exten), c->priority);
	struct dialplan_hit hit = {0};
	enum app_result result;

	if (c->shard->dialplan)
		hit = dialplan_find(c->shard->dialplan, &q);
	if (c->pbx->in_h && ++c->pbx->h_steps > H_STEPS_MAX) {
		log_warning("extension 'h' of context '%s' does not end, it is broken off",
			    c->context);
		return APP_HANGUP;
	}
	if (hit.step)
		return run_step(c, hit.step);
	result = no_step(c);
	/* A new place: not the next priority. */
	c->pbx->jumped = result == APP_NEXT;
	return result;
}

static void pbx_run(struct chan *c)
{
	for (unsigned n = 0; n < STEPS_MAX; n++) {
		if (!c->pbx->in_h && !chan_is_alive(c)) {
			if (!pbx_end(c)) {
				pbx_finish(c);
				return;
			}
		}
		if (!take_result(c, run_place(c)))
			return;
	}
	chan_step_timer(c, chan_now_ns(c)); /* the rest on the next turn */
}

/* ---- events ---- */

static void break_app(struct chan *c)
{
	struct pbx *p = c->pbx;

	chan_step_timer_stop(c);
	if (p->state == PBX_IN_APP) {
		pbx_stop_media(c);
		if (p->app->broken)
			p->app->broken(c, p);
	}
	p->state = PBX_RUNNING;
	p->jumped = false;
}

static void on_hangup(struct chan *c)
{
	if (c->pbx->in_h)
		return;
	if (c->pbx->state == PBX_IN_APP && !c->pbx->single)
		note_spawn(c);
	break_app(c);
	if (pbx_end(c))
		pbx_run(c);
	else
		pbx_finish(c);
}

static void on_absolute_timeout(struct chan *c)
{
	struct slice context = slice_str(c->context);

	if (c->pbx->in_h)
		return;
	c->absolute_due_ns = 0;
	break_app(c);
	if (!c->pbx->single && pbx_exists(c, context, SLICE_LIT("T"), 1)) {
		chan_set_place(c, context, SLICE_LIT("T"), 1);
	} else if (c->pbx->single || (!pbx_raise_exception(c, "ABSOLUTETIMEOUT") && !pbx_end(c))) {
		pbx_finish(c);
		return;
	}
	pbx_run(c);
}

static void on_redirect(struct chan *c)
{
	if (c->pbx->in_h)
		return;
	break_app(c);
	c->pbx->single = false; /* from here on it is a dialplan run */
	pbx_run(c);
}

void pbx_event(struct chan *c, enum pbx_event_kind kind, int number)
{
	struct pbx *p = c->pbx;
	bool over = false;

	if (NEVER(!p))
		return;
	switch (kind) {
	case PBX_HANGUP:
		on_hangup(c);
		return;
	case PBX_REDIRECT:
		on_redirect(c);
		return;
	case PBX_TIMEOUT:
		on_absolute_timeout(c);
		return;
	default:
		break;
	}
	if (p->state == PBX_IN_APP) {
		enum app_result result = p->app->event(c, p, kind, number);

		note_result(c, result);
		if (take_result(c, result))
			pbx_run(c);
	} else if (p->state == PBX_COLLECTING) {
		if (!collect_event(c, kind, number, &over))
			return;
		if (!over || pbx_end(c))
			pbx_run(c);
		else
			pbx_finish(c);
	} else if (kind == PBX_TIMER) {
		pbx_run(c); /* yielded */
	}
}

/* ---- beginnings ---- */

int pbx_start(struct chan *c)
{
	struct pbx *p = pbx_new(c);

	if (!p)
		return -ENOMEM;
	if (c->exten[0] == 0) {
		log_verbose(2, "Starting %.*s at %s,%s,%d failed so falling back to exten 's'",
			    SLICE_ARG(c->name), c->context, c->exten, c->priority);
		chan_set_place(c, slice_str(c->context), SLICE_LIT("s"), 1);
	}
	if (c->priority < 1)
		c->priority = 1;
	pbx_run(c);
	return 0;
}

int pbx_start_app(struct chan *c, struct slice name, struct slice data)
{
	const struct app *app = app_find(name);
	struct pbx *p = pbx_new(c);
	char *text = c->shard->scratch;

	if (!p)
		return -ENOMEM;
	p->single = true;
	if (!app) {
		log_warning("No such application '%.*s'", SLICE_ARG(name));
		pbx_finish(c);
		return 0;
	}
	/* Raw: nothing is expanded here. */
	data = slice_make(text, slice_copy(text, LIMIT_APPDATA, data));
	chan_set_app(c, slice_str(app->name), data);
	if (take_result(c, start_app(c, app, text, data.len)))
		pbx_run(c);
	return 0;
}
