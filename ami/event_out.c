/* ami/event_out.c - see event_out.h. */
#include "ami/event_out.h"

#include "ami/ami_internal.h"
#include "ami/class.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/core/cause.h"
#include "engine/core/cdr.h"
#include "engine/core/device.h"

typedef void (*event_body_fn)(struct ami *a, struct sink *out, const struct event *e);

struct event_format {
	struct slice name;
	struct slice head; /* "Event: ..." and "Privilege: ..." */
	uint32_t classes;
	event_body_fn body;
};

/* "<label><value>" CRLF, the label with its ": ". */
static inline void event_line(struct sink *out, struct slice label, struct slice value)
{
	sink_add(out, label);
	ami_text_value(out, value);
	sink_lit(out, "\r\n");
}

static inline void event_number(struct sink *out, struct slice label, int64_t number)
{
	sink_add(out, label);
	sink_i64(out, number);
	sink_lit(out, "\r\n");
}

/* ---- snapshot ---- */

static inline void snap_line(struct sink *out, struct slice prefix, struct slice label,
			     struct slice value)
{
	sink_add(out, prefix);
	event_line(out, label, value);
}

static inline void snap_name(struct sink *out, struct slice prefix, struct slice label,
			     struct slice value)
{
	sink_add(out, prefix);
	sink_add(out, label);
	if (value.len)
		ami_text_escaped(out, value);
	else
		sink_lit(out, "<unknown>");
	sink_lit(out, "\r\n");
}

static inline void snap_number(struct sink *out, struct slice prefix, struct slice label,
			       int32_t number)
{
	sink_add(out, prefix);
	event_number(out, label, number);
}

static void snap_variables(const struct ami *a, struct sink *out, struct slice prefix,
			   struct ami_snapshot of)
{
	for (uint32_t i = 0; i < a->conf->channelvar_count; i++) {
		struct slice name = a->conf->channelvars[i];

		sink_add(out, prefix);
		sink_lit(out, "ChanVariable: ");
		ami_text_value(out, name);
		sink_char(out, '=');
		ami_text_escaped(out, ami_chanvars_get(a->chanvars, of.shard, of.chan, name));
		sink_lit(out, "\r\n");
	}
}

void ami_snapshot_write(const struct ami *a, struct sink *out, struct slice prefix,
			struct ami_snapshot of)
{
	const struct chan_snap *snap = of.snap;
	const char *state = event_state_text(snap->state);

	snap_line(out, prefix, SLICE_LIT("Channel: "), snap->name);
	snap_number(out, prefix, SLICE_LIT("ChannelState: "), snap->state);
	snap_line(out, prefix, SLICE_LIT("ChannelStateDesc: "), slice_str(state));
	snap_line(out, prefix, SLICE_LIT("CallerIDNum: "), ami_text_known(snap->cid_num));
	snap_name(out, prefix, SLICE_LIT("CallerIDName: "), snap->cid_name);
	snap_line(out, prefix, SLICE_LIT("ConnectedLineNum: "), ami_text_known(snap->conn_num));
	snap_name(out, prefix, SLICE_LIT("ConnectedLineName: "), snap->conn_name);
	snap_line(out, prefix, SLICE_LIT("Language: "), snap->language);
	snap_line(out, prefix, SLICE_LIT("AccountCode: "), snap->account);
	snap_line(out, prefix, SLICE_LIT("Context: "), snap->context);
	snap_line(out, prefix, SLICE_LIT("Exten: "), snap->exten);
	snap_number(out, prefix, SLICE_LIT("Priority: "), snap->priority);
	if (FAULT(ami_headers))
		snap_line(out, prefix, SLICE_LIT("Linkedid: "), snap->linkedid);
	snap_line(out, prefix, SLICE_LIT("Uniqueid: "), snap->uniqueid);
	if (!FAULT(ami_headers))
		snap_line(out, prefix, SLICE_LIT("Linkedid: "), snap->linkedid);
	if (a->chanvars)
		snap_variables(a, out, prefix, of);
}

static void event_channel(const struct ami *a, struct sink *out, struct slice prefix,
			  const struct event *e)
{
	ami_snapshot_write(
		a, out, prefix,
		(struct ami_snapshot){.snap = &e->snap, .shard = e->shard, .chan = e->chan});
}

