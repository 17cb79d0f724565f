# shellcheck shell=bash
# What the libraries of tests/e2e/clients find: an engine, and a far end that does what it is called.

clients_source=$e2e_root/tests/e2e/clients
clients_dir=$dir/clients

# The libraries of package-lock.json, beside copies of our scripts.
clients_install() {
	mkdir -p "$clients_dir"
	cp "$clients_source"/*.js* "$clients_dir/"
	(cd "$clients_dir" && npm ci --prefer-offline --no-audit --no-fund --ignore-scripts) >"$dir/npm.out" 2>&1 ||
		fail "npm ci: $(cat "$dir/npm.out")"
}

clients_engine() {
	engine_conf
	cat >>"$dir/etc/extensions.conf" <<-'END'
		[crm]
		exten => hold,1,Wait(60)
		exten => moved,1,UserEvent(Moved,Lead: ${LEAD})
		 same => n,Wait(60)
		exten => over,1,Hangup()
	END
	engine_start
	far_load
}

clients_engine_end() {
	far_report
	loopback_stop "$dir" || fail "the engine did not end by itself"
}
