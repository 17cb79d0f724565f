/* Digests by OpenSSL: see sip/auth.h. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "sip/auth.h"

/* Fetched once, since a fetch costs more than a digest; one context each, so that none is set up
 * anew when algorithms alternate. */
struct sip_digest {
	EVP_MD *md[SIP_AUTH_ALG_COUNT];
	EVP_MD_CTX *ctx[SIP_AUTH_ALG_COUNT];
};

static const struct {
	struct slice name;
	const char *openssl;
	unsigned digits;
} algs[SIP_AUTH_ALG_COUNT] = {
	[SIP_AUTH_MD5] = {{"MD5", 3}, "MD5", 32},
	[SIP_AUTH_SHA256] = {{"SHA-256", 7}, "SHA256", 64},
	[SIP_AUTH_SHA512_256] = {{"SHA-512-256", 11}, "SHA512-256", 64},
};

struct slice sip_auth_alg_name(enum sip_auth_alg alg)
{
	check(alg < SIP_AUTH_ALG_COUNT);
	return algs[alg].name;
}

unsigned sip_auth_alg_digits(enum sip_auth_alg alg)
{
	check(alg < SIP_AUTH_ALG_COUNT);
	return algs[alg].digits;
}

enum sip_auth_alg sip_auth_alg_lookup(struct slice name)
{
	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++)
		if (slice_ieq(name, algs[i].name))
			return (enum sip_auth_alg)i;
	return SIP_AUTH_ALG_UNKNOWN;
}

int sip_digest_create(struct sip_digest **out)
{
	struct sip_digest *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++) {
		d->md[i] = EVP_MD_fetch(NULL, algs[i].openssl, NULL);
		d->ctx[i] = EVP_MD_CTX_new();
		if (!d->ctx[i]) {
			sip_digest_destroy(d);
			return -ENOMEM;
		}
	}
	*out = d;
	return 0;
}

void sip_digest_destroy(struct sip_digest *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++) {
		EVP_MD_CTX_free(d->ctx[i]);
		EVP_MD_free(d->md[i]);
	}
	free(d);
}

bool sip_digest_has(const struct sip_digest *d, enum sip_auth_alg alg)
{
	return alg < SIP_AUTH_ALG_COUNT && d->md[alg] != NULL;
}

int sip_digest_hex(struct sip_digest *d, enum sip_auth_alg alg, const struct slice *parts,
		   unsigned count, char hex[SIP_AUTH_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned raw_bytes = 0;
	bool ok;

	if (!sip_digest_has(d, alg))
		return -ENOTSUP;
	ok = EVP_DigestInit_ex2(d->ctx[alg], d->md[alg], NULL) == 1;
	for (unsigned i = 0; ok && i < count; i++)
		ok = !parts[i].len ||
		     EVP_DigestUpdate(d->ctx[alg], parts[i].ptr, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(d->ctx[alg], raw, &raw_bytes) == 1;
	if (!ok || raw_bytes * 2 != algs[alg].digits)
		return -ENOTSUP;
	for (unsigned i = 0; i < raw_bytes; i++) {
		hex[i * 2] = digits[raw[i] >> 4];
		hex[i * 2 + 1] = digits[raw[i] & 15];
	}
	return (int)algs[alg].digits;
}
