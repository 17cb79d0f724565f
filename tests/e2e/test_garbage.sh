#!/usr/bin/env bash
# Dirt on the wire: datagrams that are no SIP only count, AMI answers bad messages with its own errors,
# and calls go on as if nothing had been.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
engine_start
far_load --rtp none
ami_login

send() { printf '%b' "$1" | nc -u -q0 127.0.0.1 "$SIP_PORT"; } # one datagram
send 'garbage'
send 'INVITE sip:x SIP/2.0\r\n\r\n'
send '\x00\x01\x02\xff\xfe'
send 'SIP/2.0 abc\r\nVia: x\r\n\r\n'
# From a file, so that one read of nc takes all of it: through a pipe it would be one to four datagrams.
{ printf '\xff'; head -c 15999 /dev/urandom; } >"$dir/noise"
nc -u -q0 127.0.0.1 "$SIP_PORT" <"$dir/noise"
wait_for 5 metric_is sip_rx_malformed 5
expect "answers to dirt" "$(metric sip_tx)" 0

ami_say 'no colon in this line'
ami_wait '^Message: Missing action in request$'
ami_say 'Action: Fly'
ami_wait '^Message: Invalid/unknown command: Fly\.'
ami_say 'Action: Originate' 'Channel: PJSIP/1@far'
ami_say 'Action: Ping' "ActionID: $(head -c 3000 /dev/zero | tr '\0' x)"
ami_say 'Action: Ping' 'ActionID: still-here'
ami_wait '^ActionID: still-here$'
head -c 300000 /dev/urandom | timeout 5 nc -w 2 127.0.0.1 "$AMI_PORT" >/dev/null || true

ami_say 'Action: Originate' 'ActionID: o' 'Channel: PJSIP/answer-1@far' 'Application: Playback' 'Data: beep' 'Async: true'
ami_wait '^Event: OriginateResponse$'
expect_text "a call after all that" "$(ami_block 'Event: OriginateResponse')" '^Response: Success$'
ami_wait '^Event: Hangup$'
expect "impossible things" "$(metric never)" 0
kill -0 "$ENGINE_PID"
echo "passed"
