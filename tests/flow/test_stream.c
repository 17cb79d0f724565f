/* tests/flow/test_stream.c - calls over TCP and TLS: what is different there (RFC 3261 18, 17; RFC
 * 5626 3.5.1). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

static const char *const protocols[] = {"tcp", "tls"};

#define OPTIONS(branch, length)                                                                    \
	"OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bK" branch     \
	"\r\nFrom: <sip:far@10.0.0.9>;tag=f\r\nTo: <sip:10.0.0.1>\r\nCall-ID: " branch             \
	"\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: " length "\r\n\r\n"

/* One connection carries the call both ways, nothing is sent twice, and we are reached as we are.
 */
static void test_call(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		const struct flow_msg *invite, *m;
		char via[64], contact[64], secure[4] = {0};
		struct sink said = sink_make(secure, sizeof(secure) - 1);
		struct flow f;

		flow_start_far(&f, protocols[i], 1, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		snprintf(via, sizeof(via),
			 "SIP/2.0/%s 10.0.0.1:5060;rport;branch=", i ? "TLS" : "TCP");
		snprintf(contact, sizeof(contact), "<sip:asterisk@10.0.0.1:5060;transport=%s>",
			 protocols[i]);
		assert_memory_equal(flow_header(invite, "Via"), via, strlen(via));
		assert_string_equal(flow_header(invite, "Contact"), contact);
		flow_expect_silence(&f, 20 * SIM_SECOND); /* no timer A */
		flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
		flow_fact(&f, "ringing");
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		m = flow_expect(&f, "ACK");
		assert_memory_equal(flow_header(m, "Via"), via, strlen(via));
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		assert_true(f.tech.ops->info(f.call, SLICE_LIT("secure"), &said));
		assert_string_equal(secure, i ? "1" : "0"); /* CHANNEL(pjsip,secure) */
		flow_request(&f, invite, "OPTIONS", 7, "t", NULL, NULL);
		flow_expect(&f, "200");
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		assert_memory_equal(flow_header(m, "Via"), via, strlen(via));
		flow_expect_silence(&f, 20 * SIM_SECOND); /* no timer E */
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		assert_int_equal(flow_far_count(&f).open, 1);
		flow_end(&f);
	}
}

#define PHONE                                                                                      \
	"[phone]\ntype=endpoint\naors=phone\nallow=ulaw\nrewrite_contact=yes\n"                    \
	"[phone]\ntype=aor\nmax_contacts=1\n"

/* A phone behind a NAT registers over a connection without saying so in its Contact. */
static void phone_registers(struct flow *f)
{
	char text[1024];

	flow_far_call(f);
	snprintf(text, sizeof(text),
		 "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 192.168.1.7:5062;branch="
		 "z9hG4bKp\r\nFrom: <sip:phone@10.0.0.1>;tag=a\r\nTo: <sip:phone@10.0.0.1>\r\n"
		 "Call-ID: p\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
		 "Contact: <sip:phone@192.168.1.7:5062>\r\nContent-Length: 0\r\n\r\n",
		 strcmp(f->protocol, "tls") == 0 ? "TLS" : "TCP");
	flow_send(f, text);
	assert_string_equal(flow_header(flow_expect(f, "200"), "Contact"),
			    "<sip:phone@192.168.1.7:5062>;expires=3600");
}

/* It is called over that connection. */
static void phone_is_called(struct flow *f)
{
	const struct flow_msg *m;
	char param[32];

	flow_dial(f, "phone");
	m = flow_expect(f, "INVITE");
	snprintf(param, sizeof(param), ";transport=%s", f->protocol);
	assert_true(slice_starts(m->msg.ruri, SLICE_LIT("sip:phone@10.0.0.9:")));
	assert_true(slice_ends(m->msg.ruri, slice_str(param)));
	assert_int_equal(flow_far_count(f).accepted, 0);
	flow_reply(f, m, 486, "b", NULL, NULL);
	flow_expect(f, "ACK");
	flow_run(f, 10 * SIM_MS);
	f->fact_taken = f->fact_count;
}

static void test_phone(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		struct flow f;

		flow_start_far_center(&f, protocols[i], 1, PHONE);
		phone_registers(&f);
		phone_is_called(&f);
		flow_end(&f);
	}
}

/* Also where its connection came to another transport than the one that calls are made by, here one
 * that has moved; and its loss is heard of. */
