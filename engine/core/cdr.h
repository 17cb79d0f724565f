/* engine/core/cdr.h - call detail record: one per call leg, and the sinks that keep it.
 *
 * The channel fills it, the control shard passes it on, a records worker writes it to every sink, and
 * only then is the attempt settled. */
#ifndef RINGER_CORE_CDR_H
#define RINGER_CORE_CDR_H

#include "engine/base/sink.h"
#include "engine/base/slice.h"
#include "engine/core/conffile.h"
#include "engine/io/io.h"

enum cdr_disposition { CDR_NO_ANSWER, CDR_FAILED, CDR_BUSY, CDR_ANSWERED, CDR_CONGESTION };
const char *cdr_disposition_text(enum cdr_disposition d); /* "NO ANSWER", ... */
enum cdr_amaflags { CDR_OMIT = 1, CDR_BILLING = 2, CDR_DOCUMENTATION = 3 };
const char *cdr_amaflags_text(enum cdr_amaflags f);

struct cdr {
	struct slice account, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata;
	struct slice uniqueid, linkedid, userfield, peeraccount;
	int64_t start_wall_ns, answer_wall_ns, end_wall_ns; /* answer 0: never */
	enum cdr_disposition disposition;
	enum cdr_amaflags amaflags;
	uint32_t sequence;
};

int64_t cdr_duration_s(const struct cdr *c); /* whole seconds, start to end */
int64_t cdr_billsec_s(const struct cdr *c);

/* The largest packed record of a channel: its texts are bounded (chan.h, enum chan_text). */
#define CDR_BYTES_MAX 1600
size_t cdr_packed_bytes(const struct cdr *c);
size_t cdr_pack(void *dst, const struct cdr *c);
bool cdr_unpack(const void *src, size_t len, struct cdr *c);

/* One place that keeps records. Runs on the records worker. */
struct cdr_sink;
struct cdr_sink_ops {
	const char *name; /* "csv", "sqlite": for "cdr show status" */
	/* A batch; 0 or a negative errno (logged and counted, the others still get it). Must be
	 * durable as configured when it returns. */
	int (*write)(struct cdr_sink *s, const struct cdr *records, uint32_t count);
	void (*close)(struct cdr_sink *s);
};
struct cdr_sink {
	const struct cdr_sink_ops *ops;
};

/* From cdr.conf (NULL: defaults). log_dir: astlogdir. 0 and *out NULL when it is switched off. */
int cdr_csv_open(struct cdr_sink **out, struct io *io, const struct conffile *cdr_conf,
		 const char *log_dir);
int cdr_sqlite_open(struct cdr_sink **out, struct io *io, const struct conffile *cdr_conf,
		    const char *log_dir);

#endif
