/* engine/core/cause.h - Q.850 causes, their texts, and the DialStatus that follows from them.
 *
 * The numbers are those of AMI's Cause and of the channel variable HANGUPCAUSE. Protocols map their
 * own codes to these (sip/cause.h). */
#ifndef RINGER_CORE_CAUSE_H
#define RINGER_CORE_CAUSE_H

#include <stdbool.h>

/* number, id, text as AMI prints Cause-txt */
#define CAUSE_LIST(X)                                                                              \
	X(0, NONE, "Unknown")                                                                      \
	X(1, UNALLOCATED, "Unallocated (unassigned) number")                                       \
	X(2, NO_ROUTE_TRANSIT, "No route to specified transmit network")                           \
	X(3, NO_ROUTE, "No route to destination")                                                  \
	X(5, MISDIALED_PREFIX, "Misdialed trunk prefix")                                           \
	X(6, CHANNEL_UNACCEPTABLE, "Channel unacceptable")                                         \
	X(7, CALL_AWARDED, "Call awarded and being delivered in an established channel")           \
	X(8, PREEMPTED, "Pre-empted")                                                              \
	X(14, NUMBER_PORTED, "Number ported elsewhere")                                            \
	X(16, NORMAL, "Normal Clearing")                                                           \
	X(17, BUSY, "User busy")                                                                   \
	X(18, NO_RESPONSE, "No user responding")                                                   \
	X(19, NO_ANSWER, "User alerting, no answer")                                               \
	X(20, SUBSCRIBER_ABSENT, "Subscriber absent")                                              \
	X(21, REJECTED, "Call Rejected")                                                           \
	X(22, NUMBER_CHANGED, "Number changed")                                                    \
	X(23, REDIRECTED, "Redirected to new destination")                                         \
	X(26, ANSWERED_ELSEWHERE, "Answered elsewhere")                                            \
	X(27, OUT_OF_ORDER, "Destination out of order")                                            \
	X(28, INVALID_NUMBER, "Invalid number format")                                             \
	X(29, FACILITY_REJECTED, "Facility rejected")                                              \
	X(30, STATUS_ENQUIRY, "Response to STATus ENQuiry")                                        \
	X(31, NORMAL_UNSPECIFIED, "Normal, unspecified")                                           \
	X(34, CONGESTION, "Circuit/channel congestion")                                            \
	X(38, NETWORK_OUT_OF_ORDER, "Network out of order")                                        \
	X(41, TEMPORARY_FAILURE, "Temporary failure")                                              \
	X(42, SWITCH_CONGESTION, "Switching equipment congestion")                                 \
	X(43, ACCESS_INFO_DISCARDED, "Access information discarded")                               \
	X(44, CHANNEL_UNAVAILABLE, "Requested channel not available")                              \
	X(50, FACILITY_NOT_SUBSCRIBED, "Facility not subscribed")                                  \
	X(52, OUTGOING_BARRED, "Outgoing call barred")                                             \
	X(54, INCOMING_BARRED, "Incoming call barred")                                             \
	X(57, BEARER_NOT_AUTHORIZED, "Bearer capability not authorized")                           \
	X(58, BEARER_UNAVAILABLE, "Bearer capability not available")                               \
	X(65, BEARER_NOT_IMPLEMENTED, "Bearer capability not implemented")                         \
	X(66, CHANNEL_NOT_IMPLEMENTED, "Channel not implemented")                                  \
	X(69, FACILITY_NOT_IMPLEMENTED, "Facility not implemented")                                \
	X(81, INVALID_CALL_REFERENCE, "Invalid call reference value")                              \
	X(88, INCOMPATIBLE_DESTINATION, "Incompatible destination")                                \
	X(95, INVALID_MESSAGE, "Invalid message unspecified")                                      \
	X(96, MANDATORY_IE_MISSING, "Mandatory information element is missing")                    \
	X(97, MESSAGE_TYPE_NONEXIST, "Message type nonexist.")                                     \
	X(98, WRONG_MESSAGE, "Wrong message")                                                      \
	X(99, IE_NONEXIST, "Info. element nonexist or not implemented")                            \
	X(100, INVALID_IE_CONTENTS, "Invalid information element contents")                        \
	X(101, WRONG_CALL_STATE, "Message not compatible with call state")                         \
	X(102, TIMER_EXPIRED, "Recover on timer expiry")                                           \
	X(103, MANDATORY_IE_LENGTH, "Mandatory IE length error")                                   \
	X(111, PROTOCOL_ERROR, "Protocol error, unspecified")                                      \
	X(127, INTERWORKING, "Interworking, unspecified")

enum cause {
#define CAUSE_ENUM(number, id, text) CAUSE_##id = number,
	CAUSE_LIST(CAUSE_ENUM)
#undef CAUSE_ENUM
};

/* Cause-txt of AMI; "Unknown" for a number that is not in the list. */
const char *cause_text(unsigned cause);
bool cause_is_known(unsigned cause);

/* DialStatus of the events DialState and DialEnd, and of the variable DIALSTATUS. */
enum dial_status {
	DIAL_STATUS_NONE,
	DIAL_STATUS_RINGING,
	DIAL_STATUS_PROCEEDING,
	DIAL_STATUS_PROGRESS,
	DIAL_STATUS_ANSWER,
	DIAL_STATUS_BUSY,
	DIAL_STATUS_CONGESTION,
	DIAL_STATUS_CHANUNAVAIL,
	DIAL_STATUS_NOANSWER,
	DIAL_STATUS_CANCEL,
	DIAL_STATUS_DONTCALL,
	DIAL_STATUS_TORTURE,
	DIAL_STATUS_INVALIDARGS,
	DIAL_STATUS_COUNT,
};
/* "ANSWER" ...; "" for NONE. */
const char *dial_status_name(enum dial_status status);

/* DialEnd of an unanswered leg by the core dial rule (Originate, call files): 17 BUSY,
 * 34 CONGESTION, 3 and 20 CHANUNAVAIL, 23 (a redirection, which is not followed) CANCEL, everything
 * else NOANSWER. */
enum dial_status cause_dial_end(unsigned cause);

/* DIALSTATUS of the application Dial for a leg that ended with this cause: 17 BUSY, 34 CONGESTION,
 * 0, 16 and 19 NOANSWER (the leg is not counted), every other CHANUNAVAIL. */
enum dial_status cause_dial_leg(unsigned cause);

/* OriginateResponse Reason of a leg refused at request time: 17 -> 5; 21, 27, 34, 38, 41, 42 -> 8;
 * 19, 26 -> 3; else 0. A hangup by the far end records no cause with PJSIP: use 0 there. */
unsigned cause_originate_reason(unsigned cause);

#endif
