/* engine/core/func_chan.c - functions on the channel: CALLERID, CONNECTEDLINE, CHANNEL, TIMEOUT,
 * HANGUPCAUSE, PJSIP_HEADER. */
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/callerid.h"
#include "engine/core/cause.h"
#include "engine/core/shard.h"

#include <errno.h>

/* ---- CALLERID, CONNECTEDLINE ---- */

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

static struct slice first_part(struct slice args)
{
	return slice_trim(slice_head(args, slice_find(args, ',')));
}

static void callerid_read(struct func_call *f, struct sink *out)
{
	struct slice item = first_part(func_args(f));

	if (slice_ieq(item, SLICE_LIT("dnid")))
		subst_add(out, f->c->dnid.len ? f->c->dnid : slice_str(f->c->dst));
	else if (slice_ieq(item, SLICE_LIT("rdnis")))
		subst_add(out, f->c->rdnis);
	else if (f->c->cid_hidden && slice_ends(item, SLICE_LIT("pres")))
		sink_lit(out, "prohib");
	else
		party_read(item, f->c->cid_name, f->c->cid_num, out);
}

static void connectedline_read(struct func_call *f, struct sink *out)
{
	party_read(first_part(func_args(f)), f->c->conn_name, f->c->conn_num, out);
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

static int callerid_write(struct chan *c, struct slice args, struct slice value)
{
	struct party p;
	int rc = party_parse(&p, first_part(args), value);

	if (rc == 0)
		chan_set_caller(c, p.name, p.num);
	return rc;
}

static int connectedline_write(struct chan *c, struct slice args, struct slice value)
{
	struct party p;
	int rc = party_parse(&p, first_part(args), value);

	if (rc == 0)
		chan_set_connected(c, p.name, p.num);
	return rc;
}

/* ---- CHANNEL ---- */

static void read_codec(const struct chan *c, struct sink *out)
{
	if (c->session)
		sink_str(out, codec_name(c->media->ops->codec(c->session)));
}

static void read_rtcp(const struct chan *c, struct slice item, struct sink *out)
{
	struct media_stats s;

	if (!c->session)
		return;
	c->media->ops->stats(c->session, &s);
	if (slice_ieq(item, SLICE_LIT("all")) || slice_is_empty(item))
		sink_fmt(out,
			 "ssrc=%u;themssrc=%u;lp=%u;rxjitter=%.6f;rxcount=%llu;txjitter=%.6f;"
			 "txcount=%llu;rlp=%u;rtt=%.6f",
			 s.ssrc, s.peer_ssrc, s.rx_lost, s.rx_jitter_us / 1e6,
			 (unsigned long long)s.rx_packets, s.tx_jitter_us / 1e6,
			 (unsigned long long)s.tx_packets, s.tx_lost, s.rtt_us / 1e6);
	else if (slice_ieq(item, SLICE_LIT("rxcount")))
		sink_u64(out, s.rx_packets);
	else if (slice_ieq(item, SLICE_LIT("txcount")))
		sink_u64(out, s.tx_packets);
	else if (slice_ieq(item, SLICE_LIT("rxploss")))
		sink_u64(out, s.rx_lost);
	else if (slice_ieq(item, SLICE_LIT("txploss")))
		sink_u64(out, s.tx_lost);
	else if (slice_ieq(item, SLICE_LIT("rxjitter")))
		sink_fmt(out, "%.6f", s.rx_jitter_us / 1e6);
	else if (slice_ieq(item, SLICE_LIT("txjitter")))
		sink_fmt(out, "%.6f", s.tx_jitter_us / 1e6);
	else if (slice_ieq(item, SLICE_LIT("rtt")))
		sink_fmt(out, "%.6f", s.rtt_us / 1e6);
	else
		log_warning("Unrecognized argument '%.*s' for 'rtcp' in CHANNEL", SLICE_ARG(item));
}

/* CHANNEL(pjsip,...), CHANNEL(rtp,...), CHANNEL(rtcp,...). */
static void read_family(struct chan *c, struct slice family, struct slice item, struct sink *out)
{
	if (slice_ieq(family, SLICE_LIT("rtcp"))) {
		read_rtcp(c, item, out);
	} else if (slice_ieq(family, SLICE_LIT("rtp")) && slice_ieq(item, SLICE_LIT("src"))) {
		if (c->session)
			addr_write(out, &c->media_local);
	} else if (slice_ieq(family, SLICE_LIT("rtp")) && slice_ieq(item, SLICE_LIT("secure"))) {
		sink_char(out, '0');
	} else if (slice_ieq(family, SLICE_LIT("pjsip"))) {
		if (c->call && !c->tech->ops->info(c->call, item, out))
			log_warning("Unrecognized argument '%.*s' for 'pjsip' in CHANNEL",
				    SLICE_ARG(item));
	} else {
		log_warning("Unknown or unavailable item requested: '%.*s,%.*s'", SLICE_ARG(family),
			    SLICE_ARG(item));
	}
}

/* The items that are a text of the channel. */
static bool read_text_item(struct chan *c, struct slice item, struct slice *text)
{
	const struct {
		const char *name;
		struct slice text;
	} items[] = {
		{"accountcode", c->account},
		{"peeraccount", c->peeraccount},
		{"language", c->language},
		{"name", c->name},
		{"uniqueid", c->uniqueid},
		{"linkedid", c->linkedid},
		{"context", slice_str(c->context)},
		{"exten", slice_str(c->exten)},
		{"appname", slice_str(c->lastapp)},
		{"appdata", slice_str(c->lastdata)},
		{"endpoint", c->endpoint},
		{"channeltype", slice_str(c->tech ? c->tech->ops->name : "")},
		{"state", slice_str(event_state_text(c->ami_state))},
		{"amaflags", slice_str(cdr_amaflags_text(c->amaflags))},
		{"musicclass", SLICE_LIT("default")},
		{"hangupsource", slice_str(c->far_end_hung_up	 ? c->name.ptr
					   : c->hangup_requested ? "dialplan/builtin"
								 : "")},
		{"transfercapability", SLICE_LIT("SPEECH")},
		{"tonezone", SLICE_LIT("")},
		{"callid", SLICE_LIT("")},
	};

	for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
		if (slice_ieq(item, slice_str(items[i].name))) {
			*text = items[i].text;
			return true;
		}
	}
	return false;
}

