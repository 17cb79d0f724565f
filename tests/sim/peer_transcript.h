/* tests/sim/peer_transcript.h - AMI as a transcript: messages as lines, compared with what is
 *wanted.
 *
 * Notation: one line for each message, "Event" or "Response: result", then snapshots, then " | "
 *and the other headers joined by " ; ". A snapshot is {name st=n/Text cid="Name" <Num> conn="Name"
 *<Num> acct=A at=ctx,exten,prio uid=U lid=L} with Dest before it when its headers have that prefix;
 *"acct=-" is an empty account, "cid=<unknown>" stands for both unknown. Language must be en.
 *Privilege is left out. */
#ifndef RINGER_TESTS_SIM_PEER_TRANSCRIPT_H
#define RINGER_TESTS_SIM_PEER_TRANSCRIPT_H

#include "engine/base/sink.h"

/* The messages of the wire, which is torn into pieces. RTCP events and RTP statistics are left out.
 * Fails the test at a line that ends otherwise than with CRLF and at half a message. */
void transcript_write(struct sink *out, char *wire);

/* NULL if each line of `got` is as that of `want`; else text that tells the first that is not. In
 * `want` <any> stands for any octets of a line and <nothing> for none, where a line would end in a
 * blank. */
const char *transcript_compare(const char *got, const char *want);

/* Forgets the channels of another session. */
void transcript_begin(void);
/* Writes text with the digits of each name "PJSIP/x-0123abcd" as C1, C2, ... in the order in which
 * the names came first, and the reverse. */
void transcript_mask_names(struct sink *out, const char *text);
void transcript_unmask_names(struct sink *out, struct slice text);

#endif
