/* tests/flow/flow_call.c - what the owner of a call does with it, and calls that are played up to a
 * point: see flow.h and flow_caller.h. */
#include "tests/flow/flow_caller.h"

#include "engine/base/check.h"

/* ---- the owner ---- */

void flow_dial_job(struct flow *f)
{
	const struct slice headers[] = {SLICE_LIT("X-Campaign: spring"),
					slice_str(f->header ? f->header : "")};
	struct tech_endpoint ep;
	struct tech_dial dial = {
		.endpoint = &ep,
		.resource = slice_str(f->text),
		.media_local = {.family = 4, .port = 4000},
		.headers = headers,
		.header_count = f->header ? 2 : 1,
		.diversion = f->diversion,
		.cid_hidden = f->cid_hidden,
	};

	f->dial_error = f->tech.ops->find(f->tech.impl, dial.resource, &ep);
	if (f->dial_error)
		return;
	dial.media_local.family = ep.media.local.family == 6 ? 6 : 4;
	dial.offer = ep.allow;
	f->call = f->tech.ops->dial(f->tech.impl, &dial, &flow_events, f, &f->dial_error);
}

static void flow_is_held_job(struct flow *f)
{
	struct slice resource = slice_str(f->text);
	struct tech_endpoint ep;

	assert_int_equal(f->tech.ops->find(f->tech.impl, resource, &ep), 0);
	f->number = f->tech.ops->is_held(f->tech.impl, resource, &ep, &f->held);
}

bool flow_is_held(struct flow *f, const char *resource)
{
	f->text = resource;
	flow_do(f, flow_is_held_job);
	return f->number;
}

void flow_dial(struct flow *f, const char *resource)
{
	f->text = resource;
	flow_do(f, flow_dial_job);
}

static void flow_hangup_job(struct flow *f)
{
	struct tech_call *call = f->call;

	assert_non_null(call);
	f->call = NULL;
	f->number = f->tech.ops->hangup(call, f->number);
}

void flow_hangup(struct flow *f, int cause)
{
	f->number = cause;
	flow_do(f, flow_hangup_job);
}

static void flow_text_job(struct flow *f)
{
	struct slice type = f->text_type ? slice_str(f->text_type) : SLICE_EMPTY;

	f->number = f->tech.ops->send_text(f->call, type, slice_str(f->text));
}

void flow_send_text(struct flow *f, const char *type, const char *text)
{
	f->text_type = type;
	f->text = text;
	flow_do(f, flow_text_job);
}

static void flow_hangup_all_job(struct flow *f)
{
	sip_hangup_all(f->sip, f->number);
}

void flow_hangup_all(struct flow *f, int cause)
{
	f->number = cause;
	flow_do(f, flow_hangup_all_job);
}

static void indicate_job(struct flow *f)
{
	struct media_desc remote;

	assert_non_null(f->call);
	f->number = f->tech.ops->indicate(f->call, (enum tech_indication)f->number, &remote);
	if (remote.rtp.family)
		flow_note_media(f, &remote);
}

void flow_indicate(struct flow *f, enum tech_indication what)
{
	f->number = (int)what;
	flow_do(f, indicate_job);
	assert_int_equal(f->number, 0);
}

static void answer_job(struct flow *f)
{
	struct media_desc remote;

	assert_non_null(f->call);
	f->number = f->tech.ops->answer(f->call, &remote);
	if (remote.rtp.family)
		flow_note_media(f, &remote);
}

int flow_answer(struct flow *f)
{
	flow_do(f, answer_job);
	return f->number;
}

static void transfer_job(struct flow *f)
{
	f->number = f->tech.ops->transfer(f->call, slice_str(f->text));
}

int flow_transfer(struct flow *f, const char *dest)
{
	f->text = dest;
	flow_do(f, transfer_job);
	return f->number;
}

/* ---- calls up to a point ---- */

const struct flow_msg *flow_answered_call(struct flow *f)
{
	const struct flow_msg *invite;

	flow_dial(f, "100@trunk");
	assert_int_equal(f->dial_error, 0);
	invite = flow_expect(f, "INVITE");
	flow_reply(f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(f, "ringing");
	flow_reply(f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	return invite;
}

const struct flow_msg *flow_answered_with(struct flow *f, const char *headers)
{
	const struct flow_msg *invite;

	flow_dial(f, "100@trunk");
	invite = flow_expect(f, "INVITE");
	flow_reply(f, invite, 200, "t", headers, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	return invite;
}

const struct flow_msg *flow_bye(struct flow *f, int cause)
{
	const struct flow_msg *bye;

	flow_hangup(f, cause);
	bye = flow_expect(f, "BYE");
	flow_reply(f, bye, 200, NULL, NULL, NULL);
	return bye;
}
