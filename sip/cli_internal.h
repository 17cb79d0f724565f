/* sip/cli_internal.h - how the console shows objects; shared by cli*.c only. */
#ifndef RINGER_SIP_CLI_INTERNAL_H
#define RINGER_SIP_CLI_INTERNAL_H

#include "engine/core/cli.h"
#include "sip/cli.h"

/* One command while it prints. */
struct cli_show {
	struct cli_call *call;
	struct control *control;
	struct tech_admin admin;
	unsigned level;    /* of nesting: each moves two columns to the right */
	bool is_short;     /* "list": the object alone */
	const char *label; /* of an auth */
};

/* ---- cli_show.c ---- */

/* The templates of the columns, and the line of 90 `=` behind them. */
void cli_show_head(struct cli_show *s, enum tech_kind kind);
/* An object and what belongs to it. */
void cli_show_object(struct cli_show *s, const struct tech_object *o);
/* "ParameterName : ParameterValue" and all options, sorted. name_width: at least so wide. */
void cli_show_options(struct cli_show *s, const struct tech_object *o, int name_width, int line_width);
/* The same for pairs of name and value, sorted already. */
struct cli_pair {
	struct slice name, value;
};
void cli_show_pairs(struct cli_call *call, const struct cli_pair *pairs, uint32_t count, int name_width,
		    int line_width);

/* ---- cli_stir.c ---- */

/* The commands "stir_shaken show ...". 0 or as cli_register. */
int cli_stir_register(struct cli *cli, struct sip_center *c);

/* ---- cli_ladder.c ---- */

struct history_entry;
struct io;
/* The calls that were found, each from its first message on; order: entries by time. */
void cli_show_ladder(struct cli_job *job, const struct io *io, struct slice key,
		     const struct history_entry *entries, const uint32_t *order, uint32_t count);
void cli_show_history(struct cli_job *job, const struct history_entry *entries,
		      const uint32_t *order, uint32_t count);

#endif
