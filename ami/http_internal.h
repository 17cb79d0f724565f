/* ami/http_internal.h - what the parts of the web server share. */
#ifndef RINGER_AMI_HTTP_INTERNAL_H
#define RINGER_AMI_HTTP_INTERNAL_H

#include "ami/ami_internal.h"
#include "ami/door.h"
#include "ami/http_conf.h"
#include "ami/http_cookie.h"
#include "ami/http_form.h"
#include "ami/http_format.h"
#include "ami/http_head.h"
#include "ami/http_nonce.h"
#include "ami/http_request.h"
#include "engine/base/hash.h"

struct http_conn;
struct http_fetch;
struct http_session;

#define HTTP_HEAD_TEXT	   8192
#define HTTP_SHORT_LIFE_NS (5 * TMR_SECOND) /* of a session that has not logged in */

struct http {
	struct ami *ami;
	struct http_conf *conf;
	struct ami_door plain, tls;
	bool stopping; /* for good: every request gets 503 */

	struct slab *slab_conns, *slab_sessions, *slab_fetches;
	struct slab *chunks;		 /* of answers and held events; not those of TCP clients */
	struct http_exchange *exchanges; /* one a connection, by its slab index */
	struct list conns;		 /* all that are open */
	struct list dead;		 /* closed, freed by `reap` */
	uint32_t conn_count;
	struct tmr reap;

	struct hash sessions; /* that a cookie may name, by id */
	uint64_t hash_seed;
	struct http_nonces nonces;

	struct http_formatter *formatter;
	int64_t date_s; /* of which date_text is the text */
	char date_text[HTTP_DATE_TEXT];
	size_t date_len;
	char head_text[HTTP_HEAD_TEXT];
	char lines_text[HTTP_HEAD_TEXT];
};

/* What one connection reads into: untouched pages cost nothing. */
struct http_exchange {
	char path[LIMIT_HTTP_LINE + 1]; /* decoded */
	struct http_form form;
	struct http_request request;
};

/* ---- http_route.c ---- */

struct http_route {
	const char *name; /* "rawman" */
	const char *text; /* for "http show status" */
	bool has_subtree;
	bool is_manager; /* wants webenabled */
	bool is_digest;
	enum http_format format;
	void (*serve)(struct http_conn *c);
	bool (*is_on)(const struct http *h);
};

/* In the order of "http show status"; its length in *count. */
const struct http_route *http_routes(uint32_t *count);
bool http_route_is_on(const struct http *h, const struct http_route *route);
/* Answers the request that c has read, now or later. */
void http_route_serve(struct http_conn *c);

/* ---- http_conn.c ---- */

struct http_conn {
	struct http *http;
	struct list node;	  /* in http.conns, then http.dead */
	struct stream *stream;	  /* NULL once closed */
	struct http_exchange *x;
	struct addr peer, local;
	bool is_tls;
	struct tmr timer;
	struct ami_byteq backlog; /* input behind a request that is being answered */
	size_t queued_before;	  /* when the timer was set: is the client reading? */
	bool busy;		  /* the request in x has no answer yet */
	bool feeding;		  /* the loop over input is on the stack */
	bool paused;
	bool had_request;		    /* not the first any more */
	void (*later)(struct http_conn *c); /* answers the request when the timer fires */

	const struct http_route *route;
	struct slice rest;	      /* of the path, behind the route's name */
	struct http_session *session; /* that works for it, or where it waits */
	struct list queue_node;	      /* there */
	struct http_fetch *fetch;     /* a file is being read for it */
};

void http_conn_accept(void *arg, struct stream *stream, const struct addr *peer);
/* Without another word. */
void http_conn_close(struct http_conn *c);
void http_conn_reap(struct http *h);

/* Each of these answers the request. `lines` are further headers with their CRLF. */
void http_conn_page(struct http_conn *c, enum http_page page);
void http_conn_page_with(struct http_conn *c, enum http_page page, struct slice lines);
/* `answer` is called then. */
void http_conn_later(struct http_conn *c, void (*answer)(struct http_conn *c), int64_t delay_ns);
struct http_body {
	unsigned code;
	const char *title;
	struct slice lines;
	bool stored;
	struct slice text;	 /* the body, */
	struct ami_byteq *queue; /* or this, which is empty afterwards */
};
void http_conn_send(struct http_conn *c, const struct http_body *body);

static inline const struct ami_msg *http_conn_msg(const struct http_conn *c)
{
	return &c->x->form.msg;
}

/* ---- http_session.c ---- */

/* Serves a request of the cookie URIs. */
void http_session_serve(struct http_conn *c);
/* Serves a request whose user has proved itself, on the session that is kept with the nonce, or on
 * one that lasts as long as the request. */
void http_session_serve_as(struct http_conn *c, const struct ami_user *user,
			   struct http_nonce *nonce);
/* c goes away: nobody waits for the answer any more. */
void http_session_leave(struct http_conn *c);
/* The cookies name a session that is logged in. */
bool http_session_is_ready(struct http *h, struct slice cookies);
/* Ends it. */
void http_session_end(struct http_session *w);
size_t http_session_bytes(void);

/* ---- http_digest.c ---- */

void http_digest_serve(struct http_conn *c);

/* ---- http_static.c, http_status.c ---- */

void http_static_serve(struct http_conn *c);
/* c goes away. */
void http_static_leave(struct http_conn *c);
size_t http_fetch_bytes(void);
void http_status_serve(struct http_conn *c);
int http_status_register(struct http *h);

#endif
