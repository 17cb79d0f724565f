/* tests/tls/jws.h - reads and checks what was signed by ES256, with OpenSSL and not with our own
 * code: base64url, JWS of three parts (RFC 7515 3.1), signatures of 64 octets (RFC 7518 3.4). */
#ifndef RINGER_TESTS_TLS_JWS_H
#define RINGER_TESTS_TLS_JWS_H

#include "engine/base/slice.h"
#include "tests/unit/cmocka.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define JWS_PART 1024

struct jws {
	char header[JWS_PART], payload[JWS_PART]; /* JSON */
	uint8_t signature[64];
};

static inline int jws_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	assert_non_null(at);
	return (int)(at - digits);
}

/* Octets written; no padding, and no bits left that are not zero. */
static inline size_t jws_decode(struct slice text, void *dst, size_t size)
{
	unsigned char *out = dst;
	unsigned bits = 0, have = 0;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		bits = bits << 6 | (unsigned)jws_digit(text.ptr[i]);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		assert_true(len < size);
		out[len++] = (unsigned char)(bits >> have);
		bits &= (1u << have) - 1;
	}
	assert_int_equal(bits, 0);
	return len;
}

static inline EVP_PKEY *jws_public_key(const char *file)
{
	FILE *f = fopen(file, "r");
	EVP_PKEY *key;

	assert_non_null(f);
	key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	assert_non_null(key);
	fclose(f);
	return key;
}

static inline bool jws_is_signed(EVP_PKEY *key, struct slice data, const uint8_t signature[64])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	bool ok;
	int len;

	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(signature, 32, NULL),
					BN_bin2bn(signature + 32, 32, NULL)),
			 1);
	len = i2d_ECDSA_SIG(sig, &der);
	assert_true(len > 0);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	ok = EVP_DigestVerify(ctx, der, (size_t)len, (const unsigned char *)data.ptr, data.len) ==
	     1;
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return ok;
}

/* Takes a token apart; fails the test unless the key made it. */
static inline void jws_read(struct jws *out, EVP_PKEY *key, struct slice token)
{
	size_t dot = slice_rfind(token, '.');
	struct slice signed_part = slice_head(token, dot), rest = signed_part, header;
	size_t len;

	assert_true(dot != SIZE_MAX);
	assert_true(slice_split(&rest, '.', &header));
	memset(out, 0, sizeof(*out));
	jws_decode(header, out->header, sizeof(out->header) - 1);
	jws_decode(rest, out->payload, sizeof(out->payload) - 1);
	len = jws_decode(slice_from(token, dot + 1), out->signature, sizeof(out->signature));
	assert_int_equal(len, sizeof(out->signature));
	if (!jws_is_signed(key, signed_part, out->signature))
		fail_msg("not signed by that key: %.*s", SLICE_ARG(token));
}

#endif
