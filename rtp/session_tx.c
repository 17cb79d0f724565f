#include "rtp/session_internal.h"

#include <errno.h>

#include "engine/base/fault.h"
#include "engine/base/log.h"

#define TICK_SAMPLES DTMF_TICK_SAMPLES
#define PAUSE_TICKS  25 /* w: 500 ms */
/* A peer's clock that runs ahead of ours moves our timestamps by no more than this. */
#define DRIFT_MAX 8000

/* --- one packet --- */

static void session_send(struct media_session *s, const struct rtp_packet *packet, uint8_t *room,
			 int64_t now_ns)
{
	struct rtp_media *m = s->media;

	if (!s->may_send)
		return;
	rtp_packet_write(room, packet);
	if (io_udp_send(s->udp, &s->to, room, RTP_HEADER_BYTES + packet->payload_bytes))
		return;
	if (m->debug.rtp)
		rtp_debug_sent(&m->debug, &s->to, packet, packet->payload_type != s->pt);
	if (!(FAULT(rtp_seq_skips) && (s->tx_packets & 63) == 63))
		s->seq++;
	s->tx_packets++;
	s->tx_octets += (uint32_t)packet->payload_bytes;
	s->last_tx_ns = now_ns;
	metric_inc(m->metrics, METRIC_rtp_tx);
	if (m->slot_late) {
		s->tx_late++;
		metric_inc(m->metrics, METRIC_rtp_tx_late);
	}
	if (s->rtcp.due_ns == TMR_NEVER)
		session_start_rtcp(s, now_ns);
}

uint32_t session_ts_at(const struct media_session *s, int64_t now_ns)
{
	int64_t samples = (now_ns - s->media->t0_ns) / MEDIA_SAMPLE_NS;

	return s->ts_base + (uint32_t)(samples - s->phase * (MEDIA_MS / MEDIA_SAMPLE_NS));
}

/* The clock's timestamp, but never one that is sent already: after an echo of a peer whose clock is
 * faster than ours, ours is moved. */
static uint32_t session_clock_ts(struct media_session *s, int64_t tick)
{
	uint32_t ts = s->ts_base + (uint32_t)tick * TICK_SAMPLES;
	int32_t behind = rtp_ts_diff(s->next_ts, ts);

	if (tick % s->frame_ticks == 0 && behind > 0 && behind < DRIFT_MAX && s->tx_packets) {
		s->ts_base += (uint32_t)behind;
		ts += (uint32_t)behind;
	}
	return ts;
}

/* Audio whose payload stands in room behind the header. */
static void session_send_audio(struct media_session *s, uint8_t *room, size_t bytes, uint32_t ts,
			       int64_t now_ns)
{
	struct rtp_packet packet = {
		.payload_type = s->pt,
		.marker = s->mark || ts != s->next_ts,
		.seq = s->seq,
		.ts = ts,
		.ssrc = s->ssrc,
		.payload_bytes = bytes,
	};

	session_send(s, &packet, room, now_ns);
	s->next_ts = ts + (uint32_t)bytes;
	s->mark = !s->may_send;
}

void session_send_silence(struct media_session *s, int64_t now_ns)
{
	uint8_t room[RTP_HEADER_BYTES + TICK_SAMPLES];

	memset(room + RTP_HEADER_BYTES, player_silence((enum codec)s->codec), TICK_SAMPLES);
	session_send_audio(s, room, TICK_SAMPLES, session_ts_at(s, now_ns), now_ns);
}

/* --- the far end --- */

static uint8_t remote_pt(const struct media_desc *remote, enum codec c)
{
	for (unsigned i = 0; i < remote->codec_count && i < LIMIT_CODECS; i++)
		if (remote->codec[i] == c)
			return remote->pt[i];
	return MEDIA_NO_PT;
}

void session_use_codec(struct media_session *s, enum codec c)
{
	uint8_t pt = remote_pt(&s->remote, c);

	if (pt == MEDIA_NO_PT || !codec_is_spoken(c))
		return;
	s->codec = (uint8_t)c;
	s->pt = pt;
}

static bool remote_is_sendable(const struct media_desc *remote)
{
	return remote->rtp.family && remote->rtp.port && !addr_is_any(&remote->rtp) &&
	       (remote->dir == MEDIA_SENDRECV || remote->dir == MEDIA_SENDONLY);
}

void session_aim(struct media_session *s)
{
	const struct addr *learned = latch_source(&s->latch);
	bool before = s->may_send;

	s->to = s->is_symmetric && learned ? *learned : s->remote.rtp;
	s->may_send = remote_is_sendable(&s->remote) && s->codec != CODEC_NONE;
	if (s->may_send && !before)
		s->mark = true;
}

