/* attributes.h - owner, mode, modification time and extended attributes of an entry
 *
 * They are compared with what the file has, so that nothing is set that is right already, and set
 * in the order that keeps them: chown(2) clears set-id bits and file capabilities, and writing
 * changes the time. */
#ifndef IMAGE_ATTRIBUTES_H
#define IMAGE_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

struct archive_entry;

/* What could not be, or must not be, as the layer says, without being an error. */
struct losses {
	uint64_t owners;  /* not root: files stay the caller's */
	uint64_t devices; /* not allowed to make them */
	uint64_t xattrs;  /* not allowed, not supported, or not for an image to set */
};

struct attributes {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permission bits only */
	struct timespec mtime;
};

/* -ERANGE (class image) for an owner that is no 32-bit id (CVE-2024-40635's kind). */
int attributes_read(struct archive_entry *entry, struct attributes *ret, struct error *err);

/* A file, by the directory that holds it. */
struct file_at {
	int dir;
	const char *name; /* "." is dir itself */
	int fd;		  /* of a file or directory, not O_PATH; -1: it has none */
	bool was_there;	  /* a directory that an older layer made: attributes that
			   * the entry does not have go away */
	bool has_acls;	  /* it may, of the directory that it was made in; these go away too */
	bool was_hidden;  /* it takes the place of an overlay layer's whiteout */
};

int attributes_apply(const struct file_at *file, const struct attributes *attributes,
		     struct archive_entry *entry, struct losses *losses, struct error *err);

#endif
