/* ami/digest.c - see digest.h. */
#include "ami/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static struct slice digest_hex(char *hex, const unsigned char *octets, size_t digits)
{
	static const char table[] = "0123456789abcdef";

	for (size_t i = 0; i < digits / 2; i++) {
		hex[2 * i] = table[octets[i] >> 4];
		hex[2 * i + 1] = table[octets[i] & 15];
	}
	return slice_make(hex, digits);
}

struct slice ami_md5_hex(char *hex, const struct slice *parts, size_t count)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md && EVP_DigestInit_ex(md, EVP_md5(), NULL);

	for (size_t i = 0; good && i < count; i++)
		good = EVP_DigestUpdate(md, parts[i].ptr, parts[i].len);
	good = good && EVP_DigestFinal_ex(md, octets, NULL);
	EVP_MD_CTX_free(md);
	return good ? digest_hex(hex, octets, AMI_MD5_HEX) : SLICE_EMPTY;
}

struct slice ami_hmac_hex(char *hex, struct slice key, struct slice text)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), key.ptr, (int)key.len, (const unsigned char *)text.ptr, text.len,
		  octets, &len))
		return SLICE_EMPTY;
	return digest_hex(hex, octets, AMI_HMAC_HEX);
}
