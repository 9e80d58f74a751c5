/* scratch.c - see scratch.h */
#include "tests/unit/base/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/unit/unit.h"

char scratch_path[64];

void scratch_enter(void)
{
	strcpy(scratch_path, "/tmp/coracle-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch_path));
	ck_assert_int_eq(chdir(scratch_path), 0);
}

void scratch_leave(void)
{
	struct error err;

	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_msg(dir_remove(AT_FDCWD, scratch_path, &err) == 0, "%s", err.text);
}

void scratch_write(const char *path, const char *content)
{
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), strlen(content));
}

const char *scratch_read(const char *path)
{
	static char content[4096];
	ssize_t n = 0;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	n = read(fd, content, sizeof(content) - 1);
	ck_assert_int_ge(n, 0);
	content[n] = '\0';
	return content;
}