static void event_snapshot(const struct ami *a, struct sink *out, const struct event *e)
{
	event_channel(a, out, SLICE_EMPTY, e);
}

void ami_lines_write(struct sink *out, struct slice lines)
{
	struct slice line;

	while (slice_split(&lines, '\n', &line)) {
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			continue;
		ami_text_value(out, line);
		sink_lit(out, "\r\n");
	}
}

/* ---- bodies, by kind ---- */

static void body_snapshot(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
}

static void body_newexten(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	event_line(out, SLICE_LIT("Extension: "), e->snap.exten);
	event_line(out, SLICE_LIT("Application: "), e->text[0]);
	event_line(out, SLICE_LIT("AppData: "), e->text[1]);
}

static void body_newcallerid(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	sink_lit(out, "CID-CallingPres: 0 (Presentation Allowed, Not Screened)\r\n");
}

static void body_newaccount(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	event_line(out, SLICE_LIT("OldAccountCode: "), e->text[0]);
}

static void body_varset(struct ami *a, struct sink *out, const struct event *e)
{
	if (e->snap.name.len)
		event_snapshot(a, out, e);
	else
		sink_lit(out, "Channel: none\r\nUniqueid: none\r\n");
	event_line(out, SLICE_LIT("Variable: "), e->text[0]);
	sink_lit(out, "Value: ");
	ami_text_escaped(out, e->text[1]);
	sink_lit(out, "\r\n");
}

static void body_dialbegin(struct ami *a, struct sink *out, const struct event *e)
{
	event_channel(a, out, SLICE_LIT("Dest"), e);
	event_line(out, SLICE_LIT("DialString: "), e->text[0]);
}

static void body_dialstatus(struct ami *a, struct sink *out, const struct event *e)
{
	event_channel(a, out, SLICE_LIT("Dest"), e);
	event_line(out, SLICE_LIT("DialStatus: "), e->text[0]);
}

static void event_tech_cause(struct sink *out, const struct event *e)
{
	if (e->number[1])
		event_number(out, SLICE_LIT("TechCause: "), e->number[1]);
}

static void body_request(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	if (e->number[0] >= 0)
		event_number(out, SLICE_LIT("Cause: "), e->number[0]);
	event_tech_cause(out, e);
}

static void body_hangup(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	event_number(out, SLICE_LIT("Cause: "), e->number[0]);
	event_line(out, SLICE_LIT("Cause-txt: "), slice_str(cause_text((unsigned)e->number[0])));
	event_tech_cause(out, e);
}

static void body_dtmf(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	event_line(out, SLICE_LIT("Digit: "), e->text[0]);
	if (e->kind == EVENT_DTMFEND)
		event_number(out, SLICE_LIT("DurationMs: "), e->number[0]);
	event_line(out, SLICE_LIT("Direction: "), e->text[1]);
}

static void body_hold(struct ami *a, struct sink *out, const struct event *e)
{
	event_snapshot(a, out, e);
	if (e->text[0].len)
		event_line(out, SLICE_LIT("MusicClass: "), e->text[0]);
}

/* From the dialplan with a channel, from the action without. */
static void body_userevent(struct ami *a, struct sink *out, const struct event *e)
{
	if (e->snap.name.len)
		event_snapshot(a, out, e);
	event_line(out, SLICE_LIT("UserEvent: "), e->text[0]);
	ami_lines_write(out, e->text[1]);
}

static void body_rtcp(struct ami *a, struct sink *out, const struct event *e)
{
	if (e->snap.name.len)
		event_snapshot(a, out, e);
	ami_lines_write(out, e->text[0]);
}

static void body_contact_status(struct ami *a, struct sink *out, const struct event *e)
{
	UNUSED(a);
	event_line(out, SLICE_LIT("URI: "), e->text[0]);
	event_line(out, SLICE_LIT("ContactStatus: "), e->text[1]);
	event_line(out, SLICE_LIT("AOR: "), e->text[2]);
	event_line(out, SLICE_LIT("EndpointName: "), e->text[3]);
	if (e->text[4].len)
		event_line(out, SLICE_LIT("RoundtripUsec: "), e->text[4]);
}

static void event_cause_text(struct sink *out, struct slice cause)
{
	if (cause.len)
		event_line(out, SLICE_LIT("Cause: "), cause);
}

