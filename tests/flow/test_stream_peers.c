/* tests/flow/test_stream_peers.c - whose connection it is: names that certificates must have (RFC
 * 5922, 5923), responses whose connection is gone (RFC 3261 18.2.2). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

#define NAMED(name) "[named]\ntype=aor\ncontact=sip:" name ":5060\\;transport=tls\n"
#define WHO	    "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n"

static void start_named(struct flow *f, const char *certificate, const char *more, uint32_t shards)
{
	flow_start_far(f, "tls", shards, "aors=named\n", more);
	flow_far_certificate(f, certificate);
	sim_dns_put(f->w, "carrier.test", 600, "A 10.0.0.9");
	sim_dns_put(f->w, "ringer.test", 600, "A 10.0.0.9");
	sim_dns_put(f->w, "a.wild.test", 600, "A 10.0.0.9");
}

/* A whole call; the Contact of the far end is its address, which the certificate does not have. */
static void talk(struct flow *f, const char *resource)
{
	const struct flow_msg *m;

	flow_dial(f, resource);
	m = flow_expect(f, "INVITE");
	flow_reply(f, m, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_hangup(f, 16);
	m = flow_expect(f, "BYE");
	flow_reply(f, m, 200, "t", NULL, NULL);
}

static void fails(struct flow *f, const char *resource)
{
	uint32_t before = f->msg_count;

	flow_dial(f, resource);
	flow_run(f, SIM_SECOND);
	flow_fact(f, "ended 34 503");
	assert_int_equal(f->msg_count, before);
}

/* Calls of both shards by name: one connection, its certificate is for the name. */
static void test_by_name(void **state)
{
	struct flow f;

	UNUSED(state);
	start_named(&f, "/tls/carrier.pem", NAMED("carrier.test"), 2);
	talk(&f, "100@trunk");
	flow_use_shard(&f, 1);
	talk(&f, "100@trunk");
	assert_int_equal(flow_far_count(&f).accepted, 1);
	flow_end(&f);
}

/* The same by a URI in the certificate. */
static void test_by_uri(void **state)
{
	struct flow f;

	UNUSED(state);
	start_named(&f, "/tls/uri.pem", NAMED("carrier.test"), 1);
	talk(&f, "100@trunk");
	flow_end(&f);
}

/* The certificate has the address and another name, but not the one that was dialled. */
static void test_wrong_name(void **state)
{
	struct flow f;

	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		start_named(&f, "/tls/whole.pem", NAMED("carrier.test"), 2);
		flow_use_shard(&f, shard);
		fails(&f, "100@trunk");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_failed), 1);
		flow_end(&f);
	}
}

/* A connection verified for one name is not used for another at the same address, nor for the
 * address; the one by address is used for the address. */
static void test_not_reused(void **state)
{
	struct flow f;

	UNUSED(state);
	start_named(&f, "/tls/carrier.pem", NAMED("carrier.test"), 2);
	talk(&f, "100@trunk");
	for (uint32_t shard = 0; shard < 2; shard++) {
		flow_use_shard(&f, shard);
		fails(&f, "trunk/sip:100@ringer.test:5060;transport=tls");
		fails(&f, "trunk/sip:100@10.0.0.9:5060;transport=tls");
	}
	talk(&f, "100@trunk"); /* still there */
	assert_int_equal(flow_far_count(&f).accepted, 5);
	assert_int_equal(flow_far_count(&f).open, 1);
	flow_far_certificate(&f, "/tls/whole.pem");
	talk(&f, "trunk/sip:100@ringer.test:5060;transport=tls");
	talk(&f, "trunk/sip:100@10.0.0.9:5060;transport=tls");
	talk(&f, "trunk/sip:100@RINGER.test.:5060;transport=tls");
	assert_int_equal(flow_far_count(&f).accepted, 7);
	assert_int_equal(flow_far_count(&f).open, 3);
	flow_end(&f);
}

