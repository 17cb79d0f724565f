/* tests/sim/test_pbx.c - the dialplan engine and its applications, call by call, on virtual time.
 */
#include "engine/base/check.h"
#include "tests/sim/pbx_rig.h"
#include "tests/unit/cmocka.h"

struct act {
	int64_t at_ms;
	char what; /* a digit, 'H' far end hangs up, 'R' redirect to extension r */
};

struct call_case {
	const char *name;
	const char *conf;
	const char *want;
	struct act acts[6];
	const char *logged; /* text in a WARNING or ERROR; NULL: there is none */
};

static const struct call_case flow_cases[] = {
	{.name = "steps and autofallthrough",
	 .conf = "[test]\nexten => s,1,NoOp(a)\nsame => n,Wait(1.5)\nsame => n,NoOp(b)\n",
	 .want = "0 s@test:1 NoOp(a)\n"
		 "0 s@test:2 Wait(1.5)\n"
		 "1500 s@test:3 NoOp(b)\n"
		 "1500 soft hangup\n"
		 "1500 hangup 16\n"},
	{.name = "h runs once, on a dead channel",
	 .conf = "[test]\nexten => s,1,Hangup(17)\nexten => h,1,NoOp(${HANGUPCAUSE})\n"
		 "same => n,Wait(5)\nsame => n,NoOp(never)\n",
	 .want = "0 s@test:1 Hangup(17)\n"
		 "0 soft hangup\n"
		 "0 h@test:1 NoOp(17)\n"
		 "0 h@test:2 Wait(5)\n"
		 "0 hangup 17\n"},
	{.name = "the far end hangs up in Wait",
	 .conf = "[test]\nexten => s,1,Wait(10)\nexten => h,1,NoOp(bye)\n",
	 .want = "0 s@test:1 Wait(10)\n"
		 "2000 soft hangup\n"
		 "2000 h@test:1 NoOp(bye)\n"
		 "2000 hangup 16\n",
	 .acts = {{2000, 'H'}}},
	{.name = "what the answer said is known in h, whoever hangs up",
	 .conf = "[test]\nexten => s,1,Wait(10)\nexten => "
		 "h,1,NoOp(${PJSIP_RESPONSE_HEADER(read,Via)})\n",
	 .want = "0 s@test:1 Wait(10)\n"
		 "2000 soft hangup\n"
		 "2000 h@test:1 NoOp(v1)\n"
		 "2000 hangup 16\n",
	 .acts = {{2000, 'H'}}},
	{.name = "redirect breaks the application",
	 .conf = "[test]\nexten => s,1,Playback(long)\nexten => r,1,NoOp(here)\n",
	 .want = "0 s@test:1 Playback(long)\n"
		 "0 play long\n"
		 "500 stop\n"
		 "500 PLAYBACKSTATUS=SUCCESS\n"
		 "500 r@test:1 NoOp(here)\n"
		 "500 soft hangup\n"
		 "500 hangup 16\n",
	 .acts = {{500, 'R'}}},
	{.name = "unknown application ends the call",
	 .conf = "[test]\nexten => s,1,Nonsense(x)\nsame => n,NoOp(never)\nexten => h,1,NoOp(h)\n",
	 .want = "0 soft hangup\n0 h@test:1 NoOp(h)\n0 hangup 16\n",

	 .logged = "No application 'Nonsense' for extension (test, s, 1)"},
	{.name = "invalid extension goes to i",
	 .conf = "[test]\nexten => s,1,Goto(nowhere,1)\nexten => i,1,NoOp(${INVALID_EXTEN})\n",
	 .want = "0 s@test:1 Goto(nowhere,1)\n"
		 "0 INVALID_EXTEN=nowhere\n"
		 "0 i@test:1 NoOp(nowhere)\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "invalid extension goes to e",
	 .conf = "[test]\nexten => s,1,Goto(nowhere,1)\nexten => e,1,NoOp(${EXCEPTION(reason)})\n",
	 .want = "0 s@test:1 Goto(nowhere,1)\n"
		 "0 e@test:1 NoOp(INVALID)\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "invalid extension without a handler",
	 .conf = "[test]\nexten => s,1,Goto(nowhere,1)\n",
	 .want = "0 s@test:1 Goto(nowhere,1)\n0 soft hangup\n0 hangup 16\n",

	 .logged = "sent to invalid extension but no invalid handler: "
		   "context,exten,priority=test,nowhere,1"},
	{.name = "Goto: relative, label, other context",
	 .conf = "[test]\nexten => s,1,Goto(+2)\nsame => n,NoOp(skipped)\nsame => n,Goto(lab)\n"
		 "same => n,NoOp(skipped)\nsame => n(lab),Goto(other,x,1)\n[other]\nexten => "
		 "x,1,NoOp(o)\n",
	 .want = "0 s@test:1 Goto(+2)\n0 s@test:3 Goto(lab)\n0 s@test:5 Goto(other,x,1)\n"
		 "0 x@other:1 NoOp(o)\n0 soft hangup\n0 hangup 16\n"},
	{.name = "Goto: unknown label ends the call",
	 .conf = "[test]\nexten => s,1,Goto(foo)\n",
	 .want = "0 s@test:1 Goto(foo)\n0 soft hangup\n0 hangup 16\n",

	 .logged = "Priority 'foo' must be a number > 0, or valid label"},
	{.name = "GotoIf: both ways, and neither",
	 .conf = "[test]\nexten => s,1,GotoIf(0?never)\nsame => n,GotoIf($[1+1=2]?yes:no)\n"
		 "same => n(no),NoOp(no)\nsame => n(yes),GotoIf(?no:end)\nsame => n,NoOp(no)\n"
		 "same => n(end),NoOp(end)\n",
	 .want = "0 s@test:1 GotoIf(0?never)\n0 s@test:2 GotoIf(1?yes:no)\n0 s@test:4 "
		 "GotoIf(?no:end)\n"
		 "0 s@test:6 NoOp(end)\n0 soft hangup\n0 hangup 16\n"},
	{.name = "GotoIfTime: Thursday, the 1st of January, midnight",
	 .conf = "[test]\nexten => s,1,GotoIfTime(00:00-00:01,thu,1,jan?a:b)\nsame => "
		 "n(b),NoOp(b)\n"
		 "same => n(a),GotoIfTime(*,fri?b)\n",
	 .want = "0 s@test:1 GotoIfTime(00:00-00:01,thu,1,jan?a:b)\n0 s@test:3 "
		 "GotoIfTime(*,fri?b)\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "ExecIf: both branches, application that waits",
	 .conf = "[test]\nexten => s,1,ExecIf(1?Set(a=x,y):Set(b=1))\nsame => "
		 "n,ExecIf(0?Set(a=2):Set(b=3))\n"
		 "same => n,ExecIf(1?Wait(2))\nsame => n,ExecIf(0?Wait(2))\nsame => "
		 "n,NoOp(${a}${b})\n",
	 .want = "0 s@test:1 ExecIf(1?Set(a=x,y):Set(b=1))\n0 a=x,y\n"
		 "0 s@test:2 ExecIf(0?Set(a=2):Set(b=3))\n0 b=3\n"
		 "0 s@test:3 ExecIf(1?Wait(2))\n2000 s@test:4 ExecIf(0?Wait(2))\n"
		 "2000 s@test:5 NoOp(x,y3)\n2000 soft hangup\n2000 hangup 16\n"},
	{.name = "ExecIf: unknown application",
	 .conf = "[test]\nexten => s,1,ExecIf(1?Foo(x))\nsame => n,NoOp(never)\n",
	 .want = "0 s@test:1 ExecIf(1?Foo(x))\n0 soft hangup\n0 hangup 16\n",

	 .logged = "Could not find application! (Foo)"},
	{.name = "TryExec never ends the call",
	 .conf = "[test]\nexten => s,1,TryExec(Foo())\nsame => n,TryExec(Return())\nsame => "
		 "n,Exec(Set(a=1))\n",
	 .want = "0 s@test:1 TryExec(Foo())\n0 TRYSTATUS=NOAPP\n0 s@test:2 TryExec(Return())\n"
		 "0 TRYSTATUS=FAILED\n0 s@test:3 Exec(Set(a=1))\n0 a=1\n0 soft hangup\n0 hangup "
		 "16\n",

	 .logged = "Return without Gosub"},
	{.name = "While with a loop inside, ContinueWhile, ExitWhile",
	 .conf = "[test]\nexten => s,1,Set(i=0)\n"
		 "same => n,While($[${INC(i)} < 9])\n"
		 "same => n,ExecIf($[${i}=2]?ContinueWhile())\n"
		 "same => n,While(0)\nsame => n,NoOp(never)\nsame => n,EndWhile()\n"
		 "same => n,ExecIf($[${i}=3]?ExitWhile())\n"
		 "same => n,EndWhile()\n"
		 "same => n,NoOp(out ${i})\n",
	 .want = "0 s@test:1 Set(i=0)\n0 i=0\n"
		 "0 i=1\n0 s@test:2 While(1)\n0 s@test:3 ExecIf(0?ContinueWhile())\n0 s@test:4 "
		 "While(0)\n"
		 "0 s@test:7 ExecIf(0?ExitWhile())\n0 s@test:8 EndWhile()\n"
		 "0 i=2\n0 s@test:2 While(1)\n0 s@test:3 ExecIf(1?ContinueWhile())\n"
		 "0 i=3\n0 s@test:2 While(1)\n0 s@test:3 ExecIf(0?ContinueWhile())\n0 s@test:4 "
		 "While(0)\n"
		 "0 s@test:7 ExecIf(1?ExitWhile())\n0 s@test:9 NoOp(out 3)\n0 soft hangup\n0 "
		 "hangup 16\n"},
	{.name = "Gosub: arguments, locals, return value",
	 .conf = "[test]\nexten => s,1,Set(v=out)\nsame => n,Gosub(sub,s,1(\"p 2,x\",b))\n"
		 "same => n,NoOp(${GOSUB_RETVAL}|${v}|${ARG1})\n"
		 "[sub]\nexten => s,1,Set(LOCAL(v)=in)\nsame => n,NoOp(${ARGC} ${ARG1} ${ARG2} "
		 "${v})\n"
		 "same => n,Return(back)\n",
	 .want = "0 s@test:1 Set(v=out)\n0 v=out\n0 s@test:2 Gosub(sub,s,1(\"p 2,x\",b))\n"
		 "0 ARG1=\"p 2,x\"\n0 ARG2=b\n0 ARGC=2\n"
		 "0 s@sub:1 Set(LOCAL(v)=in)\n0 v=in\n"
		 "0 s@sub:2 NoOp(2 \"p 2,x\" b in)\n0 s@sub:3 Return(back)\n0 GOSUB_RETVAL=back\n"
		 "0 s@test:3 NoOp(back|out|)\n0 soft hangup\n0 hangup 16\n"},
	{.name = "GosubIf, nested Gosub hides arguments",
	 .conf = "[test]\nexten => s,1,GosubIf(0?x:a,1(1,2))\nsame => n,NoOp(${ARG1})\n"
		 "exten => a,1,Gosub(b,1(3))\nsame => n,NoOp(${ARG1}${ARG2})\nsame => n,Return()\n"
		 "exten => b,1,NoOp(${ARG1}-${ARG2}-)\nsame => n,StackPop()\nsame => n,Return()\n",
	 .want = "0 s@test:1 GosubIf(0?x:a,1(1,2))\n0 ARG1=1\n0 ARG2=2\n0 ARGC=2\n"
		 "0 a@test:1 Gosub(b,1(3))\n0 ARG1=3\n0 ARG2=\n0 ARGC=1\n0 b@test:1 NoOp(3--)\n"
		 "0 b@test:2 StackPop()\n0 b@test:3 Return()\n0 GOSUB_RETVAL=\n0 s@test:2 NoOp()\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "Gosub to nowhere",
	 .conf = "[test]\nexten => s,1,Gosub(no,s,1)\n",
	 .want = "0 s@test:1 Gosub(no,s,1)\n0 soft hangup\n0 hangup 16\n",

	 .logged = "Gosub attempted to reach non-existent destination 'no,s,1' from 'test,s,1'"},
	{.name = "absolute timeout goes to T, once",
	 .conf = "[test]\nexten => s,1,Set(TIMEOUT(absolute)=2)\nsame => n,Wait(60)\n"
		 "exten => T,1,NoOp(${TIMEOUT(absolute)})\nsame => n,Wait(3)\nsame => "
		 "n,NoOp(done)\n",
	 .want = "0 s@test:1 Set(TIMEOUT(absolute)=2)\n0 s@test:2 Wait(60)\n2000 T@test:1 NoOp(0)\n"
		 "2000 T@test:2 Wait(3)\n5000 T@test:3 NoOp(done)\n5000 soft hangup\n5000 hangup "
		 "16\n"},
	{.name = "absolute timeout without T",
	 .conf = "[test]\nexten => s,1,Set(TIMEOUT(absolute)=1.5)\nsame => n,Wait(60)\n",
	 .want = "0 s@test:1 Set(TIMEOUT(absolute)=1.5)\n0 s@test:2 Wait(60)\n1500 soft hangup\n"
		 "1500 hangup 16\n"},
	{.name = "RaiseException",
	 .conf = "[test]\nexten => s,1,RaiseException(WHY)\nsame => n,NoOp(never)\n"
		 "exten => e,1,NoOp(${EXCEPTION(reason)} ${EXCEPTION(exten)} "
		 "${EXCEPTION(priority)})\n",
	 .want = "0 s@test:1 RaiseException(WHY)\n0 e@test:1 NoOp(WHY s 1)\n0 soft hangup\n0 "
		 "hangup 16\n"},
	{.name = "fall-through after a busy Dial",
	 .conf = "[test]\nexten => s,1,Set(DIALSTATUS=BUSY)\n",
	 .want = "0 s@test:1 Set(DIALSTATUS=BUSY)\n0 DIALSTATUS=BUSY\n0 tone busy\n10000 soft "
		 "hangup\n"
		 "10000 hangup 17\n"},
	{.name = "priorities of several matching patterns mix",
	 .conf = "[test]\nexten => s,1,Goto(1234,1)\nexten => _1X.,1,NoOp(a)\n"
		 "exten => _1X.,3,NoOp(c)\nexten => _X.,2,NoOp(b)\n",
	 .want = "0 s@test:1 Goto(1234,1)\n0 1234@test:1 NoOp(a)\n0 1234@test:2 NoOp(b)\n"
		 "0 1234@test:3 NoOp(c)\n0 soft hangup\n0 hangup 16\n"},
	{.name = "an exact name in an include loses to a pattern",
	 .conf = "[test]\nexten => s,1,Goto(234,1)\nexten => _2XX,1,NoOp(pattern)\n"
		 "include => inc\n[inc]\nexten => 234,1,NoOp(exact)\n",
	 .want = "0 s@test:1 Goto(234,1)\n0 234@test:1 NoOp(pattern)\n0 soft hangup\n0 hangup "
		 "16\n"},
	{.name = "conditions: 00, 0abc and nothing are false; false and no are true",
	 .conf = "[test]\nexten => s,1,GotoIf(00?bad)\nsame => n,GotoIf(0abc?bad)\n"
		 "same => n,GotoIf(?bad)\nsame => n,GotoIf(false?a:bad)\n"
		 "same => n(a),GotoIf(no?b:bad)\nsame => n(b),GotoIf(a?c:bad)\n"
		 "same => n(c),Hangup()\nsame => n(bad),NoOp(bad)\n",
	 .want = "0 s@test:1 GotoIf(00?bad)\n0 s@test:2 GotoIf(0abc?bad)\n0 s@test:3 "
		 "GotoIf(?bad)\n0 s@test:4 GotoIf(false?a:bad)\n0 s@test:5 GotoIf(no?b:bad)\n"
		 "0 s@test:6 GotoIf(a?c:bad)\n0 s@test:7 Hangup()\n0 soft hangup\n0 hangup "
		 "16\n"},
	{.name = "invalid extension of another context: its i",
	 .conf = "[test]\nexten => s,1,Goto(other,zz,1)\nexten => i,1,NoOp(wrong)\n"
		 "[other]\nexten => i,1,NoOp(${INVALID_EXTEN})\n",
	 .want = "0 s@test:1 Goto(other,zz,1)\n0 INVALID_EXTEN=zz\n0 i@other:1 NoOp(zz)\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "digits that match nothing, without i: e",
	 .conf = "[test]\nexten => s,1,WaitExten(5)\nexten => e,1,NoOp(${EXCEPTION(reason)})\n",
	 .want = "0 s@test:1 WaitExten(5)\n1000 e@test:1 NoOp(INVALID)\n1000 soft hangup\n"
		 "1000 hangup 16\n",
	 .acts = {{1000, '9'}}},
	{.name = "response timeout without t: e",
	 .conf = "[test]\nexten => s,1,WaitExten(1)\nexten => e,1,NoOp(${EXCEPTION(reason)})\n",
	 .want = "0 s@test:1 WaitExten(1)\n1000 e@test:1 NoOp(RESPONSETIMEOUT)\n"
		 "1000 soft hangup\n1000 hangup 16\n"},
	{.name = "absolute timeout without T: e",
	 .conf = "[test]\nexten => s,1,Set(TIMEOUT(absolute)=1)\nsame => n,Wait(5)\n"
		 "exten => e,1,NoOp(${EXCEPTION(reason)})\n",
	 .want = "0 s@test:1 Set(TIMEOUT(absolute)=1)\n0 s@test:2 Wait(5)\n"
		 "1000 e@test:1 NoOp(ABSOLUTETIMEOUT)\n1000 soft hangup\n1000 hangup 16\n"},
	{.name = "fall-through after CHANUNAVAIL",
	 .conf = "[test]\nexten => s,1,Set(DIALSTATUS=CHANUNAVAIL)\n",
	 .want = "0 s@test:1 Set(DIALSTATUS=CHANUNAVAIL)\n0 DIALSTATUS=CHANUNAVAIL\n"
		 "0 tone congestion\n10000 soft hangup\n10000 hangup 34\n"},
	{.name = "Gosub in h",
	 .conf = "[test]\nexten => s,1,NoOp()\nexten => h,1,Gosub(sub,1)\nsame => n,NoOp(back)\n"
		 "exten => sub,1,Return()\n",
	 .want = "0 s@test:1 NoOp()\n0 soft hangup\n0 h@test:1 Gosub(sub,1)\n0 ARGC=0\n"
		 "0 sub@test:1 Return()\n0 GOSUB_RETVAL=\n0 h@test:2 NoOp(back)\n0 hangup 16\n"},
};

