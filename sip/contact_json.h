/* sip/contact_json.h - a registered contact as Asterisk keeps it in its database: one flat JSON object of
 * strings under /registrar/contact/<aor>;@<id>.
 *
 * What an Asterisk has written is read, too, so phones stay registered when one takes the other's place. Two
 * names are ours: ringer_given and ringer_cseq. */
#ifndef RINGER_SIP_CONTACT_JSON_H
#define RINGER_SIP_CONTACT_JSON_H

#include "engine/base/sink.h"
#include "sip/location.h"

#define CONTACT_FAMILY "registrar/contact"
/* Every octet may need an escape of six. */
#define CONTACT_JSON_MAX (512 + 6 * LIMIT_CONTACT_TEXT)

/* "aor;@id" */
void contact_write_key(struct sink *out, const struct contact_info *info);
void contact_write_json(struct sink *out, const struct contact_info *info);

/* The reverse. The texts point into room, which must have LIMIT_CONTACT_TEXT octets, and into key. False: no such
 * object, no URI, no expiry, or longer than a contact may be. Ids, hashes and what an AOR says are not set. */
bool contact_read_json(struct contact_info *out, struct slice key, struct slice json,
		       char room[LIMIT_CONTACT_TEXT]);

#endif
