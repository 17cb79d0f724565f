/* sip/conn.c - see conn.h. */
#include "sip/conn.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/transport.h"

#include <errno.h>
#include <stdlib.h>

/* One that was accepted has its stream before another gives way for it, and one that gives way
 * while its message is read ends behind that. */
#define CONNS_SPARE 16

_Static_assert(SIP_TRANSPORTS <= 8, "conn.tps has a bit for each");

struct conn {
	struct sip *sip;
	struct stream *stream;
	struct hash_node node; /* by transport and peer */
	struct list order;     /* in conns.silent or, while it waits, in conns.paused */
	struct tmr timer;
	struct sip_peer peer; /* conn: its number, never 0; host: 0 if it was accepted */
	int64_t begun_ns;     /* asked for, or accepted */
	int64_t ping_ns;      /* when CRLFCRLF is to be sent */
	int64_t heard_ns;     /* the last octets of the far end, or when it was up */
	struct sip_framer framer;
	char *part; /* a message that has not come whole; NULL: none */
	size_t part_len, part_room;
	uint32_t calls;	   /* callbacks that are running */
	uint32_t requests; /* of ours that went out over it, */
	uint8_t tps;	   /* ... by these transports, a bit each */
	uint8_t tp;
	bool is_accepted;
	bool is_up;	 /* connected, TLS included */
	bool has_spoken; /* a message came */
	bool is_pinged;	 /* CRLFCRLF was sent and not yet answered */
	bool is_behind;	 /* has more than LIMIT_SIP_CONN_OUT queued, or had lately */
	bool is_broken;	 /* a message could not be sent: to be closed by the timer */
	bool is_dead;	 /* closed while a callback runs */
	bool is_paused;	 /* its next message waits for room in the pipe of a shard, */
	bool is_ended;	 /* ... and the far end has closed meanwhile */
	uint32_t shard;	 /* that one */
};

static bool conn_is_over(const struct conn *c, size_t len)
{
	return stream_queued(c->stream) + len > LIMIT_SIP_CONN_OUT;
}

/* ---- life ---- */

static uint64_t conn_key(const struct sip *sip, uint8_t tp, const struct addr *peer)
{
	return addr_hash(peer, sip->key + tp);
}

/* That very connection, if the peer names one; else one to its address and name. */
static struct conn *conn_find(const struct sip *sip, uint8_t tp, const struct sip_peer *peer)
{
	struct hash_node *node = hash_first(&sip->conns.by_peer, conn_key(sip, tp, &peer->addr));

	for (; node; node = hash_next(node)) {
		struct conn *c = hash_entry(node, struct conn, node);

		if (c->tp == tp && addr_eq(&c->peer.addr, &peer->addr) &&
		    (peer->conn ? c->peer.conn == peer->conn : c->peer.host == peer->host))
			return c;
	}
	return NULL;
}

/* One that was accepted by another transport: a phone may have connected to any of them, and to one
 * that has moved since. */
static struct conn *conn_find_elsewhere(const struct sip *sip, uint8_t tp,
					const struct sip_peer *peer)
{
	for (uint8_t i = 0; i < sip->tp_count; i++) {
		struct conn *c = i != tp && sip_tp_kind(sip, i) == sip_tp_kind(sip, tp)
					 ? conn_find(sip, i, peer)
					 : NULL;

		if (c && c->is_accepted)
			return c;
	}
	return NULL;
}

/* An earlier one that was accepted from there: its far end has forgotten it. */
static struct conn *conn_find_accepted(const struct sip *sip, uint8_t tp, const struct addr *from)
{
	struct hash_node *node = hash_first(&sip->conns.by_peer, conn_key(sip, tp, from));

	for (; node; node = hash_next(node)) {
		struct conn *c = hash_entry(node, struct conn, node);

		if (c->tp == tp && c->is_accepted && addr_eq(&c->peer.addr, from))
			return c;
	}
	return NULL;
}

static void conn_free(struct conn *c)
{
	free(c->part);
	slab_free(c->sip->conns.slab, c);
}

