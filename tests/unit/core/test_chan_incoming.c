/* tests/unit/core/test_chan_incoming.c - calls that come in: what their dialplan does at the port
 * of signalling, and which events tell of it. */
#include "tests/unit/core/chan_rig.h"

#define ENDED_BY_US "SoftHangupRequest "

static const char plan[] =
	"[in]\n"
	"exten => answer,1,Answer(,i)\n same => n,Wait(2)\n same => n,Hangup()\n"
	"exten => slow,1,Answer()\n same => n,NoOp()\n"
	"exten => busy,1,Ringing()\n same => n,Busy()\n"
	"exten => full,1,Congestion(5)\n"
	"exten => cause,1,Hangup(21)\n"
	"exten => nothing,1,NoOp()\n"
	"exten => early,1,Progress()\n same => n,Playback(one,noanswer)\n"
	"exten => play,1,Playback(one)\n"
	"exten => read,1,Read(X,one)\n"
	"exten => skip,1,Playback(one,skip)\n"
	"exten => "
	"who,1,Set(A=${CALLERID(num)}/${CALLERID(name)}/${CALLERID(dnid)}/${CALLERID(rdnis)})\n"
	" same => n,Set(B=${PJSIP_HEADER(read,X-Lead)}/${PJSIP_HEADER(read,X-Lead,2)})\n"
	" same => n,Set(PJSIP_HEADER(update,X-Lead)=7)\n"
	" same => n,Set(PJSIP_HEADER(remove,X-Other)=)\n"
	" same => n,Set(PJSIP_HEADER(add,X-New)=n)\n"
	" same => "
	"n,Set(C=${PJSIP_HEADER(read,X-Lead,2)}/${PJSIP_HEADER(read,X-Other)}/"
	"${PJSIP_HEADER(read,X-New)}/${PJSIP_HEADERS(X-)})\n"
	" same => "
	"n,Set(E=${PJSIP_HEADER(remove,X-*)}/${PJSIP_HEADERS(X-)}/${PJSIP_HEADER(add,X-N)}/"
	"${PJSIP_RESPONSE_HEADER(read,X-Lead)})\n"
	" same => n,Set(D=${SIPDOMAIN}/${CHANNEL(state)})\n same => n,Wait(1)\n"
	"exten => send,1,Answer(,i)\n same => n,Transfer(PJSIP/300)\n"
	" same => n,NoOp(${TRANSFERSTATUS}-${TRANSFERSTATUSPROTOCOL})\n"
	"exten => other,1,Transfer(DAHDI/300)\n"
	" same => n,NoOp(${TRANSFERSTATUS}-${TRANSFERSTATUSPROTOCOL})\n"
	"exten => talk,1,Answer(,i)\n same => n,Wait(100)\n"
	"exten => 200,1,NoOp(${SIPREFERREDBYHDR})\n same => n,Wait(1)\n"
	"[elsewhere]\nexten => 201,1,Wait(1)\n";

/* ---- the port of signalling ---- */

static char did[256]; /* what the dialplan asked for */
static int transfer_result;
static uint32_t rx_packets;

static void note(const char *what)
{
	size_t len = strlen(did);

	snprintf(did + len, sizeof(did) - len, "%s ", what);
}

static int in_indicate(struct tech_call *call, enum tech_indication what, struct media_desc *remote)
{
	UNUSED(call);
	UNUSED(remote);
	note(what == TECH_RINGING ? "ringing" : "progress");
	return 0;
}

static int in_answer(struct tech_call *call, struct media_desc *remote)
{
	UNUSED(call);
	*remote = audio;
	note("answer");
	return 0;
}

static int in_transfer(struct tech_call *call, struct slice dest)
{
	char text[64];

	UNUSED(call);
	snprintf(text, sizeof(text), "transfer:%.*s", SLICE_ARG(dest));
	note(text);
	return transfer_result;
}

static bool in_header(const struct tech_call *call, uint32_t index, struct sink *line)
{
	static const char *const lines[] = {"X-Lead: 4711", "X-Other: o", "X-Lead: 12"};

	UNUSED(call);
	if (index >= ARRAY_COUNT(lines))
		return false;
	sink_str(line, lines[index]);
	return true;
}

static const struct tech_ops in_tech = {
	.name = "PJSIP",
	.hangup = straw_hangup,
	.indicate = in_indicate,
	.answer = in_answer,
	.transfer = in_transfer,
	.header = in_header,
};

static void in_stats(const struct media_session *m, struct media_stats *out)
{
	UNUSED(m);
	*out = (struct media_stats){.rx_packets = rx_packets};
}

static struct media_ops in_media;

static int open_in(void **state)
{
	UNUSED(state);
	open_rig();
	dialplan_free(rig.dialplan);
	load_dialplan(plan);
	in_media = media;
	in_media.stats = in_stats;
	rig.shard.techs[0].ops = &in_tech;
	rig.shard.media.ops = &in_media;
	rig.shard.incoming_max = rig.shard.incoming_free = 2;
	rx_packets = 0;
	transfer_result = 0;
	did[0] = 0;
	return 0;
}

