/* tests/sim/peer_ami.c - the scripted AMI client. */
#include "tests/sim/peer_ami.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/tmr.h"
#include "tests/sim/peer_ami_order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX 65536
#define SLOW_PAUSE  (4 * SIM_SECOND)
#define SLOW_READ   (20 * SIM_MS)

enum client_state { CLIENT_WAITING, CLIENT_GREETING, CLIENT_LOGIN, CLIENT_READY, CLIENT_GONE };

struct action {
	struct tmr tmr;
	struct ami_client *client;
	char *headers;
	uint32_t number;
	bool due, async;
	bool list_open; /* its list was begun and has not ended */
	uint32_t items;
	struct ami_action_info info;
};

/* A channel as its events tell it. */
struct seen {
	struct hash_node node; /* by Uniqueid */
	char id[160];
	bool hung, dial_begun, dial_ended;
};

struct ami_client {
	struct sim_world *w;
	struct ami_client_conf conf;
	struct metrics metrics;
	struct io *io;
	struct io_stream *stream;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct tmr life_tmr, mood_tmr, byte_tmr;
	enum client_state state;
	bool paused, closed_by_server;
	char in[2 * MESSAGE_MAX]; /* a message that is not complete, and a piece */
	size_t in_len;
	char *out; /* of the bytewise one */
	size_t out_len, out_at;
	struct action **actions;
	uint32_t action_count, action_room;
	struct hash by_id;
	struct seen **seen;
	uint32_t seen_count, seen_room;
	uint64_t events;
	char violation[512];
};

const char *ami_mood_name(enum ami_mood mood)
{
	static const char *const names[] = {"plain", "slow", "vanishes", "half-open", "bytewise"};

	return names[mood];
}

