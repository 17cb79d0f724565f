/* tests/fuzz/fuzz_sip_seq.c - whole transactions, dialogs and calls: a script of what owners do,
 * what the far end sends and how time passes, played against one shard's signalling (seq.h).
 *
 * The script is text, so that seeds can be read and written by hand; octets that mean nothing are
 * passed over. An argument is one octet: a digit is its value, a letter counts on from 10, all
 * others are their number. Commands:
 *
 * - D r: dial resource r
 * - H c k: hang up call c (counted from the first) with cause k
 * - A c, I c k: answer call c; indicate ringing or progress
 * - X c d, M c, Y c: transfer call c; send a text in it, or a NOTIFY
 * - W t: wait
 * - U k: what the door and a transfer say from now on
 * - C n, Z: another configuration; the engine ends all calls
 * - R m s t ...: respond to the mth newest request (a letter: INVITE) with status s, To tag t
 * - Q m x s b ...: a request with method x, CSeq moved by s, branch b, in the dialog of the mth
 *   newest message (a letter: of an INVITE)
 * - N x i b ...: a request x out of the blue with Call-ID i, branch b
 * - P, p: the last message once more, from the same or another port
 * - O n: as many octets as the next one says by its own number: a message
 * - " ... ": octets for the headers of the next message
 * - ! n n v: octet of the next message changed; | n n: cut there
 *
 * "..." of R, Q and N: letters of seq_lines, up to a full stop. */
#include "engine/base/check.h"
#include "tests/fuzz/seq.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SCRIPT_STEPS 120
#define SCRIPT_TEXT  8192

struct script {
	struct seq *s;
	const uint8_t *at, *end;
	char text[SCRIPT_TEXT]; /* of the last message */
	size_t len;
	struct slice raw; /* headers for the next one */
	const char *type, *body;
	uint32_t change_at, cut_at; /* UINT32_MAX: not */
	uint8_t change_to;
	uint32_t number; /* of branches */
};

/* ---- reading ---- */

static uint8_t script_octet(struct script *p)
{
	return p->at < p->end ? *p->at++ : 0;
}

static uint32_t script_value(uint8_t octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	if (octet >= 'a' && octet <= 'z')
		return octet - 'a' + 10;
	return octet;
}

static uint32_t script_number(struct script *p)
{
	return script_value(script_octet(p));
}

#define SCRIPT_PICK(p, table) ((table)[script_number(p) % ARRAY_COUNT(table)])

/* A digit: any message; a letter: of an INVITE. */
static const struct sip_msg *script_base(struct script *p, enum seq_kind any, enum seq_kind invite)
{
	uint8_t octet = script_octet(p);
	bool is_letter = (octet | 0x20) >= 'a' && (octet | 0x20) <= 'z';

	return seq_message(p->s, is_letter ? invite : any,
			   is_letter ? (octet | 0x20u) - 'a' : script_value(octet));
}

/* ---- messages ---- */

#define SDP(address, port, formats, tail)                                                          \
	"v=0\r\no=far 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 " address                             \
	"\r\nt=0 0\r\nm=audio " port " RTP/AVP " formats                                           \
	"\r\na=rtpmap:101 telephone-event/8000\r\n" tail

