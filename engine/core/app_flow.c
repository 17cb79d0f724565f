/* engine/core/app_flow.c - applications that decide where to go: Goto, GotoIf, GotoIfTime, ExecIf,
 * ExecIfTime, Exec, TryExec, RaiseException. */
#include "engine/core/app_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"

static enum app_result go(struct chan *c, struct slice place)
{
	return pbx_goto(c, place) ? APP_NEXT : APP_HANGUP;
}

static enum app_result goto_start(struct app_call *call)
{
	return go(call->c, app_data(call));
}

/* The branch of "iftrue[:iffalse]" that a condition chooses; ptr NULL: there is none. */
static struct slice branch_of(struct slice branches, bool yes)
{
	size_t colon = slice_find(branches, ':');
	struct slice branch = slice_trim(
		yes ? slice_head(branches, colon)
		    : slice_from(branches, colon == SIZE_MAX ? branches.len : colon + 1));

	return slice_is_empty(branch) ? SLICE_EMPTY : branch;
}

static enum app_result take_branch(struct app_call *call, struct slice branches, bool yes)
{
	struct slice branch = branch_of(branches, yes);

	if (!branch.ptr) {
		log_debug("Not taking any branch");
		return APP_NEXT;
	}
	return go(call->c, branch);
}

static enum app_result gotoif_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t mark = slice_find(data, '?');

	if (mark == SIZE_MAX) {
		log_warning("GotoIf requires an argument: condition?[iftrue][:iffalse]");
		return APP_NEXT;
	}
	return take_branch(call, slice_from(data, mark + 1),
			   args_condition(slice_trim(slice_head(data, mark))));
}

static bool is_time(struct chan *c, struct slice spec)
{
	const struct timespec_clock clock = {pbx_civil_now, c};
	struct timespec_rule rule;

	timespec_parse(&rule, spec, NULL, NULL);
	return timespec_is_now(&rule, &clock);
}

static enum app_result gotoiftime_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t mark = slice_find(data, '?');

	if (mark == SIZE_MAX) {
		log_warning("GotoIfTime requires an argument: "
			    "times,weekdays,mdays,months[,timezone]?[iftrue][:iffalse]");
		return APP_NEXT;
	}
	return take_branch(call, slice_from(data, mark + 1),
			   is_time(call->c, slice_head(data, mark)));
}

static enum app_result run_text(struct app_call *call, struct slice text)
{
	struct slice name, args;

	app_split(text, &name, &args);
	return pbx_run_app(call, name, args);
}

static enum app_result execif_start(struct app_call *call)
{
	struct slice part[2], app[2];

	if (args_split_raw(app_data(call), '?', part, 2) < 2 || slice_is_empty(part[1])) {
		log_warning("Usage: ExecIf(<expr>?<appiftrue>[(<args>)][:<appiffalse>[(<args>)]])");
		return APP_HANGUP;
	}
	args_split_raw(part[1], ':', app, 2);
	app[0] = app[args_condition(slice_trim(part[0])) ? 0 : 1];
	return slice_is_empty(slice_trim(app[0])) ? APP_NEXT : run_text(call, app[0]);
}

static enum app_result execiftime_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t mark = slice_find(data, '?');

	if (mark == SIZE_MAX || mark + 1 == data.len) {
		log_warning("ExecIfTime requires an argument: "
			    "times,weekdays,mdays,months[,timezone]?appname[(appargs)]");
		return APP_HANGUP;
	}
	if (!is_time(call->c, slice_head(data, mark)))
		return APP_NEXT;
	return run_text(call, slice_from(data, mark + 1));
}

static enum app_result exec_start(struct app_call *call)
{
	return call->len ? run_text(call, app_data(call)) : APP_NEXT;
}

static enum app_result tryexec_start(struct app_call *call)
{
	struct slice name, args;
	enum app_result result;

	app_split(app_data(call), &name, &args);
	if (!app_find(name)) {
		chan_set_var(call->c, SLICE_LIT("TRYSTATUS"), SLICE_LIT("NOAPP"));
		return APP_NEXT;
	}
	result = pbx_run_app(call, name, args);
	if (result == APP_WAIT) {
		/* Its end is not seen here: what it does later counts as it is. */
		chan_set_var(call->c, SLICE_LIT("TRYSTATUS"), SLICE_LIT("SUCCESS"));
		return result;
	}
	chan_set_var(call->c, SLICE_LIT("TRYSTATUS"),
		     result == APP_HANGUP ? SLICE_LIT("FAILED") : SLICE_LIT("SUCCESS"));
	return result == APP_HANGUP ? APP_NEXT : result;
}

static enum app_result raiseexception_start(struct app_call *call)
{
	char reason[LIMIT_NAME];

	slice_copy(reason, sizeof(reason), app_data(call));
	if (!pbx_raise_exception(call->c, reason))
		return APP_NEXT;
	call->p->jumped = true;
	return APP_NEXT;
}

const struct app app_goto = {"Goto", "Jump to a particular priority, extension, or context.",
			     goto_start, 0, 0};
const struct app app_gotoif = {"GotoIf", "Conditional goto.", gotoif_start, 0, 0};
const struct app app_gotoiftime = {"GotoIfTime", "Conditional Goto based on the current time.",
				   gotoiftime_start, 0, 0};
const struct app app_execif = {"ExecIf", "Executes dialplan application, conditionally.",
			       execif_start, 0, 0};
const struct app app_exectime = {"ExecIfTime",
				 "Conditional application execution based on the current time.",
				 execiftime_start, 0, 0};
const struct app app_exec = {"Exec", "Executes dialplan application.", exec_start, 0, 0};
const struct app app_tryexec = {"TryExec", "Executes dialplan application, always returning.",
				tryexec_start, 0, 0};
const struct app app_raiseexception = {"RaiseException", "Handle an exceptional condition.",
				       raiseexception_start, 0, 0};
