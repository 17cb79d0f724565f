/* engine/io/tls.h - TLS 1.2 and 1.3 as arithmetic on octets: the one door to OpenSSL's libssl.
 *
 * A context is what one side is configured with: certificate, key, trust, ciphers. It is read once,
 * never changes, and is shared by reference count, also between threads: a reload makes a new one
 * and live sessions keep theirs. A session is one connection. It knows no socket and no clock:
 * octets of the far end go in (tls_session_feed), octets for it come out (tls_session_output), and
 * the instant by which certificates are judged is given. So it runs in the simulator as it is.
 *
 * Renegotiation, compression and session tickets are off: nothing here depends on an earlier
 * connection. OpenSSL takes its memory from the heap, some 40 KiB a session; how many there are is
 * bounded by who opens them (stream.h). */
#ifndef RINGER_IO_TLS_H
#define RINGER_IO_TLS_H

#include "engine/base/sink.h"
#include "engine/base/slice.h"
#include "engine/io/io.h"

struct tls_context;
struct tls_session;

enum tls_version { TLS_ANY, TLS_1_2, TLS_1_3 };

/* Texts may be NULL or empty: none. Kept only during the call. */
struct tls_conf {
	bool server;
	const char *cert_file; /* PEM: our certificate, then those that lead to a root. Servers:
				  required */
	const char *key_file;  /* PEM, no passphrase; none: it stands in cert_file */
	const char *ca_file;   /* PEM: whom we trust */
	const char *ca_path;   /* directory of such files, all of them are read */
	const char *ciphers;   /* OpenSSL cipher list of TLS 1.2; none: OpenSSL's choice */
	enum tls_version version_min, version_max;
	bool verify;	   /* a certificate of the far end has to be signed by one that we trust */
	bool require_cert; /* servers: the client has to have a certificate */
	bool server_order; /* servers: our order of ciphers counts, not the client's */
	bool allow_wildcards; /* clients: "*.example.org" in a certificate stands for one label */
};

/* Reads the files through the seam: for boot, reload and worker loops. 0; or a negative errno with
 * a text that names the file, what is wrong and the remedy. A certificate whose time is over is
 * only a warning in the log: the far end decides. */
int tls_context_create(struct tls_context **out, struct io *io, const struct tls_conf *conf,
		       struct sink *error);
/* Any thread. */
struct tls_context *tls_context_ref(struct tls_context *c);
void tls_context_unref(struct tls_context *c); /* NULL is fine */

enum tls_state {
	TLS_HANDSHAKE,
	TLS_OPEN,
	TLS_CLOSED, /* the far end said close_notify; we may still write */
	TLS_FAILED, /* for good; what is in the output (an alert) is still worth sending */
};

/* Client if the context is one: then `host` is sent as SNI (RFC 6066 3; unless an address) and, if
 * the context verifies, the certificate has to be for it; NULL: neither. A certificate is for a
 * host that its subjectAltName names as DNS, iPAddress or in a URI "sip:host" (RFC 5922 7.1), or,
 * without DNS names, its common name. Servers: host is NULL. wall_ns: the
 * instant by which certificates are judged. 0, -ENOMEM, -EINVAL (host name). The session holds a
 * reference to the context. A client's first octets are in the output. */
int tls_session_create(struct tls_session **out, struct tls_context *c, const char *host,
		       int64_t wall_ns);
void tls_session_destroy(struct tls_session *s); /* NULL is fine */

enum tls_state tls_session_state(const struct tls_session *s);
/* What went wrong, for people; empty unless TLS_FAILED. */
const char *tls_session_error(const struct tls_session *s);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384", once open. */
void tls_session_describe(const struct tls_session *s, struct sink *out);

/* Takes all octets that came from the far end, and does the handshake as far as they carry. Read
 * after each call until nothing is left. 0; -ENOMEM; -EPROTO (state TLS_FAILED: no TLS, no common
 * version or cipher, forged, refused by the far end); -EKEYREJECTED (TLS_FAILED: certificate). */
int tls_session_feed(struct tls_session *s, const void *data, size_t len);
/* Plain text into buf: octets > 0; 0: no more for now (or TLS_CLOSED); or as tls_session_feed. */
ssize_t tls_session_read(struct tls_session *s, void *buf, size_t size);
/* Plain text for the far end: all or nothing. 0; -EAGAIN before TLS_OPEN; -EPIPE after
 * TLS_FAILED or tls_session_close; -ENOMEM. */
int tls_session_write(struct tls_session *s, const void *data, size_t len);
/* Says close_notify; nothing can be written after it. */
void tls_session_close(struct tls_session *s);

/* Octets for the far end, valid until the next call for the session; and: they have been sent. */
struct slice tls_session_output(const struct tls_session *s);
void tls_session_output_taken(struct tls_session *s);
/* At most so many octets does tls_session_write of len add to the output. */
size_t tls_wire_bytes(size_t len);

#endif
