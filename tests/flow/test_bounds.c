/* tests/flow/test_bounds.c - shards, reload, slabs that are full, an end of everything, and dirt.
 */
#include "engine/base/check.h"
#include "tests/flow/flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls of each shard, though the kernel gives all datagrams of one far end to one socket. */
static void test_shards(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_shards(&f, FLOW_SHARDS, 4);
	for (uint32_t i = 0; i < FLOW_SHARDS; i++) {
		const struct flow_msg *invite;

		flow_use_shard(&f, i);
		invite = flow_answered_call(&f);
		flow_request(&f, invite, "INFO", 3, "far1", NULL, NULL);
		flow_expect(&f, "200");
		flow_request(&f, invite, "BYE", 4, "far1", NULL, NULL);
		flow_expect(&f, "200");
		flow_fact(&f, "ended 16 0");
	}
	assert_true(metric_get(&f.metrics, METRIC_sip_rx_forwarded) >= (FLOW_SHARDS - 1) * 4);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_stray), 0);
	assert_true(f.states > 0);
	flow_end(&f);
}

static void test_reload(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "outbound_auth=acct", "[acct]\ntype=auth\nusername=joe\npassword=x\n");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reload(&f, "outbound_auth=acct\nfrom_user=fresh",
		    "[acct]\ntype=auth\nusername=joe\npassword=y\n[global]\ntype=global\n"
		    "user_agent=Second\n");
	/* the call goes on, with the credentials of today */
	flow_reply(&f, invite, 407, "c", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		   NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	assert_true(sip_msg_has(&m->msg, SIP_HDR_PROXY_AUTHORIZATION));
	flow_reply(&f, m, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "ACK");
	assert_string_equal(flow_header(m, "User-Agent"), "Second");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	/* its endpoint disappears: BYE goes without credentials, and the call ends */
	flow_reload(&f, NULL, NULL);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 407, NULL, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		   NULL);
	flow_end(&f);
}

/* Every call of the owner finds room, however many ended ones still wait for an answer. */
static void test_ending_gives_way(void **state)
{
	struct sip_counts c;
	struct flow f;

	UNUSED(state);
	flow_start_shards(&f, 1, 1); /* 66 slots */
	for (int i = 0; i < 20; i++) {
		flow_dial(&f, "100@trunk");
		assert_int_equal(f.dial_error, 0);
		flow_expect(&f, "INVITE");
		flow_hangup(&f, 0);
	}
	sip_count(f.sip, &c);
	assert_int_equal(c.ending, 20);
	assert_int_equal(c.calls, 0);
	f.msg_taken = f.msg_count;
	flow_run(&f, 0);
	sip_destroy(f.sip); /* in the middle of it all */
	f.sips[0] = NULL;
	assert_int_equal(tmr_wheel_count(f.wheel), 0);
	f.shard_count = 0;
	flow_end(&f);
}

