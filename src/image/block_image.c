/* block_image.c - see block_image.h */
#include "image/block_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/digest.h"
#include "image/store_files.h"

#define BUFFER_SIZE ((size_t) 256 << 10)
#define RECORD "image.sha256"
#define VERITY "verity"
#define RECORD_MAX 4096

static int open_image(int dir, struct error *err)
{
	int fd = openat(dir, "image", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "open the block image") : fd;
}

static int hash_image(int fd, struct hash *hash, const volatile sig_atomic_t *stop,
		      uint64_t *ret_bytes, struct error *err)
{
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	off_t offset = 0;
	ssize_t n;

	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((n = pread(fd, buffer, BUFFER_SIZE, offset)) > 0) {
		if (stop && *stop)
			return fail(err, EINTR, "interrupted");
		hash_update(hash, buffer, (size_t) n);
		offset += n;
	}
	*ret_bytes = (uint64_t) offset;
	return n < 0 ? fail_errno(err, "read it") : 0;
}

static int write_record(int dir, int fd, struct error *err)
{
	auto_free char *line = NULL;
	auto_hash hash = { 0 };
	struct digest digest;
	uint64_t bytes;

	if (digest_parse(SHA256_OF_NOTHING, &digest, err) < 0 ||
	    hash_init(&hash, &digest, err) < 0 || hash_image(fd, &hash, NULL, &bytes, err) < 0)
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

static int compare(int dir, int fd, const volatile sig_atomic_t *stop, uint64_t *ret_bytes,
		   struct error *err)
{
	auto_hash hash = { 0 };
	struct digest digest;

	*ret_bytes = 0;
	if (read_record(dir, &digest, err) < 0 || hash_init(&hash, &digest, err) < 0 ||
	    hash_image(fd, &hash, stop, ret_bytes, err) < 0)
		return -err->code;
	return hash_verify(&hash, "block image", err);
}

int block_image_verify(int dir, const volatile sig_atomic_t *stop, uint64_t *ret_bytes,
		       struct error *err)
{
	auto_fd fd = open_image(dir, err);

	*ret_bytes = 0;
	return fd < 0 ? -err->code : compare(dir, fd, stop, ret_bytes, err);
}

/* Returns 0, 1 when it had it before, or -errno with *err set. */
static int enable_verity(int fd, char ret[VERITY_DIGEST_MAX], struct error *err)
{
	int r = verity_measure(fd, ret);

	if (r == 0)
		return 1;
	if (r == -ENODATA) {
		r = verity_enable(fd);
		if (r == 0)
			r = verity_measure(fd, ret);
	}
	if (r == -ENOTTY || r == -EOPNOTSUPP)
		return fail_as(err, ERROR_USAGE, ENOTSUP,
			       "--verity: the store's file system, or the kernel, has no fs-verity "
			       "(ext4 has it with the feature 'verity', and btrfs)");
	return r < 0 ? fail(err, -r, "give the block image fs-verity: %s", strerror(-r)) : 0;
}

static int write_verity(int dir, const char *digest, struct error *err)
{
	auto_free char *line = xasprintf("%s\n", digest);

	return file_replace_synced(dir, VERITY, line, strlen(line), err);
}

static bool is_recorded(int dir, const char *digest)
{
	auto_free char *line = NULL;
	struct error ignored;

	if (file_read(dir, VERITY, RECORD_MAX, &line, NULL, &ignored) < 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, digest) == 0;
}

int block_image_seal(int dir, char *ret_verity, struct error *err)
{
	auto_fd fd = open_image(dir, err);

	if (fd < 0)
		return -err->code;
	if (fchmod(fd, 0444) < 0)
		return fail_errno(err, "protect the block image");
	if (fsync(fd) < 0)
		return fail_errno(err, "write the block image");
	/* what is hashed can change no more then */
	if (ret_verity && enable_verity(fd, ret_verity, err) < 0)
		return -err->code;
	if (write_record(dir, fd, err) < 0)
		return -err->code;
	return ret_verity ? write_verity(dir, ret_verity, err) : 0;
}

int block_image_protect(int dir, const volatile sig_atomic_t *stop, char ret[VERITY_DIGEST_MAX],
			struct error *err)
{
	auto_fd fd = open_image(dir, err);
	uint64_t bytes;
	int r;

	if (fd < 0)
		return -err->code;
	r = enable_verity(fd, ret, err);
	if (r < 0)
		return r;
	if (r > 0 && is_recorded(dir, ret))
		return 0;
	if (compare(dir, fd, stop, &bytes, err) < 0)
		return -err->code;
	return write_verity(dir, ret, err);
}

int block_image_open(const char *path, const char *digest, int *ret_fd, struct error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char found[VERITY_DIGEST_MAX];

	if (fd < 0)
		return fail_errno(err, "open the block image '%s'", path);
	if (digest && verity_measure(fd, found) < 0)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the block image '%s' has no fs-verity digest, and should have %s",
			       path, digest);
	if (digest && strcmp(found, digest) != 0)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "the block image '%s' has the fs-verity digest %s instead of %s",
			       path, found, digest);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
