/* ami/session.c - see session.h. */
#include "ami/action.h"
#include "ami/class.h"
#include "ami/ami_internal.h"
#include "ami/text.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"

/* Work done on the way into a state. */
typedef void (*session_enter_fn)(struct ami_session *s);

struct session_cell {
	bool used;
	enum ami_session_state next;
	session_enter_fn enter;
};

static void session_enter_ready(struct ami_session *s);
static void session_enter_draining(struct ami_session *s);
static void session_enter_cut(struct ami_session *s);
static void session_bury(struct ami_session *s);

#define CELL(next, enter)                                                                          \
	{                                                                                          \
		true, AMI_SESSION_##next, enter                                                    \
	}

static const struct session_cell session_table[AMI_SESSION_STATE_COUNT][AMI_SESSION_EVENT_COUNT] = {
	[AMI_SESSION_GREETED] =
		{
			[AMI_SESSION_TRY] = CELL(AUTHENTICATING, NULL),
			[AMI_SESSION_LOGOFF] = CELL(DRAINING, session_enter_draining),
			[AMI_SESSION_EXPIRE] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_GONE] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_SLOW] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_KICK] = CELL(DRAINING, session_enter_draining),
		},
	[AMI_SESSION_AUTHENTICATING] =
		{
			[AMI_SESSION_ACCEPT] = CELL(READY, session_enter_ready),
			[AMI_SESSION_REJECT] = CELL(DRAINING, session_enter_draining),
			[AMI_SESSION_GONE] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_SLOW] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_KICK] = CELL(DRAINING, session_enter_draining),
		},
	[AMI_SESSION_READY] =
		{
			[AMI_SESSION_LOGOFF] = CELL(DRAINING, session_enter_draining),
			[AMI_SESSION_GONE] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_SLOW] = CELL(CLOSED, session_enter_cut),
			[AMI_SESSION_KICK] = CELL(DRAINING, session_enter_draining),
		},
	[AMI_SESSION_DRAINING] =
		{
			[AMI_SESSION_LET_GO] = CELL(CLOSED, session_bury),
		},
};

const char *ami_session_state_name(enum ami_session_state state)
{
	static const char *const names[AMI_SESSION_STATE_COUNT] = {
		"GREETED", "AUTHENTICATING", "READY", "DRAINING", "CLOSED",
	};

	return state < AMI_SESSION_STATE_COUNT ? names[state] : "?";
}

static bool state_is_unauth(enum ami_session_state state)
{
	return state == AMI_SESSION_GREETED || state == AMI_SESSION_AUTHENTICATING;
}

void ami_session_step(struct ami_session *s, enum ami_session_event event)
{
	const struct session_cell *cell = &session_table[s->state][event];
	bool was_unauth = state_is_unauth(s->state);

	if (!cell->used)
		return;
	log_debug("AMI session %d: %s -> %s", s->number, ami_session_state_name(s->state),
		  ami_session_state_name(cell->next));
	s->state = cell->next;
	if (was_unauth && !state_is_unauth(s->state) && !s->holds_events)
		s->ami->unauth_count--;
	if (event == AMI_SESSION_SLOW)
		metric_add(s->ami->metrics, METRIC_ami_slow_closed, 1);
	if (cell->enter)
		cell->enter(s);
}

void ami_session_tally(struct ami *a)
{
	a->wanted = 0;
	list_for (node, &a->sessions) {
		const struct ami_session *s = list_entry(node, struct ami_session, node);

		if (ami_session_is_ready(s))
			a->wanted |= s->read & s->mask;
	}
}

static void session_log(const struct ami_session *s, const char *what)
{
	if (s->user && s->user->display_connects && !s->is_passing)
		log_verbose(2, "%sManager '%s' %s from %s", s->holds_events ? "HTTP " : "",
			    s->user->name.ptr, what, ami_session_peer_ip(s, (char[ADDR_TEXT]){0}));
}

static void session_enter_ready(struct ami_session *s)
{
	tmr_stop(&s->timer);
	if (!s->is_passing)
		ami_session_tally(s->ami);
	session_log(s, "logged on");
}

static void session_let_go(struct ami_session *s, bool flush)
{
	tmr_stop(&s->timer);
	s->resume = NULL;
	if (s->command)
		cli_cancel(s->command);
	s->command = NULL;
	session_log(s, "logged off");
	ami_byteq_clear(&s->held);
	ami_byteq_clear(&s->work);
	s->ops->close(s->link, flush);
}

