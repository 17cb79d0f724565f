/* sip/conf_tls.c - certificates of the TLS transports: sip_conf_open_tls. */
#include "engine/base/check.h"
#include "sip/conf_internal.h"

#include <errno.h>

static struct tls_conf conf_tls(const struct sip_conf_transport *t, bool is_server)
{
	return (struct tls_conf){
		.server = is_server,
		.cert_file = t->cert_file.ptr,
		.key_file = t->key_file.ptr,
		.ca_file = t->ca_file.ptr,
		.ca_path = t->ca_path.ptr,
		.ciphers = t->cipher.ptr,
		.version_min = (enum tls_version)t->method,
		.version_max = (enum tls_version)t->method,
		.verify = is_server ? t->verify_client : t->verify_server,
		.require_cert = t->require_client_cert,
		.server_order = true,
		.allow_wildcards = t->allow_wildcard_certs,
	};
}

static int conf_open_one(struct tls_context **out, const struct sip_conf_transport *t,
			 struct io *io, bool is_server, struct sink *error)
{
	struct tls_conf conf = conf_tls(t, is_server);
	char text[512];
	struct sink why = sink_make(text, sizeof(text));
	int err = tls_context_create(out, io, &conf, &why);

	if (err)
		sink_fmt(error, "pjsip.conf: transport '%.*s': %s", SLICE_ARG(t->name),
			 sink_cstr(&why));
	return err;
}

int sip_conf_open_tls(struct sip_conf *conf, struct io *io, struct sink *error)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < conf->transport_count; i++) {
		struct sip_conf_transport *t = &conf->transports[i];

		if (t->protocol != SIP_TRANSPORT_TLS)
			continue;
		err = conf_open_one(&t->tls_in, t, io, true, error);
		if (!err)
			err = conf_open_one(&t->tls_out, t, io, false, error);
	}
	return err;
}
