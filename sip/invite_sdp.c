/* sip/invite_sdp.c - offer and answer of a call (RFC 3264), between SDP and struct media_desc. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/invite.h"
#include "sip/transport.h"

#include <errno.h>

struct invite_sdp {
	struct sdp_local local;
	char ip[ADDR_TEXT];
};

static void invite_sdp_local(struct invite *iv, struct invite_sdp *out)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct sink ip = sink_make(out->ip, sizeof(out->ip));
	struct addr shown = iv->media_local;

	if (ep && ep->media_address.len)
		UNUSED(addr_parse_ip(&shown, ep->media_address));
	else
		sip_tp_media_address(iv->sip, iv->tp, &iv->dst.addr, &shown);
	addr_write_ip(&ip, &shown);
	out->local = (struct sdp_local){
		.owner = ep ? ep->sdp_owner : SLICE_LIT("-"),
		.session_name = ep ? ep->sdp_session : SLICE_LIT("Asterisk"),
		.address = sink_slice(&ip),
		.is_ipv6 = shown.family == 6,
		.port = shown.port,
		.session_id = iv->sdp_id,
		.version = iv->sdp_version,
		.codecs = iv->codecs,
		.has_event = iv->dtmf == SIP_DTMF_RFC4733 || iv->dtmf == SIP_DTMF_AUTO ||
			     iv->dtmf == SIP_DTMF_AUTO_INFO,
		.dir = MEDIA_SENDRECV,
		.proto = SDP_PROTO_AVP,
	};
}

/* RFC 3264 8: the version grows by one when the content changes, and only then. `body` was written
 * with the version so far, which stands in its o= line. True: it must be written anew. */
static bool invite_take_version(struct invite *iv, struct slice body)
{
	size_t origin = slice_find_text(body, SLICE_LIT("\r\ns="));
	uint64_t hash = slice_hash(slice_from(body, origin), 1);
	bool is_changed = iv->sdp_hash && iv->sdp_hash != hash;

	iv->sdp_hash = hash;
	iv->sdp_version += is_changed;
	return is_changed;
}

void invite_write_offer(struct sink *out, struct invite *iv)
{
	size_t begin = out->len;
	struct invite_sdp s;

	invite_sdp_local(iv, &s);
	sdp_write_offer(out, &s.local);
	if (!invite_take_version(iv, slice_from(sink_slice(out), begin)))
		return;
	out->len = begin;
	s.local.version = iv->sdp_version;
	sdp_write_offer(out, &s.local);
}

static int invite_sdp_desc(const struct invite *iv, const struct sdp_result *result,
			   struct media_desc *desc, bool *held)
{
	*desc = (struct media_desc){0};
	if (!sdp_result_desc(result, iv->use_ptime, desc))
		return -ENOTSUP;
	desc->tone_digits = desc->event_pt == MEDIA_NO_PT &&
			    (iv->dtmf == SIP_DTMF_INBAND || iv->dtmf == SIP_DTMF_AUTO);
	*held = result->is_held;
	return 0;
}

int invite_write_answer(struct sink *out, struct invite *iv, struct slice offer,
			struct media_desc *desc, bool *held)
{
	size_t begin = out->len;
	struct sdp_result result;
	struct invite_sdp s;
	enum sdp_error why;
	struct sdp remote;
	int err;

	if (sdp_parse(&remote, offer, &why)) {
		log_debug("An offer cannot be read: %.*s", SLICE_ARG(sdp_error_text(why)));
		return -EBADMSG;
	}
	invite_sdp_local(iv, &s);
	err = sdp_negotiate(&remote, false, &s.local, &result);
	if (!err)
		err = invite_sdp_desc(iv, &result, desc, held);
	if (err)
		return err;
	sdp_write_answer(out, &s.local, &remote, &result);
	if (invite_take_version(iv, slice_from(sink_slice(out), begin))) {
		out->len = begin;
		s.local.version = iv->sdp_version;
		sdp_write_answer(out, &s.local, &remote, &result);
	}
	return out->over ? -EMSGSIZE : 0;
}

int invite_read_offer(struct invite *iv, struct slice offer, struct media_desc *desc)
{
	struct sdp_result result;
	struct invite_sdp s;
	enum sdp_error why;
	struct sdp remote;
	bool held;
	int err;

	if (sdp_parse(&remote, offer, &why)) {
		log_debug("An offer cannot be read: %.*s", SLICE_ARG(sdp_error_text(why)));
		return -EBADMSG;
	}
	invite_sdp_local(iv, &s);
	err = sdp_negotiate(&remote, false, &s.local, &result);
	return err ? err : invite_sdp_desc(iv, &result, desc, &held);
}

int invite_read_answer(struct invite *iv, struct slice answer, struct media_desc *desc, bool *held)
{
	struct sdp_result result;
	struct invite_sdp s;
	enum sdp_error why;
	struct sdp remote;
	int err;

	if (sdp_parse(&remote, answer, &why)) {
		log_debug("An answer cannot be read: %.*s", SLICE_ARG(sdp_error_text(why)));
		return -EBADMSG;
	}
	invite_sdp_local(iv, &s);
	err = sdp_negotiate(&remote, true, &s.local, &result);
	return err ? err : invite_sdp_desc(iv, &result, desc, held);
}

static bool invite_media_equal(const struct media_desc *a, const struct media_desc *b)
{
	return addr_eq(&a->rtp, &b->rtp) && a->rtcp_port == b->rtcp_port &&
	       a->ptime_ms == b->ptime_ms && a->codec_count == b->codec_count &&
	       memcmp(a->codec, b->codec, a->codec_count) == 0 &&
	       memcmp(a->pt, b->pt, a->codec_count) == 0 && a->event_pt == b->event_pt &&
	       a->dir == b->dir;
}

void invite_media_changed(struct invite *iv, const struct media_desc *desc, bool held)
{
	if (held == iv->is_held && invite_media_equal(desc, &iv->media))
		return;
	iv->media = *desc;
	iv->is_held = held;
	if (iv->events)
		iv->events->media_changed(iv->owner, &iv->media, held);
}
