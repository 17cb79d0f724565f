/* engine/core/func_pjsip.c - functions on SIP: headers of a call, and what pjsip.conf and the
 * contacts say. */
#include "engine/core/func_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <errno.h>

/* ---- PJSIP_HEADER, PJSIP_RESPONSE_HEADER ---- */

struct header_args {
	struct slice action, name;
	uint32_t number;
};

static bool is_pjsip(const struct chan *c)
{
	return c->tech && slice_eq(slice_str(c->tech->ops->name), SLICE_LIT("PJSIP"));
}

static bool header_parse(struct chan *c, const char *function, struct slice args,
			 struct header_args *h)
{
	struct slice part[3];
	uint64_t n = 1;

	if (!is_pjsip(c)) {
		log_error("This function requires a PJSIP channel.");
		return false;
	}
	args_split_raw(args, ',', part, 3);
	h->action = slice_trim(part[0]);
	h->name = slice_trim(part[1]);
	if (slice_is_empty(h->action) || slice_is_empty(h->name)) {
		log_error("This function requires an action and a header name: %s(read,X-Name)",
			  function);
		return false;
	}
	if (!slice_is_empty(part[2]) && (!slice_u64(slice_trim(part[2]), 1000, &n) || n == 0)) {
		log_error("Number of %s must be greater than 0", function);
		return false;
	}
	h->number = (uint32_t)n;
	return true;
}

/* Is this line a header of that name? A '*' at the end of the name stands for anything. */
static bool header_is(struct slice line, struct slice name)
{
	struct slice own = slice_trim(slice_head(line, slice_find(line, ':')));

	if (slice_ends(name, SLICE_LIT("*")))
		return slice_istarts(own, slice_head(name, name.len - 1));
	return slice_ieq(own, name);
}

/* True: it was the one that is asked for. *seen counts those of that name. */
static bool header_take(struct slice line, const struct header_args *h, uint32_t *seen,
			struct sink *out)
{
	if (!header_is(line, h->name) || ++*seen != h->number)
		return false;
	subst_add(out, slice_trim(slice_from(line, slice_find(line, ':') + 1)));
	return true;
}

static int header_remove(struct chan *c, struct slice name)
{
	uint32_t kept = 0, count = c->header_count;

	for (uint32_t i = 0; i < count; i++)
		if (!header_is(c->headers[i], name))
			c->headers[kept++] = c->headers[i];
	c->header_count = kept;
	return (int)(count - kept);
}

static void header_read(struct func_call *f, struct sink *out)
{
	struct header_args h;
	uint32_t seen = 0;

	if (!header_parse(f->c, "PJSIP_HEADER", func_args(f), &h))
		return;
	chan_import_headers(f->c);
	if (slice_ieq(h.action, SLICE_LIT("remove"))) {
		sink_u64(out, (uint64_t)header_remove(f->c, h.name));
		return;
	}
	if (!slice_ieq(h.action, SLICE_LIT("read"))) {
		log_error("Unknown action '%.*s' is not valid, must be 'read' or 'remove'.",
			  SLICE_ARG(h.action));
		return;
	}
	for (uint32_t i = 0; i < f->c->header_count; i++)
		if (header_take(f->c->headers[i], &h, &seen, out))
			return;
}

/* The next line of tech_ops.response. */
static bool response_next(struct slice *left, struct slice *line)
{
	size_t end = slice_find(*left, '\n');

	if (end == SIZE_MAX)
		return false;
	*line = slice_head(*left, end);
	*left = slice_from(*left, end + 1);
	return true;
}

static void response_read(struct func_call *f, struct sink *out)
{
	struct slice left, line;
	struct header_args h;
	uint32_t seen = 0;

	if (!header_parse(f->c, "PJSIP_RESPONSE_HEADER", func_args(f), &h))
		return;
	if (!slice_ieq(h.action, SLICE_LIT("read"))) {
		log_error("Unknown action '%.*s' is not valid, must be 'read'.",
			  SLICE_ARG(h.action));
		return;
	}
	left = chan_response(f->c);
	while (response_next(&left, &line))
		if (header_take(line, &h, &seen, out))
			return;
}

static int header_add(struct chan *c, struct slice name, struct slice value)
{
	char text[LIMIT_SIP_OUT];
	struct sink line = sink_make(text, sizeof(text));
	int rc;

	sink_add(&line, name);
	sink_lit(&line, ": ");
	sink_add(&line, slice_trim(value));
	/* A line end would let data write headers of its own. */
	if (line.over || slice_find(sink_slice(&line), '\r') != SIZE_MAX ||
	    slice_find(sink_slice(&line), '\n') != SIZE_MAX ||
	    slice_find(sink_slice(&line), 0) != SIZE_MAX || slice_find(name, ':') != SIZE_MAX) {
		log_error("PJSIP_HEADER: '%.*s' cannot be a header line", SLICE_ARG(name));
		return -EINVAL;
	}
	rc = chan_add_header(c, sink_slice(&line));
	if (rc == -EISCONN)
		log_warning(
			"PJSIP_HEADER: headers of an outgoing call are set before it is dialled "
			"(Variable of Originate, Set of a call file)");
	else if (rc)
		log_warning("PJSIP_HEADER: no room for '%.*s'", SLICE_ARG(name));
	return rc;
}

static int header_update(struct chan *c, const struct header_args *h, struct slice value)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < c->header_count; i++) {
		struct slice old = c->headers[i];
		int rc;

		if (!header_is(old, h->name) || ++seen != h->number)
			continue;
		rc = header_add(c, h->name, value);
		if (rc == 0)
			c->headers[i] = c->headers[--c->header_count];
		return rc;
	}
	log_error("There was no header named %.*s.", SLICE_ARG(h->name));
	return -EINVAL;
}

