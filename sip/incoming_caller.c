/* sip/incoming_caller.c - who calls, and whom: From, P-Asserted-Identity, Remote-Party-ID,
 * Diversion and the Request-URI of an INVITE (RFC 3325, 3323, 5806). */
#include "sip/diversion.h"
#include "sip/incoming.h"

/* The user part of a URI (or the number of a tel: URI), without its parameters, escapes resolved.
 */
static struct slice caller_user(struct slice uri_text, char *room, size_t size)
{
	struct sink out = sink_make(room, size);
	struct sip_uri uri;

	if (sip_uri_parse(&uri, uri_text))
		return SLICE_EMPTY;
	sip_uri_unescape(&out, slice_head(uri.user, slice_find(uri.user, ';')));
	return out.over ? SLICE_EMPTY : sink_slice(&out);
}

static struct slice caller_display(const struct sip_addr *a, char *room, size_t size)
{
	struct sink out = sink_make(room, size);

	sip_text_unescape(&out, a->display);
	return slice_trim(sink_slice(&out)); /* a longer one is cut */
}

static bool caller_first(const struct sip_msg *msg, enum sip_hdr_id id, struct sip_addr *a)
{
	struct sip_values it = sip_values(msg, id);

	return sip_values_next_addr(&it, a) == 0;
}

/* P-Asserted-Identity, else Remote-Party-ID. False: neither. */
static bool caller_asserted(const struct sip_msg *msg, struct sip_addr *a, bool *hidden)
{
	struct slice privacy = sip_msg_get(msg, SIP_HDR_PRIVACY), value;

	*hidden = false;
	if (caller_first(msg, SIP_HDR_P_ASSERTED_IDENTITY, a)) {
		*hidden = privacy.len && !slice_ieq(privacy, SLICE_LIT("none"));
		return true;
	}
	if (!caller_first(msg, SIP_HDR_REMOTE_PARTY_ID, a))
		return false;
	*hidden = sip_text_param(a->params, SLICE_LIT("privacy"), &value) &&
		  !slice_ieq(value, SLICE_LIT("off"));
	return true;
}

void incoming_tell_connected(struct invite *iv, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep;
	char name[LIMIT_NAME], num[LIMIT_NAME];
	struct sip_addr a;
	bool hidden;

	if (!iv->events || !iv->events->connected || !caller_asserted(msg, &a, &hidden))
		return;
	ep = invite_endpoint(iv);
	if (ep && ep->trust_id_inbound && ep->trust_connected_line)
		iv->events->connected(iv->owner, caller_display(&a, name, sizeof(name)),
				      caller_user(a.uri, num, sizeof(num)));
}

/* The identity that counts: of a trusted caller what it asserts, else From. */
static void caller_find(const struct sip_msg *msg, const struct sip_conf_endpoint *ep,
			struct sip_addr *a, bool *hidden)
{
	struct sip_addr asserted;

	*a = msg->from;
	*hidden = false;
	if (ep->trust_id_inbound && caller_asserted(msg, &asserted, hidden))
		*a = asserted;
}

static void caller_fill_identity(const struct sip_msg *msg, const struct sip_conf_endpoint *ep,
				 struct incoming_room *room, struct tech_offer *out)
{
	struct sip_addr a;

	if (ep->cid_num.len) { /* callerid= of the endpoint */
		out->cid_name = ep->cid_name;
		out->cid_num = ep->cid_num;
		out->cid_hidden = ep->cid_restricted;
		return;
	}
	caller_find(msg, ep, &a, &out->cid_hidden);
	out->cid_num = caller_user(a.uri, room->num, sizeof(room->num));
	out->cid_name = caller_display(&a, room->name, sizeof(room->name));
}

void incoming_fill_offer(const struct sip_msg *msg, const struct sip_conf_endpoint *ep,
			 struct incoming_room *room, struct tech_offer *out)
{
	struct sip_addr diversion;
	struct sip_uri uri;

	*out = (struct tech_offer){0};
	sip_conf_fill_endpoint(ep, &out->endpoint);
	out->exten = caller_user(msg->ruri, room->exten, sizeof(room->exten));
	if (sip_uri_parse(&uri, msg->ruri) == 0)
		out->domain = uri.host;
	caller_fill_identity(msg, ep, room, out);
	if (!diversion_read(msg, &diversion, &out->diversion))
		return;
	out->diversion.num = caller_user(diversion.uri, room->rdnis, sizeof(room->rdnis));
	out->diversion.name = caller_display(&diversion, room->rdname, sizeof(room->rdname));
}