static void test_wildcards(void **state)
{
	struct flow f;

	UNUSED(state);
	start_named(&f, "/tls/whole.pem", NAMED("a.wild.test"), 1);
	fails(&f, "100@trunk");
	f.transport = "allow_wildcard_certs=yes\n";
	flow_reload(&f, "aors=named\n", NAMED("a.wild.test"));
	talk(&f, "100@trunk");
	flow_end(&f);
}

/* A registration opens the connection, a call to the same name uses it. */
static void test_registration(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	start_named(&f, "/tls/carrier.pem",
		    NAMED("carrier.test") "[reg]\ntype=registration\n"
					  "server_uri=sip:carrier.test:5060\\;transport=tls\n"
					  "client_uri=sip:us@carrier.test\n",
		    2);
	m = flow_expect(&f, "REGISTER");
	flow_reply(&f, m, 200, "t", "Contact: <sip:s@10.0.0.1:5060;transport=tls>;expires=3600\r\n",
		   NULL);
	talk(&f, "100@trunk");
	assert_int_equal(flow_far_count(&f).accepted, 1);
	flow_end(&f);
}

/* The connection breaks during the call: BYE opens another one, to the same name. */
static void test_opened_again(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		start_named(&f, "/tls/carrier.pem", NAMED("carrier.test"), 2);
		flow_use_shard(&f, shard);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "ACK");
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_far_close(&f);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 2);
		flow_end(&f);
	}
}

/* More names than are remembered, as far ends bring them in Contact and Via. */
static void bring_names_job(struct flow *f)
{
	char name[32];

	for (uint32_t shard = 0; shard < f->shard_count; shard++)
		for (int i = 0; i < 2 * LIMIT_PEER_NAMES; i++) {
			snprintf(name, sizeof(name), "name%d.test", i);
			peer_names_keep(f->sips[shard]->peer_names, slice_str(name));
		}
}

/* The name of a trunk is not forgotten for them: its quiet call is ended over another connection.
 */
static void test_name_stays(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		start_named(&f, "/tls/carrier.pem", NAMED("carrier.test"), 2);
		flow_use_shard(&f, shard);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "ACK");
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_far_close(&f);
		flow_do(&f, bring_names_job);
		flow_reload(&f, "aors=named\n", NAMED("carrier.test"));
		flow_do(&f, bring_names_job);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		flow_end(&f);
	}
}

/* A caller whose connection is gone gets its response where its Via says: source address, port of
 * sent-by. */
static void test_way_back(void **state)
{
	static const char *const protocols[] = {"tcp", "tls"};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		flow_start_far(&f, protocols[i], 2, NULL, WHO);
		flow_far_call(&f);
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "100");
		flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		flow_far_close(&f);
		assert_int_equal(flow_far_count(&f).open, 0);
		flow_indicate(&f, TECH_RINGING);
		flow_caller_expect(&c, "180");
		assert_int_equal(flow_far_count(&f).accepted, 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_way_back), 1);
		assert_int_equal(flow_answer(&f), 0);
		flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_caller_expect(&c, "200");
		flow_caller_ack(&c, NULL);
		flow_hangup(&f, 16);
		flow_expect(&f, "BYE");
		assert_int_equal(flow_far_count(&f).accepted, 1);
		flow_end(&f);
	}
}

/* Ask, and their connection is gone before they hear. */
static void callers_come(struct flow *f, struct flow_caller *callers, uint32_t count)
{
	flow_far_call(f);
	for (uint32_t i = 0; i < count; i++) {
		flow_caller_init(&callers[i], f);
		flow_caller_invite(&callers[i], NULL, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(f, "100");
		flow_fact(f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		assert_int_equal(flow_answer(f), 0);
		flow_fact(f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_expect(f, "200");
	}
	flow_far_close(f);
}

/* Copies of the responses of several calls and shards all take the one connection that the first
 * of them opened, also while it comes about. */
static void test_one_way_back(void **state)
{
	static const char *const protocols[] = {"tcp", "tls"};
	struct flow_caller callers[4];
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		flow_start_far(&f, protocols[i], 3, NULL, WHO);
		callers_come(&f, callers, ARRAY_COUNT(callers));
		for (int copy = 0; copy < 3; copy++)
			for (size_t c = 0; c < ARRAY_COUNT(callers); c++)
				flow_expect(&f, "200");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_opened), 1);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		f.is_deaf = true;
		flow_abandon(&f);
	}
}

