/* PJSIPNotify, against a fake technology and a fake control shard. */
#include "tests/unit/ami/world.h"

#include "ami/action.h"
#include "ami/ami_internal.h"

#include <errno.h>

static struct io_stream *client;
static int write_result, send_result;

#define ERR(text) "Response: Error\nMessage: " text "\n\n"
#define ACK(text) "Response: Success\nMessage: " text "\n\n"

/* Notes what came, and makes lines of it. */
static int fake_write(void *impl, struct slice kind, const struct notify_pair *pairs,
		      uint32_t count, struct notify_room *room, struct notify_text *out)
{
	struct sink lines = sink_make(room->lines, sizeof(room->lines));

	(void)impl;
	if (kind.len)
		world_note("kind", kind, SLICE_EMPTY, (int)count);
	for (uint32_t i = 0; i < count; i++) {
		world_note("pair", pairs[i].name, pairs[i].value, (int)i);
		sink_add(&lines, pairs[i].name);
	}
	*out = (struct notify_text){.lines = sink_slice(&lines)};
	return write_result;
}

static int fake_notify(void *impl, enum notify_peer peer, struct slice name,
		       const struct notify_text *text)
{
	(void)impl;
	world_note(peer == NOTIFY_URI ? "uri" : "endpoint", name, text->lines, 0);
	return send_result;
}

static const struct tech_admin_ops ops = {
	.tech = "PJSIP",
	.notify_write = fake_write,
	.notify = fake_notify,
};
static const struct tech_admin admin = {.ops = &ops};

static int begin(void **state)
{
	(void)state;
	world_begin(WORLD_CONF "[low]\nsecret=x\nread=none\nwrite=call,reporting\n");
	world.admin = &admin;
	write_result = send_result = 0;
	client = world_login(WORLD_LOGIN);
	world_read(client);
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end();
	return 0;
}

#define ASK(headers) "Action: PJSIPNotify\n" headers "\n"
#define SAYING	     "PJSIPNotify requires either an Option or Variable(s).You must use only one of them."
#define PEERS                                                                                      \
	"PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.  "                 \
	"You must use only one of them."
#define PEER "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel."

/* In the order in which Asterisk looks. */
static void test_checks(void **state)
{
	(void)state;
	EXPECT_ANSWER(client, ASK(""), ERR(SAYING));
	EXPECT_ANSWER(client, ASK("Endpoint: a\n"), ERR(SAYING));
	EXPECT_ANSWER(client, ASK("Endpoint: a\nOption: o\nVariable: Event=x\n"), ERR(SAYING));
	EXPECT_ANSWER(client, ASK("Variable: Event=x\n"), ERR(PEER));
	EXPECT_ANSWER(client, ASK("Option: o\n"), ERR(PEER));
	EXPECT_ANSWER(client, ASK("Option: o\nEndpoint: a\nURI: sip:b\n"), ERR(PEERS));
	EXPECT_ANSWER(client, ASK("Option: o\nEndpoint: a\nChannel: c\n"), ERR(PEERS));
	EXPECT_ANSWER(client, ASK("Option: o\nChannel: c\nURI: sip:b\n"), ERR(PEERS));
	assert_string_equal(world.commands, "");
}

static void test_sent(void **state)
{
	(void)state;
	EXPECT_ANSWER(client,
		      ASK("Endpoint: PJSIP/a\nVariable: Event=check-sync;reboot=true\n"
			  "Variable: X=1,Y=2\nVariable: \"Content=a,b\"\nVariable: junk\n"
			  "Variable: Content=a=b\n"),
		      ACK("NOTIFY sent"));
	EXPECT_ANSWER(client, ASK("URI: sip:b@c\nOption: polycom-check-cfg\n"), ACK("NOTIFY sent"));
	EXPECT_ANSWER(client, ASK("Endpoint: sip/pjsip/a\nOption: o\n"), ACK("NOTIFY sent"));
	assert_string_equal(world.commands, "pair Event check-sync;reboot=true 0\npair X 1 1\n"
					    "pair Y 2 2\npair Content a,b 3\npair Content a=b 4\n"
					    "endpoint a EventXYContentContent 0\n"
					    "kind polycom-check-cfg  0\nuri sip:b@c  0\n"
					    "kind o  0\nendpoint a  0\n");
}

static void test_refused(void **state)
{
	(void)state;
	write_result = -ENOENT;
	EXPECT_ANSWER(client, ASK("Endpoint: a\nOption: no such\n"),
		      ERR("Unable to find notify type 'no such'"));
	write_result = -EMSGSIZE;
	EXPECT_ANSWER(client, ASK("Endpoint: a\nVariable: Event=x\n"),
		      ERR("NOTIFY too large: 1024 octets of headers, 2048 of Content, 256 "
			  "Variables at most"));
	write_result = 0;
	send_result = -ENOENT;
	EXPECT_ANSWER(client, ASK("Endpoint: PJSIP/a\nOption: o\n"),
		      ERR("Unable to retrieve endpoint a"));
	send_result = -EDESTADDRREQ;
	EXPECT_ANSWER(client, ASK("URI: sip:a\nOption: o\n"),
		      ERR("No default outbound endpoint set, can not send NOTIFY requests to "
			  "arbitrary URIs"));
	send_result = -EINVAL;
	EXPECT_ANSWER(client, ASK("URI: a b\nOption: o\n"), ERR("'a b' is not a SIP URI"));
	send_result = -EAGAIN;
	EXPECT_ANSWER(client, ASK("Endpoint: a\nOption: o\n"), ERR("Unable to push Notify task"));
}

/* Answered when the channel's shard has answered. */
static void test_channel(void **state)
{
	struct roster_chan *chan = world_chan("PJSIP/a-00000001", "id-1");

	(void)state;
	EXPECT_ANSWER(client, ASK("Channel: PJSIP/b-00000002\nVariable: Event=x\n"),
		      ERR("Channel not found"));
	EXPECT_ANSWER(client, ASK("Channel: PJSIP/a-00000001\nVariable: Event=x\n"),
		      ACK("NOTIFY sent"));
	world.redirect_full = true;
	EXPECT_ANSWER(client, ASK("Channel: id-1\nVariable: Event=x\n"), ERR("Channel not found"));
	assert_string_equal(world.commands, "pair Event x 0\npair Event x 0\n"
					    "notify PJSIP/a-00000001 Event 0\n"
					    "pair Event x 0\nnotify PJSIP/a-00000001 Event 0\n");
	world.late_answers = true;
	world_send(client, ASK("ActionID: n\nChannel: id-1\nOption: o\n"));
	EXPECT(client, "");
	list_del(&chan->node);
	world.question.fn(world.question.arg, false, SLICE_EMPTY);
	EXPECT(client, "Response: Error\nActionID: n\nMessage: Channel not found\n\n");
}

/* Class system alone; without the technology nothing is found. */
static void test_privilege(void **state)
{
	struct io_stream *low = world_login("Action: Login\nUsername: low\nSecret: x\n\n");

	(void)state;
	world_read(low);
	EXPECT_ANSWER(low, ASK("Endpoint: a\nOption: o\n"), ERR("Permission denied"));
	world_read(client);
	world.admin = NULL;
	EXPECT_ANSWER(client, ASK("Endpoint: a\nOption: o\n"), ERR("PJSIP is not loaded"));
	assert_string_equal(world.commands, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_checks, begin, end),
		cmocka_unit_test_setup_teardown(test_sent, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_channel, begin, end),
		cmocka_unit_test_setup_teardown(test_privilege, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
