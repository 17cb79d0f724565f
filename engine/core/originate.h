/* engine/core/originate.h - one order to place a call, and its packed form.
 *
 * An originate comes from an AMI action or a call file. It is immutable once accepted. The packed form
 * is one block of octets without pointers, which travels through the inbox and the shard's pipe and is
 * kept until the order is settled. */
#ifndef RINGER_CORE_ORIGINATE_H
#define RINGER_CORE_ORIGINATE_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"

struct originate_var {
	struct slice name; /* may be a function: "CALLERID(num)" */
	struct slice value;
};

struct originate {
	uint64_t id;           /* given by the inbox; 0 before */
	struct slice tech;     /* "PJSIP" */
	struct slice resource; /* "100@trunk" */
	struct slice context, exten;
	int32_t priority;      /* 0: not given */
	struct slice app, data; /* app not empty: wins over context and exten */
	int64_t timeout_ms;    /* answer timeout; 0 or less: wait for ever */
	struct slice cid_name, cid_num;
	bool has_cid;
	struct slice account;
	struct slice codecs;   /* as written, empty: the endpoint's */
	struct slice channel_id, other_channel_id;
	bool early_media;      /* treat progress with media as answer */
	bool wants_failed;     /* run the `failed` extension (and set REASON) when it fails */
	int64_t due_ns;        /* monotonic; 0: now */
	uint32_t attempt_no;   /* 1 for the first try */
	uint32_t guarded_vars; /* so many of the last come from a client: chan.guarded */
	uint32_t var_count;    /* in the order in which they are set */
	struct originate_var vars[LIMIT_ORDER_VARS];
};

static inline bool originate_is_guarded(const struct originate *o, uint32_t var)
{
	return var >= o->var_count - o->guarded_vars;
}

/* All fields zero, timeout 30 s, attempt 1. */
void originate_init(struct originate *o);

/* Octets that the packed form takes. */
size_t originate_packed_bytes(const struct originate *o);
/* Packs into dst (room from originate_packed_bytes, aligned to 8). Returns the octets used. */
size_t originate_pack(void *dst, const struct originate *o);
/* Slices of *o point into the packed form. False: not a packed originate (programmer error). */
bool originate_unpack(const void *src, size_t len, struct originate *o);

/* Reason codes of OriginateResponse, REASON and the call file log (ami-events.md 1.6). */
enum originate_reason {
	ORIGINATE_FAILURE = 0,
	ORIGINATE_HANGUP = 1,
	ORIGINATE_RINGING = 3, /* nobody answered in time */
	ORIGINATE_ANSWERED = 4,
	ORIGINATE_BUSY = 5,
	ORIGINATE_CONGESTION = 8,
};
const char *originate_reason_text(int reason);

#endif
