/* engine/core/manual_app.c - pages of the applications. manual.h */
#include "engine/core/manual.h"

#include "engine/base/check.h"

#define PLACE                                                                                      \
	"place\n    [[context,]extension,]priority. The priority is a number, a label, or +n or "  \
	"-n\n"                                                                                     \
	"    counted from the present one."
#define CONDITION "condition\n    False if it is empty or 0, else true."
#define TIMES                                                                                      \
	"times\n    09:00-17:00, or * for always.\nweekdays\n    mon-fri, or *.\n"                 \
	"mdays\n    Days of the month, 1-31, or *.\nmonths\n    jan-dec, or *."

static const struct manual_page pages[] = {
	{"Answer", "Answer([delay[,options]])",
	 "Answers the call if it is not answered yet. Then it waits up to half a second for audio "
	 "of the\n"
	 "far end, or for the delay if that is longer. A call that the engine placed is answered "
	 "when the\n"
	 "dialplan begins, so this does nothing there.",
	 "delay\n    Milliseconds to wait after the answer.\noptions\n    i: do not wait for "
	 "audio.",
	 "Hangup"},
	{"BackGround", "BackGround(filename1[&filename2[&...]][,options[,language[,context]]])",
	 "Plays prompts and listens for digits. A digit that begins an extension of the context "
	 "ends the\n"
	 "prompt; further digits are collected and the dialplan goes on at that extension. Without "
	 "a digit\n"
	 "it goes on at the next priority. BACKGROUNDSTATUS is SUCCESS, or FAILED if a file is "
	 "missing.",
	 "filename\n    A prompt, without the ending of its name.\n"
	 "options\n    s: skip unless the call is answered. n: do not answer. m: only extensions "
	 "of one digit\n"
	 "    end the prompt. p: nothing ends it.\n"
	 "language\n    Of the prompts; else that of the channel.\n"
	 "context\n    Where the extensions are looked for; else the present one.",
	 "Playback, Read, WaitExten, TIMEOUT"},
	{"Busy", "Busy([timeout])",
	 "Tells the far end of a call that is not answered yet that we are busy, or plays the busy "
	 "tone\n"
	 "on one that is, and ends the call after the time. The cause becomes 17.",
	 "timeout\n    Seconds; for ever without it.", "Congestion, PlayTones, Hangup"},
	{"Congestion", "Congestion([timeout])",
	 "As Busy with the congestion tone; the cause becomes 34.",
	 "timeout\n    Seconds; for ever without it.", "Busy, PlayTones, Hangup"},
	{"ContinueWhile", "ContinueWhile()",
	 "Goes back to the While of the loop that runs, where its condition is looked at again.",
	 NULL, "While, EndWhile, ExitWhile"},
	{"DBdel", "DBdel(family/key)", "Deletes one entry of the database.",
	 "family, key\n    Which entry.", "DBdeltree, DB_DELETE, DB"},
	{"DBdeltree", "DBdeltree(family[/keytree])",
	 "Deletes a family of the database, or the keys below one in it.",
	 "family, keytree\n    What is deleted.", "DBdel, DB"},
	{"Echo", "Echo()",
	 "Sends back what it hears, audio and digits, until '#' comes. For trying a line: how long "
	 "does a\n"
	 "word take to come back?",
	 NULL, "Playback"},
	{"EndWhile", "EndWhile()", "The end of a loop: goes back to its While.", NULL,
	 "While, ExitWhile, ContinueWhile"},
	{"Exec", "Exec(appname(arguments))",
	 "Runs an application whose name may come out of a variable. The call ends if there is no "
	 "such\n"
	 "application, or if that ends it.",
	 "appname\n    The application.\narguments\n    What it gets.", "ExecIf, TryExec"},
	{"ExecIf", "ExecIf(condition?appiftrue(arguments)[:appiffalse(arguments)])",
	 "Runs one of two applications. Without the second it does nothing when the condition is "
	 "false.",
	 CONDITION "\nappiftrue\n    Runs if it is true.\nappiffalse\n    Runs if it is false.",
	 "Exec, GotoIf, IF"},
	{"ExecIfTime", "ExecIfTime(times,weekdays,mdays,months[,timezone]?appname[(arguments)])",
	 "Runs an application if the present time is within the given one.",
	 TIMES
	 "\ntimezone\n    Of the times; else that of the machine.\nappname\n    The application.",
	 "GotoIfTime, IFTIME"},
	{"ExitWhile", "ExitWhile()", "Leaves the loop that runs: goes on behind its EndWhile.",
	 NULL, "While, EndWhile, ContinueWhile"},
	{"Gosub", "Gosub([[context,]exten,]priority[(arg1[,...][,argN])])",
	 "Jumps and remembers where to come back to: Return goes on behind. The arguments are ARG1 "
	 "to ARGn\n"
	 "there and ARGC says how many; with what LOCAL makes they vanish at the Return. A place "
	 "that does\n"
	 "not exist ends the call.",
	 PLACE "\narg\n    Arguments of the routine.", "GosubIf, Return, StackPop, LOCAL"},
	{"GosubIf", "GosubIf(condition?[labeliftrue[(args)]][:[labeliffalse[(args)]]])",
	 "As Gosub, to one of two places. Where a place is left out it goes on with the next "
	 "priority.",
	 CONDITION "\nlabeliftrue\n    Where to go if it is true.\nlabeliffalse\n    Where to go "
		   "if it is false.",
	 "Gosub, Return, GotoIf"},
	{"Goto", "Goto([[context,]extensions,]priority)",
	 "Goes on elsewhere. An extension that does not exist leads to 'i' of its context; a "
	 "priority that\n"
	 "does not exist ends the call.",
	 PLACE, "GotoIf, GotoIfTime, Gosub"},
	{"GotoIf", "GotoIf(condition?[labeliftrue][:[labeliffalse]])",
	 "Goes on at one of two places. Where a place is left out it goes on with the next "
	 "priority.",
	 CONDITION "\nlabeliftrue\n    Where to go if it is true.\nlabeliffalse\n    Where to go "
		   "if it is false.",
	 "Goto, GotoIfTime, GosubIf, ExecIf"},
	{"GotoIfTime",
	 "GotoIfTime(times,weekdays,mdays,months[,timezone]?[labeliftrue][:[labeliffalse]])",
	 "Goes on at one of two places: the first if the present time is within the given one.",
	 TIMES "\ntimezone\n    Of the times; else that of the machine.\n"
	       "labeliftrue, labeliffalse\n    Where to go.",
	 "GotoIf, IFTIME, ExecIfTime"},
	{"Hangup", "Hangup([causecode])", "Ends the call; extension 'h' still runs.",
	 "causecode\n    A Q.850 number or a name (USER_BUSY). Else the cause that the call has "
	 "already, or 16.",
	 "Answer, Busy, Congestion"},
	{"Log", "Log(level,message)", "Writes a line into the log.",
	 "level\n    ERROR, WARNING, NOTICE, DEBUG or VERBOSE.\nmessage\n    The line.",
	 "Verbose, NoOp"},
	{"MSet", "MSet(name1=value1[,name2=value2[,...]])",
	 "Sets several variables or functions at once. A value with a comma belongs between "
	 "quotes.",
	 "name\n    A variable, or a function that can be written.\nvalue\n    What it becomes.",
	 "Set"},
	{"NoOp", "NoOp([text])",
	 "Does nothing. Its text is seen in the verbose lines, with its variables replaced.",
	 "text\n    Anything.", "Verbose, Log"},
	{"Playback", "Playback(filename[&filename2[&...]][,options])",
	 "Plays prompts one after another, and answers first unless told otherwise. Digits are "
	 "ignored. A\n"
	 "file that does not exist is logged and left out. PLAYBACKSTATUS is SUCCESS or FAILED.",
	 "filename\n    A prompt, without the ending of its name.\n"
	 "options\n    skip: do nothing unless the call is answered. noanswer: play without "
	 "answering.",
	 "BackGround, Read"},
	{"PlayTones", "PlayTones(arg)", "Begins a tone and goes on; StopPlayTones ends it.",
	 "arg\n    busy, congestion, ring, dial and others, or a list: 440+480/2000,0/4000.",
	 "StopPlayTones, Busy, Congestion"},
	{"Proceeding", "Proceeding()",
	 "Tells the far end of a call that is not answered yet that it is being worked on.", NULL,
	 "Ringing, Progress"},
	{"Progress", "Progress()",
	 "Tells the far end of a call that is not answered yet that audio comes before the answer.",
	 NULL, "Ringing, Proceeding, Playback"},
	{"RaiseException", "RaiseException(reason)",
	 "Goes to extension 'e', where EXCEPTION tells the reason and the place it came from.",
	 "reason\n    Any text.", "EXCEPTION"},
	{"Read",
	 "Read(variable[,filename[&filename2[&...]][,maxdigits[,options[,attempts[,timeout]]]]])",
	 "Plays prompts and reads digits into a variable, up to a number of them, '#', or a "
	 "silence.\n"
	 "READSTATUS is OK, ERROR, HANGUP, INTERRUPTED, SKIPPED or TIMEOUT.",
	 "variable\n    Gets the digits; empty if none came.\nfilename\n    Prompts; a digit "
	 "breaks them off.\n"
	 "maxdigits\n    Ends when so many have come; 0: 255.\n"
	 "options\n    s: skip unless answered. n: read also before the answer. i: filename is a "
	 "tone.\n"
	 "    t(x): x ends instead of '#'. e: the ending digit alone is a value.\n"
	 "attempts\n    How often to ask.\ntimeout\n    Seconds to wait for a digit.",
	 "BackGround, WaitExten, SendDTMF, TIMEOUT"},
	{"Return", "Return([value])", "Goes back behind the last Gosub. Without one the call ends.",
	 "value\n    GOSUB_RETVAL becomes it.", "Gosub, StackPop"},
	{"Ringing", "Ringing()",
	 "Tells the far end of a call that is not answered yet that it rings here.", NULL,
	 "Progress, Proceeding, Busy"},
	{"SendDTMF", "SendDTMF(digits[,timeout_ms[,duration_ms[,channel]]])",
	 "Sends digits to the far end as its dtmf_mode says: events, tones or INFO.",
	 "digits\n    0-9, *, #, A-D; w waits half a second, W a second.\n"
	 "timeout_ms\n    Pause between digits; 250 without it.\n"
	 "duration_ms\n    Length of a digit; 100 without it.\nchannel\n    Another channel to "
	 "send to.",
	 "Read"},
	{"Set", "Set(name=value)",
	 "Sets a variable, or writes a function. A name that begins with _ is inherited by the "
	 "next channel\n"
	 "that this one makes, with __ by all that follow.",
	 "name\n    A variable, or a function that can be written: CALLERID(num).\nvalue\n    What "
	 "it becomes.",
	 "MSet, GLOBAL, LOCAL"},
	{"StackPop", "StackPop()",
	 "Forgets the place that the last Gosub wanted to come back to, with its arguments.", NULL,
	 "Gosub, Return"},
	{"StopPlayTones", "StopPlayTones()", "Ends what PlayTones began.", NULL, "PlayTones"},
	{"Transfer", "Transfer([Tech/]destination)",
	 "Sends the far end elsewhere: by REFER in an answered call, by 302 in a call that came in "
	 "and\nis not answered. Goes on when its outcome is known. TRANSFERSTATUS is SUCCESS, "
	 "FAILURE "
	 "or\nUNSUPPORTED, TRANSFERSTATUSPROTOCOL the SIP status.",
	 "Tech\n    PJSIP, as the channel.\ndestination\n    A SIP URI, user@host, or a number at "
	 "the far end's own host.",
	 NULL},
	{"TryExec", "TryExec(appname(arguments))",
	 "Runs an application whose name may come out of a variable, and always goes on. TRYSTATUS "
	 "is\n"
	 "SUCCESS, FAILED or NOAPP.",
	 "appname\n    The application.\narguments\n    What it gets.", "Exec, ExecIf"},
	{"UserEvent", "UserEvent(eventname[,body])",
	 "Sends the AMI event UserEvent to clients that read class user: the channel's headers, "
	 "the name\n"
	 "and the body.",
	 "eventname\n    Value of its header UserEvent.\nbody\n    Key: value, several separated "
	 "by commas.",
	 "Log, Verbose"},
	{"Verbose", "Verbose([level,]message)",
	 "Shows a line on the consoles whose verbosity is high enough.",
	 "level\n    0 to 4; 0 without it.\nmessage\n    The line.", "Log, NoOp"},
	{"Wait", "Wait(seconds)",
	 "Waits, then goes on. Digits are ignored, audio that comes is thrown away.",
	 "seconds\n    May have a fraction: 0.5.", "WaitExten"},
	{"WaitExten", "WaitExten([seconds[,options]])",
	 "Waits for the digits of an extension and goes on there. When none comes in time: the "
	 "next\n"
	 "priority, if there is one, else extension 't'.",
	 "seconds\n    How long; TIMEOUT(response) without it.\noptions\n    d: dial tone "
	 "meanwhile.",
	 "BackGround, TIMEOUT"},
	{"While", "While(expr)",
	 "Begins a loop that ends at EndWhile. When the expression is false it goes on behind the "
	 "EndWhile.",
	 "expr\n    False if it is empty or 0, else true.", "EndWhile, ExitWhile, ContinueWhile"},
};

const struct manual_page *manual_app(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(pages); i++) {
		if (slice_ieq(slice_str(pages[i].name), name))
			return &pages[i];
	}
	return NULL;
}
