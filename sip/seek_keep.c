/* sip/seek_keep.c - what is kept of a dial while it is tried: one block, packed.
 *
 *	caller name, number, whether hidden, who sent it on, count, headers, then ways: Request-URI,
 *To, Path, proxy, contact */
#include "engine/base/check.h"
#include "engine/core/pack.h"
#include "sip/bindings.h"
#include "sip/registration.h"
#include "sip/seek_internal.h"

#include <errno.h>

#define SEEK_WAYS 16

static bool keep_fits(const struct packer *p, size_t len)
{
	return p->room - p->len >= len + sizeof(uint32_t);
}

static bool keep_text(struct packer *p, struct slice s)
{
	if (!keep_fits(p, s.len))
		return false;
	pack_text(p, s);
	return true;
}

static bool keep_way(struct packer *p, const struct invite_way *way)
{
	size_t before = p->len;

	if (keep_text(p, way->ruri) && keep_text(p, way->to) && keep_text(p, way->path) &&
	    keep_text(p, way->proxy) && keep_fits(p, 2 * sizeof(uint32_t))) {
		pack_u32(p, (uint32_t)(way->contact >> 32));
		pack_u32(p, (uint32_t)way->contact);
		return true;
	}
	p->len = before; /* one way less */
	return false;
}

static struct unpacker keep_reader(const struct seek *s, uint32_t at)
{
	struct slice all = slice_from(msgbuf_slice(s->kept), at);

	return (struct unpacker){.ptr = all.ptr, .left = all.len};
}

/* ---- reading ---- */

void seek_read_dial(const struct seek *s, struct tech_dial *dial,
		    struct slice headers[SEEK_HEADERS])
{
	struct unpacker u = keep_reader(s, 0);

	dial->cid_name = unpack_text(&u);
	dial->cid_num = unpack_text(&u);
	dial->cid_hidden = unpack_u32(&u) != 0;
	dial->diversion.name = unpack_text(&u);
	dial->diversion.num = unpack_text(&u);
	dial->diversion.reason = unpack_text(&u);
	dial->diversion.count = unpack_u32(&u);
	dial->diversion.is_hidden = unpack_u32(&u) != 0;
	dial->header_count = unpack_u32(&u);
	check(dial->header_count <= SEEK_HEADERS);
	for (uint32_t i = 0; i < dial->header_count; i++)
		headers[i] = unpack_text(&u);
	check(!u.bad);
}

static struct unpacker keep_read_way(const struct seek *s, uint32_t at, struct invite_way *way)
{
	struct unpacker u = keep_reader(s, at);

	way->ruri = unpack_text(&u);
	way->to = unpack_text(&u);
	way->path = unpack_text(&u);
	way->proxy = unpack_text(&u);
	way->contact = (uint64_t)unpack_u32(&u) << 32;
	way->contact |= unpack_u32(&u);
	return u;
}

void seek_read_way(const struct seek *s, struct invite_way *way)
{
	check(!keep_read_way(s, s->way_at, way).bad);
}

bool seek_next_way(struct seek *s)
{
	struct invite_way way;
	struct unpacker u;

	if (s->way_next >= s->kept->len)
		return false;
	u = keep_read_way(s, s->way_next, &way);
	check(!u.bad);
	s->way_at = s->way_next;
	s->way_next = (uint32_t)(s->kept->len - u.left);
	return true;
}

/* ---- the ways of a dial ---- */

/* The contact's URI with the user that is dialled. */
static int keep_ruri(struct sink *out, const struct sip_conf_endpoint *ep, struct slice contact,
		     struct slice dialled)
{
	char room[256];
	struct sink user = sink_make(room, sizeof(room));
	struct sip_uri uri;

	if (sip_uri_parse(&uri, contact))
		return -EINVAL;
	if (dialled.len) {
		sip_uri_write_user(&user, dialled);
		uri.user = sink_slice(&user);
	}
	uri.headers = SLICE_EMPTY;
	sip_uri_write(out, &uri);
	if (ep->user_eq_phone && uri.user.len && !sip_uri_param(&uri, SLICE_LIT("user"), NULL))
		sink_lit(out, ";user=phone");
	return out->over || user.over ? -EINVAL : 0;
}

static int keep_choice(struct packer *p, const struct sip *sip, const struct sip_conf_endpoint *ep,
		       const struct sip_choice *choice, struct slice dialled)
{
	char room[512];
	struct sink ruri = sink_make(room, sizeof(room));
	struct invite_way way = {.path = choice->path, .contact = choice->id};
	int err = keep_ruri(&ruri, ep, choice->uri, dialled);

	if (err)
		return err;
	way.ruri = way.to = sink_slice(&ruri);
	if (!way.path.len)
		way.proxy = ep->outbound_proxy.len ? ep->outbound_proxy : choice->proxy;
	if (!way.path.len && !way.proxy.len)
		way.path = registrations_route(sip, ep);
	return keep_way(p, &way) ? 0 : -EMSGSIZE;
}

/* All contacts that may be dialled, in order; those that do not fit are left out. */
static int keep_contacts(struct packer *p, const struct sip *sip,
			 const struct sip_conf_endpoint *ep, struct slice dialled)
{
	struct sip_choice choice;
	uint32_t count = 0;

	for (uint32_t i = 0; i < ep->aor_count; i++) {
		uint32_t at = 0;

		while (count < SEEK_WAYS && bindings_next(sip, ep->aors[i], &at, &choice)) {
			int err = keep_choice(p, sip, ep, &choice, dialled);

			if (err && count == 0)
				return err;
			count += !err;
		}
	}
	return count ? 0 : -EHOSTUNREACH;
}

