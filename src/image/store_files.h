/* store_files.h - files of the store: locks with a limit to the wait, replacement that lasts */
#ifndef IMAGE_STORE_FILES_H
#define IMAGE_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum { LOCK_BYTE_USE, LOCK_BYTE_INDEX };

/* Locks one byte of the file (an OFD lock: it goes with the descriptor's last duplicate).  Returns
 * 0, -EBUSY (at once, or after three seconds), or -errno; sets no error. */
int file_lock(int fd, off_t byte, bool is_exclusive);
int file_lock_wait(int fd, off_t byte, bool is_exclusive);
void file_unlock(int fd, off_t byte);

/* As file_replace(), and on disk when it returns. */
int file_replace_synced(int dirfd, const char *name, const char *data, size_t len,
			struct error *err);

/* Gives a file of `from` its place in the layout, and makes both the file and its name last. */
int file_publish(int from_dir, const char *from, int fd, int layout_fd, const char *path,
		 struct error *err);

#endif
