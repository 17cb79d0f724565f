/* sip/dialog.c - see dialog.h. */
#include "sip/dialog.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "sip/transport.h"

#include <errno.h>

#define DIALOG_TEXT MSGBUF_LARGE
/* Of a request without credentials, but for the texts of the dialog and what is configured: names
 * of headers, Via, CSeq, Max-Forwards, Reason, 16 lines of Route. */
#define DIALOG_OWN_OCTETS 768

const char *dialog_state_name(enum dialog_state s)
{
	static const char *const names[DIALOG_STATE_COUNT] = {"EARLY", "CONFIRMED", "TERMINATED"};

	check(s < DIALOG_STATE_COUNT);
	return names[s];
}

static const uint32_t dialog_next[DIALOG_STATE_COUNT] = {
	[DIALOG_EARLY] = 1u << DIALOG_CONFIRMED | 1u << DIALOG_TERMINATED,
	[DIALOG_CONFIRMED] = 1u << DIALOG_TERMINATED,
	[DIALOG_TERMINATED] = 0,
};

void dialog_set_state(struct dialog *d, enum dialog_state state)
{
	if (d->state == state)
		return;
	check(dialog_next[d->state] >> state & 1);
	sip_trace_state(d->sip, "dialog", slab_handle(d->sip->dialogs, d),
			dialog_state_name((enum dialog_state)d->state), "SET",
			dialog_state_name(state));
	d->state = (uint8_t)state;
}

struct dialog *dialog_new(struct sip *sip, uint8_t tp)
{
	struct dialog *d = slab_alloc(sip->dialogs);

	if (!d) {
		sip_count_one(sip, METRIC_sip_no_slot);
		return NULL;
	}
	list_init(&d->node);
	d->sip = sip;
	next_hop_init(&d->next, sip, tp);
	return d;
}

void dialog_free(struct dialog *d)
{
	list_del(&d->node);
	next_hop_end(&d->next);
	dialog_set_state(d, DIALOG_TERMINATED);
	if (FAULT(slot_leaked))
		return;
	msgbuf_free(d->sip->bufs, d->text);
	slab_free(d->sip->dialogs, d);
}

/* ---- texts ---- */

struct slice dialog_from(const struct dialog *d)
{
	return slice_make(d->text->data, d->from_len);
}

struct slice dialog_to(const struct dialog *d)
{
	return slice_make(d->text->data + d->from_len, d->to_len);
}

struct slice dialog_target(const struct dialog *d)
{
	return slice_make(d->text->data + d->from_len + d->to_len, d->target_len);
}

static struct slice dialog_routes(const struct dialog *d)
{
	return slice_make(d->text->data + d->from_len + d->to_len + d->target_len, d->routes_len);
}

struct slice dialog_tag(const struct dialog *d)
{
	return slice_make(d->text->data + d->tag_off, d->tag_len);
}

struct dialog_text {
	struct slice from, to, tag, target, routes;
};

/* The longest request that must be possible: a BYE. */
static bool dialog_fits(const struct dialog *d, size_t more)
{
	size_t uris = d->is_asked ? SIP_AUTH_REALMS * (dialog_ruri(d).len + more) : 0;

	return DIALOG_OWN_OCTETS + d->sip->conf->user_agent.len + d->reserve + d->from_len +
		       d->to_len + d->target_len + d->routes_len + more + uris <=
	       LIMIT_SIP_OUT;
}

bool dialog_has_room(const struct dialog *d, struct slice target)
{
	return dialog_fits(d, target.len > d->target_len ? target.len - d->target_len : 0);
}

