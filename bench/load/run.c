#include "bench/load/run.h"

#include "engine/base/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t run_signalled, run_enough;
static struct io *run_io;

static void run_on_signal(int number)
{
	if (number == SIGUSR1)
		run_enough = 1;
	else
		run_signalled = 1;
	if (run_io)
		io_wake(run_io); /* NOLINT(*-signal-handler,cert-sig30-c): one write */
}

static void run_on_invite(void *arg, uint64_t number, int64_t now_ns)
{
	struct run *r = arg;
	struct mark *m;

	if (!r->marks || number >= r->o.calls)
		return;
	m = &r->marks[number];
	if (m->invites < UINT8_MAX)
		m->invites++;
	if (m->invites > 1)
		return;
	m->invite_ns = now_ns;
	if (m->sent_ns)
		hist_add(&r->to_invite, now_ns - m->sent_ns);
}

static void run_sample(struct run *r)
{
	struct proc_sample s;

	if (r->pid <= 0 || proc_read(r->io, r->pid, &s) != 0)
		return;
	if (s.rss_bytes > r->peak.rss_bytes)
		r->peak.rss_bytes = s.rss_bytes;
	if (s.private_bytes > r->peak.private_bytes)
		r->peak.private_bytes = s.private_bytes;
	if (r->threads_min == 0 || s.thread_count < r->threads_min)
		r->threads_min = s.thread_count;
	if (s.thread_count > r->threads_max)
		r->threads_max = s.thread_count;
	r->after = s;
}

static void run_on_second(struct tmr *t, void *arg)
{
	struct run *r = arg;

	run_sample(r);
	if (!r->o.quiet && r->o.mode != RUN_ANSWER)
		fprintf(stderr, "  %6llu sent  %6llu over  %6llu failed\n", (unsigned long long)r->sent,
			(unsigned long long)r->settled, (unsigned long long)r->failed);
	tmr_start(t, io_now_ns(r->io) + TMR_SECOND / (r->o.mode == RUN_ANSWER ? 1 : 4) * 2);
}

static int run_create_farend(struct run *r)
{
	struct addr local = r->o.farend.bind;
	struct farend_conf conf = r->o.farend;
	int err = 0;

	local.port = 0;
	if (r->o.rtp != RUN_RTP_NONE)
		err = rtpsink_create(&r->sink, r->io, &local, r->o.rtp == RUN_RTP_ECHO, 65536);
	if (err)
		return err;
	conf.sink = r->sink;
	conf.on_invite = run_on_invite;
	conf.arg = r;
	return farend_create(&r->farend, r->io, r->wheel, &r->rng, &conf);
}

