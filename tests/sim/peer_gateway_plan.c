/* tests/sim/peer_gateway_plan.c - what a far end does with a call, step by step. */
#include "tests/sim/peer_gateway_internal.h"

/* ---- scripts ---- */

enum gw_do { DO_END, DO_RESPOND, DO_REFUSE, DO_AGAIN, DO_BYE, DO_HOLD, DO_RESUME };

struct gw_plan_step {
	uint16_t min_ms, max_ms; /* after the step before */
	uint8_t what;
	uint8_t leg;
	uint16_t code;
	unsigned flags;
};

#define ANSWER(min, max) {min, max, DO_RESPOND, 0, 200, GW_SDP}
#define STEPS_MAX 8

static const struct gw_plan_step plans[GATEWAY_PLAN_COUNT][STEPS_MAX] = {
	[GATEWAY_ANSWER] = {ANSWER(0, 0)},
	[GATEWAY_ANSWER_LATE] = {{0, 5, DO_RESPOND, 0, 100, 0}, {10, 500, DO_RESPOND, 0, 180, 0},
				 ANSWER(100, 6000)},
	[GATEWAY_EARLY_MEDIA] = {{0, 5, DO_RESPOND, 0, 100, 0},
				 {10, 500, DO_RESPOND, 0, 183, GW_SDP}, ANSWER(100, 4000)},
	[GATEWAY_RELIABLE] = {{0, 5, DO_RESPOND, 0, 100, 0},
			      {10, 500, DO_RESPOND, 0, 183, GW_SDP | GW_RELIABLE},
			      ANSWER(3000, 6000)},
	[GATEWAY_BUSY] = {{0, 100, DO_RESPOND, 0, 180, 0}, {10, 1000, DO_REFUSE, 0, 486, 0}},
	[GATEWAY_OVERLOAD] = {{0, 30, DO_REFUSE, 0, 503, GW_RETRY_AFTER}},
	[GATEWAY_NOT_FOUND] = {{0, 50, DO_REFUSE, 0, 404, 0}},
	[GATEWAY_REJECT] = {{0, 200, DO_RESPOND, 0, 100, 0}, {0, 2000, DO_REFUSE, 0, 0, 0}},
	[GATEWAY_SILENT] = {{0, 0, DO_END, 0, 0, 0}},
	[GATEWAY_TRYING] = {{0, 50, DO_RESPOND, 0, 100, 0}},
	[GATEWAY_RINGS] = {{0, 50, DO_RESPOND, 0, 180, 0}},
	[GATEWAY_WAKES_LATE] = {{2000, 12000, DO_RESPOND, 0, 180, 0}},
	[GATEWAY_ANSWER_TWICE] = {{0, 50, DO_RESPOND, 0, 180, 0}, ANSWER(0, 2000),
				  {0, 100, DO_AGAIN, 0, 0, 0}},
	[GATEWAY_FORK] = {{0, 50, DO_RESPOND, 0, 180, 0}, {0, 50, DO_RESPOND, 1, 180, 0},
			  ANSWER(0, 2000), {0, 200, DO_RESPOND, 1, 200, GW_SDP}},
	[GATEWAY_CHALLENGE] = {{0, 50, DO_RESPOND, 0, 180, 0}, ANSWER(0, 2000)},
	[GATEWAY_BYE_SOON] = {{0, 50, DO_RESPOND, 0, 180, 0}, ANSWER(0, 1000),
			      {0, 6000, DO_BYE, 0, 0, 0}},
	[GATEWAY_BYE_CROSS] = {ANSWER(0, 1000)},
	[GATEWAY_CANCEL_CROSS] = {{0, 50, DO_RESPOND, 0, 180, 0}},
	[GATEWAY_ACK_DEAF] = {{0, 50, DO_RESPOND, 0, 180, 0}, ANSWER(0, 1000)},
	[GATEWAY_HOLD] = {{0, 50, DO_RESPOND, 0, 180, 0}, ANSWER(0, 1000),
			  {200, 2000, DO_HOLD, 0, 0, 0}, {500, 2000, DO_RESUME, 0, 0, 0}},
};

static const struct {
	const char *name;
	uint32_t share;
} plan_facts[] = {
#define GATEWAY_PLAN_FACT(name, share) {#name, share},
	GATEWAY_PLAN_LIST(GATEWAY_PLAN_FACT)
#undef GATEWAY_PLAN_FACT
};

