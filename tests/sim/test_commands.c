/* tests/sim/test_commands.c - layouts of console commands, on an engine with a call that is being
 * dialled. */
#include "tests/sim/console_rig.h"

/* Nobody answers at that address: it rings out in silence for 30 seconds. */
static void dial(void)
{
	shows_just("channel originate PJSIP/100@gw application Wait 5", "");
}

/* acl.conf and who names its lists; a file that cannot be read changes nothing. */
static void test_acl(void **state)
{
	UNUSED(state);
	shows_just("acl show", "\nacl\n---\n");
	sim_fs_put(rig.w, ETC "acl.conf", "[office]\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\n");
	sim_fs_put(rig.w, ETC "manager.conf",
		   "[general]\nenabled=no\n[crm]\nsecret=x\ndeny=10.1.0.0/16\nacl=office,lab\n");
	shows("module reload acl", "Module 'acl' reloaded successfully.");
	shows_just("acl show", "\nacl\n---\noffice\n");
	shows_just("acl show office",
		   "\nACL: office\n---------------------------------------------\n"
		   "  0:  deny - 0.0.0.0/0.0.0.0\n"
		   "  1: allow - 10.0.0.0/255.0.0.0\n");
	shows("manager show user crm",
	      "ACL: yes\nACL: (unnamed)\n---------------------------------------------\n"
	      "  0:  deny - 10.1.0.0/255.255.0.0\n"
	      "ACL: office\n---------------------------------------------\n"
	      "  0:  deny - 0.0.0.0/0.0.0.0\n  1: allow - 10.0.0.0/255.0.0.0\n"
	      "ACL: lab\n---------------------------------------------\nClosed: ");
	sim_fs_put(rig.w, ETC "acl.conf", "[office\n");
	shows("module reload acl", "acl.conf");
	shows("acl show office", "  1: allow - 10.0.0.0/255.0.0.0\n");
	sim_fs_put(rig.w, ETC "acl.conf", "[new]\n");
	shows("core reload", "there is no such list in acl.conf");
	shows_just("acl show", "\nacl\n---\nnew\n");
	shows("manager show user crm",
	      "ACL: office\n---------------------------------------------\n"
	      "Closed: ");
}

static void test_channels(void **state)
{
	UNUSED(state);
	shows_just("core show channels",
		   "Channel                                                          "
		   "Location                         State   Application(Data)             \n"
		   "0 active channels\n0 active calls\n0 calls processed\n");
	dial();
	shows("core show channels",
	      "\nPJSIP/gw-00000000                                                ");
	shows("core show channels",
	      "Down    AppDial2((Outgoing Line))     \n1 active channel\n0 active calls\n");
	shows("core show channels concise", "PJSIP/gw-00000000!");
	shows("core show channels verbose",
	      "Channel                                                 "
	      "                         Context                  "
	      "Extension                Prio State   Application  ");
	shows_just("core show channels count",
		   "1 active channel\n0 active calls\n0 calls processed\n");
	shows("core show channels x", "Usage: core show channels [concise|verbose|count]\n");
	shows_just("core show calls", "0 active calls\n0 calls processed\n");
	shows("core show calls uptime", "0 active calls\n0 calls processed\nSystem uptime: ");
	shows("core show calls uptime seconds", "\nSystem uptime: ");
}

static void test_channel(void **state)
{
	UNUSED(state);
	shows_just("core show channel nosuch", "nosuch is not a known channel\n");
	dial();
	shows("core show channel PJSIP/gw-00000000", " -- General --\n"
						     "           Name: PJSIP/gw-00000000\n"
						     "           Type: PJSIP\n"
						     "       UniqueID: ");
	shows("core show channel PJSIP/gw-00000000", "      Caller ID: (N/A)\n"
						     " Caller ID Name: (N/A)\n"
						     "Connected Line ID: (N/A)\n"
						     "Connected Line ID Name: (N/A)\n"
						     "Eff. Connected Line ID: (N/A)\n"
						     "Eff. Connected Line ID Name: (N/A)\n"
						     "    DNID Digits: (N/A)\n"
						     "       Language: en\n"
						     "          State: Down (0)\n"
						     "  NativeFormats: (ulaw|alaw)\n"
						     "    WriteFormat: ulaw\n"
						     "     ReadFormat: ulaw\n"
						     " WriteTranscode: No \n"
						     "  ReadTranscode: No \n"
						     " Time to Hangup: 0\n"
						     "   Elapsed Time: 0h0m0s\n"
						     "      Bridge ID: (Not bridged)\n"
						     " --   PBX   --\n");
	shows("core show channel PJSIP/gw-00000000", "     Call Group: 0\n"
						     "   Pickup Group: 0\n"
						     "    Application: AppDial2\n"
						     "           Data: (Outgoing Line)\n"
						     " Call Identifier: (None)\n"
						     "      Variables:\n");
	shows("core show channel PJSIP/gw-00000000", "  CDR Variables:\nlevel 1: ");
	shows("core show channel PJSIP/gw-00000000", "\n -- Streams --\n"
						     "Name: audio-0\n"
						     "    Type: audio\n"
						     "    State: sendrecv\n"
						     "    Group: -1\n"
						     "    Formats: (ulaw|alaw)\n"
						     "    Metadata:\n");
}

