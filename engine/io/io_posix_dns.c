/* engine/io/io_posix_dns.c - dns_client.h by c-ares, whose sockets are sockets of the loop.
 *
 * c-ares is given functions in place of the system calls: it "opens", "sends" and "receives"
 * through io_udp and io_stream, under numbers of ours, and is told when something came or its time
 * is up. All that it could read from files is given to it, so it never blocks. */
#include "engine/base/check.h"
#include "engine/base/slab.h"
#include "engine/io/dns_client.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/uio.h>

#define DNS_SOCKETS  (2 * LIMIT_DNS_SERVERS + 2)
#define DNS_TCP_ROOM (65535 + 2) /* one message and its length */
#define DNS_EDNS     1232	 /* what passes everywhere in one datagram */

struct dns_sock {
	struct dns_client *client;
	struct io_udp *udp;
	struct io_stream *stream;
	struct addr server;
	struct slice datagram; /* arrived, not yet read; valid during its callback */
	char *in;	       /* TCP: arrived, not yet read */
	size_t in_len;
	int error; /* TCP: why nothing more comes */
	bool is_used, is_stream, is_closed;
};

struct dns_question {
	struct dns_client *client;
	uint64_t token;
};

struct dns_client {
	struct io *io;
	struct tmr clock; /* when c-ares wants to look at its time-outs */
	ares_channel ares;
	struct slab *questions;
	dns_client_fn fn;
	void *arg;
	struct dns_sock socks[DNS_SOCKETS];
};

/* ---- time ---- */

static void client_rearm(struct dns_client *c)
{
	struct timeval tv;

	if (ares_timeout(c->ares, NULL, &tv))
		tmr_start(&c->clock,
			  io_clock_ns(c->io) + tv.tv_sec * TMR_SECOND + tv.tv_usec * 1000 + TMR_MS);
	else
		tmr_stop(&c->clock);
}

static void client_process(struct dns_client *c, int readable, int writable)
{
	ares_process_fd(c->ares, readable, writable);
	client_rearm(c);
}

