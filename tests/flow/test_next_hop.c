/* tests/flow/test_next_hop.c - requests inside of a dialog whose next hop is a name (RFC 3261
 * 12.2.1.1, RFC 3263): where they go, what waits for the answer, and what happens without one. */
#include "engine/base/check.h"
#include "sip/linger.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>
#include <stdlib.h>

#define SDP	flow_sdp(7000, "0", "sendrecv")
#define FACT	"answered 10.0.0.9:7000 ulaw/0 ev255 dir0"
#define WAIT	(4 * SIM_SECOND) /* 8 * T1 */
#define NODE	"Contact: <sip:far@node.example:5070>\r\n"
#define SERVICE "Contact: <sip:far@service.example>\r\n"

static struct flow f;
static struct flow_caller c;

static const struct flow_msg *expect(const char *what, const char *addr)
{
	const struct flow_msg *m = flow_expect(&f, what);

	flow_assert_to(m, addr);
	return m;
}

/* What name servers know in these tests. */
static void put_names(void)
{
	sim_dns_put(f.w, "node.example", 3600, "A 10.0.0.7");
	sim_dns_put(f.w, "other.example", 3600, "A 10.0.0.8");
	sim_dns_put(f.w, "_sip._udp.service.example", 3600, "SRV 10 0 5088 node.example");
}

static void start(const char *endpoint, const char *more)
{
	flow_start(&f, endpoint, more);
	put_names();
}

static void bye(const char *addr)
{
	flow_hangup(&f, 16);
	flow_reply(&f, expect("BYE", addr), 200, "t", NULL, NULL);
}

static void text(const char *addr)
{
	flow_send_text(&f, NULL, "hello");
	assert_int_equal(f.number, 0);
	flow_reply(&f, expect("MESSAGE", addr), 200, "t", NULL, NULL);
}

/* ---- calls that we place ---- */

/* The look-up begins with the 180, so that everything after it goes at once; a copy of the 2xx gets
 * the same ACK at the same place, and nothing is asked twice. */
static void test_contact(void **state)
{
	const struct flow_msg *invite, *ack, *again;

	UNUSED(state);
	start(NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", NODE, NULL);
	flow_fact(&f, "ringing");
	assert_int_equal(sim_dns_questions(f.w), 1);
	flow_run(&f, SIM_SECOND);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	flow_fact(&f, FACT);
	ack = expect("ACK", "10.0.0.7:5070");
	assert_true(slice_eq(ack->msg.ruri, SLICE_LIT("sip:far@node.example:5070")));
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	again = expect("ACK", "10.0.0.7:5070");
	assert_string_equal(again->text, ack->text);
	text("10.0.0.7:5070");
	bye("10.0.0.7:5070");
	assert_int_equal(sim_dns_questions(f.w), 1);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_next_hop_unknown), 0);
	flow_end(&f);
}

/* What was found holds for the call, whatever its TTL says. */
static void test_asked_once(void **state)
{
	static const char brief[] = "Contact: <sip:far@brief.example:5070>\r\n";
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	sim_dns_put(f.w, "brief.example", 0, "A 10.0.0.7");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", brief, NULL);
	flow_fact(&f, "ringing");
	flow_run(&f, SIM_SECOND);
	flow_reply(&f, invite, 180, "t", brief, NULL);
	flow_run(&f, SIM_SECOND);
	flow_reply(&f, invite, 200, "t", brief, SDP);
	flow_fact(&f, FACT);
	expect("ACK", "10.0.0.7:5070");
	flow_run(&f, SIM_SECOND);
	flow_request(&f, invite, "UPDATE", 7, "t", brief, NULL);
	flow_expect(&f, "200");
	text("10.0.0.7:5070");
	bye("10.0.0.7:5070");
	assert_int_equal(sim_dns_questions(f.w), 1);
	flow_end(&f);
}

/* SRV: the port is that of the record. */
static void test_service(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	flow_answered_with(&f, SERVICE);
	expect("ACK", "10.0.0.7:5088");
	bye("10.0.0.7:5088");
	flow_end(&f);
}

