/* sip/center_state.c - states of contacts, endpoints and registrations, and the events they raise.
 */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <stddef.h>
#include <stdio.h>

static void center_publish(struct sip_center *c, struct event *e)
{
	e->chan = HANDLE_NONE;
	e->wall_ns = io_wall_ns(c->env.io);
	c->env.publish(c->env.arg, e);
}

/* ---- endpoints ---- */

bool center_is_online(const struct sip_center *c, const struct sip_conf_endpoint *ep)
{
	for (uint32_t i = 0; i < ep->aor_count; i++) {
		const struct seat *s = center_first(c, ep->aors[i]->hash);

		for (; s; s = center_next(s))
			if (s->c.info.status == CONTACT_REACHABLE ||
			    s->c.info.status == CONTACT_CREATED)
				return true;
	}
	return false;
}

static void center_tell_endpoint(struct sip_center *c, const struct sip_conf_endpoint *ep,
				 bool is_online)
{
	char room[LIMIT_NAME + 8];
	struct sink name = sink_make(room, sizeof(room));
	struct event peer = {.kind = EVENT_PEERSTATUS}, device = {.kind = EVENT_DEVICESTATECHANGE};

	sink_lit(&name, "PJSIP/");
	sink_add(&name, ep->name);
	log_verbose(2, "Endpoint %.*s is now %s", SLICE_ARG(ep->name),
		    is_online ? "Reachable" : "Unreachable");
	peer.text[0] = SLICE_LIT("PJSIP");
	peer.text[1] = sink_slice(&name);
	peer.text[2] = is_online ? SLICE_LIT("Reachable") : SLICE_LIT("Unreachable");
	center_publish(c, &peer);
	device.text[0] = sink_slice(&name);
	device.text[1] = is_online ? SLICE_LIT("NOT_INUSE") : SLICE_LIT("UNAVAILABLE");
	center_publish(c, &device);
}

static void center_look_at_endpoint(struct sip_center *c, uint32_t index)
{
	const struct sip_conf_endpoint *ep = &c->conf->endpoints[index];
	bool is_online = center_is_online(c, ep);

	if (c->endpoints[index].is_online == is_online)
		return;
	c->endpoints[index].is_online = is_online;
	center_tell_endpoint(c, ep, is_online);
}

/* ---- contacts ---- */

static void center_tell_event(struct sip_center *c, const struct contact_info *info,
			      enum contact_status status, struct slice endpoint)
{
	struct event e = {.kind = EVENT_CONTACTSTATUS};
	char rtt[32] = "";

	if (info->rtt_ns >= 0)
		snprintf(rtt, sizeof(rtt), "%lld", (long long)(info->rtt_ns / 1000));
	e.text[0] = info->text[CONTACT_URI];
	e.text[1] = slice_str(contact_status_name(status));
	e.text[2] = info->text[CONTACT_AOR];
	e.text[3] = endpoint;
	e.text[4] = slice_str(rtt);
	center_publish(c, &e);
}

/* A contact that is to be asked, and was not yet, is no news. */
void center_tell_contact(struct sip_center *c, const struct contact_info *info,
			 enum contact_status status)
{
	const struct sip_conf_aor *aor = sip_conf_aor_hash(c->conf, info->aor);

	for (uint32_t i = 0; aor && i < aor->user_count; i++) {
		if (status != CONTACT_UNKNOWN)
			center_tell_event(c, info, status, aor->users[i]->name);
		center_look_at_endpoint(c, (uint32_t)(aor->users[i] - c->conf->endpoints));
	}
}

static void center_log_status(const struct contact_info *info, const struct sip_status_report *r,
			      const char *what)
{
	log_verbose(3, "Contact %.*s/%.*s %s.  RTT: %.3f msec", SLICE_ARG(info->text[CONTACT_AOR]),
		    SLICE_ARG(info->text[CONTACT_URI]), what,
		    r->rtt_ns < 0 ? 0.0 : (double)r->rtt_ns / 1e6);
}

