/* tests/sim/peer_gateway_uac.c - requests of the gateway: BYE and re-INVITE. */
#include "tests/sim/peer_gateway_internal.h"

static void request_begin(struct gw_call *c, enum sip_method method, const char *name, uint32_t leg,
			  const char *body)
{
	struct gw_request *q = &c->request;
	struct sink s = sink_make(q->send.text, sizeof(q->send.text));

	memcpy(q->branch, "z9hG4bKgw", 9);
	rng_hex(&c->g->rng, q->branch + 9, 24);
	q->branch[33] = 0;
	q->method = method;
	q->leg = leg;
	q->cseq = ++c->local_cseq;
	q->ack_len = 0;
	q->open = true;
	gw_write_request(c, &s, name, leg, q->branch, q->cseq, body);
	q->send.len = s.len;
	sim_trace_fmt(c->g->w, "gw", "%s sends %s", c->user, name);
	gw_repeat_start(&q->send, method == SIP_METHOD_INVITE,
			method == SIP_METHOD_INVITE ? "re-INVITE without an answer"
						    : "BYE without an answer");
}

void gw_bye(struct gw_call *c, uint32_t leg)
{
	struct gw_leg *l = &c->leg[leg];

	if (!l->answered || l->ended)
		return;
	l->bye_tx = l->ended = true;
	tmr_stop(&c->request.send.tmr); /* a re-INVITE in progress is given up */
	request_begin(c, SIP_METHOD_BYE, "BYE", leg, "");
	if (leg == 0) {
		gw_sent_ended(c->g, c->sent, false);
		gw_call_over(c);
	}
}

void gw_reinvite(struct gw_call *c, const char *dir)
{
	char body[1024];
	struct sink s = sink_make(body, sizeof(body) - 1);

	if (c->leg[0].ended)
		return;
	slice_copy(c->sdp_dir, sizeof(c->sdp_dir), slice_str(dir));
	c->sdp_version++;
	gw_write_sdp(c, &s);
	body[s.len] = 0;
	request_begin(c, SIP_METHOD_INVITE, "INVITE", 0, body);
}

/* RFC 3264 6.1: what may answer sendonly. */
static void look_at_answer(struct gw_call *c, const struct sip_msg *m)
{
	struct slice sdp = sip_msg_sdp(m);
	bool held = strcmp(c->sdp_dir, "sendonly") == 0;

	if (slice_is_empty(sdp)) {
		gw_violate(c->g, c, "200 to a re-INVITE without SDP");
		return;
	}
	if (held && slice_find_text(sdp, SLICE_LIT("a=recvonly")) == SIZE_MAX &&
	    slice_find_text(sdp, SLICE_LIT("a=inactive")) == SIZE_MAX)
		gw_violate(c->g, c, "sendonly answered with neither recvonly nor inactive");
}

static void ack_reinvite(struct gw_call *c)
{
	struct gw_request *q = &c->request;
	char branch[48] = "z9hG4bKgw";
	struct sink s = sink_make(q->ack, sizeof(q->ack));

	if (q->ack_len == 0) {
		rng_hex(&c->g->rng, branch + 9, 24);
		gw_write_request(c, &s, "ACK", q->leg, branch, q->cseq, "");
		q->ack_len = s.len;
	}
	gw_send(c, &c->target, q->ack, q->ack_len);
}

/* ACK of a refusal belongs to the transaction: same branch. */
static void ack_refusal(struct gw_call *c)
{
	char text[GW_TEXT];
	struct sink s = sink_make(text, sizeof(text));

	gw_write_request(c, &s, "ACK", c->request.leg, c->request.branch, c->request.cseq, "");
	gw_send(c, &c->target, text, s.len);
}

static void rx_bye_final(struct gw_call *c, const struct sip_msg *m)
{
	struct gw_leg *leg = &c->leg[c->request.leg];

	/* 481: the two BYEs crossed, or the engine had ended this leg. */
	if (m->code != 200 && m->code != 481)
		gw_violate(c->g, c, "BYE answered with %u", m->code);
	if (m->code == 481 && !leg->bye_rx && c->request.leg == 0)
		gw_violate(c->g, c, "BYE answered with 481 on a living dialog");
	leg->bye_done = true;
}

static void rx_reinvite_final(struct gw_call *c, const struct sip_msg *m)
{
	if (m->code < 300) {
		look_at_answer(c, m);
		ack_reinvite(c);
		return;
	}
	ack_refusal(c);
	/* RFC 3261 14.2: come again; the ACK of the one before was lost on its way. */
	if (m->code == 500 && sip_msg_has(m, SIP_HDR_RETRY_AFTER))
		return;
	if (m->code != 491 && m->code != 481 && m->code != 487)
		gw_violate(c->g, c, "re-INVITE refused with %u", m->code);
}

void gw_rx_response(struct gw_call *c, const struct sip_msg *m)
{
	struct gw_request *q = &c->request;

	if (!slice_eq(m->via.branch, slice_str(q->branch)))
		return; /* of a request given up */
	if (m->code < 200) {
		if (q->method == SIP_METHOD_INVITE)
			tmr_stop(&q->send.tmr);
		return;
	}
	if (!q->open) { /* a copy of the final response */
		if (q->method == SIP_METHOD_INVITE && m->code < 300)
			ack_reinvite(c);
		else if (q->method == SIP_METHOD_INVITE)
			ack_refusal(c);
		return;
	}
	q->open = false;
	tmr_stop(&q->send.tmr);
	if (q->method == SIP_METHOD_BYE)
		rx_bye_final(c, m);
	else
		rx_reinvite_final(c, m);
}
