#!/usr/bin/env bash
# A call file to a far end that nobody here wrote (sipp): dialled, archived as Completed, recorded in
# Master.csv and SQLite. A second one without Archive disappears, one of tomorrow stays.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
engine_start
far_sipp uas -m 2

drop one.call <<'END'
# the first call file of the book
Channel: PJSIP/SOFTPHONE_B@far
Callerid: "Ann" <1001>
Context: campaign
Extension: s
Account: demo
Set: COLOUR=red
Archive: yes
END
archived=$dir/spool/outgoing_done/one.call
wait_for 15 file_has "$archived" '^Status: Completed$'
expect_text "what stands in the file" "$(cat "$archived")" '^StartRetry: [0-9]+ 1 \([0-9]{10}\)$'
expect "the rest of the file" "$(sed -n 2p "$archived")" 'Channel: PJSIP/SOFTPHONE_B@far'

csv=$(cat "$dir/log/cdr-csv/Master.csv")
expect "rows of Master.csv" "$(wc -l <<<"$csv")" 1
time='"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"'
expect_text "Master.csv" "$csv" '^"demo","1001","s","campaign","""Ann"" <1001>","PJSIP/far-[0-9a-f]{8}","","Hangup","",'"$time,$time,$time"',[1-9][0-9]*,[1-9][0-9]*,"ANSWERED","DOCUMENTATION"$'
expect "SQLite" "$(sql 'select accountcode, src, dst, disposition, billsec > 0 from cdr')" 'demo|1001|s|ANSWERED|1'

printf 'Channel: PJSIP/1@far\nApplication: Wait\nData: 1\n' >"$dir/later"
touch -d tomorrow "$dir/later"
mv "$dir/later" "$dir/spool/outgoing/later.call"
drop two.call <<'END'
Channel: PJSIP/SOFTPHONE_B@far
Application: Playback
Data: beep
END
wait_for 10 metric_is callfile_completed 2
[ ! -e "$dir/spool/outgoing/two.call" ] || fail "a completed file without Archive is still there"
[ ! -e "$dir/spool/outgoing_done/two.call" ] || fail "a file without Archive was archived"
[ -e "$dir/spool/outgoing/later.call" ] || fail "tomorrow's file is gone"
expect_text "core show queue" "$(rx core show queue)" '1 scheduled'
wait_for 10 ended "${started[0]}" # sipp ends after two calls that went through
expect "records" "$(sql 'select count(*) from cdr')" 2
echo "passed"
