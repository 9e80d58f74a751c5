/* apparmor.c - a profile is never silently ignored */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/apparmor.h"
#include "linux/procfs.h"
#include "tests/unit/linux/suites.h"

static bool is_enabled(void)
{
	return access("/sys/kernel/security/apparmor", F_OK) == 0;
}

START_TEST(profile_needs_apparmor)
{
	struct error err;

	ck_assert_int_eq(apparmor_check(NULL, &err), 0);
	ck_assert_int_eq(apparmor_check("", &err), 0);
	if (is_enabled()) {
		ck_assert_int_eq(apparmor_check("profile", &err), 0);
		return;
	}
	ck_assert_int_eq(apparmor_check("profile", &err), -ENOTSUP);
	ck_assert_str_eq(err.text, "process.apparmorProfile: 'profile' cannot confine the "
				   "container: AppArmor is not enabled");
}
END_TEST

START_TEST(unknown_profile_is_an_error)
{
	struct error err;

	auto_fd procfs = -1;
	ck_assert_int_eq(procfs_open(&procfs, &err), 0);
	ck_assert_int_eq(apparmor_apply(procfs, NULL, &err), 0);
	ck_assert_int_lt(apparmor_apply(procfs, "no-such-profile", &err), 0);
	ck_assert_ptr_nonnull(str_after(err.text, "process.apparmorProfile: confine the container "
						  "by 'no-such-profile': "));
}
END_TEST

Suite *linux_apparmor_suite(void)
{
	Suite *suite = suite_create("linux/apparmor");
	TCase *tests = tcase_create("apparmor");

	tcase_add_test(tests, profile_needs_apparmor);
	tcase_add_test(tests, unknown_profile_is_an_error);
	suite_add_tcase(suite, tests);
	return suite;
}
