/* state_dir.c - see state_dir.h */
#include "container/state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wait.h"
#include "container/id.h"

#define LOCK_LIMIT_MS 10000

void state_dir_release(struct state_dir *dir)
{
	struct error err;

	if (dir->is_ours && state_dir_remove(dir, &err) < 0)
		log_error(&err);
	cleanup_fd(&dir->fd);
	cleanup_fd(&dir->root_fd);
}

static int open_root(const char *root, bool make, int *ret_fd, struct error *err)
{
	*ret_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0 && errno == ENOENT && make) {
		int r = dir_make(root, 0711, err);

		if (r < 0)
			return r;
		*ret_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (*ret_fd < 0)
		return fail_errno(err, "open the state root '%s'", root);
	return 0;
}

static int fail_exists(const struct state_dir *dir, struct error *err)
{
	return fail_as(err, ERROR_STATE, EEXIST, "container with id '%s' already exists in '%s'",
		       dir->id, dir->root);
}

int state_dir_create(const char *root, const char *id, struct state_dir *ret, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	int r;

	r = container_id_check(id, err);
	if (r < 0)
		return r;
	dir.root = root;
	dir.id = id;
	r = open_root(root, true, &dir.root_fd, err);
	if (r < 0)
		return r;
	if (mkdirat(dir.root_fd, id, 0700) < 0) {
		if (errno == EEXIST)
			return fail_exists(&dir, err);
		return fail_errno(err, "make the state directory '%s/%s'", root, id);
	}
	dir.fd = openat(dir.root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir.fd < 0) {
		fail_errno(err, "open the state directory '%s/%s'", root, id);
		unlinkat(dir.root_fd, id, AT_REMOVEDIR);
		return -err->code;
	}
	/* by now a delete may have removed it, and another create made one of that name */
	r = state_dir_lock(&dir, err);
	if (r < 0)
		return r;
	if (faccessat(dir.fd, "state.json", F_OK, 0) == 0)
		return fail_exists(&dir, err);
	dir.is_ours = true;
	*ret = dir;
	dir = STATE_DIR_NONE;
	return 0;
}

static int fail_absent(const struct state_dir *dir, struct error *err)
{
	return fail_as(err, ERROR_STATE, ENOENT, "container '%s' does not exist in '%s'", dir->id,
		       dir->root);
}

int state_dir_open(const char *root, const char *id, struct state_dir *ret, struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	int r;

	r = container_id_check(id, err);
	if (r < 0)
		return r;
	dir.root = root;
	dir.id = id;
	dir.root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir.root_fd >= 0)
		dir.fd = openat(dir.root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir.fd < 0 && errno == ENOENT)
		return fail_absent(&dir, err);
	if (dir.fd < 0)
		return fail_errno(err, "open the state directory '%s/%s'", root, id);
	*ret = dir;
	dir = STATE_DIR_NONE;
	return 0;
}

/* What is no directory is no container, whatever its name. */
static bool is_container(const struct dirent *entry)
{
	struct error ignored;

	return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       container_id_check(entry->d_name, &ignored) == 0;
}

int state_root_read(const char *root, void (*found)(const char *id, void *arg), void *arg,
		    struct error *err)
{
	auto_dir *dir = opendir(root);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : fail_errno(err, "read the state root '%s'", root);
	while (errno = 0, (entry = readdir(dir)))
		if (is_container(entry))
			found(entry->d_name, arg);
	return errno ? fail_errno(err, "read the state root '%s'", root) : 0;
}

/* Removed since it was opened. */
static bool is_gone(const struct state_dir *dir)
{
	struct stat st;

	return fstat(dir->fd, &st) == 0 && st.st_nlink == 0;
}

int state_dir_lock(struct state_dir *dir, struct error *err)
{
	int r = wait_for_lock(dir->fd, LOCK_LIMIT_MS);

	if (r == -EWOULDBLOCK)
		return fail_as(err, ERROR_STATE, EBUSY,
			       "container '%s': another command has been at work on it for %d seconds",
			       dir->id, LOCK_LIMIT_MS / 1000);
	if (r < 0)
		return fail(err, -r, "lock the state directory '%s/%s': %s", dir->root, dir->id,
			    strerror(-r));
	dir->has_lock = true;
	return is_gone(dir) ? fail_absent(dir, err) : 0;
}

void state_dir_unlock(struct state_dir *dir)
{
	flock(dir->fd, LOCK_UN);
	dir->has_lock = false;
}

bool state_dir_is_taken(const struct state_dir *dir)
{
	if (dir->has_lock)
		return false;
	if (flock(dir->fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(dir->fd, LOCK_UN);
	return false;
}

char *state_dir_path(const struct state_dir *dir, const char *name)
{
	auto_free char *root = realpath(dir->root, NULL);

	return xasprintf("%s/%s/%s", root ? root : dir->root, dir->id, name);
}

int state_dir_remove(struct state_dir *dir, struct error *err)
{
	static const char *const files[] = { "state.json", STATE_CONFIG, STATE_START };

	/* what has its name now is another container's */
	if (is_gone(dir)) {
		dir->is_ours = false;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (unlinkat(dir->fd, files[i], 0) < 0 && errno != ENOENT)
			return fail_errno(err, "remove '%s/%s/%s'", dir->root, dir->id, files[i]);
	dir->is_ours = false;
	if (unlinkat(dir->root_fd, dir->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY)
		return fail_errno(err, "remove the state directory '%s/%s'", dir->root, dir->id);
	return dir_remove(dir->root_fd, dir->id, err);
}
