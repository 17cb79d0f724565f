/* tests/fuzz/seq.h - one shard's signalling in the simulated world, for scripts of chance.
 *
 * A struct sip listens on 10.0.0.1:5060. What it sends is kept (the newest SEQ_MESSAGES) and goes
 * nowhere; what the script says comes from 10.0.0.9. Each call has an owner that checks what it
 * hears: nothing after `ended` and after its own hang-up, `ended` once. seq_end checks that all
 * comes to rest. A breach aborts. */
#ifndef RINGER_TESTS_FUZZ_SEQ_H
#define RINGER_TESTS_FUZZ_SEQ_H

#include "sip/msg.h"
#include "sip/sip.h"
#include "tests/sim/sim.h"

#define SEQ_MESSAGES 32
#define SEQ_CALLS    32
#define SEQ_CONFS    3

struct seq_call {
	struct seq *seq;
	struct tech_call *call; /* NULL: over */
	bool is_ended, is_hung_up;
};

struct seq_msg {
	bool is_read; /* msg holds: it can be read */
	struct sip_msg msg;
	char text[LIMIT_SIP_OUT];
};

struct seq {
	struct sim_world *w;
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct metrics metrics;
	struct sip *sip;
	struct tech tech;
	struct seq_msg msgs[SEQ_MESSAGES]; /* a ring */
	uint32_t msg_count;
	struct seq_call calls[SEQ_CALLS];
	uint32_t call_count;
	int refuse; /* cause with which calls and transfers are refused; 0: taken */
	uint64_t nevers;
	void (*job)(struct seq *s);
	/* What the job works on. */
	struct seq_call *job_call;
	const char *job_text;
	int job_number;
};

/* conf: 0 .. SEQ_CONFS - 1. */
void seq_start(struct seq *s, uint32_t conf);
/* All calls are hung up, by their owners or (by_engine) by sip_hangup_all; time passes; nothing may
 * be left. */
void seq_end(struct seq *s, bool by_engine);

/* The far end's octets, from one of its ports. They arrive 1 ms later. */
void seq_send(struct seq *s, bool other_port, const void *data, size_t len);
void seq_wait(struct seq *s, int64_t duration_ns);

/* What the owner does, within the loop. A call that is over is left alone. */
void seq_dial(struct seq *s, const char *resource);
void seq_hangup(struct seq *s, uint32_t call, int cause);
void seq_answer(struct seq *s, uint32_t call);
void seq_indicate(struct seq *s, uint32_t call, enum tech_indication what);
void seq_transfer(struct seq *s, uint32_t call, const char *dest);
void seq_text(struct seq *s, uint32_t call, const char *text);
void seq_notify(struct seq *s, uint32_t call);
void seq_hangup_all(struct seq *s);
void seq_reload(struct seq *s, uint32_t conf);

/* The nth newest message of the engine that could be read: any one, or (of_invite) one whose CSeq
 * is that of an INVITE, or (is_request) a request. NULL: none. */
enum seq_kind { SEQ_ANY, SEQ_OF_INVITE, SEQ_REQUEST, SEQ_INVITE };
const struct sip_msg *seq_message(const struct seq *s, enum seq_kind kind, uint32_t nth);

#endif
