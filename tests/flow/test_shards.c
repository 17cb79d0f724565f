/* tests/flow/test_shards.c - what arrives on one shard and is another's: the ACK of a refusal; a
 * phone whose connection is held by one shard and which every shard calls. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SHARDS 3

static const char *const protocols[] = {"tcp", "tls"};

/* From another port of the far end: the kernel may give it to another shard. */
static void ack_from(struct flow *f, const struct flow_caller *c, uint16_t port)
{
	struct addr from = flow_peer;
	char text[1024];

	from.port = port;
	snprintf(text, sizeof(text),
		 "ACK %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;rport;branch=%s\r\n"
		 "From: %s;tag=%s\r\nTo: <%s>;tag=%s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\n"
		 "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		 c->ruri, c->branch, c->from, c->tag, c->to, c->to_tag, c->call_id, c->cseq);
	sim_net_inject(f->w, &from, &flow_engine, text, strlen(text));
	flow_run(f, SIM_MS);
}

/* At once, or when it has rung already. Returns how often the ACK was handed over. */
static uint64_t refused(bool has_rung, uint16_t port)
{
	struct flow_caller c;
	uint64_t passed;
	struct flow f;

	flow_start_shards(&f, SHARDS, 16);
	flow_reload(&f, NULL, FLOW_PEER);
	f.refuse = has_rung ? 0 : 17;
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	if (has_rung) {
		flow_expect(&f, "100");
		flow_indicate(&f, TECH_RINGING);
		flow_expect(&f, "180");
		flow_hangup(&f, 17);
	}
	flow_caller_expect(&c, "486");
	flow_caller_expect(&c, "486"); /* it is sent again until there is an ACK, */
	passed = metric_get(&f.metrics, METRIC_sip_rx_forwarded);
	ack_from(&f, &c, port);
	passed = metric_get(&f.metrics, METRIC_sip_rx_forwarded) - passed;
	flow_expect_silence(&f, 40 * SIM_SECOND); /* ... and no more */
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_stray), 0);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_timeout), 0);
	flow_end(&f);
	return passed;
}

static void test_ack_of_refusal(void **state)
{
	uint64_t passed[2] = {0};

	UNUSED(state);
	for (uint16_t port = 6000; port < 6008; port++) {
		passed[0] += refused(false, port);
		passed[1] += refused(true, port);
	}
	/* Some landed on the INVITE's own shard, the others did not. */
	assert_in_range(passed[0], 1, 7);
	assert_in_range(passed[1], 1, 7);
}

/* Over a connection all arrive on one shard; INVITE and ACK belong to any of them. */
static void test_ack_over_connection(void **state)
{
	uint32_t seen = 0;

	UNUSED(state);
	for (size_t i = 0; i < 2 * 6; i++) {
		struct flow_caller c;
		uint32_t shard;
		struct flow f;

		flow_start_far(&f, protocols[i % 2], SHARDS, NULL, FLOW_PEER);
		flow_far_call(&f);
		f.refuse = 17;
		flow_caller_init(&c, &f);
		shard = (uint32_t)(slice_hash(slice_str(c.call_id), 0) % SHARDS);
		seen |= 1u << shard;
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
		flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		flow_caller_expect(&c, "486");
		flow_caller_ack_failure(&c);
		flow_expect_silence(&f, 40 * SIM_SECOND);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_forwarded), shard ? 2 : 0);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_stray), 0);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_timeout), 0);
		flow_end(&f);
	}
	assert_int_equal(seen, (1u << SHARDS) - 1);
}

static void register_phone(struct flow *f, const char *protocol)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 192.168.1.7:5062;branch="
		 "z9hG4bKp\r\nFrom: <sip:phone@10.0.0.1>;tag=a\r\nTo: <sip:phone@10.0.0.1>\r\n"
		 "Call-ID: p\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
		 "Contact: <sip:phone@192.168.1.7:5062;transport=%s>\r\nContent-Length: 0\r\n\r\n",
		 strcmp(protocol, "tls") == 0 ? "TLS" : "TCP", protocol);
	flow_far_call(f);
	flow_send(f, text);
	flow_expect(f, "200");
	f->fact_taken = f->fact_count;
}

/* A whole call of that shard over the phone's own connection; the phone, or we, hang up. */
static void call_phone(struct flow *f, uint32_t shard, bool phone_ends)
{
	const struct flow_msg *invite, *m;

	flow_use_shard(f, shard);
	flow_dial(f, "phone");
	assert_int_equal(f->dial_error, 0);
	invite = flow_expect(f, "INVITE");
	assert_true(slice_starts(invite->msg.ruri, SLICE_LIT("sip:phone@10.0.0.9:")));
	flow_reply(f, invite, 180, "b", NULL, NULL);
	flow_fact(f, "ringing");
	flow_reply(f, invite, 200, "b", "Contact: <sip:phone@192.168.1.7:5062>\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	if (phone_ends) {
		flow_request(f, invite, "BYE", 2, "b", NULL, NULL);
		flow_expect(f, "200");
		flow_fact(f, "ended 16 0");
	} else {
		flow_hangup(f, 16);
		m = flow_expect(f, "BYE");
		flow_reply(f, m, 200, "b", NULL, NULL);
	}
}

static void test_phone_of_each_shard(void **state)
{
	static const char more[] =
		"[phone]\ntype=endpoint\naors=phone\nallow=ulaw\nrewrite_contact=yes\n"
		"[phone]\ntype=aor\nmax_contacts=1\n";

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		struct flow f;

		flow_start_far_center(&f, protocols[i], SHARDS, more);
		register_phone(&f, protocols[i]);
		for (uint32_t shard = 0; shard < SHARDS; shard++) {
			call_phone(&f, shard, false);
			call_phone(&f, shard, true);
		}
		assert_int_equal(flow_far_count(&f).accepted, 0); /* never by another one */
		assert_int_equal(flow_far_count(&f).open, 1);
		flow_end(&f);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ack_of_refusal),
		cmocka_unit_test(test_ack_over_connection),
		cmocka_unit_test(test_phone_of_each_shard),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
