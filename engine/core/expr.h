/* engine/core/expr.h - expressions of the dialplan: what stands inside $[...].
 *
 * Takes the text after variables have been put in. Values are text or numbers (long double, printed
 * with 18 digits). Operators, lowest first:
 *   ? ::    | ||    & &&    = == > < >= <= !=    + -    * / %    unary - !    : =~ ~~    ( )
 * Pure; the only memory is the caller's scratch. */
#ifndef RINGER_CORE_EXPR_H
#define RINGER_CORE_EXPR_H

#include "engine/base/sink.h"

struct expr_env {
	/* Reads a dialplan function that is not one of ours (SIN, POW, ...). The callee says when
	 * it does not exist. May be NULL. */
	void (*call)(void *arg, struct slice name, struct slice args, struct sink *out);
	void *arg;
	char *scratch; /* for texts that come to be on the way */
	size_t scratch_room;
};

/* Appends the result to *out. A syntax error is logged as WARNING and gives nothing: false. */
bool expr_eval(const struct expr_env *env, struct slice text, struct sink *out);

#endif
