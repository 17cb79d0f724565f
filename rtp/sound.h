/* rtp/sound.h - the sound library: every prompt in memory, encoded once per codec, never changed.
 *
 * Choice: a shard must never wait for a disk, and does not know before a call which prompts it will
 * need. So the whole sounds directory is read at boot and at reload, on the control side, into one
 * immutable library: formats ulaw, alaw, sln and wav, each prompt kept once per spoken codec (8 kB
 * a second and codec). Files above file_bytes_max, and all that would lift the library above
 * total_bytes_max, are left out with a WARNING. A reload makes a new library and retires the old
 * one, which lives until the last player let go of it. What appears on disk later, or lies
 * elsewhere, is fetched by rtp/sound_loader.
 *
 * Lookup follows config.md section 13: language candidates (en_US_f, en_US, en), then no language,
 * then the default language; names without extension; custom/ first if asked for. */
#ifndef RINGER_RTP_SOUND_H
#define RINGER_RTP_SOUND_H

#include "engine/core/media.h"

#include <stdatomic.h>

struct io;

/* One prompt. data[c] holds `samples` octets for the G.711 codecs, NULL for others. */
struct sound_prompt {
	const uint8_t *data[CODEC_COUNT];
	atomic_uint *users; /* of a prompt that the loader lent; NULL: of a library or a tone set */
	uint32_t samples;
	bool loop; /* goes on from its start until it is stopped (tones) */
};

struct sound_conf {
	const char *dir;	      /* <astdatadir>/sounds */
	const char *default_language; /* "en" */
	bool language_prefix;	      /* <dir>/<lang>/<name>; else <dir>/<path>/<lang>/<file> */
	bool search_custom_dir;	      /* <dir>/custom/<name> first */
	size_t file_bytes_max;
	size_t total_bytes_max; /* of encoded samples */
};

extern const struct sound_conf sound_conf_default; /* dir NULL: an empty library */

struct sound_library;

/* Reads the directory with io_fs. A missing directory gives an empty library and a WARNING. 0,
 * -ENOMEM. Texts of the conf are copied. */
int sound_library_load(struct sound_library **out, struct io *io, const struct sound_conf *conf);
/* Unused, or at the end. NULL is fine. */
void sound_library_destroy(struct sound_library *lib);

/* For its owner: destroys it now, or with the release of its last user. NULL is fine. */
void sound_library_retire(struct sound_library *lib);

/* Users of the library, from any thread. */
void sound_library_take(struct sound_library *lib);
void sound_library_release(struct sound_library *lib);
bool sound_library_is_unused(const struct sound_library *lib);

/* The prompt of a name, or NULL. An absolute name counts if it lies below the sounds directory. */
const struct sound_prompt *sound_find(const struct sound_library *lib, struct slice name,
				      struct slice language);

/* The sounds directory, "" if there is none. */
const char *sound_library_dir(const struct sound_library *lib);
uint32_t sound_library_count(const struct sound_library *lib);
size_t sound_library_bytes(const struct sound_library *lib);

/* The n-th place where a name is looked for, relative to the sounds directory and without
 * extension; false when there are no more, *out empty when this one does not apply. */
#define SOUND_PLACES 6
bool sound_place(const struct sound_library *lib, struct slice name, struct slice language,
		 unsigned n, struct sink *out);

/* --- one prompt on its own: for the loader --- */

enum sound_format { SOUND_ULAW, SOUND_ALAW, SOUND_SLN, SOUND_WAV, SOUND_FORMAT_COUNT };

/* By extension, with its aliases; false: not one that we read. Case matters (WAV is GSM). */
bool sound_format_of(struct slice extension, enum sound_format *out);
/* The n-th extension that is read, best first; NULL: there are no more. */
const char *sound_extension(unsigned n, enum sound_format *format);

/* Encodes a file's octets into a prompt of one memory block (prompt and samples; free() it).
 * 0, -ENOMEM, -EINVAL or -ENOTSUP with one sentence in `why`. */
int sound_prompt_make(struct sound_prompt **out, enum sound_format format, const void *data,
		      size_t len, struct sink *why);
/* Done with a prompt that may be lent. NULL is fine; any thread. */
void sound_prompt_release(const struct sound_prompt *prompt);
/* The octets that a prompt of so many samples takes. */
size_t sound_prompt_bytes(uint32_t samples);

#endif
