/* ami/http.h - the web server: AMI over HTTP, static files, a status page (ami-http.md).
 *
 * One struct http serves all connections, on the control thread, and belongs to its struct ami. A
 * request is answered on its connection before the next one of that connection is looked at, so
 * pipelined requests are answered in order and, when they come together, in one send. */
#ifndef RINGER_AMI_HTTP_H
#define RINGER_AMI_HTTP_H

#include <stddef.h>

struct ami;
struct http;
struct http_conf;

/* Without a listener. 0 or -ENOMEM. */
int http_create(struct http **out, struct ami *a);
/* Takes conf over. Opens, moves or closes the listener; connections stay. 0, or what the listener
 * said (also logged). */
int http_set_conf(struct http *h, struct http_conf *conf);
/* From now on every request gets 503. */
void http_stop(struct http *h);
/* Closes the listener and all connections. */
void http_close(struct http *h);
/* After http_close, when its sessions are gone. NULL is fine. */
void http_destroy(struct http *h);

#endif