/* The link writes what it has; we have nothing more to say. */
static void session_enter_draining(struct ami_session *s)
{
	session_let_go(s, true);
	ami_session_step(s, AMI_SESSION_LET_GO);
}

static void session_enter_cut(struct ami_session *s)
{
	session_let_go(s, false);
	session_bury(s);
}

static void session_bury(struct ami_session *s)
{
	list_del(&s->node);
	list_add_tail(&s->ami->dead, &s->node);
	if (!s->is_passing)
		ami_session_tally(s->ami);
	tmr_start(&s->ami->reap, io_now_ns(s->ami->io));
}

void ami_session_reap(struct ami *a)
{
	list_for_safe (node, &a->dead) {
		struct ami_session *s = list_entry(node, struct ami_session, node);

		if (s->questions)
			continue;
		list_del(&s->node);
		s->ops->free(s->link);
		ami_filters_free(&s->filters);
		ami_conf_drop(s->conf);
		slab_free(a->slab_sessions, s);
	}
}

const char *ami_session_peer_ip(const struct ami_session *s, char *buf)
{
	struct sink out = sink_make(buf, ADDR_TEXT);

	addr_write_ip(&out, &s->peer);
	return sink_cstr(&out);
}

static void session_expired(struct tmr *t, void *arg)
{
	(void)t;
	ami_session_step(arg, AMI_SESSION_EXPIRE);
}

struct ami_session *ami_session_create(struct ami *a, const struct ami_session_conf *conf)
{
	struct ami_session *s = slab_alloc(a->slab_sessions);

	if (!s)
		return NULL;
	s->ami = a;
	s->ops = conf->ops;
	s->link = conf->link;
	s->peer = conf->peer;
	s->local = conf->local;
	s->transport = conf->transport;
	s->number = conf->number;
	s->holds_events = conf->holds_events;
	s->is_passing = conf->is_passing;
	s->start_wall_ns = io_wall_ns(a->io);
	s->id = rng_u64(control_rng(a->control));
	s->mask = s->is_passing ? 0 : AMI_CLASS_ALL;
	ami_byteq_init(&s->held, conf->chunks, LIMIT_AMI_OUT_HARD);
	ami_byteq_init(&s->work, a->chunks, 4 * (size_t)LIMIT_AMI_OUT_HARD);
	list_init(&s->node);
	list_add_tail(&a->sessions, &s->node);
	tmr_init(&s->timer, control_wheel(a->control), session_expired, s);
	if (s->holds_events)
		return s;
	a->unauth_count++;
	ami_session_timer(s, session_expired, a->conf->auth_timeout_ms * TMR_MS);
	return s;
}

void ami_session_admit(struct ami_session *s, struct ami_conf *conf, const struct ami_user *user)
{
	ami_conf_hold(conf);
	s->conf = conf;
	s->user = user;
	s->read = user->read;
	s->write = user->write;
	ami_session_step(s, AMI_SESSION_TRY);
	ami_session_step(s, AMI_SESSION_ACCEPT);
}

/* ---- output ---- */

static size_t session_waiting(const struct ami_session *s)
{
	return s->ops->queued(s->link) + s->held.len;
}

bool ami_session_is_full(const struct ami_session *s)
{
	return s->ops->queued(s->link) > LIMIT_AMI_OUT_SOFT;
}

void ami_session_write(struct ami_session *s, struct slice octets)
{
	if (!ami_session_is_alive(s))
		return;
	if (session_waiting(s) + octets.len > LIMIT_AMI_OUT_HARD ||
	    s->ops->send(s->link, octets) < 0)
		ami_session_step(s, AMI_SESSION_SLOW);
}

bool ami_session_wants(const struct ami_session *s, uint32_t classes)
{
	return s->state == AMI_SESSION_READY && (s->read & s->mask & classes) == classes;
}

/* Events go behind what is held already, else into the link. */
static bool session_put(struct ami_session *s, struct slice text)
{
	if (s->open || s->holds_events || s->held.len)
		return ami_byteq_add(&s->held, text);
	return s->ops->send(s->link, text) == 0;
}

static size_t session_soft(const struct ami_session *s)
{
	return s->holds_events ? LIMIT_HTTP_HELD_SOFT : LIMIT_AMI_OUT_SOFT;
}

