/* engine/io/dns.h - what a name server answered: one DNS message, read (RFC 1035, 2782, 3403).
 *
 * Pure: octets in, records out. A chain of CNAMEs is followed inside of the message. Nothing is
 * allocated; names are copied, lower-cased, without the last dot. */
#ifndef RINGER_IO_DNS_H
#define RINGER_IO_DNS_H

#include "engine/base/limits.h"
#include "engine/io/addr.h"

#define DNS_NAME_ROOM 256 /* a name as text with its NUL */

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_NAPTR = 35,
};
const char *dns_type_name(enum dns_type type);

struct dns_srv {
	uint16_t priority, weight, port;
	char target[DNS_NAME_ROOM]; /* empty: the service is not offered here (the root) */
};

struct dns_naptr {
	uint16_t order, preference;
	char flags[8];
	char service[32];
	char replacement[DNS_NAME_ROOM];
	bool has_regexp; /* a rewriting rule, which SIP does not use */
};

union dns_record {
	struct addr addr; /* A, AAAA; port 0 */
	struct dns_srv srv;
	struct dns_naptr naptr;
};

struct dns_answer {
	uint8_t rcode; /* 0: no error; 3: no such name */
	bool is_truncated;
	uint32_t ttl_s; /* the least of all records used; without records that of the SOA, or 0 */
	bool has_soa;	/* says how long "nothing" holds */
	uint32_t count; /* records of the type asked for; what is above LIMIT_DNS_RECORDS is left
			   out */
	union dns_record records[LIMIT_DNS_RECORDS];
	char alias[DNS_NAME_ROOM]; /* end of the CNAME chain if it is not the name itself; else
				      empty */
};

/* Reads the answer to (name, type). 0, or -EBADMSG: no DNS response to that question. *out is
 * undefined after an error. */
int dns_read_answer(struct dns_answer *out, struct slice message, struct slice name,
		    enum dns_type type);

/* A name that may be asked for: labels of 1 to 63 octets, 253 in all, letters, digits, '-', '_';
 * one dot at the end is allowed. */
bool dns_is_name(struct slice name);
/* Lower case, without a dot at the end. False: not a name, or no room. */
bool dns_copy_name(char out[DNS_NAME_ROOM], struct slice name);

#endif
