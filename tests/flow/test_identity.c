/* tests/flow/test_identity.c - callers attested (RFC 8224, 8225, 8588): Date and Identity of
 * INVITEs, message by message. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"
#include "tests/tls/jws.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")
#define STIR                                                                                       \
	"[attestation]\nprivate_key_file=/tls/passport.key\n"                                      \
	"public_cert_url=https://example.com/all.pem\nattest_level=B\n"                            \
	"[12025550100]\ntype=tn\nattest_level=A\n"                                                 \
	"[carrier]\ntype=profile\nendpoint_behavior=attest\n"
#define CALLER "callerid=Ann <+1-202-555-0100>\nstir_shaken_profile=carrier\n"
#define ACCT   "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n"
#define ASK    "Proxy-Authenticate: Digest realm=\"one\", nonce=\"n1\", qop=\"auth\"\r\n"
#define HEADER                                                                                     \
	"{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\","                              \
	"\"x5u\":\"https://example.com/all.pem\"}"

static EVP_PKEY *public_key(void)
{
	static EVP_PKEY *key;

	if (!key)
		key = jws_public_key("tests/tls/passport.pub");
	return key;
}

static unsigned count_lines(const struct flow_msg *m, const char *name)
{
	unsigned count = 0;

	for (const char *at = m->text; (at = strstr(at, name)) != NULL; at++)
		count += at[-1] == '\n';
	return count;
}

/* The one Identity of the message, signed by our key for that call at this second; its origid. */
static const char *expect_identity(struct flow *f, const struct flow_msg *m, char level,
				   const char *orig, const char *dest)
{
	static char origids[4][37];
	static unsigned next;
	struct slice value = slice_str(flow_header(m, "Identity")), token;
	char want[256], *origid = origids[next++ % 4];
	struct jws jws;
	int len;

	assert_int_equal(count_lines(m, "Identity:"), 1);
	assert_int_equal(count_lines(m, "Date:"), 1);
	assert_true(slice_split(&value, ';', &token));
	assert_true(slice_eq(value,
			     SLICE_LIT("info=<https://example.com/all.pem>;alg=ES256;ppt=shaken")));
	jws_read(&jws, public_key(), token);
	assert_string_equal(jws.header, HEADER);
	len = snprintf(
		want, sizeof(want),
		"{\"attest\":\"%c\",\"dest\":{\"tn\":[\"%s\"]},\"iat\":%lld,\"orig\":{\"tn\":"
		"\"%s\"},\"origid\":\"",
		level, dest, (long long)(sim_wall(f->w) / SIM_SECOND), orig);
	assert_memory_equal(jws.payload, want, (size_t)len);
	assert_string_equal(jws.payload + len + 36, "\"}");
	memcpy(origid, jws.payload + len, 36);
	assert_true(origid[8] == '-' && origid[14] == '4');
	return origid;
}

static void expect_none(const struct flow_msg *m)
{
	assert_int_equal(count_lines(m, "Identity:"), 0);
	assert_int_equal(count_lines(m, "Date:"), 0);
}

static void end_busy(struct flow *f, const struct flow_msg *invite)
{
	flow_reply(f, invite, 486, "far1", NULL, NULL);
	flow_expect(f, "ACK");
	flow_fact(f, "ended 17 486");
}

/* Date and Identity stand behind what the dialplan adds, before Max-Forwards. */
static void test_attested(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER, NULL);
	flow_dial(&f, "+1(303)5550199@trunk");
	m = flow_expect(&f, "INVITE");
	expect_identity(&f, m, 'A', "12025550100", "13035550199");
	assert_string_equal(flow_header(m, "Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
	assert_non_null(strstr(m->text, "X-Campaign: spring\r\nDate: "));
	assert_non_null(strstr(m->text, ";ppt=shaken\r\nMax-Forwards: "));
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_identity_signed), 1);
	flow_reply(&f, m, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, m, 200, "far1", FLOW_CONTACT, SDP);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	expect_none(flow_expect(&f, "ACK"));
	flow_hangup(&f, CAUSE_NORMAL);
	m = flow_expect(&f, "BYE");
	expect_none(m);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Each INVITE is signed anew: with credentials, and with a longer session. */
