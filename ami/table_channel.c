/* ami/table_channel.c - rows of the table of actions: what is done to calls and what they show. */
#include "ami/action.h"

static const struct ami_action rows[] = {
	{
		.name = "AbsoluteTimeout",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL,
		.synopsis = "Limit how long a channel may live.",
		.needs = {{"Channel", "No channel specified"}},
		.syntax = "[ActionID:] Channel: Timeout:",
		.text = "Timeout is in seconds from now, fractions allowed; then the dialplan "
			"goes to extension T, or the call ends.",
		.fn = ami_do_absolute_timeout,
	},
	{
		.name = "CoreShowChannelMap",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "List the channels that a channel is connected to.",
		.needs = {{"Channel", "CoreShowChannelMap requires a channel."}},
		.syntax = "[ActionID:] Channel:",
		.text = "Sends one CoreShowChannelMap for each channel that shares a bridge with "
			"this one, then CoreShowChannelMapComplete. Channel is a name.",
		.fn = ami_do_core_show_channel_map,
	},
	{
		.name = "CoreShowChannels",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "List all channels.",
		.syntax = "[ActionID:]",
		.text = "Sends one CoreShowChannel for each channel, then "
			"CoreShowChannelsComplete.",
		.fn = ami_do_core_show_channels,
	},
	{
		.name = "Getvar",
		.classes = AMI_CLASSES_VAR,
		.synopsis = "Read a variable or function of a channel, or a global one.",
		.needs = {{"Variable", "No variable specified"}},
		.syntax = "[ActionID:] [Channel:] Variable:",
		.text = "Without Channel a global variable is read.",
		.fn = ami_do_getvar,
	},
	{
		.name = "Hangup",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL,
		.synopsis = "End a channel, or all whose names match.",
		.needs = {{"Channel", "No channel specified"}},
		.syntax = "[ActionID:] Channel: [Cause:]",
		.text = "Channel is a name, a Uniqueid, or /regular expression/ over names. Cause "
			"is a Q.850 number from 0 to 127.",
		.fn = ami_do_hangup,
	},
	{
		.name = "Originate",
		.classes = AMI_CLASS_ORIGINATE,
		.synopsis = "Place a call.",
		.syntax = "[ActionID:] Channel: [Exten:] [Context:] [Priority:] [Application:] "
			  "[Data:] [Timeout:] [CallerID:] [Variable:] [Account:] [EarlyMedia:] "
			  "[Async:] [Codecs:] [ChannelId:] [OtherChannelId:]",
		.text = "Calls Channel and, once it answers, runs the dialplan from Context, "
			"Exten and Priority, or Application with Data. Timeout is in "
			"milliseconds. With Async: true the answer comes at once and the outcome "
			"as event OriginateResponse, exactly one; without, the connection waits "
			"for the outcome. A full queue and a ChannelId in use, or used within the "
			"last minute, are refused with a message that begins with 'Originate "
			"failed'.",
		.fn = ami_do_originate,
	},
	{
		.name = "PlayDTMF",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Send a digit to the far end of a channel, or as if it came from "
			    "there.",
		.syntax = "[ActionID:] Channel: Digit: [Duration:] [Receive:]",
		.text = "Duration is in milliseconds, 100 if there is none. With Receive: true "
			"the digit is taken as one that the far end sent.",
		.fn = ami_do_play_dtmf,
	},
	{
		.name = "Redirect",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Send one or two channels elsewhere in the dialplan.",
		.needs = {{"Channel", "Channel not specified"},
			  {"Context", "Context not specified"},
			  {"Exten", "Exten not specified"},
			  {"Priority", "Priority not specified"}},
		.syntax = "[ActionID:] Channel: [ExtraChannel:] Exten: [ExtraExten:] Context: "
			  "[ExtraContext:] Priority: [ExtraPriority:]",
		.text = "Without ExtraContext the second channel goes where the first goes. The "
			"answer does not wait for the jump.",
		.fn = ami_do_redirect,
	},
	{
		.name = "SendFlash",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Send a hook flash to the far end of a channel, or as if it came from "
			    "there.",
		.syntax = "[ActionID:] Channel: [Receive:]",
		.text = "The flash goes out as telephone event 16. With Receive: true it is taken "
			"as one that the far end sent: event Flash.",
		.fn = ami_do_send_flash,
	},
	{
		.name = "SendText",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Send a text to the far end of an answered channel.",
		.needs = {{"Channel", "No channel specified"}, {"Message", "No Message specified"}},
		.syntax = "[ActionID:] Channel: Message: [Content-Type:]",
		.text = "The text goes out as a SIP MESSAGE within the call. Content-Type is "
			"text/plain if there is none.",
		.fn = ami_do_send_text,
	},
	{
		.name = "Setvar",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Set a variable or function of a channel, or a global variable.",
		.needs = {{"Variable", "No variable specified"}},
		.syntax = "[ActionID:] [Channel:] Variable: [Value:]",
		.text = "Without Channel a global variable is set.",
		.fn = ami_do_setvar,
	},
	{
		.name = "Status",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL | AMI_CLASS_REPORTING,
		.synopsis = "Show one channel, or all, in detail.",
		.syntax = "[ActionID:] [Channel:] [Variables:] [AllVariables:]",
		.text = "Sends one Status for each channel, then StatusComplete. Variables is a "
			"list, separated by commas, of what to read of each channel.",
		.fn = ami_do_status,
	},
};

const struct ami_action_area ami_area_channel = {rows, ARRAY_COUNT(rows)};
