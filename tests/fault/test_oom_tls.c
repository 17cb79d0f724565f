/* tests/fault/test_oom_tls.c - TLS without memory: allocations that OpenSSL makes for contexts and
 * sessions, and for keys that sign, fail, from the files to the last octet. A handshake has 8,000
 * of them; each 13th is failed here (all were, once: a minute). */
#include "engine/io/es256.h"
#include "tests/fault/oom.h"
#include "tests/fault/spare.h"
#include "tests/sim/sim.h"
#include "tests/tls/pair.h"
#include "tests/unit/cmocka.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* Points, but not counted as taken: OpenSSL keeps error texts and tables for later. What it loses
 * for good is found by the leak check of the asan preset. */
static void *point_malloc(size_t bytes, const char *file, int line)
{
	UNUSED(file);
	UNUSED(line);
	return oom_fails() ? NULL : malloc(bytes);
}

static void *point_realloc(void *ptr, size_t bytes, const char *file, int line)
{
	UNUSED(file);
	UNUSED(line);
	return oom_fails() ? NULL : realloc(ptr, bytes);
}

static void point_free(void *ptr, const char *file, int line)
{
	UNUSED(file);
	UNUSED(line);
	free(ptr);
}

static struct sim_world *w;
static struct io *io;

static const struct tls_conf server_conf = {.server = true,
					    .cert_file = "/tls/whole.pem",
					    .ca_path = "/tls/trust",
					    .verify = true,
					    .require_cert = true};
static const struct tls_conf client_conf = {.cert_file = "/tls/client.pem",
					    .key_file = "/tls/client.key",
					    .ca_file = "/tls/ca.pem",
					    .verify = true};

static int run_context(struct oom_case *c)
{
	struct tls_context *context = NULL;
	char text[256];
	struct sink error = sink_make(text, sizeof(text));
	int err;

	oom_arm(c->mode, c->nth);
	err = tls_context_create(&context, io, c->arg, &error);
	oom_disarm(&c->failed);
	if (err)
		assert_true(error.len > 0);
	tls_context_unref(context);
	return err;
}

static int run_key(struct oom_case *c)
{
	uint8_t signature[ES256_OCTETS];
	struct es256_key *k = NULL;
	char text[256];
	struct sink error = sink_make(text, sizeof(text));
	int err;

	oom_arm(c->mode, c->nth);
	err = es256_key_load(&k, io, "/tls/passport.key", &error);
	if (err)
		assert_true(error.len > 0);
	else
		err = es256_sign(k, SLICE_LIT("hello"), signature);
	oom_disarm(&c->failed);
	es256_key_unref(k);
	return err;
}

static struct tls_context *server, *client;

static int talk(struct pair *p)
{
	int err = tls_session_create(&p->server.session, server, NULL, PAIR_WALL);

	if (!err)
		err = tls_session_create(&p->client.session, client, "ringer.test", PAIR_WALL);
	if (err)
		return err;
	pair_run(p);
	err = tls_session_write(p->client.session, "hello", 5);
	if (!err)
		err = tls_session_write(p->server.session, "hello", 5);
	pair_run(p);
	tls_session_close(p->client.session);
	pair_run(p);
	if (!err)
		err = p->client.error ? p->client.error : p->server.error;
	if (!err && (p->client.got_len != 5 || p->server.got_len != 5))
		err = -EIO;
	return err;
}

static int run_session(struct oom_case *c)
{
	static struct pair p;
	int err;

	p.client = p.server = (struct pair_end){.error = 0};
	oom_arm(c->mode, c->nth);
	err = talk(&p);
	oom_disarm(&c->failed);
	pair_close(&p);
	return err;
}

static void test_contexts(void **state)
{
	struct oom_case cases[] = {
		{.name = "server",
		 .run = run_context,
		 .arg = (void *)&server_conf,
		 .survives = true,
		 .stride = 5},
		{.name = "client",
		 .run = run_context,
		 .arg = (void *)&client_conf,
		 .survives = true,
		 .stride = 5},
	};

	UNUSED(state);
	for (size_t i = 0; i < 2; i++)
		assert_true(oom_exhaust(&cases[i]) > 100);
}

static void test_key(void **state)
{
	struct oom_case c = {.name = "key", .run = run_key, .survives = true, .stride = 7};

	UNUSED(state);
	assert_true(oom_exhaust(&c) > 100);
}

static void test_sessions(void **state)
{
	struct oom_case c = {.name = "session", .run = run_session, .survives = true, .stride = 13};
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	UNUSED(state);
	assert_int_equal(tls_context_create(&server, io, &server_conf, &error), 0);
	assert_int_equal(tls_context_create(&client, io, &client_conf, &error), 0);
	assert_true(oom_exhaust(&c) > 100);
	tls_context_unref(server);
	tls_context_unref(client);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_sessions),
	};
	static struct metrics metrics;
	static const struct io_conf conf = {.name = "tls", .metrics = &metrics, .cpu = -1};
	int failed;

	/* Before OpenSSL takes its first block. */
	check(CRYPTO_set_mem_functions(point_malloc, point_realloc, point_free) == 1);
	w = sim_world_create(1);
	check(sim_fs_import(w, "tests/tls", "/tls") == 0);
	check(io_create(&io, &conf) == 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	io_destroy(io);
	sim_world_destroy(w);
	return failed;
}
