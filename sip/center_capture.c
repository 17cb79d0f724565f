/* sip/center_capture.c - `pjsip set logger pcap`: who asks for a file, and the worker that writes
 * it.
 *
 * While a file is open the worker comes every CAPTURE_EVERY_NS for what the shards have noted
 * (capture.h). One piece of work is under way at a time; what is asked for meanwhile waits for its
 * end: one new file, and the end of the capture. */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/chore.h"
#include "sip/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPTURE_EVERY_NS (100 * TMR_MS)

enum capture_task { CAPTURE_DRAIN, CAPTURE_OPEN, CAPTURE_CLOSE };

struct center_capture {
	struct chore chore; /* first */
	struct sip_center *center;
	struct capture *capture;
	struct tmr timer;
	bool is_posted, is_open;
	/* what waits */
	bool wants_close;
	struct cli_job *job; /* who waits for a new file; NULL: nobody */
	char next[LIMIT_PATH];
	/* the work under way */
	enum capture_task task;
	char path[LIMIT_PATH];
	int err;
};

static void capture_run(struct chore *chore, struct io *io)
{
	struct center_capture *k = (struct center_capture *)(void *)chore;

	k->err = k->task == CAPTURE_OPEN ? capture_open(k->capture, io, k->path)
					 : capture_drain(k->capture, io);
	if (k->task == CAPTURE_CLOSE)
		capture_close(k->capture, io);
}

static void capture_post(struct center_capture *k, enum capture_task task)
{
	const struct sip_center_env *env = &k->center->env;

	tmr_stop(&k->timer);
	k->task = task;
	k->is_posted = true;
	check(env->post(env->arg, &k->chore) == 0); /* it has a place of its own */
}

/* The next piece of work, if nothing is under way. */
static void capture_go_on(struct center_capture *k)
{
	if (k->is_posted)
		return;
	if (k->wants_close && k->is_open) {
		k->wants_close = false;
		capture_post(k, CAPTURE_CLOSE);
	} else if (k->job) {
		memcpy(k->path, k->next, sizeof(k->path));
		capture_post(k, CAPTURE_OPEN);
	} else if (k->is_open) {
		tmr_start(&k->timer, center_now(k->center) + CAPTURE_EVERY_NS);
	}
}

static void capture_on_timer(struct tmr *t, void *arg)
{
	UNUSED(t);
	capture_post(arg, CAPTURE_DRAIN);
}

static void capture_tell_opened(struct center_capture *k)
{
	struct cli_job *job = k->job;
	bool ok = true;

	k->job = NULL;
	if (k->err) {
		UNUSED(center_watch_capture(k->center, NULL));
		cli_job_print(job, "Failed to open file '%s' for pcap writing: %s\n", k->path,
			      strerror(-k->err));
	} else {
		/* `off` may have come meanwhile */
		ok = center_watch_capture(k->center, k->wants_close ? NULL : k->capture);
		cli_job_print(job, "PJSIP logging to pcap file '%s'\n", k->path);
		if (!ok)
			cli_job_print(job, "Not all shards could be told: they are behind. Try "
					   "again\n");
	}
	cli_job_end(job, k->err || !ok ? CLI_FAIL : CLI_OK);
}

static void capture_done(struct chore *chore)
{
	struct center_capture *k = (struct center_capture *)(void *)chore;

	k->is_posted = false;
	k->is_open = !k->err && k->task != CAPTURE_CLOSE;
	k->wants_close &= k->is_open;
	if (k->task == CAPTURE_OPEN) {
		capture_tell_opened(k);
	} else if (k->err) {
		log_warning(
			"%s: %s. No more SIP messages are written to it; `pjsip set logger pcap "
			"FILE` begins another file",
			k->path,
			k->err == -EFBIG ? "it is as long as it may be" : strerror(-k->err));
		UNUSED(center_watch_capture(k->center, NULL));
	}
	capture_go_on(k);
}

/* ---- the console ---- */

/* A client of AMI could have any file overwritten that the engine may write. */
static bool capture_is_safe(struct slice name)
{
	return slice_find(name, '/') == SIZE_MAX && name.ptr[0] != '.' &&
	       slice_ends(name, SLICE_LIT(".pcap"));
}

static struct center_capture *capture_ready(struct sip_center *c)
{
	struct center_capture *k = c->capture;

	if (k || !c->env.post)
		return k;
	k = calloc(1, sizeof(*k)); /* by command only */
	if (!k)
		return NULL;
	if (capture_create(&k->capture, c->env.shard_count, LIMIT_SIP_CAPTURE_BYTES)) {
		free(k);
		return NULL;
	}
	k->center = c;
	k->chore = (struct chore){.run = capture_run, .done = capture_done, .placed = true};
	tmr_init(&k->timer, c->env.wheel, capture_on_timer, k);
	c->capture = k;
	return k;
}

enum cli_result center_capture_open(struct sip_center *c, struct cli_call *call)
{
	struct slice name = call->argv[1];
	bool is_whole = name.len > 0 && name.ptr[0] == '/';
	struct center_capture *k;
	struct sink path;

	if (!name.len)
		return CLI_USAGE;
	if (call->out->guarded && !capture_is_safe(name)) {
		cli_print(call,
			  "A client of AMI can name files of the log directory only, that end in "
			  ".pcap\n");
		return CLI_FAIL;
	}
	k = capture_ready(c);
	if (!k || k->job) {
		cli_print(call, k ? "Another file is about to be opened; try again\n"
				  : "There is no memory for it\n");
		return CLI_FAIL;
	}
	path = sink_make(k->next, sizeof(k->next) - 1);
	if (!is_whole && c->env.log_dir)
		sink_fmt(&path, "%s/", c->env.log_dir);
	sink_add(&path, name);
	sink_cstr(&path);
	if (path.over) {
		cli_print(call, "The name is too long\n");
		return CLI_FAIL;
	}
	k->job = cli_hold(call);
	if (!k->job)
		return CLI_FAIL;
	capture_go_on(k);
	return CLI_OPEN;
}

void center_capture_close(struct sip_center *c)
{
	struct center_capture *k = c->capture;

	if (!k)
		return;
	if (k->job && (!k->is_posted || k->task != CAPTURE_OPEN)) {
		cli_job_end(k->job, CLI_FAIL); /* the file is not wanted any more */
		k->job = NULL;
	}
	k->wants_close = k->is_open || k->is_posted;
	capture_go_on(k);
}

void center_capture_destroy(struct sip_center *c)
{
	struct center_capture *k = c->capture;

	if (!k)
		return;
	tmr_stop(&k->timer);
	capture_destroy(k->capture, c->env.io);
	free(k);
}
