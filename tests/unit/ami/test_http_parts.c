/* The small parts of the web server: parameters, cookies, digest headers, nonces, pages, http.conf.
 */
#include "ami/digest.h"
#include "ami/http_auth.h"
#include "ami/http_conf.h"
#include "ami/http_cookie.h"
#include "ami/http_form.h"
#include "ami/http_head.h"
#include "ami/http_nonce.h"
#include "ami/http_page.h"
#include "engine/base/log.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void same(struct slice got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("'%.*s' instead of '%s'", SLICE_ARG(got), want);
}

/* ---- form ---- */

static struct http_form form;

static void test_form(void **state)
{
	(void)state;
	assert_true(
		http_form_read(&form, SLICE_LIT("action=login&username=a+b%20c&&=x&e&s%3d=%3D%")));
	assert_int_equal(form.msg.line_count, 4);
	same(form.msg.lines[0], "action: login");
	same(form.msg.lines[1], "username: a b c");
	same(form.msg.lines[2], "e: ");
	same(form.msg.lines[3], "s=: =%");
	assert_true(http_form_read(&form, SLICE_EMPTY));
	assert_int_equal(form.msg.line_count, 0);
	assert_true(http_form_read(&form, SLICE_LIT("a=%zz%4&b=%e2%82%ac%2b")));
	same(form.msg.lines[0], "a: %zz%4");
	same(form.msg.lines[1], "b: \xe2\x82\xac+");
}

/* Nothing that could end a line comes through, however it is written. */
static void test_form_control(void **state)
{
	static const char *const bad[] = {
		"a=%0d%0aEvent:%20x", "a%0A=b", "x=1&a=%00", "a=\t", "a=%1f", "a=b\r"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(http_form_read(&form, slice_str(bad[i])));
		assert_int_equal(form.msg.line_count, 0);
	}
}

static void test_form_limits(void **state)
{
	static char text[LIMIT_HTTP_BODY];

	(void)state;
	memset(text, '&', sizeof(text));
	for (size_t i = 0; i < LIMIT_AMI_HEADERS; i++)
		text[2 * i] = 'a';
	assert_true(http_form_read(&form, slice_make(text, sizeof(text))));
	assert_int_equal(form.msg.status, AMI_FRAME_OK);
	assert_int_equal(form.msg.line_count, LIMIT_AMI_HEADERS);
	text[2 * LIMIT_AMI_HEADERS] = 'b';
	assert_true(http_form_read(&form, slice_make(text, sizeof(text))));
	assert_int_equal(form.msg.status, AMI_FRAME_TOO_MANY_LINES);
	memset(text, 'x', sizeof(text));
	assert_true(http_form_read(&form, slice_make(text, sizeof(text))));
	assert_int_equal(form.msg.lines[0].len, LIMIT_HTTP_BODY + 2);
}

static void test_form_type(void **state)
{
	(void)state;
	assert_true(http_form_is_type(SLICE_LIT("Application/x-www-form-urlencoded ; charset=x")));
	assert_false(http_form_is_type(SLICE_LIT("application/json")));
	assert_false(http_form_is_type(SLICE_EMPTY));
}

static void test_path(void **state)
{
	char room[64];
	struct slice path;

	(void)state;
	assert_true(http_path_decode(room, SLICE_LIT("/static/a%20b+c%2e"), &path));
	same(path, "/static/a b+c.");
	assert_false(http_path_decode(room, SLICE_LIT("/a%0ab"), &path));
}

/* ---- cookie ---- */

#define ID "0123456789abcdef00112233445566ff"

static void test_cookie(void **state)
{
	char text[64];
	struct sink out = sink_make(text, sizeof(text));
	struct http_id id, other;

	(void)state;
	assert_true(http_cookie_id(SLICE_LIT("mansession_id=\"" ID "\""), &id));
	http_id_write(&out, &id);
	same(sink_slice(&out), ID);
	assert_true(http_cookie_id(
		SLICE_LIT("a=b; MANSESSION_ID = 0123456789ABCDEF00112233445566FF;c"), &other));
	assert_true(http_id_same(&id, &other));
	assert_true(http_cookie_id(SLICE_LIT("mansession_id=" ID "; mansession_id=\"x\""), &other));
	assert_false(http_cookie_id(SLICE_LIT("mansession_id=\"2772752d\""), &id));
	assert_false(http_cookie_id(SLICE_LIT("mansession_id=\"" ID), &id));
	assert_false(http_cookie_id(SLICE_LIT("mansession_id"), &id));
	assert_false(http_cookie_id(SLICE_EMPTY, &id));
}

