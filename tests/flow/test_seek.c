/* tests/flow/test_seek.c - where a call is tried: names, the next target, 503 with Retry-After,
 * silence, proxies, redirections (RFC 3263, RFC 3261 8.1.3.4, 21.5.4). */
#include "tests/flow/flow.h"

#include "engine/base/check.h"

#include <stdio.h>

/* The trunk's contact is sip:gw.example. */
#define NAMED "[named]\ntype=aor\ncontact=sip:gw.example\n"
#define TWO   "[two]\ntype=aor\ncontact=sip:10.0.0.7:5060\ncontact=sip:10.0.0.8:5070\n"

static void put_two(struct flow *f, uint32_t ttl)
{
	sim_dns_put(f->w, "_sip._udp.gw.example", ttl, "SRV 10 0 5060 a.example");
	sim_dns_put(f->w, "_sip._udp.gw.example", ttl, "SRV 20 0 5070 b.example");
	sim_dns_put(f->w, "a.example", ttl, "A 10.0.0.7");
	sim_dns_put(f->w, "b.example", ttl, "CNAME c.example");
	sim_dns_put(f->w, "c.example", ttl, "A 10.0.0.8");
}

static const struct flow_msg *again(struct flow *f, const struct flow_msg *first, const char *addr)
{
	const struct flow_msg *m = flow_expect(f, "INVITE");

	flow_assert_to(m, addr);
	assert_true(slice_eq(m->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(m->msg.from_tag, first->msg.from_tag));
	assert_int_equal(m->msg.cseq, first->msg.cseq);
	assert_false(slice_eq(m->msg.via.branch, first->msg.via.branch));
	return m;
}

static void answer(struct flow *f, const struct flow_msg *invite)
{
	const struct flow_msg *bye;

	flow_reply(f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_expect(f, "ACK");
	flow_hangup(f, 16);
	bye = flow_expect(f, "BYE");
	flow_reply(f, bye, 200, NULL, NULL, NULL);
}

/* SRV and a CNAME; the first answers 503, the second takes the call. */
static void test_srv_503(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=named\n", NAMED);
	put_two(&f, 60);
	flow_dial(&f, "100@trunk");
	assert_int_equal(f.dial_error, 0);
	invite = flow_expect(&f, "INVITE");
	flow_assert_to(invite, "10.0.0.7:5060");
	assert_true(slice_eq(invite->msg.ruri, SLICE_LIT("sip:100@gw.example")));
	flow_reply(&f, invite, 183, "x", FLOW_CONTACT, NULL);
	flow_fact(&f, "progress none");
	flow_reply(&f, invite, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5070");
	flow_no_fact(&f);
	answer(&f, second);
	/* No Retry-After: the next call tries the first one again, without a question to anybody.
	 */
	assert_int_equal(sim_dns_questions(f.w), 4); /* NAPTR, SRV, two A */
	flow_dial(&f, "101@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_assert_to(invite, "10.0.0.7:5060");
	flow_reply(&f, invite, 486, "x", NULL, NULL); /* of the user: final */
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	assert_int_equal(f.hold_count, 0);
	flow_end(&f);
}

/* Two ways that lead to one target: what that has refused it is not asked again (RFC 3261 21.5.4).
 */
static void test_same_target(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=same\n",
		   "[same]\ntype=aor\ncontact=sip:a@10.0.0.7\ncontact=sip:b@10.0.0.7:5060\n"
		   "contact=sip:c@10.0.0.8\n");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_assert_to(invite, "10.0.0.7:5060");
	flow_reply(&f, invite, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5060");
	flow_reply(&f, second, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_true(f.is_reported);
	flow_end(&f);
}

/* One target is dead: the time-out of the transaction moves on. Both dead: 408, as ever. */
static void test_silence(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=two\n", TWO);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_assert_to(invite, "10.0.0.7:5060");
	for (int i = 0; i < 6; i++)
		flow_assert_to(flow_expect(&f, "INVITE"), "10.0.0.7:5060");
	second = again(&f, invite, "10.0.0.8:5070");
	assert_true(second->at - invite->at == 32 * SIM_SECOND);
	answer(&f, second);
	flow_dial(&f, "100@trunk");
	for (int i = 0; i < 14; i++)
		flow_expect(&f, "INVITE");
	sim_run_for(f.w, SIM_SECOND);
	flow_fact(&f, "ended 18 408");
	flow_end(&f);
}

/* Hang-up while the first is silent, while names are looked up, and after the move. */
static void test_hangup(void **state)
{
	const struct flow_msg *invite, *second, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=named\n", NAMED);
	put_two(&f, 60);
	flow_dial(&f, "100@trunk");
	flow_hangup(&f, 16);
	flow_expect_silence(&f, SIM_SECOND);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_hangup(&f, 16);
	for (int i = 0; i < 6; i++)
		flow_assert_to(flow_expect(&f, "INVITE"), "10.0.0.7:5060");
	flow_expect_silence(&f, 40 * SIM_SECOND); /* and no second target */
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5070");
	flow_reply(&f, second, 180, "y", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, 16);
	cancel = flow_expect(&f, "CANCEL");
	flow_assert_to(cancel, "10.0.0.8:5070");
	assert_true(slice_eq(cancel->msg.via.branch, second->msg.via.branch));
	flow_reply(&f, cancel, 200, "y", NULL, NULL);
	flow_reply(&f, second, 503, "y", NULL, NULL); /* cancelled: nothing moves */
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* 503 with Retry-After: the call fails, the trunk is reported as held, the next call fails at once,
 * also on another shard; when the time is over it is tried again. */
static void test_retry_after(void **state)
{
	const struct flow_msg *invite;
	struct flow f;
	int64_t until;

	UNUSED(state);
	flow_start_shards(&f, 2, 16);
	assert_false(flow_is_held(&f, "100@trunk"));
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", "Retry-After: 20 (busy);duration=9\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_true(f.is_reported);
	until = f.hold_until_ns;
	assert_int_equal(f.hold_count, 1);
	assert_false(f.hold_on_trial);
	assert_in_range(until - sim_now(f.w), 19 * SIM_SECOND, 20 * SIM_SECOND);
	assert_true(flow_is_held(&f, "101@trunk"));
	assert_true(f.held.until_ns == until && !f.held.on_trial);
	flow_use_shard(&f, 1);
	assert_true(flow_is_held(&f, "101@trunk"));
	assert_true(f.held.until_ns == until);
	assert_int_equal(f.hold_count, 1);
	flow_dial(&f, "101@trunk");
	assert_int_equal(f.dial_error, 0);
	flow_fact(&f, "ended 34 503");
	assert_false(f.is_reported); /* nobody was asked */
	assert_int_equal(f.hold_count, 2);
	assert_true(f.hold_until_ns == until);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_passed_over), 1);
	flow_expect_silence(&f, 19 * SIM_SECOND);
	flow_run(&f, 2 * SIM_SECOND);
	assert_false(flow_is_held(&f, "102@trunk"));
	flow_dial(&f, "102@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", "Retry-After: 4000000000\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_in_range(f.hold_until_ns - sim_now(f.w), 299 * SIM_SECOND, 300 * SIM_SECOND);
	flow_end(&f);
}

/* Of two targets one is held: calls go to the other, and nothing is reported. */
static void test_one_held(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=two\n", TWO);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", "Retry-After: 60\r\n", NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5070");
	flow_reply(&f, second, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_int_equal(f.hold_count, 0);
	assert_false(flow_is_held(&f, "101@trunk"));
	flow_dial(&f, "101@trunk");
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.8:5070");
	answer(&f, second);
	flow_end(&f);
}

/* A URI in the dial string is no target of the trunk: its pause holds nobody else's order. */
static void test_own_uri_held(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "trunk/sip:100@10.0.0.8:5070");
	flow_reply(&f, flow_expect(&f, "INVITE"), 503, "x", "Retry-After: 60\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_int_equal(f.hold_count, 0);
	assert_false(flow_is_held(&f, "trunk/sip:101@10.0.0.8:5070"));
	flow_dial(&f, "trunk/sip:101@10.0.0.8:5070");
	flow_run(&f, SIM_MS);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(f.hold_count, 0);
	flow_dial(&f, "102@trunk");
	answer(&f, flow_expect(&f, "INVITE"));
	flow_end(&f);
}

/* Behind a name: as long as it is known. When it has to be asked for again the dial will see. */
static void test_name_held(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=named\n", NAMED);
	sim_dns_put(f.w, "gw.example", 10, "A 10.0.0.7");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", "Retry-After: 60\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 34 503");
	assert_true(flow_is_held(&f, "101@trunk"));
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_seek_late), 0);
	flow_run(&f, 15 * SIM_SECOND);
	assert_false(flow_is_held(&f, "101@trunk"));
	flow_dial(&f, "101@trunk");
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_seek_late), 1);
	flow_end(&f);
}

/* Silent again and again: down, and held on trial; a word lifts it. */
static void test_down(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	f.is_deaf = true;
	for (int i = 0; i < 5; i++) {
		flow_dial(&f, "100@trunk");
		flow_run(&f, 33 * SIM_SECOND);
		flow_fact(&f, "ended 18 408");
		assert_int_equal(f.hold_count, i == 4);
	}
	assert_true(f.hold_on_trial);
	assert_true(flow_is_held(&f, "100@trunk"));
	assert_true(f.held.on_trial && f.held.until_ns == f.hold_until_ns);
	flow_dial(&f, "100@trunk");
	flow_fact(&f, "ended 34 503");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_down), 1);
	flow_run(&f, 31 * SIM_SECOND);
	f.is_deaf = false;
	f.msg_taken = f.msg_count;
	flow_dial(&f, "101@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 404, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	assert_true(f.hold_until_ns == 0);
	flow_end(&f);
}

/* What name servers may do. */
static void test_names(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=named\n", NAMED);
	flow_dial(&f, "100@trunk"); /* NXDOMAIN */
	flow_run(&f, 10 * SIM_MS);
	flow_fact(&f, "ended 27 502");
	flow_dial(&f, "100@trunk"); /* remembered */
	flow_fact(&f, "ended 27 502");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_unknown), 2);
	flow_run(&f, 61 * SIM_SECOND);
	sim_dns_set(f.w, &(struct sim_dns_weather){.is_dead = true});
	flow_dial(&f, "100@trunk"); /* silence: it ends */
	flow_no_fact(&f);
	flow_run(&f, 60 * SIM_SECOND);
	flow_fact(&f, "ended 27 502");
	sim_dns_set(f.w, &(struct sim_dns_weather){.refuse_permille = 1000});
	flow_dial(&f, "100@trunk"); /* SERVFAIL */
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 27 502");
	assert_int_equal(f.hold_count, 0);
	flow_expect_silence(&f, SIM_SECOND);
	/* TTL 0 everywhere, and every answer late. */
	sim_dns_set(f.w, &(struct sim_dns_weather){.delay_min_ns = SIM_SECOND,
						   .delay_max_ns = 3 * SIM_SECOND});
	flow_run(&f, 10 * SIM_SECOND);
	put_two(&f, 0);
	flow_dial(&f, "100@trunk");
	answer(&f, flow_expect(&f, "INVITE"));
	flow_end(&f);
}

