/* file.c - tests of base/file.h: reading, writing and replacing whole files */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/base/scratch.h"
#include "tests/unit/base/suites.h"

static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000 };

static void write_size(const char *path, size_t size)
{
	auto_free char *content = malloc(size + 1);

	ck_assert_ptr_nonnull(content);
	memset(content, 'x', size);
	content[size] = '\0';
	scratch_write(path, content);
}

START_TEST(read_whole)
{
	auto_free char *data = NULL;
	struct error err;
	size_t len;

	write_size("f", sizes[_i]);
	ck_assert_int_eq(file_read(AT_FDCWD, "f", sizes[_i], &data, &len, &err), 0);
	ck_assert_uint_eq(len, sizes[_i]);
	ck_assert_uint_eq(strlen(data), len);
}
END_TEST

START_TEST(read_fd_whole)
{
	auto_free char *data = NULL;
	struct error err;
	auto_fd fd = -1;
	size_t len;

	write_size("f", sizes[_i]);
	fd = open("f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_read_fd(fd, "f", sizes[_i], &data, &len, &err), 0);
	ck_assert_uint_eq(len, sizes[_i]);
	ck_assert_uint_eq(strlen(data), len);
}
END_TEST

START_TEST(read_too_large)
{
	auto_free char *data = NULL;
	struct error err;
	auto_fd fd = -1;

	write_size("f", 101);
	ck_assert_int_eq(file_read(AT_FDCWD, "f", 100, &data, NULL, &err), -EFBIG);
	ck_assert_str_eq(err.text, "read 'f': it is larger than 100 bytes");
	fd = open("f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_read_fd(fd, "name", 100, &data, NULL, &err), -EFBIG);
	ck_assert_str_eq(err.text, "read 'name': it is larger than 100 bytes");
	ck_assert_ptr_null(data);
}
END_TEST

/* /proc says that its files hold no bytes. */
START_TEST(read_proc)
{
	auto_free char *data = NULL;
	struct error err;
	size_t len;
	auto_fd fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(file_read_fd(fd, "status", 65536, &data, &len, &err), 0);
	ck_assert_uint_gt(len, 100);
	ck_assert_int_eq(strncmp(data, "Name:", 5), 0);
}
END_TEST

START_TEST(read_from_a_pipe_in_parts)
{
	auto_free char *data = NULL;
	struct error err;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	if (fork() == 0) {
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(write(fds[1], "part ", 5), 5);
			usleep(5000);
		}
		_exit(0);
	}
	close(fds[1]);
	ck_assert_int_eq(file_read_fd(fds[0], "pipe", 100, &data, NULL, &err), 0);
	ck_assert_str_eq(data, "part part part ");
	close(fds[0]);
}
END_TEST

START_TEST(read_what_is_no_file)
{
	auto_free char *data = NULL;
	struct error err;

	ck_assert_int_eq(file_read(AT_FDCWD, "none", 9, &data, NULL, &err), -ENOENT);
	ck_assert_str_eq(err.text, "open 'none': No such file or directory");
	ck_assert_int_eq(file_read(AT_FDCWD, ".", 9, &data, NULL, &err), -EISDIR);
	ck_assert_str_eq(err.text, "read '.': it is a directory");
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(file_read(AT_FDCWD, "fifo", 9, &data, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "read 'fifo': it is not a regular file");
	ck_assert_ptr_null(data);
}
END_TEST

START_TEST(peek)
{
	char buf[8];

	scratch_write("f", "abc\n");
	ck_assert_int_eq(file_peek(AT_FDCWD, "f", buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "abc");
	scratch_write("long", "0123456789\n");
	ck_assert_int_eq(file_peek(AT_FDCWD, "long", buf, sizeof(buf)), 7);
	ck_assert_str_eq(buf, "0123456");
	scratch_write("empty", "");
	ck_assert_int_eq(file_peek(AT_FDCWD, "empty", buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "");
	ck_assert_int_eq(file_peek(AT_FDCWD, "none", buf, sizeof(buf)), -ENOENT);
	ck_assert_int_eq(file_peek(AT_FDCWD, ".", buf, sizeof(buf)), -EISDIR);
}
END_TEST

START_TEST(put)
{
	scratch_write("f", "abcdef");
	ck_assert_int_eq(file_put(AT_FDCWD, "f", "xyz"), 0);
	ck_assert_str_eq(scratch_read("f"), "xyzdef");
	ck_assert_int_eq(file_put(AT_FDCWD, "none", "xyz"), -ENOENT);
	ck_assert_int_eq(access("none", F_OK), -1);
	ck_assert_int_eq(file_put(AT_FDCWD, "/dev/full", "xyz"), -ENOSPC);
}
END_TEST

START_TEST(replace)
{
	auto_fd old = -1;
	struct error err;
	struct stat st;
	char kept[4];

	umask(022);
	ck_assert_int_eq(file_replace(AT_FDCWD, "f", "old", 3, 0666, &err), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	old = open("f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_replace(AT_FDCWD, "f", "newer", 5, 0600, &err), 0);
	ck_assert_str_eq(scratch_read("f"), "newer");
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(read(old, kept, sizeof(kept)), 3);
	ck_assert_int_eq(memcmp(kept, "old", 3), 0);
	ck_assert_int_eq(unlink("f"), 0);
	ck_assert_int_eq(rmdir(scratch_path), 0); /* no temporary file is left */
	ck_assert_int_eq(mkdir(scratch_path, 0700), 0);
}
END_TEST

/* A link where the file goes is replaced, not followed. */
START_TEST(replace_a_link)
{
	struct error err;
	struct stat st;

	scratch_write("target", "precious");
	ck_assert_int_eq(symlink("target", "f"), 0);
	ck_assert_int_eq(file_replace(AT_FDCWD, "f", "new", 3, 0600, &err), 0);
	ck_assert_str_eq(scratch_read("target"), "precious");
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(replace_fails)
{
	struct error err;

	ck_assert_int_eq(file_replace(AT_FDCWD, "none/f", "new", 3, 0600, &err), -ENOENT);
	ck_assert_str_eq(err.text, "create 'none/f': No such file or directory");
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(file_replace(AT_FDCWD, "d", "new", 3, 0600, &err), -EISDIR);
	ck_assert_str_eq(err.text, "write 'd': Is a directory");
	ck_assert_int_eq(rmdir("d"), 0);
	ck_assert_int_eq(rmdir(scratch_path), 0); /* no temporary file is left */
	ck_assert_int_eq(mkdir(scratch_path, 0700), 0);
}
END_TEST

/* Where errno may be another process's. */
START_TEST(put_whole)
{
	static const char long_text[5000] = { 'x' };
	auto_free char *data = NULL;
	struct error err;
	struct stat st;
	size_t len;

	umask(0);
	errno = ENOTEMPTY;
	ck_assert_int_eq(file_put_whole(AT_FDCWD, "f", long_text, sizeof(long_text), 0640), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(st.st_size, sizeof(long_text));
	ck_assert_int_eq(file_put_whole(AT_FDCWD, "f", "short", 5, 0600), 0);
	ck_assert_int_eq(file_read(AT_FDCWD, "f", 100, &data, &len, &err), 0);
	ck_assert_str_eq(data, "short");
	errno = ENOTEMPTY;
	ck_assert_int_eq(symlink("f", "link"), 0);
	ck_assert_int_eq(file_put_whole(AT_FDCWD, "link", "other", 5, 0600), -ELOOP);
	ck_assert_int_eq(file_put_whole(AT_FDCWD, "none/f", "other", 5, 0600), -ENOENT);
	ck_assert_int_eq(file_put_whole(AT_FDCWD, "/dev/full", "other", 5, 0600), -ENOSPC);
	ck_assert_int_eq(errno, ENOTEMPTY);
}
END_TEST

Suite *base_file_suite(void)
{
	Suite *suite = suite_create("base/file");
	TCase *tcase = tcase_create("file");

	tcase_add_checked_fixture(tcase, scratch_enter, scratch_leave);
	tcase_add_loop_test(tcase, read_whole, 0, sizeof(sizes) / sizeof(*sizes));
	tcase_add_loop_test(tcase, read_fd_whole, 0, sizeof(sizes) / sizeof(*sizes));
	tcase_add_test(tcase, read_too_large);
	tcase_add_test(tcase, read_proc);
	tcase_add_test(tcase, read_from_a_pipe_in_parts);
	tcase_add_test(tcase, read_what_is_no_file);
	tcase_add_test(tcase, peek);
	tcase_add_test(tcase, put);
	tcase_add_test(tcase, put_whole);
	tcase_add_test(tcase, replace);
	tcase_add_test(tcase, replace_a_link);
	tcase_add_test(tcase, replace_fails);
	suite_add_tcase(suite, tcase);
	return suite;
}