/* ---- auth ---- */

static struct http_auth auth;

static void test_auth(void **state)
{
	(void)state;
	assert_true(http_auth_read(
		&auth,
		SLICE_LIT("Digest username=\"he\\\"l,lo\", realm=\"asterisk\", nonce=\"n\", "
			  "uri=\"/arawman?action=ping\", cnonce=\"c=\", nc=0000001f, qop=auth, "
			  "response=\"9db2\", opaque=\"n\", algorithm=MD5")));
	same(auth.username, "he\"l,lo");
	same(auth.uri, "/arawman?action=ping");
	same(auth.cnonce, "c=");
	same(auth.nc, "0000001f");
	assert_int_equal(auth.count, 31);
	assert_true(auth.with_qop);
	assert_true(http_auth_read(
		&auth, SLICE_LIT("digest USERNAME=a,nonce=b ,\turi=\"/c\",response=d")));
	same(auth.username, "a");
	same(auth.nonce, "b");
	assert_false(auth.with_qop);
}

static void test_auth_bad(void **state)
{
	static const char *const bad[] = {
		"",
		"Basic aGVsbG86d29ybGQ=",
		"Digest",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\"",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=\"d",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=d, algorithm=SHA-256",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=d, qop=auth-int, nc=1, "
		"cnonce=e",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=d, qop=auth, nc=x, "
		"cnonce=e",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=d, qop=auth, "
		"nc=000000001, cnonce=e",
		"Digest username=\"a\", nonce=\"b\", uri=\"/c\", response=d, qop=auth, nc=1",
		"Digest username=\"\", nonce=\"b\", uri=\"/c\", response=d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (http_auth_read(&auth, slice_str(bad[i])))
			fail_msg("taken: %s", bad[i]);
}

static void test_auth_covers(void **state)
{
	(void)state;
	auth.uri = SLICE_LIT("/pbx/arawman?action=ping");
	assert_true(http_auth_covers(&auth, SLICE_LIT("/pbx/arawman?action=ping")));
	assert_true(http_auth_covers(&auth, SLICE_LIT("/arawman?action=ping"))); /* a proxy */
	assert_false(http_auth_covers(&auth, SLICE_LIT("/arawman?action=logoff")));
	assert_false(http_auth_covers(&auth, SLICE_LIT("/arawman")));
	assert_false(http_auth_covers(&auth, SLICE_EMPTY));
}

static void test_md5(void **state)
{
	struct slice parts[] = {SLICE_LIT("hello"), SLICE_LIT(":asterisk:"), SLICE_LIT("world")};
	char hex[AMI_MD5_HEX];

	(void)state;
	same(ami_md5_hex(hex, parts, 3), "6fafcb24de4fec70af0ddcb4501d1467");
}

/* ---- nonces ---- */

#define SECOND INT64_C(1000000000)
#define USER   SLICE_LIT("hello")

static struct http_nonces nonces;
static void *forgotten;

static void forget(void *session)
{
	forgotten = session;
}

static int nonces_begin(void **state)
{
	static const unsigned char key[32] = {1, 2, 3};

	(void)state;
	forgotten = NULL;
	memset(&nonces, 0, sizeof(nonces));
	return http_nonces_create(&nonces, key, forget);
}

static int nonces_end(void **state)
{
	(void)state;
	http_nonces_destroy(&nonces);
	return 0;
}

static struct http_nonce *record;
static char fresh[HTTP_NONCE_TEXT];

static enum http_nonce_verdict use(struct slice nonce, uint32_t count, int64_t now_s)
{
	struct http_auth a = {.nonce = nonce, .with_qop = count > 0, .count = count};

	record = NULL;
	return http_nonce_use(&nonces, &a, USER, now_s * SECOND, &record, fresh);
}

static void test_nonce_count(void **state)
{
	char text[HTTP_NONCE_TEXT], next[HTTP_NONCE_TEXT];
	struct slice nonce = http_nonce_make(&nonces, text, 10 * SECOND);

	(void)state;
	assert_int_equal(use(nonce, 1, 10), HTTP_NONCE_GOOD);
	assert_int_equal(use(nonce, 2, 11), HTTP_NONCE_GOOD);
	assert_int_equal(use(nonce, 9, 11), HTTP_NONCE_GOOD);
	assert_int_equal(use(nonce, 9, 12), HTTP_NONCE_STALE); /* replayed */
	memcpy(next, fresh, sizeof(next));
	assert_int_equal(use(nonce, 10, 12),
			 HTTP_NONCE_STALE); /* the one before: the same answer */
	assert_memory_equal(fresh, next, sizeof(next));
	assert_int_equal(use(slice_make(next, sizeof(next)), 1, 12), HTTP_NONCE_GOOD);
	assert_int_equal(use(slice_make(next, sizeof(next)), 1, 12), HTTP_NONCE_STALE);
}

/* The first request cannot be replayed either; without qop a nonce is good for one. */
static void test_nonce_first(void **state)
{
	char text[HTTP_NONCE_TEXT];
	struct slice nonce = http_nonce_make(&nonces, text, 0);

	(void)state;
	assert_int_equal(use(nonce, 1, 0), HTTP_NONCE_GOOD);
	assert_int_equal(use(nonce, 1, 0), HTTP_NONCE_STALE);
	nonce = http_nonce_make(&nonces, text, 0);
	assert_int_equal(use(nonce, 0, 0), HTTP_NONCE_GOOD);
	assert_int_equal(use(nonce, 0, 0), HTTP_NONCE_STALE);
}

static void test_nonce_age(void **state)
{
	char text[HTTP_NONCE_TEXT], old[HTTP_NONCE_TEXT];
	struct slice nonce = http_nonce_make(&nonces, text, 0);
	struct slice unused = http_nonce_make(&nonces, old, 0);
	struct http_nonce *first;

	(void)state;
	assert_int_equal(use(nonce, 1, 62), HTTP_NONCE_GOOD);
	first = record;
	first->session = &nonces;
	assert_int_equal(use(nonce, 2, 63), HTTP_NONCE_STALE);
	assert_int_equal(use(slice_make(fresh, sizeof(fresh)), 1, 64), HTTP_NONCE_GOOD);
	assert_ptr_equal(record, first); /* and its session */
	assert_int_equal(use(unused, 1, 63), HTTP_NONCE_STALE);
	http_nonces_expire(&nonces, 65 * SECOND);
	assert_ptr_equal(forgotten, &nonces);
	assert_int_equal(slab_used(nonces.slab), 0);
}

static void test_nonce_foreign(void **state)
{
	char text[HTTP_NONCE_TEXT];
	struct slice nonce = http_nonce_make(&nonces, text, 0);

	(void)state;
	text[0] ^= 1;
	assert_int_equal(use(nonce, 1, 0), HTTP_NONCE_STALE);
	text[0] ^= 1;
	text[HTTP_NONCE_TEXT - 1] ^= 1;
	assert_int_equal(use(nonce, 1, 0), HTTP_NONCE_STALE);
	assert_int_equal(use(SLICE_LIT("3285f5d4"), 1, 0), HTTP_NONCE_STALE);
	assert_int_equal(slab_used(nonces.slab), 0);
}

/* More nonces than records: what had to be forgotten begins no record again. */
static void test_nonce_full(void **state)
{
	static char texts[LIMIT_HTTP_NONCES + 1][HTTP_NONCE_TEXT];

	(void)state;
	for (int i = 0; i <= LIMIT_HTTP_NONCES; i++) {
		struct slice nonce = http_nonce_make(&nonces, texts[i], i);

		assert_int_equal(use(nonce, 1, 1), HTTP_NONCE_GOOD);
	}
	assert_int_equal(slab_used(nonces.slab), LIMIT_HTTP_NONCES);
	assert_int_equal(use(slice_make(texts[0], HTTP_NONCE_TEXT), 1, 1), HTTP_NONCE_STALE);
	assert_int_equal(use(slice_make(texts[1], HTTP_NONCE_TEXT), 2, 1), HTTP_NONCE_GOOD);
}

/* ---- pages ---- */

static void test_page(void **state)
{
	char text[1024];
	struct sink out = sink_make(text, sizeof(text));

	(void)state;
	http_page_write(&out, HTTP_PAGE_NOT_FOUND, SLICE_LIT("Asterisk <&>"));
	same(sink_slice(&out), "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n"
			       "<html><head>\r\n"
			       "<title>404 Not Found</title>\r\n"
			       "</head><body>\r\n"
			       "<h1>Not Found</h1>\r\n"
			       "<p>The requested URL was not found on this server.</p>\r\n"
			       "<hr />\r\n"
			       "<address>Asterisk &lt;&amp;&gt;</address>\r\n"
			       "</body></html>\r\n");
	out.len = 0;
	http_page_write(&out, HTTP_PAGE_UNAUTHORIZED, SLICE_EMPTY);
	same(sink_slice(&out), "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n"
			       "<html><head>\r\n"
			       "<title>401 Unauthorized</title>\r\n"
			       "</head><body>\r\n"
			       "<h1>Unauthorized</h1>\r\n"
			       "<p></p>\r\n"
			       "<hr />\r\n"
			       "</body></html>\r\n");
}

static void test_head(void **state)
{
	char text[1024], date[HTTP_DATE_TEXT];
	struct sink out = sink_make(text, sizeof(text)), when = sink_make(date, sizeof(date));
	struct http_head head = {.code = 200,
				 .title = "OK",
				 .server = SLICE_LIT("Asterisk"),
				 .lines = SLICE_LIT("Content-type: text/plain\r\n"),
				 .body_bytes = 55};

	(void)state;
	http_date_write(&when, 1795447024);
	same(sink_slice(&when), "Mon, 23 Nov 2026 15:17:04 GMT");
	head.date = sink_slice(&when);
	http_head_write(&out, &head);
	same(sink_slice(&out), "HTTP/1.1 200 OK\r\nServer: Asterisk\r\n"
			       "Date: Mon, 23 Nov 2026 15:17:04 GMT\r\n"
			       "Cache-Control: no-cache, no-store\r\n"
			       "Content-type: text/plain\r\nContent-Length: 55\r\n\r\n");
	out.len = 0;
	head.server = SLICE_EMPTY;
	head.closes = head.stored = true;
	head.lines = SLICE_EMPTY;
	http_head_write(&out, &head);
	same(sink_slice(&out), "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 15:17:04 GMT\r\n"
			       "Connection: close\r\nContent-Length: 55\r\n\r\n");
}

/* ---- http.conf ---- */

static int load(struct http_conf **conf, const char *text, char *said, size_t size)
{
	const struct memconf_file files[] = {{"http.conf", text, 0}, {0}};
	struct sink error = sink_make(said, size);
	struct conffile_error err;
	struct conffile *cf;
	struct memconf m;
	int result;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "http.conf", &err), 0);
	result = http_conf_load(conf, cf, "/data", &error);
	conffile_free(cf);
	sink_cstr(&error);
	return result;
}

