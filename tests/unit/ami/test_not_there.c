/* tests/unit/ami/test_not_there.c - every action of Asterisk 22 is in the table, or ami/README.md says
 * under "Not there" that it is not; never both, and never neither. "Queue..." there stands for all
 * names that begin so. */
#include "ami/action.h"
#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const asterisk[] = {
	"AGI", "AOCMessage", "AbsoluteTimeout", "AgentLogoff", "Agents", "Atxfer", "BlindTransfer",
	"Bridge", "BridgeDestroy", "BridgeInfo", "BridgeKick", "BridgeList", "BridgeTechnologyList",
	"BridgeTechnologySuspend", "BridgeTechnologyUnsuspend", "CancelAtxfer", "Challenge",
	"Command", "ConfbridgeKick", "ConfbridgeList", "ConfbridgeListRooms", "ConfbridgeLock",
	"ConfbridgeMute", "ConfbridgeSetSingleVideoSrc", "ConfbridgeStartRecord",
	"ConfbridgeStopRecord", "ConfbridgeUnlock", "ConfbridgeUnmute", "ControlPlayback",
	"CoreSettings", "CoreShowChannelMap", "CoreShowChannels", "CoreStatus", "CreateConfig",
	"DAHDI", "DBDel", "DBDelTree", "DBGet", "DBGetTree", "DBPut", "DeviceStateList",
	"DialplanExtensionAdd", "DialplanExtensionRemove", "Events", "ExtensionState",
	"ExtensionStateList", "FAXSession", "FAXSessions", "FAXStats", "Filter", "GetConfig",
	"GetConfigJSON", "Getvar", "Hangup", "IAXnetstats", "IAXpeerlist", "IAXpeers",
	"IAXregistry", "JabberSend", "ListCategories", "ListCommands", "LocalOptimizeAway",
	"LoggerRotate", "Login", "Logoff", "MWIDelete", "MWIGet", "MWIUpdate", "MailboxCount",
	"MailboxStatus", "MeetmeList", "MeetmeListRooms", "MeetmeMute", "MeetmeUnmute",
	"MessageSend", "MixMonitor", "MixMonitorMute", "ModuleCheck", "ModuleLoad", "MuteAudio",
	"Originate", "PJSIPHangup", "PJSIPNotify", "PJSIPQualify", "PJSIPRegister",
	"PJSIPSetMaintenance", "PJSIPShowAors", "PJSIPShowAuths", "PJSIPShowContacts",
	"PJSIPShowEndpoint", "PJSIPShowEndpoints", "PJSIPShowMaintenance",
	"PJSIPShowRegistrationInboundContactStatuses", "PJSIPShowRegistrationsInbound",
	"PJSIPShowRegistrationsOutbound", "PJSIPShowResourceLists", "PJSIPShowSubscriptionsInbound",
	"PJSIPShowSubscriptionsOutbound", "PJSIPUnregister", "PRI", "Park", "ParkedCalls",
	"Parkinglots", "Ping", "PlayDTMF", "PlayMF", "PresenceState", "PresenceStateList",
	"QueueAdd", "QueueChangePriorityCaller", "QueueLog", "QueueMemberRingInUse", "QueuePause",
	"QueuePenalty", "QueueReload", "QueueRemove", "QueueReset", "QueueRule", "QueueStatus",
	"QueueSummary", "QueueWithdrawCaller", "Redirect", "Reload", "SendFlash", "SendText",
	"Setvar", "ShowDialPlan", "SorceryMemoryCache", "Status", "StopMixMonitor", "UpdateConfig",
	"UserEvent", "VoicemailBoxSummary", "VoicemailForward", "VoicemailMove", "VoicemailRefresh",
	"VoicemailRemove", "VoicemailUserStatus", "VoicemailUsersList", "WaitEvent",
};
/* clang-format on */

static char page[65536];

static void read_page(void)
{
	FILE *f = fopen("ami/README.md", "r");
	char *from, *to;
	size_t len;

	assert_non_null(f);
	len = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[len] = 0;
	from = strstr(page, "\n## Not there\n");
	assert_non_null(from);
	memmove(page, from + 14, strlen(from + 14) + 1);
	to = strstr(page, "\n## ");
	if (to)
		*to = 0;
}

static bool is_listed(const char *name)
{
	const char *at = page;

	while (*at) {
		size_t len = 0;
		bool is_prefix;

		if (*at == '`' && strchr(at + 1, '`')) { /* quoted: not of the list */
			at = strchr(at + 1, '`') + 1;
			continue;
		}
		while (isalnum((unsigned char)at[len]))
			len++;
		is_prefix = strncmp(at + len, "...", 3) == 0;
		if (len > 1 && strncmp(at, name, len) == 0 && (is_prefix || !name[len]))
			return true;
		at += len ? len : 1;
	}
	return false;
}

static void test_each_is_somewhere(void **state)
{
	UNUSED(state);
	read_page();
	for (size_t i = 0; i < ARRAY_COUNT(asterisk); i++) {
		bool is_there = ami_action_find(slice_str(asterisk[i])) != NULL;

		if (is_there == is_listed(asterisk[i]))
			fail_msg("%s is %s", asterisk[i],
				 is_there ? "in the table; take it from the list in ami/README.md"
					  : "neither in the table nor in the list of ami/README.md");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_is_somewhere)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