/* A channel that ends while its shard is asked: the command ends too, and the console goes on. */
static void test_channel_vanishes(void **state)
{
	static const char commands[] =
		"core show channel PJSIP/gw-00000000\0channel request hangup all\0"
		"core show channel PJSIP/gw-00000000\0core show channels count";

	UNUSED(state);
	dial();
	rig.clients[0].len = 0;
	client_say(&rig.clients[0], commands, sizeof(commands));
	sim_run_for(rig.w, 40 * SIM_SECOND);
	assert_non_null(
		strstr(rig.clients[0].text, "Requested Hangup on channel 'PJSIP/gw-00000000'\n"));
	shows_just("core show channels count",
		   "0 active channels\n0 active calls\n0 calls processed\n");
}

static void test_hangup(void **state)
{
	UNUSED(state);
	shows_just("channel request hangup all", "");
	shows_just("channel request hangup nosuch other",
		   "nosuch is not a known channel\nother is not a known channel\n");
	shows_just("channel request hangup PJSIP/*", "PJSIP/* did not match a known channel\n");
	shows_just("channel request hangup /x.*y/", "/x.*y/ did not match a known channel\n");
	shows("channel request hangup /(/", "( is not a valid POSIX Extended Regular Expression: ");
	shows("channel request hangup", "Usage: channel request hangup");
	dial();
	dial();
	shows("channel request hangup /0001$/",
	      "Requested Hangup on channel 'PJSIP/gw-00000001'\n");
	shows("channel request hangup PJSIP/gw-*",
	      "Requested Hangup on channel 'PJSIP/gw-00000000'\n");
}

static void test_originate(void **state)
{
	UNUSED(state);
	shows("channel originate PJSIP application Wait",
	      "*** No data provided after channel type! ***\nUsage: channel originate");
	shows("channel originate PJSIP/1@gw", "Usage: channel originate");
	shows("channel originate PJSIP/1@gw application", "Usage: channel originate");
	shows("channel originate Nosuch/1 application Wait 1",
	      "No channel type registered for 'Nosuch'");
	shows_just("channel originate PJSIP/1@gw extension s@out", "");
	shows("core show channels count", "1 active channel\n");
}

static void test_redirect(void **state)
{
	UNUSED(state);
	shows("channel redirect nosuch 1", "Channel 'nosuch' not found\n");
	dial();
	shows("channel redirect PJSIP/gw-00000000 out,s,7",
	      "Channel 'PJSIP/gw-00000000' failed to be redirected to out,s,7\n");
	shows_just("channel redirect PJSIP/gw-00000000 out,s,end",
		   "Channel 'PJSIP/gw-00000000' successfully redirected to out,s,end\n");
}

static void test_variables(void **state)
{
	UNUSED(state);
	dial();
	shows("dialplan show globals", "   TRUNK=gw\n");
	shows("dialplan show globals", "\n    -- 2 variable(s)\n");
	shows_just("dialplan set global NEW \"two words\"",
		   "\n    -- Global variable 'NEW' set to 'two words'\n");
	shows("dialplan show globals", "   NEW=two words\n");
	shows_just("dialplan eval function MATH(6*7,i)", "Return Value: Success (0)\nResult: 42\n");
	shows("dialplan eval function x", "Usage: dialplan eval function");
	shows("dialplan set chanvar nosuch A 1", "Channel 'nosuch' not found\n");
	shows_just("dialplan set chanvar PJSIP/gw-00000000 A 1",
		   "\n    -- Channel variable 'A' set to '1' for 'PJSIP/gw-00000000'\n");
	shows("dialplan show chanvar PJSIP/gw-00000000", "A=1\n");
	shows("dialplan show", "[ Context 'out' created by 'pbx_config' ]\n"
			       "  's' =>            1. Wait(5)                                    "
			       "[extensions.conf:5]\n"
			       "     [end]          2. Hangup()                                   "
			       "[extensions.conf:6]\n");
	shows("dialplan show nosuch", "There is no existence of 'nosuch' context\n");
	shows("dialplan reload", "Dialplan reloaded.\n");
}

