/* delete.c - tests of src/cgroup/delete.c, with real cgroups and processes */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static void check_gone(void)
{
	auto_free char *dir = xasprintf("%s%s", real_mount, real_path);

	ck_assert_int_eq(access(dir, F_OK), -1);
	ck_assert_int_eq(errno, ENOENT);
}

START_TEST(missing_is_no_error)
{
	struct error err = { 0 };

	ck_assert_int_eq(cgroup_delete(NULL, NULL, &err), 0);
	ck_assert_int_eq(cgroup_delete("/sys/fs/cgroup", "/no/such/cgroup", &err), 0);
	ck_assert_int_eq(cgroup_delete("/no/such/mount", "/c", &err), 0);
}
END_TEST

/* All of the host's processes are in the root: it must never be what a container's state says. */
START_TEST(root_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(cgroup_delete("/no/such/mount", "/", &err), -EINVAL);
	ck_assert_int_eq(cgroup_delete("/no/such/mount", "", &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
}
END_TEST

START_TEST(tree_with_processes)
{
	struct error err = { 0 };
	struct cgroup top, below;
	pid_t a, b;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &top);
	real_make("/x/y", &below);
	a = real_child(&top, NULL, NULL);
	b = real_child(&below, NULL, NULL);
	ck_assert_msg(cgroup_delete(real_mount, real_path, &err) == 0, "%s", err.text);
	check_gone();
	ck_assert_int_eq(WTERMSIG(real_reap(a)), SIGKILL);
	ck_assert_int_eq(WTERMSIG(real_reap(b)), SIGKILL);
	cgroup_release(&top);
	cgroup_release(&below);
}
END_TEST

/* A container may nest its cgroups deeper than we may open files. */
START_TEST(deep_tree)
{
	struct rlimit few = { 32, 32 };
	struct error err = { 0 };
	struct cgroup top;
	int fd;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &top);
	fd = openat(top.fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int depth = 0; depth < 200; depth++) {
		int next;

		ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(fd);
		fd = next;
	}
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_msg(cgroup_delete(real_mount, real_path, &err) == 0, "%s", err.text);
	check_gone();
	cgroup_release(&top);
}
END_TEST

static void check_wide(int count)
{
	struct error err = { 0 };
	struct cgroup top;

	real_make("", &top);
	for (int i = 0; i < count; i++) {
		auto_free char *name = xasprintf("w%d", i);

		ck_assert_int_eq(mkdirat(top.fd, name, 0755), 0);
	}
	ck_assert_msg(cgroup_delete(real_mount, real_path, &err) == 0, "%s", err.text);
	check_gone();
	cgroup_release(&top);
}

START_TEST(wide_tree)
{
	if (real_problem())
		unit_skip("%s", real_problem());
	check_wide(100);
}
END_TEST

/* Below what nobody else can look into; where that is empty, it goes all the same. */
static int delete_as_nobody(const char *below)
{
	static const char *const owned[] = { "x", "x/cgroup.kill" };
	auto_free char *path = xasprintf("%s/x", real_path);
	const uid_t nobody = 65534;
	struct error err = { 0 };
	struct cgroup top, leaf;
	int rc;

	real_make("/x", &top);
	real_make(below, &leaf);
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++) {
		auto_free char *file = xasprintf("%s%s/%s", real_mount, real_path, owned[i]);

		ck_assert_int_eq(chown(file, nobody, nobody), 0);
	}
	ck_assert_int_eq(fchmodat(top.fd, "y", 0711, 0), 0);
	ck_assert_int_eq(seteuid(nobody), 0);
	rc = cgroup_delete(real_mount, path, &err);
	ck_assert_int_eq(seteuid(0), 0);
	cgroup_release(&top);
	cgroup_release(&leaf);
	ck_assert_msg(rc == 0 || strstr(err.text, "/x': Permission denied"), "%s", err.text);
	return rc;
}

/* No waiting makes it empty. */
START_TEST(what_cannot_be_read_is_an_error)
{
	auto_free char *above = xasprintf("%s%s", real_mount, real_path);
	struct cgroup top;

	if (geteuid() != 0)
		unit_skip("needs root, to be somebody else");
	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &top);
	ck_assert_int_eq(chmod(above, 0777), 0);
	ck_assert_int_eq(delete_as_nobody("/x/y"), 0);
	ck_assert_int_eq(delete_as_nobody("/x/y/z"), -EACCES);
	cgroup_release(&top);
}
END_TEST

Suite *cgroup_delete_suite(void)
{
	Suite *s = suite_create("cgroup/delete");
	TCase *t = tcase_create("delete");

	tcase_set_timeout(t, 20);
	tcase_add_unchecked_fixture(t, real_setup, real_teardown);
	tcase_add_test(t, missing_is_no_error);
	tcase_add_test(t, root_is_refused);
	tcase_add_test(t, tree_with_processes);
	tcase_add_test(t, deep_tree);
	tcase_add_test(t, wide_tree);
	tcase_add_test(t, what_cannot_be_read_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
