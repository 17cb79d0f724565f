#!/usr/bin/env bash
# A phone (baresip) that is registered over TCP at an engine of three shards, which keeps all connections on one of them: 24
# calls at once, eight from each shard, all of them over the connection that the phone opened; none lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
command -v baresip >/dev/null || fail "baresip is not there: deploy/packages test"

SHARDS=3
calls=$((8 * SHARDS))
engine_conf
new_port PHONE_PORT
cat >>"$dir/etc/pjsip.conf" <<CONF
[transport-tcp]
type = transport
protocol = tcp
bind = 127.0.0.1:$SIP_PORT
[phone]
type = endpoint
aors = phone
auth = phone
allow = ulaw
; it is where its connection is
rewrite_contact = yes
[phone]
type = auth
username = phone
password = secret
[phone]
type = aor
max_contacts = 1
CONF

mkdir "$dir/phone"
cat >"$dir/phone/config" <<CONF
sip_listen 127.0.0.1:$PHONE_PORT
net_interface 127.0.0.1
call_max_calls $calls
call_hold_other_calls no
rtp_ports $FAR_RTP-$((FAR_RTP + 4 * calls))
module_path /usr/lib/baresip/modules
module g711.so
module_app account.so
module_app menu.so
CONF
cat >"$dir/phone/accounts" <<CONF
<sip:phone@127.0.0.1:$SIP_PORT;transport=tcp>;auth_user=phone;auth_pass=secret;regint=3600;answermode=auto
CONF
engine_start
baresip -f "$dir/phone" -v </dev/null >"$dir/phone.out" 2>&1 &
phone_pid=$!
started+=("$phone_pid")
registered() { metric_is sip_register_ok 1; }
wait_for 10 registered
expect "connections" "$(metric sip_conn_accepted)" 1

# ---- as many calls at once as the shards share evenly, each held until it is counted

for ((n = 1; n <= calls; n++)); do
	printf 'Channel: PJSIP/phone\nApplication: Wait\nData: 600\nArchive: yes\n' | drop "$n.call"
done
all_up() { [ "$(rx core show channels concise | grep -c '!Up!')" = "$calls" ]; }
wait_for 30 all_up
for ((n = 0; n < SHARDS; n++)); do
	expect_text "calls of shard $n" "$(rx core show memory)" "^shard $n: 8 of "
done
rx channel request hangup all >/dev/null
completed() { [ "$(grep -l '^Status: Completed' "$dir"/spool/outgoing_done/*.call 2>/dev/null | wc -l)" = "$calls" ]; }
wait_for 20 completed
recorded() { [ "$(sql 'select count(*) from cdr')" = "$calls" ]; }
wait_for 10 recorded
expect "records" "$(sql 'select disposition, count(*), count(distinct uniqueid) from cdr group by 1')" "ANSWERED|$calls|$calls"
expect "attempts" "$(metric attempt_started)" "$calls"

# ---- over the phone's connection: none of ours, nothing twice, and all that is for other shards was handed to them

expect "connections of the phone" "$(metric sip_conn_accepted)" 1
expect "connections of ours" "$(metric sip_conn_opened)" 0
expect "messages sent again" "$(metric sip_retransmit)" 0
expect_least "messages for the other shards (200 to INVITE and BYE)" "$(metric sip_rx_forwarded)" $((2 * 8 * (SHARDS - 1)))
expect "impossible things" "$(metric never)" 0
ended "$phone_pid" && fail "the phone is gone: $(tail -20 "$dir/phone.out")"
loopback_stop "$dir" || fail "the engine did not end well"
echo "passed"