static void test_system(void **state)
{
	UNUSED(state);
	shows_just("core waitfullybooted", "Asterisk has fully booted.\n");
	shows("core show version", "Asterisk 22.");
	shows("core show settings", "\nPBX Core settings\n-----------------\n"
				    "  Version:                     Asterisk 22.");
	shows("core show settings", "  Maximum calls:               Not set\n");
	shows("core show settings", "\n* Subsystems\n  -------------\n"
				    "  Manager (AMI):               Disabled\n"
				    "  Web Manager (AMI/HTTP):      Disabled\n"
				    "  Call data records:           Disabled\n"
				    "  Realtime Architecture (ARA): Disabled\n");
	shows("core show settings", "\n* Directories\n  -------------\n"
				    "  Configuration file:          /etc/asterisk/asterisk.conf\n"
				    "  Configuration directory:     /etc/asterisk\n");
	shows("core show sysinfo",
	      "\nSystem Statistics\n-----------------\n  System Uptime:             ");
	shows("core show threads", " threads listed.\n");
	shows("core show codecs",
	      "       3 audio ulaw         ulaw                 100 (G.711 u-law)\n");
	shows("core show translation",
	      "\n\n       ulaw  alaw\n ulaw     -     -\n alaw     -     -\n");
	shows("core show file formats", "Format     Name       Extensions          \n"
					"------     ----       ----------          \n"
					"slin       wav        wav                 \n");
	shows("core show channeltypes",
	      "PJSIP            PJSIP Channel Driver                     ");
	shows("core show channeltypes", "----------\n1 channel drivers registered.\n");
	shows("core show channeltype nosuch", "\nnosuch is not a registered channel driver.\n");
	shows("core show channeltype", "Usage: core show channeltype <channeltype>\n");
	shows_just("core show channeltype pjsip", "-- Info about channel driver: PJSIP --\n"
						  "  Device State: yes\n"
						  "Presence State: no\n"
						  "    Indication: yes\n"
						  "     Transfer : yes\n"
						  "  Capabilities: (ulaw|alaw)\n"
						  "   Digit Begin: yes\n"
						  "     Digit End: yes\n"
						  "    Send HTML : no\n"
						  " Image Support: no\n"
						  "  Text Support: yes\n");
	shows("rtp show settings", "\n\nGeneral Settings:\n----------------\n  Port start:      ");
}

static void test_records(void **state)
{
	UNUSED(state);
	shows_just("cdr show status", "\nCall Detail Record (CDR) settings\n"
				      "----------------------------------\n"
				      "  Logging:                    Disabled\n"
				      "  Mode:                       Simple\n"
				      "* Registered Backends\n"
				      "  -------------------\n"
				      "    (none)\n\n");
	shows_just("cdr submit", "Cannot submit CDR batch: CDR engine disabled.\n");
}

static void test_active_records(void **state)
{
	UNUSED(state);
	shows_just("cdr show active",
		   "\nChannels with Call Detail Record (CDR) Information\n"
		   "--------------------------------------------------\n"
		   "Channel                   Dst. Channel              LastApp         Start    "
		   "Answer   End      Billsec  Duration\n");
	dial();
	sim_run_for(rig.w, 2 * SIM_SECOND);
	shows("cdr show active",
	      "Duration\nPJSIP/gw-00000000         <none>                    AppDial2        ");
	shows("cdr show active", " 00000000 00000002\n");
	shows_just("cdr show active nosuch", "Unknown channel: nosuch\n");
	shows("cdr show active PJSIP/gw-00000000",
	      "\nCall Detail Record (CDR) Information for PJSIP/gw-00000000\n"
	      "--------------------------------------------------\n"
	      "AccountCod CallerID             Dst. Channel              LastApp         Data     "
	      "       Start    Answer   End      Billsec  Duration\n"
	      "           \"\" <>                <none>                    AppDial2        "
	      "(Outgoing "
	      "Line) ");
	shows("cdr show active a b", "Usage: cdr show active [<channel>]\n");
}

