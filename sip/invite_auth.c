/* sip/invite_auth.c - the credentials of one call: its own, or those of calls before it (nonces.h).
 */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/invite.h"
#include "sip/nonces.h"

static bool auth_alloc(struct invite *iv)
{
	if (!iv->auth)
		iv->auth = slab_alloc(iv->sip->auths);
	if (!iv->auth)
		sip_count_one(iv->sip, METRIC_sip_no_slot);
	return iv->auth != NULL;
}

void invite_drop_auth(struct invite *iv)
{
	if (iv->auth)
		slab_free(iv->sip->auths, iv->auth);
	iv->auth = NULL;
}

void invite_borrow_auth(struct invite *iv, const struct sip_conf_endpoint *ep)
{
	struct sip_nonces *nonces = iv->sip->nonces;
	int64_t now = sip_now(iv->sip);

	if (iv->auth && iv->auth->share != HANDLE_NONE) /* of the target before */
		invite_drop_auth(iv);
	if (iv->auth) /* a farm may share nonces; if it does not, it has refused nothing */
		sip_auth_settled(iv->auth);
	if (iv->auth || !ep->auth || !ep->auth->nonce_reuse ||
	    !sip_nonces_has(nonces, ep->hash, &iv->dst.addr, now) || !auth_alloc(iv))
		return;
	UNUSED(sip_nonces_borrow(nonces, ep->hash, &iv->dst.addr, now, iv->auth));
	sip_count_one(iv->sip, METRIC_sip_nonce_reused);
}

void invite_begin_auth(struct invite *iv)
{
	if (iv->auth && iv->dialog) /* before, the INVITE itself may still be refused */
		sip_auth_settled(iv->auth);
}

static void auth_give_up_shared(struct invite *iv)
{
	if (sip_nonces_refused(iv->sip->nonces, sip_now(iv->sip), iv->auth))
		sip_count_one(iv->sip, METRIC_sip_nonce_refused);
}

static unsigned auth_shared_count(const struct sip_auth_state *st)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++)
		count += st->slots[i].is_shared;
	return count;
}

/* A trunk that is set up wrong refuses each call so: what to look at. */
static void auth_say_unmet(struct invite *iv, const struct sip_conf_endpoint *ep,
			   const struct sip_msg *msg)
{
	char addr[ADDR_TEXT];

	sip_count_one(iv->sip, METRIC_sip_auth_unmet);
	log_notice("Endpoint '%.*s': %s asks for credentials (%u), and %s", SLICE_ARG(ep->name),
		   addr_text(&iv->dst.addr, addr), msg->code,
		   ep->auth ? "offers no realm and algorithm that its outbound_auth has; look at "
			      "realm and supported_algorithms_uac there"
			    : "it has none: set outbound_auth");
}

bool invite_take_auth(struct invite *iv, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	enum sip_auth_verdict verdict;
	unsigned shared;

	if (ep && !ep->auth)
		auth_say_unmet(iv, ep, msg);
	if (!ep || !ep->auth || !auth_alloc(iv))
		return false;
	shared = auth_shared_count(iv->auth);
	verdict = sip_auth_take(iv->auth, msg, ep->auth->alg_mask, &ep->auth->cred);
	/* Another realm that asks too says nothing of the nonces that we had. */
	if (verdict == SIP_AUTH_REFUSED || auth_shared_count(iv->auth) < shared)
		auth_give_up_shared(iv);
	if (verdict == SIP_AUTH_UNUSABLE)
		auth_say_unmet(iv, ep, msg);
	return verdict == SIP_AUTH_RETRY;
}

/* Some refuse for good what they should challenge. Nonces that were taken twice are above doubt. */
bool invite_doubt_auth(struct invite *iv)
{
	if (!iv->auth || !iv->auth->is_borrowed || sip_nonces_is_proven(iv->sip->nonces, iv->auth))
		return false;
	auth_give_up_shared(iv);
	invite_drop_auth(iv);
	return true;
}

void invite_auth_heard(struct invite *iv, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep;

	if (!iv->auth || msg->code <= 100 || msg->code >= 300)
		return;
	ep = invite_endpoint(iv);
	if (ep && ep->auth && ep->auth->nonce_reuse)
		sip_nonces_accepted(iv->sip->nonces, ep->hash, &iv->dst.addr, sip_now(iv->sip),
				    iv->auth);
}

void invite_write_auth(struct sink *out, struct invite *iv, struct slice method, struct slice ruri)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	char cnonce[32];
	const struct sip_auth_request req = {
		.method = method,
		.uri = ruri,
		.cnonce = slice_make(cnonce, sizeof(cnonce)),
	};

	if (!iv->auth || !ep || !ep->auth)
		return;
	rng_hex(iv->sip->env.rng, cnonce, sizeof(cnonce));
	sip_nonces_count(iv->sip->nonces, iv->auth, sip_now(iv->sip));
	UNUSED(sip_auth_state_write(out, iv->sip->digest, iv->auth, &ep->auth->cred, &req));
}
