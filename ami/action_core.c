/* ami/action_core.c - actions about the engine: CoreStatus, CoreSettings, Command. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "engine/base/check.h"

/* ---- CoreStatus, CoreSettings ---- */

static void core_instant(struct ami *a, struct sink *out, const char *date, const char *time,
			 int64_t wall_ns)
{
	struct tm tm;

	io_local_time(a->io, wall_ns, &tm);
	sink_fmt(out, "%s: %04d-%02d-%02d\r\n", date, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	sink_fmt(out, "%s: %02d:%02d:%02d\r\n", time, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

enum ami_action_result ami_do_core_status(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Success");
	struct control *c = s->ami->control;

	(void)m;
	core_instant(s->ami, &out, "CoreStartupDate", "CoreStartupTime", control_start_wall_ns(c));
	core_instant(s->ami, &out, "CoreReloadDate", "CoreReloadTime", control_reload_wall_ns(c));
	ami_text_number(&out, "CoreCurrentCalls", control_chan_count(c));
	ami_text_number(&out, "CoreProcessedCalls", (int64_t)control_calls_processed(c));
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_core_settings(struct ami_session *s, const struct ami_msg *m)
{
	const struct ami_about *about = &s->ami->about;
	struct sink out = ami_reply_begin(s, "Success");

	(void)m;
	sink_lit(&out, "AMIversion: " AMI_VERSION "\r\nAsteriskVersion: " AMI_CORE_VERSION "\r\n");
	ami_text_header(&out, "SystemName", slice_str(about->system_name));
	ami_text_number(&out, "CoreMaxCalls", about->max_calls);
	sink_lit(&out, "CoreMaxLoadAvg: 0.000000\r\n");
	ami_text_header(&out, "CoreRunUser", slice_str(about->run_user));
	ami_text_header(&out, "CoreRunGroup", slice_str(about->run_group));
	ami_text_number(&out, "CoreMaxFilehandles", about->max_files);
	sink_lit(&out, "CoreRealTimeEnabled: No\r\n");
	sink_fmt(&out, "CoreCDRenabled: %s\r\n", about->cdr_enabled ? "Yes" : "No");
	sink_fmt(&out, "CoreHTTPenabled: %s\r\n", about->http_enabled ? "Yes" : "No");
	sink_lit(&out, "SoundsSearchCustomDir: No\r\n");
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

/* ---- Command ---- */

/* Commands that no client may run, by their first words. */
static const char *const command_blacklist[] = {"module load", "module unload",
						"restart gracefully"};

static bool command_starts(struct slice line, struct slice words)
{
	struct slice word;

	while (slice_split(&words, ' ', &word)) {
		line = slice_ltrim(line);
		if (!slice_istarts(line, word))
			return false;
		line = slice_from(line, word.len);
		if (line.len && (unsigned char)line.ptr[0] > ' ')
			return false;
	}
	return true;
}

/* Quotes and backslashes do not hide a word: the console takes them away, too. */
static bool command_is_forbidden(struct slice line)
{
	char text[LIMIT_AMI_LINE];
	struct sink plain = sink_make(text, sizeof(text));
	bool was_blank = true;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];
		bool is_blank = (unsigned char)c <= ' ';

		if (c == '"' || c == '\\' || (is_blank && was_blank))
			continue;
		sink_char(&plain, c);
		was_blank = is_blank;
	}
	line = sink_slice(&plain);
	for (size_t i = 0; i < ARRAY_COUNT(command_blacklist); i++)
		if (command_starts(line, slice_str(command_blacklist[i])))
			return true;
	return false;
}

/* What does not fit is left out: the pool holds far more than any command prints. */
static void command_collect(void *arg, struct slice text)
{
	struct ami_session *s = arg;

	(void)ami_byteq_add(&s->work, text);
}

/* s->work_at while the output is written */
enum command_flag {
	COMMAND_IN_LINE = 1, /* "Output: " was written */
	COMMAND_IN_COLOUR = 2,
};

static void command_line_end(struct ami_session *s, struct sink *out)
{
	if (!(s->work_at & COMMAND_IN_LINE))
		sink_lit(out, "Output: ");
	sink_lit(out, "\r\n");
	s->work_at = 0;
	s->item_count++;
}

static void command_octet(struct ami_session *s, struct sink *out, char c)
{
	if (c == '\n') {
		command_line_end(s, out);
		return;
	}
	if (s->work_at & COMMAND_IN_COLOUR) {
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			s->work_at &= ~(uint32_t)COMMAND_IN_COLOUR;
		return;
	}
	if (c == '\033') {
		s->work_at |= COMMAND_IN_COLOUR;
		return;
	}
	if (c == '\r' || c == '\0')
		return;
	if (!(s->work_at & COMMAND_IN_LINE))
		sink_lit(out, "Output: ");
	s->work_at |= COMMAND_IN_LINE;
	sink_char(out, c);
}

/* A line of output can at most grow from one octet ("\n") to ten ("Output: " CRLF). */
#define COMMAND_RUN (LIMIT_AMI_MESSAGE / 16)

static void command_go_on(struct ami_session *s)
{
	while (ami_session_is_alive(s) && s->work.len && !ami_session_is_full(s)) {
		struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE);
		struct slice run = slice_head(ami_byteq_peek(&s->work), COMMAND_RUN);

		for (size_t i = 0; i < run.len; i++)
			command_octet(s, &out, run.ptr[i]);
		ami_byteq_take(&s->work, run.len);
		ami_session_write(s, sink_slice(&out));
	}
	if (!ami_session_is_alive(s) || s->work.len)
		return;
	if (s->item_count == 0 || (s->work_at & COMMAND_IN_LINE)) {
		struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE);

		command_line_end(s, &out);
		ami_session_write(s, sink_slice(&out));
	}
	ami_session_write(s, SLICE_LIT("\r\n"));
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

static void command_answer(struct ami_session *s, enum cli_result result)
{
	struct sink out = ami_reply_begin(s, result == CLI_OK ? "Success" : "Error");

	ami_text_header(&out, "Message", SLICE_LIT("Command output follows"));
	ami_reply_part(s, &out);
	s->resume = command_go_on;
	command_go_on(s);
}

/* A command that had to ask a call's shard is over. */
static void command_done(void *arg, enum cli_result result)
{
	struct ami_session *s = arg;

	s->command = NULL;
	command_answer(s, result);
}

enum ami_action_result ami_do_command(struct ami_session *s, const struct ami_msg *m)
{
	struct cli_out cli = {
		.print = command_collect,
		.done = command_done,
		.arg = s,
		.guarded = ami_is_guarded(s),
	};
	struct slice line = ami_msg_get(m, "Command");
	enum cli_result result;

	if (command_is_forbidden(line)) {
		ami_reply_error(s, "Command blacklisted");
		return AMI_ACTION_DONE;
	}
	s->work_at = 0;
	s->item_count = 0;
	result = cli_start(control_cli(s->ami->control), line, &cli, &s->command);
	if (!ami_session_is_alive(s)) {
		if (s->command)
			cli_cancel(s->command);
		s->command = NULL;
		return AMI_ACTION_DONE;
	}
	if (result != CLI_OPEN)
		command_answer(s, result);
	return AMI_ACTION_OPEN;
}
