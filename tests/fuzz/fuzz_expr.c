/* tests/fuzz/fuzz_expr.c - substitution and expressions. The first octet chooses how small scratch
 * and result are; EVAL expands its argument again, so text can grow and recurse. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/expr.h"
#include "engine/core/subst.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct slice text;
	unsigned calls;
};

static void get(void *arg, struct slice name, struct sink *out)
{
	const struct input *in = arg;

	if (slice_eq(name, SLICE_LIT("A")))
		subst_add(out, SLICE_LIT("0123456789"));
	else if (slice_eq(name, SLICE_LIT("SELF")))
		subst_add(out, in->text);
	else
		subst_add(out, name);
}

static void call(void *arg, struct subst *s, struct slice name, struct slice args, struct sink *out)
{
	struct input *in = arg;

	/* A text may hold SELF many times: the work is bounded here, not in the module. */
	if (slice_eq(name, SLICE_LIT("EVAL")) && in->calls++ < 8)
		subst_expand(s, args, out);
	else
		subst_add(out, args);
}

static void split(struct slice text)
{
	struct slice argv[5];
	char copy[4096];
	size_t len = slice_copy(copy, sizeof(copy), text);
	int64_t ns;

	for (uint32_t i = args_split_raw(text, ',', argv, 5); i > 0; i--)
		check(argv[i - 1].ptr >= text.ptr &&
		      argv[i - 1].ptr + argv[i - 1].len <= text.ptr + text.len);
	for (uint32_t i = args_split(copy, len, ',', argv, 5); i > 0; i--)
		check(argv[i - 1].ptr >= copy && argv[i - 1].ptr + argv[i - 1].len <= copy + len);
	args_condition(text);
	args_seconds(text, &ns);
}

static void silent(void *arg, const struct log_line *line)
{
	(void)arg;
	(void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct subst_ops ops = {get, call};
	static const size_t rooms[] = {SUBST_SCRATCH, 4096, 256, 16};
	struct input in;
	struct expr_env env = {0};
	struct subst s;
	struct sink out;
	char *scratch, *result;
	size_t room;

	log_set_writer(silent, NULL);
	if (size < 2 || size > 4096)
		return 0;
	room = rooms[data[0] & 3];
	in = (struct input){.text = slice_make((const char *)data + 1, size - 1)};
	scratch = malloc(room);
	result = malloc(room);
	check(scratch && result);
	s = subst_make(&ops, &in, scratch, room);
	out = sink_make(result, room);
	subst_expand(&s, in.text, &out);
	check(s.used == 0 && s.depth == 0 && out.len <= room);
	out = sink_make(result, room);
	env.scratch = scratch;
	env.scratch_room = room;
	expr_eval(&env, in.text, &out);
	check(out.len <= room);
	split(in.text);
	free(scratch);
	free(result);
	return 0;
}
