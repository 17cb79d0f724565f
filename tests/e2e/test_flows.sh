#!/usr/bin/env bash
# Call flows message by message against sipp (sipp_scenario.sh): each far end is a process of its own and says whether
# it got what it expects; the events of all calls are looked at afterwards.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_scenario.sh
. "$(dirname "$0")/sipp_scenario.sh"

uuid='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
end_it() { # we are hung up
	recv BYE Reason 'Q.850;cause=16'
	reply 200
}

# ---- answered

answered() {
	recv INVITE Via "SIP/2.0/UDP 127.0.0.1:$SIP_PORT;rport;branch=z9hG4bKPj$uuid" Session-Expires '1800' \
		Min-SE '90' Supported '100rel, timer, replaces, norefersub, histinfo' Max-Forwards '70' \
		msg 'a=maxptime:140' msg 's=Asterisk' To "sip:[a-z]+@127.0.0.1&gt;"
	answer 100
	answer 180
	answer 200 sdp
	recv_absent ACK msg 'Contact:'
	end_it
}
early() { # the SDP of the 183 is the answer, the 200 has none
	recv INVITE
	answer 183 sdp
	answer 200
	recv ACK
	end_it
}
reliable() {
	recv INVITE
	answer 183 'Require: 100rel' 'RSeq: 901' sdp
	recv PRACK RAck '901 [0-9]+ INVITE'
	reply 200
	answer 180 'Require: 100rel' 'RSeq: 902'
	recv PRACK RAck '902 [0-9]+ INVITE'
	reply 200
	answer 200
	recv ACK
	end_it
}
compact() { # short names, blanks, a body of two parts
	recv INVITE
	RAW_BODY=$(printf -- '--b1\nContent-Type: application/isup;version=itu-t92+\nContent-Disposition: signal;handling=optional\n\nxx\n--b1\nContent-Type: application/sdp\n\n%s\n--b1--' "$(scn_sdp)")
	scn_send <<-END
		SIP/2.0 200 OK
		v:[\$via]
		f:[\$from]
		t:[\$to] ; tag=$FAR_TAG
		i: [call_id]
		CSeq: [\$number]  INVITE
		m : "A, \\"B\\"" <sip:far@[local_ip]:[local_port]>;q=0.5
		c: multipart/mixed;boundary="b1"
		l: [len]

		$RAW_BODY
	END
	recv ACK
	end_it
}
loose() { # two proxies, both this process
	recv INVITE
	answer 200 'Record-Route: <sip:[local_ip]:[local_port];lr;n=2>, <sip:p1@[local_ip]:[local_port];lr;n=1>' sdp
	recv ACK msg '^ACK sip:far@' Route 'n=1' msg 'Route: &lt;sip:127.*n=2&gt;'
	end_it
}
strict() {
	recv INVITE
	answer 200 'Record-Route: <sip:[local_ip]:[local_port];n=2>' sdp
	recv ACK msg '^ACK sip:127.0.0.1:[0-9]+;n=2 ' Route '&lt;sip:far@127'
	recv BYE msg '^BYE sip:127.0.0.1:[0-9]+;n=2 ' Route '&lt;sip:far@127'
	reply 200
}
forked() { # two phones answer
	recv INVITE
	FAR_TAG=one answer 180
	FAR_TAG=two answer 180
	FAR_TAG=two answer 200 sdp
	recv ACK To 'tag=two'
	FAR_TAG=one answer 200 sdp
	recv ACK To 'tag=one'
	recv BYE To 'tag=one'
	reply 200
	recv BYE To 'tag=two'
	reply 200
}
repeated() { # the 200 comes again: the same ACK again
	recv INVITE
	answer 200 sdp
	recv ACK
	wait_ms 300
	answer 200 sdp
	recv ACK
	end_it
}
no_media() { # nothing to talk with: ACK, BYE
	recv INVITE
	answer 200
	recv ACK
	recv BYE Reason 'Q.850;cause=58'
	reply 200
}

# ---- inside of the dialog

