/* sip/conf_option.c - the options of pjsip.conf: one table an object type, one reader a kind of
 * value.
 *
 * Known names are those that pjsip.conf has and that change nothing here; they are accepted in
 * silence, and README.md names them all. CONF_LATER are accepted too, but said at each load:
 * leaving them out changes what a call does. */
#include "sip/conf_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/location.h"

#include <errno.h>
#include <stddef.h>

enum conf_kind {
	CONF_TEXT,
	CONF_BOOL,
	CONF_NUMBER,  /* uint32_t in min..max */
	CONF_WORD,    /* uint8_t: place in words */
	CONF_IP,      /* text that must be a numeric address */
	CONF_HOST,    /* text that is one, or a host name */
	CONF_TOS,     /* uint8_t: code point of DiffServ */
	CONF_OCTET,   /* uint8_t in min..max */
	CONF_SET,     /* a function of its own */
	CONF_WRITTEN, /* read from the section as it was written */
	CONF_LATER,
};

struct conf_option {
	const char *name;
	enum conf_kind kind;
	size_t offset;
	uint32_t min, max;
	const char *words; /* "no yes required always": what is allowed, in order of the enum */
	int (*set)(struct conf_load *l, const struct conffile_var *v);
};

/* ---- tables ---- */

/* clang-format off */
#define T(field) offsetof(struct conf_transport_draft, t.field)
static const struct conf_option conf_transport_options[] = {
	{"protocol",                    CONF_SET,    0, 0, 0, NULL, conf_set_protocol},
	{"bind",                        CONF_SET,    0, 0, 0, NULL, conf_set_bind},
	{"external_signaling_address",  CONF_HOST,     T(external_address), 0, 0, NULL, NULL},
	{"external_signaling_port",     CONF_SET,    0, 0, 0, NULL, conf_set_external_port},
	{"external_media_address",      CONF_HOST,     T(external_media), 0, 0, NULL, NULL},
	{"local_net",                   CONF_SET,    0, 0, 0, NULL, conf_set_local_net},
	{"tos",                         CONF_TOS,    T(mark.dscp), 0, 0, NULL, NULL},
	{"cos",                         CONF_OCTET,  T(mark.priority), 0, 7, NULL, NULL},
	{"cert_file",                   CONF_TEXT,   T(cert_file), 0, 0, NULL, NULL},
	{"priv_key_file",               CONF_TEXT,   T(key_file), 0, 0, NULL, NULL},
	{"ca_list_file",                CONF_TEXT,   T(ca_file), 0, 0, NULL, NULL},
	{"ca_list_path",                CONF_TEXT,   T(ca_path), 0, 0, NULL, NULL},
	{"cipher",                      CONF_TEXT,   T(cipher), 0, 0, NULL, NULL},
	{"method",                      CONF_SET,    0, 0, 0, NULL, conf_set_method},
	{"verify_server",               CONF_BOOL,   T(verify_server), 0, 0, NULL, NULL},
	{"verify_client",               CONF_BOOL,   T(verify_client), 0, 0, NULL, NULL},
	{"require_client_cert",         CONF_BOOL,   T(require_client_cert), 0, 0, NULL, NULL},
	{"allow_wildcard_certs",        CONF_BOOL,   T(allow_wildcard_certs), 0, 0, NULL, NULL},
	{"allow_reload",                CONF_BOOL,   T(allow_reload), 0, 0, NULL, NULL},
	{"external_signaling_hostname", CONF_LATER,  0, 0, 0, NULL, NULL},
	{"tcp_keepalive_enable",        CONF_LATER,  0, 0, 0, NULL, NULL},
	{"symmetric_transport",         CONF_LATER,  0, 0, 0, NULL, NULL},
	{0}
};
#undef T
static const char conf_transport_known[] =
	"tcp_keepalive_idle_time tcp_keepalive_interval_time tcp_keepalive_probe_count "
	"domain password websocket_write_timeout async_operations ";

