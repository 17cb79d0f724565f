/* engine/io/dns.c - see dns.h. Every offset is checked against the message; a pointer may only lead
 * backwards, so that reading a name ends. */
#include "engine/io/dns.h"

#include "engine/base/check.h"

#include <errno.h>
#include <string.h>

#define DNS_HEADER   12
#define DNS_CLASS_IN 1
#define DNS_CHAIN    8 /* CNAMEs on the way to a record */

struct dns_reader {
	const uint8_t *data;
	size_t len, at;
	bool bad;
};

/* One resource record: where its data stands. */
struct dns_rr {
	char owner[DNS_NAME_ROOM];
	uint16_t type, class;
	uint32_t ttl_s;
	size_t at, len;
};

const char *dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_SRV:
		return "SRV";
	case DNS_NAPTR:
		return "NAPTR";
	case DNS_CNAME:
		return "CNAME";
	case DNS_SOA:
		return "SOA";
	}
	return "other";
}

/* ---- names ---- */

static char dns_lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool dns_is_label_char(uint8_t c)
{
	uint8_t l = (uint8_t)dns_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool dns_is_name(struct slice name)
{
	size_t label = 0;

	if (name.len && name.ptr[name.len - 1] == '.')
		name = slice_head(name, name.len - 1);
	if (name.len == 0 || name.len > 253)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' ? label == 0 : !dns_is_label_char((uint8_t)name.ptr[i]))
			return false;
		label = name.ptr[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

bool dns_copy_name(char out[DNS_NAME_ROOM], struct slice name)
{
	if (!dns_is_name(name))
		return false;
	if (name.ptr[name.len - 1] == '.')
		name = slice_head(name, name.len - 1);
	for (size_t i = 0; i < name.len; i++)
		out[i] = dns_lower((uint8_t)name.ptr[i]);
	out[name.len] = '\0';
	return true;
}

/* ---- octets ---- */

static unsigned dns_u8(struct dns_reader *r)
{
	if (r->bad || r->at >= r->len) {
		r->bad = true;
		return 0;
	}
	return r->data[r->at++];
}

static uint16_t dns_u16(struct dns_reader *r)
{
	unsigned high = dns_u8(r);

	return (uint16_t)(high << 8 | dns_u8(r));
}

static uint32_t dns_u32(struct dns_reader *r)
{
	uint32_t high = dns_u16(r);

	return high << 16 | dns_u16(r);
}

/* One label at *at, added to text. The next octet to read is left in *at. */
static void dns_label(struct dns_reader *r, size_t *at, unsigned len, char *text, size_t *text_len)
{
	if (*at + len > r->len || *text_len + len + 2 > DNS_NAME_ROOM) {
		r->bad = true;
		return;
	}
	if (*text_len)
		text[(*text_len)++] = '.';
	for (unsigned i = 0; i < len; i++) {
		uint8_t c = r->data[*at + i];

		/* A dot inside a label, or a control, would be another name as text. */
		text[(*text_len)++] = c > ' ' && c < 127 && c != '.' ? dns_lower(c) : '?';
	}
	*at += len;
}

/* RFC 1035 4.1.4. The reader stands behind the name afterwards. */
static void dns_name(struct dns_reader *r, char text[DNS_NAME_ROOM])
{
	size_t at = r->at, lowest = r->at, text_len = 0;
	bool jumped = false;

	text[0] = '\0';
	while (!r->bad) {
		unsigned len = at < r->len ? r->data[at] : 0xff;

		if (len < 64) {
			at++;
			if (len == 0)
				break;
			dns_label(r, &at, len, text, &text_len);
			continue;
		}
		if (len < 0xc0 || at + 1 >= r->len) {
			r->bad = true;
			break;
		}
		if (!jumped)
			r->at = at + 2;
		jumped = true;
		at = (size_t)(len & 0x3f) << 8 | r->data[at + 1];
		if (at >= lowest) /* only backwards: no loops */
			r->bad = true;
		lowest = at;
	}
	if (!jumped)
		r->at = at;
	text[r->bad ? 0 : text_len] = '\0';
}

/* <character-string>, RFC 1035 3.3. What does not fit is cut. */
static void dns_string(struct dns_reader *r, char *text, size_t room)
{
	unsigned len = dns_u8(r);
	size_t kept = 0;

	for (unsigned i = 0; i < len; i++) {
		unsigned c = dns_u8(r);

		if (kept + 1 < room)
			text[kept++] = (char)(c > ' ' && c < 127 ? c : '?');
	}
	text[kept] = '\0';
}

/* ---- records ---- */

static bool dns_rr_read(struct dns_reader *r, struct dns_rr *rr)
{
	dns_name(r, rr->owner);
	rr->type = dns_u16(r);
	rr->class = dns_u16(r);
	rr->ttl_s = dns_u32(r);
	if (rr->ttl_s > INT32_MAX) /* RFC 2181 8 */
		rr->ttl_s = 0;
	rr->len = dns_u16(r);
	rr->at = r->at;
	if (r->bad || rr->len > r->len - r->at)
		return false;
	r->at += rr->len;
	return true;
}

static bool dns_take_addr(const struct dns_reader *r, const struct dns_rr *rr, struct addr *out)
{
	size_t len = rr->type == DNS_A ? 4 : 16;

	if (rr->len != len)
		return false;
	*out = (struct addr){.family = rr->type == DNS_A ? 4 : 6};
	memcpy(out->ip, r->data + rr->at, len);
	return true;
}

/* A reader of the data of one record; names in it may point to the whole message. */
static struct dns_reader dns_inside(const struct dns_reader *r, const struct dns_rr *rr)
{
	return (struct dns_reader){.data = r->data, .len = rr->at + rr->len, .at = rr->at};
}

static bool dns_take_srv(const struct dns_reader *r, const struct dns_rr *rr, struct dns_srv *out)
{
	struct dns_reader in = dns_inside(r, rr);

	out->priority = dns_u16(&in);
	out->weight = dns_u16(&in);
	out->port = dns_u16(&in);
	dns_name(&in, out->target);
	return !in.bad;
}

static bool dns_take_naptr(const struct dns_reader *r, const struct dns_rr *rr,
			   struct dns_naptr *out)
{
	struct dns_reader in = dns_inside(r, rr);
	char regexp[2];

	out->order = dns_u16(&in);
	out->preference = dns_u16(&in);
	dns_string(&in, out->flags, sizeof(out->flags));
	dns_string(&in, out->service, sizeof(out->service));
	dns_string(&in, regexp, sizeof(regexp));
	out->has_regexp = regexp[0] != '\0';
	dns_name(&in, out->replacement);
	return !in.bad;
}

static bool dns_take(const struct dns_reader *r, const struct dns_rr *rr, union dns_record *out)
{
	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		return dns_take_addr(r, rr, &out->addr);
	case DNS_SRV:
		return dns_take_srv(r, rr, &out->srv);
	case DNS_NAPTR:
		return dns_take_naptr(r, rr, &out->naptr);
	default:
		return false;
	}
}

/* ---- the message ---- */

struct dns_walk {
	struct dns_reader r;
	unsigned answer_count, authority_count;
	size_t answers; /* offset */
};

static bool dns_head(struct dns_walk *w, struct dns_answer *out, const char *name,
		     enum dns_type type)
{
	char asked[DNS_NAME_ROOM];
	unsigned flags, questions;

	dns_u16(&w->r); /* id: the client's business */
	flags = dns_u16(&w->r);
	questions = dns_u16(&w->r);
	w->answer_count = dns_u16(&w->r);
	w->authority_count = dns_u16(&w->r);
	dns_u16(&w->r);
	out->rcode = flags & 15;
	out->is_truncated = flags >> 9 & 1;
	if (w->r.bad || !(flags & 0x8000) || questions != 1)
		return false;
	dns_name(&w->r, asked);
	if (dns_u16(&w->r) != (unsigned)type || dns_u16(&w->r) != DNS_CLASS_IN || w->r.bad)
		return false;
	w->answers = w->r.at;
	return strcmp(asked, name) == 0;
}

static void dns_note_ttl(struct dns_answer *out, uint32_t ttl_s)
{
	if (ttl_s < out->ttl_s)
		out->ttl_s = ttl_s;
}

/* The CNAME of `name`, into name. False: none. */
static bool dns_follow(struct dns_walk *w, struct dns_answer *out, char name[DNS_NAME_ROOM])
{
	struct dns_rr rr;

	w->r.at = w->answers;
	for (unsigned i = 0; i < w->answer_count && dns_rr_read(&w->r, &rr); i++) {
		struct dns_reader in = dns_inside(&w->r, &rr);
		char next[DNS_NAME_ROOM];

		if (rr.type != DNS_CNAME || rr.class != DNS_CLASS_IN || strcmp(rr.owner, name) != 0)
			continue;
		dns_name(&in, next);
		if (in.bad || !next[0])
			return false;
		memcpy(name, next, sizeof(next));
		dns_note_ttl(out, rr.ttl_s);
		return true;
	}
	return false;
}

static void dns_collect(struct dns_walk *w, struct dns_answer *out, const char *name,
			enum dns_type type)
{
	struct dns_rr rr;

	w->r.at = w->answers;
	for (unsigned i = 0; i < w->answer_count && dns_rr_read(&w->r, &rr); i++) {
		if (rr.type != type || rr.class != DNS_CLASS_IN || strcmp(rr.owner, name) != 0 ||
		    out->count == LIMIT_DNS_RECORDS)
			continue;
		if (!dns_take(&w->r, &rr, &out->records[out->count]))
			continue;
		dns_note_ttl(out, rr.ttl_s);
		out->count++;
	}
}

/* RFC 2308 5: the lesser of the SOA's own TTL and its last field. */
static void dns_read_soa(struct dns_walk *w, struct dns_answer *out)
{
	struct dns_rr rr;

	w->r.at = w->answers;
	w->r.bad = false;
	for (unsigned i = 0; i < w->answer_count + w->authority_count && dns_rr_read(&w->r, &rr);
	     i++) {
		struct dns_reader in = dns_inside(&w->r, &rr);

		if (rr.type != DNS_SOA || rr.class != DNS_CLASS_IN || rr.len < 4)
			continue;
		in.at = rr.at + rr.len - 4;
		out->has_soa = true;
		dns_note_ttl(out, rr.ttl_s);
		dns_note_ttl(out, dns_u32(&in));
		return;
	}
}

int dns_read_answer(struct dns_answer *out, struct slice message, struct slice name,
		    enum dns_type type)
{
	struct dns_walk w = {.r = {.data = (const uint8_t *)message.ptr, .len = message.len}};
	char wanted[DNS_NAME_ROOM];

	out->count = 0;
	out->has_soa = false;
	out->alias[0] = '\0';
	out->ttl_s = UINT32_MAX;
	if (message.len < DNS_HEADER || !dns_copy_name(wanted, name) ||
	    !dns_head(&w, out, wanted, type))
		return -EBADMSG;
	for (int i = 0; i < DNS_CHAIN && dns_follow(&w, out, wanted); i++)
		memcpy(out->alias, wanted, sizeof(wanted));
	w.r.bad = false;
	dns_collect(&w, out, wanted, type);
	if (out->count == 0)
		dns_read_soa(&w, out);
	if (out->ttl_s == UINT32_MAX)
		out->ttl_s = 0;
	return 0;
}
