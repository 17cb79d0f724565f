/* ami/config_job.h - one action about a configuration file: asked on control, done on the chores
 * worker.
 *
 * The job has its own copy of the message, for the client may go away meanwhile. Nothing of struct
 * ami is touched by ami_config_run. */
#ifndef RINGER_AMI_CONFIG_JOB_H
#define RINGER_AMI_CONFIG_JOB_H

#include "ami/ami.h"
#include "ami/frame.h"
#include "engine/core/chore.h"
#include "engine/core/conffile.h"

struct ami_session;

struct ami_config_job {
	struct chore chore;
	struct ami_session *s;
	void (*work)(struct ami_config_job *j, struct io *io);
	struct ami_files files;
	struct ami_msg msg;
	char *msg_text;

	/* The outcome: an error, or lines ended by CRLF. */
	char error[128]; /* empty: none */
	char *text;
	size_t len, room;
	bool no_memory;
	const char *message; /* of an acknowledgement; NULL: none */
};

/* NULL: no memory. */
struct ami_config_job *ami_config_job_make(const struct ami_msg *m);
void ami_config_job_free(struct ami_config_job *j);

/* The work of each action. */
void ami_config_get(struct ami_config_job *j, struct io *io);
void ami_config_get_json(struct ami_config_job *j, struct io *io);
void ami_config_list(struct ami_config_job *j, struct io *io);
void ami_config_create(struct ami_config_job *j, struct io *io);
void ami_config_update(struct ami_config_job *j, struct io *io); /* config_update.c */

/* ---- shared by config_job.c and config_update.c ---- */

void ami_config_fail(struct ami_config_job *j, const char *text);
/* Where the file of that name is. False: failed, and said: outside of the directory, or no name. */
bool ami_config_path(struct ami_config_job *j, struct io *io, struct slice name,
		     char path[LIMIT_PATH]);
/* Reads the whole tree. False: failed, and said. */
bool ami_config_load(struct ami_config_job *j, struct io *io, const char *path,
		     struct conffile **out);

#endif
