# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # $dir comes from lib.sh, [name] belongs to sipp
# tests/e2e/sipp_caller.sh - sipp as a caller, in few words. Sourced after lib.sh.
#
# A scenario is a bash function whose commands print its steps in order; caller_scenario NAME writes
# $dir/NAME.xml, call NAME EXTEN [sipp options] runs it from $CALLER_IP to the engine. CALLER_TARGET is the Request-URI
# that it writes.
#
#   invite [LINE]...            INVITE with SDP; LINE: one more header
#   hears CODE [HEADER REGEX]...     this response must come
#   may_hear CODE               it may come
#   ack_refusal, ack            for a refusal, and for the 200 (target and route from it)
#   in_dialog METHOD CSEQ [LINE]...
#   cancel
#   hears_request METHOD [HEADER REGEX]...
#   ok                          200 to it

caller_checks() {
	while [ $# -gt 0 ]; do
		printf '<ereg regexp="%s" search_in="hdr" header="%s:" check_it="true" assign_to="seen"/>\n' "$2" "$1"
		shift 2
	done
}
caller_send() { # ATTRIBUTES; the message from standard input
	printf '<send%s><![CDATA[\n' "${1:+ $1}"
	cat
	printf ']]></send>\n'
}
caller_cseq=1
caller_step=0 # sipp counts its steps: a branch is that of the step so many before
caller_invite=0
caller_branch='[branch]'
of_the_invite() { caller_branch="[branch-$((caller_step - caller_invite))]"; }
caller_head() { # METHOD URI TO CSEQ
	cat <<-END

		$1 $2 SIP/2.0
		Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=$caller_branch
		From: "Caller" <sip:${CALLER_USER:-caller}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
		To: $3
		Call-ID: [call_id]
		CSeq: $4 $1
		Contact: <sip:caller@[local_ip]:[local_port]>
		Max-Forwards: 70
	END
}
CALLED='<sip:[service]@[remote_ip]:[remote_port]>'
CALLER_TARGET='sip:[service]@[remote_ip]:[remote_port]'
invite() {
	caller_invite=$caller_step
	{
		caller_head INVITE "$CALLER_TARGET" "$CALLED" "$caller_cseq"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat <<-END
			Content-Type: application/sdp
			Content-Length: [len]

			v=0
			o=caller 1 1 IN IP[local_ip_type] [local_ip]
			s=-
			c=IN IP[media_ip_type] [media_ip]
			t=0 0
			m=audio [media_port] RTP/AVP 0 101
			a=rtpmap:0 PCMU/8000
			a=rtpmap:101 telephone-event/8000
			a=sendrecv
		END
	} | caller_send 'retrans="500"'
	caller_step=$((caller_step + 1))
}
hears() {
	local code=$1 more=''
	shift
	[ "$code" != 401 ] || more=' auth="true"'
	[ "$code" != 200 ] || more=' rrs="true"'
	printf '<recv response="%s"%s><action>\n' "$code" "$more"
	caller_checks "$@"
	printf '</action></recv>\n'
	caller_step=$((caller_step + 1))
}
may_hear() {
	printf '<recv response="%s" optional="true"/>\n' "$1"
	caller_step=$((caller_step + 1))
}
ack_refusal() {
	of_the_invite
	caller_head ACK "$CALLER_TARGET" "${CALLED}[peer_tag_param]" "$caller_cseq" |
		sed '$a Content-Length: 0\n' | caller_send
	caller_branch='[branch]'
	caller_cseq=$((caller_cseq + 1))
	caller_step=$((caller_step + 1))
}
ack() {
	caller_head ACK '[next_url]' "${CALLED}[peer_tag_param]" "$caller_cseq" |
		sed '$a [routes]\nContent-Length: 0\n' | caller_send
	caller_step=$((caller_step + 1))
}
cancel() {
	of_the_invite
	caller_head CANCEL "$CALLER_TARGET" "$CALLED" "$caller_cseq" |
		sed '$a Content-Length: 0\n' | caller_send 'retrans="500"'
	caller_branch='[branch]'
	caller_step=$((caller_step + 1))
}
in_dialog() {
	local method=$1 cseq=$2
	shift 2
	{
		caller_head "$method" '[next_url]' "${CALLED}[peer_tag_param]" "$cseq"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf '[routes]\nContent-Length: 0\n\n'
	} | caller_send 'retrans="500"'
	caller_step=$((caller_step + 1))
}
notify_of_refer() { # CSEQ STATUS-LINE
	{
		caller_head NOTIFY '[next_url]' "${CALLED}[peer_tag_param]" "$1"
		printf 'Event: refer\nSubscription-State: terminated;reason=noresource\n'
		printf 'Content-Type: message/sipfrag\nContent-Length: [len]\n\n%s\n' "$2"
	} | caller_send 'retrans="500"'
	caller_step=$((caller_step + 1))
}
hears_request() {
	local method=$1
	shift
	printf '<recv request="%s"><action>\n' "$method"
	caller_checks "$@"
	printf '</action></recv>\n'
	caller_step=$((caller_step + 1))
}
ok() { # [CODE]
	caller_send <<-END

		SIP/2.0 ${1:-200} OK
		[last_Via:]
		[last_From:]
		[last_To:]
		[last_Call-ID:]
		[last_CSeq:]
		Contact: <sip:caller@[local_ip]:[local_port]>
		Content-Length: 0

	END
	caller_step=$((caller_step + 1))
}
caller_scenario() { # NAME
	caller_cseq=1 caller_step=0
	{
		printf '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="%s">\n' "$1"
		"$1"
		# sipp wants every variable used
		printf '<nop><action><assignstr assign_to="seen" value=""/><log message="[$seen]"/></action></nop>\n</scenario>\n'
	} >"$dir/$1.xml"
}
call() { # NAME EXTEN [options]: fails if the engine does not do what the scenario expects
	local name=$1 exten=$2
	shift 2
	caller_scenario "$name"
	(cd "$dir" && timeout 60 sipp -sf "$name.xml" -i "${CALLER_IP:-127.0.0.2}" -p "$FAR_PORT" -mp "$FAR_RTP" \
		-nostdin -m 1 -s "$exten" -trace_err -error_file "$name.err" "$@" "127.0.0.1:$SIP_PORT" >"$name.out" 2>&1) ||
		fail "$name: $(head -c 2000 "$dir/$name.err" 2>/dev/null; tail -3 "$dir/$name.out")"
}
