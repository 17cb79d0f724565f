/* sip/dialog.h - one dialog of a call (RFC 3261 12).
 *
 * A dialog is our tag (of the invite), the Call-ID and the far end's tag. Its texts (From and To as
 * they go into requests, remote target, route set) are one block, made anew when the target
 * changes. Early dialogs are told apart by To tag; the one of the first 2xx is confirmed and gets
 * its route set and target from the 2xx (13.2.2.4). */
#ifndef RINGER_SIP_DIALOG_H
#define RINGER_SIP_DIALOG_H

#include "engine/base/list.h"
#include "engine/core/media.h"
#include "sip/next_hop.h"
#include "sip/sip_internal.h"

enum dialog_state { DIALOG_EARLY, DIALOG_CONFIRMED, DIALOG_TERMINATED, DIALOG_STATE_COUNT };
const char *dialog_state_name(enum dialog_state s);

struct dialog {
	struct list node; /* of its invite's dialogs */
	struct sip *sip;
	struct msgbuf *text; /* from, to, target, routes, one behind the other */
	uint16_t from_len, to_len, target_len, routes_len;
	uint16_t tag_off, tag_len; /* the far end's tag, inside of to */
	struct next_hop next;
	uint32_t remote_cseq;	 /* of the last request, with has_remote_cseq */
	uint32_t rseq;		 /* of the last reliable provisional; 0: none */
	uint32_t reserve;	 /* octets that requests carry besides, as credentials */
	struct media_desc media; /* what the far end described first in this dialog */
	uint8_t state;		 /* enum dialog_state */
	bool has_remote_cseq;
	bool has_media;
	bool is_media_reliable; /* it was the answer (RFC 3262 5): a 2xx need not repeat it */
	bool allows_update;	/* the far end's Allow lists UPDATE */
	bool is_asked;		/* credentials name the Request-URI again, for each realm */
};

/* tp: what the call goes by. NULL: no room (counted). */
struct dialog *dialog_new(struct sip *sip, uint8_t tp);
void dialog_free(struct dialog *d);

/* From a response with or without To tag: From, To, target (Contact, else the source), route set
 * (Record-Route reversed). rewrite: the source takes the place of Contact's host. 0; -ENOBUFS;
 * -EMSGSIZE: requests in this dialog would be longer than LIMIT_SIP_OUT. What was before stays. */
int dialog_take_response(struct dialog *d, const struct sip_msg *msg, const struct addr *from,
			 bool rewrite);
/* The same for a dialog that has to be ended at once since its requests would be too long: without
 * routes, and where Contact is too long as well, the source is the target. */
int dialog_take_bare(struct dialog *d, const struct sip_msg *msg, const struct addr *from);
/* The other side of it, from an INVITE that came: From and To change places, To gets our tag, the
 * route set is Record-Route in its order (12.1.1). As above. */
int dialog_take_request(struct dialog *d, const struct sip_msg *msg, struct slice our_tag,
			const struct addr *from, bool rewrite);
/* Contact of a re-INVITE, UPDATE or a 2xx to one replaces the target. As above (the old one stays).
 */
int dialog_take_target(struct dialog *d, const struct sip_msg *msg, const struct addr *from,
		       bool rewrite);

/* Requests to that target would not be too long. */
bool dialog_has_room(const struct dialog *d, struct slice target);

/* 1xx to CONFIRMED, anything to TERMINATED: the one place where the state changes. */
void dialog_set_state(struct dialog *d, enum dialog_state state);

/* From and To as they go into our requests. */
struct slice dialog_from(const struct dialog *d);
struct slice dialog_to(const struct dialog *d);
struct slice dialog_tag(const struct dialog *d);
struct slice dialog_target(const struct dialog *d);
/* The request comes from the far end of this dialog. */
bool dialog_is_peer(const struct dialog *d, struct slice tag);
/* False: not above what was seen, to be answered by 500: it is out of order (12.2.2), or a copy
 * whose transaction is gone, which must not be done twice. Else remembered. Not for ACK and CANCEL.
 */
bool dialog_take_cseq(struct dialog *d, uint32_t cseq);

/* What differs from request to request. */
struct dialog_request {
	enum sip_method method;
	uint32_t cseq;
	struct slice call_id;
	struct slice branch;
	const struct addr *via; /* our sent-by */
	uint8_t tp;		/* index of the transport */
	struct slice contact;	/* URI; empty: no Contact header */
};
/* Request line, Via, From, To, [Contact], Call-ID, CSeq, Route: by the rules for loose and strict
 * routes (12.2.1.1). */
void dialog_write_request(struct sink *out, const struct dialog *d, const struct dialog_request *r);
/* The Request-URI of such a request. */
struct slice dialog_ruri(const struct dialog *d);

/* Where such a request goes now, as next_hop_get. */
void dialog_find_hop(struct dialog *d, const struct sip_hop *call, struct sip_hop *out);

/* The parts of a 2xx that lead nowhere else: for ACK and BYE of a dialog that is not kept. */
int dialog_init_stray(struct dialog *d, struct sip *sip, uint8_t tp, const struct sip_msg *msg,
		      const struct addr *from, bool may_look);
void dialog_close_stray(struct dialog *d);

/* "Via: SIP/2.0/UDP ip:port;rport;branch=..." of a request by that transport; without rport if
 * disable_rport says so. */
void dialog_write_via(struct sink *out, const struct sip *sip, uint8_t tp, const struct addr *via,
		      struct slice branch);

#endif
