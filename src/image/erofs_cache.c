/* erofs_cache.c - block images of a root or of its layers, made by mkfs.erofs; see layer_cache.h */
#include "image/layer_cache.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "image/block_image.h"
#include "image/lists.h"
#include "image/staging.h"

#define LOOK_EVERY_MS 200
#define COMPLAINT_MAX 256

extern char **environ;

static int spawn_mkfs(const char *image, const char *root, int log, struct child *ret,
		      struct error *err)
{
	char *argv[] = { "mkfs.erofs", (char *) image, (char *) root, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
	r = posix_spawnp(&ret->pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == 0)
		return 0;
	ret->pid = 0;
	if (r == ENOENT)
		return fail_as(err, ERROR_USAGE, ENOENT,
			       "the driver erofs needs mkfs.erofs (package erofs-utils)");
	return fail(err, r, "run mkfs.erofs: %s", strerror(r));
}

/* Signals that stop us restart a waitpid(2), and may come just before it: so it is asked now and
 * then. */
static int wait_for_mkfs(struct child *mkfs, const volatile sig_atomic_t *stop, int *ret_status,
			 struct error *err)
{
	struct pollfd end = { .events = POLLIN };
	pid_t pid;

	mkfs->pidfd = (int) syscall(SYS_pidfd_open, mkfs->pid, 0);
	end.fd = mkfs->pidfd;
	while ((pid = waitpid(mkfs->pid, ret_status, WNOHANG)) == 0) {
		if (stop && *stop)
			return fail(err, EINTR, "stopped by a signal");
		poll(&end, 1, LOOK_EVERY_MS);
	}
	if (pid < 0)
		return fail_errno(err, "wait for mkfs.erofs");
	mkfs->pid = 0;
	return 0;
}

/* The last line of what mkfs.erofs complained, made fit to be shown; "" when it said nothing. */
static void read_complaint(int log, char ret[COMPLAINT_MAX])
{
	off_t size = lseek(log, 0, SEEK_END);
	ssize_t n = pread(log, ret, COMPLAINT_MAX - 1,
			  size < COMPLAINT_MAX ? 0 : size - (COMPLAINT_MAX - 1));
	char *line;

	ret[n > 0 ? n : 0] = '\0';
	while (n > 0 && isspace((unsigned char) ret[n - 1]))
		ret[--n] = '\0';
	line = strrchr(ret, '\n');
	if (line)
		memmove(ret, line + 1, strlen(line + 1) + 1);
	for (char *c = ret; *c; c++)
		if (iscntrl((unsigned char) *c))
			*c = ' ';
}

/* Makes PLACE/image of a directory by mkfs.erofs.  What that complains goes to memory: the store may be full,
 * and that be the complaint. */
static int run_mkfs(const char *place, const char *root, const struct progress *progress,
		    struct error *err)
{
	auto_free char *image = xasprintf("%s/image", place);
	auto_fd log = memfd_create("mkfs.erofs", MFD_CLOEXEC);
	auto_child mkfs = CHILD_NONE;
	char complaint[COMPLAINT_MAX];
	int status;

