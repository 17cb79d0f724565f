/* ami/security.h - events of class security about AMI clients (ami-events.md 7). */
#ifndef RINGER_AMI_SECURITY_H
#define RINGER_AMI_SECURITY_H

#include "ami/session.h"

enum ami_security {
	AMI_SECURITY_SUCCESS,
	AMI_SECURITY_NO_ACCOUNT,
	AMI_SECURITY_BAD_PASSWORD,
	AMI_SECURITY_BAD_RESPONSE, /* detail: the key that the client sent */
	AMI_SECURITY_ACL,
	AMI_SECURITY_NOT_ALLOWED, /* detail: name of the action */
	AMI_SECURITY_BAD_FORMAT,  /* detail: name of the action, empty: none */
	AMI_SECURITY_SESSION_LIMIT,
	AMI_SECURITY_COUNT,
};

/* account empty: that of the session. The expected response of a failed challenge is not told: the
 * header stands there, its value is <hidden>. SessionID is a random number, never an address. */
void ami_security_event(struct ami_session *s, enum ami_security kind, struct slice account,
			struct slice detail);

#endif
