/* sip/sdp.h - session descriptions: parse, write, and the offer/answer decision (RFC 8866, 3264).
 *
 * Pure: slices and offsets over the body, no allocation. What is not audio is parsed as far as it
 * must be to refuse it in an answer (port 0). ICE, ssrc and unknown attributes are skipped. */
#ifndef RINGER_SIP_SDP_H
#define RINGER_SIP_SDP_H

#include "engine/base/limits.h"
#include "engine/base/sink.h"
#include "engine/base/slice.h"
#include "engine/core/media.h"

/* What struct sdp_format.codec holds besides enum codec. */
enum {
	SDP_FORMAT_EVENT = CODEC_COUNT, /* telephone-event (RFC 4733) */
	SDP_FORMAT_CN,                  /* comfort noise (RFC 3389) */
};

/* Directions are enum media_dir: in what was parsed as the sender of the body sees it, in
 * sdp_local and sdp_result as we see it. */
struct slice sdp_dir_name(enum media_dir dir); /* "sendrecv" */
/* The same flow seen from the other end: sendonly <-> recvonly. */
enum media_dir sdp_dir_mirror(enum media_dir dir);

enum sdp_proto {
	SDP_PROTO_OTHER,
	SDP_PROTO_AVP,   /* RTP/AVP */
	SDP_PROTO_AVPF,
	SDP_PROTO_SAVP,  /* SRTP with SDES keys */
	SDP_PROTO_SAVPF,
	SDP_PROTO_DTLS,  /* UDP/TLS/RTP/SAVP and SAVPF */
};

struct sdp_format {
	uint32_t clock;
	uint16_t name_off;
	uint16_t name_len; /* 0: static type without rtpmap, or unknown */
	uint16_t fmtp_off;
	uint16_t fmtp_len;
	uint8_t payload;   /* 0..127 */
	uint8_t codec;     /* enum codec (CODEC_NONE: unknown) or SDP_FORMAT_... */
	uint8_t channels;
	uint8_t pad;
};

struct sdp_media {
	bool is_audio;
	bool rtcp_mux;
	uint8_t proto;           /* enum sdp_proto */
	uint8_t dir;             /* enum media_dir of the sender; session level inherited */
	uint8_t format_count;
	bool is_ipv6;
	uint16_t port;           /* 0: refused */
	uint16_t rtcp_port;      /* a=rtcp (RFC 3605); 0: port + 1 */
	uint16_t ptime_ms;       /* 0: none */
	uint16_t maxptime_ms;    /* 0: none */
	struct slice type;       /* "audio", "video", ... */
	struct slice proto_text;
	struct slice first_format; /* first word of the format list, for a refusal */
	struct slice address;    /* of the media's or the session's c=; may be a host name */
	struct slice crypto;     /* first a=crypto value (RFC 4568), or empty */
	struct slice fingerprint; /* a=fingerprint of media or session, or empty */
	struct slice setup;      /* a=setup, or empty */
	struct sdp_format formats[LIMIT_SDP_FORMATS];
};

struct sdp {
	struct slice body;
	struct slice origin_user;
	struct slice origin_address;
	uint64_t session_id;     /* clamped at 2^64-1 */
	uint64_t version;
	struct slice session_name;
	struct slice address;    /* session c=, or empty */
	bool is_ipv6;
	uint8_t dir;
	uint8_t media_count;
	struct sdp_media media[LIMIT_SDP_MEDIA];
};

enum sdp_error {
	SDP_OK,
	SDP_ERR_EMPTY,
	SDP_ERR_VERSION,    /* no v=0 at the start */
	SDP_ERR_LINE,       /* a line that is not x=... */
	SDP_ERR_ORIGIN,
	SDP_ERR_CONNECTION,
	SDP_ERR_MEDIA,      /* m= line not type port proto formats */
	SDP_ERR_MEDIA_COUNT,
	SDP_ERR_NO_MEDIA,
	SDP_ERR_NO_ADDRESS, /* a medium in use has no c= */
	SDP_ERR_TOO_LARGE,
	SDP_ERROR_COUNT,
};
struct slice sdp_error_text(enum sdp_error err);

