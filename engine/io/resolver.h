/* engine/io/resolver.h - names to records, without ever waiting: a cache with questions on the way.
 *
 * One per loop. resolver_look answers at once from the cache, the hosts file or, for what it does
 * not know, says RESOLVER_PENDING: the question is on the way, and the waiter given is called when
 * it is over, however it ended; then the caller looks again. Many may wait for one question.
 *
 * Answers live as long as their TTL says (at most RESOLVER_TTL_MAX), "nothing there" as long as the
 * SOA says (at most RESOLVER_NEGATIVE_MAX), a failure (no answer, refused, broken)
 * RESOLVER_FAILURE_TTL, so that a dead name server is not asked for each call. When an answer has
 * run out and the servers cannot be reached, the old one serves for up to RESOLVER_STALE_MAX
 * (counted): yesterday's address is better than none (RFC 8767).
 *
 * Files are read by resolver_conf_load only: at start and reload, on a thread that may. */
#ifndef RINGER_IO_RESOLVER_H
#define RINGER_IO_RESOLVER_H

#include "engine/base/metric.h"
#include "engine/base/tmr.h"
#include "engine/io/dns_client.h"

#define RESOLVER_TTL_MAX      (86400 * TMR_SECOND)
#define RESOLVER_NEGATIVE_MAX (300 * TMR_SECOND)
#define RESOLVER_FAILURE_TTL  (5 * TMR_SECOND)
#define RESOLVER_STALE_MAX    (86400 * TMR_SECOND)

/* ---- configuration: an immutable value ---- */

struct resolver_host {
	struct addr addr; /* port 0 */
	char name[DNS_NAME_ROOM];
};

struct resolver_conf {
	struct dns_client_conf client;
	struct resolver_host *hosts; /* malloc'ed; sorted by name, then as they stand */
	uint32_t host_count;
};

/* Two texts: resolv.conf and hosts. Lines that cannot be read are left out, as the C library does.
 */
void resolver_conf_read_servers(struct resolver_conf *conf, struct slice text);
/* 0 or -ENOMEM. At most LIMIT_DNS_HOSTS lines. */
int resolver_conf_read_hosts(struct resolver_conf *conf, struct slice text);
/* Both from files (a path NULL or a file that is not there: nothing); without any name server
 * 127.0.0.1 is asked, as the C library does. 0 or -ENOMEM. */
int resolver_conf_load(struct resolver_conf *conf, struct io *io, const char *servers_path,
		       const char *hosts_path);
void resolver_conf_default(struct resolver_conf *conf); /* no servers, no hosts */
void resolver_conf_free(struct resolver_conf *conf);	/* what it holds */

/* ---- the resolver of one loop ---- */

struct resolver;

enum resolver_status {
	RESOLVER_FOUND,
	RESOLVER_NOTHING, /* the name, or records of that type, are not there */
	RESOLVER_FAILED,  /* no answer, a refusal, or too many questions on the way (counted) */
	RESOLVER_PENDING,
};

struct resolver_answer {
	const union dns_record *records; /* valid until the loop goes on */
	uint32_t count;
	int64_t until_ns; /* the answer holds so long */
};

/* Somebody who waits, embedded in what it is about. */
struct resolver_wait {
	struct list node;
	void (*fn)(void *arg);
	void *arg;
};

/* *conf is used, not owned: as resolver_set_conf. NULL: no servers, no hosts. 0 or -ENOMEM. */
int resolver_create(struct resolver **out, struct io *io, struct tmr_wheel *wheel,
		    struct metrics *metrics, const struct resolver_conf *conf);
/* Waiters are not called. NULL is fine. */
void resolver_destroy(struct resolver *r);
/* Other servers, other hosts from now on; what the cache holds stays. Nothing of the old one is
 * referenced after this returns; questions on the way are asked again of the new servers. */
void resolver_set_conf(struct resolver *r, const struct resolver_conf *conf);
/* Forgets all answers ("module reload"). */
void resolver_flush(struct resolver *r);

void resolver_wait_init(struct resolver_wait *wait, void (*fn)(void *arg), void *arg);
void resolver_wait_stop(struct resolver_wait *wait); /* fine when not waiting */
bool resolver_is_waiting(const struct resolver_wait *wait);

/* type: DNS_A, DNS_AAAA, DNS_SRV, DNS_NAPTR. name: a host name, not an address. An answer that came
 * at since_ns or later counts even if its TTL is over: a search that looks for several names gives
 * the instant at which it began, so that it ends also when TTLs are 0. RESOLVER_PENDING: `wait`,
 * unless it waits already, is called once when that question is over, never from inside of
 * resolver_look; wait NULL: asks all the same. */
enum resolver_status resolver_look(struct resolver *r, struct slice name, enum dns_type type,
				   int64_t since_ns, struct resolver_answer *out,
				   struct resolver_wait *wait);

/* Questions on the way; names known. */
uint32_t resolver_asking(const struct resolver *r);
uint32_t resolver_count(const struct resolver *r);
size_t resolver_bytes(const struct resolver *r);

#endif
