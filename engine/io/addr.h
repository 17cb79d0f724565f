/* engine/io/addr.h - IPv4 or IPv6 address and port, by value, and its text. */
#ifndef RINGER_IO_ADDR_H
#define RINGER_IO_ADDR_H

#include "engine/base/sink.h"
#include "engine/base/slice.h"

#define ADDR_TEXT 64 /* room for "[v6]:port" and a NUL */

struct addr {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t pad;
	uint16_t port;  /* host order */
	uint8_t ip[16]; /* network order; IPv4 uses the first four */
};

/* Numeric address only: "1.2.3.4", "::1", "[::1]". False: none of these. Keeps a->port. */
bool addr_parse_ip(struct addr *a, struct slice text);
/* "ip", "ip:port", "[v6]:port"; port_default if the text names none. */
bool addr_parse(struct addr *a, struct slice text, uint16_t port_default);
/* The IP alone (v6 without brackets), and "ip:port" ("[v6]:port"). */
void addr_write_ip(struct sink *s, const struct addr *a);
void addr_write(struct sink *s, const struct addr *a);
/* Into a buffer of ADDR_TEXT octets; returns it. */
const char *addr_text(const struct addr *a, char buf[ADDR_TEXT]);

bool addr_eq(const struct addr *a, const struct addr *b);    /* address and port */
bool addr_eq_ip(const struct addr *a, const struct addr *b); /* address alone */
bool addr_is_any(const struct addr *a);                      /* 0.0.0.0 or :: */
bool addr_is_loopback(const struct addr *a);
uint64_t addr_hash(const struct addr *a, uint64_t seed);
/* An IPv4 address within IPv6 (::ffff:1.2.3.4) as IPv4; any other as it is. */
struct addr addr_unmapped(const struct addr *a);
/* Its network of that length: the other bits, the port and the octets beyond are 0. */
struct addr addr_network(const struct addr *a, uint8_t prefix_bits);

/* net/prefix as in permit and deny lines: "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.1.2.3". */
struct addr_net {
	struct addr base;
	uint8_t prefix_bits;
};
bool addr_net_parse(struct addr_net *n, struct slice text);
bool addr_net_has(const struct addr_net *n, const struct addr *a);

#endif
