/* engine/io/pem.c - see pem.h. */
#include "engine/io/pem.h"

#include "engine/base/limits.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

bool pem_take_error(char *text, size_t size)
{
	unsigned long code, first = 0;
	bool memory = false;

	while ((code = ERR_get_error()) != 0) {
		memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
		if (!first)
			first = code;
	}
	if (memory)
		slice_copy(text, size, SLICE_LIT("out of memory"));
	else if (first && ERR_reason_error_string(first))
		slice_copy(text, size, slice_str(ERR_reason_error_string(first)));
	else
		slice_copy(text, size, SLICE_LIT("no reason given"));
	return memory;
}

int pem_refuse(struct sink *error, const char *what, const char *file, const char *remedy)
{
	char reason[128];
	bool memory = pem_take_error(reason, sizeof(reason));

	sink_fmt(error, "%s %s: %s; %s", what, file, reason, remedy);
	return memory ? -ENOMEM : -EINVAL;
}

int pem_load(struct pem *pem, struct io *io, const char *what, const char *file, struct sink *error)
{
	int err = io_fs_load(io, file, LIMIT_TLS_FILE, &pem->text, &pem->len);

	if (err) {
		sink_fmt(error,
			 "%s %s cannot be read: %s; check the path, and that the engine's user "
			 "may read it",
			 what, file, strerror(-err));
		return err;
	}
	pem->bio = BIO_new_mem_buf(pem->text, (int)pem->len);
	if (pem->bio)
		return 0;
	pem_unload(pem);
	sink_fmt(error, "%s %s: out of memory", what, file);
	return -ENOMEM;
}

void pem_unload(struct pem *pem)
{
	BIO_free(pem->bio);
	OPENSSL_cleanse(pem->text, pem->len);
	free(pem->text);
}

int pem_no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	if (arg)
		*(bool *)arg = true;
	return -1;
}

int pem_load_key(EVP_PKEY **out, struct io *io, const char *file, struct sink *error)
{
	bool locked = false;
	struct pem pem;
	int err = pem_load(&pem, io, "private key", file, error);

	if (err)
		return err;
	*out = PEM_read_bio_PrivateKey(pem.bio, NULL, pem_no_passphrase, &locked);
	pem_unload(&pem);
	if (locked) {
		EVP_PKEY_free(*out);
		sink_fmt(error, "private key %s has a passphrase; remove it with \"openssl pkey\"",
			 file);
		return -EINVAL;
	}
	return *out ? 0
		    : pem_refuse(error, "private key", file,
				 "it has to be a PEM file with a private key");
}
