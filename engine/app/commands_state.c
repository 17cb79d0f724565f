/* Console commands on states: "core show hints", "core show hint", "devstate list", "devstate
 * change". */
#include "engine/app/engine_internal.h"

#define ROW "%-20.*s: %-20.*s  State:%-15.15s Presence:%-15.15s Watchers %2d\n"

static void show_hint(struct cli_call *call, const struct hint_view *v)
{
	char room[2 * LIMIT_NAME + 2];
	struct sink place = sink_make(room, sizeof(room));

	sink_fmt(&place, "%.*s@%.*s", SLICE_ARG(v->exten), SLICE_ARG(v->context));
	cli_print(call, ROW, (int)place.len, place.ptr, (int)v->devices.len, v->devices.ptr,
		  exten_status_text(v->status), "not_set", 0);
}

static enum cli_result cmd_hints(void *context, struct cli_call *call)
{
	struct engine *e = context;
	uint32_t count = control_hint_count(e->control);

	if (call->argc)
		return CLI_USAGE;
	if (count == 0) {
		cli_print(call, "There are no registered dialplan hints\n");
		return CLI_OK;
	}
	cli_print(call, "\n    -= Registered Asterisk Dial Plan Hints =-\n");
	for (uint32_t i = 0; i < count; i++) {
		struct hint_view v = control_hint_at(e->control, i);

		show_hint(call, &v);
	}
	cli_print(call, "----------------\n- %u hints registered\n", count);
	return CLI_OK;
}

static enum cli_result cmd_hint(void *context, struct cli_call *call)
{
	struct engine *e = context;
	uint32_t found = 0;

	if (call->argc != 1)
		return CLI_USAGE;
	if (control_hint_count(e->control) == 0) {
		cli_print(call, "There are no registered dialplan hints\n");
		return CLI_OK;
	}
	for (uint32_t i = 0; i < control_hint_count(e->control); i++) {
		struct hint_view v = control_hint_at(e->control, i);

		if (!slice_istarts(v.exten, call->argv[0]))
			continue;
		show_hint(call, &v);
		found++;
	}
	if (found)
		cli_print(call, "%u hint%s matching extension %.*s\n", found, found == 1 ? "" : "s",
			  SLICE_ARG(call->argv[0]));
	else
		cli_print(call, "No hints matching extension %.*s\n", SLICE_ARG(call->argv[0]));
	return CLI_OK;
}

#define RULE "---------------------------------------------------------------------\n"

static enum cli_result cmd_devstate_list(void *context, struct cli_call *call)
{
	struct engine *e = context;
	enum device_state state;
	struct slice device;
	uint32_t cursor = 0;

	if (call->argc)
		return CLI_USAGE;
	cli_print(call,
		  "\n" RULE
		  "--- Custom Device States --------------------------------------------\n" RULE
		  "---\n");
	while (control_next_device(e->control, &cursor, &device, &state))
		if (slice_istarts(device, SLICE_LIT("Custom:")))
			cli_print(call, "--- Name: '%.*s'  State: '%s'\n---\n", SLICE_ARG(device),
				  device_state_name(state));
	cli_print(call, RULE RULE "\n");
	return CLI_OK;
}

static enum cli_result cmd_devstate_change(void *context, struct cli_call *call)
{
	struct engine *e = context;
	enum device_state state;

	if (call->argc != 2)
		return CLI_USAGE;
	state = device_state_by_name(call->argv[1]);
	if (state == DEVICE_STATE_COUNT || state == DEVICE_UNKNOWN)
		return CLI_USAGE;
	if (!slice_istarts(call->argv[0], SLICE_LIT("Custom:"))) {
		cli_print(call,
			  "The CLI command can only be used to set 'Custom' device states.\n");
		return CLI_FAIL;
	}
	cli_print(call, "Changing %.*s to %.*s\n", SLICE_ARG(call->argv[0]),
		  SLICE_ARG(call->argv[1]));
	return control_set_device(e->control, call->argv[0], state) ? CLI_FAIL : CLI_OK;
}

static const struct cli_command commands[] = {
	{"core show hints", "Show dialplan hints",
	 "Usage: core show hints\n"
	 "       Lists the hints of the dialplan with their states.",
	 cmd_hints},
	{"core show hint", "Show a dialplan hint",
	 "Usage: core show hint <exten>\n"
	 "       Lists the hints of the extensions that begin like this.",
	 cmd_hint},
	{"devstate list", "List currently known custom device states",
	 "Usage: devstate list\n"
	 "       Lists the devices whose names begin with Custom: and their states.",
	 cmd_devstate_list},
	{"devstate change", "Change a custom device state",
	 "Usage: devstate change <device> <state>\n"
	 "       Sets the state of a device whose name begins with Custom: to NOT_INUSE, INUSE,\n"
	 "       BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE or ONHOLD.",
	 cmd_devstate_change},
};

int engine_register_state_commands(struct engine *e)
{
	return cli_register(control_cli(e->control), commands,
			    sizeof(commands) / sizeof(commands[0]), e);
}
