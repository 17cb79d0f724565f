/* ami/http_session.c - web sessions: an ami_session whose link is one request after the other.
 *
 * One action at a time runs on the session; a further request waits in its queue, which is a matter
 * of milliseconds. Two kinds of requests last longer and stand outside: WaitEvent, of which there
 * is one a session (the next ends it), and a synchronous Originate, which runs on a passing session
 * of its own with the same rights.
 *
 * A session is kept (a cookie can name it) only if there is something to remember: a login, or the
 * number of a Challenge. All others end with their request. */
#include "ami/http_internal.h"

#include "ami/action.h"
#include "ami/number.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>

#define WAIT_MARGIN_S 10 /* WaitEvent ends so long before the session would */

struct http_session {
	struct http *http;
	struct ami_session *ami;
	struct hash_node node; /* in http.sessions while it is kept */
	struct http_id id;
	bool is_passing; /* ends with its request */
	bool is_dead;
	bool is_running; /* ami_session_run is on the stack */
	bool is_kept;
	bool too_large;		  /* an answer did not fit */
	struct http_nonce *nonce; /* whose session this is; NULL: of a cookie */

	struct http_conn *conn; /* its action is open; NULL: none, or nobody waits for the answer */
	struct ami_byteq out;	/* the answer so far */
	struct ami_byteq *to;	/* where the link's octets go */
	struct list queue;	/* of http_conn.queue_node */

	struct http_conn *waiter; /* of WaitEvent */
	struct tmr wait;
	struct tmr expiry;
	int64_t expires_ns;
};

size_t http_session_bytes(void)
{
	return sizeof(struct http_session);
}

/* ---- who waits ---- */

static void session_attach(struct http_session *w, struct http_conn *c)
{
	c->session = w;
	w->ami->http_count++;
}

static void session_detach(struct http_session *w, struct http_conn *c)
{
	list_del(&c->queue_node);
	c->session = NULL;
	w->ami->http_count--;
}

static bool session_is_at_rest(const struct http_session *w)
{
	return !w->ami->open && !w->waiter && list_empty(&w->queue);
}

/* ---- life ---- */

static uint64_t session_hash(const struct http *h, const struct http_id *id)
{
	return slice_hash(slice_make((const char *)id->octets, sizeof(id->octets)), h->hash_seed);
}

static struct http_session *session_find(struct http *h, struct slice cookies)
{
	struct hash_node *node;
	struct http_id id;
	uint64_t hash;

	if (!http_cookie_id(cookies, &id))
		return NULL;
	hash = session_hash(h, &id);
	for (node = hash_first(&h->sessions, hash); node; node = hash_next(node)) {
		struct http_session *w = hash_entry(node, struct http_session, node);

		if (http_id_same(&w->id, &id))
			return w;
	}
	return NULL;
}

bool http_session_is_ready(struct http *h, struct slice cookies)
{
	struct http_session *w = session_find(h, cookies);

	return w && ami_session_is_ready(w->ami);
}

void http_session_end(struct http_session *w)
{
	if (!w->is_dead)
		ami_session_step(w->ami, AMI_SESSION_KICK);
}

static void session_expired(struct tmr *t, void *arg)
{
	(void)t;
	http_session_end(arg);
}

static int64_t session_life_ns(const struct http_session *w)
{
	int64_t life_ns = w->http->ami->conf->http_timeout_ms * TMR_MS;

	if (!ami_session_is_ready(w->ami) || life_ns < HTTP_SHORT_LIFE_NS)
		return HTTP_SHORT_LIFE_NS;
	return life_ns;
}

/* Its life begins anew; what is not at rest expires when it is. */
static void session_rest(struct http_session *w)
{
	if (w->is_dead)
		return;
	w->expires_ns = io_now_ns(w->http->ami->io) + session_life_ns(w);
	if (session_is_at_rest(w))
		tmr_start(&w->expiry, w->expires_ns);
}

static void session_keep(struct http_session *w)
{
	if (!w->is_kept && !w->nonce)
		hash_add(&w->http->sessions, &w->node, session_hash(w->http, &w->id));
	w->is_kept = true;
}