/* Nobody finds it any more; the transactions are told by conn_lost. */
static void conn_close(struct conn *c, bool flush)
{
	if (c->is_dead)
		return;
	c->is_dead = true;
	c->sip->conns.behind -= c->is_behind;
	tmr_stop(&c->timer);
	list_del(&c->order);
	hash_del(&c->sip->conns.by_peer, &c->node);
	stream_close(c->stream, flush);
	c->stream = NULL;
	if (c->calls == 0)
		conn_free(c);
}

/* Ends it, and with it what waits for an answer. */
static void conn_lost(struct conn *c, bool flush)
{
	struct sip_parcel loss = {.peer = c->peer, .was_up = c->is_up};
	struct sip *sip = c->sip;
	uint8_t tps = c->tps;

	conn_close(c, flush);
	for (; tps; tps >>= 1, loss.tp++)
		if (tps & 1)
			sip_tp_lost(sip, &loss);
}

static bool conn_leave(struct conn *c)
{
	check(c->calls > 0);
	c->calls--;
	if (!c->is_dead)
		return true;
	if (c->calls == 0)
		conn_free(c);
	return false;
}

static void conn_heard(struct conn *c)
{
	c->heard_ns = sip_now(c->sip);
	list_del(&c->order);
	list_add_tail(&c->sip->conns.silent, &c->order);
}

/* ---- time ---- */

/* When it has to go. Until the first message octets alone do not help. While it is paused it is we
 * who do not listen. */
static int64_t conn_end(const struct conn *c)
{
	if (c->is_paused)
		return sip_now(c->sip) + LIMIT_SIP_CONN_IDLE_S * TMR_SECOND;
	if (c->is_broken)
		return INT64_MIN;
	if (!c->is_up)
		return c->begun_ns + LIMIT_SIP_CONN_OPEN_S * TMR_SECOND;
	if (!c->has_spoken && !c->requests)
		return c->begun_ns + LIMIT_SIP_CONN_FIRST_S * TMR_SECOND;
	return c->heard_ns + LIMIT_SIP_CONN_IDLE_S * TMR_SECOND;
}

static void conn_wait(struct conn *c)
{
	int64_t end = conn_end(c);
	bool pings = c->is_up && !c->is_paused;

	tmr_start(&c->timer, pings && c->ping_ns < end ? c->ping_ns : end);
}

static void conn_next_ping(struct conn *c)
{
	uint32_t every_s = c->sip->conf->keep_alive_s;

	c->ping_ns = every_s ? sip_now(c->sip) + every_s * TMR_SECOND : INT64_MAX;
}

static void conn_on_timer(struct tmr *t, void *arg)
{
	struct conn *c = arg;

	UNUSED(t);
	if (sip_now(c->sip) >= conn_end(c)) {
		if (!c->is_broken)
			sip_count_one(c->sip,
				      c->is_up ? METRIC_sip_conn_idle : METRIC_sip_conn_failed);
		conn_lost(c, false);
		return;
	}
	if (c->is_up && !c->is_paused && sip_now(c->sip) >= c->ping_ns) {
		/* When the queue is full we are saying something anyway. */
		c->is_pinged |= stream_send(c->stream, "\r\n\r\n", 4) == 0;
		conn_next_ping(c);
	}
	conn_wait(c);
}

/* ---- input ---- */

/* The answer to our CRLFCRLF: the framer alone cannot tell it from the first half of one. */
static bool conn_is_pong(struct conn *c, struct slice octets)
{
	if (!c->is_pinged || c->part || !slice_eq(octets, SLICE_LIT("\r\n")))
		return false;
	c->is_pinged = false;
	return true;
}

/* It is not read until the shard has room. */
static void conn_pause(struct conn *c)
{
	sip_count_one(c->sip, METRIC_sip_conn_paused);
	c->is_paused = true;
	list_del(&c->order);
	list_add_tail(&c->sip->conns.paused, &c->order);
	if (!c->is_ended)
		stream_pause(c->stream, true);
}

