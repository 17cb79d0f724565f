/* sip/passport.c - see passport.h. */
#include "sip/passport.h"

#include "engine/base/check.h"

#include <errno.h>
#include <time.h>

#define PASSPORT_JSON 1024 /* either part of it */

/* ---- numbers ---- */

bool passport_write_tn(struct sink *out, struct slice text)
{
	size_t end = slice_find(text, ';'), before = out->len;

	text = slice_trim(end == SIZE_MAX ? text : slice_head(text, end));
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if ((c >= '0' && c <= '9') || c == '*' || c == '#')
			sink_char(out, c);
		else if (!(c == '+' && i == 0) && slice_find(SLICE_LIT(" -.()"), c) == SIZE_MAX)
			return false;
	}
	return out->len > before && out->len - before <= PASSPORT_TN && !out->over;
}

/* ---- base64url (RFC 4648 5), without padding ---- */

static void passport_add_base64(struct sink *out, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const uint8_t *octets = data;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | octets[i];
		for (have += 8; have >= 6; have -= 6)
			sink_char(out, digits[bits >> (have - 6) & 63]);
	}
	if (have)
		sink_char(out, digits[bits << (6 - have) & 63]);
}

static void passport_add_json(struct sink *out, const struct sink *json)
{
	out->over |= json->over;
	passport_add_base64(out, json->ptr, json->len);
}

/* ---- the token ---- */

static void passport_write_header(struct sink *out, const struct passport *p)
{
	char room[PASSPORT_JSON];
	struct sink json = sink_make(room, sizeof(room));

	sink_lit(&json, "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"");
	sink_add(&json, p->url);
	sink_lit(&json, "\"}");
	passport_add_json(out, &json);
}

static void passport_write_payload(struct sink *out, const struct passport *p)
{
	char room[PASSPORT_JSON];
	struct sink json = sink_make(room, sizeof(room));

	sink_lit(&json, "{\"attest\":\"");
	sink_char(&json, p->level);
	sink_lit(&json, "\",\"dest\":{\"tn\":[\"");
	sink_add(&json, p->dest);
	sink_lit(&json, "\"]},\"iat\":");
	sink_i64(&json, p->iat_s);
	sink_lit(&json, ",\"orig\":{\"tn\":\"");
	sink_add(&json, p->orig);
	sink_lit(&json, "\"},\"origid\":\"");
	sink_add(&json, slice_make(p->origid, PASSPORT_UUID));
	sink_lit(&json, "\"}");
	passport_add_json(out, &json);
}

void passport_write(struct sink *out, const struct passport *p)
{
	passport_write_header(out, p);
	sink_char(out, '.');
	passport_write_payload(out, p);
}

int passport_write_identity(struct sink *out, const struct passport *p, const struct es256_key *key)
{
	uint8_t signature[ES256_OCTETS];
	size_t at = out->len;
	int err;

	passport_write(out, p);
	if (out->over)
		return -EMSGSIZE;
	err = es256_sign(key, slice_from(sink_slice(out), at), signature);
	if (err)
		return err;
	sink_char(out, '.');
	passport_add_base64(out, signature, sizeof(signature));
	sink_lit(out, ";info=<");
	sink_add(out, p->url);
	sink_lit(out, ">;alg=ES256;ppt=shaken");
	return out->over ? -EMSGSIZE : 0;
}

/* ---- Date ---- */

/* Not strftime: its names are those of the locale. */
void passport_write_date(struct sink *out, int64_t wall_s)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)wall_s;
	struct tm tm;

	if (NEVER(!gmtime_r(&when, &tm)))
		return;
	sink_fmt(out, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT", &days[3 * tm.tm_wday], tm.tm_mday,
		 &months[3 * tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
