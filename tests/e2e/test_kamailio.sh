#!/usr/bin/env bash
# Kamailio in front of the engine: registrar of its registration, proxy that stays on the way (Record-Route), dispatcher with
# one dead target; and the engine's own choice between two Kamailios, one of them dead. sipp is the far end behind them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_scenario.sh
. "$(dirname "$0")/sipp_scenario.sh"
command -v kamailio >/dev/null || fail "kamailio is not there: deploy/packages test"

for port in KAM KAM_TLS OTHER OTHER_TLS DNS_PORT DEAD CALLER_PORT TLS_PORT; do new_port "$port"; done

declare -A kamailio_pid
# shellcheck disable=SC2317 # called by the trap
kamailio_end() { # one that is ended while it still starts may leave processes behind
	local code=$? pid
	set +e
	for pid in "${kamailio_pid[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done
	return "$code"
}
trap 'kamailio_end; e2e_end' EXIT
kamailio_start() { # PORT TLS-PORT
	printf '1 sip:127.0.0.1:%s\n' "$DEAD" "$FAR_PORT" >"$dir/targets"
	mkdir -p "$dir/kamailio.$1"
	cp "$e2e_root"/tests/tls/server.{pem,key} "$dir/"
	setsid kamailio -f "$e2e_root/tests/e2e/kamailio/kamailio.cfg" -DD -E -m 32 -M 4 -w "$dir/kamailio.$1" \
		-Y "$dir/kamailio.$1" -A "TARGETS=\"$dir/targets\"" -A "CERT=\"$dir/server.pem\"" -A "KEY=\"$dir/server.key\"" \
		-l "udp:127.0.0.1:$1" -l "tcp:127.0.0.1:$1" -l "tls:127.0.0.1:$2" \
		--alias=pool.example.test 2>>"$dir/kamailio.$1.log" &
	disown
	kamailio_pid[$1]=$!
	started+=($!)
	wait_for 20 listens udp "$1"
	wait_for 20 listens tcp "$2"
}
kamailio_stop() { # PORT
	kill "${kamailio_pid[$1]}"
	wait_for 10 ended "${kamailio_pid[$1]}"
}
told() { # PORT TEXT: of how many requests that Kamailio said so; one that a busy machine repeats is one
	grep -o "$2.*" "$dir/kamailio.$1.log" | sort -u | wc -l || true
}
told_is() { [ "$(told "$1" "$2")" = "$3" ]; }
told_least() { [ "$(told "$1" "$2")" -ge "$3" ]; }

far_end() { # NAME [options]: starts sipp with this scenario; its pid is in $far_pid
	local name=$1
	shift
	scenario "$name"
	(cd "$dir" && exec sipp -sf "$name.xml" -i 127.0.0.1 -p "$FAR_PORT" -mp "$FAR_RTP" -nostdin \
		-trace_err -error_file "$name.err" "$@" >"$name.out" 2>&1) &
	far_pid=$!
	started+=("$far_pid")
	wait_for 20 listens udp "$FAR_PORT"
}
far_content() { # NAME: its scenario is through
	wait "$far_pid" && return
	fail "$1: the far end is not content: $(head -40 "$dir/$1.err" 2>/dev/null || tail -20 "$dir/$1.out")"
}

drop_call() { # NAME CHANNEL SECONDS [LINE]: a call file without retries
	printf '%s\n' "Channel: PJSIP/$2" 'Application: Wait' "Data: $3" 'Archive: yes' "${@:4}" | drop "$1.call"
}
status_is() { file_has "$dir/spool/outgoing_done/$1.call" "^Status: $2\$"; }
dial() { # NAME CHANNEL SECONDS [LINE]: and it is answered
	drop_call "$@"
	wait_for 20 status_is "$1" Completed
}
run_of() { # NAME COUNT CHANNEL: so many calls, and all of them are answered
	local i
	for i in $(seq "$2"); do drop_call "$1$i" "$3" 0; done
	all_through() { [ "$(grep -lE '^Status: ' "$dir/spool/outgoing_done/$1"[0-9]*.call 2>/dev/null | wc -l)" = "$2" ]; }
	wait_for 60 all_through "$1" "$2"
	expect "$1: calls that arrived" "$(grep -l '^Status: Completed' "$dir/spool/outgoing_done/$1"[0-9]*.call | wc -l)" "$2"
}

engine_conf
cat >>"$dir/etc/pjsip.conf" <<END

[system]
type = system
timer_t1 = 100
timer_b = 6400

