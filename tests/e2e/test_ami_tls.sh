#!/usr/bin/env bash
# AMI over TLS with a client that others wrote: openssl s_client. Versions, the certificate, a session,
# who comes without TLS, and a new certificate by a reload while a session stays.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_port tls_port
certs=$e2e_root/tests/tls
engine_conf
cp "$certs/whole.pem" "$dir/etc/ami.pem"
sed -i "/^enabled/a tlsenable = yes\ntlsbindaddr = 127.0.0.1:$tls_port\ntlscertfile = $dir/etc/ami.pem" "$dir/etc/manager.conf"
engine_start

s_client() { # CA [options]: what is said comes from standard input; the end is the engine's (-quiet: not that of the input)
	local ca=$1
	shift
	timeout 30 openssl s_client -connect "127.0.0.1:$tls_port" -CAfile "$certs/$ca" -servername ringer.test \
		-verify_return_error -quiet "$@" 2>"$dir/s_client.err"
}
session() { # the printed session; the connection is ended by the engine
	printf '%s\r\n' 'Action: Login' 'Username: hello' 'Secret: world' 'Events: off' '' \
		'Action: Ping' 'ActionID: 7' '' 'Action: Logoff' ''
}

for version in tls1_2 tls1_3; do
	said=$(session | s_client ca.pem "-$version" | tr -d '\r')
	expect_text "$version" "$said" '^Asterisk Call Manager/11\.0\.0$'
	expect_text "$version" "$said" '^Message: Authentication accepted$'
	expect_text "$version" "$said" '^ActionID: 7$'
	expect_text "$version" "$said" '^Message: Thanks for all the fish\.$'
done
# Older versions, and a client that trusts another authority, come to no session.
for refused in 'ca.pem -tls1_1 -cipher ALL:@SECLEVEL=0' other-ca.pem; do
	# shellcheck disable=SC2086 # words
	said=$(session | s_client $refused || true)
	expect "no session for $refused" "$said" ''
done
# Without TLS there is no banner.
said=$(printf 'Action: Ping\r\n\r\n' | nc -w 2 127.0.0.1 "$tls_port" | tr -d '\0' || true)
expect "no banner in the clear" "$(grep -c Asterisk <<<"$said" || true)" 0
expect_text "the settings" "$(rx manager show settings)" "TLS Bindaddress: +127.0.0.1:$tls_port"

# A session that lives through the change of the certificate.
mkfifo "$dir/say"
s_client ca.pem -no_ign_eof <"$dir/say" >"$dir/long" &
long=$!
started+=("$long")
exec {say}>"$dir/say"
printf '%s\r\n' 'Action: Login' 'Username: hello' 'Secret: world' '' >&"$say"
wait_for 5 file_has "$dir/long" 'Authentication accepted'
cp "$certs/stranger.pem" "$dir/etc/ami.pem"
rx manager reload >/dev/null
said=$(session | s_client other-ca.pem | tr -d '\r')
expect_text "the new certificate" "$said" '^Message: Thanks for all the fish\.$'
printf '%s\r\n' 'Action: Ping' 'ActionID: still' '' >&"$say"
wait_for 5 file_has "$dir/long" 'ActionID: still'

# A certificate that cannot be read leaves the old one in force.
echo nonsense >"$dir/etc/ami.pem"
rx manager reload >/dev/null
wait_for 5 file_has "$dir/log/engine.out" 'ami\.pem: no start line; it has to be a PEM file'
said=$(session | s_client other-ca.pem | tr -d '\r')
expect_text "the old certificate" "$said" '^Message: Thanks for all the fish\.$'
exec {say}>&-
echo "passed"
