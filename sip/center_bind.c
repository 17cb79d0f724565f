/* sip/center_bind.c - the registrar's rules (RFC 3261 10.3), on the control shard.
 *
 * A call shard has found out who asks (registrar.c); here it is decided what that does to the AOR.
 * All or nothing: what can be refused is looked at before anything changes. */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <stdlib.h>

/* One REGISTER while it is decided. */
struct bind {
	struct sip_center *c;
	const struct sip_conf_aor *aor;
	const struct sip_bind *request;
	struct slice call_id;
	struct contact_info want[LIMIT_AOR_CONTACTS]; /* expires_wall_ns: seconds asked for */
	struct seat *have[LIMIT_AOR_CONTACTS];	      /* the binding that it changes; NULL: none */
	uint32_t count;
};

/* ---- reading ---- */

/* The last of several values with one URI counts: it takes the place of the earlier one. */
static void bind_want(struct bind *b, const struct contact_info *info)
{
	uint32_t i = 0;

	while (i < b->count && b->want[i].id != info->id)
		i++;
	b->want[i] = *info;
	b->count += i == b->count;
}

static bool bind_read(struct bind *b, const struct sip_bind *request, size_t len)
{
	const char *at = request->text + request->call_id_len, *end = (const char *)request + len;

	b->request = request;
	b->call_id = slice_make(request->text, request->call_id_len);
	if (request->count > LIMIT_AOR_CONTACTS)
		return false;
	for (uint32_t i = 0; i < request->count; i++) {
		struct contact_info info;
		uint32_t bytes;

		if ((size_t)(end - at) < sizeof(bytes))
			return false;
		memcpy(&bytes, at, sizeof(bytes));
		at += sizeof(bytes);
		if ((size_t)(end - at) < bytes || !contact_unpack(&info, at, bytes))
			return false;
		bind_want(b, &info);
		at += bytes;
	}
	return true;
}

/* The same URI; or, behind a NAT, the same phone whose address has changed. */
static struct seat *bind_find(const struct bind *b, const struct contact_info *want)
{
	struct seat *s = center_find(b->c, want->id);

	if (s || !want->text[CONTACT_GIVEN].len)
		return s;
	for (s = center_first(b->c, b->aor->hash); s; s = center_next(s))
		if (slice_eq(s->c.info.text[CONTACT_GIVEN], want->text[CONTACT_GIVEN]) &&
		    slice_eq(s->c.info.text[CONTACT_CALL_ID], b->call_id))
			return s;
	return NULL;
}

static void bind_match(struct bind *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		b->have[i] = bind_find(b, &b->want[i]);
}

static bool bind_touches(const struct bind *b, const struct seat *s)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->have[i] == s)
			return true;
	return false;
}

/* ---- may it be? ---- */

/* A request of the same client that was overtaken by a later one changes nothing. */
static bool bind_is_old(const struct bind *b, const struct seat *s)
{
	return s && slice_eq(s->c.info.text[CONTACT_CALL_ID], b->call_id) &&
	       b->request->cseq <= s->c.info.cseq;
}

static bool bind_is_out_of_order(const struct bind *b)
{
	const struct seat *s;

	for (uint32_t i = 0; i < b->count; i++)
		if (bind_is_old(b, b->have[i]))
			return true;
	for (s = center_first(b->c, b->aor->hash); s && b->request->is_star; s = center_next(s))
		if (!seat_is_static(s) && bind_is_old(b, s))
			return true;
	return false;
}

static bool bind_is_removable(const struct bind *b, const struct seat *s)
{
	return !seat_is_static(s) && !bind_touches(b, s) &&
	       (b->aor->remove_existing ||
		(b->aor->remove_unavailable && s->c.info.status == CONTACT_UNREACHABLE));
}

/* How many bindings have to give way; UINT32_MAX: more than may. */
static uint32_t bind_excess(const struct bind *b)
{
	uint32_t count = 0, removable = 0;
	const struct seat *s;

	for (s = center_first(b->c, b->aor->hash); s; s = center_next(s)) {
		count += !seat_is_static(s);
		removable += bind_is_removable(b, s);
	}
	for (uint32_t i = 0; i < b->count; i++) {
		bool is_wanted = b->want[i].expires_wall_ns > 0;

		if (is_wanted && !b->have[i])
			count++;
		if (!is_wanted && b->have[i])
			count--;
	}
	if (count <= b->aor->max_contacts)
		return 0;
	count -= b->aor->max_contacts;
	return count <= removable ? count : UINT32_MAX;
}

static bool bind_names_static(const struct bind *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->have[i] && seat_is_static(b->have[i]))
			return true;
	return false;
}

/* ---- doing it ---- */

static void bind_log(const struct seat *s, const char *what, const char *why)
{
	log_verbose(3, "%s contact '%.*s' %s AOR '%.*s'%s", what,
		    SLICE_ARG(s->c.info.text[CONTACT_URI]),
		    strcmp(what, "Added") == 0 ? "to" : "from",
		    SLICE_ARG(s->c.info.text[CONTACT_AOR]), why);
}

static void bind_remove(struct seat *s, const char *why)
{
	bind_log(s, "Removed", why);
	center_remove(s);
}

/* Those that are not there first (remove_unavailable), then those that end first. */
static bool bind_goes_before(const struct bind *b, const struct seat *x, const struct seat *y)
{
	bool x_lost = x->c.info.status == CONTACT_UNREACHABLE;
	bool y_lost = y->c.info.status == CONTACT_UNREACHABLE;

	if (b->aor->remove_unavailable && x_lost != y_lost)
		return x_lost;
	return x->c.info.expires_wall_ns < y->c.info.expires_wall_ns;
}

