/* tests/sim/peer_talk.h - an AMI session as a file of tests/sim/transcripts:
 *
 *	# a comment
 *	connect		another connection; drops the banner
 *	login NAME	as that user, whose secret is "world"; drops the answer
 *	C: TEXT		a line of the client, sent with CRLF; "c: " with LF
 *	E: TEXT		octets of the client: no line end is added; \r \n \0 \xhh are escapes
 *	x TIMES TEXT	the line so often, with CRLF
 *	line OCTETS	a header of so many octets, and CRLF
 *	other		the other of two clients speaks from here on
 *	call TEXT	what struct talk_rig has for it
 *	wait SECONDS	sends what stands above and lets so much time go; a second without it
 *	S: LINE		what has come, in the notation of peer_transcript.h
 *	R: LINE		the same octet by octet; every line must have ended with CRLF
 *	reports		events about RTCP, left out else, must stand there from here on
 *	drop		what has come does not matter
 *	closed		and the connection is closed
 *
 * PJSIP/self-C1 stands for the channel named first, and so on. All that comes must stand there. */
#ifndef RINGER_TESTS_SIM_PEER_TALK_H
#define RINGER_TESTS_SIM_PEER_TALK_H

#include "tests/sim/peer_telnet.h"

struct talk_rig {
	struct telnet *client, *other; /* other: NULL if no file changes sides */
	bool tls; /* security events name the door; the rest is compared as if it were plain */
	void (*call)(struct slice text);
};

/* Plays it; the test fails at the first line that is not as the file says. */
void talk_play(const struct talk_rig *rig, const char *file);

#endif