static void violate(struct ami_client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void violate(struct ami_client *c, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	if (c->violation[0])
		return;
	va_start(ap, fmt);
	vsnprintf(c->violation, sizeof(c->violation), fmt, ap);
	va_end(ap);
	len = strlen(c->violation);
	snprintf(c->violation + len, sizeof(c->violation) - len, " (client %s)",
		 ami_mood_name(c->conf.mood));
	sim_trace_fmt(c->w, "violation", "%s", c->violation);
}

/* ---- output ---- */

static void byte_due(struct tmr *t, void *arg)
{
	struct ami_client *c = arg;

	if (!c->stream || c->out_at >= c->out_len)
		return;
	if (io_stream_send(c->stream, c->out + c->out_at, 1) == 0)
		c->out_at++;
	tmr_start(t, io_now_ns(c->io) + SIM_MS / 2);
}

static void send_text(struct ami_client *c, const char *text)
{
	size_t len = strlen(text);

	if (!c->stream)
		return;
	if (c->conf.mood != AMI_CLIENT_BYTEWISE) {
		io_stream_send(c->stream, text, len);
		return;
	}
	c->out = realloc(c->out, c->out_len + len);
	check(c->out);
	memcpy(c->out + c->out_len, text, len);
	c->out_len += len;
	tmr_start(&c->byte_tmr, io_now_ns(c->io));
}

static void action_send(struct action *a)
{
	char text[8192];

	if (!a->due || a->info.sent || a->client->state != CLIENT_READY)
		return;
	a->info.sent = true;
	a->info.sent_ns = sim_now(a->client->w);
	snprintf(text, sizeof(text), "%sActionID: act-%u-%u\r\n\r\n", a->headers,
		 a->client->conf.number, a->number);
	send_text(a->client, text);
}

static void action_due(struct tmr *t, void *arg)
{
	struct action *a = arg;

	UNUSED(t);
	a->due = true;
	action_send(a);
}

/* ---- what messages say ---- */

/* Value of the first header of that name in a message of CRLF lines; NULL ptr if absent. */
static struct slice header(struct slice message, const char *name)
{
	struct slice rest = message, line, key = slice_str(name);

	while (slice_split(&rest, '\n', &line)) {
		if (line.len > key.len && line.ptr[key.len] == ':' &&
		    slice_eq(slice_head(line, key.len), key))
			return slice_trim(slice_from(line, key.len + 1));
	}
	return SLICE_EMPTY;
}

static bool has(struct slice message, const char *name, const char *value)
{
	return slice_eq(header(message, name), slice_str(value));
}

/* NULL: not an action of this client. */
static struct action *action_of(struct ami_client *c, struct slice message)
{
	struct slice id = header(message, "ActionID"), part;
	uint64_t client, n;

	if (!slice_split(&id, '-', &part) || !slice_eq(part, SLICE_LIT("act")) ||
	    !slice_split(&id, '-', &part) || !slice_u64(part, 1u << 30, &client) ||
	    client != c->conf.number || !slice_u64(id, 1u << 30, &n) || n >= c->action_count)
		return NULL;
	return c->actions[n];
}

static struct seen *seen_find(struct ami_client *c, struct slice id)
{
	uint64_t hash = slice_hash(id, 0);

	for (struct hash_node *n = hash_first(&c->by_id, hash); n; n = hash_next(n)) {
		struct seen *s = hash_entry(n, struct seen, node);

		if (slice_eq(slice_str(s->id), id))
			return s;
	}
	return NULL;
}

static void seen_add(struct ami_client *c, struct slice id)
{
	struct seen *s = calloc(1, sizeof(*s));

	check(s);
	slice_copy(s->id, sizeof(s->id), id);
	hash_add(&c->by_id, &s->node, slice_hash(id, 0));
	if (c->seen_count == c->seen_room) {
		c->seen_room = c->seen_room ? 2 * c->seen_room : 64;
		c->seen = realloc(c->seen, c->seen_room * sizeof(struct seen *));
		check(c->seen);
	}
	c->seen[c->seen_count++] = s;
}

static void see_dial(struct ami_client *c, struct seen *s, struct slice event)
{
	if (slice_eq(event, SLICE_LIT("DialBegin"))) {
		if (s->dial_begun)
			violate(c, "second DialBegin of %s", s->id);
		s->dial_begun = true;
	}
	if (slice_eq(event, SLICE_LIT("DialEnd"))) {
		/* A slow reader may have lost the begin, which is droppable. */
		if (!s->dial_begun && c->conf.mood != AMI_CLIENT_SLOW)
			violate(c, "DialEnd of %s without DialBegin", s->id);
		if (s->dial_ended)
			violate(c, "second DialEnd of %s", s->id);
		s->dial_ended = true;
	}
}

static void see_channel(struct ami_client *c, struct slice event, struct slice id)
{
	struct seen *s = seen_find(c, id);

	if (slice_eq(event, SLICE_LIT("Newchannel"))) {
		if (s)
			violate(c, "second Newchannel of %s", s->id);
		else
			seen_add(c, id);
		return;
	}
	if (!s) { /* older than our login, or nobody's */
		if (c->conf.connect_at <= SIM_EPOCH_NS + SIM_SECOND)
			violate(c, "%.*s of %.*s before its Newchannel", SLICE_ARG(event),
				SLICE_ARG(id));
		return;
	}
	if (s->hung) {
		violate(c, "%.*s of %s after its Hangup", SLICE_ARG(event), s->id);
		return;
	}
	see_dial(c, s, event);
	if (slice_eq(event, SLICE_LIT("Hangup")))
		s->hung = true;
}

static void see_originate_response(struct ami_client *c, struct slice m)
{
	struct action *a = action_of(c, m);
	int64_t reason = -1;

	if (!a) {
		if (!slice_starts(header(m, "ActionID"), SLICE_LIT("act-")))
			violate(c, "OriginateResponse for nothing that was asked");
		return; /* another client's */
	}
	if (!a->async)
		violate(c, "OriginateResponse for act-%u, which is no Originate", a->number);
	if (++a->info.originate_responses > 1)
		violate(c, "second OriginateResponse for act-%u", a->number);
	a->info.originate_success = has(m, "Response", "Success");
	slice_i64(header(m, "Reason"), &reason);
	a->info.reason = (int)reason;
}

/* Does something to a channel that just said something. */
static void meddle(struct ami_client *c, struct slice channel)
{
	static const char *const what[] = {
		"Action: Redirect\r\nContext: short\r\nExten: s\r\nPriority: 1\r\n",
		"Action: Redirect\r\nContext: play\r\nExten: s\r\nPriority: 1\r\n",
		"Action: Redirect\r\nContext: wait\r\nExten: nowhere\r\nPriority: 1\r\n",
		"Action: Setvar\r\nVariable: MEDDLED\r\nValue: yes\r\n",
		"Action: Getvar\r\nVariable: CHANNEL(state)\r\n",
		"Action: Status\r\nAllVariables: true\r\n",
		"Action: Hangup\r\nCause: 17\r\n",
		"Action: PlayDTMF\r\nDigit: 5\r\n",
		"Action: AbsoluteTimeout\r\nTimeout: 1\r\n",
	};
	char text[512];

	if (!c->conf.meddle_permille || c->state != CLIENT_READY ||
	    !rng_chance(&c->rng, c->conf.meddle_permille))
		return;
	snprintf(text, sizeof(text), "%sChannel: %.*s\r\n", what[rng_below(&c->rng, ARRAY_COUNT(what))],
		 SLICE_ARG(channel));
	ami_client_send(c, io_now_ns(c->io) + (int64_t)rng_below(&c->rng, 50) * SIM_MS, text);
}

/* Items carry the ActionID; the end tells how many they were. */
static void see_item(struct ami_client *c, struct slice event, struct slice m)
{
	struct action *a = action_of(c, m);
	int64_t count = -1;

	if (!a || slice_eq(event, SLICE_LIT("OriginateResponse")))
		return;
	if (!a->list_open) {
		violate(c, "%.*s of act-%u outside its list", SLICE_ARG(event), a->number);
		return;
	}
	if (!has(m, "EventList", "Complete")) {
		a->items++;
		return;
	}
	a->list_open = false;
	slice_i64(header(m, "ListItems"), &count);
	if (count != a->items)
		violate(c, "act-%u has %u items, its end says %lld", a->number, a->items, (long long)count);
}

static void see_event(struct ami_client *c, struct slice m)
{
	static const char *const unchanneled[] = {"OriginateResponse", "Cdr", "FullyBooted",
						  "UserEvent", "SuccessfulAuth"};
	struct slice event = header(m, "Event"), id = header(m, "Uniqueid");

	c->events++;
	see_item(c, event, m);
	if (slice_eq(event, SLICE_LIT("OriginateResponse")))
		see_originate_response(c, m);
	for (size_t i = 0; i < ARRAY_COUNT(unchanneled); i++) {
		if (slice_eq(event, slice_str(unchanneled[i])))
			return;
	}
	if (slice_starts(event, SLICE_LIT("Dial")))
		id = header(m, "DestUniqueid");
	if (id.len > 0 && !slice_eq(id, SLICE_LIT("none"))) {
		see_channel(c, event, id);
		meddle(c, header(m, "Channel"));
	}
}

static void see_login(struct ami_client *c, struct slice m)
{
	if (!has(m, "Response", "Success")) {
		violate(c, "login refused: %.*s", SLICE_ARG(header(m, "Message")));
		return;
	}
	c->state = CLIENT_READY;
	for (uint32_t i = 0; i < c->action_count; i++)
		action_send(c->actions[i]);
}

static void see_response(struct ami_client *c, struct slice m)
{
	struct action *a = action_of(c, m);

	if (has(m, "ActionID", "login")) {
		see_login(c, m);
		return;
	}
	if (!a || !a->info.sent) {
		violate(c, "response to nothing: %.*s", SLICE_ARG(slice_head(m, 120)));
		return;
	}
	if (++a->info.responses > 1)
		violate(c, "second response to act-%u", a->number);
	a->list_open = has(m, "EventList", "start");
	a->info.success = has(m, "Response", "Success");
	a->info.response_ns = sim_now(c->w);
}

static void see_message(struct ami_client *c, struct slice m)
{
	const char *fault = peer_ami_order_fault(m);

	if (fault)
		violate(c, "%s in %.*s", fault, SLICE_ARG(slice_head(m, 60)));
	if (slice_starts(m, SLICE_LIT("Response: ")))
		see_response(c, m);
	else if (slice_starts(m, SLICE_LIT("Event: ")))
		see_event(c, m);
	else
		violate(c, "message begins with %.*s", SLICE_ARG(slice_head(m, 60)));
}

/* ---- input ---- */

static size_t take_greeting(struct ami_client *c)
{
	char text[256];
	size_t end = slice_find_text(slice_make(c->in, c->in_len), SLICE_LIT("\r\n"));

	if (end == SIZE_MAX)
		return 0;
	if (!slice_starts(slice_make(c->in, end), SLICE_LIT("Asterisk Call Manager/")))
		violate(c, "greeting is %.*s", (int)end, c->in);
	c->state = CLIENT_LOGIN;
	snprintf(text, sizeof(text),
		 "Action: Login\r\nUsername: %s\r\nSecret: %s\r\nActionID: login\r\n\r\n",
		 c->conf.username, c->conf.secret);
	send_text(c, text);
	return end + 2;
}

static size_t take_message(struct ami_client *c)
{
	struct slice in = slice_make(c->in, c->in_len);
	size_t end;

	if (c->state == CLIENT_GREETING)
		return take_greeting(c);
	end = slice_find_text(in, SLICE_LIT("\r\n\r\n"));
	if (end == SIZE_MAX)
		return 0;
	sim_trace(c->w, "ami", c->in, end);
	see_message(c, slice_head(in, end + 2));
	return end + 4;
}

static void client_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct ami_client *c = arg;
	size_t used;

	UNUSED(s);
	if (c->in_len + len > sizeof(c->in)) {
		violate(c, "message of more than %d octets", MESSAGE_MAX);
		return;
	}
	memcpy(c->in + c->in_len, data, len);
	c->in_len += len;
	while (c->in_len > 0 && (used = take_message(c)) > 0) {
		c->in_len -= used;
		memmove(c->in, c->in + used, c->in_len);
	}
}

