#!/usr/bin/env bash
# manager.conf and http.conf are read again and again, also when they cannot be used, while calls run and clients
# follow every event over TCP, TLS, HTTP, and with a connection that breaks off and asks for what it missed: nobody is
# thrown out, nothing is lost, and a session keeps what it was granted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_port tls_port
new_port web_port
more_calls() { [ "$(metric attempt_started)" -ge $((seen + 10)) ]; }

conf() { # [what is to be added to [general] and behind it]: the user that comes back is always there
	cat >"$dir/etc/manager.new" <<-END
		[general]
		enabled = yes
		webenabled = yes
		bindaddr = 127.0.0.1
		port = $AMI_PORT
		tlsenable = yes
		tlsbindaddr = 127.0.0.1:$tls_port
		tlscertfile = $e2e_root/tests/tls/whole.pem
		sequenceevents = yes
		$1
		[back]
		secret = b
		read = all
		write = all
	END
	mv "$dir/etc/manager.new" "$dir/etc/manager.conf"
}
web_conf() { # [more]
	printf '[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = %s\n%s\n' "$web_port" "$1" >"$dir/etc/http.new"
	mv "$dir/etc/http.new" "$dir/etc/http.conf"
}
users() { # the secret and the classes of hello, and one with setvar lines
	printf '[hello]\nsecret = %s\nread = %s\nwrite = %s\n[dialer]\nsecret = d\nread = all\nwrite = all\n' "$1" "$2" "$2"
	printf 'setvar = ONE=%s\nsetvar = TWO=2\n' "$1"
}
declare -A follower
follow() { # NAME HOW PORT USER SECRET [CA]
	local name=$1 how=$2 port=$3 user=$4 secret=$5
	python3 "$e2e_root/tests/e2e/follower.py" "$how" "$port" "$user" "$secret" "$dir/ready-$name" "$dir/stop" "${@:6}" \
		>"$dir/follower-$name" 2>&1 &
	follower[$name]=$!
	started+=("$!")
}

# The clients find faults, and end by themselves.
timeout 60 python3 "$e2e_root/tests/e2e/follower.py" check || fail "the follower overlooks a fault"

engine_conf
conf "$(users world all)"
web_conf ''
engine_start
follow tcp tcp "$AMI_PORT" hello world
follow tls tls "$tls_port" hello world "$e2e_root/tests/tls/ca.pem"
follow http http "$web_port" hello world
follow replay replay "$AMI_PORT" back b
for name in "${!follower[@]}"; do
	wait_for 10 test -e "$dir/ready-$name"
done
# Calls go on until the reloads are done, however long those take; at a rate that leaves a client twenty seconds until
# events are left out for it.
"$RINGER_LOAD" originate --bind "127.0.0.1:$FAR_PORT" --ami "127.0.0.1:$AMI_PORT" --user dialer --secret d \
	--calls 100000 --rate 40 --mix answer=60,busy=20,delay:100=20 --hangup-after 200 --quiet \
	--json "$dir/load.json" >"$dir/load.out" 2>&1 &
load=$!
started+=("$load")
seen=0
wait_for 10 more_calls
# These sessions live on with what they had: the files take users away, their classes, and are broken.
rounds=0
for turn in 1 2 3 4 5; do
	for text in "$(users changed call)" "" "bindaddr = nonsense"$'\n'"$(users world all)" "$(users "again$turn" none)"; do
		conf "$text"
		rx manager reload >/dev/null
		rounds=$((rounds + 1))
		web_conf "sessionlimit = $((50 + rounds))"
		[ $((rounds % 4)) -ne 3 ] || web_conf 'bindaddr = nonsense'
		rx module reload http >/dev/null
		seen=$(metric attempt_started)
		wait_for 10 more_calls
	done
done
expect 'reloads' "$rounds" 20
kill -USR1 "$load"
wait "$load" || fail "calls: $(cat "$dir/load.out")"
calls=$(grep -o '"accepted": [0-9]*' "$dir/load.json" | cut -d' ' -f2)
touch "$dir/stop"
for name in "${!follower[@]}"; do
	wait "${follower[$name]}" || fail "events over $name: $(cat "$dir/follower-$name")"
	expect "what the follower over $name saw" "$(tail -1 "$dir/follower-$name")" "channels $calls responses $calls findings 0"
done

# Who comes now finds the file as it is.
ami_open
ami_say 'Action: Login' 'Username: hello' 'Secret: world'
ami_wait '^Message: Authentication failed$'
conf "$(users world all)"
rx manager reload >/dev/null
ami_login
