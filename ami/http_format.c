/* ami/http_format.c - see http_format.h. */
#include "ami/http_format.h"

#include "ami/http_page.h"
#include "engine/base/limits.h"

#include <stdlib.h>

#define FORMAT_NAMES  8192 /* slots for names of one message, a power of two */
#define FORMAT_ESCAPE 6	   /* octets that one octet may become: &quot; */

/* Names of a message are counted by their hash. A slot of another message is free. */
struct format_name {
	uint64_t hash;
	uint32_t message;
	uint32_t count;
};

struct http_formatter {
	const struct http_style *style;
	struct ami_byteq *out;
	bool failed;
	bool in_message, is_opaque;
	uint32_t message; /* number, never 0 in use */
	uint32_t name_count;
	size_t line_len; /* of a line that stands in two chunks */
	struct format_name names[FORMAT_NAMES];
	char line[LIMIT_AMI_MESSAGE];
	char piece[FORMAT_ESCAPE * LIMIT_AMI_MESSAGE + 64];
};

const char *http_format_type(enum http_format format)
{
	static const char *const types[] = {"text/plain", "text/html", "text/xml"};

	return types[format];
}

struct http_formatter *http_formatter_create(void)
{
	return calloc(1, sizeof(struct http_formatter));
}

void http_formatter_destroy(struct http_formatter *f)
{
	free(f);
}

static void format_put(struct http_formatter *f, struct slice text)
{
	if (!ami_byteq_add(f->out, text))
		f->failed = true;
}

#define format_lit(f, text) format_put((f), SLICE_LIT(text))

/* A line's parts are gathered in f->piece and go out in one. */
static struct sink format_begin(struct http_formatter *f)
{
	return sink_make(f->piece, sizeof(f->piece));
}

static bool format_is_xml(const struct http_formatter *f)
{
	return f->style->format == HTTP_FORMAT_XML;
}

/* ---- names ---- */

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A header's name as that of an attribute. */
static void format_attribute(struct sink *out, struct slice name)
{
	if (name.len && is_digit(name.ptr[0]))
		sink_char(out, '_');
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (is_letter(c))
			sink_char(out, (char)(c | 0x20));
		else
			sink_char(out, (char)(is_digit(c) ? c : '_'));
	}
}

/* The client's word as an element's name: what could end it becomes `_`. */
static void format_element(struct sink *out, struct slice name)
{
	if (name.len && !is_letter(name.ptr[0]) && name.ptr[0] != '_')
		sink_char(out, '_');
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		sink_char(out, is_letter(c) || is_digit(c) || c == '-' || c == '.' ? c : '_');
	}
}

/* How often the name, as it was written, has come in this message, this time included. */
static uint32_t format_count(struct http_formatter *f, struct slice name)
{
	uint64_t hash = slice_hash(name, 0);

	for (uint32_t i = 0; i < FORMAT_NAMES; i++) {
		struct format_name *n = &f->names[(hash + i) & (FORMAT_NAMES - 1)];

		if (n->message == f->message && n->hash == hash)
			return ++n->count;
		if (n->message == f->message)
			continue;
		if (f->name_count >= FORMAT_NAMES / 2)
			return 1; /* thousands of names in one message: they are not told apart */
		f->name_count++;
		*n = (struct format_name){.hash = hash, .message = f->message, .count = 1};
		return 1;
	}
	return 1;
}

/* ---- messages ---- */

static void format_open(struct http_formatter *f)
{
	const struct http_style *style = f->style;
	struct sink out = format_begin(f);

	f->in_message = true;
	f->name_count = 0;
	if (++f->message == 0) { /* once in 4 billion messages: no slot may look used */
		memset(f->names, 0, sizeof(f->names));
		f->message = 1;
	}
	if (!format_is_xml(f))
		return;
	sink_lit(&out, "<response type='object' id='");
	http_escape(&out, style->dest.len ? style->dest : SLICE_LIT("unknown"));
	sink_lit(&out, "'><");
	format_element(&out, style->objtype.len ? style->objtype : SLICE_LIT("generic"));
	format_put(f, sink_slice(&out));
}

static void format_close(struct http_formatter *f)
{
	if (f->is_opaque)
		format_put(f, format_is_xml(f) ? SLICE_LIT("'") : SLICE_LIT("</td></tr>\n"));
	if (f->in_message)
		format_put(f, format_is_xml(f)
				      ? SLICE_LIT(" /></response>\n")
				      : SLICE_LIT("<tr><td colspan=\"2\"><hr></td></tr>\r\n"));
	f->is_opaque = f->in_message = false;
}

static void format_pair(struct http_formatter *f, struct slice name, struct slice value)
{
	bool xml = format_is_xml(f);
	struct sink out = format_begin(f);
	size_t from;
	uint32_t count;

	sink_add(&out, xml ? SLICE_LIT(" ") : SLICE_LIT("<tr><td>"));
	from = out.len;
	if (xml)
		format_attribute(&out, name);
	else
		http_escape(&out, name);
	count = format_count(f, slice_from(sink_slice(&out), from));
	if (count > 1) {
		sink_char(&out, '-');
		sink_u64(&out, count);
	}
	sink_add(&out, xml ? SLICE_LIT("='") : SLICE_LIT("</td><td>"));
	http_escape(&out, value);
	if (!f->is_opaque)
		sink_add(&out, xml ? SLICE_LIT("'") : SLICE_LIT("</td></tr>\n"));
	format_put(f, sink_slice(&out));
}

