/* tests/sim/peer_ami.h - a scripted AMI client that reads everything and checks the order of it.
 *
 * It logs in, sends its actions at their times, and follows each channel by Uniqueid: Newchannel first,
 * Hangup last, DialBegin before DialEnd, one response per action, one OriginateResponse per asynchronous
 * Originate. What does not hold is a violation: the first one is kept as text. */
#ifndef RINGER_TESTS_SIM_PEER_AMI_H
#define RINGER_TESTS_SIM_PEER_AMI_H

#include "tests/sim/sim.h"

enum ami_mood {
	AMI_CLIENT_PLAIN,
	AMI_CLIENT_SLOW,     /* hardly reads; may lose droppable events, or be closed by the server */
	AMI_CLIENT_VANISHES, /* closes the connection at gone_at */
	AMI_CLIENT_HALF_OPEN, /* its machine disappears at gone_at: no FIN, no reset */
	AMI_CLIENT_BYTEWISE, /* writes one octet at a time */
	AMI_CLIENT_MOODS,
};
const char *ami_mood_name(enum ami_mood mood);

struct ami_client_conf {
	uint32_t host;
	uint32_t number; /* of the client: its ActionIDs are "act-<number>-<n>" */
	struct addr server;
	const char *username, *secret;
	enum ami_mood mood;
	int64_t connect_at, gone_at;
	uint32_t meddle_permille; /* channel events that it answers with an action on that channel */
};

struct ami_client;
struct ami_client *ami_client_create(struct sim_world *w, const struct ami_client_conf *conf);
void ami_client_destroy(struct ami_client *c);

/* Sends the action at that time, or as soon as the login is through. `headers`: "Action: ...\r\n" lines
 * without ActionID and without the empty line; copied. Asynchronous Originates are recognised.
 * Returns the n of its ActionID. */
uint32_t ami_client_send(struct ami_client *c, int64_t at, const char *headers);

struct ami_action_info {
	bool sent;
	uint32_t responses;           /* Response messages seen */
	bool success;                 /* of the response */
	int64_t sent_ns, response_ns;
	uint32_t originate_responses; /* events */
	bool originate_success;
	int reason;
};
void ami_client_action(const struct ami_client *c, uint32_t n, struct ami_action_info *out);
uint32_t ami_client_action_count(const struct ami_client *c);

bool ami_client_is_logged_in(const struct ami_client *c);
/* The connection is open as far as the client knows. */
bool ami_client_is_open(const struct ami_client *c);
uint64_t ami_client_events(const struct ami_client *c);
uint32_t ami_client_channels(const struct ami_client *c); /* seen by Newchannel */
const char *ami_client_violation(const struct ami_client *c);
/* The server died: what is owed is forgiven, the client goes. Its unsent actions are never sent. */
void ami_client_excuse(struct ami_client *c);
/* Everything is over: every channel seen has had its Hangup, every action its response. False: it is a
 * violation now. Does nothing for clients that were closed or gone. */
bool ami_client_check_end(struct ami_client *c);

#endif
