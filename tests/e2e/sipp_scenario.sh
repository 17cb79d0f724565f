# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # [$name] belongs to sipp; $dir comes from lib.sh
# tests/e2e/sipp_scenario.sh - sipp scenarios in few words. Sourced after lib.sh.
#
# A scenario is a bash function whose commands print its steps in order; scenario NAME writes
# $dir/NAME.xml. The far end is the callee. What a step needs of the INVITE (Via, From, To, Contact,
# CSeq) is kept in variables of sipp, so an answer can follow any other exchange.
#
#   recv METHOD [HEADER REGEX]...     a request must come, and HEADER of it fit ("msg": all of it)
#   recv_absent METHOD HEADER REGEX   a request must come, and must not fit
#   recv_answer CODE [HEADER REGEX]...
#   may_answer CODE                 this one may come
#   answer CODE [LINE]...           to the INVITE; a LINE "sdp" stands for a body, "sdp=ATTRIBUTE..." too
#   reply CODE [LINE]...            to the last request that came
#   ask METHOD CSEQ [LINE]...       a request of the far end in the dialog; the same lines
#   ack CSEQ [LINE]...
#   reply_bye CODE                  to the BYE, when others came after it
#   wait_ms N
# until_told is a far end that hangs up when the test says so: far_until_told starts it, tell_far tells it, and the call it
# has, is over.
# Behind a proxy that stays on the way, answers say '[last_Record-Route:]', requests '[routes]'.
# FAR_TAG is the tag of the far end's side of the dialog.

FAR_TAG=far

scn_checks() { # [HEADER REGEX]...
	while [ $# -gt 0 ]; do
		local where="search_in=\"hdr\" header=\"$1:\""
		[ "$1" != msg ] || where='search_in="msg"'
		printf '<ereg regexp="%s" %s %s="true" assign_to="seen"/>\n' "$2" "$where" "${scn_check:-check_it}"
		shift 2
	done
}
scn_keep() { # VARIABLE HEADER REGEX
	printf '<ereg regexp="%s" search_in="hdr" header="%s:" check_it="true" assign_to="%s"/>\n' "$3" "$2" "$1"
}
recv() {
	local method=$1 routes=''
	shift
	[ "$method" != INVITE ] || routes=' rrs="true"'
	printf '<recv request="%s"%s><action>\n' "$method" "$routes"
	if [ "$method" = INVITE ]; then
		scn_keep via Via '.*'
		# all of them, with the ends of their lines
		printf '<ereg regexp="Via:(.*)From:" search_in="msg" check_it="true" assign_to="seen,vias"/>\n'
		scn_keep from From '.*'
		scn_keep to To '.*'
		scn_keep target Contact 'sip:[^&gt;]*'
		scn_keep number CSeq '[0-9]+'
	elif [ "$method" = BYE ]; then # a request of the far end may go before its answer
		scn_keep bye_via Via '.*'
		scn_keep bye_number CSeq '[0-9]+'
	fi
	scn_checks "$@"
	printf '</action></recv>\n'
}
recv_absent() { scn_check=check_it_inverse recv "$@"; }
recv_answer() {
	printf '<recv response="%s"><action>\n' "$1"
	shift
	scn_checks "$@"
	printf '</action></recv>\n'
}
may_answer() { printf '<recv response="%s" optional="true"/>\n' "$1"; }
scn_sdp() { # ATTRIBUTE...
	printf 'v=0\no=- 7 %s IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n' "${SDP_VERSION:-7}"
	printf 'm=audio %s RTP/AVP %s 101\na=rtpmap:101 telephone-event/8000\n' "${SDP_PORT:-[media_port]}" "${SDP_CODECS:-0}"
	for line; do printf '%s\n' "$line"; done
}
scn_lines() { # LINE...: headers, then the body
	local body='' line
	for line; do
		case $line in
		sdp) body=$(scn_sdp) ;;
		sdp=*) body=$(scn_sdp "${line#sdp=}") ;;
		raw) body=raw ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	if [ "$body" = raw ]; then
		printf 'Content-Length: [len]\n\n%s\n' "$RAW_BODY"
	elif [ -n "$body" ]; then
		printf 'Content-Type: application/sdp\nContent-Length: [len]\n\n%s\n' "$body"
	else
		printf 'Content-Length: 0\n\n'
	fi
}
scn_send() { printf '<send><![CDATA[\n%s\n\n]]></send>\n' "$(cat)"; }
answer() {
	local code=$1
	shift
	{
		printf 'SIP/2.0 %s Far\nVia:[$vias]From:[$from]\nTo:[$to];tag=%s\nCall-ID: [call_id]\n' "$code" "$FAR_TAG"
		printf 'CSeq: [$number] INVITE\nContact: <sip:far@[local_ip]:[local_port]>\n'
		scn_lines "$@"
	} | scn_send
}
reply() {
	local code=$1
	shift
	{
		printf 'SIP/2.0 %s Far\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n' "$code"
		scn_lines "$@"
	} | scn_send
}
reply_bye() { # CODE: to the BYE that came some time ago
	{
		printf 'SIP/2.0 %s Far\nVia:[$bye_via]\nFrom:[$from]\nTo:[$to];tag=%s\nCall-ID: [call_id]\n' "$1" "$FAR_TAG"
		printf 'CSeq: [$bye_number] BYE\nContent-Length: 0\n\n'
	} | scn_send
}
ask() {
	local method=$1 number=$2
	shift 2
	{
		printf '%s [$target] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]%s\n' "$method" "$number"
		printf 'From:[$to];tag=%s\nTo:[$from]\nCall-ID: [call_id]\nCSeq: %s %s\n' "$FAR_TAG" "$number" "$method"
		printf 'Contact: <sip:far@[local_ip]:[local_port]>\nMax-Forwards: 70\n'
		scn_lines "$@"
	} | scn_send
}
ack() { local number=$1; shift; ask ACK "$number" "$@"; }
wait_ms() { printf '<pause milliseconds="%s"/>\n' "$1"; }

scenario() { # NAME, a function
	local steps kept
	steps=$("$1")
	kept=$(grep -o 'assign_to="[a-z_,]*"' <<<"$steps" | cut -d'"' -f2 | tr , '\n' | sort -u | paste -sd,)
	printf '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="%s">\n%s\n<Reference variables="%s"/>\n</scenario>\n' \
		"$1" "$steps" "$kept" >"$dir/$1.xml"
}

until_told() {
	recv INVITE
	answer 200 sdp
	recv ACK
	recv MESSAGE
	ask BYE 11
	recv_answer 200
}
far_until_told() {
	scenario until_told
	far_sipp until_told -trace_msg -message_file "$dir/until_told.msg"
}
tell_far() { # the last call that it took
	local call_id
	call_id=$(tr -d '\r' <"$dir/until_told.msg" | sed -n 's/^Call-ID: //p' | tail -1)
	printf '%s\r\n' 'MESSAGE sip:far@127.0.0.1 SIP/2.0' 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKtold' 'From: <sip:test@127.0.0.1>;tag=test' \
		'To: <sip:far@127.0.0.1>' "Call-ID: $call_id" 'CSeq: 1 MESSAGE' 'Content-Length: 0' '' >"$dir/told"
	nc -u -q0 127.0.0.1 "$FAR_PORT" <"$dir/told"
}
