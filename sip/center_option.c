/* sip/center_option.c - the options of the objects of pjsip.conf as text, with the values in force
 * where the file says nothing: names and forms of chan_pjsip (config.md 5). An option that has no
 * effect here is shown with the value that it stands at. */
#include "sip/center_internal.h"

#include "engine/base/check.h"

#include <stdlib.h>

enum view_form {
	VIEW_TEXT,
	VIEW_LIST,    /* several lines of one name are one value, joined by commas */
	VIEW_BOOL,    /* true, false */
	VIEW_YESNO,   /* yes, no */
	VIEW_SECONDS, /* 3.000000 */
	VIEW_SECRET,  /* shown as set or not */
	VIEW_CODECS,  /* of an endpoint: (ulaw|alaw) */
};

struct view_option {
	const char *name, *preset;
	enum view_form form;
};

#define VIEW_PREFER "prefer: pending, operation: "

/* clang-format off */
static const struct view_option view_endpoint[] = {
	{"100rel", "yes", VIEW_TEXT}, {"accept_multiple_sdp_answers", "no", VIEW_BOOL},
	{"accountcode", "", VIEW_TEXT}, {"acl", "", VIEW_TEXT}, {"aggregate_mwi", "yes", VIEW_BOOL},
	{"allow", "", VIEW_CODECS}, {"allow_overlap", "yes", VIEW_BOOL},
	{"allow_subscribe", "yes", VIEW_BOOL}, {"allow_transfer", "yes", VIEW_BOOL},
	{"allow_unauthenticated_options", "no", VIEW_BOOL}, {"aors", "", VIEW_TEXT},
	{"asymmetric_rtp_codec", "no", VIEW_BOOL}, {"auth", "", VIEW_TEXT},
	{"bind_rtp_to_media_address", "no", VIEW_BOOL}, {"bundle", "no", VIEW_BOOL},
	{"call_group", "", VIEW_TEXT}, {"callerid", "<unknown>", VIEW_TEXT},
	{"callerid_privacy", "allowed_not_screened", VIEW_TEXT}, {"callerid_tag", "", VIEW_TEXT},
	{"codec_prefs_incoming_answer", VIEW_PREFER "intersect, keep: all", VIEW_TEXT},
	{"codec_prefs_incoming_offer", VIEW_PREFER "intersect, keep: all, transcode: allow", VIEW_TEXT},
	{"codec_prefs_outgoing_answer", VIEW_PREFER "intersect, keep: all", VIEW_TEXT},
	{"codec_prefs_outgoing_offer", VIEW_PREFER "union, keep: all, transcode: allow", VIEW_TEXT},
	{"connected_line_method", "invite", VIEW_TEXT}, {"contact_acl", "", VIEW_TEXT},
	{"contact_user", "", VIEW_TEXT}, {"context", "default", VIEW_TEXT},
	{"cos_audio", "0", VIEW_TEXT}, {"cos_video", "0", VIEW_TEXT},
	{"device_state_busy_at", "0", VIEW_TEXT}, {"direct_media", "yes", VIEW_BOOL},
	{"direct_media_glare_mitigation", "none", VIEW_TEXT},
	{"direct_media_method", "invite", VIEW_TEXT}, {"disable_direct_media_on_nat", "no", VIEW_BOOL},
	{"dtls_auto_generate_cert", "No", VIEW_TEXT}, {"dtls_ca_file", "", VIEW_TEXT},
	{"dtls_ca_path", "", VIEW_TEXT}, {"dtls_cert_file", "", VIEW_TEXT},
	{"dtls_cipher", "", VIEW_TEXT}, {"dtls_fingerprint", "SHA-256", VIEW_TEXT},
	{"dtls_private_key", "", VIEW_TEXT}, {"dtls_rekey", "0", VIEW_TEXT},
	{"dtls_setup", "active", VIEW_TEXT}, {"dtls_verify", "No", VIEW_TEXT},
	{"dtmf_mode", "rfc4733", VIEW_TEXT}, {"fax_detect", "no", VIEW_BOOL},
	{"fax_detect_timeout", "0", VIEW_TEXT}, {"follow_early_media_fork", "yes", VIEW_BOOL},
	{"follow_redirect_methods", "", VIEW_TEXT}, {"force_avp", "no", VIEW_BOOL},
	{"force_rport", "yes", VIEW_BOOL}, {"from_domain", "", VIEW_TEXT}, {"from_user", "", VIEW_TEXT},
	{"g726_non_standard", "no", VIEW_BOOL}, {"geoloc_incoming_call_profile", "", VIEW_TEXT},
	{"geoloc_outgoing_call_profile", "", VIEW_TEXT}, {"ice_support", "no", VIEW_BOOL},
	{"identify_by", "username,ip", VIEW_TEXT}, {"ignore_183_without_sdp", "no", VIEW_BOOL},
	{"inband_progress", "no", VIEW_BOOL}, {"incoming_call_offer_pref", "local", VIEW_TEXT},
	{"incoming_mwi_mailbox", "", VIEW_TEXT}, {"language", "", VIEW_TEXT},
	{"mailboxes", "", VIEW_TEXT}, {"max_audio_streams", "1", VIEW_TEXT},
	{"max_video_streams", "1", VIEW_TEXT}, {"media_address", "", VIEW_TEXT},
	{"media_encryption", "no", VIEW_TEXT}, {"media_encryption_optimistic", "no", VIEW_BOOL},
	{"media_use_received_transport", "no", VIEW_BOOL}, {"message_context", "", VIEW_TEXT},
	{"moh_passthrough", "no", VIEW_BOOL}, {"moh_suggest", "default", VIEW_TEXT},
	{"mwi_from_user", "", VIEW_TEXT}, {"mwi_subscribe_replaces_unsolicited", "no", VIEW_YESNO},
	{"named_call_group", "", VIEW_TEXT}, {"named_pickup_group", "", VIEW_TEXT},
	{"notify_early_inuse_ringing", "no", VIEW_BOOL}, {"one_touch_recording", "no", VIEW_BOOL},
	{"outbound_auth", "", VIEW_TEXT}, {"outbound_proxy", "", VIEW_TEXT},
	{"outgoing_call_offer_pref", "remote_merge", VIEW_TEXT}, {"overlap_context", "", VIEW_TEXT},
	{"pickup_group", "", VIEW_TEXT}, {"preferred_codec_only", "no", VIEW_BOOL},
	{"record_off_feature", "automixmon", VIEW_TEXT}, {"record_on_feature", "automixmon", VIEW_TEXT},
	{"refer_blind_progress", "yes", VIEW_BOOL}, {"rewrite_contact", "no", VIEW_BOOL},
	{"rpid_immediate", "no", VIEW_BOOL}, {"rtcp_mux", "no", VIEW_BOOL},
	{"rtp_engine", "asterisk", VIEW_TEXT}, {"rtp_ipv6", "no", VIEW_BOOL},
	{"rtp_keepalive", "0", VIEW_TEXT}, {"rtp_port_end", "0", VIEW_TEXT},
	{"rtp_port_start", "0", VIEW_TEXT}, {"rtp_symmetric", "no", VIEW_BOOL},
	{"rtp_timeout", "0", VIEW_TEXT}, {"rtp_timeout_hold", "0", VIEW_TEXT},
	{"sdp_owner", "-", VIEW_TEXT}, {"sdp_session", "Asterisk", VIEW_TEXT},
	{"security_mechanisms", "", VIEW_TEXT}, {"security_negotiation", "no", VIEW_TEXT},
	{"send_aoc", "no", VIEW_BOOL}, {"send_connected_line", "yes", VIEW_YESNO},
	{"send_diversion", "yes", VIEW_BOOL}, {"send_history_info", "no", VIEW_BOOL},
	{"send_pai", "no", VIEW_BOOL}, {"send_rpid", "no", VIEW_BOOL}, {"set_var", "", VIEW_LIST},
	{"srtp_tag_32", "no", VIEW_BOOL}, {"stir_shaken_profile", "", VIEW_TEXT},
	{"sub_min_expiry", "0", VIEW_TEXT}, {"subscribe_context", "", VIEW_TEXT},
	{"suppress_q850_reason_headers", "no", VIEW_BOOL},
	{"t38_bind_udptl_to_media_address", "no", VIEW_BOOL}, {"t38_udptl", "no", VIEW_BOOL},
	{"t38_udptl_ec", "none", VIEW_TEXT}, {"t38_udptl_ipv6", "no", VIEW_BOOL},
	{"t38_udptl_maxdatagram", "0", VIEW_TEXT}, {"t38_udptl_nat", "no", VIEW_BOOL},
	{"tenantid", "", VIEW_TEXT}, {"timers", "yes", VIEW_TEXT}, {"timers_min_se", "90", VIEW_TEXT},
	{"timers_sess_expires", "1800", VIEW_TEXT}, {"tone_zone", "", VIEW_TEXT},
	{"tos_audio", "0", VIEW_TEXT}, {"tos_video", "0", VIEW_TEXT}, {"transport", "", VIEW_TEXT},
	{"trust_connected_line", "yes", VIEW_YESNO}, {"trust_id_inbound", "no", VIEW_BOOL},
	{"trust_id_outbound", "no", VIEW_BOOL}, {"use_avpf", "no", VIEW_BOOL},
	{"use_ptime", "no", VIEW_BOOL}, {"user_eq_phone", "no", VIEW_BOOL},
	{"voicemail_extension", "", VIEW_TEXT}, {"webrtc", "no", VIEW_YESNO}, {0}};
