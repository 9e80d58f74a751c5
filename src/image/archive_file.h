/* archive_file.h - the members of a tar file, one after the other; for archive*.c */
#ifndef IMAGE_ARCHIVE_FILE_H
#define IMAGE_ARCHIVE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct archive;
struct archive_entry;

/* Is called for each member, by its name without a leading "./".  Returns 0 or the negative errno
 * that is in *err. */
typedef int member_fn(void *context, struct archive *archive, struct archive_entry *entry,
		      const char *name, struct error *err);

/* Reads the tar file, which gzip or zstd may have compressed. */
int archive_each(const char *path, member_fn *member, void *context, struct error *err);

/* The current member's content as a new file dir/blobs/sha256/HEX, of which *ret_hex is the digest
 * and ret_magic the first four bytes. */
int archive_take_blob(struct archive *archive, int dir, char ret_hex[65], int64_t *ret_size,
		      unsigned char ret_magic[4], struct error *err);

/* The SHA-256 of bytes in memory, in hexadecimal digits. */
int sha256_hex(const void *data, size_t len, char ret[65], struct error *err);

/* The current member's content in memory, NUL-terminated and to be freed; at most max bytes. */
int archive_take_text(struct archive *archive, size_t max, char **ret, size_t *ret_len,
		      struct error *err);

/* The current member's content as a new file dir/name. */
int archive_take_file(struct archive *archive, int dir, const char *name, struct error *err);

#endif
