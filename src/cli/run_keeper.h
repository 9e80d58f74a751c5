/* run_keeper.h - a process that outlives ours, to remove what we have made when we are killed
 *
 * Nothing can clean up after its own SIGKILL.  So `run` forks the keeper, before it makes anything.
 * The keeper makes the directory for the bundle, and sleeps until the other end of its socket closes:
 * with "done" before that, all was removed; without, it removes the container, the bundle and what
 * is mounted there. */
#ifndef CLI_RUN_KEEPER_H
#define CLI_RUN_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* What there is to remove. */
struct kept {
	const char *runtime;
	const char *state;  /* the runtime's --root, or NULL: it knows one */
	bool has_own_state; /* instead of that: a directory beside the bundle */
	const char *store;  /* which notes the bundle */
	char *top;	    /* the directory made for the bundle; NULL: none yet */
	char *bundle;	    /* in it */
	char *own_state;    /* in it, or NULL */
	const char *id;	    /* the container's: the name of top */
	int lock_fd;	    /* on top, locked: says that a process of this run lives, see
			    * struct root_mount */
};

struct keeper {
	pid_t pid; /* 0: none */
	int fd;
};

#define KEPT_NONE ((struct kept){ .lock_fd = -1 })
#define KEEPER_NONE ((struct keeper){ .fd = -1 })

/* Forks the keeper, and fills all of *kept but runtime, state, has_own_state and store, which must be set.  Must be
 * called while this process has one thread. */
int keeper_start(struct kept *kept, struct keeper *ret, struct error *err);

/* Tells it that this process, a child of the one that has started it, becomes the runtime. */
void keeper_tell(const struct keeper *keeper);

/* Becomes the runtime, with its --root and then these words, which NULL ends; returns when it
 * cannot. */
void kept_execute(const struct kept *kept, const char *const *words);

/* Lets it go: nothing is left to remove, or (!is_done) all is.  Returns when it has ended, so that nothing holds
 * our standard output any more. */
void keeper_end(struct keeper *keeper, bool is_done);

/* Notes the bundle in the store, so that gc removes it if we and the keeper are killed.  Where the store
 * cannot be written to nothing is noted: who needs it for more will say so. */
void kept_note(const struct kept *kept);

/* Removes the bundle, one that is not complete too, and its directory. */
void kept_remove(struct kept *kept);

/* Forgets it, as kept_remove() does too. */
void kept_release(struct kept *kept);

#endif
