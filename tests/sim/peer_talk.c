/* tests/sim/peer_talk.c - see peer_talk.h. */
#include "tests/sim/peer_talk.h"

#include "engine/base/check.h"
#include "tests/sim/peer_transcript.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)
#define BANNER	 "Asterisk Call Manager/11.0.0\r\n"

struct talk {
	const struct talk_rig *rig;
	struct telnet *client; /* who speaks */
	const char *file;
	unsigned line, said_line;
	struct sink said;   /* by the client, not sent yet */
	struct sink wanted; /* lines that should come for what was sent last */
	int64_t wait_ns;
	const char *heard; /* not NULL: sent; what came is to be compared */
	bool raw;	   /* `wanted` is octets */
	bool reports;	   /* of RTCP are not left out */
};

static char said_text[TEXT_MAX], wanted_text[TEXT_MAX], lines_text[TEXT_MAX], masked_text[TEXT_MAX];

static void talk_send(struct talk *s)
{
	if (s->heard)
		return;
	s->heard = telnet_say(s->client, sink_slice(&s->said), s->wait_ns);
	s->said_line = s->line;
	s->raw = false;
	s->said.len = s->wanted.len = 0;
	s->wait_ns = SIM_SECOND;
}

/* RTCP reports come when they come: the messages about them are cut out. */
static void cut_reports(char *wire)
{
	char *at = wire, *end;

	while ((at = strstr(at, "Event: RTCP")) != NULL) {
		end = strstr(at, "\r\n\r\n");
		assert_non_null(end);
		memmove(at, end + 4, strlen(end + 4) + 1);
	}
}

/* Octets as lines: without the CR that each must have. */
static void write_raw(struct sink *out, const char *wire)
{
	for (const char *at = wire; *at; at++) {
		assert_int_equal(*at == '\n', at > wire && at[-1] == '\r');
		if (*at != '\r' || at[1] != '\n')
			sink_char(out, *at);
	}
}

/* Security events name the door; all else is the same over TLS. */
static void as_plain(char *wire)
{
	for (char *at = wire; (at = strstr(at, "IPV4/TLS/")) != NULL; at++) {
		memcpy(at, "IPV4/TCP/", 9);
		if (strncmp(at + 9, "10.0.0.1/5039", 13) == 0)
			at[21] = '8';
	}
}

/* All that came is what is wanted. */
static void talk_compare(struct talk *s)
{
	struct sink lines = sink_make(lines_text, TEXT_MAX),
		    masked = sink_make(masked_text, TEXT_MAX);
	static char wire[TEXT_MAX];
	const char *differs;

	if (!s->heard)
		return;
	snprintf(wire, sizeof(wire), "%s", s->heard);
	if (s->rig->tls)
		as_plain(wire);
	if (!s->reports)
		cut_reports(wire);
	if (s->raw)
		write_raw(&lines, wire);
	else
		transcript_write(&lines, wire);
	transcript_mask_names(&masked, sink_cstr(&lines));
	differs = transcript_compare(sink_cstr(&masked), sink_cstr(&s->wanted));
	if (differs) {
		fprintf(stderr, "All that came:\n%s", sink_cstr(&masked)); /* cmocka cuts */
		fail_msg("%s:%u: %s", s->file, s->said_line, differs);
	}
	s->heard = NULL;
}

/* The same with what was said and not sent yet. */
static void talk_finish(struct talk *s)
{
	if (s->said.len > 0)
		talk_send(s);
	talk_compare(s);
}

static void talk_want(struct talk *s, bool raw, struct slice line)
{
	talk_send(s);
	s->raw |= raw;
	sink_add(&s->wanted, line);
	sink_char(&s->wanted, '\n');
}

static void talk_connect(struct talk *s)
{
	talk_finish(s);
	telnet_reconnect(s->client);
	assert_string_equal(telnet_say(s->client, SLICE_EMPTY, SIM_SECOND), BANNER);
}

static void talk_login(struct talk *s, struct slice name)
{
	const char *heard;

	talk_finish(s);
	sink_fmt(&s->said, "Action: Login\r\nUsername: %.*s\r\nSecret: world\r\n\r\n",
		 SLICE_ARG(name));
	heard = telnet_say(s->client, sink_slice(&s->said), SIM_SECOND);
	assert_non_null(strstr(heard, "Message: Authentication accepted\r\n"));
	s->said.len = 0;
}

