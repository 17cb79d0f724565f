/* bench/load/proc.h - what the system says of another process: CPU time, memory, threads. */
#ifndef RINGER_BENCH_LOAD_PROC_H
#define RINGER_BENCH_LOAD_PROC_H

#include "engine/io/io.h"

struct proc_sample {
	int64_t cpu_ns;         /* user and system, all threads */
	int64_t rss_bytes;
	int64_t private_bytes;  /* user memory of its own */
	int64_t thread_count;
};

/* 0, or -ENOENT when there is no such process. */
int proc_read(struct io *io, int64_t pid, struct proc_sample *out);
/* The pid in a file; negative errno on failure. */
int64_t proc_pid_of_file(struct io *io, const char *path);
/* "model name" of the CPU and the kernel's release, NUL-terminated. */
void proc_machine(struct io *io, char *cpu, size_t cpu_size, char *kernel, size_t kernel_size);

#endif
