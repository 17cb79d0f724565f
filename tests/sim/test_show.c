/* tests/sim/test_show.c - what the console shows of the objects of pjsip.conf: layouts, states,
 * what belongs to what, and the words of its commands. Calls are in test_commands. */
#include "tests/sim/console_rig.h"

#include "sip/msg.h"

#define CONF                                                                                       \
	"[t]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"                                   \
	"[s]\ntype=transport\nprotocol=tcp\nbind=0.0.0.0:5060\ncos=3\ntos=cs3\n"                   \
	"[gw]\ntype=endpoint\naors=gw\nallow=!all,ulaw,alaw\n"                                     \
	"[gw]\ntype=aor\ncontact=sip:192.0.2.9\n"                                                  \
	"[gw]\ntype=identify\nendpoint=gw\nmatch=192.0.2.9\nmatch=198.51.100.0/24\n"               \
	"[desk]\ntype=endpoint\naors=desk\nauth=door,door2\noutbound_auth=out\ntransport=t\n"      \
	"callerid=\"Desk\" <300>\n"                                                                \
	"[desk]\ntype=aor\nmax_contacts=3\ncontact=sip:desk@192.0.2.10:5070\n"                     \
	"qualify_frequency=60\n"                                                                   \
	"[door]\ntype=auth\nusername=d1\npassword=x\n[door2]\ntype=auth\nusername=d2\npassword="   \
	"x\n"                                                                                      \
	"[out]\ntype=auth\nusername=me\npassword=x\n"                                              \
	"[reg]\ntype=registration\nserver_uri=sip:192.0.2.10\nclient_uri=sip:me@192.0.2.10\n"      \
	"outbound_auth=out\nmax_random_initial_delay=0\nretry_interval=20\n"

#define RULE                                                                                       \
	"========================================================================================" \
	"="                                                                                        \
	"=\n"

static struct {
	unsigned code; /* of the far end to REGISTER and OPTIONS; 0: it says nothing */
	unsigned asked, registered, ended;
} far;

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	enum sip_parse_error err;
	char text[2048];
	struct sip_msg q;
	int n;

	UNUSED(arg);
	if (to->ip[0] != 192 || sip_msg_parse(&q, slice_make(data, len), &err) || !q.is_request)
		return SIM_PASS;
	far.asked += q.method == SIP_METHOD_OPTIONS;
	if (q.method == SIP_METHOD_REGISTER &&
	    slice_eq(sip_msg_get(&q, SIP_HDR_EXPIRES), SLICE_LIT("0")))
		far.ended++;
	else
		far.registered += q.method == SIP_METHOD_REGISTER;
	if (!far.code)
		return SIM_DROP;
	n = snprintf(
		text, sizeof(text),
		"SIP/2.0 %u x\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s;tag=x\r\nCall-ID: %.*s\r\n"
		"CSeq: %.*s\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n",
		far.code, SLICE_ARG(q.via.raw), SLICE_ARG(sip_msg_get(&q, SIP_HDR_FROM)),
		SLICE_ARG(sip_msg_get(&q, SIP_HDR_TO)), SLICE_ARG(q.call_id),
		SLICE_ARG(q.cseq_text));
	sim_net_inject(rig.w, to, from, text, (size_t)n);
	return SIM_DROP;
}

static int begin(void **state)
{
	memset(&far, 0, sizeof(far));
	set_up(state);
	sim_net_tap(rig.w, tap, NULL);
	return 0;
}

static void load(unsigned code)
{
	far.code = code;
	sim_fs_put(rig.w, ETC "pjsip.conf", CONF);
	console("module reload res_pjsip.so");
	sim_run_for(rig.w, 6 * SIM_SECOND);
}

#define HEAD_AOR1                                                                                  \
	"        Aor:  <Aor............................................>  <MaxContact>\n"          \
	"      Contact:  <Aor/ContactUri..........................> <Hash....> <Status> "          \
	"<RTT(ms)..>\n"
#define HEAD_ENDPOINT                                                                              \
	"\n Endpoint:  <Endpoint/CID.....................................>  <State.....>  "        \
	"<Channels.>\n"
#define GW                                                                                         \
	" Endpoint:  gw                                                   Not in use    0 of "     \
	"inf\n"
