/* sip/contact_json.c - see contact_json.h. */
#include "sip/contact_json.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"

void contact_write_key(struct sink *out, const struct contact_info *info)
{
	sink_add(out, info->text[CONTACT_AOR]);
	sink_lit(out, ";@");
	sink_hex(out, info->id, 16);
}

/* ---- writing ---- */

static void json_text(struct sink *out, struct slice s)
{
	sink_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\') {
			sink_char(out, '\\');
			sink_char(out, (char)c);
		} else if (c < 32) {
			sink_lit(out, "\\u");
			sink_hex(out, c, 4);
		} else {
			sink_char(out, (char)c);
		}
	}
	sink_char(out, '"');
}

static void json_pair(struct sink *out, const char *name, struct slice value)
{
	if (out->len > 1) /* behind the brace */
		sink_char(out, ',');
	json_text(out, slice_str(name));
	sink_char(out, ':');
	json_text(out, value);
}

static void json_number(struct sink *out, const char *name, int64_t n)
{
	char room[32];
	struct sink text = sink_make(room, sizeof(room));

	sink_i64(&text, n);
	json_pair(out, name, sink_slice(&text));
}

/* "host:port" of the Via into two values. */
static void json_via(struct sink *out, struct slice via)
{
	size_t colon = slice_rfind(via, ':');

	json_pair(out, "via_addr", slice_head(via, colon));
	json_pair(out, "via_port", colon == SIZE_MAX ? SLICE_EMPTY : slice_from(via, colon + 1));
}

void contact_write_json(struct sink *out, const struct contact_info *info)
{
	const struct slice *text = info->text;
	char room[32];
	struct sink timeout = sink_make(room, sizeof(room));

	sink_fmt(&timeout, "%u.%03u000", info->qualify_timeout_ms / 1000, info->qualify_timeout_ms % 1000);
	sink_char(out, '{');
	json_via(out, text[CONTACT_VIA]);
	json_pair(out, "qualify_timeout", sink_slice(&timeout));
	json_pair(out, "call_id", text[CONTACT_CALL_ID]);
	json_pair(out, "reg_server", SLICE_EMPTY);
	json_pair(out, "prune_on_boot", SLICE_LIT("no"));
	json_pair(out, "path", text[CONTACT_PATH]);
	json_pair(out, "endpoint", text[CONTACT_ENDPOINT]);
	json_pair(out, "authenticate_qualify",
		  info->authenticate_qualify ? SLICE_LIT("yes") : SLICE_LIT("no"));
	json_pair(out, "uri", text[CONTACT_URI]);
	json_number(out, "qualify_frequency", info->qualify_s);
	json_pair(out, "user_agent", text[CONTACT_USER_AGENT]);
	json_number(out, "expiration_time", info->expires_wall_ns / TMR_SECOND);
	json_pair(out, "outbound_proxy", text[CONTACT_PROXY]);
	if (text[CONTACT_GIVEN].len)
		json_pair(out, "ringer_given", text[CONTACT_GIVEN]);
	json_number(out, "ringer_cseq", info->cseq);
	sink_char(out, '}');
}

/* ---- reading ---- */

struct json {
	const char *at, *end;
	struct sink room; /* the values, without their escapes */
	bool bad;
};

static void json_blanks(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
		j->at++;
}

static bool json_take(struct json *j, char c)
{
	json_blanks(j);
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

/* \u and four digits: only what is one octet is of use here; anything else becomes a question mark. */
static void json_code(struct json *j)
{
	unsigned code = 0;

	for (int i = 0; i < 4; i++, j->at++) {
		char c = j->at < j->end ? *j->at : 0;

		if (c >= '0' && c <= '9')
			code = code * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + (unsigned)((c | 32) - 'a' + 10);
		else
			j->bad = true;
		if (j->bad)
			return;
	}
	sink_char(&j->room, code < 128 ? (char)code : '?');
}

static void json_escape(struct json *j)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = j->at < j->end ? *j->at++ : 0;
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'u')
		json_code(j);
	else if (known)
		sink_char(&j->room, to[known - from]);
	else if (c == '"' || c == '\\' || c == '/')
		sink_char(&j->room, c);
	else
		j->bad = true;
}

/* The text, in j->room. */
static struct slice json_string(struct json *j)
{
	size_t from = j->room.len;

	j->bad |= !json_take(j, '"');
	while (!j->bad) {
		if (j->at == j->end) {
			j->bad = true;
		} else if (*j->at == '"') {
			j->at++;
			break;
		} else if (*j->at == '\\') {
			j->at++;
			json_escape(j);
		} else {
			sink_char(&j->room, *j->at++);
		}
	}
	j->bad |= j->room.over;
	return j->bad ? SLICE_EMPTY : slice_make(j->room.ptr + from, j->room.len - from);
}

/* A name is not kept: its octets are used again. */
static struct slice json_name(struct json *j, char room[32])
{
	size_t from = j->room.len;
	struct slice name = json_string(j);
	size_t len = slice_copy(room, 32, name);

	if (!j->bad)
		j->room.len = from;
	return slice_make(room, name.len < 32 ? len : 0);
}

static const struct {
	const char *name;
	enum contact_text text;
} json_texts[] = {
	{"uri", CONTACT_URI},
	{"call_id", CONTACT_CALL_ID},
	{"path", CONTACT_PATH},
	{"endpoint", CONTACT_ENDPOINT},
	{"user_agent", CONTACT_USER_AGENT},
	{"outbound_proxy", CONTACT_PROXY},
	{"ringer_given", CONTACT_GIVEN},
	{"via_addr", CONTACT_VIA},
};

static void json_note(struct contact_info *out, struct slice name, struct slice value)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_COUNT(json_texts); i++)
		if (slice_eq(name, slice_str(json_texts[i].name)))
			out->text[json_texts[i].text] = value;
	if (slice_eq(name, SLICE_LIT("expiration_time")) && slice_u64(value, INT64_MAX / TMR_SECOND, &n))
		out->expires_wall_ns = (int64_t)n * TMR_SECOND;
	if (slice_eq(name, SLICE_LIT("ringer_cseq")) && slice_u64(value, UINT32_MAX, &n))
		out->cseq = (uint32_t)n;
}

bool contact_read_json(struct contact_info *out, struct slice key, struct slice text,
		       char room[LIMIT_CONTACT_TEXT])
{
	struct json j = {.at = text.ptr,
			 .end = text.ptr + text.len,
			 .room = sink_make(room, LIMIT_CONTACT_TEXT)};
	char name_room[32];
	bool more;

	*out = (struct contact_info){.rtt_ns = -1};
	out->text[CONTACT_AOR] = slice_head(key, slice_find_text(key, SLICE_LIT(";@")));
	if (!text.len || !json_take(&j, '{'))
		return false;
	do {
		struct slice name = json_name(&j, name_room), value;

		j.bad |= !json_take(&j, ':');
		value = json_string(&j);
		if (!j.bad)
			json_note(out, name, value);
		more = !j.bad && json_take(&j, ',');
	} while (more);
	if (j.bad || !json_take(&j, '}'))
		return false;
	return out->text[CONTACT_AOR].len && out->text[CONTACT_URI].len && out->expires_wall_ns > 0;
}
