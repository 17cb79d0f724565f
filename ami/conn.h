/* ami/conn.h - a session's link over TCP or TLS: banner, framing, back-pressure.
 *
 * While an action is open, what the client sends waits: reading is paused, and what was on its way
 * is kept up to LIMIT_AMI_IN octets. */
#ifndef RINGER_AMI_CONN_H
#define RINGER_AMI_CONN_H

#include "engine/io/stream.h"

struct ami;

/* stream_accept_fn: arg is the struct ami. Above authlimit, or without room, the stream is closed
 * without a banner, and counted. */
void ami_conn_accept(void *arg, struct stream *stream, const struct addr *peer);
size_t ami_conn_bytes(void);

#endif
