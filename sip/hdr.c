#include "sip/hdr.h"

#include "engine/base/check.h"

struct hdr_row {
	struct slice name;
	char compact;
	uint8_t form;
};

#define ROW(id, text, letter, kind)                                                                \
	[SIP_HDR_##id] = {{text, sizeof(text) - 1}, letter, SIP_HDR_FORM_##kind},
static const struct hdr_row rows[SIP_HDR_COUNT] = {SIP_HDR_LIST(ROW)};

/* Ids by first letter of the long name, the frequent ones first; 0 ends a row. The unit test looks
 * every name up, so a row forgotten here shows. */
#define LETTER_ROW_MAX 14
#define H(id)	       SIP_HDR_##id
static const uint8_t by_letter[26][LETTER_ROW_MAX] = {
	['a' - 'a'] = {H(ALLOW), H(ACCEPT), H(AUTHORIZATION), H(ALLOW_EVENTS), H(ACCEPT_ENCODING),
		       H(ACCEPT_LANGUAGE), H(ACCEPT_CONTACT), H(AUTHENTICATION_INFO)},
	['c' - 'a'] = {H(CALL_ID), H(CSEQ), H(CONTACT), H(CONTENT_LENGTH), H(CONTENT_TYPE),
		       H(CONTENT_DISPOSITION), H(CONTENT_ENCODING)},
	['d' - 'a'] = {H(DATE), H(DIVERSION)},
	['e' - 'a'] = {H(EXPIRES), H(EVENT)},
	['f' - 'a'] = {H(FROM)},
	['h' - 'a'] = {H(HISTORY_INFO)},
	['i' - 'a'] = {H(IDENTITY), H(IDENTITY_INFO), H(INFO_PACKAGE)},
	['m' - 'a'] = {H(MAX_FORWARDS), H(MIN_SE), H(MIN_EXPIRES), H(MIME_VERSION)},
	['p' - 'a'] = {H(P_ASSERTED_IDENTITY), H(PRIVACY), H(PROXY_AUTHENTICATE),
		       H(PROXY_AUTHORIZATION), H(PROXY_REQUIRE), H(PATH), H(P_EARLY_MEDIA),
		       H(P_PREFERRED_IDENTITY)},
	['r' - 'a'] = {H(RECORD_ROUTE), H(REQUIRE), H(RSEQ), H(REASON), H(ROUTE), H(RETRY_AFTER),
		       H(REMOTE_PARTY_ID), H(RACK), H(REFER_TO), H(REFERRED_BY), H(REPLACES),
		       H(REJECT_CONTACT), H(REQUEST_DISPOSITION)},
	['s' - 'a'] = {H(SUPPORTED), H(SERVER), H(SESSION_EXPIRES), H(SUBJECT), H(SERVICE_ROUTE),
		       H(SUBSCRIPTION_STATE)},
	['t' - 'a'] = {H(TO)},
	['u' - 'a'] = {H(USER_AGENT), H(UNSUPPORTED)},
	['v' - 'a'] = {H(VIA)},
	['w' - 'a'] = {H(WARNING), H(WWW_AUTHENTICATE)},
};

static const uint8_t by_compact[26] = {
	['a' - 'a'] = H(ACCEPT_CONTACT),
	['b' - 'a'] = H(REFERRED_BY),
	['c' - 'a'] = H(CONTENT_TYPE),
	['d' - 'a'] = H(REQUEST_DISPOSITION),
	['e' - 'a'] = H(CONTENT_ENCODING),
	['f' - 'a'] = H(FROM),
	['i' - 'a'] = H(CALL_ID),
	['j' - 'a'] = H(REJECT_CONTACT),
	['k' - 'a'] = H(SUPPORTED),
	['l' - 'a'] = H(CONTENT_LENGTH),
	['m' - 'a'] = H(CONTACT),
	['n' - 'a'] = H(IDENTITY_INFO),
	['o' - 'a'] = H(EVENT),
	['r' - 'a'] = H(REFER_TO),
	['s' - 'a'] = H(SUBJECT),
	['t' - 'a'] = H(TO),
	['u' - 'a'] = H(ALLOW_EVENTS),
	['v' - 'a'] = H(VIA),
	['x' - 'a'] = H(SESSION_EXPIRES),
	['y' - 'a'] = H(IDENTITY),
};

/* The canonical spelling is what nearly everybody sends: one memcmp, and only then letter by
 * letter. */
static bool name_matches(struct slice name, struct slice canonical)
{
	if (name.len != canonical.len)
		return false;
	return memcmp(name.ptr, canonical.ptr, name.len) == 0 || slice_ieq(name, canonical);
}

enum sip_hdr_id sip_hdr_lookup(struct slice name)
{
	unsigned letter;

	if (!name.len)
		return SIP_HDR_OTHER;
	letter = ((unsigned)(unsigned char)name.ptr[0] | 0x20) - 'a';
	if (letter >= 26)
		return SIP_HDR_OTHER;
	if (name.len == 1)
		return (enum sip_hdr_id)by_compact[letter];
	for (const uint8_t *id = by_letter[letter]; *id; id++)
		if (name_matches(name, rows[*id].name))
			return (enum sip_hdr_id) * id;
	return SIP_HDR_OTHER;
}

struct slice sip_hdr_name(enum sip_hdr_id id)
{
	check(id < SIP_HDR_COUNT);
	return rows[id].name;
}

enum sip_hdr_form sip_hdr_form(enum sip_hdr_id id)
{
	check(id < SIP_HDR_COUNT);
	return (enum sip_hdr_form)rows[id].form;
}

static const struct slice methods[SIP_METHOD_COUNT] = {
#define METHOD_ROW(name) [SIP_METHOD_##name] = {#name, sizeof(#name) - 1},
	SIP_METHOD_LIST(METHOD_ROW)
#undef METHOD_ROW
};

enum sip_method sip_method_lookup(struct slice text)
{
	for (unsigned i = 1; i < SIP_METHOD_COUNT; i++)
		if (slice_eq(text, methods[i]))
			return (enum sip_method)i;
	return SIP_METHOD_OTHER;
}

struct slice sip_method_name(enum sip_method method)
{
	check(method < SIP_METHOD_COUNT);
	return methods[method];
}

struct phrase {
	uint16_t code;
	const char *text;
};

static const struct phrase phrases[] = {
	{100, "Trying"},
	{180, "Ringing"},
	{181, "Call Is Being Forwarded"},
	{182, "Queued"},
	{183, "Session Progress"},
	{199, "Early Dialog Terminated"},
	{200, "OK"},
	{202, "Accepted"},
	{204, "No Notification"},
	{300, "Multiple Choices"},
	{301, "Moved Permanently"},
	{302, "Moved Temporarily"},
	{305, "Use Proxy"},
	{380, "Alternative Service"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{402, "Payment Required"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{407, "Proxy Authentication Required"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Conditional Request Failed"},
	{413, "Request Entity Too Large"},
	{414, "Request-URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Unsupported URI Scheme"},
	{417, "Unknown Resource-Priority"},
	{420, "Bad Extension"},
	{421, "Extension Required"},
	{422, "Session Interval Too Small"},
	{423, "Interval Too Brief"},
	{428, "Use Identity Header"},
	{429, "Provide Referrer Identity"},
	{430, "Flow Failed"},
	{433, "Anonymity Disallowed"},
	{436, "Bad Identity Info"},
	{437, "Unsupported Credential"},
	{438, "Invalid Identity Header"},
	{439, "First Hop Lacks Outbound Support"},
	{440, "Max-Breadth Exceeded"},
	{469, "Bad Info Package"},
	{470, "Consent Needed"},
	{480, "Temporarily Unavailable"},
	{481, "Call/Transaction Does Not Exist"},
	{482, "Loop Detected"},
	{483, "Too Many Hops"},
	{484, "Address Incomplete"},
	{485, "Ambiguous"},
	{486, "Busy Here"},
	{487, "Request Terminated"},
	{488, "Not Acceptable Here"},
	{489, "Bad Event"},
	{491, "Request Pending"},
	{493, "Undecipherable"},
	{494, "Security Agreement Required"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Server Time-out"},
	{505, "Version Not Supported"},
	{513, "Message Too Large"},
	{580, "Precondition Failure"},
	{600, "Busy Everywhere"},
	{603, "Decline"},
	{604, "Does Not Exist Anywhere"},
	{606, "Not Acceptable"},
	{607, "Unwanted"},
	{608, "Rejected"},
};

struct slice sip_status_phrase(unsigned code)
{
	for (size_t i = 0; i < ARRAY_COUNT(phrases); i++)
		if (phrases[i].code == code)
			return slice_str(phrases[i].text);
	return SLICE_LIT("Unknown");
}
