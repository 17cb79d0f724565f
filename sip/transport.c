/* sip/transport.c - see transport.h. */
#include "sip/transport.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/conn.h"
#include "sip/hosts.h"

#include <errno.h>

/* Signalling comes in bursts that outlast a turn of the loop. */
#define SIP_TP_RCVBUF (8 << 20)

static void sip_tp_on_datagram(void *arg, struct io_udp *u, const struct addr *from,
			       const void *data, size_t len)
{
	const struct sip_peer peer = {.addr = *from};
	struct sip_tp *tp = arg;

	UNUSED(u);
	sip_receive(tp->sip, tp->index, &peer, slice_make(data, len), 0);
}

/* A numeric address, or what is known of a name; else as it was. */
static void sip_tp_copy_external(const struct sip_tp *tp, struct slice text, int32_t host,
				 struct addr *out)
{
	const struct addr *known =
		host < 0 ? NULL : sip_host_addr(tp->sip, (uint32_t)host, tp->local.family);
	struct addr a = {0};

	if (!text.len || (host < 0 && !addr_parse_ip(&a, text)))
		*out = a;
	else if (host < 0 || known)
		*out = known ? *known : a;
}

static void sip_tp_copy_conf(struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	sip_tp_copy_external(tp, conf->external_address, conf->external_host, &tp->external);
	tp->external.port = conf->external_port ? conf->external_port : tp->bind.port;
	sip_tp_copy_external(tp, conf->external_media, conf->media_host, &tp->external_media);
	tp->net_count = 0;
	for (uint32_t i = 0; i < conf->local_net_count; i++)
		tp->nets[tp->net_count++] = conf->local_net[i];
}

/* Better without a mark than not at all. */
static void sip_tp_mark(const struct sip_tp *tp)
{
	int err = tp->udp	 ? io_udp_mark(tp->udp, tp->mark)
		  : tp->listener ? stream_listener_mark(tp->listener, tp->mark)
				 : 0;

	if (err)
		log_warning("Transport '%s': its packets cannot be marked with tos=%u and cos=%u: "
			    "%s",
			    tp->name, tp->mark.dscp << 2, tp->mark.priority, strerror(-err));
}

static int sip_tp_open_udp(struct sip *sip, struct sip_tp *tp,
			   const struct sip_conf_transport *conf)
{
	const struct io_udp_conf udp = {
		.local = conf->bind,
		.kind = IO_UDP_SIP,
		/* A reload may move it between addresses that overlap. */
		.reuse_port = sip->env.shard_count > 1 || conf->allow_reload,
		.rcvbuf_bytes = SIP_TP_RCVBUF,
	};
	int err = io_udp_open(sip->env.io, &tp->udp, &udp, sip_tp_on_datagram, tp);

	if (err)
		tp->udp = NULL;
	else
		tp->local = *io_udp_local(tp->udp);
	return err;
}

static void sip_tp_take_tls(struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	struct tls_context *in = conf->tls_in ? tls_context_ref(conf->tls_in) : NULL;
	struct tls_context *out = conf->tls_out ? tls_context_ref(conf->tls_out) : NULL;

	tls_context_unref(tp->tls_in);
	tls_context_unref(tp->tls_out);
	tp->tls_in = in;
	tp->tls_out = out;
}

/* Where TCP or TLS cannot listen, connections can be opened all the same. It counts as open then:
 * only one shard listens, and all must find the same transports open. */
static int sip_tp_bind(struct sip *sip, struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	bool is_udp = conf->protocol == SIP_TRANSPORT_UDP;
	char text[ADDR_TEXT];
	int err = 0;

	if (is_udp && !tp->udp)
		err = sip_tp_open_udp(sip, tp, conf);
	else if (!is_udp && !tp->listener && sip->env.shard == CONN_SHARD)
		err = conns_listen(sip, tp, conf, &tp->local);
	tp->is_open = !err || !is_udp;
	if (!err)
		sip_tp_mark(tp);
	else
		log_error("Transport '%s': cannot bind %.*s %s: %s. Stop what uses the port, or "
			  "change bind= in pjsip.conf%s",
			  tp->name, SLICE_ARG(sip_tp_via(sip, tp->index)),
			  addr_text(&conf->bind, text), strerror(-err),
			  is_udp ? ""
				 : ". Nobody can connect to it; connections of ours are opened");
	return err;
}

