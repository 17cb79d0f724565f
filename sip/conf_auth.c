/* sip/conf_auth.c - type=auth of pjsip.conf: secrets, algorithms, and who names them. */
#include "sip/conf_internal.h"

#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

/* ---- options ---- */

static int conf_algorithms(struct conf_load *l, const struct conffile_var *v,
			   struct sip_auth_algs *out)
{
	struct slice rest = v->value, part;

	*out = (struct sip_auth_algs){0};
	while (slice_split(&rest, ',', &part)) {
		enum sip_auth_alg alg = sip_auth_alg_lookup(slice_trim(part));

		if (!slice_trim(part).len)
			continue;
		if (alg == SIP_AUTH_ALG_UNKNOWN)
			return conf_fail(l, v, "allowed are: MD5, SHA-256, SHA-512-256");
		sip_auth_algs_add(out, alg);
	}
	return 0;
}

int conf_set_algorithms_uac(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_auth_draft *d = l->object;

	return conf_algorithms(l, v, &d->uac);
}

int conf_set_algorithms_uas(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_auth_draft *d = l->object;

	return conf_algorithms(l, v, &d->uas);
}

/* An empty list is that of Asterisk. */
static int conf_default_algorithms(struct conf_load *l, const struct conffile_var *v,
				   struct sip_auth_algs *out)
{
	int err = conf_algorithms(l, v, out);

	if (!err && !out->count)
		*out = SIP_AUTH_ALGS_DEFAULT;
	return err;
}

int conf_set_default_algorithms_uac(struct conf_load *l, const struct conffile_var *v)
{
	return conf_default_algorithms(l, v, &l->conf->default_algs_uac);
}

int conf_set_default_algorithms_uas(struct conf_load *l, const struct conffile_var *v)
{
	return conf_default_algorithms(l, v, &l->conf->default_algs_uas);
}

int conf_set_auth_type(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_auth_draft *d = l->object;
	uint8_t which = 0;

	if (conf_word(l, v, "userpass md5 digest google_oauth", &which))
		return -EINVAL;
	d->is_token = which == 3;
	if (d->is_token)
		log_warning("%s:%d: auth '%.*s': google_oauth is not served", v->file, v->line,
			    SLICE_ARG(l->section->name));
	return 0;
}

/* Digests are of lower-case digits, also where they go into another one. */
static int conf_keep_digest(struct conf_load *l, enum sip_auth_alg alg, struct slice digits)
{
	struct conf_auth_draft *d = l->object;
	struct slice kept = conf_dup(l->conf, digits);
	char *at = (char *)kept.ptr;

	if (!kept.len)
		return -ENOMEM;
	for (size_t i = 0; i < kept.len; i++)
		if (at[i] >= 'A' && at[i] <= 'F')
			at[i] = (char)(at[i] | 32);
	d->a.cred.ha1[alg] = kept;
	return 0;
}

static bool conf_is_digest(enum sip_auth_alg alg, struct slice digits)
{
	return alg != SIP_AUTH_ALG_UNKNOWN && digits.len == sip_auth_alg_digits(alg) &&
	       sip_text_all(digits, SIP_CH_HEX);
}

/* As conf_fail, but what was written stays out of the log: with one digit too many it is as good as
 * the secret. */
static int conf_fail_hidden(struct conf_load *l, const struct conffile_var *v, const char *remedy)
{
	struct conffile_var hidden = *v;

	hidden.value = SLICE_LIT("<hidden>");
	return conf_fail(l, &hidden, "%s", remedy);
}

int conf_set_md5_cred(struct conf_load *l, const struct conffile_var *v)
{
	struct slice digits = v->value;

	if (slice_istarts(digits, SLICE_LIT("MD5:")))
		digits = slice_from(digits, 4);
	if (!conf_is_digest(SIP_AUTH_MD5, digits))
		return conf_fail_hidden(l, v, "give the 32 hex digits of MD5(user:realm:password)");
	return conf_keep_digest(l, SIP_AUTH_MD5, digits);
}

/* "SHA-256:<hex>", several of them in a list or in lines of their own. Digits alone are MD5. */
int conf_set_password_digest(struct conf_load *l, const struct conffile_var *v)
{
	struct slice rest = v->value, part;
	int err = 0;

	while (!err && slice_split(&rest, ',', &part)) {
		struct slice digits = slice_trim(part), name = SLICE_LIT("MD5");
		enum sip_auth_alg alg;

		if (!digits.len)
			continue;
		if (slice_find(digits, ':') != SIZE_MAX)
			slice_split(&digits, ':', &name);
		alg = sip_auth_alg_lookup(slice_trim(name));
		digits = slice_trim(digits);
		if (!conf_is_digest(alg, digits))
			return conf_fail_hidden(
				l, v,
				"give MD5:, SHA-256: or SHA-512-256: and the 32, 64, 64 "
				"hex digits of that digest of user:realm:password");
		err = conf_keep_digest(l, alg, digits);
	}
	return err;
}

/* ---- algorithms and secrets ---- */

/* Those for which there is a secret. An empty password is none: anybody could guess it. */
static unsigned conf_secrets(const struct conf_auth_draft *d)
{
	unsigned mask = 0;

	if (d->a.cred.password.len)
		return SIP_AUTH_MASK_ALL;
	for (unsigned i = 0; i < SIP_AUTH_ALG_COUNT; i++)
		if (d->a.cred.ha1[i].len)
			mask |= 1u << i;
	return mask;
}

