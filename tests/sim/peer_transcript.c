/* AMI as a transcript. peer_transcript.h */
#include "tests/sim/peer_transcript.h"

#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_HEADERS 160
#define NAMES		9
#define NAME_DIGITS	8

struct message {
	char *name[MESSAGE_HEADERS], *value[MESSAGE_HEADERS]; /* name NULL: taken */
	int count;
};

static char names[NAMES][NAME_DIGITS + 1]; /* digits of the channels, as they came */
static unsigned name_count;

/* ---- a message ---- */

static int header_find(const struct message *m, const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	for (int i = 0; i < m->count; i++)
		if (m->name[i] && strncmp(m->name[i], prefix, len) == 0 &&
		    strcmp(m->name[i] + len, name) == 0)
			return i;
	return -1;
}

static bool header_is(const struct message *m, const char *name, const char *beginning)
{
	int i = header_find(m, "", name);

	return i >= 0 && strncmp(m->value[i], beginning, strlen(beginning)) == 0;
}

/* Takes a header out; "" if there is none. */
static const char *header_take(struct message *m, const char *prefix, const char *name)
{
	int i = header_find(m, prefix, name);

	if (i < 0)
		return "";
	m->name[i] = NULL;
	return m->value[i];
}

/* Reads a message off *wire; false at the end. */
static bool message_read(struct message *m, char **wire)
{
	m->count = 0;
	while (**wire) {
		char *line = *wire, *end = strstr(line, "\r\n"), *colon;

		assert_non_null(end);
		*end = 0;
		*wire = end + 2;
		assert_null(strpbrk(line, "\r\n"));
		if (!line[0])
			return true;
		colon = strstr(line, ": ");
		if (!colon)
			fail_msg("no header: %s", line);
		*colon = 0;
		assert_true(m->count < MESSAGE_HEADERS);
		m->name[m->count] = line;
		m->value[m->count++] = colon + 2;
	}
	assert_int_equal(m->count, 0); /* no half message */
	return false;
}

static bool message_is_left_out(const struct message *m)
{
	return header_is(m, "Event", "RTCP") || header_is(m, "Variable", "RTPAUDIOQOS");
}

/* ---- the notation ---- */

static void write_party(struct sink *out, const char *what, const char *name, const char *num)
{
	if (strcmp(name, "<unknown>") == 0 && strcmp(num, "<unknown>") == 0)
		sink_fmt(out, " %s=<unknown>", what);
	else
		sink_fmt(out, " %s=\"%s\" <%s>", what, name, num);
}

static void write_snapshot(struct sink *out, struct message *m, const char *prefix)
{
	const char *name, *account;

	sink_fmt(out, " %s{%s", prefix, header_take(m, prefix, "Channel"));
	sink_fmt(out, " st=%s", header_take(m, prefix, "ChannelState"));
	sink_fmt(out, "/%s", header_take(m, prefix, "ChannelStateDesc"));
	name = header_take(m, prefix, "CallerIDName");
	write_party(out, "cid", name, header_take(m, prefix, "CallerIDNum"));
	name = header_take(m, prefix, "ConnectedLineName");
	write_party(out, "conn", name, header_take(m, prefix, "ConnectedLineNum"));
	assert_string_equal(header_take(m, prefix, "Language"), "en");
	account = header_take(m, prefix, "AccountCode");
	sink_fmt(out, " acct=%s", account[0] ? account : "-");
	sink_fmt(out, " at=%s", header_take(m, prefix, "Context"));
	sink_fmt(out, ",%s", header_take(m, prefix, "Exten"));
	sink_fmt(out, ",%s", header_take(m, prefix, "Priority"));
	sink_fmt(out, " uid=%s", header_take(m, prefix, "Uniqueid"));
	sink_fmt(out, " lid=%s}", header_take(m, prefix, "Linkedid"));
}

