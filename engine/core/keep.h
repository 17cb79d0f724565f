/* engine/core/keep.h - grow-only heap memory of something that is loaded once and freed as a whole.
 *
 * For configuration trees and dialplan snapshots: many small pieces, no single free. Uses malloc,
 * so never on the path of a call. Alignment 8. One owner, not thread-safe while it grows. */
#ifndef RINGER_CORE_KEEP_H
#define RINGER_CORE_KEEP_H

#include "engine/base/slice.h"

struct keep_chunk;

struct keep {
	struct keep_chunk *chunks; /* newest first */
	size_t used_bytes;	   /* in the newest */
	size_t total_bytes;	   /* of all chunks */
};

#define KEEP_INIT ((struct keep){0})

/* Zeroed memory, or NULL when malloc gives none. */
void *keep_alloc(struct keep *k, size_t bytes);
/* A copy with a NUL behind it, also of the empty slice; ptr NULL on failure. */
struct slice keep_dup(struct keep *k, struct slice s);
void keep_free(struct keep *k);

#endif
