/* Actions on channels and on the engine, against a fake control shard. */
#include "tests/unit/ami/world.h"

#include "ami/action.h"
#include "ami/ami_internal.h"

static struct io_stream *client;

static enum cli_result say(void *context, struct cli_call *call)
{
	(void)context;
	cli_print(call, "\033[1;31mred\033[0m\r\n\nlast");
	return CLI_OK;
}

static enum cli_result silent(void *context, struct cli_call *call)
{
	(void)context;
	(void)call;
	return CLI_OK;
}

static enum cli_result much(void *context, struct cli_call *call)
{
	(void)context;
	for (int i = 0; i < 200000; i++)
		cli_print(call, "%06d\n", i);
	return CLI_OK;
}

static const struct cli_command commands[] = {
	{"say", "", "", say},
	{"silent", "", "", silent},
	{"much", "", "", much},
};

static int begin(void **state)
{
	(void)state;
	world_begin(WORLD_CONF "[low]\nsecret=x\nread=none\nwrite=call,reporting\n");
	world_dialplan("[default]\nexten => 209,1,NoOp()\nsame => n(there),Hangup()\n");
	assert_int_equal(cli_register(world.cli, commands, ARRAY_COUNT(commands), NULL), 0);
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
#define ACK(text) "Response: Success\nMessage: " text "\n\n"

static void test_hangup(void **state)
{
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world_chan("PJSIP/b-00000002", "id-2");
	EXPECT_ANSWER(client, "Action: Hangup\n\n", ERR("No channel specified"));
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: x\n\n", ERR("No such channel"));
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: /x\n\n",
		      ERR("Regex format invalid, Channel param should be /regex/"));
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: /(/\n\n",
		      ERR("Regex compile failed on: ("));
	EXPECT_ANSWER(client,
		      "Action: Hangup\nChannel: /((((a{1,255}){1,255}){1,255}){1,255})/\n\n",
		      ERR("Regex compile failed on: ((((a{1,255}){1,255}){1,255}){1,255})"));
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: pjsip/A-00000001\nCause: 21\n\n",
		      ACK("Channel Hungup"));
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: ID-2\nCause: 128\n\n",
		      ACK("Channel Hungup"));
	assert_string_equal(world.commands, "hangup PJSIP/a-00000001  21\n"
					    "hangup PJSIP/b-00000002  -1\n");
}

static uint32_t refusal(void *impl, struct slice text)
{
	(void)impl;
	return slice_eq(text, SLICE_LIT("486")) ? 486 : 603;
}

static void test_pjsip_hangup(void **state)
{
	static const struct tech_admin_ops ops = {.tech = "PJSIP", .refusal = refusal};
	static const struct tech_admin admin = {.ops = &ops};

	world.admin = &admin;
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world_chan("PJSIP/b-00000002", "id-2");
	world_chan("Other/a-00000003", "id-3");
	EXPECT_ANSWER(client, "Action: PJSIPHangup\n\n", ERR("No channel specified"));
	EXPECT_ANSWER(client, "Action: PJSIPHangup\nChannel: x\nCause: 486\n\n",
		      ERR("No such channel"));
	EXPECT_ANSWER(client, "Action: PJSIPHangup\nChannel: ID-1\nCause: 486\n\n",
		      ACK("Channel Hungup"));
	EXPECT_ANSWER(client, "Action: PJSIPHangup\nChannel: id-2\n\n", ACK("Channel Hungup"));
	EXPECT_ANSWER(client, "Action: PJSIPHangup\nChannel: id-3\n\n", ACK("Channel Hungup"));
	EXPECT_ANSWER(
		client, "Action: PJSIPHangup\nChannel: /a-/\nCause: 486\n\n",
		"Response: Success\nEventList: start\nMessage: Channels hung up will follow\n\n"
		"Event: ChannelHungup\nChannel: PJSIP/a-00000001\n\n"
		"Event: ChannelHungup\nChannel: Other/a-00000003\n\n"
		"Event: ChannelsHungupListComplete\nEventList: Complete\nListItems: 2\n\n");
	assert_string_equal(world.commands, "refuse PJSIP/a-00000001  486\n"
					    "refuse PJSIP/b-00000002  603\n"
					    "refuse PJSIP/a-00000001  486\n");
	world.redirect_full = true;
	EXPECT_ANSWER(client, "Action: PJSIPHangup\nChannel: id-1\n\n",
		      ERR("Unable to queue the hangup"));
}