static void body_peer_status(struct ami *a, struct sink *out, const struct event *e)
{
	UNUSED(a);
	event_line(out, SLICE_LIT("ChannelType: "), e->text[0]);
	event_line(out, SLICE_LIT("Peer: "), e->text[1]);
	event_line(out, SLICE_LIT("PeerStatus: "), e->text[2]);
	event_cause_text(out, e->text[3]);
}

static void body_registry(struct ami *a, struct sink *out, const struct event *e)
{
	UNUSED(a);
	event_line(out, SLICE_LIT("ChannelType: "), e->text[0]);
	event_line(out, SLICE_LIT("Username: "), e->text[1]);
	event_line(out, SLICE_LIT("Domain: "), e->text[2]);
	event_line(out, SLICE_LIT("Status: "), e->text[3]);
	event_cause_text(out, e->text[4]);
}

static void body_device_state(struct ami *a, struct sink *out, const struct event *e)
{
	UNUSED(a);
	event_line(out, SLICE_LIT("Device: "), e->text[0]);
	event_line(out, SLICE_LIT("State: "), e->text[1]);
}

/* "ChanVariable(<channel>): name=value", for a channel that is there. */
static void response_variables(struct ami *a, struct sink *out, const struct event *e)
{
	const struct roster_chan *chan = control_find_chan(a->control, e->snap.name);

	for (uint32_t i = 0; chan && i < a->conf->channelvar_count; i++) {
		struct slice name = a->conf->channelvars[i];

		sink_lit(out, "ChanVariable(");
		ami_text_value(out, e->snap.name);
		sink_lit(out, "): ");
		ami_text_value(out, name);
		sink_char(out, '=');
		ami_text_escaped(out, ami_chanvars_get(a->chanvars, chan->shard, chan->chan, name));
		sink_lit(out, "\r\n");
	}
}

static void body_originate_response(struct ami *a, struct sink *out, const struct event *e)
{
	if (e->text[0].len)
		event_line(out, SLICE_LIT("ActionID: "), e->text[0]);
	event_line(out, SLICE_LIT("Response: "), e->text[1]);
	event_line(out, SLICE_LIT("Channel: "), e->snap.name);
	if (e->text[4].len) {
		event_line(out, SLICE_LIT("Application: "), e->text[4]);
		event_line(out, SLICE_LIT("Data: "), e->text[5]);
	} else {
		event_line(out, SLICE_LIT("Context: "), e->text[2]);
		event_line(out, SLICE_LIT("Exten: "), e->text[3]);
	}
	event_number(out, SLICE_LIT("Reason: "), e->number[0]);
	event_line(out, SLICE_LIT("Uniqueid: "), ami_text_known(e->snap.uniqueid));
	event_line(out, SLICE_LIT("CallerIDNum: "), ami_text_known(e->snap.cid_num));
	event_line(out, SLICE_LIT("CallerIDName: "), ami_text_known(e->snap.cid_name));
	if (a->chanvars)
		response_variables(a, out, e);
}

