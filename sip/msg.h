/* sip/msg.h - one SIP message as a table over the receive buffer.
 *
 * sip_msg_parse takes a datagram (or one framed stream message) apart without copying: all slices
 * point into it and die with it. The parse is linear, bounded and lenient as RFC 3261 asks: folded
 * lines, compact names, comma-joined lists, lone LF, leading empty lines, NUL in quoted strings. The
 * fields that every response needs are cached; all else is found by id through sip_msg_get and the
 * walks below. About 3.7 KB, made for the stack; only what was filled is ever touched. */
#ifndef RINGER_SIP_MSG_H
#define RINGER_SIP_MSG_H

#include "engine/base/limits.h"
#include "sip/hdr.h"
#include "sip/uri.h"

/* Why a message was refused: the first error found. */
#define SIP_PARSE_LIST(X)                                                                          \
	X(OK, 0, "no error")                                                                       \
	X(EMPTY, 0, "no start line: empty or keep-alive")                                          \
	X(TOO_LARGE, 513, "larger than 65535 octets")                                              \
	X(START_LINE, 400, "start line: not METHOD SP URI SP SIP/2.0, nor SIP/2.0 SP code SP reason") \
	X(VERSION, 505, "SIP version is not 2.0")                                                  \
	X(STATUS_CODE, 0, "status code is not three digits in 100..699")                           \
	X(METHOD, 400, "method is not a token")                                                    \
	X(URI, 400, "Request-URI is not a valid URI")                                              \
	X(HEADER_LINE, 400, "header line without a name, a colon or an end")                              \
	X(HEADER_COUNT, 400, "too many header lines")                                              \
	X(VIA, 400, "Via is not SIP/version/transport sent-by ;params")                                \
	X(FROM, 400, "From is not an address")                                                     \
	X(TO, 400, "To is not an address")                                                         \
	X(CALL_ID, 400, "Call-ID is empty or holds blanks")                                        \
	X(CSEQ, 400, "CSeq is not a 32-bit number and a method")                                   \
	X(CSEQ_METHOD, 400, "CSeq method differs from the request line")                           \
	X(CONTACT, 400, "Contact is not an address")                                               \
	X(MAX_FORWARDS, 400, "Max-Forwards is not in 0..255")                                      \
	X(CONTENT_LENGTH, 400, "Content-Length is not a number in range")                          \
	X(BODY_SHORT, 400, "Content-Length is larger than the body")                               \
	X(MISSING_VIA, 0, "Via is missing")                                                        \
	X(MISSING_FROM, 400, "From is missing")                                                    \
	X(MISSING_TO, 400, "To is missing")                                                        \
	X(MISSING_CALL_ID, 400, "Call-ID is missing")                                              \
	X(MISSING_CSEQ, 400, "CSeq is missing")                                                    \
	X(TWICE_FROM, 400, "From stands twice")                                                    \
	X(TWICE_TO, 400, "To stands twice")                                                        \
	X(TWICE_CALL_ID, 400, "Call-ID stands twice")                                              \
	X(TWICE_CSEQ, 400, "CSeq stands twice")                                                    \
	X(TWICE_MAX_FORWARDS, 400, "Max-Forwards stands twice")                                    \
	X(TWICE_CONTENT_LENGTH, 400, "Content-Length stands twice")

enum sip_parse_error {
#define SIP_PARSE_ENUM(id, status, text) SIP_PARSE_##id,
	SIP_PARSE_LIST(SIP_PARSE_ENUM)
#undef SIP_PARSE_ENUM
	SIP_PARSE_ERROR_COUNT,
};

/* English text ("which header, why") for logs and the reason phrase of our 400. */
struct slice sip_parse_error_text(enum sip_parse_error err);
/* Short name for metrics: "TWICE_CSEQ". */
struct slice sip_parse_error_name(enum sip_parse_error err);

/* What was tolerated; bits of sip_msg.lenient, for counters. */
enum {
	SIP_LENIENT_LF = 1,          /* a line ended with LF alone */
	SIP_LENIENT_NO_END = 2,      /* no empty line behind the headers */
	SIP_LENIENT_FOLD = 4,        /* a folded line (legal, old) */
	SIP_LENIENT_LEADING = 8,     /* empty lines before the start line (legal) */
	SIP_LENIENT_DISPLAY = 16,    /* display name against the grammar */
	SIP_LENIENT_TRAILING = 32,   /* octets behind Content-Length (UDP) */
	SIP_LENIENT_NO_LENGTH = 64,  /* no Content-Length (legal on UDP) */
	/* Those that break the grammar. */
	SIP_LENIENT_WRONG = SIP_LENIENT_LF | SIP_LENIENT_NO_END | SIP_LENIENT_DISPLAY |
			    SIP_LENIENT_TRAILING,
};

