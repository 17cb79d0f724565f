/* Edits of a snapshot: what they change, what they share, in which order snapshots may go. */
#include "engine/core/dialplan.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>
#include <stdio.h>

static const char conf[] = "[default]\n"
			   "exten => 100,hint,PJSIP/100&Custom:lamp\n"
			   "exten => 100,1,NoOp(one)\n"
			   " same => n(lab),Hangup(16)\n"
			   "exten => _2XX,1,NoOp(pattern)\n"
			   "exten => _2XX/5551,1,NoOp(cid)\n"
			   "include => later\n"
			   "ignorepat => 9\n"
			   "[other]\n"
			   "exten => s,1,Wait(1)\n";

static char shown[8192];
static size_t shown_len;

static void print(void *arg, struct slice text)
{
	UNUSED(arg);
	assert_true(shown_len + text.len < sizeof(shown));
	memcpy(shown + shown_len, text.ptr, text.len);
	shown_len += text.len;
	shown[shown_len] = 0;
}

static const char *show(const struct dialplan *dp, const char *what)
{
	shown_len = 0;
	shown[0] = 0;
	dialplan_show(dp, slice_str(what), print, NULL);
	return shown;
}

static struct dialplan *load(void)
{
	const struct memconf_file files[] = {{"extensions.conf", conf, 0}, {0}};
	struct conffile_error err;
	struct dialplan *dp;
	struct conffile *cf;
	struct memconf m;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "extensions.conf", &err), 0);
	assert_int_equal(dialplan_load(&dp, cf, &m.source), 0);
	conffile_free(cf);
	return dp;
}

/* Replaces *dp; the old one is freed. */
static int change(struct dialplan **dp, struct dialplan_edit edit)
{
	char texts[4][64];
	struct slice *all[] = {&edit.context, &edit.exten, &edit.app, &edit.data};
	struct dialplan *next;
	int err;

	/* From memory that is gone afterwards. */
	for (int i = 0; i < 4; i++) {
		size_t len = all[i]->len < 63 ? all[i]->len : 63;

		if (len)
			memcpy(texts[i], all[i]->ptr, len);
		*all[i] = slice_make(texts[i], len);
	}
	err = dialplan_edit(&next, *dp, &edit);
	memset(texts, '?', sizeof(texts));
	if (err)
		return err;
	dialplan_free(*dp);
	*dp = next;
	return 0;
}

#define ADD(ctx, ext, prio, app_, data_)                                                           \
	((struct dialplan_edit){.context = SLICE_LIT(ctx),                                         \
				.exten = SLICE_LIT(ext),                                           \
				.priority = prio,                                                  \
				.app = SLICE_LIT(app_),                                            \
				.data = SLICE_LIT(data_)})
#define REMOVE(ctx, ext, prio)                                                                     \
	((struct dialplan_edit){.remove = true,                                                    \
				.context = SLICE_LIT(ctx),                                         \
				.exten = SLICE_LIT(ext),                                           \
				.priority = prio})

static const char *find(const struct dialplan *dp, const char *context, const char *exten,
			int32_t priority, const char *cid)
{
	struct dialplan_query q = {.context = slice_str(context),
				   .exten = slice_str(exten),
				   .priority = priority,
				   .cid_num = slice_str(cid)};
	struct dialplan_hit hit = dialplan_find(dp, &q);

	return hit.step ? hit.step->data.ptr : NULL;
}

static void test_hint_is_no_place(void **state)
{
	struct dialplan *dp = load();
	struct dialplan_hit hit;

	UNUSED(state);
	assert_null(find(dp, "default", "100", -1, ""));
	assert_string_equal(find(dp, "default", "100", 1, ""), "one");
	assert_true(dialplan_find_hint(dp, SLICE_LIT("default"), SLICE_LIT("100"), &hit));
	assert_string_equal(hit.step->app.ptr, "PJSIP/100&Custom:lamp");
	assert_false(dialplan_find_hint(dp, SLICE_LIT("default"), SLICE_LIT("200"), &hit));
	assert_non_null(
		strstr(show(dp, "100@default"), "  '100' =>          hint: PJSIP/100&Custom:lamp"));
	assert_non_null(strstr(shown, "[extensions.conf:2]\n"));
	assert_non_null(strstr(shown, "-= 1 extension (3 priorities) in 1 context. =-"));
	dialplan_free(dp);
}

