/* tests/flow/flow_rules.c - what holds of every message that the engine sends, whatever the test is
 * about: we read leniently and write strictly (RFC 3261 7, 8.1.1, 8.2.6, 12.2.1.1, 17.1.3). */
#include "tests/flow/flow.h"

static void rule_fail(const struct flow_msg *m, const char *rule)
{
	fail_msg("%s:\n%s", rule, m->text);
}

static bool is_acknowledging(const struct flow_msg *m)
{
	return m->msg.method == SIP_METHOD_ACK || m->msg.method == SIP_METHOD_CANCEL;
}

/* Nothing folded, shortened, cut or left out. */
static void rule_form(const struct flow_msg *m)
{
	if (m->msg.lenient)
		rule_fail(m, "not written strictly");
	if (sip_msg_has(&m->msg, SIP_HDR_CONTENT_TYPE) != (m->msg.body.len > 0))
		rule_fail(m, "a body without its type, or a type without a body");
	for (uint32_t i = 0; i < m->msg.hdr_count; i++)
		if (sip_hdr_line_name(&m->msg, &m->msg.headers[i]).len < 2)
			rule_fail(m, "a compact name");
}

static void rule_request(const struct flow_msg *m)
{
	if (m->msg.via_count != 1)
		rule_fail(m, "more than one Via");
	if (!slice_starts(m->msg.via.branch, SLICE_LIT("z9hG4bK")))
		rule_fail(m, "a branch without the cookie");
	if (m->msg.max_forwards <= 0)
		rule_fail(m, "no Max-Forwards");
	if (m->msg.cseq >= UINT32_C(1) << 31)
		rule_fail(m, "CSeq out of bounds");
	if (!m->msg.from_tag.len)
		rule_fail(m, "no From tag");
}

static void rule_response(const struct flow_msg *m)
{
	if (m->msg.code > 100 && !m->msg.to_tag.len)
		rule_fail(m, "no To tag");
	if (!sip_msg_has(&m->msg, SIP_HDR_SERVER))
		rule_fail(m, "no Server");
}

static bool is_copy(const struct flow_msg *m, const struct flow_msg *old)
{
	return m->len == old->len && memcmp(m->text, old->text, m->len) == 0;
}

/* A branch is that of one request; its CANCEL, and its ACK if it failed, share it. */
static void rule_branch(const struct flow_msg *m, const struct flow_msg *old)
{
	bool is_other = m->msg.method == old->msg.method ||
			(!is_acknowledging(m) && !is_acknowledging(old)) ||
			m->msg.cseq != old->msg.cseq;

	if (is_other && slice_eq(m->msg.via.branch, old->msg.via.branch))
		rule_fail(m, "a branch of another request");
}

/* In a dialog each request has a higher number; outside, the same goes to the next target. */
static void rule_cseq(const struct flow_msg *m, const struct flow_msg *old)
{
	if (is_acknowledging(m) || is_acknowledging(old) ||
	    !slice_eq(m->msg.call_id, old->msg.call_id) ||
	    !slice_eq(m->msg.from_tag, old->msg.from_tag))
		return;
	if (m->msg.cseq < old->msg.cseq || (m->msg.to_tag.len && m->msg.cseq == old->msg.cseq &&
					    slice_eq(m->msg.to_tag, old->msg.to_tag)))
		rule_fail(m, "CSeq does not rise");
}

static bool is_repeated(const struct flow *f, const struct flow_msg *m)
{
	for (uint32_t i = 0; i < f->msg_count; i++)
		if (is_copy(m, f->msgs[i]))
			return true;
	return false;
}

void flow_check_rules(const struct flow *f, const struct flow_msg *m)
{
	rule_form(m);
	if (!m->msg.is_request) {
		rule_response(m);
		return;
	}
	rule_request(m);
	if (is_repeated(f, m))
		return;
	for (uint32_t i = 0; i < f->msg_count; i++) {
		if (!f->msgs[i]->msg.is_request)
			continue;
		rule_branch(m, f->msgs[i]);
		if (!f->is_overtaken)
			rule_cseq(m, f->msgs[i]);
	}
}