static void client_on_clock(struct tmr *t, void *arg)
{
	UNUSED(t);
	client_process(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static int sock_number(const struct dns_sock *s)
{
	return (int)(s - s->client->socks);
}

/* ---- what the loop says ---- */

static void sock_on_datagram(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			     size_t len)
{
	struct dns_sock *s = arg;

	UNUSED(u);
	if (!addr_eq(from, &s->server)) /* a stranger's answer is none */
		return;
	s->datagram = slice_make(data, len);
	client_process(s->client, sock_number(s), ARES_SOCKET_BAD);
	s->datagram = SLICE_EMPTY;
}

static void sock_on_data(void *arg, struct io_stream *stream, const void *data, size_t len)
{
	struct dns_sock *s = arg;
	size_t left;

	UNUSED(stream);
	if (len > DNS_TCP_ROOM - s->in_len) { /* more than one message: not what was asked for */
		s->is_closed = true;
		len = 0;
	}
	memcpy(s->in + s->in_len, data, len);
	s->in_len += len;
	do { /* c-ares takes the length, then the message: one read a call; it may close the socket */
		left = s->in_len;
		client_process(s->client, sock_number(s), ARES_SOCKET_BAD);
	} while (s->in_len && s->in_len < left);
}

static void sock_on_closed(void *arg, struct io_stream *stream, int error)
{
	struct dns_sock *s = arg;

	UNUSED(stream);
	s->is_closed = true;
	s->error = error;
	client_process(s->client, sock_number(s), ARES_SOCKET_BAD);
}

static void sock_on_connected(void *arg, struct io_stream *stream)
{
	struct dns_sock *s = arg;

	UNUSED(stream);
	client_process(s->client, ARES_SOCKET_BAD, sock_number(s));
}

static const struct io_stream_handler sock_handler = {
	.data = sock_on_data,
	.closed = sock_on_closed,
	.connected = sock_on_connected,
};

/* ---- c-ares' system calls ---- */

static ares_socket_t sock_open(int family, int type, int protocol, void *arg)
{
	struct dns_client *c = arg;

	UNUSED(family);
	UNUSED(protocol);
	for (int i = 0; i < DNS_SOCKETS; i++) {
		struct dns_sock *s = &c->socks[i];

		if (s->is_used)
			continue;
		*s = (struct dns_sock){
			.client = c, .is_used = true, .is_stream = type == SOCK_STREAM};
		return i;
	}
	errno = EMFILE;
	return ARES_SOCKET_BAD;
}

static int sock_close(ares_socket_t number, void *arg)
{
	struct dns_client *c = arg;
	struct dns_sock *s = &c->socks[number];

	if (s->udp)
		io_udp_close(s->udp);
	if (s->stream)
		io_stream_close(s->stream, false);
	free(s->in);
	*s = (struct dns_sock){.client = c};
	return 0;
}

static void sock_from_sockaddr(struct addr *out, const struct sockaddr *sa)
{
	*out = (struct addr){0};
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		out->family = 4;
		out->port = ntohs(in->sin_port);
		memcpy(out->ip, &in->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in = (const void *)sa;

		out->family = 6;
		out->port = ntohs(in->sin6_port);
		memcpy(out->ip, &in->sin6_addr, 16);
	}
}

static void sock_to_sockaddr(const struct addr *a, struct sockaddr *sa, ares_socklen_t *len)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
	ares_socklen_t size = a->family == 4 ? sizeof(in) : sizeof(in6);

	memcpy(&in.sin_addr, a->ip, 4);
	memcpy(&in6.sin6_addr, a->ip, 16);
	if (*len >= size)
		memcpy(sa, a->family == 4 ? (const void *)&in : (const void *)&in6, size);
	*len = size;
}

/* As connect(2) on a socket that does not block: -1 with EINPROGRESS while it goes on. */
static int sock_connect(ares_socket_t number, const struct sockaddr *sa, ares_socklen_t len,
			void *arg)
{
	struct dns_client *c = arg;
	struct dns_sock *s = &c->socks[number];
	struct io_udp_conf udp = {.kind = IO_UDP_SIP};
	int err;

	UNUSED(len);
	sock_from_sockaddr(&s->server, sa);
	if (s->is_stream) {
		s->in = malloc(DNS_TCP_ROOM);
		err = s->in ? io_connect_tcp(c->io, &s->stream, &s->server, &sock_handler, s)
			    : -ENOMEM;
		errno = err ? -err : EINPROGRESS;
		return -1;
	}
	udp.local.family = s->server.family;
	err = io_udp_open(c->io, &s->udp, &udp, sock_on_datagram, s);
	errno = -err;
	return err ? -1 : 0;
}

static ares_ssize_t sock_recv_stream(struct dns_sock *s, void *data, size_t len)
{
	size_t taken = len < s->in_len ? len : s->in_len;

	if (taken == 0 && !s->is_closed) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(data, s->in, taken);
	memmove(s->in, s->in + taken, s->in_len - taken);
	s->in_len -= taken;
	return (ares_ssize_t)taken;
}

static ares_ssize_t sock_recv(ares_socket_t number, void *data, size_t len, int flags,
			      struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
	struct dns_client *c = arg;
	struct dns_sock *s = &c->socks[number];
	struct slice d = s->datagram;

	UNUSED(flags);
	if (s->is_stream)
		return sock_recv_stream(s, data, len);
	if (!d.ptr) {
		errno = EAGAIN;
		return -1;
	}
	s->datagram = SLICE_EMPTY;
	if (d.len > len)
		d.len = len;
	memcpy(data, d.ptr, d.len);
	if (from && from_len)
		sock_to_sockaddr(&s->server, from, from_len);
	return (ares_ssize_t)d.len;
}

static ares_ssize_t sock_send(ares_socket_t number, const struct iovec *parts, int count, void *arg)
{
	struct dns_client *c = arg;
	struct dns_sock *s = &c->socks[number];
	char text[4096]; /* questions are short */
	struct sink out = sink_make(text, sizeof(text));
	int err;

	for (int i = 0; i < count; i++)
		sink_add(&out, slice_make(parts[i].iov_base, parts[i].iov_len));
	if (out.over)
		err = -EMSGSIZE;
	else if (s->is_stream)
		err = s->stream ? io_stream_send(s->stream, out.ptr, out.len) : -ENOTCONN;
	else
		err = s->udp ? io_udp_send(s->udp, &s->server, out.ptr, out.len) : -ENOTCONN;
	errno = -err;
	return err ? -1 : (ares_ssize_t)out.len;
}

static const struct ares_socket_functions sock_functions = {
	.asocket = sock_open,
	.aclose = sock_close,
	.aconnect = sock_connect,
	.arecvfrom = sock_recv,
	.asendv = sock_send,
};

/* ---- questions ---- */

static int client_error(int status)
{
	switch (status) {
	case ARES_ENOMEM:
		return -ENOMEM;
	case ARES_ECONNREFUSED:
		return -ECONNREFUSED;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static void client_on_answer(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct dns_question *q = arg;
	struct dns_client *c = q->client;
	uint64_t token = q->token;

	UNUSED(timeouts);
	slab_free(c->questions, q);
	if (status == ARES_EDESTRUCTION)
		return;
	if (data && len > 0)
		c->fn(c->arg, token, 0, slice_make((const char *)data, (size_t)len));
	else
		c->fn(c->arg, token, client_error(status), SLICE_EMPTY);
}

void dns_client_ask(struct dns_client *c, const char *name, enum dns_type type, uint64_t token)
{
	struct dns_question *q = slab_alloc(c->questions);

	if (!q) {
		c->fn(c->arg, token, -ENOBUFS, SLICE_EMPTY);
		return;
	}
	q->client = c;
	q->token = token;
	ares_query(c->ares, name, 1, (int)type, client_on_answer, q);
	client_rearm(c);
}

/* ---- life ---- */

/* 127.0.0.1:53 and the like, separated by commas, as c-ares reads them. */
static int client_set_servers(struct dns_client *c, const struct dns_client_conf *conf)
{
	char text[LIMIT_DNS_SERVERS * (ADDR_TEXT + 1)];
	struct sink out = sink_make(text, sizeof(text));

	for (uint32_t i = 0; i < conf->server_count; i++) {
		if (i)
			sink_char(&out, ',');
		addr_write(&out, &conf->servers[i]);
	}
	return ares_set_servers_ports_csv(c->ares, sink_cstr(&out));
}

/* Everything is said, so that no file is read. */
static int client_open(struct dns_client *c, const struct dns_client_conf *conf)
{
	char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.timeout = (int)conf->timeout_ms,
		.tries = (int)conf->tries,
		.ndots = 1,
		.ednspsz = DNS_EDNS,
		.lookups = lookups,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
		   ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
		   ARES_OPT_SORTLIST;
	int rc = ares_init_options(&c->ares, &options, mask);

	if (rc != ARES_SUCCESS)
		return rc;
	ares_set_socket_functions(c->ares, &sock_functions, c);
	return client_set_servers(c, conf);
}

int dns_client_create(struct dns_client **out, struct io *io, struct tmr_wheel *wheel,
		      const struct dns_client_conf *conf, dns_client_fn fn, void *arg)
{
	struct dns_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->io = io;
	c->fn = fn;
	c->arg = arg;
	tmr_init(&c->clock, wheel, client_on_clock, c);
	if (slab_create(&c->questions, "dns_questions", sizeof(struct dns_question),
			LIMIT_DNS_QUESTIONS) ||
	    client_open(c, conf) != ARES_SUCCESS) {
		dns_client_destroy(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void dns_client_destroy(struct dns_client *c)
{
	if (!c)
		return;
	tmr_stop(&c->clock);
	if (c->ares)
		ares_destroy(c->ares);
	if (c->questions)
		slab_destroy(c->questions);
	free(c);
}
