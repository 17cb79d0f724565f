/* sip/target.h - where a request goes: from a URI to an ordered list of addresses (RFC 3263).
 *
 *	numeric host       that address
 *	name with port     AAAA and A
 *	name alone         NAPTR (order, preference), SRV (priority, weight by chance), AAAA and A
 *
 * sip_target_resolve is pure: it asks a function what a name means, and says "pending" while an
 *answer is on its way; asked again it goes through the same steps, and the same chance, from the
 *start. The list is bounded, holds nothing twice, and only what we have a transport for. struct
 * sip_target_search runs it over a resolver and is what callers use:
 *
 *	sip_target_search_init(&s, resolver, fn, arg);
 *	r = sip_target_begin(&s, &uri, &want, rng, &list);	FOUND or NONE at once, or PENDING:
 *	fn(arg) is called when it is time for			r = sip_target_again(&s, &list);
 *
 * Used for every request that leaves. Outside of dialogs the next target of the list is tried on no
 * answer, on a transport error and on 503 (4.3; sip/health.h remembers who failed). */
#ifndef RINGER_SIP_TARGET_H
#define RINGER_SIP_TARGET_H

#include "engine/base/rng.h"
#include "engine/io/resolver.h"
#include "sip/uri.h"

enum sip_transport { SIP_TRANSPORT_UDP, SIP_TRANSPORT_TCP, SIP_TRANSPORT_TLS, SIP_TRANSPORT_COUNT };
/* "UDP", as in a Via. */
const char *sip_transport_name(enum sip_transport t);
/* 5060, or 5061 for TLS. */
uint16_t sip_transport_port(enum sip_transport t);

/* What a URI asks for: TLS for sips:, or as its parameter transport says; UDP otherwise. */
enum sip_transport sip_transport_of(const struct sip_uri *uri);
/* Its port, or the one of its transport. */
uint16_t sip_transport_port_of(const struct sip_uri *uri);

struct sip_target {
	struct addr addr;  /* with its port */
	uint8_t transport; /* enum sip_transport */
};

struct sip_target_list {
	struct sip_target targets[LIMIT_SIP_TARGETS];
	uint32_t count;
};

/* What we can send by: for each transport the address families; and what is taken where neither the
 * URI nor a record says by what (RFC 3263 4.1 has UDP). */
#define SIP_TARGET_V4 1u
#define SIP_TARGET_V6 2u
struct sip_target_want {
	uint8_t families[SIP_TRANSPORT_COUNT];
	uint8_t usual; /* enum sip_transport */
};

enum sip_target_result {
	SIP_TARGET_FOUND,
	SIP_TARGET_PENDING,
	SIP_TARGET_NONE,       /* no such name, or nothing there that we can speak to */
	SIP_TARGET_DNS_FAILED, /* nothing found, and a question came to no answer */
};

/* The name or address that leads to it: maddr, or its host (RFC 3263 4). */
struct slice sip_target_host(const struct sip_uri *uri);

/* ---- pure ---- */

struct sip_target_query {
	char host[DNS_NAME_ROOM]; /* of the URI, or its maddr: what a TLS certificate must name */
	uint16_t port;		  /* 0: none given */
	int8_t transport;	  /* given or implied; -1: to be found */
	bool is_secure;		  /* sips: TLS alone */
	struct sip_target_want want;
	uint64_t seed; /* of the weighted choice: equal seeds give equal lists */
};
/* False: not a SIP URI, a host that cannot be one, a transport that nobody has. */
bool sip_target_query_make(struct sip_target_query *q, const struct sip_uri *uri,
			   const struct sip_target_want *want, uint64_t seed);

typedef enum resolver_status (*sip_target_look_fn)(void *arg, struct slice name, enum dns_type type,
						   struct resolver_answer *out);
enum sip_target_result sip_target_resolve(const struct sip_target_query *q, sip_target_look_fn look,
					  void *arg, struct sip_target_list *out);

/* ---- over a resolver ---- */

struct sip_target_search {
	struct sip_target_query query;
	struct resolver *resolver;
	struct resolver_wait wait;
	int64_t since_ns;
	uint32_t rounds;
};

/* fn(arg) may be called once after each PENDING; it is never called from inside of begin and again.
 */
void sip_target_search_init(struct sip_target_search *s, struct resolver *resolver,
			    void (*fn)(void *arg), void *arg);
enum sip_target_result sip_target_begin(struct sip_target_search *s, int64_t now_ns,
					const struct sip_uri *uri,
					const struct sip_target_want *want, struct rng *rng,
					struct sip_target_list *out);
enum sip_target_result sip_target_again(struct sip_target_search *s, struct sip_target_list *out);
/* fn is not called any more. Fine when nothing is pending. */
void sip_target_stop(struct sip_target_search *s);

#endif