static const struct call_case app_cases[] = {
	{.name = "what does nothing on an answered leg",
	 .conf = "[test]\nexten => s,1,Answer()\nsame => n,Progress()\nsame => n,Ringing()\n"
		 "same => n,Proceeding()\nsame => n,answer(500)\n",
	 .want = "0 s@test:1 Answer()\n0 s@test:2 Progress()\n0 s@test:3 Ringing()\n"
		 "0 s@test:4 Proceeding()\n0 s@test:5 answer(500)\n0 soft hangup\n0 hangup 16\n"},
	{.name = "Hangup by name, and a bad cause",
	 .conf = "[test]\nexten => s,1,Hangup(user_busy)\n",
	 .want = "0 s@test:1 Hangup(user_busy)\n0 soft hangup\n0 hangup 17\n"},
	{.name = "Hangup with nonsense",
	 .conf = "[test]\nexten => s,1,Hangup(foo)\n",
	 .want = "0 s@test:1 Hangup(foo)\n0 soft hangup\n0 hangup 16\n",

	 .logged = "Invalid cause given to Hangup(): \"foo\""},
	{.name = "Busy and Congestion",
	 .conf = "[test]\nexten => s,1,Busy(3)\n",
	 .want = "0 s@test:1 Busy(3)\n0 tone busy\n3000 soft hangup\n3000 hangup 17\n"},
	{.name = "Congestion for ever, until the far end goes",
	 .conf = "[test]\nexten => s,1,Congestion()\n",
	 .want = "0 s@test:1 Congestion()\n0 tone congestion\n30000 soft hangup\n30000 hangup 16\n",
	 .acts = {{30000, 'H'}}},
	{.name = "Echo ends by #",
	 .conf = "[test]\nexten => s,1,Echo()\nsame => n,NoOp(x)\n",
	 .want = "0 s@test:1 Echo()\n0 echo on\n2000 s@test:2 NoOp(x)\n2000 soft hangup\n2000 "
		 "hangup 16\n",
	 .acts = {{1000, '1'}, {2000, '#'}}},
	{.name = "Set takes the value as it stands",
	 .conf = "[test]\nexten => s,1,Set(a=\"x\", y=z)\nsame => n,Set(_b=1)\nsame => "
		 "n,Set(novalue)\n"
		 "same => n,NoOp(${a}${b})\n",
	 .want = "0 s@test:1 Set(a=\"x\", y=z)\n0 a=\"x\", y=z\n0 s@test:2 Set(_b=1)\n0 _b=1\n"
		 "0 s@test:3 Set(novalue)\n0 s@test:4 NoOp(\"x\", y=z1)\n0 soft hangup\n0 hangup "
		 "16\n",

	 .logged = "ignoring entry 'novalue' with no '='"},
	{.name = "Set keeps blanks and warns",
	 .conf = "[test]\nexten => s,1,Set( sp = v )\nsame => n,NoOp(${ sp }|${sp})\n",
	 .want = "0 s@test:1 Set( sp = v )\n0  sp = v \n0 s@test:2 NoOp( v |)\n0 soft hangup\n0 "
		 "hangup "
		 "16\n",

	 .logged = "Please avoid unnecessary spaces on variables"},
	{.name = "MSet strips quotes",
	 .conf = "[test]\nexten => s,1,MSet(a=1,b=\"x,y\")\nsame => n,NoOp(${a}${b})\n",
	 .want = "0 s@test:1 MSet(a=1,b=\"x,y\")\n0 a=1\n0 b=x,y\n0 s@test:2 NoOp(1x,y)\n0 soft "
		 "hangup\n"
		 "0 hangup 16\n"},
	{.name = "UserEvent",
	 .conf = "[test]\nexten => s,1,UserEvent(Lead,Id: 4711,Text: \"a,b\")\n",
	 .want = "0 s@test:1 UserEvent(Lead,Id: 4711,Text: \"a,b\")\n"
		 "0 userevent Lead|Id: 4711\r\nText: a,b\r\n\n0 soft hangup\n0 hangup 16\n"},
	{.name = "UserEvent: a line end in a value makes no header",
	 .conf = "[test]\nexten => s,1,UserEvent(x,K: a${MATH(13+0,char)}${MATH(10+0,char)}Evil: b)"
		 "\n",
	 .want = "0 s@test:1 UserEvent(x,K: a\r\nEvil: b)\n0 userevent x|K: a\\r\\nEvil: b\r\n\n"
		 "0 soft hangup\n0 hangup 16\n"},
	{.name = "Verbose and Log",
	 .conf = "[test]\nexten => s,1,Verbose(hi,there)\nsame => n,Log(WARNING,look, here)\n",
	 .want = "0 s@test:1 Verbose(hi,there)\n0 s@test:2 Log(WARNING,look, here)\n0 soft hangup\n"
		 "0 hangup 16\n",

	 .logged = "'hi' is not a verboser number\nExt. s: look, here\n"},
	{.name = "Playback of several files, one of them missing",
	 .conf = "[test]\nexten => s,1,Playback(a&none1&b)\nsame => n,NoOp(${PLAYBACKSTATUS})\n",
	 .want = "0 s@test:1 Playback(a&none1&b)\n0 play a\n1000 play b\n2000 "
		 "PLAYBACKSTATUS=FAILED\n"
		 "2000 s@test:2 NoOp(FAILED)\n2000 soft hangup\n2000 hangup 16\n",
	 .acts = {{500, '1'}},
	 .logged = "File none1 does not exist in any format\nPlayback failed on "
		   "PJSIP/trunk-00000000 for "
		   "a&none1&b\n"},
	{.name = "the far end hangs up in Playback",
	 .conf = "[test]\nexten => s,1,Playback(a&b)\n",
	 .want = "0 s@test:1 Playback(a&b)\n0 play a\n600 PLAYBACKSTATUS=SUCCESS\n600 soft hangup\n"
		 "600 hangup 16\n",
	 .acts = {{600, 'H'}}},
	{.name = "BackGround: a digit that is an extension",
	 .conf = "[test]\nexten => s,1,BackGround(menu)\nexten => 1,1,NoOp(one)\n",
	 .want = "0 s@test:1 BackGround(menu)\n0 play menu\n400 stop\n400 "
		 "BACKGROUNDSTATUS=SUCCESS\n"
		 "400 1@test:1 NoOp(one)\n400 soft hangup\n400 hangup 16\n",
	 .acts = {{400, '1'}}},
	{.name = "BackGround: the first digit of several",
	 .conf = "[test]\nexten => s,1,BackGround(menu)\nexten => 12,1,NoOp(twelve)\n",
	 .want = "0 s@test:1 BackGround(menu)\n0 play menu\n400 stop\n400 "
		 "BACKGROUNDSTATUS=SUCCESS\n"
		 "900 12@test:1 NoOp(twelve)\n900 soft hangup\n900 hangup 16\n",
	 .acts = {{400, '1'}, {900, '2'}}},
	{.name = "SendDTMF",
	 .conf = "[test]\nexten => s,1,SendDTMF(12,200,100)\nsame => n,NoOp(x)\n",
	 .want = "0 s@test:1 SendDTMF(12,200,100)\n0 dtmf 12 gap 200 duration 100\n600 s@test:2 "
		 "NoOp(x)\n"
		 "600 soft hangup\n600 hangup 16\n"},
	{.name = "WaitExten: digits of an extension",
	 .conf = "[test]\nexten => s,1,WaitExten(5)\nexten => _1XX,1,NoOp(${EXTEN})\n",
	 .want = "0 s@test:1 WaitExten(5)\n3000 123@test:1 NoOp(123)\n3000 soft hangup\n3000 "
		 "hangup 16\n",
	 .acts = {{1000, '1'}, {2000, '2'}, {3000, '3'}}},
	{.name = "WaitExten: digit timeout in the middle, i",
	 .conf = "[test]\nexten => s,1,WaitExten(5)\nexten => _1XX,1,NoOp(x)\n"
		 "exten => i,1,NoOp(${INVALID_EXTEN})\n",
	 .want = "0 s@test:1 WaitExten(5)\n6000 INVALID_EXTEN=1\n6000 i@test:1 NoOp(1)\n6000 soft "
		 "hangup\n"
		 "6000 hangup 16\n",
	 .acts = {{1000, '1'}}},
	{.name = "WaitExten: nothing comes, next priority",
	 .conf = "[test]\nexten => s,1,WaitExten(2)\nsame => n,NoOp(on)\nexten => t,1,NoOp(t)\n",
	 .want = "0 s@test:1 WaitExten(2)\n2000 s@test:2 NoOp(on)\n2000 soft hangup\n2000 hangup "
		 "16\n"},
	{.name = "WaitExten: nothing comes, t",
	 .conf = "[test]\nexten => s,1,WaitExten()\nexten => t,1,NoOp(t)\n",
	 .want = "0 s@test:1 WaitExten()\n10000 t@test:1 NoOp(t)\n10000 soft hangup\n10000 hangup "
		 "16\n"},
	{.name = "WaitExten: nothing comes, nothing there",
	 .conf = "[test]\nexten => s,1,WaitExten(1)\n",
	 .want = "0 s@test:1 WaitExten(1)\n1000 soft hangup\n1000 hangup 16\n",

	 .logged = "Timeout but no rule 't' or 'e' in context 'test'"},
	{.name = "without autofallthrough it waits for digits",
	 .conf = "[general]\nautofallthrough=no\n[test]\nexten => s,1,NoOp()\nexten => "
		 "5,1,NoOp(five)\n"
		 "same => n,Hangup()\n",
	 .want = "0 s@test:1 NoOp()\n7000 5@test:1 NoOp(five)\n7000 5@test:2 Hangup()\n7000 soft "
		 "hangup\n"
		 "7000 hangup 16\n",
	 .acts = {{7000, '5'}}},
	{.name = "Read: prompt broken by a digit, terminator",
	 .conf = "[test]\nexten => s,1,Read(x,menu&more)\nsame => n,NoOp(${x} ${READSTATUS})\n",
	 .want = "0 s@test:1 Read(x,menu&more)\n0 play menu\n500 stop\n2500 x=12\n2500 "
		 "READSTATUS=OK\n"
		 "2500 s@test:2 NoOp(12 OK)\n2500 soft hangup\n2500 hangup 16\n",
	 .acts = {{500, '1'}, {1500, '2'}, {2500, '#'}}},
	{.name = "Read: as many digits as wanted",
	 .conf = "[test]\nexten => s,1,Read(x,,2)\n",
	 .want = "0 s@test:1 Read(x,,2)\n1500 x=12\n1500 READSTATUS=OK\n1500 soft hangup\n1500 "
		 "hangup 16\n",
	 .acts = {{500, '1'}, {1500, '2'}}},
	{.name = "Read: two attempts, then nothing",
	 .conf = "[test]\nexten => s,1,Read(x,menu,4,,2,3)\n",
	 .want = "0 s@test:1 Read(x,menu,4,,2,3)\n0 play menu\n4000 play menu\n8000 x=\n"
		 "8000 READSTATUS=TIMEOUT\n8000 soft hangup\n8000 hangup 16\n"},
	{.name = "Read: the far end hangs up",
	 .conf = "[test]\nexten => s,1,Read(x)\n",
	 .want = "0 s@test:1 Read(x)\n2000 x=1\n2000 READSTATUS=HANGUP\n2000 soft hangup\n2000 "
		 "hangup 16\n",
	 .acts = {{1000, '1'}, {2000, 'H'}}},
};

