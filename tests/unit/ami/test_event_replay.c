/* The action EventReplay: a client that comes back misses nothing, or hears what it missed. */
#include "tests/unit/ami/world.h"

#include "ami/ami_internal.h"

#define CONF(more)                                                                                 \
	"[general]\nenabled=yes\nsequenceevents=yes\n" more                                        \
	"[hello]\nsecret=world\nread=user,call\nwrite=all\n"                                       \
	"[dtmf]\nsecret=world\nread=dtmf\nwrite=none\n"                                            \
	"[some]\nsecret=world\nread=all\nwrite=none\neventfilter(name(UserEvent))=\n"
#define LOGIN(name) "Action: Login\nEvents: off\nUsername: " name "\nSecret: world\n\n"
/* 1795447037.123456 s is when the world begins: the numbers begin there, too. */
#define NUMBER(last) "17954470371234" last

static void start(const char *conf)
{
	world_begin(conf);
}

static void say(const char *name)
{
	struct event e = {.kind = EVENT_USEREVENT, .wall_ns = world.wall_ns};

	e.text[0] = slice_str(name);
	world_raise(&e);
}

#define EVENT(name, last)                                                                          \
	"Event: UserEvent\nPrivilege: user,all\nSequenceNumber: " NUMBER(                          \
		last) "\nUserEvent: " name "\n\n"
#define BEGIN(gap)                                                                                 \
	"Response: Success\nActionID: r\nEventList: start\nMessage: Events will follow\nGap: " gap \
	"\n\n"
#define END(count, gap, last)                                                                      \
	"Event: EventReplayComplete\nActionID: r\nEventList: Complete\nListItems: " count          \
	"\nGap: " gap "\nSequenceNumber: " NUMBER(last) "\n\n"
#define REPLAY(last) "Action: EventReplay\nActionID: r\nSequenceNumber: " NUMBER(last) "\n"

/* Without anybody there the events are kept all the same; what is new comes behind the old. */
static void test_comes_back(void **state)
{
	struct io_stream *c;

	(void)state;
	start(CONF(""));
	say("one");
	say("two"); /* 58; the login is 59 */
	c = world_login(LOGIN("hello"));
	say("three");
	EXPECT_ANSWER(c, REPLAY("57") "EventMask: on\n\n",
		      BEGIN("No") EVENT("two", "58") EVENT("three", "60") END("2", "No", "60"));
	say("four");
	EXPECT(c, EVENT("four", "61"));
	EXPECT_ANSWER(c, REPLAY("61") "\n", BEGIN("No") END("0", "No", "61"));
	world_end();
}

static void test_gaps(void **state)
{
	struct io_stream *c;

	(void)state;
	start(CONF(""));
	say("one");
	c = world_login(LOGIN("hello"));
	world_send(c, "Action: Events\nEventMask: user\n\n");
	world_read(c);
	/* from before the first that is held */
	EXPECT_ANSWER(c, REPLAY("50") "\n", BEGIN("Yes") EVENT("one", "57") END("1", "Yes", "58"));
	/* of another life */
	EXPECT_ANSWER(c, REPLAY("99") "\n", BEGIN("Yes") EVENT("one", "57") END("1", "Yes", "58"));
	EXPECT_ANSWER(c, "Action: EventReplay\nActionID: r\n\n",
		      "Response: Error\nActionID: r\nMessage: Invalid sequence number\n\n");
	EXPECT_ANSWER(c, "Action: EventReplay\nActionID: r\nSequenceNumber: -1\n\n",
		      "Response: Error\nActionID: r\nMessage: Invalid sequence number\n\n");
	world_end();
}

