/* sip/stir_load.c - stir_shaken.conf into objects: options, keys, and what they mean together. */
#include "sip/stir.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "sip/conf_internal.h"
#include "sip/passport.h"

#include <errno.h>
#include <stdlib.h>

/* ---- options ---- */

typedef int (*stir_check)(struct conf_load *l, const struct conffile_var *v);

static int stir_check_level(struct conf_load *l, const struct conffile_var *v)
{
	uint8_t at;

	return conf_word(l, v, "A B C", &at);
}

static int stir_check_behavior(struct conf_load *l, const struct conffile_var *v)
{
	uint8_t at;

	return conf_word(l, v, "off none attest verify on both", &at);
}

static int stir_check_bool(struct conf_load *l, const struct conffile_var *v)
{
	bool on;

	return slice_ieq(v->value, SLICE_LIT("not_set")) ? 0 : conf_bool(l, v, &on);
}

/* It goes into JSON, and between < and >, as it is. */
static int stir_check_url(struct conf_load *l, const struct conffile_var *v)
{
	struct slice url = v->value;
	bool ok = slice_istarts(url, SLICE_LIT("https://")) ||
		  slice_istarts(url, SLICE_LIT("http://"));

	for (size_t i = 0; i < url.len; i++)
		ok &= url.ptr[i] > ' ' && url.ptr[i] < 0x7f &&
		      slice_find(SLICE_LIT("\"\\<>"), url.ptr[i]) == SIZE_MAX;
	if (ok && url.len <= LIMIT_STIR_URL)
		return 0;
	return conf_fail(
		l, v,
		"give the URL of the certificate, as https://example.com/cert.pem, without "
		"blanks, quotes, < and >, and of %d octets at most",
		LIMIT_STIR_URL);
}

static int stir_check_nothing(struct conf_load *l, const struct conffile_var *v)
{
	UNUSED(l);
	UNUSED(v);
	return 0;
}

#define A	 (1u << SIP_STIR_ATTESTATION)
#define P	 (1u << SIP_STIR_PROFILE)
#define T	 (1u << SIP_STIR_TN)
#define V	 (1u << SIP_STIR_VERIFICATION)
#define OTHER(n) ((enum sip_stir_option)(SIP_STIR_OTHERS + (n)))

/* In alphabetical order, as they are shown. */
/* clang-format off */
static const struct stir_option {
	const char *name;
	enum sip_stir_option at;
	unsigned kinds;		 /* objects that have it */
	stir_check is_fit;
	const char *preset;	 /* what holds without it */
} stir_options[] = {
	{"attest_level",             SIP_STIR_LEVEL,         A | P | T, stir_check_level, ""},
	{"ca_file",                  OTHER(0),  V | P, stir_check_nothing, ""},
	{"ca_path",                  OTHER(1),  V | P, stir_check_nothing, ""},
	{"cert_cache_dir",           OTHER(2),  V | P, stir_check_nothing, ""},
	{"check_tn_cert_public_url", SIP_STIR_CHECK_URL,     A | P | T, stir_check_bool, "no"},
	{"crl_file",                 OTHER(3),  V | P, stir_check_nothing, ""},
	{"crl_path",                 OTHER(4),  V | P, stir_check_nothing, ""},
	{"curl_timeout",             OTHER(5),  V | P, stir_check_nothing, "2"},
	{"endpoint_behavior",        SIP_STIR_BEHAVIOR,      P, stir_check_behavior, "off"},
	{"failure_action",           OTHER(6),  V | P, stir_check_nothing, "continue"},
	{"global_disable",           SIP_STIR_DISABLE,       A | V, stir_check_bool, "no"},
	{"ignore_sip_date_header",   OTHER(7),  V | P, stir_check_nothing, "no"},
	{"load_system_certs",        OTHER(8),  V | P, stir_check_nothing, "no"},
	{"max_cache_entry_age",      OTHER(9),  V | P, stir_check_nothing, "60"},
	{"max_cache_size",           OTHER(10), V | P, stir_check_nothing, "1000"},
	{"max_date_header_age",      OTHER(11), V | P, stir_check_nothing, "15"},
	{"max_iat_age",              OTHER(12), V | P, stir_check_nothing, "15"},
	{"private_key_file",         SIP_STIR_KEY,           A | P | T, stir_check_nothing, ""},
	{"public_cert_url",          SIP_STIR_URL,           A | P | T, stir_check_url, ""},
	{"relax_x5u_path_restrictions", OTHER(13), V | P, stir_check_nothing, "no"},
	{"relax_x5u_port_scheme_restrictions", OTHER(14), V | P, stir_check_nothing, "no"},
	{"send_mky",                 SIP_STIR_MKY,           A | P | T, stir_check_bool, "no"},
	{"unknown_tn_attest_level",  SIP_STIR_UNKNOWN_LEVEL, A | P, stir_check_level, ""},
	{"untrusted_cert_file",      OTHER(15), V | P, stir_check_nothing, ""},
	{"untrusted_cert_path",      OTHER(16), V | P, stir_check_nothing, ""},
	{"use_rfc9410_responses",    OTHER(17), V | P, stir_check_nothing, "no"},
	{"x5u_acl",                  OTHER(18), V | P, stir_check_nothing, ""},
	{"x5u_deny",                 OTHER(19), V | P, stir_check_nothing, ""},
	{"x5u_permit",               OTHER(20), V | P, stir_check_nothing, ""},
};
/* clang-format on */
_Static_assert(ARRAY_COUNT(stir_options) == SIP_STIR_OPTIONS, "a place for each option");

