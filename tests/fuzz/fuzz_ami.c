/* What a client sends: framing, headers, variables, masks, filters. Whatever the octets, and
 * however they are cut, the same messages come out, each within its bounds. */
#include "ami/class.h"
#include "ami/danger.h"
#include "ami/filter.h"
#include "ami/frame.h"
#include "ami/number.h"
#include "ami/varlist.h"
#include "engine/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_headers(const struct ami_msg *m)
{
	static struct originate order;
	static char text[LIMIT_AMI_MESSAGE];
	struct sink room = sink_make(text, sizeof(text));
	struct ami_filters filters = {0};
	struct slice name, value;
	int64_t number;

	originate_init(&order);
	(void)ami_varlist_read(&order, m, &room);
	check(order.var_count <= LIMIT_ORDER_VARS);
	for (uint32_t i = 0; i < order.var_count; i++)
		check(order.vars[i].name.len > 0);
	(void)ami_class_parse_mask(ami_msg_get(m, "EventMask"));
	(void)ami_number_leading(ami_msg_get(m, "Timeout"), &number);
	(void)ami_number_any_base(ami_msg_get(m, "Timeout"), &number);
	(void)ami_danger_application(ami_msg_get(m, "Application"), ami_msg_get(m, "Data"));
	(void)ami_danger_in_variable(ami_msg_get(m, "Variable"));
	if (ami_msg_get(m, "MatchCriteria")
		    .len) /* advanced: no regular expression of the input's */
		(void)ami_filters_add(&filters, ami_msg_get(m, "MatchCriteria"), SLICE_LIT("text"));
	ami_filters_free(&filters);
	for (uint32_t i = 0; i < m->line_count; i++)
		(void)ami_msg_split(m->lines[i], &name, &value);
}

/* Hash over all messages of the input, read in pieces of `step`. */
static uint64_t read_all(struct ami_frame *f, const char *data, size_t size, size_t step)
{
	uint64_t hash = 0;
	bool complete;

	ami_frame_init(f);
	for (size_t used = 0; used < size;) {
		size_t piece = size - used < step ? size - used : step;

		used += ami_frame_feed(f, data + used, piece, &complete);
		if (!complete)
			continue;
		check(f->msg.line_count <= LIMIT_AMI_HEADERS);
		hash = hash * 31 + f->msg.status + 1;
		for (uint32_t i = 0; i < f->msg.line_count; i++) {
			check(f->msg.lines[i].len < LIMIT_AMI_LINE);
			check(slice_find(f->msg.lines[i], '\n') == SIZE_MAX);
			hash = slice_hash(f->msg.lines[i], hash);
		}
		read_headers(&f->msg);
		ami_frame_next(f);
	}
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ami_frame frame;
	const char *text = (const char *)data;
	uint64_t whole = read_all(&frame, text, size, SIZE_MAX);

	check(read_all(&frame, text, size, 1) == whole);
	check(read_all(&frame, text, size, 7) == whole);
	return 0;
}
