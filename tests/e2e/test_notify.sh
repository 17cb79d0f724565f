#!/usr/bin/env bash
# NOTIFY to order, with sipp as the phone: by PJSIPNotify and by the console, to an endpoint and to a URI, each with
# credentials that sipp checks; within a call, in order with a text; pjsip_notify.conf read again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

heard=$dir/heard
phone() { # SCENARIO: one call of it; what comes is kept
	: >"$heard"
	far_sipp "$1" -m 1 -trace_msg -message_file "$heard"
	phone_pid=${started[-1]}
}
phone_done() { # it saw what its scenario expects, and no more
	wait_for 20 ended "$phone_pid"
	wait "$phone_pid" || fail "$1: sipp ended with $?: $(tail -5 "$dir/sipp.out")"
}
requests() { tr -d '\r' <"$heard" | grep -c "^$1 " || true; } # METHOD
line() { tr -d '\r' <"$heard" | grep -m1 "^$1: " || true; }   # HEADER: the first one
ask() { # ID LINE...: one PJSIPNotify
	local id=$1
	shift
	ami_say 'Action: PJSIPNotify' "ActionID: $id" "$@"
	wait_for 10 answered "$id"
}
answered() { ami_block "ActionID: $1" | grep -q '^Message: '; }
said() { ami_block "ActionID: $1" | sed -n 's/^Message: //p'; }

engine_conf
engine_is_patient
cat >>"$dir/etc/pjsip.conf" <<END
[global]
type = global
default_outbound_endpoint = phone

[phone]
type = endpoint
aors = phone
outbound_auth = phone
disallow = all
allow = ulaw

[phone]
type = auth
username = phone
password = secret

[phone]
type = aor
contact = sip:phone@127.0.0.1:$FAR_PORT
END
cp "$e2e_root/deploy/conf/pjsip_notify.conf" "$dir/etc/"
engine_start
ami_login

# By a kind of the file.
phone notify
ask option 'Endpoint: PJSIP/phone' 'Option: check-sync-reboot'
expect "option" "$(said option)" "NOTIFY sent"
phone_done "option"
expect "Event" "$(line Event)" "Event: check-sync;reboot=true"
expect "Subscription-State" "$(line Subscription-State)" "Subscription-State: terminated"
expect_text "Request-URI" "$(tr -d '\r' <"$heard")" "^NOTIFY sip:phone@127\.0\.0\.1:$FAR_PORT SIP/2\.0$"
expect "refused" "$(metric sip_notify_failed)" 0

# By headers and a body, to a URI.
phone notify
ask variables "URI: sip:lamp@127.0.0.1:$FAR_PORT" 'Variable: Event=message-summary' \
	'Variable: Content-Type=application/simple-message-summary' 'Variable: Content=Messages-Waiting: yes' \
	'Variable: Content=Voice-Message: 2/0 (0/0)' 'Variable: Content=' 'Variable: Contact=<sip:forged@127.0.0.1>'
expect "variables" "$(said variables)" "NOTIFY sent"
phone_done "variables"
expect "Content-Type" "$(line Content-Type)" "Content-Type: application/simple-message-summary"
expect "Content-Length" "$(line Content-Length | tr -d ' ')" "Content-Length:49"
expect_text "body" "$(tr -d '\r' <"$heard")" '^Voice-Message: 2/0 \(0/0\)$'
expect "no forged header" "$(grep -c forged "$heard" || true)" 0
expect_text "Request-URI" "$(tr -d '\r' <"$heard")" '^NOTIFY sip:lamp@127'

# By the console.
phone notify
expect "console" "$(rx pjsip send notify lamp-off endpoint phone)" "Sending NOTIFY of type 'lamp-off' to 'phone'"
phone_done "console"
expect_text "body of the file" "$(tr -d '\r' <"$heard")" '^Messages-Waiting: no$'
expect "unknown kind" "$(rx pjsip send notify nothing endpoint phone | head -1)" "Unable to find notify type 'nothing'"

# Within a call, in order with a text.
phone notified
ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Application: Wait' 'Data: 30' 'Async: true' 'ChannelId: called'
ami_wait '^ChannelStateDesc: Up$'
ami_say 'Action: PJSIPNotify' 'ActionID: in1' 'Channel: called' 'Variable: Event=campaign' 'Variable: X-Step=1' '' \
	'Action: SendText' 'ActionID: in2' 'Channel: called' 'Message: between' '' \
	'Action: PJSIPNotify' 'ActionID: in3' 'Channel: called' 'Option: check-sync'
wait_for 10 answered in3
expect "first" "$(said in1)" "NOTIFY sent"
expect "text" "$(said in2)" "Success"
expect "second" "$(said in3)" "NOTIFY sent"
wait_for 10 file_has "$heard" '^Event: check-sync'
ami_say 'Action: Hangup' 'Channel: called'
phone_done "in a call"
expect "NOTIFYs" "$(requests NOTIFY)" 2
ask gone 'Channel: called' 'Variable: Event=x'
expect "over" "$(said gone)" "Channel not found"

# The file is read again; a broken one leaves the old kinds.
printf '[broken]\nNo Name=>1\n' >"$dir/etc/pjsip_notify.conf"
rx module reload res_pjsip_notify >/dev/null || true
wait_for 5 file_has "$dir/log/engine.out" "pjsip_notify.conf:2: 'No Name' cannot be the name of a header"
phone notify
expect "old kinds" "$(rx pjsip send notify check-sync endpoint phone)" "Sending NOTIFY of type 'check-sync' to 'phone'"
phone_done "old kinds"
printf '[fresh]\nEvent=>fresh\n' >"$dir/etc/pjsip_notify.conf"
rx module reload res_pjsip_notify >/dev/null
phone notify
expect "new kind" "$(rx pjsip send notify fresh endpoint phone)" "Sending NOTIFY of type 'fresh' to 'phone'"
phone_done "new kind"
expect "Event" "$(line Event)" "Event: fresh"
expect_text "old kind" "$(rx pjsip send notify check-sync endpoint phone)" "^Unable to find notify type 'check-sync'$"
expect "nothing failed" "$(metric sip_notify_failed)" 0
echo "passed"
