/* bench/load/clients.c - see clients.h. */
#include "bench/load/clients.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COOKIE_BYTES 64
#define LOGINS_MAX   32 /* at once: below the engine's authlimit */

/* Counts a word in a stream of octets, also across the borders of pieces. The word does not repeat
 * its first letter. */
struct word {
	const char *text;
	size_t at;
	uint64_t count;
};

struct client {
	struct clients *of;
	struct io_stream *stream;
	struct word accepted, pong;
	bool ready, stalled;
	uint64_t open; /* pings under way */
	char cookie[COOKIE_BYTES];
	int64_t worst_ns; /* behind, at most */
	uint64_t octets, losses;
};

struct clients {
	struct run *run;
	const char *events;
	bool http, pings;
	uint32_t count, opened, ready;
	struct tmr stall;
	struct hist lag;
	struct client client[];
};

static void word_feed(struct word *w, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != w->text[w->at]) {
			w->at = data[i] == w->text[0];
		} else if (w->text[++w->at] == '\0') {
			w->at = 0;
			w->count++;
		}
	}
}

static void client_fail(struct client *c, const char *what)
{
	struct run *r = c->of->run;

	if (r->done)
		return;
	fprintf(stderr, "ringer-load: client %u: %s\n", (unsigned)(c - c->of->client), what);
	r->failure = 1;
	r->done = true;
}

static void client_send(struct client *c, const struct sink *out)
{
	if (io_stream_send(c->stream, out->ptr, out->len) != 0)
		client_fail(c, "the connection takes no more");
}

static void client_login(struct client *c)
{
	const struct options *o = &c->of->run->o;
	char text[512];
	struct sink out = sink_make(text, sizeof(text));

	if (c->of->http)
		sink_fmt(&out,
			 "GET /rawman?action=login&username=%s&secret=%s HTTP/1.1\r\nHost: "
			 "load\r\n\r\n",
			 o->user, o->secret);
	else
		sink_fmt(&out, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\nEvents: %s\r\n\r\n",
			 o->user, o->secret, c->of->events);
	client_send(c, &out);
}

static void client_ping(struct client *c, uint32_t count)
{
	char text[16384];
	struct sink out = sink_make(text, sizeof(text));

	for (uint32_t i = 0; i < count; i++) {
		if (c->of->http)
			sink_fmt(&out,
				 "GET /rawman?action=ping HTTP/1.1\r\nHost: load\r\nCookie: "
				 "%s\r\n\r\n",
				 c->cookie);
		else
			sink_lit(&out, "Action: Ping\r\n\r\n");
		if (sizeof(text) - out.len < 256 || i + 1 == count) {
			client_send(c, &out);
			out = sink_make(text, sizeof(text));
		}
	}
	c->open += count;
}

/* The cookie of the login's answer, for all requests to come. */
static void client_take_cookie(struct client *c, const char *data, size_t len)
{
	static const char name[] = "mansession_id=";
	const char *at = memmem(data, len, name, sizeof(name) - 1);
	const char *end = at ? memchr(at, ';', len - (size_t)(at - data)) : NULL;

	if (end && (size_t)(end - at) < COOKIE_BYTES)
		memcpy(c->cookie, at, (size_t)(end - at));
}

/* The oldest event of a piece: a stamp that is cut by its borders is left to the next. */
static void client_measure(struct client *c, const char *data, size_t len)
{
	static const char stamp[] = "\r\nTimestamp: ", lost[] = "Event: EventsLost";
	const char *at = memmem(data, len, stamp, sizeof(stamp) - 1);
	int64_t s, us, behind;

	c->octets += len;
	c->losses += memmem(data, len, lost, sizeof(lost) - 1) != NULL;
	if (!at || (size_t)(at - data) + sizeof(stamp) + 17 > len)
		return;
	at += sizeof(stamp) - 1;
	if (!slice_i64(slice_make(at, 10), &s) || !slice_i64(slice_make(at + 11, 6), &us))
		return;
	behind = io_wall_ns(c->of->run->io) - s * TMR_SECOND - us * 1000;
	if (behind > c->worst_ns)
		c->worst_ns = behind;
	if (!c->stalled)
		hist_add(&c->of->lag, behind > 0 ? behind : 0);
}

static void clients_open_more(struct clients *c);

static void client_on_login(struct client *c, const char *data, size_t len)
{
	client_take_cookie(c, data, len);
	word_feed(&c->accepted, data, len);
	if (c->accepted.count == 0)
		return;
	if (c->of->http && !c->cookie[0]) {
		client_fail(c, "logged in without a cookie");
		return;
	}
	c->ready = true;
	c->of->ready++;
	clients_open_more(c->of);
}

static void client_on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct client *c = arg;
	struct run *r = c->of->run;
	uint64_t before = c->pong.count;

	UNUSED(s);
	if (!c->ready) {
		if (c->octets == 0 && !c->of->http)
			client_login(c); /* the banner came */
		c->octets += len;
		client_on_login(c, data, len);
		return;
	}
	if (!c->of->pings) {
		client_measure(c, data, len);
		return;
	}
	word_feed(&c->pong, data, len);
	r->settled += c->pong.count - before;
	c->open -= c->pong.count - before;
}

