/* engine/core/func_internal.h - the dialplan functions, by file; func.c makes the table of them. */
#ifndef RINGER_CORE_FUNC_INTERNAL_H
#define RINGER_CORE_FUNC_INTERNAL_H

#include "engine/base/regex.h"
#include "engine/core/chan.h"
#include "engine/core/func.h"
#include "engine/core/subst.h"

/* One read. text is a copy of the arguments that the reader may change; NUL-terminated. */
struct func_call {
	struct chan *c;
	struct subst *s;
	char *text;
	size_t len;
};

/* What reaches beyond the call: not for those whose words are worked on under chan.guarded. */
enum func_reach { FUNC_READ_REACHES = 1, FUNC_WRITE_REACHES = 2 };

struct func {
	const char *name;
	const char *summary;
	void (*read)(struct func_call *f, struct sink *out); /* NULL: write only */
	/* 0, -EINVAL (logged), -EPERM (logged). NULL: read only. args as written. */
	int (*write)(struct chan *c, struct slice args, struct slice value);
	unsigned reach; /* enum func_reach */
};

static inline struct slice func_args(const struct func_call *f)
{
	return slice_make(f->text, f->len);
}

/* What stands before the first comma. */
struct slice func_first_part(struct slice args);
/* Appends what ${name} would give; name may be a function call. */
void func_value(struct func_call *f, struct slice name, struct sink *out);

/* Octets that the expression may look at: a client that asks (chan.guarded) must not hold a shard
 * up. */
size_t func_regex_octets(const struct func_call *f, const struct regex *re);
/* It would be more: counted and logged. */
void func_regex_refuse(const struct func_call *f, const struct regex *re);

/* func_text.c */
extern const struct func func_csv_quote, func_cut, func_fieldnum, func_fieldqty, func_filter,
	func_len, func_ltrim, func_passthru, func_quote, func_regex, func_replace, func_rtrim,
	func_strreplace, func_tolower, func_toupper, func_trim;
/* func_math.c */
extern const struct func func_dec, func_inc, func_math, func_rand, func_strftime;
/* func_logic.c */
extern const struct func func_array, func_dialplan_exists, func_eval, func_exception, func_exists,
	func_global, func_if, func_iftime, func_isnull, func_local;
/* func_chan.c */
extern const struct func func_channel, func_hangupcause, func_timeout;
/* func_party.c */
extern const struct func func_callerid, func_connectedline, func_redirecting;
/* func_pjsip.c */
extern const struct func func_pjsip_aor, func_pjsip_contact, func_pjsip_dial_contacts,
	func_pjsip_endpoint, func_pjsip_header, func_pjsip_headers, func_pjsip_response_header,
	func_pjsip_response_headers;
/* func_db.c */
extern const struct func func_db, func_db_delete, func_db_exists, func_db_keys;
/* func_state.c */
extern const struct func func_device_state, func_extension_state, func_hint;
/* func_group.c */
extern const struct func func_group, func_group_count, func_group_list, func_group_match_count;
/* func_cdr.c */
extern const struct func func_cdr;

#endif
