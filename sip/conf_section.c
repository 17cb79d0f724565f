/* sip/conf_section.c - the sections of pjsip.conf as they were written, for those who show them.
 * conf.h */
#include "sip/conf_internal.h"

#include <errno.h>
#include <stdlib.h>

static int conf_keep_section(struct sip_conf *conf, const struct conffile_section *s,
			     struct sip_conf_section *out)
{
	struct slice *vars;
	uint32_t count = 0;

	for (const struct conffile_var *v = s->vars; v; v = v->next)
		count++;
	vars = conf_alloc(conf, sizeof(*vars) * 2 * count);
	if (!vars)
		return -ENOMEM;
	out->name = conf_dup(conf, s->name);
	out->type = conf_dup(conf, conffile_get(s, "type")->value);
	out->vars = vars;
	out->var_count = count;
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		*vars++ = conf_dup(conf, v->name);
		*vars++ = conf_dup(conf, v->value);
	}
	return 0;
}

/* ---- found again by name ---- */

/* Those of one key stay in the order of the file. */
static int conf_compare_keys(const void *a, const void *b)
{
	const struct sip_conf_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->section < y->section ? -1 : x->section > y->section;
}

static int conf_index_sections(struct sip_conf *conf)
{
	struct sip_conf_key *names = conf_alloc(conf, sizeof(*names) * conf->section_count);
	struct sip_conf_key *owners = conf_alloc(conf, sizeof(*owners) * conf->section_count);
	struct slice owner;

	if (!names || !owners)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->section_count; i++) {
		const struct sip_conf_section *s = &conf->sections[i];

		names[i] = (struct sip_conf_key){sip_conf_name_hash(s->name), s};
		if (slice_ieq(s->type, SLICE_LIT("identify")) &&
		    sip_conf_written(s, SLICE_LIT("endpoint"), &owner))
			owners[conf->owner_count++] =
				(struct sip_conf_key){sip_conf_name_hash(owner), s};
	}
	qsort(names, conf->section_count, sizeof(*names), conf_compare_keys);
	qsort(owners, conf->owner_count, sizeof(*owners), conf_compare_keys);
	conf->section_names = names;
	conf->identify_owners = owners;
	return 0;
}

/* The first of that hash, or where it would stand. */
static uint32_t conf_first_key(const struct sip_conf_key *keys, uint32_t count, uint64_t hash)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (keys[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sip_conf_section *sip_conf_section(const struct sip_conf *conf, struct slice type,
						struct slice name)
{
	uint64_t hash = sip_conf_name_hash(name);
	uint32_t i = conf_first_key(conf->section_names, conf->section_count, hash);

	for (; i < conf->section_count && conf->section_names[i].hash == hash; i++) {
		const struct sip_conf_section *s = conf->section_names[i].section;

		if (slice_eq(s->name, name) && slice_ieq(s->type, type))
			return s;
	}
	return NULL;
}

const struct sip_conf_section *sip_conf_identify_of(const struct sip_conf *conf,
						    struct slice endpoint, uint32_t *cursor)
{
	uint64_t hash = sip_conf_name_hash(endpoint);
	uint32_t first = conf_first_key(conf->identify_owners, conf->owner_count, hash);

	for (uint32_t i = first + *cursor; i < conf->owner_count; i++) {
		const struct sip_conf_section *s = conf->identify_owners[i].section;
		struct slice owner;

		if (conf->identify_owners[i].hash != hash)
			break;
		++*cursor;
		if (sip_conf_written(s, SLICE_LIT("endpoint"), &owner) && slice_eq(owner, endpoint))
			return s;
	}
	return NULL;
}

/* ---- as written ---- */

bool sip_conf_written(const struct sip_conf_section *s, struct slice option, struct slice *value)
{
	for (uint32_t i = s->var_count; i-- > 0;) {
		if (!slice_ieq(s->vars[2 * (size_t)i], option))
			continue;
		*value = s->vars[2 * (size_t)i + 1];
		return true;
	}
	return false;
}

int conf_keep_sections(struct sip_conf *conf, const struct conffile *cf)
{
	const struct conffile_section *s;
	struct sip_conf_section *out;
	uint32_t count = 0;
	int err = 0;

	for (s = conffile_first(cf); s; s = conffile_next(s))
		count += conf_section_type(s) != CONF_TYPE_UNKNOWN;
	out = conf_alloc(conf, sizeof(*out) * count);
	if (!out)
		return -ENOMEM;
	conf->sections = out;
	for (s = conffile_first(cf); s && !err; s = conffile_next(s))
		if (conf_section_type(s) != CONF_TYPE_UNKNOWN)
			err = conf_keep_section(conf, s, &out[conf->section_count++]);
	return err ? err : conf_index_sections(conf);
}
