/* ami/door.h - where clients come in: the plain listener and the one of TLS, of AMI and of the web
 * server. */
#ifndef RINGER_AMI_DOOR_H
#define RINGER_AMI_DOOR_H

#include "engine/io/stream.h"

struct ami;
struct ami_tls_conf;

struct ami_door {
	struct stream_listener *listener; /* NULL: closed */
	struct addr bound;		  /* as configured */
};

/* Who opens a door, and how. */
struct ami_door_conf {
	struct streams *streams;
	struct io *io;
	const char *file; /* whose options these are, for messages */
	stream_accept_fn accept;
	void *arg;
	uint32_t waiting_max; /* TLS handshakes at once: stream_listener_defer */
	int64_t handshake_ns;
};

/* Opens, moves or closes one as wanted; the TLS one gets its certificate anew. Live connections
 * stay. 0, or an error, which has been logged: then the door is shut, or goes on with its old
 * certificate. */
int ami_door_follow(struct ami_door *d, const struct ami_door_conf *conf, bool wanted,
		    const struct addr *bind);
int ami_door_follow_tls(struct ami_door *d, const struct ami_door_conf *conf, bool wanted,
			const struct ami_tls_conf *tls);
void ami_door_shut(struct ami_door *d);

/* Both of AMI, as the configuration in force says. 0, or the first error. */
int ami_doors_follow(struct ami *a);
void ami_doors_shut(struct ami *a);

#endif
