/* state_dir.h - the directory <root>/<id> that makes a container exist
 *
 *	state.json	the record (record.h)
 *	config.json	the configuration as it was read, for the commands that come after create
 *	start		the socket where a created container's init waits
 *	notify		where the program can say that it is ready (notify.h)
 *	criu		where something is mounted for criu, seen by it alone (criu.h)
 *
 * Making the directory takes the id; a lock on it (flock) keeps two commands from changing one
 * container at a time, and ends with the process that holds it. */
#ifndef CONTAINER_STATE_DIR_H
#define CONTAINER_STATE_DIR_H

#include <stdbool.h>

#include "base/error.h"

#define STATE_CONFIG "config.json"
#define STATE_START "start"
#define STATE_NOTIFY "notify"
#define STATE_CRIU "criu"

struct state_dir {
	const char *root;
	const char *id;
	int root_fd;
	int fd; /* of <root>/<id> */
	bool has_lock;
	bool is_ours; /* made by this process: goes when the guard ends */
};

#define STATE_DIR_NONE ((struct state_dir){ .root_fd = -1, .fd = -1 })
#define auto_state_dir __attribute__((cleanup(state_dir_release))) struct state_dir

/* Closes it (which unlocks), and removes it when it is ours. */
void state_dir_release(struct state_dir *dir);

/* Takes the id: makes <root>/<id>, and root (0711) when missing.  -EEXIST: the id is in use. */
int state_dir_create(const char *root, const char *id, struct state_dir *ret, struct error *err);

/* Opens an existing container's directory without a lock; -ENOENT: there is no such container. */
int state_dir_open(const char *root, const char *id, struct state_dir *ret, struct error *err);

/* Calls `found` for the id of each directory in the state root, in no order.  Where there is no root there
 * are none. */
int state_root_read(const char *root, void (*found)(const char *id, void *arg), void *arg,
		    struct error *err);

/* Locks it; waits up to ten seconds for another command to end.  -ENOENT: that has removed the
 * container (and another one may have its id by now). */
int state_dir_lock(struct state_dir *dir, struct error *err);

/* Lets other commands at the container. */
void state_dir_unlock(struct state_dir *dir);

/* True when another process holds the lock: that which creates the container, or changes it. */
bool state_dir_is_taken(const struct state_dir *dir);

/* The absolute path of `name` in it; to be freed. */
char *state_dir_path(const struct state_dir *dir, const char *name);

/* Removes the directory and what is in it; one that has been removed already is no error. */
int state_dir_remove(struct state_dir *dir, struct error *err);

#endif
