/* tar.c - see tar.h */
#include "image/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

struct tar {
	struct stream *stream;
	const volatile sig_atomic_t *stop;
	struct archive *archive;
	uint64_t taken; /* by the library, since it last returned something */
	bool in_content;
	bool is_broken;
	struct error error; /* of the stream, when `feed` has failed */
};

static bool is_stopped(const struct tar *tar)
{
	return tar->stop && *tar->stop;
}

static int next_chunk(struct tar *tar, const void **ret_data, struct error *err)
{
	ssize_t n;

	if (is_stopped(tar))
		return fail(err, EINTR, "stopped by a signal");
	if (tar->taken > TAR_HEADERS_MAX)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "one header of the tar archive takes more than %ju bytes",
			       (uintmax_t) TAR_HEADERS_MAX);
	n = stream_read(tar->stream, ret_data, err);
	if (n > 0)
		tar->taken += (uint64_t) n;
	return (int) n;
}

/* Gives the library more of the stream. */
static la_ssize_t feed(struct archive *archive, void *data, const void **ret_data)
{
	struct tar *tar = data;
	int n = next_chunk(tar, ret_data, &tar->error);

	if (n < 0)
		archive_set_error(archive, -n, "%s", tar->error.text);
	return n < 0 ? ARCHIVE_FATAL : n;
}

static int broken(struct tar *tar, struct error *err)
{
	const char *why = archive_error_string(tar->archive);

	tar->is_broken = true;
	if (tar->error.code)
		*err = tar->error;
	else
		fail_as(err, ERROR_IMAGE, EBADMSG, "damaged tar archive: %s",
			why ? why : "unknown");
	return -err->code;
}

int tar_new(struct stream *stream, const volatile sig_atomic_t *stop, struct tar **ret,
	    struct error *err)
{
	auto_tar *tar = xcalloc(1, sizeof(*tar));

	tar->stream = stream;
	tar->stop = stop;
	tar->archive = archive_read_new();
	/* What has no bytes at all is an archive without entries, too. */
	if (!tar->archive || archive_read_support_format_tar(tar->archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(tar->archive) != ARCHIVE_OK)
		return fail(err, ENOMEM, "set up the tar reader: out of memory");
	if (archive_read_open(tar->archive, tar, NULL, feed, NULL) != ARCHIVE_OK)
		return broken(tar, err);
	*ret = tar;
	tar = NULL;
	return 0;
}

/* Reads what follows the archive's end, which belongs to the blob all the same. */
static int drain(struct tar *tar, struct error *err)
{
	const void *data;
	int n;

	do {
		tar->taken = 0;
		n = next_chunk(tar, &data, err);
	} while (n > 0);
	if (n < 0)
		tar->is_broken = true;
	return n;
}

int tar_next(struct tar *tar, struct archive_entry **ret, struct error *err)
{
	const void *block;
	int64_t offset;
	size_t len;
	int r = 1;

	while (tar->in_content && r > 0)
		r = tar_data(tar, &block, &len, &offset, err);
	if (r < 0)
		return r;
	if (is_stopped(tar)) {
		tar->is_broken = true;
		return fail(err, EINTR, "stopped by a signal");
	}
	tar->taken = 0;
	r = archive_read_next_header(tar->archive, ret);
	if (r == ARCHIVE_EOF)
		return drain(tar, err);
	if (r == ARCHIVE_WARN)
		log_debug("'%s': %s", archive_entry_pathname(*ret),
			  archive_error_string(tar->archive));
	else if (r != ARCHIVE_OK)
		return broken(tar, err);
	tar->in_content = true;
	return 1;
}

int tar_data(struct tar *tar, const void **ret_block, size_t *ret_len, int64_t *ret_offset,
	     struct error *err)
{
	int r;

	tar->taken = 0;
	r = archive_read_data_block(tar->archive, ret_block, ret_len, ret_offset);
	if (r == ARCHIVE_OK)
		return 1;
	tar->in_content = false;
	return r == ARCHIVE_EOF ? 0 : broken(tar, err);
}

bool tar_is_broken(const struct tar *tar)
{
	return tar->is_broken;
}

void tar_free(struct tar *tar)
{
	if (!tar)
		return;
	if (tar->archive)
		archive_read_free(tar->archive);
	free(tar);
}
