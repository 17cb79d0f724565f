/* engine/core/func_cdr.c - CDR(item[,options]): what the call's record holds so far. */
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#include <errno.h>
#include <stdio.h>

enum item {
	ITEM_ACCOUNTCODE,
	ITEM_AMAFLAGS,
	ITEM_ANSWER,
	ITEM_BILLSEC,
	ITEM_CHANNEL,
	ITEM_CLID,
	ITEM_DCONTEXT,
	ITEM_DISPOSITION,
	ITEM_DST,
	ITEM_DSTCHANNEL,
	ITEM_DURATION,
	ITEM_END,
	ITEM_LASTAPP,
	ITEM_LASTDATA,
	ITEM_LINKEDID,
	ITEM_PEERACCOUNT,
	ITEM_SEQUENCE,
	ITEM_SRC,
	ITEM_START,
	ITEM_UNIQUEID,
	ITEM_USERFIELD,
	ITEM_OWN, /* a name of the user's */
};

static const char *const item_names[ITEM_OWN] = {
	"accountcode", "amaflags",    "answer",	    "billsec",	"channel", "clid",     "dcontext",
	"disposition", "dst",	      "dstchannel", "duration", "end",	   "lastapp",  "lastdata",
	"linkedid",    "peeraccount", "sequence",   "src",	"start",   "uniqueid", "userfield",
};

static enum item item_of(struct slice name)
{
	enum item i = ITEM_ACCOUNTCODE;

	while (i < ITEM_OWN && !slice_ieq(name, slice_str(item_names[i])))
		i++;
	return i;
}

static void write_time(struct chan *c, int64_t wall_ns, bool raw, struct sink *out)
{
	char text[32];
	struct tm civil;

	if (raw) {
		sink_fmt(out, "%lld.%06lld", (long long)(wall_ns / TMR_SECOND),
			 (long long)(wall_ns % TMR_SECOND / 1000));
		return;
	}
	if (wall_ns == 0 || !pbx_civil_time(c, "", wall_ns, &civil))
		return;
	sink_add(out, slice_make(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &civil)));
}

/* From `from` until the end or now; nothing when it never began. */
static void write_span(struct chan *c, int64_t from, bool fraction, struct sink *out)
{
	int64_t to = c->end_wall_ns ? c->end_wall_ns : io_wall_ns(c->shard->io);
	int64_t ns = from && to > from ? to - from : 0;

	if (fraction)
		sink_fmt(out, "%lld.%06lld", (long long)(ns / TMR_SECOND),
			 (long long)(ns % TMR_SECOND / 1000));
	else
		sink_i64(out, ns / TMR_SECOND);
}

/* The items that are a text of the channel. */
static bool read_text(const struct chan *c, enum item item, struct sink *out)
{
	const struct slice texts[ITEM_OWN] = {
		[ITEM_ACCOUNTCODE] = c->account,
		[ITEM_CHANNEL] = c->name,
		[ITEM_DCONTEXT] = slice_str(c->dcontext),
		[ITEM_DST] = slice_str(c->dst),
		[ITEM_LASTAPP] = slice_str(c->lastapp),
		[ITEM_LASTDATA] = slice_str(c->lastdata),
		[ITEM_LINKEDID] = c->linkedid,
		[ITEM_PEERACCOUNT] = c->peeraccount,
		[ITEM_SRC] = c->cid_num,
		[ITEM_UNIQUEID] = c->uniqueid,
		[ITEM_USERFIELD] = c->userfield,
	};

	subst_add(out, texts[item]);
	return texts[item].len > 0;
}

static void read_item(struct chan *c, enum item item, bool raw, bool fraction, struct sink *out)
{
	if (read_text(c, item, out))
		return;
	switch (item) {
	case ITEM_AMAFLAGS:
		if (raw)
			sink_u64(out, (uint64_t)c->amaflags);
		else
			sink_str(out, cdr_amaflags_text(c->amaflags));
		break;
	case ITEM_ANSWER:
		write_time(c, c->answer_wall_ns, raw, out);
		break;
	case ITEM_BILLSEC:
		write_span(c, c->answer_wall_ns, fraction, out);
		break;
	case ITEM_CLID:
		sink_fmt(out, "\"%.*s\" <%.*s>", SLICE_ARG(c->cid_name), SLICE_ARG(c->cid_num));
		break;
	case ITEM_DISPOSITION:
		if (raw)
			sink_u64(out, (uint64_t)c->disposition);
		else
			sink_str(out, cdr_disposition_text(c->disposition));
		break;
	case ITEM_DURATION:
		write_span(c, c->start_wall_ns, fraction, out);
		break;
	case ITEM_END:
		write_time(c, c->end_wall_ns, raw, out);
		break;
	case ITEM_SEQUENCE:
		sink_u64(out, c->number);
		break;
	case ITEM_START:
		write_time(c, c->start_wall_ns, raw, out);
		break;
	default: /* an empty text */
		break;
	}
}

static void cdr_read(struct func_call *f, struct sink *out)
{
	struct slice part[2], value;
	enum item item;

	args_split(f->text, f->len, ',', part, 2);
	item = item_of(part[0]);
	if (item != ITEM_OWN)
		read_item(f->c, item, slice_find(part[1], 'u') != SIZE_MAX,
			  slice_find(part[1], 'f') != SIZE_MAX, out);
	else if (vars_get(&f->c->cdr_vars, part[0], &value))
		subst_add(out, value);
}

static int write_amaflags(struct chan *c, struct slice value)
{
	value = slice_trim(value);
	for (int f = CDR_OMIT; f <= CDR_DOCUMENTATION; f++) {
		const char *text = cdr_amaflags_text((enum cdr_amaflags)f);

		if (slice_ieq(value, slice_str(text)) ||
		    (value.len == 1 && value.ptr[0] == '0' + f)) {
			c->amaflags = (enum cdr_amaflags)f;
			return 0;
		}
	}
	log_warning("amaflags '%.*s': use OMIT, BILLING or DOCUMENTATION", SLICE_ARG(value));
	return -EINVAL;
}

static int cdr_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice name = slice_trim(slice_head(args, slice_find(args, ',')));

	switch (item_of(name)) {
	case ITEM_ACCOUNTCODE:
		chan_set_account(c, value);
		return 0;
	case ITEM_AMAFLAGS:
		return write_amaflags(c, value);
	case ITEM_PEERACCOUNT:
		return chan_set_text(c, CHAN_PEERACCOUNT, value);
	case ITEM_USERFIELD:
		return chan_set_text(c, CHAN_USERFIELD, value);
	case ITEM_OWN:
		return vars_set(&c->cdr_vars, name, value);
	default:
		log_error("CDR(%.*s) is read-only", SLICE_ARG(name));
		return -EPERM;
	}
}

const struct func func_cdr = {"CDR", "Gets or sets a CDR variable.", cdr_read, cdr_write, 0};