static const struct view_option view_aor[] = {
	{"authenticate_qualify", "no", VIEW_BOOL}, {"contact", "", VIEW_LIST},
	{"default_expiration", "3600", VIEW_TEXT}, {"mailboxes", "", VIEW_TEXT},
	{"max_contacts", "0", VIEW_TEXT}, {"maximum_expiration", "7200", VIEW_TEXT},
	{"minimum_expiration", "60", VIEW_TEXT}, {"outbound_proxy", "", VIEW_TEXT},
	{"qualify_2xx_only", "no", VIEW_BOOL}, {"qualify_frequency", "0", VIEW_TEXT},
	{"qualify_timeout", "3.0", VIEW_SECONDS}, {"remove_existing", "no", VIEW_BOOL},
	{"remove_unavailable", "no", VIEW_BOOL}, {"support_path", "no", VIEW_BOOL},
	{"voicemail_extension", "", VIEW_TEXT}, {0}};
static const struct view_option view_auth[] = {
	{"auth_type", "digest", VIEW_TEXT}, {"md5_cred", "", VIEW_SECRET},
	{"nonce_lifetime", "32", VIEW_TEXT}, {"oauth_clientid", "", VIEW_TEXT},
	{"oauth_secret", "", VIEW_SECRET}, {"password", "", VIEW_SECRET},
	{"password_digest", "", VIEW_SECRET}, {"realm", "", VIEW_TEXT},
	{"refresh_token", "", VIEW_SECRET}, {"supported_algorithms_uac", "", VIEW_TEXT},
	{"supported_algorithms_uas", "", VIEW_TEXT}, {"username", "", VIEW_TEXT}, {0}};