static struct http_conf *conf_of(const char *text)
{
	struct http_conf *conf;
	char said[512];

	if (load(&conf, text, said, sizeof(said)))
		fail_msg("%s", said);
	return conf;
}

static void test_conf_default(void **state)
{
	struct http_conf *conf = conf_of("[general]\n");

	(void)state;
	assert_false(conf->enabled);
	assert_false(conf->static_enabled);
	assert_false(conf->status_enabled);
	assert_int_equal(conf->inactivity_ms, 30000);
	assert_int_equal(conf->keep_alive_ms, 15000);
	assert_int_equal(conf->session_limit, 100);
	same(conf->prefix, "");
	same(conf->server_name, "Asterisk/22.10.1");
	same(conf->static_dir, "/data/static-http");
	http_conf_free(conf);
	assert_int_equal(http_conf_load(&conf, NULL, "/data", NULL), 0);
	assert_false(conf->enabled);
	http_conf_free(conf);
}

static void test_conf(void **state)
{
	struct http_conf *conf =
		conf_of("[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport=8080\n"
			"prefix=/asterisk/\nservername=\nenablestatic=yes\n"
			"redirect = / /static/index.html\nredirect = /x\n"
			"redirect=/a http://else/b\nsession_keep_alive=0\n");
	char text[ADDR_TEXT];

	(void)state;
	assert_true(conf->enabled);
	assert_string_equal(addr_text(&conf->bind, text), "127.0.0.1:8080");
	assert_string_equal(addr_text(&conf->tls.bind, text), "127.0.0.1:8089");
	same(conf->prefix, "/asterisk");
	same(conf->server_name, "");
	assert_true(conf->static_enabled);
	assert_int_equal(conf->keep_alive_ms, 0);
	assert_int_equal(conf->redirect_count, 2);
	same(http_conf_redirect(conf, SLICE_LIT("/")), "/static/index.html");
	same(http_conf_redirect(conf, SLICE_LIT("/A")), "http://else/b");
	same(http_conf_redirect(conf, SLICE_LIT("/a/")), "");
	http_conf_free(conf);
}

