/* tests/sim/scenario_run.c - one seed from begin to end. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/msg.h"
#include "tests/sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#define REST_DEADLINE (3600 * SIM_SECOND)

/* ---- log lines: quiet unless asked ---- */

static void log_line(void *arg, const struct log_line *line)
{
	struct run *r = arg;

	if (!r->verbose)
		return;
	fprintf(stderr, "%12.6f %-7s %s%s%s\n", (double)(sim_now(r->w) - SIM_EPOCH_NS) / 1e9,
		log_level_name(line->level), line->call ? line->call : "", line->call ? " " : "",
		line->text);
}

/* ---- tap ---- */

/* To the engine: random octets, or the first ones of a true message. Never through the tap again.
 */
static void make_noise(struct run *r, const struct addr *from, const void *data, size_t len)
{
	struct addr to = sim_host_addr(r->w, 0, 5060), rtp = sim_host_addr(r->w, 0, 10000);
	uint8_t octets[64];
	size_t n = rng_below(sim_rng(r->w), sizeof(octets));

	if (from->port == 5060 && addr_eq_ip(from, &to))
		return;
	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)rng_u32(sim_rng(r->w));
	if (rng_chance(sim_rng(r->w), 500) && n <= len)
		memcpy(octets, data, n);
	rtp.port = (uint16_t)(10000 + rng_below(sim_rng(r->w), 1000));
	sim_net_inject(r->w, from, rng_chance(sim_rng(r->w), 500) ? &to : &rtp, octets, n);
}

/* Dead for this call: from its first INVITE in that time on, so that nothing late comes of it. */
static bool is_buried(struct run *r, struct slice call_id)
{
	bool is_dead =
		r->s.dies && sim_now(r->w) >= r->s.dead_from && sim_now(r->w) < r->s.dead_until;
	uint64_t hash = slice_hash(call_id, 0);

	for (uint32_t i = 0; i < r->buried_count; i++)
		if (r->buried[i] == hash)
			return true;
	if (!is_dead || gateway_has_call(r->gateway, call_id) ||
	    r->buried_count == ARRAY_COUNT(r->buried))
		return false;
	r->buried[r->buried_count++] = hash;
	return true;
}

/* The other address of the gateway. While it is dead it takes no new call; what is under way is
 * served. */
static enum sim_verdict first_target(struct run *r, const struct addr *from, const void *data,
				     size_t len)
{
	struct addr gateway = gateway_addr(r->gateway);
	enum sip_parse_error err;
	struct sip_msg m;
	bool is_invite =
		!sip_msg_parse(&m, slice_make(data, len), &err) && m.method == SIP_METHOD_INVITE;

	if (!is_invite || !is_buried(r, m.call_id))
		sim_net_inject(r->w, from, &gateway, data, len); /* comes by here again */
	else
		gateway_tap(r->gateway, from, &gateway, data,
			    len); /* a call has begun all the same */
	return SIM_DROP;
}

/* In a rush often 503 with Retry-After. With names: of a call that was given up for dead nothing
 * more may come: as silent, it would have to be for ever. */
static enum gateway_plan choose_plan(void *arg, struct slice user, uint32_t nth)
{
	struct run *r = arg;
	enum gateway_plan plan;

	UNUSED(user);
	UNUSED(nth);
	if (r->s.rushes && rng_chance(sim_rng(r->w), 200))
		return GATEWAY_OVERLOAD;
	do
		plan = rng_below(sim_rng(r->w), GATEWAY_PLAN_COUNT);
	while (r->s.named && (plan == GATEWAY_SILENT || plan == GATEWAY_WAKES_LATE));
	return plan;
}

/* ---- damage ---- */

#define DAMAGE_PERMILLE 40

/* Bits flipped, or the end cut off. The octets that are left. */
static size_t damage_octets(struct rng *r, char *octets, size_t len)
{
	if (rng_chance(r, 300))
		return rng_below(r, (uint32_t)len);
	for (uint32_t n = 1 + rng_below(r, 4); n > 0; n--)
		octets[rng_below(r, (uint32_t)len)] ^= (char)(1u << rng_below(r, 8));
	return len;
}

/* What a far end says to a request that it cannot read. */
static void refuse_damaged(struct run *r, const struct addr *from, const struct addr *to,
			   const struct sip_msg *m)
{
	char text[2048];
	struct sink s = sink_make(text, sizeof(text));

	sink_fmt(&s, "SIP/2.0 400 Bad Request\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\n",
		 SLICE_ARG(m->via.raw), SLICE_ARG(sip_msg_get(m, SIP_HDR_FROM)),
		 SLICE_ARG(sip_msg_get(m, SIP_HDR_TO)), m->to_tag.len ? "" : ";tag=bad");
	sink_fmt(&s, "Call-ID: %.*s\r\nCSeq: %.*s\r\nContent-Length: 0\r\n\r\n",
		 SLICE_ARG(m->call_id), SLICE_ARG(m->cseq_text));
	if (!s.over)
		sim_net_inject(r->w, to, from, text, s.len);
}