static void message_write(struct sink *out, struct message *m)
{
	const char *between = " | ";

	if (header_find(m, "", "Event") >= 0) {
		sink_str(out, header_take(m, "", "Event"));
		header_take(m, "", "Privilege");
	} else {
		sink_fmt(out, "Response: %s", header_take(m, "", "Response"));
	}
	if (header_find(m, "", "ChannelState") >= 0)
		write_snapshot(out, m, "");
	if (header_find(m, "Dest", "ChannelState") >= 0)
		write_snapshot(out, m, "Dest");
	for (int i = 0; i < m->count; i++) {
		if (!m->name[i])
			continue;
		sink_fmt(out, "%s%s: %s", between, m->name[i], m->value[i]);
		between = " ; ";
	}
	sink_char(out, '\n');
}

void transcript_write(struct sink *out, char *wire)
{
	struct message m;

	while (message_read(&m, &wire))
		if (!message_is_left_out(&m))
			message_write(out, &m);
}

/* ---- comparing ---- */

static bool line_fits(struct slice got, struct slice want)
{
	static const struct slice any = SLICE_LIT("<any>"), nothing = SLICE_LIT("<nothing>");

	while (want.len > 0) {
		if (slice_starts(want, nothing)) {
			want = slice_from(want, nothing.len);
			continue;
		}
		if (slice_starts(want, any)) {
			want = slice_from(want, any.len);
			for (size_t skip = 0; skip <= got.len; skip++)
				if (line_fits(slice_from(got, skip), want))
					return true;
			return false;
		}
		if (got.len == 0 || got.ptr[0] != want.ptr[0])
			return false;
		got = slice_from(got, 1);
		want = slice_from(want, 1);
	}
	return got.len == 0;
}

static struct slice next_line(const char **text)
{
	struct slice line = slice_make(*text, strcspn(*text, "\n"));

	*text += line.len + ((*text)[line.len] == '\n');
	return line;
}

const char *transcript_compare(const char *got, const char *want)
{
	static char text[8192];

	while (*got || *want) {
		bool both = *got && *want;
		struct slice g = next_line(&got), w = next_line(&want);

		if (both && line_fits(g, w))
			continue;
		snprintf(text, sizeof(text), "got\n%.*s\nwanted\n%.*s", SLICE_ARG(g), SLICE_ARG(w));
		return text;
	}
	return NULL;
}

/* ---- names ---- */

void transcript_begin(void)
{
	name_count = 0;
}

/* "PJSIP/x-0123abcd" at the start: the length in front of the digits, else 0. */
static size_t name_length(const char *text)
{
	static const char prefix[] = "PJSIP/";
	size_t len = sizeof(prefix) - 1;

	if (strncmp(text, prefix, len) != 0)
		return 0;
	len += strspn(text + len,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (text[len] != '-' || strspn(text + len + 1, "0123456789abcdef") != NAME_DIGITS)
		return 0;
	return len + 1;
}

static unsigned name_number(const char *digits)
{
	unsigned n = 0;

	while (n < name_count && memcmp(names[n], digits, NAME_DIGITS) != 0)
		n++;
	assert_true(n < NAMES);
	if (n == name_count)
		memcpy(names[name_count++], digits, NAME_DIGITS);
	return n + 1;
}

void transcript_mask_names(struct sink *out, const char *text)
{
	while (*text) {
		size_t len = name_length(text);

		if (len == 0) {
			sink_char(out, *text++);
			continue;
		}
		sink_add(out, slice_make(text, len));
		sink_fmt(out, "C%u", name_number(text + len));
		text += len + NAME_DIGITS;
	}
}

void transcript_unmask_names(struct sink *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned n = i + 2 < text.len && text.ptr[i] == '-' && text.ptr[i + 1] == 'C'
				     ? (unsigned)(text.ptr[i + 2] - '0')
				     : 0;

		sink_char(out, text.ptr[i]);
		if (n < 1 || n > name_count)
			continue;
		sink_str(out, names[n - 1]);
		i += 2;
	}
}
