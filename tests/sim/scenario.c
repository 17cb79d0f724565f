/* tests/sim/scenario.c - settings, network and orders from a seed. */
#include "tests/sim/scenario.h"

#include "engine/base/check.h"

#include <stdio.h>

#define TALK_WAIT_S 9
#define TALK_ECHO_S 4
#define TONE_MS     1500

static uint32_t between(struct rng *r, uint32_t least, uint32_t most)
{
	return least + rng_below(r, most - least + 1);
}

/* ---- choices ---- */

static void choose_limits(struct scenario *s, struct rng *r)
{
	static const uint32_t cps[] = {0, 2, 5, 10, 50};

	s->shards = between(r, 1, 4);
	s->cps = cps[rng_below(r, ARRAY_COUNT(cps))];
	s->burst = between(r, 1, 4);
	s->inflight_max = rng_chance(r, 400) ? between(r, 1, 4) : 0;
	s->channel_max = rng_chance(r, 300) ? between(r, 2, 6) : 0;
	s->queue_max = rng_chance(r, 150) ? between(r, 8, 20) : 1000;
}

static void choose_weather(struct scenario *s, struct rng *r)
{
	s->lossy = rng_chance(r, 500);
	s->faulty = rng_chance(r, 250);
	s->hiccups = rng_chance(r, 250);
	/* An INVITE that the kernel refused leaves with its first retransmission. */
	s->slack_ns = 20 * SIM_MS + (s->hiccups ? 500 * SIM_MS : 0) + (s->faulty ? 1600 * SIM_MS : 0);
}

/* Names, their servers, and a target that dies. */
static void choose_names(struct scenario *s, struct rng *r)
{
	s->named = rng_chance(r, 300);
	s->dns_bad = s->named && rng_chance(r, 300);
	s->dies = s->named && rng_chance(r, 500);
	s->dead_from = SIM_EPOCH_NS + between(r, 0, 10000) * SIM_MS;
	s->dead_until = s->dead_from + between(r, 5000, 60000) * SIM_MS;
	if (s->named)
		s->slack_ns += s->dns_bad ? 60 * SIM_SECOND : 50 * SIM_MS;
}

/* So many attempts are on their way to the shards when the gateway asks for a pause. */
static void choose_rush(struct scenario *s, struct rng *r)
{
	s->rushes = !s->corrupt && rng_chance(r, 250);
	if (!s->rushes)
		return;
	if (rng_chance(r, 800)) {
		s->cps = 50;
		s->burst = 4;
		s->channel_max = s->inflight_max = 0;
	}
	s->slack_ns += 500 * SIM_MS;
	for (uint32_t i = 0; i < s->order_count; i++)
		s->orders[i].at = SIM_EPOCH_NS + 3 * SIM_SECOND + between(r, 0, 300) * SIM_MS;
}

static void choose_clients(struct scenario *s, struct rng *r)
{
	s->client_count = between(r, 1, SCENARIO_CLIENTS);
	for (uint32_t i = 0; i < s->client_count; i++) {
		struct ami_client_conf *c = &s->clients[i];

		c->number = i;
		c->username = "ops";
		c->secret = "swordfish";
		c->mood = i == 0 ? AMI_CLIENT_PLAIN : rng_below(r, AMI_CLIENT_MOODS);
		c->connect_at = SIM_EPOCH_NS + SIM_SECOND / 2;
		if (i > 0)
			c->connect_at += between(r, 1000, 8000) * SIM_MS;
		c->gone_at = c->connect_at + between(r, 3000, 15000) * SIM_MS;
	}
}

static void choose_order(struct scenario *s, struct rng *r, uint32_t i)
{
	struct scenario_order *o = &s->orders[i];

	o->is_file = rng_chance(r, 500);
	snprintf(o->user, sizeof(o->user), "%c%u", o->is_file ? 'f' : 'a', 5000 + i);
	o->at = SIM_EPOCH_NS + 2 * SIM_SECOND + between(r, 0, 15000) * SIM_MS;
	o->talk = rng_below(r, TALK_COUNT);
	o->timeout_s = between(r, 3, 20);
	o->retries = between(r, 0, 2);
	o->retry_s = between(r, 2, 12);
	o->archive = rng_chance(r, 700);
	o->client = rng_below(r, s->client_count);
}

