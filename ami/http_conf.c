/* ami/http_conf.c - see http_conf.h. */
#include "ami/http_conf.h"

#include "ami/ami_internal.h"
#include "ami/conf_internal.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

#define PREFIX_MAX 78 /* octets behind the slash */

static const char *const general_keys[] = {
	"enabled",	 "bindaddr",	       "bindport",
	"prefix",	 "servername",	       "enable_static",
	"enablestatic",	 "enable_status",      "redirect",
	"sessionlimit",	 "session_inactivity", "session_keep_alive",
	"tlsenable",	 "tlsbindaddr",	       "tlscertfile",
	"tlsprivatekey", "tlscipher",	       "tlsdisablev1",
	"tlsdisablev11", "tlsdisablev12",      "tlsservercipherorder",
};

void http_conf_free(struct http_conf *conf)
{
	if (!conf)
		return;
	keep_free(&conf->keep);
	free(conf);
}

static void conf_check_keys(const struct conffile_section *g)
{
	for (const struct conffile_var *v = g ? g->vars : NULL; v; v = v->next) {
		bool known = ami_tls_conf_knows(v->name);

		for (size_t i = 0; i < ARRAY_COUNT(general_keys); i++)
			known = known || slice_ieq(v->name, slice_str(general_keys[i]));
		if (!known)
			log_warning("%s:%d: Ignoring unknown option '%s' in http.conf", v->file,
				    v->line, v->name.ptr);
	}
}

/* An address that cannot be read must not become "everybody": it rejects the file. */
static int conf_address(struct addr *a, const struct conffile_section *g, const char *key,
			uint16_t port, struct sink *error)
{
	const struct conffile_var *v = conffile_get(g, key);

	if (!v || addr_parse(a, v->value, port))
		return 0;
	sink_fmt(error, "%s:%d: %s = %s: no IP address; write %s=127.0.0.1 or %s=::", v->file,
		 v->line, v->name.ptr, v->value.ptr, key, key);
	return -EINVAL;
}

static int conf_addresses(struct http_conf *conf, const struct conffile_section *g,
			  struct sink *error)
{
	uint16_t port = (uint16_t)conffile_number(g, "bindport", 1, 65535, HTTP_CONF_PORT);
	int err = conf_address(&conf->bind, g, "bindaddr", port, error);

	if (err)
		return err;
	if (conf->enabled && conf->bind.family == 0) {
		log_warning("http.conf: enabled = yes without bindaddr: the server is not started; "
			    "write bindaddr = 127.0.0.1");
		conf->enabled = false;
	}
	return ami_tls_conf_load(&conf->tls, &conf->keep, g, &conf->bind, HTTP_CONF_TLS_PORT,
				 error);
}

static void conf_switches(struct http_conf *conf, const struct conffile_section *g)
{
	conf->enabled = conffile_bool(g, "enabled", false);
	conf->static_enabled =
		conffile_bool(g, "enable_static", conffile_bool(g, "enablestatic", false));
	conf->status_enabled = conffile_bool(g, "enable_status", false);
	conf->session_limit =
		(uint32_t)conffile_number(g, "sessionlimit", 1, LIMIT_HTTP_CONNS, 100);
	conf->inactivity_ms = conffile_number(g, "session_inactivity", 1, INT32_MAX, 30000);
	conf->keep_alive_ms = conffile_number(g, "session_keep_alive", 0, INT32_MAX, 15000);
}

/* With the slash in front that each of its paths has, without one behind. */
static int conf_prefix(struct http_conf *conf, const struct conffile_section *g)
{
	char text[PREFIX_MAX + 2];
	struct sink out = sink_make(text, sizeof(text));
	struct slice prefix = slice_str(conffile_text(g, "prefix", ""));

	while (prefix.len && prefix.ptr[0] == '/')
		prefix = slice_from(prefix, 1);
	while (prefix.len && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	if (prefix.len > PREFIX_MAX) {
		log_warning("http.conf: prefix is longer than %d octets; cut", PREFIX_MAX);
		prefix.len = PREFIX_MAX;
	}
	if (prefix.len)
		sink_char(&out, '/');
	sink_add(&out, prefix);
	conf->prefix = keep_dup(&conf->keep, sink_slice(&out));
	return conf->prefix.ptr ? 0 : -ENOMEM;
}

/* A line end in the name would forge headers. */
static int conf_server_name(struct http_conf *conf, const struct conffile_section *g)
{
	struct slice name =
		slice_str(conffile_text(g, "servername", "Asterisk/" AMI_ASTERISK_VERSION));

	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20)
			name.len = i;
	conf->server_name = keep_dup(&conf->keep, name);
	return conf->server_name.ptr ? 0 : -ENOMEM;
}

static uint32_t section_count(const struct conffile_section *s, const char *key)
{
	uint32_t count = 0;

	for (const struct conffile_var *v = NULL; (v = conffile_each(s, v, key));)
		count++;
	return count;
}

static int conf_redirects(struct http_conf *conf, const struct conffile_section *g)
{
	uint32_t count = section_count(g, "redirect");

	conf->redirects = keep_alloc(&conf->keep, (count + 1) * sizeof(*conf->redirects));
	if (!conf->redirects)
		return -ENOMEM;
	for (const struct conffile_var *v = NULL; (v = conffile_each(g, v, "redirect"));) {
		struct http_redirect *r = &conf->redirects[conf->redirect_count];
		size_t blank = slice_find(v->value, ' ');
		struct slice to = slice_trim(slice_from(v->value, blank));

		if (blank == SIZE_MAX || to.len == 0) {
			log_warning("%s:%d: redirect = %s: write redirect = /from /to; ignored",
				    v->file, v->line, v->value.ptr);
			continue;
		}
		r->from = keep_dup(&conf->keep, slice_head(v->value, blank));
		r->to = keep_dup(&conf->keep, to);
		if (!r->from.ptr || !r->to.ptr)
			return -ENOMEM;
		conf->redirect_count++;
	}
	return 0;
}

