/* tests/fuzz/fuzz_tls.c - hostile octets on both sides of TLS.
 *
 * The first octet chooses: the rest goes to a server, or to a client, as it is; or two sessions
 * talk and the rest says, pair by pair, which octet of whose is changed and how (distance, mask).
 * Randomness is fixed, so a finding is found again. */
#include "engine/base/rng.h"
#include "tests/tls/pair.h"

#include <openssl/rand.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct io *io;
static struct metrics metrics;
static struct tls_context *server, *client, *old_server;
static struct rng chance;

static int chance_bytes(unsigned char *dst, int len)
{
	for (int i = 0; i < len; i++)
		dst[i] = (unsigned char)rng_u64(&chance);
	return 1;
}

static int chance_status(void)
{
	return 1;
}

static void context(struct tls_context **out, const struct tls_conf *conf)
{
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	check(tls_context_create(out, io, conf, &error) == 0);
}

static void prepare(void)
{
	static const RAND_METHOD method = {
		.bytes = chance_bytes, .pseudorand = chance_bytes, .status = chance_status};
	static const struct io_conf conf = {.name = "fuzz", .metrics = &metrics, .cpu = -1};
	static const struct tls_conf server_conf = {
		.server = true,
		.cert_file = RINGER_SOURCE_DIR "/" PAIR_DIR "whole.pem",
		.ca_file = RINGER_SOURCE_DIR "/" PAIR_DIR "ca.pem",
		.verify = true};
	static const struct tls_conf old_conf = {.server = true,
						 .cert_file =
							 RINGER_SOURCE_DIR "/" PAIR_DIR "rsa.pem",
						 .version_max = TLS_1_2};
	static const struct tls_conf client_conf = {
		.verify = true, .ca_file = RINGER_SOURCE_DIR "/" PAIR_DIR "ca.pem"};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	check(RAND_set_rand_method(&method) == 1);
#pragma GCC diagnostic pop
	check(io_create(&io, &conf) == 0);
	context(&server, &server_conf);
	context(&old_server, &old_conf);
	context(&client, &client_conf);
}

static void take(struct pair_end *e, const uint8_t *data, size_t size)
{
	/* In two parts, the second behind whatever the first led to. */
	pair_take(e, (const char *)data, size / 2);
	pair_take(e, (const char *)data + size / 2, size - size / 2);
	check(e->got_len == 0); /* nobody without keys gets plain text through */
	check((e->error != 0) == (tls_session_state(e->session) == TLS_FAILED));
	if (e->error)
		check(tls_session_write(e->session, "x", 1) == -EPIPE);
}

/* Messages of the sessions with octets changed at the places that the input names. */
static void talk(struct pair *p, const uint8_t *data, size_t size)
{
	size_t at = 0;

	p->spoil_client = p->spoil_server = 0;
	for (unsigned round = 0; round < 12; round++) {
		if (at + 2 <= size) {
			size_t where = (size_t)data[at] * 4 + data[at + 1] % 4;
			struct pair_end *e = data[at + 1] & 0x80 ? &p->server : &p->client;

			*(e == &p->client ? &p->spoil_client : &p->spoil_server) =
				e->wire_bytes + where + 1;
			p->piece = data[at + 1] & 0x40 ? 7 : 0;
			at += 2;
		}
		(void)pair_turn(p);
		(void)tls_session_write(p->client.session, "hello", 5);
		(void)tls_session_write(p->server.session, "hello", 5);
	}
	for (size_t i = 0; i < p->server.got_len; i++)
		check(p->server.got[i] == "hello"[i % 5]);
	for (size_t i = 0; i < p->client.got_len; i++)
		check(p->client.got[i] == "hello"[i % 5]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pair p;

	if (!io)
		prepare();
	if (size == 0)
		return 0;
	rng_seed(&chance, 1);
	p.client = p.server = (struct pair_end){.error = 0};
	check(tls_session_create(&p.server.session, data[0] & 4 ? old_server : server, NULL,
				 PAIR_WALL) == 0);
	check(tls_session_create(&p.client.session, client, "ringer.test", PAIR_WALL) == 0);
	if (data[0] % 4 == 0)
		take(&p.server, data + 1, size - 1);
	else if (data[0] % 4 == 1)
		take(&p.client, data + 1, size - 1);
	else
		talk(&p, data + 1, size - 1);
	pair_close(&p);
	return 0;
}
