/* sip/refer.c - REFER in a call, both ways: see refer.h. */
#include "sip/refer.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/cause.h"

#include <errno.h>

/* ---- the far end refers us ---- */

static bool refer_single(const struct sip_msg *msg, struct sip_addr *to)
{
	struct sip_values it = sip_values(msg, SIP_HDR_REFER_TO);
	struct slice value, second;

	return sip_values_next(&it, &value) && !sip_values_next(&it, &second) &&
	       sip_addr_parse(to, value) == 0;
}

/* 0, or the status of the refusal. */
static unsigned refer_ask(struct invite *iv, const struct sip_rx *rx)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct tech_refer refer = {.referred_by = sip_msg_get(rx->msg, SIP_HDR_REFERRED_BY)};
	char room[LIMIT_NAME];
	struct sink exten = sink_make(room, sizeof(room));
	struct sip_addr to;
	struct sip_uri uri;
	int cause;

	if (!refer_single(rx->msg, &to) || sip_uri_parse(&uri, to.uri))
		return 400;
	if (iv->state == INVITE_ENDING) /* RFC 5407 3.3.3 */
		return 481;
	if (!ep || !ep->allow_transfer || iv->state != INVITE_UP || !iv->events->refer ||
	    slice_find_text(uri.headers, SLICE_LIT("Replaces=")) != SIZE_MAX)
		return 603;
	sip_uri_unescape(&exten, slice_head(uri.user, slice_find(uri.user, ';')));
	refer.exten = exten.over ? SLICE_EMPTY : sink_slice(&exten);
	refer.refer_to = to.uri;
	cause = iv->events->refer(iv->owner, &refer);
	if (cause == 0)
		return 0;
	return sip_cause_to_status((unsigned)cause) ? sip_cause_to_status((unsigned)cause) : 603;
}

/* RFC 3515 2.4.4: at once; it is over by then, so the first one is also the last. */
static void refer_notify(struct invite *iv, struct dialog *d, uint32_t cseq)
{
	char room[160];
	struct sink lines = sink_make(room, sizeof(room));
	struct invite_request r = {
		.method = SIP_METHOD_NOTIFY,
		.with_contact = true,
		.body = SLICE_LIT("SIP/2.0 200 OK\r\n"),
		.body_type = SLICE_LIT("message/sipfrag;version=2.0"),
	};

	sink_fmt(&lines, "Event: refer;id=%u\r\n", cseq);
	sink_lit(&lines, "Subscription-State: terminated;reason=noresource\r\n");
	r.extra = sink_slice(&lines);
	UNUSED(invite_send(iv, d, &r, NULL));
}

void refer_rx(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	bool is_silent =
		slice_ieq(sip_msg_get_name(rx->msg, SLICE_LIT("Refer-Sub")), SLICE_LIT("false"));
	unsigned code = refer_ask(iv, rx);
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, code ? code : 202, SLICE_EMPTY, SLICE_EMPTY);
	if (!code && is_silent) /* RFC 4488 */
		sip_write_header(&r.out, SLICE_LIT("Refer-Sub"), SLICE_LIT("false"));
	sip_reply_send(&r);
	if (!code && !is_silent)
		refer_notify(iv, d, rx->msg->cseq);
}

/* ---- we refer the far end ---- */

/* What becomes of the REFER is of no interest any more. */
static void refer_leave(struct invite *iv)
{
	struct txn *t = txn_client_get(&iv->sip->txns, iv->refer);

	if (t)
		txn_set_user(t, NULL, NULL);
	iv->refer = HANDLE_NONE;
}

/* Also before a response to the REFER: its 202 may be lost, and the next REFER takes its place. */
static void refer_done(struct invite *iv, unsigned code)
{
	bool was_open = iv->is_referring;

	refer_leave(iv);
	iv->is_referring = false;
	if (was_open && iv->events && iv->events->transferred)
		iv->events->transferred(iv->owner, (int)code);
}

static void refer_on_txn(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			 const struct addr *from)
{
	struct invite *iv = arg;

	UNUSED(from);
	if (fact == TXN_PROVISIONAL || fact == TXN_GONE)
		return;
	UNUSED(t);
	invite_hold(iv);
	refer_leave(iv);
	if (fact != TXN_SUCCESS)
		refer_done(iv, fact == TXN_FAILURE ? msg->code : 408);
	else if (slice_ieq(sip_msg_get_name(msg, SLICE_LIT("Refer-Sub")), SLICE_LIT("false")))
		refer_done(iv, msg->code); /* nothing more will be heard */
	if (fact == TXN_FAILURE)
		invite_dialog_answered(iv, msg);
	invite_release(iv);
}

