/* sip/hosts.h - host names of pjsip.conf that stand for addresses: match= of an identify,
 * external_signaling_address and external_media_address of a transport.
 *
 * Each is looked up when its configuration comes into force, and again when the TTL of its answers
 * runs out, without anybody waiting. What is known serves until another answer is there: a name
 * server that fails takes nothing away. With srv_lookups the hosts of _sip._udp, _sip._tcp and
 * _sips._tcp count, and the name's own addresses only if there are none, as in Asterisk.
 *
 * A host has the index that the configuration gives it (conf->hosts). Bounded by LIMIT_SIP_HOSTS
 * names with LIMIT_SIP_HOST_ADDRS addresses; on the shard's thread. */
#ifndef RINGER_SIP_HOSTS_H
#define RINGER_SIP_HOSTS_H

#include "sip/sip_internal.h"

int sip_hosts_create(struct sip *sip); /* 0 or -ENOMEM */
void sip_hosts_destroy(struct sip *sip);
/* `conf` is in force now; indexes are its own from here on. */
void sip_hosts_set_conf(struct sip *sip, const struct sip_conf *conf);

/* One of its addresses (ports are not compared). */
bool sip_host_has(const struct sip *sip, uint32_t host, const struct addr *who);
/* The first address of that family; NULL: none is known. */
const struct addr *sip_host_addr(const struct sip *sip, uint32_t host, uint8_t family);
/* A name is looked up for the first time: nobody can tell yet whose its addresses are. */
bool sip_hosts_are_new(const struct sip *sip);
/* Timers that stand at rest. */
uint32_t sip_hosts_timers(const struct sip *sip);

#endif
