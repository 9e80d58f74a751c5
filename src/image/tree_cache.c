/* tree_cache.c - see tree_cache.h */
#include "image/tree_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "image/cache_save.h"
#include "image/file_copy.h"
#include "image/layer_cache.h"
#include "image/staging.h"
#include "image/tree.h"

/* Beside the clone while it is made: a name for each file that has several. */
#define LINKS "links"
#define KEY_MAX 24

/* One directory, and what it becomes. */
struct cloning {
	int from; /* O_RDONLY; given away */
	int to;
	int links;
	struct progress *progress;
};

static int clone_directory(struct cloning cloning);

static int clone_below(const struct cloning *cloning, int fd, const struct stat *st,
		       const char *name)
{
	struct cloning below = *cloning;
	auto_fd to = -1;
	int r;

	if (mkdirat(cloning->to, name, 0700) < 0)
		return -errno;
	to = openat(cloning->to, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return -errno;
	below.to = to;
	below.from = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (below.from < 0)
		return -errno;
	r = clone_directory(below);
	return r < 0 ? r : file_copy_attributes(fd, st, cloning->to, name);
}

/* The second name of a file is a link to the first one's clone. */
static int clone_linked(const struct cloning *cloning, int fd, const struct stat *st,
			const char *name)
{
	char key[KEY_MAX];
	int r;

	snprintf(key, sizeof(key), "%jx", (uintmax_t) st->st_ino);
	if (linkat(cloning->links, key, cloning->to, name, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	r = file_copy(fd, st, cloning->to, name);
	if (r == 0 && linkat(cloning->to, name, cloning->links, key, 0) < 0)
		r = -errno;
	return r;
}

static int clone_entry(const struct cloning *cloning, const char *name)
{
	auto_fd fd = openat(cloning->from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (cloning->progress->stop && *cloning->progress->stop)
		return -EINTR;
	cloning->progress->entries++;
	if (S_ISDIR(st.st_mode))
		return clone_below(cloning, fd, &st, name);
	return st.st_nlink > 1 ? clone_linked(cloning, fd, &st, name)
			       : file_copy(fd, &st, cloning->to, name);
}

static int clone_directory(struct cloning cloning)
{
	auto_dir *dir = fdopendir(cloning.from);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = clone_entry(&cloning, entry->d_name);
	return r == 0 ? -errno : r;
}

static int clone_root(int from, int dir, const char *name, struct progress *progress)
{
	struct cloning cloning = { .progress = progress };
	auto_fd links = -1;
	auto_fd to = -1;
	struct stat st;
	int r;

	if (mkdirat(dir, LINKS, 0700) < 0)
		return -errno;
	links = openat(dir, LINKS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	to = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (links < 0 || to < 0 || fstat(from, &st) < 0)
		return -errno;
	cloning.links = links;
	cloning.to = to;
	cloning.from = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cloning.from < 0)
		return -errno;
	r = clone_directory(cloning);
	return r < 0 ? r : file_copy_attributes(from, &st, dir, name);
}

struct unpacking {
	const struct layer_source *source;
	struct progress *progress;
};

static int unpack_tree(void *context, int dir, struct error *err)
{
	const struct unpacking *unpacking = context;
	auto_fd root = -1;

	if (mkdirat(dir, "root", 0755) < 0)
		return fail_errno(err, "make a directory for the root");
	root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open a directory for the root");
	return layers_apply(unpacking->source, root, unpacking->progress, err);
}

/* *ret is open (O_PATH) on the tree. */
static int ensure_tree(const char *top, const struct layer_source *source,
		       struct progress *progress, int *ret, struct error *err)
{
	struct unpacking unpacking = { source, progress };
	size_t n = source->image->manifest.layers.n;
	auto_staging made = STAGING_NONE;
	auto_free char *place = NULL;
	auto_free char *root = NULL;
	char chain[CHAIN_ID_MAX];
	int r;

	if (chain_id(&source->image->config, n - 1, chain, err) < 0)
		return -err->code;
	place = xasprintf("%s/%s", top, chain);
	root = xasprintf("%s/root", place);
	r = staging_ensure(place, "root", progress->stop, unpack_tree, &unpacking, &made, err);
	if (r < 0 || (r > 0 && cache_save(&made, 1, "root", progress->stop, err) < 0))
		return -err->code;
	*ret = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret < 0 ? fail_errno(err, "open the tree '%s'", root) : 0;
}

static int check_clone(const char *top, int dir, struct error *err)
{
	auto_fd fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open '%s'", top);
	if (!file_can_clone(fd, dir))
		return fail_as(err, ERROR_USAGE, ENOTSUP,
			       "--reflink: files of the store and of the bundle cannot share their "
			       "blocks (btrfs and xfs can, within one file system)");
	return 0;
}

/* A user may not read his own file when its mode says so: then he gets it from the layers.  They come
 * once only while they are fetched, so then he does not try. */
static int unpack_instead(const struct layer_source *source, int dir, const char *name,
			  struct progress *progress, struct error *err)
{
	auto_fd root = -1;

	if (tree_delete(dir, name, err) < 0)
		return -err->code;
	if (mkdirat(dir, name, 0755) < 0)
		return fail_errno(err, "make the bundle's '%s'", name);
	root = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the bundle's '%s'", name);
	/* what the attempt before has counted */
	progress->layers = 0;
	progress->entries = 0;
	progress->bytes = 0;
	progress->losses = (struct losses){ 0 };
	return layers_apply(source, root, progress, err);
}

int tree_cache_clone(const char *store, const struct layer_source *source, int dir,
		     const char *name, struct progress *progress, struct error *err)
{
	auto_free char *top = xasprintf("%s/trees", store);
	struct error ignored;
	auto_fd from = -1;
	int r;

	if (!source->image->manifest.layers.n)
		return 0;
	if (dir_make(top, 0700, err) < 0 || check_clone(top, dir, err) < 0)
		return -err->code;
	if (geteuid() != 0 && source->coming)
		return unpack_instead(source, dir, name, progress, err);
	if (ensure_tree(top, source, progress, &from, err) < 0)
		return -err->code;
	progress->entries = 0;
	r = clone_root(from, dir, name, progress);
	if (tree_delete(dir, LINKS, &ignored) < 0)
		log_error(&ignored);
	if (r == -EACCES && geteuid() != 0)
		return unpack_instead(source, dir, name, progress, err);
	return r < 0 ? fail(err, -r, "clone the root: %s", strerror(-r)) : 0;
}
