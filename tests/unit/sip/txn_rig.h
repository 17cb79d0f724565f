/* tests/unit/sip/txn_rig.h - a transaction layer with a clock that the test sets and a wire that it
 * reads. For test_txn_*.c. */
#ifndef RINGER_TESTS_UNIT_SIP_TXN_RIG_H
#define RINGER_TESTS_UNIT_SIP_TXN_RIG_H

#include "engine/base/check.h"
#include "sip/txn_internal.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>

#define RIG_SENT 64

struct rig {
	struct txn_layer layer;
	struct tmr_wheel *wheel;
	struct msgbuf_pool *bufs;
	struct metrics metrics;
	struct rng rng;
	int64_t now;
	int send_error;
	struct {
		int64_t at;
		char text[LIMIT_SIP_OUT];
		size_t len;
	} sent[RIG_SENT];
	uint32_t sent_count;
	char facts[512]; /* names of facts, each followed by a blank */
	struct sip_msg msg;
	char msg_text[1024];
};

static int64_t rig_now(void *arg)
{
	return ((struct rig *)arg)->now;
}

static int rig_send(void *arg, uint8_t tp, const struct sip_peer *to, struct slice data)
{
	struct rig *r = arg;

	UNUSED(tp);
	UNUSED(to);
	if (r->send_error)
		return r->send_error;
	assert_true(r->sent_count < RIG_SENT);
	r->sent[r->sent_count].at = r->now;
	r->sent[r->sent_count].len = data.len;
	slice_copy(r->sent[r->sent_count].text, sizeof(r->sent[0].text), data);
	r->sent_count++;
	return 0;
}

static void rig_fact(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		     const struct addr *from)
{
	struct rig *r = arg;
	size_t len = strlen(r->facts);

	UNUSED(t);
	UNUSED(msg);
	UNUSED(from);
	snprintf(r->facts + len, sizeof(r->facts) - len, "%s ", txn_fact_name(fact));
}

static void rig_open_sized(struct rig *r, uint32_t client_max, uint32_t server_max)
{
	struct txn_conf conf = {
		.rng = &r->rng,
		.metrics = &r->metrics,
		.client_max = client_max,
		.server_max = server_max,
		.times = {.t1_ns = 500 * TMR_MS,
			  .t2_ns = 4 * TMR_SECOND,
			  .t4_ns = 5 * TMR_SECOND,
			  .b_ns = 32 * TMR_SECOND,
			  .d_ns = 32 * TMR_SECOND},
		.now = rig_now,
		.send = rig_send,
		.arg = r,
	};

	memset(r, 0, sizeof(*r));
	r->now = 1000 * TMR_SECOND;
	rng_seed(&r->rng, 3);
	assert_int_equal(tmr_wheel_create(&r->wheel, r->now), 0);
	assert_int_equal(msgbuf_pool_create(&r->bufs, 64, 64, 16), 0);
	conf.wheel = r->wheel;
	conf.bufs = r->bufs;
	assert_int_equal(txn_layer_init(&r->layer, &conf), 0);
}

static void rig_open(struct rig *r)
{
	rig_open_sized(r, 16, 16);
}

static void rig_close(struct rig *r)
{
	txn_layer_close(&r->layer);
	assert_int_equal(tmr_wheel_count(r->wheel), 0);
	assert_int_equal(msgbuf_used(r->bufs), 0);
	msgbuf_pool_destroy(r->bufs);
	tmr_wheel_destroy(r->wheel);
}

/* Lets time pass in steps of a millisecond. */
static inline void rig_pass(struct rig *r, int64_t duration_ns)
{
	int64_t end = r->now + duration_ns;

	while (r->now < end) {
		r->now += TMR_MS;
		tmr_wheel_run(r->wheel, r->now, 1000);
	}
}

/* Facts since the last call. */
static inline void rig_expect_facts(struct rig *r, const char *facts)
{
	assert_string_equal(r->facts, facts);
	r->facts[0] = 0;
}

