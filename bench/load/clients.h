/* bench/load/clients.h - many AMI connections at once: pings as fast as they are answered (TCP or
 * HTTP), readers of events that measure how far behind they are, and clients that only rest. */
#ifndef RINGER_BENCH_LOAD_CLIENTS_H
#define RINGER_BENCH_LOAD_CLIENTS_H

#include "bench/load/run.h"

struct clients;

/* Opens `count` connections and logs in; events is the mask ("on", "off"). 0 or a negative errno.
 * The run ends as failed when one of them is refused or closed. */
int clients_open(struct clients **out, struct run *r, uint32_t count, const char *events);
void clients_close(struct clients *c); /* NULL is fine */
/* All are logged in. */
bool clients_are_ready(const struct clients *c);
/* The first of them reads nothing for so long. */
void clients_stall_one(struct clients *c, int64_t for_ns);
/* How late events came (needs timestampevents = yes), what was lost. The stalled one counts apart.
 */
void clients_report(const struct clients *c, struct report *report);

#endif
