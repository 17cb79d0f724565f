/* tests/fuzz/seq.c - see seq.h. */
#include "tests/fuzz/seq.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct addr engine = {.family = 4, .port = 5060, .ip = {10, 0, 0, 1}};
static const struct addr peer = {.family = 4, .port = 5060, .ip = {10, 0, 0, 9}};
static const struct addr peer_other = {.family = 4, .port = 5070, .ip = {10, 0, 0, 9}};

/* ---- configuration ---- */

#define SEQ_COMMON                                                                                 \
	"[transport]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5060\n"                          \
	"[trunk]\ntype=aor\ncontact=sip:10.0.0.9:5060\n"                                           \
	"[peer]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n"                                  \
	"[two]\ntype=aor\ncontact=sip:10.0.0.9:5060\ncontact=sip:10.0.0.10:5060\n"                 \
	"[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n"                   \
	"[two]\ntype=endpoint\naors=two\nallow=!all,alaw\nredirect_method=uri_pjsip\n"             \
	"outbound_auth=acct\noutbound_proxy=sip:10.0.0.9\\;lr\n"

static const char *const conf_texts[SEQ_CONFS] = {
	SEQ_COMMON "[trunk]\ntype=endpoint\naors=trunk\nallow=!all,ulaw,alaw\noutbound_auth=acct\n"
		   "callerid=\"Ann\" <1000>\n",
	SEQ_COMMON "[trunk]\ntype=endpoint\naors=trunk\nallow=!all,ulaw\n100rel=peer_supported\n"
		   "timers=always\ntimers_sess_expires=90\nfollow_early_media_fork=no\n"
		   "redirect_method=uri_pjsip\nsend_pai=yes\ntrust_id_inbound=yes\n",
	SEQ_COMMON "[trunk]\ntype=endpoint\naors=trunk\nallow=!all,alaw,ulaw\n100rel=required\n"
		   "timers=no\nauth=acct\naccept_multiple_sdp_answers=yes\nallow_transfer=no\n",
};
static struct sip_conf *confs[SEQ_CONFS]; /* made once */

static int seq_read_conf(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	check(*text != NULL);
	*len = strlen(arg);
	return 0;
}

static struct sip_conf *seq_load_conf(const char *text)
{
	char copy[4096], error_room[512];
	struct sink error = sink_make(error_room, sizeof(error_room) - 1);
	struct conffile_source source = {.arg = copy, .read = seq_read_conf, .etc_dir = "/etc"};
	struct conffile *cf = NULL;
	struct conffile_error why;
	struct sip_conf *conf = NULL;

	snprintf(copy, sizeof(copy), "%s", text);
	check(conffile_load(&cf, &source, "pjsip.conf", &why) == 0);
	if (sip_conf_load(&conf, cf, &error)) {
		fprintf(stderr, "%s\n", sink_cstr(&error));
		abort();
	}
	conffile_free(cf);
	resolver_conf_read_servers(&conf->names, SLICE_LIT("nameserver 10.0.0.53\n"));
	return conf;
}

static const struct sip_conf *seq_conf(uint32_t number)
{
	if (!confs[number])
		confs[number] = seq_load_conf(conf_texts[number]);
	return confs[number];
}

/* RINGER_SEQ_TRACE=1 in the environment: the messages are printed, to understand a finding. */
static void seq_show(const struct seq *s, const char *who, const void *data, size_t len)
{
	if (getenv("RINGER_SEQ_TRACE"))
		fprintf(stderr, "---- %.3f %s\n%.*s", (double)(sim_now(s->w) - SIM_EPOCH_NS) / 1e9,
			who, (int)len, (const char *)data);
}

/* ---- what the engine sends ---- */

static void seq_keep(struct seq *s, const void *data, size_t len)
{
	struct seq_msg *m = &s->msgs[s->msg_count++ % SEQ_MESSAGES];
	enum sip_parse_error err;

	check(len <= sizeof(m->text));
	seq_show(s, "engine", data, len);
	memcpy(m->text, data, len);
	m->is_read = sip_msg_parse(&m->msg, slice_make(m->text, len), &err) == 0;
	/* A response holds what the far end said; a request is of our own making. */
	check(m->is_read || slice_starts(slice_make(m->text, len), SLICE_LIT("SIP/2.0 ")));
}

