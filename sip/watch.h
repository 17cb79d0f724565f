/* sip/watch.h - what people see of the messages: `pjsip set logger`, and the history.
 *
 * Off it costs a look at one flag for each message. The control shard's part (center_watch.c) says
 * what is wanted. */
#ifndef RINGER_SIP_WATCH_H
#define RINGER_SIP_WATCH_H

#include "sip/history.h"

struct sip;
struct sip_msg;
struct capture;

#define SIP_WATCH_HOSTS 8

/* SIP_NOTICE_WATCH. */
struct sip_watch_conf {
	uint8_t is_logging;
	uint8_t is_silent; /* `verbose off`: nothing is written though logging is on */
	uint8_t keeps_history;
	uint8_t clear; /* forget what was kept */
	uint32_t host_count;
	uint32_t methods;	 /* only these are logged, responses to them too: bits 1 << enum
				    sip_method; 0: all */
	struct capture *capture; /* messages that are logged are noted there, too; NULL: nowhere */
	struct addr hosts[SIP_WATCH_HOSTS]; /* only these are logged; port 0: any. None: all */
};

struct sip_watch {
	bool is_on; /* either of them: the only thing that is looked at otherwise */
	struct sip_watch_conf conf;
	struct history history;
};

/* SIP_NOTICE_HISTORY: what is remembered of a call (empty: of all), to be told by reports. */
struct sip_history_ask {
	uint32_t id;
	uint32_t max;
	uint32_t key_len;
	char key[]; /* Call-ID or channel */
};

#define SIP_HISTORY_CHUNK 64
/* SIP_REPORT_HISTORY. */
struct sip_history_reply {
	uint32_t id;
	uint16_t count;
	uint8_t is_last, pad;
	struct history_entry entries[SIP_HISTORY_CHUNK]; /* count of them are sent */
};

int sip_watch_init(struct sip *sip);
void sip_watch_free(struct sip *sip);
void sip_watch_set(struct sip *sip, const struct sip_watch_conf *conf);
void sip_watch_ask(struct sip *sip, const struct sip_history_ask *ask, size_t len);

/* Only while is_on. msg NULL: it could not be read. */
void sip_watch_rx(struct sip *sip, uint8_t tp, const struct addr *from, struct slice data,
		  const struct sip_msg *msg, bool was_forwarded);
void sip_watch_tx(struct sip *sip, uint8_t tp, const struct addr *to, struct slice data);
/* The last message that came belongs to another shard, which remembers it instead. */
void sip_watch_pass(struct sip *sip);
/* What the call is called. */
void sip_watch_name(struct sip *sip, struct slice call_id, struct slice channel);

/* "UDP", "TCP", "TLS" */
const char *sip_watch_transport(uint8_t transport);

#endif