static void run_case(const struct call_case *t)
{
	static struct pbx_rig rig;
	const char *got;

	pbx_rig_open(&rig, t->conf);
	pbx_rig_call(&rig);
	for (size_t i = 0; i < 6 && t->acts[i].what; i++) {
		if (t->acts[i].what == 'H')
			pbx_rig_hangup_at(&rig, t->acts[i].at_ms);
		else if (t->acts[i].what == 'R')
			pbx_rig_redirect_at(&rig, t->acts[i].at_ms, "r");
		else
			pbx_rig_digit_at(&rig, t->acts[i].at_ms, t->acts[i].what);
	}
	got = pbx_rig_run(&rig, 100000);
	if (strcmp(got, t->want) != 0)
		fail_msg("%s:\n--- got\n%s--- want\n%s", t->name, got, t->want);
	if (t->logged ? !strstr(rig.logged, t->logged) : rig.logged[0] != 0)
		fail_msg("%s: logged\n%s--- want\n%s", t->name, rig.logged,
			 t->logged ? t->logged : "nothing");
	pbx_rig_close(&rig);
}

static void test_flow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(flow_cases) / sizeof(flow_cases[0]); i++)
		run_case(&flow_cases[i]);
}

static void test_apps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(app_cases) / sizeof(app_cases[0]); i++)
		run_case(&app_cases[i]);
}

