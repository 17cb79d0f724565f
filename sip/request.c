/* sip/request.c - see request.h. */
#include "sip/request.h"

#include "engine/base/check.h"
#include "sip/dialog.h"
#include "sip/transport.h"

#include <errno.h>

static void request_write_host(struct sink *out, const struct addr *local, uint16_t port)
{
	char room[ADDR_TEXT];
	struct sink ip = sink_make(room, sizeof(room));

	addr_write_ip(&ip, local);
	sip_uri_write_hostport(out, sink_slice(&ip), local->family == 6, port);
}

static void request_write_parties(struct sink *out, const struct sip_request *r,
				  const struct addr *local)
{
	char room[512];
	struct sink uri = sink_make(room, sizeof(room));

	if (r->from.len) {
		sink_add(&uri, r->from);
	} else {
		sink_lit(&uri, "sip:");
		sip_uri_write_user(&uri, r->user);
		sink_char(&uri, '@');
		request_write_host(&uri, local, 0);
	}
	out->over |= uri.over;
	sink_lit(out, "From: <");
	sink_add(out, sink_slice(&uri));
	sink_lit(out, ">;tag=");
	sink_hex(out, r->tag, 16);
	sink_lit(out, "\r\n");
	sip_write_addr(out, SIP_HDR_TO, SLICE_EMPTY, r->to.len ? r->to : r->ruri, SLICE_EMPTY);
}

static void request_write_contact(struct sink *out, const struct sip_request *r,
				  const struct addr *local, struct slice transport)
{
	sink_lit(out, "Contact: <sip:");
	sip_uri_write_user(out, r->user);
	sink_char(out, '@');
	request_write_host(out, local, local->port);
	sink_add(out, transport);
	sink_add(out, r->contact_params);
	sink_char(out, '>');
	sink_add(out, r->contact_tail);
	sink_lit(out, "\r\n");
}

static int request_write_auth(struct sink *out, struct sip *sip, const struct sip_request *r,
			      struct slice ruri)
{
	char cnonce[SIP_IDENT_LEN];
	struct sip_auth_request req = {
		.method = sip_method_name(r->method),
		.uri = ruri,
		.cnonce = slice_make(cnonce, sizeof(cnonce)),
	};

	if (!r->auth || !r->cred)
		return 0;
	rng_uuid(sip->env.rng, cnonce);
	return sip_auth_state_write(out, sip->digest, r->auth, r->cred, &req);
}

static int request_write(struct sink *out, struct sip *sip, const struct sip_request *order,
			 uint8_t tp, const struct addr *local, struct slice branch)
{
	struct sip_request whole = *order;
	const struct sip_request *r = &whole;
	bool is_strict = sip_request_is_strict(r->route, r->proxy);
	struct slice route = r->route, value, ruri;
	int err;

	whole.ruri = sip_uri_for_request(order->ruri);
	ruri = is_strict ? r->proxy : r->ruri;
	sip_write_request_line(out, sip_method_name(r->method), ruri);
	dialog_write_via(out, sip, tp, local, branch);
	request_write_parties(out, r, local);
	request_write_contact(out, r, local, sip_tp_param(sip, tp));
	sip_write_header_id(out, SIP_HDR_CALL_ID, r->call_id);
	sip_write_cseq(out, r->cseq, sip_method_name(r->method));
	while (sip_text_next_value(&route, &value))
		sip_write_header_id(out, SIP_HDR_ROUTE, value);
	if (!r->route.len && r->proxy.len)
		sip_write_addr(out, SIP_HDR_ROUTE, SLICE_EMPTY, is_strict ? r->ruri : r->proxy,
			       SLICE_EMPTY);
	sink_add(out, r->extra);
	sip_write_header_u32(out, SIP_HDR_MAX_FORWARDS, sip->conf->max_forwards);
	value = r->user_agent.len ? r->user_agent : sip->conf->user_agent;
	if (value.len)
		sip_write_header_id(out, SIP_HDR_USER_AGENT, value);
	err = request_write_auth(out, sip, r, ruri);
	if (r->body.len)
		sip_write_body(out, SLICE_EMPTY, r->body);
	else
		sip_write_end(out);
	return err ? err : out->over ? -EMSGSIZE : 0;
}

bool sip_request_first_hop(struct slice route, struct slice proxy, struct slice target,
			   struct sip_uri *out)
{
	struct slice first = proxy.len ? proxy : target;
	struct sip_addr addr;

	if (sip_text_next_value(&route, &first)) {
		if (sip_addr_parse(&addr, first))
			return false;
		first = addr.uri;
	}
	return sip_uri_parse(out, first) == 0;
}

bool sip_request_is_strict(struct slice route, struct slice proxy)
{
	struct sip_uri uri;

	return !route.len && proxy.len && sip_uri_parse(&uri, proxy) == 0 &&
	       !sip_uri_param(&uri, SLICE_LIT("lr"), NULL);
}

handle_t sip_request_send(struct sip *sip, const struct sip_request *r, txn_fn fn, void *arg,
			  int *error)
{
	char text[LIMIT_SIP_OUT], branch[SIP_BRANCH_LEN];
	struct sink out = sink_make(text, sizeof(text));
	int tp = sip_tp_pick_for(sip, r->transport, &r->target);
	struct sip_peer peer = {.addr = r->target.addr};
	struct addr local;
	struct txn *t;
	handle_t h;

	*error = -EAFNOSUPPORT;
	if (tp < 0)
		return HANDLE_NONE;
	*error = -ENOBUFS;
	if (r->target.transport == SIP_TRANSPORT_TLS)
		peer.host = peer_names_keep(sip->peer_names, r->host);
	sip_tp_address(sip, (uint8_t)tp, &r->target.addr, &local);
	t = txn_client_new(&sip->txns, TXN_NICT, r->method, r->cseq, fn, arg);
	if (!t)
		return HANDLE_NONE;
	txn_branch(t, branch);
	*error = request_write(&out, sip, r, (uint8_t)tp, &local,
			       slice_make(branch, sizeof(branch)));
	if (*error) {
		txn_set_user(t, NULL, NULL);
		txn_drop(t);
		return HANDLE_NONE;
	}
	h = txn_handle(t);
	*error = txn_client_send(t, (uint8_t)tp, &peer, &local, sink_slice(&out));
	return *error ? HANDLE_NONE : h;
}

void sip_request_drop(struct sip *sip, handle_t txn)
{
	struct txn *t = txn_client_get(&sip->txns, txn);

	if (!t)
		return;
	txn_set_user(t, NULL, NULL);
	txn_drop(t);
}
