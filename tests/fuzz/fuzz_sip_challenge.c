/* tests/fuzz/fuzz_sip_challenge.c - credentials as a registrar and a called side get them, and the
 * digest both ways: what our client answers to our challenge is good, and nothing else is.
 *
 * The input's first octet chooses: 'r': the rest is an Authorization value from outside; else four
 * texts between line ends - realm, user, secret, cnonce - make a server and a client, and the octet
 * chooses the algorithm and where the answer is spoilt. */
#include "sip/challenge.h"
#include "tests/unit/sip/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No user name makes that: its quotes are escaped. */
#define BEFORE_RESPONSE "uri=\"sip:100@10.0.0.1\", response=\""
/* Of a field: what does not fit into SIP_AUTH_TEXT is unusable, as it should. */
#define TEXT_MAX 64

static const uint8_t secret[SIP_SECRET_LEN] = "secret of the fuzzer";
static const struct addr phone = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}};
static struct sip_digest *digest; /* made once: OpenSSL is slow to set up */

static struct sip_challenger at(int64_t now_s)
{
	return (struct sip_challenger){digest, secret, now_s, &phone};
}

/* False: no SIP message any more. */
static bool message(struct sip_msg *m, struct sink *out, const char *first, struct slice lines)
{
	enum sip_parse_error err;

	sink_fmt(out,
		 "%s\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
		 "To: <sip:100@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n",
		 first);
	sink_add(out, lines);
	sip_write_end(out);
	return !out->over && sip_msg_parse(m, sink_slice(out), &err) == 0;
}

/* ---- from outside ---- */

static void take_value(struct slice value)
{
	static char text[LIMIT_SIP_DATAGRAM], line[LIMIT_SIP_DATAGRAM];
	struct sink out = sink_make(text, sizeof(text)), head = sink_make(line, sizeof(line));
	const struct sip_challenger who = at(1000);
	const struct sip_demand demand = {
		.cred = {.username = SLICE_LIT("bob"),
			 .password = SLICE_LIT("zanzibar"),
			 .realm = SLICE_LIT("asterisk")},
		.algs = {.list = {SIP_AUTH_MD5, SIP_AUTH_SHA256, SIP_AUTH_SHA512_256}, .count = 3},
		.nonce_lifetime_s = 32};
	struct sip_msg m;

	sink_lit(&head, "Authorization: ");
	sink_add(&head, value);
	sink_lit(&head, "\r\nProxy-Authorization: ");
	sink_add(&head, value);
	sink_lit(&head, "\r\n");
	if (head.over || !message(&m, &out, "INVITE sip:100@10.0.0.1 SIP/2.0", sink_slice(&head)))
		return;
	walk_inside(sink_slice(&out), sip_challenge_user(&m));
	sip_challenge_verify(&who, &m, false, &demand);
	sip_challenge_verify(&who, &m, true, &demand);
}

/* ---- both ways ---- */

/* As a configuration file may have it: no control characters. */
static struct slice take_field(struct slice *rest, char room[TEXT_MAX])
{
	struct slice field = SLICE_EMPTY;

	slice_split(rest, '\n', &field);
	field = slice_head(field, TEXT_MAX);
	for (size_t i = 0; i < field.len; i++)
		room[i] = (unsigned char)field.ptr[i] < ' ' || field.ptr[i] == 127 ? '-'
										   : field.ptr[i];
	return slice_make(room, field.len);
}

static size_t answer_to(struct slice challenge, const struct sip_demand *d, bool is_proxy,
			struct slice cnonce, char *out_text, size_t size)
{
	static char text[LIMIT_SIP_DATAGRAM];
	struct sink out = sink_make(out_text, size), response = sink_make(text, sizeof(text));
	const struct sip_credentials cred = {.username = d->cred.username,
					     .password = d->cred.password};
	const struct sip_auth_request req = {SLICE_LIT("INVITE"), SLICE_LIT("sip:100@10.0.0.1"),
					     cnonce, 0};
	struct sip_auth_state st = {0};
	struct sip_msg m;

	check(message(&m, &response, is_proxy ? "SIP/2.0 407 x" : "SIP/2.0 401 x", challenge));
	check(sip_auth_take(&st, &m, sip_auth_algs_mask(&d->algs), &cred) == SIP_AUTH_RETRY);
	check(sip_auth_state_write(&out, digest, &st, &cred, &req) == 0);
	check(!out.over);
	return out.len;
}

static enum sip_verdict verdict_on(struct slice answer, int64_t now_s, bool is_proxy,
				   const struct sip_demand *d)
{
	static char text[LIMIT_SIP_DATAGRAM];
	struct sink out = sink_make(text, sizeof(text));
	const struct sip_challenger who = at(now_s);
	struct sip_msg m;

	if (!message(&m, &out, "INVITE sip:100@10.0.0.1 SIP/2.0", answer))
		return SIP_VERDICT_NONE;
	return sip_challenge_verify(&who, &m, is_proxy, d);
}

static void go_round(unsigned char how, struct slice rest)
{
	char realm[TEXT_MAX], user[TEXT_MAX], password[TEXT_MAX], cnonce_room[TEXT_MAX];
	char challenge_text[2048], answer[2048];
	struct sink challenge = sink_make(challenge_text, sizeof(challenge_text));
	const struct sip_challenger who = at(1000);
	bool is_proxy = how & 4;
	struct sip_demand d = {.algs = {.list = {how % SIP_AUTH_ALG_COUNT}, .count = 1},
			       .nonce_lifetime_s = 32};
	struct slice cnonce, spoilt, found;
	size_t len, at_octet;

	d.cred.realm = take_field(&rest, realm);
	d.cred.username = take_field(&rest, user);
	d.cred.password = take_field(&rest, password);
	cnonce = take_field(&rest, cnonce_room);
	if (!d.cred.realm.len || !d.cred.username.len || !sip_text_all(cnonce, SIP_CH_HEX))
		return;
	sip_challenge_write(&challenge, &who, is_proxy, &d, false);
	len = answer_to(sink_slice(&challenge), &d, is_proxy, cnonce, answer, sizeof(answer));
	spoilt = slice_make(answer, len);
	check(verdict_on(spoilt, 1000, is_proxy, &d) == SIP_VERDICT_GOOD);
	check(verdict_on(spoilt, 1033, is_proxy, &d) == SIP_VERDICT_STALE);
	check(verdict_on(spoilt, 1000, !is_proxy, &d) == SIP_VERDICT_NONE);
	at_octet = slice_find_text(spoilt, SLICE_LIT(BEFORE_RESPONSE)) + strlen(BEFORE_RESPONSE) +
		   (how >> 3) % 32;
	found = slice_from(spoilt, at_octet);
	answer[at_octet] = found.ptr[0] == 'a' ? 'b' : 'a';
	check(verdict_on(spoilt, 1000, is_proxy, &d) == SIP_VERDICT_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);

	if (!digest)
		check(!sip_digest_create(&digest));
	if (size == 0)
		return 0;
	if (data[0] == 'r')
		take_value(slice_from(rest, 1));
	else
		go_round(data[0], slice_from(rest, 1));
	return 0;
}