#define DESK                                                                                       \
	" Endpoint:  desk/300                                             Not in use    0 of "     \
	"inf\n"

/* The whole block, and one endpoint with what its options are. */
static void test_endpoints(void **state)
{
	UNUSED(state);
	load(200);
	shows("pjsip show endpoints", HEAD_ENDPOINT
	      "    I/OAuth:  "
	      "<AuthId/"
	      "UserName...........................................................>\n" HEAD_AOR1
	      "  Transport:  <TransportId........>  <Type>  <cos>  <tos>  "
	      "<BindAddress..................>\n"
	      "   Identify:  "
	      "<Identify/Endpoint.........................................................>\n"
	      "        Match:  <criteria.........................>\n"
	      "    Channel:  <ChannelId......................................>  <State.....>  "
	      "<Time.....>\n"
	      "        Exten: <DialedExten...........>  CLCID: <ConnectedLineCID.......>\n" RULE
	      "\n");
	shows("pjsip show endpoints",
	      GW "        Aor:  gw                                                 0\n"
		 "      Contact:  gw/sip:192.0.2.9                           ");
	shows("pjsip show endpoints", " NonQual         nan\n"
				      "   Identify:  gw/gw\n"
				      "        Match: 192.0.2.9/32\n"
				      "        Match: 198.51.100.0/24\n\n");
	shows("pjsip show endpoints",
	      DESK "    OutAuth:  out/me\n"
		   "     InAuth:  door/d1\n"
		   "     InAuth:  door2/d2\n"
		   "        Aor:  desk                                               3\n"
		   "      Contact:  desk/sip:desk@192.0.2.10:5070              ");
	shows("pjsip show endpoints",
	      " Avail         1.000\n"
	      "  Transport:  t                         udp      0      0  0.0.0.0:5060\n\n");
	shows("pjsip show endpoints", "\n\nObjects found: 2\n\n");
	shows("pjsip show endpoint desk",
	      "\n ParameterName                       : ParameterValue\n =====");
	shows("pjsip show endpoint desk",
	      "\n callerid                            : \"Desk\" <300>\n");
	shows_just("pjsip show endpoint nobody", "Unable to find object nobody.\n\n");
}

#define HEAD_AOR "\n      Aor:  <Aor..............................................>  <MaxContact>\n"
#define AOR_GW	 "      Aor:  gw                                                   0\n"
#define AOR_DESK "      Aor:  desk                                                 3\n"
#define HEAD_CONTACT                                                                               \
	"\n  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> "        \
	"<RTT(ms)..>\n" RULE "\n"

static void test_lists(void **state)
{
	UNUSED(state);
	load(200);
	shows_just("pjsip list endpoints",
		   HEAD_ENDPOINT RULE "\n" GW DESK "\nObjects found: 2\n\n");
	shows("pjsip show aors",
	      HEAD_AOR "    Contact:  <Aor/ContactUri............................> "
		       "<Hash....> <Status> <RTT(ms)..>\n" RULE "\n");
	shows("pjsip show aors",
	      AOR_DESK "    Contact:  desk/sip:desk@192.0.2.10:5070                ");
	shows_just("pjsip list aors", HEAD_AOR RULE "\n" AOR_GW AOR_DESK "\nObjects found: 2\n\n");
	shows("pjsip show aor desk", "\n qualify_frequency    : 60\n");
	shows("pjsip show contacts", HEAD_CONTACT);
	shows("pjsip show contacts", " Avail         1.000\n");
	shows("pjsip show contact desk/sip:desk@192.0.2.10:5070",
	      "\n status               : Reachable\n");
	shows_just("pjsip show contact desk/sip:x", "Unable to find object desk/sip:x.\n\n");
	shows("pjsip show auths",
	      "\n  I/OAuth:  "
	      "<AuthId/"
	      "UserName.............................................................>\n" RULE
	      "\n     Auth:  door/d1\n     Auth:  door2/d2\n     Auth:  out/me\n\nObjects found: "
	      "3\n\n");
	shows("pjsip show auth out", "\n password                 : <hidden>\n");
	shows_just("pjsip list identifies",
		   "\n Identify:  "
		   "<Identify/Endpoint..........................................................."
		   ">\n" RULE "\n Identify:  gw/gw\n\nObjects found: 1\n\n");
	shows("pjsip show identifies",
	      "      Match:  <criteria.........................>\n" RULE
	      "\n Identify:  gw/gw\n      Match: 192.0.2.9/32\n      Match: 198.51.100.0/24\n");
}