static int dialog_set_text(struct dialog *d, const struct dialog_text *t)
{
	const struct dialog old = *d;
	char room[DIALOG_TEXT];
	struct sink out = sink_make(room, sizeof(room));
	struct msgbuf *buf;
	size_t tag_at;

	sink_add(&out, t->from);
	tag_at = out.len;
	sink_add(&out, t->to);
	sink_add(&out, t->target);
	sink_add(&out, t->routes);
	if (out.over)
		return -EMSGSIZE;
	buf = msgbuf_dup(d->sip->bufs, sink_slice(&out));
	if (!buf) {
		sip_count_one(d->sip, METRIC_sip_no_slot);
		return -ENOBUFS;
	}
	d->from_len = (uint16_t)t->from.len;
	d->to_len = (uint16_t)t->to.len;
	d->target_len = (uint16_t)t->target.len;
	d->routes_len = (uint16_t)t->routes.len;
	d->tag_len = (uint16_t)t->tag.len;
	d->tag_off = 0;
	if (t->tag.len)
		d->tag_off = (uint16_t)(tag_at + (size_t)(t->tag.ptr - t->to.ptr));
	d->text = buf;
	if (!dialog_fits(d, 0)) {
		*d = old;
		msgbuf_free(d->sip->bufs, buf);
		return -EMSGSIZE;
	}
	msgbuf_free(d->sip->bufs, old.text);
	return 0;
}

/* ---- where requests go ---- */

static bool dialog_first_route(struct slice routes, struct sip_addr *first)
{
	struct slice value;

	return sip_text_next_value(&routes, &value) && sip_addr_parse(first, value) == 0;
}

/* The first route, else the target. */
static struct slice dialog_next_uri(const struct dialog *d)
{
	struct sip_addr first;

	if (!d->routes_len)
		return dialog_target(d);
	return dialog_first_route(dialog_routes(d), &first) ? first.uri : SLICE_EMPTY;
}

/* A target that was rewritten to its source is reached as the source was. */
static void dialog_set_hop(struct dialog *d, const struct addr *from, bool is_source)
{
	next_hop_set(&d->next, dialog_next_uri(d), from, is_source && !d->routes_len);
}

void dialog_find_hop(struct dialog *d, const struct sip_hop *call, struct sip_hop *out)
{
	next_hop_refresh(&d->next, dialog_next_uri(d));
	next_hop_get(&d->next, call, out);
}

/* The URI of Contact; with the source address in place of its host when asked for, or all of it
 * when there is none, or none that a request could be written to (broken gateways). */
static struct slice dialog_pick_target(const struct sip_msg *msg, const struct addr *from,
				       bool rewrite, struct sink *room)
{
	struct sip_uri uri;
	char ip[ADDR_TEXT];
	struct sink host = sink_make(ip, sizeof(ip));

	if (sip_uri_parse(&uri, msg->contact.uri)) {
		sink_lit(room, "sip:");
		addr_write(room, from);
		return sink_slice(room);
	}
	if (!rewrite)
		return sip_uri_for_request(msg->contact.uri);
	addr_write_ip(&host, from);
	uri.headers = SLICE_EMPTY;
	uri.host = sink_slice(&host);
	uri.is_ipv6 = from->family == 6;
	uri.port = from->port;
	sip_uri_write(room, &uri);
	return sink_slice(room);
}

/* Record-Route, reversed if we called, as one comma-joined text. More than LIMIT_SIP_ROUTES are cut
 * off. */
static void dialog_write_routes(struct sink *out, const struct sip_msg *msg)
{
	struct slice values[LIMIT_SIP_ROUTES];
	struct sip_values it = sip_values(msg, SIP_HDR_RECORD_ROUTE);
	uint32_t count = 0;

	while (count < LIMIT_SIP_ROUTES && sip_values_next(&it, &values[count]))
		count++;
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			sink_char(out, ',');
		sip_text_write_flat(out, values[msg->is_request ? i : count - 1 - i]);
	}
}

