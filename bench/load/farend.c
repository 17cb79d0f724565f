#include "bench/load/farend.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/slab.h"
#include "sip/msg.h"

#include <errno.h>
#include <stdlib.h>

#define HEAD_BYTES   1024 /* Via, Record-Route, From, To, Call-ID of a call */
#define TEXT_BYTES   256
#define T1_NS        (500 * TMR_MS)
#define T2_NS        (4 * TMR_SECOND)
#define GIVE_UP_NS   (32 * TMR_SECOND)

enum call_state { CALL_WAITING, CALL_ANSWERED, CALL_REFUSED, CALL_UP, CALL_ENDING };

struct call {
	struct farend *farend;
	struct hash_node by_id;
	struct tmr timer;
	enum call_state state;
	enum farend_act act;
	int64_t next_ns, give_up_ns, wait_ns;
	struct addr from;
	uint16_t via_len, head_len; /* of head: Vias and Record-Routes, then the dialog's headers */
	char head[HEAD_BYTES];
	uint16_t id_len, from_len, to_len, contact_len;
	char id[TEXT_BYTES], from_text[TEXT_BYTES], to_text[TEXT_BYTES], contact[TEXT_BYTES];
	uint32_t cseq, index;
};

struct farend {
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng *rng;
	struct farend_conf conf;
	struct io_udp *udp;
	struct slab *calls;
	struct hash by_id;
	struct farend_stats stats;
	char address[ADDR_TEXT];
	char ip[ADDR_TEXT];
	char out[4096];
};

static const char *const act_names[FAREND_ACT_COUNT] = {
	"answer", "delay", "early", "busy", "congestion", "notfound", "ring", "never"};

const char *farend_act_name(enum farend_act act)
{
	return act_names[act];
}

/* ---- what to do with a call ---- */

uint64_t farend_number(struct slice user)
{
	size_t dash = slice_rfind(user, '-');
	uint64_t n;

	if (dash == SIZE_MAX || !slice_u64(slice_from(user, dash + 1), UINT64_MAX - 1, &n))
		return UINT64_MAX;
	return n;
}

/* "busy", "delay500": the name and the delay behind it. */
static bool farend_act_of(struct slice text, enum farend_act *act, uint32_t *delay_ms)
{
	for (enum farend_act a = 0; a < FAREND_ACT_COUNT; a++) {
		struct slice name = slice_str(act_names[a]), rest;
		uint64_t ms = 500;

		if (!slice_starts(text, name))
			continue;
		rest = slice_from(text, name.len);
		if (rest.len > 0 && rest.ptr[0] == ':')
			rest = slice_from(rest, 1);
		if (rest.len > 0 && !slice_u64(rest, 3600000, &ms))
			continue;
		*act = a;
		*delay_ms = (uint32_t)ms;
		return true;
	}
	return false;
}

bool farend_parse_mix(struct farend_conf *conf, struct slice text, struct sink *error)
{
	struct slice part;
	uint64_t sum = 0, percent;

	conf->mix_count = 0;
	while (slice_split(&text, ',', &part)) {
		struct farend_share *s = &conf->mix[conf->mix_count];
		size_t eq = slice_find(part, '=');

		if (conf->mix_count == ARRAY_COUNT(conf->mix) || eq == SIZE_MAX ||
		    !slice_u64(slice_from(part, eq + 1), 100, &percent) ||
		    !farend_act_of(slice_head(part, eq), &s->act, &s->delay_ms)) {
			sink_fmt(error, "'%.*s' is no part of a mix; write e.g. answer=80,busy=15,delay:2000=5",
				 SLICE_ARG(part));
			return false;
		}
		s->percent = (uint32_t)percent;
		sum += percent;
		conf->mix_count++;
	}
	if (sum != 100)
		sink_fmt(error, "the shares of the mix add up to %llu, not to 100", (unsigned long long)sum);
	return sum == 100;
}

static void farend_choose(const struct farend *f, struct slice user, struct slice call_id,
			  enum farend_act *act, uint32_t *delay_ms)
{
	uint32_t at = (uint32_t)(slice_hash(call_id, 7) % 100);
	size_t dash = slice_find(user, '-');

	*act = FAREND_ANSWER;
	*delay_ms = 0;
	if (farend_act_of(slice_head(user, dash), act, delay_ms))
		return;
	for (uint32_t i = 0; i < f->conf.mix_count; i++) {
		const struct farend_share *s = &f->conf.mix[i];

		if (at < s->percent) {
			*act = s->act;
			*delay_ms = s->delay_ms;
			return;
		}
		at -= s->percent;
	}
}

/* ---- messages ---- */

static void farend_send(struct farend *f, const struct addr *to, const struct sink *out)
{
	if (!out->over)
		io_udp_send(f->udp, to, out->ptr, out->len);
}

