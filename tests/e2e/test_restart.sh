#!/usr/bin/env bash
# core restart: the same process begins anew, with the configuration that is there then; calls are waited for or
# ended as a stop would; nothing of the old life is left open; a restart can be called off.
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

restarted() { # the second line of readiness, or the third
	[ "$(grep -c 'Ringer .* ready' "$dir/log/messages.log")" -ge "$1" ] && rx core show uptime seconds >/dev/null
}
refuses() { rx core show channels | grep -q 'cannot be run during shutdown'; }
# Rings, files and pipes; RTP ports are bound ahead one by one, so the number of sockets differs.
descriptors() { find "/proc/$ENGINE_PID/fd" -mindepth 1 -printf '%l\n' | grep -vc '^socket:' || true; }

before=$(descriptors)

# Gracefully: the call that is up goes on until the far end hangs up, a new order is refused, then the same pid has another life.
ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Context: talk' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Application: Wait$'
printf '[globals]\nLIFE=second\n' >>"$dir/etc/extensions.conf"
rx core restart gracefully >/dev/null &
wait_for 10 refuses
tell_far
ami_wait '^Event: Hangup$'
ami_wait '^Restart: True$'
wait_for 20 restarted 2
kill -0 "$ENGINE_PID" || fail "the process is another one"
expect "the pid file" "$(cat "$dir"/run/*.pid)" "$ENGINE_PID"
expect_text "the new configuration" "$(rx dialplan show globals)" '^   LIFE=second$'
expect_text "calls of the new life" "$(rx core show channels)" '^0 calls processed$'
expect "records" "$(sql "select disposition from cdr where dst = 's'")" ANSWERED

# It works as the first one did, and holds no more descriptors than the first.
ami_login
ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Context: talk' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Application: Wait$'

# Called off while the call is up: nothing happens when it ends.
rx core restart gracefully >/dev/null &
wait_for 10 refuses
rx core abort shutdown
expect_text "after the abort" "$(rx core show channels)" '^1 active channel$'

# Now: the call is hung up.
rx core restart now >/dev/null || true
wait_for 20 restarted 3
kill -0 "$ENGINE_PID" || fail "the process is another one"
expect_text "no channels" "$(rx core show channels)" '^0 active channels$'
no_more() { [ "$(descriptors)" -le "$before" ]; } # a file is opened now and then
wait_for 5 no_more

# A stop is a stop.
rx core stop now >/dev/null || true
wait_for 10 ended "$ENGINE_PID"
code=0
wait "$ENGINE_PID" || code=$?
ENGINE_PID=
expect "exit status" "$code" 0
expect "socket and pid file left" "$(ls "$dir/run")" ""

# A daemon keeps its pid, too: whoever watches the pid file sees no end.
"$RINGER" -C "$dir/etc/asterisk.conf"
ENGINE_PID=$(cat "$dir"/run/*.pid)
rx core restart when convenient >/dev/null || true
wait_for 20 restarted 5
expect "the daemon's pid file" "$(cat "$dir"/run/*.pid)" "$ENGINE_PID"
rx core stop now >/dev/null || true
wait_for 10 ended "$ENGINE_PID"
ENGINE_PID=
echo "passed"
