/* tests/sim/test_options.c - options of an endpoint, and of rtp.conf, that the whole engine has to
 * obey: what its audio looks like, when a silent call ends, what the dialplan sees. Each case runs
 * with the option and without it. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_dropper.h"
#include "tests/sim/peer_gateway.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define ETC	  "/etc/asterisk/"
#define SPOOL	  "/var/spool/asterisk"
#define RTP_FIRST 10000
#define RTP_LAST  10099

static const struct addr other = {.family = 4, .port = 9000, .ip = {10, 0, 0, 2}};

/* What put_conf writes beside; NULL: nothing. */
static const char *rtp_lines;

static struct rig {
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct dropper *dropper;
	struct addr rtp;     /* of the call, as its packets say */
	struct addr far;     /* ... and where they go */
	uint32_t reports;    /* of RTCP */
	uint32_t sent;	     /* packets of its audio */
	uint32_t sent_other; /* ... to an address that no SDP named */
	uint64_t sequence;   /* of what `other` says */
	char invite[4096];
} rig;

static void quiet_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	if (getenv("SIM_LOG"))
		fprintf(stderr, "%12.6f %s\n", (double)(sim_now(rig.w) - SIM_EPOCH_NS) / 1e9,
			line->text);
}

static bool is_audio_port(const struct addr *a)
{
	return a->port >= RTP_FIRST && a->port <= RTP_LAST && a->port % 2 == 0;
}

/* The far end is silent but for what a test makes it say. */
static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	UNUSED(arg);
	if (is_audio_port(to))
		return SIM_DROP;
	if (is_audio_port(from)) {
		rig.rtp = *from;
		rig.far = *to;
		rig.sent++;
		rig.sent_other += addr_eq(to, &other);
		return SIM_DROP;
	}
	if (slice_starts(slice_make(data, len), SLICE_LIT("INVITE ")))
		slice_copy(rig.invite, sizeof(rig.invite), slice_make(data, len));
	rig.reports += from->port > RTP_FIRST && from->port <= RTP_LAST;
	gateway_tap(rig.gateway, from, to, data, len);
	return SIM_PASS;
}

static enum gateway_plan always_answers(void *arg, struct slice user, uint32_t nth)
{
	UNUSED(arg);
	UNUSED(user);
	UNUSED(nth);
	return GATEWAY_ANSWER;
}

/* Extension `early` hangs up after a second if the expression of the case is true. */
static void put_conf(const char *endpoint, const char *expression)
{
	static char pjsip[1024], plan[1024];

	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, ETC "manager.conf", "[general]\nenabled=no\n");
	snprintf(plan, sizeof(plan),
		 "[general]\nrtpstart=10000\nrtpend=10099\ninitialsilence=no\n%s",
		 rtp_lines ? rtp_lines : "");
	sim_fs_put(rig.w, ETC "rtp.conf", plan);
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\nshards=1\ncdr_sqlite=no\ncdr_csv=no\n");
	snprintf(
		plan, sizeof(plan),
		"[talk]\nexten => wait,1,Wait(9)\nexten => echo,1,Echo()\n"
		"exten => digit,1,Read(D,,1,,1,9)\n same => n,Hangup()\n"
		"exten => early,1,Wait(1)\n same => n,ExecIf($[%s]?Hangup())\n same => n,Wait(8)\n",
		expression ? expression : "0");
	snprintf(pjsip, sizeof(pjsip),
		 "[udp]\ntype=transport\nbind=0.0.0.0:5060\n"
		 "[gw]\ntype=endpoint\ndisallow=all\nallow=ulaw\naors=gw\n%s\n"
		 "[gw]\ntype=aor\ncontact=sip:10.0.0.2:5060\n",
		 endpoint ? endpoint : "");
	sim_fs_put(rig.w, ETC "extensions.conf", plan);
	sim_fs_put(rig.w, ETC "pjsip.conf", pjsip);
	sim_fs_mkdir(rig.w, "/var/log/asterisk");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/lib/asterisk/sounds/en");
	sim_fs_mkdir(rig.w, SPOOL);
}

static void engine_up(void)
{
	const struct engine_options options = {.main_file = ETC "asterisk.conf", .cpu_count = 1};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) != 0 ||
	    engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
}

static bool is_answered(void *arg)
{
	struct gateway_call_info call;

	UNUSED(arg);
	if (gateway_call_count(rig.gateway) == 0)
		return false;
	gateway_call_get(rig.gateway, 0, &call);
	return call.answered;
}

/* An engine with one call, which has just been answered. */
static void open_rig(const char *endpoint, const char *expression, const char *exten)
{
	struct gateway_conf gateway = {.port = 5060, .choose = always_answers};
	char file[256];

	memset(&rig, 0, sizeof(rig));
	rig.w = sim_world_create(1);
	log_set_writer(quiet_log, NULL);
	gateway.host = sim_host_add(rig.w, "gateway");
	put_conf(endpoint, expression);
	rig.gateway = gateway_create(rig.w, &gateway);
	sim_net_tap(rig.w, tap, NULL);
	rig.dropper = dropper_create(rig.w, SPOOL);
	engine_up();
	snprintf(file, sizeof(file), "Channel: PJSIP/1@gw\nContext: talk\nExtension: %s\n", exten);
	dropper_drop(rig.dropper, SIM_EPOCH_NS + SIM_SECOND, "a.call", file, DROPPER_RENAME, 0);
	assert_true(sim_run_until(rig.w, is_answered, NULL, sim_now(rig.w) + 20 * SIM_SECOND));
}