int run_create(struct run *r, const struct options *o)
{
	struct io_conf conf = {.name = "load",
			       .metrics = &r->metrics,
			       .udp_max = 8,
			       .stream_max = 8 + o->connections + o->readers,
			       .big_buffers = 2048,
			       .small_buffers = 16384,
			       .stream_out_max = 64 << 20,
			       .cpu = o->cpu};
	int err;

	memset(r, 0, sizeof(*r));
	r->o = *o;
	err = io_create(&r->io, &conf);
	if (!err)
		err = tmr_wheel_create(&r->wheel, io_clock_ns(r->io));
	rng_seed(&r->rng, 20240917);
	if (!err && o->has_farend)
		err = run_create_farend(r);
	if (!err && o->calls > 0 && o->mode != RUN_PINGS) {
		r->marks = calloc(o->calls, sizeof(*r->marks));
		err = r->marks ? 0 : -ENOMEM;
	}
	if (err)
		return err;
	r->pid = o->pid_file ? proc_pid_of_file(r->io, o->pid_file) : o->pid;
	if (r->pid > 0 && proc_read(r->io, r->pid, &r->before) != 0) {
		fprintf(stderr, "ringer-load: there is no process %lld\n", (long long)r->pid);
		return -ESRCH;
	}
	run_io = r->io;
	signal(SIGINT, run_on_signal);
	signal(SIGTERM, run_on_signal);
	signal(SIGUSR1, run_on_signal);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

struct run_turn {
	struct run *run;
	int64_t (*step)(struct run *r, int64_t now_ns);
};

static int64_t run_turn(void *arg, int64_t now_ns)
{
	struct run_turn *t = arg;
	struct run *r = t->run;
	int64_t next = TMR_NEVER, timer;

	if (r->start_ns == 0) {
		r->start_ns = now_ns;
		tmr_start(&r->second, now_ns);
	}
	tmr_wheel_run(r->wheel, now_ns, UINT32_MAX);
	if (run_enough)
		r->o.calls = r->sent;
	if (t->step)
		next = t->step(r, now_ns);
	if (run_signalled)
		r->stopping = true;
	if (r->o.duration_s > 0 && now_ns - r->start_ns >= r->o.duration_s * TMR_SECOND)
		r->stopping = true;
	if (r->done || r->stopping) {
		io_stop(r->io);
		return now_ns;
	}
	timer = tmr_wheel_next(r->wheel);
	return timer < next ? timer : next;
}

int run_loop(struct run *r, int64_t (*step)(struct run *r, int64_t now_ns))
{
	struct run_turn turn = {r, step};
	int err;

	tmr_init(&r->second, r->wheel, run_on_second, r);
	err = io_run(r->io, run_turn, &turn);
	r->end_ns = io_clock_ns(r->io);
	run_sample(r);
	return err;
}

/* ---- report ---- */

static void report_engine(const struct run *r, struct report *report)
{
	double cpu_s = (double)(r->after.cpu_ns - r->before.cpu_ns) / 1e9;
	double calls = (double)r->settled;

	if (r->pid <= 0)
		return;
	report_real(report, "engine", "cpu_seconds", cpu_s, "s");
	if (calls > 0 && cpu_s > 0) {
		report_real(report, "engine", "calls_per_cpu_second", calls / cpu_s, "calls/s");
		report_real(report, "engine", "cpu_per_call", cpu_s / calls * 1e6, "us");
	}
	report_real(report, "engine", "rss_before", (double)r->before.rss_bytes / 1048576, "MiB");
	report_real(report, "engine", "rss_end", (double)r->after.rss_bytes / 1048576, "MiB");
	report_real(report, "engine", "rss_peak", (double)r->peak.rss_bytes / 1048576, "MiB");
	report_real(report, "engine", "private_before", (double)r->before.private_bytes / 1048576, "MiB");
	report_real(report, "engine", "private_peak", (double)r->peak.private_bytes / 1048576, "MiB");
	report_count(report, "engine", "threads_least", (uint64_t)r->threads_min, "");
	report_count(report, "engine", "threads_most", (uint64_t)r->threads_max, "");
}

static void report_farend(const struct run *r, struct report *report)
{
	const struct farend_stats *s;
	char key[48];

	if (!r->farend)
		return;
	s = farend_stats(r->farend);
	report_count(report, "answering_side", "invites", s->invites, "");
	report_count(report, "answering_side", "invites_repeated", s->invites_again, "");
	for (enum farend_act a = 0; a < FAREND_ACT_COUNT; a++) {
		if (s->by_act[a] == 0)
			continue;
		snprintf(key, sizeof(key), "calls_%s", farend_act_name(a));
		report_count(report, "answering_side", key, s->by_act[a], "");
	}
	report_count(report, "answering_side", "answers_acknowledged", s->answers_acked, "");
	report_count(report, "answering_side", "answers_never_acknowledged", s->answers_unacked, "");
	report_count(report, "answering_side", "byes_received", s->byes_in, "");
	report_count(report, "answering_side", "byes_sent", s->byes_out, "");
	report_count(report, "answering_side", "byes_sent_answered", s->byes_out_answered, "");
	report_count(report, "answering_side", "cancels", s->cancels, "");
	report_count(report, "answering_side", "malformed", s->malformed + s->stray, "");
	report_count(report, "answering_side", "refused_for_want_of_room", s->refused_full, "");
	report_count(report, "answering_side", "calls_left", s->calls_now, "");
	report_count(report, "answering_side", "calls_peak", s->calls_peak, "");
}

static void report_audio(const struct run *r, struct report *report)
{
	static const char *const keys[RTPSINK_LATE] = {"late_over_1ms", "late_over_5ms", "late_over_10ms",
						       "late_over_20ms", "late_over_60ms"};
	const struct rtpsink_stats *s;

	if (!r->sink)
		return;
	s = rtpsink_stats(r->sink);
	report_count(report, "audio", "streams", s->streams, "");
	report_count(report, "audio", "packets", s->packets, "");
	report_count(report, "audio", "lost", s->lost, "");
	report_count(report, "audio", "repeated", s->again, "");
	for (int i = 0; i < RTPSINK_LATE; i++)
		report_count(report, "audio", keys[i], s->late[i], "");
	report_real(report, "audio", "worst", (double)s->worst_ns / 1e6, "ms");
	if (s->packets > 0)
		report_real(report, "audio", "within_10ms",
			    100.0 * (1.0 - (double)s->late[2] / (double)s->packets), "%");
}

void run_finish(struct run *r, struct report *report)
{
	char cpu[128], kernel[128];
	double seconds = (double)(r->end_ns - r->start_ns) / 1e9;

	proc_machine(r->io, cpu, sizeof(cpu), kernel, sizeof(kernel));
	report_text(report, "run", "version", RINGER_VERSION);
	report_text(report, "run", "name", r->o.name ? r->o.name : "");
	report_text(report, "run", "cpu", cpu);
	report_text(report, "run", "kernel", kernel);
	report_real(report, "run", "seconds", seconds, "s");
	if (r->o.mode != RUN_ANSWER) { /* calls, or pings */
		report_count(report, "calls", "sent", r->sent, "");
		report_count(report, "calls", "over", r->settled, "");
		report_count(report, "calls", "failed", r->failed, "");
		report_count(report, "calls", "refused", r->refused, "");
		report_real(report, "calls", "rate", (double)r->settled / seconds, "calls/s");
		if (r->to_invite.count > 0)
			report_hist(report, "latency", "to_invite", &r->to_invite);
		if (r->to_answer.count > 0)
			report_hist(report, "latency", "to_answer", &r->to_answer);
		if (r->to_end.count > 0)
			report_hist(report, "latency", "to_end", &r->to_end);
	}
	report_engine(r, report);
	report_farend(r, report);
	report_audio(r, report);
	report_print(report);
	if (r->o.json && report_write_json(report, r->o.json) != 0)
		fprintf(stderr, "ringer-load: %s cannot be written\n", r->o.json);
}

void run_destroy(struct run *r)
{
	run_io = NULL;
	farend_destroy(r->farend);
	rtpsink_destroy(r->sink);
	if (r->wheel)
		tmr_wheel_destroy(r->wheel);
	if (r->io)
		io_destroy(r->io);
	free(r->marks);
}

void run_expand(struct sink *out, const char *pattern, uint64_t number)
{
	for (const char *p = pattern; *p; p++) {
		if (p[0] == '%' && p[1] == 'n') {
			sink_u64(out, number);
			p++;
		} else {
			sink_char(out, *p);
		}
	}
}

uint64_t run_allowance(const struct run *r, int64_t now_ns)
{
	uint64_t left = r->o.calls - r->sent, open = r->sent - r->settled - r->refused, n = left;

	if (r->o.outstanding > 0) {
		uint64_t room = open < r->o.outstanding ? r->o.outstanding - open : 0;

		n = room < n ? room : n;
	}
	if (r->o.rate > 0) {
		uint64_t due = (uint64_t)((double)(now_ns - r->start_ns) * (double)r->o.rate / 1e9) + 1;
		uint64_t room = due > r->sent ? due - r->sent : 0;

		n = room < n ? room : n;
	}
	return n;
}

/* ---- the answering side alone ---- */

int answer_run(struct run *r)
{
	struct report *report = calloc(1, sizeof(*report));
	int err;

	if (!report)
		return 1;
	if (!r->o.quiet)
		fprintf(stderr, "ringer-load: answering\n");
	err = run_loop(r, NULL);
	run_finish(r, report);
	free(report);
	return err ? 1 : 0;
}
