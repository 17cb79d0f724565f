/* ami/table_session.c - rows of the table of actions: who a client is and what it hears. */
#include "ami/action.h"

static const struct ami_action rows[] = {
	{
		.name = "Challenge",
		.synopsis = "Ask for a number to log in with an MD5 key.",
		.syntax = "[ActionID:] AuthType:",
		.text = "AuthType must be MD5. The answer holds a number; send Login with "
			"AuthType: MD5 and Key, the lower-case hexadecimal MD5 of the number "
			"followed by the secret. The number holds for this connection.",
		.fn = ami_do_challenge,
		.before_login = true,
	},
	{
		.name = "EventReplay",
		.synopsis = "Send again the events since one that was seen.",
		.syntax = "[ActionID:] SequenceNumber: [EventMask:]",
		.text = "For a client that comes back: log in with Events: off, then give the "
			"SequenceNumber of the last event that came, and in EventMask what to "
			"receive from now on. All later events that are still held and that you "
			"may see follow as they were, then EventReplayComplete; new ones come "
			"behind it. Gap: Yes says that some are not held any more. Needs "
			"sequenceevents = yes in manager.conf; eventhistory there is the room in "
			"KiB.",
		.fn = ami_do_event_replay,
	},
	{
		.name = "Events",
		.synopsis = "Choose the classes of events to receive.",
		.syntax = "[ActionID:] EventMask:",
		.text = "EventMask is on, off, a number, or a list of classes separated by "
			"commas. Only classes of the user's read line are sent whatever the mask.",
		.fn = ami_do_events,
	},
	{
		.name = "Filter",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Add an event filter to this session.",
		.syntax = "[ActionID:] Operation: [Filter:] [MatchCriteria:]",
		.text = "Operation must be Add. Filter is a regular expression over the event's "
			"text, with a leading exclamation mark to exclude; or, with "
			"MatchCriteria, the text to compare with, as in manager.conf.",
		.fn = ami_do_filter,
	},
	{
		.name = "ListCommands",
		.synopsis = "List the actions that you may use.",
		.syntax = "[ActionID:]",
		.text = "Answers with one line for each action: name, synopsis and classes.",
		.fn = ami_do_list_commands,
	},
	{
		.name = "Login",
		.synopsis = "Log in.",
		.syntax = "[ActionID:] Username: [Secret:] [AuthType:] [Key:] [Events:]",
		.text = "With Secret, or with AuthType: MD5 and Key (see Challenge). Events is an "
			"event mask. A refused login is answered after one second and closes the "
			"connection.",
		.fn = ami_do_login,
		.before_login = true,
	},
	{
		.name = "Logoff",
		.synopsis = "Log off and close the connection.",
		.syntax = "[ActionID:]",
		.text = "Calls that the session started go on.",
		.fn = ami_do_logoff,
		.before_login = true,
	},
	{
		.name = "Ping",
		.synopsis = "See whether the engine answers.",
		.syntax = "[ActionID:]",
		.text = "Answers Pong and the time.",
		.fn = ami_do_ping,
	},
	{
		.name = "UserEvent",
		.classes = AMI_CLASS_USER,
		.synopsis = "Send an event of your own to all who read class user.",
		.syntax = "[ActionID:] UserEvent: [Header1:] [HeaderN:]",
		.text = "All headers but Action are part of the event, in the order in which they "
			"came.",
		.fn = ami_do_user_event,
	},
	{
		.name = "WaitEvent",
		.synopsis = "Wait until an event comes.",
		.syntax = "[ActionID:] [Timeout:]",
		.text = "Timeout is in seconds; -1, or none, waits for ever. Ends also when "
			"further input comes.",
		.fn = ami_do_wait_event,
	},
};

const struct ami_action_area ami_area_session = {rows, ARRAY_COUNT(rows)};
