/* tests/fuzz/fuzz_sip_conf.c - pjsip.conf. A snapshot that comes to be is consistent and can be
 * dialled through; a refusal says where and why. */
#include "engine/base/check.h"
#include "sip/conf.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void silence(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	check(line->text[0]);
}

static void walk(const struct sip_conf *conf)
{
	struct tech_endpoint found;

	for (uint32_t i = 0; i < conf->endpoint_count; i++) {
		const struct sip_conf_endpoint *e = &conf->endpoints[i];

		check(sip_conf_endpoint_hash(conf, e->hash) != NULL);
		check(e->allow.count <= LIMIT_CODECS);
		check(e->timers_sess_expires_s >= e->timers_min_se_s);
		if (sip_conf_find(conf, e->name, &found) == 0 && found.target)
			check(((const struct sip_conf_contact *)found.target)->uri.len > 0);
	}
	for (uint32_t i = 0; i < conf->transport_count; i++)
		check(conf->transports[i].bind.family != 0);
	check(conf->b_ns >= 64 * conf->t1_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memconf_file files[] = {
		{"pjsip.conf", (const char *)data, size},
		{NULL, NULL, 0},
	};
	static struct memconf m;
	struct conffile_error why;
	struct conffile *cf = NULL;
	struct sip_conf *conf = NULL;
	char room[1024];
	struct sink error = sink_make(room, sizeof(room));

	if (size == 0 || size > 65536)
		return 0;
	log_set_writer(silence, NULL);
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "pjsip.conf", &why))
		return 0;
	if (sip_conf_load(&conf, cf, &error) == 0) {
		conffile_free(cf); /* the snapshot stands alone */
		walk(conf);
		sip_conf_free(conf);
	} else {
		check(error.len > 0 && conf == NULL);
		conffile_free(cf);
	}
	return 0;
}
