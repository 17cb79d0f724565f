/* ami/cli.c - see cli.h. Layouts are those of cli.md 6 and ami.md 4. */
#include "ami/cli.h"

#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/event_manual.h"
#include "engine/base/check.h"

#include <stdio.h>

#define LINE_MAX 80

static const char *cli_yes(bool on)
{
	return on ? "Yes" : "No";
}

/* ---- actions ---- */

static enum cli_result cli_show_commands(void *context, struct cli_call *call)
{
	int widest = (int)strlen("Action");
	const struct ami_action *action;

	(void)context;
	if (call->argc)
		return CLI_USAGE;
	for (action = ami_action_after(NULL); action; action = ami_action_after(action))
		if ((int)strlen(action->name) > widest)
			widest = (int)strlen(action->name);
	cli_print(call, "  %-*s  %s\n", widest, "Action", "Synopsis");
	cli_print(call, "  %-*s  %s\n", widest, "------", "--------");
	for (action = ami_action_after(NULL); action; action = ami_action_after(action))
		cli_print(call, "  %-*s  %.*s\n", widest, action->name, LINE_MAX - widest - 4,
			  action->synopsis);
	return CLI_OK;
}

/* "[ActionID:] Channel:" as lines "[ActionID:] <value>". */
static void cli_print_syntax(struct cli_call *call, const struct ami_action *action)
{
	struct slice rest = slice_str(action->syntax), word;

	cli_print(call, "[Syntax]\nAction: %s\n", action->name);
	while (slice_split(&rest, ' ', &word))
		cli_print(call, "%.*s <value>\n", SLICE_ARG(word));
	cli_print(call, "\n");
}

static void cli_print_action(struct cli_call *call, const struct ami_action *action)
{
	char classes[256];
	struct sink out = sink_make(classes, sizeof(classes));

	ami_class_write(&out, action->classes);
	cli_print(call, "\n  -= Info about Manager Command '%s' =- \n\n", action->name);
	cli_print(call, "[Synopsis]\n%s\n\n", action->synopsis);
	cli_print(call, "[Provided By]\nbuiltin\n\n");
	cli_print(call, "[Since]\nNot available\n\n");
	cli_print(call, "[Description]\n");
	cli_print_text(call, slice_str(action->text));
	cli_print(call, "\n");
	cli_print_syntax(call, action);
	cli_print(call, "[Arguments]\nNot available\n\n");
	cli_print(call, "[Privilege]\n%s\n\n", sink_cstr(&out));
	cli_print(call, "[See Also]\nNot available\n\n");
	cli_print(call, "[List Responses]\nNone\n[End List Responses]\n\n");
	cli_print(call, "[Final Response]\nNone\n[End Final Response]\n\n");
}

static enum cli_result cli_show_command(void *context, struct cli_call *call)
{
	(void)context;
	if (call->argc == 0)
		return CLI_USAGE;
	for (uint32_t i = 0; i < call->argc; i++) {
		const struct ami_action *action = ami_action_find(call->argv[i]);

		if (action)
			cli_print_action(call, action);
	}
	return CLI_OK;
}

/* ---- events ---- */

#define EVENT_COLUMNS 3

static enum cli_result cli_show_events(void *context, struct cli_call *call)
{
	int widest = 0;

	(void)context;
	if (call->argc)
		return CLI_USAGE;
	for (uint32_t i = 0; i < ami_event_manual_count; i++)
		if ((int)strlen(ami_event_manual[i].name) > widest)
			widest = (int)strlen(ami_event_manual[i].name);
	cli_print(call, "Events:\n");
	for (int i = 0; i < EVENT_COLUMNS; i++)
		for (int n = 0; n < widest + 2; n++)
			cli_print(call, "%c", n < 2 ? ' ' : '-');
	cli_print(call, "  \n");
	for (uint32_t i = 0; i < ami_event_manual_count; i++) {
		cli_print(call, "  %-*s", widest, ami_event_manual[i].name);
		if (i % EVENT_COLUMNS == EVENT_COLUMNS - 1 || i == ami_event_manual_count - 1)
			cli_print(call, "\n");
	}
	cli_print(call, "\n%u events registered.\n", ami_event_manual_count);
	return CLI_OK;
}