/* ---- restrictions ---- */

/* What cannot be read closes the path: half a fence is none. */
static int restriction_line(struct http_conf *conf, struct http_restriction *r,
			    const struct conffile_var *v)
{
	bool is_permit = slice_ieq(v->name, SLICE_LIT("permit"));
	struct slice bad;
	int err;

	if (slice_ieq(v->name, SLICE_LIT("type")))
		return 0;
	if (slice_ieq(v->name, SLICE_LIT("acl")))
		return acl_add_names(&r->acl, &conf->keep, v);
	if (!is_permit && !slice_ieq(v->name, SLICE_LIT("deny"))) {
		log_warning("%s:%d: '%s' is no option of a restriction; ignored", v->file, v->line,
			    v->name.ptr);
		return 0;
	}
	err = acl_add_rules(&r->acl, &conf->keep, v->value, is_permit, &bad);
	if (err != -EINVAL)
		return err;
	log_error("%s:%d: %s = %s: no address rule; '%s' is closed to everybody. Write "
		  "address/mask or address/length",
		  v->file, v->line, v->name.ptr, v->value.ptr, r->path.ptr);
	return acl_close(&r->acl, &conf->keep);
}

static int conf_restriction(struct http_conf *conf, const struct conffile_section *s)
{
	struct http_restriction *r = &conf->restrictions[conf->restriction_count++];
	int err;

	r->path = keep_dup(&conf->keep, s->name);
	err = r->path.ptr ? 0 : -ENOMEM;
	for (const struct conffile_var *v = s->vars; v && !err; v = v->next)
		err = restriction_line(conf, r, v);
	return err;
}

static bool section_is_restriction(const struct conffile_section *s)
{
	return s->name.len && s->name.ptr[0] == '/' &&
	       slice_ieq(slice_str(conffile_text(s, "type", "")), SLICE_LIT("restriction"));
}

static void conf_foreign(const struct conffile_section *s)
{
	if (slice_ieq(s->name, SLICE_LIT("general")))
		return;
	if (slice_ieq(s->name, SLICE_LIT("post_mappings")))
		log_warning("%s:%d: [post_mappings]: files cannot be uploaded; ignored", s->file,
			    s->line);
	else
		log_warning("%s:%d: [%s]: neither [general] nor a path with type=restriction; "
			    "ignored",
			    s->file, s->line, s->name.ptr);
}

static int conf_restrictions(struct http_conf *conf, const struct conffile *cf)
{
	uint32_t count = 1;

	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s))
		count += section_is_restriction(s);
	conf->restrictions = keep_alloc(&conf->keep, count * sizeof(*conf->restrictions));
	if (!conf->restrictions)
		return -ENOMEM;
	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s)) {
		int err = 0;

		if (section_is_restriction(s))
			err = conf_restriction(conf, s);
		else
			conf_foreign(s);
		if (err)
			return err;
	}
	return 0;
}

static int conf_general(struct http_conf *conf, const struct conffile_section *g,
			struct sink *error)
{
	int err;

	conf_check_keys(g);
	conf_switches(conf, g);
	if ((err = conf_addresses(conf, g, error)) || (err = conf_prefix(conf, g)) ||
	    (err = conf_server_name(conf, g)))
		return err;
	return conf_redirects(conf, g);
}

static int conf_static_dir(struct http_conf *conf, const char *data_dir)
{
	char text[LIMIT_PATH];
	struct sink out = sink_make(text, sizeof(text));

	sink_str(&out, data_dir);
	sink_lit(&out, "/static-http");
	conf->static_dir = keep_dup(&conf->keep, sink_slice(&out));
	return conf->static_dir.ptr ? 0 : -ENOMEM;
}

int http_conf_load(struct http_conf **out, const struct conffile *cf, const char *data_dir,
		   struct sink *error)
{
	struct http_conf *conf = calloc(1, sizeof(*conf));
	int err = conf ? 0 : -ENOMEM;

	if (!err)
		err = conf_general(conf, conffile_ifind(cf, "general"), error);
	if (!err)
		err = conf_restrictions(conf, cf);
	if (!err)
		err = conf_static_dir(conf, data_dir);
	if (!err) {
		*out = conf;
		return 0;
	}
	if (err == -ENOMEM)
		sink_lit(error, "http.conf: out of memory");
	http_conf_free(conf);
	return err;
}

/* ---- use ---- */

bool http_conf_admits(const struct http_conf *conf, struct slice path, const struct addr *peer)
{
	for (uint32_t i = 0; i < conf->restriction_count; i++) {
		const struct http_restriction *r = &conf->restrictions[i];

		if (slice_istarts(path, r->path) && !acl_allows(&r->acl, peer))
			return false;
	}
	return true;
}

int http_conf_take_acls(struct http_conf *conf, const struct acl_book *book)
{
	int err = 0;

	for (uint32_t i = 0; i < conf->restriction_count && !err; i++)
		err = acl_resolve(&conf->restrictions[i].acl, &conf->keep, book);
	return err;
}

struct slice http_conf_redirect(const struct http_conf *conf, struct slice path)
{
	for (uint32_t i = 0; i < conf->redirect_count; i++)
		if (slice_ieq(conf->redirects[i].from, path))
			return conf->redirects[i].to;
	return SLICE_EMPTY;
}