static void test_hangup_matching(void **state)
{
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world_chan("PJSIP/b-00000002", "id-2");
	world_chan("PJSIP/a-00000003", "id-3");
	EXPECT_ANSWER(client,
		      "Action: Hangup\nActionID: h\nChannel: /^PJSIP\\/a-.*$/\nCause: 16\n\n",
		      "Response: Success\nActionID: h\nEventList: start\n"
		      "Message: Channels hung up will follow\n\n"
		      "Event: ChannelHungup\nChannel: PJSIP/a-00000001\nActionID: h\n\n"
		      "Event: ChannelHungup\nChannel: PJSIP/a-00000003\nActionID: h\n\n"
		      "Event: ChannelsHungupListComplete\nActionID: h\nEventList: Complete\n"
		      "ListItems: 2\n\n");
	assert_string_equal(world.commands, "hangup PJSIP/a-00000001  16\n"
					    "hangup PJSIP/a-00000003  16\n");
	EXPECT_ANSWER(
		client, "Action: Hangup\nChannel: /nobody/\n\n",
		"Response: Success\nEventList: start\nMessage: Channels hung up will follow\n\n"
		"Event: ChannelsHungupListComplete\nEventList: Complete\nListItems: 0\n\n");
}

/* One that takes long keeps nobody waiting, however many channels there are. */
static void test_hangup_slowly(void **state)
{
	char name[81];

	(void)state;
	memset(name, 'a', 80);
	name[80] = 0;
	for (int i = 0; i < 4; i++)
		world_chan(name, "id");
	EXPECT_ANSWER(client, "Action: Hangup\nChannel: /(a?b?){330}x/\n\n",
		      ERR("Regex takes too long for so many channels; write a simpler one"));
	assert_int_equal(world_metric(METRIC_ami_pattern_refused), 1);
	assert_string_equal(world.commands, "");
	STARTS(world_ask_client(client, "Action: Ping\n\n"), "Response: Success\r\nPing: Pong");
}

static void test_variables(void **state)
{
	struct io_stream *low = world_login("Action: Login\nUsername: low\nSecret: x\n\n");

	(void)state;
	world_read(client);
	world_chan("PJSIP/a-00000001", "id-1");
	world.vars[0][0] = "LEAD";
	world.vars[0][1] = "4711";
	EXPECT_ANSWER(client, "Action: Getvar\n\n", ERR("No variable specified"));
	EXPECT_ANSWER(client, "Action: Getvar\nVariable: X\nChannel: no\n\n",
		      ERR("No such channel"));
	EXPECT_ANSWER(client, "Action: Getvar\nActionID: g\nVariable: LEAD\nChannel: id-1\n\n",
		      "Response: Success\nActionID: g\nVariable: LEAD\nValue: 4711\n\n");
	EXPECT_ANSWER(client, "Action: Getvar\nVariable: NONE\nChannel: id-1\n\n",
		      "Response: Success\nVariable: NONE\nValue: \n\n");
	EXPECT_ANSWER(client, "Action: Getvar\nVariable: SHELL(id)\n\n",
		      "Response: Success\nVariable: SHELL(id)\nValue: \n\n");
	EXPECT_ANSWER(low, "Action: Getvar\nVariable: SHELL(id)\n\n",
		      ERR("GetVar Access Forbidden: Variable"));
	EXPECT_ANSWER(client, "Action: Setvar\n\n", ERR("No variable specified"));
	EXPECT_ANSWER(client, "Action: Setvar\nChannel: q\nVariable: A\n\n",
		      ERR("No such channel"));
	EXPECT_ANSWER(client, "Action: Setvar\nVariable: BAD()\nValue: 1\n\n",
		      ERR("Variable not set"));
	EXPECT_ANSWER(client, "Action: Setvar\nVariable: A\nValue: 1\n\n", ACK("Variable Set"));
	EXPECT_ANSWER(client,
		      "Action: Setvar\nChannel: id-1\nVariable: CALLERID(num)\nValue: 7\n\n",
		      ACK("Variable Set"));
	assert_string_equal(world.commands,
			    "global BAD() 1 1\nglobal A 1 1\nset CALLERID(num) 7 1\n");
}