static int header_write(struct chan *c, struct slice args, struct slice value)
{
	struct header_args h;

	if (!header_parse(c, "PJSIP_HEADER", args, &h))
		return -EINVAL;
	if (chan_import_headers(c))
		return -ENOSPC;
	if (slice_ieq(h.action, SLICE_LIT("add")))
		return header_add(c, h.name, value);
	if (slice_ieq(h.action, SLICE_LIT("update")))
		return header_update(c, &h, value);
	if (slice_ieq(h.action, SLICE_LIT("remove"))) {
		header_remove(c, h.name);
		return 0;
	}
	log_error("Unknown PJSIP_HEADER action '%.*s': use add, update or remove",
		  SLICE_ARG(h.action));
	return -EINVAL;
}

/* ---- PJSIP_HEADERS, PJSIP_RESPONSE_HEADERS ---- */

static void headers_name(struct slice line, struct slice prefix, bool *any, struct sink *out)
{
	struct slice name = slice_trim(slice_head(line, slice_find(line, ':')));

	if (!slice_istarts(name, prefix))
		return;
	if (*any)
		sink_char(out, ',');
	subst_add(out, name);
	*any = true;
}

static void headers_read(struct func_call *f, struct sink *out)
{
	struct slice prefix = slice_trim(func_args(f));
	bool any = false;

	if (!is_pjsip(f->c)) {
		log_error("This function requires a PJSIP channel.");
		return;
	}
	chan_import_headers(f->c);
	for (uint32_t i = 0; i < f->c->header_count; i++)
		headers_name(f->c->headers[i], prefix, &any, out);
}

static void response_names(struct func_call *f, struct sink *out)
{
	struct slice prefix = slice_trim(func_args(f)), left, line;
	bool any = false;

	if (!is_pjsip(f->c)) {
		log_error("This function requires a PJSIP channel.");
		return;
	}
	if (!prefix.len) {
		log_error("This function requires a pattern: PJSIP_RESPONSE_HEADERS(X-)");
		return;
	}
	left = chan_response(f->c);
	while (response_next(&left, &line))
		headers_name(line, prefix, &any, out);
}

/* ---- PJSIP_ENDPOINT, PJSIP_AOR, PJSIP_CONTACT, PJSIP_DIAL_CONTACTS ---- */

static void ask(const struct func_call *f, const char *function, const struct tech_question *q,
		struct sink *out)
{
	const struct tech *tech = shard_find_tech(f->c->shard, SLICE_LIT("PJSIP"));
	int rc = tech && tech->ops->ask ? tech->ops->ask(tech->impl, q, out) : -ENOENT;

	if (rc == -ENOENT)
		log_warning("%s: there is no '%.*s'", function, SLICE_ARG(q->name));
	else if (rc)
		log_warning("%s: '%.*s' is no field that can be read", function,
			    SLICE_ARG(q->item));
}

/* NAME(object,field) */
static void ask_field(struct func_call *f, const char *function, enum tech_subject subject,
		      struct sink *out)
{
	struct slice part[2];
	struct tech_question q = {.subject = subject};

	if (args_split(f->text, f->len, ',', part, 2) != 2 || !part[1].len) {
		log_warning("%s needs a name and a field", function);
		return;
	}
	q.name = slice_trim(part[0]);
	q.item = slice_trim(part[1]);
	ask(f, function, &q, out);
}

static void endpoint_read(struct func_call *f, struct sink *out)
{
	ask_field(f, "PJSIP_ENDPOINT", TECH_OF_ENDPOINT, out);
}

static void aor_read(struct func_call *f, struct sink *out)
{
	ask_field(f, "PJSIP_AOR", TECH_OF_AOR, out);
}

static void contact_read(struct func_call *f, struct sink *out)
{
	ask_field(f, "PJSIP_CONTACT", TECH_OF_CONTACT, out);
}

static void dial_contacts_read(struct func_call *f, struct sink *out)
{
	struct slice part[3] = {{0}};
	struct tech_question q = {.subject = TECH_DIAL_STRINGS};

	args_split(f->text, f->len, ',', part, 3);
	q.name = slice_trim(part[0]);
	q.item = slice_trim(part[1]);
	q.user = slice_trim(part[2]);
	if (q.name.len)
		ask(f, "PJSIP_DIAL_CONTACTS", &q, out);
	else
		log_warning("PJSIP_DIAL_CONTACTS needs the name of an endpoint");
}

const struct func func_pjsip_aor = {"PJSIP_AOR", "Gets a field of an AOR.", aor_read, NULL, 0};
const struct func func_pjsip_contact = {"PJSIP_CONTACT", "Gets a field of a contact.", contact_read,
					NULL, 0};
const struct func func_pjsip_dial_contacts = {
	"PJSIP_DIAL_CONTACTS", "Gives the dial strings of all contacts of an endpoint.",
	dial_contacts_read, NULL, 0};
const struct func func_pjsip_endpoint = {"PJSIP_ENDPOINT", "Gets a field of an endpoint.",
					 endpoint_read, NULL, 0};
const struct func func_pjsip_headers = {"PJSIP_HEADERS",
					"Lists the names of the headers of a PJSIP channel.",
					headers_read, NULL, 0};
const struct func func_pjsip_header = {
	"PJSIP_HEADER", "Gets headers from an inbound or adds them to an outbound PJSIP channel.",
	header_read, header_write, 0};
const struct func func_pjsip_response_header = {
	"PJSIP_RESPONSE_HEADER", "Gets headers of 200 response from an outbound PJSIP channel.",
	response_read, NULL, 0};
const struct func func_pjsip_response_headers = {
	"PJSIP_RESPONSE_HEADERS",
	"Lists the names of the headers of the 200 response to a PJSIP channel.", response_names,
	NULL, 0};
