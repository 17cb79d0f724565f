/* tests/fuzz/driver.c - runs a fuzz target without libFuzzer: over its seeds, over all their
 * beginnings, and over seeded mutations of them.
 *
 * usage: fuzz_<parser> DIRECTORY. A missing directory leaves the inputs built in. Equal runs give
 * equal inputs, but for a slow target the work is cut off after DRIVER_BUDGET_S seconds of CPU. */
#include "engine/base/check.h"
#include "engine/base/rng.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DRIVER_SEED_MAX	 (256 << 10) /* bytes of a seed that are read */
#define DRIVER_PREFIXES	 600
#define DRIVER_MUTATIONS 200
#define DRIVER_SEEDS_MAX 4096
#define DRIVER_BUDGET_S	 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
	char *name;
	uint8_t *data;
	size_t size;
};

struct driver {
	struct seed seeds[DRIVER_SEEDS_MAX];
	size_t seed_count;
	uint64_t input_count;
	struct rng rng;
};

static bool driver_is_late(void)
{
	return clock() > (clock_t)DRIVER_BUDGET_S * CLOCKS_PER_SEC;
}

/* Each input is a block of its own, so that a sanitizer sees one octet too far. */
static void driver_run(struct driver *d, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	check(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	d->input_count++;
}

static void driver_run_prefixes(struct driver *d, const struct seed *s)
{
	size_t step = s->size / DRIVER_PREFIXES + 1;

	for (size_t len = 0; len < s->size && !driver_is_late(); len += step)
		driver_run(d, s->data, len);
}

static size_t driver_pick(struct driver *d, size_t size)
{
	return size ? rng_below(&d->rng, (uint32_t)size) : 0;
}

static size_t driver_flip(struct driver *d, uint8_t *data, size_t size)
{
	if (size)
		data[driver_pick(d, size)] ^= (uint8_t)(1u << rng_below(&d->rng, 8));
	return size;
}

static size_t driver_overwrite(struct driver *d, uint8_t *data, size_t size)
{
	static const uint8_t telling[] = {0,   '\r', '\n', ' ', ',',  ';', ':', '"',
					  '<', '%',  '(',  ')', '[',  ']', '{', '}',
					  '$', '0',  '9',  '-', 0x7f, 0xff};

	if (size)
		data[driver_pick(d, size)] = telling[rng_below(&d->rng, ARRAY_COUNT(telling))];
	return size;
}

static size_t driver_insert(struct driver *d, uint8_t *data, size_t size)
{
	size_t at = driver_pick(d, size + 1);
	size_t n = 1 + driver_pick(d, 16);

	memmove(data + at + n, data + at, size - at);
	for (size_t i = 0; i < n; i++)
		data[at + i] = (uint8_t)rng_u32(&d->rng);
	return size + n;
}

static size_t driver_repeat(struct driver *d, uint8_t *data, size_t size)
{
	size_t at = driver_pick(d, size);
	size_t n = driver_pick(d, size - at < 64 ? size - at + 1 : 65);

	memmove(data + at + n, data + at, size - at);
	return size + n;
}

static size_t driver_delete(struct driver *d, uint8_t *data, size_t size)
{
	size_t at = driver_pick(d, size);
	size_t n = driver_pick(d, size - at < 32 ? size - at + 1 : 33);

	memmove(data + at, data + at + n, size - at - n);
	return size - n;
}

/* The end is taken from any other seed. */
static size_t driver_splice(struct driver *d, uint8_t *data, size_t size)
{
	const struct seed *other = &d->seeds[driver_pick(d, d->seed_count)];
	size_t at = driver_pick(d, size + 1);
	size_t from = driver_pick(d, other->size + 1);
	size_t n = other->size - from;

	if (n > DRIVER_SEED_MAX)
		n = DRIVER_SEED_MAX;
	if (n)
		memcpy(data + at, other->data + from, n);
	return at + n;
}

typedef size_t (*mutation_fn)(struct driver *d, uint8_t *data, size_t size);

static const mutation_fn mutations[] = {
	driver_flip,   driver_flip,   driver_overwrite, driver_overwrite,
	driver_insert, driver_repeat, driver_delete,	driver_splice,
};

static void driver_run_mutations(struct driver *d, const struct seed *s)
{
	uint8_t *data = malloc(3 * DRIVER_SEED_MAX);

	check(data != NULL);
	for (int i = 0; i < DRIVER_MUTATIONS && !driver_is_late(); i++) {
		size_t size = s->size;

		if (size)
			memcpy(data, s->data, size);
		for (uint32_t n = 1 + rng_below(&d->rng, 4); n > 0; n--)
			if (size <= DRIVER_SEED_MAX)
				size = mutations[rng_below(&d->rng, ARRAY_COUNT(mutations))](
					d, data, size);
		driver_run(d, data, size);
	}
	free(data);
}

static void driver_load(struct driver *d, const char *folder, const char *name)
{
	struct seed *s = &d->seeds[d->seed_count];
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return;
	s->name = strdup(name);
	s->data = malloc(DRIVER_SEED_MAX);
	check(s->name && s->data);
	s->size = fread(s->data, 1, DRIVER_SEED_MAX, file);
	if (!ferror(file))
		d->seed_count++;
	fclose(file);
}

static int driver_compare(const void *a, const void *b)
{
	return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

/* Sorted by name: the order of a directory differs from machine to machine. */
static void driver_load_all(struct driver *d, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return;
	while (d->seed_count < DRIVER_SEEDS_MAX && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			driver_load(d, folder, entry->d_name);
	closedir(dir);
	qsort(d->seeds, d->seed_count, sizeof(d->seeds[0]), driver_compare);
}

int main(int argc, char **argv)
{
	static struct driver d;

	rng_seed(&d.rng, 1);
	driver_run(&d, NULL, 0);
	for (unsigned octet = 0; octet < 256; octet++)
		driver_run(&d, &(uint8_t){(uint8_t)octet}, 1);
	if (argc > 1)
		driver_load_all(&d, argv[1]);
	for (size_t i = 0; i < d.seed_count; i++)
		driver_run(&d, d.seeds[i].data, d.seeds[i].size);
	for (size_t i = 0; i < d.seed_count; i++) {
		driver_run_mutations(&d, &d.seeds[i]);
		driver_run_prefixes(&d, &d.seeds[i]);
	}
	printf("%llu inputs, no finding%s\n", (unsigned long long)d.input_count,
	       driver_is_late() ? " (cut off: time is up)" : "");
	for (size_t i = 0; i < d.seed_count; i++) {
		free(d.seeds[i].name);
		free(d.seeds[i].data);
	}
	return 0;
}
