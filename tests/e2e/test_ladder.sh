#!/usr/bin/env bash
# What people see of the messages of a call: `pjsip set logger` in a log file, ladder and history.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

SHARDS=2 # lists come from both
engine_conf
engine_start
far_sipp uas -rtp_echo
ami_login

expect "logger add channel" "$(rx logger add channel sip verbose)" ""
expect "logger on" "$(rx pjsip set logger host 127.0.0.1)" "PJSIP Logging Enabled for host: 127.0.0.1"
expect "a pcap file" "$(rx pjsip set logger pcap sip.pcap)" "PJSIP logging to pcap file '$dir/log/sip.pcap'"
ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Application: Wait' 'Data: 1' 'Async: true'
ami_wait '^Event: Hangup$'
channel=$(grep -m1 '^Channel: PJSIP/far-' "$dir/ami" | cut -d' ' -f2)

log=$dir/log/sip
wait_for 5 file_has "$log" "<--- Received SIP response \([0-9]+ bytes\) from UDP:127\.0\.0\.1:$FAR_PORT --->"
wait_for 5 file_has "$log" 'BYE sip:'
expect_text "a request in the log" "$(cat "$log")" \
	"<--- Transmitting SIP request \([0-9]+ bytes\) to UDP:127\.0\.0\.1:$FAR_PORT --->$"
expect_text "its headers" "$(cat "$log")" 'CSeq: [0-9]+ INVITE$'
expect "logger off" "$(rx pjsip set logger off)" "PJSIP Logging disabled"
# The first word and the ports of each packet: 16 octets before it, then Ethernet, IPv4, UDP.
packets() {
	python3 - "$dir/log/sip.pcap" <<-'END'
		import struct, sys
		text = open(sys.argv[1], "rb").read()
		at = 24
		while at + 16 <= len(text):
		    kept = struct.unpack_from("<I", text, at + 8)[0]
		    source, to = struct.unpack_from(">HH", text, at + 50)
		    print(text[at + 58 : at + 16 + kept].split()[0].decode(), source, to)
		    at += 16 + kept
	END
}
packets_are_there() { packets | grep -q '^BYE '; }
wait_for 5 packets_are_there
expect_text "INVITE in the file" "$(packets)" "^INVITE [0-9]+ $FAR_PORT$"
expect_text "an answer in the file" "$(packets)" "^SIP/2.0 $FAR_PORT [0-9]+$"

bye_is_answered() { rx pjsip show ladder "$channel" | grep -q ' 200 OK ([0-9]* BYE)'; } # the last that comes
wait_for 10 bye_is_answered
ladder=$(rx pjsip show ladder "$channel")
expect_text "the channel" "$ladder" "^Channel: $channel$"
expect_text "INVITE" "$ladder" \
	"^[0-9:.]{12} +0\.000  INVITE sip:200@127\.0\.0\.1:$FAR_PORT \([0-9]+\) -+>  UDP:127\.0\.0\.1:$FAR_PORT$"
expect_text "180" "$ladder" "^[0-9:.]{12} +[0-9.]+  <-+ 180 Ringing \([0-9]+ INVITE\)  UDP:"
expect_text "200" "$ladder" "  <-+ 200 OK \([0-9]+ INVITE\)  "
expect_text "ACK" "$ladder" "  ACK sip:[^ ]+ \([0-9]+\) -+>  "
expect_text "BYE after a second" "$ladder" " [1-9]\.[0-9]{3}  BYE sip:[^ ]+ \([0-9]+\) -+>  "
call_id=$(sed -n 's/^Call-ID: //p' <<<"$ladder")
expect "the same by Call-ID" "$(rx pjsip show ladder "$call_id")" "$ladder"
expect_text "all" "$(rx pjsip show history)" "^0000[0-9] [0-9]{10} \* ==>  127\.0\.0\.1:$FAR_PORT +INVITE sip:200@"
expect_text "nothing known" "$(rx pjsip show ladder PJSIP/none-00000000)" "^Nothing is remembered of 'PJSIP/none-00000000'$"
expect "history cleared" "$(rx pjsip set history clear)" "PJSIP History cleared"
expect_text "and gone" "$(rx pjsip show ladder "$channel")" "^Nothing is remembered of"
expect_text "a bad address" "$(rx pjsip set logger host nowhere)" "^'nowhere' is not an IP address"

# Channels, with audio both ways: of either shard.
words=$(printf 'hello-world&%.0s' {1..12})hello-world
rx channel originate PJSIP/201@far application Playback "$words"
rx channel originate PJSIP/202@far application Playback "$words"
audio_goes() { # both ways, on both
	stats=$(rx pjsip show channelstats)
	[ "$(grep -cE '^ {10}far-0000000[12] {7}00:00:[0-9]{2} ulaw +[1-9][0-9]+ +0 +0 +[0-9.]+ +[1-9][0-9]+ ' <<<"$stats")" = 2 ]
}
wait_for 10 audio_goes
expect_text "their count" "$stats" '^Objects found: 2$'
expect_text "channels" "$(rx pjsip show channels)" '^  Channel: PJSIP/far-0000000[12]/Playback +Up +00:00:[0-9]{2}$'
shown=$(rx pjsip show channel PJSIP/far-00000001)
expect_text "whom" "$shown" "^ remote_addr   : 127\.0\.0\.1:$FAR_PORT$"
expect_text "by which URI" "$shown" "^ target_uri    : sip:127\.0\.0\.1:$FAR_PORT;transport=UDP$"
expect_text "where audio goes" "$shown" '^ rtp_dest      : 127\.0\.0\.1:[0-9]+$'
expect_text "its codec" "$shown" '^ codec         : ulaw$'
expect "ended" "$(rx channel request hangup all | wc -l)" 2
expect_text "nothing is wrong" "$(rx pjsip show targets)" '^No objects found\.$'
echo "passed"
