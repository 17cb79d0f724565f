/* tests/unit/sip/test_conf.c - pjsip.conf: values, what refuses the load, what is only said, dial
 * strings. */
#include "engine/base/check.h"
#include "sip/conf.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char logged[4096];

static void keep_log(void *arg, const struct log_line *line)
{
	size_t len = strlen(logged);

	UNUSED(arg);
	snprintf(logged + len, sizeof(logged) - len, "%s\n", line->text);
}

static int read_text(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	*len = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

static int load(const char *text, struct sip_conf **conf, char error[512])
{
	struct conffile_source source = {.read = read_text, .etc_dir = "/etc"};
	struct sink sink = sink_make(error, 511);
	char copy[4096];
	struct conffile_error why;
	struct conffile *cf;
	int err;

	snprintf(copy, sizeof(copy), "%s", text);
	source.arg = copy;
	logged[0] = 0;
	log_set_writer(keep_log, NULL);
	assert_int_equal(conffile_load(&cf, &source, "pjsip.conf", &why), 0);
	err = sip_conf_load(conf, cf, &sink);
	sink_cstr(&sink);
	conffile_free(cf);
	log_set_writer(NULL, NULL);
	return err;
}

static struct sip_conf *load_ok(const char *text)
{
	struct sip_conf *conf;
	char error[512];

	if (load(text, &conf, error))
		fail_msg("%s", error);
	return conf;
}

static const char sample[] =
	"[global]\ntype=global\nuser_agent=Test 1\nmax_forwards=50\ndefault_from_user=me\n"
	"[system]\ntype=system\ntimer_t1=250\n"
	"[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0\ntos=cs3\n"
	"external_signaling_address=203.0.113.5\nexternal_media_address=203.0.113.6\n"
	"local_net=10.0.0.0/8\nlocal_net=192.168.0.0/255.255.0.0\n"
	"[tls]\ntype=transport\nprotocol=tls\nbind=0.0.0.0:5061\ncert_file=/x\n"
	"[trunk]\ntype=endpoint\ncontext=from-trunk\naors=trunk,second\noutbound_auth=acct\n"
	"disallow=all\nallow=alaw,ulaw\ncallerid=\"Ann B\" <+4930123>\ncallerid_privacy=prohib\n"
	"from_user=fu\nfrom_domain=fd.example\nsend_pai=yes\nsend_rpid=no\nrtp_symmetric=yes\n"
	"rtp_timeout=30\nrtp_timeout_hold=300\ntimers=required\ntimers_sess_expires=600\n100rel="
	"no\ndtmf_mode=info\n"
	"outbound_proxy=sip:192.0.2.7:5070\\;lr\nset_var=A=1\nset_var=B=2\naccountcode=acc\n"
	"language=de\nfollow_early_media_fork=no\ndirect_media=no\ntransport=udp\n"
	"[trunk]\ntype=aor\ncontact=sip:192.0.2.1:5080\nqualify_frequency=30\nqualify_timeout=2.5\n"
	"[second]\ntype=aor\ncontact=sip:192.0.2.2\n"
	"[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=s3\nrealm=r\n"
	"supported_algorithms_uac=MD5,SHA-256\n"
	"[plain]\ntype=endpoint\ntransport=tls\nauth=acct\nidentify_by=auth_username,ip\n"
	"deny=0.0.0.0/0\npermit=10.0.0.0/8,!10.1.0.0/16\ncontact_deny=192.168.0.0/16\n"
	"[id]\ntype=identify\nendpoint=trunk\nmatch=192.0.2.1,198.51.100.0/24\n"
	"match=203.0.113.9\nmatch_header=X-Trunk: /^t[0-9]$/\nmatch_request_uri=sip:x@y\n";

static void test_global(const struct sip_conf *c)
{
	assert_true(slice_eq(c->user_agent, SLICE_LIT("Test 1")));
	assert_true(slice_eq(c->default_from_user, SLICE_LIT("me")));
	assert_int_equal(c->max_forwards, 50);
	assert_true(c->t1_ns == 250000000 && c->b_ns == INT64_C(32000000000));
}

static void test_callers(const struct sip_conf *c)
{
	const struct sip_conf_endpoint *e = sip_conf_endpoint(c, SLICE_LIT("plain"));
	struct addr in = {.family = 4, .ip = {10, 2, 3, 4}},
		    out = {.family = 4, .ip = {10, 1, 3, 4}};

	assert_int_equal(e->auth_count, 1);
	assert_true(slice_eq(e->auths[0]->name, SLICE_LIT("acct")));
	assert_int_equal(e->auths[0]->nonce_lifetime_s, 32);
	assert_int_equal(e->auths[0]->algs_uas.count, 1);
	assert_int_equal(e->auths[0]->algs_uas.list[0], SIP_AUTH_MD5);
	assert_int_equal(e->identify_by, 1u << SIP_IDENTIFY_AUTH_USERNAME | 1u << SIP_IDENTIFY_IP);
	assert_true(acl_allows(&e->acl, &in) && !acl_allows(&e->acl, &out));
	assert_int_equal(e->contact_acl.count, 1);
	assert_int_equal(c->identify_count, 1);
	assert_ptr_equal(c->identifies[0].endpoint, sip_conf_endpoint(c, SLICE_LIT("trunk")));
	assert_int_equal(c->identifies[0].net_count, 3);
	assert_non_null(c->identifies[0].header_regex);
	assert_null(c->identifies[0].ruri_regex);
	assert_true(slice_eq(c->default_realm, SLICE_LIT("asterisk")));
	assert_int_equal(c->identify_order_count, 3);
}

static void test_transports(const struct sip_conf *c)
{
	const struct sip_conf_transport *t = &c->transports[0];
	struct addr a = {.family = 4, .ip = {10, 1, 2, 3}};

	assert_int_equal(c->transport_count, 2);
	assert_int_equal(t->bind.port, 5060);
	assert_int_equal(t->mark.dscp, 24);
	assert_true(slice_eq(t->external_address, SLICE_LIT("203.0.113.5")));
	assert_int_equal(t->local_net_count, 2);
	assert_true(addr_net_has(&t->local_net[0], &a));
}

static void test_endpoint(const struct sip_conf *c)
{
	const struct sip_conf_endpoint *e = sip_conf_endpoint(c, SLICE_LIT("trunk"));

	assert_non_null(e);
	assert_ptr_equal(sip_conf_endpoint_hash(c, e->hash), e);
	assert_true(slice_eq(e->context, SLICE_LIT("from-trunk")));
	assert_int_equal(e->allow.count, 2);
	assert_int_equal(e->allow.codec[0], CODEC_PCMA);
	assert_true(slice_eq(e->cid_name, SLICE_LIT("Ann B")));
	assert_true(slice_eq(e->cid_num, SLICE_LIT("+4930123")));
	assert_true(e->cid_restricted && e->send_pai && !e->send_rpid && e->media.symmetric);
	assert_int_equal(e->media.timeout_s, 30);
	assert_int_equal(e->media.timeout_hold_s, 300);
	assert_int_equal(e->timers, SIP_TIMERS_REQUIRED);
	assert_int_equal(e->timers_sess_expires_s, 600);
	assert_int_equal(e->timers_min_se_s, 90);
	assert_int_equal(e->rel100, SIP_100REL_NO);
	assert_int_equal(e->dtmf, SIP_DTMF_INFO);
	assert_false(e->follow_early_media_fork);
	assert_true(slice_eq(e->outbound_proxy, SLICE_LIT("sip:192.0.2.7:5070;lr")));
	assert_int_equal(e->set_var_count, 2);
	assert_true(slice_eq(e->set_vars[1], SLICE_LIT("B=2")));
	assert_int_equal(e->transport, 0);
	assert_int_equal(e->aor_count, 2);
	assert_int_equal(e->aors[0]->contacts[0].parts.port, 5080);
	assert_int_equal(e->aors[1]->contacts[0].parts.port, 0);
	assert_non_null(e->auth);
	assert_true(slice_eq(e->auth->cred.username, SLICE_LIT("joe")));
	assert_int_equal(e->auth->alg_mask, 1u << SIP_AUTH_MD5 | 1u << SIP_AUTH_SHA256);
}

static void test_sample(void **state)
{
	struct sip_conf *c = load_ok(sample);
	const struct sip_conf_endpoint *plain = sip_conf_endpoint(c, SLICE_LIT("plain"));

	UNUSED(state);
	test_global(c);
	test_transports(c);
	test_callers(c);
	test_endpoint(c);
	assert_int_equal(plain->transport, 1);
	/* defaults */
	assert_true(plain->follow_early_media_fork && plain->force_rport && !plain->send_pai);
	assert_int_equal(plain->timers, SIP_TIMERS_YES);
	assert_int_equal(plain->timers_sess_expires_s, 1800);
	assert_int_equal(plain->allow.count, 0);
	assert_true(slice_eq(plain->context, SLICE_LIT("default")));
	assert_null(sip_conf_endpoint(c, SLICE_LIT("Trunk")));
	assert_null(sip_conf_endpoint(c, SLICE_LIT("nobody")));
	sip_conf_free(c);
}

static void assert_refused(const char *text, const char *expected)
{
	struct sip_conf *conf = NULL;
	char error[512];

	assert_int_equal(load(text, &conf, error), -EINVAL);
	assert_null(conf);
	assert_string_equal(error, expected);
}

static void test_too_many_local_nets(void **state)
{
	char text[4096], error[256];
	struct sink out = sink_make(text, sizeof(text) - 1);

	UNUSED(state);
	sink_lit(&out, "[t]\ntype=transport\nbind=0.0.0.0\n");
	for (int i = 0; i <= LIMIT_SIP_LOCAL_NETS; i++)
		sink_fmt(&out, "local_net=10.0.%d.0/24\n", i);
	snprintf(error, sizeof(error),
		 "pjsip.conf:%d: [t] type=transport: local_net=10.0.%d.0/24 cannot be used: a "
		 "transport may have %d; join networks to larger ones",
		 4 + LIMIT_SIP_LOCAL_NETS, LIMIT_SIP_LOCAL_NETS, LIMIT_SIP_LOCAL_NETS);
	assert_refused(sink_cstr(&out), error);
}

/* A value that cannot be used refuses everything and says where, what and what is allowed. */
static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[e]\ntype=endpoint\ntimers=maybe\n",
		 "pjsip.conf:3: [e] type=endpoint: timers=maybe cannot be used: allowed are: no "
		 "yes "
		 "required always forced"},
		{"[e]\ntype=endpoint\n\nsend_pai=perhaps\n",
		 "pjsip.conf:4: [e] type=endpoint: send_pai=perhaps cannot be used: allowed are "
		 "yes and "
		 "no"},
		{"[e]\ntype=endpoint\nrtp_timeout=-1\n",
		 "pjsip.conf:3: [e] type=endpoint: rtp_timeout=-1 cannot be used: allowed is a "
		 "number "
		 "from 0 to 86400"},
		{"[e]\ntype=endpoint\nset_var=oops\n",
		 "pjsip.conf:3: [e] type=endpoint: set_var=oops cannot be used: give name=value"},
		{"[t]\ntype=transport\nbind=nowhere\n",
		 "pjsip.conf:3: [t] type=transport: bind=nowhere cannot be used: give address or "
		 "address:port, as 0.0.0.0:5060"},
		{"[t]\ntype=transport\n", "pjsip.conf:1: [t] type=transport: bind= is missing; "
					  "give one, as bind=0.0.0.0:5060"},
		{"[t]\ntype=transport\nprotocol=carrier-pigeon\n",
		 "pjsip.conf:3: [t] type=transport: protocol=carrier-pigeon cannot be used: "
		 "allowed are: "
		 "udp tcp tls ws wss flow"},
		{"[a]\ntype=aor\ncontact=tel:123\n",
		 "pjsip.conf:3: [a] type=aor: contact=tel:123 cannot be used: give a SIP URI, as "
		 "sip:192.0.2.1:5060"},
		{"[u]\ntype=auth\nmd5_cred=xyz\n", "pjsip.conf:3: [u] type=auth: md5_cred=<hidden> "
						   "cannot be used: give the 32 hex digits of "
						   "MD5(user:realm:password)"},
		{"[u]\ntype=auth\nsupported_algorithms_uac=ROT13\n",
		 "pjsip.conf:3: [u] type=auth: supported_algorithms_uac=ROT13 cannot be used: "
		 "allowed "
		 "are: MD5, SHA-256, SHA-512-256"},
		{"[s]\ntype=system\ntimer_t1=5\n", "pjsip.conf:3: [s] type=system: timer_t1=5 "
						   "cannot be used: allowed is a number from 100 "
						   "to 10000"},
		{"[e]\ntype=endpoint\ntimers_min_se=300\ntimers_sess_expires=200\n",
		 "pjsip.conf:1: [e] type=endpoint: timers_sess_expires is below timers_min_se "
		 "(300)"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_refused(rows[i].text, rows[i].error);
}