#undef A
#undef P
#undef T
#undef V
#undef OTHER

static const char *const stir_kinds[SIP_STIR_KINDS] = {
	[SIP_STIR_ATTESTATION] = "attestation",
	[SIP_STIR_PROFILE] = "profile",
	[SIP_STIR_TN] = "tn",
	[SIP_STIR_VERIFICATION] = "verification",
};

struct slice sip_stir_show(const struct sip_stir_object *o, enum sip_stir_kind kind, uint32_t at,
			   struct slice *value)
{
	bool is_default = kind == SIP_STIR_ATTESTATION || kind == SIP_STIR_VERIFICATION;

	for (uint32_t i = 0; i < ARRAY_COUNT(stir_options); i++) {
		const struct stir_option *option = &stir_options[i];

		if (!(option->kinds >> kind & 1) || at-- > 0)
			continue;
		*value = o->values[option->at];
		if (!value->len && (is_default || option->at == SIP_STIR_BEHAVIOR))
			*value = slice_str(option->preset);
		return slice_str(option->name);
	}
	return SLICE_EMPTY;
}

/* What is asked for and is not done. */
static void stir_say_unserved(const struct stir_option *option, const struct conffile_var *v)
{
	if (!slice_is_true(v->value))
		return;
	if (option->at == SIP_STIR_CHECK_URL)
		log_warning("%s:%d: check_tn_cert_public_url is not served: no certificate is "
			    "fetched; check that the URL leads to it yourself",
			    v->file, v->line);
	if (option->at == SIP_STIR_MKY)
		log_warning("%s:%d: send_mky has no effect: no call has a DTLS key to tell of",
			    v->file, v->line);
}

static int stir_set(struct conf_load *l, struct sip_stir_object *o, enum sip_stir_kind kind,
		    const struct conffile_var *v)
{
	if (slice_ieq(v->name, SLICE_LIT("type")) || slice_starts(v->name, SLICE_LIT("@")))
		return 0;
	for (uint32_t i = 0; i < ARRAY_COUNT(stir_options); i++) {
		const struct stir_option *option = &stir_options[i];

		if (!slice_ieq(v->name, slice_str(option->name)) || !(option->kinds >> kind & 1))
			continue;
		if (v->value.len && option->is_fit(l, v))
			return -EINVAL;
		stir_say_unserved(option, v);
		return conf_text(l, v, &o->values[option->at]);
	}
	log_error(
		"Could not find option suitable for category '%.*s' named '%.*s' at line %d of %s",
		SLICE_ARG(l->section->name), SLICE_ARG(v->name), v->line, v->file);
	return 0;
}

/* ---- objects ---- */

/* SIP_STIR_KINDS: none. [attestation] and [verification] are what they are called. */
static enum sip_stir_kind stir_kind(const struct conffile_section *s)
{
	const struct conffile_var *type = conffile_get(s, "type");
	struct slice word = type ? type->value : s->name;

	for (int i = 0; i < SIP_STIR_KINDS; i++) {
		bool is_single = i == SIP_STIR_ATTESTATION || i == SIP_STIR_VERIFICATION;

		if (slice_ieq(word, slice_str(stir_kinds[i])) && (type || is_single) &&
		    (!is_single || slice_ieq(s->name, word)))
			return (enum sip_stir_kind)i;
	}
	return SIP_STIR_KINDS;
}

/* A number that is none keeps an empty name, and is found by nobody. */
static void stir_name_tn(struct sip_conf *conf, struct sip_stir_object *o)
{
	const struct conffile_section *s = o->section;
	char room[PASSPORT_TN];
	struct sink number = sink_make(room, sizeof(room));

	if (passport_write_tn(&number, s->name))
		o->name = conf_dup(conf, sink_slice(&number));
	else
		log_warning("%s:%d: [%.*s] type=tn: this is no telephone number, so no call will "
			    "have it; name the section as +12025550123",
			    s->file, s->line, SLICE_ARG(s->name));
}