/* Nobody is shown more than live: classes, mask, filters. */
static void test_rights(void **state)
{
	struct event digit = world_event(EVENT_DTMFBEGIN);
	struct io_stream *c;
	const char *text;

	(void)state;
	start(CONF(""));
	digit.text[0] = SLICE_LIT("5");
	digit.text[1] = SLICE_LIT("Received");
	world_raise(&digit);
	say("one");
	c = world_login(LOGIN("dtmf"));
	text = world_ask_client(c, "Action: EventReplay\nSequenceNumber: 0\nEventMask: on\n\n");
	assert_non_null(strstr(text, "Event: DTMFBegin\r\n"));
	assert_null(strstr(text, "UserEvent"));
	assert_non_null(strstr(text, "ListItems: 1\r\n"));
	text = world_ask_client(c, "Action: EventReplay\nSequenceNumber: 0\nEventMask: off\n\n");
	assert_non_null(strstr(text, "ListItems: 0\r\n"));
	c = world_login(LOGIN("some"));
	text = world_ask_client(c, "Action: EventReplay\nSequenceNumber: 0\nEventMask: on\n\n");
	assert_null(strstr(text, "DTMF"));
	assert_non_null(strstr(text, "ListItems: 1\r\n"));
	world_end();
}

/* ---- slow readers ---- */

static void say_big(int count)
{
	static char big[200 * 1024];
	struct event e = {.kind = EVENT_USEREVENT, .text = {SLICE_LIT("big")}};

	memset(big, 'x', sizeof(big) - 1);
	memcpy(big, "Body: ", 6);
	e.text[1] = slice_make(big, sizeof(big) - 1);
	for (int i = 0; i < count; i++)
		world_raise(&e);
}

/* 60 big events are asked for, and wait at the soft limit. */
static struct io_stream *ask_for_big(void)
{
	struct io_stream *c;

	start(CONF("eventhistory=16384\n"));
	say_big(60);
	c = world_login(LOGIN("hello"));
	world_send(c, REPLAY("57") "EventMask: user\n\n");
	assert_true(io_stream_queued(c) < 5 << 20);
	return c;
}

/* The client reads; what it missed is told at the end, and it goes on. */
static void expect_gap(struct io_stream *c)
{
	const char *text;
	bool told = false;

	for (int i = 0; i < 100 && !told && io_stream_queued(c); i++) {
		text = strstr(world_read(c), "Event: EventReplayComplete\r\n");
		told = text && strstr(text, "\r\nGap: Yes\r\n");
	}
	assert_true(told);
	while (io_stream_queued(c))
		world_read(c);
	text = world_ask_client(c, "Action: Ping\n\n");
	STARTS(text, "Response: Success\r\nPing: Pong\r\n");
	world_end();
}

static void test_overtaken(void **state)
{
	struct io_stream *c = ask_for_big();

	(void)state;
	say_big(60);
	expect_gap(c);
}

/* All that was asked for is gone when the reader comes for it. */
static void test_overtaken_wholly(void **state)
{
	struct io_stream *c = ask_for_big();

	(void)state;
	say_big(150);
	expect_gap(c);
}

/* A reload gives the history other room, what was held is gone, while a replay goes on. */
static void test_room_changes(void **state)
{
	struct io_stream *c = ask_for_big();

	(void)state;
	ami_set_conf(world.ami, world_conf(CONF("eventhistory=8192\n")));
	say_big(30);
	expect_gap(c);
}

static void test_off(void **state)
{
	struct io_stream *c;

	(void)state;
	start(NULL);
	c = world_login(WORLD_LOGIN);
	EXPECT_ANSWER(c, "Action: EventReplay\nSequenceNumber: 1\n\n",
		      "Response: Error\nMessage: Events are not numbered\n\n");
	/* switched on by a reload, and off again */
	ami_set_conf(world.ami, world_conf(CONF("")));
	say("one");
	assert_non_null(strstr(world_read(c), "\r\nSequenceNumber: 1795447037"));
	ami_set_conf(world.ami, world_conf(WORLD_CONF));
	say("two");
	assert_null(strstr(world_read(c), "SequenceNumber"));
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_overtaken),
		cmocka_unit_test(test_overtaken_wholly),
		cmocka_unit_test(test_room_changes),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