static void close_rig(void)
{
	sim_net_tap(rig.w, NULL, NULL);
	engine_destroy(rig.engine);
	dropper_destroy(rig.dropper);
	gateway_destroy(rig.gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
}

/* Seconds from the answer to the end. */
static double call_lasts(void)
{
	struct gateway_call_info call;

	sim_run_for(rig.w, 20 * SIM_SECOND);
	gateway_call_get(rig.gateway, 0, &call);
	assert_true(call.ended_ns > 0);
	return (double)(call.ended_ns - call.answered_ns) / 1e9;
}

/* A packet from there, 20 ms long; type 0: u-law, 101: the digit 1, begun and not yet over. */
static void says(const struct addr *from, uint8_t type)
{
	char packet[172] = {(char)0x80, (char)type};

	rig.sequence++;
	packet[3] = (char)rig.sequence;
	packet[6] = (char)(rig.sequence * 160 >> 8);
	packet[7] = (char)(rig.sequence * 160);
	packet[11] = 1;
	packet[12] = type ? 1 : 0;
	packet[15] = (char)(type ? 160 : 0);
	sim_net_tap(rig.w, NULL, NULL);
	sim_net_inject(rig.w, from, &rig.rtp, packet, type ? 16 : sizeof(packet));
	sim_net_tap(rig.w, tap, NULL);
	sim_run_for(rig.w, 20 * SIM_MS);
}

/* ---- what ends a call early ---- */

static void test_early_ends(void **state)
{
	static const struct {
		const char *endpoint, *expression, *exten;
		double end; /* seconds behind the answer; without the option: 9 */
	} rows[] = {
		{"rtp_timeout=4", NULL, "wait", 4},
		{"device_state_busy_at=1", "\"${DEVICE_STATE(PJSIP/gw)}\"=\"BUSY\"", "early", 1},
		{"language=de", "\"${CHANNEL(language)}\"=\"de\"", "early", 1},
		{"accountcode=a7", "\"${CHANNEL(accountcode)}\"=\"a7\"", "early", 1},
		{"set_var=A=1\nset_var=B=2", "\"${A}${B}\"=\"12\"", "early", 1},
	};

	UNUSED(state);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(rows); i++) {
		double lasts, end = i % 2 ? rows[i / 2].end : 9;

		open_rig(i % 2 ? rows[i / 2].endpoint : NULL, rows[i / 2].expression,
			 rows[i / 2].exten);
		lasts = call_lasts();
		if (lasts < end - 0.1 || lasts > end + 1.1)
			fail_msg("%s: %s: %f s instead of %f", rows[i / 2].endpoint,
				 i % 2 ? "yes" : "no", lasts, end);
		close_rig();
	}
}

/* ---- audio ---- */

/* Without a word of ours there is nothing to see but keep-alives. */
static void test_keepalive(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		open_rig(i ? "rtp_keepalive=2" : NULL, NULL, "wait");
		sim_run_for(rig.w, 20 * SIM_SECOND);
		assert_in_range(rig.sent, i ? 3 : 0, i ? 5 : 0);
		close_rig();
	}
}

/* What comes from elsewhere is answered there, or where SDP says. */
static void test_symmetric(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		char endpoint[64];

		snprintf(endpoint, sizeof(endpoint), "rtp_keepalive=1\nrtp_symmetric=%s",
			 i ? "yes" : "no");
		open_rig(endpoint, NULL, "echo");
		sim_run_for(rig.w, 3 * SIM_SECOND);
		assert_true(rig.sent > 0 && rig.sent_other == 0);
		rig.sent = 0;
		for (int k = 0; k < 50; k++)
			says(&other, 0);
		assert_true(rig.sent > 30);
		if (i)
			assert_true(rig.sent_other > 30);
		else
			assert_int_equal(rig.sent_other, 0);
		close_rig();
	}
}

static void test_marks(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		struct io_mark m;

		open_rig(i ? "rtp_keepalive=1\ntos_audio=ef\ncos_audio=5" : "rtp_keepalive=1", NULL,
			 "wait");
		sim_run_for(rig.w, 3 * SIM_SECOND);
		m = sim_udp_mark(rig.w, &rig.rtp);
		assert_int_equal(m.dscp, i ? 46 : 0);
		assert_int_equal(m.priority, i ? 5 : 0);
		close_rig();
	}
}

