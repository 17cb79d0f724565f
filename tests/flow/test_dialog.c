/* tests/flow/test_dialog.c - route set, target, CSeq and the requests that follow from them. */
#include "engine/base/check.h"
#include "sip/dialog.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

struct rig {
	struct sip sip; /* only what dialogs use */
	struct sip_conf conf;
	struct metrics metrics;
	struct sip_msg msg;
	char text[4096];
};

static const struct addr source = {.family = 4, .port = 5099, .ip = {10, 0, 0, 9}};
static const struct addr via = {.family = 4, .port = 5060, .ip = {10, 0, 0, 1}};

static void rig_open(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->sip.env.metrics = &r->metrics;
	r->sip.conf = &r->conf;
	assert_int_equal(slab_create(&r->sip.dialogs, "dialogs", sizeof(struct dialog), 4), 0);
	assert_int_equal(msgbuf_pool_create(&r->sip.bufs, 4, 4, 4), 0);
	/* No room for a search: names are those of test_next_hop. */
	assert_int_equal(next_hops_create(&r->sip, 1), 0);
	assert_non_null(slab_alloc(r->sip.next_hops));
}

static void rig_close(struct rig *r)
{
	assert_int_equal(slab_used(r->sip.dialogs), 0);
	assert_int_equal(msgbuf_used(r->sip.bufs), 0);
	slab_destroy(r->sip.dialogs);
	slab_destroy(r->sip.next_hops);
	msgbuf_pool_destroy(r->sip.bufs);
}

static const struct sip_msg *response(struct rig *r, const char *extra)
{
	enum sip_parse_error err;

	snprintf(r->text, sizeof(r->text),
		 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx\r\n"
		 "From: \"A\" <sip:a@10.0.0.1>;tag=us\r\nTo: <sip:b@10.0.0.9>;tag=far\r\n"
		 "Call-ID: id\r\nCSeq: 1 INVITE\r\n%s\r\n",
		 extra);
	assert_int_equal(sip_msg_parse(&r->msg, slice_str(r->text), &err), 0);
	return &r->msg;
}

static const char *request(const struct dialog *d, const char *contact)
{
	static char text[4096];
	struct sink out = sink_make(text, sizeof(text) - 1);
	const struct dialog_request q = {
		.method = SIP_METHOD_BYE,
		.cseq = 2,
		.call_id = SLICE_LIT("id"),
		.branch = SLICE_LIT("z9hG4bKy"),
		.via = &via,
		.contact = slice_str(contact),
	};

	dialog_write_request(&out, d, &q);
	return sink_cstr(&out);
}

#define HEAD(uri)                                                                                  \
	"BYE " uri " SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKy\r\n"          \
	"From: \"A\" <sip:a@10.0.0.1>;tag=us\r\nTo: <sip:b@10.0.0.9>;tag=far\r\n"
#define TAIL "Call-ID: id\r\nCSeq: 2 BYE\r\n"

/* What a response makes of the dialog's requests, and where they go. */
static const struct {
	const char *headers, *request;
	uint8_t last; /* of the next hop's address */
	uint16_t port;
	bool rewrite;
} dialog_rows[] = {
	{"Contact: <sip:b@10.0.0.7:5070;x=1>\r\n", HEAD("sip:b@10.0.0.7:5070;x=1") TAIL, 7, 5070,
	 false},
	{"Contact: <sip:b@10.0.0.7>\r\n", HEAD("sip:b@10.0.0.7") TAIL, 7, 5060, false},
	{"Contact: <sip:b@10.0.0.7:5070;x=1?Route=%3Csip:h%3E&a=b>\r\n",
	 HEAD("sip:b@10.0.0.7:5070;x=1") TAIL, 7, 5070, false},
	{"Contact: <sip:b@192.168.1.2:6000;x=1?a=b>\r\n", HEAD("sip:b@10.0.0.9:5099;x=1") TAIL, 9,
	 5099, true},
	{"", HEAD("sip:10.0.0.9:5099") TAIL, 9, 5099, false},
	/* nothing that a Request-URI could be */
	{"Contact: <sip:b@10.0.0.7\xff:5070>\r\n", HEAD("sip:10.0.0.9:5099") TAIL, 9, 5099, false},
	{"Contact: <sip:b@host.example>\r\n", HEAD("sip:b@host.example") TAIL, 9, 5099, false},
	{"Contact: <sip:b@[2001:db8::1]>\r\n", HEAD("sip:b@[2001:db8::1]") TAIL, 9, 5099, false},
	{"Contact: <sip:b@0.0.0.0>\r\n", HEAD("sip:b@0.0.0.0") TAIL, 9, 5099, false},
	{"Record-Route: <sip:[2001:db8::1];lr>\r\nContact: <sip:b@10.0.0.7>\r\n",
	 HEAD("sip:b@10.0.0.7") TAIL "Route: <sip:[2001:db8::1];lr>\r\n", 9, 5099, false},
	{"Contact: <sip:b@10.0.0.7;maddr=10.0.0.6>\r\n", HEAD("sip:b@10.0.0.7;maddr=10.0.0.6") TAIL,
	 6, 5060, false},
	{"Contact: <sip:b@192.168.1.2:6000;x=1>\r\n", HEAD("sip:b@10.0.0.9:5099;x=1") TAIL, 9, 5099,
	 true},
	/* loose: reversed, target as Request-URI */
	{"Record-Route: <sip:10.0.0.3;lr>\r\nRecord-Route: "
	 "<sip:10.0.0.2:5080;lr>,<sip:10.0.0.4;lr>"
	 "\r\nContact: <sip:b@10.0.0.7>\r\n",
	 HEAD("sip:b@10.0.0.7") TAIL
	 "Route: <sip:10.0.0.4;lr>\r\nRoute: <sip:10.0.0.2:5080;lr>\r\nRoute: "
	 "<sip:10.0.0.3;lr>\r\n",
	 4, 5060, false},
	/* strict: first route as Request-URI, target behind the rest (12.2.1.1) */
	{"Record-Route: <sip:10.0.0.3;lr>, <sip:10.0.0.2:5080>\r\nContact: "
	 "<sip:b@10.0.0.7>\r\n",
	 HEAD("sip:10.0.0.2:5080") TAIL "Route: <sip:10.0.0.3;lr>\r\nRoute: <sip:b@10.0.0.7>\r\n",
	 2, 5080, false},
};

