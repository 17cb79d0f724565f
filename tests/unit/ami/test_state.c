/* ExtensionState and its kin, DeviceStateList, presence, mailboxes, the event ExtensionStatus. */
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"

static struct io_stream *client;

static int begin(void **state)
{
	(void)state;
	world_begin(NULL);
	world_dialplan(
		"[default]\nexten => 100,hint,PJSIP/a\nexten => 101,hint,PJSIP/a&Custom:lamp\n"
		"exten => _2XX,hint,PJSIP/${EXTEN}\n[more]\nexten => 1,hint,PJSIP/gone\n");
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

#define ERR(text) "Response: Error\nMessage: " text "\n\n"
#define STATUS(exten, context, hint, status, text)                                                 \
	"Exten: " exten "\nContext: " context "\nHint: " hint "\nStatus: " status                  \
	"\nStatusText: " text "\n\n"
#define ANSWER "Response: Success\nActionID: e\nMessage: Extension Status\n"

static void test_extension_state(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, "Action: ExtensionState\n\n", ERR("Extension not specified"));
	EXPECT_ANSWER(client, "Action: ExtensionState\nActionID: e\nExten: 100\n\n",
		      ANSWER STATUS("100", "default", "PJSIP/a", "8", "Ringing"));
	EXPECT_ANSWER(client,
		      "Action: ExtensionState\nActionID: e\nExten: 101\nContext: default\n\n",
		      ANSWER STATUS("101", "default", "PJSIP/a&Custom:lamp", "9", "InUse&Ringing"));
	EXPECT_ANSWER(client, "Action: ExtensionState\nActionID: e\nExten: 234\n\n",
		      ANSWER STATUS("234", "default", "PJSIP/234", "4", "Unavailable"));
	EXPECT_ANSWER(client, "Action: ExtensionState\nActionID: e\nExten: 9\nContext: x\n\n",
		      ANSWER STATUS("9", "x", "", "-1", "Unknown"));
}

static void test_lists(void **state)
{
	(void)state;
	EXPECT_ANSWER(
		client, "Action: ExtensionStateList\nActionID: e\n\n",
		"Response: Success\nActionID: e\nEventList: start\n"
		"Message: Extension Statuses will follow\n\n"
		"Event: ExtensionStatus\nActionID: e\n" STATUS("100", "default", "PJSIP/a", "8", "Ringing") "Event: ExtensionStatus\nActionID: e\n" STATUS(
			"101", "default", "PJSIP/a&Custom:lamp", "9",
			"InUse&Ringing") "Event: ExtensionStatus\nActionID: e\n" STATUS("1", "more",
											"PJSIP/"
											"gone",
											"4",
											"Unavailabl"
											"e") "Event"
											     ": "
											     "Exten"
											     "sionS"
											     "tateL"
											     "istCo"
											     "mplet"
											     "e\nAc"
											     "tionI"
											     "D: "
											     "e\nEv"
											     "entLi"
											     "st: "
											     "Compl"
											     "ete\n"
											     "ListI"
											     "tems:"
											     " 3\n"
											     "\n");
	EXPECT_ANSWER(client, "Action: DeviceStateList\nActionID: d\n\n",
		      "Response: Success\nActionID: d\nEventList: start\n"
		      "Message: Device State Changes will follow\n\n"
		      "Event: DeviceStateChange\nActionID: d\nDevice: PJSIP/a\nState: RINGING\n\n"
		      "Event: DeviceStateChange\nActionID: d\nDevice: Custom:lamp\nState: BUSY\n\n"
		      "Event: DeviceStateListComplete\nActionID: d\nEventList: Complete\n"
		      "ListItems: 2\n\n");
	dialplan_free(world.dialplan);
	world_dialplan("[default]\nexten => 1,1,NoOp()\n");
	EXPECT_ANSWER(client, "Action: ExtensionStateList\n\n",
		      ERR("No dialplan hints are available"));
}

static void test_presence_and_mailboxes(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, "Action: PresenceState\n\n", ERR("No provider specified"));
	EXPECT_ANSWER(client, "Action: PresenceState\nProvider: CustomPresence:x\n\n",
		      ERR("Invalid provider CustomPresence:x or provider in invalid state"));
	EXPECT_ANSWER(client, "Action: PresenceStateList\nActionID: p\n\n",
		      "Response: Success\nActionID: p\nEventList: start\n"
		      "Message: Presence State Changes will follow\n\n"
		      "Event: PresenceStateListComplete\nActionID: p\nEventList: Complete\n"
		      "ListItems: 0\n\n");
	EXPECT_ANSWER(client, "Action: MailboxStatus\n\n", ERR("Mailbox not specified"));
	EXPECT_ANSWER(client, "Action: MailboxStatus\nActionID: m\nMailbox: 100@default\n\n",
		      "Response: Success\nActionID: m\nMessage: Mailbox Status\n"
		      "Mailbox: 100@default\nWaiting: 0\n\n");
	EXPECT_ANSWER(client, "Action: MailboxCount\n\n", ERR("Mailbox not specified"));
	EXPECT_ANSWER(
		client, "Action: MailboxCount\nActionID: m\nMailbox: 100\n\n",
		"Response: Success\nActionID: m\nMessage: Mailbox Message Count\nMailbox: 100\n"
		"UrgMessages: 0\nNewMessages: 0\nOldMessages: 0\n\n");
}

static void test_event(void **state)
{
	struct event e = {.kind = EVENT_EXTENSIONSTATUS,
			  .wall_ns = world.wall_ns,
			  .text = {SLICE_LIT("500"), SLICE_LIT("hints"), SLICE_LIT("PJSIP/self")},
			  .number = {9}};

	(void)state;
	world_raise(&e);
	EXPECT(client, "Event: ExtensionStatus\nPrivilege: call,all\n" STATUS(
			       "500", "hints", "PJSIP/self", "9", "InUse&Ringing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_extension_state),
		TEST(test_lists),
		TEST(test_presence_and_mailboxes),
		TEST(test_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
