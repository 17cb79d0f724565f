/* sip/text.h - the lexical ground of SIP header values (RFC 3261 25.1).
 *
 * Values are slices over the receive buffer and may hold folds (CRLF + blank), so "blank" here means
 * SP, HT, CR and LF alike. Nothing allocates, nothing needs a NUL, every scan is linear. */
#ifndef RINGER_SIP_TEXT_H
#define RINGER_SIP_TEXT_H

#include "engine/base/sink.h"
#include "engine/base/slice.h"

/* Classes of octets; sip_text_class holds the bits of each. */
enum {
	SIP_CH_TOKEN = 1,   /* token: alphanum and -.!%*_+`'~ */
	SIP_CH_BLANK = 2,   /* SP HT CR LF */
	SIP_CH_DIGIT = 4,
	SIP_CH_HEX = 8,
	SIP_CH_HOST = 16,   /* alphanum . - _ (the underscore is seen in the field) */
	SIP_CH_URI = 32,    /* what may stand in a URI: no blank, control, <, >, quote */
	SIP_CH_USER = 64,   /* user and password part, P7: unreserved, escaped, &=+$,;?/: and # */
	SIP_CH_CTL = 128,   /* 0..31 and 127 */
};
extern const uint8_t sip_text_class[256];

static inline bool sip_text_is(char c, unsigned mask)
{
	return (sip_text_class[(unsigned char)c] & mask) != 0;
}

/* Not empty and of octets of the class only. */
bool sip_text_all(struct slice s, unsigned mask);
static inline bool sip_text_is_token(struct slice s)
{
	return sip_text_all(s, SIP_CH_TOKEN);
}

/* Without blanks (folds too) at both ends. Unlike slice_trim it leaves other control octets. */
static inline struct slice sip_text_trim(struct slice s)
{
	while (s.len && sip_text_is(s.ptr[0], SIP_CH_BLANK)) {
		s.ptr++;
		s.len--;
	}
	while (s.len && sip_text_is(s.ptr[s.len - 1], SIP_CH_BLANK))
		s.len--;
	return s;
}

/* Index behind the quoted string that begins at s.ptr[at] (a quote); SIZE_MAX if it is not closed.
 * Backslash pairs are stepped over. */
size_t sip_text_quoted_end(struct slice s, size_t at);

/* Index of the first `c` outside of quotes and <>; s.len if there is none. An open quote or bracket
 * hides everything behind it. */
size_t sip_text_find_bare(struct slice s, char c);

/* Takes one value off the front of a comma-separated list: commas inside quotes and <> do not split.
 * Empty elements are skipped. False at the end. The value is trimmed. */
bool sip_text_next_value(struct slice *rest, struct slice *value);

/* One parameter `;name=value` off the front of *rest, which begins with the ';' (blanks allowed
 * everywhere). Empty parameters (";;") are skipped. The value comes without its outer quotes (still
 * with backslash pairs, see sip_text_unescape) and is empty with a NULL pointer when there is no
 * '='. False at the end; what does not begin with ';' ends the walk. */
bool sip_text_next_param(struct slice *rest, struct slice *name, struct slice *value);

/* First parameter of that name (without case). `value` may be NULL. */
bool sip_text_param(struct slice params, struct slice name, struct slice *value);

/* Every ';' piece is empty or a token with an optional =value of token, host or quoted string. */
bool sip_text_params_valid(struct slice params);

/* Writes s with each fold or run of CR/LF and blanks around it as one SP: what we send is never
 * folded, and no stored value can smuggle a line end into a message (P3). */
void sip_text_write_flat(struct sink *out, struct slice s);

/* Writes the content of a quoted string without its backslashes, folds as SP. */
void sip_text_unescape(struct sink *out, struct slice s);

/* Writes `"..."` with backslashes before quote and backslash; controls become '?'. */
void sip_text_write_quoted(struct sink *out, struct slice s);

/* Decimal number over all of s, clamped at max (P9: Expires, Retry-After). False if not digits. */
bool sip_text_u32_clamp(struct slice s, uint32_t max, uint32_t *out);

#endif
