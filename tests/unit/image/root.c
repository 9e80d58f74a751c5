/* root.c - see root.h */
#include "tests/unit/image/root.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "image/tree.h"
#include "tests/unit/unit.h"

int root_fd = -1;
char root_path[64];

void root_enter(void)
{
	strcpy(root_path, "/tmp/coracle-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root_path));
	root_fd = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root_fd, 0);
}

void root_leave(void)
{
	struct error err;

	close(root_fd);
	ck_assert_int_eq(tree_delete(AT_FDCWD, root_path, &err), 0);
}

void root_write(const char *path, const char *content)
{
	char *full = xasprintf("%s/%s", root_path, path), *slash = strrchr(full, '/');
	struct error err;
	FILE *file;

	*slash = '\0';
	ck_assert_int_eq(dir_make(full, 0755, &err), 0);
	*slash = '/';
	file = fopen(full, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(content, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	free(full);
}

const char *root_kind(const char *path)
{
	struct stat st;

	if (fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return "-";
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return "f";
	case S_IFDIR:
		return "d";
	case S_IFLNK:
		return "l";
	case S_IFIFO:
		return "p";
	}
	return "?";
}

const char *root_read(const char *path)
{
	static char content[256];
	char *data;
	struct error err;

	ck_assert_int_eq(file_read(root_fd, path, sizeof(content) - 1, &data, NULL, &err), 0);
	strcpy(content, data);
	free(data);
	return content;
}

struct stat root_stat(const char *path)
{
	struct stat st;

	ck_assert_int_eq(fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}
