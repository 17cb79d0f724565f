/* Life of the engine: create, start, run, stop. engine.h */
#include "engine/app/engine_internal.h"

#include "engine/app/console.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "engine/core/db.h"
#include "rtp/ports.h"
#include "rtp/sound.h"

#include <errno.h>
#include <stdlib.h>

#define DESCRIPTORS_BESIDE 512 /* for AMI, files, rings: not for media */
/* To the records worker for each order: its record, that of a `failed` channel, the mark behind them. */
#define ORDER_RECORD_BYTES (2 * (CDR_BYTES_MAX + 16) + SHARD_OUTCOME_BYTES_MAX + 16)
#define CHANNELS_LEAST     16  /* where the limit of descriptors leaves none */
#define END_LIMIT_NS       (5 * TMR_SECOND)
#define END_POLL_NS        (5 * TMR_MS)

/* ---- loops ---- */

static int engine_create_loop(struct engine *e, struct io **io, const char *name, struct metrics *m,
			      uint32_t streams, int cpu)
{
	struct io_conf conf = {
		.name = name,
		.metrics = m,
		.stream_max = streams,
		.small_buffers = streams ? 512 : 0,
		.stream_out_max = LIMIT_AMI_OUT_HARD + (1 << 20),
		.bind_patience_ns = BIND_PATIENCE_NS,
		.cpu = cpu,
		.fail = e->options.fail,
		.fail_arg = e->options.fail_arg,
	};

	return io_create(io, &conf);
}

static int engine_cpu(const struct engine *e, uint32_t which)
{
	return e->conf.cpu_count ? e->conf.cpus[which % e->conf.cpu_count] : -1;
}

static int engine_create_loops(struct engine *e)
{
	int err = engine_create_loop(e, &e->records_io, "records", &e->records_metrics, 0,
				     engine_cpu(e, 0));

	if (!err)
		err = engine_create_loop(e, &e->chores_io, "chores", &e->chores_metrics, 0,
					 engine_cpu(e, 0));
	if (!err)
		err = engine_create_loop(e, &e->spool_io, "spool", &e->spool_metrics, 0,
					 engine_cpu(e, 0));
	return err;
}

/* ---- sizes ---- */

static uint32_t engine_shards(const struct engine *e)
{
	uint32_t n = e->conf.shards ? e->conf.shards : e->options.cpu_count;

	if (n == 0)
		n = 1;
	return n > LIMIT_SHARDS ? LIMIT_SHARDS : n;
}

/* Where there is not enough for all, calls that come in get an eighth. */
static void engine_fit_incoming(struct engine *e, uint32_t most)
{
	if (e->conf.channel_max + e->conf.incoming_max > most && e->conf.incoming_max > most / 8)
		e->conf.incoming_max = most / 8;
}

/* Two descriptors a channel and half of one for ports that rest: fewer channels where the limit of
 * descriptors says so. */
static void engine_fit_channels(struct engine *e)
{
	uint32_t most = e->options.descriptor_max;

	if (most == 0)
		return;
	most = most > DESCRIPTORS_BESIDE ? (most - DESCRIPTORS_BESIDE) / 5 * 2 : 0;
	if (most < CHANNELS_LEAST)
		most = CHANNELS_LEAST;
	engine_fit_incoming(e, most);
	most -= e->conf.incoming_max;
	if (e->conf.channel_max > most) {
		log_notice("%u channels instead of %u: the limit of open files is %u (raise it with "
			   "ulimit -n or LimitNOFILE=)",
			   most, e->conf.channel_max, e->options.descriptor_max);
		e->conf.channel_max = most;
	}
}

/* A pair of RTP ports a channel. What the range cannot serve waits in the queue instead of failing; a
 * sixteenth is left for ports that another process has. */
static void engine_fit_ports(struct engine *e)
{
	const struct rtp_conf *rtp = &e->now->media.rtp;
	uint32_t shards = engine_shards(e), most = 0;

	for (uint32_t i = 0; i < shards; i++) {
		uint16_t start, end;

		ports_split(rtp->port_start, rtp->port_end, i, shards, &start, &end);
		if (start < end)
			most += (end - start + 1U) / 2;
	}
	most -= most / 16;
	if (most == 0)
		return;
	engine_fit_incoming(e, most);
	most -= e->conf.incoming_max;
	if (e->conf.channel_max <= most)
		return;
	log_notice("%u channels instead of %u: rtp.conf gives them the ports %u to %u, two for each",
		   most, e->conf.channel_max, rtp->port_start, rtp->port_end);
	e->conf.channel_max = most;
}

