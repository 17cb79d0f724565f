#include "sip/cause.h"

#include "engine/core/cause.h"

unsigned sip_cause_of_status(unsigned code)
{
	switch (code) {
	case 302:
		return CAUSE_REDIRECTED;
	case 401:
	case 403:
	case 407:
	case 603:
		return CAUSE_REJECTED;
	case 404:
	case 485:
	case 604:
		return CAUSE_UNALLOCATED;
	case 408:
		return CAUSE_NO_RESPONSE;
	case 409:
		return CAUSE_TEMPORARY_FAILURE;
	case 410:
		return CAUSE_NUMBER_CHANGED;
	case 420:
		return CAUSE_NO_ROUTE;
	case 480:
	case 483:
		return CAUSE_NO_ANSWER;
	case 484:
		return CAUSE_INVALID_NUMBER;
	case 486:
	case 600:
		return CAUSE_BUSY;
	case 488:
	case 606:
		return CAUSE_BEARER_UNAVAILABLE;
	case 500:
		return CAUSE_NETWORK_OUT_OF_ORDER;
	case 501:
		return CAUSE_FACILITY_REJECTED;
	case 502:
		return CAUSE_OUT_OF_ORDER;
	case 504:
		return CAUSE_TIMER_EXPIRED;
	case 505:
		return CAUSE_INTERWORKING;
	default:
		break;
	}
	if (code >= 500 && code < 600)
		return CAUSE_CONGESTION; /* 503 too */
	if (code >= 400 && code < 700)
		return CAUSE_INTERWORKING;
	return CAUSE_NORMAL;
}

unsigned sip_cause_to_status(unsigned cause)
{
	switch (cause) {
	case CAUSE_UNALLOCATED:
	case CAUSE_NO_ROUTE_TRANSIT:
	case CAUSE_NO_ROUTE:
		return 404;
	case CAUSE_BUSY:
		return 486;
	case CAUSE_NO_RESPONSE:
		return 408;
	case CAUSE_NO_ANSWER:
	case CAUSE_SUBSCRIBER_ABSENT:
	case CAUSE_NORMAL_UNSPECIFIED:
		return 480;
	case CAUSE_REJECTED:
		return 403;
	case CAUSE_NUMBER_CHANGED:
		return 410;
	case CAUSE_REDIRECTED:
		return 302;
	case CAUSE_OUT_OF_ORDER:
		return 502;
	case CAUSE_INVALID_NUMBER:
		return 484;
	case CAUSE_FACILITY_REJECTED:
		return 501;
	case CAUSE_CONGESTION:
	case CAUSE_SWITCH_CONGESTION:
	case CAUSE_CHANNEL_NOT_IMPLEMENTED:
		return 503;
	case CAUSE_NETWORK_OUT_OF_ORDER:
	case CAUSE_INTERWORKING:
		return 500;
	case CAUSE_BEARER_UNAVAILABLE:
		return 488;
	default:
		return 0;
	}
}

unsigned sip_cause_of_msg(const struct sip_msg *msg)
{
	struct sip_values it = sip_values(msg, SIP_HDR_REASON);
	struct sip_reason reason;
	struct slice value;
	unsigned by_sip = 0;

	while (sip_values_next(&it, &value)) {
		if (!sip_reason_parse(value, &reason) || reason.cause < 0)
			continue;
		if (slice_ieq(reason.protocol, SLICE_LIT("Q.850")) && reason.cause >= 1 &&
		    reason.cause <= 127)
			return (unsigned)reason.cause;
		if (!by_sip && slice_ieq(reason.protocol, SLICE_LIT("SIP")) &&
		    reason.cause >= 300 && reason.cause <= 699)
			by_sip = sip_cause_of_status((unsigned)reason.cause);
	}
	return by_sip ? by_sip : sip_cause_of_status(msg->code);
}

/* clang-format off */
static const struct {
	unsigned code;
	const char *name;
} refusals[] = {
	{400, "BAD_REQUEST"}, {401, "UNAUTHORIZED"}, {402, "PAYMENT_REQUIRED"},
	{403, "FORBIDDEN"}, {404, "NOT_FOUND"}, {405, "METHOD_NOT_ALLOWED"},
	{406, "NOT_ACCEPTABLE"}, {407, "PROXY_AUTHENTICATION_REQUIRED"}, {408, "REQUEST_TIMEOUT"},
	{409, "CONFLICT"}, {410, "GONE"}, {411, "LENGTH_REQUIRED"},
	{412, "CONDITIONAL_REQUEST_FAILED"}, {413, "REQUEST_ENTITY_TOO_LARGE"},
	{414, "REQUEST_URI_TOO_LONG"}, {415, "UNSUPPORTED_MEDIA_TYPE"},
	{416, "UNSUPPORTED_URI_SCHEME"}, {417, "UNKNOWN_RESOURCE_PRIORITY"},
	{420, "BAD_EXTENSION"}, {421, "EXTENSION_REQUIRED"}, {422, "SESSION_TIMER_TOO_SMALL"},
	{423, "INTERVAL_TOO_BRIEF"}, {424, "BAD_LOCATION_INFORMATION"},
	{428, "USE_IDENTITY_HEADER"}, {429, "PROVIDE_REFERRER_HEADER"}, {430, "FLOW_FAILED"},
	{433, "ANONIMITY_DISALLOWED"}, {436, "BAD_IDENTITY_INFO"},
	{437, "UNSUPPORTED_CERTIFICATE"}, {438, "INVALID_IDENTITY_HEADER"},
	{439, "FIRST_HOP_LACKS_OUTBOUND_SUPPORT"}, {440, "MAX_BREADTH_EXCEEDED"},
	{469, "BAD_INFO_PACKAGE"}, {470, "CONSENT_NEEDED"}, {480, "TEMPORARILY_UNAVAILABLE"},
	{481, "CALL_TSX_DOES_NOT_EXIST"}, {482, "LOOP_DETECTED"}, {483, "TOO_MANY_HOPS"},
	{484, "ADDRESS_INCOMPLETE"}, {485, "AC_AMBIGUOUS"}, {486, "BUSY_HERE"},
	{487, "REQUEST_TERMINATED"}, {488, "NOT_ACCEPTABLE_HERE"}, {489, "BAD_EVENT"},
	{490, "REQUEST_UPDATED"}, {491, "REQUEST_PENDING"}, {493, "UNDECIPHERABLE"},
	{494, "SECURITY_AGREEMENT_NEEDED"}, {500, "INTERNAL_SERVER_ERROR"},
	{501, "NOT_IMPLEMENTED"}, {502, "BAD_GATEWAY"}, {503, "SERVICE_UNAVAILABLE"},
	{504, "SERVER_TIMEOUT"}, {505, "VERSION_NOT_SUPPORTED"}, {513, "MESSAGE_TOO_LARGE"},
	{555, "PUSH_NOTIFICATION_SERVICE_NOT_SUPPORTED"}, {580, "PRECONDITION_FAILURE"},
	{600, "BUSY_EVERYWHERE"}, {603, "DECLINE"}, {604, "DOES_NOT_EXIST_ANYWHERE"},
	{606, "NOT_ACCEPTABLE_ANYWHERE"}, {607, "UNWANTED"}, {608, "REJECTED"},
};
/* clang-format on */

unsigned sip_refusal_parse(struct slice text)
{
	uint64_t code;

	if (slice_u64(text, 699, &code))
		return code >= 400 ? (unsigned)code : 0;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (slice_ieq(text, slice_str(refusals[i].name)))
			return refusals[i].code;
	return 0;
}
