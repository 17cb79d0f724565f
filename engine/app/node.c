#include "engine/app/node.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/dialplan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMANDS_PER_TURN  128
#define CHANNELS_PER_TURN  2048
#define TIMERS_PER_TURN    4096
#define FORWARDS_PER_TURN  1024
#define CHUNKS_PER_CHANNEL 12   /* arena chunks: 12 KiB a channel on average */
/* Reserved in the up pipe for each channel: Newchannel, Cdr and Hangup, of a `failed` channel too, and
 * the two outcomes. */
#define RELIABLE_BYTES                                                                             \
	(4 * EVENT_BYTES_MAX + 2 * (EVENT_BYTES_MAX + CDR_BYTES_MAX) + 2 * SHARD_OUTCOME_BYTES_MAX)
#define ANSWER_BYTES       (LIMIT_VAR_VALUE + 64) /* ... and for the answer to each question */
#define ADMIT_BYTES	   sizeof(struct pipe_record) /* in the down pipe for each incoming call */
#define COMMANDS_BYTES (1 << 16) /* reserved in the down pipe for new configurations and the stop */
#define GLOBALS_CHUNKS     256 /* KiB of global variables */
#define FORWARD_BYTES      (1 << 20)
#define FORWARD_MAX	   (70 * 1024)

struct node {
	struct shard shard;
	struct node_conf conf;
	struct sip *sip;
	struct rtp_media *media;
	char name[16];
	struct pipe *forwards[LIMIT_SHARDS]; /* datagrams to others, by their index */
	struct pipe *arrivals[LIMIT_SHARDS]; /* the other ends: those that others filled */
	uint64_t awaited;		     /* shards for whose pipe a connection waits */
	struct node *const *peers;
	_Atomic uint32_t ending; /* calls that are over for us; their BYE or CANCEL is not answered */
};

/* ---- signalling of other shards ---- */

struct forward {
	struct sip_parcel parcel;
	char data[];
};

_Static_assert(sizeof(struct forward) + LIMIT_SIP_DATAGRAM <= FORWARD_MAX,
	       "a message that never fits would be waited with for ever");

/* Kinds of records between shards. */
enum node_record { NODE_PARCEL, NODE_NOTE };

static bool node_forward(void *arg, uint32_t shard, const struct sip_parcel *parcel,
			 struct slice data)
{
	enum pipe_class class = parcel->is_vital ? PIPE_RELIABLE : PIPE_DROPPABLE;
	struct node *n = arg;
	struct forward *f;

	if (shard >= n->conf.count || !n->forwards[shard])
		return false;
	f = pipe_begin(n->forwards[shard], class, NODE_PARCEL, sizeof(*f) + data.len);
	if (!f)
		return false; /* a datagram is lost then: the far end repeats it */
	f->parcel = *parcel;
	if (data.len)
		memcpy(f->data, data.ptr, data.len);
	pipe_commit(n->forwards[shard], sizeof(*f) + data.len);
	return true;
}

static bool node_has_room(void *arg, uint32_t shard, size_t len)
{
	struct node *n = arg;

	if (shard >= n->conf.count || !n->forwards[shard])
		return true; /* and is refused */
	if (pipe_await(n->forwards[shard], PIPE_DROPPABLE, sizeof(struct forward) + len))
		return true;
	n->awaited |= UINT64_C(1) << shard;
	return false;
}

static void node_take_room(struct node *n)
{
	uint64_t room = 0;

	for (uint32_t i = 0; i < n->conf.count && n->awaited; i++)
		if ((n->awaited >> i & 1) && pipe_has_given(n->forwards[i]))
			room |= UINT64_C(1) << i;
	n->awaited &= ~room;
	if (room)
		sip_take_room(n->sip, room);
}

/* What this shard found out, for all others. One that hears nothing finds out for itself. */
static void node_note(void *arg, const void *data, size_t len)
{
	struct node *n = arg;

	for (uint32_t i = 0; i < n->conf.count; i++)
		if (n->forwards[i])
			UNUSED(pipe_write(n->forwards[i], PIPE_DROPPABLE, NODE_NOTE, data, len));
}

static void node_hold(void *arg, struct slice trunk, int64_t until_ns, bool on_trial)
{
	struct node *n = arg;

	shard_hold_trunk(&n->shard, trunk, until_ns, on_trial);
}

