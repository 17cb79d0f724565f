/* engine/core/dialplan.h - the dialplan of one reload: contexts, extensions, steps; immutable.
 *
 * Loaded from the tree of extensions.conf into one snapshot, freed as a whole. Answers the three
 * questions of matching (match, can match, match more) with Asterisk's exact order: names before
 * patterns, patterns position by position, caller id matches first, priorities of several matching
 * patterns mixed, includes depth-first. Pure: no clock (timed includes ask the clock of the query),
 * no channel. A loaded snapshot may be read by any thread. */
#ifndef RINGER_CORE_DIALPLAN_H
#define RINGER_CORE_DIALPLAN_H

#include "engine/core/conffile.h"
#include "engine/core/timespec.h"
#include "engine/core/zone.h"

struct dialplan;

/* All slices have a NUL behind them and live as long as the snapshot. */
struct dialplan_step {
	int32_t priority;   /* DIALPLAN_HINT: app is what it watches, data its name */
	struct slice label; /* may be empty */
	struct slice app;
	struct slice data; /* not yet expanded */
	const char *file;  /* NULL: from an edit */
	int line;
};

/* "hint" as a priority */
#define DIALPLAN_HINT (-1)

struct dialplan_exten {
	struct slice name; /* as written */
	struct slice cid;  /* caller id pattern */
	bool has_cid;
	const struct dialplan_step *steps; /* by priority */
	uint32_t step_count;
};

struct dialplan_global {
	struct slice name;
	struct slice value;
};

/* A place in the dialplan and who asks. */
struct dialplan_query {
	struct slice context;
	struct slice exten;
	int32_t priority;
	struct slice cid_num;		    /* caller's number, empty if none */
	const struct timespec_clock *clock; /* NULL: timed includes are closed */
};

enum dialplan_why {
	DIALPLAN_FOUND,
	DIALPLAN_NO_CONTEXT,
	DIALPLAN_NO_EXTEN,
	DIALPLAN_NO_PRIORITY,
	DIALPLAN_NO_LABEL,
};

struct dialplan_hit {
	enum dialplan_why why;
	const struct dialplan_step *step; /* NULL unless found */
	const struct dialplan_exten *exten;
	struct slice context; /* where it was found: an include perhaps */
};

/* Makes a snapshot of the tree (which is not needed afterwards). Faults in single lines are noted
 * through source->note (or the log) and the lines skipped, as Asterisk does; source is only used
 * for that. 0 or -ENOMEM. */
int dialplan_load(struct dialplan **out, const struct conffile *cf,
		  const struct conffile_source *source);
/* A snapshot without contexts: for an engine without extensions.conf. 0 or -ENOMEM. */
int dialplan_create_empty(struct dialplan **out);
void dialplan_free(struct dialplan *dp); /* NULL is fine */

/* The step at exactly this place. */
struct dialplan_hit dialplan_find(const struct dialplan *dp, const struct dialplan_query *q);
/* The step with this label in the extensions that match; q->priority is not used. */
struct dialplan_hit dialplan_find_label(const struct dialplan *dp, const struct dialplan_query *q,
					struct slice label);
/* Is the place there (as dialplan_find); could more digits lead to one, counting a complete match
 * (can_match), not counting it (match_more)? */
bool dialplan_exists(const struct dialplan *dp, const struct dialplan_query *q);
bool dialplan_can_match(const struct dialplan *dp, const struct dialplan_query *q);
bool dialplan_match_more(const struct dialplan *dp, const struct dialplan_query *q);

/* The hint of an extension; false: there is none. */
bool dialplan_find_hint(const struct dialplan *dp, struct slice context, struct slice exten,
			struct dialplan_hit *hit);
/* All hints, also those of patterns, in the order of contexts and matching. */
typedef void (*dialplan_hint_fn)(void *arg, struct slice context,
				 const struct dialplan_exten *exten,
				 const struct dialplan_step *hint);
void dialplan_each_hint(const struct dialplan *dp, dialplan_hint_fn fn, void *arg);

/* One change to a snapshot, which gives a new one. A load knows nothing of edits: they are gone. */
struct dialplan_edit {
	bool remove;
	bool replace;	      /* add: a step that is there already gives way */
	struct slice context; /* add: made if it is not there */
	struct slice exten;   /* "name[/cid]"; remove without /cid: whatever the cid */
	int32_t priority;     /* 1 on or DIALPLAN_HINT; remove: 0 all */
	struct slice app, data;
};
/* Texts are copied. The new snapshot shares what came from the file with the old one; either may be
 * freed first, both on one thread. 0; -EEXIST the step is there, -ENOENT nothing to remove,
 * -EINVAL, -ENOMEM. */
int dialplan_edit(struct dialplan **out, const struct dialplan *old,
		  const struct dialplan_edit *edit);

/* What stands in a context, in its order, as ShowDialPlan of AMI lists it. */
struct dialplan_item {
	struct slice context;
	const struct dialplan_exten *exten; /* with step */
	const struct dialplan_step *step;
	struct slice include;	/* as written; ptr NULL: none */
	struct slice ignorepat; /* the same */
};
struct dialplan_totals {
	uint32_t items, extens, priorities, contexts;
	bool has_context; /* the one asked for is there */
};
typedef void (*dialplan_item_fn)(void *arg, const struct dialplan_item *item);
/* context empty: all; exten empty: all, else those that match it, also by includes. */
struct dialplan_totals dialplan_list(const struct dialplan *dp, struct slice context,
				     struct slice exten, dialplan_item_fn fn, void *arg);

bool dialplan_has_context(const struct dialplan *dp, struct slice context);
uint32_t dialplan_context_count(const struct dialplan *dp);
struct slice dialplan_context_name(const struct dialplan *dp, uint32_t index); /* empty behind the last */

/* [general] */
bool dialplan_autofallthrough(const struct dialplan *dp);
bool dialplan_clear_globals(const struct dialplan *dp);
/* [globals], in the order of the file, each name once. */
const struct dialplan_global *dialplan_globals(const struct dialplan *dp, uint32_t *count);

/* The time zones of the system as they were at the load. */
const struct zone_set *dialplan_zones(const struct dialplan *dp);

/* One pattern against one string ("_1X." against "1234"): complete match. */
bool dialplan_pattern_fits(struct slice pattern, struct slice text);

/* "dialplan show [[exten]@][context]": text in pieces with their line ends. `what` empty: all. */
typedef void (*dialplan_print_fn)(void *arg, struct slice text);
void dialplan_show(const struct dialplan *dp, struct slice what, dialplan_print_fn print,
		   void *arg);

#endif
