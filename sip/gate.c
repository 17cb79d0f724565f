/* sip/gate.c - see gate.h. */
#include "sip/gate.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/hosts.h"
#include "sip/identify.h"
#include "sip/registration.h"

#include <errno.h>

/* ---- which endpoint ---- */

/* The endpoint "user@host", else "user". */
static const struct sip_conf_endpoint *gate_by_user(const struct sip_conf *conf, struct slice user,
						    struct slice host, enum sip_conf_ident way)
{
	const struct sip_conf_endpoint *ep;
	char room[256];
	struct sink full = sink_make(room, sizeof(room));

	sip_uri_unescape(&full, user);
	user = sink_slice(&full);
	sink_char(&full, '@');
	sink_add(&full, host);
	if (full.over || !user.len)
		return NULL;
	ep = sip_conf_endpoint(conf, sink_slice(&full));
	if (!ep)
		ep = sip_conf_endpoint(conf, user);
	return ep && (ep->identify_by & 1u << way || way == SIP_IDENTIFY_ANONYMOUS) ? ep : NULL;
}

static struct slice gate_from_host(const struct sip_msg *msg, struct slice *user)
{
	struct sip_uri uri;

	*user = SLICE_EMPTY;
	if (sip_uri_parse(&uri, msg->from.uri))
		return SLICE_EMPTY;
	*user = uri.user;
	return uri.host;
}

static bool gate_host_has(const void *arg, uint32_t host, const struct addr *from)
{
	return sip_host_has(arg, host, from);
}

/* As Asterisk: type=identify serves header and Request-URI also where only "ip" is in the order. */
static const struct sip_conf_endpoint *gate_by_object(const struct sip_rx *rx,
						      enum sip_conf_ident way)
{
	const struct sip_identify_request r = {
		.msg = rx->msg, .from = rx->from, .host_has = gate_host_has, .arg = rx->sip};
	const struct sip_conf_identify *i = sip_identify_find(rx->sip->conf->identify, way, &r);

	return i ? i->endpoint : NULL;
}

static const struct sip_conf_endpoint *gate_by_way(const struct sip_rx *rx, enum sip_conf_ident way)
{
	const struct sip_conf *conf = rx->sip->conf;
	struct slice user, host = gate_from_host(rx->msg, &user);

	switch (way) {
	case SIP_IDENTIFY_USERNAME:
		return gate_by_user(conf, user, host, way);
	case SIP_IDENTIFY_AUTH_USERNAME:
		return gate_by_user(conf, sip_challenge_user(rx->msg), host, way);
	case SIP_IDENTIFY_ANONYMOUS:
		return gate_by_user(conf, SLICE_LIT("anonymous"), host, way);
	default:
		return gate_by_object(rx, way);
	}
}

static const struct sip_conf_endpoint *gate_try(const struct sip_rx *rx, enum sip_conf_ident way,
						uint32_t *tried)
{
	if (*tried & 1u << way)
		return NULL;
	*tried |= 1u << way;
	return gate_by_way(rx, way);
}

/* The ways in the order of the configuration; those that it does not name come last, but
 * "anonymous", which must be named. */
const struct sip_conf_endpoint *sip_gate_identify(const struct sip_rx *rx)
{
	const struct sip_conf *conf = rx->sip->conf;
	const struct sip_conf_endpoint *ep = registrations_line(rx->sip, rx->msg);
	uint32_t tried = 0;

	for (unsigned i = 0; !ep && i < conf->identify_order_count; i++)
		ep = gate_try(rx, (enum sip_conf_ident)conf->identify_order[i], &tried);
	for (unsigned way = 0; !ep && way < SIP_IDENTIFY_ANONYMOUS; way++)
		ep = gate_try(rx, (enum sip_conf_ident)way, &tried);
	return ep;
}

/* ---- refusals ---- */

/* The words of Asterisk, which log watchers know. */
static void gate_say(const struct sip_rx *rx, const char *why)
{
	char from_room[256], ip[ADDR_TEXT];
	struct sink from = sink_make(from_room, sizeof(from_room) - 1);

	sip_text_write_flat(&from, sip_msg_get(rx->msg, SIP_HDR_FROM));
	log_notice("Request '%.*s' from '%.*s' failed for '%s' (callid: %.*s) - %s",
		   SLICE_ARG(rx->msg->method_text), SLICE_ARG(sink_slice(&from)),
		   addr_text(rx->from, ip), SLICE_ARG(slice_head(rx->msg->call_id, 128)), why);
}

