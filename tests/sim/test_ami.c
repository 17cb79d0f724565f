/* sim_test_ami [NAME [SEED]] - whole-engine AMI sessions on virtual time: what a client sees on its
 * socket, from the banner to the last event of a call. The sessions are files,
 * tests/sim/transcripts/ami-*.txt, one test each (peer_talk.h). */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_caller.h"
#include "tests/sim/peer_gateway.h"
#include "tests/sim/peer_talk.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of transcripts, and what its world has that others do not. */
struct session {
	const char *file;
	bool tls;	   /* the client comes over TLS */
	bool compat;	   /* dialer.conf compat_reason */
	bool states;	   /* of devices are told */
	bool pair;	   /* of clients */
	const char *more;  /* of pjsip.conf */
	const char *pjsip; /* instead of all of it */
};

static struct {
	uint64_t seed;
	const struct session *session;
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct caller *caller;
	struct telnet *client, *other;
} rig = {.seed = 7};

/* ---- world ---- */

static enum gateway_plan choose(void *arg, struct slice user, uint32_t nth)
{
	UNUSED(arg);
	UNUSED(nth);
	if (slice_eq(user, SLICE_LIT("answer")))
		return GATEWAY_ANSWER_LATE;
	if (slice_eq(user, SLICE_LIT("busy")))
		return GATEWAY_BUSY;
	if (slice_eq(user, SLICE_LIT("missing")))
		return GATEWAY_NOT_FOUND;
	return GATEWAY_RINGS;
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	UNUSED(arg);
	gateway_tap(rig.gateway, from, to, data, len);
	return SIM_PASS;
}

static const char manager_conf[] = "[general]\n"
				   "enabled = yes\n"
				   "bindaddr = 0.0.0.0\n"
				   "tlsenable = yes\n"
				   "tlscertfile = /tls/server.pem\n"
				   "tlsprivatekey = /tls/server.key\n"
				   "%s\n"
				   "[hello]\n"
				   "secret=world\n"
				   "read=all     ; everything\n"
				   "write=all\n"
				   "[quiet]\n"
				   "secret=world\n"
				   "write=all\n"
				   "[lister]\n"
				   "secret=world\n"
				   "write=user\n"
				   "[low]\n"
				   "secret=world\n"
				   "write=call\n"
				   "[set]\n"
				   "secret=world\n"
				   "write=originate,call\n"
				   "setvar=U1=one\n"
				   "setvar=U2=two\n"
				   "[single]\n"
				   "secret=world\n"
				   "read=security\n"
				   "allowmultiplelogin=no\n"
				   "[denied]\n"
				   "secret=world\n"
				   "deny=0.0.0.0/0.0.0.0\n"
				   "[nosecret]\n"
				   "[filtered]\n"
				   "secret=world\n"
				   "read=all\n"
				   "write=all\n"
				   "eventfilter=Event: (Newchannel|Hangup)\n"
				   "eventfilter=!Cause: 16\n";

static const char extensions_conf[] =
	"[default]\n"
	"exten => 100,1,NoOp(hello \"Ann\" <100>  )\n"
	" same => n,Wait(2)\n"
	" same => n,Hangup()\n"
	"exten => long,1,Answer()\n"
	" same => n,Wait(600)\n"
	"exten => 209,1,Wait(3)\n"
	" same => n,Hangup()\n"
	"exten => label,1,NoOp()\n"
	" same => n(there),Wait(600)\n"
	"[hints]\n"
	"exten => 500,hint,PJSIP/self\n"
	"exten => 501,hint,Custom:lamp&PJSIP/nobody\n"
	"exten => _6XX,hint,PJSIP/${EXTEN}\n"
	"exten => lamp,1,Set(DEVICE_STATE(Custom:lamp)=INUSE)\n"
	" same => n,Wait(1)\n"
	" same => n,NoOp(${DEVICE_STATE(Custom:lamp)},${DEVICE_STATE(PJSIP/self)},"
	"${DEVICE_STATE(PJSIP/x)},${EXTENSION_STATE(501@hints)},"
	"${HINT(500)})\n"
	"[sets]\n"
	"exten => 103,1,Wait(600)\n"
	"exten => 209,1,Wait(3)\n"
	"exten => 210,1,Wait(6)\n"
	"[in]\n"
	"exten => 100,1,NoOp(${CALLERID(num)} for ${EXTEN})\n"
	" same => n,Ringing()\n"
	" same => n,Wait(1)\n"
	" same => n,Answer()\n"
	" same => n,UserEvent(Lead,Number: 4711,Note: a b)\n"
	" same => n,Set(CALLERID(name)=Bob \"B\")\n"
	" same => n,Wait(3)\n"
	" same => n,Hangup(21)\n"
	"exten => 101,1,Ringing()\n"
	" same => n,Wait(600)\n"
	"exten => 102,1,Busy()\n"
	"exten => 103,1,Answer(,i)\n"
	" same => n,Wait(600)\n"
	"[rtcp]\n"
	"exten => s,1,Wait(20)\n"
	"[fails]\n"
	"exten => 100,1,Wait(1)\n"
	"exten => failed,1,NoOp(${REASON})\n";