void scenario_make(struct scenario *s, uint64_t seed)
{
	struct rng r;

	memset(s, 0, sizeof(*s));
	rng_seed(&r, seed * UINT64_C(0x9e3779b97f4a7c15) + 1);
	s->seed = seed;
	choose_limits(s, &r);
	choose_weather(s, &r);
	choose_clients(s, &r);
	s->order_count = between(&r, 1, SCENARIO_ORDERS);
	for (uint32_t i = 0; i < s->order_count; i++)
		choose_order(s, &r, i);
	/* Power fails only where nothing else does: the judgement stays simple. */
	s->crash = !s->faulty && rng_chance(&r, 200);
	s->crash_op = between(&r, 30, 600);
	if (!s->crash && rng_chance(&r, 150)) {
		s->restart = rng_chance(&r, 500) ? RESTART_NOW : RESTART_GRACEFULLY;
		s->restart_at = SIM_EPOCH_NS + between(&r, 3000, 20000) * SIM_MS;
	}
	s->disk_bad = !s->crash && !s->restart && rng_chance(&r, 150);
	s->disk_good_at = SIM_EPOCH_NS + between(&r, 5000, 40000) * SIM_MS;
	s->disk_hangs = !s->disk_bad && !s->crash && !s->restart && rng_chance(&r, 150);
	s->reloads = rng_chance(&r, 300) ? between(&r, 1, 3) : 0;
	s->hangups = rng_chance(&r, 200) ? between(&r, 1, 3) : 0;
	s->meddles = rng_chance(&r, 150);
	s->clients[0].meddle_permille = s->meddles ? 100 : 0;
	s->noise = rng_chance(&r, 200);
	s->stops = rng_chance(&r, 300);
	s->caller_count = rng_chance(&r, 500) ? between(&r, 1, 24) : 0;
	for (uint32_t i = 0; i < s->order_count; i++)
		s->calls_max += s->orders[i].is_file ? s->orders[i].retries + 2 : 1;
	choose_names(s, &r);
	/* Where each call can be told apart, and only the weather is bad. */
	s->corrupt = !s->named && !s->crash && !s->restart && rng_chance(&r, 250);
	choose_rush(s, &r);
}

uint32_t scenario_talk_s(const struct scenario *s, const struct scenario_order *o)
{
	UNUSED(s);
	return o->talk == TALK_WAIT || o->talk == TALK_APP ? TALK_WAIT_S
	       : o->talk == TALK_ECHO			   ? TALK_ECHO_S
	       : o->talk == TALK_PLAY			   ? 1
							   : 0;
}

/* ---- the world ---- */

static void put_dialer(const struct scenario *s, struct sim_world *w)
{
	char text[1024];
	struct sink t = sink_make(text, sizeof(text));

	sink_fmt(&t, "[general]\nshards=%u\nqueue_max=%u\ncdr_sqlite=no\nmax_channels=200\n", s->shards,
		 s->queue_max);
	sink_str(&t, "cdr_csv=yes\nspool_sync=yes\n\n[gw]\n");
	sink_fmt(&t, "cps=%u\nburst=%u\nmax_inflight=%u\nmax_channels=%u\n", s->cps, s->burst,
		 s->inflight_max, s->channel_max);
	sim_fs_put(w, "/etc/asterisk/dialer.conf", sink_cstr(&t));
}

static const char *ip_text(const struct addr *a)
{
	static char text[ADDR_TEXT];
	struct sink out = sink_make(text, sizeof(text) - 1);

	addr_write_ip(&out, a);
	return sink_cstr(&out);
}

struct addr scenario_first_target(void)
{
	return (struct addr){.family = 4, .port = 5060, .ip = {10, 0, 0, 77}};
}

static void put_zone(const struct scenario *s, struct sim_world *w, const struct addr *gateway)
{
	uint32_t ttl = (uint32_t)(s->seed % 3 * 20);
	char text[ADDR_TEXT];
	struct sink ip = sink_make(text, sizeof(text));

	sink_str(&ip, "A ");
	addr_write_ip(&ip, gateway);
	sim_dns_put(w, "_sip._udp." SCENARIO_NAME, ttl, "SRV 10 0 5060 one.sim");
	sim_dns_put(w, "_sip._udp." SCENARIO_NAME, ttl,
		    s->seed % 2 ? "SRV 20 0 5060 two.sim" : "SRV 10 1 5060 two.sim");
	sim_dns_put(w, "one.sim", ttl, "A 10.0.0.77");
	sim_dns_put(w, "two.sim", ttl, "CNAME three.sim");
	sim_dns_put(w, "three.sim", ttl, sink_cstr(&ip));
	if (s->dns_bad)
		sim_dns_set(w, &(struct sim_dns_weather){.delay_min_ns = 10 * SIM_MS,
							 .delay_max_ns = 2 * SIM_SECOND,
							 .loss_permille = 200,
							 .refuse_permille = 100});
}

