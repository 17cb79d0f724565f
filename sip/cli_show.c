/* sip/cli_show.c - objects in the columns of Asterisk's console (cli.md 5). */
#include "sip/cli_internal.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/core/device.h"
#include "engine/io/io.h"

#include <stdio.h>
#include <stdlib.h>

#define CLI_LABEL 9 /* column of the colon at level 0 */
#define CLI_HASH  59
#define CLI_PAIRS 192

/* ---- lines ---- */

void cli_line_pad(struct sink *out, size_t column)
{
	while (out->len < column && !out->over)
		sink_char(out, ' ');
}

struct sink cli_line_begin(char *room, unsigned level, const char *label, const char *gap)
{
	struct sink out = sink_make(room, CLI_LINE - 2);

	cli_line_pad(&out, CLI_LABEL + 2 * (size_t)level - strlen(label));
	sink_str(&out, label);
	sink_char(&out, ':');
	sink_str(&out, gap);
	return out;
}

void cli_line_end(struct cli_show *s, struct sink *out)
{
	while (out->len && out->ptr[out->len - 1] == ' ')
		out->len--;
	cli_print(s->call, "%.*s\n", (int)out->len, out->ptr);
}

void cli_write_time(struct sink *out, int64_t seconds)
{
	sink_fmt(out, "%02lld:%02lld:%02lld", (long long)(seconds / 3600),
		 (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

/* A value cut so that something fits behind it. */
void cli_line_value(struct sink *out, struct slice value, size_t column)
{
	size_t room = column > out->len + 1 ? column - out->len - 1 : 0;

	sink_add(out, slice_head(value, room));
	cli_line_pad(out, column);
}

/* "<Name.......>" up to the column. */
void cli_line_template(struct sink *out, const char *name, size_t column)
{
	sink_char(out, '<');
	sink_str(out, name);
	while (out->len + 1 < column && !out->over)
		sink_char(out, '.');
	sink_char(out, '>');
}

/* ---- templates ---- */

static void head_contact(struct cli_show *s, unsigned level)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level, "Contact", "  ");

	cli_line_template(&out, "Aor/ContactUri", CLI_HASH - 1);
	sink_lit(&out, " <Hash....> <Status> <RTT(ms)..>");
	cli_line_end(s, &out);
}

static void head_aor(struct cli_show *s, unsigned level)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level, "Aor", "  ");

	cli_line_template(&out, "Aor", CLI_SECOND - 2);
	sink_lit(&out, "  <MaxContact>");
	cli_line_end(s, &out);
	if (!s->is_short)
		head_contact(s, level + 1);
}

static void head_wide(struct cli_show *s, unsigned level, const char *label, const char *name)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level, label, "  ");

	cli_line_template(&out, name, 90);
	cli_line_end(s, &out);
}

static void head_transport(struct cli_show *s, unsigned level)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level, "Transport", "  ");

	sink_lit(&out, "<TransportId........>  <Type>  <cos>  <tos>  ");
	cli_line_template(&out, "BindAddress", 90);
	cli_line_end(s, &out);
}

static void head_identify(struct cli_show *s, unsigned level)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level + 1, "Match", "  ");

	head_wide(s, level, "Identify", "Identify/Endpoint");
	sink_lit(&out, "<criteria.........................>");
	if (!s->is_short)
		cli_line_end(s, &out);
}

static void head_endpoint(struct cli_show *s)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, 0, "Endpoint", "  ");

	cli_line_template(&out, "Endpoint/CID", CLI_SECOND - 2);
	sink_lit(&out, "  <State.....>  <Channels.>");
	cli_line_end(s, &out);
	if (s->is_short)
		return;
	head_wide(s, 1, "I/OAuth", "AuthId/UserName");
	head_aor(s, 1);
	head_transport(s, 1);
	head_identify(s, 1);
	cli_head_channel(s, 1);
}

