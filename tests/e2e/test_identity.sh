#!/usr/bin/env bash
# Callers attested by stir_shaken.conf: what sipp gets is taken apart by shell tools and checked by
# openssl with the public key, at once and after a challenge. A reload changes the key; a bad one changes
# nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

URL=https://certs.example.com/ringer.pem
new_key() { # NAME CURVE
	openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$dir/$1.key" 2>/dev/null
	openssl pkey -in "$dir/$1.key" -pubout -out "$dir/$1.pub"
}
new_key first P-256
new_key second P-256
new_key other P-384

engine_conf
engine_is_patient
cat >>"$dir/etc/pjsip.conf" <<END

[attested]
type = endpoint
aors = far
allow = ulaw
outbound_auth = attested
stir_shaken_profile = carrier

[attested]
type = auth
username = joe
password = secret
END
cat >"$dir/etc/stir_shaken.conf" <<END
[attestation]
private_key_file = $dir/first.key
public_cert_url = $URL

[+1 202-555-0100]
type = tn
attest_level = A

[carrier]
type = profile
endpoint_behavior = attest
END
"$RINGER" -t -C "$dir/etc/asterisk.conf" >/dev/null || fail "ringer -t refuses the configuration"
engine_start

call() { # NAME CALLER
	drop "$1.call" <<-END
		Channel: PJSIP/+1(303)5550199@attested
		CallerID: "Ann" <$2>
		Application: Wait
		Data: 1
		Archive: yes
	END
	wait_for 20 file_has "$dir/spool/outgoing_done/$1.call" '^Status: Completed$'
}
listen() { # SCENARIO: one call of it, with its messages in $dir/messages
	: >"$dir/messages"
	far_sipp "$1" -m 1 -trace_msg -message_file "$dir/messages"
	sipp_pid=${started[-1]}
}
heard() { # the call is over
	wait_for 10 ended "$sipp_pid"
	tr -d '\r' <"$dir/messages" >"$dir/heard"
}
field() { # NAME N: value of the N-th such header
	grep "^$1: " "$dir/heard" | sed -n "$2s/^$1: //p"
}

decode() { # base64url without padding, from standard input
	local text
	text=$(cat)
	while [ $((${#text} % 4)) -ne 0 ]; do text+="="; done
	printf %s "$text" | basenc --base64url -d
}
# The N-th Identity was made by the key for that call, now.
check_identity() { # N PUBLIC-KEY
	local value token params header payload signature raw now iat
	value=$(field Identity "$1")
	token=${value%%;*}
	params=${value#*;}
	expect "parameters" "$params" "info=<$URL>;alg=ES256;ppt=shaken"
	IFS=. read -r header payload signature <<<"$token"
	expect "header" "$(decode <<<"$header")" \
		"{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"$URL\"}"
	decode <<<"$payload" >"$dir/payload"
	expect_text "payload" "$(cat "$dir/payload")" \
		'^\{"attest":"A","dest":\{"tn":\["13035550199"\]\},"iat":[0-9]{10},"orig":\{"tn":"12025550100"\},"origid":"[0-9a-f-]{36}"\}$'
	iat=$(sed 's/.*"iat":\([0-9]*\).*/\1/' "$dir/payload")
	now=$(date +%s)
	if [ "$iat" -gt "$now" ] || [ "$iat" -le $((now - 60)) ]; then
		fail "iat $iat, and it is $now"
	fi
	expect "Date" "$(field Date "$1")" "$(LC_ALL=C date -u -d "@$iat" '+%a, %d %b %Y %H:%M:%S GMT')"
	# 64 octets: r, then s. openssl wants them as a SEQUENCE of two INTEGERs.
	raw=$(decode <<<"$signature" | basenc --base16 -w0)
	expect "octets of the signature" "${#raw}" 128
	printf 'asn1=SEQUENCE:both\n[both]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${raw:0:64}" "${raw:64}" >"$dir/asn1"
	openssl asn1parse -genconf "$dir/asn1" -noout -out "$dir/signature"
	printf %s "$header.$payload" >"$dir/signed"
	openssl dgst -sha256 -verify "$2" -signature "$dir/signature" "$dir/signed" >/dev/null
}

# Signed for each INVITE, also for the one with credentials.
listen asks
call asked +12025550100
heard
expect "INVITEs" "$(grep -c '^INVITE ' "$dir/heard")" 2
check_identity 1 "$dir/first.pub" || fail "the first Identity is not signed by the key"
check_identity 2 "$dir/first.pub" || fail "the second Identity is not signed by the key"
[ "$(field Identity 1)" != "$(field Identity 2)" ] || fail "the same Identity twice"
expect "signed" "$(metric sip_identity_signed)" 2
expect_text "the console" "$(rx stir_shaken show tn 12025550100)" '^attest_level +: A$'

# Somebody else, whom nobody attests.
listen uas
call other 4930123456
heard
expect "Identity of somebody else" "$(field Identity 1)" ""
expect "not attested" "$(metric sip_identity_none)" 1

# A key of another curve is refused at a reload, and the old one stays; then another one.
sed -i "s|first.key|other.key|" "$dir/etc/stir_shaken.conf"
rx module reload res_stir_shaken.so >/dev/null
wait_for 5 file_has "$dir/log/messages.log" \
	"stay in force: .*stir_shaken.conf:2: \[attestation\] private key $dir/other.key is not one of the curve P-256"
listen uas
call kept +12025550100
heard
check_identity 1 "$dir/first.pub" || fail "the old key is not in force"
sed -i "s|other.key|second.key|" "$dir/etc/stir_shaken.conf"
rx module reload res_stir_shaken.so >/dev/null
listen uas
call new +12025550100
heard
check_identity 1 "$dir/second.pub" || fail "the new key is not in force"
check_identity 1 "$dir/first.pub" 2>/dev/null && fail "openssl is content with any key"

# Nothing of a key in a log.
for key in first second; do
	secret=$(sed -n 2p "$dir/$key.key")
	grep -rqF -- "$secret" "$dir/log" && fail "a private key is in the logs"
done
echo "passed"
