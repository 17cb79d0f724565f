/* sip/bindings.h - one shard's replica of the location table: what a call is dialled to.
 *
 * The control shard's part (center.h) decides; its records come in through bindings_take. Static
 * contacts are dialled from pjsip.conf, whether or not the table has heard of them yet; the table
 * knows their status. Each contact is asked by one shard (qualify.h). */
#ifndef RINGER_SIP_BINDINGS_H
#define RINGER_SIP_BINDINGS_H

#include "sip/location.h"
#include "sip/sip_internal.h"

/* A contact of the replica. */
struct binding {
	struct contact c; /* first: an object of the table */
	struct sip *sip;
	struct tmr tmr;		     /* next OPTIONS, or the end of waiting for its answer */
	handle_t errand;	     /* OPTIONS under way */
	struct sip_auth_state *auth; /* while it answers a challenge */
	int64_t sent_ns;
	uint64_t tag; /* of From, for all its OPTIONS */
	uint32_t cseq;
	bool is_late; /* a report found no room: tell it again */
	char call_id[SIP_IDENT_LEN];
};

int bindings_create(struct sip *sip);
void bindings_destroy(struct sip *sip);

/* A record of the control shard: SIP_NOTICE_CONTACT, SIP_NOTICE_GONE, SIP_NOTICE_QUALIFY. */
void bindings_take(struct sip *sip, uint32_t kind, const void *data, size_t len);

/* Where a call goes. Slices live in the configuration or in the table: until the turn ends. */
struct sip_choice {
	struct slice uri;
	struct slice path;  /* values of Route, joined by commas */
	struct slice proxy; /* the AOR's outbound proxy */
	uint32_t shard;	    /* that has its connection */
	uint64_t id;	    /* contact_id */
	bool is_static;
};

/* May be dialled: not found unreachable. What has expired the control shard takes away. */
bool bindings_is_usable(const struct contact *c);
/* The contacts of an AOR that may be dialled, best first: those registered, the latest first, then
 * the static ones. *at begins at 0. False: no more. */
bool bindings_next(const struct sip *sip, const struct sip_conf_aor *aor, uint32_t *at,
		   struct sip_choice *out);
/* The proxy by which a contact without a Path is reached: that of its AOR, else of the endpoint,
 * which may be NULL; empty: none. */
struct slice bindings_proxy(const struct contact *c, const struct sip_conf_endpoint *ep);
/* The first contact of an endpoint that may be dialled. */
bool bindings_pick(const struct sip *sip, const struct sip_conf_endpoint *ep,
		   struct sip_choice *out);

#endif
