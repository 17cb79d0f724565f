/* Files into snapshots, and reload. engine.h */
#include "engine/app/engine_internal.h"

#include "engine/app/modules.h"
#include "engine/base/log.h"
#include "rtp/sound.h"
#include "sip/failover.h"
#include "sip/stir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A missing file gives 0 and *out NULL. */
int engine_load_file(struct engine *e, struct conffile **out, const char *name, struct sink *error)
{
	struct conffile_source source;
	struct conffile_error fault;
	char text[1200];
	int err;

	app_conf_source(&source, e->control_io, e->conf.etc_dir);
	source.exec_allowed = e->conf.exec_includes;
	*out = NULL;
	err = conffile_load(out, &source, name, &fault);
	if (err == -ENOENT)
		return 0;
	if (err) {
		conffile_error_text(&fault, text, sizeof(text));
		sink_str(error, text);
	}
	return err;
}

static int engine_load_dialplan(struct engine *e, struct dialplan **out, struct sink *error)
{
	struct conffile_source source;
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "extensions.conf", error);

	if (err)
		return err;
	app_conf_source(&source, e->control_io, e->conf.etc_dir);
	err = cf ? dialplan_load(out, cf, &source) : dialplan_create_empty(out);
	conffile_free(cf);
	return err;
}

/* "system", or a file. */
static const char *engine_names_path(const struct conffile_section *s, const char *key,
				     const char *system, char room[LIMIT_PATH])
{
	const struct conffile_var *v = conffile_get(s, key);

	if (!v || slice_ieq(v->value, SLICE_LIT("system")))
		return system;
	slice_copy(room, LIMIT_PATH, v->value);
	return room;
}

/* nameserver= lines stand in front of those of resolv.conf. */
static void engine_names_servers(const struct conffile_section *s, struct dns_client_conf *client)
{
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		struct addr a;

		if (!slice_ieq(v->name, SLICE_LIT("nameserver")))
			continue;
		if (client->server_count == LIMIT_DNS_SERVERS || !addr_parse(&a, v->value, 53))
			log_warning("%s:%d: nameserver=%.*s is left out: give an IP address, at "
				    "most %d",
				    v->file, v->line, SLICE_ARG(v->value), LIMIT_DNS_SERVERS);
		else
			client->servers[client->server_count++] = a;
	}
}

/* Name servers and hosts: of the machine, unless resolver_unbound.conf says otherwise. */
static int engine_load_names(struct engine *e, struct resolver_conf *out, struct sink *error)
{
	const char *resolv = "/etc/resolv.conf", *hosts = "/etc/hosts";
	char resolv_room[LIMIT_PATH], hosts_room[LIMIT_PATH];
	const struct conffile_section *s;
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "resolver_unbound.conf", error);

	if (err)
		return err;
	s = cf ? conffile_ifind(cf, "general") : NULL;
	if (s) {
		engine_names_servers(s, &out->client);
		resolv = engine_names_path(s, "resolv", resolv, resolv_room);
		hosts = engine_names_path(s, "hosts", hosts, hosts_room);
	}
	err = resolver_conf_load(out, e->control_io, resolv, hosts);
	if (err)
		sink_str(error, "out of memory");
	conffile_free(cf);
	return err;
}

int engine_load_acls(struct engine *e, struct acl_book **out, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "acl.conf", error);

	if (!err)
		err = acl_book_load(out, cf);
	conffile_free(cf);
	return err;
}

static int engine_load_stir(struct engine *e, struct sip_conf *conf, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "stir_shaken.conf", error);

	if (!err)
		err = sip_stir_load(conf, cf, e->control_io, error);
	conffile_free(cf);
	return err;
}

/* What dialer.conf says about the refusals of a trunk; its rates are read elsewhere. */
static int engine_load_failover(struct engine *e, struct sip_conf *conf, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "dialer.conf", error);

	if (!err)
		err = sip_failover_load(conf, cf, error);
	conffile_free(cf);
	return err;
}

static int engine_load_sip(struct engine *e, struct sip_conf **out, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "pjsip.conf", error);

	if (!err)
		err = sip_conf_load(out, cf, error);
	conffile_free(cf);
	if (!err)
		err = sip_conf_take_acls(*out, e->acls);
	if (!err)
		err = engine_load_names(e, &(*out)->names, error);
	if (!err)
		err = engine_load_stir(e, *out, error);
	if (!err)
		err = engine_load_failover(e, *out, error);
	return err ? err : sip_conf_open_tls(*out, e->control_io, error);
}

static int engine_load_media(struct engine *e, struct rtp_media_conf *out, struct sink *error)
{
	char dir[LIMIT_PATH + 16];
	struct sound_conf sounds = sound_conf_default;
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "rtp.conf", error);

	if (err)
		return err;
	rtp_conf_read(&out->rtp, cf);
	conffile_free(cf);
	snprintf(dir, sizeof(dir), "%s/sounds", e->conf.data_dir);
	sounds.dir = dir;
	sounds.default_language = e->conf.default_language;
	sounds.language_prefix = e->conf.language_prefix;
	sounds.search_custom_dir = e->conf.search_custom_dir;
	return sound_library_load(&out->sounds, e->control_io, &sounds);
}

