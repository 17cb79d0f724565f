/* engine/core/func_party.c - functions on the parties of a call: CALLERID, CONNECTEDLINE,
 * REDIRECTING. */
#include "engine/core/func_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/callerid.h"

#include <errno.h>

/* ---- CALLERID, CONNECTEDLINE ---- */

struct slice func_first_part(struct slice args)
{
	return slice_trim(slice_head(args, slice_find(args, ',')));
}

static void party_read(struct slice item, struct slice name, struct slice num, struct sink *out)
{
	if (slice_ieq(item, SLICE_LIT("all")))
		sink_fmt(out, "\"%.*s\" <%.*s>", SLICE_ARG(name), SLICE_ARG(num));
	else if (slice_ieq(item, SLICE_LIT("name")))
		subst_add(out, name);
	else if (slice_istarts(item, SLICE_LIT("num")) && !slice_ends(item, SLICE_LIT("pres")))
		subst_add(out, num);
	else if (slice_ieq(item, SLICE_LIT("ani")) || slice_ieq(item, SLICE_LIT("ani-num")))
		subst_add(out, num);
	else if (slice_ends(item, SLICE_LIT("pres")))
		sink_str(out, "allowed_not_screened");
	else if (!slice_istarts(item, SLICE_LIT("rdnis")) && !slice_ieq(item, SLICE_LIT("tag")) &&
		 !slice_istarts(item, SLICE_LIT("priv-")) &&
		 !slice_istarts(item, SLICE_LIT("subaddr")) &&
		 !slice_istarts(item, SLICE_LIT("ani")))
		log_error("Unknown callerid data type '%.*s'.", SLICE_ARG(item));
}

static void callerid_read(struct func_call *f, struct sink *out)
{
	struct slice item = func_first_part(func_args(f));

	if (slice_ieq(item, SLICE_LIT("dnid")))
		subst_add(out, f->c->dnid.len ? f->c->dnid : slice_str(f->c->dst));
	else if (slice_ieq(item, SLICE_LIT("rdnis")))
		subst_add(out, f->c->diversion.num);
	else if (f->c->cid_hidden && slice_ends(item, SLICE_LIT("pres")))
		sink_lit(out, "prohib");
	else
		party_read(item, f->c->cid_name, f->c->cid_num, out);
}

static void connectedline_read(struct func_call *f, struct sink *out)
{
	party_read(func_first_part(func_args(f)), f->c->conn_name, f->c->conn_num, out);
}

/* Parts with a NULL ptr stay as they are. */
struct party {
	struct callerid parsed;
	struct slice name, num;
};

static int party_parse(struct party *p, struct slice item, struct slice value)
{
	p->name = p->num = SLICE_EMPTY;
	if (!value.ptr)
		value = SLICE_LIT("");
	if (slice_ieq(item, SLICE_LIT("all"))) {
		callerid_parse(&p->parsed, value, CALLERID_OF_AMI);
		p->name = callerid_name(&p->parsed);
		p->num = callerid_number(&p->parsed);
	} else if (slice_ieq(item, SLICE_LIT("name"))) {
		p->name = value;
	} else if (slice_ieq(item, SLICE_LIT("num")) || slice_ieq(item, SLICE_LIT("number"))) {
		p->num = value;
	} else if (!slice_ends(item, SLICE_LIT("pres")) && !slice_istarts(item, SLICE_LIT("ani")) &&
		   !slice_ieq(item, SLICE_LIT("dnid")) &&
		   !slice_istarts(item, SLICE_LIT("rdnis"))) {
		log_error("Unknown callerid data type '%.*s'.", SLICE_ARG(item));
		return -EINVAL;
	}
	return 0;
}

static int redirecting_set(struct chan *c, struct slice *text, struct slice value)
{
	struct slice copy = chan_dup(c, slice_head(value, LIMIT_NAME - 1));

	if (!copy.ptr && value.len)
		return -ENOSPC;
	*text = copy;
	return 0;
}

static int callerid_write(struct chan *c, struct slice args, struct slice value)
{
	struct party p;
	int rc = party_parse(&p, func_first_part(args), value);

	if (slice_ieq(func_first_part(args), SLICE_LIT("rdnis")))
		return redirecting_set(c, &c->diversion.num, value);
	if (slice_ends(func_first_part(args), SLICE_LIT("pres")))
		c->cid_hidden = slice_istarts(slice_trim(value), SLICE_LIT("prohib"));
	if (rc == 0)
		chan_set_caller(c, p.name, p.num);
	return rc;
}

