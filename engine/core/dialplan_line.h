/* engine/core/dialplan_line.h - the text of one "exten =>" or "same =>" line, taken apart.
 *
 * Pure splitting; what the words mean (n, labels) is the loader's. */
#ifndef RINGER_CORE_DIALPLAN_LINE_H
#define RINGER_CORE_DIALPLAN_LINE_H

#include "engine/base/slice.h"

struct dialplan_line {
	struct slice name;     /* "name[/cid]"; of "same": nothing */
	struct slice priority; /* "n", "1", "label", without what is below */
	struct slice label;    /* "(label)" */
	int32_t offset;	       /* "+N" */
	struct slice app;
	struct slice data;
	bool label_open;  /* ')' is missing behind the label */
	bool parens_open; /* ')' is missing behind the arguments */
};

/* Takes the extension's name off *value: up to the first comma outside []. */
struct slice dialplan_line_name(struct slice *value);
/* The rest: "priority[(label)][+offset],App[(args)]". Fills all but name. */
void dialplan_line_step(struct dialplan_line *line, struct slice value);

#endif