/* What becomes of it after an action. */
static void session_settle(struct http_session *w)
{
	if (w->is_dead)
		return;
	if (w->is_passing) {
		http_session_end(w);
	} else if (ami_session_is_ready(w->ami) || w->ami->challenge[0]) {
		session_keep(w);
		session_rest(w);
	} else {
		http_session_end(w);
	}
}

/* ---- answers ---- */

/* The id is told with every answer, also when nothing is kept under it. */
static void session_cookie(struct http_session *w, struct sink *out, bool is_tls)
{
	const struct http *h = w->http;

	sink_lit(out, "Set-Cookie: " HTTP_COOKIE_NAME "=\"");
	http_id_write(out, &w->id);
	sink_lit(out, "\"; Version=1; Max-Age=");
	sink_i64(out, h->ami->conf->http_timeout_ms / 1000);
	sink_lit(out, "; Path=");
	sink_add(out, h->conf->prefix.len ? h->conf->prefix : SLICE_LIT("/"));
	sink_lit(out, "; HttpOnly; SameSite=Strict");
	if (is_tls)
		sink_lit(out, "; Secure");
	sink_lit(out, "\r\nPragma: SuppressEvents\r\n");
}

static struct slice session_lines(struct http_session *w, const struct http_conn *c)
{
	const struct http_route *route = c->route;
	struct http *h = w->http;
	struct sink out = sink_make(h->lines_text, sizeof(h->lines_text));

	sink_lit(&out, "Content-type: ");
	sink_str(&out, http_format_type(route->format));
	sink_lit(&out, "\r\n");
	if (!route->is_digest)
		session_cookie(w, &out, c->is_tls);
	return sink_slice(&out);
}

static void session_send(struct http_session *w, struct http_conn *c, struct ami_byteq *text)
{
	struct http *h = w->http;
	const struct http_route *route = c->route;
	const struct http_style style = {
		.format = route->format,
		.digest = route->is_digest,
		.dest = ami_msg_get(http_conn_msg(c), "ajaxdest"),
		.objtype = ami_msg_get(http_conn_msg(c), "ajaxobjtype"),
	};
	struct http_body body = {.code = 200, .title = "OK", .queue = text};
	struct ami_byteq page;

	ami_byteq_init(&page, h->chunks, 8 * (size_t)LIMIT_HTTP_ANSWER);
	if (route->format != HTTP_FORMAT_RAW) {
		if (!http_format_page(h->formatter, &style, text, &page)) {
			ami_byteq_clear(&page);
			http_conn_page(c, HTTP_PAGE_NO_MEMORY);
			return;
		}
		body.queue = &page;
	}
	body.lines = session_lines(w, c);
	http_conn_send(c, &body);
	ami_byteq_clear(&page);
}

/* The end of an action. Calls nothing of the ami_session: it may be the one that called. */
static void session_answer(struct http_session *w)
{
	struct http_conn *c = w->conn;

	w->conn = NULL;
	if (c) {
		session_detach(w, c);
		if (w->too_large)
			http_conn_page(c, HTTP_PAGE_ANSWER_TOO_LARGE);
		else
			session_send(w, c, &w->out);
	}
	ami_byteq_clear(&w->out);
}

/* ---- WaitEvent ---- */

/* The one that a second one replaces, or whose session ends, gets nothing. */
static void wait_drop(struct http_session *w)
{
	struct http_conn *c = w->waiter;
	struct http_body body = {.code = 200, .title = "OK"};

	if (!c)
		return;
	w->waiter = NULL;
	tmr_stop(&w->wait);
	session_detach(w, c);
	body.lines = session_lines(w, c);
	http_conn_send(c, &body);
}

static void wait_answer(struct http_session *w)
{
	struct ami_session *s = w->ami;
	struct http_conn *c = w->waiter;
	struct slice id = s->action_id;
	struct ami_byteq text;

	tmr_stop(&w->wait);
	ami_byteq_init(&text, w->http->chunks, LIMIT_HTTP_ANSWER);
	w->waiter = NULL;
	w->to = &text;
	s->action_id = ami_msg_get(http_conn_msg(c), "ActionID");
	ami_wait_event_write(s);
	s->action_id = id;
	w->to = &w->out;
	session_detach(w, c);
	if (w->too_large)
		http_conn_page(c, HTTP_PAGE_ANSWER_TOO_LARGE);
	else
		session_send(w, c, &text);
	ami_byteq_clear(&text);
	if (w->is_dead)
		session_answer(w); /* link_close left it to us */
	session_settle(w);
}

