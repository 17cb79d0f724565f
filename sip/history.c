/* sip/history.c - see history.h. */
#include "sip/history.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>

#define HISTORY_START	112
#define HISTORY_CSEQ	24
#define HISTORY_CALL_ID (HISTORY_TEXT - HISTORY_START - HISTORY_CSEQ)
#define HISTORY_CALLS	16 /* of one channel name: names of a name-sake that is long gone */

_Static_assert(sizeof(struct history_entry) == 256, "four cache lines");

int sip_history_init(struct history *h, uint32_t size)
{
	*h = (struct history){.size = size};
	h->entries = calloc(size, sizeof(*h->entries));
	return h->entries ? 0 : -ENOMEM;
}

void sip_history_free(struct history *h)
{
	free(h->entries);
	h->entries = NULL;
}

void sip_history_clear(struct history *h)
{
	h->count = h->next = 0;
}

static uint64_t sip_history_hash(struct slice call_id)
{
	return slice_hash(call_id, 0);
}

static uint8_t sip_history_put(struct history_entry *e, size_t at, struct slice s, size_t max)
{
	s = slice_head(s, max);
	if (s.len)
		memcpy(e->text + at, s.ptr, s.len);
	return (uint8_t)s.len;
}

void sip_history_note(struct history *h, const struct history_entry *head, struct slice start,
		  struct slice cseq, struct slice call_id)
{
	struct history_entry *e = &h->entries[h->next];
	size_t at;

	h->next = h->next + 1 == h->size ? 0 : h->next + 1;
	h->count += h->count < h->size;
	e->wall_ns = head->wall_ns;
	e->peer = head->peer;
	e->kind = head->kind;
	e->transport = head->transport;
	e->call = sip_history_hash(call_id);
	at = e->start_len = sip_history_put(e, 0, start, HISTORY_START);
	at += e->cseq_len = sip_history_put(e, at, cseq, HISTORY_CSEQ);
	e->call_id_len = sip_history_put(e, at, call_id, HISTORY_CALL_ID);
}

void sip_history_take_back(struct history *h)
{
	if (NEVER(h->count == 0))
		return;
	h->next = h->next ? h->next - 1 : h->size - 1;
	h->count--;
}

static const struct history_entry *sip_history_at(const struct history *h, uint32_t age)
{
	return &h->entries[(h->next + h->size - 1 - age) % h->size];
}

/* The calls that a key means, the latest first. */
static uint32_t sip_history_calls(const struct history *h, struct slice key,
			      uint64_t calls[HISTORY_CALLS])
{
	uint32_t count = 0;

	calls[count++] = sip_history_hash(key);
	for (uint32_t age = 0; age < h->count && count < HISTORY_CALLS; age++) {
		const struct history_entry *e = sip_history_at(h, age);

		if (e->kind == HISTORY_NAME && slice_ieq(sip_history_start(e), key))
			calls[count++] = e->call;
	}
	return count;
}

static bool sip_history_is_of(const struct history_entry *e, const uint64_t *calls, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (e->call == calls[i])
			return true;
	return false;
}

uint32_t sip_history_find(const struct history *h, struct slice key, const struct history_entry **out,
		      uint32_t max)
{
	uint64_t calls[HISTORY_CALLS];
	uint32_t call_count = key.len ? sip_history_calls(h, slice_head(key, HISTORY_START), calls) : 0;
	uint32_t found = 0;

	for (uint32_t age = 0; age < h->count && found < max; age++) {
		const struct history_entry *e = sip_history_at(h, age);

		if (key.len ? sip_history_is_of(e, calls, call_count) : e->kind != HISTORY_NAME)
			out[found++] = e;
	}
	for (uint32_t i = 0; i < found / 2; i++) {
		const struct history_entry *e = out[i];

		out[i] = out[found - 1 - i];
		out[found - 1 - i] = e;
	}
	return found;
}

/* The line at *rest, without its end; *rest moves behind it. */
static struct slice sip_history_line(struct slice *rest)
{
	size_t end = slice_find(*rest, '\n');
	struct slice line = end == SIZE_MAX ? *rest : slice_head(*rest, end);

	*rest = end == SIZE_MAX ? SLICE_EMPTY : slice_from(*rest, end + 1);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

void sip_history_scan(struct slice message, struct slice *start, struct slice *cseq,
		  struct slice *call_id)
{
	struct slice line;

	*cseq = *call_id = SLICE_EMPTY;
	*start = sip_history_line(&message);
	while (message.len && !(cseq->len && call_id->len)) {
		line = sip_history_line(&message);
		if (!line.len)
			return;
		if (slice_starts(line, SLICE_LIT("CSeq: ")))
			*cseq = slice_from(line, 6);
		else if (slice_starts(line, SLICE_LIT("Call-ID: ")))
			*call_id = slice_from(line, 9);
	}
}
