/* engine/base/fault.h - deliberate faults, to show that the simulation finds them.
 *
 * FAULT(name) is false in every build but those with RINGER_FAULTS, where it is true while the test
 * has switched this one fault on. Each name stands in exactly one place of the engine. */
#ifndef RINGER_BASE_FAULT_H
#define RINGER_BASE_FAULT_H

#define FAULT_LIST(X)                                                                              \
	X(lost_settle)        /* an outcome is not passed on to its source */                      \
	X(double_settle)      /* an outcome is passed on twice */                                  \
	X(double_attempt)     /* an admitted attempt is dialled twice */                           \
	X(ack_not_sent)       /* a 2xx gets no ACK */                                              \
	X(ack_not_repeated)   /* a repeated 2xx gets no further ACK */                             \
	X(timer_not_stopped)  /* the answer timer goes on after the answer */                      \
	X(token_twice)        /* the pacer gives one token to two attempts */                      \
	X(slot_freed_early)   /* a transaction is freed while its timer runs */                    \
	X(slot_leaked)        /* a dialog is never freed */                                        \
	X(fork_not_ended)     /* a second 2xx of a fork is not ended by BYE */                     \
	X(cancel_forgotten)   /* CANCEL held back before a provisional is never sent */            \
	X(bye_not_sent)       /* our hang-up sends no BYE */                                       \
	X(event_lost)         /* a Hangup event is left out */                                     \
	X(event_order)        /* Hangup is written before DialEnd */                               \
	X(nonce_count_twice)  /* two calls use the same count of a nonce */                         \
	X(rtp_seq_skips)      /* an RTP sequence number is used twice */                           \
	X(held_burnt)         /* an attempt for a held trunk fails at once */                      \
	X(callfile_kept)      /* an ended call file stays in the spool */                          \
	X(retry_too_early)    /* RetryTime is ignored */                                           \
	X(limit_ignored)      /* max_inflight of a trunk is not looked at */                       \
	X(ami_answer_lost)    /* an OriginateResponse is left out */                               \
	X(ami_answer_twice)   /* an OriginateResponse is sent twice */                             \
	X(ami_id_lost)        /* a response or list item has no ActionID */                        \
	X(ami_headers)        /* two headers of a channel have changed places */                   \
	X(ami_list_open)      /* a list has no end */

enum fault {
	FAULT_none,
#define FAULT_ENUM(name) FAULT_##name,
	FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
	FAULT_COUNT,
};

#ifdef RINGER_FAULTS
extern enum fault fault_active;
#define FAULT(name) (__builtin_expect(fault_active == FAULT_##name, 0))
#else
#define FAULT(name) 0
#endif

const char *fault_name(enum fault f);

#endif
