/* sip/cancel.c - see cancel.h. */
#include "sip/cancel.h"

#include "engine/base/check.h"
#include "engine/core/cause.h"

#include <errno.h>

static void cancel_write_reason(struct sink *out, unsigned cause, bool suppress_q850)
{
	if (cause == CAUSE_ANSWERED_ELSEWHERE)
		sip_write_header_id(out, SIP_HDR_REASON,
				    SLICE_LIT("SIP;cause=200;text=\"Call completed elsewhere\""));
	if (cause && !suppress_q850)
		sip_write_reason_q850(out, cause);
}

/* The CANCEL has the branch of the INVITE, so its response is found under the INVITE's slot: the
 * transaction is made with that branch and matched by method. */
void sip_send_cancel(struct sip *sip, struct txn *ict, unsigned cause, bool suppress_q850)
{
	char text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	enum sip_parse_error err;
	struct sip_msg invite;
	struct txn *t;

	if (NEVER(sip_msg_parse(&invite, txn_text(ict), &err)))
		return;
	sip_write_request_line(&out, SLICE_LIT("CANCEL"), invite.ruri);
	sip_write_header_id(&out, SIP_HDR_VIA, invite.via.raw);
	sip_write_copy(&out, &invite, SIP_HDR_FROM);
	sip_write_copy(&out, &invite, SIP_HDR_TO);
	sip_write_copy(&out, &invite, SIP_HDR_CALL_ID);
	sip_write_cseq(&out, invite.cseq, SLICE_LIT("CANCEL"));
	sip_write_copy(&out, &invite, SIP_HDR_ROUTE);
	cancel_write_reason(&out, cause, suppress_q850);
	sip_write_copy(&out, &invite, SIP_HDR_MAX_FORWARDS);
	sip_write_copy(&out, &invite, SIP_HDR_USER_AGENT);
	sip_write_end(&out);
	txn_ict_cancelled(ict);
	t = out.over ? NULL : txn_client_for_cancel(&sip->txns, ict);
	if (t)
		UNUSED(txn_client_send(t, ict->tp, &ict->dst, &ict->via, sink_slice(&out)));
}