static const char pjsip_conf[] = "[udp]\n"
				 "type=transport\n"
				 "protocol=udp\n"
				 "bind=0.0.0.0:5060\n"
				 "[self]\n"
				 "type=endpoint\n"
				 "transport=udp\n"
				 "context=uas\n"
				 "disallow=all\n"
				 "allow=ulaw\n"
				 "aors=self\n"
				 "[SOFTPHONE_A](self)\n"
				 "[SOFTPHONE_B](self)\n"
				 "[self]\n"
				 "type=auth\n"
				 "username=me\n"
				 "password=secret\n"
				 "[self]\n"
				 "type=identify\n"
				 "endpoint=self\n"
				 "match=192.0.2.1\n"
				 "[self]\n"
				 "type=aor\n"
				 "contact=sip:answer@";

/* Whoever calls in, and an endpoint that is nowhere. */
static const char pjsip_more[] = "[caller](self)\n"
				 "context=in\n"
				 "accountcode=house\n"
				 "callerid=Bob <200>\n"
				 "[noreg](self)\n"
				 "aors=noreg\n"
				 "[noreg]\n"
				 "type=aor\n"
				 "max_contacts=1\n";

/* Nothing but a way out. */
static const char pjsip_empty[] = "[udp]\n"
				  "type=transport\n"
				  "protocol=udp\n"
				  "bind=0.0.0.0:5060\n";

/* Where nobody answers, and an endpoint without an AOR. */
static const char pjsip_dead[] = "[dead](self)\n"
				 "aors=dead\n"
				 "[dead]\n"
				 "type=aor\n"
				 "contact=sip:dead@10.0.0.99\n"
				 "qualify_frequency=60\n"
				 "qualify_timeout=20\n"
				 "[bare]\n"
				 "type=endpoint\n"
				 "allow=ulaw\n"
				 "[reg]\n"
				 "type=registration\n"
				 "server_uri=sip:10.0.0.99\n"
				 "client_uri=sip:me@10.0.0.99\n"
				 "outbound_auth=self\n"
				 "max_random_initial_delay=0\n";

static void put_files(void)
{
	char text[1024], big[2 * sizeof(manager_conf)], host[ADDR_TEXT];
	struct addr gateway = gateway_addr(rig.gateway);

	sim_fs_put(rig.w, "/etc/asterisk/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n");
	/* The reference shows calls without the states of devices, but for one. */
	snprintf(big, sizeof(big), manager_conf,
		 rig.session->states ? "" : "disabledevents = DeviceStateChange,ExtensionStatus");
	sim_fs_put(rig.w, "/etc/asterisk/manager.conf", big);
	snprintf(text, sizeof(text),
		 "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=100\ncompat_reason=%s\n",
		 rig.session->compat ? "yes" : "no");
	sim_fs_put(rig.w, "/etc/asterisk/dialer.conf", text);
	snprintf(big, sizeof(big), "%s%s\n%s", pjsip_conf, addr_text(&gateway, host),
		 rig.session->more ? rig.session->more : "");
	sim_fs_put(rig.w, "/etc/asterisk/pjsip.conf",
		   rig.session->pjsip ? rig.session->pjsip : big);
	sim_fs_put(rig.w, "/etc/asterisk/pjsip_notify.conf",
		   "[snom-reboot]\nEvent=>check-sync\\;reboot=true\n");
	sim_fs_put(rig.w, "/etc/asterisk/sample.conf",
		   "; by hand\n[general]\nenabled=yes ; no\n[base](!)\nread=system,call\n"
		   "[crm](base)\nsecret=a\\;\"b\"\\\npermit=10.0.0.1\npermit => 10.0.0.2\n");
	sim_fs_put(rig.w, "/etc/asterisk/broken.conf", "[general\n");
	sim_fs_put(rig.w, "/var/spool/asterisk/secret", "[a]\n");
	sim_fs_put(rig.w, "/etc/passwd", "[a]\n");
	sim_fs_put(rig.w, "/etc/asterisk/extensions.conf", extensions_conf);
	sim_fs_put(rig.w, "/etc/asterisk/rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(rig.w, "/etc/asterisk/cdr.conf",
		   "[general]\nenable=yes\nunanswered=no\n[csv]\n");
	sim_fs_mkdir(rig.w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	check(sim_fs_import(rig.w, "tests/tls", "/tls") == 0);
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
}

static void engine_begin(void)
{
	struct engine_options options = {.main_file = "/etc/asterisk/asterisk.conf",
					 .cpu_count = 2};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) || engine_start(rig.engine, &error))
		fail_msg("%s", sink_cstr(&error));
	check(engine_run_apart(rig.engine) == 0);
}

