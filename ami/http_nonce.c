/* ami/http_nonce.c - see http_nonce.h. */
#include "ami/http_nonce.h"

#include "ami/digest.h"
#include "ami/text.h"
#include "engine/base/check.h"

#include <errno.h>

#define NONCE_CODED 32 /* digits that the code covers */
#define NONCE_LIFE  (HTTP_NONCE_LIFE_S * INT64_C(1000000000))

int http_nonces_create(struct http_nonces *t, const unsigned char key[32],
		       void (*forget)(void *session))
{
	int err = slab_create(&t->slab, "http_nonce", sizeof(struct http_nonce), LIMIT_HTTP_NONCES);

	if (err)
		return err;
	if ((err = hash_create(&t->by_current, LIMIT_HTTP_NONCES)) ||
	    (err = hash_create(&t->by_former, LIMIT_HTTP_NONCES))) {
		http_nonces_destroy(t);
		return err;
	}
	list_init(&t->by_use);
	memcpy(t->key, key, sizeof(t->key));
	t->forget = forget;
	t->floor_ns = INT64_MIN;
	return 0;
}

void http_nonces_destroy(struct http_nonces *t)
{
	if (!t->slab)
		return;
	hash_destroy(&t->by_current);
	hash_destroy(&t->by_former);
	slab_destroy(t->slab);
	t->slab = NULL;
}

static struct slice nonce_code(struct http_nonces *t, char *hex, struct slice coded)
{
	return ami_hmac_hex(hex, slice_make((const char *)t->key, sizeof(t->key)), coded);
}

struct slice http_nonce_make(struct http_nonces *t, char text[HTTP_NONCE_TEXT], int64_t now_ns)
{
	struct sink out = sink_make(text, HTTP_NONCE_TEXT);
	char code[AMI_HMAC_HEX];

	sink_hex(&out, ++t->serial, 16);
	sink_hex(&out, (uint64_t)now_ns, 16);
	sink_add(&out, nonce_code(t, code, sink_slice(&out)));
	return sink_slice(&out);
}