/* 1023 octets of a value are told. */
static void test_long_value(void **state)
{
	char value[1101], want[1200];

	(void)state;
	snprintf(value, sizeof(value), "%01100d", 7);
	world.vars[0][0] = "LONG";
	world.vars[0][1] = value;
	snprintf(want, sizeof(want), "Response: Success\nVariable: LONG\nValue: %.1023s\n\n",
		 value);
	EXPECT_ANSWER(client, "Action: Getvar\nVariable: LONG\n\n", want);
}

/* asterisk.conf live_dangerously: nothing is out of reach. */
static void test_live_dangerously(void **state)
{
	const struct ami_about about = {.live_dangerously = true};

	(void)state;
	ami_set_about(world.ami, &about);
	world.vars[0][0] = "DB(a/b)";
	world.vars[0][1] = "1";
	EXPECT_ANSWER(client, "Action: Getvar\nVariable: DB(a/b)\n\n",
		      "Response: Success\nVariable: DB(a/b)\nValue: 1\n\n");
	EXPECT_ANSWER(client, "Action: Setvar\nVariable: DB(a/b)\nValue: 2\n\n",
		      ACK("Variable Set"));
	assert_string_equal(world.commands, "global DB(a/b) 2 0\n");
}

static void test_redirect(void **state)
{
	static const struct {
		const char *headers, *message;
	} rows[] = {
		{"", "Channel not specified"},
		{"Channel: q\n", "Context not specified"},
		{"Channel: q\nContext: default\n", "Exten not specified"},
		{"Channel: q\nContext: default\nExten: 209\n", "Priority not specified"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: 0\n", "Priority is invalid"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: nix\n",
		 "Priority is invalid"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: 1\nExtraChannel: r\n"
		 "ExtraContext: default\n",
		 "ExtraExten not specified"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: 1\nExtraChannel: r\n"
		 "ExtraContext: default\nExtraExten: 1\n",
		 "ExtraPriority not specified"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: 1\nExtraChannel: r\n"
		 "ExtraContext: default\nExtraExten: 1\nExtraPriority: x\n",
		 "ExtraPriority is invalid"},
		{"Channel: q\nContext: default\nExten: 209\nPriority: 1\n",
		 "Channel does not exist: q"},
		{"Channel: id-1\nContext: default\nExten: 209\nPriority: 1\nExtraChannel: r\n",
		 "ExtraChannel does not exist: r"},
		{"Channel: id-3\nContext: default\nExten: 209\nPriority: 1\n",
		 "Redirect failed, channel not up."},
		{"Channel: id-1\nContext: default\nExten: 209\nPriority: 1\nExtraChannel: id-3\n",
		 "Redirect failed, extra channel not up."},
	};
	char ask[512], want[256];

	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world_chan("PJSIP/b-00000002", "id-2");
	world_chan("PJSIP/c-00000003", "id-3")->is_ending = true;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(ask, sizeof(ask), "Action: Redirect\n%s\n", rows[i].headers);
		snprintf(want, sizeof(want), ERR("%s"), rows[i].message);
		EXPECT_ANSWER(client, ask, want);
	}
	assert_string_equal(world.commands, "");
	EXPECT_ANSWER(client,
		      "Action: Redirect\nChannel: id-1\nContext: default\nExten: 209\n"
		      "Priority: there\n\n",
		      ACK("Redirect successful"));
	EXPECT_ANSWER(
		client,
		"Action: Redirect\nChannel: id-1\nContext: default\nExten: 209\nPriority: 1\n"
		"ExtraChannel: id-2\nExtraContext: other\nExtraExten: 7\nExtraPriority: 3\n\n",
		ACK("Dual Redirect successful"));
	assert_string_equal(world.commands, "redirect PJSIP/a-00000001 default 2\n... 209  0\n"
					    "redirect PJSIP/a-00000001 default 1\n... 209  0\n"
					    "redirect PJSIP/b-00000002 other 3\n... 7  0\n");
}

