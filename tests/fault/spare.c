/* tests/fault/spare.c - what the simulator gives away for good: the engine frees it, so it counts.
 */
#include "engine/io/io.h"
#include "tests/fault/oom.h"

#include <errno.h>

int __real_io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len);
int __wrap_io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len);

int __wrap_io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len)
{
	int err;

	if (oom_fails())
		return -ENOMEM;
	err = __real_io_fs_load(io, path, max, text, len);
	if (!err)
		oom_count(*text);
	return err;
}