static int close_in(void **state)
{
	UNUSED(state);
	close_rig();
	return 0;
}

#define IN(f) cmocka_unit_test_setup_teardown(f, open_in, close_in)

static int offer_call(const char *exten)
{
	struct tech_door door = chan_door(&rig.shard);
	static const struct slice vars[] = {{"FROM=conf", 9}};
	struct tech_offer offer = {
		.endpoint = {.name = SLICE_LIT("gw"),
			     .context = SLICE_LIT("in"),
			     .set_vars = vars,
			     .set_var_count = 1},
		.exten = slice_str(exten),
		.domain = SLICE_LIT("10.0.0.1"),
		.cid_name = SLICE_LIT("Ann"),
		.cid_num = SLICE_LIT("1000"),
		.diversion = {.num = SLICE_LIT("555")},
	};
	struct addr local;
	int cause = door.offer(door.arg, (struct tech_call *)&rig, &offer, &rig.owner, &local);

	rig.tech = door.events;
	rig.has_call = cause == 0;
	return cause;
}

static void comes(const char *exten)
{
	assert_int_equal(offer_call(exten), 0);
	turn();
}

/* ---- cases ---- */

static void test_answered(void **state)
{
	UNUSED(state);
	comes("answer");
	assert_string_equal(rig.events, "Newchannel VarSet(FROM) VarSet(SIPDOMAIN) "
					"answer@in:Answer Newstate(6) answer@in:Wait ");
	assert_int_equal(rig.shard.incoming_free, 1);
	forget_events();
	pass(3);
	assert_string_equal(rig.events, "answer@in:Hangup " ENDED_BY_US "Cdr Hangup(16,0) ENDED ");
	assert_string_equal(did, "answer ");
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
	assert_true(slice_eq(rig.cdr.src, SLICE_LIT("1000")));
	assert_true(slice_eq(rig.cdr.dst, SLICE_LIT("answer")));
	assert_true(slice_eq(rig.cdr.dcontext, SLICE_LIT("in")));
	assert_int_equal(rig.hangup_cause, 16);
	assert_int_equal(rig.ended, 1);
}

/* What a dialplan does before an answer, and with which cause the call ends; the record says so
 * too. */
static void test_plans(void **state)
{
	static const struct {
		const char *exten, *did;
		int cause;
		enum cdr_disposition disposition;
		uint32_t plays;
	} rows[] = {
		{"busy", "ringing ", 17, CDR_BUSY, 0},
		{"full", "", 34, CDR_CONGESTION, 0},
		{"cause", "", 21, CDR_FAILED, 0},
		{"nothing", "", 0, CDR_NO_ANSWER, 0},
		{"early", "progress ", 0, CDR_NO_ANSWER, 1},
		{"skip", "", 0, CDR_NO_ANSWER, 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		did[0] = 0;
		rig.plays = 0;
		rig.shard.incoming_free = 2;
		comes(rows[i].exten);
		if (rows[i].plays) {
			rig.media->played(rig.owner, MEDIA_PLAYED);
			turn();
		}
		assert_null(the_chan());
		assert_string_equal(did, rows[i].did);
		assert_int_equal(rig.hangup_cause, rows[i].cause);
		assert_int_equal(rig.cdr.disposition, rows[i].disposition);
		assert_int_equal(rig.plays, rows[i].plays);
	}
}

/* Playback and Read answer by themselves. */
static void test_answer_by_itself(void **state)
{
	static const char *const extens[] = {"play", "read"};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(extens); i++) {
		did[0] = 0;
		rig.shard.incoming_free = 2;
		comes(extens[i]);
		assert_string_equal(did, "answer ");
		assert_true(chan_is_up(the_chan()));
		end_with(16, 0);
		turn();
		assert_null(the_chan());
	}
}

/* Answer waits for the caller's audio. */
static void test_answer_waits(void **state)
{
	UNUSED(state);
	comes("slow");
	for (int i = 0; i < 4; i++) {
		rig.skew += TMR_SECOND / 10;
		turn();
	}
	assert_int_equal(the_chan()->priority, 1);
	rx_packets = 1;
	pass(1);
	assert_null(the_chan());
}

/* The caller gives up while it rings. */
static void test_given_up(void **state)
{
	UNUSED(state);
	comes("talk");
	forget_events();
	end_with(127, 0);
	turn();
	assert_string_equal(rig.events,
			    "HangupRequest(127,0) SoftHangupRequest Cdr Hangup(127,0) ENDED ");
	assert_int_equal(rig.hangups, 0);
}

