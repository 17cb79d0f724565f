/* tests/flow/test_gateway.c - many calls by seed against the scripted gateway, over a bad network.
 *
 * What must hold, whatever is lost, doubled or late: the gateway sees no violation of the RFCs,
 * each call ends in exactly one fact, and nothing at all is left at the end. */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "tests/flow/flow.h"
#include "tests/sim/peer_gateway.h"

#include <stdio.h>
#include <stdlib.h>

#define SOAK_CALLS 60
#define SOAK_SEEDS 60

struct soak;

struct soak_call {
	struct soak *soak;
	struct tech_call *call;
	struct tmr hangup;
	bool answered, ended;
	int facts_after_end;
};

struct soak {
	struct sim_world *w;
	struct gateway *gateway;
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct metrics metrics;
	struct sip_conf *conf;
	struct sip *sip;
	struct tech tech;
	struct tmr next;
	struct soak_call calls[SOAK_CALLS];
	uint32_t begun, ended;
};

static void soak_end(struct soak_call *c)
{
	check(!c->ended);
	c->ended = true;
	c->call = NULL;
	c->soak->ended++;
	tmr_stop(&c->hangup);
}

static void soak_on_hangup(struct tmr *t, void *arg)
{
	struct soak_call *c = arg;
	struct tech_call *call = c->call;

	UNUSED(t);
	soak_end(c);
	c->soak->tech.ops->hangup(call, c->answered ? 16 : 19);
}

static void soak_ringing(void *owner)
{
	struct soak_call *c = owner;

	check(!c->ended && !c->answered);
}

static void soak_progress(void *owner, const struct media_desc *remote, bool also_ringing)
{
	UNUSED(remote);
	UNUSED(also_ringing);
	soak_ringing(owner);
}

static void soak_answered(void *owner, const struct media_desc *remote)
{
	struct soak_call *c = owner;

	UNUSED(remote);
	check(!c->ended && !c->answered);
	c->answered = true;
	tmr_start(&c->hangup,
		  sip_now(c->soak->sip) + (int64_t)rng_below(&c->soak->rng, 20000) * SIM_MS);
}

static void soak_media_changed(void *owner, const struct media_desc *remote, bool held)
{
	struct soak_call *c = owner;

	UNUSED(remote);
	UNUSED(held);
	check(!c->ended);
}

static void soak_dtmf(void *owner, char digit, uint32_t duration_ms)
{
	UNUSED(owner);
	UNUSED(digit);
	UNUSED(duration_ms);
}

static void soak_ended(void *owner, const struct tech_end *end)
{
	UNUSED(end);
	soak_end(owner);
}

static const struct tech_events soak_events = {
	.ringing = soak_ringing,
	.progress = soak_progress,
	.answered = soak_answered,
	.media_changed = soak_media_changed,
	.dtmf = soak_dtmf,
	.ended = soak_ended,
};

static void soak_dial(struct soak *s, struct soak_call *c)
{
	struct tech_endpoint ep;
	char resource[32];
	struct tech_dial dial = {.endpoint = &ep, .media_local = {.family = 4, .port = 4000}};
	int err;

	snprintf(resource, sizeof(resource), "%u@trunk", 100 + s->begun);
	dial.resource = slice_str(resource);
	check(s->tech.ops->find(s->tech.impl, dial.resource, &ep) == 0);
	dial.offer = ep.allow;
	*c = (struct soak_call){.soak = s};
	tmr_init(&c->hangup, s->wheel, soak_on_hangup, c);
	c->call = s->tech.ops->dial(s->tech.impl, &dial, &soak_events, c, &err);
	if (!c->call)
		fail_msg("dial: %d", err);
	/* the answer time-out of the owner; some are very impatient */
	tmr_start(&c->hangup, sip_now(s->sip) + (int64_t)(rng_chance(&s->rng, 100)
								  ? rng_below(&s->rng, 50)
								  : rng_below(&s->rng, 30000)) *
							SIM_MS);
}

static void soak_on_next(struct tmr *t, void *arg)
{
	struct soak *s = arg;

	soak_dial(s, &s->calls[s->begun]);
	if (++s->begun < SOAK_CALLS)
		tmr_start(t, sip_now(s->sip) + (int64_t)rng_below(&s->rng, 400) * SIM_MS);
}

static int64_t soak_turn(void *owner, int64_t now_ns)
{
	struct soak *s = owner;

	tmr_wheel_run(s->wheel, now_ns, 1000);
	return tmr_wheel_next(s->wheel);
}

static int soak_read_conf(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	*len = strlen(arg);
	return 0;
}

static struct sip_conf *soak_conf(void)
{
	static char text[] =
		"[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"
		"[trunk]\ntype=endpoint\naors=trunk\nallow=!all,ulaw,alaw\noutbound_auth=acct\n"
		"[trunk]\ntype=aor\ncontact=sip:10.0.0.2:5070\n"
		"[acct]\ntype=auth\nusername=joe\npassword=secret\n";
	struct conffile_source source = {.arg = text, .read = soak_read_conf, .etc_dir = "/etc"};
	char room[256];
	struct sink error = sink_make(room, sizeof(room) - 1);
	struct conffile_error why;
	struct sip_conf *conf;
	struct conffile *cf;

	check(conffile_load(&cf, &source, "pjsip.conf", &why) == 0);
	if (sip_conf_load(&conf, cf, &error))
		fail_msg("%s", sink_cstr(&error));
	conffile_free(cf);
	return conf;
}

