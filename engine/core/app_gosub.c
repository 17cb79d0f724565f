/* engine/core/app_gosub.c - subroutines: Gosub, GosubIf, Return, StackPop. */
#include "engine/core/app_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <stdio.h>

#define FRAMES_MAX 64
#define ARGS_MAX   100

static struct pbx_frame *frame_new(struct chan *c, struct pbx *p)
{
	struct pbx_frame *f = p->spare_frames;

	if (p->frame_count >= FRAMES_MAX)
		return NULL;
	if (f) {
		p->spare_frames = f->next;
	} else {
		f = arena_alloc(&c->arena, sizeof(*f));
		if (!f)
			return NULL;
		vars_init(&f->hidden, &c->arena);
	}
	slice_copy(f->context, sizeof(f->context), slice_str(c->context));
	slice_copy(f->exten, sizeof(f->exten), slice_str(c->exten));
	f->priority = c->priority + 1;
	f->next = p->frames;
	f->argc = 0;
	p->frames = f;
	p->frame_count++;
	return f;
}

static void set_local_arg(struct chan *c, uint32_t number, struct slice value)
{
	char name[16];

	snprintf(name, sizeof(name), "ARG%u", number);
	pbx_set_local(c, slice_str(name), value);
}

static void set_args(struct chan *c, struct pbx_frame *f, struct slice text)
{
	struct slice argv[ARGS_MAX];
	uint32_t argc = args_split_raw(text, ',', argv, ARGS_MAX);
	uint32_t before = f->next ? f->next->argc : 0;
	char number[16];

	for (uint32_t i = 0; i < argc; i++)
		set_local_arg(c, i + 1, argv[i]);
	/* Arguments of the caller do not shine through. */
	for (uint32_t i = argc; i < before; i++)
		set_local_arg(c, i + 1, SLICE_LIT(""));
	f->argc = argc > before ? argc : before;
	snprintf(number, sizeof(number), "%u", argc);
	pbx_set_local(c, SLICE_LIT("ARGC"), slice_str(number));
}

/* "place" or "place(args)". */
static enum app_result gosub(struct chan *c, struct slice text)
{
	struct slice place, args, context, exten;
	struct pbx_frame *f;
	int32_t priority;

	app_split(text, &place, &args);
	if (slice_is_empty(place)) {
		log_error("Gosub requires an argument: "
			  "Gosub([[context,]exten,]priority[(arg1[,...])])");
		return APP_HANGUP;
	}
	if (!pbx_parse_place(c, place, &context, &exten, &priority))
		return APP_HANGUP;
	if (!pbx_exists(c, context, exten, priority)) {
		log_error("Gosub attempted to reach non-existent destination '%.*s,%.*s,%d' from "
			  "'%s,%s,%d'",
			  SLICE_ARG(context), SLICE_ARG(exten), priority, c->context, c->exten,
			  c->priority);
		metric_inc(&c->shard->metrics, METRIC_dialplan_errors);
		return APP_HANGUP;
	}
	f = frame_new(c, c->pbx);
	if (!f) {
		log_error(
			"Gosub: more than %d subroutines inside one another, or no memory left for "
			"the channel",
			FRAMES_MAX);
		return APP_HANGUP;
	}
	set_args(c, f, args);
	pbx_jump(c, context, exten, priority);
	return APP_NEXT;
}

static enum app_result gosub_start(struct app_call *call)
{
	return gosub(call->c, app_data(call));
}

static enum app_result gosubif_start(struct app_call *call)
{
	struct slice part[2], branch[2];

	if (args_split_raw(app_data(call), '?', part, 2) < 2) {
		log_warning("GosubIf requires an argument: "
			    "GosubIf(cond?label1[(args)][:label2[(args)]])");
		return APP_NEXT;
	}
	args_split_raw(part[1], ':', branch, 2);
	branch[0] = slice_trim(branch[args_condition(slice_trim(part[0])) ? 0 : 1]);
	return slice_is_empty(branch[0]) ? APP_NEXT : gosub(call->c, branch[0]);
}

static enum app_result return_start(struct app_call *call)
{
	struct pbx_frame *f = call->p->frames;

	if (!f) {
		log_error("Return without Gosub: stack is empty");
		return APP_HANGUP;
	}
	pbx_jump(call->c, slice_str(f->context), slice_str(f->exten), f->priority);
	pbx_pop_frame(call->c, call->p);
	chan_set_var(call->c, SLICE_LIT("GOSUB_RETVAL"), app_data(call));
	return APP_NEXT;
}

static enum app_result stackpop_start(struct app_call *call)
{
	if (call->p->frames)
		pbx_pop_frame(call->c, call->p);
	else
		log_warning("StackPop called with no gosub stack.");
	return APP_NEXT;
}

const struct app app_gosub = {"Gosub", "Jump to label, saving return address.", gosub_start, 0, 0};
const struct app app_gosubif = {"GosubIf", "Conditionally jump to label, saving return address.",
				gosubif_start, 0, 0};
const struct app app_return = {"Return", "Return from gosub routine.", return_start, 0, 0};
const struct app app_stackpop = {"StackPop", "Remove one address from gosub stack.", stackpop_start,
				 0, 0};
