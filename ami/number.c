/* ami/number.c - see number.h. */
#include "ami/number.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool number_digits(struct slice text, int base, bool negative, int64_t *out)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < text.len && digit_value(text.ptr[i]) < base; i++) {
		n = n * base + digit_value(text.ptr[i]);
		if (n > INT32_MAX)
			n = INT32_MAX;
	}
	if (i == 0)
		return false;
	*out = negative ? -n : n;
	return true;
}

static struct slice number_sign(struct slice text, bool *negative)
{
	text = slice_ltrim(text);
	*negative = text.len && text.ptr[0] == '-';
	if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'))
		text = slice_from(text, 1);
	return text;
}

bool ami_number_leading(struct slice text, int64_t *out)
{
	bool negative;

	text = number_sign(text, &negative);
	return number_digits(text, 10, negative, out);
}

bool ami_number_any_base(struct slice text, int64_t *out)
{
	bool negative;

	text = number_sign(text, &negative);
	if (slice_istarts(text, SLICE_LIT("0x")))
		return number_digits(slice_from(text, 2), 16, negative, out);
	if (slice_starts(text, SLICE_LIT("0")))
		return number_digits(text, 8, negative, out);
	return number_digits(text, 10, negative, out);
}