static void test_requests(void **state)
{
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	for (size_t i = 0; i < ARRAY_COUNT(dialog_rows); i++) {
		struct dialog *d = dialog_new(&r.sip, 0);

		assert_int_equal(dialog_take_response(d, response(&r, dialog_rows[i].headers),
						      &source, dialog_rows[i].rewrite),
				 0);
		assert_string_equal(request(d, NULL), dialog_rows[i].request);
		assert_int_equal(d->next.addr.ip[3], dialog_rows[i].last);
		assert_int_equal(d->next.addr.port, dialog_rows[i].port);
		assert_true(slice_eq(dialog_tag(d), SLICE_LIT("far")));
		dialog_free(d);
	}
	rig_close(&r);
}

static void test_target_refresh(void **state)
{
	struct dialog *d;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	d = dialog_new(&r.sip, 0);
	assert_int_equal(dialog_take_response(d, response(&r, "Contact: <sip:b@10.0.0.7>\r\n"),
					      &source, false),
			 0);
	/* routes of a later message do not count, its Contact does */
	assert_int_equal(dialog_take_target(d,
					    response(&r, "Record-Route: <sip:10.0.0.3;lr>\r\n"
							 "Contact: <sip:c@10.0.0.8:5088>\r\n"),
					    &source, false),
			 0);
	assert_string_equal(request(d, "sip:us@10.0.0.1"),
			    HEAD("sip:c@10.0.0.8:5088") "Contact: <sip:us@10.0.0.1>\r\n" TAIL);
	assert_int_equal(d->next.addr.port, 5088);
	/* none, or none that can be written to: it stays */
	assert_int_equal(dialog_take_target(d, response(&r, ""), &source, false), 0);
	assert_int_equal(
		dialog_take_target(d, response(&r, "Contact: <sip:c@\xff>\r\n"), &source, false),
		0);
	assert_true(slice_eq(dialog_target(d), SLICE_LIT("sip:c@10.0.0.8:5088")));
	assert_true(slice_eq(dialog_tag(d), SLICE_LIT("far")));
	dialog_free(d);
	rig_close(&r);
}

static void test_many_routes(void **state)
{
	char headers[2048] = "Contact: <sip:b@10.0.0.7>\r\n";
	const char *text, *at;
	unsigned count = 0;
	struct dialog *d;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	d = dialog_new(&r.sip, 0);
	for (int i = 0; i < LIMIT_SIP_ROUTES + 4; i++) {
		size_t len = strlen(headers);

		snprintf(headers + len, sizeof(headers) - len,
			 "Record-Route: <sip:10.0.1.%d;lr>\r\n", i);
	}
	assert_int_equal(dialog_take_response(d, response(&r, headers), &source, false), 0);
	text = request(d, NULL);
	for (at = text; (at = strstr(at, "Route: ")); at++)
		count++;
	assert_int_equal(count, LIMIT_SIP_ROUTES);
	dialog_free(d);
	rig_close(&r);
}

static void test_cseq_and_state(void **state)
{
	struct dialog *d;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	d = dialog_new(&r.sip, 0);
	assert_int_equal(dialog_take_response(d, response(&r, ""), &source, false), 0);
	assert_true(dialog_take_cseq(d, 0)); /* of a far end that begins with it */
	assert_false(dialog_take_cseq(d, 0));
	assert_true(dialog_take_cseq(d, 5));
	assert_true(dialog_take_cseq(d, 9)); /* a gap is fine */
	assert_false(dialog_take_cseq(d, 9));
	assert_false(dialog_take_cseq(d, 8));
	assert_true(dialog_take_cseq(d, UINT32_MAX));
	assert_true(dialog_is_peer(d, SLICE_LIT("far")));
	assert_false(dialog_is_peer(d, SLICE_LIT("Far")));
	assert_int_equal(d->state, DIALOG_EARLY);
	dialog_set_state(d, DIALOG_CONFIRMED);
	assert_string_equal(dialog_state_name((enum dialog_state)d->state), "CONFIRMED");
	dialog_free(d);
	rig_close(&r);
}

/* No room: the dialog keeps what it had, and it is counted. */
static void test_no_room(void **state)
{
	struct dialog *d[5];
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	for (int i = 0; i < 4; i++)
		d[i] = dialog_new(&r.sip, 0);
	d[4] = dialog_new(&r.sip, 0);
	assert_null(d[4]);
	assert_int_equal(metric_get(&r.metrics, METRIC_sip_no_slot), 1);
	for (int i = 0; i < 4; i++)
		dialog_free(d[i]);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),    cmocka_unit_test(test_target_refresh),
		cmocka_unit_test(test_many_routes), cmocka_unit_test(test_cseq_and_state),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
