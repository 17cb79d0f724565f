/* bench/load/run.h - what the modes share: options, loop, far end, the watch on the engine. */
#ifndef RINGER_BENCH_LOAD_RUN_H
#define RINGER_BENCH_LOAD_RUN_H

#include "bench/load/farend.h"
#include "bench/load/proc.h"
#include "bench/load/report.h"

enum run_mode { RUN_ANSWER, RUN_ORIGINATE, RUN_FILES, RUN_PINGS, RUN_REST, RUN_MODE_COUNT };
enum run_rtp { RUN_RTP_NONE, RUN_RTP_COUNT, RUN_RTP_ECHO };

struct options {
	enum run_mode mode;
	struct farend_conf farend;
	bool has_farend;
	enum run_rtp rtp;
	int64_t duration_s;     /* answer: 0 until a signal; others: give up after */
	const char *json, *pid_file, *name;
	int64_t pid;
	int cpu;
	bool quiet;

	/* originate and files */
	uint64_t calls;
	uint32_t rate, outstanding; /* rate 0: as fast as outstanding allows */
	const char *channel;        /* %n: number of the call */
	const char *context, *exten, *app, *data, *codecs, *account;
	int64_t timeout_ms;

	/* originate */
	struct addr ami;
	const char *user, *secret, *events;
	uint32_t readers;       /* more clients, which read all events */
	int64_t stall_s;        /* one of them reads nothing for so long */

	/* pings and rest */
	uint32_t connections;
	bool http;

	/* files */
	const char *spool;
	bool archive;
	uint32_t retries, retry_time;
};

/* False: said on standard error what is wrong, or help was asked for (*code is the exit status). */
bool options_parse(struct options *o, int argc, char **argv, int *code);

/* State of one call, by its number. */
struct mark {
	int64_t sent_ns;       /* action sent, file renamed in */
	int64_t invite_ns;
	uint8_t invites, responses, hangups;
	bool answered;
};

struct run {
	struct options o;
	struct io *io;
	struct metrics metrics;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct farend *farend;
	struct rtpsink *sink;
	struct mark *marks;     /* of o.calls, or NULL */
	struct hist to_invite, to_answer, to_end;
	struct tmr second;
	int64_t start_ns, end_ns;
	int64_t pid;
	struct proc_sample before, after, peak;
	int64_t threads_min, threads_max;
	uint64_t sent, settled, failed, refused;
	bool done, stopping;
	int failure;            /* exit status beside accounting */
};

int run_create(struct run *r, const struct options *o);
/* Until r->done, a signal, or the duration; after SIGUSR1 no call is begun any more. `step` is
 * called once a turn and returns its deadline. */
int run_loop(struct run *r, int64_t (*step)(struct run *r, int64_t now_ns));
void run_finish(struct run *r, struct report *report);
void run_destroy(struct run *r);
/* The text of a template with %n replaced. */
void run_expand(struct sink *out, const char *pattern, uint64_t number);
/* Calls that may start now by rate and outstanding. */
uint64_t run_allowance(const struct run *r, int64_t now_ns);

/* The modes. Exit status. */
int answer_run(struct run *r);
int originate_run(struct run *r);
int files_run(struct run *r);
int pings_run(struct run *r);
int rest_run(struct run *r);

#endif
