/* tests/unit/ami/test_classes.c - the classes of Asterisk's actions (any one suffices), as its own
 * table has them; of those that are there each must have the same. */
#include "ami/action.h"
#include "ami/class.h"
#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *classes, *actions; /* names between blanks */
} rows[] = {
	{"<none>", " Ping Events Login Logoff Challenge ListCommands WaitEvent EventReplay "},
	{"call,all", " Setvar Redirect Atxfer CancelAtxfer BlindTransfer SendText Bridge Park ParkedCalls Parkinglots "
		"PlayDTMF PlayMF SendFlash ControlPlayback MWIDelete MWIUpdate FAXSession FAXSessions "},
	{"system,call,all", " Hangup AbsoluteTimeout LocalOptimizeAway StopMixMonitor MixMonitorMute PJSIPHangup "},
	{"system,call,reporting,all", " Status "},
	{"call,reporting,all", " Getvar ExtensionState ExtensionStateList PresenceState PresenceStateList "
		"DeviceStateList MailboxStatus MailboxCount MWIGet VoicemailUsersList VoicemailUserStatus "},
	{"originate,all", " Originate "},
	{"command,all", " Command "},
	{"user,all", " UserEvent VoicemailRefresh "},
	{"message,all", " MessageSend "},
	{"system,all", " Filter ModuleLoad ModuleCheck DBPut DBDel DBDelTree MuteAudio MixMonitor "
		"DialplanExtensionAdd DialplanExtensionRemove PJSIPShowEndpoints PJSIPShowEndpoint PJSIPShowAors "
		"PJSIPShowAuths PJSIPShowContacts PJSIPShowRegistrationsInbound "
		"PJSIPShowRegistrationInboundContactStatuses PJSIPShowSubscriptionsInbound "
		"PJSIPShowSubscriptionsOutbound PJSIPShowResourceLists PJSIPNotify PJSIPSetMaintenance "},
	{"system,reporting,all", " CoreSettings CoreStatus CoreShowChannels CoreShowChannelMap LoggerRotate DBGet "
		"DBGetTree PJSIPQualify PJSIPRegister PJSIPUnregister PJSIPShowRegistrationsOutbound "
		"PJSIPShowMaintenance "},
	{"config,all", " UpdateConfig CreateConfig ListCategories "},
	{"system,config,all", " GetConfig GetConfigJSON Reload "},
	{"config,reporting,all", " ShowDialPlan "},
};
/* clang-format on */

static const char *classes_of(const char *action)
{
	char name[64];

	snprintf(name, sizeof(name), " %s ", action);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (strstr(rows[i].actions, name))
			return rows[i].classes;
	fail_msg("%s is in no row: which classes has it in Asterisk?", action);
	return NULL;
}

static void test_classes(void **state)
{
	const struct ami_action *a = NULL;

	UNUSED(state);
	while ((a = ami_action_after(a)) != NULL) {
		char text[256];
		struct sink out = sink_make(text, sizeof(text));

		ami_class_write(&out, a->classes);
		if (strcmp(sink_cstr(&out), classes_of(a->name)) != 0)
			fail_msg("%s has %s", a->name, text);
	}
}

/* What may be said before a login, and nothing else. */
static void test_before_login(void **state)
{
	const struct ami_action *a = NULL;
	uint32_t count = 0;

	UNUSED(state);
	while ((a = ami_action_after(a)) != NULL) {
		if (!a->before_login)
			continue;
		count++;
		assert_non_null(strstr(" Login Logoff Challenge ", a->name));
	}
	assert_int_equal(count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_before_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
