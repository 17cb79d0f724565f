/* tests/flow/test_parties.c - who calls, who is called, who sent a call on: out and in after the
 * beginning of a call, and what a dialplan may ask. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")
/* Instead of the endpoint of flow.c, whose callerid would win. */
#define IN(more)                                                                                   \
	"[who]\ntype=identify\nendpoint=in\nmatch=10.0.0.9\n[in]\ntype=endpoint\nallow="           \
	"ulaw\n" more

static void parties_connect_job(struct flow *f)
{
	f->number = f->tech.ops->connect(f->call, slice_str(f->text_type), slice_str(f->text));
}

static void parties_connect(struct flow *f, const char *name, const char *num)
{
	f->text_type = name;
	f->text = num;
	flow_do(f, parties_connect_job);
	assert_int_equal(f->number, 0);
}

/* What CHANNEL(pjsip,item) gives for the call. */
static const char *parties_info(struct flow *f, const char *item)
{
	static char room[512];
	struct sink out = sink_make(room, sizeof(room) - 1);

	assert_true(f->tech.ops->info(f->call, slice_str(item), &out));
	return sink_cstr(&out);
}

/* What the technology answers; an error is its number. */
static const char *parties_ask(struct flow *f, enum tech_subject subject, const char *name,
			       const char *item, const char *user)
{
	static char room[1024];
	struct sink out = sink_make(room, sizeof(room) - 1);
	const struct tech_question q = {.subject = subject,
					.name = slice_str(name),
					.item = slice_str(item),
					.user = slice_str(user)};
	int rc = f->tech.ops->ask(f->tech.impl, &q, &out);

	if (rc)
		sink_i64(&out, rc);
	return sink_cstr(&out);
}

/* ---- Diversion (RFC 5806) ---- */

static const char *diversion(const char *endpoint, const struct tech_diversion *d)
{
	static char text[256];
	const struct flow_msg *m;
	struct flow f;

	flow_start(&f, endpoint, NULL);
	f.diversion = *d;
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	snprintf(text, sizeof(text), "%s",
		 sip_msg_has(&m->msg, SIP_HDR_DIVERSION) ? flow_header(m, "Diversion") : "none");
	flow_reply(&f, m, 404, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	flow_end(&f);
	return text;
}

static void test_diversion(void **state)
{
	struct tech_diversion d = {.num = SLICE_LIT("+49 30")};

	UNUSED(state);
	assert_string_equal(diversion(NULL, &(struct tech_diversion){0}), "none");
	assert_string_equal(diversion(NULL, &d),
			    "<sip:+49%2030@10.0.0.1>;reason=unknown;privacy=off;counter=1");
	d = (struct tech_diversion){.num = SLICE_LIT("555"),
				    .name = SLICE_LIT("Front \"desk\""),
				    .reason = SLICE_LIT("cfu"),
				    .count = 2,
				    .is_hidden = true};
	assert_string_equal(diversion(NULL, &d),
			    "\"Front \\\"desk\\\"\" <sip:555@10.0.0.1>;reason=unconditional;"
			    "privacy=full;counter=2");
	assert_string_equal(diversion("send_diversion=no", &d), "none");
	d.reason = SLICE_LIT("cfb");
	assert_non_null(strstr(diversion("from_domain=corp.example", &d),
			       "<sip:555@corp.example>;reason=user-busy"));
}

/* ---- a hidden number ---- */

static void test_hidden(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f,
		   "callerid=\"Ann\" <1000>\nsend_pai=yes\nsend_rpid=yes\n"
		   "trust_id_outbound=yes",
		   NULL);
	f.cid_hidden = true;
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	assert_true(slice_starts(slice_str(flow_header(m, "From")),
				 SLICE_LIT("\"Anonymous\" <sip:anonymous@anonymous.invalid>")));
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Ann\" <sip:1000@10.0.0.1>");
	assert_string_equal(flow_header(m, "Privacy"), "id");
	assert_string_equal(flow_header(m, "Remote-Party-ID"),
			    "\"Ann\" <sip:1000@10.0.0.1>;party=calling;privacy=full;screen=no");
	flow_reply(&f, m, 404, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	flow_end(&f);
}

/* A trunk that is not trusted is told nothing of it, in no line of any message. */
static void test_hidden_from_strangers(void **state)
{
	static const char *const endpoints[] = {
		"callerid=\"Ann\" <4711>\nsend_pai=yes\nsend_rpid=yes",
		"callerid=\"Ann\" <4711>\nsend_pai=yes\nsend_rpid=yes\ncallerid_privacy=prohib"};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
		const struct flow_msg *m;
		struct flow f;

		flow_start(&f, endpoints[i], NULL);
		f.cid_hidden = i == 0;
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		assert_false(flow_has(m, "Ann") || flow_has(m, "4711"));
		flow_reply(&f, m, 200, "far1", FLOW_CONTACT, SDP);
		m = flow_expect(&f, "ACK");
		assert_false(flow_has(m, "Ann") || flow_has(m, "4711"));
		f.fact_taken = f.fact_count;
		m = flow_bye(&f, 16);
		assert_false(flow_has(m, "Ann") || flow_has(m, "4711"));
		flow_end(&f);
	}
}

