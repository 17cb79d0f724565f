/* sip/location.h - where AORs are reached: a table of contacts (RFC 3261 10.3).
 *
 * The same table twice: the control shard's (center.h) decides what stands in it, each call shard
 * has a replica, kept up to date by records through the pipe, to dial from and to ask contacts
 * from. Static contacts of pjsip.conf are in it too, for their status. Bounded by LIMIT_CONTACTS;
 * owned by one thread.
 *
 * An object may be larger than struct contact: what its owner adds stands behind it. */
#ifndef RINGER_SIP_LOCATION_H
#define RINGER_SIP_LOCATION_H

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"
#include "engine/io/addr.h"

/* As Asterisk names them in events and in the console. */
enum contact_status {
	CONTACT_CREATED, /* not qualified */
	CONTACT_REACHABLE,
	CONTACT_UNREACHABLE, /* not dialled */
	CONTACT_UNKNOWN,     /* to be qualified, and not answered yet */
	CONTACT_REMOVED,
	CONTACT_STATUS_COUNT,
};
const char *contact_status_name(enum contact_status status);  /* "NonQualified", "Reachable" ... */
const char *contact_status_short(enum contact_status status); /* "NonQual", "Avail" ... */

enum contact_text {
	CONTACT_AOR,
	CONTACT_URI,	  /* where requests go */
	CONTACT_GIVEN,	  /* as the phone wrote it, if rewrite_contact changed it; else empty */
	CONTACT_ENDPOINT, /* name; of a static one the first endpoint that names the AOR */
	CONTACT_USER_AGENT,
	CONTACT_PATH,  /* route set, values joined by commas (RFC 3327) */
	CONTACT_PROXY, /* outbound_proxy of the AOR */
	CONTACT_VIA,   /* ip:port of the Via of its REGISTER */
	CONTACT_CALL_ID,
	CONTACT_TEXT_COUNT,
};

/* A contact by value; the texts are slices of whoever made it. */
struct contact_info {
	uint64_t id;		 /* contact_id(AOR, URI) */
	uint64_t aor;		 /* hash of the AOR's name */
	int64_t expires_wall_ns; /* 0: static */
	int64_t rtt_ns;		 /* -1: not known */
	struct addr source;	 /* of its REGISTER; family 0: static */
	uint32_t cseq;
	uint32_t shard;	    /* that asks it: of its connection, or any */
	uint32_t qualify_s; /* 0: never */
	uint32_t qualify_timeout_ms;
	uint8_t status; /* enum contact_status */
	bool authenticate_qualify, qualify_2xx_only;
	struct slice text[CONTACT_TEXT_COUNT];
};

struct contact {
	struct contact_info info; /* its slices point into room */
	struct hash_node by_id, by_aor;
	char room[LIMIT_CONTACT_TEXT];
};

struct location {
	struct slab *contacts;
	struct hash by_id, by_aor;
};

/* object_bytes: of struct contact and what the owner adds. 0 or -ENOMEM. */
int location_create(struct location *l, size_t object_bytes);
void location_destroy(struct location *l);

uint64_t contact_id(struct slice aor, struct slice uri);
uint64_t contact_aor_hash(struct slice aor);

struct contact *location_find(const struct location *l, uint64_t id);
/* The contacts of an AOR, the one that was bound last first; then location_next. */
struct contact *location_first(const struct location *l, uint64_t aor);
struct contact *location_next(const struct contact *c);
/* A walk that survives changes: the contact at or behind *cursor, which moves behind it; NULL:
 * none. */
struct contact *location_walk(const struct location *l, uint32_t *cursor);
uint32_t location_count(const struct location *l);

/* Adds it, or changes the one with its id in place. NULL: table full, or texts too long together.
 */
struct contact *location_put(struct location *l, const struct contact_info *info);
void location_remove(struct location *l, struct contact *c);

/* ---- as octets, between threads and on disk ---- */

#define CONTACT_PACKED_MAX (256 + LIMIT_CONTACT_TEXT)
/* Octets written; 0: longer than CONTACT_PACKED_MAX. */
size_t contact_pack(const struct contact_info *info, char dst[CONTACT_PACKED_MAX]);
/* False: not of contact_pack's making. Slices point into data. */
bool contact_unpack(struct contact_info *out, const void *data, size_t len);

#endif
