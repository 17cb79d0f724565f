/* ami/ami.h - the Asterisk Manager Interface: sessions, actions and events on the control shard.
 *
 * One struct ami serves all connections. It belongs to the control thread, like everything it calls
 * in engine/core/control.h. Life: ami_conf_load, ami_create at the end of boot (the first client
 * may come at once and is told FullyBooted), ami_set_conf at each reload, ami_destroy.
 *
 * Ownership: a struct ami_conf is immutable. ami_create (on success) and ami_set_conf take it over
 * and free the one before; sessions keep what they were granted at login and never look at it
 * again. */
#ifndef RINGER_AMI_AMI_H
#define RINGER_AMI_AMI_H

#include "engine/base/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct acl_book;
struct ami;
struct ami_conf;
struct http_conf;
struct conffile;
struct control;

/* From manager.conf; cf NULL: no such file, AMI is off. 0; -EINVAL with "file:line: reason; remedy"
 * in *error, -ENOMEM. Lesser faults (unknown keys, bad numbers) are logged and the default is used.
 */
int ami_conf_load(struct ami_conf **out, const struct conffile *cf, struct sink *error);
/* cdr_manager.conf; NULL: no such file. Without the file Cdr events are told, with it only if it says
 * `enabled = yes`. */
void ami_conf_take_cdr(struct ami_conf *conf, const struct conffile *cdr_manager);
/* Takes what acl= lines name from acl.conf; until then those let nobody in. 0 or -ENOMEM. */
int ami_conf_take_acls(struct ami_conf *conf, const struct acl_book *book);
void ami_conf_free(struct ami_conf *conf); /* one that was not taken over; NULL is fine */

/* Opens the listener when the configuration says so, subscribes to events and registers the
 * "manager" console commands. 0, -ENOMEM, or what the listener said (also logged). */
int ami_create(struct ami **out, struct control *c, struct ami_conf *conf);
/* A reload: moves or closes the listener. Sessions stay and keep what they were granted. */
void ami_set_conf(struct ami *a, struct ami_conf *conf);
/* http.conf, at boot and at each reload: takes conf over. 0, or what the listener said (also
 * logged); web clients stay connected. */
int ami_set_http(struct ami *a, struct http_conf *conf);
/* Closes the listener and all sessions (what is queued is still written). NULL is fine. */
void ami_destroy(struct ami *a);

/* Nothing is under way: every accepted Originate had its answer, no action is open, no session has
 * output that was not handed to its stream. */
bool ami_is_quiet(const struct ami *a);
/* manager.conf in force: enabled, webenabled. */
bool ami_is_enabled(const struct ami *a);
bool ami_is_web_enabled(const struct ami *a);

/* What CoreSettings tells, and the SystemName header of events. Copied. */
struct ami_about {
	char system_name[80]; /* empty: no header */
	char run_user[80], run_group[80];
	uint32_t max_calls; /* 0: no limit */
	uint32_t max_files;
	bool cdr_enabled, http_enabled;
	/* Does the engine do the work of that module of Asterisk? NULL: of none. */
	bool (*has_module)(struct slice name);
	bool live_dangerously; /* asterisk.conf: dangerous functions are in reach */
};
void ami_set_about(struct ami *a, const struct ami_about *about);

/* Where configuration files are and how they are read, for the actions about them: on another
 * thread, with its io. */
struct conffile_source;
struct io;
struct ami_files {
	char etc_dir[512]; /* LIMIT_PATH */
	void (*source)(struct conffile_source *source, struct io *io, const char *etc_dir);
};
void ami_set_files(struct ami *a, const struct ami_files *files);

/* After a reload, of whatever kind and whoever asked: the event Reload. module empty: "All".
 * status: 0 success, 2 not found, 3 error, 4 in progress, 6 not supported. */
void ami_report_reload(struct ami *a, struct slice module, int status);
/* When the engine begins to stop for good: the event Shutdown. */
void ami_report_shutdown(struct ami *a, bool restart);
/* Any other event of class system: body is whole lines, each ended by CRLF ("Registry",
 * "ContactStatus", "PeerStatus"). */
void ami_report_system(struct ami *a, struct slice event, struct slice body);

#endif