static void test_modules_and_groups(void **state)
{
	UNUSED(state);
	shows("module load chan_sip.so", "Unable to load module chan_sip.so\n");
	shows("module load chan_sip.so", "Command 'module load chan_sip.so' failed.\n");
	shows("module unload res_pjsip.so", "Unable to unload module res_pjsip.so\n");
	shows("module load", "Usage: module load <module>\n");
	shows_just("group show channels",
		   "Channel                    Group                 Category            \n"
		   "0 active channels\n");
	shows("group show channels a b", "Usage: group show channels");
	shows("group show channels (", "Usage: group show channels");
	dial();
	console("dialplan set chanvar PJSIP/gw-00000000 GROUP() all");
	shows("group show channels",
	      "PJSIP/gw-00000000          all                   (default)           \n"
	      "1 active channel\n");
	console("dialplan set chanvar PJSIP/gw-00000000 GROUP(trunk) gw1");
	shows_just("group show channels ^g.[0-9]",
		   "Channel                    Group                 Category            \n"
		   "PJSIP/gw-00000000          gw1                   trunk               \n"
		   "1 active channel\n");
	shows("group show channels", "\n2 active channels\n");
	console("channel request hangup all");
	sim_run_for(rig.w, 40 * SIM_SECOND);
	shows("group show channels", "\n0 active channels\n");
}

/* Descriptions are for people at 80 columns: no line is longer, no word is lost. */
static void test_pages_are_narrow(void **state)
{
	static const char *const commands[] = {
		"manager show command Originate",	"manager show command UpdateConfig",
		"manager show event OriginateResponse", "core show application Wait",
		"core show function CALLERID",
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
		struct slice rest = slice_str(console(commands[i])), line;

		assert_true(rest.len > 200);
		while (slice_split(&rest, '\n', &line))
			if (line.len > 80)
				fail_msg("%s: %.*s", commands[i], SLICE_ARG(line));
	}
	shows("manager show command Originate",
	      "[Description]\nCalls Channel and, once it answers, runs the dialplan from Context, "
	      "Exten and\nPriority, or Application with Data.");
}

/* What the lines look like: tests/unit/rtp/test_debug.c. */
static void test_packets(void **state)
{
	UNUSED(state);
	shows_just("rtp set debug on", "RTP Packet Debugging Enabled\n");
	shows_just("rtp set debug ip 192.0.2.9",
		   "RTP Packet Debugging Enabled for address: 192.0.2.9:0\n");
	shows_just("rtp set debug off", "RTP Packet Debugging Disabled\n");
	shows("rtp set debug ip nowhere", "Lookup failed for 'nowhere'\n");
	shows("rtp set debug", "Usage: rtp set debug {on|off|ip} [<address>]\n");
	shows("rtp set debug ip", "Usage: rtp set debug");
	shows_just("rtcp set debug on", "RTCP Packet Debugging Enabled\n");
	shows_just("rtcp set debug ip 192.0.2.9:4001",
		   "RTCP Packet Debugging Enabled for address: 192.0.2.9:4001\n");
	shows_just("rtcp set debug off", "RTCP Packet Debugging Disabled\n");
	shows_just("rtcp set stats on", "RTCP Stats Enabled\n");
	shows_just("rtcp set stats off", "RTCP Stats Disabled\n");
	shows("rtcp set stats", "Usage: rtcp set stats {on|off}\n");
}

