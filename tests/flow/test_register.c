/* Phones that register with us (RFC 3261 10.3, 3665 2.1-2.5), and contacts that are asked whether
 * they are there: message by message, with the control shard's part behind it. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/flow/flow.h"

#include <errno.h>
#include <stdio.h>

static struct flow f;

#define PHONE                                                                                      \
	"[phone]\ntype=endpoint\naors=phone\nauth=phone\nallow=ulaw\ncontext=in\n%s\n"             \
	"[phone]\ntype=auth\nusername=phone\npassword=secret\n"                                    \
	"[phone]\ntype=aor\n%s\n"

static const char *phone(const char *endpoint, const char *aor)
{
	static char text[1024];

	snprintf(text, sizeof(text), PHONE, endpoint, aor);
	return text;
}

/* The trunk of the rig is there from the start. */
static void start(const char *endpoint, const char *aor)
{
	flow_start_center(&f, 1, NULL, phone(endpoint, aor));
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

/* One phone: what it sends next. */
struct phone {
	const char *call_id;
	unsigned cseq;
	struct sip_auth_state auth;
	struct sip_digest *digest;
	int64_t nonce_at;
	const struct addr *from; /* NULL: as all flows */
};
static struct phone ph;

static const struct sip_credentials cred = {
	.username = SLICE_LIT("phone"),
	.password = SLICE_LIT("secret"),
};

static void new_phone(const char *call_id)
{
	sip_digest_destroy(ph.digest);
	ph = (struct phone){.call_id = call_id, .cseq = 1};
	assert_int_equal(sip_digest_create(&ph.digest), 0);
}

/* extra: Contact, Expires and so on, whole lines. */
static void send_register(const char *extra)
{
	static unsigned branch;
	static char text[65536];
	char room[512];
	struct sink auth = sink_make(room, sizeof(room));
	struct sip_auth_request req = {.method = SLICE_LIT("REGISTER"),
				       .uri = SLICE_LIT("sip:10.0.0.1"),
				       .cnonce = SLICE_LIT("abcd")};

	assert_int_equal(sip_auth_state_write(&auth, ph.digest, &ph.auth, &cred, &req), 0);
	snprintf(text, sizeof(text),
		 "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		 "192.168.1.7:5062;branch=z9hG4bKr%u;rport\r\n"
		 "From: <sip:phone@10.0.0.1>;tag=a\r\nTo: <sip:phone@10.0.0.1>\r\nCall-ID: %s\r\n"
		 "CSeq: %u REGISTER\r\nMax-Forwards: 70\r\nUser-Agent: Deskphone "
		 "1\r\n%s%.*sContent-Length: 0\r\n\r\n",
		 branch++, ph.call_id, ph.cseq++, extra, SLICE_ARG(sink_slice(&auth)));
	if (!ph.from) {
		flow_send(&f, text);
		return;
	}
	sim_net_inject(f.w, ph.from, &flow_engine, text, strlen(text));
	sim_run_for(f.w, SIM_MS);
}

static void take_challenge(const struct flow_msg *m)
{
	assert_int_equal(sip_auth_take(&ph.auth, &m->msg, SIP_AUTH_MASK_ALL, &cred),
			 SIP_AUTH_RETRY);
}

/* Challenged once, then accepted; the 200. */
static const struct flow_msg *register_phone(const char *extra)
{
	/* Anew for each nonce_lifetime (32 s). */
	if (!ph.auth.slots[0].in_use || sim_now(f.w) > ph.nonce_at + 30 * SIM_SECOND) {
		ph.nonce_at = sim_now(f.w);
		send_register(extra);
		take_challenge(flow_expect(&f, "401"));
	}
	send_register(extra);
	return flow_expect(&f, "200");
}

static void expect_added(const char *uri)
{
	char text[160];

	snprintf(text, sizeof(text), "ContactStatus %s NonQualified phone phone", uri);
	flow_fact(&f, text);
	flow_fact(&f, "PeerStatus PJSIP PJSIP/phone Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/phone NOT_INUSE");
}

static void expect_removed(const char *uri)
{
	char text[160];

	snprintf(text, sizeof(text), "ContactStatus %s Removed phone phone", uri);
	flow_fact(&f, text);
	flow_fact(&f, "PeerStatus PJSIP PJSIP/phone Unreachable");
	flow_fact(&f, "DeviceStateChange PJSIP/phone UNAVAILABLE");
}

#define CONTACT(uri) "Contact: <" uri ">\r\n"
#define URI_A	     "sip:phone@10.0.0.9:5062"
#define URI_B	     "sip:phone@10.0.0.9:5064"

/* RFC 3665 2.1: challenge, registration; it is called; unregistration; no contact is left. */
static void test_life(void **state)
{
	const struct flow_msg *ok, *invite;

	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("life");
	flow_dial(&f, "phone");
	assert_int_equal(f.dial_error, -EHOSTUNREACH);
	ok = register_phone(CONTACT(URI_A) "Expires: 120\r\n");
	expect_added(URI_A);
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=120");
	assert_string_equal(flow_header(ok, "Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
	flow_dial(&f, "phone");
	assert_int_equal(f.dial_error, 0);
	invite = flow_expect(&f, "INVITE");
	assert_true(slice_eq(invite->msg.ruri, SLICE_LIT(URI_A)));
	flow_reply(&f, invite, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	ok = register_phone(CONTACT(URI_A) "Expires: 0\r\n");
	expect_removed(URI_A);
	assert_string_equal(flow_header(ok, "Contact"), "");
	flow_dial(&f, "phone");
	assert_int_equal(f.dial_error, -EHOSTUNREACH);
	flow_end(&f);
}

/* A number put into the contact of a registered gateway. */
static void test_number_at_endpoint(void **state)
{
	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("num");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	flow_dial(&f, "555@phone");
	assert_true(
		slice_eq(flow_expect(&f, "INVITE")->msg.ruri, SLICE_LIT("sip:555@10.0.0.9:5062")));
	flow_hangup(&f, 16);
	flow_run(&f, 40 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* RFC 3665 2.3: a question changes nothing; 10.3: what is asked is kept within the AOR's bounds. */
static void test_query_and_bounds(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("", "max_contacts=1\nminimum_expiration=60\nmaximum_expiration=600\ndefault_"
		  "expiration=300");
	new_phone("query");
	ok = register_phone("");
	assert_string_equal(flow_header(ok, "Contact"), "");
	ok = register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=300");
	ok = register_phone("Contact: <" URI_A ">;expires=5\r\nExpires: 500\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=60");
	ok = register_phone(CONTACT(URI_A) "Expires: 86400\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=600");
	flow_run(&f, 100 * SIM_SECOND);
	ok = register_phone("");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=500");
	flow_run(&f, 499 * SIM_SECOND);
	flow_no_fact(&f);
	flow_run(&f, SIM_SECOND); /* not refreshed: it goes */
	expect_removed(URI_A);
	flow_end(&f);
}

/* Wrong credentials never get in; nobody learns who exists. */
static void test_wrong_secret(void **state)
{
	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("wrong");
	send_register(CONTACT(URI_A));
	take_challenge(flow_expect(&f, "401"));
	ph.auth.slots[0].nonce[0] ^= 1;
	send_register(CONTACT(URI_A));
	flow_expect(&f, "401");
	flow_no_fact(&f);
	flow_end(&f);
}

static void test_not_for_registering(void **state)
{
	UNUSED(state);
	start("", ""); /* max_contacts=0 */
	new_phone("zero");
	send_register(CONTACT(URI_A));
	take_challenge(flow_expect(&f, "401"));
	send_register(CONTACT(URI_A));
	flow_expect(&f, "403");
	flow_end(&f);
}

/* A second phone: refused, or the first gives way. */
static void test_max_contacts(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("max");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	send_register(CONTACT(URI_B));
	flow_expect(&f, "403");
	flow_no_fact(&f);
	flow_end(&f);

	start("", "max_contacts=1\nremove_existing=yes");
	new_phone("max");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	ok = register_phone(CONTACT(URI_B));
	/* the old one goes first, as there is no room for both */
	expect_removed(URI_A);
	expect_added(URI_B);
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_B ">;expires=3600");
	flow_end(&f);
}

/* What a later request of the same client overtook changes nothing (10.3 item 7). */
static void test_order_of_requests(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("order");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	ph.cseq = 1;
	send_register(CONTACT(URI_A) "Expires: 0\r\n");
	flow_expect(&f, "500");
	flow_no_fact(&f);
	new_phone("order-2"); /* after a restart: another Call-ID begins anew */
	ok = register_phone(CONTACT(URI_A) "Expires: 90\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=90");
	flow_end(&f);
}

/* The same URI several times in one request: the last value counts, and takes one place. */
static void test_named_twice(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("twice");
	ok = register_phone("Contact: <" URI_A ">;expires=90, <" URI_A ">;expires=120\r\n");
	expect_added(URI_A);
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=120");
	ok = register_phone("Contact: <" URI_A ">;expires=0, <" URI_A ">;expires=90\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_A ">;expires=90");
	flow_no_fact(&f);
	ok = register_phone("Contact: <" URI_A ">;expires=0, <" URI_A ">;expires=0\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "");
	expect_removed(URI_A);
	flow_no_fact(&f);
	flow_end(&f);
}

/* The same where the phone has moved: the old binding goes once. */
static void test_named_twice_and_moved(void **state)
{
	static const struct addr moved = {.family = 4, .ip = {10, 0, 0, 9}, .port = 5070};
	const char *mine =
		"Contact: <sip:phone@192.168.1.7:5062>, <sip:phone@192.168.1.7:5062>\r\n";

	UNUSED(state);
	start("rewrite_contact=yes", "max_contacts=1");
	new_phone("moves");
	register_phone(mine);
	expect_added("sip:phone@10.0.0.9:5060");
	ph.from = &moved;
	ph.auth = (struct sip_auth_state){0}; /* a nonce is for where it was sent to */
	register_phone(mine);
	flow_fact(&f, "ContactStatus sip:phone@10.0.0.9:5070 NonQualified phone phone");
	flow_fact(&f, "ContactStatus sip:phone@10.0.0.9:5060 Removed phone phone");
	flow_no_fact(&f);
	flow_end(&f);
}

/* A contact= that a phone had registered before belongs to the file from then on: it stays when the
 * registration would have ended. */
static void test_becomes_static(void **state)
{
	const struct slice key = SLICE_LIT("phone;@0");
	const struct slice binding = SLICE_LIT("{\"uri\":\"" URI_A "\",\"endpoint\":\"phone\","
					       "\"expiration_time\":\"4000000000\"}");
	char aor[128];

	UNUSED(state);
	start("", "max_contacts=1");
	assert_true(sip_center_restore(f.center, key, binding)); /* of an earlier life */
	expect_added(URI_A);
	new_phone("static");
	register_phone(CONTACT(URI_A) "Expires: 120\r\n");
	snprintf(aor, sizeof(aor), "max_contacts=1\ncontact=%s", URI_A);
	flow_reload(&f, NULL, phone("", aor));
	flow_run(&f, 200 * SIM_SECOND);
	assert_false(sip_center_restore(f.center, key, binding));
	flow_no_fact(&f);
	new_phone("static-2");
	send_register(CONTACT(URI_A) "Expires: 0\r\n");
	take_challenge(flow_expect(&f, "401"));
	send_register(CONTACT(URI_A) "Expires: 0\r\n");
	flow_expect(&f, "403");
	flow_end(&f);
}

static void test_star(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("", "max_contacts=2");
	new_phone("star");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	register_phone(CONTACT(URI_B));
	flow_fact(&f, "ContactStatus " URI_B " NonQualified phone phone");
	send_register("Contact: *\r\n"); /* without Expires: 0 */
	flow_expect(&f, "400");
	send_register("Contact: *\r\n" CONTACT(URI_A) "Expires: 0\r\n");
	flow_expect(&f, "400");
	ok = register_phone("Contact: *\r\nExpires: 0\r\n");
	assert_string_equal(flow_header(ok, "Contact"), "");
	flow_fact(&f, "ContactStatus " URI_B " Removed phone phone");
	expect_removed(URI_A);
	flow_end(&f);
}

/* Behind a NAT: dialled where it came from; it sees its own Contact; a new port is the same phone.
 */
static void test_rewrite_contact(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("rewrite_contact=yes", "max_contacts=1");
	new_phone("nat");
	ok = register_phone(CONTACT("sip:phone@192.168.1.7:5062"));
	expect_added("sip:phone@10.0.0.9:5060");
	assert_string_equal(flow_header(ok, "Contact"),
			    "<sip:phone@192.168.1.7:5062>;expires=3600");
	flow_dial(&f, "phone");
	assert_true(slice_eq(flow_expect(&f, "INVITE")->msg.ruri,
			     SLICE_LIT("sip:phone@10.0.0.9:5060")));
	flow_hangup(&f, 16);
	flow_run(&f, 40 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* RFC 3327: the way in is the way out; a Path that would be lost is refused. */
static void test_path(void **state)
{
	static const char way[] = "Path: <sip:10.0.0.9:5070;lr>,<sip:10.0.0.8;lr>\r\n";
	const struct flow_msg *ok, *invite;
	char extra[256];

	UNUSED(state);
	start("", "max_contacts=1\nsupport_path=yes");
	new_phone("path");
	snprintf(extra, sizeof(extra), "%s" CONTACT("sip:phone@192.168.1.7"), way);
	send_register(extra);
	take_challenge(flow_expect(&f, "401"));
	send_register(extra);
	assert_string_equal(flow_header(flow_expect(&f, "420"), "Unsupported"), "path");
	send_register("Require: path, gruu, outbound\r\n");
	assert_string_equal(flow_header(flow_expect(&f, "420"), "Unsupported"), "gruu, outbound");
	snprintf(extra, sizeof(extra), "Supported: path\r\n%s" CONTACT("sip:phone@192.168.1.7"),
		 way);
	ok = register_phone(extra);
	expect_added("sip:phone@192.168.1.7");
	assert_string_equal(flow_header(ok, "Path"), "<sip:10.0.0.9:5070;lr>");
	flow_dial(&f, "phone");
	invite = flow_expect(&f, "INVITE");
	assert_int_equal(invite->to.port, 5070);
	assert_string_equal(flow_header(invite, "Route"), "<sip:10.0.0.9:5070;lr>");
	assert_true(slice_eq(invite->msg.ruri, SLICE_LIT("sip:phone@192.168.1.7")));
	flow_hangup(&f, 16);
	flow_run(&f, 40 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* Nobody but the endpoint whose AOR it is, and only what is a SIP URI. */
static void test_bad_requests(void **state)
{
	static const char *const bad[] = {
		"Contact: <mailto:a@b>\r\n",
		"Contact: <sip:>\r\n",
		"Contact: <sip:a@b\r\n",
	};

	UNUSED(state);
	start("", "max_contacts=1");
	new_phone("bad");
	register_phone("");
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		send_register(bad[i]);
		flow_expect(&f, "400");
	}
	flow_no_fact(&f);
	flow_end(&f);
}

/* contact_acl looks at every Contact of a REGISTER, and takes no names, which may lead anywhere. */
static void test_contact_acl(void **state)
{
	static const char *const bad[] = {
		"Contact: <sip:phone@10.0.9.9:5062>\r\n",
		"Contact: <" URI_A ">, <sip:phone@10.0.9.9:5062>\r\n",
		"Contact: <" URI_A ">\r\nContact: \"x\" <sip:phone@10.0.9.9>;expires=60\r\n",
		"Contact: <sip:phone@inside.example>\r\n",
	};

	UNUSED(state);
	start("contact_deny=0.0.0.0/0\ncontact_permit=10.0.0.0/24\n", "max_contacts=2");
	new_phone("fence");
	register_phone(CONTACT(URI_A));
	expect_added(URI_A);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		send_register(bad[i]);
		flow_expect(&f, "403");
	}
	flow_no_fact(&f);
	flow_end(&f);
}

/* More bindings, with longer texts, than one report to control may hold: refused, and nothing
 * changes. */
static void test_too_large(void **state)
{
	static char extra[32768];
	size_t len = 0;

	UNUSED(state);
	start("", "max_contacts=30\nsupport_path=yes");
	new_phone("large");
	register_phone("");
	len += (size_t)snprintf(extra, sizeof(extra),
				"Supported: path\r\nPath: <sip:10.0.0.9;lr;x=%0900d>\r\n", 0);
	for (unsigned i = 0; i < 30; i++)
		len += (size_t)snprintf(extra + len, sizeof(extra) - len,
					"Contact: <sip:phone@10.0.0.9:%u;x=%0100d>\r\n", 6000 + i,
					0);
	send_register(extra);
	flow_expect(&f, "413");
	flow_no_fact(&f);
	flow_end(&f);
}

/* ---- qualify ---- */

static void end_qualify(void)
{
	flow_reload(&f, NULL, NULL);
	flow_run(&f, SIM_SECOND);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	flow_run(&f, 60 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

#define DESK                                                                                       \
	"[desk]\ntype=endpoint\naors=desk\nallow=ulaw\noutbound_auth=desk\n"                       \
	"[desk]\ntype=auth\nusername=u\npassword=p\n[desk]\ntype=aor\ncontact=sip:10.0.0.9:5090\n"

static void start_desk(const char *aor)
{
	char text[512];

	snprintf(text, sizeof(text), DESK "%s", aor);
	flow_start_center(&f, 1, NULL, text);
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

static void expect_desk(const char *status, bool is_online)
{
	char text[160];

	snprintf(text, sizeof(text), "ContactStatus sip:10.0.0.9:5090 %s desk desk%s", status,
		 is_online ? " rtt" : "");
	flow_fact(&f, text);
	snprintf(text, sizeof(text), "PeerStatus PJSIP PJSIP/desk %s", status);
	flow_fact(&f, text);
	flow_fact(&f, is_online ? "DeviceStateChange PJSIP/desk NOT_INUSE"
				: "DeviceStateChange PJSIP/desk UNAVAILABLE");
}

/* The look of the question; found, lost, found again; what is lost is not dialled. */
static void test_qualify(void **state)
{
	const struct flow_msg *m;
	int64_t first;

	UNUSED(state);
	start_desk("qualify_frequency=30\nqualify_timeout=1.5\n");
	flow_dial(&f, "desk"); /* not known yet: it is tried */
	assert_int_equal(f.dial_error, 0);
	flow_reply(&f, flow_expect(&f, "INVITE"), 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	m = flow_expect(&f, "OPTIONS");
	first = m->at;
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:10.0.0.9:5090")));
	assert_int_equal(m->to.port, 5090);
	assert_memory_equal(m->msg.from.uri.ptr, "sip:asterisk@10.0.0.1", 21);
	assert_string_equal(flow_header(m, "To"), "<sip:10.0.0.9:5090>");
	assert_string_equal(flow_header(m, "Contact"), "<sip:asterisk@10.0.0.1:5060>");
	flow_reply(&f, m, 404, "x", NULL, NULL); /* any answer will do */
	expect_desk("Reachable", true);
	m = flow_expect(&f, "OPTIONS");
	assert_in_range(m->at - first, 27 * SIM_SECOND, 31 * SIM_SECOND);
	first = m->at;
	flow_expect(&f, "OPTIONS"); /* again, after T1: and then its time is over */
	flow_run(&f, 2 * SIM_SECOND);
	assert_true(sim_now(f.w) < first + 3 * SIM_SECOND);
	expect_desk("Unreachable", false);
	flow_dial(&f, "desk");
	assert_int_equal(f.dial_error, -EHOSTUNREACH);
	f.msg_taken = f.msg_count;
	flow_reply(&f, flow_expect(&f, "OPTIONS"), 200, "x", NULL, NULL);
	expect_desk("Reachable", true);
	flow_dial(&f, "desk");
	assert_int_equal(f.dial_error, 0);
	flow_reply(&f, flow_expect(&f, "INVITE"), 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	end_qualify();
}

/* qualify_2xx_only, and a challenge that is answered. */
static void test_qualify_challenge(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start_desk("qualify_frequency=30\nqualify_2xx_only=yes\nauthenticate_qualify=yes\n");
	m = flow_expect(&f, "OPTIONS");
	flow_reply(&f, m, 401, "x", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
	m = flow_expect(&f, "OPTIONS");
	assert_memory_equal(flow_header(m, "Authorization"), "Digest username=\"u\", realm=\"r\"",
			    30);
	flow_reply(&f, m, 401, "x", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
	/* refused: no 2xx, so it is not there */
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5090 Unreachable desk desk");
	m = flow_expect(&f, "OPTIONS");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	expect_desk("Reachable", true);
	end_qualify();
}

/* A contact by name: each address has qualify_timeout to answer; one that does is enough. */
static void test_qualify_name(void **state)
{
	const struct flow_msg *m;
	int64_t first;

	UNUSED(state);
	flow_start_center(&f, 1, NULL,
			  "[desk]\ntype=endpoint\naors=desk\nallow=ulaw\n[desk]\ntype=aor\n"
			  "contact=sip:desk.example\nqualify_frequency=30\nqualify_timeout=2\n");
	sim_dns_put(f.w, "desk.example", 10, "A 10.0.0.7");
	sim_dns_put(f.w, "desk.example", 10, "A 10.0.0.8");
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
	m = flow_expect(&f, "OPTIONS");
	first = m->at;
	flow_assert_to(m, "10.0.0.7:5060");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:desk.example")));
	for (int i = 0; i < 2; i++)
		flow_assert_to(flow_expect(&f, "OPTIONS"), "10.0.0.7:5060");
	m = flow_expect(&f, "OPTIONS");
	assert_in_range(m->at - first, 2 * SIM_SECOND, 2 * SIM_SECOND + SIM_MS);
	flow_assert_to(m, "10.0.0.8:5060");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_fact(&f, "ContactStatus sip:desk.example Reachable desk desk rtt");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/desk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/desk NOT_INUSE");
	for (int i = 0; i < 6; i++) /* neither */
		flow_expect(&f, "OPTIONS");
	flow_run(&f, 2 * SIM_SECOND);
	flow_fact(&f, "ContactStatus sip:desk.example Unreachable desk desk");
	end_qualify();
}

/* The question goes where the phone's Path begins, also if that is a name. */
static void test_qualify_path(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("", "max_contacts=1\nsupport_path=yes\nqualify_frequency=60\n");
	sim_dns_put(f.w, "edge.example", 60, "A 10.0.0.7");
	new_phone("qpath");
	send_register("");
	take_challenge(flow_expect(&f, "401"));
	send_register("Supported: path\r\nPath: <sip:edge.example;lr>\r\n" CONTACT(
		"sip:phone@192.168.1.7"));
	flow_expect(&f, "200");
	m = flow_expect(&f, "OPTIONS");
	flow_assert_to(m, "10.0.0.7:5060");
	assert_string_equal(flow_header(m, "Route"), "<sip:edge.example;lr>");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:phone@192.168.1.7")));
	flow_reply(&f, m, 200, "x", NULL, NULL);
	end_qualify();
}

#define TOLD(uri, status) "ContactStatus " uri " " status " phone phone"

/* The question to a phone: answered, or its time (a second) passes. */
static void ask(const char *uri, bool is_there)
{
	const struct flow_msg *m = flow_expect(&f, "OPTIONS");
	char text[160];

	assert_true(slice_eq(m->msg.ruri, slice_str(uri)));
	if (is_there)
		flow_reply(&f, m, 200, "x", NULL, NULL);
	else
		flow_run(&f, SIM_SECOND + 10 * SIM_MS);
	f.msg_taken = f.msg_count; /* it was sent again meanwhile */
	snprintf(text, sizeof(text), "ContactStatus %s %s phone phone%s", uri,
		 is_there ? "Reachable" : "Unreachable", is_there ? " rtt" : "");
	flow_fact(&f, text);
}

/* remove_unavailable: a new phone takes the place of one that is not there, and of no other;
 * together with remove_existing the one that is not there goes first. */
static void test_remove_unavailable(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	start("",
	      "max_contacts=1\nremove_unavailable=yes\nqualify_frequency=60\nqualify_timeout=1");
	new_phone("gone");
	send_register(CONTACT(URI_A));
	take_challenge(flow_expect(&f, "401"));
	send_register(CONTACT(URI_A));
	flow_expect(&f, "200");
	ask(URI_A, true);
	flow_fact(&f, "PeerStatus PJSIP PJSIP/phone Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/phone NOT_INUSE");
	send_register(CONTACT(URI_B));
	flow_expect(&f, "403");
	ask(URI_A, false);
	flow_fact(&f, "PeerStatus PJSIP PJSIP/phone Unreachable");
	flow_fact(&f, "DeviceStateChange PJSIP/phone UNAVAILABLE");
	send_register(CONTACT(URI_B)); /* a new nonce: that one is a minute old */
	take_challenge(flow_expect(&f, "401"));
	send_register(CONTACT(URI_B));
	ok = flow_expect(&f, "200");
	assert_string_equal(flow_header(ok, "Contact"), "<" URI_B ">;expires=3600");
	flow_fact(&f, TOLD(URI_A, "Removed"));
	end_qualify();

	start("", "max_contacts=2\nremove_unavailable=yes\nremove_existing=yes\n"
		  "qualify_frequency=60\nqualify_timeout=1");
	new_phone("both");
	send_register("");
	take_challenge(flow_expect(&f, "401"));
	send_register(CONTACT(URI_A) "Expires: 600\r\n"); /* ends first */
	flow_expect(&f, "200");
	ask(URI_A, true);
	flow_fact(&f, "PeerStatus PJSIP PJSIP/phone Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/phone NOT_INUSE");
	send_register(CONTACT(URI_B));
	flow_expect(&f, "200");
	ask(URI_B, false);
	send_register(CONTACT("sip:phone@10.0.0.9:5066"));
	flow_expect(&f, "200");
	flow_fact(&f, TOLD(URI_B, "Removed"));
	end_qualify();
}

static char logged[512]; /* of contacts, the last line */

static void keep_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	if (strstr(line->text, "Contact desk/"))
		snprintf(logged, sizeof(logged), "%s", line->text);
}

/* By command, whatever the frequency; and a stranger to it. Without a frequency a contact has no
 * state that could change: it is a line in the log, and no event. */
static void test_qualify_command(void **state)
{
	UNUSED(state);
	log_set_level(LOG_LEVEL_VERBOSE, 3);
	log_set_writer(keep_log, NULL);
	start_desk("qualify_frequency=0\n");
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5090 NonQualified desk desk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/desk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/desk NOT_INUSE");
	flow_expect_silence(&f, 100 * SIM_SECOND);
	assert_int_equal(flow_command(&f, TECH_QUALIFY, "desk"), 0);
	flow_reply(&f, flow_expect(&f, "OPTIONS"), 200, "x", NULL, NULL);
	flow_run(&f, SIM_SECOND);
	assert_string_equal(logged, "Contact desk/sip:10.0.0.9:5090 answers.  RTT: 1.000 msec");
	assert_int_equal(flow_command(&f, TECH_QUALIFY, "desk"), 0);
	flow_expect(&f, "OPTIONS");
	flow_run(&f, 40 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	assert_string_equal(logged,
			    "Contact desk/sip:10.0.0.9:5090 does not answer.  RTT: 0.000 msec");
	flow_no_fact(&f);
	flow_dial(&f, "desk"); /* it is dialled as before */
	assert_int_equal(f.dial_error, 0);
	flow_reply(&f, flow_expect(&f, "INVITE"), 404, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	assert_int_equal(flow_command(&f, TECH_QUALIFY, "nobody"), -ENOENT);
	log_set_writer(NULL, NULL);
	log_set_level(LOG_LEVEL_NOTICE, 0);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_number_at_endpoint),
		cmocka_unit_test(test_query_and_bounds),
		cmocka_unit_test(test_wrong_secret),
		cmocka_unit_test(test_not_for_registering),
		cmocka_unit_test(test_max_contacts),
		cmocka_unit_test(test_order_of_requests),
		cmocka_unit_test(test_named_twice),
		cmocka_unit_test(test_named_twice_and_moved),
		cmocka_unit_test(test_becomes_static),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_rewrite_contact),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_contact_acl),
		cmocka_unit_test(test_qualify),
		cmocka_unit_test(test_qualify_challenge),
		cmocka_unit_test(test_qualify_name),
		cmocka_unit_test(test_qualify_path),
		cmocka_unit_test(test_remove_unavailable),
		cmocka_unit_test(test_qualify_command),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sip_digest_destroy(ph.digest);
	return failed;
}
