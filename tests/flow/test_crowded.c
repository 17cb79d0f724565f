/* tests/flow/test_crowded.c - a message that came over a connection belongs to a shard whose pipe
 * is full: it waits, and with it all that comes behind it (sip/conn.h). A datagram is dropped. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SHARDS 3

static const char *const protocols[] = {"tcp", "tls"};

/* An OPTIONS of that name which belongs to the shard. */
static const char *ask(const char *name, uint32_t shard)
{
	static char texts[8][512];
	static unsigned next;
	char *text = texts[next++ % 8], id[64];
	unsigned n = 0;

	do
		snprintf(id, sizeof(id), "%s-%u", name, n++);
	while (slice_hash(slice_str(id), 0) % SHARDS != shard);
	snprintf(text, sizeof(texts[0]),
		 "OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bK%s"
		 "\r\nFrom: <sip:far@10.0.0.9>;tag=f\r\nTo: <sip:10.0.0.1>\r\nCall-ID: %s\r\n"
		 "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nSubject: %080u\r\nContent-Length: "
		 "0\r\n\r\n",
		 id, id, n);
	return text;
}

/* The next message is the answer to that one. */
static void answered(struct flow *f, const char *name)
{
	const struct flow_msg *m = flow_expect(f, "200");

	if (!slice_starts(m->msg.call_id, slice_str(name)))
		fail_msg("expected the answer to %s, but got that to %.*s", name,
			 SLICE_ARG(m->msg.call_id));
}

static void start(struct flow *f, const char *protocol)
{
	flow_start_far(f, protocol, SHARDS, NULL, FLOW_PEER);
	flow_far_call(f);
}

/* What is sent in one piece comes in one. */
static void start_whole(struct flow *f, const char *protocol)
{
	static const struct sim_stream_conf streams = {
		.piece_max = 65536, .window_bytes = 1 << 20, .timeout_ns = 60 * SIM_SECOND};

	flow_start_far(f, protocol, SHARDS, NULL, FLOW_PEER);
	sim_stream_default(f->w, &streams);
	flow_far_call(f);
}

/* Nothing overtakes it on its connection, and nothing is counted or shown before its time. */
static void test_order(void **state)
{
	static const char *const late[] = {"b", "c", "d", "e", "f"};

	UNUSED(state);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(protocols); i++) {
		char text[2048];
		struct flow f;

		start(&f, protocols[i / 2]);
		f.full = 1 << 1;
		snprintf(text, sizeof(text), "%s%s%s%s%s", ask("a", 0), ask("b", 1), ask("c", 0),
			 ask("d", 2), ask("e", 1));
		flow_far_octets(&f, slice_str(text), i % 2 ? 1 : SIZE_MAX);
		answered(&f, "a");
		flow_far_octets(&f, slice_str(ask("f", 2)), 50);
		flow_expect_silence(&f, 10 * SIM_SECOND);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx), 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_paused), 1);
		assert_false(sip_is_quiet(f.sips[0]));
		flow_make_room(&f, -1);
		for (size_t k = 0; k < ARRAY_COUNT(late); k++)
			answered(&f, late[k]);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx), 6 + 4); /* 4 twice */
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_forwarded), 4);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_dropped), 0);
		assert_int_equal(flow_far_count(&f).open, 1);
		flow_end(&f);
	}
}

/* Two TLS records in one piece: what is in the second comes though reading has stopped. */
static void test_records(void **state)
{
	char room[61 * 512], name[8];
	struct sink text = sink_make(room, sizeof(room));
	struct flow f;

	UNUSED(state);
	start_whole(&f, "tls");
	f.full = 1 << 1;
	for (unsigned i = 0; i < 61; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		sink_str(&text, ask(name, i ? i % SHARDS : 1));
	}
	assert_true(text.len > 16384 && !text.over); /* octets of a record */
	flow_far_octets(&f, sink_slice(&text), SIZE_MAX);
	flow_expect_silence(&f, SIM_SECOND);
	f.is_deaf = true;
	flow_make_room(&f, -1);
	for (unsigned i = 0; i < 61; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		answered(&f, name);
	}
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_paused), 1);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_bad), 0);
	flow_end(&f);
}

/* Others go on, but for what is for the same shard: that stands in line. */
static void test_others(void **state)
{
	struct flow f;

	UNUSED(state);
	start(&f, "tcp");
	f.full = 1 << 1;
	flow_send(&f, ask("a", 1));
	flow_far_call(&f);
	flow_send(&f, ask("b", 0));
	answered(&f, "b");
	flow_send(&f, ask("c", 2));
	answered(&f, "c");
	f.full = 0; /* there is room, but nobody was told: who came first is the first to know */
	flow_send(&f, ask("d", 1));
	flow_far_call(&f);
	flow_send(&f, ask("e", 2));
	answered(&f, "e");
	flow_expect_silence(&f, SIM_SECOND);
	f.full = 1 << 1;
	flow_make_room(&f, 1);
	answered(&f, "a");
	flow_make_room(&f, 1);
	answered(&f, "d");
	flow_end(&f);
}

/* Room for one at a time: each connection has its turn. Who waits for another shard keeps its
 * place. */