static void format_more_opaque(struct http_formatter *f, struct slice line)
{
	struct sink out = format_begin(f);

	sink_add(&out, format_is_xml(f) ? SLICE_LIT("\n") : SLICE_LIT("<br>\n"));
	http_escape(&out, line);
	format_put(f, sink_slice(&out));
}

static void format_line(struct http_formatter *f, struct slice line)
{
	size_t colon;

	line = slice_rtrim(line);
	if (line.len == 0) {
		format_close(f);
		return;
	}
	if (!f->in_message)
		format_open(f);
	if (f->is_opaque) {
		format_more_opaque(f, line);
		return;
	}
	colon = slice_find(line, ':');
	f->is_opaque = colon == SIZE_MAX;
	if (f->is_opaque)
		format_pair(f, SLICE_LIT("Opaque-data"), line);
	else
		format_pair(f, slice_rtrim(slice_head(line, colon)),
			    slice_ltrim(slice_from(line, colon + 1)));
}

/* ---- lines ---- */

static void format_keep(struct http_formatter *f, struct slice part)
{
	part = slice_head(part, sizeof(f->line) - f->line_len);
	memcpy(f->line + f->line_len, part.ptr, part.len);
	f->line_len += part.len;
}

static void format_end_kept(struct http_formatter *f)
{
	struct slice line = slice_make(f->line, f->line_len);

	f->line_len = 0;
	format_line(f, line);
}

static void format_run(struct http_formatter *f, struct slice run)
{
	while (run.len) {
		size_t lf = slice_find(run, '\n');
		struct slice part = slice_head(run, lf);

		if (lf == SIZE_MAX) {
			format_keep(f, part);
			return;
		}
		run = slice_from(run, lf + 1);
		if (f->line_len == 0) {
			format_line(f, part);
			continue;
		}
		format_keep(f, part);
		format_end_kept(f);
	}
}

static void format_messages(struct http_formatter *f, struct ami_byteq *text)
{
	while (text->len) {
		struct slice run = ami_byteq_peek(text);

		format_run(f, run);
		ami_byteq_take(text, run.len);
	}
	if (f->line_len)
		format_end_kept(f);
	format_close(f);
}

/* ---- pages ---- */

static void page_raw(struct http_formatter *f, struct ami_byteq *text)
{
	while (text->len) {
		struct slice run = ami_byteq_peek(text);

		format_put(f, run);
		ami_byteq_take(text, run.len);
	}
}

static void page_xml(struct http_formatter *f, struct ami_byteq *text)
{
	format_lit(f, "<ajax-response>\n");
	format_messages(f, text);
	format_lit(f, "</ajax-response>\n");
}

/* The mark-up of these two pages is part of the interface: clients cut the rows out of it. */
static void page_html(struct http_formatter *f, struct ami_byteq *text)
{
	format_lit(f,
		   "<title>Asterisk&trade; Manager Interface</title>"
		   "<body bgcolor=\"#ffffff\">"
		   "<table align=center bgcolor=\"#f1f1f1\" width=\"500\">\r\n"
		   "<tr><td colspan=\"2\" bgcolor=\"#f1f1ff\"><h1>Manager Tester</h1></td></tr>\r\n"
		   "<tr><td colspan=\"2\" bgcolor=\"#f1f1ff\">"
		   "<form action=\"manager\" method=\"post\">\n"
		   "\tAction: <select name=\"action\">\n"
		   "\t\t<option value=\"\">-----&gt;</option>\n"
		   "\t\t<option value=\"login\">login</option>\n"
		   "\t\t<option value=\"command\">Command</option>\n"
		   "\t\t<option value=\"waitevent\">waitevent</option>\n"
		   "\t\t<option value=\"listcommands\">listcommands</option>\n"
		   "\t</select>\n"
		   "\tor <input name=\"action\"><br/>\n"
		   "\tCLI Command <input name=\"command\"><br>\n"
		   "\tuser <input name=\"username\"> "
		   "pass <input type=\"password\" name=\"secret\"><br>\n"
		   "\t<input type=\"submit\">\n"
		   "</form>\n"
		   "</td></tr>\r\n");
	format_messages(f, text);
	format_lit(f, "</table></body>\r\n");
}

static void page_html_digest(struct http_formatter *f, struct ami_byteq *text)
{
	format_lit(f,
		   "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n"
		   "<html><head>\r\n"
		   "<title>Asterisk&trade; Manager Interface</title>\r\n"
		   "</head><body style=\"background-color: #ffffff;\">\r\n"
		   "<form method=\"POST\">\r\n"
		   "<table align=\"center\" style=\"background-color: #f1f1f1;\" width=\"500\">\r\n"
		   "<tr><th colspan=\"2\" style=\"background-color: #f1f1ff;\">"
		   "<h1>Manager Tester</h1></th></tr>\r\n"
		   "<tr><th colspan=\"2\" style=\"background-color: #f1f1ff;\">"
		   "Action: <input name=\"action\" /> Cmd: <input name=\"command\" /><br>"
		   "<input type=\"submit\" value=\"Send request\" /></th></tr>\r\n");
	format_messages(f, text);
	format_lit(f, "</table></form></body></html>\r\n");
}

bool http_format_page(struct http_formatter *f, const struct http_style *style,
		      struct ami_byteq *text, struct ami_byteq *out)
{
	f->style = style;
	f->out = out;
	f->failed = f->in_message = f->is_opaque = false;
	f->line_len = 0;
	if (style->format == HTTP_FORMAT_RAW)
		page_raw(f, text);
	else if (style->format == HTTP_FORMAT_XML)
		page_xml(f, text);
	else if (style->digest)
		page_html_digest(f, text);
	else
		page_html(f, text);
	return !f->failed;
}
