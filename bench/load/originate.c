/* The AMI driver: sends Originates, follows each to its end, accounts for all of them. */
#include "bench/load/clients.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

enum ami_state { AMI_CONNECTING, AMI_BANNER, AMI_LOGIN, AMI_READY, AMI_CLOSED };

/* What one AMI message says; only what the driver needs. */
struct ami_msg {
	struct slice event, response, action_id, message, uniqueid, reason;
};

struct originate {
	struct run *run;
	struct io_stream *stream;
	enum ami_state state;
	struct ami_msg msg;
	size_t used;
	char buf[65536];
	uint64_t reasons[16], acked, events, doubled;
	bool follow_hangup;
	struct clients *readers;
};

static struct originate driver;

static void ami_send(struct originate *d, const struct sink *out)
{
	if (io_stream_send(d->stream, out->ptr, out->len) != 0) {
		fprintf(stderr, "ringer-load: the AMI connection takes no more\n");
		d->run->failure = 1;
		d->run->done = true;
	}
}

static void ami_login(struct originate *d)
{
	char text[512];
	struct sink out = sink_make(text, sizeof(text));

	sink_fmt(&out, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\nEvents: %s\r\nActionID: login\r\n\r\n",
		 d->run->o.user, d->run->o.secret, d->run->o.events);
	ami_send(d, &out);
	d->state = AMI_LOGIN;
}

static void originate_one(struct originate *d, uint64_t number)
{
	struct options *o = &d->run->o;
	char text[2048];
	struct sink out = sink_make(text, sizeof(text));

	sink_fmt(&out, "Action: Originate\r\nActionID: a%llu\r\nChannelId: c%llu\r\nAsync: true\r\nChannel: ",
		 (unsigned long long)number, (unsigned long long)number);
	run_expand(&out, o->channel, number);
	sink_fmt(&out, "\r\nTimeout: %lld\r\n", (long long)o->timeout_ms);
	if (o->app)
		sink_fmt(&out, "Application: %s\r\nData: %s\r\n", o->app, o->data);
	else
		sink_fmt(&out, "Context: %s\r\nExten: %s\r\nPriority: 1\r\n", o->context, o->exten);
	if (o->codecs)
		sink_fmt(&out, "Codecs: %s\r\n", o->codecs);
	if (o->account)
		sink_fmt(&out, "Account: %s\r\n", o->account);
	sink_lit(&out, "\r\n");
	d->run->marks[number].sent_ns = io_clock_ns(d->run->io);
	ami_send(d, &out);
}

/* The number behind the letter of "a17" or "c17". */
static struct mark *mark_of(struct originate *d, struct slice id, char letter)
{
	uint64_t n;

	if (id.len < 2 || id.ptr[0] != letter || !slice_u64(slice_from(id, 1), d->run->o.calls - 1, &n))
		return NULL;
	return &d->run->marks[n];
}

static void originate_over(struct originate *d, struct mark *m)
{
	d->run->settled++;
	hist_add(&d->run->to_end, io_clock_ns(d->run->io) - m->sent_ns);
}

static void on_originate_response(struct originate *d, const struct ami_msg *m)
{
	struct mark *mark = mark_of(d, m->action_id, 'a');
	uint64_t reason = 0;

	if (!mark)
		return;
	if (mark->responses++ > 0) {
		d->doubled++;
		return;
	}
	slice_u64(m->reason, 15, &reason);
	d->reasons[reason]++;
	mark->answered = slice_eq(m->response, SLICE_LIT("Success"));
	if (mark->answered)
		hist_add(&d->run->to_answer, io_clock_ns(d->run->io) - mark->sent_ns);
	else
		d->run->failed++;
	/* Without a Hangup event to come, the response is the end. */
	if (!d->follow_hangup || (!mark->answered && mark->hangups == 0 && mark->invites == 0))
		originate_over(d, mark);
	else if (mark->hangups > 0)
		originate_over(d, mark);
}