static int sip_tp_open(struct sip *sip, uint32_t index, const struct sip_conf_transport *conf)
{
	struct sip_tp *tp = &sip->tps[index];

	tls_context_unref(tp->tls_in); /* of a try that failed */
	tls_context_unref(tp->tls_out);
	*tp = (struct sip_tp){.sip = sip,
			      .index = (uint8_t)index,
			      .protocol = conf->protocol,
			      .mark = conf->mark,
			      .bind = conf->bind,
			      .local = conf->bind};
	slice_copy(tp->name, sizeof(tp->name), conf->name);
	sip_tp_copy_conf(tp, conf);
	sip_tp_take_tls(tp, conf);
	return sip_tp_bind(sip, tp, conf);
}

int sip_tp_open_all(struct sip *sip)
{
	uint32_t opened = 0;
	int last = 0;

	sip->tp_count = sip->conf->transport_count;
	if (sip->tp_count > SIP_TRANSPORTS) {
		log_warning("pjsip.conf names %u transports; only the first %u are opened",
			    sip->tp_count, SIP_TRANSPORTS);
		sip->tp_count = SIP_TRANSPORTS;
	}
	for (uint32_t i = 0; i < sip->tp_count; i++) {
		int err = sip_tp_open(sip, i, &sip->conf->transports[i]);

		if (err)
			last = err;
		else
			opened++;
	}
	return opened || sip->tp_count == 0 ? 0 : last;
}

void sip_tp_close_all(struct sip *sip)
{
	for (uint32_t i = 0; i < sip->tp_count; i++) {
		struct sip_tp *tp = &sip->tps[i];

		if (tp->udp)
			io_udp_close(tp->udp);
		if (tp->listener)
			stream_listener_close(tp->listener);
		tls_context_unref(tp->tls_in);
		tls_context_unref(tp->tls_out);
		*tp = (struct sip_tp){.sip = sip};
	}
}

static void sip_tp_follow_one(struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	if (tp->protocol != SIP_TRANSPORT_TLS || conf->protocol != SIP_TRANSPORT_TLS ||
	    !slice_eq(conf->name, slice_str(tp->name)))
		return;
	sip_tp_take_tls(tp, conf);
	if (tp->listener)
		stream_listener_set_tls(tp->listener, tp->tls_in);
}

void sip_tp_follow(struct sip *sip, const struct sip_conf *conf)
{
	for (uint32_t i = 0; i < sip->tp_count; i++)
		for (uint32_t k = 0; k < conf->transport_count; k++)
			sip_tp_follow_one(&sip->tps[i], &conf->transports[k]);
}

/* ---- where they listen, after a reload ---- */

/* May be chosen for what begins now. */
static bool sip_tp_is_offered(const struct sip_tp *tp)
{
	return tp->is_open && !tp->is_retired;
}

static struct sip_tp *sip_tp_of_name(struct sip *sip, struct slice name)
{
	for (uint32_t i = 0; i < sip->tp_count; i++)
		if (!sip->tps[i].is_retired && slice_eq(name, slice_str(sip->tps[i].name)))
			return &sip->tps[i];
	return NULL;
}

static int sip_tp_add(struct sip *sip, const struct sip_conf_transport *conf)
{
	if (sip->tp_count < SIP_TRANSPORTS)
		return sip_tp_open(sip, sip->tp_count++, conf);
	if (sip->env.shard == 0)
		log_error("Transport '%.*s' is not opened: all %u places are in use, some maybe by "
			  "transports that are gone or have moved; restart",
			  SLICE_ARG(conf->name), SIP_TRANSPORTS);
	return -ENOBUFS;
}

/* It was there before. */
static struct sip_tp *sip_tp_retired_at(struct sip *sip, const struct sip_conf_transport *conf)
{
	for (uint32_t i = 0; i < sip->tp_count; i++) {
		struct sip_tp *tp = &sip->tps[i];

		if (tp->is_retired && tp->protocol == conf->protocol &&
		    addr_eq(&tp->bind, &conf->bind) && slice_eq(conf->name, slice_str(tp->name)))
			return tp;
	}
	return NULL;
}

/* In another slot; false: it cannot be there, and that slot is free for the next try. */
static bool sip_tp_has_moved(struct sip *sip, const struct sip_conf_transport *conf)
{
	struct sip_tp *back = sip_tp_retired_at(sip, conf);
	uint32_t count = sip->tp_count;

	if (back) {
		back->is_retired = false;
		back->mark = conf->mark;
		UNUSED(sip_tp_bind(sip, back, conf));
		return true;
	}
	UNUSED(sip_tp_add(sip, conf));
	if (sip->tp_count > count && !sip->tps[count].is_open)
		sip->tp_count = count;
	return sip->tp_count > count;
}