static void test_conf_bad(void **state)
{
	struct http_conf *conf;
	char said[512];

	(void)state;
	assert_int_equal(load(&conf, "[general]\nenabled=yes\nbindaddr=here\n", said, sizeof(said)),
			 -EINVAL);
	assert_string_equal(said, "http.conf:3: bindaddr = here: no IP address; write "
				  "bindaddr=127.0.0.1 or bindaddr=::");
	conf = conf_of("[general]\nenabled=yes\n"); /* nowhere to listen */
	assert_false(conf->enabled);
	http_conf_free(conf);
}

static bool admits(const struct http_conf *conf, const char *path, const char *ip)
{
	struct addr peer;

	assert_true(addr_parse(&peer, slice_str(ip), 1));
	return http_conf_admits(conf, slice_str(path), &peer);
}

static void test_conf_restrictions(void **state)
{
	struct http_conf *conf =
		conf_of("[general]\nenabled=yes\nbindaddr=::\n"
			"[/rawman]\ntype=restriction\ndeny=0.0.0.0/0.0.0.0\npermit=10.0.0.0/8\n"
			"[/static/p]\ntype=restriction\ndeny=nonsense\n"
			"[/mxml]\ntype=restriction\nacl=inside\n"
			"[/open]\ntype=restriction\n"
			"[/other]\ndeny=0.0.0.0/0\n"
			"[post_mappings]\nx=/tmp\n");

	(void)state;
	assert_int_equal(conf->restriction_count, 4);
	assert_true(admits(conf, "/rawman", "10.1.2.3"));
	assert_false(admits(conf, "/RawMan/", "11.1.2.3"));
	assert_true(admits(conf, "/arawman", "11.1.2.3"));
	assert_false(admits(conf, "/static/private", "10.1.2.3"));
	assert_true(admits(conf, "/static/x", "10.1.2.3"));
	assert_false(admits(conf, "/mxml", "10.1.2.3"));
	assert_true(admits(conf, "/open", "10.1.2.3"));
	assert_true(admits(conf, "/other", "10.1.2.3"));
	http_conf_free(conf);
}

static void log_nothing(void *arg, const struct log_line *line)
{
	(void)arg;
	(void)line;
}

#define NONCES(test) cmocka_unit_test_setup_teardown(test, nonces_begin, nonces_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_form_control),
		cmocka_unit_test(test_form_limits),
		cmocka_unit_test(test_form_type),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_auth_bad),
		cmocka_unit_test(test_auth_covers),
		cmocka_unit_test(test_md5),
		NONCES(test_nonce_count),
		NONCES(test_nonce_first),
		NONCES(test_nonce_age),
		NONCES(test_nonce_foreign),
		NONCES(test_nonce_full),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_conf_default),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_conf_bad),
		cmocka_unit_test(test_conf_restrictions),
	};

	log_set_writer(log_nothing, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
