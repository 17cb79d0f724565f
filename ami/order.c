/* ami/order.c - see order.h. */
#include "ami/order.h"

#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "engine/base/check.h"
#include "engine/base/fault.h"

#include <errno.h>

struct ami_order {
	handle_t session; /* may be gone by then */
	bool async;
	bool answered;
	struct slice action_id, channel, context, exten, app, data; /* in the blob */
	struct slice channel_id, cid_num, cid_name;
	struct blob *texts; /* NULL once answered */
};

size_t ami_order_bytes(void)
{
	return sizeof(struct ami_order);
}

/* The texts go as soon as the answer is out, the rest with the settlement. */
static void order_drop_texts(struct ami *a, struct ami_order *o)
{
	if (o->texts)
		blob_free(a->texts, o->texts);
	o->texts = NULL;
}

static void order_free(struct ami *a, struct ami_order *o)
{
	order_drop_texts(a, o);
	slab_free(a->slab_orders, o);
	a->orders_open--;
}

static void order_keep(struct ami_order *o, struct slice *dst, struct slice text)
{
	char *at = o->texts->data + o->texts->len;

	if (text.len)
		memcpy(at, text.ptr, text.len);
	o->texts->len += (uint32_t)text.len;
	*dst = slice_make(at, text.len);
}

static struct ami_order *order_create(struct ami_session *s, const struct originate *org,
				      struct slice channel, bool async)
{
	struct ami *a = s->ami;
	struct ami_order *o = slab_alloc(a->slab_orders);
	size_t len = s->action_id.len + channel.len + org->context.len + org->exten.len +
		     org->app.len + org->data.len + org->channel_id.len + org->cid_num.len +
		     org->cid_name.len;

	if (!o)
		return NULL;
	o->texts = blob_alloc(a->texts, len);
	if (!o->texts) {
		slab_free(a->slab_orders, o);
		return NULL;
	}
	a->orders_open++;
	o->texts->len = 0;
	o->session = slab_handle(a->slab_sessions, s);
	o->async = async;
	order_keep(o, &o->action_id, s->action_id);
	order_keep(o, &o->channel, channel);
	order_keep(o, &o->context, org->context);
	order_keep(o, &o->exten, org->exten);
	order_keep(o, &o->app, org->app);
	order_keep(o, &o->data, org->data);
	order_keep(o, &o->channel_id, org->channel_id);
	order_keep(o, &o->cid_num, org->cid_num);
	order_keep(o, &o->cid_name, org->cid_name);
	return o;
}

/* On success the real channel, on failure the dial string and the ChannelId that was asked for. */
static void order_publish(struct ami *a, const struct ami_order *o, const struct outcome *out)
{
	struct event e = {.kind = EVENT_ORIGINATERESPONSE, .wall_ns = io_wall_ns(a->io)};

	e.text[0] = o->action_id;
	e.text[1] = out->answered ? SLICE_LIT("Success") : SLICE_LIT("Failure");
	e.text[2] = o->context;
	e.text[3] = o->exten;
	e.text[4] = o->app;
	e.text[5] = o->data;
	e.number[0] = out->reason;
	e.snap.name = out->answered && out->channel.len ? out->channel : o->channel;
	e.snap.uniqueid = out->answered && out->uniqueid.len ? out->uniqueid : o->channel_id;
	e.snap.cid_num = o->cid_num;
	e.snap.cid_name = o->cid_name;
	if (!FAULT(ami_answer_lost))
		control_publish(a->control, &e);
	if (FAULT(ami_answer_twice))
		control_publish(a->control, &e);
}

static void order_respond(struct ami *a, handle_t session, uint64_t cookie, bool answered)
{
	struct ami_session *s = slab_get(a->slab_sessions, session);

	if (!s || !ami_session_is_alive(s) || !s->open || s->order != cookie)
		return;
	s->order = 0;
	if (answered)
		ami_reply_ack(s, "Originate successfully queued");
	else
		ami_reply_error(s, "Originate failed");
	ami_session_done(s);
}

static void order_answer(struct ami *a, struct ami_order *o, uint64_t cookie,
			 const struct outcome *out)
{
	o->answered = true;
	if (o->async)
		order_publish(a, o, out);
	order_drop_texts(a, o);
	if (!o->async)
		order_respond(a, o->session, cookie, out->answered);
}

static void order_dialed(void *impl, uint64_t cookie, const struct outcome *out)
{
	struct ami *a = impl;
	struct ami_order *o = slab_get(a->slab_orders, cookie);

	if (NEVER(!o) || NEVER(o->answered))
		return;
	order_answer(a, o, cookie, out);
}

static void order_settle(void *impl, uint64_t cookie, const struct outcome *out)
{
	struct ami *a = impl;
	struct ami_order *o = slab_get(a->slab_orders, cookie);

	if (NEVER(!o))
		return;
	if (!o->answered)
		order_answer(a, o, cookie, out);
	order_free(a, o);
}

static const struct source_ops order_source = {
	.name = "ami",
	.dialed = order_dialed,
	.settle = order_settle,
};

int ami_order_submit(struct ami_session *s, const struct originate *org, struct slice channel,
		     bool async)
{
	struct ami *a = s->ami;
	struct source source = {.ops = &order_source, .impl = a};
	struct ami_order *o = order_create(s, org, channel, async);
	uint64_t cookie;
	int err;

	if (!o)
		return -ENOSPC;
	cookie = slab_handle(a->slab_orders, o);
	if (!async)
		s->order = cookie;
	err = control_originate(a->control, org, &source, cookie, NULL);
	if (err) {
		s->order = 0;
		order_free(a, o);
	}
	return err;
}
