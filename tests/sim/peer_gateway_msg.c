/* tests/sim/peer_gateway_msg.c - the gateway's own way of writing SIP and SDP. */
#include "tests/sim/peer_gateway_internal.h"

static const struct {
	unsigned code;
	const char *text;
} phrases[] = {
	{100, "Trying"},
	{180, "Ringing"},
	{183, "Session Progress"},
	{200, "OK"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{408, "Request Timeout"},
	{480, "Temporarily Unavailable"},
	{481, "Call Leg Gone"},
	{486, "Busy Here"},
	{487, "Request Terminated"},
	{488, "Not Acceptable"},
	{500, "Server Error"},
	{502, "Bad Gateway"},
	{503, "Overloaded"},
	{600, "Busy Everywhere"},
	{603, "Decline"},
};

static const char *phrase(unsigned code)
{
	for (size_t i = 0; i < ARRAY_COUNT(phrases); i++) {
		if (phrases[i].code == code)
			return phrases[i].text;
	}
	return "";
}

void gw_copy_vias(char *dst, size_t size, const struct sip_msg *m)
{
	struct sip_values it = sip_values(m, SIP_HDR_VIA);
	struct sink s = sink_make(dst, size - 1);
	struct slice via;

	while (sip_values_next(&it, &via))
		sink_fmt(&s, "v: %.*s\r\n", SLICE_ARG(via)); /* compact on purpose */
	check(!s.over);
	dst[s.len] = 0;
}

static void write_contact(struct gw_call *c, struct sink *s)
{
	char host[ADDR_TEXT];
	struct addr a = gateway_addr(c->g);

	if (c->g->conf.name && c->leg[0].tag[0] < '8')
		snprintf(host, sizeof(host), "%s:%u", c->g->conf.name, a.port);
	else
		addr_text(&a, host);
	sink_fmt(s, "Contact: <sip:gw-%s@%s>\r\n", c->leg[0].tag, host);
}

void gw_write_sdp(struct gw_call *c, struct sink *s)
{
	static const char events[] = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";
	struct addr a = gateway_addr(c->g);
	bool no_events = c->g->conf.no_events;
	struct sink ip;
	char text[ADDR_TEXT];

	gw_rtp_open(c);
	ip = sink_make(text, sizeof(text));
	addr_write_ip(&ip, &a);
	sink_fmt(s,
		 "v=0\r\no=gw 1 %u IN IP4 %.*s\r\ns=gw\r\nc=IN IP4 %.*s\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP 0%s\r\na=rtpmap:0 PCMU/8000\r\n%sa=ptime:20\r\na=%s\r\n",
		 c->sdp_version, (int)ip.len, text, (int)ip.len, text,
		 c->rtp.udp ? io_udp_local(c->rtp.udp)->port : 9u, no_events ? "" : " 101",
		 no_events ? "" : events, c->sdp_dir);
}

static void write_body(struct sink *s, const char *body, size_t len)
{
	if (len > 0)
		sink_str(s, "Content-Type: application/sdp\r\n");
	sink_fmt(s, "l: %zu\r\n\r\n%.*s", len, (int)len, body);
}

void gw_write_response(struct gw_call *c, struct sink *s, unsigned code, uint32_t leg,
		       unsigned flags)
{
	char body[1024];
	struct sink b = sink_make(body, sizeof(body));

	sink_fmt(s, "SIP/2.0 %u %s\r\n%sFrom: %s\r\nTo: %s", code, phrase(code), c->vias, c->from,
		 c->to);
	if (code > 100)
		sink_fmt(s, ";tag=%s", c->leg[leg].tag);
	sink_fmt(s, "\r\ni: %s\r\nCSeq: %u INVITE\r\n", c->call_id, c->cseq);
	if (code > 100 && code < 300)
		write_contact(c, s);
	if (flags & GW_RETRY_AFTER)
		sink_fmt(s, "Retry-After: %u (too much)\r\n", 1 + rng_below(&c->g->rng, 5));
	if (flags & GW_AUTH)
		gw_auth_write(c->g, s);
	if (flags & GW_RELIABLE)
		sink_fmt(s, "Require: 100rel\r\nRSeq: %u\r\n", c->rseq);
	if (flags & GW_SDP)
		gw_write_sdp(c, &b);
	write_body(s, body, b.len);
	check(!s->over && !b.over);
}

void gw_write_reply(struct gw_call *c, struct sink *s, const struct sip_msg *m, unsigned code,
		    const char *body)
{
	char vias[GW_TEXT];
	struct slice from = sip_msg_get(m, SIP_HDR_FROM), to = sip_msg_get(m, SIP_HDR_TO);

	gw_copy_vias(vias, sizeof(vias), m);
	sink_fmt(s, "SIP/2.0 %u %s\r\n%sFrom: %.*s\r\nTo: %.*s\r\ni: %.*s\r\nCSeq: %.*s\r\n", code,
		 phrase(code), vias, SLICE_ARG(from), SLICE_ARG(to), SLICE_ARG(m->call_id),
		 SLICE_ARG(m->cseq_text));
	if (c && code == 200 && (m->method == SIP_METHOD_INVITE || m->method == SIP_METHOD_UPDATE))
		write_contact(c, s);
	write_body(s, body, strlen(body));
	check(!s->over);
}

void gw_write_request(struct gw_call *c, struct sink *s, const char *method, uint32_t leg,
		      const char *branch, uint32_t cseq, const char *body)
{
	char host[ADDR_TEXT];
	struct addr a = gateway_addr(c->g);

	sink_fmt(s, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\n", method, c->contact,
		 addr_text(&a, host), branch);
	sink_fmt(s,
		 "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n",
		 c->to, c->leg[leg].tag, c->from, c->call_id, cseq, method);
	if (strcmp(method, "INVITE") == 0)
		write_contact(c, s);
	write_body(s, body, strlen(body));
	check(!s->over);
}
