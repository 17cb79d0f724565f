/* tests/flow/test_outside.c - what we are called from outside and from inside of our network
 * (external_signaling_address, external_media_address, local_net) over TCP, over TLS and by IPv6,
 * and whether a call is secure. Over UDP by name: test_hosts. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define OUTSIDE                                                                                    \
	"[transport](+)\nexternal_signaling_address=198.51.100.1\nexternal_signaling_port=5080\n"  \
	"external_media_address=198.51.100.2\nlocal_net=10.0.1.0/24\n"
#define INSIDE OUTSIDE "local_net=10.0.0.0/24\n"

/* One way of seeing us. */
struct view {
	const char *protocol;
	const char *conf;  /* further sections */
	const char *seen;  /* host and port in Via and Contact */
	const char *param; /* of Contact */
	const char *media; /* in c= */
};

static const struct view views[] = {
	{"tcp", OUTSIDE, "198.51.100.1:5080", ";transport=tcp", "IP4 198.51.100.2"},
	{"tcp", INSIDE, "10.0.0.1:5060", ";transport=tcp", "IP4 10.0.0.1"},
	{"tls", OUTSIDE, "198.51.100.1:5080", ";transport=tls", "IP4 198.51.100.2"},
	{"tls", INSIDE, "10.0.0.1:5060", ";transport=tls", "IP4 10.0.0.1"},
};

static void has(const struct flow_msg *m, const char *fmt, const char *value, const char *param)
{
	char text[256];

	snprintf(text, sizeof(text), fmt, value, param);
	if (!strstr(m->text, text))
		fail_msg("expected %s in:\n%s", text, m->text);
}

static void has_via(const struct flow_msg *m, const struct view *v)
{
	char via[32], upper[8] = {0};

	for (size_t i = 0; v->protocol[i]; i++)
		upper[i] = (char)(v->protocol[i] - 'a' + 'A');
	snprintf(via, sizeof(via), "\r\nVia: SIP/2.0/%s %%s%%s;", upper);
	has(m, via, v->seen, "");
}

static void has_sdp(const struct flow_msg *m, const struct view *v)
{
	has(m, "\r\nc=IN %s%s\r\n", v->media, "");
	has(m, " IN %s%s\r\ns=", v->media, ""); /* o= */
}

static void start(struct flow *f, const struct view *v)
{
	char more[1024];

	snprintf(more, sizeof(more), "%s%s", FLOW_PEER, v->conf);
	flow_start_far(f, v->protocol, 1, NULL, more);
}

/* Every request of a call that we make, also those after its answer. */
static void test_out(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(views); i++) {
		const struct view *v = &views[i];
		const struct flow_msg *invite, *m;
		struct flow f;

		start(&f, v);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		has_via(invite, v);
		has(invite, "\r\nContact: <sip:asterisk@%s%s>\r\n", v->seen, v->param);
		has_sdp(invite, v);
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		has_via(flow_expect(&f, "ACK"), v);
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_request(&f, invite, "INVITE", 5, "t", FLOW_CONTACT,
			     flow_sdp(7000, "0", "sendonly"));
		flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir2 held");
		m = flow_expect(&f, "200");
		has(m, "\r\nContact: <sip:asterisk@%s%s>\r\n", v->seen, v->param);
		has_sdp(m, v);
		flow_request(&f, invite, "ACK", 5, "t", NULL, NULL);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		has_via(m, v);
		flow_reply(&f, m, 200, "t", NULL, NULL);
		flow_end(&f);
	}
}

/* Every answer to a call that comes in, and our BYE. */
static void test_in(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(views); i++) {
		const struct view *v = &views[i];
		const struct flow_msg *m;
		struct flow_caller c;
		struct flow f;

		start(&f, v);
		flow_far_call(&f);
		flow_caller_init(&c, &f);
		flow_caller_offer(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
		flow_indicate(&f, TECH_RINGING);
		m = flow_caller_expect(&c, "180");
		has(m, "\r\nContact: <sip:%s%s>\r\n", v->seen, v->param);
		assert_int_equal(flow_answer(&f), 0);
		flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
		m = flow_caller_expect(&c, "200");
		has(m, "\r\nContact: <sip:%s%s>\r\n", v->seen, v->param);
		has_sdp(m, v);
		flow_caller_ack(&c, NULL);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		has_via(m, v);
		flow_reply(&f, m, 200, c.tag, NULL, NULL);
		flow_end(&f);
	}
}

/* A registrar outside has to call us where it can reach us. */
static void test_register(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(views); i++) {
		const struct view *v = &views[i];
		const struct flow_msg *m;
		char more[1024];
		struct flow f;

		snprintf(more, sizeof(more),
			 "%s[reg]\ntype=registration\nclient_uri=sip:us@10.0.0.9\nserver_uri="
			 "sip:10.0.0.9:5060\\;transport=%s\n",
			 v->conf, v->protocol);
		flow_start_far(&f, v->protocol, 1, NULL, more);
		m = flow_expect(&f, "REGISTER");
		has_via(m, v);
		has(m, "\r\nContact: <sip:s@%s%s", v->seen, v->param);
		flow_abandon(&f);
	}
}

/* ---- IPv6 ---- */