static void test_transports(void **state)
{
	UNUSED(state);
	shows_just("pjsip show transports",
		   "\nTransport:  <TransportId........>  <Type>  <cos>  <tos>  "
		   "<BindAddress....................>\n" RULE
		   "\nTransport:  t                         udp      0      0  0.0.0.0:5060\n"
		   "\nObjects found: 1\n\n");
	shows("pjsip show transport t", "\n allow_reload                : false\n");
	shows("pjsip show transport t", "\n protocol                    : udp\n");
	shows_just("pjsip show transport x", "Unable to find object x.\n\n");
}

#define HEAD_REG                                                                                   \
	"\n <Registration/ServerURI..............................>  <Auth..........>  "            \
	"<Status.......>\n" RULE "\n"
#define REG(status)                                                                                \
	HEAD_REG " reg/sip:192.0.2.10                                      out              "      \
		 " " status "\n\nObjects found: 1\n\n"

/* Each state with the time until, or since, something is due. */
static void test_registrations(void **state)
{
	UNUSED(state);
	shows_just("pjsip show registrations", "No objects found.\n\n");
	load(200);
	assert_int_equal(far.registered, 1);
	shows("pjsip show registrations", HEAD_REG);
	shows("pjsip show registrations", " Registered        (exp. ");
	assert_null(strstr(console("pjsip show registrations"), " ago)"));
	shows_just("pjsip send unregister reg", "");
	sim_run_for(rig.w, SIM_SECOND);
	assert_int_equal(far.ended, 1);
	shows_just("pjsip show registrations", REG("Unregistered      (exp. 0s)"));
	far.code = 503;
	console("pjsip send register *all"); /* the log says what comes of it */
	sim_run_for(rig.w, 4 * SIM_SECOND);
	shows("pjsip show registrations", " Rejected          (exp. 1");
	shows("pjsip show registration reg", "\n status                   : Rejected\n");
	shows_just("pjsip show registration x", "Unable to find object x.\n\n");
	shows("pjsip send register x", "Unable to retrieve registration x\n");
	shows("pjsip send unregister x", "Unable to retrieve registration x\n");
}

/* What is asked, and what then is shown of who does not answer. */
static void test_qualify(void **state)
{
	unsigned before;

	UNUSED(state);
	load(0);
	shows("pjsip show contacts", " Unavail         nan\n");
	shows("pjsip list endpoints",
	      " Endpoint:  desk/300                                             Unavailable   0 of "
	      "inf\n");
	before = far.asked;
	far.code = 200;
	shows_just("pjsip qualify desk", "Qualifying AOR 'desk' on endpoint 'desk'\n");
	sim_run_for(rig.w, SIM_SECOND);
	assert_int_equal(far.asked, before + 1);
	shows("pjsip show contacts", " Avail         1.000\n");
	shows("pjsip qualify nobody", "Unable to retrieve endpoint nobody\n");
}

static void test_logger(void **state)
{
	static const struct {
		const char *command, *said;
	} rows[] = {
		{"pjsip set logger on", "PJSIP Logging enabled\n"},
		{"pjsip set logger off", "PJSIP Logging disabled\n"},
		{"pjsip set logger host 192.0.2.9", "PJSIP Logging Enabled for host: 192.0.2.9\n"},
		{"pjsip set logger add 192.0.2.10", "PJSIP Logging Enabled for host: 192.0.2.10\n"},
		{"pjsip set logger method INVITE", "PJSIP Logging Enabled for method: INVITE\n"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		shows_just(rows[i].command, rows[i].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_endpoints, begin, tear_down),
		cmocka_unit_test_setup_teardown(test_lists, begin, tear_down),
		cmocka_unit_test_setup_teardown(test_transports, begin, tear_down),
		cmocka_unit_test_setup_teardown(test_registrations, begin, tear_down),
		cmocka_unit_test_setup_teardown(test_qualify, begin, tear_down),
		cmocka_unit_test_setup_teardown(test_logger, begin, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
