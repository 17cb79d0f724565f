#include "rtp/sound.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/io/io.h"

#define DEPTH_MAX 8
#define KEY_MAX	  LIMIT_PATH

struct sound_entry {
	char *key; /* relative to the directory, without extension */
	struct sound_prompt *prompt;
};

struct sound_library {
	char dir[LIMIT_PATH];
	char default_language[32];
	bool language_prefix;
	bool search_custom_dir;
	size_t file_bytes_max, total_bytes_max, bytes;
	struct sound_entry *entries; /* sorted by key */
	uint32_t count;
	atomic_uint users; /* the owner counts as one until it retires the library */
};

/* A file found on disk. Sorted, the formats of one key stand together. */
struct sound_file {
	char *key;
	char *path;
	enum sound_format format;
};

struct sound_scan {
	struct io *io;
	struct sound_file *files;
	size_t count, room;
	uint32_t unread; /* files of formats that we do not read */
	unsigned depth;
	const char *dir;  /* of the current directory */
	const char *base; /* its path relative to the top, "" or "en/" */
};

const struct sound_conf sound_conf_default = {
	.default_language = "en",
	.language_prefix = true,
	.file_bytes_max = (size_t)64 << 20,
	.total_bytes_max = (size_t)1 << 30,
};

/* --- scan --- */

static int scan_add(struct sound_scan *scan, struct slice key, const char *path,
		    enum sound_format format)
{
	struct sound_file *file;

	if (scan->count == LIMIT_SOUND_FILES)
		return -EMFILE;
	if (scan->count == scan->room) {
		size_t room = scan->room ? scan->room * 2 : 256;
		struct sound_file *files = realloc(scan->files, room * sizeof(*files));

		if (!files)
			return -ENOMEM;
		scan->files = files;
		scan->room = room;
	}
	file = &scan->files[scan->count];
	file->key = strndup(key.ptr, key.len);
	file->path = strdup(path);
	file->format = format;
	if (!file->key || !file->path) {
		free(file->key);
		free(file->path);
		return -ENOMEM;
	}
	scan->count++;
	return 0;
}

static int scan_dir(struct sound_scan *scan, const char *dir, const char *base);

static int scan_file(struct sound_scan *scan, struct slice key, const char *path)
{
	size_t dot = slice_rfind(key, '.');
	enum sound_format format;

	if (dot == SIZE_MAX || dot == 0)
		return 0;
	if (!sound_format_of(slice_from(key, dot + 1), &format)) {
		scan->unread++;
		return 0;
	}
	return scan_add(scan, slice_head(key, dot), path, format);
}

static int scan_name(void *arg, const char *name)
{
	struct sound_scan *scan = arg;
	char path[LIMIT_PATH], key[KEY_MAX];
	struct sink p = sink_make(path, sizeof(path) - 1), k = sink_make(key, sizeof(key) - 2);
	struct io_fs_stat st;

	if (name[0] == '.')
		return 0;
	sink_fmt(&p, "%s/%s", scan->dir, name);
	sink_fmt(&k, "%s%s", scan->base, name);
	if (p.over || k.over) {
		log_warning("sound file %s/%s left out: its path is longer than %d octets",
			    scan->dir, name, LIMIT_PATH);
		return 0;
	}
	sink_cstr(&p);
	if (io_fs_stat(scan->io, path, &st))
		return 0;
	if (st.is_regular)
		return scan_file(scan, sink_slice(&k), path);
	if (!st.is_dir || scan->depth == DEPTH_MAX)
		return 0;
	sink_char(&k, '/');
	sink_cstr(&k);
	return scan_dir(scan, path, key);
}

static int scan_dir(struct sound_scan *scan, const char *dir, const char *base)
{
	const char *dir_before = scan->dir, *base_before = scan->base;
	int rc;

	scan->dir = dir;
	scan->base = base;
	scan->depth++;
	rc = io_fs_list(scan->io, dir, scan_name, scan);
	scan->depth--;
	scan->dir = dir_before;
	scan->base = base_before;
	return rc;
}

static void scan_free(struct sound_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		free(scan->files[i].key);
		free(scan->files[i].path);
	}
	free(scan->files);
}

static int file_compare(const void *a, const void *b)
{
	const struct sound_file *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (int)x->format - (int)y->format;
}

/* --- load --- */

/* 0 also when the file is left out with a message: *out stays NULL. */
static int library_read(struct sound_library *lib, struct io *io, const struct sound_file *file,
			struct sound_prompt **out)
{
	char *data, text[256];
	struct sink why = sink_make(text, sizeof(text));
	size_t len;
	int rc = io_fs_load(io, file->path, lib->file_bytes_max, &data, &len);

	if (rc == -ENOMEM)
		return rc;
	if (rc) {
		log_warning("sound file %s left out: %s", file->path,
			    rc == -EFBIG ? "it is larger than the limit for one file"
					 : strerror(-rc));
		return 0;
	}
	rc = sound_prompt_make(out, file->format, data, len, &why);
	free(data);
	if (rc && rc != -ENOMEM) {
		log_warning("sound file %s left out: %s", file->path, sink_cstr(&why));
		rc = 0;
	}
	return rc;
}