[account]
type = auth
username = me
password = hidden
[kam-line]
type = registration
server_uri = sip:127.0.0.1:$KAM
client_uri = sip:me@127.0.0.1:$KAM
contact_user = me
outbound_auth = account
max_random_initial_delay = 0
line = yes
endpoint = kam

[kam]
type = endpoint
context = in
aors = kam
allow = ulaw
[kam]
type = aor
contact = sip:127.0.0.1:$KAM

[proxied]
type = endpoint
aors = proxied
allow = ulaw
outbound_proxy = sip:127.0.0.1:$KAM\;lr
[proxied]
type = aor
contact = sip:127.0.0.1:$FAR_PORT

[transport-tcp]
type = transport
protocol = tcp
bind = 127.0.0.1:$SIP_PORT
[transport-tls]
type = transport
protocol = tls
bind = 127.0.0.1:$TLS_PORT
cert_file = $e2e_root/tests/tls/server.pem
priv_key_file = $e2e_root/tests/tls/server.key
ca_list_file = $e2e_root/tests/tls/ca.pem
verify_server = yes

[tcp]
type = endpoint
aors = proxied
allow = ulaw
outbound_proxy = sip:127.0.0.1:$KAM\;transport=tcp\;lr
[tls]
type = endpoint
aors = proxied
allow = ulaw
outbound_proxy = sip:127.0.0.1:$KAM_TLS\;transport=tls\;lr

[kam-tcp]
type = registration
server_uri = sip:127.0.0.1:$KAM\;transport=tcp
client_uri = sip:tcp@127.0.0.1:$KAM
contact_user = tcp
outbound_auth = account
max_random_initial_delay = 0
line = yes
endpoint = kam
[kam-tls]
type = registration
server_uri = sip:127.0.0.1:$KAM_TLS\;transport=tls
client_uri = sip:tls@127.0.0.1:$KAM
contact_user = tls
outbound_auth = account
max_random_initial_delay = 0
line = yes
endpoint = kam

[pool-line]
type = registration
server_uri = sip:pool.example.test
client_uri = sip:pool@127.0.0.1:$KAM
contact_user = pool
outbound_auth = account
max_random_initial_delay = 0

[pair]
type = endpoint
aors = pair
allow = ulaw
[pair]
type = aor
contact = sip:127.0.0.1:$KAM
contact = sip:127.0.0.1:$OTHER

[named]
type = endpoint
aors = named
allow = ulaw
[named]
type = aor
contact = sip:pool.example.test
END
cat >>"$dir/etc/extensions.conf" <<'END'
[in]
exten => _[a-z].,1,Answer(,i)
 same => n,Wait(10)
 same => n,Hangup()
END
cat >"$dir/etc/resolver_unbound.conf" <<END
[general]
nameserver = 127.0.0.1:$DNS_PORT
END
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --port="$DNS_PORT" --listen-address=127.0.0.1 \
	--bind-interfaces --user="$(id -un)" --pid-file= --log-facility="$dir/dns.log" --local=/example.test/ \
	--srv-host=_sip._udp.pool.example.test,one.example.test,"$KAM",10,0 \
	--srv-host=_sip._udp.pool.example.test,two.example.test,"$OTHER",20,0 \
	--host-record=one.example.test,127.0.0.1 --host-record=two.example.test,127.0.0.1 &
started+=($!)
wait_for 20 listens udp "$DNS_PORT"
kamailio_start "$KAM" "$KAM_TLS"
engine_start
ami_login

on_the_way='127.0.0.1:[0-9]+(;transport=[a-z]+)?(;r2=on)?;lr'

# ---- registrar: challenge, binding, refresh before its end, and a call to it

registered() { [ "$(rx pjsip show registrations | grep -cE 'kam-[a-z]+/sip:127.* account +Registered ')" = 3 ]; }
wait_for 10 registered
for user in me tcp tls pool; do wait_for 10 told_least "$KAM" "saved $user" 1; done # pool is found by SRV

# shellcheck disable=SC2119,SC2317 # what call calls by name
( # the words of a caller are others than those of a far end
	# shellcheck source=tests/e2e/sipp_caller.sh
	. "$e2e_root/tests/e2e/sipp_caller.sh"
	calls_us() {
		invite
		may_hear 100
		hears 200 Record-Route "$on_the_way"
		ack
		in_dialog BYE 2
		hears 200
	}
	for user in me tcp tls; do FAR_PORT=$CALLER_PORT SIP_PORT=$KAM call calls_us "$user"; done
)
wait_for 5 told_is "$KAM" "routed BYE from udp:$CALLER_PORT" 3
expect "calls that came in" "$(metric incoming_answered)" 3
expect "contacts of ours that name another transport" "$(told "$KAM" 'protocol/port mismatch')" 0
expect_least "their ACKs" "$(told "$KAM" "routed ACK from udp:$CALLER_PORT")" 3

