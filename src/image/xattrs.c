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
#include "base/text.h"

static const char *const never[] = {
	"security.selinux",
	"trusted.overlay.",
	"user.overlay.",
};

static bool is_for_us(const char *name)
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

/* Removes what an older layer has set and this entry does not have. */
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
	for (char *name = names; name && name < names + len; name += strlen(name) + 1)
		if (is_for_us(name) && !entry_has(entry, name) && lremovexattr(path, name) < 0 &&
		    errno != EPERM && errno != ENODATA)
			return fail_errno(err, "remove the extended attribute '%s'", name);
	return 0;
}

static int set(const char *path, const char *name, const void *value, size_t size,
	       struct losses *losses, struct error *err)
{
	if (strlen(name) > XATTR_NAME_MAX || size > XATTR_SIZE_MAX)
		return fail_as(err, ERROR_IMAGE, E2BIG,
			       "the extended attribute '%.64s' is too large (%zu bytes)", name,
			       size);
	if (!is_for_us(name)) {
		losses->xattrs++;
		return 0;
	}
	if (lsetxattr(path, name, value, size, 0) == 0)
		return 0;
	if (errno != EPERM && errno != EACCES && errno != ENOTSUP)
		return fail_errno(err, "set the extended attribute '%s'", name);
	losses->xattrs++;
	return 0;
}

int xattrs_apply(const struct file_at *file, struct archive_entry *entry, struct losses *losses,
		 struct error *err)
{
	char path[PROC_PATH_MAX];
	const char *name;
	const void *value;
	size_t size;

	if (!file->was_there && archive_entry_xattr_count(entry) == 0)
		return 0;
	proc_path(file, path);
	if (file->was_there && remove_others(path, entry, err) < 0)
		return -err->code;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (set(path, name, value, size, losses, err) < 0)
			return -err->code;
	return 0;
}