/* A name in Record-Route, loose and strict: it decides, and Contact does not. */
static void test_route(void **state)
{
	static const struct {
		const char *headers, *ruri, *route;
	} rows[] = {
		{"Record-Route: <sip:node.example:5070;lr>\r\n" FLOW_CONTACT,
		 "sip:far@10.0.0.9:5060", "<sip:node.example:5070;lr>"},
		{"Record-Route: <sip:node.example:5070>\r\n" FLOW_CONTACT, "sip:node.example:5070",
		 "<sip:far@10.0.0.9:5060>"},
		{"Record-Route: <sip:node.example:5070;lr>\r\n"
		 "Contact: <sip:far@other.example>\r\n",
		 "sip:far@other.example", "<sip:node.example:5070;lr>"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		start(NULL, NULL);
		flow_answered_with(&f, rows[i].headers);
		m = expect("ACK", "10.0.0.7:5070");
		assert_true(slice_eq(m->msg.ruri, slice_str(rows[i].ruri)));
		assert_string_equal(flow_header(m, "Route"), rows[i].route);
		bye("10.0.0.7:5070");
		assert_int_equal(sim_dns_questions(f.w), 1);
		flow_end(&f);
	}
}

/* Answered before the name is known: the ACK goes as soon as it is; copies of the 2xx that come
 * before get none. */
static void test_slow(void **state)
{
	const struct flow_msg *invite, *ack;
	int64_t since;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, 2 * SIM_SECOND);
	invite = flow_answered_with(&f, NODE);
	since = sim_now(f.w);
	flow_expect_silence(&f, 500 * SIM_MS);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	ack = expect("ACK", "10.0.0.7:5070");
	assert_in_range(ack->at - since, 1900 * SIM_MS, 2100 * SIM_MS);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	assert_string_equal(expect("ACK", "10.0.0.7:5070")->text, ack->text);
	bye("10.0.0.7:5070");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_next_hop_late), 0);
	flow_end(&f);
}

/* ... and hung up before that: ACK, the text, BYE, in their order; what the far end says of its
 * side meanwhile is answered. */
static void test_hung_up_early(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, SIM_SECOND);
	flow_answered_with(&f, NODE);
	flow_send_text(&f, NULL, "hello");
	assert_int_equal(f.number, 0);
	flow_hangup(&f, 16);
	flow_expect_silence(&f, 900 * SIM_MS);
	expect("ACK", "10.0.0.7:5070");
	m = expect("MESSAGE", "10.0.0.7:5070");
	flow_reply(&f, m, 200, "t", NULL, NULL);
	m = expect("BYE", "10.0.0.7:5070");
	flow_expect_silence(&f, 400 * SIM_MS); /* its timers run from here */
	expect("BYE", "10.0.0.7:5070");
	flow_reply(&f, m, 200, "t", NULL, NULL);
	flow_end(&f);
}

static void drop_linger(struct flow *rig)
{
	const struct linger *l = slab_at(rig->sip->lingers, 0);

	txn_drop(txn_client_get(&rig->sip->txns, l->ict));
}

/* The record of the ACK has to make room: rather an ACK to where the 2xx came from than none. */
static void test_gave_way(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, SIM_SECOND);
	flow_answered_with(&f, NODE);
	flow_do(&f, drop_linger);
	expect("ACK", "10.0.0.9:5060");
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* The far end ends the call meanwhile: its 2xx still has its ACK, and nothing else is sent. */
static void test_ended_early(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, SIM_SECOND);
	invite = flow_answered_with(&f, NODE);
	flow_send_text(&f, NULL, "hello");
	flow_request(&f, invite, "BYE", 7, "t", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	expect("ACK", "10.0.0.7:5070");
	flow_end(&f);
}

/* No such name: to where the last message came from, as soon as that is known, and at once the next
 * time; when it comes to be there, there. */
static void test_unknown(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	flow_answered_with(&f, "Contact: <sip:far@nobody.example:5070>\r\n");
	expect("ACK", "10.0.0.9:5060");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_next_hop_unknown), 1);
	text("10.0.0.9:5060");
	sim_dns_put(f.w, "nobody.example", 60, "A 10.0.0.7");
	text("10.0.0.9:5060"); /* remembered */
	flow_run(&f, 61 * SIM_SECOND);
	text("10.0.0.7:5070");
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* What must not be: an address that is our own machine for us, one of the other family. */
static void test_useless(void **state)
{
	static const char *const hosts[] = {"localhost:5070", "any.example:5070", "six.example",
					    "loop.example", "under_score.example"};
	char line[128];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
		start(NULL, "[six]\ntype=transport\nprotocol=udp\nbind=[fd00::1]:5060\n");
		sim_dns_put(f.w, "any.example", 60, "A 0.0.0.0");
		sim_dns_put(f.w, "loop.example", 60, "A 127.0.0.1");
		sim_dns_put(f.w, "six.example", 60, "AAAA 2001:db8::1");
		snprintf(line, sizeof(line), "Contact: <sip:far@%s>\r\n", hosts[i]);
		flow_answered_with(&f, line);
		expect("ACK", "10.0.0.9:5060");
		bye("10.0.0.9:5060");
		flow_end(&f);
	}
}

