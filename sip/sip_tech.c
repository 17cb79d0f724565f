/* sip/sip_tech.c - the port "PJSIP" of engine/core/tech.h over the calls of one shard. */
#include "engine/base/check.h"
#include "sip/invite.h"

static struct slice tech_trunk(struct slice resource)
{
	struct sip_dial_string s;

	sip_dial_string_parse(&s, resource);
	return s.endpoint;
}

static int tech_find(void *impl, struct slice resource, struct tech_endpoint *out)
{
	const struct sip *sip = impl;

	return sip_conf_find(sip->conf, resource, out);
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

static bool tech_info(const struct tech_call *call, struct slice item, struct sink *out)
{
	const struct invite *iv = (const struct invite *)call;
	char tag[SIP_IDENT_LEN];

	if (slice_ieq(item, SLICE_LIT("call-id"))) {
		sink_add(out, slice_make(iv->call_id, sizeof(iv->call_id)));
	} else if (slice_ieq(item, SLICE_LIT("local_tag"))) {
		invite_tag(iv, tag);
		sink_add(out, slice_make(tag, sizeof(tag)));
	} else if (slice_ieq(item, SLICE_LIT("remote_tag"))) {
		if (iv->dialog)
			sink_add(out, dialog_tag(iv->dialog));
	} else if (slice_ieq(item, SLICE_LIT("target_uri"))) {
		if (iv->dialog)
			sink_add(out, dialog_target(iv->dialog));
	} else if (slice_ieq(item, SLICE_LIT("local_addr"))) {
		addr_write(out, &iv->local);
	} else if (slice_ieq(item, SLICE_LIT("remote_addr"))) {
		addr_write(out, iv->dialog ? &iv->dialog->dst : &iv->dst);
	} else if (slice_ieq(item, SLICE_LIT("secure"))) {
		sink_char(out, '0');
	} else {
		return false;
	}
	return true;
}

static int tech_send_text(struct tech_call *call, struct slice content_type, struct slice text)
{
	return invite_send_text((struct invite *)call, content_type, text);
}

static const struct tech_ops tech_ops = {
	.name = "PJSIP",
	.trunk = tech_trunk,
	.find = tech_find,
	.dial = tech_dial,
	.hangup = tech_hangup,
	.send_text = tech_send_text,
	.info = tech_info,
};

struct tech sip_tech(struct sip *sip)
{
	return (struct tech){.ops = &tech_ops, .impl = sip};
}