const char *gateway_plan_name(enum gateway_plan plan)
{
	return plan_facts[plan].name;
}

bool gateway_plan_answers(enum gateway_plan plan)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		if (plans[plan][i].what == DO_RESPOND && plans[plan][i].code == 200)
			return true;
	}
	return false;
}

enum gateway_plan gw_plan_by_share(struct gateway *g)
{
	uint32_t sum = 0, pick, plan = 0;

	for (size_t i = 0; i < ARRAY_COUNT(plan_facts); i++)
		sum += plan_facts[i].share;
	pick = rng_below(&g->rng, sum);
	while (pick >= plan_facts[plan].share)
		pick -= plan_facts[plan++].share;
	return plan;
}

/* ---- playing the script ---- */

void gw_respond(struct gw_call *c, unsigned code, uint32_t leg, unsigned flags)
{
	struct gw_repeat *r = code >= 200 && code < 300 ? &c->leg[leg].ok : &c->response;
	struct sink s = sink_make(r->text, sizeof(r->text));

	gw_write_response(c, &s, code, leg, flags);
	r->len = s.len;
	sim_trace_fmt(c->g->w, "gw", "%s %u leg %u", c->user, code, leg);
	if (code < 200) {
		c->provisional = true;
		c->reliable = flags & GW_RELIABLE;
		if (c->reliable)
			gw_repeat_start(r, false, "reliable 183 without PRACK");
		else
			gw_send(c, &c->peer, r->text, r->len);
		return;
	}
	tmr_stop(&c->response.tmr);
	c->final = (uint16_t)code;
	if (code != 401)
		gw_sent_dialed(c->g, c->sent, code < 300);
	if (code < 300) {
		c->leg[leg].answered = true;
		gw_rtp_talk(c);
		gw_repeat_start(r, false, "2xx without ACK");
		return;
	}
	gw_repeat_start(r, false, "refusal without ACK");
	if (code != 401)
		gw_call_over(c);
}

static unsigned refusal_by_chance(struct gw_call *c)
{
	static const unsigned codes[] = {403, 404, 408, 480, 486, 488, 500, 502, 503, 600, 603};

	return codes[rng_below(&c->g->rng, ARRAY_COUNT(codes))];
}

static void step_do(struct gw_call *c, const struct gw_plan_step *step)
{
	struct gw_leg *leg = &c->leg[step->leg];

	switch (step->what) {
	case DO_RESPOND:
		gw_respond(c, step->code, step->leg, step->flags);
		break;
	case DO_REFUSE:
		gw_respond(c, step->code ? step->code : refusal_by_chance(c), 0, step->flags);
		break;
	case DO_AGAIN:
		gw_send(c, &c->peer, leg->ok.text, leg->ok.len);
		break;
	case DO_BYE:
		gw_bye(c, 0);
		break;
	case DO_HOLD:
		gw_reinvite(c, "sendonly");
		break;
	case DO_RESUME:
		gw_reinvite(c, "sendrecv");
		break;
	default:
		break;
	}
}

/* A step that has to wait: requests of ours need an acknowledged dialog and no other request. */
static bool step_must_wait(const struct gw_call *c, const struct gw_plan_step *step)
{
	if (step->what == DO_BYE)
		return !c->leg[0].acked;
	return (step->what == DO_HOLD || step->what == DO_RESUME) &&
	       (!c->leg[0].acked || c->request.open);
}

void gw_step_due(struct tmr *t, void *arg)
{
	struct gw_call *c = arg;
	const struct gw_plan_step *step = &plans[c->plan][c->step];

	if (c->is_over)
		return;
	if (step_must_wait(c, step)) {
		tmr_start(t, io_now_ns(c->g->io) + 50 * SIM_MS);
		return;
	}
	c->step++;
	step_do(c, step);
	gw_step_next(c);
}

void gw_step_next(struct gw_call *c)
{
	const struct gw_plan_step *step = &plans[c->plan][c->step];
	int64_t wait;

	if (c->is_over || c->step >= STEPS_MAX || step->what == DO_END)
		return;
	wait = step->min_ms;
	if (step->max_ms > step->min_ms)
		wait += rng_below(&c->g->rng, (uint32_t)(step->max_ms - step->min_ms) + 1u);
	tmr_start(&c->step_tmr, io_now_ns(c->g->io) + wait * SIM_MS);
}