/* Uses up what it can of the stream; false: it cannot be framed, and is closed. */
static bool conn_take(struct conn *c, struct slice stream, size_t *used)
{
	enum sip_frame kind;
	size_t bytes;

	for (*used = 0; !c->is_dead && *used < stream.len; *used += bytes) {
		struct slice rest = slice_from(stream, *used);

		kind = sip_msg_frame(&c->framer, rest, &bytes);
		if (kind == SIP_FRAME_MORE)
			return true;
		/* Who asks and does not read gets no more than others. */
		if (kind == SIP_FRAME_PING && !conn_is_over(c, 2))
			UNUSED(stream_send(c->stream, "\r\n", 2));
		if (kind == SIP_FRAME_MESSAGE || (kind == SIP_FRAME_BAD && bytes)) {
			c->has_spoken = true;
			if (!sip_receive_whole(c->sip, c->tp, &c->peer, slice_head(rest, bytes),
					       &c->shard)) {
				conn_pause(c);
				return true;
			}
		}
		if (kind == SIP_FRAME_BAD)
			return false;
		c->framer = (struct sip_framer){0};
	}
	return true;
}

/* Keeps the rest of the octets for the next time. */
static bool conn_keep(struct conn *c, struct slice rest)
{
	size_t room = c->part_room ? c->part_room : 2048;
	char *grown;

	while (room < c->part_len + rest.len)
		room *= 2;
	if (room > c->part_room) {
		grown = realloc(c->part, room);
		if (!grown)
			return false;
		c->part = grown;
		c->part_room = room;
	}
	memcpy(c->part + c->part_len, rest.ptr, rest.len);
	c->part_len += rest.len;
	return true;
}

static bool conn_take_part(struct conn *c)
{
	size_t used;
	bool good = conn_take(c, slice_make(c->part, c->part_len), &used);

	if (c->is_dead)
		return good;
	c->part_len -= used;
	if (c->part_len) {
		memmove(c->part, c->part + used, c->part_len);
		return good;
	}
	free(c->part);
	c->part = NULL;
	c->part_room = 0;
	return good;
}

/* What was on its way when reading stopped. */
static bool conn_keep_more(struct conn *c, struct slice octets)
{
	return octets.len <= LIMIT_SIP_CONN_HELD - c->part_len && conn_keep(c, octets);
}

static bool conn_take_new(struct conn *c, struct slice octets)
{
	size_t used;

	if (!conn_take(c, octets, &used))
		return false;
	octets = slice_from(octets, used);
	return c->is_dead || !octets.len || conn_keep(c, octets);
}

static void conn_bad(struct conn *c)
{
	sip_count_one(c->sip, METRIC_sip_conn_bad);
	conn_lost(c, true);
}

static void conn_on_data(void *arg, struct stream *stream, const void *data, size_t len)
{
	struct slice octets = slice_make(data, len);
	struct conn *c = arg;
	bool good;

	UNUSED(stream);
	if (!c->is_paused)
		conn_heard(c);
	if (conn_is_pong(c, octets))
		return;
	c->calls++;
	if (c->is_paused)
		good = conn_keep_more(c, octets);
	else if (c->part)
		good = conn_keep(c, octets) && conn_take_part(c);
	else
		good = conn_take_new(c, octets);
	if (!good && !c->is_dead)
		conn_bad(c);
	UNUSED(conn_leave(c));
}

/* A message could not be sent meanwhile, or the far end has closed: what it had said is passed on.
 */
static void conn_go_on(struct conn *c)
{
	conn_heard(c);
	if (c->is_ended || c->is_broken) {
		conn_lost(c, false);
		return;
	}
	stream_pause(c->stream, false);
	conn_next_ping(c);
	conn_wait(c);
}

static void conn_resume(struct conn *c)
{
	bool good;

	c->calls++;
	c->is_paused = false;
	list_del(&c->order);
	good = conn_take_part(c);
	if (!good && !c->is_dead)
		conn_bad(c);
	else if (!c->is_dead && !c->is_paused)
		conn_go_on(c);
	UNUSED(conn_leave(c));
}

/* Each says what it can; who has to wait again does so behind those that had no turn. */
void conns_resume(struct sip *sip)
{
	struct list due, kept;

	list_init(&due);
	list_init(&kept);
	list_splice(&due, &sip->conns.paused);
	list_for_safe (node, &due) {
		struct conn *c = list_entry(node, struct conn, order);

		if (!(sip->crowded >> c->shard & 1)) {
			conn_resume(c);
			continue;
		}
		list_del(node);
		list_add_tail(&kept, node);
	}
	list_splice(&kept, &sip->conns.paused);
	list_splice(&sip->conns.paused, &kept);
}

