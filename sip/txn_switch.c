/* sip/txn_switch.c - requests that are too large for their transport (RFC 3261 18.1.1). */
#include "engine/base/limits.h"
#include "sip/txn_internal.h"
#include "sip/write.h"

/* The second line is the Via, as we write requests: another one in its place. */
static bool switch_write(struct txn *t, struct slice transport, const struct addr *via,
			 struct sink *out)
{
	struct slice rest = msgbuf_slice(t->buf), start, old;
	char branch[SIP_BRANCH_LEN], ip[ADDR_TEXT];
	struct sink host = sink_make(ip, sizeof(ip));

	if (!slice_split(&rest, '\n', &start) || !slice_split(&rest, '\n', &old) ||
	    !slice_starts(old, SLICE_LIT("Via: ")))
		return false;
	txn_branch(t, branch);
	addr_write_ip(&host, via);
	sink_add(out, start);
	sink_char(out, '\n');
	sip_write_via(out, transport, sink_slice(&host), via->family == 6, via->port,
		      slice_make(branch, sizeof(branch)));
	sink_add(out, rest);
	return !out->over;
}

static bool switch_to(struct txn *t, uint8_t tp)
{
	const struct txn_conf *conf = &t->layer->conf;
	char room[LIMIT_SIP_OUT];
	struct sink out = sink_make(room, sizeof(room));
	struct msgbuf *text;
	struct slice transport;
	struct addr via;

	transport = conf->via(conf->arg, tp, &t->dst, &via);
	if (!switch_write(t, transport, &via, &out))
		return false;
	text = msgbuf_dup(conf->bufs, sink_slice(&out));
	if (!text)
		return false;
	txn_forget(t);
	t->buf = text;
	t->tp = tp;
	t->via = via;
	return true;
}

void txn_widen(struct txn *t)
{
	const struct txn_conf *conf = &t->layer->conf;
	uint8_t narrow = t->tp;
	int wide = conf->widen ? conf->widen(conf->arg, t->tp, &t->dst, t->buf->len) : -1;

	if (wide < 0 || !switch_to(t, (uint8_t)wide))
		return;
	t->narrow = narrow;
	t->is_wide = true;
	metric_inc(conf->metrics, METRIC_sip_widened);
}

bool txn_narrow(struct txn *t)
{
	if (!t->is_wide || !switch_to(t, t->narrow))
		return false;
	t->is_wide = false;
	metric_inc(t->layer->conf.metrics, METRIC_sip_narrowed);
	return true;
}