/* An endless loop without waiting neither stops the shard nor outlives the call. */
/* SendDTMF where the audio takes no digits: one by one by signalling, or not at all. */
static void test_digits_by_signalling(void **state)
{
	static const char conf[] = "[test]\nexten => s,1,SendDTMF(12w3,200,100)\n"
				   "same => n,NoOp(x)\n";
	struct pbx_rig rig;

	UNUSED(state);
	pbx_rig_open(&rig, conf);
	rig.no_events = rig.has_info = true;
	pbx_rig_call(&rig);
	assert_string_equal(pbx_rig_run(&rig, 10000),
			    "0 s@test:1 SendDTMF(12w3,200,100)\n0 info 1 duration 100\n"
			    "300 info 2 duration 100\n1100 info 3 duration 100\n"
			    "1400 s@test:2 NoOp(x)\n1400 soft hangup\n1400 hangup 16\n");
	assert_string_equal(rig.logged, "");
	pbx_rig_close(&rig);
	pbx_rig_open(&rig, conf);
	rig.no_events = true;
	pbx_rig_call(&rig);
	assert_string_equal(pbx_rig_run(&rig, 10000),
			    "0 s@test:1 SendDTMF(12w3,200,100)\n0 s@test:2 NoOp(x)\n"
			    "0 soft hangup\n0 hangup 16\n");
	assert_non_null(strstr(rig.logged, "the far end takes no telephone events, '12w3'"));
	pbx_rig_close(&rig);
}

