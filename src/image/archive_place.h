/* archive_place.h - a directory for what an archive is turned into, which does not outlive its maker
 *
 * It is "coracle-archive-XXXXXX" below $TMPDIR or /var/tmp, and locked (flock) while its maker lives:
 * one that is not was left by a process that was killed, and the next that makes one removes it. */
#ifndef IMAGE_ARCHIVE_PLACE_H
#define IMAGE_ARCHIVE_PLACE_H

#include "base/error.h"

struct archive_place {
	int top;    /* the directory that it is in */
	int fd;	    /* open on it, and holds the lock */
	char *path; /* NULL: there is none */
};

#define ARCHIVE_PLACE_NONE ((struct archive_place){ .top = -1, .fd = -1 })

int archive_place_make(struct archive_place *ret, struct error *err);

/* Removes it with all in it. */
void archive_place_release(struct archive_place *place);
#define auto_archive_place __attribute__((cleanup(archive_place_release))) struct archive_place

#endif
