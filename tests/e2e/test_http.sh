#!/usr/bin/env bash
# AMI over HTTP with curl and wget, as the book prints it: cookies, digest, the three formats, WaitEvent,
# keep-alive, refusals, reload.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_port HTTP_PORT
new_port HTTPS_PORT
url=http://127.0.0.1:$HTTP_PORT
jar=$dir/jar
engine_conf
sed -i 's/^enabled = yes/&\nwebenabled = yes/' "$dir/etc/manager.conf"
cat >"$dir/etc/http.conf" <<END
[general]
enabled = yes
bindaddr = 127.0.0.1
bindport = $HTTP_PORT
servername = Asterisk
enable_status = yes
redirect = /old /rawman
END
cat >>"$dir/etc/extensions.conf" <<'END'
[sets]
exten => 103,1,Wait(60)
END
cat >>"$dir/etc/http.conf" <<END
enable_static = yes
tlsenable = yes
tlsbindaddr = 127.0.0.1:$HTTPS_PORT
tlscertfile = $dir/etc/web.pem
END
cp "$e2e_root/tests/tls/whole.pem" "$dir/etc/web.pem"
mkdir -p "$dir/data/static-http/private"
printf '<html>hello</html>' >"$dir/data/static-http/index.html"
echo hidden >"$dir/data/static-http/private/x.txt"
engine_start
far_sipp uas

get() { curl -sS --max-time 30 "$@"; }
mask() { sed -E 's/[0-9]{10}\.[0-9]{6}/NOW/; s/mansession_id="[0-9a-f]{32}"/mansession_id="ID"/; s/^Date: [A-Z].* GMT/Date: NOW/; s/nonce="[0-9a-f]{64}"/nonce="N"/; s/opaque="[0-9a-f]{64}"/opaque="N"/'; }
exactly() { # LABEL GOT WANTED: both with an end mark, so that line ends count
	expect "$1" "$2" "$3"
}

# The quick start of the book, byte for byte.
exactly login "$(get "$url/rawman?action=login&username=hello&secret=world" -c "$jar"; echo .)" \
	"$(printf 'Response: Success\r\nMessage: Authentication accepted\r\n\r\n.')"
exactly ping "$(get "$url/rawman?action=ping" -b "$jar" | mask; echo .)" \
	"$(printf 'Response: Success\r\nPing: Pong\r\nTimestamp: NOW\r\n\r\n.')"
exactly logoff "$(get "$url/rawman?action=logoff" -b "$jar"; echo .)" \
	"$(printf 'Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n.')"
exactly "after logoff" "$(get "$url/rawman?action=ping" -b "$jar"; echo .)" \
	"$(printf 'Response: Error\r\nMessage: Permission denied\r\n\r\n.')"

# The head, in its order.
exactly head "$(get -i "$url/rawman?action=login&username=hello&secret=world" -c "$jar" | mask; echo .)" \
	"$(printf '%s\r\n' 'HTTP/1.1 200 OK' 'Server: Asterisk' 'Date: NOW' 'Cache-Control: no-cache, no-store' \
		'Content-type: text/plain' \
		'Set-Cookie: mansession_id="ID"; Version=1; Max-Age=60; Path=/; HttpOnly; SameSite=Strict' \
		'Pragma: SuppressEvents' 'Content-Length: 55' '' 'Response: Success' \
		'Message: Authentication accepted' ''; echo .)"

# The other encodings.
exactly mxml "$(get "$url/mxml?action=ping" -b "$jar" | mask; echo .)" "<ajax-response>
<response type='object' id='unknown'><generic response='Success' ping='Pong' timestamp='NOW' /></response>
</ajax-response>
."
expect_text manager "$(get "$url/manager?action=ping" -b "$jar")" '^<tr><td>Ping</td><td>Pong</td></tr>$'
expect_text "a form posted" "$(get -d action= -d action=command -d 'command=core show version' "$url/manager" -b "$jar")" \
	'^<tr><td>Output</td><td>Asterisk 22'

