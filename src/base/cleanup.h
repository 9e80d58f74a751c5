/* cleanup.h - resources that free themselves when their variable leaves its scope
 *
 * Always initialise where you declare; success takes the value out with TAKE_FD or TAKE_PTR. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_fd __attribute__((cleanup(cleanup_fd))) int
#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_dir __attribute__((cleanup(cleanup_dir))) DIR

/* clang-format off */
#define TAKE_FD(fd) ({ int taken_ = (fd); (fd) = -1; taken_; })
#define TAKE_PTR(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })
/* clang-format on */

/* Closes *fd unless it is negative; errno is kept. */
void cleanup_fd(int *fd);

static inline void cleanup_free(void *p)
{
	free(*(void **) p);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#endif