static void test_again(void **state)
{
	const struct flow_msg *m;
	const char *first, *second;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER "outbound_auth=acct", ACCT);
	flow_dial(&f, "13035550199@trunk");
	m = flow_expect(&f, "INVITE");
	first = expect_identity(&f, m, 'A', "12025550100", "13035550199");
	flow_run(&f, 3 * SIM_SECOND);
	for (int i = 0; i < 2; i++) /* copies by timer A are the same octets */
		assert_string_equal(flow_expect(&f, "INVITE")->text, m->text);
	flow_reply(&f, m, 407, "p", ASK, NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	second = expect_identity(&f, m, 'A', "12025550100", "13035550199");
	assert_string_not_equal(first, second);
	assert_string_equal(flow_header(m, "Date"), "Thu, 01 Jan 2026 00:00:03 GMT");
	assert_non_null(strstr(m->text, "X-Campaign: spring\r\nDate: "));
	assert_non_null(strstr(m->text, "Proxy-Authorization: Digest "));
	flow_reply(&f, m, 422, "far1", "Min-SE: 3600\r\n", NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	assert_string_not_equal(second, expect_identity(&f, m, 'A', "12025550100", "13035550199"));
	end_busy(&f, m);
	flow_end(&f);
}

static void test_failover(void **state)
{
	const struct flow_msg *m;
	const char *first;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER "aors=two",
			"[two]\ntype=aor\ncontact=sip:10.0.0.7:5060\ncontact=sip:10.0.0.8:5070\n");
	flow_dial(&f, "13035550199@trunk");
	m = flow_expect(&f, "INVITE");
	first = expect_identity(&f, m, 'A', "12025550100", "13035550199");
	flow_reply(&f, m, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	assert_string_not_equal(first, expect_identity(&f, m, 'A', "12025550100", "13035550199"));
	end_busy(&f, m);
	flow_end(&f);
}

/* Whom nobody attests: the call goes out as ever. */
static void test_none(void **state)
{
	static const struct {
		const char *stir, *endpoint, *dial;
		unsigned counted;
	} cases[] = {
		{STIR, "callerid=Ann <alice1>\nstir_shaken_profile=carrier\n", "100@trunk", 1},
		{STIR, "callerid=Ann <12025550101>\nstir_shaken_profile=carrier\n", "100@trunk", 1},
		{STIR, CALLER, "bob@trunk", 1},
		{STIR, CALLER, "trunk", 1}, /* nobody in particular */
		{STIR, CALLER "callerid_privacy=prohib\n", "100@trunk", 0},
		{STIR, "callerid=\nstir_shaken_profile=carrier\n", "100@trunk", 0},
		{STIR, "callerid=Ann <12025550100>\n", "100@trunk", 0},
		{STIR "[carrier](+)\nendpoint_behavior=verify\n", CALLER, "100@trunk", 1},
		{STIR "[attestation](+)\nglobal_disable=yes\n", CALLER, "100@trunk", 1},
		{NULL, CALLER, "100@trunk", 1},
	};
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		flow_start_stir(&f, cases[i].stir, cases[i].endpoint, NULL);
		flow_dial(&f, cases[i].dial);
		m = flow_expect(&f, "INVITE");
		expect_none(m);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_identity_none),
				 cases[i].counted);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_identity_signed), 0);
		end_busy(&f, m);
		flow_end(&f);
	}
}

/* A hidden number is attested towards those who may see it. */
static void test_hidden(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR,
			CALLER "callerid_privacy=prohib\ntrust_id_outbound=yes\nsend_pai=yes\n",
			NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	expect_identity(&f, m, 'A', "12025550100", "100");
	assert_non_null(strstr(m->text, "anonymous.invalid"));
	end_busy(&f, m);
	flow_end(&f);
}

/* What the dialplan adds stands alone, and stays as it is. */
static void test_of_dialplan(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER "outbound_auth=acct", ACCT);
	f.header = "Identity: mine;info=<https://x/y>";
	flow_dial(&f, "100@trunk");
	for (int i = 0; i < 2; i++) {
		m = flow_expect(&f, "INVITE");
		assert_int_equal(count_lines(m, "Identity:"), 1);
		assert_int_equal(count_lines(m, "Date:"), 0);
		assert_string_equal(flow_header(m, "Identity"), "mine;info=<https://x/y>");
		if (i == 0) {
			flow_reply(&f, m, 407, "p", ASK, NULL);
			flow_expect(&f, "ACK");
		}
	}
	end_busy(&f, m);
	f.header = "Date: Fri, 01 Jan 2016 00:00:00 GMT";
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	expect_identity(&f, m, 'A', "12025550100", "100");
	assert_string_equal(flow_header(m, "Date"), "Fri, 01 Jan 2016 00:00:00 GMT");
	end_busy(&f, m);
	flow_end(&f);
}

static void connect_job(struct flow *f)
{
	static char name[71], num[71];

	memset(name, '"', sizeof(name) - 1);
	memset(num, '#', sizeof(num) - 1);
	f->number = f->tech.ops->connect(f->call, slice_str(name), slice_str(num));
}

/* The longest URL, and a name and a number that grow by their escapes: nothing is cut off. */
static void test_reinvite_long(void **state)
{
	char stir[1024], path[470];
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snprintf(stir, sizeof(stir), STIR "public_cert_url=https://example.com/%s\n", path);
	flow_start_stir(&f, stir, CALLER "send_pai=yes\nsend_rpid=yes\n", NULL);
	flow_answered_call(&f);
	flow_do(&f, connect_job);
	assert_int_equal(f.number, 0);
	m = flow_expect(&f, "INVITE");
	assert_int_equal(count_lines(m, "Identity: "), 1);
	assert_true(slice_ends(sip_msg_get_name(&m->msg, SLICE_LIT("Identity")),
			       SLICE_LIT(">;alg=ES256;ppt=shaken")));
	assert_string_equal(flow_header(m, "Max-Forwards"), "70");
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	f.fact_taken = f.fact_count;
	flow_bye(&f, 16);
	flow_end(&f);
}

