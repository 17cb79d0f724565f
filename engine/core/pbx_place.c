/* engine/core/pbx_place.c - places in the dialplan, subroutine frames, values: pbx_internal.h. */
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/func.h"
#include "engine/core/shard.h"

#include <errno.h>

/* ---- values ---- */

/* The zones that need no file: a shard never reads one. */
static bool is_utc(const char *zone)
{
	static const char *const names[] = {"UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_ieq(slice_str(zone), slice_str(names[i])))
			return true;
	return false;
}

bool pbx_civil_time(struct chan *c, const char *zone, int64_t wall_ns, struct tm *out)
{
	const struct dialplan *dp = c->shard->dialplan;
	const struct zone *z = dp ? zone_find(dialplan_zones(dp), slice_str(zone)) : NULL;
	time_t seconds = (time_t)(wall_ns / TMR_SECOND);

	if (z) {
		zone_civil(z, seconds, out);
		return true;
	}
	if (is_utc(zone))
		return gmtime_r(&seconds, out) != NULL;
	if (zone[0] != 0)
		log_warning("time zone '%s' is not known (looked for in %s at the last reload), "
			    "the system's local time is used",
			    zone, ZONE_DIR);
	io_local_time(c->shard->io, wall_ns, out);
	return true;
}

bool pbx_civil_now(void *arg, const char *zone, struct tm *out)
{
	struct chan *c = arg;

	return pbx_civil_time(c, zone, io_wall_ns(c->shard->io), out);
}

static void get_variable(void *arg, struct slice name, struct sink *out)
{
	struct slice value;

	if (chan_get_var(arg, name, &value))
		subst_add(out, value);
}

static void call_function(void *arg, struct subst *s, struct slice name, struct slice args,
			  struct sink *out)
{
	func_call(arg, s, name, args, out);
}

const struct subst_ops pbx_subst_ops = {get_variable, call_function};

void pbx_expand(struct chan *c, struct slice text, struct sink *out)
{
	char scratch[SUBST_SCRATCH];
	struct subst s = subst_make(&pbx_subst_ops, c, scratch, sizeof(scratch));

	if (slice_find(text, '$') == SIZE_MAX)
		subst_add(out, text);
	else
		subst_expand(&s, text, out);
}

/* ---- places ---- */

struct dialplan_query pbx_query(struct chan *c, struct slice context, struct slice exten,
				int32_t priority)
{
	return (struct dialplan_query){.context = context,
				       .exten = exten,
				       .priority = priority,
				       .cid_num = c->cid_num,
				       .clock = c->pbx ? &c->pbx->clock : NULL};
}

bool pbx_exists(struct chan *c, struct slice context, struct slice exten, int32_t priority)
{
	struct dialplan_query q = pbx_query(c, context, exten, priority);

	return c->shard->dialplan && dialplan_exists(c->shard->dialplan, &q);
}

void pbx_jump(struct chan *c, struct slice context, struct slice exten, int32_t priority)
{
	chan_set_place(c, context, exten, priority);
	c->pbx->jumped = true;
}

static int32_t find_label(struct chan *c, struct slice context, struct slice exten,
			  struct slice label)
{
	struct dialplan_query q = pbx_query(c, context, exten, 1);
	struct dialplan_hit hit = {0};

	if (c->shard->dialplan)
		hit = dialplan_find_label(c->shard->dialplan, &q, label);
	return hit.step ? hit.step->priority : -1;
}

/* A number, a label, or relative to the current priority. -1: none of these. */
static int32_t parse_priority(struct chan *c, struct slice context, struct slice exten,
			      struct slice text)
{
	bool relative = text.len > 0 && (text.ptr[0] == '+' || text.ptr[0] == '-');
	size_t end;
	int64_t n = args_int(text, &end);

	if (end == 0)
		return find_label(c, context, exten, text);
	if (relative)
		n += c->priority;
	return n < 1 || n > INT32_MAX ? -1 : (int32_t)n;
}

bool pbx_parse_place(struct chan *c, struct slice text, struct slice *context, struct slice *exten,
		     int32_t *priority)
{
	struct slice part[3];
	uint32_t n = args_split_raw(text, ',', part, 3);
	struct slice word = n > 0 ? slice_trim(part[n - 1]) : SLICE_EMPTY;

	if (slice_is_empty(word)) {
		log_warning("Goto requires an argument ([[context,]extension,]priority)");
		return false;
	}
	*context = n > 2 ? slice_trim(part[0]) : slice_str(c->context);
	*exten = n > 1 ? slice_trim(part[n - 2]) : slice_str(c->exten);
	if (slice_is_empty(*context))
		*context = slice_str(c->context);
	if (slice_is_empty(*exten))
		*exten = slice_str(c->exten);
	*priority = parse_priority(c, *context, *exten, word);
	if (*priority >= 1)
		return true;
	log_warning("Priority '%.*s' must be a number > 0, or valid label", SLICE_ARG(word));
	metric_inc(&c->shard->metrics, METRIC_dialplan_errors);
	return false;
}

bool pbx_goto(struct chan *c, struct slice text)
{
	struct slice context, exten;
	int32_t priority;

	if (!pbx_parse_place(c, text, &context, &exten, &priority))
		return false;
	pbx_jump(c, context, exten, priority);
	log_verbose(3, "Goto (%s,%s,%d)", c->context, c->exten, c->priority);
	return true;
}

bool pbx_raise_exception(struct chan *c, const char *reason)
{
	struct pbx *p = c->pbx;

	if (!pbx_exists(c, slice_str(c->context), SLICE_LIT("e"), 1))
		return false;
	slice_copy(p->exception, sizeof(p->exception), slice_str(reason));
	slice_copy(p->exception_context, sizeof(p->exception_context), slice_str(c->context));
	slice_copy(p->exception_exten, sizeof(p->exception_exten), slice_str(c->exten));
	p->exception_priority = c->priority;
	chan_set_place(c, slice_str(c->context), SLICE_LIT("e"), 1);
	return true;
}

/* ---- frames ---- */

int pbx_set_local(struct chan *c, struct slice name, struct slice value)
{
	struct pbx_frame *f = c->pbx ? c->pbx->frames : NULL;
	struct slice had;
	struct event e;
	int rc;

	if (!f)
		return -ENOENT;
	if (vars_get(&f->hidden, name, &had))
		return chan_set_var(c, name, value);
	rc = vars_set(&f->hidden, name, SLICE_LIT(""));
	if (rc == 0)
		rc = vars_push(&c->vars, name, value);
	if (rc)
		return rc;
	chan_event_init(c, &e, EVENT_VARSET);
	e.text[0] = name;
	e.text[1] = value;
	chan_raise(c, &e);
	return 0;
}

void pbx_pop_frame(struct chan *c, struct pbx *p)
{
	struct pbx_frame *f = p->frames;

	check(f);
	while (f->hidden.first) {
		vars_pop(&c->vars, f->hidden.first->name);
		vars_pop(&f->hidden, f->hidden.first->name);
	}
	p->frames = f->next;
	p->frame_count--;
	f->next = p->spare_frames;
	p->spare_frames = f;
}
