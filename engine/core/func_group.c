/* engine/core/func_group.c - functions on groups: GROUP, GROUP_COUNT, GROUP_LIST,
 * GROUP_MATCH_COUNT. */
#include "engine/core/func_internal.h"

#include "engine/base/log.h"
#include "engine/core/shard.h"

/* "group@category" */
struct group_name {
	struct slice name, category;
};

static struct group_name group_split(struct slice text)
{
	size_t at = slice_find(text, '@');

	if (at == SIZE_MAX)
		return (struct group_name){text, SLICE_EMPTY};
	return (struct group_name){slice_head(text, at), slice_from(text, at + 1)};
}

/* The channel's group of that category; of any, the first, if category is empty. */
static bool group_of(const struct chan *c, struct slice category, struct group_name *found)
{
	uint32_t at = c->groups.first;

	while (groups_next(c->shard->groups, c->shard->index, &at, &found->name, &found->category))
		if (category.len == 0 || slice_ieq(found->category, category))
			return true;
	return false;
}

/* ---- GROUP([category]) ---- */

static void group_read(struct func_call *f, struct sink *out)
{
	struct group_name g;

	if (group_of(f->c, func_args(f), &g))
		subst_add(out, g.name);
}

static int group_write(struct chan *c, struct slice args, struct slice value)
{
	struct group_name g = args.len ? (struct group_name){value, args} : group_split(value);
	int err = groups_enter(c->shard->groups, c->shard->index, &c->groups, c->name, g.name,
			       g.category);

	if (err)
		log_warning("%.*s does not get into group '%.*s': it is in %d already, or too many "
			    "groups are in use",
			    SLICE_ARG(c->name), SLICE_ARG(g.name), LIMIT_CHAN_GROUPS);
	return err;
}

const struct func func_group = {"GROUP", "Gets or sets the channel group.", group_read, group_write,
				0};

/* ---- GROUP_COUNT([group][@category]) ---- */

static void group_count_read(struct func_call *f, struct sink *out)
{
	struct group_name g = group_split(func_args(f));

	if (g.name.len == 0 && !group_of(f->c, g.category, &g)) {
		log_notice("No group could be found for channel '%.*s'", SLICE_ARG(f->c->name));
		return;
	}
	sink_u64(out, groups_count(f->c->shard->groups, g.name, g.category));
}

const struct func func_group_count = {"GROUP_COUNT",
				      "Counts the number of channels in the specified group.",
				      group_count_read, 0, 0};

/* ---- GROUP_LIST() ---- */

static void group_list_read(struct func_call *f, struct sink *out)
{
	const struct chan *c = f->c;
	uint32_t at = c->groups.first;
	const char *between = "";
	struct group_name g;

	while (groups_next(c->shard->groups, c->shard->index, &at, &g.name, &g.category)) {
		sink_str(out, between);
		between = " ";
		subst_add(out, g.name);
		if (g.category.len == 0)
			continue;
		sink_char(out, '@');
		subst_add(out, g.category);
	}
}

const struct func func_group_list = {"GROUP_LIST", "Gets a list of the groups set on a channel.",
				     group_list_read, 0, 0};

/* ---- GROUP_MATCH_COUNT(expression[@expression of the category]) ---- */

static bool group_compile(struct slice text, struct regex **re)
{
	enum regex_error err = regex_compile(re, text);

	if (err)
		log_error("GROUP_MATCH_COUNT: '%.*s' is no regular expression: %s", SLICE_ARG(text),
			  regex_error_text(err));
	return err == REGEX_OK;
}

static void group_match(struct func_call *f, const struct regex *name, const struct regex *category,
			struct sink *out)
{
	const struct regex *larger =
		category && regex_steps(category) > regex_steps(name) ? category : name;
	uint32_t count;

	if (groups_count_matching(f->c->shard->groups, name, category, func_regex_octets(f, larger),
				  &count))
		sink_u64(out, count);
	else
		func_regex_refuse(f, larger);
}

static void group_match_count_read(struct func_call *f, struct sink *out)
{
	struct group_name g = group_split(func_args(f));
	struct regex *name = NULL, *category = NULL;

	if (g.name.len == 0)
		return;
	if (group_compile(g.name, &name) &&
	    (g.category.len == 0 || group_compile(g.category, &category)))
		group_match(f, name, category, out);
	regex_free(name);
	regex_free(category);
}

const struct func func_group_match_count = {
	"GROUP_MATCH_COUNT", "Counts the channels in the groups that an expression fits.",
	group_match_count_read, 0, 0};
