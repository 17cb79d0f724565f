/* sip/identify.h - which object of type=identify a request belongs to, without walking them all.
 *
 * Made with a configuration, then immutable: all shards read it. Of several objects that match, the
 * first in the file counts. A look-up costs one step in a hash table for each length of prefix that
 * match= has anywhere, for each host name of match=, or for each header of the message, whatever
 * the number of objects; regular expressions alone are tried one after the other. Objects whose
 * endpoint is not there, or is not identified that way (identify_by), are not in it. */
#ifndef RINGER_SIP_IDENTIFY_H
#define RINGER_SIP_IDENTIFY_H

#include "sip/conf.h"
#include "sip/msg.h"

struct sip_identify;

/* Of conf->identifies, which must live as long. 0 or -ENOMEM. */
int sip_identify_create(struct sip_identify **out, const struct sip_conf *conf);
void sip_identify_destroy(struct sip_identify *x); /* NULL is fine */

struct sip_identify_request {
	const struct sip_msg *msg;
	const struct addr *from;
	/* One of the addresses of that name (index in conf->hosts) is it. */
	bool (*host_has)(const void *arg, uint32_t host, const struct addr *from);
	const void *arg;
};
/* way: SIP_IDENTIFY_IP, _HEADER or _REQUEST_URI. NULL: none; so is x = NULL. */
const struct sip_conf_identify *sip_identify_find(const struct sip_identify *x,
						  enum sip_conf_ident way,
						  const struct sip_identify_request *r);

#endif
