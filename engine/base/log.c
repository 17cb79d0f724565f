/* engine/base/log.c - see log.h.
 *
 * Any thread may log. Settings are atomics; the counters of a place are relaxed atomics that may
 * lose a count when two threads meet there, which only shifts the limit a little. */
#include "engine/base/log.h"

#include "engine/base/check.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOG_TEXT_MAX 2048
#define LOG_SECOND   INT64_C(1000000000)

static _Atomic(log_writer_fn) log_writer;
static _Atomic(void *) log_writer_arg;
static _Atomic(log_clock_fn) log_clock;
static _Atomic(void *) log_clock_arg;
static _Atomic int log_least = LOG_LEVEL_NOTICE;
static _Atomic int log_verbosity;
static _Atomic int log_debugging = 1;
static _Atomic int log_reader_least[LOG_READER_COUNT] = {LOG_LEVEL_NOTICE, LOG_LEVEL_COUNT};
static _Atomic int log_reader_verbosity[LOG_READER_COUNT];

static const char *const log_names[LOG_LEVEL_COUNT] = {
	[LOG_LEVEL_DEBUG] = "DEBUG",   [LOG_LEVEL_VERBOSE] = "VERBOSE",
	[LOG_LEVEL_NOTICE] = "NOTICE", [LOG_LEVEL_WARNING] = "WARNING",
	[LOG_LEVEL_ERROR] = "ERROR",
};

const char *log_level_name(enum log_level level)
{
	check(level < LOG_LEVEL_COUNT);
	return log_names[level];
}

/* The argument first: who sees the new function sees its argument. */
void log_set_writer(log_writer_fn fn, void *arg)
{
	atomic_store(&log_writer_arg, arg);
	atomic_store(&log_writer, fn);
}

void log_set_clock(log_clock_fn fn, void *arg)
{
	atomic_store(&log_clock_arg, arg);
	atomic_store(&log_clock, fn);
}

/* What any reader wants, in the two words that each place in the code looks at. */
static void log_combine(void)
{
	int least = LOG_LEVEL_COUNT, verbosity = 0;

	for (int i = 0; i < LOG_READER_COUNT; i++) {
		int l = atomic_load(&log_reader_least[i]), v = atomic_load(&log_reader_verbosity[i]);

		least = l < least ? l : least;
		verbosity = v > verbosity ? v : verbosity;
	}
	if (least == LOG_LEVEL_DEBUG && atomic_load(&log_debugging) == 0)
		least = LOG_LEVEL_VERBOSE;
	atomic_store_explicit(&log_least, least, memory_order_relaxed);
	atomic_store_explicit(&log_verbosity, verbosity, memory_order_relaxed);
}

void log_set_reader(enum log_reader who, enum log_level least, int verbosity)
{
	check(who < LOG_READER_COUNT);
	atomic_store(&log_reader_least[who], (int)least);
	atomic_store(&log_reader_verbosity[who], verbosity);
	log_combine();
}

void log_set_level(enum log_level least, int verbosity)
{
	log_set_reader(LOG_READER_FILES, least, verbosity);
}

void log_set_debug(int level)
{
	atomic_store(&log_debugging, level);
	log_combine();
}

int log_debug_level(void)
{
	return atomic_load(&log_debugging);
}

/* Verbose lines have a switch of their own: "core set verbose 3" without debugging, or with it. */
bool log_is_on(enum log_level level, int verbosity)
{
	if (level == LOG_LEVEL_VERBOSE)
		return verbosity <= atomic_load_explicit(&log_verbosity, memory_order_relaxed);
	return (int)level >= atomic_load_explicit(&log_least, memory_order_relaxed);
}

static int64_t log_now(void)
{
	log_clock_fn fn = atomic_load(&log_clock);
	struct timespec ts;

	if (fn)
		return fn(atomic_load(&log_clock_arg));
	/* Lines written before the seam stands: the one clock outside engine/io. */
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * LOG_SECOND + ts.tv_nsec;
}

