#include "sip/write.h"

#include "engine/base/check.h"

#define LENGTH_COLUMNS 5

void sip_write_request_line(struct sink *out, struct slice method, struct slice ruri)
{
	sink_add(out, method);
	sink_char(out, ' ');
	sink_add(out, ruri);
	sink_lit(out, " SIP/2.0\r\n");
}

void sip_write_status_line(struct sink *out, unsigned code, struct slice reason)
{
	check(code >= 100 && code <= 699);
	sink_lit(out, "SIP/2.0 ");
	sink_u64(out, code);
	sink_char(out, ' ');
	sip_text_write_flat(out, reason.len ? reason : sip_status_phrase(code));
	sink_lit(out, "\r\n");
}

static void name_write(struct sink *out, struct slice name)
{
	sink_add(out, name);
	sink_lit(out, ": ");
}

void sip_write_header(struct sink *out, struct slice name, struct slice value)
{
	name_write(out, name);
	sip_text_write_flat(out, value);
	sink_lit(out, "\r\n");
}

void sip_write_plain(struct sink *out, const struct sip_msg *from, const struct sip_hdr *h)
{
	bool is_known = h->id != SIP_HDR_OTHER;

	name_write(out, is_known ? sip_hdr_name(h->id) : sip_hdr_line_name(from, h));
	sip_text_write_flat(out, sip_hdr_line_value(from, h));
}

void sip_write_header_id(struct sink *out, enum sip_hdr_id id, struct slice value)
{
	sip_write_header(out, sip_hdr_name(id), value);
}

void sip_write_header_u32(struct sink *out, enum sip_hdr_id id, uint32_t value)
{
	name_write(out, sip_hdr_name(id));
	sink_u64(out, value);
	sink_lit(out, "\r\n");
}

void sip_write_via(struct sink *out, struct slice transport, struct slice host, bool is_ipv6,
		   uint16_t port, bool with_rport, struct slice branch)
{
	sink_lit(out, "Via: SIP/2.0/");
	sink_add(out, transport);
	sink_char(out, ' ');
	sip_uri_write_hostport(out, host, is_ipv6, port);
	sink_str(out, with_rport ? ";rport;branch=" : ";branch=");
	sink_add(out, branch);
	sink_lit(out, "\r\n");
}

bool sip_write_other_via(struct sink *out, struct slice request, struct slice transport,
			 const struct addr *sent_by)
{
	const struct slice name = SLICE_LIT("branch=");
	struct slice rest = request, start, via;
	char ip[ADDR_TEXT];
	struct sink host = sink_make(ip, sizeof(ip));
	size_t branch;

	if (!slice_split(&rest, '\n', &start) || !slice_split(&rest, '\n', &via) ||
	    !slice_starts(via, SLICE_LIT("Via: ")))
		return false;
	branch = slice_find_text(via, name);
	if (branch == SIZE_MAX)
		return false;
	addr_write_ip(&host, sent_by);
	sink_add(out, start);
	sink_char(out, '\n');
	sip_write_via(out, transport, sink_slice(&host), sent_by->family == 6, sent_by->port,
		      slice_find_text(via, SLICE_LIT(";rport")) < branch,
		      slice_trim(slice_from(via, branch + name.len)));
	sink_add(out, rest);
	return !out->over;
}

void sip_write_addr(struct sink *out, enum sip_hdr_id id, struct slice display, struct slice uri,
		    struct slice tag)
{
	name_write(out, sip_hdr_name(id));
	sip_addr_write(out, display, uri, tag);
	sink_lit(out, "\r\n");
}

void sip_write_cseq(struct sink *out, uint32_t number, struct slice method)
{
	sink_lit(out, "CSeq: ");
	sink_u64(out, number);
	sink_char(out, ' ');
	sink_add(out, method);
	sink_lit(out, "\r\n");
}

void sip_write_reason_q850(struct sink *out, unsigned cause)
{
	sink_lit(out, "Reason: Q.850;cause=");
	sink_u64(out, cause);
	sink_lit(out, "\r\n");
}

void sip_write_copy(struct sink *out, const struct sip_msg *from, enum sip_hdr_id id)
{
	struct sip_values it = sip_values(from, id);
	struct slice value;

	while (sip_values_next(&it, &value))
		sip_write_header_id(out, id, value);
}

