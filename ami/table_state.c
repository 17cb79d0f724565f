/* ami/table_state.c - rows of the table of actions: states of extensions, devices, presence and
 * mailboxes. */
#include "ami/action.h"

static const struct ami_action rows[] = {
	{
		.name = "DeviceStateList",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "List the states of devices.",
		.syntax = "[ActionID:]",
		.text = "Sends one DeviceStateChange for each device of which something was "
			"heard, then DeviceStateListComplete.",
		.fn = ami_do_device_state_list,
	},
	{
		.name = "ExtensionState",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "Show the state of an extension's hint.",
		.needs = {{"Exten", "Extension not specified"}},
		.syntax = "[ActionID:] Exten: [Context:]",
		.text = "Context is default if there is none. Status is -1 without a hint, else a "
			"sum of 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold.",
		.fn = ami_do_extension_state,
	},
	{
		.name = "ExtensionStateList",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "List the states of all hints.",
		.syntax = "[ActionID:]",
		.text = "Sends one ExtensionStatus for each hint that is not of a pattern, then "
			"ExtensionStateListComplete.",
		.fn = ami_do_extension_state_list,
	},
	{
		.name = "MailboxCount",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "Count the messages of a mailbox.",
		.needs = {{"Mailbox", "Mailbox not specified"}},
		.syntax = "[ActionID:] Mailbox:",
		.text = "There is no voicemail: the numbers are 0.",
		.fn = ami_do_mailbox_count,
	},
	{
		.name = "MailboxStatus",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "Say whether messages wait in a mailbox.",
		.needs = {{"Mailbox", "Mailbox not specified"}},
		.syntax = "[ActionID:] Mailbox:",
		.text = "There is no voicemail: none wait.",
		.fn = ami_do_mailbox_status,
	},
	{
		.name = "PresenceState",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "Show a presence state.",
		.needs = {{"Provider", "No provider specified"}},
		.syntax = "[ActionID:] Provider:",
		.text = "There is no provider of presence: each is unknown.",
		.fn = ami_do_presence_state,
	},
	{
		.name = "PresenceStateList",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "List presence states.",
		.syntax = "[ActionID:]",
		.text = "There is no provider of presence: the list is empty.",
		.fn = ami_do_presence_state_list,
	},
};

const struct ami_action_area ami_area_state = {rows, ARRAY_COUNT(rows)};
