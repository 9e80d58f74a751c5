/* block_image.c - see block_image.h */
#include "image/block_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/digest.h"
#include "image/store_files.h"

#define BUFFER_SIZE ((size_t) 256 << 10)
#define RECORD "image.sha256"
#define RECORD_MAX 4096

static int open_image(int dir, struct error *err)
{
	int fd = openat(dir, "image", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "open the block image") : fd;
}

static int hash_image(int dir, struct hash *hash, const volatile sig_atomic_t *stop,
		      uint64_t *ret_bytes, struct error *err)
{
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	auto_fd fd = open_image(dir, err);
	ssize_t n;

	if (fd < 0)
		return -err->code;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = read(fd, buffer, BUFFER_SIZE)) > 0) {
		if (stop && *stop)
			return fail(err, EINTR, "interrupted");
		hash_update(hash, buffer, (size_t) n);
		*ret_bytes += (uint64_t) n;
	}
	return n < 0 ? fail_errno(err, "read it") : 0;
}

int block_image_record(int dir, struct error *err)
{
	auto_free char *line = NULL;
	auto_hash hash = { 0 };
	struct digest digest;
	uint64_t bytes = 0;

	if (digest_parse(SHA256_OF_NOTHING, &digest, err) < 0 ||
	    hash_init(&hash, &digest, err) < 0 || hash_image(dir, &hash, NULL, &bytes, err) < 0)
		return -err->code;
	hash_hex(&hash, digest.hex);
	line = xasprintf("%s  image\n", digest.hex);
	return file_replace_synced(dir, RECORD, line, strlen(line), err);
}

static int read_record(int dir, struct digest *ret, struct error *err)
{
	auto_free char *line = NULL;
	auto_free char *text = NULL;

	if (file_read(dir, RECORD, RECORD_MAX, &line, NULL, err) < 0)
		return -err->code;
	text = xasprintf("sha256:%.*s", (int) strcspn(line, " \n"), line);
	return digest_parse(text, ret, err) < 0 ? fail_in(err, RECORD) : 0;
}

int block_image_verify(int dir, const volatile sig_atomic_t *stop, uint64_t *ret_bytes,
		       struct error *err)
{
	auto_hash hash = { 0 };
	struct digest digest;

	*ret_bytes = 0;
	if (read_record(dir, &digest, err) < 0 || hash_init(&hash, &digest, err) < 0 ||
	    hash_image(dir, &hash, stop, ret_bytes, err) < 0)
		return -err->code;
	return hash_verify(&hash, "block image", err);
}

int block_image_protect(int dir, char ret[VERITY_DIGEST_MAX], struct error *err)
{
	auto_free char *line = NULL;
	auto_fd fd = open_image(dir, err);
	int r;

	if (fd < 0)
		return -err->code;
	r = verity_measure(fd, ret);
	if (r == -ENODATA) {
		r = verity_enable(fd);
		if (r == 0 || r == -EEXIST)
			r = verity_measure(fd, ret);
	}
	if (r == -ENOTTY || r == -EOPNOTSUPP)
		return fail_as(err, ERROR_USAGE, ENOTSUP,
			       "--verity: the store's file system, or the kernel, has no fs-verity "
			       "(ext4 has it with the feature 'verity', and btrfs)");
	if (r < 0)
		return fail(err, -r, "give the block image fs-verity: %s", strerror(-r));
	line = xasprintf("%s\n", ret);
	return file_replace_synced(dir, "verity", line, strlen(line), err);
}

int block_image_check(const char *path, const char *digest, struct error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char found[VERITY_DIGEST_MAX];
	int r;

	if (fd < 0)
		return fail_errno(err, "open the block image '%s'", path);
	r = verity_measure(fd, found);
	if (r < 0)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the block image '%s' has no fs-verity digest, and should have %s",
			       path, digest);
	if (strcmp(found, digest) != 0)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the block image '%s' has the fs-verity digest %s instead of %s",
			       path, found, digest);
	return 0;
}