/* The status line of a message/sipfrag; 0: none. */
static unsigned refer_fragment_code(struct slice body)
{
	uint64_t code = 0;

	if (!slice_istarts(body, SLICE_LIT("SIP/2.0 ")) ||
	    !slice_u64(slice_head(slice_from(body, 8), 3), 699, &code))
		return 0;
	return (unsigned)code;
}

bool refer_rx_notify(struct invite *iv, const struct sip_rx *rx, struct txn *t)
{
	struct slice event = sip_msg_get(rx->msg, SIP_HDR_EVENT);
	struct slice state = sip_msg_get(rx->msg, SIP_HDR_SUBSCRIPTION_STATE);
	unsigned code = refer_fragment_code(slice_trim(rx->msg->body));
	bool is_over = slice_istarts(state, SLICE_LIT("terminated"));

	if (!slice_ieq(slice_trim(slice_head(event, slice_find(event, ';'))), SLICE_LIT("refer")) ||
	    !iv->is_referring)
		return false;
	sip_reply(rx, t, 200, SLICE_EMPTY);
	if (code >= 200 || is_over)
		refer_done(iv, code >= 200 ? code : 500);
	return true;
}

/* A URI as it is; "user@host" and a bare number become one, at the far end's own host. */
static int refer_write_uri(struct sink *out, const struct invite *iv, struct slice dest)
{
	struct slice target = iv->dialog ? dialog_target(iv->dialog) : SLICE_EMPTY;
	struct sip_uri uri;

	if (slice_istarts(dest, SLICE_LIT("sip:")) || slice_istarts(dest, SLICE_LIT("sips:")) ||
	    slice_istarts(dest, SLICE_LIT("tel:"))) {
		sink_add(out, dest);
	} else if (slice_find(dest, '@') != SIZE_MAX) {
		sink_lit(out, "sip:");
		sink_add(out, dest);
	} else {
		sink_lit(out, "sip:");
		sip_uri_write_user(out, dest);
		sink_char(out, '@');
		if (target.len && sip_uri_parse(&uri, target) == 0)
			sip_uri_write_hostport(out, uri.host, uri.is_ipv6, uri.port);
		else
			addr_write(out, &iv->dst.addr);
	}
	return out->over || sip_uri_parse(&uri, sink_slice(out)) ? -EINVAL : 0;
}

/* Before the answer: 302, and the call is over (as chan_pjsip). */
static int refer_redirect(struct invite *iv, struct slice uri)
{
	slice_copy(iv->incoming->redirect, sizeof(iv->incoming->redirect), uri);
	invite_hold(iv);
	invite_step(iv, INVITE_HANGUP, &(struct invite_input){.cause = CAUSE_REDIRECTED});
	invite_tell_ended(iv, CAUSE_REDIRECTED, 302, SLICE_EMPTY);
	invite_release(iv);
	return 302;
}

int refer_send(struct invite *iv, struct slice dest)
{
	char uri_room[256], own_room[256], room[768];
	struct sink uri = sink_make(uri_room, sizeof(uri_room) - 1);
	struct sink own = sink_make(own_room, sizeof(own_room));
	struct sink lines = sink_make(room, sizeof(room));
	struct invite_request r = {.method = SIP_METHOD_REFER, .with_contact = true};

	if (refer_write_uri(&uri, iv, dest))
		return -EINVAL;
	if (iv->state == INVITE_OFFERED)
		return refer_redirect(iv, sink_slice(&uri));
	if (iv->state != INVITE_UP || iv->is_referring)
		return iv->is_referring ? -EBUSY : -ENOTSUP;
	invite_write_contact_uri(&own, iv, invite_endpoint(iv));
	sip_write_addr(&lines, SIP_HDR_REFER_TO, SLICE_EMPTY, sink_slice(&uri), SLICE_EMPTY);
	sip_write_addr(&lines, SIP_HDR_REFERRED_BY, SLICE_EMPTY, sink_slice(&own), SLICE_EMPTY);
	r.extra = sink_slice(&lines);
	iv->refer = invite_send(iv, iv->dialog, &r, refer_on_txn);
	iv->is_referring = iv->refer != HANDLE_NONE;
	return iv->is_referring ? 0 : -ENOBUFS;
}
