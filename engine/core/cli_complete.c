/* engine/core/cli_complete.c - what may stand at the end of a line that is being typed. cli.h
 *
 * Commands complete by their words, arguments by the first line of the command's usage. */
#include "engine/core/cli_internal.h"

#include "engine/base/limits.h"

struct cli_words {
	struct slice typed; /* of the word at the cursor */
	cli_match_fn fn;
	void *arg;
	uint32_t count;
	/* Command words come from many commands: each is given once. Listed kinds have no doubles.
	 */
	struct slice seen[LIMIT_CLI_WORDS];
	uint32_t seen_count;
};

bool cli_offer_is_full(const struct cli_words *words)
{
	return words->count >= LIMIT_CLI_MATCHES;
}

void cli_offer(struct cli_words *words, struct slice word)
{
	if (word.len == 0 || cli_offer_is_full(words) || !slice_istarts(word, words->typed))
		return;
	words->count++;
	words->fn(words->arg, word);
}

static void cli_offer_once(struct cli_words *words, struct slice word)
{
	for (uint32_t i = 0; i < words->seen_count; i++) {
		if (slice_ieq(words->seen[i], word))
			return;
	}
	if (words->seen_count == LIMIT_CLI_WORDS || !slice_istarts(word, words->typed))
		return;
	words->seen[words->seen_count++] = word;
	cli_offer(words, word);
}

/* ---- arguments ---- */

static void cli_offer_kind(struct cli *c, struct cli_words *words, struct slice name)
{
	for (uint32_t i = 0; c && i < c->kind_count; i++) {
		const struct cli_kind_entry *k = &c->kinds[i];

		if (slice_ieq(slice_str(k->kind->name), name))
			k->kind->list(k->context, words);
	}
}

/* c NULL: only the words. "[concise|verbose]", "<channel>", "{on|off}", "<channel>|all". */
static void cli_offer_token(struct cli *c, struct cli_words *words, struct slice token)
{
	struct slice part;

	while (slice_split(&token, '|', &part)) {
		while (part.len > 0 && strchr("[{(", part.ptr[0]))
			part = slice_from(part, 1);
		while (part.len > 0 && strchr("]}).", part.ptr[part.len - 1]))
			part.len--;
		if (part.len > 2 && part.ptr[0] == '<' && part.ptr[part.len - 1] == '>')
			cli_offer_kind(c, words, slice_make(part.ptr + 1, part.len - 2));
		else if (part.len > 0)
			cli_offer_once(words, part);
	}
}

static bool cli_repeats(struct slice token)
{
	return slice_find_text(token, SLICE_LIT("...")) != SIZE_MAX;
}

/* What the usage has for the n-th argument; empty: it has none there. */
static struct slice cli_usage_token(const struct cli_command *cmd, uint32_t n)
{
	struct slice usage = slice_str(cmd->usage), token, last = SLICE_EMPTY;
	size_t end = slice_find(usage, '\n');
	size_t skip = strlen("Usage: ") + strlen(cmd->words);

	usage = end == SIZE_MAX ? usage : slice_head(usage, end);
	if (usage.len <= skip)
		return SLICE_EMPTY;
	usage = slice_from(usage, skip);
	while (slice_split(&usage, ' ', &token)) {
		if (token.len == 0)
			continue;
		last = token;
		if (n-- == 0)
			return last;
	}
	return cli_repeats(last) ? last : SLICE_EMPTY;
}

struct cli_wanted {
	struct slice word;
	bool found;
};

static void cli_compare_word(void *arg, struct slice word)
{
	struct cli_wanted *w = arg;

	w->found |= slice_ieq(w->word, word);
}

bool cli_has_word(const struct cli_command *cmd, struct slice word)
{
	struct cli_wanted wanted = {.word = word};
	struct cli_words words = {.typed = word, .fn = cli_compare_word, .arg = &wanted};

	cli_offer_token(NULL, &words, cli_usage_token(cmd, 0));
	return wanted.found;
}

/* ---- commands ---- */

/* The place of what is written out, since what only begins alike is not meant; or count. */
static uint32_t cli_written_out(const struct cli *c, const struct cli_parsed *p, uint32_t done)
{
	uint32_t best = c->count, most = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = cli_exact_match(c->entries[i].cmd, p->words, done);

		if (n > most) {
			most = n;
			best = i;
		}
	}
	return best;
}

void cli_complete(struct cli *c, struct slice line, cli_match_fn fn, void *arg)
{
	struct cli_words words = {.typed = SLICE_EMPTY, .fn = fn, .arg = arg};
	struct cli_parsed p;
	uint32_t done; /* words before the one at the cursor */
	uint32_t exact;

	cli_parse(&p, line);
	if (p.over)
		return;
	done = p.count;
	if (!p.ended && p.count > 0)
		words.typed = p.words[--done];
	exact = cli_written_out(c, &p, done);
	for (uint32_t i = 0; i < c->count; i++) {
		const struct cli_command *cmd = c->entries[i].cmd;
		uint32_t own = cli_word_count(cmd);
		uint32_t covered = cli_prefix_match(cmd, p.words, done);

		if (done < own && covered == done)
			cli_offer_once(&words, cli_word(cmd, done));
		else if (own <= done && covered == own && (exact == c->count || exact == i))
			cli_offer_token(c, &words, cli_usage_token(cmd, done - own));
	}
}
