/* rdtbox.c - see rdtbox.h */
#include "tests/unit/linux/rdtbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/unit.h"

char rdtbox[64];

void rdtbox_make(void)
{
	strcpy(rdtbox, "/tmp/coracle-rdt-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rdtbox));
}

void rdtbox_remove(void)
{
	struct error err;

	dir_remove(AT_FDCWD, rdtbox, &err);
}

void rdtbox_put(const char *name, const char *text)
{
	auto_free char *path = xasprintf("%s/%s", rdtbox, name);
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "make '%s'", path);
	ck_assert_int_eq(file_write_fd(fd, text, strlen(text)), 0);
}