/* Calls go on where they were: their far ends know no other address of ours. */
static void sip_tp_move(struct sip *sip, struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	tp->is_retired = true;
	if (sip_tp_has_moved(sip, conf))
		return;
	tp->is_retired = false;
	if (sip->env.shard == 0)
		log_warning("Transport '%s' stays where it was", tp->name);
}

static bool sip_tp_has_changed(const struct sip_tp *tp, const struct sip_conf_transport *conf)
{
	return tp->protocol != conf->protocol || !addr_eq(&tp->bind, &conf->bind) ||
	       tp->mark.dscp != conf->mark.dscp || tp->mark.priority != conf->mark.priority;
}

static void sip_tp_rebind_one(struct sip *sip, const struct sip_conf_transport *conf)
{
	struct sip_tp *tp = sip_tp_of_name(sip, conf->name);

	if (!tp) {
		UNUSED(sip_tp_add(sip, conf));
	} else if (!tp->is_open) {
		UNUSED(sip_tp_open(sip, tp->index, conf));
	} else if (!sip_tp_has_changed(tp, conf)) {
		UNUSED(sip_tp_bind(sip, tp, conf)); /* where it could not listen, again */
	} else if (!conf->allow_reload || tp->protocol != conf->protocol) {
		if (sip->env.shard == 0)
			log_warning("Transport '%s' is not fully reloadable, not reloading: "
				    "protocol, bind, tos, cos. %s",
				    tp->name,
				    conf->allow_reload ? "Another protocol needs a restart"
						       : "Set allow_reload=yes, or restart");
	} else if (!addr_eq(&tp->bind, &conf->bind)) {
		sip_tp_move(sip, tp, conf);
	} else {
		tp->mark = conf->mark;
		sip_tp_mark(tp);
	}
}

static bool sip_tp_is_named(const struct sip_tp *tp, const struct sip_conf *conf)
{
	for (uint32_t k = 0; k < conf->transport_count; k++)
		if (slice_eq(conf->transports[k].name, slice_str(tp->name)))
			return true;
	return false;
}

void sip_tp_rebind(struct sip *sip)
{
	for (uint32_t k = 0; k < sip->conf->transport_count; k++)
		sip_tp_rebind_one(sip, &sip->conf->transports[k]);
	for (uint32_t i = 0; i < sip->tp_count && sip->env.shard == 0; i++)
		if (sip_tp_is_offered(&sip->tps[i]) && !sip_tp_is_named(&sip->tps[i], sip->conf))
			log_notice("Transport '%s' is gone from pjsip.conf; it stays open until a "
				   "restart",
				   sip->tps[i].name);
}

void sip_tp_follow_hosts(struct sip *sip)
{
	const struct sip_conf *conf = sip->conf;

	for (uint32_t i = 0; i < sip->tp_count; i++)
		for (uint32_t k = 0; k < conf->transport_count; k++)
			if (slice_eq(conf->transports[k].name, slice_str(sip->tps[i].name)))
				sip_tp_copy_conf(&sip->tps[i], &conf->transports[k]);
}

/* The opened one that a transport of the configuration in force means; -1: none. A reload may have
 * moved it, but not its name. */
static int sip_tp_of_conf(const struct sip *sip, int32_t wanted)
{
	const struct sip_conf *conf = sip->conf;

	if ((uint32_t)wanted >= conf->transport_count)
		return -1;
	for (uint32_t i = 0; i < sip->tp_count; i++)
		if (!sip->tps[i].is_retired &&
		    slice_eq(conf->transports[wanted].name, slice_str(sip->tps[i].name)))
			return sip->tps[i].is_open ? (int)i : -1;
	return -1;
}

int sip_tp_pick(const struct sip *sip, int32_t wanted, enum sip_transport protocol,
		const struct addr *to)
{
	if (wanted >= 0)
		return sip_tp_of_conf(sip, wanted);
	for (uint32_t i = 0; i < sip->tp_count; i++)
		if (sip_tp_is_offered(&sip->tps[i]) && sip->tps[i].protocol == protocol &&
		    sip->tps[i].local.family == to->family)
			return (int)i;
	return -1;
}

enum sip_transport sip_tp_kind(const struct sip *sip, uint8_t tp)
{
	return (enum sip_transport)sip->tps[tp].protocol;
}

int sip_tp_pick_for(const struct sip *sip, int32_t wanted, const struct sip_target *to)
{
	int tp = sip_tp_pick(sip, wanted, (enum sip_transport)to->transport, &to->addr);

	return tp >= 0 && sip_tp_kind(sip, (uint8_t)tp) == to->transport ? tp : -1;
}

