/* What the engine keeps on disk beside records and call files: directories, the database and the worker that writes
 * for control. engine.h */
#include "engine/app/engine_internal.h"

#include "engine/core/shard_db.h"

#include <errno.h>

int engine_create_chores(struct engine *e)
{
	struct chores_conf conf = {
		.io = e->chores_io,
		.metrics = &e->chores_metrics,
		.control_io = e->control_io,
		.control_metrics = &e->control_metrics,
	};

	return chores_create(&e->chores, &conf);
}

int engine_create_db(struct engine *e, struct sink *error)
{
	char path[LIMIT_PATH];
	struct sink out = sink_make(path, sizeof(path));
	struct db_conf conf = {
		.path = path, .shard_count = e->node_count, .metrics = &e->control_metrics};
	int err;

	sink_fmt(&out, "%s/astdb.sqlite3", e->conf.db_dir);
	sink_cstr(&out);
	io_random(e->control_io, &conf.seed, sizeof(conf.seed));
	err = out.over ? -ENAMETOOLONG : db_create(&e->db, &conf, error);
	for (uint32_t i = 0; i < e->node_count && !err; i++)
		err = shard_db_fill(node_shard(e->nodes[i]), e->db);
	return err;
}

/* With all that lead to it, so that a fresh machine needs no preparation. */
static int engine_make_dir(struct engine *e, const char *dir, const char *option, struct sink *error)
{
	char path[LIMIT_PATH];
	int err = 0;

	slice_copy(path, sizeof(path), slice_str(dir));
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		io_fs_mkdir(e->control_io, path, 0755);
		*at = '/';
	}
	err = io_fs_mkdir(e->control_io, path, 0755);
	if (err == 0 || err == -EEXIST)
		return 0;
	sink_fmt(error, "the directory %s cannot be made: %s (asterisk.conf %s)", dir, strerror(-err),
		 option);
	return err;
}

int engine_make_dirs(struct engine *e, struct sink *error)
{
	int err = engine_make_dir(e, e->conf.run_dir, "astrundir", error);

	if (!err)
		err = engine_make_dir(e, e->conf.log_dir, "astlogdir", error);
	if (!err)
		err = engine_make_dir(e, e->conf.spool_dir, "astspooldir", error);
	if (!err)
		err = engine_make_dir(e, e->conf.db_dir, "astdbdir", error);
	return err;
}
