/* ami/http_digest.c - who asks, by HTTP digest: /arawman, /amanager, /amxml (ami-http.md 6).
 *
 * A wrong response waits a second, as a refused login does; nonces are those of http_nonce.h. */
#include "ami/http_internal.h"

#include "ami/digest.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

static struct slice digest_realm(const struct http *h)
{
	const char *name = h->ami->about.system_name;

	return name[0] ? slice_str(name) : SLICE_LIT("asterisk");
}

/* "WWW-authenticate: ..." for the head of a 401. */
static struct slice digest_challenge(struct http *h, struct slice nonce, bool is_stale)
{
	struct sink out = sink_make(h->lines_text, sizeof(h->lines_text));
	struct slice realm = digest_realm(h);

	sink_lit(&out, "WWW-authenticate: Digest algorithm=MD5, realm=\"");
	for (size_t i = 0; i < realm.len; i++) {
		if (realm.ptr[i] == '"' || realm.ptr[i] == '\\')
			sink_char(&out, '\\');
		sink_char(&out, realm.ptr[i]);
	}
	sink_lit(&out, "\", nonce=\"");
	sink_add(&out, nonce);
	sink_lit(&out, "\", qop=\"auth\", opaque=\"");
	sink_add(&out, nonce);
	sink_add(&out, is_stale ? SLICE_LIT("\", stale=true\r\n") : SLICE_LIT("\"\r\n"));
	return sink_slice(&out);
}

static void digest_stale(struct http_conn *c, struct slice nonce)
{
	http_conn_page_with(c, HTTP_PAGE_UNAUTHORIZED, digest_challenge(c->http, nonce, true));
}

static void digest_ask(struct http_conn *c)
{
	char text[HTTP_NONCE_TEXT];
	struct slice nonce = http_nonce_make(&c->http->nonces, text, io_now_ns(c->http->ami->io));

	http_conn_page_with(c, HTTP_PAGE_UNAUTHORIZED, digest_challenge(c->http, nonce, false));
}

static void digest_refuse(struct http_conn *c)
{
	char ip[ADDR_TEXT];
	struct sink out = sink_make(ip, sizeof(ip));

	addr_write_ip(&out, &c->peer);
	log_notice("HTTP: digest login from %s refused", sink_cstr(&out));
	metric_add(c->http->ami->metrics, METRIC_ami_auth_failed, 1);
	metric_add(c->http->ami->metrics, METRIC_http_denied, 1);
	http_conn_later(c, digest_ask, AMI_LOGIN_DELAY_NS);
}

static bool digest_is_right(struct http_conn *c, const struct http_auth *a,
			    const struct ami_user *user)
{
	struct slice colon = SLICE_LIT(":");
	char hex1[AMI_MD5_HEX], hex2[AMI_MD5_HEX], hex[AMI_MD5_HEX], sent[AMI_MD5_HEX];
	struct slice first[] = {user->name, colon, digest_realm(c->http), colon, user->secret};
	struct slice second[] = {slice_str(c->x->request.method), colon, a->uri};
	struct slice ha1 = ami_md5_hex(hex1, first, ARRAY_COUNT(first));
	struct slice ha2 = ami_md5_hex(hex2, second, ARRAY_COUNT(second));
	struct slice plain[] = {ha1, colon, a->nonce, colon, ha2};
	struct slice with_qop[] = {ha1,	      colon, a->nonce,		colon, a->nc, colon,
				   a->cnonce, colon, SLICE_LIT("auth"), colon, ha2};
	struct slice want = a->with_qop ? ami_md5_hex(hex, with_qop, ARRAY_COUNT(with_qop))
					: ami_md5_hex(hex, plain, ARRAY_COUNT(plain));

	if (ha1.len == 0 || ha2.len == 0 || want.len == 0 || a->response.len != AMI_MD5_HEX)
		return false;
	for (size_t i = 0; i < AMI_MD5_HEX; i++) /* capitals become small; digits stay */
		sent[i] = (char)(a->response.ptr[i] | 0x20);
	return ami_text_same_secret(want, slice_make(sent, AMI_MD5_HEX));
}

static void digest_admit(struct http_conn *c, const struct http_auth *a,
			 const struct ami_user *user)
{
	struct http *h = c->http;
	int64_t now_ns = io_now_ns(h->ami->io);
	char fresh[HTTP_NONCE_TEXT];
	struct http_nonce *nonce;

	http_nonces_expire(&h->nonces, now_ns - (HTTP_NONCE_LIFE_S + 1) * TMR_SECOND -
					       h->ami->conf->http_timeout_ms * TMR_MS);
	if (http_nonce_use(&h->nonces, a, user->name, now_ns, &nonce, fresh) == HTTP_NONCE_STALE) {
		digest_stale(c, slice_make(fresh, sizeof(fresh)));
		return;
	}
	http_session_serve_as(c, user, nonce);
}

void http_digest_serve(struct http_conn *c)
{
	struct http_auth a = {0};
	const struct ami_user *user;

	if (!http_auth_read(&a, c->x->request.kept[HTTP_KEPT_AUTHORIZATION])) {
		digest_ask(c);
		return;
	}
	user = ami_conf_user(c->http->ami->conf, a.username);
	if (!user || user->secret.len == 0) {
		digest_refuse(c);
	} else if (!acl_allows(&user->acl, &c->peer)) {
		metric_add(c->http->ami->metrics, METRIC_http_denied, 1);
		http_conn_page(c, HTTP_PAGE_ACL);
	} else if (!http_auth_covers(&a, c->x->request.target) || !digest_is_right(c, &a, user)) {
		digest_refuse(c);
	} else {
		digest_admit(c, &a, user);
	}
}
