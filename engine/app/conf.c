#include "engine/app/conf.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

#define CONF_BYTES_MAX (16 * 1024 * 1024)

/* ---- files through the seam ---- */

static int conf_read(void *arg, const char *path, char **text, size_t *len)
{
	return io_fs_load(arg, path, CONF_BYTES_MAX, text, len);
}

struct conf_glob {
	struct io *io;
	struct slice dir, pattern;
	char **paths;
	size_t count;
	int err;
};

/* '*' and '?' within one name. */
static bool conf_name_fits(struct slice pattern, struct slice name)
{
	while (pattern.len > 0) {
		if (pattern.ptr[0] == '*') {
			for (size_t i = 0; i <= name.len; i++) {
				if (conf_name_fits(slice_from(pattern, 1), slice_from(name, i)))
					return true;
			}
			return false;
		}
		if (name.len == 0 || (pattern.ptr[0] != '?' && pattern.ptr[0] != name.ptr[0]))
			return false;
		pattern = slice_from(pattern, 1);
		name = slice_from(name, 1);
	}
	return name.len == 0;
}

static int conf_glob_one(void *arg, const char *name)
{
	struct conf_glob *g = arg;
	char **more;
	char *path;

	if (name[0] == '.' || !conf_name_fits(g->pattern, slice_str(name)))
		return 0;
	more = realloc(g->paths, (g->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	g->paths = more;
	path = malloc(g->dir.len + strlen(name) + 2);
	if (!path)
		return -ENOMEM;
	memcpy(path, g->dir.ptr, g->dir.len);
	path[g->dir.len] = '/';
	memcpy(path + g->dir.len + 1, name, strlen(name) + 1);
	g->paths[g->count++] = path;
	return 0;
}

/* Wildcards are understood in the last part of the path. */
static int conf_glob(void *arg, const char *pattern, char ***paths, size_t *count)
{
	struct slice whole = slice_str(pattern);
	size_t slash = slice_rfind(whole, '/');
	char dir[LIMIT_PATH];
	struct conf_glob g = {.io = arg};
	int err;

	if (slash == SIZE_MAX || slash >= sizeof(dir))
		return -EINVAL;
	slice_copy(dir, sizeof(dir), slice_head(whole, slash));
	g.dir = slice_str(dir);
	g.pattern = slice_from(whole, slash + 1);
	err = io_fs_list(arg, dir, conf_glob_one, &g);
	if (err && err != -ENOENT) {
		while (g.count > 0)
			free(g.paths[--g.count]);
		free(g.paths);
		return err;
	}
	*paths = g.paths;
	*count = g.count;
	return 0;
}

void app_conf_source(struct conffile_source *source, struct io *io, const char *etc_dir)
{
	*source = (struct conffile_source){
		.arg = io, .read = conf_read, .glob = conf_glob, .etc_dir = etc_dir};
}

/* ---- values ---- */

static int conf_refuse(struct sink *error, const struct conffile_var *v, const char *allowed)
{
	sink_fmt(error, "%s:%d: '%.*s' is no value for %.*s; allowed: %s", v->file, v->line,
		 SLICE_ARG(v->value), SLICE_ARG(v->name), allowed);
	return -EINVAL;
}

static int conf_number(struct sink *error, const struct conffile_var *v, uint64_t least, uint64_t most,
		       uint32_t *out)
{
	char allowed[64];
	struct sink text = sink_make(allowed, sizeof(allowed));
	uint64_t n;

	if (slice_u64(v->value, most, &n) && n >= least) {
		*out = (uint32_t)n;
		return 0;
	}
	sink_fmt(&text, "%llu to %llu", (unsigned long long)least, (unsigned long long)most);
	return conf_refuse(error, v, sink_cstr(&text));
}

static int conf_bool(struct sink *error, const struct conffile_var *v, bool *out)
{
	if (slice_is_true(v->value) || slice_is_false(v->value)) {
		*out = slice_is_true(v->value);
		return 0;
	}
	return conf_refuse(error, v, "yes or no");
}

static int conf_path(struct sink *error, const struct conffile_var *v, char dst[LIMIT_PATH])
{
	struct slice path = v->value;

	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len == 0 || path.len > LIMIT_PATH - 128)
		return conf_refuse(error, v, "a path of at most 384 characters");
	slice_copy(dst, LIMIT_PATH, path);
	return 0;
}

static void conf_unknown(const struct conffile_var *v)
{
	log_notice("%s:%d: option '%.*s' is not known to Ringer and has no effect", v->file, v->line,
		   SLICE_ARG(v->name));
}

/* ---- asterisk.conf ---- */

/* What Asterisk knows here and Ringer does otherwise or has no use for: accepted without a word. */
static const char *const conf_idle_names[] = {
	"astcachedir",
	"astmoddir",
	"astkeydir",
	"astagidir",
	"astsbindir",
	"alwaysfork",
	"autosystemname",
	"cache_media_frames",
	"cache_record_files",
	"channel_storage_backend",
	"console",
	"documentation_language",
	"dontwarn",
	"dumpcore",
	"disable_remote_console_shell",
	"entityid",
	"forceblackbackground",
	"hideconnect",
	"hide_messaging_ami_events",
	"highpriority",
	"initcrypto",
	"internal_timing",
	"lightbackground",
	"lockconfdir",
	"lockmode",
	"maxfiles",
	"maxload",
	"mindtmfduration",
	"minmemfree",
	"nocolor",
	"nofork",
	"quiet",
	"record_cache_dir",
	"refdebug",
	"rtp_pt_dynamic",
	"rtp_use_dynamic",
	"rungroup",
	"runuser",
	"stdexten",
	"timestamp",
	"trace",
	"transcode_via_sln",
	"transmit_silence",
	"astctlowner",
	"astctlgroup",
};

static void conf_look_unknown(const struct conffile_var *v)
{
	for (size_t i = 0; i < ARRAY_COUNT(conf_idle_names); i++) {
		if (slice_ieq(v->name, slice_str(conf_idle_names[i])))
			return;
	}
	conf_unknown(v);
}

static char *conf_dir_of(struct app_conf *c, struct slice name)
{
	const struct {
		const char *name;
		char *path;
	} dirs[] = {
		{"astetcdir", c->etc_dir},	  {"astspooldir", c->spool_dir},
		{"astrundir", c->run_dir},	  {"astlogdir", c->log_dir},
		{"astvarlibdir", c->var_lib_dir}, {"astdatadir", c->data_dir},
		{"astdbdir", c->db_dir},
	};

	for (size_t i = 0; i < ARRAY_COUNT(dirs); i++) {
		if (slice_ieq(name, slice_str(dirs[i].name)))
			return dirs[i].path;
	}
	return NULL;
}

static int conf_read_directories(struct app_conf *c, const struct conffile_section *s,
				 struct sink *error)
{
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		char *dir = conf_dir_of(c, v->name);
		int err = dir ? conf_path(error, v, dir) : 0;

		if (err)
			return err;
		if (!dir)
			conf_look_unknown(v);
	}
	return 0;
}

