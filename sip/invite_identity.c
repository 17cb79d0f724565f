/* sip/invite_identity.c - Identity of the INVITEs that we send (RFC 8224), by stir_shaken.conf. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/invite.h"
#include "sip/passport.h"
#include "sip/stir.h"

#define IDENTITY_VALUE (LIMIT_STIR_URL * 7 / 3 + 600) /* the URL twice, once in base64 */

/* The number that a URI is for. */
static bool identity_write_dest(struct sink *out, struct slice to)
{
	char room[128];
	struct sink user = sink_make(room, sizeof(room));
	struct sip_uri uri;

	if (sip_uri_parse(&uri, to))
		return false;
	sip_uri_unescape(&user, uri.user);
	return !user.over && passport_write_tn(out, sink_slice(&user));
}

static void identity_write_date(struct sink *out, int64_t wall_s)
{
	char room[32];
	struct sink date = sink_make(room, sizeof(room));

	passport_write_date(&date, wall_s);
	sip_write_header_id(out, SIP_HDR_DATE, sink_slice(&date));
}

static void identity_sign(struct sink *out, struct invite *iv, struct passport *p,
			  const struct es256_key *key, bool has_date)
{
	char room[IDENTITY_VALUE];
	struct sink value = sink_make(room, sizeof(room));
	int err;

	rng_uuid(iv->sip->env.rng, p->origid);
	p->iat_s = io_wall_ns(iv->sip->env.io) / 1000000000;
	err = passport_write_identity(&value, p, key);
	if (err) {
		sip_count_one(iv->sip, METRIC_sip_identity_failed);
		log_error("A call from %.*s goes out without Identity: it could not be signed (%s)",
			  SLICE_ARG(p->orig), strerror(-err));
		return;
	}
	if (!has_date)
		identity_write_date(out, p->iat_s);
	sip_write_header_id(out, SIP_HDR_IDENTITY, sink_slice(&value));
	iv->is_attested = true;
	sip_count_one(iv->sip, METRIC_sip_identity_signed);
}

void invite_write_identity(struct sink *out, struct invite *iv, const struct sip_conf_endpoint *ep,
			   struct slice orig, struct slice to, bool has_date)
{
	char orig_room[PASSPORT_TN], dest_room[PASSPORT_TN];
	struct sink orig_tn = sink_make(orig_room, sizeof(orig_room));
	struct sink dest_tn = sink_make(dest_room, sizeof(dest_room));
	struct passport p = {0};
	struct sip_attest how;

	iv->is_attested = false;
	if (!ep->stir_profile.len)
		return;
	if (!passport_write_tn(&orig_tn, orig) || !identity_write_dest(&dest_tn, to) ||
	    !sip_stir_attest(iv->sip->conf->stir, ep->stir_profile, sink_slice(&orig_tn), &how)) {
		sip_count_one(iv->sip, METRIC_sip_identity_none);
		return;
	}
	p.level = how.level;
	p.url = how.url;
	p.orig = sink_slice(&orig_tn);
	p.dest = sink_slice(&dest_tn);
	identity_sign(out, iv, &p, how.key, has_date);
}

void invite_write_dialog_identity(struct sink *out, struct invite *iv)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	char room[128];
	struct sink user = sink_make(room, sizeof(room));
	struct sip_addr from, to;
	struct sip_uri uri;

	if (iv->incoming || !ep || sip_addr_parse(&from, dialog_from(iv->dialog)) ||
	    sip_addr_parse(&to, dialog_to(iv->dialog)) || sip_uri_parse(&uri, from.uri))
		return;
	sip_uri_unescape(&user, uri.user);
	if (!user.over)
		invite_write_identity(out, iv, ep, sink_slice(&user), to.uri, false);
}

/* RFC 8224 6.2.2 */
static const char *identity_refusal(const struct invite *iv, const struct sip_msg *msg)
{
	switch (msg->code) {
	case 403:
		return iv->is_attested && slice_ieq(msg->reason, SLICE_LIT("Stale Date"))
			       ? "it takes our Date for stale; check this machine's clock"
			       : NULL;
	case 428:
		return iv->is_attested ? "it wants another Identity than ours"
				       : "it wants an Identity; attest the caller's number by "
					 "stir_shaken.conf and stir_shaken_profile";
	case 436:
		return "it did not get our certificate; check that public_cert_url leads to it "
		       "from there";
	case 437:
		return "it does not accept our certificate; check its authority, its time, and "
		       "that it covers the number";
	case 438:
		return "it finds our Identity invalid; check that private_key_file is the key of "
		       "the certificate at public_cert_url, and this machine's clock";
	default:
		return NULL;
	}
}

void invite_note_identity_refusal(struct invite *iv, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	const char *why = identity_refusal(iv, msg);

	if (!why)
		return;
	sip_count_one(iv->sip, METRIC_sip_identity_refused);
	log_warning("Endpoint '%.*s' refused a call by %u %.*s: %s",
		    SLICE_ARG(ep ? ep->name : SLICE_LIT("?")), msg->code, SLICE_ARG(msg->reason),
		    why);
}
