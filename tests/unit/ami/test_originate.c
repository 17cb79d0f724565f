/* Originate: checks in their order, what reaches the queue, and exactly one answer for each. */
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"

static struct io_stream *client;

static int begin(void **state)
{
	(void)state;
	world_begin(WORLD_CONF "[some]\nsecret=x\nread=none\nwrite=originate\nsetvar=SV1=one\n"
			       "setvar=SV2=two\n");
	world_dialplan("[default]\nexten => 100,1,NoOp()\nsame => n(go),Hangup()\n"
		       "exten => 101/555,1,NoOp()\nexten => failed,1,NoOp()\n");
	client = world_login(WORLD_LOGIN);
	world_read(client);
	return 0;
}

static int end(void **state)
{
	(void)state;
	/* What a test did not settle the engine gives back. */
	for (uint32_t i = 0; i < world.order_count; i++)
		if (world.orders[i].cookie)
			world.orders[i].source.ops->settle(world.orders[i].source.impl,
							   world.orders[i].cookie,
							   &(struct outcome){.withdrawn = true});
	assert_true(world.ami->orders_open == 0);
	world_end();
	return 0;
}

#define ORIGINATE "Action: Originate\nActionID: 1\n"
#define PLACE	  "Context: default\nExten: 100\nPriority: 1\n"
#define ACK	  "Response: Success\nActionID: 1\nMessage: Originate successfully queued\n\n"
#define ERR(text) "Response: Error\nActionID: 1\nMessage: " text "\n\n"

static const char long_id[] =
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaa"; /* 150 */

static void test_refusals(void **state)
{
	static const struct {
		const char *headers, *message;
	} rows[] = {
		{"", "Channel not specified"},
		{"Channel: PJSIP/a@t\nContext: default\nExten: 100\nPriority: nowhere\nTimeout: "
		 "x\n",
		 "Invalid priority"},
		{"Channel: none\nTimeout: soon\n" PLACE, "Invalid timeout"},
		{"Channel: none\nApplication: System\n", "Invalid channel"},
		{"Channel: PJSIP/a@t\nContext: default\nExten: 200\nPriority: 1\n",
		 "Extension does not exist."},
		{"Channel: PJSIP/a@t\nPriority: 1\nApplication: Wait\nAsync: true\n",
		 "Extension does not exist."},
		{"Channel: PJSIP/a@t\nContext: default\nExten: 101\nPriority: 1\nCallerID: 556\n",
		 "Extension does not exist."},
		{"Channel: PJSIP/a@t\nContext: default\nExten: 100\n",
		 "Originate with 'Exten' requires 'Context' and 'Priority'"},
		{"Channel: PJSIP/a@t\nContext: default\nExten: 100\nPriority: 0\n",
		 "Originate with 'Exten' requires 'Context' and 'Priority'"},
		{"Channel: PJSIP/a@t\nChannelId: used\n" PLACE,
		 "Originate failed: ChannelId is in use or was within the last minute"},
		{"Channel: PJSIP/a@t\nOtherChannelId: u1\n" PLACE,
		 "Originate failed: ChannelId is in use or was within the last minute"},
	};
	char ask[2048], want[512];

	(void)state;
	world.taken_id = SLICE_LIT("used");
	world_chan("PJSIP/t-00000000", "u1");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(ask, sizeof(ask), ORIGINATE "%s\n", rows[i].headers);
		snprintf(want, sizeof(want), ERR("%s"), rows[i].message);
		EXPECT_ANSWER(client, ask, want);
	}
	snprintf(ask, sizeof(ask), ORIGINATE "ChannelId: %s\n\n", long_id);
	EXPECT_ANSWER(client, ask, ERR("Uniqueid length exceeds maximum of 149"));
	assert_int_equal(world.order_count, 0);
}

static void test_refused_by_the_queue(void **state)
{
	(void)state;
	world.originate_error = -ENOSPC;
	EXPECT_ANSWER(client, ORIGINATE "Channel: PJSIP/a@t\nAsync: yes\n" PLACE "\n",
		      ERR("Originate failed: queue full"));
	world.originate_error = -E2BIG;
	EXPECT_ANSWER(client, ORIGINATE "Channel: PJSIP/a@t\n" PLACE "\n",
		      ERR("Originate failed: request too large"));
	world.originate_error = -ESHUTDOWN;
	EXPECT_ANSWER(client, ORIGINATE "Channel: PJSIP/a@t\n" PLACE "\n",
		      ERR("Asterisk is shutting down"));
	world.originate_error = -EEXIST;
	EXPECT_ANSWER(client, ORIGINATE "Channel: PJSIP/a@t\n" PLACE "\n",
		      ERR("Originate failed: ChannelId is in use or was within the last minute"));
	assert_int_equal(world.ami->orders_open, 0);
	assert_true(ami_is_quiet(world.ami));
}

