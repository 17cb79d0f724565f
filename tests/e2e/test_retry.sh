#!/usr/bin/env bash
# Call files that do not get through: a busy far end is tried again as the file says, one that only
# rings is given up after WaitTime (CANCEL); bookkeeping in the file, records, the `failed` extension.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
engine_start
ami_login
far_sipp busy -m 2

drop busy.call <<'END'
Channel: PJSIP/100@far
MaxRetries: 1
RetryTime: 1
WaitTime: 5
Context: campaign
Extension: s
Account: retries
Set: CDR(userfield)=lead 7
Archive: yes
END
archived=$dir/spool/outgoing_done/busy.call
wait_for 15 file_has "$archived" '^Status: Expired$'
keys=$(grep -oE '^(StartRetry|EndRetry|Status): ([0-9]+ [0-9]+|Expired)' "$archived" | sed 's/: [0-9]* /: /' | tr '\n' ',')
expect "bookkeeping" "$keys" 'StartRetry: 1,EndRetry: 1,StartRetry: 2,Status: Expired,'
expect "dispositions" "$(sql "select disposition, count(*) from cdr where channel like 'PJSIP/%' group by 1")" 'BUSY|2'
expect "the failed extension" "$(sql "select dst, count(*) from cdr where channel = 'OutgoingSpoolFailed' group by 1")" 'failed|2'
expect "functions set on every channel" "$(sql "select distinct userfield from cdr")" 'lead 7'
expect "numbers of the records" "$(sql "select count(distinct sequence) from cdr")" 4
ami_wait '^UserEvent: CallFailed$'
ami_sync
expect "UserEvents" "$(grep -c '^Event: UserEvent$' "$dir/ami")" 2
wait_for 5 file_has "$dir/log/messages.log" 'Queued call to PJSIP/100@far expired without completion after 1 attempt$'
wait_for 10 ended "${started[-1]}"

far_sipp rings -m 1
drop rings.call <<'END'
Channel: PJSIP/101@far
WaitTime: 3
Application: Playback
Data: beep
Archive: yes
END
archived=$dir/spool/outgoing_done/rings.call
wait_for 15 file_has "$archived" '^Status: Expired$'
expect "attempts" "$(grep -c '^StartRetry:' "$archived")" 1
expect "disposition" "$(sql "select disposition from cdr order by AcctId desc limit 1")" 'NO ANSWER'
wait_for 5 file_has "$dir/log/messages.log" 'Call failed to go through, reason \(3\) Remote end Ringing$'
wait_for 10 ended "${started[-1]}" # the far end has seen CANCEL, and ACK for its 487
wait "${started[-1]}" || fail "sipp is not content:"$'\n'"$(tail -40 "$dir/sipp.out")"
echo "passed"