static void farend_write_sdp(struct farend *f, struct sink *out, uint32_t index)
{
	char body_text[512];
	struct sink body = sink_make(body_text, sizeof(body_text));
	unsigned port = f->conf.sink ? rtpsink_local(f->conf.sink)->port : 9;

	sink_fmt(&body,
		 "v=0\r\no=- %u %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
		 index + 1, index + 1, f->ip, f->ip, port);
	sink_fmt(out, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n", body.len);
	sink_add(out, sink_slice(&body));
}

static void farend_reply(struct farend *f, struct call *c, unsigned code, const char *reason, bool sdp)
{
	struct sink out = sink_make(f->out, sizeof(f->out));

	sink_fmt(&out, "SIP/2.0 %u %s\r\n", code, reason);
	sink_add(&out, slice_make(c->head, c->head_len));
	sink_fmt(&out, "CSeq: %u INVITE\r\nContact: <sip:%s>\r\n", c->cseq, f->address);
	if (code == 503)
		sink_lit(&out, "Retry-After: 1\r\n");
	if (sdp)
		farend_write_sdp(f, &out, c->index);
	else
		sink_lit(&out, "Content-Length: 0\r\n\r\n");
	farend_send(f, &c->from, &out);
}

/* A response that needs nothing but its request. */
static void farend_reply_plain(struct farend *f, const struct sip_msg *m, const struct addr *to,
			       const char *status)
{
	struct sink out = sink_make(f->out, sizeof(f->out));

	sink_fmt(&out, "SIP/2.0 %s\r\n", status);
	for (uint16_t i = 0; i < m->hdr_count; i++) {
		const struct sip_hdr *h = &m->headers[i];

		if (h->id == SIP_HDR_VIA || h->id == SIP_HDR_FROM || h->id == SIP_HDR_TO ||
		    h->id == SIP_HDR_CALL_ID || h->id == SIP_HDR_CSEQ) {
			sink_add(&out, sip_hdr_line_name(m, h));
			sink_lit(&out, ": ");
			sink_add(&out, sip_hdr_line_value(m, h));
			sink_lit(&out, "\r\n");
		}
	}
	sink_lit(&out, "Content-Length: 0\r\n\r\n");
	farend_send(f, to, &out);
}

static void farend_send_bye(struct farend *f, struct call *c)
{
	struct sink out = sink_make(f->out, sizeof(f->out));

	sink_fmt(&out, "BYE %.*s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-far-%08x%08x\r\n",
		 (int)c->contact_len, c->contact, f->address, c->index, rng_u32(f->rng));
	sink_fmt(&out, "From: %.*s;tag=far%u\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: 1 BYE\r\n",
		 (int)c->to_len, c->to_text, c->index, (int)c->from_len, c->from_text, (int)c->id_len,
		 c->id);
	sink_lit(&out, "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	farend_send(f, &c->from, &out);
}

/* ---- life of a call ---- */

static void farend_forget(struct farend *f, struct call *c)
{
	tmr_stop(&c->timer);
	hash_del(&f->by_id, &c->by_id);
	f->stats.calls_now--;
	slab_free(f->calls, c);
}

static void call_wait(struct call *c, int64_t ns)
{
	tmr_start(&c->timer, io_now_ns(c->farend->io) + ns);
}

static void call_answer(struct farend *f, struct call *c)
{
	c->state = CALL_ANSWERED;
	c->wait_ns = T1_NS;
	c->give_up_ns = io_now_ns(f->io) + GIVE_UP_NS;
	farend_reply(f, c, 200, "OK", true);
	call_wait(c, T1_NS);
}

static void call_refuse(struct farend *f, struct call *c)
{
	static const struct {
		unsigned code;
		const char *reason;
	} rows[FAREND_ACT_COUNT] = {
		[FAREND_BUSY] = {486, "Busy Here"},
		[FAREND_CONGESTION] = {503, "Service Unavailable"},
		[FAREND_NOTFOUND] = {404, "Not Found"},
	};

	c->state = CALL_REFUSED;
	c->wait_ns = c->wait_ns ? c->wait_ns : T1_NS;
	if (rows[c->act].code)
		farend_reply(f, c, rows[c->act].code, rows[c->act].reason, false);
	else
		farend_reply(f, c, 487, "Request Terminated", false);
	call_wait(c, c->wait_ns);
}

static void call_again(struct farend *f, struct call *c)
{
	if (io_now_ns(f->io) >= c->give_up_ns) {
		if (c->state == CALL_ANSWERED)
			f->stats.answers_unacked++;
		farend_forget(f, c);
		return;
	}
	c->wait_ns = 2 * c->wait_ns < T2_NS ? 2 * c->wait_ns : T2_NS;
	if (c->state == CALL_ANSWERED) {
		f->stats.answers_again++;
		farend_reply(f, c, 200, "OK", true);
		call_wait(c, c->wait_ns);
	} else if (c->state == CALL_REFUSED) {
		call_refuse(f, c);
	} else {
		farend_send_bye(f, c);
		call_wait(c, c->wait_ns);
	}
}

static void call_hang_up(struct farend *f, struct call *c)
{
	c->state = CALL_ENDING;
	c->wait_ns = T1_NS;
	c->give_up_ns = io_now_ns(f->io) + GIVE_UP_NS;
	f->stats.byes_out++;
	farend_send_bye(f, c);
	call_wait(c, T1_NS);
}

static void call_on_timer(struct tmr *t, void *arg)
{
	struct call *c = arg;

	UNUSED(t);
	switch (c->state) {
	case CALL_WAITING:
		call_answer(c->farend, c);
		break;
	case CALL_UP:
		call_hang_up(c->farend, c);
		break;
	case CALL_ANSWERED:
	case CALL_REFUSED:
	case CALL_ENDING:
		call_again(c->farend, c);
		break;
	}
}

static uint16_t call_keep(char *dst, struct slice s)
{
	return (uint16_t)slice_copy(dst, TEXT_BYTES, s);
}

static bool call_fill(struct call *c, const struct sip_msg *m)
{
	struct sink head = sink_make(c->head, sizeof(c->head));

	for (uint16_t i = 0; i < m->hdr_count; i++) {
		const struct sip_hdr *h = &m->headers[i];

		if (h->id != SIP_HDR_VIA && h->id != SIP_HDR_RECORD_ROUTE)
			continue;
		sink_add(&head, sip_hdr_line_name(m, h));
		sink_lit(&head, ": ");
		sink_add(&head, sip_hdr_line_value(m, h));
		sink_lit(&head, "\r\n");
	}
	c->id_len = call_keep(c->id, m->call_id);
	c->from_len = call_keep(c->from_text, sip_msg_get(m, SIP_HDR_FROM));
	c->to_len = call_keep(c->to_text, sip_msg_get(m, SIP_HDR_TO));
	c->contact_len = call_keep(c->contact, m->contact.uri);
	c->cseq = m->cseq;
	sink_fmt(&head, "From: %.*s\r\nTo: %.*s;tag=far%u\r\nCall-ID: %.*s\r\n", (int)c->from_len,
		 c->from_text, (int)c->to_len, c->to_text, c->index, (int)c->id_len, c->id);
	c->head_len = (uint16_t)head.len;
	return !head.over && c->contact_len > 0;
}

static struct slice uri_user(struct slice uri)
{
	size_t colon = slice_find(uri, ':'), at = slice_find(uri, '@');

	if (colon == SIZE_MAX || at == SIZE_MAX || at < colon)
		return SLICE_EMPTY;
	return slice_make(uri.ptr + colon + 1, at - colon - 1);
}

static void call_begin(struct farend *f, struct call *c, uint32_t delay_ms)
{
	switch (c->act) {
	case FAREND_ANSWER:
		if (f->conf.ring)
			farend_reply(f, c, 180, "Ringing", false);
		call_answer(f, c);
		break;
	case FAREND_DELAY:
		farend_reply(f, c, 180, "Ringing", false);
		call_wait(c, (int64_t)delay_ms * TMR_MS);
		break;
	case FAREND_EARLY:
		farend_reply(f, c, 183, "Session Progress", true);
		call_wait(c, (int64_t)delay_ms * TMR_MS);
		break;
	case FAREND_RING:
		farend_reply(f, c, 180, "Ringing", false);
		break;
	case FAREND_BUSY:
	case FAREND_CONGESTION:
	case FAREND_NOTFOUND:
		c->give_up_ns = io_now_ns(f->io) + GIVE_UP_NS;
		call_refuse(f, c);
		break;
	case FAREND_NEVER:
	case FAREND_ACT_COUNT:
		break;
	}
}

static struct call *farend_find(struct farend *f, struct slice call_id)
{
	struct hash_node *n = hash_first(&f->by_id, slice_hash(call_id, 1));

	for (; n; n = hash_next(n)) {
		struct call *c = hash_entry(n, struct call, by_id);

		if (slice_eq(slice_make(c->id, c->id_len), call_id))
			return c;
	}
	return NULL;
}

static void farend_on_invite(struct farend *f, const struct sip_msg *m, const struct addr *from)
{
	struct call *c = farend_find(f, m->call_id);
	struct slice user = uri_user(m->ruri);
	uint32_t delay_ms;

	if (c) {
		f->stats.invites_again++;
		return;
	}
	f->stats.invites++;
	if (f->conf.on_invite)
		f->conf.on_invite(f->conf.arg, farend_number(user), io_clock_ns(f->io));
	c = slab_alloc(f->calls);
	if (!c) {
		f->stats.refused_full++;
		return;
	}
	c->farend = f;
	c->index = slab_index(f->calls, c);
	c->from = *from;
	tmr_init(&c->timer, f->wheel, call_on_timer, c);
	if (!call_fill(c, m)) {
		f->stats.malformed++;
		slab_free(f->calls, c);
		return;
	}
	hash_add(&f->by_id, &c->by_id, slice_hash(m->call_id, 1));
	if (++f->stats.calls_now > f->stats.calls_peak)
		f->stats.calls_peak = f->stats.calls_now;
	farend_choose(f, user, m->call_id, &c->act, &delay_ms);
	f->stats.by_act[c->act]++;
	call_begin(f, c, delay_ms);
}

static void farend_on_ack(struct farend *f, const struct sip_msg *m)
{
	struct call *c = farend_find(f, m->call_id);

	f->stats.acks++;
	if (!c)
		return;
	if (c->state == CALL_REFUSED) {
		farend_forget(f, c);
		return;
	}
	if (c->state != CALL_ANSWERED)
		return;
	f->stats.answers_acked++;
	c->state = CALL_UP;
	tmr_stop(&c->timer);
	if (f->conf.hangup_ms == 0)
		call_hang_up(f, c);
	else if (f->conf.hangup_ms > 0)
		call_wait(c, f->conf.hangup_ms * TMR_MS);
}

static void farend_on_bye(struct farend *f, const struct sip_msg *m, const struct addr *from)
{
	struct call *c = farend_find(f, m->call_id);

	farend_reply_plain(f, m, from, "200 OK");
	f->stats.byes_in++;
	if (!c)
		return;
	if (c->state == CALL_ANSWERED)
		f->stats.answers_unacked++;
	farend_forget(f, c);
}

static void farend_on_cancel(struct farend *f, const struct sip_msg *m, const struct addr *from)
{
	struct call *c = farend_find(f, m->call_id);

	f->stats.cancels++;
	farend_reply_plain(f, m, from, c ? "200 OK" : "481 Call/Transaction Does Not Exist");
	if (!c || c->state != CALL_WAITING)
		return;
	c->act = FAREND_RING;
	c->give_up_ns = io_now_ns(f->io) + GIVE_UP_NS;
	call_refuse(f, c);
}

static void farend_on_response(struct farend *f, const struct sip_msg *m)
{
	struct call *c = farend_find(f, m->call_id);

	if (c && c->state == CALL_ENDING && m->code >= 200) {
		f->stats.byes_out_answered++;
		farend_forget(f, c);
	}
}

static void farend_on_datagram(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			       size_t len)
{
	struct farend *f = arg;
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(u);
	if (sip_msg_parse(&m, slice_make(data, len), &err) != 0) {
		f->stats.malformed++;
		return;
	}
	if (!m.is_request)
		farend_on_response(f, &m);
	else if (m.method == SIP_METHOD_INVITE)
		farend_on_invite(f, &m, from);
	else if (m.method == SIP_METHOD_ACK)
		farend_on_ack(f, &m);
	else if (m.method == SIP_METHOD_BYE)
		farend_on_bye(f, &m, from);
	else if (m.method == SIP_METHOD_CANCEL)
		farend_on_cancel(f, &m, from);
	else if (m.method == SIP_METHOD_OPTIONS)
		farend_reply_plain(f, &m, from, "200 OK");
	else
		f->stats.stray++;
}

int farend_create(struct farend **out, struct io *io, struct tmr_wheel *wheel, struct rng *rng,
		  const struct farend_conf *conf)
{
	struct farend *f = calloc(1, sizeof(*f));
	struct io_udp_conf udp = {.local = conf->bind, .kind = IO_UDP_SIP, .rcvbuf_bytes = 16 << 20};
	struct sink ip;
	int err;

	if (!f)
		return -ENOMEM;
	f->io = io;
	f->wheel = wheel;
	f->rng = rng;
	f->conf = *conf;
	err = slab_create(&f->calls, "far end calls", sizeof(struct call), conf->call_max);
	if (!err)
		err = hash_create(&f->by_id, conf->call_max);
	if (!err)
		err = io_udp_open(io, &f->udp, &udp, farend_on_datagram, f);
	if (err) {
		farend_destroy(f);
		return err;
	}
	addr_text(io_udp_local(f->udp), f->address);
	ip = sink_make(f->ip, sizeof(f->ip));
	addr_write_ip(&ip, io_udp_local(f->udp));
	sink_cstr(&ip);
	*out = f;
	return 0;
}

void farend_destroy(struct farend *f)
{
	if (!f)
		return;
	if (f->udp)
		io_udp_close(f->udp);
	hash_destroy(&f->by_id);
	if (f->calls)
		slab_destroy(f->calls);
	free(f);
}

const struct farend_stats *farend_stats(const struct farend *f)
{
	return &f->stats;
}
