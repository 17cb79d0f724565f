/* manager.conf as it is read, and the "manager ..." commands that show it. */
#include "ami/event_manual.h"
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"
#include "ami/class.h"
#include "engine/core/cli.h"

static char printed[65536];

static void collect(void *arg, struct slice text)
{
	size_t used = strlen(printed);

	(void)arg;
	snprintf(printed + used, sizeof(printed) - used, "%.*s", SLICE_ARG(text));
}

static const char *console(const char *line)
{
	printed[0] = 0;
	cli_run(world.cli, slice_str(line), collect, NULL);
	return printed;
}

static int begin(void **state)
{
	(void)state;
	world_begin("[general]\nenabled = yes\nwebenabled = yes\nbindaddr = 127.0.0.1\n\n"
		    "[hello]\nsecret=world\nread=all     ; all kinds\nwrite=all    ; all actions\n"
		    "[vars]\nsecret=x\nread=system, call\nwrite=\ndisplayconnects=no\n"
		    "allowmultiplelogin=no\nsetvar=SV1=one\nsetvar=SV2=two=2\nwritetimeout=50\n"
		    "deny=0.0.0.0/0\n[broken]\nsecret=x\npermit=not an address\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static void test_conf(void **state)
{
	const struct ami_conf *conf = world.ami->conf;
	const struct ami_user *u = ami_conf_user(conf, SLICE_LIT("VARS"));

	(void)state;
	assert_int_equal(conf->user_count, 2); /* a bad rule removes the user */
	assert_int_equal(ami_conf_user(conf, SLICE_LIT("hello"))->read, AMI_CLASS_ALL);
	assert_int_equal(u->read, AMI_CLASS_SYSTEM | AMI_CLASS_CALL);
	assert_int_equal(u->write, 0);
	assert_int_equal(u->write_timeout_ms, 100);
	assert_int_equal(conf->auth_timeout_ms, 30000);
	assert_int_equal(conf->auth_limit, 50);
	assert_null(ami_conf_user(conf, SLICE_LIT("broken")));
	assert_null(ami_conf_user(conf, SLICE_LIT("general")));
}

static void test_conf_of_nothing(void **state)
{
	struct ami_conf *conf;
	struct sink none = sink_make(NULL, 0);

	(void)state;
	assert_int_equal(ami_conf_load(&conf, NULL, &none), 0);
	assert_false(conf->enabled);
	assert_true(addr_is_any(&conf->bind));
	assert_int_equal(conf->bind.port, 5038);
	ami_conf_free(conf);
}

static int load(const char *text, struct sink *error)
{
	const struct memconf_file files[] = {{"manager.conf", text, 0}, {0}};
	struct conffile_error err;
	struct ami_conf *conf = NULL;
	struct conffile *cf;
	struct memconf m;
	int result;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "manager.conf", &err), 0);
	result = ami_conf_load(&conf, cf, error);
	conffile_free(cf);
	ami_conf_free(conf);
	return result;
}

/* An address that cannot be read must not open the door to everybody. */
static void test_bad_address(void **state)
{
	char said[256];
	struct sink error = sink_make(said, sizeof(said));

	(void)state;
	assert_int_equal(load("[general]\nenabled=yes\nbindaddr=127.0.0.1x\n", &error), -EINVAL);
	assert_string_equal(sink_cstr(&error),
			    "manager.conf:3: bindaddr = 127.0.0.1x: no IP address; write "
			    "bindaddr=127.0.0.1 or [::1]:5038");
}

static void test_filters_of_a_user(void **state)
{
	struct ami_conf *conf = world_conf("[u]\nsecret=x\neventfilter=!Event: VarSet\n"
					   "eventfilter(name(Hangup),action(exclude)) =\n"
					   "eventfilter(nonsense) = x\neventfilter() = x\n"
					   "eventfilter = (\n");

	(void)state;
	assert_int_equal(conf->users[0].filters.count, 2);
	assert_int_equal(conf->users[0].filters.include_count, 0);
	ami_conf_free(conf);
}

static void test_show_users(void **state)
{
	(void)state;
	assert_string_equal(console("manager show users"),
			    "\nusername\n--------\nhello\nvars\n-------------------\n"
			    "2 manager users configured.\n");
	assert_string_equal(console("manager show user vars"),
			    "\n          username: vars\n            secret: <Set>\n"
			    "               ACL: yes\nACL: (unnamed)\n"
			    "---------------------------------------------\n"
			    "  0:  deny - 0.0.0.0/0.0.0.0\n         read perm: system,call\n"
			    "        write perm: <none>\n   displayconnects: no\n"
			    "allowmultiplelogin: no\n         Variables: \n"
			    "                 SV2 = two=2\n                 SV1 = one\n");
	assert_string_equal(console("manager show user nobody"),
			    "There is no manager called nobody\n");
}