static void test_turns(void **state)
{
	static const char *const turns[] = {"a", "e", "b", "c"};
	struct flow f;
	char text[2048];

	UNUSED(state);
	start_whole(&f, "tcp");
	f.full = 1 << 1 | 1 << 2;
	snprintf(text, sizeof(text), "%s%s%s", ask("a", 1), ask("b", 1), ask("c", 1));
	flow_far_octets(&f, slice_str(text), SIZE_MAX);
	flow_far_call(&f);
	flow_send(&f, ask("d", 2));
	flow_far_call(&f);
	flow_send(&f, ask("e", 1));
	flow_far_call(&f);
	flow_send(&f, ask("g", 2));
	f.full = 1 << 1;
	for (size_t i = 0; i < ARRAY_COUNT(turns); i++) {
		flow_make_room(&f, 1);
		answered(&f, turns[i]);
		flow_expect_silence(&f, SIM_SECOND);
		f.full = 1 << 1;
	}
	f.full = 1 << 2;
	flow_make_room(&f, 1);
	answered(&f, "d");
	flow_make_room(&f, 1);
	answered(&f, "g");
	flow_end(&f);
}

/* A whole call of a full shard: the 200 is late, but it comes, also from who has hung up the line
 * right behind it; the loss of the connection is told after it. */
static void test_last_words(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
		const struct flow_msg *invite, *m;
		char text[2048];
		struct flow f;

		flow_start_far(&f, protocols[i], SHARDS, NULL, NULL);
		flow_use_shard(&f, 1);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
		flow_fact(&f, "ringing");
		f.full = 1 << 1;
		snprintf(text, sizeof(text),
			 "SIP/2.0 200 OK\r\nVia: %.*s\r\nFrom: %s\r\nTo: %s;tag=t\r\n"
			 "Call-ID: %.*s\r\nCSeq: %.*s\r\n" FLOW_CONTACT
			 "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
			 SLICE_ARG(invite->msg.via.raw), flow_header(invite, "From"),
			 flow_header(invite, "To"), SLICE_ARG(invite->msg.call_id),
			 SLICE_ARG(invite->msg.cseq_text), strlen(flow_sdp(7000, "0", "sendrecv")),
			 flow_sdp(7000, "0", "sendrecv"));
		flow_far_last(&f, text);
		flow_expect_silence(&f, 10 * SIM_SECOND);
		flow_no_fact(&f);
		flow_make_room(&f, -1);
		flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_run(&f, 20 * SIM_MS);
		assert_int_equal(flow_far_count(&f).accepted, 1); /* where the ACK went */
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 2);
		flow_end(&f);
	}
}

/* We do not listen: the far end is not asked whether it is there, and not given up. Afterwards its
 * time runs again. */
static void test_patience(void **state)
{
	struct flow f;

	UNUSED(state);
	start(&f, "tcp");
	f.full = 1 << 1;
	flow_send(&f, ask("a", 1));
	flow_expect_silence(&f, 3 * LIMIT_SIP_CONN_IDLE_S * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 1);
	assert_int_equal(flow_far_count(&f).pings, 0);
	flow_make_room(&f, -1);
	answered(&f, "a");
	flow_run(&f, 100 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).pings, 1);
	flow_run(&f, (LIMIT_SIP_CONN_IDLE_S - 110) * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 1);
	flow_run(&f, 20 * SIM_SECOND);
	assert_int_equal(flow_far_count(&f).open, 0);
	flow_end(&f);
}

/* The process ends with one that waits. */
static void test_abandoned(void **state)
{
	struct flow f;

	UNUSED(state);
	start(&f, "tls");
	f.full = 1 << 2;
	flow_send(&f, ask("a", 2));
	flow_far_last(&f, ask("b", 1));
	flow_abandon(&f);
}

/* A CANCEL that has to look for its call on other shards waits, too. */
static void test_cancel(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow_caller c;
	char line[256];
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "tcp", SHARDS, NULL, FLOW_PEER);
	flow_use_shard(&f, 1);
	invite = flow_answered_call(&f);
	do
		flow_caller_init(&c, &f);
	while (slice_hash(slice_str(c.call_id), 0) % SHARDS != 0);
	snprintf(line, sizeof(line), "Replaces: %.*s;from-tag=far1;to-tag=%.*s\r\n",
		 SLICE_ARG(invite->msg.call_id), SLICE_ARG(invite->msg.from_tag));
	flow_caller_invite(&c, line, flow_sdp(7100, "0 101", "sendrecv"));
	flow_fact(&f, "replaced");
	flow_fact(&f, "media 10.0.0.9:7100 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	f.full = 1 << 1;
	flow_caller_cancel(&c, NULL);
	flow_run(&f, 100 * SIM_MS);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_paused), 1);
	flow_caller_ack(&c, NULL);
	flow_make_room(&f, -1);
	do
		m = flow_expect(&f, "200");
	while (strcmp(flow_header(m, "CSeq"), "1 CANCEL") != 0);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Datagrams for another shard are dropped and counted; the far end sends them again. */
static void test_datagrams(void **state)
{
	uint64_t dropped = 0;

	UNUSED(state);
	for (uint32_t shard = 0; shard < SHARDS; shard++) {
		const struct flow_msg *invite;
		uint64_t lost;
		struct flow f;

		flow_start_shards(&f, SHARDS, 16);
		flow_use_shard(&f, shard);
		invite = flow_answered_call(&f);
		f.is_full = true;
		flow_request_branch(&f, invite, "BYE", 7, "far1", "z9hG4bKbye", NULL, NULL, NULL);
		lost = metric_get(&f.metrics, METRIC_sip_rx_dropped);
		dropped += lost;
		if (lost)
			flow_expect_silence(&f, SIM_SECOND);
		f.is_full = false;
		if (lost)
			flow_request_branch(&f, invite, "BYE", 7, "far1", "z9hG4bKbye", NULL, NULL,
					    NULL);
		flow_expect(&f, "200");
		flow_fact(&f, "ended 16 0");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_paused), 0);
		flow_end(&f);
	}
	assert_int_equal(dropped, SHARDS - 1);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_others),
		cmocka_unit_test(test_turns),	 cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_patience), cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_cancel),	 cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_records),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
