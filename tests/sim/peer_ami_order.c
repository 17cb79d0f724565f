/* tests/sim/peer_ami_order.c - see peer_ami_order.h. */
#include "tests/sim/peer_ami_order.h"

#include "engine/base/check.h"

#include <stdio.h>

#define ORDER_MAX 16

/* A group of headers that stand together in this order, from the first one that is there; those of
 * `optional` may be left out. A prefix ("Dest") may stand before all names of the group. */
struct group {
	const char *event; /* NULL: of any message */
	const char *prefix;
	const char *names[ORDER_MAX];
	uint32_t optional; /* bit by index */
};

static const struct group groups[] = {
	{.names = {"Response", "ActionID", "EventList", "Message"}, .optional = 0xe},
	{.prefix = "",
	 .names = {"Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
		   "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context",
		   "Exten", "Priority", "Uniqueid", "Linkedid"}},
	{.prefix = "Dest",
	 .names = {"Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
		   "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context",
		   "Exten", "Priority", "Uniqueid", "Linkedid"}},
	{.event = "OriginateResponse",
	 .names = {"Privilege", "ActionID", "Response", "Channel", "Application", "Data", "Context",
		   "Exten", "Reason", "Uniqueid", "CallerIDNum", "CallerIDName"},
	 .optional = 0xf2},
	{.event = "Hangup",
	 .names = {"Linkedid", "Cause", "Cause-txt", "TechCause"},
	 .optional = 0x8},
	{.event = "Newexten", .names = {"Linkedid", "Extension", "Application", "AppData"}},
	{.event = "VarSet", .names = {"Linkedid", "Variable", "Value"}},
};

static bool take_line(struct slice *rest, struct slice *name)
{
	struct slice line, value;

	if (!slice_split(rest, '\n', &line))
		return false;
	value = line;
	if (!slice_split(&value, ':', name))
		*name = line;
	return true;
}

static bool is_named(struct slice name, const char *prefix, const char *wanted)
{
	struct slice p = slice_str(prefix ? prefix : "");

	return slice_starts(name, p) && slice_eq(slice_from(name, p.len), slice_str(wanted));
}

/* The snapshot is told from other headers of its first name by the second. */
static bool begins(const struct group *g, struct slice rest, struct slice name)
{
	struct slice next;

	if (!is_named(name, g->prefix, g->names[0]))
		return false;
	return g->prefix == NULL ||
	       (take_line(&rest, &next) && is_named(next, g->prefix, g->names[1])) || g->prefix[0];
}

/* channelvars of manager.conf follow a snapshot. */
static bool take_other(struct slice *rest, struct slice *name)
{
	bool more;

	do
		more = take_line(rest, name);
	while (more && slice_starts(*name, SLICE_LIT("ChanVariable")));
	return more;
}

static const char *group_fault(const struct group *g, struct slice rest)
{
	static char text[96];
	struct slice name = SLICE_EMPTY;
	bool more = take_other(&rest, &name);

	for (uint32_t i = 1; i < ORDER_MAX && g->names[i]; i++) {
		if (more && is_named(name, g->prefix, g->names[i])) {
			more = take_other(&rest, &name);
			continue;
		}
		if (g->optional & 1u << i)
			continue;
		snprintf(text, sizeof(text), "%s%s is not behind %s", g->prefix ? g->prefix : "",
			 g->names[i], g->names[i - 1]);
		return text;
	}
	return NULL;
}

static bool is_of(const struct group *g, struct slice message)
{
	struct slice name = SLICE_EMPTY, rest = message, line;

	if (!g->event)
		return true;
	if (!take_line(&rest, &name) || !slice_split(&message, '\n', &line))
		return false;
	return is_named(name, NULL, "Event") &&
	       slice_eq(slice_trim(slice_from(line, 6)), slice_str(g->event));
}

const char *peer_ami_order_fault(struct slice message)
{
	for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
		struct slice rest = message, name;

		if (!is_of(&groups[i], message))
			continue;
		while (take_line(&rest, &name)) {
			const char *fault = begins(&groups[i], rest, name)
						    ? group_fault(&groups[i], rest)
						    : NULL;

			if (fault)
				return fault;
		}
	}
	return NULL;
}