/* "YYYY-MM-DD HH:MM:SS" local; empty for an instant that never was. */
static void cdr_time(struct ami *a, struct sink *out, struct slice label, int64_t wall_ns)
{
	struct tm tm;

	sink_add(out, label);
	if (wall_ns) {
		io_local_time(a->io, wall_ns, &tm);
		sink_fmt(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	sink_lit(out, "\r\n");
}

static void body_cdr(struct ami *a, struct sink *out, const struct event *e)
{
	struct cdr c;

	if (!cdr_unpack(e->text[0].ptr, e->text[0].len, &c)) {
		(void)NEVER(true);
		return;
	}
	event_line(out, SLICE_LIT("AccountCode: "), c.account);
	event_line(out, SLICE_LIT("Source: "), c.src);
	event_line(out, SLICE_LIT("Destination: "), c.dst);
	event_line(out, SLICE_LIT("DestinationContext: "), c.dcontext);
	event_line(out, SLICE_LIT("CallerID: "), c.clid);
	event_line(out, SLICE_LIT("Channel: "), c.channel);
	event_line(out, SLICE_LIT("DestinationChannel: "), c.dstchannel);
	event_line(out, SLICE_LIT("LastApplication: "), c.lastapp);
	event_line(out, SLICE_LIT("LastData: "), c.lastdata);
	cdr_time(a, out, SLICE_LIT("StartTime: "), c.start_wall_ns);
	cdr_time(a, out, SLICE_LIT("AnswerTime: "), c.answer_wall_ns);
	cdr_time(a, out, SLICE_LIT("EndTime: "), c.end_wall_ns);
	event_number(out, SLICE_LIT("Duration: "), cdr_duration_s(&c));
	event_number(out, SLICE_LIT("BillableSeconds: "), cdr_billsec_s(&c));
	event_line(out, SLICE_LIT("Disposition: "), slice_str(cdr_disposition_text(c.disposition)));
	event_line(out, SLICE_LIT("AMAFlags: "), slice_str(cdr_amaflags_text(c.amaflags)));
	event_line(out, SLICE_LIT("UniqueID: "), c.uniqueid);
	event_line(out, SLICE_LIT("UserField: "), c.userfield);
}

static void body_extension_status(struct ami *a, struct sink *out, const struct event *e)
{
	UNUSED(a);
	event_line(out, SLICE_LIT("Exten: "), e->text[0]);
	event_line(out, SLICE_LIT("Context: "), e->text[1]);
	event_line(out, SLICE_LIT("Hint: "), e->text[2]);
	event_number(out, SLICE_LIT("Status: "), e->number[0]);
	event_line(out, SLICE_LIT("StatusText: "), slice_str(exten_status_text(e->number[0])));
}

/* clang-format off */
#define FORMAT(id, event, class_id, class_name, fn)                                                \
	[EVENT_##id] = {SLICE_LIT(event),                                                          \
			SLICE_LIT("Event: " event "\r\nPrivilege: " class_name ",all\r\n"),        \
			AMI_CLASS_##class_id, fn}

static const struct event_format event_formats[EVENT_COUNT] = {
	FORMAT(NEWCHANNEL, "Newchannel", CALL, "call", body_snapshot),
	FORMAT(NEWSTATE, "Newstate", CALL, "call", body_snapshot),
	FORMAT(NEWEXTEN, "Newexten", DIALPLAN, "dialplan", body_newexten),
	FORMAT(NEWCALLERID, "NewCallerid", CALL, "call", body_newcallerid),
	FORMAT(NEWACCOUNT, "NewAccountCode", CALL, "call", body_newaccount),
	FORMAT(NEWCONNECTED, "NewConnectedLine", CALL, "call", body_snapshot),
	FORMAT(VARSET, "VarSet", DIALPLAN, "dialplan", body_varset),
	FORMAT(DIALBEGIN, "DialBegin", CALL, "call", body_dialbegin),
	FORMAT(DIALSTATE, "DialState", CALL, "call", body_dialstatus),
	FORMAT(DIALEND, "DialEnd", CALL, "call", body_dialstatus),
	FORMAT(HANGUPREQUEST, "HangupRequest", CALL, "call", body_request),
	FORMAT(SOFTHANGUPREQUEST, "SoftHangupRequest", CALL, "call", body_request),
	FORMAT(HANGUP, "Hangup", CALL, "call", body_hangup),
	FORMAT(DTMFBEGIN, "DTMFBegin", DTMF, "dtmf", body_dtmf),
	FORMAT(DTMFEND, "DTMFEnd", DTMF, "dtmf", body_dtmf),
	FORMAT(FLASH, "Flash", CALL, "call", body_snapshot),
	FORMAT(HOLD, "Hold", CALL, "call", body_hold),
	FORMAT(UNHOLD, "Unhold", CALL, "call", body_snapshot),
	FORMAT(USEREVENT, "UserEvent", USER, "user", body_userevent),
	FORMAT(CDR, "Cdr", CDR, "cdr", body_cdr),
	FORMAT(ORIGINATERESPONSE, "OriginateResponse", CALL, "call", body_originate_response),
	FORMAT(RTCPSENT, "RTCPSent", REPORTING, "reporting", body_rtcp),
	FORMAT(RTCPRECEIVED, "RTCPReceived", REPORTING, "reporting", body_rtcp),
	FORMAT(CONTACTSTATUS, "ContactStatus", SYSTEM, "system", body_contact_status),
	FORMAT(PEERSTATUS, "PeerStatus", SYSTEM, "system", body_peer_status),
	FORMAT(REGISTRY, "Registry", SYSTEM, "system", body_registry),
	FORMAT(DEVICESTATECHANGE, "DeviceStateChange", CALL, "call", body_device_state),
	FORMAT(EXTENSIONSTATUS, "ExtensionStatus", CALL, "call", body_extension_status),
};
/* clang-format on */

/* ---- fan-out ---- */

bool ami_event_is_wanted(const struct ami *a, uint32_t classes)
{
	if (a->replay)
		return true;
	if ((a->wanted & classes) != classes)
		return false;
	list_for (node, &a->sessions) {
		if (ami_session_wants(list_entry(node, struct ami_session, node), classes))
			return true;
	}
	return false;
}

uint64_t ami_event_last_number(const struct ami *a)
{
	return a->event_base + a->event_number;
}

/* What [general] adds behind Privilege. */
static void event_extras(struct ami *a, struct sink *out, int64_t wall_ns, struct slice name)
{
	if (a->conf->timestamp_events) {
		sink_lit(out, "Timestamp: ");
		ami_text_stamp(out, wall_ns);
		sink_lit(out, "\r\n");
	}
	if (a->replay || a->debug)
		sink_fmt(out, "SequenceNumber: %llu\r\n",
			 (unsigned long long)(a->replay ? ami_event_last_number(a) + 1
							: a->event_number));
	if (a->debug) {
		sink_fmt(out, "File: event_out.c\r\nLine: %d\r\nFunc: ", __LINE__);
		event_line(out, SLICE_EMPTY, name);
	}
	a->event_number++;
	if (a->about.system_name[0])
		event_line(out, SLICE_LIT("SystemName: "), slice_str(a->about.system_name));
}

static struct sink event_sink(struct ami *a)
{
	return sink_make(a->event_text, LIMIT_AMI_MESSAGE);
}

static void event_fan_out(struct ami *a, uint32_t classes, struct slice name, struct sink *out,
			  bool reliable)
{
	sink_lit(out, "\r\n");
	if (out->over) { /* longer than any event can be: a value from outside gone wild */
		metric_add(a->metrics, METRIC_ami_events_dropped, 1);
		return;
	}
	metric_add(a->metrics, METRIC_ami_events, 1);
	if (a->replay)
		ami_replay_add(a->replay, ami_event_last_number(a), classes, sink_slice(out));
	list_for_safe (node, &a->sessions) {
		struct ami_session *s = list_entry(node, struct ami_session, node);

		if (!ami_session_wants(s, classes))
			continue;
		if ((s->user->filters.count || s->filters.count) &&
		    !ami_filters_pass(&s->user->filters, &s->filters, name, sink_slice(out)))
			continue;
		ami_session_event(s, sink_slice(out), reliable);
	}
}

static bool event_is_off(const struct ami *a, struct slice name)
{
	return a->conf->disabled_count && ami_conf_is_disabled(a->conf, name);
}

static void event_tell(struct ami *a, const struct event *e)
{
	const struct event_format *f = &event_formats[e->kind];
	struct sink out = event_sink(a);

	if (!ami_event_is_wanted(a, f->classes) || event_is_off(a, f->name))
		return;
	if (e->kind == EVENT_CDR && a->conf->no_cdr_events)
		return;
	sink_add(&out, f->head);
	event_extras(a, &out, e->wall_ns, f->name);
	f->body(a, &out, e);
	event_fan_out(a, f->classes, f->name, &out, event_is_reliable(e->kind));
}

/* The list's variables are followed whether or not anybody reads the events. */
void ami_event_out(void *arg, const struct event *e)
{
	struct ami *a = arg;

	if (a->chanvars && e->kind == EVENT_VARSET)
		ami_chanvars_set(a->chanvars, a->conf, e->shard, e->chan, e->text[0], e->text[1]);
	event_tell(a, e);
	if (a->chanvars && e->kind == EVENT_HANGUP)
		ami_chanvars_forget(a->chanvars, e->shard, e->chan);
}

void ami_event_raise(struct ami *a, uint32_t classes, struct slice name, struct slice body,
		     bool reliable)
{
	struct sink out = event_sink(a);

	if (!ami_event_is_wanted(a, classes) || event_is_off(a, name))
		return;
	event_line(&out, SLICE_LIT("Event: "), name);
	sink_lit(&out, "Privilege: ");
	ami_class_write(&out, classes);
	sink_lit(&out, "\r\n");
	event_extras(a, &out, io_wall_ns(a->io), name);
	sink_add(&out, body);
	event_fan_out(a, classes, name, &out, reliable);
}
