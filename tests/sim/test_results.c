/* tests/sim/test_results.c - what becomes of each final status of a far end, in a whole engine: the
 * cause, DialStatus, what AMI says, REASON of the extension `failed`, and the call file. The table
 * is that of the SIP reference, row by row (RFC 3398 8.2.6.1 is where most of it comes from). */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/msg.h"
#include "tests/sim/peer_dropper.h"
#include "tests/sim/peer_telnet.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

#define ETC "/etc/asterisk/"

static struct {
	struct sim_world *w;
	struct engine *engine;
	struct telnet *client;
	struct dropper *dropper;
	struct addr far, near;
	unsigned invites; /* with a branch that was not there before, of this row */
	char branch[128];
} rig;

/* ---- a far end: the number that is dialled is the status that it answers ---- */

static void far_reply(const struct sip_msg *q, unsigned code, const char *extra, const char *sdp)
{
	struct slice to = sip_msg_get(q, SIP_HDR_TO);
	char text[4096];
	int len;

	len = snprintf(text, sizeof(text),
		       "SIP/2.0 %u Test\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\n"
		       "Call-ID: %.*s\r\nCSeq: %.*s\r\nContact: <sip:far@10.0.0.9>\r\n%s"
		       "%sContent-Length: %zu\r\n\r\n%s",
		       code, SLICE_ARG(q->via.raw), SLICE_ARG(sip_msg_get(q, SIP_HDR_FROM)),
		       SLICE_ARG(to), q->to_tag.len ? "" : ";tag=far", SLICE_ARG(q->call_id),
		       SLICE_ARG(q->cseq_text), extra,
		       sdp[0] ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
	check(len > 0 && (size_t)len < sizeof(text));
	sim_net_inject(rig.w, &rig.far, &rig.near, text, (size_t)len);
}

/* 200 answers, 180 rings, 0 says nothing; "503-38" has a Reason of that Q.850 cause, "503-486s" one
 * of that SIP status; the others are refusals. */
static void far_take_invite(const struct sip_msg *q)
{
	static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\n"
				  "t=0 0\r\nm=audio 7000 RTP/AVP 0\r\n";
	char number[32], extra[64] = "", kind;
	unsigned code, reason;
	struct slice user;
	int parts;

	user = slice_from(q->ruri, 4); /* "sip:" */
	slice_copy(number, sizeof(number), slice_head(user, slice_find(user, '@')));
	parts = sscanf(number, "%u-%u%c", &code, &reason, &kind);
	if (parts == 2)
		snprintf(extra, sizeof(extra), "Reason: SIP;cause=503, Q.850;cause=%u\r\n", reason);
	else if (parts == 3)
		snprintf(extra, sizeof(extra), "Reason: SIP;cause=%u\r\n", reason);
	if (code == 302)
		snprintf(extra, sizeof(extra), "Contact: <sip:other@10.0.0.8>\r\n");
	if (code)
		far_reply(q, code, extra, code == 200 ? sdp : "");
}

static void far_take(const struct sip_msg *q)
{
	if (!q->is_request || q->method == SIP_METHOD_ACK)
		return;
	if (q->method != SIP_METHOD_INVITE) {
		far_reply(q, 200, "", "");
		return;
	}
	if (!slice_eq(q->via.branch, slice_str(rig.branch)))
		rig.invites++;
	slice_copy(rig.branch, sizeof(rig.branch), q->via.branch);
	far_take_invite(q);
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	enum sip_parse_error err;
	struct sip_msg q;

	UNUSED(arg);
	if (!addr_eq(to, &rig.far))
		return SIM_PASS;
	rig.near = *from;
	if (sip_msg_parse(&q, slice_make(data, len), &err) == 0) {
		far_take(&q);
		if (q.method == SIP_METHOD_CANCEL) { /* and the INVITE that it ends */
			char text[2048];
			int n = snprintf(text, sizeof(text),
					 "SIP/2.0 487 x\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: "
					 "%.*s;tag=far\r\nCall-ID: %.*s\r\nCSeq: %u "
					 "INVITE\r\nContent-Length: 0\r\n\r\n",
					 SLICE_ARG(q.via.raw),
					 SLICE_ARG(sip_msg_get(&q, SIP_HDR_FROM)),
					 SLICE_ARG(sip_msg_get(&q, SIP_HDR_TO)),
					 SLICE_ARG(q.call_id), q.cseq);

			sim_net_inject(rig.w, &rig.far, &rig.near, text, (size_t)n);
		}
	}
	return SIM_DROP;
}

/* ---- world ---- */

static void put_files(bool compat)
{
	char text[256];

	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	snprintf(text, sizeof(text), "[general]\nshards=1\ncdr_sqlite=no\ncompat_reason=%s\n",
		 compat ? "yes" : "no");
	sim_fs_put(rig.w, ETC "dialer.conf", text);
	sim_fs_put(
		rig.w, ETC "manager.conf",
		"[general]\nenabled=yes\nbindaddr=0.0.0.0\n[a]\nsecret=b\nread=call,user,dialplan\n"
		"write=all\neventfilter=Event: (Originate|DialEnd|Hangup|UserEvent)\n");
	sim_fs_put(rig.w, ETC "pjsip.conf",
		   "[t]\ntype=transport\nprotocol=udp\nbind=10.0.0.1:5060\n"
		   "[gw]\ntype=endpoint\naors=gw\nallow=ulaw\n[gw]\ntype=aor\n"
		   "contact=sip:10.0.0.9:5060\n[bare]\ntype=endpoint\nallow=ulaw\n");
	sim_fs_put(rig.w, ETC "extensions.conf",
		   "[c]\nexten => s,1,Wait(1)\nexten => h,1,UserEvent(H,Of: ${HANGUPCAUSE})\n"
		   "exten => failed,1,UserEvent(Failed,Reason: ${REASON})\n");
	sim_fs_put(rig.w, ETC "cdr.conf", "[general]\nenable=no\n");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
}

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void begin(bool compat)
{
	struct engine_options options = {.main_file = ETC "asterisk.conf", .cpu_count = 1};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));
	struct addr server;

	memset(&rig, 0, sizeof(rig));
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(5);
	rig.far = (struct addr){.family = 4, .ip = {10, 0, 0, 9}, .port = 5060};
	sim_net_tap(rig.w, tap, NULL);
	put_files(compat);
	rig.dropper = dropper_create(rig.w, "/var/spool/asterisk");
	if (engine_create(&rig.engine, &options, &error) || engine_start(rig.engine, &error))
		fail_msg("%s", sink_cstr(&error));
	assert_int_equal(engine_run_apart(rig.engine), 0);
	sim_run_for(rig.w, SIM_SECOND);
	server = sim_host_addr(rig.w, 0, 5038);
	rig.client = telnet_create(rig.w, &server);
	telnet_say(rig.client, SLICE_EMPTY, SIM_SECOND);
	telnet_say(rig.client, SLICE_LIT("Action: Login\r\nUsername: a\r\nSecret: b\r\n\r\n"),
		   SIM_SECOND);
}