static void test_phone_elsewhere(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		struct flow f;

		flow_start_far_center(&f, protocols[i], 1, PHONE);
		phone_registers(&f);
		f.bind = "10.0.0.1:5070";
		f.transport = "allow_reload=yes\n";
		flow_reload(&f, NULL, PHONE);
		phone_is_called(&f);
		flow_dial(&f, "phone");
		flow_expect(&f, "INVITE");
		flow_far_close(&f);
		flow_fact(&f, "ended 34 503");
		flow_end(&f);
	}
}

/* A call that comes in: the caller, or a proxy, reaches us later where our Contact says. */
static void test_incoming(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		const struct flow_msg *m;
		struct flow_caller c;
		char contact[64];
		struct flow f;

		flow_start_far(&f, protocols[i], 1, NULL,
			       "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n");
		snprintf(contact, sizeof(contact), "<sip:10.0.0.1:5060;transport=%s>",
			 protocols[i]);
		flow_far_call(&f);
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "100");
		flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		flow_indicate(&f, TECH_RINGING);
		m = flow_caller_expect(&c, "180");
		assert_string_equal(flow_header(m, "Contact"), contact);
		assert_int_equal(flow_answer(&f), 0);
		flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
		m = flow_caller_expect(&c, "200");
		assert_string_equal(flow_header(m, "Contact"), contact);
		flow_caller_ack(&c, NULL);
		flow_hangup(&f, 16);
		flow_expect(&f, "BYE"); /* to its Contact, by the same transport */
		flow_end(&f);
	}
}

/* A caller over TCP: our refusal goes once (no timer G); our 200 is repeated all the same, for its
 * ACK comes from further away (RFC 3261 13.3.1.4). */
static void test_repeated(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL,
		       "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n");
	flow_far_call(&f);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	flow_expect_silence(&f, 20 * SIM_SECOND);
	flow_caller_ack_failure(&c);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	assert_int_equal(flow_answer(&f), 0);
	flow_caller_expect(&c, "200");
	flow_expect(&f, "200");
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 20 * SIM_SECOND);
	f.fact_taken = f.fact_count; /* of media */
	flow_caller_request(&c, "BYE", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

/* A refusal: the ACK goes once, and nothing waits for copies of the response. */
static void test_refused(void **state)
{
	const struct flow_msg *invite;
	struct sip_counts c;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_run(&f, 10 * SIM_MS);
	sip_count(f.sip, &c);
	assert_int_equal(c.client_txns, 0); /* timer D is 0 */
	assert_int_equal(c.conns, 1);
	flow_end(&f);
}

static void test_no_answer(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_dial(&f, "100@trunk");
	flow_expect(&f, "INVITE");
	flow_expect_silence(&f, 33 * SIM_SECOND);
	flow_fact(&f, "ended 18 408"); /* timer B */
	flow_end(&f);
}

static void assert_txns(struct flow *f, uint32_t client, uint32_t server)
{
	struct sip_counts c;

	flow_run(f, 10 * SIM_MS);
	sip_count(f->sip, &c);
	assert_int_equal(c.client_txns, client);
	assert_int_equal(c.server_txns, server);
}

/* Over a connection no copies come: timers D, I, J and K are 0, and A, E and G are not there (RFC
 * 3261 17). The 2xx to an INVITE goes on until its ACK all the same (13.3.1.4). */
static void test_timers(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, FLOW_PEER);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	assert_txns(&f, 0, 0); /* D */
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	flow_expect_silence(&f, 10 * SIM_SECOND); /* no G */
	assert_txns(&f, 0, 1);
	flow_caller_ack_failure(&c);
	assert_txns(&f, 0, 0); /* I */
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_caller_expect(&c, "200");
	flow_expect(&f, "200");
	flow_expect(&f, "200");
	flow_caller_ack(&c, NULL);
	flow_run(&f, 33 * SIM_SECOND); /* L */
	flow_caller_request(&c, "OPTIONS", NULL, NULL);
	flow_expect(&f, "200");
	assert_txns(&f, 0, 0); /* J */
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	flow_expect_silence(&f, 10 * SIM_SECOND); /* no E */
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	assert_txns(&f, 0, 0); /* K */
	flow_end(&f);
}

/* The connection breaks while it rings: the call fails at once, not after timer B. */
static void test_lost(void **state)
{
	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		const struct flow_msg *invite;
		struct flow f;

		flow_start_far(&f, "tcp", 2, NULL, NULL);
		flow_use_shard(&f, shard);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
		flow_fact(&f, "ringing");
		flow_far_close(&f);
		flow_fact(&f, "ended 34 503");
		assert_false(f.is_reported); /* it does not count as a trunk without room */
		flow_end(&f);
	}
}