void session_set_remote(struct media_session *s, const struct media_desc *remote)
{
	int64_t now = io_now_ns(s->media->io);
	unsigned ticks = remote->ptime_ms / MEDIA_SLOTS;

	s->remote = *remote;
	s->codec = CODEC_NONE;
	for (unsigned i = 0; i < remote->codec_count && i < LIMIT_CODECS && !s->codec; i++)
		session_use_codec(s, (enum codec)remote->codec[i]);
	/* Packet intervals that are no multiple of ours stay at 20 ms. */
	s->frame_ticks = 1;
	if (remote->ptime_ms % MEDIA_SLOTS == 0 && ticks >= 1 && ticks <= MEDIA_FRAME_MAX)
		s->frame_ticks = (uint8_t)ticks;
	if (remote->rtp.family && remote->rtp.port && !addr_is_any(&remote->rtp))
		latch_begin(&s->latch, &remote->rtp, now);
	s->last_rx_ns = now;
	s->is_silent = false;
	session_aim(s);
	if (s->may_send && s->media->conf.rtp.initial_silence && s->rx_packets == 0 &&
	    s->tx_packets == 0) {
		s->silence_ticks = MEDIA_SILENCE_TICKS;
		session_wake(s);
	}
	session_plan(s, now);
}

/* --- sound --- */

void session_stop(struct media_session *s)
{
	session_drop_list(s);
	session_free_digits(s);
	dtmf_tx_stop(&s->dtmf_tx);
}

/* False: the leg is gone. */
static bool session_tell_played(struct media_session *s)
{
	struct rtp_media *m = s->media;
	handle_t h = session_handle(s);
	enum media_end how = s->list && !s->list->has_played ? MEDIA_NO_FILE : MEDIA_PLAYED;

	session_drop_list(s);
	if (s->events->played)
		s->events->played(s->owner, how);
	return session_lives(m, h);
}

/* False: the leg is gone. The frame behind the last one of a list is where it ends; if the owner
 * starts another list there, now or later in the same turn, it goes on without a gap. */
static bool session_tick_audio(struct media_session *s, int64_t tick, uint32_t ts, int64_t now_ns)
{
	uint8_t room[RTP_HEADER_BYTES + MEDIA_FRAME_MAX * TICK_SAMPLES];
	uint32_t samples = s->frame_ticks * (uint32_t)TICK_SAMPLES;
	uint8_t *payload = room + RTP_HEADER_BYTES;
	enum play_step step = PLAY_END;

	if (session_is_playing(s)) {
		step = session_next_frame(s, payload, samples);
		if (step == PLAY_END) {
			s->has_free_tick = false;
			if (!session_tell_played(s))
				return false;
			s->has_free_tick = true;
			s->free_tick = (uint32_t)tick;
			samples = s->frame_ticks * (uint32_t)TICK_SAMPLES;
			if (session_is_playing(s))
				step = session_next_frame(s, payload, samples);
		}
	}
	if (step == PLAY_SOUND) {
		s->has_free_tick = false;
	} else if (s->silence_ticks) {
		memset(payload, player_silence((enum codec)s->codec), samples);
	} else {
		return true;
	}
	session_send_audio(s, room, samples, ts, now_ns);
	return true;
}

void session_begin_audio(struct media_session *s)
{
	struct rtp_media *m = s->media;
	int64_t now = io_now_ns(m->io);
	int64_t tick = ((now - m->t0_ns) / MEDIA_MS - s->phase) / MEDIA_SLOTS;

	session_wake(s);
	if (s->has_free_tick && s->free_tick == (uint32_t)tick)
		session_tick_audio(s, tick, session_clock_ts(s, tick), now);
}

/* --- digits --- */

void session_free_digits(struct media_session *s)
{
	if (!s->digits)
		return;
	slab_free(s->media->digit_lists, s->digits);
	s->digits = NULL;
}

/* Digits go as tones: agreed, and no events are. */
static bool session_has_tones(const struct media_session *s)
{
	return s->remote.event_pt == MEDIA_NO_PT && s->remote.tone_digits && s->media->tones;
}

static bool digits_are_valid(const struct media_session *s, struct slice digits)
{
	bool as_tones = session_has_tones(s);

	if (s->remote.event_pt == MEDIA_NO_PT && !as_tones)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int event = dtmf_event_of(digits.ptr[i]);

		if (digits.ptr[i] == 'w' || digits.ptr[i] == 'W')
			continue;
		if (event < 0 || (as_tones && !tone_digit(s->media->tones, (unsigned)event)))
			return false;
	}
	return digits.len > 0;
}

