/* xattrs.c - see xattrs.h */
#include "image/xattrs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/overlay_marks.h"

#define OWNER_RECORD "user.rootlesscontainers"
#define DEFAULT_ACL "system.posix_acl_default"
#define ACCESS_ACL "system.posix_acl_access"

static const char *const never[] = {
	"security.selinux",
	"trusted.overlay.",
	"user.overlay.",
};

bool xattr_is_for_us(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (str_after(name, never[i]))
			return false;
	return true;
}

/* The way to the file itself, a link included, that every xattr call takes. */
#define PROC_PATH_MAX (NAME_MAX + 40)
static void proc_path(const struct file_at *file, char ret[PROC_PATH_MAX])
{
	snprintf(ret, PROC_PATH_MAX, "/proc/self/fd/%d/%s", file->dir, file->name);
}

static bool entry_has(struct archive_entry *entry, const char *wanted)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (strcmp(name, wanted) == 0)
			return true;
	return false;
}

/* A protocol buffer's variable-length number; returns its bytes. */
static size_t put_varint(unsigned char *at, uint32_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		at[n++] = (unsigned char) (value | 0x80);
	at[n++] = (unsigned char) value;
	return n;
}

void xattrs_record_owner(const struct file_at *file, uid_t uid, gid_t gid)
{
	unsigned char record[12];
	char path[PROC_PATH_MAX];
	size_t len = 0;

	record[len++] = 1 << 3;
	len += put_varint(record + len, uid);
	record[len++] = 2 << 3;
	len += put_varint(record + len, gid);
	proc_path(file, path);
	lsetxattr(path, OWNER_RECORD, record, len, 0);
}

void xattrs_forget_owner(const struct file_at *file)
{
	char path[PROC_PATH_MAX];

	proc_path(file, path);
	lremovexattr(path, OWNER_RECORD);
}

bool xattrs_have_default_acl(int fd)
{
	char path[FD_PATH_MAX];

	fd_path(fd, path);
	return getxattr(path, DEFAULT_ACL, NULL, 0) > 0;
}

void xattrs_forget_acls(int dir, const char *name)
{
	const struct file_at file = { .dir = dir, .name = name };
	char path[PROC_PATH_MAX];

	proc_path(&file, path);
	lremovexattr(path, DEFAULT_ACL);
	lremovexattr(path, ACCESS_ACL);
}

/* Removes what an older layer has set, or the directory above, and this entry does not have. */
static int remove_others(const char *path, struct archive_entry *entry, struct error *err)
{
	ssize_t len = llistxattr(path, NULL, 0);
	auto_free char *names = NULL;

	if (len < 0 && errno == ENOTSUP)
		return 0;
	if (len > 0) {
		names = xcalloc(1, (size_t) len);
		len = llistxattr(path, names, (size_t) len);
	}
	if (len < 0)
		return fail_errno(err, "list the extended attributes");
	for (ssize_t at = 0; at < len; at += (ssize_t) strlen(names + at) + 1) {
		const char *name = names + at;

		if (xattr_is_for_us(name) && !str_equal(name, OWNER_RECORD) &&
		    !entry_has(entry, name) && lremovexattr(path, name) < 0 && errno != EPERM &&
		    errno != ENODATA)
			return fail_errno(err, "remove the extended attribute '%s'", name);
	}
	return 0;
}

static int set(const char *path, const char *name, const void *value, size_t size,
	       struct losses *losses, struct error *err)
{
	bool is_for_others;

	if (strlen(name) > XATTR_NAME_MAX || size > XATTR_SIZE_MAX)
		return fail_as(err, ERROR_IMAGE, E2BIG,
			       "the extended attribute '%.64s' is too large (%zu bytes)", name,
			       size);
	if (!xattr_is_for_us(name) || str_equal(name, OWNER_RECORD)) {
		losses->xattrs++;
		return 0;
	}
	if (lsetxattr(path, name, value, size, 0) == 0)
		return 0;
	/* an ACL may name whom a user namespace does not know */
	is_for_others = errno == EINVAL && overlay_uses_userxattr() &&
			(str_equal(name, DEFAULT_ACL) || str_equal(name, ACCESS_ACL));
	if (errno != EPERM && errno != EACCES && errno != ENOTSUP && !is_for_others)
		return fail_errno(err, "set the extended attribute '%s'", name);
	losses->xattrs++;
	return 0;
}

int xattrs_apply(const struct file_at *file, struct archive_entry *entry, struct losses *losses,
		 struct error *err)
{
	bool has_others = file->was_there || file->has_acls;
	char path[PROC_PATH_MAX];
	const char *name;
	const void *value;
	size_t size;

	if (!has_others && archive_entry_xattr_count(entry) == 0)
		return 0;
	proc_path(file, path);
	if (has_others && remove_others(path, entry, err) < 0)
		return -err->code;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (set(path, name, value, size, losses, err) < 0)
			return -err->code;
	return 0;
}
