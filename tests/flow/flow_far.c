/* tests/flow/flow_far.c - the far end over TCP or TLS: a host of its own with the same streams. */
#include "tests/flow/flow.h"

#include "engine/base/check.h"
#include "engine/core/chore.h"
#include "engine/io/stream.h"
#include "tests/unit/core/memconf.h"

#include <stdlib.h>

#define FAR_ENDS 16
#define FAR_ROOM 65536

struct far_end {
	struct flow *flow;
	struct stream *stream; /* NULL: closed */
	struct sip_framer framer;
	char part[FAR_ROOM];
	size_t part_len;
};

struct flow_far {
	struct io *io;
	struct metrics metrics;
	struct tmr_wheel *wheel;
	struct streams *streams;
	struct stream_listener *listener;
	struct tls_context *tls_in, *tls_out;
	enum tls_version version;
	const char *ciphers;
	struct far_end *ends[FAR_ENDS]; /* in the order of their beginning */
	uint32_t end_count;
	struct flow_far_counts counts;
};

static void far_take(struct far_end *e)
{
	struct flow *f = e->flow;
	enum sip_frame kind;
	size_t bytes;

	while ((kind = sip_msg_frame(&e->framer, slice_make(e->part, e->part_len), &bytes)) !=
	       SIP_FRAME_MORE) {
		assert_int_not_equal(kind, SIP_FRAME_BAD);
		f->far->counts.pings += kind == SIP_FRAME_PING;
		if (kind == SIP_FRAME_MESSAGE)
			flow_keep(f, stream_local(e->stream), e->part, bytes);
		e->framer = (struct sip_framer){0};
		e->part_len -= bytes;
		memmove(e->part, e->part + bytes, e->part_len);
	}
}

static void far_data(void *arg, struct stream *s, const void *data, size_t len)
{
	struct far_end *e = arg;

	UNUSED(s);
	assert_true(e->part_len + len <= FAR_ROOM);
	if (e->part_len == 0 && len == 2 && memcmp(data, "\r\n", 2) == 0) {
		e->flow->far->counts.pongs++;
		return;
	}
	memcpy(e->part + e->part_len, data, len);
	e->part_len += len;
	far_take(e);
}

static void far_closed(void *arg, struct stream *s, int error)
{
	struct far_end *e = arg;

	e->flow->far->counts.closed++;
	e->flow->far->counts.error = error;
	e->stream = NULL;
	stream_close(s, false);
}

static void far_connected(void *arg, struct stream *s)
{
	struct far_end *e = arg;

	UNUSED(s);
	e->flow->far->counts.connected++;
}

static const struct stream_handler far_handler = {
	.data = far_data, .closed = far_closed, .connected = far_connected};

static struct far_end *far_new(struct flow *f)
{
	struct far_end *e = calloc(1, sizeof(*e));

	check(e && f->far->end_count < FAR_ENDS);
	e->flow = f;
	f->far->ends[f->far->end_count++] = e;
	return e;
}

static void far_accept(void *arg, struct stream *s, const struct addr *peer)
{
	struct flow *f = arg;
	struct far_end *e = far_new(f);

	UNUSED(peer);
	f->far->counts.accepted++;
	e->stream = s;
	stream_set_handler(s, &far_handler, e);
}

/* The newest that is open. */
static struct far_end *far_current(struct flow *f)
{
	for (uint32_t i = f->far->end_count; i-- > 0;)
		if (f->far->ends[i]->stream)
			return f->far->ends[i];
	fail_msg("the far end has no connection");
	return NULL;
}

struct io_mark flow_far_mark(struct flow *f)
{
	const struct stream *s = far_current(f)->stream;

	return sim_stream_mark(f->w, stream_peer(s), stream_local(s));
}

static int64_t far_turn(void *owner, int64_t now_ns)
{
	struct flow_far *far = owner;

	tmr_wheel_run(far->wheel, now_ns, 100);
	return tmr_wheel_next(far->wheel);
}

static void far_context(struct flow_far *far, struct tls_context **out, bool is_server,
			const char *file)
{
	const struct tls_conf conf = {.server = is_server,
				      .cert_file = file,
				      .ca_file = "/tls/ca.pem",
				      .ciphers = far->ciphers,
				      .version_min = far->version,
				      .version_max = far->version,
				      .verify = !is_server};
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	if (tls_context_create(out, far->io, &conf, &error))
		fail_msg("%s", sink_cstr(&error));
}

int flow_post(void *flow, struct chore *chore)
{
	struct flow *f = flow;

	chore->run(chore, f->io);
	if (f->is_worker_slow)
		f->chore = chore;
	else
		chore->done(chore);
	return 0;
}

void flow_far_create(struct flow *f)
{
	struct flow_far *far = calloc(1, sizeof(*far));
	struct io_conf io = {.name = "far",
			     .metrics = &far->metrics,
			     .stream_max = FAR_ENDS,
			     .stream_out_max = 1 << 20,
			     .cpu = -1};
	struct streams_conf streams = {.metrics = &far->metrics, .stream_max = FAR_ENDS};
	uint32_t host = 0;

	f->far = far;
	assert_int_equal(sim_fs_import(f->w, "tests/tls", "/tls"), 0);
	while (host < 8)
		host = sim_host_add(f->w, "far");
	sim_host_use(f->w, host);
	assert_int_equal(io_create(&far->io, &io), 0);
	assert_int_equal(tmr_wheel_create(&far->wheel, sim_now(f->w)), 0);
	streams.io = far->io;
	streams.wheel = far->wheel;
	assert_int_equal(streams_create(&far->streams, &streams), 0);
	if (strcmp(f->protocol, "tls") == 0) {
		far_context(far, &far->tls_in, true, "/tls/whole.pem");
		far_context(far, &far->tls_out, false, "/tls/whole.pem");
	}
	assert_int_equal(
		stream_listen(far->streams, &far->listener, &flow_peer, far->tls_in, far_accept, f),
		0);
	assert_int_equal(io_start(far->io, far_turn, far), 0);
	sim_host_use(f->w, 0);
}

