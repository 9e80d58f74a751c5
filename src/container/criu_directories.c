/* criu_directories.c - where criu puts its images and its log; see criu.h */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "container/criu.h"

void criu_directories_release(struct criu_directories *directories)
{
	cleanup_fd(&directories->images);
	cleanup_fd(&directories->work);
	free(directories->work_path);
}

/* docker names a work directory that is not there. */
static int open_one(pid_t pid, const char *path, bool make, int *ret_fd, struct error *err)
{
	char whole[PATH_MAX];
	auto_free char *seen = NULL;
	int r = make ? dir_make(path, 0700, err) : 0;

	if (r < 0)
		return r;
	if (!realpath(path, whole))
		return fail_errno(err, "open the directory '%s'", path);
	seen = xasprintf("/proc/%d/root%s", (int) pid, whole);
	*ret_fd = open(seen, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open the directory '%s'", path) : 0;
}

int criu_directories_open(const struct criu *criu, const char *image_path, const char *work_path,
			  const char *log, bool make, struct criu_directories *ret,
			  struct error *err)
{
	const char *images = image_path ? image_path : "checkpoint";
	const char *work = work_path ? work_path : images;
	int r;

	*ret = (struct criu_directories){ .images = -1, .work = -1, .log = log };
	r = open_one(criu->child.pid, images, make, &ret->images, err);
	if (r == 0)
		r = open_one(criu->child.pid, work, true, &ret->work, err);
	if (r == 0)
		ret->work_path = xstrdup(work);
	return r;
}

int criu_directories_share(const struct criu_directories *directories, gid_t gid, struct error *err)
{
	struct stat st;

	if (fstat(directories->images, &st) < 0 ||
	    fchown(directories->images, (uid_t) -1, gid) < 0 ||
	    fchmod(directories->images, (st.st_mode & 07777) | S_IXGRP) < 0)
		return fail_errno(err, "let the container's group %u into the images", gid);
	return 0;
}
