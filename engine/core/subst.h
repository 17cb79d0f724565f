/* engine/core/subst.h - puts values into text: ${name}, ${name:2:3}, ${FUNC(args)}, $[expression].
 *
 * Inner before outer, each text once; results are not expanded again. What is unknown is empty. The
 * values come from callbacks, so the module is pure; its memory is the caller's scratch, used like
 * a stack. Depth and size are bounded: what goes beyond is empty or cut, with a WARNING. */
#ifndef RINGER_CORE_SUBST_H
#define RINGER_CORE_SUBST_H

#include "engine/base/sink.h"

#define SUBST_SCRATCH 49152 /* octets of scratch that serve all that a dialplan line may hold */
#define SUBST_DEPTH   24    /* ${ inside ${ */

struct subst;

struct subst_ops {
	/* Appends the variable's value; nothing if it is not set. */
	void (*get)(void *arg, struct slice name, struct sink *out);
	/* Reads a function. It says itself when there is no such function. s: for functions that
	 * expand again (EVAL). */
	void (*call)(void *arg, struct subst *s, struct slice name, struct slice args,
		     struct sink *out);
};

struct subst {
	const struct subst_ops *ops;
	void *arg;
	char *scratch;
	size_t room, used;
	unsigned depth;
};

static inline struct subst subst_make(const struct subst_ops *ops, void *arg, char *scratch,
				      size_t room)
{
	return (struct subst){.ops = ops, .arg = arg, .scratch = scratch, .room = room};
}

/* Appends text with everything put in. */
void subst_expand(struct subst *s, struct slice text, struct sink *out);

/* sink_add that cuts what does not fit instead of leaving it out (`over` is set all the same). */
void subst_add(struct sink *out, struct slice text);

/* The part of a value that ${name:offset:length} means. */
struct slice subst_part(struct slice value, int64_t offset, int64_t length);

/* Splits "FUNC(args)": false if it is no function call. The last ')' closes. */
bool subst_is_call(struct slice text, struct slice *name, struct slice *args);

#endif
