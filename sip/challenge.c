/* sip/challenge.c - see challenge.h. */
#include "sip/challenge.h"

#include "engine/base/check.h"

#include <errno.h>

#define NONCE_TIME 8 /* hex digits of its second */
#define COLON	   SLICE_LIT(":")

/* Equal octets, found out in a time that does not depend on them. */
static bool is_same(struct slice a, struct slice b)
{
	unsigned char differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		differ |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
	return differ == 0;
}

/* ---- nonces ---- */

/* time, then the digest that proves it */
static void nonce_at(const struct sip_challenger *who, struct slice realm, uint32_t time_s,
		     char nonce[SIP_NONCE_LEN])
{
	char ip_room[ADDR_TEXT], hex[SIP_AUTH_HEX_MAX];
	struct sink out = sink_make(nonce, NONCE_TIME);
	struct sink ip = sink_make(ip_room, sizeof(ip_room));
	const struct slice secret = slice_make((const char *)who->secret, SIP_SECRET_LEN);
	const struct slice time = slice_make(nonce, NONCE_TIME);

	sink_hex(&out, time_s, NONCE_TIME);
	addr_write_ip(&ip, who->source);
	const struct slice parts[] = {secret, COLON,	       time,  COLON, realm,
				      COLON,  sink_slice(&ip), COLON, secret};

	memset(hex, '0', sizeof(hex));
	UNUSED(sip_digest_hex(who->digest, SIP_AUTH_SHA256, parts, ARRAY_COUNT(parts), hex));
	memcpy(nonce + NONCE_TIME, hex, SIP_NONCE_LEN - NONCE_TIME);
}

void sip_nonce_write(const struct sip_challenger *who, struct slice realm,
		     char nonce[SIP_NONCE_LEN])
{
	nonce_at(who, realm, (uint32_t)who->now_s, nonce);
}

/* Eight hex digits: the second of a nonce, a nonce count. */
static bool hex8(struct slice text, uint32_t *out)
{
	uint32_t value = 0;

	if (text.len != 8 || !sip_text_all(text, SIP_CH_HEX))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	*out = value;
	return true;
}

/* Ours, and not older than its lifetime. */
static bool nonce_is_fresh(const struct sip_challenger *who, const struct sip_demand *demand,
			   struct slice nonce)
{
	char ours[SIP_NONCE_LEN];
	uint32_t time_s;
	int64_t age;

	if (nonce.len != SIP_NONCE_LEN || !hex8(slice_head(nonce, NONCE_TIME), &time_s))
		return false;
	age = who->now_s - time_s;
	nonce_at(who, demand->cred.realm, time_s, ours);
	return is_same(nonce, slice_make(ours, sizeof(ours))) && age >= 0 &&
	       age <= demand->nonce_lifetime_s;
}

/* ---- credentials ---- */

struct credentials {
	struct slice username, realm, nonce, uri, response, cnonce, qop, nc;
	enum sip_auth_alg alg;
};

static void credentials_param(struct credentials *c, struct slice name, struct slice value)
{
	const struct {
		struct slice name;
		struct slice *field;
	} fields[] = {
		{SLICE_LIT("username"), &c->username}, {SLICE_LIT("realm"), &c->realm},
		{SLICE_LIT("nonce"), &c->nonce},       {SLICE_LIT("uri"), &c->uri},
		{SLICE_LIT("response"), &c->response}, {SLICE_LIT("cnonce"), &c->cnonce},
		{SLICE_LIT("qop"), &c->qop},	       {SLICE_LIT("nc"), &c->nc},
	};

	if (slice_ieq(name, SLICE_LIT("algorithm")))
		c->alg = sip_auth_alg_lookup(value);
	for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
		if (slice_ieq(name, fields[i].name))
			*fields[i].field = value;
}

static int credentials_parse(struct credentials *out, struct slice value)
{
	struct slice rest, name, text;
	int err = sip_auth_scheme(value, &rest);

	*out = (struct credentials){.alg = SIP_AUTH_MD5};
	if (err)
		return err;
	while ((err = sip_auth_param(&rest, &name, &text)) == 0)
		credentials_param(out, name, text);
	return err == -ENOENT ? 0 : err;
}

static enum sip_hdr_id header_of(bool is_proxy)
{
	return is_proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION;
}

/* Credentials for one number must not open the way to another. Proxies on the way may change the
 * host of the Request-URI, but not whom it means; some clients name the host alone. */
