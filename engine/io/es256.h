/* engine/io/es256.h - signatures ES256 (RFC 7518 3.4): ECDSA on the curve P-256 with SHA-256.
 *
 * A key is read once from a file, never changes and is shared by reference count, also between
 * threads that sign at the same time: signing only reads it. OpenSSL takes what it needs for one
 * signature from the heap and gives it back; its random numbers are those of the process
 * (simulator: seeded, so that equal seeds give equal signatures). */
#ifndef RINGER_IO_ES256_H
#define RINGER_IO_ES256_H

#include "engine/base/sink.h"
#include "engine/base/slice.h"
#include "engine/io/io.h"

#define ES256_OCTETS 64 /* a signature: r, then s, 32 octets each, the highest octet first */

struct es256_key;

/* A PEM file with a private key of the curve P-256, without a passphrase; a certificate in front of
 * it does not matter. Read through the seam: for boot, reload and worker loops. 0; or a negative
 * errno with a text that names the file, what is wrong and the remedy. The text has nothing of the
 * key. */
int es256_key_load(struct es256_key **out, struct io *io, const char *file, struct sink *error);
/* Any thread. */
struct es256_key *es256_key_ref(struct es256_key *k);
void es256_key_unref(struct es256_key *k); /* NULL is fine */

/* The signature of data. Any thread. 0; -ENOMEM: OpenSSL had no memory, or no random numbers. */
int es256_sign(const struct es256_key *k, struct slice data, uint8_t signature[ES256_OCTETS]);

#endif
