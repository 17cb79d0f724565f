#include "sip/auth.h"

#include <errno.h>

#include "engine/base/check.h"

/* The value of name=value: a token, or a quoted string without its quotes. False if a quote is left
 * open or something follows it. */
static bool value_take(struct slice text, struct slice *value)
{
	text = sip_text_trim(text);
	*value = text;
	if (!text.len || text.ptr[0] != '"')
		return true;
	*value = slice_make(text.ptr + 1, text.len - 2);
	return sip_text_quoted_end(text, 0) == text.len;
}

/* qop="auth,auth-int" */
static void qop_take(struct sip_challenge *c, struct slice list)
{
	struct slice one;

	while (sip_text_next_value(&list, &one)) {
		c->has_qop = true;
		c->has_qop_auth |= slice_ieq(one, SLICE_LIT("auth"));
	}
}

static void param_take(struct sip_challenge *c, struct slice name, struct slice value)
{
	if (slice_ieq(name, SLICE_LIT("realm"))) {
		c->realm = value;
	} else if (slice_ieq(name, SLICE_LIT("nonce"))) {
		c->nonce = value;
	} else if (slice_ieq(name, SLICE_LIT("opaque"))) {
		c->opaque = value;
		c->has_opaque = true;
	} else if (slice_ieq(name, SLICE_LIT("algorithm"))) {
		c->alg = sip_auth_alg_lookup(value);
		c->has_alg = true;
	} else if (slice_ieq(name, SLICE_LIT("stale"))) {
		c->is_stale = slice_ieq(value, SLICE_LIT("true"));
	} else if (slice_ieq(name, SLICE_LIT("qop"))) {
		qop_take(c, value);
	}
}

int sip_auth_scheme(struct slice value, struct slice *params)
{
	struct slice rest = sip_text_trim(value), scheme;
	size_t end = 0;

	while (end < rest.len && sip_text_is(rest.ptr[end], SIP_CH_TOKEN))
		end++;
	scheme = slice_head(rest, end);
	rest = slice_from(rest, end);
	if (!scheme.len || !rest.len || !sip_text_is(rest.ptr[0], SIP_CH_BLANK))
		return -EINVAL;
	*params = rest;
	return slice_ieq(scheme, SLICE_LIT("Digest")) ? 0 : -ENOTSUP;
}

int sip_auth_param(struct slice *params, struct slice *name, struct slice *value)
{
	struct slice param;
	size_t equals;

	if (!sip_text_next_value(params, &param))
		return -ENOENT;
	equals = slice_find(param, '=');
	if (equals == SIZE_MAX || !value_take(slice_from(param, equals + 1), value))
		return -EINVAL;
	*name = sip_text_trim(slice_head(param, equals));
	return 0;
}

int sip_challenge_parse(struct sip_challenge *out, struct slice value, bool is_proxy)
{
	struct slice rest, name, text;
	int err = sip_auth_scheme(value, &rest);

	*out = (struct sip_challenge){.is_proxy = is_proxy};
	if (err)
		return err;
	while ((err = sip_auth_param(&rest, &name, &text)) == 0)
		param_take(out, name, text);
	if (err != -ENOENT)
		return err;
	if (!out->realm.ptr || !out->nonce.len)
		return -EINVAL;
	if (out->alg == SIP_AUTH_ALG_UNKNOWN || (out->has_qop && !out->has_qop_auth))
		return -ENOTSUP;
	return 0;
}

static bool is_chosen(const struct sip_challenge *list, unsigned count,
		      const struct sip_challenge *c)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].is_proxy == c->is_proxy && slice_eq(list[i].realm, c->realm))
			return true;
	return false;
}

static unsigned choose_from(const struct sip_msg *response, enum sip_hdr_id id, unsigned alg_mask,
			    struct sip_challenge *out, unsigned count, unsigned max)
{
	struct sip_values it = sip_values(response, id);
	struct sip_challenge c;
	struct slice value;
	unsigned looked = 0;

	while (count < max && looked++ < SIP_AUTH_CHALLENGES && sip_values_next(&it, &value)) {
		if (sip_challenge_parse(&c, value, id == SIP_HDR_PROXY_AUTHENTICATE))
			continue;
		if ((alg_mask & 1u << c.alg) && !is_chosen(out, count, &c))
			out[count++] = c;
	}
	return count;
}

unsigned sip_auth_choose(const struct sip_msg *response, unsigned alg_mask,
			 struct sip_challenge *out, unsigned max)
{
	unsigned count;

	count = choose_from(response, SIP_HDR_PROXY_AUTHENTICATE, alg_mask, out, 0, max);
	return choose_from(response, SIP_HDR_WWW_AUTHENTICATE, alg_mask, out, count, max);
}

unsigned sip_auth_algs_mask(const struct sip_auth_algs *algs)
{
	unsigned mask = 0;

	for (uint8_t i = 0; i < algs->count; i++)
		mask |= 1u << algs->list[i];
	return mask;
}

