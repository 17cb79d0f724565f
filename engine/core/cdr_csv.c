/* engine/core/cdr_csv.c - call records as Asterisk's Master.csv, and one <accountcode>.csv each.
 *
 * Fields: accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start,
 * answer, end, duration, billsec, disposition, amaflags [, uniqueid] [, userfield] [, peeraccount,
 * linkedid, sequence]. Texts in quotes, quotes in them doubled; numbers bare; no answer: nothing,
 * without quotes; LF.
 *
 * A batch is one open and one write per file, so files can be rotated by renaming them. A batch
 * that could not be written whole is cut off again: no half lines. */
#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/core/cdr_conf.h"

#define CDR_CSV_BYTES (256 * 1024) /* written at once; also the longest record */

struct cdr_csv {
	struct cdr_sink sink;
	struct io *io;
	struct cdr_conf conf;
	char dir[LIMIT_PATH];
	char room[CDR_CSV_BYTES];
};

/* One file that a batch goes to. */
struct cdr_csv_file {
	struct cdr_csv *csv;
	int fd;
	int64_t size_bytes; /* before the batch */
	struct sink text;
};

/* --- text --- */

static void cdr_csv_text(struct sink *out, struct slice text)
{
	struct slice part;

	sink_lit(out, "\"");
	while (slice_split(&text, '"', &part)) {
		sink_add(out, part);
		if (text.ptr)
			sink_lit(out, "\"\"");
	}
	sink_lit(out, "\",");
}

static void cdr_csv_time(struct sink *out, const struct cdr_csv *csv, int64_t wall_ns)
{
	char text[CDR_TIME_BYTES];

	if (wall_ns != 0) {
		cdr_time_text(csv->io, wall_ns, csv->conf.csv_gmtime, text);
		cdr_csv_text(out, slice_str(text));
	} else {
		sink_char(out, ',');
	}
}

static void cdr_csv_number(struct sink *out, int64_t n)
{
	sink_i64(out, n);
	sink_char(out, ',');
}

static void cdr_csv_texts(struct sink *out, const struct cdr *r)
{
	cdr_csv_text(out, r->account);
	cdr_csv_text(out, r->src);
	cdr_csv_text(out, r->dst);
	cdr_csv_text(out, r->dcontext);
	cdr_csv_text(out, r->clid);
	cdr_csv_text(out, r->channel);
	cdr_csv_text(out, r->dstchannel);
	cdr_csv_text(out, r->lastapp);
	cdr_csv_text(out, r->lastdata);
}

static void cdr_csv_optional(struct sink *out, const struct cdr_csv *csv, const struct cdr *r)
{
	if (csv->conf.csv_uniqueid)
		cdr_csv_text(out, r->uniqueid);
	if (csv->conf.csv_userfield)
		cdr_csv_text(out, r->userfield);
	if (csv->conf.csv_new_columns) {
		cdr_csv_text(out, r->peeraccount);
		cdr_csv_text(out, r->linkedid);
		cdr_csv_number(out, r->sequence);
	}
}

static void cdr_csv_line(struct sink *out, const struct cdr_csv *csv, const struct cdr *r)
{
	cdr_csv_texts(out, r);
	cdr_csv_time(out, csv, r->start_wall_ns);
	cdr_csv_time(out, csv, r->answer_wall_ns);
	cdr_csv_time(out, csv, r->end_wall_ns);
	cdr_csv_number(out, cdr_duration_s(r));
	cdr_csv_number(out, cdr_billsec_s(r));
	cdr_csv_text(out, slice_str(cdr_disposition_text(r->disposition)));
	cdr_csv_text(out, slice_str(cdr_amaflags_text(r->amaflags)));
	cdr_csv_optional(out, csv, r);
	/* Every field ended with a comma; the last one ends the line. */
	if (!out->over)
		out->ptr[out->len - 1] = '\n';
}

/* --- files --- */

static int cdr_csv_open_file(struct cdr_csv_file *f, struct cdr_csv *csv, struct slice name)
{
	char path[LIMIT_PATH + 128];
	struct sink out = sink_make(path, sizeof(path));
	struct io_fs_stat st;
	int rc;

	sink_fmt(&out, "%s/%.*s.csv", csv->dir, SLICE_ARG(name));
	f->csv = csv;
	f->text = sink_make(csv->room, sizeof(csv->room));
	f->fd = io_fs_open(csv->io, sink_cstr(&out), IO_FS_WRITE | IO_FS_APPEND | IO_FS_CREATE,
			   0666);
	if (f->fd < 0)
		return f->fd;
	rc = io_fs_fstat(csv->io, f->fd, &st);
	f->size_bytes = st.size_bytes;
	if (rc != 0)
		io_fs_close(csv->io, f->fd);
	return rc;
}

static int cdr_csv_flush(struct cdr_csv_file *f)
{
	ssize_t n = 0;

	if (f->text.len)
		n = io_fs_write(f->csv->io, f->fd, f->text.ptr, f->text.len);
	f->text.len = 0;
	return n < 0 ? (int)n : 0;
}

