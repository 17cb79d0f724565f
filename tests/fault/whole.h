/* tests/fault/whole.h - a whole engine in a small simulated world: a gateway, an AMI client, call
 * files.
 *
 * Nothing is left to chance but what the fault brings: a fixed seed, a perfect network, and for
 * each order a plan of the far end that is known beforehand. */
#ifndef RINGER_TESTS_FAULT_WHOLE_H
#define RINGER_TESTS_FAULT_WHOLE_H

#include "engine/app/engine.h"
#include "tests/sim/scenario.h"

#define WHOLE_ETC "/etc/asterisk/"

struct whole {
	struct run run; /* world, peers, engine, the first failure */
	char error_text[1024];
	struct sink error; /* of engine_create and engine_start */
	io_fail_fn fail;
	void *fail_arg;
	bool lenient; /* status, archive, exact times may suffer; no order may be lost or doubled */
};

/* World and peers; no engine yet. orders: actions and files in turn, at most SCENARIO_ORDERS. */
void whole_open(struct whole *r, uint32_t orders);
/* Creates, starts, runs the engine. 0, or what it said (and whole_error has text); it is gone then.
 */
int whole_start(struct whole *r);
void whole_stop(struct whole *r);
const char *whole_error(struct whole *r);
/* The client logs in after half a second; the orders come three seconds later. */
void whole_order(struct whole *r);
/* Until everything is settled and quiet, and judged. NULL, or what is wrong. */
const char *whole_rest(struct whole *r);
void whole_close(struct whole *r);

#endif
