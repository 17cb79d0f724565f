/* ami/http_form.c - see http_form.h. */
#include "ami/http_form.h"

#include "engine/base/check.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The octet at the front of *rest, which is not empty; takes one or three octets off. */
static char decode_octet(struct slice *rest)
{
	char c = rest->ptr[0];
	size_t used = 1;

	if (c == '%' && rest->len >= 3) {
		int high = hex_digit(rest->ptr[1]), low = hex_digit(rest->ptr[2]);

		if (high >= 0 && low >= 0) {
			c = (char)(high << 4 | low);
			used = 3;
		}
	}
	*rest = slice_from(*rest, used);
	return c;
}

static bool form_decode(struct http_form *f, struct slice encoded)
{
	while (encoded.len) {
		bool is_plus = encoded.ptr[0] == '+';
		char c = decode_octet(&encoded);

		if ((unsigned char)c < 0x20)
			return false;
		f->text[f->text_len++] = (char)(is_plus ? ' ' : c);
	}
	return true;
}

bool http_path_decode(char *to, struct slice path, struct slice *decoded)
{
	size_t len = 0;

	while (path.len) {
		char c = decode_octet(&path);

		if ((unsigned char)c < 0x20)
			return false;
		to[len++] = c;
	}
	*decoded = slice_make(to, len);
	return true;
}

static bool form_add(struct http_form *f, struct slice name, struct slice value)
{
	size_t from = f->text_len;

	if (f->msg.line_count == LIMIT_AMI_HEADERS) {
		f->msg.status = AMI_FRAME_TOO_MANY_LINES;
		return true;
	}
	if (!form_decode(f, name))
		return false;
	f->text[f->text_len++] = ':';
	f->text[f->text_len++] = ' ';
	if (!form_decode(f, value))
		return false;
	f->msg.lines[f->msg.line_count++] = slice_make(f->text + from, f->text_len - from);
	return true;
}

bool http_form_read(struct http_form *f, struct slice encoded)
{
	struct slice part;

	check(encoded.len <= LIMIT_HTTP_BODY);
	f->msg.status = AMI_FRAME_OK;
	f->msg.line_count = 0;
	f->text_len = 0;
	while (slice_split(&encoded, '&', &part)) {
		size_t equals = slice_find(part, '=');
		struct slice name = slice_head(part, equals);

		if (name.len == 0)
			continue;
		if (form_add(f, name,
			     equals == SIZE_MAX ? SLICE_EMPTY : slice_from(part, equals + 1)))
			continue;
		f->msg.line_count = 0;
		return false;
	}
	return true;
}

bool http_form_is_type(struct slice content_type)
{
	struct slice type = slice_head(content_type, slice_find(content_type, ';'));

	return slice_ieq(slice_trim(type), SLICE_LIT("application/x-www-form-urlencoded"));
}