/* What concerns callers. */
static void test_refused_callers(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[e]\ntype=endpoint\nidentify_by=nose\n",
		 "pjsip.conf:3: [e] type=endpoint: identify_by=nose cannot be used: allowed are: "
		 "username auth_username ip header request_uri anonymous"},
		{"[i]\ntype=identify\nmatch_header=X\n",
		 "pjsip.conf:3: [i] type=identify: match_header=X cannot be used: give Name: "
		 "value, or "
		 "Name: /regular expression/"},
		{"[i]\ntype=identify\nmatch_request_uri=/a(/\n[j]\ntype=identify\n",
		 "pjsip.conf:3: [i] type=identify: match_request_uri=/a(/ cannot be used: give a "
		 "regular expression within the slashes"},
		{"[a]\ntype=acl\npermit=10.0.0.0/99\n",
		 "pjsip.conf:3: [a] type=acl: permit=10.0.0.0/99 cannot be used: give addresses or "
		 "networks, as 10.0.0.0/8"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_refused(rows[i].text, rows[i].error);
}

/* What is said, but refuses nothing. */
static void test_said(void **state)
{
	static const struct {
		const char *text, *said; /* NULL: silence */
	} rows[] = {
		{"[e]\ntype=endpoint\nno_such=1\n",
		 "Could not find option suitable for category 'e' named 'no_such' at line 3 of "
		 "pjsip.conf\n"},
		{"[e]\ntype=endpoint\n[e]\ntype=endpoint\n", "Endpoint 'e' stands twice"},
		{"[e]\nallow=ulaw\n", "pjsip.conf:1: section [e] has no type= and is skipped"},
		{"[e]\ntype=wonder\n",
		 "pjsip.conf:2: section [e] has type=wonder, which is not known"},
		{"[r]\ntype=registration\nserver_uri=sip:x.example\nclient_uri=sip:a@x.example\n"
		 "outbound_proxy=sip:p.example\\;lr\n[a]\ntype=aor\noutbound_proxy=sips:p."
		 "example\n",
		 NULL},
		{"[e]\ntype=endpoint\naors=none\n",
		 "aors names 'none', but there is no such section"},
		{"[e]\ntype=endpoint\noutbound_auth=none\n", "outbound_auth names 'none'"},
		{"[e]\ntype=endpoint\nwebrtc=yes\n",
		 "option 'webrtc' of endpoint 'e' has no effect yet"},
		{"[e]\ntype=endpoint\nrtp_port_start=20000\n",
		 "option 'rtp_port_start' of endpoint 'e' has no effect yet"},
		{"[t]\ntype=transport\nbind=0.0.0.0\nsymmetric_transport=yes\n",
		 "option 'symmetric_transport' of transport 't' has no effect yet"},
		{"[r]\ntype=registration\nserver_uri=sip:x.example\nclient_uri=sip:a@x.example\n"
		 "support_outbound=yes\n",
		 "option 'support_outbound' of registration 'r' has no effect yet"},
		{"[s]\ntype=system\ncompact_headers=yes\n",
		 "option 'compact_headers' of system 's' has no effect yet"},
		{"[e]\ntype=endpoint\nforce_rport=yes\nrtp_port_start=0\nuse_avpf=no\n"
		 "[t]\ntype=transport\nbind=0.0.0.0\ntcp_keepalive_enable=no\n",
		 NULL},
		{"[e]\ntype=endpoint\nmedia_encryption=sdes\n",
		 "encrypted media is not served yet"},
		{"[e]\ntype=endpoint\noutbound_proxy=sip:p.example\\;lr\n", NULL},
		{"[a]\ntype=aor\ncontact=sip:h.example\n", NULL},
		{"[e]\ntype=endpoint\nredirect_method=uri_pjsip\n", NULL},
		{"[e]\ntype=endpoint\nwebrtc=no\nice_support=no\nt38_udptl=yes\n", NULL},
		{"[i]\ntype=identify\nendpoint=e\nmatch=1.2.3.4\n[acl]\ntype=acl\ndeny=0.0.0.0/0\n"
		 "[e]\ntype=endpoint\n",
		 NULL},
		{"[i]\ntype=identify\nendpoint=none\nmatch=1.2.3.4\n",
		 "Identify 'i': endpoint 'none' does not exist"},
		{"[i]\ntype=identify\nendpoint=e\nmatch=host.example,h.example:5061,1.2.3.4:5060\n"
		 "srv_lookups=no\n[e]\ntype=endpoint\n",
		 NULL},
		{"[e]\ntype=endpoint\nauth=none\n", "auth names 'none', but there is no such"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_conf *c = load_ok(rows[i].text);

		if (!rows[i].said)
			assert_string_equal(logged, "");
		else if (!strstr(logged, rows[i].said))
			fail_msg("'%s' gave: %s", rows[i].text, logged);
		sip_conf_free(c);
	}
}

/* 64 * T1 is the least; it is silent where nothing else was asked for. */
static void test_timer_b(void **state)
{
	static const char t1[] = "[s]\ntype=system\ntimer_t1=1000\n";
	char text[128];
	struct sip_conf *c = load_ok(t1);

	UNUSED(state);
	assert_true(c->b_ns == INT64_C(64000000000));
	assert_string_equal(logged, "");
	sip_conf_free(c);
	snprintf(text, sizeof(text), "%stimer_b=40000\n", t1);
	c = load_ok(text);
	assert_true(c->b_ns == INT64_C(64000000000));
	assert_string_equal(logged, "pjsip.conf:4: timer_b=40000 is below 64 * timer_t1; 64000 is "
				    "used\n");
	sip_conf_free(c);
}

/* What acl= names lets nobody in until acl.conf was asked, and never if it is not there. */
static void test_acls(void **state)
{
	static const char text[] = "[a]\ntype=acl\nacl=office\n[b]\ntype=acl\ndeny=10.0.0.9\n"
				   "[e]\ntype=endpoint\nacl=nowhere\ncontact_acl=office\n";
	struct sip_conf *c = load_ok(text);
	const struct memconf_file files[] = {
		{"acl.conf", "[office]\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\n", 0}, {NULL, NULL, 0}};
	const struct sip_conf_endpoint *e = sip_conf_endpoint(c, SLICE_LIT("e"));
	struct addr in = {.family = 4, .ip = {10, 0, 0, 8}},
		    out = {.family = 4, .ip = {192, 0, 2, 1}};
	static struct memconf m;
	struct conffile_error why;
	struct acl_book *book;
	struct conffile *cf;

	UNUSED(state);
	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "acl.conf", &why), 0);
	assert_int_equal(acl_book_load(&book, cf), 0);
	conffile_free(cf);
	assert_int_equal(c->acl_count, 2);
	assert_false(acl_allows(&c->acls[0].source, &in));
	assert_int_equal(sip_conf_take_acls(c, book), 0);
	acl_book_free(book); /* the snapshot stands alone */
	assert_true(acl_allows(&c->acls[0].source, &in));
	assert_false(acl_allows(&c->acls[0].source, &out));
	assert_true(acl_allows(&c->acls[1].source, &out));
	assert_false(acl_allows(&e->acl, &in));
	assert_true(acl_allows(&e->contact_acl, &in) && !acl_allows(&e->contact_acl, &out));
	sip_conf_free(c);
}

