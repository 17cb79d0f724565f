/* engine/io/tls_context.c - certificates, keys and trust from files: see tls.h. */
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/io/pem.h"
#include "engine/io/tls_internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct maker {
	struct io *io;
	const struct tls_conf *conf;
	struct sink *error;
	SSL_CTX *ssl;
	uint32_t ca_count;
};

static bool given(const char *text)
{
	return text && *text;
}

/* Says what is wrong with a file, with OpenSSL's reason, and what to do. */
static int refuse(struct maker *m, const char *what, const char *file, const char *remedy)
{
	return pem_refuse(m->error, what, file, remedy);
}

/* After the last certificate of a file PEM says "no start line": that is no error. */
static bool at_end(void)
{
	unsigned long code = ERR_peek_last_error();

	if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

/* ---- our certificate ---- */

static void warn_of_time(struct maker *m, const X509 *cert)
{
	time_t now = (time_t)(io_wall_ns(m->io) / 1000000000);

	if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0)
		log_warning("certificate %s is over its time: far ends will refuse it; renew it",
			    m->conf->cert_file);
	else if (X509_cmp_time(X509_get0_notBefore(cert), &now) > 0)
		log_warning("certificate %s is not valid yet: far ends will refuse it; check the "
			    "clock",
			    m->conf->cert_file);
}

static int use_chain(struct maker *m, BIO *bio)
{
	const char *file = m->conf->cert_file;
	X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, pem_no_passphrase, NULL);
	bool used;

	if (!cert)
		return refuse(m, "certificate", file,
			      "it has to be a PEM file that begins with a certificate");
	warn_of_time(m, cert);
	used = SSL_CTX_use_certificate(m->ssl, cert) == 1;
	X509_free(cert);
	if (!used)
		return refuse(m, "certificate", file, "make one with a stronger key or digest");
	while ((cert = PEM_read_bio_X509(bio, NULL, pem_no_passphrase, NULL)) != NULL) {
		if (SSL_CTX_add0_chain_cert(m->ssl, cert) != 1) {
			X509_free(cert);
			return refuse(m, "certificate chain", file,
				      "make one with stronger keys or digests");
		}
	}
	return at_end() ? 0 : refuse(m, "certificate chain", file, "copy the file again");
}

static int use_certificate(struct maker *m)
{
	struct pem pem;
	int err;

	if (!given(m->conf->cert_file)) {
		if (!m->conf->server)
			return 0;
		sink_str(m->error, "no certificate file is named; a server needs one");
		return -EINVAL;
	}
	err = pem_load(&pem, m->io, "certificate", m->conf->cert_file, m->error);
	if (err)
		return err;
	err = use_chain(m, pem.bio);
	pem_unload(&pem);
	return err;
}

static int use_key(struct maker *m)
{
	const char *file = given(m->conf->key_file) ? m->conf->key_file : m->conf->cert_file;
	EVP_PKEY *key;
	bool used;
	int err;

	if (!given(file) || !given(m->conf->cert_file))
		return 0;
	err = pem_load_key(&key, m->io, file, m->error);
	if (err)
		return err;
	used = SSL_CTX_use_PrivateKey(m->ssl, key) == 1 && SSL_CTX_check_private_key(m->ssl) == 1;
	EVP_PKEY_free(key);
	return used ? 0 : refuse(m, "private key", file, "it has to be the key of the certificate");
}

/* ---- whom we trust ---- */

static int trust(struct maker *m, X509 *cert)
{
	X509_STORE *store = SSL_CTX_get_cert_store(m->ssl);

	if (X509_STORE_add_cert(store, cert) != 1)
		return -1;
	/* Clients with several certificates choose by these names. */
	if (m->conf->server && SSL_CTX_add_client_CA(m->ssl, cert) != 1)
		return -1;
	m->ca_count++;
	return 0;
}

static int trust_file(struct maker *m, const char *file)
{
	uint32_t before = m->ca_count;
	X509 *cert;
	struct pem pem;
	int err = pem_load(&pem, m->io, "CA file", file, m->error);

	if (err)
		return err;
	while (!err &&
	       (cert = PEM_read_bio_X509_AUX(pem.bio, NULL, pem_no_passphrase, NULL)) != NULL) {
		err = trust(m, cert);
		X509_free(cert);
	}
	if (err || !at_end() || m->ca_count == before)
		err = refuse(m, "CA file", file, "it has to be a PEM file of certificates");
	pem_unload(&pem);
	return err;
}

struct ca_walk {
	struct maker *m;
	const char *dir;
};

