/* tests/sim/pbx_rig.h - a shard with fake signalling and fake media, for tests of the dialplan.
 *
 * Every call is answered at once; from then on what happens is written down, one line each:
 *   <ms since the answer> <what>
 * Steps as "exten@context:priority App(data)", variables "name=value", media "play x", "stop",
 * "tone x", "echo on", "dtmf x", then "soft hangup", "hangup <cause>", "userevent name|body".
 * A file plays for one second; names that begin with "none" do not exist. */
#ifndef RINGER_TESTS_SIM_PBX_RIG_H
#define RINGER_TESTS_SIM_PBX_RIG_H

#include "engine/core/dialplan.h"
#include "engine/core/shard.h"
#include "tests/sim/sim.h"

#define RIG_TEXT 65536

struct pbx_rig {
	struct sim_world *w;
	struct shard shard;
	struct dialplan *dialplan;
	struct chan *chan; /* NULL: the call is over */
	const struct tech_events *tech_events;
	const struct media_events *media_events;
	void *owner; /* of both: the channel */
	int64_t start_ns;
	uint64_t playing; /* number of the play that runs; 0: none */
	uint64_t plays;
	bool no_events;	 /* the far end takes no telephone-events */
	bool has_info;	 /* it takes digits by signalling */
	bool said_trace; /* write every step down, not only what has an effect */
	char text[RIG_TEXT];
	size_t len;
	char logged[RIG_TEXT]; /* WARNING and ERROR lines of the log */
	size_t logged_len;
};

void pbx_rig_open(struct pbx_rig *r, const char *extensions_conf);
/* Checks that nothing is left over: no channel, no timer, no memory. */
void pbx_rig_close(struct pbx_rig *r);

/* A call that is answered at once and runs s,1 in context "test" (or another order). */
void pbx_rig_call(struct pbx_rig *r);
void pbx_rig_order(struct pbx_rig *r, struct originate *o);
/* After so many ms of the call. */
void pbx_rig_digit_at(struct pbx_rig *r, int64_t ms, char digit);
void pbx_rig_hangup_at(struct pbx_rig *r, int64_t ms);
void pbx_rig_redirect_at(struct pbx_rig *r, int64_t ms, const char *exten);
/* Lets the time go until the call is over, at most so long; gives what was written down. */
const char *pbx_rig_run(struct pbx_rig *r, int64_t ms);

#endif