void sip_auth_algs_add(struct sip_auth_algs *algs, enum sip_auth_alg alg)
{
	check(alg < SIP_AUTH_ALG_COUNT);
	if (!(sip_auth_algs_mask(algs) & 1u << alg))
		algs->list[algs->count++] = (uint8_t)alg;
}

unsigned sip_credentials_mask(const struct sip_credentials *cred)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++)
		if (cred->ha1[i].len)
			mask |= 1u << i;
	return cred->password.len || !mask ? SIP_AUTH_MASK_ALL : mask;
}

#define COLON SLICE_LIT(":")

/* H(user:realm:password), or what the configuration holds of it. */
static int ha1_compute(struct sip_digest *d, const struct sip_challenge *c,
		       const struct sip_credentials *cred, char hex[SIP_AUTH_HEX_MAX])
{
	const struct slice parts[] = {cred->username, COLON, c->realm, COLON, cred->password};

	if (c->alg >= SIP_AUTH_ALG_COUNT || !(sip_credentials_mask(cred) & 1u << c->alg))
		return -EINVAL;
	const struct slice kept = cred->ha1[c->alg];

	if (!kept.len)
		return sip_digest_hex(d, c->alg, parts, ARRAY_COUNT(parts), hex);
	if (kept.len != sip_auth_alg_digits(c->alg))
		return -EINVAL;
	memcpy(hex, kept.ptr, kept.len);
	return (int)kept.len;
}

static void nc_print(char text[8], uint32_t nc)
{
	struct sink s = sink_make(text, 8);

	sink_hex(&s, nc, 8);
}

int sip_auth_response(struct sip_digest *d, const struct sip_challenge *c,
		      const struct sip_credentials *cred, const struct sip_auth_request *req,
		      char hex[SIP_AUTH_HEX_MAX])
{
	const struct slice a2[] = {req->method, COLON, req->uri};
	char ha1[SIP_AUTH_HEX_MAX], ha2[SIP_AUTH_HEX_MAX], nc[8];
	int n1 = ha1_compute(d, c, cred, ha1), n2;

	if (n1 < 0)
		return n1;
	n2 = sip_digest_hex(d, c->alg, a2, ARRAY_COUNT(a2), ha2);
	if (n2 < 0)
		return n2;
	nc_print(nc, req->nc);
	const struct slice h1 = slice_make(ha1, (size_t)n1), h2 = slice_make(ha2, (size_t)n2);
	const struct slice with_qop[] = {h1,
					 COLON,
					 c->nonce,
					 COLON,
					 slice_make(nc, 8),
					 COLON,
					 req->cnonce,
					 COLON,
					 SLICE_LIT("auth"),
					 COLON,
					 h2};
	const struct slice without_qop[] = {h1, COLON, c->nonce, COLON, h2};

	if (c->has_qop)
		return sip_digest_hex(d, c->alg, with_qop, ARRAY_COUNT(with_qop), hex);
	return sip_digest_hex(d, c->alg, without_qop, ARRAY_COUNT(without_qop), hex);
}

static void quoted_write(struct sink *out, const char *name, struct slice value)
{
	sink_str(out, name);
	sink_lit(out, "=\"");
	sip_text_write_flat(out, value);
	sink_char(out, '"');
}

static void token_write(struct sink *out, const char *name, struct slice value)
{
	sink_str(out, name);
	sink_char(out, '=');
	sink_add(out, value);
}

int sip_auth_write(struct sink *out, struct sip_digest *d, const struct sip_challenge *c,
		   const struct sip_credentials *cred, const struct sip_auth_request *req)
{
	char hex[SIP_AUTH_HEX_MAX], nc[8];
	int digits = sip_auth_response(d, c, cred, req, hex);

	if (digits < 0)
		return digits;
	nc_print(nc, req->nc);
	sink_add(out,
		 sip_hdr_name(c->is_proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION));
	sink_lit(out, ": Digest ");
	sink_lit(out, "username=");
	sip_text_write_quoted(out, cred->username);
	/* Realm, nonce and opaque are echoed as they came, backslash pairs and all. */
	quoted_write(out, ", realm", c->realm);
	quoted_write(out, ", nonce", c->nonce);
	quoted_write(out, ", uri", req->uri);
	quoted_write(out, ", response", slice_make(hex, (size_t)digits));
	if (c->has_alg)
		token_write(out, ", algorithm", sip_auth_alg_name(c->alg));
	if (c->has_qop)
		quoted_write(out, ", cnonce", req->cnonce);
	if (c->has_opaque)
		quoted_write(out, ", opaque", c->opaque);
	if (c->has_qop) {
		token_write(out, ", qop", SLICE_LIT("auth"));
		token_write(out, ", nc", slice_make(nc, 8));
	}
	sink_lit(out, "\r\n");
	return 0;
}
