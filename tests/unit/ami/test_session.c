/* Sessions: banner, login and its refusals, limits, order of answers and events, slow readers. */
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"

static int begin(void **state)
{
	(void)state;
	world_begin(NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static void test_chapter(void **state)
{
	struct io_stream *s = world_connect();
	const char *text;

	(void)state;
	EXPECT(s, "Asterisk Call Manager/11.0.0\n");
	/* telnet's line mode: bare LF */
	s->handler->data(s->arg, s, "Action: Login\nUsername: hello\nSecret: world\n\n", 45);
	text = world_read(s);
	STARTS(text, "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
		     "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 37\r\n"
		     "LastReload: 27\r\nStatus: Fully Booted\r\n\r\n"
		     "Event: SuccessfulAuth\r\n");
	EXPECT_ANSWER(s, "Action: Ping\n\n",
		      "Response: Success\nPing: Pong\nTimestamp: 1795447037.123456\n\n");
	EXPECT_ANSWER(s, "Action: Logoff\n\n",
		      "Response: Goodbye\nMessage: Thanks for all the fish.\n\n");
	assert_true(s->closed && s->flushed);
}

static void test_before_login(void **state)
{
	struct io_stream *s = world_connect();

	(void)state;
	world_read(s);
	EXPECT_ANSWER(s, "Action: Ping\nActionID: 1\n\n",
		      "Response: Error\nActionID: 1\nMessage: Permission denied\n\n");
	EXPECT_ANSWER(s, "Action: Nonsense\n\n", "Response: Error\nMessage: Permission denied\n\n");
	EXPECT_ANSWER(s, "\n", "Response: Error\nMessage: Missing action in request\n\n");
	EXPECT_ANSWER(s, "Action: Logoff\nActionID: 2\n\n",
		      "Response: Goodbye\nActionID: 2\nMessage: Thanks for all the fish.\n\n");
	assert_true(s->closed);
}

static void test_refusals(void **state)
{
	static const char *const asks[] = {
		"Action: Login\nUsername: hello\nSecret: World\n\n",
		"Action: Login\nUsername: nobody\nSecret: world\n\n",
		"Action: Login\nUsername: hello\n\n",
		"Action: Login\nSecret: world\n\n",
		"Action: Login\nUsername: hello\nAuthType: MD5\nKey: 0\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(asks); i++) {
		struct io_stream *s = world_connect();

		world_read(s);
		EXPECT_ANSWER(s, asks[i], "");
		assert_false(s->closed);
		/* What comes meanwhile is not looked at. */
		EXPECT_ANSWER(s, "Action: Ping\n\n", "");
		world_run(TMR_SECOND - 2 * TMR_MS);
		EXPECT(s, "");
		world_run(3 * TMR_MS);
		EXPECT(s, "Response: Error\nMessage: Authentication failed\n\n");
		assert_true(s->closed && s->flushed);
	}
	assert_int_equal(world_metric(METRIC_ami_auth_failed), 5);
}

static void test_user_name_has_no_case(void **state)
{
	struct io_stream *s = world_connect();

	(void)state;
	world_read(s);
	assert_non_null(strstr(world_ask_client(s, "Action: login\nUsername: HELLO\nSecret: "
						   "world\n\n"),
			       "Authentication accepted"));
	EXPECT_ANSWER(s, WORLD_LOGIN, "Response: Success\nMessage: Already authenticated\n\n");
}

static void test_challenge(void **state)
{
	/* 0x5a5a5a5a mod 10^9 is 515870810; MD5 of "515870810world" */
	struct io_stream *s = world_connect();

	(void)state;
	world_read(s);
	EXPECT_ANSWER(s, "Action: Challenge\n\n",
		      "Response: Error\nMessage: Must specify AuthType\n\n");
	EXPECT_ANSWER(s, "Action: Challenge\nActionID: c\nAuthType: md5\n\n",
		      "Response: Success\nActionID: c\nChallenge: 515870810\n\n");
	EXPECT_ANSWER(s, "Action: Challenge\nAuthType: MD5\n\n",
		      "Response: Success\nChallenge: 515870810\n\n");
	assert_non_null(strstr(world_ask_client(s, "Action: Login\nUsername: hello\nAuthType: MD5\n"
						   "Key: 06930ed345a029032582eaf461c93f16\n\n"),
			       "Authentication accepted"));
	s = world_connect();
	world_ask_client(s, "Action: Challenge\nAuthType: MD5\n\n");
	world_send(s, "Action: Login\nUsername: hello\nAuthType: MD5\n"
		      "Key: 0f0bd2a0bb6cdd5ab3c9ecb9db6c7d4f\n\n");
	world_run(TMR_SECOND + TMR_MS);
	EXPECT(s, "Response: Error\nMessage: Authentication failed\n\n");
}

static void test_auth_timeout_and_limit(void **state)
{
	struct io_stream *s[51];

	(void)state;
	for (int i = 0; i < 51; i++)
		s[i] = world_connect();
	assert_false(s[49]->closed);
	assert_true(s[50]->closed);
	EXPECT(s[50], "");
	assert_int_equal(world_metric(METRIC_ami_refused), 1);
	world_send(s[0], WORLD_LOGIN);
	world_read(s[0]);
	world_read(s[1]);
	assert_false(world_connect()->closed); /* one has logged in: room for another */
	world_run(29 * TMR_SECOND);
	assert_false(s[1]->closed);
	world_run(2 * TMR_SECOND);
	assert_true(s[1]->closed);
	EXPECT(s[1], "");
	assert_false(s[0]->closed);
}

static void test_once_only(void **state)
{
	struct io_stream *a, *b;

	(void)state;
	world_end();
	world_begin("[general]\nenabled=yes\nallowmultiplelogin=no\n[hello]\nsecret=world\n");
	a = world_login(WORLD_LOGIN);
	b = world_connect();
	world_read(b);
	world_send(b, WORLD_LOGIN);
	world_run(TMR_SECOND + TMR_MS);
	EXPECT(b, "Response: Error\nMessage: Login Already In Use\n\n");
	assert_true(b->closed);
	world_ask_client(a, "Action: Logoff\n\n");
	world_run(TMR_MS);
	b = world_connect();
	world_read(b);
	assert_non_null(strstr(world_ask_client(b, WORLD_LOGIN), "accepted"));
}

static void test_acl(void **state)
{
	struct io_stream *s;

	(void)state;
	world_end();
	world_begin("[general]\nenabled=yes\n[hello]\nsecret=world\ndeny=0.0.0.0/0\n"
		    "permit=10.0.0.0/8,192.168.1.0/255.255.255.0\n");
	s = world_connect_from("192.168.1.7");
	world_read(s);
	assert_non_null(strstr(world_ask_client(s, WORLD_LOGIN), "accepted"));
	s = world_connect_from("192.168.2.7");
	world_read(s);
	world_send(s, WORLD_LOGIN);
	world_run(TMR_SECOND + TMR_MS);
	EXPECT(s, "Response: Error\nMessage: Authentication failed\n\n");
}

static void test_permissions(void **state)
{
	struct io_stream *s = world_login("Action: Login\nUsername: quiet\nSecret: pst\n\n");

	(void)state;
	EXPECT_ANSWER(s, "Action: Originate\nActionID: 7\n\n",
		      "Response: Error\nActionID: 7\nMessage: Permission denied\n\n");
	EXPECT_ANSWER(s, "Action: Fly\n\n",
		      "Response: Error\nMessage: Invalid/unknown command: Fly. Use Action: "
		      "ListCommands to show available commands.\n\n");
	EXPECT_ANSWER(s, "Action: ping\n\n", "Response: Success\nPing: Pong\nTimestamp: #.#\n\n");
	assert_non_null(strstr(world_ask_client(s, "Action: CoreStatus\n\n"),
			       "CoreStartupDate: 2026-11-23"));
}

static void test_bad_frames(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	char text[2048];

	(void)state;
	world_ask_client(s, "Action: Events\nEventMask: off\n\n");
	snprintf(text, sizeof(text), "ActionID: 9\nX: %01500d\nAction: Ping\n\n", 1);
	EXPECT_ANSWER(s, text,
		      "Response: Error\nActionID: 9\nMessage: Failed to parse message: line too "
		      "long\n\n");
	for (int i = 0; i < 129; i++)
		world_send(s, "Action: Ping\n");
	EXPECT_ANSWER(s, "\n",
		      "Response: Error\nMessage: Too many lines in message or allocation "
		      "failure\n\n");
	EXPECT_ANSWER(s, "Action: Ping\n\n", "Response: Success\nPing: Pong\nTimestamp: #.#\n\n");
}

static void test_pipelining(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	EXPECT_ANSWER(s,
		      "Action: Events\nActionID: 1\nEventMask: on\n\nAction: Events\nActionID: 2\n"
		      "EventMask: 0\n\nAction: Events\nActionID: 3\n\nAction: Events\n"
		      "EventMask: CALL\n\n",
		      "Response: Success\nActionID: 1\nEvents: On\n\n"
		      "Response: Success\nActionID: 2\nEvents: Off\n\n"
		      "Response: Error\nActionID: 3\nMessage: Invalid event mask\n\n"
		      "Response: Success\nEvents: Off\n\n");
}

/* brokeneventsaction: silence for what is wrong and for "all"; the mask is set all the same. */
static void test_broken_events_action(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nbindaddr=127.0.0.1\n"
					   "brokeneventsaction=yes\n"
					   "[hello]\nsecret=world\nread=all\nwrite=all\n"));
	EXPECT_ANSWER(
		s,
		"Action: Events\nActionID: 1\nEventMask: on\n\nAction: Events\nActionID: 2\n\n"
		"Action: Events\nActionID: 3\nEventMask: off\n\nAction: Events\nActionID: 4\n"
		"EventMask: call\n\n",
		"Response: Success\nActionID: 3\nEvents: Off\n\n"
		"Response: Success\nActionID: 4\nEvents: On\n\n");
	EXPECT_ANSWER(s, "Action: Events\nEventMask: on\n\n", "");
	ami_report_reload(world.ami, SLICE_EMPTY, 0);
	EXPECT(s, "Event: Reload\nPrivilege: system,all\nModule: All\nStatus: 0\n\n");
}