/* Into the buffer, written when that is full. A record that alone does not fit is left out. */
static int cdr_csv_add(struct cdr_csv_file *f, const struct cdr *r)
{
	size_t before = f->text.len;
	int rc;

	cdr_csv_line(&f->text, f->csv, r);
	if (!f->text.over)
		return 0;
	f->text.over = false;
	f->text.len = before;
	if (before == 0) {
		log_warning("The call record of %.*s is longer than %d octets, and left out",
			    SLICE_ARG(r->channel), CDR_CSV_BYTES);
		return 0;
	}
	rc = cdr_csv_flush(f);
	return rc != 0 ? rc : cdr_csv_add(f, r);
}

/* After a failure the file is as it was before the batch. */
static int cdr_csv_close_file(struct cdr_csv_file *f, int rc)
{
	if (rc == 0)
		rc = cdr_csv_flush(f);
	if (rc == 0 && f->csv->conf.csv_sync)
		rc = io_fs_sync(f->csv->io, f->fd);
	if (rc != 0)
		(void)io_fs_truncate(f->csv->io, f->fd, f->size_bytes);
	io_fs_close(f->csv->io, f->fd);
	return rc;
}

/* Records of one account, or all of them when account is NULL. */
static int cdr_csv_write_file(struct cdr_csv *csv, struct slice name, const struct cdr *records,
			      uint32_t count, const struct slice *account)
{
	struct cdr_csv_file f;
	int rc = cdr_csv_open_file(&f, csv, name);

	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		if (!account || slice_eq(records[i].account, *account))
			rc = cdr_csv_add(&f, &records[i]);
	}
	return cdr_csv_close_file(&f, rc);
}

/* A code that is no plain file name would leave the directory. */
static bool cdr_csv_is_name(struct slice account)
{
	return account.len > 0 && account.len <= 80 && account.ptr[0] != '.' &&
	       slice_find(account, '/') == SIZE_MAX && slice_find(account, '\0') == SIZE_MAX;
}

static bool cdr_csv_is_first(const struct cdr *records, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++) {
		if (slice_eq(records[k].account, records[i].account))
			return false;
	}
	return true;
}

/* The master file counts; what the account files lack is only said. */
static void cdr_csv_write_accounts(struct cdr_csv *csv, const struct cdr *records, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct slice account = records[i].account;
		int rc;

		if (account.len == 0 || !cdr_csv_is_first(records, i))
			continue;
		if (!cdr_csv_is_name(account)) {
			log_warning("Account code '%.*s' is no file name: its records are in "
				    "Master.csv only",
				    SLICE_ARG(account));
			continue;
		}
		rc = cdr_csv_write_file(csv, account, records + i, count - i, &account);
		if (rc != 0)
			log_warning("Unable to write %s/%.*s.csv: %s", csv->dir, SLICE_ARG(account),
				    strerror(-rc));
	}
}

static int cdr_csv_write(struct cdr_sink *s, const struct cdr *records, uint32_t count)
{
	struct cdr_csv *csv = (struct cdr_csv *)(void *)s;
	int rc = cdr_csv_write_file(csv, SLICE_LIT("Master"), records, count, NULL);

	/* Not before the master file has them: a batch that fails is written again. */
	if (rc == 0 && csv->conf.csv_accounts)
		cdr_csv_write_accounts(csv, records, count);
	return rc;
}

static void cdr_csv_close(struct cdr_sink *s)
{
	free(s);
}

static const struct cdr_sink_ops cdr_csv_ops = {
	.name = "csv",
	.write = cdr_csv_write,
	.close = cdr_csv_close,
};

/* Asterisk leaves making the directory to the administrator. */
static int cdr_csv_make_dir(struct cdr_csv *csv, const char *log_dir)
{
	struct sink out = sink_make(csv->dir, sizeof(csv->dir));
	int rc;

	sink_fmt(&out, "%s/cdr-csv", log_dir);
	if (out.over || out.len == sizeof(csv->dir))
		return -ENAMETOOLONG;
	sink_cstr(&out);
	(void)io_fs_mkdir(csv->io, log_dir, 0777);
	rc = io_fs_mkdir(csv->io, csv->dir, 0777);
	return rc == -EEXIST ? 0 : rc;
}

int cdr_csv_open(struct cdr_sink **out, struct io *io, const struct conffile *cdr_conf,
		 const char *log_dir)
{
	struct cdr_conf conf;
	struct cdr_csv *csv;
	int rc;

	cdr_conf_read(&conf, cdr_conf);
	if (!conf.enable || !conf.csv) {
		*out = NULL;
		return 0;
	}
	csv = calloc(1, sizeof(*csv));
	if (!csv)
		return -ENOMEM;
	csv->sink.ops = &cdr_csv_ops;
	csv->io = io;
	csv->conf = conf;
	rc = cdr_csv_make_dir(csv, log_dir);
	if (rc != 0) {
		log_error("Unable to create %s/cdr-csv: %s; create it, writable for the engine's "
			  "user",
			  log_dir, strerror(-rc));
		free(csv);
		return rc;
	}
	*out = &csv->sink;
	return 0;
}