static void test_application_black_list(void **state)
{
	struct io_stream *s = world_login("Action: Login\nUsername: some\nSecret: x\n\n");
	static const struct {
		const char *headers;
		bool refused;
	} rows[] = {
		{"Application: System\nData: ls\n", true},
		{"Application: TryExec\n", true},
		{"Application: Wait\nData: DBx\n", true},
		{"Application: Wait\nData: dbx\n", false},
		{"Application: Queue\nData: q,,,,,agi\n", true},
		{"Application: Queue\nData: q,,,,,\n", false},
		{"Application: Playback\nData: hello\n", false},
	};
	char ask[512];

	(void)state;
	world_read(client);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(ask, sizeof(ask), ORIGINATE "Channel: PJSIP/a@t\nAsync: 1\n%s\n",
			 rows[i].headers);
		world_same(world_ask_client(s, ask),
			   rows[i].refused
				   ? ERR("Originate Access Forbidden: app or data blacklisted")
				   : ACK,
			   (int)i);
		/* class system may */
		world_same(world_ask_client(client, ask), ACK, (int)i);
	}
}

static void expect_var(const struct originate *o, uint32_t i, const char *name, const char *value)
{
	assert_true(i < o->var_count);
	if (!slice_eq(o->vars[i].name, slice_str(name)) ||
	    !slice_eq(o->vars[i].value, slice_str(value)))
		fail_msg("variable %u is %.*s=%.*s", i, SLICE_ARG(o->vars[i].name),
			 SLICE_ARG(o->vars[i].value));
}

static void test_every_header(void **state)
{
	const struct originate *o = &world.orders[0].order;

	(void)state;
	EXPECT_ANSWER(client,
		      ORIGINATE "Channel: PJSIP/100@trunk/x\nContext: default\nExten: 100\n"
				"Priority: go\nTimeout: 12000ms\n"
				"CallerID: Matthew Jordan <(555) 867-5309>\nAccount: acc\n"
				"Variable: A=1,B=\"x,y\",C=(p,q),D=e\\,f\nVariable: CDR(z)=7\n"
				"Variable: DB(a/b)=1\nVariable: nothing,=x,A=2\n"
				"Codecs: ulaw,alaw\nEarlyMedia: true\nAsync: TRUE\n"
				"ChannelId: me\nOtherChannelId: other\n\n",
		      ACK);
	assert_true(slice_eq(o->tech, SLICE_LIT("PJSIP")));
	assert_true(slice_eq(o->resource, SLICE_LIT("100@trunk/x")));
	assert_true(slice_eq(o->context, SLICE_LIT("default")));
	assert_true(slice_eq(o->exten, SLICE_LIT("100")));
	assert_int_equal(o->priority, 2);
	assert_int_equal(o->timeout_ms, 12000);
	assert_true(o->has_cid);
	assert_true(slice_eq(o->cid_name, SLICE_LIT("Matthew Jordan")));
	assert_true(slice_eq(o->cid_num, SLICE_LIT("5558675309")));
	assert_true(slice_eq(o->account, SLICE_LIT("acc")));
	assert_true(slice_eq(o->codecs, SLICE_LIT("ulaw,alaw")));
	assert_true(slice_eq(o->channel_id, SLICE_LIT("me")));
	assert_true(slice_eq(o->other_channel_id, SLICE_LIT("other")));
	assert_true(o->early_media && o->wants_failed);
	assert_int_equal(o->app.len, 0);
	/* last one first, so that the first A is set last and counts; whose they are is told */
	assert_int_equal(o->var_count, 7);
	assert_int_equal(o->guarded_vars, 7);
	expect_var(o, 0, "A", "2");
	expect_var(o, 1, "DB(a/b)", "1");
	expect_var(o, 2, "CDR(z)", "7");
	expect_var(o, 3, "D", "e,f");
	expect_var(o, 4, "C", "(p,q)");
	expect_var(o, 5, "B", "x,y");
	expect_var(o, 6, "A", "1");
}

static void test_defaults_and_setvar(void **state)
{
	struct io_stream *s = world_login("Action: Login\nUsername: some\nSecret: x\n\n");
	const struct originate *o = &world.orders[0].order;

	(void)state;
	EXPECT_ANSWER(s,
		      ORIGINATE "Channel: PJSIP/a\nApplication: Wait\nData: 9\nAsync: t\n"
				"EarlyMedia: yes\nVariable: X=1\n\n",
		      ACK);
	assert_int_equal(o->timeout_ms, 30000);
	assert_int_equal(o->priority, 0);
	assert_false(o->early_media); /* extensions only */
	assert_false(o->wants_failed);
	assert_false(o->has_cid);
	assert_int_equal(o->codecs.len, 0);
	assert_int_equal(o->var_count, 3);
	expect_var(o, 0, "SV2", "two");
	expect_var(o, 1, "SV1", "one");
	expect_var(o, 2, "X", "1");
	assert_int_equal(o->guarded_vars, 1); /* the first two are the configuration's */
}

