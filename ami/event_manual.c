/* ami/event_manual.c - see event_manual.h. In alphabetical order. */
#include "ami/event_manual.h"

#include "engine/base/check.h"

#define SNAP(prefix)                                                                               \
	prefix "Channel: <value>\n" prefix "ChannelState: <value>\n" prefix                        \
	       "ChannelStateDesc: <value>\n" prefix "CallerIDNum: <value>\n" prefix                \
	       "CallerIDName: <value>\n" prefix "ConnectedLineNum: <value>\n" prefix               \
	       "ConnectedLineName: <value>\n" prefix "Language: <value>\n" prefix                  \
	       "AccountCode: <value>\n" prefix "Context: <value>\n" prefix                         \
	       "Exten: <value>\n" prefix "Priority: <value>\n" prefix "Uniqueid: <value>\n" prefix \
	       "Linkedid: <value>\n"
#define H(name) name ": <value>\n"
#define SECURITY                                                                                   \
	H("EventTV")                                                                               \
	H("Severity")                                                                              \
	H("Service")                                                                               \
	H("EventVersion") H("AccountID") H("SessionID") H("LocalAddress") H("RemoteAddress")

const struct ami_event_page ami_event_manual[] = {
	{"Cdr", "A call detail record was written.",
	 H("AccountCode") H("Source") H("Destination") H("DestinationContext") H("CallerID") H(
		 "Channel") H("DestinationChannel") H("LastApplication") H("LastData")
		 H("StartTime") H("AnswerTime") H("EndTime") H("Duration") H("BillableSeconds")
			 H("Disposition") H("AMAFlags") H("UniqueID") H("UserField")},
	{"ChallengeResponseFailed", "A login with a key was refused.",
	 SECURITY H("Challenge") H("Response") H("ExpectedResponse") H("SessionTV")},
	{"DialBegin", "A call was handed to its technology.", SNAP("Dest") H("DialString")},
	{"DialEnd", "The outcome of dialling is known.", SNAP("Dest") H("DialStatus")},
	{"DialState", "Dialling made progress.", SNAP("Dest") H("DialStatus")},
	{"DTMFBegin", "A digit begins.", SNAP("") H("Digit") H("Direction")},
	{"DTMFEnd", "A digit ended.", SNAP("") H("Digit") H("DurationMs") H("Direction")},
	{"EventsLost", "Events were left out because this client did not read fast enough.",
	 H("Lost") H("LostTotal")},
	{"FailedACL", "A login came from an address that its user does not permit.",
	 SECURITY H("SessionTV")},
	{"FullyBooted", "The engine is up; sent at login.",
	 H("Uptime") H("LastReload") H("Status")},
	{"Hangup", "A channel ended; its last event.",
	 SNAP("") H("Cause") H("Cause-txt") "[TechCause:] <value>\n"},
	{"HangupRequest", "The far end asked to end a call.",
	 SNAP("") "[Cause:] <value>\n[TechCause:] <value>\n"},
	{"Hold", "The far end put a call on hold.", SNAP("") "[MusicClass:] <value>\n"},
	{"InvalidAccountID", "A login named no known user.", SECURITY H("SessionTV")},
	{"InvalidPassword", "A login had a wrong secret.", SECURITY H("SessionTV")},
	{"NewAccountCode", "The account code of a channel changed.", SNAP("") H("OldAccountCode")},
	{"NewCallerid", "The caller id of a channel changed.", SNAP("") H("CID-CallingPres")},
	{"Newchannel", "A channel came to be; its first event.", SNAP("")},
	{"NewConnectedLine", "The connected party of a channel changed.", SNAP("")},
	{"Newexten", "A channel runs an application.",
	 SNAP("") H("Extension") H("Application") H("AppData")},
	{"Newstate", "The state of a channel changed.", SNAP("")},
	{"OriginateResponse", "The outcome of an asynchronous Originate; exactly one for each.",
	 "[ActionID:] <value>\n" H("Response")
		 H("Channel") "[Context:] <value>\n[Exten:] <value>\n"
			      "[Application:] <value>\n[Data:] <value>\n" H("Reason") H("Uniqueid")
				      H("CallerIDNum") H("CallerIDName")},
	{"Reload", "Configuration was read again.", H("Module") H("Status")},
	{"RequestBadFormat", "A client sent no action, or one that does not exist.",
	 H("EventTV") H("Severity") H("Service") H("EventVersion") H("SessionID") H("LocalAddress")
		 H("RemoteAddress") H("RequestType") H("SessionTV") H("AccountID")},
	{"RequestNotAllowed", "A client may not run the action that it sent.",
	 SECURITY H("RequestType") H("SessionTV")},
	{"RTCPReceived", "An RTCP report came.", SNAP("") H("SSRC") H("PT") H("ReportCount")},
	{"RTCPSent", "An RTCP report was sent.", SNAP("") H("SSRC") H("PT") H("ReportCount")},
	{"SessionLimit", "A user is logged in already and may be only once.",
	 SECURITY H("SessionTV")},
	{"Shutdown", "The engine stops.", H("Shutdown") H("Restart")},
	{"SoftHangupRequest", "The engine asked to end a call.",
	 SNAP("") H("Cause") "[TechCause:] <value>\n"},
	{"SuccessfulAuth", "A client logged in.", SECURITY H("UsingPassword") H("SessionTV")},
	{"Unhold", "The far end took a call from hold.", SNAP("")},
	{"UserEvent", "An event of a client's or the dialplan's own.",
	 "[Channel:] <value>\n" H("UserEvent") "[Header1:] <value>\n"},
	{"VarSet", "A variable was set.", SNAP("") H("Variable") H("Value")},
};

const uint32_t ami_event_manual_count = ARRAY_COUNT(ami_event_manual);

const struct ami_event_page *ami_event_manual_find(struct slice name)
{
	for (uint32_t i = 0; i < ami_event_manual_count; i++)
		if (slice_ieq(slice_str(ami_event_manual[i].name), name))
			return &ami_event_manual[i];
	return NULL;
}
