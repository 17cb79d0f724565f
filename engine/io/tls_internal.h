/* engine/io/tls_internal.h - what contexts and sessions share. */
#ifndef RINGER_IO_TLS_INTERNAL_H
#define RINGER_IO_TLS_INTERNAL_H

#include "engine/io/tls.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct tls_context {
	SSL_CTX *ssl;
	atomic_uint refs;
	bool server, verify, allow_wildcards;
};

/* Asked for each certificate of a chain that is verified. */
int tls_on_verify(int ok, X509_STORE_CTX *ctx);

#endif
