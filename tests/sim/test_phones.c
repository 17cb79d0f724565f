/* tests/sim/test_phones.c - the whole engine and phones that register, move, vanish and come back, over a
 * network that loses, doubles and reorders: in the end each is called where it is, and nowhere else.
 *
 *	sim_test_phones [SEED [COUNT]]
 *
 * Oracles: a phone that is registered gets each call exactly once, at its present address, whichever shard
 * makes it; one that went, or does not answer OPTIONS any more, gets none; so it is after a restart of the
 * engine, too; the console counts as many contacts as there are; a stop ends the engine's own registration;
 * no NEVER. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cli.h"
#include "sip/auth.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define PHONES   12
#define CALLS    4 /* of each phone, in the end */
#define ETC      "/etc/asterisk/"
#define SPOOL    "/var/spool/asterisk"
#define LIFE     (240 * SIM_SECOND)
#define PORT     5062 /* of the first phone; each move takes another */

enum want { WANT_NOTHING, WANT_REGISTER, WANT_UNREGISTER };

struct phone {
	uint32_t number;
	struct io_udp *udp;
	uint16_t port;
	bool is_deaf; /* vanished: it hears nothing and says nothing */
	char call_id[48];
	unsigned cseq;
	struct sip_auth_state auth;
	enum want want;
	int64_t again_at; /* send once more, unless answered */
	unsigned tries;
	bool is_registered; /* as the last 200 said */
	uint32_t calls;     /* INVITEs, copies not counted */
	uint32_t strays;    /* INVITEs at an address that it has left */
	char last_call[96];
};

static struct rig {
	struct sim_world *w;
	struct engine *engine;
	struct io *io;
	struct tmr_wheel *wheel;
	struct metrics metrics;
	struct sip_digest *digest;
	struct phone phones[PHONES];
	struct io_udp *registrar;
	bool held;           /* the engine's own registration, as its registrar sees it */
	uint32_t registers;
	uint16_t next_port;
	bool stopped;
	uint64_t nevers;
	struct addr engine_addr;
	char printed[65536];
	size_t printed_len;
} rig;

static void quiet_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	if (getenv("SIM_LOG"))
		fprintf(stderr, "%12.6f %s\n", (double)(sim_now(rig.w) - SIM_EPOCH_NS) / 1e9, line->text);
}

/* ---- messages of a phone ---- */

static void send_text(struct io_udp *udp, const char *text)
{
	if (udp)
		UNUSED(io_udp_send(udp, &rig.engine_addr, text, strlen(text)));
}

static void phone_register(struct phone *p)
{
	char name[16], auth_room[512], text[2048];
	struct sink auth = sink_make(auth_room, sizeof(auth_room));
	struct sip_credentials cred = {.password = SLICE_LIT("x")};
	const struct sip_auth_request req = {.method = SLICE_LIT("REGISTER"),
					     .uri = SLICE_LIT("sip:10.0.0.1"),
					     .cnonce = SLICE_LIT("cn")};

	snprintf(name, sizeof(name), "p%u", p->number);
	cred.username = slice_str(name);
	UNUSED(sip_auth_state_write(&auth, rig.digest, &p->auth, &cred, &req));
	p->cseq++;
	p->again_at = sim_now(rig.w) + SIM_SECOND;
	snprintf(text, sizeof(text),
		 "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:%u;branch=z9hG4bKp%u-%u\r\n"
		 "From: <sip:%s@10.0.0.1>;tag=t\r\nTo: <sip:%s@10.0.0.1>\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n"
		 "Contact: <sip:%s@10.0.0.2:%u>\r\nExpires: %u\r\n%.*sContent-Length: 0\r\n\r\n",
		 p->port, p->number, p->cseq, name, name, p->call_id, p->cseq, name, p->port,
		 p->want == WANT_UNREGISTER ? 0u : 3600u, SLICE_ARG(sink_slice(&auth)));
	send_text(p->udp, text);
}

/* All Via lines and what a response repeats. */
static void answer(struct io_udp *udp, const struct sip_msg *m, const char *status, const char *extra)
{
	char text[2048];
	bool has_tag = m->to_tag.len > 0;

	snprintf(text, sizeof(text),
		 "SIP/2.0 %s\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\nCall-ID: %.*s\r\nCSeq: %.*s\r\n%s"
		 "Content-Length: 0\r\n\r\n",
		 status, SLICE_ARG(m->via.raw), SLICE_ARG(sip_msg_get(m, SIP_HDR_FROM)),
		 SLICE_ARG(sip_msg_get(m, SIP_HDR_TO)), has_tag ? "" : ";tag=p", SLICE_ARG(m->call_id),
		 SLICE_ARG(m->cseq_text), extra);
	send_text(udp, text);
}