static void test_add(void **state)
{
	struct dialplan *dp = load();
	struct dialplan_hit hit;

	UNUSED(state);
	assert_int_equal(change(&dp, ADD("default", "100", 5, "NoOp", "five")), 0);
	assert_int_equal(change(&dp, ADD("default", "100", 3, "NoOp", "three")), 0);
	assert_int_equal(change(&dp, ADD("default", "100", 3, "NoOp", "again")), -EEXIST);
	assert_int_equal(change(&dp, ADD("default", "050", 1, "NoOp", "new")), 0);
	assert_int_equal(change(&dp, ADD("default", "_20X", 1, "NoOp", "closer")), 0);
	assert_int_equal(change(&dp, ADD("default", "_20X/77", 1, "NoOp", "mine")), 0);
	assert_int_equal(change(&dp, ADD("default", "300", -1, "PJSIP/300", "")), 0);
	assert_string_equal(find(dp, "default", "100", 1, ""), "one");
	assert_string_equal(find(dp, "default", "100", 3, ""), "three");
	assert_string_equal(find(dp, "default", "100", 5, ""), "five");
	assert_string_equal(find(dp, "default", "050", 1, ""), "new");
	assert_string_equal(find(dp, "default", "201", 1, ""), "closer");
	assert_string_equal(find(dp, "default", "201", 1, "77"), "mine");
	assert_string_equal(find(dp, "default", "211", 1, ""), "pattern");
	assert_string_equal(find(dp, "default", "211", 1, "5551"), "cid");
	assert_true(dialplan_find_hint(dp, SLICE_LIT("default"), SLICE_LIT("300"), &hit));
	assert_non_null(strstr(show(dp, "100@default"), "3. NoOp(three)"));
	assert_non_null(strstr(shown, "[pbx_config]\n"));
	dialplan_free(dp);
}

static void test_replace(void **state)
{
	struct dialplan_edit edit = ADD("default", "100", 2, "NoOp", "two");
	struct dialplan_query q = {.context = SLICE_LIT("default"), .exten = SLICE_LIT("100")};
	struct dialplan *dp = load();

	UNUSED(state);
	assert_non_null(dialplan_find_label(dp, &q, SLICE_LIT("lab")).step);
	edit.replace = true;
	assert_int_equal(change(&dp, edit), 0);
	assert_string_equal(find(dp, "default", "100", 2, ""), "two");
	assert_null(dialplan_find_label(dp, &q, SLICE_LIT("lab")).step);
	dialplan_free(dp);
}

/* A context that an include has waited for. */
static void test_new_context(void **state)
{
	struct dialplan *dp = load();

	UNUSED(state);
	assert_null(find(dp, "default", "900", 1, ""));
	assert_int_equal(change(&dp, ADD("later", "900", 1, "NoOp", "late")), 0);
	assert_int_equal(change(&dp, ADD("aaa", "1", 1, "NoOp", "a")), 0);
	assert_string_equal(find(dp, "default", "900", 1, ""), "late");
	assert_string_equal(find(dp, "later", "900", 1, ""), "late");
	assert_string_equal(find(dp, "aaa", "1", 1, ""), "a");
	assert_string_equal(find(dp, "other", "s", 1, ""), "1");
	assert_int_equal(dialplan_context_count(dp), 4);
	assert_non_null(strstr(show(dp, "900@default"), "[ Included context 'later' created by"));
	dialplan_free(dp);
}

