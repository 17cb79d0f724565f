/* engine/base/blob.h - shared pool of byte blocks in size classes, lock-free.
 *
 * For packed orders, which one thread (AMI, spool) makes and another (control) keeps until the call
 * is settled. Classes 512, 2048, 8192 and 65536 bytes, each a bounded LIFO (ck_stack, any thread may
 * alloc and free), mapped at creation and touched when used. */
#ifndef RINGER_BASE_BLOB_H
#define RINGER_BASE_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob_pool;

struct blob {
	uint32_t class_index; /* private */
	uint32_t room;        /* bytes of data */
	uint32_t len;         /* bytes used: the caller's */
	uint32_t pad;
	char data[];
};

/* count_max: blocks of the two small classes; the larger classes get 1/8 and 1/64 of it. */
int blob_pool_create(struct blob_pool **out, uint32_t count_max);
void blob_pool_destroy(struct blob_pool *pool);

/* A block with room >= bytes, or NULL (too large, or the pool is used up). */
struct blob *blob_alloc(struct blob_pool *pool, size_t bytes);
void blob_free(struct blob_pool *pool, struct blob *b);
uint32_t blob_used(const struct blob_pool *pool);
size_t blob_pool_bytes(const struct blob_pool *pool); /* reserved, for the budget */

#endif
