/* ami/digest.h - digests of texts as lower-case hex: the door of ami/ to OpenSSL. */
#ifndef RINGER_AMI_DIGEST_H
#define RINGER_AMI_DIGEST_H

#include "engine/base/slice.h"

#define AMI_MD5_HEX  32
#define AMI_HMAC_HEX 32 /* of HMAC-SHA-256 the first 16 octets: enough for a nonce */

/* MD5 over all parts in a row, as lower-case hex into hex[AMI_MD5_HEX]; a slice over it, or the
 * empty slice if OpenSSL refuses. */
struct slice ami_md5_hex(char *hex, const struct slice *parts, size_t count);
/* The same with a key: what only this process can make. Into hex[AMI_HMAC_HEX]. */
struct slice ami_hmac_hex(char *hex, struct slice key, struct slice text);

#endif
