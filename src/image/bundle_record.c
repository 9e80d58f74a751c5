/* bundle_record.c - see bundle_record.h */
#include "image/bundle_record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/text.h"
#include "image/archive_file.h"
#include "image/root_mount.h"
#include "image/store_files.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

#define HEX_MAX 65
#define RECORD_MAX ((size_t) 1 << 20)

/* clang-format off */
static OCI_DESC(bundle_record,
		OCI_F(bundle_record, bundle, "bundle", REQUIRED),
		OCI_F(bundle_record, mount_point, "mountPoint"),
		OCI_F(bundle_record, handle, "handle"),
		OCI_F(bundle_record, layers, "layers"),
		OCI_F(bundle_record, images, "images"));
/* clang-format on */

void bundle_record_release(struct bundle_record *record)
{
	oci_release(&bundle_record_desc, record);
}

static int open_records(const char *store, struct error *err)
{
	auto_free char *top = xasprintf("%s/bundles", store);
	int fd;

	if (dir_make(top, 0700, err) < 0)
		return -err->code;
	fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "open the store's list of bundles") : fd;
}

/* The mount point at or above the path; NULL when it cannot be told. */
static char *mount_point_of(const char *path)
{
	auto_free char *at = xstrdup(path);

	for (;;) {
		struct statx stx;
		char *slash = strrchr(at, '/');

		if (slash == at || !slash)
			return slash ? xstrdup("/") : NULL;
		if (statx(AT_FDCWD, at, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &stx) == 0 &&
		    (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT))
			return TAKE_PTR(at);
		*slash = '\0';
	}
}