static void end(void)
{
	const char *why = "";

	sim_run_for(rig.w, 70 * SIM_SECOND);
	if (!engine_is_quiet(rig.engine, &why))
		fail_msg("not quiet: %s", why);
	telnet_destroy(rig.client);
	sim_net_tap(rig.w, NULL, NULL);
	engine_destroy(rig.engine);
	dropper_destroy(rig.dropper);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	assert_int_equal(check_never_count(), 0);
}

/* ---- what is said ---- */

/* The value of a header of the nth such event; "-": not there. */
static const char *said(const char *text, const char *event, const char *header)
{
	static char value[128];
	char name[64], line[64];
	const char *at, *stop, *found;

	snprintf(name, sizeof(name), "Event: %s\r\n", event);
	snprintf(line, sizeof(line), "\r\n%s: ", header);
	at = strstr(text, name);
	stop = at ? strstr(at, "\r\n\r\n") : NULL;
	found = stop ? strstr(at, line) : NULL;
	if (!found || found > stop)
		return "-";
	found += strlen(line);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(found, "\r"), found);
	return value;
}

struct row {
	const char *dialled; /* 000: nobody answers */
	unsigned cause;
	const char *status; /* DialStatus of DialEnd */
	unsigned reason;    /* of OriginateResponse and `failed`; with compat_reason: 0 */
};

