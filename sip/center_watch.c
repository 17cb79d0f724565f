/* sip/center_watch.c - the console's view of messages: `pjsip set logger`, `pjsip set history`, and
 * questions to all shards for what they remember. One turn of each shard answers; what has not come
 * after a moment is said to be missing. */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/cli_internal.h"

#include <errno.h>
#include <stdlib.h>

#define WATCH_ASKS    4
#define WATCH_WAIT_NS (3 * TMR_SECOND)

struct center_ask {
	struct center_watch *watch;
	struct cli_job *job; /* NULL: free */
	struct tmr timer;
	uint32_t id, waiting; /* shards whose answer is due */
	bool is_short;	      /* memory ran out, or not all was told */
	uint32_t count, room;
	struct history_entry *entries;
	char key[LIMIT_PATH]; /* empty: the history of all */
};

struct center_watch {
	struct sip_center *center;
	struct sip_watch_conf conf;
	struct center_ask asks[WATCH_ASKS];
	uint32_t next_id;
	char debug[ADDR_TEXT]; /* debug= as it was followed last */
};

/* ---- what is watched ---- */

/* False: a shard cannot be told now. */
static bool watch_tell(struct sip_center *c)
{
	struct sip_watch_conf *conf = &c->watch->conf;
	bool ok = true;

	for (uint32_t i = 0; i < c->env.shard_count; i++)
		ok &= c->env.notify(c->env.arg, i, SIP_NOTICE_WATCH, conf, sizeof(*conf));
	conf->clear = 0;
	return ok;
}

bool center_watch_capture(struct sip_center *c, struct capture *capture)
{
	c->watch->conf.capture = capture;
	return watch_tell(c);
}

static enum cli_result watch_told(struct sip_center *c, struct cli_call *call)
{
	if (watch_tell(c))
		return CLI_OK;
	cli_print(call, "Not all shards could be told: they are behind. Try again\n");
	return CLI_FAIL;
}

static enum cli_result watch_host(struct sip_center *c, struct cli_call *call, bool is_first)
{
	struct sip_watch_conf *conf = &c->watch->conf;
	char text[ADDR_TEXT];
	struct addr host;

	if (!addr_parse(&host, call->argv[1], 0)) {
		cli_print(call, "'%.*s' is not an IP address, with or without a port\n",
			  SLICE_ARG(call->argv[1]));
		return CLI_FAIL;
	}
	if (is_first)
		conf->host_count = 0;
	if (conf->host_count == SIP_WATCH_HOSTS) {
		cli_print(call, "There is room for %d hosts\n", SIP_WATCH_HOSTS);
		return CLI_FAIL;
	}
	conf->hosts[conf->host_count++] = host;
	conf->is_logging = 1;
	if (host.port == 0) {
		struct sink out = sink_make(text, sizeof(text));

		addr_write_ip(&out, &host);
		sink_cstr(&out);
	} else {
		addr_text(&host, text);
	}
	cli_print(call, "PJSIP Logging Enabled for host: %s\n", text);
	return watch_told(c, call);
}

/* Of any case, as on a console; SIP itself minds it. */
static enum sip_method watch_method_named(struct slice name)
{
	for (unsigned m = 0; m < SIP_METHOD_COUNT; m++)
		if (name.len && slice_ieq(name, sip_method_name((enum sip_method)m)))
			return (enum sip_method)m;
	return SIP_METHOD_OTHER;
}

static enum cli_result watch_method(struct sip_center *c, struct cli_call *call)
{
	struct sip_watch_conf *conf = &c->watch->conf;
	enum sip_method method = watch_method_named(call->argv[1]);

	if (method == SIP_METHOD_OTHER) {
		cli_print(call, "'%.*s' is not a method of SIP that is known here\n",
			  SLICE_ARG(call->argv[1]));
		return CLI_FAIL;
	}
	conf->methods = 1U << method;
	conf->is_logging = 1;
	cli_print(call, "PJSIP Logging Enabled for method: %.*s\n",
		  SLICE_ARG(sip_method_name(method)));
	return watch_told(c, call);
}

static enum cli_result watch_verbose(struct sip_center *c, struct cli_call *call)
{
	struct sip_watch_conf *conf = &c->watch->conf;
	bool is_on = slice_is_true(call->argv[1]);

	if (!is_on && !slice_is_false(call->argv[1]))
		return CLI_USAGE;
	conf->is_silent = !is_on;
	cli_print(call, "PJSIP Logging to verbose has been %s\n", is_on ? "enabled" : "disabled");
	return watch_told(c, call);
}

static enum cli_result watch_switch(struct sip_center *c, struct cli_call *call, bool is_on)
{
	struct sip_watch_conf *conf = &c->watch->conf;