static void client_drop(struct ami_client *c)
{
	if (c->stream)
		io_stream_close(c->stream, false);
	c->stream = NULL;
	c->state = CLIENT_GONE;
}

static void client_closed(void *arg, struct io_stream *s, int error)
{
	struct ami_client *c = arg;

	UNUSED(s);
	c->closed_by_server = true;
	if (c->conf.mood == AMI_CLIENT_PLAIN || c->conf.mood == AMI_CLIENT_BYTEWISE)
		violate(c, "the server closed the connection (%d)", error);
	client_drop(c);
}

static const struct io_stream_handler client_handler = {.data = client_data,
							.closed = client_closed};

/* ---- moods ---- */

static void mood_due(struct tmr *t, void *arg)
{
	struct ami_client *c = arg;

	if (!c->stream)
		return;
	c->paused = !c->paused;
	io_stream_pause(c->stream, c->paused);
	tmr_start(t, io_now_ns(c->io) + (c->paused ? SLOW_PAUSE : SLOW_READ));
}

static void client_leave(struct ami_client *c)
{
	if (!c->stream)
		return;
	if (c->conf.mood == AMI_CLIENT_HALF_OPEN)
		sim_stream_vanish(c->stream);
	else
		client_drop(c);
	c->state = CLIENT_GONE;
}