/* A reload takes the endpoint away while its name is looked up. */
static void test_reload(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, "[gone]\ntype=endpoint\naors=named\nallow=ulaw\n" NAMED);
	put_two(&f, 60);
	flow_dial(&f, "100@gone");
	flow_reload(&f, NULL, NULL);
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 34 503");
	flow_expect_silence(&f, SIM_SECOND);
	flow_end(&f);
}

/* outbound_proxy by name: the request goes there, Request-URI and Route as the router wants them.
 */
static void test_proxy(void **state)
{
	static const struct {
		const char *line, *ruri, *route;
	} rows[] = {
		{"outbound_proxy=sip:gw.example\\;lr\n", "sip:100@10.0.0.9:5060",
		 "<sip:gw.example;lr>"},
		{"outbound_proxy=sip:gw.example\n", "sip:gw.example", "<sip:100@10.0.0.9:5060>"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite, *second;
		struct flow f;

		flow_start(&f, rows[i].line, NULL);
		put_two(&f, 60);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_assert_to(invite, "10.0.0.7:5060");
		assert_true(slice_eq(invite->msg.ruri, slice_str(rows[i].ruri)));
		assert_string_equal(flow_header(invite, "Route"), rows[i].route);
		assert_string_equal(flow_header(invite, "To"), "<sip:100@10.0.0.9>");
		flow_reply(&f, invite, 503, "x", NULL, NULL);
		assert_string_equal(flow_header(flow_expect(&f, "ACK"), "Route"), rows[i].route);
		second = again(&f, invite, "10.0.0.8:5070");
		answer(&f, second);
		flow_end(&f);
	}
}

/* ---- 3xx ---- */

#define AWAY                                                                                       \
	"Contact: <sip:c@10.0.0.3>;q=0.1, \"B\" <sip:b@10.0.0.2:5080?X-From=there>;q=0.75\r\n"     \
	"Contact: <tel:+123>;q=1.0\r\nContact: <sip:100@10.0.0.9:5060>\r\n"

/* Best first; what was tried and what is no SIP URI is left out. */
static void test_redirect(void **state)
{
	const struct flow_msg *invite, *second, *third;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "redirect_method=uri_pjsip\n", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 302, "x", AWAY, NULL);
	flow_expect(&f, "ACK");
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.2:5080");
	assert_true(slice_eq(second->msg.ruri, SLICE_LIT("sip:b@10.0.0.2:5080")));
	assert_true(slice_eq(second->msg.call_id, invite->msg.call_id));
	assert_int_equal(second->msg.cseq, invite->msg.cseq + 1);
	assert_string_equal(flow_header(second, "To"), flow_header(invite, "To"));
	flow_reply(&f, second, 503, "y", NULL, NULL);
	flow_expect(&f, "ACK");
	third = flow_expect(&f, "INVITE");
	flow_assert_to(third, "10.0.0.3:5060");
	flow_no_fact(&f);
	answer(&f, third);
	flow_end(&f);
}

