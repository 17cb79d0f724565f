/* engine/core/app_read.c - Read and WaitExten: digits from the far end.
 *
 * Read keeps in pbx->text: the variable's name, NUL, then the names of the files to play. The
 * digits are gathered in pbx->digits. */
#include "engine/core/app_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"

#define DIGITS_MAX (LIMIT_NAME - 1)

/* ---- Read ---- */

static void read_end(struct chan *c, struct pbx *p, const char *status)
{
	struct slice digits = slice_make(p->digits, p->digit_count);

	chan_step_timer_stop(c);
	chan_set_var(c, slice_str(p->text), digits);
	if (digits.len)
		log_verbose(3, "User entered '%.*s'", SLICE_ARG(digits));
	chan_set_var(c, SLICE_LIT("READSTATUS"), slice_str(status));
}

static void read_wait(struct chan *c, struct pbx *p)
{
	int64_t first = p->u.read.has_timeout ? p->u.read.timeout_ns : c->response_timeout_ns;
	int64_t between = p->u.read.has_timeout ? p->u.read.timeout_ns : c->digit_timeout_ns;

	chan_step_timer(c, chan_now_ns(c) + (p->digit_count ? between : first));
}

/* Plays the next prompt; when there is none left, waits for the digit. */
static void read_prompt(struct chan *c, struct pbx *p)
{
	struct slice all = slice_make(p->text, p->text_len);

	p->u.read.playing = false;
	while (p->u.read.at < p->text_len && !p->u.read.playing) {
		struct slice rest = slice_from(all, p->u.read.at);
		size_t amp = slice_find(rest, '&');
		struct slice file = slice_trim(slice_head(rest, amp));
		unsigned missing;

		p->u.read.at = amp == SIZE_MAX ? p->text_len : p->u.read.at + amp + 1;
		if (slice_is_empty(file))
			continue;
		p->u.read.playing = c->session && c->media->ops->play(c->session, file, &missing);
		if (!p->u.read.playing)
			log_warning("File %.*s does not exist in any format", SLICE_ARG(file));
	}
	if (!p->u.read.playing)
		read_wait(c, p);
}

static enum app_result read_attempt(struct chan *c, struct pbx *p)
{
	p->digit_count = 0;
	p->u.read.at = p->u.read.files;
	read_prompt(c, p);
	return APP_WAIT;
}

/* Options: s, i, n, e, t(terminators). */
static void read_options(struct pbx *p, struct slice options)
{
	size_t t = slice_find_text(options, SLICE_LIT("t("));
	struct slice inner;

	slice_copy(p->u.read.terminators, sizeof(p->u.read.terminators), SLICE_LIT("#"));
	p->u.read.may_be_terminator = slice_find(options, 'e') != SIZE_MAX;
	if (t == SIZE_MAX) {
		if (slice_find(options, 't') != SIZE_MAX)
			p->u.read.terminators[0] = 0;
		return;
	}
	inner = slice_from(options, t + 2);
	slice_copy(p->u.read.terminators, sizeof(p->u.read.terminators),
		   slice_head(inner, slice_find(inner, ')')));
}

static void read_keep(struct pbx *p, struct slice name, struct slice files)
{
	size_t n = slice_copy(p->text, sizeof(p->text) / 2, name);

	p->u.read.files = n + 1;
	p->text_len = n + 1 + slice_copy(p->text + n + 1, sizeof(p->text) - n - 1, files);
}

static enum app_result read_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct pbx *p = call->p;
	struct slice part[6];
	uint64_t n;

	args_split(call->data, call->len, ',', part, 6);
	if (slice_is_empty(part[0])) {
		log_warning("Read requires an argument (variable)");
		chan_set_var(c, SLICE_LIT("READSTATUS"), SLICE_LIT("ERROR"));
		return APP_NEXT;
	}
	p->u.read = (struct pbx_read){.digit_max = DIGITS_MAX, .attempts = 1};
	p->digit_count = 0;
	read_keep(p, part[0], part[1]);
	if (slice_u64(slice_trim(part[2]), DIGITS_MAX, &n) && n > 0) {
		p->u.read.digit_max = (uint32_t)n;
		log_verbose(3, "Accepting a maximum of %u digits.", p->u.read.digit_max);
	}
	read_options(p, part[3]);
	if (slice_u64(slice_trim(part[4]), 1000, &n) && n > 0)
		p->u.read.attempts = (uint32_t)n;
	p->u.read.has_timeout =
		args_seconds(part[5], &p->u.read.timeout_ns) && p->u.read.timeout_ns > 0;
	if (slice_find(part[3], 's') != SIZE_MAX && !chan_is_up(c)) {
		read_end(c, p, "SKIPPED");
		return APP_NEXT;
	}
	if (slice_find(part[3], 'n') == SIZE_MAX)
		chan_answer(c);
	if (!chan_is_alive(c)) {
		read_end(c, p, "HANGUP");
		return APP_HANGUP;
	}
	return read_attempt(c, p);
}

