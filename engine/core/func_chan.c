/* engine/core/func_chan.c - functions on the channel: CHANNEL, TIMEOUT, HANGUPCAUSE. */
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/cause.h"
#include "engine/core/shard.h"

#include <errno.h>

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
	else if (slice_ieq(item, SLICE_LIT("local_ssrc")))
		sink_u64(out, s.ssrc);
	else if (slice_ieq(item, SLICE_LIT("remote_ssrc")))
		sink_u64(out, s.peer_ssrc);
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

/* Where our audio comes from. A socket that is bound to any address sends from the one that leads
 * to the far end (0.0.0.0 until that is known), not from the external one that SDP may show: as
 * Asterisk.
 */
static void read_rtp_source(const struct chan *c, struct sink *out)
{
	struct addr local = c->media_local;

	if (!c->session)
		return;
	if ((local.family == 0 || addr_is_any(&local)) && c->media_remote.family &&
	    io_local_addr(c->shard->io, &c->media_remote, &local))
		local = c->media_local;
	addr_write(out, &local);
}

/* CHANNEL(pjsip,...), CHANNEL(rtp,...), CHANNEL(rtcp,...). */
static void read_family(struct chan *c, struct slice family, struct slice item, struct sink *out)
{
	if (slice_ieq(family, SLICE_LIT("rtcp"))) {
		read_rtcp(c, item, out);
	} else if (slice_ieq(family, SLICE_LIT("rtp")) && slice_ieq(item, SLICE_LIT("src"))) {
		read_rtp_source(c, out);
	} else if (slice_ieq(family, SLICE_LIT("rtp")) && slice_ieq(item, SLICE_LIT("dest"))) {
		if (c->media_remote.family)
			addr_write(out, &c->media_remote);
	} else if (slice_ieq(family, SLICE_LIT("rtp")) && slice_ieq(item, SLICE_LIT("direct"))) {
		return; /* two far ends never speak to each other past us */
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
	else if (slice_ieq(item, SLICE_LIT("contact")) || slice_ieq(item, SLICE_LIT("aor")))
		read_family(c, SLICE_LIT("pjsip"), item, out);
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
	struct slice item = func_first_part(args);

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

const struct func func_channel = {"CHANNEL",
				  "Gets/sets various pieces of information about the channel.",
				  channel_read, channel_write, 0};
const struct func func_timeout = {"TIMEOUT", "Gets or sets timeouts on the channel.", timeout_read,
				  timeout_write, 0};
const struct func func_hangupcause = {"HANGUPCAUSE", "Gets per-channel hangupcause information.",
				      hangupcause_read, 0, 0};
