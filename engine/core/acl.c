/* engine/core/acl.c - see acl.h. */
#include "engine/core/acl.h"

#include "engine/base/limits.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

/* ---- asking ---- */

static bool acl_list_allows(const struct acl_list *list, const struct addr *who)
{
	if (list->is_closed)
		return false;
	for (uint32_t i = list->rule_count; i-- > 0;)
		if (addr_net_has(&list->rules[i].net, who))
			return list->rules[i].is_permit;
	return true;
}

bool acl_allows(const struct acl *acl, const struct addr *who)
{
	for (uint32_t i = 0; i < acl->count; i++)
		if (!acl_list_allows(&acl->lists[i], who))
			return false;
	return true;
}

/* ---- reading: arrays grow by a copy, at configuration time only ---- */

static struct acl_list *acl_grow(struct acl *acl, struct keep *keep)
{
	struct acl_list *lists = keep_alloc(keep, (acl->count + 1) * sizeof(*lists));

	if (!lists)
		return NULL;
	if (acl->count)
		memcpy(lists, acl->lists, acl->count * sizeof(*lists));
	acl->lists = lists;
	return &lists[acl->count++];
}

/* The owner's own lines. */
static struct acl_list *acl_own(struct acl *acl, struct keep *keep)
{
	for (uint32_t i = 0; i < acl->count; i++)
		if (!acl->lists[i].name.len)
			return &acl->lists[i];
	return acl_grow(acl, keep);
}

static uint32_t acl_part_count(struct slice value)
{
	struct slice part;
	uint32_t count = 0;

	while (slice_split(&value, ',', &part))
		count++;
	return count;
}

static bool acl_parse_rule(struct acl_rule *rule, struct slice part, bool is_permit)
{
	bool is_not = slice_starts(part, SLICE_LIT("!"));

	rule->is_permit = is_permit != is_not;
	return addr_net_parse(&rule->net, slice_trim(slice_from(part, is_not)));
}

static int acl_list_add(struct acl_list *list, struct keep *keep, struct slice value,
			bool is_permit, struct slice *bad)
{
	uint32_t count = list->rule_count;
	struct acl_rule *rules =
		keep_alloc(keep, (count + acl_part_count(value) + 1) * sizeof(*rules));
	struct slice part;

	if (!rules)
		return -ENOMEM;
	if (count)
		memcpy(rules, list->rules, count * sizeof(*rules));
	while (slice_split(&value, ',', &part)) {
		*bad = part = slice_trim(part);
		if (part.len && !acl_parse_rule(&rules[count++], part, is_permit))
			return -EINVAL;
	}
	list->rules = rules;
	list->rule_count = count;
	return 0;
}

int acl_add_rules(struct acl *acl, struct keep *keep, struct slice value, bool is_permit,
		  struct slice *bad)
{
	struct acl_list *own = acl_own(acl, keep);

	return own ? acl_list_add(own, keep, value, is_permit, bad) : -ENOMEM;
}

int acl_add_names(struct acl *acl, struct keep *keep, const struct conffile_var *v)
{
	struct slice rest = v->value, part;
	char place[LIMIT_PATH + 16];
	struct sink out = sink_make(place, sizeof(place));

	sink_fmt(&out, "%s:%d", v->file, v->line);
	while (slice_split(&rest, ',', &part)) {
		struct acl_list *list;

		part = slice_trim(part);
		if (!part.len)
			continue;
		list = acl_grow(acl, keep);
		if (!list)
			return -ENOMEM;
		*list = (struct acl_list){.name = keep_dup(keep, part),
					  .place = keep_dup(keep, sink_slice(&out)),
					  .is_closed = true};
		if (!list->name.ptr || !list->place.ptr)
			return -ENOMEM;
	}
	return 0;
}

int acl_close(struct acl *acl, struct keep *keep)
{
	struct acl_list *own = acl_own(acl, keep);

	if (!own)
		return -ENOMEM;
	own->is_closed = true;
	return 0;
}

/* ---- acl.conf ---- */

struct acl_book {
	struct keep keep;
	struct acl_list *lists;
	uint32_t count;
};