	conf->is_logging = is_on;
	conf->host_count = 0;
	conf->methods = 0;
	if (!is_on) {
		conf->is_silent = 0;
		conf->capture = NULL;
		center_capture_close(c);
	}
	cli_print(call, "PJSIP Logging %s\n", is_on ? "enabled" : "disabled");
	return watch_told(c, call);
}

enum cli_result center_set_logger(void *context, struct cli_call *call)
{
	struct sip_center *c = context;
	struct slice what = call->argc ? call->argv[0] : SLICE_EMPTY;
	bool is_on = slice_ieq(what, SLICE_LIT("on"));

	if (call->argc == 1 && (is_on || slice_ieq(what, SLICE_LIT("off"))))
		return watch_switch(c, call, is_on);
	if (call->argc != 2)
		return CLI_USAGE;
	if (slice_ieq(what, SLICE_LIT("host")) || slice_ieq(what, SLICE_LIT("add")))
		return watch_host(c, call, slice_ieq(what, SLICE_LIT("host")));
	if (slice_ieq(what, SLICE_LIT("method")))
		return watch_method(c, call);
	if (slice_ieq(what, SLICE_LIT("verbose")))
		return watch_verbose(c, call);
	if (slice_ieq(what, SLICE_LIT("pcap")))
		return center_capture_open(c, call);
	return CLI_USAGE;
}

enum cli_result center_set_history(void *context, struct cli_call *call)
{
	struct sip_center *c = context;
	struct sip_watch_conf *conf = &c->watch->conf;
	bool is_on;

	if (call->argc != 1)
		return CLI_USAGE;
	is_on = slice_ieq(call->argv[0], SLICE_LIT("on"));
	if (slice_ieq(call->argv[0], SLICE_LIT("clear"))) {
		conf->clear = 1;
		cli_print(call, "PJSIP History cleared\n");
	} else if (is_on || slice_ieq(call->argv[0], SLICE_LIT("off"))) {
		conf->keeps_history = is_on;
		cli_print(call, "PJSIP History %s\n", is_on ? "enabled" : "disabled");
	} else {
		return CLI_USAGE;
	}
	return watch_told(c, call);
}

static struct slice watch_debug(const struct sip_conf *conf)
{
	struct slice value = SLICE_LIT("no");

	for (uint32_t i = 0; i < conf->section_count; i++)
		if (slice_ieq(conf->sections[i].type, SLICE_LIT("global")))
			UNUSED(sip_conf_written(&conf->sections[i], SLICE_LIT("debug"), &value));
	return slice_is_false(value) ? SLICE_EMPTY : slice_head(value, ADDR_TEXT - 1);
}

void center_watch_follow(struct sip_center *c)
{
	struct sip_watch_conf *conf = &c->watch->conf;
	struct slice value = watch_debug(c->conf);
	struct addr host;

	if (slice_eq(value, slice_str(c->watch->debug)))
		return;
	slice_copy(c->watch->debug, sizeof(c->watch->debug), value);
	conf->host_count = 0;
	conf->methods = 0;
	conf->is_logging = value.len > 0;
	if (value.len && !slice_is_true(value)) {
		if (addr_parse(&host, value, 0))
			conf->hosts[conf->host_count++] = host;
		else
			log_warning(
				"pjsip.conf: debug=%.*s is neither yes, no nor an IP address; all "
				"messages are logged",
				SLICE_ARG(value));
	}
	if (!watch_tell(c))
		log_warning("pjsip.conf: debug= could not be told to all shards; use `pjsip set "
			    "logger`");
}

/* ---- questions ---- */

/* By time; those of one instant as they came. */
static int ask_compare(const void *a, const void *b, void *arg)
{
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct history_entry *entries = arg;

	if (entries[i].wall_ns != entries[k].wall_ns)
		return entries[i].wall_ns < entries[k].wall_ns ? -1 : 1;
	return i < k ? -1 : 1;
}

static void ask_print(struct center_ask *a)
{
	const struct io *io = a->watch->center->env.io;
	uint32_t *order = calloc(a->count + 1, sizeof(*order));

	if (!order) {
		cli_job_print(a->job, "No memory for %u messages\n", a->count);
		return;
	}
	for (uint32_t i = 0; i < a->count; i++)
		order[i] = i;
	qsort_r(order, a->count, sizeof(*order), ask_compare, a->entries);
	if (a->key[0])
		cli_show_ladder(a->job, io, slice_str(a->key), a->entries, order, a->count);
	else
		cli_show_history(a->job, a->entries, order, a->count);
	free(order);
	if (a->waiting || a->is_short)
		cli_job_print(a->job,
			      "Not all that is remembered could be told: the engine is busy\n");
}

