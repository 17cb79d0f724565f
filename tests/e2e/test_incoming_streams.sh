#!/usr/bin/env bash
# Calls that come in over TCP and TLS, by IPv4 and IPv6, with sipp as the caller (behind tls_out.py for TLS) and two
# shards: answered and ended by the engine, refused, cancelled; each on record, nothing sent twice. Then a large INVITE
# of ours, which goes by TCP, and to a far end without TCP by UDP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_caller.sh
. "$(dirname "$0")/sipp_caller.sh"

SHARDS=2
certs=$e2e_root/tests/tls
for port in tls_port out_port out6_port udp_port; do new_port "$port"; done
engine_conf
cp "$certs"/*.pem "$certs"/*.key "$dir/etc/"
transport() { # NAME PROTOCOL BIND
	printf '[%s]\ntype = transport\nprotocol = %s\nbind = %s\n' "$1" "$2" "$3"
	[ "$2" != tls ] || printf 'cert_file = %s\npriv_key_file = %s\n' "$dir/etc/server.pem" "$dir/etc/server.key"
}
{
	transport tcp4 tcp "127.0.0.1:$SIP_PORT"
	transport tcp6 tcp "[::1]:$SIP_PORT"
	transport tls4 tls "127.0.0.1:$tls_port"
	transport tls6 tls "[::1]:$tls_port"
	cat <<-END
		[system]
		type = system
		; an answer is repeated over streams, too, until its ACK is there
		timer_t1 = 5000
		disable_tcp_switch = no
		[in]
		type = endpoint
		context = in
		disallow = all
		allow = ulaw
		; the caller is where its connection is
		rewrite_contact = yes
		[in]
		type = identify
		endpoint = in
		match = 127.0.0.1
		match = ::1
		[narrow]
		type = endpoint
		context = in
		aors = narrow
		send_pai = yes
		send_rpid = yes
		from_domain = a-name-that-makes-an-invite-longer-wherever-it-stands.and-another-one.example.test
		disallow = all
		allow = ulaw
		[narrow]
		type = aor
		contact = sip:127.0.0.1:$udp_port
	END
} >>"$dir/etc/pjsip.conf"
cat >>"$dir/etc/extensions.conf" <<-'END'
	[in]
	exten => play,1,Ringing()
	 same => n,Answer(,i)
	 same => n,Wait(0.2)
	 same => n,Hangup()
	exten => busy,1,Busy()
	exten => ring,1,Ringing()
	 same => n,Wait(20)
END
engine_start

talked() {
	invite
	may_hear 100
	hears 180
	hears 200
	ack
	hears_request BYE Reason 'Q.850;cause=16'
	ok
}
busy() {
	invite
	may_hear 100
	hears 486
	ack_refusal
}
cancelled() {
	invite
	may_hear 100
	hears 180
	cancel
	hears 200
	hears 487
	ack_refusal
}
for name in talked busy cancelled; do caller_scenario "$name"; done

caller() { # NAME EXTEN OWN-IP TARGET-IP TARGET-PORT COUNT
	(cd "$dir" && timeout 60 sipp -sf "$dir/$1.xml" -s "$2" -t t1 -i "$3" -p "$FAR_PORT" \
		-mp "$FAR_RTP" -m "$6" -r 10 -l 5 -timeout 50s -timeout_error -nostdin \
		-trace_msg -message_file "$dir/$1.msg" "$4:$5" >"$dir/$1.out" 2>&1) ||
		fail "$1 from $3 to $4:$5: $(tail -40 "$dir/$1.msg")"
}
calls() { # OWN-IP TARGET-IP TARGET-PORT
	caller talked play "$1" "$2" "$3" 8
	caller busy busy "$1" "$2" "$3" 4
	caller cancelled ring "$1" "$2" "$3" 4
}
tls_out() { # PORT HOST
	python3 "$e2e_root/tests/e2e/tls_out.py" "$1" "$2" "$tls_port" "$certs/ca.pem" >"$dir/out-$1.log" 2>&1 &
	started+=($!)
	wait_for 20 listens tcp "$1"
}

calls 127.0.0.1 127.0.0.1 "$SIP_PORT"
expect_text "the answer over TCP" "$(cat "$dir/talked.msg")" "^Contact: <sip:127.0.0.1:$SIP_PORT;transport=tcp>"
calls '[::1]' '[::1]' "$SIP_PORT"
expect_text "the answer over IPv6" "$(cat "$dir/talked.msg")" "^Contact: <sip:\[::1\]:$SIP_PORT;transport=tcp>"
expect_text "its session" "$(cat "$dir/talked.msg")" '^c=IN IP6 ::1'
tls_out "$out_port" 127.0.0.1
calls 127.0.0.1 127.0.0.1 "$out_port"
expect_text "the answer over TLS" "$(cat "$dir/talked.msg")" "^Contact: <sip:127.0.0.1:$tls_port;transport=tls>"
tls_out "$out6_port" ::1
calls 127.0.0.1 127.0.0.1 "$out6_port"
expect_text "the answer over TLS, IPv6" "$(cat "$dir/talked.msg")" "^Contact: <sip:\[::1\]:$tls_port;transport=tls>"
expect "connections of ours" "$(metric sip_conn_opened)" 0
expect "messages sent again" "$(metric sip_retransmit)" 0
recorded() { [ "$(sql 'select count(*) from cdr')" = 64 ]; }
wait_for 10 recorded
expect "answered" "$(sql "select count(*) from cdr where disposition='ANSWERED'")" 32

# A large INVITE: by TCP to who takes it, by UDP to who does not.
name=$(printf 'n%.0s' {1..79})
large() { # PORT
	printf 'Channel: PJSIP/narrow/sip:100@127.0.0.1:%s\nCallerid: "%s" <100>\nApplication: Wait\nData: 1\nArchive: yes\n' \
		"$1" "$name" | drop "large-$1.call"
}
far() { # PORT TRANSPORT
	(cd "$dir" && exec timeout 40 sipp -sn uas -t "$2" -i 127.0.0.1 -p "$1" -mp $((FAR_RTP + 4 * ${#started[@]})) -m 1 -nostdin \
		-trace_msg -message_file "$dir/far-$1.msg" >"$dir/far-$1.out" 2>&1) &
	started+=($!)
}
large_completed() { grep -q '^Status: Completed' "$dir/spool/outgoing_done/large-$1.call"; }
far "$FAR_PORT" t1
wait_for 20 listens tcp "$FAR_PORT"
large "$FAR_PORT"
wait_for 10 large_completed "$FAR_PORT"
expect_text "the large INVITE" "$(cat "$dir/far-$FAR_PORT.msg")" "^Via: SIP/2.0/TCP 127.0.0.1:$SIP_PORT;rport;branch=z9hG4bK"
expect "sent by TCP" "$(metric sip_widened)" 1
expect "and by UDP" "$(metric sip_narrowed)" 0
far "$udp_port" u1
wait_for 20 listens udp "$udp_port"
large "$udp_port"
wait_for 10 large_completed "$udp_port"
expect_text "the large INVITE" "$(cat "$dir/far-$udp_port.msg")" "^Via: SIP/2.0/UDP 127.0.0.1:$SIP_PORT;rport;branch=z9hG4bK"
expect "sent by TCP" "$(metric sip_widened)" 2
expect "and by UDP" "$(metric sip_narrowed)" 1
echo "passed"
