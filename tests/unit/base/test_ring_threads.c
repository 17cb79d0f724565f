/* tests/unit/base/test_ring_threads.c - the promises of ring.h with real threads; meant for TSan.
 */
#include "engine/base/ring.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <pthread.h>
#include <sched.h>

#define PRODUCERS 3
#define ITEMS	  4000u

struct item {
	uint32_t producer;
	uint32_t number; /* written before the push, read after the pop */
};

struct producer {
	struct ring *ring;
	bool spsc;
	struct item items[ITEMS];
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (uint32_t i = 0; i < ITEMS; i++) {
		p->items[i].number = i;
		while (!(p->spsc ? ring_push_spsc(p->ring, &p->items[i])
				 : ring_push_mpsc(p->ring, &p->items[i])))
			sched_yield();
	}
	return NULL;
}

/* Takes all items; those of each producer must come once, in order. */
static void consume(struct ring *r, uint32_t producers, bool spsc)
{
	uint32_t next[PRODUCERS] = {0};

	for (uint32_t left = producers * ITEMS; left > 0;) {
		void *got[16];
		uint32_t n = spsc ? ring_pop_batch_spsc(r, got, 16) : ring_pop_mpsc(r, got);

		if (n == 0)
			sched_yield();
		for (uint32_t i = 0; i < n; i++) {
			struct item *item = got[i];

			assert_int_equal(item->number, next[item->producer]);
			next[item->producer]++;
		}
		left -= n;
	}
}

static void run(uint32_t producers, bool spsc)
{
	static struct producer p[PRODUCERS];
	pthread_t threads[PRODUCERS];
	struct ring *r;
	void *one;

	assert_int_equal(ring_create(&r, 30), 0);
	for (uint32_t i = 0; i < producers; i++) {
		p[i].ring = r;
		p[i].spsc = spsc;
		for (uint32_t k = 0; k < ITEMS; k++)
			p[i].items[k] = (struct item){.producer = i};
		assert_int_equal(pthread_create(&threads[i], NULL, produce, &p[i]), 0);
	}
	consume(r, producers, spsc);
	for (uint32_t i = 0; i < producers; i++)
		pthread_join(threads[i], NULL);
	assert_false(ring_pop_mpsc(r, &one));
	ring_destroy(r);
}

static void test_spsc(void **state)
{
	UNUSED(state);
	run(1, true);
}

static void test_mpsc(void **state)
{
	UNUSED(state);
	run(PRODUCERS, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spsc),
		cmocka_unit_test(test_mpsc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