static int conf_read_option(struct app_conf *c, const struct conffile_var *v, struct sink *error)
{
	uint32_t n = 0;
	int err;

	if (slice_ieq(v->name, SLICE_LIT("verbose"))) {
		err = conf_number(error, v, 0, 10, &n);
		c->verbose = (int)n;
		return err;
	}
	if (slice_ieq(v->name, SLICE_LIT("debug"))) {
		err = conf_number(error, v, 0, 10, &n);
		c->debug = (int)n;
		return err;
	}
	if (slice_ieq(v->name, SLICE_LIT("maxcalls")))
		return conf_number(error, v, 0, LIMIT_CHANNELS_MAX, &c->max_calls);
	if (slice_ieq(v->name, SLICE_LIT("systemname"))) {
		slice_copy(c->system_name, 40, v->value);
		return 0;
	}
	if (slice_ieq(v->name, SLICE_LIT("defaultlanguage"))) {
		slice_copy(c->default_language, sizeof(c->default_language), v->value);
		return 0;
	}
	if (slice_ieq(v->name, SLICE_LIT("languageprefix")))
		return conf_bool(error, v, &c->language_prefix);
	if (slice_ieq(v->name, SLICE_LIT("sounds_search_custom_dir")))
		return conf_bool(error, v, &c->search_custom_dir);
	if (slice_ieq(v->name, SLICE_LIT("live_dangerously")))
		return conf_bool(error, v, &c->live_dangerously);
	if (slice_ieq(v->name, SLICE_LIT("execincludes")))
		return conf_bool(error, v, &c->exec_includes);
	conf_look_unknown(v);
	return 0;
}

static int conf_read_permissions(struct app_conf *c, const struct conffile_var *v,
				 struct sink *error)
{
	unsigned mode = 0;

	for (size_t i = 0; i < v->value.len; i++) {
		char digit = v->value.ptr[i];

		if (digit < '0' || digit > '7' || mode > 0777 / 8)
			return conf_refuse(error, v, "octal permissions up to 0777");
		mode = mode * 8 + (unsigned)(digit - '0');
	}
	if (v->value.len == 0)
		return conf_refuse(error, v, "octal permissions up to 0777");
	c->control_mode = mode;
	return 0;
}