/* ---- the stream ---- */

static void conn_report(const struct conn *c, const char *why)
{
	struct slice name = peer_names_text(c->sip->peer_names, c->peer.host);
	char addr[ADDR_TEXT];

	sip_count_one(c->sip, METRIC_sip_conn_failed);
	log_notice("Transport '%s': no connection to %s%s%.*s: %s", c->sip->tps[c->tp].name,
		   addr_text(&c->peer.addr, addr), name.len ? " as " : "", SLICE_ARG(name), why);
}

static void conn_on_closed(void *arg, struct stream *stream, int error)
{
	struct conn *c = arg;

	if (c->is_paused) {
		c->is_ended = true;
		return;
	}
	if (!c->is_up)
		conn_report(c, *stream_error(stream) ? stream_error(stream) : strerror(-error));
	c->calls++;
	conn_lost(c, false);
	UNUSED(conn_leave(c));
}

static void conn_on_connected(void *arg, struct stream *stream)
{
	struct conn *c = arg;

	UNUSED(stream);
	c->is_up = true;
	c->heard_ns = sip_now(c->sip);
	conn_next_ping(c);
	conn_wait(c);
}

static const struct stream_handler conn_handler = {
	.data = conn_on_data,
	.closed = conn_on_closed,
	.connected = conn_on_connected,
};

/* ---- opening ---- */

/* Our own transactions hear of it on a later turn: this one is in the midst of sending something
 * else, and whoever is told may end that. */
static void conns_owe(struct sip *sip, const struct sip_parcel *loss)
{
	struct conns *c = &sip->conns;

	if (c->owed_count == CONN_OWED_MAX) { /* they have their timers */
		sip_count_one(sip, METRIC_sip_conn_untold);
		return;
	}
	c->owed[c->owed_count] = *loss;
	c->owed[c->owed_count++].sent = sip->txns.sent;
	if (!tmr_is_started(&c->owed_tmr))
		tmr_start(&c->owed_tmr, sip_now(sip));
}

/* Gives way. */
static void conn_evict(struct conn *c)
{
	struct sip_parcel loss = {.peer = c->peer, .was_up = c->is_up, .is_evicted = true};
	struct sip *sip = c->sip;
	uint8_t tps = c->tps;

	sip_count_one(sip, METRIC_sip_conn_evicted);
	conn_close(c, false);
	for (; tps; tps >>= 1, loss.tp++) {
		if (!(tps & 1))
			continue;
		conns_tell(sip, &loss);
		conns_owe(sip, &loss);
	}
}

/* Room for one more: the one that has said nothing for the longest time goes. */
static struct conn *conn_new(struct sip *sip, uint8_t tp, const struct addr *addr, uint64_t host)
{
	struct list *oldest = list_first(&sip->conns.silent);
	struct conn *c;

	if (slab_used(sip->conns.slab) >= sip->conns.max && oldest)
		conn_evict(list_entry(oldest, struct conn, order));
	c = slab_alloc(sip->conns.slab);
	if (!c)
		return NULL;
	c->sip = sip;
	c->tp = tp;
	sip->conns.last += sip->conns.last == UINT32_MAX ? 2 : 1; /* 0 is none */
	c->peer = (struct sip_peer){.addr = *addr, .conn = sip->conns.last, .host = host};
	c->begun_ns = c->heard_ns = sip_now(sip);
	list_init(&c->order);
	tmr_init(&c->timer, sip->env.wheel, conn_on_timer, c);
	return c;
}

static void conn_begin(struct conn *c, struct stream *stream)
{
	c->stream = stream;
	hash_add(&c->sip->conns.by_peer, &c->node, conn_key(c->sip, c->tp, &c->peer.addr));
	list_add_tail(&c->sip->conns.silent, &c->order);
	conn_next_ping(c);
	conn_wait(c);
}