/* A line, or (type) the body. %: what it needs of the message that it goes with. */
static const struct seq_line {
	char letter;
	const char *text;
	const char *type;
} seq_lines[] = {
	{'c', "Contact: <sip:far@10.0.0.9:5060>\r\n", NULL},
	{'C', "Contact: <sip:far@10.0.0.10:5062;transport=udp>\r\n", NULL},
	{'d', "Contact: <sip:1@10.0.0.9>, <sip:2@10.0.0.10>;q=0.5\r\n", NULL},
	{'j', "Contact: <sip:far@\r\n", NULL},
	{'w', "Contact: <sip:far@node.example:5070>\r\n", NULL},
	{'W', "Contact: <sip:far@farm.example>\r\n", NULL},
	{'D', "Contact: <sip:far@nobody.example;transport=tcp>\r\n", NULL},
	{'R', "Record-Route: <sip:farm.example;lr>, <sip:node.example>\r\n", NULL},
	{'l', "Record-Route: <sip:10.0.0.8;lr>, <sip:10.0.0.7;lr>\r\n", NULL},
	{'L', "Record-Route: <sip:10.0.0.8>\r\n", NULL},
	{'y', "Route: <sip:10.0.0.1;lr>\r\n", NULL},
	{'r', "Require: 100rel\r\n", NULL},
	{'s', "Supported: 100rel, timer\r\n", NULL},
	{'x', "Require: foo\r\n", NULL},
	{'T', "Require: timer\r\n", NULL},
	{'1', "RSeq: 1\r\n", NULL},
	{'2', "RSeq: 2\r\n", NULL},
	{'3', "RSeq: 4294967295\r\n", NULL},
	{'e', "Session-Expires: 90;refresher=uac\r\n", NULL},
	{'E', "Session-Expires: 90;refresher=uas\r\n", NULL},
	{'g', "Session-Expires: 1\r\n", NULL},
	{'G', "Min-SE: 180\r\n", NULL},
	{'a', "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", NULL},
	{'A', "WWW-Authenticate: Digest realm=\"w\", nonce=\"n2\", stale=true\r\n", NULL},
	{'h',
	 "Authorization: Digest username=\"joe\", realm=\"asterisk\", nonce=\"1/2\", "
	 "uri=\"sip:100@10.0.0.1\", response=\"0123456789abcdef0123456789abcdef\"\r\n",
	 NULL},
	{'v', "Retry-After: 5\r\n", NULL},
	{'q', "Reason: SIP;cause=503, Q.850;cause=38\r\n", NULL},
	{'f', "Refer-To: <sip:200@10.0.0.9>\r\nReferred-By: <sip:1@10.0.0.9>\r\n", NULL},
	{'F', "Refer-To: <sip:200@10.0.0.9?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n", NULL},
	{'n', "Event: refer\r\nSubscription-State: active;expires=60\r\n", NULL},
	{'N', "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n", NULL},
	{'k', "\1", NULL}, /* RAck of the message */
	{'K', "RAck: 1 1 INVITE\r\n", NULL},
	{'P', "\2", NULL}, /* Replaces: its dialog */
	{'u', "Allow: INVITE, UPDATE, BYE, ACK\r\n", NULL},
	{'U', "Allow: INVITE, BYE, ACK\r\n", NULL},
	{'V', "Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother\r\n", NULL},
	{'m', "Max-Forwards: 0\r\n", NULL},
	{'o', SDP("10.0.0.9", "7000", "0 8 101", ""), "application/sdp"},
	{'O', SDP("10.0.0.9", "7002", "8 101", "a=sendonly\r\n"), "application/sdp"},
	{'z', SDP("0.0.0.0", "7000", "0 101", ""), "application/sdp"},
	{'Z', SDP("10.0.0.9", "0", "0", ""), "application/sdp"},
	{'i', SDP("10.0.0.9", "7000", "0", "a=inactive\r\n"), "application/sdp"},
	{'b', SDP("10.0.0.9", "7000", "18", "m=video 9000 RTP/AVP 99\r\n"), "application/sdp"},
	{'B', "v=0\r\nnonsense", "application/sdp"},
	{'M',
	 "--b\r\nContent-Type: application/sdp\r\n\r\n" SDP("10.0.0.9", "7000", "0",
							    "") "--b--\r\n",
	 "multipart/mixed;boundary=b"},
	{'t', "Signal=5\r\nDuration=160\r\n", "application/dtmf-relay"},
	{'S', "SIP/2.0 200 OK\r\n", "message/sipfrag"},
};

