/* engine/app/terminal.c - see terminal.h. The door of libedit. */
#include "engine/app/terminal.h"

#include "engine/app/console.h"
#include "engine/app/ctl.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#define TERMINAL_HISTORY    1000
#define TERMINAL_PARTIAL_MS 200	 /* a line that is not ended by then is shown as it is */
#define TERMINAL_ANSWER_MS  2000 /* for the words that complete */
#define TERMINAL_RETRY_MS   1000
#define TERMINAL_RETRIES    30

struct terminal {
	struct terminal_conf conf;
	struct ctl ctl;
	EditLine *el;
	History *history;
	char history_path[LIMIT_PATH];
	char prompt[160];
	bool editing; /* the prompt stands on the screen */
	bool quits;
	sigset_t waiting; /* the mask while it waits: signals come only there, so none is missed */
	mbstate_t octets;
	/* the answer to a question for completions */
	bool asking;
	size_t answer_len;
	char answer[64 * 1024];
};

/* ---- output ---- */

static int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The prompt and what was typed make room; libedit draws them again below. */
static void terminal_clear_line(struct terminal *t)
{
	const LineInfo *li = el_line(t->el);
	int rows =
		(int)(strlen(t->prompt) + (size_t)(li->cursor - li->buffer)) / terminal_columns();

	if (rows > 0)
		printf("\033[%dA", rows);
	fputs("\r\033[J", stdout);
}

/* The answer to a question for completions, or something to show. */
static void terminal_take_line(struct terminal *t, struct slice line, bool is_log)
{
	if (t->asking && !is_log && slice_ends(line, SLICE_LIT(CONSOLE_EOF))) {
		line.len -= strlen(CONSOLE_EOF);
		t->answer_len = slice_copy(t->answer, sizeof(t->answer), line);
		t->asking = false;
		return;
	}
	fwrite(line.ptr, 1, line.len, stdout);
	putchar('\n');
}

static void terminal_show(struct terminal *t, bool flush)
{
	struct slice line;
	bool is_log, cleared = false;

	while (ctl_line(&t->ctl, flush, &line, &is_log)) {
		bool answer = t->asking && !is_log && slice_ends(line, SLICE_LIT(CONSOLE_EOF));

		if (t->editing && !cleared && !answer) {
			terminal_clear_line(t);
			cleared = true;
		}
		terminal_take_line(t, line, is_log);
	}
	fflush(stdout);
	if (cleared)
		el_set(t->el, EL_REFRESH);
}

/* ---- signals ---- */

/* One that came just before a wait would be noticed after it only, and the wait may have no end. */
static void terminal_hold_signals(struct terminal *t)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGWINCH);
	sigprocmask(SIG_BLOCK, &held, &t->waiting);
}

static int terminal_poll(struct terminal *t, struct pollfd *p, nfds_t count, int timeout_ms)
{
	const struct timespec limit = {.tv_sec = timeout_ms / 1000,
				       .tv_nsec = timeout_ms % 1000 * INT64_C(1000000)};

	return ppoll(p, count, timeout_ms < 0 ? NULL : &limit, &t->waiting);
}

/* ---- waiting ---- */

/* Waits for the person and the engine at once. True: the person's turn. */
static bool terminal_wait(struct terminal *t, bool reads)
{
	struct pollfd p[2] = {{.fd = t->ctl.fd, .events = POLLIN},
			      {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN}};
	bool partial = t->ctl.len > t->ctl.taken;
	int n = terminal_poll(t, p, 2, partial ? TERMINAL_PARTIAL_MS : -1);

	if (n < 0 && t->conf.on_signal && !t->conf.on_signal(t->conf.arg))
		t->quits = true;
	if (n < 0 && t->el)
		el_resize(t->el);
	if (n == 0)
		terminal_show(t, true);
	if (n > 0 && p[0].revents) {
		ctl_read(&t->ctl);
		terminal_show(t, false);
	}
	return n > 0 && p[1].revents;
}

/* ---- completion ---- */

