/* sip/sip.c - life of one shard's signalling. See sip.h. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/bindings.h"
#include "sip/conn.h"
#include "sip/errand.h"
#include "sip/gate.h"
#include "sip/health.h"
#include "sip/hosts.h"
#include "sip/incoming.h"
#include "sip/linger.h"
#include "sip/next_hop.h"
#include "sip/nonces.h"
#include "sip/notice.h"
#include "sip/notify.h"
#include "sip/registrar.h"
#include "sip/registration.h"
#include "sip/seek.h"
#include "sip/transport.h"

#include <errno.h>
#include <stdlib.h>

#define SIP_T2 (4 * TMR_SECOND)
#define SIP_T4 (5 * TMR_SECOND)
#define SIP_TD (32 * TMR_SECOND)

/* Small records outlive their call by 32 s or more: room for this many short calls a channel. Above
 * that the oldest give way. */
#define SIP_RECORDS_PER_CALL 64

/* Kept between shards. For the CANCELs of connections that go round: shards that wait for one
 * another in a ring would wait for ever. For the shard that has the connections: what each call has
 * to say to be ended, and the answers to what comes in. */
#define SIP_ROUND_BYTES (64 << 10)
#define SIP_REPLY_BYTES (4 << 20)
#define SIP_CALL_BYTES	2048

struct sip_sizes {
	uint32_t calls, dialogs, lingers, clients, servers, small, medium, large;
	uint32_t spare; /* of medium: for long responses to REGISTER and OPTIONS */
};

static uint32_t sip_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void sip_size(struct sip_sizes *s, uint32_t call_max)
{
	uint32_t records = sip_least(LIMIT_SIP_LINGER, 1024 + call_max * SIP_RECORDS_PER_CALL);

	s->calls = 2 * call_max + 64; /* as many may be ending as are alive */
	s->dialogs = s->calls + call_max + 1024;
	s->lingers = records;
	s->clients = records + 2 * s->calls;
	s->servers = records + call_max;
	s->small = s->dialogs + s->lingers + s->clients + s->servers;
	s->spare = s->servers / 16 + 1024;
	s->medium = s->calls + call_max + s->spare; /* a 200's headers for each call */
	s->large = s->calls + 256; /* INVITEs with Identity and credentials */
}

static struct txn_times sip_times(const struct sip_conf *conf)
{
	int64_t d = 64 * conf->t1_ns;

	return (struct txn_times){
		.t1_ns = conf->t1_ns,
		.t2_ns = SIP_T2,
		.t4_ns = SIP_T4,
		.b_ns = conf->b_ns,
		.d_ns = d > SIP_TD ? d : SIP_TD,
	};
}

static int64_t sip_clock(void *arg)
{
	return sip_now(arg);
}

void sip_trace_state(struct sip *sip, const char *machine, uint64_t id, const char *from,
		     const char *event, const char *to)
{
	struct sip_trace t = {
		.kind = SIP_TRACE_STATE,
		.machine = machine,
		.id = id,
		.from = from,
		.event = event,
		.to = to,
	};

	if (!sip->env.trace)
		return;
	t.now_ns = sip_now(sip);
	sip->env.trace(sip->env.trace_arg, &t);
}

static void sip_trace_txn(void *arg, const struct txn *t, const char *machine, const char *from,
			  const char *event, const char *to)
{
	struct sip *sip = arg;

	if (sip->env.trace)
		sip_trace_state(sip, machine, txn_handle(t), from, event, to);
}

static int sip_create_slabs(struct sip *sip, const struct sip_sizes *s)
{
	struct txn_conf txns = {
		.wheel = sip->env.wheel,
		.rng = sip->env.rng,
		.metrics = sip->env.metrics,
		.shard = sip->env.shard,
		.client_max = s->clients,
		.server_max = s->servers,
		.times = sip_times(sip->conf),
		.now = sip_clock,
		.send = sip_tp_send,
		.is_reliable = sip_tp_is_reliable,
		.widen = sip_tp_widen,
		.via = sip_tp_via_of,
		.trace = sip_trace_txn,
		.arg = sip,
	};
	int err = slab_create(&sip->invites, "sip_calls", sizeof(struct invite), s->calls);

	if (!err)
		err = slab_create(&sip->dialogs, "sip_dialogs", sizeof(struct dialog), s->dialogs);
	if (!err)
		err = slab_create(&sip->lingers, "sip_lingers", sizeof(struct linger), s->lingers);
	if (!err)
		err = slab_create(&sip->auths, "sip_auths", sizeof(struct sip_auth_state),
				  s->calls);
	if (!err)
		err = slab_create(&sip->incomings, "sip_incomings", sizeof(struct incoming),
				  s->calls);
	if (!err)
		err = hash_create(&sip->incoming_by_id, s->calls / 4);
	if (!err)
		err = msgbuf_pool_create(&sip->bufs, s->small, s->medium, s->large);
	if (!err)
		msgbuf_set_spare(sip->bufs, s->spare);
	txns.bufs = sip->bufs;
	if (!err)
		err = txn_layer_init(&sip->txns, &txns);
	return err;
}