int dialog_take_response(struct dialog *d, const struct sip_msg *msg, const struct addr *from,
			 bool rewrite)
{
	char route_room[DIALOG_TEXT], target_room[DIALOG_TEXT];
	struct sink routes = sink_make(route_room, sizeof(route_room));
	struct sink target = sink_make(target_room, sizeof(target_room));
	struct dialog_text text = {
		.from = sip_msg_get(msg, SIP_HDR_FROM),
		.to = sip_msg_get(msg, SIP_HDR_TO),
		.tag = msg->to_tag,
	};
	int err;

	dialog_write_routes(&routes, msg);
	text.routes = sink_slice(&routes);
	text.target = dialog_pick_target(msg, from, rewrite, &target);
	if (routes.over || target.over)
		return -EMSGSIZE;
	err = dialog_set_text(d, &text);
	if (err)
		return err;
	dialog_set_hop(d, from, rewrite);
	if (sip_msg_has(msg, SIP_HDR_ALLOW))
		d->allows_update = sip_msg_lists(msg, SIP_HDR_ALLOW, SLICE_LIT("UPDATE"));
	return 0;
}

/* "<uri>;tag=x": what must be repeated of From or To, without the name. */
static struct slice dialog_write_party(struct sink *out, struct slice uri, struct slice tag)
{
	sink_fmt(out, "<%.*s>;tag=%.*s", SLICE_ARG(uri), SLICE_ARG(tag));
	return sink_slice(out);
}

int dialog_take_bare(struct dialog *d, const struct sip_msg *msg, const struct addr *from)
{
	char from_room[DIALOG_TEXT], to_room[DIALOG_TEXT], source_room[ADDR_TEXT + 8];
	struct sink our = sink_make(from_room, sizeof(from_room));
	struct sink their = sink_make(to_room, sizeof(to_room));
	struct sink source = sink_make(source_room, sizeof(source_room));
	struct dialog_text text = {
		.from = dialog_write_party(&our, msg->from.uri, msg->from_tag),
		.to = dialog_write_party(&their, msg->to.uri, msg->to_tag),
		.target = dialog_pick_target(msg, from, false, &source),
	};
	int err;

	if (our.over || their.over)
		return -EMSGSIZE;
	text.tag = slice_from(text.to, text.to.len - msg->to_tag.len);
	err = dialog_set_text(d, &text);
	if (err == -EMSGSIZE && !source.len) {
		sink_lit(&source, "sip:");
		addr_write(&source, from);
		text.target = sink_slice(&source);
		err = dialog_set_text(d, &text);
	}
	if (!err)
		dialog_set_hop(d, from, true);
	return err;
}

int dialog_take_request(struct dialog *d, const struct sip_msg *msg, struct slice our_tag,
			const struct addr *from, bool rewrite)
{
	char local_room[DIALOG_TEXT], route_room[DIALOG_TEXT], target_room[DIALOG_TEXT];
	struct sink local = sink_make(local_room, sizeof(local_room));
	struct sink routes = sink_make(route_room, sizeof(route_room));
	struct sink target = sink_make(target_room, sizeof(target_room));
	struct dialog_text text = {.to = sip_msg_get(msg, SIP_HDR_FROM), .tag = msg->from_tag};
	int err;

	sip_text_write_flat(&local, sip_msg_get(msg, SIP_HDR_TO));
	sink_lit(&local, ";tag=");
	sink_add(&local, our_tag);
	dialog_write_routes(&routes, msg);
	text.from = sink_slice(&local);
	text.routes = sink_slice(&routes);
	text.target = dialog_pick_target(msg, from, rewrite, &target);
	err = local.over || routes.over || target.over ? -EMSGSIZE : dialog_set_text(d, &text);
	if (err)
		return err;
	dialog_set_hop(d, from, rewrite);
	d->remote_cseq = msg->cseq;
	d->has_remote_cseq = true;
	d->allows_update = sip_msg_lists(msg, SIP_HDR_ALLOW, SLICE_LIT("UPDATE"));
	return 0;
}