static void put_pjsip(const struct scenario *s, struct sim_world *w, const struct addr *gateway,
		      const struct addr *caller)
{
	char text[1024], host[ADDR_TEXT];
	struct sink t = sink_make(text, sizeof(text));

	sink_str(&t, "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n\n"
		     "[gw]\ntype=endpoint\ntransport=udp\ncontext=play\ndisallow=all\nallow=ulaw\n"
		     "aors=gw\noutbound_auth=gw\n\n"
		     "[gw]\ntype=auth\nauth_type=userpass\nusername=dialer\npassword=secret\n\n"
		     "[gw]\ntype=aor\n");
	sink_fmt(&t, "contact=sip:%s\n\n", s->named ? SCENARIO_NAME : addr_text(gateway, host));
	sink_fmt(&t,
		 "[in]\ntype=endpoint\ncontext=in\ndisallow=all\nallow=ulaw\n"
		 "[in]\ntype=identify\nendpoint=in\nmatch=%s\n",
		 ip_text(caller));
	if (s->named) /* or a dial time-out is over before the next target's turn */
		sink_str(&t, "\n[system]\ntype=system\ntimer_t1=100\ntimer_b=6400\n");
	sim_fs_put(w, "/etc/asterisk/pjsip.conf", sink_cstr(&t));
}

static void put_extensions(struct sim_world *w)
{
	char text[2048];
	struct sink t = sink_make(text, sizeof(text));

	sink_str(&t, "[general]\n\n[play]\nexten => s,1,Answer()\n same => n,Playback(tone)\n"
		     " same => n,Hangup()\nexten => failed,1,NoOp(${REASON})\n\n");
	sink_fmt(&t,
		 "[wait]\nexten => s,1,Set(X=${EXTEN})\n same => n,Wait(%d)\n"
		 " same => n,Hangup()\nexten => h,1,NoOp(${HANGUPCAUSE})\n\n",
		 TALK_WAIT_S);
	sink_fmt(&t,
		 "[echo]\nexten => s,1,Set(TIMEOUT(absolute)=%d)\n same => n,Echo()\n"
		 " same => n,Hangup()\n\n",
		 TALK_ECHO_S);
	sink_str(&t, "[short]\nexten => s,1,Hangup(16)\n\n");
	sink_str(&t, "[in]\nexten => talk,1,Answer()\n same => n,Playback(tone)\n"
		     " same => n,Hangup()\nexten => ring,1,Ringing()\n same => n,Wait(2)\n"
		     " same => n,Answer()\n same => n,Wait(4)\nexten => busy,1,Ringing()\n"
		     " same => n,Wait(1)\n same => n,Busy()\nexten => early,1,Progress()\n"
		     " same => n,Playback(tone,noanswer)\n same => n,Hangup(21)\n"
		     "exten => wait,1,Playback(tone)\n same => n,Wait(20)\nexten => none,1,NoOp()\n"
		     "exten => h,1,Set(LAST=${HANGUPCAUSE})\n");
	sim_fs_put(w, "/etc/asterisk/extensions.conf", sink_cstr(&t));
}

static void put_tone(struct sim_world *w)
{
	static unsigned char octets[TONE_MS * 8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 31 % 200);
	sim_fs_put_octets(w, "/var/lib/asterisk/sounds/en/tone.ulaw", octets, sizeof(octets));
}