/* CONNECTEDLINE(item,i): the far end is told later, with what else is set. */
static bool connectedline_is_quiet(struct slice args)
{
	size_t comma = slice_find(args, ',');

	return comma != SIZE_MAX &&
	       slice_ieq(slice_trim(slice_from(args, comma + 1)), SLICE_LIT("i"));
}

static int connectedline_write(struct chan *c, struct slice args, struct slice value)
{
	struct party p;
	int rc = party_parse(&p, func_first_part(args), value);

	if (rc == 0)
		chan_set_connected(c, p.name, p.num);
	if (rc == 0 && !connectedline_is_quiet(args) && c->call && c->tech->ops->connect)
		rc = c->tech->ops->connect(c->call, c->conn_name, c->conn_num);
	return rc;
}

/* ---- REDIRECTING ---- */

static bool redirecting_is_reason(struct slice word)
{
	static const char *const words[] = {"unknown",	 "cfb",		 "cfnr", "unavailable",
					    "cfu",	 "time_of_day",	 "dnd",	 "deflection",
					    "follow_me", "out_of_order", "away", "cf_dte",
					    "send_to_vm"};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (slice_ieq(word, slice_str(words[i])))
			return true;
	return false;
}

static void redirecting_read(struct func_call *f, struct sink *out)
{
	const struct tech_diversion *d = &f->c->diversion;
	struct slice item = func_first_part(func_args(f));

	if (slice_ieq(item, SLICE_LIT("reason")))
		subst_add(out, d->reason.len ? d->reason : SLICE_LIT("unknown"));
	else if (slice_ieq(item, SLICE_LIT("count")))
		sink_u64(out, d->count);
	else if (slice_istarts(item, SLICE_LIT("from-")) && slice_ends(item, SLICE_LIT("pres")))
		sink_str(out, d->is_hidden ? "prohib" : "allowed_not_screened");
	else if (slice_istarts(item, SLICE_LIT("from-")))
		party_read(slice_from(item, 5), d->name, d->num, out);
	else if (!slice_istarts(item, SLICE_LIT("orig-")) &&
		 !slice_istarts(item, SLICE_LIT("to-")) && !slice_istarts(item, SLICE_LIT("priv-")))
		log_error("Unknown redirecting data type '%.*s'.", SLICE_ARG(item));
}

static int redirecting_set_from(struct chan *c, struct slice item, struct slice value)
{
	struct party p;
	int rc;

	if (slice_ends(item, SLICE_LIT("pres"))) {
		c->diversion.is_hidden = slice_istarts(value, SLICE_LIT("prohib"));
		return 0;
	}
	rc = party_parse(&p, item, value);
	if (rc == 0 && p.name.ptr)
		rc = redirecting_set(c, &c->diversion.name, p.name);
	if (rc == 0 && p.num.ptr)
		rc = redirecting_set(c, &c->diversion.num, p.num);
	return rc;
}

static int redirecting_set_reason(struct chan *c, struct slice word)
{
	if (!redirecting_is_reason(word)) {
		log_error("Unknown redirecting reason '%.*s', value unchanged", SLICE_ARG(word));
		return -EINVAL;
	}
	return redirecting_set(c, &c->diversion.reason, word);
}

static int redirecting_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice item = func_first_part(args);
	uint64_t count;

	value = slice_trim(value);
	if (slice_istarts(item, SLICE_LIT("from-")))
		return redirecting_set_from(c, slice_from(item, 5), value);
	if (slice_ieq(item, SLICE_LIT("reason")))
		return redirecting_set_reason(c, value);
	if (slice_ieq(item, SLICE_LIT("count"))) {
		if (!slice_u64(value, 255, &count)) {
			log_error("Unknown redirecting count '%.*s': give 0 to 255",
				  SLICE_ARG(value));
			return -EINVAL;
		}
		c->diversion.count = (uint32_t)count;
		return 0;
	}
	log_error("REDIRECTING can set from-all, from-name, from-num, from-pres, reason and count, "
		  "not '%.*s'",
		  SLICE_ARG(item));
	return -EINVAL;
}

const struct func func_redirecting = {"REDIRECTING",
				      "Gets or sets who sent the call on to where it goes.",
				      redirecting_read, redirecting_write, 0};
const struct func func_callerid = {"CALLERID", "Gets or sets Caller*ID data on the channel.",
				   callerid_read, callerid_write, 0};
const struct func func_connectedline = {"CONNECTEDLINE",
					"Gets or sets Connected Line data on the channel.",
					connectedline_read, connectedline_write, 0};
