/* engine/io/tls.c - one TLS connection over two memory BIOs: see tls.h. */
#include "engine/io/tls.h"

#include "engine/base/check.h"
#include "engine/io/pem.h"
#include "engine/io/tls_internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define TLS_RECORD 16384 /* plain text of one record */
#define TLS_RECORD_OVER                                                                            \
	256 /* its header, explicit IV, MAC or tag, padding: RFC 5246 6.2.3, RFC 8446 5.2 */

struct tls_session {
	struct tls_context *context;
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	enum tls_state state;
	int error_code; /* of TLS_FAILED */
	bool shut;	/* we said close_notify */
	char error[160];
};

/* ---- life ---- */

/* SNI holds names only (RFC 6066 section 3), addresses are checked against iPAddress. */
static bool expect_host(struct tls_session *s, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(s->ssl);
	struct addr a = {0};

	if (addr_parse_ip(&a, slice_str(host)))
		return !s->context->verify || X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	if (SSL_set_tlsext_host_name(s->ssl, host) != 1)
		return false;
	X509_VERIFY_PARAM_set_hostflags(param, s->context->allow_wildcards
						       ? X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
						       : X509_CHECK_FLAG_NO_WILDCARDS);
	return !s->context->verify || X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

/* "sip:example.org": scheme and host, nothing more (RFC 5922 7.1). */
static bool is_sip_uri_of(const ASN1_IA5STRING *uri, const char *host)
{
	struct slice text = slice_make((const char *)ASN1_STRING_get0_data(uri),
				       (size_t)ASN1_STRING_length(uri));

	return slice_istarts(text, SLICE_LIT("sip:")) &&
	       slice_ieq(slice_from(text, 4), slice_str(host));
}

static bool has_sip_uri_of(const X509 *cert, const char *host)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		found = name->type == GEN_URI &&
			is_sip_uri_of(name->d.uniformResourceIdentifier, host);
	}
	GENERAL_NAMES_free(names);
	return found;
}

/* OpenSSL knows DNS names and addresses; what SIP adds to them is looked at when those were no use.
 */
int tls_on_verify(int ok, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	const char *host = param ? X509_VERIFY_PARAM_get0_host(param, 0) : NULL;

	if (ok || error != X509_V_ERR_HOSTNAME_MISMATCH || !host ||
	    !has_sip_uri_of(X509_STORE_CTX_get0_cert(ctx), host))
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static bool attach(struct tls_session *s)
{
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->in || !s->out) {
		BIO_free(s->in);
		BIO_free(s->out);
		return false;
	}
	/* Empty is "come again", not the end. */
	BIO_set_mem_eof_return(s->in, -1);
	BIO_set_mem_eof_return(s->out, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	return true;
}

static int begin(struct tls_session *s, const char *host, int64_t wall_ns)
{
	if (!attach(s))
		return -ENOMEM;
	X509_VERIFY_PARAM_set_time(SSL_get0_param(s->ssl), (time_t)(wall_ns / 1000000000));
	if (s->context->server) {
		SSL_set_accept_state(s->ssl);
		return 0;
	}
	SSL_set_connect_state(s->ssl);
	if (host && *host && !expect_host(s, host))
		return pem_take_error(s->error, sizeof(s->error)) ? -ENOMEM : -EINVAL;
	return tls_session_feed(s, NULL, 0);
}

int tls_session_create(struct tls_session **out, struct tls_context *c, const char *host,
		       int64_t wall_ns)
{
	struct tls_session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	ERR_clear_error();
	s->context = tls_context_ref(c);
	s->ssl = SSL_new(c->ssl);
	err = s->ssl ? begin(s, host, wall_ns) : -ENOMEM;
	ERR_clear_error();
	if (err) {
		tls_session_destroy(s);
		return err;
	}
	*out = s;
	return 0;
}

void tls_session_destroy(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	tls_context_unref(s->context);
	free(s);
}

enum tls_state tls_session_state(const struct tls_session *s)
{
	return s->state;
}

const char *tls_session_error(const struct tls_session *s)
{
	return s->error;
}

void tls_session_describe(const struct tls_session *s, struct sink *out)
{
	sink_fmt(out, "%s %s", SSL_get_version(s->ssl), SSL_get_cipher_name(s->ssl));
}

/* ---- octets ---- */

static int fail(struct tls_session *s)
{
	long verdict = SSL_get_verify_result(s->ssl);
	bool memory = pem_take_error(s->error, sizeof(s->error));

	s->state = TLS_FAILED;
	s->error_code = memory ? -ENOMEM : -EPROTO;
	if (!memory && s->context->verify && verdict != X509_V_OK) {
		snprintf(s->error, sizeof(s->error), "certificate refused: %s",
			 X509_verify_cert_error_string(verdict));
		s->error_code = -EKEYREJECTED;
	}
	return s->error_code;
}

/* What a result of OpenSSL that is no success means: 0 for "more octets first". */
static int judge(struct tls_session *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		s->state = TLS_CLOSED;
		return 0;
	default:
		return fail(s);
	}
}

static int put(struct tls_session *s, const char *data, size_t len)
{
	while (len > 0) {
		int part = len > TLS_RECORD ? TLS_RECORD : (int)len;

		if (BIO_write(s->in, data, part) != part)
			return fail(s);
		data += part;
		len -= (size_t)part;
	}
	return 0;
}

int tls_session_feed(struct tls_session *s, const void *data, size_t len)
{
	int result;

	if (s->state == TLS_FAILED)
		return s->error_code;
	if (s->state == TLS_CLOSED)
		return 0; /* nothing can follow */
	ERR_clear_error();
	result = put(s, data, len);
	if (result || s->state == TLS_OPEN)
		return result;
	result = SSL_do_handshake(s->ssl);
	if (result != 1)
		return judge(s, result);
	s->state = TLS_OPEN;
	return 0;
}

ssize_t tls_session_read(struct tls_session *s, void *buf, size_t size)
{
	int result;

	if (s->state == TLS_FAILED)
		return s->error_code;
	if (s->state != TLS_OPEN)
		return 0;
	ERR_clear_error();
	result = SSL_read(s->ssl, buf, size > TLS_RECORD ? TLS_RECORD : (int)size);
	return result > 0 ? result : judge(s, result);
}

int tls_session_write(struct tls_session *s, const void *data, size_t len)
{
	const char *octets = data;

	if (s->state == TLS_HANDSHAKE)
		return -EAGAIN;
	if (s->state == TLS_FAILED || s->shut)
		return -EPIPE;
	ERR_clear_error();
	while (len > 0) {
		int part = len > TLS_RECORD ? TLS_RECORD : (int)len;

		/* Into memory all is written at once, or memory ran out. */
		if (SSL_write(s->ssl, octets, part) != part)
			return fail(s);
		octets += part;
		len -= (size_t)part;
	}
	return 0;
}

void tls_session_close(struct tls_session *s)
{
	if (s->shut || (s->state != TLS_OPEN && s->state != TLS_CLOSED))
		return;
	s->shut = true;
	ERR_clear_error();
	(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
}

struct slice tls_session_output(const struct tls_session *s)
{
	char *octets = NULL;
	long len = BIO_get_mem_data(s->out, &octets);

	return slice_make(octets, len > 0 ? (size_t)len : 0);
}

void tls_session_output_taken(struct tls_session *s)
{
	(void)BIO_reset(s->out);
}

size_t tls_wire_bytes(size_t len)
{
	return len + (len / TLS_RECORD + 1) * TLS_RECORD_OVER;
}