/* debug of manager.conf: a number, and where the event comes from, behind the time. */
static void test_debug_headers(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nbindaddr=127.0.0.1\ndebug=yes\n"
					   "timestampevents=yes\n"
					   "[hello]\nsecret=world\nread=all\nwrite=all\n"));
	ami_report_reload(world.ami, SLICE_EMPTY, 0);
	EXPECT(s, "Event: Reload\nPrivilege: system,all\nTimestamp: #.#\nSequenceNumber: #\n"
		  "File: event_out.c\nLine: #\nFunc: Reload\nModule: All\nStatus: 0\n\n");
}

static void test_octet_by_octet(void **state)
{
	static const char text[] = "Action: Ping\r\nActionID: x y \r\n\r\n";
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		s->handler->data(s->arg, s, text + i, 1);
	EXPECT(s, "Response: Success\nActionID: x y \nPing: Pong\nTimestamp: #.#\n\n");
}

static void test_no_line_can_be_forged(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	struct event e = world_event(EVENT_VARSET);

	(void)state;
	EXPECT_ANSWER(s, "Action: Ping\nActionID: a\rEvent: b\n\n",
		      "Response: Success\nActionID: a\\rEvent: b\nPing: Pong\nTimestamp: #.#\n\n");
	world.vars[0][0] = "V";
	world.vars[0][1] = "x\r\n\r\nEvent: Hangup\r\n";
	EXPECT_ANSWER(
		s, "Action: Getvar\nVariable: V\n\n",
		"Response: Success\nVariable: V\nValue: x\\r\\n\\r\\nEvent: Hangup\\r\\n\n\n");
	e.snap.name = SLICE_EMPTY;
	e.text[0] = SLICE_LIT("A\r\nB");
	e.text[1] = SLICE_LIT("'q'\t\r\n");
	world_raise(&e);
	EXPECT(s, "Event: VarSet\nPrivilege: dialplan,all\nChannel: none\nUniqueid: none\n"
		  "Variable: A\\r\\nB\nValue: \\'q\\'\\t\\r\\n\n\n");
}

