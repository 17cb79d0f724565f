/* engine/core/app_transfer.c - Transfer: the far end is sent elsewhere. */
#include "engine/core/app_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>

/* How long a far end may take to tell what became of it. */
#define TRANSFER_MAX_NS (60 * TMR_SECOND)

static void transfer_set(struct chan *c, const char *status, int code)
{
	char text[16];
	struct sink number = sink_make(text, sizeof(text));

	sink_i64(&number, code);
	chan_set_var(c, SLICE_LIT("TRANSFERSTATUS"), slice_str(status));
	chan_set_var(c, SLICE_LIT("TRANSFERSTATUSPROTOCOL"), sink_slice(&number));
}

static const char *transfer_status(int code)
{
	return code >= 200 && code < 400 ? "SUCCESS" : "FAILURE";
}

/* "Tech/dest" or "dest". False: of another technology than the channel's. */
static bool transfer_dest(const struct chan *c, struct slice *dest)
{
	size_t slash = slice_find(*dest, '/');
	struct slice tech;

	if (slash == SIZE_MAX || slash == 0 || slice_istarts(*dest, SLICE_LIT("sip")))
		return true;
	tech = slice_head(*dest, slash);
	*dest = slice_from(*dest, slash + 1);
	return c->tech && slice_ieq(tech, slice_str(c->tech->ops->name));
}

static enum app_result transfer_start(struct app_call *call)
{
	struct slice dest = slice_trim(app_data(call));
	struct chan *c = call->c;
	int rc = -ENOTSUP;

	if (slice_is_empty(dest)) {
		log_warning("Transfer requires an argument ([Tech/]destination[,options])");
		transfer_set(c, "FAILURE", 0);
		return APP_NEXT;
	}
	if (!transfer_dest(c, &dest)) {
		transfer_set(c, "FAILURE", 0);
		return APP_NEXT;
	}
	if (!chan_is_alive(c))
		return APP_HANGUP;
	if (c->call && c->tech->ops->transfer)
		rc = c->tech->ops->transfer(c->call, dest);
	if (rc == 0) {
		chan_step_timer(c, chan_now_ns(c) + TRANSFER_MAX_NS);
		return APP_WAIT;
	}
	if (rc > 0)
		transfer_set(c, transfer_status(rc), rc);
	else
		transfer_set(c, rc == -ENOTSUP ? "UNSUPPORTED" : "FAILURE", 0);
	return APP_NEXT;
}

static enum app_result transfer_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				      int number)
{
	UNUSED(p);
	if (kind != PBX_TRANSFERRED && kind != PBX_TIMER)
		return APP_WAIT;
	chan_step_timer_stop(c);
	if (kind == PBX_TIMER)
		number = 408;
	transfer_set(c, transfer_status(number), number);
	return APP_NEXT;
}

const struct app app_transfer = {"Transfer", "Transfer caller to remote extension.", transfer_start,
				 transfer_event, 0};
