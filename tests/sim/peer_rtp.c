#include "tests/sim/peer_rtp.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "rtp/bytes.h"

void bench_conf_default(struct rtp_bench_conf *conf)
{
	*conf = (struct rtp_bench_conf){.rtp = rtp_conf_default, .session_max = 16};
	conf->rtp.initial_silence = false;
}

static int64_t bench_turn(void *owner, int64_t now_ns)
{
	struct rtp_bench *b = owner;

	return rtp_media_turn(b->media, now_ns);
}

static int64_t peer_turn(void *owner, int64_t now_ns)
{
	UNUSED(owner);
	UNUSED(now_ns);
	return TMR_NEVER;
}

static void peer_hear_rtp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			  size_t len)
{
	struct rtp_bench *b = arg;
	struct peer_packet *p;

	check(b->heard_count < PEER_HEARD);
	p = &b->heard[b->heard_count++];
	memset(p, 0, sizeof(*p));
	UNUSED(u);
	check(rtp_packet_parse(&p->rtp, data, len));
	p->at_ns = sim_now(b->w) - b->start_ns;
	p->from = *from;
	p->same = 1;
	for (size_t i = 0; i < p->rtp.payload_bytes; i++) {
		if (i < sizeof(p->first))
			p->first[i] = p->rtp.payload[i];
		p->same &= p->rtp.payload[i] == p->rtp.payload[0];
	}
	p->rtp.payload = NULL;
}

static void peer_hear_rtcp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			   size_t len)
{
	struct rtp_bench *b = arg;

	UNUSED(u);
	UNUSED(from);
	check(rtcp_parse(&b->report, data, len, b->own_ssrc));
	b->report_count++;
	b->report_at_ns = sim_now(b->w);
}

static struct io_udp *peer_open_socket(struct rtp_bench *b, uint16_t port, io_udp_fn fn)
{
	struct io_udp_conf conf = {.local = {.family = 4, .port = port}, .kind = IO_UDP_RTP};
	struct io_udp *u = NULL;

	check(io_udp_open(b->peer_io, &u, &conf, fn, b) == 0);
	return u;
}

static void peer_open(struct rtp_bench *b)
{
	struct io_conf conf = {
		.name = "peer", .metrics = &b->peer_metrics, .udp_max = 8, .cpu = -1};

	sim_host_use(b->w, sim_host_add(b->w, "peer"));
	check(io_create(&b->peer_io, &conf) == 0);
	b->rtp = peer_open_socket(b, PEER_RTP_PORT, peer_hear_rtp);
	b->rtcp = peer_open_socket(b, PEER_RTP_PORT + 1, peer_hear_rtcp);
	b->other = peer_open_socket(b, PEER_RTP_PORT + 100, peer_hear_rtp);
	check(io_start(b->peer_io, peer_turn, b) == 0);
}

void bench_world(struct rtp_bench *b, uint64_t seed)
{
	memset(b, 0, sizeof(*b));
	b->w = sim_world_create(seed);
	b->heard = calloc(PEER_HEARD, sizeof(*b->heard));
	check(b->heard);
	b->own_ssrc = 0x5eed;
	b->seq = 65530; /* wraps early */
	b->ts = 0xfffffc00;
}

static void bench_open_loader(struct rtp_bench *b, const struct rtp_bench_conf *conf)
{
	struct sound_loader_conf loader = {.metrics = &b->loader_metrics,
					   .shard_count = 1,
					   .bytes_max = conf->loader_bytes_max};

	if (!conf->with_loader)
		return;
	check(sound_loader_create(&b->loader, &loader) == 0);
	sound_loader_attach(b->loader, 0, b->io);
	check(sound_loader_start(b->loader) == 0);
}

