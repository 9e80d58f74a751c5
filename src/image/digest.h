/* digest.h - content digests: read strictly, turned into a path, computed while data streams */
#ifndef IMAGE_DIGEST_H
#define IMAGE_DIGEST_H

#include <stddef.h>

#include "base/error.h"

#define DIGEST_HEX_MAX 128

struct digest {
	const struct digest_algorithm *algorithm;
	char hex[DIGEST_HEX_MAX + 1];
};

/* "sha256:" or "sha512:" and exactly 64 or 128 lower-case hexadecimal digits; nothing else ever
 * becomes a part of a path (CVE-2024-3727).  -EINVAL otherwise. */
int digest_parse(const char *text, struct digest *ret, struct error *err);

/* "sha256:HEX", whole. */
#define DIGEST_TEXT_MAX (DIGEST_HEX_MAX + 16)
void digest_text(const struct digest *digest, char ret[DIGEST_TEXT_MAX]);

/* The SHA-256 of bytes in memory. */
int digest_compute(const void *data, size_t len, char ret[DIGEST_TEXT_MAX], struct error *err);

/* For a hash of content of which no digest is known. */
#define SHA256_OF_NOTHING "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* "blobs/sha256/HEX", below the layout's directory. */
#define DIGEST_PATH_MAX (DIGEST_HEX_MAX + 16)
void digest_path(const struct digest *digest, char ret[DIGEST_PATH_MAX]);

/* A digest being computed; { 0 } is none. */
struct hash {
	const struct digest *expected; /* the caller's; must outlive the hash */
	void *context;
};

#define auto_hash __attribute__((cleanup(hash_release))) struct hash

int hash_init(struct hash *hash, const struct digest *expected, struct error *err);
void hash_update(struct hash *hash, const void *data, size_t len);

/* The hexadecimal digest of all that was put in.  To be called once, instead of hash_verify(). */
void hash_hex(struct hash *hash, char ret[DIGEST_HEX_MAX + 1]);

/* -EBADMSG (class image) unless all that was put in gives the expected digest; `what` names the
 * content ("compressed content").  To be called once. */
int hash_verify(struct hash *hash, const char *what, struct error *err);
void hash_release(struct hash *hash);

#endif
