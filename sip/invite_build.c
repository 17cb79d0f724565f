/* sip/invite_build.c - the text of our requests, as chan_pjsip writes them: header by header. */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "sip/diversion.h"
#include "sip/invite.h"
#include "sip/request.h"
#include "sip/seek_internal.h"
#include "sip/transport.h"

#include <errno.h>

#define BUILD_REFRESH 2048 /* lines of a refresh: identities, session interval */

const struct slice sip_allow =
	SLICE_LIT("OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER");

void sip_write_allow(struct sink *out)
{
	sip_write_header_id(out, SIP_HDR_ALLOW, sip_allow);
}

void sip_write_supported(struct sink *out, const struct sip *sip, bool has_100rel, bool has_timers)
{
	sink_lit(out, "Supported: ");
	if (has_100rel)
		sink_lit(out, "100rel, ");
	if (has_timers)
		sink_lit(out, "timer, ");
	sink_lit(out, "replaces, ");
	if (sip->conf->norefersub)
		sink_lit(out, "norefersub, ");
	sink_lit(out, "histinfo\r\n");
}

static void build_supported(struct sink *out, const struct invite *iv)
{
	sip_write_supported(out, iv->sip, iv->has_100rel, iv->has_timers);
}

static void build_session(struct sink *out, const struct invite *iv)
{
	if (!iv->has_timers)
		return;
	sip_write_header_u32(out, SIP_HDR_SESSION_EXPIRES, iv->session_s);
	sip_write_header_u32(out, SIP_HDR_MIN_SE, iv->min_se_s);
}

void sip_write_tail(struct sink *out, const struct sip *sip)
{
	sip_write_header_u32(out, SIP_HDR_MAX_FORWARDS, sip->conf->max_forwards);
	if (sip->conf->user_agent.len)
		sip_write_header_id(out, SIP_HDR_USER_AGENT, sip->conf->user_agent);
}

static void build_typed_body(struct sink *out, struct slice type, struct slice body)
{
	if (body.len)
		sip_write_body(out, type.len ? type : SLICE_LIT("application/sdp"), body);
	else
		sip_write_end(out);
}

static void build_body(struct sink *out, struct slice body)
{
	build_typed_body(out, SLICE_EMPTY, body);
}

/* ---- who calls ---- */

struct build_caller {
	struct slice name, num; /* num empty: unknown */
	bool is_hidden;		/* From says anonymous */
	bool is_screened;
	char host_room[ADDR_TEXT];
	struct slice host; /* of From and of the asserted identity */
};

static void build_find_host(struct build_caller *c, const struct invite *iv,
			    const struct sip_conf_endpoint *ep)
{
	struct sink host = sink_make(c->host_room, sizeof(c->host_room));

	if (iv->local.family == 6) {
		sink_char(&host, '[');
		addr_write_ip(&host, &iv->local);
		sink_char(&host, ']');
	} else {
		addr_write_ip(&host, &iv->local);
	}
	c->host = ep->from_domain.len ? ep->from_domain : sink_slice(&host);
}

static void build_find_caller(struct build_caller *c, const struct invite *iv,
			      const struct tech_dial *dial, const struct sip_conf_endpoint *ep)
{
	c->name = dial->cid_name;
	c->num = dial->cid_num;
	if (!c->name.len && !c->num.len) {
		c->name = ep->cid_name;
		c->num = ep->cid_num;
	}
	c->is_hidden = c->num.len == 0 || ep->cid_restricted || dial->cid_hidden;
	c->is_screened = ep->cid_screened;
	build_find_host(c, iv, ep);
}

static void build_user_uri(struct sink *out, struct slice user, struct slice host, bool is_phone)
{
	sink_lit(out, "sip:");
	sip_uri_write_user(out, user);
	sink_char(out, '@');
	sink_add(out, host);
	if (is_phone)
		sink_lit(out, ";user=phone");
}

