/* engine/core/pattern.c - see pattern.h */
#include "engine/core/pattern.h"

#include "engine/base/limits.h"

#include <errno.h>

/* Ranks of what stands at a place: sets by their size (1..256), then '.', '!', the end. */
#define RANK_DOT  0x180
#define RANK_BANG 0x280
#define RANK_END  0x300

static void set_add(struct pattern_place *p, unsigned char c)
{
	uint64_t bit = UINT64_C(1) << (c & 63);

	if (p->bits[c / 64] & bit)
		return;
	p->bits[c / 64] |= bit;
	if (p->size == 0 || c < p->lowest)
		p->lowest = c;
	p->size++;
}

static void set_add_range(struct pattern_place *p, unsigned char from, unsigned char to)
{
	for (unsigned c = from; c <= to; c++)
		set_add(p, (unsigned char)c);
}

static bool set_has(const struct pattern_place *p, unsigned char c)
{
	return p->bits[c / 64] >> (c & 63) & 1;
}

/* The set between '[' and ']': single characters and ranges; '-' just before the end is itself. */
static void parse_set(struct pattern_place *p, struct slice inner)
{
	for (size_t i = 0; i < inner.len; i++) {
		if (i + 2 < inner.len && inner.ptr[i + 1] == '-') {
			set_add_range(p, (unsigned char)inner.ptr[i],
				      (unsigned char)inner.ptr[i + 2]);
			i += 2;
		} else {
			set_add(p, (unsigned char)inner.ptr[i]);
		}
	}
}

/* One place; returns the octets it took. An empty set gives a place of size 0, to be dropped. */
static size_t parse_place(struct pattern_place *p, struct slice rest)
{
	char c = rest.ptr[0];
	size_t close;

	*p = (struct pattern_place){.kind = PATTERN_SET};
	switch (c) {
	case 'X':
	case 'x':
		set_add_range(p, '0', '9');
		return 1;
	case 'Z':
	case 'z':
		set_add_range(p, '1', '9');
		return 1;
	case 'N':
	case 'n':
		set_add_range(p, '2', '9');
		return 1;
	case '.':
		p->kind = PATTERN_DOT;
		return 1;
	case '!':
		p->kind = PATTERN_BANG;
		return 1;
	case '[':
		close = slice_find(rest, ']');
		if (close == SIZE_MAX) {
			p->kind = PATTERN_NEVER;
			return rest.len;
		}
		parse_set(p, slice_make(rest.ptr + 1, close - 1));
		return close + 1;
	default:
		set_add(p, (unsigned char)c);
		return 1;
	}
}

static uint16_t parse_places(struct pattern_place *places, struct slice text, bool *broken)
{
	uint16_t count = 0;

	while (text.len > 0) {
		struct pattern_place *p = &places[count];

		if (text.ptr[0] == '-') {
			text = slice_from(text, 1);
			continue;
		}
		text = slice_from(text, parse_place(p, text));
		if (p->kind == PATTERN_SET && p->size == 0)
			continue;
		count++;
		*broken |= p->kind == PATTERN_NEVER;
		if (p->kind != PATTERN_SET) /* '.' and '!' end the pattern */
			break;
	}
	return count;
}

struct slice pattern_clean(struct slice text, char *dst, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < size; i++)
		if (text.ptr[i] != '-')
			dst[n++] = text.ptr[i];
	return slice_make(dst, n);
}

int pattern_make(struct pattern *p, struct keep *keep, struct slice text)
{
	struct pattern_place places[LIMIT_NAME];
	char clean[LIMIT_NAME];
	struct pattern made = {0};

	text = slice_head(text, LIMIT_NAME - 1);
	if (text.len == 0 || text.ptr[0] != '_') {
		made.plain = keep_dup(keep, pattern_clean(text, clean, sizeof(clean)));
		if (!made.plain.ptr)
			return -ENOMEM;
		*p = made;
		return 0;
	}
	made.is_pattern = true;
	made.count = parse_places(places, slice_from(text, 1), &made.is_broken);
	made.places = keep_alloc(keep, (made.count + 1u) * sizeof(*made.places));
	if (!made.places)
		return -ENOMEM;
	memcpy(made.places, places, made.count * sizeof(*made.places));
	*p = made;
	return 0;
}

static unsigned place_rank(const struct pattern *p, unsigned i)
{
	if (i >= p->count)
		return RANK_END;
	switch (p->places[i].kind) {
	case PATTERN_SET:
		return p->places[i].size;
	case PATTERN_DOT:
		return RANK_DOT;
	case PATTERN_BANG:
		return RANK_BANG;
	default:
		return RANK_END;
	}
}

/* Two sets of one size: the lower first character, then whoever has the lower characters. */
static int set_cmp(const struct pattern_place *a, const struct pattern_place *b)
{
	if (a->lowest != b->lowest)
		return a->lowest < b->lowest ? -1 : 1;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t differ = a->bits[i] ^ b->bits[i];

		if (differ)
			return a->bits[i] & (differ & (~differ + 1)) ? -1 : 1;
	}
	return 0;
}

static int places_cmp(const struct pattern *a, const struct pattern *b)
{
	for (unsigned i = 0; i < a->count || i < b->count; i++) {
		unsigned rank_a = place_rank(a, i);
		unsigned rank_b = place_rank(b, i);
		int order;

		if (rank_a != rank_b)
			return rank_a < rank_b ? -1 : 1;
		if (rank_a > 256) /* neither is a set */
			continue;
		order = set_cmp(&a->places[i], &b->places[i]);
		if (order)
			return order;
	}
	return 0;
}

int pattern_cmp(const struct pattern *a, const struct pattern *b)
{
	if (a->is_pattern != b->is_pattern)
		return a->is_pattern ? 1 : -1;
	return a->is_pattern ? places_cmp(a, b) : slice_cmp(a->plain, b->plain);
}

static enum pattern_answer ask_plain(const struct pattern *p, struct slice text,
				     enum pattern_ask ask)
{
	if (!slice_starts(p->plain, text))
		return PATTERN_NO;
	if (p->plain.len == text.len)
		return ask == PATTERN_MORE ? PATTERN_NO : PATTERN_YES;
	return ask == PATTERN_MATCH ? PATTERN_NO : PATTERN_YES;
}

enum pattern_answer pattern_ask(const struct pattern *p, struct slice text, enum pattern_ask ask)
{
	if (!p->is_pattern)
		return ask_plain(p, text, ask);
	for (unsigned i = 0; i < p->count; i++) {
		const struct pattern_place *place = &p->places[i];

		if (place->kind == PATTERN_NEVER)
			return PATTERN_NO;
		if (place->kind == PATTERN_BANG)
			return PATTERN_EARLY;
		if (i >= text.len) /* the text ends first */
			return ask == PATTERN_MATCH ? PATTERN_NO : PATTERN_YES;
		if (place->kind == PATTERN_DOT)
			return PATTERN_YES;
		if (!set_has(place, (unsigned char)text.ptr[i]))
			return PATTERN_NO;
	}
	if (text.len > p->count || ask == PATTERN_MORE)
		return PATTERN_NO;
	return PATTERN_YES;
}