static void test_refused(void **state)
{
	UNUSED(state);
	assert_int_equal(offer_call("none"), CAUSE_UNALLOCATED);
	rig.shard.is_closed = true;
	assert_int_equal(offer_call("talk"), CAUSE_CONGESTION);
	rig.shard.is_closed = false;
	rig.shard.is_late = true;
	assert_int_equal(offer_call("talk"), CAUSE_CONGESTION);
	rig.shard.is_late = false;
	rig.no_session = true;
	assert_int_equal(offer_call("talk"), CAUSE_CONGESTION);
	rig.no_session = false;
	rig.shard.incoming_free = 0;
	assert_int_equal(offer_call("talk"), CAUSE_CONGESTION);
	turn();
	assert_string_equal(rig.events, "");
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_incoming_refused_number), 1);
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_incoming_refused_closed), 1);
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_incoming_refused_full), 3);
}

/* The place is free again when control says that the record is written. */
static void test_admit(void **state)
{
	UNUSED(state);
	comes("cause");
	assert_int_equal(rig.shard.incoming_free, 1);
	assert_true(pipe_write(rig.shard.down, PIPE_RELIABLE, SHARD_ADMIT, NULL, 0));
	pipe_flush(rig.shard.down);
	shard_run_commands(&rig.shard, 10);
	assert_int_equal(rig.shard.incoming_free, 2);
}

static void assert_var(struct chan *c, const char *name, const char *value)
{
	struct slice have = SLICE_EMPTY;

	chan_get_var(c, slice_str(name), &have);
	if (!slice_eq(have, slice_str(value)))
		fail_msg("%s is '%.*s', not '%s'", name, SLICE_ARG(have), value);
}

/* Who calls, and the headers of the INVITE: read, changed for this channel, added to. */
static void test_who(void **state)
{
	struct chan *c;

	UNUSED(state);
	comes("who");
	c = the_chan();
	assert_non_null(c); /* it waits at the end of its plan */
	assert_var(c, "A", "1000/Ann/who/555");
	assert_var(c, "B", "4711/12");
	assert_var(c, "C", "12//n/X-Lead,X-Lead,X-New");
	assert_var(c, "E", "3///");
	assert_var(c, "D", "10.0.0.1/Ring");
	pass(2);
	assert_null(the_chan());
}

/* ---- transfers ---- */

static void test_transfer_out(void **state)
{
	static const struct {
		const char *exten, *did;
		int result, told; /* told 0: nothing comes */
		const char *says;
	} rows[] = {
		{"send", "answer transfer:300 ", 0, 200, "SUCCESS-200"},
		{"send", "answer transfer:300 ", 0, 486, "FAILURE-486"},
		{"send", "answer transfer:300 ", -ENOTSUP, 0, "UNSUPPORTED-0"},
		{"send", "answer transfer:300 ", -EINVAL, 0, "FAILURE-0"},
		{"send", "answer transfer:300 ", 302, 0, "SUCCESS-302"},
		{"send", "answer transfer:300 ", 0, -1, "FAILURE-408"}, /* never told */
		{"other", "", 0, 0, "FAILURE-0"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		did[0] = 0;
		transfer_result = rows[i].result;
		rig.shard.incoming_free = 2;
		comes(rows[i].exten);
		if (rows[i].told > 0)
			rig.tech->transferred(rig.owner, rows[i].told);
		turn();
		if (rows[i].told < 0)
			pass(61);
		assert_null(the_chan());
		assert_string_equal(did, rows[i].did);
		assert_true(slice_eq(rig.cdr.lastapp, SLICE_LIT("NoOp")));
		if (!slice_eq(rig.cdr.lastdata, slice_str(rows[i].says)))
			fail_msg("row %zu: %.*s", i, SLICE_ARG(rig.cdr.lastdata));
	}
}

/* A blind transfer that the far end asks for moves the channel in its dialplan. */
static void test_transfer_in(void **state)
{
	struct tech_refer refer = {.exten = SLICE_LIT("200"),
				   .refer_to = SLICE_LIT("sip:200@x"),
				   .referred_by = SLICE_LIT("<sip:ann@x>")};
	struct chan *c;

	UNUSED(state);
	comes("talk");
	c = the_chan();
	refer.exten = SLICE_LIT("none");
	assert_int_equal(rig.tech->refer(c, &refer), CAUSE_UNALLOCATED);
	refer.exten = SLICE_LIT("200");
	assert_int_equal(rig.tech->refer(c, &refer), 0);
	turn();
	assert_string_equal(c->exten, "200");
	assert_var(c, "SIPTRANSFER", "yes");
	assert_var(c, "SIPREFERREDBYHDR", "<sip:ann@x>");
	assert_int_equal(chan_set_var(c, SLICE_LIT("TRANSFER_CONTEXT"), SLICE_LIT("elsewhere")), 0);
	assert_int_equal(rig.tech->refer(c, &refer), CAUSE_UNALLOCATED);
	refer.exten = SLICE_LIT("201");
	assert_int_equal(rig.tech->refer(c, &refer), 0);
	turn();
	assert_string_equal(c->context, "elsewhere");
	pass(2);
	assert_null(the_chan());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(test_answered),     IN(test_plans),	  IN(test_answer_by_itself),
		IN(test_answer_waits), IN(test_given_up), IN(test_refused),
		IN(test_admit),	       IN(test_who),	  IN(test_transfer_out),
		IN(test_transfer_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