static bool is_same_target(struct slice uri, struct slice ruri)
{
	struct sip_uri a, b;

	if (slice_eq(uri, ruri))
		return true;
	return sip_uri_parse(&a, uri) == 0 && sip_uri_parse(&b, ruri) == 0 &&
	       (a.user.len == 0 || slice_eq(a.user, b.user));
}

/* A quoted text against one of ours: backslash pairs stand for what they hide. */
static bool is_quoted(struct slice quoted, struct slice ours)
{
	char room[SIP_AUTH_TEXT];
	struct sink text = sink_make(room, sizeof(room));

	sip_text_unescape(&text, quoted);
	return !text.over && slice_eq(sink_slice(&text), ours);
}

/* The response that we would have sent ourselves. */
static bool is_right(const struct sip_challenger *who, const struct sip_msg *msg,
		     const struct credentials *c, const struct sip_demand *demand)
{
	const struct sip_challenge challenge = {
		.alg = c->alg,
		.realm = c->realm,
		.nonce = c->nonce,
		.has_qop = c->qop.len > 0,
	};
	struct sip_auth_request req = {
		.method = msg->method_text,
		.uri = c->uri,
		.cnonce = c->cnonce,
	};
	char hex[SIP_AUTH_HEX_MAX];
	int digits;

	if (c->qop.len && (!slice_ieq(c->qop, SLICE_LIT("auth")) || !hex8(c->nc, &req.nc)))
		return false;
	digits = sip_auth_response(who->digest, &challenge, &demand->cred, &req, hex);
	return digits > 0 && is_same(c->response, slice_make(hex, (size_t)digits));
}

static enum sip_verdict judge(const struct sip_challenger *who, const struct sip_msg *msg,
			      const struct credentials *c, const struct sip_demand *demand)
{
	bool is_known =
		c->alg < SIP_AUTH_ALG_COUNT && (sip_auth_algs_mask(&demand->algs) & 1u << c->alg);

	if (!demand->cred.username.len || !is_known || !is_right(who, msg, c, demand) ||
	    !is_quoted(c->username, demand->cred.username) || !is_same_target(c->uri, msg->ruri))
		return SIP_VERDICT_WRONG;
	return nonce_is_fresh(who, demand, c->nonce) ? SIP_VERDICT_GOOD : SIP_VERDICT_STALE;
}

enum sip_verdict sip_challenge_verify(const struct sip_challenger *who, const struct sip_msg *msg,
				      bool is_proxy, const struct sip_demand *demand)
{
	struct sip_values it = sip_values(msg, header_of(is_proxy));
	enum sip_verdict verdict = SIP_VERDICT_NONE;
	struct credentials c;
	struct slice value;

	for (unsigned n = 0; n < SIP_AUTH_CHALLENGES && sip_values_next(&it, &value); n++) {
		int err = credentials_parse(&c, value);

		if (err == -ENOTSUP)
			continue;
		if (err)
			return SIP_VERDICT_WRONG;
		if (!is_quoted(c.realm, demand->cred.realm))
			continue;
		verdict = judge(who, msg, &c, demand);
		if (verdict == SIP_VERDICT_GOOD)
			break;
	}
	return verdict;
}

struct slice sip_challenge_user(const struct sip_msg *msg)
{
	struct credentials c;
	struct slice value = sip_msg_get(msg, SIP_HDR_AUTHORIZATION);

	if (!value.len)
		value = sip_msg_get(msg, SIP_HDR_PROXY_AUTHORIZATION);
	return value.len && credentials_parse(&c, value) == 0 ? c.username : SLICE_EMPTY;
}

/* ---- challenges ---- */

void sip_challenge_write(struct sink *out, const struct sip_challenger *who, bool is_proxy,
			 const struct sip_demand *demand, bool is_stale)
{
	char nonce[SIP_NONCE_LEN];

	sip_nonce_write(who, demand->cred.realm, nonce);
	for (uint8_t i = 0; i < demand->algs.count; i++) {
		sink_add(out, sip_hdr_name(is_proxy ? SIP_HDR_PROXY_AUTHENTICATE
						    : SIP_HDR_WWW_AUTHENTICATE));
		sink_lit(out, ": Digest realm=");
		sip_text_write_quoted(out, demand->cred.realm);
		sink_fmt(out, ",nonce=\"%.*s\"", SIP_NONCE_LEN, nonce);
		if (is_stale)
			sink_lit(out, ",stale=true");
		sink_lit(out, ",algorithm=");
		sink_add(out, sip_auth_alg_name((enum sip_auth_alg)demand->algs.list[i]));
		sink_lit(out, ",qop=\"auth\"\r\n");
	}
}
