/* spool/callfile.h - the grammar of a call file.
 *
 *   file    := line*                    LF or CRLF; the last line may lack its end
 *   line    := [ key ':' blank* value ] [ comment ]
 *   comment := '#' at column 0 or behind a blank or tab;  ';' anywhere but in '\;', which is a ';'
 *
 * Keys are compared without case, and exactly: blanks before the key or the colon make it unknown.
 * The first colon separates; blanks around the value are dropped. A repeated key counts with its
 * last value, `Set` and `Codecs` accumulate. Lines over 1022 characters are left out.
 *
 * Pure. The slices of the result point into the text, which the caller keeps as long as the result;
 * the parser changes the text only where it takes out the `\` of `\;`.
 * What is odd but not fatal is told line by line through a function, in Asterisk's words. */
#ifndef RINGER_SPOOL_CALLFILE_H
#define RINGER_SPOOL_CALLFILE_H

#include "engine/base/limits.h"
#include "engine/base/sink.h"
#include "engine/core/callerid.h"

/* How the spool's own remark begins that the open attempt was answered. */
#define CALLFILE_ANSWERED "# Answered:"

enum callfile_verdict {
	CALLFILE_OK,
	CALLFILE_INCOMPLETE, /* tech, resource, or both application and extension are missing */
	CALLFILE_NUL,	     /* a NUL octet */
	CALLFILE_TOO_LONG,   /* over LIMIT_CALLFILE_BYTES */
	CALLFILE_TOO_MANY, /* over LIMIT_CALLFILE_VARS Set lines or LIMIT_CALLFILE_CODECS Codecs */
	CALLFILE_VERDICT_COUNT,
};

/* What a diagnostic is about; each has one text. */
enum callfile_fault {
	CALLFILE_LONG_LINE,
	CALLFILE_NO_COLON,
	CALLFILE_UNKNOWN_KEY,
	CALLFILE_BAD_CHANNEL,
	CALLFILE_BAD_WAITTIME,
	CALLFILE_BAD_MAXRETRIES,
	CALLFILE_BAD_RETRYTIME,
	CALLFILE_BAD_PRIORITY,
	CALLFILE_BAD_SET,
	CALLFILE_BAD_PID,
	CALLFILE_MISSING, /* of the file as a whole: CALLFILE_INCOMPLETE */
	CALLFILE_FAULT_COUNT,
};

struct callfile_diag {
	enum callfile_fault fault;
	uint32_t line;	  /* from 1; 0: the whole file */
	bool notice;	  /* NOTICE, else WARNING */
	struct slice key; /* as typed */
};

typedef void (*callfile_diag_fn)(void *arg, const struct callfile_diag *diag);

struct callfile_var {
	struct slice name;
	struct slice value;
};

struct callfile {
	/* what to dial */
	struct slice tech;
	struct slice resource;
	struct callerid callerid;
	int32_t waittime_s;
	struct slice account;
	struct slice codecs[LIMIT_CALLFILE_CODECS]; /* one of each line */
	uint32_t codecs_count;
	bool early_media;
	/* what the answered channel does */
	struct slice context;
	struct slice extension;
	int32_t priority;
	struct slice application; /* not empty: wins over the extension */
	struct slice data;
	struct callfile_var vars[LIMIT_CALLFILE_VARS]; /* in file order */
	uint32_t vars_count;
	/* how often */
	int32_t maxretries; /* after the first attempt; negative: none at all */
	int32_t retrytime_s;
	/* what becomes of the file */
	bool archive;
	bool always_delete;
	/* bookkeeping of earlier attempts */
	int64_t start_pid;	/* of an attempt without an end; 0: none is open */
	uint32_t attempts_done; /* EndRetry, AbortRetry and Retry lines */
	uint32_t attempts_lost; /* of these, AbortRetry lines of attempts that nobody answered */
	bool answered; /* the open attempt was: "# Answered:" (a comment for everybody else) */
};

/* Reads the file. On another verdict than OK the fields hold what was read up to there, so that
 * `archive` can be obeyed. diag may be NULL. */
enum callfile_verdict callfile_parse(struct callfile *out, char *text, size_t len,
				     callfile_diag_fn diag, void *arg);

/* The line for the log: `path` is the full path of the file. */
void callfile_diag_write(struct sink *out, const struct callfile_diag *diag, struct slice path);

/* Why a file is refused, for people: one line, what to do included. */
const char *callfile_verdict_text(enum callfile_verdict verdict);

#endif
