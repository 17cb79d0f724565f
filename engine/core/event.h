/* engine/core/event.h - facts of channels as values, packed for the pipe to the control shard.
 *
 * The channel writes an event with a full snapshot of itself; on the control shard the roster, the
 * CDR writer and AMI read the same record, so they cannot disagree. Strings are slices: into the
 * channel when written, into the record when read. */
#ifndef RINGER_CORE_EVENT_H
#define RINGER_CORE_EVENT_H

#include "engine/base/pipe.h"
#include "engine/base/slab.h"
#include "engine/base/slice.h"

/* Name, AMI event, whether it must never be left out. */
#define EVENT_LIST(X)                                                                              \
	X(NEWCHANNEL, "Newchannel", true)                                                          \
	X(NEWSTATE, "Newstate", false)                                                             \
	X(NEWEXTEN, "Newexten", false)                                                             \
	X(NEWCALLERID, "NewCallerid", false)                                                       \
	X(NEWACCOUNT, "NewAccountCode", false)                                                     \
	X(NEWCONNECTED, "NewConnectedLine", false)                                                 \
	X(VARSET, "VarSet", false)                                                                 \
	X(DIALBEGIN, "DialBegin", false)                                                           \
	X(DIALSTATE, "DialState", false)                                                           \
	X(DIALEND, "DialEnd", false)                                                               \
	X(HANGUPREQUEST, "HangupRequest", false)                                                   \
	X(SOFTHANGUPREQUEST, "SoftHangupRequest", false)                                           \
	X(HANGUP, "Hangup", true)                                                                  \
	X(DTMFBEGIN, "DTMFBegin", false)                                                           \
	X(DTMFEND, "DTMFEnd", false)                                                               \
	X(FLASH, "Flash", false)                                                                   \
	X(HOLD, "Hold", false)                                                                     \
	X(UNHOLD, "Unhold", false)                                                                 \
	X(USEREVENT, "UserEvent", false)                                                           \
	X(CDR, "Cdr", true)                                                                        \
	X(ORIGINATERESPONSE, "OriginateResponse", true)                                            \
	X(RTCPSENT, "RTCPSent", false)                                                             \
	X(RTCPRECEIVED, "RTCPReceived", false)                                                     \
	X(CONTACTSTATUS, "ContactStatus", false)                                                   \
	X(PEERSTATUS, "PeerStatus", false)                                                         \
	X(REGISTRY, "Registry", false)                                                             \
	X(DEVICESTATECHANGE, "DeviceStateChange", false)                                           \
	X(EXTENSIONSTATUS, "ExtensionStatus", false)

enum event_kind {
#define EVENT_ENUM(id, name, reliable) EVENT_##id,
	EVENT_LIST(EVENT_ENUM)
#undef EVENT_ENUM
	EVENT_COUNT,
};

const char *event_name(enum event_kind kind);
bool event_is_reliable(enum event_kind kind);

/* The 14 headers of a channel snapshot (ami-events.md 1.1). Empty caller and connected line print as
 * <unknown>. */
struct chan_snap {
	struct slice name;
	int32_t state; /* ChannelState */
	struct slice cid_num, cid_name, conn_num, conn_name;
	struct slice language, account, context, exten;
	int32_t priority;
	struct slice uniqueid, linkedid;
};

#define EVENT_TEXTS 6

/* What texts and numbers mean, by kind:
 *   NEWEXTEN           text: application, appdata (extension is snap.exten)
 *   NEWACCOUNT         text: old account
 *   VARSET             text: variable (with its _), value
 *   DIALBEGIN          text: dial string (snap is the Dest channel)
 *   DIALSTATE/DIALEND  text: DialStatus (snap is the Dest channel)
 *   HANGUPREQUEST      number: cause (-1 none), tech cause (0 none)
 *   SOFTHANGUPREQUEST  number: flag, tech cause
 *   HANGUP             number: cause, tech cause
 *   DTMFBEGIN/END      text: digit, "Received" | "Sent"; number: duration ms
 *   USEREVENT          text: event name, body ("Key: value" lines, each ended by CRLF)
 *   CDR                text: packed struct cdr (cdr.h)
 *   HOLD               text: music class
 *   ORIGINATERESPONSE  made on the control shard: text: ActionID, "Success"|"Failure", Context,
 *                      Exten, Application, Data (of the order); number: reason; snap.name,
 *                      uniqueid, cid_num, cid_name
 *   RTCP*              text: the body lines, each ended by CRLF
 * and made on the control shard, without a channel:
 *   CONTACTSTATUS      text: URI, status, AOR, endpoint, round trip in us (empty: not known)
 *   PEERSTATUS         text: technology, "Tech/name", status, cause (empty: none)
 *   REGISTRY           text: technology, client URI, server URI, status, cause (empty: none)
 *   DEVICESTATECHANGE  text: "Tech/name", state
 *   EXTENSIONSTATUS    text: extension, context, hint; number: status (device.h) */
struct event {
	enum event_kind kind;
	uint32_t shard;
	handle_t chan;
	int64_t wall_ns;
	struct chan_snap snap;
	struct slice text[EVENT_TEXTS];
	int32_t number[2];
};

/* The largest event without what its texts hold: the snapshot is bounded (chan.h, enum chan_text). */
#define EVENT_BYTES_MAX 1152

/* Writes it into the pipe: reliable kinds always find room, others may be refused (false). */
bool event_write(struct pipe *p, const struct event *e);
/* Record kinds in that pipe below this are events; others belong to the shard protocol (shard.h). */
#define EVENT_RECORD_BASE 0
/* False: the record is no event. Slices point into the record. */
bool event_read(const struct pipe_record *r, struct event *e);

/* AMI state text of a ChannelState. */
const char *event_state_text(int32_t state);

#endif
