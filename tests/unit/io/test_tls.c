/* tests/unit/io/test_tls.c - TLS sessions against each other and against plain OpenSSL, in memory.
 */
#include "tests/tls/pair.h"
#include "tests/unit/io/io_bench.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define WALL_2101 (PAIR_WALL + INT64_C(75) * 366 * 86400 * 1000000000)

static struct bench bench;
static struct pair pair;
static char text[512];

static const struct tls_conf plain_server = {.server = true, .cert_file = PAIR_DIR "whole.pem"};
static const struct tls_conf plain_client = {.server = false};

static struct tls_context *make(const struct tls_conf *conf)
{
	struct tls_context *c = NULL;
	struct sink error = sink_make(text, sizeof(text));

	if (tls_context_create(&c, bench.io, conf, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	return c;
}

/* Runs a handshake and lets go of the contexts: sessions keep theirs. */
static void shake(const struct tls_conf *server, const struct tls_conf *client, const char *host,
		  int64_t wall_ns)
{
	struct tls_context *s = make(server), *c = make(client);
	size_t piece = pair.piece;

	memset(&pair, 0, sizeof(pair));
	pair.piece = piece;
	assert_int_equal(tls_session_create(&pair.server.session, s, NULL, wall_ns), 0);
	assert_int_equal(tls_session_create(&pair.client.session, c, host, wall_ns), 0);
	tls_context_unref(s);
	tls_context_unref(c);
	pair_run(&pair);
}

static void assert_open(void)
{
	assert_int_equal(tls_session_state(pair.client.session), TLS_OPEN);
	assert_int_equal(tls_session_state(pair.server.session), TLS_OPEN);
	assert_string_equal(tls_session_error(pair.client.session), "");
}

static int setup(void **state)
{
	UNUSED(state);
	bench_open(&bench, 0);
	memset(&pair, 0, sizeof(pair));
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	pair_close(&pair);
	io_destroy(bench.io);
	return 0;
}

/* ---- talking ---- */

static void talk(void)
{
	static char much[100000];

	for (size_t i = 0; i < sizeof(much); i++)
		much[i] = (char)(i * 31);
	assert_open();
	assert_int_equal(tls_session_write(pair.client.session, much, sizeof(much)), 0);
	assert_int_equal(tls_session_write(pair.server.session, "hello", 5), 0);
	pair_run(&pair);
	assert_int_equal(pair.server.got_len, sizeof(much));
	assert_memory_equal(pair.server.got, much, sizeof(much));
	assert_int_equal(pair.client.got_len, 5);
	assert_memory_equal(pair.client.got, "hello", 5);
}

static void test_versions(void **state)
{
	static const struct {
		enum tls_version server_min, server_max, client_min, client_max;
		const char *is; /* NULL: no handshake */
	} cases[] = {
		{TLS_ANY, TLS_ANY, TLS_ANY, TLS_ANY, "TLSv1.3"},
		{TLS_ANY, TLS_1_2, TLS_ANY, TLS_ANY, "TLSv1.2"},
		{TLS_1_2, TLS_ANY, TLS_1_2, TLS_1_2, "TLSv1.2"},
		{TLS_1_3, TLS_1_3, TLS_1_3, TLS_ANY, "TLSv1.3"},
		{TLS_1_3, TLS_ANY, TLS_ANY, TLS_1_2, NULL},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct tls_conf server = plain_server, client = plain_client;
		struct sink is = sink_make(text, sizeof(text));

		server.version_min = cases[i].server_min;
		server.version_max = cases[i].server_max;
		client.version_min = cases[i].client_min;
		client.version_max = cases[i].client_max;
		shake(&server, &client, NULL, PAIR_WALL);
		if (cases[i].is) {
			talk();
			tls_session_describe(pair.server.session, &is);
			assert_memory_equal(text, cases[i].is, strlen(cases[i].is));
		} else {
			assert_int_equal(pair.server.error, -EPROTO);
			assert_int_equal(pair.client.error, -EPROTO); /* by the alert */
			assert_string_equal(tls_session_error(pair.server.session),
					    "unsupported protocol");
		}
		pair_close(&pair);
	}
}

static void test_octet_by_octet(void **state)
{
	UNUSED(state);
	pair.piece = 1;
	shake(&plain_server, &plain_client, NULL, PAIR_WALL);
	talk();
}

static void test_wire_bytes(void **state)
{
	static const size_t sizes[] = {1, 100, 16383, 16384, 16385, 70000};
	static char much[70000];
	struct tls_conf server = plain_server;

	UNUSED(state);
	for (int old = 0; old < 2; old++) {
		server.version_max = old ? TLS_1_2 : TLS_ANY;
		server.cert_file = old ? PAIR_DIR "rsa.pem" : PAIR_DIR "whole.pem";
		server.ciphers = old ? "AES256-SHA256" : NULL; /* CBC: the most that is added */
		shake(&server, &plain_client, NULL, PAIR_WALL);
		assert_open();
		for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
			assert_int_equal(tls_session_write(pair.server.session, much, sizes[i]), 0);
			assert_in_range(tls_session_output(pair.server.session).len, sizes[i] + 1,
					tls_wire_bytes(sizes[i]));
			tls_session_output_taken(pair.server.session);
		}
		pair_close(&pair);
	}
}

static void test_close(void **state)
{
	UNUSED(state);
	shake(&plain_server, &plain_client, NULL, PAIR_WALL);
	assert_int_equal(tls_session_write(pair.client.session, "last", 4), 0);
	tls_session_close(pair.client.session);
	assert_int_equal(tls_session_write(pair.client.session, "x", 1), -EPIPE);
	pair_run(&pair);
	assert_int_equal(pair.server.got_len, 4);
	assert_int_equal(tls_session_state(pair.server.session), TLS_CLOSED);
	/* The other half is still open. */
	assert_int_equal(tls_session_write(pair.server.session, "answer", 6), 0);
	tls_session_close(pair.server.session);
	pair_run(&pair);
	assert_int_equal(pair.client.got_len, 6);
	assert_int_equal(tls_session_state(pair.client.session), TLS_CLOSED);
	assert_int_equal(pair.client.error | pair.server.error, 0);
}

static void test_write_too_early(void **state)
{
	struct tls_context *c = make(&plain_server);

	UNUSED(state);
	assert_int_equal(tls_session_create(&pair.server.session, c, NULL, PAIR_WALL), 0);
	tls_context_unref(c);
	assert_int_equal(tls_session_write(pair.server.session, "x", 1), -EAGAIN);
	tls_session_close(pair.server.session); /* nothing to say yet */
	assert_int_equal(tls_session_output(pair.server.session).len, 0);
}

/* ---- who is there ---- */

static void test_certificates(void **state)
{
	static const struct {
		const char *server_cert, *ca, *host;
		int64_t wall_ns;
		const char *error; /* NULL: fine */
	} cases[] = {
		{"whole.pem", "ca.pem", "ringer.test", PAIR_WALL, NULL},
		{"whole.pem", "ca.pem", "a.wild.test", PAIR_WALL,
		 "certificate refused: hostname mismatch"},
		{"carrier.pem", "ca.pem", "carrier.test", PAIR_WALL, NULL},
		{"carrier.pem", "ca.pem", "CARRIER.test", PAIR_WALL, NULL},
		{"carrier.pem", "ca.pem", "10.0.0.9", PAIR_WALL,
		 "certificate refused: IP address mismatch"},
		/* RFC 5922 7.1; a user part makes it no domain's identity */
		{"uri.pem", "ca.pem", "carrier.test", PAIR_WALL, NULL},
		{"uri.pem", "ca.pem", "ringer.test", PAIR_WALL,
		 "certificate refused: hostname mismatch"},
		{"uri.pem", "other-ca.pem", "carrier.test", PAIR_WALL,
		 "certificate refused: unable to get local issuer certificate"},
		{"whole.pem", "ca.pem", "127.0.0.1", PAIR_WALL, NULL},
		{"whole.pem", "ca.pem", "::1", PAIR_WALL, NULL},
		{"whole.pem", "ca.pem", NULL, PAIR_WALL, NULL},
		{"rsa.pem", "ca.pem", "ringer.test", PAIR_WALL, NULL},
		{"whole.pem", "ca.pem", "other.test", PAIR_WALL,
		 "certificate refused: hostname mismatch"},
		{"whole.pem", "ca.pem", "127.0.0.2", PAIR_WALL,
		 "certificate refused: IP address mismatch"},
		{"whole.pem", "other-ca.pem", "ringer.test", PAIR_WALL,
		 "certificate refused: unable to get local issuer certificate"},
		{"past.pem", "ca.pem", "ringer.test", PAIR_WALL,
		 "certificate refused: certificate has expired"},
		{"whole.pem", "ca.pem", "ringer.test", WALL_2101,
		 "certificate refused: certificate has expired"},
	};
	char cert[64], ca[64];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct tls_conf server = plain_server, client = {.verify = true};

		snprintf(cert, sizeof(cert), PAIR_DIR "%s", cases[i].server_cert);
		snprintf(ca, sizeof(ca), PAIR_DIR "%s", cases[i].ca);
		server.cert_file = cert;
		client.ca_file = ca;
		shake(&server, &client, cases[i].host, cases[i].wall_ns);
		if (cases[i].error) {
			assert_int_equal(pair.client.error, -EKEYREJECTED);
			assert_int_equal(pair.server.error, -EPROTO);
			assert_string_equal(tls_session_error(pair.client.session), cases[i].error);
		} else {
			talk();
		}
		pair_close(&pair);
	}
}