int engine_load_snapshot(struct engine *e, struct snapshot **out, struct sink *error)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	err = engine_load_dialplan(e, &s->dialplan, error);
	if (!err)
		err = engine_load_sip(e, &s->sip, error);
	if (!err)
		err = engine_load_media(e, &s->media, error);
	if (err) {
		engine_free_snapshot(s);
		return err;
	}
	*out = s;
	return 0;
}

void engine_free_snapshot(struct snapshot *s)
{
	if (!s)
		return;
	dialplan_free(s->dialplan);
	sip_conf_free(s->sip);
	/* A player may still hold the sounds: the last one ends them. */
	sound_library_retire(s->media.sounds);
	free(s);
}

int engine_load_manager(struct engine *e, struct ami_conf **out, struct sink *error)
{
	struct ami_conf *conf;
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "manager.conf", error);

	if (!err)
		err = ami_conf_load(&conf, cf, error);
	conffile_free(cf);
	if (err)
		return err;
	err = ami_conf_take_acls(conf, e->acls);
	if (!err)
		err = engine_load_file(e, &cf, "cdr_manager.conf", error);
	if (err) {
		ami_conf_free(conf);
		return err;
	}
	ami_conf_take_cdr(conf, cf);
	conffile_free(cf);
	*out = conf;
	return 0;
}

int engine_load_http(struct engine *e, struct http_conf **out, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "http.conf", error);

	if (!err)
		err = http_conf_load(out, cf, e->conf.data_dir, error);
	conffile_free(cf);
	if (err)
		return err;
	err = http_conf_take_acls(*out, e->acls);
	if (err) {
		http_conf_free(*out);
		*out = NULL;
	}
	return err;
}

int engine_load_notify(struct engine *e, struct notify_conf **out, struct sink *error)
{
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "pjsip_notify.conf", error);

	if (!err)
		err = notify_conf_load(out, cf, error);
	conffile_free(cf);
	return err;
}

/* ---- record sinks ---- */

int engine_open_sinks(struct engine *e, struct records_conf *conf, bool *unanswered, bool *congestion,
		      struct sink *error)
{
	const struct conffile_section *general;
	struct conffile *cf;
	int err = engine_load_file(e, &cf, "cdr.conf", error);

	if (err)
		return err;
	general = cf ? conffile_ifind(cf, "general") : NULL;
	/* A dialer wants every attempt on record unless told otherwise. */
	*unanswered = conffile_bool(general, "unanswered", true);
	*congestion = conffile_bool(general, "congestion", true);
	if (conffile_bool(general, "enable", true)) {
		struct cdr_sink *s = NULL;

		if (e->conf.csv)
			err = cdr_csv_open(&s, conf->io, cf, e->conf.log_dir);
		if (!err && s)
			conf->sinks[conf->sink_count++] = s;
		s = NULL;
		if (!err && e->conf.sqlite)
			err = cdr_sqlite_open(&s, conf->io, cf, e->conf.log_dir);
		if (!err && s)
			conf->sinks[conf->sink_count++] = s;
	}
	conffile_free(cf);
	if (err)
		sink_fmt(error, "call records cannot be kept below %s: %s", e->conf.log_dir,
			 strerror(-err));
	return err;
}

/* ---- reload ---- */

static void engine_on_let_go(void *arg)
{
	struct engine *e = arg;

	engine_free_snapshot(e->old);
	e->old = NULL;
}

static void engine_take_snapshot(struct engine *e, struct snapshot *next)
{
	struct shard_conf conf = {.dialplan = next->dialplan, .media_conf = &next->media};

	conf.tech_conf[0] = next->sip;
	e->old = e->now;
	e->now = next;
	sip_center_set_conf(e->center, next->sip);
	engine_follow_busy_at(e);
	control_set_conf(e->control, &conf, engine_on_let_go, e);
}

/* The old dialplan waits alone for its end; the rest of the snapshot stays in force. */
int engine_edit_dialplan(void *arg, const struct dialplan_edit *edit)
{
	struct engine *e = arg;
	struct shard_conf conf = {.media_conf = &e->now->media, .is_edit = true};
	struct snapshot *old = calloc(1, sizeof(*old));
	struct dialplan *next;
	int err = old ? dialplan_edit(&next, e->now->dialplan, edit) : -ENOMEM;

	if (err) {
		free(old);
		return err;
	}
	old->dialplan = e->now->dialplan;
	e->now->dialplan = next;
	e->old = old;
	conf.dialplan = next;
	conf.tech_conf[0] = e->now->sip;
	control_set_conf(e->control, &conf, engine_on_let_go, e);
	return 0;
}

