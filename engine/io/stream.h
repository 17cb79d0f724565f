/* engine/io/stream.h - a connection that is plain or TLS, and its owner need not know which.
 *
 * One struct streams is the table of an adapter on one loop; all calls and callbacks are on that
 * loop's thread. The rules of io.h hold: callbacks never come from inside a call that opens, sends
 * or closes, and none comes after stream_close. What is sent before a TLS handshake is over is kept
 * (up to LIMIT_STREAM_EARLY octets) and goes out behind it. */
#ifndef RINGER_IO_STREAM_H
#define RINGER_IO_STREAM_H

#include "engine/base/tmr.h"
#include "engine/io/io.h"
#include "engine/io/tls.h"

struct streams;
struct stream;
struct stream_listener;

struct stream_handler {
	/* Data came, plain text; valid during the call only. */
	void (*data)(void *arg, struct stream *s, const void *data, size_t len);
	/* The far end closed or the connection broke (0: orderly; -EPROTO: no TLS or broken TLS;
	 * -EKEYREJECTED: certificate refused; -ETIMEDOUT: handshake took too long; -ECONNABORTED:
	 * TLS cut off without close_notify; or as in io.h). Told once; the owner still has to call
	 * stream_close. Also after a failed connect. */
	void (*closed)(void *arg, struct stream *s, int error);
	/* The output ran empty after having held something. May be NULL. */
	void (*drained)(void *arg, struct stream *s);
	/* stream_connect succeeded, TLS handshake included; accepted TLS connections: the handshake
	 * is over. Not for accepted plain ones. May be NULL. */
	void (*connected)(void *arg, struct stream *s);
};

struct streams_conf {
	struct io *io;
	struct tmr_wheel *wheel;
	struct metrics *metrics;
	uint32_t stream_max;
	int64_t handshake_ns; /* 0: LIMIT_TLS_HANDSHAKE_S */
};

/* 0 or -ENOMEM. */
int streams_create(struct streams **out, const struct streams_conf *conf);
/* Closes all that is still open, without a callback. NULL is fine. */
void streams_destroy(struct streams *t);
size_t streams_bytes(const struct streams *t); /* reserved: for the memory budget */
uint32_t streams_used(const struct streams *t);

/* A new TCP connection; with TLS its handshake has yet to come. The owner sets a handler or closes
 * the stream within the call. */
typedef void (*stream_accept_fn)(void *arg, struct stream *s, const struct addr *peer);

/* tls: NULL for plain; the listener takes a reference of its own. 0, -ENOMEM, or as io_listen_tcp.
 */
int stream_listen(struct streams *t, struct stream_listener **out, const struct addr *local,
		  struct tls_context *tls, stream_accept_fn fn, void *arg);
/* For connections from now on (a reload). Not from plain to TLS or back. */
void stream_listener_set_tls(struct stream_listener *l, struct tls_context *tls);
/* As io_listener_mark, io_stream_mark. */
int stream_listener_mark(struct stream_listener *l, struct io_mark mark);
int stream_mark(struct stream *s, struct io_mark mark);
const struct addr *stream_listener_local(const struct stream_listener *l);
void stream_listener_close(struct stream_listener *l);
/* Of a TLS listener: the owner hears of a connection once its handshake is over, which may take so
 * long. Until then it takes none of the owner's places; at most waiting_max (1..) wait, and when
 * one more comes the oldest gives way (counted), so that whoever stalls cannot keep others out. */
void stream_listener_defer(struct stream_listener *l, uint32_t waiting_max, int64_t handshake_ns);

/* tls: a client's context, or NULL for plain. host: see tls_session_create. */
int stream_connect(struct streams *t, struct stream **out, const struct addr *to,
		   struct tls_context *tls, const char *host, const struct stream_handler *handler,
		   void *arg);

void stream_set_handler(struct stream *s, const struct stream_handler *handler, void *arg);
/* Copies. 0; -ENOBUFS when the queue (as it goes over the wire) or the memory is full, nothing is
 * queued then; -EPIPE when the connection is closed or broken. */
int stream_send(struct stream *s, const void *data, size_t len);
/* Octets waiting: as they go over the wire, or kept for the end of the handshake. */
size_t stream_queued(const struct stream *s);
/* Stops or resumes reading. Data already received may still come. */
void stream_pause(struct stream *s, bool paused);
/* No callback comes after this. flush: what is queued is written first, as in io.h, and
 * close_notify behind it. */
void stream_close(struct stream *s, bool flush);

const struct addr *stream_peer(const struct stream *s);
const struct addr *stream_local(const struct stream *s);
int stream_number(const struct stream *s); /* as io_stream_number */
bool stream_is_tls(const struct stream *s);
/* Why the connection failed, for people: from `closed` on; empty if errno says it all. */
const char *stream_error(const struct stream *s);

#endif