#define E(field) offsetof(struct conf_endpoint_draft, e.field)
#define D(field) offsetof(struct conf_endpoint_draft, field)
static const struct conf_option conf_endpoint_options[] = {
	{"context",                     CONF_TEXT,   E(context), 0, 0, NULL, NULL},
	{"aors",                        CONF_TEXT,   D(names.aors), 0, 0, NULL, NULL},
	{"outbound_auth",               CONF_TEXT,   D(names.auth), 0, 0, NULL, NULL},
	{"transport",                   CONF_TEXT,   D(names.transport), 0, 0, NULL, NULL},
	{"allow",                       CONF_SET,    0, 0, 0, NULL, conf_set_allow},
	{"disallow",                    CONF_SET,    0, 0, 0, NULL, conf_set_disallow},
	{"outbound_proxy",              CONF_SET,    0, 0, 0, NULL, conf_set_proxy},
	{"from_user",                   CONF_TEXT,   E(from_user), 0, 0, NULL, NULL},
	{"from_domain",                 CONF_TEXT,   E(from_domain), 0, 0, NULL, NULL},
	{"contact_user",                CONF_TEXT,   E(contact_user), 0, 0, NULL, NULL},
	{"callerid",                    CONF_SET,    0, 0, 0, NULL, conf_set_callerid},
	{"callerid_privacy",            CONF_SET,    0, 0, 0, NULL, conf_set_privacy},
	{"trust_id_outbound",           CONF_BOOL,   E(trust_id_outbound), 0, 0, NULL, NULL},
	{"send_pai",                    CONF_BOOL,   E(send_pai), 0, 0, NULL, NULL},
	{"send_rpid",                   CONF_BOOL,   E(send_rpid), 0, 0, NULL, NULL},
	{"send_diversion",              CONF_BOOL,   E(send_diversion), 0, 0, NULL, NULL},
	{"dtmf_mode",                   CONF_WORD,   E(dtmf), 0, 0, "rfc4733 inband info none auto auto_info", NULL},
	{"rtp_symmetric",               CONF_BOOL,   E(media.symmetric), 0, 0, NULL, NULL},
	{"force_rport",                 CONF_BOOL,   E(force_rport), 0, 0, NULL, NULL},
	{"rewrite_contact",             CONF_BOOL,   E(rewrite_contact), 0, 0, NULL, NULL},
	{"media_address",               CONF_IP,     E(media_address), 0, 0, NULL, NULL},
	{"bind_rtp_to_media_address",   CONF_BOOL,   D(rtp_to_media_address), 0, 0, NULL, NULL},
	{"rtp_ipv6",                    CONF_BOOL,   D(rtp_ipv6), 0, 0, NULL, NULL},
	{"media_encryption",            CONF_SET,    0, 0, 0, NULL, conf_set_encryption},
	{"timers",                      CONF_SET,    0, 0, 0, NULL, conf_set_timers},
	{"timers_min_se",               CONF_NUMBER, E(timers_min_se_s), 90, 86400, NULL, NULL},
	{"timers_sess_expires",         CONF_NUMBER, E(timers_sess_expires_s), 90, 86400, NULL, NULL},
	{"redirect_method",             CONF_WORD,   E(redirect), 0, 0, "user uri_core uri_pjsip", NULL},
	{"100rel",                      CONF_WORD,   E(rel100), 0, 0, "no yes required peer_supported", NULL},
	{"inband_progress",             CONF_BOOL,   E(inband_progress), 0, 0, NULL, NULL},
	{"ignore_183_without_sdp",      CONF_BOOL,   E(ignore_183_without_sdp), 0, 0, NULL, NULL},
	{"follow_early_media_fork",     CONF_BOOL,   E(follow_early_media_fork), 0, 0, NULL, NULL},
	{"accept_multiple_sdp_answers", CONF_BOOL,   E(accept_multiple_sdp_answers), 0, 0, NULL, NULL},
	{"rtp_timeout",                 CONF_NUMBER, E(media.timeout_s), 0, 86400, NULL, NULL},
	{"rtp_timeout_hold",            CONF_NUMBER, E(media.timeout_hold_s), 0, 86400, NULL, NULL},
	{"rtp_keepalive",               CONF_NUMBER, E(media.keepalive_s), 0, 86400, NULL, NULL},
	{"tos_audio",                   CONF_TOS,    E(media.mark.dscp), 0, 0, NULL, NULL},
	{"cos_audio",                   CONF_OCTET,  E(media.mark.priority), 0, 7, NULL, NULL},
	{"use_ptime",                   CONF_BOOL,   E(use_ptime), 0, 0, NULL, NULL},
	{"language",                    CONF_TEXT,   E(language), 0, 0, NULL, NULL},
	{"accountcode",                 CONF_TEXT,   E(account), 0, 0, NULL, NULL},
	{"set_var",                     CONF_SET,    0, 0, 0, NULL, conf_set_set_var},
	{"user_eq_phone",               CONF_BOOL,   E(user_eq_phone), 0, 0, NULL, NULL},
	{"sdp_owner",                   CONF_TEXT,   E(sdp_owner), 0, 0, NULL, NULL},
	{"sdp_session",                 CONF_TEXT,   E(sdp_session), 0, 0, NULL, NULL},
	{"allow_transfer",              CONF_BOOL,   E(allow_transfer), 0, 0, NULL, NULL},
	{"device_state_busy_at",        CONF_NUMBER, E(busy_at), 0, 100000, NULL, NULL},
	{"suppress_q850_reason_headers", CONF_BOOL,  E(suppress_q850), 0, 0, NULL, NULL},
	{"auth",                        CONF_TEXT,   D(names.auths), 0, 0, NULL, NULL},
	{"identify_by",                 CONF_SET,    0, 0, 0, NULL, conf_set_identify_by},
	{"trust_id_inbound",            CONF_BOOL,   E(trust_id_inbound), 0, 0, NULL, NULL},
	{"send_connected_line",         CONF_BOOL,   E(send_connected_line), 0, 0, NULL, NULL},
	{"trust_connected_line",        CONF_BOOL,   E(trust_connected_line), 0, 0, NULL, NULL},
	{"permit",                      CONF_SET,    0, 0, 0, NULL, conf_set_acl_permit},
	{"deny",                        CONF_SET,    0, 0, 0, NULL, conf_set_acl_deny},
	{"acl",                         CONF_SET,    0, 0, 0, NULL, conf_set_acl_name},
	{"contact_permit",              CONF_SET,    0, 0, 0, NULL, conf_set_acl_permit},
	{"contact_deny",                CONF_SET,    0, 0, 0, NULL, conf_set_acl_deny},
	{"contact_acl",                 CONF_SET,    0, 0, 0, NULL, conf_set_acl_name},
	{"stir_shaken_profile",         CONF_TEXT,   E(stir_profile), 0, 0, NULL, NULL},
	{"webrtc",                      CONF_LATER,  0, 0, 0, NULL, NULL},
	{"ice_support",                 CONF_LATER,  0, 0, 0, NULL, NULL},
	{"follow_redirect_methods",     CONF_LATER,  0, 0, 0, NULL, NULL},
	{"rtp_port_start",              CONF_LATER,  0, 0, 0, NULL, NULL},
	{"rtp_port_end",                CONF_LATER,  0, 0, 0, NULL, NULL},
	{"preferred_codec_only",        CONF_LATER,  0, 0, 0, NULL, NULL},
	{"asymmetric_rtp_codec",        CONF_LATER,  0, 0, 0, NULL, NULL},
	{"use_avpf",                    CONF_LATER,  0, 0, 0, NULL, NULL},
	{"rtcp_mux",                    CONF_LATER,  0, 0, 0, NULL, NULL},
	{"bundle",                      CONF_LATER,  0, 0, 0, NULL, NULL},
	{"send_history_info",           CONF_LATER,  0, 0, 0, NULL, NULL},
	{"tone_zone",                   CONF_LATER,  0, 0, 0, NULL, NULL},
	{0}
};
#undef E
#undef D
static const char conf_endpoint_known[] =
	"100rel_timeout aggregate_mwi allow_overlap allow_subscribe "
	"allow_unauthenticated_options call_group callerid_tag "
	"codec_prefs_incoming_answer codec_prefs_incoming_offer codec_prefs_outgoing_answer "
	"codec_prefs_outgoing_offer connected_line_method "
	"cos_video direct_media direct_media_glare_mitigation "
	"direct_media_method disable_direct_media_on_nat dtls_auto_generate_cert dtls_ca_file "
	"dtls_ca_path dtls_cert_file dtls_cipher dtls_fingerprint dtls_private_key dtls_rekey dtls_setup "
	"dtls_verify fax_detect fax_detect_timeout force_avp g726_non_standard "
	"geoloc_incoming_call_profile geoloc_outgoing_call_profile incoming_call_offer_pref "
	"incoming_mwi_mailbox mailboxes max_audio_streams max_video_streams media_encryption_optimistic "
	"media_use_received_transport message_context moh_passthrough moh_suggest "
	"mwi_from_user mwi_subscribe_replaces_unsolicited named_call_group named_pickup_group "
	"notify_early_inuse_ringing one_touch_recording outgoing_call_offer_pref outbound_publish "
	"overlap_context pickup_group record_off_feature record_on_feature "
	"refer_blind_progress rpid_immediate rtp_engine "
	"security_mechanisms security_negotiation send_aoc "
	"send_pai_on_hold srtp_tag_32 stir_shaken "
	"stream_topology sub_min_expiry subscribe_context t38_bind_udptl_to_media_address t38_udptl "
	"t38_udptl_ec t38_udptl_ipv6 t38_udptl_maxdatagram t38_udptl_nat tenantid "
	"tos_video voicemail_extension ";