static enum cli_result cli_show_event(void *context, struct cli_call *call)
{
	const struct ami_event_page *page;

	(void)context;
	if (call->argc != 1)
		return CLI_USAGE;
	page = ami_event_manual_find(call->argv[0]);
	if (!page) {
		cli_print(call, "Could not find event '%.*s'\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	cli_print(call, "Event: %s\n\n  -= Info about Manager Event '%s' =- \n\n", page->name,
		  page->name);
	cli_print(call, "[Synopsis]\n%s\n\n", page->synopsis);
	cli_print(call, "[Provided By]\nbuiltin\n\n[Since]\nNot available\n\n");
	cli_print(call, "[Description]\n");
	cli_print_text(call, slice_str(page->text));
	cli_print(call, "\n");
	cli_print(call, "[Syntax]\nEvent: %s\n%s\n", page->name, page->syntax);
	cli_print(call, "[Arguments]\nNot available\n\n[See Also]\nNot available\n\n");
	return CLI_OK;
}

/* ---- sessions ---- */

static enum cli_result cli_show_connected(void *context, struct cli_call *call)
{
	static const char layout[] =
		"  %-15.15s  %-55.55s  %-10.10s  %-10.10s  %-8.8s  %-8.8s  %-10.10s  %-10.10s\n";
	struct ami *a = context;
	int64_t now_s = io_wall_ns(a->io) / TMR_SECOND;
	uint32_t count = 0;

	if (call->argc)
		return CLI_USAGE;
	cli_print(call, layout, "Username", "IP Address", "Start", "Elapsed", "FileDes", "HttpCnt",
		  "ReadPerms", "WritePerms");
	list_for (node, &a->sessions) {
		const struct ami_session *s = list_entry(node, struct ami_session, node);
		int64_t start_s = s->start_wall_ns / TMR_SECOND;
		char ip[ADDR_TEXT];

		if (!ami_session_is_ready(s))
			continue;
		cli_print(
			call,
			"  %-15.15s  %-55.55s  %-10lld  %-10lld  %-8d  %-8d  %-10.10u  %-10.10u\n",
			s->user->name.ptr, ami_session_peer_ip(s, ip), (long long)start_s,
			(long long)(now_s - start_s), s->number, (int)s->http_count, s->read,
			s->write);
		count++;
	}
	cli_print(call, "%u users connected.\n", count);
	return CLI_OK;
}

static enum cli_result cli_kick(void *context, struct cli_call *call)
{
	struct ami *a = context;
	uint64_t number;

	if (call->argc != 1 || !slice_u64(call->argv[0], INT32_MAX, &number))
		return CLI_USAGE;
	list_for (node, &a->sessions) {
		struct ami_session *s = list_entry(node, struct ami_session, node);

		if ((uint64_t)s->number != number)
			continue;
		cli_print(call, "Kicking manager session connected using file descriptor %d\n",
			  (int)number);
		ami_session_step(s, AMI_SESSION_KICK);
		return CLI_OK;
	}
	cli_print(call, "No manager session found using file descriptor %d\n", (int)number);
	return CLI_OK;
}

/* ---- users ---- */

static enum cli_result cli_show_users(void *context, struct cli_call *call)
{
	const struct ami_conf *conf = ((struct ami *)context)->conf;

