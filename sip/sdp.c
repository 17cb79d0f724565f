/* The parser: see sip/sdp.h. The decision and the writer are in sdp_answer.c. */
#include "sip/sdp.h"

#include <errno.h>

#include "engine/base/check.h"
#include "sip/text.h"

struct parser {
	struct sdp *sdp;
	struct sdp_media *media;	 /* the m= section we are in; NULL: session level */
	struct slice fingerprint, setup; /* of the session */
	enum sdp_error err;
};

static void fail(struct parser *p, enum sdp_error err)
{
	if (p->err == SDP_OK)
		p->err = err;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word off the front; empty at the end. Several blanks count as one. */
static struct slice word_take(struct slice *s)
{
	size_t from = 0, end;

	while (from < s->len && is_blank(s->ptr[from]))
		from++;
	for (end = from; end < s->len && !is_blank(s->ptr[end]);)
		end++;
	struct slice word = slice_make(s->ptr + from, end - from);
	*s = slice_from(*s, end);
	return word;
}

/* The number at the front, clamped ("20", "20.5", "20 foo"); false without a digit. */
static bool number_take(struct slice s, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) {
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
		if (n > max)
			n = max;
	}
	*out = (uint32_t)n;
	return i != 0;
}

/* Session ids are numbers of any size in the field, and sometimes no numbers: all that counts is
 * whether they change. */
static uint64_t id_value(struct slice word)
{
	uint64_t n;

	return slice_u64(word, UINT64_MAX, &n) ? n : slice_hash(word, 0);
}

static void origin_take(struct parser *p, struct slice value)
{
	struct sdp *s = p->sdp;

	s->origin_user = word_take(&value);
	s->session_id = id_value(word_take(&value));
	s->version = id_value(word_take(&value));
	word_take(&value);
	word_take(&value);
	s->origin_address = word_take(&value);
	if (!s->origin_address.len)
		fail(p, SDP_ERR_ORIGIN);
}

/* "IN IP4 address[/ttl]" */
static void connection_take(struct parser *p, struct slice value)
{
	struct slice net = word_take(&value), type = word_take(&value);
	struct slice address = word_take(&value);
	bool is_ipv6 = slice_ieq(type, SLICE_LIT("IP6"));

	address = slice_head(address, slice_find(address, '/'));
	if (!slice_ieq(net, SLICE_LIT("IN")) || !address.len ||
	    (!is_ipv6 && !slice_ieq(type, SLICE_LIT("IP4")))) {
		fail(p, SDP_ERR_CONNECTION);
		return;
	}
	if (p->media) {
		p->media->address = address;
		p->media->is_ipv6 = is_ipv6;
	} else {
		p->sdp->address = address;
		p->sdp->is_ipv6 = is_ipv6;
	}
}

static enum sdp_proto proto_lookup(struct slice text)
{
	static const struct {
		struct slice name;
		enum sdp_proto proto;
	} names[] = {
		{{"RTP/AVP", 7}, SDP_PROTO_AVP},
		{{"RTP/AVPF", 8}, SDP_PROTO_AVPF},
		{{"RTP/SAVP", 8}, SDP_PROTO_SAVP},
		{{"RTP/SAVPF", 9}, SDP_PROTO_SAVPF},
		{{"UDP/TLS/RTP/SAVP", 16}, SDP_PROTO_DTLS},
		{{"UDP/TLS/RTP/SAVPF", 17}, SDP_PROTO_DTLS},
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_ieq(text, names[i].name))
			return names[i].proto;
	return SDP_PROTO_OTHER;
}

/* What a payload number means before a rtpmap says otherwise (RFC 3551 table 4). */
static uint8_t static_codec(unsigned payload)
{
	for (unsigned c = CODEC_NONE + 1; c < CODEC_COUNT; c++)
		if (codec_static_pt((enum codec)c) == payload)
			return (uint8_t)c;
	return payload == 13 ? SDP_FORMAT_CN : CODEC_NONE;
}

static void format_add(struct sdp_media *m, struct slice word)
{
	struct sdp_format *f;
	uint64_t payload;

	if (m->format_count == LIMIT_SDP_FORMATS || !slice_u64(word, 127, &payload))
		return;
	f = &m->formats[m->format_count++];
	*f = (struct sdp_format){.payload = (uint8_t)payload, .channels = 1};
	f->codec = static_codec(f->payload);
	f->clock = f->codec != CODEC_NONE ? 8000 : 0;
}

