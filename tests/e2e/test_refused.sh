#!/usr/bin/env bash
# What is broken is refused with file, line and reason: call files, configuration at the start, and
# configuration at a reload, where the old one stays in force.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
cp -r "$dir/etc" "$dir/good"

# At the start: exit status 1, file and line on standard error.
refused() { # FILE LINE-TO-ADD REASON
	local said line
	echo "$2" >>"$dir/etc/$1"
	line=$(wc -l <"$dir/etc/$1")
	if said=$(timeout 20 "$RINGER" -f -C "$dir/etc/asterisk.conf" 2>&1); then
		fail "started with a broken $1"
	fi
	expect_text "$1 at the start" "$said" "$1:$line: $3"
	said=$("$RINGER" -t -C "$dir/etc/asterisk.conf" 2>&1) && fail "ringer -t is content with a broken $1"
	expect_text "ringer -t, $1" "$said" "$1:$line: $3"
	cp "$dir/good/$1" "$dir/etc/$1"
}
refused dialer.conf 'shards = many' "'many' is no value for shards; allowed: 1 to "
refused dialer.conf '[unclosed' 'parse error'
refused pjsip.conf '[unclosed' 'parse error'
refused pjsip.conf 'contact = not a uri' '.*contact'
refused extensions.conf '[unclosed' 'parse error'
refused manager.conf '[unclosed' 'parse error'
refused asterisk.conf '[unclosed' 'parse error'
"$RINGER" -t -C "$dir/etc/asterisk.conf" >/dev/null || fail "ringer -t refuses a good configuration"

# At a reload.
engine_start
far_load --rtp none
kept() { # FILE LINE-TO-ADD
	local line
	echo "$2" >>"$dir/etc/$1"
	line=$(wc -l <"$dir/etc/$1")
	rx core reload >/dev/null
	wait_for 5 file_has "$dir/log/messages.log" "Reload refused, the old settings stay in force: .*$1:$line: "
	cp "$dir/good/$1" "$dir/etc/$1"
}
kept extensions.conf '[unclosed'
kept pjsip.conf '[unclosed'
kept manager.conf '[unclosed'
kept dialer.conf 'cps = many'
expect_text "the dialplan after refused reloads" "$(rx dialplan show campaign)" "'s' => +1\. Playback\(hello-world\)"
ami_login
sed -i 's/Playback(hello-world)/Playback(beep)/' "$dir/etc/extensions.conf"
rx core reload
expect_text "the dialplan after a good reload" "$(rx dialplan show campaign)" "'s' => +1\. Playback\(beep\)"

# Call files that cannot be used are set aside with the reason beside them, and logged with file and line.
printf 'Chanel: PJSIP/1@far\nExtension: s\n' | drop typo.call
printf 'Channel: PJSIP/1@far\n' | drop nowhere.call
wait_for 15 test -e "$dir/spool/outgoing_failed/typo.call"
wait_for 15 test -e "$dir/spool/outgoing_failed/nowhere.call"
wait_for 5 test -s "$dir/spool/outgoing_failed/typo.call.reason"
wait_for 5 test -s "$dir/spool/outgoing_failed/nowhere.call.reason"
expect_text "the reason" "$(cat "$dir/spool/outgoing_failed/nowhere.call.reason")" 'Extension or Application'
wait_for 5 file_has "$dir/log/messages.log" "Unknown keyword 'Chanel' at line 1 of $dir/spool/outgoing/typo.call"
drop good.call <<'END'
Channel: PJSIP/answer-1@far
Context: campaign
Extension: s
END
wait_for 10 metric_is callfile_completed 1
expect "files refused" "$(metric callfile_bad)" 2
echo "passed"
