/* cgroup.c - tests of src/cgroup/cgroup.c, with real cgroups */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/controllers.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static const struct oci_resources none;

/* What fails is undone, as by a container's guard. */
static int plan_and_create(const char *cgroups_path, const char *id, const struct oci_resources *r,
			   struct cgroup *ret, struct error *err)
{
	int rc = cgroup_plan(CGROUP_MANAGER_CGROUPFS, cgroups_path, id, NULL, ret, err);

	if (rc == 0)
		rc = cgroup_create(ret, r, err);
	if (rc < 0)
		cgroup_undo(ret);
	return rc;
}

static int create(const struct oci_resources *r, const char *sub, struct cgroup *ret,
		  struct error *err)
{
	auto_free char *path = xasprintf("%s%s", real_path, sub);

	return plan_and_create(path, "id", r, ret, err);
}

START_TEST(create_open_release)
{
	struct error err = { 0 };
	struct cgroup made, opened;
	struct stat a, b;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_msg(create(NULL, "/sub", &made, &err) == 0, "%s", err.text);
	ck_assert_str_eq(made.mount, real_mount);
	ck_assert_str_eq(made.made_from, real_path);
	ck_assert(cgroup_is_empty(&made));
	ck_assert(!cgroup_is_frozen(&made));
	ck_assert_int_eq(cgroup_open(made.mount, made.path, &opened, &err), 0);
	ck_assert_int_eq(fstat(made.fd, &a), 0);
	ck_assert_int_eq(fstat(opened.fd, &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_ptr_null(opened.made_from);
	cgroup_release(&opened);
	cgroup_undo(&made);
	ck_assert_int_eq(cgroup_open(real_mount, real_path, &opened, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
}
END_TEST

/* Nothing is made yet, so letting go of a plan leaves what another may have made meanwhile. */
START_TEST(plan_makes_nothing)
{
	struct error err = { 0 };
	struct cgroup planned, made;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_int_eq(cgroup_plan(CGROUP_MANAGER_CGROUPFS, real_path, "c", NULL, &planned, &err),
			 0);
	ck_assert_str_eq(planned.path, real_path);
	ck_assert_int_eq(planned.fd, -1);
	ck_assert_int_eq(cgroup_open(real_mount, real_path, &made, &err), -ENOENT);
	ck_assert_int_eq(create(&none, "", &made, &err), 0);
	cgroup_undo(&planned);
	ck_assert_int_eq(cgroup_open(real_mount, real_path, &planned, &err), 0);
	cgroup_release(&planned);
	cgroup_undo(&made);
}
END_TEST

START_TEST(id_names_it)
{
	struct error err = { 0 };
	struct cgroup made;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_msg(plan_and_create(NULL, real_path + 1, NULL, &made, &err) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(made.path, real_path));
	cgroup_undo(&made);
}
END_TEST

START_TEST(in_use)
{
	struct error err = { 0 };
	struct cgroup first, second;
	pid_t child;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_int_eq(create(&none, "", &first, &err), 0);
	child = real_child(&first, NULL, NULL);
	ck_assert(!cgroup_is_empty(&first));
	ck_assert_int_eq(create(&none, "", &second, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "is in use"));
	ck_assert_int_eq(kill(child, 0), 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	real_reap(child);
	cgroup_undo(&first);
}
END_TEST

START_TEST(undo_ends_what_is_left)
{
	struct error err = { 0 };
	struct cgroup made, gone;
	pid_t child;
	int status;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_int_eq(create(&none, "/a/b", &made, &err), 0);
	child = real_child(&made, NULL, NULL);
	cgroup_undo(&made);
	status = real_reap(child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(cgroup_open(real_mount, real_path, &gone, &err), -ENOENT);
}
END_TEST

START_TEST(frozen)
{
	struct error err = { 0 };
	struct cgroup made;

	if (real_problem())
		unit_skip("%s", real_problem());
	ck_assert_int_eq(create(&none, "", &made, &err), 0);
	ck_assert_int_eq(file_put(made.fd, "cgroup.freeze", "1"), 0);
	ck_assert(cgroup_is_frozen(&made));
	cgroup_undo(&made);
}
END_TEST

/* A controller that this host's v2 hierarchy offers is enabled and its limit read back; one that
 * it lacks is named. */
START_TEST(hugetlb_limit)
{
	struct oci_hugepage page = { (char *) "2MB", 4194304 };
	struct oci_resources r = { .hugepage_limits = { 1, &page } };
	struct error err = { 0 };
	struct cgroup made;
	char text[32];

	if (real_problem() || access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) < 0)
		unit_skip("needs cgroups, and pages of 2MB");
	if (create(&r, "/h", &made, &err) == -ENOTSUP)
		unit_skip("%s", err.text);
	ck_assert_int_ge(made.fd, 0);
	ck_assert_msg(cgroup_apply(&made, &r, &err) == 0, "%s", err.text);
	ck_assert_int_gt(file_peek(made.fd, "hugetlb.2MB.max", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "4194304");
	ck_assert_int_gt(file_peek(made.fd, "hugetlb.2MB.rsvd.max", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "4194304");
	cgroup_undo(&made);
}
END_TEST

START_TEST(missing_controller)
{
	struct oci_pids pids = { .limit = { true, 5 } };
	struct oci_resources r = { .pids = &pids };
	unsigned int offered = 0;
	struct error err = { 0 };
	struct cgroup made;
	auto_fd root = -1;

	if (real_problem())
		unit_skip("%s", real_problem());
	root = open(real_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(controllers_read(root, "cgroup.controllers", &offered), 0);
	if (offered & CONTROLLER_BIT(CONTROLLER_PIDS))
		unit_skip("the pids controller is here");
	ck_assert_int_eq(create(&r, "", &made, &err), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(err.text, "linux.resources.pids.limit: the cgroup controller "
					       "'pids' is not available in '"));
	ck_assert_int_eq(cgroup_open(real_mount, real_path, &made, &err), -ENOENT);
}
END_TEST

START_TEST(managers)
{
	struct oci_pids pids = { .limit = { true, 5 } };
	struct oci_device_rule deny = { .allow = false };
	struct oci_resources limits = { .pids = &pids }, devices = { .devices = { 1, &deny } };
	struct oci_device_rule wrong = { .type = (char *) "x" };
	struct oci_resources bad = { .devices = { 1, &wrong } };
	struct error err = { 0 };
	struct cgroup made;

	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_DISABLED, NULL, &err), 0);
	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_DISABLED, &devices, &err), 0);
	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_CGROUPFS, &limits, &err), 0);
	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_CGROUPFS, &bad, &err), -EINVAL);
	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_DISABLED, &limits, &err), -ENOTSUP);
	ck_assert_str_eq(err.where, "linux.resources.pids.limit");
	pids.limit.value = -1;
	ck_assert_int_eq(cgroup_resources_check(CGROUP_MANAGER_DISABLED, &limits, &err), 0);

	ck_assert_int_eq(cgroup_plan(CGROUP_MANAGER_DISABLED, NULL, "c", NULL, &made, &err), 0);
	ck_assert_ptr_null(made.path);
	ck_assert_int_eq(cgroup_create(&made, &devices, &err), 0);
	ck_assert_int_eq(made.fd, -1);
	ck_assert_int_eq(cgroup_apply(&made, &devices, &err), 0);
}
END_TEST

