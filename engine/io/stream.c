/* engine/io/stream.c - see stream.h.
 *
 *   plain: what io.h says, passed on
 *   TLS:   io data -> tls_session_feed -> tls_session_read -> handler
 *          stream_send -> tls_session_write -> tls_session_output -> io_stream_send
 *
 * A stream closed from inside one of its callbacks gives its connection back at once and its slot
 * when the callback has returned. */
#include "engine/io/stream.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/log.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

#define READ_ROOM 16384 /* one record */

struct streams {
	struct streams_conf conf;
	struct slab *slab;
	struct list listeners;
	char plain[READ_ROOM];
};

struct stream_listener {
	struct list node;
	struct streams *table;
	struct io_listener *io;
	struct tls_context *tls; /* NULL: plain */
	stream_accept_fn fn;
	void *arg;
	struct list waiting; /* for the end of their handshake: stream_listener_defer */
	uint32_t waiting_count, waiting_max; /* 0: none waits */
	int64_t handshake_ns;
};

struct stream {
	struct streams *table;
	struct io_stream *io; /* NULL: closed by its owner */
	const struct stream_handler *handler;
	void *arg;
	struct tls_session *tls; /* NULL: plain */
	struct stream_listener *waits_at; /* NULL: the owner knows it */
	struct list node;		  /* there */
	struct tmr timer;	 /* of the handshake; or at once: broken */
	char *early;		 /* plain text sent before the handshake is over */
	size_t early_len, early_room;
	uint32_t calls; /* callbacks that are running */
	bool paused, told;
	bool broken;	    /* a record was lost on its way to the seam */
	const char *reason; /* why it failed, if neither errno nor TLS says it */
};

static bool is_shaking(const struct stream *s)
{
	return s->tls && tls_session_state(s->tls) == TLS_HANDSHAKE;
}

/* ---- slots ---- */

static void free_slot(struct stream *s)
{
	tls_session_destroy(s->tls);
	free(s->early);
	slab_free(s->table->slab, s);
}

/* The body of each callback stands between these two; false: it was closed meanwhile. */
static void enter(struct stream *s)
{
	s->calls++;
}

static bool leave(struct stream *s)
{
	check(s->calls > 0);
	s->calls--;
	if (s->io)
		return true;
	if (s->calls == 0)
		free_slot(s);
	return false;
}

static void stop_waiting(struct stream *s)
{
	list_del(&s->node);
	s->waits_at->waiting_count--;
	s->waits_at = NULL;
}

static void tell_closed(struct stream *s, int error)
{
	tmr_stop(&s->timer);
	if (s->told)
		return;
	s->told = true;
	if (s->waits_at)
		stream_close(s, false); /* nobody else will */
	else if (s->handler)
		s->handler->closed(s->arg, s, error);
}

/* ---- TLS ---- */

static void report(struct stream *s)
{
	char peer[ADDR_TEXT];

	log_notice("TLS with %s failed: %s", addr_text(stream_peer(s), peer), stream_error(s));
}

static void fail(struct stream *s, int error)
{
	if (s->told)
		return;
	metric_inc(s->table->conf.metrics,
		   error == -ETIMEDOUT ? METRIC_tls_timeout : METRIC_tls_failed);
	report(s);
	tell_closed(s, error);
}

/* Hands over what OpenSSL wrote. */
static int flush_tls(struct stream *s)
{
	struct slice octets = tls_session_output(s->tls);
	int err = octets.len ? io_stream_send(s->io, octets.ptr, octets.len) : 0;

	tls_session_output_taken(s->tls);
	return err;
}

static int write_tls(struct stream *s, const char *data, size_t len)
{
	int err;

	if (s->broken)
		return -EPIPE;
	if (tls_wire_bytes(len) > io_stream_room(s->io))
		return -ENOBUFS;
	err = tls_session_write(s->tls, data, len);
	if (!err)
		err = flush_tls(s);
	if (!err)
		return 0;
	/* A record is lost, and with it the connection; the owner hears so on its next turn. */
	s->broken = true;
	tmr_start(&s->timer, io_now_ns(s->table->conf.io));
	return -EPIPE;
}

