/* file_copy.h - a file made anew, with all that belongs to it: content, owner, mode, attributes, time */
#ifndef IMAGE_FILE_COPY_H
#define IMAGE_FILE_COPY_H

#include <stdbool.h>
#include <sys/stat.h>

/* Copies what fd (O_PATH) refers to, anything but a directory, to dir/name, where nothing must be.
 * st is its fstat(2).  Where the file system can, the two share their blocks until one is written;
 * holes stay holes.  Labels and marks of overlayfs are not copied.  Returns 0 or -errno. */
int file_copy(int fd, const struct stat *st, int dir, const char *name);

/* All but the content, for what dir/name is already: a directory too. */
int file_copy_attributes(int fd, const struct stat *st, int dir, const char *name);

/* Whether a file made in one directory can share its blocks with one in the other (which may not be
 * O_PATH).  Leaves nothing. */
bool file_can_clone(int from_dir, int to_dir);

#endif