/* A refresh by INVITE is attested as well, as chan_pjsip does it. */
static void test_reinvite(void **state)
{
	const struct flow_msg *invite, *m;
	const char *first;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER, NULL);
	flow_dial(&f, "13035550199@trunk");
	invite = flow_expect(&f, "INVITE");
	first = expect_identity(&f, invite, 'A', "12025550100", "13035550199");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\n",
		   SDP);
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	m = flow_expect(&f, "INVITE");
	assert_true(m->at - invite->at >= 45 * SIM_SECOND);
	assert_string_not_equal(first, expect_identity(&f, m, 'A', "12025550100", "13035550199"));
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	flow_bye(&f, CAUSE_NORMAL);
	flow_end(&f);
}

static char logged[1024];

static void keep_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	snprintf(logged, sizeof(logged), "%s", line->text);
}

/* RFC 8224 6.2.2: the call ends as by any other refusal, and the log says what to mend. */
static void test_refused(void **state)
{
	static const struct {
		unsigned code;
		const char *fact, *text;
	} cases[] = {
		{428, "ended 127 428", "it wants another Identity than ours"},
		{436, "ended 127 436", "check that public_cert_url leads to it"},
		{437, "ended 127 437", "it does not accept our certificate"},
		{438, "ended 127 438", "check that private_key_file is the key of"},
		{403, "ended 21 403", NULL}, /* for another reason */
	};
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		logged[0] = 0;
		log_set_writer(keep_log, NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, cases[i].code, "far1", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, cases[i].fact);
		log_set_writer(NULL, NULL);
		if (cases[i].text)
			assert_non_null(strstr(logged, cases[i].text));
		else
			assert_string_equal(logged, "");
	}
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_identity_refused), 4);
	flow_end(&f);
}

/* 403 means what its phrase says: here, that our clock is wrong. */
static void test_stale(void **state)
{
	const struct flow_msg *m;
	char text[1024];
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER, NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	snprintf(text, sizeof(text),
		 "SIP/2.0 403 Stale Date\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\n"
		 "CSeq: %s\r\nContent-Length: 0\r\n\r\n",
		 flow_header(m, "Via"), flow_header(m, "From"), flow_header(m, "To"),
		 flow_header(m, "Call-ID"), flow_header(m, "CSeq"));
	log_set_writer(keep_log, NULL);
	flow_send(&f, text);
	flow_expect(&f, "ACK");
	log_set_writer(NULL, NULL);
	flow_fact(&f, "ended 21 403");
	assert_non_null(strstr(logged, "check this machine's clock"));
	flow_end(&f);

	/* One that is not attested, and should be. */
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	log_set_writer(keep_log, NULL);
	flow_reply(&f, m, 428, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	log_set_writer(NULL, NULL);
	flow_fact(&f, "ended 127 428");
	assert_non_null(strstr(logged, "attest the caller's number by stir_shaken.conf"));
	flow_end(&f);
}

/* Another key, and none any more, while calls are on their way. */
static void test_reload(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_stir(&f, STIR, CALLER "outbound_auth=acct", ACCT);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	f.stir = STIR "[12025550100](+)\nattest_level=C\n";
	flow_reload(&f, CALLER "outbound_auth=acct", ACCT);
	flow_reply(&f, m, 407, "p", ASK, NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	expect_identity(&f, m, 'C', "12025550100", "100");
	f.stir = NULL;
	flow_reload(&f, CALLER "outbound_auth=acct", ACCT);
	flow_reply(&f, m, 422, "far1", "Min-SE: 3600\r\n", NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	expect_none(m);
	end_busy(&f, m);
	flow_end(&f);
}

/* OpenSSL's chance is the world's: equal seeds give equal signatures. */
static void test_same_octets(void **state)
{
	static char first[LIMIT_SIP_OUT];
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		flow_start_stir(&f, STIR, CALLER, NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		if (i == 0)
			memcpy(first, m->text, sizeof(first));
		else
			assert_string_equal(first, m->text);
		end_busy(&f, m);
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attested),      cmocka_unit_test(test_again),
		cmocka_unit_test(test_failover),      cmocka_unit_test(test_none),
		cmocka_unit_test(test_hidden),	      cmocka_unit_test(test_of_dialplan),
		cmocka_unit_test(test_reinvite_long), cmocka_unit_test(test_reinvite),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_stale),
		cmocka_unit_test(test_reload),	      cmocka_unit_test(test_same_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
