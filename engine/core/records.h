/* engine/core/records.h - the records worker: writes CDRs to every sink, then says which orders are
 * on record.
 *
 * Runs on a loop of its own, since sinks block. Control writes RECORDS_CDR and RECORDS_SETTLE
 * records into its pipe in order; a RECORDS_SETTLE comes back only after every CDR before it was
 * written. One batch, one write per sink.
 *
 * A sink that refuses a batch (disk full) is asked again every RECORDS_AGAIN_NS. As long as no sink
 * has the batch nothing behind it is written or settled, however long that takes: control stops
 * dialling when too many orders wait. Once another sink has it, the refusing one has
 * RECORDS_PATIENCE_NS; then these records are left out of it, which is logged and counted
 * (cdr_failed). */
#ifndef RINGER_CORE_RECORDS_H
#define RINGER_CORE_RECORDS_H

#include "engine/base/pipe.h"
#include "engine/base/tmr.h"
#include "engine/core/cdr.h"

enum records_kind {
	RECORDS_CDR,	/* packed struct cdr */
	RECORDS_SETTLE, /* any octets: echoed */
};

#define RECORDS_SINKS	    4
#define RECORDS_BATCH	    256
#define RECORDS_RECORD_MAX  (32 * 1024) /* octets of one pipe record */
#define RECORDS_AGAIN_NS    TMR_SECOND
#define RECORDS_PATIENCE_NS (10 * TMR_SECOND)

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
/* What is still unwritten is tried once more; what is refused again is counted in the log. */
void records_destroy(struct records *r);
/* An io_turn_fn. */
int64_t records_turn(void *records, int64_t now_ns);

#endif
