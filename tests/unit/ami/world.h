/* tests/unit/ami/world.h - what the manager interface stands on, as fakes: clock, streams, the
 * control shard with a roster of channels. Time moves when a test says so; nothing waits.
 *
 * A test is one program: all of struct control and struct io here is its one world. */
#ifndef RINGER_TESTS_UNIT_AMI_WORLD_H
#define RINGER_TESTS_UNIT_AMI_WORLD_H

#include "ami/ami.h"
#include "engine/base/check.h"
#include "engine/base/metric.h"
#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/core/control.h"
#include "engine/core/db.h"
#include "engine/core/tech_admin.h"
#include "engine/io/io.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#define WORLD_CLIENTS 64
#define WORLD_OUT     (16 << 20)
#define WORLD_CHANS   4096
#define WORLD_ORDERS  16

struct io_stream {
	bool used, closed, flushed, paused, stalled;
	const struct io_stream_handler *handler;
	void *arg;
	struct addr peer, local;
	int number;
	char *out;
	size_t out_len;	  /* all that was sent and not taken by the test */
	size_t out_taken; /* of it, what the far end has read */
};

struct world_order {
	struct originate order;
	char packed[65536];
	struct source source;
	uint64_t cookie;
};

struct world_question {
	control_reply_fn fn;
	void *arg;
};

static struct world {
	int64_t now_ns, wall_ns;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct metrics metrics;
	struct cli *cli;
	struct dialplan *dialplan;
	struct db *db;
	struct ami *ami;
	bool stopping;

	io_accept_fn accept;
	void *accept_arg;
	struct addr listening;
	int listen_error;
	struct io_stream streams[WORLD_CLIENTS];

	control_event_fn subscriber;
	void *subscriber_arg;
	struct list chans;
	struct roster_chan chan[WORLD_CHANS];
	uint32_t chan_count;
	struct slice taken_id;

	struct world_order orders[WORLD_ORDERS];
	uint32_t order_count;
	int originate_error;

	bool late_answers; /* questions wait for world_answer */
	struct world_question question;
	const char *vars[8][2]; /* name, value: of every channel and the globals */
	int hangup_cause;
	const struct tech_admin *admin;
	bool redirect_full;    /* the shard cannot be told */
	int redirect_fails_at; /* only the n-th redirect from now; 0: none */
	char commands[4096];   /* hangups, redirects and settings, a line each */
	int reload_error;
	int edits_busy; /* so often the dialplan cannot be edited */
} world;

/* ---- seam ---- */

int64_t io_now_ns(const struct io *io)
{
	(void)io;
	return world.now_ns;
}

int64_t io_wall_ns(const struct io *io)
{
	(void)io;
	return world.wall_ns;
}

void io_local_time(const struct io *io, int64_t wall_ns, struct tm *out)
{
	time_t t = (time_t)(wall_ns / 1000000000);

	(void)io;
	gmtime_r(&t, out);
}

void io_random(struct io *io, void *dst, size_t len)
{
	(void)io;
	memset(dst, 0x5a, len);
}

int io_listen_tcp(struct io *io, struct io_listener **out, const struct addr *local,
		  io_accept_fn fn, void *arg)
{
	(void)io;
	if (world.listen_error)
		return world.listen_error;
	world.accept = fn;
	world.accept_arg = arg;
	world.listening = *local;
	*out = (struct io_listener *)&world;
	return 0;
}

int io_listener_mark(struct io_listener *l, struct io_mark mark)
{
	(void)l;
	(void)mark;
	return 0;
}

int io_stream_mark(struct io_stream *s, struct io_mark mark)
{
	(void)s;
	(void)mark;
	return 0;
}

void io_listener_close(struct io_listener *l)
{
	(void)l;
	world.accept = NULL;
}

void io_stream_set_handler(struct io_stream *s, const struct io_stream_handler *handler, void *arg)
{
	s->handler = handler;
	s->arg = arg;
}

int io_stream_send(struct io_stream *s, const void *data, size_t len)
{
	check(!s->closed);
	if (s->out_len + len > WORLD_OUT)
		return -ENOBUFS;
	memcpy(s->out + s->out_len, data, len);
	s->out_len += len;
	return 0;
}

size_t io_stream_queued(const struct io_stream *s)
{
	return s->out_len - s->out_taken;
}

void io_stream_pause(struct io_stream *s, bool paused)
{
	s->paused = paused;
}

void io_stream_close(struct io_stream *s, bool flush)
{
	check(!s->closed);
	s->closed = true;
	s->flushed = flush;
}

