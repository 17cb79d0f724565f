/* tests/unit/base/test_check.c */
#include "engine/base/check.h"

#include "engine/base/log.h"
#include "tests/unit/cmocka.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int lines;

static void count_line(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
	lines++;
}

static void test_never(void **state)
{
	uint64_t before = check_never_count();

	UNUSED(state);
	log_set_writer(count_line, NULL);
	for (int i = 0; i < 3; i++)
		assert_true(NEVER(i >= 0));
	assert_false(NEVER(lines > 1));
	assert_int_equal(check_never_count() - before, 3);
	assert_int_equal(lines, 1); /* counted each time, logged once */
	log_set_writer(NULL, NULL);
}

static void test_check_aborts(void **state)
{
	pid_t pid = fork();
	int status = 0;

	UNUSED(state);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		check(lines < 0);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_check_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