static void test_masks(void **state)
{
	struct io_stream *all = world_login(WORLD_LOGIN);
	struct io_stream *cdr = world_login("Action: Login\nUsername: quiet\nSecret: pst\n\n");
	struct io_stream *masked =
		world_login("Action: Login\nUsername: hello\nSecret: world\nEvents: dtmf,cdr\n\n");
	struct event e = world_event(EVENT_NEWSTATE);

	(void)state;
	world_read(all);
	world_read(cdr);
	world_raise(&e);
	assert_non_null(strstr(world_read(all), "Event: Newstate\r\n"));
	EXPECT(cdr, "");
	EXPECT(masked, "");
	world_ask_client(masked, "Action: Events\nEventMask: call\n\n");
	world_raise(&e);
	assert_non_null(strstr(world_read(masked), "Event: Newstate\r\n"));
}

static void test_wait_event(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	struct event e = world_event(EVENT_UNHOLD);

	(void)state;
	EXPECT_ANSWER(s, "Action: WaitEvent\nActionID: w\nTimeout: 0x10\n\n", "");
	assert_false(s->paused);
	world_run(15 * TMR_SECOND);
	EXPECT(s, "");
	world_run(2 * TMR_SECOND);
	EXPECT(s, "Response: Success\nActionID: w\nMessage: Waiting for Event completed.\n\n"
		  "Event: WaitEventComplete\nActionID: w\n\n");
	world_send(s, "Action: WaitEvent\n\n");
	world_run(3600 * TMR_SECOND);
	world_raise(&e);
	world_run(TMR_MS);
	STARTS(world_read(s), "Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
			      "Event: Unhold\r\n");
}

