/* ami/class.h - classes of AMI privileges as bits, and their names.
 *
 * The order of the list is the order in Privilege headers and on the console. */
#ifndef RINGER_AMI_CLASS_H
#define RINGER_AMI_CLASS_H

#include "engine/base/sink.h"

#include <stdint.h>

/* bit, id, name */
#define AMI_CLASS_LIST(X)                                                                          \
	X(1 << 0, SYSTEM, "system")                                                                \
	X(1 << 1, CALL, "call")                                                                    \
	X(1 << 2, LOG, "log")                                                                      \
	X(1 << 3, VERBOSE, "verbose")                                                              \
	X(1 << 4, COMMAND, "command")                                                              \
	X(1 << 5, AGENT, "agent")                                                                  \
	X(1 << 6, USER, "user")                                                                    \
	X(1 << 7, CONFIG, "config")                                                                \
	X(1 << 8, DTMF, "dtmf")                                                                    \
	X(1 << 9, REPORTING, "reporting")                                                          \
	X(1 << 10, CDR, "cdr")                                                                     \
	X(1 << 11, DIALPLAN, "dialplan")                                                           \
	X(1 << 12, ORIGINATE, "originate")                                                         \
	X(1 << 13, AGI, "agi")                                                                     \
	X(1 << 15, CC, "cc")                                                                       \
	X(1 << 16, AOC, "aoc")                                                                     \
	X(1 << 17, TEST, "test")                                                                   \
	X(1 << 18, SECURITY, "security")                                                           \
	X(1 << 30, MESSAGE, "message")

enum ami_class {
#define AMI_CLASS_ENUM(bit, id, name) AMI_CLASS_##id = bit,
	AMI_CLASS_LIST(AMI_CLASS_ENUM)
#undef AMI_CLASS_ENUM
		AMI_CLASS_NONE = 0,
	AMI_CLASS_ALL = 0x7fffffff,
};

/* Comma list of names, each exact but for blanks around it; "all"; or a decimal mask. An unknown
 * name adds nothing and is reported in *bad (the first one, empty if all are known). An empty name
 * grants nothing. */
uint32_t ami_class_parse(struct slice text, struct slice *bad);
/* The EventMask of the action Events and of Login: digits, a truth value, or a list as above. */
uint32_t ami_class_parse_mask(struct slice text);

/* "call,all"; "<none>" for 0: value of a Privilege header. */
void ami_class_write(struct sink *s, uint32_t classes);
/* The same without the closing "all" unless all bits are held: for the console. */
void ami_class_write_held(struct sink *s, uint32_t classes);

#endif
