/* sip/txn_internal.h - the four machines as their files and their tests see them. */
#ifndef RINGER_SIP_TXN_INTERNAL_H
#define RINGER_SIP_TXN_INTERNAL_H

#include "sip/txn.h"

#define TXN_ENUM(id) id,

/* clang-format off */
/* RFC 3261 figure 5 with RFC 6026 figure 3 */
#define ICT_STATES(X) X(ICT_CALLING) X(ICT_PROCEEDING) X(ICT_ACCEPTED) X(ICT_COMPLETED) X(ICT_TERMINATED)
#define ICT_EVENTS(X)                                                                              \
	X(ICT_RX_1XX) X(ICT_RX_2XX) X(ICT_RX_FAIL)                                                 \
	X(ICT_TMR_A) X(ICT_TMR_B) X(ICT_TMR_D) X(ICT_TMR_M) X(ICT_TX_ERROR) X(ICT_DROP)
enum ict_state { ICT_STATES(TXN_ENUM) ICT_STATE_COUNT };
enum ict_event { ICT_EVENTS(TXN_ENUM) ICT_EVENT_COUNT };

/* RFC 3261 figure 6 */
#define NICT_STATES(X) X(NICT_TRYING) X(NICT_PROCEEDING) X(NICT_COMPLETED) X(NICT_TERMINATED)
#define NICT_EVENTS(X)                                                                             \
	X(NICT_RX_1XX) X(NICT_RX_FINAL)                                                            \
	X(NICT_TMR_E) X(NICT_TMR_F) X(NICT_TMR_K) X(NICT_TX_ERROR) X(NICT_DROP)
enum nict_state { NICT_STATES(TXN_ENUM) NICT_STATE_COUNT };
enum nict_event { NICT_EVENTS(TXN_ENUM) NICT_EVENT_COUNT };

/* RFC 3261 figure 7 with RFC 6026 figure 5 */
#define IST_STATES(X)                                                                              \
	X(IST_PROCEEDING) X(IST_ACCEPTED) X(IST_COMPLETED) X(IST_CONFIRMED) X(IST_TERMINATED)
#define IST_EVENTS(X)                                                                              \
	X(IST_RX_INVITE) X(IST_RX_ACK)                                                             \
	X(IST_TX_1XX) X(IST_TX_2XX) X(IST_TX_FAIL)                                                 \
	X(IST_TMR_G) X(IST_TMR_H) X(IST_TMR_I) X(IST_TMR_L) X(IST_TX_ERROR) X(IST_DROP)
enum ist_state { IST_STATES(TXN_ENUM) IST_STATE_COUNT };
enum ist_event { IST_EVENTS(TXN_ENUM) IST_EVENT_COUNT };

/* RFC 3261 figure 8 */
#define NIST_STATES(X) X(NIST_TRYING) X(NIST_PROCEEDING) X(NIST_COMPLETED) X(NIST_TERMINATED)
#define NIST_EVENTS(X)                                                                             \
	X(NIST_RX_REQUEST) X(NIST_TX_1XX) X(NIST_TX_FINAL)                                         \
	X(NIST_TMR_J) X(NIST_TX_ERROR) X(NIST_DROP)
enum nist_state { NIST_STATES(TXN_ENUM) NIST_STATE_COUNT };
enum nist_event { NIST_EVENTS(TXN_ENUM) NIST_EVENT_COUNT };
/* clang-format on */

const char *ict_state_name(unsigned state);
const char *ict_event_name(unsigned event);
const char *nict_state_name(unsigned state);
const char *nict_event_name(unsigned event);
const char *ist_state_name(unsigned state);
const char *ist_event_name(unsigned event);
const char *nist_state_name(unsigned state);
const char *nist_event_name(unsigned event);

/* What came with an event. */
struct txn_input {
	const struct sip_msg *msg;
	const struct addr *from;
	unsigned code; /* of a response that we send */
	struct slice response;
};

/* One cell: what is done on the way to the next state. act NULL: an empty cell. An event from the
 * network that meets an empty cell is counted and ignored; one of our own is a defect. */
typedef void (*txn_act)(struct txn *t, const struct txn_input *in);
struct txn_cell {
	txn_act act;
	uint8_t next;
};

/* The one function of each machine that changes its state. The transaction may be freed by it. */
void ict_step(struct txn *t, enum ict_event event, const struct txn_input *in);
void nict_step(struct txn *t, enum nict_event event, const struct txn_input *in);
void ist_step(struct txn *t, enum ist_event event, const struct txn_input *in);
void nist_step(struct txn *t, enum nist_event event, const struct txn_input *in);

/* ---- shared by the machines (txn.c) ---- */

struct txn_machine {
	const char *name;
	const struct txn_cell *cells; /* [state * event_count + event] */
	uint8_t event_count;
	uint8_t terminated; /* state */
	uint32_t absorbing; /* mask of states that only wait for copies */
	uint32_t network;   /* mask of events that come from the network */
	const char *(*state_name)(unsigned);
	const char *(*event_name)(unsigned);
};
void txn_step(const struct txn_machine *m, struct txn *t, unsigned event,
	      const struct txn_input *in);

void txn_tell(struct txn *t, enum txn_fact fact, const struct txn_input *in);
int64_t txn_now(const struct txn *t);
static inline const struct txn_times *txn_times(const struct txn *t)
{
	return &t->layer->conf.times;
}
/* Sends the kept bytes; a refusal of the transport becomes `error_event` of the machine. */
void txn_send_kept(struct txn *t);
/* ... and counts it as a retransmission. */
void txn_send_again(struct txn *t);
/* Replaces the kept bytes; false: no room (what was kept is gone). */
bool txn_keep(struct txn *t, struct slice text);
void txn_forget(struct txn *t);
void txn_resend_start(struct txn *t, int64_t interval_ns);
/* Doubles the interval up to cap_ns and starts again. */
void txn_resend_again(struct txn *t, int64_t cap_ns);
void txn_end_start(struct txn *t, uint8_t event, int64_t after_ns);
void txn_stop_timers(struct txn *t);
bool txn_is_reliable(const struct txn *t);
/* As txn_end_start for what only waits for copies: at once where there are none. */
void txn_absorb_start(struct txn *t, uint8_t event, int64_t after_ns);

/* txn_switch.c: the kept bytes get another Via. txn_switch: false: no room, and nothing changed. */
bool txn_switch(struct txn *t, uint8_t tp, const struct sip_peer *dst);
/* To the transport that its size asks for, and back to the one it was meant for. txn_narrow: false:
 * it is there already, or no room. */
void txn_widen(struct txn *t);
bool txn_narrow(struct txn *t);

/* Shared actions. */
void txn_act_absorb(struct txn *t, const struct txn_input *in);
void txn_act_finish(struct txn *t, const struct txn_input *in); /* stops the timers */

#endif
