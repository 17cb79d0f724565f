/* engine/core/tech.h - port: a channel technology (PJSIP, later Local), one instance per shard.
 *
 * The channel asks `find` what an address means, `dial`s it, and hears facts through struct
 * tech_events until `ended` or until it hangs up itself, whichever is first: after either, the call
 * belongs to the technology alone, which finishes its signalling (BYE, CANCEL, late 2xx) without
 * the channel. So a channel's slot is free as soon as the call is over for us.
 *
 * The other way round a technology offers an incoming call through a struct tech_door; when it was
 * taken, the same facts and operations hold, and the channel may indicate and answer. */
#ifndef RINGER_CORE_TECH_H
#define RINGER_CORE_TECH_H

#include "engine/base/sink.h"
#include "engine/core/media.h"
#include "engine/core/notify.h"

/* What the configuration says of the endpoint behind an address. Slices live as long as the
 * configuration snapshot. */
struct tech_endpoint {
	struct slice name;		/* "trunk": channel names, pacing */
	struct slice context;		/* where calls without Context start */
	struct slice cid_name, cid_num; /* callerid= */
	struct slice account;
	struct slice language;
	struct codec_list allow;
	struct media_params media;    /* local address, symmetric RTP, timeouts */
	const struct slice *set_vars; /* "name=value" */
	uint32_t set_var_count;
	const void *impl;   /* the technology's own endpoint */
	const void *target; /* the technology's own contact or URI choice */
};

/* Who sent a call on to where it goes now (REDIRECTING, RFC 5806). */
struct tech_diversion {
	struct slice name, num; /* num empty: nobody */
	struct slice reason;	/* Asterisk's word: "cfu", "cfb", "cfnr", ...; empty: unknown */
	uint32_t count;		/* how often it was sent on; 0 counts as 1 */
	bool is_hidden;
};

struct tech_dial {
	const struct tech_endpoint *endpoint;
	struct slice resource;		/* what stood behind "PJSIP/" */
	struct slice cid_name, cid_num; /* both empty: the endpoint's own or anonymous */
	bool cid_hidden;		/* the far end shall not show it */
	struct addr media_local;	/* RTP address and port */
	struct codec_list offer;	/* in the order to be offered */
	const struct slice *headers;	/* "Name: value" lines to add (PJSIP_HEADER) */
	uint32_t header_count;
	struct tech_diversion diversion;
};

struct tech_end {
	int cause;	   /* Q.850 */
	int tech_code;	   /* SIP status of a refusal, 0 if the call was ended otherwise */
	struct slice text; /* reason phrase, valid during the call */
	bool answered_elsewhere;
	bool is_reported; /* by a response of the far end; false: a BYE, or our own finding */
};

/* The far end asks to be sent elsewhere. */
struct tech_refer {
	struct slice exten;	  /* user part of Refer-To; empty: none that can be used */
	struct slice refer_to;	  /* the whole URI */
	struct slice referred_by; /* the header, or empty */
};

struct tech_call; /* opaque */

struct tech_events {
	/* 180 without media. Called once per change. */
	void (*ringing)(void *owner);
	/* 183, or a provisional with media. remote NULL: no media described. also_ringing: it was a
	 * 180. */
	void (*progress)(void *owner, const struct media_desc *remote, bool also_ringing);
	/* 2xx. remote NULL: answered without usable media (the technology ends it with cause 58).
	 */
	void (*answered)(void *owner, const struct media_desc *remote);
	/* Re-INVITE or UPDATE changed the far end's media; held: the far end put us on hold. */
	void (*media_changed)(void *owner, const struct media_desc *remote, bool held);
	/* The far end, which is trusted to say so, is called so. num may be empty. May be NULL. */
	void (*connected)(void *owner, struct slice name, struct slice num);
	/* A digit by INFO. */
	void (*dtmf)(void *owner, char digit, uint32_t duration_ms);
	/* A transfer is asked for. 0: taken; else the Q.850 cause of the refusal. May be NULL. */
	int (*refer)(void *owner, const struct tech_refer *refer);
	/* What became of tech_ops.transfer: a SIP status. May be NULL. */
	void (*transferred)(void *owner, int code);
	/* Another call took the place of this one: it is the owner's from now on. May be NULL. */
	void (*replaced)(void *owner, struct tech_call *call);
	/* The call is over; last fact. */
	void (*ended)(void *owner, const struct tech_end *end);
};

/* What a caller is shown before the answer. */
enum tech_indication {
	TECH_RINGING,  /* rings at our end */
	TECH_PROGRESS, /* audio before the answer */
};

/* A call that came in. All of it is valid during tech_door.offer. */
struct tech_offer {
	struct tech_endpoint endpoint; /* who calls; without target */
	struct slice exten;	       /* what was dialled; empty: nothing */
	struct slice domain;	       /* ... and where */
	struct slice cid_name, cid_num;
	bool cid_hidden; /* the caller asked for privacy */
	struct tech_diversion diversion;
};

/* Where incoming calls go: the core's, one a shard. */
struct tech_door {
	/* 0: taken: *owner hears events from now on, *media_local is where its audio is. Else the
	 * Q.850 cause for which the call is refused: 1 no such extension, 34 no room. */
	int (*offer)(void *arg, struct tech_call *call, const struct tech_offer *offer,
		     void **owner, struct addr *media_local);
	const struct tech_events *events;
	void *arg;
};

/* No target of a call can be tried before until_ns (tech_ops.is_held). */
struct tech_hold {
	int64_t until_ns;
	bool on_trial; /* some are silent: one call is to try first, then the others (queue_hold) */
};

