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
#define H(name)	 name ": <value>\n"
#define LIST_END "EventList: Complete\n" H("ListItems")
#define SECURITY                                                                                   \
	H("EventTV")                                                                               \
	H("Severity")                                                                              \
	H("Service")                                                                               \
	H("EventVersion") H("AccountID") H("SessionID") H("LocalAddress") H("RemoteAddress")

const struct ami_event_page ami_event_manual[] = {
	{"AorDetail", "An AOR of the endpoint: item of the answer to PJSIPShowEndpoint.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"AorList", "An AOR: item of the answer to PJSIPShowAors.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"AorListComplete", "The end of the answer to PJSIPShowAors.",
	 "ListItems counts the AorList events before it.", LIST_END},
	{"AuthDetail", "Credentials of the endpoint: item of the answer to PJSIPShowEndpoint.",
	 "Its options follow, as pjsip.conf or the defaults have them. Passwords are not told.",
	 H("ObjectType") H("ObjectName")},
	{"AuthList", "Credentials: item of the answer to PJSIPShowAuths.",
	 "Its options follow, as pjsip.conf or the defaults have them. Passwords are not told.",
	 H("ObjectType") H("ObjectName")},
	{"AuthListComplete", "The end of the answer to PJSIPShowAuths.",
	 "ListItems counts the AuthList events before it.", LIST_END},
	{"Cdr", "A call detail record was written.",
	 "Comes once the record is written, or on its way to be. Times are local; Duration and "
	 "BillableSeconds\nare seconds.",
	 H("AccountCode") H("Source") H("Destination") H("DestinationContext") H("CallerID") H(
		 "Channel") H("DestinationChannel") H("LastApplication") H("LastData")
		 H("StartTime") H("AnswerTime") H("EndTime") H("Duration") H("BillableSeconds")
			 H("Disposition") H("AMAFlags") H("UniqueID") H("UserField")},
	{"ChallengeResponseFailed", "A login with a key was refused.",
	 "The answer to Challenge did not fit. The expected one is not told.",
	 SECURITY H("Challenge") H("Response") H("ExpectedResponse") H("SessionTV")},
	{"ChannelHungup", "A channel was asked to end: item of the answer to Hangup.",
	 "One for each channel whose name fits.", H("Channel")},
	{"ChannelsHungupListComplete", "The end of the answer to Hangup.",
	 "ListItems counts the ChannelHungup before it.", LIST_END},
	{"ContactList", "A contact: item of the answer to PJSIPShowContacts.",
	 "Where an AOR can be reached, and what is known of it.", H("ObjectType") H("ObjectName")},
	{"ContactListComplete", "The end of the answer to PJSIPShowContacts.",
	 "ListItems counts the ContactList events before it.", LIST_END},
	{"ContactStatus", "What is known of a contact of an endpoint has changed.",
	 "Status is Created, Removed, Reachable, Unreachable, NonQualified or Updated. "
	 "RoundtripUsec comes where\n"
	 "an OPTIONS was answered.",
	 H("URI") H("ContactStatus") H("AOR") H("EndpointName") "[RoundtripUsec:] <value>\n"},
	{"ContactStatusDetail", "A contact in detail: item of the answer to PJSIPShowEndpoint.",
	 "RoundtripUsec is N/A where no OPTIONS was answered.",
	 H("AOR") H("URI") H("Status") H("RoundtripUsec") H("EndpointName")},
	{"ContactStatusDetailComplete", "The end of a list of contacts.",
	 "ListItems counts the ContactStatusDetail events before it.", LIST_END},
	{"CoreShowChannel", "A channel: item of the answer to CoreShowChannels.",
	 "One for each channel, in the order in which they came to be.",
	 SNAP("") H("BridgeId") H("Application") H("ApplicationData") H("Duration")},
	{"CoreShowChannelMapComplete", "The end of the answer to CoreShowChannelMap.",
	 "Calls that the engine placed have one channel each: the list is empty.", LIST_END},
	{"CoreShowChannelsComplete", "The end of the answer to CoreShowChannels.",
	 "ListItems counts the CoreShowChannel before it.", LIST_END},
	{"DBGetComplete", "The end of the answer to DBGet.", "ListItems is 1.", LIST_END},
	{"DBGetResponse", "An entry of the database: item of the answer to DBGet.",
	 "Val is empty where the entry is.", H("Family") H("Key") H("Val")},
	{"DBGetTreeComplete", "The end of the answer to DBGetTree.",
	 "ListItems counts the DBGetTreeResponse events before it.", LIST_END},
	{"DBGetTreeResponse", "An entry of the database: item of the answer to DBGetTree.",
	 "In the order of the keys.", H("Key") H("Val")},
	{"DeviceStateChange", "The state of an endpoint has changed.",
	 "State is NOT_INUSE, INUSE, RINGING, UNAVAILABLE and others.", H("Device") H("State")},
	{"DeviceStateListComplete", "The end of the answer to DeviceStateList.",
	 "ListItems counts the DeviceStateChange events before it.", LIST_END},
	{"DialBegin", "A call was handed to its technology.",
	 "Dest is the channel that is dialled. Each is followed by one DialEnd, or by the Hangup "
	 "of Dest.",
	 SNAP("Dest") H("DialString")},
	{"DialEnd", "The outcome of dialling is known.",
	 "DialStatus is ANSWER, BUSY, NOANSWER, CONGESTION, CHANUNAVAIL or CANCEL.",
	 SNAP("Dest") H("DialStatus")},
	{"DialState", "Dialling made progress.",
	 "DialStatus is RINGING, PROGRESS or PROCEEDING. There may be several, or none.",
	 SNAP("Dest") H("DialStatus")},
	{"DTMFBegin", "A digit begins.", "Direction is Received or Sent.",
	 SNAP("") H("Digit") H("Direction")},
	{"DTMFEnd", "A digit ended.",
	 "DurationMs is how long the digit was heard, in milliseconds.",
	 SNAP("") H("Digit") H("DurationMs") H("Direction")},
	{"EndpointDetail", "An endpoint in detail: item of the answer to PJSIPShowEndpoint.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"EndpointDetailComplete", "The end of the answer to PJSIPShowEndpoint.",
	 "ListItems counts the items before it.", LIST_END},
	{"EndpointList", "An endpoint: item of the answer to PJSIPShowEndpoints.",
	 "DeviceState is as people see it: Not in use, In use, Unavailable.",
	 H("ObjectType") H("ObjectName") H("Transport") H("Aor") H("Auths") H("OutboundAuths")
		 H("Contacts") H("DeviceState") H("ActiveChannels")},
	{"EndpointListComplete", "The end of the answer to PJSIPShowEndpoints.",
	 "ListItems counts the EndpointList events before it.", LIST_END},
	{"EventReplayComplete", "The end of the answer to EventReplay.",
	 "ListItems counts the events before it.", LIST_END},
	{"EventsLost", "Events were left out because this client did not read fast enough.",
	 "Lost counts those since the last such event, LostTotal those of this session. "
	 "Newchannel, Hangup,\nCdr and OriginateResponse are never left out.",
	 H("Lost") H("LostTotal")},
	{"ExtensionStateListComplete", "The end of the answer to ExtensionStateList.",
	 "ListItems counts the ExtensionStatus events before it.", LIST_END},
	{"ExtensionStatus", "The state of an extension with a hint has changed.",
	 "Also an item of the answer to ExtensionStateList. Status is a sum of 1 in use, 2 busy, "
	 "4 unavailable,\n"
	 "8 ringing, 16 on hold; 0 is idle, -1 no hint.",
	 H("Exten") H("Context") H("Hint") H("Status") H("StatusText")},
	{"FailedACL", "A login came from an address that its user does not permit.",
	 "The permit and deny lines of the user, or its acl, do not allow the address.",
	 SECURITY H("SessionTV")},
	{"Flash", "The far end pressed the hook for a moment.",
	 "As a digit of its own kind, RFC 4733 event 16.", SNAP("")},
	{"FullyBooted", "The engine is up; sent at login.",
	 "To clients that read class system, behind the answer to Login. Uptime and LastReload are "
	 "seconds.",
	 H("Uptime") H("LastReload") H("Status")},
	{"Hangup", "A channel ended; its last event.",
	 "Cause is a Q.850 number, Cause-txt its name, TechCause what the technology says: a SIP "
	 "status.",
	 SNAP("") H("Cause") H("Cause-txt") "[TechCause:] <value>\n"},
	{"HangupRequest", "The far end asked to end a call.",
	 "It comes before the Hangup of the channel.",
	 SNAP("") "[Cause:] <value>\n[TechCause:] <value>\n"},
	{"Hold", "The far end put a call on hold.",
	 "The far end sent audio no more, or asked not to be sent any.",
	 SNAP("") "[MusicClass:] <value>\n"},
	{"IdentifyDetail",
	 "Addresses by which the endpoint is known: item of the answer to PJSIPShowEndpoint.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"InboundRegistrationDetail",
	 "An AOR with its contacts: item of the answer to PJSIPShowRegistrationsInbound.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"InboundRegistrationDetailComplete",
	 "The end of the answer to PJSIPShowRegistrationsInbound.",
	 "ListItems counts the InboundRegistrationDetail events before it.", LIST_END},
	{"InboundSubscriptionDetailComplete",
	 "The end of the answer to PJSIPShowSubscriptionsInbound.",
	 "ListItems is 0: nobody can subscribe here.", LIST_END},
	{"InvalidAccountID", "A login named no known user.",
	 "AccountID is the name that was tried.", SECURITY H("SessionTV")},
	{"InvalidPassword", "A login had a wrong secret.", "AccountID is the user that was tried.",
	 SECURITY H("SessionTV")},
	{"ListDialplan", "A part of the dialplan: item of the answer to ShowDialPlan.",
	 "A step of an extension, a hint, an include or an ignored pattern.",
	 H("Context") H("Extension") H("ExtensionLabel") H("Priority") H("Application") H("AppData")
		 H("IncludeContext") H("IgnorePattern") H("Registrar")},
	{"NewAccountCode", "The account code of a channel changed.",
	 "By the dialplan, or a client.", SNAP("") H("OldAccountCode")},
	{"NewCallerid", "The caller id of a channel changed.",
	 "By the order that made the channel, the dialplan, or a client.",
	 SNAP("") H("CID-CallingPres")},
	{"Newchannel", "A channel came to be; its first event.",
	 "All other events of the channel have the same Uniqueid.", SNAP("")},
	{"NewConnectedLine", "The connected party of a channel changed.",
	 "By the order that made the channel, the dialplan, or a client.", SNAP("")},
	{"Newexten", "A channel runs an application.",
	 "One for each step of the dialplan. Extension is the same as Exten.",
	 SNAP("") H("Extension") H("Application") H("AppData")},
	{"Newstate", "The state of a channel changed.",
	 "ChannelState is a number, ChannelStateDesc its name: Ringing, Up and others.", SNAP("")},
	{"OriginateResponse", "The outcome of an asynchronous Originate; exactly one for each.",
	 "Exactly one comes for each accepted Originate with Async: true, whatever happens. Reason "
	 "is the\nlast that was known of the far end: 4 answered, 5 busy, 8 congested, 3 no "
	 "answer, 0 no such thing.",
	 "[ActionID:] <value>\n" H("Response")
		 H("Channel") "[Context:] <value>\n[Exten:] <value>\n"
			      "[Application:] <value>\n[Data:] <value>\n" H("Reason") H("Uniqueid")
				      H("CallerIDNum") H("CallerIDName")},
	{"OutboundRegistrationDetail",
	 "A registration with another server: item of the answer to "
	 "PJSIPShowRegistrationsOutbound.",
	 "Status is Registered, Unregistered or Rejected; NextReg says when it is renewed.",
	 H("ObjectType") H("ObjectName") H("Status") H("NextReg")},
	{"OutboundRegistrationDetailComplete",
	 "The end of the answer to PJSIPShowRegistrationsOutbound.",
	 "With how many are registered and how many are not.",
	 LIST_END H("Registered") H("NotRegistered")},
	{"OutboundSubscriptionDetailComplete",
	 "The end of the answer to PJSIPShowSubscriptionsOutbound.",
	 "ListItems is 0: the engine subscribes to nothing.", LIST_END},
	{"PeerStatus", "An endpoint can be reached, or not any more.",
	 "PeerStatus is Reachable, Unreachable, Registered or Unregistered.",
	 H("ChannelType") H("Peer") H("PeerStatus") "[Cause:] <value>\n"},
	{"PresenceStateListComplete", "The end of the answer to PresenceStateList.",
	 "ListItems is 0: there is no provider of presence.", LIST_END},
	{"Registry", "A registration with another server has changed.",
	 "Status is Registered, Unregistered or Rejected; Cause says why.",
	 H("ChannelType") H("Username") H("Domain") H("Status") "[Cause:] <value>\n"},
	{"Reload", "Configuration was read again.",
	 "Module is what was asked for, or All. Status 0: it was taken over; 2: there is no such "
	 "module; 3: it\nwas refused, and the old settings stay in force.",
	 H("Module") H("Status")},
	{"RequestBadFormat", "A client sent no action, or one that does not exist.",
	 "RequestType is what it sent.",
	 H("EventTV") H("Severity") H("Service") H("EventVersion") H("SessionID") H("LocalAddress")
		 H("RemoteAddress") H("RequestType") H("SessionTV") H("AccountID")},
	{"RequestNotAllowed", "A client may not run the action that it sent.",
	 "The user's write line lacks the class of the action.",
	 SECURITY H("RequestType") H("SessionTV")},
	{"RTCPReceived", "An RTCP report came.",
	 "What the far end tells of the audio that it gets and sends.",
	 SNAP("") H("SSRC") H("PT") H("ReportCount")},
	{"RTCPSent", "An RTCP report was sent.",
	 "What the engine tells of the audio that it gets and sends.",
	 SNAP("") H("SSRC") H("PT") H("ReportCount")},
	{"SessionLimit", "A user is logged in already and may be only once.",
	 "allowmultiplelogin is no, for all or for this user.", SECURITY H("SessionTV")},
	{"ShowDialPlanComplete", "The end of the answer to ShowDialPlan.",
	 "ListItems counts the ListDialplan events before it.",
	 LIST_END H("ListExtensions") H("ListPriorities") H("ListContexts")},
	{"Shutdown", "The engine stops.",
	 "Shutdown is Cleanly. Restart is False: the engine does not start itself again.",
	 H("Shutdown") H("Restart")},
	{"SoftHangupRequest", "The engine asked to end a call.",
	 "By a client, the dialplan, a timeout, or the end of the engine. Cause is no Q.850 number "
	 "but the kind\nof request, as in Asterisk: 32 by a client.",
	 SNAP("") H("Cause") "[TechCause:] <value>\n"},
	{"Status", "A channel in detail: item of the answer to Status.",
	 "With the variables that were asked for.", SNAP("") "[Variable:] <value>\n"},
	{"StatusComplete", "The end of the answer to Status.",
	 "Items counts the Status events before it.", LIST_END H("Items")},
	{"SuccessfulAuth", "A client logged in.",
	 "UsingPassword is 1 where the secret itself was sent.",
	 SECURITY H("UsingPassword") H("SessionTV")},
	{"TransportDetail", "A transport of the endpoint: item of the answer to PJSIPShowEndpoint.",
	 "Its options follow, as pjsip.conf or the defaults have them.",
	 H("ObjectType") H("ObjectName")},
	{"Unhold", "The far end took a call from hold.", "Audio flows again.", SNAP("")},
	{"UserEvent", "An event of a client's or the dialplan's own.",
	 "By the action or the application UserEvent, with the headers that it gave.",
	 "[Channel:] <value>\n" H("UserEvent") "[Header1:] <value>\n"},
	{"VarSet", "A variable was set.",
	 "By the dialplan, a client, or the engine itself. Control characters in Value are written "
	 "as in C.",
	 SNAP("") H("Variable") H("Value")},
	{"WaitEventComplete", "The end of WaitEvent.",
	 "The events that it waited for stand before it.", ""},
};

const uint32_t ami_event_manual_count = ARRAY_COUNT(ami_event_manual);

const struct ami_event_page *ami_event_manual_find(struct slice name)
{
	for (uint32_t i = 0; i < ami_event_manual_count; i++)
		if (slice_ieq(slice_str(ami_event_manual[i].name), name))
			return &ami_event_manual[i];
	return NULL;
}
