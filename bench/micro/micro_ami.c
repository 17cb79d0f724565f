/* bench/micro/micro_ami.c - one event from value to the output queue of its clients, one request
 * from octets to headers. */
#include "ami/ami_internal.h"
#include "ami/class.h"
#include "ami/event_out.h"
#include "ami/frame.h"
#include "bench/micro/harness.h"
#include "engine/base/check.h"

#include <stdlib.h>

#define OUT_BYTES 65536

struct bench_client {
	struct ami_session session;
	struct ami_user user;
	size_t at;
	char out[OUT_BYTES];
};

struct bench_ami {
	struct ami ami;
	struct ami_conf conf;
	struct metrics metrics;
	struct event event;
	struct bench_client clients[];
};

/* A stream's queue that is emptied once a turn. */
static int client_send(void *link, struct slice octets)
{
	struct bench_client *c = link;

	if (c->at + octets.len > OUT_BYTES)
		c->at = 0;
	memcpy(c->out + c->at, octets.ptr, octets.len);
	c->at += octets.len;
	return 0;
}

static size_t client_queued(void *link)
{
	return ((struct bench_client *)link)->at;
}

static const struct ami_link_ops client_ops = {.send = client_send, .queued = client_queued};

static void client_init(struct bench_ami *b, struct bench_client *c)
{
	c->session.ami = &b->ami;
	c->session.ops = &client_ops;
	c->session.link = c;
	c->session.state = AMI_SESSION_READY;
	c->session.user = &c->user;
	c->session.read = AMI_CLASS_CALL;
	c->session.mask = AMI_CLASS_ALL;
	list_init(&c->session.node);
	list_add_tail(&b->ami.sessions, &c->session.node);
}

static struct bench_ami *bench_open(uint32_t client_count)
{
	struct bench_ami *b = calloc(1, sizeof(*b) + client_count * sizeof(b->clients[0]));

	check(b);
	b->ami.conf = &b->conf;
	b->ami.metrics = &b->metrics;
	b->ami.event_text = malloc(LIMIT_AMI_MESSAGE);
	check(b->ami.event_text);
	list_init(&b->ami.sessions);
	for (uint32_t i = 0; i < client_count; i++)
		client_init(b, &b->clients[i]);
	ami_session_tally(&b->ami);
	b->event = (struct event){
		.kind = EVENT_NEWSTATE,
		.snap =
			{
				.name = SLICE_LIT("PJSIP/trunk-0000abcd"),
				.state = 5,
				.cid_num = SLICE_LIT("4930123456"),
				.cid_name = SLICE_LIT("Campaign 7"),
				.conn_num = SLICE_LIT("4930123456"),
				.conn_name = SLICE_LIT("Campaign 7"),
				.language = SLICE_LIT("en"),
				.account = SLICE_LIT("camp7"),
				.context = SLICE_LIT("default"),
				.exten = SLICE_LIT("s"),
				.priority = 1,
				.uniqueid = SLICE_LIT("1795447037.12345"),
				.linkedid = SLICE_LIT("1795447037.12345"),
			},
	};
	return b;
}

static void *open_one(void)
{
	return bench_open(1);
}

static void *open_hundred(void)
{
	return bench_open(100);
}

static void close_ami(void *state)
{
	struct bench_ami *b = state;

	free(b->ami.event_text);
	free(b);
}

static void run_event(void *state, uint64_t count)
{
	struct bench_ami *b = state;

	while (count--)
		ami_event_out(&b->ami, &b->event);
}

/* Of a class that nobody reads. */
static void run_unwanted(void *state, uint64_t count)
{
	struct bench_ami *b = state;

	b->event.kind = EVENT_NEWEXTEN;
	while (count--)
		ami_event_out(&b->ami, &b->event);
}

static const char request[] =
	"Action: Originate\r\nActionID: call-1\r\nChannel: PJSIP/100@trunk\r\n"
	"Context: default\r\nExten: 100\r\nPriority: 1\r\nTimeout: 30000\r\n"
	"CallerID: Ann <100>\r\nVariable: LEAD=4711\r\nAsync: true\r\n\r\n";

static void *open_frame(void)
{
	struct ami_frame *f = malloc(sizeof(*f));

	check(f);
	ami_frame_init(f);
	return f;
}

static void run_frame(void *state, uint64_t count)
{
	struct ami_frame *f = state;
	bool complete;

	while (count--) {
		check(ami_frame_feed(f, request, sizeof(request) - 1, &complete) ==
		      sizeof(request) - 1);
		check(ami_msg_get(&f->msg, "Async").len == 4);
		ami_frame_next(f);
	}
}

static const struct micro_case cases[] = {
	{"event_1_client", run_event, 340, 600, open_one, close_ami},
	{"event_100_clients", run_event, 34000, 4000, open_hundred, close_ami},
	{"event_unwanted_100", run_unwanted, 0, 100, open_hundred, close_ami},
	{"frame_originate", run_frame, sizeof(request) - 1, 300, open_frame, free},
};
const struct micro_table micro_ami = MICRO_TABLE(cases);
