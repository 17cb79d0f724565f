/* engine/core/db_file.h - the database on disk: SQLite, in the layout of Asterisk's astdb.
 *
 * Blocks: for boot and for the chores worker. One thread at a time. */
#ifndef RINGER_CORE_DB_FILE_H
#define RINGER_CORE_DB_FILE_H

#include "engine/core/db.h"

struct db_file;

/* Opens or makes the file and its table. 0 or a negative errno with the reason in *error. */
int db_file_open(struct db_file **out, const char *path, struct sink *error);
void db_file_close(struct db_file *f); /* NULL is fine */

/* Calls fn for each row; a negative answer ends the walk and is returned. */
typedef int (*db_file_fn)(void *arg, struct slice key, struct slice value);
int db_file_load(struct db_file *f, db_file_fn fn, void *arg, struct sink *error);

/* One transaction: all of it or nothing. 0 or a negative errno with the reason in *error. */
int db_file_write(struct db_file *f, const struct db_change *changes, uint32_t count,
		  struct sink *error);

#endif
