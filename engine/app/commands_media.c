/* engine/app/commands_media.c - console commands about what calls are made of: codecs, files, kinds
 * of channels, RTP. Layouts are Asterisk's (cli.md 3 and 5). */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"

#include <stdio.h>

/* ---- codecs and files ---- */

static const struct {
	enum codec codec;
	unsigned number; /* Asterisk's */
	const char *about;
} codec_rows[] = {{CODEC_PCMU, 3, "G.711 u-law"}, {CODEC_PCMA, 4, "G.711 a-law"}};

static enum cli_result cmd_show_codecs(void *context, struct cli_call *call)
{
	bool audio = call->argc == 0 || slice_ieq(call->argv[0], SLICE_LIT("audio"));

	UNUSED(context);
	if (call->argc > 1)
		return CLI_USAGE;
	cli_print(call, "Disclaimer: this command is for informational purposes only.\n"
			"\tIt does not indicate anything about your configuration.\n");
	cli_print(call, "%8s %-5s %-12s %-16s %7s %s\n", "ID", "TYPE", "NAME", "FORMAT", "QUALITY",
		  "DESCRIPTION");
	cli_print(call,
		  "----------------------------------------------------------------------------"
		  "--------------------\n");
	for (size_t i = 0; audio && i < ARRAY_COUNT(codec_rows); i++) {
		const char *name = codec_name(codec_rows[i].codec);

		cli_print(call, "%8u %-5s %-12s %-16s %7d (%s)\n", codec_rows[i].number, "audio",
			  name, name, 100, codec_rows[i].about);
	}
	return CLI_OK;
}

/* Nothing is translated during a call: prompts are kept in each codec. */
static enum cli_result cmd_show_translation(void *context, struct cli_call *call)
{
	UNUSED(context);
	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call,
		  "         Translation times between formats (in microseconds) for one second "
		  "of data\n          Source Format (Rows) Destination Format (Columns)\n\n");
	cli_print(call, " %4s", "");
	for (size_t i = 0; i < ARRAY_COUNT(codec_rows); i++)
		cli_print(call, "%6s", codec_name(codec_rows[i].codec));
	for (size_t row = 0; row < ARRAY_COUNT(codec_rows); row++) {
		cli_print(call, "\n %4s", codec_name(codec_rows[row].codec));
		for (size_t i = 0; i < ARRAY_COUNT(codec_rows); i++)
			cli_print(call, "%6s", "-");
	}
	cli_print(call, "\n");
	return CLI_OK;
}

static enum cli_result cmd_show_file_formats(void *context, struct cli_call *call)
{
	static const char *const rows[][3] = {{"slin", "wav", "wav"},
					      {"slin", "sln", "sln|slin|raw"},
					      {"ulaw", "pcm", "pcm|ulaw|ul|mu|ulw"},
					      {"alaw", "alaw", "alaw|al|alw"}};

	UNUSED(context);
	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call, "%-10s %-10s %-20s\n", "Format", "Name", "Extensions");
	cli_print(call, "%-10s %-10s %-20s\n", "------", "----", "----------");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		cli_print(call, "%-10s %-10s %-20s\n", rows[i][0], rows[i][1], rows[i][2]);
	cli_print(call, "%zu file formats registered.\n", ARRAY_COUNT(rows));
	return CLI_OK;
}

/* ---- kinds of channels ---- */

static const char *yes_no(bool on)
{
	return on ? "yes" : "no";
}

#define TYPE_ROW "%-15.15s  %-40.40s %-13.13s %-13.13s %-13.13s %-13.13s\n"