void bench_open(struct rtp_bench *b, const struct rtp_bench_conf *conf)
{
	struct io_conf io = {.name = "media",
			     .metrics = &b->metrics,
			     .cpu = -1,
			     .udp_max = rtp_media_udp_max(conf->session_max)};
	struct sound_conf sounds = sound_conf_default;
	struct rtp_media_place place = {.metrics = &b->metrics,
					.rng = &b->rng,
					.shard_count = 1,
					.session_max = conf->session_max};
	struct rtp_media_conf media = {.rtp = conf->rtp};

	rng_seed(&b->rng, rng_u64(sim_rng(b->w)));
	check(io_create(&b->io, &io) == 0);
	sim_fs_mkdir(b->w, "/sounds");
	sounds.dir = "/sounds";
	check(sound_library_load(&b->sounds, b->io, &sounds) == 0);
	check(tone_set_create(&b->tones) == 0);
	place.io = b->io;
	bench_open_loader(b, conf);
	place.tones = b->tones;
	place.loader = b->loader;
	media.sounds = b->sounds;
	check(rtp_media_create(&b->media, &place, &media) == 0);
	b->port = rtp_media_port(b->media);
	check(io_start(b->io, bench_turn, b) == 0);
	peer_open(b);
	b->start_ns = sim_now(b->w);
}

void bench_close(struct rtp_bench *b)
{
	io_stop(b->io);
	io_stop(b->peer_io);
	io_join(b->io);
	io_join(b->peer_io);
	if (b->loader)
		sound_loader_stop(b->loader);
	rtp_media_destroy(b->media);
	sound_loader_destroy(b->loader);
	check(sound_library_is_unused(b->sounds));
	sound_library_destroy(b->sounds);
	tone_set_destroy(b->tones);
	io_destroy(b->io);
	io_destroy(b->peer_io);
	free(b->heard);
	sim_world_destroy(b->w);
}

int64_t bench_ms(const struct rtp_bench *b)
{
	return (sim_now(b->w) - b->start_ns) / SIM_MS;
}

void bench_run_ms(struct rtp_bench *b, int64_t ms)
{
	/* What the test asked for between two runs is a turn's work. */
	io_wake(b->io);
	io_wake(b->peer_io);
	sim_run_for(b->w, ms * SIM_MS);
}

void bench_put_sound(struct rtp_bench *b, const char *name, uint8_t octet, unsigned ms)
{
	size_t len = 8 * (size_t)ms;
	char path[128];
	void *data = malloc(len + 1);

	check(data);
	memset(data, octet, len);
	snprintf(path, sizeof(path), "/sounds/%s.ulaw", name);
	sim_fs_put_octets(b->w, path, data, len);
	free(data);
}

void bench_remote(const struct rtp_bench *b, struct media_desc *out)
{
	*out = (struct media_desc){
		.rtp = sim_host_addr(b->w, 1, PEER_RTP_PORT),
		.ptime_ms = 20,
		.codec_count = 2,
		.codec = {CODEC_PCMU, CODEC_PCMA},
		.pt = {0, 8},
		.event_pt = 101,
		.dir = MEDIA_SENDRECV,
	};
}

void peer_rtp_send(struct rtp_bench *b, struct io_udp *u, const struct addr *to, uint8_t pt,
		   const void *payload, size_t len)
{
	struct rtp_packet packet = {
		.payload_type = pt, .seq = b->seq++, .ts = b->ts, .ssrc = b->own_ssrc};
	uint8_t data[PEER_OCTETS];

	check(len <= sizeof(data) - RTP_HEADER_BYTES);
	rtp_packet_write(data, &packet);
	memcpy(data + RTP_HEADER_BYTES, payload, len);
	check(io_udp_send(u, to, data, RTP_HEADER_BYTES + len) == 0);
	io_wake(b->peer_io);
}

void peer_rtp_talk(struct rtp_bench *b, struct io_udp *u, const struct addr *to, unsigned count)
{
	uint8_t silence[160];

	memset(silence, 0xff, sizeof(silence));
	for (unsigned i = 0; i < count; i++) {
		peer_rtp_send(b, u, to, 0, silence, sizeof(silence));
		b->ts += 160;
		bench_run_ms(b, 20);
	}
}

void peer_rtp_event(struct rtp_bench *b, const struct addr *to, unsigned event, bool end,
		    unsigned duration)
{
	uint8_t payload[4] = {(uint8_t)event, (uint8_t)(end ? 0x8a : 0x0a)};

	bytes_put16(payload + 2, (uint16_t)duration);
	peer_rtp_send(b, b->rtp, to, 101, payload, sizeof(payload));
}
