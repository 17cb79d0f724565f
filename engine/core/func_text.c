/* engine/core/func_text.c - functions on text: LEN, TRIM, CUT, FILTER, REPLACE, REGEX and others.
 */
#include "engine/core/func_internal.h"

#include "engine/base/log.h"
#include "engine/base/regex.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <stdlib.h>

/* ---- whole texts ---- */

static void len_read(struct func_call *f, struct sink *out)
{
	sink_u64(out, f->len);
}

static void toupper_read(struct func_call *f, struct sink *out)
{
	for (size_t i = 0; i < f->len; i++)
		if (f->text[i] >= 'a' && f->text[i] <= 'z')
			f->text[i] = (char)(f->text[i] - 32);
	subst_add(out, func_args(f));
}

static void tolower_read(struct func_call *f, struct sink *out)
{
	for (size_t i = 0; i < f->len; i++)
		if (f->text[i] >= 'A' && f->text[i] <= 'Z')
			f->text[i] = (char)(f->text[i] + 32);
	subst_add(out, func_args(f));
}

static void trim_read(struct func_call *f, struct sink *out)
{
	subst_add(out, slice_trim(func_args(f)));
}

static void ltrim_read(struct func_call *f, struct sink *out)
{
	subst_add(out, slice_ltrim(func_args(f)));
}

static void rtrim_read(struct func_call *f, struct sink *out)
{
	subst_add(out, slice_rtrim(func_args(f)));
}

static void passthru_read(struct func_call *f, struct sink *out)
{
	subst_add(out, func_args(f));
}

static void quote_with(struct func_call *f, struct sink *out, const char *marked, char mark)
{
	sink_char(out, '"');
	for (size_t i = 0; i < f->len; i++) {
		if (strchr(marked, f->text[i]))
			sink_char(out, mark);
		sink_char(out, f->text[i]);
	}
	sink_char(out, '"');
}

static void quote_read(struct func_call *f, struct sink *out)
{
	quote_with(f, out, "\"\\", '\\');
}

static void csv_quote_read(struct func_call *f, struct sink *out)
{
	quote_with(f, out, "\"", '"');
}

/* ---- characters of a set, written with escapes ---- */

/* The character at text[*at], moving on: \n \r \t \\ \xHH, \- and so on stand for themselves. */
static char escaped_char(struct slice text, size_t *at, bool *literal)
{
	char c = text.ptr[(*at)++];
	char hex[3] = {0};

	*literal = false;
	if (c != '\\' || *at >= text.len)
		return c;
	*literal = true;
	c = text.ptr[(*at)++];
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'x':
		slice_copy(hex, sizeof(hex), slice_from(text, *at));
		*at += strlen(hex);
		return (char)strtoul(hex, NULL, 16);
	default:
		return c;
	}
}

/* The first character of a delimiter argument, or `otherwise`. */
static char delimiter(struct slice text, char otherwise)
{
	size_t at = 0;
	bool literal;

	return slice_is_empty(text) ? otherwise : escaped_char(text, &at, &literal);
}

/* "a-z0-9" into a table of 256. */
static void parse_set(struct slice text, bool set[256])
{
	size_t at = 0;
	bool literal;

	memset(set, 0, 256 * sizeof(set[0]));
	while (at < text.len) {
		unsigned char from = (unsigned char)escaped_char(text, &at, &literal);
		unsigned char to = from;

		if (at + 1 < text.len && text.ptr[at] == '-') {
			at++;
			to = (unsigned char)escaped_char(text, &at, &literal);
		}
		for (unsigned c = from; c <= to; c++)
			set[c] = true;
	}
}

static void filter_read(struct func_call *f, struct sink *out)
{
	struct slice args = func_args(f);
	size_t comma = slice_find(args, ',');
	bool set[256];

	if (comma == SIZE_MAX) {
		log_error("Usage: FILTER(<allowed-chars>,<string>)");
		return;
	}
	parse_set(slice_head(args, comma), set);
	for (size_t i = comma + 1; i < args.len; i++)
		if (set[(unsigned char)args.ptr[i]])
			sink_char(out, args.ptr[i]);
}