static void wait_over(struct tmr *t, void *arg)
{
	struct http_session *w = arg;

	(void)t;
	if (w->waiter)
		wait_answer(w);
}

/* As long as the client wants, but it must hear of the end before its session expires. */
static int64_t wait_ns(const struct http_session *w, const struct ami_msg *m)
{
	int64_t left_s = (w->expires_ns - io_now_ns(w->http->ami->io)) / TMR_SECOND - WAIT_MARGIN_S;
	int64_t timeout_s = -1;

	if (left_s < 0)
		left_s = 0;
	if (!ami_number_any_base(ami_msg_get(m, "Timeout"), &timeout_s) || timeout_s < 0 ||
	    timeout_s > left_s)
		timeout_s = left_s;
	return timeout_s * TMR_SECOND;
}

static void wait_begin(struct http_session *w, struct http_conn *c)
{
	int64_t now_ns = io_now_ns(w->http->ami->io);

	metric_add(w->http->ami->metrics, METRIC_ami_actions, 1);
	wait_drop(w);
	tmr_stop(&w->expiry);
	session_attach(w, c);
	w->waiter = c;
	if (w->ami->held.len || w->ami->lost)
		wait_answer(w);
	else
		tmr_start(&w->wait, now_ns + wait_ns(w, http_conn_msg(c)));
}

static bool wait_is_wanted(const struct http_session *w, const struct ami_msg *m)
{
	return ami_session_is_ready(w->ami) && m->status == AMI_FRAME_OK &&
	       !control_is_stopping(w->http->ami->control) &&
	       slice_ieq(ami_msg_action(m), SLICE_LIT("WaitEvent"));
}

/* ---- link ---- */

static int link_send(void *link, struct slice octets)
{
	struct http_session *w = link;

	if (ami_byteq_add(w->to, octets))
		return 0;
	w->too_large = true;
	return -ENOBUFS;
}

/* An answer is gathered whole: nothing waits for a reader. */
static size_t link_queued(void *link)
{
	(void)link;
	return 0;
}

static void session_run(struct http_session *w, struct http_conn *c);

static void link_proceed(void *link)
{
	struct http_session *w = link;
	struct list *next;

	session_answer(w);
	session_settle(w);
	while (!w->is_dead && !w->ami->open && (next = list_first(&w->queue))) {
		struct http_conn *c = list_entry(next, struct http_conn, queue_node);

		session_detach(w, c);
		session_run(w, c);
	}
}

/* Requests that waited are served anew: their cookie names nothing any more. */
static void link_close(void *link, bool flush)
{
	struct http_session *w = link;
	struct list *next;

	(void)flush;
	w->is_dead = true;
	tmr_stop(&w->expiry);
	hash_del(&w->http->sessions, &w->node);
	if (w->nonce)
		w->nonce->session = NULL;
	w->nonce = NULL;
	wait_drop(w);
	while ((next = list_first(&w->queue))) {
		struct http_conn *c = list_entry(next, struct http_conn, queue_node);

		session_detach(w, c);
		http_conn_later(c, http_route_serve, 0);
	}
	if (!w->is_running && w->to == &w->out)
		session_answer(w);
}

static void link_free(void *link)
{
	struct http_session *w = link;

	tmr_stop(&w->wait);
	tmr_stop(&w->expiry);
	ami_byteq_clear(&w->out);
	slab_free(w->http->slab_sessions, w);
}

/* Not from within the event: others wait for it, too. */
static void link_held(void *link)
{
	struct http_session *w = link;

	if (w->waiter)
		tmr_start(&w->wait, io_now_ns(w->http->ami->io));
}

static const struct ami_link_ops http_link = {
	.send = link_send,
	.queued = link_queued,
	.proceed = link_proceed,
	.close = link_close,
	.free = link_free,
	.held = link_held,
};

/* ---- requests ---- */

/* NULL: no room (counted). */
static struct http_session *session_create(struct http_conn *c, bool is_passing)
{
	struct http *h = c->http;
	struct http_session *w = slab_alloc(h->slab_sessions);
	struct ami_session_conf conf = {
		.ops = &http_link,
		.link = w,
		.peer = c->peer,
		.local = c->local,
		.transport = c->is_tls ? "TLS" : "TCP",
		.number = -1,
		.holds_events = true,
		.is_passing = is_passing,
		.chunks = h->chunks,
	};

