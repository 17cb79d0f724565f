/* ami/conf_tls.h - the TLS options that manager.conf and http.conf have in common.
 *
 *	tlsenable = no               a second listener, TLS from the first octet on
 *	tlsbindaddr = ADDR[:PORT]    none: as the plain one, with the TLS port
 *	tlscertfile = asterisk.pem   PEM, the chain behind the certificate
 *	tlsprivatekey =              none: inside tlscertfile
 *	tlscipher =                  OpenSSL cipher list of TLS 1.2
 *	tlsdisablev1, tlsdisablev11  taken; both are never spoken
 *	tlsdisablev12 = no           yes: TLS 1.3 only
 *	tlsservercipherorder = no    our order of ciphers, not the client's
 *
 * Clients are not asked for a certificate, as in Asterisk. */
#ifndef RINGER_AMI_CONF_TLS_H
#define RINGER_AMI_CONF_TLS_H

#include "engine/core/conffile.h"
#include "engine/core/keep.h"
#include "engine/io/tls.h"

struct ami_tls_conf {
	bool enabled;
	struct addr bind;
	struct slice cert, key, cipher; /* NUL behind them */
	bool only_v13, server_order;
};

/* From [general], NULL gives the defaults. `plain`: the address of the plain listener, also taken
 * when tlsbindaddr has its port; port: the one of TLS. Texts live in keep. 0, -ENOMEM, -EINVAL
 * with "file:line: reason; remedy" (an address that cannot be read). */
int ami_tls_conf_load(struct ami_tls_conf *out, struct keep *keep, const struct conffile_section *g,
		      const struct addr *plain, uint16_t port, struct sink *error);
/* Is it one of the options above? */
bool ami_tls_conf_knows(struct slice key);
/* Reads certificate and key. `file` names the configuration in messages, which are logged.
 * 0 or a negative errno; the caller owns the context. */
int ami_tls_conf_open(struct tls_context **out, const struct ami_tls_conf *conf, struct io *io,
		      const char *file);

#endif
