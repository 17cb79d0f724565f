/* ami/http_cookie.c - see http_cookie.h. */
#include "ami/http_cookie.h"

bool http_cookie_each(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice part;

	while (slice_split(rest, ';', &part)) {
		size_t equals = slice_find(part, '=');

		if (equals == SIZE_MAX)
			continue;
		*name = slice_trim(slice_head(part, equals));
		*value = slice_trim(slice_from(part, equals + 1));
		if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
			*value = slice_make(value->ptr + 1, value->len - 2);
		return true;
	}
	return false;
}

static bool id_read(struct slice hex, struct http_id *id)
{
	struct http_id read = {{0}};

	if (hex.len != 2 * sizeof(read.octets))
		return false;
	for (size_t i = 0; i < hex.len; i++) {
		char c = hex.ptr[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return false;
		read.octets[i / 2] = (unsigned char)((unsigned)read.octets[i / 2] << 4 | digit);
	}
	*id = read;
	return true;
}

bool http_cookie_id(struct slice cookies, struct http_id *id)
{
	struct slice name, value;
	bool found = false;

	while (http_cookie_each(&cookies, &name, &value))
		if (slice_ieq(name, SLICE_LIT(HTTP_COOKIE_NAME)) && id_read(value, id))
			found = true;
	return found;
}

void http_id_write(struct sink *out, const struct http_id *id)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * sizeof(id->octets)];

	for (size_t i = 0; i < sizeof(id->octets); i++) {
		hex[2 * i] = digits[id->octets[i] >> 4];
		hex[2 * i + 1] = digits[id->octets[i] & 15];
	}
	sink_add(out, slice_make(hex, sizeof(hex)));
}

bool http_id_same(const struct http_id *a, const struct http_id *b)
{
	unsigned diff = 0;

	for (size_t i = 0; i < sizeof(a->octets); i++)
		diff |= (unsigned)(a->octets[i] ^ b->octets[i]);
	return diff == 0;
}