static void script_add(struct script *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void script_add(struct script *p, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(p->text + p->len, sizeof(p->text) - p->len, fmt, args);
	va_end(args);
	p->len += len > 0 ? (size_t)len : 0;
	if (p->len >= sizeof(p->text))
		p->len = sizeof(p->text) - 1;
}

/* Slices may hold NUL. */
static void script_add_slice(struct script *p, struct slice s)
{
	struct slice part = slice_head(s, sizeof(p->text) - 1 - p->len);

	if (part.len)
		memcpy(p->text + p->len, part.ptr, part.len);
	p->len += part.len;
}

static void script_add_line(struct script *p, const char *name, struct slice value)
{
	script_add(p, "%s: ", name);
	script_add_slice(p, value);
	script_add(p, "\r\n");
}

static void script_add_extra(struct script *p, char letter, const struct sip_msg *base)
{
	for (size_t i = 0; i < ARRAY_COUNT(seq_lines); i++) {
		const struct seq_line *l = &seq_lines[i];

		if (l->letter != letter)
			continue;
		if (l->type) {
			p->type = l->type;
			p->body = l->text;
		} else if (l->text[0] > 2) {
			script_add(p, "%s", l->text);
		} else if (base && l->text[0] == 1) {
			struct slice rseq = sip_msg_get_name(base, SLICE_LIT("RSeq"));

			script_add(p, "RAck: %.*s %u INVITE\r\n", SLICE_ARG(rseq), base->cseq);
		} else if (base) {
			script_add(p, "Replaces: %.*s;to-tag=%.*s;from-tag=%.*s\r\n",
				   SLICE_ARG(base->call_id), SLICE_ARG(base->from_tag),
				   SLICE_ARG(base->to_tag));
		}
	}
}

static void script_add_extras(struct script *p, const struct sip_msg *base)
{
	while (p->at < p->end) {
		uint8_t octet = script_octet(p);

		if (octet == '.')
			break;
		script_add_extra(p, (char)octet, base);
	}
}

static void script_send(struct script *p, bool other_port)
{
	size_t len = p->len;

	if (p->change_at < len)
		p->text[p->change_at] = (char)p->change_to;
	if (p->cut_at < len)
		len = p->cut_at;
	p->change_at = p->cut_at = UINT32_MAX;
	seq_send(p->s, other_port, p->text, len);
}

/* The extras, what was written for it, the body; and off it goes. */
static void script_finish(struct script *p, const struct sip_msg *base)
{
	p->type = p->body = NULL;
	script_add_extras(p, base);
	script_add_slice(p, p->raw);
	p->raw = SLICE_EMPTY;
	if (p->body)
		script_add(p, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", p->type,
			   strlen(p->body), p->body);
	else
		script_add(p, "Content-Length: 0\r\n\r\n");
	script_send(p, false);
}

static const char *const script_tags[] = {"t0", "t1", "t2", ""};

static void script_respond(struct script *p)
{
	static const unsigned codes[] = {100, 180, 181, 183, 199, 200, 202, 300, 302, 400, 401,
					 403, 404, 407, 408, 415, 420, 422, 423, 480, 481, 482,
					 486, 487, 488, 491, 500, 501, 503, 504, 600, 603, 699};
	const struct sip_msg *q = script_base(p, SEQ_REQUEST, SEQ_INVITE);
	unsigned code = SCRIPT_PICK(p, codes);
	const char *tag = SCRIPT_PICK(p, script_tags);

	if (!q)
		return;
	p->len = 0;
	script_add(p, "SIP/2.0 %u Any\r\n", code);
	script_add_line(p, "Via", q->via.raw);
	script_add_line(p, "From", sip_msg_get_name(q, SLICE_LIT("From")));
	script_add(p, "To: ");
	script_add_slice(p, sip_msg_get_name(q, SLICE_LIT("To")));
	script_add(p, "%s%s\r\n", q->to_tag.len || !*tag ? "" : ";tag=", q->to_tag.len ? "" : tag);
	script_add_line(p, "Call-ID", q->call_id);
	script_add_line(p, "CSeq", q->cseq_text);
	script_finish(p, q);
}

static const char *const script_methods[] = {
	"INVITE", "ACK",   "BYE",    "CANCEL",	"PRACK",    "UPDATE",	 "OPTIONS",
	"INFO",	  "REFER", "NOTIFY", "MESSAGE", "REGISTER", "SUBSCRIBE", "TELEPORT"};

/* b: 0 a new one, 1 that of the message, else one of a few. */
static void script_add_via(struct script *p, uint32_t b, const struct sip_msg *base)
{
	script_add(p, "Via: SIP/2.0/UDP 10.0.0.9:5060;rport;branch=");
	if (b == 0)
		script_add(p, "z9hG4bKseq%u", p->number++);
	else if (b == 1 && base)
		script_add_slice(p, base->via.branch);
	else
		script_add(p, b == 9 ? "old" : "z9hG4bKfix%u", b);
	script_add(p, "\r\n");
}

/* In the dialog of a message of the engine: as the called side of its request, or as the caller
 * whose request it answered. */
static void script_request(struct script *p)
{
	const struct sip_msg *m = script_base(p, SEQ_ANY, SEQ_OF_INVITE);
	const char *method = SCRIPT_PICK(p, script_methods);
	uint32_t step = script_number(p), branch = script_number(p);
	struct slice from, to;

	if (!m)
		return;
	from = sip_msg_get_name(m, m->is_request ? SLICE_LIT("To") : SLICE_LIT("From"));
	to = sip_msg_get_name(m, m->is_request ? SLICE_LIT("From") : SLICE_LIT("To"));
	p->len = 0;
	script_add(p, "%s ", method);
	script_add_slice(p, m->contact.uri.len ? m->contact.uri : SLICE_LIT("sip:100@10.0.0.1"));
	script_add(p, " SIP/2.0\r\n");
	script_add_via(p, branch, m);
	script_add(p, "From: ");
	script_add_slice(p, from);
	script_add(p, "%s\r\n", m->is_request && !m->to_tag.len ? ";tag=t0" : "");
	script_add_line(p, "To", to);
	script_add_line(p, "Call-ID", m->call_id);
	script_add(p, "CSeq: %u %s\r\nMax-Forwards: 70\r\n", m->cseq + step, method);
	script_finish(p, m);
}

static void script_new(struct script *p)
{
	const char *method = SCRIPT_PICK(p, script_methods);
	uint32_t id = script_number(p), branch = script_number(p);

	p->len = 0;
	script_add(p, "%s sip:100@10.0.0.1 SIP/2.0\r\n", method);
	script_add_via(p, branch, NULL);
	script_add(p,
		   "From: \"Ann\" <sip:1000@10.0.0.9>;tag=f%u\r\nTo: <sip:100@10.0.0.1>\r\n"
		   "Call-ID: c%u@far\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n",
		   id, id, method);
	script_finish(p, NULL);
}

static void script_octets(struct script *p)
{
	size_t len = script_octet(p), left = (size_t)(p->end - p->at);

	len = len < left ? len : left;
	p->len = 0;
	script_add_slice(p, slice_make((const char *)p->at, len));
	p->at += len;
	script_send(p, false);
}

static void script_quote(struct script *p)
{
	const uint8_t *start = p->at;

	while (p->at < p->end && *p->at != '"')
		p->at++;
	p->raw = slice_make((const char *)start, (size_t)(p->at - start));
	if (p->at < p->end)
		p->at++;
}

static uint32_t script_place(struct script *p)
{
	uint32_t high = script_number(p);

	return high * 36 + script_number(p);
}

/* ---- steps ---- */

static const int64_t script_waits[] = {1 * SIM_MS,	100 * SIM_MS,	 500 * SIM_MS,
				       2 * SIM_SECOND,	5 * SIM_SECOND,	 31 * SIM_SECOND,
				       33 * SIM_SECOND, 65 * SIM_SECOND, 200 * SIM_SECOND};
static const int script_causes[] = {16, 17, 19, 21, 26, 0, 127, 34};
static const char *const script_resources[] = {
	"100@trunk", "100@two", "trunk", "nobody", "trunk/sip:7@10.0.0.9", "two/sip:x@[::1]"};

static void script_owner_step(struct script *p, uint8_t command)
{
	static const char *const dests[] = {"200", "sip:200@10.0.0.9", "a@b", "", "<\r\n>"};
	uint32_t call = script_number(p);

	if (command == 'D')
		seq_dial(p->s, script_resources[call % ARRAY_COUNT(script_resources)]);
	else if (command == 'H')
		seq_hangup(p->s, call, SCRIPT_PICK(p, script_causes));
	else if (command == 'A')
		seq_answer(p->s, call);
	else if (command == 'I')
		seq_indicate(p->s, call, script_number(p) % 2 ? TECH_PROGRESS : TECH_RINGING);
	else if (command == 'X')
		seq_transfer(p->s, call, SCRIPT_PICK(p, dests));
	else if (command == 'M')
		seq_text(p->s, call, "hello");
	else if (command == 'Y')
		seq_notify(p->s, call);
	else if (command == 'W')
		seq_wait(p->s, script_waits[call % ARRAY_COUNT(script_waits)]);
	else if (command == 'U')
		p->s->refuse = (const int[]){0, 1, 17, 21}[call % 4];
	else if (command == 'C')
		seq_reload(p->s, call % SEQ_CONFS);
}

static void script_change(struct script *p, uint8_t command)
{
	if (command == '|') {
		p->cut_at = script_place(p);
		return;
	}
	p->change_at = script_place(p);
	p->change_to = script_octet(p);
}

static void script_step(struct script *p)
{
	uint8_t command = script_octet(p);

	if (command && strchr("DHAIXMYWUC", command))
		script_owner_step(p, command);
	else if (command == 'R')
		script_respond(p);
	else if (command == 'Q')
		script_request(p);
	else if (command == 'N')
		script_new(p);
	else if (command == 'P' || command == 'p')
		script_send(p, command == 'p');
	else if (command == 'O')
		script_octets(p);
	else if (command == '"')
		script_quote(p);
	else if (command == '!' || command == '|')
		script_change(p, command);
	else if (command == 'Z')
		seq_hangup_all(p->s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seq s;
	static struct script p;

	p = (struct script){.s = &s,
			    .at = data,
			    .end = data + size,
			    .change_at = UINT32_MAX,
			    .cut_at = UINT32_MAX};
	seq_start(&s, script_number(&p) % SEQ_CONFS);
	for (int i = 0; i < SCRIPT_STEPS && p.at < p.end; i++)
		script_step(&p);
	seq_end(&s, size % 2);
	return 0;
}