#define SIX_AS(endpoint, more)                                                                     \
	"[six]\ntype=transport\nprotocol=udp\nbind=[fd00::1]:5060\n"                               \
	"external_signaling_address=2001:db8::1\nexternal_signaling_port=5080\n"                   \
	"external_media_address=2001:db8::2\n" more                                                \
	"[trunk6]\ntype=endpoint\naors=trunk6\nallow=ulaw\ncontext=c\n" endpoint                   \
	"[trunk6]\ntype=aor\ncontact=sip:[fd00::9]:5060\n"                                         \
	"[who6]\ntype=identify\nendpoint=trunk6\nmatch=fd00::9\n"
#define SIX(more) SIX_AS("rtp_ipv6=yes\n", more)

static const struct view views6[] = {
	{"udp", SIX(""), "[2001:db8::1]:5080", "", "IP6 2001:db8::2"},
	{"udp", SIX("local_net=fd00::/64\n"), "[fd00::1]:5060", "", "IP6 fd00::1"},
	{"udp", SIX("local_net=fd01::/64\nlocal_net=10.0.0.0/8\n"), "[2001:db8::1]:5080", "",
	 "IP6 2001:db8::2"},
	/* without rtp_ipv6 audio is where a socket for it is */
	{"udp", SIX_AS("", ""), "[2001:db8::1]:5080", "", "IP4 10.0.0.1"},
};

#define SDP6                                                                                       \
	"v=0\r\no=far 1 1 IN IP6 fd00::9\r\ns=-\r\nc=IN IP6 fd00::9\r\nt=0 0\r\n"                  \
	"m=audio 7000 RTP/AVP 0\r\n"
#define CONTACT6 "Contact: <sip:far@[fd00::9]:5060>\r\n"

static void test_out_ip6(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(views6); i++) {
		const struct view *v = &views6[i];
		const struct flow_msg *m;
		struct flow f;

		flow_start(&f, NULL, v->conf);
		f.is_ip6 = true;
		flow_dial(&f, "100@trunk6");
		m = flow_expect(&f, "INVITE");
		assert_int_equal(m->to.family, 6);
		has_via(m, v);
		has(m, "\r\nContact: <sip:asterisk@%s%s>\r\n", v->seen, "");
		has_sdp(m, v);
		flow_reply(&f, m, 200, "t", CONTACT6, SDP6);
		has_via(flow_expect(&f, "ACK"), v);
		flow_fact(&f, "answered [fd00::9]:7000 ulaw/0 ev255 dir0");
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		has_via(m, v);
		flow_reply(&f, m, 200, "t", NULL, NULL);
		flow_end(&f);
	}
}

static void test_in_ip6(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(views6); i++) {
		const struct view *v = &views6[i];
		const struct flow_msg *m;
		struct flow_caller c;
		struct flow f;

		flow_start(&f, NULL, v->conf);
		f.is_ip6 = true;
		flow_caller_init(&c, &f);
		c.contact = "sip:ann@[fd00::9]:5060";
		c.from = "\"Ann\" <sip:1000@[fd00::9]>";
		flow_caller_offer(&c, NULL, SDP6);
		assert_int_equal(flow_answer(&f), 0);
		flow_fact(&f, "media [fd00::9]:7000 ulaw/0 ev255 dir0");
		m = flow_caller_expect(&c, "200");
		has(m, "\r\nContact: <sip:%s%s>\r\n", v->seen, "");
		has_sdp(m, v);
		flow_caller_ack(&c, NULL);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		has_via(m, v);
		flow_reply(&f, m, 200, c.tag, NULL, NULL);
		flow_end(&f);
	}
}

/* ---- CHANNEL(pjsip,secure) ---- */

static void expect_secure(struct flow *f, const char *wanted)
{
	char text[4] = {0};
	struct sink said = sink_make(text, sizeof(text) - 1);

	assert_true(f->tech.ops->info(f->call, SLICE_LIT("secure"), &said));
	assert_string_equal(text, wanted);
}

static void secure_in(const char *protocol, const char *wanted)
{
	struct flow_caller c;
	struct flow f;

	if (protocol) {
		flow_start_far(&f, protocol, 1, NULL, FLOW_PEER);
		flow_far_call(&f);
	} else {
		flow_start(&f, NULL, FLOW_PEER);
	}
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
	expect_secure(&f, wanted);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	flow_caller_ack(&c, NULL);
	expect_secure(&f, wanted);
	flow_abandon(&f);
}

static void secure_out(const char *protocol, const char *wanted)
{
	const struct flow_msg *m;
	struct flow f;

	if (protocol)
		flow_start_far(&f, protocol, 1, NULL, NULL);
	else
		flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	expect_secure(&f, wanted);
	flow_reply(&f, m, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	expect_secure(&f, wanted);
	flow_abandon(&f);
}

static void test_secure(void **state)
{
	static const char *const rows[][2] = {{NULL, "0"}, {"tcp", "0"}, {"tls", "1"}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		secure_out(rows[i][0], rows[i][1]);
		secure_in(rows[i][0], rows[i][1]);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out),	 cmocka_unit_test(test_in),
		cmocka_unit_test(test_register), cmocka_unit_test(test_out_ip6),
		cmocka_unit_test(test_in_ip6),	 cmocka_unit_test(test_secure),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