static const struct view_option view_registration[] = {
	{"auth_rejection_permanent", "yes", VIEW_BOOL}, {"client_uri", "", VIEW_TEXT},
	{"contact_header_params", "", VIEW_TEXT}, {"contact_user", "s", VIEW_TEXT},
	{"endpoint", "", VIEW_TEXT}, {"expiration", "3600", VIEW_TEXT},
	{"fatal_retry_interval", "0", VIEW_TEXT}, {"forbidden_retry_interval", "0", VIEW_TEXT},
	{"line", "no", VIEW_BOOL}, {"max_random_initial_delay", "10", VIEW_TEXT},
	{"max_retries", "10", VIEW_TEXT}, {"outbound_auth", "", VIEW_TEXT},
	{"outbound_proxy", "", VIEW_TEXT}, {"retry_interval", "60", VIEW_TEXT},
	{"security_mechanisms", "", VIEW_TEXT}, {"security_negotiation", "no", VIEW_TEXT},
	{"server_uri", "", VIEW_TEXT}, {"support_outbound", "no", VIEW_BOOL},
	{"support_path", "no", VIEW_BOOL}, {"transport", "", VIEW_TEXT},
	{"user_agent", "", VIEW_TEXT}, {0}};
static const struct view_option view_transport[] = {
	{"allow_reload", "no", VIEW_BOOL}, {"allow_wildcard_certs", "no", VIEW_BOOL},
	{"async_operations", "1", VIEW_TEXT}, {"bind", "", VIEW_TEXT}, {"ca_list_file", "", VIEW_TEXT},
	{"ca_list_path", "", VIEW_TEXT}, {"cert_file", "", VIEW_TEXT}, {"cipher", "", VIEW_TEXT},
	{"cos", "0", VIEW_TEXT}, {"domain", "", VIEW_TEXT}, {"external_media_address", "", VIEW_TEXT},
	{"external_signaling_address", "", VIEW_TEXT}, {"external_signaling_hostname", "", VIEW_TEXT},
	{"external_signaling_port", "0", VIEW_TEXT}, {"local_net", "", VIEW_LIST},
	{"method", "unspecified", VIEW_TEXT}, {"password", "", VIEW_SECRET},
	{"priv_key_file", "", VIEW_TEXT}, {"protocol", "udp", VIEW_TEXT},
	{"require_client_cert", "no", VIEW_TEXT}, {"symmetric_transport", "no", VIEW_BOOL},
	{"tcp_keepalive_enable", "no", VIEW_BOOL}, {"tcp_keepalive_idle_time", "30", VIEW_TEXT},
	{"tcp_keepalive_interval_time", "1", VIEW_TEXT}, {"tcp_keepalive_probe_count", "5", VIEW_TEXT},
	{"tos", "0", VIEW_TEXT}, {"verify_client", "no", VIEW_TEXT}, {"verify_server", "no", VIEW_TEXT},
	{"websocket_write_timeout", "100", VIEW_TEXT}, {0}};
