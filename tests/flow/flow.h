/* tests/flow/flow.h - one shard's signalling, and a far end that the test plays by hand.
 *
 * The engine's side is a real struct sip on a loop of the simulated world (10.0.0.1:5060). What it
 * sends is caught at once, in order, and taken by flow_expect; what the test sends is put on the
 * wire from FLOW_PEER and arrives 1 ms later. Facts to the owner are lines of text, taken by
 * flow_fact. All of it in virtual time. */
#ifndef RINGER_TESTS_FLOW_FLOW_H
#define RINGER_TESTS_FLOW_FLOW_H

#include "sip/center.h"
#include "sip/invite.h"
#include "sip/sip.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#define FLOW_MESSAGES 64
#define FLOW_FACTS    32
#define FLOW_SHARDS   4
#define FLOW_LATE     8

/* A message of the engine. */
struct flow_msg {
	int64_t at;
	struct addr to;
	struct sip_msg msg; /* over text */
	size_t len;
	char text[LIMIT_SIP_OUT];
};

struct flow {
	struct sim_world *w;
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct metrics metrics;
	struct sip_conf *conf;
	struct sip *sip; /* of the shard that dials */
	struct sip *sips[FLOW_SHARDS];
	const char *protocol;	   /* "udp", "tcp", "tls"; "both": UDP and TCP */
	const char *stir;	   /* text of stir_shaken.conf; NULL: no such file */
	const char *header;	   /* that the dialplan adds to INVITEs */
	const char *transport;	   /* further lines of [transport], for flow_reload */
	const char *bind;	   /* ... and where it is then; NULL: 10.0.0.1:5060 */
	struct sip_conf *first;	   /* that shard 0 still has: flow_reload_others */
	struct flow_far *far;	   /* TCP, TLS: the far end's machine */
	struct sip_center *center; /* of flow_start_center; its events are facts */
	uint32_t shard_count, call_max, conn_max;
	struct flow_reporter {
		struct flow *flow;
		uint32_t shard;
	} reporters[FLOW_SHARDS];
	bool has_center;
	bool is_worker_slow; /* its next chore waits in `chore` for its end to be told */
	struct chore *chore;
	uint32_t states; /* transitions traced */
	struct tech tech;
	struct tech_call *call; /* of the last dial; NULL after `ended` or hang-up */
	struct flow_msg *msgs[FLOW_MESSAGES];
	uint32_t msg_count, msg_taken;
	char facts[FLOW_FACTS][160];
	uint32_t fact_count, fact_taken;
	int dial_error;
	const char *hangup_in; /* fact in which the owner hangs up */
	int refuse; /* cause with which offered calls and transfers are refused; 0: taken */
	struct tech_diversion diversion; /* of the next dial */
	bool cid_hidden;
	uint8_t ptime_ms; /* of the last answer */
	void (*job)(struct flow *f);
	int number; /* of the job */
	const char *text, *text_type;
	enum tech_command command;
	uint32_t hold_count; /* calls of env.hold; what the last one said */
	int64_t hold_until_ns;
	bool hold_on_trial;
	bool is_reported;      /* by the far end: how the last call ended */
	struct tech_hold held; /* what flow_is_held found */
	uint64_t nevers;
	uint64_t full; /* shards that have no room for messages of connections; */
	int64_t room;  /* ... so many fit in all before the next one is full; negative: all */
	uint32_t refused_notices; /* of control, meanwhile */
	bool is_full;	 /* shards have no room for what others, or control, pass to them; */
	bool is_blocked; /* ... shard 0 has none: in both cases but for what is vital; */
	bool is_choked;	 /* ... shard 0 has none for that either */
	bool is_late;	 /* who lost a connection is not told before flow_tell_late */
	struct flow_late {
		uint32_t shard;
		struct sip_parcel parcel;
	} late[FLOW_LATE];
	uint32_t late_count;
	bool is_report_full; /* control has no room for what shards report */
	bool is_ip6;  /* what is sent comes from and goes to the addresses of IPv6 */
	bool is_doubled;   /* what the far end sends arrives twice */
	bool is_overtaken; /* a request that waits for a name may go behind a later one */
	bool is_deaf; /* does not look at what the engine sends, beyond the first few */
};

