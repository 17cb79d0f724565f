/* tests/fuzz/fuzz_conffile.c - the configuration grammar, with a file that may include itself and
 * others. Every tree that comes to be is walked; every rejection must name a reason and a remedy.
 */
#include "engine/base/check.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct conffile *cf)
{
	const struct conffile_section *s;
	size_t octets = 0;

	for (s = conffile_first_raw(cf); s; s = s->next) {
		check(s->name.ptr[s->name.len] == 0);
		for (const struct conffile_var *v = s->vars; v; v = v->next) {
			check(v->name.len > 0 && v->name.ptr[v->name.len] == 0);
			check(v->value.ptr[v->value.len] == 0);
			check(v->line > 0 && v->file);
			octets += v->value.len;
		}
	}
	check(octets <= (size_t)LIMIT_CONF_VARS * LIMIT_CONF_VALUE);
	for (s = conffile_first(cf); s; s = conffile_next(s)) {
		check(!s->is_template);
		check(conffile_ifind(cf, s->name.ptr));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memconf_file files[] = {
		{"a.conf", (const char *)data, size},
		{"b.conf", "[b](!)\nx=1\n[c](b)\ny=2\n", 0},
		{"d/e.conf", "z=3\n", 0},
		{NULL, NULL, 0},
	};
	static struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;

	if (size == 0 || size > 65536)
		return 0;
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "a.conf", &err) == 0) {
		walk(cf);
		conffile_free(cf);
	} else {
		check(err.text[0] && err.remedy[0] && err.file[0]);
	}
	return 0;
}