bool session_send_dtmf(struct media_session *s, struct slice digits, uint32_t gap_ms,
		       uint32_t duration_ms)
{
	struct digit_list *list = s->digits;

	if (!digits_are_valid(s, digits))
		return false;
	if (!list)
		list = slab_alloc(s->media->digit_lists);
	if (!list)
		return false;
	s->digits = list;
	if (digits.len > sizeof(list->text) - list->len) {
		log_warning("%zu digits cannot be sent: at most %d may wait", digits.len,
			    LIMIT_RTP_DIGITS);
		if (list->len == 0)
			session_free_digits(s);
		return false;
	}
	memcpy(list->text + list->len, digits.ptr, digits.len);
	list->len = (uint16_t)(list->len + digits.len);
	list->gap_ms = gap_ms;
	list->duration_ms = duration_ms ? duration_ms : 100;
	session_wake(s);
	return true;
}

/* A digit begins or ends. False: the leg is gone. */
static bool session_tell_out(struct media_session *s, char digit, uint32_t duration_ms)
{
	struct rtp_media *m = s->media;
	handle_t h = session_handle(s);

	if (s->events->dtmf_out)
		s->events->dtmf_out(s->owner, digit, duration_ms);
	return session_lives(m, h);
}

/* Takes the next character of the list while no digit is being sent. False: the leg is gone. */
static bool session_next_digit(struct media_session *s)
{
	struct rtp_media *m = s->media;
	struct digit_list *list = s->digits;
	handle_t h = session_handle(s);
	int rc;
	char c;

	if (list->pause_ticks) {
		list->pause_ticks--;
		return true;
	}
	if (list->at == list->len) {
		session_free_digits(s);
		if (s->events->dtmf_sent)
			s->events->dtmf_sent(s->owner);
		return session_lives(m, h);
	}
	c = list->text[list->at++];
	if (c == 'w' || c == 'W') {
		list->pause_ticks = (c == 'w' ? PAUSE_TICKS : 2 * PAUSE_TICKS) - 1;
		return true;
	}
	if (session_has_tones(s))
		rc = dtmf_tx_start_tone(&s->dtmf_tx, c, list->duration_ms, list->gap_ms);
	else
		rc = dtmf_tx_start(&s->dtmf_tx, c, list->duration_ms, list->gap_ms);
	return rc ? true : session_tell_out(s, c, 0);
}

static void session_send_event(struct media_session *s, const struct dtmf_out *out, int64_t now_ns)
{
	uint8_t room[RTP_HEADER_BYTES + DTMF_PAYLOAD_BYTES];
	struct rtp_packet packet = {
		.payload_type = s->remote.event_pt,
		.marker = out->marker,
		.seq = s->seq,
		.ts = out->ts,
		.ssrc = s->ssrc,
		.payload_bytes = DTMF_PAYLOAD_BYTES,
	};

	if (s->remote.event_pt == MEDIA_NO_PT)
		return;
	memcpy(room + RTP_HEADER_BYTES, out->payload, DTMF_PAYLOAD_BYTES);
	session_send(s, &packet, room, now_ns);
}

static void session_send_tone(struct media_session *s, const struct dtmf_frame *frame,
			      uint32_t samples, uint32_t ts, int64_t now_ns)
{
	uint8_t room[RTP_HEADER_BYTES + MEDIA_FRAME_MAX * TICK_SAMPLES];
	uint8_t *payload = room + RTP_HEADER_BYTES;
	struct player tone = {.prompt = tone_digit(s->media->tones, s->dtmf_tx.event)};

	tone.offset = frame->offset % tone.prompt->samples;
	player_frame(&tone, (enum codec)s->codec, payload, frame->samples);
	memset(payload + frame->samples, player_silence((enum codec)s->codec),
	       samples - frame->samples);
	session_send_audio(s, room, samples, ts, now_ns);
}

/* As session_tick_digit, for a tone: part of the audio, so only where a packet of audio is due. */
static bool session_tick_tone(struct media_session *s, int64_t tick, uint32_t ts, int64_t now_ns,
			      bool *sent)
{
	uint32_t samples = s->frame_ticks * (uint32_t)TICK_SAMPLES;
	char digit = dtmf_digit_of(s->dtmf_tx.event);
	struct dtmf_frame frame;

	*sent = tick % s->frame_ticks ? dtmf_tx_is_busy(&s->dtmf_tx)
				      : dtmf_tx_frame(&s->dtmf_tx, ts, samples, &frame);
	if (!*sent || tick % s->frame_ticks)
		return true;
	session_send_tone(s, &frame, samples, ts, now_ns);
	return frame.ended ? session_tell_out(s, digit, frame.duration_ms) : true;
}