static int64_t nonce_time(struct slice text)
{
	uint64_t n = 0;

	for (size_t i = 16; i < NONCE_CODED; i++) {
		char c = text.ptr[i];

		n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return (int64_t)n;
}

/* We made it, and when. */
static bool nonce_is_ours(struct http_nonces *t, struct slice text, int64_t *made_ns)
{
	char code[AMI_HMAC_HEX];
	struct slice want;

	if (text.len != HTTP_NONCE_TEXT)
		return false;
	want = nonce_code(t, code, slice_head(text, NONCE_CODED));
	if (want.len == 0 || !ami_text_same_secret(want, slice_from(text, NONCE_CODED)))
		return false;
	*made_ns = nonce_time(text);
	return true;
}

/* ---- records ---- */

static uint64_t nonce_hash(const struct http_nonces *t, struct slice text)
{
	uint64_t seed;

	memcpy(&seed, t->key, sizeof(seed));
	return slice_hash(text, seed);
}

static bool nonce_is_of(const struct http_nonce *n, const char *text, struct slice nonce,
			struct slice user)
{
	return slice_eq(slice_make(text, HTTP_NONCE_TEXT), nonce) &&
	       slice_eq(slice_make(n->user, n->user_len), user);
}

static struct http_nonce *nonce_find_current(const struct http_nonces *t, struct slice text,
					     struct slice user)
{
	struct hash_node *node = hash_first(&t->by_current, nonce_hash(t, text));

	for (; node; node = hash_next(node)) {
		struct http_nonce *n = hash_entry(node, struct http_nonce, current_node);

		if (nonce_is_of(n, n->current, text, user))
			return n;
	}
	return NULL;
}

static struct http_nonce *nonce_find_former(const struct http_nonces *t, struct slice text,
					    struct slice user)
{
	struct hash_node *node = hash_first(&t->by_former, nonce_hash(t, text));

	for (; node; node = hash_next(node)) {
		struct http_nonce *n = hash_entry(node, struct http_nonce, former_node);

		if (nonce_is_of(n, n->former, text, user))
			return n;
	}
	return NULL;
}

/* Its nonces begin no record again. */
static void nonce_forget(struct http_nonces *t, struct http_nonce *n)
{
	void *session = n->session;

	if (n->made_ns > t->floor_ns)
		t->floor_ns = n->made_ns;
	n->session = NULL;
	list_del(&n->node);
	hash_del(&t->by_current, &n->current_node);
	hash_del(&t->by_former, &n->former_node);
	slab_free(t->slab, n);
	if (session)
		t->forget(session);
}

static struct http_nonce *nonce_oldest(const struct http_nonces *t)
{
	struct list *first = list_first(&t->by_use);

	return first ? list_entry(first, struct http_nonce, node) : NULL;
}

/* A record is good only for nonces of its last life: older ones are stale by their time. */
void http_nonces_expire(struct http_nonces *t, int64_t before_ns)
{
	struct http_nonce *n;

	while ((n = nonce_oldest(t)) && n->used_ns < before_ns) {
		int64_t floor_ns = t->floor_ns;

		nonce_forget(t, n);
		t->floor_ns = floor_ns;
	}
}

static struct http_nonce *nonce_record(struct http_nonces *t, struct slice text, struct slice user,
				       int64_t made_ns)
{
	struct http_nonce *n;

	if (slab_used(t->slab) == slab_count_max(t->slab))
		nonce_forget(t, nonce_oldest(t));
	n = slab_alloc(t->slab);
	check(n);
	memcpy(n->current, text.ptr, HTTP_NONCE_TEXT);
	n->user_len = slice_head(user, sizeof(n->user)).len;
	memcpy(n->user, user.ptr, n->user_len);
	n->made_ns = made_ns;
	list_init(&n->node);
	hash_add(&t->by_current, &n->current_node, nonce_hash(t, text));
	return n;
}

/* Gives the record another nonce and keeps the one before for a last request. */
static void nonce_renew(struct http_nonces *t, struct http_nonce *n, int64_t now_ns)
{
	hash_del(&t->by_current, &n->current_node);
	hash_del(&t->by_former, &n->former_node);
	memcpy(n->former, n->current, HTTP_NONCE_TEXT);
	hash_add(&t->by_former, &n->former_node,
		 nonce_hash(t, slice_make(n->former, HTTP_NONCE_TEXT)));
	(void)http_nonce_make(t, n->current, now_ns);
	hash_add(&t->by_current, &n->current_node,
		 nonce_hash(t, slice_make(n->current, HTTP_NONCE_TEXT)));
	n->made_ns = now_ns;
	n->count = 0;
}

static void nonce_touch(struct http_nonces *t, struct http_nonce *n, int64_t now_ns)
{
	n->used_ns = now_ns;
	list_del(&n->node);
	list_add_tail(&t->by_use, &n->node);
}

/* Without a qop there is no nc: such a nonce is good for one request. */
static bool nonce_count_rises(struct http_nonce *n, const struct http_auth *auth)
{
	uint32_t count = auth->with_qop ? auth->count : 1;

	if (count <= n->count)
		return false;
	n->count = count;
	return true;
}

static enum http_nonce_verdict nonce_stale(const char current[HTTP_NONCE_TEXT],
					   char fresh[HTTP_NONCE_TEXT])
{
	memcpy(fresh, current, HTTP_NONCE_TEXT);
	return HTTP_NONCE_STALE;
}

enum http_nonce_verdict http_nonce_use(struct http_nonces *t, const struct http_auth *auth,
				       struct slice user, int64_t now_ns,
				       struct http_nonce **record, char fresh[HTTP_NONCE_TEXT])
{
	struct http_nonce *n = nonce_find_current(t, auth->nonce, user);
	int64_t made_ns;

	if (!n && (n = nonce_find_former(t, auth->nonce, user))) {
		nonce_touch(t, n, now_ns);
		return nonce_stale(n->current, fresh);
	}
	if (!n) {
		if (!nonce_is_ours(t, auth->nonce, &made_ns) || now_ns - made_ns > NONCE_LIFE ||
		    made_ns <= t->floor_ns) {
			(void)http_nonce_make(t, fresh, now_ns);
			return HTTP_NONCE_STALE;
		}
		n = nonce_record(t, auth->nonce, user, made_ns);
	}
	nonce_touch(t, n, now_ns);
	if (now_ns - n->made_ns > NONCE_LIFE || !nonce_count_rises(n, auth)) {
		nonce_renew(t, n, now_ns);
		return nonce_stale(n->current, fresh);
	}
	*record = n;
	return HTTP_NONCE_GOOD;
}
