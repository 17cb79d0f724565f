/* engine/core/cdr_conf.c - see cdr_conf.h. */
#include "engine/core/cdr_conf.h"

#include "engine/base/tmr.h"

static void cdr_conf_read_csv(struct cdr_conf *out, const struct conffile *file)
{
	const struct conffile_section *csv = file ? conffile_ifind(file, "csv") : NULL;

	out->csv = !file || csv;
	out->csv_gmtime = conffile_bool(csv, "usegmtime", false);
	out->csv_uniqueid = conffile_bool(csv, "loguniqueid", false);
	out->csv_userfield = conffile_bool(csv, "loguserfield", false);
	out->csv_accounts = conffile_bool(csv, "accountlogs", true);
	out->csv_new_columns = conffile_bool(csv, "newcdrcolumns", false);
	out->csv_sync = conffile_bool(csv, "sync", false);
}

static void cdr_conf_read_sqlite(struct cdr_conf *out, const struct conffile *file)
{
	const struct conffile_section *sqlite = file ? conffile_ifind(file, "sqlite") : NULL;

	out->sqlite = conffile_bool(sqlite, "enable", true);
	out->sqlite_file = conffile_text(sqlite, "file", "master.db");
	out->sqlite_table = conffile_text(sqlite, "table", "cdr");
	out->sqlite_sync = conffile_bool(sqlite, "sync", false);
}

void cdr_conf_read(struct cdr_conf *out, const struct conffile *cdr_conf)
{
	const struct conffile_section *general =
		cdr_conf ? conffile_ifind(cdr_conf, "general") : NULL;

	out->enable = conffile_bool(general, "enable", true);
	out->unanswered = conffile_bool(general, "unanswered", true);
	out->congestion = conffile_bool(general, "congestion", false);
	cdr_conf_read_csv(out, cdr_conf);
	cdr_conf_read_sqlite(out, cdr_conf);
}

void cdr_time_text(const struct io *io, int64_t wall_ns, bool gmtime, char dst[CDR_TIME_BYTES])
{
	time_t seconds = (time_t)(wall_ns / TMR_SECOND);
	struct sink out = sink_make(dst, CDR_TIME_BYTES);
	struct tm tm;

	if (wall_ns != 0) {
		if (gmtime)
			gmtime_r(&seconds, &tm);
		else
			io_local_time(io, wall_ns, &tm);
		sink_fmt(&out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	sink_cstr(&out);
}
