/* tests/unit/core/test_shard_db.c - copies of the database on shards: all end alike, whoever wrote
 * what when, and nobody loses sight of what he wrote himself. */
#include "engine/core/shard_db.h"

#include "engine/base/check.h"
#include "engine/base/pipe.h"
#include "engine/base/rng.h"
#include "engine/core/shard.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARDS 3
#define KEYS   6

static struct rig {
	struct metrics metrics;
	struct db *db;
	struct shard shards[SHARDS];
	uint64_t heard[SHARDS];
} rig;

static void open_rig(size_t pipe_bytes)
{
	struct db_conf conf = {.shard_count = SHARDS, .seed = 5, .metrics = &rig.metrics};
	struct pipe_conf pipe = {.spare_bytes = pipe_bytes};

	memset(&rig, 0, sizeof(rig));
	assert_int_equal(db_create(&rig.db, &conf, NULL), 0);
	for (uint32_t i = 0; i < SHARDS; i++) {
		assert_int_equal(pipe_create(&rig.shards[i].up, &pipe), 0);
		assert_int_equal(pipe_create(&rig.shards[i].down, &pipe), 0);
	}
}

static void close_rig(void)
{
	for (uint32_t i = 0; i < SHARDS; i++) {
		dbmap_clear(&rig.shards[i].db);
		pipe_destroy(rig.shards[i].up);
		pipe_destroy(rig.shards[i].down);
	}
	db_destroy(rig.db);
}

/* One thing that control or a shard does on its turn. False: there was nothing to do. */
static bool control_hears(uint32_t shard)
{
	const struct pipe_record *r;
	const struct shard_db_change *c;

	pipe_flush(rig.shards[shard].up);
	r = pipe_read(rig.shards[shard].up);
	if (!r)
		return false;
	c = (const void *)r->data;
	rig.heard[shard] = c->number;
	if (c->what == SHARD_DB_PUT)
		db_take_put(rig.db, shard_db_path(c), shard_db_value(c));
	else if (c->what == SHARD_DB_DEL)
		db_take_del(rig.db, shard_db_path(c));
	else
		db_take_del_tree(rig.db, shard_db_path(c));
	return true;
}

static bool control_tells(uint32_t shard)
{
	struct db_change c;

	if (!db_feed(rig.db, shard, &c) ||
	    !shard_db_send(rig.shards[shard].down, SHARD_DB, rig.heard[shard],
			   c.deleted ? SHARD_DB_DEL : SHARD_DB_PUT, c.key, c.value))
		return false;
	db_fed(rig.db, shard);
	db_turn(rig.db);
	return true;
}

static bool shard_hears(uint32_t shard)
{
	const struct pipe_record *r;

	pipe_flush(rig.shards[shard].down);
	r = pipe_read(rig.shards[shard].down);
	if (r)
		shard_db_hear(&rig.shards[shard], (const void *)r->data);
	return r != NULL;
}

static void settle(void)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < SHARDS; i++) {
			more |= control_hears(i);
			more |= control_tells(i);
			more |= shard_hears(i);
		}
	}
}

static void check_alike(void)
{
	for (uint32_t i = 0; i < SHARDS; i++) {
		struct db_pair pair = {0};
		uint32_t count = 0;

		while (db_next(rig.db, SLICE_EMPTY, SLICE_EMPTY, pair.key, &pair)) {
			struct dbmap_entry *e = dbmap_find(&rig.shards[i].db, pair.key);

			assert_non_null(e);
			assert_false(e->dead);
			assert_true(slice_eq(dbmap_value(e), pair.value));
			count++;
		}
		/* Nothing else, and nobody mourns for ever. */
		assert_int_equal(rig.shards[i].db.count, count);
		assert_int_equal(count, db_count(rig.db));
	}
}

static struct slice key_of(struct rng *rng)
{
	static const char *const keys[KEYS] = {"a", "a/b", "a/c", "b", "b/a", "c"};

	return slice_str(keys[rng_below(rng, KEYS)]);
}

