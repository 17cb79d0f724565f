/* tests/unit/sip/test_target.c - RFC 3263 over a zone of a few lines: which address, in which
 * order, by which transport; and the weights of RFC 2782 as a property. */
#include "sip/target.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

/* name, type, record */
struct zone_line {
	const char *name;
	enum dns_type type;
	union dns_record record;
};

static const struct zone_line *zone;
static size_t zone_count;
static const char *pending, *failing; /* names without an answer */
static union dns_record found[LIMIT_DNS_RECORDS];
static unsigned looks;

static enum resolver_status look(void *arg, struct slice name, enum dns_type type,
				 struct resolver_answer *out)
{
	UNUSED(arg);
	looks++;
	*out = (struct resolver_answer){.records = found};
	if (pending && slice_eq(name, slice_str(pending)))
		return RESOLVER_PENDING;
	if (failing && slice_eq(name, slice_str(failing)))
		return RESOLVER_FAILED;
	for (size_t i = 0; i < zone_count; i++)
		if (zone[i].type == type && slice_ieq(name, slice_str(zone[i].name)))
			found[out->count++] = zone[i].record;
	return out->count ? RESOLVER_FOUND : RESOLVER_NOTHING;
}

static struct addr ip(const char *text)
{
	struct addr a = {0};

	assert_true(addr_parse_ip(&a, slice_str(text)));
	return a;
}

static const struct sip_target_want all = {.families = {3, 3, 3}}, udp4 = {.families = {1, 0, 0}};

/* "UDP 192.0.2.1:5060, ..." or what it came to. */
static const char *resolve(const char *uri_text, const struct sip_target_want *want, uint64_t seed)
{
	static const char *const results[] = {"", "pending", "none", "failed"};
	static char text[1024];
	struct sink out = sink_make(text, sizeof(text));
	struct sip_target_list list;
	struct sip_target_query q;
	enum sip_target_result r = SIP_TARGET_NONE;
	struct sip_uri uri;

	assert_int_equal(sip_uri_parse(&uri, slice_str(uri_text)), 0);
	if (sip_target_query_make(&q, &uri, want, seed))
		r = sip_target_resolve(&q, look, NULL, &list);
	if (r != SIP_TARGET_FOUND)
		return results[r];
	for (uint32_t i = 0; i < list.count; i++) {
		sink_fmt(&out, "%s%s ", i ? ", " : "",
			 sip_transport_name(list.targets[i].transport));
		addr_write(&out, &list.targets[i].addr);
	}
	return sink_cstr(&out);
}

static void expect(const char *uri, const struct sip_target_want *want, const char *result)
{
	const char *got = resolve(uri, want, 1);

	if (strcmp(got, result) != 0)
		fail_msg("%s: %s, expected %s", uri, got, result);
}

static void use(const struct zone_line *lines, size_t count)
{
	zone = lines;
	zone_count = count;
	pending = failing = NULL;
}

static void test_numeric(void **state)
{
	UNUSED(state);
	use(NULL, 0);
	looks = 0;
	expect("sip:1@192.0.2.1", &all, "UDP 192.0.2.1:5060");
	expect("sip:1@192.0.2.1:5070", &all, "UDP 192.0.2.1:5070");
	expect("sip:1@192.0.2.1;transport=tcp", &all, "TCP 192.0.2.1:5060");
	expect("sip:1@192.0.2.1;transport=TLS", &all, "TLS 192.0.2.1:5061");
	expect("sips:1@192.0.2.1", &all, "TLS 192.0.2.1:5061");
	expect("sips:1@192.0.2.1;transport=tcp", &all, "TLS 192.0.2.1:5061");
	expect("sip:1@[2001:db8::1]", &all, "UDP [2001:db8::1]:5060");
	expect("sip:1@gw.example;maddr=192.0.2.9", &all, "UDP 192.0.2.9:5060");
	/* What we have no transport for. */
	expect("sip:1@[2001:db8::1]", &udp4, "none");
	expect("sips:1@192.0.2.1", &udp4, "none");
	expect("sip:1@192.0.2.1;transport=tcp", &udp4, "none");
	expect("sip:1@192.0.2.1;transport=sctp", &all, "none");
	expect("sips:1@192.0.2.1;transport=udp", &all, "none");
	expect("tel:+123", &all, "none");
	/* Bound to TCP, nothing said in the URI. */
	expect("sip:1@192.0.2.1", &(struct sip_target_want){.families = {0, 1, 0}},
	       "TCP 192.0.2.1:5060");
	assert_int_equal(looks, 0);
}

