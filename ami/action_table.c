/* ami/action_table.c - all actions: what each needs, demands and does. */
#include "ami/action.h"

#include "engine/base/check.h"

#define CLASSES_INFO (AMI_CLASS_SYSTEM | AMI_CLASS_REPORTING)
#define NO_ADD                                                                                     \
	"Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd."
#define NO_REMOVE    "Context and Extension must be provided for DialplanExtensionRemove"
#define CLASSES_VAR  (AMI_CLASS_CALL | AMI_CLASS_REPORTING)

const struct ami_action ami_actions[] = {
	{
		.name = "AbsoluteTimeout",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL,
		.synopsis = "Limit how long a channel may live.",
		.needs = {{"Channel", "No channel specified"}},
		.syntax = "[ActionID:] Channel: Timeout:",
		.text = "Timeout is in seconds from now, fractions allowed; then the dialplan goes "
			"to extension T, or the call ends.",
		.fn = ami_do_absolute_timeout,
	},
	{
		.name = "Challenge",
		.synopsis = "Ask for a number to log in with an MD5 key.",
		.syntax = "[ActionID:] AuthType:",
		.text = "AuthType must be MD5. The answer holds a number; send Login with "
			"AuthType: MD5 "
			"and Key, the lower-case hexadecimal MD5 of the number followed by the "
			"secret. "
			"The number holds for this connection.",
		.fn = ami_do_challenge,
		.before_login = true,
	},
	{
		.name = "Command",
		.classes = AMI_CLASS_COMMAND,
		.synopsis = "Run a console command.",
		.needs = {{"Command", "No command provided"}},
		.syntax = "[ActionID:] Command:",
		.text = "Runs the line as the console does and answers with one Output header for "
			"each "
			"line of text.",
		.fn = ami_do_command,
	},
	{
		.name = "CoreSettings",
		.classes = CLASSES_INFO,
		.synopsis = "Show versions and fixed settings.",
		.syntax = "[ActionID:]",
		.text = "Tells the versions of the interface and of the engine, and its limits.",
		.fn = ami_do_core_settings,
	},
	{
		.name = "CoreShowChannelMap",
		.classes = CLASSES_INFO,
		.synopsis = "List the channels that a channel is connected to.",
		.needs = {{"Channel", "CoreShowChannelMap requires a channel."}},
		.syntax = "[ActionID:] Channel:",
		.text = "Sends one CoreShowChannelMap for each channel that shares a bridge with "
			"this one, then CoreShowChannelMapComplete. Channel is a name.",
		.fn = ami_do_core_show_channel_map,
	},
	{
		.name = "CoreShowChannels",
		.classes = CLASSES_INFO,
		.synopsis = "List all channels.",
		.syntax = "[ActionID:]",
		.text = "Sends one CoreShowChannel for each channel, then "
			"CoreShowChannelsComplete.",
		.fn = ami_do_core_show_channels,
	},
	{
		.name = "CoreStatus",
		.classes = CLASSES_INFO,
		.synopsis = "Show start and reload times and the number of calls.",
		.syntax = "[ActionID:]",
		.text = "Tells when the engine started and read its configuration last, how many "
			"channels it has and how many calls it has had.",
		.fn = ami_do_core_status,
	},
	{
		.name = "CreateConfig",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "Make an empty configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename:",
		.text = "Filename is relative to the configuration directory and must stay in it.",
		.fn = ami_do_create_config,
	},
	{
		.name = "DBDel",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Delete an entry of the database.",
		.needs = {{"Family", "No family specified."}, {"Key", "No key specified."}},
		.syntax = "[ActionID:] Family: Key:",
		.text = "Deletes the entry; the dialplan sees it at once, the file soon after.",
		.fn = ami_do_db_del,
	},
	{
		.name = "DBDelTree",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Delete a family of the database, or a tree in it.",
		.needs = {{"Family", "No family specified."}},
		.syntax = "[ActionID:] Family: [Key:]",
		.text = "Deletes the entry Key and all below it; without Key the whole family.",
		.fn = ami_do_db_del_tree,
	},
	{
		.name = "DBGet",
		.classes = CLASSES_INFO,
		.synopsis = "Read an entry of the database.",
		.needs = {{"Family", "No family specified."}, {"Key", "No key specified."}},
		.syntax = "[ActionID:] Family: Key:",
		.text = "Sends one DBGetResponse, then DBGetComplete.",
		.fn = ami_do_db_get,
	},
	{
		.name = "DBGetTree",
		.classes = CLASSES_INFO,
		.synopsis = "List the database, a family, or a tree in it.",
		.syntax = "[ActionID:] [Family:] [Key:]",
		.text = "Sends one DBGetTreeResponse for each entry in the order of their keys, "
			"then "
			"DBGetTreeComplete.",
		.fn = ami_do_db_get_tree,
	},
	{
		.name = "DBPut",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Write an entry of the database.",
		.needs = {{"Family", "No family specified"}, {"Key", "No key specified"}},
		.syntax = "[ActionID:] Family: Key: [Val:]",
		.text = "The dialplans of calls that are originated after the answer see the "
			"value. "
			"It is on disk a moment later, with all that was written meanwhile.",
		.fn = ami_do_db_put,
	},
	{
		.name = "DeviceStateList",
		.classes = CLASSES_VAR,
		.synopsis = "List the states of devices.",
		.syntax = "[ActionID:]",
		.text = "Sends one DeviceStateChange for each device of which something was heard, "
			"then DeviceStateListComplete.",
		.fn = ami_do_device_state_list,
	},
	{
		.name = "DialplanExtensionAdd",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Add a step to an extension of the dialplan.",
		.needs = {{"Context", NO_ADD},
			  {"Extension", NO_ADD},
			  {"Priority", NO_ADD},
			  {"Application", NO_ADD}},
		.syntax = "[ActionID:] Context: Extension: Priority: Application: "
			  "[ApplicationData:] [Replace:]",
		.text = "Extension is name or name/caller id. Priority is a number, or hint: then "
			"Application is the devices to watch. A context that is not there is made. "
			"A step that is there stays unless Replace is true. The next reload of the "
			"dialplan knows nothing of it.",
		.fn = ami_do_dialplan_edit,
	},
	{
		.name = "DialplanExtensionRemove",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Remove an extension, or one of its steps, from the dialplan.",
		.needs = {{"Context", NO_REMOVE}, {"Extension", NO_REMOVE}},
		.syntax = "[ActionID:] Context: Extension: [Priority:]",
		.text = "Without Priority all steps go. What stands in extensions.conf is back "
			"after "
			"the next reload of the dialplan.",
		.fn = ami_do_dialplan_edit,
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
		.text = "EventMask is on, off, a number, or a list of classes separated by commas. "
			"Only "
			"classes of the user's read line are sent whatever the mask.",
		.fn = ami_do_events,
	},
	{
		.name = "ExtensionState",
		.classes = CLASSES_VAR,
		.synopsis = "Show the state of an extension's hint.",
		.needs = {{"Exten", "Extension not specified"}},
		.syntax = "[ActionID:] Exten: [Context:]",
		.text = "Context is default if there is none. Status is -1 without a hint, else a "
			"sum "
			"of 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold.",
		.fn = ami_do_extension_state,
	},
	{
		.name = "ExtensionStateList",
		.classes = CLASSES_VAR,
		.synopsis = "List the states of all hints.",
		.syntax = "[ActionID:]",
		.text = "Sends one ExtensionStatus for each hint that is not of a pattern, then "
			"ExtensionStateListComplete.",
		.fn = ami_do_extension_state_list,
	},
	{
		.name = "Filter",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Add an event filter to this session.",
		.syntax = "[ActionID:] Operation: [Filter:] [MatchCriteria:]",
		.text = "Operation must be Add. Filter is a regular expression over the event's "
			"text, "
			"with a leading exclamation mark to exclude; or, with MatchCriteria, the "
			"text to "
			"compare with, as in manager.conf.",
		.fn = ami_do_filter,
	},
	{
		.name = "GetConfig",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Show a configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Category:] [Filter:]",
		.text = "Sends all sections, or those called Category, with all their variables, "
			"inherited ones too. Filter is a list, separated by commas, of name=value "
			"(regular expressions) of which each must fit some variable; "
			"TEMPLATES=include shows templates, too, TEMPLATES=restrict only them.",
		.fn = ami_do_get_config,
	},
	{
		.name = "GetConfigJSON",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Show a configuration file as JSON.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Category:] [Filter:]",
		.text = "As GetConfig, in one header JSON: an object of objects. Keys that are "
			"repeated in the file are repeated there.",
		.fn = ami_do_get_config_json,
	},
	{
		.name = "Getvar",
		.classes = CLASSES_VAR,
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
			"is a "
			"Q.850 number from 0 to 127.",
		.fn = ami_do_hangup,
	},
	{
		.name = "ListCategories",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "List the sections of a configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Match:]",
		.text = "Sends the names of all sections but templates, or of those called Match.",
		.fn = ami_do_list_categories,
	},
	{
		.name = "ListCommands",
		.synopsis = "List the actions that you may use.",
		.syntax = "[ActionID:]",
		.text = "Answers with one line for each action: name, synopsis and classes.",
		.fn = ami_do_list_commands,
	},
	{
		.name = "LoggerRotate",
		.classes = CLASSES_INFO,
		.synopsis = "Begin new log files.",
		.syntax = "[ActionID:]",
		.text = "Reads logger.conf again and renames the log files as its rotatestrategy "
			"says.",
		.fn = ami_do_logger_rotate,
	},
	{
		.name = "Login",
		.synopsis = "Log in.",
		.syntax = "[ActionID:] Username: [Secret:] [AuthType:] [Key:] [Events:]",
		.text = "With Secret, or with AuthType: MD5 and Key (see Challenge). Events is an "
			"event "
			"mask. A refused login is answered after one second and closes the "
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
		.name = "MailboxCount",
		.classes = CLASSES_VAR,
		.synopsis = "Count the messages of a mailbox.",
		.needs = {{"Mailbox", "Mailbox not specified"}},
		.syntax = "[ActionID:] Mailbox:",
		.text = "There is no voicemail: the numbers are 0.",
		.fn = ami_do_mailbox_count,
	},
	{
		.name = "MailboxStatus",
		.classes = CLASSES_VAR,
		.synopsis = "Say whether messages wait in a mailbox.",
		.needs = {{"Mailbox", "Mailbox not specified"}},
		.syntax = "[ActionID:] Mailbox:",
		.text = "There is no voicemail: none wait.",
		.fn = ami_do_mailbox_status,
	},
	{
		.name = "ModuleCheck",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "See whether a module is loaded.",
		.syntax = "[ActionID:] Module:",
		.text = "Module is the name of a module of Asterisk, with or without .so: the "
			"answer "
			"is success if Ringer does its work.",
		.fn = ami_do_module_check,
	},
	{
		.name = "ModuleLoad",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Read the configuration of a module again.",
		.syntax = "[ActionID:] LoadType: [Module:] [Recursive:]",
		.text = "LoadType is load, unload, reload or refresh. Only reload does something: "
			"what Ringer has is always there. Without Module all is reloaded.",
		.fn = ami_do_module_load,
	},
	{
		.name = "Originate",
		.classes = AMI_CLASS_ORIGINATE,
		.synopsis = "Place a call.",
		.syntax = "[ActionID:] Channel: [Exten:] [Context:] [Priority:] [Application:] "
			  "[Data:] "
			  "[Timeout:] [CallerID:] [Variable:] [Account:] [EarlyMedia:] [Async:] "
			  "[Codecs:] [ChannelId:] [OtherChannelId:]",
		.text = "Calls Channel and, once it answers, runs the dialplan from Context, Exten "
			"and "
			"Priority, or Application with Data. Timeout is in milliseconds. With "
			"Async: "
			"true the answer comes at once and the outcome as event OriginateResponse, "
			"exactly one; without, the connection waits for the outcome. A full queue "
			"and a "
			"ChannelId in use, or used within the last minute, are refused with a "
			"message "
			"that begins with 'Originate failed'.",
		.fn = ami_do_originate,
	},
	{
		.name = "Ping",
		.synopsis = "See whether the engine answers.",
		.syntax = "[ActionID:]",
		.text = "Answers Pong and the time.",
		.fn = ami_do_ping,
	},
	{
		.name = "PJSIPHangup",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL,
		.synopsis = "Refuse a call that came in and is not answered yet.",
		.needs = {{"Channel", "No channel specified"}},
		.syntax = "[ActionID:] Channel: [Cause:]",
		.text = "Channel is a name, a Uniqueid, or /regex/ for all names that it fits. "
			"Cause is "
			"a SIP status from 400 to 699 or its name, as BUSY_HERE; 603 is sent for "
			"anything else. Calls that are answered, and those that the engine placed, "
			"are "
			"left alone, though the answer is the same.",
		.fn = ami_do_pjsip_hangup,
	},
	{
		.name = "PJSIPQualify",
		.classes = CLASSES_INFO,
		.synopsis = "Ask all contacts of an endpoint whether they are there.",
		.needs = {{"Endpoint", "Endpoint parameter missing."}},
		.syntax = "[ActionID:] Endpoint:",
		.text = "OPTIONS goes to each contact at once; what changes is told by "
			"ContactStatus.",
		.fn = ami_do_pjsip_qualify,
	},
	{
		.name = "PJSIPRegister",
		.classes = CLASSES_INFO,
		.synopsis = "Make an outbound registration anew.",
		.needs = {{"Registration", "Registration parameter missing."}},
		.syntax = "[ActionID:] Registration:",
		.text = "Registration is its name, or *all. What becomes of it is told by "
			"Registry.",
		.fn = ami_do_pjsip_register,
	},
	{
		.name = "PJSIPShowAors",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the AORs of pjsip.conf.",
		.syntax = "[ActionID:]",
		.text = "Sends one AorList for each, then AorListComplete.",
		.fn = ami_do_pjsip_aors,
	},
	{
		.name = "PJSIPShowAuths",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the auth objects of pjsip.conf.",
		.syntax = "[ActionID:]",
		.text = "Sends one AuthList for each, then AuthListComplete. Secrets are not "
			"shown.",
		.fn = ami_do_pjsip_auths,
	},
	{
		.name = "PJSIPShowContacts",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the contacts of all AORs.",
		.syntax = "[ActionID:]",
		.text = "Sends one ContactList for each, static or registered, then "
			"ContactListComplete.",
		.fn = ami_do_pjsip_contacts,
	},
	{
		.name = "PJSIPShowEndpoint",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Show one endpoint and all that belongs to it.",
		.needs = {{"Endpoint", "PJSIPShowEndpoint requires an endpoint name"}},
		.syntax = "[ActionID:] Endpoint:",
		.text = "Sends EndpointDetail, TransportDetail, AorDetail, AuthDetail, "
			"ContactStatusDetail and IdentifyDetail, then EndpointDetailComplete.",
		.fn = ami_do_pjsip_endpoint,
	},
	{
		.name = "PJSIPShowEndpoints",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the endpoints of pjsip.conf.",
		.syntax = "[ActionID:]",
		.text = "Sends one EndpointList for each, with its contacts and its state, then "
			"EndpointListComplete.",
		.fn = ami_do_pjsip_endpoints,
	},
	{
		.name = "PJSIPShowRegistrationInboundContactStatuses",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List what has registered with us, contact by contact.",
		.syntax = "[ActionID:]",
		.text = "Sends one ContactStatusDetail for each, then ContactStatusDetailComplete.",
		.fn = ami_do_pjsip_inbound_statuses,
	},
	{
		.name = "PJSIPShowRegistrationsInbound",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the AORs that somebody has registered with.",
		.syntax = "[ActionID:]",
		.text = "Sends one InboundRegistrationDetail for each, then "
			"InboundRegistrationDetailComplete.",
		.fn = ami_do_pjsip_inbound,
	},
	{
		.name = "PJSIPShowRegistrationsOutbound",
		.classes = CLASSES_INFO,
		.synopsis = "List our registrations with others.",
		.syntax = "[ActionID:]",
		.text = "Sends one OutboundRegistrationDetail for each, with its AuthDetail, then "
			"OutboundRegistrationDetailComplete with how many are registered.",
		.fn = ami_do_pjsip_outbound,
	},
	{
		.name = "PJSIPUnregister",
		.classes = CLASSES_INFO,
		.synopsis = "End an outbound registration.",
		.needs = {{"Registration", "Registration parameter missing."}},
		.syntax = "[ActionID:] Registration:",
		.text = "Registration is its name, or *all. It stays ended until PJSIPRegister or "
			"a "
			"reload of a changed pjsip.conf.",
		.fn = ami_do_pjsip_unregister,
	},
	{
		.name = "PlayDTMF",
		.classes = AMI_CLASS_CALL,
		.synopsis =
			"Send a digit to the far end of a channel, or as if it came from there.",
		.syntax = "[ActionID:] Channel: Digit: [Duration:] [Receive:]",
		.text = "Duration is in milliseconds, 100 if there is none. With Receive: true the "
			"digit is taken as one that the far end sent.",
		.fn = ami_do_play_dtmf,
	},
	{
		.name = "PresenceState",
		.classes = CLASSES_VAR,
		.synopsis = "Show a presence state.",
		.needs = {{"Provider", "No provider specified"}},
		.syntax = "[ActionID:] Provider:",
		.text = "There is no provider of presence: each is unknown.",
		.fn = ami_do_presence_state,
	},
	{
		.name = "PresenceStateList",
		.classes = CLASSES_VAR,
		.synopsis = "List presence states.",
		.syntax = "[ActionID:]",
		.text = "There is no provider of presence: the list is empty.",
		.fn = ami_do_presence_state_list,
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
			"answer "
			"does not wait for the jump.",
		.fn = ami_do_redirect,
	},
	{
		.name = "Reload",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Read configuration again.",
		.syntax = "[ActionID:] [Module:]",
		.text = "Without Module everything is read. If it cannot be used the old settings "
			"stay.",
		.fn = ami_do_reload,
	},
	{
		.name = "SendFlash",
		.classes = AMI_CLASS_CALL,
		.synopsis = "Send a hook flash to the far end of a channel, or as if it came from "
			    "there.",
		.syntax = "[ActionID:] Channel: [Receive:]",
		.text = "The flash goes out as telephone event 16. With Receive: true it is taken "
			"as "
			"one that the far end sent: event Flash.",
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
		.name = "ShowDialPlan",
		.classes = AMI_CLASS_CONFIG | AMI_CLASS_REPORTING,
		.synopsis = "List the dialplan, or a part of it.",
		.syntax = "[ActionID:] [Context:] [Extension:]",
		.text = "Sends one ListDialplan for each step, include and ignored pattern, then "
			"ShowDialPlanComplete with totals. With Extension only what it matches, "
			"through includes, too.",
		.fn = ami_do_show_dialplan,
	},
	{
		.name = "Status",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL | AMI_CLASS_REPORTING,
		.synopsis = "Show one channel, or all, in detail.",
		.syntax = "[ActionID:] [Channel:] [Variables:] [AllVariables:]",
		.text = "Sends one Status for each channel, then StatusComplete. Variables is a "
			"list, "
			"separated by commas, of what to read of each channel.",
		.fn = ami_do_status,
	},
	{
		.name = "UpdateConfig",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "Change a configuration file.",
		.needs = {{"SrcFilename", "Filename not specified"},
			  {"DstFilename", "Filename not specified"}},
		.syntax =
			"[ActionID:] SrcFilename: DstFilename: [Reload:] "
			"[PreserveEffectiveContext:] [Action-000000:] [Cat-000000:] [Var-000000:] "
			"[Value-000000:] [Match-000000:] [Line-000000:] [Options-000000:]",
		.text = "Reads one file, makes the changes in the order of their numbers up to the "
			"first that is missing, and writes the other, which may be the same; all "
			"changes or none. What they do not touch stays as it was written. Action "
			"is newcat, renamecat, delcat, emptycat, update, delete, append or insert; "
			"a Value that begins with > is written with =>. Options of newcat are "
			"allowdups, template and inherit=\"a,b\"; of the others catfilter=\"...\", "
			"as Filter of GetConfig. Reload is yes, or the name of a module. Unless "
			"PreserveEffectiveContext is no, sections that inherit from a changed "
			"template get the old value as their own.",
		.fn = ami_do_update_config,
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
			"further input "
			"comes.",
		.fn = ami_do_wait_event,
	},
};

const uint32_t ami_action_count = ARRAY_COUNT(ami_actions);
