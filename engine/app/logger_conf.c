/* engine/app/logger_conf.c - see logger_conf.h. */
#include "engine/app/logger_conf.h"

#include "engine/base/log.h"

#define LOGGER_USUAL (1U << LOG_LEVEL_NOTICE | 1U << LOG_LEVEL_WARNING | 1U << LOG_LEVEL_ERROR)
#define VERBOSE_MOST 10

static unsigned logger_level(struct slice word, int *verbose)
{
	if (slice_istarts(word, SLICE_LIT("verbose"))) {
		uint64_t n;
		struct slice inside = slice_from(word, 8);

		*verbose = VERBOSE_MOST;
		if (word.len > 9 && slice_u64(slice_head(inside, inside.len - 1), VERBOSE_MOST, &n))
			*verbose = (int)n;
		return 1U << LOG_LEVEL_VERBOSE;
	}
	if (slice_eq(word, SLICE_LIT("*"))) {
		*verbose = VERBOSE_MOST;
		return (1U << LOG_LEVEL_COUNT) - 1;
	}
	for (enum log_level level = 0; level < LOG_LEVEL_COUNT; level++) {
		if (slice_ieq(word, slice_str(log_level_name(level))))
			return 1U << level;
	}
	return 0; /* dtmf, fax, security, trace: kinds that Ringer does not write */
}

unsigned logger_levels(struct slice text, int *verbose)
{
	unsigned levels = 0;
	struct slice word;

	/* "[plain]notice,..." chooses a form that is the same here */
	if (text.len > 0 && text.ptr[0] == '[' && slice_find(text, ']') != SIZE_MAX)
		text = slice_from(text, slice_find(text, ']') + 1);
	*verbose = 0;
	while (slice_split(&text, ',', &word))
		levels |= logger_level(slice_trim(word), verbose);
	return levels;
}

void logger_path(char path[LIMIT_PATH], const char *dir, struct slice name)
{
	struct sink out = sink_make(path, LIMIT_PATH);

	if (name.len > 0 && name.ptr[0] != '/')
		sink_fmt(&out, "%s/", dir);
	sink_add(&out, name);
	sink_cstr(&out);
}

bool logger_conf_add(struct logger_conf *c, const struct logger_channel *channel)
{
	if (c->count == LOGGER_CHANNELS)
		return false;
	c->channels[c->count++] = *channel;
	return true;
}

static void logger_read_files(struct logger_conf *out, const struct conffile *cf, const char *dir)
{
	const struct conffile_section *s = conffile_ifind(cf, "logfiles");

	for (const struct conffile_var *v = s ? s->vars : NULL; v; v = v->next) {
		struct logger_channel channel = {.dynamic = false};

		if (slice_ieq(v->name, SLICE_LIT("console")) ||
		    slice_istarts(v->name, SLICE_LIT("syslog.")))
			continue;
		channel.levels = logger_levels(v->value, &channel.verbose);
		logger_path(channel.path, dir, v->name);
		if (channel.levels == 0)
			continue;
		if (!logger_conf_add(out, &channel))
			log_warning("logger.conf: %s is left out: %d files at most", channel.path,
				    LOGGER_CHANNELS - 1);
	}
}

static enum logger_rotation logger_read_rotation(const struct conffile *cf)
{
	static const struct {
		const char *name;
		enum logger_rotation rotation;
	} names[] = {{"sequential", LOGGER_SEQUENTIAL},
		     {"rotate", LOGGER_ROTATE},
		     {"timestamp", LOGGER_TIMESTAMP},
		     {"none", LOGGER_NONE}};
	const struct conffile_section *s = conffile_ifind(cf, "general");
	struct slice value = slice_str(conffile_text(s, "rotatestrategy", ""));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_ieq(value, slice_str(names[i].name)))
			return names[i].rotation;
	}
	return LOGGER_SEQUENTIAL;
}

void logger_conf_read(struct logger_conf *out, const struct conffile *cf, const char *dir)
{
	struct logger_channel usual = {.levels = LOGGER_USUAL};

	*out = (struct logger_conf){.count = 0};
	if (cf) {
		logger_read_files(out, cf, dir);
		out->rotation = logger_read_rotation(cf);
		return;
	}
	logger_path(usual.path, dir, SLICE_LIT("messages.log"));
	logger_conf_add(out, &usual);
}
