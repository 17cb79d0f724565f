/* ami/order.h - what AMI remembers of an accepted Originate until its dialling is over.
 *
 * Guarantee: every order that ami_order_submit accepted is answered exactly once - with an
 * OriginateResponse event if it was asynchronous, with the response of the action if not - at its
 * `dialed`, or at its `settle` if that comes without one (the engine stops). A session that is gone
 * loses its response; the event goes to whoever reads class call. It is forgotten at its
 * settlement: until then ami_is_quiet is false. */
#ifndef RINGER_AMI_ORDER_H
#define RINGER_AMI_ORDER_H

#include "ami/session.h"
#include "engine/core/originate.h"

struct ami_order;

/* Hands the order to the queue. channel: the dial string as written. 0; -ENOSPC (queue or table
 * full), -E2BIG, -ESHUTDOWN: not accepted, nothing will be answered. A synchronous one is noted in
 * s->order. */
int ami_order_submit(struct ami_session *s, const struct originate *o, struct slice channel,
		     bool async);

/* Bytes of one order in its slab. */
size_t ami_order_bytes(void);

#endif
