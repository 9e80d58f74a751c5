/* join.c - tests of src/cgroup/join.c: which cgroups below a container's can be reached, and which
 * not */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
static const struct {
	const char *path;
	int result;
	const char *text;	/* of the path that was reached, or a part of the error */
} rows[] = {
	{ "sub",            0,       "/sub" },
	{ "/sub",           0,       "/sub" },
	{ "//sub/deep",     0,       "/sub/deep" },
	{ "/",              0,       "/" },
	{ "..",             -EXDEV,  "'..' below the container's" },
	{ "/..",            -EXDEV,  "leads out of it" },
	{ "sub/../..",      -EXDEV,  "leads out of it" },
	{ "link",           -ELOOP,  "Too many levels of symbolic links" },
	{ "link/deep",      -ELOOP,  "Too many levels of symbolic links" },
	{ "outside",        -ELOOP,  "Too many levels of symbolic links" },
	{ "gone",           -ENOENT, "No such file or directory" },
	{ "file",           -ENOTDIR, "Not a directory" },
};
/* clang-format on */

START_TEST(only_what_is_below_is_reached)
{
	struct cgroup top = scratch_cgroup(), found = CGROUP_NONE;
	struct error err = { 0 };
	struct stat seen, expected;
	int r;

	scratch_write("sub/deep/file", "");
	scratch_write("file", "");
	ck_assert_int_eq(symlinkat("sub", top.fd, "link"), 0);
	ck_assert_int_eq(symlinkat("/", top.fd, "outside"), 0);
	r = cgroup_open_below(&top, rows[_i].path, &found, &err);
	ck_assert_msg(r == rows[_i].result, "%s: %d, %s", rows[_i].path, r, err.text);
	if (r < 0) {
		ck_assert_ptr_nonnull(strstr(err.text, rows[_i].text));
		ck_assert_int_eq(err.class, ERROR_USAGE);
	} else {
		auto_free char *path = xasprintf("%s%s", found.mount, found.path);

		ck_assert_int_eq(fstat(found.fd, &seen), 0);
		ck_assert_int_eq(stat(path, &expected), 0);
		ck_assert_uint_eq(seen.st_ino, expected.st_ino);
		ck_assert_str_eq(found.path + strlen(found.path) - strlen(rows[_i].text),
				 rows[_i].text);
	}
	cgroup_release(&found);
	cgroup_release(&top);
}
END_TEST

START_TEST(where_a_process_is)
{
	struct cgroup sub = CGROUP_NONE, found = CGROUP_NONE;
	struct error err = { 0 };
	pid_t pid;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("/a", &sub);
	pid = real_child(&sub, NULL, NULL);
	ck_assert_msg(cgroup_open_of(pid, real_mount, &found, &err) == 0, "%s", err.text);
	ck_assert_str_eq(found.path, sub.path);
	ck_assert_int_eq(cgroup_kill_all(&sub, 9, &err), 0);
	real_reap(pid);
	cgroup_release(&found);
	ck_assert_int_lt(cgroup_open_of(pid, real_mount, &found, &err), 0);
	cgroup_release(&sub);
}
END_TEST

START_TEST(a_process_moves)
{
	struct cgroup from = CGROUP_NONE, to = CGROUP_NONE, found = CGROUP_NONE;
	struct error err = { 0 };
	pid_t pid;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("/from", &from);
	real_make("/to", &to);
	pid = real_child(&from, NULL, NULL);
	ck_assert_msg(cgroup_enter(&to, pid, &err) == 0, "%s", err.text);
	ck_assert_msg(cgroup_open_of(pid, real_mount, &found, &err) == 0, "%s", err.text);
	ck_assert_str_eq(found.path, to.path);
	ck_assert(cgroup_is_empty(&from));
	ck_assert_int_eq(cgroup_kill_all(&to, 9, &err), 0);
	real_reap(pid);
	ck_assert_int_eq(cgroup_enter(&from, pid, &err), -ESRCH);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_ptr_nonnull(strstr(err.text, from.path));
	cgroup_release(&found);
	cgroup_release(&from);
	cgroup_release(&to);
}
END_TEST

Suite *cgroup_join_suite(void)
{
	Suite *s = suite_create("cgroup/join");
	TCase *files = tcase_create("below");
	TCase *real = tcase_create("real");

	tcase_add_checked_fixture(files, scratch_setup, scratch_teardown);
	tcase_add_loop_test(files, only_what_is_below_is_reached, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, files);
	tcase_add_unchecked_fixture(real, real_setup, real_teardown);
	tcase_add_test(real, where_a_process_is);
	tcase_add_test(real, a_process_moves);
	suite_add_tcase(s, real);
	return s;
}
