/* ami/ami.c - see ami.h. */
#include "ami/ami_internal.h"

#include "ami/class.h"
#include "ami/cli.h"
#include "ami/conn.h"
#include "ami/door.h"
#include "ami/event_out.h"
#include "ami/http.h"
#include "ami/order.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void ami_reap(struct tmr *t, void *arg)
{
	(void)t;
	ami_session_reap(arg);
}

static void ami_free(struct ami *a)
{
	if (!a)
		return;
	http_destroy(a->http);
	streams_destroy(a->streams);
	slab_destroy(a->slab_sessions);
	slab_destroy(a->slab_conns);
	slab_destroy(a->slab_orders);
	slab_destroy(a->chunks);
	blob_pool_destroy(a->texts);
	ami_chanvars_destroy(a->chanvars);
	free(a->frames);
	free(a->event_text);
	free(a->reply_text);
	free(a->body_text);
	ami_replay_free(a->replay);
	free(a);
}

/* All memory of the interface, touched as it is used. */
static int ami_reserve(struct ami *a)
{
	struct streams_conf streams = {.io = a->io,
				       .wheel = control_wheel(a->control),
				       .metrics = a->metrics,
				       .stream_max = LIMIT_AMI_CONNS + LIMIT_HTTP_CONNS +
						     2 * LIMIT_TLS_WAITING};
	int err;

	a->frames = calloc(LIMIT_AMI_CONNS, sizeof(*a->frames));
	a->event_text = malloc(LIMIT_AMI_MESSAGE);
	a->reply_text = malloc(LIMIT_AMI_MESSAGE);
	a->body_text = malloc(LIMIT_AMI_MESSAGE);
	if (!a->frames || !a->event_text || !a->reply_text || !a->body_text)
		return -ENOMEM;
	if ((err = streams_create(&a->streams, &streams)) ||
	    (err = slab_create(&a->slab_sessions, "ami_session", sizeof(struct ami_session),
			       LIMIT_AMI_CONNS + LIMIT_HTTP_SESSIONS)) ||
	    (err = slab_create(&a->slab_conns, "ami_conn", ami_conn_bytes(), LIMIT_AMI_CONNS)) ||
	    (err = slab_create(&a->slab_orders, "ami_order", ami_order_bytes(),
			       LIMIT_AMI_ORDERS)) ||
	    (err = ami_byteq_pool_create(&a->chunks, LIMIT_AMI_CHUNKS)))
		return err;
	return blob_pool_create(&a->texts, LIMIT_AMI_ORDERS);
}

static void ami_init(struct ami *a, struct control *c, struct ami_conf *conf)
{
	a->control = c;
	a->io = control_io(c);
	a->metrics = control_metrics(c);
	a->conf = conf;
	a->debug = conf->debug;
	/* Microseconds: more than there can be events, so a later life begins higher. */
	a->event_base = (uint64_t)(io_wall_ns(a->io) / 1000);
	list_init(&a->sessions);
	list_init(&a->dead);
	tmr_init(&a->reap, control_wheel(c), ami_reap, a);
}

/* Makes or drops the table of channelvars as the configuration has it. 0 or -ENOMEM. */
static int ami_follow_vars(struct ami *a)
{
	if (a->conf->channelvar_count)
		return a->chanvars ? 0 : ami_chanvars_create(&a->chanvars);
	ami_chanvars_destroy(a->chanvars);
	a->chanvars = NULL;
	return 0;
}

/* Whoever reads what was held goes on by number: places are of the room that is no more. */
static void ami_forget_places(struct ami *a)
{
	list_for (node, &a->sessions) {
		struct ami_session *s = list_entry(node, struct ami_session, node);

		s->replay.at = AMI_REPLAY_NOWHERE;
	}
}

