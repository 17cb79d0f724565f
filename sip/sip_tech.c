/* sip/sip_tech.c - the port "PJSIP" of engine/core/tech.h over the calls of one shard. */
#include "engine/base/check.h"
#include "sip/ask.h"
#include "sip/bindings.h"
#include "sip/health.h"
#include "sip/refer.h"
#include "sip/seek.h"

#include <errno.h>

static struct slice tech_trunk(struct slice resource)
{
	struct sip_dial_string s;

	sip_dial_string_parse(&s, resource);
	return s.endpoint;
}

static int tech_find(void *impl, struct slice resource, struct tech_endpoint *out)
{
	const struct sip *sip = impl;
	const struct sip_conf_endpoint *ep;
	int err = sip_conf_find(sip->conf, resource, out);
	struct sip_dial_string parts;
	struct sip_choice choice;

	if (err && err != -EHOSTUNREACH)
		return err;
	ep = out->impl;
	sip_dial_string_parse(&parts, resource);
	if (ep->is_refused || parts.uri.len)
		return err;
	/* What is registered, or found unreachable, is not in the configuration. */
	return bindings_pick(sip, ep, &choice) ? 0 : -EHOSTUNREACH;
}

static void tech_take(void *impl, uint32_t kind, const void *data, size_t len)
{
	sip_take_notice(impl, kind, data, len);
}

static bool tech_is_held(void *impl, struct slice resource, const struct tech_endpoint *endpoint,
			 struct tech_hold *hold)
{
	return seek_is_held(impl, resource, endpoint->impl, hold);
}

static struct tech_call *tech_dial(void *impl, const struct tech_dial *dial,
				   const struct tech_events *events, void *owner, int *error)
{
	return (struct tech_call *)invite_dial(impl, dial, events, owner, error);
}

static int tech_hangup(struct tech_call *call, int cause)
{
	return invite_hangup((struct invite *)call, cause);
}

static void tech_name_call(struct tech_call *call, struct slice channel)
{
	const struct invite *iv = (const struct invite *)call;

	sip_watch_name(iv->sip, iv->call_id, channel);
}

static int tech_refuse_with(struct tech_call *call, int status)
{
	return invite_refuse_with((struct invite *)call, (unsigned)status);
}

static int tech_indicate(struct tech_call *call, enum tech_indication what,
			 struct media_desc *remote)
{
	return incoming_indicate((struct invite *)call, what, remote);
}

static int tech_answer(struct tech_call *call, struct media_desc *remote)
{
	return incoming_answer((struct invite *)call, remote);
}

static int tech_transfer(struct tech_call *call, struct slice dest)
{
	return refer_send((struct invite *)call, dest);
}

static bool tech_header(const struct tech_call *call, uint32_t index, struct sink *line)
{
	return incoming_header((const struct invite *)call, index, line);
}

static struct slice tech_response(const struct tech_call *call)
{
	return msgbuf_slice(((const struct invite *)call)->response);
}

static bool tech_info(const struct tech_call *call, struct slice item, struct sink *out)
{
	return sip_info((const struct invite *)call, item, out);
}

static int tech_ask(void *impl, const struct tech_question *q, struct sink *out)
{
	return sip_ask(impl, q, out);
}

#define TECH_LIST_LINE 160 /* octets of the longest line */

/* SIP_LIST_TARGETS of sip.h. */
static bool tech_list(void *impl, struct slice what, uint32_t *cursor, struct sink *out)
{
	const struct sip *sip = impl;
	struct sip_health_note n;

	if (!slice_eq(what, SLICE_LIT(SIP_LIST_TARGETS)))
		return false;
	while (out->room - out->len >= TECH_LIST_LINE) {
		if (!sip_health_walk(sip->health, cursor, &n)) {
			*cursor = 0;
			break;
		}
		sink_fmt(out, "%lld %lld %u %s ", (long long)n.held_ns, (long long)n.down_ns,
			 n.strikes, sip_transport_name(n.target.transport));
		addr_write(out, &n.target.addr);
		sink_char(out, '\n');
	}
	return true;
}

static int tech_connect(struct tech_call *call, struct slice name, struct slice num)
{
	return invite_connect((struct invite *)call, name, num);
}

static int tech_send_text(struct tech_call *call, struct slice content_type, struct slice text)
{
	return invite_send_text((struct invite *)call, content_type, text);
}

static int tech_send_digit(struct tech_call *call, char digit, uint32_t duration_ms)
{
	return invite_send_digit((struct invite *)call, digit, duration_ms);
}

static int tech_notify(struct tech_call *call, const struct notify_text *text)
{
	return invite_notify((struct invite *)call, text);
}

static const struct tech_ops tech_ops = {
	.name = "PJSIP",
	.trunk = tech_trunk,
	.find = tech_find,
	.is_held = tech_is_held,
	.dial = tech_dial,
	.hangup = tech_hangup,
	.send_text = tech_send_text,
	.send_digit = tech_send_digit,
	.notify = tech_notify,
	.connect = tech_connect,
	.name_call = tech_name_call,
	.refuse_with = tech_refuse_with,
	.indicate = tech_indicate,
	.answer = tech_answer,
	.transfer = tech_transfer,
	.header = tech_header,
	.response = tech_response,
	.info = tech_info,
	.ask = tech_ask,
	.list = tech_list,
	.take = tech_take,
};

struct tech sip_tech(struct sip *sip)
{
	return (struct tech){.ops = &tech_ops, .impl = sip};
}
