/* sip/acl.c - see acl.h. */
#include "sip/acl.h"

bool sip_acl_allows(const struct sip_acl *acl, const struct addr *who)
{
	for (uint32_t i = acl->count; i-- > 0;)
		if (addr_net_has(&acl->rules[i].net, who))
			return acl->rules[i].is_permit;
	return true;
}
