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
	unsigned level;	   /* of nesting: each moves two columns to the right */
	bool is_short;	   /* "list": the object alone */
	const char *label; /* of an auth */
};

#define CLI_LINE   400
#define CLI_SECOND 65 /* columns of what stands behind the name */
#define CLI_THIRD  79
/* 90 `=` between templates and lines. */
#define CLI_RULE                                                                                   \
	"========================================================================================" \
	"==\n"

/* ---- cli_show.c ---- */

/* A line of CLI_LINE octets: its label, then values up to columns; blanks at its end are left out.
 */
struct sink cli_line_begin(char *room, unsigned level, const char *label, const char *gap);
void cli_line_pad(struct sink *out, size_t column);
/* Cut so that something fits behind it. */
void cli_line_value(struct sink *out, struct slice value, size_t column);
/* "<Name.......>" up to the column. */
void cli_line_template(struct sink *out, const char *name, size_t column);
void cli_line_end(struct cli_show *s, struct sink *out);
/* "hh:mm:ss" */
void cli_write_time(struct sink *out, int64_t seconds);

/* The templates of the columns, and the line of 90 `=` behind them. */
void cli_show_head(struct cli_show *s, enum tech_kind kind);
/* An object and what belongs to it. */
void cli_show_object(struct cli_show *s, const struct tech_object *o);
/* "ParameterName : ParameterValue" and all options, sorted. name_width: at least so wide. */
void cli_show_options(struct cli_show *s, const struct tech_object *o, int name_width,
		      int line_width);
/* The same for pairs of name and value, sorted already. */
struct cli_pair {
	struct slice name, value;
};
void cli_show_pairs(struct cli_call *call, const struct cli_pair *pairs, uint32_t count,
		    int name_width, int line_width);

/* ---- cli_channel.c ---- */

void cli_head_channel(struct cli_show *s, unsigned level);
void cli_show_channel(struct cli_show *s, const struct roster_chan *c, unsigned level);

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