/* The engine's word, within a moment. */
static bool terminal_ask(struct terminal *t, struct slice line)
{
	char text[LIMIT_CLI_LINE];
	struct sink question = sink_make(text, sizeof(text));

	sink_lit(&question, CONSOLE_ASK "\"");
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '"' || line.ptr[i] == '\\')
			sink_char(&question, '\\');
		sink_char(&question, line.ptr[i]);
	}
	sink_char(&question, '"');
	if (question.over)
		return false;
	t->asking = true;
	ctl_say(&t->ctl, sink_slice(&question));
	while (t->asking && !t->ctl.ended && ctl_wait(&t->ctl, TERMINAL_ANSWER_MS)) {
		ctl_read(&t->ctl);
		terminal_show(t, false);
	}
	if (!t->asking)
		return true;
	t->asking = false;
	return false;
}

static int terminal_compare(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	return slice_cmp(*x, *y);
}

static uint32_t terminal_split(struct terminal *t, struct slice *words, uint32_t max)
{
	struct slice rest = slice_make(t->answer, t->answer_len), word;
	uint32_t n = 0;

	while (n < max && slice_split(&rest, ' ', &word)) {
		if (word.len > 0)
			words[n++] = word;
	}
	qsort(words, n, sizeof(*words), terminal_compare);
	return n;
}

/* Octets that all words begin with, in the first one's spelling. */
static size_t terminal_common(const struct slice *words, uint32_t count)
{
	size_t len = words[0].len;

	for (uint32_t i = 1; i < count; i++) {
		while (len > 0 && !slice_istarts(words[i], slice_head(words[0], len)))
			len--;
	}
	return len;
}

static void terminal_list(struct terminal *t, const struct slice *words, uint32_t count)
{
	size_t widest = 0, columns;

	for (uint32_t i = 0; i < count; i++)
		widest = words[i].len > widest ? words[i].len : widest;
	columns = (size_t)terminal_columns() / (widest + 2);
	putchar('\n');
	for (uint32_t i = 0; i < count; i++) {
		bool last = columns == 0 || i % columns == columns - 1 || i + 1 == count;

		printf("%-*.*s%s", last ? 0 : (int)widest + 2, (int)words[i].len, words[i].ptr,
		       last ? "\n" : "");
	}
	fflush(stdout);
	el_set(t->el, EL_REFRESH);
}

/* Where the word at the end of the line begins. */
static size_t terminal_word_start(struct slice line)
{
	size_t at = line.len;

	while (at > 0 && line.ptr[at - 1] != ' ')
		at--;
	return at;
}

static unsigned char terminal_complete(EditLine *el, int ch)
{
	const LineInfo *li = el_line(el);
	struct slice line = slice_make(li->buffer, (size_t)(li->cursor - li->buffer));
	struct slice words[LIMIT_CLI_MATCHES];
	size_t typed = line.len - terminal_word_start(line), common;
	char text[LIMIT_CLI_LINE];
	struct sink insert = sink_make(text, sizeof(text));
	struct terminal *t;
	uint32_t count;

	UNUSED(ch);
	el_get(el, EL_CLIENTDATA, &t);
	if (!terminal_ask(t, line))
		return CC_REFRESH_BEEP;
	count = terminal_split(t, words, LIMIT_CLI_MATCHES);
	if (count == 0)
		return CC_REFRESH_BEEP;
	common = terminal_common(words, count);
	if (common < typed || (count > 1 && common == typed)) {
		terminal_list(t, words, count);
		return CC_NORM;
	}
	sink_add(&insert, slice_head(words[0], common));
	if (count == 1)
		sink_char(&insert, ' ');
	el_deletestr(el, (int)typed);
	el_insertstr(el, sink_cstr(&insert));
	return CC_REFRESH;
}

/* ---- editing ---- */

static char *terminal_prompt(EditLine *el)
{
	struct terminal *t;

	el_get(el, EL_CLIENTDATA, &t);
	return t->prompt;
}