static uint32_t engine_shard_channels(const struct engine *e)
{
	return (e->conf.channel_max + engine_shards(e) - 1) / engine_shards(e);
}

static uint32_t engine_shard_incoming(const struct engine *e)
{
	return (e->conf.incoming_max + engine_shards(e) - 1) / engine_shards(e);
}

static void engine_log_budget(const struct engine *e)
{
	size_t shards = 0;

	for (uint32_t i = 0; i < e->node_count; i++)
		shards += node_bytes(e->nodes[i]);
	log_notice("Memory budget: %u shards with %u channels and %u for incoming calls in all "
		   "reserve %zu MiB, the queue of %u attempts up to %zu MiB; touched as used",
		   e->node_count, e->conf.channel_max, e->conf.incoming_max, shards >> 20,
		   e->conf.queue.queue_max, ((size_t)e->conf.queue.queue_max * 2560) >> 20);
}

/* ---- create ---- */

/* The secret: so that nobody can think up names that count as one. */
static int engine_create_groups(struct engine *e, const uint8_t secret[SIP_SECRET_LEN])
{
	uint64_t seed;

	memcpy(&seed, secret, sizeof(seed));
	return groups_create(
		&e->groups, engine_shards(e),
		LIMIT_GROUPS_EACH * (engine_shard_channels(e) + engine_shard_incoming(e)), seed);
}

static int engine_create_nodes(struct engine *e, bool unanswered, bool congestion)
{
	uint8_t secret[SIP_SECRET_LEN];

	e->node_count = engine_shards(e);
	io_random(e->control_io, secret, sizeof(secret));
	if (devices_create(&e->devices, LIMIT_DEVICES) || engine_create_groups(e, secret))
		return -ENOMEM;
	for (uint32_t i = 0; i < e->node_count; i++) {
		struct node_conf conf = {
			.index = i,
			.count = e->node_count,
			.channel_max = engine_shard_channels(e),
			.incoming_max = engine_shard_incoming(e),
			.control_io = e->control_io,
			.cpu = engine_cpu(e, i + 1),
			.tones = e->tones,
			.loader = e->loader,
			.system_name = e->conf.system_name,
			.unanswered_cdr = unanswered,
			.congestion_cdr = congestion,
			.compat_reason = e->conf.compat_reason,
			.devices = e->devices,
			.groups = e->groups,
			.fail = e->options.fail,
			.fail_arg = e->options.fail_arg,
			.sip_trace = e->options.sip_trace,
			.trace_arg = e->options.trace_arg,
		};
		int err;

		io_random(e->control_io, &conf.seed, sizeof(conf.seed));
		memcpy(conf.secret, secret, sizeof(secret));
		err = node_create(&e->nodes[i], &conf);
		if (err)
			return err;
	}
	return 0;
}

static int engine_create_records(struct engine *e, bool *unanswered, bool *congestion,
				 struct sink *error)
{
	size_t orders =
		(size_t)(engine_shard_channels(e) + engine_shard_incoming(e)) * engine_shards(e) +
		CONTROL_RECORDING_MAX;
	struct pipe_conf down = {.spare_bytes = 1 << 20,
				 .reserve_bytes = orders * ORDER_RECORD_BYTES,
				 .record_max = 32 * 1024};
	struct pipe_conf up = {.spare_bytes = 1 << 16,
			       .reserve_bytes = orders * (SHARD_OUTCOME_BYTES_MAX + 16)};
	struct records_conf conf = {
		.io = e->records_io, .metrics = &e->records_metrics, .control_io = e->control_io};
	int err = pipe_create(&e->records_down, &down);

	if (!err)
		err = pipe_create(&e->records_up, &up);
	if (!err)
		err = engine_open_sinks(e, &conf, unanswered, congestion, error);
	for (uint32_t i = 0; i < conf.sink_count; i++)
		e->cdr.sinks[i] = conf.sinks[i]->ops->name;
	e->cdr.sink_count = conf.sink_count;
	e->cdr.unanswered = *unanswered;
	e->cdr.congestion = *congestion;
	conf.down = e->records_down;
	conf.up = e->records_up;
	if (!err)
		err = records_create(&e->records, &conf);
	for (uint32_t i = 0; err && i < conf.sink_count; i++)
		conf.sinks[i]->ops->close(conf.sinks[i]);
	return err;
}

/* No call is left and every order is settled; the spool may still have outcomes to write down. */
static void engine_on_stopped(void *arg)
{
	struct engine *e = arg;

	log_notice("Nothing is left to do: the engine ends");
	ami_report_shutdown(e->ami, e->restarts);
	spool_set_claiming(e->spool, false);
	sip_center_end(e->center);
	e->end_due_ns = io_now_ns(e->control_io) + END_LIMIT_NS;
}