static bool keep_diversion(struct packer *p, const struct tech_diversion *d)
{
	if (!keep_text(p, d->name) || !keep_text(p, d->num) || !keep_text(p, d->reason) ||
	    !keep_fits(p, 2 * sizeof(uint32_t)))
		return false;
	pack_u32(p, d->count);
	pack_u32(p, d->is_hidden);
	return true;
}

static int keep_dial(struct packer *p, const struct tech_dial *dial)
{
	if (dial->header_count > SEEK_HEADERS || !keep_text(p, dial->cid_name) ||
	    !keep_text(p, dial->cid_num) || !keep_fits(p, 0))
		return -EMSGSIZE;
	pack_u32(p, dial->cid_hidden);
	if (!keep_diversion(p, &dial->diversion) || !keep_fits(p, 0))
		return -EMSGSIZE;
	pack_u32(p, dial->header_count);
	for (uint32_t i = 0; i < dial->header_count; i++)
		if (!keep_text(p, dial->headers[i]))
			return -EMSGSIZE;
	return 0;
}

/* Takes what was packed; the ways begin at way_next. */
static int keep_take(struct seek *s, const struct packer *p, size_t ways)
{
	struct msgbuf *kept = msgbuf_dup(s->sip->bufs, slice_make(p->ptr, p->len));

	if (!kept)
		return -ENOBUFS;
	msgbuf_free(s->sip->bufs, s->kept);
	s->kept = kept;
	s->way_at = s->way_next = (uint32_t)ways;
	return 0;
}

int seek_keep(struct seek *s, const struct tech_dial *dial, const struct sip_conf_endpoint *ep)
{
	char room[MSGBUF_LARGE];
	struct packer p = {.ptr = room, .room = sizeof(room)};
	struct sip_dial_string parts;
	int err = keep_dial(&p, dial);
	size_t ways = p.len;

	if (err)
		return err;
	sip_dial_string_parse(&parts, dial->resource);
	s->is_foreign = parts.uri.len > 0;
	if (s->is_foreign)
		err = keep_choice(&p, s->sip, ep, &(struct sip_choice){.uri = parts.uri},
				  SLICE_EMPTY);
	else
		err = keep_contacts(&p, s->sip, ep, parts.user);
	return err ? err : keep_take(s, &p, ways);
}

/* ---- 3xx ---- */

struct keep_contact {
	struct slice uri;
	unsigned q; /* thousandths */
};

/* "0.75" as 750; anything else, and nothing, as 1. */
static unsigned keep_q(const struct sip_addr *a)
{
	struct slice text, whole;
	unsigned q, scale = 100;

	if (!sip_text_param(a->params, SLICE_LIT("q"), &text) || !slice_split(&text, '.', &whole))
		return 1000;
	q = slice_eq(whole, SLICE_LIT("0")) ? 0 : 1000;
	for (size_t i = 0; q < 1000 && i < text.len && i < 3; i++, scale /= 10)
		if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
			q += (unsigned)(text.ptr[i] - '0') * scale;
	return q;
}

static uint64_t keep_uri_hash(struct slice uri)
{
	return slice_hash(uri, 0x33787878);
}

/* True, and remembered, if it was not tried before and one more may be. */
static bool keep_note_tried(struct seek *s, struct slice uri)
{
	uint64_t hash = keep_uri_hash(uri);

	for (uint32_t i = 0; i < s->tried_count; i++)
		if (s->tried[i] == hash)
			return false;
	if (s->tried_count == ARRAY_COUNT(s->tried))
		return false;
	s->tried[s->tried_count++] = hash;
	return true;
}

/* Best first, equals as they stand. Only what we can send to. */
static uint32_t keep_sort_contacts(const struct sip_msg *msg, struct keep_contact list[SEEK_WAYS])
{
	struct sip_values values = sip_values(msg, SIP_HDR_CONTACT);
	struct sip_addr a;
	uint32_t count = 0;
	int err;

	while (count < SEEK_WAYS && (err = sip_values_next_addr(&values, &a)) != -ENOENT) {
		struct sip_uri uri;
		uint32_t at = count;

		if (err || a.is_star || sip_uri_parse(&uri, a.uri) ||
		    (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
			continue;
		for (; at > 0 && list[at - 1].q < keep_q(&a); at--)
			list[at] = list[at - 1];
		list[at] =
			(struct keep_contact){.uri = sip_uri_for_request(a.uri), .q = keep_q(&a)};
		count++;
	}
	return count;
}

bool seek_take_contacts(struct seek *s, const struct sip_msg *msg)
{
	struct keep_contact list[SEEK_WAYS];
	uint32_t count = keep_sort_contacts(msg, list), taken = 0;
	char room[MSGBUF_LARGE];
	struct packer p = {.ptr = room, .room = sizeof(room)};
	struct slice headers[SEEK_HEADERS], left = slice_from(msgbuf_slice(s->kept), s->way_next);
	struct tech_dial dial = {.headers = headers};
	struct invite_way way;
	size_t ways;

	seek_read_dial(s, &dial, headers);
	seek_read_way(s, &way);
	UNUSED(keep_note_tried(s, way.ruri));
	if (keep_dial(&p, &dial))
		return false;
	ways = p.len;
	way.path = SLICE_EMPTY; /* it led to the contact that sent us away */
	way.contact = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!keep_note_tried(s, list[i].uri))
			continue;
		way.ruri = list[i].uri;
		taken += keep_way(&p, &way);
	}
	if (taken && p.room - p.len >= left.len)
		pack_bytes(&p, left.ptr, left.len);
	return taken && !keep_take(s, &p, ways);
}
