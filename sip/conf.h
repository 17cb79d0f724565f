/* sip/conf.h - pjsip.conf as an immutable snapshot.
 *
 * Made once at boot or reload from a struct conffile, read by every shard without locks, freed when
 * all have let go of it. It refers to nothing outside of itself. All memory is taken at load.
 *
 * Served in this release: UDP, TCP and TLS transports, endpoints, AORs with static contacts, digest
 * credentials, identify, acl, global and system. Other object types, other transport kinds and
 * options that are known but have no effect yet are accepted; what changes the meaning of a call,
 * and a name that pjsip.conf never had, is reported once by file and line. A value that cannot be
 * used refuses the load. */
#ifndef RINGER_SIP_CONF_H
#define RINGER_SIP_CONF_H

#include "engine/core/acl.h"
#include "engine/core/conffile.h"
#include "engine/core/media.h"
#include "engine/core/tech.h"
#include "engine/io/addr.h"
#include "engine/io/resolver.h"
#include "engine/io/tls.h"
#include "sip/auth.h"
#include "sip/target.h"

/* A host name that stands for its addresses (hosts.h). */
struct sip_conf_host {
	struct slice name;
	bool srv; /* srv_lookups: those of its SIP services */
};

struct sip_conf_transport {
	struct slice name;
	uint8_t protocol; /* enum sip_transport */
	uint8_t method;	  /* enum tls_version: the only one spoken */
	bool verify_server, verify_client, require_client_cert, allow_wildcard_certs;
	struct slice cert_file, key_file, ca_file, ca_path, cipher; /* NUL behind them */
	struct tls_context *tls_in, *tls_out; /* by sip_conf_open_tls; NULL: not TLS */
	struct addr bind;
	struct slice external_address; /* external_signaling_address; empty: none */
	uint16_t external_port;	       /* 0: that of bind */
	struct slice external_media;   /* external_media_address; empty: none */
	int32_t external_host,
		media_host;	    /* index in hosts, if those are names; -1: they are not */
	struct addr_net *local_net; /* destinations that see our real address */
	uint32_t local_net_count;
	struct io_mark mark; /* tos, cos */
	bool allow_reload;   /* a reload may change where it listens, and its mark */
};

enum sip_conf_timers { SIP_TIMERS_NO, SIP_TIMERS_YES, SIP_TIMERS_REQUIRED, SIP_TIMERS_ALWAYS };
/* What a 3xx does: it is reported (cause 23); it is followed as a new call; as the same call. */
enum sip_conf_redirect { SIP_REDIRECT_USER, SIP_REDIRECT_URI_CORE, SIP_REDIRECT_URI_PJSIP };
enum sip_conf_100rel { SIP_100REL_NO, SIP_100REL_YES, SIP_100REL_REQUIRED, SIP_100REL_PEER };
enum sip_conf_dtmf {
	SIP_DTMF_RFC4733,
	SIP_DTMF_INBAND,
	SIP_DTMF_INFO,
	SIP_DTMF_NONE,
	SIP_DTMF_AUTO,
	SIP_DTMF_AUTO_INFO,
};

/* One contact= of an AOR, ready to be dialled. */
struct sip_conf_contact {
	struct slice uri;     /* as written, without <> */
	struct sip_uri parts; /* of uri */
};

struct sip_conf_endpoint;

struct sip_conf_aor {
	struct slice name;
	uint64_t hash; /* contact_aor_hash(name) */
	const struct sip_conf_contact *contacts;
	uint32_t contact_count;
	uint32_t max_contacts; /* that may be registered; 0: none */
	uint32_t default_expiration_s, minimum_expiration_s, maximum_expiration_s;
	uint32_t qualify_s; /* qualify_frequency; 0: never */
	uint32_t qualify_timeout_ms;
	struct slice outbound_proxy;		/* URI, ready for Route; empty: none */
	const struct sip_conf_endpoint **users; /* endpoints that name it in aors= */
	uint32_t user_count;
	bool remove_existing, remove_unavailable;
	bool authenticate_qualify, qualify_2xx_only;
	bool support_path;
};