static enum cli_result cmd_show_channel_types(void *context, struct cli_call *call)
{
	static const char rule[] = "-------------";
	struct engine *e = context;
	uint32_t count = 0;

	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call, TYPE_ROW, "Type", "Description", "Devicestate", "Presencestate",
		  "Indications", "Transfer");
	cli_print(call, TYPE_ROW, rule, rule, rule, rule, rule, rule);
	for (; count < ARRAY_COUNT(e->techs) && e->techs[count]; count++) {
		char about[64];

		snprintf(about, sizeof(about), "%s Channel Driver", e->techs[count]->name);
		cli_print(call, TYPE_ROW, e->techs[count]->name, about, "yes", "no",
			  yes_no(e->techs[count]->indicate), yes_no(e->techs[count]->transfer));
	}
	cli_print(call, "----------\n%u channel drivers registered.\n", count);
	return CLI_OK;
}

static enum cli_result cmd_show_channel_type(void *context, struct cli_call *call)
{
	struct engine *e = context;
	char formats[64];
	struct sink out = sink_make(formats, sizeof(formats));
	const struct tech_ops *tech = NULL;
	struct codec_list spoken = {0};

	if (call->argc != 1)
		return CLI_USAGE;
	for (size_t i = 0; i < ARRAY_COUNT(e->techs) && e->techs[i]; i++)
		if (slice_ieq(slice_str(e->techs[i]->name), call->argv[0]))
			tech = e->techs[i];
	if (!tech) {
		cli_print(call, "\n%.*s is not a registered channel driver.\n",
			  SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	codec_list_allow(&spoken, SLICE_LIT("all"));
	codec_list_write(&out, &spoken);
	cli_print(call, "-- Info about channel driver: %s --\n", tech->name);
	cli_print(call, "  Device State: yes\nPresence State: no\n");
	cli_print(call, "    Indication: %s\n     Transfer : %s\n", yes_no(tech->indicate),
		  yes_no(tech->transfer));
	cli_print(call, "  Capabilities: %s\n   Digit Begin: yes\n     Digit End: yes\n",
		  sink_cstr(&out));
	cli_print(call, "    Send HTML : no\n Image Support: no\n  Text Support: %s\n",
		  yes_no(tech->send_text));
	return CLI_OK;
}

static void list_channel_types(void *context, struct cli_words *words)
{
	const struct engine *e = context;

	for (size_t i = 0; i < ARRAY_COUNT(e->techs) && e->techs[i]; i++)
		cli_offer(words, slice_str(e->techs[i]->name));
}

/* ---- RTP ---- */

static const char *enabled(bool on)
{
	return on ? "Enabled" : "Disabled";
}

static enum cli_result cmd_show_rtp(void *context, struct cli_call *call)
{
	const struct rtp_conf *rtp = &((const struct engine *)context)->now->media.rtp;

	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call, "\n\nGeneral Settings:\n----------------\n");
	cli_print(call, "  Port start:      %u\n  Port end:        %u\n", rtp->port_start,
		  rtp->port_end);
	cli_print(call, "  Checksums:       Yes\n  DTMF Timeout:    %u\n",
		  rtp->dtmf_timeout_samples);
	cli_print(call, "  Strict RTP:      %s\n", rtp->strict == LATCH_NO ? "No" : "Yes");
	if (rtp->strict != LATCH_NO)
		cli_print(call, "  Probation:       %u frames\n", rtp->probation);
	cli_print(call, "  Replay Protect:  No\n  ICE support:     No\n");
	return CLI_OK;
}

static enum cli_result watch_told(struct engine *e, struct cli_call *call)
{
	if (control_media_write(e->control, &e->rtp_debug, sizeof(e->rtp_debug)))
		return CLI_OK;
	cli_print(call, "Not all shards could be told: they are behind. Try again\n");
	return CLI_FAIL;
}

/* "on", "off", "ip ADDRESS[:PORT]". */
static enum cli_result watch_packets(struct engine *e, struct cli_call *call, const char *what,
				     bool *on, struct addr *host)
{
	struct slice how = call->argc ? call->argv[0] : SLICE_EMPTY;
	char where[ADDR_TEXT];

	if (call->argc == 1 &&
	    (slice_ieq(how, SLICE_LIT("on")) || slice_ieq(how, SLICE_LIT("off")))) {
		*on = slice_ieq(how, SLICE_LIT("on"));
		*host = (struct addr){0};
		cli_print(call, "%s Packet Debugging %s\n", what, enabled(*on));
		return watch_told(e, call);
	}
	if (call->argc != 2 || !slice_ieq(how, SLICE_LIT("ip")))
		return CLI_USAGE;
	if (!addr_parse(host, call->argv[1], 0)) {
		cli_print(call, "Lookup failed for '%.*s'\n", SLICE_ARG(call->argv[1]));
		return CLI_FAIL;
	}
	*on = true;
	cli_print(call, "%s Packet Debugging Enabled for address: %s\n", what,
		  addr_text(host, where));
	return watch_told(e, call);
}

static enum cli_result cmd_rtp_debug(void *context, struct cli_call *call)
{
	struct engine *e = context;

