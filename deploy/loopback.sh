# shellcheck shell=bash
# deploy/loopback.sh - an engine of one's own on loopback. Sourced by deploy/quickstart, bench/load/run
# and tests/e2e, which need the same things: free ports, a small configuration, a start that waits
# until the engine answers, and an end by pid.
#
#   loopback_ports      chooses SIP_PORT, AMI_PORT, FAR_PORT, RTP_FIRST, RTP_LAST where they are not set
#   loopback_conf DIR   writes DIR/etc and the directories beside it; DIR/etc/asterisk.conf is for -C
#   loopback_start DIR COMMAND...   starts the engine, sets ENGINE_PID; output in DIR/log/engine.out
#   loopback_rx DIR COMMAND         one console command
#   loopback_stop DIR               TERM to ENGINE_PID, waits for its end; gives its exit status
#
# RINGER and RINGER_LOAD name the programs; the release build is the default.

loopback_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
RINGER=${RINGER:-$loopback_root/build/release/ringer}
RINGER_LOAD=${RINGER_LOAD:-$loopback_root/build/release/ringer-load}
ENGINE_PID=

# loopback_port FIRST: the first port from there that no TCP or UDP socket of this machine uses.
loopback_port() {
	local port=$1
	while grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null; do
		port=$((port + 1))
	done
	echo "$port"
}

loopback_ports() {
	SIP_PORT=${SIP_PORT:-$(loopback_port 5060)}
	FAR_PORT=${FAR_PORT:-$(loopback_port 5070)}
	AMI_PORT=${AMI_PORT:-$(loopback_port 5038)}
	RTP_FIRST=${RTP_FIRST:-10000}
	RTP_LAST=${RTP_LAST:-20000}
}

loopback_conf() { # DIR; SHARDS, if set, is the number of call shards
	local dir=$1 etc=$1/etc
	mkdir -p "$etc" "$dir/spool/outgoing" "$dir/log" "$dir/run" "$dir/data"
	"$loopback_root/deploy/make-sounds" "$dir/data/sounds/en"
	cat >"$etc/asterisk.conf" <<-END
		[directories]
		astetcdir = $etc
		astspooldir = $dir/spool
		astrundir = $dir/run
		astlogdir = $dir/log
		astvarlibdir = $dir/data
		astdatadir = $dir/data
	END
	cat >"$etc/dialer.conf" <<-END
		[general]
		shards = ${SHARDS:-auto}

		; calls per second, burst and calls in progress for a trunk, for example:
		;[far]
		;cps = 100
		;burst = 10
	END
	cat >"$etc/manager.conf" <<-END
		[general]
		enabled = yes
		bindaddr = 127.0.0.1
		port = $AMI_PORT

		[hello]
		secret = world
		read = all
		write = all
	END
	cat >"$etc/pjsip.conf" <<-END
		[transport-udp]
		type = transport
		protocol = udp
		bind = 127.0.0.1:$SIP_PORT

		[far]
		type = endpoint
		context = campaign
		aors = far
		disallow = all
		allow = ulaw,alaw
		direct_media = no

		[far]
		type = aor
		contact = sip:127.0.0.1:$FAR_PORT
	END
	cat >"$etc/rtp.conf" <<-END
		[general]
		rtpstart = $RTP_FIRST
		rtpend = $RTP_LAST
	END
	cat >"$etc/extensions.conf" <<-'END'
		[campaign]
		exten => s,1,Playback(hello-world)
		 same => n,Hangup()
		; runs when an attempt has failed
		exten => failed,1,UserEvent(CallFailed,Reason: ${REASON})
	END
}

loopback_rx() {
	local dir=$1
	shift
	"$RINGER" -C "$dir/etc/asterisk.conf" -rx "$*"
}

loopback_start() { # DIR [COMMAND in front, for example taskset -c 0]
	local dir=$1 try
	shift
	# shellcheck disable=SC2086 # a list of options
	"$@" "$RINGER" ${ENGINE_ARGS:-} -f -C "$dir/etc/asterisk.conf" >>"$dir/log/engine.out" 2>&1 &
	ENGINE_PID=$!
	for ((try = 0; try < 300; try++)); do
		loopback_rx "$dir" core show uptime >/dev/null 2>&1 && return 0
		kill -0 "$ENGINE_PID" 2>/dev/null || break
		sleep 0.1
	done
	echo "the engine does not answer; its last words ($dir/log/engine.out):" >&2
	tail -5 "$dir/log/engine.out" >&2
	return 1
}

loopback_stop() { # DIR: 0 when it ended by itself within 20 s
	local try code=0
	[ -n "$ENGINE_PID" ] || return 0
	kill -TERM "$ENGINE_PID" 2>/dev/null || true
	for ((try = 0; try < 200; try++)); do
		kill -0 "$ENGINE_PID" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$ENGINE_PID" 2>/dev/null && echo "the engine had to be killed" >&2
	wait "$ENGINE_PID" 2>/dev/null || code=$?
	ENGINE_PID=
	return "$code"
}
