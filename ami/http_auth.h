/* ami/http_auth.h - the header "Authorization: Digest ..." (RFC 2617 3.2.2, RFC 2069).
 *
 * Pure. Values are taken out of their quotes into `text`, where backslashes are resolved. */
#ifndef RINGER_AMI_HTTP_AUTH_H
#define RINGER_AMI_HTTP_AUTH_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"

struct http_auth {
	struct slice username, realm, nonce, uri, response, cnonce;
	struct slice nc; /* as sent: eight hex digits */
	uint32_t count;	 /* nc as a number */
	bool with_qop;	 /* qop=auth; else the form of RFC 2069 */
	char text[LIMIT_HTTP_LINE + 1];
};

/* False: another scheme, a malformed header, something missing, an algorithm other than MD5, a qop
 * other than auth. The header holds at most LIMIT_HTTP_LINE octets. */
bool http_auth_read(struct http_auth *a, struct slice header);
/* The uri that the client signed is that of its request. A proxy may have taken a prefix off the
 * request, so it is enough that the uri ends with it. */
bool http_auth_covers(const struct http_auth *a, struct slice target);

#endif
