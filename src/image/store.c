/* store.c - the store opened, made and locked; see store.h */
#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/text.h"
#include "image/layer_cache.h"
#include "image/store_files.h"
#include "linux/inroot.h"

#define LAYOUT_FILE "{\"imageLayoutVersion\":\"1.0.0\"}"
#define EMPTY_INDEX                                                                       \
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\"," \
	"\"manifests\":[]}"

int store_find_root(char **ret, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (!is_unprivileged())
		*ret = xstrdup("/var/lib/coracle");
	else if (data && *data == '/')
		*ret = xasprintf("%s/coracle", data);
	else if (home && *home == '/')
		*ret = xasprintf("%s/.local/share/coracle", home);
	else
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "there is no $HOME to keep images below: say where with --store DIR");
	return 0;
}

static int lock_store(struct store *store, enum store_use use, struct error *err)
{
	int r;

	store->lock_fd =
		openat(store->layout.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	/* Somebody else's store can still be read. */
	if (store->lock_fd < 0 && use == STORE_SHARED && (errno == EACCES || errno == EROFS))
		store->lock_fd =
			openat(store->layout.fd, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (store->lock_fd < 0 && use == STORE_SHARED && errno == ENOENT)
		return 0;
	if (store->lock_fd < 0)
		return fail_errno(err, "open the lock of the store '%s'", store->root);
	r = file_lock_wait(store->lock_fd, LOCK_BYTE_USE, use == STORE_EXCLUSIVE);
	if (r == -EBUSY)
		return fail_as(err, ERROR_STATE, EBUSY,
			       use == STORE_EXCLUSIVE
				       ? "the store '%s' is in use: try again when no pull or unpack "
					 "is running"
				       : "the store '%s' is being cleaned up: try again in a moment",
			       store->root);
	if (r < 0)
		return fail(err, -r, "lock the store '%s': %s", store->root, strerror(-r));
	return 0;
}

static bool is_there(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int make_dirs(int dir, const char *root, struct error *err)
{
	static const char *const names[] = { "blobs", "blobs/sha256" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (mkdirat(dir, names[i], 0755) < 0 && errno != EEXIST)
			return fail_errno(err, "make '%s' in the store '%s'", names[i], root);
	return 0;
}

/* Whether the store has something of this name itself: one whose oci-layout is missing is repaired,
 * anything else's directory left alone. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { "blobs", "bundles", "lock", "partial" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	for (size_t i = 0; layer_caches[i]; i++)
		if (strcmp(name, layer_caches[i]) == 0)
			return true;
	return str_after(name, "index.json") || str_after(name, "oci-layout");
}

/* Of several that make the same store at once, all write the same; they hold it against the gc of who was
 * faster. */
static int make_layout(int dir, const char *root, struct error *err)
{
	auto_fd listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *entries = listed < 0 ? NULL : fdopendir(listed);
	struct dirent *entry;
	auto_fd lock = -1;
	int r;

	if (!entries)
		return fail_errno(err, "read the directory '%s'", root);
	TAKE_FD(listed);
	while ((entry = readdir(entries)))
		if (*entry->d_name != '.' && !is_ours(entry->d_name))
			return fail_as(err, ERROR_STATE, ENOTEMPTY,
				       "'%s' is no store of images: there is '%s' in it", root,
				       entry->d_name);
	lock = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	r = lock < 0 ? -errno : file_lock_wait(lock, LOCK_BYTE_USE, false);
	if (r < 0)
		return fail(err, -r, "lock the store '%s': %s", root, strerror(-r));
	if (make_dirs(dir, root, err) < 0)
		return -err->code;
	if (!is_there(dir, "index.json") &&
	    file_replace_synced(dir, "index.json", EMPTY_INDEX, strlen(EMPTY_INDEX), err) < 0)
		return -err->code;
	return file_replace_synced(dir, "oci-layout", LAYOUT_FILE, strlen(LAYOUT_FILE), err);
}

int store_open(const char *root, enum store_use use, struct store *ret, struct error *err)
{
	auto_store store = STORE_NONE;
	auto_fd dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno == ENOENT) {
		if (dir_make(root, 0755, err) < 0)
			return fail_in(err, "store");
		dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir < 0)
		return fail_errno(err, "open the store '%s'", root);
	if (!is_there(dir, "oci-layout") && make_layout(dir, root, err) < 0)
		return -err->code;
	if (layout_open(root, &store.layout, err) < 0)
		return -err->code;
	store.root = xstrdup(root);
	if (lock_store(&store, use, err) < 0)
		return -err->code;
	*ret = store;
	store = STORE_NONE;
	return 0;
}

void store_release(struct store *store)
{
	layout_release(&store->layout);
	cleanup_fd(&store->lock_fd);
	free(store->root);
	*store = STORE_NONE;
}

bool store_has_blob(const struct store *store, const struct digest *digest, int64_t size)
{
	char path[DIGEST_PATH_MAX];
	struct stat st;
	auto_fd fd = -1;

	digest_path(digest, path);
	fd = inroot_open(store->layout.fd, path, O_PATH);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size;
}