/* A registration that we keep with others (RFC 3261 10.2). */
struct sip_conf_registration {
	struct slice name;
	uint64_t hash;		 /* of the name */
	struct slice server_uri; /* Request-URI */
	struct sip_uri server;
	struct slice client_uri;	  /* From and To */
	struct slice outbound_proxy;	  /* URI, ready for Route; empty: none */
	const struct sip_conf_auth *auth; /* NULL: none */
	int32_t transport;		  /* as of an endpoint */
	struct slice contact_user, contact_header_params, endpoint, user_agent;
	uint32_t expiration_s;
	uint32_t retry_s;	    /* after a temporary failure */
	uint32_t forbidden_retry_s; /* after 403; 0: it is final */
	uint32_t fatal_retry_s;	    /* after any other refusal; 0: it is final */
	uint32_t max_retries;
	uint32_t max_initial_delay_s;
	bool auth_rejection_permanent;
	bool line, support_path;
};

/* A section as it was written: for those who show it. */
struct sip_conf_section {
	struct slice name;
	struct slice type;
	const struct slice *vars; /* name, value, name, value, ... */
	uint32_t var_count;	  /* pairs */
};

/* For the search by name. */
struct sip_conf_key {
	uint64_t hash;
	const struct sip_conf_section *section;
};

struct sip_conf_auth {
	struct slice name;
	uint64_t hash; /* of the name */
	struct sip_credentials cred;
	unsigned alg_mask;	       /* supported_algorithms_uac, those with a secret */
	struct sip_auth_algs algs_uas; /* demanded of callers: supported_algorithms_uas, in order */
	uint32_t nonce_lifetime_s;
	bool nonce_reuse; /* ours: the far end's nonces are kept for the next call */
};

/* Ways by which the endpoint of a request is found; bits 1 << way of identify_by. */
enum sip_conf_ident {
	SIP_IDENTIFY_USERNAME,	    /* user of From */
	SIP_IDENTIFY_AUTH_USERNAME, /* user of the credentials */
	SIP_IDENTIFY_IP,
	SIP_IDENTIFY_HEADER,
	SIP_IDENTIFY_REQUEST_URI,
	SIP_IDENTIFY_ANONYMOUS, /* the endpoint "anonymous" */
	SIP_IDENTIFY_COUNT,
};

/* A name of match=, with the source port that it demands; 0: any. */
struct sip_conf_match {
	uint32_t host; /* index in hosts */
	uint16_t port;
};

/* type=acl: who may talk to us at all. */
struct sip_conf_acl {
	struct acl source, contact; /* of the address, and of an address in Contact */
};

/* type=identify: which requests are those of an endpoint. */
struct regex;
struct sip_conf_identify {
	struct slice name;
	const struct sip_conf_endpoint *endpoint; /* NULL: there is none of that name */
	const struct addr_net *nets; /* match=; a port of its base: that source port alone */
	uint32_t net_count;
	const struct sip_conf_match *names;
	uint32_t name_count;
	struct slice header, header_value; /* match_header: empty: none */
	struct slice ruri;		   /* match_request_uri; empty: none */
	const struct regex *header_regex, *ruri_regex; /* values within slashes; NULL: plain text */
};