static void on_hangup(struct originate *d, const struct ami_msg *m)
{
	struct mark *mark = mark_of(d, m->uniqueid, 'c');

	if (!mark)
		return;
	if (mark->hangups++ > 0)
		d->doubled++;
	else if (mark->responses > 0)
		originate_over(d, mark);
}

static void on_response(struct originate *d, const struct ami_msg *m)
{
	if (d->state == AMI_LOGIN && slice_eq(m->action_id, SLICE_LIT("login"))) {
		if (!slice_eq(m->response, SLICE_LIT("Success"))) {
			fprintf(stderr, "ringer-load: AMI login refused: %.*s\n", SLICE_ARG(m->message));
			d->run->failure = 1;
			d->run->done = true;
		}
		d->state = AMI_READY;
		d->run->start_ns = io_now_ns(d->run->io);
		return;
	}
	if (!mark_of(d, m->action_id, 'a'))
		return;
	if (slice_eq(m->response, SLICE_LIT("Success"))) {
		d->acked++;
		return;
	}
	d->run->refused++;
	if (d->run->refused == 1)
		fprintf(stderr, "ringer-load: an Originate was refused: %.*s\n", SLICE_ARG(m->message));
}

static void on_message(struct originate *d)
{
	const struct ami_msg *m = &d->msg;

	if (m->event.len > 0) {
		d->events++;
		if (slice_eq(m->event, SLICE_LIT("OriginateResponse")))
			on_originate_response(d, m);
		else if (slice_eq(m->event, SLICE_LIT("Hangup")))
			on_hangup(d, m);
	} else if (m->response.len > 0) {
		on_response(d, m);
	}
	d->msg = (struct ami_msg){0};
}

static void on_line(struct originate *d, struct slice line)
{
	static const struct {
		struct slice name;
		size_t offset;
	} fields[] = {
		{{"Event: ", 7}, offsetof(struct ami_msg, event)},
		{{"Response: ", 10}, offsetof(struct ami_msg, response)},
		{{"ActionID: ", 10}, offsetof(struct ami_msg, action_id)},
		{{"Message: ", 9}, offsetof(struct ami_msg, message)},
		{{"Uniqueid: ", 10}, offsetof(struct ami_msg, uniqueid)},
		{{"Reason: ", 8}, offsetof(struct ami_msg, reason)},
	};

	if (d->state == AMI_BANNER) {
		ami_login(d);
		return;
	}
	if (line.len == 0) {
		on_message(d);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		if (slice_starts(line, fields[i].name)) {
			*(struct slice *)(void *)((char *)&d->msg + fields[i].offset) =
				slice_from(line, fields[i].name.len);
			return;
		}
	}
}

/* Whole messages are taken from the buffer, so that slices of their lines stay valid to their end. */
static size_t take_messages(struct originate *d)
{
	size_t done = 0, at = 0;

	while (at < d->used) {
		char *lf = memchr(d->buf + at, '\n', d->used - at);
		size_t end;
		bool whole;

		if (!lf)
			break;
		end = (size_t)(lf - d->buf);
		whole = d->state == AMI_BANNER || end == at || (end == at + 1 && d->buf[at] == '\r');
		at = end + 1;
		if (!whole)
			continue;
		for (size_t from = done; from < at;) {
			char *stop = memchr(d->buf + from, '\n', at - from);
			size_t len = (size_t)(stop - d->buf) - from;

			if (len > 0 && d->buf[from + len - 1] == '\r')
				len--;
			on_line(d, slice_make(d->buf + from, len));
			from = (size_t)(stop - d->buf) + 1;
		}
		done = at;
	}
	return done;
}

static void on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct originate *d = arg;
	const char *from = data;

	UNUSED(s);
	while (len > 0) {
		size_t room = sizeof(d->buf) - d->used, n = len < room ? len : room, done;

		memcpy(d->buf + d->used, from, n);
		d->used += n;
		from += n;
		len -= n;
		done = take_messages(d);
		memmove(d->buf, d->buf + done, d->used - done);
		d->used -= done;
		if (d->used == sizeof(d->buf)) {
			fprintf(stderr, "ringer-load: an AMI message is longer than 64 KiB\n");
			d->run->failure = 1;
			d->run->done = true;
			return;
		}
	}
}