static void test_addresses(void **state)
{
	const struct sip_target_want tcp_call = {.families = {1, 1, 1}, .usual = SIP_TRANSPORT_TCP};
	const struct zone_line lines[] = {
		{"gw.example", DNS_A, {.addr = ip("192.0.2.1")}},
		{"gw.example", DNS_A, {.addr = ip("192.0.2.2")}},
		{"gw.example", DNS_AAAA, {.addr = ip("2001:db8::1")}},
	};

	UNUSED(state);
	use(lines, ARRAY_COUNT(lines));
	expect("sip:1@gw.example:5080", &all,
	       "UDP [2001:db8::1]:5080, UDP 192.0.2.1:5080, UDP 192.0.2.2:5080");
	expect("sip:1@GW.example:5080;transport=tcp", &udp4, "none");
	expect("sip:1@gw.example", &udp4, "UDP 192.0.2.1:5060, UDP 192.0.2.2:5060");
	expect("sips:1@gw.example", &all,
	       "TLS [2001:db8::1]:5061, TLS 192.0.2.1:5061, TLS 192.0.2.2:5061");
	/* A call by TCP: where nothing else says by what. */
	expect("sip:1@gw.example", &tcp_call, "TCP 192.0.2.1:5060, TCP 192.0.2.2:5060");
	expect("sip:1@gw.example:5080;transport=udp", &tcp_call,
	       "UDP 192.0.2.1:5080, UDP 192.0.2.2:5080");
	expect("sips:1@gw.example", &tcp_call, "TLS 192.0.2.1:5061, TLS 192.0.2.2:5061");
	expect("sip:1@other.example", &all, "none");
	failing = "other.example";
	expect("sip:1@other.example", &all, "failed");
	pending = "gw.example";
	expect("sip:1@gw.example:5080", &all, "pending");
	use(NULL, 0);
}

static const struct zone_line carrier[] = {
	{"example", DNS_NAPTR, {.naptr = {20, 50, "s", "SIP+D2U", "_sip._udp.example", false}}},
	{"example", DNS_NAPTR, {.naptr = {10, 60, "s", "SIP+D2T", "_sip._tcp.example", false}}},
	{"example", DNS_NAPTR, {.naptr = {10, 50, "s", "SIPS+D2T", "_sips._tcp.example", false}}},
	{"example", DNS_NAPTR, {.naptr = {1, 1, "u", "E2U+sip", "", true}}},
	{"_sip._udp.example", DNS_SRV, {.srv = {20, 0, 5060, "b.example"}}},
	{"_sip._udp.example", DNS_SRV, {.srv = {10, 0, 5070, "a.example"}}},
	{"_sip._tcp.example", DNS_SRV, {.srv = {10, 0, 5080, "a.example"}}},
	{"_sips._tcp.example", DNS_SRV, {.srv = {10, 0, 5090, "a.example"}}},
	{"a.example", DNS_A, {.addr = {.family = 4, .ip = {192, 0, 2, 1}}}},
	{"b.example", DNS_A, {.addr = {.family = 4, .ip = {192, 0, 2, 2}}}},
};

static void test_services(void **state)
{
	UNUSED(state);
	use(carrier, ARRAY_COUNT(carrier));
	expect("sip:1@example", &all,
	       "TLS 192.0.2.1:5090, TCP 192.0.2.1:5080, UDP 192.0.2.1:5070, UDP 192.0.2.2:5060");
	expect("sip:1@example", &udp4, "UDP 192.0.2.1:5070, UDP 192.0.2.2:5060");
	expect("sips:1@example", &all, "TLS 192.0.2.1:5090");
	expect("sip:1@example;transport=udp", &all, "UDP 192.0.2.1:5070, UDP 192.0.2.2:5060");
	expect("sip:1@example;transport=tcp", &all, "TCP 192.0.2.1:5080");
	/* Without NAPTR: what SRV has, UDP first. */
	use(carrier + 4, ARRAY_COUNT(carrier) - 4);
	expect("sip:1@example", &all,
	       "UDP 192.0.2.1:5070, UDP 192.0.2.2:5060, TCP 192.0.2.1:5080, TLS 192.0.2.1:5090");
	expect("sips:1@example", &all, "TLS 192.0.2.1:5090");
	/* Each question may be the one that is on its way. */
	use(carrier, ARRAY_COUNT(carrier));
	for (size_t i = 0; i < ARRAY_COUNT(carrier); i++) {
		pending = carrier[i].name;
		expect("sip:1@example", &all, "pending");
	}
	/* One target without an address does not hide the other. */
	pending = NULL;
	failing = "a.example";
	expect("sip:1@example", &udp4, "UDP 192.0.2.2:5060");
}