static void conn_on_accept(void *arg, struct stream *stream, const struct addr *peer)
{
	struct sip_tp *tp = arg;
	struct conn *old = conn_find_accepted(tp->sip, tp->index, peer), *c;

	if (old)
		conn_lost(old, false);
	c = conn_new(tp->sip, tp->index, peer, 0);
	if (!c) {
		stream_close(stream, false);
		return;
	}
	sip_count_one(tp->sip, METRIC_sip_conn_accepted);
	c->is_accepted = true;
	c->is_up = !stream_is_tls(stream);
	UNUSED(stream_mark(stream, tp->mark)); /* what cannot be was said of the listener */
	stream_set_handler(stream, &conn_handler, c);
	conn_begin(c, stream);
}

int conns_listen(struct sip *sip, struct sip_tp *tp, const struct sip_conf_transport *conf,
		 struct addr *bound)
{
	int err = stream_listen(sip->conns.streams, &tp->listener, &conf->bind, tp->tls_in,
				conn_on_accept, tp);

	if (err)
		tp->listener = NULL;
	else
		*bound = *stream_listener_local(tp->listener);
	return err;
}

/* The certificate must be for the name that was dialled, or for the address if one was. A name that
 * was forgotten cannot be dialled: no other may take its place. */
static int conn_connect(struct sip *sip, struct conn *c)
{
	const struct sip_tp *tp = &sip->tps[c->tp];
	struct slice name = peer_names_text(sip->peer_names, c->peer.host);
	char ip[ADDR_TEXT];
	struct sink host = sink_make(ip, sizeof(ip));
	struct stream *stream;
	int err;

	if (c->peer.host && !name.len)
		return -EHOSTUNREACH;
	addr_write_ip(&host, &c->peer.addr);
	err = stream_connect(sip->conns.streams, &stream, &c->peer.addr, tp->tls_out,
			     name.len ? name.ptr : sink_cstr(&host), &conn_handler, c);
	if (err)
		return err;
	UNUSED(stream_mark(stream, tp->mark));
	sip_count_one(sip, METRIC_sip_conn_opened);
	conn_begin(c, stream);
	return 0;
}

static struct conn *conn_open(struct sip *sip, uint8_t tp, const struct sip_peer *to, int *err)
{
	struct conn *c = conn_new(sip, tp, &to->addr, to->host);

	*err = c ? conn_connect(sip, c) : -ENOBUFS;
	if (!*err)
		return c;
	if (c)
		conn_free(c);
	return NULL;
}

/* ---- output ---- */

/* RFC 3261 18.2.2: the source address (received), the port of sent-by; over TLS to the name that
 * sent-by gives. False: not a response of ours. */
static bool conn_find_way_back(struct sip *sip, uint8_t tp, struct sip_peer *to, struct slice data)
{
	enum sip_transport kind = sip_tp_kind(sip, tp);
	enum sip_parse_error err;
	struct sip_msg msg;

	if (sip_msg_parse(&msg, data, &err) || msg.is_request)
		return false;
	to->conn = 0;
	to->addr.port = msg.via.port ? msg.via.port : sip_transport_port(kind);
	to->host = kind == SIP_TRANSPORT_TLS ? peer_names_keep(sip->peer_names, msg.via.host) : 0;
	sip_count_one(sip, METRIC_sip_conn_way_back);
	return true;
}

static void conn_set_behind(struct conn *c, bool is_behind)
{
	c->sip->conns.behind -= c->is_behind;
	c->sip->conns.behind += is_behind;
	c->is_behind = is_behind;
}

/* Those that have caught up, but had nothing to send since. */
static void conns_recount(struct list *l)
{
	list_for (node, l) {
		struct conn *c = list_entry(node, struct conn, order);

		if (c->is_behind)
			conn_set_behind(c, conn_is_over(c, 0));
	}
}

/* Hundreds of calls of one trunk may end in one turn; but far ends that do not read must not take
 * the memory of all. */
static bool conn_may_queue(struct conn *c, size_t len)
{
	struct conns *all = &c->sip->conns;
	bool is_over = conn_is_over(c, len);

	if (is_over && !c->is_behind && all->behind == LIMIT_SIP_CONNS_BEHIND) {
		conns_recount(&all->silent);
		conns_recount(&all->paused);
		if (all->behind == LIMIT_SIP_CONNS_BEHIND)
			return false;
	}
	conn_set_behind(c, is_over);
	return true;
}