/* One character of the person's; what the engine says meanwhile is shown above the line. */
static int terminal_getc(EditLine *el, wchar_t *out)
{
	struct terminal *t;
	char octet;

	el_get(el, EL_CLIENTDATA, &t);
	while (!t->quits && !t->ctl.ended) {
		size_t n;

		if (!terminal_wait(t, true))
			continue;
		if (read(STDIN_FILENO, &octet, 1) != 1)
			return 0;
		n = mbrtowc(out, &octet, 1, &t->octets);
		if (n == (size_t)-2)
			continue;
		if (n == (size_t)-1) {
			memset(&t->octets, 0, sizeof(t->octets));
			continue;
		}
		return 1;
	}
	return 0;
}

static void terminal_save_history(struct terminal *t)
{
	HistEvent event;
	mode_t mask;

	if (!t->history_path[0])
		return;
	mask = umask(077);
	history(t->history, &event, H_SAVE, t->history_path);
	umask(mask);
}

static int terminal_edit_begin(struct terminal *t)
{
	const char *home = getenv("HOME");
	HistEvent event;

	t->el = el_init("ringer", stdin, stdout, stderr);
	t->history = history_init();
	if (!t->el || !t->history)
		return -ENOMEM;
	el_set(t->el, EL_CLIENTDATA, t);
	el_set(t->el, EL_PROMPT, terminal_prompt);
	el_set(t->el, EL_EDITOR, "emacs");
	el_set(t->el, EL_GETCFN, terminal_getc);
	el_set(t->el, EL_HIST, history, t->history);
	el_set(t->el, EL_ADDFN, "ringer-complete", "complete the word", terminal_complete);
	el_set(t->el, EL_BIND, "^I", "ringer-complete", NULL);
	el_source(t->el, NULL);
	history(t->history, &event, H_SETSIZE, TERMINAL_HISTORY);
	history(t->history, &event, H_SETUNIQUE, 1);
	if (home && home[0]) {
		snprintf(t->history_path, sizeof(t->history_path), "%s/.ringer_history", home);
		history(t->history, &event, H_LOAD, t->history_path);
	}
	return 0;
}

static void terminal_edit_end(struct terminal *t)
{
	if (t->el)
		el_end(t->el);
	if (t->history)
		history_end(t->history);
	t->el = NULL;
	t->history = NULL;
}

/* ---- lines ---- */

