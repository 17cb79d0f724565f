/* engine/core/app_play.c - Playback, BackGround, SendDTMF. */
#include "engine/core/app_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"

static void play_failed(struct chan *c, struct pbx *p)
{
	log_warning("%s failed on %.*s for %.*s", p->app->name, SLICE_ARG(c->name),
		    (int)p->text_len, p->text);
	p->u.play.failed = true;
}

/* Starts the next file that exists. False: none is left (missing ones are noted). */
static bool play_next(struct chan *c, struct pbx *p)
{
	struct slice all = slice_make(p->text, p->text_len);

	while (p->u.play.at < p->text_len) {
		struct slice rest = slice_from(all, p->u.play.at);
		size_t amp = slice_find(rest, '&');
		struct slice file = slice_trim(slice_head(rest, amp));
		unsigned missing;

		p->u.play.at = amp == SIZE_MAX ? p->text_len : p->u.play.at + amp + 1;
		if (slice_is_empty(file))
			continue;
		if (c->session && c->media->ops->play(c->session, file, &missing))
			return true;
		log_warning("File %.*s does not exist in any format", SLICE_ARG(file));
		play_failed(c, p);
	}
	return false;
}

static void set_status(struct chan *c, struct pbx *p)
{
	struct slice status = p->u.play.failed ? SLICE_LIT("FAILED") : SLICE_LIT("SUCCESS");

	chan_set_var(c,
		     p->app == &app_background ? SLICE_LIT("BACKGROUNDSTATUS")
					       : SLICE_LIT("PLAYBACKSTATUS"),
		     status);
}

static enum app_result play_on(struct chan *c, struct pbx *p)
{
	if (play_next(c, p))
		return APP_WAIT;
	set_status(c, p);
	return APP_NEXT;
}

/* A file has ended, or media looked for it on disk in vain (and said so). */
static enum app_result play_ended(struct chan *c, struct pbx *p, int how)
{
	if (how == MEDIA_NO_FILE)
		play_failed(c, p);
	return play_on(c, p);
}

/* Keeps the names and plays the first. */
static enum app_result play_start(struct chan *c, struct pbx *p, struct slice files)
{
	if (!chan_is_alive(c)) {
		set_status(c, p);
		return APP_HANGUP;
	}
	if (files.len >= sizeof(p->text)) {
		log_warning("%s: file names longer than %zu characters are cut", p->app->name,
			    sizeof(p->text) - 1);
		files = slice_head(files, sizeof(p->text) - 1);
	}
	p->text_len = slice_copy(p->text, sizeof(p->text), files);
	return play_on(c, p);
}

static void play_broken(struct chan *c, struct pbx *p)
{
	set_status(c, p);
}

static enum app_result playback_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct slice part[2];
	bool skip;

	args_split(call->data, call->len, ',', part, 2);
	skip = slice_find_text(part[1], SLICE_LIT("skip")) != SIZE_MAX;
	call->p->u.play = (struct pbx_play){0};
	if (slice_is_empty(part[0])) {
		log_warning("Playback requires an argument (filename)");
		return APP_HANGUP;
	}
	if (skip && !chan_is_up(c)) {
		set_status(c, call->p);
		return APP_NEXT;
	}
	if (slice_find_text(part[1], SLICE_LIT("noanswer")) == SIZE_MAX)
		chan_answer(c);
	return play_start(c, call->p, part[0]);
}

static enum app_result playback_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				      int number)
{
	return kind == PBX_PLAYED ? play_ended(c, p, number) : APP_WAIT;
}

static enum app_result background_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct slice part[4];

	args_split(call->data, call->len, ',', part, 4);
	call->p->u.play = (struct pbx_play){
		.digits = slice_find(part[1], 'p') == SIZE_MAX,
		.single = slice_find(part[1], 'm') != SIZE_MAX,
	};
	if (slice_is_empty(part[0])) {
		log_warning("BackGround requires an argument (filename)");
		return APP_HANGUP;
	}
	if (slice_find(part[1], 's') != SIZE_MAX && !chan_is_up(c)) {
		set_status(c, call->p);
		return APP_NEXT;
	}
	if (slice_find(part[1], 'n') == SIZE_MAX)
		chan_answer(c);
	return play_start(c, call->p, part[0]);
}

