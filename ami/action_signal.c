/* ami/action_signal.c - actions that tell a call something: AbsoluteTimeout, PlayDTMF, SendFlash,
 * SendText. All wait for the channel's shard, so success means that it was done. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/number.h"
#include "ami/question.h"
#include "ami/reply.h"
#include "engine/core/args.h"

#include <string.h>

#define DIGIT_FLASH	'!'
#define DURATION_MS_MAX 60000 /* of one digit */

/* NULL: answered. */
static const struct roster_chan *signal_chan(struct ami_session *s, const char *not_found)
{
	const struct roster_chan *chan =
		control_find_chan(s->ami->control, ami_msg_get(s->msg, "Channel"));

	if (!chan)
		ami_reply_error(s, "%s", not_found);
	return chan;
}

/* ok false may also mean that the channel ended while we asked. */
static void signal_end(struct ami_session *s, bool ok, const char *done, const char *not_found,
		       const char *failed)
{
	if (ok)
		ami_reply_ack(s, done);
	else if (signal_chan(s, not_found))
		ami_reply_error(s, "%s", failed);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

/* ---- AbsoluteTimeout ---- */

static void timeout_answered(struct ami_session *s, bool ok, struct slice value)
{
	(void)value;
	signal_end(s, ok, "Timeout Set", "No such channel", "Timeout not set");
}

enum ami_action_result ami_do_absolute_timeout(struct ami_session *s, const struct ami_msg *m)
{
	struct slice timeout = ami_msg_get(m, "Timeout");
	const struct roster_chan *chan;
	int64_t ns;

	if (!args_seconds(timeout, &ns) || ns <= 0) {
		ami_reply_error(s, "No timeout specified");
		return AMI_ACTION_DONE;
	}
	chan = signal_chan(s, "No such channel");
	if (!chan)
		return AMI_ACTION_DONE;
	ami_ask_set(s, chan, SLICE_LIT("TIMEOUT(absolute)"), timeout, timeout_answered);
	return AMI_ACTION_OPEN;
}

/* ---- PlayDTMF, SendFlash ---- */

static bool digit_is_known(char digit)
{
	return digit && strchr("0123456789*#ABCDabcd", digit);
}

static void digit_answered(struct ami_session *s, bool ok, struct slice value)
{
	(void)value;
	signal_end(s, ok, "DTMF successfully queued", "Channel not found",
		   "The far end takes no DTMF");
}

static bool digit_duration(const struct ami_msg *m, int64_t *duration_ms)
{
	struct slice text = ami_msg_get(m, "Duration");

	*duration_ms = 0;
	return text.len == 0 || (ami_number_leading(text, duration_ms) && *duration_ms >= 0 &&
				 *duration_ms <= DURATION_MS_MAX);
}

enum ami_action_result ami_do_play_dtmf(struct ami_session *s, const struct ami_msg *m)
{
	const struct roster_chan *chan = signal_chan(s, "Channel not found");
	struct slice digit = ami_msg_get(m, "Digit");
	int64_t duration_ms;

	if (!chan)
		return AMI_ACTION_DONE;
	if (digit.len == 0 || !digit_is_known(digit.ptr[0])) {
		ami_reply_error(s, "No digit specified");
		return AMI_ACTION_DONE;
	}
	if (!digit_duration(m, &duration_ms)) {
		ami_reply_error(s, "Could not convert Duration parameter");
		return AMI_ACTION_DONE;
	}
	ami_ask_digit(s, chan, digit.ptr[0], (uint32_t)duration_ms,
		      slice_is_true(ami_msg_get(m, "Receive")), digit_answered);
	return AMI_ACTION_OPEN;
}

static void flash_answered(struct ami_session *s, bool ok, struct slice value)
{
	(void)value;
	signal_end(s, ok, "Flash successfully queued", "Channel not found",
		   "The far end takes no flash");
}

enum ami_action_result ami_do_send_flash(struct ami_session *s, const struct ami_msg *m)
{
	const struct roster_chan *chan = signal_chan(s, "Channel not found");

	if (!chan)
		return AMI_ACTION_DONE;
	ami_ask_digit(s, chan, DIGIT_FLASH, 0, slice_is_true(ami_msg_get(m, "Receive")),
		      flash_answered);
	return AMI_ACTION_OPEN;
}

/* ---- SendText ---- */

static void text_answered(struct ami_session *s, bool ok, struct slice value)
{
	(void)value;
	signal_end(s, ok, "Success", "No such channel", "Failure");
}

enum ami_action_result ami_do_send_text(struct ami_session *s, const struct ami_msg *m)
{
	const struct roster_chan *chan = signal_chan(s, "No such channel");

	if (!chan)
		return AMI_ACTION_DONE;
	ami_ask_text(s, chan, ami_msg_get(m, "Content-Type"), ami_msg_get(m, "Message"),
		     text_answered);
	return AMI_ACTION_OPEN;
}
