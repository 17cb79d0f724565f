/* engine/core/acl.h - who may talk to us: access lists of permit and deny lines, and those that
 * acl.conf gives a name.
 *
 * As Asterisk's: in one list the last line that fits decides, and without one the caller is let in.
 * An owner (an endpoint, a manager user, ...) has a list of its own lines and any number of named
 * ones; all of them must let a caller in. A list that is named but not there, or that could not be
 * read, lets nobody in: half a fence is none.
 *
 * Owners copy what they name (acl_resolve), so that a snapshot refers to nothing outside of itself;
 * a change of acl.conf reaches them when they are loaded again. */
#ifndef RINGER_CORE_ACL_H
#define RINGER_CORE_ACL_H

#include "engine/core/cli.h"
#include "engine/core/conffile.h"
#include "engine/core/keep.h"
#include "engine/io/addr.h"

struct acl_rule {
	struct addr_net net;
	bool is_permit;
};

/* Lines in the order of the file. */
struct acl_list {
	struct slice name;  /* as written; empty: an owner's own lines */
	struct slice place; /* "file:line" of the acl= line that names it */
	const struct acl_rule *rules;
	uint32_t rule_count;
	bool is_closed; /* lets nobody in: not there, or not to be read */
};

/* What one owner has. Its memory belongs to the owner's keep. All zero: everybody is let in. */
struct acl {
	struct acl_list *lists;
	uint32_t count;
};

bool acl_allows(const struct acl *acl, const struct addr *who);

/* A permit= or deny= line: addresses and networks separated by commas, "!" before one turns it
 * round. 0, -ENOMEM, or -EINVAL: *bad cannot be read; then nothing was added. */
int acl_add_rules(struct acl *acl, struct keep *keep, struct slice value, bool is_permit,
		  struct slice *bad);
/* An acl= line: names separated by commas, closed until acl_resolve. 0 or -ENOMEM. */
int acl_add_names(struct acl *acl, struct keep *keep, const struct conffile_var *v);
/* Nobody is let in any more: a line could not be read. 0 or -ENOMEM. */
int acl_close(struct acl *acl, struct keep *keep);

/* ---- acl.conf ---- */

struct acl_book;

/* cf NULL: there is no such file, so no list. A line that cannot be used closes its list and is
 * said with file, line and remedy. 0 or -ENOMEM. */
int acl_book_load(struct acl_book **out, const struct conffile *cf);
void acl_book_free(struct acl_book *book); /* NULL is fine */
/* In any case, as Asterisk; NULL: there is none. */
const struct acl_list *acl_book_find(const struct acl_book *book, struct slice name);
/* In the order of the file; NULL behind the last. */
const struct acl_list *acl_book_at(const struct acl_book *book, uint32_t index);

/* Copies what the owner names. A name that is not there stays closed and is said. 0 or -ENOMEM. */
int acl_resolve(struct acl *acl, struct keep *keep, const struct acl_book *book);

/* ---- the console ---- */

/* All lists of an owner, each with its name and rules; `before` stands before each line. */
void acl_print(struct cli_call *call, const struct acl *acl, const char *before);
/* "acl show [name]". *book is the one in force whenever a command runs. 0 or -ENOMEM. */
int acl_register_cli(struct cli *cli, struct acl_book *const *book);

#endif
