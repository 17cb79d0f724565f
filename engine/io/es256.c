/* engine/io/es256.c - see es256.h. */
#include "engine/io/es256.h"

#include "engine/base/check.h"
#include "engine/io/pem.h"

#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ES256_DER_MAX 72 /* SEQUENCE of two INTEGERs of at most 33 octets */

struct es256_key {
	EVP_PKEY *key;
	atomic_uint refs;
};

static bool es256_is_p256(const EVP_PKEY *key)
{
	char group[32];
	size_t len;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       slice_eq(slice_make(group, len), SLICE_LIT("prime256v1"));
}

int es256_key_load(struct es256_key **out, struct io *io, const char *file, struct sink *error)
{
	struct es256_key *k = calloc(1, sizeof(*k));
	int err;

	ERR_clear_error();
	if (!k) {
		sink_fmt(error, "private key %s: out of memory", file);
		return -ENOMEM;
	}
	k->refs = 1;
	err = pem_load_key(&k->key, io, file, error);
	if (!err && !es256_is_p256(k->key)) {
		sink_fmt(error,
			 "private key %s is not one of the curve P-256; make one with \"openssl "
			 "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256\"",
			 file);
		err = -EINVAL;
	}
	ERR_clear_error();
	if (err) {
		es256_key_unref(k);
		return err;
	}
	*out = k;
	return 0;
}

struct es256_key *es256_key_ref(struct es256_key *k)
{
	atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void es256_key_unref(struct es256_key *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

/* From OpenSSL's form, whose length varies, to that of RFC 7518. */
static int es256_take_der(const unsigned char *der, size_t len, uint8_t signature[ES256_OCTETS])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool fits;

	if (!sig)
		return -ENOMEM;
	fits = BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32;
	ECDSA_SIG_free(sig);
	return NEVER(!fits) ? -EINVAL : 0;
}

int es256_sign(const struct es256_key *k, struct slice data, uint8_t signature[ES256_OCTETS])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[ES256_DER_MAX];
	size_t len = sizeof(der);
	bool ok = ctx &&
		  EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, k->key, NULL) == 1 &&
		  EVP_DigestSign(ctx, der, &len, (const unsigned char *)data.ptr, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? es256_take_der(der, len, signature) : -ENOMEM;
}
