/* ami/table_system.c - rows of the table of actions: the engine as a whole. */
#include "ami/action.h"

static const struct ami_action rows[] = {
	{
		.name = "Command",
		.classes = AMI_CLASS_COMMAND,
		.synopsis = "Run a console command.",
		.needs = {{"Command", "No command provided"}},
		.syntax = "[ActionID:] Command:",
		.text = "Runs the line as the console does and answers with one Output header for "
			"each line of text.",
		.fn = ami_do_command,
	},
	{
		.name = "CoreSettings",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "Show versions and fixed settings.",
		.syntax = "[ActionID:]",
		.text = "Tells the versions of the interface and of the engine, and its limits.",
		.fn = ami_do_core_settings,
	},
	{
		.name = "CoreStatus",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "Show start and reload times and the number of calls.",
		.syntax = "[ActionID:]",
		.text = "Tells when the engine started and read its configuration last, how many "
			"channels it has and how many calls it has had.",
		.fn = ami_do_core_status,
	},
	{
		.name = "LoggerRotate",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "Begin new log files.",
		.syntax = "[ActionID:]",
		.text = "Reads logger.conf again and renames the log files as its rotatestrategy "
			"says.",
		.fn = ami_do_logger_rotate,
	},
	{
		.name = "ModuleCheck",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "See whether a module is loaded.",
		.syntax = "[ActionID:] Module:",
		.text = "Module is the name of a module of Asterisk, with or without .so: the "
			"answer is success if Ringer does its work.",
		.fn = ami_do_module_check,
	},
	{
		.name = "ModuleLoad",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Read the configuration of a module again.",
		.syntax = "[ActionID:] LoadType: [Module:] [Recursive:]",
		.text = "LoadType is load, unload, reload or refresh. Only reload does something: "
			"what Ringer has is always there. Without Module all is reloaded.",
		.fn = ami_do_module_load,
	},
	{
		.name = "Reload",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Read configuration again.",
		.syntax = "[ActionID:] [Module:]",
		.text = "Without Module everything is read. If it cannot be used the old settings "
			"stay.",
		.fn = ami_do_reload,
	},
};

const struct ami_action_area ami_area_system = {rows, ARRAY_COUNT(rows)};
