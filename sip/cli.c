/* sip/cli.c - see cli.h. */
#include "sip/cli.h"

#include "engine/base/check.h"
#include "sip/center_internal.h"
#include "sip/cli_internal.h"

#include <errno.h>

static struct cli_show cli_begin(struct sip_center *c, struct cli_call *call)
{
	return (struct cli_show){
		.call = call,
		.control = c->console,
		.admin = sip_center_admin(c),
	};
}

/* ---- lists ---- */

static enum cli_result cli_list(struct sip_center *c, struct cli_call *call, enum tech_kind kind,
				bool is_short)
{
	struct cli_show s = cli_begin(c, call);
	uint32_t cursor = 0, count = 0;
	struct tech_object o;

	s.is_short = is_short;
	if (!s.admin.ops->next(c, kind, &cursor, &o)) {
		cli_print(call, "No objects found.\n\n");
		return CLI_OK;
	}
	cli_show_head(&s, kind);
	do {
		cli_show_object(&s, &o);
		count++;
	} while (s.admin.ops->next(c, kind, &cursor, &o));
	cli_print(call, "\nObjects found: %u\n\n", count);
	return CLI_OK;
}

/* ---- one object ---- */

/* Contacts are named "aor/uri", as the list has them. */
static enum cli_result cli_one(struct sip_center *c, struct cli_call *call, enum tech_kind kind)
{
	struct cli_show s = cli_begin(c, call);
	bool is_endpoint = kind == TECH_ENDPOINT;
	struct tech_object o;

