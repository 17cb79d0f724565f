/* sip/cli_stir.c - the console's "stir_shaken show ...": what stir_shaken.conf says, and what is
 * made of it. Of keys only the name of the file is shown. */
#include "engine/base/check.h"
#include "sip/center_internal.h"
#include "sip/cli_internal.h"
#include "sip/stir.h"

static const struct sip_stir *stir_of(const void *context)
{
	return ((const struct sip_center *)context)->conf->stir;
}

/* Wide enough for all options and for the title. */
static int stir_width(const struct sip_stir_object *o, enum sip_stir_kind kind, size_t title_len)
{
	struct slice name, value;
	size_t width = title_len;

	for (uint32_t i = 0; (name = sip_stir_show(o, kind, i, &value)).len > 0; i++)
		width = name.len > width ? name.len : width;
	return (int)width;
}

static void stir_print(struct cli_call *call, const struct sip_stir_object *o,
		       enum sip_stir_kind kind, const char *what)
{
	char room[LIMIT_NAME + 64];
	struct sink title = sink_make(room, sizeof(room));
	struct slice name, value;
	int width;

	sink_str(&title, what);
	if (kind == SIP_STIR_PROFILE || kind == SIP_STIR_TN)
		sink_fmt(&title, ": %.*s", SLICE_ARG(o->name));
	width = stir_width(o, kind, title.len);
	cli_print(call,
		  "\n============================================================================="
		  "=\n%.*s\n---------------------------------------------------------------------"
		  "---------\n",
		  SLICE_ARG(sink_slice(&title)));
	for (uint32_t i = 0; (name = sip_stir_show(o, kind, i, &value)).len > 0; i++)
		cli_print(call, "%-*.*s: %.*s\n", width, SLICE_ARG(name), SLICE_ARG(value));
	if (kind == SIP_STIR_PROFILE || kind == SIP_STIR_VERIFICATION)
		cli_print(call, "Incoming calls are not verified, whatever is set.\n");
	cli_print(call, "---------------------------------------------\n\n");
}

static enum cli_result stir_show_single(struct cli_call *call, const struct sip_stir_object *o,
					enum sip_stir_kind kind, const char *title)
{
	if (call->argc)
		return CLI_USAGE;
	if (o && o->name.len)
		stir_print(call, o, kind, title);
	else
		cli_print(call, "No stir/shaken configuration found\n");
	return CLI_OK;
}

static enum cli_result stir_show_attestation(void *context, struct cli_call *call)
{
	const struct sip_stir *stir = stir_of(context);

	return stir_show_single(call, stir ? &stir->attestation : NULL, SIP_STIR_ATTESTATION,
				"Default Attestation");
}

static enum cli_result stir_show_verification(void *context, struct cli_call *call)
{
	const struct sip_stir *stir = stir_of(context);

	return stir_show_single(call, stir ? &stir->verification : NULL, SIP_STIR_VERIFICATION,
				"Default Verification");
}

/* ---- tns ---- */

static enum cli_result stir_show_tns(void *context, struct cli_call *call)
{
	const struct sip_stir *stir = stir_of(context);

	if (call->argc)
		return CLI_USAGE;
	if (!stir || !stir->tn_count)
		cli_print(call, "No stir/shaken TNs found\n");
	for (uint32_t i = 0; stir && i < stir->tn_count; i++)
		stir_print(call, &stir->tns[i], SIP_STIR_TN, "TN");
	return CLI_OK;
}

static enum cli_result stir_show_tn(void *context, struct cli_call *call)
{
	const struct sip_stir_object *tn;

	if (call->argc != 1)
		return CLI_USAGE;
	tn = sip_stir_tn(stir_of(context), call->argv[0]);
	if (tn)
		stir_print(call, tn, SIP_STIR_TN, "TN");
	else
		cli_print(call, "No stir/shaken configuration found\n");
	return CLI_OK;
}

/* ---- profiles, as written and with what they inherit ---- */

static void stir_print_profile(const struct sip_stir *stir, struct cli_call *call,
			       const struct sip_stir_object *profile, bool is_effective)
{
	struct sip_stir_object effective;

	if (is_effective)
		sip_stir_effective(stir, profile, &effective);
	stir_print(call, is_effective ? &effective : profile, SIP_STIR_PROFILE,
		   is_effective ? "Effective Profile" : "Profile");
}

