/* spool/callfile.c - see callfile.h. */
#include "spool/callfile.h"

#include <limits.h>

#include "engine/base/check.h"

/* Characters of a line that is still read, its end not counted (Asterisk's buffer of 1024). */
#define CALLFILE_LINE_MAX (LIMIT_CALLFILE_LINE - 2)

struct callfile_reader {
	struct callfile *out;
	uint32_t line;
	enum callfile_verdict verdict;
	callfile_diag_fn diag;
	void *arg;
};

static const struct callfile callfile_default = {
	.waittime_s = 45,
	.retrytime_s = 300,
	.priority = 1,
	.always_delete = true,
};

static void callfile_tell(struct callfile_reader *r, enum callfile_fault fault, struct slice key)
{
	struct callfile_diag d = {
		.fault = fault,
		.line = r->line,
		.notice = fault == CALLFILE_NO_COLON || fault == CALLFILE_BAD_CHANNEL,
		.key = key,
	};

	if (r->diag)
		r->diag(r->arg, &d);
}

/* The integer at the front of the text, as scanf's %30d reads it: blanks, a sign, digits, then
 * anything. False if there is none; clamped to the range of 32 bits. */
static bool callfile_number(struct slice text, int32_t *out)
{
	bool negative;
	int64_t n = 0;
	size_t i = 0;

	text = slice_ltrim(text);
	negative = text.len > 0 && text.ptr[0] == '-';
	if (negative || (text.len > 0 && text.ptr[0] == '+'))
		i++;
	if (i == text.len || text.ptr[i] < '0' || text.ptr[i] > '9')
		return false;
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
		if (n < INT32_MAX)
			n = n * 10 + (text.ptr[i] - '0');
	}
	if (n > INT32_MAX)
		n = INT32_MAX;
	*out = (int32_t)(negative ? -n : n);
	return true;
}

/* A number from `least` on, else the default and a diagnostic. */
static void callfile_set_number(struct callfile_reader *r, struct slice value, int32_t *field,
				int32_t least, int32_t otherwise, enum callfile_fault fault)
{
	if (callfile_number(value, field) && *field >= least)
		return;
	*field = otherwise;
	callfile_tell(r, fault, SLICE_EMPTY);
}

/* --- keys --- */

static void callfile_key_channel(struct callfile_reader *r, struct slice key, struct slice value)
{
	size_t slash = slice_find(value, '/');

	if (slash == SIZE_MAX) {
		callfile_tell(r, CALLFILE_BAD_CHANNEL, key);
		return;
	}
	r->out->tech = slice_head(value, slash);
	r->out->resource = slice_from(value, slash + 1);
}

static void callfile_key_callerid(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	callerid_parse(&r->out->callerid, value, CALLERID_OF_FILE);
}

static void callfile_key_waittime(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	callfile_set_number(r, value, &r->out->waittime_s, 1, callfile_default.waittime_s,
			    CALLFILE_BAD_WAITTIME);
}

static void callfile_key_maxretries(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	callfile_set_number(r, value, &r->out->maxretries, INT32_MIN, 0, CALLFILE_BAD_MAXRETRIES);
}

static void callfile_key_retrytime(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	callfile_set_number(r, value, &r->out->retrytime_s, 1, callfile_default.retrytime_s,
			    CALLFILE_BAD_RETRYTIME);
}

static void callfile_key_priority(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	callfile_set_number(r, value, &r->out->priority, 1, 1, CALLFILE_BAD_PRIORITY);
}

static void callfile_key_account(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	r->out->account = value;
}

static void callfile_key_context(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	r->out->context = value;
}

static void callfile_key_extension(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	r->out->extension = value;
}

static void callfile_key_application(struct callfile_reader *r, struct slice key,
				     struct slice value)
{
	UNUSED(key);
	r->out->application = value;
}

static void callfile_key_data(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	r->out->data = value;
}

static void callfile_key_set(struct callfile_reader *r, struct slice key, struct slice value)
{
	size_t equals = slice_find(value, '=');
	struct callfile *out = r->out;

	if (equals == SIZE_MAX) {
		callfile_tell(r, CALLFILE_BAD_SET, key);
		return;
	}
	if (out->vars_count == LIMIT_CALLFILE_VARS) {
		r->verdict = CALLFILE_TOO_MANY;
		return;
	}
	out->vars[out->vars_count++] = (struct callfile_var){
		.name = slice_head(value, equals),
		.value = slice_from(value, equals + 1),
	};
}

static void callfile_key_codecs(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	if (r->out->codecs_count == LIMIT_CALLFILE_CODECS)
		r->verdict = CALLFILE_TOO_MANY;
	else
		r->out->codecs[r->out->codecs_count++] = value;
}