/* A header line: offsets into sip_msg.raw. */
struct sip_hdr {
	uint16_t name_off;
	uint16_t name_len;
	uint16_t value_off; /* trimmed; may hold folds */
	uint16_t value_len;
	uint16_t next;      /* next line of the same id as index + 1; 0: last */
	uint16_t id;        /* enum sip_hdr_id */
};

/* One Via value (RFC 3261 20.42, RFC 3581). */
struct sip_via {
	struct slice raw;       /* the whole value */
	struct slice transport; /* "UDP", "TCP", "TLS" ... as written */
	struct slice host;      /* sent-by, without brackets */
	struct slice params;    /* from the first ';', or empty */
	struct slice branch;
	struct slice received;  /* without brackets (P17) */
	uint16_t port;          /* sent-by; 0: none */
	uint16_t rport;         /* 0: none or without value */
	bool is_ipv6;           /* host stood in brackets */
	bool has_rport;         /* ;rport, with or without value */
};

struct sip_msg {
	struct slice raw;       /* start line to the end of the body; base of all offsets */
	bool is_request;
	bool body_is_cut;       /* Content-Length reached beyond the datagram */
	uint8_t method;         /* enum sip_method: of the request line, or of CSeq in a response */
	uint8_t cseq_method;    /* enum sip_method */
	uint16_t code;          /* response: 100..699; request: 0 */
	uint16_t lenient;       /* SIP_LENIENT_... */
	uint16_t hdr_count;
	uint16_t via_count;     /* values, not lines */
	int16_t max_forwards;   /* -1: absent */
	uint32_t cseq;
	struct slice method_text;
	struct slice ruri;
	struct slice reason;    /* phrase of a response, may be empty */
	struct sip_via via;     /* the topmost */
	struct sip_addr from;
	struct sip_addr to;
	struct slice from_tag;
	struct slice to_tag;
	struct slice call_id;
	struct slice cseq_text; /* "7 INVITE" */
	struct sip_addr contact; /* the first; uri.len == 0: none, "*", or bad (in a response) */
	int64_t content_length; /* -1: absent */
	struct slice body;
	uint16_t first[SIP_HDR_COUNT]; /* first line of an id as index + 1; 0: none */
	struct sip_hdr headers[LIMIT_SIP_HEADERS];
};

/* Parses one datagram or framed message. 0, or -EBADMSG with *err (never NULL) set to the first
 * error; the scan goes on behind an error as far as it can, so that a request may be answered. On
 * success *err is SIP_PARSE_OK and these hold: start line, one Via or more, From, To, Call-ID, CSeq
 * are there and valid; single headers stand once; the CSeq method is that of the request line; the
 * body is exactly Content-Length octets, or the rest of the datagram when that header is absent. */
int sip_msg_parse(struct sip_msg *msg, struct slice datagram, enum sip_parse_error *err);

/* Status code with which a refused message should be answered; 0: drop it. Answerable are requests
 * other than ACK whose top Via, From, To, Call-ID and CSeq lines are there to be copied
 * (RFC 3261 8.2.6.2, 18.3). Responses are never answered. */
unsigned sip_msg_refusal(const struct sip_msg *msg, enum sip_parse_error err);

/* Value of the first line of that id (trimmed, may hold folds); empty with NULL ptr if absent. */
struct slice sip_msg_get(const struct sip_msg *msg, enum sip_hdr_id id);
/* Same by name, also for names that are not in the table (linear). */
struct slice sip_msg_get_name(const struct sip_msg *msg, struct slice name);
static inline bool sip_msg_has(const struct sip_msg *msg, enum sip_hdr_id id)
{
	return msg->first[id] != 0;
}

static inline struct slice sip_hdr_line_name(const struct sip_msg *msg, const struct sip_hdr *h)
{
	return slice_make(msg->raw.ptr + h->name_off, h->name_len);
}

static inline struct slice sip_hdr_line_value(const struct sip_msg *msg, const struct sip_hdr *h)
{
	return slice_make(msg->raw.ptr + h->value_off, h->value_len);
}