static void build_from(struct sink *out, const struct invite *iv, const struct build_caller *c,
		       const struct sip_conf_endpoint *ep)
{
	char room[512], tag[SIP_IDENT_LEN];
	struct sink uri = sink_make(room, sizeof(room));
	struct slice display = c->is_hidden ? SLICE_LIT("Anonymous") : c->name;
	struct slice user = c->is_hidden ? SLICE_LIT("anonymous") : c->num;
	struct slice host = c->host;

	if (ep->from_user.len) {
		user = ep->from_user;
		display = SLICE_EMPTY;
	} else if (c->is_hidden && !ep->from_domain.len) {
		host = SLICE_LIT("anonymous.invalid");
	}
	build_user_uri(&uri, user, host, ep->user_eq_phone && !c->is_hidden);
	out->over |= uri.over;
	invite_tag(iv, tag);
	sip_write_addr(out, SIP_HDR_FROM, display, sink_slice(&uri), slice_make(tag, sizeof(tag)));
}

/* The number as dialled, without the port (sip.md 5). */
static int build_to(struct sink *out, struct slice ruri, bool is_phone)
{
	char room[512];
	struct sink text = sink_make(room, sizeof(room));
	struct sip_uri uri;

	if (sip_uri_parse(&uri, ruri))
		return -EINVAL;
	sink_lit(&text, "sip:");
	if (uri.user.len) {
		sink_add(&text, uri.user);
		sink_char(&text, '@');
	}
	sip_uri_write_hostport(&text, uri.host, uri.is_ipv6, 0);
	if (is_phone && uri.user.len)
		sink_lit(&text, ";user=phone");
	out->over |= text.over;
	sip_write_addr(out, SIP_HDR_TO, SLICE_EMPTY, sink_slice(&text), SLICE_EMPTY);
	return 0;
}

/* Who calls may be told: a known number, and a hidden one only to a trunk that is trusted. */
static bool build_may_tell(const struct build_caller *c, const struct sip_conf_endpoint *ep)
{
	return c->num.len > 0 && (!c->is_hidden || ep->trust_id_outbound);
}

/* P-Asserted-Identity and Remote-Party-ID. */
static void build_identity(struct sink *out, const struct build_caller *c,
			   const struct sip_conf_endpoint *ep, const char *party)
{
	char room[512], line_room[768];
	struct sink uri = sink_make(room, sizeof(room));
	struct sink line = sink_make(line_room, sizeof(line_room));

	if (!build_may_tell(c, ep))
		return;
	build_user_uri(&uri, c->num, c->host, false);
	out->over |= uri.over;
	if (ep->send_pai) {
		sip_write_addr(out, SIP_HDR_P_ASSERTED_IDENTITY, c->name, sink_slice(&uri),
			       SLICE_EMPTY);
		if (c->is_hidden)
			sip_write_header_id(out, SIP_HDR_PRIVACY, SLICE_LIT("id"));
	}
	if (ep->send_rpid) {
		sip_addr_write(&line, c->name, sink_slice(&uri), SLICE_EMPTY);
		sink_fmt(&line, ";party=%s;privacy=%s;screen=%s", party,
			 c->is_hidden ? "full" : "off", c->is_screened ? "yes" : "no");
		out->over |= line.over;
		sip_write_header_id(out, SIP_HDR_REMOTE_PARTY_ID, sink_slice(&line));
	}
}

void invite_write_connected(struct sink *out, const struct invite *iv)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct build_caller c = {0};

	if (!iv->connected || !ep || !ep->send_connected_line)
		return;
	c.num = slice_head(msgbuf_slice(iv->connected), iv->connected_num_len);
	c.name = slice_from(msgbuf_slice(iv->connected), iv->connected_num_len);
	c.is_hidden = ep->cid_restricted;
	c.is_screened = ep->cid_screened;
	build_find_host(&c, iv, ep);
	build_identity(out, &c, ep, iv->incoming ? "called" : "calling");
}

