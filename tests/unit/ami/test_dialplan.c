/* ShowDialPlan, DialplanExtensionAdd, DialplanExtensionRemove. */
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"

static struct io_stream *client;

static int begin(void **state)
{
	(void)state;
	world_begin(NULL);
	world_dialplan("[default]\nexten => 209,hint,PJSIP/209\nexten => 209,1,NoOp(a b)\n"
		       " same => n(there),Hangup()\nignorepat => 9\ninclude => more\n"
		       "[more]\nexten => _3XX,1,Wait(1)\n");
	client = world_login(WORLD_LOGIN);
	world_read(client);
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end();
	return 0;
}

#define ERR(text)  "Response: Error\nMessage: " text "\n\n"
#define ACK(text)  "Response: Success\nMessage: " text "\n\n"
#define ITEM(rest) "Event: ListDialplan\nActionID: d\n" rest "Registrar: pbx_config\n\n"

static void test_show(void **state)
{
	(void)state;
	EXPECT_ANSWER(
		client, "Action: ShowDialPlan\nActionID: d\n\n",
		"Response: Success\nActionID: d\nEventList: start\n"
		"Message: DialPlan list will follow\n\n" ITEM(
			"Context: default\nExtension: 209\nPriority: hint\nApplication: "
			"PJSIP/209\n") ITEM("Context: default\nExtension: 209\nPriority: 1\n"
					    "Application: NoOp\nAppData: a b\n")
			ITEM("Context: default\nExtension: 209\nExtensionLabel: there\n"
			     "Priority: 2\nApplication: Hangup\nAppData: \n")
				ITEM("Context: default\nIncludeContext: more\n") ITEM(
					"Context: default\nIgnorePattern: 9\n")
					ITEM("Context: more\nExtension: _3XX\n"
					     "Priority: 1\nApplication: Wait\n"
					     "AppData: 1\n") "Event: "
							     "ShowDialPlanComplete\nActionID: "
							     "d\nEventList: Complete\nListItems: "
							     "6\n"
							     "ListExtensions: 2\nListPriorities: "
							     "4\nListContexts: 2\n\n");
	/* through an include */
	EXPECT_ANSWER(client,
		      "Action: ShowDialPlan\nActionID: d\nContext: default\nExtension: 301\n\n",
		      "Response: Success\nActionID: d\nEventList: start\n"
		      "Message: DialPlan list will follow\n\n" ITEM(
			      "Context: more\nExtension: _3XX\nPriority: 1\nApplication: Wait\n"
			      "AppData: 1\n") "Event: ShowDialPlanComplete\nActionID: "
					      "d\nEventList: Complete\n"
					      "ListItems: 1\nListExtensions: 1\nListPriorities: "
					      "1\nListContexts: 1\n\n");
	EXPECT_ANSWER(client, "Action: ShowDialPlan\nContext: no\n\n",
		      ERR("Did not find context no"));
	EXPECT_ANSWER(client, "Action: ShowDialPlan\nContext: default\nExtension: 7\n\n",
		      ERR("Did not find extension 7@default"));
	EXPECT_ANSWER(client, "Action: ShowDialPlan\nExtension: 7\n\n",
		      ERR("Did not find extension 7 in any context"));
}

static void test_add(void **state)
{
	static const struct {
		const char *headers, *want;
	} rows[] = {
		{"Context: c\nExtension: 1\nPriority: 1",
		 ERR("Context, Extension, Priority, and Application must be defined for "
		     "DialplanExtensionAdd.")},
		{"Context: c\nExtension: 1\nPriority: 0\nApplication: NoOp",
		 ERR("The priority specified was invalid.")},
		{"Context: c\nExtension: 1\nPriority: n\nApplication: NoOp",
		 ERR("The priority specified was invalid.")},
		{"Context: c\nExtension: 1\nPriority: 1\nApplication: NoOp\nApplicationData: x",
		 ACK("Added requested extension")},
		{"Context: c\nExtension: 1\nPriority: 1\nApplication: NoOp",
		 ERR("That extension and priority already exist at that context")},
		{"Context: c\nExtension: 1\nPriority: 1\nApplication: Wait\nReplace: yes",
		 ACK("Added requested extension")},
		{"Context: c\nExtension: 1/77\nPriority: 1\nApplication: NoOp",
		 ACK("Added requested extension")},
		{"Context: c\nExtension: 1\nPriority: hint\nApplication: PJSIP/1",
		 ACK("Added requested extension")},
		{"Context: c\nExtension: /7\nPriority: 1\nApplication: NoOp",
		 ERR("Could not add requested extension")},
	};
	char ask[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(ask, sizeof(ask), "Action: DialplanExtensionAdd\n%s\n\n", rows[i].headers);
		EXPECT_ANSWER(client, ask, rows[i].want);
	}
	assert_true(
		dialplan_exists(world.dialplan, &(struct dialplan_query){.context = SLICE_LIT("c"),
									 .exten = SLICE_LIT("1"),
									 .priority = 1}));
}

