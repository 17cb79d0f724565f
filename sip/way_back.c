/* sip/way_back.c - see way_back.h. */
#include "sip/way_back.h"

#include "sip/gate.h"
#include "sip/invite.h"
#include "sip/transport.h"

/* Endpoints are looked for only where that can make a difference. */
static bool way_is_forced(const struct sip_rx *rx, const struct sip_ident *dialog)
{
	const struct invite *iv = dialog ? invite_find(rx->sip, dialog) : NULL;
	const struct sip_conf_endpoint *ep;

	if (iv)
		return iv->force_rport;
	if (!rx->sip->conf->has_unforced || rx->msg->via.has_rport)
		return true;
	ep = sip_gate_identify(rx);
	return !ep || ep->force_rport;
}

void sip_way_back_find(struct sip_rx *rx, const struct sip_ident *dialog)
{
	if (rx->msg->method != SIP_METHOD_ACK)
		rx->force_rport = way_is_forced(rx, dialog);
}

struct sip_peer sip_way_back(const struct sip_rx *rx)
{
	const struct sip_via *via = &rx->msg->via;
	struct sip_peer to = *rx->peer;

	if (rx->force_rport || via->has_rport || sip_tp_is_reliable(rx->sip, rx->tp))
		return to;
	to.addr.port = via->port ? via->port : sip_transport_port(sip_tp_kind(rx->sip, rx->tp));
	return to;
}

struct txn *sip_way_back_txn(const struct sip_rx *rx)
{
	const struct sip_peer to = sip_way_back(rx);

	return txn_server_new(&rx->sip->txns, rx->msg, rx->tp, &to, NULL, NULL);
}