static int keep_early(struct stream *s, const char *data, size_t len)
{
	size_t room = s->early_room ? s->early_room : 1024;
	char *grown;

	if (len > LIMIT_STREAM_EARLY - s->early_len ||
	    tls_wire_bytes(s->early_len + len) > io_stream_room(s->io))
		return -ENOBUFS;
	while (room < s->early_len + len)
		room *= 2;
	if (room > s->early_room) {
		grown = realloc(s->early, room);
		if (!grown)
			return -ENOBUFS;
		s->early = grown;
		s->early_room = room;
	}
	memcpy(s->early + s->early_len, data, len);
	s->early_len += len;
	return 0;
}

/* The handshake is over. An error: the connection cannot go on. */
static int open_tls(struct stream *s)
{
	struct stream_listener *l = s->waits_at;
	int err;

	tmr_stop(&s->timer);
	err = s->early_len ? write_tls(s, s->early, s->early_len) : 0;
	free(s->early);
	s->early = NULL;
	s->early_len = s->early_room = 0;
	metric_inc(s->table->conf.metrics, METRIC_tls_handshakes);
	if (l) {
		stop_waiting(s);
		l->fn(l->arg, s, stream_peer(s));
		return 0;
	}
	if (s->paused)
		io_stream_pause(s->io, true);
	if (!err && s->handler && s->handler->connected)
		s->handler->connected(s->arg, s);
	return err;
}

/* Passes plain text on until there is none, or the owner has closed. */
static int read_tls(struct stream *s)
{
	ssize_t len = 0;

	while (s->io && (len = tls_session_read(s->tls, s->table->plain, READ_ROOM)) > 0) {
		if (s->handler && !s->told)
			s->handler->data(s->arg, s, s->table->plain, (size_t)len);
	}
	return len < 0 ? (int)len : 0;
}

static void data_tls(struct stream *s, const void *data, size_t len)
{
	bool shaking = is_shaking(s);
	int err = tls_session_feed(s->tls, data, len);
	int sent = flush_tls(s);

	if (!err)
		err = sent;
	if (!err && shaking && !is_shaking(s))
		err = open_tls(s);
	if (!err && s->io)
		err = read_tls(s);
	if (!s->io)
		return;
	sent = flush_tls(s); /* answers to alerts and key updates */
	if (err || sent)
		fail(s, err ? err : sent);
	else if (tls_session_state(s->tls) == TLS_CLOSED)
		tell_closed(s, 0);
}

static void on_timer(struct tmr *t, void *arg)
{
	struct stream *s = arg;

	(void)t;
	enter(s);
	s->reason = s->broken ? "no memory for a record" : "the handshake took too long";
	fail(s, s->broken ? -EPIPE : -ETIMEDOUT);
	(void)leave(s);
}

static int start_tls(struct stream *s, struct tls_context *tls, const char *host)
{
	struct streams *t = s->table;
	int err = tls_session_create(&s->tls, tls, host, io_wall_ns(t->conf.io));

	if (!err)
		tmr_start(&s->timer, io_now_ns(t->conf.io) + t->conf.handshake_ns);
	return err;
}

/* ---- from the seam ---- */

static void on_data(void *arg, struct io_stream *io, const void *data, size_t len)
{
	struct stream *s = arg;

	(void)io;
	if (s->told)
		return; /* the owner has yet to close */
	enter(s);
	if (s->tls)
		data_tls(s, data, len);
	else if (s->handler)
		s->handler->data(s->arg, s, data, len);
	(void)leave(s);
}

static void on_closed(void *arg, struct io_stream *io, int error)
{
	struct stream *s = arg;

	(void)io;
	enter(s);
	if (error == 0 && is_shaking(s)) {
		s->reason = "the far end closed during the handshake";
		fail(s, -EPROTO);
	} else if (error == 0 && s->tls && !s->told) {
		tell_closed(s, -ECONNABORTED);
	} else {
		tell_closed(s, error);
	}
	(void)leave(s);
}

