/* tests/sim/test_console.c - the console socket of a whole engine, and clients that do not behave. */
#include "tests/sim/console_rig.h"

static void test_one_command(void **state)
{
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_run(c, "core show uptime seconds");
	assert_true(c->closed);
	assert_non_null(strstr(c->text, "\nSystem uptime: "));
}

static void test_command_in_pieces(void **state)
{
	static const char text[] = "cli quit after core show channels count";
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_connect(c);
	for (size_t i = 0; i < sizeof(text); i++)
		client_say(c, text + i, 1);
	assert_true(c->closed);
	assert_non_null(strstr(c->text, "0 active channels"));
}

static void test_too_long(void **state)
{
	static char text[4000];
	struct client *c = &rig.clients[0];

	UNUSED(state);
	memset(text, 'x', sizeof(text));
	client_connect(c);
	client_say(c, text, sizeof(text));
	assert_true(c->closed);
	assert_non_null(strstr(c->text, "too long"));
}

/* Something that only begins like a stop must not leave its client waiting for ever. */
static void test_not_quite_a_stop(void **state)
{
	UNUSED(state);
	client_run(&rig.clients[0], "core stop");
	assert_true(rig.clients[0].closed);
	assert_non_null(strstr(rig.clients[0].text, "No such command"));
	client_run(&rig.clients[1], "core restart soon");
	assert_true(rig.clients[1].closed);
	sim_run_for(rig.w, 5 * SIM_SECOND);
	assert_false(rig.stopped);
}

/* Connections that say nothing use up the table, and give it back. */
static void test_silent_connections(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < CLIENTS - 1; i++)
		client_connect(&rig.clients[i]);
	sim_run_for(rig.w, 11 * SIM_SECOND);
	for (unsigned i = 0; i < CLIENTS - 1; i++)
		assert_true(rig.clients[i].closed);
	client_run(&rig.clients[CLIENTS - 1], "core show version");
	assert_non_null(strstr(rig.clients[CLIENTS - 1].text, "Ringer"));
}

/* An order keeps the engine up: the stop waits, other commands are refused, and an abort frees the client
 * that waits for the end. */
static void settle(void *impl, uint64_t cookie, const struct outcome *o)
{
	UNUSED(impl);
	UNUSED(cookie);
	UNUSED(o);
}

static const struct source_ops source_ops = {.name = "test", .settle = settle};

static void submit_far_future(void)
{
	static struct originate o;
	const struct source source = {&source_ops, NULL};

	originate_init(&o);
	o.tech = SLICE_LIT("PJSIP");
	o.resource = SLICE_LIT("1@gw");
	o.due_ns = sim_now(rig.w) + 3600 * SIM_SECOND;
	assert_int_equal(control_originate(engine_control(rig.engine), &o, &source, 1, NULL), 0);
}

static void test_abort_frees_who_waits(void **state)
{
	struct client *waits = &rig.clients[0], *other = &rig.clients[1];

	UNUSED(state);
	submit_far_future();
	client_run(waits, "core stop when convenient");
	sim_run_for(rig.w, 20 * SIM_SECOND);
	assert_false(waits->closed);
	assert_non_null(strstr(waits->text, "Waiting for inactivity to perform halt"));
	client_say(waits, "more\0and more\0", 14); /* is not listened to */
	assert_false(waits->closed);
	client_run(other, "core abort shutdown");
	sim_run_for(rig.w, 2 * SIM_SECOND);
	assert_true(other->closed);
	assert_true(waits->closed);
	assert_false(rig.stopped);
}

static void test_stop_closes_who_waits(void **state)
{
	UNUSED(state);
	client_run(&rig.clients[0], "core stop gracefully");
	sim_run_for(rig.w, 10 * SIM_SECOND);
	assert_true(rig.stopped);
}

/* What ended the engine last decides: a restart that waits becomes a stop by a more urgent one, and
 * stays what it is when a less urgent one is ignored. */
