/* rtp/session_internal.h - one leg and its shard's media, shared by the files of rtp_media.
 *
 * rtp_media.c    create, port operations, clock, sweep
 * session_tx.c   what a leg sends: frames, digits, echo
 * session_play.c play lists
 * session_rx.c   what a leg receives
 * session_rtcp.c reports, time-outs, statistics */
#ifndef RINGER_RTP_SESSION_INTERNAL_H
#define RINGER_RTP_SESSION_INTERNAL_H

#include "engine/base/check.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "rtp/debug.h"
#include "rtp/dtmf.h"
#include "rtp/packet.h"
#include "rtp/player.h"
#include "rtp/ports.h"
#include "rtp/rtcp.h"
#include "rtp/rtp_media.h"
#include "rtp/rxstat.h"
#include "rtp/sound_loader.h"

#define MEDIA_MS	INT64_C(1000000)
#define MEDIA_SECOND	INT64_C(1000000000)
#define MEDIA_SAMPLE_NS INT64_C(125000)
#define MEDIA_SLOTS	20 /* of 1 ms: the packet interval */
#define MEDIA_FRAME_MAX 7  /* packet intervals in one packet: 140 ms */
#define MEDIA_SWEEP_NS	(100 * MEDIA_MS)
#define MEDIA_SWEEPS	128 /* buckets of 100 ms */
#define MEDIA_PT_CN	13
#define MEDIA_PT_EVENT	101 /* what we offer for telephone-event */
/* Silence at the start until the far end is heard: 5 s. */
#define MEDIA_SILENCE_TICKS 250

/* Files of one Playback; only while one plays. prompt NULL: does not exist, or (its bit in
 * `pending`) is being looked for. */
struct play_list {
	struct sound_library *lib; /* taken */
	uint64_t pending;
	uint32_t number; /* which list of the leg: an answer for an earlier one is late */
	uint16_t count, at;
	bool has_played; /* something of it */
	const struct sound_prompt *prompt[LIMIT_RTP_FILES];
};

_Static_assert(LIMIT_RTP_FILES <= 64, "pending has a bit for each file");

/* Digits to send; only while there are some. */
struct digit_list {
	uint32_t gap_ms, duration_ms;
	uint16_t len, at;
	uint16_t pause_ticks; /* of a w */
	char text[LIMIT_RTP_DIGITS];
};

/* What the far end told of us, and what is needed to report on it. */
struct rtcp_state {
	int64_t due_ns;	    /* next report; TMR_NEVER before the first RTP */
	int64_t last_sr_ns; /* arrival of the peer's last SR */
	uint32_t last_sr;   /* its middle NTP; 0: none */
	uint32_t sent_mark; /* tx_packets at our last report */
	int32_t tx_lost;    /* as the peer reports */
	uint32_t tx_jitter; /* timestamp units */
	uint32_t rtt_us;
	int32_t rx_lost_mark; /* lost at our last report */
};

/* Lines of 64 octets: the first is all that a packet of a prompt needs besides its address, the
 * next two belong to sending, the rest to receiving and to what is rare. Of a shard's slab; ends
 * with media_ops.close. */
struct media_session {
	struct list send; /* slot of the media clock, while there is something to send */
	struct player player;
	struct io_udp *udp;
	uint32_t ts_base; /* timestamp at tick 0 of the shard */
	uint32_t next_ts; /* behind the last packet sent */
	uint32_t ssrc;
	uint16_t seq;
	uint8_t phase;
	uint8_t codec;		/* enum codec, towards the far end */
	uint8_t pt;		/* its payload type there */
	uint8_t frame_ticks;	/* packet intervals in one packet */
	bool may_send;		/* address known and direction allows it */
	bool mark;		/* next audio packet begins a talkspurt */
	uint16_t silence_ticks; /* still to send */
	bool is_echo, echo_synced;

	struct addr to;
	struct dtmf_tx dtmf_tx;
	uint32_t echo_offset;
	uint32_t tx_packets, tx_octets, tx_late;
	uint32_t free_tick; /* the sound ended in this tick and its packet is not sent */

	struct digit_list *digits;
	struct play_list *list;
	struct rtp_media *media;
	struct port *port;
	int64_t last_tx_ns, last_rx_ns;
	const struct media_events *events;
	void *owner;

	struct list sweep;
	struct rxstat rx;
	struct dtmf_rx dtmf_rx;
	uint32_t peer_ssrc;
	uint32_t rx_packets, rx_octets;
	struct latch latch;