	if (!w)
		goto full;
	w->http = h;
	w->is_passing = is_passing;
	io_random(h->ami->io, w->id.octets, sizeof(w->id.octets));
	ami_byteq_init(&w->out, h->chunks, LIMIT_HTTP_ANSWER);
	w->to = &w->out;
	list_init(&w->queue);
	tmr_init(&w->wait, control_wheel(h->ami->control), wait_over, w);
	tmr_init(&w->expiry, control_wheel(h->ami->control), session_expired, w);
	w->ami = ami_session_create(h->ami, &conf);
	if (w->ami)
		return w;
	slab_free(h->slab_sessions, w);
full:
	metric_add(h->ami->metrics, METRIC_http_no_session, 1);
	return NULL;
}

static void session_run(struct http_session *w, struct http_conn *c)
{
	tmr_stop(&w->expiry);
	session_attach(w, c);
	w->conn = c;
	w->ami->peer = c->peer;
	w->is_running = true;
	ami_session_run(w->ami, http_conn_msg(c));
	w->is_running = false;
	if (w->ami->open && !w->is_dead)
		return;
	session_answer(w);
	session_settle(w);
}

/* It may last until somebody answers his telephone. */
static bool is_long(const struct ami_msg *m)
{
	return slice_ieq(ami_msg_action(m), SLICE_LIT("Originate")) &&
	       !slice_is_true(ami_msg_get(m, "Async"));
}

/* With the rights of w, for one request. NULL: no room. */
static struct http_session *session_aside(struct http_session *w, struct http_conn *c)
{
	struct http_session *aside = session_create(c, true);

	if (!aside)
		return NULL;
	aside->id = w->id; /* the answer tells that of the session it belongs to */
	ami_session_admit(aside->ami, w->ami->conf, w->ami->user);
	return aside;
}

static void session_take(struct http_session *w, struct http_conn *c)
{
	const struct ami_msg *m = http_conn_msg(c);

	if (wait_is_wanted(w, m)) {
		wait_begin(w, c);
		return;
	}
	if (!w->is_passing && ami_session_is_ready(w->ami) && is_long(m)) {
		struct http_session *aside = session_aside(w, c);

		session_rest(w);
		if (aside)
			session_run(aside, c);
		else
			http_conn_page(c, HTTP_PAGE_NO_MEMORY);
		return;
	}
	if (w->ami->open) {
		session_attach(w, c);
		list_add_tail(&w->queue, &c->queue_node);
		return;
	}
	session_run(w, c);
}

void http_session_serve(struct http_conn *c)
{
	struct http_session *w = session_find(c->http, c->x->request.kept[HTTP_KEPT_COOKIE]);

	if (!w)
		w = session_create(c, false);
	if (w)
		session_take(w, c);
	else
		http_conn_page(c, HTTP_PAGE_NO_MEMORY);
}

/* What a session must outlive its request for. */
static bool is_remembered(const struct ami_msg *m)
{
	struct slice action = ami_msg_action(m);

	return slice_ieq(action, SLICE_LIT("WaitEvent")) ||
	       slice_ieq(action, SLICE_LIT("Events")) || slice_ieq(action, SLICE_LIT("Filter"));
}

void http_session_serve_as(struct http_conn *c, const struct ami_user *user,
			   struct http_nonce *nonce)
{
	struct http_session *w = nonce->session;
	struct ami *a = c->http->ami;

	if (!w) {
		bool stays = is_remembered(http_conn_msg(c));

		w = session_create(c, !stays);
		if (!w) {
			http_conn_page(c, HTTP_PAGE_NO_MEMORY);
			return;
		}
		if (stays) {
			nonce->session = w;
			w->nonce = nonce;
		}
		ami_session_admit(w->ami, a->conf, user);
		session_rest(w);
	}
	session_take(w, c);
}

void http_session_leave(struct http_conn *c)
{
	struct http_session *w = c->session;

	if (!w)
		return;
	session_detach(w, c);
	if (w->conn == c)
		w->conn = NULL; /* the action goes on */
	if (w->waiter == c) {
		w->waiter = NULL;
		tmr_stop(&w->wait);
	}
	session_rest(w);
}