void center_on_status(struct sip_center *c, const struct sip_status_report *r)
{
	char now[32];
	struct seat *s = center_find(c, r->id);
	struct contact_info info;

	if (!s || r->status >= CONTACT_STATUS_COUNT)
		return;
	s->c.info.rtt_ns = r->rtt_ns;
	if (!s->c.info.qualify_s) /* asked by command only: no state, as Asterisk, but a word of it
				   */
		center_log_status(&s->c.info, r, r->rtt_ns < 0 ? "does not answer" : "answers");
	if (s->c.info.status == r->status || !s->c.info.qualify_s)
		return;
	info = s->c.info;
	info.status = (uint8_t)r->status;
	snprintf(now, sizeof(now), "is now %s",
		 contact_status_name((enum contact_status)r->status));
	center_log_status(&info, r, now);
	if (center_put(c, &info))
		center_tell_contact(c, &info, (enum contact_status)r->status);
}

/* ---- registrations ---- */

void center_on_registration(struct sip_center *c, const struct sip_registration_report *r)
{
	static const char *const names[SIP_REG_STATE_COUNT] = {
		[SIP_REG_UNREGISTERED] = "Unregistered", [SIP_REG_REGISTERED] = "Registered",
		[SIP_REG_REJECTED] = "Rejected",	 [SIP_REG_REJECTED_HARD] = "Rejected",
		[SIP_REG_STOPPED] = "Unregistered",
	};
	struct event e = {.kind = EVENT_REGISTRY};
	char cause[16] = "";

	for (uint32_t i = 0; i < c->conf->registration_count && r->state < SIP_REG_STATE_COUNT;
	     i++) {
		const struct sip_conf_registration *conf = &c->conf->registrations[i];

		if (conf->hash != r->hash)
			continue;
		c->registrations[i].last = *r;
		c->registrations[i].is_ending &= r->state == SIP_REG_REGISTERED;
		e.text[0] = SLICE_LIT("PJSIP");
		e.text[1] = conf->client_uri;
		e.text[2] = conf->server_uri;
		e.text[3] = slice_str(names[r->state]);
		if (r->code)
			snprintf(cause, sizeof(cause), "%u", r->code);
		e.text[4] = slice_str(cause);
		center_publish(c, &e);
		return;
	}
}

/* ---- Service-Routes ---- */

static uint64_t route_tell(struct sip_center *c, const struct center_registration *r)
{
	_Alignas(8) char room[sizeof(struct sip_route_notice) + SIP_ROUTE_TEXT];
	struct sip_route_notice *n = (void *)room;
	uint64_t left = r->unrouted;

	n->hash = r->hash;
	n->len = r->route_len;
	memcpy(n->text, r->route, r->route_len);
	for (uint32_t i = 0; i < c->env.shard_count; i++)
		if ((left >> i & 1) &&
		    c->env.notify(c->env.arg, i, SIP_NOTICE_ROUTE, n,
				  offsetof(struct sip_route_notice, text) + n->len))
			left &= ~(UINT64_C(1) << i);
	return left;
}

void center_tell_routes(struct sip_center *c)
{
	bool has_any = false;

	for (uint32_t i = 0; c->has_unrouted && i < c->conf->registration_count; i++) {
		struct center_registration *r = &c->registrations[i];

		if (r->unrouted)
			r->unrouted = route_tell(c, r);
		has_any |= r->unrouted != 0;
	}
	c->has_unrouted = has_any;
	if (has_any)
		center_retry_later(c);
}

void center_on_route(struct sip_center *c, const struct sip_route_notice *n)
{
	for (uint32_t i = 0; i < c->conf->registration_count; i++) {
		struct center_registration *r = &c->registrations[i];

		if (r->hash != n->hash || n->len > sizeof(r->route))
			continue;
		memcpy(r->route, n->text, n->len);
		r->route_len = n->len;
		r->unrouted = center_all_shards(c);
		c->has_unrouted = true;
	}
	center_tell_routes(c);
}

void sip_center_end(struct sip_center *c)
{
	for (uint32_t i = 0; i < c->conf->registration_count; i++) {
		struct center_registration *r = &c->registrations[i];

		if (r->last.state == SIP_REG_REGISTERED)
			r->is_ending =
				c->env.notify(c->env.arg, (uint32_t)(r->hash % c->env.shard_count),
					      SIP_NOTICE_UNREGISTER, &r->hash, sizeof(r->hash));
	}
}

bool sip_center_is_ending(const struct sip_center *c)
{
	for (uint32_t i = 0; i < c->conf->registration_count; i++)
		if (c->registrations[i].is_ending)
			return true;
	return false;
}