static void bind_evict(struct bind *b, uint32_t count)
{
	while (count-- > 0) {
		struct seat *worst = NULL;

		for (struct seat *s = center_first(b->c, b->aor->hash); s; s = center_next(s))
			if (bind_is_removable(b, s) && (!worst || bind_goes_before(b, s, worst)))
				worst = s;
		if (NEVER(!worst))
			return;
		bind_remove(worst, " to make room (max_contacts)");
	}
}

static int64_t bind_expires(const struct bind *b, int64_t asked_s)
{
	int64_t s = asked_s;

	if (s < b->aor->minimum_expiration_s)
		s = b->aor->minimum_expiration_s;
	if (s > b->aor->maximum_expiration_s)
		s = b->aor->maximum_expiration_s;
	return io_wall_ns(b->c->env.io) + s * TMR_SECOND;
}

/* False: the table is full. */
static bool bind_put(struct bind *b, uint32_t i)
{
	struct contact_info info = b->want[i];
	struct seat *old = b->have[i], *s;

	info.expires_wall_ns = bind_expires(b, info.expires_wall_ns);
	info.qualify_s = b->aor->qualify_s;
	info.qualify_timeout_ms = b->aor->qualify_timeout_ms;
	info.authenticate_qualify = b->aor->authenticate_qualify;
	info.qualify_2xx_only = b->aor->qualify_2xx_only;
	info.text[CONTACT_PROXY] = b->aor->outbound_proxy;
	info.text[CONTACT_CALL_ID] = b->call_id;
	info.cseq = b->request->cseq;
	info.rtt_ns = -1;
	info.status = info.qualify_s ? CONTACT_UNKNOWN : CONTACT_CREATED;
	if (old && old->c.info.id == info.id) {
		info.status = old->c.info.status;
		info.rtt_ns = old->c.info.rtt_ns;
	}
	s = center_put(b->c, &info);
	if (!s)
		return false;
	center_keep(s);
	b->have[i] = s;
	if (s != old)
		bind_log(s, "Added", "");
	if (old && s != old) /* behind the new one, so that the endpoint does not seem away */
		bind_remove(old, ": it has moved");
	return true;
}

static void bind_remove_all(struct bind *b)
{
	struct seat *s = center_first(b->c, b->aor->hash);

	while (s) {
		struct seat *next = center_next(s);

		if (!seat_is_static(s))
			bind_remove(s, " due to request");
		s = next;
	}
}

static unsigned bind_carry_out(struct bind *b, uint32_t excess)
{
	if (b->request->is_star)
		bind_remove_all(b);
	bind_evict(b, excess);
	for (uint32_t i = 0; i < b->count; i++) {
		b->have[i] = bind_find(b, &b->want[i]); /* what came before may have ended it */
		if (b->want[i].expires_wall_ns > 0) {
			if (!bind_put(b, i))
				return 503;
		} else if (b->have[i]) {
			bind_remove(b->have[i], " due to request");
		}
	}
	return 200;
}

static unsigned bind_decide(struct bind *b)
{
	uint32_t excess;

	bind_match(b);
	if (bind_is_out_of_order(b))
		return 500;
	if (bind_names_static(b))
		return 403;
	excess = bind_excess(b);
	if (excess == UINT32_MAX) {
		log_warning("Registration attempt to AOR '%.*s' would exceed max_contacts of %u",
			    SLICE_ARG(b->aor->name), b->aor->max_contacts);
		return 403;
	}
	return bind_carry_out(b, excess);
}

/* ---- the answer ---- */

static void bind_write_contacts(const struct bind *b, struct sink *out)
{
	int64_t now = io_wall_ns(b->c->env.io);
	const struct seat *s;

	for (s = center_first(b->c, b->aor->hash); s; s = center_next(s)) {
		const struct slice *text = s->c.info.text;
		struct sink before = *out;
		int64_t left = (s->c.info.expires_wall_ns - now + TMR_SECOND - 1) / TMR_SECOND;

		if (seat_is_static(s))
			continue;
		sink_lit(out, "Contact: <");
		sink_add(out, text[CONTACT_GIVEN].len ? text[CONTACT_GIVEN] : text[CONTACT_URI]);
		sink_fmt(out, ">;expires=%lld\r\n", (long long)(left > 0 ? left : 0));
		if (out->over) { /* what does not fit whole is left out */
			*out = before;
			return;
		}
	}
}

static void bind_answer(struct sip_center *c, uint32_t shard, const struct bind *b, unsigned code)
{
	struct sip_answer *a = (struct sip_answer *)(void *)c->answer;
	struct sink lines = sink_make(a->lines, CENTER_ANSWER_LINES);

	a->request = b->request->request;
	a->code = code;
	if (code == 200)
		bind_write_contacts(b, &lines);
	a->lines_len = (uint32_t)lines.len;
	/* A full pipe: the shard gives up waiting, and the phone asks again. */
	UNUSED(c->env.notify(c->env.arg, shard, SIP_NOTICE_ANSWER, a,
			     offsetof(struct sip_answer, lines) + lines.len));
}

void center_on_bind(struct sip_center *c, uint32_t shard, const struct sip_bind *request,
		    size_t len)
{
	struct bind b = {.c = c, .aor = sip_conf_aor_hash(c->conf, request->aor)};
	unsigned code = 404; /* a reload came between */

	if (NEVER(!bind_read(&b, request, len)))
		return;
	if (b.aor)
		code = bind_decide(&b);
	bind_answer(c, shard, &b, code);
}