#define A(field) offsetof(struct conf_aor_draft, a.field)
static const struct conf_option conf_aor_options[] = {
	{"contact",                     CONF_SET,    0, 0, 0, NULL, conf_set_contact},
	{"max_contacts",                CONF_NUMBER, A(max_contacts), 0, 1000000, NULL, NULL},
	{"remove_existing",             CONF_BOOL,   A(remove_existing), 0, 0, NULL, NULL},
	{"remove_unavailable",          CONF_BOOL,   A(remove_unavailable), 0, 0, NULL, NULL},
	{"default_expiration",          CONF_NUMBER, A(default_expiration_s), 1, 2147483647, NULL, NULL},
	{"minimum_expiration",          CONF_NUMBER, A(minimum_expiration_s), 1, 2147483647, NULL, NULL},
	{"maximum_expiration",          CONF_NUMBER, A(maximum_expiration_s), 1, 2147483647, NULL, NULL},
	{"qualify_frequency",           CONF_NUMBER, A(qualify_s), 0, 86400, NULL, NULL},
	{"qualify_timeout",             CONF_SET,    0, 0, 0, NULL, conf_set_qualify_timeout},
	{"qualify_2xx_only",            CONF_BOOL,   A(qualify_2xx_only), 0, 0, NULL, NULL},
	{"authenticate_qualify",        CONF_BOOL,   A(authenticate_qualify), 0, 0, NULL, NULL},
	{"support_path",                CONF_BOOL,   A(support_path), 0, 0, NULL, NULL},
	{"outbound_proxy",              CONF_SET,    0, 0, 0, NULL, conf_set_aor_proxy},
	{0}
};
#undef A
static const char conf_aor_known[] = "mailboxes voicemail_extension ";

