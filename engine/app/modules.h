/* engine/app/modules.h - the names of Asterisk's modules whose work Ringer does, for those who ask
 * by them.
 *
 * Nothing is loaded or unloaded: what is here is always there. */
#ifndef RINGER_APP_MODULES_H
#define RINGER_APP_MODULES_H

#include "engine/base/slice.h"

enum module_kind {
	MODULE_FIXED, /* has no configuration that is read again */
	MODULE_RELOADS,
};

struct module {
	const char *name; /* without ".so" */
	const char *description;
	enum module_kind kind;
};

/* With or without ".so", in any case. NULL: Ringer has nothing of that name. */
const struct module *module_find(struct slice name);
bool module_is_there(struct slice name);
/* Parts of the core, too: manager, logger, dialplan, ... */
const struct module *module_find_part(struct slice name);
/* In alphabetical order; NULL behind the last. */
const struct module *module_at(uint32_t index);

#endif