static void caller_begin(void)
{
	struct caller_conf conf = {.port = 5060, .engine = sim_host_addr(rig.w, 0, 5060)};

	rig.caller = NULL;
	if (!rig.session->more)
		return;
	conf.host = sim_host_add(rig.w, "caller");
	rig.caller = caller_create(rig.w, &conf);
}

/* "EXTEN", "EXTEN cancel", "EXTEN hold", "EXTEN hangup": somebody calls now. */
static void call_in(struct slice text)
{
	size_t blank = slice_find(text, ' ');
	struct slice plan = slice_from(text, blank == SIZE_MAX ? text.len : blank + 1);
	char exten[32];

	slice_copy(exten, sizeof(exten), slice_head(text, blank));
	caller_call(rig.caller, sim_now(rig.w), exten,
		    slice_eq(plan, SLICE_LIT("cancel"))	  ? CALLER_CANCEL
		    : slice_eq(plan, SLICE_LIT("hold"))	  ? CALLER_HOLD
		    : slice_eq(plan, SLICE_LIT("hangup")) ? CALLER_HANGUP
							  : CALLER_TALK);
}

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static const struct session plain;

static int begin(void **state)
{
	struct gateway_conf gateway = {.port = 5060, .choose = choose};
	struct addr server;

	rig.session = *state ? *state : &plain;
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(rig.seed);
	gateway.host = sim_host_add(rig.w, "gateway");
	rig.gateway = gateway_create(rig.w, &gateway);
	sim_net_tap(rig.w, tap, NULL);
	put_files();
	engine_begin();
	caller_begin();
	sim_run_for(rig.w, SIM_SECOND);
	server = sim_host_addr(rig.w, 0, rig.session->tls ? 5039 : 5038);
	rig.client = rig.session->tls ? telnet_create_tls(rig.w, &server, "/tls/ca.pem", "10.0.0.1")
				      : telnet_create(rig.w, &server);
	rig.other = rig.session->pair ? telnet_create(rig.w, &server) : NULL;
	return 0;
}

static int end(void **state)
{
	const char *why = "";
	bool quiet, gateway_good, caller_good;

	UNUSED(state);
	sim_run_for(rig.w, 40 * SIM_SECOND);
	quiet = engine_is_quiet(rig.engine, &why);
	gateway_good = gateway_check_end(rig.gateway);
	caller_good = !rig.caller || caller_check_end(rig.caller);
	telnet_destroy(rig.client);
	if (rig.other)
		telnet_destroy(rig.other);
	sim_net_tap(rig.w, NULL, NULL);
	engine_destroy(rig.engine);
	gateway_destroy(rig.gateway);
	if (rig.caller)
		caller_destroy(rig.caller);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	if (!quiet)
		fail_msg("not quiet: %s", why);
	assert_true(gateway_good && caller_good);
	assert_int_equal(check_never_count(), 0);
	return 0;
}

/* ---- sessions ---- */

static void test_session(void **state)
{
	const struct session *session = *state;
	const struct talk_rig talk = {
		.client = rig.client, .other = rig.other, .tls = session->tls, .call = call_in};

	talk_play(&talk, session->file);
}

/* ---- what is no transcript ---- */

/* A call outlives the connection that ordered it, in either manner. */
static void test_client_goes(void **state)
{
	static const char orders[] =
		"Action: Login\r\nUsername: hello\r\nSecret: world\r\n\r\n"
		"Action: Originate\r\nChannel: PJSIP/answer@self\r\nContext: default\r\n"
		"Exten: 100\r\nPriority: 1\r\nAsync: true\r\n\r\n"
		"Action: Originate\r\nChannel: PJSIP/answer@self\r\nContext: default\r\n"
		"Exten: 100\r\nPriority: 1\r\n\r\n";

	UNUSED(state);
	telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND);
	telnet_say(rig.client, SLICE_LIT(orders), SIM_SECOND);
	telnet_reset(rig.client);
	sim_run_for(rig.w, 40 * SIM_SECOND);
	assert_true(telnet_is_closed(rig.client));
	assert_int_equal(gateway_calls_of(rig.gateway, SLICE_LIT("answer")), 2);
}