/* What a dialplan adds must not forge what a message may have once only. */
static void build_added(struct sink *out, const struct tech_dial *dial)
{
	for (uint32_t i = 0; i < dial->header_count; i++) {
		struct slice rest = dial->headers[i], name;
		enum sip_hdr_id id;

		if (!slice_split(&rest, ':', &name) || !sip_text_is_token(slice_trim(name)) ||
		    !rest.ptr) {
			log_warning("Header '%.*s' is left out: it is not 'Name: value'",
				    SLICE_ARG(dial->headers[i]));
			continue;
		}
		name = slice_trim(name);
		id = sip_hdr_lookup(name);
		if (id == SIP_HDR_VIA || id == SIP_HDR_CONTENT_TYPE ||
		    sip_hdr_form(id) == SIP_HDR_FORM_SINGLE) {
			log_warning("Header '%.*s' is left out: the engine writes it itself",
				    SLICE_ARG(name));
			continue;
		}
		sip_write_header(out, name, slice_trim(rest));
	}
}

static bool build_adds(const struct tech_dial *dial, enum sip_hdr_id id)
{
	for (uint32_t i = 0; i < dial->header_count; i++) {
		struct slice rest = dial->headers[i], name;

		if (slice_split(&rest, ':', &name) && sip_hdr_lookup(slice_trim(name)) == id)
			return true;
	}
	return false;
}

/* As P-Asserted-Identity. An Identity that the dialplan adds stands alone. */
static void build_attestation(struct sink *out, struct invite *iv, const struct build_caller *c,
			      const struct sip_conf_endpoint *ep, const struct tech_dial *dial,
			      struct slice to)
{
	iv->is_attested = false;
	if (!build_may_tell(c, ep) || build_adds(dial, SIP_HDR_IDENTITY))
		return;
	invite_write_identity(out, iv, ep, c->num, to, build_adds(dial, SIP_HDR_DATE));
}

/* ---- INVITE ---- */

void invite_write_contact_uri(struct sink *out, const struct invite *iv,
			      const struct sip_conf_endpoint *ep)
{
	const struct sip_conf *conf = iv->sip->conf;
	struct slice user = conf->default_from_user;

	if (iv->incoming) { /* as chan_pjsip: no user */
		sink_lit(out, "sip:");
		addr_write(out, &iv->local);
		sink_add(out, sip_tp_param(iv->sip, iv->tp));
		return;
	}
	if (ep && ep->contact_user.len)
		user = ep->contact_user;
	else if (ep && ep->from_user.len)
		user = ep->from_user;
	sink_lit(out, "sip:");
	sip_uri_write_user(out, user);
	sink_char(out, '@');
	addr_write(out, &iv->local);
	sink_add(out, sip_tp_param(iv->sip, iv->tp));
}

static void build_contact(struct sink *out, const struct invite *iv, const struct build_caller *c,
			  const struct sip_conf_endpoint *ep)
{
	char room[512];
	struct sink uri = sink_make(room, sizeof(room));

	if (iv->sip->conf->use_callerid_contact && !ep->contact_user.len && !ep->from_user.len &&
	    !c->is_hidden) {
		sink_lit(&uri, "sip:");
		sip_uri_write_user(&uri, c->num);
		sink_char(&uri, '@');
		addr_write(&uri, &iv->local);
		sink_add(&uri, sip_tp_param(iv->sip, iv->tp));
	} else {
		invite_write_contact_uri(&uri, iv, ep);
	}
	out->over |= uri.over;
	sip_write_addr(out, SIP_HDR_CONTACT, SLICE_EMPTY, sink_slice(&uri), SLICE_EMPTY);
}

static void build_require(struct sink *out, const struct sip_conf_endpoint *ep)
{
	bool rel = ep->rel100 == SIP_100REL_REQUIRED, timer = ep->timers == SIP_TIMERS_REQUIRED;

	if (rel && timer)
		sip_write_header_id(out, SIP_HDR_REQUIRE, SLICE_LIT("100rel, timer"));
	else if (rel || timer)
		sip_write_header_id(out, SIP_HDR_REQUIRE,
				    rel ? SLICE_LIT("100rel") : SLICE_LIT("timer"));
}

