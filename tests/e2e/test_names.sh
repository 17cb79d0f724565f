#!/usr/bin/env bash
# The far end as a name, by a name server that nobody here wrote (dnsmasq): SRV with a dead target before a
# living one, a CNAME, an answer too long for one datagram, a name of the hosts file, a name that is not
# there, and a server that goes away. sipp answers, once with a Contact that is a service elsewhere; as a caller
# it is known by its name (match=), and kept out by a list of acl.conf.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_caller.sh
. "$(dirname "$0")/sipp_caller.sh"

for port in DNS_PORT DEAD_PORT ELSEWHERE_PORT GOES_ON_PORT; do new_port "$port"; done

dns_start() { # records of dnsmasq
	dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --port="$DNS_PORT" \
		--listen-address=127.0.0.1 --bind-interfaces --user="$(id -un)" --pid-file= \
		--local-ttl=1 --log-queries --log-facility="$dir/dns.log" "$@" &
	dns_pid=$!
	started+=("$dns_pid")
	wait_for 20 listens udp "$DNS_PORT"
}
asked() { grep -c "query\[$1\] $2 " "$dir/dns.log"; }

dial() { # NAME CHANNEL: a call file without retries
	drop "$1.call" <<-END
		Channel: PJSIP/$2
		Application: Wait
		Data: 1
		Archive: yes
	END
}
done_file() { echo "$dir/spool/outgoing_done/$1.call"; }

engine_conf
cat >>"$dir/etc/pjsip.conf" <<END

[system]
type = system
timer_t1 = 100
timer_b = 6400

[srv]
type = endpoint
aors = srv
allow = ulaw

[srv]
type = aor
contact = sip:gw.example.test

[host]
type = endpoint
aors = host
allow = ulaw

[host]
type = aor
contact = sip:pbx:$FAR_PORT

[nowhere]
type = endpoint
aors = nowhere
allow = ulaw

[nowhere]
type = aor
contact = sip:nobody.example.test

[many]
type = endpoint
aors = many
allow = ulaw

[many]
type = aor
contact = sip:many.example.test

[elsewhere]
type = endpoint
aors = elsewhere
allow = ulaw

[elsewhere]
type = aor
contact = sip:127.0.0.1:$ELSEWHERE_PORT

[in]
type = endpoint
context = in
allow = ulaw

[in]
type = identify
endpoint = in
match = caller.example.test

[shut]
type = endpoint
context = in
allow = ulaw
acl = office

[shut]
type = identify
endpoint = shut
match = 127.0.0.3
END
cat >"$dir/etc/acl.conf" <<END
[office]
deny = 0.0.0.0/0
permit = 127.0.0.2
END
cat >>"$dir/etc/extensions.conf" <<END
[in]
exten => quick,1,Answer(,i)
 same => n,Hangup()
END
cat >"$dir/etc/resolver_unbound.conf" <<END
[general]
resolv = $dir/resolv.conf
hosts = $dir/hosts
nameserver = 127.0.0.1:$DNS_PORT
END
echo "options timeout:3 attempts:1" >"$dir/resolv.conf"
echo "127.0.0.1 pbx.lan pbx" >"$dir/hosts"
long=()
for i in $(seq 10 29); do # more than fits into 1232 octets
	name=a-name-that-makes-an-answer-long-and-longer-$i.example.test
	long+=("--host-record=$name,127.0.0.1")
	long+=("--srv-host=_sip._udp.many.example.test,$name,$FAR_PORT,$i,0")
done
dns_start --srv-host=_sip._udp.gw.example.test,dead.example.test,"$DEAD_PORT",10,0 \
	--srv-host=_sip._udp.gw.example.test,alive.example.test,"$FAR_PORT",20,0 \
	--host-record=dead.example.test,127.0.0.1 --host-record=one.example.test,127.0.0.1 \
	--srv-host=_sip._udp.inside.example.test,one.example.test,"$GOES_ON_PORT",10,0 \
	--host-record=caller.example.test,127.0.0.2 --cname=alive.example.test,one.example.test --local=/example.test/ "${long[@]}"
