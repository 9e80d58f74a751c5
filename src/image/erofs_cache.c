/* erofs_cache.c - a root as one block image, made by mkfs.erofs; see layer_cache.h */
#include "image/layer_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "image/lists.h"
#include "image/staging.h"

extern char **environ;

/* Runs mkfs.erofs on PLACE/root; what it prints goes to PLACE/log. */
static int run_mkfs(const char *place, struct error *err)
{
	auto_free char *image = xasprintf("%s/image", place);
	auto_free char *root = xasprintf("%s/root", place);
	auto_free char *log = xasprintf("%s/log", place);
	char *argv[] = { "mkfs.erofs", image, root, NULL };
	posix_spawn_file_actions_t actions;
	int status = -1, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == ENOENT)
		return fail_as(err, ERROR_USAGE, ENOENT,
			       "the driver erofs needs mkfs.erofs (package erofs-utils)");
	if (r)
		return fail(err, r, "run mkfs.erofs: %s", strerror(r));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (exit_code(status) != 0)
		return fail_as(err, ERROR_IMAGE, EIO, "mkfs.erofs failed with status %d",
			       exit_code(status));
	return 0;
}

static int fill(const struct staging *staging, const char *place,
		const struct layer_source *source, struct progress *progress, struct error *err)
{
	auto_fd root = -1;
	auto_fd image = -1;

	if (mkdirat(staging->fd, "root", 0755) < 0)
		return fail_errno(err, "make a directory for the block image");
	root = openat(staging->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open a directory for the block image");
	if (layers_apply(source, root, progress, err) < 0 || run_mkfs(place, err) < 0 ||
	    tree_delete(staging->fd, "root", err) < 0)
		return -err->code;
	unlinkat(staging->fd, "log", 0);
	image = openat(staging->fd, "image", O_RDONLY | O_CLOEXEC);
	if (image < 0 || fsync(image) < 0)
		return fail_errno(err, "write the block image");
	return fchmod(image, 0444) < 0 ? fail_errno(err, "protect the block image") : 0;
}

static int make(const char *dir, const struct layer_source *source, struct progress *progress,
		struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_free char *place = NULL;

	if (staging_open(dir, &staging, err) < 0)
		return -err->code;
	place = xasprintf("/proc/%d/fd/%d", getpid(), staging.fd);
	if (fill(&staging, place, source, progress, err) < 0)
		return -err->code;
	return staging_commit(&staging, err);
}

int erofs_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err)
{
	auto_free char *top = xasprintf("%s/erofs", store);
	auto_free char *dir = NULL;
	auto_free char *image = NULL;
	char chain[CHAIN_ID_MAX];
	int r = dir_make(top, 0700, err);

	if (r < 0 || chain_id(&source->image->config, source->image->manifest.layers.n - 1, chain,
			      err) < 0)
		return -err->code;
	dir = xasprintf("%s/%s", top, chain);
	image = xasprintf("%s/image", dir);
	if (access(image, F_OK) < 0 && make(dir, source, progress, err) < 0)
		return -err->code;
	strings_add(ret, TAKE_PTR(image));
	return 0;
}
