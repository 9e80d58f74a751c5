/* tree_sums.h - the digests of a directory's files, to find out later whether they have changed
 *
 *	diff			the directory
 *	diff.sha256		a line for each regular file below it, in sha256sum(1)'s form, and
 *				"# N files" at the end
 *
 * Names, modes and owners are in the file system's own journal; content is what a power cut or a bad
 * disk changes unseen. */
#ifndef IMAGE_TREE_SUMS_H
#define IMAGE_TREE_SUMS_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"

/* Writes NAME.sha256 for the directory NAME of `dir`; not synced to disk.  What a user may not read
 * of his own files is left out, and what lies so deep that no path leads there.  -EINTR when *stop (which
 * may be NULL) is set. */
int tree_sums_write(int dir, const char *name, const volatile sig_atomic_t *stop,
		    struct error *err);

struct sums_result {
	uint64_t bytes; /* that were read */
	uint64_t bad;	/* files that are missing or not what they should be */
};

/* Reads the files that NAME.sha256 names.  Bad ones are no error, only counted; the first few are
 * told.  -EBADMSG (class image) when NAME.sha256 itself is missing or not whole, -EINTR. */
int tree_sums_verify(int dir, const char *name, const volatile sig_atomic_t *stop,
		     void (*tell)(void *context, const struct error *err), void *context,
		     struct sums_result *ret, struct error *err);

#endif