static void test_remove(void **state)
{
	struct dialplan *dp = load();

	UNUSED(state);
	assert_int_equal(change(&dp, REMOVE("nowhere", "100", 0)), -ENOENT);
	assert_int_equal(change(&dp, REMOVE("default", "999", 0)), -ENOENT);
	assert_int_equal(change(&dp, REMOVE("default", "100", 9)), -ENOENT);
	assert_int_equal(change(&dp, REMOVE("default", "100", 1)), 0);
	assert_null(find(dp, "default", "100", 1, ""));
	assert_string_equal(find(dp, "default", "100", 2, ""), "16");
	assert_int_equal(change(&dp, REMOVE("default", "_2XX/5551", 0)), 0);
	assert_string_equal(find(dp, "default", "211", 1, "5551"), "pattern");
	assert_int_equal(change(&dp, REMOVE("default", "100", 0)), 0);
	assert_null(find(dp, "default", "100", 2, ""));
	assert_int_equal(change(&dp, ADD("default", "100", 1, "NoOp", "back")), 0);
	assert_string_equal(find(dp, "default", "100", 1, ""), "back");
	assert_int_equal(change(&dp, REMOVE("default", "_2XX", 0)), 0);
	assert_null(find(dp, "default", "211", 1, ""));
	/* the context stays without anything */
	assert_int_equal(change(&dp, REMOVE("other", "s", 0)), 0);
	assert_true(dialplan_has_context(dp, SLICE_LIT("other")));
	dialplan_free(dp);
}

static void test_refused(void **state)
{
	struct dialplan *dp = load();

	UNUSED(state);
	assert_int_equal(change(&dp, ADD("", "1", 1, "NoOp", "")), -EINVAL);
	assert_int_equal(change(&dp, ADD("default", "", 1, "NoOp", "")), -EINVAL);
	assert_int_equal(change(&dp, ADD("default", "/1", 1, "NoOp", "")), -EINVAL);
	assert_int_equal(change(&dp, ADD("default", "1", 0, "NoOp", "")), -EINVAL);
	assert_int_equal(change(&dp, ADD("default", "1", -2, "NoOp", "")), -EINVAL);
	assert_int_equal(change(&dp, ADD("default", "1", 1, "", "")), -EINVAL);
	dialplan_free(dp);
}

/* Readers may hold any of them; each is whole until it is freed. */
static void test_lives(void **state)
{
	struct dialplan_edit edit = ADD("default", "500", 1, "NoOp", "new");
	struct dialplan *first = load(), *second, *third;

	UNUSED(state);
	assert_int_equal(dialplan_edit(&second, first, &edit), 0);
	edit.exten = SLICE_LIT("501");
	assert_int_equal(dialplan_edit(&third, second, &edit), 0);
	assert_null(find(first, "default", "500", 1, ""));
	dialplan_free(first);
	assert_string_equal(find(second, "default", "100", 1, ""), "one");
	dialplan_free(second);
	assert_string_equal(find(third, "default", "100", 1, ""), "one");
	assert_string_equal(find(third, "default", "500", 1, ""), "new");
	assert_string_equal(find(third, "default", "501", 1, ""), "new");
	dialplan_free(third);
}

/* Adding and removing for ever needs no more than what is in force: the same text each time. */
static void test_many(void **state)
{
	struct dialplan *dp = load();
	char want[sizeof(shown)];
	char name[16];

	UNUSED(state);
	snprintf(want, sizeof(want), "%s", show(dp, ""));
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "7%03d", i);
		struct dialplan_edit edit = {.context = SLICE_LIT("other"),
					     .exten = slice_str(name),
					     .priority = 1,
					     .app = SLICE_LIT("NoOp"),
					     .data = slice_str(name)};
		assert_int_equal(change(&dp, edit), 0);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "7%03d", i);
		assert_string_equal(find(dp, "other", name, 1, ""), name);
		assert_int_equal(change(&dp, (struct dialplan_edit){.remove = true,
								    .context = SLICE_LIT("other"),
								    .exten = slice_str(name)}),
				 0);
	}
	assert_string_equal(show(dp, ""), want);
	dialplan_free(dp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint_is_no_place),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_new_context),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
