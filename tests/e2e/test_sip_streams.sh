#!/usr/bin/env bash
# SIP over TCP and TLS: calls to sipp over one connection, nothing repeated; by name, with a certificate that is
# shown only to who asks for it (SNI), and refused to a name that it does not have; requests of openssl s_client
# and of bash; a new certificate by a reload.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

SHARDS=2
certs=$e2e_root/tests/tls
new_port tls_port
new_port front_port
engine_conf
cp "$certs"/*.pem "$certs"/*.key "$dir/etc/"
cat >>"$dir/etc/pjsip.conf" <<END
[transport-tcp]
type = transport
protocol = tcp
bind = 127.0.0.1:$SIP_PORT
[transport-tls]
type = transport
protocol = tls
bind = 127.0.0.1:$tls_port
cert_file = $dir/etc/server.pem
priv_key_file = $dir/etc/server.key
ca_list_file = $dir/etc/ca.pem
verify_server = yes
[overtcp]
type = endpoint
context = campaign
aors = overtcp
disallow = all
allow = ulaw
[overtcp]
type = aor
contact = sip:127.0.0.1:$FAR_PORT\;transport=tcp
[overtls]
type = endpoint
context = campaign
aors = overtls
disallow = all
allow = ulaw
; sipp behind tls_front.py names itself, which speaks no TLS
rewrite_contact = yes
[overtls]
type = aor
contact = sip:127.0.0.1:$front_port\;transport=tls
[byname](overtls)
aors = byname
[byname]
type = aor
contact = sip:carrier.test:$front_port\;transport=tls
[othername](overtls)
aors = othername
[othername]
type = aor
contact = sip:other.test:$front_port\;transport=tls
END
echo "127.0.0.1 carrier.test other.test" >"$dir/hosts"
printf '[general]\nhosts = %s\n' "$dir/hosts" >"$dir/etc/resolver_unbound.conf"
engine_start

far_tcp() { # options of sipp
	(cd "$dir" && exec sipp -sn uas -t t1 -i 127.0.0.1 -p "$FAR_PORT" -mp "$FAR_RTP" -nostdin "$@" \
		-trace_msg -message_file "$dir/sipp.msg" >"$dir/sipp.out" 2>&1) &
	sipp=$!
	started+=("$sipp")
	wait_for 20 listens tcp "$FAR_PORT"
}
calls() { # ENDPOINT COUNT
	local n
	for ((n = 1; n <= $2; n++)); do
		printf 'Channel: PJSIP/%s@%s\nApplication: Wait\nData: 1\nArchive: yes\n' "$n" "$1" |
			drop "$1-$n.call"
	done
}
completed() { [ "$(grep -l '^Status: Completed' "$dir/spool/outgoing_done/$1"-*.call 2>/dev/null | wc -l)" = "$2" ]; }

far_tcp -m 60
calls overtcp 20
wait_for 20 completed overtcp 20
expect "connections asked for" "$(metric sip_conn_opened)" 1
expect "messages sent again" "$(metric sip_retransmit)" 0
expect_text "the INVITE" "$(cat "$dir/sipp.msg")" "^Via: SIP/2.0/TCP 127.0.0.1:$SIP_PORT;rport;branch=z9hG4bK"
expect_text "the INVITE" "$(cat "$dir/sipp.msg")" "^Contact: <sip:[a-z]+@127.0.0.1:$SIP_PORT;transport=tcp>"

# The same sipp behind TLS.
python3 "$e2e_root/tests/e2e/tls_front.py" "$front_port" "$certs/server.pem" "$certs/server.key" "$FAR_PORT" \
	carrier.test "$certs/carrier.pem" >"$dir/front.out" 2>&1 &
started+=($!)
wait_for 20 listens tcp "$front_port"
calls overtls 20
wait_for 20 completed overtls 20
expect "connections asked for" "$(metric sip_conn_opened)" 2

# By name, at the same address: a connection of its own, and the certificate of that name.
calls byname 20
wait_for 20 completed byname 20
wait_for 5 ended "$sipp"
expect "connections asked for" "$(metric sip_conn_opened)" 3
expect_text "the name asked for" "$(cat "$dir/front.out")" '^asked for carrier.test$'
expect "names asked for" "$(grep -c 'asked for [a-z]' "$dir/front.out")" 1
# No other name may use them, and the certificate is not for it.
calls othername 1
refused() { grep -q "no connection to 127.0.0.1:$front_port as other.test: certificate refused: hostname mismatch" "$dir/log/engine.out"; }
wait_for 10 refused
expect "connections asked for" "$(metric sip_conn_opened)" 4
expect "messages sent again" "$(metric sip_retransmit)" 0

options() { # BRANCH
	printf '%s\r\n' "OPTIONS sip:127.0.0.1 SIP/2.0" "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK$1" \
		'From: <sip:a@127.0.0.1>;tag=a' 'To: <sip:127.0.0.1>' "Call-ID: $1" 'CSeq: 1 OPTIONS' \
		'Content-Length: 0' ''
}
# Two requests at once and a keep-alive, on one connection.
exec {tcp}<>"/dev/tcp/127.0.0.1/$SIP_PORT"
cat <&"$tcp" >"$dir/answers" &
started+=($!)
{ options one; printf '\r\n\r\n'; options two; } >&"$tcp"
wait_for 10 file_has "$dir/answers" '^Call-ID: two'
exec {tcp}>&-
expect "answers over TCP" "$(grep -c '^SIP/2.0 200 OK' "$dir/answers")" 2
# Nonsense in Content-Length: 400, and the connection is closed.
answers=$(options bad | sed 's/^Content-Length: 0/Content-Length: 5x/' | nc -w 10 127.0.0.1 "$SIP_PORT" | tr -d '\r')
expect_text "a bad length" "$answers" '^SIP/2.0 400 '

mkfifo "$dir/ask"
s_client() { # CA VERSION: the answer to a request; nothing where it comes to no session
	local pid ask
	openssl s_client -connect "127.0.0.1:$tls_port" -CAfile "$certs/$1" -verify_return_error -verify_ip 127.0.0.1 -quiet \
		-no_ign_eof "-$2" <"$dir/ask" >"$dir/answer" 2>/dev/null &
	pid=$!
	exec {ask}>"$dir/ask"
	options "s$2" >&"$ask" || true
	wait_for 20 answered_or_ended "$pid" "s$2"
	exec {ask}>&-
	wait "$pid" || true
	tr -d '\r' <"$dir/answer"
}
answered_or_ended() { file_has "$dir/answer" "^Call-ID: $2" || ended "$1"; }
expect_text "TLS 1.2" "$(s_client ca.pem tls1_2)" '^SIP/2.0 200 OK$'
expect_text "TLS 1.3" "$(s_client ca.pem tls1_3)" '^SIP/2.0 200 OK$'
cp "$certs/stranger.pem" "$dir/etc/server.pem"
cp "$certs/stranger.pem" "$dir/etc/server.key"
rx core reload >/dev/null
answers_now() { s_client other-ca.pem tls1_3 | grep -q '^SIP/2.0 200 OK$'; }
wait_for 10 answers_now
expect "the old certificate" "$(s_client ca.pem tls1_3)" ''
echo "passed"
