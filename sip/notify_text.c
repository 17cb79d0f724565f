/* sip/notify_text.c - see notify_text.h. */
#include "sip/notify_text.h"

#include "engine/base/check.h"
#include "sip/text.h"
#include "sip/write.h"

#include <errno.h>

const char *notify_fault_text(enum notify_fault fault)
{
	static const char *const texts[] = {
		[NOTIFY_TAKEN] = "is taken",
		[NOTIFY_RESERVED] = "is written by the engine itself",
		[NOTIFY_TWICE] = "may stand once only",
		[NOTIFY_BAD_NAME] = "cannot be the name of a header",
		[NOTIFY_BAD_VALUE] = "has a value that cannot stand in a header",
	};

	check((size_t)fault < ARRAY_COUNT(texts));
	return texts[fault];
}

static bool notify_is_reserved(struct slice name)
{
	switch (sip_hdr_lookup(name)) {
	case SIP_HDR_VIA:
	case SIP_HDR_FROM:
	case SIP_HDR_TO:
	case SIP_HDR_CALL_ID:
	case SIP_HDR_CSEQ:
	case SIP_HDR_CONTACT:
	case SIP_HDR_MAX_FORWARDS:
	case SIP_HDR_CONTENT_LENGTH:
	case SIP_HDR_ROUTE:
	case SIP_HDR_RECORD_ROUTE:
	case SIP_HDR_AUTHORIZATION:
	case SIP_HDR_PROXY_AUTHORIZATION:
	case SIP_HDR_USER_AGENT:
		return true;
	default:
		return slice_ieq(name, SLICE_LIT("Request-URI"));
	}
}

static bool notify_is_one_line(struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool notify_type_is_valid(struct slice type)
{
	size_t slash = slice_find(type, '/');

	return slash != SIZE_MAX && slash > 0 && slash + 1 < type.len && notify_is_one_line(type);
}

void notify_writer_init(struct notify_writer *w, struct notify_room *room)
{
	*w = (struct notify_writer){
		.lines = sink_make(room->lines, sizeof(room->lines)),
		.body = sink_make(room->body, sizeof(room->body)),
	};
}

static enum notify_fault notify_add_content(struct notify_writer *w, struct slice value)
{
	w->has_content = true;
	if (w->body.len) /* as Asterisk: empty lines before the first text do not count */
		sink_lit(&w->body, "\r\n");
	sink_add(&w->body, value);
	return NOTIFY_TAKEN;
}

static enum notify_fault notify_add_type(struct notify_writer *w, struct slice value)
{
	if (!notify_type_is_valid(value))
		return NOTIFY_BAD_VALUE;
	w->type = value;
	return NOTIFY_TAKEN;
}

enum notify_fault notify_writer_add(struct notify_writer *w, struct slice name, struct slice value)
{
	enum sip_hdr_id id = sip_hdr_lookup(name);

	if (slice_ieq(name, SLICE_LIT("Content")))
		return notify_add_content(w, value);
	if (!sip_text_is_token(name))
		return NOTIFY_BAD_NAME;
	if (notify_is_reserved(name))
		return NOTIFY_RESERVED;
	if (id == SIP_HDR_CONTENT_TYPE)
		return notify_add_type(w, value);
	if (!notify_is_one_line(value))
		return NOTIFY_BAD_VALUE;
	if (id == SIP_HDR_EVENT && w->has_event)
		return NOTIFY_TWICE;
	w->has_event |= id == SIP_HDR_EVENT;
	w->has_state |= id == SIP_HDR_SUBSCRIPTION_STATE;
	sip_write_header(&w->lines, name, value);
	return NOTIFY_TAKEN;
}

bool notify_writer_lacks_type(const struct notify_writer *w)
{
	return w->has_content && !w->type.len;
}

int notify_writer_end(struct notify_writer *w, struct notify_text *out)
{
	bool has_body = w->has_content && w->type.len;

	if (!w->has_state)
		sip_write_header_id(&w->lines, SIP_HDR_SUBSCRIPTION_STATE, SLICE_LIT("terminated"));
	if (has_body)
		sip_write_header_id(&w->lines, SIP_HDR_CONTENT_TYPE, w->type);
	*out = (struct notify_text){
		.lines = sink_slice(&w->lines),
		.body = has_body ? sink_slice(&w->body) : SLICE_EMPTY,
	};
	return w->lines.over || w->body.over ? -EMSGSIZE : 0;
}