static enum sim_verdict seq_tap(void *arg, const struct addr *from, const struct addr *to,
				const void *data, size_t len)
{
	UNUSED(to);
	if (!addr_eq(from, &engine))
		return SIM_PASS;
	seq_keep(arg, data, len);
	return SIM_DROP;
}

static bool seq_is_kind(const struct sip_msg *m, enum seq_kind kind)
{
	bool of_invite = m->cseq_method == SIP_METHOD_INVITE;

	return kind == SEQ_ANY || (kind == SEQ_OF_INVITE && of_invite) ||
	       (kind == SEQ_REQUEST && m->is_request && m->method != SIP_METHOD_ACK) ||
	       (kind == SEQ_INVITE && m->is_request && of_invite);
}

const struct sip_msg *seq_message(const struct seq *s, enum seq_kind kind, uint32_t nth)
{
	for (uint32_t i = 1; i <= SEQ_MESSAGES && i <= s->msg_count; i++) {
		const struct seq_msg *m = &s->msgs[(s->msg_count - i) % SEQ_MESSAGES];

		if (m->is_read && seq_is_kind(&m->msg, kind) && nth-- == 0)
			return &m->msg;
	}
	return NULL;
}

/* ---- owners ---- */

static struct seq *seq_hears(void *owner)
{
	struct seq_call *c = owner;

	check(!c->is_ended && !c->is_hung_up);
	return c->seq;
}

static void seq_media_is_sane(const struct media_desc *d)
{
	check(!d || d->codec_count <= ARRAY_COUNT(d->codec));
}

static void seq_ringing(void *owner)
{
	seq_hears(owner);
}

static void seq_progress(void *owner, const struct media_desc *remote, bool also_ringing)
{
	UNUSED(also_ringing);
	seq_hears(owner);
	seq_media_is_sane(remote);
}

static void seq_answered(void *owner, const struct media_desc *remote)
{
	seq_hears(owner);
	seq_media_is_sane(remote);
}

static void seq_media_changed(void *owner, const struct media_desc *remote, bool held)
{
	UNUSED(held);
	seq_hears(owner);
	seq_media_is_sane(remote);
}

static void seq_dtmf(void *owner, char digit, uint32_t duration_ms)
{
	UNUSED(duration_ms);
	seq_hears(owner);
	check(strchr("0123456789*#ABCDabcd!R", digit) && digit);
}

static int seq_refer(void *owner, const struct tech_refer *refer)
{
	check(refer->refer_to.len > 0);
	return seq_hears(owner)->refuse;
}

static void seq_transferred(void *owner, int code)
{
	seq_hears(owner);
	check(code >= 100 && code < 700);
}

static void seq_replaced(void *owner, struct tech_call *call)
{
	struct seq_call *c = owner;

	seq_hears(owner);
	check(call && call != c->call);
	c->call = call;
}

static void seq_ended(void *owner, const struct tech_end *end)
{
	struct seq_call *c = owner;

	seq_hears(owner);
	check(end->cause >= 0 && end->cause <= 127 && end->tech_code < 700);
	c->is_ended = true;
	c->call = NULL;
}

static const struct tech_events seq_events = {
	.ringing = seq_ringing,
	.progress = seq_progress,
	.answered = seq_answered,
	.media_changed = seq_media_changed,
	.dtmf = seq_dtmf,
	.refer = seq_refer,
	.transferred = seq_transferred,
	.replaced = seq_replaced,
	.ended = seq_ended,
};

/* NULL: the script has made enough calls. */
static struct seq_call *seq_new_call(struct seq *s)
{
	struct seq_call *c;

	if (s->call_count == SEQ_CALLS)
		return NULL;
	c = &s->calls[s->call_count++];
	*c = (struct seq_call){.seq = s};
	return c;
}

static int seq_offer(void *arg, struct tech_call *call, const struct tech_offer *o, void **owner,
		     struct addr *media_local)
{
	struct seq *s = arg;
	struct seq_call *c;

	check(o->endpoint.name.len > 0);
	if (s->refuse)
		return s->refuse;
	c = seq_new_call(s);
	if (!c)
		return 34;
	c->call = call;
	*owner = c;
	*media_local = (struct addr){.family = 4, .port = 4000};
	return 0;
}

