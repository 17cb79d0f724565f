/* tests/sim/peer_ami_order.h - the order of headers that clients of the manager interface rely on.
 */
#ifndef RINGER_TESTS_SIM_PEER_AMI_ORDER_H
#define RINGER_TESTS_SIM_PEER_AMI_ORDER_H

#include "engine/base/slice.h"

/* A whole message of lines ended by CRLF, without the empty one. NULL: in order; else the first
 * header that is not where it belongs, valid until the next call. */
const char *peer_ami_order_fault(struct slice message);

#endif