/* RFC 6066 3: a name, never an address. */
static void test_server_name(void **state)
{
	static const struct {
		const char *host;
		bool is_sent;
	} cases[] = {{"ringer.test", true}, {"127.0.0.1", false}, {"::1", false}};
	const struct tls_conf conf = {.verify = true, .ca_file = PAIR_DIR "ca.pem"};
	struct tls_context *c = make(&conf);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct tls_session *s;
		struct slice hello;

		assert_int_equal(tls_session_create(&s, c, cases[i].host, PAIR_WALL), 0);
		hello = tls_session_output(s);
		assert_true((memmem(hello.ptr, hello.len, cases[i].host, strlen(cases[i].host)) !=
			     NULL) == cases[i].is_sent);
		tls_session_destroy(s);
	}
	tls_context_unref(c);
}

/* RFC 5922 7.2 forbids them; Asterisk has an option. */
static void test_wildcards(void **state)
{
	static const struct {
		const char *host;
		bool is_fine;
	} cases[] = {{"a.wild.test", true}, {"a.b.wild.test", false}, {"wild.test", false}};
	struct tls_conf client = {
		.verify = true, .ca_file = PAIR_DIR "ca.pem", .allow_wildcards = true};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		shake(&plain_server, &client, cases[i].host, PAIR_WALL);
		assert_int_equal(pair.client.error, cases[i].is_fine ? 0 : -EKEYREJECTED);
		pair_close(&pair);
	}
}

