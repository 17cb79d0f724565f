/* engine/core/cdr_conf.h - cdr.conf: which calls leave a record, and how records are written as
 * text.
 *
 * Asterisk's names, sections and defaults, but for one: unanswered calls are kept unless cdr.conf
 * says `unanswered = no`, since a dialer's failed attempts are results too. */
#ifndef RINGER_CORE_CDR_CONF_H
#define RINGER_CORE_CDR_CONF_H

#include "engine/core/cdr.h"

struct cdr_conf {
	bool enable;	 /* [general] enable: no records at all without */
	bool unanswered; /* unanswered calls leave a record */
	bool congestion; /* CONGESTION is told apart from FAILED */
	/* [csv] */
	bool csv; /* the section exists, or there is no cdr.conf */
	bool csv_gmtime;
	bool csv_uniqueid;
	bool csv_userfield;
	bool csv_accounts; /* also <accountcode>.csv */
	bool csv_new_columns;
	bool csv_sync; /* Ringer's: each batch is on the disk before its calls are settled */
	/* [sqlite]: Ringer's */
	bool sqlite;		 /* `enable`, yes by default */
	const char *sqlite_file; /* relative to astlogdir */
	const char *sqlite_table;
	bool sqlite_sync; /* as csv_sync */
};

/* NULL: no cdr.conf. Texts live as long as the file. */
void cdr_conf_read(struct cdr_conf *out, const struct conffile *cdr_conf);

#define CDR_TIME_BYTES 20

/* "YYYY-MM-DD HH:MM:SS" and a NUL; empty for 0. */
void cdr_time_text(const struct io *io, int64_t wall_ns, bool gmtime, char dst[CDR_TIME_BYTES]);

#endif
