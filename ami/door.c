/* ami/door.c - see door.h. */
#include "ami/door.h"

#include "ami/ami_internal.h"
#include "ami/conf_tls.h"
#include "ami/conn.h"
#include "engine/base/log.h"

#include <string.h>

void ami_door_shut(struct ami_door *d)
{
	if (d->listener)
		stream_listener_close(d->listener);
	d->listener = NULL;
}

static int door_open(struct ami_door *d, const struct ami_door_conf *conf, const struct addr *bind,
		     struct tls_context *tls)
{
	char text[ADDR_TEXT];
	int err;

	ami_door_shut(d);
	err = stream_listen(conf->streams, &d->listener, bind, tls, conf->accept, conf->arg);
	if (err) {
		log_error("%s: cannot listen on %s: %s; choose another %s, or end the "
			  "program that has it",
			  conf->file, addr_text(bind, text), strerror(-err),
			  tls ? "tlsbindaddr" : "bindaddr or port");
		d->listener = NULL;
		return err;
	}
	d->bound = *bind;
	return 0;
}

int ami_door_follow(struct ami_door *d, const struct ami_door_conf *conf, bool wanted,
		    const struct addr *bind)
{
	if (!wanted)
		ami_door_shut(d);
	else if (!d->listener || !addr_eq(&d->bound, bind))
		return door_open(d, conf, bind, NULL);
	return 0;
}

int ami_door_follow_tls(struct ami_door *d, const struct ami_door_conf *conf, bool wanted,
			const struct ami_tls_conf *tls)
{
	struct tls_context *fresh;
	int err = 0;

	if (!wanted || !tls->enabled) {
		ami_door_shut(d);
		return 0;
	}
	err = ami_tls_conf_open(&fresh, tls, conf->io, conf->file);
	if (err) {
		if (d->listener)
			log_warning("%s: TLS goes on as before", conf->file);
		return err;
	}
	if (d->listener && addr_eq(&d->bound, &tls->bind))
		stream_listener_set_tls(d->listener, fresh);
	else
		err = door_open(d, conf, &tls->bind, fresh);
	if (d->listener)
		stream_listener_defer(d->listener, conf->waiting_max, conf->handshake_ns);
	tls_context_unref(fresh);
	return err;
}

/* So many may be on their way to be heard as may be heard and not logged in. */
static uint32_t door_waiting(uint32_t limit)
{
	return limit < LIMIT_TLS_WAITING ? limit : LIMIT_TLS_WAITING;
}

int ami_doors_follow(struct ami *a)
{
	int64_t login_ns = a->conf->auth_timeout_ms * TMR_MS;
	int64_t handshake_ns = LIMIT_TLS_HANDSHAKE_S * TMR_SECOND;
	const struct ami_door_conf conf = {.streams = a->streams,
					   .io = a->io,
					   .file = "manager.conf",
					   .accept = ami_conn_accept,
					   .arg = a,
					   .waiting_max = door_waiting(a->conf->auth_limit),
					   .handshake_ns = login_ns < handshake_ns ? login_ns
										   : handshake_ns};
	int plain = ami_door_follow(&a->plain, &conf, a->conf->enabled, &a->conf->bind);
	int tls = ami_door_follow_tls(&a->tls, &conf, a->conf->enabled, &a->conf->tls);

	return plain ? plain : tls;
}

void ami_doors_shut(struct ami *a)
{
	ami_door_shut(&a->plain);
	ami_door_shut(&a->tls);
}