static enum sim_verdict soak_tap(void *arg, const struct addr *from, const struct addr *to,
				 const void *data, size_t len)
{
	struct soak *s = arg;

	gateway_tap(s->gateway, from, to, data, len);
	return SIM_PASS;
}

static void soak_open(struct soak *s, uint64_t seed)
{
	struct gateway_conf gateway = {
		.port = 5070, .realm = "r", .username = "joe", .password = "secret"};
	struct io_conf io = {.name = "soak", .metrics = &s->metrics, .udp_max = 4, .cpu = -1};
	static const uint8_t secret[SIP_SECRET_LEN];
	struct sip_env env;

	s->w = sim_world_create(seed);
	rng_seed(&s->rng, seed);
	s->conf = soak_conf();
	check(io_create(&s->io, &io) == 0);
	check(tmr_wheel_create(&s->wheel, io_now_ns(s->io)) == 0);
	env = (struct sip_env){.io = s->io,
			       .wheel = s->wheel,
			       .rng = &s->rng,
			       .metrics = &s->metrics,
			       .shard_count = 1,
			       .call_max = SOAK_CALLS,
			       .secret = secret};
	check(sip_create(&s->sip, &env, s->conf) == 0);
	s->tech = sip_tech(s->sip);
	tmr_init(&s->next, s->wheel, soak_on_next, s);
	tmr_start(&s->next, io_now_ns(s->io));
	check(io_start(s->io, soak_turn, s) == 0);
	gateway.host = sim_host_add(s->w, "gateway");
	s->gateway = gateway_create(s->w, &gateway);
	sim_net_tap(s->w, soak_tap, s);
}

static void soak_close(struct soak *s)
{
	gateway_destroy(s->gateway);
	io_stop(s->io);
	io_join(s->io);
	sip_destroy(s->sip);
	sip_conf_free(s->conf);
	tmr_wheel_destroy(s->wheel);
	io_destroy(s->io);
	sim_world_destroy(s->w);
}

/* NULL, or what went wrong. */
static const char *soak_judge(struct soak *s, uint64_t nevers)
{
	static char text[512];
	struct sip_counts c;

	if (gateway_violation(s->gateway))
		return gateway_violation(s->gateway);
	if (!gateway_check_end(s->gateway))
		return gateway_violation(s->gateway);
	if (s->ended != SOAK_CALLS)
		return "a call has not ended";
	if (check_never_count() != nevers)
		return "a NEVER came true";
	if (sip_is_quiet(s->sip) && tmr_wheel_count(s->wheel) == 0)
		return NULL;
	sip_count(s->sip, &c);
	snprintf(text, sizeof(text),
		 "left: %u calls, %u ending, %u dialogs, %u+%u transactions, %u records, %u timers",
		 c.calls, c.ending, c.dialogs, c.client_txns, c.server_txns, c.linger,
		 tmr_wheel_count(s->wheel));
	return text;
}

static uint64_t soak_run(uint64_t seed, const struct sim_link *link, char *verdict, size_t size)
{
	uint64_t nevers = check_never_count(), hash;
	struct soak *s = calloc(1, sizeof(*s));
	const char *why;

	soak_open(s, seed);
	sim_net_default(s->w, link);
	sim_run_for(s->w, 300 * SIM_SECOND);
	why = soak_judge(s, nevers);
	snprintf(verdict, size, "%s", why ? why : "");
	hash = sim_trace_hash(s->w);
	soak_close(s);
	free(s);
	return hash;
}

static const struct sim_link soak_links[] = {
	{.delay_min_ns = SIM_MS, .delay_max_ns = 2 * SIM_MS},
	{.delay_min_ns = SIM_MS, .delay_max_ns = 80 * SIM_MS, .dup_permille = 100},
	{.delay_min_ns = SIM_MS,
	 .delay_max_ns = 40 * SIM_MS,
	 .loss_permille = 40,
	 .dup_permille = 50,
	 .reorder_permille = 100,
	 .reorder_ns = 300 * SIM_MS},
};

static void test_soak(void **state)
{
	char verdict[512];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(soak_links); i++) {
		for (uint64_t seed = 1; seed <= SOAK_SEEDS; seed++) {
			uint64_t hash = soak_run(seed, &soak_links[i], verdict, sizeof(verdict));

			if (verdict[0])
				fail_msg("link %zu, seed %llu: %s", i, (unsigned long long)seed,
					 verdict);
			if (seed == 1)
				assert_true(hash == soak_run(seed, &soak_links[i], verdict,
							     sizeof(verdict)));
		}
	}
}

#ifdef RINGER_FAULTS
/* Each deliberate fault of signalling is found by some seed. */
static void test_faults(void **state)
{
	static const enum fault faults[] = {
		FAULT_ack_not_sent,	FAULT_ack_not_repeated, FAULT_timer_not_stopped,
		FAULT_slot_freed_early, FAULT_slot_leaked,	FAULT_fork_not_ended,
		FAULT_cancel_forgotten, FAULT_bye_not_sent,	FAULT_nonce_count_twice,
	};
	char verdict[512];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(faults); i++) {
		verdict[0] = 0;
		fault_active = faults[i];
		for (uint64_t seed = 1; seed <= 10 && !verdict[0]; seed++)
			soak_run(seed, &soak_links[0], verdict, sizeof(verdict));
		fault_active = FAULT_none;
		if (!verdict[0])
			fail_msg("fault %s was not found", fault_name(faults[i]));
		printf("%s: %s\n", fault_name(faults[i]), verdict);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_soak),
#ifdef RINGER_FAULTS
		cmocka_unit_test(test_faults),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
