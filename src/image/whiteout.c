/* whiteout.c - see whiteout.h */
#include "image/whiteout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define PREFIX ".wh."
#define META_PREFIX ".wh..wh."

/* Whether one of the parent's components begins with META_PREFIX. */
static bool is_below_meta(const char *parent)
{
	for (const char *p = parent; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (str_after(p, META_PREFIX))
			return true;
	}
	return false;
}

int whiteout_classify(const struct member_path *path, enum whiteout *ret, struct error *err)
{
	const char *hidden = str_after(path->name, PREFIX);

	if (is_below_meta(path->parent)) {
		*ret = WHITEOUT_IGNORED;
	} else if (!hidden) {
		*ret = WHITEOUT_NONE;
	} else if (strcmp(path->name, META_PREFIX ".opq") == 0) {
		*ret = WHITEOUT_OPAQUE;
	} else if (str_after(path->name, META_PREFIX)) {
		*ret = WHITEOUT_IGNORED;
	} else if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0) {
		return fail_as(err, ERROR_IMAGE, EINVAL, "the whiteout does not name a file");
	} else {
		*ret = WHITEOUT_NAME;
	}
	return 0;
}

struct hiding {
	const struct tree *tree;
	const struct name_set *made;
};

static int hide_below(const struct hiding *hiding, int fd);

static int hide_in_directory(const struct hiding *hiding, int dir, const char *name, bool is_made)
{
	struct stat st;
	auto_fd fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = tree_unlock(hiding->tree, fd, &st);
	if (r == 0)
		r = hide_below(hiding, fd);
	if (r == 0)
		r = tree_restore(hiding->tree, fd, &st);
	if (r == 0 && !is_made && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY)
		r = -errno;
	return r;
}

/* Hides dir/name unless the layer has made it; of a directory, only what the layer has not made,
 * and itself when nothing is left. */
static int hide(const struct hiding *hiding, int dir, ino_t dir_ino, const char *name)
{
	bool is_made = name_set_has(hiding->made, dir_ino, name);

	if (!is_made && (unlinkat(dir, name, 0) == 0 || errno == ENOENT))
		return 0;
	if (!is_made && errno != EISDIR)
		return -errno;
	return hide_in_directory(hiding, dir, name, is_made);
}

/* Hides all that is in the directory fd (O_PATH). */
static int hide_below(const struct hiding *hiding, int fd)
{
	auto_fd readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = NULL;
	struct dirent *entry;
	struct stat st;
	int r = 0;

	if (readable < 0 || fstat(readable, &st) < 0)
		return -errno;
	dir = fdopendir(readable);
	if (!dir)
		return -errno;
	TAKE_FD(readable);
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = hide(hiding, fd, st.st_ino, entry->d_name);
	return r == 0 ? -errno : r;
}

int whiteout_remove(const struct tree *tree, const struct member_path *path, enum whiteout kind,
		    const struct name_set *made)
{
	struct hiding hiding = { tree, made };

	if (kind == WHITEOUT_OPAQUE)
		return hide_below(&hiding, tree->dir);
	return hide(&hiding, tree->dir, tree->dir_was.st_ino, path->name + strlen(PREFIX));
}

int whiteout_apply(struct tree *tree, const struct member_path *path, enum whiteout kind,
		   const struct name_set *made, struct error *err)
{
	int r;

	/* Where there is no such directory, there is nothing to hide. */
	if (tree_enter(tree, path->parent, TREE_FAIL, err) < 0)
		return err->code == ENOENT || err->code == ENOTDIR ? 0 : -err->code;
	r = whiteout_remove(tree, path, kind, made);
	return r < 0 ? fail(err, -r, "hide what lower layers have left: %s", strerror(-r)) : 0;
}