extern const struct addr flow_peer, flow_engine;
extern const struct addr flow_peer6, flow_engine6;

/* `endpoint`: further lines of the section [trunk] type=endpoint; `more`: further sections. */
void flow_start(struct flow *f, const char *endpoint, const char *more);
/* The same with several shards on one address, each with room for call_max calls. */
void flow_start_shards(struct flow *f, uint32_t shard_count, uint32_t call_max);
/* The same, with the control shard's part of SIP; shards hear of things at once. */
void flow_start_center(struct flow *f, uint32_t shard_count, const char *endpoint,
		       const char *more);
/* A command as of AMI or the console; its result. */
int flow_command(struct flow *f, enum tech_command command, const char *name);
/* The same over TCP or TLS ("tcp", "tls"), or UDP with TCP beside it ("both"): the far end is a
 * host of its own, 10.0.0.9, which listens on port 5060. What it says goes over its newest
 * connection. */
void flow_start_far(struct flow *f, const char *protocol, uint32_t shard_count,
		    const char *endpoint, const char *more);
/* By UDP (NULL), or as flow_start_far, with further lines of [transport]. */
void flow_start_transport(struct flow *f, const char *protocol, const char *transport,
			  const char *more);
/* The same with one shard, and so few connections as the engine may have. */
void flow_start_far_few(struct flow *f, const char *protocol, uint32_t conn_max, const char *more);
/* The same with the control shard's part of SIP. */
void flow_start_far_center(struct flow *f, const char *protocol, uint32_t shard_count,
			   const char *more);
/* As flow_start, with a stir_shaken.conf and the keys of tests/tls below /tls. */
void flow_start_stir(struct flow *f, const char *stir, const char *endpoint, const char *more);
/* Calls are made by this shard from now on. */
void flow_use_shard(struct flow *f, uint32_t shard);
/* The shards that were `full` have room again for so many messages, and shard 0 is told. */
void flow_make_room(struct flow *f, int64_t messages);
/* A new configuration, as by reload. */
void flow_reload(struct flow *f, const char *endpoint, const char *more);
/* The same, but shard 0 does not get it before the next flow_reload. */
void flow_reload_others(struct flow *f, const char *endpoint, const char *more);
/* Runs until all has timed out, and checks that nothing at all is left. */
void flow_end(struct flow *f);
/* Ends with what is under way, as a process that stops. */
void flow_abandon(struct flow *f);

void flow_run(struct flow *f, int64_t duration_ns);
/* Dials from within the loop; the error is in f->dial_error. */
void flow_dial(struct flow *f, const char *resource);
/* For jobs: dials f->text. */
void flow_dial_job(struct flow *f);
/* The losses of connections that shard 0 has told the others while is_late; no more are late. */
void flow_tell_late(struct flow *f);
/* Asks from within the loop whether all targets are held or down; if so f->held is set. */
bool flow_is_held(struct flow *f, const char *resource);
void flow_hangup(struct flow *f, int cause);
/* Sends a text from within the loop; the result is in f->number. type NULL: none given. */
void flow_send_text(struct flow *f, const char *type, const char *text);
void flow_hangup_all(struct flow *f, int cause);

/* Every answer of a name server comes after so long. */
void flow_delay_names(struct flow *f, int64_t delay_ns);

/* Runs the job within the loop. */
void flow_do(struct flow *f, void (*job)(struct flow *f));
/* The fact "media ...". */
void flow_note_media(struct flow *f, const struct media_desc *d);

/* The next message of the engine, which must be this method or status; runs the world until it
 * comes (at most 600 s). */
const struct flow_msg *flow_expect(struct flow *f, const char *what);
/* No message for so long. */
void flow_expect_silence(struct flow *f, int64_t duration_ns);
/* The next fact must read so; it must be there already, or come within the millisecond. */
void flow_fact(struct flow *f, const char *text);
void flow_no_fact(struct flow *f);

/* A response to a request of the engine. tag: of To; extra: whole header lines; body: SDP or NULL.
 */
void flow_reply(struct flow *f, const struct flow_msg *m, unsigned code, const char *tag,
		const char *extra, const char *body);
