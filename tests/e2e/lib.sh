# shellcheck shell=bash
# tests/e2e/lib.sh - what the end-to-end tests share. Sourced first by each of them.
#
# A test has a directory and ports of its own, and ends by pid whatever it started, also when it fails.
# It fails at the first expectation that does not hold, and shows the log of the engine then. E2E_KEEP=DIRECTORY keeps all
# that it had written.
set -euo pipefail

e2e_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/loopback.sh
. "$e2e_root/deploy/loopback.sh"

# Ports. Each test has blocks of its own, below those that the kernel gives out (32768) and apart from 8888 ff., where sipp
# takes its control ports: signalling from 6100, audio from 10000. An engine goes past a port that is taken, sipp does
# not, so no far end has its audio where an engine might.
E2E_INDEX=${E2E_INDEX:-60}
e2e_port=$((6100 + E2E_INDEX * 40))
new_port() { # VARIABLE: the next port of the block that nobody uses
	printf -v "$1" %s "$(loopback_port "$e2e_port")"
	e2e_port=$((${!1} + 1))
}
new_port SIP_PORT
new_port FAR_PORT
new_port AMI_PORT
RTP_FIRST=$((10000 + E2E_INDEX * 700))
RTP_LAST=$((RTP_FIRST + 599))
FAR_RTP=$((RTP_LAST + 1)) # and 99 more: for the far ends
# shellcheck disable=SC2034 # for loopback_conf
SHARDS=1
dir=$(mktemp -d)
started=()   # pids of everything but the engine
ami_fd=

# shellcheck disable=SC2317 # called by the trap
e2e_end() {
	local code=$? pid tries=60
	trap - EXIT
	if [ "$code" -ne 0 ]; then
		echo "--- the engine's output"
		tail -30 "$dir/log/engine.out" 2>/dev/null
	fi
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	loopback_stop "$dir" >/dev/null 2>&1 || true
	for pid in "${started[@]}"; do # some say goodbye to an engine that is not there any more, and would keep their ports
		while ((tries-- > 0)) && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
		kill -KILL "$pid" 2>/dev/null || true
	done
	if [ "$code" -ne 0 ] && [ -n "${E2E_KEEP:-}" ]; then
		mkdir -p "$E2E_KEEP"
		cp -r "$dir" "$E2E_KEEP/$(basename "$0" .sh)-$(basename "$dir")"
	fi
	rm -rf "$dir"
	exit "$code"
}
trap e2e_end EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

expect() { # LABEL GOT WANTED
	[ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
}

expect_least() { # LABEL GOT LEAST: for messages that a busy machine repeats
	[ "$2" -ge "$3" ] || fail "$1: '$2', not even '$3'"
}

expect_text() { # LABEL TEXT REGEX: a line of the text fits the (extended) expression
	grep -qE -- "$3" <<<"$2" || fail "$1: no line fits '$3' in:"$'\n'"$2"
}

wait_for() { # SECONDS COMMAND...: until it succeeds. What the engine logs comes from a thread of its own: wait for that, too.
	local tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		((tries-- > 0)) || fail "waited in vain for: $*"
		sleep 0.05
	done
}

rx() { loopback_rx "$dir" "$@"; }
metric() { rx core show metrics all | awk -v name="$1" '$1 == name { print $2 }'; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
file_has() { grep -qE -- "$2" "$1" 2>/dev/null; }
listens() { grep -qi ":$(printf %04X "$2") 00000000:0000" "/proc/net/$1"; } # udp|tcp PORT
ended() { ! kill -0 "$1" 2>/dev/null; }
sql() { sqlite3 -cmd '.timeout 5000' -separator '|' "file:$dir/log/master.db?mode=ro" "$1"; }

# The engine with the usual configuration; more can be appended to $dir/etc before.
engine_conf() { loopback_conf "$dir"; }
# For tests that count messages: what is late on a busy machine is not taken for lost, and nothing is sent twice.
engine_is_patient() { printf '\n[system]\ntype = system\ntimer_t1 = 5000\n' >>"$dir/etc/pjsip.conf"; }
engine_start() { loopback_start "$dir" || fail "the engine does not start"; }

# Far ends. sipp: uas is its built-in answering scenario, others are in tests/e2e/sipp, or made by sipp_scenario.sh.
far_sipp() { # SCENARIO [options]
	local scenario=(-sf "$e2e_root/tests/e2e/sipp/$1.xml")
	[ ! -e "$dir/$1.xml" ] || scenario=(-sf "$1.xml")
	[ "$1" != uas ] || scenario=(-sn uas)
	shift
	(cd "$dir" && exec sipp "${scenario[@]}" -i 127.0.0.1 -p "$FAR_PORT" -mp "$FAR_RTP" -nostdin \
		"$@" >"$dir/sipp.out" 2>&1) &
	started+=($!)
	wait_for 20 listens udp "$FAR_PORT"
}

far_load() { # options of ringer-load answer; its report lands in $dir/far.out when it ends
	"$RINGER_LOAD" answer --bind "127.0.0.1:$FAR_PORT" --quiet "$@" >"$dir/far.out" 2>&1 &
	far_pid=$!
	started+=("$far_pid")
	wait_for 20 listens udp "$FAR_PORT"
}
# shellcheck disable=SC2034 # report is for the caller
far_report() { # ends the answering side; its report is in $report then
	kill -TERM "$far_pid" 2>/dev/null || true
	wait "$far_pid" || fail "the answering side ended with $?"
	report=$(cat "$dir/far.out")
}

# A call file, renamed into the spool. Lines come from standard input.
drop() { # NAME
	cat >"$dir/$1.new"
	mv "$dir/$1.new" "$dir/spool/outgoing/$1"
}

# AMI. What the engine says is kept, without CR, in $dir/ami.
ami_open() {
	exec {ami_fd}<>"/dev/tcp/127.0.0.1/$AMI_PORT"
	: >"$dir/ami"
	# shellcheck disable=SC2094
	stdbuf -o0 tr -d '\r' <&"$ami_fd" >"$dir/ami" &
	ami_reader=$!
	started+=("$ami_reader")
}
ami_say() { # LINE...: one action
	printf '%s\r\n' "$@" '' >&"$ami_fd"
}
ami_wait() { # REGEX: a message with a line that fits has come, within 10 s
	wait_for 10 ami_has "$1"
}
ami_has() { # REGEX: also the end of that message is there
	local at
	at=$(grep -nEm1 -- "$1" "$dir/ami" | cut -d: -f1) &&
		awk -v at="$at" 'NR > at && /^$/ { whole = 1; exit } END { exit !whole }' "$dir/ami"
}
ami_sync() { # all that the engine has said until now is in the transcript
	ami_syncs=$((${ami_syncs:-0} + 1))
	ami_say 'Action: Ping' "ActionID: sync-$ami_syncs"
	ami_wait "^ActionID: sync-$ami_syncs\$"
}
ami_login() {
	ami_open
	ami_say 'Action: Login' 'Username: hello' 'Secret: world'
	ami_wait '^Message: Authentication accepted$'
}
# The block of the transcript that has the line.
ami_block() { # REGEX
	awk -v RS= -v re="(^|\n)$1(\n|$)" '$0 ~ re' "$dir/ami"
}