engine_start
far_sipp uas

# Callers: known by a name that is looked up; kept out by a list of acl.conf, until the list lets them in.
# shellcheck disable=SC2119 # steps without arguments
quick() {
	invite
	may_hear 100
	hears 200
	ack
	hears_request BYE
	ok
}
# shellcheck disable=SC2119
kept_out() {
	invite
	hears 403
	ack_refusal
}
known() { (call quick quick); } # the name is looked up when the engine is up
wait_for 10 known
CALLER_IP=127.0.0.3 call kept_out quick
expect_text "the list" "$(rx acl show office)" '^  1: allow - 127\.0\.0\.2/255\.255\.255\.255$'
echo 'permit = 127.0.0.3' >>"$dir/etc/acl.conf"
expect_text "the list is read anew" "$(rx module reload acl)" "^Module 'acl' reloaded successfully\.$"
CALLER_IP=127.0.0.3 call quick quick

dial srv 100@srv
wait_for 20 file_has "$(done_file srv)" '^Status: Completed$'
expect "the next target" "$(metric sip_failover)" 1
[ "$(asked SRV _sip._udp.gw.example.test)" -ge 1 ] || fail "no SRV question"
[ "$(asked NAPTR gw.example.test)" -ge 1 ] || fail "no NAPTR question"

# Answered with a Contact that is a service: ACK and BYE go there, to another process, and nothing more to who
# answered.
one_sipp() { # SCENARIO PORT [options]: for one call; its pid is in $far_pid
	local name=$1 port=$2
	shift 2
	(cd "$dir" && exec timeout 20 sipp -sf "$e2e_root/tests/e2e/sipp/$name.xml" -i 127.0.0.1 -p "$port" -m 1 -nostdin \
		-mp $((FAR_RTP + 4 * ${#started[@]})) -trace_err -error_file "$name.err" "$@" >"$dir/$name.out" 2>&1) &
	far_pid=$!
	started+=("$far_pid")
	wait_for 20 listens udp "$port"
}
one_sipp elsewhere "$ELSEWHERE_PORT" -s inside.example.test
elsewhere_pid=$far_pid
one_sipp goes_on "$GOES_ON_PORT"
dial elsewhere 100@elsewhere
wait_for 10 file_has "$(done_file elsewhere)" '^Status: Completed$'
wait "$far_pid" || fail "ACK and BYE: $(cat "$dir"/goes_on.err)"
wait "$elsewhere_pid" || fail "who answered heard more: $(cat "$dir"/elsewhere.err)"
[ "$(asked SRV _sip._udp.inside.example.test)" -ge 1 ] || fail "no SRV question for the Contact"

dial host 100@host
wait_for 10 file_has "$(done_file host)" '^Status: Completed$'
expect "questions for a name of the hosts file" "$(asked A pbx || true)" 0

dial nowhere 100@nowhere
wait_for 10 file_has "$(done_file nowhere)" '^Status: Expired$'
expect "unknown names" "$(metric sip_target_unknown)" 1

# Too long for one datagram: cut there, whole by TCP.
dial many 100@many
wait_for 10 file_has "$(done_file many)" '^Status: Completed$'
expect "questions without an answer" "$(metric dns_failed)" 0

# The name server goes away. What it said last still serves, and nothing waits for it.
kill "$dns_pid"
wait_for 5 ended "$dns_pid"
run_out=$(($(date +%s) + 2)) # the TTL is 1 s
has_run_out() { [ "$(date +%s)" -gt "$run_out" ]; }
wait_for 10 has_run_out
dial again 101@srv
wait_for 60 file_has "$(done_file again)" '^Status: Completed$'
[ "$(metric dns_stale)" -ge 1 ] || fail "the old answer was not used"
expect_text "core show uptime" "$(rx core show uptime)" 'System uptime'
echo "passed"
