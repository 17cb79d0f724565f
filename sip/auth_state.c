/* What is remembered of the realms of a trunk or dialog: see sip/auth.h. */
#include <errno.h>

#include "engine/base/check.h"
#include "sip/auth.h"

static struct slice slot_realm(const struct sip_auth_slot *s)
{
	return slice_make(s->realm, s->realm_len);
}

static struct slice slot_nonce(const struct sip_auth_slot *s)
{
	return slice_make(s->nonce, s->nonce_len);
}

static struct sip_auth_slot *slot_find(struct sip_auth_state *st, const struct sip_challenge *c)
{
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		struct sip_auth_slot *s = &st->slots[i];

		if (s->in_use && s->is_proxy == c->is_proxy && slice_eq(slot_realm(s), c->realm))
			return s;
	}
	return NULL;
}

/* A free slot; else one of the same kind that worked before: its realm has been renamed, as
 * gateways do that name it after their node. */
static struct sip_auth_slot *slot_pick(struct sip_auth_state *st, const struct sip_challenge *c)
{
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++)
		if (!st->slots[i].in_use)
			return &st->slots[i];
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++)
		if (st->slots[i].is_proven && st->slots[i].is_proxy == c->is_proxy)
			return &st->slots[i];
	return NULL;
}

static bool is_refusal(const struct sip_auth_state *st, const struct sip_auth_slot *s,
		       const struct sip_challenge *c)
{
	if (!s->nc || c->is_stale || st->is_borrowed)
		return false;
	return !s->is_proven || slice_eq(slot_nonce(s), c->nonce);
}

/* A nonce that came before is counted on: its counts are never given out twice. */
static void slot_fill(struct sip_auth_slot *s, const struct sip_challenge *c)
{
	bool is_new = !s->in_use || !slice_eq(slot_nonce(s), c->nonce);

	check(c->realm.len <= SIP_AUTH_TEXT && c->nonce.len <= SIP_AUTH_TEXT);
	check(c->opaque.len <= SIP_AUTH_TEXT);
	s->in_use = true;
	s->is_proxy = c->is_proxy;
	s->is_proven = false;
	s->is_shared = false;
	s->has_qop = c->has_qop;
	s->has_opaque = c->has_opaque;
	s->has_alg = c->has_alg;
	s->alg = (uint8_t)c->alg;
	if (is_new)
		s->nc = 0;
	s->realm_len = (uint16_t)c->realm.len;
	s->nonce_len = (uint16_t)c->nonce.len;
	s->opaque_len = (uint16_t)c->opaque.len;
	memcpy(s->realm, c->realm.ptr, c->realm.len);
	memcpy(s->nonce, c->nonce.ptr, c->nonce.len);
	if (c->opaque.len)
		memcpy(s->opaque, c->opaque.ptr, c->opaque.len);
}

static bool is_ours(const struct sip_challenge *c, const struct sip_credentials *cred)
{
	if (c->realm.len > SIP_AUTH_TEXT || c->nonce.len > SIP_AUTH_TEXT ||
	    c->opaque.len > SIP_AUTH_TEXT)
		return false;
	return !cred->realm.len || slice_eq(cred->realm, c->realm);
}

enum sip_auth_verdict sip_auth_take(struct sip_auth_state *st, const struct sip_msg *response,
				    unsigned alg_mask, const struct sip_credentials *cred)
{
	struct sip_challenge list[SIP_AUTH_CHALLENGES];
	unsigned count, taken = 0;

	alg_mask &= sip_credentials_mask(cred);
	if (++st->round_count > SIP_AUTH_CHALLENGES)
		return SIP_AUTH_REFUSED;
	count = sip_auth_choose(response, alg_mask, list, SIP_AUTH_CHALLENGES);
	for (unsigned i = 0; i < count; i++) {
		struct sip_auth_slot *s = slot_find(st, &list[i]);

		if (!is_ours(&list[i], cred))
			continue;
		if (s && is_refusal(st, s, &list[i]))
			return SIP_AUTH_REFUSED;
		if (!s)
			s = slot_pick(st, &list[i]);
		if (!s)
			continue;
		slot_fill(s, &list[i]);
		taken++;
	}
	if (!taken)
		return SIP_AUTH_UNUSABLE;
	st->is_borrowed = false;
	return SIP_AUTH_RETRY;
}

int sip_auth_state_write(struct sink *out, struct sip_digest *d, struct sip_auth_state *st,
			 const struct sip_credentials *cred, const struct sip_auth_request *req)
{
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		struct sip_auth_slot *s = &st->slots[i];
		struct sip_auth_request one = *req;
		int err;

		if (!s->in_use)
			continue;
		const struct sip_challenge c = {
			.alg = (enum sip_auth_alg)s->alg,
			.has_alg = s->has_alg,
			.is_proxy = s->is_proxy,
			.has_qop = s->has_qop,
			.has_qop_auth = s->has_qop,
			.realm = slot_realm(s),
			.nonce = slot_nonce(s),
			.opaque = slice_make(s->opaque, s->opaque_len),
			.has_opaque = s->has_opaque,
		};
		one.nc = ++s->nc;
		err = sip_auth_write(out, d, &c, cred, &one);
		if (err)
			return err;
	}
	return 0;
}

void sip_auth_settled(struct sip_auth_state *st)
{
	st->round_count = 0;
	st->is_borrowed = false;
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++)
		st->slots[i].is_proven = st->slots[i].in_use && st->slots[i].nc > 0;
}
