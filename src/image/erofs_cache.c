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

static int spawn_mkfs(const char *image, const char *root, const char *log, struct child *ret,
		      struct error *err)
{
	char *argv[] = { "mkfs.erofs", (char *) image, (char *) root, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
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
static void read_complaint(const char *log, char ret[COMPLAINT_MAX])
{
	auto_fd fd = open(log, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = fd < 0 ? 0 : pread(fd, ret, COMPLAINT_MAX - 1,
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

/* Makes PLACE/image of a directory by mkfs.erofs; what that complains goes to PLACE/log. */
static int run_mkfs(const char *place, const char *root, const struct progress *progress,
		    struct error *err)
{
	auto_free char *image = xasprintf("%s/image", place);
	auto_free char *log = xasprintf("%s/log", place);
	auto_child mkfs = CHILD_NONE;
	char complaint[COMPLAINT_MAX];
	int status;

	if (spawn_mkfs(image, root, log, &mkfs, err) < 0 ||
	    wait_for_mkfs(&mkfs, progress->stop, &status, err) < 0)
		return -err->code;
	if (exit_code(status) == 0)
		return 0;
	read_complaint(log, complaint);
	return fail_as(err, ERROR_IMAGE, EIO, "mkfs.erofs failed with status %d%s%s",
		       exit_code(status), *complaint ? ": " : "", complaint);
}

static int finish(const struct staging *staging, struct error *err)
{
	auto_fd image = openat(staging->fd, "image", O_RDONLY | O_CLOEXEC);

	unlinkat(staging->fd, "log", 0);
	if (image < 0 || fsync(image) < 0)
		return fail_errno(err, "write the block image");
	if (fchmod(image, 0444) < 0)
		return fail_errno(err, "protect the block image");
	return block_image_record(staging->fd, err);
}

/* All layers in one directory, which then goes. */
static int make_merged(const struct staging *staging, const char *place,
		       const struct layer_source *source, struct progress *progress,
		       struct error *err)
{
	auto_free char *path = xasprintf("%s/root", place);
	auto_fd root = -1;

	if (mkdirat(staging->fd, "root", 0755) < 0)
		return fail_errno(err, "make a directory for the block image");
	root = openat(staging->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open a directory for the block image");
	if (layers_apply(source, root, progress, err) < 0 || run_mkfs(place, path, progress, err) < 0)
		return -err->code;
	return tree_delete(staging->fd, "root", err);
}

/* diff is the layer's directory; NULL: all layers of the source. */
static int make(const char *dir, const char *diff, const struct layer_source *source,
		struct progress *progress, struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_free char *place = NULL;

	if (staging_open(dir, &staging, err) < 0)
		return -err->code;
	place = xasprintf("/proc/%d/fd/%d", getpid(), staging.fd);
	if ((diff ? run_mkfs(place, diff, progress, err)
		  : make_merged(&staging, place, source, progress, err)) < 0 ||
	    finish(&staging, err) < 0)
		return -err->code;
	return staging_commit(&staging, err);
}

static int protect(const char *dir, struct oci_strings *ret_verity, struct error *err)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char digest[VERITY_DIGEST_MAX];

	if (fd < 0)
		return fail_errno(err, "open '%s'", dir);
	if (block_image_protect(fd, digest, err) < 0)
		return -err->code;
	strings_add(ret_verity, xstrdup(digest));
	return 0;
}

/* The block image of one chain. */
static int ensure(const struct erofs_request *request, const char *chain, const char *diff,
		  struct progress *progress, struct oci_strings *ret,
		  struct oci_strings *ret_verity, struct error *err)
{
	auto_free char *top =
		xasprintf("%s/%s", request->store, diff ? "erofs-layers" : "erofs");
	auto_free char *dir = xasprintf("%s/%s", top, chain);
	auto_free char *image = xasprintf("%s/image", dir);
	int r = dir_make(top, 0700, err);

	for (int step = 0; r == 0 && access(image, F_OK) < 0; step++) {
		r = make(dir, diff, request->source, progress, err);
		if (r < 0 && staging_wait(r, step, progress->stop))
			r = 0;
	}
	if (r == 0 && request->has_verity)
		r = protect(dir, ret_verity, err);
	if (r == 0)
		strings_add(ret, TAKE_PTR(image));
	return r;
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
