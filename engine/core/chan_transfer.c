/* Transfers as the channel sees them: the far end asks to be sent elsewhere, tells what became of a
 * transfer of ours, or gives its place to another call. chan.h */
#include "engine/core/chan_internal.h"

#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "engine/core/pbx_internal.h"

/* Where a blind transfer goes: as Asterisk, TRANSFER_CONTEXT or the context of the channel. */
static struct slice transfer_context(struct chan *c)
{
	struct slice context;

	if (chan_get_var(c, SLICE_LIT("TRANSFER_CONTEXT"), &context) && context.len)
		return context;
	return slice_str(c->context);
}

int chan_on_refer(void *owner, const struct tech_refer *refer)
{
	struct chan *c = owner;
	char context[LIMIT_NAME];
	struct slice to =
		slice_make(context, slice_copy(context, sizeof(context), transfer_context(c)));

	if (!chan_is_alive(c) || !c->pbx)
		return CAUSE_REJECTED;
	if (!refer->exten.len || refer->exten.len >= LIMIT_NAME ||
	    !pbx_exists(c, to, refer->exten, 1)) {
		log_notice("Transfer of %.*s to '%.*s' refused: there is no such extension in "
			   "context '%s'",
			   SLICE_ARG(c->name), SLICE_ARG(slice_head(refer->exten, LIMIT_NAME)),
			   context);
		return CAUSE_UNALLOCATED;
	}
	chan_set_var(c, SLICE_LIT("SIPTRANSFER"), SLICE_LIT("yes"));
	chan_set_var(c, SLICE_LIT("SIPREFERTOHDR"), slice_head(refer->refer_to, LIMIT_VAR_NAME));
	if (refer->referred_by.len)
		chan_set_var(c, SLICE_LIT("SIPREFERREDBYHDR"),
			     slice_head(refer->referred_by, LIMIT_VAR_NAME));
	chan_goto(c, to, refer->exten, 1);
	return 0;
}

void chan_on_transferred(void *owner, int code)
{
	struct chan *c = owner;

	c->transfer_code = code;
	chan_post(c, CHAN_FACT_TRANSFERRED);
}

void chan_on_replaced(void *owner, struct tech_call *call)
{
	struct chan *c = owner;

	c->call = call;
}