#define R(field) offsetof(struct conf_registration_draft, r.field)
#define D(field) offsetof(struct conf_registration_draft, field)
static const struct conf_option conf_registration_options[] = {
	{"server_uri",                  CONF_SET,    0, 0, 0, NULL, conf_set_server_uri},
	{"client_uri",                  CONF_SET,    0, 0, 0, NULL, conf_set_client_uri},
	{"outbound_proxy",              CONF_SET,    0, 0, 0, NULL, conf_set_registration_proxy},
	{"outbound_auth",               CONF_TEXT,   D(auth), 0, 0, NULL, NULL},
	{"transport",                   CONF_TEXT,   D(transport), 0, 0, NULL, NULL},
	{"contact_user",                CONF_TEXT,   R(contact_user), 0, 0, NULL, NULL},
	{"contact_header_params",       CONF_TEXT,   R(contact_header_params), 0, 0, NULL, NULL},
	{"endpoint",                    CONF_TEXT,   R(endpoint), 0, 0, NULL, NULL},
	{"user_agent",                  CONF_TEXT,   R(user_agent), 0, 0, NULL, NULL},
	{"expiration",                  CONF_NUMBER, R(expiration_s), 1, 2147483647, NULL, NULL},
	{"retry_interval",              CONF_NUMBER, R(retry_s), 0, 86400, NULL, NULL},
	{"forbidden_retry_interval",    CONF_NUMBER, R(forbidden_retry_s), 0, 2592000, NULL, NULL},
	{"fatal_retry_interval",        CONF_NUMBER, R(fatal_retry_s), 0, 2592000, NULL, NULL},
	{"max_retries",                 CONF_NUMBER, R(max_retries), 0, 2147483647, NULL, NULL},
	{"max_random_initial_delay",    CONF_NUMBER, R(max_initial_delay_s), 0, 86400, NULL, NULL},
	{"auth_rejection_permanent",    CONF_BOOL,   R(auth_rejection_permanent), 0, 0, NULL, NULL},
	{"line",                        CONF_BOOL,   R(line), 0, 0, NULL, NULL},
	{"support_path",                CONF_BOOL,   R(support_path), 0, 0, NULL, NULL},
	{"support_outbound",            CONF_LATER,  0, 0, 0, NULL, NULL},
	{"security_negotiation",        CONF_LATER,  0, 0, 0, NULL, NULL},
	{0}
};
#undef R
#undef D
static const char conf_registration_known[] =
	"security_mechanisms ";

