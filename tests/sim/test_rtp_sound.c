/* tests/sim/test_rtp_sound.c - the sound library over a simulated disk. */
#include "rtp/sound.h"

#include <errno.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "rtp/codec_g711.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

struct fixture {
	struct sim_world *w;
	struct io *io;
	struct metrics metrics;
	struct sound_conf conf;
};

static char said[2048];

static void hear(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	slice_copy(said, sizeof(said), slice_str(line->text));
}

static int setup(void **state)
{
	static struct fixture f;
	struct io_conf conf = {.name = "sounds", .metrics = &f.metrics, .cpu = -1};

	f.w = sim_world_create(1);
	log_set_writer(hear, NULL);
	said[0] = '\0';
	f.conf = sound_conf_default;
	f.conf.dir = "/sounds";
	sim_fs_mkdir(f.w, "/sounds");
	assert_int_equal(io_create(&f.io, &conf), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	io_destroy(f->io);
	sim_world_destroy(f->w);
	log_set_writer(NULL, NULL);
	return 0;
}

static struct sound_library *load(struct fixture *f)
{
	struct sound_library *lib = NULL;

	assert_int_equal(sound_library_load(&lib, f->io, &f->conf), 0);
	return lib;
}

/* The first u-law octet of what is found; 0 if nothing is. */
static unsigned found(const struct sound_library *lib, const char *name, const char *language)
{
	const struct sound_prompt *prompt = sound_find(lib, slice_str(name), slice_str(language));

	return prompt ? prompt->data[CODEC_PCMU][0] : 0;
}

static void test_places(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name, *language;
		unsigned first; /* 0: not found */
	} rows[] = {
		{"hello", "en_US_f", '1'},
		{"hello", "en_US", '2'},
		{"hello", "en_GB", '3'},
		{"hello", "en", '3'},
		{"hello", "de", '4'},
		{"hello", "", '4'},
		{"bye", "de", '5'},
		{"bye", "", '5'}, /* the default language, last */
		{"digits/1", "de", '6'},
		{"/sounds/de/digits/1", "en", '6'},
		{"/sounds/hello", "en", '4'},
		{"/soundsx/hello", "en", 0},
		{"/sounds", "en", 0},
		{"/sounds/", "en", 0},
		{"/etc/hello", "en", 0},
		{"hello.ulaw", "en", 0},
		{"none", "en", 0},
		{"", "en", 0},
		{"hell", "en", 0},
		{"../sounds/hello", "en", 0},
	};
	struct sound_library *lib;

	sim_fs_put(f->w, "/sounds/en_US_f/hello.ulaw", "1");
	sim_fs_put(f->w, "/sounds/en_US/hello.ulaw", "2");
	sim_fs_put(f->w, "/sounds/en/hello.ulaw", "3");
	sim_fs_put(f->w, "/sounds/hello.ulaw", "4");
	sim_fs_put(f->w, "/sounds/en/bye.ulaw", "5");
	sim_fs_put(f->w, "/sounds/de/digits/1.ulaw", "6");
	lib = load(f);
	assert_int_equal(sound_library_count(lib), 6);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		print_message("%s in %s\n", rows[i].name, rows[i].language);
		assert_int_equal(found(lib, rows[i].name, rows[i].language), rows[i].first);
	}
	sound_library_destroy(lib);
}

static void test_old_layout_and_custom(void **state)
{
	struct fixture *f = *state;
	struct sound_library *lib;

	sim_fs_put(f->w, "/sounds/digits/en/1.ulaw", "1");
	sim_fs_put(f->w, "/sounds/en/hello.ulaw", "2");
	sim_fs_put(f->w, "/sounds/custom/own.ulaw", "3");
	sim_fs_put(f->w, "/sounds/own.ulaw", "4");
	f->conf.language_prefix = false;
	lib = load(f);
	assert_int_equal(found(lib, "digits/1", "en"), '1');
	assert_int_equal(found(lib, "hello", "en"), '2');
	assert_int_equal(found(lib, "own", "en"), '4');
	assert_int_equal(found(lib, "/sounds/digits/1", "en"), '1');
	sound_library_destroy(lib);
	f->conf.search_custom_dir = true;
	lib = load(f);
	assert_int_equal(found(lib, "own", "en"), '3');
	sound_library_destroy(lib);
}

static void put_wav(struct fixture *f, const char *path, const char *sample, char channels)
{
	char wav[48] = "RIFF\0\0\0\0WAVEfmt "
		       "\x10\0\0\0\1\0.\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\2\0\0\0";

	wav[22] = channels;
	memcpy(wav + 44, sample, 2);
	sim_fs_put_octets(f->w, path, wav, 46);
}