/* A circle ends, and so does a chain. */
static void test_redirect_bounds(void **state)
{
	const struct flow_msg *invite;
	char contact[64];
	struct flow f;

	UNUSED(state);
	flow_start(&f, "redirect_method=uri_pjsip\n", NULL);
	flow_dial(&f, "100@trunk");
	for (int i = 0; i <= LIMIT_SIP_REDIRECTS; i++) {
		invite = flow_expect(&f, "INVITE");
		snprintf(contact, sizeof(contact), "Contact: <sip:u%d@10.0.0.9>\r\n", i);
		flow_reply(&f, invite, 302, "x", contact, NULL);
		flow_expect(&f, "ACK");
	}
	flow_fact(&f, "ended 23 302");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 302, "x", "Contact: <sip:100@10.0.0.9:5060>\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 23 302");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_redirect), LIMIT_SIP_REDIRECTS);
	flow_end(&f);
}

/* Whoever a trunk sends us to is no target of its own: a pause there holds none of its orders, and
 * a call that finds it in its pause was sent all the same. */
static void test_redirect_to_held(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "redirect_method=uri_pjsip\n", NULL);
	for (int i = 0; i < 2; i++) {
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 302, "x", "Contact: <sip:b@10.0.0.8:5070>\r\n", NULL);
		flow_expect(&f, "ACK");
		if (i == 0) {
			invite = flow_expect(&f, "INVITE");
			flow_assert_to(invite, "10.0.0.8:5070");
			flow_reply(&f, invite, 503, "y", "Retry-After: 60\r\n", NULL);
			flow_expect(&f, "ACK");
		}
		flow_fact(&f, i == 0 ? "ended 34 503" : "ended 23 302");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_passed_over), i);
		assert_int_equal(f.hold_count, 0);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_seek_late), 0);
		assert_false(flow_is_held(&f, "100@trunk"));
	}
	flow_end(&f);
}

