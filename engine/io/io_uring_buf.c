/* engine/io/io_uring_buf.c - rings of receive buffers that the kernel picks from.
 *
 * A buffer is ours from its completion until it is given back, at the end of its batch; nobody
 * keeps a pointer into it. All are in the kernel's hands again before anything is armed anew. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"

#include <errno.h>
#include <sys/mman.h>

#define IO_GROUP_MAX 32768

static void *io_map(size_t bytes)
{
	void *ptr = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return ptr == MAP_FAILED ? NULL : ptr;
}

static size_t io_group_ring_bytes(const struct io_group *g)
{
	return g->count * sizeof(struct io_uring_buf);
}

int io_group_create(struct io_group *g, uint32_t count, uint32_t room, uint16_t id)
{
	*g = (struct io_group){.id = id};
	if (count == 0)
		return 0;
	check((count & (count - 1)) == 0 && count <= IO_GROUP_MAX);
	g->count = count;
	/* A multishot recvmsg puts its header and the sender's address in front of the data. Large
	 * buffers begin on a page of their own, so that a short datagram touches one page. */
	g->stride = room < 4096 ? room : room + 4096;
	g->ring = io_map(io_group_ring_bytes(g));
	g->buffers = io_map((size_t)g->stride * count);
	if (g->ring && g->buffers)
		return 0;
	io_group_destroy(g);
	return -ENOMEM;
}

void io_group_destroy(struct io_group *g)
{
	if (g->ring)
		check(munmap(g->ring, io_group_ring_bytes(g)) == 0);
	if (g->buffers)
		check(munmap(g->buffers, (size_t)g->stride * g->count) == 0);
	*g = (struct io_group){0};
}

static char *io_group_at(const struct io_group *g, uint16_t bid)
{
	return g->buffers + (size_t)g->stride * bid;
}

int io_group_register(struct io_group *g, struct io_uring *ring)
{
	struct io_uring_buf_reg reg = {
		.ring_addr = (uint64_t)(uintptr_t)g->ring, .ring_entries = g->count, .bgid = g->id};
	int err;

	if (g->count == 0)
		return 0;
	err = io_uring_register_buf_ring(ring, &reg, 0);
	if (err)
		return err;
	io_uring_buf_ring_init(g->ring);
	for (uint32_t i = 0; i < g->count; i++)
		io_uring_buf_ring_add(g->ring, io_group_at(g, (uint16_t)i), g->stride, (uint16_t)i,
				      (int)(g->count - 1), (int)i);
	/* The tail is 16 bits wide: for 32768 buffers this is still one step. */
	io_uring_buf_ring_advance(g->ring, (int)g->count);
	g->returned = 0;
	return 0;
}

void *io_group_buffer(const struct io_group *g, uint32_t cqe_flags)
{
	uint32_t bid = cqe_flags >> IORING_CQE_BUFFER_SHIFT;

	if (!(cqe_flags & IORING_CQE_F_BUFFER))
		return NULL;
	check(bid < g->count);
	return io_group_at(g, (uint16_t)bid);
}

void io_group_give_back(struct io_group *g, uint32_t cqe_flags)
{
	uint16_t bid = (uint16_t)(cqe_flags >> IORING_CQE_BUFFER_SHIFT);

	if (!(cqe_flags & IORING_CQE_F_BUFFER))
		return;
	io_uring_buf_ring_add(g->ring, io_group_at(g, bid), g->stride, bid, (int)(g->count - 1),
			      g->returned);
	g->returned++;
}

void io_group_advance(struct io_group *g)
{
	if (g->returned)
		io_uring_buf_ring_advance(g->ring, g->returned);
	g->returned = 0;
}
