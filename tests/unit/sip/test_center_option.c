/* What pjsip.conf may hold is what `pjsip show` and AMI's *Detail tell, with the values that are in
 * force where nothing is written. */
#include "engine/base/check.h"
#include "sip/center_internal.h"
#include "sip/conf_internal.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <stdio.h>

static struct {
	struct sip_conf *conf;
	struct sip_center center;
} rig;

static void load(const char *text)
{
	const struct memconf_file files[] = {{"pjsip.conf", text, 0}, {NULL, NULL, 0}};
	char error_room[512];
	struct sink error = sink_make(error_room, sizeof(error_room));
	struct conffile_error why;
	struct conffile *file;
	struct memconf m;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&file, &m.source, "pjsip.conf", &why), 0);
	assert_int_equal(sip_conf_load(&rig.conf, file, &error), 0);
	conffile_free(file);
	rig.center.conf = rig.conf;
}

struct want {
	struct slice name;
	char value[512];
	unsigned found;
};

static void match(void *arg, struct slice name, struct slice value)
{
	struct want *w = arg;

	if (!slice_eq(name, w->name))
		return;
	w->found++;
	slice_copy(w->value, sizeof(w->value), value);
}

static unsigned count_of(enum tech_kind kind, const char *name, const void *impl,
			 struct slice option, char value[512])
{
	struct tech_object o = {.kind = kind, .name = slice_str(name), .impl = impl};
	struct want w = {.name = option}, one = {.name = option};

	center_options(&rig.center, &o, match, &w);
	/* Asked for by name it is the same. */
	assert_int_equal(center_option(&rig.center, &o, option, match, &one), w.found > 0);
	assert_string_equal(one.value, w.value);
	memcpy(value, w.value, sizeof(w.value));
	return w.found;
}

/* Written only: what they come to is shown elsewhere (allow, acl), or Asterisk 22 has no such
 * option. */
static bool is_not_shown(struct slice name)
{
	static const char *const names[] = {
		"disallow",	    "permit",	       "deny",		 "contact_permit",
		"contact_deny",	    "redirect_method", "100rel_timeout", "outbound_publish",
		"send_pai_on_hold", "stream_topology", "stir_shaken",	 "nonce_reuse",
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_eq(name, slice_str(names[i])))
			return true;
	return false;
}

static void test_all_are_shown(void **state)
{
	static const struct {
		enum conf_type type;
		enum tech_kind kind;
	} rows[] = {
		{CONF_ENDPOINT, TECH_ENDPOINT}, {CONF_AOR, TECH_AOR},
		{CONF_AUTH, TECH_AUTH},		{CONF_TRANSPORT, TECH_TRANSPORT},
		{CONF_IDENTIFY, TECH_IDENTIFY}, {CONF_REGISTRATION, TECH_REGISTRATION},
	};
	const struct sip_conf_endpoint *ep;
	char value[512];

	UNUSED(state);
	load("[x]\ntype=endpoint\n");
	ep = sip_conf_endpoint(rig.conf, SLICE_LIT("x"));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice name;
		uint32_t n = 0;

		for (; (name = conf_type_option(rows[i].type, n, NULL)).len; n++) {
			unsigned want = is_not_shown(name) ? 0 : 1;

			if (count_of(rows[i].kind, "x", ep, name, value) != want)
				fail_msg("%.*s of %s is not told once", SLICE_ARG(name),
					 conf_type_name(rows[i].type));
		}
		assert_true(n > 3);
	}
	sip_conf_free(rig.conf);
}

static void test_values(void **state)
{
	static const struct {
		const char *option, *preset, *written;
	} rows[] = {
		{"allow", "()", "(alaw|ulaw)"},
		{"context", "default", "in"},
		{"direct_media", "true", "false"},
		{"trust_connected_line", "yes", "no"},
		{"callerid", "<unknown>", "\"A\" <1>"},
		{"set_var", "", "A=1,B=2"},
		{"timers", "yes", "always"},
		{"rtp_engine", "asterisk", "asterisk"},
		{"codec_prefs_outgoing_offer",
		 "prefer: pending, operation: union, keep: all, transcode: allow",
		 "prefer: pending, operation: union, keep: all, transcode: allow"},
	};
	char value[512];

	UNUSED(state);
	load("[x]\ntype=endpoint\n[y]\ntype=endpoint\ndisallow=all\nallow=alaw,ulaw\ncontext=in\n"
	     "direct_media=no\ntrust_connected_line=no\ncallerid=\"A\" "
	     "<1>\nset_var=A=1\nset_var=B=2\n"
	     "timers=always\n");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_conf_endpoint *x = sip_conf_endpoint(rig.conf, SLICE_LIT("x"));
		const struct sip_conf_endpoint *y = sip_conf_endpoint(rig.conf, SLICE_LIT("y"));

		count_of(TECH_ENDPOINT, "x", x, slice_str(rows[i].option), value);
		assert_string_equal(value, rows[i].preset);
		count_of(TECH_ENDPOINT, "y", y, slice_str(rows[i].option), value);
		assert_string_equal(value, rows[i].written);
	}
	sip_conf_free(rig.conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_are_shown),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