/* ---- connected line, in ---- */

static const struct {
	const char *endpoint, *extra, *fact; /* fact NULL: nothing is told */
} connected_rows[] = {
	{"trust_id_inbound=yes", "P-Asserted-Identity: \"Eve\" <sip:+49301@x>\r\n",
	 "connected \"Eve\" <+49301>"},
	{"trust_id_inbound=yes", "Remote-Party-ID: <sip:303@x>;party=called\r\n",
	 "connected \"\" <303>"},
	{"trust_id_inbound=yes", NULL, NULL},
	{NULL, "P-Asserted-Identity: \"Eve\" <sip:+49301@x>\r\n", NULL},
	{"trust_id_inbound=yes\ntrust_connected_line=no",
	 "P-Asserted-Identity: \"Eve\" <sip:+49301@x>\r\n", NULL},
};

static void test_connected_in(void **state)
{
	const struct flow_msg *invite;
	char extra[256];
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(connected_rows); i++) {
		flow_start(&f, connected_rows[i].endpoint, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 180, "far1", connected_rows[i].extra, NULL);
		if (connected_rows[i].fact)
			flow_fact(&f, connected_rows[i].fact);
		flow_fact(&f, "ringing");
		flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, SDP);
		flow_expect(&f, "ACK");
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
		/* somebody else is there now */
		snprintf(extra, sizeof(extra), FLOW_CONTACT "%s",
			 connected_rows[i].extra ? connected_rows[i].extra : "");
		flow_request(&f, invite, "UPDATE", 1, "far1", extra, NULL);
		flow_expect(&f, "200");
		if (connected_rows[i].fact)
			flow_fact(&f, connected_rows[i].fact);
		flow_no_fact(&f);
		flow_bye(&f, 16);
		flow_end(&f);
	}
}

/* ---- connected line, out ---- */

/* Told before the answer: in the responses. Changed after it: by a request. */
static void test_connected_out(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, IN("send_pai=yes\nsend_rpid=yes\n"));
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, "Allow: INVITE, ACK, BYE, UPDATE\r\n", SDP);
	flow_expect(&f, "100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	parties_connect(&f, "Desk", "30");
	flow_indicate(&f, TECH_RINGING);
	m = flow_caller_expect(&c, "180");
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Desk\" <sip:30@10.0.0.1>");
	flow_answer(&f);
	m = flow_caller_expect(&c, "200");
	assert_string_equal(flow_header(m, "Remote-Party-ID"),
			    "\"Desk\" <sip:30@10.0.0.1>;party=called;privacy=off;screen=no");
	flow_caller_ack(&c, NULL);
	f.fact_taken = f.fact_count;
	parties_connect(&f, "Boss", "1");
	m = flow_expect(&f, "UPDATE");
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Boss\" <sip:1@10.0.0.1>");
	assert_int_equal(m->msg.body.len, 0);
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL);
	flow_bye(&f, 16);
	flow_end(&f);
}

/* A trunk that is not to hear of it, and one that cannot say it. */
static void test_connected_out_not(void **state)
{
	static const char *const sections[] = {IN("send_pai=yes\nsend_connected_line=no\n"),
					       IN("")};
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(sections); i++) {
		flow_start(&f, NULL, sections[i]);
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, "Allow: INVITE, ACK, BYE, UPDATE\r\n", SDP);
		flow_expect(&f, "100");
		flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		parties_connect(&f, "Desk", "30");
		flow_answer(&f);
		m = flow_caller_expect(&c, "200");
		assert_false(sip_msg_has(&m->msg, SIP_HDR_P_ASSERTED_IDENTITY));
		flow_caller_ack(&c, NULL);
		f.fact_taken = f.fact_count;
		parties_connect(&f, "Boss", "1");
		flow_expect_silence(&f, SIM_SECOND);
		flow_bye(&f, 16);
		flow_end(&f);
	}
}

/* A far end without UPDATE hears of it by re-INVITE. */
static void test_connected_by_invite(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "send_pai=yes", NULL);
	invite = flow_answered_call(&f);
	parties_connect(&f, "Desk", "30");
	m = flow_expect(&f, "INVITE");
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Desk\" <sip:30@10.0.0.1>");
	assert_true(slice_eq(m->msg.body, invite->msg.body));
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	f.fact_taken = f.fact_count;
	flow_bye(&f, 16);
	flow_end(&f);
}

