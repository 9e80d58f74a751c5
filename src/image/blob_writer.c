/* blob_writer.c - see blob_writer.h */
#include "image/blob_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/store_files.h"

#define BUFFER_SIZE ((size_t) 256 << 10)
#define OPEN_TRIES 16

/* Written data goes to disk while more comes in, so that the last fsync() finds little left. */
#define FLUSH_STEP ((int64_t) 8 << 20)

static int open_partial_dir(const struct store *store, int *ret_fd, struct error *err)
{
	int fd;

	if (mkdirat(store->layout.fd, "partial", 0755) < 0 && errno != EEXIST)
		return fail_errno(err, "make 'partial' in the store '%s'", store->root);
	fd = openat(store->layout.fd, "partial", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open 'partial' in the store '%s'", store->root);
	*ret_fd = fd;
	return 0;
}

/* Whether the name still means the file that was opened: its last writer may have published or
 * removed it in between. */
static bool is_still_named(const struct blob_writer *writer, int fd)
{
	struct stat named, opened;

	return fstatat(writer->dir, writer->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &opened) == 0 && file_is_same(&named, &opened);
}

static int open_locked(struct blob_writer *writer, bool waits, struct error *err)
{
	for (int i = 0; i < OPEN_TRIES; i++) {
		auto_fd fd = openat(writer->dir, writer->name,
				    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
		int r;

		if (fd < 0)
			return fail_errno(err, "open the partial file '%s'", writer->name);
		r = waits ? file_lock_wait(fd, 0, true) : file_lock(fd, 0, true);
		if (r == -EBUSY)
			return fail_as(err, ERROR_STATE, EBUSY,
				       "another process is fetching the blob '%s'", writer->name);
		if (r < 0)
			return fail(err, -r, "lock the partial file '%s': %s", writer->name,
				    strerror(-r));
		if (is_still_named(writer, fd)) {
			writer->fd = TAKE_FD(fd);
			return 0;
		}
	}
	return fail_as(err, ERROR_STATE, EBUSY, "the partial file '%s' comes and goes",
		       writer->name);
}

/* Hashes what an earlier writer left. */
static int read_again(struct blob_writer *writer, struct error *err)
{
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	struct stat st;
	ssize_t n;

	if (fstat(writer->fd, &st) < 0)
		return fail_errno(err, "look at the partial file '%s'", writer->name);
	if (!S_ISREG(st.st_mode))
		return fail_as(err, ERROR_STATE, EINVAL, "the partial file '%s' is no regular file",
			       writer->name);
	if (st.st_size > writer->size && ftruncate(writer->fd, 0) < 0)
		return fail_errno(err, "empty the partial file '%s'", writer->name);
	while ((n = pread(writer->fd, buffer, BUFFER_SIZE, writer->position)) > 0) {
		hash_update(&writer->hash, buffer, (size_t) n);
		writer->position += n;
	}
	if (n < 0)
		return fail_errno(err, "read the partial file '%s'", writer->name);
	return 0;
}

static int begin(struct blob_writer *writer, struct error *err)
{
	if (hash_init(&writer->hash, writer->digest, err) < 0 || read_again(writer, err) < 0)
		return -err->code;
	if (writer->growing && growing_open(writer->growing, writer->fd, err) < 0)
		return -err->code;
	if (writer->growing)
		growing_advance(writer->growing, writer->position);
	return 0;
}

static int open_writer(const struct store *store, const struct digest *digest, int64_t size,
		       struct growing *growing, bool waits, struct blob_writer *ret,
		       struct error *err)
{
	auto_blob_writer writer = BLOB_WRITER_NONE;
	char path[DIGEST_PATH_MAX];

	digest_path(digest, path);
	writer.store = store;
	writer.digest = digest;
	writer.size = size;
	writer.growing = growing;
	snprintf(writer.name, sizeof(writer.name), "%s", path + strlen("blobs/"));
	*strchr(writer.name, '/') = '-';
	if (open_partial_dir(store, &writer.dir, err) < 0 || open_locked(&writer, waits, err) < 0)
		return -err->code;
	if (store_has_blob(store, digest, size)) {
		unlinkat(writer.dir, writer.name, 0);
		return 1;
	}
	if (begin(&writer, err) < 0)
		return -err->code;
	*ret = writer;
	writer = BLOB_WRITER_NONE;
	return 0;
}

int blob_writer_open(const struct store *store, const struct digest *digest, int64_t size,
		     struct growing *growing, struct blob_writer *ret, struct error *err)
{
	return open_writer(store, digest, size, growing, false, ret, err);
}

int blob_writer_write(struct blob_writer *writer, const void *data, size_t len, struct error *err)
{
	const char *at = data;

	if ((uint64_t) (writer->size - writer->position) < len)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "there are more bytes than the %" PRId64 " of its descriptor",
			       writer->size);
	hash_update(&writer->hash, data, len);
	while (len) {
		ssize_t n = pwrite(writer->fd, at, len, writer->position);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, "write the partial file '%s'", writer->name);
		at += n;
		len -= (size_t) n;
		writer->position += n;
	}
	if (writer->position - writer->flushed >= FLUSH_STEP) {
		sync_file_range(writer->fd, writer->flushed, writer->position - writer->flushed,
				SYNC_FILE_RANGE_WRITE);
		writer->flushed = writer->position;
	}
	if (writer->growing)
		growing_advance(writer->growing, writer->position);
	return 0;
}

int blob_writer_verify(struct blob_writer *writer, struct error *err)
{
	if (writer->position != writer->size)
		return fail_as(err, ERROR_IMAGE, EBADMSG,
			       "there are %" PRId64 " bytes instead of %" PRId64, writer->position,
			       writer->size);
	if (hash_verify(&writer->hash, "blob", err) < 0) {
		struct error ignored;

		if (writer->growing)
			growing_fail(writer->growing, err);
		blob_writer_restart(writer, &ignored);
		return -err->code;
	}
	return 0;
}

int blob_writer_publish(struct blob_writer *writer, struct error *err)
{
	char path[DIGEST_PATH_MAX];

	digest_path(writer->digest, path);
	if (file_publish(writer->dir, writer->name, writer->fd, writer->store->layout.fd, path,
			 err) < 0)
		return -err->code;
	cleanup_fd(&writer->fd);
	return 0;
}

int blob_writer_restart(struct blob_writer *writer, struct error *err)
{
	hash_release(&writer->hash);
	writer->position = 0;
	writer->flushed = 0;
	if (ftruncate(writer->fd, 0) < 0)
		return fail_errno(err, "empty the partial file '%s'", writer->name);
	return hash_init(&writer->hash, writer->digest, err);
}

void blob_writer_release(struct blob_writer *writer)
{
	struct stat st;

	if (writer->fd >= 0 && fstat(writer->fd, &st) == 0 && st.st_size == 0)
		unlinkat(writer->dir, writer->name, 0);
	hash_release(&writer->hash);
	cleanup_fd(&writer->fd);
	cleanup_fd(&writer->dir);
}

int store_add_blob(const struct store *store, const struct digest *digest, const void *data,
		   size_t len, struct error *err)
{
	auto_blob_writer writer = BLOB_WRITER_NONE;
	/* Who has it locked writes these bytes too, and will soon be done. */
	int r = open_writer(store, digest, (int64_t) len, NULL, true, &writer, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (blob_writer_restart(&writer, err) < 0 ||
	    blob_writer_write(&writer, data, len, err) < 0 || blob_writer_verify(&writer, err) < 0)
		return -err->code;
	return blob_writer_publish(&writer, err);
}
