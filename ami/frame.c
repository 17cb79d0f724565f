/* ami/frame.c - see frame.h. */
#include "ami/frame.h"

#include "engine/base/check.h"

void ami_frame_init(struct ami_frame *f)
{
	f->line_spilt = false;
	f->line_len = 0;
	ami_frame_next(f);
}

void ami_frame_next(struct ami_frame *f)
{
	check(f->line_len == 0);
	f->msg.status = AMI_FRAME_OK;
	f->msg.line_count = 0;
	f->complete = false;
	f->text_len = 0;
}

bool ami_frame_is_empty(const struct ami_frame *f)
{
	return f->msg.line_count == 0 && f->line_len == 0 && !f->complete &&
	       f->msg.status == AMI_FRAME_OK;
}

/* The text of a line ends at its first NUL. */
static size_t frame_text_len(const char *line, size_t len)
{
	const char *nul = memchr(line, 0, len);

	return nul ? (size_t)(nul - line) : len;
}

static void frame_keep_line(struct ami_frame *f, size_t len)
{
	if (f->msg.line_count == LIMIT_AMI_HEADERS) {
		f->msg.status = AMI_FRAME_TOO_MANY_LINES;
		return;
	}
	f->msg.lines[f->msg.line_count++] = slice_make(f->text + f->text_len, len);
	f->text_len += len;
}

/* The line stands at text + text_len without its LF. A line that lost its beginning is never the
 * end of a message, whatever is left of it. */
static void frame_end_line(struct ami_frame *f)
{
	char *line = f->text + f->text_len;
	size_t len = f->line_len;
	bool spilt = f->line_spilt;

	if (len && line[len - 1] == '\r')
		len--;
	len = frame_text_len(line, len);
	f->line_len = 0;
	f->line_spilt = false;
	if (len == 0 && !spilt)
		f->complete = true;
	else
		frame_keep_line(f, len);
}

/* All but the last octet of a line that fills the buffer is dropped. */
static void frame_spill(struct ami_frame *f)
{
	char *line = f->text + f->text_len;

	if (f->msg.status == AMI_FRAME_OK)
		f->msg.status = AMI_FRAME_LINE_TOO_LONG;
	line[0] = line[f->line_len - 1];
	f->line_len = 1;
	f->line_spilt = true;
}

/* Takes octets up to the first LF or until the line's room is used up. */
static size_t frame_take(struct ami_frame *f, const char *data, size_t len)
{
	char *line = f->text + f->text_len;
	size_t room = LIMIT_AMI_LINE - f->line_len;
	const char *lf;

	if (len > room)
		len = room;
	lf = memchr(data, '\n', len);
	if (lf) {
		size_t part = (size_t)(lf - data);

		memcpy(line + f->line_len, data, part);
		f->line_len += part;
		frame_end_line(f);
		return part + 1;
	}
	memcpy(line + f->line_len, data, len);
	f->line_len += len;
	if (f->line_len == LIMIT_AMI_LINE)
		frame_spill(f);
	return len;
}

size_t ami_frame_feed(struct ami_frame *f, const char *data, size_t len, bool *complete)
{
	size_t used = 0;

	while (used < len && !f->complete)
		used += frame_take(f, data + used, len - used);
	*complete = f->complete;
	return used;
}

bool ami_msg_split(struct slice line, struct slice *name, struct slice *value)
{
	size_t colon = slice_find(line, ':');

	if (colon == SIZE_MAX)
		return false;
	*name = slice_head(line, colon);
	*value = slice_ltrim(slice_from(line, colon + 1));
	return true;
}

static bool msg_line_is(struct slice line, struct slice name, struct slice *value)
{
	if (line.len <= name.len || line.ptr[name.len] != ':' || !slice_istarts(line, name))
		return false;
	*value = slice_ltrim(slice_from(line, name.len + 1));
	return true;
}

bool ami_msg_each(const struct ami_msg *m, const char *name, uint32_t *at, struct slice *value)
{
	struct slice want = slice_str(name);

	while (*at < m->line_count)
		if (msg_line_is(m->lines[(*at)++], want, value))
			return true;
	return false;
}

bool ami_msg_find(const struct ami_msg *m, const char *name, struct slice *value)
{
	uint32_t at = 0;

	return ami_msg_each(m, name, &at, value);
}

struct slice ami_msg_get(const struct ami_msg *m, const char *name)
{
	struct slice value = SLICE_EMPTY;

	return ami_msg_find(m, name, &value) ? value : SLICE_EMPTY;
}

struct slice ami_msg_action(const struct ami_msg *m)
{
	struct slice value;
	uint32_t at = 0;

	while (ami_msg_each(m, "Action", &at, &value))
		if (value.len)
			return value;
	return SLICE_EMPTY;
}
