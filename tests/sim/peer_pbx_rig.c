/* tests/sim/peer_pbx_rig.c - see pbx_rig.h */
#include "tests/sim/pbx_rig.h"

#include <errno.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/unit/core/memconf.h"

#include <stdarg.h>

static struct pbx_rig *rig; /* the one that the fakes belong to */

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void read_events(struct pbx_rig *r);

static void write_line(const char *fmt, va_list ap)
{
	rig->len += (size_t)snprintf(rig->text + rig->len, RIG_TEXT - rig->len, "%lld ",
				     (long long)((sim_now(rig->w) - rig->start_ns) / SIM_MS));
	rig->len += (size_t)vsnprintf(rig->text + rig->len, RIG_TEXT - rig->len, fmt, ap);
	rig->len += (size_t)snprintf(rig->text + rig->len, RIG_TEXT - rig->len, "\n");
	check(rig->len < RIG_TEXT);
}

/* From within an event. */
static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(fmt, ap);
	va_end(ap);
}

/* From the fakes: behind the events that were raised before. */
static void say(const char *fmt, ...)
{
	va_list ap;

	read_events(rig);
	va_start(ap, fmt);
	write_line(fmt, ap);
	va_end(ap);
}

static void keep_log(void *arg, const struct log_line *line)
{
	struct pbx_rig *r = arg;

	if (line->level < LOG_LEVEL_WARNING || r->logged_len > RIG_TEXT - 2048)
		return;
	r->logged_len += (size_t)snprintf(r->logged + r->logged_len, RIG_TEXT - r->logged_len,
					  "%.1500s\n", line->text);
}

/* ---- fake signalling ---- */

static int fake_find(void *impl, struct slice resource, struct tech_endpoint *out)
{
	UNUSED(impl);
	UNUSED(resource);
	*out = (struct tech_endpoint){.name = SLICE_LIT("trunk"), .context = SLICE_LIT("test")};
	codec_list_allow(&out->allow, SLICE_LIT("ulaw,alaw"));
	return 0;
}

static struct tech_call *fake_dial(void *impl, const struct tech_dial *dial,
				   const struct tech_events *events, void *owner, int *error)
{
	UNUSED(impl);
	UNUSED(error);
	for (uint32_t i = 0; i < dial->header_count; i++)
		say("header %.*s", SLICE_ARG(dial->headers[i]));
	rig->tech_events = events;
	rig->owner = owner;
	return (struct tech_call *)rig;
}

static int fake_hangup(struct tech_call *call, int cause)
{
	UNUSED(call);
	UNUSED(cause);
	return 0;
}

static bool fake_info(const struct tech_call *call, struct slice item, struct sink *out)
{
	UNUSED(call);
	if (!slice_eq(item, SLICE_LIT("call-id")))
		return false;
	sink_str(out, "id@rig");
	return true;
}

static struct slice fake_response(const struct tech_call *call)
{
	UNUSED(call);
	return SLICE_LIT("Via: v1\nX-Trunk: a\nContact: <sip:far@h>\nX-Trunk: b: c\n");
}

static int fake_connect(struct tech_call *call, struct slice name, struct slice num)
{
	UNUSED(call);
	say("connect \"%.*s\" <%.*s>", SLICE_ARG(name), SLICE_ARG(num));
	return 0;
}

static int fake_send_digit(struct tech_call *call, char digit, uint32_t duration_ms)
{
	UNUSED(call);
	if (!rig->has_info)
		return -ENOTSUP;
	say("info %c duration %u", digit, duration_ms);
	return 0;
}

static int fake_ask(void *impl, const struct tech_question *q, struct sink *out)
{
	UNUSED(impl);
	if (slice_eq(q->name, SLICE_LIT("nobody")))
		return -ENOENT;
	sink_fmt(out, "%d %.*s/%.*s/%.*s", (int)q->subject, SLICE_ARG(q->name), SLICE_ARG(q->item),
		 SLICE_ARG(q->user));
	return 0;
}

