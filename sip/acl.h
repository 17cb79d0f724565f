/* sip/acl.h - who may talk to us: permit and deny lines in their order.
 *
 * As Asterisk's: without a line that fits everybody is allowed, and the last line that fits
 * decides. */
#ifndef RINGER_SIP_ACL_H
#define RINGER_SIP_ACL_H

#include "engine/io/addr.h"

struct sip_acl_rule {
	struct addr_net net;
	bool is_permit;
};

/* Owned by the configuration. */
struct sip_acl {
	const struct sip_acl_rule *rules;
	uint32_t count;
};

bool sip_acl_allows(const struct sip_acl *acl, const struct addr *who);

#endif
