/* ami/http.c - see http.h. */
#include "ami/http.h"

#include "ami/http_internal.h"

#include <errno.h>
#include <stdlib.h>

static void http_reap(struct tmr *t, void *arg)
{
	(void)t;
	http_conn_reap(arg);
}

static void http_forget(void *session)
{
	http_session_end(session);
}

static int http_reserve(struct http *h)
{
	unsigned char key[32];
	int err;

	h->exchanges = calloc(LIMIT_HTTP_CONNS, sizeof(*h->exchanges));
	h->formatter = http_formatter_create();
	if (!h->exchanges || !h->formatter)
		return -ENOMEM;
	io_random(h->ami->io, key, sizeof(key));
	io_random(h->ami->io, &h->hash_seed, sizeof(h->hash_seed));
	if ((err = slab_create(&h->slab_conns, "http_conn", sizeof(struct http_conn),
			       LIMIT_HTTP_CONNS)) ||
	    (err = slab_create(&h->slab_sessions, "http_session", http_session_bytes(),
			       LIMIT_HTTP_SESSIONS)) ||
	    (err = slab_create(&h->slab_fetches, "http_fetch", http_fetch_bytes(),
			       LIMIT_HTTP_FETCHES)) ||
	    (err = ami_byteq_pool_create(&h->chunks, LIMIT_HTTP_CHUNKS)) ||
	    (err = hash_create(&h->sessions, LIMIT_HTTP_SESSIONS)))
		return err;
	return http_nonces_create(&h->nonces, key, http_forget);
}

int http_create(struct http **out, struct ami *a)
{
	struct http *h = calloc(1, sizeof(*h));
	char none[1];
	struct sink error = sink_make(none, sizeof(none));
	int err;

	if (!h)
		return -ENOMEM;
	h->ami = a;
	h->date_s = -1;
	list_init(&h->conns);
	list_init(&h->dead);
	tmr_init(&h->reap, control_wheel(a->control), http_reap, h);
	http_request_setup();
	if ((err = http_reserve(h)) || (err = http_conf_load(&h->conf, NULL, "", &error)) ||
	    (err = http_status_register(h))) {
		http_destroy(h);
		return err;
	}
	*out = h;
	return 0;
}

static int http_listen(struct http *h)
{
	const struct ami_door_conf conf = {.streams = h->ami->streams,
					   .io = h->ami->io,
					   .file = "http.conf",
					   .accept = http_conn_accept,
					   .arg = h,
					   .waiting_max = LIMIT_TLS_WAITING,
					   .handshake_ns = LIMIT_TLS_HANDSHAKE_S * TMR_SECOND};
	int plain = ami_door_follow(&h->plain, &conf, h->conf->enabled, &h->conf->bind);
	int tls = ami_door_follow_tls(&h->tls, &conf, h->conf->enabled, &h->conf->tls);

	return plain ? plain : tls;
}

int http_set_conf(struct http *h, struct http_conf *conf)
{
	http_conf_free(h->conf);
	h->conf = conf;
	h->ami->about.http_enabled = conf->enabled;
	return http_listen(h);
}

void http_stop(struct http *h)
{
	h->stopping = true;
}

void http_close(struct http *h)
{
	ami_door_shut(&h->plain);
	ami_door_shut(&h->tls);
	list_for_safe (node, &h->conns) {
		http_conn_close(list_entry(node, struct http_conn, node));
	}
	http_conn_reap(h);
	tmr_stop(&h->reap);
}

void http_destroy(struct http *h)
{
	if (!h)
		return;
	http_nonces_destroy(&h->nonces);
	hash_destroy(&h->sessions);
	slab_destroy(h->slab_conns);
	slab_destroy(h->slab_sessions);
	slab_destroy(h->slab_fetches);
	slab_destroy(h->chunks);
	http_formatter_destroy(h->formatter);
	http_conf_free(h->conf);
	free(h->exchanges);
	free(h);
}
