/* delete.h - remove what create made, for a command that has the container's state open */
#ifndef CONTAINER_DELETE_H
#define CONTAINER_DELETE_H

#include "container/record.h"
#include "container/state_dir.h"

/* As delete --force does, by who holds the lock; what cannot be removed is warned of. */
void container_destroy(struct state_dir *dir, const struct container_record *record);

#endif
