/* ami/http_static.c - files below <data dir>/static-http.
 *
 * A worker reads them (engine/core/chore.h): the control loop never waits for a disk. A file is
 * read whole, so it has a bound, and so has the number of files that are read at once. */
#include "ami/http_internal.h"

#include "engine/core/chore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct http_fetch {
	struct chore chore;
	struct http *http;
	struct http_conn *conn; /* NULL: it went away */
	char path[LIMIT_PATH], root[LIMIT_PATH];
	char tag[32];	/* the worker's: ETag of the file */
	char known[32]; /* the one that the client has */
	int error;
	int64_t mtime_s;
	char *data; /* malloc'ed; NULL: none, or the client has it */
	size_t len;
};

size_t http_fetch_bytes(void)
{
	return sizeof(struct http_fetch);
}

/* ---- on the worker ---- */

/* Links are followed, but not to what lies outside of the root: a link is quickly made, and who can
 * reach the port needs no login for it. */
static int fetch_resolve(struct http_fetch *f, struct io *io)
{
	char real[LIMIT_PATH], root[LIMIT_PATH];
	size_t len;

	if (io_fs_real_path(io, f->root, root, sizeof(root)) ||
	    io_fs_real_path(io, f->path, real, sizeof(real)))
		return -ENOENT;
	len = strlen(root);
	if (strncmp(real, root, len) != 0 || real[len] != '/')
		return -EACCES;
	slice_copy(f->path, sizeof(f->path), slice_str(real));
	return 0;
}

static int fetch_read(struct http_fetch *f, struct io *io)
{
	struct io_fs_stat st;
	int err = fetch_resolve(f, io);

	if (err)
		return err;
	if (io_fs_stat(io, f->path, &st) || st.is_dir)
		return -ENOENT;
	f->mtime_s = st.mtime_ns / TMR_SECOND;
	snprintf(f->tag, sizeof(f->tag), "\"%lld\"", (long long)f->mtime_s);
	if (strcmp(f->tag, f->known) == 0)
		return 0;
	return io_fs_load(io, f->path, LIMIT_HTTP_FILE, &f->data, &f->len);
}

static void fetch_run(struct chore *chore, struct io *io)
{
	struct http_fetch *f = (struct http_fetch *)chore;

	f->error = fetch_read(f, io);
}

/* ---- on control ---- */

static const struct {
	const char *extension, *type;
} static_types[] = {
	{"png", "image/png"},
	{"xml", "text/xml"},
	{"jpg", "image/jpeg"},
	{"js", "application/x-javascript"},
	{"wav", "audio/x-wav"},
	{"mp3", "audio/mpeg"},
	{"svg", "image/svg+xml"},
	{"svgz", "image/svg+xml"},
	{"gif", "image/gif"},
	{"html", "text/html"},
	{"htm", "text/html"},
	{"css", "text/css"},
	{"cnf", "text/plain"},
	{"cfg", "text/plain"},
	{"bin", "application/octet-stream"},
	{"sbn", "application/octet-stream"},
	{"ld", "application/octet-stream"},
};

/* An extension that is not known makes a type of its own, as in Asterisk. */
static void static_type(struct sink *out, struct slice path)
{
	struct slice name = slice_from(path, slice_rfind(path, '/') + 1);
	size_t dot = slice_rfind(name, '.');
	struct slice extension = dot == SIZE_MAX ? SLICE_LIT("plain") : slice_from(name, dot + 1);

	for (size_t i = 0; i < sizeof(static_types) / sizeof(static_types[0]); i++) {
		if (!slice_ieq(extension, slice_str(static_types[i].extension)))
			continue;
		sink_str(out, static_types[i].type);
		return;
	}
	sink_lit(out, "text/");
	sink_add(out, slice_head(extension, 40));
}

