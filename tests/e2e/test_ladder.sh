#!/usr/bin/env bash
# What people see of the messages of a call: `pjsip set logger` in a log file, ladder and history.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
engine_start
far_sipp uas
ami_login

expect "logger add channel" "$(rx logger add channel sip verbose)" ""
expect "logger on" "$(rx pjsip set logger host 127.0.0.1)" "PJSIP Logging Enabled for host: 127.0.0.1"
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
echo "passed"