	if (log < 0)
		return fail_errno(err, "make room for what mkfs.erofs says");
	if (spawn_mkfs(image, root, log, &mkfs, err) < 0 ||
	    wait_for_mkfs(&mkfs, progress->stop, &status, err) < 0)
		return -err->code;
	if (exit_code(status) == 0)
		return 0;
	read_complaint(log, complaint);
	return fail_as(err, ERROR_IMAGE, EIO, "mkfs.erofs failed with status %d%s%s",
		       exit_code(status), *complaint ? ": " : "", complaint);
}

/* What becomes one block image. */
struct making {
	const struct erofs_request *request;
	const char *diff; /* a layer's directory; NULL: all layers of the source */
	struct progress *progress;
	char *digest; /* of fs-verity, if requested: VERITY_DIGEST_MAX */
};

/* All layers in one directory, which then goes. */
static int make_merged(const struct making *making, int dir, const char *place, struct error *err)
{
	auto_free char *path = xasprintf("%s/root", place);
	auto_fd root = -1;

	if (mkdirat(dir, "root", 0755) < 0)
		return fail_errno(err, "make a directory for the block image");
	root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open a directory for the block image");
	if (layers_apply(making->request->source, root, making->progress, err) < 0 ||
	    run_mkfs(place, path, making->progress, err) < 0)
		return -err->code;
	return tree_delete(dir, "root", err);
}

static int make(void *context, int dir, struct error *err)
{
	const struct making *making = context;
	auto_free char *place = xasprintf("/proc/%d/fd/%d", getpid(), dir);
	const char *diff = making->diff;

	if ((diff ? run_mkfs(place, diff, making->progress, err)
		  : make_merged(making, dir, place, err)) < 0)
		return -err->code;
	return block_image_seal(dir, making->request->has_verity ? making->digest : NULL, err);
}

/* Of several processes that do the same one does the work. */
static int lock(int dir, const volatile sig_atomic_t *stop, struct error *err)
{
	while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_errno(err, "lock it");
		if (stop && *stop)
			return fail(err, EINTR, "stopped by a signal");
		poll(NULL, 0, LOOK_EVERY_MS);
	}
	return 0;
}

/* An image that was there already. */
static int protect(const char *dir, const volatile sig_atomic_t *stop, char ret[VERITY_DIGEST_MAX],
		   struct error *err)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open '%s'", dir);
	if (lock(fd, stop, err) < 0 || block_image_protect(fd, stop, ret, err) < 0)
		return fail_in(err, "block image '%s/image'", dir);
	return 0;
}

/* The block image of one chain. */
static int ensure(const struct erofs_request *request, const char *chain, const char *diff,
		  struct progress *progress, struct oci_strings *ret,
		  struct oci_strings *ret_verity, struct error *err)
{
	auto_free char *top = xasprintf("%s/%s", request->store, diff ? "erofs-layers" : "erofs");
	auto_free char *dir = xasprintf("%s/%s", top, chain);
	char digest[VERITY_DIGEST_MAX] = "";
	struct making making = { request, diff, progress, digest };
	auto_staging made = STAGING_NONE;
	int r = dir_make(top, 0700, err);

	if (r == 0)
		r = staging_ensure(dir, "image", progress->stop, make, &making, &made, err);
	if (r > 0)
		r = staging_commit(&made, err) < 0 ? -err->code : staging_sync_names(&made, err);
	else if (r == 0 && request->has_verity)
		r = protect(dir, progress->stop, digest, err);
	if (r < 0)
		return r;
	if (request->has_verity)
		strings_add(ret_verity, xstrdup(digest));
	strings_add(ret, xasprintf("%s/image", dir));
	return 0;
}

/* STORE/layers/CHAIN/diff */
static int ensure_of_layer(const struct erofs_request *request, const char *diff,
			   struct progress *progress, struct oci_strings *ret,
			   struct oci_strings *ret_verity, struct error *err)
{
	auto_free char *chain = xstrdup(diff);

	*strrchr(chain, '/') = '\0';
	return ensure(request, strrchr(chain, '/') + 1, diff, progress, ret, ret_verity, err);
}

int erofs_cache_fill(const struct erofs_request *request, struct progress *progress,
		     struct oci_strings *ret, struct oci_strings *ret_verity, struct error *err)
{
	const struct layer_source *source = request->source;
	auto_strings diffs = { 0 };
	char chain[CHAIN_ID_MAX];
	int r = 0;

	if (!request->per_layer) {
		if (chain_id(&source->image->config, source->image->manifest.layers.n - 1, chain,
			     err) < 0)
			return -err->code;
		return ensure(request, chain, NULL, progress, ret, ret_verity, err);
	}
	if (layer_cache_fill(request->store, source, progress, &diffs, err) < 0)
		return -err->code;
	for (size_t i = 0; r == 0 && i < diffs.n; i++)
		r = ensure_of_layer(request, diffs.items[i], progress, ret, ret_verity, err);
	return r;
}
