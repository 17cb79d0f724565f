/* engine/core/tech_admin.h - port: a technology's part on the control shard.
 *
 * Its objects (endpoints, AORs, contacts, ...) as text, for AMI and the console, and commands to
 * them; and the facts that its shards report. All on the control thread. What a walk hands out is
 * valid until the next call of any of these. */
#ifndef RINGER_CORE_TECH_ADMIN_H
#define RINGER_CORE_TECH_ADMIN_H

#include "engine/core/notify.h"

enum tech_kind {
	TECH_ENDPOINT,
	TECH_AOR,
	TECH_AUTH,
	TECH_CONTACT, /* of all AORs, with its state */
	TECH_TRANSPORT,
	TECH_IDENTIFY,
	TECH_REGISTRATION, /* that we keep with others */
	TECH_KIND_COUNT,
};

struct tech_object {
	enum tech_kind kind;
	struct slice name;
	const void *impl; /* the technology's own */
};

/* One option or state of an object, under its name in the configuration ("max_contacts") or, for a
 * state, as the technology names it ("status"). */
typedef void (*tech_option_fn)(void *arg, struct slice name, struct slice value);
/* An object that belongs to another. */
typedef void (*tech_object_fn)(void *arg, const struct tech_object *o);

enum tech_command {
	TECH_QUALIFY,	 /* an endpoint: ask all its contacts now */
	TECH_REGISTER,	 /* a registration, "*all": anew now */
	TECH_UNREGISTER, /* and then no more, until TECH_REGISTER or a reload */
};

struct tech_admin_ops {
	const char *tech; /* "PJSIP" */
	/* A record of one of its shards. */
	void (*fact)(void *impl, uint32_t shard, uint32_t kind, const void *data, size_t len);
	/* The object behind *cursor (0 at the start), which moves on; false: there is none. A walk
	 * may be interrupted, and objects may come and go meanwhile. */
	bool (*next)(void *impl, enum tech_kind kind, uint32_t *cursor, struct tech_object *out);
	/* By name; contacts by "aor/uri". */
	bool (*find)(void *impl, enum tech_kind kind, struct slice name, struct tech_object *out);
	/* Everything that is known of it, each name once. */
	void (*options)(void *impl, const struct tech_object *o, tech_option_fn fn, void *arg);
	/* The value of one of them is added to *value; nothing if it has none of that name. */
	void (*option)(void *impl, const struct tech_object *o, const char *name,
		       struct sink *value);
	/* The objects of that kind which belong to o: AORs, auths, identifies, transport and
	 * contacts of an endpoint; contacts of an AOR; auths of a registration. */
	void (*related)(void *impl, const struct tech_object *o, enum tech_kind kind,
			tech_object_fn fn, void *arg);
	/* 0; -ENOENT no such object; -ENXIO it has nothing to be asked (no AOR); -EAGAIN not now.
	 */
	int (*command)(void *impl, enum tech_command command, struct slice name);
	/* Puts a NOTIFY together: as the technology's file has it under `kind`, or, if that is
	 * empty, from pairs; those that cannot be sent are left out and said in the log. *out
	 * points into room, or into the file as it is in force: until the next reload. 0; -ENOENT
	 * no such kind, -EMSGSIZE does not fit. */
	int (*notify_write)(void *impl, struct slice kind, const struct notify_pair *pairs,
			    uint32_t count, struct notify_room *room, struct notify_text *out);
	/* Sends it. 0: it is on its way to all contacts that there are, perhaps none; -ENOENT no
	 * such endpoint, -EINVAL not a URI, -EDESTADDRREQ no endpoint to send to URIs by, -EAGAIN
	 * not now. */
	int (*notify)(void *impl, enum notify_peer peer, struct slice name,
		      const struct notify_text *text);
	/* The status by which a call is refused, from its number or name; the usual one for a text
	 * that is neither (said in the log). */
	uint32_t (*refusal)(void *impl, struct slice text);
};

struct tech_admin {
	const struct tech_admin_ops *ops;
	void *impl;
};

#endif