	if (call->argc != 1)
		return CLI_USAGE;
	if (!s.admin.ops->find(c, kind, call->argv[0], &o)) {
		cli_print(call, "Unable to find object %.*s.\n\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	cli_show_head(&s, kind);
	cli_show_object(&s, &o);
	cli_show_options(&s, &o, is_endpoint ? 35 : 0, is_endpoint ? 101 : 0);
	return CLI_OK;
}

/* Names for the completion of arguments. */
static void cli_offer_all(struct sip_center *c, struct cli_words *words, enum tech_kind kind)
{
	struct tech_admin admin = sip_center_admin(c);
	uint32_t cursor = 0;
	struct tech_object o;

	while (!cli_offer_is_full(words) && admin.ops->next(c, kind, &cursor, &o)) {
		char room[LIMIT_CONTACT_TEXT];
		struct sink name = sink_make(room, sizeof(room));

		if (kind == TECH_CONTACT) {
			sink_add(&name, ((const struct seat *)o.impl)->c.info.text[CONTACT_AOR]);
			sink_char(&name, '/');
		}
		sink_add(&name, o.name);
		cli_offer(words, sink_slice(&name));
	}
}

#define CLI_KIND(kind, many, one)                                                                  \
	static enum cli_result cli_show_##many(void *c, struct cli_call *call)                     \
	{                                                                                          \
		return call->argc ? CLI_USAGE : cli_list(c, call, kind, false);                    \
	}                                                                                          \
	static enum cli_result cli_list_##many(void *c, struct cli_call *call)                     \
	{                                                                                          \
		return call->argc ? CLI_USAGE : cli_list(c, call, kind, true);                     \
	}                                                                                          \
	static enum cli_result cli_show_##one(void *c, struct cli_call *call)                      \
	{                                                                                          \
		return cli_one(c, call, kind);                                                     \
	}                                                                                          \
	static void cli_offer_##many(void *c, struct cli_words *words)                             \
	{                                                                                          \
		cli_offer_all(c, words, kind);                                                     \
	}
CLI_KIND(TECH_ENDPOINT, endpoints, endpoint)
CLI_KIND(TECH_AOR, aors, aor)
CLI_KIND(TECH_AUTH, auths, auth)
CLI_KIND(TECH_CONTACT, contacts, contact)
CLI_KIND(TECH_TRANSPORT, transports, transport)
CLI_KIND(TECH_IDENTIFY, identifies, identify)
CLI_KIND(TECH_REGISTRATION, registrations, registration)

/* ---- settings ---- */

struct cli_setting {
	const char *name, *preset;
};

/* clang-format off */
static const struct cli_setting cli_global[] = {
	{"contact_expiration_check_interval", "30"}, {"debug", "no"}, {"default_from_user", "asterisk"},
	{"default_outbound_endpoint", "default_outbound_endpoint"}, {"default_realm", "asterisk"},
	{"endpoint_identifier_order", "ip,username,anonymous"}, {"keep_alive_interval", "90"},
	{"max_forwards", "70"}, {"max_initial_qualify_time", "0"},
	{"unidentified_request_count", "5"}, {"unidentified_request_period", "5"},
	{"unidentified_request_prune_interval", "30"}, {"use_callerid_contact", "no"},
	{"user_agent", "Ringer " RINGER_VERSION},
};
static const struct cli_setting cli_system[] = {
	{"compact_headers", "no"}, {"disable_rport", "no"}, {"disable_tcp_switch", "yes"},
	{"timer_b", "32000"}, {"timer_t1", "500"},
};
/* clang-format on */

static void cli_settings(const struct sip_conf *conf, struct cli_call *call, const char *type,
			 const struct cli_setting *list, uint32_t count)
{
	struct cli_pair pairs[ARRAY_COUNT(cli_global)];

	check(count <= ARRAY_COUNT(pairs));
	for (uint32_t i = 0; i < count; i++) {
		pairs[i].name = slice_str(list[i].name);
		pairs[i].value = slice_str(list[i].preset);
		for (uint32_t k = 0; k < conf->section_count; k++)
			if (slice_ieq(conf->sections[k].type, slice_str(type)))
				UNUSED(sip_conf_written(&conf->sections[k], pairs[i].name,
							&pairs[i].value));
	}
	cli_show_pairs(call, pairs, count, 0, 0);
}

static enum cli_result cli_show_settings(void *context, struct cli_call *call)
{
	const struct sip_center *c = context;

	cli_print(call, "\nGlobal Settings:\n");
	cli_settings(c->conf, call, "global", cli_global, ARRAY_COUNT(cli_global));
	cli_print(call, "\nSystem Settings:\n");
	cli_settings(c->conf, call, "system", cli_system, ARRAY_COUNT(cli_system));
	return CLI_OK;
}

/* ---- commands ---- */

static enum cli_result cli_qualify(void *context, struct cli_call *call)
{
	struct sip_center *c = context;
	const struct sip_conf_endpoint *ep;

	if (call->argc != 1)
		return CLI_USAGE;
	ep = sip_conf_endpoint(c->conf, call->argv[0]);
	if (!ep) {
		cli_print(call, "Unable to retrieve endpoint %.*s\n", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	if (!ep->aor_count) {
		cli_print(call, "Endpoint %.*s has no AoR's configured\n", SLICE_ARG(ep->name));
		return CLI_FAIL;
	}
	for (uint32_t i = 0; i < ep->aor_count; i++)
		cli_print(call, "Qualifying AOR '%.*s' on endpoint '%.*s'\n",
			  SLICE_ARG(ep->aors[i]->name), SLICE_ARG(ep->name));
	return center_admin_ops.command(c, TECH_QUALIFY, ep->name) ? CLI_FAIL : CLI_OK;
}

static enum cli_result cli_registration(struct sip_center *c, struct cli_call *call,
					enum tech_command command)
{
	int err;

	if (call->argc != 1)
		return CLI_USAGE;
	err = center_admin_ops.command(c, command, call->argv[0]);
	if (err == -ENOENT)
		cli_print(call, "Unable to retrieve registration %.*s\n", SLICE_ARG(call->argv[0]));
	else if (err)
		cli_print(call, "The shards are behind; try again\n");
	return err ? CLI_FAIL : CLI_OK;
}

static enum cli_result cli_send_register(void *c, struct cli_call *call)
{
	return cli_registration(c, call, TECH_REGISTER);
}

static enum cli_result cli_send_unregister(void *c, struct cli_call *call)
{
	return cli_registration(c, call, TECH_UNREGISTER);
}

/* clang-format off */
#define CLI_SHOW(many, title, text)                                                                \
	{"pjsip show " #many, "Show PJSIP " title, "Usage: pjsip show " #many "\n       " text "\n",  \
	 cli_show_##many},                                                                         \
	{"pjsip list " #many, "List PJSIP " title,                                                 \
	 "Usage: pjsip list " #many "\n       The same in short: one line for each.\n", cli_list_##many}
#define CLI_ONE(one, title, text)                                                                  \
	{"pjsip show " #one, "Show PJSIP " title, "Usage: pjsip show " #one " <" #one ">\n       " text "\n", \
	 cli_show_##one}

static const struct cli_command cli_commands[] = {
	CLI_SHOW(endpoints, "Endpoints",
		 "Endpoints of pjsip.conf with their state, contacts and channels."),
	CLI_ONE(endpoint, "Endpoint", "One endpoint, what belongs to it, and all its options."),
	CLI_SHOW(aors, "Aors", "AORs of pjsip.conf and their contacts."),
	CLI_ONE(aor, "Aor", "One AOR, its contacts, and all its options."),
	CLI_SHOW(auths, "Auths", "Credentials of pjsip.conf, without their secrets."),
	CLI_ONE(auth, "Auth", "One auth object and its options; secrets are hidden."),
	CLI_SHOW(contacts, "Contacts",
		 "Contacts of all AORs, static and registered, and whether they answer."),
	CLI_ONE(contact, "Contact", "One contact, named aor/uri, and all that is known of it."),
	CLI_SHOW(transports, "Transports", "Transports of pjsip.conf."),
	CLI_ONE(transport, "Transport", "One transport and all its options."),
	CLI_SHOW(identifies, "Identifies", "How callers are told apart: type=identify of pjsip.conf."),
	CLI_ONE(identify, "Identify", "One identify object and all its options."),
	CLI_SHOW(registrations, "Registrations", "Our registrations with others, and how they stand."),
	CLI_ONE(registration, "Registration", "One of our registrations and all its options."),
	{"pjsip show channels", "Show PJSIP Channels",
	 "Usage: pjsip show channels\n       Channels of PJSIP: what they run, their state and age, whom they are connected to.\n",
	 center_show_channels},
	{"pjsip list channels", "List PJSIP Channels",
	 "Usage: pjsip list channels\n       The same in short: one line for each.\n", center_list_channels},
	{"pjsip show channel", "Show PJSIP Channel",
	 "Usage: pjsip show channel <channel>\n       One channel, and its addresses, URIs and tags.\n",
	 center_show_channel},
	{"pjsip show channelstats", "Show PJSIP Channel Stats",
	 "Usage: pjsip show channelstats\n       The audio of all channels: packets, loss in percent, jitter and round trip in seconds.\n"
	 "       Transmit is what the far ends report.\n",
	 center_show_channelstats},
	{"pjsip show targets", "Show PJSIP targets that are held or down",
	 "Usage: pjsip show targets\n"
	 "       Addresses that are not called now: Held, they asked for a pause (503 with Retry-After);\n"
	 "       Down, they do not answer. On trial: the next call shows. Silent: the last call was not\n"
	 "       answered. Then the trunks all of whose targets are so, with the orders that wait.\n",
	 center_show_targets},
	{"pjsip show settings", "Show global and system configuration options",
	 "Usage: pjsip show settings\n       What type=global and type=system of pjsip.conf say.\n",
	 cli_show_settings},
	{"pjsip set logger", "Enable/Disable PJSIP Logger Output",
	 "Usage: pjsip set logger {on|off|host|add|method|verbose|pcap} [<address>|<method>|on|off|<file>]\n"
	 "       Writes every SIP message to consoles and to log files that take verbose lines.\n"
	 "       host: only those to and from this address, with or without a port; add: from this\n"
	 "       one, too. method: only requests of this method, and responses to them. on: of all\n"
	 "       hosts and methods. verbose off: nothing is written, whatever else is set.\n"
	 "       pcap: what is logged goes into this new file, too (below the log directory, unless its\n"
	 "       name begins with a /), until off; at most 1 GiB.\n",
	 center_set_logger},
	{"pjsip set history", "Enable/Disable PJSIP History",
	 "Usage: pjsip set history {on|off|clear}\n"
	 "       Whether the latest messages are remembered, for ladders; from the start they are.\n",
	 center_set_history},
	{"pjsip show history", "Display the latest SIP messages",
	 "Usage: pjsip show history [<count>]\n       The latest ones of each shard by time; 100 unless told.\n",
	 center_show_history},
	{"pjsip show ladder", "Display the SIP messages of a call with their times",
	 "Usage: pjsip show ladder {<channel>|<Call-ID>}\n"
	 "       Which way each went, how long after the first, and with whom. Calls that ended are\n"
	 "       found as long as their messages are remembered.\n",
	 center_show_ladder},
	{"pjsip qualify", "Send an OPTIONS request to a PJSIP endpoint",
	 "Usage: pjsip qualify <endpoint>\n       Asks all contacts of the endpoint whether they are there. Without\n"
	 "       qualify_frequency they have no state: the answer is logged (verbose 3).\n",
	 cli_qualify},
	{"pjsip send notify", "Send a NOTIFY request to a SIP endpoint",
	 "Usage: pjsip send notify <type> {endpoint|uri|channel} <peer> [<peer>...]\n"
	 "       Sends a NOTIFY to all contacts of endpoints, to URIs (by default_outbound_endpoint), or\n"
	 "       to the far ends of channels. What it says is a section of pjsip_notify.conf.\n",
	 center_send_notify},
	{"pjsip send register", "Registers an outbound registration target",
	 "Usage: pjsip send register {<registration>|*all}\n       Makes it anew now.\n",
	 cli_send_register},
	{"pjsip send unregister", "Unregisters outbound registration target",
	 "Usage: pjsip send unregister {<registration>|*all}\n       Ends it, and does not make it again until told to.\n",
	 cli_send_unregister},
};
/* clang-format on */

static const struct cli_kind cli_kinds[] = {
	{"endpoint", cli_offer_endpoints},
	{"aor", cli_offer_aors},
	{"auth", cli_offer_auths},
	{"contact", cli_offer_contacts},
	{"transport", cli_offer_transports},
	{"identify", cli_offer_identifies},
	{"registration", cli_offer_registrations},
	{"type", center_offer_notify_kinds}, /* of NOTIFY: no other command has types */
	{"peer", cli_offer_endpoints},
	{"peer", center_offer_channels},
};

int sip_cli_register(struct sip_center *c, struct control *control)
{
	struct cli *cli = control_cli(control);
	int err = cli_register(cli, cli_commands, ARRAY_COUNT(cli_commands), c);

	c->console = control;
	if (!err)
		err = cli_register_kinds(cli, cli_kinds, ARRAY_COUNT(cli_kinds), c);
	return err ? err : cli_stir_register(cli, c);
}
