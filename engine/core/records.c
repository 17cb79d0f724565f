#include "engine/core/records.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"

#include <errno.h>
#include <stdlib.h>

#define RECORDS_BYTES (256 * 1024) /* of one batch */

struct records {
	struct records_conf conf;
	bool fails[RECORDS_SINKS];
	uint32_t cdr_count;
	struct cdr cdrs[RECORDS_BATCH];
	uint32_t mark_count;
	struct slice marks[RECORDS_BATCH];
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

void records_destroy(struct records *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->conf.sink_count; i++)
		r->conf.sinks[i]->ops->close(r->conf.sinks[i]);
	free(r);
}

/* The beginning and the end of a trouble, not each batch of it. */
static void records_say(struct records *r, uint32_t sink, int err)
{
	const char *name = r->conf.sinks[sink]->ops->name;

	if (err && !r->fails[sink])
		log_error("Call records cannot be written to %s: %s. They are counted (cdr_failed) and "
			  "lost there until it works again.",
			  name, strerror(-err));
	else if (!err && r->fails[sink])
		log_notice("Call records are written to %s again", name);
	r->fails[sink] = err != 0;
}

static void records_write_sinks(struct records *r)
{
	if (r->cdr_count == 0)
		return;
	for (uint32_t i = 0; i < r->conf.sink_count; i++) {
		struct cdr_sink *s = r->conf.sinks[i];
		int err = s->ops->write(s, r->cdrs, r->cdr_count);

		metric_add(r->conf.metrics, err ? METRIC_cdr_failed : METRIC_cdr_written,
			   r->cdr_count);
		records_say(r, i, err);
	}
}

/* The records first, then the marks that stand on them. */
static void records_write_batch(struct records *r)
{
	records_write_sinks(r);
	for (uint32_t i = 0; i < r->mark_count; i++)
		check(pipe_write(r->conf.up, PIPE_RELIABLE, RECORDS_SETTLE, r->marks[i].ptr,
				 r->marks[i].len));
	r->cdr_count = 0;
	r->mark_count = 0;
	r->used = 0;
}

/* Keeps a record of the pipe, which is valid only until the next read. */
static struct slice records_keep(struct records *r, const struct pipe_record *record)
{
	char *at = r->bytes + r->used;

	check(record->len <= RECORDS_BYTES - r->used);
	memcpy(at, record->data, record->len);
	r->used += (record->len + 7) & ~(size_t)7;
	return slice_make(at, record->len);
}

static bool records_are_full(const struct records *r, size_t more)
{
	return r->cdr_count == RECORDS_BATCH || r->mark_count == RECORDS_BATCH ||
	       r->used + more + 8 > RECORDS_BYTES;
}

static void records_take(struct records *r, const struct pipe_record *record)
{
	struct slice kept;

	if (records_are_full(r, record->len))
		records_write_batch(r);
	kept = records_keep(r, record);
	if (record->kind == RECORDS_SETTLE)
		r->marks[r->mark_count++] = kept;
	else if (!NEVER(!cdr_unpack(kept.ptr, kept.len, &r->cdrs[r->cdr_count])))
		r->cdr_count++;
}

int64_t records_turn(void *arg, int64_t now_ns)
{
	struct records *r = arg;
	const struct pipe_record *record;
	uint32_t budget = 4 * RECORDS_BATCH;

	while (budget > 0 && (record = pipe_read(r->conf.down))) {
		budget--;
		records_take(r, record);
	}
	records_write_batch(r);
	if (pipe_flush(r->conf.up))
		io_wake(r->conf.control_io);
	return budget == 0 || !pipe_sleep(r->conf.down) ? now_ns : TMR_NEVER;
}