static void on_drained(void *arg, struct io_stream *io)
{
	struct stream *s = arg;

	(void)io;
	if (s->told || is_shaking(s) || !s->handler || !s->handler->drained)
		return;
	enter(s);
	s->handler->drained(s->arg, s);
	(void)leave(s);
}

static void on_connected(void *arg, struct io_stream *io)
{
	struct stream *s = arg;
	int err;

	(void)io;
	enter(s);
	if (s->tls) {
		err = flush_tls(s); /* ClientHello */
		if (err)
			fail(s, err);
	} else if (s->handler && s->handler->connected) {
		s->handler->connected(s->arg, s);
	}
	(void)leave(s);
}

static const struct io_stream_handler seam = {
	.data = on_data,
	.closed = on_closed,
	.drained = on_drained,
	.connected = on_connected,
};

/* ---- opening ---- */

static struct stream *make(struct streams *t)
{
	struct stream *s = slab_alloc(t->slab);

	if (!s) {
		metric_inc(t->conf.metrics, METRIC_stream_refused);
		return NULL;
	}
	s->table = t;
	tmr_init(&s->timer, t->conf.wheel, on_timer, s);
	return s;
}

static void begin_waiting(struct stream_listener *l, struct stream *s)
{
	if (l->waiting_count == l->waiting_max) {
		metric_inc(l->table->conf.metrics, METRIC_tls_evicted);
		stream_close(list_entry(list_first(&l->waiting), struct stream, node), false);
	}
	s->waits_at = l;
	list_add_tail(&l->waiting, &s->node);
	l->waiting_count++;
	tmr_start(&s->timer, io_now_ns(l->table->conf.io) + l->handshake_ns);
}

static void on_accept(void *arg, struct io_stream *io, const struct addr *peer)
{
	struct stream_listener *l = arg;
	struct stream *s = make(l->table);

	if (!s) {
		io_stream_close(io, false);
		return;
	}
	s->io = io;
	if (l->tls && start_tls(s, l->tls, NULL) != 0) {
		metric_inc(l->table->conf.metrics, METRIC_stream_refused);
		stream_close(s, false);
		return;
	}
	io_stream_set_handler(io, &seam, s);
	if (l->tls && l->waiting_max) {
		begin_waiting(l, s);
		return;
	}
	enter(s);
	l->fn(l->arg, s, peer);
	(void)leave(s);
}

int stream_listen(struct streams *t, struct stream_listener **out, const struct addr *local,
		  struct tls_context *tls, stream_accept_fn fn, void *arg)
{
	struct stream_listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	*l = (struct stream_listener){.table = t, .fn = fn, .arg = arg};
	err = io_listen_tcp(t->conf.io, &l->io, local, on_accept, l);
	if (err) {
		free(l);
		return err;
	}
	l->tls = tls ? tls_context_ref(tls) : NULL;
	list_init(&l->waiting);
	list_add_tail(&t->listeners, &l->node);
	*out = l;
	return 0;
}

void stream_listener_set_tls(struct stream_listener *l, struct tls_context *tls)
{
	check(l->tls && tls);
	tls_context_ref(tls);
	tls_context_unref(l->tls);
	l->tls = tls;
}

int stream_listener_mark(struct stream_listener *l, struct io_mark mark)
{
	return io_listener_mark(l->io, mark);
}

const struct addr *stream_listener_local(const struct stream_listener *l)
{
	return io_listener_local(l->io);
}

void stream_listener_defer(struct stream_listener *l, uint32_t waiting_max, int64_t handshake_ns)
{
	check(waiting_max > 0 && handshake_ns > 0);
	l->waiting_max = waiting_max;
	l->handshake_ns = handshake_ns;
	while (l->waiting_count > waiting_max)
		stream_close(list_entry(list_first(&l->waiting), struct stream, node), false);
}

