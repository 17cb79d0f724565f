/* bench/micro/micro_peer.c - the parser of libre on the messages of micro_sip.c, in the same run.
 *
 * libre and Ringer have functions of the same names (tmr_start, list_init, ...), so it is loaded
 * apart and bound to itself. Where it is not installed (deploy/packages bench) there are no such
 * cases. */
#include "bench/micro/harness.h"

#if __has_include(<re/re.h>)

#include "bench/micro/sip_text.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <re/re.h>

static struct peer {
	struct mbuf *(*mbuf_alloc)(size_t size);
	int (*mbuf_write_mem)(struct mbuf *mb, const uint8_t *buf, size_t size);
	int (*sip_msg_decode)(struct sip_msg **msgp, struct mbuf *mb);
	void *(*mem_deref)(void *data);
} peer;

static void *peer_find(void *lib, const char *name)
{
	void *symbol = lib ? dlsym(lib, name) : NULL;

	if (!symbol) {
		fprintf(stderr, "libre: %s\n", dlerror());
		exit(1);
	}
	return symbol;
}

static void *peer_open(const char *text, size_t len)
{
	void *lib = dlopen("libre.so", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	struct mbuf *mb;

	*(void **)&peer.mbuf_alloc = peer_find(lib, "mbuf_alloc");
	*(void **)&peer.mbuf_write_mem = peer_find(lib, "mbuf_write_mem");
	*(void **)&peer.sip_msg_decode = peer_find(lib, "sip_msg_decode");
	*(void **)&peer.mem_deref = peer_find(lib, "mem_deref");
	mb = peer.mbuf_alloc(len);
	if (mb && peer.mbuf_write_mem(mb, (const uint8_t *)text, len) == 0)
		return mb;
	return NULL;
}

static void *open_200(void)
{
	return peer_open(micro_ok_200, sizeof(micro_ok_200) - 1);
}

static void *open_100(void)
{
	return peer_open(micro_trying, sizeof(micro_trying) - 1);
}

static void *open_bye(void)
{
	return peer_open(micro_bye, sizeof(micro_bye) - 1);
}

static void run_parse(void *state, uint64_t count)
{
	struct mbuf *mb = state;

	while (count--) {
		struct sip_msg *m = NULL;

		mb->pos = 0;
		if (peer.sip_msg_decode(&m, mb) != 0)
			abort();
		peer.mem_deref(m);
	}
}

static void close_mbuf(void *state)
{
	peer.mem_deref(state);
}

static const struct micro_case cases[] = {
	{"parse_200", run_parse, sizeof(micro_ok_200) - 1, 6000, open_200, close_mbuf},
	{"parse_100", run_parse, sizeof(micro_trying) - 1, 4900, open_100, close_mbuf},
	{"parse_bye", run_parse, sizeof(micro_bye) - 1, 5500, open_bye, close_mbuf},
};
const struct micro_table micro_libre = MICRO_TABLE(cases);

#else

const struct micro_table micro_libre = {0};

#endif