static void test_hangup_all(void **state)
{
	const struct flow_msg *ringing, *bye, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_answered_call(&f);
	flow_dial(&f, "200@trunk");
	ringing = flow_expect(&f, "INVITE");
	flow_reply(&f, ringing, 180, "r", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup_all(&f, 31);
	flow_fact(&f, "ended 31 0");
	flow_fact(&f, "ended 31 0");
	bye = flow_expect(&f, "BYE");
	assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=31");
	cancel = flow_expect(&f, "CANCEL");
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_reply(&f, cancel, 200, "r", NULL, NULL);
	flow_reply(&f, ringing, 487, "r", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* ---- dirt ---- */

#define DIRT_ROUNDS 4000

/* Octets changed, cut out, doubled. */
static size_t dirty(struct rng *rng, char *text, size_t len)
{
	uint32_t changes = rng_below(rng, 6);

	for (uint32_t i = 0; i < changes && len > 4; i++) {
		uint32_t at = rng_below(rng, (uint32_t)len), span;

		switch (rng_below(rng, 4)) {
		case 0:
			text[at] = (char)rng_below(rng, 256);
			break;
		case 1:
			text[at] = "\r\n:;,<>\"@ 0"[rng_below(rng, 11)];
			break;
		case 2: /* cut a piece out */
			span = rng_below(rng, 20) + 1;
			if (at + span < len) {
				memmove(text + at, text + at + span, len - at - span);
				len -= span;
			}
			break;
		default: /* copy a piece over another */
			span = rng_below(rng, 40) + 1;
			if (at + span < len) {
				uint32_t from = rng_below(rng, (uint32_t)(len - span));

				memmove(text + at, text + from, span);
			}
		}
	}
	return len;
}

struct dirt {
	struct rng rng;
	char seeds[12][2048]; /* what a far end of this very call might send */
	uint32_t count;
};

static void dirt_add(struct dirt *d, const struct flow_msg *m, unsigned code, const char *method,
		     const char *extra, const char *body)
{
	char *text = d->seeds[d->count++];
	const struct sip_msg *q = &m->msg;

	if (code)
		snprintf(text, 2048,
			 "SIP/2.0 %u X\r\nVia: %.*s\r\nFrom: %s\r\nTo: %s;tag=far1\r\nCall-ID: "
			 "%.*s\r\n"
			 "CSeq: %.*s\r\n%s\r\n%s",
			 code, SLICE_ARG(q->via.raw), flow_header(m, "From"), flow_header(m, "To"),
			 SLICE_ARG(q->call_id), SLICE_ARG(q->cseq_text), extra, body);
	else
		snprintf(text, 2048,
			 "%s sip:x@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
			 "10.0.0.9;branch=z9hG4bKd%u\r\n"
			 "From: %s;tag=far1\r\nTo: %s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\n%s\r\n%s",
			 method, d->count, flow_header(m, "To"), flow_header(m, "From"),
			 SLICE_ARG(q->call_id), 10 + d->count, method, extra, body);
}

static void dirt_fill(struct dirt *d, const struct flow_msg *invite)
{
	const char *sdp = flow_sdp(7000, "0 101", "sendrecv");

	d->count = 0;
	dirt_add(d, invite, 180, NULL, FLOW_CONTACT "Record-Route: <sip:10.0.0.3;lr>\r\n", "");
	dirt_add(d, invite, 183, NULL, FLOW_CONTACT "Require: 100rel\r\nRSeq: 1\r\n", sdp);
	dirt_add(d, invite, 401, NULL,
		 "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", "");
	dirt_add(d, invite, 422, NULL, "Min-SE: 900\r\n", "");
	dirt_add(d, invite, 200, NULL,
		 FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\nAllow: UPDATE\r\n", sdp);
	dirt_add(d, invite, 0, "INVITE", FLOW_CONTACT, flow_sdp(7002, "8 0", "sendonly"));
	dirt_add(d, invite, 0, "ACK", "", "");
	dirt_add(d, invite, 0, "UPDATE", FLOW_CONTACT "Session-Expires: 100\r\n", sdp);
	dirt_add(d, invite, 0, "INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n");
	dirt_add(d, invite, 0, "OPTIONS", "", "");
	dirt_add(d, invite, 0, "CANCEL", "", "");
	dirt_add(d, invite, 0, "BYE", "Reason: Q.850;cause=17\r\n", "");
}

/* One call that hears all of it in any order. Whatever it does, it comes to an end. */
static void dirt_call(struct flow *f, struct dirt *d)
{
	const struct flow_msg *invite;
	char text[2048];

	flow_dial(f, "100@trunk");
	assert_int_equal(f->dial_error, 0);
	invite = f->msgs[f->msg_count - 1];
	dirt_fill(d, invite);
	for (int i = 0; i < 12; i++) {
		const char *seed = d->seeds[rng_below(&d->rng, d->count)];
		size_t len = strlen(seed);

		memcpy(text, seed, len);
		len = dirty(&d->rng, text, len);
		sim_net_inject(f->w, &flow_peer, &flow_engine, text, len);
		if (rng_chance(&d->rng, 300))
			sim_run_for(f->w, (int64_t)rng_below(&d->rng, 2000) * SIM_MS);
	}
	sim_run_for(f->w, 2 * SIM_MS);
	if (f->call)
		flow_hangup(f, 16);
	f->fact_taken = f->fact_count = 0;
}

static void dirt_forget_messages(struct flow *f)
{
	for (uint32_t i = 0; i < f->msg_count; i++)
		free(f->msgs[i]);
	f->msg_count = f->msg_taken = 0;
}

static void dirt_no_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void test_dirt(void **state)
{
	struct dirt *d = calloc(1, sizeof(*d));
	struct flow f;

	UNUSED(state);
	flow_start(&f, "outbound_auth=acct", "[acct]\ntype=auth\nusername=joe\npassword=x\n");
	f.is_deaf = true;
	log_set_writer(dirt_no_log, NULL);
	rng_seed(&d->rng, 11);
	for (int i = 0; i < DIRT_ROUNDS; i++) {
		dirt_call(&f, d);
		if (i % 8 == 7)
			sim_run_for(f.w, 100 * SIM_SECOND);
		dirt_forget_messages(&f);
	}
	sim_run_for(f.w, 200 * SIM_SECOND);
	dirt_forget_messages(&f);
	f.fact_taken = f.fact_count = 0;
	flow_end(&f);
	log_set_writer(NULL, NULL);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_ending_gives_way),
		cmocka_unit_test(test_hangup_all),
		cmocka_unit_test(test_dirt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
