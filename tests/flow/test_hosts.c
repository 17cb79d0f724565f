/* tests/flow/test_hosts.c - host names of pjsip.conf that stand for addresses: who calls (match=),
 * and where we are seen (external_*). */
#include "engine/base/check.h"
#include "sip/transport.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")
#define WHO(match)                                                                                 \
	"[who]\ntype=identify\nendpoint=in\n" match "\n[in]\ntype=endpoint\nallow=!all,ulaw\n"

static struct flow f;
static struct flow_caller c;

static void taken(void)
{
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	flow_expect(&f, "100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	flow_caller_ack_failure(&c);
}

static void refused(void)
{
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	flow_caller_expect(&c, "401");
	flow_caller_ack_failure(&c);
	flow_no_fact(&f);
}

/* Begins with these records in force. */
static void start(const char *conf, const char *const records[][2], int64_t delay_ns)
{
	flow_start(&f, NULL, NULL);
	for (size_t i = 0; records[i][0]; i++)
		sim_dns_put(f.w, records[i][0], 60, records[i][1]);
	if (delay_ns)
		flow_delay_names(&f, delay_ns);
	flow_reload(&f, NULL, conf);
}

static void end(void)
{
	sim_dns_set(f.w, &(struct sim_dns_weather){0});
	flow_reload(&f, NULL, NULL); /* nothing is looked up any more */
	flow_end(&f);
}

static void test_match(void **state)
{
	static const struct {
		const char *conf, *records[4][2];
		bool is_taken;
	} rows[] = {
		{WHO("match=gw.example"), {{"gw.example", "A 10.0.0.9"}}, true},
		{WHO("match=gw.example"), {{"gw.example", "A 10.0.0.8"}}, false},
		{WHO("match=192.0.2.1,gw.example"),
		 {{"gw.example", "AAAA 2001:db8::1"}, {"gw.example", "A 10.0.0.9"}},
		 true},
		/* services, of any transport */
		{WHO("match=gw.example"),
		 {{"_sips._tcp.gw.example", "SRV 1 1 5061 a.example"}, {"a.example", "A 10.0.0.9"}},
		 true},
		{WHO("match=gw.example"),
		 {{"_sip._udp.gw.example", "SRV 1 1 5060 a.example"},
		  {"_sip._tcp.gw.example", "SRV 1 1 5060 b.example"},
		  {"b.example", "A 10.0.0.9"}},
		 true},
		/* with them the name's own address is another thing: a web server's */
		{WHO("match=gw.example"),
		 {{"_sip._udp.gw.example", "SRV 1 1 5060 a.example"},
		  {"a.example", "A 10.0.0.8"},
		  {"gw.example", "A 10.0.0.9"}},
		 false},
		{WHO("match=gw.example\nsrv_lookups=no"),
		 {{"_sip._udp.gw.example", "SRV 1 1 5060 a.example"},
		  {"a.example", "A 10.0.0.8"},
		  {"gw.example", "A 10.0.0.9"}},
		 true},
		/* source ports */
		{WHO("match=gw.example:5060"), {{"gw.example", "A 10.0.0.9"}}, true},
		{WHO("match=gw.example:5070"), {{"gw.example", "A 10.0.0.9"}}, false},
		{WHO("match=10.0.0.9:5060"), {{0}}, true},
		{WHO("match=10.0.0.9:5070"), {{0}}, false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		start(rows[i].conf, rows[i].records, 0);
		flow_run(&f, SIM_SECOND);
		if (rows[i].is_taken)
			taken();
		else
			refused();
		end();
	}
}

/* Before the first answer is there nobody is called a stranger: what comes is dropped, its copy is
 * taken. */
static void test_early(void **state)
{
	static const char *const records[][2] = {{"gw.example", "A 10.0.0.9"}, {0}};

	UNUSED(state);
	start(WHO("match=gw.example"), records, 100 * SIM_MS);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	flow_expect_silence(&f, 450 * SIM_MS); /* 3 services, then the name */
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_unidentified_early), 1);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_unidentified), 0);
	flow_caller_again(&c, NULL, NULL, SDP);
	flow_expect(&f, "100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	flow_caller_ack_failure(&c);
	end();
}

/* No name server answers: it ends, and then strangers are told so. */
static void test_no_server(void **state)
{
	static const char *const none[][2] = {{0}};

	UNUSED(state);
	start(WHO("match=gw.example"), none, 0);
	sim_dns_set(f.w, &(struct sim_dns_weather){.is_dead = true});
	flow_run(&f, 60 * SIM_SECOND);
	refused();
	sim_dns_set(f.w, &(struct sim_dns_weather){0});
	sim_dns_put(f.w, "gw.example", 60, "A 10.0.0.9");
	flow_run(&f, 60 * SIM_SECOND);
	taken();
	end();
}

/* It moves: known when the TTL is over. The server goes: what is known stays. It says that there is
 * nothing any more: then so. */
static void test_changes(void **state)
{
	static const char *const records[][2] = {{"gw.example", "A 10.0.0.8"}, {0}};

	UNUSED(state);
	start(WHO("match=gw.example"), records, 0);
	flow_run(&f, SIM_SECOND);
	refused();
	sim_dns_remove(f.w, "gw.example");
	sim_dns_put(f.w, "gw.example", 60, "A 10.0.0.9");
	flow_run(&f, 61 * SIM_SECOND);
	taken();
	sim_dns_set(f.w, &(struct sim_dns_weather){.refuse_permille = 1000});
	flow_run(&f, 3600 * SIM_SECOND);
	taken();
	sim_dns_remove(f.w, "gw.example");
	sim_dns_set(f.w, &(struct sim_dns_weather){0});
	flow_run(&f, 120 * SIM_SECOND);
	refused();
	end();
}

