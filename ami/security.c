/* ami/security.c - see security.h. */
#include "ami/security.h"

#include "ami/ami_internal.h"
#include "ami/class.h"
#include "ami/event_out.h"
#include "ami/text.h"

static const struct {
	struct slice name;
	struct slice severity;
} security_kinds[AMI_SECURITY_COUNT] = {
	[AMI_SECURITY_SUCCESS] = {SLICE_LIT("SuccessfulAuth"), SLICE_LIT("Informational")},
	[AMI_SECURITY_NO_ACCOUNT] = {SLICE_LIT("InvalidAccountID"), SLICE_LIT("Error")},
	[AMI_SECURITY_BAD_PASSWORD] = {SLICE_LIT("InvalidPassword"), SLICE_LIT("Error")},
	[AMI_SECURITY_BAD_RESPONSE] = {SLICE_LIT("ChallengeResponseFailed"), SLICE_LIT("Error")},
	[AMI_SECURITY_ACL] = {SLICE_LIT("FailedACL"), SLICE_LIT("Error")},
	[AMI_SECURITY_NOT_ALLOWED] = {SLICE_LIT("RequestNotAllowed"), SLICE_LIT("Error")},
	[AMI_SECURITY_BAD_FORMAT] = {SLICE_LIT("RequestBadFormat"), SLICE_LIT("Error")},
	[AMI_SECURITY_SESSION_LIMIT] = {SLICE_LIT("SessionLimit"), SLICE_LIT("Error")},
};

/* "2026-11-23T15:10:31.652+0000", local time. */
static void security_time(struct ami *a, struct sink *out, const char *header, int64_t wall_ns)
{
	long zone_min;
	struct tm tm;

	io_local_time(a->io, wall_ns, &tm);
	zone_min = tm.tm_gmtoff / 60;
	sink_fmt(out, "%s: %04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02ld%02ld\r\n", header,
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (int)(wall_ns % 1000000000 / 1000000), zone_min < 0 ? '-' : '+',
		 (zone_min < 0 ? -zone_min : zone_min) / 60,
		 (zone_min < 0 ? -zone_min : zone_min) % 60);
}

static void security_address(struct sink *out, const char *header, const struct addr *a,
			     const char *transport)
{
	sink_fmt(out, "%s: %s/%s/", header, a->family == 6 ? "IPV6" : "IPV4", transport);
	addr_write_ip(out, a);
	sink_fmt(out, "/%u\r\n", a->port);
}

static void security_specific(const struct ami_session *s, struct sink *out, enum ami_security kind,
			      struct slice detail)
{
	switch (kind) {
	case AMI_SECURITY_SUCCESS:
		sink_lit(out, "UsingPassword: 0\r\n");
		break;
	case AMI_SECURITY_BAD_RESPONSE:
		ami_text_header(out, "Challenge", slice_str(s->challenge));
		ami_text_header(out, "Response", detail);
		sink_lit(out, "ExpectedResponse: <hidden>\r\n");
		break;
	case AMI_SECURITY_NOT_ALLOWED:
	case AMI_SECURITY_BAD_FORMAT:
		sink_lit(out, "RequestType: Action: ");
		ami_text_value(out, detail.len ? detail : SLICE_LIT("NONE"));
		sink_lit(out, "\r\n");
		break;
	default:
		break;
	}
}

void ami_security_event(struct ami_session *s, enum ami_security kind, struct slice account,
			struct slice detail)
{
	struct ami *a = s->ami;
	struct sink out = sink_make(a->body_text, LIMIT_AMI_MESSAGE);
	int64_t now = io_wall_ns(a->io);

	if (!ami_event_is_wanted(a, AMI_CLASS_SECURITY))
		return;
	if (account.len == 0 && s->user)
		account = s->user->name;
	security_time(a, &out, "EventTV", now);
	ami_text_header(&out, "Severity", security_kinds[kind].severity);
	sink_lit(&out, "Service: AMI\r\nEventVersion: 1\r\n");
	if (kind != AMI_SECURITY_BAD_FORMAT)
		ami_text_header(&out, "AccountID", account);
	sink_fmt(&out, "SessionID: 0x%llx\r\n", (unsigned long long)s->id);
	security_address(&out, "LocalAddress", &s->local, s->transport);
	security_address(&out, "RemoteAddress", &s->peer, s->transport);
	security_specific(s, &out, kind, detail);
	security_time(a, &out, "SessionTV", s->start_wall_ns);
	if (kind == AMI_SECURITY_BAD_FORMAT)
		ami_text_header(&out, "AccountID", account);
	ami_event_raise(a, AMI_CLASS_SECURITY, security_kinds[kind].name, sink_slice(&out), false);
}
