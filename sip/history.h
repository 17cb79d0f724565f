/* sip/history.h - the latest messages of one shard, for people: which way, whose, first line, when.
 *
 * A ring of fixed entries; the oldest goes. Bodies and headers are not kept, but for Call-ID and
 * CSeq. The name of a call's channel is an entry too, so a call can be found by either. Pure. */
#ifndef RINGER_SIP_HISTORY_H
#define RINGER_SIP_HISTORY_H

#include "engine/io/addr.h"

enum history_kind {
	HISTORY_RX,
	HISTORY_TX,
	HISTORY_NAME, /* start: the name of the channel that the call belongs to */
};

#define HISTORY_TEXT 212

struct history_entry {
	int64_t wall_ns;
	uint64_t call; /* hash of the whole Call-ID */
	struct addr peer;
	uint8_t kind;	   /* enum history_kind */
	uint8_t transport; /* enum sip_transport */
	uint8_t start_len, cseq_len, call_id_len;
	char text[HISTORY_TEXT]; /* first line, CSeq, Call-ID; each cut to its part */
	uint8_t pad[3];
};

struct history {
	struct history_entry *entries; /* touched as they fill */
	uint32_t size, next;
	uint32_t count;
};

/* 0 or -ENOMEM. */
int sip_history_init(struct history *h, uint32_t size);
void sip_history_free(struct history *h);
void sip_history_clear(struct history *h);

/* A message. peer, kind, transport and wall_ns of *head are taken; start may end with its version.
 */
void sip_history_note(struct history *h, const struct history_entry *head, struct slice start,
		  struct slice cseq, struct slice call_id);
/* The last entry was another shard's business. */
void sip_history_take_back(struct history *h);
/* The latest `max` entries, oldest first: all messages, or (key not empty) those of the calls with
 * this Call-ID or channel name, its name among them. out[max]; the count. */
uint32_t sip_history_find(const struct history *h, struct slice key, const struct history_entry **out,
		      uint32_t max);

static inline struct slice sip_history_start(const struct history_entry *e)
{
	return slice_make(e->text, e->start_len);
}
static inline struct slice sip_history_cseq(const struct history_entry *e)
{
	return slice_make(e->text + e->start_len, e->cseq_len);
}
static inline struct slice sip_history_call_id(const struct history_entry *e)
{
	return slice_make(e->text + e->start_len + e->cseq_len, e->call_id_len);
}

/* First line, CSeq and Call-ID of a message of ours, whose headers have their long names. */
void sip_history_scan(struct slice message, struct slice *start, struct slice *cseq,
		  struct slice *call_id);

#endif
