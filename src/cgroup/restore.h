/* restore.h - what a cgroup's files held before they were written, to be put back */
#ifndef CGROUP_RESTORE_H
#define CGROUP_RESTORE_H

#include "cgroup/settings.h"

struct restore_entry;

struct restore {
	struct restore_entry *last;
};

void restore_release(struct restore *restore);

/* Notes what `file` of the cgroup holds, as far as writing `value` to it can change that: for a
 * file with a line for each device, the line of the one that value begins with. */
void restore_note(struct restore *restore, int cgroup_fd, const char *file, const char *value);

/* Writes back what was noted, the last first; what cannot be put back is warned about. */
void restore_put_back(struct restore *restore, int cgroup_fd);

/* What to write to `file` so that it is again what `before` shows, after `value` has been written
 * to it; to be freed.  NULL: there is no telling (a file that only reports, or of several lines).
 * Pure. */
char *restore_value(const char *file, const char *value, const char *before);

#endif
