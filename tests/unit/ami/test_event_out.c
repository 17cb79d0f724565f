/* Events as text, byte for byte: the transcripts of the reference, with the events that led to them
 * fed as values; then the kinds that these do not show. */
#include "tests/unit/ami/world.h"

#include "engine/core/cdr.h"

static struct io_stream *client;

static int begin(void **state)
{
	(void)state;
	world_begin(NULL);
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

/* ---- 8.1: answered, runs an extension, hangs up ---- */

/* clang-format off */
static const char answered[] =
	"Event: Newchannel\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: <unknown>\n"
	"CallerIDName: <unknown>\n"
	"ConnectedLineNum: <unknown>\n"
	"ConnectedLineName: <unknown>\n"
	"Language: en\n"
	"AccountCode: \n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"\n"
	"Event: Newexten\n"
	"Privilege: dialplan,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: <unknown>\n"
	"CallerIDName: <unknown>\n"
	"ConnectedLineNum: <unknown>\n"
	"ConnectedLineName: <unknown>\n"
	"Language: en\n"
	"AccountCode: \n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Extension: s\n"
	"Application: AppDial2\n"
	"AppData: (Outgoing Line)\n"
	"\n"
	"Event: VarSet\n"
	"Privilege: dialplan,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: <unknown>\n"
	"CallerIDName: <unknown>\n"
	"ConnectedLineNum: <unknown>\n"
	"ConnectedLineName: <unknown>\n"
	"Language: en\n"
	"AccountCode: \n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Variable: LEAD\n"
	"Value: 4711\n"
	"\n"
	"Event: NewAccountCode\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: <unknown>\n"
	"CallerIDName: <unknown>\n"
	"ConnectedLineNum: <unknown>\n"
	"ConnectedLineName: <unknown>\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"OldAccountCode: \n"
	"\n"
	"Event: NewCallerid\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: <unknown>\n"
	"ConnectedLineName: <unknown>\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"CID-CallingPres: 0 (Presentation Allowed, Not Screened)\n"
	"\n"
	"Event: NewConnectedLine\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 0\n"
	"ChannelStateDesc: Down\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"\n"
	"Event: DialBegin\n"
	"Privilege: call,all\n"
	"DestChannel: PJSIP/self-00000000\n"
	"DestChannelState: 0\n"
	"DestChannelStateDesc: Down\n"
	"DestCallerIDNum: 100\n"
	"DestCallerIDName: Ann\n"
	"DestConnectedLineNum: 100\n"
	"DestConnectedLineName: Ann\n"
	"DestLanguage: en\n"
	"DestAccountCode: camp7\n"
	"DestContext: uas\n"
	"DestExten: s\n"
	"DestPriority: 1\n"
	"DestUniqueid: call-1\n"
	"DestLinkedid: call-1\n"
	"DialString: answer@self\n"
	"\n"
	"Event: Newstate\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 5\n"
	"ChannelStateDesc: Ringing\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"\n"
	"Event: DialState\n"
	"Privilege: call,all\n"
	"DestChannel: PJSIP/self-00000000\n"
	"DestChannelState: 5\n"
	"DestChannelStateDesc: Ringing\n"
	"DestCallerIDNum: 100\n"
	"DestCallerIDName: Ann\n"
	"DestConnectedLineNum: 100\n"
	"DestConnectedLineName: Ann\n"
	"DestLanguage: en\n"
	"DestAccountCode: camp7\n"
	"DestContext: uas\n"
	"DestExten: s\n"
	"DestPriority: 1\n"
	"DestUniqueid: call-1\n"
	"DestLinkedid: call-1\n"
	"DialStatus: RINGING\n"
	"\n"
	"Event: OriginateResponse\n"
	"Privilege: call,all\n"
	"ActionID: call-1\n"
	"Response: Success\n"
	"Channel: PJSIP/self-00000000\n"
	"Context: default\n"
	"Exten: 100\n"
	"Reason: 4\n"
	"Uniqueid: call-1\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"\n"
	"Event: Newstate\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: uas\n"
	"Exten: s\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"\n"
	"Event: DialEnd\n"
	"Privilege: call,all\n"
	"DestChannel: PJSIP/self-00000000\n"
	"DestChannelState: 6\n"
	"DestChannelStateDesc: Up\n"
	"DestCallerIDNum: 100\n"
	"DestCallerIDName: Ann\n"
	"DestConnectedLineNum: 100\n"
	"DestConnectedLineName: Ann\n"
	"DestLanguage: en\n"
	"DestAccountCode: camp7\n"
	"DestContext: uas\n"
	"DestExten: s\n"
	"DestPriority: 1\n"
	"DestUniqueid: call-1\n"
	"DestLinkedid: call-1\n"
	"DialStatus: ANSWER\n"
	"\n"
	"Event: Newexten\n"
	"Privilege: dialplan,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: default\n"
	"Exten: 100\n"
	"Priority: 1\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Extension: 100\n"
	"Application: NoOp\n"
	"AppData: hello \"Ann\" <100>  \n"
	"\n"
	"Event: Newexten\n"
	"Privilege: dialplan,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: default\n"
	"Exten: 100\n"
	"Priority: 2\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Extension: 100\n"
	"Application: Wait\n"
	"AppData: 2\n"
	"\n"
	"Event: Newexten\n"
	"Privilege: dialplan,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: default\n"
	"Exten: 100\n"
	"Priority: 3\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Extension: 100\n"
	"Application: Hangup\n"
	"AppData: \n"
	"\n"
	"Event: SoftHangupRequest\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: default\n"
	"Exten: 100\n"
	"Priority: 3\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Cause: 16\n"
	"\n"
	"Event: Cdr\n"
	"Privilege: cdr,all\n"
	"AccountCode: camp7\n"
	"Source: 100\n"
	"Destination: 100\n"
	"DestinationContext: default\n"
	"CallerID: \"Ann\" <100>\n"
	"Channel: PJSIP/self-00000000\n"
	"DestinationChannel: \n"
	"LastApplication: Hangup\n"
	"LastData: \n"
	"StartTime: 2026-11-23 15:22:55\n"
	"AnswerTime: 2026-11-23 15:22:57\n"
	"EndTime: 2026-11-23 15:22:59\n"
	"Duration: 3\n"
	"BillableSeconds: 2\n"
	"Disposition: ANSWERED\n"
	"AMAFlags: DOCUMENTATION\n"
	"UniqueID: call-1\n"
	"UserField: \n"
	"\n"
	"Event: Hangup\n"
	"Privilege: call,all\n"
	"Channel: PJSIP/self-00000000\n"
	"ChannelState: 6\n"
	"ChannelStateDesc: Up\n"
	"CallerIDNum: 100\n"
	"CallerIDName: Ann\n"
	"ConnectedLineNum: 100\n"
	"ConnectedLineName: Ann\n"
	"Language: en\n"
	"AccountCode: camp7\n"
	"Context: default\n"
	"Exten: 100\n"
	"Priority: 3\n"
	"Uniqueid: call-1\n"
	"Linkedid: call-1\n"
	"Cause: 16\n"
	"Cause-txt: Normal Clearing\n"
	"\n";
/* clang-format on */

static struct event next;

static void raise_kind(enum event_kind kind, const char *a, const char *b)
{
	next.kind = kind;
	next.text[0] = slice_str(a);
	next.text[1] = slice_str(b);
	world_raise(&next);
}

static void raise_cause(enum event_kind kind, int cause, int tech_cause)
{
	next.number[0] = cause;
	next.number[1] = tech_cause;
	raise_kind(kind, NULL, NULL);
}

static void raise_place(const char *context, const char *exten, int priority, const char *app,
			const char *data)
{
	next.snap.context = slice_str(context);
	next.snap.exten = slice_str(exten);
	next.snap.priority = priority;
	raise_kind(EVENT_NEWEXTEN, app, data);
}

/* From Newchannel to DialBegin, as in all transcripts. */
static void raise_dialling(const char *dial_string)
{
	next = world_event(EVENT_NEWCHANNEL);
	world_raise(&next);
	raise_kind(EVENT_NEWEXTEN, "AppDial2", "(Outgoing Line)");
	raise_kind(EVENT_VARSET, "LEAD", "4711");
	next.snap.account = SLICE_LIT("camp7");
	raise_kind(EVENT_NEWACCOUNT, "", NULL);
	next.snap.cid_num = SLICE_LIT("100");
	next.snap.cid_name = SLICE_LIT("Ann");
	raise_kind(EVENT_NEWCALLERID, NULL, NULL);
	next.snap.conn_num = SLICE_LIT("100");
	next.snap.conn_name = SLICE_LIT("Ann");
	raise_kind(EVENT_NEWCONNECTED, NULL, NULL);
	raise_kind(EVENT_DIALBEGIN, dial_string, NULL);
}

static void raise_ringing(void)
{
	next.snap.state = 5;
	raise_kind(EVENT_NEWSTATE, NULL, NULL);
	raise_kind(EVENT_DIALSTATE, "RINGING", NULL);
}

static void raise_response(const char *id, const char *channel, bool success, int reason)
{
	struct event e = {.kind = EVENT_ORIGINATERESPONSE, .wall_ns = world.wall_ns};

	e.text[0] = slice_str(id);
	e.text[1] = slice_str(success ? "Success" : "Failure");
	e.text[2] = SLICE_LIT("default");
	e.text[3] = SLICE_LIT("100");
	e.number[0] = reason;
	e.snap.name = slice_str(channel);
	e.snap.uniqueid = slice_str(id);
	e.snap.cid_num = SLICE_LIT("100");
	e.snap.cid_name = SLICE_LIT("Ann");
	world_raise(&e);
}

#define AT(s) (INT64_C(1795447375) * 1000000000 + (s)*INT64_C(1000000000))

static void raise_cdr(void)
{
	static _Alignas(8) char packed[4096];
	struct event e = world_event(EVENT_CDR);
	struct cdr c = {
		.account = SLICE_LIT("camp7"),
		.src = SLICE_LIT("100"),
		.dst = SLICE_LIT("100"),
		.dcontext = SLICE_LIT("default"),
		.clid = SLICE_LIT("\"Ann\" <100>"),
		.channel = SLICE_LIT("PJSIP/self-00000000"),
		.lastapp = SLICE_LIT("Hangup"),
		.uniqueid = SLICE_LIT("call-1"),
		.start_wall_ns = AT(0) + 500000000,
		.answer_wall_ns = AT(2) + 200000000,
		.end_wall_ns = AT(4) + 400000000,
		.disposition = CDR_ANSWERED,
		.amaflags = CDR_DOCUMENTATION,
	};

	e.text[0] = slice_make(packed, cdr_pack(packed, &c));
	world_raise(&e);
}

static void test_answered(void **state)
{
	(void)state;
	raise_dialling("answer@self");
	raise_ringing();
	raise_response("call-1", "PJSIP/self-00000000", true, 4);
	next.snap.state = 6;
	raise_kind(EVENT_NEWSTATE, NULL, NULL);
	raise_kind(EVENT_DIALEND, "ANSWER", NULL);
	raise_place("default", "100", 1, "NoOp", "hello \"Ann\" <100>  ");
	raise_place("default", "100", 2, "Wait", "2");
	raise_place("default", "100", 3, "Hangup", "");
	raise_cause(EVENT_SOFTHANGUPREQUEST, 16, 0);
	raise_cdr();
	raise_cause(EVENT_HANGUP, 16, 0);
	EXPECT(client, answered);
}

/* The notation of ami-events.md 8.2: the headers of a snapshot in which st, cid and place vary. */
#define SNAP(prefix, state, text)                                                                  \
	prefix "Channel: PJSIP/self-00000000\n" prefix "ChannelState: " state "\n" prefix          \
	       "ChannelStateDesc: " text "\n" prefix "CallerIDNum: 100\n" prefix                   \
	       "CallerIDName: Ann\n" prefix "ConnectedLineNum: 100\n" prefix                       \
	       "ConnectedLineName: Ann\n" prefix "Language: en\n" prefix                           \
	       "AccountCode: camp7\n" prefix "Context: uas\n" prefix "Exten: s\n" prefix           \
	       "Priority: 1\n" prefix "Uniqueid: call-1\n" prefix "Linkedid: call-1\n"
#define EVENT(name) "Event: " name "\nPrivilege: call,all\n"

static void test_busy(void **state)
{
	(void)state;
	raise_dialling("busy@self");
	raise_ringing();
	world_read(client);
	raise_cause(EVENT_HANGUPREQUEST, 17, 486);
	raise_kind(EVENT_DIALEND, "BUSY", NULL);
	raise_response("call-2", "PJSIP/busy@self", false, 0);
	raise_cause(EVENT_HANGUP, 17, 486);
	EXPECT(client,
	       EVENT("HangupRequest") SNAP(
		       "", "5", "Ringing") "Cause: 17\nTechCause: 486\n\n" EVENT("DialEnd")
		       SNAP("Dest", "5", "Ringing") "DialStatus: BUSY\n\n" EVENT(
			       "OriginateResponse") "ActionID: call-2\nResponse: Failure\nChannel: "
						    "PJSIP/busy@self\nContext: default\nExten: "
						    "100\n"
						    "Reason: 0\nUniqueid: call-2\nCallerIDNum: "
						    "100\n"
						    "CallerIDName: Ann\n\n" EVENT("Hangup")
							    SNAP("", "5",
								 "Ringing") "Cause: 17\nCause-txt: "
									    "User busy\n"
									    "TechCause: 486\n\n");
}

static void test_no_answer(void **state)
{
	(void)state;
	raise_dialling("ring@self");
	raise_ringing();
	world_read(client);
	raise_cause(EVENT_HANGUP, 19, 480);
	EXPECT(client,
	       EVENT("Hangup") SNAP("", "5", "Ringing") "Cause: 19\nCause-txt: User alerting, "
							"no answer\nTechCause: 480\n\n");
}

static void test_no_cause(void **state)
{
	(void)state;
	raise_dialling("ring@self");
	raise_ringing();
	world_read(client);
	raise_cause(EVENT_HANGUPREQUEST, -1, 0);
	raise_cause(EVENT_HANGUP, 0, 0);
	EXPECT(client, EVENT("HangupRequest") SNAP("", "5", "Ringing") "\n" EVENT("Hangup")
			       SNAP("", "5", "Ringing") "Cause: 0\nCause-txt: Unknown\n\n");
}

/* Failure before any channel exists. */
static void test_response_without_channel(void **state)
{
	struct event e = {.kind = EVENT_ORIGINATERESPONSE, .wall_ns = world.wall_ns};

	(void)state;
	e.text[0] = SLICE_LIT("u1");
	e.text[1] = SLICE_LIT("Failure");
	e.text[2] = SLICE_LIT("default");
	e.text[3] = SLICE_LIT("100");
	e.snap.name = SLICE_LIT("PJSIP/noreg");
	world_raise(&e);
	e.text[0] = SLICE_EMPTY;
	e.text[4] = SLICE_LIT("Wait");
	e.text[5] = SLICE_LIT("9");
	e.snap.cid_name = SLICE_LIT("Bob \"B\"");
	world_raise(&e);
	EXPECT(client,
	       EVENT("OriginateResponse") "ActionID: u1\nResponse: Failure\nChannel: PJSIP/noreg\n"
					  "Context: default\nExten: 100\nReason: 0\nUniqueid: "
					  "<unknown>\nCallerIDNum: <unknown>\nCallerIDName: "
					  "<unknown>\n\n" EVENT(
						  "OriginateResponse") "Response: "
								       "Failure\nChannel: "
								       "PJSIP/noreg\n"
								       "Application: Wait\nData: "
								       "9\nReason: 0\nUniqueid: "
								       "<unknown>\nCallerIDNum: "
								       "<unknown>\nCallerIDName: "
								       "Bob \"B\"\n\n");
}

static void test_other_kinds(void **state)
{
	(void)state;
	raise_dialling("x");
	raise_ringing();
	world_read(client);
	next.number[0] = 90;
	raise_kind(EVENT_DTMFBEGIN, "5", "Received");
	EXPECT(client, "Event: DTMFBegin\nPrivilege: dtmf,all\n" SNAP(
			       "", "5", "Ringing") "Digit: 5\nDirection: Received\n\n");
	raise_kind(EVENT_DTMFEND, "*", "Sent");
	EXPECT(client, "Event: DTMFEnd\nPrivilege: dtmf,all\n" SNAP(
			       "", "5", "Ringing") "Digit: *\nDurationMs: 90\nDirection: Sent\n\n");
	raise_kind(EVENT_HOLD, "", NULL);
	EXPECT(client, EVENT("Hold") SNAP("", "5", "Ringing") "\n");
	raise_kind(EVENT_HOLD, "jazz", NULL);
	EXPECT(client, EVENT("Hold") SNAP("", "5", "Ringing") "MusicClass: jazz\n\n");
	raise_kind(EVENT_UNHOLD, NULL, NULL);
	EXPECT(client, EVENT("Unhold") SNAP("", "5", "Ringing") "\n");
	raise_kind(EVENT_USEREVENT, "Lead", "A: 1\r\nB: 2\r\n");
	EXPECT(client, "Event: UserEvent\nPrivilege: user,all\n" SNAP(
			       "", "5", "Ringing") "UserEvent: Lead\nA: 1\nB: 2\n\n");
	raise_kind(EVENT_RTCPSENT, "SSRC: 0x00000001\r\nPT: 201(RR)\r\n", NULL);
	EXPECT(client, "Event: RTCPSent\nPrivilege: reporting,all\n" SNAP(
			       "", "5", "Ringing") "SSRC: 0x00000001\nPT: 201(RR)\n\n");
	raise_kind(EVENT_RTCPRECEIVED, "SSRC: 0x00000002\r\nPT: 200(SR)\r\n", NULL);
	EXPECT(client, "Event: RTCPReceived\nPrivilege: reporting,all\n" SNAP(
			       "", "5", "Ringing") "SSRC: 0x00000002\nPT: 200(SR)\n\n");
}

static void raise_texts(enum event_kind kind, const char *const texts[EVENT_TEXTS])
{
	struct event e = {.kind = kind, .wall_ns = world.wall_ns};

	for (int i = 0; i < EVENT_TEXTS && texts[i]; i++)
		e.text[i] = slice_str(texts[i]);
	world_raise(&e);
}

/* Of contacts, endpoints and registrations: what is not known is left out. */
static void test_of_endpoints(void **state)
{
	(void)state;
	raise_texts(EVENT_CONTACTSTATUS,
		    (const char *[EVENT_TEXTS]){"sip:1@h:5090", "Reachable", "1", "one", "2311"});
	EXPECT(client, "Event: ContactStatus\nPrivilege: system,all\nURI: sip:1@h:5090\n"
		       "ContactStatus: Reachable\nAOR: 1\nEndpointName: one\n"
		       "RoundtripUsec: 2311\n\n");
	raise_texts(EVENT_CONTACTSTATUS,
		    (const char *[EVENT_TEXTS]){"sip:1@h", "Removed", "1", "one", ""});
	EXPECT(client, "Event: ContactStatus\nPrivilege: system,all\nURI: sip:1@h\n"
		       "ContactStatus: Removed\nAOR: 1\nEndpointName: one\n\n");
	raise_texts(EVENT_PEERSTATUS,
		    (const char *[EVENT_TEXTS]){"PJSIP", "PJSIP/one", "Unreachable", ""});
	EXPECT(client, "Event: PeerStatus\nPrivilege: system,all\nChannelType: PJSIP\n"
		       "Peer: PJSIP/one\nPeerStatus: Unreachable\n\n");
	raise_texts(EVENT_REGISTRY,
		    (const char *[EVENT_TEXTS]){"PJSIP", "sip:u@h", "sip:h", "Rejected", "403"});
	EXPECT(client, "Event: Registry\nPrivilege: system,all\nChannelType: PJSIP\n"
		       "Username: sip:u@h\nDomain: sip:h\nStatus: Rejected\nCause: 403\n\n");
}

/* No empty line of a body ends the event early. */
static void test_body_cannot_end_the_event(void **state)
{
	(void)state;
	next = world_event(EVENT_USEREVENT);
	next.snap.name = SLICE_EMPTY;
	raise_kind(EVENT_USEREVENT, "X", "A: 1\r\n\r\n\nEvent: Forged\r\n\r\n");
	EXPECT(client,
	       "Event: UserEvent\nPrivilege: user,all\nUserEvent: X\nA: 1\nEvent: Forged\n\n");
}

static void test_names_are_escaped(void **state)
{
	const char *text;

	(void)state;
	next = world_event(EVENT_NEWSTATE);
	next.snap.cid_name = SLICE_LIT("Bob \"B\" O'Neil?\\");
	next.snap.conn_name = SLICE_LIT("a\tb");
	world_raise(&next);
	text = world_read(client);
	assert_non_null(strstr(text, "\r\nCallerIDName: Bob \\\"B\\\" O\\'Neil\\?\\\\\r\n"));
	assert_non_null(strstr(text, "\r\nConnectedLineName: a\\tb\r\n"));
}

static void test_general_options(void **state)
{
	struct ami_about about = {.system_name = "pbx1"};

	(void)state;
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nbindaddr=127.0.0.1\n"
					   "timestampevents=yes\ndisabledevents=Newstate,Hold\n"));
	ami_set_about(world.ami, &about);
	next = world_event(EVENT_NEWSTATE);
	world_raise(&next);
	raise_kind(EVENT_HOLD, NULL, NULL);
	EXPECT(client, "");
	next.snap.name = SLICE_EMPTY;
	raise_kind(EVENT_VARSET, "A", "b");
	EXPECT(client,
	       "Event: VarSet\nPrivilege: dialplan,all\nTimestamp: 1795447037.123456\n"
	       "SystemName: pbx1\nChannel: none\nUniqueid: none\nVariable: A\nValue: b\n\n");
}

