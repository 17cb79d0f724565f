#!/usr/bin/env bash
# The database: an astdb of Asterisk is taken over, dialplan and AMI change it, it outlives a restart, and a kill -9
# loses nothing that was on disk; a broken file refuses the start.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

astdb() { sqlite3 -separator '|' "$dir/data/astdb.sqlite3" "$1"; }
has_row() { [ "$(astdb "SELECT value FROM astdb WHERE key='$1'")" = "$2" ]; }

engine_conf
mkdir -p "$dir/data"
astdb "CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key));
	INSERT INTO astdb VALUES('/camp/max','30'),('/camp/old/name','spring')"
cat >>"$dir/etc/extensions.conf" <<-'CONF'

	[database]
	exten => s,1,Set(DB(camp/seen)=${DB(camp/max)}-${DB_KEYS(camp)})
	same => n,DBdeltree(camp/old)
	same => n,Hangup()
CONF
engine_start
expect "taken over" "$(rx database get camp max)" "Value: 30"
ami_login
ami_say 'Action: DBPut' 'Family: camp' 'Key: new' 'Val: of AMI' 'ActionID: put'
ami_wait '^Message: Updated database successfully$'
far_sipp uas -m 1
ami_say 'Action: Originate' 'Channel: PJSIP/1@far' 'Context: database' 'Exten: s' 'Priority: 1' 'ActionID: call'
ami_wait '^Message: Originate successfully queued$'
wait_for 10 has_row /camp/seen '30-max,new,old'
wait_for 10 has_row /camp/old/name ''
expect "rows" "$(rx database show camp | tail -1)" "3 results found."

# Killed: what was committed is there again.
rx database put camp last before-the-kill >/dev/null
wait_for 10 has_row /camp/last before-the-kill
kill -KILL "$ENGINE_PID"
wait "$ENGINE_PID" 2>/dev/null || true
engine_start
expect "after a kill" "$(rx database get camp last)" "Value: before-the-kill"
expect "after a kill" "$(rx database get camp new)" "Value: of AMI"

# Stopped: nothing is left out, however late it came.
for i in 1 2 3 4 5; do rx database put late "$i" "value-$i" >/dev/null; done
rx database deltree camp >/dev/null
loopback_stop "$dir" || fail "the engine did not end well"
expect "after a stop" "$(astdb 'SELECT key, value FROM astdb ORDER BY key' | tr '\n' ' ')" \
	"/late/1|value-1 /late/2|value-2 /late/3|value-3 /late/4|value-4 /late/5|value-5 "
engine_start
expect "after a restart" "$(rx database show | tail -1)" "5 results found."
expect "impossible things" "$(metric never)" 0
loopback_stop "$dir" || fail "the engine did not end well"

printf 'no database\n%.0s' {1..700} >"$dir/data/astdb.sqlite3"
if loopback_start "$dir" >"$dir/refused" 2>&1; then fail "it starts with a broken database"; fi
grep -rqE 'astdb.sqlite3 cannot be read: file is not a database; make it readable' "$dir/refused" "$dir/log" ||
	fail "the reason is not told: $(cat "$dir/refused")"
echo "passed"