static int conf_read_files(struct app_conf *c, const struct conffile_section *s, struct sink *error)
{
	int err = 0;

	for (const struct conffile_var *v = s->vars; v && !err; v = v->next) {
		if (slice_ieq(v->name, SLICE_LIT("astctlpermissions")))
			err = conf_read_permissions(c, v, error);
		else if (slice_ieq(v->name, SLICE_LIT("astctl")))
			slice_copy(c->control_name, sizeof(c->control_name), v->value);
		else
			conf_look_unknown(v);
	}
	return err;
}

static int conf_read_main(struct app_conf *c, const struct conffile *cf, struct sink *error)
{
	int err = 0;

	for (const struct conffile_section *s = conffile_first(cf); s && !err; s = conffile_next(s)) {
		if (slice_ieq(s->name, SLICE_LIT("directories")))
			err = conf_read_directories(c, s, error);
		else if (slice_ieq(s->name, SLICE_LIT("files")))
			err = conf_read_files(c, s, error);
		else if (slice_ieq(s->name, SLICE_LIT("options")))
			for (const struct conffile_var *v = s->vars; v && !err; v = v->next)
				err = conf_read_option(c, v, error);
	}
	return err;
}

/* ---- dialer.conf ---- */

static int conf_slow_down(struct pacer_conf *p, const struct conffile_var *v, struct sink *error)
{
	bool slow_down = true;
	int err = conf_bool(error, v, &slow_down);

	p->keeps_rate = !slow_down;
	return err;
}

/* Keys that pace; the same for [general] (all trunks together) and each trunk. 1: not one of them. */
static int conf_read_pace(struct pacer_conf *p, const struct conffile_var *v, struct sink *error)
{
	if (slice_ieq(v->name, SLICE_LIT("cps")))
		return conf_number(error, v, 0, PACER_CPS_MAX, &p->cps_max);
	if (slice_ieq(v->name, SLICE_LIT("burst")))
		return conf_number(error, v, 1, PACER_CPS_MAX, &p->burst_max);
	if (slice_ieq(v->name, SLICE_LIT("max_inflight")))
		return conf_number(error, v, 0, LIMIT_CHANNELS_MAX, &p->inflight_max);
	if (slice_ieq(v->name, SLICE_LIT("max_channels")))
		return conf_number(error, v, 0, LIMIT_CHANNELS_MAX, &p->channel_max);
	if (slice_ieq(v->name, SLICE_LIT("slow_down")))
		return conf_slow_down(p, v, error);
	return 1;
}

static int conf_read_cpus(struct app_conf *c, const struct conffile_var *v, struct sink *error)
{
	struct slice rest = v->value, part;
	uint64_t n;

	c->cpu_count = 0;
	while (slice_split(&rest, ',', &part)) {
		if (!slice_u64(slice_trim(part), 1023, &n) || c->cpu_count == APP_CPUS)
			return conf_refuse(error, v, "CPU numbers separated by commas");
		c->cpus[c->cpu_count++] = (int)n;
	}
	return 0;
}

static int conf_read_unknown_policy(struct app_conf *c, const struct conffile_var *v, struct sink *error)
{
	static const char *const names[] = {"retry", "count", "hold"};

	for (int i = 0; i < 3; i++) {
		if (slice_ieq(v->value, slice_str(names[i]))) {
			c->spool_unknown = i;
			return 0;
		}
	}
	return conf_refuse(error, v, "retry, count or hold");
}

static int conf_read_dialer_general(struct app_conf *c, const struct conffile_var *v, struct sink *error)
{
	int err = 1;

	if (slice_ieq(v->name, SLICE_LIT("shards"))) {
		if (slice_ieq(v->value, SLICE_LIT("auto"))) {
			c->shards = 0;
			return 0;
		}
		return conf_number(error, v, 1, LIMIT_SHARDS, &c->shards);
	}
	if (slice_ieq(v->name, SLICE_LIT("max_channels")))
		return conf_number(error, v, 1, LIMIT_CHANNELS_MAX, &c->channel_max);
	if (slice_ieq(v->name, SLICE_LIT("incoming_channels")))
		return conf_number(error, v, 0, LIMIT_INCOMING_MAX, &c->incoming_max);
	if (slice_ieq(v->name, SLICE_LIT("queue_max")))
		return conf_number(error, v, 1, LIMIT_QUEUE_MAX, &c->queue.queue_max);
	if (slice_ieq(v->name, SLICE_LIT("cpus")))
		return conf_read_cpus(c, v, error);
	if (slice_ieq(v->name, SLICE_LIT("unknown_attempts")))
		return conf_read_unknown_policy(c, v, error);
	if (slice_ieq(v->name, SLICE_LIT("spool_sync")))
		return conf_bool(error, v, &c->spool_sync);
	if (slice_ieq(v->name, SLICE_LIT("cdr_csv")))
		return conf_bool(error, v, &c->csv);
	if (slice_ieq(v->name, SLICE_LIT("cdr_sqlite")))
		return conf_bool(error, v, &c->sqlite);
	if (slice_ieq(v->name, SLICE_LIT("compat_reason")))
		return conf_bool(error, v, &c->compat_reason);
	err = conf_read_pace(&c->queue.general, v, error);
	if (err == 1) {
		conf_unknown(v);
		err = 0;
	}
	return err;
}