static const struct tech_ops fake_tech = {
	.name = "PJSIP",
	.find = fake_find,
	.dial = fake_dial,
	.hangup = fake_hangup,
	.response = fake_response,
	.info = fake_info,
	.connect = fake_connect,
	.send_digit = fake_send_digit,
	.ask = fake_ask,
};

/* ---- fake media ---- */

static struct media_session *fake_open(void *impl, const struct media_params *params,
				       const struct media_events *events, void *owner,
				       struct addr *local)
{
	UNUSED(impl);
	UNUSED(params);
	UNUSED(owner);
	rig->media_events = events;
	*local = (struct addr){.family = 4, .port = 4000}; /* any */
	return (struct media_session *)rig;
}

static void fake_close(struct media_session *m)
{
	UNUSED(m);
	rig->playing = 0;
	rig->media_events = NULL;
}

static void fake_set_remote(struct media_session *m, const struct media_desc *remote)
{
	UNUSED(m);
	UNUSED(remote);
}

static void play_ends(struct sim_world *w, void *arg)
{
	UNUSED(w);
	if (rig->playing != (uintptr_t)arg)
		return;
	rig->playing = 0;
	rig->media_events->played(rig->owner, MEDIA_PLAYED);
	io_wake(rig->shard.io);
}

static bool fake_play(struct media_session *m, struct slice names, unsigned *missing)
{
	UNUSED(m);
	*missing = 0;
	if (slice_starts(names, SLICE_LIT("none"))) {
		*missing = 1;
		return false;
	}
	say("play %.*s", SLICE_ARG(names));
	rig->playing = ++rig->plays;
	sim_after(rig->w, SIM_SECOND, play_ends, (void *)(uintptr_t)rig->playing);
	return true;
}

static void fake_stop(struct media_session *m)
{
	UNUSED(m);
	if (rig->playing)
		say("stop");
	rig->playing = 0;
}

static void fake_echo(struct media_session *m, bool on)
{
	UNUSED(m);
	if (on)
		say("echo on");
}

static void dtmf_ends(struct sim_world *w, void *arg)
{
	UNUSED(w);
	UNUSED(arg);
	if (!rig->media_events)
		return;
	rig->media_events->dtmf_sent(rig->owner);
	io_wake(rig->shard.io);
}

static bool fake_send_dtmf(struct media_session *m, struct slice digits, uint32_t gap_ms,
			   uint32_t duration_ms)
{
	UNUSED(m);
	if (rig->no_events)
		return false;
	say("dtmf %.*s gap %u duration %u", SLICE_ARG(digits), gap_ms, duration_ms);
	sim_after(rig->w, (int64_t)digits.len * (gap_ms + duration_ms) * SIM_MS, dtmf_ends, NULL);
	return true;
}

static bool fake_tone(struct media_session *m, struct slice name)
{
	UNUSED(m);
	say("tone %.*s", SLICE_ARG(name));
	return true;
}

static void fake_stats(const struct media_session *m, struct media_stats *out)
{
	UNUSED(m);
	*out = (struct media_stats){.rx_packets = 7, .rx_lost = 1};
}

static enum codec fake_codec(const struct media_session *m)
{
	UNUSED(m);
	return CODEC_PCMU;
}

static const struct media_ops fake_media = {
	.open = fake_open,
	.close = fake_close,
	.set_remote = fake_set_remote,
	.play = fake_play,
	.stop = fake_stop,
	.echo = fake_echo,
	.send_dtmf = fake_send_dtmf,
	.tone = fake_tone,
	.stats = fake_stats,
	.codec = fake_codec,
};

/* ---- the loop ---- */

