/* engine/core/media.h - port: the media of one call, as the core and signalling see it.
 *
 * rtp/ implements it (rtp_media.c); signalling carries struct media_desc to and from SDP; the channel
 * connects the two. One media implementation per shard, used by that shard's thread only. */
#ifndef RINGER_CORE_MEDIA_H
#define RINGER_CORE_MEDIA_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"
#include "engine/io/addr.h"
#include "engine/io/io.h"

enum codec {
	CODEC_NONE,
	CODEC_PCMU, /* "ulaw" */
	CODEC_PCMA, /* "alaw" */
	CODEC_G722, /* known by name and payload type; not spoken yet */
	CODEC_COUNT,
};

/* Configuration name ("ulaw"), SDP name ("PCMU"), static payload type. */
const char *codec_name(enum codec c);
const char *codec_sdp_name(enum codec c);
uint8_t codec_static_pt(enum codec c);
/* By configuration name without case; CODEC_NONE if unknown. */
enum codec codec_by_name(struct slice name);
/* True for the codecs that media can send and receive today. */
bool codec_is_spoken(enum codec c);

/* Ordered by preference, without repeats. */
struct codec_list {
	uint8_t count;
	uint8_t codec[LIMIT_CODECS]; /* enum codec */
};

/* As "allow=": names separated by commas, "!x" removes, "all" means all that are spoken; unknown and
 * unspoken names are left out. Appends to *list. */
void codec_list_allow(struct codec_list *list, struct slice names);
/* Those of `wanted` that `allowed` has, in the order of wanted, then the rest of allowed. */
struct codec_list codec_list_offer(const struct codec_list *wanted, const struct codec_list *allowed);
/* "(ulaw|alaw)" */
void codec_list_write(struct sink *s, const struct codec_list *list);

enum media_dir {
	MEDIA_SENDRECV, /* as seen from us */
	MEDIA_SENDONLY,
	MEDIA_RECVONLY,
	MEDIA_INACTIVE,
};

#define MEDIA_NO_PT 255

/* One side of one audio stream. For the far end: where to send, and with which payload numbers. */
struct media_desc {
	struct addr rtp;      /* family 0: no media */
	uint16_t rtcp_port;   /* 0: RTP port + 1 */
	uint16_t ptime_ms;    /* 20 unless agreed otherwise */
	uint8_t codec_count;
	uint8_t codec[LIMIT_CODECS]; /* enum codec, preferred first */
	uint8_t pt[LIMIT_CODECS];    /* payload number of each */
	uint8_t event_pt;            /* telephone-event, MEDIA_NO_PT for none */
	bool tone_digits;	     /* without event_pt: digits go as tones in the audio */
	uint8_t dir;                 /* enum media_dir: what we may do */
};

enum media_end { MEDIA_PLAYED, MEDIA_STOPPED, MEDIA_NO_FILE };

/* Facts, up to the owner. */
struct media_events {
	/* The list given to play ended (not after stop). */
	void (*played)(void *owner, enum media_end how);
	/* A received digit: at its begin (duration 0) and at its end. */
	void (*dtmf_begin)(void *owner, char digit);
	void (*dtmf_end)(void *owner, char digit, uint32_t duration_ms);
	/* All digits given to send_dtmf have been sent. */
	void (*dtmf_sent)(void *owner);
	/* One digit is sent: for DTMFBegin/DTMFEnd Direction: Sent. duration 0 at the begin. */
	void (*dtmf_out)(void *owner, char digit, uint32_t duration_ms);
	/* rtp_timeout seconds without a packet, or rtp_timeout_hold of them on hold. */
	void (*silent)(void *owner);
	/* An RTCP report was sent, or came: lines "Name: value", each ended by CRLF, for AMI. NULL:
	 * nobody wants to know. */
	void (*rtcp)(void *owner, bool is_sent, struct slice lines);
};

struct media_stats {
	uint32_t ssrc, peer_ssrc;
	uint64_t tx_packets, tx_octets, rx_packets, rx_octets;
	uint32_t rx_lost, rx_jitter_us, tx_lost, tx_jitter_us, rtt_us;
	uint32_t tx_late; /* sent more than 10 ms after their time */
};

struct media_params {
	bool symmetric;		 /* rtp_symmetric: send to where RTP comes from */
	uint32_t timeout_s;	 /* rtp_timeout, 0 off */
	uint32_t timeout_hold_s; /* rtp_timeout_hold: while the far end holds; 0 off */
	uint32_t keepalive_s;	 /* rtp_keepalive, 0 off */
	struct slice language;	 /* for sound lookup, "en" */
	struct addr local;	 /* bind address; family 0: any IPv4 */
	struct io_mark mark;	 /* tos_audio, cos_audio */
};

struct media_session; /* opaque: of the implementation */

struct media_ops {
	/* A session with a bound RTP port, or NULL (no port, slab full; counted). *local gets port
	 * and the bound address (may be "any": signalling fills in what the far end shall see). */
	struct media_session *(*open)(void *impl, const struct media_params *params,
				      const struct media_events *events, void *owner,
				      struct addr *local);
	/* No event after this; the port rests before it is used again. */
	void (*close)(struct media_session *m);
	/* Sets or changes the far end (answer, early media, re-INVITE). */
	void (*set_remote)(struct media_session *m, const struct media_desc *remote);
	/* Plays files one after another: names as in Playback ("a&b"), looked up per language. False:
	 * nothing of it exists (nothing is played, no event comes). *missing counts unknown names.
	 * Names that are not in memory may be looked for on disk first: they count as known, and if
	 * nothing of the list is there after all, played(MEDIA_NO_FILE) tells. */
	bool (*play)(struct media_session *m, struct slice names, unsigned *missing);
	void (*stop)(struct media_session *m);
	/* Sends back what comes, audio and digits. */
	void (*echo)(struct media_session *m, bool on);
	/* Digits 0-9 * # A-D, ! (flash), w (500 ms pause) and W (1 s), as events or as tones; false
	 * if the far end takes neither, for a flash among tones, and if too many wait. */
	bool (*send_dtmf)(struct media_session *m, struct slice digits, uint32_t gap_ms,
			  uint32_t duration_ms);
	/* A tone name for busy, congestion, ring ("busy", ...); false: unknown. Ends by stop. */
	bool (*tone)(struct media_session *m, struct slice name);
	void (*stats)(const struct media_session *m, struct media_stats *out);
	/* The codec in use towards the far end. */
	enum codec (*codec)(const struct media_session *m);
	/* The which-th variable about the quality of the call (RTPAUDIOQOS, ...JITTER, ...): its name,
	 * and its value into *out. NULL: there are no more. */
	const char *(*quality)(const struct media_session *m, unsigned which, struct sink *out);
	/* A record of control_media_write: what is watched. May be NULL. */
	void (*take)(void *impl, const void *data, size_t len);
};

/* One shard's implementation. */
struct media {
	const struct media_ops *ops;
	void *impl;
};

#endif
