/* tree.h - the root file system while layers are applied to it: one directory at a time
 *
 * Everything is done in the one directory that was entered last, by its descriptor and a name
 * without '/'.  The way to it is resolved in the root (linux/inroot.h), so links in it lead nowhere
 * else; the name itself is never followed.  A tar lists what is in a directory together, so
 * entering is rare.  On leaving, the directory gets back the modification time that it had or was
 * given, which what was done in it has changed; no list of directories is kept to do so at the end.
 *
 * Without privilege (not root) a directory that its mode protects from us is opened up while we are
 * in it. */
#ifndef IMAGE_TREE_H
#define IMAGE_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

struct tree {
	int root; /* the caller's */
	bool is_privileged;
	unsigned int root_depth; /* how deep the root lies on the host */
	bool is_overlay;	 /* it is one layer of an overlay mount, not all of them */
	const int *lowers;	 /* of that the roots below, the nearest first */
	size_t n_lowers;
	int place;	       /* the directory that holds the root: see overlay_links.h */
	bool has_copied_links; /* a file that was copied has more names there */
	uint64_t copied;       /* bytes, from layers below and for their names */
	uint64_t copy_max;     /* of these; never less */
	int dir;	       /* O_PATH; -1: in no directory */
	char dir_path[PATH_MAX];
	struct stat dir_was;  /* when it was entered */
	bool hands_down_acls; /* what is made in it begins with an ACL */
};

#define auto_tree __attribute__((cleanup(tree_release))) struct tree
#define TREE_NONE ((struct tree){ .root = -1, .dir = -1, .place = -1 })

void tree_init(struct tree *tree, int root_fd);

enum tree_missing {
	TREE_MAKE, /* directories that are missing on the way are made, 0755 */
	TREE_FAIL, /* -ENOENT, and *err is set */
};

/* Enters the directory `path`, the parent of a struct member_path; a link on the way is followed
 * inside the root.  Of an overlay's layer what it does not have itself is always made, as the layers
 * below show it; their links are followed too.  -EINVAL (class image) when that ends deeper than
 * DEPTH_MAX. */
int tree_enter(struct tree *tree, const char *path, enum tree_missing missing, struct error *err);

/* Leaves the directory, if in one. */
int tree_leave(struct tree *tree, struct error *err);

/* Gives the root of an overlay's layer the looks of the root below, if there is one. */
int tree_copy_looks(const struct tree *tree, struct error *err);

/* Removes `name`, and all below it, from the directory that was entered. */
int tree_remove(struct tree *tree, const char *name, struct error *err);

/* Opens a directory (O_PATH) up for us if its mode keeps us out, and puts back the mode and
 * modification time that it had. */
int tree_unlock(const struct tree *tree, int fd, const struct stat *was);
int tree_restore(const struct tree *tree, int fd, const struct stat *was);

/* Removes dirfd/name with all below it, whatever the modes of its directories. */
int tree_delete(int dirfd, const char *name, struct error *err);

void tree_release(struct tree *tree);

#endif