/* A digit while it plays: an extension of its own, or the first of several. */
static enum app_result background_digit(struct chan *c, struct pbx *p, char digit)
{
	struct slice exten = slice_make(&digit, 1);
	struct slice context = slice_str(c->context);
	bool exists = pbx_exists(c, context, exten, 1);

	if (!p->u.play.digits || (p->u.play.single && !exists))
		return APP_WAIT;
	pbx_stop_media(c);
	set_status(c, p);
	p->digit = digit;
	return APP_DIGIT;
}

static enum app_result background_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
					int number)
{
	if (kind == PBX_DIGIT)
		return background_digit(c, p, (char)number);
	return kind == PBX_PLAYED ? play_ended(c, p, number) : APP_WAIT;
}

static uint32_t milliseconds(struct slice text, uint32_t otherwise)
{
	uint64_t n;

	return slice_u64(slice_trim(text), 60000, &n) && n > 0 ? (uint32_t)n : otherwise;
}

/* By signalling each digit is a request of its own, and they must not overtake one another. 'w' and
 * 'W' are pauses, as in the media. */
static enum app_result senddtmf_next(struct chan *c, struct pbx *p)
{
	struct pbx_digits *d = &p->u.digits;
	uint32_t wait_ms = d->duration_ms + d->gap_ms;
	char digit;

	if (d->at == p->text_len)
		return APP_NEXT;
	digit = p->text[d->at++];
	if (digit == 'w' || digit == 'W') {
		wait_ms = digit == 'w' ? 500 : 1000;
	} else if (!chan_send_digit(c, digit, d->duration_ms)) {
		log_warning("SendDTMF on %.*s: the far end takes no telephone events, '%.*s' is "
			    "not sent",
			    SLICE_ARG(c->name),
			    SLICE_ARG(slice_make(p->text + d->at - 1, p->text_len - d->at + 1)));
		return APP_NEXT;
	}
	chan_step_timer(c, chan_now_ns(c) + wait_ms * TMR_MS);
	return APP_WAIT;
}

static enum app_result senddtmf_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct pbx *p = call->p;
	struct slice part[3];

	args_split(call->data, call->len, ',', part, 3);
	if (slice_is_empty(part[0])) {
		log_warning("SendDTMF requires an argument");
		return APP_NEXT;
	}
	if (!chan_is_alive(c) || !c->session)
		return APP_HANGUP;
	p->u.digits = (struct pbx_digits){.gap_ms = milliseconds(part[1], 250),
					  .duration_ms = milliseconds(part[2], 100)};
	if (c->media->ops->send_dtmf(c->session, part[0], p->u.digits.gap_ms,
				     p->u.digits.duration_ms))
		return APP_WAIT;
	if (part[0].len > sizeof(p->text)) {
		log_warning("SendDTMF on %.*s: %zu digits are too many", SLICE_ARG(c->name),
			    part[0].len);
		return APP_NEXT;
	}
	memcpy(p->text, part[0].ptr, part[0].len);
	p->text_len = part[0].len;
	p->u.digits.one_by_one = true;
	return senddtmf_next(c, p);
}

static enum app_result senddtmf_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				      int number)
{
	UNUSED(number);
	if (p->u.digits.one_by_one)
		return kind == PBX_TIMER ? senddtmf_next(c, p) : APP_WAIT;
	return kind == PBX_DTMF_SENT ? APP_NEXT : APP_WAIT;
}

const struct app app_playback = {"Playback", "Play a file.", playback_start, playback_event,
				 play_broken};
const struct app app_background = {"BackGround",
				   "Play an audio file while waiting for digits of an extension to "
				   "go to.",
				   background_start, background_event, play_broken};
const struct app app_senddtmf = {"SendDTMF", "Sends arbitrary DTMF digits", senddtmf_start,
				 senddtmf_event, 0};
