#include "rtp/rtp_media.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "rtp/session_internal.h"

#define LATE_NS	       (10 * MEDIA_MS) /* sent later than this counts as late */
#define BEHIND_MAX     60	       /* slots; behind by more: rounds are skipped */
#define CATCH_UP_SLOTS 2	       /* a millisecond, when behind by more than a round */
#define ASKS	       (SOUND_LOADER_ASKS / 4)

_Static_assert(sizeof(struct media_session) <= 512, "a leg has grown: ten thousand pay for it");

/* --- sweep --- */

static int64_t sweep_index(const struct rtp_media *m, int64_t due_ns)
{
	return (due_ns - m->t0_ns + MEDIA_SWEEP_NS - 1) / MEDIA_SWEEP_NS;
}

void session_plan(struct media_session *s, int64_t due_ns)
{
	struct rtp_media *m = s->media;
	int64_t index, last = m->sweep_next + MEDIA_SWEEPS - 1;

	list_del(&s->sweep);
	if (due_ns == TMR_NEVER)
		return;
	/* What is due later than the buckets reach is looked at before and planned again. */
	index = due_ns - m->t0_ns >= last * MEDIA_SWEEP_NS ? last : sweep_index(m, due_ns);
	if (index < m->sweep_next)
		index = m->sweep_next;
	list_add_tail(&m->sweeps[index % MEDIA_SWEEPS], &s->sweep);
}

static void media_sweep_bucket(struct rtp_media *m, struct list *bucket, int64_t now_ns)
{
	struct list work, *node;

	list_init(&work);
	list_splice(&work, bucket);
	while ((node = list_first(&work))) {
		struct media_session *s = list_entry(node, struct media_session, sweep);
		handle_t h = session_handle(s);
		int64_t due;

		list_del(node);
		due = session_sweep(s, now_ns);
		if (session_lives(m, h))
			session_plan(s, due);
	}
}

static void media_sweep(struct rtp_media *m, int64_t now_ns)
{
	int64_t now_index = (now_ns - m->t0_ns) / MEDIA_SWEEP_NS;

	if (slab_used(m->sessions) == 0) {
		m->sweep_next = now_index + 1;
		return;
	}
	/* After a long stop every bucket is looked at once, not once per 100 ms missed. */
	if (now_index - m->sweep_next >= MEDIA_SWEEPS)
		m->sweep_next = now_index - MEDIA_SWEEPS + 1;
	while (m->sweep_next <= now_index) {
		struct list *bucket = &m->sweeps[m->sweep_next % MEDIA_SWEEPS];

		m->sweep_next++;
		media_sweep_bucket(m, bucket, now_ns);
	}
}

/* --- clock --- */

/* The first slot at or after k that has legs; TMR_NEVER: all are empty. */
static int64_t media_next_slot(const struct rtp_media *m, int64_t k)
{
	if (m->slot_mask == 0)
		return TMR_NEVER;
	while (!(m->slot_mask >> (k % MEDIA_SLOTS) & 1))
		k++;
	return k;
}

void session_wake(struct media_session *s)
{
	struct rtp_media *m = s->media;
	int64_t k = (io_now_ns(m->io) - m->t0_ns) / MEDIA_MS;

	if (!list_empty(&s->send))
		return;
	list_add_tail(&m->slots[s->phase], &s->send);
	m->slot_mask |= 1U << s->phase;
	m->active++;
	/* The leg's next slot, none that is done with already. */
	if (k < m->done_k)
		k = m->done_k;
	k++;
	k += (s->phase + MEDIA_SLOTS - k % MEDIA_SLOTS) % MEDIA_SLOTS;
	if (k < m->next_k)
		m->next_k = k;
	if (m->t0_ns + k * MEDIA_MS < m->clock_ns)
		m->clock_ns = m->t0_ns + k * MEDIA_MS;
}

static void session_sleep(struct media_session *s)
{
	struct rtp_media *m = s->media;

	if (list_empty(&s->send))
		return;
	list_del(&s->send);
	m->active--;
	if (list_empty(&m->slots[s->phase]))
		m->slot_mask &= ~(1U << s->phase);
}

