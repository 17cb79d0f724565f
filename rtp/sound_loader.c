#include "rtp/sound_loader.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/base/log.h"
#include "engine/base/ring.h"
#include "engine/base/tmr.h"

#define ASKS_PER_TURN 8
#define FRESH_NS      INT64_C(1000000000) /* a finding is not doubted for that long */
#define BYTES_DEFAULT ((size_t)256 << 20)
#define HASH_SEED     0x50a4d

/* A finding: a prompt with its file, or that there is none. */
struct loaded {
	struct hash_node node;
	struct list order; /* by last use, or among the orphans */
	struct sound_prompt *prompt;
	atomic_uint users; /* plays and answers under way */
	int64_t checked_ns, mtime_ns, size_bytes;
	char *path;
	uint16_t name_len;
	char key[LIMIT_PATH + 16]; /* name and language */
	uint16_t key_len;
};

struct sound_loader {
	struct io *io;
	struct ring *asks;
	struct ring **answers;
	struct io **shards;
	uint32_t shard_count;
	size_t bytes_max, bytes;
	struct hash hash;
	struct list kept;    /* least recently used first */
	struct list orphans; /* replaced while they were used */
	uint32_t count;
};

/* --- findings --- */

static bool loaded_is_used(const struct loaded *f)
{
	return atomic_load_explicit(&f->users, memory_order_acquire) > 0;
}

static size_t loaded_bytes(const struct loaded *f)
{
	return f->prompt ? sound_prompt_bytes(f->prompt->samples) : 0;
}

static void loader_free(struct sound_loader *l, struct loaded *f)
{
	check(!loaded_is_used(f));
	l->bytes -= loaded_bytes(f);
	list_del(&f->order);
	free(f->prompt);
	free(f->path);
	free(f);
}

/* Out of the table; it lives on among the orphans as long as it is played. */
static void loader_drop(struct sound_loader *l, struct loaded *f)
{
	hash_del(&l->hash, &f->node);
	l->count--;
	if (!loaded_is_used(f)) {
		loader_free(l, f);
		return;
	}
	list_del(&f->order);
	list_add_tail(&l->orphans, &f->order);
}

static void loader_free_orphans(struct sound_loader *l)
{
	list_for_safe (node, &l->orphans) {
		struct loaded *f = list_entry(node, struct loaded, order);

		if (!loaded_is_used(f))
			loader_free(l, f);
	}
}

/* Makes room for one more finding of that size: false if what is in use stands against it. */
static bool loader_make_room(struct sound_loader *l, size_t bytes)
{
	list_for_safe (node, &l->kept) {
		struct loaded *f = list_entry(node, struct loaded, order);

		if (l->count < SOUND_LOADER_FILES && l->bytes + bytes <= l->bytes_max)
			return true;
		if (!loaded_is_used(f))
			loader_drop(l, f);
	}
	return l->count < SOUND_LOADER_FILES && l->bytes + bytes <= l->bytes_max;
}

static struct slice loader_key(const struct sound_ask *ask, char key[LIMIT_PATH + 16])
{
	memcpy(key, ask->name, ask->name_len);
	memcpy(key + ask->name_len, ask->language, ask->language_len);
	return slice_make(key, (size_t)ask->name_len + ask->language_len);
}

static struct loaded *loader_find(struct sound_loader *l, const struct sound_ask *ask)
{
	char room[LIMIT_PATH + 16];
	struct slice key = loader_key(ask, room);
	uint64_t hash = slice_hash(key, HASH_SEED);

	for (struct hash_node *n = hash_first(&l->hash, hash); n; n = hash_next(n)) {
		struct loaded *f = hash_entry(n, struct loaded, node);

		if (f->name_len == ask->name_len && slice_eq(slice_make(f->key, f->key_len), key))
			return f;
	}
	return NULL;
}

