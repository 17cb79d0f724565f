/* sip/notify_conf.c - see notify_conf.h. */
#include "sip/notify_conf.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "sip/notify_text.h"

#include <errno.h>
#include <stdlib.h>

struct notify_kind {
	struct hash_node by_name;
	struct slice name; /* of room, as the texts */
	struct notify_text text;
	char room[];
};

struct notify_conf {
	struct hash by_name;
	uint32_t count;
	struct notify_kind *kinds[LIMIT_NOTIFY_KINDS]; /* in the order of the file */
};

#define NAME_SEED 0 /* no secret: whoever writes the file is trusted */

void notify_conf_free(struct notify_conf *conf)
{
	if (!conf)
		return;
	for (uint32_t i = 0; i < conf->count; i++)
		free(conf->kinds[i]);
	hash_destroy(&conf->by_name);
	free(conf);
}

static struct notify_kind *notify_kind_find(const struct notify_conf *conf, struct slice name)
{
	struct hash_node *n = hash_first(&conf->by_name, slice_ihash(name, NAME_SEED));

	for (; n; n = hash_next(n)) {
		struct notify_kind *k = hash_entry(n, struct notify_kind, by_name);

		if (slice_ieq(k->name, name))
			return k;
	}
	return NULL;
}

bool notify_conf_find(const struct notify_conf *conf, struct slice name, struct notify_text *out)
{
	const struct notify_kind *k = conf ? notify_kind_find(conf, name) : NULL;

	if (k)
		*out = k->text;
	return k != NULL;
}

bool notify_conf_name(const struct notify_conf *conf, uint32_t index, struct slice *name)
{
	if (!conf || index >= conf->count)
		return false;
	*name = conf->kinds[index]->name;
	return true;
}

/* ---- loading ---- */

static struct slice kind_keep(char **at, struct slice text)
{
	struct slice kept = slice_make(*at, text.len);

	if (text.len)
		memcpy(*at, text.ptr, text.len);
	*at += text.len;
	return kept;
}

static int conf_keep(struct notify_conf *conf, struct slice name, const struct notify_text *text)
{
	struct notify_kind *k = malloc(sizeof(*k) + name.len + text->lines.len + text->body.len);
	char *at;

	if (!k)
		return -ENOMEM;
	at = k->room;
	k->name = kind_keep(&at, name);
	k->text.lines = kind_keep(&at, text->lines);
	k->text.body = kind_keep(&at, text->body);
	hash_add(&conf->by_name, &k->by_name, slice_ihash(name, NAME_SEED));
	conf->kinds[conf->count++] = k;
	return 0;
}

/* What Asterisk leaves out when it sends does not refuse a file that works there. */
static int conf_take_var(struct notify_writer *w, const struct conffile_var *v, struct sink *error)
{
	enum notify_fault fault = notify_writer_add(w, v->name, v->value);

	switch (fault) {
	case NOTIFY_TAKEN:
		return 0;
	case NOTIFY_RESERVED:
	case NOTIFY_TWICE:
		log_warning("%s:%d: '%s' %s; the line is left out", v->file, v->line, v->name.ptr,
			    notify_fault_text(fault));
		return 0;
	default:
		sink_fmt(error, "%s:%d: '%s' %s; %s", v->file, v->line, v->name.ptr,
			 notify_fault_text(fault),
			 fault == NOTIFY_BAD_NAME
				 ? "names are letters, digits and -.!%*_+`'~"
				 : "write one line, and a Content-Type as type/subtype");
		return -EINVAL;
	}
}

static int conf_take_section(struct notify_conf *conf, const struct conffile_section *s,
			     struct sink *error)
{
	struct notify_room room;
	struct notify_writer w;
	struct notify_text text;

	if (notify_kind_find(conf, s->name)) {
		log_warning("%s:%d: [%s] is there already; this one is left out", s->file, s->line,
			    s->name.ptr);
		return 0;
	}
	if (conf->count == LIMIT_NOTIFY_KINDS) {
		sink_fmt(error, "%s:%d: more than %d sections; leave some out", s->file, s->line,
			 LIMIT_NOTIFY_KINDS);
		return -EINVAL;
	}
	notify_writer_init(&w, &room);
	for (const struct conffile_var *v = s->vars; v; v = v->next)
		if (conf_take_var(&w, v, error))
			return -EINVAL;
	if (notify_writer_lacks_type(&w))
		log_warning("%s:%d: [%s] has Content, which is left out without a Content-Type",
			    s->file, s->line, s->name.ptr);
	if (notify_writer_end(&w, &text)) {
		sink_fmt(error,
			 "%s:%d: [%s] is too long; headers may have %d octets, the content %d",
			 s->file, s->line, s->name.ptr, LIMIT_NOTIFY_LINES, LIMIT_NOTIFY_BODY);
		return -EINVAL;
	}
	return conf_keep(conf, s->name, &text);
}

int notify_conf_load(struct notify_conf **out, const struct conffile *cf, struct sink *error)
{
	struct notify_conf *conf = calloc(1, sizeof(*conf));
	int err = conf ? hash_create(&conf->by_name, LIMIT_NOTIFY_KINDS / 4) : -ENOMEM;

	for (const struct conffile_section *s = conffile_first(cf); s && !err; s = conffile_next(s))
		if (!slice_ieq(s->name, SLICE_LIT("general")))
			err = conf_take_section(conf, s, error);
	if (err) {
		notify_conf_free(conf);
		return err;
	}
	*out = conf;
	return 0;
}