static void static_send(struct http_conn *c, const struct http_fetch *f)
{
	struct http *h = c->http;
	struct sink out = sink_make(h->lines_text, sizeof(h->lines_text));
	struct http_body body = {.code = 200, .title = "OK", .stored = true};

	sink_lit(&out, "Content-type: ");
	static_type(&out, c->rest);
	sink_lit(&out, "\r\nETag: ");
	sink_str(&out, f->tag);
	sink_lit(&out, "\r\nLast-Modified: ");
	http_date_write(&out, f->mtime_s);
	sink_lit(&out, "\r\n");
	body.lines = sink_slice(&out);
	body.text = slice_make(f->data, f->len);
	if (!f->data) {
		body.code = 304;
		body.title = "Not Modified";
	}
	http_conn_send(c, &body);
}

static void static_answer(struct http_conn *c, const struct http_fetch *f)
{
	switch (f->error) {
	case 0:
		static_send(c, f);
		break;
	case -ENOENT:
		http_conn_page(c, HTTP_PAGE_NOT_FOUND);
		break;
	case -EFBIG:
		http_conn_page(c, HTTP_PAGE_ANSWER_TOO_LARGE);
		break;
	case -ENOMEM:
		http_conn_page(c, HTTP_PAGE_NO_MEMORY);
		break;
	default:
		http_conn_page(c, HTTP_PAGE_ACCESS_DENIED);
	}
}

static void fetch_done(struct chore *chore)
{
	struct http_fetch *f = (struct http_fetch *)chore;
	struct http_conn *c = f->conn;

	if (c) {
		c->fetch = NULL;
		static_answer(c, f);
	}
	free(f->data);
	slab_free(f->http->slab_fetches, f);
}

void http_static_leave(struct http_conn *c)
{
	if (c->fetch)
		c->fetch->conn = NULL;
	c->fetch = NULL;
}

/* Names that may be asked for: nothing hidden, nothing above. */
static bool static_is_name(struct slice path)
{
	if (path.len == 0 || (unsigned char)path.ptr[0] <= ' ' ||
	    strchr("./\\|~@#$%^&*()", path.ptr[0]))
		return false;
	return slice_find_text(path, SLICE_LIT("/..")) == SIZE_MAX;
}

static bool static_is_allowed(struct http_conn *c)
{
	if (!static_is_name(c->rest))
		return false;
	return slice_find_text(c->rest, SLICE_LIT("/private/")) == SIZE_MAX &&
			       !slice_istarts(c->rest, SLICE_LIT("private/"))
		       ? true
		       : http_session_is_ready(c->http, c->x->request.kept[HTTP_KEPT_COOKIE]);
}

/* False: nothing was begun. */
static bool static_fetch(struct http_conn *c)
{
	struct http *h = c->http;
	struct http_fetch *f = slab_alloc(h->slab_fetches);
	struct sink path;

	if (!f)
		return false;
	f->chore = (struct chore){.run = fetch_run, .done = fetch_done};
	f->http = h;
	slice_copy(f->root, sizeof(f->root), h->conf->static_dir);
	path = sink_make(f->path, sizeof(f->path));
	sink_add(&path, h->conf->static_dir);
	sink_char(&path, '/');
	sink_add(&path, c->rest);
	slice_copy(f->known, sizeof(f->known), c->x->request.kept[HTTP_KEPT_IF_NONE_MATCH]);
	if (path.len == path.room || path.over || control_post(h->ami->control, &f->chore)) {
		slab_free(h->slab_fetches, f);
		return false;
	}
	sink_cstr(&path);
	f->conn = c;
	c->fetch = f;
	return true;
}

void http_static_serve(struct http_conn *c)
{
	enum http_verb verb = c->x->request.verb;

	if (verb != HTTP_VERB_GET && verb != HTTP_VERB_HEAD) {
		http_conn_page(c, HTTP_PAGE_METHOD);
	} else if (!static_is_allowed(c)) {
		metric_add(c->http->ami->metrics, METRIC_http_denied, 1);
		http_conn_page(c, HTTP_PAGE_ACCESS_DENIED);
	} else if (!static_fetch(c)) {
		http_conn_page(c, HTTP_PAGE_BUSY);
	}
}
