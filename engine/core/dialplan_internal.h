/* engine/core/dialplan_internal.h - the parts of a snapshot: dialplan.c searches them,
 * dialplan_load.c and dialplan_line.c make them, dialplan_show.c prints them. */
#ifndef RINGER_CORE_DIALPLAN_INTERNAL_H
#define RINGER_CORE_DIALPLAN_INTERNAL_H

#include "engine/core/dialplan.h"
#include "engine/core/keep.h"
#include "engine/core/pattern.h"

#define DIALPLAN_NO_INDEX UINT32_MAX

struct dialplan_include {
	struct dialplan_include *next;
	struct slice text; /* as written */
	struct slice name;
	const char *file;
	int line;
	uint32_t context;		  /* index, DIALPLAN_NO_INDEX: there is none of that name */
	const struct timespec_rule *rule; /* NULL: always open */
};

struct dialplan_ignorepat {
	struct dialplan_ignorepat *next;
	struct slice text;
};

/* One extension of a context, in matching order. What an edit made or changed is in the memory of
 * its snapshot, all else in that of the file. */
struct dialplan_entry {
	struct dialplan_exten pub;
	struct pattern name;
	struct pattern cid; /* if pub.has_cid */
	bool is_added;	    /* by an edit: the name, too */
	bool is_edited;	    /* the steps; those without a file with their texts */
};

struct dialplan_context {
	struct slice name;
	uint32_t index;
	struct dialplan_entry *entries;
	uint32_t entry_count;
	uint32_t plain_count; /* of them: names, which come first */
	struct dialplan_include *includes, *last_include;
	struct dialplan_ignorepat *ignorepats;
	bool is_added;	/* by an edit: the name is in the memory of the snapshot */
	bool is_edited; /* the entries are */
};

/* What came from the file: shared by the snapshot of a load and those of the edits after it. */
struct dialplan_base {
	uint32_t holders; /* snapshots; control thread only */
	struct keep keep;
	struct dialplan_global *globals;
	uint32_t global_count;
	struct zone_set zones;
	bool autofallthrough;
	bool clear_globals;
};

struct dialplan {
	struct dialplan_base *base;
	struct keep keep;		   /* what edits made */
	struct dialplan_context *contexts; /* in the order of the file */
	struct dialplan_context **by_name; /* sorted */
	uint32_t context_count;
};

struct dialplan_context *dialplan_context_find(const struct dialplan *dp, struct slice name);
/* NULL: nowhere. */
const struct dialplan_context *dialplan_included(const struct dialplan *dp,
						 const struct dialplan_include *inc);
/* Sorts dp->by_name, which has room. */
void dialplan_sort_contexts(struct dialplan *dp);
/* Splits "name[/cid]" and compiles both into e, in keep. 0 or -ENOMEM. */
int dialplan_name_make(struct dialplan_entry *e, struct keep *keep, struct slice text);
/* The order of matching. */
int dialplan_entry_cmp(const struct dialplan_entry *a, const struct dialplan_entry *b);

#endif