static void media_run_slot(struct rtp_media *m, int64_t k, int64_t now_ns)
{
	unsigned phase = (unsigned)(k % MEDIA_SLOTS);
	struct list *slot = &m->slots[phase];
	struct list work, *node;

	m->slot_late = io_clock_ns(m->io) - (m->t0_ns + k * MEDIA_MS) > LATE_NS;
	list_init(&work);
	list_splice(&work, slot);
	/* A leg goes back to its slot before it ticks: its owner may close this or any other. */
	while ((node = list_first(&work))) {
		struct media_session *s = list_entry(node, struct media_session, send);
		handle_t h = session_handle(s);

		__builtin_prefetch(node->next);
		list_del(node);
		list_add_tail(slot, node);
		if (!session_tick(s, k / MEDIA_SLOTS, now_ns) && session_lives(m, h))
			session_sleep(s);
	}
	m->slot_late = false;
	if (list_empty(slot))
		m->slot_mask &= ~(1U << phase);
	else
		m->slot_mask |= 1U << phase;
}

/* Behind by more than 60 ms: whole rounds are left out; timestamps follow from k by themselves. */
static void media_skip(struct rtp_media *m, int64_t due_k)
{
	int64_t rounds = (due_k - m->next_k - 1) / MEDIA_SLOTS;

	m->next_k += rounds * MEDIA_SLOTS;
	metric_add(m->metrics, METRIC_rtp_tx_skipped, (uint64_t)rounds * m->active);
}

/* The last slot that this turn may run. One round at once; what is behind that, spread. */
static int64_t media_limit(const struct rtp_media *m, int64_t due_k, int64_t now_ns)
{
	int64_t elapsed_ms = (now_ns - m->run_ns) / MEDIA_MS;
	int64_t slots = elapsed_ms * CATCH_UP_SLOTS;

	if (due_k - m->next_k < MEDIA_SLOTS)
		return due_k;
	if (slots > MEDIA_SLOTS)
		slots = MEDIA_SLOTS;
	return m->next_k + slots - 1;
}

/* Returns when the next slot is due. */
static int64_t media_run_clock(struct rtp_media *m, int64_t now_ns)
{
	int64_t due_k = (now_ns - m->t0_ns) / MEDIA_MS;
	int64_t limit;

	if (m->slot_mask == 0)
		m->next_k = TMR_NEVER;
	if (m->next_k > due_k)
		return m->next_k == TMR_NEVER ? TMR_NEVER : m->t0_ns + m->next_k * MEDIA_MS;
	if (due_k - m->next_k > BEHIND_MAX)
		media_skip(m, due_k);
	limit = media_limit(m, due_k, now_ns);
	while (m->next_k <= limit) {
		m->done_k = m->next_k;
		m->next_k = TMR_NEVER;
		media_run_slot(m, m->done_k, now_ns);
		m->next_k = media_next_slot(m, m->done_k + 1);
	}
	if (limit < due_k && m->next_k <= due_k) {
		/* Catching up: the run is counted from the last millisecond that gave slots. */
		if (now_ns - m->run_ns >= MEDIA_MS)
			m->run_ns = now_ns;
		return m->run_ns + MEDIA_MS;
	}
	m->run_ns = now_ns;
	return m->next_k == TMR_NEVER ? TMR_NEVER : m->t0_ns + m->next_k * MEDIA_MS;
}

int64_t rtp_media_turn(struct rtp_media *m, int64_t now_ns)
{
	media_take_answers(m);
	media_run_clock(m, now_ns);
	media_sweep(m, now_ns);
	/* A sweep may have woken legs. */
	m->clock_ns = media_run_clock(m, now_ns);
	ports_prepare(m->ports, now_ns);
	return rtp_media_due(m);
}

int64_t rtp_media_due(const struct rtp_media *m)
{
	int64_t sweep = TMR_NEVER;

	if (slab_used(m->sessions))
		sweep = m->t0_ns + m->sweep_next * MEDIA_SWEEP_NS;
	return m->clock_ns < sweep ? m->clock_ns : sweep;
}

