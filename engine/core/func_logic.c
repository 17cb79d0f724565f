/* engine/core/func_logic.c - functions that ask and choose: IF, IFTIME, EXISTS, ISNULL,
 * DIALPLAN_EXISTS, GLOBAL, LOCAL, EVAL, ARRAY, EXCEPTION. */
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <errno.h>

#define ARRAY_MAX 100

/* "a:b": one of them, without blanks and quotes around it. */
static struct slice choose(struct slice text, bool yes)
{
	struct slice part[2], chosen;

	args_split_raw(text, ':', part, 2);
	chosen = slice_trim(part[yes ? 0 : 1]);
	if (chosen.len >= 2 && chosen.ptr[0] == '"' && chosen.ptr[chosen.len - 1] == '"')
		chosen = slice_make(chosen.ptr + 1, chosen.len - 2);
	return chosen;
}

static void if_read(struct func_call *f, struct sink *out)
{
	struct slice part[2];

	if (args_split_raw(func_args(f), '?', part, 2) < 2 || slice_is_empty(part[1])) {
		log_warning("Syntax IF(<expr>?[<true>][:<false>])  (expr must be non-null, and "
			    "either <true> or <false> must be non-null)");
		return;
	}
	subst_add(out, choose(part[1], args_condition(slice_trim(part[0]))));
}

static void iftime_read(struct func_call *f, struct sink *out)
{
	struct slice args = func_args(f);
	size_t mark = slice_find(args, '?');
	const struct timespec_clock clock = {pbx_civil_now, f->c};
	struct timespec_rule rule;

	if (mark == SIZE_MAX) {
		log_warning("Syntax IFTIME(<timespec>?[<true>][:<false>])");
		return;
	}
	timespec_parse(&rule, slice_head(args, mark), NULL, NULL);
	subst_add(out, choose(slice_from(args, mark + 1), timespec_is_now(&rule, &clock)));
}

static void exists_read(struct func_call *f, struct sink *out)
{
	sink_char(out, f->len ? '1' : '0');
}

static void isnull_read(struct func_call *f, struct sink *out)
{
	sink_char(out, f->len ? '0' : '1');
}

static void dialplan_exists_read(struct func_call *f, struct sink *out)
{
	const struct dialplan *dp = f->c->shard->dialplan;
	struct slice part[3];
	uint32_t n = args_split(f->text, f->len, ',', part, 3);
	struct dialplan_query q = pbx_query(f->c, part[0], part[1], 1);
	bool exists = false;
	size_t end;

	if (n == 0 || slice_is_empty(part[0])) {
		log_error("DIALPLAN_EXISTS() requires an argument: context[,extension[,priority]]");
		return;
	}
	if (dp && n == 1) {
		exists = dialplan_has_context(dp, part[0]);
	} else if (dp && n == 2) {
		exists = dialplan_exists(dp, &q);
	} else if (dp) {
		q.priority = args_int(part[2], &end);
		exists = end > 0 ? dialplan_exists(dp, &q)
				 : dialplan_find_label(dp, &q, part[2]).step != NULL;
	}
	sink_char(out, exists ? '1' : '0');
}

static void global_read(struct func_call *f, struct sink *out)
{
	struct slice value;

	if (vars_get(&f->c->shard->globals, slice_trim(func_args(f)), &value))
		subst_add(out, value);
}

static int global_write(struct chan *c, struct slice args, struct slice value)
{
	struct event e;
	int rc = shard_set_global(c->shard, slice_trim(args), value);

	if (rc) {
		log_warning("cannot set global variable '%.*s': %s", SLICE_ARG(args),
			    rc == -EINVAL ? "bad name" : "no room");
		return rc;
	}
	chan_event_init(c, &e, EVENT_VARSET);
	e.chan = HANDLE_NONE;
	e.snap = (struct chan_snap){0};
	e.text[0] = slice_trim(args);
	e.text[1] = value;
	chan_raise(c, &e);
	return 0;
}

static void local_read(struct func_call *f, struct sink *out)
{
	func_value(f, slice_trim(func_args(f)), out);
}

static int local_write(struct chan *c, struct slice args, struct slice value)
{
	int rc = pbx_set_local(c, slice_trim(args), value);

	if (rc == -ENOENT)
		log_error("Tried to set LOCAL(%.*s), but we aren't within a Gosub routine",
			  SLICE_ARG(args));
	return rc;
}

static void eval_read(struct func_call *f, struct sink *out)
{
	subst_expand(f->s, func_args(f), out);
}

static int array_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice name[ARRAY_MAX], part[ARRAY_MAX];
	char text[LIMIT_VAR_VALUE];
	uint32_t names = args_split_raw(args, ',', name, ARRAY_MAX);
	size_t len = slice_copy(text, sizeof(text), value);

	args_split(text, len, ',', part, ARRAY_MAX);
	for (uint32_t i = 0; i < names; i++)
		chan_set_var(c, slice_trim(name[i]), part[i].ptr ? part[i] : SLICE_LIT(""));
	return 0;
}

static void exception_read(struct func_call *f, struct sink *out)
{
	struct slice item = slice_trim(func_args(f));
	const struct pbx *p = f->c->pbx;

	if (!p || p->exception[0] == 0)
		return;
	if (slice_ieq(item, SLICE_LIT("reason")))
		sink_str(out, p->exception);
	else if (slice_ieq(item, SLICE_LIT("context")))
		sink_str(out, p->exception_context);
	else if (slice_ieq(item, SLICE_LIT("exten")))
		sink_str(out, p->exception_exten);
	else if (slice_ieq(item, SLICE_LIT("priority")))
		sink_i64(out, p->exception_priority);
}

const struct func func_if = {"IF", "Check for an expresion.", if_read, 0, 0};
const struct func func_iftime = {"IFTIME", "Temporal Conditional.", iftime_read, 0, 0};
const struct func func_exists = {"EXISTS", "Test the existence of a value.", exists_read, 0, 0};
const struct func func_isnull = {"ISNULL", "Check if a value is NULL.", isnull_read, 0, 0};
const struct func func_dialplan_exists = {"DIALPLAN_EXISTS",
					  "Checks the existence of a dialplan target.",
					  dialplan_exists_read, 0, 0};
const struct func func_global = {"GLOBAL", "Gets or sets the global variable specified.",
				 global_read, global_write, 0};
const struct func func_local = {"LOCAL", "Manage variables local to the gosub stack frame.",
				local_read, local_write, 0};
const struct func func_eval = {"EVAL", "Evaluate stored variables.", eval_read, 0, 0};
const struct func func_array = {"ARRAY", "Allows setting multiple variables at once.", 0,
				array_write, 0};
const struct func func_exception = {"EXCEPTION",
				    "Retrieve the details of the current dialplan exception.",
				    exception_read, 0, 0};
