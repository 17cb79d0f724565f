/* rtp/rtp_media.h - the media port (engine/core/media.h) over RTP, one per shard.
 *
 * One clock serves all legs of the shard. Time is cut into slots of 1 ms; a leg sends in the slots
 * k with k mod 20 = its phase, at t0 + k ms exactly (absolute, never from the last wake-up), and
 * the timestamp follows from k: a pause, a hold or a skipped packet makes the timestamp jump and
 * never the sequence number. Only legs that have something to send are in a slot. Behind by up to
 * 60 ms, what is due is sent, at most two packets a leg in 20 ms once the first round is out;
 * behind by more, whole rounds are skipped and counted.
 *
 * The owner calls rtp_media_turn once a turn of the loop, with the turn's clock, and by the instant
 * that it returns. Everything belongs to the shard's thread. */
#ifndef RINGER_RTP_RTP_MEDIA_H
#define RINGER_RTP_RTP_MEDIA_H

#include "engine/base/rng.h"
#include "engine/core/media.h"
#include "engine/io/io.h"
#include "rtp/conf.h"
#include "rtp/qos.h"
#include "rtp/sound_loader.h"
#include "rtp/tone.h"

struct rtp_media;

/* What a reload may change. The library is counted (sound_library_take) while it is in use. */
struct rtp_media_conf {
	struct rtp_conf rtp;
	struct sound_library *sounds; /* NULL: nothing can be played */
};

struct rtp_media_place {
	struct io *io;
	struct metrics *metrics;
	struct rng *rng;	     /* the shard's */
	uint32_t shard, shard_count; /* part of the port range */
	uint32_t session_max;
	const struct tone_set *tones; /* shared by all shards; NULL: no tones */
	struct sound_loader *loader;  /* shared by all shards; NULL: only the library is played */
};

/* 0, -ENOMEM, or -EINVAL when this shard's part of the port range is empty. */
int rtp_media_create(struct rtp_media **out, const struct rtp_media_place *place,
		     const struct rtp_media_conf *conf);
/* Closes all sockets and forgets all sessions, without events. The loader has been stopped. */
void rtp_media_destroy(struct rtp_media *m);

/* The port, for struct shard. */
struct media rtp_media_port(struct rtp_media *m);

/* Sends what is due, makes RTCP, watches time-outs, binds ports ahead. Returns the instant by which
 * it wants to be called again, TMR_NEVER if nothing is going on. */
int64_t rtp_media_turn(struct rtp_media *m, int64_t now_ns);

/* That instant, if sessions were used since: what begins behind the turn is due earlier. */
int64_t rtp_media_due(const struct rtp_media *m);

/* New settings, for sessions opened from now on. The port range stays that of the start. */
void rtp_media_set_conf(struct rtp_media *m, const struct rtp_media_conf *conf);

uint32_t rtp_media_sessions(const struct rtp_media *m);
/* Sockets that so many sessions need, for io_conf.udp_max: with the pairs that rest or wait. */
uint32_t rtp_media_udp_max(uint32_t session_max);
/* Bytes reserved, for the memory budget. */
size_t rtp_media_bytes(const struct rtp_media *m);

#endif
