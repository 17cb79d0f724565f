/* Looking into a parsed message: see sip/msg.h. */
#include "sip/msg.h"

#include <errno.h>

#include "engine/base/check.h"

struct slice sip_msg_get(const struct sip_msg *msg, enum sip_hdr_id id)
{
	check(id > SIP_HDR_OTHER && id < SIP_HDR_COUNT);
	if (!msg->first[id])
		return SLICE_EMPTY;
	return sip_hdr_line_value(msg, &msg->headers[msg->first[id] - 1]);
}

struct slice sip_msg_get_name(const struct sip_msg *msg, struct slice name)
{
	enum sip_hdr_id id = sip_hdr_lookup(name);
	uint16_t line = msg->first[id];

	if (id != SIP_HDR_OTHER)
		return sip_msg_get(msg, id);
	for (; line; line = msg->headers[line - 1].next) {
		const struct sip_hdr *h = &msg->headers[line - 1];

		if (slice_ieq(sip_hdr_line_name(msg, h), name))
			return sip_hdr_line_value(msg, h);
	}
	return SLICE_EMPTY;
}

struct sip_values sip_values(const struct sip_msg *msg, enum sip_hdr_id id)
{
	check(id > SIP_HDR_OTHER && id < SIP_HDR_COUNT);
	return (struct sip_values){.msg = msg,
				   .line = msg->first[id],
				   .is_list = sip_hdr_form(id) == SIP_HDR_FORM_LIST};
}

bool sip_values_next(struct sip_values *it, struct slice *value)
{
	for (;;) {
		const struct sip_hdr *h;

		if (it->is_list && sip_text_next_value(&it->rest, value))
			return true;
		if (!it->line)
			return false;
		h = &it->msg->headers[it->line - 1];
		it->line = h->next;
		it->rest = sip_hdr_line_value(it->msg, h);
		if (!it->is_list) {
			*value = it->rest;
			return true;
		}
	}
}

int sip_values_next_addr(struct sip_values *it, struct sip_addr *addr)
{
	struct slice value;

	if (!sip_values_next(it, &value))
		return -ENOENT;
	return sip_addr_parse(addr, value);
}

bool sip_msg_lists(const struct sip_msg *msg, enum sip_hdr_id id, struct slice token)
{
	struct sip_values it = sip_values(msg, id);
	struct slice value;

	while (sip_values_next(&it, &value))
		if (slice_ieq(sip_text_trim(slice_head(value, slice_find(value, ';'))), token))
			return true;
	return false;
}

static struct slice blanks_skip(struct slice s)
{
	while (s.len && sip_text_is(s.ptr[0], SIP_CH_BLANK))
		s = slice_from(s, 1);
	return s;
}

/* Takes the run of octets of a class off the front, and the blanks around it. */
static struct slice run_take(struct slice *s, unsigned mask)
{
	struct slice rest = blanks_skip(*s);
	size_t end = 0;

	while (end < rest.len && sip_text_is(rest.ptr[end], mask))
		end++;
	*s = blanks_skip(slice_from(rest, end));
	return slice_head(rest, end);
}

static bool char_take(struct slice *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = blanks_skip(slice_from(*s, 1));
	return true;
}

/* sent-by: host or [IPv6], with blanks allowed around the colon. */
static bool sent_by_take(struct sip_via *v, struct slice *s)
{
	uint64_t port;

	if (s->len && s->ptr[0] == '[') {
		size_t close = slice_find(*s, ']');

		if (close == SIZE_MAX)
			return false;
		v->host = slice_make(s->ptr + 1, close - 1);
		v->is_ipv6 = true;
		if (!sip_host_is_ipv6(v->host))
			return false;
		*s = blanks_skip(slice_from(*s, close + 1));
	} else {
		v->host = run_take(s, SIP_CH_HOST);
	}
	if (!v->host.len)
		return false;
	if (char_take(s, ':')) {
		if (!slice_u64(run_take(s, SIP_CH_DIGIT), 65535, &port))
			return false;
		v->port = (uint16_t)port;
	}
	return true;
}