/* \r \n \0 \xhh */
static void talk_add_escaped(struct talk *s, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\' && ++i < text.len) {
			c = text.ptr[i] == 'r' ? '\r' : text.ptr[i] == 'n' ? '\n' : 0;
			if (text.ptr[i] == 'x') {
				c = (char)strtoul((char[]){text.ptr[i + 1], text.ptr[i + 2], 0},
						  NULL, 16);
				i += 2;
			}
		}
		sink_char(&s->said, c);
	}
}

static void talk_repeat(struct talk *s, struct slice text)
{
	size_t blank = slice_find(text, ' ');
	uint64_t times;

	assert_true(slice_u64(slice_head(text, blank), 100000, &times));
	while (times--) {
		sink_add(&s->said, slice_from(text, blank + 1));
		sink_lit(&s->said, "\r\n");
	}
}

static void talk_long_line(struct talk *s, size_t octets)
{
	sink_lit(&s->said, "X: ");
	for (size_t i = 3; i < octets; i++)
		sink_char(&s->said, 'y');
	sink_lit(&s->said, "\r\n");
}

static void talk_say(struct talk *s, struct slice line, const char *line_end)
{
	talk_compare(s);
	transcript_unmask_names(&s->said, line);
	sink_str(&s->said, line_end);
}

static bool takes(struct slice line, const char *word, struct slice *rest)
{
	*rest = slice_from(line, strlen(word));
	if (rest->len > 0 && rest->ptr[0] == ' ')
		*rest = slice_from(*rest, 1);
	return slice_starts(line, slice_str(word));
}

static void talk_line(struct talk *s, struct slice line)
{
	struct slice rest;

	if (line.len == 0 || line.ptr[0] == '#')
		return;
	if (takes(line, "C:", &rest)) {
		talk_say(s, rest, "\r\n");
	} else if (takes(line, "c:", &rest)) {
		talk_say(s, rest, "\n");
	} else if (takes(line, "E:", &rest)) {
		talk_compare(s);
		talk_add_escaped(s, rest);
	} else if (takes(line, "x ", &rest)) {
		talk_compare(s);
		talk_repeat(s, slice_from(line, 2));
	} else if (takes(line, "line", &rest)) {
		talk_compare(s);
		talk_long_line(s, strtoul(rest.ptr, NULL, 10));
	} else if (takes(line, "wait", &rest)) {
		talk_compare(s);
		s->wait_ns = strtoll(rest.ptr, NULL, 10) * SIM_SECOND;
		talk_send(s);
	} else if (takes(line, "S:", &rest) || takes(line, "R:", &rest)) {
		talk_want(s, line.ptr[0] == 'R', rest);
	} else if (takes(line, "drop", &rest)) {
		talk_send(s);
		s->heard = NULL;
	} else if (takes(line, "closed", &rest)) {
		talk_finish(s);
		assert_true(telnet_is_closed(s->client));
	} else if (takes(line, "call", &rest)) {
		talk_finish(s);
		s->rig->call(rest);
	} else if (takes(line, "reports", &rest)) {
		s->reports = true;
	} else if (takes(line, "other", &rest)) {
		talk_finish(s);
		s->client = s->client == s->rig->client ? s->rig->other : s->rig->client;
	} else if (takes(line, "connect", &rest)) {
		talk_connect(s);
	} else if (takes(line, "login", &rest)) {
		talk_login(s, rest);
	} else {
		fail_msg("%s:%u: not understood", s->file, s->line);
	}
}

void talk_play(const struct talk_rig *rig, const char *file)
{
	struct talk s = {.rig = rig,
			 .client = rig->client,
			 .file = file,
			 .said = sink_make(said_text, TEXT_MAX),
			 .wanted = sink_make(wanted_text, TEXT_MAX),
			 .wait_ns = SIM_SECOND};
	char path[1024], line[4096];
	FILE *f;

	transcript_begin();
	snprintf(path, sizeof(path), "%s/tests/sim/transcripts/%s", RINGER_SOURCE_DIR, s.file);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	assert_string_equal(telnet_say(rig->client, SLICE_EMPTY, SIM_SECOND), BANNER);
	if (rig->other)
		assert_string_equal(telnet_say(rig->other, SLICE_EMPTY, 0), BANNER);
	while (fgets(line, sizeof(line), f)) {
		s.line++;
		line[strcspn(line, "\n")] = 0;
		talk_line(&s, slice_str(line));
	}
	talk_finish(&s);
	fclose(f);
	assert_true(s.line > 0);
}