static void phone_take_response(struct phone *p, const struct sip_msg *m)
{
	char name[16];
	struct sip_credentials cred = {.password = SLICE_LIT("x")};

	snprintf(name, sizeof(name), "p%u", p->number);
	cred.username = slice_str(name);
	if (m->cseq != p->cseq || p->want == WANT_NOTHING)
		return; /* of an earlier try */
	if (m->code == 401 && p->tries < 40) {
		if (sip_auth_take(&p->auth, m, SIP_AUTH_MASK_ALL, &cred) != SIP_AUTH_RETRY)
			p->auth = (struct sip_auth_state){0};
		p->tries++;
		phone_register(p);
		return;
	}
	if (m->code == 500) { /* a copy of an earlier one came later: go on counting */
		phone_register(p);
		return;
	}
	if (m->code != 200)
		return;
	sip_auth_settled(&p->auth);
	p->is_registered = p->want == WANT_REGISTER;
	p->want = WANT_NOTHING;
}

static void phone_take_invite(struct phone *p, const struct sip_msg *m, bool is_current)
{
	char id[96];

	slice_copy(id, sizeof(id), m->call_id);
	if (strcmp(id, p->last_call) != 0) {
		p->calls += is_current;
		p->strays += !is_current;
	}
	snprintf(p->last_call, sizeof(p->last_call), "%s", id);
}

static void on_phone(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	struct phone *p = arg;
	bool is_current = u == p->udp;
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(from);
	if (p->is_deaf || sip_msg_parse(&m, slice_make(data, len), &err))
		return;
	if (!m.is_request) {
		phone_take_response(p, &m);
	} else if (m.method == SIP_METHOD_OPTIONS) {
		answer(u, &m, "200 OK", "");
	} else if (m.method == SIP_METHOD_INVITE) {
		phone_take_invite(p, &m, is_current);
		answer(u, &m, "486 Busy Here", "");
	}
}

/* ---- the registrar that the engine registers with ---- */

static void on_registrar(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	enum sip_parse_error err;
	struct sip_msg m;
	uint32_t expires;

	UNUSED(arg);
	UNUSED(from);
	if (sip_msg_parse(&m, slice_make(data, len), &err) || !m.is_request ||
	    m.method != SIP_METHOD_REGISTER)
		return;
	rig.registers++;
	assert_true(sip_msg_get_u32(&m, SIP_HDR_EXPIRES, &expires));
	rig.held = expires > 0;
	answer(u, &m, "200 OK", expires ? "Expires: 30\r\n" : "");
}

/* ---- lives ---- */

static struct io_udp *open_port(uint16_t port, io_udp_fn fn, void *arg)
{
	struct io_udp_conf conf = {.local = sim_host_addr(rig.w, 1, port), .kind = IO_UDP_SIP};
	struct io_udp *udp = NULL;

	assert_int_equal(io_udp_open(rig.io, &udp, &conf, fn, arg), 0);
	return udp;
}

static void phone_want(struct phone *p, enum want want)
{
	p->want = want;
	p->tries = 0;
	phone_register(p);
}

/* Its old address stays open to hear what comes there by mistake. */
static void phone_move(struct phone *p)
{
	p->port = rig.next_port++;
	p->udp = open_port(p->port, on_phone, p);
	phone_want(p, WANT_REGISTER);
}

static void phone_act(struct phone *p)
{
	uint32_t chance = rng_below(sim_rng(rig.w), 100);

	if (p->is_deaf) {
		if (chance < 40) { /* it is back, as after a power failure */
			p->is_deaf = false;
			snprintf(p->call_id, sizeof(p->call_id), "call-%u-%llx", p->number,
				 (unsigned long long)rng_u64(sim_rng(rig.w)));
			p->auth = (struct sip_auth_state){0};
			phone_want(p, WANT_REGISTER);
		}
	} else if (p->want != WANT_NOTHING) {
		return;
	} else if (!p->is_registered || chance < 30) {
		phone_want(p, WANT_REGISTER);
	} else if (chance < 45) {
		phone_want(p, WANT_UNREGISTER);
	} else if (chance < 70) {
		phone_move(p);
	} else if (chance < 80) {
		p->is_deaf = true;
	}
}