static struct slice without_brackets(struct slice host)
{
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		return slice_make(host.ptr + 1, host.len - 2);
	return host;
}

static bool via_params_take(struct sip_via *v)
{
	struct slice rest = v->params, name, value;
	uint64_t port;

	while (sip_text_next_param(&rest, &name, &value)) {
		if (slice_ieq(name, SLICE_LIT("branch"))) {
			v->branch = value;
		} else if (slice_ieq(name, SLICE_LIT("received"))) {
			v->received = without_brackets(value);
		} else if (slice_ieq(name, SLICE_LIT("rport"))) {
			v->has_rport = true;
			if (value.len && !slice_u64(value, 65535, &port))
				return false;
			v->rport = value.len ? (uint16_t)port : 0;
		}
	}
	return true;
}

int sip_via_parse(struct sip_via *out, struct slice value)
{
	struct slice s = sip_text_trim(value);
	struct sip_via v = {.raw = s};

	if (!slice_ieq(run_take(&s, SIP_CH_TOKEN), SLICE_LIT("SIP")) || !char_take(&s, '/'))
		return -EINVAL;
	/* Whatever the version: a request of another one is answered along this very Via (505). */
	if (!run_take(&s, SIP_CH_TOKEN).len || !char_take(&s, '/'))
		return -EINVAL;
	v.transport = run_take(&s, SIP_CH_TOKEN);
	if (!v.transport.len || !sent_by_take(&v, &s))
		return -EINVAL;
	if (s.len && s.ptr[0] != ';')
		return -EINVAL;
	v.params = s;
	if (!via_params_take(&v))
		return -EINVAL;
	*out = v;
	return 0;
}

bool sip_reason_parse(struct slice value, struct sip_reason *out)
{
	struct sip_reason r = {.cause = -1};
	struct slice cause;
	uint64_t n;

	r.protocol = run_take(&value, SIP_CH_TOKEN);
	if (!r.protocol.len || (value.len && value.ptr[0] != ';'))
		return false;
	if (sip_text_param(value, SLICE_LIT("cause"), &cause) && slice_u64(cause, INT32_MAX, &n))
		r.cause = (int32_t)n;
	sip_text_param(value, SLICE_LIT("text"), &r.text);
	*out = r;
	return true;
}

bool sip_msg_get_u32(const struct sip_msg *msg, enum sip_hdr_id id, uint32_t *out)
{
	struct slice value = sip_msg_get(msg, id);

	return sip_text_u32_clamp(run_take(&value, SIP_CH_DIGIT), UINT32_MAX, out);
}

int sip_rack_parse(struct slice value, struct sip_rack *out)
{
	uint64_t rseq, cseq;

	if (!slice_u64(run_take(&value, SIP_CH_DIGIT), UINT32_MAX, &rseq) ||
	    !slice_u64(run_take(&value, SIP_CH_DIGIT), UINT32_MAX, &cseq) ||
	    !sip_text_is_token(value))
		return -EINVAL;
	*out = (struct sip_rack){(uint32_t)rseq, (uint32_t)cseq, sip_method_lookup(value)};
	return 0;
}

int sip_session_expires_parse(struct slice value, struct sip_session_expires *out)
{
	struct sip_session_expires se = {.refresher = SIP_REFRESHER_NONE};
	struct slice who;

	if (!sip_text_u32_clamp(run_take(&value, SIP_CH_DIGIT), UINT32_MAX, &se.seconds))
		return -EINVAL;
	if (sip_text_param(value, SLICE_LIT("refresher"), &who)) {
		if (slice_ieq(who, SLICE_LIT("uac")))
			se.refresher = SIP_REFRESHER_UAC;
		else if (slice_ieq(who, SLICE_LIT("uas")))
			se.refresher = SIP_REFRESHER_UAS;
	}
	*out = se;
	return 0;
}