	return watch_packets(e, call, "RTP", &e->rtp_debug.rtp, &e->rtp_debug.rtp_host);
}

static enum cli_result cmd_rtcp_debug(void *context, struct cli_call *call)
{
	struct engine *e = context;

	return watch_packets(e, call, "RTCP", &e->rtp_debug.rtcp, &e->rtp_debug.rtcp_host);
}

static enum cli_result cmd_rtcp_stats(void *context, struct cli_call *call)
{
	struct engine *e = context;
	bool on = call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("on"));

	if (!on && !(call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("off"))))
		return CLI_USAGE;
	e->rtp_debug.stats = on;
	cli_print(call, "RTCP Stats %s\n", enabled(on));
	return watch_told(e, call);
}

/* ---- table ---- */

static const struct cli_kind media_kinds[] = {{"channeltype", list_channel_types}};

static const struct cli_command media_commands[] = {
	{"core show codecs", "Displays a list of registered codecs",
	 "Usage: core show codecs [audio|video|image|text]\n"
	 "       Lists the codecs that calls can speak.",
	 cmd_show_codecs},
	{"core show translation", "Display translation matrix",
	 "Usage: core show translation\n"
	 "       Shows what it costs to turn one codec into another during a call: Ringer never "
	 "does.",
	 cmd_show_translation},
	{"core show file formats", "Displays file formats",
	 "Usage: core show file formats\n       Lists the kinds of sound files that can be played.",
	 cmd_show_file_formats},
	{"core show channeltypes", "List available channel types",
	 "Usage: core show channeltypes\n       Lists what a channel's name can begin with.",
	 cmd_show_channel_types},
	{"rtp show settings", "Display RTP settings",
	 "Usage: rtp show settings\n       Shows what rtp.conf set.", cmd_show_rtp},
	{"core show channeltype", "Give more details on that channel type",
	 "Usage: core show channeltype <channeltype>\n       Shows what channels of this kind can "
	 "do.",
	 cmd_show_channel_type},
	{"rtp set debug", "Enable/Disable RTP debugging",
	 "Usage: rtp set debug {on|off|ip} [<address>]\n"
	 "       Writes a line for each RTP packet to consoles and to log files that take verbose\n"
	 "       lines. ip: only those to and from this address, with or without a port.",
	 cmd_rtp_debug},
	{"rtcp set debug", "Enable/Disable RTCP debugging",
	 "Usage: rtcp set debug {on|off|ip} [<address>]\n"
	 "       Writes each RTCP report that is sent or comes, as rtp set debug writes packets.",
	 cmd_rtcp_debug},
	{"rtcp set stats", "Enable/Disable RTCP stats",
	 "Usage: rtcp set stats {on|off}\n"
	 "       Writes a line for each report about what we sent: loss, jitter, round trip.",
	 cmd_rtcp_stats},
};

int engine_register_media_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, media_commands, ARRAY_COUNT(media_commands), e);

	return err ? err : cli_register_kinds(cli, media_kinds, ARRAY_COUNT(media_kinds), e);
}