/* The table is full: the one that has been silent for the longest time gives way to a new one. */
static void test_evicted(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far_few(&f, "tcp", 2, NULL);
	for (unsigned i = 0; i < 4; i++) {
		flow_far_call(&f);
		flow_far_octets(&f, SLICE_LIT(OPTIONS("here", "0")), SIZE_MAX);
		flow_expect(&f, "200");
	}
	assert_int_equal(flow_far_count(&f).open, 2);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_evicted), 2);
	flow_end(&f);
}

/* Room for a PRACK that goes elsewhere is made by the end of the connection that its own INVITE
 * waits on: the call fails, but not while its message is read, or the PRACK is sent. */
static void test_evicted_by_own(void **state)
{
	static const char *const contacts[] = {
		"Contact: <sip:b@10.0.0.9:5070;transport=tcp>\r\nRequire: 100rel\r\nRSeq: 1\r\n",
		"Contact: <sip:b@far.example:5070;transport=tcp>\r\nRequire: 100rel\r\nRSeq: "
		"1\r\n"};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(contacts); i++) {
		const struct flow_msg *invite;
		struct flow f;

		flow_start_far_few(&f, "tcp", 1, NULL);
		sim_dns_put(f.w, "far.example", 60, "A 10.0.0.9");
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 180, "t", contacts[i], NULL);
		flow_fact(&f, "ringing");
		flow_run(&f, SIM_SECOND);
		flow_fact(&f, "ended 34 503");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_evicted), 1);
		flow_end(&f);
	}
}

static void test_nobody_listens(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_far_deaf(&f);
	flow_dial(&f, "100@trunk");
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_failed), 1);
	flow_end(&f);
}

/* The next target, at once (RFC 3263 4.3), also while it rings at one that goes away; and what it
 * is when there is none: 503, also if the last one turns out to be nowhere. */
static void test_next_target(void **state)
{
	static const char first_dead[] = "contact=sip:10.0.0.9:5099\\;transport=tcp\n"
					 "contact=sip:10.0.0.9:5060\\;transport=tcp\n";
	static const char second_dead[] = "contact=sip:10.0.0.9:5060\\;transport=tcp\n"
					  "contact=sip:b@10.0.0.9:5098\\;transport=tcp\n";
	static const char second_nowhere[] = "contact=sip:10.0.0.9:5060\\;transport=tcp\n"
					     "contact=sip:nowhere.example\\;transport=tcp\n";
	static const char *const ways[] = {first_dead, second_dead, second_nowhere};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
		const struct flow_msg *invite;
		struct flow f;
		char more[256];
		int64_t at;

		snprintf(more, sizeof(more), "[two]\ntype=aor\n%s", ways[i]);
		flow_start_far(&f, "tcp", 1, "aors=two", more);
		at = sim_now(f.w);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		assert_true(sim_now(f.w) - at < 100 * SIM_MS);
		flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
		flow_fact(&f, "ringing");
		if (ways[i] == first_dead) {
			flow_reply(&f, invite, 486, "t", NULL, NULL);
			flow_expect(&f, "ACK");
			flow_fact(&f, "ended 17 486");
		} else {
			flow_far_close(&f);
			flow_run(&f, SIM_SECOND);
			flow_fact(&f, "ended 34 503");
			assert_false(f.is_reported);
		}
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_failover), 1);
		flow_end(&f);
	}
}

/* Where no connection comes about again and again, one is tried every 30 s and no oftener. */
static void test_waits_to_reconnect(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_far_deaf(&f);
	for (uint64_t opened = 1; opened <= 8; opened++) {
		if (opened > 5) {
			for (int i = 0; i < 3; i++) {
				flow_dial(&f, "100@trunk");
				flow_fact(&f, "ended 34 503");
			}
			assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_opened),
					 opened - 1);
			flow_run(&f, 30 * SIM_SECOND);
		}
		flow_dial(&f, "100@trunk");
		flow_run(&f, SIM_SECOND);
		flow_fact(&f, "ended 34 503");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_opened), opened);
	}
	flow_end(&f);
}

