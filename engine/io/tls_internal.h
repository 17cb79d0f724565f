/* engine/io/tls_internal.h - what contexts and sessions share. */
#ifndef RINGER_IO_TLS_INTERNAL_H
#define RINGER_IO_TLS_INTERNAL_H

#include "engine/io/tls.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct tls_context {
	SSL_CTX *ssl;
	atomic_uint refs;
	bool server, verify;
};

/* The first of OpenSSL's errors of this thread as text, without its codes; clears them. True:
 * memory ran out somewhere. */
bool tls_take_error(char *text, size_t size);

#endif
