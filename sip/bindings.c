/* sip/bindings.c - see bindings.h. */
#include "sip/bindings.h"

#include "engine/base/check.h"
#include "sip/notice.h"
#include "sip/qualify.h"

int bindings_create(struct sip *sip)
{
	return location_create(&sip->bindings.table, sizeof(struct binding));
}

static void bindings_drop(struct sip *sip, struct contact *c)
{
	qualify_stop((struct binding *)c);
	location_remove(&sip->bindings.table, c);
}

void bindings_destroy(struct sip *sip)
{
	struct contact *c;
	uint32_t cursor = 0;

	if (!sip->bindings.table.contacts)
		return;
	while ((c = location_walk(&sip->bindings.table, &cursor)))
		bindings_drop(sip, c);
	location_destroy(&sip->bindings.table);
}

/* ---- records ---- */

static void bindings_put(struct sip *sip, const void *data, size_t len)
{
	struct contact_info info;
	struct contact *c;
	bool is_new;

	if (NEVER(!contact_unpack(&info, data, len)))
		return;
	is_new = !location_find(&sip->bindings.table, info.id);
	c = location_put(&sip->bindings.table, &info);
	if (NEVER(!c)) /* the same bound holds on the control shard */
		return;
	qualify_note((struct binding *)c, sip, is_new);
}

void bindings_take(struct sip *sip, uint32_t kind, const void *data, size_t len)
{
	struct contact *c;
	uint64_t id;

	if (kind == SIP_NOTICE_CONTACT) {
		bindings_put(sip, data, len);
		return;
	}
	if (NEVER(len != sizeof(id)))
		return;
	memcpy(&id, data, sizeof(id));
	c = location_find(&sip->bindings.table, id);
	if (!c)
		return;
	if (kind == SIP_NOTICE_GONE)
		bindings_drop(sip, c);
	else
		qualify_now((struct binding *)c);
}

/* ---- choice ---- */

bool bindings_is_usable(const struct contact *c)
{
	return c->info.status != CONTACT_UNREACHABLE && c->info.status != CONTACT_REMOVED;
}

struct slice bindings_proxy(const struct contact *c, const struct sip_conf_endpoint *ep)
{
	struct slice proxy = c->info.text[CONTACT_PROXY];

	return proxy.len || !ep ? proxy : ep->outbound_proxy;
}

static bool bindings_registered(const struct sip *sip, const struct sip_conf_aor *aor, uint32_t nth,
				struct sip_choice *out)
{
	struct contact *c = location_first(&sip->bindings.table, aor->hash);

	for (; c; c = location_next(c)) {
		if (!c->info.expires_wall_ns || !bindings_is_usable(c) || nth-- > 0)
			continue;
		*out = (struct sip_choice){
			.uri = c->info.text[CONTACT_URI],
			.path = c->info.text[CONTACT_PATH],
			.proxy = c->info.text[CONTACT_PROXY],
			.shard = c->info.shard,
			.id = c->info.id,
		};
		return true;
	}
	return false;
}

static bool bindings_static(const struct sip *sip, const struct sip_conf_aor *aor,
			    const struct sip_conf_contact *conf, struct sip_choice *out)
{
	uint64_t id = contact_id(aor->name, conf->uri);
	const struct contact *c = location_find(&sip->bindings.table, id);

	if (c && !bindings_is_usable(c))
		return false;
	*out = (struct sip_choice){
		.uri = conf->uri,
		.proxy = aor->outbound_proxy,
		.id = id,
		.is_static = true,
	};
	return true;
}

#define BINDINGS_STATIC 0x80000000u /* *at: behind the registered ones */

bool bindings_next(const struct sip *sip, const struct sip_conf_aor *aor, uint32_t *at,
		   struct sip_choice *out)
{
	if (*at < BINDINGS_STATIC) {
		if (bindings_registered(sip, aor, *at, out)) {
			(*at)++;
			return true;
		}
		*at = BINDINGS_STATIC;
	}
	while (*at - BINDINGS_STATIC < aor->contact_count)
		if (bindings_static(sip, aor, &aor->contacts[(*at)++ - BINDINGS_STATIC], out))
			return true;
	return false;
}

bool bindings_pick(const struct sip *sip, const struct sip_conf_endpoint *ep,
		   struct sip_choice *out)
{
	for (uint32_t i = 0; i < ep->aor_count; i++) {
		uint32_t at = 0;

		if (bindings_next(sip, ep->aors[i], &at, out))
			return true;
	}
	return false;
}