/* ---- the owner's operations ---- */

static int64_t seq_turn(void *owner, int64_t now_ns)
{
	struct seq *s = owner;
	void (*job)(struct seq *) = s->job;

	tmr_wheel_run(s->wheel, now_ns, 1000);
	s->job = NULL;
	if (job)
		job(s);
	return tmr_wheel_next(s->wheel);
}

static void seq_do(struct seq *s, void (*job)(struct seq *s))
{
	s->job = job;
	io_wake(s->io);
	while (s->job)
		check(sim_world_step(s->w));
}

static void seq_do_call(struct seq *s, uint32_t call, void (*job)(struct seq *s))
{
	if (s->call_count == 0)
		return;
	s->job_call = &s->calls[call % s->call_count];
	if (s->job_call->call)
		seq_do(s, job);
}

static void dial_job(struct seq *s)
{
	struct tech_endpoint ep;
	struct tech_dial dial = {
		.endpoint = &ep,
		.resource = slice_str(s->job_text),
		.media_local = {.family = 4, .port = 4000},
	};
	int error = 0;

	if (s->tech.ops->find(s->tech.impl, dial.resource, &ep))
		return;
	dial.offer = ep.allow;
	s->job_call->call =
		s->tech.ops->dial(s->tech.impl, &dial, &seq_events, s->job_call, &error);
	check(s->job_call->call || error < 0);
}

void seq_dial(struct seq *s, const char *resource)
{
	s->job_call = seq_new_call(s);
	s->job_text = resource;
	if (s->job_call)
		seq_do(s, dial_job);
}

static void hangup_job(struct seq *s)
{
	struct seq_call *c = s->job_call;
	struct tech_call *call = c->call;

	if (!call)
		return;
	c->call = NULL;
	c->is_hung_up = true;
	s->tech.ops->hangup(call, s->job_number);
}

void seq_hangup(struct seq *s, uint32_t call, int cause)
{
	s->job_number = cause;
	seq_do_call(s, call, hangup_job);
}

/* The call may be over when the loop comes to it. */
static void answer_job(struct seq *s)
{
	struct media_desc remote;

	if (s->job_call->call && s->tech.ops->answer(s->job_call->call, &remote) == 0)
		seq_media_is_sane(&remote);
}

void seq_answer(struct seq *s, uint32_t call)
{
	seq_do_call(s, call, answer_job);
}

static void indicate_job(struct seq *s)
{
	struct media_desc remote;

	if (s->job_call->call)
		s->tech.ops->indicate(s->job_call->call, (enum tech_indication)s->job_number,
				      &remote);
}

void seq_indicate(struct seq *s, uint32_t call, enum tech_indication what)
{
	s->job_number = (int)what;
	seq_do_call(s, call, indicate_job);
}

static void transfer_job(struct seq *s)
{
	if (s->job_call->call)
		s->tech.ops->transfer(s->job_call->call, slice_str(s->job_text));
}

void seq_transfer(struct seq *s, uint32_t call, const char *dest)
{
	s->job_text = dest;
	seq_do_call(s, call, transfer_job);
}

static void text_job(struct seq *s)
{
	if (s->job_call->call)
		s->tech.ops->send_text(s->job_call->call, SLICE_LIT("text/plain"),
				       slice_str(s->job_text));
}

void seq_text(struct seq *s, uint32_t call, const char *text)
{
	s->job_text = text;
	seq_do_call(s, call, text_job);
}

static void notify_job(struct seq *s)
{
	static const struct notify_text text = {
		SLICE_LIT("Event: x\r\nSubscription-State: terminated\r\nContent-Type: "
			  "text/plain\r\n"),
		SLICE_LIT("one\r\ntwo")};

	if (s->job_call->call)
		s->tech.ops->notify(s->job_call->call, &text);
}

void seq_notify(struct seq *s, uint32_t call)
{
	seq_do_call(s, call, notify_job);
}

static void reload_job(struct seq *s)
{
	sip_set_conf(s->sip, seq_conf((uint32_t)s->job_number));
}

void seq_reload(struct seq *s, uint32_t conf)
{
	s->job_number = (int)conf;
	seq_do(s, reload_job);
}

static void hangup_all_job(struct seq *s)
{
	sip_hangup_all(s->sip, 16);
}