/* True if the place may write; *dropped is what it left out before. */
static bool log_site_admits(struct log_site *site, int64_t now, uint32_t *dropped)
{
	int64_t since = now - __atomic_load_n(&site->window_ns, __ATOMIC_RELAXED);

	*dropped = 0;
	if (since < 0 || since >= LOG_SECOND) {
		__atomic_store_n(&site->window_ns, now, __ATOMIC_RELAXED);
		__atomic_store_n(&site->count, 1, __ATOMIC_RELAXED);
		*dropped = __atomic_exchange_n(&site->dropped, 0, __ATOMIC_RELAXED);
		return true;
	}
	if (__atomic_add_fetch(&site->count, 1, __ATOMIC_RELAXED) <= LOG_BURST)
		return true;
	__atomic_add_fetch(&site->dropped, 1, __ATOMIC_RELAXED);
	return false;
}

/* A line stays a line, whatever a peer put into a name. */
static void log_clean(char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 32 && *text != '\t') || *text == 127)
			*text = ' ';
}

static void log_to_stderr(const struct log_line *line)
{
	time_t seconds = (time_t)(line->wall_ns / LOG_SECOND);
	const char *slash = strrchr(line->file, '/');
	const char *file = slash ? slash + 1 : line->file;
	char date[32] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	fprintf(stderr, "[%s] %s %s:%d %s: %s%s%s\n", date, log_level_name(line->level), file, line->line,
		line->func, line->call ? line->call : "", line->call ? ": " : "", line->text);
}

void log_write(struct log_site *site, enum log_level level, int verbosity, const char *file,
	       int line_number, const char *func, const char *call, const char *fmt, ...)
{
	struct log_line line = {.level = level,
				.verbosity = verbosity,
				.wall_ns = log_now(),
				.file = file,
				.line = line_number,
				.func = func,
				.call = call};
	log_writer_fn writer = atomic_load(&log_writer);
	char text[LOG_TEXT_MAX];
	uint32_t dropped;
	va_list args;
	size_t len;

	if (!log_site_admits(site, line.wall_ns, &dropped))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_clean(text);
	len = strlen(text);
	if (dropped)
		snprintf(text + len, sizeof(text) - len, " (%u more such lines were left out)",
			 dropped);
	line.text = text;
	if (writer)
		writer(atomic_load(&log_writer_arg), &line);
	else
		log_to_stderr(&line);
}

static void log_raw_line(const char *file, int64_t wall_ns, struct slice s)
{
	log_writer_fn writer = atomic_load(&log_writer);
	char text[LOG_TEXT_MAX];
	const struct log_line line = {.level = LOG_LEVEL_VERBOSE,
				      .verbosity = LOG_VERBOSITY_RAW,
				      .wall_ns = wall_ns,
				      .file = file,
				      .func = "",
				      .text = text};

	if (s.len && s.ptr[s.len - 1] == '\r')
		s.len--;
	slice_copy(text, sizeof(text), s);
	log_clean(text);
	if (writer)
		writer(atomic_load(&log_writer_arg), &line);
	else
		log_to_stderr(&line);
}

void log_line_raw(const char *file, struct slice text)
{
	if (log_is_on(LOG_LEVEL_VERBOSE, LOG_VERBOSITY_RAW))
		log_raw_line(file, log_now(), text);
}

void log_lines(const char *file, struct slice head, struct slice text)
{
	int64_t wall_ns = log_now();
	struct slice part;

	if (!log_is_on(LOG_LEVEL_VERBOSE, LOG_VERBOSITY_RAW))
		return;
	log_raw_line(file, wall_ns, head);
	while (slice_split(&text, '\n', &part))
		log_raw_line(file, wall_ns, part);
	log_raw_line(file, wall_ns, SLICE_EMPTY);
}
