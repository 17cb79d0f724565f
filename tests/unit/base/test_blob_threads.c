/* tests/unit/base/test_blob_threads.c - one pool, several real threads; meant for TSan. Blocks pass
 * from the thread that fills them to another that frees them, as orders do. */
#include "engine/base/blob.h"

#include "engine/base/check.h"
#include "engine/base/ring.h"
#include "tests/unit/cmocka.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define MAKERS 3
#define BLOBS  5000u

struct shared {
	struct blob_pool *pool;
	struct ring *ring;
};

static void *make(void *arg)
{
	struct shared *s = arg;

	for (uint32_t i = 0; i < BLOBS;) {
		struct blob *b = blob_alloc(s->pool, 100);

		if (!b) {
			sched_yield();
			continue;
		}
		b->len = 100;
		memset(b->data, (int)(i & 127), b->len);
		if (i % 4 == 0) {
			blob_free(s->pool, b); /* some go back at once, from this side */
		} else {
			while (!ring_push_mpsc(s->ring, b))
				sched_yield();
		}
		i++;
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct shared s = {0};
	pthread_t threads[MAKERS];

	UNUSED(state);
	assert_int_equal(blob_pool_create(&s.pool, 16), 0);
	assert_int_equal(ring_create(&s.ring, 64), 0);
	for (int i = 0; i < MAKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make, &s), 0);
	for (uint32_t left = MAKERS * (BLOBS - BLOBS / 4); left > 0;) {
		void *item;
		struct blob *b;

		if (!ring_pop_mpsc(s.ring, &item)) {
			sched_yield();
			continue;
		}
		b = item;
		assert_int_equal(b->len, 100);
		assert_int_equal(b->data[0], b->data[99]);
		assert_memory_equal(b->data, b->data + 1, 99);
		blob_free(s.pool, b);
		left--;
	}
	for (int i = 0; i < MAKERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(blob_used(s.pool), 0);
	ring_destroy(s.ring);
	blob_pool_destroy(s.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
