/* ami/door.c - see door.h. */
#include "ami/door.h"

#include "ami/ami_internal.h"
#include "ami/conn.h"
#include "engine/base/log.h"

#include <string.h>

static void door_shut(struct ami_door *d)
{
	if (d->listener)
		stream_listener_close(d->listener);
	d->listener = NULL;
}

static int door_open(struct ami *a, struct ami_door *d, const struct addr *bind,
		     struct tls_context *tls)
{
	char text[ADDR_TEXT];
	int err;

	door_shut(d);
	err = stream_listen(a->streams, &d->listener, bind, tls, ami_conn_accept, a);
	if (err) {
		log_error("manager.conf: cannot listen on %s: %s; choose another %s, or end the "
			  "program that has it",
			  addr_text(bind, text), strerror(-err),
			  tls ? "tlsbindaddr" : "bindaddr or port");
		d->listener = NULL;
		return err;
	}
	d->bound = *bind;
	return 0;
}

static int follow_plain(struct ami *a)
{
	if (!a->conf->enabled)
		door_shut(&a->plain);
	else if (!a->plain.listener || !addr_eq(&a->plain.bound, &a->conf->bind))
		return door_open(a, &a->plain, &a->conf->bind, NULL);
	return 0;
}

static int follow_tls(struct ami *a)
{
	const struct ami_tls_conf *conf = &a->conf->tls;
	struct tls_context *fresh;
	int err = 0;

	if (!a->conf->enabled || !conf->enabled) {
		door_shut(&a->tls);
		return 0;
	}
	err = ami_tls_conf_open(&fresh, conf, a->io, "manager.conf");
	if (err) {
		if (a->tls.listener)
			log_warning("manager.conf: AMI over TLS goes on as before");
		return err;
	}
	if (a->tls.listener && addr_eq(&a->tls.bound, &conf->bind))
		stream_listener_set_tls(a->tls.listener, fresh);
	else
		err = door_open(a, &a->tls, &conf->bind, fresh);
	tls_context_unref(fresh);
	return err;
}

int ami_doors_follow(struct ami *a)
{
	int plain = follow_plain(a), tls = follow_tls(a);

	return plain ? plain : tls;
}

void ami_doors_shut(struct ami *a)
{
	door_shut(&a->plain);
	door_shut(&a->tls);
}
