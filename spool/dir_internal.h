/* spool/dir_internal.h - what the parts of the spool directory share: dir.c (service), dir_file.c
 * (one file's states), dir_claim.c (begin of an attempt), dir_end.c (its end). */
#ifndef RINGER_SPOOL_DIR_INTERNAL_H
#define RINGER_SPOOL_DIR_INTERNAL_H

#include <stdatomic.h>

#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/base/log.h"
#include "engine/base/metric.h"
#include "engine/base/ring.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "spool/callfile.h"
#include "spool/dir.h"
#include "spool/due.h"

#define SPOOL_NAME_MAX	    255
#define SPOOL_PATH_MAX	    (LIMIT_PATH + SPOOL_NAME_MAX + 32)
#define SPOOL_SETTLE_NS	    (2 * TMR_SECOND)  /* a file not written for so long is complete */
#define SPOOL_TRYAGAIN_NS   TMR_SECOND	      /* after an error that may pass */
#define SPOOL_REMOVE_NS	    (30 * TMR_SECOND) /* between tries to remove an ended file */
#define SPOOL_RESCAN_NS	    (60 * TMR_SECOND)
#define SPOOL_POLL_NS	    TMR_SECOND	  /* between scans without notifications */
#define SPOOL_FULL_NS	    (20 * TMR_MS) /* between tries while the queue is full */
#define SPOOL_COALESCE_NS   (5 * TMR_MS)  /* outcomes are gathered for so long */
#define SPOOL_OUTCOMES_TURN 1024

/* What happens to a file. The first group comes from outside, the second is how a claim went, the
 * third how an attempt went. */
enum spool_event {
	SPOOL_EV_NONE,
	SPOOL_EV_CREATED,
	SPOOL_EV_MOVED, /* renamed into the directory, maybe over an older one */
	SPOOL_EV_WRITTEN,
	SPOOL_EV_TOUCHED,
	SPOOL_EV_UNLINKED, /* removed or moved away by others */
	SPOOL_EV_TIME,	   /* its instant in the heap, or its turn in the line */

	SPOOL_EV_YOUNG,	   /* looks half written */
	SPOOL_EV_FUTURE,   /* mtime to come */
	SPOOL_EV_TRYAGAIN, /* an error that may pass */
	SPOOL_EV_FULL,	   /* the queue refused the order at the last moment */
	SPOOL_EV_DROPPED,  /* not there (another may be), or set aside */
	SPOOL_EV_STUCK,	   /* no regular file, or unusable and cannot be set aside */
	SPOOL_EV_SUBMITTED,

	SPOOL_EV_ANSWERED,
	SPOOL_EV_WITHDRAWN,
	SPOOL_EV_FAILED, /* a retry is left */
	SPOOL_EV_COMPLETED,
	SPOOL_EV_EXPIRED,
	SPOOL_EV_REMOVED,
	SPOOL_EV_NOT_REMOVED,
	SPOOL_EV_COUNT,
};

/* One file that is known. From one of two slabs, by the room that its texts need. */
struct spool_file {
	struct hash_node node; /* by name; in no table when orphaned */
	struct due_node due;   /* wall time: all states but WAITING, HELD and ORPHAN */
	struct list line;      /* WAITING: the line, in order of arrival */
	uint8_t state;	       /* enum spool_state */
	uint8_t ending;	       /* enum spool_event: as what it ended, in ENDING */
	bool is_big;
	bool was_arriving; /* claimed because its writer did not close it for 2 s */
	bool note_left;	   /* a note stands in the file that could not be taken back */
	bool mtime_unsure; /* we wrote, and could not set its time: that change is none of others */
	bool own_close;	   /* the next WRITTEN is our own: we had it open for writing */
	bool archive;
	bool always_delete;
	uint16_t name_len;
	uint16_t text_room;
	int32_t retrytime_s;
	int32_t maxretries;
	uint32_t attempt_no;
	uint32_t waited_ms; /* the attempt that failed: how long it stood in the queue */
	uint64_t inode;
	int64_t mtime_ns;	/* as last seen, or as set by us */
	int64_t mtime_was_ns;	/* before the note of the attempt */
	int64_t size_bytes;	/* behind the note */
	int64_t size_was_bytes; /* before it */
	char text[];		/* name, NUL, tech/resource, NUL */
};

#define SPOOL_FILE_SMALL 320 /* for names of up to SPOOL_NAME_SMALL octets */
#define SPOOL_FILE_BIG	 704
#define SPOOL_NAME_SMALL 79

/* Text that is read, and what is made of it: one file at a time. */
struct spool_desk {
	struct callfile parsed;
	struct originate order;
	struct callfile_diag diags[32];
	uint32_t diag_count;
	char attempt_text[16];
	char codecs[LIMIT_CALLFILE_CODECS * LIMIT_CALLFILE_LINE];
	char text[LIMIT_CALLFILE_BYTES + 1];
};

struct spool {
	struct io *io;
	struct spool_conf conf;
	struct io_watch *watch;
	struct source source;
	int64_t pid;
	int64_t now_ns; /* of this turn */
	int64_t wall_ns;

