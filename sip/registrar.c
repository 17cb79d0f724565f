/* sip/registrar.c - see registrar.h. */
#include "sip/registrar.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/gate.h"
#include "sip/transport.h"
#include "sip/way_back.h"

#include <errno.h>
#include <stdlib.h>

#define REGISTRAR_WAIT_NS  (4 * TMR_SECOND) /* for control's answer */
#define REGISTRAR_BIND_MAX (24 << 10) /* one report: well below what a pipe takes as one record */
#define REGISTRAR_RETRY_S  "5"	      /* Retry-After of a 503 */

/* One REGISTER that control has not answered. */
struct registering {
	struct sip *sip;
	struct list node; /* of sip->registering, oldest first */
	struct tmr tmr;
	handle_t txn;
	struct msgbuf *text; /* the request */
	struct addr from;
	uint8_t tp;
	bool force_rport;
	char tag[SIP_IDENT_LEN];
};

int registrar_create(struct sip *sip)
{
	list_init(&sip->registering);
	sip->bind_room = malloc(REGISTRAR_BIND_MAX);
	return sip->bind_room ? slab_create(&sip->registers, "sip_registers",
					    sizeof(struct registering), LIMIT_REGISTERS)
			      : -ENOMEM;
}

static void registering_free(struct registering *g)
{
	struct sip *sip = g->sip;

	tmr_stop(&g->tmr);
	list_del(&g->node);
	msgbuf_free(sip->bufs, g->text);
	slab_free(sip->registers, g);
}

void registrar_destroy(struct sip *sip)
{
	if (sip->registers) {
		list_for_safe (node, &sip->registering)
			registering_free(list_entry(node, struct registering, node));
		slab_destroy(sip->registers);
	}
	free(sip->bind_room);
}

/* ---- refusals ---- */

static void registrar_refuse(const struct sip_rx *rx, struct txn *t, unsigned code,
			     struct slice tag)
{
	sip_count_one(rx->sip, METRIC_sip_register_refused);
	sip_reply(rx, t, code, tag);
}

static void registrar_busy(const struct sip_rx *rx, struct txn *t, struct slice tag)
{
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_register_busy);
	sip_reply_begin(&r, rx, t, 503, SLICE_EMPTY, tag);
	sip_write_header_id(&r.out, SIP_HDR_RETRY_AFTER, SLICE_LIT(REGISTRAR_RETRY_S));
	sip_reply_send(&r);
}

/* ---- which AOR ---- */

/* The AOR of the endpoint that To names, as "user@host" or "user" (RFC 3261 10.3 item 5). */
static const struct sip_conf_aor *registrar_aor(const struct sip_rx *rx,
						const struct sip_conf_endpoint *ep)
{
	char room[256];
	struct sink full = sink_make(room, sizeof(room));
	struct slice user;
	struct sip_uri to;

	if (sip_uri_parse(&to, rx->msg->to.uri))
		return NULL;
	sip_uri_unescape(&full, to.user);
	user = sink_slice(&full);
	sink_char(&full, '@');
	sink_add(&full, to.host);
	for (uint32_t i = 0; i < ep->aor_count; i++)
		if (slice_eq(ep->aors[i]->name, user) ||
		    (!full.over && slice_eq(ep->aors[i]->name, sink_slice(&full))))
			return ep->aors[i];
	return NULL;
}

/* ---- what is asked ---- */

/* One REGISTER while it is read. */
struct wish {
	const struct sip_rx *rx;
	const struct sip_conf_endpoint *ep;
	const struct sip_conf_aor *aor;
	struct sip_bind *bind; /* in sip->bind_room */
	size_t len;	       /* octets of it so far */
	unsigned refusal;      /* 0: none */
	char path_room[LIMIT_CONTACT_TEXT];
	struct slice path;
};

/* All Path values as one list; support_path=no: they are not looked at. */
static bool wish_read_path(struct wish *w)
{
	struct sip_values it = sip_values(w->rx->msg, SIP_HDR_PATH);
	struct sink out = sink_make(w->path_room, sizeof(w->path_room));
	struct slice value;

	if (!w->aor->support_path)
		return true;
	while (sip_values_next(&it, &value)) {
		if (out.len)
			sink_char(&out, ',');
		sip_text_write_flat(&out, value);
	}
	w->path = sink_slice(&out);
	return !out.over;
}