static void one_step(struct rng *rng, uint32_t step)
{
	uint32_t who = rng_below(rng, SHARDS);
	struct slice key = key_of(rng), family = SLICE_LIT("f"), value;
	char text[16];
	int err;

	value = slice_make(text, (size_t)snprintf(text, sizeof(text), "%u", step));
	switch (rng_below(rng, 9)) {
	case 0:
		err = shard_db_put(&rig.shards[who], family, key, value);
		assert_true(err == 0 || err == -EAGAIN);
		if (err == 0) {
			assert_true(shard_db_get(&rig.shards[who], family, key, &value));
			assert_int_equal(value.len, strlen(text));
		}
		break;
	case 1:
		err = shard_db_del(&rig.shards[who], family, key);
		if (err == 0)
			assert_false(shard_db_get(&rig.shards[who], family, key, &value));
		break;
	case 2:
		if (rng_chance(rng, 300))
			(void)shard_db_del_tree(&rig.shards[who], family, key);
		break;
	case 3:
		if (rng_chance(rng, 300))
			(void)db_put(rig.db, family, key, value);
		break;
	case 4:
		if (rng_chance(rng, 300))
			(void)db_del(rig.db, family, key);
		break;
	case 5:
		control_hears(who);
		break;
	case 6:
		control_tells(who);
		break;
	default:
		shard_hears(who);
	}
}

static void test_all_end_alike(void **state)
{
	struct rng rng;

	UNUSED(state);
	for (uint64_t seed = 1; seed <= 300; seed++) {
		rng_seed(&rng, seed);
		open_rig(1 << 16);
		for (uint32_t step = 0; step < 400; step++)
			one_step(&rng, step);
		settle();
		check_alike();
		close_rig();
	}
}

/* Another shard's older change does not take back what was written here a moment ago. */
static void test_own_change_stands(void **state)
{
	struct shard *a = &rig.shards[0], *b = &rig.shards[1];
	struct slice value;

	UNUSED(state);
	open_rig(1 << 16);
	assert_int_equal(shard_db_put(b, SLICE_LIT("f"), SLICE_LIT("k"), SLICE_LIT("b")), 0);
	assert_true(control_hears(1));
	assert_int_equal(shard_db_put(a, SLICE_LIT("f"), SLICE_LIT("k"), SLICE_LIT("a")), 0);
	assert_true(control_tells(0));
	assert_true(shard_hears(0)); /* b's */
	assert_true(shard_db_get(a, SLICE_LIT("f"), SLICE_LIT("k"), &value));
	assert_true(slice_eq(value, SLICE_LIT("a")));
	settle();
	assert_true(shard_db_get(b, SLICE_LIT("f"), SLICE_LIT("k"), &value));
	assert_true(slice_eq(value, SLICE_LIT("a")));
	check_alike();
	close_rig();
}

/* A full pipe: the change is refused, here and there. */
static void test_full_pipe_refuses(void **state)
{
	struct shard *a = &rig.shards[0];
	static char big[4000];
	struct slice value;
	int err = 0, n = 0;
	char key[16];

	UNUSED(state);
	open_rig(1 << 14);
	memset(big, 'x', sizeof(big));
	for (; err == 0; n++) {
		snprintf(key, sizeof(key), "%d", n);
		err = shard_db_put(a, SLICE_LIT("f"), slice_str(key), slice_make(big, sizeof(big)));
	}
	assert_int_equal(err, -EAGAIN);
	assert_false(shard_db_get(a, SLICE_LIT("f"), slice_str(key), &value));
	while (shard_db_put(a, SLICE_LIT("f"), SLICE_LIT("small"), SLICE_LIT("v")) == 0)
		;
	assert_int_equal(shard_db_del(a, SLICE_LIT("f"), SLICE_LIT("0")), -EAGAIN);
	assert_int_equal(shard_db_del_tree(a, SLICE_LIT("f"), SLICE_EMPTY), -EAGAIN);
	assert_true(shard_db_get(a, SLICE_LIT("f"), SLICE_LIT("0"), &value));
	assert_int_equal(metric_get(&a->metrics, METRIC_db_refused), 4);
	settle();
	check_alike();
	assert_int_equal(db_count(rig.db), (uint32_t)n);
	close_rig();
}

static void test_fill(void **state)
{
	UNUSED(state);
	open_rig(1 << 14);
	assert_int_equal(db_put(rig.db, SLICE_LIT("f"), SLICE_LIT("k"), SLICE_LIT("v")), 0);
	assert_int_equal(db_put(rig.db, SLICE_LIT("g"), SLICE_LIT("k"), SLICE_LIT("w")), 0);
	for (uint32_t i = 0; i < SHARDS; i++)
		assert_int_equal(shard_db_fill(&rig.shards[i], rig.db), 0);
	check_alike();
	settle();
	check_alike();
	close_rig();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_end_alike),
		cmocka_unit_test(test_own_change_stands),
		cmocka_unit_test(test_full_pipe_refuses),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
