#!/usr/bin/env bash
# Audio over the kernel: a played file arrives whole; what the far end says is echoed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
echo 'initialsilence = no' >>"$dir/etc/rtp.conf"
cat >>"$dir/etc/extensions.conf" <<'END'
[echo]
exten => s,1,Echo()
END
engine_start
far_load --rtp count
ami_login
ami_say 'Action: Originate' 'Channel: PJSIP/answer-1@far' 'Context: campaign' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Event: Hangup$'
expect_text "PLAYBACKSTATUS" "$(ami_block 'Variable: PLAYBACKSTATUS')" '^Value: SUCCESS$'
sent=$(metric rtp_tx)
octets=$(stat -c %s "$dir/data/sounds/en/hello-world.ulaw")
# Also when the machine lets the engine wait for long (rtp_tx_skipped): what is late is played later.
expect "packets sent" "$sent" $(((octets + 159) / 160))
far_report
expect_text "the far end" "$report" "^  packets +$sent *$"
expect_text "the far end" "$report" '^  lost +0 *$'
expect_text "the far end" "$report" '^  streams +1 *$'

# Echo against an echoing far end: the silence that the engine sends until it hears something starts
# a stream that goes round and round.
sed -i 's/^initialsilence = no/initialsilence = yes/' "$dir/etc/rtp.conf"
rx module reload res_rtp_asterisk >/dev/null
far_load --rtp echo
ami_say 'Action: Originate' 'ActionID: echo' 'Channel: PJSIP/answer-2@far' 'Context: echo' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Application: Echo$'
circling() { [ "$(metric rtp_rx)" -gt 200 ] && [ "$(metric rtp_tx)" -gt $((sent + 200)) ]; }
wait_for 20 circling
rx channel request hangup all >/dev/null
wait_for 5 metric_is attempt_settled 2
far_report
expect_text "the echo's far end" "$report" '^  lost +0 *$'
echo "passed"