static void test_client_certificates(void **state)
{
	static const struct {
		const char *client_cert;
		bool verify, require;
		int error; /* of the server */
	} cases[] = {
		{NULL, false, false, 0},
		{NULL, true, false, 0}, /* verified if there is one */
		{NULL, false, true, -EPROTO},
		{NULL, true, true, -EPROTO},
		{"client.pem", true, true, 0},
		{"stranger.pem", true, false, -EKEYREJECTED},
		{"stranger.pem", false, true, 0}, /* there has to be one, any will do */
		{"past.pem", true, true, -EKEYREJECTED},
	};
	char cert[64];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct tls_conf server = plain_server, client = plain_client;

		server.verify = cases[i].verify;
		server.require_cert = cases[i].require;
		server.ca_file = PAIR_DIR "ca.pem";
		if (cases[i].client_cert) {
			snprintf(cert, sizeof(cert), PAIR_DIR "%s", cases[i].client_cert);
			client.cert_file = cert;
			if (strcmp(cases[i].client_cert, "client.pem") == 0)
				client.key_file = PAIR_DIR "client.key";
		}
		shake(&server, &client, NULL, PAIR_WALL);
		assert_int_equal(pair.server.error, cases[i].error);
		if (!cases[i].error)
			talk();
		pair_close(&pair);
	}
}

