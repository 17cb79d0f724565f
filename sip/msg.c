#include "sip/msg.h"

#include <errno.h>

#include "engine/base/check.h"

_Static_assert(LIMIT_SIP_DATAGRAM <= UINT16_MAX, "offsets of struct sip_hdr are 16 bits wide");
_Static_assert(SIP_HDR_COUNT <= UINT8_MAX, "ids are kept in octets by the lookup tables");

/* State of one parse: the message under construction and the first error. */
struct parser {
	struct sip_msg *msg;
	enum sip_parse_error err;
	size_t at;		      /* offset into msg->raw of the next line */
	uint16_t last[SIP_HDR_COUNT]; /* last line of an id as index + 1; valid where first[] is */
};

static void fail(struct parser *p, enum sip_parse_error err)
{
	if (p->err == SIP_PARSE_OK)
		p->err = err;
}

/* Takes one line off, without its line end. False if none ends any more. */
static bool line_take(struct parser *p, struct slice *line)
{
	struct slice rest = slice_from(p->msg->raw, p->at);
	const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;

	if (!end)
		return false;
	line->ptr = rest.ptr;
	line->len = (size_t)(end - rest.ptr);
	p->at += line->len + 1;
	if (line->len && end[-1] == '\r')
		line->len--;
	else
		p->msg->lenient |= SIP_LENIENT_LF;
	return true;
}

/* "SIP/2.0" SP 3DIGIT [SP phrase] */
static void status_line_parse(struct parser *p, struct slice line)
{
	struct sip_msg *m = p->msg;
	struct slice version = slice_head(line, slice_find(line, ' '));
	struct slice rest = slice_from(line, version.len + 1);
	struct slice code = slice_head(rest, slice_find(rest, ' '));
	uint64_t n;

	m->is_request = false;
	m->reason = slice_from(rest, code.len + 1);
	if (!slice_ieq(version, SLICE_LIT("SIP/2.0")))
		fail(p, SIP_PARSE_VERSION);
	else if (code.len != 3 || !slice_u64(code, 699, &n) || n < 100)
		fail(p, SIP_PARSE_STATUS_CODE);
	else
		m->code = (uint16_t)n;
}

static void ruri_check(struct parser *p)
{
	struct sip_uri uri;

	/* Headers in a Request-URI are forbidden (RFC 3261 19.1.1). */
	if (sip_uri_parse(&uri, p->msg->ruri) || uri.headers.len)
		fail(p, SIP_PARSE_URI);
}

/* METHOD SP Request-URI SP "SIP/2.0", each SP exactly one (P1). */
static void request_line_parse(struct parser *p, struct slice line)
{
	struct sip_msg *m = p->msg;
	struct slice method = slice_head(line, slice_find(line, ' '));
	struct slice rest = slice_from(line, method.len + 1);
	struct slice ruri = slice_head(rest, slice_find(rest, ' '));
	struct slice version = slice_from(rest, ruri.len + 1);

	m->is_request = true;
	m->method_text = method;
	m->ruri = ruri;
	m->method = (uint8_t)sip_method_lookup(method);
	if (!ruri.len || !slice_istarts(version, SLICE_LIT("SIP/")) ||
	    slice_find(version, ' ') != SIZE_MAX)
		fail(p, SIP_PARSE_START_LINE);
	else if (!sip_text_is_token(method))
		fail(p, SIP_PARSE_METHOD);
	else if (!slice_ieq(version, SLICE_LIT("SIP/2.0")))
		fail(p, SIP_PARSE_VERSION);
	else
		ruri_check(p);
}

/* Every Via value is looked at, since one bad value spoils the way back; the first is kept. */
static void via_take(struct parser *p, struct slice value)
{
	struct slice one;
	struct sip_via other;

	if (!value.len)
		fail(p, SIP_PARSE_VIA);
	while (sip_text_next_value(&value, &one)) {
		struct sip_via *to = p->msg->via_count ? &other : &p->msg->via;

		if (sip_via_parse(to, one))
			fail(p, SIP_PARSE_VIA);
		p->msg->via_count++;
	}
}