void sip_write_end(struct sink *out)
{
	sink_lit(out, "Content-Length:  0\r\n\r\n");
}

size_t sip_write_body_begin(struct sink *out, struct slice content_type)
{
	size_t length_at;

	if (content_type.len)
		sip_write_header_id(out, SIP_HDR_CONTENT_TYPE, content_type);
	sink_lit(out, "Content-Length: ");
	length_at = out->len;
	sink_lit(out, "     \r\n\r\n");
	return length_at;
}

void sip_write_body_end(struct sink *out, size_t length_at)
{
	size_t body_bytes, at = length_at + LENGTH_COLUMNS;

	if (out->over)
		return; /* the field itself may be missing */
	check(out->len >= at + 4);
	body_bytes = out->len - at - 4;
	check(body_bytes <= 99999);
	do {
		out->ptr[--at] = (char)('0' + body_bytes % 10);
		body_bytes /= 10;
	} while (body_bytes);
}

void sip_write_body(struct sink *out, struct slice content_type, struct slice body)
{
	size_t length_at = sip_write_body_begin(out, content_type);

	sink_add(out, body);
	sip_write_body_end(out, length_at);
}

/* The parameters of a Via other than those that the top one gets anew. */
static void via_other_params(struct sink *out, const struct sip_via *via)
{
	struct slice rest = via->params, name, value, before;

	for (before = rest; sip_text_next_param(&rest, &name, &value); before = rest) {
		if (slice_ieq(name, SLICE_LIT("rport")) || slice_ieq(name, SLICE_LIT("received")) ||
		    slice_ieq(name, SLICE_LIT("branch")))
			continue;
		/* As it stood, quotes and all. */
		sip_text_write_flat(out, sip_text_trim(slice_head(before, before.len - rest.len)));
	}
}

/* The top Via with where the request came from (RFC 3261 18.2.1, RFC 3581 4). */
static void top_via_write(struct sink *out, const struct sip_via *via, const struct sip_source *src)
{
	bool with_rport = via->has_rport || src->force_rport;

	sink_lit(out, "Via: SIP/2.0/");
	sink_add(out, via->transport);
	sink_char(out, ' ');
	sip_uri_write_hostport(out, via->host, via->is_ipv6, via->port);
	if (with_rport) {
		sink_lit(out, ";rport=");
		sink_u64(out, src->port);
	}
	if (with_rport || !slice_ieq(via->host, src->ip)) {
		sink_lit(out, ";received=");
		sink_add(out, src->ip);
	}
	if (via->branch.ptr) {
		sink_lit(out, ";branch=");
		sip_text_write_flat(out, via->branch);
	}
	via_other_params(out, via);
	sink_lit(out, "\r\n");
}

static void vias_write(struct sink *out, const struct sip_msg *req, const struct sip_source *src)
{
	struct sip_values it = sip_values(req, SIP_HDR_VIA);
	struct slice value;

	if (!sip_values_next(&it, &value))
		return;
	top_via_write(out, &req->via, src);
	while (sip_values_next(&it, &value))
		sip_write_header_id(out, SIP_HDR_VIA, value);
}

static void to_write(struct sink *out, const struct sip_msg *req, struct slice to_tag)
{
	name_write(out, sip_hdr_name(SIP_HDR_TO));
	sip_text_write_flat(out, sip_msg_get(req, SIP_HDR_TO));
	if (to_tag.len && !req->to_tag.len) {
		sink_lit(out, ";tag=");
		sink_add(out, to_tag);
	}
	sink_lit(out, "\r\n");
}

void sip_write_response(struct sink *out, const struct sip_msg *req, const struct sip_source *src,
			unsigned code, struct slice reason, struct slice to_tag, bool with_routes)
{
	sip_write_status_line(out, code, reason);
	vias_write(out, req, src);
	if (with_routes)
		sip_write_copy(out, req, SIP_HDR_RECORD_ROUTE);
	sip_write_header_id(out, SIP_HDR_CALL_ID, sip_msg_get(req, SIP_HDR_CALL_ID));
	sip_write_header_id(out, SIP_HDR_FROM, sip_msg_get(req, SIP_HDR_FROM));
	to_write(out, req, to_tag);
	sip_write_header_id(out, SIP_HDR_CSEQ, sip_msg_get(req, SIP_HDR_CSEQ));
}