/* A far end whose certificate nobody signed whom we trust gets no INVITE. */
static void test_wrong_certificate(void **state)
{
	size_t len;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tls", 1, NULL, NULL);
	sim_fs_put(f.w, "/tls/ca.pem", sim_fs_text(f.w, "/tls/other-ca.pem", &len));
	flow_reload(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(f.msg_count, 0);
	flow_end(&f);
}

/* Octet by octet, two in one, blank lines between: every request gets its answer, where it came. */
static void test_framing(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		struct flow f;

		flow_start_far(&f, protocols[i], 1, NULL, NULL);
		flow_far_call(&f);
		flow_far_octets(&f, SLICE_LIT(OPTIONS("one", "0")), 1);
		flow_expect(&f, "200");
		flow_far_octets(&f,
				SLICE_LIT("\r\n" OPTIONS("two", "5") "hello" OPTIONS("three", "0")),
				SIZE_MAX);
		flow_expect(&f, "200");
		flow_expect(&f, "200");
		flow_far_octets(&f, SLICE_LIT("\r\n\r\n"), SIZE_MAX);
		flow_run(&f, 10 * SIM_MS);
		assert_int_equal(flow_far_count(&f).pongs, 1);
		assert_int_equal(flow_far_count(&f).connected, 1);
		assert_int_equal(flow_far_count(&f).accepted, 0);
		flow_end(&f);
	}
}

static void test_bad_length(void **state)
{
	static const char *const bad[] = {
		OPTIONS("minus", "-1"),
		OPTIONS("letters", "12a"),
		OPTIONS("huge", "99999999"),
		OPTIONS("two", "4\r\nContent-Length: 5"),
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct flow f;

		flow_start_far(&f, "tcp", 1, NULL, NULL);
		flow_far_call(&f);
		flow_far_octets(&f, slice_str(bad[i]), SIZE_MAX);
		flow_expect(&f, "400");
		flow_run(&f, 50 * SIM_MS);
		assert_int_equal(flow_far_count(&f).open, 0);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_bad), 1);
		flow_end(&f);
	}
}

/* A message without Content-Length ends with its head; a body behind it is no message, so nothing
 * that follows could be found any more: closed (18.3). A bad start line is refused, and no more. */
static void test_junk(void **state)
{
	static const char *const junk[] = {
		"v=0\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\x02\n",
	};
	static const char without[] =
		"OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bKj\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: j\r\nCSeq: 1 OPTIONS\r\n\r\n";

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(junk); i++) {
		struct flow f;

		flow_start_far(&f, "tcp", 1, NULL, NULL);
		flow_far_call(&f);
		flow_far_octets(&f, slice_str(without), SIZE_MAX);
		flow_expect(&f, "200");
		flow_far_octets(&f, SLICE_LIT("OPTIONS  sip:10.0.0.1 SIP/2.0\r\n"), SIZE_MAX);
		flow_far_octets(&f, slice_from(slice_str(without), 30), SIZE_MAX);
		flow_expect(&f, "400");
		assert_int_equal(flow_far_count(&f).open, 1);
		flow_far_octets(&f, slice_str(junk[i]), SIZE_MAX);
		flow_run(&f, 50 * SIM_MS);
		assert_int_equal(flow_far_count(&f).open, 0);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_bad), 1);
		flow_end(&f);
	}
}

/* Two shards, one set of connections: a call of the second shard, and the far end ends it over a
 * connection of its own. Requests outside of dialogs are spread over the shards. */
static void test_shards(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		const struct flow_msg *invite;
		struct flow f;

		flow_start_far(&f, protocols[i], 2, NULL, NULL);
		flow_use_shard(&f, 1);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "ACK");
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_far_call(&f);
		flow_request(&f, invite, "BYE", 7, "t", NULL, NULL);
		flow_expect(&f, "200");
		flow_fact(&f, "ended 16 0");
		for (unsigned n = 0; n < 8; n++) {
			char text[512];

			snprintf(text, sizeof(text),
				 "OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP "
				 "10.0.0.9:5060;branch=z9hG4bKn%u\r\nFrom: "
				 "<sip:far@10.0.0.9>;tag=f\r\n"
				 "To: <sip:10.0.0.1>\r\nCall-ID: call%u\r\nCSeq: 1 OPTIONS\r\n"
				 "Content-Length: 0\r\n\r\n",
				 n, n);
			flow_send(&f, text);
			flow_expect(&f, "200");
		}
		assert_in_range(metric_get(&f.metrics, METRIC_sip_rx_forwarded), 3, 10);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		assert_int_equal(flow_far_count(&f).connected,
				 1 + i); /* TLS: also of that accepted */
		assert_int_equal(flow_far_count(&f).open, 2);
		flow_end(&f);
	}
}