static struct sip_stir_object *stir_place(struct sip_stir *stir, enum sip_stir_kind kind)
{
	switch (kind) {
	case SIP_STIR_ATTESTATION:
		return &stir->attestation;
	case SIP_STIR_PROFILE:
		return &stir->profiles[stir->profile_count++];
	case SIP_STIR_TN:
		return &stir->tns[stir->tn_count++];
	default:
		return &stir->verification;
	}
}

static int stir_read_section(struct conf_load *l, struct sip_stir *stir,
			     const struct conffile_section *s)
{
	enum sip_stir_kind kind = stir_kind(s);
	struct sip_stir_object *o;
	int err = 0;

	if (kind == SIP_STIR_KINDS) {
		log_warning("%s:%d: section [%.*s] is skipped: it has to be [attestation], or to "
			    "have type=profile or type=tn",
			    s->file, s->line, SLICE_ARG(s->name));
		return 0;
	}
	l->section = s;
	l->type_name = stir_kinds[kind];
	o = stir_place(stir, kind);
	o->section = s;
	if (kind == SIP_STIR_TN)
		stir_name_tn(l->conf, o);
	else
		o->name = conf_dup(l->conf, s->name);
	for (const struct conffile_var *v = s->vars; v && !err; v = v->next)
		err = stir_set(l, o, kind, v);
	return err;
}

static int stir_compare(const void *a, const void *b)
{
	const struct sip_stir_object *x = a, *y = b;

	return slice_cmp(x->name, y->name);
}

static void stir_sort(struct sip_stir_object *list, uint32_t count)
{
	qsort(list, count, sizeof(*list), stir_compare);
	for (uint32_t i = 1; i < count; i++)
		if (list[i].name.len && slice_eq(list[i].name, list[i - 1].name))
			log_warning("%s:%d: '%.*s' stands twice in stir_shaken.conf; only one of "
				    "them is used. Remove the other",
				    list[i].section->file, list[i].section->line,
				    SLICE_ARG(list[i].name));
}

static int stir_read(struct conf_load *l, struct sip_stir *stir, const struct conffile *cf)
{
	const struct conffile_section *s;
	uint32_t count = 0;
	int err = 0;

	for (s = conffile_first(cf); s; s = conffile_next(s))
		count++;
	stir->profiles = conf_alloc(l->conf, sizeof(*stir->profiles) * count);
	stir->tns = conf_alloc(l->conf, sizeof(*stir->tns) * count);
	if (!stir->profiles || !stir->tns)
		return -ENOMEM;
	for (s = conffile_first(cf); s && !err; s = conffile_next(s))
		err = stir_read_section(l, stir, s);
	if (err)
		return err;
	stir_sort(stir->profiles, stir->profile_count);
	stir_sort(stir->tns, stir->tn_count);
	return 0;
}

/* ---- keys ---- */

static struct sip_stir_object *stir_at(struct sip_stir *stir, uint32_t i)
{
	if (i == 0)
		return &stir->attestation;
	i--;
	return i < stir->profile_count ? &stir->profiles[i] : &stir->tns[i - stir->profile_count];
}

static uint32_t stir_count(const struct sip_stir *stir)
{
	return 1 + stir->profile_count + stir->tn_count;
}

/* One key a file, however many objects name it. */
static struct es256_key *stir_known_key(struct sip_stir *stir, uint32_t before, struct slice file)
{
	while (before-- > 0) {
		const struct sip_stir_object *o = stir_at(stir, before);

		if (o->key && slice_eq(o->values[SIP_STIR_KEY], file))
			return es256_key_ref(o->key);
	}
	return NULL;
}

static int stir_load_key(struct conf_load *l, struct sip_stir *stir, uint32_t i, struct io *io)
{
	struct sip_stir_object *o = stir_at(stir, i);
	struct slice file = o->values[SIP_STIR_KEY];
	char text[512];
	struct sink why = sink_make(text, sizeof(text));
	int err;

	if (!file.len)
		return 0;
	o->key = stir_known_key(stir, i, file);
	if (o->key)
		return 0;
	err = es256_key_load(&o->key, io, file.ptr, &why);
	if (err) {
		const struct conffile_section *s = o->section;
		const struct conffile_var *v = conffile_get(s, "private_key_file");

		sink_fmt(l->error, "%s:%d: [%.*s] %s", s->file, v ? v->line : s->line,
			 SLICE_ARG(s->name), sink_cstr(&why));
	}
	return err;
}

/* ---- together ---- */

