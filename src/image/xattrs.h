/* xattrs.h - extended attributes that a layer may set */
#ifndef IMAGE_XATTRS_H
#define IMAGE_XATTRS_H

#include "image/attributes.h"

/* Sets the entry's extended attributes; on a directory that was there before, and on what has an ACL of the
 * directory that it was made in, removes the others.
 * Not set, but counted as lost: SELinux's label, which is the host's to choose; overlayfs's own,
 * which would make files vanish when the tree becomes a layer of an overlay mount; a note of the
 * owner, which is ours to make (below); and what the caller may not set or the file system does not
 * know. */
int xattrs_apply(const struct file_at *file, struct archive_entry *entry, struct losses *losses,
		 struct error *err);

/* Whether the attribute is one that files get: not SELinux's label, and none of overlayfs. */
bool xattr_is_for_us(const char *name);

/* Notes in "user.rootlesscontainers" (a protocol buffer of two numbers, as other rootless tools
 * write and read it) who should own the file; where that is not possible, the note is missing. */
void xattrs_record_owner(const struct file_at *file, uid_t uid, gid_t gid);

/* Removes a note of an earlier layer's. */
void xattrs_forget_owner(const struct file_at *file);

/* Whether what is made in the directory (any descriptor of it) gets an ACL from it; and takes them from dir/name,
 * which was made so. */
bool xattrs_have_default_acl(int fd);
void xattrs_forget_acls(int dir, const char *name);

#endif