/* user: reported, not followed. uri_core: followed as a call of its own. */
static void test_redirect_methods(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 302, "x", AWAY, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 23 302");
	flow_end(&f);
	flow_start(&f, "redirect_method=uri_core\n", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 301, "x", AWAY, NULL);
	flow_expect(&f, "ACK");
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.2:5080");
	assert_false(slice_eq(second->msg.call_id, invite->msg.call_id));
	assert_false(slice_eq(second->msg.from_tag, invite->msg.from_tag));
	answer(&f, second);
	flow_end(&f);
}

/* A target that wants credentials, then is full: the next one gets them at once. */
static void test_auth_then_503(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=two\noutbound_auth=me\n",
		   TWO "[me]\ntype=auth\nusername=u\npassword=p\n");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 401, "x",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
	flow_expect(&f, "ACK");
	invite = flow_expect(&f, "INVITE");
	flow_assert_to(invite, "10.0.0.7:5060");
	flow_reply(&f, invite, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5070");
	assert_non_null(flow_header(second, "Authorization"));
	answer(&f, second);
	flow_end(&f);
}

/* Each node has nonces of its own, and says nothing of stale: that refuses nobody. */
static void test_auth_of_each(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=two\noutbound_auth=me\n",
		   TWO "[me]\ntype=auth\nusername=u\npassword=p\n");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 401, "x",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
	flow_expect(&f, "ACK");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 503, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	second = again(&f, invite, "10.0.0.8:5070");
	flow_reply(&f, second, 401, "x",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\", qop=\"auth\"\r\n", NULL);
	flow_expect(&f, "ACK");
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.8:5070");
	assert_non_null(strstr(flow_header(second, "Authorization"), "nonce=\"m\""));
	answer(&f, second);
	flow_end(&f);
}

/* What one host was told is no business of another to which it sends us. */
static void test_auth_then_redirect(void **state)
{
	const struct flow_msg *invite, *second;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "aors=two\noutbound_auth=me\nredirect_method=uri_pjsip\n",
		   TWO "[me]\ntype=auth\nusername=u\npassword=p\n");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 401, "x",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
	flow_expect(&f, "ACK");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 302, "x", "Contact: <sip:200@10.0.0.9:5090>\r\n", NULL);
	flow_expect(&f, "ACK");
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.9:5090");
	assert_false(sip_msg_has(&second->msg, SIP_HDR_AUTHORIZATION));
	answer(&f, second);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_srv_503),
		cmocka_unit_test(test_same_target),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_one_held),
		cmocka_unit_test(test_own_uri_held),
		cmocka_unit_test(test_name_held),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_redirect_bounds),
		cmocka_unit_test(test_redirect_to_held),
		cmocka_unit_test(test_redirect_methods),
		cmocka_unit_test(test_auth_then_503),
		cmocka_unit_test(test_auth_of_each),
		cmocka_unit_test(test_auth_then_redirect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
