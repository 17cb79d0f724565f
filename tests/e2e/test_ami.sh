#!/usr/bin/env bash
# A session of the manager interface as the book prints it, then an Originate to sipp, its events in
# order, and a hang-up by the client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
cat >>"$dir/etc/extensions.conf" <<'END'
[sets]
exten => 103,1,Wait(60)
END
engine_start
far_sipp uas

# Byte for byte, without events: banner, Login, Ping, Logoff, and the connection is closed.
said=$(printf '%s\r\n' 'Action: Login' 'Username: hello' 'Secret: world' 'Events: off' '' \
	'Action: Ping' '' 'Action: Logoff' '' | nc -w 5 127.0.0.1 "$AMI_PORT" |
	sed 's/^\(Timestamp: \)[0-9]\{10\}\.[0-9]\{6\}\r$/\1NOW\r/'; echo .)
wanted=$(printf '%s\r\n' 'Asterisk Call Manager/11.0.0' \
	'Response: Success' 'Message: Authentication accepted' '' \
	'Response: Success' 'Ping: Pong' 'Timestamp: NOW' '' \
	'Response: Goodbye' 'Message: Thanks for all the fish.' ''; echo .)
expect "the printed session" "$said" "$wanted"

# A wrong password.
said=$(printf '%s\r\n' 'Action: Login' 'Username: hello' 'Secret: wrong' '' | nc -w 5 127.0.0.1 "$AMI_PORT" | tr -d '\r')
expect_text "a wrong password" "$said" '^Message: Authentication failed$'

# Originate. Timeout 10 s; the dialplan waits until the client hangs up.
ami_login
ami_say 'Action: Originate' 'ActionID: order-1' 'Channel: PJSIP/SOFTPHONE_A@far' 'Context: sets' \
	'Exten: 103' 'Priority: 1' 'Timeout: 10000' 'CallerID: Matthew Jordan <(555) 867-5309>' \
	'Account: someaccount' 'Variable: COLOUR=red' 'Async: true'
ami_wait '^Message: Originate successfully queued$'
ami_wait '^Event: OriginateResponse$'
block=$(ami_block 'Event: OriginateResponse')
expect_text "OriginateResponse" "$block" '^ActionID: order-1$'
expect_text "OriginateResponse" "$block" '^Response: Success$'
expect_text "OriginateResponse" "$block" '^Reason: 4$'
ami_wait '^Application: Wait$'
channel=$(sed -n 's/^Channel: \(PJSIP.*\)/\1/p' <<<"$block")
expect_text "the channel's name" "$channel" '^PJSIP/far-[0-9a-f]{8}$'
expect_text "Newchannel" "$(ami_block 'Event: Newchannel')" '^ChannelStateDesc: Down$'
expect_text "VarSet" "$(ami_block 'Variable: COLOUR')" '^Value: red$'

ami_say 'Action: Getvar' "Channel: $channel" 'Variable: COLOUR'
ami_wait '^Value: red$'
ami_say 'Action: Hangup' "Channel: $channel" 'Cause: 16'
ami_wait '^Message: Channel Hungup$'
ami_wait '^Event: Hangup$'
expect_text "Hangup" "$(ami_block 'Event: Hangup')" '^Cause-txt: Normal Clearing$'
expect_text "Cdr" "$(ami_block 'Event: Cdr')" '^Disposition: ANSWERED$'

# Order of the events of one call.
order=$(grep -E '^Event: (Newchannel|DialBegin|DialEnd|OriginateResponse|Cdr|Hangup)$' "$dir/ami" | tr '\n' ' ')
expect "order of events" "$order" \
	'Event: Newchannel Event: DialBegin Event: DialEnd Event: OriginateResponse Event: Cdr Event: Hangup '

# Nobody there, then no such endpoint.
ami_say 'Action: Originate' 'ActionID: order-2' 'Channel: PJSIP/1@nosuch' 'Application: Wait' 'Data: 1' 'Async: true'
ami_wait '^ActionID: order-2$'
has_failed() { ami_block 'ActionID: order-2' | grep -q '^Response: Failure$'; }
wait_for 10 has_failed

ami_say 'Action: Logoff'
ami_wait '^Message: Thanks for all the fish.$'
wait_for 5 ended "$ami_reader"
echo "passed"