static void callfile_key_archive(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	r->out->archive = slice_is_true(value);
}

static void callfile_key_alwaysdelete(struct callfile_reader *r, struct slice key,
				      struct slice value)
{
	UNUSED(key);
	r->out->always_delete = slice_is_true(value);
}

static void callfile_key_early_media(struct callfile_reader *r, struct slice key,
				     struct slice value)
{
	UNUSED(key);
	r->out->early_media = slice_is_true(value);
}

static void callfile_key_startretry(struct callfile_reader *r, struct slice key, struct slice value)
{
	int32_t pid = 0;

	if (!callfile_number(value, &pid))
		callfile_tell(r, CALLFILE_BAD_PID, key);
	r->out->start_pid = pid;
	r->out->answered = false;
}

static void callfile_key_endretry(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	UNUSED(value);
	r->out->start_pid = 0;
	r->out->answered = false;
	r->out->attempts_done++;
}

static void callfile_key_abortretry(struct callfile_reader *r, struct slice key, struct slice value)
{
	if (!r->out->answered)
		r->out->attempts_lost++;
	callfile_key_endretry(r, key, value);
}

static void callfile_key_retry(struct callfile_reader *r, struct slice key, struct slice value)
{
	UNUSED(key);
	UNUSED(value);
	r->out->attempts_done++;
}

static void callfile_key_delayedretry(struct callfile_reader *r, struct slice key,
				      struct slice value)
{
	UNUSED(r);
	UNUSED(key);
	UNUSED(value);
}

struct callfile_key {
	const char *name;
	void (*take)(struct callfile_reader *r, struct slice key, struct slice value);
};

static const struct callfile_key callfile_keys[] = {
	{"channel", callfile_key_channel},
	{"callerid", callfile_key_callerid},
	{"waittime", callfile_key_waittime},
	{"maxretries", callfile_key_maxretries},
	{"retrytime", callfile_key_retrytime},
	{"account", callfile_key_account},
	{"context", callfile_key_context},
	{"extension", callfile_key_extension},
	{"priority", callfile_key_priority},
	{"application", callfile_key_application},
	{"data", callfile_key_data},
	{"set", callfile_key_set},
	{"setvar", callfile_key_set},
	{"codecs", callfile_key_codecs},
	{"archive", callfile_key_archive},
	{"alwaysdelete", callfile_key_alwaysdelete},
	{"early_media", callfile_key_early_media},
	{"startretry", callfile_key_startretry},
	{"endretry", callfile_key_endretry},
	{"abortretry", callfile_key_abortretry},
	{"delayedretry", callfile_key_delayedretry},
	{"retry", callfile_key_retry},
};

static const struct callfile_key *callfile_key_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(callfile_keys); i++) {
		if (slice_ieq(name, slice_str(callfile_keys[i].name)))
			return &callfile_keys[i];
	}
	return NULL;
}

/* --- lines --- */

/* Length of the line without a `#` comment. */
static size_t callfile_cut_hash(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
			return i;
	}
	return len;
}

/* Length of the line without a `;` comment; takes out the backslash of each `\;`. As Asterisk, it
 * does not look at the octet right behind a `\;`: that stays, even if it is a `;`. */
static size_t callfile_cut_semicolon(char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != ';') {
			text[used++] = text[i];
			continue;
		}
		if (i == 0 || text[i - 1] != '\\')
			break;
		text[used - 1] = ';';
		if (i + 1 < len)
			text[used++] = text[++i];
	}
	return used;
}

static void callfile_read_line(struct callfile_reader *r, char *text, size_t len)
{
	const struct callfile_key *known;
	struct slice line, key;
	size_t colon;

	if (len > CALLFILE_LINE_MAX) {
		callfile_tell(r, CALLFILE_LONG_LINE, SLICE_EMPTY);
		return;
	}
	if (slice_starts(slice_make(text, len), SLICE_LIT(CALLFILE_ANSWERED)))
		r->out->answered = true;
	len = callfile_cut_hash(text, len);
	len = callfile_cut_semicolon(text, len);
	line = slice_rtrim(slice_make(text, len));
	if (slice_is_empty(line))
		return;
	colon = slice_find(line, ':');
	if (colon == SIZE_MAX) {
		callfile_tell(r, CALLFILE_NO_COLON, SLICE_EMPTY);
		return;
	}
	key = slice_head(line, colon);
	known = callfile_key_find(key);
	if (known)
		known->take(r, key, slice_ltrim(slice_from(line, colon + 1)));
	else
		callfile_tell(r, CALLFILE_UNKNOWN_KEY, key);
}