static void dialed(uint32_t i, bool answered, int reason)
{
	struct world_order *w = &world.orders[i];
	struct outcome out = {
		.answered = answered,
		.reason = reason,
		.channel = SLICE_LIT("PJSIP/t-00000007"),
		.uniqueid = SLICE_LIT("177.7"),
	};

	w->source.ops->dialed(w->source.impl, w->cookie, &out);
}

static void settle(uint32_t i)
{
	struct world_order *w = &world.orders[i];
	struct outcome out = {.reason = 0};

	w->source.ops->settle(w->source.impl, w->cookie, &out);
	w->cookie = 0;
}

static void test_async_success_and_failure(void **state)
{
	(void)state;
	world_send(client,
		   ORIGINATE "Channel: PJSIP/a@t\nAsync: true\nCallerID: Ann <100>\n" PLACE "\n");
	world_send(client, "Action: Originate\nChannel: PJSIP/b@t\nAsync: true\nApplication: Wait\n"
			   "Data: 5\nChannelId: mine\n\n");
	world_read(client);
	dialed(0, true, 4);
	EXPECT(client,
	       "Event: OriginateResponse\nPrivilege: call,all\nActionID: 1\n"
	       "Response: Success\nChannel: PJSIP/t-00000007\nContext: default\nExten: 100\n"
	       "Reason: 4\nUniqueid: 177.7\nCallerIDNum: 100\nCallerIDName: Ann\n\n");
	dialed(1, false, 3);
	EXPECT(client, "Event: OriginateResponse\nPrivilege: call,all\nResponse: Failure\n"
		       "Channel: PJSIP/b@t\nApplication: Wait\nData: 5\nReason: 3\n"
		       "Uniqueid: mine\nCallerIDNum: <unknown>\nCallerIDName: <unknown>\n\n");
	assert_false(ami_is_quiet(world.ami));
	settle(0);
	settle(1);
	EXPECT(client, "");
	assert_true(ami_is_quiet(world.ami));
}

/* Given back undialled when the engine stops: still exactly one answer. */
static void test_settled_without_dialing(void **state)
{
	(void)state;
	world_send(client, ORIGINATE "Channel: PJSIP/a@t\nAsync: true\n" PLACE "\n");
	world_send(client, ORIGINATE "Channel: PJSIP/b@t\n" PLACE "\n");
	world_read(client);
	settle(1);
	EXPECT(client, ERR("Originate failed"));
	settle(0);
	EXPECT(client, "Event: OriginateResponse\nPrivilege: call,all\nActionID: 1\n"
		       "Response: Failure\nChannel: PJSIP/a@t\nContext: default\nExten: 100\n"
		       "Reason: 0\nUniqueid: <unknown>\nCallerIDNum: <unknown>\n"
		       "CallerIDName: <unknown>\n\n");
}

static void test_sync_waits(void **state)
{
	struct event e = world_event(EVENT_NEWSTATE);
	const char *text;

	(void)state;
	world_send(client,
		   ORIGINATE "Channel: PJSIP/a@t\n" PLACE "\nAction: Ping\nActionID: 2\n\n");
	assert_true(client->paused);
	world_raise(&e);
	EXPECT(client, "");
	dialed(0, true, 4);
	text = world_read(client);
	STARTS(text,
	       "Response: Success\r\nActionID: 1\r\nMessage: Originate successfully queued\r\n"
	       "\r\nEvent: Newstate\r\n");
	assert_non_null(
		strstr(text, "Linkedid: call-1\r\n\r\nResponse: Success\r\nActionID: 2\r\n"));
	assert_null(strstr(text, "OriginateResponse"));
	assert_false(client->paused);
	settle(0);
	EXPECT(client, "");
}

static void test_sync_failure(void **state)
{
	(void)state;
	world_send(client, ORIGINATE "Channel: PJSIP/a@t\n" PLACE "\n");
	dialed(0, false, 5);
	EXPECT(client, ERR("Originate failed"));
}

static void test_client_gone_while_dialing(void **state)
{
	struct io_stream *other = world_login(WORLD_LOGIN);

	(void)state;
	world_send(client, ORIGINATE "Channel: PJSIP/a@t\nAsync: true\n" PLACE "\n");
	world_send(client, ORIGINATE "Channel: PJSIP/b@t\n" PLACE "\n");
	client->handler->closed(client->arg, client, 0);
	world_run(TMR_MS);
	world_read(other);
	dialed(1, true, 4);
	EXPECT(other, "");
	dialed(0, true, 4);
	assert_non_null(strstr(world_read(other), "Event: OriginateResponse\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusals),
		TEST(test_refused_by_the_queue),
		TEST(test_application_black_list),
		TEST(test_every_header),
		TEST(test_defaults_and_setvar),
		TEST(test_async_success_and_failure),
		TEST(test_settled_without_dialing),
		TEST(test_sync_waits),
		TEST(test_sync_failure),
		TEST(test_client_gone_while_dialing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
