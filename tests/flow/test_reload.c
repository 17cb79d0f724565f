/* tests/flow/test_reload.c - a reload adds, changes and takes away each type of object while a call
 * is up: what begins next follows, and the call goes on to its end. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

static struct flow f;
static const struct flow_msg *up; /* INVITE of the call */

static void start(const char *more)
{
	flow_start_center(&f, 1, NULL, more);
	flow_run(&f, SIM_SECOND);
	f.fact_taken = f.fact_count;
	up = flow_answered_call(&f);
	f.fact_taken = f.fact_count;
}

static void reload(const char *more)
{
	flow_reload(&f, NULL, more);
}

/* The far end asks within the call, then we hear its BYE. */
static void end(void)
{
	f.fact_taken = f.fact_count;
	reload(NULL);
	f.msg_taken = f.msg_count;
	flow_request(&f, up, "OPTIONS", 5, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_request(&f, up, "BYE", 6, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_run(&f, SIM_SECOND);
	f.fact_taken = f.fact_count - 1;
	flow_fact(&f, "ended 16 0");
	flow_run(&f, 70 * SIM_SECOND);
	assert_true(sip_is_quiet(f.sip));
	assert_true(check_never_count() == f.nevers);
	flow_abandon(&f);
}

/* A new call to there, refused by 486; its INVITE. */
static const struct flow_msg *call(const char *resource)
{
	const struct flow_msg *m;

	flow_dial(&f, resource);
	assert_int_equal(f.dial_error, 0);
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, SIM_MS);
	return m;
}

static void no_call(const char *resource, int error)
{
	flow_dial(&f, resource);
	assert_int_equal(f.dial_error, error);
}

static void assert_has(const struct flow_msg *m, const char *text)
{
	if (!strstr(m->text, text))
		fail_msg("no %s in:\n%s", text, m->text);
}

#define DESK(lines) "[desk]\ntype=endpoint\nallow=ulaw\naors=trunk\n" lines "\n"

static void test_endpoint(void **state)
{
	UNUSED(state);
	start(NULL);
	no_call("1@desk", -ENOENT);
	reload(DESK("from_user=a"));
	assert_has(call("1@desk"), "From: <sip:a@10.0.0.1>");
	reload(DESK("from_user=b\nfrom_domain=x.example\nallow=!all,alaw"));
	assert_has(call("1@desk"), "From: <sip:b@x.example>");
	assert_has(call("1@desk"), "RTP/AVP 8 101\r\n");
	reload(NULL);
	no_call("1@desk", -ENOENT);
	end();
}

/* Its own endpoint goes away as well. */
static void test_endpoint_of_the_call(void **state)
{
	const struct flow_msg *invite, *m;

	UNUSED(state);
	flow_start_center(&f, 1, NULL, DESK("timers=no"));
	f.fact_taken = f.fact_count;
	flow_dial(&f, "1@desk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "ACK");
	reload(NULL);
	flow_request(&f, invite, "OPTIONS", 5, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_request(&f, invite, "INVITE", 6, "far1", FLOW_CONTACT,
		     flow_sdp(7002, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_request(&f, invite, "ACK", 6, "far1", NULL, NULL);
	flow_run(&f, SIM_SECOND);
	flow_hangup(&f, CAUSE_NORMAL);
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_run(&f, 70 * SIM_SECOND);
	assert_true(sip_is_quiet(f.sip));
	flow_abandon(&f);
}

static void assert_to(const struct flow_msg *m, const char *address)
{
	char text[ADDR_TEXT];

	assert_string_equal(addr_text(&m->to, text), address);
}

#define AOR(lines) "[desk]\ntype=endpoint\nallow=ulaw\naors=desk\n[desk]\ntype=aor\n" lines "\n"

static void test_aor(void **state)
{
	UNUSED(state);
	start("[desk]\ntype=endpoint\nallow=ulaw\naors=desk\n");
	no_call("desk", -EHOSTUNREACH);
	reload(AOR("contact=sip:10.0.0.9:5070"));
	assert_to(call("desk"), "10.0.0.9:5070");
	reload(AOR("contact=sip:10.0.0.9:5080"));
	assert_to(call("desk"), "10.0.0.9:5080");
	reload(AOR("contact=sip:10.0.0.9:5080\nqualify_frequency=30"));
	assert_to(flow_expect(&f, "OPTIONS"), "10.0.0.9:5080");
	reload(AOR("qualify_frequency=30"));
	f.msg_taken = f.msg_count;
	flow_expect_silence(&f, 60 * SIM_SECOND);
	no_call("desk", -EHOSTUNREACH);
	end();
}

static const char *asked(const char *more)
{
	static char response[64];
	const struct flow_msg *m;
	const char *at;

	flow_reload(&f, "outbound_auth=acct", more);
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 401, "b",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, SIM_MS);
	if (f.msg_taken == f.msg_count)
		return NULL;
	m = flow_expect(&f, "INVITE");
	at = strstr(m->text, "response=\"");
	assert_non_null(at);
	snprintf(response, sizeof(response), "%.32s", at + 10);
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, SIM_MS);
	return response;
}

static void test_auth(void **state)
{
	char first[64];

	UNUSED(state);
	start(NULL);
	assert_null(asked(NULL));
	snprintf(first, sizeof(first), "%s", asked("[acct]\ntype=auth\nusername=u\npassword=a\n"));
	assert_string_not_equal(asked("[acct]\ntype=auth\nusername=u\npassword=b\n"), first);
	assert_string_equal(asked("[acct]\ntype=auth\nusername=u\npassword=a\n"), first);
	assert_null(asked(NULL));
	end();
}

#define REG(user)                                                                                  \
	"[reg]\ntype=registration\nserver_uri=sip:10.0.0.9\nclient_uri=sip:" user                  \
	"@10.0.0.9\nmax_random_initial_delay=0\n"

static void registers(const char *user, const char *expires)
{
	const struct flow_msg *m = flow_expect(&f, "REGISTER");

	assert_has(m, user);
	assert_string_equal(flow_header(m, "Expires"), expires);
	flow_reply(&f, m, 200, "x", "Expires: 3600\r\n", NULL);
	flow_run(&f, SIM_MS);
}

static void test_registration(void **state)
{
	UNUSED(state);
	start(NULL);
	reload(REG("u"));
	registers("To: <sip:u@10.0.0.9>", "3600");
	reload(REG("v"));
	registers("To: <sip:u@10.0.0.9>", "0");
	registers("To: <sip:v@10.0.0.9>", "3600");
	reload(NULL);
	registers("To: <sip:v@10.0.0.9>", "0");
	end();
}

/* What a call of the far end is answered: taken by 486 if it is ours. */
static void calls_in(const char *status)
{
	struct flow_caller c;

	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
	if (strcmp(status, "486") == 0) {
		flow_expect(&f, "100");
		flow_hangup(&f, 17);
	}
	flow_caller_expect(&c, status);
	flow_caller_ack_failure(&c);
}

#define WHO(match) "[who]\ntype=identify\nendpoint=trunk\nmatch=" match "\n"

static void test_identify(void **state)
{
	UNUSED(state);
	start(NULL);
	calls_in("401");
	reload(WHO("10.0.0.9"));
	calls_in("486");
	reload(WHO("10.0.0.8"));
	calls_in("401");
	reload(WHO("10.0.0.0/8"));
	calls_in("486");
	reload(NULL);
	calls_in("401");
	end();
}

static void test_acl(void **state)
{
	UNUSED(state);
	start(FLOW_PEER);
	calls_in("486");
	reload(FLOW_PEER "[a]\ntype=acl\ndeny=10.0.0.9\n");
	calls_in("403");
	reload(FLOW_PEER "[a]\ntype=acl\ndeny=10.0.0.8\n");
	calls_in("486");
	reload(FLOW_PEER "[a]\ntype=acl\ndeny=10.0.0.0/8\n");
	calls_in("403");
	reload(FLOW_PEER);
	calls_in("486");
	end();
}

static void test_global(void **state)
{
	UNUSED(state);
	start(NULL);
	reload("[g]\ntype=global\nuser_agent=One\nmax_forwards=11\n");
	assert_has(call("1@trunk"), "User-Agent: One\r\n");
	reload("[g]\ntype=global\nuser_agent=Two\nmax_forwards=12\n");
	assert_has(call("1@trunk"), "Max-Forwards: 12\r\n");
	reload(NULL);
	assert_has(call("1@trunk"), "Max-Forwards: 70\r\n");
	end();
}

/* ms between the first two INVITEs. */
static int64_t repeats(const char *more)
{
	const struct flow_msg *m;
	int64_t first;

	reload(more);
	flow_dial(&f, "1@trunk");
	first = flow_expect(&f, "INVITE")->at;
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_run(&f, SIM_MS);
	return (m->at - first) / SIM_MS;
}

static void test_system(void **state)
{
	UNUSED(state);
	start(NULL);
	assert_int_equal(repeats("[s]\ntype=system\ntimer_t1=200\n"), 200);
	assert_int_equal(repeats("[s]\ntype=system\ntimer_t1=300\n"), 300);
	assert_int_equal(repeats(NULL), 500);
	end();
}

/* ---- transports ---- */

#define NEW_TP(port, more) "[new]\ntype=transport\nbind=10.0.0.1:" port "\n" more
#define VIA_NEW		   "[desk]\ntype=endpoint\nallow=ulaw\naors=trunk\ntransport=new\n"

/* A new one is opened; who names one that is gone is not called by another. */
static void test_transport(void **state)
{
	UNUSED(state);
	start(NULL);
	reload(NEW_TP("5070", "") VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5070;");
	reload(VIA_NEW);
	no_call("1@desk", -EAFNOSUPPORT);
	end();
}

/* One that could not be opened is tried again. */
static void test_transport_tried_again(void **state)
{
	UNUSED(state);
	start(NEW_TP("5060", "") VIA_NEW); /* [transport] is there */
	no_call("1@desk", -EAFNOSUPPORT);
	reload(NEW_TP("5070", "") VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5070;");
	end();
}

/* One that moves is where it should be only with allow_reload; its mark is so as well. */
static void test_transport_moves(void **state)
{
	static const struct addr moved = {.family = 4, .port = 5080, .ip = {10, 0, 0, 1}};
	static const struct addr was = {.family = 4, .port = 5070, .ip = {10, 0, 0, 1}};

	UNUSED(state);
	start(NEW_TP("5070", "") VIA_NEW);
	reload(NEW_TP("5080", "tos=ef\n") VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5070;");
	assert_int_equal(sim_udp_mark(f.w, &was).dscp, 0);
	reload(NEW_TP("5070", "tos=ef\nallow_reload=yes\n") VIA_NEW);
	assert_int_equal(sim_udp_mark(f.w, &was).dscp, 46);
	reload(NEW_TP("5080", "tos=af31\nallow_reload=yes\n") VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5080;");
	assert_int_equal(sim_udp_mark(f.w, &moved).dscp, 26);
	end();
}

/* One that cannot move stays where it was, and moves when it can: no try costs a slot. */
static void test_transport_cannot_move(void **state)
{
	UNUSED(state);
	start(NEW_TP("5070", "allow_reload=yes\n") VIA_NEW);
	for (int i = 0; i < 10; i++)
		reload(NEW_TP("5060", "allow_reload=yes\n") VIA_NEW); /* [transport] is there */
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5070;");
	reload(NEW_TP("5080", "allow_reload=yes\n") VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5080;");
	end();
}

/* To and fro it has two sockets. */
static void test_transport_moves_back(void **state)
{
	UNUSED(state);
	start(NEW_TP("5070", "allow_reload=yes\n") VIA_NEW);
	for (int i = 0; i < 5; i++) {
		reload(NEW_TP("5080", "allow_reload=yes\n") VIA_NEW);
		assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5080;");
		reload(NEW_TP("5070", "allow_reload=yes\n") VIA_NEW);
		assert_has(call("1@desk"), "Via: SIP/2.0/UDP 10.0.0.1:5070;");
	}
	end();
}

/* What stays where it was does not say that it is elsewhere. */
static void test_transport_external(void **state)
{
#define OUTSIDE "external_signaling_address=192.0.2.7\n"
	UNUSED(state);
	start(NEW_TP("5070", OUTSIDE) VIA_NEW);
	reload(NEW_TP("5080", OUTSIDE) VIA_NEW);
	assert_has(call("1@desk"), "Via: SIP/2.0/UDP 192.0.2.7:5070;");
	end();
#undef OUTSIDE
}

/* Calls that are up stay where they are, also while their transport moves. */
static void test_transport_of_the_call(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start(NULL);
	f.bind = "10.0.0.1:5062";
	f.transport = "allow_reload=yes\n";
	reload(NULL);
	assert_has(call("1@trunk"), "Via: SIP/2.0/UDP 10.0.0.1:5062;");
	flow_request(&f, up, "OPTIONS", 3, "far1", NULL, NULL); /* to port 5060 */
	flow_expect(&f, "200");
	flow_request(&f, up, "INVITE", 4, "far1", FLOW_CONTACT,
		     flow_sdp(7002, "0 101", "sendrecv"));
	m = flow_expect(&f, "200");
	assert_has(m, "Contact: <sip:asterisk@10.0.0.1:5060>");
	flow_request(&f, up, "ACK", 4, "far1", NULL, NULL);
	end();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_endpoint_of_the_call),
		cmocka_unit_test(test_aor),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_identify),
		cmocka_unit_test(test_acl),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_transport_tried_again),
		cmocka_unit_test(test_transport_moves),
		cmocka_unit_test(test_transport_cannot_move),
		cmocka_unit_test(test_transport_moves_back),
		cmocka_unit_test(test_transport_external),
		cmocka_unit_test(test_transport_of_the_call),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
