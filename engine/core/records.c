/* engine/core/records.c - see records.h */
#include "engine/core/records.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

#define RECORDS_BYTES		 (256 * 1024) /* of one batch */
#define RECORDS_BATCHES_PER_TURN 4

struct records {
	struct records_conf conf;
	uint32_t cdr_count;
	struct cdr cdrs[RECORDS_BATCH];
	uint32_t mark_count;
	struct slice marks[RECORDS_BATCH];
	uint32_t sequence; /* of the next CDR */
	uint32_t owing;	   /* bits: sinks that refused the batch; 0: it is still being filled */
	uint32_t failing;  /* bits: sinks that refused the last batch they were given */
	uint32_t behind; /* bits: sinks whose time is used up; no more patience until one writes */
	int64_t refused_ns; /* when the first did */
	int64_t again_ns;
	size_t used;
	char bytes[RECORDS_BYTES];
};

int records_create(struct records **out, const struct records_conf *conf)
{
	struct records *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	check(conf->sink_count <= RECORDS_SINKS);
	r->conf = *conf;
	*out = r;
	return 0;
}

static uint32_t records_all_sinks(const struct records *r)
{
	return (1u << r->conf.sink_count) - 1;
}

/* ---- filling a batch ---- */

/* Keeps a record of the pipe, which is valid only until the next read. */
static struct slice records_keep(struct records *r, const struct pipe_record *record)
{
	char *at = r->bytes + r->used;

	check(record->len <= RECORDS_BYTES - r->used);
	memcpy(at, record->data, record->len);
	r->used += (record->len + 7) & ~(size_t)7;
	return slice_make(at, record->len);
}

static bool records_are_full(const struct records *r)
{
	return r->cdr_count == RECORDS_BATCH || r->mark_count == RECORDS_BATCH ||
	       r->used + RECORDS_RECORD_MAX > RECORDS_BYTES;
}

static void records_take(struct records *r, const struct pipe_record *record)
{
	struct slice kept = records_keep(r, record);

	if (record->kind == RECORDS_SETTLE) {
		r->marks[r->mark_count++] = kept;
	} else if (!NEVER(!cdr_unpack(kept.ptr, kept.len, &r->cdrs[r->cdr_count]))) {
		r->cdrs[r->cdr_count].sequence = r->sequence++;
		r->cdr_count++;
	}
}

static void records_fill(struct records *r)
{
	const struct pipe_record *record;

	while (!records_are_full(r) && (record = pipe_read(r->conf.down)))
		records_take(r, record);
}

/* ---- writing it ---- */

/* The beginning and the end of a trouble, not each batch of it. */
static void records_say(struct records *r, uint32_t sink, int err)
{
	const char *name = r->conf.sinks[sink]->ops->name;
	uint32_t bit = 1u << sink;

	if (err && !(r->failing & bit))
		log_error(
			"Call records cannot be written to %s: %s. They are kept and tried again; "
			"no order is settled without a record",
			name, strerror(-err));
	else if (!err && (r->failing & bit))
		log_notice("Call records are written to %s again", name);
	r->failing = err ? r->failing | bit : r->failing & ~bit;
}

/* To the sinks of the mask; returns those that refused. */
static uint32_t records_write_to(struct records *r, uint32_t mask)
{
	uint32_t refused = 0;

	for (uint32_t i = 0; i < r->conf.sink_count && r->cdr_count > 0; i++) {
		struct cdr_sink *s = r->conf.sinks[i];
		int err;

		if (!(mask & 1u << i))
			continue;
		err = s->ops->write(s, r->cdrs, r->cdr_count);
		records_say(r, i, err);
		if (err) {
			refused |= 1u << i;
			continue;
		}
		metric_add(r->conf.metrics, METRIC_cdr_written, r->cdr_count);
		r->behind &= ~(1u << i);
	}
	return refused;
}

static void records_give_up(struct records *r)
{
	for (uint32_t i = 0; i < r->conf.sink_count; i++) {
		if (!(r->owing & 1u << i))
			continue;
		metric_add(r->conf.metrics, METRIC_cdr_failed, r->cdr_count);
		if (!(r->behind & 1u << i))
			log_error(
				"Call records are left out of %s until it works again, and counted "
				"(cdr_failed): the other sinks have them",
				r->conf.sinks[i]->ops->name);
	}
	r->behind |= r->owing;
	r->owing = 0;
}

/* May the batch go without the sinks that refused it? Not while it is kept nowhere. */
static bool records_may_give_up(const struct records *r, int64_t now_ns)
{
	if (r->owing == 0 || r->owing == records_all_sinks(r))
		return false;
	return (r->owing & ~r->behind) == 0 || now_ns - r->refused_ns >= RECORDS_PATIENCE_NS;
}

/* True: the batch is written, or left out of a sink for good. */
static bool records_write_batch(struct records *r, int64_t now_ns)
{
	bool first = r->owing == 0;

	r->owing = records_write_to(r, first ? records_all_sinks(r) : r->owing);
	if (first)
		r->refused_ns = now_ns;
	if (records_may_give_up(r, now_ns))
		records_give_up(r);
	r->again_ns = now_ns + RECORDS_AGAIN_NS;
	return r->owing == 0;
}

/* The marks that stand on the records go back; the batch is empty again. */
static void records_settle(struct records *r)
{
	for (uint32_t i = 0; i < r->mark_count; i++)
		check(pipe_write(r->conf.up, PIPE_RELIABLE, RECORDS_SETTLE, r->marks[i].ptr,
				 r->marks[i].len));
	r->cdr_count = 0;
	r->mark_count = 0;
	r->used = 0;
}

int64_t records_turn(void *arg, int64_t now_ns)
{
	struct records *r = arg;
	bool full = true;

	if (r->owing && now_ns < r->again_ns)
		return r->again_ns;
	for (uint32_t n = 0; n < RECORDS_BATCHES_PER_TURN && full; n++) {
		if (!r->owing)
			records_fill(r);
		full = records_are_full(r);
		if (!records_write_batch(r, now_ns))
			break;
		records_settle(r);
	}
	if (pipe_flush(r->conf.up))
		io_wake(r->conf.control_io);
	if (r->owing)
		return r->again_ns;
	return full || !pipe_sleep(r->conf.down) ? now_ns : TMR_NEVER;
}

/* At the end nobody waits for marks any more: only the records count. */
static void records_write_rest(struct records *r)
{
	uint32_t refused = r->owing ? records_write_to(r, r->owing) : 0;
	bool more = true;

	while (more && r->conf.down) {
		if (refused && refused == records_all_sinks(r))
			log_error("%u call records are lost: no place takes them", r->cdr_count);
		r->cdr_count = r->mark_count = 0;
		r->used = 0;
		records_fill(r);
		more = r->cdr_count + r->mark_count > 0;
		refused = records_write_to(r, records_all_sinks(r));
	}
}

void records_destroy(struct records *r)
{
	if (!r)
		return;
	records_write_rest(r);
	for (uint32_t i = 0; i < r->conf.sink_count; i++)
		r->conf.sinks[i]->ops->close(r->conf.sinks[i]);
	free(r);
}