int dialog_take_target(struct dialog *d, const struct sip_msg *msg, const struct addr *from,
		       bool rewrite)
{
	char target_room[DIALOG_TEXT];
	struct sink target = sink_make(target_room, sizeof(target_room));
	struct dialog_text text = {
		.from = dialog_from(d),
		.to = dialog_to(d),
		.tag = dialog_tag(d),
		.routes = dialog_routes(d),
	};
	struct sip_uri uri;
	int err;

	if (sip_uri_parse(&uri, msg->contact.uri))
		return 0;
	text.target = dialog_pick_target(msg, from, rewrite, &target);
	if (slice_eq(text.target, dialog_target(d)))
		return 0;
	err = target.over ? -EMSGSIZE : dialog_set_text(d, &text);
	if (!err)
		dialog_set_hop(d, NULL, rewrite);
	else
		log_notice("A new Contact is not taken: requests to it would be too long, or no "
			   "room; the old one serves");
	return err;
}

bool dialog_is_peer(const struct dialog *d, struct slice tag)
{
	return slice_eq(dialog_tag(d), tag);
}

bool dialog_take_cseq(struct dialog *d, uint32_t cseq)
{
	if (d->has_remote_cseq && cseq <= d->remote_cseq)
		return false;
	d->remote_cseq = cseq;
	d->has_remote_cseq = true;
	return true;
}

/* ---- requests ---- */

static bool dialog_is_strict(const struct dialog *d, struct sip_addr *first)
{
	struct sip_uri uri;

	return d->routes_len && dialog_first_route(dialog_routes(d), first) &&
	       sip_uri_parse(&uri, first->uri) == 0 && !sip_uri_param(&uri, SLICE_LIT("lr"), NULL);
}

struct slice dialog_ruri(const struct dialog *d)
{
	struct sip_addr first;

	return dialog_is_strict(d, &first) ? first.uri : dialog_target(d);
}

static void dialog_write_route_lines(struct sink *out, const struct dialog *d)
{
	struct slice rest = dialog_routes(d), value;
	struct sip_addr first;
	bool is_strict = dialog_is_strict(d, &first);

	if (is_strict)
		sip_text_next_value(&rest, &value);
	while (sip_text_next_value(&rest, &value))
		sip_write_header_id(out, SIP_HDR_ROUTE, value);
	if (is_strict)
		sip_write_addr(out, SIP_HDR_ROUTE, SLICE_EMPTY, dialog_target(d), SLICE_EMPTY);
}

void dialog_write_via(struct sink *out, const struct sip *sip, uint8_t tp, const struct addr *via,
		      struct slice branch)
{
	char ip[ADDR_TEXT];
	struct sink host = sink_make(ip, sizeof(ip));

	addr_write_ip(&host, via);
	sip_write_via(out, sip_tp_via(sip, tp), sink_slice(&host), via->family == 6, via->port,
		      !sip->conf->disable_rport, branch);
}

void dialog_write_request(struct sink *out, const struct dialog *d, const struct dialog_request *r)
{
	struct slice method = sip_method_name(r->method);

	sip_write_request_line(out, method, dialog_ruri(d));
	dialog_write_via(out, d->sip, r->tp, r->via, r->branch);
	sip_write_header_id(out, SIP_HDR_FROM, dialog_from(d));
	sip_write_header_id(out, SIP_HDR_TO, dialog_to(d));
	if (r->contact.len)
		sip_write_addr(out, SIP_HDR_CONTACT, SLICE_EMPTY, r->contact, SLICE_EMPTY);
	sip_write_header_id(out, SIP_HDR_CALL_ID, r->call_id);
	sip_write_cseq(out, r->cseq, method);
	dialog_write_route_lines(out, d);
}

/* ---- dialogs that are not kept ---- */

int dialog_init_stray(struct dialog *d, struct sip *sip, uint8_t tp, const struct sip_msg *msg,
		      const struct addr *from, bool may_look)
{
	int err;

	*d = (struct dialog){.sip = sip, .reserve = (uint32_t)msg->call_id.len};
	list_init(&d->node);
	next_hop_init(&d->next, sip, tp);
	d->next.is_blind = !may_look;
	err = dialog_take_response(d, msg, from, false);
	return err == -EMSGSIZE ? dialog_take_bare(d, msg, from) : err;
}

void dialog_close_stray(struct dialog *d)
{
	next_hop_leave(&d->next);
	msgbuf_free(d->sip->bufs, d->text);
	d->text = NULL;
}
