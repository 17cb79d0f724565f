/* sip/cli_notify.c - console: pjsip send notify. Endpoints and URIs are done with at once; the far
 * end of a channel is told by its shard, one channel after the other. */
#include "engine/base/check.h"
#include "sip/center_internal.h"
#include "sip/cli_internal.h"
#include "sip/notify_conf.h"

#include <errno.h>
#include <stdlib.h>

#define NOTIFY_PEERS (CLI_ARGS - 2)

/* ---- channels ---- */

struct notify_send {
	struct control *control;
	struct cli_job *job;
	struct notify_room room; /* a reload may come in between */
	struct notify_text text;
	struct slice kind, peers[NOTIFY_PEERS];
	uint32_t count, at;
	char names[LIMIT_CLI_LINE]; /* kind and peers */
};

static void send_on(struct notify_send *s);

static void send_answered(void *arg, bool ok, struct slice value)
{
	struct notify_send *s = arg;

	UNUSED(value);
	if (!ok)
		cli_job_print(s->job, "Unable to find channel %.*s\n", SLICE_ARG(s->peers[s->at]));
	s->at++;
	send_on(s);
}

static void send_on(struct notify_send *s)
{
	while (s->at < s->count) {
		struct slice peer = s->peers[s->at];
		const struct roster_chan *chan = control_find_chan(s->control, peer);

		cli_job_print(s->job, "Sending NOTIFY of type '%.*s' to '%.*s'\n",
			      SLICE_ARG(s->kind), SLICE_ARG(peer));
		if (chan) {
			control_notify(s->control, chan, &s->text, send_answered, s);
			return; /* it may be over, and s freed */
		}
		cli_job_print(s->job, "Unable to find channel %.*s\n", SLICE_ARG(peer));
		s->at++;
	}
	cli_job_end(s->job, CLI_OK);
	free(s);
}

static struct slice send_keep(char *room, size_t size, size_t *used, struct slice text)
{
	size_t len = slice_copy(room + *used, size - *used, text);
	struct slice kept = slice_make(room + *used, len);

	*used += len;
	return kept;
}

static enum cli_result send_to_channels(struct sip_center *c, struct cli_call *call,
					const struct notify_text *text)
{
	struct notify_send *s = calloc(1, sizeof(*s));
	size_t lines = 0, body = 0, names = 0;

	if (s)
		s->job = cli_hold(call);
	if (!s || !s->job) {
		cli_print(call, "Unable to allocate NOTIFY task data\n");
		free(s);
		return CLI_FAIL;
	}
	s->control = c->console;
	s->text.lines = send_keep(s->room.lines, sizeof(s->room.lines), &lines, text->lines);
	s->text.body = send_keep(s->room.body, sizeof(s->room.body), &body, text->body);
	s->kind = send_keep(s->names, sizeof(s->names), &names, call->argv[0]);
	for (uint32_t i = 2; i < call->argc; i++)
		s->peers[s->count++] = send_keep(s->names, sizeof(s->names), &names, call->argv[i]);
	send_on(s);
	return CLI_OPEN;
}

/* ---- endpoints and URIs ---- */

static enum cli_result send_to_one(struct sip_center *c, struct cli_call *call,
				   enum notify_peer how, struct slice peer,
				   const struct notify_text *text)
{
	switch (center_notify(c, how, peer, text)) {
	case 0:
		return CLI_OK;
	case -ENOENT:
		cli_print(call, "Unable to retrieve endpoint %.*s\n", SLICE_ARG(peer));
		return CLI_OK;
	case -EDESTADDRREQ:
		cli_print(call, "%s\n", CENTER_NO_OUTBOUND);
		return CLI_OK;
	case -EINVAL:
		cli_print(call, "'%.*s' is not a SIP URI\n", SLICE_ARG(peer));
		return CLI_OK;
	default:
		cli_print(call, "Unable to push NOTIFY task\n");
		return CLI_FAIL;
	}
}

enum cli_result center_send_notify(void *center, struct cli_call *call)
{
	struct sip_center *c = center;
	struct slice how = call->argc > 2 ? call->argv[1] : SLICE_EMPTY;
	bool to_uri = slice_ieq(how, SLICE_LIT("uri"));
	bool to_channel = slice_ieq(how, SLICE_LIT("channel"));
	enum cli_result result = CLI_OK;
	struct notify_text text;

	if (!to_uri && !to_channel && !slice_ieq(how, SLICE_LIT("endpoint")))
		return CLI_USAGE;
	if (!notify_conf_find(c->notify, call->argv[0], &text)) {
		cli_print(call, "Unable to find notify type '%.*s'\n", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	if (to_channel)
		return send_to_channels(c, call, &text);
	for (uint32_t i = 2; i < call->argc && result == CLI_OK; i++) {
		cli_print(call, "Sending NOTIFY of type '%.*s' to '%.*s'\n",
			  SLICE_ARG(call->argv[0]), SLICE_ARG(call->argv[i]));
		result = send_to_one(c, call, to_uri ? NOTIFY_URI : NOTIFY_ENDPOINT, call->argv[i],
				     &text);
	}
	return result;
}

/* ---- completion ---- */

void center_offer_notify_kinds(void *center, struct cli_words *words)
{
	const struct sip_center *c = center;
	struct slice name;

	for (uint32_t i = 0; notify_conf_name(c->notify, i, &name); i++)
		cli_offer(words, name);
}

/* Endpoints are offered by the kind of the same name in cli.c. */
void center_offer_channels(void *center, struct cli_words *words)
{
	const struct sip_center *c = center;

	list_for (node, control_chans(c->console))
		cli_offer(words, list_entry(node, struct roster_chan, node)->snap.name);
}