/* Not known in time: all that waits goes to where the answer came from, and so does what follows.
 * The answer, when it comes, is still good: for the ACK once more, its copies, and the BYE. */
static void test_late(void **state)
{
	const struct flow_msg *invite, *ack, *m;
	int64_t since;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, 4500 * SIM_MS);
	invite = flow_answered_with(&f, NODE);
	since = sim_now(f.w);
	flow_send_text(&f, NULL, "hello");
	ack = expect("ACK", "10.0.0.9:5060");
	assert_in_range(ack->at - since, WAIT - 100 * SIM_MS, WAIT + 100 * SIM_MS);
	m = expect("MESSAGE", "10.0.0.9:5060");
	flow_reply(&f, m, 200, "t", NULL, NULL);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_next_hop_late), 1);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	assert_string_equal(expect("ACK", "10.0.0.9:5060")->text, ack->text);
	text("10.0.0.9:5060");
	assert_string_equal(expect("ACK", "10.0.0.7:5070")->text, ack->text);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	assert_string_equal(expect("ACK", "10.0.0.7:5070")->text, ack->text);
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* Answered when it is late already: the ACK goes at once, and once more when the answer is there.
 */
static void test_answered_late(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, 6 * SIM_SECOND);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", NODE, NULL);
	flow_fact(&f, "ringing");
	flow_run(&f, 5 * SIM_SECOND);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	flow_fact(&f, FACT);
	expect("ACK", "10.0.0.9:5060");
	expect("ACK", "10.0.0.7:5070");
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* Name servers that say nothing: a call can be made and ended all the same. */
static void test_dead(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	sim_dns_set(f.w, &(struct sim_dns_weather){.is_dead = true});
	flow_answered_with(&f, SERVICE);
	flow_hangup(&f, 16);
	flow_expect_silence(&f, WAIT - 100 * SIM_MS);
	expect("ACK", "10.0.0.9:5060");
	flow_reply(&f, expect("BYE", "10.0.0.9:5060"), 200, "t", NULL, NULL);
	flow_end(&f);
	start(NULL, NULL);
	sim_dns_set(f.w, &(struct sim_dns_weather){.refuse_permille = 1000});
	flow_answered_with(&f, SERVICE);
	expect("ACK", "10.0.0.9:5060");
	bye("10.0.0.9:5060");
	flow_end(&f);
}

/* The process stops with a search under way, and things in it. */
static void test_abandoned(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, SIM_SECOND);
	flow_answered_with(&f, NODE);
	flow_send_text(&f, NULL, "hello");
	flow_hangup(&f, 16);
	flow_abandon(&f);
}

/* A reload takes name servers and endpoint away. */
static void test_reload(void **state)
{
	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, SIM_SECOND);
	flow_answered_with(&f, NODE);
	flow_reload(&f, NULL, "[more]\ntype=aor\n");
	flow_hangup(&f, 16);
	expect("ACK", "10.0.0.7:5070");
	flow_reply(&f, expect("BYE", "10.0.0.7:5070"), 200, "t", NULL, NULL);
	flow_end(&f);
}

/* Of several targets the one that answered is the one whose call it is, whatever the order; else it
 * is the first of those that are not in trouble. */
static void test_several(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	sim_dns_put(f.w, "_sip._udp.farm.example", 3600, "SRV 10 0 5070 node.example");
	sim_dns_put(f.w, "_sip._udp.farm.example", 3600, "SRV 20 0 5060 here.example");
	sim_dns_put(f.w, "here.example", 3600, "A 10.0.0.9");
	flow_answered_with(&f, "Contact: <sip:far@farm.example>\r\n");
	expect("ACK", "10.0.0.9:5060");
	bye("10.0.0.9:5060");
	flow_end(&f);
	start("aors=two\n", "[two]\ntype=aor\ncontact=sip:10.0.0.7:5070\ncontact=sip:10.0.0.9\n");
	sim_dns_put(f.w, "_sip._udp.farm.example", 3600, "SRV 10 0 5070 node.example");
	sim_dns_put(f.w, "_sip._udp.farm.example", 3600, "SRV 20 0 5080 other.example");
	flow_dial(&f, "100@trunk");
	flow_reply(&f, expect("INVITE", "10.0.0.7:5070"), 503, "x", "Retry-After: 60\r\n", NULL);
	expect("ACK", "10.0.0.7:5070");
	invite = expect("INVITE", "10.0.0.9:5060");
	flow_reply(&f, invite, 200, "t", "Contact: <sip:far@farm.example>\r\n", SDP);
	flow_fact(&f, FACT);
	expect("ACK", "10.0.0.8:5080");
	bye("10.0.0.8:5080");
	flow_end(&f);
}

