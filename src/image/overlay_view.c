/* overlay_view.c - see overlay_view.h */
#include "image/overlay_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/member_path.h"
#include "image/overlay_marks.h"
#include "linux/inroot.h"

#define LINKS_MAX 40

/* A walk from the root.  Layer 0 is the one that is being made, 1 the one below it. */
struct walk {
	const struct tree *tree;
	size_t visible[DEPTH_MAX + 2]; /* how many layers show through at each depth */
	unsigned int depth;	       /* of path */
	char path[PATH_MAX];	       /* the directory that was reached */
	char todo[2 * PATH_MAX];       /* what is left of the way */
	size_t own;		       /* so many bytes of that, at its end, no link has said */
	unsigned int links;
	bool is_missing; /* from here on there is nothing */
};

static int layer_root(const struct walk *walk, size_t i)
{
	return i == 0 ? walk->tree->root : walk->tree->lowers[i - 1];
}

/* How many layers show through a directory that layers [first, n) have at `path`, the topmost of
 * which is open. */
static size_t layers_through(const struct walk *walk, const char *path, size_t first, size_t n,
			     int fd)
{
	struct stat st;

	if (overlay_is_opaque(fd))
		return first + 1;
	for (size_t i = first + 1; i < n; i++) {
		auto_fd below = inroot_open_exact(layer_root(walk, i), path, O_PATH | O_NOFOLLOW);

		if (below < 0)
			continue;
		if (fstat(below, &st) < 0 || !S_ISDIR(st.st_mode))
			return i;
		if (overlay_is_opaque(below))
			return i + 1;
	}
	return n;
}

/* The topmost of the layers that has `path`; found->fd stays -1 where none has, or a whiteout says
 * so.  Returns 0 or -errno. */
static int find_topmost(const struct walk *walk, const char *path, size_t *ret_layer,
			struct overlay_found *found)
{
	for (size_t i = 0; i < walk->visible[walk->depth]; i++) {
		auto_fd fd = inroot_open_exact(layer_root(walk, i), path, O_PATH | O_NOFOLLOW);

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		if (fstat(fd, &found->st) < 0)
			return -errno;
		if (!overlay_is_whiteout(&found->st))
			found->fd = TAKE_FD(fd);
		*ret_layer = i;
		found->is_here = i == 0;
		return 0;
	}
	return 0;
}

static int climb(struct walk *walk)
{
	char *slash = strrchr(walk->path, '/');

	/* What is missing has no parent. */
	if (walk->is_missing)
		return -ENOENT;
	if (walk->depth > 0)
		walk->depth--;
	*(slash ? slash : walk->path) = '\0';
	return 0;
}

static int follow(struct walk *walk, int fd)
{
	char target[PATH_MAX], rest[sizeof(walk->todo)];
	ssize_t len = readlinkat(fd, "", target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if (*target == '/') {
		walk->depth = 0;
		*walk->path = '\0';
	}
	memcpy(rest, walk->todo, sizeof(rest));
	if ((size_t) snprintf(walk->todo, sizeof(walk->todo), "%s/%s", target, rest) >=
	    sizeof(walk->todo))
		return -ENAMETOOLONG;
	return 0;
}

/* Takes the next component from todo; false at its end. */
static bool next(struct walk *walk, char ret[NAME_MAX + 1])
{
	char *begin = walk->todo + strspn(walk->todo, "/");
	size_t len = strcspn(begin, "/");

	if (!*begin)
		return false;
	snprintf(ret, NAME_MAX + 1, "%.*s", (int) (len > NAME_MAX ? NAME_MAX : len), begin);
	memmove(walk->todo, begin + len, strlen(begin + len) + 1);
	return true;
}

static bool is_last(const struct walk *walk)
{
	return !walk->todo[strspn(walk->todo, "/")];
}

static int append(struct walk *walk, const char *name, char ret[PATH_MAX])
{
	int len = snprintf(ret, PATH_MAX, "%s%s%s", walk->path, *walk->path ? "/" : "", name);

	if (len < 0 || len >= PATH_MAX)
		return -ENAMETOOLONG;
	return walk->depth >= DEPTH_MAX ? -EINVAL : 0;
}

/* One component.  found holds what was reached when it was the last, or nothing. */
static int step(struct walk *walk, const char *name, bool is_followed, struct overlay_found *found)
{
	char path[PATH_MAX];
	size_t layer = 0;
	int r;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return climb(walk);
	r = append(walk, name, path);
	if (r == 0 && !walk->is_missing)
		r = find_topmost(walk, path, &layer, found);
	if (r < 0)
		return r;
	if (found->fd >= 0 && S_ISLNK(found->st.st_mode) && (is_followed || !is_last(walk))) {
		r = follow(walk, found->fd);
		cleanup_fd(&found->fd);
		return r;
	}
	/* The component, and perhaps more, is a link's. */
	if (found->fd < 0 && !walk->is_missing && strlen(walk->todo) > walk->own)
		return -EEXIST;
	if (found->fd < 0)
		walk->is_missing = true;
	else if (S_ISDIR(found->st.st_mode))
		walk->visible[walk->depth + 1] =
			layers_through(walk, path, layer, walk->visible[walk->depth], found->fd);
	else if (!is_last(walk))
		return -ENOTDIR;
	walk->depth++;
	strcpy(walk->path, path);
	if (!is_last(walk))
		cleanup_fd(&found->fd);
	return 0;
}

static void begin(struct walk *walk, const struct tree *tree)
{
	walk->tree = tree;
	walk->depth = 0;
	walk->links = 0;
	walk->own = 0;
	walk->is_missing = false;
	*walk->path = '\0';
	walk->visible[0] = layers_through(walk, "", 0, tree->n_lowers + 1, tree->root);
}

int overlay_find(const struct tree *tree, const char *path, bool is_followed,
		 struct overlay_found *ret)
{
	char name[NAME_MAX + 1];
	struct walk walk;
	int r = 0;

	*ret = OVERLAY_FOUND_NONE;
	begin(&walk, tree);
	if ((size_t) snprintf(walk.todo, PATH_MAX, "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	while (r == 0 && next(&walk, name)) {
		if (strlen(walk.todo) < walk.own || walk.links == 0)
			walk.own = strlen(walk.todo);
		cleanup_fd(&ret->fd);
		r = step(&walk, name, is_followed, ret);
	}
	if (r == 0 && ret->fd < 0 && !walk.is_missing) {
		/* The way has ended by "..", or is the root's own. */
		walk.depth -= walk.depth > 0;
		r = find_topmost(&walk, *walk.path ? walk.path : "/", &(size_t){ 0 }, ret);
	}
	if (r < 0)
		overlay_found_release(ret);
	strcpy(ret->path, walk.path);
	return r;
}

void overlay_found_release(struct overlay_found *found)
{
	cleanup_fd(&found->fd);
}
