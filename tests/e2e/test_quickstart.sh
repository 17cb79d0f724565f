#!/usr/bin/env bash
# deploy/quickstart: the whole of it with 50 calls, twice; then --keep, and what it left is stopped.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

unset SIP_PORT AMI_PORT FAR_PORT SHARDS
export RTP_FIRST RTP_LAST # its usual range has the ports of other tests in it
cd "$e2e_root"
for n in 1 2; do
	said=$(deploy/quickstart --calls 50 2>&1) || fail "quickstart, run $n:"$'\n'"$said"
	expect_text "quickstart" "$said" '^  accounted for +50 files, 50 archived, 50 records, 50 calls at the far end$'
	expect_text "quickstart" "$said" '^  ANSWERED +[0-9]+$'
done
said=$(deploy/quickstart --calls 5 --keep 2>&1) || fail "quickstart --keep:"$'\n'"$said"
read -ra pids < <(sed -n 's/^  stop  *kill //p' <<<"$said")
started+=("${pids[@]}")
expect "programs left running" "${#pids[@]}" 2
expect_text "the console that it names" \
	"$(build/release/ringer -C build/quickstart/etc/asterisk.conf -rx 'core show channels')" '^0 active channels$'
kill "${pids[@]}"
wait_for 10 ended "${pids[0]}"
wait_for 10 ended "${pids[1]}"
deploy/quickstart --calls nonsense 2>/dev/null && fail "a number of calls that is none"
echo "passed"
