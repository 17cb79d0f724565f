/* ami/http_head.c - see http_head.h. */
#include "ami/http_head.h"

#include <time.h>

void http_date_write(struct sink *out, int64_t wall_s)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)wall_s;
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	sink_fmt(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday,
		 months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void head_line(struct sink *out, struct slice name, struct slice value)
{
	sink_add(out, name);
	sink_add(out, value);
	sink_lit(out, "\r\n");
}

void http_head_write(struct sink *out, const struct http_head *h)
{
	sink_lit(out, "HTTP/1.1 ");
	sink_u64(out, h->code);
	sink_char(out, ' ');
	sink_str(out, h->title);
	sink_lit(out, "\r\n");
	if (h->server.len)
		head_line(out, SLICE_LIT("Server: "), h->server);
	head_line(out, SLICE_LIT("Date: "), h->date);
	if (h->closes)
		sink_lit(out, "Connection: close\r\n");
	if (!h->stored)
		sink_lit(out, "Cache-Control: no-cache, no-store\r\n");
	sink_add(out, h->lines);
	sink_lit(out, "Content-Length: ");
	sink_u64(out, h->body_bytes);
	sink_lit(out, "\r\n\r\n");
}
