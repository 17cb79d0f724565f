/* tests/sim/peer_caller.c - see peer_caller.h. */
#include "tests/sim/peer_caller.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "sip/msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define T1	  (500 * SIM_MS)
#define T2	  (4 * SIM_SECOND)
#define GIVE_UP	  (64 * T1)
#define TEXT	  2048
#define CALLS_MAX 64

enum caller_state {
	CALLER_IDLE,	/* its time has not come */
	CALLER_CALLING, /* INVITE sent */
	CALLER_UP,
	CALLER_ENDING, /* BYE sent */
	CALLER_OVER,
};

/* A request that is sent again until a response stops it. */
struct send {
	struct tmr tmr;
	int64_t started, interval;
	bool is_invite;
	size_t len;
	char text[TEXT];
};

struct call {
	struct caller *c;
	enum caller_plan plan;
	enum caller_state state;
	char exten[32], id[40], tag[24], branch[48], to_tag[64], target[128];
	uint32_t cseq, invite_cseq, remote_cseq;
	uint16_t final; /* of the first INVITE */
	bool provisional, taken, answered, acked, cancelled, excused, damaged, has_remote_cseq;
	uint32_t holds;	     /* re-INVITEs still to be sent */
	struct tmr step;     /* the plan's next move */
	struct send request; /* INVITE, BYE, re-INVITE */
	struct send cancel;
	size_t ack_len;
	char ack[TEXT]; /* of the last 2xx */
};

struct caller {
	struct sim_world *w;
	struct caller_conf conf;
	struct io *io;
	struct io_udp *udp;
	struct tmr_wheel *wheel;
	struct metrics metrics;
	struct rng rng;
	struct call *calls[CALLS_MAX];
	uint32_t count;
	char violation[512];
};