/* What is written and has a secret; if nothing is written, the default, else what has one. */
static struct sip_auth_algs conf_usable(const struct conf_auth_draft *d, const char *option,
					const struct sip_auth_algs *written,
					const struct sip_auth_algs *usual)
{
	static const struct sip_auth_algs all = {
		.list = {SIP_AUTH_SHA512_256, SIP_AUTH_SHA256, SIP_AUTH_MD5},
		.count = SIP_AUTH_ALG_COUNT,
	};
	const struct sip_auth_algs *from = written->count ? written : usual;
	unsigned secrets = conf_secrets(d);
	struct sip_auth_algs out = {0};

	if (!written->count && !(secrets & sip_auth_algs_mask(usual)))
		from = &all;
	for (uint8_t i = 0; i < from->count; i++) {
		const struct slice name = sip_auth_alg_name((enum sip_auth_alg)from->list[i]);

		if (secrets & 1u << from->list[i])
			sip_auth_algs_add(&out, (enum sip_auth_alg)from->list[i]);
		else if (written->count && secrets)
			log_error("Auth '%.*s': %s names %.*s, for which it has no secret, so it "
				  "is left out. Give password= or password_digest=%.*s:...",
				  SLICE_ARG(d->a.name), option, SLICE_ARG(name), SLICE_ARG(name));
	}
	return out;
}

void conf_settle_auth(const struct sip_conf *conf, const struct conf_auth_draft *d,
		      struct sip_conf_auth *out)
{
	struct sip_auth_algs uac =
		conf_usable(d, "supported_algorithms_uac", &d->uac, &conf->default_algs_uac);

	*out = d->a;
	out->hash = sip_conf_name_hash(out->name);
	out->alg_mask = sip_auth_algs_mask(&uac);
	out->algs_uas =
		conf_usable(d, "supported_algorithms_uas", &d->uas, &conf->default_algs_uas);
	if (!d->is_token && !conf_secrets(d))
		log_error("Auth '%.*s' has no secret: it meets no challenge, and nobody meets it. "
			  "Give password= or password_digest=",
			  SLICE_ARG(d->a.name));
}

/* ---- names to objects ---- */

/* Of equal names the first in the file comes first. */
static int conf_compare_auths(const void *a, const void *b)
{
	const struct sip_conf_auth *const *x = a, *const *y = b;

	if ((*x)->hash != (*y)->hash)
		return (*x)->hash < (*y)->hash ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

int conf_sort_auths(struct sip_conf *conf)
{
	const struct sip_conf_auth **sorted = conf_alloc(conf, sizeof(*sorted) * conf->auth_count);

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->auth_count; i++)
		sorted[i] = &conf->auths[i];
	qsort(sorted, conf->auth_count, sizeof(*sorted), conf_compare_auths);
	conf->auths_by_hash = sorted;
	return 0;
}

static const struct sip_conf_auth *conf_auth(const struct sip_conf *conf, struct slice name)
{
	uint64_t hash = sip_conf_name_hash(name);
	uint32_t low = 0, high = conf->auth_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (conf->auths_by_hash[middle]->hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < conf->auth_count && conf->auths_by_hash[low]->hash == hash; low++)
		if (slice_eq(conf->auths_by_hash[low]->name, name))
			return conf->auths_by_hash[low];
	return NULL;
}

const struct sip_conf_auth *conf_link_auth(const struct sip_conf *conf, const char *what,
					   struct slice owner, struct slice names)
{
	struct slice part;

	while (slice_split(&names, ',', &part)) {
		const struct sip_conf_auth *auth = conf_auth(conf, slice_trim(part));

		part = slice_trim(part);
		if (auth)
			return auth;
		if (part.len)
			log_warning("%s '%.*s': outbound_auth names '%.*s', but there is no such "
				    "section with type=auth",
				    what, SLICE_ARG(owner), SLICE_ARG(part));
	}
	return NULL;
}

/* An endpoint that demands credentials which are not there lets nobody in: it gets an object that
 * nothing can meet. */
int conf_link_auths(struct sip_conf *conf, struct conf_endpoint_draft *d)
{
	static const struct sip_conf_auth unmeetable = {
		.algs_uas = {.list = {SIP_AUTH_MD5}, .count = 1},
	};
	struct slice names = d->names.auths, part;
	const struct sip_conf_auth **list;
	uint32_t room = 1;

	while (slice_split(&names, ',', &part))
		room++;
	list = conf_alloc(conf, sizeof(*list) * room);
	if (!list)
		return -ENOMEM;
	names = d->names.auths;
	while (slice_split(&names, ',', &part)) {
		const struct sip_conf_auth *auth = conf_auth(conf, slice_trim(part));

		if (slice_trim(part).len && !auth)
			log_error(
				"Endpoint '%.*s': auth names '%.*s', but there is no such section "
				"with type=auth; calls that must meet it are refused",
				SLICE_ARG(d->e.name), SLICE_ARG(slice_trim(part)));
		if (slice_trim(part).len)
			list[d->e.auth_count++] = auth && auth->algs_uas.count ? auth : &unmeetable;
	}
	d->e.auths = list;
	return 0;
}
