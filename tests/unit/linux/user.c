/* user.c - who the process is, and what it may no longer become */
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/user.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static mode_t current_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

START_TEST(user_groups_and_umask_are_set)
{
	uint32_t more[] = { 7, 1000000 };
	struct oci_user user = {
		.uid = 1234,
		.gid = 5678,
		.umask = { true, 0027 },
		.additional_gids = { 2, more },
	};
	uid_t ids[3];
	gid_t gids[3], groups[8];
	struct error err;

	if (geteuid() != 0)
		unit_skip("needs root");
	ck_assert_int_eq(setgroups(3, (gid_t[]){ 4, 5, 6 }), 0);
	ck_assert_msg(user_apply(&user, true, &err) == 0, "%s", err.text);
	ck_assert_int_eq(getresuid(&ids[0], &ids[1], &ids[2]), 0);
	ck_assert_int_eq(getresgid(&gids[0], &gids[1], &gids[2]), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(ids[i], 1234);
		ck_assert_uint_eq(gids[i], 5678);
	}
	ck_assert_int_eq(getgroups(8, groups), 2);
	ck_assert_uint_eq(groups[0], 7);
	ck_assert_uint_eq(groups[1], 1000000);
	ck_assert_uint_eq(current_umask(), 0027);
	ck_assert_int_lt(setuid(0), 0);
}
END_TEST

START_TEST(no_user_is_root_without_groups)
{
	struct error err;

	if (geteuid() != 0)
		unit_skip("needs root");
	ck_assert_int_eq(setgroups(1, (gid_t[]){ 4 }), 0);
	umask(0);
	ck_assert_msg(user_apply(NULL, true, &err) == 0, "%s", err.text);
	ck_assert_int_eq(getgroups(0, NULL), 0);
	ck_assert_uint_eq(current_umask(), 0022);
}
END_TEST

START_TEST(groups_need_setgroups)
{
	uint32_t more[] = { 7 };
	struct oci_user user = { .uid = geteuid(), .gid = getegid() };
	struct error err;

	ck_assert_msg(user_apply(&user, false, &err) == 0, "%s", err.text);
	user.additional_gids.n = 1;
	user.additional_gids.items = more;
	ck_assert_int_eq(user_apply(&user, false, &err), -EPERM);
	ck_assert_str_eq(err.text, "process.user.additionalGids: the user namespace denies "
				   "setgroups(2)");
}
END_TEST

START_TEST(no_new_privileges)
{
	struct error err;

	ck_assert_int_eq(no_new_privs_apply(&err), 0);
	ck_assert_str_eq(status_line("NoNewPrivs"), "1");
}
END_TEST

Suite *linux_user_suite(void)
{
	Suite *suite = suite_create("linux/user");
	TCase *tests = tcase_create("user");

	tcase_add_test(tests, user_groups_and_umask_are_set);
	tcase_add_test(tests, no_user_is_root_without_groups);
	tcase_add_test(tests, groups_need_setgroups);
	tcase_add_test(tests, no_new_privileges);
	suite_add_tcase(suite, tests);
	return suite;
}