static void life_due(struct tmr *t, void *arg)
{
	struct ami_client *c = arg;
	bool leaves = c->conf.mood == AMI_CLIENT_VANISHES || c->conf.mood == AMI_CLIENT_HALF_OPEN;

	if (c->state != CLIENT_WAITING) {
		client_leave(c);
		return;
	}
	check(io_connect_tcp(c->io, &c->stream, &c->conf.server, &client_handler, c) == 0);
	c->state = CLIENT_GREETING;
	if (leaves)
		tmr_start(t, c->conf.gone_at);
	if (c->conf.mood == AMI_CLIENT_SLOW)
		tmr_start(&c->mood_tmr, io_now_ns(c->io) + SIM_SECOND);
}

/* ---- life ---- */

static int64_t turn(void *owner, int64_t now_ns)
{
	struct ami_client *c = owner;

	tmr_wheel_run(c->wheel, now_ns, UINT32_MAX);
	return tmr_wheel_next(c->wheel);
}

struct ami_client *ami_client_create(struct sim_world *w, const struct ami_client_conf *conf)
{
	struct ami_client *c = calloc(1, sizeof(*c));
	struct io_conf io = {.name = "ami-client", .metrics = &c->metrics, .stream_max = 1,
			     .stream_out_max = 1 << 20, .small_buffers = 64, .cpu = -1};