/* As the configuration says; what is held goes when its room changes. 0 or -ENOMEM. */
static int ami_keep_events(struct ami *a)
{
	size_t bytes = a->conf->history_bytes;
	struct ami_replay *next = NULL;

	if (a->replay && ami_replay_bytes(a->replay) == bytes)
		return 0;
	if (bytes && ami_replay_create(&next, bytes))
		return -ENOMEM;
	ami_forget_places(a);
	ami_replay_free(a->replay);
	a->replay = next;
	return 0;
}

int ami_create(struct ami **out, struct control *c, struct ami_conf *conf)
{
	struct ami *a = calloc(1, sizeof(*a));
	int err = a ? 0 : -ENOMEM;

	if (err)
		return err;
	ami_init(a, c, conf);
	if ((err = ami_reserve(a)) || (err = ami_follow_vars(a)) || (err = ami_keep_events(a)) ||
	    (err = ami_doors_follow(a)))
		goto fail;
	if ((err = http_create(&a->http, a)) || (err = control_subscribe(c, ami_event_out, a)) ||
	    (err = ami_cli_register(a)))
		goto fail;
	ami_conf_hold(conf);
	*out = a;
	return 0;
fail:
	ami_doors_shut(a);
	ami_free(a);
	return err;
}

void ami_set_conf(struct ami *a, struct ami_conf *conf)
{
	struct ami_conf *old = a->conf;

	ami_conf_hold(conf);
	a->conf = conf;
	a->debug = conf->debug;
	ami_conf_drop(old);
	if (ami_follow_vars(a))
		log_error("manager.conf: no memory for channelvars; ChanVariable is left out");
	if (ami_keep_events(a))
		log_error("manager.conf: no memory for eventhistory; the room stays as it was");
	(void)ami_doors_follow(a); /* said in the log; sessions stay */
}

int ami_set_http(struct ami *a, struct http_conf *conf)
{
	return http_set_conf(a->http, conf);
}

void ami_destroy(struct ami *a)
{
	if (!a)
		return;
	ami_doors_shut(a);
	http_close(a->http);
	list_for_safe (node, &a->sessions) {
		ami_session_step(list_entry(node, struct ami_session, node), AMI_SESSION_KICK);
	}
	list_for (node, &a->dead) {
		list_entry(node, struct ami_session, node)->questions = 0;
	}
	ami_session_reap(a);
	tmr_stop(&a->reap);
	ami_conf_drop(a->conf);
	ami_free(a);
}

bool ami_is_enabled(const struct ami *a)
{
	return a->conf->enabled;
}

bool ami_is_web_enabled(const struct ami *a)
{
	return a->conf->web_enabled;
}

bool ami_is_quiet(const struct ami *a)
{
	if (a->orders_open)
		return false;
	list_for (node, &a->sessions) {
		const struct ami_session *s = list_entry(node, struct ami_session, node);

		if ((s->open && !s->listens) || s->ops->queued(s->link))
			return false;
		if (s->held.len && !s->holds_events)
			return false;
	}
	return true;
}

void ami_set_files(struct ami *a, const struct ami_files *files)
{
	a->files = *files;
}

void ami_set_about(struct ami *a, const struct ami_about *about)
{
	a->about = *about;
}

void ami_report_system(struct ami *a, struct slice event, struct slice body)
{
	ami_event_raise(a, AMI_CLASS_SYSTEM, event, body, true);
}

void ami_report_reload(struct ami *a, struct slice module, int status)
{
	char body[256];
	struct sink out = sink_make(body, sizeof(body));

	ami_text_header(&out, "Module", module.len ? slice_head(module, 128) : SLICE_LIT("All"));
	ami_text_number(&out, "Status", status);
	ami_report_system(a, SLICE_LIT("Reload"), sink_slice(&out));
}

void ami_report_shutdown(struct ami *a, bool restart)
{
	ami_report_system(a, SLICE_LIT("Shutdown"),
			  restart ? SLICE_LIT("Shutdown: Cleanly\r\nRestart: True\r\n")
				  : SLICE_LIT("Shutdown: Cleanly\r\nRestart: False\r\n"));
	http_stop(a->http);
}
