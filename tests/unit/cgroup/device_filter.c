/* device_filter.c - tests of src/cgroup/device_filter.c, with a real cgroup and real devices */
#include "cgroup/device_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static struct oci_device_rule deny_all = { .allow = false, .access = (char *) "rwm" };
static struct oci_device_rule allow_all = { .allow = true, .access = (char *) "rwm" };

/* The errno of opening, in the cgroup, a node that is made there; in /tmp, for another file system
 * may be mounted nodev. */
struct attempt {
	mode_t type;
	unsigned int major, minor;
	int flags;
};

static int open_in_cgroup(void *arg)
{
	const struct attempt *a = arg;
	char node[64];
	int fd, error;

	snprintf(node, sizeof(node), "/tmp/coracle-unit-node-%d", (int) getpid());
	if (mknod(node, a->type | 0600, makedev(a->major, a->minor)) < 0)
		return errno;
	fd = open(node, a->flags | O_CLOEXEC | O_NONBLOCK);
	error = fd < 0 ? errno : 0;
	unlink(node);
	return error;
}

static int try_open(const struct cgroup *cgroup, mode_t type, unsigned int major,
		    unsigned int minor, int flags)
{
	struct attempt attempt = { type, major, minor, flags };
	int status = real_reap(real_child(cgroup, open_in_cgroup, &attempt));

	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool prepare(struct cgroup *cgroup)
{
	if (real_problem() || geteuid() != 0)
		return false;
	real_make("", cgroup);
	return true;
}

static void apply(const struct cgroup *cgroup, bool is_new, const struct oci_device_rule *rules,
		  size_t n)
{
	struct error err = { 0 };

	ck_assert_msg(device_filter_apply(cgroup->fd, is_new, rules, n, &err) == 0, "%s", err.text);
}

START_TEST(deny_all_leaves_defaults)
{
	auto_cgroup cgroup = CGROUP_NONE;

	if (!prepare(&cgroup))
		unit_skip("needs root and a cgroup v2 hierarchy");
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), 0); /* kmsg */
	apply(&cgroup, true, &deny_all, 1);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 3, O_RDWR), 0);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 9, O_RDONLY), 0);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), EPERM);
	ck_assert_int_eq(try_open(&cgroup, S_IFBLK, 7, 0, O_RDONLY), EPERM);
}
END_TEST

START_TEST(one_access_of_two)
{
	struct oci_device_rule rules[] = {
		deny_all,
		{ true, (char *) "c", { true, 1 }, { true, 11 }, (char *) "r" },
	};
	auto_cgroup cgroup = CGROUP_NONE;

	if (!prepare(&cgroup))
		unit_skip("needs root and a cgroup v2 hierarchy");
	apply(&cgroup, true, rules, 2);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), 0);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDWR), EPERM);
}
END_TEST

/* New rules decide in place of the former ones, also when that takes no program. */
START_TEST(new_rules_replace_the_old)
{
	auto_cgroup cgroup = CGROUP_NONE;

	if (!prepare(&cgroup))
		unit_skip("needs root and a cgroup v2 hierarchy");
	apply(&cgroup, true, &deny_all, 1);
	apply(&cgroup, false, &deny_all, 1);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), EPERM);
	apply(&cgroup, false, &allow_all, 1);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), 0);
}
END_TEST

/* Not a cgroup: root is told what went wrong. */
START_TEST(what_is_no_cgroup_is_refused)
{
	struct cgroup not_one = scratch_cgroup();
	struct error err = { 0 };

	if (geteuid() != 0)
		unit_skip("needs root to load a program");
	ck_assert_int_eq(device_filter_apply(not_one.fd, true, &deny_all, 1, &err), -EBADF);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_str_eq(err.where, "linux.resources.devices");
	ck_assert_str_eq(err.text, "linux.resources.devices: attach the device program to the "
				   "cgroup: Bad file descriptor");
	ck_assert_int_eq(device_filter_apply(not_one.fd, true, &allow_all, 1, &err), 0);
	cgroup_release(&not_one);
}
END_TEST

/* In two: made ready, and then loaded by system calls alone. */
START_TEST(loaded_later)
{
	__attribute__((cleanup(device_filter_release))) struct device_filter filter;
	auto_cgroup cgroup = CGROUP_NONE;

	if (!prepare(&cgroup))
		unit_skip("needs root and a cgroup v2 hierarchy");
	device_filter_prepare(&deny_all, 1, &filter);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), 0);
	ck_assert_int_eq(device_filter_load(&filter, cgroup.fd), 0);
	ck_assert_int_eq(try_open(&cgroup, S_IFCHR, 1, 11, O_RDONLY), EPERM);
}
END_TEST

START_TEST(not_loaded)
{
	__attribute__((cleanup(device_filter_release))) struct device_filter filter;
	struct cgroup not_one = scratch_cgroup();
	struct error err = { 0 };
	int code;

	if (geteuid() != 0)
		unit_skip("needs root to load a program");
	device_filter_prepare(&allow_all, 1, &filter);
	ck_assert_int_eq(device_filter_load(&filter, not_one.fd), 0);
	device_filter_release(&filter);
	device_filter_prepare(&deny_all, 1, &filter);
	errno = 77;
	code = device_filter_load(&filter, not_one.fd);
	ck_assert_int_eq(code, -EBADF);
	ck_assert_int_eq(errno, 77);
	ck_assert_int_eq(device_filter_failed(&filter, code, &err), -EBADF);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_str_eq(err.where, "linux.resources.devices");
	cgroup_release(&not_one);
}
END_TEST

/* In a user namespace the program cannot be loaded, and the container runs without it. */
START_TEST(without_privilege_it_is_left_out)
{
	struct cgroup cgroup = scratch_cgroup();
	struct error err = { 0 };

	if (unshare(CLONE_NEWUSER) < 0)
		unit_skip("no user namespaces here");
	ck_assert_int_eq(device_filter_apply(cgroup.fd, true, &deny_all, 1, &err), 0);
	cgroup_release(&cgroup);
}
END_TEST

Suite *cgroup_device_filter_suite(void)
{
	Suite *s = suite_create("cgroup/device_filter");
	TCase *t = tcase_create("files");
	TCase *real = tcase_create("real");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_test(t, what_is_no_cgroup_is_refused);
	tcase_add_test(t, without_privilege_it_is_left_out);
	tcase_add_test(t, not_loaded);
	suite_add_tcase(s, t);
	tcase_add_unchecked_fixture(real, real_setup, real_teardown);
	tcase_add_test(real, deny_all_leaves_defaults);
	tcase_add_test(real, one_access_of_two);
	tcase_add_test(real, new_rules_replace_the_old);
	tcase_add_test(real, loaded_later);
	suite_add_tcase(s, real);
	return s;
}