static void party_take(struct parser *p, struct slice value, struct sip_addr *addr,
		       struct slice *tag, enum sip_parse_error err)
{
	if (sip_addr_parse(addr, value) || addr->is_star) {
		fail(p, err);
		return;
	}
	*tag = sip_addr_tag(addr);
	if (addr->is_lenient)
		p->msg->lenient |= SIP_LENIENT_DISPLAY;
}

static void contact_take(struct parser *p, struct slice value)
{
	struct slice one;

	if (!sip_text_next_value(&value, &one))
		return;
	/* A response that names no usable Contact still ends the waiting: its source will do. */
	if (sip_addr_parse(&p->msg->contact, one) && p->msg->is_request)
		fail(p, SIP_PARSE_CONTACT);
}

static void call_id_take(struct parser *p, struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (sip_text_is(value.ptr[i], SIP_CH_BLANK | SIP_CH_CTL))
			fail(p, SIP_PARSE_CALL_ID);
	if (!value.len)
		fail(p, SIP_PARSE_CALL_ID);
	p->msg->call_id = value;
}

static void cseq_take(struct parser *p, struct slice value)
{
	struct slice digits = value, method;
	uint64_t n;
	size_t end = 0;

	p->msg->cseq_text = value;
	while (end < value.len && sip_text_is(value.ptr[end], SIP_CH_DIGIT))
		end++;
	digits.len = end;
	method = sip_text_trim(slice_from(value, end));
	if (!slice_u64(digits, UINT32_MAX, &n) || end == value.len ||
	    !sip_text_is(value.ptr[end], SIP_CH_BLANK) || !sip_text_is_token(method)) {
		fail(p, SIP_PARSE_CSEQ);
		return;
	}
	p->msg->cseq = (uint32_t)n;
	p->msg->cseq_method = (uint8_t)sip_method_lookup(method);
	if (!p->msg->is_request) {
		p->msg->method = p->msg->cseq_method;
		p->msg->method_text = method;
	} else if (!slice_eq(method, p->msg->method_text)) {
		fail(p, SIP_PARSE_CSEQ_METHOD);
	}
}

static void max_forwards_take(struct parser *p, struct slice value)
{
	uint64_t n;

	if (slice_u64(value, 255, &n))
		p->msg->max_forwards = (int16_t)n;
	else
		fail(p, SIP_PARSE_MAX_FORWARDS);
}

static void content_length_take(struct parser *p, struct slice value)
{
	uint64_t n;

	if (slice_u64(value, INT32_MAX, &n))
		p->msg->content_length = (int64_t)n;
	else
		fail(p, SIP_PARSE_CONTENT_LENGTH);
}

static enum sip_parse_error twice_error(enum sip_hdr_id id)
{
	switch (id) {
	case SIP_HDR_FROM:
		return SIP_PARSE_TWICE_FROM;
	case SIP_HDR_TO:
		return SIP_PARSE_TWICE_TO;
	case SIP_HDR_CALL_ID:
		return SIP_PARSE_TWICE_CALL_ID;
	case SIP_HDR_CSEQ:
		return SIP_PARSE_TWICE_CSEQ;
	case SIP_HDR_MAX_FORWARDS:
		return SIP_PARSE_TWICE_MAX_FORWARDS;
	case SIP_HDR_CONTENT_LENGTH:
		return SIP_PARSE_TWICE_CONTENT_LENGTH;
	default:
		return SIP_PARSE_OK;
	}
}