const struct addr *io_stream_local(const struct io_stream *s)
{
	return &s->local;
}

int io_stream_number(const struct io_stream *s)
{
	return s->number;
}

const struct addr *io_stream_peer(const struct io_stream *s)
{
	return &s->peer;
}

size_t io_stream_room(const struct io_stream *s)
{
	return WORLD_OUT - s->out_len;
}

/* What engine/io/stream and tls name beside; nobody calls out or reads files here. */
const struct addr *io_listener_local(const struct io_listener *l)
{
	(void)l;
	return &world.listening;
}

int io_connect_tcp(struct io *io, struct io_stream **out, const struct addr *to,
		   const struct io_stream_handler *handler, void *arg)
{
	(void)io;
	(void)out;
	(void)to;
	(void)handler;
	(void)arg;
	return -ENETUNREACH;
}

int io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len)
{
	(void)io;
	(void)path;
	(void)max;
	(void)text;
	(void)len;
	return -ENOENT;
}

int io_fs_list(struct io *io, const char *dir, io_fs_list_fn fn, void *arg)
{
	(void)io;
	(void)dir;
	(void)fn;
	(void)arg;
	return -ENOENT;
}

int io_fs_stat(struct io *io, const char *path, struct io_fs_stat *out)
{
	(void)io;
	(void)path;
	(void)out;
	return -ENOENT;
}

void io_wake(struct io *io)
{
	(void)io;
}

/* There is no file anywhere: the actions about them have their tests in the simulator. */
int io_fs_open(struct io *io, const char *path, unsigned flags, unsigned mode)
{
	(void)io;
	(void)path;
	(void)flags;
	(void)mode;
	return -ENOENT;
}

void io_fs_close(struct io *io, int fd)
{
	(void)io;
	(void)fd;
}

ssize_t io_fs_write(struct io *io, int fd, const void *data, size_t len)
{
	(void)io;
	(void)fd;
	(void)data;
	(void)len;
	return -EBADF;
}

int io_fs_sync(struct io *io, int fd)
{
	(void)io;
	(void)fd;
	return -EBADF;
}

int io_fs_rename(struct io *io, const char *from, const char *to)
{
	(void)io;
	(void)from;
	(void)to;
	return -ENOENT;
}

int io_fs_unlink(struct io *io, const char *path)
{
	(void)io;
	(void)path;
	return -ENOENT;
}

int io_fs_real_path(struct io *io, const char *path, char *dst, size_t size)
{
	(void)io;
	(void)path;
	(void)dst;
	(void)size;
	return -ENOENT;
}

/* ---- control ---- */

/* Done at once. */
int control_post(struct control *c, struct chore *chore)
{
	chore->run(chore, (struct io *)c);
	chore->done(chore);
	return 0;
}

/* In memory, made when it is asked for. */
struct db *control_db(struct control *c)
{
	const struct db_conf conf = {.seed = 1, .metrics = &world.metrics};

	(void)c;
	if (!world.db)
		check(db_create(&world.db, &conf, NULL) == 0);
	return world.db;
}

struct io *control_io(struct control *c)
{
	return (struct io *)c;
}

struct tmr_wheel *control_wheel(struct control *c)
{
	(void)c;
	return world.wheel;
}

struct rng *control_rng(struct control *c)
{
	(void)c;
	return &world.rng;
}

struct metrics *control_metrics(struct control *c)
{
	(void)c;
	return &world.metrics;
}

struct cli *control_cli(struct control *c)
{
	(void)c;
	return world.cli;
}

const struct dialplan *control_dialplan(struct control *c)
{
	(void)c;
	return world.dialplan;
}

bool control_is_stopping(const struct control *c)
{
	(void)c;
	return world.stopping;
}

int64_t control_start_wall_ns(const struct control *c)
{
	(void)c;
	return INT64_C(1795447000) * 1000000000;
}

int64_t control_reload_wall_ns(const struct control *c)
{
	return control_start_wall_ns(c) + 10 * TMR_SECOND;
}

int control_originate(struct control *c, const struct originate *o, const struct source *source,
		      uint64_t cookie, uint64_t *id_out)
{
	struct world_order *w = &world.orders[world.order_count];

	(void)c;
	(void)id_out;
	if (world.originate_error)
		return world.originate_error;
	check(world.order_count < WORLD_ORDERS);
	check(originate_packed_bytes(o) <= sizeof(w->packed));
	check(originate_unpack(w->packed, originate_pack(w->packed, o), &w->order));
	w->source = *source;
	w->cookie = cookie;
	world.order_count++;
	return 0;
}

