/* ami/class.c - see class.h. */
#include "ami/class.h"

#include "engine/base/check.h"

static const struct {
	uint32_t bit;
	struct slice name;
} class_names[] = {
#define CLASS_NAME(bit, id, name) {bit, SLICE_LIT(name)},
	AMI_CLASS_LIST(CLASS_NAME)
#undef CLASS_NAME
};

/* False: no class of that name. Names are case-sensitive. */
static bool class_find(struct slice name, uint32_t *bits)
{
	if (slice_eq(name, SLICE_LIT("all"))) {
		*bits = AMI_CLASS_ALL;
		return true;
	}
	if (slice_eq(name, SLICE_LIT("none"))) {
		*bits = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_COUNT(class_names); i++)
		if (slice_eq(name, class_names[i].name)) {
			*bits = class_names[i].bit;
			return true;
		}
	return false;
}

uint32_t ami_class_parse(struct slice text, struct slice *bad)
{
	struct slice rest = text, name;
	uint32_t classes = 0, bits;
	uint64_t mask;

	*bad = SLICE_EMPTY;
	if (slice_u64(slice_trim(text), AMI_CLASS_ALL, &mask))
		return (uint32_t)mask;
	while (slice_split(&rest, ',', &name)) {
		name = slice_trim(name);
		if (name.len == 0)
			continue;
		if (class_find(name, &bits))
			classes |= bits;
		else if (bad->len == 0)
			*bad = name;
	}
	return classes;
}

uint32_t ami_class_parse_mask(struct slice text)
{
	struct slice bad;
	uint64_t mask;

	if (slice_u64(text, UINT32_MAX, &mask))
		return (uint32_t)(mask & AMI_CLASS_ALL);
	if (slice_is_false(text))
		return 0;
	if (slice_is_true(text))
		return AMI_CLASS_ALL;
	return ami_class_parse(text, &bad);
}

static bool class_write_names(struct sink *s, uint32_t classes)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_COUNT(class_names); i++) {
		if (!(classes & class_names[i].bit))
			continue;
		if (any)
			sink_char(s, ',');
		sink_add(s, class_names[i].name);
		any = true;
	}
	return any;
}

void ami_class_write(struct sink *s, uint32_t classes)
{
	if (class_write_names(s, classes))
		sink_lit(s, ",all");
	else
		sink_lit(s, "<none>");
}

void ami_class_write_held(struct sink *s, uint32_t classes)
{
	if (!class_write_names(s, classes))
		sink_lit(s, "<none>");
	else if ((classes & AMI_CLASS_ALL) == AMI_CLASS_ALL)
		sink_lit(s, ",all");
}