/* The engine gets the octets as they are; the peers, who are no test of themselves, get none. */
static enum sim_verdict damage(struct run *r, const struct addr *from, const struct addr *to,
			       const void *data, size_t len)
{
	struct addr engine = sim_host_addr(r->w, 0, 5060);
	struct rng *rng = sim_rng(r->w);
	enum sip_parse_error err;
	char octets[LIMIT_SIP_OUT];
	struct sip_msg m;
	bool is_doubled = rng_chance(rng, 300);

	if (len == 0 || len > sizeof(octets) || sip_msg_parse(&m, slice_make(data, len), &err) != 0)
		return SIM_PASS;
	gateway_damage(r->gateway, m.call_id);
	caller_damage(r->caller, m.call_id);
	r->is_damaging = true;
	if (addr_eq(to, &engine)) {
		memcpy(octets, data, len);
		sim_net_inject(r->w, from, to, octets, damage_octets(rng, octets, len));
	} else if (m.is_request && m.method != SIP_METHOD_ACK && rng_chance(rng, 500)) {
		refuse_damaged(r, from, to, &m);
	}
	r->is_damaging = false;
	return is_doubled ? SIM_PASS : SIM_DROP;
}

static bool is_to_be_damaged(struct run *r, const struct addr *from, const struct addr *to)
{
	return r->s.corrupt && !r->is_damaging && (from->port == 5060 || to->port == 5060) &&
	       rng_chance(sim_rng(r->w), DAMAGE_PERMILLE);
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	struct addr first = scenario_first_target();
	struct run *r = arg;

	if (addr_eq(to, &first))
		return first_target(r, from, data, len);
	if (r->s.noise && from->port == 5060 && rng_chance(sim_rng(r->w), 20))
		make_noise(r, from, data, len);
	gateway_tap(r->gateway, from, to, data, len);
	return is_to_be_damaged(r, from, to) ? damage(r, from, to, data, len) : SIM_PASS;
}

/* ---- engine ---- */

static void engine_stopped(void *arg)
{
	struct run *r = arg;

	r->stopped = true;
}

static void engine_begin(struct run *r)
{
	struct engine_options options = {
		.main_file = SCENARIO_MAIN, .cpu_count = 2, .stopped = engine_stopped, .arg = r};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	sim_host_use(r->w, 0);
	sim_faults_set(r->w, 0, &(struct sim_faults){0}); /* starts in fair weather */
	if (engine_create(&r->engine, &options, &error) != 0) {
		run_fail(r, "engine_create: %s", sink_cstr(&error));
		r->engine = NULL;
		return;
	}
	if (engine_start(r->engine, &error) != 0 || engine_run_apart(r->engine) != 0)
		run_fail(r, "engine_start: %s", sink_cstr(&error));
	scenario_weather(&r->s, r->w);
}

static void engine_end(struct run *r)
{
	engine_destroy(r->engine);
	r->engine = NULL;
}

/* ---- power failure ---- */

struct power {
	struct run *r;
	struct sim_fs *disk;
	int64_t at;
};

static int power_fails(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	struct power *p = arg;

	UNUSED(op);
	UNUSED(path);
	if (nth == p->r->s.crash_op && !p->disk) {
		p->disk = sim_fs_snapshot(p->r->w, true);
		p->at = sim_now(p->r->w);
	}
	return 0;
}

static bool power_is_off(void *arg)
{
	struct power *p = arg;

	return p->disk || !oracle_watch(p->r);
}

/* The machine stops; its peers go on; the engine is started again on what the disk held. */
static void second_life(struct run *r, struct power *p)
{
	sim_host_kill(r->w, 0);
	gateway_excuse_all(r->gateway);
	caller_excuse_all(r->caller);
	for (uint32_t i = 0; i < r->s.client_count; i++)
		ami_client_excuse(r->clients[i]);
	engine_end(r);
	sim_fs_restore(r->w, p->disk);
	sim_host_restart(r->w, 0);
	sim_run_for(r->w, 5 * SIM_SECOND);
	sim_trace(r->w, "restart", "", 0);
	dropper_rescue(r->dropper, p->at);
	engine_begin(r);
}

static void run_until_power_fails(struct run *r)
{
	struct power p = {.r = r};

	sim_disk_hook(r->w, power_fails, &p);
	sim_run_until(r->w, power_is_off, &p, SIM_EPOCH_NS + 60 * SIM_SECOND);
	sim_disk_hook(r->w, NULL, NULL);
	if (p.disk && !r->failure[0])
		second_life(r, &p);
	sim_fs_free(p.disk);
}

/* ---- stop in order ---- */

static bool is_stopped(void *arg)
{
	struct run *r = arg;

	return r->stopped || !oracle_watch(r);
}

/* Asks for a stop and waits until the engine says that it is done. */
static void stop_in_order(struct run *r, enum control_stop how, int64_t patience_ns)
{
	for (uint32_t i = 0; i < r->s.client_count; i++)
		ami_client_excuse(r->clients[i]);
	r->stopped = false;
	engine_request_stop(r->engine, how);
	if (!sim_run_until(r->w, is_stopped, r, sim_now(r->w) + patience_ns))
		run_fail(r, "no stop within %lld s", (long long)(patience_ns / SIM_SECOND));
}

