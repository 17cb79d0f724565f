/* tests/flow/test_look.c - our messages whole, octet by octet but for what is drawn by chance: an
 * endpoint of which pjsip.conf says nothing special looks as with chan_pjsip. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"
#include "tests/sim/peer_transcript.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")

static const char invite_text[] =
	"INVITE sip:100@10.0.0.9:5060 SIP/2.0\n"
	"Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj<any>\n"
	"From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
	"To: <sip:100@10.0.0.9>\n"
	"Contact: <sip:asterisk@10.0.0.1:5060>\n"
	"Call-ID: <any>\n"
	"CSeq: <any> INVITE\n"
	"Allow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\n"
	"Supported: 100rel, timer, replaces, norefersub, histinfo\n"
	"Session-Expires: 1800\n"
	"Min-SE: 90\n"
	"X-Campaign: spring\n"
	"Max-Forwards: 70\n"
	"User-Agent: Ringer <any>\n"
	"Content-Type: application/sdp\n"
	"Content-Length:   <any>\n"
	"\n"
	"v=0\n"
	"o=- <any> <any> IN IP4 10.0.0.1\n"
	"s=Asterisk\n"
	"c=IN IP4 10.0.0.1\n"
	"t=0 0\n"
	"m=audio 4000 RTP/AVP 0 8 101\n"
	"a=rtpmap:0 PCMU/8000\n"
	"a=rtpmap:8 PCMA/8000\n"
	"a=rtpmap:101 telephone-event/8000\n"
	"a=fmtp:101 0-16\n"
	"a=ptime:20\n"
	"a=maxptime:140\n"
	"a=sendrecv\n";

static const char ack_text[] = "ACK sip:far@10.0.0.9:5060 SIP/2.0\n"
			       "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj<any>\n"
			       "From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
			       "To: <sip:100@10.0.0.9>;tag=far1\n"
			       "Call-ID: <any>\n"
			       "CSeq: <any> ACK\n"
			       "Max-Forwards: 70\n"
			       "User-Agent: Ringer <any>\n"
			       "Content-Length:  0\n"
			       "\n";

static const char reinvite_ok_text[] =
	"SIP/2.0 200 OK\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKflow<any>\n"
	"Call-ID: <any>\n"
	"From: <sip:100@10.0.0.9>;tag=far1\n"
	"To: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
	"CSeq: 10 INVITE\n"
	"Server: Ringer <any>\n"
	"Allow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\n"
	"Contact: <sip:asterisk@10.0.0.1:5060>\n"
	"Supported: 100rel, timer, replaces, norefersub, histinfo\n"
	"Content-Type: application/sdp\n"
	"Content-Length:   <any>\n"
	"\n"
	"v=0\n"
	"o=- <any> <any> IN IP4 10.0.0.1\n"
	"s=Asterisk\n"
	"c=IN IP4 10.0.0.1\n"
	"t=0 0\n"
	"m=audio 4000 RTP/AVP 0 101\n"
	"a=rtpmap:0 PCMU/8000\n"
	"a=rtpmap:101 telephone-event/8000\n"
	"a=fmtp:101 0-16\n"
	"a=ptime:20\n"
	"a=maxptime:140\n"
	"a=recvonly\n";

static const char options_ok_text[] =
	"SIP/2.0 200 OK\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKflow<any>\n"
	"Call-ID: <any>\n"
	"From: <sip:100@10.0.0.9>;tag=far1\n"
	"To: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
	"CSeq: 11 OPTIONS\n"
	"Server: Ringer <any>\n"
	"Accept: application/sdp, application/dtmf-relay\n"
	"Allow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\n"
	"Supported: 100rel, timer, replaces, norefersub, histinfo\n"
	"Accept-Encoding: identity\n"
	"Accept-Language: en\n"
	"Content-Length:  0\n"
	"\n";

static const char bye_text[] = "BYE sip:far@10.0.0.9:5060 SIP/2.0\n"
			       "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj<any>\n"
			       "From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
			       "To: <sip:100@10.0.0.9>;tag=far1\n"
			       "Call-ID: <any>\n"
			       "CSeq: <any> BYE\n"
			       "Reason: Q.850;cause=16\n"
			       "Max-Forwards: 70\n"
			       "User-Agent: Ringer <any>\n"
			       "Content-Length:  0\n"
			       "\n";

static const char cancel_text[] = "CANCEL sip:100@10.0.0.9:5060 SIP/2.0\n"
				  "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj<any>\n"
				  "From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
				  "To: <sip:100@10.0.0.9>\n"
				  "Call-ID: <any>\n"
				  "CSeq: <any> CANCEL\n"
				  "Reason: Q.850;cause=19\n"
				  "Max-Forwards: 70\n"
				  "User-Agent: Ringer <any>\n"
				  "Content-Length:  0\n"
				  "\n";

static const char ack_of_failure_text[] =
	"ACK sip:100@10.0.0.9:5060 SIP/2.0\n"
	"Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj<any>\n"
	"From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
	"To: <sip:100@10.0.0.9>;tag=far1\n"
	"Call-ID: <any>\n"
	"CSeq: <any> ACK\n"
	"Max-Forwards: 70\n"
	"User-Agent: Ringer <any>\n"
	"Content-Length:  0\n"
	"\n";

static const char trying_text[] =
	"SIP/2.0 100 Trying\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>\n"
	"CSeq: 1 INVITE\n"
	"Server: Ringer <any>\n"
	"Content-Length:  0\n"
	"\n";

static const char ringing_text[] =
	"SIP/2.0 180 Ringing\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>;tag=<any>\n"
	"CSeq: 1 INVITE\n"
	"Server: Ringer <any>\n"
	"Contact: <sip:10.0.0.1:5060>\n"
	"Allow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\n"
	"Content-Length:  0\n"
	"\n";

static const char ok_text[] =
	"SIP/2.0 200 OK\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>;tag=<any>\n"
	"CSeq: 1 INVITE\n"
	"Server: Ringer <any>\n"
	"Allow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\n"
	"Contact: <sip:10.0.0.1:5060>\n"
	"Supported: 100rel, timer, replaces, norefersub, histinfo\n"
	"Content-Type: application/sdp\n"
	"Content-Length:   <any>\n"
	"\n"
	"v=0\n"
	"o=- <any> <any> IN IP4 10.0.0.1\n"
	"s=Asterisk\n"
	"c=IN IP4 10.0.0.1\n"
	"t=0 0\n"
	"m=audio 4000 RTP/AVP 0 101\n"
	"a=rtpmap:0 PCMU/8000\n"
	"a=rtpmap:101 telephone-event/8000\n"
	"a=fmtp:101 0-16\n"
	"a=ptime:20\n"
	"a=maxptime:140\n"
	"a=sendrecv\n";

static const char bye_ok_text[] =
	"SIP/2.0 200 OK\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>;tag=<any>\n"
	"CSeq: 2 BYE\n"
	"Server: Ringer <any>\n"
	"Content-Length:  0\n"
	"\n";

static const char busy_text[] =
	"SIP/2.0 486 Busy Here\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>;tag=<any>\n"
	"CSeq: 1 INVITE\n"
	"Server: Ringer <any>\n"
	"Reason: Q.850;cause=17\n"
	"Content-Length:  0\n"
	"\n";

static const char unauthorized_text[] =
	"SIP/2.0 401 Unauthorized\n"
	"Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=z9hG4bKcaller<any>\n"
	"Call-ID: caller<any>@far\n"
	"From: \"Ann\" <sip:1000@10.0.0.9>;tag=ft<any>\n"
	"To: <sip:100@10.0.0.1>;tag=<any>\n"
	"CSeq: 1 INVITE\n"
	"Server: Ringer <any>\n"
	"WWW-Authenticate: Digest "
	"realm=\"asterisk\",nonce=\"<any>\",algorithm=MD5,qop=\"auth\"\n"
	"Content-Length:  0\n"
	"\n";

static void looks(const struct flow_msg *m, const char *want)
{
	char got[LIMIT_SIP_OUT];
	const char *differs;
	size_t len = 0;

	for (const char *at = m->text; *at; at++) {
		assert_int_equal(*at == '\n', at > m->text && at[-1] == '\r');
		if (*at != '\r')
			got[len++] = *at;
	}
	got[len] = 0;
	differs = transcript_compare(got, want);
	if (differs)
		fail_msg("%s\n%s", differs, got);
}

static void test_placed(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	looks(invite, invite_text);
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, SDP);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	looks(flow_expect(&f, "ACK"), ack_text);
	flow_request(&f, invite, "INVITE", 10, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendonly"));
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir2 held");
	looks(flow_expect(&f, "200"), reinvite_ok_text);
	flow_request(&f, invite, "ACK", 10, "far1", NULL, NULL);
	flow_request(&f, invite, "OPTIONS", 11, "far1", NULL, NULL);
	looks(flow_expect(&f, "200"), options_ok_text);
	flow_hangup(&f, CAUSE_NORMAL);
	m = flow_expect(&f, "BYE");
	looks(m, bye_text);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

static void assert_uuid(struct slice text)
{
	assert_int_equal(text.len, 36);
	for (size_t i = 0; i < text.len; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		assert_non_null(
			memchr(is_dash ? "-" : "0123456789abcdef", text.ptr[i], is_dash ? 1 : 16));
	}
}

/* What is drawn by chance: UUIDs in lower case, and a CSeq of 15 bits; each call draws anew. */
static void test_drawn(void **state)
{
	const struct flow_msg *m, *last = NULL;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	for (int i = 0; i < 5; i++) {
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		assert_true(slice_starts(m->msg.via.branch, SLICE_LIT("z9hG4bKPj")));
		assert_uuid(slice_from(m->msg.via.branch, 9));
		assert_uuid(m->msg.from_tag);
		assert_uuid(m->msg.call_id);
		assert_in_range(m->msg.cseq, 0, 32767);
		if (last) {
			assert_false(slice_eq(m->msg.from_tag, last->msg.from_tag));
			assert_false(slice_eq(m->msg.call_id, last->msg.call_id));
			assert_int_not_equal(m->msg.cseq, last->msg.cseq);
		}
		last = m;
		flow_reply(&f, m, 486, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 17 486");
	}
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, SDP);
	flow_hangup(&f, CAUSE_BUSY);
	assert_uuid(flow_caller_expect(&c, "486")->msg.to_tag);
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

static void test_given_up(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, CAUSE_NO_ANSWER);
	m = flow_expect(&f, "CANCEL");
	looks(m, cancel_text);
	flow_reply(&f, m, 200, "far1", NULL, NULL);
	flow_reply(&f, invite, 487, "far1", NULL, NULL);
	looks(flow_expect(&f, "ACK"), ack_of_failure_text);
	flow_end(&f);
}

static void test_taken(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	looks(flow_expect(&f, "100"), trying_text);
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_indicate(&f, TECH_RINGING);
	looks(flow_caller_expect(&c, "180"), ringing_text);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	looks(flow_caller_expect(&c, "200"), ok_text);
	flow_caller_ack(&c, NULL);
	flow_caller_request(&c, "BYE", NULL, NULL);
	looks(flow_expect(&f, "200"), bye_ok_text);
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

static void test_refused(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, SDP);
	flow_hangup(&f, CAUSE_BUSY);
	looks(flow_caller_expect(&c, "486"), busy_text);
	flow_caller_ack_failure(&c);
	flow_end(&f);
	flow_start(&f, NULL,
		   "[bob]\ntype=endpoint\nallow=ulaw\nauth=bob\n"
		   "[bob]\ntype=auth\nusername=bob\npassword=zanzibar\n");
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	looks(flow_caller_expect(&c, "401"), unauthorized_text);
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_placed),	 cmocka_unit_test(test_drawn),
		cmocka_unit_test(test_given_up), cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