/* "!ls": a shell of the person's own, on this machine, with this terminal. */
static void terminal_shell(struct terminal *t, struct slice command)
{
	const struct timespec now = {0};
	sigset_t interrupt;
	char text[LIMIT_CLI_LINE * 2];
	const char *shell = getenv("SHELL");
	pid_t pid;

	slice_copy(text, sizeof(text), command);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &t->waiting, NULL);
		if (command.len > 0)
			execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		else
			execlp(shell ? shell : "/bin/sh", shell ? shell : "sh", (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		printf("No shell: %s\n", strerror(errno));
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	/* A Ctrl-C meanwhile was for the shell. */
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	(void)sigtimedwait(&interrupt, NULL, &now);
}

static void terminal_take(struct terminal *t, struct slice line)
{
	HistEvent event;
	char text[LIMIT_CLI_LINE * 2];

	line = slice_trim(line);
	if (line.len == 0)
		return;
	if (t->history) {
		slice_copy(text, sizeof(text), line);
		history(t->history, &event, H_ENTER, text);
		terminal_save_history(t);
	}
	if (line.ptr[0] == '!')
		terminal_shell(t, slice_trim(slice_from(line, 1)));
	else if (!slice_ieq(line, SLICE_LIT("quit")) && !slice_ieq(line, SLICE_LIT("exit")))
		ctl_say(&t->ctl, line);
	else if (t->conf.owns_engine)
		puts("This console is the engine's own: 'core stop now' or 'core stop gracefully' "
		     "ends both.");
	else
		t->quits = true;
}

static void terminal_edit(struct terminal *t)
{
	while (!t->quits && !t->ctl.ended) {
		const char *line;
		int len;

		t->editing = true;
		line = el_gets(t->el, &len);
		t->editing = false;
		if (line && len > 0)
			terminal_take(t, slice_make(line, (size_t)len));
		else
			putchar('\n');
		if ((!line || len <= 0) && !t->conf.owns_engine && !t->ctl.ended)
			t->quits = true;
	}
}

/* Input that is no terminal. At its end what is on its way is still shown. */
static void terminal_pipe(struct terminal *t)
{
	char text[LIMIT_CLI_LINE * 2];
	size_t len = 0;
	bool reads = true;

	while (!t->quits && !t->ctl.ended) {
		char octet;

		if (!terminal_wait(t, reads))
			continue;
		if (read(STDIN_FILENO, &octet, 1) != 1) {
			reads = false;
			if (len > 0)
				terminal_take(t, slice_make(text, len));
			if (!t->conf.owns_engine)
				ctl_say(&t->ctl, SLICE_LIT(CONSOLE_ONCE));
			continue;
		}
		if (octet != '\n' && len < sizeof(text)) {
			text[len++] = octet;
			continue;
		}
		terminal_take(t, slice_make(text, len));
		len = 0;
	}
	if (t->quits)
		ctl_say(&t->ctl, SLICE_LIT(CONSOLE_ONCE));
	while (t->quits && !t->ctl.ended && ctl_wait(&t->ctl, TERMINAL_ANSWER_MS)) {
		ctl_read(&t->ctl);
		terminal_show(t, false);
	}
}

/* ---- connection ---- */

static void terminal_say_level(struct terminal *t, const char *what, int level)
{
	char text[64];
	struct sink out = sink_make(text, sizeof(text));

	sink_fmt(&out, "core set %s atleast %d silent", what, level);
	ctl_say(&t->ctl, sink_slice(&out));
}

static int terminal_connect(struct terminal *t)
{
	int err = ctl_open(&t->ctl, t->conf.path);

	if (err)
		return err;
	snprintf(t->prompt, sizeof(t->prompt), "%s*CLI> ", t->ctl.host);
	if (!t->conf.owns_engine)
		printf("Connected to Ringer %s currently running on %s (pid = %s)\n",
		       t->ctl.version, t->ctl.host, t->ctl.pid);
	fflush(stdout);
	terminal_say_level(t, "verbose", t->conf.verbose);
	if (t->conf.debug > 0)
		terminal_say_level(t, "debug", t->conf.debug);
	return 0;
}

/* The engine has gone: it may come back. */
static bool terminal_reconnect(struct terminal *t)
{
	printf("Trying to reconnect for %d seconds\n", TERMINAL_RETRIES * TERMINAL_RETRY_MS / 1000);
	fflush(stdout);
	for (int i = 0; i < TERMINAL_RETRIES && !t->quits; i++) {
		if (terminal_connect(t) == 0)
			return true;
		(void)terminal_poll(t, NULL, 0, TERMINAL_RETRY_MS);
		/* Whether or not it was broken off: the signal may have come before it. */
		if (t->conf.on_signal && !t->conf.on_signal(t->conf.arg))
			t->quits = true;
	}
	puts("The engine has not come back.");
	return false;
}

static void terminal_serve(struct terminal *t)
{
	do {
		if (t->el)
			terminal_edit(t);
		else
			terminal_pipe(t);
		terminal_show(t, true);
		ctl_close(&t->ctl);
		if (t->quits || t->conf.owns_engine)
			return;
		if (t->el || t->conf.reconnects)
			puts("Disconnected from the engine: it has ended.");
	} while (t->conf.reconnects && terminal_reconnect(t));
}

int terminal_run(const struct terminal_conf *conf)
{
	struct terminal *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->conf = *conf;
	setlocale(LC_CTYPE, "");
	terminal_hold_signals(t);
	err = terminal_connect(t);
	if (!err && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		err = terminal_edit_begin(t);
	if (!err)
		terminal_serve(t);
	terminal_edit_end(t);
	sigprocmask(SIG_SETMASK, &t->waiting, NULL);
	free(t);
	return err;
}
