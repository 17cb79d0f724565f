/* engine/core/hint.c - see hint.h. */
#include "engine/core/hint.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

#include <errno.h>
#include <stdlib.h>

#define HINT_NEVER INT32_MIN

struct hint {
	struct slice context, exten, devices;
	int32_t told;
};

struct hints {
	hint_device_fn fn;
	void *arg;
	struct hint *list; /* sorted by context and extension */
	uint32_t count;
};

int hints_create(struct hints **out, hint_device_fn fn, void *arg)
{
	struct hints *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->fn = fn;
	h->arg = arg;
	*out = h;
	return 0;
}

void hints_destroy(struct hints *h)
{
	if (!h)
		return;
	free(h->list);
	free(h);
}

/* What stands behind a comma is presence. */
static struct slice hint_devices(struct slice app)
{
	return slice_trim(slice_head(app, slice_find(app, ',')));
}

int hint_status(struct slice devices, hint_device_fn fn, void *arg)
{
	struct device_sum sum;
	struct slice device;
	bool any = false;

	device_sum_begin(&sum);
	while (slice_split(&devices, '&', &device)) {
		device = slice_trim(device);
		if (device.len == 0)
			continue;
		any = true;
		device_sum_add(&sum, fn(arg, device));
	}
	return any ? exten_status(sum.state) : EXTEN_IDLE;
}

/* ---- one of any extension ---- */

static void hint_put_exten(struct sink *out, struct slice text, struct slice exten)
{
	static const struct slice variable = SLICE_LIT("${EXTEN}");
	size_t at;

	while ((at = slice_find_text(text, variable)) != SIZE_MAX) {
		sink_add(out, slice_head(text, at));
		sink_add(out, exten);
		text = slice_from(text, at + variable.len);
	}
	sink_add(out, text);
}

bool hint_find(const struct dialplan *dp, struct slice context, struct slice exten, char *room,
	       struct slice *devices, struct slice *name)
{
	struct sink out = sink_make(room, LIMIT_APPDATA);
	struct dialplan_hit hit;

	if (!dp || !dialplan_find_hint(dp, context, exten, &hit))
		return false;
	hint_put_exten(&out, hint_devices(hit.step->app), exten);
	*devices = sink_slice(&out);
	*name = hit.step->data;
	return true;
}

/* ---- the list ---- */

static int hint_cmp(const void *left, const void *right)
{
	const struct hint *a = left, *b = right;
	int order = slice_cmp(a->context, b->context);

	return order ? order : slice_cmp(a->exten, b->exten);
}

struct hints_fill {
	struct hint *list; /* NULL: count only */
	uint32_t count;
};

static void hints_add(void *arg, struct slice context, const struct dialplan_exten *exten,
		      const struct dialplan_step *step)
{
	struct hints_fill *f = arg;

	if (exten->name.len && exten->name.ptr[0] == '_')
		return;
	if (f->list)
		f->list[f->count] = (struct hint){.context = context,
						  .exten = exten->name,
						  .devices = hint_devices(step->app),
						  .told = HINT_NEVER};
	f->count++;
}

int hints_take(struct hints *h, const struct dialplan *dp)
{
	struct hints_fill next = {0};
	struct hint *old = h->list;
	uint32_t old_count = h->count;

	h->list = NULL;
	h->count = 0;
	if (dp)
		dialplan_each_hint(dp, hints_add, &next);
	if (next.count) {
		next.list = calloc(next.count, sizeof(*next.list));
		if (!next.list) {
			free(old);
			return -ENOMEM;
		}
		next.count = 0;
		dialplan_each_hint(dp, hints_add, &next);
		qsort(next.list, next.count, sizeof(*next.list), hint_cmp);
	}
	h->list = next.list;
	h->count = next.count;
	for (uint32_t i = 0; i < h->count && old; i++) {
		const struct hint *was =
			bsearch(&h->list[i], old, old_count, sizeof(*old), hint_cmp);

		if (was)
			h->list[i].told = was->told;
	}
	free(old);
	return 0;
}

uint32_t hints_count(const struct hints *h)
{
	return h->count;
}

struct hint_view hints_at(const struct hints *h, uint32_t index)
{
	const struct hint *t = &h->list[index];

	check(index < h->count);
	return (struct hint_view){t->context, t->exten, t->devices,
				  hint_status(t->devices, h->fn, h->arg)};
}

static bool hint_watches(const struct hint *t, struct slice device)
{
	struct slice rest = t->devices, part;

	while (slice_split(&rest, '&', &part))
		if (slice_ieq(slice_trim(part), device))
			return true;
	return false;
}

void hints_look(struct hints *h, struct slice device, hint_change_fn fn, void *arg)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct hint *t = &h->list[i];
		struct hint_view v;

		if (device.len && !hint_watches(t, device))
			continue;
		v = hints_at(h, i);
		if (v.status == t->told)
			continue;
		t->told = v.status;
		fn(arg, &v);
	}
}