static const struct view_option view_identify_options[] = {
	{"endpoint", "", VIEW_TEXT}, {"match", "", VIEW_LIST}, {"match_header", "", VIEW_TEXT},
	{"match_request_uri", "", VIEW_TEXT}, {"srv_lookups", "yes", VIEW_BOOL}, {0}};
/* clang-format on */

static const struct view_type {
	struct slice type;
	const struct view_option *options;
} view_types[TECH_KIND_COUNT] = {
	[TECH_ENDPOINT] = {SLICE_LIT("endpoint"), view_endpoint},
	[TECH_AOR] = {SLICE_LIT("aor"), view_aor},
	[TECH_AUTH] = {SLICE_LIT("auth"), view_auth},
	[TECH_TRANSPORT] = {SLICE_LIT("transport"), view_transport},
	[TECH_IDENTIFY] = {SLICE_LIT("identify"), view_identify_options},
	[TECH_REGISTRATION] = {SLICE_LIT("registration"), view_registration},
};

const struct sip_conf_section *center_section(const struct sip_center *c,
					      const struct tech_object *o)
{
	return sip_conf_section(c->conf, view_types[o->kind].type, o->name);
}

static void view_join(const struct sip_conf_section *s, struct slice name, struct sink *out)
{
	for (uint32_t i = 0; i < s->var_count; i++) {
		if (!slice_ieq(s->vars[2 * (size_t)i], name))
			continue;
		if (out->len)
			sink_char(out, ',');
		sink_add(out, s->vars[2 * (size_t)i + 1]);
	}
}

static struct slice view_formed(enum view_form form, struct slice value, struct sink *room)
{
	bool is_true = slice_is_true(value);

	switch (form) {
	case VIEW_BOOL:
		return is_true ? SLICE_LIT("true") : SLICE_LIT("false");
	case VIEW_YESNO:
		return is_true ? SLICE_LIT("yes") : SLICE_LIT("no");
	case VIEW_SECRET:
		return value.len ? SLICE_LIT("<hidden>") : value;
	case VIEW_SECONDS:
		slice_copy(room->ptr, room->room, value);
		sink_fmt(room, "%f", strtod(room->ptr, NULL));
		return sink_slice(room);
	default:
		return value;
	}
}

static void view_option(const struct tech_object *object, const struct sip_conf_section *s,
			const struct view_option *o, tech_option_fn fn, void *arg)
{
	struct slice name = slice_str(o->name), value = slice_str(o->preset);
	char room[2048];
	struct sink text = sink_make(room, sizeof(room));

	if (o->form == VIEW_CODECS) {
		codec_list_write(&text, &((const struct sip_conf_endpoint *)object->impl)->allow);
		value = sink_slice(&text);
	} else if (s && o->form == VIEW_LIST) {
		view_join(s, name, &text);
		value = sink_slice(&text);
	} else if (s) {
		UNUSED(sip_conf_written(s, name, &value));
	}
	fn(arg, name, view_formed(o->form, value, &text));
}

bool center_option(const struct sip_center *c, const struct tech_object *o, struct slice name,
		   tech_option_fn fn, void *arg)
{
	for (const struct view_option *v = view_types[o->kind].options; v && v->name; v++) {
		if (!slice_eq(slice_str(v->name), name))
			continue;
		view_option(o, center_section(c, o), v, fn, arg);
		return true;
	}
	return false;
}

void sip_conf_options(const struct sip_conf *conf, const struct tech_object *o, tech_option_fn fn,
		      void *arg)
{
	const struct sip_conf_section *s =
		sip_conf_section(conf, view_types[o->kind].type, o->name);

	for (const struct view_option *v = view_types[o->kind].options; v->name; v++)
		view_option(o, s, v, fn, arg);
}

void center_options(const struct sip_center *c, const struct tech_object *o, tech_option_fn fn,
		    void *arg)
{
	sip_conf_options(c->conf, o, fn, arg);
}