/* What is remembered, and what asks and answers outside of calls. */
static int sip_create_parts(struct sip *sip, const struct sip_sizes *s)
{
	uint64_t secret = slice_hash(slice_make((const char *)sip->secret, sizeof(sip->secret)), 0);
	int err = slab_create(&sip->seeks, "sip_seeks", sizeof(struct seek), s->calls);

	if (!err)
		err = next_hops_create(sip, s->calls);
	if (!err)
		err = sip_digest_create(&sip->digest);
	if (!err)
		err = sip_offenders_create(&sip->offenders, sip->key);
	if (!err)
		err = sip_health_create(&sip->health);
	if (!err)
		err = sip_nonces_create(&sip->nonces);
	if (!err)
		err = peer_names_create(&sip->peer_names, secret);
	if (!err)
		err = sip_errands_create(sip);
	if (!err)
		err = sip_hosts_create(sip);
	if (!err)
		err = resolver_create(&sip->resolver, sip->env.io, sip->env.wheel, sip->env.metrics,
				      &sip->conf->names);
	if (!err)
		err = bindings_create(sip);
	if (!err)
		err = registrar_create(sip);
	if (!err)
		err = registrations_create(sip);
	if (!err)
		err = notifies_create(sip);
	if (!err)
		err = sip_watch_init(sip);
	return err;
}

/* ---- names of the configuration ---- */

/* True: it did not fit. */
static bool sip_pin_name(struct sip *sip, struct slice text)
{
	struct sip_uri uri;

	return text.len && sip_uri_parse(&uri, text) == 0 &&
	       !peer_names_pin(sip->peer_names, sip_target_host(&uri));
}

static bool sip_pin_aor(struct sip *sip, const struct sip_conf_aor *aor)
{
	bool over = sip_pin_name(sip, aor->outbound_proxy);

	for (uint32_t i = 0; i < aor->contact_count; i++)
		over |= sip_pin_name(sip, aor->contacts[i].uri);
	return over;
}

/* A call that hears nothing for an hour must find its trunk all the same, whatever names far ends
 * have brought meanwhile. */
static void sip_pin_names(struct sip *sip, const struct sip_conf *conf)
{
	bool over = false;

	peer_names_repin(sip->peer_names);
	for (uint32_t i = 0; i < conf->aor_count; i++)
		over |= sip_pin_aor(sip, &conf->aors[i]);
	for (uint32_t i = 0; i < conf->endpoint_count; i++)
		over |= sip_pin_name(sip, conf->endpoints[i].outbound_proxy);
	for (uint32_t i = 0; i < conf->registration_count; i++) {
		over |= sip_pin_name(sip, conf->registrations[i].server_uri);
		over |= sip_pin_name(sip, conf->registrations[i].outbound_proxy);
	}
	peer_names_unpin_rest(sip->peer_names);
	if (over && sip->env.shard == 0)
		log_warning(
			"pjsip.conf names more than %d hosts: a quiet TLS connection to one of the "
			"others cannot be opened again during a call if far ends bring many names",
			LIMIT_PEER_PINNED);
}

int sip_create(struct sip **out, const struct sip_env *env, const struct sip_conf *conf)
{
	struct sip *sip = calloc(1, sizeof(*sip));
	struct sip_sizes sizes;
	int err;

	check(env->shard < env->shard_count && env->shard_count <= LIMIT_SHARDS);
	check(env->call_max > 0 && env->call_max <= LIMIT_CHANNELS_MAX + LIMIT_INCOMING_MAX);
	if (!sip)
		return -ENOMEM;
	sip->env = *env;
	sip->conf = conf;
	sip->key = rng_u64(env->rng);
	memcpy(sip->secret, env->secret, sizeof(sip->secret));
	list_init(&sip->active);
	list_init(&sip->ending);
	list_init(&sip->linger_fifo);
	sip_size(&sizes, env->call_max);
	err = sip_create_slabs(sip, &sizes);
	if (!err)
		err = sip_create_parts(sip, &sizes);
	if (!err)
		err = conns_create(sip);
	if (!err)
		err = sip_tp_open_all(sip);
	if (err) {
		sip_destroy(sip);
		return err;
	}
	sip_hosts_set_conf(sip, conf);
	sip_pin_names(sip, conf);
	*out = sip;
	return 0;
}