static void test_redirect_fails(void **state)
{
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world_chan("PJSIP/b-00000002", "id-2");
	world.redirect_fails_at = 2;
	EXPECT_ANSWER(client,
		      "Action: Redirect\nChannel: id-1\nContext: default\nExten: 209\nPriority: 4\n"
		      "ExtraChannel: id-2\n\n",
		      ERR("Secondary redirect failed"));
	world.redirect_full = true;
	EXPECT_ANSWER(
		client,
		"Action: Redirect\nChannel: id-1\nContext: default\nExten: 209\nPriority: 1\n\n",
		ERR("Redirect failed"));
	assert_string_equal(world.commands, "redirect PJSIP/a-00000001 default 4\n... 209  0\n");
}

static void test_signals(void **state)
{
	static const struct {
		const char *ask, *want;
	} rows[] = {
		{"Action: AbsoluteTimeout", ERR("No channel specified")},
		{"Action: AbsoluteTimeout\nChannel: q", ERR("No timeout specified")},
		{"Action: AbsoluteTimeout\nChannel: id-1\nTimeout: 0", ERR("No timeout specified")},
		{"Action: AbsoluteTimeout\nChannel: id-1\nTimeout: -1",
		 ERR("No timeout specified")},
		{"Action: AbsoluteTimeout\nChannel: id-1\nTimeout: x", ERR("No timeout specified")},
		{"Action: AbsoluteTimeout\nChannel: q\nTimeout: 1", ERR("No such channel")},
		{"Action: AbsoluteTimeout\nChannel: ID-1\nTimeout: 2.5", ACK("Timeout Set")},
		{"Action: PlayDTMF", ERR("Channel not found")},
		{"Action: PlayDTMF\nChannel: q\nDigit: 1", ERR("Channel not found")},
		{"Action: PlayDTMF\nChannel: id-1", ERR("No digit specified")},
		{"Action: PlayDTMF\nChannel: id-1\nDigit: z", ERR("No digit specified")},
		{"Action: PlayDTMF\nChannel: id-1\nDigit: 1\nDuration: x",
		 ERR("Could not convert Duration parameter")},
		{"Action: PlayDTMF\nChannel: id-1\nDigit: 1\nDuration: -1",
		 ERR("Could not convert Duration parameter")},
		{"Action: PlayDTMF\nChannel: id-1\nDigit: 12\nDuration: 300",
		 ACK("DTMF successfully queued")},
		{"Action: PlayDTMF\nChannel: id-1\nDigit: #\nReceive: yes",
		 ACK("DTMF successfully queued")},
		{"Action: SendFlash\nChannel: q", ERR("Channel not found")},
		{"Action: SendFlash\nChannel: id-1", ACK("Flash successfully queued")},
		{"Action: SendFlash\nChannel: id-1\nReceive: true",
		 ACK("Flash successfully queued")},
		{"Action: SendText", ERR("No channel specified")},
		{"Action: SendText\nChannel: q", ERR("No Message specified")},
		{"Action: SendText\nChannel: q\nMessage: hi", ERR("No such channel")},
		{"Action: SendText\nChannel: id-1\nMessage: hi", ACK("Success")},
		{"Action: SendText\nChannel: id-1\nMessage: {}\nContent-Type: application/json",
		 ACK("Success")},
	};
	char ask[256];

	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(ask, sizeof(ask), "%s\n\n", rows[i].ask);
		EXPECT_ANSWER(client, ask, rows[i].want);
	}
	assert_string_equal(world.commands, "set TIMEOUT(absolute) 2.5 1\n"
					    "digit PJSIP/a-00000001 1 300\n"
					    "received PJSIP/a-00000001 # 0\n"
					    "digit PJSIP/a-00000001 ! 0\n"
					    "received PJSIP/a-00000001 ! 0\n"
					    "text  hi 0\n"
					    "text application/json {} 0\n");
}

