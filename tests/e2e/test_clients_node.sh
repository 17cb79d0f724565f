#!/usr/bin/env bash
# AMI libraries from npm against the engine: each logs in, places calls in all ways, follows their events,
# asks, commands and logs off (tests/e2e/clients/scenario.js).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/clients/engine.sh
. "$(dirname "$0")/clients/engine.sh"

clients_install
for library in ami-io asterisk-manager nami; do
	clients_engine
	(cd "$clients_dir" && timeout 60 node "$library.js" 127.0.0.1 "$AMI_PORT") >"$dir/client.out" 2>&1 ||
		fail "$library: $(cat "$dir/client.out")"
	expect "$library" "$(tail -1 "$dir/client.out")" passed
	clients_engine_end
done
echo "passed"