struct roster_chan *control_find_chan(struct control *c, struct slice name_or_id)
{
	(void)c;
	list_for (node, &world.chans) {
		struct roster_chan *chan = list_entry(node, struct roster_chan, node);

		if (slice_ieq(chan->snap.name, name_or_id) ||
		    slice_ieq(chan->snap.uniqueid, name_or_id))
			return chan;
	}
	return NULL;
}

struct list *control_chans(struct control *c)
{
	(void)c;
	return &world.chans;
}

uint32_t control_chan_count(const struct control *c)
{
	(void)c;
	return world.chan_count;
}

uint64_t control_calls_processed(const struct control *c)
{
	(void)c;
	return 14;
}

bool control_is_id_taken(struct control *c, struct slice uniqueid)
{
	return slice_eq(world.taken_id, uniqueid) || control_find_chan(c, uniqueid);
}

#include "tests/unit/ami/world_chan.h"

int control_subscribe(struct control *c, control_event_fn fn, void *arg)
{
	(void)c;
	world.subscriber = fn;
	world.subscriber_arg = arg;
	return 0;
}

void control_publish(struct control *c, const struct event *e)
{
	(void)c;
	world.subscriber(world.subscriber_arg, e);
}

const struct tech_admin *control_admin(struct control *c, struct slice tech)
{
	(void)c;
	(void)tech;
	return world.admin;
}

#include "tests/unit/ami/world_dialplan.h"

int control_reload(struct control *c, struct slice module, struct sink *text)
{
	(void)c;
	(void)module;
	(void)text;
	return world.reload_error;
}

/* ---- for tests ---- */

#define WORLD_CONTROL ((struct control *)&world)

/* What is due by the instant that is `ns` from now happens. */
static inline void world_run(int64_t ns)
{
	world.now_ns += ns;
	world.wall_ns += ns;
	tmr_wheel_run(world.wheel, world.now_ns, UINT32_MAX);
}

/* cdr_manager NULL: no such file. */
static inline struct ami_conf *world_confs(const char *text, const char *cdr_manager)
{
	const struct memconf_file files[] = {
		{"manager.conf", text, 0}, {"cdr_manager.conf", cdr_manager, 0}, {0}};
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf;
	struct ami_conf *conf;
	char said[512];
	struct sink error = sink_make(said, sizeof(said));

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "manager.conf", &err), 0);
	if (ami_conf_load(&conf, cf, &error))
		fail_msg("%s", sink_cstr(&error));
	conffile_free(cf);
	if (cdr_manager) {
		assert_int_equal(conffile_load(&cf, &m.source, "cdr_manager.conf", &err), 0);
		ami_conf_take_cdr(conf, cf);
		conffile_free(cf);
	}
	return conf;
}

static inline struct ami_conf *world_conf(const char *text)
{
	return world_confs(text, NULL);
}

#define WORLD_CONF                                                                                 \
	"[general]\nenabled=yes\nbindaddr=127.0.0.1\n"                                             \
	"[hello]\nsecret=world\nread=all ; everything\nwrite=all\n"                                \
	"[quiet]\nsecret=pst\nread=cdr\nwrite=reporting\n"

static inline void world_begin(const char *conf)
{
	memset(&world, 0, sizeof(world));
	world.now_ns = 5 * TMR_SECOND;
	world.wall_ns = INT64_C(1795447037) * 1000000000 + 123456000;
	list_init(&world.chans);
	rng_seed(&world.rng, 1);
	assert_int_equal(tmr_wheel_create(&world.wheel, world.now_ns), 0);
	assert_int_equal(cli_create(&world.cli), 0);
	assert_int_equal(
		ami_create(&world.ami, WORLD_CONTROL, world_conf(conf ? conf : WORLD_CONF)), 0);
}

static inline void world_end(void)
{
	ami_destroy(world.ami);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		free(world.streams[i].out);
	cli_destroy(world.cli);
	dialplan_free(world.dialplan);
	db_destroy(world.db);
	world.db = NULL;
	tmr_wheel_destroy(world.wheel);
	assert_int_equal(check_never_count(), 0);
}

static inline void world_dialplan(const char *text)
{
	const struct memconf_file files[] = {{"extensions.conf", text, 0}, {0}};
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "extensions.conf", &err), 0);
	assert_int_equal(dialplan_load(&world.dialplan, cf, &m.source), 0);
	conffile_free(cf);
}

