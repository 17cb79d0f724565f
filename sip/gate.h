/* sip/gate.h - who may come in: access lists, the endpoint of a request, its credentials.
 *
 * For requests outside of a dialog. Whoever is not let in learns nothing: an unknown caller is
 * asked for credentials exactly as a known one is, and the answer never tells which users exist.
 * What such callers send is counted by source address in a bounded table; after
 * unidentified_request_count of them within unidentified_request_period seconds the next are
 * dropped unanswered, until none came for unidentified_request_prune_interval seconds.
 * While the names of a match= are looked up for the first time (hosts.h) nobody can be told from
 * such callers: what is not identified then is dropped without being counted against it.
 * Requests that pass are not held up by what others behind the same address did. */
#ifndef RINGER_SIP_GATE_H
#define RINGER_SIP_GATE_H

#include "sip/sip_internal.h"

/* The endpoint of the request, if it may come in. NULL: it was answered (401, 403) or dropped. t:
 * its server transaction, or NULL for an answer without state. to_tag: of such an answer. */
const struct sip_conf_endpoint *sip_gate_pass(const struct sip_rx *rx, struct txn *t,
					      struct slice to_tag);
/* Whether a request that needs no credentials (OPTIONS and what else is no call and no binding) is
 * answered: not what access lists refuse, nor, unless it is of an endpoint, from an address that is
 * ignored. False: it was answered (403) or dropped. */
bool sip_gate_admits(const struct sip_rx *rx, struct slice to_tag);
/* As sip_gate_pass without a word, and without credentials: NULL if no endpoint fits. */
const struct sip_conf_endpoint *sip_gate_identify(const struct sip_rx *rx);

/* Addresses that sent what nobody may send. */
struct sip_offenders;
int sip_offenders_create(struct sip_offenders **out, uint64_t key);
void sip_offenders_destroy(struct sip_offenders *o); /* NULL is fine */
struct sip_offender_rule {
	uint32_t count; /* 0: nobody is ignored */
	uint32_t period_s, prune_s;
};
/* One more offence; true: it is to be ignored. *is_first: it is the first one that is. */
bool sip_offenders_note(struct sip_offenders *o, const struct sip_offender_rule *rule,
			const struct addr *from, int64_t now_ns, bool *is_first);
/* Whether it is ignored now. To ask is no offence: a proxy that sends OPTIONS all the time, and had
 * passed on what nobody may send, is answered again in time. */
bool sip_offenders_ignores(struct sip_offenders *o, const struct sip_offender_rule *rule,
			   const struct addr *from, int64_t now_ns);

#endif