/* *sent: this tick belongs to the digit being sent. False: the leg is gone. */
static bool session_tick_digit(struct media_session *s, int64_t tick, uint32_t ts, int64_t now_ns,
			       bool *sent)
{
	struct dtmf_out out;
	char digit;

	if (s->dtmf_tx.is_tone)
		return session_tick_tone(s, tick, ts, now_ns, sent);
	*sent = dtmf_tx_tick(&s->dtmf_tx, ts, &out);
	if (!*sent)
		return true;
	digit = dtmf_digit_of(s->dtmf_tx.event);
	session_send_event(s, &out, now_ns);
	s->next_ts = ts + TICK_SAMPLES;
	return out.ended ? session_tell_out(s, digit, out.duration_ms) : true;
}

/* The digit being sent, or the next one. *sent, result: as session_tick_digit. */
static bool session_tick_digits(struct media_session *s, int64_t tick, uint32_t ts, int64_t now_ns,
				bool *sent)
{
	if (!session_tick_digit(s, tick, ts, now_ns, sent))
		return false;
	if (*sent || dtmf_tx_is_busy(&s->dtmf_tx) || !s->digits)
		return true;
	return session_next_digit(s) && session_tick_digit(s, tick, ts, now_ns, sent);
}

/* --- the tick --- */

static bool session_has_more(const struct media_session *s)
{
	return session_is_playing(s) || s->digits || s->silence_ticks ||
	       dtmf_tx_is_busy(&s->dtmf_tx) || dtmf_rx_is_active(&s->dtmf_rx);
}

bool session_tick(struct media_session *s, int64_t tick, int64_t now_ns)
{
	uint32_t ts = session_clock_ts(s, tick);
	struct dtmf_facts facts;
	bool sent = false;

	if (dtmf_rx_is_active(&s->dtmf_rx)) {
		dtmf_rx_poll(&s->dtmf_rx, now_ns, &facts);
		if (!session_tell_digits(s, &facts))
			return false;
	}
	if ((s->digits || dtmf_tx_is_busy(&s->dtmf_tx)) &&
	    !session_tick_digits(s, tick, ts, now_ns, &sent))
		return false;
	if (tick % s->frame_ticks == 0) {
		/* A prompt goes on, unheard, while a digit is sent: time does not stand still. */
		if (sent && s->player.prompt)
			player_skip(&s->player, s->frame_ticks * (uint32_t)TICK_SAMPLES);
		else if (!sent && !session_tick_audio(s, tick, ts, now_ns))
			return false;
	}
	if (s->silence_ticks)
		s->silence_ticks--;
	return session_has_more(s);
}

/* --- echo --- */

void session_echo(struct media_session *s, bool on)
{
	s->is_echo = on;
	s->echo_synced = false;
}

/* Sent on arrival: the peer's timestamps, moved to where our clock is when the echo begins. */
void session_forward(struct media_session *s, const struct rtp_packet *in, uint8_t pt)
{
	int64_t now = io_now_ns(s->media->io);
	uint8_t room[LIMIT_RTP_PACKET];
	struct rtp_packet packet = {
		.payload_type = pt,
		.marker = in->marker || s->mark || !s->echo_synced,
		.seq = s->seq,
		.ssrc = s->ssrc,
		.payload_bytes = in->payload_bytes,
	};

	if (pt == MEDIA_NO_PT || in->payload_bytes > sizeof(room) - RTP_HEADER_BYTES)
		return;
	/* A tone of ours is audio too: both at once would be neither. */
	if (s->dtmf_tx.is_tone && dtmf_tx_is_busy(&s->dtmf_tx)) {
		s->echo_synced = false;
		return;
	}
	if (!s->echo_synced) {
		uint32_t ts = session_ts_at(s, now);

		if (rtp_ts_diff(s->next_ts, ts) > 0 && s->tx_packets)
			ts = s->next_ts;
		s->echo_offset = ts - in->ts;
		s->echo_synced = true;
	}
	packet.ts = in->ts + s->echo_offset;
	memcpy(room + RTP_HEADER_BYTES, in->payload, in->payload_bytes);
	session_send(s, &packet, room, now);
	if (pt == s->pt) {
		s->next_ts = packet.ts + (uint32_t)in->payload_bytes;
		s->mark = false;
	}
}
