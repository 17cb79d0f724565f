# shellcheck shell=bash
# tests/e2e/lib.sh - what the end-to-end tests share. Sourced first by each of them.
#
# A test has a directory and ports of its own, and ends by pid whatever it started, also when it fails.
# It fails at the first expectation that does not hold, and shows the log of the engine then.
set -euo pipefail

e2e_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/loopback.sh
. "$e2e_root/deploy/loopback.sh"

E2E_INDEX=${E2E_INDEX:-15}
SIP_PORT=$(loopback_port $((26000 + E2E_INDEX * 20)))
FAR_PORT=$(loopback_port $((26005 + E2E_INDEX * 20)))
AMI_PORT=$(loopback_port $((26010 + E2E_INDEX * 20)))
RTP_FIRST=$((10000 + E2E_INDEX * 1000))
RTP_LAST=$((RTP_FIRST + 999))
# shellcheck disable=SC2034 # for loopback_conf
SHARDS=1
dir=$(mktemp -d)
started=()   # pids of everything but the engine
ami_fd=

# shellcheck disable=SC2317 # called by the trap
e2e_end() {
	local code=$? pid
	trap - EXIT
	if [ "$code" -ne 0 ]; then
		echo "--- the engine's output"
		tail -30 "$dir/log/engine.out" 2>/dev/null
	fi
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	loopback_stop "$dir" >/dev/null 2>&1 || true
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

wait_for() { # SECONDS COMMAND...: until it succeeds
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
ended() { ! kill -0 "$1" 2>/dev/null; }
sql() { sqlite3 -separator '|' "file:$dir/log/master.db?mode=ro" "$1"; }

# The engine with the usual configuration; more can be appended to $dir/etc before.
engine_conf() { loopback_conf "$dir"; }
engine_start() { loopback_start "$dir" || fail "the engine does not start"; }

# Far ends. sipp: uas is its built-in answering scenario, others are in tests/e2e/sipp.
far_sipp() { # SCENARIO [options]
	local scenario=(-sf "$e2e_root/tests/e2e/sipp/$1.xml")
	[ "$1" != uas ] || scenario=(-sn uas)
	shift
	(cd "$dir" && exec sipp "${scenario[@]}" -i 127.0.0.1 -p "$FAR_PORT" -mp $((RTP_LAST + 20000)) -nostdin \
		"$@" >"$dir/sipp.out" 2>&1) &
	started+=($!)
	wait_for 5 far_listens
}
far_listens() { grep -qi ":$(printf %04X "$FAR_PORT") " /proc/net/udp; }

far_load() { # options of ringer-load answer; its report lands in $dir/far.out when it ends
	"$RINGER_LOAD" answer --bind "127.0.0.1:$FAR_PORT" --quiet "$@" >"$dir/far.out" 2>&1 &
	far_pid=$!
	started+=("$far_pid")
	wait_for 5 far_listens
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
ami_wait() { # REGEX: a line that fits has come, within 10 s
	wait_for 10 file_has "$dir/ami" "$1"
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