static int engine_reload_snapshot(struct engine *e, struct sink *text)
{
	struct snapshot *next = NULL;
	int err = engine_load_snapshot(e, &next, text);

	if (!err)
		err = sip_center_reserve(e->center, next->sip);
	if (err)
		engine_free_snapshot(next);
	else
		engine_take_snapshot(e, next);
	return err;
}

static int engine_reload_manager(struct engine *e, struct sink *text)
{
	struct ami_conf *conf;
	int err = engine_load_manager(e, &conf, text);

	if (!err)
		ami_set_conf(e->ami, conf);
	return err;
}

/* A listener that cannot be opened is said in the log; the settings are in force. */
static int engine_reload_http(struct engine *e, struct sink *text)
{
	struct http_conf *conf;
	int err = engine_load_http(e, &conf, text);

	if (!err)
		(void)ami_set_http(e->ami, conf);
	return err;
}

/* Read into a copy, so that nothing has changed if the queue cannot take it. */
static int engine_reload_dialer(struct engine *e, struct sink *text)
{
	struct app_conf next = e->conf;
	int err;

	next.trunks = NULL;
	err = app_conf_load_dialer(&next, e->control_io, text);
	if (!err)
		err = control_set_queue_conf(e->control, &next.queue);
	if (err) {
		app_conf_free(&next);
		return err;
	}
	app_conf_free(&e->conf);
	e->conf = next;
	return 0;
}

static int engine_reload_notify(struct engine *e, struct sink *text)
{
	struct notify_conf *conf;
	int err = engine_load_notify(e, &conf, text);

	if (!err)
		sip_center_set_notify(e->center, conf);
	return err;
}

/* All or nothing: what can fail comes before what takes effect. */
static int engine_reload_all(struct engine *e, struct sink *text)
{
	struct ami_conf *ami = NULL;
	struct http_conf *http = NULL;
	struct notify_conf *notify = NULL;
	struct snapshot *next = NULL;
	int err = engine_load_manager(e, &ami, text);

	if (!err)
		err = engine_load_http(e, &http, text);
	if (!err)
		err = engine_load_notify(e, &notify, text);
	if (!err)
		err = engine_load_snapshot(e, &next, text);
	if (!err)
		err = sip_center_reserve(e->center, next->sip);
	if (!err)
		err = engine_reload_dialer(e, text);
	if (err) {
		ami_conf_free(ami);
		http_conf_free(http);
		notify_conf_free(notify);
		engine_free_snapshot(next);
		return err;
	}
	ami_set_conf(e->ami, ami);
	(void)ami_set_http(e->ami, http);
	sip_center_set_notify(e->center, notify);
	engine_take_snapshot(e, next);
	return 0;
}

/* With acl.conf, whose lists stand in all of it. */
static int engine_reload_acls(struct engine *e, struct sink *text)
{
	struct acl_book *old = e->acls, *next;
	int err = engine_load_acls(e, &next, text);

	if (err)
		return err;
	e->acls = next;
	err = engine_reload_all(e, text);
	if (err)
		e->acls = old;
	acl_book_free(err ? next : old);
	return err;
}

struct reload_part {
	const char *name;
	int (*reload)(struct engine *e, struct sink *text);
};

/* Names as Asterisk's modules have them, with and without ".so". */
static const struct reload_part reload_parts[] = {
	{"logger", engine_reload_logger},
	{"acl", engine_reload_acls},
	{"manager", engine_reload_manager},
	{"cdr_manager", engine_reload_manager},
	{"http", engine_reload_http},
	{"dialer", engine_reload_dialer},
	{"pbx_config", engine_reload_snapshot},
	{"dialplan", engine_reload_snapshot},
	{"res_pjsip", engine_reload_snapshot},
	{"res_pjsip_notify", engine_reload_notify},
	{"chan_pjsip", engine_reload_snapshot},
	{"res_rtp_asterisk", engine_reload_snapshot},
	{"res_stir_shaken", engine_reload_snapshot},
};

/* As AMI's event Reload tells it. */
static int engine_reload_status(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
		return 2;
	case -ENOTSUP:
		return 6;
	default:
		return 3;
	}
}

int engine_reload(void *arg, struct slice module, struct sink *text)
{
	struct engine *e = arg;
	int err = -ENOENT;

	if (slice_ends(module, SLICE_LIT(".so")))
		module.len -= 3;
	if (module.len == 0)
		err = engine_reload_acls(e, text);
	for (size_t i = 0; err == -ENOENT && i < sizeof(reload_parts) / sizeof(reload_parts[0]); i++) {
		if (slice_ieq(module, slice_str(reload_parts[i].name)))
			err = reload_parts[i].reload(e, text);
	}
	if (err == -ENOENT && module_find_part(module))
		err = -ENOTSUP;
	if (err && err != -ENOENT && text->len == 0)
		sink_str(text, strerror(-err));
	if (err && err != -ENOENT && err != -ENOTSUP)
		log_error("Reload refused, the old settings stay in force: %.*s", (int)text->len,
			  text->ptr);
	if (e->ami)
		ami_report_reload(e->ami, module, engine_reload_status(err));
	return err;
}