static int engine_create_control(struct engine *e)
{
	struct control_shard shards[LIMIT_SHARDS];
	struct control_conf conf = {
		.io = e->control_io,
		.metrics = &e->control_metrics,
		.inbox = e->inbox,
		.queue = e->conf.queue,
		.shards = shards,
		.shard_count = e->node_count,
		.techs = e->techs,
		.tech_count = 1,
		.records_down = e->records_down,
		.records_up = e->records_up,
		.records_io = e->records_io,
		.chores = e->chores,
		.db = e->db,
		.reload = engine_reload,
		.edit = engine_edit_dialplan,
		.devices = e->devices,
		.stopped = engine_on_stopped,
		.arg = e,
	};

	for (uint32_t i = 0; i < e->node_count; i++) {
		struct shard *s = node_shard(e->nodes[i]);

		shards[i] = (struct control_shard){.io = s->io,
						   .down = s->down,
						   .up = s->up,
						   .channel_max = engine_shard_channels(e),
						   .incoming_max = engine_shard_incoming(e)};
	}
	io_random(e->control_io, &conf.seed, sizeof(conf.seed));
	return control_create(&e->control, &conf);
}

static int engine_create_loader(struct engine *e)
{
	struct sound_loader_conf conf = {.metrics = &e->loader_metrics,
					 .shard_count = engine_shards(e),
					 .fail = e->options.fail,
					 .fail_arg = e->options.fail_arg};

	return sound_loader_create(&e->loader, &conf);
}

static int engine_create_rest(struct engine *e, struct sink *error)
{
	bool unanswered = true, congestion = true;
	int err = engine_load_acls(e, &e->acls, error);

	if (!err)
		err = engine_load_snapshot(e, &e->now, error);
	if (!err) {
		engine_fit_ports(e);
		err = engine_create_loops(e);
	}
	if (!err)
		err = inbox_create(&e->inbox, e->conf.queue.queue_max, e->control_io);
	if (!err)
		err = tone_set_create(&e->tones);
	if (!err)
		err = engine_create_loader(e);
	if (!err)
		err = engine_create_records(e, &unanswered, &congestion, error);
	if (!err)
		err = engine_create_chores(e);
	if (!err)
		err = engine_create_nodes(e, unanswered, congestion);
	if (!err)
		err = engine_create_db(e, error);
	return err;
}

static struct engine *engine_alloc(const struct engine_options *options, struct sink *error)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e)
		e->options = *options;
	else
		sink_fmt(error, "the engine cannot be made: %s", strerror(ENOMEM));
	return e;
}

int engine_create(struct engine **out, const struct engine_options *options, struct sink *error)
{
	struct engine *e = engine_alloc(options, error);
	int err;

	if (!e)
		return -ENOMEM;
	err = engine_create_loop(e, &e->control_io, "control", &e->control_metrics,
				 LIMIT_AMI_CONNS + LIMIT_HTTP_CONNS + 2 * LIMIT_TLS_WAITING + 64,
				 -1);
	if (!err)
		err = app_conf_load(&e->conf, e->control_io, options->main_file, error);
	if (!err)
		err = engine_make_dirs(e, error);
	if (!err) {
		engine_fit_channels(e);
		err = engine_create_rest(e, error);
	}
	if (err) {
		if (error->len == 0)
			sink_fmt(error, "the engine cannot be made: %s", strerror(-err));
		engine_destroy(e);
		return err;
	}
	*out = e;
	return 0;
}

/* Files that have no snapshot: they are read where they are used, here only whether they can be. */
static int engine_check_files(struct engine *e, struct sink *error)
{
	static const char *const names[] = {"cdr.conf", "logger.conf"};
	int err = 0;

	for (size_t i = 0; i < ARRAY_COUNT(names) && !err; i++) {
		struct conffile *cf = NULL;

		err = engine_load_file(e, &cf, names[i], error);
		conffile_free(cf);
	}
	return err;
}