#define U(field) offsetof(struct conf_auth_draft, a.field)
static const struct conf_option conf_auth_options[] = {
	{"auth_type",                   CONF_SET,    0, 0, 0, NULL, conf_set_auth_type},
	{"username",                    CONF_TEXT,   U(cred.username), 0, 0, NULL, NULL},
	{"password",                    CONF_TEXT,   U(cred.password), 0, 0, NULL, NULL},
	{"md5_cred",                    CONF_SET,    0, 0, 0, NULL, conf_set_md5_cred},
	{"password_digest",             CONF_SET,    0, 0, 0, NULL, conf_set_password_digest},
	{"realm",                       CONF_TEXT,   U(cred.realm), 0, 0, NULL, NULL},
	{"supported_algorithms_uac",    CONF_SET,    0, 0, 0, NULL, conf_set_algorithms_uac},
	{"supported_algorithms_uas",    CONF_SET,    0, 0, 0, NULL, conf_set_algorithms_uas},
	{"nonce_lifetime",              CONF_NUMBER, U(nonce_lifetime_s), 1, 86400, NULL, NULL},
	{"nonce_reuse",                 CONF_BOOL,   U(nonce_reuse), 0, 0, NULL, NULL},
	{0}
};
#undef U
static const char conf_auth_known[] =
	"refresh_token oauth_clientid oauth_secret ";

#define G(field) offsetof(struct sip_conf, field)
static const struct conf_option conf_global_options[] = {
	{"user_agent",                  CONF_TEXT,   G(user_agent), 0, 0, NULL, NULL},
	{"default_from_user",           CONF_TEXT,   G(default_from_user), 0, 0, NULL, NULL},
	{"max_forwards",                CONF_NUMBER, G(max_forwards), 1, 255, NULL, NULL},
	{"keep_alive_interval",         CONF_NUMBER, G(keep_alive_s), 0, 86400, NULL, NULL},
	{"max_initial_qualify_time",    CONF_NUMBER, G(max_initial_qualify_s), 0, 86400, NULL, NULL},
	{"use_callerid_contact",        CONF_BOOL,   G(use_callerid_contact), 0, 0, NULL, NULL},
	{"norefersub",                  CONF_BOOL,   G(norefersub), 0, 0, NULL, NULL},
	{"allow_sending_180_after_183", CONF_BOOL,   G(send_180_after_183), 0, 0, NULL, NULL},
	{"default_outbound_endpoint",   CONF_TEXT,   G(default_outbound_endpoint), 0, 0, NULL, NULL},
	{"default_realm",               CONF_TEXT,   G(default_realm), 0, 0, NULL, NULL},
	{"default_auth_algorithms_uac", CONF_SET,    0, 0, 0, NULL, conf_set_default_algorithms_uac},
	{"default_auth_algorithms_uas", CONF_SET,    0, 0, 0, NULL, conf_set_default_algorithms_uas},
	{"endpoint_identifier_order",   CONF_SET,    0, 0, 0, NULL, conf_set_identify_order},
	{"debug",                       CONF_WRITTEN, 0, 0, 0, NULL, NULL},
	{"unidentified_request_count",  CONF_NUMBER, G(unidentified_count), 0, 1000000, NULL, NULL},
	{"unidentified_request_period", CONF_NUMBER, G(unidentified_period_s), 0, 86400, NULL, NULL},
	{"unidentified_request_prune_interval", CONF_NUMBER, G(unidentified_prune_s), 0, 86400, NULL, NULL},
	{0}
};
static const char conf_global_known[] =
	"all_codecs_on_empty_reinvite contact_expiration_check_interval "
	"default_voicemail_extension disable_multi_domain "
	"mwi_disable_initial_unsolicited mwi_tps_queue_high mwi_tps_queue_low regcontext "
	"send_contact_status_on_update_registration taskprocessor_overload_trigger "
	"ignore_uri_user_options ";

static const struct conf_option conf_system_options[] = {
	{"timer_t1",                    CONF_SET,    0, 0, 0, NULL, conf_set_t1},
	{"timer_b",                     CONF_SET,    0, 0, 0, NULL, conf_set_b},
	{"disable_rport",               CONF_BOOL,   G(disable_rport), 0, 0, NULL, NULL},
	{"disable_tcp_switch",          CONF_BOOL,   G(disable_tcp_switch), 0, 0, NULL, NULL},
	{"compact_headers",             CONF_LATER,  0, 0, 0, NULL, NULL},
	{0}
};
#undef G
static const char conf_system_known[] =
	"accept_multiple_sdp_answers follow_early_media_fork "
	"taskpool_auto_increment taskpool_idle_timeout taskpool_initial_size taskpool_max_size "
	"taskpool_minimum_size threadpool_auto_increment threadpool_idle_timeout "
	"threadpool_initial_size threadpool_max_size all_codecs_on_empty_reinvite ";