static void restart_in_order(struct run *r)
{
	sim_run_until(r->w, NULL, NULL, r->s.restart_at);
	if (!oracle_watch(r))
		return;
	stop_in_order(r, r->s.restart == RESTART_NOW ? CONTROL_STOP_NOW : CONTROL_STOP_GRACEFULLY,
		      120 * SIM_SECOND);
	engine_end(r);
	sim_run_for(r->w, SIM_SECOND / 2);
	if (!r->s.lossy && !r->s.faulty)
		gateway_check_byes(r->gateway);
	gateway_excuse_all(r->gateway);
	caller_excuse_all(r->caller);
	sim_host_restart(r->w, 0);
	sim_trace(r->w, "restart", "", 0);
	if (!r->failure[0])
		engine_begin(r);
}

/* ---- the run ---- */

static bool is_over(void *arg)
{
	struct run *r = arg;

	if (!oracle_watch(r))
		return true;
	if (sim_now(r->w) < r->look_at)
		return false;
	r->look_at = sim_now(r->w) + 100 * SIM_MS;
	return oracle_all_settled(r) && (r->s.corrupt || gateway_is_idle(r->gateway)) &&
	       caller_is_idle(r->caller) && engine_is_quiet(r->engine, NULL);
}

static void run_middle(struct run *r)
{
	const char *why = "the orders are not settled";

	if (r->s.crash)
		run_until_power_fails(r);
	if (r->s.restart)
		restart_in_order(r);
	if (r->failure[0])
		return;
	if (!sim_run_until(r->w, is_over, r, sim_now(r->w) + REST_DEADLINE)) {
		if (oracle_all_settled(r) && engine_is_quiet(r->engine, &why))
			why = gateway_is_idle(r->gateway)
				      ? "a call that came in is not over"
				      : "the gateway has a call that is not over";
		run_fail(r, "no rest after an hour: %s", why);
		return;
	}
	sim_run_for(r->w, 60 * SIM_SECOND); /* slow readers read on */
	oracle_judge(r);
	if (r->s.stops && !r->failure[0])
		stop_in_order(r, CONTROL_STOP_GRACEFULLY, 60 * SIM_SECOND);
}

static bool talks_echo(void *arg, struct slice user)
{
	const struct run *r = arg;

	for (uint32_t i = 0; i < r->s.order_count; i++) {
		if (slice_eq(slice_str(r->s.orders[i].user), user))
			return r->s.orders[i].talk == TALK_ECHO;
	}
	return false;
}

static void run_begin(struct run *r)
{
	struct gateway_conf gateway = {.port = 5060,
				       .realm = "sim",
				       .username = "dialer",
				       .password = "secret",
				       .echo = true,
				       .engine_echoes = talks_echo,
				       .arg = r,
				       .lossy = r->s.lossy || r->s.faulty || r->s.corrupt,
				       .corrupt = r->s.corrupt};

	scenario_prepare(&r->s, r->w);
	gateway.host = r->s.gateway_host;
	gateway.name = r->s.named ? "two.sim" : NULL;
	gateway.choose = (r->s.named || r->s.rushes) && !r->choose ? choose_plan : r->choose;
	r->gateway = gateway_create(r->w, &gateway);
	sim_net_tap(r->w, tap, r);
	r->dropper = dropper_create(r->w, SCENARIO_SPOOL);
	r->caller =
		caller_create(r->w, &(struct caller_conf){.host = r->s.caller_host,
							  .port = 5080,
							  .engine = sim_host_addr(r->w, 0, 5060)});
	scenario_call_all(&r->s, r->caller);
	engine_begin(r);
	for (uint32_t i = 0; i < r->s.client_count; i++)
		r->clients[i] = ami_client_create(r->w, &r->s.clients[i]);
	scenario_order_all(&r->s, r->clients, r->dropper);
}

static void run_end(struct run *r)
{
	sim_net_tap(r->w, NULL, NULL);
	engine_end(r);
	for (uint32_t i = 0; i < r->s.client_count; i++)
		ami_client_destroy(r->clients[i]);
	dropper_destroy(r->dropper);
	caller_destroy(r->caller);
	gateway_destroy(r->gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(r->w);
}

int run_scenario(struct run *r, uint64_t *hash)
{
	r->w = sim_world_create(r->s.seed);
	if (getenv("SIM_TRACE"))
		sim_trace_print(r->w, stderr);
	log_set_writer(log_line, r);
	if (r->verbose)
		log_set_level(LOG_LEVEL_VERBOSE, 5);
	run_begin(r);
	if (!r->failure[0])
		run_middle(r);
	*hash = sim_trace_hash(r->w);
	run_end(r);
	return r->failure[0] ? 1 : 0;
}

int run_seed(struct run *r, uint64_t seed, uint64_t *hash)
{
	scenario_make(&r->s, seed);
	return run_scenario(r, hash);
}