static void on_closed(void *arg, struct io_stream *s, int error)
{
	struct originate *d = arg;

	fprintf(stderr, "ringer-load: the AMI connection closed (%s)\n", error ? strerror(-error) : "orderly");
	io_stream_close(s, false);
	d->state = AMI_CLOSED;
	d->run->failure = 1;
	d->run->done = true;
}

static void on_connected(void *arg, struct io_stream *s)
{
	struct originate *d = arg;

	UNUSED(s);
	d->state = AMI_BANNER;
}

static const struct io_stream_handler handler = {
	.data = on_data, .closed = on_closed, .connected = on_connected};

static int64_t originate_step(struct run *r, int64_t now_ns)
{
	struct originate *d = &driver;
	uint64_t n;

	if (d->state != AMI_READY || (d->readers && !clients_are_ready(d->readers)))
		return TMR_NEVER;
	if (r->sent == 0) {
		r->start_ns = now_ns;
		if (d->readers && r->o.stall_s)
			clients_stall_one(d->readers, r->o.stall_s * TMR_SECOND);
	}
	n = run_allowance(r, now_ns);
	if (n > 512) /* leave room to read in between */
		n = 512;
	for (; n > 0; n--)
		originate_one(d, r->sent++);
	if (r->sent == r->o.calls && r->settled + r->refused >= r->sent)
		r->done = true;
	if (r->sent == r->o.calls)
		return TMR_NEVER;
	return run_allowance(r, now_ns) > 0 ? now_ns : r->o.rate > 0 ? now_ns + TMR_MS : TMR_NEVER;
}

/* Every accepted order has one response and, when the far end is ours, at most one INVITE. */
static uint64_t count_wrong(const struct run *r, struct report *report)
{
	uint64_t missing = 0, doubled = driver.doubled, dialled_twice = 0;

	for (uint64_t i = 0; i < r->sent; i++) {
		missing += r->marks[i].responses == 0;
		dialled_twice += r->marks[i].invites > 1;
	}
	missing -= missing < r->refused ? missing : r->refused;
	report_count(report, "accounting", "accepted", driver.acked, "");
	report_count(report, "accounting", "without_response", missing, "");
	report_count(report, "accounting", "answered_twice_by_ami", doubled, "");
	report_count(report, "accounting", "dialled_twice", dialled_twice, "");
	report_count(report, "accounting", "events_read", driver.events, "");
	report_count(report, "accounting", "answered", driver.reasons[4], "");
	report_count(report, "accounting", "not_answered_in_time", driver.reasons[3], "");
	report_count(report, "accounting", "failed_reason_0", driver.reasons[0], "");
	report_count(report, "accounting", "busy", driver.reasons[5], "");
	report_count(report, "accounting", "congestion", driver.reasons[8], "");
	return missing + doubled + dialled_twice;
}

int originate_run(struct run *r)
{
	struct report *report = calloc(1, sizeof(*report));
	uint64_t wrong;
	int err;

	if (!report)
		return 1;
	driver.run = r;
	driver.follow_hangup = strcmp(r->o.events, "off") != 0;
	err = io_connect_tcp(r->io, &driver.stream, &r->o.ami, &handler, &driver);
	if (!err && r->o.readers)
		err = clients_open(&driver.readers, r, r->o.readers, "on");
	if (!err)
		err = run_loop(r, originate_step);
	wrong = count_wrong(r, report);
	if (driver.readers)
		clients_report(driver.readers, report);
	run_finish(r, report);
	clients_close(driver.readers);
	free(report);
	if (wrong > 0)
		fprintf(stderr, "ringer-load: %llu calls are not accounted for\n", (unsigned long long)wrong);
	return err || wrong > 0 || r->failure || r->stopping ? 1 : 0;
}
