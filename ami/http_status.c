/* ami/http_status.c - what the web server tells of itself: /httpstatus and "http show status". */
#include "ami/http_internal.h"

#include "engine/base/check.h"

#define STATUS_ROOM 65536

/* ---- /httpstatus ---- */

static void status_row(struct sink *out, const char *label, struct slice value)
{
	sink_fmt(out, "<tr><td><i>%s</i></td><td><b>", label);
	http_escape(out, value);
	sink_lit(out, "</b></td></tr>\r\n");
}

static void status_address(struct sink *out, const char *label, const struct addr *a)
{
	char text[ADDR_TEXT];

	status_row(out, label, slice_str(addr_text(a, text)));
}

static void status_pair(struct sink *out, const char *label, struct slice name, struct slice value)
{
	sink_fmt(out, "<tr><td><i>%s '", label);
	http_escape(out, name);
	sink_lit(out, "'</i></td><td>");
	http_escape(out, value);
	sink_lit(out, "</td></tr>\r\n");
}

static void status_parameters(struct sink *out, const struct ami_msg *m)
{
	for (uint32_t i = 0; i < m->line_count; i++) {
		struct slice name, value;

		if (ami_msg_split(m->lines[i], &name, &value))
			status_pair(out, "Submitted GET Variable", name, value);
	}
}

/* That they came, not what they hold: it opens a session, ours or that of another program on this
 * host, and browsers keep it from the scripts that could read this page. */
static void status_cookies(struct sink *out, struct slice cookies)
{
	struct slice name, value;

	while (http_cookie_each(&cookies, &name, &value))
		status_pair(out, "Cookie", name, SLICE_LIT("(hidden)"));
}

static void status_page(struct sink *out, const struct http_conn *c)
{
	const struct http_conf *conf = c->http->conf;

	sink_lit(out, "<html><title>Asterisk HTTP Status</title>\r\n"
		      "<body bgcolor=\"#ffffff\">\r\n"
		      "<table bgcolor=\"#f1f1f1\" align=\"center\"><tr>"
		      "<td bgcolor=\"#e0e0ff\" colspan=\"2\" width=\"500\">\r\n"
		      "<h2>&nbsp;&nbsp;Asterisk&trade; HTTP Status</h2></td></tr>\r\n");
	status_row(out, "Server", conf->server_name);
	status_row(out, "Prefix", conf->prefix);
	status_address(out, "Bind Address", &conf->bind);
	if (conf->tls.enabled)
		status_address(out, "TLS Bind Address", &conf->tls.bind);
	sink_lit(out, "<tr><td colspan=\"2\"><hr></td></tr>\r\n");
	status_parameters(out, http_conn_msg(c));
	sink_lit(out, "<tr><td colspan=\"2\"><hr></td></tr>\r\n");
	status_cookies(out, c->x->request.kept[HTTP_KEPT_COOKIE]);
	sink_lit(out, "</table><center><font size=\"-1\"><i>Asterisk and Digium are registered "
		      "trademarks of Digium, Inc.</i></font></center></body></html>\r\n");
}

void http_status_serve(struct http_conn *c)
{
	char text[STATUS_ROOM];
	struct sink out = sink_make(text, sizeof(text));
	struct http_body body = {.code = 200, .title = "OK"};

	if (c->x->request.verb == HTTP_VERB_OTHER) {
		http_conn_page(c, HTTP_PAGE_METHOD);
		return;
	}
	if (!http_form_read(&c->x->form, c->x->request.query)) {
		http_conn_page(c, HTTP_PAGE_BAD_PARAMETER);
		return;
	}
	if (c->x->form.msg.status != AMI_FRAME_OK) {
		metric_inc(c->http->ami->metrics, METRIC_http_bad_request);
		http_conn_page(c, HTTP_PAGE_TOO_MANY_PARAMETERS);
		return;
	}
	status_page(&out, c);
	if (out.over) {
		http_conn_page(c, HTTP_PAGE_ANSWER_TOO_LARGE);
		return;
	}
	body.text = sink_slice(&out);
	http_conn_send(c, &body);
}

/* ---- http show status ---- */

static void show_routes(struct cli_call *call, const struct http *h)
{
	uint32_t count, shown = 0;
	const struct http_route *routes = http_routes(&count);

	cli_print(call, "Enabled URI's:\n");
	for (uint32_t i = 0; i < count; i++) {
		if (!http_route_is_on(h, &routes[i]))
			continue;
		cli_print(call, "%s/%s%s => %s\n", h->conf->prefix.ptr, routes[i].name,
			  routes[i].has_subtree ? "/..." : "", routes[i].text);
		shown++;
	}
	if (shown == 0)
		cli_print(call, "None.\n");
}

static void show_redirects(struct cli_call *call, const struct http_conf *conf)
{
	cli_print(call, "\nEnabled Redirects:\n");
	for (uint32_t i = 0; i < conf->redirect_count; i++)
		cli_print(call, "  %s => %s\n", conf->redirects[i].from.ptr,
			  conf->redirects[i].to.ptr);
	if (conf->redirect_count == 0)
		cli_print(call, "  None.\n");
}

static void show_acl(struct cli_call *call, const struct acl *acl)
{
	if (acl->count == 0)
		cli_print(call, "    No ACL configured\n");
	acl_print(call, acl, "    ");
}

static void show_restrictions(struct cli_call *call, const struct http_conf *conf)
{
	cli_print(call, "\nPath Restrictions:\n");
	for (uint32_t i = 0; i < conf->restriction_count; i++) {
		cli_print(call, "  Path: %s\n", conf->restrictions[i].path.ptr);
		show_acl(call, &conf->restrictions[i].acl);
	}
	if (conf->restriction_count == 0)
		cli_print(call, "  None.\n");
}

static enum cli_result show_status(void *context, struct cli_call *call)
{
	const struct http *h = context;
	char text[ADDR_TEXT];

	if (call->argc)
		return CLI_USAGE;
	cli_print(call, "HTTP Server Status:\nPrefix: %s\nServer: %s\n", h->conf->prefix.ptr,
		  h->conf->server_name.ptr);
	if (h->plain.listener)
		cli_print(call, "Server Enabled and Bound to %s\n\n",
			  addr_text(&h->plain.bound, text));
	else
		cli_print(call, "Server Disabled\n\n");
	if (h->tls.listener)
		cli_print(call, "HTTPS Server Enabled and Bound to %s\n\n",
			  addr_text(&h->tls.bound, text));
	show_routes(call, h);
	show_redirects(call, h->conf);
	show_restrictions(call, h->conf);
	return CLI_OK;
}

static const struct cli_command status_commands[] = {
	{"http show status", "Show the state of the web server",
	 "Usage: http show status\n"
	 "       Shows where it listens, its paths, redirects and restrictions.\n",
	 show_status},
};

int http_status_register(struct http *h)
{
	return cli_register(control_cli(h->ami->control), status_commands,
			    ARRAY_COUNT(status_commands), h);
}