static int64_t wish_expires(const struct wish *w, const struct sip_addr *contact)
{
	struct slice value;
	uint32_t s;

	if (sip_text_param(contact->params, SLICE_LIT("expires"), &value) &&
	    sip_text_u32_clamp(value, UINT32_MAX, &s))
		return s;
	if (sip_msg_get_u32(w->rx->msg, SIP_HDR_EXPIRES, &s))
		return s;
	return w->aor->default_expiration_s;
}

/* Where the request came from instead of what a phone behind a NAT believes to be. */
static void wish_rewrite(const struct wish *w, struct sip_uri *uri, char ip[ADDR_TEXT])
{
	struct sink text = sink_make(ip, ADDR_TEXT);

	addr_write_ip(&text, w->rx->from);
	uri->host = sink_slice(&text);
	uri->is_ipv6 = w->rx->from->family == 6;
	uri->port = w->rx->from->port;
}

/* What came over a connection is reached over it, also if the phone did not say so. */
static void wish_write_transport(const struct wish *w, const struct sip_uri *uri, struct sink *out)
{
	if (!sip_uri_param(uri, SLICE_LIT("transport"), NULL) && !uri->headers.len)
		sink_add(out, sip_tp_param(w->rx->sip, w->rx->tp));
}

static void wish_write_via(const struct wish *w, struct sink *out)
{
	const struct sip_via *via = &w->rx->msg->via;

	sip_uri_write_hostport(out, via->host, via->is_ipv6, via->port ? via->port : 5060);
}

static void wish_append(struct wish *w, const struct contact_info *info)
{
	char packed[CONTACT_PACKED_MAX], *at = (char *)w->bind + w->len;
	uint32_t bytes = (uint32_t)contact_pack(info, packed);

	if (!bytes || w->len + sizeof(bytes) + bytes > REGISTRAR_BIND_MAX) {
		w->refusal = 413;
		return;
	}
	memcpy(at, &bytes, sizeof(bytes));
	memcpy(at + sizeof(bytes), packed, bytes);
	w->len += sizeof(bytes) + bytes;
	w->bind->count++;
}

static void wish_add(struct wish *w, const struct sip_addr *contact)
{
	char ip[ADDR_TEXT], uri_room[512], via_room[128];
	struct sink uri_text = sink_make(uri_room, sizeof(uri_room));
	struct sink via = sink_make(via_room, sizeof(via_room));
	struct contact_info info = {
		.aor = w->aor->hash,
		.expires_wall_ns = wish_expires(w, contact),
		.source = *w->rx->from,
		.shard = w->rx->sip->env.shard,
		.text = {[CONTACT_AOR] = w->aor->name,
			 [CONTACT_URI] = contact->uri,
			 [CONTACT_ENDPOINT] = w->ep->name,
			 [CONTACT_USER_AGENT] =
				 slice_head(sip_msg_get(w->rx->msg, SIP_HDR_USER_AGENT), 128),
			 [CONTACT_PATH] = w->path},
	};
	struct sip_uri uri;

	if (sip_uri_parse(&uri, contact->uri) ||
	    (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS) ||
	    w->bind->count == LIMIT_AOR_CONTACTS) {
		w->refusal = 400;
		return;
	}
	if (w->ep->rewrite_contact && !w->path.len) {
		wish_rewrite(w, &uri, ip);
		sip_uri_write(&uri_text, &uri);
		wish_write_transport(w, &uri, &uri_text);
		if (!slice_eq(sink_slice(&uri_text), contact->uri))
			info.text[CONTACT_GIVEN] = contact->uri;
		info.text[CONTACT_URI] = sink_slice(&uri_text);
	}
	wish_write_via(w, &via);
	info.text[CONTACT_VIA] = sink_slice(&via);
	info.id = contact_id(w->aor->name, info.text[CONTACT_URI]);
	if (uri_text.over || via.over)
		w->refusal = 400;
	else
		wish_append(w, &info);
}