int conns_send(struct sip *sip, uint8_t tp, const struct sip_peer *peer, struct slice data)
{
	struct sip_peer to = *peer;
	struct conn *c = conn_find(sip, tp, &to);
	int err = 0;

	if (!c && to.conn) {
		if (!conn_find_way_back(sip, tp, &to, data))
			return -ECONNABORTED;
		c = conn_find(sip, tp, &to);
	}
	if (!c)
		c = conn_find_elsewhere(sip, tp, &to);
	if (!c)
		c = conn_open(sip, tp, &to, &err);
	if (!c)
		return err == -ENOBUFS ? -ECONNABORTED : err; /* no loss: nobody sends it again */
	if (sip_msg_is_request(data)) {
		c->requests++;
		c->tps |= (uint8_t)(1u << tp);
	}
	err = -ENOBUFS;
	if (!c->is_broken && conn_may_queue(c, data.len))
		err = stream_send(c->stream, data.ptr, data.len);
	if (!err)
		return 0;
	/* The far end does not read, or the connection is broken: its end comes from the wheel, not
	 * from within this call, and tells all that went over it at once. While it is paused that
	 * takes longer. */
	if (!c->is_broken)
		sip_count_one(sip, METRIC_sip_conn_behind);
	c->is_broken = true;
	tmr_start(&c->timer, sip_now(sip));
	return c->is_paused ? -EPIPE : 0;
}

/* ---- who hears of losses ---- */

static void conns_on_owed(struct tmr *t, void *arg)
{
	struct sip *sip = arg;
	struct conns *c = &sip->conns;
	struct sip_parcel owed[CONN_OWED_MAX];
	uint32_t count = c->owed_count;

	UNUSED(t);
	memcpy(owed, c->owed, count * sizeof(owed[0]));
	c->owed_count = 0;
	for (uint32_t i = 0; i < count; i++)
		sip_tp_forget(sip, &owed[i]);
}

void conns_tell(struct sip *sip, const struct sip_parcel *loss)
{
	struct sip_parcel p = *loss;

	p.kind = SIP_PARCEL_LOST;
	p.is_vital = true;
	for (uint32_t i = 0; i < sip->env.shard_count; i++) {
		p.sent = sip->conns.sent[i];
		if (i != sip->env.shard && !sip_pass(sip, i, &p, SLICE_EMPTY))
			sip_count_one(sip, METRIC_sip_conn_untold);
	}
}

/* ---- all ---- */

int conns_create(struct sip *sip)
{
	uint32_t max = sip->env.conn_max ? sip->env.conn_max : LIMIT_SIP_CONNS;
	uint32_t room = max + CONNS_SPARE;
	struct streams_conf streams = {.io = sip->env.io,
				       .wheel = sip->env.wheel,
				       .metrics = sip->env.metrics,
				       .stream_max = room};
	int err;

	sip->conns.max = max;
	list_init(&sip->conns.silent);
	list_init(&sip->conns.paused);
	tmr_init(&sip->conns.owed_tmr, sip->env.wheel, conns_on_owed, sip);
	if (sip->env.shard != CONN_SHARD)
		return 0;
	err = streams_create(&sip->conns.streams, &streams);
	if (!err)
		err = slab_create(&sip->conns.slab, "sip_conns", sizeof(struct conn), room);
	if (!err)
		err = hash_create(&sip->conns.by_peer, max / 4);
	return err;
}

void conns_destroy(struct sip *sip)
{
	struct list *node;

	if (!sip->conns.owed_tmr.fn)
		return; /* memory ran out before anything was made */
	tmr_stop(&sip->conns.owed_tmr);
	list_splice(&sip->conns.silent, &sip->conns.paused);
	while (sip->conns.slab && (node = list_first(&sip->conns.silent)) != NULL)
		conn_close(list_entry(node, struct conn, order), true);
	streams_destroy(sip->conns.streams);
	slab_destroy(sip->conns.slab);
	if (sip->conns.by_peer.buckets)
		hash_destroy(&sip->conns.by_peer);
}

uint32_t conns_count(const struct sip *sip)
{
	return sip->conns.slab ? slab_used(sip->conns.slab) : 0;
}

uint32_t conns_timers(const struct sip *sip)
{
	return conns_count(sip) + tmr_is_started(&sip->conns.owed_tmr);
}
