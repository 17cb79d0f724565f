/* sip/failover.c - see failover.h. */
#include "sip/failover.h"

#include "sip/conf_internal.h"

#include <errno.h>

struct sip_failover {
	const struct sip_failover *next;
	const struct sip_conf_endpoint *endpoint;
	uint32_t code_count;
	uint16_t codes[LIMIT_SIP_FAILOVER];
};

static int failover_refuse(const struct conffile_var *v, struct sink *error)
{
	sink_fmt(error,
		 "%s:%d: failover = %.*s: allowed are up to %d statuses from 400 to 699, "
		 "separated by commas, without 401, 407 and 422, or no; as 500,502,503,504",
		 v->file, v->line, SLICE_ARG(v->value), LIMIT_SIP_FAILOVER);
	return -EINVAL;
}

static bool failover_take_code(struct sip_failover *f, struct slice text)
{
	uint64_t code;

	if (!slice_u64(slice_trim(text), 699, &code) || code < 400 || code == 401 || code == 407 ||
	    code == 422 || f->code_count == LIMIT_SIP_FAILOVER)
		return false;
	f->codes[f->code_count++] = (uint16_t)code;
	return true;
}

static int failover_read(struct sip_failover *f, const struct conffile_var *v, struct sink *error)
{
	struct slice rest = v->value, part;

	if (slice_ieq(v->value, SLICE_LIT("no")))
		return 0;
	while (slice_split(&rest, ',', &part))
		if (!failover_take_code(f, part))
			return failover_refuse(v, error);
	return f->code_count ? 0 : failover_refuse(v, error);
}

static int failover_add(struct sip_conf *conf, const struct conffile_section *s, struct sink *error)
{
	const struct conffile_var *v = conffile_get(s, "failover");
	struct sip_failover *f;

	if (!v || slice_ieq(s->name, SLICE_LIT("general")))
		return 0;
	f = conf_alloc(conf, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->endpoint = sip_conf_endpoint(conf, s->name);
	f->next = conf->failovers;
	conf->failovers = f;
	return failover_read(f, v, error);
}

int sip_failover_load(struct sip_conf *conf, const struct conffile *cf, struct sink *error)
{
	int err = 0;

	for (const struct conffile_section *s = cf ? conffile_first(cf) : NULL; s && !err;
	     s = conffile_next(s))
		err = failover_add(conf, s, error);
	if (err == -ENOMEM)
		sink_str(error, "dialer.conf: out of memory");
	return err;
}

bool sip_failover_on(const struct sip_conf *conf, const struct sip_conf_endpoint *ep, unsigned code)
{
	for (const struct sip_failover *f = conf->failovers; f; f = f->next) {
		if (!ep || f->endpoint != ep)
			continue;
		for (uint32_t i = 0; i < f->code_count; i++)
			if (f->codes[i] == code)
				return true;
		return false;
	}
	return code == 503;
}
