/* tests/tls/pair.h - both ends of a TLS connection in memory, and contexts from the files here. */
#ifndef RINGER_TESTS_TLS_PAIR_H
#define RINGER_TESTS_TLS_PAIR_H

#include "engine/base/check.h"
#include "engine/io/tls.h"

#include <errno.h>
#include <string.h>

#define PAIR_DIR  "tests/tls/"
#define PAIR_WALL INT64_C(1767225600000000000) /* 2026-01-01 */
#define PAIR_ROOM (1 << 20)

struct pair_end {
	struct tls_session *session;
	char got[PAIR_ROOM];
	size_t got_len;
	int error;
	size_t wire_bytes; /* that it sent */
};

struct pair {
	struct pair_end client, server;
	size_t piece; /* octets fed at once; 0: all */
	/* Changes an octet on its way: the n-th that the client (server) sends, from 1; 0: none. */
	size_t spoil_client, spoil_server;
};

static inline void pair_take(struct pair_end *e, const char *data, size_t len)
{
	ssize_t n;
	int err = tls_session_feed(e->session, data, len);

	while (!err && (n = tls_session_read(e->session, e->got + e->got_len,
					     PAIR_ROOM - e->got_len)) != 0) {
		if (n < 0)
			err = (int)n;
		else
			e->got_len += (size_t)n;
	}
	if (err && !e->error)
		e->error = err;
}

/* Carries what `from` has to say. True: there was something. */
static inline bool pair_carry(struct pair *p, struct pair_end *from, struct pair_end *to)
{
	static char wire[PAIR_ROOM * 2];
	size_t spoil = from == &p->client ? p->spoil_client : p->spoil_server;
	struct slice out = tls_session_output(from->session);
	size_t len = out.len;

	if (len == 0)
		return false;
	check(len <= sizeof(wire));
	memcpy(wire, out.ptr, len);
	tls_session_output_taken(from->session);
	if (spoil > from->wire_bytes && spoil <= from->wire_bytes + len)
		wire[spoil - 1 - from->wire_bytes] ^= 0x41;
	from->wire_bytes += len;
	for (size_t at = 0; at < len;) {
		size_t part = p->piece && len - at > p->piece ? p->piece : len - at;

		pair_take(to, wire + at, part);
		at += part;
	}
	return true;
}

/* Each side once. True: somebody had something to say. */
static inline bool pair_turn(struct pair *p)
{
	bool client = pair_carry(p, &p->client, &p->server);
	bool server = pair_carry(p, &p->server, &p->client);

	return client || server;
}

static inline void pair_run(struct pair *p)
{
	while (pair_turn(p))
		;
}

static inline void pair_close(struct pair *p)
{
	tls_session_destroy(p->client.session);
	tls_session_destroy(p->server.session);
	p->client.session = p->server.session = NULL;
}

#endif
