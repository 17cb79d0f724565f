#!/usr/bin/env bash
# A person at a console: editing, completion, history, log lines above the prompt, several consoles at once,
# the end of the engine; ringer -c; input that is no terminal.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

engine_conf
cat >>"$dir/etc/extensions.conf" <<'END'
[talk]
exten => s,1,Wait(60)
 same => n,Hangup()
END
export HOME=$dir
conf=(-C "$dir/etc/asterisk.conf")
console() { # NAME ARGUMENTS...: plays the script of that name at a terminal
	local name=$1
	shift
	python3 "$e2e_root/tests/e2e/terminal.py" "$dir/$name" "$RINGER" "$@" "${conf[@]}" || fail "$name"
}

engine_start
far_sipp uas
ami_login

cat >"$dir/typing" <<'END'
see ^Connected to Ringer [0-9.]+ currently running on \S+ \(pid = [0-9]+\)$
see \*CLI>
type core sh\tupt\tsec\t\r
see core show uptime seconds
see ^Last reload: [0-9]+$
see \*CLI>
# several words fit: they are listed, what was typed stays
type core stop \t
see ^gracefully +now +when$
see core stop
type \x15
type co sh ch\r
see ^0 active channels$
# a begun command that may be two
type core s\r
see No such command 'core s'
# back in the history
type \x1b[A\x1b[A\r
see ^0 active channels$
type !echo "shell $((6 * 7))"\r
see ^shell 42$
see \*CLI>
# an argument that only the engine knows
type manager show user \t\r
see username: hello
type core set verbose 3\r
see Console verbose was OFF and is now 3\.
type quit\r
end 0
END
console typing -r
expect_text "history" "$(cat "$dir/.ringer_history")" 'core.{1,4}show.{1,4}uptime'
expect "its mode" "$(stat -c %a "$dir/.ringer_history")" 600

# The next life remembers; Ctrl-D ends it too.
cat >"$dir/memory" <<'END'
see \*CLI>
type \x1b[A\x1b[A\x1b[A\x1b[A
see manager show user hello
type \x15
type \x04
end 0
END
console memory -r

# Lines of the log come above what is being typed, on the console that asked for them.
ami_say 'Action: Originate' 'Channel: PJSIP/200@far' 'Context: talk' 'Exten: s' 'Priority: 1' 'Async: true'
ami_wait '^Application: Wait$'
cat >"$dir/lines" <<END
see \*CLI>
type core show channels c
run exec 3<>/dev/tcp/127.0.0.1/$AMI_PORT; printf 'Action: Login\r\nUsername: hello\r\nSecret: world\r\n\r\nAction: Logoff\r\n\r\n' >&3; cat <&3
see Manager 'hello' logged on from 127.0.0.1
see \*CLI> core show channels c
type o\t
see core show channels co
type n\t\r
see ^PJSIP/far-[0-9a-f]{8}!talk!s!1!Up!Wait!60!
type channel request hangup PJ\t\r
see Requested Hangup on channel 'PJSIP/far-[0-9a-f]{8}'
run until "$RINGER" ${conf[*]} -rx 'core show channels count' | grep -q '^0 active channels'; do sleep 0.05; done
type core show channels count\r
see ^0 active channels$
type logger set level VERBOSE off\r
see Logger status for 'VERBOSE' has been set to 'off'
type \x03
end 0
END
sed -i 's/^run exec/run bash -c "exec/; /^run bash/s/$/"/; /^run bash/s/\(printf .*\) >/\1 >/' "$dir/lines"
console lines -r -vvv

# Input that is no terminal: every command, in order, then the end.
expect_text "from a pipe" "$(printf 'core show uptime seconds\ncore show channels count\n' | "$RINGER" -r "${conf[@]}")" '^0 active channels$'

# The engine ends under a console; another one comes back to the next engine.
cat >"$dir/end" <<END
see \*CLI>
run kill $ENGINE_PID
see Disconnected from the engine: it has ended\.
end 0
END
cat >"$dir/again" <<END
see \*CLI>
run kill $ENGINE_PID
see Disconnected
see Trying to reconnect for 30 seconds
run cd "$dir" && while test -e "$dir/run/asterisk.pid"; do sleep 0.1; done; ( "$RINGER" ${conf[*]} )
see ^Connected to Ringer
see \*CLI>
type core stop now\r
see Disconnected
type \x03
end 0
END
console end -r
wait "$ENGINE_PID" || true
engine_start
sed -i "s/^run kill .*/run kill $ENGINE_PID/" "$dir/again"
console again -R
wait "$ENGINE_PID" || true
ENGINE_PID=

code=0
said=$("$RINGER" -r "${conf[@]}" </dev/null 2>&1) || code=$?
expect "status without engine" "$code" 1
expect_text "no engine" "$said" '^Unable to connect to remote ringer \(does .*asterisk.ctl exist\?\)$'

# ringer -c: the engine and its console together.
cat >"$dir/both" <<'END'
see \*CLI>
type core show channels count\r
see ^0 active channels$
type quit\r
see core stop now
type core stop now\r
end 0
END
console both -c
expect "left in the run directory" "$(ls "$dir/run")" ""
echo "[broken" >>"$dir/etc/manager.conf"
cat >"$dir/broken" <<'END'
see manager.conf
end 1
END
console broken -c
echo "passed"