/* clang-format off */
static const struct row rows[] = {
	{"302", 23, "CANCEL", 0},
	{"401", 21, "NOANSWER", 8}, {"403", 21, "NOANSWER", 8}, {"407", 21, "NOANSWER", 8},
	{"603", 21, "NOANSWER", 8},
	{"404", 1, "NOANSWER", 0}, {"485", 1, "NOANSWER", 0}, {"604", 1, "NOANSWER", 0},
	{"408", 18, "NOANSWER", 0}, {"000", 18, "NOANSWER", 0},
	{"409", 41, "NOANSWER", 8},
	{"410", 22, "NOANSWER", 0},
	{"405", 127, "NOANSWER", 0}, {"411", 127, "NOANSWER", 0}, {"413", 127, "NOANSWER", 0},
	{"414", 127, "NOANSWER", 0}, {"415", 127, "NOANSWER", 0}, {"481", 127, "NOANSWER", 0},
	{"482", 127, "NOANSWER", 0}, {"487", 127, "NOANSWER", 0}, {"491", 127, "NOANSWER", 0},
	{"493", 127, "NOANSWER", 0}, {"505", 127, "NOANSWER", 0}, {"607", 127, "NOANSWER", 0},
	{"608", 127, "NOANSWER", 0}, {"400", 127, "NOANSWER", 0}, {"499", 127, "NOANSWER", 0},
	{"699", 127, "NOANSWER", 0},
	{"420", 3, "CHANUNAVAIL", 0},
	{"480", 19, "NOANSWER", 3}, {"483", 19, "NOANSWER", 3},
	{"484", 28, "NOANSWER", 0},
	{"486", 17, "BUSY", 5}, {"600", 17, "BUSY", 5},
	{"488", 58, "NOANSWER", 0}, {"606", 58, "NOANSWER", 0},
	{"500", 38, "NOANSWER", 8},
	{"501", 29, "NOANSWER", 0},
	{"502", 27, "NOANSWER", 8},
	{"503", 34, "CONGESTION", 8}, {"580", 34, "CONGESTION", 8},
	{"504", 102, "NOANSWER", 0},
	/* Reason: Q.850 before SIP before the status */
	{"503-38", 38, "NOANSWER", 8}, {"480-17", 17, "BUSY", 5}, {"500-20", 20, "CHANUNAVAIL", 0},
	{"503-486s", 17, "BUSY", 5},
};
/* clang-format on */

static void expect(const struct row *row, const char *what, const char *is, const char *wanted)
{
	if (strcmp(is, wanted) != 0)
		fail_msg("%s: %s is %s, not %s", row->dialled, what, is, wanted);
}

static void expect_number(const struct row *row, const char *what, const char *is, unsigned wanted)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", wanted);
	expect(row, what, is, text);
}

static const char *originate(const char *dialled, unsigned timeout_ms, int64_t wait_s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Action: Originate\r\nChannel: PJSIP/%s\r\nContext: c\r\nExten: s\r\nPriority: "
		 "1\r\n"
		 "Async: true\r\nTimeout: %u\r\n\r\n",
		 dialled, timeout_ms);
	rig.invites = 0;
	return telnet_say(rig.client, slice_str(text), wait_s * SIM_SECOND);
}

static void play_row(const struct row *row, bool compat)
{
	unsigned code = 0, reason = compat ? 0 : row->reason;
	char dialled[32];
	const char *heard;

	assert_true(sscanf(row->dialled, "%u", &code) == 1);
	snprintf(dialled, sizeof(dialled), "%s@gw", row->dialled);
	heard = originate(dialled, 60000, 40);
	expect(row, "DialStatus", said(heard, "DialEnd", "DialStatus"), row->status);
	expect(row, "Response", said(heard, "OriginateResponse", "Response"), "Failure");
	expect_number(row, "Reason", said(heard, "OriginateResponse", "Reason"), reason);
	expect_number(row, "Cause", said(heard, "Hangup", "Cause"), row->cause);
	expect(row, "Cause-txt", said(heard, "Hangup", "Cause-txt"), cause_text(row->cause));
	expect_number(row, "TechCause", said(heard, "Hangup", "TechCause"), code ? code : 408);
	expect_number(row, "REASON", said(heard, "UserEvent", "Reason"), reason);
	assert_int_equal(rig.invites, 1);
}

