/* ami/http_conn.c - one connection of a web client: requests in, answers out, its time limits.
 *
 * While a request is being answered, what comes behind it waits (reading is paused, what was on its
 * way is kept up to LIMIT_AMI_IN octets); so it does while the client leaves more than
 * LIMIT_HTTP_OUT octets unread. */
#include "ami/http_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#define CONN_FIRST_MS 10000 /* the first request may take so long at least */

static void conn_count(struct http_conn *c, enum metric which)
{
	metric_add(c->http->ami->metrics, which, 1);
}

/* ---- time ---- */

static int64_t conn_patience_ms(const struct http_conn *c)
{
	const struct http_conf *conf = c->http->conf;

	if (c->x->request.started)
		return conf->inactivity_ms;
	if (!c->had_request && conf->keep_alive_ms < CONN_FIRST_MS)
		return CONN_FIRST_MS;
	return conf->keep_alive_ms;
}

static void conn_wait(struct http_conn *c)
{
	c->queued_before = stream_queued(c->stream);
	tmr_start(&c->timer, io_now_ns(c->http->ami->io) + conn_patience_ms(c) * TMR_MS);
}

static void conn_feed_backlog(struct http_conn *c);

static void conn_timeout(struct tmr *t, void *arg)
{
	struct http_conn *c = arg;
	void (*later)(struct http_conn * c) = c->later;

	(void)t;
	c->later = NULL;
	if (later) {
		later(c);
		return;
	}
	if (!c->busy && c->backlog.len) {
		conn_feed_backlog(c);
		return;
	}
	if (stream_queued(c->stream) < c->queued_before) {
		conn_wait(c); /* it reads, slowly */
		return;
	}
	if (stream_queued(c->stream) == 0 && c->x->request.started) {
		http_conn_page(c, HTTP_PAGE_TIMEOUT);
		return;
	}
	if (stream_queued(c->stream))
		conn_count(c, METRIC_http_slow_closed);
	http_conn_close(c);
}

void http_conn_later(struct http_conn *c, void (*answer)(struct http_conn *c), int64_t delay_ns)
{
	if (!c->stream)
		return;
	c->later = answer;
	tmr_start(&c->timer, io_now_ns(c->http->ami->io) + delay_ns);
}

/* ---- end ---- */

static void conn_end(struct http_conn *c, bool flush)
{
	struct http *h = c->http;

	if (!c->stream)
		return;
	stream_close(c->stream, flush);
	c->stream = NULL;
	tmr_stop(&c->timer);
	http_session_leave(c);
	http_static_leave(c);
	ami_byteq_clear(&c->backlog);
	list_del(&c->node);
	list_add_tail(&h->dead, &c->node);
	h->conn_count--;
	tmr_start(&h->reap, io_now_ns(h->ami->io));
}

void http_conn_close(struct http_conn *c)
{
	conn_end(c, false);
}

void http_conn_reap(struct http *h)
{
	list_for_safe (node, &h->dead) {
		struct http_conn *c = list_entry(node, struct http_conn, node);

		list_del(&c->node);
		slab_free(h->slab_conns, c);
	}
}

/* ---- answers ---- */

static struct slice conn_date(struct http *h)
{
	int64_t now_s = io_wall_ns(h->ami->io) / TMR_SECOND;
	struct sink out = sink_make(h->date_text, sizeof(h->date_text));

	if (now_s != h->date_s) {
		http_date_write(&out, now_s);
		h->date_s = now_s;
		h->date_len = out.len;
	}
	return slice_make(h->date_text, h->date_len);
}

static void conn_pause(struct http_conn *c, bool paused)
{
	if (c->stream && c->paused != paused)
		stream_pause(c->stream, paused);
	c->paused = paused;
}

static bool conn_is_full(const struct http_conn *c)
{
	return stream_queued(c->stream) > LIMIT_HTTP_OUT;
}

/* The request in x has its answer; the next may come. */
static void conn_next(struct http_conn *c, bool closes)
{
	c->busy = false;
	c->had_request = true;
	c->later = NULL;
	if (closes) {
		conn_end(c, true);
		return;
	}
	http_request_next(&c->x->request);
	if (c->feeding)
		return; /* the loop goes on, and sets the timer */
	conn_wait(c);
	if (c->backlog.len)
		tmr_start(&c->timer, io_now_ns(c->http->ami->io));
	else
		conn_pause(c, conn_is_full(c));
}

static bool conn_put(struct http_conn *c, struct slice octets)
{
	return octets.len == 0 || stream_send(c->stream, octets.ptr, octets.len) == 0;
}

static bool conn_put_queue(struct http_conn *c, struct ami_byteq *q)
{
	while (q->len) {
		struct slice run = ami_byteq_peek(q);

		if (!conn_put(c, run))
			return false;
		ami_byteq_take(q, run.len);
	}
	return true;
}

static bool conn_put_head(struct http_conn *c, const struct http_body *body, bool closes)
{
	struct http *h = c->http;
	struct sink out = sink_make(h->head_text, sizeof(h->head_text));
	const struct http_head head = {
		.code = body->code,
		.title = body->title,
		.server = h->conf->server_name,
		.date = conn_date(h),
		.closes = closes,
		.stored = body->stored,
		.lines = body->lines,
		.body_bytes = body->queue ? body->queue->len : body->text.len,
	};

	http_head_write(&out, &head);
	return !NEVER(out.over) && conn_put(c, sink_slice(&out));
}

static bool conn_closes(const struct http_conn *c)
{
	return !c->x->request.keeps_alive || c->http->conf->keep_alive_ms == 0 || c->http->stopping;
}