void cli_show_head(struct cli_show *s, enum tech_kind kind)
{
	cli_print(s->call, "\n");
	switch (kind) {
	case TECH_ENDPOINT:
		head_endpoint(s);
		break;
	case TECH_AOR:
		head_aor(s, 0);
		break;
	case TECH_AUTH:
		head_wide(s, 0, "I/OAuth", "AuthId/UserName");
		break;
	case TECH_CONTACT:
		head_contact(s, 0);
		break;
	case TECH_TRANSPORT:
		head_transport(s, 0);
		break;
	case TECH_IDENTIFY:
		head_identify(s, 0);
		break;
	case TECH_REGISTRATION:
		cli_print(s->call, " <Registration/ServerURI..............................>  "
				   "<Auth..........>  <Status.......>\n");
		break;
	case TECH_KIND_COUNT:
		break;
	}
	cli_print(s->call, CLI_RULE "\n");
}

/* ---- options of an object ---- */

struct show_want {
	char room[512];
};

static struct slice show_option(const struct cli_show *s, const struct tech_object *o,
				const char *name, struct show_want *w)
{
	struct sink value = sink_make(w->room, sizeof(w->room));

	s->admin.ops->option(s->admin.impl, o, name, &value);
	return sink_slice(&value);
}

/* ---- objects ---- */

static void show_contact(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE], text_room[512];
	struct sink out = cli_line_begin(room, s->level, "Contact", "  ");
	struct sink text = sink_make(text_room, sizeof(text_room));
	struct slice status, id, rtt;
	struct show_want w;
	uint64_t us;

	sink_add(&text, show_option(s, o, "aor", &w));
	sink_char(&text, '/');
	sink_add(&text, o->name);
	cli_line_value(&out, sink_slice(&text), CLI_HASH);
	id = show_option(s, o, "id", &w);
	sink_add(&out, slice_head(slice_from(id, slice_find(id, '@') + 1), 10));
	status = show_option(s, o, "status_short", &w);
	sink_fmt(&out, " %-7.*s ", (int)(status.len < 7 ? status.len : 7), status.ptr);
	rtt = show_option(s, o, "roundtrip_usec", &w);
	if (slice_u64(rtt, UINT64_MAX, &us))
		sink_fmt(&out, "%11.3f", (double)us / 1000);
	else
		sink_lit(&out, "        nan");
	cli_line_end(s, &out);
}

static void show_nested(void *arg, const struct tech_object *o)
{
	cli_show_object(arg, o);
}

static void show_related(struct cli_show *s, const struct tech_object *o, enum tech_kind kind)
{
	s->level++;
	s->admin.ops->related(s->admin.impl, o, kind, show_nested, s);
	s->level--;
}

static void show_aor(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, s->level, "Aor", "  ");
	struct show_want w;

	cli_line_value(&out, o->name, CLI_SECOND);
	sink_add(&out, show_option(s, o, "max_contacts", &w));
	cli_line_end(s, &out);
	if (!s->is_short)
		show_related(s, o, TECH_CONTACT);
}

static void show_auth(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, s->level, s->label ? s->label : "Auth", "  ");
	struct show_want w;

	sink_add(&out, o->name);
	sink_char(&out, '/');
	sink_add(&out, show_option(s, o, "username", &w));
	cli_line_end(s, &out);
}

static void show_transport(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE], name[64];
	struct sink out = cli_line_begin(room, s->level, "Transport", "  ");
	struct show_want type, cos, tos, bind;
	struct slice p = show_option(s, o, "protocol", &type), c = show_option(s, o, "cos", &cos);
	struct slice t = show_option(s, o, "tos", &tos), b = show_option(s, o, "bind", &bind);

	slice_copy(name, sizeof(name), o->name);
	sink_fmt(&out, "%-21.21s  %6.*s  %5.*s  %5.*s  %.*s", name, SLICE_ARG(p), SLICE_ARG(c),
		 SLICE_ARG(t), SLICE_ARG(b));
	cli_line_end(s, &out);
}

