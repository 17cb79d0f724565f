/* bench/micro/sip_text.h - the messages that parsers are measured with: ours and that of a peer. */
#ifndef RINGER_BENCH_MICRO_SIP_TEXT_H
#define RINGER_BENCH_MICRO_SIP_TEXT_H

static const char micro_ok_200[] =
	"SIP/2.0 200 OK\r\n"
	"Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;received=192.0.2.9;"
	"branch=z9hG4bKPj0f7a9d3e-55f3-4d0a-9d0e-3b1c2d4e5f60\r\n"
	"Record-Route: <sip:203.0.113.7;lr;ftag=7b1c>\r\n"
	"From: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"To: <sip:4930123456@203.0.113.7>;tag=as5d8f1c2b\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 12345 INVITE\r\n"
	"Server: Gateway 7.4\r\n"
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, "
	"UPDATE\r\n"
	"Supported: replaces, timer\r\n"
	"Session-Expires: 1800;refresher=uas\r\n"
	"Contact: <sip:4930123456@203.0.113.20:5060>\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 208\r\n"
	"\r\n"
	"v=0\r\no=- 1831123 1831123 IN IP4 203.0.113.20\r\ns=-\r\nc=IN IP4 203.0.113.20\r\nt=0 "
	"0\r\n"
	"m=audio 17042 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 "
	"telephone-event/8000\r\n"
	"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

static const char micro_trying[] =
	"SIP/2.0 100 Trying\r\n"
	"Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;received=192.0.2.9;"
	"branch=z9hG4bKPj0f7a9d3e-55f3-4d0a-9d0e-3b1c2d4e5f60\r\n"
	"From: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"To: <sip:4930123456@203.0.113.7>\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 12345 INVITE\r\n"
	"Content-Length: 0\r\n\r\n";

static const char micro_bye[] =
	"BYE sip:asterisk@192.0.2.9:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKcydzigwkX\r\n"
	"Via: SIP/2.0/UDP 203.0.113.20:5060;rport=5060;branch=z9hG4bK776asdhds\r\n"
	"From: <sip:4930123456@203.0.113.7>;tag=as5d8f1c2b\r\n"
	"To: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 102 BYE\r\n"
	"Max-Forwards: 69\r\n"
	"Reason: Q.850;cause=16\r\n"
	"Content-Length: 0\r\n\r\n";

#endif
