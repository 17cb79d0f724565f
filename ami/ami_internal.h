/* ami/ami_internal.h - what all parts of the manager interface share. */
#ifndef RINGER_AMI_AMI_INTERNAL_H
#define RINGER_AMI_AMI_INTERNAL_H

#include "ami/ami.h"
#include "ami/chanvars.h"
#include "ami/conf.h"
#include "ami/door.h"
#include "ami/session.h"
#include "engine/base/blob.h"
#include "engine/base/metric.h"
#include "engine/core/control.h"
#include "engine/io/io.h"

/* The version that AMI's banner and CoreSettings tell: the protocol of Asterisk 22. */
#define AMI_VERSION	     "11.0.0"
#define AMI_LOGIN_DELAY_NS   TMR_SECOND
#define AMI_ASTERISK_VERSION "22.10.1"
#define AMI_CORE_VERSION     AMI_ASTERISK_VERSION "+ringer." RINGER_VERSION

struct http;

struct ami {
	struct control *control;
	struct io *io;
	struct metrics *metrics;
	struct ami_conf *conf;
	bool debug; /* as in conf, or by "manager set debug" since */
	struct ami_chanvars *chanvars; /* NULL: manager.conf lists none */
	struct streams *streams;
	struct ami_door plain, tls;

	struct slab *slab_sessions, *slab_conns, *slab_orders, *chunks;
	struct blob_pool *texts;  /* of orders */
	/* For connections that have a part of a message or an action open; touched when used, the last
	 * one first. No slab: those clear what they give, and a frame is large. */
	struct ami_frame *frames, *frame_spare[LIMIT_AMI_CONNS];
	uint32_t frame_spare_count, frame_limit; /* frames below the limit were used once */
	struct list sessions;	  /* all that live */
	struct list dead;	  /* closed, to be freed by `reap` */
	uint32_t wanted;	  /* classes that some session reads: a quick no for the rest */
	uint32_t unauth_count;	  /* on TCP and TLS, not logged in */
	uint32_t orders_open;	  /* accepted originates that are not settled */
	struct tmr reap;
	uint64_t event_number; /* events so far: SequenceNumber of debug */
	uint64_t event_base; /* numbers for replay begin above it, so that no later life repeats one
			      */
	struct ami_replay *replay; /* NULL: events are not kept */
	uint64_t next_session;

	/* Scratch of LIMIT_AMI_MESSAGE octets each: never used across a call that could use it too.
	 */
	char *event_text; /* event_out.c */
	char *reply_text; /* reply.c */
	char *body_text;  /* bodies of UserEvent and of security events */

	struct ami_about about;
	struct http *http; /* the web server */
	struct ami_files files;
};

/* What a client asks for is worked on under guard (chan.guarded). */
static inline bool ami_is_guarded(const struct ami_session *s)
{
	return !s->ami->about.live_dangerously;
}

#endif