# Digest, each encoding, and what goes over the wire before it.
expect_text arawman "$(get --digest -u hello:world "$url/arawman?action=ping")" '^Ping: Pong'
expect_text amanager "$(get --digest -u hello:world "$url/amanager?action=ping")" '^<tr><td>Ping</td><td>Pong</td></tr>$'
expect_text amxml "$(get --digest -u hello:world "$url/amxml?action=ping")" "ping='Pong'"
expect_text challenge "$(get -i "$url/arawman?action=ping" | mask)" \
	'^WWW-authenticate: Digest algorithm=MD5, realm="asterisk", nonce="N", qop="auth", opaque="N"'
expect "a wrong digest" "$(get -o /dev/null -w '%{http_code}' --digest -u hello:wrong "$url/arawman?action=ping")" 401
exactly "two on one connection, with one nonce" \
	"$(get -o "$dir/a" -o "$dir/b" -w '%{http_code} %{num_connects} ' --digest -u hello:world "$url/arawman?action=ping" "$url/arawman?action=ping")" \
	'200 1 200 0 '

# wget: cookies kept in a file, the encoded login, then events as they come.
wget -q --save-cookies "$dir/wget.jar" "$url/mxml?action=login&username=hello&secret=world" -O "$dir/out"
expect_text "wget login" "$(cat "$dir/out")" "<generic response='Success' message='Authentication accepted' />"
wget -q --load-cookies "$dir/wget.jar" "$url/mxml?action=waitevent" -O "$dir/out"
expect_text "events from the login on" "$(cat "$dir/out")" "event='SuccessfulAuth'"
expect_text waitevent "$(cat "$dir/out")" "<generic event='WaitEventComplete' />"

# A poll is answered when the event comes, while another connection orders it; a poll ends by its timeout.
get "$url/rawman?action=waitevent&timeout=0" -b "$jar" >/dev/null
get "$url/rawman?action=waitevent&actionid=w" -b "$jar" >"$dir/poll" &
poll=$!
polls() { rx manager show connected | grep -q '^  hello .* -1  *1 '; }
wait_for 5 polls
get "$url/rawman?action=userevent&userevent=Hello" -b "$jar" >/dev/null
wait "$poll"
expect_text "the event" "$(tr -d '\r' <"$dir/poll")" '^UserEvent: Hello$'
expect_text "its end" "$(tr -d '\r' <"$dir/poll")" '^Event: WaitEventComplete$'
get "$url/rawman?action=events&eventmask=off" -b "$jar" >/dev/null
exactly "no event" "$(get "$url/rawman?action=waitevent&timeout=1&actionid=w" -b "$jar"; echo .)" \
	"$(printf '%s\r\n' 'Response: Success' 'ActionID: w' 'Message: Waiting for Event completed.' '' \
		'Event: WaitEventComplete' 'ActionID: w' ''; echo .)"

# A synchronous Originate is up to its answer no hindrance for other requests of the session.
said=$(get -d action=originate -d channel=PJSIP/1@far -d context=sets -d exten=103 -d priority=1 "$url/rawman" -b "$jar")
expect_text originate "$said" '^Message: Originate successfully queued'
expect_text hangup "$(get -G --data-urlencode action=hangup --data-urlencode 'channel=/.*/' "$url/rawman" -b "$jar")" 'Success'

