/* engine/core/records.h - the records worker: writes CDRs to every sink, then says which orders are
 * on record.
 *
 * Runs on a loop of its own, since sinks block. Control writes RECORDS_CDR and RECORDS_SETTLE records
 * into its pipe in order; a RECORDS_SETTLE comes back only after every CDR before it went to the sinks.
 * One batch, one write per sink. */
#ifndef RINGER_CORE_RECORDS_H
#define RINGER_CORE_RECORDS_H

#include "engine/base/pipe.h"
#include "engine/core/cdr.h"

enum records_kind {
	RECORDS_CDR,    /* packed struct cdr */
	RECORDS_SETTLE, /* any octets: echoed */
};

#define RECORDS_SINKS 4
#define RECORDS_BATCH 256

struct records_conf {
	struct io *io;
	struct metrics *metrics;
	struct pipe *down, *up;
	struct io *control_io;
	struct cdr_sink *sinks[RECORDS_SINKS]; /* taken over on success */
	uint32_t sink_count;
};

struct records;
int records_create(struct records **out, const struct records_conf *conf);
void records_destroy(struct records *r);
/* An io_turn_fn. */
int64_t records_turn(void *records, int64_t now_ns);

#endif