static void acl_book_bad_line(struct acl_list *list, const struct conffile_var *v, struct slice bad)
{
	list->is_closed = true;
	if (bad.len)
		log_error(
			"%s:%d: %s = %s: '%.*s' is no address rule; the list '%s' lets nobody in. "
			"Write address/mask or address/length",
			v->file, v->line, v->name.ptr, v->value.ptr, SLICE_ARG(bad),
			list->name.ptr);
	else
		log_error("%s:%d: '%s' is no option of an access list; the list '%s' lets nobody "
			  "in. Write permit or deny",
			  v->file, v->line, v->name.ptr, list->name.ptr);
}

static int acl_book_line(struct acl_book *book, struct acl_list *list, const struct conffile_var *v)
{
	bool is_permit = slice_ieq(v->name, SLICE_LIT("permit"));
	struct slice bad = SLICE_EMPTY;
	int err = -EINVAL;

	if (is_permit || slice_ieq(v->name, SLICE_LIT("deny")))
		err = acl_list_add(list, &book->keep, v->value, is_permit, &bad);
	if (err == -EINVAL) {
		acl_book_bad_line(list, v, bad);
		err = 0;
	}
	return err;
}

/* Sections of one name are one list, as they stand. */
static int acl_book_section(struct acl_book *book, const struct conffile_section *s)
{
	struct acl_list *list = (struct acl_list *)acl_book_find(book, s->name);
	int err = 0;

	if (slice_ieq(s->name, SLICE_LIT("general")))
		return 0;
	if (!list) {
		list = &book->lists[book->count++];
		list->name = keep_dup(&book->keep, s->name);
		if (!list->name.ptr)
			return -ENOMEM;
	}
	for (const struct conffile_var *v = s->vars; v && !err; v = v->next)
		err = acl_book_line(book, list, v);
	return err;
}

static uint32_t acl_section_count(const struct conffile *cf)
{
	uint32_t count = 0;

	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s))
		count++;
	return count;
}

int acl_book_load(struct acl_book **out, const struct conffile *cf)
{
	struct acl_book *book = calloc(1, sizeof(*book));
	int err = book ? 0 : -ENOMEM;

	if (!err) {
		book->lists =
			keep_alloc(&book->keep, (acl_section_count(cf) + 1) * sizeof(*book->lists));
		err = book->lists ? 0 : -ENOMEM;
	}
	for (const struct conffile_section *s = conffile_first(cf); s && !err; s = conffile_next(s))
		err = acl_book_section(book, s);
	if (err)
		acl_book_free(book);
	else
		*out = book;
	return err;
}

void acl_book_free(struct acl_book *book)
{
	if (!book)
		return;
	keep_free(&book->keep);
	free(book);
}

const struct acl_list *acl_book_find(const struct acl_book *book, struct slice name)
{
	for (uint32_t i = 0; book && i < book->count; i++)
		if (slice_ieq(book->lists[i].name, name))
			return &book->lists[i];
	return NULL;
}

const struct acl_list *acl_book_at(const struct acl_book *book, uint32_t index)
{
	return book && index < book->count ? &book->lists[index] : NULL;
}

/* ---- names to lists ---- */

static int acl_copy(struct acl_list *list, struct keep *keep, const struct acl_list *from)
{
	struct acl_rule *rules = keep_alloc(keep, (from->rule_count + 1) * sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	if (from->rule_count)
		memcpy(rules, from->rules, from->rule_count * sizeof(*rules));
	list->rules = rules;
	list->rule_count = from->rule_count;
	list->is_closed = from->is_closed;
	return 0;
}

int acl_resolve(struct acl *acl, struct keep *keep, const struct acl_book *book)
{
	int err = 0;

	for (uint32_t i = 0; i < acl->count && !err; i++) {
		struct acl_list *list = &acl->lists[i];
		const struct acl_list *from;

		if (!list->name.len)
			continue;
		from = acl_book_find(book, list->name);
		if (from)
			err = acl_copy(list, keep, from);
		else
			log_error("%s: acl = %s: there is no such list in acl.conf, so nobody is "
				  "let in here. Add [%s] with its permit and deny lines, or correct the "
				  "name",
				  list->place.ptr, list->name.ptr, list->name.ptr);
	}
	return err;
}