static bool callfile_is_complete(const struct callfile *f)
{
	return f->tech.len && f->resource.len && (f->application.len || f->extension.len);
}

enum callfile_verdict callfile_parse(struct callfile *out, char *text, size_t len,
				     callfile_diag_fn diag, void *arg)
{
	struct callfile_reader r = {.out = out, .diag = diag, .arg = arg};
	char *end = text + len;

	*out = callfile_default;
	if (len > LIMIT_CALLFILE_BYTES)
		return CALLFILE_TOO_LONG;
	if (len && memchr(text, '\0', len))
		return CALLFILE_NUL;
	while (text < end && r.verdict == CALLFILE_OK) {
		char *feed = memchr(text, '\n', (size_t)(end - text));
		char *stop = feed ? feed : end;

		r.line++;
		callfile_read_line(&r, text, (size_t)(stop - text));
		text = stop + 1;
	}
	if (r.verdict == CALLFILE_OK && !callfile_is_complete(out)) {
		r.line = 0;
		callfile_tell(&r, CALLFILE_MISSING, SLICE_EMPTY);
		r.verdict = CALLFILE_INCOMPLETE;
	}
	return r.verdict;
}

/* --- texts --- */

/* How a text goes on behind its first part. */
enum callfile_tail { TAIL_LINE_OF, TAIL_KEY_LINE_OF, TAIL_KEY_TWICE, TAIL_NONE, TAIL_FILE };

static const struct {
	enum callfile_tail tail;
	const char *text;
} callfile_texts[CALLFILE_FAULT_COUNT] = {
	[CALLFILE_LONG_LINE] = {TAIL_LINE_OF, "Skipping extremely long line"},
	[CALLFILE_NO_COLON] = {TAIL_LINE_OF, "Syntax error"},
	[CALLFILE_UNKNOWN_KEY] = {TAIL_KEY_LINE_OF, "Unknown keyword"},
	[CALLFILE_BAD_CHANNEL] = {TAIL_LINE_OF, "Channel should be in form Tech/Dest"},
	[CALLFILE_BAD_WAITTIME] = {TAIL_LINE_OF, "Invalid waittime"},
	[CALLFILE_BAD_MAXRETRIES] = {TAIL_LINE_OF, "Invalid max retries"},
	[CALLFILE_BAD_RETRYTIME] = {TAIL_LINE_OF, "Invalid retrytime"},
	[CALLFILE_BAD_PRIORITY] = {TAIL_LINE_OF, "Invalid priority"},
	[CALLFILE_BAD_SET] = {TAIL_KEY_TWICE, "Malformed"},
	[CALLFILE_BAD_PID] = {TAIL_NONE, "Unable to retrieve calling PID!"},
	[CALLFILE_MISSING] = {TAIL_FILE, "At least one of app or extension must be specified, "
					 "along with tech and dest in file"},
};

static void callfile_write_place(struct sink *out, uint32_t line, struct slice path)
{
	sink_lit(out, " at line ");
	sink_u64(out, line);
	sink_lit(out, " of ");
	sink_add(out, path);
}

void callfile_diag_write(struct sink *out, const struct callfile_diag *diag, struct slice path)
{
	sink_str(out, callfile_texts[diag->fault].text);
	switch (callfile_texts[diag->fault].tail) {
	case TAIL_KEY_LINE_OF:
		sink_lit(out, " '");
		sink_add(out, diag->key);
		sink_lit(out, "'");
		callfile_write_place(out, diag->line, path);
		break;
	case TAIL_LINE_OF:
		callfile_write_place(out, diag->line, path);
		break;
	case TAIL_KEY_TWICE:
		sink_lit(out, " \"");
		sink_add(out, diag->key);
		sink_lit(out, "\" argument.  Should be \"");
		sink_add(out, diag->key);
		sink_lit(out, ": variable=value\"");
		break;
	case TAIL_FILE:
		sink_char(out, ' ');
		sink_add(out, path);
		break;
	case TAIL_NONE:
		break;
	}
}

const char *callfile_verdict_text(enum callfile_verdict verdict)
{
	switch (verdict) {
	case CALLFILE_OK:
		return "no fault";
	case CALLFILE_INCOMPLETE:
		return "Channel (as Tech/Resource), and Extension or Application, are needed; add "
		       "what is missing, then move the file into outgoing again";
	case CALLFILE_NUL:
		return "it holds a NUL octet; write it as plain text (UTF-8, not UTF-16)";
	case CALLFILE_TOO_LONG:
		return "it is longer than 65536 octets; shorten it";
	default:
		return "it has more than 255 Set lines or 8 Codecs lines; join or remove some";
	}
}
