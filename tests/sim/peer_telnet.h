/* tests/sim/peer_telnet.h - a client of the world that keeps every octet it reads. */
#ifndef RINGER_TESTS_SIM_PEER_TELNET_H
#define RINGER_TESTS_SIM_PEER_TELNET_H

#include "tests/sim/sim.h"

struct telnet;

/* On a host of its own; connects when the world runs. */
struct telnet *telnet_create(struct sim_world *w, const struct addr *server);
void telnet_destroy(struct telnet *t);
/* The same over TLS: certificates have to be signed by one of ca_file, for that host. */
struct telnet *telnet_create_tls(struct sim_world *w, const struct addr *server,
				 const char *ca_file, const char *host);
/* Leaves the connection, if there is one, and opens another. */
void telnet_reconnect(struct telnet *t);
/* The connection breaks: a reset, not a FIN. */
void telnet_reset(struct telnet *t);
bool telnet_is_closed(const struct telnet *t);
/* Sends the octets, lets the world run so long and gives what was read since the last call: a text
 * that stays until the next one. */
const char *telnet_say(struct telnet *t, struct slice octets, int64_t wait_ns);

#endif
