/* sip/center_notify.c - NOTIFY to order: pjsip_notify.conf, and to which shard it goes. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/center_internal.h"
#include "sip/notify.h"
#include "sip/notify_text.h"

#include <errno.h>

void sip_center_set_notify(struct sip_center *c, struct notify_conf *conf)
{
	notify_conf_free(c->notify);
	c->notify = conf;
}

int center_notify_write(void *impl, struct slice kind, const struct notify_pair *pairs,
			uint32_t count, struct notify_room *room, struct notify_text *out)
{
	const struct sip_center *c = impl;
	struct notify_writer w;

	if (kind.len)
		return notify_conf_find(c->notify, kind, out) ? 0 : -ENOENT;
	notify_writer_init(&w, room);
	for (uint32_t i = 0; i < count; i++) {
		enum notify_fault fault = notify_writer_add(&w, pairs[i].name, pairs[i].value);

		if (fault != NOTIFY_TAKEN)
			log_warning("'%.*s' of a NOTIFY is left out: it %s",
				    SLICE_ARG(pairs[i].name), notify_fault_text(fault));
	}
	if (notify_writer_lacks_type(&w))
		log_warning("The content of a NOTIFY is left out: it has no Content-Type");
	return notify_writer_end(&w, out);
}

/* ---- to whom ---- */

static int notify_tell(struct sip_center *c, uint32_t shard, const struct sip_notify_order *o)
{
	_Alignas(8) char packed[SIP_NOTIFY_PACKED];
	size_t len = sip_notify_pack(o, packed);

	if (c->env.notify(c->env.arg, shard % c->env.shard_count, SIP_NOTICE_NOTIFY, packed, len))
		return 0;
	metric_inc(c->env.metrics, METRIC_sip_notify_refused);
	return -EAGAIN;
}

static int notify_endpoint(struct sip_center *c, struct slice name, const struct notify_text *text)
{
	const struct sip_conf_endpoint *ep = sip_conf_endpoint(c->conf, name);
	int err = 0;

	if (!ep)
		return -ENOENT;
	if (!ep->aor_count)
		log_warning("NOTIFY to endpoint %.*s goes nowhere: it has no AORs",
			    SLICE_ARG(ep->name));
	for (uint32_t i = 0; i < ep->aor_count; i++)
		for (struct seat *s = center_first(c, ep->aors[i]->hash); s; s = center_next(s)) {
			const struct sip_notify_order o = {
				.endpoint = ep->hash,
				.uri = s->c.info.text[CONTACT_URI],
				.path = s->c.info.text[CONTACT_PATH],
				.proxy = s->c.info.text[CONTACT_PROXY],
				.text = *text,
			};
			int told = notify_tell(c, s->c.info.shard, &o);

			err = told ? told : err;
		}
	return err;
}

/* As it is, or in <> behind a name; without headers, which no request line can have. */
static bool notify_read_uri(struct slice text, struct slice *out)
{
	struct sip_addr addr;
	struct sip_uri uri;

	*out = sip_text_trim(text);
	if (sip_uri_parse(&uri, *out)) {
		if (sip_addr_parse(&addr, text) || !addr.has_brackets)
			return false;
		*out = addr.uri;
	}
	return out->len <= LIMIT_CONTACT_TEXT && sip_uri_parse(&uri, *out) == 0 && !uri.headers.len;
}

static int notify_uri(struct sip_center *c, struct slice name, const struct notify_text *text)
{
	const struct sip_conf_endpoint *ep =
		sip_conf_endpoint(c->conf, c->conf->default_outbound_endpoint);
	struct sip_notify_order o = {.text = *text};

	if (!ep)
		return -EDESTADDRREQ;
	if (!notify_read_uri(name, &o.uri))
		return -EINVAL;
	o.endpoint = ep->hash;
	return notify_tell(c, (uint32_t)slice_hash(o.uri, 0), &o);
}

int center_notify(void *impl, enum notify_peer peer, struct slice name,
		  const struct notify_text *text)
{
	if (peer == NOTIFY_ENDPOINT)
		return notify_endpoint(impl, name, text);
	return notify_uri(impl, name, text);
}
