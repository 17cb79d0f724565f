/* tests/flow/test_next_hop_streams.c - requests inside of a dialog whose next hop is a name that
 * leads to TCP or TLS (RFC 3263 4.1, RFC 5922, 5923). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP  flow_sdp(7000, "0", "sendrecv")
#define FACT "answered 10.0.0.9:7000 ulaw/0 ev255 dir0"

static struct flow f;
static struct flow_caller c;

/* The name says TCP by its parameter, and by NAPTR; known at once, or only when what was written
 * for UDP waits already. From both shards. */
static void test_tcp(void **state)
{
	static const char *const contacts[] = {
		"Contact: <sip:far@far.example:5060;transport=tcp>\r\n",
		"Contact: <sip:far@choice.example>\r\n"};

	UNUSED(state);
	for (uint32_t i = 0; i < 8; i++) {
		const struct flow_msg *invite, *m;

		flow_start_far(&f, "both", 2, NULL, NULL);
		flow_use_shard(&f, i & 1);
		sim_dns_put(f.w, "far.example", 60, "A 10.0.0.9");
		sim_dns_put(f.w, "choice.example", 60,
			    "NAPTR 10 50 s SIP+D2T _sip._tcp.choice.example");
		sim_dns_put(f.w, "_sip._tcp.choice.example", 60, "SRV 10 0 5060 far.example");
		flow_delay_names(&f, i & 4 ? 100 * SIM_MS : 0);
		invite = flow_answered_with(&f, contacts[i >> 1 & 1]);
		flow_assert_via(invite, "UDP");
		flow_hangup(&f, 16);
		m = flow_expect(&f, "ACK");
		flow_assert_via(m, "TCP");
		m = flow_expect(&f, "BYE");
		flow_assert_via(m, "TCP");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		flow_end(&f);
	}
}

/* A call by TCP to a name that says nothing of it stays with TCP, also where there is UDP. */
static void test_stays_with_tcp(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	for (int i = 0; i < 3; i++) {
		flow_start_far(&f, i ? "both" : "tcp", 1, NULL, NULL);
		sim_dns_put(f.w, "far.example", 60, "A 10.0.0.9");
		if (i == 2) { /* both services are there, at one address */
			sim_dns_put(f.w, "_sip._udp.far.example", 60, "SRV 10 0 5060 far.example");
			sim_dns_put(f.w, "_sip._tcp.far.example", 60, "SRV 10 0 5060 far.example");
		}
		flow_dial(&f, "trunk/sip:100@10.0.0.9:5060;transport=tcp");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 200, "t", "Contact: <sip:far@far.example>\r\n", SDP);
		flow_fact(&f, FACT);
		flow_assert_via(flow_expect(&f, "ACK"), "TCP");
		flow_bye(&f, 16);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		flow_end(&f);
	}
}

/* Nobody listens there: the BYE ends by an error, and nothing is left. */
static void test_refused(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	flow_start_far(&f, "both", 1, NULL, NULL);
	flow_far_deaf(&f);
	sim_dns_put(f.w, "far.example", 60, "A 10.0.0.9");
	flow_delay_names(&f, 100 * SIM_MS);
	m = flow_answered_with(&f, "Contact: <sip:far@far.example:5060;transport=tcp>\r\n");
	flow_hangup(&f, 16);
	flow_run(&f, SIM_SECOND);
	flow_request(&f, m, "BYE", 7, "t", NULL, NULL);
	flow_expect(&f, "481");
	flow_end(&f);
}

/* TLS to the name that Contact has: a certificate for it is asked of a new connection. Who stands
 * where the call came from is reached as before. */
static void test_tls(void **state)
{
	UNUSED(state);
	for (uint32_t i = 0; i < 4; i++) {
		bool is_right = i < 2;

		flow_start_far(&f, "tls", 2, NULL, FLOW_PEER);
		flow_use_shard(&f, i & 1);
		flow_far_certificate(&f, is_right ? "/tls/carrier.pem" : "/tls/whole.pem");
		sim_dns_put(f.w, "carrier.test", 60, "A 10.0.0.9");
		flow_delay_names(&f, 100 * SIM_MS);
		flow_far_call(&f);
		flow_caller_init(&c, &f);
		snprintf(c.call_id, sizeof(c.call_id), "tls%u@far", i);
		c.contact = "sip:ann@carrier.test:5060;transport=tls";
		flow_caller_talk(&c);
		flow_hangup(&f, 16);
		flow_run(&f, SIM_SECOND);
		if (is_right)
			flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_failed), is_right ? 0 : 1);
		flow_end(&f);
	}
}

/* The call goes by UDP, its Contact is a name for TLS at the same address and port: the name is
 * checked, also of an address that the certificate has. */
static void test_tls_from_udp(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	for (uint32_t i = 0; i < 4; i++) {
		bool is_right = i < 2;

		flow_start_far(&f, "tls", 1, NULL,
			       "[beside]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5060\n");
		flow_far_certificate(&f, is_right ? "/tls/carrier.pem" : "/tls/whole.pem");
		sim_dns_put(f.w, "carrier.test", 60, "A 10.0.0.9");
		flow_delay_names(&f, i & 1 ? 100 * SIM_MS : 0);
		flow_dial(&f, "trunk/sip:100@10.0.0.9:5060");
		m = flow_expect(&f, "INVITE");
		flow_assert_via(m, "UDP");
		flow_reply(&f, m, 200, "t",
			   "Contact: <sip:far@carrier.test:5060;transport=tls>\r\n", SDP);
		flow_fact(&f, FACT);
		if (is_right)
			flow_assert_via(flow_expect(&f, "ACK"), "TLS");
		flow_hangup(&f, 16);
		flow_run(&f, SIM_SECOND);
		if (is_right)
			flow_reply(&f, flow_expect(&f, "BYE"), 200, "t", NULL, NULL);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_failed) > 0, !is_right);
		flow_end(&f);
	}
}

static void test_tls_same_address(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	flow_start_far(&f, "tls", 1, "aors=named\n",
		       "[named]\ntype=aor\ncontact=sip:carrier.test:5060\\;transport=tls\n");
	flow_far_certificate(&f, "/tls/carrier.pem");
	sim_dns_put(f.w, "carrier.test", 60, "A 10.0.0.9");
	sim_dns_put(f.w, "ringer.test", 60, "A 10.0.0.9");
	flow_delay_names(&f, 100 * SIM_MS);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 200, "t", "Contact: <sip:far@ringer.test:5060;transport=tls>\r\n", SDP);
	flow_fact(&f, FACT);
	flow_expect(&f, "ACK");
	flow_bye(&f, 16);
	assert_int_equal(flow_far_count(&f).accepted, 1);
	flow_end(&f);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),	     cmocka_unit_test(test_stays_with_tcp),
		cmocka_unit_test(test_refused),	     cmocka_unit_test(test_tls),
		cmocka_unit_test(test_tls_from_udp), cmocka_unit_test(test_tls_same_address),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
