/* tests/sim/test_playback.c - Playback of the whole engine: from a call file to the octets on the
 * wire. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "rtp/codec_g711.h"
#include "rtp/packet.h"
#include "tests/sim/peer_dropper.h"
#include "tests/sim/peer_gateway.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/goertzel.h"

#include <stdio.h>

#define SPOOL "/var/spool/asterisk"

struct world {
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct dropper *dropper;
	const char *endpoint;
	char said[4096];      /* warnings, one a line */
	int16_t heard[16000]; /* audio of the call, one packet behind the other */
	size_t heard_len;
	int64_t first_ns, last_ns; /* its packets */
	struct rtp_packet last;
	int64_t said_ns; /* the last warning */
};

static void hear(void *arg, const struct log_line *line)
{
	struct world *d = arg;
	size_t len = strlen(d->said);

	if (line->level != LOG_LEVEL_WARNING)
		return;
	d->said_ns = sim_now(d->w);
	snprintf(d->said + len, sizeof(d->said) - len, "%s\n", line->text);
}

static enum gateway_plan answers(void *arg, struct slice user, uint32_t nth)
{
	UNUSED(arg);
	UNUSED(user);
	UNUSED(nth);
	return GATEWAY_ANSWER;
}

/* Audio, with the timestamp of its time; a gap begins a talkspurt. */
static void hear_audio(struct world *d, const struct rtp_packet *p)
{
	int64_t now_ns = sim_now(d->w);

	check(p->payload_type == 0 && p->payload_bytes == 160);
	check(d->heard_len + p->payload_bytes <= ARRAY_COUNT(d->heard));
	if (d->heard_len == 0)
		d->first_ns = now_ns;
	else
		check(p->ts - d->last.ts == (now_ns - d->last_ns) / 125000 &&
		      p->marker == (p->ts != d->last.ts + 160) &&
		      p->seq == (uint16_t)(d->last.seq + 1));
	g711_decode(G711_ULAW, d->heard + d->heard_len, p->payload, p->payload_bytes);
	d->heard_len += p->payload_bytes;
	d->last = *p;
	d->last_ns = now_ns;
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	struct world *d = arg;

	struct rtp_packet packet;

	gateway_tap(d->gateway, from, to, data, len);
	if (d->endpoint && from->port >= 10000 && from->port % 2 == 0 && from->port < 11000 &&
	    rtp_packet_parse(&packet, data, len))
		hear_audio(d, &packet);
	return SIM_PASS;
}

static void put_sound(struct world *d, const char *path, unsigned ms)
{
	char octets[8000];

	check(8 * ms <= sizeof(octets));
	memset(octets, 0x55, sizeof(octets));
	sim_fs_put_octets(d->w, path, octets, 8 * ms);
}

