/* tests/unit/rtp/test_wav.c */
#include "rtp/wav.h"

#include <errno.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#define HEAD "RIFF\0\0\0\0WAVE"
#define FMT(format, channels, rate_low, rate_high, bits)                                           \
	"fmt \x10\0\0\0" format "\0" channels "\0" rate_low rate_high "\0\0"                       \
	"\0\0\0\0"                                                                                 \
	"\2\0" bits "\0"
#define GOOD	FMT("\1", "\1", "\x40", "\x1f", "\x10")
#define TEXT(s) s, sizeof(s) - 1

struct row {
	const char *name;
	const char *data;
	size_t len;
	int rc;
	size_t data_bytes;
	const char *why;
};

static const struct row rows[] = {
	{"plain",
	 TEXT(HEAD GOOD "data\4\0\0\0"
			"abcd"),
	 0, 4, ""},
	{"unknown chunks, one of odd size",
	 TEXT(HEAD "LIST\3\0\0\0"
		   "xyz\0" GOOD "fact\4\0\0\0"
		   "....data\4\0\0\0"
		   "abcd"),
	 0, 4, ""},
	{"half a sample at the end",
	 TEXT(HEAD GOOD "data\5\0\0\0"
			"abcde\0"),
	 0, 4, ""},
	{"unfinished: data size beyond the file",
	 TEXT(HEAD GOOD "data\xff\xff\xff\x7f"
			"abcdef"),
	 0, 6, ""},
	{"no data octets", TEXT(HEAD GOOD "data\0\0\0\0"), 0, 0, ""},
	{"extensible PCM",
	 TEXT(HEAD "fmt \x28\0\0\0"
		   "\xfe\xff\1\0\x40\x1f\0\0\0\0\0\0\2\0\x10\0"
		   "\x16\0\x10\0\4\0\0\0"
		   "\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
		   "data\2\0\0\0"
		   "ab"),
	 0, 2, ""},
	{"empty", "", 0, -EINVAL, 0, "it is no RIFF WAVE file"},
	{"big-endian", TEXT("RIFX\0\0\0\0WAVE" GOOD), -EINVAL, 0, "it is no RIFF WAVE file"},
	{"not WAVE", TEXT("RIFF\0\0\0\0AVI "), -EINVAL, 0, "it is no RIFF WAVE file"},
	{"nothing in it", TEXT(HEAD), -EINVAL, 0, "it has no format chunk"},
	{"no data", TEXT(HEAD GOOD), -EINVAL, 0, "it has no data chunk"},
	{"data without format", TEXT(HEAD "data\2\0\0\0ab"), -EINVAL, 0, "it has no format chunk"},
	{"format cut short",
	 TEXT(HEAD "fmt \x8\0\0\0"
		   "\1\0\1\0\x40\x1f\0\0"),
	 -EINVAL, 0, "its format chunk is too short"},
	{"stereo", TEXT(HEAD FMT("\1", "\2", "\x40", "\x1f", "\x10") "data\2\0\0\0ab"), -ENOTSUP, 0,
	 "it is format 1, 2 channel(s), 16 bits, 8000 Hz"},
	{"44.1 kHz", TEXT(HEAD FMT("\1", "\1", "\x44", "\xac", "\x10") "data\2\0\0\0ab"), -ENOTSUP,
	 0, "it is format 1, 1 channel(s), 16 bits, 44100 Hz"},
	{"8 bits", TEXT(HEAD FMT("\1", "\1", "\x40", "\x1f", "\x8") "data\2\0\0\0ab"), -ENOTSUP, 0,
	 "it is format 1, 1 channel(s), 8 bits"},
	{"GSM", TEXT(HEAD FMT("\x31", "\1", "\x40", "\x1f", "\0") "data\2\0\0\0ab"), -ENOTSUP, 0,
	 "it is format 49"},
};

static void test_parse(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		char text[256];
		struct sink why = sink_make(text, sizeof(text));
		struct wav w;

		print_message("%s\n", row->name);
		assert_int_equal(wav_parse(&w, row->data, row->len, &why), row->rc);
		assert_true(slice_starts(sink_slice(&why), slice_str(row->why)));
		if (row->rc == 0)
			assert_int_equal(w.data_bytes, row->data_bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