static void test_dial_strings(void **state)
{
	static const struct {
		const char *resource, *endpoint, *user, *uri;
	} rows[] = {
		{"trunk", "trunk", "", ""},
		{"100@trunk", "trunk", "100", ""},
		{"a@b@trunk", "trunk", "a@b", ""},
		{"trunk/sip:x@1.2.3.4:5070", "trunk", "", "sip:x@1.2.3.4:5070"},
		{"trunk/SIP:x@h", "trunk", "", "SIP:x@h"},
		{"1/2@trunk", "trunk", "1/2", ""},
		{"", "", "", ""},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_dial_string s;

		sip_dial_string_parse(&s, slice_str(rows[i].resource));
		assert_true(slice_eq(s.endpoint, slice_str(rows[i].endpoint)));
		assert_true(slice_eq(s.user, slice_str(rows[i].user)));
		assert_true(slice_eq(s.uri, slice_str(rows[i].uri)));
	}
}

static void test_find(void **state)
{
	static const char more[] =
		"[secret]\ntype=endpoint\naors=ok\nmedia_encryption=sdes\n"
		"[ok]\ntype=endpoint\naors=ok,named\n[ok]\ntype=aor\ncontact=sip:localhost:5090\n"
		"[named]\ntype=aor\ncontact=sip:h.example\n[lost]\ntype=endpoint\naors=named\n"
		"[bare]\ntype=endpoint\n";
	static const struct {
		const char *resource;
		int err;
	} rows[] = {
		{"ok", 0},
		{"1@ok", 0},
		{"ok/sip:a@192.0.2.3", 0},
		{"nobody", -ENOENT},
		{"", -EINVAL},
		{"lost", 0},
		{"bare", -EHOSTUNREACH},
		{"bare/sip:a@192.0.2.3", 0},
		{"bare/sip:a@h.example", 0},
		{"bare/sip:a b", -EINVAL},
		{"secret", -EHOSTUNREACH},
	};
	struct sip_conf *c = load_ok(more);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct tech_endpoint ep;
		int err = sip_conf_find(c, slice_str(rows[i].resource), &ep);

		if (err != rows[i].err)
			fail_msg("'%s': %d", rows[i].resource, err);
		if (!err && slice_eq(ep.name, SLICE_LIT("ok")) && ep.target)
			assert_int_equal(((const struct sip_conf_contact *)ep.target)->parts.port,
					 5090);
	}
	sip_conf_free(c);
	c = sip_conf_empty();
	assert_int_equal(c->max_forwards, 70);
	assert_true(c->t1_ns == 500000000);
	sip_conf_free(c);
	sip_conf_free(NULL);
}