static void test_ca_directory(void **state)
{
	struct tls_conf client = {.verify = true, .ca_path = PAIR_DIR "trust"};

	UNUSED(state);
	shake(&plain_server, &client, "ringer.test", PAIR_WALL);
	talk();
}

/* ---- hostile octets ---- */

static void test_garbage(void **state)
{
	static const struct slice hellos[] = {
		SLICE_LIT("GET / HTTP/1.0\r\n\r\n"),
		SLICE_LIT("Action: Login\r\nUsername: a\r\n\r\n"),
		SLICE_LIT("\x16\x03\x01\xff\xff\x01"),
		SLICE_LIT("\x80\x2e\x01\x00\x02"),
		SLICE_LIT("\x15\x03\x01\x00\x02\x02\x28"),
	};
	struct tls_context *c = make(&plain_server);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(hellos); i++) {
		memset(&pair, 0, sizeof(pair));
		assert_int_equal(tls_session_create(&pair.server.session, c, NULL, PAIR_WALL), 0);
		for (size_t k = 0; k < 40; k++)
			pair_take(&pair.server, hellos[i].ptr, hellos[i].len);
		assert_int_equal(pair.server.error, -EPROTO);
		assert_int_equal(tls_session_state(pair.server.session), TLS_FAILED);
		assert_true(strlen(tls_session_error(pair.server.session)) > 0);
		assert_int_equal(tls_session_write(pair.server.session, "x", 1), -EPIPE);
		pair_close(&pair);
	}
	tls_context_unref(c);
}

/* One octet changed anywhere: never plain text that was not sent. */
static void test_forged(void **state)
{
	struct tls_context *s = make(&plain_server), *c = make(&plain_client);
	size_t opened = 0;

	UNUSED(state);
	for (size_t at = 1; at < 1500; at += 13) {
		for (int side = 0; side < 2; side++) {
			memset(&pair, 0, sizeof(pair));
			pair.spoil_client = side ? 0 : at;
			pair.spoil_server = side ? at : 0;
			assert_int_equal(
				tls_session_create(&pair.server.session, s, NULL, PAIR_WALL), 0);
			assert_int_equal(
				tls_session_create(&pair.client.session, c, NULL, PAIR_WALL), 0);
			pair_run(&pair);
			if (tls_session_write(pair.client.session, "hello", 5) == 0)
				pair_run(&pair);
			if (tls_session_write(pair.server.session, "hello", 5) == 0)
				pair_run(&pair);
			opened += pair.server.got_len == 5 && pair.client.got_len == 5;
			assert_true(pair.server.got_len == 0 ||
				    memcmp(pair.server.got, "hello", 5) == 0);
			assert_true(pair.client.got_len == 0 ||
				    memcmp(pair.client.got, "hello", 5) == 0);
			pair_close(&pair);
		}
	}
	assert_true(opened > 0); /* those behind the end */
	tls_context_unref(s);
	tls_context_unref(c);
}

