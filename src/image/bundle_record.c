/* bundle_record.c - see bundle_record.h */
#include "image/bundle_record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/archive_file.h"
#include "image/lists.h"

#define HEX_MAX 65

static int record_path(const char *store, const char *bundle, char **ret, struct error *err)
{
	char hex[HEX_MAX];

	if (sha256_hex(bundle, strlen(bundle), hex, err) < 0)
		return -err->code;
	*ret = xasprintf("%s/bundles/%s", store, hex);
	return 0;
}

int bundle_record_add(const char *store, const char *bundle, struct error *err)
{
	auto_free char *top = xasprintf("%s/bundles", store);
	auto_free char *path = NULL;

	if (dir_make(top, 0700, err) < 0 || record_path(store, bundle, &path, err) < 0)
		return -err->code;
	if (symlink(bundle, path) < 0 && errno != EEXIST)
		return fail_errno(err, "note the bundle '%s' in the store", bundle);
	return 0;
}

void bundle_record_drop(const char *store, const char *bundle)
{
	auto_free char *path = NULL;
	struct error ignored;

	if (record_path(store, bundle, &path, &ignored) == 0)
		unlink(path);
}

int bundle_record_list(const struct store *store, struct oci_strings *ret, struct error *err)
{
	auto_fd fd = openat(store->layout.fd, "bundles",
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read the store's list of bundles");
	TAKE_FD(fd);
	while ((entry = readdir(dir))) {
		char path[PATH_MAX];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, path, sizeof(path) - 1);

		if (len <= 0)
			continue;
		path[len] = '\0';
		strings_add(ret, xstrdup(path));
	}
	return 0;
}