static void ask_end(struct center_ask *a)
{
	struct cli_job *job = a->job;

	tmr_stop(&a->timer);
	ask_print(a);
	free(a->entries);
	a->entries = NULL;
	a->job = NULL;
	cli_job_end(job, CLI_OK);
}

static void ask_on_timer(struct tmr *t, void *arg)
{
	UNUSED(t);
	ask_end(arg);
}

static bool ask_keep(struct center_ask *a, const struct sip_history_reply *r)
{
	if (r->count == 0)
		return true;
	if (a->count + r->count > a->room) {
		uint32_t room = a->room + LIMIT_SIP_LADDER;
		struct history_entry *more = realloc(a->entries, room * sizeof(*more));

		if (!more)
			return false;
		a->entries = more;
		a->room = room;
	}
	memcpy(a->entries + a->count, r->entries, r->count * sizeof(r->entries[0]));
	a->count += r->count;
	return true;
}

void center_on_history(struct sip_center *c, const struct sip_history_reply *r)
{
	for (uint32_t i = 0; i < WATCH_ASKS; i++) {
		struct center_ask *a = &c->watch->asks[i];

		if (!a->job || a->id != r->id)
			continue;
		a->is_short |= !ask_keep(a, r);
		if (r->is_last && --a->waiting == 0)
			ask_end(a);
		return;
	}
}

static struct center_ask *ask_new(struct sip_center *c, struct cli_call *call)
{
	for (uint32_t i = 0; i < WATCH_ASKS; i++) {
		struct center_ask *a = &c->watch->asks[i];

		if (a->job)
			continue;
		a->job = cli_hold(call);
		if (!a->job)
			return NULL;
		a->id = ++c->watch->next_id;
		a->count = a->room = a->waiting = 0;
		a->is_short = false;
		return a;
	}
	cli_print(call, "Others are asking; try again\n");
	return NULL;
}

static enum cli_result ask_start(struct sip_center *c, struct cli_call *call, struct slice key,
				 uint32_t max)
{
	struct center_ask *a = ask_new(c, call);
	_Alignas(8) char room[sizeof(struct sip_history_ask) + LIMIT_PATH];
	struct sip_history_ask *ask = (void *)room;
	uint32_t told = 0;

	if (!a)
		return CLI_FAIL;
	slice_copy(a->key, sizeof(a->key), key);
	ask->id = a->id;
	ask->max = max;
	ask->key_len = (uint32_t)strlen(a->key);
	memcpy(ask->key, a->key, ask->key_len);
	/* A shard may answer before its notice is written to the next one: in simulation. */
	a->waiting = c->env.shard_count;
	for (uint32_t i = 0; i < c->env.shard_count; i++)
		told += c->env.notify(c->env.arg, i, SIP_NOTICE_HISTORY, ask,
				      offsetof(struct sip_history_ask, key) + ask->key_len);
	if (!a->job)
		return CLI_OPEN; /* all have answered */
	a->is_short = told < c->env.shard_count;
	a->waiting -= c->env.shard_count - told;
	if (a->waiting)
		tmr_start(&a->timer, center_now(c) + WATCH_WAIT_NS);
	else
		ask_end(a);
	return CLI_OPEN;
}

enum cli_result center_show_ladder(void *c, struct cli_call *call)
{
	if (call->argc != 1 || !call->argv[0].len)
		return CLI_USAGE;
	return ask_start(c, call, call->argv[0], LIMIT_SIP_LADDER);
}

enum cli_result center_show_history(void *c, struct cli_call *call)
{
	uint64_t max = 100;

	if (call->argc > 1 || (call->argc && !slice_u64(call->argv[0], LIMIT_SIP_LADDER, &max)))
		return CLI_USAGE;
	return ask_start(c, call, SLICE_EMPTY, (uint32_t)max);
}

/* ---- life ---- */

int center_watch_create(struct sip_center *c)
{
	struct center_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->center = c;
	w->conf.keeps_history = 1; /* as the shards begin */
	for (uint32_t i = 0; i < WATCH_ASKS; i++) {
		w->asks[i].watch = w;
		tmr_init(&w->asks[i].timer, c->env.wheel, ask_on_timer, &w->asks[i]);
	}
	c->watch = w;
	return 0;
}

void center_watch_destroy(struct sip_center *c)
{
	for (uint32_t i = 0; c->watch && i < WATCH_ASKS; i++) {
		tmr_stop(&c->watch->asks[i].timer);
		free(c->watch->asks[i].entries);
	}
	free(c->watch);
}