/* We ask every 90 s; who never says a message is closed after 30 s, who falls silent later much
 * later. */
static void test_silence(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_far_call(&f);
	flow_run(&f, 29 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 1);
	flow_far_octets(&f, SLICE_LIT("OPT"), SIZE_MAX);
	flow_run(&f, 2 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 0);

	flow_far_call(&f);
	flow_far_octets(&f, SLICE_LIT(OPTIONS("hello", "0")), SIZE_MAX);
	flow_expect(&f, "200");
	flow_run(&f, 31 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).pings, 0);
	flow_run(&f, 60 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).pings, 1);
	flow_run(&f, 3700 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 1);
	assert_in_range(flow_far_count(&f).pings, 41, 42);
	flow_run(&f, 150 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 0);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_idle), 2);
	flow_end(&f);
}

/* New certificates for new connections; the old connection goes on. */
static void test_reload(void **state)
{
	size_t len;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tls", 2, NULL, NULL);
	flow_far_call(&f);
	flow_far_octets(&f, SLICE_LIT(OPTIONS("before", "0")), SIZE_MAX);
	flow_expect(&f, "200");
	sim_fs_put(f.w, "/tls/server.key", sim_fs_text(f.w, "/tls/stranger.pem", &len));
	sim_fs_put(f.w, "/tls/server.pem", sim_fs_text(f.w, "/tls/stranger.pem", &len));
	flow_reload(&f, NULL, NULL);
	flow_far_octets(&f, SLICE_LIT(OPTIONS("after", "0")), SIZE_MAX);
	flow_expect(&f, "200");
	flow_far_call(&f);
	assert_int_equal(flow_far_count(&f).connected, 1);
	assert_int_equal(flow_far_count(&f).error, -EKEYREJECTED);
	flow_end(&f);
}

/* A transport that moves to where it cannot listen is the same one on all shards: calls go out by
 * it, and what comes where it was is still heard. The next reload tries again. */
static void test_reload_taken(void **state)
{
#define TAKES(port) "[other]\ntype=transport\nprotocol=tcp\nbind=10.0.0.1:" port "\n"
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 2, NULL, TAKES("5070"));
	f.bind = "10.0.0.1:5070";
	f.transport = "allow_reload=yes\n";
	flow_reload(&f, "transport=transport\n", TAKES("5070"));
	for (uint32_t shard = 0; shard < 2; shard++) {
		const struct flow_msg *m;

		flow_use_shard(&f, shard);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		assert_non_null(strstr(m->text, "Via: SIP/2.0/TCP 10.0.0.1:5070;"));
		flow_reply(&f, m, 486, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_run(&f, SIM_MS);
		flow_fact(&f, "ended 17 486");
	}
	flow_far_call(&f); /* to 5060 */
	flow_far_octets(&f, SLICE_LIT(OPTIONS("old", "0")), SIZE_MAX);
	flow_expect(&f, "200");
	assert_int_equal(flow_far_count(&f).connected, 1);
	flow_end(&f);
#undef TAKES
}

/* A call by a transport that the shard with the connections does not have yet fails at once. */
static void test_reload_in_between(void **state)
{
#define NEW "[new]\ntype=transport\nprotocol=tcp\nbind=10.0.0.1:5070\n"
	struct flow f;
	const struct flow_msg *m;

	UNUSED(state);
	flow_start_far(&f, "tcp", 2, NULL, NULL);
	flow_use_shard(&f, 1);
	flow_reload_others(&f, "transport=new\n", NEW);
	f.is_late = true;
	flow_dial(&f, "100@trunk");
	flow_tell_late(&f);
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 34 503");
	flow_reload(&f, "transport=new\n", NEW);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, SIM_MS);
	flow_fact(&f, "ended 17 486");
	flow_end(&f);
#undef NEW
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_evicted),
		cmocka_unit_test(test_evicted_by_own),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_next_target),
		cmocka_unit_test(test_waits_to_reconnect),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_wrong_certificate),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_bad_length),
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_phone),
		cmocka_unit_test(test_phone_elsewhere),
		cmocka_unit_test(test_incoming),
		cmocka_unit_test(test_reload_taken),
		cmocka_unit_test(test_reload_in_between),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