static void test_remove(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, "Action: DialplanExtensionRemove\nContext: default\n\n",
		      ERR("Context and Extension must be provided for DialplanExtensionRemove"));
	EXPECT_ANSWER(client,
		      "Action: DialplanExtensionRemove\nContext: default\nExtension: 209\n"
		      "Priority: x\n\n",
		      ERR("The priority specified was invalid."));
	EXPECT_ANSWER(client,
		      "Action: DialplanExtensionRemove\nContext: default\nExtension: 209\n"
		      "Priority: 2\n\n",
		      ACK("Removed the requested priority from the extension"));
	EXPECT_ANSWER(client,
		      "Action: DialplanExtensionRemove\nContext: default\nExtension: 209\n\n",
		      ACK("Removed the requested extension"));
	EXPECT_ANSWER(client,
		      "Action: DialplanExtensionRemove\nContext: default\nExtension: 209\n\n",
		      ERR("Failed to remove requested extension"));
}

/* While shards take over the change before, the next one waits; other clients do not. */
static void test_busy(void **state)
{
	struct io_stream *other = world_login(WORLD_LOGIN);

	(void)state;
	world_read(client);
	world_read(other);
	world.edits_busy = 3;
	EXPECT_ANSWER(client,
		      "Action: DialplanExtensionRemove\nContext: default\nExtension: 209\n\n", "");
	STARTS(world_ask_client(other, "Action: Ping\n\n"), "Response: Success\r\nPing: Pong");
	world_run(2 * TMR_MS);
	EXPECT(client, "");
	for (int i = 0; i < 3; i++)
		world_run(2 * TMR_MS);
	EXPECT(client, ACK("Removed the requested extension"));
	/* gone while it waits */
	world.edits_busy = 3;
	EXPECT_ANSWER(client, "Action: DialplanExtensionRemove\nContext: more\nExtension: _3XX\n\n",
		      "");
	client->handler->closed(client->arg, client, 0);
	world_run(20 * TMR_MS);
	assert_int_equal(world.edits_busy, 2);
	/* for ever: the client is told */
	world.edits_busy = 1 << 20;
	EXPECT_ANSWER(other,
		      "Action: DialplanExtensionAdd\nContext: c\nExtension: 1\nPriority: 1\n"
		      "Application: NoOp\n\n",
		      "");
	for (int i = 0; i < 11000; i++)
		world_run(2 * TMR_MS);
	EXPECT(other, ERR("Failed to lock context(s) list, please try again later"));
}

/* Far more than a client reads at once; the snapshot goes meanwhile. */
static void test_long(void **state)
{
	static char text[1 << 20];
	size_t len = (size_t)snprintf(text, sizeof(text), "[long]\n");
	size_t items = 0;

	(void)state;
	for (int i = 0; i < 20000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "exten => %d,1,NoOp(abc)\n",
					100000 + i);
	dialplan_free(world.dialplan);
	world_dialplan(text);
	world_send(client, "Action: ShowDialPlan\nActionID: some-long-action-id-to-fill-the-line\n"
			   "Context: long\n\n");
	EXPECT_ANSWER(world_login(WORLD_LOGIN),
		      "Action: DialplanExtensionRemove\nContext: long\nExtension: 100000\n\n",
		      ACK("Removed the requested extension"));
	for (int i = 0; i < 100; i++) {
		const char *at = world_read(client);

		while ((at = strstr(at, "Event: ListDialplan\r\n"))) {
			items++;
			at++;
		}
	}
	assert_int_equal(items, 20000);
	STARTS(world_ask_client(client, "Action: Ping\n\n"), "Response: Success\r\nPing: Pong");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show), TEST(test_add),  TEST(test_remove),
		TEST(test_busy), TEST(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
