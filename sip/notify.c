/* sip/notify.c - see notify.h. */
#include "sip/notify.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/pack.h"
#include "sip/errand.h"

#include <errno.h>

struct notify {
	struct sip *sip;
	struct sip_notify_order order; /* its texts stand in packed */
	struct sip_auth_state *auth;   /* while it answers a challenge */
	uint64_t tag;
	uint32_t cseq;
	char call_id[SIP_IDENT_LEN];
	char packed[SIP_NOTIFY_PACKED];
};

/* ---- records ---- */

size_t sip_notify_pack(const struct sip_notify_order *o, char dst[SIP_NOTIFY_PACKED])
{
	struct packer p = {.ptr = dst, .room = SIP_NOTIFY_PACKED};

	pack_i64(&p, (int64_t)o->endpoint);
	pack_text(&p, o->uri);
	pack_text(&p, o->path);
	pack_text(&p, o->proxy);
	pack_text(&p, o->text.lines);
	pack_text(&p, o->text.body);
	return p.len;
}

static bool notify_unpack(struct sip_notify_order *o, const char *data, size_t len)
{
	struct unpacker u = {.ptr = data, .left = len};

	o->endpoint = (uint64_t)unpack_i64(&u);
	o->uri = unpack_text(&u);
	o->path = unpack_text(&u);
	o->proxy = unpack_text(&u);
	o->text.lines = unpack_text(&u);
	o->text.body = unpack_text(&u);
	return !u.bad;
}

/* ---- one NOTIFY ---- */

static void notify_free(struct notify *n)
{
	if (n->auth)
		slab_free(n->sip->auths, n->auth);
	slab_free(n->sip->notifies, n);
}

static const struct sip_conf_endpoint *notify_endpoint(const struct notify *n)
{
	return sip_conf_endpoint_hash(n->sip->conf, n->order.endpoint);
}

static int notify_write(void *arg, struct sip_request *r, struct sink *room)
{
	struct notify *n = arg;
	const struct sip_conf_endpoint *ep = notify_endpoint(n);
	const struct sip_notify_order *o = &n->order;

	if (!ep) /* a reload took it away meanwhile */
		return -ENOENT;
	r->method = SIP_METHOD_NOTIFY;
	r->ruri = o->uri;
	r->user = ep->from_user.len ? ep->from_user : n->sip->conf->default_from_user;
	if (ep->from_domain.len) {
		sink_lit(room, "sip:");
		sip_uri_write_user(room, r->user);
		sink_char(room, '@');
		sink_add(room, ep->from_domain);
		r->from = sink_slice(room);
	}
	r->route = o->path;
	r->proxy = o->proxy.len ? o->proxy : ep->outbound_proxy;
	r->extra = o->text.lines;
	r->body = o->text.body;
	r->tag = n->tag;
	r->call_id = slice_make(n->call_id, sizeof(n->call_id));
	r->cseq = n->cseq;
	r->transport = ep->transport;
	r->auth = n->auth;
	r->cred = ep->auth ? &ep->auth->cred : NULL;
	return 0;
}

/* True: it goes out once more, with credentials. */
static bool notify_take_challenge(struct notify *n, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep = notify_endpoint(n);

	if ((msg->code != 401 && msg->code != 407) || !ep || !ep->auth)
		return false;
	if (!n->auth)
		n->auth = slab_alloc(n->sip->auths);
	if (!n->auth ||
	    sip_auth_take(n->auth, msg, ep->auth->alg_mask, &ep->auth->cred) != SIP_AUTH_RETRY)
		return false;
	n->cseq++;
	return true;
}

static bool notify_answered(void *arg, const struct txn *t, const struct sip_msg *msg)
{
	struct notify *n = arg;

	UNUSED(t);
	if (notify_take_challenge(n, msg))
		return true;
	log_verbose(4, "NOTIFY to %.*s: %u %.*s", SLICE_ARG(n->order.uri), msg->code,
		    SLICE_ARG(msg->reason));
	if (msg->code >= 300)
		sip_count_one(n->sip, METRIC_sip_notify_failed);
	notify_free(n);
	return false;
}

static void notify_failed(void *arg, unsigned code)
{
	struct notify *n = arg;

	log_verbose(4, "NOTIFY to %.*s: %s", SLICE_ARG(n->order.uri),
		    code ? "refused for now by all targets" : "no answer");
	sip_count_one(n->sip, METRIC_sip_notify_failed);
	notify_free(n);
}

static const struct sip_errand_ops notify_ops = {
	.sent = METRIC_sip_notify_sent,
	.write = notify_write,
	.answered = notify_answered,
	.failed = notify_failed,
};

static int notify_begin(struct sip *sip, const char *data, size_t len)
{
	struct notify *n = slab_alloc(sip->notifies);
	int err;

	if (!n)
		return -ENOBUFS;
	n->sip = sip;
	memcpy(n->packed, data, len);
	check(notify_unpack(&n->order, n->packed, len));
	n->tag = sip_ident_nonce(sip->env.rng);
	n->cseq = rng_below(sip->env.rng, 32768);
	rng_uuid(sip->env.rng, n->call_id);
	if (sip_errand_begin(sip, &notify_ops, n, NULL, &err) != HANDLE_NONE)
		return 0;
	notify_free(n);
	return err;
}

void notifies_take(struct sip *sip, const void *data, size_t len)
{
	struct sip_notify_order o;
	int err;

	if (NEVER(len > SIP_NOTIFY_PACKED || !notify_unpack(&o, data, len)))
		return;
	err = notify_begin(sip, data, len);
	if (!err)
		return;
	sip_count_one(sip, METRIC_sip_notify_refused);
	if (err != -ENOBUFS) /* the slab has said so */
		log_warning("NOTIFY to %.*s is not sent: %s", SLICE_ARG(o.uri), strerror(-err));
}

/* ---- life ---- */

int notifies_create(struct sip *sip)
{
	return slab_create(&sip->notifies, "sip_notifies", sizeof(struct notify),
			   LIMIT_NOTIFY_OPEN);
}

void notifies_destroy(struct sip *sip)
{
	slab_destroy(sip->notifies);
}