static int conf_read_trunk(struct trunk_conf *t, const struct conffile_section *s, struct sink *error)
{
	if (s->name.len >= sizeof(t->name)) {
		sink_fmt(error, "%s:%d: trunk name is too long; allowed: up to %zu characters", s->file,
			 s->line, sizeof(t->name) - 1);
		return -EINVAL;
	}
	slice_copy(t->name, sizeof(t->name), s->name);
	t->pacer.burst_max = 1;
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		int err = conf_read_pace(&t->pacer, v, error);

		if (slice_ieq(v->name, SLICE_LIT("failover"))) /* sip/failover.h */
			continue;
		if (err < 0)
			return err;
		if (err == 1)
			conf_unknown(v);
	}
	return 0;
}

static int conf_add_trunk(struct app_conf *c, const struct conffile_section *s, struct sink *error)
{
	for (uint32_t i = 0; i < c->queue.trunk_count; i++) {
		if (!slice_eq(s->name, slice_str(c->trunks[i].name)))
			continue;
		sink_fmt(error, "%s:%d: trunk %.*s stands twice; put its limits into one section",
			 s->file, s->line, SLICE_ARG(s->name));
		return -EINVAL;
	}
	if (c->queue.trunk_count == LIMIT_TRUNKS) {
		sink_fmt(error, "%s:%d: more than %d trunks", s->file, s->line, LIMIT_TRUNKS);
		return -EINVAL;
	}
	return conf_read_trunk(&c->trunks[c->queue.trunk_count++], s, error);
}

static uint32_t conf_count_sections(const struct conffile *cf)
{
	uint32_t n = 0;

	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s))
		n++;
	return n;
}

static int conf_read_dialer(struct app_conf *c, const struct conffile *cf, struct sink *error)
{
	int err = 0;

	c->trunks = calloc(conf_count_sections(cf) + 1, sizeof(*c->trunks));
	if (!c->trunks)
		return -ENOMEM;
	c->queue.trunks = c->trunks;
	c->queue.trunk_count = 0;
	for (const struct conffile_section *s = conffile_first(cf); s && !err; s = conffile_next(s)) {
		if (slice_ieq(s->name, SLICE_LIT("general"))) {
			for (const struct conffile_var *v = s->vars; v && !err; v = v->next)
				err = conf_read_dialer_general(c, v, error);
			continue;
		}
		err = conf_add_trunk(c, s, error);
	}
	return err;
}

/* ---- loading ---- */

static int conf_open(struct conffile **out, struct io *io, const char *etc_dir, const char *name,
		     struct sink *error)
{
	struct conffile_source source;
	struct conffile_error fault;
	char text[1200];
	int err;

	app_conf_source(&source, io, etc_dir);
	err = conffile_load(out, &source, name, &fault);
	if (err && err != -ENOENT) {
		conffile_error_text(&fault, text, sizeof(text));
		sink_str(error, text);
	}
	return err;
}

/* No limits, no trunks. */
static void conf_default_limits(struct app_conf *c)
{
	c->trunks = NULL;
	c->queue.trunks = NULL;
	c->queue.trunk_count = 0;
	c->queue.general = (struct pacer_conf){.burst_max = 1};
	c->queue.trunk_default = (struct pacer_conf){.burst_max = 1};
}