#define I(field) offsetof(struct conf_identify_draft, field)
static const struct conf_option conf_identify_options[] = {
	{"endpoint",                    CONF_TEXT,   I(endpoint), 0, 0, NULL, NULL},
	{"srv_lookups",                 CONF_BOOL,   I(srv_lookups), 0, 0, NULL, NULL},
	{"match",                       CONF_SET,    0, 0, 0, NULL, conf_set_match},
	{"match_header",                CONF_SET,    0, 0, 0, NULL, conf_set_match_header},
	{"match_request_uri",           CONF_SET,    0, 0, 0, NULL, conf_set_match_ruri},
	{0}
};
#undef I

static const struct conf_option conf_acl_options[] = {
	{"permit",                      CONF_SET,    0, 0, 0, NULL, conf_set_acl_permit},
	{"deny",                        CONF_SET,    0, 0, 0, NULL, conf_set_acl_deny},
	{"acl",                         CONF_SET,    0, 0, 0, NULL, conf_set_acl_name},
	{"contact_permit",              CONF_SET,    0, 0, 0, NULL, conf_set_acl_permit},
	{"contact_deny",                CONF_SET,    0, 0, 0, NULL, conf_set_acl_deny},
	{"contact_acl",                 CONF_SET,    0, 0, 0, NULL, conf_set_acl_name},
	{0}
};

static const struct conf_type_info {
	const char *name;
	const struct conf_option *options;
	const char *known;
} conf_types[CONF_SERVED] = {
	[CONF_TRANSPORT] = {"transport", conf_transport_options, conf_transport_known},
	[CONF_ENDPOINT]  = {"endpoint",  conf_endpoint_options,  conf_endpoint_known},
	[CONF_AOR]       = {"aor",       conf_aor_options,       conf_aor_known},
	[CONF_AUTH]      = {"auth",      conf_auth_options,      conf_auth_known},
	[CONF_GLOBAL]    = {"global",    conf_global_options,    conf_global_known},
	[CONF_SYSTEM]    = {"system",    conf_system_options,    conf_system_known},
	[CONF_IDENTIFY]  = {"identify",  conf_identify_options,  ""},
	[CONF_ACL]       = {"acl",       conf_acl_options,       ""},
	[CONF_REGISTRATION] = {"registration", conf_registration_options, conf_registration_known},
};
static const char conf_quiet_types[] =
	"contact domain_alias phoneprov resource_list subscription_persistence "
	"inbound-publication asterisk-publication outbound-publish nat_hook profile ";
/* clang-format on */

static bool conf_has_word(const char *words, struct slice word)
{
	struct slice rest = slice_str(words), part;

	while (slice_split(&rest, ' ', &part))
		if (part.len && slice_ieq(part, word))
			return true;
	return false;
}

enum conf_type conf_type_lookup(struct slice name)
{
	for (int i = 0; i < CONF_SERVED; i++)
		if (slice_ieq(name, slice_str(conf_types[i].name)))
			return (enum conf_type)i;
	return conf_has_word(conf_quiet_types, name) ? CONF_QUIET : CONF_TYPE_UNKNOWN;
}

const char *conf_type_name(enum conf_type type)
{
	return type < CONF_SERVED ? conf_types[type].name : "other";
}

struct slice conf_type_option(enum conf_type type, uint32_t at, bool *has_effect)
{
	const struct conf_option *o = conf_types[type].options;
	struct slice rest = slice_str(conf_types[type].known), part;
	bool unused = false;

	has_effect = has_effect ? has_effect : &unused;
	for (; o->name; o++, at--) {
		*has_effect = o->kind != CONF_LATER;
		if (at == 0)
			return slice_str(o->name);
	}
	*has_effect = false;
	while (slice_split(&rest, ' ', &part))
		if (part.len && at-- == 0)
			return part;
	return SLICE_EMPTY;
}