void flow_far_destroy(struct flow *f)
{
	struct flow_far *far = f->far;

	if (!far)
		return;
	streams_destroy(far->streams);
	io_stop(far->io);
	io_join(far->io);
	io_destroy(far->io);
	tmr_wheel_destroy(far->wheel);
	tls_context_unref(far->tls_in);
	tls_context_unref(far->tls_out);
	for (uint32_t i = 0; i < far->end_count; i++)
		free(far->ends[i]);
	free(far);
}

void flow_far_send(struct flow *f, const char *text)
{
	flow_far_octets(f, slice_str(text), SIZE_MAX);
}

void flow_far_octets(struct flow *f, struct slice octets, size_t piece)
{
	while (octets.len) {
		struct slice part = slice_head(octets, piece);
		struct stream *s = far_current(f)->stream;

		assert_int_equal(stream_send(s, part.ptr, part.len), 0);
		octets = slice_from(octets, part.len);
		io_wake(f->far->io);
		sim_run_for(f->w, 5 * SIM_MS);
	}
}

void flow_far_call(struct flow *f)
{
	struct far_end *e = far_new(f);

	assert_int_equal(stream_connect(f->far->streams, &e->stream, &flow_engine, f->far->tls_out,
					"10.0.0.1", &far_handler, e),
			 0);
	io_wake(f->far->io);
	sim_run_for(f->w, 50 * SIM_MS);
}

void flow_far_close(struct flow *f)
{
	struct far_end *e = far_current(f);

	stream_close(e->stream, true);
	e->stream = NULL;
	io_wake(f->far->io);
	sim_run_for(f->w, 20 * SIM_MS);
}

void flow_far_last(struct flow *f, const char *text)
{
	assert_int_equal(stream_send(far_current(f)->stream, text, strlen(text)), 0);
	flow_far_close(f);
}

void flow_far_tls(struct flow *f, enum tls_version version, const char *ciphers)
{
	f->far->version = version;
	f->far->ciphers = ciphers;
}

void flow_far_certificate(struct flow *f, const char *file)
{
	struct tls_context *next;

	tls_context_unref(f->far->tls_out);
	far_context(f->far, &f->far->tls_out, false, file);
	if (!file)
		return;
	far_context(f->far, &next, true, file);
	stream_listener_set_tls(f->far->listener, next);
	tls_context_unref(f->far->tls_in);
	f->far->tls_in = next;
}

void flow_far_pause(struct flow *f, bool paused)
{
	stream_pause(far_current(f)->stream, paused);
	io_wake(f->far->io);
	sim_run_for(f->w, SIM_SECOND);
}

void flow_far_deaf(struct flow *f)
{
	stream_listener_close(f->far->listener);
	f->far->listener = NULL;
}

struct flow_far_counts flow_far_count(const struct flow *f)
{
	struct flow_far_counts c = f->far->counts;

	for (uint32_t i = 0; i < f->far->end_count; i++)
		c.open += f->far->ends[i]->stream != NULL;
	return c;
}

/* ---- shards without room ---- */

bool flow_has_room(void *arg, uint32_t shard, size_t len)
{
	struct flow *f = arg;

	assert_true(len > 0);
	if (f->full >> shard & 1)
		return false;
	if (f->room == 0)
		f->full |= UINT64_C(1) << shard;
	else if (f->room > 0)
		f->room--;
	return !(f->full >> shard & 1);
}

bool flow_forward(void *arg, uint32_t shard, const struct sip_parcel *p, struct slice data)
{
	struct flow *f = arg;

	if (!p->is_vital && (f->is_full || (shard == 0 && f->is_blocked)))
		return false;
	if (shard == 0 && f->is_choked)
		return false;
	if (f->is_late && p->kind == SIP_PARCEL_LOST) {
		assert_true(f->late_count < FLOW_LATE);
		f->late[f->late_count++] = (struct flow_late){.shard = shard, .parcel = *p};
		return true;
	}
	sip_deliver(f->sips[shard], p, data);
	return true;
}

static void flow_tell_late_job(struct flow *f)
{
	f->is_late = false;
	for (uint32_t i = 0; i < f->late_count; i++)
		sip_deliver(f->sips[f->late[i].shard], &f->late[i].parcel, SLICE_EMPTY);
	f->late_count = 0;
}

void flow_tell_late(struct flow *f)
{
	flow_do(f, flow_tell_late_job);
}

static void flow_make_room_job(struct flow *f)
{
	uint64_t shards = f->full;

	f->full = 0;
	f->room = f->number;
	sip_take_room(f->sips[0], shards);
}

void flow_make_room(struct flow *f, int64_t messages)
{
	f->number = (int)messages;
	flow_do(f, flow_make_room_job);
}

/* ---- access lists ---- */

void flow_take_acls(struct sip_conf *conf)
{
	const struct memconf_file files[] = {
		{"acl.conf",
		 "[inside]\ndeny=0.0.0.0/0\npermit=10.0.0.0/24\n[outside]\ndeny=10.0.0.0/8\n", 0},
		{NULL, NULL, 0}};
	struct conffile_error why;
	struct acl_book *book;
	static struct memconf m;
	struct conffile *cf;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "acl.conf", &why), 0);
	assert_int_equal(acl_book_load(&book, cf), 0);
	assert_int_equal(sip_conf_take_acls(conf, book), 0);
	acl_book_free(book);
	conffile_free(cf);
}
