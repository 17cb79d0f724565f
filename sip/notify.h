/* sip/notify.h - NOTIFY outside of calls: to a contact, or to a URI.
 *
 * The control shard's part says what is sent to whom (SIP_NOTICE_NOTIFY), one record for each
 * contact; it goes out as an errand (errand.h: names, failover), with the credentials of the
 * endpoint after one challenge. The response is counted and logged, no more. */
#ifndef RINGER_SIP_NOTIFY_H
#define RINGER_SIP_NOTIFY_H

#include "engine/core/notify.h"
#include "sip/sip_internal.h"

/* Where one goes, and as whom. */
struct sip_notify_order {
	uint64_t endpoint;  /* hash of its name */
	struct slice uri;   /* Request-URI */
	struct slice path;  /* values of Route, joined by commas; empty: none, or */
	struct slice proxy; /* this URI; empty: the endpoint's */
	struct notify_text text;
};

/* The largest record: uri, path and proxy are texts of one contact. */
#define SIP_NOTIFY_PACKED (64 + LIMIT_CONTACT_TEXT + LIMIT_NOTIFY_LINES + LIMIT_NOTIFY_BODY)
/* Octets written. uri, path and proxy must fit LIMIT_CONTACT_TEXT together. */
size_t sip_notify_pack(const struct sip_notify_order *o, char dst[SIP_NOTIFY_PACKED]);

int notifies_create(struct sip *sip); /* 0 or -ENOMEM */
void notifies_destroy(struct sip *sip);
/* A record of sip_notify_pack. */
void notifies_take(struct sip *sip, const void *data, size_t len);

#endif
