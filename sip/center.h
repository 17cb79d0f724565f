/* sip/center.h - the control shard's part of SIP: it decides who is where.
 *
 * One writer for the whole engine: the table of contacts (registrar rules, RFC 3261 10.3), what
 * qualify found, the states of our own registrations. The call shards hear of every change
 * (notice.h) and report what they see; a shard whose pipe is full hears of it later: each contact
 * remembers who has yet to be told. AMI, the console and the file of bindings are fed from here, by
 * the port engine/core/tech_admin.h and by events. Owned by the control thread. */
#ifndef RINGER_SIP_CENTER_H
#define RINGER_SIP_CENTER_H

#include "engine/base/metric.h"
#include "engine/base/tmr.h"
#include "engine/core/event.h"
#include "engine/core/tech_admin.h"
#include "engine/io/io.h"
#include "sip/conf.h"

struct sip_center;
struct chore;
struct notify_conf;

/* All pointers outlive it. */
struct sip_center_env {
	struct io *io;
	struct tmr_wheel *wheel;
	struct metrics *metrics;
	uint32_t shard_count;
	/* A record to a shard; false: its pipe is full. */
	bool (*notify)(void *arg, uint32_t shard, uint32_t kind, const void *data, size_t len);
	void (*publish)(void *arg, const struct event *e);
	/* A binding was made or changed, or (value empty) is over: to be kept over a restart under
	 * this key (contact_json.h). May be NULL. */
	void (*keep)(void *arg, struct slice key, struct slice value);
	/* Work that may block, for a chore with a place of its own (engine/core/chore.h); as
	 * chores_post. NULL: there is no worker. */
	int (*post)(void *arg, struct chore *chore);
	const char *log_dir; /* of files without a path */
	void *arg;
};

/* 0 or -ENOMEM. *conf is used until sip_center_set_conf gave another one. The shards must be able
 * to take records when this is called: the static contacts go out at once. */
int sip_center_create(struct sip_center **out, const struct sip_center_env *env,
		      const struct sip_conf *conf);
void sip_center_destroy(struct sip_center *c); /* NULL is fine */
/* Takes the memory that sip_center_set_conf will need for this configuration. 0 or -ENOMEM. */
int sip_center_reserve(struct sip_center *c, const struct sip_conf *conf);
/* Before the shards hear of the new configuration, for which memory was reserved. */
void sip_center_set_conf(struct sip_center *c, const struct sip_conf *conf);
/* Takes over pjsip_notify.conf (notify_conf.h); NULL: there are no kinds of NOTIFY. */
void sip_center_set_notify(struct sip_center *c, struct notify_conf *conf);
/* A binding of an earlier life, as `keep` was given it. False: it is over, or not of use any more.
 */
bool sip_center_restore(struct sip_center *c, struct slice key, struct slice value);

/* The engine stops: registrations of ours are ended (RFC 3261 10.2.2). */
void sip_center_end(struct sip_center *c);
/* ... and that is not confirmed yet. */
bool sip_center_is_ending(const struct sip_center *c);

/* The port. */
struct tech_admin sip_center_admin(struct sip_center *c);

/* Every shard has been told everything. */
bool sip_center_is_quiet(const struct sip_center *c);
/* Live contacts, static ones too. */
uint32_t sip_center_contacts(const struct sip_center *c);

#endif