struct sip_conf_endpoint {
	struct slice name;
	uint64_t hash;	   /* of the name: finds it again in another snapshot */
	int32_t transport; /* index; -1: any that fits; beyond the count: one that is not served */
	const struct sip_conf_aor *const *aors;
	uint32_t aor_count;
	const struct sip_conf_auth *auth;	  /* outbound_auth; NULL: none */
	const struct sip_conf_auth *const *auths; /* auth: one of them must be met by callers */
	uint32_t auth_count;
	uint8_t identify_by; /* bits of enum sip_conf_ident */
	struct acl acl, contact_acl;
	struct slice outbound_proxy; /* URI, ready for Route; empty: none */
	struct slice context, account, language;
	struct slice from_user, from_domain, contact_user;
	struct slice cid_name, cid_num;
	struct slice stir_profile; /* stir_shaken_profile; empty: its calls are not attested */
	struct codec_list allow;
	struct media_params media;
	struct slice sdp_owner, sdp_session, media_address;
	const struct slice *set_vars;
	uint32_t set_var_count;
	uint32_t timers_min_se_s, timers_sess_expires_s;
	uint8_t timers;	     /* enum sip_conf_timers */
	uint8_t rel100;	     /* enum sip_conf_100rel */
	uint8_t dtmf;	     /* enum sip_conf_dtmf */
	uint8_t redirect;    /* enum sip_conf_redirect */
	bool cid_restricted; /* callerid_privacy asks to hide the number */
	bool cid_screened;
	bool trust_id_outbound, trust_id_inbound;
	bool send_connected_line, trust_connected_line;
	bool send_pai, send_rpid, send_diversion;
	bool force_rport, rewrite_contact;
	bool ignore_183_without_sdp, follow_early_media_fork, accept_multiple_sdp_answers;
	bool inband_progress;
	bool user_eq_phone;
	bool suppress_q850;
	bool allow_transfer;
	uint32_t busy_at; /* calls; 0: never */
	bool use_ptime;
	bool is_refused; /* asks for what is not served (encrypted media) */
};

struct sip_conf_memory;
struct sip_failover;
struct sip_identify;
struct sip_stir;

struct sip_conf {
	struct sip_conf_transport *transports;
	uint32_t transport_count;
	const struct sip_conf_endpoint *endpoints; /* in the order of the file */
	uint32_t endpoint_count;
	const struct sip_conf_endpoint *const *by_hash; /* the same, sorted */
	struct sip_conf_aor *aors;
	const struct sip_conf_aor *const *aors_by_hash; /* the same, sorted */
	uint32_t aor_count;
	const struct sip_conf_auth *auths;
	const struct sip_conf_auth *const *auths_by_hash; /* the same, sorted */
	uint32_t auth_count;
	const struct sip_conf_identify *identifies;
	uint32_t identify_count;
	struct sip_identify *identify; /* identify.h: finds them; NULL: there is none */
	const struct sip_conf_host *hosts;
	uint32_t host_count;
	const struct sip_conf_acl *acls; /* all of them must let a caller in */
	uint32_t acl_count;
	struct keep keep; /* of access lists */
	const struct sip_conf_registration *registrations;
	const struct sip_conf_registration *const *registrations_by_hash; /* the same, sorted */
	uint32_t registration_count;
	const struct sip_conf_section
		*sections; /* all that have a type, in the order of the file */
	uint32_t section_count;
	const struct sip_failover *failovers;	    /* failover.h */
	bool has_unforced;			    /* an endpoint has force_rport=no */
	const struct sip_conf_key *section_names;   /* of each, sorted */
	const struct sip_conf_key *identify_owners; /* identifies by their endpoint, sorted */
	uint32_t owner_count;
	/* global */
	struct slice default_realm;
	struct sip_auth_algs default_algs_uac, default_algs_uas; /* default_auth_algorithms_* */
	uint8_t identify_order[SIP_IDENTIFY_COUNT]; /* enum sip_conf_ident */
	uint8_t identify_order_count;
	uint32_t unidentified_count, unidentified_period_s, unidentified_prune_s;
	uint32_t keep_alive_s; /* keep_alive_interval of connections; 0: none */
	struct slice user_agent;
	struct slice default_from_user;
	struct slice default_outbound_endpoint; /* by which requests go to URIs of no endpoint */
	uint32_t max_forwards;
	uint32_t max_initial_qualify_s; /* max_initial_qualify_time; 0: as soon as it is fair */
	bool use_callerid_contact;
	bool norefersub;	 /* told in Supported (RFC 4488) */
	bool send_180_after_183; /* allow_sending_180_after_183 */
	/* system */
	int64_t t1_ns; /* timer_t1, 500 ms */
	int64_t b_ns;  /* timer_b, 64 * T1 */
	bool disable_rport;
	bool disable_tcp_switch;	/* off: requests over SIP_UDP_MAX octets go by TCP */
	struct sip_stir *stir;		/* stir_shaken.conf, by sip_stir_load; NULL: none */
	struct resolver_conf names;	/* name servers and hosts: filled in by who made this */
	struct sip_conf_memory *memory; /* private */
	void *regexes;			/* private */
	bool is_starved;		/* private: memory ran out while it was read */
};