/* What is cached; everything else waits in the table until somebody asks. */
static void value_take(struct parser *p, enum sip_hdr_id id, struct slice value, bool is_first)
{
	struct sip_msg *m = p->msg;

	if (!is_first && id != SIP_HDR_VIA) {
		if (twice_error(id) != SIP_PARSE_OK)
			fail(p, twice_error(id));
		return;
	}
	switch (id) {
	case SIP_HDR_VIA:
		via_take(p, value);
		break;
	case SIP_HDR_FROM:
		party_take(p, value, &m->from, &m->from_tag, SIP_PARSE_FROM);
		break;
	case SIP_HDR_TO:
		party_take(p, value, &m->to, &m->to_tag, SIP_PARSE_TO);
		break;
	case SIP_HDR_CALL_ID:
		call_id_take(p, value);
		break;
	case SIP_HDR_CSEQ:
		cseq_take(p, value);
		break;
	case SIP_HDR_CONTACT:
		contact_take(p, value);
		break;
	case SIP_HDR_MAX_FORWARDS:
		max_forwards_take(p, value);
		break;
	case SIP_HDR_CONTENT_LENGTH:
		content_length_take(p, value);
		break;
	default:
		break;
	}
}

/* Enters a line into the table and into the chain of its id. True if it is the first of that id. */
static bool line_enter(struct parser *p, enum sip_hdr_id id, struct slice name, struct slice value)
{
	struct sip_msg *m = p->msg;
	struct sip_hdr *h = &m->headers[m->hdr_count++];
	bool is_first = m->first[id] == 0;

	h->name_off = (uint16_t)(name.ptr - m->raw.ptr);
	h->name_len = (uint16_t)name.len;
	h->value_off = (uint16_t)(value.ptr - m->raw.ptr);
	h->value_len = (uint16_t)value.len;
	h->next = 0;
	h->id = (uint16_t)id;
	if (is_first)
		m->first[id] = m->hdr_count;
	else
		m->headers[p->last[id] - 1].next = m->hdr_count;
	p->last[id] = m->hdr_count;
	return is_first;
}

static void header_parse(struct parser *p, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice name = sip_text_trim(slice_head(line, colon));
	struct slice value = sip_text_trim(slice_from(line, colon + 1));
	enum sip_hdr_id id;

	if (colon == SIZE_MAX || !name.len) {
		fail(p, SIP_PARSE_HEADER_LINE);
		return;
	}
	if (p->msg->hdr_count == LIMIT_SIP_HEADERS) {
		fail(p, SIP_PARSE_HEADER_COUNT);
		return;
	}
	id = sip_hdr_lookup(name);
	value_take(p, id, value, line_enter(p, id, name, value));
}

/* Joins the lines that follow with a blank in front (P3). */
static void folds_take(struct parser *p, struct slice *line)
{
	struct slice more;

	while (p->at < p->msg->raw.len &&
	       (p->msg->raw.ptr[p->at] == ' ' || p->msg->raw.ptr[p->at] == '\t')) {
		if (!line_take(p, &more)) {
			fail(p, SIP_PARSE_HEADER_LINE);
			p->at = p->msg->raw.len;
			return;
		}
		line->len = (size_t)(more.ptr + more.len - line->ptr);
		p->msg->lenient |= SIP_LENIENT_FOLD;
	}
}

static void headers_parse(struct parser *p)
{
	struct slice line;

	while (line_take(p, &line)) {
		if (!line.len)
			return;
		folds_take(p, &line);
		header_parse(p, line);
	}
	if (p->at < p->msg->raw.len)
		fail(p, SIP_PARSE_HEADER_LINE);
	p->at = p->msg->raw.len;
	p->msg->lenient |= SIP_LENIENT_NO_END;
}

static void body_take(struct parser *p)
{
	struct sip_msg *m = p->msg;
	size_t want = (size_t)m->content_length;

	m->body = slice_from(m->raw, p->at);
	if (m->content_length < 0) {
		m->lenient |= SIP_LENIENT_NO_LENGTH;
		return;
	}
	if (want > m->body.len) {
		m->body_is_cut = true;
		fail(p, SIP_PARSE_BODY_SHORT);
	} else if (want < m->body.len) {
		m->lenient |= SIP_LENIENT_TRAILING;
		m->body.len = want;
		m->raw.len = p->at + want;
	}
}