/* Native beats transcoded, linear beats the other law. */
static void test_formats(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		uint8_t ulaw, alaw;
	} rows[] = {
		{"u", 0x11, 0},	    {"a", 0, 0x22},  {"s", 0, 0},     {"w", 0, 0},
		{"ua", 0x11, 0x22}, {"uw", 0x11, 0}, {"aw", 0, 0x22}, {"sw", 0, 0},
	};
	uint8_t linear_u = g711_ulaw_encode(1000), linear_a = g711_alaw_encode(1000);
	const struct sound_prompt *p;
	struct sound_library *lib;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		for (const char *c = rows[i].name; *c; c++) {
			char path[64];

			snprintf(path, sizeof(path), "/sounds/%s.%s", rows[i].name,
				 *c == 'u'   ? "ul"
				 : *c == 'a' ? "alw"
				 : *c == 's' ? "slin"
					     : "wav");
			if (*c == 'w')
				put_wav(f, path, "\xe8\3", 1);
			else
				sim_fs_put_octets(f->w, path,
						  *c == 'u'   ? "\x11"
						  : *c == 'a' ? "\x22"
							      : "\xe8\3",
						  *c == 's' ? 2 : 1);
		}
	lib = load(f);
	assert_int_equal(sound_library_count(lib), ARRAY_COUNT(rows));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		bool has_linear = strpbrk(rows[i].name, "sw") != NULL;
		uint8_t ulaw = rows[i].ulaw, alaw = rows[i].alaw;

		print_message("%s\n", rows[i].name);
		if (!ulaw)
			ulaw = has_linear ? linear_u : g711_alaw_ulaw[alaw];
		if (!alaw)
			alaw = has_linear ? linear_a : g711_ulaw_alaw[ulaw];
		p = sound_find(lib, slice_str(rows[i].name), SLICE_EMPTY);
		assert_non_null(p);
		assert_int_equal(p->samples, 1);
		assert_int_equal(p->data[CODEC_PCMU][0], ulaw);
		assert_int_equal(p->data[CODEC_PCMA][0], alaw);
		assert_false(p->loop);
	}
	sound_library_destroy(lib);
}

static void test_what_cannot_be_played_is_said(void **state)
{
	struct fixture *f = *state;
	struct sound_library *lib;

	put_wav(f, "/sounds/stereo.wav", "ab", 2);
	lib = load(f);
	assert_non_null(
		strstr(said, "sound file /sounds/stereo.wav left out: it is format 1, 2 channel"));
	assert_non_null(strstr(said, "sox"));
	assert_int_equal(found(lib, "stereo", ""), 0);
	sound_library_destroy(lib);
	sim_fs_remove(f->w, "/sounds/stereo.wav");

	sim_fs_put(f->w, "/sounds/empty.ulaw", "");
	lib = load(f);
	assert_non_null(strstr(said, "it holds no sound"));
	assert_int_equal(sound_library_count(lib), 0);
	sound_library_destroy(lib);
	sim_fs_remove(f->w, "/sounds/empty.ulaw");

	sim_fs_put(f->w, "/sounds/x.gsm", "abc");
	sim_fs_put(f->w, "/sounds/x.WAV", "abc");
	sim_fs_put(f->w, "/sounds/.hidden.ulaw", "abc");
	sim_fs_put(f->w, "/sounds/noext", "abc");
	lib = load(f);
	assert_non_null(strstr(said, "2 files in /sounds are in formats that are not played"));
	assert_int_equal(sound_library_count(lib), 0);
	sound_library_destroy(lib);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct sound_library *lib;

	sim_fs_put(f->w, "/sounds/a.ulaw", "0123456789");
	sim_fs_put(f->w, "/sounds/b.ulaw", "0123456789");
	f->conf.file_bytes_max = 9;
	lib = load(f);
	assert_int_equal(sound_library_count(lib), 0);
	assert_non_null(strstr(said, "larger than the limit"));
	sound_library_destroy(lib);
	f->conf.file_bytes_max = 10;
	f->conf.total_bytes_max = sound_prompt_bytes(10);
	lib = load(f);
	assert_int_equal(sound_library_count(lib), 1);
	assert_int_equal(sound_library_bytes(lib), sound_prompt_bytes(10));
	assert_non_null(strstr(said, "have reached their limit"));
	assert_int_equal(found(lib, "a", ""), '0');
	sound_library_destroy(lib);
}

static void test_missing_directory(void **state)
{
	struct fixture *f = *state;
	struct sound_library *lib;

	f->conf.dir = "/nowhere/";
	lib = load(f);
	assert_int_equal(sound_library_count(lib), 0);
	assert_non_null(strstr(said, "sounds directory /nowhere cannot be read"));
	assert_int_equal(found(lib, "hello", "en"), 0);
	sound_library_destroy(lib);
}

static void test_users(void **state)
{
	struct sound_library *lib = load(*state);

	assert_true(sound_library_is_unused(lib));
	sound_library_take(lib);
	sound_library_take(lib);
	sound_library_release(lib);
	assert_false(sound_library_is_unused(lib));
	sound_library_release(lib);
	assert_true(sound_library_is_unused(lib));
	/* Retired while it is played: the player's release is its end (the sanitizer watches). */
	sound_library_take(lib);
	sound_library_retire(lib);
	assert_int_equal(sound_library_count(lib), 0);
	sound_library_release(lib);
	sound_library_retire(NULL);
}

/* Any operation on the disk may fail: the rest is still loaded. */
static int fail_nth(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	uint64_t *want = arg;

	UNUSED(op);
	UNUSED(path);
	return nth == *want ? -EIO : 0;
}

static void test_every_disk_fault_is_survived(void **state)
{
	struct fixture *f = *state;
	uint64_t base, last;

	sim_fs_put(f->w, "/sounds/en/a.ulaw", "1");
	sim_fs_put(f->w, "/sounds/en/b.ulaw", "2");
	base = sim_disk_ops(f->w);
	sound_library_destroy(load(f));
	last = sim_disk_ops(f->w) - base;
	assert_true(last > 4);
	for (uint64_t n = 0; n <= last; n++) {
		uint64_t want = sim_disk_ops(f->w) + n;
		struct sound_library *lib;

		sim_disk_hook(f->w, fail_nth, &want);
		lib = load(f);
		assert_true(sound_library_count(lib) <= 2);
		sound_library_destroy(lib);
	}
	sim_disk_hook(f->w, NULL, NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_places),  CASE(test_old_layout_and_custom),
		CASE(test_formats), CASE(test_what_cannot_be_played_is_said),
		CASE(test_limits),  CASE(test_missing_directory),
		CASE(test_users),   CASE(test_every_disk_fault_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
