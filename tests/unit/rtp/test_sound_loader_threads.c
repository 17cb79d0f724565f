/* tests/unit/rtp/test_sound_loader_threads.c - the loader on the kernel's loops: two shards, one
 * worker.
 *
 * What the loader does is tested on virtual time (tests/sim/test_rtp_loader.c); here its threads
 * meet. */
#include "rtp/sound_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/unit/cmocka.h"

#define ASKS 400

struct asker {
	struct io *io;
	struct metrics metrics;
	struct sound_loader *loader;
	struct sound_library *lib;
	const char *dir;
	uint32_t shard, asked, answered, found, wrong;
	struct sound_ask asks[ASKS];
};

/* Every third name does not exist; the others are files of their number in octets. */
static void ask(struct asker *a)
{
	struct sound_ask *q = &a->asks[a->asked];

	q->lib = a->lib;
	q->shard = a->shard;
	q->number = a->asked % 3;
	q->name_len = (uint16_t)snprintf(q->name, sizeof(q->name), "%s/%u", a->dir, q->number);
	check(sound_loader_ask(a->loader, q));
	a->asked++;
}

static void take(struct asker *a, const struct sound_ask *q)
{
	a->answered++;
	if (!q->prompt) {
		a->wrong += q->number != 0;
		return;
	}
	a->found++;
	a->wrong += q->prompt->samples != q->number ||
		    q->prompt->data[CODEC_PCMU][0] != '0' + q->number;
	sound_prompt_release(q->prompt);
}

static int64_t turn(void *owner, int64_t now_ns)
{
	struct asker *a = owner;
	struct sound_ask *q;

	while ((q = sound_loader_answer(a->loader, a->shard)))
		take(a, q);
	for (unsigned n = 0; n < 7 && a->asked < ASKS; n++)
		ask(a);
	if (a->answered == ASKS)
		io_stop(a->io);
	/* The end is to come by the loader's bell, not by this clock. */
	return a->asked < ASKS ? now_ns : TMR_NEVER;
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void remove_file(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void open_asker(struct asker *a, uint32_t shard, struct sound_loader *l, const char *dir)
{
	struct io_conf conf = {.name = "asker", .metrics = &a->metrics, .cpu = -1};
	struct sound_conf sounds = sound_conf_default;

	a->shard = shard;
	a->loader = l;
	a->dir = dir;
	assert_int_equal(io_create(&a->io, &conf), 0);
	assert_int_equal(sound_library_load(&a->lib, a->io, &sounds), 0);
	sound_loader_attach(l, shard, a->io);
}

static void test_two_shards_ask(void **state)
{
	static struct asker askers[2];
	static struct metrics metrics;
	struct sound_loader_conf conf = {.metrics = &metrics, .shard_count = 2};
	char dir[] = "/tmp/ringer-loader-XXXXXX";
	struct sound_loader *l;

	UNUSED(state);
	assert_non_null(mkdtemp(dir));
	put(dir, "1.ulaw", "1");
	put(dir, "2.ulaw", "22");
	assert_int_equal(sound_loader_create(&l, &conf), 0);
	for (uint32_t i = 0; i < 2; i++)
		open_asker(&askers[i], i, l, dir);
	assert_int_equal(sound_loader_start(l), 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(io_start(askers[i].io, turn, &askers[i]), 0);
	for (uint32_t i = 0; i < 2; i++)
		io_join(askers[i].io);
	sound_loader_stop(l);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(askers[i].answered, ASKS);
		assert_int_equal(askers[i].found, ASKS - (ASKS + 2) / 3);
		assert_int_equal(askers[i].wrong, 0);
		io_destroy(askers[i].io);
		sound_library_retire(askers[i].lib);
	}
	assert_int_equal(sound_loader_files(l), 3);
	sound_loader_destroy(l);
	remove_file(dir, "1.ulaw");
	remove_file(dir, "2.ulaw");
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_shards_ask)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