static int64_t phones_turn(void *arg, int64_t now_ns)
{
	UNUSED(arg);
	for (uint32_t i = 0; i < PHONES; i++) {
		struct phone *p = &rig.phones[i];

		if (p->want != WANT_NOTHING && !p->is_deaf && now_ns >= p->again_at)
			phone_register(p);
	}
	return now_ns + 100 * SIM_MS;
}

/* ---- the engine ---- */

static void put_conf(void)
{
	static char pjsip[8192];
	struct sink t = sink_make(pjsip, sizeof(pjsip));

	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, ETC "manager.conf", "[general]\nenabled=no\n");
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\nshards=2\ncdr_sqlite=no\ncdr_csv=no\n");
	sink_fmt(&t, "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"
		     "[phone](!)\ntype=endpoint\nallow=ulaw\n[a](!)\ntype=aor\nmax_contacts=1\n"
		     "remove_existing=yes\nqualify_frequency=5\nqualify_timeout=2\n"
		     "[global]\ntype=global\nunidentified_request_count=0\n"
		     "[out]\ntype=registration\nserver_uri=sip:10.0.0.2:5061\nclient_uri=sip:me@10.0.0.2\n"
		     "retry_interval=3\nmax_retries=1000\n");
	for (unsigned i = 0; i < PHONES; i++)
		sink_fmt(&t, "[p%u](phone)\naors=p%u\nauth=p%u\n[p%u](a)\n[p%u]\ntype=auth\nusername=p%u\n"
			     "password=x\n", i, i, i, i, i, i);
	assert_false(t.over);
	sim_fs_put(rig.w, ETC "pjsip.conf", sink_cstr(&t));
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, SPOOL);
}

static void on_stopped(void *arg)
{
	UNUSED(arg);
	rig.stopped = true;
}

static void engine_up(void)
{
	struct engine_options options = {
		.main_file = ETC "asterisk.conf", .cpu_count = 2, .stopped = on_stopped};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	rig.stopped = false;
	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) != 0 ||
	    engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
}

static bool has_stopped(void *arg)
{
	UNUSED(arg);
	return rig.stopped;
}

static void engine_down(void)
{
	engine_request_stop(rig.engine, CONTROL_STOP_GRACEFULLY);
	assert_true(sim_run_until(rig.w, has_stopped, NULL, sim_now(rig.w) + 30 * SIM_SECOND));
	engine_destroy(rig.engine);
	rig.engine = NULL;
	sim_host_restart(rig.w, 0);
}

static void take_print(void *arg, struct slice text)
{
	UNUSED(arg);
	slice_copy(rig.printed + rig.printed_len, sizeof(rig.printed) - rig.printed_len, text);
	rig.printed_len = strlen(rig.printed);
}

static const char *console(const char *line)
{
	rig.printed_len = 0;
	rig.printed[0] = 0;
	cli_run(control_cli(engine_control(rig.engine)), slice_str(line), take_print, NULL);
	return rig.printed;
}

/* ---- a world ---- */

static void open_world(uint64_t seed)
{
	struct io_conf io = {.name = "phones", .metrics = &rig.metrics, .udp_max = 512, .cpu = -1};
	struct sim_cpu cpu = {.turn_min_ns = 2 * SIM_US, .turn_max_ns = 2 * SIM_MS};

	memset(&rig, 0, sizeof(rig));
	rig.nevers = check_never_count();
	rig.w = sim_world_create(seed);
	rig.next_port = PORT;
	log_set_writer(quiet_log, NULL);
	rig.engine_addr = sim_host_addr(rig.w, 0, 5060);
	put_conf();
	sim_cpu_set(rig.w, &cpu);
	sim_host_use(rig.w, sim_host_add(rig.w, "phones"));
	assert_int_equal(sip_digest_create(&rig.digest), 0);
	assert_int_equal(io_create(&rig.io, &io), 0);
	for (uint32_t i = 0; i < PHONES; i++) {
		struct phone *p = &rig.phones[i];

		p->number = i;
		p->port = rig.next_port++;
		p->udp = open_port(p->port, on_phone, p);
		snprintf(p->call_id, sizeof(p->call_id), "call-%u", i);
	}
	rig.registrar = open_port(5061, on_registrar, NULL);
	assert_int_equal(io_start(rig.io, phones_turn, NULL), 0);
	engine_up();
}

