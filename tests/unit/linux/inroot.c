/* inroot.c - tests of src/linux/inroot.c */
#include "linux/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

/* clang-format off */
static const struct { const char *path, *clean; } clean_rows[] = {
	{ "/",              "/" },
	{ "",               "/" },
	{ "///",            "/" },
	{ "proc",           "/proc" },
	{ "/proc/",         "/proc" },
	{ "//proc//self",   "/proc/self" },
	{ "/./proc/.",      "/proc" },
	{ "/a/../proc",     "/proc" },
	{ "/..",            "/" },
	{ "/../../etc",     "/etc" },
	{ "/a/b/../../..",  "/" },
	{ "/a/...",         "/a/..." },
	{ "/.a/..b",        "/.a/..b" },
};
/* clang-format on */

START_TEST(clean)
{
	char buf[PATH_MAX];

	ck_assert_int_eq(inroot_clean(clean_rows[_i].path, buf), 0);
	ck_assert_str_eq(buf, clean_rows[_i].clean);
}
END_TEST

START_TEST(clean_too_long)
{
	char path[PATH_MAX + 8], buf[PATH_MAX];

	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 ? 'a' : '/';
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(inroot_clean(path, buf), -ENAMETOOLONG);
}
END_TEST

static bool is_same(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

START_TEST(links_stay_inside)
{
	int root;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	rootbox_link("/etc/passwd", BOX_ROOT "/absolute");
	rootbox_link("../../../../etc/passwd", BOX_ROOT "/climbing");
	rootbox_link("/proc/self/root", BOX_ROOT "/magic");
	ck_assert(is_same(inroot_open(root, "/absolute", O_PATH), BOX_ROOT "/etc/passwd"));
	ck_assert(is_same(inroot_open(root, "climbing", O_PATH), BOX_ROOT "/etc/passwd"));
	ck_assert(is_same(inroot_open(root, "/../../etc/passwd", O_PATH), BOX_ROOT "/etc/passwd"));
	ck_assert(is_same(inroot_open(root, "", O_PATH), BOX_ROOT));
	ck_assert_int_eq(inroot_open(root, "/magic", O_PATH), -ENOENT);
	ck_assert_int_eq(inroot_open(root, "/tmp/outside/keep", O_PATH), -ENOENT);
	ck_assert_int_eq(inroot_open_exact(root, "/absolute", O_PATH), -ELOOP);
	ck_assert_int_eq(fcntl(inroot_open(root, "/etc", O_PATH), F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(make_dir)
{
	struct error err = { 0 };
	int root, fd = -1;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	ck_assert_int_eq(inroot_make_dir(root, "/etc", 0755, &fd, &err), 0);
	ck_assert(is_same(fd, BOX_ROOT "/etc"));
	ck_assert_int_eq(inroot_make_dir(root, "/a/b/../c//d/", 0755, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT "/a/c/d"));
	rootbox_link("/a", BOX_ROOT "/link");
	ck_assert_int_eq(inroot_make_dir(root, "/link/e", 0755, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT "/a/e"));
	ck_assert_int_eq(inroot_make_dir(root, "/etc/passwd/x", 0755, &fd, &err), -ENOTDIR);
	ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(make_file)
{
	struct error err = { 0 };
	struct stat st;
	int root, fd = -1;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	ck_assert_int_eq(inroot_make_file(root, "/etc/passwd", 0644, &fd, &err), 0);
	ck_assert(is_same(fd, BOX_ROOT "/etc/passwd"));
	ck_assert_int_eq(inroot_make_file(root, "/run/x/y", 0600, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT "/run/x/y"));
	ck_assert(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0);
}
END_TEST

/* What a hostile image may hold where something is missing: nothing may appear outside. */
START_TEST(make_stays_inside)
{
	struct error err = { 0 };
	int root, fd = -1;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	rootbox_link(BOX_OUTSIDE, BOX_ROOT "/out");
	rootbox_link(BOX_OUTSIDE "/new", BOX_ROOT "/dangling");
	rootbox_link("../outside/new", BOX_ROOT "/relative");
	ck_assert_int_eq(inroot_make_dir(root, "/out/x", 0755, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT BOX_OUTSIDE "/x"));
	ck_assert_int_eq(inroot_make_file(root, "/dangling", 0644, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT BOX_OUTSIDE "/new"));
	ck_assert_int_eq(inroot_make_file(root, "/relative", 0644, &fd, &err), 1);
	ck_assert(is_same(fd, BOX_ROOT "/outside/new"));
	rootbox_link("loop", BOX_ROOT "/loop");
	ck_assert_int_eq(inroot_make_file(root, "/loop", 0644, &fd, &err), -ELOOP);
	ck_assert_int_ge(inroot_make_dir(root, "/../../tmp/outside/x", 0755, &fd, &err), 0);
	ck_assert(is_same(fd, BOX_ROOT "/tmp/outside/x"));
	rootbox_assert_outside_untouched();
}
END_TEST

/* Two containers that share their root begin at once: both may find that a file is missing, and each is
 * to have it. */
START_TEST(make_file_beside_another)
{
	const int rounds = 400;
	struct error err = { 0 };
	int root, status;
	pid_t other;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	other = fork();
	ck_assert_int_ge(other, 0);
	for (int i = 0; i < rounds; i++) {
		char path[32];
		int fd = -1;

		snprintf(path, sizeof(path), "/file%d", i);
		if (inroot_make_file(root, path, 0644, &fd, &err) >= 0)
			close(fd);
		else if (other)
			ck_abort_msg("%s", err.text);
		else
			_exit(1);
	}
	if (!other)
		_exit(0);
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(make_parent)
{
	struct error err = { 0 };
	const char *name = NULL;
	int root, fd = -1;

	rootbox_enter_or_skip();
	root = open(BOX_ROOT, O_PATH | O_CLOEXEC);
	ck_assert_int_eq(inroot_make_parent(root, "/p/q/r", &fd, &name, &err), 0);
	ck_assert_str_eq(name, "r");
	ck_assert(is_same(fd, BOX_ROOT "/p/q"));
	ck_assert_int_eq(inroot_make_parent(root, "/", &fd, &name, &err), -EINVAL);
	ck_assert_int_eq(inroot_make_parent(root, "/p/..", &fd, &name, &err), -EINVAL);
}
END_TEST

Suite *linux_inroot_suite(void)
{
	Suite *suite = suite_create("linux/inroot");
	TCase *tc = tcase_create("inroot");

	tcase_add_loop_test(tc, clean, 0, (int) (sizeof(clean_rows) / sizeof(*clean_rows)));
	tcase_add_test(tc, clean_too_long);
	tcase_add_test(tc, links_stay_inside);
	tcase_add_test(tc, make_dir);
	tcase_add_test(tc, make_file);
	tcase_add_test(tc, make_stays_inside);
	tcase_add_test(tc, make_file_beside_another);
	tcase_add_test(tc, make_parent);
	suite_add_tcase(suite, tc);
	return suite;
}