static int conf_apply(struct conf_load *l, const struct conf_option *o,
		      const struct conffile_var *v)
{
	void *field = (char *)l->object + o->offset;
	uint32_t number = 0;
	int err;

	switch (o->kind) {
	case CONF_TEXT:
		return conf_text(l, v, field);
	case CONF_BOOL:
		return conf_bool(l, v, field);
	case CONF_NUMBER:
		return conf_number(l, v, o->min, o->max, field);
	case CONF_WORD:
		return conf_word(l, v, o->words, field);
	case CONF_IP:
		return conf_ip(l, v, field);
	case CONF_HOST:
		return conf_host_text(l, v, field);
	case CONF_TOS:
		return conf_tos(l, v, field);
	case CONF_OCTET:
		err = conf_number(l, v, o->min, o->max, &number);
		*(uint8_t *)field = (uint8_t)number;
		return err;
	case CONF_SET:
		return o->set(l, v);
	case CONF_WRITTEN:
		return 0;
	case CONF_LATER:
		if (!slice_is_false(v->value))
			log_warning("%s:%d: option '%.*s' of %s '%.*s' has no effect yet", v->file,
				    v->line, SLICE_ARG(v->name), conf_type_name(l->type),
				    SLICE_ARG(l->section->name));
		return 0;
	}
	return 0;
}

int conf_set_option(struct conf_load *l, const struct conffile_var *v)
{
	const struct conf_type_info *info = &conf_types[l->type];

	if (slice_ieq(v->name, SLICE_LIT("type")) || slice_starts(v->name, SLICE_LIT("@")))
		return 0;
	for (const struct conf_option *o = info->options; o->name; o++)
		if (slice_ieq(v->name, slice_str(o->name)))
			return conf_apply(l, o, v);
	if (!conf_has_word(info->known, v->name))
		log_error("Could not find option suitable for category '%.*s' named '%.*s' at line "
			  "%d of %s",
			  SLICE_ARG(l->section->name), SLICE_ARG(v->name), v->line, v->file);
	return 0;
}

/* ---- objects ---- */

static void conf_default_endpoint(struct sip_conf_endpoint *e)
{
	e->context = SLICE_LIT("default");
	e->sdp_owner = SLICE_LIT("-");
	e->sdp_session = SLICE_LIT("Asterisk");
	e->timers = SIP_TIMERS_YES;
	e->timers_min_se_s = 90;
	e->timers_sess_expires_s = 1800;
	e->rel100 = SIP_100REL_YES;
	e->force_rport = true;
	e->follow_early_media_fork = true;
	e->send_diversion = true;
	e->allow_transfer = true;
	e->identify_by = 1u << SIP_IDENTIFY_USERNAME | 1u << SIP_IDENTIFY_IP;
	e->send_connected_line = e->trust_connected_line = true;
}

static void conf_default_aor(struct sip_conf_aor *a)
{
	a->default_expiration_s = 3600;
	a->minimum_expiration_s = 60;
	a->maximum_expiration_s = 7200;
	a->qualify_timeout_ms = 3000;
}

static void conf_default_registration(struct sip_conf_registration *r)
{
	r->contact_user = SLICE_LIT("s");
	r->expiration_s = 3600;
	r->retry_s = 60;
	r->max_retries = 10;
	r->max_initial_delay_s = 10;
	r->auth_rejection_permanent = true;
}

static void conf_default_auth(struct sip_conf_auth *u)
{
	u->nonce_lifetime_s = 32;
	u->nonce_reuse = true;
}

static void conf_default_global(struct sip_conf *conf)
{
	conf->user_agent = SLICE_LIT("Ringer " RINGER_VERSION);
	conf->default_from_user = SLICE_LIT("asterisk");
	conf->default_outbound_endpoint = SLICE_LIT("default_outbound_endpoint");
	conf->max_forwards = 70;
	conf->norefersub = true;
	conf->disable_tcp_switch = true;
	conf->default_realm = SLICE_LIT("asterisk");
	conf->default_algs_uac = conf->default_algs_uas = SIP_AUTH_ALGS_DEFAULT;
	conf->identify_order[0] = SIP_IDENTIFY_IP;
	conf->identify_order[1] = SIP_IDENTIFY_USERNAME;
	conf->identify_order[2] = SIP_IDENTIFY_ANONYMOUS;
	conf->identify_order_count = 3;
	conf->keep_alive_s = 90;
	conf->unidentified_count = 5;
	conf->unidentified_period_s = 5;
	conf->unidentified_prune_s = 30;
}

