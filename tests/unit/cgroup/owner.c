/* owner.c - tests of src/cgroup/owner.c, with a real cgroup */
#include "cgroup/owner.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

START_TEST(written_and_read)
{
	auto_cgroup cgroup = CGROUP_NONE;
	char owner[CGROUP_OWNER_MAX], longest[CGROUP_OWNER_MAX];

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &cgroup);
	ck_assert_int_eq(cgroup_owner_read(&cgroup, owner), -ENODATA);
	ck_assert_int_eq(cgroup_owner_write(&cgroup, "first"), 0);
	ck_assert_int_eq(cgroup_owner_write(&cgroup, "the second"), 0);
	ck_assert_int_eq(cgroup_owner_read(&cgroup, owner), 0);
	ck_assert_str_eq(owner, "the second");

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(cgroup_owner_write(&cgroup, longest), 0);
	ck_assert_int_eq(cgroup_owner_read(&cgroup, owner), 0);
	ck_assert_str_eq(owner, longest);
}
END_TEST

Suite *cgroup_owner_suite(void)
{
	Suite *s = suite_create("cgroup/owner");
	TCase *t = tcase_create("owner");

	tcase_add_unchecked_fixture(t, real_setup, real_teardown);
	tcase_add_test(t, written_and_read);
	suite_add_tcase(s, t);
	return s;
}