/* Without cdr_manager.conf there are Cdr events; with it, if it says so. */
static void test_cdr_manager(void **state)
{
	static const struct {
		const char *text;
		bool told;
	} rows[] = {
		{NULL, true},
		{"[general]\nenabled = yes\n", true},
		{"[general]\nenabled = no\n", false},
		{"[general]\n", false},
		{"[mappings]\nrate => Rate\n", false},
	};
	char packed[1024];
	struct cdr cdr = {.uniqueid = SLICE_LIT("1.2")};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		ami_set_conf(world.ami, world_confs(WORLD_CONF, rows[i].text));
		world_read(client);
		next = world_event(EVENT_CDR);
		next.text[0] = slice_make(packed, cdr_pack(packed, &cdr));
		world_raise(&next);
		assert_int_equal(strstr(world_read(client), "Event: Cdr") != NULL, rows[i].told);
	}
}

static void test_channelvars(void **state)
{
	const char *text;

	(void)state;
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nbindaddr=127.0.0.1\n"
					   "channelvars=LEAD, CALLERID(num)\n"));
	next = world_event(EVENT_NEWCHANNEL);
	next.chan = handle_make(3, 7);
	raise_kind(EVENT_VARSET, "OTHER", "x");
	assert_non_null(strstr(world_read(client),
			       "Linkedid: call-1\r\nChanVariable: LEAD=\r\n"
			       "ChanVariable: CALLERID(num)=\r\nVariable: OTHER"));
	raise_kind(EVENT_VARSET, "__LEAD", "4711'");
	raise_kind(EVENT_VARSET, "LEAD", "4712'");
	world_read(client);
	raise_kind(EVENT_DIALBEGIN, "x", NULL);
	text = world_read(client);
	assert_non_null(strstr(text, "DestLinkedid: call-1\r\nDestChanVariable: LEAD=4712\\'\r\n"));
	next.chan = handle_make(3, 8); /* another channel has its own */
	raise_kind(EVENT_NEWSTATE, NULL, NULL);
	assert_non_null(strstr(world_read(client), "\r\nChanVariable: LEAD=\r\n"));
	world_chan("PJSIP/self-00000000", "call-1")->chan = handle_make(3, 7);
	raise_response("call-1", "PJSIP/self-00000000", true, 4);
	assert_non_null(strstr(world_read(client),
			       "CallerIDName: Ann\r\n"
			       "ChanVariable(PJSIP/self-00000000): LEAD=4712\\'\r\n"));
	next.chan = handle_make(3, 7);
	raise_cause(EVENT_HANGUP, 16, 0);
	assert_non_null(strstr(world_read(client), "ChanVariable: LEAD=4712\\'\r\n"));
	raise_kind(EVENT_NEWSTATE, NULL, NULL);
	assert_non_null(strstr(world_read(client), "ChanVariable: LEAD=\r\n"));
	ami_set_conf(world.ami, world_conf("[general]\nenabled=yes\nbindaddr=127.0.0.1\n"));
	raise_kind(EVENT_NEWSTATE, NULL, NULL);
	assert_null(strstr(world_read(client), "ChanVariable"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered),
		TEST(test_busy),
		TEST(test_no_answer),
		TEST(test_no_cause),
		TEST(test_response_without_channel),
		TEST(test_other_kinds),
		TEST(test_of_endpoints),
		TEST(test_body_cannot_end_the_event),
		TEST(test_names_are_escaped),
		TEST(test_general_options),
		TEST(test_cdr_manager),
		TEST(test_channelvars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
