/* engine/core/cli_internal.h - shared by cli.c and cli_complete.c only. */
#ifndef RINGER_CORE_CLI_INTERNAL_H
#define RINGER_CORE_CLI_INTERNAL_H

#include "engine/base/sink.h"
#include "engine/core/cli.h"

#define CLI_LINE 1024 /* octets of all words of a line */

struct cli_entry {
	const struct cli_command *cmd;
	void *context;
};

struct cli_kind_entry {
	const struct cli_kind *kind;
	void *context;
};

struct cli {
	struct cli_entry *entries; /* alphabetical */
	uint32_t count;
	struct cli_kind_entry *kinds;
	uint32_t kind_count;
	uint32_t jobs; /* open ones */
};

/* A line taken apart; words point into text. */
struct cli_parsed {
	struct slice words[CLI_ARGS];
	uint32_t count;
	bool over;  /* too long, or too many words */
	bool ended; /* a blank stands behind the last word */
	char text[CLI_LINE];
};
void cli_parse(struct cli_parsed *p, struct slice line);

/* The n-th word of a command; empty behind the last. */
struct slice cli_word(const struct cli_command *cmd, uint32_t n);
uint32_t cli_word_count(const struct cli_command *cmd);
/* How many words of the line the command's own words cover; 0: not this command. */
uint32_t cli_exact_match(const struct cli_command *cmd, const struct slice *words, uint32_t count);
/* Its words begin with those given, position by position: how many of its own are covered. */
uint32_t cli_prefix_match(const struct cli_command *cmd, const struct slice *words, uint32_t count);

/* The word is one that the usage has for the first argument: "count" of "[concise|verbose|count]".
 */
bool cli_has_word(const struct cli_command *cmd, struct slice word);

#endif
