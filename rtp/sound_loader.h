/* rtp/sound_loader.h - sound files that the library does not hold, read when they are asked for.
 *
 * Dialers write a message to disk and play it in the next call, and name files anywhere on the
 * machine. A shard must not wait for a disk, so it asks: a worker loop of its own looks for the
 * file (the places of sound_place; absolute names as they are), encodes it, and answers; the call
 * plays a few milliseconds later. What was found is kept and shared as long as the file has the
 * same time and size (looked at again at most once a second), up to SOUND_LOADER_FILES files and
 * the bytes of the configuration; what was not found is not looked for again for a second.
 *
 * Life: create; attach each shard's loop; start; (asks and answers); stop, when the shards' loops
 * have ended; the shards' media is destroyed; destroy. */
#ifndef RINGER_RTP_SOUND_LOADER_H
#define RINGER_RTP_SOUND_LOADER_H

#include "engine/base/slab.h"
#include "engine/io/io.h"
#include "rtp/sound.h"

#define SOUND_LOADER_FILES 1024 /* found or not, kept at a time */
#define SOUND_LOADER_ASKS  4096 /* under way at a time, in all and for each shard */

struct sound_loader;

struct sound_loader_conf {
	struct metrics *metrics; /* of its loop */
	uint32_t shard_count;
	size_t bytes_max; /* of encoded samples kept; 0: 256 MiB */
	io_fail_fn fail;  /* as io_conf */
	void *fail_arg;
};

/* A question and its answer. Owned by the asking shard, but between ask and answer by the loader.
 */
struct sound_ask {
	struct sound_library *lib;	   /* taken by the asker, who releases it with the answer */
	const struct sound_prompt *prompt; /* answer; NULL: there is none. sound_prompt_release */
	handle_t user;
	uint32_t shard, number, index; /* user, number and index are the asker's */
	uint16_t name_len, language_len;
	char name[LIMIT_PATH];
	char language[16];
};

int sound_loader_create(struct sound_loader **out, const struct sound_loader_conf *conf);
/* The loop that is woken when there are answers for that shard. */
void sound_loader_attach(struct sound_loader *l, uint32_t shard, struct io *io);
int sound_loader_start(struct sound_loader *l);
/* Ends the loop and answers what is still asked with nothing. */
void sound_loader_stop(struct sound_loader *l);
/* All prompts must have been released. NULL is fine. */
void sound_loader_destroy(struct sound_loader *l);

/* From any shard. False: too much is under way. */
bool sound_loader_ask(struct sound_loader *l, struct sound_ask *ask);
/* By shard `shard`: the next answer, or NULL. */
struct sound_ask *sound_loader_answer(struct sound_loader *l, uint32_t shard);

/* Files kept, for tests and the console. Loader's thread, or when it has stopped. */
uint32_t sound_loader_files(const struct sound_loader *l);

#endif
