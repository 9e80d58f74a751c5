/* digest.c - see digest.h */
#include "image/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct digest_algorithm {
	const char *name;
	size_t hex_len;
	const EVP_MD *(*md)(void);
};

static const struct digest_algorithm algorithms[] = {
	{ "sha256", 64, EVP_sha256 },
	{ "sha512", 128, EVP_sha512 },
};

static const struct digest_algorithm *find_algorithm(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		const char *rest = str_after(text, algorithms[i].name);

		if (rest && *rest == ':')
			return &algorithms[i];
	}
	return NULL;
}

int digest_parse(const char *text, struct digest *ret, struct error *err)
{
	const struct digest_algorithm *algorithm = find_algorithm(text);
	const char *hex;

	if (!algorithm)
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "digest '%.160s' is neither sha256 nor sha512", text);
	hex = text + strlen(algorithm->name) + 1;
	if (strlen(hex) != algorithm->hex_len || strspn(hex, "0123456789abcdef") != strlen(hex))
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "digest '%.160s' is not %zu lower-case hexadecimal digits", text,
			       algorithm->hex_len);
	ret->algorithm = algorithm;
	memcpy(ret->hex, hex, algorithm->hex_len + 1);
	return 0;
}

void digest_text(const struct digest *digest, char ret[DIGEST_TEXT_MAX])
{
	snprintf(ret, DIGEST_TEXT_MAX, "%s:%s", digest->algorithm->name, digest->hex);
}

static void append_hex(const unsigned char *bytes, unsigned int len, char *ret)
{
	for (unsigned int i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

int digest_compute(const void *data, size_t len, char ret[DIGEST_TEXT_MAX], struct error *err)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size;

	if (!EVP_Digest(data, len, bytes, &size, EVP_sha256(), NULL))
		return fail(err, ENOTSUP, "the crypto library offers no sha256");
	strcpy(ret, "sha256:");
	append_hex(bytes, size, ret + strlen(ret));
	return 0;
}

void digest_path(const struct digest *digest, char ret[DIGEST_PATH_MAX])
{
	snprintf(ret, DIGEST_PATH_MAX, "blobs/%s/%s", digest->algorithm->name, digest->hex);
}

int hash_init(struct hash *hash, const struct digest *expected, struct error *err)
{
	hash->expected = expected;
	hash->context = EVP_MD_CTX_new();
	if (!hash->context || !EVP_DigestInit_ex(hash->context, expected->algorithm->md(), NULL))
		return fail(err, ENOTSUP, "the crypto library offers no %s",
			    expected->algorithm->name);
	return 0;
}

void hash_update(struct hash *hash, const void *data, size_t len)
{
	EVP_DigestUpdate(hash->context, data, len);
}

void hash_hex(struct hash *hash, char ret[DIGEST_HEX_MAX + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_DigestFinal_ex(hash->context, bytes, &len);
	*ret = '\0';
	append_hex(bytes, len, ret);
}

int hash_verify(struct hash *hash, const char *what, struct error *err)
{
	char hex[DIGEST_HEX_MAX + 1];

	hash_hex(hash, hex);
	if (strcmp(hex, hash->expected->hex) != 0)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the %s has the digest %s:%s instead of %s:%s", what,
			       hash->expected->algorithm->name, hex,
			       hash->expected->algorithm->name, hash->expected->hex);
	return 0;
}

void hash_release(struct hash *hash)
{
	EVP_MD_CTX_free(hash->context);
	*hash = (struct hash){ 0 };
}