/* Mounts, in a mount namespace of the test's own. */
START_TEST(find_mount)
{
	const char *mount_point;
	struct error err = { 0 };

	if (!unit_own_mounts() || mount("none", CGROUP_MOUNT, "tmpfs", 0, NULL) < 0)
		unit_skip("needs the right to mount");
	ck_assert_int_eq(cgroup_find_mount(&mount_point, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_int_eq(mkdir(CGROUP_MOUNT_HYBRID, 0755), 0);
	ck_assert_int_eq(cgroup_find_mount(&mount_point, &err), -ENOENT);
	ck_assert_int_eq(mount("none", CGROUP_MOUNT_HYBRID, "cgroup2", 0, NULL), 0);
	ck_assert_int_eq(cgroup_find_mount(&mount_point, &err), 0);
	ck_assert_str_eq(mount_point, CGROUP_MOUNT_HYBRID);
	ck_assert_int_eq(mount("none", CGROUP_MOUNT, "cgroup2", 0, NULL), 0);
	ck_assert_int_eq(cgroup_find_mount(&mount_point, &err), 0);
	ck_assert_str_eq(mount_point, CGROUP_MOUNT);
}
END_TEST

/* Where no cgroup may be made, one goes without it unless the configuration asks for one. */
START_TEST(read_only)
{
	struct oci_pids pids = { .limit = { true, 5 } };
	struct oci_resources limits = { .pids = &pids };
	struct error err = { 0 };
	struct cgroup made;

	if (!unit_own_mounts() || mount("none", CGROUP_MOUNT, "cgroup2", MS_RDONLY, NULL) < 0 ||
	    mount(NULL, CGROUP_MOUNT, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		unit_skip("needs the right to mount cgroup2");
	ck_assert_int_eq(plan_and_create(NULL, "c", NULL, &made, &err), 0);
	ck_assert_ptr_null(made.path);
	ck_assert_int_eq(made.fd, -1);
	ck_assert_ptr_nonnull(made.why_none);
	cgroup_release(&made);
	ck_assert_int_eq(plan_and_create("/c", "c", NULL, &made, &err), -EROFS);
	ck_assert_str_eq(err.text, "make the cgroup '/sys/fs/cgroup/c': Read-only file system");
	ck_assert_int_eq(plan_and_create(NULL, "c", &limits, &made, &err), -EROFS);
}
END_TEST

Suite *cgroup_cgroup_suite(void)
{
	Suite *s = suite_create("cgroup/cgroup");
	TCase *t = tcase_create("cgroup");

	tcase_add_unchecked_fixture(t, real_setup, real_teardown);
	tcase_add_test(t, create_open_release);
	tcase_add_test(t, plan_makes_nothing);
	tcase_add_test(t, id_names_it);
	tcase_add_test(t, in_use);
	tcase_add_test(t, undo_ends_what_is_left);
	tcase_add_test(t, frozen);
	tcase_add_test(t, hugetlb_limit);
	tcase_add_test(t, missing_controller);
	tcase_add_test(t, managers);
	tcase_add_test(t, find_mount);
	tcase_add_test(t, read_only);
	suite_add_tcase(s, t);
	return s;
}