hold() {
	recv INVITE
	answer 200 sdp
	recv ACK
	SDP_VERSION=8 ask INVITE 11 sdp=a=sendonly
	recv_answer 200 msg 'a=recvonly' msg 'Supported: ' msg 'Allow: ' msg 'Contact: '
	ack 11
	wait_ms 100
	SDP_VERSION=9 ask INVITE 12 sdp=a=sendrecv
	recv_answer 200 msg 'a=sendrecv'
	ack 12
	ask INVITE 13
	recv_answer 200 msg 'm=audio [0-9]+ RTP/AVP 0 8 101'
	ack 13 sdp
	SDP_CODECS=18 ask INVITE 14 sdp
	recv_answer 488
	ack 14
	ask UPDATE 15
	recv_answer 200 msg 'Content-Length: +0'
	SDP_CODECS=8 ask UPDATE 16 sdp
	recv_answer 200 msg 'm=audio [0-9]+ RTP/AVP 8 101'
	ask UPDATE 3
	recv_answer 500
	ask BYE 17
	recv_answer 200
}
requests() {
	recv INVITE
	answer 200 sdp
	recv ACK
	ask OPTIONS 21
	recv_answer 200 Allow 'INVITE' Accept 'application/sdp'
	RAW_BODY=$(printf 'Signal=5\nDuration=160') ask INFO 22 'Content-Type: application/dtmf-relay' raw
	recv_answer 200
	RAW_BODY=$(printf 'Signal= 11\nDuration= 250') ask INFO 23 'Content-Type: application/dtmf-relay' raw
	recv_answer 200
	RAW_BODY='*' ask INFO 24 'Content-Type: application/dtmf' raw
	recv_answer 200
	ask INFO 25
	recv_answer 200
	RAW_BODY=x ask INFO 26 'Content-Type: text/plain' raw
	recv_answer 415
	ask REFER 27 'Refer-To: <sip:x@127.0.0.1>'
	recv_answer 404
	ask NOTIFY 28 'Event: talk'
	recv_answer 489
	ask PRACK 29 'RAck: 1 1 INVITE'
	recv_answer 481
	ask INVITE 30 'Require: precondition' sdp
	recv_answer 420 Unsupported 'precondition'
	ack 30
	FAR_TAG=nobody ask OPTIONS 31
	recv_answer 481
	ask BYE 32 'Reason: SIP;cause=503;text="a, b", Q.850;cause=38'
	recv_answer 200
}
crossing() { # both hang up
	recv INVITE
	answer 200 sdp
	recv ACK
	recv BYE
	ask BYE 41
	recv_answer 200
	reply_bye 481
}

# ---- not answered