static void channel_read(struct func_call *f, struct sink *out)
{
	struct chan *c = f->c;
	struct slice part[2], text;
	uint32_t n = args_split(f->text, f->len, ',', part, 2);
	struct slice item = slice_trim(part[0]);

	if (n == 2)
		read_family(c, item, slice_trim(part[1]), out);
	else if (read_text_item(c, item, &text))
		subst_add(out, text);
	else if (slice_ieq(item, SLICE_LIT("audioreadformat")) ||
		 slice_ieq(item, SLICE_LIT("audiowriteformat")))
		read_codec(c, out);
	else if (slice_ieq(item, SLICE_LIT("audionativeformat")))
		codec_list_write(out, &c->allow);
	else if (slice_ieq(item, SLICE_LIT("onhold")))
		sink_char(out, c->held ? '1' : '0');
	else if (slice_ieq(item, SLICE_LIT("checkhangup")))
		sink_char(out, chan_is_alive(c) ? '0' : '1');
	else
		log_warning("Unknown or unavailable item requested: '%.*s'", SLICE_ARG(item));
}

static int channel_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice item = first_part(args);

	if (slice_ieq(item, SLICE_LIT("accountcode"))) {
		chan_set_account(c, value);
		return 0;
	}
	if (slice_ieq(item, SLICE_LIT("language")))
		return chan_set_text(c, CHAN_LANGUAGE, value);
	if (slice_ieq(item, SLICE_LIT("amaflags")))
		return func_cdr.write(c, SLICE_LIT("amaflags"), value);
	if (slice_ieq(item, SLICE_LIT("userfield")))
		return func_cdr.write(c, SLICE_LIT("userfield"), value);
	log_warning("Unknown or unavailable item requested: '%.*s'; CHANNEL can set accountcode, "
		    "language, amaflags and userfield here",
		    SLICE_ARG(item));
	return -EINVAL;
}

/* ---- TIMEOUT ---- */

static void timeout_read(struct func_call *f, struct sink *out)
{
	struct slice item = slice_trim(func_args(f));
	struct chan *c = f->c;
	int64_t ns;

	if (slice_istarts(item, SLICE_LIT("a"))) {
		if (c->absolute_due_ns == 0) {
			sink_char(out, '0');
			return;
		}
		ns = c->absolute_due_ns - chan_now_ns(c);
	} else if (slice_istarts(item, SLICE_LIT("d"))) {
		ns = c->digit_timeout_ns;
	} else if (slice_istarts(item, SLICE_LIT("r"))) {
		ns = c->response_timeout_ns;
	} else {
		log_error("Unknown timeout type specified: TIMEOUT(%s); use absolute, digit or "
			  "response",
			  f->text);
		return;
	}
	if (ns < 0)
		ns = 0;
	sink_fmt(out, "%lld.%03lld", (long long)(ns / TMR_SECOND),
		 (long long)(ns % TMR_SECOND / TMR_MS));
}

static void set_absolute(struct chan *c, int64_t ns)
{
	if (ns == 0) {
		c->absolute_due_ns = 0;
		tmr_stop(&c->absolute_timer);
		return;
	}
	c->absolute_due_ns = chan_now_ns(c) + ns;
	tmr_start(&c->absolute_timer, c->absolute_due_ns);
}

