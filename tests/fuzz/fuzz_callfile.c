/* Any octets are some call file; what it says lies inside the text, and its counts inside their
 * bounds. */
#include <stdlib.h>

#include "engine/base/check.h"
#include "spool/callfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watch {
	const char *text;
	size_t len;
	uint32_t last_line;
};

static bool is_inside(const struct watch *w, struct slice s)
{
	if (s.len == 0)
		return true;
	return s.ptr >= w->text && s.ptr + s.len <= w->text + w->len;
}

static void on_diag(void *arg, const struct callfile_diag *diag)
{
	struct watch *w = arg;
	char room[4096];
	struct sink text = sink_make(room, sizeof(room));

	check(diag->line == 0 || diag->line >= w->last_line);
	check(is_inside(w, diag->key));
	w->last_line = diag->line;
	callfile_diag_write(&text, diag, SLICE_LIT("/spool/file"));
	check(text.len > 0 && !text.over);
}

static void check_inside(const struct watch *w, const struct callfile *f)
{
	check(is_inside(w, f->tech) && is_inside(w, f->resource) && is_inside(w, f->account));
	check(is_inside(w, f->context) && is_inside(w, f->extension));
	check(is_inside(w, f->application) && is_inside(w, f->data));
	for (uint32_t i = 0; i < f->vars_count; i++)
		check(is_inside(w, f->vars[i].name) && is_inside(w, f->vars[i].value));
	for (uint32_t i = 0; i < f->codecs_count; i++)
		check(is_inside(w, f->codecs[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct callfile f;
	char *copy = malloc(size ? size : 1);
	struct watch w = {.text = copy, .len = size};
	enum callfile_verdict verdict;

	check(copy);
	if (size)
		memcpy(copy, data, size);
	verdict = callfile_parse(&f, copy, size, on_diag, &w);
	check(callfile_verdict_text(verdict)[0] != '\0');
	check(f.vars_count <= LIMIT_CALLFILE_VARS && f.codecs_count <= LIMIT_CALLFILE_CODECS);
	check(f.waittime_s >= 1 && f.retrytime_s >= 1 && f.priority >= 1);
	check_inside(&w, &f);
	if (verdict == CALLFILE_OK)
		check(f.tech.len && f.resource.len && (f.application.len || f.extension.len));
	free(copy);
	return 0;
}
