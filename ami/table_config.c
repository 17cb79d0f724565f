/* ami/table_config.c - rows of the table of actions: configuration files, the database, the
 * dialplan. */
#include "ami/action.h"

#define NO_ADD                                                                                     \
	"Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd."
#define NO_REMOVE "Context and Extension must be provided for DialplanExtensionRemove"

static const struct ami_action rows[] = {
	{
		.name = "CreateConfig",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "Make an empty configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename:",
		.text = "Filename is relative to the configuration directory and must stay in it.",
		.fn = ami_do_create_config,
	},
	{
		.name = "DBDel",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Delete an entry of the database.",
		.needs = {{"Family", "No family specified."}, {"Key", "No key specified."}},
		.syntax = "[ActionID:] Family: Key:",
		.text = "Deletes the entry; the dialplan sees it at once, the file soon after.",
		.fn = ami_do_db_del,
	},
	{
		.name = "DBDelTree",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Delete a family of the database, or a tree in it.",
		.needs = {{"Family", "No family specified."}},
		.syntax = "[ActionID:] Family: [Key:]",
		.text = "Deletes the entry Key and all below it; without Key the whole family.",
		.fn = ami_do_db_del_tree,
	},
	{
		.name = "DBGet",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "Read an entry of the database.",
		.needs = {{"Family", "No family specified."}, {"Key", "No key specified."}},
		.syntax = "[ActionID:] Family: Key:",
		.text = "Sends one DBGetResponse, then DBGetComplete.",
		.fn = ami_do_db_get,
	},
	{
		.name = "DBGetTree",
		.classes = AMI_CLASSES_INFO,
		.synopsis = "List the database, a family, or a tree in it.",
		.syntax = "[ActionID:] [Family:] [Key:]",
		.text = "Sends one DBGetTreeResponse for each entry in the order of their keys, "
			"then DBGetTreeComplete.",
		.fn = ami_do_db_get_tree,
	},
	{
		.name = "DBPut",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Write an entry of the database.",
		.needs = {{"Family", "No family specified"}, {"Key", "No key specified"}},
		.syntax = "[ActionID:] Family: Key: [Val:]",
		.text = "The dialplans of calls that are originated after the answer see the "
			"value. It is on disk a moment later, with all that was written meanwhile.",
		.fn = ami_do_db_put,
	},
	{
		.name = "DialplanExtensionAdd",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Add a step to an extension of the dialplan.",
		.needs = {{"Context", NO_ADD},
			  {"Extension", NO_ADD},
			  {"Priority", NO_ADD},
			  {"Application", NO_ADD}},
		.syntax = "[ActionID:] Context: Extension: Priority: Application: "
			  "[ApplicationData:] [Replace:]",
		.text = "Extension is name or name/caller id. Priority is a number, or hint: then "
			"Application is the devices to watch. A context that is not there is "
			"made. A step that is there stays unless Replace is true. The next reload "
			"of the dialplan knows nothing of it.",
		.fn = ami_do_dialplan_edit,
	},
	{
		.name = "DialplanExtensionRemove",
		.classes = AMI_CLASS_SYSTEM,
		.synopsis = "Remove an extension, or one of its steps, from the dialplan.",
		.needs = {{"Context", NO_REMOVE}, {"Extension", NO_REMOVE}},
		.syntax = "[ActionID:] Context: Extension: [Priority:]",
		.text = "Without Priority all steps go. What stands in extensions.conf is back "
			"after the next reload of the dialplan.",
		.fn = ami_do_dialplan_edit,
	},
	{
		.name = "GetConfig",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Show a configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Category:] [Filter:]",
		.text = "Sends all sections, or those called Category, with all their variables, "
			"inherited ones too. Filter is a list, separated by commas, of name=value "
			"(regular expressions) of which each must fit some variable; "
			"TEMPLATES=include shows templates, too, TEMPLATES=restrict only them.",
		.fn = ami_do_get_config,
	},
	{
		.name = "GetConfigJSON",
		.classes = AMI_CLASS_SYSTEM | AMI_CLASS_CONFIG,
		.synopsis = "Show a configuration file as JSON.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Category:] [Filter:]",
		.text = "As GetConfig, in one header JSON: an object of objects. Keys that are "
			"repeated in the file are repeated there.",
		.fn = ami_do_get_config_json,
	},
	{
		.name = "ListCategories",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "List the sections of a configuration file.",
		.needs = {{"Filename", "Filename not specified"}},
		.syntax = "[ActionID:] Filename: [Match:]",
		.text = "Sends the names of all sections but templates, or of those called Match.",
		.fn = ami_do_list_categories,
	},
	{
		.name = "ShowDialPlan",
		.classes = AMI_CLASS_CONFIG | AMI_CLASS_REPORTING,
		.synopsis = "List the dialplan, or a part of it.",
		.syntax = "[ActionID:] [Context:] [Extension:]",
		.text = "Sends one ListDialplan for each step, include and ignored pattern, then "
			"ShowDialPlanComplete with totals. With Extension only what it matches, "
			"through includes, too.",
		.fn = ami_do_show_dialplan,
	},
	{
		.name = "UpdateConfig",
		.classes = AMI_CLASS_CONFIG,
		.synopsis = "Change a configuration file.",
		.needs = {{"SrcFilename", "Filename not specified"},
			  {"DstFilename", "Filename not specified"}},
		.syntax =
			"[ActionID:] SrcFilename: DstFilename: [Reload:] "
			"[PreserveEffectiveContext:] [Action-000000:] [Cat-000000:] [Var-000000:] "
			"[Value-000000:] [Match-000000:] [Line-000000:] [Options-000000:]",
		.text = "Reads one file, makes the changes in the order of their numbers up to "
			"the first that is missing, and writes the other, which may be the same; "
			"all changes or none. What they do not touch stays as it was written. "
			"Action is newcat, renamecat, delcat, emptycat, update, delete, append or "
			"insert; a Value that begins with > is written with =>. Options of newcat "
			"are allowdups, template and inherit=\"a,b\"; of the others "
			"catfilter=\"...\", as Filter of GetConfig. Reload is yes, or the name of "
			"a module. Unless PreserveEffectiveContext is no, sections that inherit "
			"from a changed template get the old value as their own.",
		.fn = ami_do_update_config,
	},
};

const struct ami_action_area ami_area_config = {rows, ARRAY_COUNT(rows)};
