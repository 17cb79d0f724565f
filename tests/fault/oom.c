/* tests/fault/oom.c - see oom.h */
#include "tests/fault/oom.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define POINTS_MAX 100000

static struct {
	atomic_bool armed, failed;
	atomic_uint_fast64_t seen;
	enum oom_mode mode;
	uint64_t nth;
	atomic_int_fast64_t live;
} oom;

void oom_arm(enum oom_mode mode, uint64_t nth)
{
	check(!oom.armed);
	oom.mode = mode;
	oom.nth = nth;
	oom.seen = 0;
	oom.failed = false;
	oom.armed = true;
}

uint64_t oom_disarm(bool *failed)
{
	check(oom.armed);
	oom.armed = false;
	*failed = oom.failed;
	return oom.seen;
}

bool oom_has_failed(void)
{
	return oom.failed;
}

int64_t oom_live(void)
{
	return oom.live;
}

bool oom_fails(void)
{
	uint64_t n;

	if (!oom.armed)
		return false;
	n = atomic_fetch_add(&oom.seen, 1) + 1;
	if (oom.nth == 0 || (oom.mode == OOM_ONE ? n != oom.nth : n < oom.nth))
		return false;
	oom.failed = true;
	errno = ENOMEM;
	return true;
}

void *oom_count(void *ptr)
{
	if (ptr)
		atomic_fetch_add(&oom.live, 1);
	return ptr;
}

/* ---- the C library ---- */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *ptr, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void __real_free(void *ptr);
void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *ptr, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *ptr, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
void __wrap_free(void *ptr);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *ptr, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
	return oom_fails() ? NULL : oom_count(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return oom_fails() ? NULL : oom_count(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *ptr, size_t bytes)
{
	void *more;

	if (oom_fails())
		return NULL;
	more = __real_realloc(ptr, bytes);
	return ptr ? more : oom_count(more);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
	return oom_fails() ? NULL : oom_count(__real_aligned_alloc(alignment, bytes));
}

char *__wrap_strdup(const char *text)
{
	return oom_fails() ? NULL : oom_count(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
	return oom_fails() ? NULL : oom_count(__real_strndup(text, len));
}

void __wrap_free(void *ptr)
{
	if (ptr)
		atomic_fetch_sub(&oom.live, 1);
	__real_free(ptr);
}

void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	void *ptr;

	if (oom_fails())
		return MAP_FAILED;
	ptr = __real_mmap(at, bytes, prot, flags, fd, offset);
	return ptr == MAP_FAILED ? ptr : oom_count(ptr);
}

int __wrap_munmap(void *ptr, size_t bytes)
{
	atomic_fetch_sub(&oom.live, 1);
	return __real_munmap(ptr, bytes);
}

/* ---- OpenSSL ---- */

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);

EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
	return oom_fails() ? NULL : __real_EVP_MD_CTX_new();
}

/* ---- SQLite ---- */

int __real_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **out,
			      const char **rest);
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
			void *arg, char **error);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **out,
			      const char **rest);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
			void *arg, char **error);

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs)
{
	if (!oom_fails())
		return __real_sqlite3_open_v2(path, out, flags, vfs);
	*out = NULL;
	return SQLITE_NOMEM;
}

int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **out,
			      const char **rest)
{
	if (!oom_fails())
		return __real_sqlite3_prepare_v2(db, sql, len, out, rest);
	*out = NULL;
	return SQLITE_NOMEM;
}

int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	return oom_fails() ? SQLITE_NOMEM : __real_sqlite3_step(stmt);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
			void *arg, char **error)
{
	if (!oom_fails())
		return __real_sqlite3_exec(db, sql, fn, arg, error);
	if (error)
		*error = NULL;
	return SQLITE_NOMEM;
}

/* ---- for every n ---- */

/* FAULT_VERBOSE=1 says each n before it is tried: a crash is behind the last line. */
static void oom_say(const struct oom_case *c)
{
	if (getenv("FAULT_VERBOSE"))
		fprintf(stderr, "%s: %s point %llu fails\n", c->name,
			c->mode == OOM_ONE ? "only" : "from", (unsigned long long)c->nth);
}

static void oom_blame(const struct oom_case *c, const char *what)
{
	fail_msg("%s, point %llu (%s): %s", c->name, (unsigned long long)c->nth,
		 c->mode == OOM_ONE ? "only that one" : "and all behind it", what);
}

/* One run. True: a point was failed. */
static bool oom_try(struct oom_case *c)
{
	int64_t before = oom_live();
	int err;

	oom_say(c);
	c->failed = false;
	err = c->run(c);
	check(!oom.armed);
	if (oom_live() != before)
		oom_blame(c, oom_live() > before ? "leaked" : "freed twice");
	if (err > 0)
		oom_blame(c, "gave what is no errno");
	if (!c->failed && err)
		oom_blame(c, strerror(-err));
	if (c->failed && !err && !c->survives)
		oom_blame(c, "the failure was not reported");
	if (check_never_count())
		oom_blame(c, "a NEVER came true");
	return c->failed;
}

uint64_t oom_exhaust(struct oom_case *c)
{
	c->nth = 0;
	oom_try(c); /* what a library takes once for ever is there from now on */
	for (c->mode = OOM_ONE; c->mode < OOM_MODES; c->mode++) {
		c->nth = 1;
		while (oom_try(c)) {
			c->nth += c->stride ? c->stride : 1;
			assert_true(c->nth < POINTS_MAX);
		}
	}
	return c->nth - 1;
}
