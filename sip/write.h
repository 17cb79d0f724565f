/* sip/write.h - the text of messages that we send.
 *
 * Everything goes into a struct sink over the caller's buffer; one look at sink.over at the end
 * says whether it fitted. Lines are as chan_pjsip prints them: same order inside the line, same
 * blanks. Values that come from outside pass sip_text_write_flat: no line end can slip in. */
#ifndef RINGER_SIP_WRITE_H
#define RINGER_SIP_WRITE_H

#include "engine/io/addr.h"
#include "sip/msg.h"

/* "INVITE sip:... SIP/2.0" and "SIP/2.0 200 OK" with line end; an empty reason takes the default.
 */
void sip_write_request_line(struct sink *out, struct slice method, struct slice ruri);
void sip_write_status_line(struct sink *out, unsigned code, struct slice reason);

/* "Name: value" with line end. */
void sip_write_header(struct sink *out, struct slice name, struct slice value);
void sip_write_header_id(struct sink *out, enum sip_hdr_id id, struct slice value);
void sip_write_header_u32(struct sink *out, enum sip_hdr_id id, uint32_t value);

/* "Via: SIP/2.0/UDP host:port;rport;branch=branch". port 0 is left out; rport without with_rport
 * (RFC 3581 3). */
void sip_write_via(struct sink *out, struct slice transport, struct slice host, bool is_ipv6,
		   uint16_t port, bool with_rport, struct slice branch);

/* A request of ours, whose second line is its Via, with another transport and sent-by and the same
 * branch. False: it does not fit, or is no such request. */
bool sip_write_other_via(struct sink *out, struct slice request, struct slice transport,
			 const struct addr *sent_by);

/* `From: "Display" <uri>;tag=tag`; id is From, To, Contact, P-Asserted-Identity ... */
void sip_write_addr(struct sink *out, enum sip_hdr_id id, struct slice display, struct slice uri,
		    struct slice tag);

/* "CSeq: 7 INVITE". */
void sip_write_cseq(struct sink *out, uint32_t number, struct slice method);

/* "Reason: Q.850;cause=16". */
void sip_write_reason_q850(struct sink *out, unsigned cause);

/* Copies all lines of a header, one line a value (lists split), without folds. */
void sip_write_copy(struct sink *out, const struct sip_msg *from, enum sip_hdr_id id);

/* "Name: value" of one line, without line end and folds, under its long name if that is known: as
 * the dialplan reads it. */
void sip_write_plain(struct sink *out, const struct sip_msg *from, const struct sip_hdr *h);

/* End of a message without body: "Content-Length:  0" and the empty line. */
void sip_write_end(struct sink *out);
/* Content-Type (empty: it stands there already), Content-Length right-aligned in five columns as
 * chan_pjsip pads it, empty line, body. */
void sip_write_body(struct sink *out, struct slice content_type, struct slice body);
/* Offset of the padded length field in what was written, to be patched when a body is built in
 * place: sip_write_body_begin leaves five blanks, sip_write_body_end fills them. */
size_t sip_write_body_begin(struct sink *out, struct slice content_type);
void sip_write_body_end(struct sink *out, size_t length_at);

/* Where a request came from: what goes into received= and rport= of its top Via (RFC 3581 4). */
struct sip_source {
	struct slice ip; /* text, IPv6 without brackets */
	uint16_t port;
	bool force_rport; /* put rport= in even if the request had none (endpoint force_rport) */
};

/* Head of a response to `req` (RFC 3261 8.2.6): status line, all Via values with received and rport
 * in the first, Record-Route (if with_routes), Call-ID, From, To, CSeq, in the order of chan_pjsip.
 * to_tag is added to To if the request had none; empty for 100. More headers and sip_write_end or
 * sip_write_body follow. `req` may be a message that failed to parse if sip_msg_refusal said it can
 * be answered: then values are copied as they stand. */
void sip_write_response(struct sink *out, const struct sip_msg *req, const struct sip_source *src,
			unsigned code, struct slice reason, struct slice to_tag, bool with_routes);

#endif
