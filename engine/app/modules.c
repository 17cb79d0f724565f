/* engine/app/modules.c - see modules.h. */
#include "engine/app/modules.h"

#include "engine/base/check.h"

/* What Asterisk would have loaded to do what Ringer does. In alphabetical order. */
static const struct module modules[] = {
	{"app_db", "Database Access Functions", MODULE_FIXED},
	{"app_dial", "Dialing Application", MODULE_FIXED},
	{"app_echo", "Simple Echo Application", MODULE_FIXED},
	{"app_exec", "Executes dialplan applications", MODULE_FIXED},
	{"app_playback", "Sound File Playback Application", MODULE_FIXED},
	{"app_read", "Read Variable Application", MODULE_FIXED},
	{"app_senddtmf", "Send DTMF digits Application", MODULE_FIXED},
	{"app_stack", "Dialplan subroutines (Gosub, Return, etc)", MODULE_FIXED},
	{"app_userevent", "Custom User Event Application", MODULE_FIXED},
	{"app_verbose", "Send verbose output", MODULE_FIXED},
	{"app_while", "While Loops and Conditional Execution", MODULE_FIXED},
	{"cdr_csv", "Comma Separated Values CDR Backend", MODULE_FIXED},
	{"cdr_manager", "Asterisk Manager Interface CDR Backend", MODULE_RELOADS},
	{"cdr_sqlite3_custom", "SQLite3 Custom CDR Module", MODULE_FIXED},
	{"chan_pjsip", "PJSIP Channel Driver", MODULE_RELOADS},
	{"codec_alaw", "A-law Coder/Decoder", MODULE_FIXED},
	{"codec_ulaw", "mu-Law Coder/Decoder", MODULE_FIXED},
	{"format_wav", "Microsoft WAV/WAV16 format (8kHz/16kHz Signed Linear)", MODULE_FIXED},
	{"func_callerid", "Party ID related dialplan functions", MODULE_FIXED},
	{"func_cdr", "Call Detail Record (CDR) dialplan functions", MODULE_FIXED},
	{"func_channel", "Channel information dialplan functions", MODULE_FIXED},
	{"func_cut", "Cut out information from a string", MODULE_FIXED},
	{"func_db", "Database (astdb) related dialplan functions", MODULE_FIXED},
	{"func_global", "Variable dialplan functions", MODULE_FIXED},
	{"func_logic", "Logical dialplan functions", MODULE_FIXED},
	{"func_math", "Mathematical dialplan function", MODULE_FIXED},
	{"func_strings", "String handling dialplan functions", MODULE_FIXED},
	{"func_timeout", "Channel timeout dialplan functions", MODULE_FIXED},
	{"pbx_config", "Text Extension Configuration", MODULE_RELOADS},
	{"pbx_spool", "Outgoing Spool Support", MODULE_FIXED},
	{"res_pjsip", "Basic SIP resource", MODULE_RELOADS},
	{"res_pjsip_notify", "CLI/AMI PJSIP NOTIFY Support", MODULE_RELOADS},
	{"res_pjsip_session", "PJSIP Session resource", MODULE_FIXED},
	{"res_pjsip_stir_shaken", "PJSIP STIR/SHAKEN Module for Asterisk", MODULE_FIXED},
	{"res_rtp_asterisk", "Asterisk RTP Stack", MODULE_RELOADS},
	{"res_stir_shaken", "STIR/SHAKEN Module for Asterisk", MODULE_RELOADS},
};

/* Parts of the core, which "module show" does not list: `.so` does not belong to their names. */
static const struct module parts[] = {
	{"cdr", "Call detail records", MODULE_FIXED},
	{"dialer", "Ringer's own settings", MODULE_RELOADS},
	{"dialplan", "Text Extension Configuration", MODULE_RELOADS},
	{"http", "Web server", MODULE_RELOADS},
	{"logger", "Log files", MODULE_RELOADS},
	{"manager", "Manager interface", MODULE_RELOADS},
};

static struct slice module_name(struct slice name)
{
	return slice_ends(name, SLICE_LIT(".so")) ? slice_head(name, name.len - 3) : name;
}

const struct module *module_find(struct slice name)
{
	name = module_name(name);
	for (size_t i = 0; i < ARRAY_COUNT(modules); i++) {
		if (slice_ieq(slice_str(modules[i].name), name))
			return &modules[i];
	}
	return NULL;
}

bool module_is_there(struct slice name)
{
	return module_find(name) != NULL;
}

const struct module *module_find_part(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		if (slice_ieq(slice_str(parts[i].name), name))
			return &parts[i];
	}
	return module_find(name);
}

const struct module *module_at(uint32_t index)
{
	return index < ARRAY_COUNT(modules) ? &modules[index] : NULL;
}