/* A client of TLS 1.2 that asks for new keys is told no, upon which OpenSSL's gives up. */
static void test_renegotiation(void **state)
{
	struct tls_context *c = make(&plain_server);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	char octets[16384];
	int n;

	UNUSED(state);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	assert_int_equal(tls_session_create(&pair.server.session, c, NULL, PAIR_WALL), 0);
	for (int round = 0; round < 12; round++) {
		struct slice out;

		(void)SSL_read(ssl, octets, 1);
		if (round == 6) {
			assert_int_equal(SSL_is_init_finished(ssl), 1);
			assert_int_equal(SSL_renegotiate(ssl), 1);
			(void)SSL_do_handshake(ssl);
		}
		while ((n = BIO_read(SSL_get_wbio(ssl), octets, sizeof(octets))) > 0)
			pair_take(&pair.server, octets, (size_t)n);
		out = tls_session_output(pair.server.session);
		(void)BIO_write(SSL_get_rbio(ssl), out.ptr, (int)out.len);
		tls_session_output_taken(pair.server.session);
	}
	assert_int_equal(pair.server.error, -EPROTO);
	assert_non_null(strstr(tls_session_error(pair.server.session), "alert"));
	assert_int_not_equal(SSL_get_state(ssl), TLS_ST_OK); /* it did not get new keys */
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_context_unref(c);
	ERR_clear_error();
}

/* ---- configuration that cannot be used ---- */

static const struct {
	struct tls_conf conf;
	int error;
	const char *text;
} refused[] = {
	{{.server = true}, -EINVAL, "no certificate file is named; a server needs one"},
	{{.server = true, .cert_file = PAIR_DIR "none.pem"},
	 -ENOENT,
	 "certificate tests/tls/none.pem cannot be read: No such file or directory; check "
	 "the "
	 "path, and that the engine's user may read it"},
	{{.server = true, .cert_file = PAIR_DIR "make"},
	 -EINVAL,
	 "certificate tests/tls/make: no start line; it has to be a PEM file that begins "
	 "with a "
	 "certificate"},
	{{.server = true, .cert_file = PAIR_DIR "server.pem"},
	 -EINVAL,
	 "private key tests/tls/server.pem: unsupported; it has to be a PEM file with a "
	 "private "
	 "key"},
	{{.server = true, .cert_file = PAIR_DIR "server.pem", .key_file = PAIR_DIR "client.key"},
	 -EINVAL,
	 "private key tests/tls/client.key: key values mismatch; it has to be the key of "
	 "the "
	 "certificate"},
	{{.server = true, .cert_file = PAIR_DIR "server.pem", .key_file = PAIR_DIR "locked.key"},
	 -EINVAL,
	 "private key tests/tls/locked.key has a passphrase; remove it with \"openssl "
	 "pkey\""},
	{{.server = true, .cert_file = PAIR_DIR "whole.pem", .ciphers = "NONSENSE"},
	 -EINVAL,
	 "cipher list NONSENSE: no cipher match; \"openssl ciphers\" shows the names that "
	 "are "
	 "known"},
	{{.verify = true},
	 -EINVAL,
	 "certificates are to be verified, but no CA is named; name a file or a directory "
	 "of those "
	 "to trust"},
	{{.verify = true, .ca_file = PAIR_DIR "server.key"},
	 -EINVAL,
	 "CA file tests/tls/server.key: no reason given; it has to be a PEM file of "
	 "certificates"},
	{{.verify = true, .ca_path = PAIR_DIR "nowhere"},
	 -ENOENT,
	 "CA directory tests/tls/nowhere cannot be read: No such file or directory; check "
	 "the path, "
	 "and that the engine's user may read it"},
	{{.version_min = TLS_1_3, .version_max = TLS_1_2},
	 -EINVAL,
	 "versions: the least is above the greatest; no connection could be made"},
};

static void test_refused_configuration(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
		struct tls_context *c = NULL;
		struct sink error = sink_make(text, sizeof(text));

		assert_int_equal(tls_context_create(&c, bench.io, &refused[i].conf, &error),
				 refused[i].error);
		assert_string_equal(sink_cstr(&error), refused[i].text);
		assert_null(c);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_octet_by_octet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wire_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_too_early, setup, teardown),
		cmocka_unit_test_setup_teardown(test_certificates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wildcards, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_certificates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ca_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renegotiation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_configuration, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