/* Glare (RFC 3261 14.1): it is said a moment later. What we have no session timer for, or what the
 * far end refreshes, does not end by it. */
static void test_connected_glare(void **state)
{
	static const char *const answers[] = {FLOW_CONTACT, FLOW_CONTACT
					      "Session-Expires: 1800;refresher=uas\r\n"};
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
		flow_start(&f, "send_pai=yes", NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 200, "far1", answers[i], SDP);
		flow_expect(&f, "ACK");
		parties_connect(&f, "Desk", "30");
		flow_reply(&f, flow_expect(&f, "INVITE"), 491, "far1", NULL, NULL);
		flow_expect(&f, "ACK");
		m = flow_expect(&f, "INVITE");
		assert_string_equal(flow_header(m, "P-Asserted-Identity"),
				    "\"Desk\" <sip:30@10.0.0.1>");
		flow_reply(&f, m, 200, "far1", answers[i], SDP);
		flow_expect(&f, "ACK");
		f.fact_taken = f.fact_count;
		/* the session itself ends when it is due, no sooner */
		flow_expect_silence(&f, 1700 * SIM_SECOND);
		if (i == 0)
			flow_hangup(&f, 16);
		flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
		f.fact_taken = f.fact_count;
		flow_end(&f);
	}
}

/* The interval of the far end goes on while we wait after glare. */
static void test_connected_glare_unrefreshed(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;
	int64_t at;

	UNUSED(state);
	flow_start(&f, "send_pai=yes", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT "Session-Expires: 90;refresher=uas\r\n",
		   SDP);
	flow_expect(&f, "ACK");
	at = sim_now(f.w);
	parties_connect(&f, "Desk", "30");
	flow_reply(&f, flow_expect(&f, "INVITE"), 491, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_reply(&f, flow_expect(&f, "INVITE"), 488, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "BYE"); /* 30 s before the end of the interval */
	assert_in_range(m->at - at, 59 * SIM_SECOND, 61 * SIM_SECOND);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	f.fact_taken = f.fact_count;
	flow_end(&f);
}

/* What changes while the far end has not answered is said after it has. */
static void test_connected_in_a_row(void **state)
{
	static const struct {
		const char *method, *contact, *sdp;
	} rows[] = {{"INVITE", FLOW_CONTACT, "sdp"},
		    {"UPDATE", FLOW_CONTACT "Allow: UPDATE\r\n", NULL}};
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, "send_pai=yes", NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 200, "far1", rows[i].contact, SDP);
		flow_expect(&f, "ACK");
		parties_connect(&f, "Desk", "30");
		m = flow_expect(&f, rows[i].method);
		parties_connect(&f, "Boss", "1");
		flow_expect_silence(&f, SIM_SECOND / 4);
		flow_reply(&f, m, 200, NULL, FLOW_CONTACT, rows[i].sdp ? SDP : NULL);
		if (rows[i].sdp)
			flow_expect(&f, "ACK");
		m = flow_expect(&f, rows[i].method);
		assert_string_equal(flow_header(m, "P-Asserted-Identity"),
				    "\"Boss\" <sip:1@10.0.0.1>");
		flow_reply(&f, m, 200, NULL, FLOW_CONTACT, rows[i].sdp ? SDP : NULL);
		if (rows[i].sdp)
			flow_expect(&f, "ACK");
		flow_expect_silence(&f, 10 * SIM_SECOND);
		f.fact_taken = f.fact_count;
		flow_bye(&f, 16);
		flow_end(&f);
	}
}

/* The refresh that is due while the far end is told something: the one is the other. */
static void test_connected_at_refresh(void **state)
{
	const struct flow_msg *invite, *m;
	uint32_t cseq;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "send_pai=yes", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1",
		   FLOW_CONTACT "Allow: UPDATE\r\nSession-Expires: 90;refresher=uac\r\n", SDP);
	flow_expect(&f, "ACK");
	flow_run(&f, 44 * SIM_SECOND);
	parties_connect(&f, "Desk", "30");
	cseq = flow_expect(&f, "UPDATE")->msg.cseq;
	for (int i = 0; i < 3; i++) { /* it is lost, and goes again */
		m = flow_expect(&f, "UPDATE");
		assert_int_equal(m->msg.cseq, cseq);
	}
	f.fact_taken = f.fact_count;
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	f.msg_taken = f.msg_count;
	flow_run(&f, 40 * SIM_SECOND); /* nobody waits for its end any more */
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* A call that came in is answered, but its ACK is not there yet. */
static void test_connected_before_ack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, IN("send_pai=yes\n"));
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, "Allow: INVITE, ACK, BYE, UPDATE\r\n", SDP);
	flow_expect(&f, "100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_answer(&f);
	flow_caller_expect(&c, "200");
	parties_connect(&f, "Boss", "1");
	flow_caller_ack(&c, NULL);
	m = flow_expect(&f, "UPDATE");
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Boss\" <sip:1@10.0.0.1>");
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL);
	f.fact_taken = f.fact_count;
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- what a dialplan asks ---- */