static void node_take_arrival(struct node *n, const struct pipe_record *r)
{
	const struct forward *f = (const void *)r->data;

	if (r->kind == NODE_NOTE)
		sip_take_note(n->sip, r->data, r->len);
	else
		sip_deliver(n->sip, &f->parcel, slice_make(f->data, r->len - sizeof(*f)));
}

static void node_take_arrivals(struct node *n)
{
	for (uint32_t i = 0; i < n->conf.count; i++) {
		const struct pipe_record *r;
		uint32_t budget = FORWARDS_PER_TURN;

		while (n->arrivals[i] && budget-- > 0 && (r = pipe_read(n->arrivals[i])))
			node_take_arrival(n, r);
		if (n->arrivals[i] && pipe_relieve(n->arrivals[i]))
			io_wake(n->peers[i]->shard.io);
	}
}

static void node_flush_forwards(struct node *n)
{
	for (uint32_t i = 0; i < n->conf.count; i++) {
		if (n->forwards[i] && pipe_flush(n->forwards[i]))
			io_wake(n->peers[i]->shard.io);
	}
}

static bool node_report(void *arg, uint32_t kind, const void *data, size_t len)
{
	struct node *n = arg;

	return shard_tech_write(&n->shard, 0, kind, data, len);
}

/* ---- making ---- */

static uint32_t node_channels(const struct node *n)
{
	return n->conf.channel_max + n->conf.incoming_max;
}

static int node_create_pipes(struct node *n)
{
	struct pipe_conf down = {
		.spare_bytes = 4 << 20,
		.reserve_bytes = COMMANDS_BYTES + (size_t)n->conf.channel_max * SHARD_HANGUP_BYTES +
				 (size_t)n->conf.incoming_max * (SHARD_HANGUP_BYTES + ADMIT_BYTES),
		.record_max = 100 * 1024};
	struct pipe_conf up = {.spare_bytes = 8 << 20,
			       .reserve_bytes = (size_t)node_channels(n) * RELIABLE_BYTES +
						LIMIT_ASKS * ANSWER_BYTES + (1 << 16),
			       .record_max = 32 * 1024};
	struct pipe_conf across = {.spare_bytes = FORWARD_BYTES, .record_max = FORWARD_MAX};
	int err = pipe_create(&n->shard.down, &down);

	if (!err)
		err = pipe_create(&n->shard.up, &up);
	for (uint32_t i = 0; i < n->conf.count && !err; i++) {
		across.reserve_bytes = sip_vital_bytes(n->conf.index, i, node_channels(n));
		if (i != n->conf.index)
			err = pipe_create(&n->forwards[i], &across);
	}
	return err;
}

static int node_create_slabs(struct node *n)
{
	struct shard *s = &n->shard;
	uint32_t channels = node_channels(n);
	int err;

	/* A failed call's slot may serve its `failed` channel while the call itself still ends. */
	err = slab_create(&s->chans, "channels", chan_bytes(), channels + 16);
	if (!err)
		err = slab_create(&s->pbxes, "pbx", pbx_bytes(), channels + 16);
	if (!err)
		err = arena_pool_create(&s->arenas, (size_t)channels * CHUNKS_PER_CHANNEL + 4096);
	if (!err)
		err = tmr_wheel_create(&s->wheel, io_now_ns(s->io));
	s->scratch = malloc(LIMIT_APPDATA);
	return err ? err : s->scratch ? 0 : -ENOMEM;
}

static int node_create_io(struct node *n)
{
	struct io_conf conf = {
		.name = n->name,
		.metrics = &n->shard.metrics,
		.udp_max = rtp_media_udp_max(node_channels(n)) + 32,
		/* SIP, and long answers of name servers */
		.stream_max = sip_stream_max(n->conf.index) + 16,
		.stream_out_max = LIMIT_SIP_CONN_BURST,
		.big_buffers = 1024,
		.small_buffers = 4096,
		.bind_patience_ns = BIND_PATIENCE_NS,
		.cpu = n->conf.cpu,
		.fail = n->conf.fail,
		.fail_arg = n->conf.fail_arg,
	};

	snprintf(n->name, sizeof(n->name), "shard-%u", n->conf.index);
	return io_create(&n->shard.io, &conf);
}

