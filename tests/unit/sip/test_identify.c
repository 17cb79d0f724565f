/* tests/unit/sip/test_identify.c - the object of a request, found as a walk through all would. */
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "sip/identify.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <stdio.h>
#include <stdlib.h>

static struct sip_conf *load(const char *text)
{
	const struct memconf_file files[] = {{"pjsip.conf", text, 0}, {NULL, NULL, 0}};
	static struct memconf m;
	struct conffile_error why;
	struct sip_conf *conf = NULL;
	struct conffile *cf;
	char error[512];
	struct sink sink = sink_make(error, sizeof(error) - 1);

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "pjsip.conf", &why), 0);
	if (sip_conf_load(&conf, cf, &sink))
		fail_msg("%s", sink_cstr(&sink));
	conffile_free(cf);
	return conf;
}

static struct sip_msg msg;

static const struct sip_msg *request(const char *ruri, const char *extra)
{
	static char text[2048];
	enum sip_parse_error err;

	snprintf(text, sizeof(text),
		 "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\n"
		 "From: <sip:bob@x>;tag=1\r\nTo: <sip:100@x>\r\nCall-ID: c\r\nCSeq: 1 "
		 "INVITE\r\n%s\r\n",
		 ruri, extra);
	assert_int_equal(sip_msg_parse(&msg, slice_str(text), &err), 0);
	return &msg;
}

/* Host 0 of the configuration has 192.0.2.77, host 1 192.0.2.78, and so on. */
static bool host_has(const void *arg, uint32_t host, const struct addr *from)
{
	struct addr a = {.family = 4, .ip = {192, 0, 2, (uint8_t)(77 + host)}};

	UNUSED(arg);
	return addr_eq_ip(&a, from);
}

static struct slice found(const struct sip_conf *conf, enum sip_conf_ident way, const char *from,
			  const struct sip_msg *m)
{
	struct addr a;
	struct sip_identify_request r = {.msg = m, .from = &a, .host_has = host_has};
	const struct sip_conf_identify *i;

	assert_true(addr_parse(&a, slice_str(from), 5060));
	i = sip_identify_find(conf->identify, way, &r);
	return i ? i->name : SLICE_EMPTY;
}

static const char objects[] =
	"[e]\ntype=endpoint\nidentify_by=ip,header,request_uri\n[byuser]\ntype=endpoint\n"
	"identify_by=username\n"
	"[none]\ntype=identify\nendpoint=nobody\nmatch=10.0.0.0/8\n"
	"[user]\ntype=identify\nendpoint=byuser\nmatch=10.0.0.0/8\nmatch_header=X-Key: one\n"
	"[net24]\ntype=identify\nendpoint=e\nmatch=10.1.2.0/24,10.9.9.9\n"
	"[host]\ntype=identify\nendpoint=e\nmatch=10.1.2.3\n"
	"[port]\ntype=identify\nendpoint=e\nmatch=10.1.3.3:5070\n"
	"[net16]\ntype=identify\nendpoint=e\nmatch=10.1.7.0/255.255.0.0\n"
	"[port2]\ntype=identify\nendpoint=e\nmatch=10.1.4.4:5070,10.8.8.8:5080\n"
	"[odd]\ntype=identify\nendpoint=e\nmatch=10.64.32.16/29\n"
	"[six]\ntype=identify\nendpoint=e\nmatch=2001:db8::/33,2001:db9::1\n"
	"[named]\ntype=identify\nendpoint=e\nmatch=a.example,b.example:5070\nsrv_lookups=no\n"
	"[again]\ntype=identify\nendpoint=e\nmatch=10.9.9.9,b.example\nsrv_lookups=no\n"
	"[late]\ntype=identify\nendpoint=e\nmatch=192.0.2.77\n"
	"[key1]\ntype=identify\nendpoint=e\nmatch_header=X-Key: one\n"
	"[keys]\ntype=identify\nendpoint=e\nmatch_header=X-Key: /^[a-m]/\n"
	"[key2]\ntype=identify\nendpoint=e\nmatch_header=x-key: alpha\n"
	"[key3]\ntype=identify\nendpoint=e\nmatch_header=X-Key: zeta\n"
	"[uri1]\ntype=identify\nendpoint=e\nmatch_request_uri=/^sip:9/\n"
	"[uri2]\ntype=identify\nendpoint=e\nmatch_request_uri=sip:900@x\n"
	"[uri3]\ntype=identify\nendpoint=e\nmatch_request_uri=sip:100@x\n"
	"[uri4]\ntype=identify\nendpoint=e\nmatch_request_uri=/^sip:10/\n"
	"[all6]\ntype=identify\nendpoint=e\nmatch=::/0\n";