static void sip_destroy_calls(struct list *calls)
{
	list_for_safe (node, calls)
		invite_destroy(list_entry(node, struct invite, node));
}

void sip_destroy(struct sip *sip)
{
	if (!sip)
		return;
	sip_tp_close_all(sip);
	conns_destroy(sip);
	sip_destroy_calls(&sip->active);
	sip_destroy_calls(&sip->ending);
	next_hops_destroy(sip);
	registrations_destroy(sip);
	notifies_destroy(sip);
	registrar_destroy(sip);
	bindings_destroy(sip);
	sip_errands_destroy(sip);
	sip_hosts_destroy(sip);
	txn_layer_close(&sip->txns);
	sip_digest_destroy(sip->digest);
	sip_offenders_destroy(sip->offenders);
	msgbuf_pool_destroy(sip->bufs);
	resolver_destroy(sip->resolver);
	sip_health_destroy(sip->health);
	sip_nonces_destroy(sip->nonces);
	peer_names_destroy(sip->peer_names);
	sip_watch_free(sip);
	slab_destroy(sip->seeks);
	slab_destroy(sip->auths);
	slab_destroy(sip->incomings);
	hash_destroy(&sip->incoming_by_id);
	slab_destroy(sip->lingers);
	slab_destroy(sip->dialogs);
	slab_destroy(sip->invites);
	free(sip);
}

void sip_set_conf(struct sip *sip, const struct sip_conf *conf)
{
	registrations_set_conf(sip, conf);
	sip_tp_follow(sip, conf);
	sip->conf = conf;
	sip_nonces_clear(sip->nonces);
	resolver_set_conf(sip->resolver, &conf->names);
	sip_hosts_set_conf(sip, conf);
	sip_tp_rebind(sip);
	sip_pin_names(sip, conf);
	sip->txns.conf.times = sip_times(conf);
}

/* Only requests wait for an answer. */
static void sip_deliver_tx(struct sip *sip, const struct sip_parcel *p, struct slice data)
{
	struct slice text = slice_from(data, p->host_len);
	int err;

	sip->conns.sent[p->from] = p->sent;
	UNUSED(peer_names_keep(sip->peer_names, slice_head(data, p->host_len)));
	err = conns_send(sip, p->tp, &p->peer, text);
	if (err && sip_msg_is_request(text))
		sip_tp_lost(sip, &(struct sip_parcel){
					 .tp = p->tp, .peer = p->peer, .was_up = err == -EPIPE});
}

/* For a transport that is not there: its shard has read a new configuration before this one did.
 * Nothing was refused by the far end. */
static void sip_deliver_stray(struct sip *sip, const struct sip_parcel *p, struct slice data)
{
	sip_count_one(sip, METRIC_sip_rx_stray);
	if (p->kind != SIP_PARCEL_TX || !sip_msg_is_request(slice_from(data, p->host_len)))
		return;
	sip->conns.sent[p->from] = p->sent;
	sip_tp_lost(sip, &(struct sip_parcel){.tp = p->tp, .peer = p->peer, .is_evicted = true});
}

void sip_deliver(struct sip *sip, const struct sip_parcel *p, struct slice data)
{
	if (p->tp >= sip->tp_count || !sip->tps[p->tp].is_open) {
		sip_deliver_stray(sip, p, data);
		return;
	}
	switch ((enum sip_parcel_kind)p->kind) {
	case SIP_PARCEL_RX:
		sip_receive(sip, p->tp, &p->peer, data, p->hops);
		break;
	case SIP_PARCEL_TX:
		sip_deliver_tx(sip, p, data);
		break;
	case SIP_PARCEL_LOST:
		sip_tp_forget(sip, p);
		break;
	}
}

void sip_take_room(struct sip *sip, uint64_t shards)
{
	sip->crowded &= ~shards;
	conns_resume(sip);
}

size_t sip_vital_bytes(uint32_t from, uint32_t to, uint32_t call_max)
{
	size_t bytes = SIP_ROUND_BYTES;

	if (from == CONN_SHARD)
		bytes += 2 * (size_t)LIMIT_SIP_CONNS * (sizeof(struct sip_parcel) + 16);
	if (to == CONN_SHARD)
		bytes += SIP_REPLY_BYTES + (size_t)call_max * SIP_CALL_BYTES;
	return bytes;
}

