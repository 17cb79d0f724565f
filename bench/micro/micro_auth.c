/* bench/micro/micro_auth.c - digest authentication, and callers attested. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "sip/auth.h"
#include "sip/passport.h"

static const char challenge[] =
	"Digest realm=\"asterisk\",nonce=\"1763923154/9b2d3c1e5f60718293a4b5c6d7e8f900\","
	"opaque=\"2f4e6d8c0a1b2c3d\",algorithm=MD5,qop=\"auth\"";

static void *open_digest(void)
{
	struct sip_digest *d;

	return sip_digest_create(&d) ? NULL : d;
}

static void close_digest(void *state)
{
	sip_digest_destroy(state);
}

static void run_challenge(void *state, uint64_t count)
{
	struct sip_challenge c;

	UNUSED(state);
	while (count--)
		check(!sip_challenge_parse(&c, SLICE_LIT(challenge), true));
}

static void header_write(struct sip_digest *d, enum sip_auth_alg alg, uint64_t count)
{
	const struct sip_credentials cred = {.username = SLICE_LIT("trunk1"),
					     .password = SLICE_LIT("correct horse battery")};
	const struct sip_auth_request req = {SLICE_LIT("INVITE"),
					     SLICE_LIT("sip:4930123456@203.0.113.7:5060"),
					     SLICE_LIT("0a1b2c3d4e5f60718293a4b5c6d7e8f9"), 1};
	struct sip_challenge c;
	char buf[1024];

	check(!sip_challenge_parse(&c, SLICE_LIT(challenge), true));
	c.alg = alg;
	while (count--) {
		struct sink out = sink_make(buf, sizeof(buf));

		check(!sip_auth_write(&out, d, &c, &cred, &req));
		micro_keep(buf);
	}
}

static void run_md5(void *state, uint64_t count)
{
	header_write(state, SIP_AUTH_MD5, count);
}

static void run_sha256(void *state, uint64_t count)
{
	header_write(state, SIP_AUTH_SHA256, count);
}

/* ---- Identity ---- */

static const struct passport passport = {
	.level = 'A',
	.orig = SLICE_LIT("12025550100"),
	.dest = SLICE_LIT("13035550199"),
	.url = SLICE_LIT("https://certs.example.com/shaken/0123456789.pem"),
	.iat_s = 1767225600,
	.origid = "123e4567-e89b-12d3-a456-426655440000",
};

static void *open_key(void)
{
	static struct metrics metrics;
	static const struct io_conf conf = {.name = "key", .metrics = &metrics, .cpu = -1};
	struct es256_key *key = NULL;
	char text[256];
	struct sink error = sink_make(text, sizeof(text));
	struct io *io;

	if (io_create(&io, &conf))
		return NULL;
	check(!es256_key_load(&key, io, RINGER_SOURCE_DIR "/tests/tls/passport.key", &error));
	io_destroy(io);
	return key;
}

static void close_key(void *state)
{
	es256_key_unref(state);
}

static void run_es256(void *state, uint64_t count)
{
	uint8_t signature[ES256_OCTETS];
	char data[320] = {0};

	while (count--) {
		check(!es256_sign(state, slice_make(data, sizeof(data)), signature));
		micro_keep(signature);
	}
}

static void run_passport(void *state, uint64_t count)
{
	char room[1024];

	UNUSED(state);
	while (count--) {
		struct sink out = sink_make(room, sizeof(room));

		passport_write(&out, &passport);
		micro_keep(room);
	}
}

static void run_identity(void *state, uint64_t count)
{
	char room[1024];

	while (count--) {
		struct sink out = sink_make(room, sizeof(room));

		check(!passport_write_identity(&out, &passport, state));
		micro_keep(room);
	}
}

static const struct micro_case cases[] = {
	{"challenge_parse", run_challenge, sizeof(challenge) - 1, .expect_ns = 350},
	{"header_md5", run_md5, 0, .expect_ns = 1500, .open = open_digest, .close = close_digest},
	{"header_sha256", run_sha256, 0, .expect_ns = 1800, .open = open_digest,
	 .close = close_digest},
	{"passport", run_passport, 0, .expect_ns = 1000},
	{"es256_sign", run_es256, 0, .expect_ns = 30000, .open = open_key, .close = close_key},
	{"identity", run_identity, 0, .expect_ns = 31000, .open = open_key, .close = close_key},
};

const struct micro_table micro_auth = MICRO_TABLE(cases);