# Keep-alive, HEAD, refusals.
exactly keep-alive "$(get -o "$dir/a" -o "$dir/b" -w '%{num_connects} ' "$url/rawman?action=ping" "$url/rawman?action=ping" -b "$jar")" '1 0 '
exactly "no keep-alive" "$(get -H 'Connection: close' -i "$url/rawman?action=ping" -b "$jar" | grep -c '^Connection: close')" 1
expect_text head "$(get -I "$url/rawman?action=ping" -b "$jar")" '^Content-Length: 63'
code() { get -o /dev/null -w '%{http_code}' "$@"; }
expect "no such path" "$(code "$url/nosuch")" 404
expect "no such method" "$(code -X DELETE "$url/rawman")" 501
expect "too long" "$(code "$url/rawman?$(printf 'a%.0s' {1..5000})")" 400
expect "too large" "$(head -c 50000 /dev/zero | tr '\0' a | code --data-binary @- "$url/rawman")" 413
expect "a line end" "$(code "$url/rawman?action=ping%0d%0aEvent:%20x" -b "$jar")" 400
expect redirected "$(get -o /dev/null -w '%{http_code} %{redirect_url}' "$url/old")" "302 $url/rawman"
expect_text status "$(get "$url/httpstatus")" '<h2>&nbsp;&nbsp;Asterisk&trade; HTTP Status</h2>'

# Files, and what may not be asked for.
exactly file "$(get -i "$url/static/index.html" | sed -E 's/^(Date|Last-Modified): .* GMT/\1: NOW/; s/"[0-9]{10}"/"T"/'; echo .)" \
	"$(printf '%s\r\n' 'HTTP/1.1 200 OK' 'Server: Asterisk' 'Date: NOW' 'Content-type: text/html' 'ETag: "T"' \
		'Last-Modified: NOW' 'Content-Length: 18' ''; echo '<html>hello</html>.')"
tag=$(get -I "$url/static/index.html" | tr -d '\r' | sed -n 's/^ETag: //p')
expect "the same file" "$(code -H "If-None-Match: $tag" "$url/static/index.html")" 304
expect "no file" "$(code "$url/static/none") $(code "$url/static/private/")" '404 403'
expect "above" "$(code --path-as-is "$url/static/a/../../etc/http.conf") $(code "$url/static/%2e%2e/etc") $(code "$url/static/")" '403 403 403'
ln -s index.html "$dir/data/static-http/link.html"
ln -s /etc/passwd "$dir/data/static-http/out.html"
ln -s ../.. "$dir/data/static-http/up"
expect "links stay below" "$(code "$url/static/link.html") $(code "$url/static/out.html") $(code "$url/static/up/data/static-http/index.html") $(code "$url/static/up/etc/http.conf")" '200 403 200 403'
expect "a private file" "$(code "$url/static/private/x.txt") $(code "$url/static/private/x.txt" -b "$jar")" '403 200'

# The same over TLS; its cookie stays there.
tls=https://127.0.0.1:$HTTPS_PORT
expect_text "https login" "$(get -k -i -c "$dir/tls.jar" "$tls/rawman?action=login&username=hello&secret=world")" \
	'^Set-Cookie: .*; SameSite=Strict; Secure'
expect_text "https ping" "$(get -k -b "$dir/tls.jar" "$tls/mxml?action=ping")" "ping='Pong'"
expect_text "https digest" "$(get -k --digest -u hello:world "$tls/arawman?action=ping")" '^Ping: Pong'
exactly "https keep-alive" "$(get -k -o "$dir/a" -o "$dir/b" -w '%{num_connects} ' "$tls/static/index.html" "$tls/rawman?action=ping" -b "$dir/tls.jar")" '1 0 '
expect_text "both doors" "$(rx http show status)" "^HTTPS Server Enabled and Bound to 127.0.0.1:$HTTPS_PORT$"

# Console.
expect_text "http show status" "$(rx http show status)" "^Server Enabled and Bound to 127.0.0.1:$HTTP_PORT$"
expect_text connected "$(rx manager show connected)" '^  hello .* -1 '
sed -i 's/^enable_status.*/prefix = pbx/' "$dir/etc/http.conf"
expect reload "$(rx module reload http)" "Module 'http' reloaded successfully."
expect "the prefix" "$(code "$url/rawman?action=ping") $(code "$url/PBX/rawman/?action=ping") $(code "$url/pbx/httpstatus")" '404 200 404'
sed -i 's/^webenabled.*//' "$dir/etc/manager.conf"
rx manager reload >/dev/null
expect "not webenabled" "$(code "$url/pbx/rawman?action=ping")" 404
echo "passed"