/* The way that the contact registered with it, or the proxy. */
static void build_route(struct sink *out, const struct invite_way *way)
{
	struct slice path = way->path, value;

	while (sip_text_next_value(&path, &value))
		sip_write_header_id(out, SIP_HDR_ROUTE, value);
	if (!way->path.len && way->proxy.len)
		sip_write_addr(out, SIP_HDR_ROUTE, SLICE_EMPTY,
			       sip_request_is_strict(way->path, way->proxy) ? way->ruri
									    : way->proxy,
			       SLICE_EMPTY);
}

int invite_write_first(struct sink *out, struct invite *iv, const struct tech_dial *dial,
		       const struct sip_conf_endpoint *ep, const struct invite_way *way,
		       struct slice branch)
{
	struct slice ruri = sip_request_is_strict(way->path, way->proxy) ? way->proxy : way->ruri;
	char body_room[2048];
	struct sink body = sink_make(body_room, sizeof(body_room));
	struct build_caller c;

	build_find_caller(&c, iv, dial, ep);
	sip_write_request_line(out, SLICE_LIT("INVITE"), ruri);
	dialog_write_via(out, iv->sip, iv->tp, &iv->local, branch);
	build_from(out, iv, &c, ep);
	if (build_to(out, way->to, ep->user_eq_phone))
		return -EINVAL;
	build_contact(out, iv, &c, ep);
	sip_write_header_id(out, SIP_HDR_CALL_ID, iv->call_id);
	sip_write_cseq(out, iv->cseq, SLICE_LIT("INVITE"));
	build_route(out, way);
	sip_write_allow(out);
	build_supported(out, iv);
	build_require(out, ep);
	build_session(out, iv);
	build_identity(out, &c, ep, "calling");
	if (ep->send_diversion)
		diversion_write(out, &dial->diversion, c.host);
	build_added(out, dial);
	build_attestation(out, iv, &c, ep, dial, way->to);
	sip_write_tail(out, iv->sip);
	invite_write_auth(out, iv, SLICE_LIT("INVITE"), ruri);
	invite_write_offer(&body, iv);
	build_body(out, sink_slice(&body));
	return out->over || body.over ? -EMSGSIZE : 0;
}

/* Signed anew: what was sent before stands for that INVITE alone. */
static void build_attestation_again(struct sink *out, struct invite *iv)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct slice headers[SEEK_HEADERS];
	struct tech_dial dial = {.headers = headers};
	struct invite_way way;
	struct build_caller c;

	if (!ep || NEVER(!iv->seek))
		return;
	seek_read_dial(iv->seek, &dial, headers);
	seek_read_way(iv->seek, &way);
	build_find_caller(&c, iv, &dial, ep);
	build_attestation(out, iv, &c, ep, &dial, way.to);
}

/* Written anew for each INVITE; in another request it is what its orderer said. */
static bool build_is_of_invite(unsigned id)
{
	return id == SIP_HDR_SESSION_EXPIRES || id == SIP_HDR_MIN_SE || id == SIP_HDR_DATE ||
	       id == SIP_HDR_IDENTITY;
}

static void build_copy_line(struct sink *out, const struct sip_msg *old, const struct sip_hdr *h,
			    struct invite *iv, const struct sip_hop *hop, struct slice branch)
{
	bool is_foreign = old->method != SIP_METHOD_INVITE && build_is_of_invite(h->id);