static void required_check(struct parser *p)
{
	static const struct {
		uint8_t id, err;
	} required[] = {
		{SIP_HDR_VIA, SIP_PARSE_MISSING_VIA},
		{SIP_HDR_FROM, SIP_PARSE_MISSING_FROM},
		{SIP_HDR_TO, SIP_PARSE_MISSING_TO},
		{SIP_HDR_CALL_ID, SIP_PARSE_MISSING_CALL_ID},
		{SIP_HDR_CSEQ, SIP_PARSE_MISSING_CSEQ},
	};

	for (size_t i = 0; i < ARRAY_COUNT(required); i++)
		if (!p->msg->first[required[i].id])
			fail(p, (enum sip_parse_error)required[i].err);
}

/* Empty lines before the start line (P14); a few NULs are the keep-alive of some NAT boxes. */
static struct slice leading_skip(struct sip_msg *m, struct slice datagram)
{
	size_t at = 0;

	while (at < datagram.len && (datagram.ptr[at] == '\r' || datagram.ptr[at] == '\n'))
		at++;
	if (at)
		m->lenient |= SIP_LENIENT_LEADING;
	return slice_from(datagram, at);
}

static void message_parse(struct parser *p)
{
	struct slice line;

	if (!line_take(p, &line)) {
		fail(p, SIP_PARSE_START_LINE);
		return;
	}
	if (slice_istarts(line, SLICE_LIT("SIP/")))
		status_line_parse(p, line);
	else
		request_line_parse(p, line);
	headers_parse(p);
	body_take(p);
	required_check(p);
}

int sip_msg_parse(struct sip_msg *msg, struct slice datagram, enum sip_parse_error *err)
{
	struct parser p;

	memset(msg, 0, offsetof(struct sip_msg, headers));
	msg->max_forwards = -1;
	msg->content_length = -1;
	p.msg = msg;
	p.err = SIP_PARSE_OK;
	p.at = 0;
	if (datagram.len > LIMIT_SIP_DATAGRAM) {
		fail(&p, SIP_PARSE_TOO_LARGE);
	} else {
		msg->raw = leading_skip(msg, datagram);
		if (msg->raw.len <= 4)
			fail(&p, SIP_PARSE_EMPTY);
		else
			message_parse(&p);
	}
	*err = p.err;
	return p.err == SIP_PARSE_OK ? 0 : -EBADMSG;
}

struct error_row {
	uint16_t status;
	struct slice name;
	struct slice text;
};

static const struct error_row errors[SIP_PARSE_ERROR_COUNT] = {
#define ERROR_ROW(id, status, text)                                                                \
	[SIP_PARSE_##id] = {status, {#id, sizeof(#id) - 1}, {text, sizeof(text) - 1}},
	SIP_PARSE_LIST(ERROR_ROW)
#undef ERROR_ROW
};

struct slice sip_parse_error_text(enum sip_parse_error err)
{
	check(err < SIP_PARSE_ERROR_COUNT);
	return errors[err].text;
}

struct slice sip_parse_error_name(enum sip_parse_error err)
{
	check(err < SIP_PARSE_ERROR_COUNT);
	return errors[err].name;
}

unsigned sip_msg_refusal(const struct sip_msg *msg, enum sip_parse_error err)
{
	check(err < SIP_PARSE_ERROR_COUNT);
	if (!msg->is_request || msg->method == SIP_METHOD_ACK || !msg->via.host.len)
		return 0;
	if (!sip_msg_has(msg, SIP_HDR_FROM) || !sip_msg_has(msg, SIP_HDR_TO) ||
	    !sip_msg_has(msg, SIP_HDR_CALL_ID) || !sip_msg_has(msg, SIP_HDR_CSEQ))
		return 0;
	return errors[err].status;
}