void stream_listener_close(struct stream_listener *l)
{
	while (l->waiting_count > 0)
		stream_close(list_entry(list_first(&l->waiting), struct stream, node), false);
	list_del(&l->node);
	io_listener_close(l->io);
	tls_context_unref(l->tls);
	free(l);
}

int stream_connect(struct streams *t, struct stream **out, const struct addr *to,
		   struct tls_context *tls, const char *host, const struct stream_handler *handler,
		   void *arg)
{
	struct stream *s = make(t);
	int err;

	if (!s)
		return -ENOBUFS;
	err = tls ? start_tls(s, tls, host) : 0;
	if (!err)
		err = io_connect_tcp(t->conf.io, &s->io, to, &seam, s);
	if (err) {
		tmr_stop(&s->timer);
		free_slot(s);
		return err;
	}
	stream_set_handler(s, handler, arg);
	*out = s;
	return 0;
}

/* ---- the owner's calls ---- */

int stream_mark(struct stream *s, struct io_mark mark)
{
	return io_stream_mark(s->io, mark);
}

void stream_set_handler(struct stream *s, const struct stream_handler *handler, void *arg)
{
	s->handler = handler;
	s->arg = arg;
}

int stream_send(struct stream *s, const void *data, size_t len)
{
	check(s->io);
	if (!s->tls)
		return io_stream_send(s->io, data, len);
	if (s->told && tls_session_state(s->tls) != TLS_CLOSED)
		return -EPIPE;
	if (len == 0)
		return 0;
	return is_shaking(s) ? keep_early(s, data, len) : write_tls(s, data, len);
}

size_t stream_queued(const struct stream *s)
{
	return io_stream_queued(s->io) + s->early_len;
}

void stream_pause(struct stream *s, bool paused)
{
	s->paused = paused;
	if (!is_shaking(s)) /* a handshake has to be read in any case */
		io_stream_pause(s->io, paused);
}

void stream_close(struct stream *s, bool flush)
{
	check(s->io);
	tmr_stop(&s->timer);
	if (s->waits_at)
		stop_waiting(s);
	if (s->tls) {
		tls_session_close(s->tls);
		(void)flush_tls(s);
		/* The alert that says why shall arrive. */
		flush |= tls_session_state(s->tls) == TLS_FAILED;
	}
	io_stream_close(s->io, flush);
	s->io = NULL;
	if (s->calls == 0)
		free_slot(s);
}

const struct addr *stream_peer(const struct stream *s)
{
	return io_stream_peer(s->io);
}

const struct addr *stream_local(const struct stream *s)
{
	return io_stream_local(s->io);
}

int stream_number(const struct stream *s)
{
	return io_stream_number(s->io);
}

bool stream_is_tls(const struct stream *s)
{
	return s->tls != NULL;
}

const char *stream_error(const struct stream *s)
{
	if (s->reason)
		return s->reason;
	return s->tls ? tls_session_error(s->tls) : "";
}

/* ---- the table ---- */

int streams_create(struct streams **out, const struct streams_conf *conf)
{
	struct streams *t = calloc(1, sizeof(*t));

	if (!t || slab_create(&t->slab, "streams", sizeof(struct stream), conf->stream_max) != 0) {
		free(t);
		return -ENOMEM;
	}
	t->conf = *conf;
	if (!t->conf.handshake_ns)
		t->conf.handshake_ns = LIMIT_TLS_HANDSHAKE_S * TMR_SECOND;
	list_init(&t->listeners);
	*out = t;
	return 0;
}

void streams_destroy(struct streams *t)
{
	struct stream *s;

	if (!t)
		return;
	list_for_safe (node, &t->listeners)
		stream_listener_close(list_entry(node, struct stream_listener, node));
	for (uint32_t i = 0; i < slab_limit(t->slab); i++) {
		s = slab_at(t->slab, i);
		if (s)
			stream_close(s, false);
	}
	slab_destroy(t->slab);
	free(t);
}

size_t streams_bytes(const struct streams *t)
{
	return sizeof(*t) + slab_bytes(t->slab);
}

uint32_t streams_used(const struct streams *t)
{
	return slab_used(t->slab);
}