static void test_refusals(void **state)
{
	UNUSED(state);
	for (int compat = 0; compat < 2; compat++) {
		begin(compat);
		for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
			play_row(&rows[i], compat);
		end();
	}
}

/* Answered; not in time; nowhere to go. */
static void test_other_outcomes(void **state)
{
	static const struct row answered = {.dialled = "200"}, late = {.dialled = "180"},
				nobody = {.dialled = "nobody"};
	const char *heard;

	UNUSED(state);
	begin(false);
	heard = originate("200@gw", 60000, 10);
	expect(&answered, "DialStatus", said(heard, "DialEnd", "DialStatus"), "ANSWER");
	expect(&answered, "Response", said(heard, "OriginateResponse", "Response"), "Success");
	expect(&answered, "Reason", said(heard, "OriginateResponse", "Reason"), "4");
	expect(&answered, "Cause", said(heard, "Hangup", "Cause"), "16");
	expect(&answered, "HANGUPCAUSE", said(heard, "UserEvent", "Of"), "16");
	heard = originate("180@gw", 5000, 10);
	expect(&late, "DialStatus", said(heard, "DialEnd", "DialStatus"), "-");
	expect(&late, "Response", said(heard, "OriginateResponse", "Response"), "Failure");
	expect(&late, "Reason", said(heard, "OriginateResponse", "Reason"), "3");
	expect(&late, "REASON", said(heard, "UserEvent", "Reason"), "3");
	expect(&late, "Cause", said(heard, "Hangup", "Cause"), "19");
	for (const char *const *where = (const char *const[]){"1@nobody", "bare", NULL}; *where;
	     where++) {
		heard = originate(*where, 5000, 10);
		expect(&nobody, "DialStatus", said(heard, "DialEnd", "DialStatus"), "-");
		expect(&nobody, "Response", said(heard, "OriginateResponse", "Response"),
		       "Failure");
		expect(&nobody, "Reason", said(heard, "OriginateResponse", "Reason"), "0");
		assert_int_equal(rig.invites, 0);
	}
	end();
}

/* ---- call files ---- */

static unsigned count_of(const char *text, const char *what)
{
	unsigned count = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		count++;
	return count;
}

/* Two attempts, and `failed` with the reason after each; then the file is archived as expired. */
static void test_call_files(void **state)
{
	static const struct row done = {.dialled = "200"}, late = {.dialled = "180"};
	uint32_t files = 0;

	UNUSED(state);
	begin(false);
	for (size_t i = 0; i < ARRAY_COUNT(rows) + 2; i++) {
		const struct row *row = i < ARRAY_COUNT(rows)	 ? &rows[i]
					: i == ARRAY_COUNT(rows) ? &late
								 : &done;
		unsigned reason = row == &late ? 3 : row->reason;
		const char *heard;
		char text[256], line[32];

		snprintf(text, sizeof(text),
			 "Channel: PJSIP/%s@gw\nContext: c\nExtension: s\nPriority: 1\n"
			 "WaitTime: 40\nMaxRetries: 1\nRetryTime: 5\nArchive: yes\n",
			 row->dialled);
		rig.invites = 0;
		dropper_drop(rig.dropper, sim_now(rig.w), row->dialled, text, DROPPER_RENAME, 0);
		heard = telnet_say(rig.client, SLICE_EMPTY, 100 * SIM_SECOND);
		assert_int_equal(rig.invites, row == &done ? 1 : 2);
		assert_true(dropper_is_archived(rig.dropper, files));
		expect(row, "the file", dropper_end_name(dropper_look(rig.dropper, files)),
		       dropper_end_name(row == &done ? DROPPER_COMPLETED : DROPPER_EXPIRED));
		snprintf(line, sizeof(line), "\r\nReason: %u\r\n", reason);
		assert_int_equal(count_of(heard, line), row == &done ? 0 : 2);
		assert_int_equal(dropper_starts(rig.dropper, files), rig.invites);
		files++;
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_other_outcomes),
		cmocka_unit_test(test_call_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
