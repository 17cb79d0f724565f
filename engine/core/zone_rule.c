/* engine/core/zone_rule.c - the POSIX TZ rule at the end of a zone file (RFC 8536, 3.3). */
#include "engine/core/zone_internal.h"

#include <stdint.h>

static bool is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool take(struct slice *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = slice_from(*s, 1);
	return true;
}

static bool take_number(struct slice *s, int max, int *out)
{
	int n = 0;
	size_t i = 0;

	while (i < s->len && i < 4 && s->ptr[i] >= '0' && s->ptr[i] <= '9')
		n = n * 10 + (s->ptr[i++] - '0');
	if (i == 0 || n > max)
		return false;
	*s = slice_from(*s, i);
	*out = n;
	return true;
}

/* "CET" or "<+03>" */
static bool take_name(struct slice *s, char name[ZONE_ABBR])
{
	size_t n = 0;

	if (take(s, '<')) {
		n = slice_find(*s, '>');
		if (n == SIZE_MAX)
			return false;
		slice_copy(name, ZONE_ABBR, slice_head(*s, n));
		*s = slice_from(*s, n + 1);
		return true;
	}
	while (n < s->len && is_alpha(s->ptr[n]))
		n++;
	slice_copy(name, ZONE_ABBR, slice_head(*s, n));
	*s = slice_from(*s, n);
	return n >= 3;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool take_time(struct slice *s, int32_t *out)
{
	bool negative = take(s, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative)
		take(s, '+');
	if (!take_number(s, 167, &hours))
		return false;
	if (take(s, ':') && !take_number(s, 59, &minutes))
		return false;
	if (take(s, ':') && !take_number(s, 59, &seconds))
		return false;
	*out = (hours * 60 + minutes) * 60 + seconds;
	if (negative)
		*out = -*out;
	return true;
}

static bool take_day(struct slice *s, struct zone_day *d)
{
	bool ok;

	*d = (struct zone_day){.time_s = 2 * 3600};
	if (!take(s, ','))
		return false;
	if (take(s, 'M')) {
		d->kind = ZONE_DAY_MONTH;
		ok = take_number(s, 12, &d->month) && d->month > 0 && take(s, '.') &&
		     take_number(s, 5, &d->week) && d->week > 0 && take(s, '.') &&
		     take_number(s, 6, &d->weekday);
	} else if (take(s, 'J')) {
		d->kind = ZONE_DAY_JULIAN;
		ok = take_number(s, 365, &d->day) && d->day > 0;
	} else {
		d->kind = ZONE_DAY_ZERO;
		ok = take_number(s, 365, &d->day);
	}
	if (ok && take(s, '/'))
		ok = take_time(s, &d->time_s);
	return ok;
}

bool zone_rule_parse(struct zone_rule *r, struct slice text)
{
	int32_t west_s;

	*r = (struct zone_rule){0};
	if (!take_name(&text, r->std_name) || !take_time(&text, &west_s))
		return false;
	r->std_offset_s = -west_s;
	if (text.len == 0)
		return true;
	if (!take_name(&text, r->dst_name))
		return false;
	r->dst_offset_s = r->std_offset_s + 3600;
	if (text.len && text.ptr[0] != ',') {
		if (!take_time(&text, &west_s))
			return false;
		r->dst_offset_s = -west_s;
	}
	r->has_dst = true;
	return take_day(&text, &r->begin) && take_day(&text, &r->end) && text.len == 0;
}

/* ---- days ---- */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of a month (1..12). */
static int64_t days_to_month(int64_t year, int month)
{
	static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month - 1] +
	       (month > 2 && is_leap(year));
}

static int64_t year_of(int64_t unix_s)
{
	int64_t days = unix_s / 86400 - (unix_s % 86400 < 0);
	int64_t year = 1970 + days / 366; /* never too late */

	while (days_to_month(year + 1, 1) <= days)
		year++;
	while (days_to_month(year, 1) > days)
		year--;
	return year;
}

/* Days since 1970 of the day that the rule means in this year. */
static int64_t day_in_year(const struct zone_day *d, int64_t year)
{
	static const int length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t first, day;
	int last;

	if (d->kind == ZONE_DAY_ZERO)
		return days_to_month(year, 1) + d->day;
	if (d->kind == ZONE_DAY_JULIAN)
		return days_to_month(year, 1) + d->day - 1 + (d->day >= 60 && is_leap(year));
	first = days_to_month(year, d->month);
	last = length[d->month - 1] + (d->month == 2 && is_leap(year));
	/* 1970-01-01 was a Thursday. */
	day = (d->weekday - (first + 4) % 7 + 14) % 7 + (int64_t)(d->week - 1) * 7;
	while (day >= last)
		day -= 7;
	return first + day;
}

bool zone_rule_is_dst(const struct zone_rule *r, int64_t unix_s)
{
	int64_t year = year_of(unix_s + r->std_offset_s);
	int64_t begin, end;

	if (!r->has_dst || year < 1971 || year > 9999)
		return false;
	begin = day_in_year(&r->begin, year) * 86400 + r->begin.time_s - r->std_offset_s;
	end = day_in_year(&r->end, year) * 86400 + r->end.time_s - r->dst_offset_s;
	if (begin < end)
		return unix_s >= begin && unix_s < end;
	return !(unix_s >= end && unix_s < begin);
}