static void test_restart(void **state)
{
	static const struct {
		const char *first, *second;
		bool restarts;
	} rows[] = {
		{"core restart when convenient", "core restart gracefully", true},
		{"core restart when convenient", "core stop gracefully", false},
		{"core stop when convenient", "core restart gracefully", true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct client *waits = &rig.clients[0];

		if (i > 0)
			set_up(state);
		submit_far_future();
		client_run(waits, rows[i].first);
		client_run(&rig.clients[1], rows[i].second);
		sim_run_for(rig.w, 60 * SIM_SECOND);
		assert_true(rig.stopped);
		if (engine_restarts(rig.engine) != rows[i].restarts)
			fail_msg("%s, then %s", rows[i].first, rows[i].second);
		if (i + 1 < ARRAY_COUNT(rows))
			tear_down(state);
	}
}

/* Asked for within one turn: the more urgent one counts, and of two alike the stop. */
static void test_restart_and_stop_at_once(void **state)
{
	static const struct {
		enum control_stop restart, stop;
		bool restarts;
	} rows[] = {
		{CONTROL_STOP_NOW, CONTROL_STOP_GRACEFULLY, true},
		{CONTROL_STOP_GRACEFULLY, CONTROL_STOP_NOW, false},
		{CONTROL_STOP_GRACEFULLY, CONTROL_STOP_GRACEFULLY, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (i > 0)
			set_up(state);
		engine_request_restart(rig.engine, rows[i].restart);
		engine_request_stop(rig.engine, rows[i].stop);
		sim_run_for(rig.w, 60 * SIM_SECOND);
		assert_true(rig.stopped);
		assert_int_equal(engine_restarts(rig.engine), rows[i].restarts);
		if (i + 1 < ARRAY_COUNT(rows))
			tear_down(state);
	}
}

static void test_restart_is_called_off(void **state)
{
	UNUSED(state);
	submit_far_future();
	client_run(&rig.clients[0], "core restart when convenient");
	assert_non_null(strstr(rig.clients[0].text, "Waiting for inactivity to perform restart\n"));
	client_run(&rig.clients[1], "core abort shutdown");
	sim_run_for(rig.w, 2 * SIM_SECOND);
	assert_true(rig.clients[0].closed);
	client_run(&rig.clients[2], "core stop now");
	sim_run_for(rig.w, 60 * SIM_SECOND);
	assert_true(rig.stopped);
	assert_false(engine_restarts(rig.engine));
}

/* ---- consoles that stay ---- */

static void test_console_stays(void **state)
{
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_open(c);
	client_command(c, "co sh ch count");
	assert_non_null(strstr(c->text, "0 active channels\n"));
	client_command(c, "core set verbose 3");
	assert_non_null(strstr(c->text, "Console verbose was OFF and is now 3.\n"));
	sim_run_for(rig.w, 60 * SIM_SECOND);
	assert_false(c->closed);
	client_command(c, "core show uptime seconds\0core show channels count");
	client_say(c, "a\0b\0", 4);
	assert_non_null(strstr(c->text, "No such command 'b'"));
	client_command(c, "quit");
	assert_true(c->closed);
}

/* "cli quit after" at the end of a console's commands: what is on its way arrives, then the end. */
static void test_console_ends_with_a_script(void **state)
{
	static const char text[] = "core show channels count\0cli quit after core show uptime";
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_connect(c);
	client_say(c, text, sizeof(text));
	assert_non_null(strstr(c->text, "0 active channels\n"));
	assert_non_null(strstr(c->text, "System uptime"));
	assert_true(c->closed);
}

static void say_levels(void)
{
	log_verbose(2, "a verbose line");
	log_warning("a warning");
	sim_run_for(rig.w, 100 * SIM_MS);
}

/* Each console has its own verbosity; scripts get no lines at all. */
static void test_log_lines(void **state)
{
	struct client *quiet = &rig.clients[0], *curious = &rig.clients[1];

	UNUSED(state);
	client_open(quiet);
	client_open(curious);
	client_command(curious, "core set verbose 2");
	say_levels();
	assert_null(strstr(quiet->text, "a verbose line"));
	assert_non_null(strstr(quiet->text, "WARNING test_console.c: a warning\n"));
	assert_non_null(strstr(curious->text, "\xfd  == a verbose line\n"));
	client_command(quiet, "logger mute");
	assert_non_null(strstr(quiet->text, "Console is muted.\n"));
	client_command(curious, "logger set level WARNING off");
	curious->len = quiet->len = 0;
	say_levels();
	assert_int_equal(quiet->len, 0);
	assert_null(strstr(curious->text, "a warning"));
	assert_non_null(strstr(curious->text, "a verbose line"));
}

/* Nobody asks for verbose lines any more: they are not made. */
static void test_log_level_follows_consoles(void **state)
{
	struct client *c = &rig.clients[0];

	UNUSED(state);
	assert_false(log_is_on(LOG_LEVEL_VERBOSE, 3));
	client_open(c);
	client_command(c, "core set verbose 3");
	assert_true(log_is_on(LOG_LEVEL_VERBOSE, 3));
	client_command(c, "exit");
	assert_false(log_is_on(LOG_LEVEL_VERBOSE, 3));
}

static void test_completion(void **state)
{
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_open(c);
	client_command(c, "_COMMAND MATCHESARRAY \"core stop \" \"\"");
	assert_string_equal(c->text, "gracefully now when _EOF_\n");
	c->len = 0;
	client_command(c, "_COMMAND MATCHESARRAY \"nosuch \"");
	assert_string_equal(c->text, "_EOF_\n");
	c->len = 0;
	client_command(c, "_COMMAND MATCHESARRAY ");
	client_command(c, "_COMMAND MATCHESARRAY \"core show channels \\");
	assert_false(c->closed);
}

/* Who adds a command fills in: the line of help, and a usage that begins with the command itself, whose first line
 * says what the arguments are (they complete by it) and whose others say what it does. */
static void check_command(void *arg, const struct cli_command *cmd)
{
	uint32_t *count = arg;
	size_t words = strlen(cmd->words);
	const char *second = strchr(cmd->usage, '\n');

	if (strlen(cmd->summary) < 5)
		fail_msg("'%s' has no line of help", cmd->words);
	if (strncmp(cmd->usage, "Usage: ", 7) != 0 || strncmp(cmd->usage + 7, cmd->words, words) != 0)
		fail_msg("the usage of '%s' does not begin with it", cmd->words);
	if (!second || strncmp(second, "\n       ", 8) != 0 || strlen(second) < 20)
		fail_msg("the usage of '%s' does not say what it does", cmd->words);
	(*count)++;
}

static void test_every_command_explains_itself(void **state)
{
	uint32_t count = 0;

	UNUSED(state);
	cli_each(control_cli(engine_control(rig.engine)), check_command, &count);
	assert_true(count > 30);
}

static void test_help(void **state)
{
	struct client *c = &rig.clients[0];

	UNUSED(state);
	client_open(c);
	client_command(c, "core show help core stop");
	assert_non_null(strstr(c->text, "core stop gracefully           -- Gracefully shut down Ringer\n"));
	client_command(c, "core show help core stop now");
	assert_non_null(strstr(c->text, "Usage: core stop now\n       "));
	client_command(c, "core show help nosuch");
	assert_non_null(strstr(c->text, "No such command 'nosuch'.\n"));
	client_command(c, "core show application wait nosuch");
	assert_non_null(strstr(c->text, "\n  -= Info about Application 'Wait' =- \n\n[Synopsis]\n"));
	assert_non_null(strstr(c->text, "[Syntax]\nWait(seconds)\n\n[Arguments]\nseconds\n"));
	client_command(c, "core show application nosuch");
	assert_non_null(strstr(c->text, "Your application(s) is (are) not registered\n"));
	client_command(c, "core show applications like gosub");
	assert_non_null(strstr(c->text, "    -= Matching Asterisk Applications =-\n"
					"                 Gosub: Jump to label, saving return address.\n"));
	assert_non_null(strstr(c->text, "    -= 2 Applications Matching =-\n"));
	client_command(c, "core show function cut");
	assert_non_null(strstr(c->text, "[Syntax]\nCUT(varname,char-delim,range-spec)\n"));
	client_command(c, "core show functions like TRIM");
	assert_non_null(strstr(c->text, "LTRIM                 LTRIM(string)                        Trim"));
	assert_non_null(strstr(c->text, "3 matching custom functions installed.\n"));
}

/* A console that stops reading loses lines and hears how many; the engine keeps a bounded lot for it. */
static void test_reader_that_does_not_read(void **state)
{
	struct client *deaf = &rig.clients[0], *fine = &rig.clients[1];
	uint64_t before = engine_metric(rig.engine, METRIC_console_lines_dropped);
	uint64_t dropped;

	UNUSED(state);
	client_open(deaf);
	client_open(fine);
	io_stream_pause(deaf->stream, true);
	for (int i = 0; i < 8000; i++) {
		/* one place in the code may write 20 lines a second */
		log_write(&(struct log_site){0}, LOG_LEVEL_NOTICE, 0, __FILE__, __LINE__, __func__, NULL,
			  "%0500d", i);
		if (i % 50 == 0)
			sim_run_for(rig.w, 10 * SIM_MS);
		fine->len = 0;
	}
	dropped = engine_metric(rig.engine, METRIC_console_lines_dropped) - before;
	assert_true(dropped > 1000);
	client_command(fine, "core show channels count");
	assert_non_null(strstr(fine->text, "0 active channels"));
	assert_false(deaf->heard_of_loss);
	io_stream_pause(deaf->stream, false);
	sim_run_for(rig.w, SIM_SECOND);
	assert_true(deaf->heard_of_loss);
}

static void test_too_many_consoles(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < LIMIT_CONSOLES_OPEN; i++)
		client_open(&rig.clients[i]);
	client_connect(&rig.clients[40]);
	client_command(&rig.clients[40], "core show version");
	assert_non_null(strstr(rig.clients[40].text, "Too many consoles"));
	assert_true(rig.clients[40].closed);
	client_run(&rig.clients[41], "core show version"); /* scripts still find room */
	assert_non_null(strstr(rig.clients[41].text, "Ringer"));
	client_command(&rig.clients[0], "quit");
	client_open(&rig.clients[42]);
	assert_false(rig.clients[42].closed);
}

static void test_vanishing_console(void **state)
{
	UNUSED(state);
	client_open(&rig.clients[0]);
	io_stream_close(rig.clients[0].stream, false);
	rig.clients[0].stream = NULL;
	say_levels();
	client_open(&rig.clients[1]);
	client_command(&rig.clients[1], "core show version");
	assert_non_null(strstr(rig.clients[1].text, "Ringer"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_command),
		TEST(test_command_in_pieces),
		TEST(test_too_long),
		TEST(test_not_quite_a_stop),
		TEST(test_silent_connections),
		TEST(test_abort_frees_who_waits),
		TEST(test_stop_closes_who_waits),
		TEST(test_restart),
		TEST(test_restart_and_stop_at_once),
		TEST(test_restart_is_called_off),
		TEST(test_console_stays),
		TEST(test_console_ends_with_a_script),
		TEST(test_log_lines),
		TEST(test_log_level_follows_consoles),
		TEST(test_completion),
		TEST(test_every_command_explains_itself),
		TEST(test_help),
		TEST(test_reader_that_does_not_read),
		TEST(test_too_many_consoles),
		TEST(test_vanishing_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
