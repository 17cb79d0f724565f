/* sip/diversion.c - see diversion.h. */
#include "sip/diversion.h"

#include "engine/base/check.h"
#include "sip/write.h"

/* The words of RFC 5806 10 and of REDIRECTING(reason). */
static const struct {
	struct slice sip, word;
} diversion_reasons[] = {
	{SLICE_LIT("unknown"), SLICE_LIT("unknown")},
	{SLICE_LIT("user-busy"), SLICE_LIT("cfb")},
	{SLICE_LIT("no-answer"), SLICE_LIT("cfnr")},
	{SLICE_LIT("unavailable"), SLICE_LIT("unavailable")},
	{SLICE_LIT("unconditional"), SLICE_LIT("cfu")},
	{SLICE_LIT("time-of-day"), SLICE_LIT("time_of_day")},
	{SLICE_LIT("do-not-disturb"), SLICE_LIT("dnd")},
	{SLICE_LIT("deflection"), SLICE_LIT("deflection")},
	{SLICE_LIT("follow-me"), SLICE_LIT("follow_me")},
	{SLICE_LIT("out-of-service"), SLICE_LIT("out_of_order")},
	{SLICE_LIT("away"), SLICE_LIT("away")},
	{SLICE_LIT("cf_dte"), SLICE_LIT("cf_dte")},
	{SLICE_LIT("send_to_vm"), SLICE_LIT("send_to_vm")},
};

void diversion_write(struct sink *out, const struct tech_diversion *d, struct slice host)
{
	char uri_room[512], line_room[768];
	struct sink uri = sink_make(uri_room, sizeof(uri_room));
	struct sink line = sink_make(line_room, sizeof(line_room));
	struct slice reason = diversion_reasons[0].sip;

	if (!d->num.len)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(diversion_reasons); i++)
		if (slice_ieq(d->reason, diversion_reasons[i].word))
			reason = diversion_reasons[i].sip;
	sink_lit(&uri, "sip:");
	sip_uri_write_user(&uri, d->num);
	sink_char(&uri, '@');
	sink_add(&uri, host);
	sip_addr_write(&line, d->name, sink_slice(&uri), SLICE_EMPTY);
	sink_fmt(&line, ";reason=%.*s;privacy=%s;counter=%u", SLICE_ARG(reason),
		 d->is_hidden ? "full" : "off", d->count ? d->count : 1);
	out->over |= uri.over || line.over;
	sip_write_header_id(out, SIP_HDR_DIVERSION, sink_slice(&line));
}

bool diversion_read(const struct sip_msg *msg, struct sip_addr *a, struct tech_diversion *out)
{
	struct sip_values it = sip_values(msg, SIP_HDR_DIVERSION);
	struct slice text;
	uint64_t count;

	*out = (struct tech_diversion){0};
	if (sip_values_next_addr(&it, a))
		return false;
	if (sip_text_param(a->params, SLICE_LIT("reason"), &text))
		for (size_t i = 0; i < ARRAY_COUNT(diversion_reasons); i++)
			if (slice_ieq(text, diversion_reasons[i].sip))
				out->reason = diversion_reasons[i].word;
	if (sip_text_param(a->params, SLICE_LIT("counter"), &text) && slice_u64(text, 255, &count))
		out->count = (uint32_t)count;
	out->is_hidden = sip_text_param(a->params, SLICE_LIT("privacy"), &text) &&
			 !slice_ieq(text, SLICE_LIT("off"));
	return true;
}
