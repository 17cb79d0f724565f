/* sip/hdr.h - names of headers and methods, as numbers.
 *
 * SIP_HDR_LIST is the one table: id, canonical long name, compact letter (0: none), form. The form
 * says how repetition is treated (RFC 3261 7.3.1):
 *   LIST    comma-joined values equal repeated lines
 *   SINGLE  must stand once (P11); a second one is an error
 *   PLAIN   may repeat, commas are part of the value (credentials, dates, texts) */
#ifndef RINGER_SIP_HDR_H
#define RINGER_SIP_HDR_H

#include "engine/base/slice.h"

enum sip_hdr_form { SIP_HDR_FORM_PLAIN, SIP_HDR_FORM_LIST, SIP_HDR_FORM_SINGLE };

#define SIP_HDR_LIST(X)                                                                            \
	X(VIA, "Via", 'v', LIST)                                                                   \
	X(FROM, "From", 'f', SINGLE)                                                               \
	X(TO, "To", 't', SINGLE)                                                                   \
	X(CALL_ID, "Call-ID", 'i', SINGLE)                                                         \
	X(CSEQ, "CSeq", 0, SINGLE)                                                                 \
	X(CONTACT, "Contact", 'm', LIST)                                                           \
	X(MAX_FORWARDS, "Max-Forwards", 0, SINGLE)                                                 \
	X(CONTENT_LENGTH, "Content-Length", 'l', SINGLE)                                           \
	X(CONTENT_TYPE, "Content-Type", 'c', PLAIN)                                                \
	X(CONTENT_DISPOSITION, "Content-Disposition", 0, PLAIN)                                    \
	X(CONTENT_ENCODING, "Content-Encoding", 'e', LIST)                                         \
	X(ROUTE, "Route", 0, LIST)                                                                 \
	X(RECORD_ROUTE, "Record-Route", 0, LIST)                                                   \
	X(PATH, "Path", 0, LIST)                                                                   \
	X(SERVICE_ROUTE, "Service-Route", 0, LIST)                                                 \
	X(ALLOW, "Allow", 0, LIST)                                                                 \
	X(SUPPORTED, "Supported", 'k', LIST)                                                       \
	X(REQUIRE, "Require", 0, LIST)                                                             \
	X(PROXY_REQUIRE, "Proxy-Require", 0, LIST)                                                 \
	X(UNSUPPORTED, "Unsupported", 0, LIST)                                                     \
	X(ACCEPT, "Accept", 0, LIST)                                                               \
	X(ACCEPT_ENCODING, "Accept-Encoding", 0, LIST)                                             \
	X(ACCEPT_LANGUAGE, "Accept-Language", 0, LIST)                                             \
	X(ACCEPT_CONTACT, "Accept-Contact", 'a', LIST)                                             \
	X(REJECT_CONTACT, "Reject-Contact", 'j', LIST)                                             \
	X(REQUEST_DISPOSITION, "Request-Disposition", 'd', LIST)                                   \
	X(ALLOW_EVENTS, "Allow-Events", 'u', LIST)                                                 \
	X(EVENT, "Event", 'o', PLAIN)                                                              \
	X(EXPIRES, "Expires", 0, PLAIN)                                                            \
	X(MIN_EXPIRES, "Min-Expires", 0, PLAIN)                                                    \
	X(SESSION_EXPIRES, "Session-Expires", 'x', PLAIN)                                          \
	X(MIN_SE, "Min-SE", 0, PLAIN)                                                              \
	X(RSEQ, "RSeq", 0, PLAIN)                                                                  \
	X(RACK, "RAck", 0, PLAIN)                                                                  \
	X(REASON, "Reason", 0, LIST)                                                               \
	X(RETRY_AFTER, "Retry-After", 0, PLAIN)                                                    \
	X(WARNING, "Warning", 0, LIST)                                                             \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0, PLAIN)                                          \
	X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0, PLAIN)                                      \
	X(AUTHORIZATION, "Authorization", 0, PLAIN)                                                \
	X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0, PLAIN)                                    \
	X(AUTHENTICATION_INFO, "Authentication-Info", 0, PLAIN)                                    \
	X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0, LIST)                                     \
	X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0, LIST)                                   \
	X(P_EARLY_MEDIA, "P-Early-Media", 0, LIST)                                                 \
	X(REMOTE_PARTY_ID, "Remote-Party-ID", 0, LIST)                                             \
	X(PRIVACY, "Privacy", 0, PLAIN)                                                            \
	X(DIVERSION, "Diversion", 0, LIST)                                                         \
	X(HISTORY_INFO, "History-Info", 0, LIST)                                                   \
	X(REFER_TO, "Refer-To", 'r', PLAIN)                                                        \
	X(REFERRED_BY, "Referred-By", 'b', PLAIN)                                                  \
	X(REPLACES, "Replaces", 0, PLAIN)                                                          \
	X(IDENTITY, "Identity", 'y', LIST)                                                         \
	X(IDENTITY_INFO, "Identity-Info", 'n', PLAIN)                                              \
	X(SUBJECT, "Subject", 's', PLAIN)                                                          \
	X(DATE, "Date", 0, PLAIN)                                                                  \
	X(SERVER, "Server", 0, PLAIN)                                                              \
	X(USER_AGENT, "User-Agent", 0, PLAIN)                                                      \
	X(SUBSCRIPTION_STATE, "Subscription-State", 0, PLAIN)                                      \
	X(INFO_PACKAGE, "Info-Package", 0, PLAIN)                                                  \
	X(MIME_VERSION, "MIME-Version", 0, PLAIN)

enum sip_hdr_id {
	SIP_HDR_OTHER, /* any name that is not in the table */
#define SIP_HDR_ENUM(id, name, compact, form) SIP_HDR_##id,
	SIP_HDR_LIST(SIP_HDR_ENUM)
#undef SIP_HDR_ENUM
	SIP_HDR_COUNT,
};

/* Long or compact name, without case. SIP_HDR_OTHER if unknown. */
enum sip_hdr_id sip_hdr_lookup(struct slice name);
/* The canonical long name; empty for SIP_HDR_OTHER. */
struct slice sip_hdr_name(enum sip_hdr_id id);
/* SIP_HDR_FORM_PLAIN for SIP_HDR_OTHER. */
enum sip_hdr_form sip_hdr_form(enum sip_hdr_id id);

#define SIP_METHOD_LIST(X)                                                                         \
	X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(PRACK) X(UPDATE) X(INFO)        \
	X(REFER) X(NOTIFY) X(SUBSCRIBE) X(MESSAGE) X(PUBLISH)

enum sip_method {
	SIP_METHOD_OTHER, /* a method that we do not know: see the text */
#define SIP_METHOD_ENUM(name) SIP_METHOD_##name,
	SIP_METHOD_LIST(SIP_METHOD_ENUM)
#undef SIP_METHOD_ENUM
	SIP_METHOD_COUNT,
};

/* Methods are compared with case (RFC 3261 7.1). */
enum sip_method sip_method_lookup(struct slice text);
/* "INVITE"; empty for SIP_METHOD_OTHER. */
struct slice sip_method_name(enum sip_method method);

/* Default reason phrase of a status code, "Unknown" when there is none (RFC 3261 21 and later). */
struct slice sip_status_phrase(unsigned code);

#endif
