/* tests/unit/sip/test_conf_option.c - every option of pjsip.conf is accounted for: what it is when
 * nothing is written, and where it is told what it does, or that it does nothing. */
#include "engine/base/check.h"
#include "sip/center_internal.h"
#include "sip/conf_internal.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"
#include "tests/unit/core/rows.h"

static struct sip_conf *load(const char *text)
{
	const struct memconf_file files[] = {{"pjsip.conf", text, 0}, {NULL, NULL, 0}};
	char room[512];
	struct sink error = sink_make(room, sizeof(room));
	struct conffile_error why;
	struct conffile *file;
	struct sip_conf *conf;
	struct memconf m;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&file, &m.source, "pjsip.conf", &why), 0);
	assert_int_equal(sip_conf_load(&conf, file, &error), 0);
	conffile_free(file);
	return conf;
}

/* ---- defaults ---- */

struct number {
	const char *option;
	uint64_t is, should;
};

static void assert_numbers(const struct number *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].is != rows[i].should)
			fail_msg("%s is %llu", rows[i].option, (unsigned long long)rows[i].is);
}

struct words {
	const char *option;
	struct slice is;
	const char *should;
};

static void assert_words(const struct words *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!slice_eq(rows[i].is, slice_str(rows[i].should)))
			fail_msg("%s is '%.*s'", rows[i].option, SLICE_ARG(rows[i].is));
}