/* type SP port["/"count] SP proto 1*(SP fmt) */
static void media_take(struct parser *p, struct slice value)
{
	struct sdp *s = p->sdp;
	struct sdp_media *m;
	struct slice port, word;
	uint64_t n;

	if (s->media_count == LIMIT_SDP_MEDIA) {
		fail(p, SDP_ERR_MEDIA_COUNT);
		return;
	}
	m = p->media = &s->media[s->media_count++];
	memset(m, 0, offsetof(struct sdp_media, formats));
	m->type = word_take(&value);
	port = word_take(&value);
	port = slice_head(port, slice_find(port, '/'));
	m->proto_text = word_take(&value);
	m->first_format = word_take(&value);
	/* These words are echoed when we refuse the medium: nothing unprintable among them. */
	if (!slice_u64(port, 65535, &n) || !sip_text_all(m->type, SIP_CH_TOKEN) ||
	    !sip_text_all(m->proto_text, SIP_CH_URI) ||
	    !sip_text_all(m->first_format, SIP_CH_URI)) {
		fail(p, SDP_ERR_MEDIA);
		return;
	}
	m->port = (uint16_t)n;
	m->is_audio = slice_ieq(m->type, SLICE_LIT("audio"));
	m->proto = (uint8_t)proto_lookup(m->proto_text);
	m->dir = s->dir;
	m->address = s->address;
	m->is_ipv6 = s->is_ipv6;
	m->fingerprint = p->fingerprint;
	m->setup = p->setup;
	if (m->proto == SDP_PROTO_OTHER)
		return; /* formats of other protocols are no payload numbers */
	for (word = m->first_format; word.len; word = word_take(&value))
		format_add(m, word);
}

static uint16_t offset_of(const struct sdp *s, struct slice text)
{
	return (uint16_t)(text.ptr - s->body.ptr);
}

static uint8_t named_codec(struct slice name, uint32_t clock)
{
	for (unsigned c = CODEC_NONE + 1; c < CODEC_COUNT; c++)
		if (clock == 8000 && slice_ieq(name, slice_str(codec_sdp_name((enum codec)c))))
			return (uint8_t)c;
	if (slice_ieq(name, SLICE_LIT("telephone-event")))
		return SDP_FORMAT_EVENT;
	if (clock == 8000 && slice_ieq(name, SLICE_LIT("CN")))
		return SDP_FORMAT_CN;
	return CODEC_NONE;
}

/* pt SP name "/" clock ["/" channels]; for each format with that number. */
static void rtpmap_take(struct parser *p, struct slice value)
{
	struct slice number = word_take(&value), map = word_take(&value), name, clock_text;
	uint32_t clock, channels = 1;
	uint64_t payload;
	size_t slash;

	name = slice_head(map, slice_find(map, '/'));
	clock_text = slice_from(map, name.len + 1);
	slash = slice_find(clock_text, '/');
	if (!slice_u64(number, 127, &payload) || !name.len ||
	    !number_take(clock_text, UINT32_MAX, &clock))
		return;
	if (slash != SIZE_MAX)
		number_take(slice_from(clock_text, slash + 1), 255, &channels);
	for (unsigned i = 0; i < p->media->format_count; i++) {
		struct sdp_format *f = &p->media->formats[i];

		if (f->payload != payload)
			continue;
		f->name_off = offset_of(p->sdp, name);
		f->name_len = (uint16_t)name.len;
		f->clock = clock;
		f->channels = (uint8_t)channels;
		f->codec = named_codec(name, clock);
	}
}

static void fmtp_take(struct parser *p, struct slice value)
{
	uint64_t payload;

	if (!slice_u64(word_take(&value), 127, &payload))
		return;
	value = slice_trim(value);
	for (unsigned i = 0; value.len && i < p->media->format_count; i++) {
		struct sdp_format *f = &p->media->formats[i];

		if (f->payload != payload)
			continue;
		f->fmtp_off = offset_of(p->sdp, value);
		f->fmtp_len = (uint16_t)value.len;
	}
}

static const struct slice dir_names[] = {
	[MEDIA_SENDRECV] = {"sendrecv", 8},
	[MEDIA_SENDONLY] = {"sendonly", 8},
	[MEDIA_RECVONLY] = {"recvonly", 8},
	[MEDIA_INACTIVE] = {"inactive", 8},
};

struct slice sdp_dir_name(enum media_dir dir)
{
	check(dir < ARRAY_COUNT(dir_names));
	return dir_names[dir];
}

enum media_dir sdp_dir_mirror(enum media_dir dir)
{
	switch (dir) {
	case MEDIA_SENDONLY:
		return MEDIA_RECVONLY;
	case MEDIA_RECVONLY:
		return MEDIA_SENDONLY;
	default:
		return dir;
	}
}

static bool dir_take(struct parser *p, struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(dir_names); i++) {
		if (!slice_ieq(name, dir_names[i]))
			continue;
		if (p->media)
			p->media->dir = (uint8_t)i;
		else
			p->sdp->dir = (uint8_t)i;
		return true;
	}
	return false;
}

