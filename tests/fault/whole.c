/* tests/fault/whole.c - see whole.h */
#include "tests/fault/whole.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define WHOLE_LOGIN_GAP	 (3 * SIM_SECOND) /* the client is there before the first call */
#define WHOLE_ORDER_GAP	 (200 * SIM_MS)
#define WHOLE_REST_LIMIT (3600 * SIM_SECOND)

static void log_line(void *arg, const struct log_line *line)
{
	struct whole *r = arg;

	if (getenv("FAULT_VERBOSE"))
		fprintf(stderr, "%12.6f %-7s %s\n",
			(double)(sim_now(r->run.w) - SIM_EPOCH_NS) / 1e9,
			log_level_name(line->level), line->text);
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	struct whole *r = arg;

	gateway_tap(r->run.gateway, from, to, data, len);
	return SIM_PASS;
}

/* ---- the scenario ---- */

static enum gateway_plan choose(void *arg, struct slice user, uint32_t nth)
{
	static const enum gateway_plan plans[] = {GATEWAY_ANSWER,      GATEWAY_BUSY,
						  GATEWAY_EARLY_MEDIA, GATEWAY_CHALLENGE,
						  GATEWAY_BYE_SOON,    GATEWAY_RINGS};

	UNUSED(arg);
	return plans[((unsigned char)user.ptr[user.len - 1] + nth) % ARRAY_COUNT(plans)];
}

static void make_scenario(struct scenario *s, uint32_t orders)
{
	static const enum scenario_talk talks[] = {TALK_SHORT, TALK_PLAY, TALK_SHORT, TALK_ECHO};

	*s = (struct scenario){
		.seed = 1,
		.shards = 2,
		.queue_max = 100,
		.faulty = true, /* judged as one that has faults; they come from the test */
		.slack_ns = 20 * SIM_MS,
		.client_count = 1,
		.clients = {{.username = "ops", .secret = "swordfish", .mood = AMI_CLIENT_PLAIN}},
		.order_count = orders,
	};
	for (uint32_t i = 0; i < orders; i++) {
		struct scenario_order *o = &s->orders[i];

		*o = (struct scenario_order){.is_file = i % 2,
					     .talk = talks[i % ARRAY_COUNT(talks)],
					     .timeout_s = 3,
					     .retries = 1,
					     .retry_s = 2,
					     .archive = i % 4 == 1};
		s->calls_max += o->is_file ? o->retries + 1 : 1;
		snprintf(o->user, sizeof(o->user), "%c%u", o->is_file ? 'f' : 'a', 5000 + i);
	}
}

static void make_files(struct whole *r)
{
	struct sim_world *w = r->run.w;

	sim_fs_put(w, WHOLE_ETC "dialer.conf",
		   "[general]\nshards=2\nmax_channels=32\nqueue_max=100\nspool_sync=yes\n"
		   "cdr_sqlite=no\n"
		   "[gw]\ncps=1000\nburst=100\n");
	sim_fs_put(w, WHOLE_ETC "manager.conf",
		   "[general]\nenabled=yes\nport=5038\nbindaddr=0.0.0.0\nchannelvars=X\n\n"
		   "[ops]\nsecret=swordfish\nread=all\nwrite=all\neventfilter=!Event: Newexten\n");
}

void whole_open(struct whole *r, uint32_t orders)
{
	struct gateway_conf gateway = {.port = 5060,
				       .realm = "sim",
				       .username = "dialer",
				       .password = "secret",
				       .choose = choose};
	struct run *run = &r->run;

	check(orders <= SCENARIO_ORDERS);
	memset(r, 0, sizeof(*r));
	make_scenario(&run->s, orders);
	run->w = sim_world_create(1);
	log_set_writer(log_line, r);
	if (getenv("SIM_TRACE"))
		sim_trace_print(run->w, stderr);
	scenario_prepare(&run->s, run->w);
	make_files(r);
	gateway.host = run->s.gateway_host;
	run->gateway = gateway_create(run->w, &gateway);
	sim_net_tap(run->w, tap, r);
	run->dropper = dropper_create(run->w, SCENARIO_SPOOL);
}

/* ---- the engine ---- */

const char *whole_error(struct whole *r)
{
	return sink_cstr(&r->error);
}