static void conn_answer(struct http_conn *c, const struct http_body *body, bool closes)
{
	bool sent;

	if (!c->stream)
		return;
	sent = conn_put_head(c, body, closes);
	if (sent && c->x->request.verb != HTTP_VERB_HEAD)
		sent = conn_put(c, body->text) && (!body->queue || conn_put_queue(c, body->queue));
	if (body->queue)
		ami_byteq_clear(body->queue);
	if (sent) {
		conn_next(c, closes);
		return;
	}
	conn_count(c, METRIC_http_slow_closed);
	http_conn_close(c);
}

void http_conn_send(struct http_conn *c, const struct http_body *body)
{
	conn_answer(c, body, conn_closes(c));
}

void http_conn_page_with(struct http_conn *c, enum http_page page, struct slice lines)
{
	const struct http_page_text *p = http_page_text(page);
	char text[1024], all[1024];
	struct sink out = sink_make(text, sizeof(text)), heads = sink_make(all, sizeof(all));

	http_page_write(&out, page, slice_head(c->http->conf->server_name, 100));
	sink_add(&heads, lines);
	sink_lit(&heads, "Content-type: text/html\r\n");
	(void)NEVER(out.over || heads.over);
	const struct http_body body = {
		.code = p->code,
		.title = p->title,
		.lines = sink_slice(&heads),
		.text = sink_slice(&out),
	};

	conn_answer(c, &body, p->closes || conn_closes(c));
}

void http_conn_page(struct http_conn *c, enum http_page page)
{
	http_conn_page_with(c, page, SLICE_EMPTY);
}

/* ---- requests ---- */

static void conn_refuse(struct http_conn *c)
{
	conn_count(c, METRIC_http_bad_request);
	c->x->request.keeps_alive = false; /* the next one cannot be found */
	http_conn_page(c, c->x->request.fault);
}

static void conn_serve(struct http_conn *c)
{
	conn_count(c, METRIC_http_requests);
	c->busy = true;
	tmr_stop(&c->timer);
	if (c->http->stopping)
		http_conn_page(c, HTTP_PAGE_STOPPING);
	else
		http_route_serve(c);
}

/* Returns the octets used: all, unless a request is being answered or the client does not read. */
static size_t conn_feed(struct http_conn *c, struct slice octets)
{
	struct http_request *r = &c->x->request;
	size_t used = 0;

	c->feeding = true;
	while (used < octets.len && c->stream && !c->busy && !conn_is_full(c)) {
		used += http_request_feed(r, octets.ptr + used, octets.len - used);
		if (r->fault)
			conn_refuse(c);
		else if (r->complete)
			conn_serve(c);
	}
	c->feeding = false;
	if (c->stream && !c->busy)
		conn_wait(c);
	return used;
}

static void conn_feed_backlog(struct http_conn *c)
{
	while (c->stream && c->backlog.len && !c->busy && !conn_is_full(c)) {
		char octets[LIMIT_HTTP_LINE];
		struct slice run = slice_head(ami_byteq_peek(&c->backlog), sizeof(octets));

		/* The chunk may be freed by a close within: work on a copy. */
		memcpy(octets, run.ptr, run.len);
		run.len = conn_feed(c, slice_make(octets, run.len));
		if (c->stream)
			ami_byteq_take(&c->backlog, run.len);
	}
	if (c->stream)
		conn_pause(c, c->busy || c->backlog.len > 0 || conn_is_full(c));
}

/* ---- stream ---- */

static void conn_data(void *arg, struct stream *stream, const void *data, size_t len)
{
	struct http_conn *c = arg;
	struct slice octets = slice_make(data, len);

	(void)stream;
	if (!c->busy && c->backlog.len == 0)
		octets = slice_from(octets, conn_feed(c, octets));
	if (!c->stream)
		return;
	if (octets.len && !ami_byteq_add(&c->backlog, octets)) {
		conn_count(c, METRIC_http_bad_request);
		http_conn_close(c);
		return;
	}
	conn_pause(c, c->busy || c->backlog.len > 0 || conn_is_full(c));
}

static void conn_closed(void *arg, struct stream *stream, int error)
{
	(void)stream;
	conn_end(arg, error == 0); /* it may have closed only its half */
}

static void conn_drained(void *arg, struct stream *stream)
{
	(void)stream;
	conn_feed_backlog(arg);
}

static const struct stream_handler conn_handler = {
	.data = conn_data,
	.closed = conn_closed,
	.drained = conn_drained,
};

/* ---- accept ---- */

static bool conn_open(struct http *h, struct stream *stream, const struct addr *peer)
{
	struct http_conn *c = slab_alloc(h->slab_conns);

	if (!c)
		return false;
	c->http = h;
	c->stream = stream;
	c->peer = *peer;
	c->local = *stream_local(stream);
	c->is_tls = stream_is_tls(stream);
	c->x = &h->exchanges[slab_index(h->slab_conns, c)];
	list_init(&c->queue_node);
	list_init(&c->node);
	list_add_tail(&h->conns, &c->node);
	ami_byteq_init(&c->backlog, h->chunks, LIMIT_AMI_IN);
	tmr_init(&c->timer, control_wheel(h->ami->control), conn_timeout, c);
	http_request_next(&c->x->request);
	stream_set_handler(stream, &conn_handler, c);
	h->conn_count++;
	conn_wait(c);
	return true;
}

void http_conn_accept(void *arg, struct stream *stream, const struct addr *peer)
{
	struct http *h = arg;

	if (h->conn_count >= h->conf->session_limit || !conn_open(h, stream, peer)) {
		metric_add(h->ami->metrics, METRIC_http_refused, 1);
		stream_close(stream, false);
		return;
	}
	metric_add(h->ami->metrics, METRIC_http_accepted, 1);
}