/* Attributes that mean something inside a medium only. */
static void media_attribute_take(struct parser *p, struct slice name, struct slice value)
{
	struct sdp_media *m = p->media;
	uint32_t n = 0;

	if (slice_ieq(name, SLICE_LIT("rtpmap"))) {
		rtpmap_take(p, value);
	} else if (slice_ieq(name, SLICE_LIT("fmtp"))) {
		fmtp_take(p, value);
	} else if (slice_ieq(name, SLICE_LIT("ptime"))) {
		if (number_take(slice_trim(value), 1000, &n))
			m->ptime_ms = (uint16_t)n;
	} else if (slice_ieq(name, SLICE_LIT("maxptime"))) {
		if (number_take(slice_trim(value), 1000, &n))
			m->maxptime_ms = (uint16_t)n;
	} else if (slice_ieq(name, SLICE_LIT("rtcp"))) {
		if (number_take(slice_trim(value), 65535, &n))
			m->rtcp_port = (uint16_t)n;
	} else if (slice_ieq(name, SLICE_LIT("rtcp-mux"))) {
		m->rtcp_mux = true;
	} else if (slice_ieq(name, SLICE_LIT("crypto"))) {
		if (!m->crypto.len)
			m->crypto = slice_trim(value);
	}
}

static void attribute_take(struct parser *p, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice name = slice_trim(slice_head(line, colon));
	struct slice value = slice_from(line, colon == SIZE_MAX ? line.len : colon + 1);

	if (dir_take(p, name))
		return;
	if (slice_ieq(name, SLICE_LIT("fingerprint")))
		*(p->media ? &p->media->fingerprint : &p->fingerprint) = slice_trim(value);
	else if (slice_ieq(name, SLICE_LIT("setup")))
		*(p->media ? &p->media->setup : &p->setup) = slice_trim(value);
	else if (p->media)
		media_attribute_take(p, name, value);
}

static void line_parse(struct parser *p, char type, struct slice value)
{
	switch (type) {
	case 'o':
		origin_take(p, value);
		break;
	case 's':
		if (!p->media)
			p->sdp->session_name = value;
		break;
	case 'c':
		connection_take(p, value);
		break;
	case 'm':
		media_take(p, value);
		break;
	case 'a':
		attribute_take(p, value);
		break;
	default:
		break; /* t, b, k, i, u, e, p, z, r and what is to come */
	}
}

/* One line off the front, without its end; blanks at its end are dropped too. */
static struct slice line_take(struct slice *rest)
{
	size_t end = slice_find(*rest, '\n');
	struct slice line = slice_head(*rest, end);

	*rest = slice_from(*rest, end == SIZE_MAX ? rest->len : end + 1);
	return slice_rtrim(line);
}

static void lines_parse(struct parser *p, struct slice rest)
{
	while (rest.len && p->err == SDP_OK) {
		struct slice line = line_take(&rest);

		if (!line.len)
			continue;
		if (line.len < 2 || line.ptr[1] != '=')
			fail(p, SDP_ERR_LINE);
		else
			line_parse(p, line.ptr[0], slice_from(line, 2));
	}
}

static void whole_check(struct parser *p)
{
	if (!p->sdp->media_count)
		fail(p, SDP_ERR_NO_MEDIA);
	for (unsigned i = 0; i < p->sdp->media_count; i++)
		if (p->sdp->media[i].port && !p->sdp->media[i].address.len)
			fail(p, SDP_ERR_NO_ADDRESS);
}

int sdp_parse(struct sdp *out, struct slice body, enum sdp_error *err)
{
	struct parser p = {.sdp = out};
	struct slice rest = body;

	memset(out, 0, offsetof(struct sdp, media));
	out->body = body;
	if (!slice_trim(body).len)
		fail(&p, SDP_ERR_EMPTY);
	else if (body.len > UINT16_MAX)
		fail(&p, SDP_ERR_TOO_LARGE);
	else if (!slice_eq(line_take(&rest), SLICE_LIT("v=0")))
		fail(&p, SDP_ERR_VERSION);
	lines_parse(&p, rest);
	whole_check(&p);
	*err = p.err;
	return p.err == SDP_OK ? 0 : -EBADMSG;
}

struct slice sdp_error_text(enum sdp_error err)
{
	static const char *const texts[SDP_ERROR_COUNT] = {
		[SDP_OK] = "no error",
		[SDP_ERR_EMPTY] = "session description is empty",
		[SDP_ERR_VERSION] = "session description does not begin with v=0",
		[SDP_ERR_LINE] = "a line of the session description is not letter=value",
		[SDP_ERR_ORIGIN] = "o= line has fewer than six words",
		[SDP_ERR_CONNECTION] = "c= line is not IN IP4 or IN IP6 and an address",
		[SDP_ERR_MEDIA] = "m= line is not type, port, protocol and formats",
		[SDP_ERR_MEDIA_COUNT] = "more than 8 m= lines",
		[SDP_ERR_NO_MEDIA] = "no m= line",
		[SDP_ERR_NO_ADDRESS] = "a medium in use has no c= line",
		[SDP_ERR_TOO_LARGE] = "session description is larger than 65535 octets",
	};

	check(err < SDP_ERROR_COUNT);
	return slice_str(texts[err]);
}
