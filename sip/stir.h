/* sip/stir.h - stir_shaken.conf: whose numbers we attest, how, and with which key.
 *
 * Part of the snapshot of pjsip.conf (conf->stir): read with it, shared by all shards, freed with
 * it. Objects as in Asterisk 22's res_stir_shaken: [attestation] holds the defaults, a profile
 * (named by an endpoint's stir_shaken_profile) overrides them, and a tn, one caller's number,
 * overrides both. What belongs to verification is accepted and shown, and said to be not in force:
 * incoming Identity headers are not looked at. */
#ifndef RINGER_SIP_STIR_H
#define RINGER_SIP_STIR_H

#include "engine/io/es256.h"
#include "sip/conf.h"

enum sip_stir_kind {
	SIP_STIR_ATTESTATION,
	SIP_STIR_PROFILE,
	SIP_STIR_TN,
	SIP_STIR_VERIFICATION,
	SIP_STIR_KINDS,
};

/* What the engine itself looks at; all other options are only kept. */
enum sip_stir_option {
	SIP_STIR_LEVEL,		/* attest_level: "A", "B", "C" */
	SIP_STIR_BEHAVIOR,	/* endpoint_behavior */
	SIP_STIR_DISABLE,	/* global_disable */
	SIP_STIR_KEY,		/* private_key_file */
	SIP_STIR_URL,		/* public_cert_url */
	SIP_STIR_UNKNOWN_LEVEL, /* unknown_tn_attest_level */
	SIP_STIR_CHECK_URL,	/* check_tn_cert_public_url */
	SIP_STIR_MKY,		/* send_mky */
	SIP_STIR_OTHERS,	/* of verification, from here on */
	SIP_STIR_OPTIONS = SIP_STIR_OTHERS + 21,
};

struct conffile_section;

struct sip_stir_object {
	struct slice name;			/* of a tn: the number in canonical form */
	struct slice values[SIP_STIR_OPTIONS];	/* as written; empty: not set */
	struct es256_key *key;			/* of its own private_key_file, or NULL */
	const struct conffile_section *section; /* while it is read */
};

struct sip_stir {
	struct sip_stir_object attestation, verification; /* without a name: there is none, which
							     is as good as global_disable=yes */
	struct sip_stir_object *profiles, *tns;		  /* sorted by name */
	uint32_t profile_count, tn_count;
};

/* Reads the file, and the keys that it names, into conf->stir, and says which endpoints name a
 * profile that is not there. cf NULL: there is no such file. 0; or a negative errno with file,
 * line, what is wrong and the remedy. */
int sip_stir_load(struct sip_conf *conf, const struct conffile *cf, struct io *io,
		  struct sink *error);
void sip_stir_free(struct sip_stir *stir); /* the keys; NULL is fine */

/* How a number is attested; valid as long as the snapshot. */
struct sip_attest {
	const struct es256_key *key;
	struct slice url;
	char level; /* 'A', 'B', 'C' */
};
/* The number `orig` (canonical) under a profile. False: it is not attested. stir NULL is fine. */
bool sip_stir_attest(const struct sip_stir *stir, struct slice profile, struct slice orig,
		     struct sip_attest *out);

/* ---- for those who read or show it ---- */

/* What endpoint_behavior asks for. */
bool sip_stir_may_attest(const struct sip_stir_object *profile);
bool sip_stir_may_verify(const struct sip_stir_object *profile);

const struct sip_stir_object *sip_stir_profile(const struct sip_stir *stir, struct slice name);
const struct sip_stir_object *sip_stir_tn(const struct sip_stir *stir, struct slice number);
/* The profile over the defaults; its endpoint_behavior is what is left of it if either side is
 * disabled. */
void sip_stir_effective(const struct sip_stir *stir, const struct sip_stir_object *profile,
			struct sip_stir_object *out);
/* The option that stands at that place of an object's list, in alphabetical order; empty: the list
 * is over. *value: as set, or what holds without it. */
struct slice sip_stir_show(const struct sip_stir_object *o, enum sip_stir_kind kind, uint32_t at,
			   struct slice *value);

#endif
