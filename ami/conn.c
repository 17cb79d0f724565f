/* ami/conn.c - see conn.h. */
#include "ami/conn.h"

#include "ami/ami_internal.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#define CONN_BANNER "Asterisk Call Manager/" AMI_VERSION "\r\n"

struct ami_conn {
	struct ami *ami;
	struct stream *stream; /* NULL once closed */
	struct ami_session *session;
	struct ami_frame *frame;  /* NULL at rest: it is large, and most clients only listen */
	struct ami_byteq backlog; /* input behind an open action */
	bool busy;		  /* frame->msg belongs to an open action */
	bool paused;
};

size_t ami_conn_bytes(void)
{
	return sizeof(struct ami_conn);
}

/* ---- link ---- */

static int conn_send(void *link, struct slice octets)
{
	struct ami_conn *c = link;

	return c->stream ? stream_send(c->stream, octets.ptr, octets.len) : -1;
}

static size_t conn_queued(void *link)
{
	struct ami_conn *c = link;

	return c->stream ? stream_queued(c->stream) : 0;
}

static void conn_close(void *link, bool flush)
{
	struct ami_conn *c = link;

	if (!c->stream)
		return;
	stream_close(c->stream, flush);
	c->stream = NULL;
	ami_byteq_clear(&c->backlog);
}

static void conn_drop_frame(struct ami_conn *c)
{
	struct ami *a = c->ami;

	if (c->frame)
		a->frame_spare[a->frame_spare_count++] = c->frame;
	c->frame = NULL;
}

static void conn_free(void *link)
{
	struct ami_conn *c = link;

	check(!c->stream);
	conn_drop_frame(c);
	slab_free(c->ami->slab_conns, c);
}

static void conn_pause(struct ami_conn *c, bool paused)
{
	if (c->stream && c->paused != paused)
		stream_pause(c->stream, paused);
	c->paused = paused;
}

/* There is one for each connection. */
static void conn_take_frame(struct ami_conn *c)
{
	struct ami *a = c->ami;

	if (c->frame)
		return;
	if (a->frame_spare_count) {
		c->frame = a->frame_spare[--a->frame_spare_count];
	} else {
		check(a->frame_limit < LIMIT_AMI_CONNS);
		c->frame = &a->frames[a->frame_limit++];
	}
	ami_frame_init(c->frame);
}

/* Runs whole messages until the octets are used up or an action stays open. Returns the octets
 * used. */
static size_t conn_feed(struct ami_conn *c, struct slice octets)
{
	size_t used = 0;
	bool complete;

	conn_take_frame(c);
	while (used < octets.len && !c->busy && ami_session_is_alive(c->session)) {
		used += ami_frame_feed(c->frame, octets.ptr + used, octets.len - used, &complete);
		if (!complete)
			continue;
		c->busy = true;
		ami_session_run(c->session, &c->frame->msg);
		if (c->session->open)
			continue;
		c->busy = false;
		ami_frame_next(c->frame);
	}
	if (!c->busy && ami_frame_is_empty(c->frame))
		conn_drop_frame(c);
	return used;
}

static void conn_drain_backlog(struct ami_conn *c)
{
	while (c->backlog.len && !c->busy && ami_session_is_alive(c->session)) {
		char octets[LIMIT_AMI_LINE];
		struct slice run = slice_head(ami_byteq_peek(&c->backlog), sizeof(octets));

		/* The chunk may be freed by a close within: work on a copy. */
		memcpy(octets, run.ptr, run.len);
		run.len = conn_feed(c, slice_make(octets, run.len));
		if (c->stream)
			ami_byteq_take(&c->backlog, run.len);
	}
	if (c->busy && c->backlog.len)
		ami_session_input(c->session);
	conn_pause(c, c->busy && !c->session->listens);
}

static void conn_proceed(void *link)
{
	struct ami_conn *c = link;

	check(c->busy);
	c->busy = false;
	ami_frame_next(c->frame);
	if (c->backlog.len == 0)
		conn_drop_frame(c);
	conn_drain_backlog(c);
}

static const struct ami_link_ops conn_link = {
	.send = conn_send,
	.queued = conn_queued,
	.proceed = conn_proceed,
	.close = conn_close,
	.free = conn_free,
};

/* ---- stream ---- */

static void conn_keep(struct ami_conn *c, struct slice octets)
{
	if (octets.len && !ami_byteq_add(&c->backlog, octets)) {
		log_warning(
			"AMI session %d: more than %d octets sent behind an open action; closed",
			c->session->number, LIMIT_AMI_IN);
		ami_session_step(c->session, AMI_SESSION_SLOW);
	}
}

static void conn_data(void *arg, struct stream *stream, const void *data, size_t len)
{
	struct ami_conn *c = arg;
	struct slice octets = slice_make(data, len);

	(void)stream;
	if (!c->busy)
		octets = slice_from(octets, conn_feed(c, octets));
	if (!ami_session_is_alive(c->session))
		return;
	if (c->busy && octets.len) {
		conn_keep(c, octets);
		ami_session_input(c->session);
	}
	conn_pause(c, c->busy && !c->session->listens);
}

static void conn_closed(void *arg, struct stream *stream, int error)
{
	struct ami_conn *c = arg;

	(void)stream;
	(void)error;
	ami_session_step(c->session, AMI_SESSION_GONE);
}

static void conn_drained(void *arg, struct stream *stream)
{
	struct ami_conn *c = arg;

	(void)stream;
	ami_session_drained(c->session);
}

static const struct stream_handler conn_handler = {
	.data = conn_data,
	.closed = conn_closed,
	.drained = conn_drained,
};

/* ---- accept ---- */

static bool conn_open(struct ami *a, struct stream *stream, const struct addr *peer)
{
	struct ami_conn *c = slab_alloc(a->slab_conns);
	struct ami_session_conf conf = {
		.ops = &conn_link,
		.link = c,
		.peer = *peer,
		.local = *stream_local(stream),
		.transport = stream_is_tls(stream) ? "TLS" : "TCP",
		.number = stream_number(stream),
		.chunks = a->chunks,
	};

	if (!c)
		return false;
	c->ami = a;
	c->stream = stream;
	c->frame = NULL;
	ami_byteq_init(&c->backlog, a->chunks, LIMIT_AMI_IN);
	c->session = ami_session_create(a, &conf);
	if (!c->session) {
		slab_free(a->slab_conns, c);
		return false;
	}
	stream_set_handler(stream, &conn_handler, c);
	ami_session_write(c->session, SLICE_LIT(CONN_BANNER));
	return true;
}

void ami_conn_accept(void *arg, struct stream *stream, const struct addr *peer)
{
	struct ami *a = arg;

	if (a->unauth_count >= a->conf->auth_limit || !conn_open(a, stream, peer)) {
		metric_add(a->metrics, METRIC_ami_refused, 1);
		stream_close(stream, false);
		return;
	}
	metric_add(a->metrics, METRIC_ami_accepted, 1);
}