bool sip_tp_want(const struct sip *sip, int32_t wanted, struct sip_target_want *out)
{
	int only = wanted >= 0 ? sip_tp_of_conf(sip, wanted) : -1;
	bool any = false;

	*out = (struct sip_target_want){0};
	for (uint32_t i = 0; i < sip->tp_count; i++) {
		if (!sip_tp_is_offered(&sip->tps[i]) || (wanted >= 0 && only != (int)i))
			continue;
		out->families[sip_tp_kind(sip, (uint8_t)i)] |=
			sip->tps[i].local.family == 4 ? SIP_TARGET_V4 : SIP_TARGET_V6;
		any = true;
	}
	return any;
}

struct slice sip_tp_via(const struct sip *sip, uint8_t tp)
{
	return slice_str(sip_transport_name((enum sip_transport)sip->tps[tp].protocol));
}

struct slice sip_tp_param(const struct sip *sip, uint8_t tp)
{
	static const struct slice params[] = {SLICE_LIT(""), SLICE_LIT(";transport=tcp"),
					      SLICE_LIT(";transport=tls")};

	return params[sip->tps[tp].protocol];
}

bool sip_tp_is_reliable(void *arg, uint8_t tp)
{
	const struct sip *sip = arg;

	return sip->tps[tp].protocol != SIP_TRANSPORT_UDP;
}

/* ---- too large for UDP (RFC 3261 18.1.1) ---- */

static struct sip_refused *sip_tp_refused(struct sip *sip, const struct addr *to)
{
	return &sip->refused[addr_hash(to, 0) % SIP_REFUSED_CACHE];
}

int sip_tp_widen(void *arg, uint8_t tp, const struct sip_peer *to, size_t bytes)
{
	const struct sip_target target = {.addr = to->addr, .transport = SIP_TRANSPORT_TCP};
	const struct sip_refused *r;
	struct sip *sip = arg;

	if (bytes <= SIP_UDP_MAX || sip->conf->disable_tcp_switch ||
	    sip_tp_kind(sip, tp) != SIP_TRANSPORT_UDP)
		return -1;
	r = sip_tp_refused(sip, &to->addr);
	if (addr_eq(&r->to, &to->addr) && sip_now(sip) < r->until_ns)
		return -1;
	return sip_tp_pick_for(sip, -1, &target);
}

struct slice sip_tp_via_of(void *arg, uint8_t tp, const struct sip_peer *to, struct addr *sent_by)
{
	sip_tp_address(arg, tp, &to->addr, sent_by);
	return sip_tp_via(arg, tp);
}

/* ---- connections that are gone ---- */

void sip_tp_forget(struct sip *sip, const struct sip_parcel *loss)
{
	const struct txn_loss lost = {.peer = loss->peer,
				      .sent = loss->sent,
				      .tp = loss->tp,
				      .was_up = loss->was_up,
				      .is_evicted = loss->is_evicted};

	if (!loss->was_up && !loss->is_evicted && sip_tp_kind(sip, loss->tp) == SIP_TRANSPORT_TCP)
		*sip_tp_refused(sip, &loss->peer.addr) = (struct sip_refused){
			.to = loss->peer.addr, .until_ns = sip_now(sip) + SIP_REFUSED_NS};
	txn_lost(&sip->txns, &lost);
}

void sip_tp_lost(struct sip *sip, const struct sip_parcel *loss)
{
	struct sip_parcel own = *loss;

	own.sent = sip->txns.sent;
	conns_tell(sip, loss);
	sip_tp_forget(sip, &own);
}

/* The kernel's choice of local address towards a destination. A wrong guess after a change of
 * routes costs one entry: the table is small and direct-mapped. */
static void sip_tp_ask_local(struct sip *sip, const struct addr *to, struct addr *out)
{
	uint16_t port = out->port;
	struct sip_local *slot = &sip->locals[addr_hash(to, 0) % SIP_LOCAL_CACHE];

	if (!addr_eq_ip(&slot->to, to)) {
		struct addr local;

		if (io_local_addr(sip->env.io, to, &local))
			return;
		slot->to = *to;
		slot->local = local;
	}
	*out = slot->local;
	out->port = port;
}

static bool sip_tp_is_inside(const struct sip_tp *tp, const struct addr *to)
{
	for (uint32_t i = 0; i < tp->net_count; i++)
		if (addr_net_has(&tp->nets[i], to))
			return true;
	return addr_is_loopback(to);
}

