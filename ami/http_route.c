/* ami/http_route.c - which path is whose: restrictions, redirects, prefix, then the table. */
#include "ami/http_internal.h"

#include "engine/base/check.h"

static bool static_is_on(const struct http *h)
{
	return h->conf->static_enabled;
}

static bool status_is_on(const struct http *h)
{
	return h->conf->status_enabled;
}

static bool manager_is_on(const struct http *h)
{
	return h->ami->conf->enabled && h->ami->conf->web_enabled;
}

/* Parameters of a GET stand in the query, those of a POST in its body, and nowhere else. */
static struct slice manager_parameters(const struct http_request *r)
{
	if (r->verb != HTTP_VERB_POST)
		return r->query;
	return http_form_is_type(r->kept[HTTP_KEPT_CONTENT_TYPE]) ? r->body : SLICE_EMPTY;
}

static void manager_serve(struct http_conn *c)
{
	struct http_request *r = &c->x->request;

	if (r->verb == HTTP_VERB_OTHER) {
		http_conn_page(c, HTTP_PAGE_METHOD);
	} else if (!http_form_read(&c->x->form, manager_parameters(r))) {
		metric_add(c->http->ami->metrics, METRIC_http_bad_request, 1);
		http_conn_page(c, HTTP_PAGE_BAD_PARAMETER);
	} else if (c->route->is_digest) {
		http_digest_serve(c);
	} else {
		http_session_serve(c);
	}
}

/* By falling length of the name. */
static const struct http_route routes[] = {
	{.name = "httpstatus",
	 .text = "Asterisk HTTP General Status",
	 .serve = http_status_serve,
	 .is_on = status_is_on},
	{.name = "amanager",
	 .text = "HTML Manager Event Interface w/Digest authentication",
	 .is_digest = true,
	 .format = HTTP_FORMAT_HTML,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
	{.name = "arawman",
	 .text = "Raw HTTP Manager Event Interface w/Digest authentication",
	 .is_digest = true,
	 .format = HTTP_FORMAT_RAW,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
	{.name = "manager",
	 .text = "HTML Manager Event Interface",
	 .format = HTTP_FORMAT_HTML,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
	{.name = "rawman",
	 .text = "Raw HTTP Manager Event Interface",
	 .format = HTTP_FORMAT_RAW,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
	{.name = "static",
	 .text = "Asterisk HTTP Static Delivery",
	 .has_subtree = true,
	 .serve = http_static_serve,
	 .is_on = static_is_on},
	{.name = "amxml",
	 .text = "XML Manager Event Interface w/Digest authentication",
	 .is_digest = true,
	 .format = HTTP_FORMAT_XML,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
	{.name = "mxml",
	 .text = "XML Manager Event Interface",
	 .format = HTTP_FORMAT_XML,
	 .serve = manager_serve,
	 .is_on = manager_is_on},
};

const struct http_route *http_routes(uint32_t *count)
{
	*count = ARRAY_COUNT(routes);
	return routes;
}

bool http_route_is_on(const struct http *h, const struct http_route *route)
{
	return route->is_on(h);
}

/* Of the path behind prefix and slash: "rawman", "rawman/", "static/a/b". */
static bool route_fits(const struct http_route *route, struct slice path, struct slice *rest)
{
	struct slice name = slice_str(route->name);

	if (!slice_istarts(path, name))
		return false;
	*rest = slice_from(path, name.len);
	if (rest->len == 0)
		return true;
	if (rest->ptr[0] != '/')
		return false;
	*rest = slice_from(*rest, 1);
	return rest->len == 0 || route->has_subtree;
}

static const struct http_route *route_find(const struct http *h, struct slice path,
					   struct slice *rest)
{
	struct slice prefix = h->conf->prefix;

	if (!slice_istarts(path, prefix))
		return NULL;
	path = slice_from(path, prefix.len);
	if (path.len == 0 || path.ptr[0] != '/')
		return NULL;
	path = slice_from(path, 1);
	for (size_t i = 0; i < ARRAY_COUNT(routes); i++)
		if (route_fits(&routes[i], path, rest) && routes[i].is_on(h))
			return &routes[i];
	return NULL;
}

static void route_redirect(struct http_conn *c, struct slice to)
{
	struct http *h = c->http;
	struct sink out = sink_make(h->lines_text, sizeof(h->lines_text));
	struct http_body body = {.code = 302, .title = "Moved Temporarily"};

	sink_lit(&out, "Location: ");
	sink_add(&out, slice_head(to, LIMIT_HTTP_LINE));
	sink_lit(&out, "\r\n");
	body.lines = sink_slice(&out);
	http_conn_send(c, &body);
}

void http_route_serve(struct http_conn *c)
{
	struct http *h = c->http;
	struct slice path, to;

	if (!http_path_decode(c->x->path, c->x->request.path, &path)) {
		metric_add(h->ami->metrics, METRIC_http_bad_request, 1);
		http_conn_page(c, HTTP_PAGE_INVALID);
		return;
	}
	if (!http_conf_admits(h->conf, path, &c->peer)) {
		metric_add(h->ami->metrics, METRIC_http_denied, 1);
		http_conn_page(c, HTTP_PAGE_RESTRICTED);
		return;
	}
	to = http_conf_redirect(h->conf, path);
	if (to.len) {
		route_redirect(c, to);
		return;
	}
	c->route = route_find(h, path, &c->rest);
	if (c->route)
		c->route->serve(c);
	else
		http_conn_page(c, HTTP_PAGE_NOT_FOUND);
}