/* A request of the far end in the dialog of that INVITE. */
void flow_request(struct flow *f, const struct flow_msg *invite, const char *method, unsigned cseq,
		  const char *tag, const char *extra, const char *body);
/* The same with the branch given: for ACK of a failure and CANCEL. type: of the body. */
void flow_request_branch(struct flow *f, const struct flow_msg *invite, const char *method,
			 unsigned cseq, const char *tag, const char *branch, const char *extra,
			 const char *type, const char *body);
void flow_send(struct flow *f, const char *text);

/* ---- a far end with connections (flow_far.c) ---- */

/* Opens a connection to the engine. */
void flow_far_call(struct flow *f);
/* Closes its newest connection; the one before is the newest then. */
void flow_far_close(struct flow *f);
/* Says something and closes at once. */
void flow_far_last(struct flow *f, const char *text);
/* Whom it says it is from now on, to those who call it and to those whom it calls: a file of
 * certificate and key; NULL: nobody, to those whom it calls. */
void flow_far_certificate(struct flow *f, const char *file);
/* What its handshakes are bound to: versions and ciphers; before flow_far_certificate. */
void flow_far_tls(struct flow *f, enum tls_version version, const char *ciphers);
/* Does not read its newest connection, or goes on. */
void flow_far_pause(struct flow *f, bool paused);
/* Does not listen (any more). */
void flow_far_deaf(struct flow *f);
/* Octets, `piece` at a time. */
void flow_far_octets(struct flow *f, struct slice octets, size_t piece);
struct flow_far_counts {
	uint32_t accepted, connected, closed; /* connections; closed by the engine */
	uint32_t open;
	uint32_t pings, pongs; /* CRLFCRLF and CRLF of the engine */
	int error;	       /* of the last close */
};
/* How what comes over its newest connection is marked. */
struct io_mark flow_far_mark(struct flow *f);
struct flow_far_counts flow_far_count(const struct flow *f);
/* Between the files of this rig. */
extern const struct tech_events flow_events;	/* facts to the owner */
void flow_take_acls(struct sip_conf *conf);	/* acl.conf of the rig: "inside", "outside" */
int flow_post(void *flow,
	      struct chore *chore); /* the center's worker, quick but for is_worker_slow */
void flow_far_create(struct flow *f);
bool flow_has_room(void *arg, uint32_t shard, size_t len);
bool flow_forward(void *arg, uint32_t shard, const struct sip_parcel *p, struct slice data);
void flow_far_destroy(struct flow *f);
void flow_far_send(struct flow *f, const char *text);
/* What holds of every message of the engine (flow_rules.c): else the test fails. */
void flow_check_rules(const struct flow *f, const struct flow_msg *m);
void flow_keep(struct flow *f, const struct addr *to, const void *data, size_t len);

/* A session description of the far end: address 10.0.0.9. dir: "sendrecv". */
const char *flow_sdp(unsigned port, const char *formats, const char *dir);

/* A header of a message as text (one of several values: the first line). */
const char *flow_header(const struct flow_msg *m, const char *name);
/* The text stands somewhere in the message. */
bool flow_has(const struct flow_msg *m, const char *text);
/* Each of these lines stands in it, whole and in this order; "\n" behind each. <any>: anything. */
void flow_assert_lines(const struct flow_msg *m, const char *lines);
/* It goes to this address, "10.0.0.9:5060". */
void flow_assert_to(const struct flow_msg *m, const char *addr);
/* A request of 10.0.0.1:5060 by this transport, "UDP". */
void flow_assert_via(const struct flow_msg *m, const char *transport);
/* Contact of the far end, as an extra line. */
#define FLOW_CONTACT "Contact: <sip:far@10.0.0.9:5060>\r\n"

/* Dials and is answered by 180 and 200; returns the INVITE. */
const struct flow_msg *flow_answered_call(struct flow *f);
/* Dials and is answered by 200 at once, with these headers (whole lines); returns the INVITE. The
 * ACK is still to be expected. */
const struct flow_msg *flow_answered_with(struct flow *f, const char *headers);
/* Hangs up, and the far end says 200 to the BYE; returns the BYE. */
const struct flow_msg *flow_bye(struct flow *f, int cause);

#endif