static void test_not_offered(void **state)
{
	const struct zone_line lines[] = {
		{"_sip._udp.example", DNS_SRV, {.srv = {0, 0, 0, ""}}},
		{"example", DNS_A, {.addr = ip("192.0.2.1")}},
	};

	UNUSED(state);
	use(lines, ARRAY_COUNT(lines));
	expect("sip:1@example", &udp4, "none");
	expect("sip:1@example:5060", &udp4, "UDP 192.0.2.1:5060");
	use(NULL, 0);
}

static void test_bounded(void **state)
{
	struct zone_line lines[LIMIT_DNS_RECORDS * 2];
	struct sip_target_list list;
	struct sip_target_query q;
	struct sip_uri uri;

	UNUSED(state);
	for (unsigned i = 0; i < ARRAY_COUNT(lines); i++) /* each address twice */
		lines[i] = (struct zone_line){
			"gw.example",
			i % 2 ? DNS_A : DNS_AAAA,
			{.addr = {.family = i % 2 ? 4 : 6, .ip = {192, 0, 2, (uint8_t)(i / 4)}}}};
	use(lines, ARRAY_COUNT(lines));
	assert_int_equal(sip_uri_parse(&uri, SLICE_LIT("sip:gw.example:1")), 0);
	assert_true(sip_target_query_make(&q, &uri, &all, 1));
	assert_int_equal(sip_target_resolve(&q, look, NULL, &list), SIP_TARGET_FOUND);
	assert_int_equal(list.count, LIMIT_SIP_TARGETS);
	for (uint32_t i = 0; i < list.count; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_false(addr_eq(&list.targets[i].addr, &list.targets[k].addr));
	use(NULL, 0);
}

/* How often each host of a group is first, over many seeds, against its share of the weights. RFC
 * 2782 draws from 0 to the sum, so that a weight of 0 keeps one chance in sum + 1. */
static void test_weights(void **state)
{
	static const uint16_t weights[] = {10, 60, 30, 0};
	static struct zone_line lines[2 * ARRAY_COUNT(weights)];
	unsigned first[ARRAY_COUNT(weights)] = {0};
	static char names[ARRAY_COUNT(weights)][16];
	const unsigned rounds = 20000;

	UNUSED(state);
	for (unsigned i = 0; i < ARRAY_COUNT(weights); i++) {
		struct dns_srv srv = {.priority = 5, .weight = weights[i], .port = 5060};

		snprintf(names[i], sizeof(names[i]), "h%u.example", i);
		slice_copy(srv.target, sizeof(srv.target), slice_str(names[i]));
		lines[2 * i] = (struct zone_line){"_sip._udp.example", DNS_SRV, {.srv = srv}};
		lines[2 * i + 1] = (struct zone_line){
			names[i], DNS_A, {.addr = {.family = 4, .ip = {10, 0, 0, (uint8_t)i}}}};
	}
	use(lines, ARRAY_COUNT(lines));
	for (unsigned seed = 0; seed < rounds; seed++) {
		const char *got = resolve("sip:1@example;transport=udp", &udp4, seed);
		char again[1024];

		slice_copy(again, sizeof(again), slice_str(got));
		assert_string_equal(resolve("sip:1@example;transport=udp", &udp4, seed), again);
		for (unsigned i = 0; i < ARRAY_COUNT(weights); i++) { /* all of them, each once */
			char text[32];

			snprintf(text, sizeof(text), "10.0.0.%u:5060", i);
			assert_non_null(strstr(again, text));
		}
		first[again[strlen("UDP 10.0.0.")] - '0']++;
	}
	for (unsigned i = 0; i < ARRAY_COUNT(weights); i++) {
		/* 0..100 drawn: the first host has the 0 too if it stands first without weight. */
		double share = weights[i] ? weights[i] / 101.0 : 1 / 101.0;
		double seen = (double)first[i] / rounds;

		if (seen < share - 0.012 || seen > share + 0.012)
			fail_msg("weight %u: %.3f of the time, expected %.3f", weights[i], seen,
				 share);
	}
	use(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numeric),	 cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_services), cmocka_unit_test(test_not_offered),
		cmocka_unit_test(test_bounded),	 cmocka_unit_test(test_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