/* ... and if nobody listens there it is lost, the call with it when no ACK comes. */
static void test_no_way_back(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 2, NULL, WHO);
	flow_far_deaf(&f);
	flow_far_call(&f);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_far_close(&f);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_run(&f, 33 * SIM_SECOND);
	flow_fact(&f, "ended 18 0");
	assert_true(metric_get(&f.metrics, METRIC_sip_conn_failed) > 5);
	flow_end(&f);
}

/* verify_client, require_client_cert: who may connect at all. */
static void test_client_certificates(void **state)
{
	static const struct {
		const char *transport, *certificate;
		uint32_t taken;
	} rows[] = {
		{"", "/tls/stranger.pem", 1},
		{"", NULL, 1},
		{"verify_client=yes\n", "/tls/whole.pem", 1},
		{"verify_client=yes\n", NULL, 1},
		{"verify_client=yes\n", "/tls/stranger.pem", 0},
		{"verify_client=yes\nrequire_client_cert=yes\n", "/tls/whole.pem", 1},
		{"verify_client=yes\nrequire_client_cert=yes\n", "/tls/stranger.pem", 0},
		{"verify_client=yes\nrequire_client_cert=yes\n", NULL, 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct flow f;

		flow_start_far(&f, "tls", 1, NULL, NULL);
		f.transport = rows[i].transport;
		flow_reload(&f, NULL, NULL);
		flow_far_certificate(&f, rows[i].certificate);
		flow_far_call(&f);
		flow_run(&f, 100 * SIM_MS);
		if (flow_far_count(&f).open != rows[i].taken)
			fail_msg("row %zu: %u open", i, flow_far_count(&f).open);
		flow_end(&f);
	}
}

/* method, cipher: which TLS is spoken. ca_list_path: whom we trust beside ca_list_file. */
static void test_tls_options(void **state)
{
	static const struct {
		const char *transport;
		enum tls_version version; /* of the far end, and its ciphers */
		const char *ciphers;
		uint32_t taken;
	} rows[] = {
		{"", TLS_1_2, NULL, 1},
		{"method=tlsv1_2\n", TLS_1_2, NULL, 1},
		{"method=tlsv1_3\n", TLS_1_2, NULL, 0},
		{"method=tlsv1_2\n", TLS_1_3, NULL, 0},
		{"", TLS_1_2, "ECDHE-ECDSA-AES256-GCM-SHA384", 1},
		{"cipher=ECDHE-ECDSA-AES128-GCM-SHA256\n", TLS_1_2, "ECDHE-ECDSA-AES128-GCM-SHA256",
		 1},
		{"cipher=ECDHE-ECDSA-AES128-GCM-SHA256\n", TLS_1_2, "ECDHE-ECDSA-AES256-GCM-SHA384",
		 0},
		{"verify_client=yes\nca_list_file=/tls/other-ca.pem\n", TLS_ANY, NULL, 0},
		{"verify_client=yes\nca_list_file=/tls/other-ca.pem\nca_list_path=/tls/trust\n",
		 TLS_ANY, NULL, 1},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct flow f;

		flow_start_transport(&f, "tls", rows[i].transport, NULL);
		flow_far_tls(&f, rows[i].version, rows[i].ciphers);
		flow_far_certificate(&f, "/tls/whole.pem");
		flow_far_call(&f);
		flow_run(&f, 100 * SIM_MS);
		if (flow_far_count(&f).open != rows[i].taken)
			fail_msg("row %zu: %u open", i, flow_far_count(&f).open);
		flow_end(&f);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_by_uri),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_not_reused),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_opened_again),
		cmocka_unit_test(test_name_stays),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_client_certificates),
		cmocka_unit_test(test_one_way_back),
		cmocka_unit_test(test_way_back),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_tls_options),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
