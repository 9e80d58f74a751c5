/* cache_gc.c - see cache_gc.h */
#include "image/cache_gc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/text.h"
#include "image/bundle_record.h"
#include "image/layer_cache.h"
#include "image/lists.h"
#include "image/root_mount.h"
#include "image/staging.h"
#include "image/tree.h"
#include "image/unpack.h"

/* More than any namespace has of mounts. */
#define MOUNTINFO_MAX ((size_t) 64 << 20)

/* The last component but one: STORE/layers/CHAIN/diff. */
static void mark_path(const char *path, struct oci_strings *chains)
{
	auto_free char *copy = xstrdup(path);
	char *last = strrchr(copy, '/'), *chain;

	if (!last)
		return;
	*last = '\0';
	chain = strrchr(copy, '/');
	if (chain && !strings_have(chains, chain + 1))
		strings_add(chains, xstrdup(chain + 1));
}

static bool is_process(const char *name)
{
	return isdigit((unsigned char) *name);
}

/* Whether a process has its root in that directory, or in what is mounted on it; true when nobody can tell. */
static bool is_some_root(int dir_fd)
{
	auto_dir *proc = opendir("/proc");
	bool is_mount;
	struct dirent *entry;
	struct stat st, root;
	struct statx stx;

	if (fstat(dir_fd, &st) < 0)
		return false;
	is_mount = statx(dir_fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
		   (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	while (proc && (errno = 0, entry = readdir(proc))) {
		auto_free char *path = xasprintf("%s/root/.", entry->d_name);

		if (is_process(entry->d_name) && fstatat(dirfd(proc), path, &root, 0) == 0 &&
		    (file_is_same(&root, &st) || (is_mount && root.st_dev == st.st_dev)))
			return true;
	}
	return errno != 0;
}

/* Nobody else can have made it, nor put anything into it. */
static bool is_own(int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* What a run that is dead has left in `place`, the directory that it made for its bundle (-1: there is none
 * yet): nobody has that locked, and no process is in the bundle.  What stands at a path that was recorded
 * once may be another's by now. */
static bool is_abandoned(int place, int bundle)
{
	auto_fd root = bundle < 0 ? -1
				  : openat(bundle, "rootfs",
					   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return is_own(place) && (bundle < 0 || is_own(bundle)) &&
	       flock(place, LOCK_EX | LOCK_NB) == 0 && !(root >= 0 && is_some_root(root));
}

/* The name of a directory in the one that it is in, which dir is open on; NULL when it has been moved
 * meanwhile. */
static const char *name_in(int dir, const char *path, int fd)
{
	const char *name = strrchr(path, '/') + 1;
	struct stat st, its;

	return fstat(fd, &st) == 0 && fstatat(dir, name, &its, AT_SYMLINK_NOFOLLOW) == 0 &&
			       file_is_same(&st, &its)
		       ? name
		       : NULL;
}

/* The bundle, whole or not, and the directory that the run has made for it. */
static int delete_abandoned(int place, const char *bundle, struct error *err)
{
	auto_fd above = openat(place, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name = strrchr(bundle, '/') + 1;
	char top[PATH_MAX];

	if (above < 0)
		return fail_errno(err, "open the directory of '%s'", bundle);
	log_warning("removing '%s', which a run that was killed has left", bundle);
	if (path_of_fd(place, top, err) < 0 || bundle_delete(place, name, err) < 0 ||
	    staging_clean(place, name, err) < 0 || dir_remove(place, RUN_PLACE_STATE, err) < 0)
		return -err->code;
	name = name_in(above, top, place);
	if (name)
		unlinkat(above, name, AT_REMOVEDIR);
	return 0;
}

/* Nothing mounts the store's layers at this path any more. */
static int forget(const struct store *store, const char *bundle, bool is_dry, struct error *err)
{
	auto_free char *parent = xstrdup(bundle);
	char *slash = strrchr(parent, '/');
	auto_fd dir = -1;

	if (is_dry)
		return 0;
	*slash = '\0';
	dir = open(*parent ? parent : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && staging_clean(dir, slash + 1, err) < 0)
		return -err->code;
	bundle_record_drop(store->root, bundle);
	return 0;
}

static bool is_ours(const struct store *store, const struct root_mount *mount)
{
	struct stat ours, its;

	return mount->store && stat(mount->store, &its) == 0 &&
	       fstat(store->layout.fd, &ours) == 0 && file_is_same(&ours, &its);
}

struct marking {
	const struct store *store;
	const struct gc_request *request;
	struct oci_strings *chains;
};

static void mark_paths(const struct oci_strings *layers, const struct oci_strings *images,
		       struct oci_strings *chains)
{
	for (size_t i = 0; i < layers->n; i++)
		mark_path(layers->items[i], chains);
	for (size_t i = 0; i < images->n; i++)
		mark_path(images->items[i], chains);
}

/* Returns whether the directory is a bundle that mounts what this store has, or -errno. */
static int read_bundle(const struct marking *marking, const char *path, int fd,
		       struct root_mount *ret, struct error *err)
{
	int r = root_mount_read(fd, ret, err);

	/* asked afterwards, for it may be taken away at any time */
	if (r == -ENOENT && faccessat(fd, "mount.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	if (r < 0)
		return fail_in(err, "bundle '%s'", path);
	return is_ours(marking->store, ret);
}

/* A bundle that is elsewhere on its file system: it is noted there.  What an unpack that was killed
 * has left is none, and went before. */
static int mark_moved(const struct marking *marking, int fd, struct error *err)
{
	auto_root_mount mount = { 0 };
	char path[PATH_MAX];
	int r = path_of_fd(fd, path, err);

	if (r == 0)
		r = read_bundle(marking, path, fd, &mount, err);
	if (r <= 0)
		return r;
	mark_paths(&mount.layers, &mount.images, marking->chains);
	return marking->request->is_dry
		       ? 0
		       : bundle_record_add(marking->store->root, path, fd, &mount, err);
}

/* Of a bundle that is not at its path. */
static int mark_missing(const struct marking *marking, const struct bundle_record *record,
			struct error *err)
{
	auto_fd fd = -1;

	if (bundle_record_is_away(record) && !marking->request->forgets_away) {
		log_warning("what the bundle '%s' mounts stays, as no file system is mounted at '%s' "
			    "now (to remove it: gc --forget-away)",
			    record->bundle, record->mount_point);
		mark_paths(&record->layers, &record->images, marking->chains);
		return 0;
	}
	if (forget(marking->store, record->bundle, marking->request->is_dry, err) < 0)
		return -err->code;
	fd = bundle_record_is_away(record) ? -1 : bundle_record_find(record);
	return fd < 0 ? 0 : mark_moved(marking, fd, err);
}

static bool is_gone(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP;
}

/* The directory that a run has made for its bundle: a descriptor, -ENOENT, or another -errno and *err is
 * set. */
static int open_place(const char *bundle, struct error *err)
{
	auto_free char *top = xstrdup(bundle);
	int fd;

	strrchr(top, '/')[0] = '\0';
	fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && is_gone(errno))
		return -ENOENT;
	return fd < 0 ? fail_errno(err, "open '%s', where a run has its bundle", top) : fd;
}

/* What lives keeps its layers; what is dead goes, and so does what it has left. */
static int mark_run(const struct marking *marking, const struct bundle_record *record,
		    struct error *err)
{
	const char *name = strrchr(record->bundle, '/') + 1;
	auto_root_mount mount = { 0 };
	auto_fd place = open_place(record->bundle, err);
	auto_fd fd = -1;
	int r = 0;

	if (place == -ENOENT)
		return forget(marking->store, record->bundle, marking->request->is_dry, err);
	if (place < 0)
		return place;
	fd = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && !is_gone(errno))
		return fail_errno(err, "open the bundle '%s'", record->bundle);
	if (fd >= 0)
		r = read_bundle(marking, record->bundle, fd, &mount, err);
	if (r < 0)
		return r;
	if (!marking->request->is_dry && (r == 0 || mount.is_temporary) && is_abandoned(place, fd)) {
		if (delete_abandoned(place, record->bundle, err) < 0)
			return -err->code;
		bundle_record_drop(marking->store->root, record->bundle);
		return 0;
	}
	mark_paths(&mount.layers, &mount.images, marking->chains);
	return 0;
}

static int mark_bundle(void *context, const struct bundle_record *record, struct error *err)
{
	const struct marking *marking = context;
	auto_root_mount mount = { 0 };
	auto_fd fd = -1;
	int r = 0;

	if (record->is_run)
		return mark_run(marking, record, err);
	fd = open(record->bundle, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && !is_gone(errno))
		return fail_errno(err, "open the bundle '%s'", record->bundle);
	if (fd >= 0)
		r = read_bundle(marking, record->bundle, fd, &mount, err);
	if (r <= 0)
		return r < 0 ? r : mark_missing(marking, record, err);
	mark_paths(&mount.layers, &mount.images, marking->chains);
	return 0;
}

int cache_mark_bundles(const struct store *store, const struct gc_request *request,
		       struct oci_strings *chains, struct error *err)
{
	struct marking marking = { store, request, chains };

	return bundle_record_each(store, request->is_dry, mark_bundle, &marking, err);
}

/* What is to go, of one of the caches. */
struct sweeping {
	int dir;
	struct oci_strings names;
};

static void list_unmarked(struct sweeping *sweeping, const struct oci_strings *chains)
{
	auto_fd fd = openat(sweeping->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir)
		TAKE_FD(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !strings_have(chains, entry->d_name))
			strings_add(&sweeping->names, xstrdup(entry->d_name));
}

/* Drops the names that a text of mountinfo shows in use. */
static void spare_those_in(const char *mountinfo, struct sweeping *sweeping)
{
	size_t n = 0;

	for (size_t i = 0; i < sweeping->names.n; i++) {
		char *name = sweeping->names.items[i];
		auto_free char *part = xasprintf("%.*s", CHAIN_PREFIX_LEN, name);

		if (strstr(mountinfo, part))
			free(name);
		else
			sweeping->names.items[n++] = name;
	}
	sweeping->names.n = n;
}

/* It has ended; or we may not look at it, so it is no container of ours. */
static bool is_no_doubt(int code)
{
	return code == ENOENT || code == ESRCH || code == EACCES || code == EPERM;
}

/* One process of each mount namespace that there is tells its mounts.  In doubt (a process whose
 * mounts cannot be read and that has not just ended) nothing is removed. */
static int spare_mounted(struct sweeping *sweeping, struct error *err)
{
	auto_dir *proc = opendir("/proc");
	auto_strings seen = { 0 };
	struct dirent *entry;

	if (!proc)
		return fail_errno(err, "read /proc");
	while (sweeping->names.n && (errno = 0, entry = readdir(proc))) {
		auto_free char *link = xasprintf("%s/ns/mnt", entry->d_name);
		auto_free char *path = xasprintf("%s/mountinfo", entry->d_name);
		auto_free char *text = NULL;
		char namespace[64] = "";
		auto_fd fd = -1;

		if (!is_process(entry->d_name))
			continue;
		if (readlinkat(dirfd(proc), link, namespace, sizeof(namespace) - 1) < 0) {
			if (is_no_doubt(errno))
				continue;
			return fail_errno(err, "look at the mounts of process %s", entry->d_name);
		}
		if (strings_have(&seen, namespace))
			continue;
		fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
		/* EINVAL: it has ended since, and has no namespace any more. */
		if (fd < 0 && (errno == EINVAL || is_no_doubt(errno)))
			continue;
		if (fd < 0)
			return fail_errno(err, "look at the mounts of process %s", entry->d_name);
		if (file_read_fd(fd, path, MOUNTINFO_MAX, &text, NULL, err) < 0) {
			/* It has just ended: another of its namespace will tell. */
			if (err->code == EINVAL || err->code == ESRCH)
				continue;
			return -err->code;
		}
		strings_add(&seen, xstrdup(namespace));
		spare_those_in(text, sweeping);
	}
	return sweeping->names.n && errno ? fail_errno(err, "read /proc") : 0;
}

/* Under its own name a layer is whole: so it loses that first.  What bears a temporary name was left
 * by a process that was killed; the store's lock says that none is alive. */
static int remove_one(int dir, const char *name, struct error *err)
{
	auto_free char *temporary = xasprintf(".%s.coracle-unpack", name);

	if (*name == '.')
		return tree_delete(dir, name, err);
	if (tree_delete(dir, temporary, err) < 0)
		return -err->code;
	if (renameat(dir, name, dir, temporary) < 0)
		return fail_errno(err, "rename '%s', which is to be removed", name);
	return tree_delete(dir, temporary, err);
}

static int sweep(struct sweeping *sweeping, const struct oci_strings *chains, bool is_dry,
		 uint64_t *n, struct error *err)
{
	list_unmarked(sweeping, chains);
	if (spare_mounted(sweeping, err) < 0)
		return -err->code;
	for (size_t i = 0; i < sweeping->names.n; i++, *n += 1)
		if (!is_dry && remove_one(sweeping->dir, sweeping->names.items[i], err) < 0)
			return -err->code;
	return 0;
}

int cache_sweep(const struct store *store, const struct oci_strings *chains, bool is_dry,
		uint64_t *n, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && layer_caches[i]; i++) {
		auto_fd dir = openat(store->layout.fd, layer_caches[i],
				     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		struct sweeping sweeping = { .dir = dir };

		if (dir < 0 && errno != ENOENT)
			return fail_errno(err, "open '%s' in the store", layer_caches[i]);
		if (dir >= 0)
			r = sweep(&sweeping, chains, is_dry, n, err);
		if (r < 0)
			fail_in(err, "%s in the store", layer_caches[i]);
		strings_release(&sweeping.names);
	}
	return r;
}