	if (call->argc)
		return CLI_USAGE;
	if (conf->user_count == 0) {
		cli_print(call, "There are no manager users.\n");
		return CLI_OK;
	}
	cli_print(call, "\nusername\n--------\n");
	for (uint32_t i = 0; i < conf->user_count; i++)
		cli_print(call, "%s\n", conf->users[i].name.ptr);
	cli_print(call, "-------------------\n%u manager users configured.\n", conf->user_count);
	return CLI_OK;
}

static void cli_print_classes(struct cli_call *call, const char *label, uint32_t classes)
{
	char text[256];
	struct sink out = sink_make(text, sizeof(text));

	ami_class_write_held(&out, classes);
	cli_print(call, "%18s: %s\n", label, sink_cstr(&out));
}

static void cli_print_acl(struct cli_call *call, const struct acl *acl)
{
	cli_print(call, "%18s: %s\n", "ACL", acl->count ? "yes" : "no");
	acl_print(call, acl, "");
}

static enum cli_result cli_show_user(void *context, struct cli_call *call)
{
	const struct ami_user *u;

	if (call->argc != 1)
		return CLI_USAGE;
	u = ami_conf_user(((struct ami *)context)->conf, call->argv[0]);
	if (!u) {
		cli_print(call, "There is no manager called %.*s\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	cli_print(call, "\n%18s: %s\n", "username", u->name.ptr);
	cli_print(call, "%18s: %s\n", "secret", u->secret.len ? "<Set>" : "<N/A>");
	cli_print_acl(call, &u->acl);
	cli_print_classes(call, "read perm", u->read);
	cli_print_classes(call, "write perm", u->write);
	cli_print(call, "%18s: %s\n", "displayconnects", u->display_connects ? "yes" : "no");
	cli_print(call, "%18s: %s\n", "allowmultiplelogin", u->multiple_login ? "yes" : "no");
	cli_print(call, "%18s: \n", "Variables");
	for (uint32_t i = 0; i < u->setvar_count; i++)
		cli_print(call, "%20s = %s\n", u->setvars[i].name.ptr, u->setvars[i].value.ptr);
	return CLI_OK;
}

/* ---- settings ---- */

static void cli_setting(struct cli_call *call, const char *label, const char *value)
{
	char with_colon[32];

	snprintf(with_colon, sizeof(with_colon), "%s:", label);
	cli_print(call, "  %-25s  %-15.55s\n", with_colon, value);
}

static enum cli_result cli_show_settings(void *context, struct cli_call *call)
{
	const struct ami *a = context;
	const struct ami_conf *conf = a->conf;
	char bind[ADDR_TEXT], seconds[24];

	if (call->argc)
		return CLI_USAGE;
	snprintf(seconds, sizeof(seconds), "%lld", (long long)(conf->http_timeout_ms / 1000));
	cli_print(call, "\nGlobal Settings:\n----------------\n");
	cli_setting(call, "Manager (AMI)", cli_yes(conf->enabled));
	cli_setting(call, "Web Manager (AMI/HTTP)", cli_yes(conf->web_enabled));
	cli_setting(call, "TCP Bindaddress",
		    conf->enabled ? addr_text(&conf->bind, bind) : "Disabled");
	cli_setting(call, "HTTP Timeout (seconds)", seconds);
	cli_setting(call, "TLS Enable", cli_yes(conf->tls.enabled));
	cli_setting(call, "TLS Bindaddress",
		    conf->tls.enabled ? addr_text(&conf->tls.bind, bind) : "Disabled");
	cli_setting(call, "TLS Certfile", conf->tls.cert.ptr);
	cli_setting(call, "TLS Privatekey", conf->tls.key.ptr);
	cli_setting(call, "TLS Cipher", conf->tls.cipher.ptr);
	cli_setting(call, "Allow multiple login", cli_yes(conf->multiple_login));
	cli_setting(call, "Display connects", cli_yes(conf->display_connects));
	cli_setting(call, "Timestamp events", cli_yes(conf->timestamp_events));
	cli_setting(call, "Channel vars", conf->channelvars_text.ptr);
	cli_setting(call, "Disabled events", conf->disabled_text.ptr);
	cli_setting(call, "Debug", cli_yes(a->debug));
	return CLI_OK;
}

static enum cli_result cli_set_debug(void *context, struct cli_call *call)
{
	struct ami *a = context;

	if (call->argc > 1)
		return CLI_USAGE;
	if (call->argc == 0)
		cli_print(call, "manager debug is %s\n", a->debug ? "on" : "off");
	else if (slice_ieq(call->argv[0], SLICE_LIT("on")) ||
		 slice_ieq(call->argv[0], SLICE_LIT("off")))
		a->debug = call->argv[0].len == 2;
	else
		return CLI_USAGE;
	return CLI_OK;
}

static const struct cli_command cli_table[] = {
	{"manager show commands", "List all actions of the manager interface",
	 "Usage: manager show commands\n       Lists all actions of the manager interface.\n",
	 cli_show_commands},
	{"manager show command", "Explain actions of the manager interface",
	 "Usage: manager show command <action> [<action> ...]\n"
	 "       Explains each of the actions.\n",
	 cli_show_command},
	{"manager show connected", "List logged-in users of the manager interface",
	 "Usage: manager show connected\n       Lists the sessions that are logged in.\n",
	 cli_show_connected},
	{"manager show users", "List configured users of the manager interface",
	 "Usage: manager show users\n       Lists the users of manager.conf.\n", cli_show_users},
	{"manager show user", "Show one user of the manager interface",
	 "Usage: manager show user <user>\n       Shows what the user may do.\n", cli_show_user},
	{"manager show settings", "Show settings of the manager interface",
	 "Usage: manager show settings\n       Shows [general] of manager.conf as it is in "
	 "force.\n",
	 cli_show_settings},
	{"manager show events", "List all events of the manager interface",
	 "Usage: manager show events\n       Lists the events that this engine raises.\n",
	 cli_show_events},
	{"manager show event", "Explain one event of the manager interface",
	 "Usage: manager show event <event>\n       Shows when it is raised and its headers.\n",
	 cli_show_event},
	{"manager set debug", "Show or change the debug mode of the manager interface",
	 "Usage: manager set debug [on|off]\n"
	 "       Adds a number and a place to each event, and logs each action.\n",
	 cli_set_debug},
	{"manager kick session", "Close a session of the manager interface",
	 "Usage: manager kick session <descriptor>\n"
	 "       The number is in column FileDes of \"manager show connected\".\n",
	 cli_kick},
};

/* ---- completion ---- */

static void cli_list_actions(void *context, struct cli_words *words)
{
	(void)context;
	for (const struct ami_action *action = ami_action_after(NULL); action;
	     action = ami_action_after(action))
		cli_offer(words, slice_str(action->name));
}

static void cli_list_events(void *context, struct cli_words *words)
{
	(void)context;
	for (uint32_t i = 0; i < ami_event_manual_count; i++)
		cli_offer(words, slice_str(ami_event_manual[i].name));
}

static void cli_list_users(void *context, struct cli_words *words)
{
	const struct ami_conf *conf = ((struct ami *)context)->conf;

	for (uint32_t i = 0; i < conf->user_count; i++)
		cli_offer(words, conf->users[i].name);
}

static void cli_list_sessions(void *context, struct cli_words *words)
{
	struct ami *a = context;

	list_for (node, &a->sessions) {
		const struct ami_session *s = list_entry(node, struct ami_session, node);
		char text[16];

		snprintf(text, sizeof(text), "%d", s->number);
		if (ami_session_is_ready(s))
			cli_offer(words, slice_str(text));
	}
}

static const struct cli_kind cli_kinds[] = {
	{"action", cli_list_actions},
	{"event", cli_list_events},
	{"user", cli_list_users},
	{"descriptor", cli_list_sessions},
};

int ami_cli_register(struct ami *a)
{
	struct cli *cli = control_cli(a->control);
	int err = cli_register(cli, cli_table, ARRAY_COUNT(cli_table), a);

	return err ? err : cli_register_kinds(cli, cli_kinds, ARRAY_COUNT(cli_kinds), a);
}