/* ---- on the value of a variable ---- */

/* The named variable's value, in the caller's buffer. */
static struct slice value_of(struct func_call *f, struct slice name, char *buf, size_t size)
{
	struct sink value = sink_make(buf, size);

	func_value(f, slice_trim(name), &value);
	return sink_slice(&value);
}

/* One part of CUT's range: "1", "2-", "-3", "1-3". */
static bool parse_range(struct slice text, int32_t *from, int32_t *to)
{
	size_t dash = slice_find(text, '-');
	size_t end;

	*from = args_int(slice_head(text, dash), &end);
	if (end == 0)
		*from = 1;
	if (dash == SIZE_MAX) {
		*to = *from;
		return end > 0;
	}
	*to = args_int(slice_from(text, dash + 1), &end);
	if (end == 0)
		*to = INT32_MAX;
	return true;
}

static void cut_fields(struct slice value, char delim, int32_t from, int32_t to, bool *any,
		       struct sink *out)
{
	struct slice field;

	for (int32_t i = 1; i <= to && slice_split(&value, delim, &field); i++) {
		if (i < from)
			continue;
		if (*any)
			sink_char(out, delim);
		*any = true;
		subst_add(out, field);
	}
}

static void cut_read(struct func_call *f, struct sink *out)
{
	struct slice part[3], range;
	char buf[LIMIT_VAR_VALUE];
	struct slice value;
	bool any = false;
	char delim;

	if (args_split_raw(func_args(f), ',', part, 3) < 3) {
		log_error("Syntax: CUT(<varname>,<char-delim>,<range-spec>) - missing argument!");
		return;
	}
	value = value_of(f, part[0], buf, sizeof(buf));
	delim = delimiter(part[1], '-');
	while (slice_split(&part[2], '&', &range)) {
		int32_t from, to;

		if (!parse_range(slice_trim(range), &from, &to))
			log_error(
				"Usage: CUT(<varname>,<char-delim>,<range-spec>): bad range '%.*s'",
				SLICE_ARG(range));
		else
			cut_fields(value, delim, from, to, &any, out);
	}
}

static void fieldqty_read(struct func_call *f, struct sink *out)
{
	struct slice part[2], field, value;
	char buf[LIMIT_VAR_VALUE];
	uint64_t n = 0;

	args_split_raw(func_args(f), ',', part, 2);
	value = value_of(f, part[0], buf, sizeof(buf));
	if (!slice_is_empty(value) && !slice_is_empty(part[1]))
		while (slice_split(&value, delimiter(part[1], '-'), &field))
			n++;
	sink_u64(out, n);
}

static void fieldnum_read(struct func_call *f, struct sink *out)
{
	struct slice part[3], field, value;
	char buf[LIMIT_VAR_VALUE];
	uint64_t n = 0;
	uint64_t found = 0;

	args_split_raw(func_args(f), ',', part, 3);
	value = value_of(f, part[0], buf, sizeof(buf));
	while (found == 0 && slice_split(&value, delimiter(part[1], '-'), &field)) {
		n++;
		if (slice_eq(field, part[2]))
			found = n;
	}
	sink_u64(out, found);
}

static void replace_read(struct func_call *f, struct sink *out)
{
	struct slice part[3], value;
	char buf[LIMIT_VAR_VALUE];
	bool set[256];

	if (args_split_raw(func_args(f), ',', part, 3) < 2) {
		log_error("Usage: REPLACE(<varname>,<search-chars>[,<replace-char>])");
		return;
	}
	value = value_of(f, part[0], buf, sizeof(buf));
	parse_set(part[1], set);
	for (size_t i = 0; i < value.len; i++) {
		if (!set[(unsigned char)value.ptr[i]])
			sink_char(out, value.ptr[i]);
		else if (!slice_is_empty(part[2]))
			sink_char(out, delimiter(part[2], ' '));
	}
}