cancelled() {
	recv INVITE
	answer 180
	recv CANCEL Reason 'Q.850;cause=19' Via 'z9hG4bK'
	reply 200
	answer 487
	recv ACK To 'tag=far'
}
too_late() { # the answer crosses the CANCEL
	recv INVITE
	answer 180
	recv CANCEL
	answer 200 sdp
	recv ACK
	recv BYE
	reply 200
}
moved() {
	recv INVITE
	answer 302 'Contact: <sip:other@127.0.0.1:9>'
	recv ACK
}
digest_md5() {
	recv INVITE
	answer 407 'Proxy-Authenticate: Digest realm="far", nonce="n1", qop="auth,auth-int", opaque="o, o", algorithm=MD5'
	recv ACK
	recv INVITE Proxy-Authorization 'Digest username="user", realm="far", nonce="n1", uri="sip:[^"]*", response="[0-9a-f]{32}", algorithm=MD5, cnonce="[^"]+", opaque="o, o", qop=auth, nc=00000001'
	answer 401 'WWW-Authenticate: Digest realm="b", nonce="n2"'
	recv ACK
	recv INVITE Proxy-Authorization 'nc=0000000[12]' Authorization 'realm="b", nonce="n2", uri="sip:[^"]*", response="[0-9a-f]{32}"'
	answer 200 sdp
	recv ACK Authorization 'realm="b"' Proxy-Authorization 'realm="far"'
	end_it
}
digest_sha() {
	recv INVITE
	answer 401 'WWW-Authenticate: Digest realm="far", nonce="n1", qop="auth", algorithm=SHA-256' \
		'WWW-Authenticate: Digest realm="far", nonce="n2", qop="auth", algorithm=MD5'
	recv ACK
	recv INVITE Authorization 'nonce="n1", uri="sip:[^"]*", response="[0-9a-f]{64}", algorithm=SHA-256'
	answer 401 'WWW-Authenticate: Digest realm="far", nonce="n3", stale=true, qop="auth", algorithm=SHA-256'
	recv ACK
	recv INVITE Authorization 'nonce="n3"'
	answer 403
	recv ACK
}
small() { # 422
	recv INVITE
	answer 422 'Min-SE: 3600'
	recv ACK
	recv INVITE Session-Expires '3600' Min-SE '3600'
	answer 200 'Session-Expires: 3600;refresher=uac' 'Require: timer' sdp
	recv ACK
	end_it
}
refused() { # with the code that was dialled
	local code
	recv INVITE
	printf '<nop><action><ereg regexp="[0-9][0-9][0-9]" search_in="var" variable="to" check_it="true" assign_to="code"/></action></nop>\n'
	for code in $codes; do
		printf '<nop next="%s" test="same"><action><strcmp assign_to="is" variable="code" value="%s"/>' "$code" "$code"
		printf '<test assign_to="same" variable="is" compare="equal" value="0"/></action></nop>\n'
	done
	for code in $codes; do
		printf '<label id="%s"/>\n' "$code"
		answer "$code" 'Retry-After: 5' | sed 's/^<send>/<send next="1">/'
	done
	printf '<label id="1"/>\n'
	recv ACK To 'tag=far'
}

# ---- all at once

flows='answered early reliable compact loose strict forked repeated no_media hold requests crossing
	cancelled too_late moved digest_md5 digest_sha small'
codes='400 401 403 404 407 408 410 413 420 480 481 482 484 485 486 487 488 491 493 500 501 502 503 504 505 580 600 603 604 606 607 608'

engine_conf
engine_is_patient # each far end takes what comes twice for wrong
cat >>"$dir/etc/pjsip.conf" <<END
[secure]
type = endpoint
context = campaign
aors = far
disallow = all
allow = ulaw,alaw
outbound_auth = user

[user]
type = auth
auth_type = userpass
username = user
password = secret
supported_algorithms_uac = SHA-256,MD5
END
cat >>"$dir/etc/extensions.conf" <<'END'
[short]
exten => s,1,Wait(3)
 same => n,Hangup()
[long]
exten => s,1,Wait(60)
END
engine_start
ami_login

declare -A sipp_pid sipp_port
media_port=$FAR_RTP
far_flow() { # NAME [options]: starts it on a port of its own
	local name=$1 port
	shift
	scenario "$name"
	new_port port
	(cd "$dir" && exec sipp -sf "$name.xml" -i 127.0.0.1 -p "$port" -mp "$media_port" -nostdin -nr -timeout 60 \
		-timeout_error -trace_err -error_file "$name.err" "$@" >"$name.out" 2>&1) &
	sipp_pid[$name]=$!
	sipp_port[$name]=$port
	started+=($!)
	media_port=$((media_port + 4))
}
for flow in $flows; do far_flow "$flow" -m 1; done
far_flow refused -m "$(wc -w <<<"$codes")"
for flow in $flows refused; do
	wait_for 20 listens udp "${sipp_port[$flow]}" # what comes before is lost
done

call() { # ID USER PORT [LINE]...
	local id=$1 uri="sip:$2@127.0.0.1:$3" context=short trunk=far timeout=20000
	case $id in
	hold | requests) context=long ;;
	digest*) trunk=secure ;;
	cancelled | too_late) timeout=3000 ;;
	esac
	ami_say 'Action: Originate' "ActionID: $id" "Channel: PJSIP/$trunk/$uri" "Context: $context" 'Exten: s' \
		'Priority: 1' 'Async: true' "ChannelId: $id" "Timeout: $timeout" 'CallerID: "Me" <4711>'
}
for flow in $flows; do
	call "$flow" "$flow" "${sipp_port[$flow]}"
