/* archive_file.c - see archive_file.h */
#include "image/archive_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define BLOCK ((size_t) 256 << 10)

#define MEMBERS_MAX 100000

/* As for layers: see limits.h. */
#define RATIO_MAX 200
#define RATIO_FREE ((int64_t) 256 << 20)

static int broken(struct archive *archive, struct error *err)
{
	const char *why = archive_error_string(archive);

	return fail_as(err, ERROR_IMAGE, EBADMSG, "damaged archive: %s", why ? why : "unknown");
}

static const char *plain_name(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	return name;
}

/* Of an archive that is compressed as a whole a small one could fill the disk, with content or with
 * files, before anything in it is verified. */
static int check_budget(struct archive *archive, uint64_t members, struct error *err)
{
	int64_t plain = archive_filter_bytes(archive, 0),
		packed = archive_filter_bytes(archive, -1);

	if (members > MEMBERS_MAX)
		return fail_as(err, ERROR_IMAGE, EFBIG, "it has more than %d members", MEMBERS_MAX);
	if (plain > RATIO_FREE && plain / RATIO_MAX > packed)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "it unpacks to more than %d times its size: decompress it first, if "
			       "that is as it should be",
			       RATIO_MAX);
	return 0;
}

static int each(struct archive *archive, member_fn *member, void *context, struct error *err)
{
	struct archive_entry *entry;
	uint64_t n = 0;
	int r;

	while ((r = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);

		if (check_budget(archive, ++n, err) < 0)
			return -err->code;
		/* holes would be written out, and cost the archive nothing */
		if (archive_entry_sparse_count(entry))
			return fail_as(err, ERROR_IMAGE, ENOTSUP, "'%.100s': a sparse file",
				       name ? name : "");
		if (name && member(context, archive, entry, plain_name(name), err) < 0)
			return fail_in(err, "'%.100s'", name);
	}
	return r == ARCHIVE_EOF ? 0 : broken(archive, err);
}

int archive_each(const char *path, member_fn *member, void *context, struct error *err)
{
	struct archive *archive = archive_read_new();
	int r;

	if (!archive)
		return fail(err, ENOMEM, "set up the tar reader: out of memory");
	archive_read_support_format_tar(archive);
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_zstd(archive);
	if (archive_read_open_filename(archive, path, BLOCK) == ARCHIVE_OK)
		r = each(archive, member, context, err);
	else
		r = fail_as(err, ERROR_IMAGE, archive_errno(archive) ? archive_errno(archive) : EIO,
			    "open it: %s", archive_error_string(archive));
	archive_read_free(archive);
	return r < 0 ? fail_in(err, "archive '%s'", path) : 0;
}

static int copy(struct archive *archive, int fd, EVP_MD_CTX *hash, int64_t *ret_size,
		unsigned char ret_magic[4], struct error *err)
{
	char buf[64 << 10];
	la_ssize_t n;
	int r;

	*ret_size = 0;
	while ((n = archive_read_data(archive, buf, sizeof(buf))) > 0) {
		if (check_budget(archive, 0, err) < 0)
			return -err->code;
		if (*ret_size == 0)
			memcpy(ret_magic, buf, n < 4 ? (size_t) n : 4);
		EVP_DigestUpdate(hash, buf, (size_t) n);
		r = file_write_fd(fd, buf, (size_t) n);
		if (r < 0)
			return fail(err, -r, "write: %s", strerror(-r));
		*ret_size += n;
	}
	return n < 0 ? broken(archive, err) : 0;
}

static int copy_to(struct archive *archive, int dir, const char *name, char ret_hex[65],
		   int64_t *ret_size, unsigned char ret_magic[4], struct error *err)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char bytes[32];
	int r;

	if (fd < 0)
		r = fail_errno(err, "make the file '%s'", name);
	else if (!hash || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL))
		r = fail(err, ENOTSUP, "the crypto library offers no sha256");
	else
		r = copy(archive, fd, hash, ret_size, ret_magic, err);
	if (r == 0)
		EVP_DigestFinal_ex(hash, bytes, NULL);
	for (int i = 0; r == 0 && i < 32; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
	EVP_MD_CTX_free(hash);
	return r;
}

int archive_take_blob(struct archive *archive, int dir, char ret_hex[65], int64_t *ret_size,
		      unsigned char ret_magic[4], struct error *err)
{
	auto_free char *path = NULL;

	memset(ret_magic, 0, 4);
	if (copy_to(archive, dir, "blob", ret_hex, ret_size, ret_magic, err) < 0)
		return -err->code;
	path = xasprintf("blobs/sha256/%s", ret_hex);
	return renameat(dir, "blob", dir, path) < 0 ? fail_errno(err, "rename a blob") : 0;
}

int sha256_hex(const void *data, size_t len, char ret[65], struct error *err)
{
	unsigned char bytes[32];

	if (EVP_Digest(data, len, bytes, NULL, EVP_sha256(), NULL) != 1)
		return fail(err, ENOTSUP, "the crypto library offers no sha256");
	for (int i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int archive_take_text(struct archive *archive, size_t max, char **ret, size_t *ret_len,
		      struct error *err)
{
	auto_str text = { 0 };
	char buf[4096];
	la_ssize_t n;

	while ((n = archive_read_data(archive, buf, sizeof(buf))) > 0) {
		str_append(&text, buf, (size_t) n);
		if (text.len > max)
			return fail_as(err, ERROR_IMAGE, EFBIG, "it has more than %zu bytes", max);
	}
	if (n < 0)
		return broken(archive, err);
	str_append(&text, "", 0);
	*ret_len = text.len;
	*ret = text.data ? TAKE_PTR(text.data) : xstrdup("");
	return 0;
}

int archive_take_file(struct archive *archive, int dir, const char *name, struct error *err)
{
	unsigned char magic[4];
	char hex[65];
	int64_t size;

	return copy_to(archive, dir, name, hex, &size, magic, err);
}
