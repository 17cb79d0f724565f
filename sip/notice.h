/* sip/notice.h - what the control shard's part of SIP (center.h) and the call shards tell each
 * other: payloads of SHARD_TECH and SHARD_TECH_FACT records (engine/core/shard.h). */
#ifndef RINGER_SIP_NOTICE_H
#define RINGER_SIP_NOTICE_H

#include "engine/base/slab.h"
#include "sip/location.h"

/* To a shard. */
enum sip_notice {
	SIP_NOTICE_CONTACT = 1, /* a packed contact: new, or changed */
	SIP_NOTICE_GONE,	/* uint64_t: id of a contact that is no more */
	SIP_NOTICE_ANSWER,	/* struct sip_answer: to a REGISTER that the shard reported */
	SIP_NOTICE_QUALIFY,	/* uint64_t: id of a contact to be asked now */
	SIP_NOTICE_REGISTER,	/* uint64_t: hash of a registration of ours, to be made anew now */
	SIP_NOTICE_UNREGISTER,	/* uint64_t: hash of one to be ended */
	SIP_NOTICE_ROUTE,	/* struct sip_route_notice */
	SIP_NOTICE_WATCH,	/* struct sip_watch_conf (watch.h) */
	SIP_NOTICE_HISTORY,	/* struct sip_history_ask */
	SIP_NOTICE_NOTIFY,	/* sip_notify_pack (notify.h): to be sent */
};

/* From a shard. */
enum sip_report {
	SIP_REPORT_STATUS = 1,	 /* struct sip_status_report */
	SIP_REPORT_BIND,	 /* struct sip_bind: a REGISTER that may be carried out */
	SIP_REPORT_REGISTRATION, /* struct sip_registration_report */
	SIP_REPORT_ROUTE,	 /* struct sip_route_notice: goes to all shards */
	SIP_REPORT_HISTORY,	 /* struct sip_history_reply (watch.h) */
};

struct sip_status_report {
	uint64_t id;	 /* of the contact */
	int64_t rtt_ns;	 /* -1: none */
	uint32_t status; /* enum contact_status */
	uint32_t pad;
};

/* One REGISTER, its sender known to be who it says. The bindings follow as packed contacts, each
 * with its length (uint32_t) before it; expires_wall_ns holds the seconds asked for. None: only a
 * question. */
struct sip_bind {
	handle_t request; /* of the shard's own: comes back in the answer */
	uint64_t aor;
	uint32_t cseq;
	uint32_t count; /* bindings that follow */
	uint32_t call_id_len;
	uint8_t is_star; /* Contact: *, Expires: 0 */
	uint8_t pad[3];
	char text[]; /* Call-ID, then bindings */
};

/* What is to be said to it. */
struct sip_answer {
	handle_t request;
	uint32_t code;
	uint32_t lines_len;
	char lines[]; /* whole header lines */
};

enum sip_registration_state {
	SIP_REG_UNREGISTERED,
	SIP_REG_REGISTERED,
	SIP_REG_REJECTED,      /* to be tried again */
	SIP_REG_REJECTED_HARD, /* for good */
	SIP_REG_STOPPED,       /* by command */
	SIP_REG_STATE_COUNT,
};

/* The Service-Route of a registration (RFC 3608); len 0: it has none any more. */
struct sip_route_notice {
	uint64_t hash;
	uint32_t len;
	char text[]; /* values joined by commas */
};
#define SIP_ROUTE_TEXT 480

struct sip_registration_report {
	uint64_t hash;	      /* of its name */
	int64_t next_wall_ns; /* when it is sent again, or ends; 0: never */
	uint32_t state;	      /* enum sip_registration_state */
	uint32_t code;	      /* of the refusal; 0: no answer */
};

#endif
