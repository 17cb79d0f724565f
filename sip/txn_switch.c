/* sip/txn_switch.c - a request leaves by another transport than it was written for: it is too large
 * for that one (RFC 3261 18.1.1), or where it goes is known only now. */
#include "engine/base/limits.h"
#include "sip/txn_internal.h"
#include "sip/write.h"

bool txn_switch(struct txn *t, uint8_t tp, const struct sip_peer *dst)
{
	const struct txn_conf *conf = &t->layer->conf;
	char room[LIMIT_SIP_OUT];
	struct sink out = sink_make(room, sizeof(room));
	struct msgbuf *text;
	struct slice transport;
	struct addr via;

	transport = conf->via(conf->arg, tp, dst, &via);
	if (!sip_write_other_via(&out, msgbuf_slice(t->buf), transport, &via))
		return false;
	text = msgbuf_dup(conf->bufs, sink_slice(&out));
	if (!text)
		return false;
	txn_forget(t);
	t->buf = text;
	t->tp = tp;
	t->dst = *dst;
	t->via = via;
	return true;
}

void txn_widen(struct txn *t)
{
	const struct txn_conf *conf = &t->layer->conf;
	uint8_t narrow = t->tp;
	int wide = conf->widen ? conf->widen(conf->arg, t->tp, &t->dst, t->buf->len) : -1;

	if (wide < 0 || !txn_switch(t, (uint8_t)wide, &t->dst))
		return;
	t->narrow = narrow;
	t->is_wide = true;
	metric_inc(conf->metrics, METRIC_sip_widened);
}

bool txn_narrow(struct txn *t)
{
	if (!t->is_wide || !txn_switch(t, t->narrow, &t->dst))
		return false;
	t->is_wide = false;
	metric_inc(t->layer->conf.metrics, METRIC_sip_narrowed);
	return true;
}