static void test_transport_defaults(void **state)
{
	struct sip_conf *c = load("[t]\ntype=transport\nbind=0.0.0.0\n"
				  "[s]\ntype=transport\nprotocol=tls\nbind=0.0.0.0\ncert_file=x\n");
	const struct sip_conf_transport *t = &c->transports[0];
	const struct number numbers[] = {
		{"protocol", t->protocol, SIP_TRANSPORT_UDP},
		{"bind", t->bind.port, 5060},
		{"bind of TLS", c->transports[1].bind.port, 5061},
		{"method", t->method, TLS_ANY},
		{"verify_server", t->verify_server, false},
		{"verify_client", t->verify_client, false},
		{"require_client_cert", t->require_client_cert, false},
		{"allow_wildcard_certs", t->allow_wildcard_certs, false},
		{"external_signaling_port", t->external_port, 0},
		{"local_net", t->local_net_count, 0},
		{"tos", t->mark.dscp, 0},
		{"cos", t->mark.priority, 0},
	};
	const struct words words[] = {
		{"external_signaling_address", t->external_address, ""},
		{"external_media_address", t->external_media, ""},
		{"cert_file", t->cert_file, ""},
		{"priv_key_file", t->key_file, ""},
		{"ca_list_file", t->ca_file, ""},
		{"ca_list_path", t->ca_path, ""},
		{"cipher", t->cipher, ""},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	assert_words(words, ARRAY_COUNT(words));
	sip_conf_free(c);
}

static void test_endpoint_defaults(void **state)
{
	struct sip_conf *c = load("[e]\ntype=endpoint\n");
	const struct sip_conf_endpoint *e = sip_conf_endpoint(c, SLICE_LIT("e"));
	const struct number numbers[] = {
		{"transport", (uint64_t)e->transport, (uint64_t)-1},
		{"aors", e->aor_count, 0},
		{"auth", e->auth_count, 0},
		{"outbound_auth", e->auth != NULL, false},
		{"allow", e->allow.count, 0},
		{"identify_by", e->identify_by,
		 1u << SIP_IDENTIFY_USERNAME | 1u << SIP_IDENTIFY_IP},
		{"acl", e->acl.count, 0},
		{"contact_acl", e->contact_acl.count, 0},
		{"callerid_privacy", e->cid_restricted, false},
		{"callerid_privacy, screened", e->cid_screened, false},
		{"trust_id_outbound", e->trust_id_outbound, false},
		{"trust_id_inbound", e->trust_id_inbound, false},
		{"send_pai", e->send_pai, false},
		{"send_rpid", e->send_rpid, false},
		{"send_diversion", e->send_diversion, true},
		{"send_connected_line", e->send_connected_line, true},
		{"trust_connected_line", e->trust_connected_line, true},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	sip_conf_free(c);
}

static void test_call_defaults(void **state)
{
	struct sip_conf *c = load("[e]\ntype=endpoint\n");
	const struct sip_conf_endpoint *e = sip_conf_endpoint(c, SLICE_LIT("e"));
	const struct number numbers[] = {
		{"dtmf_mode", e->dtmf, SIP_DTMF_RFC4733},
		{"rtp_symmetric", e->media.symmetric, false},
		{"force_rport", e->force_rport, true},
		{"rewrite_contact", e->rewrite_contact, false},
		{"bind_rtp_to_media_address, rtp_ipv6", e->media.local.family, 0},
		{"media_encryption", e->is_refused, false},
		{"timers", e->timers, SIP_TIMERS_YES},
		{"timers_min_se", e->timers_min_se_s, 90},
		{"timers_sess_expires", e->timers_sess_expires_s, 1800},
		{"100rel", e->rel100, SIP_100REL_YES},
		{"inband_progress", e->inband_progress, false},
		{"ignore_183_without_sdp", e->ignore_183_without_sdp, false},
		{"follow_early_media_fork", e->follow_early_media_fork, true},
		{"accept_multiple_sdp_answers", e->accept_multiple_sdp_answers, false},
		{"rtp_timeout", e->media.timeout_s, 0},
		{"rtp_timeout_hold", e->media.timeout_hold_s, 0},
		{"rtp_keepalive", e->media.keepalive_s, 0},
		{"tos_audio", e->media.mark.dscp, 0},
		{"cos_audio", e->media.mark.priority, 0},
		{"use_ptime", e->use_ptime, false},
		{"set_var", e->set_var_count, 0},
		{"user_eq_phone", e->user_eq_phone, false},
		{"redirect_method", e->redirect, SIP_REDIRECT_USER},
		{"device_state_busy_at", e->busy_at, 0},
		{"allow_transfer", e->allow_transfer, true},
		{"suppress_q850_reason_headers", e->suppress_q850, false},
	};
	const struct words words[] = {
		{"context", e->context, "default"},
		{"sdp_owner", e->sdp_owner, "-"},
		{"sdp_session", e->sdp_session, "Asterisk"},
		{"outbound_proxy", e->outbound_proxy, ""},
		{"from_user", e->from_user, ""},
		{"from_domain", e->from_domain, ""},
		{"contact_user", e->contact_user, ""},
		{"callerid", e->cid_num, ""},
		{"media_address", e->media_address, ""},
		{"language", e->language, ""},
		{"accountcode", e->account, ""},
		{"stir_shaken_profile", e->stir_profile, ""},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	assert_words(words, ARRAY_COUNT(words));
	sip_conf_free(c);
}

static void test_aor_and_auth_defaults(void **state)
{
	struct sip_conf *c = load("[a]\ntype=aor\n[u]\ntype=auth\nusername=u\npassword=p\n"
				  "[i]\ntype=identify\nendpoint=e\nmatch=h.example\n");
	const struct sip_conf_aor *a = &c->aors[0];
	const struct sip_conf_auth *u = &c->auths[0];
	const struct number numbers[] = {
		{"contact", a->contact_count, 0},
		{"max_contacts", a->max_contacts, 0},
		{"remove_existing", a->remove_existing, false},
		{"remove_unavailable", a->remove_unavailable, false},
		{"default_expiration", a->default_expiration_s, 3600},
		{"minimum_expiration", a->minimum_expiration_s, 60},
		{"maximum_expiration", a->maximum_expiration_s, 7200},
		{"qualify_frequency", a->qualify_s, 0},
		{"qualify_timeout", a->qualify_timeout_ms, 3000},
		{"qualify_2xx_only", a->qualify_2xx_only, false},
		{"authenticate_qualify", a->authenticate_qualify, false},
		{"support_path", a->support_path, false},
		{"aor outbound_proxy", a->outbound_proxy.len, 0},
		{"nonce_lifetime", u->nonce_lifetime_s, 32},
		{"supported_algorithms_uac", u->alg_mask, 1u << SIP_AUTH_MD5},
		{"supported_algorithms_uas", sip_auth_algs_mask(&u->algs_uas), 1u << SIP_AUTH_MD5},
		{"default_auth_algorithms_uac", sip_auth_algs_mask(&c->default_algs_uac),
		 1u << SIP_AUTH_MD5},
		{"default_auth_algorithms_uas", sip_auth_algs_mask(&c->default_algs_uas),
		 1u << SIP_AUTH_MD5},
		{"realm", u->cred.realm.len, 0},
		{"nonce_reuse", u->nonce_reuse, true},
		{"srv_lookups", c->hosts[0].srv, true},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	sip_conf_free(c);
}

static void test_registration_defaults(void **state)
{
	struct sip_conf *c = load("[r]\ntype=registration\nserver_uri=sip:h.example\n"
				  "client_uri=sip:u@h.example\n");
	const struct sip_conf_registration *r = &c->registrations[0];
	const struct number numbers[] = {
		{"outbound_auth", r->auth != NULL, false},
		{"transport", (uint64_t)r->transport, (uint64_t)-1},
		{"expiration", r->expiration_s, 3600},
		{"retry_interval", r->retry_s, 60},
		{"forbidden_retry_interval", r->forbidden_retry_s, 0},
		{"fatal_retry_interval", r->fatal_retry_s, 0},
		{"max_retries", r->max_retries, 10},
		{"auth_rejection_permanent", r->auth_rejection_permanent, true},
		{"max_random_initial_delay", r->max_initial_delay_s, 10},
		{"line", r->line, false},
		{"support_path", r->support_path, false},
	};
	const struct words words[] = {
		{"contact_user", r->contact_user, "s"},
		{"contact_header_params", r->contact_header_params, ""},
		{"endpoint", r->endpoint, ""},
		{"user_agent", r->user_agent, ""},
		{"outbound_proxy", r->outbound_proxy, ""},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	assert_words(words, ARRAY_COUNT(words));
	sip_conf_free(c);
}

static void test_global_and_system_defaults(void **state)
{
	struct sip_conf *c = load("[g]\ntype=global\n[s]\ntype=system\n");
	const struct number numbers[] = {
		{"max_forwards", c->max_forwards, 70},
		{"keep_alive_interval", c->keep_alive_s, 90},
		{"endpoint_identifier_order", c->identify_order_count, 3},
		{"endpoint_identifier_order, first", c->identify_order[0], SIP_IDENTIFY_IP},
		{"endpoint_identifier_order, second", c->identify_order[1], SIP_IDENTIFY_USERNAME},
		{"endpoint_identifier_order, third", c->identify_order[2], SIP_IDENTIFY_ANONYMOUS},
		{"max_initial_qualify_time", c->max_initial_qualify_s, 0},
		{"unidentified_request_count", c->unidentified_count, 5},
		{"unidentified_request_period", c->unidentified_period_s, 5},
		{"unidentified_request_prune_interval", c->unidentified_prune_s, 30},
		{"norefersub", c->norefersub, true},
		{"allow_sending_180_after_183", c->send_180_after_183, false},
		{"use_callerid_contact", c->use_callerid_contact, false},
		{"timer_t1", (uint64_t)c->t1_ns, 500000000},
		{"timer_b", (uint64_t)c->b_ns, UINT64_C(32000000000)},
		{"disable_tcp_switch", c->disable_tcp_switch, true},
		{"disable_rport", c->disable_rport, false},
	};
	const struct words words[] = {
		{"user_agent", c->user_agent, "Ringer " RINGER_VERSION},
		{"default_outbound_endpoint", c->default_outbound_endpoint,
		 "default_outbound_endpoint"},
		{"default_from_user", c->default_from_user, "asterisk"},
		{"default_realm", c->default_realm, "asterisk"},
	};

	UNUSED(state);
	assert_numbers(numbers, ARRAY_COUNT(numbers));
	assert_words(words, ARRAY_COUNT(words));
	sip_conf_free(c);
}

/* What is shown where nothing is written, also of options that have no effect. */
static void keep(void *arg, struct slice name, struct slice value)
{
	UNUSED(name);
	slice_copy(arg, 512, value);
}

static void test_shown_defaults(void **state)
{
	static const struct {
		enum tech_kind kind;
		const char *option, *shown;
	} rows[] = {
		{TECH_TRANSPORT, "protocol", "udp"},
		{TECH_TRANSPORT, "tcp_keepalive_enable", "false"},
		{TECH_TRANSPORT, "tcp_keepalive_idle_time", "30"},
		{TECH_TRANSPORT, "tcp_keepalive_interval_time", "1"},
		{TECH_TRANSPORT, "tcp_keepalive_probe_count", "5"},
		{TECH_TRANSPORT, "allow_reload", "false"},
		{TECH_TRANSPORT, "symmetric_transport", "false"},
		{TECH_TRANSPORT, "websocket_write_timeout", "100"},
		{TECH_TRANSPORT, "async_operations", "1"},
		{TECH_ENDPOINT, "direct_media", "true"},
		{TECH_ENDPOINT, "direct_media_method", "invite"},
		{TECH_ENDPOINT, "disable_direct_media_on_nat", "false"},
		{TECH_ENDPOINT, "media_encryption_optimistic", "false"},
		{TECH_ENDPOINT, "max_audio_streams", "1"},
		{TECH_ENDPOINT, "max_video_streams", "1"},
		{TECH_ENDPOINT, "rtp_port_start", "0"},
		{TECH_ENDPOINT, "rtp_port_end", "0"},
		{TECH_ENDPOINT, "outgoing_call_offer_pref", "remote_merge"},
		{TECH_ENDPOINT, "incoming_call_offer_pref", "local"},
		{TECH_ENDPOINT, "moh_suggest", "default"},
		{TECH_ENDPOINT, "allow_subscribe", "true"},
		{TECH_ENDPOINT, "allow_overlap", "true"},
		{TECH_ENDPOINT, "send_history_info", "false"},
		{TECH_ENDPOINT, "follow_redirect_methods", ""},
		{TECH_AOR, "qualify_timeout", "3.000000"},
		{TECH_AUTH, "auth_type", "digest"},
		{TECH_REGISTRATION, "support_outbound", "false"},
	};
	struct sip_conf *conf = load("[x]\ntype=transport\nbind=0.0.0.0\n[x]\ntype=endpoint\n"
				     "[x]\ntype=aor\n[x]\ntype=auth\n[x]\ntype=registration\n"
				     "server_uri=sip:h\nclient_uri=sip:h\n");
	const struct sip_center center = {.conf = conf};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct tech_object o = {.kind = rows[i].kind, .name = SLICE_LIT("x")};
		char value[512] = "not told";

		center_option(&center, &o, slice_str(rows[i].option), keep, value);
		if (strcmp(value, rows[i].shown) != 0)
			fail_msg("%s is shown as '%s'", rows[i].option, value);
	}
	sip_conf_free(conf);
}

/* ---- documents ---- */

static void test_each_is_told(void **state)
{
	char *rows = rows_read("tests/flow/ROWS.md"), *readme = rows_read("sip/README.md");
	char missing[4096] = "";
	struct sink out = sink_make(missing, sizeof(missing) - 1);

	UNUSED(state);
	for (int type = 0; type < CONF_SERVED; type++) {
		const char *name = conf_type_name((enum conf_type)type);
		struct slice option;
		bool has_effect;

		for (uint32_t i = 0;
		     (option = conf_type_option((enum conf_type)type, i, &has_effect)).len; i++)
			if (rows_have(rows, name, option) != has_effect ||
			    rows_have(readme, name, option) == has_effect)
				sink_fmt(&out, "%s: %.*s, which has %s effect\n", name,
					 SLICE_ARG(option), has_effect ? "an" : "no");
	}
	free(rows);
	free(readme);
	if (out.len)
		fail_msg("not told as what they are:\n%s", sink_cstr(&out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport_defaults),
		cmocka_unit_test(test_endpoint_defaults),
		cmocka_unit_test(test_call_defaults),
		cmocka_unit_test(test_aor_and_auth_defaults),
		cmocka_unit_test(test_registration_defaults),
		cmocka_unit_test(test_global_and_system_defaults),
		cmocka_unit_test(test_shown_defaults),
		cmocka_unit_test(test_each_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