static void strreplace_read(struct func_call *f, struct sink *out)
{
	struct slice part[4], value;
	char buf[LIMIT_VAR_VALUE];
	int32_t left;
	size_t at;

	if (args_split_raw(func_args(f), ',', part, 4) < 2 || slice_is_empty(part[1])) {
		log_error("Usage: STRREPLACE(<varname>,<find-string>[,<replace-string>,"
			  "[<max-replacements>]])");
		return;
	}
	left = slice_is_empty(part[3]) ? INT32_MAX : args_int(part[3], NULL);
	value = value_of(f, part[0], buf, sizeof(buf));
	while (left-- > 0 && (at = slice_find_text(value, part[1])) != SIZE_MAX) {
		subst_add(out, slice_head(value, at));
		subst_add(out, part[2]);
		value = slice_from(value, at + part[1].len);
	}
	subst_add(out, value);
}

size_t func_regex_octets(const struct func_call *f, const struct regex *re)
{
	return f->c->guarded ? LIMIT_REGEX_GUARDED / (regex_steps(re) + 1) : SIZE_MAX;
}

void func_regex_refuse(const struct func_call *f, const struct regex *re)
{
	metric_inc(&f->c->shard->metrics, METRIC_function_refused);
	log_debug("An expression of %u steps takes too long (asked for by a client)",
		  regex_steps(re));
}

/* REGEX("expression" data) */
static void regex_read(struct func_call *f, struct sink *out)
{
	char *open = strchr(f->text, '"');
	char *close = open ? strchr(open + 1, '"') : NULL;
	struct slice subject;
	enum regex_error err;
	struct regex *re;

	if (!close) {
		log_error("Unexpected arguments: should have been in the form '\"<regex>\" "
			  "<string>'");
		return;
	}
	*close = 0;
	subject = slice_str(close + 1 + (close[1] == ' '));
	err = regex_compile(&re, slice_str(open + 1));
	if (err) {
		log_warning("Malformed input REGEX(%s): %s", open + 1, regex_error_text(err));
		return;
	}
	if (subject.len <= func_regex_octets(f, re))
		sink_char(out, regex_matches(re, subject) ? '1' : '0');
	else
		func_regex_refuse(f, re);
	regex_free(re);
}

const struct func func_len = {"LEN", "Return the length of the string given.", len_read, 0, 0};
const struct func func_toupper = {"TOUPPER", "Convert string to all uppercase letters.",
				  toupper_read, 0, 0};
const struct func func_tolower = {"TOLOWER", "Convert string to all lowercase letters.",
				  tolower_read, 0, 0};
const struct func func_trim = {"TRIM", "Trim leading and trailing whitespace.", trim_read, 0, 0};
const struct func func_ltrim = {"LTRIM", "Trim leading whitespace.", ltrim_read, 0, 0};
const struct func func_rtrim = {"RTRIM", "Trim trailing whitespace.", rtrim_read, 0, 0};
const struct func func_passthru = {"PASSTHRU", "Pass the given argument back as a value.",
				   passthru_read, 0, 0};
const struct func func_quote = {"QUOTE", "Quotes a given string, escaping embedded quotes.",
				quote_read, 0, 0};
const struct func func_csv_quote = {"CSV_QUOTE", "Quotes a given string for use in a CSV file.",
				    csv_quote_read, 0, 0};
const struct func func_filter = {
	"FILTER", "Filter the string to include only the allowed characters.", filter_read, 0, 0};
const struct func func_cut = {"CUT", "Slices and dices strings, based upon a named delimiter.",
			      cut_read, 0, 0};
const struct func func_fieldqty = {"FIELDQTY", "Count the fields with an arbitrary delimiter.",
				   fieldqty_read, 0, 0};
const struct func func_fieldnum = {"FIELDNUM", "Return the 1-based offset of a field in a list.",
				   fieldnum_read, 0, 0};
const struct func func_replace = {"REPLACE", "Replace a set of characters in a given string.",
				  replace_read, 0, 0};
const struct func func_strreplace = {"STRREPLACE", "Replace instances of a substring.",
				     strreplace_read, 0, 0};
const struct func func_regex = {"REGEX", "Check string against a regular expression.", regex_read,
				0, 0};
