/* archive_place.c - see archive_place.h */
#include "image/archive_place.h"

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
#include "image/tree.h"

#define PREFIX "coracle-archive-"
#define TRIES_MAX 16

/* Opens and locks top/name, if it is ours and nobody's now; else returns -errno. */
static int lock(int top, const char *name)
{
	auto_fd fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st, named;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	/* who had it locked may have removed it since */
	if (fstatat(top, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || !file_is_same(&named, &st))
		return -ENOENT;
	return TAKE_FD(fd);
}

static void remove_left(int top)
{
	auto_fd listed = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = listed < 0 ? NULL : fdopendir(listed);
	struct dirent *entry;
	struct error err;

	if (!dir)
		return;
	TAKE_FD(listed);
	while ((entry = readdir(dir))) {
		auto_fd fd = str_after(entry->d_name, PREFIX) ? lock(top, entry->d_name) : -1;

		if (fd < 0)
			continue;
		log_warning("removing '%s', which a process that was killed has left",
			    entry->d_name);
		if (tree_delete(top, entry->d_name, &err) < 0)
			log_error(&err);
	}
}

/* Whoever removes what others have left may be faster than our lock: then another one. */
static int make_one(struct archive_place *place, const char *top, struct error *err)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		auto_free char *path = xasprintf("%s/" PREFIX "XXXXXX", top);

		if (!mkdtemp(path))
			return fail_errno(err, "make a directory '%s' for the archive", path);
		place->fd = lock(place->top, strrchr(path, '/') + 1);
		if (place->fd < 0)
			continue;
		place->path = TAKE_PTR(path);
		return 0;
	}
	return fail(err, EBUSY, "the directories for the archive in '%s' come and go", top);
}

int archive_place_make(struct archive_place *ret, struct error *err)
{
	auto_archive_place place = ARCHIVE_PLACE_NONE;
	const char *top = getenv("TMPDIR");

	if (!top || !*top)
		top = "/var/tmp";
	place.top = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.top < 0)
		return fail_errno(err, "open the directory '%s' for the archive", top);
	remove_left(place.top);
	if (make_one(&place, top, err) < 0)
		return -err->code;
	*ret = place;
	place = ARCHIVE_PLACE_NONE;
	return 0;
}

void archive_place_release(struct archive_place *place)
{
	struct error err;

	if (place->path && tree_delete(place->top, strrchr(place->path, '/') + 1, &err) < 0)
		log_error(&err);
	free(place->path);
	cleanup_fd(&place->fd);
	cleanup_fd(&place->top);
	*place = ARCHIVE_PLACE_NONE;
}