static struct sip_offender_rule gate_rule(const struct sip_conf *conf)
{
	return (struct sip_offender_rule){
		.count = conf->unidentified_count,
		.period_s = conf->unidentified_period_s,
		.prune_s = conf->unidentified_prune_s,
	};
}

/* True: nothing is to be answered. */
static bool gate_offence(const struct sip_rx *rx, enum metric which, const char *why)
{
	const struct sip_offender_rule rule = gate_rule(rx->sip->conf);
	bool is_first, is_ignored;
	char ip[ADDR_TEXT];

	is_ignored = sip_offenders_note(rx->sip->offenders, &rule, rx->from, sip_now(rx->sip),
					&is_first);
	sip_count_one(rx->sip, which);
	if (!is_ignored)
		gate_say(rx, why);
	if (is_first)
		log_warning("%s sent %u requests that are not allowed within %u s; such requests "
			    "are dropped until none came for %u s",
			    addr_text(rx->from, ip), rule.count + 1, rule.period_s, rule.prune_s);
	if (is_ignored)
		sip_count_one(rx->sip, METRIC_sip_ignored);
	return is_ignored;
}

static void gate_drop(struct txn *t)
{
	if (t)
		txn_drop(t);
}

static void gate_refuse_acl(const struct sip_rx *rx, struct txn *t, struct slice to_tag,
			    const char *why)
{
	if (gate_offence(rx, METRIC_sip_acl_refused, why))
		gate_drop(t);
	else
		sip_reply(rx, t, 403, to_tag);
}

/* ---- access lists ---- */

/* A binding by name may lead anywhere: where addresses are watched it is not taken. The Contact of
 * a call may be a name, for nothing is sent there but to where the call came from. */
static bool gate_uri_allowed(const struct acl *acl, const struct sip_msg *msg, struct slice text)
{
	struct addr a = {0};
	struct sip_uri uri;

	if (sip_uri_parse(&uri, text))
		return true; /* it is refused for that elsewhere */
	if (!addr_parse_ip(&a, uri.host))
		return msg->method != SIP_METHOD_REGISTER;
	return acl_allows(acl, &a);
}

static bool gate_contact_allowed(const struct acl *acl, const struct sip_msg *msg)
{
	struct sip_values it = sip_values(msg, SIP_HDR_CONTACT);
	struct sip_addr contact;
	int err;

	while (acl->count && (err = sip_values_next_addr(&it, &contact)) != -ENOENT)
		if (!err && !contact.is_star && !gate_uri_allowed(acl, msg, contact.uri))
			return false;
	return true;
}

static bool gate_acl(const struct sip_rx *rx, const struct acl *source, const struct acl *contact)
{
	return acl_allows(source, rx->from) && gate_contact_allowed(contact, rx->msg);
}

static bool gate_acls(const struct sip_rx *rx)
{
	const struct sip_conf *conf = rx->sip->conf;

	for (uint32_t i = 0; i < conf->acl_count; i++)
		if (!gate_acl(rx, &conf->acls[i].source, &conf->acls[i].contact))
			return false;
	return true;
}

/* ---- credentials ---- */

static struct sip_challenger gate_challenger(const struct sip_rx *rx)
{
	return (struct sip_challenger){
		.digest = rx->sip->digest,
		.secret = rx->sip->secret,
		.now_s = io_wall_ns(rx->sip->env.io) / TMR_SECOND,
		.source = rx->from,
	};
}

/* What is demanded of those whom nobody knows: as an auth without options of its own. */
static struct sip_conf_auth gate_nobody(const struct sip_conf *conf)
{
	return (struct sip_conf_auth){.algs_uas = conf->default_algs_uas, .nonce_lifetime_s = 32};
}

static struct sip_demand gate_demand(const struct sip_conf *conf, const struct sip_conf_auth *auth)
{
	struct sip_demand d = {
		.cred = auth->cred,
		.algs = auth->algs_uas,
		.nonce_lifetime_s = auth->nonce_lifetime_s,
	};

	if (!d.cred.realm.len)
		d.cred.realm = conf->default_realm;
	return d;
}

/* An algorithm is asked for once in a realm (RFC 7616 3.7): what auths before `at` ask for. */
static unsigned gate_asked(const struct sip_conf *conf, const struct sip_conf_endpoint *ep,
			   uint32_t at, struct slice realm)
{
	unsigned mask = 0;

	for (uint32_t i = 0; i < at; i++) {
		const struct sip_demand d = gate_demand(conf, ep->auths[i]);

		if (slice_eq(d.cred.realm, realm))
			mask |= sip_auth_algs_mask(&d.algs);
	}
	return mask;
}