	switch (is_foreign ? SIP_HDR_OTHER : h->id) {
	case SIP_HDR_VIA:
		dialog_write_via(out, iv->sip, hop->tp, &hop->local, branch);
		break;
	case SIP_HDR_CSEQ:
		sip_write_cseq(out, iv->cseq, old->method_text);
		break;
	case SIP_HDR_SESSION_EXPIRES:
		sip_write_header_u32(out, SIP_HDR_SESSION_EXPIRES, iv->session_s);
		break;
	case SIP_HDR_MIN_SE:
		sip_write_header_u32(out, SIP_HDR_MIN_SE, iv->min_se_s);
		break;
	case SIP_HDR_DATE:
	case SIP_HDR_IDENTITY:
		if (!iv->is_attested)
			sip_write_header(out, sip_hdr_line_name(old, h),
					 sip_hdr_line_value(old, h));
		else if (h->id == SIP_HDR_IDENTITY)
			build_attestation_again(out, iv);
		break;
	case SIP_HDR_AUTHORIZATION:
	case SIP_HDR_PROXY_AUTHORIZATION:
	case SIP_HDR_CONTENT_TYPE:
	case SIP_HDR_CONTENT_LENGTH:
		break; /* written anew at the end */
	default:
		sip_write_header(out, sip_hdr_line_name(old, h), sip_hdr_line_value(old, h));
	}
}

int invite_write_again(struct sink *out, struct invite *iv, struct slice text,
		       const struct sip_hop *hop, struct slice branch)
{
	enum sip_parse_error err;
	struct sip_msg old;

	if (NEVER(sip_msg_parse(&old, text, &err)))
		return -EINVAL;
	iv->cseq++;
	sip_write_request_line(out, old.method_text, old.ruri);
	for (uint32_t i = 0; i < old.hdr_count; i++)
		build_copy_line(out, &old, &old.headers[i], iv, hop, branch);
	invite_write_auth(out, iv, old.method_text, old.ruri);
	build_typed_body(out, sip_msg_get(&old, SIP_HDR_CONTENT_TYPE), old.body);
	return out->over ? -EMSGSIZE : 0;
}

/* ---- inside of a dialog ---- */

static void build_in_dialog(struct sink *out, struct invite *iv, struct dialog *d,
			    const struct invite_request *r, const struct sip_hop *hop,
			    struct slice branch)
{
	char room[512];
	struct sink contact = sink_make(room, sizeof(room));
	struct dialog_request head = {
		.method = r->method,
		.cseq = iv->cseq,
		.call_id = iv->call_id,
		.branch = branch,
		.via = &hop->local,
		.tp = hop->tp,
	};

	if (r->with_contact) {
		invite_write_contact_uri(&contact, iv, invite_endpoint(iv));
		head.contact = sink_slice(&contact);
	}
	dialog_write_request(out, d, &head);
	sink_add(out, r->extra);
	sip_write_tail(out, iv->sip);
	invite_write_auth(out, iv, sip_method_name(r->method), dialog_ruri(d));
	if (r->is_typed && r->body.len)
		sip_write_body(out, SLICE_EMPTY, r->body);
	else
		build_typed_body(out, r->body_type, r->body);
}

struct sip_peer invite_peer(const struct invite *iv, const struct addr *from)
{
	return (struct sip_peer){.addr = *from,
				 .host = addr_eq(from, &iv->dst.addr) ? iv->dst.host : 0};
}

void invite_find_hop(const struct invite *iv, struct dialog *d, struct sip_hop *out)
{
	const struct sip_hop call = {iv->dst, iv->local, iv->tp};

	dialog_find_hop(d, &call, out);
}

static handle_t build_and_send(struct invite *iv, struct dialog *d, const struct invite_request *r,
			       enum txn_kind kind, txn_fn fn)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	struct txn *t = txn_client_new(&iv->sip->txns, kind, r->method, iv->cseq + 1,
				       fn ? fn : invite_on_unawaited, fn ? (void *)iv : iv->sip);
	struct sip_hop hop;
	handle_t h;

	if (!t)
		return HANDLE_NONE;
	iv->cseq++;
	h = txn_handle(t);
	txn_branch(t, branch);
	invite_find_hop(iv, d, &hop);
	build_in_dialog(&out, iv, d, r, &hop, slice_make(branch, sizeof(branch)));
	if (out.over) {
		txn_set_user(t, NULL, NULL);
		txn_drop(t);
		return HANDLE_NONE;
	}
	return next_hop_send(&d->next, t, &hop, sink_slice(&out)) ? HANDLE_NONE : h;
}