static int trust_entry(void *arg, const char *name)
{
	struct ca_walk *walk = arg;
	struct io_fs_stat st;
	char path[LIMIT_PATH];
	int len = snprintf(path, sizeof(path), "%s/%s", walk->dir, name);

	if (name[0] == '.' || len < 0 || (size_t)len >= sizeof(path) ||
	    io_fs_stat(walk->m->io, path, &st) != 0 || !st.is_regular)
		return 0;
	return trust_file(walk->m, path);
}

static int use_trust(struct maker *m)
{
	struct ca_walk walk = {m, m->conf->ca_path};
	int err = 0;

	if (given(m->conf->ca_file))
		err = trust_file(m, m->conf->ca_file);
	if (err || !given(m->conf->ca_path))
		return err;
	err = io_fs_list(m->io, m->conf->ca_path, trust_entry, &walk);
	if (err && m->error->len == 0)
		sink_fmt(m->error,
			 "CA directory %s cannot be read: %s; check the path, "
			 "and that the engine's user may read it",
			 m->conf->ca_path, strerror(-err));
	return err;
}

/* ---- the rest ---- */

static int protocol_of(enum tls_version v)
{
	return v == TLS_1_3 ? TLS1_3_VERSION : v == TLS_1_2 ? TLS1_2_VERSION : 0;
}

static int use_protocol(struct maker *m)
{
	const struct tls_conf *conf = m->conf;
	enum tls_version min = conf->version_min == TLS_ANY ? TLS_1_2 : conf->version_min;

	if (conf->version_max != TLS_ANY && min > conf->version_max) {
		sink_str(m->error,
			 "versions: the least is above the greatest; no connection could be "
			 "made");
		return -EINVAL;
	}
	SSL_CTX_set_options(m->ssl,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	if (conf->server_order)
		SSL_CTX_set_options(m->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(m->ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(m->ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_dh_auto(m->ssl, 1);
	if (SSL_CTX_set_num_tickets(m->ssl, 0) != 1 ||
	    SSL_CTX_set_min_proto_version(m->ssl, protocol_of(min)) != 1 ||
	    SSL_CTX_set_max_proto_version(m->ssl, protocol_of(conf->version_max)) != 1)
		return refuse(m, "TLS", "versions", "this OpenSSL has them not");
	if (given(conf->ciphers) && SSL_CTX_set_cipher_list(m->ssl, conf->ciphers) != 1)
		return refuse(m, "cipher list", conf->ciphers,
			      "\"openssl ciphers\" shows the names that are known");
	return 0;
}

/* A certificate is asked for, any will do. */
static int accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static int use_verify(struct maker *m)
{
	const struct tls_conf *conf = m->conf;
	bool require = conf->server && conf->require_cert;

	if (conf->verify && m->ca_count == 0) {
		sink_str(m->error,
			 "certificates are to be verified, but no CA is named; name a file "
			 "or a directory of those to trust");
		return -EINVAL;
	}
	SSL_CTX_set_verify(m->ssl,
			   (conf->verify || require ? SSL_VERIFY_PEER : SSL_VERIFY_NONE) |
				   (require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
			   conf->verify ? tls_on_verify : accept_any);
	return 0;
}

static int make(struct maker *m)
{
	static int (*const steps[])(struct maker *) = {use_protocol, use_certificate, use_key,
						       use_trust, use_verify};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(steps) / sizeof(steps[0]); i++)
		err = steps[i](m);
	return err;
}

int tls_context_create(struct tls_context **out, struct io *io, const struct tls_conf *conf,
		       struct sink *error)
{
	struct maker m = {.io = io, .conf = conf, .error = error};
	struct tls_context *c = calloc(1, sizeof(*c));
	int err;

	ERR_clear_error();
	m.ssl = c ? SSL_CTX_new(conf->server ? TLS_server_method() : TLS_client_method()) : NULL;
	err = m.ssl ? make(&m) : -ENOMEM;
	if (err == -ENOMEM && error->len == 0)
		sink_str(error, "TLS: out of memory");
	ERR_clear_error();
	if (err) {
		SSL_CTX_free(m.ssl);
		free(c);
		return err;
	}
	*c = (struct tls_context){
		.ssl = m.ssl,
		.refs = 1,
		.server = conf->server,
		.verify = conf->verify,
		.allow_wildcards = conf->allow_wildcards,
	};
	*out = c;
	return 0;
}

struct tls_context *tls_context_ref(struct tls_context *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void tls_context_unref(struct tls_context *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	SSL_CTX_free(c->ssl);
	free(c);
}
