/* tests/sim/sim_engine.c - the whole engine in a simulated world, seed by seed.
 *
 *	sim_engine --seeds FROM COUNT [--fault NAME] [--jobs N] [--twice EVERY] [--verbose] [--trace]
 *
 * Each seed runs in a process of its own, so that a crash is one line with its seed and nothing of one
 * seed reaches the next. Exit status 0: all seeds held; 1: one did not (printed with the reason).
 * With --fault the deliberate fault of that name is on, and the first failure found ends the run. */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "tests/sim/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 16

struct options {
	uint64_t from, count;
	enum fault fault;
	uint32_t jobs, twice_every;
	bool verbose;
};

/* What a child tells. */
struct verdict {
	uint64_t seed, hash;
	char failure[640];
};

struct job {
	pid_t pid; /* 0: free */
	uint64_t seed;
	bool again; /* second run of the seed, to compare hashes */
	int pipe;
};

struct runner {
	struct options o;
	struct job jobs[JOBS_MAX];
	uint64_t next;
	uint64_t *hashes; /* by seed - from; 0: not known */
	uint64_t done, failed, compared;
	uint64_t again[JOBS_MAX]; /* seeds whose second run is due */
	uint32_t again_count;
};

static void child(const struct options *o, uint64_t seed, bool again, int out)
{
	struct run r = {.verbose = o->verbose};
	struct verdict v = {.seed = seed};

	if (again) /* other addresses: what depends on them shows */
		check(mmap(NULL, 5u << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
			      MAP_FAILED &&
		      malloc(77777));
#ifdef RINGER_FAULTS
	fault_active = o->fault;
#endif
	run_seed(&r, seed, &v.hash);
	memcpy(v.failure, r.failure, sizeof(v.failure));
	check(write(out, &v, sizeof(v)) == (ssize_t)sizeof(v));
	exit(r.failure[0] ? 1 : 0); /* with its leak check, where there is one */
}

static void start(struct runner *r, struct job *j, uint64_t seed, bool again)
{
	int ends[2];

	check(pipe(ends) == 0);
	fflush(stdout);
	j->seed = seed;
	j->again = again;
	j->pipe = ends[0];
	j->pid = fork();
	check(j->pid >= 0);
	if (j->pid == 0) {
		close(ends[0]);
		child(&r->o, seed, again, ends[1]);
	}
	close(ends[1]);
}

static void report(struct runner *r, const struct job *j, const char *why)
{
	r->failed++;
	printf("seed %llu%s%s: %s\n", (unsigned long long)j->seed, r->o.fault ? " fault " : "",
	       r->o.fault ? fault_name(r->o.fault) : "", why);
}

static void compare(struct runner *r, const struct job *j, uint64_t hash)
{
	uint64_t first = r->hashes[j->seed - r->o.from];

	if (!j->again) {
		r->hashes[j->seed - r->o.from] = hash;
		if (r->o.twice_every && j->seed % r->o.twice_every == 0)
			r->again[r->again_count++] = j->seed;
		return;
	}
	r->compared++;
	if (hash != first)
		report(r, j, "a second run of the same seed went another way");
}

static void finish(struct runner *r, struct job *j, int status)
{
	struct verdict v = {0};
	ssize_t n = read(j->pipe, &v, sizeof(v));
	char text[64];

	close(j->pipe);
	j->pid = 0;
	r->done++;
	if (n == (ssize_t)sizeof(v) && v.failure[0]) {
		report(r, j, v.failure);
	} else if (n != (ssize_t)sizeof(v) || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		snprintf(text, sizeof(text), "crashed (%s %d)",
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		report(r, j, text);
	} else if (!r->o.fault) {
		compare(r, j, v.hash);
	}
}

static struct job *job_of(struct runner *r, pid_t pid)
{
	for (uint32_t i = 0; i < r->o.jobs; i++) {
		if (r->jobs[i].pid == pid)
			return &r->jobs[i];
	}
	return NULL;
}

static bool start_next(struct runner *r)
{
	struct job *j = job_of(r, 0);

	if (!j)
		return false;
	if (r->again_count) {
		start(r, j, r->again[--r->again_count], true);
		return true;
	}
	if (r->next == r->o.count || (r->o.fault && r->failed))
		return false;
	start(r, j, r->o.from + r->next++, false);
	return true;
}

static int run_all(struct runner *r)
{
	int status;
	pid_t pid;

	r->hashes = calloc(r->o.count, sizeof(*r->hashes));
	check(r->hashes);
	for (;;) {
		while (start_next(r))
			;
		pid = wait(&status);
		if (pid < 0)
			break;
		check(job_of(r, pid));
		finish(r, job_of(r, pid), status);
	}
	free(r->hashes);
	printf("%llu seeds, %llu compared with a second run, %llu failed\n",
	       (unsigned long long)r->next, (unsigned long long)r->compared,
	       (unsigned long long)r->failed);
	return r->failed ? 1 : 0;
}

/* ---- command line ---- */

static enum fault fault_by_name(const char *name)
{
	for (int f = 1; f < FAULT_COUNT; f++) {
		if (strcmp(fault_name((enum fault)f), name) == 0)
			return (enum fault)f;
	}
	fprintf(stderr, "no fault is called %s\n", name);
	exit(2);
}

static void usage(void)
{
	fprintf(stderr, "usage: sim_engine --seeds FROM COUNT [--fault NAME] [--jobs N] "
			"[--twice EVERY] [--verbose] [--trace]\n");
	exit(2);
}

static void parse(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *more = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--verbose") == 0) {
			o->verbose = true;
		} else if (strcmp(argv[i], "--trace") == 0) {
			setenv("SIM_TRACE", "1", 1);
		} else if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
			o->from = strtoull(argv[++i], NULL, 10);
			o->count = strtoull(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--fault") == 0 && more) {
			o->fault = fault_by_name(argv[++i]);
		} else if (strcmp(argv[i], "--jobs") == 0 && more) {
			o->jobs = (uint32_t)strtoul(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--twice") == 0 && more) {
			o->twice_every = (uint32_t)strtoul(argv[++i], NULL, 10);
		} else {
			usage();
		}
	}
}

int main(int argc, char **argv)
{
	struct runner r = {.o = {.from = 1, .count = 20, .jobs = 1}};

	parse(&r.o, argc, argv);
	if (r.o.jobs < 1 || r.o.jobs > JOBS_MAX || r.o.count == 0)
		usage();
	return run_all(&r);
}