/* 0 or -EBADMSG with *err set. Lenient: any order of a= lines, lone LF, unknown lines, formats
 * beyond LIMIT_SDP_FORMATS left out, rtpmap names without case. About 5 KB, made for the stack. */
int sdp_parse(struct sdp *out, struct slice body, enum sdp_error *err);

static inline struct slice sdp_format_name(const struct sdp *s, const struct sdp_format *f)
{
	return slice_make(s->body.ptr + f->name_off, f->name_len);
}

static inline struct slice sdp_format_fmtp(const struct sdp *s, const struct sdp_format *f)
{
	return slice_make(s->body.ptr + f->fmtp_off, f->fmtp_len);
}

/* What we have to offer. */
struct sdp_local {
	struct slice owner;        /* sdp_owner, "-" */
	struct slice session_name; /* sdp_session */
	struct slice address;      /* text of our media address */
	bool is_ipv6;
	uint16_t port;             /* even RTP port */
	uint32_t session_id;
	uint32_t version;          /* +1 on each change of content, else the same */
	struct codec_list codecs;  /* in order of preference */
	bool has_event;            /* dtmf_mode rfc4733 or auto */
	uint8_t event_payload;     /* ours; 0: 101 */
	uint8_t dir;               /* enum media_dir that we want */
	uint16_t ptime_ms;         /* 0: 20 */
	uint8_t proto;             /* AVP or SAVP */
	struct slice crypto;       /* whole value of a=crypto for SAVP, else empty */
};

/* One codec that both ends have. */
struct sdp_pick {
	uint8_t codec;      /* enum codec */
	uint8_t tx_payload; /* theirs: what we send with */
	uint8_t rx_payload; /* ours: what they send with */
	uint8_t pad;
	uint32_t clock;
};

/* What came of it. */
struct sdp_result {
	uint8_t media_index;       /* m= line in use */
	uint8_t pick_count;        /* 1..LIMIT_CODECS; [0] is to be sent first */
	struct sdp_pick picks[LIMIT_CODECS];
	bool has_event;
	uint8_t event_tx_payload;
	uint8_t event_rx_payload;
	bool has_cn;
	uint8_t cn_payload;
	uint8_t dir;               /* enum media_dir: what we do from now on */
	bool is_held;              /* the far end stopped us: sendonly, inactive or address 0.0.0.0 */
	bool rtcp_mux;
	bool is_ipv6;
	uint8_t proto;
	uint16_t ptime_ms;         /* asked for by the far end; 0: not said */
	uint16_t port;             /* of the far end */
	uint16_t rtcp_port;
	struct slice address;      /* of the far end, in the body; may be a host name */
	struct slice crypto;       /* of the far end */
};

/* Finds the first audio line in use with a codec of ours. As the answer to our offer
 * (remote_is_answer) our payload numbers are those we offered; for an offer we take over theirs.
 * Order of the picks is that of the far end's list (RFC 3264 7). 0; -ECONNREFUSED: every audio port
 * is 0; -ENOENT: no audio line; -ENOTSUP: no codec or no transport in common. */
int sdp_negotiate(const struct sdp *remote, bool remote_is_answer, const struct sdp_local *local,
		  struct sdp_result *out);

/* The far end as media wants it; ptime is theirs only with use_ptime, else 20. False if its address
 * is a host name (nothing is resolved here). */
bool sdp_result_desc(const struct sdp_result *result, bool use_ptime, struct media_desc *out);

/* Our offer: lines and their order as chan_pjsip writes them (278 octets for ulaw, alaw, g722). */
void sdp_write_offer(struct sink *out, const struct sdp_local *local);

/* Our answer to `offer` by what sdp_negotiate said: same number of m= lines in the same order, all
 * but one refused with port 0. */
void sdp_write_answer(struct sink *out, const struct sdp_local *local, const struct sdp *offer,
		      const struct sdp_result *result);

#endif