static void client_on_closed(void *arg, struct io_stream *s, int error)
{
	struct client *c = arg;

	io_stream_close(s, false);
	c->stream = NULL;
	if (!c->stalled)
		client_fail(c, error ? strerror(-error) : "the engine closed the connection");
}

static void client_on_connected(void *arg, struct io_stream *s)
{
	struct client *c = arg;

	UNUSED(s);
	if (c->of->http)
		client_login(c);
}

static const struct io_stream_handler client_handler = {
	.data = client_on_data, .closed = client_on_closed, .connected = client_on_connected};

static void clients_open_more(struct clients *c)
{
	while (c->opened < c->count && c->opened - c->ready < LOGINS_MAX) {
		struct client *one = &c->client[c->opened++];
		int err = io_connect_tcp(c->run->io, &one->stream, &c->run->o.ami, &client_handler,
					 one);

		if (err) {
			client_fail(one, strerror(-err));
			return;
		}
	}
}

static void clients_resume(struct tmr *t, void *arg)
{
	struct client *c = arg;

	UNUSED(t);
	if (c->stream)
		io_stream_pause(c->stream, false);
}

int clients_open(struct clients **out, struct run *r, uint32_t count, const char *events)
{
	struct clients *c = calloc(1, sizeof(*c) + count * sizeof(c->client[0]));

	if (!c)
		return -ENOMEM;
	c->run = r;
	c->events = events;
	c->count = count;
	c->pings = r->o.mode == RUN_PINGS;
	c->http = c->pings && r->o.http;
	tmr_init(&c->stall, r->wheel, clients_resume, &c->client[0]);
	for (uint32_t i = 0; i < count; i++) {
		c->client[i].of = c;
		c->client[i].accepted.text = "Authentication accepted";
		c->client[i].pong.text = "Pong";
	}
	clients_open_more(c);
	*out = c;
	return 0;
}

void clients_close(struct clients *c)
{
	if (!c)
		return;
	tmr_stop(&c->stall);
	for (uint32_t i = 0; i < c->count; i++) {
		if (c->client[i].stream)
			io_stream_close(c->client[i].stream, false);
	}
	free(c);
}

bool clients_are_ready(const struct clients *c)
{
	return c->ready == c->count;
}

void clients_stall_one(struct clients *c, int64_t for_ns)
{
	struct client *one = &c->client[0];

	one->stalled = true;
	io_stream_pause(one->stream, true);
	tmr_start(&c->stall, io_now_ns(c->run->io) + for_ns);
}

void clients_report(const struct clients *c, struct report *report)
{
	uint64_t octets = 0, losses = 0, stalled_losses = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		octets += c->client[i].octets;
		*(c->client[i].stalled ? &stalled_losses : &losses) += c->client[i].losses;
	}
	report_count(report, "readers", "clients", c->count, "");
	report_real(report, "readers", "read", (double)octets / 1048576, "MiB");
	report_hist(report, "readers", "behind", &c->lag);
	report_count(report, "readers", "told_of_loss", losses, "");
	report_count(report, "readers", "stalled_told_of_loss", stalled_losses, "");
}

/* ---- modes of their own ---- */

static struct clients *pinging;

static int64_t pings_step(struct run *r, int64_t now_ns)
{
	uint32_t each = r->o.outstanding ? r->o.outstanding : 1;

	if (!clients_are_ready(pinging))
		return TMR_NEVER;
	if (r->sent == 0)
		r->start_ns = now_ns;
	for (uint32_t i = 0; i < pinging->count; i++) {
		struct client *c = &pinging->client[i];
		uint64_t n = each - c->open;

		/* Half a window at a time: the other half keeps the engine busy meanwhile. */
		if (n < (each + 1) / 2 || r->sent == r->o.calls)
			continue;
		if (n > r->o.calls - r->sent)
			n = r->o.calls - r->sent;
		r->sent += n;
		client_ping(c, (uint32_t)n);
	}
	if (r->settled == r->o.calls)
		r->done = true;
	return TMR_NEVER;
}

static int64_t rest_step(struct run *r, int64_t now_ns)
{
	if (!clients_are_ready(pinging) || r->sent > 0)
		return TMR_NEVER;
	r->sent = pinging->count;
	r->settled = r->sent;
	UNUSED(now_ns);
	return TMR_NEVER;
}

static int clients_run(struct run *r, const char *events,
		       int64_t (*step)(struct run *r, int64_t now_ns))
{
	struct report *report = calloc(1, sizeof(*report));
	int err = report ? clients_open(&pinging, r, r->o.connections, events) : -ENOMEM;

	if (!err)
		err = run_loop(r, step);
	if (!err)
		run_finish(r, report);
	clients_close(pinging);
	free(report);
	return err || r->failure || r->settled != r->sent ? 1 : 0;
}

int pings_run(struct run *r)
{
	int code = clients_run(r, "off", pings_step);

	return code || r->settled != r->o.calls ? 1 : 0;
}

int rest_run(struct run *r)
{
	return clients_run(r, "on", rest_step);
}