done
for code in $codes; do
	[ "$code" = 503 ] || call "$code" "$code" "${sipp_port[refused]}"
done
# After a 503 nothing more is sent to who said so, for as long as it says.
refused_least() { # COUNT: so many are over
	[ "$(awk -v RS= '/^Event: OriginateResponse\n/ && /\nActionID: [0-9]+\n/' "$dir/ami" | grep -c '^Event: ')" -ge "$1" ]
}
wait_for 30 refused_least $(($(wc -w <<<"$codes") - 1))
call 503 503 "${sipp_port[refused]}"

bad=
for flow in $flows refused; do
	wait "${sipp_pid[$flow]}" && continue
	bad+=" $flow"
	echo "--- $flow: sipp is not content"
	head -40 "$dir/$flow.err" 2>/dev/null || tail -20 "$dir/$flow.out"
done
all_settled() { [ "$(metric attempt_settled)" = $(($(wc -w <<<"$flows $codes"))) ]; }
wait_for 10 all_settled
ami_sync
expect "flows that failed" "$bad" ""

# ---- what the AMI said

event_of() { # EVENT ID: the channel's blocks of the event
	awk -v RS= -v first="Event: $1" -v id="id: $2" \
		'index($0, first "\n") == 1 && (index($0, "\nUnique" id "\n") || index($0, "\nDestUnique" id "\n"))' "$dir/ami"
}
reason_of() { # CAUSE: of OriginateResponse
	case $1 in
	17) echo 5 ;;
	21 | 27 | 34 | 38 | 41 | 42) echo 8 ;;
	19 | 26) echo 3 ;;
	*) echo 0 ;;
	esac
}

ended_as() { # ID CAUSE TECHCAUSE DIALSTATUS REASON; - for a line that must not stand there
	expect "Cause of $1" "$(event_of Hangup "$1" | sed -n 's/^Cause: //p')" "$2"
	expect "TechCause of $1" "$(event_of Hangup "$1" | sed -n 's/^TechCause: //p')" "${3#-}"
	expect "DialStatus of $1" "$(event_of DialEnd "$1" | sed -n 's/^DialStatus: //p')" "${4#-}"
	expect "Reason of $1" "$(event_of OriginateResponse "$1" | sed -n 's/^Reason: //p')" "$5"
}
for flow in answered early reliable compact loose strict forked repeated hold crossing digest_md5 small; do
	ended_as "$flow" 16 - ANSWER 4
done
ended_as no_media 58 - ANSWER 4
ended_as requests 38 - ANSWER 4
ended_as cancelled 19 480 - 3
ended_as too_late 19 480 - 3
ended_as moved 23 302 CANCEL 0
ended_as digest_sha 21 403 NOANSWER 8
while read -r cause status list; do
	for code in $list; do ended_as "$code" "$cause" "$code" "$status" "$(reason_of "$cause")"; done
done <<'END'
1 NOANSWER 404 485 604
3 CHANUNAVAIL 420
17 BUSY 486 600
18 NOANSWER 408
19 NOANSWER 480
21 NOANSWER 401 403 407 603
22 NOANSWER 410
27 NOANSWER 502
28 NOANSWER 484
29 NOANSWER 501
34 CONGESTION 503 580
38 NOANSWER 500
58 NOANSWER 488 606
102 NOANSWER 504
127 NOANSWER 400 413 481 482 487 491 493 505 607 608
END
expect "digits by INFO" "$(event_of DTMFEnd requests | sed -nE 's/^(Digit|DurationMs): //p' | paste -sd' ')" '5 160 # 250 * 100'
expect "holds" "$(event_of Hold hold | grep -c '^Event')$(event_of Unhold hold | grep -c '^Event')" 11
expect "transactions refused for want of room" "$(metric sip_no_slot)" 0
echo "passed"
