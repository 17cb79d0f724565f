/* sip/cli_ladder.c - remembered messages on the console: the ladder of one call, and a list of all.
 */
#include "sip/cli_internal.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"
#include "sip/watch.h"

#define LADDER_WIDTH 62 /* columns between the two sides */

/* "INVITE sip:x@y", "100 Trying" */
static struct slice ladder_start(const struct history_entry *e)
{
	struct slice s = sip_history_start(e);

	if (slice_starts(s, SLICE_LIT("SIP/2.0 ")))
		return slice_from(s, 8);
	if (slice_ends(s, SLICE_LIT(" SIP/2.0")))
		s.len -= 8;
	return s;
}

static bool ladder_is_response(const struct history_entry *e)
{
	return slice_starts(sip_history_start(e), SLICE_LIT("SIP/"));
}

/* The message with its arrow: "100 Trying (1 INVITE) ---->" or "<---- ...". */
static void ladder_arrow(struct sink *out, const struct history_entry *e)
{
	struct slice cseq = sip_history_cseq(e), start;
	char room[LADDER_WIDTH];
	struct sink text = sink_make(room, sizeof(room) - 4);
	size_t blank = slice_find(cseq, ' ');

	if (!ladder_is_response(e) && blank != SIZE_MAX)
		cseq = slice_head(cseq, blank);
	start = slice_head(ladder_start(e), LADDER_WIDTH - 12 - cseq.len);
	sink_fmt(&text, "%.*s (%.*s)", SLICE_ARG(start), SLICE_ARG(cseq));
	if (e->kind == HISTORY_RX)
		sink_char(out, '<');
	else
		sink_fmt(out, "%.*s ", (int)text.len, text.ptr);
	for (size_t n = text.len + 2; n < LADDER_WIDTH; n++)
		sink_char(out, '-');
	if (e->kind == HISTORY_RX)
		sink_fmt(out, " %.*s", (int)text.len, text.ptr);
	else
		sink_char(out, '>');
}

static void ladder_line(struct cli_job *job, const struct io *io, const struct history_entry *e,
			int64_t first_ns)
{
	int64_t ms = (e->wall_ns - first_ns) / TMR_MS;
	char room[256], peer[ADDR_TEXT];
	struct sink out = sink_make(room, sizeof(room));
	struct tm tm;

	io_local_time(io, e->wall_ns, &tm);
	sink_fmt(&out, "%02d:%02d:%02d.%03d %6lld.%03lld  ", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (int)(e->wall_ns / TMR_MS % 1000), (long long)(ms / 1000), (long long)(ms % 1000));
	ladder_arrow(&out, e);
	cli_job_print(job, "%.*s  %s:%s\n", (int)out.len, out.ptr,
		      sip_watch_transport(e->transport), addr_text(&e->peer, peer));
}

static void ladder_head(struct cli_job *job, const struct history_entry *e)
{
	cli_job_print(job, "\nCall-ID: %.*s\n", SLICE_ARG(sip_history_call_id(e)));
}

/* One call of those found. */
static void ladder_call(struct cli_job *job, const struct io *io,
			const struct history_entry *entries, const uint32_t *order, uint32_t count,
			uint64_t call)
{
	const struct history_entry *first = NULL;

	for (uint32_t i = 0; i < count; i++) {
		const struct history_entry *e = &entries[order[i]];

		if (e->call == call && e->kind == HISTORY_NAME)
			cli_job_print(job, "Channel: %.*s\n", SLICE_ARG(sip_history_start(e)));
	}
	cli_job_print(job, "\n%-12s %10s  %-*s  %s\n", "Time", "Seconds", LADDER_WIDTH, "Message",
		      "Far end");
	for (uint32_t i = 0; i < count; i++) {
		const struct history_entry *e = &entries[order[i]];

		if (e->call != call || e->kind == HISTORY_NAME)
			continue;
		first = first ? first : e;
		ladder_line(job, io, e, first->wall_ns);
	}
}

void cli_show_ladder(struct cli_job *job, const struct io *io, struct slice key,
		     const struct history_entry *entries, const uint32_t *order, uint32_t count)
{
	if (!count)
		cli_job_print(job, "Nothing is remembered of '%.*s'\n", SLICE_ARG(key));
	for (uint32_t i = 0; i < count; i++) {
		const struct history_entry *e = &entries[order[i]];
		bool is_first = true;

		for (uint32_t k = 0; k < i && is_first; k++)
			is_first = entries[order[k]].call != e->call;
		if (!is_first)
			continue;
		ladder_head(job, e);
		ladder_call(job, io, entries, order, count, e->call);
	}
}

void cli_show_history(struct cli_job *job, const struct history_entry *entries,
		      const uint32_t *order, uint32_t count)
{
	cli_job_print(job, "%-5s %-18s %-30s %s\n", "No.", "Timestamp  (Dir)", "Address",
		      "SIP Message");
	cli_job_print(job, "===== ================== ============================== "
			   "===================================\n");
	for (uint32_t i = 0; i < count; i++) {
		const struct history_entry *e = &entries[order[i]];
		char peer[ADDR_TEXT];

		cli_job_print(job, "%05u %-10lld * %s  %-30s %.*s\n", i,
			      (long long)(e->wall_ns / TMR_SECOND),
			      e->kind == HISTORY_RX ? "<==" : "==>", addr_text(&e->peer, peer),
			      SLICE_ARG(sip_history_start(e)));
	}
}
