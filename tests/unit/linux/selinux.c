/* selinux.c - a label is never silently ignored */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/text.h"
#include "linux/procfs.h"
#include "linux/selinux.h"
#include "tests/unit/linux/suites.h"

static bool is_enabled(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

START_TEST(label_needs_selinux)
{
	struct error err;

	ck_assert_int_eq(selinux_check(NULL, "x", &err), 0);
	ck_assert_int_eq(selinux_check("", "x", &err), 0);
	if (is_enabled()) {
		ck_assert_int_eq(selinux_check("no:such:label:s0", "linux.mountLabel", &err),
				 -EINVAL);
		return;
	}
	ck_assert_int_eq(selinux_check("a:b:c:s0", "linux.mountLabel", &err), -ENOTSUP);
#if HAVE_SELINUX
	ck_assert_str_eq(err.text, "linux.mountLabel: the label 'a:b:c:s0' has no effect: "
				   "SELinux is not enabled");
#else
	ck_assert_str_eq(err.text, "linux.mountLabel: built without libselinux");
#endif
}
END_TEST

START_TEST(unknown_label_is_an_error)
{
	struct error err;

	auto_fd procfs = -1;
	ck_assert_int_eq(procfs_open(&procfs, &err), 0);
	ck_assert_int_eq(selinux_exec_apply(procfs, NULL, &err), 0);
	ck_assert_int_eq(selinux_key_apply(procfs, "", &err), 0);
	ck_assert_int_lt(selinux_exec_apply(procfs, "no:such:label:s0", &err), 0);
	ck_assert_ptr_nonnull(str_after(err.text, "process.selinuxLabel: "));
	ck_assert_int_lt(selinux_key_apply(procfs, "no:such:label:s0", &err), 0);
}
END_TEST

Suite *linux_selinux_suite(void)
{
	Suite *suite = suite_create("linux/selinux");
	TCase *tests = tcase_create("selinux");

	tcase_add_test(tests, label_needs_selinux);
	tcase_add_test(tests, unknown_label_is_an_error);
	suite_add_tcase(suite, tests);
	return suite;
}
