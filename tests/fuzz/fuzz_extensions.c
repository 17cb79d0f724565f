/* tests/fuzz/fuzz_extensions.c - extensions.conf from text to answers: load, find, show. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/dialplan.h"
#include "tests/unit/core/memconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool civil(void *arg, const char *zone, struct tm *out)
{
	(void)arg;
	*out = (struct tm){.tm_mday = 1, .tm_hour = zone[0] ? 3 : 12};
	return true;
}

static void ask(const struct dialplan *dp, const char *context, const char *exten, int32_t priority)
{
	static const struct timespec_clock clock = {civil, NULL};
	const struct dialplan_query q = {.context = slice_str(context),
					 .exten = slice_str(exten),
					 .priority = priority,
					 .cid_num = SLICE_LIT("5551"),
					 .clock = &clock};
	struct dialplan_hit hit = dialplan_find(dp, &q);

	check((hit.step != NULL) == (hit.why == DIALPLAN_FOUND));
	check(!hit.step || hit.step->priority == priority);
	/* Complete, or completable, is what "can match" means. */
	if (hit.step || dialplan_match_more(dp, &q))
		check(dialplan_can_match(dp, &q));
	hit = dialplan_find_label(dp, &q, SLICE_LIT("a"));
	check(!hit.step || slice_eq(hit.step->label, SLICE_LIT("a")));
}

static void count(void *arg, struct slice text)
{
	*(size_t *)arg += text.len;
}

static void silent(void *arg, const struct log_line *line)
{
	(void)arg;
	(void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const numbers[] = {"",  "1", "100", "12-34",
					      "s", "i", "*9#", "5551234567"};
	const struct memconf_file files[] = {{"e.conf", (const char *)data, size}, {NULL, NULL, 0}};
	static struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;
	struct dialplan *dp = NULL;
	size_t shown = 0;

	log_set_writer(silent, NULL);
	if (size == 0 || size > 16384)
		return 0;
	memconf_init(&m, files);
	if (conffile_load(&cf, &m.source, "e.conf", &err) != 0)
		return 0;
	check(dialplan_load(&dp, cf, &m.source) == 0);
	conffile_free(cf);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ask(dp, "c", numbers[i], 1);
		ask(dp, "d", numbers[i], 2);
	}
	dialplan_show(dp, SLICE_EMPTY, count, &shown);
	dialplan_show(dp, SLICE_LIT("100@c"), count, &shown);
	check(shown > 0);
	dialplan_free(dp);
	return 0;
}