/* The shard says no: because it cannot, or because the channel ended meanwhile. */
static void test_signals_refused(void **state)
{
	struct roster_chan *chan = world_chan("PJSIP/a-00000001", "id-1");

	(void)state;
	world.redirect_full = true;
	EXPECT_ANSWER(client, "Action: SendText\nChannel: id-1\nMessage: hi\n\n", ERR("Failure"));
	EXPECT_ANSWER(client, "Action: PlayDTMF\nChannel: id-1\nDigit: 1\n\n",
		      ERR("The far end takes no DTMF"));
	world.late_answers = true;
	world_send(client, "Action: SendText\nActionID: t\nChannel: id-1\nMessage: hi\n\n");
	list_del(&chan->node);
	world.question.fn(world.question.arg, false, SLICE_EMPTY);
	EXPECT(client, "Response: Error\nActionID: t\nMessage: No such channel\n\n");
}

static void test_channel_map(void **state)
{
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	EXPECT_ANSWER(client, "Action: CoreShowChannelMap\n\n",
		      ERR("CoreShowChannelMap requires a channel."));
	EXPECT_ANSWER(client, "Action: CoreShowChannelMap\nChannel: id-1\n\n",
		      ERR("Could not get channel snapshot"));
	EXPECT_ANSWER(client,
		      "Action: CoreShowChannelMap\nActionID: m\nChannel: pjsip/a-00000001\n\n",
		      "Response: Success\nActionID: m\nEventList: start\n"
		      "Message: Channel map will follow\n\n"
		      "Event: CoreShowChannelMapComplete\nActionID: m\nEventList: Complete\n"
		      "ListItems: 0\n\n");
}

#define SNAP                                                                                       \
	"Channel: PJSIP/a-00000001\nChannelState: 6\nChannelStateDesc: Up\nCallerIDNum: 100\n"     \
	"CallerIDName: Ann\nConnectedLineNum: <unknown>\nConnectedLineName: <unknown>\n"           \
	"Language: en\nAccountCode: \nContext: default\nExten: 100\nPriority: 1\n"                 \
	"Uniqueid: id-1\nLinkedid: id-1\n"
#define STATUS                                                                                     \
	"Event: Status\nPrivilege: Call\n" SNAP                                                    \
	"Type: PJSIP\nDNID: \nEffectiveConnectedLineNum: <unknown>\n"                              \
	"EffectiveConnectedLineName: <unknown>\nTimeToHangup: 1795447099\nBridgeID: "              \
	"\nApplication: Wait\n"                                                                    \
	"Data: 60\nNativeformats: (ulaw)\nReadformat: ulaw\nReadtrans: \nWriteformat: ulaw\n"      \
	"Writetrans: \nCallgroup: 0\nPickupgroup: 0\nSeconds: 3661\n"

static void test_core_show_channels(void **state)
{
	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	EXPECT_ANSWER(client, "Action: CoreShowChannels\nActionID: c\n\n",
		      "Response: Success\nActionID: c\nEventList: start\n"
		      "Message: Channels will follow\n\n"
		      "Event: CoreShowChannel\nActionID: c\n" SNAP
		      "Application: Wait\nApplicationData: 60\nDuration: 01:01:01\nBridgeId: \n\n"
		      "Event: CoreShowChannelsComplete\nActionID: c\nEventList: Complete\n"
		      "ListItems: 1\n\n");
}

