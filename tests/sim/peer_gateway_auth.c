/* tests/sim/peer_gateway_auth.c - the gateway's challenges, and its book of nonces and counts. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "tests/sim/peer_gateway_internal.h"

#define GW_NONCE_LIFE (10 * SIM_SECOND)

void gw_auth_init(struct gateway *g)
{
	check(hash_create(&g->nonce_by_text, 1024) == 0);
	g->nonces = rng_below(&g->rng, GW_NONCES_COUNT);
	g->offers_qop = rng_chance(&g->rng, 750);
}

void gw_auth_free(struct gateway *g)
{
	for (uint32_t i = 0; i < g->nonce_count; i++) {
		hash_del(&g->nonce_by_text, &g->nonce[i]->node);
		free(g->nonce[i]->users);
		free(g->nonce[i]);
	}
	free(g->nonce);
	hash_destroy(&g->nonce_by_text);
}

static struct gw_nonce *nonce_new(struct gateway *g)
{
	struct gw_nonce *n = calloc(1, sizeof(*n));

	if (g->nonce_count == g->nonce_room) {
		g->nonce_room = g->nonce_room ? 2 * g->nonce_room : 64;
		g->nonce = realloc(g->nonce, g->nonce_room * sizeof(struct gw_nonce *));
	}
	check(n && g->nonce);
	rng_hex(&g->rng, n->text, 20);
	n->at = io_now_ns(g->io);
	hash_add(&g->nonce_by_text, &n->node, slice_hash(slice_str(n->text), 0));
	g->nonce[g->nonce_count++] = n;
	return n;
}

static struct gw_nonce *nonce_find(struct gateway *g, struct slice text)
{
	struct hash_node *node = hash_first(&g->nonce_by_text, slice_hash(text, 0));

	for (; node; node = hash_next(node)) {
		struct gw_nonce *n = hash_entry(node, struct gw_nonce, node);

		if (slice_eq(slice_str(n->text), text))
			return n;
	}
	return NULL;
}

void gw_auth_write(struct gateway *g, struct sink *s)
{
	sink_fmt(s, "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=MD5%s%s\r\n",
		 g->conf.realm ? g->conf.realm : "gw", nonce_new(g)->text,
		 g->offers_qop ? ", qop=\"auth\"" : "", g->says_stale ? ", stale=true" : "");
	g->says_stale = false;
}

static struct slice auth_param(struct slice value, const char *name)
{
	struct slice key = slice_str(name), rest = value;
	size_t at;

	while ((at = slice_find_text(rest, key)) != SIZE_MAX) {
		bool starts = at == 0 || strchr(" ,", rest.ptr[at - 1]);

		rest = slice_from(rest, at + key.len);
		if (!starts || rest.len < 2 || rest.ptr[0] != '=')
			continue;
		rest = slice_from(rest, 1);
		if (rest.ptr[0] != '"')
			return slice_trim(slice_head(rest, slice_find(rest, ',')));
		rest = slice_from(rest, 1);
		return slice_head(rest, slice_find(rest, '"'));
	}
	return SLICE_EMPTY;
}

static void md5_hex(char hex[33], const char *text)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	check(EVP_Digest(text, strlen(text), sum, &len, EVP_md5(), NULL) == 1 && len == 16);
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

/* RFC 2617 3.2.2, with qop if we offered it. */
static bool digest_is_right(const struct gateway *g, const struct sip_msg *m, struct slice value)
{
	const struct gateway_conf *conf = &g->conf;
	struct slice uri = auth_param(value, "uri"), nonce = auth_param(value, "nonce");
	struct slice nc = auth_param(value, "nc"), cnonce = auth_param(value, "cnonce");
	char text[1024], a1[33], a2[33], want[33];

	if (!slice_eq(uri, m->ruri) || (nc.len == 8) != g->offers_qop)
		return false;
	if (!conf->username)
		return auth_param(value, "response").len == 32;
	snprintf(text, sizeof(text), "%s:%s:%s", conf->username, conf->realm, conf->password);
	md5_hex(a1, text);
	snprintf(text, sizeof(text), "INVITE:%.*s", SLICE_ARG(uri));
	md5_hex(a2, text);
	if (g->offers_qop)
		snprintf(text, sizeof(text), "%s:%.*s:%.*s:%.*s:auth:%s", a1, SLICE_ARG(nonce),
			 SLICE_ARG(nc), SLICE_ARG(cnonce), a2);
	else
		snprintf(text, sizeof(text), "%s:%.*s:%s", a1, SLICE_ARG(nonce), a2);
	md5_hex(want, text);
	return slice_eq(auth_param(value, "response"), slice_str(want));
}

static bool count_of(struct slice value, uint32_t *out)
{
	struct slice text = auth_param(value, "nc");
	char room[9], *end;

	if (text.len != 8)
		return false;
	slice_copy(room, sizeof(room), text);
	*out = (uint32_t)strtoul(room, &end, 16);
	return *end == 0;
}

static uint64_t user_of(const struct sip_msg *m)
{
	return slice_hash(m->call_id, m->cseq) | 1;
}

/* The first call that used it may use it; for others it depends. */
static bool nonce_is_good(const struct gateway *g, const struct gw_nonce *n,
			  const struct sip_msg *m, struct slice value)
{
	uint32_t nc = 0;

	if (g->nonces == GW_NONCES_LAST)
		return io_now_ns(g->io) - n->at < GW_NONCE_LIFE;
	if (g->offers_qop)
		return count_of(value, &nc) && nc == 1;
	return n->users && n->users[0] == user_of(m);
}

bool gw_auth_admits(struct gw_call *c, const struct sip_msg *m)
{
	struct slice value = sip_msg_get(m, SIP_HDR_AUTHORIZATION);
	struct gateway *g = c->g;
	struct gw_nonce *n = nonce_find(g, auth_param(value, "nonce"));

	if (!n || !digest_is_right(g, m, value)) {
		if (!g->conf.corrupt)
			gw_violate(g, c, "credentials are wrong: %.*s", SLICE_ARG(value));
		return g->conf.corrupt ? false : true;
	}
	if (nonce_is_good(g, n, m, value))
		return true;
	g->says_stale = g->nonces != GW_NONCES_ONCE;
	return false;
}

static void nonce_make_room(struct gw_nonce *n, uint32_t nc)
{
	uint32_t room = n->user_room ? n->user_room : 8;

	while (room <= nc)
		room *= 2;
	if (room == n->user_room)
		return;
	n->users = realloc(n->users, room * sizeof(uint64_t));
	check(n->users);
	memset(n->users + n->user_room, 0, (room - n->user_room) * sizeof(uint64_t));
	n->user_room = room;
}

void gw_auth_count(struct gateway *g, const struct gw_call *c, const struct sip_msg *m)
{
	struct slice value = sip_msg_get(m, SIP_HDR_AUTHORIZATION);
	struct gw_nonce *n = nonce_find(g, auth_param(value, "nonce"));
	uint32_t nc = 0;

	if (!n || m->method == SIP_METHOD_ACK || g->conf.corrupt)
		return;
	if (g->offers_qop && (!count_of(value, &nc) || nc == 0 || nc > 1u << 20)) {
		gw_violate(g, c, "a count that is none: %.*s", SLICE_ARG(value));
		return;
	}
	nonce_make_room(n, nc);
	if (g->offers_qop && n->users[nc] && n->users[nc] != user_of(m))
		gw_violate(g, c, "nonce %s: count %u was used before", n->text, nc);
	if (!n->users[nc])
		n->users[nc] = user_of(m);
}
