/* tests/sim/scenario.h - what one seed of sim_engine means: settings, network, orders. */
#ifndef RINGER_TESTS_SIM_SCENARIO_H
#define RINGER_TESTS_SIM_SCENARIO_H

#include "tests/sim/peer_ami.h"
#include "tests/sim/peer_caller.h"
#include "tests/sim/peer_dropper.h"
#include "tests/sim/peer_gateway.h"

#define SCENARIO_ORDERS  48
#define SCENARIO_CLIENTS 4
#define SCENARIO_NAME	 "gw.sim"
#define SCENARIO_MAIN    "/etc/asterisk/asterisk.conf"
#define SCENARIO_SPOOL   "/var/spool/asterisk"
#define SCENARIO_CDR     "/var/log/asterisk/cdr-csv/Master.csv"

/* What the dialplan does with an answered call. */
enum scenario_talk { TALK_PLAY, TALK_WAIT, TALK_ECHO, TALK_SHORT, TALK_APP, TALK_COUNT };

struct scenario_order {
	bool is_file;
	char user[24];         /* part of the dialled address: one gateway call tells its order */
	int64_t at;
	enum scenario_talk talk;
	uint32_t timeout_s;
	/* file */
	uint32_t retries, retry_s;
	bool archive;
	uint32_t file;         /* index in the dropper */
	/* action */
	uint32_t client, action;
};

struct scenario {
	uint64_t seed;
	uint32_t shards;
	uint32_t cps, burst, inflight_max, channel_max; /* of the trunk; 0: none */
	uint32_t queue_max;
	bool lossy;     /* datagrams are lost, doubled, reordered */
	bool corrupt;	/* messages arrive with bits flipped, or cut */
	bool faulty;    /* system calls fail now and then */
	bool hiccups;   /* threads stop for a while */
	bool rushes; /* all orders at once, slow threads, and the gateway often asks for a pause */
	bool disk_bad;  /* operations on files fail until disk_good_at */
	int64_t disk_good_at;
	bool disk_hangs; /* a write or sync lasts for seconds; everybody but its caller goes on */
	bool crash;     /* power failure at a disk operation, then a second life */
	uint64_t crash_op;
	enum { RESTART_NONE, RESTART_NOW, RESTART_GRACEFULLY } restart;
	int64_t restart_at;
	uint32_t reloads, hangups; /* actions of the first client */
	uint32_t ping_first, ping_count; /* its numbers of Ping actions */
	bool meddles;              /* the first client acts on channels as their events come */
	bool noise;                /* datagrams that are no messages */
	bool named;		   /* the trunk is a name: SRV with two targets, */
	bool dns_bad;		   /* answers are late, lost and refused; */
	bool dies; /* the first target takes no calls from dead_from to dead_until */
	int64_t dead_from, dead_until;
	bool stops;                /* at the end: by a command, instead of just ending */
	int64_t slack_ns; /* between the pacer's grant and the INVITE on the wire, at most */
	uint32_t client_count;
	struct ami_client_conf clients[SCENARIO_CLIENTS];
	uint32_t order_count;
	uint32_t calls_max; /* that all orders together may make */
	struct scenario_order orders[SCENARIO_ORDERS];
	uint32_t gateway_host, client_host, caller_host;
	uint32_t caller_count; /* calls that come in */
};

/* Everything from the seed alone. */
void scenario_make(struct scenario *s, uint64_t seed);
/* Makes hosts, network, faults and files of the world. */
void scenario_prepare(struct scenario *s, struct sim_world *w);
/* From here on things fail. */
void scenario_weather(struct scenario *s, struct sim_world *w);
/* Plans the orders with the peers. */
void scenario_order_all(struct scenario *s, struct ami_client *const *clients, struct dropper *d);
/* Plans the calls that come in. */
void scenario_call_all(const struct scenario *s, struct caller *c);
/* Seconds that an answered call lasts if the far end does not end it. */
uint32_t scenario_talk_s(const struct scenario *s, const struct scenario_order *o);

/* A world at work. */
struct run {
	struct scenario s;
	struct sim_world *w;
	uint64_t disk_ops_before; /* of lives that are not looked at */
	struct engine *engine;
	struct gateway *gateway;
	struct ami_client *clients[SCENARIO_CLIENTS];
	struct dropper *dropper;
	struct caller *caller;
	/* Plans of the gateway; NULL: by seed. arg is the struct run. */
	enum gateway_plan (*choose)(void *arg, struct slice user, uint32_t nth);
	uint64_t missing; /* attempts without an INVITE, of those judged so far */
	uint64_t buried[SCENARIO_ORDERS *
			4]; /* hashes of Call-IDs for which the first target is dead */
	uint32_t buried_count;
	bool is_damaging;  /* what passes by the tap is what we made of it */
	bool stopped;      /* the engine says so */
	int64_t look_at;   /* next look whether all is over */
	char failure[640]; /* empty: none */
	bool verbose;
};

/* The target that may die: another address of the gateway. */
struct addr scenario_first_target(void);

/* First reason why the run is wrong. */
void run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Judged after every step, and once at the end. False: failed. */
bool oracle_watch(struct run *r);
bool oracle_judge(struct run *r);
/* Every order has ended as far as the peers can tell. */
bool oracle_all_settled(const struct run *r);

/* Runs a seed from begin to end. 0 and the trace hash, or 1 and r->failure. */
int run_seed(struct run *r, uint64_t seed, uint64_t *hash);
/* The same for r->s as it stands: for scenarios made by hand. */
int run_scenario(struct run *r, uint64_t *hash);

#endif
