/* bench/micro/micro_identify.c - pjsip.conf of 100 and of 10,000 endpoints, each with its aor, auth
 * and identify: whose a request is, and what one endpoint costs to load. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "sip/identify.h"

#include <errno.h>
#include <stdlib.h>

#define ENDPOINT_OCTETS 512

struct many {
	uint32_t count;
	uint64_t owed; /* endpoints to be loaded, below count */
	char *text;
	size_t len;
	struct sip_conf *conf;
	uint32_t next;
};

static int read_text(void *arg, const char *path, char **text, size_t *len)
{
	const struct many *m = arg;

	UNUSED(path);
	*text = malloc(m->len + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, m->text, m->len + 1);
	*len = m->len;
	return 0;
}

static struct sip_conf *load(struct many *m)
{
	const struct conffile_source source = {.arg = m, .read = read_text, .etc_dir = "/etc"};
	char error[512];
	struct sink sink = sink_make(error, sizeof(error));
	struct conffile_error why;
	struct sip_conf *conf = NULL;
	struct conffile *cf;

	check(!conffile_load(&cf, &source, "pjsip.conf", &why));
	check(!sip_conf_load(&conf, cf, &sink));
	conffile_free(cf);
	return conf;
}

static struct addr address(uint32_t i)
{
	return (struct addr){.family = 4,
			     .port = 5060,
			     .ip = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
}

static void write_endpoint(struct sink *out, uint32_t i)
{
	const struct addr a = address(i);
	char ip[ADDR_TEXT];
	struct sink ip_text = sink_make(ip, sizeof(ip) - 1);

	addr_write_ip(&ip_text, &a);
	sink_fmt(out,
		 "[e%u]\ntype=endpoint\nallow=!all,ulaw,alaw\naors=e%u\nauth=e%u\n"
		 "outbound_auth=e%u\n[e%u]\ntype=aor\ncontact=sip:%s\nmax_contacts=1\n"
		 "[e%u]\ntype=auth\nusername=e%u\npassword=secret\n"
		 "[e%u]\ntype=identify\nendpoint=e%u\nmatch=%s\nmatch_header=X-Trunk: e%u\n",
		 i, i, i, i, i, sink_cstr(&ip_text), i, i, i, i, sink_cstr(&ip_text), i);
}

static void *open_many(uint32_t count)
{
	struct many *m = calloc(1, sizeof(*m));
	struct sink out;

	if (!m)
		return NULL;
	m->count = count;
	m->text = malloc((size_t)count * ENDPOINT_OCTETS + 1);
	if (!m->text) {
		free(m);
		return NULL;
	}
	out = sink_make(m->text, (size_t)count * ENDPOINT_OCTETS);
	for (uint32_t i = 0; i < count; i++)
		write_endpoint(&out, i);
	check(!out.over);
	sink_cstr(&out);
	m->len = out.len;
	m->conf = load(m);
	return m;
}

static void *open_100(void)
{
	return open_many(100);
}

static void *open_10000(void)
{
	return open_many(10000);
}

static void close_many(void *state)
{
	struct many *m = state;

	sip_conf_free(m->conf);
	free(m->text);
	free(m);
}

/* By address, of all of them in turn; steps far enough apart that none is warm by chance. */
static void run_find(void *state, uint64_t count)
{
	struct many *m = state;

	while (count--) {
		const struct addr from = address(m->next);
		const struct sip_identify_request r = {.from = &from};

		check(sip_identify_find(m->conf->identify, SIP_IDENTIFY_IP, &r) ==
		      &m->conf->identifies[m->next]);
		m->next = (m->next + 37) % m->count;
	}
}

/* One round is one endpoint: its share of a load of all. */
static void run_load(void *state, uint64_t count)
{
	struct many *m = state;

	for (m->owed += count; m->owed >= m->count; m->owed -= m->count)
		sip_conf_free(load(m));
}

static const struct micro_case cases[] = {
	{"find_100", run_find, 0, .expect_ns = 60, .open = open_100, .close = close_many},
	{"find_10000", run_find, 0, .expect_ns = 120, .open = open_10000, .close = close_many},
	{"load_100", run_load, 0, .expect_ns = 15000, .open = open_100, .close = close_many},
	{"load_10000", run_load, 0, .expect_ns = 20000, .open = open_10000, .close = close_many},
};

const struct micro_table micro_identify = MICRO_TABLE(cases);
