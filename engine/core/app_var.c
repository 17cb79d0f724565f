/* engine/core/app_var.c - applications that set, say and tell: Set, MSet, NoOp, Verbose, Log,
 * UserEvent. */
#include "engine/core/app_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/func.h"

#define MSET_MAX  99
#define EVENT_MAX 64 /* headers of a UserEvent */

/* name may be a function. Faults are logged; the dialplan goes on. */
static void set_one(struct chan *c, struct slice name, struct slice value)
{
	int rc;

	if (func_is_call(name)) {
		func_write(c, name, value);
		return;
	}
	rc = chan_set_var(c, name, value);
	if (rc)
		log_warning(
			"cannot set variable '%.*s': %s", SLICE_ARG(slice_head(name, 80)),
			slice_is_empty(name)
				? "it has no name"
				: "the variables of the channel are full or the text is too long");
}

static enum app_result set_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t eq = slice_find(data, '=');
	struct slice name = slice_head(data, eq);

	if (slice_is_empty(data)) {
		log_warning("Set requires one variable name/value pair.");
		return APP_NEXT;
	}
	if (eq == SIZE_MAX) {
		log_warning("Set: ignoring entry '%s' with no '=' (variable=value)", call->data);
		return APP_NEXT;
	}
	if (!slice_eq(name, slice_trim(name)))
		log_warning("Please avoid unnecessary spaces on variables as it may lead to "
			    "unexpected results ('%.*s' set to '%s').",
			    SLICE_ARG(name), call->data + eq + 1);
	set_one(call->c, name, slice_from(data, eq + 1));
	return APP_NEXT;
}

static enum app_result mset_start(struct app_call *call)
{
	struct slice part[MSET_MAX];
	uint32_t n = args_split(call->data, call->len, ',', part, MSET_MAX);

	for (uint32_t i = 0; i < n; i++) {
		size_t eq = slice_find(part[i], '=');

		if (eq == SIZE_MAX)
			log_warning("MSet: ignoring entry '%.*s' with no '='", SLICE_ARG(part[i]));
		else
			set_one(call->c, slice_trim(slice_head(part[i], eq)),
				slice_from(part[i], eq + 1));
	}
	return APP_NEXT;
}

static enum app_result noop_start(struct app_call *call)
{
	(void)call; /* the line that every step leaves is its purpose */
	return APP_NEXT;
}

static enum app_result verbose_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t comma = slice_find(data, ',');
	struct slice word = slice_trim(slice_head(data, comma));
	uint64_t level = 0;

	if (comma != SIZE_MAX) {
		if (!slice_u64(word, 1000, &level))
			log_warning("'%.*s' is not a verboser number", SLICE_ARG(word));
		data = slice_from(data, comma + 1);
	}
	if (level > 4)
		level = 4;
	log_verbose((int)level, "%.*s", SLICE_ARG(data));
	return APP_NEXT;
}

static enum app_result log_start(struct app_call *call)
{
	struct slice data = app_data(call);
	size_t comma = slice_find(data, ',');
	struct slice level = slice_trim(slice_head(data, comma));
	struct slice text = slice_from(data, comma == SIZE_MAX ? data.len : comma + 1);

	if (slice_ieq(level, SLICE_LIT("ERROR")))
		log_error("Ext. %s: %.*s", call->c->exten, SLICE_ARG(text));
	else if (slice_ieq(level, SLICE_LIT("WARNING")))
		log_warning("Ext. %s: %.*s", call->c->exten, SLICE_ARG(text));
	else if (slice_ieq(level, SLICE_LIT("NOTICE")))
		log_notice("Ext. %s: %.*s", call->c->exten, SLICE_ARG(text));
	else if (slice_ieq(level, SLICE_LIT("DEBUG")))
		log_debug("Ext. %s: %.*s", call->c->exten, SLICE_ARG(text));
	else if (slice_ieq(level, SLICE_LIT("VERBOSE")) || slice_ieq(level, SLICE_LIT("DTMF")))
		log_verbose(1, "Ext. %s: %.*s", call->c->exten, SLICE_ARG(text));
	else
		log_error("Unknown log level: '%.*s'", SLICE_ARG(level));
	return APP_NEXT;
}

/* A line end inside a value would make a header of its own. */
static void add_one_line(struct sink *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
			sink_str(out, text.ptr[i] == '\r' ? "\\r" : "\\n");
		else
			sink_char(out, text.ptr[i]);
	}
}

static enum app_result userevent_start(struct app_call *call)
{
	struct slice part[EVENT_MAX];
	char text[LIMIT_APPDATA];
	struct sink body = sink_make(text, sizeof(text));
	uint32_t n = args_split(call->data, call->len, ',', part, EVENT_MAX);

	if (n == 0) {
		log_warning("UserEvent requires an argument (eventname,optional event body)");
		return APP_NEXT;
	}
	for (uint32_t i = 1; i < n; i++) {
		add_one_line(&body, slice_trim(part[i]));
		sink_lit(&body, "\r\n");
	}
	chan_user_event(call->c, part[0], sink_slice(&body));
	return APP_NEXT;
}

const struct app app_set = {"Set", "Set channel variable or function value.", set_start, 0, 0};
const struct app app_mset = {"MSet", "Set channel variable(s) or function value(s).", mset_start, 0,
			     0};
const struct app app_noop = {"NoOp", "Do Nothing (No Operation).", noop_start, 0, 0};
const struct app app_verbose = {"Verbose", "Send arbitrary text to verbose output.", verbose_start,
				0, 0};
const struct app app_log = {"Log", "Send arbitrary text to a selected log level.", log_start, 0, 0};
const struct app app_userevent = {"UserEvent", "Send an arbitrary user-defined event to AMI.",
				  userevent_start, 0, 0};