static void close_world(void)
{
	io_stop(rig.io);
	io_join(rig.io);
	io_destroy(rig.io);
	sip_digest_destroy(rig.digest);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	assert_true(check_never_count() == rig.nevers);
}

/* Until every phone that wants something has it. */
static bool all_settled(void *arg)
{
	UNUSED(arg);
	for (uint32_t i = 0; i < PHONES; i++)
		if (!rig.phones[i].is_deaf && rig.phones[i].want != WANT_NOTHING)
			return false;
	return true;
}

static uint32_t count_reachable(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PHONES; i++)
		count += rig.phones[i].is_registered && !rig.phones[i].is_deaf;
	return count;
}

static uint32_t count_text(const char *text, const char *what)
{
	uint32_t count = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		count++;
	return count;
}

static void call_all(void)
{
	char path[128], text[128];

	for (uint32_t i = 0; i < PHONES; i++) {
		rig.phones[i].calls = rig.phones[i].strays = 0;
		for (uint32_t k = 0; k < CALLS; k++) {
			snprintf(path, sizeof(path), SPOOL "/new-%u-%u", i, k);
			snprintf(text, sizeof(text), "Channel: PJSIP/p%u\nApplication: Wait\nData: 1\n", i);
			sim_fs_put(rig.w, path, text);
			snprintf(text, sizeof(text), SPOOL "/outgoing/%u-%u", i, k);
			sim_fs_move(rig.w, path, text);
		}
	}
	sim_run_for(rig.w, 60 * SIM_SECOND);
}

static void judge(uint64_t seed, const char *when)
{
	call_all();
	for (uint32_t i = 0; i < PHONES; i++) {
		const struct phone *p = &rig.phones[i];
		uint32_t want = p->is_registered && !p->is_deaf ? CALLS : 0;

		if (p->calls != want || p->strays)
			fail_msg("seed %llu, %s: phone %u (registered %d, deaf %d, port %u) got %u calls and "
				 "%u at old addresses, wanted %u", (unsigned long long)seed, when, i,
				 p->is_registered, p->is_deaf, p->port, p->calls, p->strays, want);
	}
}

static void live(uint64_t seed)
{
	struct sim_link link = {.delay_min_ns = SIM_MS, .delay_max_ns = 30 * SIM_MS,
				.loss_permille = 50, .dup_permille = 30, .reorder_permille = 30,
				.reorder_ns = 200 * SIM_MS};
	struct sim_link calm = {.delay_min_ns = SIM_MS, .delay_max_ns = 5 * SIM_MS};
	int64_t end;

	open_world(seed);
	sim_net_default(rig.w, &link);
	for (end = sim_now(rig.w) + LIFE; sim_now(rig.w) < end;) {
		phone_act(&rig.phones[rng_below(sim_rng(rig.w), PHONES)]);
		io_wake(rig.io);
		sim_run_for(rig.w, (int64_t)rng_below(sim_rng(rig.w), 2000) * SIM_MS);
	}
	sim_net_default(rig.w, &calm);
	assert_true(sim_run_until(rig.w, all_settled, NULL, sim_now(rig.w) + 60 * SIM_SECOND));
	sim_run_for(rig.w, 20 * SIM_SECOND); /* qualify finds who has gone, and who is back */
	if (count_text(console("pjsip show contacts"), " Avail ") != count_reachable())
		fail_msg("seed %llu: %u phones are there, but the console has\n%s", (unsigned long long)seed,
			 count_reachable(), rig.printed);
	judge(seed, "after all");
	if (!rig.held)
		fail_msg("seed %llu: the engine's own registration is not held", (unsigned long long)seed);
	engine_down();
	assert_false(rig.held);
	engine_up(); /* no phone registers again: the bindings are those of the last life */
	sim_run_for(rig.w, 20 * SIM_SECOND);
	judge(seed, "after a restart");
	assert_true(rig.held);
	engine_down();
	close_world();
}

static uint64_t first_seed = 1, seed_count = 12;

static void test_phones(void **state)
{
	UNUSED(state);
	for (uint64_t i = 0; i < seed_count; i++)
		live(first_seed + i);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phones),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seed_count = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
