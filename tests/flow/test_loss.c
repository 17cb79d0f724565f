/* tests/flow/test_loss.c - connections without room for all: who may still send, who is told of a
 * loss, and which requests are meant. */
#include "engine/base/check.h"
#include "sip/transport.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

#define SWITCH "[system]\ntype=system\ndisable_tcp_switch=no\n"
#define TRUNK  "100@trunk"
#define OTHER  "trunk/sip:100@10.0.0.9:5070;transport=tcp"
#define FACT   "answered 10.0.0.9:7000 ulaw/0 ev255 dir0"

static uint64_t count(const struct flow *f, enum metric which)
{
	return metric_get(&f->metrics, which);
}

static void answer(struct flow *f, const struct flow_msg *invite)
{
	flow_reply(f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, FACT);
}

/* The way to the shard that has the connections is full: a call that there is goes on, and is
 * ended; no new one begins. */
static void test_full(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 3, NULL, NULL);
	flow_use_shard(&f, 1);
	flow_dial(&f, TRUNK);
	invite = flow_expect(&f, "INVITE");
	f.is_blocked = true;
	answer(&f, invite);
	flow_request(&f, invite, "OPTIONS", 7, "t", NULL, NULL);
	flow_expect(&f, "200");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	flow_dial(&f, TRUNK);
	assert_int_equal(f.dial_error, -ECONNABORTED);
	assert_int_equal(count(&f, METRIC_sip_conn_crowded), 1);
	flow_reply(&f, m, 200, "t", NULL, NULL);
	flow_end(&f);
}

/* What was kept for that is used up, too: the call ends for us, and it is counted. */
static void test_choked(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 2, NULL, NULL);
	flow_use_shard(&f, 1);
	flow_dial(&f, TRUNK);
	answer(&f, flow_expect(&f, "INVITE"));
	f.is_choked = true;
	flow_hangup(&f, 16);
	flow_expect_silence(&f, SIM_SECOND);
	assert_int_equal(count(&f, METRIC_sip_conn_crowded), 1);
	flow_end(&f);
}

/* The other shard's pipe is full just then, and more waits for it: it hears of the loss at once. */
static void test_told_though_full(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 3, NULL, NULL);
	flow_use_shard(&f, 1);
	flow_dial(&f, TRUNK);
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	f.is_full = true;
	flow_far_close(&f);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(count(&f, METRIC_sip_conn_untold), 0);
	f.is_full = false;
	flow_end(&f);
}

/* A shard hears of a loss when it has sent the next request already, which opened another
 * connection: that one goes on. */
