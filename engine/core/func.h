/* engine/core/func.h - dialplan functions: ${FUNC(args)} and Set(FUNC(args)=value).
 *
 * A table of names with a reader and a writer each, acting on one channel. */
#ifndef RINGER_CORE_FUNC_H
#define RINGER_CORE_FUNC_H

#include "engine/base/sink.h"

struct chan;
struct subst;

/* call: "NAME(args)" with args already expanded. False: no such function (logged), not readable, or
 * out of reach for the channel (chan.guarded); the value is then empty. */
bool func_read(struct chan *c, struct slice call, struct sink *out);
/* 0, -ENOENT no such function (logged), -EPERM not writable, -EACCES out of reach, -EINVAL bad
 * arguments. */
int func_write(struct chan *c, struct slice call, struct slice value);
/* ${NAME(args)} while text is being expanded: s is that expansion (EVAL goes on with it). */
void func_call(struct chan *c, struct subst *s, struct slice name, struct slice args,
	       struct sink *out);
/* All names in alphabetical order, for "core show functions". */
const char *func_name(uint32_t index); /* NULL behind the last */
const char *func_summary(uint32_t index); /* of an existing one: one line */
/* True for a name that is a function call: ends with ')'. */
static inline bool func_is_call(struct slice name)
{
	return name.len > 0 && name.ptr[name.len - 1] == ')';
}

#endif