union handle {
	struct file_handle head;
	unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static unsigned char *bytes_of(union handle *handle)
{
	return handle->room + offsetof(struct file_handle, f_handle);
}

/* NULL where the file system has no handles. */
static char *handle_of(int fd)
{
	union handle handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	auto_str text = { 0 };
	int mount_id;

	if (name_to_handle_at(fd, "", &handle.head, &mount_id, AT_EMPTY_PATH) < 0)
		return NULL;
	str_printf(&text, "%d:", handle.head.handle_type);
	for (unsigned int i = 0; i < handle.head.handle_bytes; i++)
		str_printf(&text, "%02x", bytes_of(&handle)[i]);
	return TAKE_PTR(text.data);
}

static bool read_handle(const char *text, union handle *ret)
{
	unsigned int n = 0, byte;
	int type, len;

	if (!text || sscanf(text, "%d:%n", &type, &len) != 1)
		return false;
	for (text += len; *text && n < MAX_HANDLE_SZ; text += 2)
		if (sscanf(text, "%2x", &byte) != 1 || !text[1])
			return false;
		else
			bytes_of(ret)[n++] = (unsigned char) byte;
	ret->head.handle_type = type;
	ret->head.handle_bytes = n;
	return !*text;
}

bool bundle_record_is_away(const struct bundle_record *record)
{
	struct statx stx;

	if (!record->mount_point || strcmp(record->mount_point, "/") == 0)
		return false;
	return statx(AT_FDCWD, record->mount_point, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0,
		     &stx) < 0 ||
	       !(stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int bundle_record_find(const struct bundle_record *record)
{
	const char *at = record->mount_point;
	auto_fd mount = at ? open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	union handle handle;
	auto_fd fd = -1;
	struct stat st;

	if (mount < 0 || !read_handle(record->handle, &handle))
		return -ENOENT;
	fd = open_by_handle_at(mount, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0 ? -ENOENT : TAKE_FD(fd);
}

/* That costs no sync, and is never torn. */
static int write_link(int dir, const char *name, const char *bundle, struct error *err)
{
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove an old record");
	return symlinkat(bundle, dir, name) < 0 ? fail_errno(err, "make a link") : 0;
}

static int write_record(int dir, const char *name, const struct bundle_record *record,
			struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r = oci_print(&bundle_record_desc, record, OCI_PRINT_PRETTY, &json, &len);

	if (r < 0)
		return fail(err, -r, "print a bundle's record: %s", strerror(-r));
	return file_replace_synced(dir, name, json, len, err);
}

/* Earlier versions noted every bundle by a link. */
static bool is_of_run(const char *bundle)
{
	auto_free char *place = xstrdup(bundle);
	char *slash = strrchr(place, '/');

	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(place, '/');
	return slash && str_after(slash + 1, RUN_PLACE_PREFIX);
}

static int read_link(int dir, const char *name, struct bundle_record *ret)
{
	char path[PATH_MAX];
	ssize_t len = readlinkat(dir, name, path, sizeof(path) - 1);

	if (len < 0)
		return -errno;
	path[len] = '\0';
	ret->bundle = xstrdup(path);
	ret->is_run = is_of_run(path);
	return 0;
}

static int read_record(int dir, const char *name, struct bundle_record *ret, struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error why;
	size_t len;
	int r;

	if (read_link(dir, name, ret) < 0) {
		if (file_read(dir, name, RECORD_MAX, &json, &len, err) < 0)
			return -err->code;
		r = oci_parse(&bundle_record_desc, ret, json, len, &why);
		if (r < 0)
			return fail(err, -r, "the store's record '%s': %s: %s", name, why.path,
				    why.text);
	}
	return *ret->bundle == '/' ? 0
				   : fail(err, EINVAL, "the store's record '%s' has no path", name);
}

/* What was at this path may have been moved away: then it is noted where it is now. */
static int follow(const char *store, int dir, const char *name, int bundle_fd, struct error *err)
{
	auto_bundle_record old = { 0 };
	auto_root_mount mount = { 0 };
	struct stat st, its;
	struct error ignored;
	char path[PATH_MAX];
	auto_fd fd = -1;

	if (read_record(dir, name, &old, &ignored) < 0)
		return 0;
	fd = bundle_record_find(&old);
	if (fd < 0 || fstat(fd, &its) < 0 || fstat(bundle_fd, &st) < 0 || file_is_same(&its, &st) ||
	    path_of_fd(fd, path, &ignored) < 0 || strcmp(path, old.bundle) == 0 ||
	    root_mount_read(fd, &mount, &ignored) < 0)
		return 0;
	return bundle_record_add(store, path, fd, &mount, err);
}

int bundle_record_add(const char *store, const char *bundle, int bundle_fd,
		      const struct root_mount *mount, struct error *err)
{
	auto_fd dir = open_records(store, err);
	char name[HEX_MAX];
	auto_free char *mount_point = mount_point_of(bundle);
	auto_free char *handle = handle_of(bundle_fd);
	const struct bundle_record record = {
		.bundle = (char *) bundle,
		.mount_point = mount_point,
		.handle = handle,
		.layers = mount->layers,
		.images = mount->images,
	};

	if (dir < 0 || sha256_hex(bundle, strlen(bundle), name, err) < 0 ||
	    follow(store, dir, name, bundle_fd, err) < 0 ||
	    (mount->is_temporary ? write_link(dir, name, bundle, err)
				 : write_record(dir, name, &record, err)) < 0)
		return fail_in(err, "note the bundle '%s' in the store", bundle);
	return 0;
}

int bundle_record_add_run(const char *store, const char *bundle, struct error *err)
{
	auto_fd dir = open_records(store, err);
	char name[HEX_MAX];

	if (dir < 0 || sha256_hex(bundle, strlen(bundle), name, err) < 0 ||
	    write_link(dir, name, bundle, err) < 0)
		return fail_in(err, "note the bundle '%s' in the store", bundle);
	return 0;
}

void bundle_record_drop(const char *store, const char *bundle)
{
	auto_free char *path = NULL;
	struct error ignored;
	char hex[HEX_MAX];

	if (sha256_hex(bundle, strlen(bundle), hex, &ignored) < 0)
		return;
	path = xasprintf("%s/bundles/%s", store, hex);
	unlink(path);
}

/* A writer that was killed leaves a longer name, which gc removes. */
static bool is_record(const char *name)
{
	return strlen(name) == HEX_MAX - 1 && strspn(name, "0123456789abcdef") == HEX_MAX - 1;
}

int bundle_record_each(const struct store *store, bool is_dry,
		       int (*each)(void *context, const struct bundle_record *record,
				   struct error *err),
		       void *context, struct error *err)
{
	auto_fd fd = openat(store->layout.fd, "bundles",
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read the store's list of bundles");
	TAKE_FD(fd);
	while ((errno = 0, entry = readdir(dir))) {
		auto_bundle_record record = { 0 };

		if (!is_dry && *entry->d_name != '.' && !is_record(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
		if (!is_record(entry->d_name))
			continue;
		if (read_record(dirfd(dir), entry->d_name, &record, err) < 0 ||
		    each(context, &record, err) < 0)
			return -err->code;
	}
	return errno ? fail_errno(err, "read the store's list of bundles") : 0;
}