/* Who stalls on the port of TLS keeps nobody out, neither there nor on the plain port. */
static void test_stalled_handshakes(void **state)
{
	static const char login[] = "Action: Login\r\nUsername: hello\r\nSecret: world\r\n\r\n";
	struct addr tls = sim_host_addr(rig.w, 0, 5039);
	struct telnet *idle[55], *safe;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(idle); i++) /* authlimit is 50 */
		idle[i] = telnet_create(rig.w, &tls);
	sim_run_for(rig.w, SIM_SECOND);
	(void)telnet_say(rig.client, SLICE_EMPTY, 0);
	telnet_reconnect(rig.client);
	assert_string_equal(telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND),
			    "Asterisk Call Manager/11.0.0\r\n");
	assert_non_null(strstr(telnet_say(rig.client, slice_str(login), SIM_SECOND), "Success"));
	safe = telnet_create_tls(rig.w, &tls, "/tls/ca.pem", "10.0.0.1");
	assert_string_equal(telnet_say(safe, SLICE_EMPTY, SIM_SECOND),
			    "Asterisk Call Manager/11.0.0\r\n");
	assert_non_null(strstr(telnet_say(safe, slice_str(login), SIM_SECOND), "Success"));
	sim_run_for(rig.w, 10 * SIM_SECOND);
	for (size_t i = 0; i < ARRAY_COUNT(idle); i++) {
		assert_true(telnet_is_closed(idle[i]));
		telnet_destroy(idle[i]);
	}
	telnet_destroy(safe);
}

static const char pjsip_outbound[] = "[global]\ntype=global\ndefault_outbound_endpoint=self\n";

static const char pjsip_inband[] = "[inband](self)\ndtmf_mode=inband\n";

static const struct session sessions[] = {
	{.file = "ami-chapter.txt"},
	{.file = "ami-answered.txt"},
	{.file = "ami-busy.txt"},
	{.file = "ami-compat.txt", .compat = true},
	{.file = "ami-no-answer.txt"},
	{.file = "ami-cancelled.txt"},
	{.file = "ami-no-channel.txt"},
	{.file = "ami-channel.txt"},
	{.file = "ami-login.txt"},
	{.file = "ami-framing.txt"},
	{.file = "ami-session.txt"},
	{.file = "ami-originate.txt"},
	{.file = "ami-failed.txt"},
	{.file = "ami-variables.txt"},
	{.file = "ami-hangup.txt"},
	{.file = "ami-signal.txt"},
	{.file = "ami-inband.txt", .more = pjsip_inband},
	{.file = "ami-notify.txt", .more = pjsip_outbound},
	{.file = "ami-chapter.txt", .tls = true},
	{.file = "ami-framing.txt", .tls = true},
	{.file = "ami-session.txt", .tls = true},
	{.file = "ami-originate.txt", .tls = true},
	{.file = "ami-pjsip.txt"},
	{.file = "ami-database.txt"},
	{.file = "ami-config.txt"},
	{.file = "ami-modules.txt"},
	{.file = "ami-dialplan.txt"},
	{.file = "ami-state.txt", .states = true},
	{.file = "ami-security.txt", .pair = true},
	{.file = "ami-worked.txt", .compat = true, .more = pjsip_more},
	{.file = "ami-incoming.txt", .more = pjsip_more},
	{.file = "ami-rtcp.txt"},
	{.file = "ami-empty.txt", .pjsip = pjsip_empty},
	{.file = "ami-registry.txt", .states = true, .more = pjsip_dead},
};

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_COUNT(sessions) + 2] = {
		cmocka_unit_test_setup_teardown(test_client_goes, begin, end),
		cmocka_unit_test_setup_teardown(test_stalled_handshakes, begin, end)};
	char names[ARRAY_COUNT(sessions)][64];

	for (size_t i = 0; i < ARRAY_COUNT(sessions); i++) {
		snprintf(names[i], sizeof(names[i]), "%s%s", sessions[i].tls ? "tls " : "",
			 sessions[i].file);
		tests[2 + i] = (struct CMUnitTest){names[i], test_session, begin, end,
						   (void *)(uintptr_t)&sessions[i]};
	}
	if (argc > 2)
		rig.seed = strtoull(argv[2], NULL, 10);
	if (argc > 1) /* one file: the name of a test may hold * and ? */
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
