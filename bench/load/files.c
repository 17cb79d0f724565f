/* The call file driver: renames files into the spool, follows them until none is left. */
#include "bench/load/run.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct files {
	char outgoing[512], staging[512], done[512];
	uint64_t left, archived;
	int64_t next_look_ns;
	bool staged;
};

static struct files files;

static int stage_one(struct run *r, uint64_t number)
{
	const struct options *o = &r->o;
	char path[640], text[1024];
	struct sink out = sink_make(text, sizeof(text));
	int fd;

	sink_lit(&out, "Channel: ");
	run_expand(&out, o->channel, number);
	sink_fmt(&out, "\nWaitTime: %lld\nMaxRetries: %u\nRetryTime: %u\n", (long long)(o->timeout_ms / 1000),
		 o->retries, o->retry_time);
	if (o->app)
		sink_fmt(&out, "Application: %s\nData: %s\n", o->app, o->data);
	else
		sink_fmt(&out, "Context: %s\nExtension: %s\nPriority: 1\n", o->context, o->exten);
	if (o->account)
		sink_fmt(&out, "Account: %s\n", o->account);
	if (o->archive)
		sink_lit(&out, "Archive: yes\n");
	snprintf(path, sizeof(path), "%s/load-%llu.call", files.staging, (unsigned long long)number);
	fd = io_fs_open(r->io, path, IO_FS_WRITE | IO_FS_CREATE | IO_FS_TRUNC, 0644);
	if (fd < 0)
		return fd;
	if (io_fs_write(r->io, fd, out.ptr, out.len) < 0) {
		io_fs_close(r->io, fd);
		return -EIO;
	}
	io_fs_close(r->io, fd);
	return 0;
}

static int stage_all(struct run *r)
{
	int err = io_fs_mkdir(r->io, files.staging, 0755);

	if (err == -EEXIST)
		err = 0;
	for (uint64_t i = 0; i < r->o.calls && !err; i++)
		err = stage_one(r, i);
	if (err)
		fprintf(stderr, "ringer-load: %s: %s\n", files.staging, strerror(-err));
	return err;
}

static int drop_one(struct run *r, uint64_t number)
{
	char from[640], to[640];

	snprintf(from, sizeof(from), "%s/load-%llu.call", files.staging, (unsigned long long)number);
	snprintf(to, sizeof(to), "%s/load-%llu.call", files.outgoing, (unsigned long long)number);
	r->marks[number].sent_ns = io_clock_ns(r->io);
	return io_fs_rename(r->io, from, to);
}

static int count_name(void *arg, const char *name)
{
	if (slice_starts(slice_str(name), SLICE_LIT("load-")))
		(*(uint64_t *)arg)++;
	return 0;
}

static uint64_t count_files(struct run *r, const char *dir)
{
	uint64_t n = 0;

	io_fs_list(r->io, dir, count_name, &n);
	return n;
}

static void look(struct run *r, int64_t now_ns)
{
	if (now_ns < files.next_look_ns)
		return;
	files.next_look_ns = now_ns + 100 * TMR_MS;
	files.left = count_files(r, files.outgoing);
	r->settled = r->sent - files.left;
	if (r->sent == r->o.calls && files.left == 0)
		r->done = true;
}

static int64_t files_step(struct run *r, int64_t now_ns)
{
	uint64_t n = run_allowance(r, now_ns);

	if (n > 2000) /* let the answering side work in between */
		n = 2000;
	for (; n > 0; n--) {
		int err = drop_one(r, r->sent);

		if (err) {
			fprintf(stderr, "ringer-load: a call file cannot be renamed into %s: %s\n",
				files.outgoing, strerror(-err));
			r->failure = 1;
			r->done = true;
			return now_ns;
		}
		r->sent++;
	}
	look(r, now_ns);
	if (r->sent < r->o.calls)
		return r->o.rate > 0 ? now_ns + TMR_MS : now_ns;
	return files.next_look_ns;
}

static uint64_t count_wrong(const struct run *r, struct report *report)
{
	uint64_t lost = 0, twice = 0;

	for (uint64_t i = 0; i < r->sent; i++) {
		lost += r->farend && r->marks[i].invites == 0;
		twice += r->marks[i].invites > 1U + r->o.retries;
	}
	report_count(report, "accounting", "never_dialled", lost, "");
	report_count(report, "accounting", "dialled_too_often", twice, "");
	report_count(report, "accounting", "left_in_spool", files.left, "");
	if (r->o.archive) {
		report_count(report, "accounting", "archived", files.archived, "");
		lost += files.archived < r->sent ? r->sent - files.archived : 0;
	}
	return lost + twice + files.left;
}

int files_run(struct run *r)
{
	struct report *report = calloc(1, sizeof(*report));
	uint64_t wrong;
	int err;

	if (!report)
		return 1;
	snprintf(files.outgoing, sizeof(files.outgoing), "%s/outgoing", r->o.spool);
	snprintf(files.staging, sizeof(files.staging), "%s/load-staging", r->o.spool);
	snprintf(files.done, sizeof(files.done), "%s/outgoing_done", r->o.spool);
	err = stage_all(r);
	if (!err && r->pid > 0) /* staging is not part of the run */
		err = proc_read(r->io, r->pid, &r->before);
	if (!err)
		err = run_loop(r, files_step);
	files.archived = count_files(r, files.done);
	wrong = count_wrong(r, report);
	run_finish(r, report);
	free(report);
	if (wrong > 0)
		fprintf(stderr, "ringer-load: %llu call files are not accounted for\n",
			(unsigned long long)wrong);
	return err || wrong > 0 || r->failure || r->stopping ? 1 : 0;
}