static struct sip_demand gate_demand_anew(const struct sip_conf *conf,
					  const struct sip_conf_endpoint *ep, uint32_t at)
{
	struct sip_demand d = gate_demand(conf, ep->auths[at]);
	const struct sip_auth_algs algs = d.algs;
	unsigned asked = gate_asked(conf, ep, at, d.cred.realm);

	d.algs = (struct sip_auth_algs){0};
	for (uint8_t i = 0; i < algs.count; i++)
		if (!(asked & 1u << algs.list[i]))
			sip_auth_algs_add(&d.algs, (enum sip_auth_alg)algs.list[i]);
	return d;
}

static void gate_challenge(const struct sip_rx *rx, struct txn *t, struct slice to_tag,
			   const struct sip_conf_endpoint *ep, bool is_stale)
{
	const struct sip_challenger who = gate_challenger(rx);
	const struct sip_conf_auth nobody = gate_nobody(rx->sip->conf);
	struct sip_demand demand = gate_demand(rx->sip->conf, &nobody);
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, 401, SLICE_EMPTY, to_tag);
	for (uint32_t i = 0; ep && i < ep->auth_count; i++) {
		demand = gate_demand_anew(rx->sip->conf, ep, i);
		sip_challenge_write(&r.out, &who, false, &demand, is_stale);
	}
	if (!ep)
		sip_challenge_write(&r.out, &who, false, &demand, false);
	sip_reply_send(&r);
}

static enum sip_verdict gate_verdict(const struct sip_rx *rx, const struct sip_conf_endpoint *ep)
{
	const struct sip_challenger who = gate_challenger(rx);
	enum sip_verdict best = SIP_VERDICT_NONE;

	for (uint32_t i = 0; i < ep->auth_count; i++) {
		struct sip_demand demand = gate_demand(rx->sip->conf, ep->auths[i]);
		enum sip_verdict v = sip_challenge_verify(&who, rx->msg, false, &demand);

		if (v == SIP_VERDICT_GOOD)
			return v;
		if (best == SIP_VERDICT_NONE || v == SIP_VERDICT_STALE)
			best = v;
	}
	return best;
}

/* True: in. */
static bool gate_authenticate(const struct sip_rx *rx, struct txn *t, struct slice to_tag,
			      const struct sip_conf_endpoint *ep)
{
	enum sip_verdict v = ep->auth_count ? gate_verdict(rx, ep) : SIP_VERDICT_GOOD;

	if (v == SIP_VERDICT_GOOD)
		return true;
	if (v == SIP_VERDICT_WRONG &&
	    gate_offence(rx, METRIC_sip_auth_failed, "Failed to authenticate"))
		gate_drop(t);
	else
		gate_challenge(rx, t, to_tag, ep, v == SIP_VERDICT_STALE);
	return false;
}

const struct sip_conf_endpoint *sip_gate_pass(const struct sip_rx *rx, struct txn *t,
					      struct slice to_tag)
{
	const struct sip_conf_endpoint *ep;

	if (!gate_acls(rx)) {
		gate_refuse_acl(rx, t, to_tag, "Not match ACL");
		return NULL;
	}
	ep = sip_gate_identify(rx);
	if (!ep && sip_hosts_are_new(rx->sip)) { /* it comes again, and then we know */
		sip_count_one(rx->sip, METRIC_sip_unidentified_early);
		gate_drop(t);
		return NULL;
	}
	if (!ep) {
		if (gate_offence(rx, METRIC_sip_unidentified, "No matching endpoint found"))
			gate_drop(t);
		else
			gate_challenge(rx, t, to_tag, NULL, false);
		return NULL;
	}
	if (!gate_acl(rx, &ep->acl, &ep->contact_acl)) {
		gate_refuse_acl(rx, t, to_tag, "Not match Endpoint ACL");
		return NULL;
	}
	return gate_authenticate(rx, t, to_tag, ep) ? ep : NULL;
}

bool sip_gate_admits(const struct sip_rx *rx, struct slice to_tag)
{
	const struct sip_offender_rule rule = gate_rule(rx->sip->conf);
	const struct sip_conf_endpoint *ep;

	if (!gate_acls(rx)) {
		gate_refuse_acl(rx, NULL, to_tag, "Not match ACL");
		return false;
	}
	ep = sip_gate_identify(rx);
	if (ep && !gate_acl(rx, &ep->acl, &ep->contact_acl)) {
		gate_refuse_acl(rx, NULL, to_tag, "Not match Endpoint ACL");
		return false;
	}
	if (ep || !sip_offenders_ignores(rx->sip->offenders, &rule, rx->from, sip_now(rx->sip)))
		return true;
	sip_count_one(rx->sip, METRIC_sip_ignored);
	return false;
}