int node_create(struct node **out, const struct node_conf *conf)
{
	struct node *n = calloc(1, sizeof(*n));
	struct shard *s;
	int err;

	if (!n)
		return -ENOMEM;
	n->conf = *conf;
	s = &n->shard;
	s->index = conf->index;
	s->count = conf->count;
	s->control_io = conf->control_io;
	s->unanswered_cdr = conf->unanswered_cdr;
	s->congestion_cdr = conf->congestion_cdr;
	s->compat_reason = conf->compat_reason;
	s->devices = conf->devices;
	s->groups = conf->groups;
	s->incoming_max = s->incoming_free = conf->incoming_max;
	slice_copy(s->system_name, sizeof(s->system_name), slice_str(conf->system_name));
	rng_seed(&s->rng, conf->seed);
	list_init(&s->ready);
	err = node_create_io(n);
	if (!err && conf->loader)
		sound_loader_attach(conf->loader, conf->index, s->io);
	if (!err)
		err = node_create_slabs(n);
	if (!err)
		err = node_create_pipes(n);
	if (err) {
		node_destroy(n);
		return err;
	}
	/* Globals live outside the pool of the calls, so that a quiet pool is an empty one. */
	err = arena_pool_create(&n->shard.globals_pool, GLOBALS_CHUNKS);
	if (err) {
		node_destroy(n);
		return err;
	}
	arena_init(&s->globals_arena, s->globals_pool, GLOBALS_CHUNKS * ARENA_CHUNK);
	vars_init(&s->globals, &s->globals_arena);
	*out = n;
	return 0;
}

void node_destroy(struct node *n)
{
	struct shard *s;

	if (!n)
		return;
	s = &n->shard;
	dbmap_clear(&s->db);
	sip_destroy(n->sip);
	if (n->media)
		rtp_media_destroy(n->media);
	if (s->globals_pool) {
		arena_reset(&s->globals_arena);
		arena_pool_destroy(s->globals_pool);
	}
	for (uint32_t i = 0; i < n->conf.count; i++) {
		if (n->forwards[i])
			pipe_destroy(n->forwards[i]);
	}
	if (s->up)
		pipe_destroy(s->up);
	if (s->down)
		pipe_destroy(s->down);
	free(s->scratch);
	if (s->wheel)
		tmr_wheel_destroy(s->wheel);
	if (s->arenas)
		arena_pool_destroy(s->arenas);
	if (s->pbxes)
		slab_destroy(s->pbxes);
	if (s->chans)
		slab_destroy(s->chans);
	if (s->io)
		io_destroy(s->io);
	free(n);
}

/* ---- configuration ---- */

/* As Asterisk: what stands in the file is set again; what only a dialplan set stays, unless
 * `clearglobalvars` says otherwise. */
static void node_take_globals(struct shard *s, const struct dialplan *dialplan)
{
	uint32_t count, failed = 0;
	const struct dialplan_global *g = dialplan_globals(dialplan, &count);

	if (dialplan_clear_globals(dialplan)) {
		arena_reset(&s->globals_arena);
		vars_init(&s->globals, &s->globals_arena);
	}
	for (uint32_t i = 0; i < count; i++)
		failed += vars_set(&s->globals, g[i].name, g[i].value) != 0;
	if (failed && s->index == 0)
		log_error("%u of the %u variables in [globals] of extensions.conf do not fit and are not "
			  "set: there is room for %d, and for %d KiB in all",
			  failed, count, LIMIT_CHAN_VARS, GLOBALS_CHUNKS);
}

static void node_take_conf(struct shard *s, const struct shard_conf *conf)
{
	struct node *n = (struct node *)s; /* its first member */

	sip_set_conf(n->sip, conf->tech_conf[0]);
	rtp_media_set_conf(n->media, conf->media_conf);
	node_take_globals(s, conf->dialplan);
}

