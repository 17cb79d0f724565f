/* engine/app/node.h - one call shard with its adapters: loop, signalling, media, pipes. */
#ifndef RINGER_APP_NODE_H
#define RINGER_APP_NODE_H

#include "engine/core/shard.h"
#include "rtp/rtp_media.h"
#include "sip/sip.h"

struct node;

/* A crashed engine's ports are free when the kernel has taken its rings apart. */
#define BIND_PATIENCE_NS INT64_C(2000000000)

struct node_conf {
	uint32_t index, count;
	uint32_t channel_max;  /* of this shard, for orders */
	uint32_t incoming_max; /* ... and for calls that come in */
	struct io *control_io;
	int cpu;                   /* -1: not pinned */
	const struct tone_set *tones;
	struct sound_loader *loader;
	struct devices *devices; /* of all shards */
	struct groups *groups;	 /* of all shards */
	const char *system_name;
	bool unanswered_cdr, congestion_cdr, compat_reason;
	uint64_t seed;
	uint8_t secret[SIP_SECRET_LEN]; /* of all shards */
	io_fail_fn fail;
	void *fail_arg;
	void (*sip_trace)(void *arg, const struct sip_trace *t);
	void *trace_arg;
};

int node_create(struct node **out, const struct node_conf *conf);
/* Opens sockets with this configuration. peers: all nodes, for datagrams that reach the wrong one. */
int node_open(struct node *n, const struct sip_conf *sip, const struct rtp_media_conf *media,
	      const struct dialplan *dialplan, struct node *const *peers);
void node_destroy(struct node *n);
int64_t node_turn(void *node, int64_t now_ns);

struct io *node_io(struct node *n);
struct shard *node_shard(struct node *n);
struct sip *node_sip(struct node *n);
struct rtp_media *node_media(struct node *n);
bool node_is_quiet(const struct node *n, const char **why);
/* Any thread: calls that ended and whose far end has not confirmed it, as of the last turn. */
uint32_t node_ending(const struct node *n);
/* Bytes reserved, for the memory budget. */
size_t node_bytes(const struct node *n);

#endif
