/* engine/base/pipe.c - see pipe.h.
 *
 *   producer                                           consumer
 *   open block (write_at) ── ready offset ───────────► current block (read_at)
 *   closed blocks ────────── ring `full` ────────────► next block
 *   stack of free blocks ◄── ring `empty` ──────────── read blocks
 *
 * A block enters `full` when something in it becomes visible for the first time. Its `ready` word
 * says how far it may be read, and by PIPE_CLOSED that nothing will follow. */
#include "engine/base/pipe.h"

#include "engine/base/check.h"
#include "engine/base/mem_internal.h"
#include "engine/base/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PIPE_CLOSED	UINT32_C(0x80000000)
#define PIPE_RECORD_MAX ((size_t)128 << 10)
#define PIPE_BLOCKS_MAX ((size_t)1 << 24)

struct pipe_block {
	_Atomic uint32_t ready;
	uint32_t pad;
	struct pipe_block *next; /* in the stack of free ones; the producer's */
	char data[];
};

struct pipe {
	struct ring *full;
	struct ring *empty;
	char *base;
	size_t block_bytes;
	uint32_t room; /* bytes of data in a block */
	uint32_t block_count;
	uint32_t reserve_count; /* blocks kept for reliable records */
	size_t record_max;

	/* producer */
	_Alignas(64) struct pipe_block *open;
	struct pipe_block *free;
	uint32_t free_count; /* those in `free` and those never used */
	uint32_t fresh;
	uint32_t write_at;
	uint32_t shown; /* value of open->ready */
	bool passed;	/* the open block is in `full` */
	bool dirty;	/* something became visible since the last flush */
	struct pipe_record *begun;
	size_t begun_len;
	uint64_t dropped;

	/* consumer */
	_Alignas(64) struct pipe_block *current;
	uint32_t read_at;
	bool declared; /* we said that we sleep */
	bool gave;     /* a block went back since the last pipe_relieve */

	_Alignas(64) _Atomic uint32_t sleeping;
	_Atomic uint32_t starving; /* the producer waits for a block */
};

static size_t pipe_record_bytes(size_t len)
{
	return mem_round(sizeof(struct pipe_record) + len, 8);
}

/* Two neighbouring closed blocks hold more than the room of one, whatever the sizes of records:
 * twice the blocks always suffice. Two more are the one being read and the one being filled. */
static size_t pipe_blocks_for(size_t bytes, uint32_t room)
{
	return bytes ? 2 * ((bytes + room - 1) / room) + 2 : 0;
}

static int pipe_open_parts(struct pipe *p)
{
	int err = ring_create(&p->full, p->block_count);

	if (!err)
		err = ring_create(&p->empty, p->block_count);
	if (err)
		return err;
	p->base = mem_map(p->block_bytes * p->block_count);
	return p->base ? 0 : -ENOMEM;
}

int pipe_create(struct pipe **out, const struct pipe_conf *conf)
{
	size_t record_max = conf->record_max ? conf->record_max : PIPE_BLOCK - 64;
	size_t need = sizeof(struct pipe_block) + pipe_record_bytes(record_max);
	struct pipe *p = mem_map(sizeof(*p));
	size_t reserve, spare;
	int err;

	if (!p)
		return -ENOMEM;
	check(record_max <= PIPE_RECORD_MAX);
	p->record_max = record_max;
	p->block_bytes = need > PIPE_BLOCK ? mem_round(need, 4096) : PIPE_BLOCK;
	p->room = (uint32_t)(p->block_bytes - sizeof(struct pipe_block));
	reserve = pipe_blocks_for(conf->reserve_bytes, p->room);
	spare = pipe_blocks_for(conf->spare_bytes, p->room);
	check(reserve + spare > 0 && reserve + spare <= PIPE_BLOCKS_MAX);
	p->reserve_count = (uint32_t)reserve;
	p->block_count = p->free_count = (uint32_t)(reserve + spare);
	err = pipe_open_parts(p);
	if (err) {
		pipe_destroy(p);
		return err;
	}
	*out = p;
	return 0;
}

void pipe_destroy(struct pipe *p)
{
	if (!p)
		return;
	ring_destroy(p->full);
	ring_destroy(p->empty);
	mem_unmap(p->base, p->block_bytes * p->block_count);
	mem_unmap(p, sizeof(*p));
}

static void pipe_take_back(struct pipe *p)
{
	void *item;

	while (ring_pop_spsc(p->empty, &item)) {
		struct pipe_block *block = item;

		block->next = p->free;
		p->free = block;
		p->free_count++;
	}
}

/* Makes what was written so far readable. */
static void pipe_show(struct pipe *p, uint32_t flags)
{
	if ((p->write_at | flags) == p->shown)
		return;
	p->shown = p->write_at | flags;
	atomic_store_explicit(&p->open->ready, p->shown, memory_order_release);
	p->dirty = true;
	if (!p->passed) {
		check(ring_push_spsc(p->full, p->open)); /* it holds all blocks there are */
		p->passed = true;
	}
}

static void pipe_open_block(struct pipe *p)
{
	struct pipe_block *block = p->free;

	check(p->free_count > 0);
	if (p->open)
		pipe_show(p, PIPE_CLOSED);
	if (block)
		p->free = block->next;
	else
		block = (void *)(p->base + p->block_bytes * p->fresh++);
	p->free_count--;
	atomic_store_explicit(&block->ready, 0, memory_order_relaxed);
	p->open = block;
	p->write_at = p->shown = 0;
	p->passed = false;
}