/* Takes the samples of one codec from a file in that very format, if it is of equal length. */
static bool prompt_graft(struct sound_prompt *prompt, const struct sound_prompt *native,
			 enum codec c)
{
	if (!native)
		return true;
	if (native->samples != prompt->samples)
		return false;
	memcpy((uint8_t *)(uintptr_t)prompt->data[c], native->data[c], native->samples);
	return true;
}

/* Linear sound serves both laws, unless a native file says otherwise; native beats transcoded.
 * Native files of another length than the rest are another sound: then the native one stands for
 * all. */
static struct sound_prompt *library_choose(struct sound_prompt *const got[SOUND_FORMAT_COUNT])
{
	struct sound_prompt *pcm = got[SOUND_SLN] ? got[SOUND_SLN] : got[SOUND_WAV];
	struct sound_prompt *native = got[SOUND_ULAW] ? got[SOUND_ULAW] : got[SOUND_ALAW];
	struct sound_prompt *best = pcm ? pcm : native;

	if (best && (!prompt_graft(best, got[SOUND_ULAW], CODEC_PCMU) ||
		     !prompt_graft(best, got[SOUND_ALAW], CODEC_PCMA)))
		best = native;
	return best;
}

static int library_keep(struct sound_library *lib, const struct sound_file *file,
			struct sound_prompt *prompt)
{
	size_t bytes = sound_prompt_bytes(prompt->samples);
	struct sound_entry *entry = &lib->entries[lib->count];

	if (lib->bytes + bytes > lib->total_bytes_max) {
		log_warning("sound file %s left out: the sounds have reached their limit of %zu "
			    "bytes",
			    file->path, lib->total_bytes_max);
		free(prompt);
		return 0;
	}
	entry->key = strdup(file->key);
	entry->prompt = prompt;
	if (!entry->key) {
		free(prompt);
		return -ENOMEM;
	}
	lib->bytes += bytes;
	lib->count++;
	return 0;
}

/* One key: its files in the order ulaw, alaw, sln, wav. A wav beside an sln is not read. */
static int library_load_key(struct sound_library *lib, struct io *io,
			    const struct sound_file *files, size_t count)
{
	struct sound_prompt *got[SOUND_FORMAT_COUNT] = {0}, *best;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		enum sound_format format = files[i].format;
		bool needless = format >= SOUND_SLN &&
				((got[SOUND_ULAW] && got[SOUND_ALAW]) || got[SOUND_SLN]);

		if (!needless && !got[format])
			rc = library_read(lib, io, &files[i], &got[format]);
	}
	best = rc == 0 ? library_choose(got) : NULL;
	for (size_t f = 0; f < SOUND_FORMAT_COUNT; f++)
		if (got[f] != best)
			free(got[f]);
	return best ? library_keep(lib, &files[0], best) : rc;
}

static int library_load_files(struct sound_library *lib, struct io *io, struct sound_scan *scan)
{
	size_t at = 0;

	if (scan->count == 0)
		return 0;
	qsort(scan->files, scan->count, sizeof(scan->files[0]), file_compare);
	lib->entries = calloc(scan->count, sizeof(lib->entries[0]));
	if (!lib->entries)
		return -ENOMEM;
	while (at < scan->count) {
		size_t end = at + 1;
		int rc;

		while (end < scan->count && strcmp(scan->files[end].key, scan->files[at].key) == 0)
			end++;
		rc = library_load_key(lib, io, scan->files + at, end - at);
		if (rc)
			return rc;
		at = end;
	}
	return 0;
}

static int library_fill(struct sound_library *lib, struct io *io)
{
	struct sound_scan scan = {.io = io};
	int rc = scan_dir(&scan, lib->dir, "");

	if (rc == -EMFILE) {
		log_warning("sounds directory %s: only the first %d files are read", lib->dir,
			    LIMIT_SOUND_FILES);
	} else if (rc && rc != -ENOMEM) {
		log_warning("sounds directory %s cannot be read: %s; no file can be played. "
			    "Create it, or set astdatadir in asterisk.conf",
			    lib->dir, strerror(-rc));
	}
	rc = rc == -ENOMEM ? rc : library_load_files(lib, io, &scan);
	if (rc == 0 && scan.unread)
		log_notice("%u files in %s are in formats that are not played (played are ulaw, "
			   "alaw, sln and 8 kHz wav)",
			   scan.unread, lib->dir);
	scan_free(&scan);
	return rc;
}

