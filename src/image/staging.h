/* staging.h - a directory that appears under its name whole, or not at all
 *
 * The bundle NAME is made as ".NAME.coracle-unpack" beside its place, mode 0700, and renamed
 * when it is complete.  The temporary directory is locked (flock) while its maker lives: one that is there
 * and not locked was left by a killed process, and the next unpack to the same place removes it. */
#ifndef IMAGE_STAGING_H
#define IMAGE_STAGING_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"

struct staging {
	int parent; /* O_PATH */
	int fd;	    /* the temporary directory, locked */
	char *name;
	char *temporary; /* NULL: there is none to remove */
};

#define STAGING_NONE ((struct staging){ .parent = -1, .fd = -1 })
#define auto_staging __attribute__((cleanup(staging_release))) struct staging

/* `path` must not exist, or be an empty directory; else -EEXIST or -ENOTEMPTY (class bundle).
 * -EBUSY when another process is making the same bundle. */
int staging_open(const char *path, struct staging *ret, struct error *err);

/* Fills the directory that `dir` is open on. */
typedef int staging_make(void *context, int dir, struct error *err);

/* For what several processes may want to make at the same time: the directory `path`, which is whole
 * when it has `what` in it.  Returns 0 when it is there; or 1 when make() has made it now, in *ret,
 * which the caller is to commit.  While another process makes it, that is waited for, an hour at most
 * (it may be fetching what it makes), and until *stop (which may be NULL) is set: -EBUSY or -EINTR. */
int staging_ensure(const char *path, const char *what, const volatile sig_atomic_t *stop,
		   staging_make *make, void *context, struct staging *ret, struct error *err);

/* Removes what a killed process has left of the directory for dir/name, and what it had mounted in
 * there.  Returns 1 when there was such, 0 when there was not, or it is being made. */
int staging_clean(int dir, const char *name, struct error *err);

/* Gives the directory its name. */
int staging_commit(struct staging *staging, struct error *err);

/* Makes the names in the directory that it is in last: what was committed there keeps its name when
 * the power is cut.  Its content is the caller's to sync, before. */
int staging_sync_names(const struct staging *staging, struct error *err);

/* Removes the temporary directory with all in it, unless it was committed. */
void staging_release(struct staging *staging);

#endif