static void test_status(void **state)
{
	struct io_stream *low = world_login("Action: Login\nUsername: low\nSecret: x\n\n");

	(void)state;
	world_read(client);
	world_chan("PJSIP/a-00000001", "id-1");
	world.vars[0][0] = "LEAD";
	world.vars[0][1] = "4711";
	EXPECT_ANSWER(client, "Action: Status\nChannel: q\n\n", ERR("No such channel"));
	EXPECT_ANSWER(low, "Action: Status\nVariables: EVAL(x)\n\n",
		      ERR("Status Access Forbidden: Variables"));
	EXPECT_ANSWER(client, "Action: Status\nActionID: s\nChannel: id-1\n\n",
		      "Response: Success\nActionID: s\nEventList: start\n"
		      "Message: Channel status will follow\n\n" STATUS "ActionID: s\n\n"
		      "Event: StatusComplete\nActionID: s\nEventList: Complete\nListItems: 1\n"
		      "Items: 1\n\n");
	EXPECT_ANSWER(client,
		      "Action: Status\nVariables: LEAD,NONE,,DB(a/b)\nAllVariables: yes\n\n",
		      "Response: Success\nEventList: start\nMessage: Channel status will "
		      "follow\n\n" STATUS
		      "Variable: LEAD=4711\nVariable: NONE=(null)\nVariable: DB(a/b)=\n"
		      "Variable: LEAD=4711\nVariable: EMPTY=\n\n"
		      "Event: StatusComplete\nEventList: Complete\nListItems: 1\nItems: 1\n\n");
}

/* The channel ends while its variables are asked for: its item is still closed. */
static void test_status_of_a_channel_that_ends(void **state)
{
	struct roster_chan *a = world_chan("PJSIP/a-00000001", "id-1");
	struct roster_chan *b = world_chan("PJSIP/b-00000002", "id-2");
	struct event e = world_event(EVENT_HANGUP);
	const char *text;

	(void)state;
	world.late_answers = true;
	world_send(client, "Action: Status\nActionID: s\nVariables: LEAD\nAllVariables: yes\n\n");
	world.question.fn(world.question.arg, true, SLICE_LIT(WORLD_DESCRIPTION));
	list_del(&a->node);
	list_del(&b->node);
	world_raise(&e);
	world.question.fn(world.question.arg, false, SLICE_EMPTY);
	text = world_read(client);
	assert_non_null(strstr(text,
			       "Seconds: 3661\r\nVariable: LEAD=(null)\r\nActionID: s\r\n\r\n"
			       "Event: StatusComplete\r\nActionID: s\r\nEventList: Complete\r\n"
			       "ListItems: 1\r\nItems: 1\r\n\r\nEvent: Hangup\r\n"));
}

/* It ends before anything of it was written, or its shard cannot be asked. */
static void test_status_without_description(void **state)
{
	struct roster_chan *a = world_chan("PJSIP/a-00000001", "id-1");
	const char *text;

	(void)state;
	world.redirect_full = true;
	world_send(client, "Action: Status\n\n");
	text = world_read(client);
	assert_non_null(strstr(text, "TimeToHangup: 0\r\n"));
	assert_non_null(strstr(text, "Nativeformats: (nothing)\r\nReadformat: \r\n"));
	world.late_answers = true;
	world_send(client, "Action: Status\n\n");
	list_del(&a->node);
	world.question.fn(world.question.arg, false, SLICE_EMPTY);
	text = world_read(client);
	assert_null(strstr(text, "Event: Status\r\n"));
	assert_non_null(strstr(text, "ListItems: 0\r\nItems: 0\r\n\r\n"));
}

/* The end of one list, in an answer from a shard, begins the next. */
static void test_lists_behind_each_other(void **state)
{
	const char *text;

	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	world.late_answers = true;
	world_send(client,
		   "Action: Status\nVariables: A\n\nAction: CoreShowChannels\n\nAction: Ping\n\n");
	world.question.fn(world.question.arg, true, SLICE_LIT(WORLD_DESCRIPTION));
	world.question.fn(world.question.arg, true, SLICE_LIT("b"));
	text = world_read(client);
	assert_non_null(strstr(text, "Variable: A=b\r\n"));
	assert_non_null(strstr(text, "Event: CoreShowChannelsComplete\r\n"));
	assert_non_null(strstr(text, "Ping: Pong"));
}