static void session_tell_lost(struct ami_session *s)
{
	char text[160];
	struct sink out = sink_make(text, sizeof(text));
	uint64_t total = s->lost_total + s->lost;

	if (s->lost == 0 || session_waiting(s) > session_soft(s) / 2)
		return;
	sink_lit(&out, "Event: EventsLost\r\nPrivilege: <none>\r\n");
	ami_text_number(&out, "Lost", (int64_t)s->lost);
	ami_text_number(&out, "LostTotal", (int64_t)total);
	sink_lit(&out, "\r\n");
	if (!session_put(s, sink_slice(&out)))
		return;
	s->lost_total = total;
	s->lost = 0;
}

static void session_lose(struct ami_session *s)
{
	s->lost++;
	metric_add(s->ami->metrics, METRIC_ami_events_dropped, 1);
}

/* No room even for what must not be lost. */
static void session_overrun(struct ami_session *s)
{
	if (s->holds_events)
		session_lose(s);
	else
		ami_session_step(s, AMI_SESSION_SLOW);
}

void ami_session_event(struct ami_session *s, struct slice text, bool reliable)
{
	size_t hard = s->holds_events ? LIMIT_HTTP_HELD_HARD : LIMIT_AMI_OUT_HARD;
	size_t waiting = session_waiting(s);

	session_tell_lost(s);
	if (!reliable && (s->lost || waiting + text.len > session_soft(s))) {
		session_lose(s);
		return;
	}
	if (waiting + text.len > hard || !session_put(s, text)) {
		session_overrun(s);
		return;
	}
	metric_add(s->ami->metrics, METRIC_ami_events_sent, 1);
	if (s->open)
		ami_action_event(s);
	if (s->holds_events && s->ops->held)
		s->ops->held(s->link);
}

/* The held events follow the response, in one piece after the other. */
static void session_flush(struct ami_session *s)
{
	while (s->held.len && ami_session_is_alive(s)) {
		struct slice run = ami_byteq_peek(&s->held);

		if (s->ops->send(s->link, run) < 0) {
			ami_session_step(s, AMI_SESSION_SLOW);
			return;
		}
		ami_byteq_take(&s->held, run.len);
	}
}

void ami_session_release(struct ami_session *s)
{
	session_flush(s);
	session_tell_lost(s);
	session_flush(s);
}

void ami_session_timer(struct ami_session *s, tmr_fn fn, int64_t delay_ns)
{
	if (!ami_session_is_alive(s))
		return; /* its timer must be at rest when it is freed */
	tmr_stop(&s->timer);
	tmr_init(&s->timer, control_wheel(s->ami->control), fn, s);
	tmr_start(&s->timer, io_now_ns(s->ami->io) + delay_ns);
}

static void session_flush_later(struct tmr *t, void *arg)
{
	struct ami_session *s = arg;

	(void)t;
	if (!s->open)
		session_flush(s);
}

void ami_session_drained(struct ami_session *s)
{
	if (!ami_session_is_alive(s))
		return;
	session_tell_lost(s);
	if (s->open && s->resume)
		s->resume(s);
}

/* ---- the open action ---- */

static void session_end_action(struct ami_session *s, bool postpone)
{
	s->action = NULL;
	s->msg = NULL;
	s->resume = NULL;
	s->listens = false;
	s->action_id = SLICE_EMPTY;
	ami_byteq_clear(&s->work);
	if (!ami_session_is_alive(s))
		return;
	if (s->holds_events)
		return;
	if (!postpone || !ami_session_is_ready(s))
		session_flush(s);
	else
		ami_session_timer(s, session_flush_later, TMR_MS);
}

void ami_session_done(struct ami_session *s)
{
	bool postpone;

	check(s->open);
	s->open = false;
	if (s->running)
		return; /* ami_session_run goes on */
	postpone = ami_msg_get(s->msg, "SuppressEvents").len > 0;
	session_end_action(s, postpone);
	if (ami_session_is_alive(s))
		s->ops->proceed(s->link);
}

void ami_session_run(struct ami_session *s, const struct ami_msg *m)
{
	bool postpone;

	check(!s->open);
	s->msg = m;
	s->action_id = ami_msg_get(m, "ActionID");
	s->open = true;
	s->running = true;
	metric_add(s->ami->metrics, METRIC_ami_actions, 1);
	ami_action_run(s);
	s->running = false;
	if (s->open)
		return;
	postpone = ami_msg_get(m, "SuppressEvents").len > 0;
	session_end_action(s, postpone);
}

void ami_session_input(struct ami_session *s)
{
	if (s->open)
		ami_action_input(s);
}
