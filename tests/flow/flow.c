/* tests/flow/flow.c - see flow.h. */
#include "tests/flow/flow.h"

#include "engine/base/check.h"
#include "sip/stir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct addr flow_engine = {.family = 4, .port = 5060, .ip = {10, 0, 0, 1}};
const struct addr flow_engine6 = {.family = 6, .port = 5060, .ip = {0xfd, [15] = 1}};
const struct addr flow_peer6 = {.family = 6, .port = 5060, .ip = {0xfd, [15] = 9}};
const struct addr flow_peer = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}};

/* ---- configuration ---- */

static int flow_read_conf(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	*len = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

static struct sip_conf *flow_conf(const struct flow *f, const char *endpoint, const char *more)
{
	const char *protocol = f->protocol ? f->protocol : "udp";
	static const char fmt[] = "[transport]\ntype=transport\nprotocol=%s\nbind=%s\n%s%s"
				  "[trunk]\ntype=endpoint\naors=trunk\nallow=!all,ulaw,alaw\n"
				  "callerid=\"Ann\" <1000>\n%s\n"
				  "[trunk]\ntype=aor\ncontact=sip:10.0.0.9:5060%s\n%s\n";
	static const char tls[] = "cert_file=/tls/server.pem\npriv_key_file=/tls/server.key\n"
				  "ca_list_file=/tls/ca.pem\nverify_server=yes\n";
	static const char beside[] = "[beside]\ntype=transport\nprotocol=tcp\nbind=10.0.0.1:5060\n";
	bool has_both = strcmp(protocol, "both") == 0;
	const char *uri = strcmp(protocol, "tcp") == 0	 ? "\\;transport=tcp"
			  : strcmp(protocol, "tls") == 0 ? "\\;transport=tls"
							 : "";
	struct conffile_error why;
	struct conffile *cf = NULL;
	struct sip_conf *conf = NULL;
	char text[4096], error_room[512];
	struct sink error = sink_make(error_room, sizeof(error_room) - 1);
	struct conffile_source source = {.arg = text, .read = flow_read_conf, .etc_dir = "/etc"};

	snprintf(text, sizeof(text), fmt, has_both ? "udp" : protocol,
		 f->bind ? f->bind : "10.0.0.1:5060", strcmp(protocol, "tls") == 0 ? tls : "",
		 f->transport ? f->transport : "", endpoint ? endpoint : "", uri, more ? more : "");
	if (has_both)
		strncat(text, beside, sizeof(text) - strlen(text) - 1);
	assert_int_equal(conffile_load(&cf, &source, "pjsip.conf", &why), 0);
	if (sip_conf_load(&conf, cf, &error))
		fail_msg("%s", sink_cstr(&error));
	conffile_free(cf);
	flow_take_acls(conf);
	resolver_conf_read_servers(&conf->names, SLICE_LIT("nameserver 10.0.0.53\n"));
	if (sip_conf_open_tls(conf, f->io, &error))
		fail_msg("%s", sink_cstr(&error));
	if (f->stir) {
		snprintf(text, sizeof(text), "%s", f->stir);
		assert_int_equal(conffile_load(&cf, &source, "stir_shaken.conf", &why), 0);
		if (sip_stir_load(conf, cf, f->io, &error))
			fail_msg("%s", sink_cstr(&error));
		conffile_free(cf);
	}
	return conf;
}

/* ---- what the engine sends ---- */

void flow_keep(struct flow *f, const struct addr *to, const void *data, size_t len)
{
	struct flow_msg *m;
	enum sip_parse_error err;

	if (f->is_deaf && f->msg_count == FLOW_MESSAGES)
		return;
	assert_true(f->msg_count < FLOW_MESSAGES && len < sizeof(m->text));
	m = calloc(1, sizeof(*m));
	assert_non_null(m);
	m->at = sim_now(f->w);
	m->to = *to;
	m->len = len;
	memcpy(m->text, data, len);
	if (sip_msg_parse(&m->msg, slice_make(m->text, len), &err) && !f->is_deaf)
		fail_msg("the engine sent what cannot be read (%.*s):\n%s",
			 SLICE_ARG(sip_parse_error_text(err)), m->text);
	if (!f->is_deaf)
		flow_check_rules(f, m);
	f->msgs[f->msg_count++] = m;
}

static enum sim_verdict flow_tap(void *arg, const struct addr *from, const struct addr *to,
				 const void *data, size_t len)
{
	if (!addr_eq_ip(from, &flow_engine) && !addr_eq_ip(from, &flow_engine6))
		return SIM_PASS;
	flow_keep(arg, to, data, len);
	return SIM_DROP;
}

static bool flow_has_message(void *arg)
{
	struct flow *f = arg;

	return f->msg_taken < f->msg_count;
}

static void flow_name(const struct flow_msg *m, char *dst, size_t size)
{
	if (m->msg.is_request)
		snprintf(dst, size, "%.*s", SLICE_ARG(m->msg.method_text));
	else
		snprintf(dst, size, "%u", m->msg.code);
}

const struct flow_msg *flow_expect(struct flow *f, const char *what)
{
	const struct flow_msg *m;
	char name[32];

	sim_run_until(f->w, flow_has_message, f, sim_now(f->w) + 600 * SIM_SECOND);
	if (f->msg_taken == f->msg_count)
		fail_msg("expected %s, but nothing was sent", what);
	m = f->msgs[f->msg_taken++];
	flow_name(m, name, sizeof(name));
	if (strcmp(name, what) != 0)
		fail_msg("expected %s, but got:\n%s", what, m->text);
	return m;
}

void flow_expect_silence(struct flow *f, int64_t duration_ns)
{
	if (sim_run_until(f->w, flow_has_message, f, sim_now(f->w) + duration_ns))
		fail_msg("expected nothing, but got:\n%s", f->msgs[f->msg_taken]->text);
}

/* ---- facts ---- */

static void flow_add_fact(struct flow *f, const char *text)
{
	assert_true(f->fact_count < FLOW_FACTS);
	snprintf(f->facts[f->fact_count++], sizeof(f->facts[0]), "%s", text);
	if (f->hangup_in && strncmp(text, f->hangup_in, strlen(f->hangup_in)) == 0 && f->call) {
		struct tech_call *call = f->call;

		f->call = NULL;
		f->tech.ops->hangup(call, 16);
	}
}

static void flow_desc(char *dst, size_t size, const char *fact, const struct media_desc *d,
		      const char *tail)
{
	char addr[ADDR_TEXT], codecs[64] = "";

	if (!d) {
		snprintf(dst, size, "%s none%s", fact, tail);
		return;
	}
	for (uint8_t i = 0; i < d->codec_count; i++) {
		size_t len = strlen(codecs);

		snprintf(codecs + len, sizeof(codecs) - len, "%s%s/%u", i ? "," : "",
			 codec_name((enum codec)d->codec[i]), d->pt[i]);
	}
	snprintf(dst, size, "%s %s %s ev%u dir%u%s%s", fact, addr_text(&d->rtp, addr), codecs,
		 d->event_pt, d->dir, d->tone_digits ? " tones" : "", tail);
}

static void flow_ringing(void *owner)
{
	flow_add_fact(owner, "ringing");
}

static void flow_progress(void *owner, const struct media_desc *remote, bool also_ringing)
{
	char text[160];

	flow_desc(text, sizeof(text), "progress", remote, also_ringing ? " ringing" : "");
	flow_add_fact(owner, text);
}

static void flow_answered(void *owner, const struct media_desc *remote)
{
	struct flow *f = owner;
	char text[160];

	f->ptime_ms = remote ? (uint8_t)remote->ptime_ms : 0;
	flow_desc(text, sizeof(text), "answered", remote, "");
	flow_add_fact(owner, text);
}

static void flow_media_changed(void *owner, const struct media_desc *remote, bool held)
{
	char text[160];

	flow_desc(text, sizeof(text), "media", remote, held ? " held" : "");
	flow_add_fact(owner, text);
}

static void flow_dtmf(void *owner, char digit, uint32_t duration_ms)
{
	char text[64];

	snprintf(text, sizeof(text), "dtmf %c %u", digit, duration_ms);
	flow_add_fact(owner, text);
}

static int flow_refer(void *owner, const struct tech_refer *refer)
{
	struct flow *f = owner;
	char text[160];

	snprintf(text, sizeof(text), "refer %.*s by %.*s", SLICE_ARG(refer->exten),
		 SLICE_ARG(refer->referred_by));
	flow_add_fact(f, text);
	return f->refuse;
}

static void flow_transferred(void *owner, int code)
{
	char text[64];

	snprintf(text, sizeof(text), "transferred %d", code);
	flow_add_fact(owner, text);
}

static void flow_replaced(void *owner, struct tech_call *call)
{
	struct flow *f = owner;

	f->call = call;
	flow_add_fact(f, "replaced");
}

static void flow_connected(void *owner, struct slice name, struct slice num)
{
	char text[160];

	snprintf(text, sizeof(text), "connected \"%.*s\" <%.*s>", SLICE_ARG(name), SLICE_ARG(num));
	flow_add_fact(owner, text);
}

static void flow_ended(void *owner, const struct tech_end *end)
{
	struct flow *f = owner;
	char text[64];

	f->call = NULL;
	f->is_reported = end->is_reported;
	snprintf(text, sizeof(text), "ended %d %d", end->cause, end->tech_code);
	flow_add_fact(f, text);
}

const struct tech_events flow_events = {
	.ringing = flow_ringing,
	.progress = flow_progress,
	.answered = flow_answered,
	.media_changed = flow_media_changed,
	.connected = flow_connected,
	.dtmf = flow_dtmf,
	.refer = flow_refer,
	.transferred = flow_transferred,
	.replaced = flow_replaced,
	.ended = flow_ended,
};

void flow_note_media(struct flow *f, const struct media_desc *d)
{
	flow_media_changed(f, d, false);
}

/* A call comes in: "offer EXTEN@DOMAIN "NAME" <NUM>", and what else is known. */
static int flow_offer(void *arg, struct tech_call *call, const struct tech_offer *o, void **owner,
		      struct addr *media_local)
{
	struct flow *f = arg;
	char text[160];

	snprintf(text, sizeof(text), "offer %.*s@%.*s \"%.*s\" <%.*s>%s%s%.*s", SLICE_ARG(o->exten),
		 SLICE_ARG(o->domain), SLICE_ARG(o->cid_name), SLICE_ARG(o->cid_num),
		 o->cid_hidden ? " hidden" : "", o->diversion.num.len ? " for " : "",
		 SLICE_ARG(o->diversion.num));
	flow_add_fact(f, text);
	if (f->refuse)
		return f->refuse;
	f->call = call;
	*owner = f;
	*media_local =
		(struct addr){.family = o->endpoint.media.local.family == 6 ? 6 : 4, .port = 4000};
	return 0;
}

void flow_fact(struct flow *f, const char *text)
{
	if (f->fact_taken == f->fact_count)
		sim_run_for(f->w, 2 * SIM_MS);
	if (f->fact_taken == f->fact_count)
		fail_msg("expected the fact '%s', but there is none", text);
	assert_string_equal(f->facts[f->fact_taken], text);
	f->fact_taken++;
}

void flow_no_fact(struct flow *f)
{
	sim_run_for(f->w, 2 * SIM_MS);
	if (f->fact_taken != f->fact_count)
		fail_msg("unexpected fact '%s'", f->facts[f->fact_taken]);
}

/* ---- the engine's side ---- */

static int64_t flow_turn(void *owner, int64_t now_ns)
{
	struct flow *f = owner;

	tmr_wheel_run(f->wheel, now_ns, 1000);
	if (f->job) {
		void (*job)(struct flow * f) = f->job;

		f->job = NULL;
		job(f);
	}
	return tmr_wheel_next(f->wheel);
}

void flow_delay_names(struct flow *f, int64_t delay_ns)
{
	sim_dns_set(f->w,
		    &(struct sim_dns_weather){.delay_min_ns = delay_ns, .delay_max_ns = delay_ns});
}

void flow_do(struct flow *f, void (*job)(struct flow *f))
{
	f->job = job;
	io_wake(f->io);
	while (f->job)
		assert_true(sim_world_step(f->w));
}

static void flow_note(void *arg, const void *data, size_t len)
{
	const struct flow_reporter *from = arg;

	for (uint32_t i = 0; i < from->flow->shard_count; i++)
		if (i != from->shard)
			sip_take_note(from->flow->sips[i], data, len);
}

static void flow_hold(void *arg, struct slice endpoint, int64_t until_ns, bool on_trial)
{
	struct flow *f = arg;

	assert_true(slice_eq(endpoint, SLICE_LIT("trunk")));
	f->hold_count++;
	f->hold_until_ns = until_ns;
	f->hold_on_trial = on_trial;
}

static void flow_trace(void *arg, const struct sip_trace *t)
{
	struct flow *f = arg;

	if (t->kind == SIP_TRACE_STATE) {
		assert_true(t->machine && t->from && t->event && t->to);
		f->states++;
	} else {
		assert_true(t->data.len > 0 && t->peer->family);
	}
}

/* ---- the control shard's part ---- */

static bool flow_report(void *arg, uint32_t kind, const void *data, size_t len)
{
	const struct flow_reporter *r = arg;
	struct tech_admin admin = sip_center_admin(r->flow->center);

	if (r->flow->is_report_full)
		return false;
	admin.ops->fact(admin.impl, r->shard, kind, data, len);
	return true;
}

static bool flow_notify(void *arg, uint32_t shard, uint32_t kind, const void *data, size_t len)
{
	struct flow *f = arg;
	struct tech tech = sip_tech(f->sips[shard]);

	f->refused_notices += f->is_full;
	if (f->is_full)
		return false;
	tech.ops->take(tech.impl, kind, data, len);
	return true;
}

/* The event's name and its texts; a round trip is not told as a number. */
static void flow_publish(void *arg, const struct event *e)
{
	char text[160];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", event_name(e->kind));

	for (int i = 0; i < EVENT_TEXTS && e->text[i].len; i++) {
		bool is_rtt = e->kind == EVENT_CONTACTSTATUS && i == 4;

		len += (size_t)snprintf(text + len, sizeof(text) - len, " %.*s",
					is_rtt ? 3 : (int)e->text[i].len,
					is_rtt ? "rtt" : e->text[i].ptr);
	}
	flow_add_fact(arg, text);
}

static void flow_create_center(struct flow *f)
{
	const struct sip_center_env env = {
		.io = f->io,
		.wheel = f->wheel,
		.metrics = &f->metrics,
		.shard_count = f->shard_count,
		.notify = flow_notify,
		.publish = flow_publish,
		.post = flow_post,
		.log_dir = "/log",
		.arg = f,
	};

	assert_int_equal(sip_center_create(&f->center, &env, f->conf), 0);
}

static void flow_command_job(struct flow *f)
{
	struct tech_admin admin = sip_center_admin(f->center);

	f->number = admin.ops->command(admin.impl, f->command, slice_str(f->text));
}

int flow_command(struct flow *f, enum tech_command command, const char *name)
{
	f->command = command;
	f->text = name;
	flow_do(f, flow_command_job);
	return f->number;
}

static void flow_create_sip(struct flow *f, uint32_t shard)
{
	static const uint8_t secret[SIP_SECRET_LEN] = "known to the tests";
	const struct sip_env env = {
		.io = f->io,
		.wheel = f->wheel,
		.rng = &f->rng,
		.metrics = &f->metrics,
		.shard = shard,
		.shard_count = f->shard_count,
		.call_max = f->call_max,
		.conn_max = f->conn_max,
		.secret = secret,
		.door = {.offer = flow_offer, .events = &flow_events, .arg = f},
		.forward = flow_forward,
		.has_room = flow_has_room,
		.forward_arg = f,
		.note = flow_note,
		.note_arg = &f->reporters[shard],
		.hold = flow_hold,
		.hold_arg = f,
		.report = f->has_center ? flow_report : NULL,
		.report_arg = &f->reporters[shard],
		.trace = flow_trace,
		.trace_arg = f,
	};

	f->reporters[shard] = (struct flow_reporter){.flow = f, .shard = shard};
	assert_int_equal(sip_create(&f->sips[shard], &env, f->conf), 0);
	assert_true(sip_bytes(f->sips[shard]) > 0);
	assert_true(addr_eq(sip_transport_addr(f->sips[shard], 0), &flow_engine));
	assert_null(sip_transport_addr(f->sips[shard], f->conf->transport_count));
}

void flow_use_shard(struct flow *f, uint32_t shard)
{
	f->sip = f->sips[shard];
	f->tech = sip_tech(f->sip);
}

static void flow_open(struct flow *f, const char *endpoint, const char *more)
{
	struct io_conf io = {.name = "flow",
			     .metrics = &f->metrics,
			     .udp_max = 8,
			     .stream_max = LIMIT_SIP_CONNS_BEHIND + 16,
			     .stream_out_max = LIMIT_SIP_CONN_BURST,
			     .cpu = -1};

	f->nevers = check_never_count();
	f->room = -1;
	f->w = sim_world_create(1);
	sim_net_tap(f->w, flow_tap, f);
	rng_seed(&f->rng, 7);
	assert_int_equal(io_create(&f->io, &io), 0);
	if (f->protocol)
		flow_far_create(f);
	if (f->stir)
		assert_int_equal(sim_fs_import(f->w, "tests/tls", "/tls"), 0);
	f->conf = flow_conf(f, endpoint, more);
	assert_int_equal(tmr_wheel_create(&f->wheel, io_now_ns(f->io)), 0);
	for (uint32_t i = 0; i < f->shard_count; i++)
		flow_create_sip(f, i);
	flow_use_shard(f, 0);
	if (f->has_center)
		flow_create_center(f);
	assert_int_equal(io_start(f->io, flow_turn, f), 0);
	sim_run_for(f->w, SIM_MS);
}

void flow_start(struct flow *f, const char *endpoint, const char *more)
{
	*f = (struct flow){.shard_count = 1, .call_max = 16};
	flow_open(f, endpoint, more);
}

void flow_start_stir(struct flow *f, const char *stir, const char *endpoint, const char *more)
{
	*f = (struct flow){.shard_count = 1, .call_max = 16, .stir = stir};
	flow_open(f, endpoint, more);
}

void flow_start_shards(struct flow *f, uint32_t shard_count, uint32_t call_max)
{
	*f = (struct flow){.shard_count = shard_count, .call_max = call_max};
	flow_open(f, NULL, NULL);
}

void flow_start_far(struct flow *f, const char *protocol, uint32_t shard_count,
		    const char *endpoint, const char *more)
{
	*f = (struct flow){.shard_count = shard_count, .call_max = 16, .protocol = protocol};
	flow_open(f, endpoint, more);
}

void flow_start_transport(struct flow *f, const char *protocol, const char *transport,
			  const char *more)
{
	*f = (struct flow){
		.shard_count = 1, .call_max = 16, .protocol = protocol, .transport = transport};
	flow_open(f, NULL, more);
}

void flow_start_far_few(struct flow *f, const char *protocol, uint32_t conn_max, const char *more)
{
	*f = (struct flow){
		.shard_count = 1, .call_max = 16, .protocol = protocol, .conn_max = conn_max};
	flow_open(f, NULL, more);
}

void flow_start_far_center(struct flow *f, const char *protocol, uint32_t shard_count,
			   const char *more)
{
	*f = (struct flow){.shard_count = shard_count,
			   .call_max = 16,
			   .protocol = protocol,
			   .has_center = true};
	flow_open(f, NULL, more);
}

void flow_start_center(struct flow *f, uint32_t shard_count, const char *endpoint, const char *more)
{
	*f = (struct flow){.shard_count = shard_count, .call_max = 16, .has_center = true};
	flow_open(f, endpoint, more);
}

static void flow_reload_job(struct flow *f)
{
	if (f->center) {
		assert_int_equal(sip_center_reserve(f->center, f->conf), 0);
		sip_center_set_conf(f->center, f->conf);
	}
	for (uint32_t i = f->first ? 1 : 0; i < f->shard_count; i++)
		sip_set_conf(f->sips[i], f->conf);
}

void flow_reload_others(struct flow *f, const char *endpoint, const char *more)
{
	f->first = f->conf;
	f->conf = flow_conf(f, endpoint, more);
	flow_do(f, flow_reload_job);
}

void flow_reload(struct flow *f, const char *endpoint, const char *more)
{
	struct sip_conf *old = f->conf, *first = f->first;

	f->first = NULL;
	f->conf = flow_conf(f, endpoint, more);
	flow_do(f, flow_reload_job);
	sip_conf_free(old);
	if (first)
		sip_conf_free(first);
}

void flow_end(struct flow *f)
{
	flow_expect_silence(f, 70 * SIM_SECOND);
	flow_no_fact(f);
	for (uint32_t i = 0; i < f->shard_count; i++) {
		struct sip_counts c;

		if (sip_is_quiet(f->sips[i]))
			continue;
		sip_count(f->sips[i], &c);
		fail_msg("left: %u calls, %u ending, %u dialogs, %u client and %u server "
			 "transactions, "
			 "%u linger records",
			 c.calls, c.ending, c.dialogs, c.client_txns, c.server_txns, c.linger);
	}
	if (!f->center && !f->far) /* it waits for expiries; connections have their timers */
		assert_int_equal(tmr_wheel_count(f->wheel), 0);
	assert_true(check_never_count() == f->nevers);
	flow_abandon(f);
}

void flow_abandon(struct flow *f)
{
	flow_far_destroy(f);
	io_stop(f->io);
	io_join(f->io);
	sip_center_destroy(f->center);
	for (uint32_t i = 0; i < f->shard_count; i++)
		sip_destroy(f->sips[i]);
	sip_conf_free(f->conf);
	tmr_wheel_destroy(f->wheel);
	io_destroy(f->io);
	sim_world_destroy(f->w);
	for (uint32_t i = 0; i < f->msg_count; i++)
		free(f->msgs[i]);
}

void flow_run(struct flow *f, int64_t duration_ns)
{
	sim_run_for(f->w, duration_ns);
}

/* ---- the far end ---- */

static void flow_send_once(struct flow *f, const char *text)
{
	if (f->far && flow_far_count(f).open)
		flow_far_send(f, text);
	else
		sim_net_inject(f->w, f->is_ip6 ? &flow_peer6 : &flow_peer,
			       f->is_ip6 ? &flow_engine6 : &flow_engine, text, strlen(text));
	sim_run_for(f->w, SIM_MS); /* the way of a datagram */
}

void flow_send(struct flow *f, const char *text)
{
	flow_send_once(f, text);
	if (f->is_doubled)
		flow_send_once(f, text);
}

static void flow_body(char *dst, size_t size, const char *type, const char *body)
{
	size_t len = strlen(dst);

	if (body)
		snprintf(dst + len, size - len, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
			 type, strlen(body), body);
	else
		snprintf(dst + len, size - len, "Content-Length: 0\r\n\r\n");
}

void flow_reply(struct flow *f, const struct flow_msg *m, unsigned code, const char *tag,
		const char *extra, const char *body)
{
	const struct sip_msg *q = &m->msg;
	bool has_tag = q->to_tag.len || !tag;
	char text[16384];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %u Test\r\nVia: %.*s;received=10.0.0.1\r\nFrom: %s\r\nTo: %s%s%s\r\n"
		 "Call-ID: %.*s\r\nCSeq: %.*s\r\n%s",
		 code, SLICE_ARG(q->via.raw), flow_header(m, "From"), flow_header(m, "To"),
		 has_tag ? "" : ";tag=", has_tag ? "" : tag, SLICE_ARG(q->call_id),
		 SLICE_ARG(q->cseq_text), extra ? extra : "");
	flow_body(text, sizeof(text), "application/sdp", body);
	flow_send(f, text);
}

void flow_request_branch(struct flow *f, const struct flow_msg *invite, const char *method,
			 unsigned cseq, const char *tag, const char *branch, const char *extra,
			 const char *type, const char *body)
{
	const struct sip_msg *q = &invite->msg;
	char text[2 * LIMIT_SIP_OUT];

	snprintf(
		text, sizeof(text),
		"%s %.*s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=%s\r\nFrom: %s;tag=%s\r\n"
		"To: %s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n%s",
		method, SLICE_ARG(q->contact.uri), branch, flow_header(invite, "To"), tag,
		flow_header(invite, "From"), SLICE_ARG(q->call_id), cseq, method,
		extra ? extra : "");
	flow_body(text, sizeof(text), type, body);
	flow_send(f, text);
}

void flow_request(struct flow *f, const struct flow_msg *invite, const char *method, unsigned cseq,
		  const char *tag, const char *extra, const char *body)
{
	static unsigned number;
	char branch[64];

	snprintf(branch, sizeof(branch), "z9hG4bKflow%u", number++);
	flow_request_branch(f, invite, method, cseq, tag, branch, extra, "application/sdp", body);
}