/* "Contact: *" stands alone and with Expires: 0 (RFC 3261 10.3 item 6). */
static void wish_check_star(struct wish *w, uint32_t values)
{
	uint32_t expires;

	if (w->bind->is_star &&
	    (values != 1 || !sip_msg_get_u32(w->rx->msg, SIP_HDR_EXPIRES, &expires) ||
	     expires != 0))
		w->refusal = 400;
}

static void wish_read(struct wish *w)
{
	struct sip_values it = sip_values(w->rx->msg, SIP_HDR_CONTACT);
	struct slice call_id = w->rx->msg->call_id;
	struct sip_addr contact;
	uint32_t values = 0;
	int err;

	*w->bind = (struct sip_bind){.aor = w->aor->hash, .cseq = w->rx->msg->cseq};
	w->bind->call_id_len = (uint32_t)call_id.len;
	w->len = offsetof(struct sip_bind, text) + call_id.len;
	if (call_id.len > 512 || !wish_read_path(w)) {
		w->refusal = 400;
		return;
	}
	memcpy(w->bind->text, call_id.ptr, call_id.len);
	while (!w->refusal && (err = sip_values_next_addr(&it, &contact)) != -ENOENT) {
		values++;
		if (err)
			w->refusal = 400;
		else if (contact.is_star)
			w->bind->is_star = 1;
		else
			wish_add(w, &contact);
	}
	wish_check_star(w, values);
}

/* ---- waiting for control ---- */

static void registering_on_late(struct tmr *tmr, void *arg)
{
	struct registering *g = arg;
	struct sip_answer none = {.request = slab_handle(g->sip->registers, g), .code = 503};

	UNUSED(tmr);
	registrar_answer(g->sip, &none);
}

static struct registering *registering_new(const struct sip_rx *rx, struct txn *t, struct slice tag)
{
	struct sip *sip = rx->sip;
	struct registering *g = slab_alloc(sip->registers);

	if (!g)
		return NULL;
	g->sip = sip;
	list_init(&g->node);
	tmr_init(&g->tmr, sip->env.wheel, registering_on_late, g);
	g->text = msgbuf_dup(sip->bufs, rx->msg->raw);
	if (!g->text) {
		registering_free(g);
		return NULL;
	}
	list_add_tail(&sip->registering, &g->node);
	g->txn = txn_handle(t);
	g->from = *rx->from;
	g->tp = rx->tp;
	g->force_rport = rx->force_rport;
	memcpy(g->tag, tag.ptr, sizeof(g->tag));
	tmr_start(&g->tmr, sip_now(sip) + REGISTRAR_WAIT_NS);
	return g;
}

static void registrar_hand_over(struct wish *w, struct txn *t, struct slice tag)
{
	const struct sip_env *env = &w->rx->sip->env;
	struct registering *g = env->report ? registering_new(w->rx, t, tag) : NULL;

	if (!g) {
		registrar_busy(w->rx, t, tag);
		return;
	}
	w->bind->request = slab_handle(w->rx->sip->registers, g);
	if (env->report(env->report_arg, SIP_REPORT_BIND, w->bind, w->len))
		return;
	registering_free(g);
	registrar_busy(w->rx, t, tag);
}

/* Of an AOR that is not there nobody can say; the 404 will. */
static bool registrar_knows(const void *arg, struct slice token)
{
	const struct sip_conf_aor *aor = arg;

	if (slice_ieq(token, SLICE_LIT("path")))
		return !aor || aor->support_path;
	return sip_is_required_known(token);
}

static bool registrar_refuse_required(const struct wish *w, struct txn *t, struct slice tag)
{
	if (!sip_refuse_required(w->rx, t, tag, registrar_knows, w->aor))
		return false;
	sip_count_one(w->rx->sip, METRIC_sip_register_refused);
	return true;
}