static int stir_lacks(struct conf_load *l, const struct conffile_section *s,
		      const struct sip_stir_object *profile, const char *option,
		      const char *example)
{
	sink_fmt(l->error,
		 "%s:%d: [%.*s] is to be attested under profile '%.*s', but %s= is missing in it, "
		 "in the profile and in [attestation]; give one, as %s=%s",
		 s->file, s->line, SLICE_ARG(s->name), SLICE_ARG(profile->name), option, option,
		 example);
	return -EINVAL;
}

/* `tn` NULL: numbers without an object. */
static int stir_check_pair(struct conf_load *l, const struct sip_stir_object *effective,
			   const struct sip_stir_object *tn, const struct conffile_section *section)
{
	struct slice level =
		tn && tn->values[SIP_STIR_LEVEL].len
			? tn->values[SIP_STIR_LEVEL]
			: effective->values[tn ? SIP_STIR_LEVEL : SIP_STIR_UNKNOWN_LEVEL];
	bool has_key = effective->key || (tn && tn->key);
	bool has_url = effective->values[SIP_STIR_URL].len || (tn && tn->values[SIP_STIR_URL].len);

	if (!tn && !level.len)
		return 0; /* not attested */
	if (!level.len)
		return stir_lacks(l, section, effective, "attest_level", "A");
	if (!has_key)
		return stir_lacks(l, section, effective, "private_key_file",
				  "/etc/asterisk/keys/stir.key");
	if (!has_url)
		return stir_lacks(l, section, effective, "public_cert_url",
				  "https://example.com/cert.pem");
	return 0;
}

static int stir_check_profile(struct conf_load *l, const struct sip_stir *stir,
			      const struct sip_stir_object *p)
{
	struct sip_stir_object effective;
	int err;

	if (sip_stir_may_verify(p))
		log_warning("%s:%d: profile '%.*s': incoming calls are not verified; the Identity "
			    "that they bring is not looked at",
			    p->section->file, p->section->line, SLICE_ARG(p->name));
	sip_stir_effective(stir, p, &effective);
	if (!sip_stir_may_attest(&effective))
		return 0;
	err = stir_check_pair(l, &effective, NULL, p->section);
	for (uint32_t i = 0; i < stir->tn_count && !err; i++)
		err = stir_check_pair(l, &effective, &stir->tns[i], stir->tns[i].section);
	return err;
}

static void stir_check_endpoints(const struct sip_conf *conf)
{
	for (uint32_t i = 0; i < conf->endpoint_count; i++) {
		const struct sip_conf_endpoint *ep = &conf->endpoints[i];

		if (ep->stir_profile.len && !sip_stir_profile(conf->stir, ep->stir_profile))
			log_warning("Endpoint '%.*s': stir_shaken_profile names '%.*s', but "
				    "stir_shaken.conf has no such section with type=profile; its "
				    "calls are not attested",
				    SLICE_ARG(ep->name), SLICE_ARG(ep->stir_profile));
	}
}

static int stir_load_all(struct conf_load *l, struct sip_stir *stir, const struct conffile *cf,
			 struct io *io)
{
	bool is_off;
	int err = stir_read(l, stir, cf);

	if (err)
		return err;
	is_off = !stir->attestation.name.len ||
		 slice_is_true(stir->attestation.values[SIP_STIR_DISABLE]);
	if (!stir->attestation.name.len && stir->profile_count)
		log_warning("stir_shaken.conf has no section [attestation]: no call is attested");
	for (uint32_t i = 0; i < stir_count(stir) && !err && !is_off; i++)
		err = stir_load_key(l, stir, i, io);
	for (uint32_t i = 0; i < stir->profile_count && !err; i++)
		err = stir_check_profile(l, stir, &stir->profiles[i]);
	for (uint32_t i = 0; i < stir_count(stir); i++)
		stir_at(stir, i)->section = NULL;
	stir->verification.section = NULL;
	return err;
}

int sip_stir_load(struct sip_conf *conf, const struct conffile *cf, struct io *io,
		  struct sink *error)
{
	struct conf_load l = {.conf = conf, .error = error};
	int err = 0;

	if (cf) {
		conf->stir = conf_alloc(conf, sizeof(*conf->stir));
		err = conf->stir ? stir_load_all(&l, conf->stir, cf, io) : -ENOMEM;
	}
	if (!err && conf->is_starved)
		err = -ENOMEM;
	if (err == -ENOMEM && error->len == 0)
		sink_str(error, "stir_shaken.conf: out of memory");
	if (!err)
		stir_check_endpoints(conf);
	return err;
}

void sip_stir_free(struct sip_stir *stir)
{
	for (uint32_t i = 0; stir && i < stir_count(stir); i++)
		es256_key_unref(stir_at(stir, i)->key);
}