int node_open(struct node *n, const struct sip_conf *sip, const struct rtp_media_conf *media,
	      const struct dialplan *dialplan, struct node *const *peers)
{
	struct shard *s = &n->shard;
	struct rtp_media_place place = {
		.io = s->io,
		.metrics = &s->metrics,
		.rng = &s->rng,
		.shard = s->index,
		.shard_count = s->count,
		.session_max = node_channels(n),
		.tones = n->conf.tones,
		.loader = n->conf.loader,
	};
	struct sip_env env = {
		.io = s->io,
		.wheel = s->wheel,
		.rng = &s->rng,
		.metrics = &s->metrics,
		.shard = s->index,
		.shard_count = s->count,
		.call_max = node_channels(n),
		.door = chan_door(s),
		.secret = n->conf.secret,
		.forward = node_forward,
		.has_room = node_has_room,
		.forward_arg = n,
		.note = node_note,
		.note_arg = n,
		.hold = node_hold,
		.hold_arg = n,
		.report = node_report,
		.report_arg = n,
		.trace = n->conf.sip_trace,
		.trace_arg = n->conf.trace_arg,
	};
	int err = rtp_media_create(&n->media, &place, media);

	if (!err)
		err = sip_create(&n->sip, &env, sip);
	if (err)
		return err;
	s->media = rtp_media_port(n->media);
	s->techs[0] = sip_tech(n->sip);
	s->tech_count = 1;
	s->dialplan = dialplan;
	s->take_conf = node_take_conf;
	node_take_globals(s, dialplan);
	n->peers = peers;
	for (uint32_t i = 0; i < n->conf.count; i++)
		n->arrivals[i] = peers[i]->forwards[n->conf.index];
	return 0;
}

/* ---- turn ---- */

static bool node_may_sleep(struct node *n)
{
	bool quiet = pipe_sleep(n->shard.down);

	for (uint32_t i = 0; i < n->conf.count; i++) {
		if (n->arrivals[i])
			quiet &= pipe_sleep(n->arrivals[i]);
	}
	return quiet;
}

static void node_note_ending(struct node *n)
{
	struct sip_counts counts;

	sip_count(n->sip, &counts);
	atomic_store_explicit(&n->ending, counts.ending, memory_order_relaxed);
}

uint32_t node_ending(const struct node *n)
{
	return atomic_load_explicit(&n->ending, memory_order_relaxed);
}

int64_t node_turn(void *arg, int64_t now_ns)
{
	struct node *n = arg;
	struct shard *s = &n->shard;
	int64_t next_media, next;
	bool more;

	more = shard_run_commands(s, COMMANDS_PER_TURN) == COMMANDS_PER_TURN;
	s->is_late = false;
	node_take_arrivals(n);
	node_take_room(n);
	if (tmr_wheel_run(s->wheel, now_ns, TIMERS_PER_TURN) == TIMERS_PER_TURN) {
		metric_inc(&s->metrics, METRIC_io_timer_late);
		s->is_late = more = true;
	}
	more |= shard_run_ready(s, CHANNELS_PER_TURN);
	rtp_media_turn(n->media, now_ns);
	more |= shard_run_ready(s, CHANNELS_PER_TURN);
	node_flush_forwards(n);
	node_note_ending(n); /* before the facts: who hears of a call's end sees that it is ending */
	if (pipe_flush(s->up))
		io_wake(s->control_io);
	if (more || !node_may_sleep(n))
		return now_ns;
	next = tmr_wheel_next(s->wheel);
	next_media = rtp_media_due(n->media); /* with what the channels have begun since */
	return next_media < next ? next_media : next;
}

struct io *node_io(struct node *n)
{
	return n->shard.io;
}

struct shard *node_shard(struct node *n)
{
	return &n->shard;
}

struct sip *node_sip(struct node *n)
{
	return n->sip;
}

struct rtp_media *node_media(struct node *n)
{
	return n->media;
}

bool node_is_quiet(const struct node *n, const char **why)
{
	const struct shard *s = &n->shard;
	const char *reason = NULL;

	if (slab_used(s->chans) != 0)
		reason = "channels are left";
	else if (slab_used(s->pbxes) != 0)
		reason = "PBXes are left";
	else if (arena_pool_used(s->arenas) != 0)
		reason = "arena chunks are left";
	else if (!sip_is_quiet(n->sip))
		reason = "signalling is not quiet";
	else if (rtp_media_sessions(n->media) != 0)
		reason = "media sessions are left";
	else if (tmr_wheel_count(s->wheel) != sip_standing_timers(n->sip))
		reason = "timers are left";
	else if (s->incoming_free != s->incoming_max)
		reason = "places of incoming calls are left";
	if (reason && why)
		*why = reason;
	return !reason;
}

size_t node_bytes(const struct node *n)
{
	const struct shard *s = &n->shard;

	return slab_bytes(s->chans) + slab_bytes(s->pbxes) + sip_bytes(n->sip) +
	       rtp_media_bytes(n->media) +
	       (size_t)node_channels(n) * (CHUNKS_PER_CHANNEL * ARENA_CHUNK + RELIABLE_BYTES);
}
