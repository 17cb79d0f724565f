#!/usr/bin/env bash
# kill -9 twice in the middle of a campaign, each time followed by a start at once. Every call file ends
# in the archive with a status, and what is unknown follows unknown_attempts: `retry` leaves none
# undialled, `count` dials none twice.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

some_are_dialled() { local n; n=$(metric callfile_seen) && [ "${n:-0}" -gt 0 ] && [ "$(metric attempt_settled)" -gt 50 ]; }
all_are_done() { [ "$(grep -lE '^Status: ' "$dir"/spool/outgoing_done/*.call 2>/dev/null | wc -l)" = 500 ]; }
has_begun() { some_are_dialled || all_are_done; }
figure() { sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$dir/files.json"; }

for policy in retry count; do
	engine_conf
	printf '\n[far]\ncps = 200\nburst = 20\n' >>"$dir/etc/dialer.conf"
	sed -i "s/^\[general\]$/&\nunknown_attempts = $policy/" "$dir/etc/dialer.conf"
	engine_start
	"$RINGER_LOAD" files --bind "127.0.0.1:$FAR_PORT" --spool "$dir/spool" --calls 500 --archive --quiet --retry-time 1 \
		--channel 'PJSIP/1000-%n@far' --mix answer=50,delay:300=30,busy=20 --app Wait --data 0.2 \
		--duration 60 --json "$dir/files.json" >"$dir/load.out" 2>&1 &
	load=$!
	started+=("$load")
	for crash in 1 2; do
		[ "$crash $policy" = '2 count' ] || wait_for 20 has_begun # after the first one nothing is left to dial
		kill -KILL "$ENGINE_PID"
		wait "$ENGINE_PID" 2>/dev/null || true
		engine_start
	done
	wait "$load" || true # it expects every file to be dialled exactly once
	expect "$policy: archived" "$(find "$dir/spool/outgoing_done" -name '*.call' | wc -l)" 500
	# As in Asterisk the status is written after the move: a crash just then leaves a file without it.
	noted=$(grep -lE '^Status: (Completed|Expired)$' "$dir"/spool/outgoing_done/*.call | wc -l)
	[ "$noted" -ge 498 ] || fail "$policy: only $noted of 500 have a status"
	expect "$policy: left in the spool" "$(figure left_in_spool)" 0
	case $policy in
	retry) expect "never dialled" "$(figure never_dialled)" 0 ;;
	count) expect "dialled twice" "$(figure dialled_too_often)" 0 ;;
	esac
	expect "impossible things" "$(metric never)" 0
	loopback_stop "$dir" || fail "the engine did not end well"
	rm -rf "$dir/log" "$dir/spool"
done
echo "passed"
