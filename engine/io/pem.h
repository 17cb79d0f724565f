/* engine/io/pem.h - PEM files through the seam, for what hands them to OpenSSL.
 *
 * Shared by the doors to OpenSSL in this folder. For boot, reload and worker loops. */
#ifndef RINGER_IO_PEM_H
#define RINGER_IO_PEM_H

#include "engine/base/sink.h"
#include "engine/io/io.h"

#include <openssl/bio.h>
#include <openssl/evp.h>

/* The first of OpenSSL's errors of this thread as text, without its codes; clears them. True:
 * memory ran out somewhere. */
bool pem_take_error(char *text, size_t size);

/* A PEM file in memory. */
struct pem {
	char *text;
	size_t len;
	BIO *bio; /* reads text */
};

/* `what` names the file's part for people: "certificate". 0; or a negative errno with file, reason
 * and remedy in *error. */
int pem_load(struct pem *pem, struct io *io, const char *what, const char *file,
	     struct sink *error);
/* Overwrites the text, since what was read may be a key. */
void pem_unload(struct pem *pem);

/* A callback for OpenSSL: no passphrases, nobody is there to type one. arg: a bool to note that one
 * is wanted, or NULL. */
int pem_no_passphrase(char *buf, int size, int writing, void *arg);

/* "what file: OpenSSL's reason; remedy". -ENOMEM if memory was the reason, else -EINVAL. */
int pem_refuse(struct sink *error, const char *what, const char *file, const char *remedy);

/* The private key in a file, owned by the caller. 0; or as pem_load and pem_refuse. */
int pem_load_key(EVP_PKEY **out, struct io *io, const char *file, struct sink *error);

#endif