static void test_log_commands(void **state)
{
	int debug = log_debug_level();

	UNUSED(state);
	log_set_debug(0);
	shows_just("core set debug 1", "Core debug was OFF and is now 1.\n");
	shows_just("core set debug 1", "Core debug is still 1.\n");
	shows_just("core set debug off", "Core debug was 1 and is now OFF.\n");
	shows_just("core set debug atleast 3 silent", "");
	assert_int_equal(log_debug_level(), 3);
	shows("core set debug x", "Usage: core set debug");
	log_set_debug(debug);
	shows_just("core set verbose off", "Console verbose is still OFF.\n");
	shows_just("core set verbose 4", "Console verbose was OFF and is now 4.\n");
	shows_just("core set verbose atleast 2", "Console verbose is still 4.\n");
	shows("logger show levels", "Level Name\n----- ----\n    0 DEBUG\n    2 NOTICE\n");
	shows("logger show channels",
	      "Logger queue limit: 1024\n\n"
	      "Channel                             Type     Formatter  Status    Configuration\n"
	      "-------                             ----     ---------  ------    -------------\n"
	      "                                    Console  default    Enabled    - DEBUG NOTICE "
	      "WARNING "
	      "ERROR VERBOSE \n");
	shows_just("logger set level debug off",
		   "Logger status for 'DEBUG' has been set to 'off'.\n");
	shows("logger set level nosuch off", "Usage: logger set level");
}

/* What can be sent to whom is listed as it is now; a broken file leaves what was. */
static void test_notify(void **state)
{
	UNUSED(state);
	shows("pjsip send notify reboot endpoint gw", "Unable to find notify type 'reboot'\n");
	sim_fs_put(rig.w, ETC "pjsip_notify.conf",
		   "[reboot]\nEvent=>check-sync\n[lamp]\nEvent=>x\n");
	shows("module reload res_pjsip_notify",
	      "Module 'res_pjsip_notify' reloaded successfully.\n");
	shows_just("_COMMAND MATCHESARRAY \"pjsip send notify \" \"\"", "reboot lamp _EOF_\n");
	shows_just("_COMMAND MATCHESARRAY \"pjsip send notify lamp \" \"\"",
		   "endpoint uri channel _EOF_\n");
	shows_just("_COMMAND MATCHESARRAY \"pjsip send notify lamp endpoint \" \"\"", "gw _EOF_\n");
	shows_just("pjsip send notify reboot endpoint gw nobody",
		   "Sending NOTIFY of type 'reboot' to 'gw'\nSending NOTIFY of type 'reboot' to "
		   "'nobody'\nUnable to retrieve endpoint nobody\n");
	shows("pjsip send notify reboot uri sip:1@10.0.0.9",
	      "No default outbound endpoint set, can not send NOTIFY requests to arbitrary URIs\n");
	shows("pjsip send notify reboot",
	      "Usage: pjsip send notify <type> {endpoint|uri|channel} <peer> [<peer>...]\n");
	shows("pjsip send notify reboot to gw", "Usage: pjsip send notify ");
	dial();
	shows_just("_COMMAND MATCHESARRAY \"pjsip send notify lamp channel \" \"\"",
		   "gw PJSIP/gw-00000000 _EOF_\n");
	shows_just("pjsip send notify reboot channel PJSIP/gw-00000000",
		   "Sending NOTIFY of type 'reboot' to 'PJSIP/gw-00000000'\n"
		   "Unable to find channel PJSIP/gw-00000000\n"); /* it has no dialog yet */
	sim_fs_put(rig.w, ETC "pjsip_notify.conf", "[broken]\nNo Name=>1\n");
	console("module reload res_pjsip_notify");
	shows("pjsip send notify broken endpoint gw", "Unable to find notify type 'broken'\n");
	shows("pjsip send notify lamp endpoint gw", "Sending NOTIFY of type 'lamp' to 'gw'\n");
}

