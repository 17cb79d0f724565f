#!/usr/bin/env bash
# TERM with calls up: they are hung up (BYE), recorded, and the engine ends with 0 and leaves nothing.
# A second engine on the same directory is refused. HUP reloads.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
engine_is_patient
engine_start
far_load --rtp none
for n in 1 2 3; do
	drop "$n.call" <<END
Channel: PJSIP/answer-$n@far
Application: Wait
Data: 60
Archive: yes
END
done
wait_for 10 metric_is attempt_answered 3

said=$("$RINGER" -f -C "$dir/etc/asterisk.conf" 2>&1) && fail "a second engine started"
expect_text "a second engine" "$said" 'already running on'

sed -i 's/Playback(hello-world)/Playback(beep)/' "$dir/etc/extensions.conf"
kill -HUP "$ENGINE_PID"
reloaded() { rx dialplan show campaign | grep -q 'Playback(beep)'; }
wait_for 5 reloaded

loopback_stop "$dir" || fail "the engine did not end well"
expect "records" "$(sql "select disposition, count(*) from cdr group by 1")" 'ANSWERED|3'
expect "archived" "$(grep -l '^Status: Completed$' "$dir"/spool/outgoing_done/*.call | wc -l)" 3
expect "socket and pid file left" "$(ls "$dir/run")" ""
far_report
expect_text "BYEs" "$report" '^  byes received +3 *$'
echo "passed"
