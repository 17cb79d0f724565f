/* ami/table_pjsip.c - rows of the table of actions: actions that speak to the signalling. */
#include "ami/action.h"

static const struct ami_action rows[] = {
	{
		.name = "PJSIPHangup",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CALL,
		.synopsis = "Refuse a call that came in and is not answered yet.",
		.needs = {{"Channel", "No channel specified"}},
		.syntax = "[ActionID:] Channel: [Cause:]",
		.text = "Channel is a name, a Uniqueid, or /regex/ for all names that it fits. "
			"Cause is a SIP status from 400 to 699 or its name, as BUSY_HERE; 603 is "
			"sent for anything else. Calls that are answered, and those that the "
			"engine placed, are left alone, though the answer is the same.",
		.fn = ami_do_pjsip_hangup,
	},
	{
		.name = "PJSIPNotify",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Send a NOTIFY to an endpoint, a URI or the far end of a channel.",
		.syntax = "[ActionID:] [Endpoint:] [URI:] [Channel:] [Option:] [Variable:]",
		.text = "One of Endpoint, URI and Channel says to whom: all contacts of an "
			"endpoint, any URI, by the default_outbound_endpoint of pjsip.conf, or the "
			"far end of a call, within it. What it says is a section of "
			"pjsip_notify.conf, named by Option, or stands in Variable headers, each "
			"`Header=value`; those named Content are lines of the body, which goes out "
			"with a Content-Type. Via, From, To, Call-ID, CSeq, Contact, Route and "
			"other headers that the engine writes itself are left out.",
		.fn = ami_do_pjsip_notify,
	},
	{
		.name = "PJSIPQualify",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "Ask all contacts of an endpoint whether they are there.",
		.needs = {{"Endpoint", "Endpoint parameter missing."}},
		.syntax = "[ActionID:] Endpoint:",
		.text = "OPTIONS goes to each contact at once; what changes is told by "
			"ContactStatus. Without qualify_frequency contacts have no state: the "
			"answer is logged (verbose), and its time shown by PJSIPShowContacts.",
		.fn = ami_do_pjsip_qualify,
	},
	{
		.name = "PJSIPRegister",
		.classes = AMI_CLASSES_INFO,
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
		.classes = AMI_CLASSES_INFO,
		.synopsis = "List our registrations with others.",
		.syntax = "[ActionID:]",
		.text = "Sends one OutboundRegistrationDetail for each, with its AuthDetail, then "
			"OutboundRegistrationDetailComplete with how many are registered.",
		.fn = ami_do_pjsip_outbound,
	},
	{
		.name = "PJSIPShowResourceLists",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the lists of resources that can be subscribed to.",
		.syntax = "[ActionID:]",
		.text = "There are none: nobody can subscribe here. The answer is always "
			"`No resource lists found`.",
		.fn = ami_do_pjsip_resource_lists,
	},
	{
		.name = "PJSIPShowSubscriptionsInbound",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List the subscriptions of others with us.",
		.syntax = "[ActionID:]",
		.text = "There are none: the list, which ends with "
			"InboundSubscriptionDetailComplete, is always empty.",
		.fn = ami_do_pjsip_subscriptions_inbound,
	},
	{
		.name = "PJSIPShowSubscriptionsOutbound",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "List our subscriptions with others.",
		.syntax = "[ActionID:]",
		.text = "There are none: the list, which ends with "
			"OutboundSubscriptionDetailComplete, is always empty.",
		.fn = ami_do_pjsip_subscriptions_outbound,
	},
	{
		.name = "PJSIPUnregister",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "End an outbound registration.",
		.needs = {{"Registration", "Registration parameter missing."}},
		.syntax = "[ActionID:] Registration:",
		.text = "Registration is its name, or *all. It stays ended until PJSIPRegister or "
			"a reload of a changed pjsip.conf.",
		.fn = ami_do_pjsip_unregister,
	},
};

const struct ami_action_area ami_area_pjsip = {rows, ARRAY_COUNT(rows)};