/* A list longer than the soft limit waits for its reader, and no event comes between. */
static void test_long_list(void **state)
{
	struct event e = world_event(EVENT_HANGUP);
	static char ids[WORLD_CHANS][16];
	char want[64];
	size_t items = 0;
	const char *text;

	(void)state;
	for (int i = 0; i < WORLD_CHANS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "id-%d", i);
		world_chan("PJSIP/a-00000001", ids[i]);
	}
	world_send(client, "Action: CoreShowChannels\n\n");
	assert_true(client->out_len < LIMIT_AMI_OUT_SOFT + 4096);
	world_raise(&e);
	for (int i = 0; i < 10; i++) {
		text = world_read(client);
		for (const char *at = text; (at = strstr(at, "Event: CoreShowChannel\r\n")); at++)
			items++;
		if (strstr(text, "ShowChannelsComplete"))
			break;
		assert_null(strstr(text, "Event: Hangup"));
	}
	assert_int_equal(items, WORLD_CHANS);
	snprintf(want, sizeof(want), "ListItems: %d\r\n\r\nEvent: Hangup\r\n", WORLD_CHANS);
	assert_non_null(strstr(text, want));
}

static void test_core_status(void **state)
{
	struct ami_about about = {.system_name = "pbx1",
				  .run_user = "ringer",
				  .run_group = "calls",
				  .max_calls = 9,
				  .cdr_enabled = true};

	(void)state;
	world_chan("PJSIP/a-00000001", "id-1");
	EXPECT_ANSWER(client, "Action: CoreStatus\nActionID: s\n\n",
		      "Response: Success\nActionID: s\nCoreStartupDate: 2026-11-23\n"
		      "CoreStartupTime: 15:16:40\nCoreReloadDate: 2026-11-23\n"
		      "CoreReloadTime: 15:16:50\nCoreCurrentCalls: 1\nCoreProcessedCalls: 14\n\n");
	ami_set_about(world.ami, &about);
	EXPECT_ANSWER(client, "Action: CoreSettings\n\n",
		      "Response: Success\nAMIversion: 11.0.0\n"
		      "AsteriskVersion: 22.10.1+ringer." RINGER_VERSION "\n"
		      "SystemName: pbx1\nCoreMaxCalls: 9\nCoreMaxLoadAvg: 0.000000\n"
		      "CoreRunUser: ringer\nCoreRunGroup: calls\nCoreMaxFilehandles: 0\n"
		      "CoreRealTimeEnabled: No\nCoreCDRenabled: Yes\nCoreHTTPenabled: No\n"
		      "SoundsSearchCustomDir: No\n\n");
}

static void test_command(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, "Action: Command\n\n", ERR("No command provided"));
	EXPECT_ANSWER(client, "Action: Command\nCommand:  Module   LOAD x.so\n\n",
		      ERR("Command blacklisted"));
	EXPECT_ANSWER(client, "Action: Command\nCommand: \"module\" un\\load x.so\n\n",
		      ERR("Command blacklisted"));
	EXPECT_ANSWER(client, "Action: Command\nCommand: module \"\" load x.so\n\n",
		      ERR("Command blacklisted"));
	EXPECT_ANSWER(client, "Action: Command\nActionID: c\nCommand: say\n\n",
		      "Response: Success\nActionID: c\nMessage: Command output follows\n"
		      "Output: red\nOutput: \nOutput: last\n\n");
	EXPECT_ANSWER(client, "Action: Command\nCommand: silent\n\n",
		      "Response: Success\nMessage: Command output follows\nOutput: \n\n");
	EXPECT_ANSWER(
		client, "Action: Command\nCommand: module loader\n\n",
		"Response: Error\nMessage: Command output follows\n"
		"Output: No such command 'module loader' (type 'core show help module loader' "
		"for other possible commands)\n\n");
}