uint32_t sip_stream_max(uint32_t shard)
{
	/* Closing ones are there for a moment longer. */
	return shard == CONN_SHARD ? LIMIT_SIP_CONNS + 64 : 0;
}

void sip_take_notice(struct sip *sip, uint32_t kind, const void *data, size_t len)
{
	switch ((enum sip_notice)kind) {
	case SIP_NOTICE_CONTACT:
	case SIP_NOTICE_GONE:
	case SIP_NOTICE_QUALIFY:
		bindings_take(sip, kind, data, len);
		break;
	case SIP_NOTICE_ANSWER:
		registrar_answer(sip, data);
		break;
	case SIP_NOTICE_REGISTER:
	case SIP_NOTICE_UNREGISTER:
		if (!NEVER(len != sizeof(uint64_t)))
			registrations_command(sip, *(const uint64_t *)data, (enum sip_notice)kind);
		break;
	case SIP_NOTICE_ROUTE:
		registrations_take_route(sip, data, len);
		break;
	case SIP_NOTICE_WATCH:
		if (!NEVER(len != sizeof(struct sip_watch_conf)))
			sip_watch_set(sip, data);
		break;
	case SIP_NOTICE_NOTIFY:
		notifies_take(sip, data, len);
		break;
	case SIP_NOTICE_HISTORY:
		sip_watch_ask(sip, data, len);
		break;
	}
}

void sip_take_note(struct sip *sip, const void *data, size_t len)
{
	struct sip_health_note note;

	if (NEVER(len != sizeof(note)))
		return;
	memcpy(&note, data, sizeof(note));
	sip_health_take(sip->health, &note);
}

void sip_set_trace(struct sip *sip, void (*trace)(void *arg, const struct sip_trace *t), void *arg)
{
	sip->env.trace = trace;
	sip->env.trace_arg = arg;
}

bool sip_is_quiet(const struct sip *sip)
{
	return slab_used(sip->invites) == 0 && slab_used(sip->dialogs) == 0 &&
	       slab_used(sip->lingers) == 0 && slab_used(sip->auths) == 0 &&
	       slab_used(sip->incomings) == 0 && slab_used(sip->registers) == 0 &&
	       slab_used(sip->seeks) == 0 && slab_used(sip->next_hops) == 0 &&
	       slab_used(sip->errands) == 0 && slab_used(sip->notifies) == 0 &&
	       list_empty(&sip->conns.paused) && resolver_asking(sip->resolver) == 0 &&
	       txn_layer_used(&sip->txns) == 0 && msgbuf_used(sip->bufs) == 0;
}

uint32_t sip_standing_timers(const struct sip *sip)
{
	return sip->bindings.timer_count + registrations_timers(sip) + conns_timers(sip) +
	       sip_hosts_timers(sip);
}

void sip_hangup_all(struct sip *sip, int cause)
{
	struct list *node;

	/* Each leaves the list of the active ones in its step. */
	while ((node = list_first(&sip->active)))
		invite_end(list_entry(node, struct invite, node), cause);
}

void sip_count(const struct sip *sip, struct sip_counts *out)
{
	*out = (struct sip_counts){
		.calls = sip->active_count,
		.ending = sip->ending_count + sip->unregistering,
		.dialogs = slab_used(sip->dialogs),
		.client_txns = slab_used(sip->txns.clients),
		.server_txns = slab_used(sip->txns.servers),
		.linger = slab_used(sip->lingers),
		.troubled = sip_health_count(sip->health),
		.names = resolver_count(sip->resolver),
		.conns = conns_count(sip),
	};
}

size_t sip_bytes(const struct sip *sip)
{
	return sizeof(*sip) + slab_bytes(sip->invites) + slab_bytes(sip->dialogs) +
	       slab_bytes(sip->lingers) + slab_bytes(sip->auths) + slab_bytes(sip->incomings) +
	       (size_t)sip->watch.history.size * sizeof(struct history_entry) +
	       slab_bytes(sip->seeks) + slab_bytes(sip->next_hops) + slab_bytes(sip->errands) +
	       sip_nonces_bytes(sip->nonces) + peer_names_bytes(sip->peer_names) +
	       slab_bytes(sip->notifies) + resolver_bytes(sip->resolver) + msgbuf_bytes(sip->bufs) +
	       txn_layer_bytes(&sip->txns);
}

const struct addr *sip_transport_addr(const struct sip *sip, uint32_t index)
{
	return index < sip->tp_count && sip->tps[index].is_open ? &sip->tps[index].local : NULL;
}
