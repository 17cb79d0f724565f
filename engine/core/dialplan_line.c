/* engine/core/dialplan_line.c - see dialplan_line.h */
#include "engine/core/dialplan_line.h"

#include "engine/core/args.h"

struct slice dialplan_line_name(struct slice *value)
{
	int open = 0;
	size_t i = 0;
	struct slice name;

	for (; i < value->len; i++) {
		if (value->ptr[i] == '[')
			open++;
		else if (value->ptr[i] == ']')
			open -= open > 0;
		else if (value->ptr[i] == ',' && open == 0)
			break;
	}
	name = slice_trim(slice_head(*value, i));
	*value = slice_from(*value, i + 1);
	return name;
}

/* "label+100" and "n(name)+2" in this order: the label's parenthesis first, then the offset. */
static void split_priority(struct dialplan_line *line, struct slice text)
{
	size_t open = slice_find(text, '(');
	size_t plus;

	if (open != SIZE_MAX) {
		struct slice rest = slice_from(text, open + 1);
		size_t close = slice_find(rest, ')');

		line->label_open = close == SIZE_MAX;
		line->label = slice_trim(slice_head(rest, close));
		/* An offset may stand before the label or behind it. */
		if (close != SIZE_MAX) {
			rest = slice_trim(slice_from(rest, close + 1));
			if (rest.len && rest.ptr[0] == '+')
				line->offset = args_int(slice_from(rest, 1), NULL);
		}
		text = slice_head(text, open);
	}
	plus = slice_find(text, '+');
	if (plus != SIZE_MAX && plus > 0) {
		line->offset = args_int(slice_from(text, plus + 1), NULL);
		text = slice_head(text, plus);
	}
	line->priority = slice_trim(text);
}

static void split_app(struct dialplan_line *line, struct slice text)
{
	size_t open = slice_find(text, '(');
	size_t close;

	line->app = slice_trim(slice_head(text, open));
	if (open == SIZE_MAX)
		return;
	/* "hint,PJSIP/${X(y)}": no application, but text with variables. */
	if (slice_find_text(line->app, SLICE_LIT("${")) != SIZE_MAX ||
	    slice_find_text(line->app, SLICE_LIT("$[")) != SIZE_MAX) {
		line->app = slice_trim(text);
		return;
	}
	text = slice_from(text, open + 1);
	close = slice_rfind(text, ')');
	line->parens_open = close == SIZE_MAX;
	line->data = slice_head(text, close);
}

void dialplan_line_step(struct dialplan_line *line, struct slice value)
{
	size_t comma = slice_find(value, ',');
	struct slice name = line->name;

	*line = (struct dialplan_line){.name = name};
	split_priority(line, slice_trim(slice_head(value, comma)));
	if (comma != SIZE_MAX)
		split_app(line, slice_ltrim(slice_from(value, comma + 1)));
}