	struct hash names;
	uint64_t hash_seed;
	struct slab *small_files;
	struct slab *big_files;
	struct due due;
	struct list line; /* WAITING */

	bool missed;	       /* a name was not taken for want of room */
	bool rescan_all;       /* news of known files may be lost too */
	bool archive_off;      /* outgoing_done could not be made */
	int64_t rescan_ns;     /* monotonic: the next scan; 0 at the start: at once */
	int64_t full_until_ns; /* no claims before */
	uint32_t unsettled_max;
	uint64_t submitted;

	struct ring *outcomes; /* pairs: cookie, bits; control thread to this one */
	void *half;	       /* a cookie whose bits had not come yet */
	uint64_t answered[SPOOL_OUTCOMES_TURN]; /* cookies: to be noted after this turn's ends */
	uint32_t answered_count;
	_Atomic uint64_t begun;
	uint64_t begun_seen;
	_Atomic uint32_t unsettled; /* orders with the engine, or outcomes not yet written */
	_Atomic bool asleep;
	_Atomic bool claiming;
	_Atomic uint32_t counts[SPOOL_STATE_COUNT];

	size_t out_len;		  /* of out_dir */
	char out_dir[LIMIT_PATH]; /* .../outgoing */
	char done_dir[LIMIT_PATH + 8];
	char failed_dir[LIMIT_PATH + 8];
	char path[SPOOL_PATH_MAX]; /* scratch of spool_path */
	struct spool_desk desk;
};

/* --- dir_file.c --- */

struct spool_file *spool_file_find(struct spool *s, struct slice name);
/* A file not yet known, in no state. NULL: no room (remembered for a later scan). */
struct spool_file *spool_file_add(struct spool *s, struct slice name);
/* The one place where a state changes. The file may be gone (and its memory given back) after it.
 */
void spool_file_step(struct spool *s, struct spool_file *f, enum spool_event event);
/* By the cookie of its order; NULL: not of this life. */
struct spool_file *spool_file_get(struct spool *s, uint64_t cookie);
uint64_t spool_file_cookie(struct spool *s, const struct spool_file *f);
/* Remembers tech/resource for log lines, cut (with "...") to the room there is: at least 100
 * octets. */
void spool_file_set_dest(struct spool_file *f, struct slice tech, struct slice resource);

static inline struct slice spool_file_name(const struct spool_file *f)
{
	return slice_make(f->text, f->name_len);
}

static inline const char *spool_file_dest(const struct spool_file *f)
{
	return f->text + f->name_len + 1;
}

/* Full path in a directory, NUL-terminated; `dst` has SPOOL_PATH_MAX octets. */
const char *spool_path_in(char *dst, const char *dir, struct slice name);
/* In outgoing; valid until the next call. */
const char *spool_path(struct spool *s, const struct spool_file *f);

/* --- dir_claim.c --- */

/* Opens, reads, notes and submits what is due. The event says how it went. */
enum spool_event spool_claim(struct spool *s, struct spool_file *f);
/* Opens the file whose attempt runs. The descriptor; -ESTALE if another file has the name now. */
int spool_open_same(struct spool *s, struct spool_file *f, struct io_fs_stat *st);
/* Reads all, up to LIMIT_CALLFILE_BYTES + 1, onto the desk. Octets or -errno. */
ssize_t spool_read_text(struct spool *s, int fd, int64_t size_bytes);
/* Takes the note of an attempt that was not begun out of the file again. False: it has to be tried
 * once more before the next claim (f->note_left). */
bool spool_revert(struct spool *s, struct spool_file *f, int fd);
/* One line of bookkeeping. */
void spool_record_write(struct sink *out, const char *key, int64_t pid, uint32_t n, int64_t wall_s);
/* Appends it and sets the mtime; the file's size and times in memory follow. 0 or -errno. */
int spool_append(struct spool *s, struct spool_file *f, int fd, struct slice text,
		 int64_t mtime_ns);

/* --- dir_end.c --- */

/* DROPPED if another file, or none, has the name now; else NONE. */
enum spool_event spool_look_same(struct spool *s, struct spool_file *f);
/* What is written while an attempt runs, or when it is over. NONE; DROPPED as above. */
enum spool_event spool_delay(struct spool *s, struct spool_file *f);
enum spool_event spool_note_answer(struct spool *s, struct spool_file *f);
enum spool_event spool_note_failure(struct spool *s, struct spool_file *f);
enum spool_event spool_unnote(struct spool *s, struct spool_file *f);
/* Archives or unlinks, with the status of f->ending. REMOVED or NOT_REMOVED. */
enum spool_event spool_end(struct spool *s, struct spool_file *f);
/* Moves an unusable file aside with its reason (or deletes it, if so configured). DROPPED or
 * STUCK. line 0: the file as a whole. */
enum spool_event spool_set_aside(struct spool *s, struct spool_file *f, const char *reason);
enum spool_event spool_set_aside_unreadable(struct spool *s, struct spool_file *f, int error);
void spool_log_expired(const struct spool_file *f, uint32_t attempts);

static inline int64_t spool_wall_s(const struct spool *s)
{
	return s->wall_ns / TMR_SECOND;
}

#endif