/* Keeps what was found (prompt and path NULL: nothing was). NULL: no room, or no memory. */
static struct loaded *loader_keep(struct sound_loader *l, const struct sound_ask *ask,
				  struct sound_prompt *prompt, const char *path,
				  const struct io_fs_stat *st)
{
	size_t bytes = prompt ? sound_prompt_bytes(prompt->samples) : 0;
	struct loaded *f;

	if (!loader_make_room(l, bytes)) {
		log_warning("sound %.*s cannot be read: the sounds being played have reached their "
			    "limit of %zu bytes",
			    (int)ask->name_len, ask->name, l->bytes_max);
		return NULL;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->path = path ? strdup(path) : NULL;
	if (path && !f->path) {
		free(f);
		return NULL;
	}
	f->prompt = prompt;
	f->mtime_ns = st->mtime_ns;
	f->size_bytes = st->size_bytes;
	f->checked_ns = io_now_ns(l->io);
	f->name_len = ask->name_len;
	f->key_len = (uint16_t)loader_key(ask, f->key).len;
	if (prompt)
		prompt->users = &f->users;
	hash_add(&l->hash, &f->node, slice_hash(slice_make(f->key, f->key_len), HASH_SEED));
	list_add_tail(&l->kept, &f->order);
	l->count++;
	l->bytes += bytes;
	return f;
}

/* --- looking on disk --- */

/* One file, if it is there. 0; -ENOENT; others are said. */
static int loader_read(struct sound_loader *l, const char *path, enum sound_format format,
		       struct sound_prompt **out, struct io_fs_stat *st)
{
	char *data, text[256];
	struct sink why = sink_make(text, sizeof(text));
	size_t len;
	int rc = io_fs_stat(l->io, path, st);

	if (rc || !st->is_regular)
		return -ENOENT;
	rc = io_fs_load(l->io, path, sound_conf_default.file_bytes_max, &data, &len);
	if (rc) {
		log_warning("sound file %s cannot be read: %s", path, strerror(-rc));
		return rc;
	}
	rc = sound_prompt_make(out, format, data, len, &why);
	free(data);
	if (rc)
		log_warning("sound file %s cannot be played: %s", path,
			    why.len ? sink_cstr(&why) : strerror(-rc));
	return rc;
}

/* All extensions of one place. `path` is left at the file that was found. */
static int loader_read_place(struct sound_loader *l, struct sink *path, struct sound_prompt **out,
			     struct io_fs_stat *st)
{
	size_t base = path->len;
	enum sound_format format;
	const char *extension;

	for (unsigned n = 0; (extension = sound_extension(n, &format)); n++) {
		path->len = base;
		sink_char(path, '.');
		sink_str(path, extension);
		if (path->over)
			return -ENOENT;
		if (loader_read(l, sink_cstr(path), format, out, st) == 0)
			return 0;
	}
	return -ENOENT;
}

/* The n-th place into *path, empty if it does not apply. False: there are no more. */
static bool loader_place(const struct sound_ask *ask, unsigned n, struct sink *path)
{
	struct slice name = slice_make(ask->name, ask->name_len);
	char room[LIMIT_PATH];
	struct sink place = sink_make(room, sizeof(room));

	if (sound_place(ask->lib, name, slice_make(ask->language, ask->language_len), n, &place)) {
		if (place.len && !place.over)
			sink_fmt(path, "%s/%.*s", sound_library_dir(ask->lib),
				 SLICE_ARG(sink_slice(&place)));
		return true;
	}
	/* An absolute name from outside the sounds directory. */
	if (n > 0 || !slice_starts(name, SLICE_LIT("/")))
		return false;
	sink_add(path, name);
	return true;
}

static struct loaded *loader_look(struct sound_loader *l, const struct sound_ask *ask)
{
	struct sound_prompt *prompt = NULL;
	struct io_fs_stat st = {0};
	char room[2 * LIMIT_PATH];
	struct loaded *f;

	for (unsigned n = 0; !prompt; n++) {
		struct sink path = sink_make(room, sizeof(room) - 1);

		if (!loader_place(ask, n, &path))
			break;
		if (path.len && !path.over)
			loader_read_place(l, &path, &prompt, &st);
	}
	f = loader_keep(l, ask, prompt, prompt ? room : NULL, &st);
	if (!f)
		free(prompt);
	return f;
}

/* Still the file that was read? */
static bool loaded_is_true(struct sound_loader *l, struct loaded *f)
{
	struct io_fs_stat st;

	if (io_now_ns(l->io) - f->checked_ns < FRESH_NS)
		return true;
	f->checked_ns = io_now_ns(l->io);
	return f->prompt && io_fs_stat(l->io, f->path, &st) == 0 && st.mtime_ns == f->mtime_ns &&
	       st.size_bytes == f->size_bytes;
}

static void loader_serve(struct sound_loader *l, struct sound_ask *ask)
{
	struct loaded *f = loader_find(l, ask);

	if (f && !loaded_is_true(l, f)) {
		loader_drop(l, f);
		f = NULL;
	}
	if (!f)
		f = loader_look(l, ask);
	ask->prompt = f ? f->prompt : NULL;
	if (ask->prompt)
		atomic_fetch_add_explicit(&f->users, 1, memory_order_relaxed);
	if (f) {
		list_del(&f->order);
		list_add_tail(&l->kept, &f->order);
	}
}

/* --- the loop --- */

static void loader_answer(struct sound_loader *l, struct sound_ask *ask)
{
	/* A shard has no more asks under way than the ring takes. */
	check(ring_push_spsc(l->answers[ask->shard], ask));
	if (l->shards[ask->shard])
		io_wake(l->shards[ask->shard]);
}

static int64_t loader_turn(void *owner, int64_t now_ns)
{
	struct sound_loader *l = owner;
	void *ask;

	loader_free_orphans(l);
	for (unsigned n = 0; n < ASKS_PER_TURN; n++) {
		if (!ring_pop_mpsc(l->asks, &ask))
			return list_empty(&l->orphans) ? TMR_NEVER : now_ns + FRESH_NS;
		loader_serve(l, ask);
		loader_answer(l, ask);
	}
	return now_ns;
}

bool sound_loader_ask(struct sound_loader *l, struct sound_ask *ask)
{
	check(ask->shard < l->shard_count);
	check(ask->name_len <= sizeof(ask->name));
	check(ask->language_len <= sizeof(ask->language));
	if (!ring_push_mpsc(l->asks, ask))
		return false;
	io_wake(l->io);
	return true;
}

struct sound_ask *sound_loader_answer(struct sound_loader *l, uint32_t shard)
{
	void *ask;

	return ring_pop_spsc(l->answers[shard], &ask) ? ask : NULL;
}

/* --- life --- */

static int loader_create_rings(struct sound_loader *l)
{
	int rc = ring_create(&l->asks, SOUND_LOADER_ASKS);

	l->answers = calloc(l->shard_count, sizeof(*l->answers));
	l->shards = calloc(l->shard_count, sizeof(*l->shards));
	if (rc || !l->answers || !l->shards)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->shard_count && rc == 0; i++)
		rc = ring_create(&l->answers[i], SOUND_LOADER_ASKS);
	return rc;
}