handle_t invite_send(struct invite *iv, struct dialog *d, const struct invite_request *r, txn_fn fn)
{
	return build_and_send(iv, d, r, TXN_NICT, fn);
}

static void build_refresh_lines(struct sink *out, const struct invite *iv)
{
	sip_write_allow(out);
	build_supported(out, iv);
	invite_write_connected(out, iv);
	if (iv->has_timers && iv->session_s) {
		sink_lit(out, "Session-Expires: ");
		sink_u64(out, iv->session_s);
		sink_add(out,
			 iv->is_refresher ? SLICE_LIT(";refresher=uac\r\n") : SLICE_LIT("\r\n"));
		sip_write_header_u32(out, SIP_HDR_MIN_SE, iv->min_se_s);
	}
}

handle_t invite_send_reinvite(struct invite *iv, struct slice sdp, txn_fn fn)
{
	char room[LIMIT_SIP_OUT]; /* with an Identity, whose URL may be long */
	struct sink lines = sink_make(room, sizeof(room));
	struct invite_request r = {
		.method = SIP_METHOD_INVITE,
		.with_contact = true,
		.body = sdp,
	};

	build_refresh_lines(&lines, iv);
	invite_write_dialog_identity(&lines, iv);
	r.extra = sink_slice(&lines);
	iv->ict = build_and_send(iv, iv->dialog, &r, TXN_ICT, fn);
	return iv->ict;
}

handle_t invite_send_update(struct invite *iv, txn_fn fn)
{
	char room[BUILD_REFRESH];
	struct sink lines = sink_make(room, sizeof(room));
	struct invite_request r = {.method = SIP_METHOD_UPDATE, .with_contact = true};

	build_refresh_lines(&lines, iv);
	r.extra = sink_slice(&lines);
	iv->request = invite_send(iv, iv->dialog, &r, fn);
	return iv->request;
}

/* ---- BYE ---- */

static void bye_on_txn(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		       const struct addr *from)
{
	struct invite *iv = arg;

	UNUSED(from);
	switch (fact) {
	case TXN_FAILURE:
		if ((msg->code == 401 || msg->code == 407) && !iv->bye_tried && iv->dialog &&
		    invite_take_auth(iv, msg)) {
			iv->bye_tried = true;
			txn_set_user(t, NULL, NULL);
			if (invite_send_bye(iv, iv->dialog))
				break;
		}
		invite_step(iv, INVITE_BYE_DONE, &(struct invite_input){0});
		break;
	case TXN_SUCCESS:
	case TXN_TIMEOUT: /* the call is over all the same */
	case TXN_ERROR:
		invite_step(iv, INVITE_BYE_DONE, &(struct invite_input){0});
		break;
	default:
		break;
	}
}

bool invite_send_bye(struct invite *iv, struct dialog *d)
{
	char line[64];
	struct sink reason = sink_make(line, sizeof(line));
	struct invite_request r = {.method = SIP_METHOD_BYE};
	struct txn *old = txn_client_get(&iv->sip->txns, iv->request);

	if (FAULT(bye_not_sent))
		return false;
	if (old) /* an UPDATE of ours that nobody waits for any more */
		txn_set_user(old, NULL, NULL);
	if (!iv->bye_tried)
		invite_begin_auth(iv);
	if (iv->bye_cause && !iv->suppress_q850)
		sip_write_reason_q850(&reason, iv->bye_cause);
	r.extra = sink_slice(&reason);
	iv->request = invite_send(iv, d, &r, bye_on_txn);
	return iv->request != HANDLE_NONE;
}