static void test_info(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start_center(&f, 1, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	assert_string_equal(parties_info(&f, "remote_uri"), "");
	assert_string_equal(parties_info(&f, "aor"), "trunk");
	assert_true(slice_starts(slice_str(parties_info(&f, "contact")), SLICE_LIT("trunk;@")));
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	assert_string_equal(parties_info(&f, "local_uri"), "sip:1000@10.0.0.1");
	assert_string_equal(parties_info(&f, "remote_uri"), "sip:100@10.0.0.9");
	assert_string_equal(parties_info(&f, "target_uri"), "sip:far@10.0.0.9:5060");
	assert_string_equal(parties_info(&f, "remote_tag"), "far1");
	assert_string_equal(parties_info(&f, "local_addr"), "10.0.0.1:5060");
	assert_string_equal(parties_info(&f, "remote_addr"), "10.0.0.9:5060");
	assert_string_equal(parties_info(&f, "secure"), "0");
	assert_string_equal(parties_info(&f, "t38state"), "DISABLED");
	f.fact_taken = f.fact_count;
	flow_bye(&f, 16);
	flow_end(&f);
}

static void test_ask(void **state)
{
	char id[128], room[32];
	struct flow f;

	UNUSED(state);
	flow_start_center(&f, 1, "aors=two",
			  "[two]\ntype=aor\nmax_contacts=7\n"
			  "contact=sip:a@10.0.0.9\ncontact=sip:10.0.0.8:5070\n");
	assert_string_equal(parties_ask(&f, TECH_OF_ENDPOINT, "trunk", "aors", ""), "two");
	assert_string_equal(parties_ask(&f, TECH_OF_ENDPOINT, "trunk", "send_pai", ""), "false");
	assert_string_equal(parties_ask(&f, TECH_OF_AOR, "two", "max_contacts", ""), "7");
	assert_string_equal(parties_ask(&f, TECH_DIAL_STRINGS, "trunk", "", ""),
			    "PJSIP/trunk/sip:a@10.0.0.9&PJSIP/trunk/sip:10.0.0.8:5070");
	assert_string_equal(parties_ask(&f, TECH_DIAL_STRINGS, "trunk", "two", "+1 2"),
			    "PJSIP/trunk/sip:+1%202@10.0.0.9&PJSIP/trunk/sip:+1%202@10.0.0.8:5070");
	assert_string_equal(parties_ask(&f, TECH_DIAL_STRINGS, "trunk", "other", ""), "");
	slice_copy(
		id, sizeof(id),
		slice_head(slice_str(parties_ask(&f, TECH_OF_AOR, "two", "contact", "")),
			   slice_find(slice_str(parties_ask(&f, TECH_OF_AOR, "two", "contact", "")),
				      ',')));
	assert_true(slice_starts(slice_str(parties_ask(&f, TECH_OF_CONTACT, id, "uri", "")),
				 SLICE_LIT("sip:")));
	assert_string_equal(parties_ask(&f, TECH_OF_CONTACT, id, "status", ""), "NonQualified");
	assert_string_equal(parties_ask(&f, TECH_OF_CONTACT, id, "rtt", ""), "0");
	snprintf(room, sizeof(room), "%d", -ENOENT);
	assert_string_equal(parties_ask(&f, TECH_OF_ENDPOINT, "nobody", "aors", ""), room);
	assert_string_equal(parties_ask(&f, TECH_OF_AOR, "nobody", "contact", ""), room);
	assert_string_equal(parties_ask(&f, TECH_OF_CONTACT, "two;@1", "uri", ""), room);
	assert_string_equal(parties_ask(&f, TECH_DIAL_STRINGS, "nobody", "", ""), room);
	snprintf(room, sizeof(room), "%d", -EINVAL);
	assert_string_equal(parties_ask(&f, TECH_OF_ENDPOINT, "trunk", "colour", ""), room);
	assert_string_equal(parties_ask(&f, TECH_OF_CONTACT, id, "colour", ""), room);
	f.fact_taken = f.fact_count; /* ContactStatus of both */
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diversion),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_hidden_from_strangers),
		cmocka_unit_test(test_connected_in),
		cmocka_unit_test(test_connected_out),
		cmocka_unit_test(test_connected_out_not),
		cmocka_unit_test(test_connected_by_invite),
		cmocka_unit_test(test_connected_glare),
		cmocka_unit_test(test_connected_glare_unrefreshed),
		cmocka_unit_test(test_connected_in_a_row),
		cmocka_unit_test(test_connected_at_refresh),
		cmocka_unit_test(test_connected_before_ack),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