static void tell_event(struct pbx_rig *r, const struct event *e)
{
	switch (e->kind) {
	case EVENT_NEWEXTEN:
		tell("%.*s@%.*s:%d %.*s(%.*s)", SLICE_ARG(e->snap.exten),
		     SLICE_ARG(e->snap.context), e->snap.priority, SLICE_ARG(e->text[0]),
		     SLICE_ARG(e->text[1]));
		break;
	case EVENT_VARSET:
		tell("%s%.*s=%.*s", e->snap.name.len ? "" : "global ", SLICE_ARG(e->text[0]),
		     SLICE_ARG(e->text[1]));
		break;
	case EVENT_SOFTHANGUPREQUEST:
		tell("soft hangup");
		break;
	case EVENT_NEWCALLERID:
		tell("caller \"%.*s\" <%.*s>", SLICE_ARG(e->snap.cid_name),
		     SLICE_ARG(e->snap.cid_num));
		break;
	case EVENT_USEREVENT:
		tell("userevent %.*s|%.*s", SLICE_ARG(e->text[0]), SLICE_ARG(e->text[1]));
		break;
	case EVENT_HANGUP:
		tell("hangup %d", e->number[0]);
		r->chan = NULL;
		break;
	default:
		break;
	}
}

static void read_events(struct pbx_rig *r)
{
	const struct pipe_record *record;
	struct event e;

	pipe_flush(r->shard.up);
	while ((record = pipe_read(r->shard.up)) != NULL)
		if (event_read(record, &e))
			tell_event(r, &e);
}

static int64_t turn(void *owner, int64_t now_ns)
{
	struct pbx_rig *r = owner;

	tmr_wheel_run(r->shard.wheel, now_ns, 1000);
	shard_run_ready(&r->shard, 100);
	read_events(r);
	return list_empty(&r->shard.ready) ? tmr_wheel_next(r->shard.wheel) : now_ns;
}

/* ---- life ---- */

static void load(struct pbx_rig *r, const char *text)
{
	const struct memconf_file files[] = {{"extensions.conf", text, 0}, {NULL, NULL, 0}};
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf;

	memconf_init(&m, files);
	check(conffile_load(&cf, &m.source, "extensions.conf", &err) == 0);
	check(dialplan_load(&r->dialplan, cf, &m.source) == 0);
	conffile_free(cf);
	if (m.notes[0])
		fprintf(stderr, "notes: %s", m.notes);
}

static void open_shard(struct shard *s, struct io *io)
{
	const struct pipe_conf pipe = {.spare_bytes = 1 << 20, .reserve_bytes = 1 << 20};

	s->count = 1;
	s->io = s->control_io = io;
	rng_seed(&s->rng, 1);
	list_init(&s->ready);
	check(tmr_wheel_create(&s->wheel, io_now_ns(io)) == 0);
	check(pipe_create(&s->up, &pipe) == 0);
	check(pipe_create(&s->down, &pipe) == 0);
	check(slab_create(&s->chans, "channels", chan_bytes(), 16) == 0);
	check(slab_create(&s->pbxes, "pbx", pbx_bytes(), 16) == 0);
	check(arena_pool_create(&s->arenas, 256) == 0);
	check(groups_create(&s->groups, 2, 4, 1) == 0);
	arena_init(&s->globals_arena, s->arenas, 65536);
	vars_init(&s->globals, &s->globals_arena);
	s->scratch = malloc(LIMIT_APPDATA);
	check(s->scratch);
	s->techs[s->tech_count++] = (struct tech){.ops = &fake_tech};
	s->media = (struct media){.ops = &fake_media};
}

void pbx_rig_open(struct pbx_rig *r, const char *extensions_conf)
{
	struct io_conf conf = {.name = "rig", .cpu = -1};
	struct io *io;

	memset(r, 0, sizeof(*r));
	rig = r;
	r->w = sim_world_create(1);
	conf.metrics = &r->shard.metrics;
	check(io_create(&io, &conf) == 0);
	open_shard(&r->shard, io);
	load(r, extensions_conf);
	r->shard.dialplan = r->dialplan;
	log_set_writer(keep_log, r);
	check(io_start(io, turn, r) == 0);
}