static void show_identify(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, s->level, "Identify", "  ");
	struct slice match, part;
	struct show_want w;

	sink_add(&out, o->name);
	sink_char(&out, '/');
	sink_add(&out, show_option(s, o, "endpoint", &w));
	cli_line_end(s, &out);
	match = show_option(s, o, "match", &w);
	while (!s->is_short && slice_split(&match, ',', &part)) {
		out = cli_line_begin(room, s->level + 1, "Match", " ");
		sink_add(&out, slice_trim(part));
		if (slice_find(part, '/') == SIZE_MAX)
			sink_str(&out, slice_find(part, ':') == SIZE_MAX ? "/32" : "/128");
		cli_line_end(s, &out);
	}
}

static void show_registration(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE];
	struct sink out = sink_make(room, sizeof(room) - 2);
	struct slice next, status;
	struct show_want w;
	int64_t left = 0;

	sink_char(&out, ' ');
	sink_add(&out, o->name);
	sink_char(&out, '/');
	sink_add(&out, show_option(s, o, "server_uri", &w));
	out.len = out.len < 55 ? out.len : 55;
	cli_line_pad(&out, 57);
	cli_line_value(&out, show_option(s, o, "outbound_auth", &w), 75);
	status = show_option(s, o, "status", &w);
	sink_fmt(&out, "%-17.*s ", (int)status.len, status.ptr);
	next = show_option(s, o, "next_reg", &w);
	if (slice_i64(next, &left) && left >= 0)
		sink_fmt(&out, "(exp. %llds)", (long long)left);
	else
		sink_fmt(&out, "(exp. %llds ago)", (long long)-left);
	cli_line_end(s, &out);
}

/* ---- endpoints ---- */

static bool show_is_of(struct slice channel, struct slice endpoint)
{
	size_t dash = slice_rfind(channel, '-');

	return slice_istarts(channel, SLICE_LIT("PJSIP/")) && dash != SIZE_MAX && dash >= 6 &&
	       slice_eq(slice_make(channel.ptr + 6, dash - 6), endpoint);
}

static void show_channels(struct cli_show *s, struct slice endpoint)
{
	list_for (node, control_chans(s->control)) {
		const struct roster_chan *c = list_entry(node, struct roster_chan, node);

		if (show_is_of(c->snap.name, endpoint))
			cli_show_channel(s, c, 1);
	}
}

/* "name/number" if the endpoint has a caller id. */
static void show_endpoint_name(struct cli_show *s, const struct tech_object *o, struct sink *out)
{
	struct show_want w;
	struct slice cid = show_option(s, o, "callerid", &w);
	size_t from = slice_rfind(cid, '<'), to = slice_rfind(cid, '>');

	sink_add(out, o->name);
	if (slice_eq(cid, SLICE_LIT("<unknown>")))
		return;
	if (from != SIZE_MAX && to != SIZE_MAX && to > from)
		cid = slice_make(cid.ptr + from + 1, to - from - 1);
	if (cid.len) {
		sink_char(out, '/');
		sink_add(out, cid);
	}
}

/* The auth objects that an option of the endpoint names. */
static void show_auths(struct cli_show *s, const struct tech_object *o, const char *option,
		       const char *label)
{
	struct show_want w;
	struct slice names = show_option(s, o, option, &w), name;
	struct tech_object auth;

	s->level++;
	s->label = label;
	while (slice_split(&names, ',', &name))
		if (s->admin.ops->find(s->admin.impl, TECH_AUTH, slice_trim(name), &auth))
			show_auth(s, &auth);
	s->label = NULL;
	s->level--;
}