static void test_long_command(void **state)
{
	static char all[8 << 20];
	size_t len = 0;
	char *at = all;

	(void)state;
	world_send(client, "Action: Command\nCommand: much\n\nAction: Ping\n\n");
	assert_true(client->out_len < 2 * LIMIT_AMI_OUT_SOFT);
	for (int i = 0; i < 20; i++) /* the reader reads, the action goes on */
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s", world_read(client));
	for (int i = 0; i < 200000; i++) {
		char want[32];

		snprintf(want, sizeof(want), "Output: %06d\r\n", i);
		at = i ? at + strlen(want) : strstr(all, want);
		assert_memory_equal(at, want, strlen(want));
	}
	assert_non_null(strstr(at, "Output: 199999\r\n\r\nResponse: Success\r\nPing: Pong"));
}

static void test_reload(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, "Action: Reload\n\n", ACK("Module Reloaded"));
	world.reload_error = -ENOENT;
	EXPECT_ANSWER(client, "Action: Reload\nModule: x\n\n", ERR("No such module"));
	world.reload_error = -EINVAL;
	EXPECT_ANSWER(client, "Action: Reload\n\n", ERR("An unknown error occurred"));
}

static void test_user_event(void **state)
{
	(void)state;
	EXPECT_ANSWER(
		client,
		"ActionID: u\nAction: UserEvent\nFoo: bar\nUserEvent: Mine\nFoo:baz \nnocolon\n"
		"\n",
		"Response: Success\nActionID: u\nMessage: Event Sent\n\n"
		"Event: UserEvent\nPrivilege: user,all\nUserEvent: Mine\nActionID: u\nFoo: bar\n"
		"Foo:baz \nnocolon\n\n");
}

static void test_list_commands(void **state)
{
	struct io_stream *low = world_login("Action: Login\nUsername: low\nSecret: x\n\n");
	const char *text = world_ask_client(low, "Action: ListCommands\nActionID: l\n\n");

	(void)state;
	STARTS(text, "Response: Success\r\nActionID: l\r\nAbsoluteTimeout: ");
	assert_non_null(strstr(text, "(Priv: <none>)\r\n"));
	assert_non_null(strstr(text, "Getvar: "));
	assert_non_null(strstr(text, "(Priv: call,reporting,all)\r\n"));
	assert_null(strstr(text, "Originate: "));
	assert_non_null(
		strstr(world_ask_client(client, "Action: ListCommands\n\n"), "Originate: "));
}

static uint32_t check_area(const struct ami_action_area *area)
{
	for (uint32_t i = 0; i < area->count; i++) {
		const struct ami_action *row = &area->rows[i];

		if (i && strcasecmp(row[-1].name, row->name) >= 0)
			fail_msg("%s stands behind %s", row->name, row[-1].name);
		if (ami_action_find(slice_str(row->name)) != row)
			fail_msg("%s is hidden by another row, or in no area", row->name);
	}
	return area->count;
}

/* Each area in order, each name once, and a walk over all that leaves nothing out. */
static void test_tables(void **state)
{
	const struct ami_action *action = NULL, *last = NULL;
	uint32_t count = 0;

	(void)state;
	count += check_area(&ami_area_channel);
	count += check_area(&ami_area_config);
	count += check_area(&ami_area_pjsip);
	count += check_area(&ami_area_session);
	count += check_area(&ami_area_state);
	count += check_area(&ami_area_system);
	while ((action = ami_action_after(last))) {
		assert_true(!last || strcasecmp(last->name, action->name) < 0);
		last = action;
		count--;
	}
	assert_int_equal(count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hangup),
		TEST(test_pjsip_hangup),
		TEST(test_hangup_matching),
		TEST(test_hangup_slowly),
		TEST(test_variables),
		TEST(test_long_value),
		TEST(test_live_dangerously),
		TEST(test_redirect),
		TEST(test_redirect_fails),
		TEST(test_signals),
		TEST(test_signals_refused),
		TEST(test_channel_map),
		TEST(test_core_show_channels),
		TEST(test_status),
		TEST(test_status_of_a_channel_that_ends),
		TEST(test_status_without_description),
		TEST(test_lists_behind_each_other),
		TEST(test_long_list),
		TEST(test_core_status),
		TEST(test_command),
		TEST(test_long_command),
		TEST(test_reload),
		TEST(test_user_event),
		TEST(test_list_commands),
		TEST(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