/* Channels in chan_pjsip's columns, and what their shard knows besides. */
static void test_pjsip_channels(void **state)
{
	UNUSED(state);
	shows_just("pjsip show channels", "No objects found.\n\n");
	shows_just("pjsip list channels", "No objects found.\n\n");
	shows_just("pjsip show channelstats", "No objects found.\n\n");
	shows_just("pjsip show channel PJSIP/gw-00000000",
		   "Unable to find object PJSIP/gw-00000000.\n\n");
	dial();
	shows("pjsip show channels",
	      "\n  Channel:  <ChannelId........................................>  <State.....>"
	      "  <Time.....>\n"
	      "      Exten: <DialedExten...........>  CLCID: <ConnectedLineCID.......>\n"
	      "==========================================================================="
	      "===============\n\n"
	      "  Channel: PJSIP/gw-00000000/AppDial2                            Down          "
	      "00:00:00\n"
	      "      Exten: ");
	shows("pjsip show channels", "CLCID: \"\" <>\n\nObjects found: 1\n\n");
	shows("pjsip list channels",
	      "===\n\n"
	      "  Channel: PJSIP/gw-00000000/AppDial2                            Down          "
	      "00:00:00\n\nObjects found: 1\n\n");
	shows("pjsip show channels all", "Usage: pjsip show channels\n");
	shows("pjsip show channel", "Usage: pjsip show channel <channel>\n");
	shows_just("_COMMAND MATCHESARRAY \"pjsip show channel \" \"\"",
		   "PJSIP/gw-00000000 _EOF_\n");
	shows("pjsip show channel PJSIP/gw-00000000",
	      "  Channel: PJSIP/gw-00000000/AppDial2                            Down          "
	      "00:00:00\n"
	      "      Exten: ");
	shows("pjsip show channel PJSIP/gw-00000000", "\n ParameterName : ParameterValue\n =====");
	shows("pjsip show channel PJSIP/gw-00000000", "\n call-id       : ");
	shows("pjsip show channel PJSIP/gw-00000000", "\n remote_addr   : 192.0.2.9:5060\n");
	shows("pjsip show channel PJSIP/gw-00000000",
	      "\n secure        : 0\n t38state      : DISABLED\n");
	shows("pjsip show channelstats",
	      "\n                                             ...........Receive......... "
	      ".........Transmit..........\n"
	      " BridgeId ChannelId ........ UpTime.. Codec.   Count    Lost Pct  Jitter   Count  "
	      "  Lost Pct  Jitter RTT....\n"
	      " =================================================================================="
	      "=========================\n\n"
	      " PJSIP/gw-00000000 not valid\n\nObjects found: 1\n\n");
	shows("pjsip show channelstats x", "Usage: pjsip show channelstats\n");
}

/* A channel that ends while it is shown. */
static void test_pjsip_channel_vanishes(void **state)
{
	static const char commands[] =
		"pjsip show channel PJSIP/gw-00000000\0channel request hangup all\0"
		"pjsip show channel PJSIP/gw-00000000\0pjsip show channelstats";

	UNUSED(state);
	dial();
	rig.clients[0].len = 0;
	client_say(&rig.clients[0], commands, sizeof(commands));
	sim_run_for(rig.w, 40 * SIM_SECOND);
	shows_just("pjsip show channels", "No objects found.\n\n");
}

/* Nobody answers there: after five silences the target is down, and orders wait until it is tried.
 */
static void test_targets(void **state)
{
	UNUSED(state);
	shows_just("pjsip show targets", "No objects found.\n\n");
	dial();
	sim_run_for(rig.w, 40 * SIM_SECOND);
	shows("pjsip show targets", "\nTarget                                                  "
				    "     State     Free in   Unanswered\n");
	shows("pjsip show targets", "\nUDP 192.0.2.9:5060                                       "
				    "    Silent                       1\n\nObjects found: 1\n\n");
	for (unsigned i = 0; i < 4; i++)
		console("channel originate PJSIP/100@gw application Wait 5");
	sim_run_for(rig.w, 36 * SIM_SECOND);
	shows("pjsip show targets", "\nUDP 192.0.2.9:5060                                       "
				    "    Down      00:00:");
	console("channel originate PJSIP/100@gw application Wait 5");
	shows("pjsip show targets", "           5\n\nTrunk                                         "
				    "               State     Free in      Waiting\n");
	shows("pjsip show targets", "\ngw                                                       "
				    "    Held      00:00:");
	shows("pjsip show targets", "           1\n\nObjects found: 2\n\n");
	sim_run_for(rig.w, 30 * SIM_SECOND);
	shows("pjsip show targets", "\nUDP 192.0.2.9:5060                                       "
				    "    On trial                     5\n");
	shows("pjsip show targets", "\ngw                                                       "
				    "    On trial                     0\n");
	shows("pjsip show targets now", "Usage: pjsip show targets\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_channels),
		TEST(test_channel),
		TEST(test_channel_vanishes),
		TEST(test_hangup),
		TEST(test_originate),
		TEST(test_redirect),
		TEST(test_variables),
		TEST(test_system),
		TEST(test_records),
		TEST(test_active_records),
		TEST(test_packets),
		TEST(test_log_commands),
		TEST(test_acl),
		TEST(test_notify),
		TEST(test_pjsip_channels),
		TEST(test_pjsip_channel_vanishes),
		TEST(test_targets),
		TEST(test_modules_and_groups),
		TEST(test_pages_are_narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