	struct rtcp_state rtcp;
	struct qos *qos; /* from the first report on; NULL before */
	struct media_desc remote;
	uint32_t list_number;
	uint16_t timeout_s, timeout_hold_s, keepalive_s;
	uint16_t rtcp_port; /* learned (symmetric); 0: announced */
	bool is_symmetric : 1;
	bool is_silent : 1; /* the time-out was told */
	bool has_peer_ssrc : 1;
	bool has_free_tick : 1;
	char language[14];
};

struct rtp_media {
	struct io *io;
	struct metrics *metrics;
	struct rng *rng;
	const struct tone_set *tones;
	struct rtp_media_conf conf;
	struct ports *ports;
	struct sound_loader *loader;
	uint32_t shard;
	struct slab *sessions, *lists, *digit_lists, *qos;
	struct slab *asks; /* struct sound_ask, under way; NULL without a loader */
	char cname[33];	   /* one for the shard: its legs share a clock */

	/* media clock */
	int64_t t0_ns;
	int64_t done_k, next_k; /* slots since t0; next_k TMR_NEVER: none */
	int64_t run_ns;		/* last time that slots were due */
	int64_t clock_ns;	/* when the clock runs next; TMR_NEVER: nothing to send */
	uint32_t slot_mask;
	uint32_t active;
	bool slot_late;
	struct rtp_debug debug;
	uint8_t next_phase;
	struct list slots[MEDIA_SLOTS];

	int64_t sweep_next; /* in units of MEDIA_SWEEP_NS since t0 */
	struct list sweeps[MEDIA_SWEEPS];
};

/* --- rtp_media.c --- */

/* Puts the leg into its slot if it is in none. */
void session_wake(struct media_session *s);
/* Plans the next sweep of the leg for due_ns. */
void session_plan(struct media_session *s, int64_t due_ns);
/* After an event: is it still there? A handle names the leg across the call. */
static inline handle_t session_handle(const struct media_session *s)
{
	return slab_handle(s->media->sessions, s);
}

static inline bool session_lives(struct rtp_media *m, handle_t h)
{
	return slab_get(m->sessions, h) != NULL;
}

/* --- session_play.c --- */

enum play_step {
	PLAY_SOUND, /* samples were given */
	PLAY_WAIT,  /* the next file is still being read */
	PLAY_END,   /* nothing (more) to play */
};

bool session_play(struct media_session *s, struct slice names, unsigned *missing);
bool session_tone(struct media_session *s, struct slice name);
/* Ends what is played, without an event. */
void session_drop_list(struct media_session *s);
/* The next samples of what is played, into dst unless the far end has us on hold. */
enum play_step session_next_frame(struct media_session *s, uint8_t *dst, uint32_t samples);
bool session_is_playing(const struct media_session *s);
/* Takes the answers of the loader. */
void media_take_answers(struct rtp_media *m);

/* --- session_tx.c --- */

void session_set_remote(struct media_session *s, const struct media_desc *remote);
/* A sound begins: if the one before ended in this very tick, its packet is sent now. */
void session_begin_audio(struct media_session *s);
void session_stop(struct media_session *s);
void session_echo(struct media_session *s, bool on);
bool session_send_dtmf(struct media_session *s, struct slice digits, uint32_t gap_ms,
		       uint32_t duration_ms);
void session_free_digits(struct media_session *s);
/* Chooses codec, payload type and address towards the far end anew. */
void session_aim(struct media_session *s);
/* Sends in codec c from now on, if the far end has agreed to it. */
void session_use_codec(struct media_session *s, enum codec c);
/* One tick: at most one packet. False: nothing more to send, or the leg is gone. */
bool session_tick(struct media_session *s, int64_t tick, int64_t now_ns);
void session_forward(struct media_session *s, const struct rtp_packet *packet, uint8_t pt);
void session_send_silence(struct media_session *s, int64_t now_ns);
uint32_t session_ts_at(const struct media_session *s, int64_t now_ns);

/* --- session_rx.c --- */

void session_on_rtp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		    size_t len);
/* Hands digits up. False: the leg is gone. */
bool session_tell_digits(struct media_session *s, const struct dtmf_facts *facts);

/* --- session_rtcp.c --- */

void session_on_rtcp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		     size_t len);
void session_take_rtcp(struct media_session *s, const struct addr *from, const void *data,
		       size_t len);
/* The first RTP was sent or received: reports begin. */
void session_start_rtcp(struct media_session *s, int64_t now_ns);
/* Something came from the far end: it lives (again). */
void session_heard(struct media_session *s, int64_t now_ns);
/* Whatever is due by now: report, time-out, keep-alive. Returns the next instant; TMR_NEVER: none,
 * or the leg is gone. */
int64_t session_sweep(struct media_session *s, int64_t now_ns);
void session_stats(const struct media_session *s, struct media_stats *out);
const char *session_quality(const struct media_session *s, unsigned which, struct sink *out);

#endif