/* A 2xx that nothing remembers may be made up: no name server is bothered with what it says. */
static void test_no_look_for_strangers(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	invite = flow_answered_with(&f, FLOW_CONTACT);
	flow_expect(&f, "ACK");
	bye("10.0.0.9:5060");
	flow_run(&f, 100 * SIM_SECOND);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	expect("ACK", "10.0.0.9:5060");
	flow_reply(&f, expect("BYE", "10.0.0.9:5060"), 481, NULL, NULL, NULL);
	assert_int_equal(sim_dns_questions(f.w), 0);
	flow_end(&f);
}

/* No room for a search: the source, at once; with room again the next request asks. */
static void test_no_room(void **state)
{
	void *taken[512];
	uint32_t n = 0;

	UNUSED(state);
	start(NULL, NULL);
	while (n < ARRAY_COUNT(taken) && (taken[n] = slab_alloc(f.sip->next_hops)))
		n++;
	assert_true(n && n < ARRAY_COUNT(taken));
	flow_answered_with(&f, NODE);
	expect("ACK", "10.0.0.9:5060");
	assert_true(metric_get(&f.metrics, METRIC_sip_no_slot) > 0);
	text("10.0.0.9:5060");
	assert_int_equal(sim_dns_questions(f.w), 0);
	while (n)
		slab_free(f.sip->next_hops, taken[--n]);
	text("10.0.0.7:5070");
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* PRACK in an early dialog; the other fork wins, and has another name. */
static void test_prack_and_fork(void **state)
{
	const struct flow_msg *invite, *m;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, 100 * SIM_MS);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 183, "a", NODE "Require: 100rel\r\nRSeq: 1\r\n", SDP);
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_expect_silence(&f, 80 * SIM_MS);
	m = expect("PRACK", "10.0.0.7:5070");
	assert_true(slice_starts(slice_str(flow_header(m, "RAck")), SLICE_LIT("1 ")));
	flow_reply(&f, m, 200, "a", NULL, NULL);
	/* a second one, not acknowledged when its dialog is over */
	flow_reply(&f, invite, 183, "b",
		   "Contact: <sip:far@other.example:5090>\r\nRequire: 100rel\r\nRSeq: 1\r\n", NULL);
	flow_reply(&f, invite, 200, "a", NODE, NULL);
	flow_fact(&f, FACT);
	expect("ACK", "10.0.0.7:5070");
	flow_expect_silence(&f, SIM_SECOND);
	/* the other one answers, too */
	flow_reply(&f, invite, 200, "b", "Contact: <sip:far@third.example:5090>\r\n", SDP);
	sim_dns_put(f.w, "third.example", 60, "A 10.0.0.6");
	expect("ACK", "10.0.0.6:5090");
	m = expect("BYE", "10.0.0.6:5090");
	flow_reply(&f, m, 200, "b", NULL, NULL);
	flow_reply(&f, invite, 200, "b", "Contact: <sip:far@third.example:5090>\r\n", SDP);
	expect("ACK", "10.0.0.6:5090");
	bye("10.0.0.7:5070");
	flow_end(&f);
}

/* Hung up before the answer came: ACK and BYE of a call that nobody has any more. */
static void test_answered_after_hangup(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	start(NULL, NULL);
	flow_delay_names(&f, 100 * SIM_MS);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_hangup(&f, 16);
	flow_reply(&f, invite, 200, "t", NODE, SDP);
	expect("ACK", "10.0.0.7:5070");
	flow_reply(&f, expect("BYE", "10.0.0.7:5070"), 200, "t", NULL, NULL);
	flow_end(&f);
}

/* More calls that end than there is room for: ACKs and BYEs of those that gave way wait on without
 * them; when there is no room for more searches those of later calls go to the source at once. */