static void test_wait_event_ends_with_input(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	world_send(s, "Action: WaitEvent\n\nAction: Ping\nActionID: p\n\n");
	world_run(TMR_MS);
	EXPECT(s, "Response: Success\nMessage: Waiting for Event completed.\n\n"
		  "Event: WaitEventComplete\n\n"
		  "Response: Success\nActionID: p\nPing: Pong\nTimestamp: #.#\n\n");
}

static void test_events_wait_for_the_answer(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	struct event e = world_event(EVENT_HANGUP);
	const char *text;

	(void)state;
	world.late_answers = true;
	world_chan("PJSIP/a-1", "u1");
	world_send(s, "Action: Getvar\nChannel: u1\nVariable: X\n\nAction: Ping\n\n");
	assert_true(s->paused);
	world_raise(&e);
	EXPECT(s, "");
	assert_false(ami_is_quiet(world.ami));
	world.question.fn(world.question.arg, true, SLICE_LIT("v"));
	text = world_read(s);
	STARTS(text, "Response: Success\r\nVariable: X\r\nValue: v\r\n\r\nEvent: Hangup\r\n");
	assert_non_null(strstr(text, "Ping: Pong"));
	assert_false(s->paused);
	assert_true(ami_is_quiet(world.ami));
}

/* The client goes while a shard still owes the answer. */
static void test_gone_before_the_answer(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	world.late_answers = true;
	world_chan("PJSIP/a-1", "u1");
	world_send(s, "Action: Getvar\nChannel: u1\nVariable: X\n\n");
	s->handler->closed(s->arg, s, 0);
	assert_true(s->closed);
	world_run(TMR_SECOND);
	assert_false(list_empty(&world.ami->dead));
	world.question.fn(world.question.arg, true, SLICE_LIT("v"));
	world_run(TMR_MS);
	assert_true(list_empty(&world.ami->dead));
	assert_int_equal(slab_used(world.ami->slab_sessions), 0);
}

static void test_slow_reader(void **state)
{
	struct io_stream *slow = world_login(WORLD_LOGIN), *fast = world_login(WORLD_LOGIN);
	struct event soft = world_event(EVENT_NEWSTATE), hard = world_event(EVENT_HANGUP);
	uint64_t sent = 0;
	const char *text;

	(void)state;
	world_read(fast);
	world_read(slow);
	while (world_metric(METRIC_ami_events_dropped) < 10) {
		world_raise(&soft);
		sent++;
		assert_non_null(strstr(world_read(fast), "Newstate"));
	}
	assert_true(io_stream_queued(slow) <= LIMIT_AMI_OUT_SOFT);
	world_raise(&hard); /* still comes */
	world_raise(&soft);
	assert_int_equal(world_metric(METRIC_ami_events_dropped), 11);
	text = world_read(slow); /* the drained stream tells */
	assert_non_null(strstr(text, "Event: Hangup\r\n"));
	EXPECT(slow, "Event: EventsLost\nPrivilege: <none>\nLost: 11\nLostTotal: 11\n\n");
	world_raise(&soft);
	assert_non_null(strstr(world_read(slow), "Event: Newstate\r\n"));
	world_read(fast);
	while (!slow->closed) {
		world_raise(&hard);
		world_read(fast);
		assert_true(io_stream_queued(slow) <= LIMIT_AMI_OUT_HARD);
	}
	assert_false(slow->flushed);
	assert_int_equal(world_metric(METRIC_ami_slow_closed), 1);
	assert_false(fast->closed);
	(void)sent;
}

/* A client that asks and asks behind an open action is cut off. */
static void test_input_behind_an_action_is_bounded(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	char junk[4096];

	(void)state;
	memset(junk, 'x', sizeof(junk));
	world_send(s, "Action: WaitEvent\n\n");
	for (int i = 0; i < LIMIT_AMI_IN / 4096 && !s->closed; i++)
		s->handler->data(s->arg, s, junk, sizeof(junk));
	assert_false(s->closed);
	s->handler->data(s->arg, s, junk, sizeof(junk));
	assert_true(s->closed);
}