static void show_endpoint(struct cli_show *s, const struct tech_object *o)
{
	char room[CLI_LINE], name_room[256];
	struct sink out = cli_line_begin(room, 0, "Endpoint", "  ");
	struct sink name = sink_make(name_room, sizeof(name_room));
	char device_room[LIMIT_NAME + 8];
	struct sink device = sink_make(device_room, sizeof(device_room));

	sink_lit(&device, "PJSIP/");
	sink_add(&device, o->name);
	show_endpoint_name(s, o, &name);
	cli_line_value(&out, sink_slice(&name), CLI_SECOND);
	sink_str(&out, device_state_text(control_device_state(s->control, sink_slice(&device))));
	cli_line_pad(&out, CLI_THIRD);
	sink_fmt(&out, "%u of inf", control_device_channels(s->control, sink_slice(&device)));
	cli_line_end(s, &out);
	if (s->is_short)
		return;
	show_auths(s, o, "outbound_auth", "OutAuth");
	show_auths(s, o, "auth", "InAuth");
	show_related(s, o, TECH_AOR);
	show_related(s, o, TECH_TRANSPORT);
	show_related(s, o, TECH_IDENTIFY);
	show_channels(s, o->name);
}

void cli_show_object(struct cli_show *s, const struct tech_object *o)
{
	static void (*const show[TECH_KIND_COUNT])(struct cli_show * s,
						   const struct tech_object *o) = {
		[TECH_ENDPOINT] = show_endpoint,
		[TECH_AOR] = show_aor,
		[TECH_AUTH] = show_auth,
		[TECH_CONTACT] = show_contact,
		[TECH_TRANSPORT] = show_transport,
		[TECH_IDENTIFY] = show_identify,
		[TECH_REGISTRATION] = show_registration,
	};

	show[o->kind](s, o);
	if (s->level == 0 && !s->is_short && (o->kind == TECH_ENDPOINT || o->kind == TECH_AOR))
		cli_print(s->call, "\n");
}

/* ---- all options ---- */

void cli_show_pairs(struct cli_call *call, const struct cli_pair *pairs, uint32_t count,
		    int name_width, int line_width)
{
	int value_width = (int)strlen("ParameterValue");

	for (uint32_t i = 0; i < count; i++) {
		if ((int)pairs[i].name.len > name_width)
			name_width = (int)pairs[i].name.len;
		if ((int)pairs[i].value.len > value_width)
			value_width = (int)pairs[i].value.len;
	}
	if (!line_width)
		line_width = name_width + value_width + 3;
	cli_print(call, "\n %-*s : ParameterValue\n ", name_width, "ParameterName");
	for (int i = 0; i < line_width; i++)
		cli_print(call, "=");
	cli_print(call, "\n");
	for (uint32_t i = 0; i < count; i++)
		cli_print(call, " %-*.*s : %.*s\n", name_width, SLICE_ARG(pairs[i].name),
			  SLICE_ARG(pairs[i].value));
	cli_print(call, "\n");
}

struct show_all {
	struct cli_pair pairs[CLI_PAIRS];
	uint32_t count;
	char room[16384];
	struct sink text;
};

static struct slice show_keep(struct show_all *a, struct slice s)
{
	size_t at = a->text.len;

	sink_add(&a->text, s);
	return a->text.over ? SLICE_EMPTY : slice_make(a->room + at, s.len);
}

static void show_collect(void *arg, struct slice name, struct slice value)
{
	struct show_all *a = arg;

	if (a->count == CLI_PAIRS || slice_eq(name, SLICE_LIT("is_online")) ||
	    slice_eq(name, SLICE_LIT("status_short")))
		return;
	a->pairs[a->count].name = show_keep(a, name);
	a->pairs[a->count].value = show_keep(a, value);
	a->count++;
}

static int show_compare(const void *a, const void *b)
{
	return slice_cmp(((const struct cli_pair *)a)->name, ((const struct cli_pair *)b)->name);
}

void cli_show_options(struct cli_show *s, const struct tech_object *o, int name_width,
		      int line_width)
{
	struct show_all *a = calloc(1, sizeof(*a));

	if (!a)
		return;
	a->text = sink_make(a->room, sizeof(a->room));
	s->admin.ops->options(s->admin.impl, o, show_collect, a);
	qsort(a->pairs, a->count, sizeof(a->pairs[0]), show_compare);
	cli_show_pairs(s->call, a->pairs, a->count, name_width, line_width);
	free(a);
}