static void test_endless_loop(void **state)
{
	static struct pbx_rig rig;

	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,Goto(1)\nexten => h,1,Set(x=1)\n");
	pbx_rig_call(&rig);
	pbx_rig_hangup_at(&rig, 3);
	pbx_rig_run(&rig, 1000);
	assert_null(rig.chan);
	assert_non_null(strstr(rig.text, "soft hangup\n"));
	assert_non_null(strstr(rig.text, "x=1\n"));
	pbx_rig_close(&rig);
}

/* Subroutines without Return end at a bound, not in the memory of the others. */
static void test_endless_gosub(void **state)
{
	static struct pbx_rig rig;

	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,Gosub(s,1(a,b))\n");
	pbx_rig_call(&rig);
	pbx_rig_run(&rig, 1000);
	assert_null(rig.chan);
	assert_non_null(strstr(rig.logged, "subroutines inside one another"));
	pbx_rig_close(&rig);
}

/* A loop over Gosub uses the same memory again and again. */
static void test_gosub_loop(void **state)
{
	static struct pbx_rig rig;

	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,Set(i=0)\n"
			   "same => n,While($[${INC(i)} <= 300])\n"
			   "same => n,Gosub(sub,1(${i},some longer argument))\n"
			   "same => n,EndWhile()\n"
			   "same => n,NoOp(done ${i})\n"
			   "exten => sub,1,Set(LOCAL(x)=${ARG1})\nsame => n,Return(${x})\n");
	pbx_rig_call(&rig);
	while (rig.chan && sim_now(rig.w) < SIM_EPOCH_NS + SIM_SECOND) {
		rig.len = 0; /* too much to write down */
		sim_world_step(rig.w);
		if (rig.chan)
			assert_true(rig.chan->arena.total_bytes < 8192);
	}
	assert_null(rig.chan);
	assert_string_equal(rig.logged, "");
	pbx_rig_close(&rig);
}