static void test_show_settings(void **state)
{
	(void)state;
	assert_string_equal(console("manager show settings"),
			    "\nGlobal Settings:\n----------------\n"
			    "  Manager (AMI):             Yes            \n"
			    "  Web Manager (AMI/HTTP):    Yes            \n"
			    "  TCP Bindaddress:           127.0.0.1:5038 \n"
			    "  HTTP Timeout (seconds):    60             \n"
			    "  TLS Enable:                No             \n"
			    "  TLS Bindaddress:           Disabled       \n"
			    "  TLS Certfile:              asterisk.pem   \n"
			    "  TLS Privatekey:                           \n"
			    "  TLS Cipher:                               \n"
			    "  Allow multiple login:      Yes            \n"
			    "  Display connects:          Yes            \n"
			    "  Timestamp events:          No             \n"
			    "  Channel vars:                             \n"
			    "  Disabled events:                          \n"
			    "  Debug:                     No             \n");
}

static void test_show_connected(void **state)
{
	struct io_stream *s = world_login(WORLD_LOGIN);

	(void)state;
	world_run(5 * TMR_SECOND);
	assert_string_equal(console("manager show connected"),
			    "  Username         IP Address                                         "
			    "      Start   "
			    "    Elapsed     FileDes   HttpCnt   ReadPerms   WritePerms\n"
			    "  hello            127.0.0.1                                          "
			    "      1795447037"
			    "  5           10        0         2147483647  2147483647\n"
			    "1 users connected.\n");
	assert_string_equal(console("manager kick session 77"),
			    "No manager session found using file descriptor 77\n");
	assert_string_equal(console("manager kick session 10"),
			    "Kicking manager session connected using file descriptor 10\n");
	assert_true(s->closed);
	world_run(TMR_MS);
	assert_non_null(strstr(console("manager show connected"), "\n0 users connected.\n"));
}

static void test_show_commands(void **state)
{
	const char *text = console("manager show commands");

	(void)state;
	STARTS(text, "  Action  ");
	assert_non_null(strstr(text, "  Synopsis\n  ------  "));
	assert_non_null(strstr(text, "  --------\n  AbsoluteTimeout  "));
	assert_non_null(strstr(text, "\n  Challenge  "));
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') - line <= 80);
}

static void test_show_command(void **state)
{
	const char *text = console("manager show command ping nosuch hangup");

	(void)state;
	STARTS(text, "\n  -= Info about Manager Command 'Ping' =- \n\n[Synopsis]\n");
	assert_non_null(strstr(text, "[Privilege]\n<none>\n\n"));
	assert_non_null(strstr(text,
			       "[Syntax]\nAction: Hangup\n[ActionID:] <value>\nChannel: <value>\n"
			       "[Cause:] <value>\n\n"));
	assert_string_equal(console("manager show command nosuch"), "");
}

static void test_show_events(void **state)
{
	char dashes[64] = "", head[256];
	size_t widest = 0;

	(void)state;
	console("manager show events");
	/* three columns as wide as the longest name */
	for (uint32_t i = 0; i < ami_event_manual_count; i++)
		if (strlen(ami_event_manual[i].name) > widest)
			widest = strlen(ami_event_manual[i].name);
	memset(dashes, '-', widest);
	snprintf(head, sizeof(head), "Events:\n  %s  %s  %s  \n  %-*s  ", dashes, dashes, dashes,
		 (int)widest, ami_event_manual[0].name);
	assert_int_equal(strncmp(printed, head, strlen(head)), 0);
	assert_non_null(strstr(printed, "\n\n"));
	assert_non_null(strstr(printed, " events registered.\n"));
	assert_non_null(
		strstr(console("manager show event hangup"), "Event: Hangup\nChannel: <value>"));
	assert_non_null(strstr(printed, "\n\n[Description]\nCause is a Q.850 number"));
	assert_string_equal(console("manager show event x"), "Could not find event 'x'\n");
}

static void test_set_debug(void **state)
{
	(void)state;
	assert_string_equal(console("manager set debug"), "manager debug is off\n");
	assert_string_equal(console("manager set debug on"), "");
	assert_string_equal(console("manager set debug"), "manager debug is on\n");
	assert_non_null(strstr(console("manager show settings"), "Debug:                     Yes"));
	assert_string_equal(console("manager set debug OFF"), "");
	assert_string_equal(console("manager set debug"), "manager debug is off\n");
	assert_non_null(strstr(console("manager set debug maybe"), "Usage: manager set debug"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_conf),	   TEST(test_conf_of_nothing),
		TEST(test_bad_address),	   TEST(test_filters_of_a_user),
		TEST(test_show_users),	   TEST(test_show_settings),
		TEST(test_show_connected), TEST(test_show_commands),
		TEST(test_show_command),   TEST(test_show_events),
		TEST(test_set_debug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