static void test_evicted(void **state)
{
	int64_t since;
	uint64_t sent;

	UNUSED(state);
	flow_start_shards(&f, 1, 1); /* room for 66 calls */
	put_names();
	f.is_deaf = true;
	flow_delay_names(&f, 3 * SIM_SECOND);
	since = sim_now(f.w);
	for (uint32_t i = 0; i < 80; i++) {
		flow_answered_with(&f, NODE);
		flow_hangup(&f, 16);
		while (f.msg_count)
			free(f.msgs[--f.msg_count]);
		f.msg_taken = f.fact_count = f.fact_taken = 0;
	}
	assert_true(metric_get(&f.metrics, METRIC_sip_linger_evicted) > 0);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_tx), 80 + 2 * (80 - 66));
	flow_run(&f, since + 2950 * SIM_MS - sim_now(f.w));
	f.msg_taken = f.msg_count;
	sent = metric_get(&f.metrics, METRIC_sip_tx);
	flow_run(&f, 100 * SIM_MS);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_tx) - sent, 2 * 66);
	expect("ACK", "10.0.0.7:5070");
	expect("BYE", "10.0.0.7:5070");
	flow_run(&f, 70 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* ---- the target moves ---- */

/* A re-INVITE of the far end brings another name: what waits for the old one goes to the old one.
 * An UPDATE brings an address. */
static void test_refreshed(void **state)
{
	const struct flow_msg *invite, *m;

	UNUSED(state);
	start(NULL, NULL);
	f.is_overtaken = true;
	invite = flow_answered_with(&f, NODE);
	expect("ACK", "10.0.0.7:5070");
	flow_request(&f, invite, "INVITE", 7, "t", "Contact: <sip:far@other.example:5090>\r\n",
		     SDP);
	flow_expect(&f, "200");
	flow_request(&f, invite, "ACK", 7, "t", NULL, NULL);
	text("10.0.0.8:5090");
	flow_delay_names(&f, SIM_SECOND);
	sim_dns_put(f.w, "third.example", 60, "A 10.0.0.6");
	flow_request(&f, invite, "UPDATE", 8, "t", "Contact: <sip:far@third.example>\r\n", NULL);
	flow_expect(&f, "200");
	flow_send_text(&f, NULL, "to the third");
	flow_request(&f, invite, "UPDATE", 9, "t", "Contact: <sip:far@10.0.0.5:5095>\r\n", NULL);
	flow_expect(&f, "200");
	text("10.0.0.5:5095");
	m = expect("MESSAGE", "10.0.0.6:5060");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@third.example")));
	flow_reply(&f, m, 200, "t", NULL, NULL);
	/* a name that is not there: who was reached until now */
	flow_delay_names(&f, SIM_MS);
	flow_request(&f, invite, "UPDATE", 10, "t", "Contact: <sip:far@nobody.example>\r\n", NULL);
	flow_expect(&f, "200");
	text("10.0.0.5:5095");
	bye("10.0.0.5:5095");
	flow_end(&f);
}

/* Our re-INVITE, a session refresh, waits like everything; its 2xx brings another name, to which
 * its ACK goes. Then UPDATE. */
static void test_reinvite(void **state)
{
	static const char se[] = "Session-Expires: 90;refresher=uac\r\n";
	const struct flow_msg *m;
	char lines[256];

	UNUSED(state);
	start("timers=yes\ntimers_sess_expires=90\n", NULL);
	snprintf(lines, sizeof(lines), "%s%s", NODE, se);
	flow_answered_with(&f, lines);
	expect("ACK", "10.0.0.7:5070");
	m = expect("INVITE", "10.0.0.7:5070");
	flow_delay_names(&f, 100 * SIM_MS);
	snprintf(lines, sizeof(lines), "Contact: <sip:far@other.example:5090>\r\n%s%s",
		 "Allow: UPDATE\r\n", se);
	flow_reply(&f, m, 200, "t", lines, SDP);
	flow_expect_silence(&f, 80 * SIM_MS);
	expect("ACK", "10.0.0.8:5090");
	flow_reply(&f, m, 200, "t", lines, SDP);
	expect("ACK", "10.0.0.8:5090");
	m = expect("INVITE", "10.0.0.8:5090");
	flow_reply(&f, m, 200, "t", lines, SDP);
	expect("ACK", "10.0.0.8:5090");
	bye("10.0.0.8:5090");
	flow_end(&f);
}

/* ---- calls that come in ---- */

static void test_incoming(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("timers=always\ntimers_sess_expires=90\nsend_pai=yes\n", FLOW_PEER);
	flow_caller_init(&c, &f);
	c.contact = "sip:ann@service.example";
	flow_caller_talk(&c);
	m = expect("INVITE", "10.0.0.7:5088"); /* session refresh */
	flow_reply(&f, m, 200, NULL, "Contact: <sip:ann@service.example>\r\n", SDP);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
	expect("ACK", "10.0.0.7:5088");
	assert_int_equal(flow_transfer(&f, "200"), 0);
	m = expect("REFER", "10.0.0.7:5088");
	assert_string_equal(flow_header(m, "Refer-To"), "<sip:200@service.example>");
	flow_reply(&f, m, 603, NULL, NULL, NULL);
	flow_fact(&f, "transferred 603");
	bye("10.0.0.7:5088");
	flow_end(&f);
}

/* Hung up at once after the ACK, while the name is being looked up: responses go back to where the
 * INVITE came from, the BYE to the name. */
static void test_incoming_slow(void **state)
{
	UNUSED(state);
	start(NULL, FLOW_PEER);
	flow_delay_names(&f, 300 * SIM_MS); /* NAPTR, SRV, A */
	flow_caller_init(&c, &f);
	c.contact = "sip:ann@service.example";
	flow_caller_talk(&c);
	flow_hangup(&f, 16);
	flow_expect_silence(&f, 500 * SIM_MS);
	flow_reply(&f, expect("BYE", "10.0.0.7:5088"), 200, NULL, NULL, NULL);
	flow_end(&f);
	/* refused: nothing will ever be sent there */
	start(NULL, FLOW_PEER);
	flow_delay_names(&f, SIM_SECOND);
	flow_caller_init(&c, &f);
	c.contact = "sip:ann@service.example";
	flow_caller_offer(&c, NULL, SDP);
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	flow_caller_ack_failure(&c);
	assert_int_equal(slab_used(f.sip->next_hops), 0);
	flow_end(&f);
}

/* Answers that have run out are asked for again, and the second question fails at once, with the
 * first: the search is over while it is begun. Old answers serve. */
static void test_fails_at_once(void **state)
{
	static const char both[] = "Contact: <sip:far@both.example;transport=udp>\r\n";

	UNUSED(state);
	start(NULL, NULL);
	sim_dns_put(f.w, "_sip._udp.both.example", 3600, "SRV 10 0 5088 one.example");
	sim_dns_put(f.w, "_sip._udp.both.example", 3600, "SRV 20 0 5089 two.example");
	sim_dns_put(f.w, "one.example", 1, "A 10.0.0.7");
	sim_dns_put(f.w, "two.example", 1, "A 10.0.0.8");
	for (int i = 0; i < 2; i++) {
		flow_dial(&f, "100@trunk");
		flow_reply(&f, flow_expect(&f, "INVITE"), 200, "t", both, SDP);
		flow_fact(&f, FACT);
		expect("ACK", "10.0.0.7:5088");
		bye("10.0.0.7:5088");
		flow_expect_silence(&f, 40 * SIM_SECOND);
		sim_dns_set(f.w, &(struct sim_dns_weather){.delay_min_ns = SIM_SECOND,
							   .delay_max_ns = SIM_SECOND,
							   .breaks_at = "two.example"});
	}
	flow_end(&f);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contact),	       cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_service),	       cmocka_unit_test(test_route),
		cmocka_unit_test(test_slow),	       cmocka_unit_test(test_hung_up_early),
		cmocka_unit_test(test_gave_way),       cmocka_unit_test(test_ended_early),
		cmocka_unit_test(test_unknown),	       cmocka_unit_test(test_useless),
		cmocka_unit_test(test_late),	       cmocka_unit_test(test_answered_late),
		cmocka_unit_test(test_dead),	       cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_reload),	       cmocka_unit_test(test_several),
		cmocka_unit_test(test_no_room),	       cmocka_unit_test(test_no_look_for_strangers),
		cmocka_unit_test(test_prack_and_fork), cmocka_unit_test(test_answered_after_hangup),
		cmocka_unit_test(test_evicted),	       cmocka_unit_test(test_refreshed),
		cmocka_unit_test(test_reinvite),       cmocka_unit_test(test_incoming),
		cmocka_unit_test(test_incoming_slow),  cmocka_unit_test(test_fails_at_once),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