void sip_tp_address(struct sip *sip, uint8_t index, const struct addr *to, struct addr *out)
{
	const struct sip_tp *tp = &sip->tps[index];

	if (tp->external.family && !sip_tp_is_inside(tp, to)) {
		*out = tp->external;
		return;
	}
	*out = tp->local;
	if (addr_is_any(out))
		sip_tp_ask_local(sip, to, out);
}

uint8_t sip_tp_follow_hop(struct sip *sip, uint8_t tp, int8_t transport, const struct addr *hop,
			  struct addr *local)
{
	const struct sip_target target = {.addr = *hop, .transport = (uint8_t)transport};
	int other = -1;

	if (transport >= 0 && sip_tp_kind(sip, tp) != (enum sip_transport)transport)
		other = sip_tp_pick_for(sip, -1, &target);
	if (other < 0)
		return tp;
	sip_tp_address(sip, (uint8_t)other, hop, local);
	return (uint8_t)other;
}

/* Audio may have another family than signalling (rtp_ipv6). Where it goes is not known yet: the
 * default route leads to these, which are nobody's (RFC 5737, 3849). */
static const struct addr sip_tp_abroad[] = {
	{.family = 4, .ip = {192, 0, 2, 1}},
	{.family = 6, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
};

static bool sip_tp_has_outside(const struct sip_tp *tp, const struct addr *to, uint8_t family)
{
	return tp->external_media.family && (!family || family == tp->external_media.family) &&
	       !sip_tp_is_inside(tp, to);
}

void sip_tp_media_address(struct sip *sip, uint8_t index, const struct addr *to, struct addr *bound)
{
	const struct sip_tp *tp = &sip->tps[index];
	uint16_t port = bound->port;

	if (sip_tp_has_outside(tp, to, bound->family)) {
		*bound = tp->external_media;
	} else if (bound->family && bound->family != tp->local.family) {
		if (addr_is_any(bound))
			sip_tp_ask_local(sip, &sip_tp_abroad[bound->family == 6], bound);
	} else if (bound->family == 0 || addr_is_any(bound)) {
		*bound = tp->local;
		if (addr_is_any(bound))
			sip_tp_ask_local(sip, to, bound);
	}
	bound->port = port;
}

/* A new call can be made later, or elsewhere; one that there is must be ended. */
static bool sip_tp_is_vital(struct slice data)
{
	enum sip_parse_error err;
	struct sip_msg msg;

	return !slice_starts(data, SLICE_LIT("INVITE ")) || sip_msg_parse(&msg, data, &err) ||
	       msg.to_tag.len;
}

/* The name goes in front of the message: whoever opens the connection has to know it. */
static int sip_tp_hand_over(struct sip *sip, uint8_t index, const struct sip_peer *to,
			    struct slice data)
{
	struct slice host = peer_names_text(sip->peer_names, to->host);
	struct sip_parcel p = {.kind = SIP_PARCEL_TX,
			       .tp = index,
			       .from = (uint8_t)sip->env.shard,
			       .is_vital = sip_tp_is_vital(data),
			       .sent = sip->txns.sent,
			       .peer = *to};
	char room[LIMIT_PEER_NAME + LIMIT_SIP_OUT];
	struct sink both = sink_make(room, sizeof(room));

	if (host.len) {
		p.host_len = (uint8_t)host.len;
		sink_add(&both, host);
		sink_add(&both, data);
		data = sink_slice(&both);
	}
	if (!both.over && sip_pass(sip, CONN_SHARD, &p, data))
		return 0;
	sip_count_one(sip, METRIC_sip_conn_crowded);
	return -ECONNABORTED;
}

int sip_tp_send(void *arg, uint8_t index, const struct sip_peer *to, struct slice data)
{
	struct sip *sip = arg;
	const struct sip_tp *tp = &sip->tps[index];

	if (!tp->is_open)
		return -ENOTCONN;
	sip_count_one(sip, METRIC_sip_tx);
	if (sip->env.trace) {
		const struct sip_trace t = {
			.kind = SIP_TRACE_TX,
			.now_ns = sip_now(sip),
			.local = &tp->local,
			.peer = &to->addr,
			.data = data,
		};

		sip->env.trace(sip->env.trace_arg, &t);
	}
	if (sip->watch.is_on)
		sip_watch_tx(sip, index, &to->addr, data);
	if (tp->protocol == SIP_TRANSPORT_UDP)
		return io_udp_send(tp->udp, &to->addr, data.ptr, data.len);
	if (sip->env.shard == CONN_SHARD)
		return conns_send(sip, index, to, data);
	return sip_tp_hand_over(sip, index, to, data);
}