void conf_defaults(enum conf_type type, void *object)
{
	struct conf_transport_draft *t = object;
	struct sip_conf *conf = object;

	switch (type) {
	case CONF_TRANSPORT:
		t->is_served = true;
		break;
	case CONF_ENDPOINT:
		conf_default_endpoint(&((struct conf_endpoint_draft *)object)->e);
		break;
	case CONF_AOR:
		conf_default_aor(&((struct conf_aor_draft *)object)->a);
		break;
	case CONF_REGISTRATION:
		conf_default_registration(&((struct conf_registration_draft *)object)->r);
		break;
	case CONF_IDENTIFY:
		((struct conf_identify_draft *)object)->srv_lookups = true;
		break;
	case CONF_ACL:
		break;
	case CONF_AUTH:
		conf_default_auth(&((struct conf_auth_draft *)object)->a);
		break;
	case CONF_GLOBAL:
		conf_default_global(conf);
		break;
	case CONF_SYSTEM:
		conf->t1_ns = INT64_C(500000000);
		conf->b_ns = 64 * conf->t1_ns;
		break;
	default:
		check(false);
	}
}

static int conf_finish_endpoint(struct conf_load *l, struct conf_endpoint_draft *d)
{
	d->e.name = conf_dup(l->conf, l->section->name);
	if (d->e.timers_sess_expires_s < d->e.timers_min_se_s)
		return conf_fail(l, NULL, "timers_sess_expires is below timers_min_se (%u)",
				 d->e.timers_min_se_s);
	if (d->rtp_ipv6)
		d->e.media.local.family = 6;
	if (d->rtp_to_media_address && d->e.media_address.len)
		UNUSED(addr_parse_ip(&d->e.media.local, d->e.media_address));
	d->e.media.language = d->e.language;
	return 0;
}

static int conf_finish_registration(struct conf_load *l, struct conf_registration_draft *d)
{
	d->r.name = conf_dup(l->conf, l->section->name);
	d->r.hash = sip_conf_name_hash(d->r.name);
	if (!d->r.server_uri.len)
		return conf_fail(l, NULL,
				 "server_uri= is missing; give one, as "
				 "server_uri=sip:192.0.2.1");
	if (!d->r.client_uri.len)
		return conf_fail(l, NULL,
				 "client_uri= is missing; give one, as "
				 "client_uri=sip:user@192.0.2.1");
	if (d->r.line && !d->r.endpoint.len)
		return conf_fail(l, NULL,
				 "line=yes wants endpoint=, to which calls on the line "
				 "belong");
	return 0;
}

/* RFC 3261 17.1.1.2 */
static void conf_finish_system(struct conf_load *l)
{
	const struct conffile_var *v = conffile_get(l->section, "timer_b");
	int64_t least_ns = 64 * l->conf->t1_ns;

	if (l->conf->b_ns >= least_ns)
		return;
	if (v)
		log_warning("%s:%d: timer_b=%.*s is below 64 * timer_t1; %lld is used", v->file,
			    v->line, SLICE_ARG(v->value), (long long)(least_ns / 1000000));
	l->conf->b_ns = least_ns;
}

int conf_finish_object(struct conf_load *l)
{
	struct conf_transport_draft *t = l->object;
	struct conf_auth_draft *u = l->object;
	struct conf_aor_draft *a = l->object;
	struct conf_identify_draft *i = l->object;

	switch (l->type) {
	case CONF_TRANSPORT:
		t->t.name = conf_dup(l->conf, l->section->name);
		if (t->is_served && !t->has_bind)
			return conf_fail(l, NULL,
					 "bind= is missing; give one, as bind=0.0.0.0:5060");
		if (t->t.protocol == SIP_TRANSPORT_TLS && !t->has_port)
			t->t.bind.port = 5061;
		return 0;
	case CONF_ENDPOINT:
		return conf_finish_endpoint(l, l->object);
	case CONF_AOR:
		a->a.name = conf_dup(l->conf, l->section->name);
		a->a.hash = contact_aor_hash(a->a.name);
		if (a->a.maximum_expiration_s < a->a.minimum_expiration_s)
			return conf_fail(l, NULL,
					 "maximum_expiration is below minimum_expiration (%u)",
					 a->a.minimum_expiration_s);
		return 0;
	case CONF_REGISTRATION:
		return conf_finish_registration(l, l->object);
	case CONF_AUTH:
		u->a.name = conf_dup(l->conf, l->section->name);
		return 0;
	case CONF_IDENTIFY:
		i->i.name = conf_dup(l->conf, l->section->name);
		return 0;
	case CONF_SYSTEM:
		conf_finish_system(l);
		return 0;
	default:
		return 0;
	}
}