int engine_check(const struct engine_options *options, struct sink *error)
{
	struct engine *e = engine_alloc(options, error);
	struct snapshot *s = NULL;
	struct ami_conf *ami = NULL;
	struct http_conf *http = NULL;
	struct notify_conf *notify = NULL;
	int err;

	if (!e)
		return -ENOMEM;
	err = engine_create_loop(e, &e->control_io, "check", &e->control_metrics, 0, -1);
	if (!err)
		err = app_conf_load(&e->conf, e->control_io, options->main_file, error);
	if (!err)
		err = engine_load_acls(e, &e->acls, error);
	if (!err)
		err = engine_load_snapshot(e, &s, error);
	if (!err)
		err = engine_load_manager(e, &ami, error);
	if (!err)
		err = engine_load_http(e, &http, error);
	if (!err)
		err = engine_load_notify(e, &notify, error);
	if (!err)
		err = engine_check_files(e, error);
	if (err && error->len == 0)
		sink_fmt(error, "the configuration cannot be checked: %s", strerror(-err));
	ami_conf_free(ami);
	http_conf_free(http);
	notify_conf_free(notify);
	engine_free_snapshot(s);
	acl_book_free(e->acls);
	app_conf_free(&e->conf);
	if (e->control_io)
		io_destroy(e->control_io);
	free(e);
	return err;
}

/* ---- start ---- */

static int engine_open_nodes(struct engine *e, struct sink *error)
{
	for (uint32_t i = 0; i < e->node_count; i++) {
		int err = node_open(e->nodes[i], e->now->sip, &e->now->media, e->now->dialplan,
				    e->nodes);

		if (err) {
			sink_fmt(error, "shard %u cannot open its sockets: %s (pjsip.conf bind, "
				 "rtp.conf rtpstart and rtpend)", i, strerror(-err));
			return err;
		}
	}
	e->techs[0] = node_shard(e->nodes[0])->techs[0].ops;
	return 0;
}

static int engine_create_spool(struct engine *e, struct sink *error)
{
	struct spool_conf conf = {
		.spool_dir = e->conf.spool_dir,
		.inbox = e->inbox,
		.queue_max = e->conf.queue.queue_max,
		.files_max = LIMIT_SPOOL_FILES,
		.metrics = &e->spool_metrics,
		.unknown = (enum spool_unknown)e->conf.spool_unknown,
		.sync = e->conf.spool_sync,
	};
	int err = spool_create(&e->spool, e->spool_io, &conf);

	if (err)
		sink_fmt(error, "the spool %s cannot be used: %s (asterisk.conf astspooldir)",
			 e->conf.spool_dir, strerror(-err));
	return err;
}

static int engine_start_loops(struct engine *e)
{
	int err = io_start(e->records_io, records_turn, e->records);

	e->records_started = err == 0;
	if (!err) {
		err = io_start(e->chores_io, chores_turn, e->chores);
		e->chores_started = err == 0;
	}
	if (!err) {
		err = sound_loader_start(e->loader);
		e->loader_started = err == 0;
	}
	for (uint32_t i = 0; i < e->node_count && !err; i++) {
		err = io_start(node_io(e->nodes[i]), node_turn, e->nodes[i]);
		if (!err)
			e->threads_started++;
	}
	if (!err) {
		err = io_start(e->spool_io, spool_turn, e->spool);
		e->spool_started = err == 0;
	}
	return err;
}

static int engine_start_control(struct engine *e, struct sink *error)
{
	int err = engine_create_control(e);

	if (!err)
		err = engine_create_center(e, error);
	if (err)
		return err;
	control_note_dialplan(e->control, e->now->dialplan);
	err = engine_register_commands(e);
	/* The console's socket is the lock against a second engine in the same place: it comes before
	 * anything that two engines must not do, like sharing SIP ports or claiming call files. */
	if (!err && e->options.console)
		err = console_create(&e->console, e->control, e->conf.control_path,
				     e->conf.control_mode, error);
	return err;
}

int engine_start(struct engine *e, struct sink *error)
{
	int err = engine_start_control(e, error);

	if (!err)
		err = engine_open_nodes(e, error);
	if (!err)
		err = engine_create_ami(e, error);
	if (!err)
		err = engine_create_spool(e, error);
	if (!err)
		err = engine_start_loops(e);
	if (err && error->len == 0)
		sink_fmt(error, "the engine cannot be started: %s", strerror(-err));
	if (!err)
		engine_log_budget(e);
	return err;
}

/* ---- run ---- */

/* Requests may come together: the most urgent counts. */
static void engine_take_stop(struct engine *e)
{
	unsigned want = atomic_exchange(&e->want_stop, 0);
	enum control_stop how;
	unsigned bit;

	if (!want)
		return;
	bit = (unsigned)__builtin_ctz(want);
	how = (enum control_stop)(bit / 2);
	if (how != CONTROL_STOP_CONVENIENT)
		spool_set_claiming(e->spool, false);
	if (control_stop(e->control, how))
		e->restarts = bit & 1;
}

