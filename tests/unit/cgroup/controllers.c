/* controllers.c - tests of src/cgroup/controllers.c */
#include "cgroup/controllers.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

#define BIT(name) CONTROLLER_BIT(CONTROLLER_##name)

static const struct {
	const char *file;
	enum controller controller;
} files[] = {
	{ "memory.high", CONTROLLER_MEMORY }, { "cpu.uclamp.min", CONTROLLER_CPU },
	{ "cpuset.cpus", CONTROLLER_CPUSET }, { "hugetlb.2MB.max", CONTROLLER_HUGETLB },
	{ "io.max", CONTROLLER_IO },	      { "dmem.max", CONTROLLER_DMEM },
	{ "misc.max", CONTROLLER_MISC },      { "cgroup.max.depth", CONTROLLER_NONE },
	{ "mem.high", CONTROLLER_NONE },      { "", CONTROLLER_NONE },
};

START_TEST(of_file)
{
	ck_assert_int_eq(controller_of_file(files[_i].file), files[_i].controller);
}
END_TEST

static const struct {
	const char *text;
	unsigned int set;
} lists[] = {
	{ "", 0 },
	{ "cpu\n", BIT(CPU) },
	{ "cpuset cpu io memory hugetlb pids rdma misc dmem\n", (1U << CONTROLLER_COUNT) - 1 },
	{ "newer memory perf_event", BIT(MEMORY) },
};

START_TEST(read_list)
{
	struct cgroup cgroup = scratch_cgroup();
	unsigned int set = 12345;

	scratch_write("cgroup.controllers", lists[_i].text);
	ck_assert_int_eq(controllers_read(cgroup.fd, "cgroup.controllers", &set), 0);
	ck_assert_uint_eq(set, lists[_i].set);
	ck_assert_int_eq(controllers_read(cgroup.fd, "absent", &set), -ENOENT);
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(enable)
{
	struct cgroup cgroup = scratch_cgroup();
	int refusal = -1;

	scratch_write("cgroup.subtree_control", "");
	ck_assert_uint_eq(controllers_enable(cgroup.fd, BIT(IO) | BIT(PIDS), &refusal),
			  BIT(IO) | BIT(PIDS));
	ck_assert_int_eq(refusal, 0);
	ck_assert_str_eq(scratch_read("cgroup.subtree_control"), "+io +pids");
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(a_refusal_is_told)
{
	struct cgroup cgroup = scratch_cgroup();
	int refusal = 0;

	ck_assert_uint_eq(controllers_enable(cgroup.fd, BIT(IO) | BIT(PIDS), &refusal), 0);
	ck_assert_int_eq(refusal, ENOENT);
	cgroup_release(&cgroup);
}
END_TEST

/* The root offers hugetlb or whatever else, and surely not what it does not list. */
START_TEST(one_by_one)
{
	unsigned int offered, before, got;
	int refusal = 0, root;

	if (real_problem())
		unit_skip("%s", real_problem());
	root = open(real_mount, O_PATH | O_DIRECTORY);
	ck_assert_int_eq(controllers_read(root, "cgroup.controllers", &offered), 0);
	ck_assert_int_eq(controllers_read(root, "cgroup.subtree_control", &before), 0);
	if (offered == 0 || offered == (1U << CONTROLLER_COUNT) - 1)
		unit_skip("needs a controller that is offered and one that is not");
	got = controllers_enable(root, (1U << CONTROLLER_COUNT) - 1, &refusal);
	ck_assert_uint_eq(got, offered);
	ck_assert_int_ne(refusal, 0);
	close(root);
}
END_TEST

Suite *cgroup_controllers_suite(void)
{
	Suite *s = suite_create("cgroup/controllers");
	TCase *t = tcase_create("files");
	TCase *real = tcase_create("real");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_loop_test(t, of_file, 0, (int) (sizeof(files) / sizeof(*files)));
	tcase_add_loop_test(t, read_list, 0, (int) (sizeof(lists) / sizeof(*lists)));
	tcase_add_test(t, enable);
	tcase_add_test(t, a_refusal_is_told);
	suite_add_tcase(s, t);
	tcase_add_unchecked_fixture(real, real_setup, real_teardown);
	tcase_add_test(real, one_by_one);
	suite_add_tcase(s, real);
	return s;
}
