/* engine/io/dns_client.h - asks name servers: the part of the seam that speaks DNS.
 *
 * Two backends, chosen at link time like those of io.h: engine/io/io_posix_dns.c (c-ares, with its
 * sockets on the loop) and tests/sim/io_sim_dns.c (a scripted zone). Retransmission, the choice
 * among servers and TCP for long answers happen behind it; caching and what an answer means above
 * it (resolver.h). One thread: the loop's. */
#ifndef RINGER_IO_DNS_CLIENT_H
#define RINGER_IO_DNS_CLIENT_H

#include "engine/base/tmr.h"
#include "engine/io/dns.h"
#include "engine/io/io.h"

struct dns_client;

struct dns_client_conf {
	struct addr servers[LIMIT_DNS_SERVERS];
	uint32_t server_count;
	uint32_t timeout_ms; /* of the first try; it grows with each round */
	uint32_t tries;	     /* rounds over the servers */
};

/* The end of one question. error 0: `message` is what a server answered (valid during the call),
 * also when it answered that there is no such name; -ETIMEDOUT, -ECONNREFUSED, ...: no answer. May
 * come from inside dns_client_ask. */
typedef void (*dns_client_fn)(void *arg, uint64_t token, int error, struct slice message);

/* 0, -ENOMEM, ... conf is copied. */
int dns_client_create(struct dns_client **out, struct io *io, struct tmr_wheel *wheel,
		      const struct dns_client_conf *conf, dns_client_fn fn, void *arg);
/* Open questions end without a call. NULL is fine. */
void dns_client_destroy(struct dns_client *c);
/* name: as dns_copy_name gives it. fn is called exactly once with the token. */
void dns_client_ask(struct dns_client *c, const char *name, enum dns_type type, uint64_t token);

#endif
