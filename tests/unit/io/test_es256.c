/* tests/unit/io/test_es256.c - signatures, checked by OpenSSL; keys that are refused. */
#include "engine/io/es256.h"
#include "tests/tls/jws.h"
#include "tests/unit/io/io_bench.h"

#include <pthread.h>

#define KEYS "tests/tls/"

static struct bench bench;

static int setup(void **state)
{
	UNUSED(state);
	bench_open(&bench, 0);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(bench.io);
	return 0;
}

static struct es256_key *load(const char *file)
{
	struct es256_key *k = NULL;
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	if (es256_key_load(&k, bench.io, file, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	return k;
}

/* The checker itself: RFC 7515 appendix A.3, whose signature others have made. */
static void test_checker(void **state)
{
	static const char pem[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
		"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
		"-----END PUBLIC KEY-----\n";
	static const char token[] =
		"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
		"eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCg"
		"fTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	struct slice all = SLICE_LIT(token);
	struct jws jws;

	UNUSED(state);
	assert_non_null(key);
	jws_read(&jws, key, all);
	assert_string_equal(jws.header, "{\"alg\":\"ES256\"}");
	jws.signature[40] ^= 1;
	assert_false(jws_is_signed(key, slice_head(all, slice_rfind(all, '.')), jws.signature));
	EVP_PKEY_free(key);
	BIO_free(bio);
}

/* Often enough that r or s has leading zeros, which OpenSSL's form leaves out (1 in 256 each). */
static void test_sign(void **state)
{
	struct es256_key *k = load(KEYS "passport.key");
	EVP_PKEY *public = jws_public_key(KEYS "passport.pub");
	uint8_t signature[ES256_OCTETS];
	unsigned zeros = 0;

	UNUSED(state);
	for (unsigned i = 0; i < 3000; i++) {
		struct slice data = slice_make((const char *)&i, sizeof(i));

		assert_int_equal(es256_sign(k, data, signature), 0);
		assert_true(jws_is_signed(public, data, signature));
		zeros += signature[0] == 0 || signature[32] == 0;
	}
	assert_true(zeros > 0);
	assert_int_equal(es256_sign(k, SLICE_EMPTY, signature), 0);
	assert_true(jws_is_signed(public, SLICE_LIT(""), signature));
	assert_false(jws_is_signed(public, SLICE_LIT("x"), signature));
	EVP_PKEY_free(public);
	es256_key_unref(k);
}

static void *sign_many(void *arg)
{
	struct es256_key *k = arg;
	uint8_t signature[ES256_OCTETS];
	EVP_PKEY *public = jws_public_key(KEYS "passport.pub");

	for (int i = 0; i < 300; i++) {
		if (es256_sign(k, SLICE_LIT("payload"), signature) ||
		    !jws_is_signed(public, SLICE_LIT("payload"), signature))
			return arg;
	}
	EVP_PKEY_free(public);
	es256_key_unref(k);
	return NULL;
}

/* One key for all shards; the last user frees it. */
static void test_threads(void **state)
{
	struct es256_key *k = load(KEYS "passport.key");
	pthread_t threads[4];
	void *failed;

	UNUSED(state);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_many, es256_key_ref(k)), 0);
	es256_key_unref(k);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	es256_key_unref(NULL);
}

static void refuse(const char *file, int want, const char *text)
{
	struct es256_key *k = NULL;
	char room[512];
	struct sink error = sink_make(room, sizeof(room));

	assert_int_equal(es256_key_load(&k, bench.io, file, &error), want);
	assert_null(k);
	if (!strstr(sink_cstr(&error), text))
		fail_msg("'%s' says nothing of '%s'", room, text);
	assert_non_null(strstr(room, file));
	assert_null(strstr(room, "BEGIN"));
}

static void test_refused(void **state)
{
	UNUSED(state);
	refuse(KEYS "none.key", -ENOENT,
	       "cannot be read: No such file or directory; check the path");
	refuse(KEYS "p384.key", -EINVAL, "is not one of the curve P-256; make one with \"openssl");
	refuse(KEYS "rsa.pem", -EINVAL, "is not one of the curve P-256");
	refuse(KEYS "locked.key", -EINVAL, "has a passphrase; remove it");
	refuse(KEYS "ca.pem", -EINVAL, "it has to be a PEM file with a private key");
	refuse(KEYS "passport.pub", -EINVAL, "it has to be a PEM file with a private key");
}

/* A certificate in front of the key does not matter. */
static void test_whole(void **state)
{
	UNUSED(state);
	es256_key_unref(load(KEYS "whole.pem"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_checker, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