/* Originate with Application: no dialplan, no h, no soft hang-up; nothing is expanded. */
static void test_single_app(void **state)
{
	static struct pbx_rig rig;
	struct originate o;

	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,NoOp()\nexten => h,1,NoOp(h)\n");
	originate_init(&o);
	o.app = SLICE_LIT("playback");
	o.data = SLICE_LIT("${X}");
	pbx_rig_order(&rig, &o);
	assert_string_equal(pbx_rig_run(&rig, 10000),
			    "0 s@test:1 Playback(${X})\n0 play ${X}\n1000 "
			    "PLAYBACKSTATUS=SUCCESS\n1000 hangup 16\n");
	o.app = SLICE_LIT("Nonsense");
	pbx_rig_order(&rig, &o);
	assert_string_equal(pbx_rig_run(&rig, 10000), "0 hangup 16\n");
	assert_string_equal(rig.logged, "No such application 'Nonsense'\n");
	pbx_rig_close(&rig);
}

/* What Originate's variables do before the INVITE goes out. */
static void test_order_functions(void **state)
{
	static struct pbx_rig rig;
	struct originate o;

	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,NoOp(${CDR(userfield)} ${CALLERID(num)})\n");
	rig.said_trace = true;
	originate_init(&o);
	o.context = SLICE_LIT("test");
	o.exten = SLICE_LIT("s");
	o.priority = 1;
	o.vars[o.var_count++] =
		(struct originate_var){SLICE_LIT("PJSIP_HEADER(add,X-Lead)"), SLICE_LIT("4711")};
	o.vars[o.var_count++] = (struct originate_var){SLICE_LIT("PJSIP_HEADER(add,X-Bad)"),
						       SLICE_LIT("a\r\nEvil: 1")};
	o.vars[o.var_count++] =
		(struct originate_var){SLICE_LIT("CDR(userfield)"), SLICE_LIT("camp7")};
	o.vars[o.var_count++] =
		(struct originate_var){SLICE_LIT("CALLERID(num)"), SLICE_LIT("555")};
	pbx_rig_order(&rig, &o);
	assert_string_equal(pbx_rig_run(&rig, 1000),
			    "0 s@test:1 AppDial2((Outgoing Line))\n"
			    "0 caller \"\" <555>\n"
			    "0 header X-Lead: 4711\n"
			    "0 s@test:1 NoOp(camp7 555)\n0 soft hangup\n0 hangup 16\n");
	assert_non_null(strstr(rig.logged, "'X-Bad' cannot be a header line"));
	pbx_rig_close(&rig);
}