/* A socket on that address alone hears nothing of what comes to another one of the machine. */
static void test_bound(void **state)
{
	const struct addr near = {.family = 4, .port = 9000, .ip = {127, 0, 0, 1}};

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		struct sim_net_stats before, after;
		struct addr to;

		open_rig(i ? "rtp_keepalive=1\nmedia_address=10.0.0.1\n"
			     "bind_rtp_to_media_address=yes"
			   : "rtp_keepalive=1\nmedia_address=10.0.0.1",
			 NULL, "wait");
		sim_run_for(rig.w, 3 * SIM_SECOND);
		to = near;
		to.port = rig.rtp.port;
		sim_net_tap(rig.w, NULL, NULL);
		sim_net_stats(rig.w, &before);
		sim_net_inject(rig.w, &near, &to, "?", 1);
		sim_run_for(rig.w, 10 * SIM_MS);
		sim_net_stats(rig.w, &after);
		assert_int_equal(after.unreachable - before.unreachable, i);
		close_rig();
	}
}

/* What comes by IPv6 to the port that the INVITE names finds a socket there, or none. */
static void test_ip6(void **state)
{
	const struct addr near = {.family = 6, .port = 9000, .ip = {0xfd, [15] = 2}};

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		struct addr to = {.family = 6, .ip = {0xfd, [15] = 1}};
		struct sim_net_stats before, after;
		const char *media;

		open_rig(i ? "rtp_ipv6=yes" : NULL, NULL, "wait");
		media = strstr(rig.invite, "\r\nm=audio ");
		assert_non_null(media);
		to.port = (uint16_t)strtoul(media + 10, NULL, 10);
		assert_non_null(strstr(rig.invite, i ? "\r\nc=IN IP6 fd00::1\r\n"
						     : "\r\nc=IN IP4 10.0.0.1\r\n"));
		sim_net_tap(rig.w, NULL, NULL);
		sim_net_stats(rig.w, &before);
		sim_net_inject(rig.w, &near, &to, "?", 1);
		sim_run_for(rig.w, 10 * SIM_MS);
		sim_net_stats(rig.w, &after);
		assert_int_equal(after.unreachable - before.unreachable, !i);
		close_rig();
	}
}

/* ---- rtp.conf ---- */

static void open_echo(const char *endpoint, const char *rtp)
{
	char lines[128];

	rtp_lines = rtp;
	snprintf(lines, sizeof(lines), "rtp_keepalive=1\n%s", endpoint);
	open_rig(lines, NULL, "echo");
	rtp_lines = NULL;
	sim_run_for(rig.w, 2 * SIM_SECOND);
	assert_true(rig.sent > 0);
}

/* Packets that come back of `count`, keep-alives included. */
static uint32_t comes_back(const struct addr *from, int count)
{
	rig.sent = 0;
	for (int k = 0; k < count; k++)
		says(from, 0);
	return rig.sent;
}

/* rtpstart, rtpend */
static void test_ports(void **state)
{
	UNUSED(state);
	rtp_lines = "rtpstart=20000\nrtpend=20001\n";
	open_rig(NULL, NULL, "wait");
	rtp_lines = NULL;
	assert_non_null(strstr(rig.invite, "\r\nm=audio 20000 "));
	close_rig();
}

static void test_rtcpinterval(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		open_echo("", i ? "rtcpinterval=1000\n" : "rtcpinterval=20000\n");
		comes_back(&rig.far, 300);
		assert_in_range(rig.reports, i ? 4 : 0, i ? 12 : 1);
		close_rig();
	}
}

/* Once a source has been heard for a while, another one is heard as well, or not. */
static void test_strictrtp(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		open_echo("", i ? "strictrtp=no\n" : NULL);
		assert_true(comes_back(&rig.far, 300) > 250);
		if (i)
			assert_true(comes_back(&other, 100) > 80);
		else
			assert_in_range(comes_back(&other, 100), 0, 5);
		close_rig();
	}
}

/* So many packets in a row before a source that nobody announced is believed. */
static void test_probation(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		open_echo("", i ? "probation=60\n" : NULL);
		assert_in_range(comes_back(&other, 50), i ? 0 : 40, i ? 3 : 50);
		close_rig();
	}
}

/* A digit whose end was lost is over after so many samples. */
static void test_dtmftimeout(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		double lasts;

		rtp_lines = i ? "dtmftimeout=24000\n" : NULL;
		open_rig("rtp_keepalive=1", NULL, "digit");
		rtp_lines = NULL;
		sim_run_for(rig.w, 2 * SIM_SECOND);
		for (int k = 0; k < 10; k++)
			says(&rig.far, 0);
		says(&rig.far, 101);
		lasts = call_lasts();
		if (lasts < (i ? 5 : 2) || lasts > (i ? 6 : 3))
			fail_msg("%d: %f s", i, lasts);
		close_rig();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early_ends),  cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_symmetric),   cmocka_unit_test(test_marks),
		cmocka_unit_test(test_bound),	    cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_ports),	    cmocka_unit_test(test_rtcpinterval),
		cmocka_unit_test(test_strictrtp),   cmocka_unit_test(test_probation),
		cmocka_unit_test(test_dtmftimeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
