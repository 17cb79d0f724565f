#!/usr/bin/env bash
# Calls that come in, against sipp as the caller and baresip as a phone: identified by address and by digest; answered,
# refused, cancelled, transferred both ways; strangers; a burst of calls, each on record.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_caller.sh
. "$(dirname "$0")/sipp_caller.sh"

engine_conf
cat >>"$dir/etc/pjsip.conf" <<-'END'

	[in]
	type = endpoint
	context = in
	disallow = all
	allow = ulaw
	[in]
	type = identify
	endpoint = in
	match = 127.0.0.2
	[6001]
	type = endpoint
	context = in
	disallow = all
	allow = ulaw
	auth = 6001
	[6001]
	type = auth
	username = 6001
	password = secret
END
cat >>"$dir/etc/extensions.conf" <<-'END'
	[in]
	exten => play,1,Ringing()
	 same => n,Answer()
	 same => n,Playback(hello-world)
	 same => n,Hangup()
	exten => quick,1,Answer(,i)
	 same => n,Hangup()
	exten => busy,1,Ringing()
	 same => n,Busy()
	exten => ring,1,Ringing()
	 same => n,Wait(20)
	exten => long,1,Answer(,i)
	 same => n,Wait(20)
	exten => other,1,Set(CDR(userfield)=moved)
	 same => n,Hangup()
	exten => send,1,Answer(,i)
	 same => n,Transfer(sip:300@127.0.0.1)
	 same => n,Set(CDR(userfield)=${TRANSFERSTATUS}-${TRANSFERSTATUSPROTOCOL})
	 same => n,Hangup()
	exten => away,1,Transfer(sip:900@127.0.0.9)
	exten => header,1,Set(CDR(userfield)=${PJSIP_HEADER(read,X-Lead)})
	 same => n,Hangup(17)
END
engine_start

talked() {
	invite
	may_hear 100
	hears 180 Contact "sip:127.0.0.1:$SIP_PORT"
	hears 200 Allow REFER Supported replaces
	ack
	hears_request BYE Reason 'Q.850;cause=16'
	ok
}
call talked play

quick() {
	invite
	may_hear 100
	hears 200
	ack
	hears_request BYE
	ok
}

busy() {
	invite
	may_hear 100
	hears 180
	hears 486 Reason 'Q.850;cause=17'
	ack_refusal
}
call busy busy

wrong() {
	invite
	may_hear 100
	hears 404
	ack_refusal
}
call wrong nowhere

gives_up() {
	invite
	may_hear 100
	hears 180
	cancel
	hears 200
	hears 487
	ack_refusal
}
call gives_up ring

hangs_up() {
	invite
	may_hear 100
	hears 200
	ack
	in_dialog BYE 2
	hears 200
}
call hangs_up long

header() {
	invite 'X-Lead: 4711'
	may_hear 100
	hears 486
	ack_refusal
}
call header header

# ---- transfers

refers() {
	invite
	may_hear 100
	hears 200
	ack
	in_dialog REFER 2 "Refer-To: <sip:other@127.0.0.1:$SIP_PORT>"
	hears 202
	hears_request NOTIFY Event refer Subscription-State terminated
	ok
	hears_request BYE
	ok
}
call refers long

is_referred() {
	invite
	may_hear 100
	hears 200
	ack
	hears_request REFER Refer-To 'sip:300@127.0.0.1'
	ok 202
	notify_of_refer 2 'SIP/2.0 200 OK'
	hears 200
	hears_request BYE
	ok
}
call is_referred send

is_redirected() {
	invite
	may_hear 100
	hears 302 Contact 'sip:900@127.0.0.9'
	ack_refusal
}
call is_redirected away

# ---- digest, strangers

challenged() {
	invite
	hears 401 WWW-Authenticate 'realm="asterisk"'
	ack_refusal
	invite '[authentication username=6001 password=secret]'
	may_hear 100
	hears 180
	hears 200
	ack
	hears_request BYE
	ok
}
CALLER_IP=127.0.0.3 CALLER_USER=6001 call challenged play

stranger() {
	invite
	hears 401
	ack_refusal
	invite '[authentication username=6001 password=guess]'
	hears 401
	ack_refusal
}
CALLER_IP=127.0.0.4 CALLER_USER=6001 call stranger play
CALLER_IP=127.0.0.4 CALLER_USER=nobody call stranger play
expect_least 'callers whose credentials were wrong' "$(metric sip_auth_failed)" 1
expect_least 'callers who are nobody' "$(metric sip_unidentified)" 2
wait_for 5 file_has "$dir/log/engine.out" "Request 'INVITE' from '.*nobody.*' failed for '127.0.0.4:$FAR_PORT' .* - No matching endpoint found"

# ---- a phone that somebody else wrote

new_port phone_port
mkdir "$dir/phone"
python3 - "$dir/phone/said.wav" <<-'END'
	import sys, wave
	w = wave.open(sys.argv[1], "wb")
	w.setparams((1, 2, 8000, 0, "NONE", None))
	w.writeframes(bytes(2 * 8000 * 10))
END
cat >"$dir/phone/config" <<-END
	net_interface 127.0.0.5
	sip_listen 127.0.0.5:$phone_port
	audio_source aufile,$dir/phone/said.wav
	audio_player aufile,$dir/phone/heard.wav
	rtp_ports $((FAR_RTP + 20))-$((FAR_RTP + 40))
	module_path /usr/lib/baresip/modules
	module g711.so
	module aufile.so
	module_app account.so
	module_app menu.so
END
echo "<sip:6001@127.0.0.1:$SIP_PORT>;auth_user=6001;auth_pass=secret;regint=0;audio_codecs=PCMU" >"$dir/phone/accounts"
if command -v baresip >/dev/null; then
	baresip -f "$dir/phone" -e "/dial sip:play@127.0.0.1:$SIP_PORT" </dev/null >"$dir/phone.out" 2>&1 &
	started+=($!)
	wait_for 20 file_has "$dir/phone.out" 'Call established'
	wait_for 20 file_has "$dir/phone.out" '[Tt]erminated|[Cc]losed' # it was hung up
	kill "${started[-1]}"
	wait_for 10 ended "${started[-1]}"
fi

# ---- many at once, each on record

call quick quick -m 300 -r 100 -l 20 # the engine keeps places for 35
idle() { rx core show channels | grep -q '^0 active channels'; }
recorded() { [ "$(sql "select count(*) from cdr where dcontext = 'in'")" = "$(metric incoming_accepted)" ]; }
wait_for 10 idle
wait_for 10 recorded
expect 'unanswered calls (busy, ring, header, away)' "$(($(metric incoming_accepted) - $(metric incoming_answered)))" 4
expect 'what became of them' "$(sql "select dst, disposition, count(*) from cdr where dcontext='in' and dst <> 'quick' and dst <> 'play' group by 1, 2 order by 1")" \
	"away|FAILED|1
busy|BUSY|1
header|BUSY|1
long|ANSWERED|1
other|ANSWERED|1
ring|NO ANSWER|1
send|ANSWERED|1"
expect 'what transfers left' "$(sql "select userfield from cdr where dst in ('other', 'send', 'header') order by dst")" "4711
moved
SUCCESS-200"
expect 'the quick ones' "$(sql "select count(*) from cdr where dst = 'quick' and disposition = 'ANSWERED'")" 300