/* Every event and the record carry these texts: they are cut, and the call still ends in order. */
static void test_long_identity(void **state)
{
	static struct pbx_rig rig;

	(void)state;
	pbx_rig_open(&rig,
		     "[test]\nexten => s,1,Set(a=0123456789abcdef)\n"
		     "same => n,Set(a=${a}${a}${a}${a}${a}${a}${a}${a})\n"
		     "same => n,Set(a=${a}${a}${a}${a}${a}${a}${a}${a})\n"
		     "same => n,Set(CALLERID(num)=${a})\nsame => n,Set(CALLERID(name)=${a})\n"
		     "same => n,Set(CHANNEL(accountcode)=${a})\n"
		     "same => n,Set(CONNECTEDLINE(name)=${a})\nsame => n,Set(CDR(userfield)=${a})\n"
		     "same => n,NoOp(${LEN(${CALLERID(num)})} ${LEN(${CALLERID(name)})} "
		     "${LEN(${CHANNEL(accountcode)})} ${LEN(${CDR(userfield)})})\n");
	pbx_rig_call(&rig);
	pbx_rig_run(&rig, 1000);
	assert_null(rig.chan);
	assert_non_null(strstr(rig.text, "NoOp(79 79 79 255)\n"));
	assert_non_null(strstr(rig.text, "hangup 16\n"));
	assert_int_equal(check_never_count(), 0);
	assert_string_equal(rig.logged, "");
	pbx_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_apps),
		cmocka_unit_test(test_digits_by_signalling),
		cmocka_unit_test(test_endless_loop),
		cmocka_unit_test(test_endless_gosub),
		cmocka_unit_test(test_gosub_loop),
		cmocka_unit_test(test_single_app),
		cmocka_unit_test(test_order_functions),
		cmocka_unit_test(test_long_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
