/* engine/core/timespec.c - see timespec.h */
#include "engine/core/timespec.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <stdio.h>

#define MINUTES 1440

struct parser {
	timespec_warn_fn warn;
	void *arg;
};

/* The names that a field may use instead of numbers, and its range. */
struct field {
	const char *what;
	const char *const *names; /* NULL: numbers only */
	unsigned first, last;	  /* as written; bit 0 is `first` */
};

static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};
static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
					  "aug", "sep", "oct", "nov", "dec", NULL};
static const struct field field_week_day = {"day of week", day_names, 0, 6};
static const struct field field_month_day = {"day", NULL, 1, 31};
static const struct field field_month = {"month", month_names, 1, 12};

static void warn_part(const struct parser *p, const char *what, struct slice part)
{
	char text[160];

	snprintf(text, sizeof(text), "Invalid %s '%.*s', skipping element", what,
		 (int)(part.len < 80 ? part.len : 80), part.ptr ? part.ptr : "");
	if (p->warn)
		p->warn(p->arg, text);
	else
		log_warning("%s", text);
}

static bool is_all(struct slice field)
{
	return slice_is_empty(field) || slice_eq(field, SLICE_LIT("*"));
}

/* One end of a range as bit number. */
static bool element(const struct field *f, struct slice word, unsigned *bit)
{
	uint64_t n;

	word = slice_trim(word);
	for (unsigned i = 0; f->names && f->names[i]; i++) {
		/* Only the first three letters count: "monday" is mon. */
		if (slice_ieq(slice_head(word, 3), slice_str(f->names[i]))) {
			*bit = i;
			return true;
		}
	}
	if (!slice_u64(word, f->last, &n) || n < f->first)
		return false;
	*bit = (unsigned)n - f->first;
	return true;
}

static uint32_t parse_field(const struct parser *p, const struct field *f, struct slice text)
{
	unsigned count = f->last - f->first + 1;
	uint32_t bits = 0;
	struct slice part;

	text = slice_trim(text);
	if (is_all(text))
		return UINT32_MAX;
	while (slice_split(&text, '&', &part)) {
		size_t dash = slice_find(part, '-');
		unsigned from, to;

		if (!element(f, slice_head(part, dash), &from) ||
		    (dash != SIZE_MAX && !element(f, slice_from(part, dash + 1), &to))) {
			warn_part(p, f->what, part);
			continue;
		}
		if (dash == SIZE_MAX)
			to = from;
		for (unsigned i = from;; i = (i + 1) % count) { /* cyclic: fri-mon */
			bits |= UINT32_C(1) << i;
			if (i == to)
				break;
		}
	}
	return bits;
}

static bool minute_of_day(struct slice text, unsigned *minute)
{
	size_t colon = slice_find(text, ':');
	uint64_t hours, minutes;

	if (colon == SIZE_MAX)
		return false;
	if (!slice_u64(slice_trim(slice_head(text, colon)), 23, &hours) ||
	    !slice_u64(slice_trim(slice_from(text, colon + 1)), 59, &minutes))
		return false;
	*minute = (unsigned)(hours * 60 + minutes);
	return true;
}

static void parse_times(const struct parser *p, struct timespec_rule *rule, struct slice text)
{
	struct slice part;

	text = slice_trim(text);
	if (is_all(text)) {
		memset(rule->minutes, 0xff, sizeof(rule->minutes));
		return;
	}
	while (slice_split(&text, '&', &part)) {
		size_t dash = slice_find(part, '-');
		unsigned from, to;

		if (!minute_of_day(slice_head(part, dash), &from) ||
		    (dash != SIZE_MAX && !minute_of_day(slice_from(part, dash + 1), &to))) {
			warn_part(p, "time range", part);
			continue;
		}
		if (dash == SIZE_MAX)
			to = from;
		for (unsigned i = from;; i = (i + 1) % MINUTES) { /* over midnight */
			rule->minutes[i / 32] |= UINT32_C(1) << i % 32;
			if (i == to)
				break;
		}
	}
}

/* Takes the next field off *text. */
static struct slice next_field(struct slice *text)
{
	struct slice field;
	size_t end = 0;

	while (end < text->len && text->ptr[end] != ',' && text->ptr[end] != '|')
		end++;
	field = slice_head(*text, end);
	*text = slice_from(*text, end + 1);
	return slice_trim(field);
}

void timespec_parse(struct timespec_rule *rule, struct slice text, timespec_warn_fn warn, void *arg)
{
	const struct parser p = {warn, arg};

	*rule = (struct timespec_rule){0};
	parse_times(&p, rule, next_field(&text));
	rule->week_days = parse_field(&p, &field_week_day, next_field(&text));
	rule->month_days = parse_field(&p, &field_month_day, next_field(&text));
	rule->months = parse_field(&p, &field_month, next_field(&text));
	slice_copy(rule->zone, sizeof(rule->zone), next_field(&text));
}

bool timespec_fits(const struct timespec_rule *rule, const struct tm *civil)
{
	unsigned minute = (unsigned)(civil->tm_hour * 60 + civil->tm_min) % MINUTES;

	return (rule->months >> (civil->tm_mon & 31) & 1) &&
	       (rule->month_days >> ((civil->tm_mday - 1) & 31) & 1) &&
	       (rule->week_days >> (civil->tm_wday & 31) & 1) &&
	       (rule->minutes[minute / 32] >> minute % 32 & 1);
}

bool timespec_is_now(const struct timespec_rule *rule, const struct timespec_clock *clock)
{
	struct tm civil;

	if (!clock || !clock->civil(clock->arg, rule->zone, &civil))
		return false;
	return timespec_fits(rule, &civil);
}
