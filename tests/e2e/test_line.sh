#!/usr/bin/env bash
# Calls known by the line of a registration: sipp as the registrar of two accounts of ours, and sipp as the caller that dials
# what was registered there, from an address that nobody is known by, at two shards. Each line leads to its endpoint, also
# after a reload and from an address that is another's; a wrong one is nobody's, and gets what a stranger gets.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/sipp_caller.sh
. "$(dirname "$0")/sipp_caller.sh"

# shellcheck disable=SC2034 # for engine_conf
SHARDS=2
engine_conf
account() { # NAME LINE
	cat <<-END_OF_ACCOUNT
		[$1]
		type = registration
		server_uri = sip:127.0.0.1:$FAR_PORT
		client_uri = sip:$1@127.0.0.1:$FAR_PORT
		contact_user = $1
		max_random_initial_delay = 0
		line = $2
		endpoint = $1
		[$1]
		type = endpoint
		context = $1
		allow = ulaw
		; the caller is where its connection is
		rewrite_contact = yes
	END_OF_ACCOUNT
}
{
	account north yes
	account south yes
	account plain no
	cat <<-END
		[transport-tcp]
		type = transport
		protocol = tcp
		bind = 127.0.0.1:$SIP_PORT
		[neighbour]
		type = endpoint
		context = neighbour
		allow = ulaw
		[neighbour]
		type = identify
		endpoint = neighbour
		match = 127.0.0.2
	END
} >>"$dir/etc/pjsip.conf"
for context in north south plain neighbour; do
	printf '[%s]\nexten => _[a-z].,1,Answer(,i)\n same => n,Hangup()\n' "$context"
done >>"$dir/etc/extensions.conf"
# Without memory of ended calls: the end of a registration has the Call-ID of its beginning.
far_sipp accepts -deadcall_wait 0 -trace_logs -log_file "$dir/registrar.log"
engine_start

registered() { [ "$(rx pjsip show registrations | grep -c "/sip:127.0.0.1:$FAR_PORT .* Registered ")" = 3 ]; }
wait_for 10 registered
contact_of() { # ACCOUNT: what it registered
	grep -o "^registered sip:$1@.*" "$dir/registrar.log" | head -n 1 | cut -d' ' -f2
}
line_of() { sed -n 's/.*;line=\([0-9a-z]*\)$/\1/p' <<<"$1"; }
for user in north south plain; do
	wait_for 10 file_has "$dir/registrar.log" "^registered sip:$user@127\.0\.0\.1:$SIP_PORT"
done
north=$(contact_of north) south=$(contact_of south)
[ -n "$(line_of "$north")" ] || fail "no line in what was registered: '$north'"
[ "$(line_of "$north")" != "$(line_of "$south")" ] || fail "one line for two registrations: '$north'"
expect "a line that nobody asked for" "$(line_of "$(contact_of plain)")" ''

# shellcheck disable=SC2119 # the words of sipp_caller.sh, not arguments of this script
answered() {
	invite
	may_hear 100
	hears 200
	ack
	hears_request BYE
	ok
}
# shellcheck disable=SC2119
stranger() {
	invite
	hears 401
	ack_refusal
}
from() { # IP SCENARIO URI USER [options]
	CALLER_IP=$1 CALLER_TARGET=$3 call "$2" "$4" "${@:5}"
}
changed() { # URI: with a line that only its last digit tells from the right one
	local last=${1: -1}
	if [ "$last" = 0 ]; then last=1; else last=0; fi
	echo "${1%?}$last"
}
landed() { sql "select dcontext, count(*) from cdr where dst = '$1' group by 1 order by 1"; }

# ---- from an address that belongs to nobody

from 127.0.0.6 answered "$north" north
# By TCP, as calls of one connection are spread over the shards and those of one UDP address are not.
from 127.0.0.6 answered "$north" north -t t1 -m 20 -r 100
from 127.0.0.6 answered "$south" south -t t1 -m 20 -r 100
# Strangers have addresses of their own: one that asks too often is not answered at all.
from 127.0.0.7 stranger "$(changed "$north")" north
from 127.0.0.8 stranger "${north%;line=*}" north
from 127.0.0.9 stranger "${north%?}" north
expect_least "callers who are nobody" "$(metric sip_unidentified)" 3
wait_for 5 file_has "$dir/log/engine.out" "Request 'INVITE' from .* failed for '127.0.0.7:$FAR_PORT' .* - No matching endpoint found"

# ---- from one that is a neighbour's: the line is looked at first, and a wrong one is none

from 127.0.0.2 answered "$north" north
from 127.0.0.2 answered "$(changed "$north")" north

# ---- a reload keeps the lines that are out there; one that is not asked for any more is nobody's

reload() { # what is asked of all shards after it is answered when they have it
	rx core reload >/dev/null
	rx pjsip show channelstats >/dev/null
}
reload
from 127.0.0.6 answered "$north" north
sed -i '0,/^line = yes/s//line = no/' "$dir/etc/pjsip.conf"
reload
anew() { grep -q "^registered sip:north@127\.0\.0\.1:$SIP_PORT\$" "$dir/registrar.log"; }
wait_for 10 anew
from 127.0.0.7 stranger "$north" north
from 127.0.0.6 answered "$south" south

# ---- each on record, in the context of its endpoint, and both shards had some

recorded() { [ "$(sql 'select count(*) from cdr')" = "$(metric incoming_accepted)" ]; }
wait_for 10 recorded
expect "calls to north" "$(landed north)" $'neighbour|1\nnorth|23'
expect "calls to south" "$(landed south)" 'south|21'
expect "records by disposition" "$(sql 'select disposition, count(*) from cdr group by 1')" 'ANSWERED|45'
# The number in a unique id is a multiple of the number of shards, and which shard it was.
expect "shards" "$(sql "select count(distinct cast(substr(uniqueid, instr(uniqueid, '.') + 1) as int) % $SHARDS) from cdr where dcontext in ('north', 'south')")" "$SHARDS"
loopback_stop "$dir" || fail "the engine did not end well"
echo "passed"
