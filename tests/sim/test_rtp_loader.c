/* tests/sim/test_rtp_loader.c - sounds that are read while calls go on. */
#include <errno.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_rtp.h"
#include "tests/unit/cmocka.h"

static struct rtp_bench bench;
static struct media_session *leg;
static char told[256], said[1024];

static void hear(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	slice_copy(said, sizeof(said), slice_str(line->text));
}

static void on_played(void *owner, enum media_end how)
{
	size_t len = strlen(told);

	UNUSED(owner);
	snprintf(told + len, sizeof(told) - len, "%s ", how == MEDIA_NO_FILE ? "none" : "played");
}

static const struct media_events events = {.played = on_played};

static void open_leg(void)
{
	const struct media_params params = {.language = SLICE_LIT("de")};
	struct media_desc remote;
	struct addr local;

	leg = bench.port.ops->open(bench.port.impl, &params, &events, &bench, &local);
	assert_non_null(leg);
	bench_remote(&bench, &remote);
	bench.port.ops->set_remote(leg, &remote);
}

static int open_bench(size_t bytes_max)
{
	struct rtp_bench_conf conf;

	bench_conf_default(&conf);
	conf.with_loader = true;
	conf.loader_bytes_max = bytes_max;
	bench_world(&bench, 11);
	bench_put_sound(&bench, "known", 0x11, 100);
	bench_open(&bench, &conf);
	log_set_writer(hear, NULL);
	told[0] = said[0] = '\0';
	open_leg();
	return 0;
}

static int setup(void **state)
{
	UNUSED(state);
	return open_bench(0);
}

static int setup_small(void **state)
{
	UNUSED(state);
	return open_bench(3000); /* one sound of 100 ms, not two */
}

static int teardown(void **state)
{
	UNUSED(state);
	sim_disk_hook(bench.w, NULL, NULL);
	if (leg)
		bench.port.ops->close(leg);
	bench_close(&bench);
	log_set_writer(NULL, NULL);
	return 0;
}

static void put(const char *path, uint8_t octet, unsigned ms)
{
	uint8_t data[8000];

	assert_true(8 * ms <= sizeof(data));
	memset(data, octet, 8 * ms);
	sim_fs_put_octets(bench.w, path, data, 8 * ms);
}

static bool play(const char *names, unsigned *missing)
{
	return bench.port.ops->play(leg, slice_str(names), missing);
}

/* Plays to the end; the octets heard, one a packet, since the last call. */
static void play_and_hear(const char *names, char *heard)
{
	uint32_t from = bench.heard_count, n = 0;
	unsigned missing;

	assert_true(play(names, &missing));
	assert_int_equal(missing, 0);
	bench_run_ms(&bench, 700);
	for (uint32_t i = from; i < bench.heard_count; i++) {
		if (i > from)
			assert_int_equal(bench.heard[i].rtp.ts - bench.heard[i - 1].rtp.ts, 160);
		heard[n++] = (char)bench.heard[i].first[0];
	}
	heard[n] = '\0';
}

static void test_files_of_later_and_elsewhere(void **state)
{
	char heard[64];

	UNUSED(state);
	put("/sounds/new.ulaw", 'n', 40);
	put("/sounds/de/new.ulaw", 'd', 40);
	put("/sounds/en/only.ulaw", 'e', 40);
	put("/tmp/call-17.ulaw", 't', 60);
	play_and_hear("new", heard);
	assert_string_equal(heard, "dd");
	play_and_hear("only", heard);
	assert_string_equal(heard, "ee");
	play_and_hear("/tmp/call-17", heard);
	assert_string_equal(heard, "ttt");
	/* In a list, in its place. */
	play_and_hear("new&known&/tmp/call-17", heard);
	assert_string_equal(heard, "dd\x11\x11\x11\x11\x11ttt");
	play_and_hear("known&only&known", heard);
	assert_string_equal(heard, "\x11\x11\x11\x11\x11"
				   "ee\x11\x11\x11\x11\x11");
	assert_string_equal(told, "played played played played played ");
	assert_int_equal(sound_loader_files(bench.loader), 3);
	assert_string_equal(said, "");
}

static void test_what_is_not_there(void **state)
{
	unsigned missing;
	uint64_t ops;
	char heard[64];

	UNUSED(state);
	assert_true(play("nowhere", &missing));
	assert_int_equal(missing, 0);
	bench_run_ms(&bench, 100);
	assert_string_equal(told, "none ");
	assert_string_equal(said, "File nowhere does not exist in any format");
	/* Not looked for again at once. */
	ops = sim_disk_ops(bench.w);
	assert_true(play("nowhere&nowhere", &missing));
	bench_run_ms(&bench, 100);
	assert_string_equal(told, "none none ");
	assert_int_equal(sim_disk_ops(bench.w), ops);
	/* What is there is played all the same. */
	play_and_hear("nowhere&known&neither", heard);
	assert_string_equal(heard, "\x11\x11\x11\x11\x11");
	assert_string_equal(told, "none none played ");
	/* A file that appears is found a second later. */
	put("/sounds/nowhere.ulaw", 'x', 20);
	bench_run_ms(&bench, 1000);
	play_and_hear("nowhere", heard);
	assert_string_equal(heard, "x");
	/* One that cannot be played is not there, and why is said. */
	sim_fs_put(bench.w, "/sounds/bad.wav", "RIFF");
	assert_true(play("bad", &missing));
	bench_run_ms(&bench, 100);
	assert_non_null(strstr(said, "File bad does not exist"));
}

