/* sip/uri.h - URIs and the addresses that hold them (RFC 3261 19.1, 20.10; RFC 3966).
 *
 * Parsing gives slices over the input; escapes stay as they are (sip_uri_compare and
 * sip_uri_write_user know them). */
#ifndef RINGER_SIP_URI_H
#define RINGER_SIP_URI_H

#include "sip/text.h"

enum sip_scheme { SIP_SCHEME_OTHER, SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

/*   sip:user:password@host:port;params?headers
 *   tel:user;params                               */
struct sip_uri {
	enum sip_scheme scheme;
	bool is_ipv6;           /* host stood in brackets */
	uint16_t port;          /* 0: none given */
	struct slice scheme_text;
	struct slice user;      /* of tel: the number */
	struct slice password;
	struct slice host;      /* without brackets */
	struct slice params;    /* from the first ';', or empty */
	struct slice headers;   /* behind the '?', or empty */
};

/* 0 or -EINVAL. The whole of text must be the URI (no blanks, no <>). Splits at the last '@' before
 * the host (P7). A scheme other than sip, sips, tel gives SIP_SCHEME_OTHER with everything behind
 * the colon in host and is no error. Host names: letters, digits, '.', '-', '_'; IPv6 in brackets is
 * taken generously (RFC 5118 4.1-4.3): hex digits, colons, dots and a zone. *out is untouched on error. */
int sip_uri_parse(struct sip_uri *out, struct slice text);

/* The text of a URI as a Request-URI may have it: without headers (RFC 3261 19.1.1, 19.1.5). */
struct slice sip_uri_for_request(struct slice text);

/* Value of ;name in the URI parameters. `value` may be NULL. */
bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value);

/* RFC 3261 19.1.4: user and password with case (escapes resolved once), host without; port equal
 * (absent is not 5060); user, ttl, method, maddr, transport must match when in either; other
 * parameters when in both; headers equal as text. tel: visual separators (-.()) ignored. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);

/* All parts, as they were parsed. */
void sip_uri_write(struct sink *out, const struct sip_uri *uri);
/* host[:port], with brackets around IPv6. */
void sip_uri_write_hostport(struct sink *out, struct slice host, bool is_ipv6, uint16_t port);
/* Raw user text (a number to dial) with everything escaped that may not stand in a user part. */
void sip_uri_write_user(struct sink *out, struct slice raw);
/* The user part with its escapes resolved once; escaped controls stay escaped (P7). */
void sip_uri_unescape(struct sink *out, struct slice escaped);

/* One address: From, To, Contact, Route, P-Asserted-Identity ... (P6). */
struct sip_addr {
	struct slice display; /* without outer quotes, backslash pairs kept; empty if none */
	struct slice uri;     /* text of the URI, never with <> */
	struct slice params;  /* header parameters, from the first ';', or empty */
	bool has_brackets;    /* name-addr; without them ';' began the header parameters */
	bool is_star;         /* "Contact: *" */
	bool is_lenient;      /* the display name is not as the grammar has it (RFC 4475 baddn) */
};

/* One value (see sip_text_next_value). 0 or -EINVAL: quote or bracket not closed, blanks inside <>,
 * no URI, a '?' or ',' in a bare URI, junk behind the '>'. The URI itself is checked only for a
 * scheme and legal octets; sip_uri_parse takes it apart. */
int sip_addr_parse(struct sip_addr *out, struct slice value);

/* Value of the ;tag of From and To; empty if none. */
struct slice sip_addr_tag(const struct sip_addr *addr);

/* `"Display" <uri>;tag=tag`; display and tag are left out when empty. Display is raw text. */
void sip_addr_write(struct sink *out, struct slice display, struct slice uri, struct slice tag);

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]": true with the bare address text. */
bool sip_host_is_ipv4(struct slice host);
bool sip_host_is_ipv6(struct slice host);

#endif