static void violate(struct call *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void violate(struct call *k, const char *fmt, ...)
{
	struct caller *c = k->c;
	char text[256];
	va_list ap;

	if (c->violation[0] || k->damaged)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(c->violation, sizeof(c->violation), "%s (call to %s, plan %d, Call-ID %s)", text,
		 k->exten, (int)k->plan, k->id);
	sim_trace_fmt(c->w, "violation", "%s", c->violation);
}

/* ---- sending ---- */

static void put(struct caller *c, const char *text, size_t len)
{
	io_udp_send(c->udp, &c->conf.engine, text, len);
}

static void send_due(struct tmr *t, void *arg)
{
	struct call *k = arg;
	struct send *s = t == &k->request.tmr ? &k->request : &k->cancel;
	int64_t now = io_now_ns(k->c->io);

	if (now - s->started >= GIVE_UP) {
		if (s->is_invite && k->state == CALLER_CALLING)
			violate(k, "INVITE without an answer");
		k->state = CALLER_OVER;
		return;
	}
	put(k->c, s->text, s->len);
	s->interval *= 2;
	if (!s->is_invite && s->interval > T2)
		s->interval = T2;
	tmr_start(t, now + s->interval);
}

static void send_start(struct call *k, struct send *s, bool is_invite)
{
	s->started = io_now_ns(k->c->io);
	s->interval = T1;
	s->is_invite = is_invite;
	put(k->c, s->text, s->len);
	tmr_start(&s->tmr, s->started + T1);
}

static void new_branch(struct call *k, char branch[48])
{
	memcpy(branch, "z9hG4bKca", 9);
	rng_hex(&k->c->rng, branch + 9, 20);
	branch[29] = 0;
}

static size_t write_sdp(struct call *k, char *dst, size_t size, const char *dir)
{
	struct addr a = sim_host_addr(k->c->w, k->c->conf.host, 0);
	char ip_text[ADDR_TEXT];
	struct sink ip = sink_make(ip_text, sizeof(ip_text) - 1);

	addr_write_ip(&ip, &a);
	return (size_t)snprintf(dst, size,
				"v=0\r\no=ca 1 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
				"m=audio 40000 RTP/AVP 0\r\na=%s\r\n",
				k->cseq, sink_cstr(&ip), ip_text, dir);
}

/* dir NULL: no body. */
static size_t write_request(struct call *k, char *dst, const char *method, const char *branch,
			    uint32_t cseq, const char *dir)
{
	struct addr own = sim_host_addr(k->c->w, k->c->conf.host, k->c->conf.port);
	char host[ADDR_TEXT], sdp[512] = "", engine[ADDR_TEXT];
	struct sink s = sink_make(dst, TEXT);
	bool is_invite = strcmp(method, "INVITE") == 0;

	addr_text(&own, host);
	addr_text(&k->c->conf.engine, engine);
	if (dir)
		write_sdp(k, sdp, sizeof(sdp), dir);
	sink_fmt(&s, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\n", method, k->target, host,
		 branch);
	sink_fmt(&s, "From: <sip:caller@%s>;tag=%s\r\nTo: <sip:%s@%s>%s%s\r\nCall-ID: %s\r\n", host,
		 k->tag, k->exten, engine, k->to_tag[0] ? ";tag=" : "", k->to_tag, k->id);
	sink_fmt(&s, "CSeq: %u %s\r\nMax-Forwards: 70\r\n", cseq, method);
	if (is_invite)
		sink_fmt(&s, "Contact: <sip:caller@%s>\r\n", host);
	if (dir)
		sink_str(&s, "Content-Type: application/sdp\r\n");
	sink_fmt(&s, "Content-Length: %zu\r\n\r\n%s", strlen(sdp), sdp);
	check(!s.over);
	return s.len;
}

static void request(struct call *k, const char *method, const char *dir)
{
	bool is_invite = dir != NULL;

	new_branch(k, k->branch);
	k->cseq++;
	if (is_invite)
		k->invite_cseq = k->cseq;
	k->request.len = write_request(k, k->request.text, method, k->branch, k->cseq, dir);
	k->ack_len = 0;
	sim_trace_fmt(k->c->w, "caller", "%s sends %s", k->exten, method);
	send_start(k, &k->request, is_invite);
}

static void ack_2xx(struct call *k)
{
	char branch[48];

	if (k->plan == CALLER_NO_ACK)
		return;
	if (!k->ack_len) {
		new_branch(k, branch);
		k->ack_len = write_request(k, k->ack, "ACK", branch, k->invite_cseq, NULL);
	}
	k->acked = true;
	put(k->c, k->ack, k->ack_len);
}

/* ACK of a refusal: the same branch and Request-URI. */
static void ack_failure(struct call *k)
{
	char text[TEXT];

	put(k->c, text, write_request(k, text, "ACK", k->branch, k->invite_cseq, NULL));
}

static void send_bye(struct call *k)
{
	if (k->state != CALLER_UP)
		return;
	k->state = CALLER_ENDING;
	tmr_stop(&k->request.tmr); /* a re-INVITE in progress is given up */
	request(k, "BYE", NULL);
}

static void send_cancel(struct call *k)
{
	char to_tag[64], target[128], engine[ADDR_TEXT];

	if (k->state != CALLER_CALLING || k->cancelled)
		return;
	k->cancelled = true;
	memcpy(to_tag, k->to_tag, sizeof(to_tag));
	memcpy(target, k->target, sizeof(target));
	k->to_tag[0] = 0;
	snprintf(k->target, sizeof(k->target), "sip:%s@%s", k->exten,
		 addr_text(&k->c->conf.engine, engine));
	k->cancel.len = write_request(k, k->cancel.text, "CANCEL", k->branch, k->invite_cseq, NULL);
	memcpy(k->to_tag, to_tag, sizeof(to_tag));
	memcpy(k->target, target, sizeof(target));
	sim_trace_fmt(k->c->w, "caller", "%s cancels", k->exten);
	send_start(k, &k->cancel, false);
}

/* ---- the plan ---- */

static void step_after(struct call *k, uint32_t least_ms, uint32_t most_ms)
{
	int64_t ms = least_ms + rng_below(&k->c->rng, most_ms - least_ms + 1);

	tmr_start(&k->step, io_now_ns(k->c->io) + ms * SIM_MS);
}

static void on_step(struct tmr *t, void *arg)
{
	struct call *k = arg;

	UNUSED(t);
	if (k->state == CALLER_IDLE) {
		k->state = CALLER_CALLING;
		request(k, "INVITE", "sendrecv");
	} else if (k->state == CALLER_CALLING && k->plan == CALLER_CANCEL) {
		send_cancel(k);
	} else if (k->state == CALLER_UP && k->holds) {
		request(k, "INVITE", --k->holds ? "sendonly" : "sendrecv");
		step_after(k, 2000, 4000);
	} else {
		send_bye(k);
	}
}

static void answered(struct call *k)
{
	k->answered = true;
	k->state = CALLER_UP;
	if (k->cancelled || k->plan == CALLER_CANCEL)
		step_after(k, 0, 300);
	else if (k->plan == CALLER_HANGUP)
		step_after(k, 0, 4000);
	else if (k->plan == CALLER_HOLD)
		step_after(k, 200, 1500);
	if (k->plan == CALLER_HOLD)
		k->holds = 2;
}

/* ---- responses ---- */

static void take_dialog(struct call *k, const struct sip_msg *m)
{
	if (k->to_tag[0] && m->to_tag.len && !slice_eq(slice_str(k->to_tag), m->to_tag))
		violate(k, "two To tags: %s and %.*s", k->to_tag, SLICE_ARG(m->to_tag));
	slice_copy(k->to_tag, sizeof(k->to_tag), m->to_tag);
	if (m->contact.uri.len && m->code < 300)
		slice_copy(k->target, sizeof(k->target), m->contact.uri);
}

static void rx_provisional(struct call *k, const struct sip_msg *m)
{
	tmr_stop(&k->request.tmr);
	k->taken = true;
	if (m->code > 100)
		take_dialog(k, m);
	if (!k->provisional && k->plan == CALLER_CANCEL)
		step_after(k, 0, 3000);
	k->provisional = true;
}

static void rx_first_final(struct call *k, const struct sip_msg *m)
{
	if (!k->final) { /* a copy must not stop what came after, a BYE */
		tmr_stop(&k->request.tmr);
		tmr_stop(&k->step);
	}
	if (k->final && k->final != m->code)
		violate(k, "a final %u after %u", m->code, k->final);
	k->taken |= m->code != 404 && m->code != 503;
	if (m->code >= 300) {
		if (m->to_tag.len == 0)
			violate(k, "%u without To tag", m->code);
		slice_copy(k->to_tag, sizeof(k->to_tag), m->to_tag);
		ack_failure(k);
		k->state = CALLER_OVER;
	} else if (!k->final) {
		take_dialog(k, m);
		if (slice_is_empty(sip_msg_sdp(m)))
			violate(k, "200 without SDP");
		ack_2xx(k);
		answered(k);
	} else {
		ack_2xx(k); /* a copy */
	}
	k->final = m->code;
}

static void rx_reinvite_final(struct call *k, const struct sip_msg *m)
{
	tmr_stop(&k->request.tmr);
	if (m->code < 300)
		ack_2xx(k);
	else
		ack_failure(k);
	if (m->code >= 300 && m->code != 491 && m->code != 500 && m->code != 481)
		violate(k, "re-INVITE refused with %u", m->code);
}

static void rx_response(struct call *k, const struct sip_msg *m)
{
	if (m->cseq_method == SIP_METHOD_CANCEL) {
		if (m->code >= 200)
			tmr_stop(&k->cancel.tmr);
		return;
	}
	if (m->cseq_method == SIP_METHOD_BYE) {
		if (m->code != 200 && m->code != 481)
			violate(k, "BYE answered with %u", m->code);
		tmr_stop(&k->request.tmr);
		k->state = CALLER_OVER;
		return;
	}
	if (m->cseq != k->invite_cseq || (k->invite_cseq > 1 && k->state != CALLER_UP))
		return; /* a copy of the one before, or of one given up */
	if (k->invite_cseq > 1 && m->code >= 200)
		rx_reinvite_final(k, m);
	else if (k->invite_cseq == 1 && m->code < 200 && !k->final)
		rx_provisional(k, m);
	else if (k->invite_cseq == 1 && m->code >= 200)
		rx_first_final(k, m);
}

/* ---- requests of the engine ---- */

static void reply(struct caller *c, const struct sip_msg *m, const struct addr *from, unsigned code)
{
	char text[TEXT];
	struct sink s = sink_make(text, sizeof(text));

	sink_fmt(&s, "SIP/2.0 %u Test\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s\r\nCall-ID: %.*s\r\n",
		 code, SLICE_ARG(m->via.raw), SLICE_ARG(sip_msg_get(m, SIP_HDR_FROM)),
		 SLICE_ARG(sip_msg_get(m, SIP_HDR_TO)), SLICE_ARG(m->call_id));
	sink_fmt(&s, "CSeq: %.*s\r\nContent-Length: 0\r\n\r\n", SLICE_ARG(m->cseq_text));
	check(!s.over);
	io_udp_send(c->udp, from, text, s.len);
}

static void rx_request(struct call *k, const struct sip_msg *m, const struct addr *from)
{
	bool is_again = k->has_remote_cseq && m->cseq <= k->remote_cseq;

	if (m->method == SIP_METHOD_ACK)
		return;
	if (!slice_eq(m->from_tag, slice_str(k->to_tag)) || !slice_eq(m->to_tag, slice_str(k->tag)))
		violate(k, "%.*s of another dialog", SLICE_ARG(m->method_text));
	if (m->method != SIP_METHOD_BYE) {
		violate(k, "%.*s was not expected", SLICE_ARG(m->method_text));
		return;
	}
	if (!k->answered)
		violate(k, "BYE without an answer");
	if (!is_again && k->plan != CALLER_NO_ACK && !k->acked)
		violate(k, "BYE before the ACK");
	k->has_remote_cseq = true;
	k->remote_cseq = m->cseq;
	tmr_stop(&k->step);
	if (k->state == CALLER_UP) {
		tmr_stop(&k->request.tmr);
		k->state = CALLER_OVER;
	}
	reply(k->c, m, from, 200);
}

static void rx(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	struct caller *c = arg;
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(u);
	if (sip_msg_parse(&m, slice_make(data, len), &err))
		return;
	for (uint32_t i = 0; i < c->count; i++) {
		struct call *k = c->calls[i];

		if (!slice_eq(m.call_id, slice_str(k->id)) || k->excused)
			continue;
		if (m.is_request)
			rx_request(k, &m, from);
		else
			rx_response(k, &m);
		return;
	}
	if (m.is_request && m.method != SIP_METHOD_ACK)
		reply(c, &m, from, 481);
}

/* ---- life ---- */

static int64_t turn(void *owner, int64_t now_ns)
{
	struct caller *c = owner;

	tmr_wheel_run(c->wheel, now_ns, UINT32_MAX);
	return tmr_wheel_next(c->wheel);
}

struct caller *caller_create(struct sim_world *w, const struct caller_conf *conf)
{
	struct caller *c = calloc(1, sizeof(*c));
	struct io_conf io = {.name = "caller",
			     .metrics = &c->metrics,
			     .udp_max = 4,
			     .big_buffers = 64,
			     .small_buffers = 64,
			     .cpu = -1};
	struct io_udp_conf udp = {.local = sim_host_addr(w, conf->host, conf->port)};

	check(c);
	c->w = w;
	c->conf = *conf;
	rng_seed(&c->rng, rng_u64(sim_rng(w)));
	sim_host_use(w, conf->host);
	check(io_create(&c->io, &io) == 0);
	sim_host_use(w, 0);
	check(io_udp_open(c->io, &c->udp, &udp, rx, c) == 0);
	check(tmr_wheel_create(&c->wheel, sim_now(w)) == 0);
	check(io_start(c->io, turn, c) == 0);
	return c;
}

static void call_stop(struct call *k)
{
	tmr_stop(&k->step);
	tmr_stop(&k->request.tmr);
	tmr_stop(&k->cancel.tmr);
}

void caller_destroy(struct caller *c)
{
	io_stop(c->io);
	io_join(c->io);
	for (uint32_t i = 0; i < c->count; i++) {
		call_stop(c->calls[i]);
		free(c->calls[i]);
	}
	tmr_wheel_destroy(c->wheel);
	io_destroy(c->io);
	free(c);
}

void caller_call(struct caller *c, int64_t at, const char *exten, enum caller_plan plan)
{
	struct call *k = calloc(1, sizeof(*k));
	char engine[ADDR_TEXT];

	check(k && c->count < CALLS_MAX);
	k->c = c;
	k->plan = plan;
	snprintf(k->exten, sizeof(k->exten), "%s", exten);
	snprintf(k->id, sizeof(k->id), "caller-%u@sim", c->count);
	rng_hex(&c->rng, k->tag, 12);
	snprintf(k->target, sizeof(k->target), "sip:%s@%s", exten,
		 addr_text(&c->conf.engine, engine));
	tmr_init(&k->step, c->wheel, on_step, k);
	tmr_init(&k->request.tmr, c->wheel, send_due, k);
	tmr_init(&k->cancel.tmr, c->wheel, send_due, k);
	tmr_start(&k->step, at);
	c->calls[c->count++] = k;
	io_wake(c->io);
}

/* ---- what oracles ask ---- */

const char *caller_violation(const struct caller *c)
{
	return c && c->violation[0] ? c->violation : NULL;
}

bool caller_is_idle(const struct caller *c)
{
	for (uint32_t i = 0; c && i < c->count; i++)
		if (c->calls[i]->state != CALLER_OVER && !c->calls[i]->excused &&
		    !c->calls[i]->damaged)
			return false;
	return true;
}

bool caller_check_end(struct caller *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		struct call *k = c->calls[i];

		if (k->excused || k->state == CALLER_OVER)
			continue;
		violate(k, "at the end: %s",
			k->answered ? "no BYE"
			: k->final  ? "in between"
				    : "no final response");
	}
	return !c->violation[0];
}

void caller_damage(struct caller *c, struct slice call_id)
{
	for (uint32_t i = 0; c && i < c->count; i++)
		if (slice_eq(call_id, slice_str(c->calls[i]->id)))
			c->calls[i]->damaged = true;
}

void caller_excuse_all(struct caller *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		struct call *k = c->calls[i];

		if (k->state == CALLER_IDLE)
			continue;
		k->excused = true;
		k->state = CALLER_OVER;
		call_stop(k);
	}
}

uint32_t caller_taken_count(const struct caller *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; c && i < c->count; i++)
		n += c->calls[i]->taken && !c->calls[i]->damaged;
	return n;
}

uint32_t caller_answered_count(const struct caller *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; c && i < c->count; i++)
		n += c->calls[i]->answered;
	return n;
}