/* Walk over all values of a header: all its lines, and inside a line over the commas if the header
 * is a list (sip_hdr_form).
 *	struct sip_values it = sip_values(msg, SIP_HDR_ROUTE);
 *	while (sip_values_next(&it, &value)) */
struct sip_values {
	const struct sip_msg *msg;
	uint16_t line; /* index + 1 of the line to take next */
	bool is_list;
	struct slice rest;
};

struct sip_values sip_values(const struct sip_msg *msg, enum sip_hdr_id id);
bool sip_values_next(struct sip_values *it, struct slice *value);

/* A list header (Supported, Require, Allow ...) holds the token, without case. */
bool sip_msg_lists(const struct sip_msg *msg, enum sip_hdr_id id, struct slice token);

/* 0 or -EINVAL. */
int sip_via_parse(struct sip_via *out, struct slice value);

/* Addresses of a header one by one; -ENOENT at the end, -EINVAL for a bad one (the walk may go on),
 * else 0. For Contact, Route, Record-Route, P-Asserted-Identity ... */
int sip_values_next_addr(struct sip_values *it, struct sip_addr *addr);

/* One Reason value (RFC 3326): Q.850;cause=16;text="..." */
struct sip_reason {
	struct slice protocol; /* "Q.850", "SIP", ... */
	struct slice text;     /* without quotes */
	int32_t cause;         /* -1: none */
};
bool sip_reason_parse(struct slice value, struct sip_reason *out);

/* First number of a value with parameters or a comment ("Retry-After: 18 (busy);duration=3"),
 * clamped at 2^32-1 (P9). False if the header is absent or does not begin with digits. */
bool sip_msg_get_u32(const struct sip_msg *msg, enum sip_hdr_id id, uint32_t *out);

/* RAck: "rseq cseq method" (RFC 3262 7.2). 0 or -EINVAL. */
struct sip_rack {
	uint32_t rseq;
	uint32_t cseq;
	enum sip_method method;
};
int sip_rack_parse(struct slice value, struct sip_rack *out);

/* Session-Expires: "1800;refresher=uac". */
struct sip_session_expires {
	uint32_t seconds;
	enum { SIP_REFRESHER_NONE, SIP_REFRESHER_UAC, SIP_REFRESHER_UAS } refresher;
};
int sip_session_expires_parse(struct slice value, struct sip_session_expires *out);

/* The SDP of a message: the body if its type is application/sdp (or none is said and it begins with
 * "v="), or that part of a multipart body; parts with handling=optional of another type are skipped
 * (P18, RFC 5621). Empty if there is none. */
struct slice sip_msg_sdp(const struct sip_msg *msg);

/* A response may carry a session description, by Accept (RFC 3261 20.1): without one it may. Ranges
 * and types that hold one (multipart) count, q=0 does not; an empty Accept takes nothing. */
bool sip_msg_accepts_sdp(const struct sip_msg *msg);

/* The body's media type is exactly this ("application/dtmf-relay"), without case and parameters. */
bool sip_msg_body_is(const struct sip_msg *msg, struct slice type);

/* Framing of a stream (TCP, TLS): where does the first message end? */
enum sip_frame {
	SIP_FRAME_MORE,	   /* incomplete: come again with more octets */
	SIP_FRAME_MESSAGE, /* the first *bytes octets are one message */
	SIP_FRAME_PING, /* the first *bytes octets are CRLFCRLF: answer with CRLF (RFC 5626 3.5.1)
			 */
	SIP_FRAME_SKIP, /* the first *bytes octets are a lone CRLF: drop them */
	SIP_FRAME_BAD,	/* no message, bad Content-Length, too large: answer 400 if *bytes > 0, then
			   close */
};

/* One per connection; zero it at the start and after each message taken off. Keeps the place up to
 * which the stream was searched, so octets that drip in one by one still cost linear time. */
struct sip_framer {
	size_t searched;
	size_t head_bytes; /* start line and headers with the empty line; 0: not seen yet */
	size_t body_bytes;
	bool has_line; /* the first line was seen, and names a version of SIP */
};

/* No Content-Length counts as 0, and what follows must be a message: else the framing is lost (P8).
 * With SIP_FRAME_BAD *bytes is the head if one was seen, else 0. */
enum sip_frame sip_msg_frame(struct sip_framer *f, struct slice stream, size_t *bytes);

/* Of a text that is a message. */
static inline bool sip_msg_is_request(struct slice text)
{
	return !slice_starts(text, SLICE_LIT("SIP/2.0"));
}

#endif