static void conf_defaults(struct app_conf *c)
{
	memset(c, 0, sizeof(*c));
	slice_copy(c->etc_dir, LIMIT_PATH, SLICE_LIT("/etc/asterisk"));
	slice_copy(c->spool_dir, LIMIT_PATH, SLICE_LIT("/var/spool/asterisk"));
	slice_copy(c->run_dir, LIMIT_PATH, SLICE_LIT("/var/run/asterisk"));
	slice_copy(c->log_dir, LIMIT_PATH, SLICE_LIT("/var/log/asterisk"));
	slice_copy(c->var_lib_dir, LIMIT_PATH, SLICE_LIT("/var/lib/asterisk"));
	slice_copy(c->data_dir, LIMIT_PATH, SLICE_LIT("/var/lib/asterisk"));
	slice_copy(c->default_language, sizeof(c->default_language), SLICE_LIT("en"));
	slice_copy(c->control_name, sizeof(c->control_name), SLICE_LIT("asterisk.ctl"));
	c->control_mode = 0660;
	c->language_prefix = true;
	c->channel_max = LIMIT_CHANNELS_DEFAULT;
	c->incoming_max = LIMIT_INCOMING_DEFAULT;
	c->queue.queue_max = LIMIT_QUEUE_DEFAULT;
	c->csv = c->sqlite = true;
	conf_default_limits(c);
}

static int conf_load_main(struct app_conf *c, struct io *io, const char *main_file, struct sink *error)
{
	static const char *const places[] = {"/etc/ringer/ringer.conf", "/etc/asterisk/asterisk.conf"};
	struct conffile *cf = NULL;
	int err = -ENOENT;

	if (main_file) {
		slice_copy(c->main_file, LIMIT_PATH, slice_str(main_file));
		err = conf_open(&cf, io, main_file[0] == '/' ? "/" : ".", main_file, error);
		if (err == -ENOENT)
			sink_fmt(error, "%s: there is no such file; name an existing one with -C",
				 main_file);
		if (err)
			return err;
	}
	for (size_t i = 0; !main_file && !cf && i < ARRAY_COUNT(places); i++) {
		err = conf_open(&cf, io, "/", places[i], error);
		if (err && err != -ENOENT)
			return err;
		if (err == 0)
			slice_copy(c->main_file, LIMIT_PATH, slice_str(places[i]));
	}
	if (!cf)
		return 0;
	err = conf_read_main(c, cf, error);
	conffile_free(cf);
	return err;
}

static int conf_load_dialer(struct app_conf *c, struct io *io, struct sink *error)
{
	struct conffile *cf = NULL;
	int err = conf_open(&cf, io, c->etc_dir, "dialer.conf", error);

	if (!err)
		err = conf_read_dialer(c, cf, error);
	conffile_free(cf);
	if (err && err != -ENOENT)
		return err;
	/* Asterisk looks at maxcalls when a dialplan starts, too late for a dialer: here such a call
	 * is not dialled. */
	c->queue.general.channel_max = c->max_calls;
	return 0;
}

static void conf_join(char dst[LIMIT_PATH], const char *dir, const char *name)
{
	struct sink path = sink_make(dst, LIMIT_PATH);

	sink_str(&path, dir);
	sink_char(&path, '/');
	sink_str(&path, name);
	sink_cstr(&path);
}

int app_conf_load_main(struct app_conf *conf, struct io *io, const char *main_file, struct sink *error)
{
	int err;

	conf_defaults(conf);
	err = conf_load_main(conf, io, main_file, error);
	if (err)
		return err;
	if (conf->db_dir[0] == 0) /* as in Asterisk it is where the rest is */
		slice_copy(conf->db_dir, LIMIT_PATH, slice_str(conf->var_lib_dir));
	conf_join(conf->control_path, conf->run_dir, conf->control_name);
	conf_join(conf->pid_path, conf->run_dir, "asterisk.pid");
	return 0;
}

int app_conf_load(struct app_conf *conf, struct io *io, const char *main_file, struct sink *error)
{
	int err = app_conf_load_main(conf, io, main_file, error);

	if (!err)
		err = conf_load_dialer(conf, io, error);
	if (err)
		app_conf_free(conf);
	return err;
}

int app_conf_load_dialer(struct app_conf *conf, struct io *io, struct sink *error)
{
	struct app_conf next = *conf;
	int err;

	conf_default_limits(&next);
	err = conf_load_dialer(&next, io, error);
	if (err) {
		app_conf_free(&next);
		return err;
	}
	free(conf->trunks);
	/* Sizes of tables are those of the start; limits and trunks change at once. */
	conf->trunks = next.trunks;
	conf->queue.general = next.queue.general;
	conf->queue.trunks = next.queue.trunks;
	conf->queue.trunk_count = next.queue.trunk_count;
	return 0;
}

void app_conf_free(struct app_conf *conf)
{
	free(conf->trunks);
	conf->trunks = NULL;
	conf->queue.trunks = NULL;
	conf->queue.trunk_count = 0;
}
