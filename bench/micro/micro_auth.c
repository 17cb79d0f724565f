/* bench/micro/micro_auth.c - digest authentication. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "sip/auth.h"

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

static const struct micro_case cases[] = {
	{"challenge_parse", run_challenge, sizeof(challenge) - 1, .expect_ns = 350},
	{"header_md5", run_md5, 0, .expect_ns = 1500, .open = open_digest, .close = close_digest},
	{"header_sha256", run_sha256, 0, .expect_ns = 1800, .open = open_digest,
	 .close = close_digest},
};

const struct micro_table micro_auth = MICRO_TABLE(cases);