static void test_addresses(void **state)
{
	static const struct {
		const char *from, *name;
	} rows[] = {
		{"10.1.2.3", "net24"}, /* the first, not the narrowest */
		{"10.1.2.255", "net24"},
		{"::ffff:10.1.2.3", "net24"}, /* IPv4 on a dual-stack socket */
		{"10.1.3.3", "net16"},
		{"10.1.3.3:5070", "port"},
		{"10.1.4.4:5070", "net16"},
		{"10.8.8.8:5080", "port2"},
		{"10.8.8.8:5081", ""},
		{"10.1.255.255", "net16"},
		{"10.2.0.0", ""},
		{"10.64.32.16", "odd"},
		{"10.64.32.23", "odd"},
		{"10.64.32.24", ""},
		{"10.64.32.15", ""},
		{"10.9.9.9", "net24"},
		{"192.0.2.77", "named"},
		{"192.0.2.78:5070", "named"},
		{"192.0.2.78", "again"},
		{"192.0.2.79", ""},
		{"[2001:db8:7fff::1]", "six"},
		{"[2001:db8:8000::1]", "all6"},
		{"[2001:db9::1]", "six"},
		{"[2001:db9::2]", "all6"},
	};
	struct sip_conf *conf = load(objects);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char from[64];
		struct slice name;

		snprintf(from, sizeof(from),
			 strncmp(rows[i].from, "::ffff", 6) == 0 ? "[%s]" : "%s", rows[i].from);
		name = found(conf, SIP_IDENTIFY_IP, from, request("sip:1@x", ""));
		if (!slice_eq(name, slice_str(rows[i].name)))
			fail_msg("%s gave '%.*s'", rows[i].from, SLICE_ARG(name));
	}
	sip_conf_free(conf);
}

static void test_headers_and_uris(void **state)
{
	static const struct {
		const char *ruri, *extra, *by_header, *by_uri;
	} rows[] = {
		{"sip:1@x", "", "", ""},
		{"sip:1@x", "X-Key: one\r\n", "key1", ""},
		{"sip:1@x", "x-KEY: one\r\n", "key1", ""},
		{"sip:1@x", "X-Key: One\r\n", "", ""},
		{"sip:1@x", "X-Key: alpha\r\n", "keys", ""}, /* stands before the plain one */
		{"sip:1@x", "X-Key: zeta\r\nX-Key: alpha\r\n", "keys", ""},
		{"sip:1@x", "X-Key: zeta\r\nX-Key: zeta2\r\n", "key3", ""},
		{"sip:1@x", "X-Key: zeta\r\nX-Key: one\r\n", "key1", ""},
		{"sip:900@x", "", "", "uri1"},
		{"sip:100@x", "", "", "uri3"},
		{"sip:101@x", "", "", "uri4"},
	};
	struct sip_conf *conf = load(objects);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_msg *m = request(rows[i].ruri, rows[i].extra);
		struct slice header = found(conf, SIP_IDENTIFY_HEADER, "10.1.2.3", m);
		struct slice uri = found(conf, SIP_IDENTIFY_REQUEST_URI, "10.1.2.3", m);

		if (!slice_eq(header, slice_str(rows[i].by_header)) ||
		    !slice_eq(uri, slice_str(rows[i].by_uri)))
			fail_msg("row %zu: '%.*s', '%.*s'", i, SLICE_ARG(header), SLICE_ARG(uri));
	}
	sip_conf_free(conf);
}

/* A walk through all of them, as long as it may take. */
static struct slice walked(const struct sip_conf *conf, const struct addr *from)
{
	for (uint32_t n = 0; n < conf->identify_count; n++) {
		const struct sip_conf_identify *i = &conf->identifies[n];

		for (uint32_t k = 0; k < i->net_count; k++)
			if ((!i->nets[k].base.port || i->nets[k].base.port == from->port) &&
			    addr_net_has(&i->nets[k], from))
				return i->name;
	}
	return SLICE_EMPTY;
}

/* Networks of any length, one within the other, in any order. */
static void test_random_networks(void **state)
{
	static char text[65536];
	struct sink out = sink_make(text, sizeof(text) - 1);
	struct sip_conf *conf;
	uint32_t hits = 0;
	struct rng rng;

	UNUSED(state);
	rng_seed(&rng, 7);
	sink_lit(&out, "[e]\ntype=endpoint\n");
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t ip = rng_below(&rng, 64), bits = 20 + rng_below(&rng, 13);

		sink_fmt(&out, "[i%u]\ntype=identify\nendpoint=e\nmatch=10.0.%u.%u", i, ip >> 4,
			 (ip & 15) << 4);
		if (bits == 32 && rng_chance(&rng, 500))
			sink_fmt(&out, ":%u\n", 5060 + rng_below(&rng, 3));
		else
			sink_fmt(&out, "/%u\n", bits);
	}
	conf = load(sink_cstr(&out));
	for (uint32_t i = 0; i < 20000; i++) {
		const struct addr from = {
			.family = 4,
			.port = (uint16_t)(5060 + rng_below(&rng, 4)),
			.ip = {10, 0, (uint8_t)rng_below(&rng, 6), (uint8_t)rng_below(&rng, 256)}};
		struct sip_identify_request r = {.from = &from, .host_has = host_has};
		const struct sip_conf_identify *it =
			sip_identify_find(conf->identify, SIP_IDENTIFY_IP, &r);
		struct slice want = walked(conf, &from);

		assert_true(slice_eq(it ? it->name : SLICE_EMPTY, want));
		hits += want.len > 0;
	}
	assert_true(hits > 1000 && hits <= 20000);
	sip_conf_free(conf);
}

static void test_none(void **state)
{
	struct sip_conf *conf = sip_conf_empty();
	const struct addr from = {.family = 4};
	const struct sip_identify_request r = {.from = &from, .host_has = host_has};

	UNUSED(state);
	assert_null(sip_identify_find(conf->identify, SIP_IDENTIFY_IP, &r));
	sip_conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_headers_and_uris),
		cmocka_unit_test(test_random_networks),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
