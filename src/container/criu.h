/* criu.h - one criu process, and the conversation with it
 *
 * The program `criu` is found in PATH and run as `criu swrk`: it takes requests (criu_request.h)
 * from a socket, and works for as long as that takes; it ends when we do.  libcriu would do this
 * too, but leaves no say in where criu is born, and does not know all that is asked for here
 * (docs/architecture.md). */
#ifndef CONTAINER_CRIU_H
#define CONTAINER_CRIU_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/process.h"
#include "container/criu_library.h"

struct criu {
	struct child child;
	int sock; /* for requests and answers */
	int gate; /* sync.h: until it is executed */
	const struct criu_library *library;
};

#define CRIU_NONE ((struct criu){ .child = CHILD_NONE, .sock = -1, .gate = -1 })
#define auto_criu __attribute__((cleanup(criu_release))) struct criu

void criu_release(struct criu *criu);

/* What the process is to have.  What is mounted for it is so in a mount namespace of its own. */
struct criu_place {
	int cgroup;		  /* where it is born, and all that it restores; -1: where we are */
	const char *rootfs;	  /* made a mount point, as criu wants a root to be; NULL: none */
	const char *cgroup_mount; /* put into yard as "unified"; NULL: nothing is */
	const char *yard;	  /* a directory that is made for that, empty outside */
	size_t n_fds;
	const int *fds; /* of ours, that it inherits under their numbers */
};

/* Makes the process, which waits for criu_execute(): so it can be moved, its pid is known.  -ENOENT:
 * there is no criu. */
int criu_spawn(const struct criu_place *place, struct criu *ret, struct error *err);
int criu_execute(struct criu *criu, struct error *err);

/* Sees a step of a restore: "setup-namespaces", "post-restore", "orphan-pts-master" (with the
 * terminal's master in *fd, which may be taken). */
typedef int criu_notified(const char *step, pid_t pid, int *fd, void *arg, struct error *err);

/* The directories of images and of the log, as the process sees them. */
struct criu_directories {
	int images;
	int work;
	const char *log; /* "dump.log" or "restore.log" in work */
	char *work_path;
};

#define auto_criu_directories \
	__attribute__((cleanup(criu_directories_release))) struct criu_directories

void criu_directories_release(struct criu_directories *directories);

/* Opens both, for the process, which may have mounts of its own: only on those can it mount something
 * in them.  A missing one is made (mode 0700); that of images only if `make` says so. */
int criu_directories_open(const struct criu *criu, const char *image_path, const char *work_path,
			  const char *log, bool make, struct criu_directories *ret,
			  struct error *err);

/* Lets group gid into the directory of images: the root of a user namespace, who may not do what only
 * the host's root may, opens some of them himself. */
int criu_directories_share(const struct criu_directories *directories, gid_t gid,
			   struct error *err);

/* Asks for what kind says and serves notifications (notified may be NULL) until it is done.  *ret_pid
 * (may be NULL) is what a restore has made.  The error of a failure names criu's log, and has the
 * first error in it. */
int criu_ask(struct criu *criu, CriuKind kind, CriuOpts *opts,
	     const struct criu_directories *directories, criu_notified *notified, void *arg,
	     pid_t *ret_pid, struct error *err);

#endif
