/* tests/unit/rtp/test_conf.c */
#include "rtp/conf.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/conffile.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/rows.h"

static char said[1024];

static void hear(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	slice_copy(said, sizeof(said), slice_str(line->text));
}

static int read_text(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	*len = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

struct row {
	const char *text;
	unsigned start, end, interval, timeout, probation;
	enum latch_mode strict;
	const char *said; /* part of the last message; NULL: none */
};

static const struct row rows[] = {
	{"", 5000, 31000, 5000, 1200, 4, LATCH_YES, NULL},
	{"[other]\nrtpstart=1\n", 5000, 31000, 5000, 1200, 4, LATCH_YES, NULL},
	{"[general]\nrtpstart=10000\nrtpend=20000\nrtcpinterval=500\ndtmftimeout=3000\nprobation="
	 "8\n",
	 10000, 20000, 500, 3000, 8, LATCH_YES, NULL},
	{"[general]\nrtpstart=10001\nrtpend=10004\n", 10002, 10004, 5000, 1200, 4, LATCH_YES, NULL},
	{"[general]\nrtpstart=20000\nrtpend=10000\n", 5000, 31000, 5000, 1200, 4, LATCH_YES,
	 "rtp.conf:2: rtpstart 20000 is not below rtpend 10000"},
	{"[general]\nrtpstart=31001\n", 5000, 31000, 5000, 1200, 4, LATCH_YES, "is not below"},
	{"[general]\nrtpstart=80\n", 5000, 31000, 5000, 1200, 4, LATCH_YES, "rtpstart"},
	{"[general]\nrtcpinterval=100\n", 5000, 31000, 5000, 1200, 4, LATCH_YES, "rtcpinterval"},
	{"[general]\nstrictrtp=no\n", 5000, 31000, 5000, 1200, 4, LATCH_NO, NULL},
	{"[general]\nstrictrtp=SeqNo\n", 5000, 31000, 5000, 1200, 4, LATCH_SEQNO, NULL},
	{"[general]\nstrictrtp=maybe\n", 5000, 31000, 5000, 1200, 4, LATCH_YES,
	 "strictrtp=maybe is none of yes, no, seqno"},
	{"[general]\nicesupport=no\nstunaddr=\nrtpchecksums=no\n", 5000, 31000, 5000, 1200, 4,
	 LATCH_YES, NULL},
	{"[general]\nstunaddr=stun.example:3478\n", 5000, 31000, 5000, 1200, 4, LATCH_YES,
	 "rtp.conf:2: option 'stunaddr' has no effect yet"},
	{"[general]\nrtpstrat=9000\n", 5000, 31000, 5000, 1200, 4, LATCH_YES,
	 "rtp.conf:2: [general] has no option \"rtpstrat\""},
};

static void test_read(void **state)
{
	UNUSED(state);
	log_set_writer(hear, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct conffile_source source = {.read = read_text,
						 .etc_dir = "/etc",
						 .arg = (void *)(uintptr_t)rows[i].text};
		struct conffile_error err;
		struct conffile *cf;
		struct rtp_conf conf;

		print_message("%s\n", rows[i].text);
		said[0] = '\0';
		assert_int_equal(conffile_load(&cf, &source, "rtp.conf", &err), 0);
		rtp_conf_read(&conf, cf);
		conffile_free(cf);
		assert_int_equal(conf.port_start, rows[i].start);
		assert_int_equal(conf.port_end, rows[i].end);
		assert_int_equal(conf.rtcp_interval_ms, rows[i].interval);
		assert_int_equal(conf.dtmf_timeout_samples, rows[i].timeout);
		assert_int_equal(conf.probation, rows[i].probation);
		assert_int_equal(conf.strict, rows[i].strict);
		if (!rows[i].said)
			assert_string_equal(said, "");
		else if (slice_find_text(slice_str(said), slice_str(rows[i].said)) == SIZE_MAX)
			assert_string_equal(said, rows[i].said);
	}
}

static void test_no_file(void **state)
{
	struct rtp_conf conf;

	UNUSED(state);
	rtp_conf_read(&conf, NULL);
	assert_int_equal(conf.port_start, 5000);
	assert_true(conf.initial_silence);
}

static void test_each_is_told(void **state)
{
	char *told = rows_read("tests/flow/ROWS.md"), *readme = rows_read("rtp/README.md");
	const char *name;
	bool has_effect;

	UNUSED(state);
	for (uint32_t i = 0; (name = rtp_conf_option(i, &has_effect)); i++)
		if (rows_have(told, "rtp", slice_str(name)) != has_effect ||
		    rows_have(readme, "rtp", slice_str(name)) == has_effect)
			fail_msg("not told as what it is: %s", name);
	free(told);
	free(readme);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_each_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