static void put_files(struct world *d)
{
	char text[512], host[ADDR_TEXT];
	struct addr gateway = gateway_addr(d->gateway);

	snprintf(text, sizeof(text),
		 "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n\n"
		 "[gw]\ntype=endpoint\ntransport=udp\ncontext=play\ndisallow=all\nallow=ulaw\naors="
		 "gw\n\n"
		 "[inband](gw)\ndtmf_mode=inband\n\n[auto](gw)\ndtmf_mode=auto\n\n"
		 "[rfc](gw)\n\n[gw]\ntype=aor\ncontact=sip:%s\n",
		 addr_text(&gateway, host));
	sim_fs_put(d->w, "/etc/asterisk/pjsip.conf", text);
	sim_fs_put(d->w, "/etc/asterisk/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n[options]\n");
	sim_fs_put(d->w, "/etc/asterisk/dialer.conf",
		   "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=20\n");
	sim_fs_put(d->w, "/etc/asterisk/rtp.conf",
		   "[general]\nrtpstart=10000\nrtpend=11000\ninitialsilence=no\n");
	sim_fs_put(d->w, "/etc/asterisk/extensions.conf",
		   "[play]\n"
		   "exten => list,1,Playback(known&nowhere&/tmp/late&known)\n"
		   " same => n,Log(WARNING,status ${PLAYBACKSTATUS})\n"
		   " same => n,Hangup()\n"
		   "exten => none,1,Playback(nowhere)\n"
		   " same => n,Log(WARNING,status ${PLAYBACKSTATUS})\n"
		   "exten => three,1,Playback(known)\n"
		   " same => n,Playback(known)\n"
		   " same => n,Playback(known)\n"
		   "exten => tones,1,SendDTMF(1#,200,100)\n"
		   " same => n,Log(WARNING,sent)\n"
		   " same => n,Playback(known)\n"
		   " same => n,Log(WARNING,status ${PLAYBACKSTATUS})\n"
		   "exten => good,1,Playback(known&/tmp/late)\n"
		   " same => n,Log(WARNING,status ${PLAYBACKSTATUS})\n");
	put_sound(d, "/var/lib/asterisk/sounds/en/known.ulaw", 200);
	sim_fs_mkdir(d->w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(d->w, "/var/run/asterisk");
	sim_fs_mkdir(d->w, SPOOL);
}

static int setup(void **state)
{
	static struct world d;
	struct engine_options options = {.main_file = "/etc/asterisk/asterisk.conf",
					 .cpu_count = 1};
	struct gateway_conf gateway = {.port = 5060, .choose = answers, .no_events = true};
	char text[512];
	struct sink error = sink_make(text, sizeof(text));

	memset(&d, 0, sizeof(d));
	d.w = sim_world_create(21);
	log_set_writer(hear, &d);
	gateway.host = sim_host_add(d.w, "gateway");
	d.gateway = gateway_create(d.w, &gateway);
	sim_net_tap(d.w, tap, &d);
	put_files(&d);
	d.dropper = dropper_create(d.w, SPOOL);
	sim_host_use(d.w, 0);
	if (engine_create(&d.engine, &options, &error) || engine_start(d.engine, &error))
		fail_msg("%s", sink_cstr(&error));
	assert_int_equal(engine_run_apart(d.engine), 0);
	*state = &d;
	return 0;
}

static int teardown(void **state)
{
	struct world *d = *state;

	engine_destroy(d->engine);
	dropper_destroy(d->dropper);
	gateway_destroy(d->gateway);
	sim_world_destroy(d->w);
	log_set_writer(NULL, NULL);
	return 0;
}

/* Calls the extension; the audio packets that the far end heard. */
static uint64_t call(struct world *d, const char *exten)
{
	struct gateway_call_info info;
	char text[256];

	snprintf(text, sizeof(text),
		 "Channel: PJSIP/%s@%s\nContext: play\nExtension: %s\nPriority: 1\n", exten,
		 d->endpoint ? d->endpoint : "gw", exten);
	d->said[0] = '\0';
	dropper_drop(d->dropper, sim_now(d->w) + SIM_SECOND, exten, text, DROPPER_RENAME, 0);
	sim_run_for(d->w, 60 * SIM_SECOND);
	gateway_call_get(d->gateway, gateway_call_count(d->gateway) - 1, &info);
	assert_string_equal(info.user, exten);
	assert_true(info.ended_ns > 0);
	assert_null(gateway_violation(d->gateway));
	return info.rtp_rx;
}

static void test_known_and_late_files(void **state)
{
	struct world *d = *state;

	put_sound(d, "/tmp/late.ulaw", 100);
	assert_int_equal(call(d, "good"), 15);
	assert_string_equal(d->said, "Ext. good: status SUCCESS\n");
}

static void test_missing_among_others(void **state)
{
	struct world *d = *state;

	put_sound(d, "/tmp/late.ulaw", 100);
	assert_int_equal(call(d, "list"), 25);
	assert_non_null(strstr(d->said, "File nowhere does not exist in any format\n"
					"Playback failed on PJSIP/gw-"));
	assert_non_null(
		strstr(d->said, " for known&nowhere&/tmp/late&known\nExt. list: status FAILED\n"));
}

static void test_nothing_to_play(void **state)
{
	struct world *d = *state;

	assert_int_equal(call(d, "none"), 0);
	assert_non_null(strstr(d->said, "File nowhere does not exist in any format\n"));
	assert_non_null(strstr(d->said, "status FAILED\n"));
}

/* A Playback that begins when another has ended is in time, though nothing else wakes the shard. */
static void test_one_after_another(void **state)
{
	struct world *d = *state;

	d->endpoint = "gw";
	d->heard_len = 0;
	assert_int_equal(call(d, "three"), 30);
	assert_int_equal(d->last_ns - d->first_ns, 29 * 20 * SIM_MS);
	assert_int_equal(d->heard_len, 4800);
}

/* SendDTMF as tones, where dtmf_mode says so, and where the far end takes no events; the dialplan
 * goes on when the last pause is over. */
static void test_digits_then_a_file(void **state)
{
	static const char *const endpoints[] = {"inband", "auto"};
	struct world *d = *state;

	for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
		d->endpoint = endpoints[i];
		d->heard_len = 0;
		/* 300 ms a digit, and the file's 200 */
		assert_int_equal(call(d, "tones"), 15 + 15 + 10);
		assert_string_equal(d->said, "Ext. tones: sent\nExt. tones: status SUCCESS\n");
		/* The file begins one packet behind the end of the digits. */
		assert_int_equal(d->said_ns - d->first_ns, (600 + 20 + 200) * SIM_MS);
		assert_int_equal(d->heard_len, 6400);
		assert_int_equal(goertzel_digit(d->heard, 800, 15), '1');
		assert_int_equal(goertzel_digit(d->heard + 2400, 800, 15), '#');
		for (size_t n = 0; n < 2400; n++)
			if (n >= 800)
				assert_true(d->heard[n] == 0 && d->heard[n + 2400] == 0);
		for (size_t n = 4800; n < 6400; n++)
			assert_int_equal(d->heard[n], g711_ulaw_linear[0x55]);
	}
}

/* Neither events nor tones: nothing is sent, and the dialplan goes on. */
static void test_digits_nowhere(void **state)
{
	struct world *d = *state;

	d->endpoint = "rfc";
	assert_int_equal(call(d, "tones"), 10);
	assert_non_null(strstr(d->said, "takes no telephone events, '1#' is not sent\n"));
	assert_non_null(strstr(d->said, "Ext. tones: sent\nExt. tones: status SUCCESS\n"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_known_and_late_files), CASE(test_missing_among_others),
		CASE(test_nothing_to_play),	 CASE(test_one_after_another),
		CASE(test_digits_then_a_file),	 CASE(test_digits_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
