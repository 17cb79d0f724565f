/* sip/conf_internal.h - how pjsip.conf is read: object types, option tables, the load in progress.
 */
#ifndef RINGER_SIP_CONF_INTERNAL_H
#define RINGER_SIP_CONF_INTERNAL_H

#include "sip/conf.h"

enum conf_type {
	CONF_TRANSPORT,
	CONF_ENDPOINT,
	CONF_AOR,
	CONF_AUTH,
	CONF_GLOBAL,
	CONF_SYSTEM,
	CONF_IDENTIFY,
	CONF_ACL,
	CONF_REGISTRATION,
	CONF_SERVED,		  /* types below have an object here */
	CONF_QUIET = CONF_SERVED, /* known, of no consequence for calls that we place */
	CONF_TYPE_COUNT,
	CONF_TYPE_UNKNOWN = CONF_TYPE_COUNT,
};
enum conf_type conf_type_lookup(struct slice name);
const char *conf_type_name(enum conf_type type);
/* An option that objects of a served type may have, and whether it has an effect (NULL: who cares);
 * empty: there are not so many. */
struct slice conf_type_option(enum conf_type type, uint32_t at, bool *has_effect);

struct conf_load {
	struct sip_conf *conf;
	struct sink *error;
	const struct conffile_section *section; /* being read */
	enum conf_type type;
	const char *type_name; /* of an object of another file; else NULL */
	void *object;
	bool failed;
};