int sound_loader_create(struct sound_loader **out, const struct sound_loader_conf *conf)
{
	struct sound_loader *l = calloc(1, sizeof(*l));
	struct io_conf io = {.name = "sounds",
			     .metrics = conf->metrics,
			     .cpu = -1,
			     .fail = conf->fail,
			     .fail_arg = conf->fail_arg};
	int rc;

	if (!l)
		return -ENOMEM;
	list_init(&l->kept);
	list_init(&l->orphans);
	l->shard_count = conf->shard_count;
	l->bytes_max = conf->bytes_max ? conf->bytes_max : BYTES_DEFAULT;
	rc = hash_create(&l->hash, SOUND_LOADER_FILES);
	if (rc == 0)
		rc = loader_create_rings(l);
	if (rc == 0)
		rc = io_create(&l->io, &io);
	if (rc) {
		sound_loader_destroy(l);
		return rc;
	}
	*out = l;
	return 0;
}

void sound_loader_attach(struct sound_loader *l, uint32_t shard, struct io *io)
{
	check(shard < l->shard_count);
	l->shards[shard] = io;
}

int sound_loader_start(struct sound_loader *l)
{
	return io_start(l->io, loader_turn, l);
}

void sound_loader_stop(struct sound_loader *l)
{
	void *item;

	io_stop(l->io);
	io_join(l->io);
	while (ring_pop_mpsc(l->asks, &item)) {
		struct sound_ask *ask = item;

		ask->prompt = NULL;
		check(ring_push_spsc(l->answers[ask->shard], ask));
	}
}

void sound_loader_destroy(struct sound_loader *l)
{
	if (!l)
		return;
	list_for_safe (node, &l->kept)
		loader_drop(l, list_entry(node, struct loaded, order));
	loader_free_orphans(l);
	check(list_empty(&l->orphans));
	for (uint32_t i = 0; l->answers && i < l->shard_count; i++)
		if (l->answers[i])
			ring_destroy(l->answers[i]);
	if (l->asks)
		ring_destroy(l->asks);
	hash_destroy(&l->hash);
	if (l->io)
		io_destroy(l->io);
	free(l->answers);
	free(l->shards);
	free(l);
}

uint32_t sound_loader_files(const struct sound_loader *l)
{
	return l->count;
}