static enum cli_result stir_list(const struct sip_stir *stir, struct cli_call *call,
				 bool is_effective)
{
	if (call->argc)
		return CLI_USAGE;
	if (!stir || !stir->profile_count)
		cli_print(call, "No stir/shaken %sprofiles found\n", is_effective ? "e" : "");
	for (uint32_t i = 0; stir && i < stir->profile_count; i++)
		stir_print_profile(stir, call, &stir->profiles[i], is_effective);
	return CLI_OK;
}

static enum cli_result stir_one(const struct sip_stir *stir, struct cli_call *call,
				bool is_effective)
{
	const struct sip_stir_object *profile;

	if (call->argc != 1)
		return CLI_USAGE;
	profile = sip_stir_profile(stir, call->argv[0]);
	if (!profile) {
		cli_print(call, "%s %.*s doesn't exist\n",
			  is_effective ? "Effective Profile" : "Profile", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	stir_print_profile(stir, call, profile, is_effective);
	return CLI_OK;
}

static enum cli_result stir_show_profiles(void *context, struct cli_call *call)
{
	return stir_list(stir_of(context), call, false);
}

static enum cli_result stir_show_eprofiles(void *context, struct cli_call *call)
{
	return stir_list(stir_of(context), call, true);
}

static enum cli_result stir_show_profile(void *context, struct cli_call *call)
{
	return stir_one(stir_of(context), call, false);
}

static enum cli_result stir_show_eprofile(void *context, struct cli_call *call)
{
	return stir_one(stir_of(context), call, true);
}

static void stir_offer(struct cli_words *words, const struct sip_stir_object *list, uint32_t count)
{
	for (uint32_t i = 0; i < count && !cli_offer_is_full(words); i++)
		cli_offer(words, list[i].name);
}

static void stir_offer_profiles(void *context, struct cli_words *words)
{
	const struct sip_stir *stir = stir_of(context);

	if (stir)
		stir_offer(words, stir->profiles, stir->profile_count);
}

static void stir_offer_tns(void *context, struct cli_words *words)
{
	const struct sip_stir *stir = stir_of(context);

	if (stir)
		stir_offer(words, stir->tns, stir->tn_count);
}

/* clang-format off */
static const struct cli_command stir_commands[] = {
	{"stir_shaken show attestation", "Show stir/shaken attestation configuration",
	 "Usage: stir_shaken show attestation\n       Show the stir/shaken attestation settings\n",
	 stir_show_attestation},
	{"stir_shaken show verification", "Show stir/shaken verification configuration",
	 "Usage: stir_shaken show verification\n       Show the stir/shaken verification settings, which are not in force\n",
	 stir_show_verification},
	{"stir_shaken show tn", "Show stir/shaken TN configuration by id",
	 "Usage: stir_shaken show tn <tn>\n       Show the settings for a given TN\n", stir_show_tn},
	{"stir_shaken show tns", "Show all stir/shaken attestation TN configurations",
	 "Usage: stir_shaken show tns\n       Show all attestation TNs\n", stir_show_tns},
	{"stir_shaken show profile", "Show stir/shaken profile by id",
	 "Usage: stir_shaken show profile <stir_profile>\n       Show the stir/shaken profile settings for a given id\n",
	 stir_show_profile},
	{"stir_shaken show profiles", "Show all stir/shaken profiles",
	 "Usage: stir_shaken show profiles\n       Show all profiles for stir/shaken\n",
	 stir_show_profiles},
	{"stir_shaken show eprofile", "Show stir/shaken eprofile by id",
	 "Usage: stir_shaken show eprofile <stir_profile>\n       Show a profile with what it takes from [attestation] and [verification]\n",
	 stir_show_eprofile},
	{"stir_shaken show eprofiles", "Show all stir/shaken eprofiles",
	 "Usage: stir_shaken show eprofiles\n       Show all profiles with what they take from [attestation] and [verification]\n",
	 stir_show_eprofiles},
};
/* clang-format on */

static const struct cli_kind stir_cli_kinds[] = {
	{"stir_profile", stir_offer_profiles},
	{"tn", stir_offer_tns},
};

int cli_stir_register(struct cli *cli, struct sip_center *c)
{
	int err = cli_register(cli, stir_commands, ARRAY_COUNT(stir_commands), c);

	return err ? err : cli_register_kinds(cli, stir_cli_kinds, ARRAY_COUNT(stir_cli_kinds), c);
}