static void put_files(const struct scenario *s, struct sim_world *w, const struct addr *gateway,
		      const struct addr *caller)
{
	sim_fs_put(w, SCENARIO_MAIN, "[directories]\nastetcdir => /etc/asterisk\n[options]\n");
	sim_fs_put(w, "/etc/asterisk/manager.conf",
		   "[general]\nenabled=yes\nport=5038\nbindaddr=0.0.0.0\n\n"
		   "[ops]\nsecret=swordfish\nread=all\nwrite=all\nwritetimeout=1000\n");
	sim_fs_put(w, "/etc/asterisk/rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(w, "/etc/asterisk/cdr.conf", "[general]\nenable=yes\nunanswered=yes\n[csv]\n");
	put_dialer(s, w);
	put_pjsip(s, w, gateway, caller);
	put_zone(s, w, gateway);
	put_extensions(w);
	put_tone(w);
	sim_fs_mkdir(w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(w, "/var/run/asterisk");
	sim_fs_mkdir(w, SCENARIO_SPOOL);
}

static void prepare_network(const struct scenario *s, struct sim_world *w)
{
	struct sim_link link = {.delay_min_ns = SIM_MS, .delay_max_ns = 30 * SIM_MS};

	if (s->lossy) {
		link.loss_permille = 40;
		link.dup_permille = 20;
		link.reorder_permille = 30;
		link.reorder_ns = 120 * SIM_MS;
	}
	sim_net_default(w, &link);
}

static void prepare_faults(const struct scenario *s, struct sim_world *w)
{
	struct sim_faults faults = {
		.permille = {[IO_OP_UDP_OPEN] = 30, [IO_OP_UDP_SEND] = 5, [IO_OP_UDP_RECV] = 5,
			     [IO_OP_ACCEPT] = 100},
		.short_read_permille = 300,
		.watch_lost_permille = 20,
	};

	if (s->hiccups)
		sim_cpu_set(w, &(struct sim_cpu){.turn_min_ns = 2 * SIM_US,
						 .turn_max_ns = 200 * SIM_US,
						 .hiccup_permille = 2,
						 .hiccup_ns = 80 * SIM_MS});
	if (!s->faulty)
		memset(&faults, 0, sizeof(faults));
	if (s->disk_bad && sim_now(w) < s->disk_good_at) {
		faults.permille[IO_OP_FS_OPEN] = faults.permille[IO_OP_FS_READ] = 30;
		faults.permille[IO_OP_FS_WRITE] = faults.permille[IO_OP_FS_SYNC] = 60;
		faults.permille[IO_OP_FS_RENAME] = faults.permille[IO_OP_FS_UNLINK] = 60;
		faults.permille[IO_OP_FS_META] = 30;
	}
	sim_faults_set(w, 0, &faults);
}

static void disk_is_good(struct sim_world *w, void *arg)
{
	prepare_faults(arg, w);
}

static void disk_thaws(struct sim_world *w, void *arg)
{
	UNUSED(arg);
	sim_disk_hook(w, NULL, NULL);
	sim_disk_thaw(w);
}

static int disk_hangs(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(path);
	UNUSED(nth);
	return op == IO_OP_FS_WRITE || op == IO_OP_FS_SYNC ? SIM_DISK_FREEZE : 0;
}

static void disk_begins_to_hang(struct sim_world *w, void *arg)
{
	UNUSED(arg);
	sim_disk_hook(w, disk_hangs, NULL);
	sim_after(w, between(sim_rng(w), 1000, 8000) * SIM_MS, disk_thaws, NULL);
}

void scenario_prepare(struct scenario *s, struct sim_world *w)
{
	struct addr gateway, caller;

	s->gateway_host = sim_host_add(w, "gateway");
	s->client_host = sim_host_add(w, "crm");
	s->caller_host = sim_host_add(w, "caller");
	gateway = sim_host_addr(w, s->gateway_host, 5060);
	for (uint32_t i = 0; i < s->client_count; i++) {
		s->clients[i].host = s->client_host;
		s->clients[i].server = sim_host_addr(w, 0, 5038);
	}
	caller = sim_host_addr(w, s->caller_host, 5080);
	put_files(s, w, &gateway, &caller);
	prepare_network(s, w);
}

static void rush_is_over(struct sim_world *w, void *arg)
{
	UNUSED(arg);
	sim_cpu_set(w, &(struct sim_cpu){.turn_min_ns = 2 * SIM_US, .turn_max_ns = 200 * SIM_US});
}

static void prepare_rush(struct sim_world *w)
{
	sim_cpu_set(w, &(struct sim_cpu){.turn_min_ns = 5 * SIM_MS, .turn_max_ns = 40 * SIM_MS});
	sim_after(w, 20 * SIM_SECOND, rush_is_over, NULL);
}

void scenario_weather(struct scenario *s, struct sim_world *w)
{
	prepare_faults(s, w);
	if (s->rushes)
		prepare_rush(w);
	if (s->disk_bad)
		sim_at(w, s->disk_good_at, disk_is_good, s);
	if (s->disk_hangs)
		sim_after(w, between(sim_rng(w), 2000, 15000) * SIM_MS, disk_begins_to_hang, NULL);
}

/* ---- orders ---- */

static const char *const contexts[] = {
	[TALK_PLAY] = "play", [TALK_WAIT] = "wait", [TALK_ECHO] = "echo", [TALK_SHORT] = "short"};

static void order_action(struct scenario_order *o, struct ami_client *c)
{
	char text[512];
	struct sink t = sink_make(text, sizeof(text));

	sink_fmt(&t, "Action: Originate\r\nChannel: PJSIP/%s@gw\r\nTimeout: %u\r\nAsync: true\r\n",
		 o->user, o->timeout_s * 1000);
	if (o->talk == TALK_APP)
		sink_fmt(&t, "Application: Wait\r\nData: %d\r\n", TALK_WAIT_S);
	else
		sink_fmt(&t, "Context: %s\r\nExten: s\r\nPriority: 1\r\n", contexts[o->talk]);
	sink_fmt(&t, "CallerID: Sim <%s>\r\nVariable: X=1\r\n", o->user + 1);
	o->action = ami_client_send(c, o->at, sink_cstr(&t));
}

static void order_file(struct scenario_order *o, struct sim_world *w, struct dropper *d)
{
	char text[512], name[48];
	struct sink t = sink_make(text, sizeof(text));
	bool later = o->at % 3 == 0;

	sink_fmt(&t, "Channel: PJSIP/%s@gw\nMaxRetries: %u\nRetryTime: %u\nWaitTime: %u\n", o->user,
		 o->retries, o->retry_s, o->timeout_s);
	if (o->talk == TALK_APP)
		sink_fmt(&t, "Application: Wait\nData: %d\n", TALK_WAIT_S);
	else
		sink_fmt(&t, "Context: %s\nExtension: s\n", contexts[o->talk]);
	sink_fmt(&t, "Archive: %s\nCallerid: Sim <%s>\nSet: X=2\n", o->archive ? "yes" : "no",
		 o->user + 1);
	snprintf(name, sizeof(name), "%s.call", o->user);
	o->file = dropper_count(d);
	dropper_drop(d, o->at, name, sink_cstr(&t), o->at % 5 ? DROPPER_RENAME : DROPPER_COPY,
		     later ? sim_wall(w) + 10 * SIM_SECOND : 0);
}

/* What an operator does meanwhile. */
static void disturb(struct scenario *s, struct ami_client *c, struct sim_world *w)
{
	static const char *const looks[] = {
		"Action: CoreShowChannels\r\n", "Action: Status\r\n",
		"Action: Command\r\nCommand: core show channels verbose\r\n",
		"Action: Command\r\nCommand: pjsip show endpoints\r\n", "Action: CoreStatus\r\n"};
	struct rng *r = sim_rng(w);

	for (uint32_t i = 0; i < 10; i++)
		ami_client_send(c, SIM_EPOCH_NS + between(r, 1000, 20000) * SIM_MS,
				looks[rng_below(r, ARRAY_COUNT(looks))]);
	s->ping_first = ami_client_action_count(c);
	s->ping_count = 20;
	for (uint32_t i = 0; i < s->ping_count; i++)
		ami_client_send(c, SIM_EPOCH_NS + (i + 1) * SIM_SECOND, "Action: Ping\r\n");
	for (uint32_t i = 0; i < s->reloads; i++)
		ami_client_send(c, SIM_EPOCH_NS + between(r, 1000, 20000) * SIM_MS,
				"Action: Reload\r\n");
	for (uint32_t i = 0; i < s->hangups; i++)
		ami_client_send(c, SIM_EPOCH_NS + between(r, 3000, 20000) * SIM_MS,
				"Action: Hangup\r\nChannel: /^PJSIP.gw-.*[02468ace]$/\r\n"
				"Cause: 16\r\n");
}

void scenario_order_all(struct scenario *s, struct ami_client *const *clients, struct dropper *d)
{
	struct sim_world *w = sim_world_current();

	for (uint32_t i = 0; i < s->order_count; i++) {
		struct scenario_order *o = &s->orders[i];

		if (o->is_file)
			order_file(o, w, d);
		else
			order_action(o, clients[o->client]);
	}
	disturb(s, clients[0], w);
}

/* ---- calls that come in ---- */

void scenario_call_all(const struct scenario *s, struct caller *c)
{
	static const char *const extens[] = {"talk", "ring", "busy", "early",
					     "wait", "none", "wrong"};
	struct rng *r = sim_rng(sim_world_current());

	for (uint32_t i = 0; i < s->caller_count; i++)
		caller_call(c, SIM_EPOCH_NS + between(r, 1500, 20000) * SIM_MS,
			    extens[rng_below(r, ARRAY_COUNT(extens))],
			    (enum caller_plan)rng_below(r, CALLER_PLAN_COUNT));
}