/* --- port operations --- */

static uint16_t media_seconds(uint32_t n)
{
	return (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
}

static void session_init(struct media_session *s, struct rtp_media *m,
			 const struct media_params *params)
{
	const struct rtp_conf *conf = &m->conf.rtp;

	s->media = m;
	list_init(&s->send);
	list_init(&s->sweep);
	s->phase = m->next_phase;
	m->next_phase = (uint8_t)((m->next_phase + 1) % MEDIA_SLOTS);
	s->ts_base = rng_u32(m->rng);
	s->ssrc = rng_u32(m->rng);
	s->seq = (uint16_t)rng_u32(m->rng);
	s->frame_ticks = 1;
	s->mark = true;
	s->remote.event_pt = MEDIA_NO_PT;
	s->rtcp.due_ns = TMR_NEVER;
	s->is_symmetric = params->symmetric;
	s->timeout_s = media_seconds(params->timeout_s);
	s->timeout_hold_s = media_seconds(params->timeout_hold_s);
	s->keepalive_s = media_seconds(params->keepalive_s);
	slice_copy(s->language, sizeof(s->language), params->language);
	latch_init(&s->latch, conf->strict, conf->probation);
	rxstat_init(&s->rx);
	dtmf_rx_init(&s->dtmf_rx, conf->dtmf_timeout_samples);
	dtmf_tx_init(&s->dtmf_tx);
}

static struct media_session *op_open(void *impl, const struct media_params *params,
				     const struct media_events *events, void *owner,
				     struct addr *local)
{
	struct rtp_media *m = impl;
	int64_t now = io_now_ns(m->io);
	struct media_session *s = slab_alloc(m->sessions);
	struct port *port = s ? ports_take(m->ports, &params->local, params->mark, now) : NULL;

	if (!port) {
		if (s)
			slab_free(m->sessions, s);
		metric_inc(m->metrics, METRIC_rtp_no_port);
		return NULL;
	}
	session_init(s, m, params);
	s->port = port;
	s->udp = port->rtp;
	s->events = events;
	s->owner = owner;
	s->last_rx_ns = now;
	s->last_tx_ns = now;
	port->user = s;
	*local = *io_udp_local(port->rtp);
	return s;
}

static void op_close(struct media_session *s)
{
	struct rtp_media *m = s->media;

	session_stop(s);
	session_sleep(s);
	list_del(&s->sweep);
	if (s->qos)
		slab_free(m->qos, s->qos);
	ports_give(m->ports, s->port, io_now_ns(m->io));
	slab_free(m->sessions, s);
}

static enum codec op_codec(const struct media_session *s)
{
	return (enum codec)s->codec;
}

static void op_take(void *impl, const void *data, size_t len)
{
	struct rtp_media *m = impl;

	if (NEVER(len != sizeof(m->debug)))
		return;
	memcpy(&m->debug, data, len);
}

static const struct media_ops media_ops = {
	.open = op_open,
	.close = op_close,
	.set_remote = session_set_remote,
	.play = session_play,
	.stop = session_stop,
	.echo = session_echo,
	.send_dtmf = session_send_dtmf,
	.tone = session_tone,
	.stats = session_stats,
	.codec = op_codec,
	.quality = session_quality,
	.take = op_take,
};

struct media rtp_media_port(struct rtp_media *m)
{
	return (struct media){.ops = &media_ops, .impl = m};
}

/* --- life --- */

static int media_create_ports(struct rtp_media *m, const struct rtp_media_place *place)
{
	const struct rtp_conf *conf = &m->conf.rtp;
	struct ports_conf ports = {
		.io = place->io,
		.rng = place->rng,
		.pair_max = rtp_media_udp_max(place->session_max) / 2,
		.ahead = PORTS_AHEAD < place->session_max ? PORTS_AHEAD : place->session_max,
		.rest_ns = PORTS_REST_NS,
		.on_rtp = session_on_rtp,
		.on_rtcp = session_on_rtcp,
	};

	ports_split(conf->port_start, conf->port_end, place->shard, place->shard_count,
		    &ports.start, &ports.end);
	if (ports.start >= ports.end) {
		log_error("rtp.conf: the ports %u to %u are too few for %u shards; widen rtpstart "
			  "to rtpend, or lower the number of shards",
			  conf->port_start, conf->port_end, place->shard_count);
		return -EINVAL;
	}
	return ports_create(&m->ports, &ports, m);
}

static int media_create_slabs(struct rtp_media *m, uint32_t count)
{
	if (slab_create(&m->sessions, "media sessions", sizeof(struct media_session), count) ||
	    slab_create(&m->lists, "play lists", sizeof(struct play_list), count) ||
	    slab_create(&m->digit_lists, "digit lists", sizeof(struct digit_list), count) ||
	    slab_create(&m->qos, "call quality", sizeof(struct qos), count))
		return -ENOMEM;
	/* No more under way than the loader's rings take. */
	if (m->loader && slab_create(&m->asks, "sound asks", sizeof(struct sound_ask), ASKS))
		return -ENOMEM;
	return 0;
}

static void media_init(struct rtp_media *m, const struct rtp_media_place *place)
{
	m->io = place->io;
	m->metrics = place->metrics;
	m->rng = place->rng;
	m->tones = place->tones;
	m->loader = place->loader;
	m->shard = place->shard;
	m->t0_ns = io_now_ns(place->io);
	m->done_k = -1;
	m->next_k = TMR_NEVER;
	m->clock_ns = TMR_NEVER;
	m->run_ns = m->t0_ns;
	rng_hex(m->rng, m->cname, sizeof(m->cname) - 1);
	for (unsigned i = 0; i < MEDIA_SLOTS; i++)
		list_init(&m->slots[i]);
	for (unsigned i = 0; i < MEDIA_SWEEPS; i++)
		list_init(&m->sweeps[i]);
}

int rtp_media_create(struct rtp_media **out, const struct rtp_media_place *place,
		     const struct rtp_media_conf *conf)
{
	struct rtp_media *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return -ENOMEM;
	media_init(m, place);
	rtp_media_set_conf(m, conf);
	rc = media_create_slabs(m, place->session_max);
	if (rc == 0)
		rc = media_create_ports(m, place);
	if (rc) {
		rtp_media_destroy(m);
		return rc;
	}
	*out = m;
	return 0;
}

void rtp_media_set_conf(struct rtp_media *m, const struct rtp_media_conf *conf)
{
	if (conf->sounds)
		sound_library_take(conf->sounds);
	if (m->conf.sounds)
		sound_library_release(m->conf.sounds);
	m->conf = *conf;
}

static void media_forget_sessions(struct rtp_media *m)
{
	for (uint32_t i = 0; m->sessions && i < slab_limit(m->sessions); i++) {
		struct media_session *s = slab_at(m->sessions, i);

		if (s)
			op_close(s);
	}
}

void rtp_media_destroy(struct rtp_media *m)
{
	if (!m)
		return;
	media_forget_sessions(m);
	media_take_answers(m);
	ports_destroy(m->ports);
	slab_destroy(m->sessions);
	slab_destroy(m->lists);
	slab_destroy(m->digit_lists);
	slab_destroy(m->qos);
	slab_destroy(m->asks);
	if (m->conf.sounds)
		sound_library_release(m->conf.sounds);
	free(m);
}

uint32_t rtp_media_sessions(const struct rtp_media *m)
{
	return slab_used(m->sessions);
}

uint32_t rtp_media_udp_max(uint32_t session_max)
{
	/* A pair each, a quarter as many resting, and the stock. */
	return 2 * (session_max + session_max / 4 + PORTS_AHEAD);
}

size_t rtp_media_bytes(const struct rtp_media *m)
{
	return sizeof(*m) + slab_bytes(m->sessions) + slab_bytes(m->lists) +
	       slab_bytes(m->digit_lists) + slab_bytes(m->qos) +
	       (m->asks ? slab_bytes(m->asks) : 0);
}