void seq_hangup_all(struct seq *s)
{
	seq_do(s, hangup_all_job);
}

/* ---- the world ---- */

/* Lines are made, and read by nobody. */
static void seq_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

void seq_send(struct seq *s, bool other_port, const void *data, size_t len)
{
	seq_show(s, "far end", data, len);
	sim_net_inject(s->w, other_port ? &peer_other : &peer, &engine, data, len);
	seq_wait(s, SIM_MS);
}

void seq_wait(struct seq *s, int64_t duration_ns)
{
	sim_run_for(s->w, duration_ns);
}

/* What Contact and Record-Route may name. Answers come at once, late, too late, or not at all. */
static void seq_put_names(struct seq *s)
{
	sim_dns_put(s->w, "node.example", 30, "A 10.0.0.9");
	sim_dns_put(s->w, "node.example", 30, "AAAA 2001:db8::1");
	sim_dns_put(s->w, "_sip._udp.farm.example", 0, "SRV 10 1 5070 node.example");
	sim_dns_put(s->w, "_sip._udp.farm.example", 0, "SRV 10 1 5060 other.example");
	sim_dns_put(s->w, "other.example", 60, "A 10.0.0.10");
	sim_dns_set(s->w, &(struct sim_dns_weather){.delay_min_ns = SIM_MS,
						    .delay_max_ns = 5 * SIM_SECOND,
						    .loss_permille = 100,
						    .refuse_permille = 100});
}

void seq_start(struct seq *s, uint32_t conf)
{
	static const uint8_t secret[SIP_SECRET_LEN] = "known to the tests";
	struct io_conf io = {.name = "seq", .metrics = &s->metrics, .udp_max = 4, .cpu = -1};
	struct sip_env env = {
		.rng = &s->rng,
		.metrics = &s->metrics,
		.shard_count = 1,
		.call_max = 8,
		.secret = secret,
		.door = {.offer = seq_offer, .events = &seq_events, .arg = s},
	};

	memset(s, 0, sizeof(*s));
	s->nevers = check_never_count();
	log_set_writer(seq_log, NULL);
	s->w = sim_world_create(1);
	sim_net_tap(s->w, seq_tap, s);
	seq_put_names(s);
	rng_seed(&s->rng, 7);
	check(io_create(&s->io, &io) == 0);
	check(tmr_wheel_create(&s->wheel, io_now_ns(s->io)) == 0);
	env.io = s->io;
	env.wheel = s->wheel;
	check(sip_create(&s->sip, &env, seq_conf(conf)) == 0);
	s->tech = sip_tech(s->sip);
	check(io_start(s->io, seq_turn, s) == 0);
	seq_wait(s, SIM_MS);
}

static void seq_check_rest(struct seq *s)
{
	struct sip_counts c;

	sip_count(s->sip, &c);
	if (!sip_is_quiet(s->sip) || tmr_wheel_count(s->wheel) != sip_standing_timers(s->sip))
		fprintf(stderr,
			"left: %u calls, %u ending, %u dialogs, %u client and %u server "
			"transactions, %u linger records, %u timers\n",
			c.calls, c.ending, c.dialogs, c.client_txns, c.server_txns, c.linger,
			(unsigned)tmr_wheel_count(s->wheel));
	check(sip_is_quiet(s->sip));
	check(tmr_wheel_count(s->wheel) == sip_standing_timers(s->sip));
	check(check_never_count() == s->nevers);
	for (uint32_t i = 0; i < s->call_count; i++)
		check(s->calls[i].call == NULL);
}

void seq_end(struct seq *s, bool by_engine)
{
	seq_wait(s, SIM_SECOND); /* a call that is on its way is hung up, too */
	for (uint32_t i = 0; !by_engine && i < s->call_count; i++)
		seq_hangup(s, i, 16);
	if (by_engine)
		seq_hangup_all(s);
	for (uint32_t i = 0; i < s->call_count; i++)
		check(s->calls[i].call == NULL);
	seq_wait(s, 600 * SIM_SECOND);
	seq_check_rest(s);
	io_stop(s->io);
	io_join(s->io);
	sip_destroy(s->sip);
	tmr_wheel_destroy(s->wheel);
	io_destroy(s->io);
	sim_world_destroy(s->w);
}