static void test_suppress_events(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	EXPECT_ANSWER(s, "Action: UserEvent\nUserEvent: Hi\nSuppressEvents: yes\nA: b\n\n",
		      "Response: Success\nMessage: Event Sent\n\n");
	world_run(2 * TMR_MS);
	EXPECT(s, "Event: UserEvent\nPrivilege: user,all\nUserEvent: Hi\nSuppressEvents: yes\n"
		  "A: b\n\n");
}

static void test_filters(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	struct event state_event = world_event(EVENT_NEWSTATE), hangup = world_event(EVENT_HANGUP);

	(void)state;
	EXPECT_ANSWER(s, "Action: Filter\nOperation: Remove\n\n",
		      "Response: Error\nMessage: Unknown operation\n\n");
	EXPECT_ANSWER(s, "Action: Filter\nOperation: add\nFilter: (\n\n",
		      "Response: Error\nMessage: Filter did not compile.  Check the syntax of the "
		      "filter given.\n\n");
	EXPECT_ANSWER(s, "Action: Filter\nOperation: add\nFilter: (((a{255}){255}){255}){255}\n\n",
		      "Response: Error\nMessage: Filter did not compile.  Check the syntax of the "
		      "filter given.\n\n");
	EXPECT_ANSWER(
		s, "Action: Filter\nOperation: Add\nFilter: x\nMatchCriteria: name(\n\n",
		"Response: Error\nMessage: Filter was formatted incorrectly.  Check the syntax "
		"of the filter given.\n\n");
	EXPECT_ANSWER(s, "Action: Filter\nOperation: Add\nFilter: !x{2000}\n\n",
		      "Response: Success\nMessage: Success\n\n");
	for (int i = 0; i < 7; i++)
		world_ask_client(s, "Action: Filter\nOperation: Add\nFilter: !x{2000}\n\n");
	EXPECT_ANSWER(s, "Action: Filter\nOperation: Add\nFilter: !x{2000}\n\n",
		      "Response: Error\nMessage: Too many filters: this session has no room for "
		      "another one\n\n");
	assert_int_equal(metric_get(&world.metrics, METRIC_ami_filter_refused), 1);
	EXPECT_ANSWER(s, "Action: Filter\nOperation: Add\nFilter: !Event: Newstate\n\n",
		      "Response: Success\nMessage: Success\n\n");
	world_raise(&state_event);
	EXPECT(s, "");
	world_raise(&hangup);
	assert_non_null(strstr(world_read(s), "Event: Hangup"));
}

static void test_shutdown(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	ami_report_shutdown(world.ami, false);
	EXPECT(s, "Event: Shutdown\nPrivilege: system,all\nShutdown: Cleanly\nRestart: False\n\n");
	world.stopping = true;
	EXPECT_ANSWER(s, "Action: Ping\n\n",
		      "Response: Error\nMessage: Asterisk is shutting down\n\n");
}

static void test_reload_keeps_sessions(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);
	struct addr moved;

	(void)state;
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nport=6000\nbindaddr=127.0.0.1\n"
					   "[other]\nsecret=x\nwrite=all\nread=all\n"));
	assert_true(addr_parse(&moved, SLICE_LIT("127.0.0.1:6000"), 0));
	assert_true(addr_eq(&world.listening, &moved));
	ami_report_reload(world.ami, SLICE_EMPTY, 0);
	EXPECT(s, "Event: Reload\nPrivilege: system,all\nModule: All\nStatus: 0\n\n");
	s = world_connect();
	world_read(s);
	world_send(s, WORLD_LOGIN);
	world_run(TMR_SECOND + TMR_MS);
	EXPECT(s, "Response: Error\nMessage: Authentication failed\n\n");
	ami_set_conf(world.ami, world_conf("[general]\nenabled=no\n"));
	assert_null(world.accept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chapter),
		TEST(test_before_login),
		TEST(test_refusals),
		TEST(test_user_name_has_no_case),
		TEST(test_challenge),
		TEST(test_auth_timeout_and_limit),
		TEST(test_once_only),
		TEST(test_acl),
		TEST(test_permissions),
		TEST(test_bad_frames),
		TEST(test_pipelining),
		TEST(test_broken_events_action),
		TEST(test_debug_headers),
		TEST(test_octet_by_octet),
		TEST(test_no_line_can_be_forged),
		TEST(test_masks),
		TEST(test_wait_event),
		TEST(test_wait_event_ends_with_input),
		TEST(test_events_wait_for_the_answer),
		TEST(test_gone_before_the_answer),
		TEST(test_slow_reader),
		TEST(test_input_behind_an_action_is_bounded),
		TEST(test_suppress_events),
		TEST(test_filters),
		TEST(test_shutdown),
		TEST(test_reload_keeps_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
