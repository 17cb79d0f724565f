#!/usr/bin/env bash
# The console commands that scripts use, and a graceful stop while a call is up.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_scenario.sh
. "$(dirname "$0")/sipp_scenario.sh"

engine_conf
cat >>"$dir/etc/extensions.conf" <<'END'
[talk]
exten => s,1,Wait(60)
 same => n,Hangup()
END
engine_start
far_until_told
ami_login

expect_text "core show version" "$(rx core show version)" '^Asterisk 22\.[0-9.]+ compatible, Ringer [0-9.]+$'
expect_text "core show uptime" "$(rx core show uptime)" '^System uptime: [0-9]+ seconds?$'
expect_text "core show uptime seconds" "$(rx core show uptime seconds)" '^Last reload: [0-9]+$'
expect_text "dialplan show" "$(rx dialplan show campaign)" "^  's' => +1\. Playback\(hello-world\) +\[extensions\.conf:2\]$"
expect_text "dialplan show" "$(rx dialplan show nosuch)" "There is no existence of 'nosuch' context"
expect_text "threads" "$(rx core show threads)" ' shard-0$'
expect_text "settings" "$(rx core show settings)" '^  Manager \(AMI\): +Enabled$'
expect_text "records" "$(rx cdr show status)" '^    sqlite$'
expect_text "log files" "$(rx logger show channels)" "^/.{34} File +default +Enabled +- NOTICE WARNING ERROR "
expect "an added log file" "$(rx logger add channel extra notice,verbose)" ""
wait_for 5 test -e "$dir/log/extra"
expect "an added log file again" "$(rx logger add channel extra notice)" "Logger channel 'extra' already exists"
rx logger rotate
wait_for 5 test -e "$dir/log/messages.log.0"
wait_for 5 test -e "$dir/log/messages.log"
expect "a removed log file" "$(rx logger remove channel extra)" "Removed dynamic logger channel 'extra'"
expect_text "manager show connected" "$(rx manager show connected)" '^  hello +127\.0\.0\.1 '
expect_text "manager show commands" "$(rx manager show commands)" '^  Originate +'
expect_text "manager show settings" "$(rx manager show settings)" "TCP Bindaddress: +127\.0\.0\.1:$AMI_PORT"
expect_text "manager show user" "$(rx manager show user hello)" 'secret: <Set>'
expect_text "an unknown command" "$(rx fly)" "^No such command 'fly'"
expect_text "no channels" "$(rx core show channels)" '^0 active channels$'
"$RINGER" -C "$dir/etc/asterisk.conf" -s "$dir/nowhere" -rx 'core show uptime' 2>/dev/null && fail "a console without engine succeeds"

ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Context: talk' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Application: Wait$'
expect_text "a channel" "$(rx core show channels)" '^PJSIP/far-[0-9a-f]{8} +s@talk:1 +Up +Wait\(60\)'
expect_text "totals" "$(rx core show channels)" '^1 active channel$'
expect_text "a channel in detail" "$(rx core show channel "$(rx core show channels concise | cut -d! -f1)")" '^level 1: disposition=ANSWERED$'
expect_text "concise" "$(rx core show channels concise)" '^PJSIP/far-[0-9a-f]{8}!talk!s!1!Up!Wait!60!'

# The call may end; nothing new begins; then the engine is gone, its socket and pid file too.
timeout 60 "$RINGER" -C "$dir/etc/asterisk.conf" -rx 'core stop gracefully' >/dev/null || true &
refuses() { rx core show channels | grep -q 'cannot be run during shutdown'; }
wait_for 10 refuses
kill -0 "$ENGINE_PID" || fail "the engine did not wait for the call"
ami_say 'Action: Originate' 'ActionID: late' 'Channel: PJSIP/201@far' 'Application: Wait' 'Data: 1' 'Async: true'
ami_wait '^ActionID: late$'
expect_text "an order during the stop" "$(ami_block 'ActionID: late')" '^Response: (Error|Failure)$'
tell_far
ami_wait '^Event: Hangup$'
wait_for 10 ended "$ENGINE_PID"
code=0
wait "$ENGINE_PID" || code=$?
ENGINE_PID=
expect "exit status" "$code" 0
expect "socket and pid file left" "$(ls "$dir/run")" ""
expect "records" "$(sql "select disposition from cdr where dst = 's'")" ANSWERED
echo "passed"