# ---- proxy that stays on the way

rr='[last_Record-Route:]'
we_hang_up() { # after a re-INVITE of the far end
	recv INVITE Record-Route "$on_the_way"
	answer 180 "$rr"
	answer 200 "$rr" sdp
	recv ACK
	SDP_VERSION=8 ask INVITE 11 '[routes]' sdp=a=sendonly
	may_answer 100
	recv_answer 200 msg 'a=recvonly'
	ack 11 '[routes]'
	recv BYE
	reply 200
}
they_hang_up() {
	recv INVITE
	answer 200 "$rr" sdp
	recv ACK
	ask BYE 11 '[routes]'
	recv_answer 200
}
we_give_up() {
	recv INVITE
	answer 180 "$rr"
	recv CANCEL
	reply 200
	answer 487 "$rr"
	recv ACK
}
bulk() {
	recv INVITE
	answer 200 "$rr" sdp
	recv ACK
	recv BYE
	reply 200
}
routed() { told "$KAM" "routed $1 from $2"; }

holds=0
hung_up_by_us() { # NAME ENDPOINT: once the far end has its ACK for the re-INVITE
	far_end we_hang_up -m 1
	drop_call "$1" "$2" 60
	holds=$((holds + 1))
	wait_for 20 told_is "$KAM" "routed ACK from udp:$FAR_PORT" "$holds"
	rx channel request hangup all >/dev/null
	wait_for 20 status_is "$1" Completed
	far_content we_hang_up
}
hung_up_by_us we_hang_up proxied
expect "its re-INVITE and ACK" "$(routed INVITE "udp:$FAR_PORT") $(routed ACK "udp:$FAR_PORT")" '1 1'
expect "our ACK and BYE" "$(routed ACK "udp:$SIP_PORT") $(routed BYE "udp:$SIP_PORT")" '1 1'

far_end they_hang_up -m 1
dial they_hang_up "proxied/sip:far@127.0.0.1:$FAR_PORT" 10
far_content they_hang_up
expect "our ACK, its BYE" "$(routed ACK "udp:$SIP_PORT") $(routed BYE "udp:$FAR_PORT")" '2 1'

far_end we_give_up -m 1
drop_call we_give_up proxied 0 'WaitTime: 1'
wait_for 20 status_is we_give_up Expired
far_content we_give_up
expect "CANCEL" "$(told "$KAM" 'heard CANCEL')" 1

# The same with us over TCP and TLS, where the proxy stands in the route twice.

proxied_by() { # tcp or tls
	hung_up_by_us "we_hang_up_$1" "$1"
	far_end they_hang_up -m 1
	dial "they_hang_up_$1" "$1" 10
	far_content they_hang_up
	far_end we_give_up -m 1
	drop_call "we_give_up_$1" "$1" 0 'WaitTime: 1'
	wait_for 20 status_is "we_give_up_$1" Expired
	far_content we_give_up
	wait_for 5 told_is "$KAM" "routed ACK from $1:" 3 # one for the 487, of which the far end knows nothing
	expect "our BYE by $1" "$(routed BYE "$1:")" 1
}
proxied_by tcp
proxied_by tls

# ---- dispatcher with a dead target: each second call is sent there first

far_end bulk
run_of dispatched 50 far@kam
expect "calls that Kamailio had to send anew" "$(told "$KAM" 'next target for far')" 25
wait_for 10 told_least "$KAM" "routed BYE from udp:$SIP_PORT" 51

# ---- the engine between two Kamailios, the first of them dead

refreshed() { [ "$(told "$KAM" 'saved me')" -ge 2 ]; }
wait_for 20 refreshed
kamailio_start "$OTHER" "$OTHER_TLS"
run_of before 2 far@named
expect "with both alive" "$(metric sip_failover) $(told "$OTHER" 'heard INVITE')" '0 0'
kamailio_stop "$KAM"
rx pjsip send register pool-line >/dev/null # the one that has it is dead: the next one of its name
wait_for 20 told_is "$OTHER" 'saved pool' 1
expect "REGISTERs sent to the next target" "$(metric sip_errand_failover)" 1
run_of named 20 far@named
expect "all by the other one" "$(told "$OTHER" 'heard INVITE')" 20
failed_over=$(metric sip_failover)
[ "$failed_over" -ge 1 ] || fail "no failover is counted"
run_of pair 20 far@pair
expect "all by the other one" "$(told "$OTHER" 'heard INVITE')" 40
loopback_stop "$dir" || fail "the engine did not end well"
echo "passed"
