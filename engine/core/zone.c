/* engine/core/zone.c - reading zone files, and civil time: zone.h. The rule behind the table is in
 * zone_rule.c. */
#include "engine/core/zone.h"
#include "engine/core/zone_internal.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HEADER	    44
#define KEPT_FROM_S INT64_C(1420070400) /* 2015 */
#define TYPES_MAX   32
#define ZONES_MAX   2048

struct zone_type {
	int32_t offset_s;
	bool is_dst;
	char name[ZONE_ABBR];
};

struct zone {
	struct slice name;
	const int64_t *at_s; /* transitions */
	const uint8_t *to;   /* and the types that they lead to */
	uint32_t count;
	uint8_t before; /* type before the first */
	bool has_rule;
	struct zone_rule rule;
	struct zone_type types[TYPES_MAX];
};

/* Counts of one block of the file. */
struct block {
	size_t utc_count, std_count, leap_count, time_count, type_count, char_count;
};

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool parse_header(struct slice file, struct block *b)
{
	const char *p = file.ptr;

	if (file.len < HEADER || !slice_starts(file, SLICE_LIT("TZif")) || p[4] < '2')
		return false;
	*b = (struct block){be32(p + 20), be32(p + 24), be32(p + 28),
			    be32(p + 32), be32(p + 36), be32(p + 40)};
	return b->type_count > 0 && b->type_count <= TYPES_MAX && b->time_count < 65536 &&
	       b->char_count < 65536 && b->leap_count < 65536 && b->std_count < 65536 &&
	       b->utc_count < 65536;
}

static size_t block_bytes(const struct block *b, size_t time_bytes)
{
	return b->time_count * (time_bytes + 1) + b->type_count * 6 + b->char_count +
	       b->leap_count * (time_bytes + 4) + b->std_count + b->utc_count;
}

static bool parse_types(struct zone *z, const struct block *b, const char *types, const char *chars)
{
	for (size_t i = 0; i < b->type_count; i++) {
		const char *p = types + i * 6;
		uint8_t at = (uint8_t)p[5];

		if (at >= b->char_count)
			return false;
		z->types[i].offset_s = (int32_t)be32(p);
		z->types[i].is_dst = p[4] != 0;
		if (abs(z->types[i].offset_s) > 26 * 3600)
			return false;
		slice_copy(z->types[i].name, ZONE_ABBR,
			   slice_make(chars + at, strnlen(chars + at, b->char_count - at)));
	}
	return true;
}

/* Keeps the transitions from 2015 on. */
static bool parse_times(struct zone *z, struct keep *keep, const struct block *b, const char *times)
{
	const uint8_t *to = (const uint8_t *)times + b->time_count * 8;
	size_t skip = 0;
	int64_t *at_s;
	uint8_t *kept;

	for (size_t i = 0; i < b->time_count; i++) {
		if (to[i] >= b->type_count)
			return false;
		if (be64(times + i * 8) < KEPT_FROM_S) {
			skip = i + 1;
			z->before = to[i];
		}
	}
	z->count = (uint32_t)(b->time_count - skip);
	at_s = keep_alloc(keep, z->count * sizeof(*at_s) + 8);
	kept = keep_alloc(keep, z->count + 1);
	if (!at_s || !kept)
		return false;
	for (size_t i = 0; i < z->count; i++) {
		at_s[i] = be64(times + (skip + i) * 8);
		kept[i] = to[skip + i];
	}
	z->at_s = at_s;
	z->to = kept;
	return true;
}

bool zone_parse(const struct zone **out, struct keep *keep, struct slice name, struct slice file)
{
	struct zone *z = keep_alloc(keep, sizeof(*z));
	struct block b;
	const char *data;

	/* The first block is for old readers; the second has 64-bit times. */
	if (!z || !parse_header(file, &b))
		return false;
	file = slice_from(file, HEADER + block_bytes(&b, 4));
	if (!parse_header(file, &b) || file.len < HEADER + block_bytes(&b, 8))
		return false;
	data = file.ptr + HEADER;
	if (!parse_times(z, keep, &b, data) ||
	    !parse_types(z, &b, data + b.time_count * 9,
			 data + b.time_count * 9 + b.type_count * 6))
		return false;
	file = slice_trim(slice_from(file, HEADER + block_bytes(&b, 8)));
	z->has_rule = zone_rule_parse(&z->rule, file);
	z->name = keep_dup(keep, name);
	*out = z;
	return z->name.ptr != NULL;
}

