/* tests/flow/flow_caller.c - see flow_caller.h. */
#include "tests/flow/flow_caller.h"

#include "engine/base/check.h"

#include <stdio.h>

void flow_caller_init(struct flow_caller *c, struct flow *f)
{
	static unsigned number;

	*c = (struct flow_caller){
		.f = f,
		.from = "\"Ann\" <sip:1000@10.0.0.9>",
		.ruri = "sip:100@10.0.0.1",
		.to = "sip:100@10.0.0.1",
		.contact = "sip:ann@10.0.0.9:5060",
		.via = "10.0.0.9:5060;rport",
	};
	number++;
	snprintf(c->call_id, sizeof(c->call_id), "caller%u@far", number);
	snprintf(c->tag, sizeof(c->tag), "ft%u", number);
	snprintf(c->target, sizeof(c->target), "%s", c->ruri);
}

static void caller_send(struct flow_caller *c, const char *method, const char *ruri,
			const char *branch, unsigned cseq, const char *extra, const char *body)
{
	char text[2 * LIMIT_SIP_OUT];
	int len;

	len = snprintf(text, sizeof(text),
		       "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s\r\n"
		       "From: %s;tag=%s\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\n"
		       "CSeq: %u %s\r\nMax-Forwards: 70\r\n%s",
		       method, ruri, c->f->protocol ? c->f->protocol : "UDP", c->via, branch,
		       c->from, c->tag, c->to, c->to_tag[0] ? ";tag=" : "", c->to_tag, c->call_id,
		       cseq, method, extra ? extra : "");
	if (body)
		snprintf(text + len, sizeof(text) - (size_t)len, "%sContent-Length: %zu\r\n\r\n%s",
			 extra && strstr(extra, "Content-Type:")
				 ? ""
				 : "Content-Type: application/sdp\r\n",
			 strlen(body), body);
	else
		snprintf(text + len, sizeof(text) - (size_t)len, "Content-Length: 0\r\n\r\n");
	if (!c->source) {
		flow_send(c->f, text);
		return;
	}
	sim_net_inject(c->f->w, c->source, &flow_engine, text, strlen(text));
	sim_run_for(c->f->w, SIM_MS);
}

static void caller_new_branch(char *branch, size_t size)
{
	static unsigned number;

	snprintf(branch, size, "z9hG4bKcaller%u", number++);
}

static void caller_send_invite(struct flow_caller *c, const char *extra, const char *body)
{
	char lines[LIMIT_SIP_OUT + 200];

	snprintf(lines, sizeof(lines), "Contact: <%s>\r\n%s", c->contact, extra ? extra : "");
	caller_send(c, "INVITE", c->to_tag[0] ? c->target : c->ruri, c->branch, c->cseq, lines,
		    body);
}

void flow_caller_invite(struct flow_caller *c, const char *extra, const char *body)
{
	c->cseq++;
	caller_new_branch(c->branch, sizeof(c->branch));
	caller_send_invite(c, extra, body);
}

void flow_caller_again(struct flow_caller *c, const char *branch, const char *extra,
		       const char *body)
{
	char own[64];

	memcpy(own, c->branch, sizeof(own));
	if (branch)
		snprintf(c->branch, sizeof(c->branch), "%s", branch);
	caller_send_invite(c, extra, body);
	memcpy(c->branch, own, sizeof(own));
}

const struct flow_msg *flow_caller_expect(struct flow_caller *c, const char *status)
{
	const struct flow_msg *m = flow_expect(c->f, status);

	slice_copy(c->to_tag, sizeof(c->to_tag), m->msg.to_tag);
	if (m->msg.contact.uri.len)
		slice_copy(c->target, sizeof(c->target), m->msg.contact.uri);
	return m;
}

void flow_caller_ack(struct flow_caller *c, const char *body)
{
	char branch[64];

	caller_new_branch(branch, sizeof(branch));
	caller_send(c, "ACK", c->target, branch, c->cseq, NULL, body);
}

void flow_caller_ack_failure(struct flow_caller *c)
{
	caller_send(c, "ACK", c->ruri, c->branch, c->cseq, NULL, NULL);
	c->to_tag[0] = 0;
}

void flow_caller_ack_refused(struct flow_caller *c)
{
	caller_send(c, "ACK", c->target, c->branch, c->cseq, NULL, NULL);
}

void flow_caller_cancel(struct flow_caller *c, const char *extra)
{
	char tag[64];

	memcpy(tag, c->to_tag, sizeof(tag));
	c->to_tag[0] = 0;
	caller_send(c, "CANCEL", c->ruri, c->branch, c->cseq, extra, NULL);
	memcpy(c->to_tag, tag, sizeof(tag));
}

void flow_caller_request(struct flow_caller *c, const char *method, const char *extra,
			 const char *body)
{
	char branch[64];

	caller_new_branch(branch, sizeof(branch));
	caller_send(c, method, c->target, branch, ++c->cseq, extra, body);
}

void flow_caller_offer(struct flow_caller *c, const char *extra, const char *body)
{
	flow_caller_invite(c, extra, body);
	flow_expect(c->f, "100");
	flow_fact(c->f, "offer 100@10.0.0.1 \"Ann\" <1000>");
}

void flow_caller_talk(struct flow_caller *c)
{
	flow_caller_offer(c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
	assert_int_equal(flow_answer(c->f), 0);
	flow_fact(c->f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(c, "200");
	flow_caller_ack(c, NULL);
}

void flow_caller_bye(struct flow_caller *c)
{
	flow_caller_request(c, "BYE", NULL, NULL);
	flow_expect(c->f, "200");
	flow_fact(c->f, "ended 16 0");
}

void flow_caller_give_up(struct flow_caller *c)
{
	flow_caller_cancel(c, NULL);
	flow_expect(c->f, "200");
	flow_expect(c->f, "487");
	flow_fact(c->f, "ended 127 0");
	flow_caller_ack_failure(c);
}