/* Milliseconds, since the first, at which something was sent. */
static inline void rig_expect_times(struct rig *r, const int64_t *at_ms, uint32_t count)
{
	assert_int_equal(r->sent_count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal((r->sent[i].at - r->sent[0].at) / TMR_MS, at_ms[i]);
}

static inline const struct sip_msg *rig_parse(struct rig *r)
{
	enum sip_parse_error err;

	if (sip_msg_parse(&r->msg, slice_str(r->msg_text), &err))
		fail_msg("%s", r->msg_text);
	return &r->msg;
}

/* A response with the branch of t. */
static inline const struct sip_msg *rig_response(struct rig *r, const struct txn *t, unsigned code)
{
	char branch[SIP_BRANCH_LEN];
	const char *method = sip_method_name((enum sip_method)t->method).ptr;

	txn_branch(t, branch);
	snprintf(r->msg_text, sizeof(r->msg_text),
		 "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=%.*s\r\n"
		 "From: <sip:a@b>;tag=us\r\nTo: <sip:c@d>;tag=far\r\nCall-ID: id\r\nCSeq: %u "
		 "%s\r\n\r\n",
		 code, (int)sizeof(branch), branch, t->cseq, method);
	return rig_parse(r);
}

static inline const struct sip_msg *rig_request(struct rig *r, const char *method,
						const char *branch)
{
	snprintf(r->msg_text, sizeof(r->msg_text),
		 "%s sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=%s\r\n"
		 "From: <sip:c@d>;tag=far\r\nTo: <sip:a@b>;tag=us\r\nCall-ID: id\r\nCSeq: 7 "
		 "%s\r\n\r\n",
		 method, branch, method);
	return rig_parse(r);
}

static const struct addr rig_far = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}};
static const struct sip_peer rig_peer = {.addr = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}}};
static const struct addr rig_us = {.family = 4, .port = 5060, .ip = {10, 0, 0, 1}};

/* A request of ours, sent, or held; then its timers run. */
static inline struct txn *rig_client_by(struct rig *r, enum txn_kind kind, bool is_held)
{
	enum sip_method method = kind == TXN_ICT ? SIP_METHOD_INVITE : SIP_METHOD_BYE;
	struct txn *t = txn_client_new(&r->layer, kind, method, 42, rig_fact, r);
	char branch[SIP_BRANCH_LEN], text[1024];

	assert_non_null(t);
	txn_branch(t, branch);
	snprintf(text, sizeof(text),
		 "%s sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=%.*s\r\n"
		 "From: <sip:a@b>;tag=us\r\nTo: <sip:c@d>\r\nCall-ID: id\r\nCSeq: 42 %s\r\n"
		 "Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\nMax-Forwards: 70\r\n"
		 "Content-Length: 0\r\n\r\n",
		 sip_method_name(method).ptr, (int)sizeof(branch), branch,
		 sip_method_name(method).ptr);
	assert_int_equal((is_held ? txn_client_hold : txn_client_send)(t, 0, &rig_peer, &rig_us,
								       slice_str(text)),
			 0);
	return t;
}

static inline struct txn *rig_client(struct rig *r, enum txn_kind kind)
{
	return rig_client_by(r, kind, false);
}

#define RIG_NONE  (-1) /* ignored: the state stays */
#define RIG_NEVER (-2) /* a defect if it happens: counted, the state stays */

/* One cell of a figure: what happens in `state` on `event`. */
struct rig_cell {
	int next;	   /* state, RIG_NONE or RIG_NEVER; no row at all: RIG_NEVER */
	const char *facts; /* in order */
	uint32_t sent;	   /* messages */
};

/* `state` and `nevers` after an event that met `cell`. gone: the transaction is freed. */
static inline void rig_judge(struct rig *r, const struct rig_cell *cell, handle_t h, bool is_client,
			     unsigned before, unsigned terminated, uint32_t sent, uint64_t nevers,
			     const char *what)
{
	struct txn *t = is_client ? txn_client_get(&r->layer, h) : txn_server_get(&r->layer, h);
	int next = cell->next < 0 ? (int)before : cell->next;

	if (next == (int)terminated && t)
		fail_msg("%s: should be gone", what);
	if (next != (int)terminated && (!t || t->state != next))
		fail_msg("%s: state %d, should be %d", what, t ? t->state : -1, next);
	if (r->sent_count - sent != cell->sent)
		fail_msg("%s: sent %u, should be %u", what, r->sent_count - sent, cell->sent);
	if (strcmp(r->facts, cell->facts ? cell->facts : "") != 0)
		fail_msg("%s: facts '%s', should be '%s'", what, r->facts, cell->facts);
	if ((check_never_count() != nevers) != (cell->next == RIG_NEVER))
		fail_msg("%s: NEVER is %s", what, cell->next == RIG_NEVER ? "missing" : "counted");
}

#endif