/* A reload keeps what is known of names that stay, and looks up new ones. */
static void test_reload(void **state)
{
	static const char *const records[][2] = {
		{"gw.example", "A 10.0.0.9"}, {"other.example", "A 10.0.0.9"}, {0}};

	UNUSED(state);
	start(WHO("match=gw.example"), records, 0);
	flow_run(&f, SIM_SECOND);
	sim_dns_set(f.w, &(struct sim_dns_weather){.is_dead = true});
	flow_reload(&f, NULL, WHO("match=zero.example,gw.example"));
	taken();
	flow_run(&f, 60 * SIM_SECOND);
	sim_dns_set(f.w, &(struct sim_dns_weather){0});
	flow_reload(&f, NULL, WHO("match=other.example"));
	flow_run(&f, SIM_SECOND);
	taken();
	end();
}

#define EXTERNAL                                                                                   \
	"[transport](+)\nexternal_signaling_address=sig.example\nexternal_signaling_port=5080\n"   \
	"external_media_address=%s\nlocal_net=10.0.1.0/24\n"

static void expect_seen_as(const char *via, const char *media)
{
	const struct flow_msg *m;
	char text[128];

	flow_dial(&f, "trunk");
	m = flow_expect(&f, "INVITE");
	snprintf(text, sizeof(text), "Via: SIP/2.0/UDP %s;", via);
	assert_non_null(strstr(m->text, text));
	snprintf(text, sizeof(text), "Contact: <sip:asterisk@%s>", via);
	assert_non_null(strstr(m->text, text));
	snprintf(text, sizeof(text), "c=IN IP4 %s\r\n", media);
	assert_non_null(strstr(m->text, text));
	flow_reply(&f, m, 486, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
}

/* A dynamic address of ours: the name follows it. */
static void test_external(void **state)
{
	static const char *const records[][2] = {
		{"sig.example", "A 198.51.100.1"}, {"media.example", "A 198.51.100.2"}, {0}};
	char text[256];

	UNUSED(state);
	snprintf(text, sizeof(text), EXTERNAL, "media.example");
	start(text, records, 100 * SIM_MS);
	expect_seen_as("10.0.0.1:5060", "10.0.0.1"); /* not known yet */
	flow_run(&f, SIM_SECOND);
	expect_seen_as("198.51.100.1:5080", "198.51.100.2");
	sim_dns_remove(f.w, "sig.example");
	sim_dns_put(f.w, "sig.example", 60, "A 198.51.100.7");
	flow_run(&f, 61 * SIM_SECOND);
	expect_seen_as("198.51.100.7:5080", "198.51.100.2");
	sim_dns_set(f.w, &(struct sim_dns_weather){.is_dead = true});
	flow_run(&f, 600 * SIM_SECOND);
	expect_seen_as("198.51.100.7:5080", "198.51.100.2");
	snprintf(text, sizeof(text), EXTERNAL, "198.51.100.3");
	flow_reload(&f, NULL, text); /* an address instead */
	expect_seen_as("198.51.100.7:5080", "198.51.100.3");
	end();
}

/* All of many local_net count: whoever is in the last one sees our own address. */
static void test_many_local_nets(void **state)
{
	char text[2048];
	struct sink out = sink_make(text, sizeof(text) - 1);

	UNUSED(state);
	sink_lit(&out, "[transport](+)\nexternal_signaling_address=198.51.100.1\n"
		       "external_media_address=198.51.100.2\n");
	for (int i = 1; i < LIMIT_SIP_LOCAL_NETS; i++)
		sink_fmt(&out, "local_net=10.9.%d.0/24\n", i);
	flow_start(&f, NULL, NULL);
	flow_reload(&f, NULL, sink_cstr(&out));
	expect_seen_as("198.51.100.1:5060", "198.51.100.2");
	sink_lit(&out, "local_net=10.0.0.0/24\n");
	flow_reload(&f, NULL, sink_cstr(&out));
	expect_seen_as("10.0.0.1:5060", "10.0.0.1");
	end();
}

/* Sockets stay over a reload, and each name means its own, wherever it stands in the file then. */
static void test_transports_moved(void **state)
{
	static const char second[] = "[second]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5070\n";
	static const char third[] = "[third]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5080\n";
	const struct addr to = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}};
	struct sip_target_want want;
	char text[256];

	UNUSED(state);
	snprintf(text, sizeof(text), "%s%s", second, third);
	flow_start(&f, NULL, text);
	assert_int_equal(sip_tp_pick(f.sip, 2, SIP_TRANSPORT_UDP, &to), 2);
	flow_reload(&f, NULL, third);
	assert_int_equal(sip_tp_pick(f.sip, 1, SIP_TRANSPORT_UDP, &to), 2);
	assert_int_equal(sip_tp_pick(f.sip, 2, SIP_TRANSPORT_UDP, &to), -1);
	snprintf(text, sizeof(text), "%s[new]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5090\n",
		 third);
	flow_reload(&f, NULL, text);
	assert_int_equal(sip_tp_pick(f.sip, 0, SIP_TRANSPORT_UDP, &to), 0);
	assert_int_equal(sip_tp_pick(f.sip, 2, SIP_TRANSPORT_UDP, &to), 3);
	assert_false(sip_tp_want(f.sip, 3, &want));
	assert_true(sip_tp_want(f.sip, 1, &want));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),		cmocka_unit_test(test_early),
		cmocka_unit_test(test_no_server),	cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reload),		cmocka_unit_test(test_external),
		cmocka_unit_test(test_many_local_nets), cmocka_unit_test(test_transports_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