static enum app_result read_digit(struct chan *c, struct pbx *p, char digit)
{
	bool ends = strchr(p->u.read.terminators, digit) != NULL;

	if (p->u.read.playing) {
		p->u.read.playing = false;
		p->u.read.at = p->text_len; /* the other prompts are not heard either */
		pbx_stop_media(c);
	}
	if (!ends || (p->u.read.may_be_terminator && p->digit_count == 0))
		p->digits[p->digit_count++] = digit;
	if (ends || p->digit_count >= p->u.read.digit_max) {
		read_end(c, p, "OK");
		return APP_NEXT;
	}
	read_wait(c, p);
	return APP_WAIT;
}

static enum app_result read_timeout(struct chan *c, struct pbx *p)
{
	if (p->digit_count == 0 && --p->u.read.attempts > 0) {
		log_verbose(3, "User entered nothing, %u chance%s left.", p->u.read.attempts,
			    p->u.read.attempts == 1 ? "" : "s");
		return read_attempt(c, p);
	}
	if (p->digit_count == 0)
		log_verbose(3, "User entered nothing.");
	read_end(c, p, "TIMEOUT");
	return APP_NEXT;
}

static enum app_result read_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				  int number)
{
	if (kind == PBX_DIGIT)
		return read_digit(c, p, (char)number);
	if (kind == PBX_PLAYED && p->u.read.playing)
		read_prompt(c, p);
	else if (kind == PBX_TIMER)
		return read_timeout(c, p);
	return APP_WAIT;
}

static void read_broken(struct chan *c, struct pbx *p)
{
	log_verbose(3, "User disconnected");
	read_end(c, p, chan_is_alive(c) ? "INTERRUPTED" : "HANGUP");
}

/* ---- WaitExten ---- */

static enum app_result waitexten_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct slice part[2];
	int64_t ns = 0;

	args_split(call->data, call->len, ',', part, 2);
	if (!args_seconds(part[0], &ns) || ns <= 0)
		ns = c->response_timeout_ns;
	if (!chan_is_alive(c))
		return APP_HANGUP;
	chan_step_timer(c, chan_now_ns(c) + ns);
	return APP_WAIT;
}

static enum app_result waitexten_timeout(struct chan *c, struct pbx *p)
{
	struct slice context = slice_str(c->context);

	if (pbx_exists(c, context, slice_str(c->exten), c->priority + 1)) {
		log_verbose(3, "Timeout on %.*s, continuing...", SLICE_ARG(c->name));
		return APP_NEXT;
	}
	if (pbx_exists(c, context, SLICE_LIT("t"), 1)) {
		log_verbose(3, "Timeout on %.*s, going to 't'", SLICE_ARG(c->name));
		pbx_jump(c, context, SLICE_LIT("t"), 1);
		return APP_NEXT;
	}
	if (pbx_raise_exception(c, "RESPONSETIMEOUT")) {
		p->jumped = true;
		return APP_NEXT;
	}
	log_warning("Timeout but no rule 't' or 'e' in context '%s'", c->context);
	return APP_HANGUP;
}

static enum app_result waitexten_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				       int number)
{
	if (kind == PBX_TIMER)
		return waitexten_timeout(c, p);
	if (kind != PBX_DIGIT)
		return APP_WAIT;
	chan_step_timer_stop(c);
	p->digit = (char)number;
	return APP_DIGIT;
}

const struct app app_read = {"Read", "Read a variable.", read_start, read_event, read_broken};
const struct app app_waitexten = {"WaitExten", "Waits for an extension to be entered.",
				  waitexten_start, waitexten_event, 0};
