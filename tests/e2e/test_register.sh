#!/usr/bin/env bash
# Registration both ways against programs that others wrote. baresip registers, is called and answers; the
# engine is killed and started again, and calls it without another REGISTER. sipp is the registrar of the
# engine: challenge, refresh before the end, and the end when the engine stops.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
command -v baresip >/dev/null || fail "baresip is not there: deploy/packages test"

engine_conf
new_port PHONE_PORT
cat >>"$dir/etc/pjsip.conf" <<END
[phone]
type = endpoint
context = campaign
aors = phone
auth = phone
allow = ulaw
[phone]
type = auth
username = phone
password = secret
[phone]
type = aor
max_contacts = 1
remove_existing = yes
qualify_frequency = 2
qualify_timeout = 3
[account]
type = auth
username = me
password = hidden
[provider]
type = registration
server_uri = sip:127.0.0.1:$FAR_PORT
client_uri = sip:me@127.0.0.1
outbound_auth = account
max_random_initial_delay = 0
END

# ---- a phone ----

mkdir "$dir/phone"
cat >"$dir/phone/config" <<END
sip_listen 127.0.0.1:$PHONE_PORT
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module_app account.so
module_app menu.so
END
cat >"$dir/phone/accounts" <<END
<sip:phone@127.0.0.1:$SIP_PORT>;auth_user=phone;auth_pass=secret;regint=3600;answermode=auto
END
phone_start() {
	baresip -f "$dir/phone" -v </dev/null >>"$dir/phone.out" 2>&1 &
	phone_pid=$!
	started+=("$phone_pid")
}

far_sipp registrar -m 1 -trace_logs -log_file "$dir/registrar.log"
registrar_pid=${started[-1]}
engine_start
ami_login
phone_start

contact_is() { rx pjsip show contacts | grep -qE "phone/sip:phone.*@127.0.0.1:$PHONE_PORT.* $1 "; }
wait_for 10 contact_is Avail
expect "registered once" "$(metric sip_register_ok)" 1
ami_wait '^ContactStatus: Reachable$'
ami_wait '^Peer: PJSIP/phone$'
ami_say 'Action: PJSIPShowRegistrationInboundContactStatuses'
ami_wait '^UserAgent: baresip'

call_phone() { # NAME: calls it and waits for the outcome
	drop "$1.call" <<END
Channel: PJSIP/phone
Application: Wait
Data: 1
Archive: yes
END
	wait_for 15 file_has "$dir/spool/outgoing_done/$1.call" '^Status: '
	expect "$1" "$(grep '^Status:' "$dir/spool/outgoing_done/$1.call")" 'Status: Completed'
}
call_phone first

# ---- registered with a provider ----

provider_is() { rx pjsip show registrations | grep -qE "provider/sip:127.0.0.1:$FAR_PORT +account +$1 "; }
wait_for 10 provider_is Registered
ami_wait '^Username: sip:me@127.0.0.1$'
expect_text "Registry" "$(ami_block 'Event: Registry')" '^Status: Registered$'

# Refreshed before the 12 s are over, and ended by the stop: sipp's scenario is through then.
refreshed() { [ "$(metric sip_registration_sent)" = 3 ]; }
wait_for 20 refreshed
loopback_stop "$dir" || fail "the engine did not end well"
wait_for 5 ended "$registrar_pid"
wait "$registrar_pid" || fail "the registrar did not hear what it expected: $(tail -5 "$dir/sipp.out")"
sed -i 's/^server_uri.*/server_uri = sip:127.0.0.1:9/' "$dir/etc/pjsip.conf" # it is gone

# ---- restarts in between: nobody registers anew ----

engine_start
wait_for 10 contact_is Avail
call_phone second
kill -KILL "$ENGINE_PID"
wait "$ENGINE_PID" 2>/dev/null || true
engine_start
wait_for 10 contact_is Avail
expect "REGISTERs in this life" "$(metric sip_register_ok)" 0
call_phone third

# ---- it vanishes, and is not dialled ----

kill -KILL "$phone_pid"
wait_for 20 contact_is Unavail
drop gone.call <<END
Channel: PJSIP/phone
Application: Wait
Data: 1
Archive: yes
END
wait_for 10 file_has "$dir/spool/outgoing_done/gone.call" '^Status: Expired'
expect_text "pjsip show endpoint" "$(rx pjsip show endpoint phone)" '^ Endpoint:  phone +Unavailable +0 of inf$'

# ---- it comes back ----

phone_start
wait_for 10 contact_is Avail
call_phone fourth
loopback_stop "$dir" || fail "the engine did not end well"
echo "passed"
