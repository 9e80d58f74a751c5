/* processes.c - tests of src/cgroup/processes.c */
#include "cgroup/processes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

START_TEST(of_all_cgroups_below)
{
	struct cgroup top = scratch_cgroup();
	auto_free pid_t *pids = NULL;
	struct error err = { 0 };
	size_t n;

	scratch_write("cgroup.procs", "30\n0\n7\n");
	scratch_write("a/cgroup.procs", "");
	scratch_write("a/b/cgroup.procs", "8\n");
	scratch_write("gone/file", "");
	ck_assert_msg(cgroup_processes(&top, &pids, &n, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(pids[0], 7);
	ck_assert_int_eq(pids[1], 8);
	ck_assert_int_eq(pids[2], 30);
	cgroup_release(&top);
}
END_TEST

START_TEST(without_its_file_there_are_none)
{
	struct cgroup top = scratch_cgroup();
	auto_free pid_t *pids = NULL;
	struct error err = { 0 };
	size_t n = 1;

	ck_assert_int_eq(cgroup_processes(&top, &pids, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	cgroup_release(&top);
}
END_TEST

/* A threaded cgroup cannot be read, and is listed by the one above. */
START_TEST(threaded)
{
	struct cgroup top = CGROUP_NONE, below = CGROUP_NONE;
	auto_free pid_t *pids = NULL;
	struct error err = { 0 };
	pid_t pid;
	size_t n;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &top);
	real_make("/a", &below);
	ck_assert_int_eq(file_put(below.fd, "cgroup.type", "threaded"), 0);
	pid = real_child(&top, NULL, NULL);
	ck_assert_msg(cgroup_processes(&top, &pids, &n, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(pids[0], pid);
	ck_assert_msg(cgroup_kill_all(&top, SIGTERM, &err) == 0, "%s", err.text);
	ck_assert_int_ge(real_reap(pid), 0);
	cgroup_release(&below);
	cgroup_release(&top);
}
END_TEST

Suite *cgroup_processes_suite(void)
{
	Suite *s = suite_create("cgroup/processes");
	TCase *files = tcase_create("files");
	TCase *real = tcase_create("real");

	tcase_add_checked_fixture(files, scratch_setup, scratch_teardown);
	tcase_add_test(files, of_all_cgroups_below);
	tcase_add_test(files, without_its_file_there_are_none);
	suite_add_tcase(s, files);
	tcase_add_unchecked_fixture(real, real_setup, real_teardown);
	tcase_add_test(real, threaded);
	suite_add_tcase(s, real);
	return s;
}
