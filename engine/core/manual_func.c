/* engine/core/manual_func.c - pages of the dialplan functions. manual.h */
#include "engine/core/manual.h"

#include "engine/base/check.h"

#define STRING	"string\n    Any text."
#define VARNAME "varname\n    Name of a variable, without ${}."
#define DATATYPE                                                                                   \
	"datatype\n    all, name, num, ani, dnid, rdnis, name-pres, num-pres, pres and others of " \
	"a party."

static const struct manual_page pages[] = {
	{"ARRAY", "ARRAY(var1[,var2[,...]])",
	 "Written only: Set(ARRAY(a,b)=1,2) sets a to 1 and b to 2.",
	 "var\n    Names of variables.", "MSet"},
	{"CALLERID", "CALLERID(datatype[,CID])",
	 "Who calls, as the channel has it. Written, it changes what is sent from then on.",
	 DATATYPE "\nCID\n    Text to take it from instead: \"Name\" <number>.", "CONNECTEDLINE"},
	{"CDR", "CDR(name[,options])",
	 "A field of the call's record: src, dst, dcontext, lastapp, lastdata, start, answer, end, "
	 "duration,\n"
	 "billsec, disposition, accountcode, uniqueid, linkedid, sequence and others. accountcode, "
	 "userfield,\n"
	 "amaflags and names of your own can be written.",
	 "name\n    The field.\noptions\n    u: as stored (epoch times, numbers). f: seconds with "
	 "fractions.",
	 "CHANNEL"},
	{"CHANNEL", "CHANNEL(item)",
	 "Something about the channel. accountcode, amaflags, language, musicclass, hangupsource "
	 "and others\n"
	 "can be written; state, name, uniqueid, linkedid, context, exten, channeltype and others "
	 "only read.",
	 "item\n    What is asked. With pjsip, rtp or rtcp in front: what those parts know. "
	 "rtp,src is "
	 "the local\n    address that audio is sent from, rtp,dest where it is sent.",
	 "CALLERID, CDR, HANGUPCAUSE"},
	{"CONNECTEDLINE", "CONNECTEDLINE(datatype[,i])",
	 "Who is on the other side, as the channel has it.",
	 DATATYPE "\ni\n    The far end is not told of what is written.", "CALLERID"},
	{"CSV_QUOTE", "CSV_QUOTE(string)",
	 "The text between double quotes, those inside doubled: a field of a CSV file.", STRING,
	 "QUOTE"},
	{"CUT", "CUT(varname,char-delim,range-spec)", "Fields of what a variable holds.",
	 VARNAME "\nchar-delim\n    What stands between fields; '-' without it.\n"
		 "range-spec\n    1-3, 2-, -4, or several with &: 1&3. Fields count from 1.",
	 "FIELDQTY, FIELDNUM, FILTER"},
	{"DB", "DB(family/key)",
	 "An entry of the database, read and written. DB_RESULT has what was read too.",
	 "family, key\n    Which entry.", "DBdel, DB_DELETE, DB_EXISTS, DB_KEYS"},
	{"DB_DELETE", "DB_DELETE(family/key)",
	 "The value of an entry, which is deleted. DB_RESULT has it too.",
	 "family, key\n    Which entry.", "DBdel, DB"},
	{"DB_EXISTS", "DB_EXISTS(family/key)",
	 "1 if there is such an entry, else 0. DB_RESULT is its value then.",
	 "family, key\n    Which entry.", "DB"},
	{"DB_KEYS", "DB_KEYS(prefix)",
	 "The keys right below a place of the database, separated by commas.",
	 "prefix\n    A family, or family/key; empty: the families.", "DB"},
	{"DEC", "DEC(variable)", "Takes one from the variable and gives the result.",
	 "variable\n    Its name, without ${}.", "INC, MATH"},
	{"DEVICE_STATE", "DEVICE_STATE(device)",
	 "What a device does: NOT_INUSE, INUSE, BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE, "
	 "ONHOLD or\n"
	 "UNKNOWN. Devices whose names begin with Custom: can be written.",
	 "device\n    Like PJSIP/100 or Custom:lamp.", "EXTENSION_STATE, HINT"},
	{"DIALPLAN_EXISTS", "DIALPLAN_EXISTS(context[,extension[,priority]])",
	 "1 if that place is in the dialplan, else 0.",
	 "context, extension, priority\n    The place; the priority may be a label.", "Goto"},
	{"EVAL", "EVAL(variable)", "Replaces variables and functions in text that came out of one.",
	 "variable\n    The text.", "PASSTHRU"},
	{"EXCEPTION", "EXCEPTION(field)", "In extension 'e': why it came here, and from where.",
	 "field\n    reason, context, exten or priority.", "RaiseException"},
	{"EXISTS", "EXISTS(data)", "0 if the text is empty, else 1.", "data\n    Any text.",
	 "ISNULL"},
	{"EXTENSION_STATE", "EXTENSION_STATE(extension[@context])",
	 "The state of an extension by its hint: as of DEVICE_STATE, or HOLDINUSE; UNKNOWN without "
	 "a hint.",
	 "extension, context\n    The place of the hint; the channel's context if none is given.",
	 "DEVICE_STATE, HINT"},
	{"FIELDNUM", "FIELDNUM(varname,delim,value)",
	 "Which field of the variable is the value: 1 for the first, 0 if none is.",
	 VARNAME "\ndelim\n    What stands between fields.\nvalue\n    What is looked for.",
	 "FIELDQTY, CUT"},
	{"FIELDQTY", "FIELDQTY(varname,delim)", "How many fields the variable has.",
	 VARNAME "\ndelim\n    What stands between fields.", "FIELDNUM, CUT"},
	{"FILTER", "FILTER(allowed-chars,string)",
	 "The text without what is not allowed. For numbers and names that go on to a shell or a "
	 "database.",
	 "allowed-chars\n    0-9a-z; \\x20 and \\- for a blank and the hyphen.\n" STRING,
	 "CUT, REPLACE, STRREPLACE"},
	{"GLOBAL", "GLOBAL(varname)", "A global variable, read and written from any channel.",
	 VARNAME, "Set, LOCAL"},
	{"GROUP", "GROUP([category])",
	 "The group that the channel is in, of the category or at all; written, it enters that "
	 "group "
	 "and\n"
	 "leaves the one of the same category. Written empty, it only leaves. A channel leaves all "
	 "of "
	 "its\n"
	 "groups when it ends.",
	 "category\n    Which of its groups. Set(GROUP()=name@category) says the same.",
	 "GROUP_COUNT, GROUP_LIST, GROUP_MATCH_COUNT"},
	{"GROUP_COUNT", "GROUP_COUNT([groupname][@category])",
	 "How many channels are in the group, on all shards. A cap on calls: enter first, then "
	 "count:\n"
	 "of two calls that come at the same moment at least one then sees both.",
	 "groupname\n    The channel's own group if none is given.\ncategory\n    Those of that "
	 "category only.",
	 "GROUP, GROUP_LIST, GROUP_MATCH_COUNT"},
	{"GROUP_LIST", "GROUP_LIST()",
	 "The groups that the channel is in, with blanks between: one two@category.", "",
	 "GROUP, GROUP_COUNT"},
	{"GROUP_MATCH_COUNT", "GROUP_MATCH_COUNT(groupmatch[@category])",
	 "How many channels are in groups that an expression fits.",
	 "groupmatch\n    POSIX extended regular expression.\ncategory\n    Another one, for "
	 "categories.",
	 "GROUP, GROUP_COUNT"},
	{"HANGUPCAUSE", "HANGUPCAUSE(channel,type)",
	 "Why a channel ended: the SIP status that came, or Asterisk's words for the cause.",
	 "channel\n    Its name.\ntype\n    tech: SIP 486 Busy Here. ast: User busy.",
	 "CHANNEL, Hangup"},
	{"HINT", "HINT(extension[@context][,name])", "The devices of an extension's hint.",
	 "extension, context\n    The place of the hint; the channel's context if none is "
	 "given.\nname\n    yes: its name instead.",
	 "DEVICE_STATE, EXTENSION_STATE"},
	{"IF", "IF(expression?[true][:false])", "One of two texts.",
	 "expression\n    False if it is empty or 0, else true.\ntrue, false\n    The texts.",
	 "IFTIME, ExecIf, GotoIf"},
	{"IFTIME", "IFTIME(timespec?[true][:false])",
	 "One of two texts: the first if the present time is within the given one.",
	 "timespec\n    times,weekdays,mdays,months[,timezone].\ntrue, false\n    The texts.",
	 "GotoIfTime, IF"},
	{"INC", "INC(variable)", "Adds one to the variable and gives the result.",
	 "variable\n    Its name, without ${}.", "DEC, MATH"},
	{"ISNULL", "ISNULL(data)", "1 if the text is empty, else 0.", "data\n    Any text.",
	 "EXISTS"},
	{"LEN", "LEN(string)", "How many octets the text has.", STRING, "FIELDQTY"},
	{"LOCAL", "LOCAL(varname)",
	 "A variable that lasts until the Return of the present Gosub; what had the name before is "
	 "back then.",
	 VARNAME, "Gosub, Return, GLOBAL"},
	{"LTRIM", "LTRIM(string)", "The text without blanks in front.", STRING, "RTRIM, TRIM"},
	{"MATH", "MATH(expression[,type])",
	 "Computes with two numbers and one operator: + - * / % ^ << >> AND OR XOR, or compares "
	 "them, which\n"
	 "gives TRUE or FALSE.",
	 "expression\n    7*6\ntype\n    f (float, six decimals; without it), i (int), h (hex), c "
	 "(character).",
	 "INC, DEC"},
	{"PASSTHRU", "PASSTHRU([string])",
	 "Its own argument: for functions that want the name of a variable where there is only "
	 "text.",
	 STRING, "EVAL"},
	{"PJSIP_AOR", "PJSIP_AOR(name,field)",
	 "What pjsip.conf says of an AOR, or what holds without it.",
	 "name\n    Of the AOR.\nfield\n    An option, as max_contacts; contact: the ids of its "
	 "contacts, joined by commas.",
	 "PJSIP_CONTACT, PJSIP_ENDPOINT"},
	{"PJSIP_CONTACT", "PJSIP_CONTACT(name,field)", "What is known of a contact.",
	 "name\n    Its id, as PJSIP_AOR(name,contact) gives it.\nfield\n    uri, status, rtt "
	 "(microseconds), expiration_time, user_agent, path, endpoint, aor, call_id,\n    "
	 "via_addr, "
	 "outbound_proxy or qualify_frequency.",
	 "PJSIP_AOR, PJSIP_DIAL_CONTACTS"},
	{"PJSIP_DIAL_CONTACTS", "PJSIP_DIAL_CONTACTS(endpoint[,aor[,request_user]])",
	 "Dial strings of all contacts of an endpoint that may be dialled, joined by &.",
	 "endpoint\n    Its name.\naor\n    Only the contacts of this AOR.\nrequest_user\n    "
	 "Takes the place of the user in the contacts' URIs.",
	 "PJSIP_AOR, PJSIP_CONTACT"},
	{"PJSIP_ENDPOINT", "PJSIP_ENDPOINT(name,field)",
	 "What pjsip.conf says of an endpoint, or what holds without it.",
	 "name\n    Of the endpoint.\nfield\n    An option, as context or allow.",
	 "PJSIP_AOR, CHANNEL"},
	{"PJSIP_HEADER", "PJSIP_HEADER(action,name[,number])",
	 "SIP headers: adds some to the INVITE that a channel is about to send (set it in the call "
	 "file, or\n"
	 "with Originate's Variable), or reads those of an INVITE that came. remove may be read "
	 "too: it\n"
	 "gives how many there were.",
	 "action\n    add, update, remove or read.\nname\n    The header.\n"
	 "number\n    Which of several headers of that name; 1 without it.",
	 "CHANNEL"},
	{"PJSIP_HEADERS", "PJSIP_HEADERS([prefix])",
	 "The names of the headers that PJSIP_HEADER could read, joined by commas.",
	 "prefix\n    Only those that begin so.", "PJSIP_HEADER"},
	{"PJSIP_RESPONSE_HEADER", "PJSIP_RESPONSE_HEADER(read,name[,number])",
	 "A header of the 200 by which the far end answered this call, while it is up and in its "
	 "extension h.\n"
	 "Empty before the answer, and of a call that came in.",
	 "name\n    The header; an asterisk at its end stands for anything.\n"
	 "number\n    Which of several headers of that name; 1 without it.",
	 "PJSIP_RESPONSE_HEADERS, PJSIP_HEADER"},
	{"PJSIP_RESPONSE_HEADERS", "PJSIP_RESPONSE_HEADERS(prefix)",
	 "The names of the headers that PJSIP_RESPONSE_HEADER could read, joined by commas.",
	 "prefix\n    Only those that begin so.", "PJSIP_RESPONSE_HEADER"},
	{"QUOTE", "QUOTE(string)",
	 "The text between double quotes, those inside after a backslash.", STRING, "CSV_QUOTE"},
	{"RAND", "RAND([min[,max]])", "A number by chance, both ends included.",
	 "min\n    0 without it.\nmax\n    2147483647 without it.", "MATH"},
	{"REDIRECTING", "REDIRECTING(datatype)",
	 "Who sent the call on, and why: read of a call that came with Diversion, set for one that "
	 "is "
	 "dialled\n"
	 "(Originate's Variable, Set of a call file), which then carries Diversion "
	 "(send_diversion).",
	 "datatype\n    from-all, from-name, from-num, from-pres, count, or reason: unknown, cfb, "
	 "cfnr, cfu,\n    unavailable, time_of_day, dnd, deflection, follow_me, out_of_order, "
	 "away, "
	 "cf_dte, send_to_vm.",
	 "CALLERID, PJSIP_HEADER"},
	{"REGEX", "REGEX(\"regular expression\" string)",
	 "1 if the text fits the POSIX extended regular expression, else 0.",
	 "regular expression\n    Between double quotes.\n" STRING, "FILTER"},
	{"REPLACE", "REPLACE(varname,find-chars[,replace-char])",
	 "What a variable holds, with some characters replaced by another one, or left out.",
	 VARNAME "\nfind-chars\n    Characters that are replaced; ranges are possible.\n"
		 "replace-char\n    What takes their place.",
	 "STRREPLACE, FILTER"},
	{"RTRIM", "RTRIM(string)", "The text without blanks behind.", STRING, "LTRIM, TRIM"},
	{"STRFTIME", "STRFTIME([epoch[,timezone[,format]]])", "A time as text.",
	 "epoch\n    Seconds since 1970; now without it.\ntimezone\n    Europe/Berlin; else that "
	 "of the machine.\n"
	 "format\n    As of strftime, and %q for fractions of a second; %c without it.",
	 "IFTIME"},
	{"STRREPLACE", "STRREPLACE(varname,find-string[,replace-string[,max-replacements]])",
	 "What a variable holds, with one text replaced by another one.",
	 VARNAME
	 "\nfind-string\n    What is looked for.\nreplace-string\n    What takes its place.\n"
	 "max-replacements\n    Not more often than that.",
	 "REPLACE"},
	{"TIMEOUT", "TIMEOUT(timeouttype)",
	 "Times in seconds, with fractions. absolute ends the call ('T' still runs), digit is the "
	 "pause that\n"
	 "ends a number, response the silence after which 't' runs.",
	 "timeouttype\n    absolute, digit or response.", "WaitExten, BackGround, Read"},
	{"TOLOWER", "TOLOWER(string)", "The text in small letters.", STRING, "TOUPPER"},
	{"TOUPPER", "TOUPPER(string)", "The text in capital letters.", STRING, "TOLOWER"},
	{"TRIM", "TRIM(string)", "The text without blanks at both ends.", STRING, "LTRIM, RTRIM"},
};

const struct manual_page *manual_func(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(pages); i++) {
		if (slice_ieq(slice_str(pages[i].name), name))
			return &pages[i];
	}
	return NULL;
}
