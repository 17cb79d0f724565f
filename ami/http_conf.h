/* ami/http_conf.h - http.conf as an immutable snapshot (ami-http.md 8).
 *
 * Loaded with http_conf_load. One owner: the server takes it over and frees the one before. Slices
 * have a NUL behind them. */
#ifndef RINGER_AMI_HTTP_CONF_H
#define RINGER_AMI_HTTP_CONF_H

#include "ami/conf.h"
#include "ami/conf_tls.h"
#include "engine/base/sink.h"

#define HTTP_CONF_PORT	   8088
#define HTTP_CONF_TLS_PORT 8089

struct conffile;

struct http_redirect {
	struct slice from, to;
};

/* [/path] type=restriction: who may ask for what begins so, in any case. */
struct http_restriction {
	struct slice path;
	struct acl acl;
};

struct http_conf {
	struct keep keep;
	bool enabled; /* and bindaddr is there */
	struct addr bind;
	struct slice prefix;	  /* "/asterisk", or empty */
	struct slice server_name; /* empty: neither header nor address line */
	bool static_enabled, status_enabled;
	struct slice static_dir;	      /* what /static shows */
	int64_t inactivity_ms, keep_alive_ms; /* 0: no keep-alive */
	uint32_t session_limit;		      /* connections */
	struct http_redirect *redirects;
	uint32_t redirect_count;
	struct http_restriction *restrictions;
	uint32_t restriction_count;
	struct ami_tls_conf tls;
};

/* cf NULL: no such file, the server is off. data_dir: where static-http is. 0; -EINVAL with
 * "file:line: reason; remedy" in *error, -ENOMEM. Lesser faults are logged and the default is used.
 */
int http_conf_load(struct http_conf **out, const struct conffile *cf, const char *data_dir,
		   struct sink *error);
/* Takes what acl= lines name from acl.conf; until then those let nobody in. 0 or -ENOMEM. */
int http_conf_take_acls(struct http_conf *conf, const struct acl_book *book);
void http_conf_free(struct http_conf *conf); /* NULL is fine */

/* Whether the peer may ask for the path: every restriction that covers it must admit him. */
bool http_conf_admits(const struct http_conf *conf, struct slice path, const struct addr *peer);
/* Where the path is redirected to; empty: nowhere. */
struct slice http_conf_redirect(const struct http_conf *conf, struct slice path);

#endif
