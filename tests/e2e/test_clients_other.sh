#!/usr/bin/env bash
# AMI libraries from Debian against the engine, one in Python and one in Perl: the same calls and questions
# as tests/e2e/test_clients_node.sh.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/clients/engine.sh
. "$(dirname "$0")/clients/engine.sh"

# The system's interpreters: the packages are installed for them.
for library in "/usr/bin/python3 panoramisk_client.py" "/usr/bin/perl telephony_asterisk_ami.pl"; do
	read -r interpreter script <<<"$library"
	clients_engine
	timeout 60 "$interpreter" "$clients_source/$script" 127.0.0.1 "$AMI_PORT" >"$dir/client.out" 2>"$dir/client.err" ||
		fail "$script: $(cat "$dir/client.err" "$dir/client.out")"
	expect "$script" "$(tail -1 "$dir/client.out")" passed
	clients_engine_end
done
echo "passed"