/* Whether the record may be written; `fits`: into the open block. */
static bool pipe_admits(const struct pipe *p, enum pipe_class class, bool fits)
{
	uint32_t take = fits ? 0 : 1;
	uint32_t keep = class == PIPE_RELIABLE ? 0 : p->reserve_count;

	return p->free_count >= take + keep;
}

void *pipe_begin(struct pipe *p, enum pipe_class class, uint32_t kind, size_t len)
{
	size_t bytes = pipe_record_bytes(len);
	bool fits = p->open && bytes <= p->room - p->write_at;

	check(p->begun == NULL);
	if (len <= p->record_max && !(fits && class == PIPE_RELIABLE) &&
	    !pipe_admits(p, class, fits))
		pipe_take_back(p);
	if (len > p->record_max || !pipe_admits(p, class, fits)) {
		p->dropped += class == PIPE_DROPPABLE;
		return NULL;
	}
	if (!fits) {
		pipe_take_back(p); /* prefer what was used a moment ago to fresh memory */
		pipe_open_block(p);
	}
	p->begun = (void *)(p->open->data + p->write_at);
	p->begun->kind = kind;
	p->begun_len = len;
	return p->begun->data;
}

void pipe_commit(struct pipe *p, size_t len)
{
	check(p->begun != NULL);
	check(len <= p->begun_len);
	p->begun->len = (uint32_t)len;
	p->write_at += (uint32_t)pipe_record_bytes(len);
	p->begun = NULL;
}

bool pipe_write(struct pipe *p, enum pipe_class class, uint32_t kind, const void *data, size_t len)
{
	void *dst = pipe_begin(p, class, kind, len);

	if (!dst)
		return false;
	if (len)
		memcpy(dst, data, len);
	pipe_commit(p, len);
	return true;
}

/* Both sides change `sleeping` by one atomic exchange after they have published (here) or before
 * they look (pipe_sleep): in the one order of these exchanges, either we see the sleeper or it sees
 * what we published. */
bool pipe_flush(struct pipe *p)
{
	check(p->begun == NULL);
	if (p->open)
		pipe_show(p, 0);
	if (!p->dirty)
		return false;
	p->dirty = false;
	return atomic_exchange_explicit(&p->sleeping, 0, memory_order_seq_cst) != 0;
}

static bool pipe_takes(const struct pipe *p, enum pipe_class class, size_t len)
{
	bool fits = p->open && pipe_record_bytes(len) <= p->room - p->write_at;

	return len <= p->record_max && pipe_admits(p, class, fits);
}

/* The same exchange as between pipe_flush and pipe_sleep, the other way round. */
bool pipe_await(struct pipe *p, enum pipe_class class, size_t len)
{
	pipe_take_back(p);
	if (pipe_takes(p, class, len))
		return true;
	atomic_exchange_explicit(&p->starving, 1, memory_order_seq_cst);
	pipe_take_back(p);
	if (!pipe_takes(p, class, len))
		return false;
	atomic_store_explicit(&p->starving, 0, memory_order_relaxed);
	return true;
}

bool pipe_has_given(const struct pipe *p)
{
	return atomic_load_explicit(&p->starving, memory_order_acquire) == 0;
}

uint64_t pipe_dropped(const struct pipe *p)
{
	return p->dropped;
}

/* Moves to the next block. False when there is none. */
static bool pipe_next_block(struct pipe *p)
{
	void *item;

	if (p->current) {
		check(ring_push_spsc(p->empty, p->current));
		p->current = NULL;
		p->gave = true;
	}
	if (!ring_pop_spsc(p->full, &item))
		return false;
	p->current = item;
	p->read_at = 0;
	return true;
}

/* The block with the next record as current one; false when nothing is unread. */
static bool pipe_seek(struct pipe *p)
{
	for (;;) {
		uint32_t ready =
			p->current ? atomic_load_explicit(&p->current->ready, memory_order_acquire)
				   : PIPE_CLOSED;

		if (p->current && p->read_at < (ready & ~PIPE_CLOSED))
			return true;
		if (!(ready & PIPE_CLOSED) || !pipe_next_block(p))
			return false;
	}
}

const struct pipe_record *pipe_read(struct pipe *p)
{
	const struct pipe_record *record;

	if (p->declared) {
		p->declared = false;
		atomic_store_explicit(&p->sleeping, 0, memory_order_relaxed);
	}
	if (!pipe_seek(p))
		return NULL;
	record = (const void *)(p->current->data + p->read_at);
	p->read_at += (uint32_t)pipe_record_bytes(record->len);
	return record;
}

bool pipe_sleep(struct pipe *p)
{
	p->declared = true;
	atomic_exchange_explicit(&p->sleeping, 1, memory_order_seq_cst);
	if (!pipe_seek(p))
		return true;
	p->declared = false;
	atomic_store_explicit(&p->sleeping, 0, memory_order_relaxed);
	return false;
}

bool pipe_relieve(struct pipe *p)
{
	if (!p->gave)
		return false;
	p->gave = false;
	return atomic_exchange_explicit(&p->starving, 0, memory_order_seq_cst) != 0;
}

bool pipe_idle(const struct pipe *p)
{
	if (p->open && p->shown != p->write_at)
		return false;
	if (ring_count(p->full))
		return false;
	return !p->current ||
	       p->read_at == (atomic_load_explicit(&p->current->ready, memory_order_acquire) &
			      ~PIPE_CLOSED);
}