void pbx_rig_close(struct pbx_rig *r)
{
	struct shard *s = &r->shard;

	check(slab_used(s->chans) == 0);
	check(slab_used(s->pbxes) == 0);
	check(tmr_wheel_count(s->wheel) == 0);
	arena_reset(&s->globals_arena);
	groups_destroy(s->groups);
	dbmap_clear(&s->db);
	check(arena_pool_used(s->arenas) == 0);
	log_set_writer(NULL, NULL);
	io_stop(s->io);
	sim_run_for(r->w, SIM_SECOND);
	io_join(s->io);
	pipe_destroy(s->up);
	pipe_destroy(s->down);
	slab_destroy(s->chans);
	slab_destroy(s->pbxes);
	arena_pool_destroy(s->arenas);
	tmr_wheel_destroy(s->wheel);
	free(s->scratch);
	dialplan_free(r->dialplan);
	io_destroy(s->io);
	sim_world_destroy(r->w);
	rig = NULL;
}

void pbx_rig_order(struct pbx_rig *r, struct originate *o)
{
	static char packed[LIMIT_ORDER_BYTES] __attribute__((aligned(8)));
	const struct media_desc remote = {
		.rtp = {.family = 4, .port = 6000, .ip = {10, 0, 0, 9}},
		.ptime_ms = 20,
	};

	o->id = 1;
	o->tech = SLICE_LIT("PJSIP");
	o->resource = SLICE_LIT("100@trunk");
	r->len = r->logged_len = 0;
	r->text[0] = r->logged[0] = 0;
	r->start_ns = sim_now(r->w);
	chan_originate(&r->shard, slice_make(packed, originate_pack(packed, o)));
	check(r->owner);
	r->chan = r->owner;
	read_events(r);
	if (!r->said_trace) {
		r->len = 0;
		r->text[0] = 0;
	}
	r->tech_events->answered(r->owner, &remote);
	io_wake(r->shard.io);
}

void pbx_rig_call(struct pbx_rig *r)
{
	struct originate o;

	originate_init(&o);
	o.context = SLICE_LIT("test");
	o.exten = SLICE_LIT("s");
	o.priority = 1;
	pbx_rig_order(r, &o);
}

static void digit_now(struct sim_world *w, void *arg)
{
	UNUSED(w);
	if (!rig->media_events)
		return;
	rig->media_events->dtmf_end(rig->owner, (char)(uintptr_t)arg, 100);
	io_wake(rig->shard.io);
}

void pbx_rig_digit_at(struct pbx_rig *r, int64_t ms, char digit)
{
	sim_after(r->w, ms * SIM_MS, digit_now, (void *)(uintptr_t)digit);
}

static void hangup_now(struct sim_world *w, void *arg)
{
	const struct tech_end end = {.cause = 16};

	UNUSED(w);
	UNUSED(arg);
	if (!rig->chan)
		return;
	rig->tech_events->ended(rig->owner, &end);
	io_wake(rig->shard.io);
}

void pbx_rig_hangup_at(struct pbx_rig *r, int64_t ms)
{
	sim_after(r->w, ms * SIM_MS, hangup_now, NULL);
}

static void redirect_now(struct sim_world *w, void *arg)
{
	UNUSED(w);
	if (!rig->chan)
		return;
	chan_goto(rig->chan, SLICE_LIT("test"), slice_str(arg), 1);
	io_wake(rig->shard.io);
}

void pbx_rig_redirect_at(struct pbx_rig *r, int64_t ms, const char *exten)
{
	sim_after(r->w, ms * SIM_MS, redirect_now, (void *)(uintptr_t)exten);
}

static bool is_over(void *arg)
{
	return ((struct pbx_rig *)arg)->chan == NULL;
}

const char *pbx_rig_run(struct pbx_rig *r, int64_t ms)
{
	sim_run_until(r->w, is_over, r, sim_now(r->w) + ms * SIM_MS);
	return r->text;
}