int whole_start(struct whole *r)
{
	struct engine_options options = {.main_file = SCENARIO_MAIN,
					 .cpu_count = 2,
					 .console = true,
					 .fail = r->fail,
					 .fail_arg = r->fail_arg};
	int err;

	r->error = sink_make(r->error_text, sizeof(r->error_text));
	r->run.disk_ops_before = sim_disk_ops(r->run.w);
	sim_host_use(r->run.w, 0);
	err = engine_create(&r->run.engine, &options, &r->error);
	if (err) {
		r->run.engine = NULL;
		return err;
	}
	err = engine_start(r->run.engine, &r->error);
	if (!err)
		err = engine_run_apart(r->run.engine);
	if (err)
		whole_stop(r);
	return err;
}

void whole_stop(struct whole *r)
{
	engine_destroy(r->run.engine);
	r->run.engine = NULL;
}

/* ---- the run ---- */

void whole_order(struct whole *r)
{
	struct run *run = &r->run;
	int64_t at = sim_now(run->w) + SIM_SECOND / 2;

	run->s.clients[0].connect_at = at;
	run->clients[0] = ami_client_create(run->w, &run->s.clients[0]);
	at += WHOLE_LOGIN_GAP;
	for (uint32_t i = 0; i < run->s.order_count; i++)
		run->s.orders[i].at = at += WHOLE_ORDER_GAP;
	scenario_order_all(&run->s, run->clients, run->dropper);
}

static uint32_t calls_of(const struct whole *r, const struct scenario_order *o)
{
	return gateway_calls_of(r->run.gateway, slice_str(o->user));
}

static bool is_set_aside(const struct whole *r, const struct scenario_order *o)
{
	char path[128];

	snprintf(path, sizeof(path), SCENARIO_SPOOL "/outgoing_failed/%s",
		 dropper_name(r->run.dropper, o->file));
	return sim_fs_exists(r->run.w, path);
}

/* What must hold of a call file whatever fails: it was dialled as often as it may be, and it is
 * gone only after that. */
static void judge_file(struct whole *r, const struct scenario_order *o)
{
	enum dropper_end end = dropper_look(r->run.dropper, o->file);
	uint32_t calls = calls_of(r, o);

	if (calls > o->retries + 1)
		run_fail(&r->run, "call file of %s was dialled %u times", o->user, calls);
	if (calls == 0 && !is_set_aside(r, o))
		run_fail(&r->run, "call file of %s ended as %s and was never dialled", o->user,
			 dropper_end_name(end));
	if (end == DROPPER_ODD && !dropper_is_archived(r->run.dropper, o->file))
		run_fail(&r->run, "call file of %s ended as %s", o->user, dropper_end_name(end));
}

static void judge_action(struct whole *r, const struct scenario_order *o)
{
	struct ami_action_info info;

	ami_client_action(r->run.clients[o->client], o->action, &info);
	if (calls_of(r, o) > 1)
		run_fail(&r->run, "originate to %s was dialled twice", o->user);
	if (info.success && ami_client_is_open(r->run.clients[o->client]) &&
	    info.originate_responses != 1)
		run_fail(&r->run, "originate to %s had %u OriginateResponses", o->user,
			 info.originate_responses);
}

static void judge_leniently(struct whole *r)
{
	struct run *run = &r->run;

	if (!gateway_check_end(run->gateway))
		run_fail(run, "gateway: %s", gateway_violation(run->gateway));
	if (!ami_client_check_end(run->clients[0]))
		run_fail(run, "AMI: %s", ami_client_violation(run->clients[0]));
	for (uint32_t i = 0; i < run->s.order_count; i++) {
		if (run->s.orders[i].is_file)
			judge_file(r, &run->s.orders[i]);
		else
			judge_action(r, &run->s.orders[i]);
	}
}

static bool is_over(void *arg)
{
	struct run *run = arg;

	return !oracle_watch(run) || (oracle_all_settled(run) && gateway_is_idle(run->gateway) &&
				      engine_is_quiet(run->engine, NULL));
}

const char *whole_rest(struct whole *r)
{
	struct run *run = &r->run;
	int64_t now = sim_now(run->w);
	const char *why = "the orders are not settled";

	if (!sim_run_until(run->w, is_over, run, now + WHOLE_REST_LIMIT)) {
		if (oracle_all_settled(run))
			engine_is_quiet(run->engine, &why);
		run_fail(run, "no rest after an hour: %s", why);
	} else {
		r->lenient ? judge_leniently(r) : (void)oracle_judge(run);
	}
	return run->failure[0] ? run->failure : NULL;
}

void whole_close(struct whole *r)
{
	struct run *run = &r->run;

	whole_stop(r);
	sim_net_tap(run->w, NULL, NULL);
	if (run->clients[0])
		ami_client_destroy(run->clients[0]);
	dropper_destroy(run->dropper);
	gateway_destroy(run->gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(run->w);
}