static void test_cache_and_change(void **state)
{
	char heard[64];
	uint64_t ops;

	UNUSED(state);
	put("/tmp/a.ulaw", '1', 20);
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "1");
	ops = sim_disk_ops(bench.w);
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "1");
	assert_int_equal(sim_disk_ops(bench.w), ops);
	bench_run_ms(&bench, 2000);
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "1");
	assert_int_equal(sim_disk_ops(bench.w), ops + 1); /* still the same file */
	bench_run_ms(&bench, 2000);
	put("/tmp/a.ulaw", '2', 20);
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "2");
	bench_run_ms(&bench, 2000);
	sim_fs_remove(bench.w, "/tmp/a.ulaw");
	bench_run_ms(&bench, 2000);
	told[0] = '\0';
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "");
	assert_string_equal(told, "none ");
}

static void test_changed_while_it_plays(void **state)
{
	struct media_session *first = leg;
	unsigned missing;

	UNUSED(state);
	put("/tmp/a.ulaw", '1', 1000);
	bench_run_ms(&bench, 1);
	for (unsigned n = 0; n < 4; n++) {
		assert_true(play("/tmp/a", &missing));
		bench_run_ms(&bench, 100);
		open_leg();
		assert_true(play("/tmp/a", &missing));
		bench_run_ms(&bench, 100);
		bench.port.ops->close(leg);
		leg = first;
		sim_run_for(bench.w, 2 * SIM_SECOND);
		put("/tmp/a.ulaw", (uint8_t)('2' + n), 1000);
	}
	/* The old sounds went with their last player (the sanitizer watches the rest). */
	assert_int_equal(sound_loader_files(bench.loader), 1);
}

static void test_legs_that_do_not_wait(void **state)
{
	unsigned missing;

	UNUSED(state);
	put("/tmp/a.ulaw", '1', 20);
	/* Closed, stopped, or playing something else when the answer comes. */
	assert_true(play("/tmp/a", &missing));
	bench.port.ops->close(leg);
	bench_run_ms(&bench, 100);
	open_leg();
	assert_true(play("/tmp/b", &missing));
	bench.port.ops->stop(leg);
	bench_run_ms(&bench, 100);
	assert_true(play("/tmp/c", &missing));
	assert_true(play("known", &missing));
	bench_run_ms(&bench, 200);
	assert_string_equal(told, "played ");
	assert_int_equal(bench.heard_count, 5);
	/* And at the end of everything. */
	assert_true(play("/tmp/d&/tmp/e", &missing));
	bench.port.ops->close(leg);
	leg = NULL;
}

static void test_limit_of_bytes(void **state)
{
	char heard[64];
	unsigned missing;

	UNUSED(state);
	put("/tmp/a.ulaw", '1', 100);
	put("/tmp/b.ulaw", '2', 100);
	play_and_hear("/tmp/a", heard);
	assert_string_equal(heard, "11111");
	/* What is not in use makes room. */
	play_and_hear("/tmp/b", heard);
	assert_string_equal(heard, "22222");
	assert_int_equal(sound_loader_files(bench.loader), 1);
	/* What is in use does not. */
	told[0] = '\0';
	assert_true(play("/tmp/b&/tmp/a", &missing));
	bench_run_ms(&bench, 500);
	assert_string_equal(told, "played ");
	assert_non_null(strstr(said, "File /tmp/a does not exist"));
}

static int fail_from(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	uint64_t *want = arg;

	UNUSED(op);
	UNUSED(path);
	return nth == *want ? -EIO : 0;
}

static void test_disk_faults(void **state)
{
	UNUSED(state);
	put("/tmp/a.ulaw", '1', 20);
	for (uint64_t n = 0; n < 12; n++) {
		uint64_t want = sim_disk_ops(bench.w) + n;
		unsigned missing;

		sim_disk_hook(bench.w, fail_from, &want);
		told[0] = '\0';
		assert_true(play("/tmp/a", &missing));
		bench_run_ms(&bench, 3000);
		assert_true(strcmp(told, "played ") == 0 || strcmp(told, "none ") == 0);
	}
}

#define CASE(test)	  cmocka_unit_test_setup_teardown(test, setup, teardown)
#define CASE_IN(test, in) cmocka_unit_test_setup_teardown(test, in, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_files_of_later_and_elsewhere),
		CASE(test_what_is_not_there),
		CASE(test_cache_and_change),
		CASE(test_changed_while_it_plays),
		CASE(test_legs_that_do_not_wait),
		CASE_IN(test_limit_of_bytes, setup_small),
		CASE(test_disk_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