/* 0, -EINVAL (then *error says file, line, what is wrong and what is allowed) or -ENOMEM. */
int sip_conf_load(struct sip_conf **out, const struct conffile *cf, struct sink *error);
/* Takes what acl= lines name from acl.conf; until then those let nobody in. 0 or -ENOMEM. */
int sip_conf_take_acls(struct sip_conf *conf, const struct acl_book *book);
/* Reads certificates and keys of the TLS transports. 0, or a negative errno with the transport, the
 * file and the remedy in *error. */
int sip_conf_open_tls(struct sip_conf *conf, struct io *io, struct sink *error);
/* What holds without a file: no transport, no endpoint. NULL: out of memory. */
struct sip_conf *sip_conf_empty(void);
void sip_conf_free(struct sip_conf *conf); /* NULL is fine */

uint64_t sip_conf_name_hash(struct slice name);
const struct sip_conf_endpoint *sip_conf_endpoint(const struct sip_conf *conf, struct slice name);
const struct sip_conf_endpoint *sip_conf_endpoint_hash(const struct sip_conf *conf, uint64_t hash);
const struct sip_conf_aor *sip_conf_aor(const struct sip_conf *conf, struct slice name);
const struct sip_conf_aor *sip_conf_aor_hash(const struct sip_conf *conf, uint64_t hash);
const struct sip_conf_registration *sip_conf_registration(const struct sip_conf *conf,
							  uint64_t hash);
const struct sip_conf_section *sip_conf_section(const struct sip_conf *conf, struct slice type,
						struct slice name);
/* The sections type=identify of an endpoint, in the order of the file: the one at *cursor (0 at
 * first), which moves on; NULL: there are no more. */
const struct sip_conf_section *sip_conf_identify_of(const struct sip_conf *conf,
						    struct slice endpoint, uint32_t *cursor);
/* The value of an option as it was written; the last one counts. False: it was not. */
bool sip_conf_written(const struct sip_conf_section *s, struct slice option, struct slice *value);

/* What stands behind "PJSIP/": "ep", "user@ep", "ep/sip:user@host:port" (config.md 5.2). */
struct sip_dial_string {
	struct slice endpoint;
	struct slice user; /* to be put into the contact's URI; empty: none */
	struct slice uri;  /* explicit request URI; empty: none */
};
void sip_dial_string_parse(struct sip_dial_string *out, struct slice resource);

/* The address that a host part means: IPv4, IPv6, "localhost". Names are not resolved. Keeps
 * out->port. */
bool sip_conf_host_addr(struct slice host, struct addr *out);

/* What the core is told of an endpoint; without a target. */
void sip_conf_fill_endpoint(const struct sip_conf_endpoint *ep, struct tech_endpoint *out);

/* As tech_ops.find, for any thread that holds the snapshot (the control shard checks an order with
 * it): 0; -ENOENT no such endpoint, -EHOSTUNREACH no contact that can be dialled, -EINVAL not an
 * address. */
int sip_conf_find(const struct sip_conf *conf, struct slice resource, struct tech_endpoint *out);

#endif
