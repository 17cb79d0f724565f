#!/usr/bin/env bash
# 500 calls over AMI and 500 call files, with one shard and with two: none lost, none dialled twice,
# nothing left behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

mix=answer=60,delay:200=10,early:100=10,busy=10,congestion=5,notfound=5
for SHARDS in 1 2; do
	engine_conf
	engine_start
	"$RINGER_LOAD" originate --bind "127.0.0.1:$FAR_PORT" --ami "127.0.0.1:$AMI_PORT" --calls 500 --outstanding 100 \
		--channel 'PJSIP/1000-%n@far' --mix "$mix" --app Playback --data beep --quiet --pid "$ENGINE_PID" \
		--duration 60 --json "$dir/ami.json" >"$dir/load.out" 2>&1 || fail "AMI, $SHARDS shards:"$'\n'"$(tail -50 "$dir/load.out")"
	"$RINGER_LOAD" files --bind "127.0.0.1:$FAR_PORT" --spool "$dir/spool" --calls 500 --archive --mix "$mix" \
		--channel 'PJSIP/1000-%n@far' --app Playback --data beep --quiet --pid "$ENGINE_PID" \
		--duration 60 --json "$dir/files.json" >"$dir/load.out" 2>&1 || fail "files, $SHARDS shards:"$'\n'"$(tail -50 "$dir/load.out")"
	for json in ami files; do
		expect "INVITEs, $json" "$(grep -o '"invites": [0-9]*' "$dir/$json.json")" '"invites": 500'
		expect "2xx without ACK, $json" "$(grep -o '"answers_never_acknowledged": [0-9]*' "$dir/$json.json")" '"answers_never_acknowledged": 0'
	done
	wait_for 10 metric_is attempt_settled 1000
	expect "records" "$(sql 'select count(*), count(distinct uniqueid) from cdr')" '1000|1000'
	expect "lines of Master.csv" "$(wc -l <"$dir/log/cdr-csv/Master.csv")" 1000
	expect_text "channels left" "$(rx core show channels count)" '^0 active channels$'
	expect "impossible things" "$(metric never)" 0
	[ "$SHARDS" = 1 ] || expect_text "shards" "$(rx core show memory)" '^shard 1: 0 of '
	loopback_stop "$dir" || fail "the engine did not end well"
	rm -rf "$dir/log" "$dir/spool"
done
echo "passed"