int sound_library_load(struct sound_library **out, struct io *io, const struct sound_conf *conf)
{
	struct sound_library *lib = calloc(1, sizeof(*lib));
	int rc;

	if (!lib)
		return -ENOMEM;
	slice_copy(lib->dir, sizeof(lib->dir), slice_str(conf->dir));
	while (lib->dir[0] && lib->dir[1] && lib->dir[strlen(lib->dir) - 1] == '/')
		lib->dir[strlen(lib->dir) - 1] = '\0';
	slice_copy(lib->default_language, sizeof(lib->default_language),
		   slice_str(conf->default_language));
	atomic_init(&lib->users, 1);
	lib->language_prefix = conf->language_prefix;
	lib->search_custom_dir = conf->search_custom_dir;
	lib->file_bytes_max = conf->file_bytes_max;
	lib->total_bytes_max = conf->total_bytes_max;
	rc = lib->dir[0] ? library_fill(lib, io) : 0;
	if (rc) {
		sound_library_destroy(lib);
		return rc;
	}
	*out = lib;
	return 0;
}

void sound_library_destroy(struct sound_library *lib)
{
	if (!lib)
		return;
	for (uint32_t i = 0; i < lib->count; i++) {
		free(lib->entries[i].key);
		free(lib->entries[i].prompt);
	}
	free(lib->entries);
	free(lib);
}

void sound_library_take(struct sound_library *lib)
{
	atomic_fetch_add_explicit(&lib->users, 1, memory_order_relaxed);
}

void sound_library_release(struct sound_library *lib)
{
	unsigned before = atomic_fetch_sub_explicit(&lib->users, 1, memory_order_acq_rel);

	check(before > 0);
	if (before == 1)
		sound_library_destroy(lib);
}

void sound_library_retire(struct sound_library *lib)
{
	if (lib)
		sound_library_release(lib);
}

bool sound_library_is_unused(const struct sound_library *lib)
{
	return atomic_load_explicit(&lib->users, memory_order_acquire) <= 1;
}

const char *sound_library_dir(const struct sound_library *lib)
{
	return lib->dir;
}

uint32_t sound_library_count(const struct sound_library *lib)
{
	return lib->count;
}

size_t sound_library_bytes(const struct sound_library *lib)
{
	return lib->bytes;
}

/* --- lookup --- */

static const struct sound_prompt *library_get(const struct sound_library *lib, struct slice key)
{
	uint32_t low = 0, high = lib->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = slice_cmp(key, slice_str(lib->entries[middle].key));

		if (order == 0)
			return lib->entries[middle].prompt;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* en_US_f, then en_US, then en: the language with its last n parts cut off; empty: no such. */
static struct slice language_cut(struct slice language, unsigned parts)
{
	while (parts-- > 0) {
		size_t at = slice_rfind(language, '_');

		if (at == SIZE_MAX)
			return SLICE_EMPTY;
		language = slice_head(language, at);
	}
	return language;
}

static void place_write(const struct sound_library *lib, struct slice name, struct slice language,
			struct sink *out)
{
	size_t slash = lib->language_prefix ? SIZE_MAX : slice_rfind(name, '/');

	if (language.len == 0) {
		sink_add(out, name);
	} else if (slash == SIZE_MAX) {
		sink_add(out, language);
		sink_char(out, '/');
		sink_add(out, name);
	} else {
		sink_add(out, slice_head(name, slash + 1));
		sink_add(out, language);
		sink_add(out, slice_from(name, slash));
	}
}

/* Absolute names below the directory become relative; others have no place in the library. */
static bool place_name(const struct sound_library *lib, struct slice *name, bool *absolute)
{
	struct slice dir = slice_str(lib->dir);

	*absolute = name->len && name->ptr[0] == '/';
	if (!*absolute)
		return name->len > 0;
	if (!slice_starts(*name, dir) || name->len <= dir.len + 1 || name->ptr[dir.len] != '/')
		return false;
	*name = slice_from(*name, dir.len + 1);
	return true;
}

bool sound_place(const struct sound_library *lib, struct slice name, struct slice language,
		 unsigned n, struct sink *out)
{
	struct slice part;
	bool absolute;

	if (n >= SOUND_PLACES || !place_name(lib, &name, &absolute))
		return false;
	if (n == 0) {
		if (lib->search_custom_dir && !absolute) {
			sink_lit(out, "custom/");
			sink_add(out, name);
		}
		return true;
	}
	/* 1..3 the language, 4 none, 5 the default. */
	part = n == 5 ? slice_str(lib->default_language) : language_cut(language, n - 1);
	if (n == 4)
		part = SLICE_EMPTY;
	if ((n != 4 && part.len == 0) || (absolute && lib->language_prefix && n != 4))
		return true;
	place_write(lib, name, part, out);
	return true;
}

const struct sound_prompt *sound_find(const struct sound_library *lib, struct slice name,
				      struct slice language)
{
	char room[KEY_MAX];

	for (unsigned n = 0; n < SOUND_PLACES; n++) {
		struct sink key = sink_make(room, sizeof(room));
		const struct sound_prompt *prompt;

		if (!sound_place(lib, name, language, n, &key))
			return NULL;
		if (key.len == 0 || key.over)
			continue;
		prompt = library_get(lib, sink_slice(&key));
		if (prompt)
			return prompt;
	}
	return NULL;
}
