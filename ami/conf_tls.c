/* ami/conf_tls.c - see conf_tls.h. */
#include "ami/conf_tls.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>

static const char *const keys[] = {
	"tlsenable",	"tlsbindaddr",	 "tlscertfile",	  "tlsprivatekey",	  "tlscipher",
	"tlsdisablev1", "tlsdisablev11", "tlsdisablev12", "tlsservercipherorder",
};

bool ami_tls_conf_knows(struct slice key)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (slice_ieq(key, slice_str(keys[i])))
			return true;
	return false;
}

static int load_text(struct slice *dst, struct keep *keep, const struct conffile_section *g,
		     const char *key, const char *otherwise)
{
	*dst = keep_dup(keep, slice_str(conffile_text(g, key, otherwise)));
	return dst->ptr ? 0 : -ENOMEM;
}

static int load_bind(struct ami_tls_conf *out, const struct conffile_section *g,
		     const struct addr *plain, uint16_t port, struct sink *error)
{
	const struct conffile_var *v = conffile_get(g, "tlsbindaddr");

	out->bind = *plain;
	out->bind.port = port;
	if (v && !addr_parse(&out->bind, v->value, port)) {
		sink_fmt(error,
			 "%s:%d: %s = %s: no IP address; write tlsbindaddr=127.0.0.1 or "
			 "[::1]:%u",
			 v->file, v->line, v->name.ptr, v->value.ptr, port);
		return -EINVAL;
	}
	if (out->bind.port == plain->port)
		out->bind.port = port;
	return 0;
}

int ami_tls_conf_load(struct ami_tls_conf *out, struct keep *keep, const struct conffile_section *g,
		      const struct addr *plain, uint16_t port, struct sink *error)
{
	int err;

	out->enabled = conffile_bool(g, "tlsenable", false);
	out->only_v13 = conffile_bool(g, "tlsdisablev12", false);
	out->server_order = conffile_bool(g, "tlsservercipherorder", false);
	if ((err = load_text(&out->cert, keep, g, "tlscertfile", "asterisk.pem")) ||
	    (err = load_text(&out->key, keep, g, "tlsprivatekey", "")) ||
	    (err = load_text(&out->cipher, keep, g, "tlscipher", "")))
		return err;
	return load_bind(out, g, plain, port, error);
}

int ami_tls_conf_open(struct tls_context **out, const struct ami_tls_conf *conf, struct io *io,
		      const char *file)
{
	struct tls_conf tls = {
		.server = true,
		.cert_file = conf->cert.ptr,
		.key_file = conf->key.ptr,
		.ciphers = conf->cipher.ptr,
		.version_min = conf->only_v13 ? TLS_1_3 : TLS_1_2,
		.server_order = conf->server_order,
	};
	char text[512];
	struct sink error = sink_make(text, sizeof(text));
	int err = tls_context_create(out, io, &tls, &error);

	if (err)
		log_error("%s: tlsenable = yes: %s", file, sink_cstr(&error));
	return err;
}
