#include "bench/load/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Files of /proc tell no size: read until the end. NUL-terminated, cut at size - 1. */
static ssize_t proc_slurp(struct io *io, const char *path, char *buf, size_t size)
{
	size_t used = 0;
	int fd = io_fs_open(io, path, IO_FS_READ, 0);

	if (fd < 0)
		return fd;
	while (used < size - 1) {
		ssize_t n = io_fs_read(io, fd, buf + used, size - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	io_fs_close(io, fd);
	buf[used] = '\0';
	return (ssize_t)used;
}

/* The number behind a label, e.g. "Private_Dirty:"; summed over all its lines. */
static int64_t proc_field(const char *text, const char *label)
{
	int64_t sum = 0;
	const char *at = text;

	while ((at = strstr(at, label))) {
		at += strlen(label);
		sum += strtoll(at, NULL, 10);
	}
	return sum;
}

/* Fields 14 and 15 of /proc/PID/stat, counted behind the name in parentheses. */
static int64_t proc_cpu_ns(const char *stat)
{
	const char *at = strrchr(stat, ')');
	long long user = 0, system = 0;

	/* NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers */
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user,
			  &system) != 2)
		return 0;
	return (user + system) * (INT64_C(1000000000) / sysconf(_SC_CLK_TCK));
}

/* Finer than the ticks of stat: nanoseconds on CPU of every thread. */
struct proc_threads {
	struct io *io;
	int64_t pid, cpu_ns;
};

static int proc_add_thread(void *arg, const char *name)
{
	struct proc_threads *t = arg;
	char path[128], text[128];

	snprintf(path, sizeof(path), "/proc/%lld/task/%s/schedstat", (long long)t->pid, name);
	if (proc_slurp(t->io, path, text, sizeof(text)) > 0)
		t->cpu_ns += strtoll(text, NULL, 10);
	return 0;
}

int proc_read(struct io *io, int64_t pid, struct proc_sample *out)
{
	struct proc_threads threads = {.io = io, .pid = pid};
	char path[128], text[8192];

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (proc_slurp(io, path, text, sizeof(text)) < 0)
		return -ENOENT;
	out->cpu_ns = proc_cpu_ns(text);
	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
	if (io_fs_list(io, path, proc_add_thread, &threads) == 0 && threads.cpu_ns > 0)
		out->cpu_ns = threads.cpu_ns;
	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	if (proc_slurp(io, path, text, sizeof(text)) < 0)
		return -ENOENT;
	out->thread_count = proc_field(text, "\nThreads:");
	snprintf(path, sizeof(path), "/proc/%lld/smaps_rollup", (long long)pid);
	if (proc_slurp(io, path, text, sizeof(text)) < 0)
		return -ENOENT;
	out->rss_bytes = proc_field(text, "\nRss:") * 1024;
	out->private_bytes =
		(proc_field(text, "\nPrivate_Clean:") + proc_field(text, "\nPrivate_Dirty:")) * 1024;
	return 0;
}

int64_t proc_pid_of_file(struct io *io, const char *path)
{
	char text[32];
	ssize_t n = proc_slurp(io, path, text, sizeof(text));

	return n < 0 ? n : strtoll(text, NULL, 10);
}

void proc_machine(struct io *io, char *cpu, size_t cpu_size, char *kernel, size_t kernel_size)
{
	char text[4096];
	const char *at, *end;

	cpu[0] = kernel[0] = '\0';
	if (proc_slurp(io, "/proc/cpuinfo", text, sizeof(text)) > 0 &&
	    (at = strstr(text, "model name")) && (at = strchr(at, ':')) && (end = strchr(at, '\n')))
		slice_copy(cpu, cpu_size, slice_trim(slice_make(at + 1, (size_t)(end - at - 1))));
	if (proc_slurp(io, "/proc/sys/kernel/osrelease", text, sizeof(text)) > 0)
		slice_copy(kernel, kernel_size, slice_trim(slice_str(text)));
}
