#include "engine/core/cause.h"

#include <stddef.h>

#include "engine/base/check.h"

#define CAUSE_NUMBER_MAX 127

static const char *const texts[CAUSE_NUMBER_MAX + 1] = {
#define CAUSE_ROW(number, id, text) [number] = text,
	CAUSE_LIST(CAUSE_ROW)
#undef CAUSE_ROW
};

bool cause_is_known(unsigned cause)
{
	return cause <= CAUSE_NUMBER_MAX && texts[cause] != NULL;
}

const char *cause_text(unsigned cause)
{
	return cause_is_known(cause) ? texts[cause] : texts[CAUSE_NONE];
}

static const char *const dial_names[DIAL_STATUS_COUNT] = {
	[DIAL_STATUS_NONE] = "",
	[DIAL_STATUS_RINGING] = "RINGING",
	[DIAL_STATUS_PROCEEDING] = "PROCEEDING",
	[DIAL_STATUS_PROGRESS] = "PROGRESS",
	[DIAL_STATUS_ANSWER] = "ANSWER",
	[DIAL_STATUS_BUSY] = "BUSY",
	[DIAL_STATUS_CONGESTION] = "CONGESTION",
	[DIAL_STATUS_CHANUNAVAIL] = "CHANUNAVAIL",
	[DIAL_STATUS_NOANSWER] = "NOANSWER",
	[DIAL_STATUS_CANCEL] = "CANCEL",
	[DIAL_STATUS_DONTCALL] = "DONTCALL",
	[DIAL_STATUS_TORTURE] = "TORTURE",
	[DIAL_STATUS_INVALIDARGS] = "INVALIDARGS",
};

const char *dial_status_name(enum dial_status status)
{
	check(status < DIAL_STATUS_COUNT);
	return dial_names[status];
}

enum dial_status cause_dial_end(unsigned cause)
{
	switch (cause) {
	case CAUSE_BUSY:
		return DIAL_STATUS_BUSY;
	case CAUSE_CONGESTION:
		return DIAL_STATUS_CONGESTION;
	case CAUSE_NO_ROUTE:
	case CAUSE_SUBSCRIBER_ABSENT:
		return DIAL_STATUS_CHANUNAVAIL;
	case CAUSE_REDIRECTED:
		return DIAL_STATUS_CANCEL;
	default:
		return DIAL_STATUS_NOANSWER;
	}
}

enum dial_status cause_dial_leg(unsigned cause)
{
	switch (cause) {
	case CAUSE_BUSY:
		return DIAL_STATUS_BUSY;
	case CAUSE_CONGESTION:
		return DIAL_STATUS_CONGESTION;
	case CAUSE_NONE:
	case CAUSE_NORMAL:
	case CAUSE_NO_ANSWER:
		return DIAL_STATUS_NOANSWER;
	default:
		return DIAL_STATUS_CHANUNAVAIL;
	}
}

unsigned cause_originate_reason(unsigned cause)
{
	switch (cause) {
	case CAUSE_BUSY:
		return 5;
	case CAUSE_REJECTED:
	case CAUSE_OUT_OF_ORDER:
	case CAUSE_CONGESTION:
	case CAUSE_NETWORK_OUT_OF_ORDER:
	case CAUSE_TEMPORARY_FAILURE:
	case CAUSE_SWITCH_CONGESTION:
		return 8;
	case CAUSE_NO_ANSWER:
	case CAUSE_ANSWERED_ELSEWHERE:
		return 3;
	default:
		return 0;
	}
}
