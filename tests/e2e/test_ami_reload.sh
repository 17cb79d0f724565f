#!/usr/bin/env bash
# manager.conf is read again and again, also when it cannot be used, while calls run and clients follow
# every event: nobody is thrown out, nothing is lost, and a session keeps what it was granted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

calls=800 rate=200
some_calls() { [ "$(metric ami_actions)" -gt 50 ]; }

conf() { # [what is to be added to [general] and behind it]
	cat >"$dir/etc/manager.new" <<-END
		[general]
		enabled = yes
		bindaddr = 127.0.0.1
		port = $AMI_PORT
		sequenceevents = yes
		$1
	END
	mv "$dir/etc/manager.new" "$dir/etc/manager.conf"
}
users() { # the secret and the classes of hello, and one with setvar lines
	printf '[hello]\nsecret = %s\nread = %s\nwrite = %s\n[dialer]\nsecret = d\nread = all\nwrite = all\n' "$1" "$2" "$2"
	printf 'setvar = ONE=%s\nsetvar = TWO=2\n' "$1"
}

engine_conf
conf "$(users world all)"
engine_start
python3 "$e2e_root/tests/e2e/follower.py" "$AMI_PORT" hello world "$dir/ready" "$dir/stop" >"$dir/follower" 2>&1 &
follower=$!
started+=("$follower")
wait_for 10 test -e "$dir/ready"
"$RINGER_LOAD" originate --bind "127.0.0.1:$FAR_PORT" --ami "127.0.0.1:$AMI_PORT" --user dialer --secret d \
	--calls "$calls" --rate "$rate" --mix answer=60,busy=20,delay:100=20 --hangup-after 200 --quiet \
	--json "$dir/load.json" >"$dir/load.out" 2>&1 &
load=$!
started+=("$load")
wait_for 10 some_calls
# These sessions live on with what they had: the file takes users away, their classes, and is broken.
rounds=0
for turn in 1 2 3 4 5; do
	for text in "$(users changed call)" "" "bindaddr = nonsense"$'\n'"$(users world all)" "$(users "again$turn" none)"; do
		conf "$text"
		rx manager reload >/dev/null
		rounds=$((rounds + 1))
	done
done
kill -0 "$load" 2>/dev/null || fail "the calls were over before the reloads"
expect 'reloads' "$rounds" 20
wait "$load" || fail "calls: $(cat "$dir/load.out")"
touch "$dir/stop"
wait "$follower" || fail "events: $(cat "$dir/follower")"
expect 'what the follower saw' "$(tail -1 "$dir/follower")" "channels $calls responses $calls findings 0"

# Who comes now finds the file as it is.
ami_open
ami_say 'Action: Login' 'Username: hello' 'Secret: world'
ami_wait '^Message: Authentication failed$'
conf "$(users world all)"
rx manager reload >/dev/null
ami_login
