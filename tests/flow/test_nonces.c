/* tests/flow/test_nonces.c - credentials at once, with the nonces of calls before (sip/nonces.h).
 */
#include "engine/base/check.h"
#include "tests/flow/flow.h"

#define AUTH	"outbound_auth=acct"
#define SECTION "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n"
#define CHALLENGE(nonce, more)                                                                     \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"" nonce "\", qop=\"auth\"" more "\r\n"

static const struct flow_msg *expect_invite(struct flow *f, const char *credentials)
{
	const struct flow_msg *m = flow_expect(f, "INVITE");
	const char *auth = strstr(m->text, "\r\nAuthorization: ");

	if (!credentials)
		assert_null(auth);
	else if (!auth || !strstr(auth, credentials))
		fail_msg("no %s in: %s", credentials, m->text);
	return m;
}

/* 401, ACK, then the INVITE with the credentials that are expected. */
static const struct flow_msg *challenge(struct flow *f, const struct flow_msg *invite,
					const char *challenge, const char *credentials)
{
	flow_reply(f, invite, 401, "c", challenge, NULL);
	flow_expect(f, "ACK");
	return expect_invite(f, credentials);
}

static void answer(struct flow *f, const struct flow_msg *invite)
{
	flow_reply(f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
}

static void hang_up(struct flow *f, const char *credentials)
{
	const struct flow_msg *m;

	flow_hangup(f, 16);
	m = flow_expect(f, "BYE");
	if (credentials ? !strstr(m->text, credentials) : !!strstr(m->text, "Authorization"))
		fail_msg("%s in: %s", credentials ? credentials : "credentials", m->text);
	flow_reply(f, m, 200, NULL, NULL, NULL);
	flow_run(f, SIM_SECOND);
}

/* A first call that was challenged once, let in, and is over: counts 1 and 2 are used. */
static void first_call(struct flow *f)
{
	flow_start(f, AUTH, SECTION);
	flow_dial(f, "100@trunk");
	answer(f, challenge(f, expect_invite(f, NULL), CHALLENGE("n1", ""), "nc=00000001"));
	hang_up(f, "nc=00000002");
}

static void test_reused(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "200@trunk");
	m = expect_invite(&f, "nonce=\"n1\", uri=\"sip:200@10.0.0.9:5060\"");
	assert_non_null(strstr(m->text, "nc=00000003"));
	answer(&f, m);
	hang_up(&f, "nc=00000004");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_nonce_reused), 1);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_nonce_refused), 0);
	flow_end(&f);
}

/* stale, and without that word: met with the new nonce, and no refusal. */
static void test_not_any_more(void **state)
{
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "200@trunk");
	answer(&f, challenge(&f, expect_invite(&f, "nc=00000003"), CHALLENGE("n2", ", stale=true"),
			     "nonce=\"n2\""));
	hang_up(&f, "nonce=\"n2\"");
	flow_dial(&f, "300@trunk");
	answer(&f, challenge(&f, expect_invite(&f, "nonce=\"n2\""), CHALLENGE("n3", ""),
			     "nonce=\"n3\""));
	hang_up(&f, "nonce=\"n3\"");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_nonce_refused), 2);
	flow_end(&f);
}

/* The same nonce again is no refusal once, and its counts go on. Then it is one. */
static void test_same_nonce(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "200@trunk");
	m = challenge(&f, expect_invite(&f, "nc=00000003"), CHALLENGE("n1", ""), "nc=00000004");
	flow_reply(&f, m, 401, "c", CHALLENGE("n1", ""), NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 21 401");
	flow_end(&f);
}

/* A far end that wants a new nonce each time is asked plainly after three of them. */
static void test_left_alone(void **state)
{
	static const char *const challenges[] = {CHALLENGE("n2", ""), CHALLENGE("n3", ""),
						 CHALLENGE("n4", "")};
	static const char *const nonces[] = {"nonce=\"n1\"", "nonce=\"n2\"", "nonce=\"n3\"",
					     "nonce=\"n4\""};
	struct flow f;

	UNUSED(state);
	first_call(&f);
	for (int i = 0; i < 3; i++) {
		flow_dial(&f, "200@trunk");
		answer(&f,
		       challenge(&f, expect_invite(&f, nonces[i]), challenges[i], nonces[i + 1]));
		hang_up(&f, nonces[i + 1]);
	}
	flow_dial(&f, "300@trunk");
	answer(&f, challenge(&f, expect_invite(&f, NULL), CHALLENGE("n5", ""), "nonce=\"n5\""));
	hang_up(&f, "nonce=\"n5\"");
	flow_dial(&f, "400@trunk");
	answer(&f, challenge(&f, expect_invite(&f, NULL), CHALLENGE("n6", ""), "nonce=\"n6\""));
	hang_up(&f, "nonce=\"n6\"");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_nonce_reused), 3);
	flow_end(&f);
}

/* 403 to a nonce that was never taken twice: asked again without. Once it was, 403 is meant. */
static void test_forbidden(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "200@trunk");
	flow_reply(&f, expect_invite(&f, "nonce=\"n1\""), 403, "c", NULL, NULL);
	flow_expect(&f, "ACK");
	answer(&f, challenge(&f, expect_invite(&f, NULL), CHALLENGE("n2", ""), "nonce=\"n2\""));
	hang_up(&f, "nonce=\"n2\"");
	flow_dial(&f, "300@trunk");
	answer(&f, expect_invite(&f, "nonce=\"n2\""));
	hang_up(&f, "nonce=\"n2\"");
	flow_dial(&f, "400@trunk");
	m = expect_invite(&f, "nonce=\"n2\"");
	flow_reply(&f, m, 403, "c", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 21 403");
	flow_end(&f);
}

/* A reload may bring another secret: the next call waits to be asked, and so does the BYE of one
 * that runs. */
static void test_reload(void **state)
{
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "200@trunk");
	answer(&f, expect_invite(&f, "nonce=\"n1\""));
	flow_reload(&f, AUTH, SECTION);
	hang_up(&f, NULL);
	flow_dial(&f, "300@trunk");
	flow_reply(&f, expect_invite(&f, NULL), 404, "c", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	flow_end(&f);
}

static void test_switched_off(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, AUTH, SECTION "nonce_reuse=no\n");
	flow_dial(&f, "100@trunk");
	answer(&f, challenge(&f, expect_invite(&f, NULL), CHALLENGE("n1", ""), "nc=00000001"));
	hang_up(&f, "nc=00000002");
	flow_dial(&f, "200@trunk");
	answer(&f, challenge(&f, expect_invite(&f, NULL), CHALLENGE("n2", ""), "nc=00000001"));
	hang_up(&f, "nc=00000002");
	flow_end(&f);
}

/* Another target of the same endpoint gets no credentials unasked. */
static void test_of_one_target(void **state)
{
	struct flow f;

	UNUSED(state);
	first_call(&f);
	flow_dial(&f, "trunk/sip:500@10.0.0.9:5070");
	flow_reply(&f, expect_invite(&f, NULL), 404, "c", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reused),	     cmocka_unit_test(test_not_any_more),
		cmocka_unit_test(test_same_nonce),   cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_forbidden),    cmocka_unit_test(test_reload),
		cmocka_unit_test(test_switched_off), cmocka_unit_test(test_of_one_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