/* A Path that its phone does not know of must not be kept (RFC 3327 5.3). */
static bool registrar_refuse_path(const struct wish *w, struct txn *t, struct slice tag)
{
	const struct sip_msg *msg = w->rx->msg;
	struct sip_reply r;

	if (!w->aor->support_path || !sip_msg_has(msg, SIP_HDR_PATH) ||
	    sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("path")))
		return false;
	sip_count_one(w->rx->sip, METRIC_sip_register_refused);
	sip_reply_begin(&r, w->rx, t, 420, SLICE_EMPTY, tag);
	sip_write_header_id(&r.out, SIP_HDR_UNSUPPORTED, SLICE_LIT("path"));
	sip_reply_send(&r);
	return true;
}

void registrar_rx(const struct sip_rx *rx, struct slice tag)
{
	struct sip *sip = rx->sip;
	struct wish w = {.rx = rx, .bind = sip->bind_room};
	struct txn *t;

	w.ep = sip_gate_pass(rx, NULL, tag);
	if (!w.ep)
		return;
	t = sip_way_back_txn(rx);
	w.aor = registrar_aor(rx, w.ep);
	if (!t) {
		registrar_busy(rx, NULL, tag);
	} else if (registrar_refuse_required(&w, t, tag)) {
		return;
	} else if (!w.aor) {
		log_warning("AOR '%.*s' not found for endpoint '%.*s'", SLICE_ARG(rx->msg->to.uri),
			    SLICE_ARG(w.ep->name));
		registrar_refuse(rx, t, 404, tag);
	} else if (!w.aor->max_contacts) {
		log_warning("AOR '%.*s' has no configured max_contacts. Endpoint '%.*s' unable to "
			    "register",
			    SLICE_ARG(w.aor->name), SLICE_ARG(w.ep->name));
		registrar_refuse(rx, t, 403, tag);
	} else if (!registrar_refuse_path(&w, t, tag)) {
		wish_read(&w);
		if (w.refusal)
			registrar_refuse(rx, t, w.refusal, tag);
		else
			registrar_hand_over(&w, t, tag);
	}
}

/* ---- the answer ---- */

static void registrar_write_date(struct sink *out, const struct sip *sip)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t s = io_wall_ns(sip->env.io) / TMR_SECOND;
	int64_t day = s / 86400, z = day + 719468, era = z / 146097;
	/* Days to civil date, from March on: leap days then stand at the end of a year. */
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);
	int64_t year = yoe + era * 400 + (month <= 2);

	sink_fmt(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
		 days + 3 * ((day + 4) % 7), (int)(doy - (153 * mp + 2) / 5 + 1),
		 months + 3 * (month - 1), (int)year, (int)(s / 3600 % 24), (int)(s / 60 % 60),
		 (int)(s % 60));
}

static void registrar_send(const struct sip_rx *rx, struct txn *t, const struct sip_answer *a,
			   struct slice tag)
{
	struct sip_reply r;

	sip_count_one(rx->sip,
		      a->code == 200 ? METRIC_sip_register_ok : METRIC_sip_register_refused);
	sip_reply_begin(&r, rx, t, a->code, SLICE_EMPTY, tag);
	if (a->code == 200) {
		registrar_write_date(&r.out, rx->sip);
		if (sip_msg_lists(rx->msg, SIP_HDR_SUPPORTED, SLICE_LIT("path")))
			sip_write_copy(&r.out, rx->msg, SIP_HDR_PATH);
	}
	sink_add(&r.out, slice_make(a->lines, a->lines_len));
	sip_reply_send(&r);
}

void registrar_answer(struct sip *sip, const struct sip_answer *a)
{
	struct registering *g = slab_get(sip->registers, a->request);
	struct txn *t = g ? txn_server_get(&sip->txns, g->txn) : NULL;
	enum sip_parse_error err;
	struct sip_msg msg;
	struct sip_rx rx = {.sip = sip, .msg = &msg};

	if (!g) /* it gave up waiting */
		return;
	rx.from = &g->from;
	rx.tp = g->tp;
	rx.force_rport = g->force_rport;
	if (t && !NEVER(sip_msg_parse(&msg, msgbuf_slice(g->text), &err))) {
		if (a->code == 503)
			registrar_busy(&rx, t, slice_make(g->tag, sizeof(g->tag)));
		else
			registrar_send(&rx, t, a, slice_make(g->tag, sizeof(g->tag)));
	}
	registering_free(g);
}