static int timeout_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice item = slice_trim(args);
	int64_t ns = 0;

	if (!args_seconds(value, &ns) || ns < 0)
		ns = 0;
	if (slice_istarts(item, SLICE_LIT("a"))) {
		set_absolute(c, ns);
	} else if (slice_istarts(item, SLICE_LIT("d"))) {
		c->digit_timeout_ns = ns ? ns : 5 * TMR_SECOND;
		log_verbose(3, "Digit timeout set to %.3f", (double)c->digit_timeout_ns / 1e9);
	} else if (slice_istarts(item, SLICE_LIT("r"))) {
		c->response_timeout_ns = ns ? ns : 10 * TMR_SECOND;
		log_verbose(3, "Response timeout set to %.3f",
			    (double)c->response_timeout_ns / 1e9);
	} else {
		log_error("Unknown timeout type specified: TIMEOUT(%.*s); use absolute, digit or "
			  "response",
			  SLICE_ARG(item));
		return -EINVAL;
	}
	return 0;
}

/* ---- HANGUPCAUSE ---- */

static void hangupcause_read(struct func_call *f, struct sink *out)
{
	struct slice part[2];

	args_split(f->text, f->len, ',', part, 2);
	if (!slice_ieq(part[0], f->c->name)) {
		log_warning("Unable to find information for channel %.*s", SLICE_ARG(part[0]));
		return;
	}
	if (slice_ieq(part[1], SLICE_LIT("ast")))
		sink_str(out, cause_text((unsigned)f->c->cause));
	else if (f->c->tech_code)
		sink_fmt(out, "SIP %d", f->c->tech_code);
	else if (chan_is_up(f->c))
		sink_str(out, "SIP 200 OK");
}

/* ---- PJSIP_HEADER ---- */

struct header_args {
	struct slice action, name;
	uint32_t number;
};

static bool header_parse(struct chan *c, struct slice args, struct header_args *h)
{
	struct slice part[3];
	uint64_t n = 1;

	if (!c->tech || !slice_eq(slice_str(c->tech->ops->name), SLICE_LIT("PJSIP"))) {
		log_error("This function requires a PJSIP channel.");
		return false;
	}
	args_split_raw(args, ',', part, 3);
	h->action = slice_trim(part[0]);
	h->name = slice_trim(part[1]);
	if (slice_is_empty(h->action) || slice_is_empty(h->name)) {
		log_error("This function requires an action and a header name: "
			  "PJSIP_HEADER(add,X-Name)");
		return false;
	}
	if (!slice_is_empty(part[2]) && (!slice_u64(slice_trim(part[2]), 1000, &n) || n == 0)) {
		log_error("Number of PJSIP_HEADER must be greater than 0");
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

static void header_read(struct func_call *f, struct sink *out)
{
	struct header_args h;
	uint32_t seen = 0;

	if (!header_parse(f->c, func_args(f), &h))
		return;
	if (!slice_ieq(h.action, SLICE_LIT("read"))) {
		log_error("PJSIP_HEADER: only 'read' can be read");
		return;
	}
	chan_import_headers(f->c);
	for (uint32_t i = 0; i < f->c->header_count; i++) {
		struct slice line = f->c->headers[i];

		if (!header_is(line, h.name) || ++seen != h.number)
			continue;
		subst_add(out, slice_trim(slice_from(line, slice_find(line, ':') + 1)));
		return;
	}
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

static int header_remove(struct chan *c, struct slice name)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < c->header_count; i++)
		if (!header_is(c->headers[i], name))
			c->headers[kept++] = c->headers[i];
	c->header_count = kept;
	return 0;
}

static int header_write(struct chan *c, struct slice args, struct slice value)
{
	struct header_args h;

	if (!header_parse(c, args, &h))
		return -EINVAL;
	if (chan_import_headers(c))
		return -ENOSPC;
	if (slice_ieq(h.action, SLICE_LIT("add")))
		return header_add(c, h.name, value);
	if (slice_ieq(h.action, SLICE_LIT("update")))
		return header_update(c, &h, value);
	if (slice_ieq(h.action, SLICE_LIT("remove")))
		return header_remove(c, h.name);
	log_error("Unknown PJSIP_HEADER action '%.*s': use add, update or remove",
		  SLICE_ARG(h.action));
	return -EINVAL;
}

const struct func func_callerid = {"CALLERID", "Gets or sets Caller*ID data on the channel.",
				   callerid_read, callerid_write, 0};
const struct func func_connectedline = {"CONNECTEDLINE",
					"Gets or sets Connected Line data on the channel.",
					connectedline_read, connectedline_write, 0};
const struct func func_channel = {"CHANNEL",
				  "Gets/sets various pieces of information about the channel.",
				  channel_read, channel_write, 0};
const struct func func_timeout = {"TIMEOUT", "Gets or sets timeouts on the channel.", timeout_read,
				  timeout_write, 0};
const struct func func_hangupcause = {"HANGUPCAUSE", "Gets per-channel hangupcause information.",
				      hangupcause_read, 0, 0};
const struct func func_pjsip_header = {
	"PJSIP_HEADER", "Gets headers from an inbound or adds them to an outbound PJSIP channel.",
	header_read, header_write, 0};