/* What a dialplan may ask of a technology's configuration and contacts. */
enum tech_subject {
	TECH_OF_ENDPOINT,  /* an option by its name: item */
	TECH_OF_AOR,	   /* the same; "contact": the ids of its contacts, joined by commas */
	TECH_OF_CONTACT,   /* name is such an id: "uri", "status", "rtt" in us, ... */
	TECH_DIAL_STRINGS, /* of all contacts of an endpoint that may be dialled, joined by '&' */
};
struct tech_question {
	enum tech_subject subject;
	struct slice name; /* of the object */
	struct slice item; /* of its options; TECH_DIAL_STRINGS: the only AOR that is meant */
	struct slice user; /* TECH_DIAL_STRINGS: takes the place of that of the contacts' URIs */
};

struct tech_ops {
	const char *name; /* "PJSIP" */
	/* The trunk name in a resource ("100@trunk" -> "trunk"), for pacing. Pure. */
	struct slice (*trunk)(struct slice resource);
	/* 0; -ENOENT no such endpoint, -EHOSTUNREACH no contact, -EINVAL not an address. */
	int (*find)(void *impl, struct slice resource, struct tech_endpoint *out);
	/* True: all targets of a resource that was found want no calls for now, or are silent.
	 * False also when that is not known at once. May be NULL. */
	bool (*is_held)(void *impl, struct slice resource, const struct tech_endpoint *endpoint,
			struct tech_hold *hold);
	/* NULL: no room or not sendable; *error then says why (negative errno). */
	struct tech_call *(*dial)(void *impl, const struct tech_dial *dial,
				  const struct tech_events *events, void *owner, int *error);
	/* Ends the call from our side with a Q.850 cause (0: none given). No event comes after.
	 * Returns the SIP status that stands for the cause on an unanswered call, else 0. */
	int (*hangup)(struct tech_call *call, int cause);
	/* Sends a text to the far end of an answered call; may be NULL. 0, -ENOTCONN not answered
	 * yet, -EINVAL no content type, -EMSGSIZE, -ENOBUFS no room for the request. */
	int (*send_text)(struct tech_call *call, struct slice content_type, struct slice text);
	/* Sends one digit by signalling, for calls whose digits do not go with the audio; may be
	 * NULL. 0, -ENOTSUP the digits of this call do, or go nowhere, -EINVAL no digit,
	 * -ENOTCONN not answered yet, -ENOBUFS no room for the request. */
	int (*send_digit)(struct tech_call *call, char digit, uint32_t duration_ms);
	/* Sends a NOTIFY to the far end, as soon as there is a dialog with it; may be NULL. 0,
	 * -ENOTCONN no dialog yet or any more, -EMSGSIZE, -ENOBUFS no room for the request. */
	int (*notify)(struct tech_call *call, const struct notify_text *text);
	/* Of an incoming call that is not answered yet; what was shown already is not shown again.
	 * *remote: where audio goes from now on; family 0: nowhere yet. 0, or negative errno: the
	 * call is over, `ended` says so. */
	int (*indicate)(struct tech_call *call, enum tech_indication what,
			struct media_desc *remote);
	/* Answers it. *remote as above; it may come later as media_changed. 0 or negative errno. */
	int (*answer)(struct tech_call *call, struct media_desc *remote);
	/* Sends the far end elsewhere: a URI, user@host or a number. 0: `transferred` tells; > 0:
	 * the status with which it is done already (an unanswered call that came in is redirected
	 * by 302, `ended` comes too); -ENOTSUP not in this state, -EINVAL no address, other
	 * negative errno. May be NULL. */
	int (*transfer)(struct tech_call *call, struct slice dest);
	/* Who is behind us now, for the far end: said in the answer of a call that came in, and in
	 * a request of its own once the call is answered. 0; -ENOBUFS. May be NULL. */
	int (*connect)(struct tech_call *call, struct slice name, struct slice num);
	/* The channel that the call belongs to, for people (ladders of messages). May be NULL. */
	void (*name_call)(struct tech_call *call, struct slice channel);
	/* The next hangup of an incoming call that is not answered yet refuses it with this status,
	 * whatever its cause. Returns the Q.850 cause that stands for it; 0: it is no such call.
	 * May be NULL. */
	int (*refuse_with)(struct tech_call *call, int status);
	/* The header lines of the INVITE that came ("Name: value"), by index from 0; false: no
	 * more, or the call is ours. */
	bool (*header)(const struct tech_call *call, uint32_t index, struct sink *line);
	/* The header lines of the 200 that answered a call of ours, each ended by '\n'; empty:
	 * there was none, or its headers could not be kept. Valid until the call is over, within
	 * `ended` too. May be NULL. */
	struct slice (*response)(const struct tech_call *call);
	/* Items for CHANNEL(pjsip,...): "call-id", "target_uri", ...; false: unknown item. */
	bool (*info)(const struct tech_call *call, struct slice item, struct sink *out);
	/* 0; -ENOENT no such object, -EINVAL no such item. May be NULL. */
	int (*ask)(void *impl, const struct tech_question *q, struct sink *out);
	/* As shard_list: lists of its own, for people. May be NULL. */
	bool (*list)(void *impl, struct slice what, uint32_t *cursor, struct sink *out);
	/* A record of the technology's own part on the control shard (tech_admin.h): contacts,
	 * commands. data is aligned to 8 and valid during the call. May be NULL. */
	void (*take)(void *impl, uint32_t kind, const void *data, size_t len);
};

struct tech {
	const struct tech_ops *ops;
	void *impl;
};

#endif