/* ---- sections as they were written ---- */

static void section_is(const struct sip_conf *conf, const char *type, const char *name,
		       const char *option, const char *wanted)
{
	const struct sip_conf_section *s = sip_conf_section(conf, slice_str(type), slice_str(name));
	struct slice value = SLICE_EMPTY;

	assert_non_null(s);
	assert_true(sip_conf_written(s, slice_str(option), &value));
	assert_true(slice_eq(value, slice_str(wanted)));
}

/* Sections of one name and different types, of different cases, and among many. */
static void test_sections(void **state)
{
	static char text[3900];
	struct sink out = sink_make(text, sizeof(text));
	struct sip_conf *conf;
	char name[8];

	UNUSED(state);
	sink_lit(&out, "[gw]\ntype=aor\nmax_contacts=3\n[gw]\ntype=Endpoint\ncontext=in\n"
		       "[gw]\ntype=auth\nusername=u\n[GW]\ntype=auth\nusername=other\n");
	for (int i = 0; i < 40; i++)
		sink_fmt(&out, "[u%d]\ntype=auth\nusername=n%d\n", i, i);
	conf = load_ok(sink_cstr(&out));
	section_is(conf, "aor", "gw", "max_contacts", "3");
	section_is(conf, "endpoint", "gw", "context", "in");
	section_is(conf, "AUTH", "gw", "username", "u");
	section_is(conf, "auth", "GW", "username", "other");
	for (int i = 0; i < 40; i++) {
		char user[8];

		snprintf(name, sizeof(name), "u%d", i);
		snprintf(user, sizeof(user), "n%d", i);
		section_is(conf, "auth", name, "username", user);
	}
	assert_null(sip_conf_section(conf, SLICE_LIT("identify"), SLICE_LIT("gw")));
	assert_null(sip_conf_section(conf, SLICE_LIT("auth"), SLICE_LIT("u40")));
	sip_conf_free(conf);
}

static void test_identifies(void **state)
{
	struct sip_conf *conf = load_ok("[a]\ntype=endpoint\n[b]\ntype=endpoint\n"
					"[i2]\ntype=identify\nendpoint=a\nmatch=192.0.2.2\n"
					"[i1]\ntype=identify\nendpoint=a\nmatch=192.0.2.1\n"
					"[i3]\ntype=identify\nendpoint=b\nmatch=192.0.2.3\n");
	static const char *const wanted[] = {"i2", "i1"};
	const struct sip_conf_section *s;
	uint32_t cursor = 0;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) { /* as they stand in the file */
		s = sip_conf_identify_of(conf, SLICE_LIT("a"), &cursor);
		assert_non_null(s);
		assert_true(slice_eq(s->name, slice_str(wanted[i])));
	}
	assert_null(sip_conf_identify_of(conf, SLICE_LIT("a"), &cursor));
	cursor = 0;
	assert_null(sip_conf_identify_of(conf, SLICE_LIT("nobody"), &cursor));
	sip_conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many_local_nets),
		cmocka_unit_test(test_refused_callers),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_dial_strings),
		cmocka_unit_test(test_acls),
		cmocka_unit_test(test_timer_b),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_identifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