static void fill(struct tm *out, int64_t unix_s, int32_t offset_s, bool is_dst, const char *name)
{
	time_t moved = (time_t)(unix_s + offset_s);

	if (!gmtime_r(&moved, out))
		*out = (struct tm){.tm_mday = 1};
	out->tm_isdst = is_dst;
	out->tm_gmtoff = offset_s;
	out->tm_zone = name;
}

void zone_civil(const struct zone *z, int64_t unix_s, struct tm *out)
{
	const struct zone_type *type = &z->types[z->before];
	uint32_t n = z->count;
	bool is_dst;

	if (z->has_rule && (n == 0 || unix_s >= z->at_s[n - 1])) {
		is_dst = zone_rule_is_dst(&z->rule, unix_s);
		fill(out, unix_s, is_dst ? z->rule.dst_offset_s : z->rule.std_offset_s, is_dst,
		     is_dst ? z->rule.dst_name : z->rule.std_name);
		return;
	}
	while (n > 0 && z->at_s[n - 1] > unix_s)
		n--;
	if (n > 0)
		type = &z->types[z->to[n - 1]];
	fill(out, unix_s, type->offset_s, type->is_dst, type->name);
}

/* ---- the set ---- */

struct loader {
	struct zone_set *set;
	struct keep *keep;
	const struct conffile_source *source;
};

static void load_file(struct loader *ld, const char *path)
{
	const struct zone *z;
	char *text = NULL;
	size_t len;

	if (ld->set->count < ZONES_MAX &&
	    ld->source->read(ld->source->arg, path, &text, &len) == 0) {
		if (zone_parse(&z, ld->keep, slice_str(path + sizeof(ZONE_DIR)),
			       slice_make(text, len)))
			ld->set->zones[ld->set->count++] = z;
		free(text);
	}
}

static void load_region(struct loader *ld, const char *region)
{
	char pattern[LIMIT_PATH];
	char **paths = NULL;
	size_t count = 0;

	snprintf(pattern, sizeof(pattern), "%s/%s/*", ZONE_DIR, region);
	if (ld->source->glob(ld->source->arg, pattern, &paths, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		load_file(ld, paths[i]);
		free(paths[i]);
	}
	free(paths);
}

static int compare(const void *a, const void *b)
{
	return slice_cmp((*(const struct zone *const *)a)->name,
			 (*(const struct zone *const *)b)->name);
}

int zone_set_load(struct zone_set *set, struct keep *keep, const struct conffile_source *source)
{
	static const char *const regions[] = {
		"Africa",
		"America",
		"America/Argentina",
		"America/Indiana",
		"America/Kentucky",
		"America/North_Dakota",
		"Antarctica",
		"Arctic",
		"Asia",
		"Atlantic",
		"Australia",
		"Canada",
		"Etc",
		"Europe",
		"Indian",
		"Pacific",
		"US",
	};
	struct loader ld = {set, keep, source};

	*set = (struct zone_set){0};
	if (!source || !source->read || !source->glob)
		return 0;
	set->zones = keep_alloc(keep, ZONES_MAX * sizeof(const struct zone *));
	if (!set->zones)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_COUNT(regions); i++)
		load_region(&ld, regions[i]);
	qsort(set->zones, set->count, sizeof(const struct zone *), compare);
	return 0;
}

const struct zone *zone_find(const struct zone_set *set, struct slice name)
{
	uint32_t low = 0;
	uint32_t high = set->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = slice_cmp(set->zones[mid]->name, name);

		if (order == 0)
			return set->zones[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