	check(c);
	c->w = w;
	c->conf = *conf;
	rng_seed(&c->rng, rng_u64(sim_rng(w)));
	sim_host_use(w, conf->host);
	check(io_create(&c->io, &io) == 0);
	sim_host_use(w, 0);
	check(tmr_wheel_create(&c->wheel, sim_now(w)) == 0);
	check(hash_create(&c->by_id, 1024) == 0);
	tmr_init(&c->life_tmr, c->wheel, life_due, c);
	tmr_init(&c->mood_tmr, c->wheel, mood_due, c);
	tmr_init(&c->byte_tmr, c->wheel, byte_due, c);
	tmr_start(&c->life_tmr, conf->connect_at);
	check(io_start(c->io, turn, c) == 0);
	return c;
}

void ami_client_destroy(struct ami_client *c)
{
	io_stop(c->io);
	io_join(c->io);
	tmr_stop(&c->life_tmr);
	tmr_stop(&c->mood_tmr);
	tmr_stop(&c->byte_tmr);
	for (uint32_t i = 0; i < c->action_count; i++) {
		tmr_stop(&c->actions[i]->tmr);
		free(c->actions[i]->headers);
		free(c->actions[i]);
	}
	for (uint32_t i = 0; i < c->seen_count; i++) {
		hash_del(&c->by_id, &c->seen[i]->node);
		free(c->seen[i]);
	}
	free(c->actions);
	free(c->seen);
	free(c->out);
	hash_destroy(&c->by_id);
	tmr_wheel_destroy(c->wheel);
	io_destroy(c->io);
	free(c);
}

uint32_t ami_client_send(struct ami_client *c, int64_t at, const char *headers)
{
	struct action *a = calloc(1, sizeof(*a));
	struct slice text = slice_str(headers);

	check(a);
	a->client = c;
	a->number = c->action_count;
	a->headers = strdup(headers);
	a->async = slice_is_true(header(text, "Async")) && has(text, "Action", "Originate");
	tmr_init(&a->tmr, c->wheel, action_due, a);
	tmr_start(&a->tmr, at);
	if (c->action_count == c->action_room) {
		c->action_room = c->action_room ? 2 * c->action_room : 64;
		c->actions = realloc(c->actions, c->action_room * sizeof(struct action *));
		check(c->actions);
	}
	c->actions[c->action_count++] = a;
	io_wake(c->io);
	return a->number;
}

void ami_client_action(const struct ami_client *c, uint32_t n, struct ami_action_info *out)
{
	check(n < c->action_count);
	*out = c->actions[n]->info;
}

uint32_t ami_client_action_count(const struct ami_client *c)
{
	return c->action_count;
}

bool ami_client_is_logged_in(const struct ami_client *c)
{
	return c->state == CLIENT_READY;
}

bool ami_client_is_open(const struct ami_client *c)
{
	return c->stream != NULL && c->state != CLIENT_GONE;
}

uint64_t ami_client_events(const struct ami_client *c)
{
	return c->events;
}

uint32_t ami_client_channels(const struct ami_client *c)
{
	return c->seen_count;
}

const char *ami_client_violation(const struct ami_client *c)
{
	return c->violation[0] ? c->violation : NULL;
}

void ami_client_excuse(struct ami_client *c)
{
	if (c->stream)
		io_stream_close(c->stream, false);
	c->stream = NULL;
	c->state = CLIENT_GONE;
	tmr_stop(&c->life_tmr);
}

static void check_action(struct ami_client *c, const struct action *a)
{
	if (!a->info.sent)
		return;
	if (a->info.responses != 1)
		violate(c, "act-%u got %u responses", a->number, a->info.responses);
	if (a->list_open)
		violate(c, "the list of act-%u has no end", a->number);
	if (a->async && a->info.success && a->info.originate_responses != 1)
		violate(c, "act-%u got %u OriginateResponses", a->number,
			a->info.originate_responses);
	if (a->async && !a->info.success && a->info.originate_responses != 0)
		violate(c, "refused act-%u got an OriginateResponse", a->number);
}

bool ami_client_check_end(struct ami_client *c)
{
	if (c->state != CLIENT_READY)
		return !c->violation[0];
	for (uint32_t i = 0; i < c->action_count; i++)
		check_action(c, c->actions[i]);
	for (uint32_t i = 0; i < c->seen_count; i++) {
		if (!c->seen[i]->hung)
			violate(c, "channel %s has had no Hangup", c->seen[i]->id);
	}
	return !c->violation[0];
}
