/* directory.c - the directories of file.h */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/text.h"

static int make_parents(char *path, mode_t mode)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, mode);
		*slash = '/';
		if (r < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

int dir_make(const char *path, mode_t mode, struct error *err)
{
	int r = mkdir(path, mode);
	struct stat st;

	if (r < 0 && errno == ENOENT && *path) {
		auto_free char *copy = xstrdup(path);

		r = make_parents(copy, mode);
		if (r == 0)
			r = mkdir(path, mode);
	}
	if (r < 0 && errno == EEXIST) {
		r = stat(path, &st);
		if (r == 0 && !S_ISDIR(st.st_mode))
			return fail(err, ENOTDIR, "make the directory '%s': it is something else",
				    path);
	}
	if (r < 0)
		return fail_errno(err, "make the directory '%s'", path);
	return 0;
}

/* Unlinks or removes dirfd/name; ENOTEMPTY tells a directory with something in it, EBUSY that
 * something is mounted there. */
static int remove_one(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == EEXIST)
		errno = ENOTEMPTY;
	return -1;
}

static DIR *open_below(int dirfd, const char *name)
{
	auto_fd fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		TAKE_FD(fd);
	return dir;
}

/* Reads the next entry but "." and ".."; NULL at the end with errno 0, or on failure. */
static const char *next_entry(DIR *dir)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry ? entry->d_name : NULL;
}

/* Moves dirfd/name to top, under a name that is free there. */
static int hoist(int dirfd, const char *name, int top, unsigned int *counter)
{
	char fresh[32];
	int r;

	do {
		snprintf(fresh, sizeof(fresh), ".remove-%u", (*counter)++);
		r = renameat2(dirfd, name, top, fresh, RENAME_NOREPLACE);
	} while (r < 0 && errno == EEXIST);
	return r;
}

/* Removes the directory top/name; those of its directories that hold something move to top. */
static int flatten(int top, const char *name, unsigned int *counter)
{
	auto_dir *dir = open_below(top, name);
	const char *entry;

	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while ((entry = next_entry(dir))) {
		if (remove_one(dirfd(dir), entry) == 0)
			continue;
		if (errno != ENOTEMPTY || hoist(dirfd(dir), entry, top, counter) < 0)
			return -1;
	}
	return errno ? -1 : remove_one(top, name);
}

/* Takes one pass over what is in dir; ret_found: whether there was anything. */
static int empty_pass(DIR *dir, bool *ret_found, unsigned int *counter)
{
	const char *entry;

	*ret_found = false;
	rewinddir(dir);
	while ((entry = next_entry(dir))) {
		*ret_found = true;
		if (remove_one(dirfd(dir), entry) == 0)
			continue;
		if (errno != ENOTEMPTY || flatten(dirfd(dir), entry, counter) < 0)
			return -1;
	}
	return errno ? -1 : 0;
}

int dir_remove(int dirfd, const char *name, struct error *err)
{
	unsigned int counter = 0;
	bool found = true;
	int r = remove_one(dirfd, name);

	if (r < 0 && errno == ENOTEMPTY) {
		auto_dir *dir = open_below(dirfd, name);

		r = dir ? 0 : -1;
		while (r == 0 && found)
			r = empty_pass(dir, &found, &counter);
		if (r == 0)
			r = remove_one(dirfd, name);
	}
	if (r < 0)
		return fail_errno(err, "remove '%s'", name);
	return 0;
}