/* True if shards have to be told of it: one more turn. */
static bool engine_take_reload(struct engine *e)
{
	char text[1400];
	struct sink out = sink_make(text, sizeof(text));

	if (!atomic_exchange(&e->want_reload, false))
		return false;
	log_notice("Received HUP signal -- Reloading configs");
	if (control_reload(e->control, SLICE_EMPTY, &out) != -EBUSY)
		return true;
	/* One at a time: the shards' word that they let go of the last snapshot wakes us again. */
	atomic_store(&e->want_reload, true);
	return false;
}

/* The spool has written down what it was told, and far ends have confirmed that their calls are over (a
 * BYE may be lost on the way and has to be repeated). */
static bool engine_is_settled(const struct engine *e)
{
	for (uint32_t i = 0; i < e->node_count; i++) {
		if (node_ending(e->nodes[i]) > 0)
			return false;
	}
	return !sip_center_is_ending(e->center) && spool_is_quiet(e->spool) &&
	       chores_open(e->chores) == 0 && db_is_settled(e->db);
}

/* Ends the control loop when nothing is on its way any more. */
static int64_t engine_watch_end(struct engine *e, int64_t now_ns, int64_t next_ns)
{
	if (!e->end_due_ns)
		return next_ns;
	if (!engine_is_settled(e) && now_ns < e->end_due_ns)
		return next_ns < now_ns + END_POLL_NS ? next_ns : now_ns + END_POLL_NS;
	if (e->options.stopped)
		e->options.stopped(e->options.arg);
	io_stop(e->control_io);
	return next_ns;
}

static int64_t engine_turn(void *arg, int64_t now_ns)
{
	struct engine *e = arg;
	int64_t next_ns;

	engine_take_stop(e);
	next_ns = control_turn(e->control, now_ns);
	if (e->console && console_turn(e->console))
		next_ns = now_ns;
	if (engine_take_reload(e))
		next_ns = now_ns;
	return engine_watch_end(e, now_ns, next_ns);
}

int engine_run(struct engine *e)
{
	return io_run(e->control_io, engine_turn, e);
}

int engine_run_apart(struct engine *e)
{
	int err = io_start(e->control_io, engine_turn, e);

	e->control_started = err == 0;
	return err;
}

void engine_request_stop(struct engine *e, enum control_stop how)
{
	atomic_fetch_or(&e->want_stop, 1U << STOP_BIT(how, false));
	io_wake(e->control_io);
}

void engine_request_restart(struct engine *e, enum control_stop how)
{
	atomic_fetch_or(&e->want_stop, 1U << STOP_BIT(how, true));
	io_wake(e->control_io);
}

bool engine_restarts(const struct engine *e)
{
	return e->restarts;
}

void engine_request_reload(struct engine *e)
{
	atomic_store(&e->want_reload, true);
	io_wake(e->control_io);
}

/* ---- end ---- */

static void engine_stop_loop(struct io *io, bool started)
{
	if (!started)
		return;
	io_stop(io);
	io_join(io);
}

static void engine_stop_loops(struct engine *e)
{
	engine_stop_loop(e->control_io, e->control_started);
	engine_stop_loop(e->spool_io, e->spool_started);
	for (uint32_t i = 0; i < e->threads_started; i++)
		engine_stop_loop(node_io(e->nodes[i]), true);
	if (e->loader_started)
		sound_loader_stop(e->loader);
	engine_stop_loop(e->records_io, e->records_started);
	engine_stop_loop(e->chores_io, e->chores_started);
}

void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	engine_stop_loops(e);
	chores_drain(e->chores);
	console_destroy(e->console);
	ami_destroy(e->ami);
	spool_destroy(e->spool);
	sip_center_destroy(e->center);
	control_destroy(e->control);
	for (uint32_t i = 0; i < e->node_count; i++)
		node_destroy(e->nodes[i]);
	devices_destroy(e->devices);
	groups_destroy(e->groups);
	sound_loader_destroy(e->loader);
	records_destroy(e->records);
	db_destroy(e->db);
	chores_destroy(e->chores);
	if (e->records_down)
		pipe_destroy(e->records_down);
	if (e->records_up)
		pipe_destroy(e->records_up);
	tone_set_destroy(e->tones);
	inbox_destroy(e->inbox);
	engine_free_snapshot(e->old);
	engine_free_snapshot(e->now);
	acl_book_free(e->acls);
	if (e->spool_io)
		io_destroy(e->spool_io);
	if (e->records_io)
		io_destroy(e->records_io);
	if (e->chores_io)
		io_destroy(e->chores_io);
	app_conf_free(&e->conf);
	if (e->control_io)
		io_destroy(e->control_io);
	free(e);
}
