/* overlay_links.c - see overlay_links.h */
#include "image/overlay_links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/file_copy.h"

#define COPIES "copies"
#define NAMES "names"
#define KEY_MAX 48

static void key_of(const struct stat *st, char ret[KEY_MAX])
{
	snprintf(ret, KEY_MAX, "%jx-%jx", (uintmax_t) st->st_dev, (uintmax_t) st->st_ino);
}

static int open_copies(const struct tree *tree, int *ret)
{
	if (mkdirat(tree->place, COPIES, 0700) < 0 && errno != EEXIST)
		return -errno;
	*ret = openat(tree->place, COPIES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret < 0 ? -errno : 0;
}

/* Counts bytes before they are written. */
static int take(struct tree *tree, uint64_t bytes)
{
	if (bytes > tree->copy_max - tree->copied)
		return -EFBIG;
	tree->copied += bytes;
	return 0;
}

static int add_copy(struct tree *tree, const struct overlay_found *target, int copies,
		    const char *key)
{
	int r = take(tree, (uint64_t) target->st.st_blocks * 512);

	if (r < 0)
		return r;
	r = file_copy(target->fd, &target->st, copies, key);
	tree->has_copied_links = tree->has_copied_links || target->st.st_nlink > 1;
	return r == -EEXIST ? 0 : r;
}

static int add_name(struct tree *tree, int copies, const char *path)
{
	auto_fd fd =
		openat(copies, NAMES, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(path) + 1;

	if (fd < 0)
		return -errno;
	return take(tree, len) < 0 ? -EFBIG : file_write_fd(fd, path, len);
}

int overlay_link_below(struct tree *tree, const struct overlay_found *target, int dir,
		       const char *name)
{
	auto_fd copies = -1;
	char key[KEY_MAX];
	int r;

	key_of(&target->st, key);
	r = open_copies(tree, &copies);
	if (r == 0 && faccessat(copies, key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = add_copy(tree, target, copies, key);
	if (r == 0)
		r = add_name(tree, copies, target->path);
	if (r == 0 && linkat(copies, key, dir, name, 0) < 0)
		r = -errno;
	return r;
}

/* The old name, if it still shows the file below. */
static int give_copy(struct tree *tree, int copies, const char *path, struct error *err)
{
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	char key[KEY_MAX];
	char *slash;
	int r = overlay_find(tree, path, false, &found);

	if (r < 0 || found.fd < 0 || found.is_here)
		return 0;
	key_of(&found.st, key);
	if (faccessat(copies, key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	slash = strrchr(found.path, '/');
	if (slash)
		*slash = '\0';
	if (tree_enter(tree, slash ? found.path : "", TREE_MAKE, err) < 0)
		return -err->code;
	return linkat(copies, key, tree->dir, slash ? slash + 1 : found.path, 0) < 0
		       ? fail_errno(err, "link '%s' to its copy", path)
		       : 0;
}

static int give_copies(struct tree *tree, int copies, struct error *err)
{
	int fd = openat(copies, NAMES, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *names = fd < 0 ? NULL : fdopen(fd, "r");
	auto_free char *path = NULL;
	size_t size = 0;
	int r = 0;

	if (!names)
		return errno == ENOENT ? 0 : fail_errno(err, "read which files are linked");
	while (r == 0 && getdelim(&path, &size, '\0', names) > 0)
		r = give_copy(tree, copies, path, err);
	fclose(names);
	return r;
}

/* A directory of a layer below, and what is needed for what is in it. */
struct looking {
	struct tree *tree;
	int copies;
	int dir; /* O_RDONLY; given away */
	const char *path;
};

static int look_in(struct looking looking, struct error *err);

static int look_at(const struct looking *looking, const struct dirent *entry, struct error *err)
{
	auto_free char *path =
		xasprintf("%s%s%s", looking->path, *looking->path ? "/" : "", entry->d_name);
	struct looking below = *looking;
	struct stat st;

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;
	if (fstatat(looking->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "look at '%s' in a layer below", path);
	if (!S_ISDIR(st.st_mode))
		return st.st_nlink > 1 ? give_copy(looking->tree, looking->copies, path, err) : 0;
	below.path = path;
	below.dir = openat(looking->dir, entry->d_name,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return look_in(below, err);
}

/* Looks for further names of the files that were copied. */
static int look_in(struct looking looking, struct error *err)
{
	auto_dir *dir = looking.dir < 0 ? NULL : fdopendir(looking.dir);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return fail_errno(err, "read '%s' in a layer below", looking.path);
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		r = look_at(&looking, entry, err);
	return r == 0 && errno ? fail_errno(err, "read '%s' in a layer below", looking.path) : r;
}

static int give_other_names(struct tree *tree, int copies, struct error *err)
{
	for (size_t i = 0; i < tree->n_lowers; i++) {
		struct looking looking = { tree, copies, -1, "" };

		looking.dir = openat(tree->lowers[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (look_in(looking, err) < 0)
			return -err->code;
	}
	return 0;
}

int overlay_links_finish(struct tree *tree, struct error *err)
{
	auto_fd copies =
		openat(tree->place, COPIES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (copies < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open the copies of linked files");
	if (give_copies(tree, copies, err) < 0 ||
	    (tree->has_copied_links && give_other_names(tree, copies, err) < 0) ||
	    tree_leave(tree, err) < 0)
		return -err->code;
	return tree_delete(tree->place, COPIES, err);
}