static inline struct io_stream *world_connect_from(const char *ip)
{
	int i = 0;

	while (i < WORLD_CLIENTS && world.streams[i].used)
		i++;
	check(i < WORLD_CLIENTS);
	struct io_stream *s = &world.streams[i];
	s->used = true;
	s->number = 10 + i;
	s->out = malloc(WORLD_OUT);
	check(addr_parse(&s->peer, slice_str(ip), (uint16_t)(40000 + i)));
	check(addr_parse(&s->local, SLICE_LIT("127.0.0.1"), 5038));
	world.accept(world.accept_arg, s, &s->peer);
	return s;
}

static inline struct io_stream *world_connect(void)
{
	return world_connect_from("127.0.0.1");
}

/* Everything that came, as a C string; the far end has read it. */
static inline const char *world_read(struct io_stream *s)
{
	static char *text;
	bool had = s->out_len > s->out_taken;

	free(text);
	text = malloc(s->out_len + 1);
	memcpy(text, s->out, s->out_len);
	text[s->out_len] = 0;
	if (strlen(text) != s->out_len)
		fail_msg("a NUL was sent");
	s->out_len = s->out_taken = 0;
	if (had && !s->closed && s->handler->drained)
		s->handler->drained(s->arg, s);
	return text;
}

/* LF becomes CRLF. */
static inline void world_send(struct io_stream *s, const char *text)
{
	static char wire[1 << 18];
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '\n')
			wire[len++] = '\r';
		wire[len++] = *text;
	}
	s->handler->data(s->arg, s, wire, len);
}

static inline const char *world_ask_client(struct io_stream *s, const char *text)
{
	world_send(s, text);
	return world_read(s);
}

/* Compares with `want`, in which LF stands for CRLF; `#` stands for a run of digits. */
static inline void world_same(const char *got, const char *want, int line)
{
	const char *g = got, *w = want;

	while (*w) {
		if (*w == '#') {
			if (*g < '0' || *g > '9')
				break;
			while (*g >= '0' && *g <= '9')
				g++;
			w++;
			continue;
		}
		if (*w == '\n') {
			if (g[0] != '\r' || g[1] != '\n')
				break;
			g += 2;
			w++;
			continue;
		}
		if (*w != *g)
			break;
		w++;
		g++;
	}
	if (*w || *g)
		fail_msg("line %d: differs at\n%.200s\nwanted there\n%.200s\n", line, g, w);
}

#define EXPECT(stream, want)		 world_same(world_read(stream), want, __LINE__)
#define EXPECT_ANSWER(stream, ask, want) world_same(world_ask_client(stream, ask), want, __LINE__)

#define STARTS(text, with) assert_memory_equal(text, with, strlen(with))

#define WORLD_LOGIN "Action: Login\nUsername: hello\nSecret: world\n\n"

static inline struct io_stream *world_login(const char *text)
{
	struct io_stream *s = world_connect();

	world_send(s, text);
	world_read(s);
	return s;
}

/* A channel in the roster, up in default,100,1. */
static inline struct roster_chan *world_chan(const char *name, const char *uniqueid)
{
	struct roster_chan *chan = &world.chan[world.chan_count++];

	chan->snap = (struct chan_snap){
		.name = slice_str(name),
		.state = 6,
		.cid_num = SLICE_LIT("100"),
		.cid_name = SLICE_LIT("Ann"),
		.language = SLICE_LIT("en"),
		.context = SLICE_LIT("default"),
		.exten = SLICE_LIT("100"),
		.priority = 1,
		.uniqueid = slice_str(uniqueid),
		.linkedid = slice_str(uniqueid),
	};
	chan->app = SLICE_LIT("Wait");
	chan->appdata = SLICE_LIT("60");
	chan->created_wall_ns = world.wall_ns - 3661 * TMR_SECOND;
	list_add_tail(&world.chans, &chan->node);
	return chan;
}

static inline struct event world_event(enum event_kind kind)
{
	return (struct event){
		.kind = kind,
		.wall_ns = world.wall_ns,
		.snap =
			{
				.name = SLICE_LIT("PJSIP/self-00000000"),
				.language = SLICE_LIT("en"),
				.context = SLICE_LIT("uas"),
				.exten = SLICE_LIT("s"),
				.priority = 1,
				.uniqueid = SLICE_LIT("call-1"),
				.linkedid = SLICE_LIT("call-1"),
			},
	};
}

static inline void world_raise(const struct event *e)
{
	world.subscriber(world.subscriber_arg, e);
}

static inline uint64_t world_metric(enum metric which)
{
	return atomic_load(&world.metrics.value[which]);
}

#endif