/* The value cannot be used: says where, what, and what is allowed. Always -EINVAL. */
int conf_fail(struct conf_load *l, const struct conffile_var *v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Zeroed memory that lives as long as the configuration; NULL: none left. The configuration
 * remembers that, and its load fails at the end, whoever looked away. */
void *conf_alloc(struct sip_conf *conf, size_t bytes);
/* A copy with a NUL behind. */
struct slice conf_dup(struct sip_conf *conf, struct slice s);

/* Sets one option of l->object. 0 or -EINVAL (said in l->error). */
int conf_set_option(struct conf_load *l, const struct conffile_var *v);

/* ---- values (conf_set.c): 0, -EINVAL (said) or -ENOMEM ---- */

int conf_bool(struct conf_load *l, const struct conffile_var *v, bool *out);
int conf_number(struct conf_load *l, const struct conffile_var *v, uint32_t min, uint32_t max,
		uint32_t *out);
/* Place of the value in a list of words separated by blanks. */
int conf_word(struct conf_load *l, const struct conffile_var *v, const char *words, uint8_t *out);
int conf_text(struct conf_load *l, const struct conffile_var *v, struct slice *out);
/* A numeric address, or a name. */
int conf_host_text(struct conf_load *l, const struct conffile_var *v, struct slice *out);
int conf_ip(struct conf_load *l, const struct conffile_var *v, struct slice *out);
int conf_tos(struct conf_load *l, const struct conffile_var *v, uint8_t *dscp);

/* Options with a reader of their own. */
int conf_set_protocol(struct conf_load *l, const struct conffile_var *v);
int conf_set_method(struct conf_load *l, const struct conffile_var *v);
int conf_set_bind(struct conf_load *l, const struct conffile_var *v);
int conf_set_local_net(struct conf_load *l, const struct conffile_var *v);
int conf_set_external_port(struct conf_load *l, const struct conffile_var *v);
int conf_set_allow(struct conf_load *l, const struct conffile_var *v);
int conf_set_disallow(struct conf_load *l, const struct conffile_var *v);
int conf_set_callerid(struct conf_load *l, const struct conffile_var *v);
int conf_set_privacy(struct conf_load *l, const struct conffile_var *v);
int conf_set_proxy(struct conf_load *l, const struct conffile_var *v);
int conf_set_timers(struct conf_load *l, const struct conffile_var *v);
int conf_set_set_var(struct conf_load *l, const struct conffile_var *v);
int conf_set_encryption(struct conf_load *l, const struct conffile_var *v);
int conf_set_contact(struct conf_load *l, const struct conffile_var *v);
int conf_set_qualify_timeout(struct conf_load *l, const struct conffile_var *v);
int conf_set_aor_proxy(struct conf_load *l, const struct conffile_var *v);
int conf_set_server_uri(struct conf_load *l, const struct conffile_var *v);
int conf_set_client_uri(struct conf_load *l, const struct conffile_var *v);
int conf_set_registration_proxy(struct conf_load *l, const struct conffile_var *v);
int conf_set_algorithms_uac(struct conf_load *l, const struct conffile_var *v);
int conf_set_algorithms_uas(struct conf_load *l, const struct conffile_var *v);
int conf_set_default_algorithms_uac(struct conf_load *l, const struct conffile_var *v);
int conf_set_default_algorithms_uas(struct conf_load *l, const struct conffile_var *v);
int conf_set_auth_type(struct conf_load *l, const struct conffile_var *v);
int conf_set_md5_cred(struct conf_load *l, const struct conffile_var *v);
int conf_set_password_digest(struct conf_load *l, const struct conffile_var *v);
int conf_set_t1(struct conf_load *l, const struct conffile_var *v);
int conf_set_b(struct conf_load *l, const struct conffile_var *v);

/* Of callers (conf_server.c). */
int conf_set_identify_by(struct conf_load *l, const struct conffile_var *v);
int conf_set_identify_order(struct conf_load *l, const struct conffile_var *v);
int conf_set_match(struct conf_load *l, const struct conffile_var *v);
int conf_set_match_header(struct conf_load *l, const struct conffile_var *v);
int conf_set_match_ruri(struct conf_load *l, const struct conffile_var *v);
int conf_set_acl_permit(struct conf_load *l, const struct conffile_var *v);
int conf_set_acl_deny(struct conf_load *l, const struct conffile_var *v);
int conf_set_acl_name(struct conf_load *l, const struct conffile_var *v);

/* A served object as it is before its first option. */
void conf_defaults(enum conf_type type, void *object);
/* What the options of one object mean together. */
int conf_finish_object(struct conf_load *l);

/* What an endpoint says by name, resolved when all objects are known. */
struct conf_endpoint_names {
	struct slice aors, auth, transport, auths;
};
/* The endpoint while it is read: the public part first. */
struct conf_endpoint_draft {
	struct sip_conf_endpoint e;
	struct conf_endpoint_names names;
	struct slice *vars; /* set_var, in order; room for var_room */
	uint32_t var_room;
	bool rtp_to_media_address, rtp_ipv6;
};
struct conf_identify_draft {
	struct sip_conf_identify i;
	struct slice endpoint; /* its name */
	struct addr_net *nets;
	struct sip_conf_match *names; /* as i.names; hosts is the index of a text below */
	struct slice *texts;
	uint32_t room; /* of each of the three */
	bool srv_lookups;
};
/* The host of that name: added if it is new; -1: there is no room for another one (said). */
int32_t conf_host(struct sip_conf *conf, struct slice name, bool srv);
/* The hosts that transports name. */
/* CONF_TYPE_UNKNOWN: none that Asterisk has, or no type. */
enum conf_type conf_section_type(const struct conffile_section *s);
/* conf_section.c: after everything else is read. 0 or -ENOMEM. */
int conf_keep_sections(struct sip_conf *conf, const struct conffile *cf);
void conf_link_hosts(struct sip_conf *conf);
/* After all sections: objects of callers, and what they name. 0 or -ENOMEM. */
int conf_link_callers(struct sip_conf *conf, const struct conf_identify_draft *identifies,
		      uint32_t count);
void conf_free_callers(struct sip_conf *conf);
struct conf_aor_draft {
	struct sip_conf_aor a;
	struct sip_conf_contact *contacts;
	uint32_t contact_room;
};
struct conf_transport_draft {
	struct sip_conf_transport t;
	bool is_served; /* protocol=udp, tcp, tls */
	bool has_bind, has_port;
	struct addr_net *nets;
	uint32_t net_room;
};
struct conf_registration_draft {
	struct sip_conf_registration r;
	struct slice auth, transport; /* names */
};
struct conf_auth_draft {
	struct sip_conf_auth a;
	struct sip_auth_algs uac, uas; /* as written; none: the default */
	bool is_token;		       /* auth_type=google_oauth */
};
/* conf_auth.c: the object with what its options mean together, once all sections are read. */
void conf_settle_auth(const struct sip_conf *conf, const struct conf_auth_draft *d,
		      struct sip_conf_auth *out);
int conf_sort_auths(struct sip_conf *conf); /* 0 or -ENOMEM; before the two below */
/* outbound_auth: the first that exists counts; NULL: none. what: "Endpoint", "Registration". */
const struct sip_conf_auth *conf_link_auth(const struct sip_conf *conf, const char *what,
					   struct slice owner, struct slice names);
int conf_link_auths(struct sip_conf *conf, struct conf_endpoint_draft *d); /* 0 or -ENOMEM */

#endif