static void test_told_late(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 3, NULL, NULL);
	flow_use_shard(&f, 1);
	flow_dial(&f, TRUNK);
	flow_expect(&f, "INVITE");
	f.is_late = true;
	flow_far_close(&f);
	flow_no_fact(&f);
	flow_dial(&f, TRUNK);
	invite = flow_expect(&f, "INVITE");
	flow_tell_late(&f);
	flow_fact(&f, "ended 34 503");
	flow_no_fact(&f);
	answer(&f, invite);
	flow_request(&f, invite, "BYE", 7, "t", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

static void dial_twice_job(struct flow *f)
{
	f->text = OTHER;
	flow_dial_job(f);
	f->text = TRUNK;
	flow_dial_job(f);
}

/* The same on the shard of the connections: room is made by the end of one, and again by that of
 * the next, and a third is opened to where the first one led, all in one turn. */
static void test_evicted_late(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start_far_few(&f, "tcp", 1, NULL);
	flow_dial(&f, TRUNK);
	flow_expect(&f, "INVITE");
	flow_do(&f, dial_twice_job);
	invite = flow_expect(&f, "INVITE");
	assert_int_equal(count(&f, METRIC_sip_conn_evicted), 2);
	flow_fact(&f, "ended 34 503");
	flow_fact(&f, "ended 34 503");
	flow_no_fact(&f);
	answer(&f, invite);
	flow_request(&f, invite, "BYE", 7, "t", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

static void dial_other_job(struct flow *f)
{
	flow_dial_job(f);
	f->text = OTHER;
	flow_dial_job(f);
}

/* Who had to make room before it was up has refused nothing: what was meant for UDP goes by UDP,
 * and the next large request by TCP. */
static void test_evicted_is_not_refused(void **state)
{
	const struct flow_msg *m;
	char large[512];
	struct flow f;

	UNUSED(state);
	snprintf(large, sizeof(large), "trunk/sip:100@10.0.0.9:5060;x=%0*d", 460, 0);
	flow_start_far_few(&f, "both", 1, SWITCH);
	f.text = large;
	flow_do(&f, dial_other_job);
	m = flow_expect(&f, "INVITE");
	assert_memory_equal(flow_header(m, "Via"), "SIP/2.0/UDP", 11);
	flow_reply(&f, m, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, 40 * SIM_SECOND); /* nobody listens on the other port */
	f.fact_taken = f.fact_count;
	flow_dial(&f, large);
	m = flow_expect(&f, "INVITE");
	assert_memory_equal(flow_header(m, "Via"), "SIP/2.0/TCP", 11);
	flow_reply(&f, m, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_end(&f);
}

/* ... nor is its silence a strike (sip/health.h). */
static void test_evicted_is_not_down(void **state)
{
	struct sip_counts c;
	struct flow f;

	UNUSED(state);
	flow_start_far_few(&f, "tcp", 1, NULL);
	for (int i = 0; i < 5; i++) {
		flow_dial(&f, TRUNK);
		flow_expect(&f, "INVITE");
		flow_far_call(&f);
		flow_fact(&f, "ended 34 503");
	}
	assert_true(count(&f, METRIC_sip_conn_evicted) >= 5);
	sip_count(f.sip, &c);
	assert_int_equal(c.troubled, 0);
	flow_end(&f);
}

/* A message of 8,000 octets to that port of the far end, within the loop. */
static int say_much(struct flow *f, uint16_t port, unsigned number)
{
	struct sip_peer peer = {.addr = flow_peer};
	char text[LIMIT_SIP_OUT];
	int len = snprintf(text, sizeof(text),
			   "MESSAGE sip:10.0.0.9 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:5060;branch="
			   "z9hG4bKm%u\r\nFrom: <sip:10.0.0.1>;tag=f\r\nTo: <sip:10.0.0.9>\r\n"
			   "Call-ID: m%u\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
			   "Content-Type: text/plain\r\nContent-Length: 7600\r\n\r\n%7600s",
			   number, number, "");

	peer.addr.port = port;
	return sip_tp_send(f->sip, 0, &peer, slice_make(text, (size_t)len));
}

#define MUCH                                                                                       \
	(LIMIT_SIP_CONN_OUT / 7900 + 1) /* so many are more than a connection may have queued */

static void burst_job(struct flow *f)
{
	for (unsigned i = 0; i < FLOW_MESSAGES - 1; i++)
		assert_int_equal(say_much(f, 5060, i), 0);
}

/* Many calls of one trunk begin, or end, in one turn: all of it goes out, and the connection stays.
 */
static void test_burst(void **state)
{
	static const char *const protocols[] = {"tcp", "tls"};
	struct flow f;

	UNUSED(state);
	assert_true(FLOW_MESSAGES > MUCH + 10);
	for (size_t p = 0; p < ARRAY_COUNT(protocols); p++) {
		flow_start_far(&f, protocols[p], 1, NULL, NULL);
		flow_do(&f, burst_job);
		for (unsigned i = 0; i < FLOW_MESSAGES - 1; i++)
			flow_expect(&f, "MESSAGE");
		assert_int_equal(flow_far_count(&f).open, 1);
		assert_int_equal(count(&f, METRIC_sip_conn_behind), 0);
		flow_end(&f);
	}
}

/* To ports where nobody listens: all are behind, and one more is closed. */
static void many_bursts_job(struct flow *f)
{
	for (unsigned i = 0; i < LIMIT_SIP_CONNS_BEHIND * MUCH; i++)
		assert_int_equal(say_much(f, (uint16_t)(6000 + i / MUCH), i), 0);
	for (unsigned i = 0; i < MUCH - 1; i++)
		assert_int_equal(say_much(f, 5060, i), 0);
	for (unsigned i = 0; i < 2; i++) /* its end comes in a moment */
		assert_int_equal(say_much(f, 5060, MUCH + i), 0);
	assert_int_equal(count(f, METRIC_sip_conn_behind), 1);
}

static void test_many_bursts(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	f.is_deaf = true;
	flow_do(&f, many_bursts_job);
	flow_run(&f, SIM_SECOND);
	assert_int_equal(count(&f, METRIC_sip_conn_failed), LIMIT_SIP_CONNS_BEHIND);
	flow_do(&f, burst_job); /* there is room again */
	flow_run(&f, SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 1);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

static void burst_too_large_job(struct flow *f)
{
	for (unsigned i = 0; i < LIMIT_SIP_CONN_BURST / 7900 + 100; i++)
		UNUSED(say_much(f, 5060, i));
}

/* What finds a connection that has failed a moment before is told so by its end: once, not each by
 * each, for every shard looks through all that it has under way. */
static void test_lost_once(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", 2, NULL, NULL);
	flow_use_shard(&f, 1);
	f.is_deaf = f.is_late = true;
	flow_dial(&f, TRUNK);
	flow_do(&f, burst_too_large_job);
	flow_run(&f, SIM_MS);
	assert_int_equal(count(&f, METRIC_sip_conn_behind), 1);
	assert_int_equal(f.late_count, 1);
	flow_tell_late(&f);
	flow_fact(&f, "ended 34 503");
	flow_abandon(&f);
}

/* A far end that asks and does not read has no more queued for it than others. */
static void test_pings_unread(void **state)
{
	static char pings[1 << 20];
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < sizeof(pings); i++)
		pings[i] = i % 2 ? '\n' : '\r';
	flow_start_far(&f, "tcp", 1, NULL, NULL);
	flow_far_call(&f);
	flow_far_pause(&f, true);
	for (int i = 0; i < 4; i++) {
		flow_far_octets(&f, slice_make(pings, sizeof(pings)), SIZE_MAX);
		flow_run(&f, SIM_SECOND);
	}
	flow_far_pause(&f, false);
	flow_run(&f, 5 * SIM_SECOND);
	/* Two of our CRLF look like one of its own. */
	assert_in_range(flow_far_count(&f).pings * 4, LIMIT_SIP_CONN_OUT,
			LIMIT_SIP_CONN_OUT + (128 << 10));
	assert_int_equal(flow_far_count(&f).open, 1);
	flow_end(&f);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_choked),
		cmocka_unit_test(test_told_though_full),
		cmocka_unit_test(test_told_late),
		cmocka_unit_test(test_evicted_late),
		cmocka_unit_test(test_evicted_is_not_refused),
		cmocka_unit_test(test_evicted_is_not_down),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_many_bursts),
		cmocka_unit_test(test_pings_unread),
		cmocka_unit_test(test_lost_once),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
