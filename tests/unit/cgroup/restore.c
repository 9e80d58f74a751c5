/* restore.c - tests of src/cgroup/restore.c */
#include "cgroup/restore.h"

#include <stdlib.h>

#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
static const struct row {
	const char *file, *value, *before;
	const char *restored;	/* NULL: there is no telling */
} rows[] = {
	{ "memory.max", "4096", "max", "max" },
	{ "memory.max", "max", "4096", "4096" },
	{ "cpu.max", "1000", "max 100000", "max 100000" },
	{ "cpuset.cpus", "0", "", "\n" },
	{ "cpuset.cpus", "0", "0-1", "0-1" },
	{ "io.weight", "50", "default 100", "default 100" },
	{ "io.weight", "50", "default 100\n8:0 200", "default 100" },
	{ "io.weight", "8:0 50", "default 100\n8:0 200", "8:0 200" },
	{ "io.weight", "8:16 50", "default 100\n8:0 200", "8:16 default" },
	{ "io.bfq.weight", "8:16 50", "100", "8:16 default" },
	{ "io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max" },
	{ "io.max", "8:0 rbps=5", "8:00 rbps=1\n8:0 rbps=7 wbps=max riops=max wiops=1",
	  "8:0 rbps=7 wbps=max riops=max wiops=1" },
	{ "io.latency", "8:0 target=5", "", "8:0 target=0" },
	{ "rdma.max", "mlx hca_object=3", "mlx hca_handle=2 hca_object=max", "mlx hca_handle=2 hca_object=max" },
	{ "rdma.max", "mlx hca_object=3", "", "mlx hca_handle=max hca_object=max" },
	{ "misc.max", "sev 1", "sev 9\nsev_es max", "sev 9" },
	{ "misc.max", "sev_es 1", "sev 9\nsev_es max", "sev_es max" },
	{ "dmem.max", "drm/vram0 1", "drm/stolen 5\ndrm/vram0 max", "drm/vram0 max" },
	{ "cgroup.subtree_control", "+pids -cpu", "cpu memory", "-pids +cpu " },
	{ "cgroup.subtree_control", "+cpuset -memory\n", "cpu memory", "-cpuset +memory " },
	{ "cgroup.subtree_control", "+cpu -pids", "cpu memory", "\n" },
	{ "cgroup.subtree_control", "+io", "", "-io " },
	{ "cpuset.cpus.partition", "root", "member", "member" },
	{ "cpuset.cpus.partition", "member", "root invalid (Parent is not a partition root)", "root" },
	{ "io.strange", "8:0 x=5", "", NULL },
	{ "memory.stat", "5", "anon 1\nfile 2", NULL },
};
/* clang-format on */

START_TEST(values_that_restore)
{
	char *restored = restore_value(rows[_i].file, rows[_i].value, rows[_i].before);

	if (rows[_i].restored)
		ck_assert_str_eq(restored, rows[_i].restored);
	else
		ck_assert_ptr_null(restored);
	free(restored);
}
END_TEST

/* The last first: what was noted first is what stays. */
START_TEST(put_back)
{
	struct cgroup cgroup = scratch_cgroup();
	struct restore restore = { 0 };

	scratch_write("pids.max", "11");
	restore_note(&restore, cgroup.fd, "pids.max", "22");
	scratch_write("pids.max", "22");
	restore_note(&restore, cgroup.fd, "pids.max", "33");
	scratch_write("pids.max", "33");
	restore_put_back(&restore, cgroup.fd);
	ck_assert_str_eq(scratch_read("pids.max"), "11");
	restore_release(&restore);
	ck_assert_ptr_null(restore.last);
	cgroup_release(&cgroup);
}
END_TEST

/* The weight comes back after the idleness went. */
START_TEST(idle_takes_the_weight_along)
{
	struct cgroup cgroup = scratch_cgroup();
	struct restore restore = { 0 };

	scratch_write("cpu.idle", "0");
	scratch_write("cpu.weight", "77");
	restore_note(&restore, cgroup.fd, "cpu.idle", "1");
	scratch_write("cpu.idle", "1");
	scratch_write("cpu.weight", "00");
	restore_put_back(&restore, cgroup.fd);
	ck_assert_str_eq(scratch_read("cpu.idle"), "0");
	ck_assert_str_eq(scratch_read("cpu.weight"), "77");
	restore_release(&restore);
	cgroup_release(&cgroup);
}
END_TEST

/* The kernel takes no weight for an idle cgroup, whose own it shows as 0. */
START_TEST(idle_before_has_no_weight)
{
	struct cgroup cgroup = scratch_cgroup();
	struct restore restore = { 0 };

	scratch_write("cpu.idle", "1");
	scratch_write("cpu.weight", "0");
	restore_note(&restore, cgroup.fd, "cpu.idle", "0");
	scratch_write("cpu.idle", "0");
	scratch_write("cpu.weight", "100");
	restore_put_back(&restore, cgroup.fd);
	ck_assert_str_eq(scratch_read("cpu.idle"), "1");
	ck_assert_str_eq(scratch_read("cpu.weight"), "100");
	restore_release(&restore);
	cgroup_release(&cgroup);
}
END_TEST

/* Many weights show as one nice value. */
START_TEST(nice_is_put_back_as_the_weight)
{
	struct cgroup cgroup = scratch_cgroup();
	struct restore restore = { 0 };

	scratch_write("cpu.weight", "77");
	scratch_write("cpu.weight.nice", "1");
	restore_note(&restore, cgroup.fd, "cpu.weight.nice", "7");
	scratch_write("cpu.weight", "21");
	scratch_write("cpu.weight.nice", "7");
	restore_put_back(&restore, cgroup.fd);
	ck_assert_str_eq(scratch_read("cpu.weight"), "77");
	ck_assert_str_eq(scratch_read("cpu.weight.nice"), "7"); /* left to the kernel */
	restore_release(&restore);
	cgroup_release(&cgroup);
}
END_TEST

/* What was in force before the empty list, which the kernel may refuse. */
START_TEST(an_empty_cpuset)
{
	struct cgroup cgroup = scratch_cgroup();
	struct restore restore = { 0 };

	scratch_write("cpuset.cpus", "");
	scratch_write("cpuset.cpus.effective", "0-7");
	restore_note(&restore, cgroup.fd, "cpuset.cpus", "2");
	scratch_write("cpuset.cpus", "2");
	scratch_write("cpuset.cpus.effective", "2");
	restore_put_back(&restore, cgroup.fd);
	/* on a file the empty line is the first character, and what was in force is behind it */
	ck_assert_str_eq(scratch_read("cpuset.cpus"), "\n-7");
	restore_release(&restore);
	cgroup_release(&cgroup);
}
END_TEST

Suite *cgroup_restore_suite(void)
{
	Suite *s = suite_create("cgroup/restore");
	TCase *t = tcase_create("restore");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_loop_test(t, values_that_restore, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, put_back);
	tcase_add_test(t, idle_takes_the_weight_along);
	tcase_add_test(t, idle_before_has_no_weight);
	tcase_add_test(t, an_empty_cpuset);
	tcase_add_test(t, nice_is_put_back_as_the_weight);
	suite_add_tcase(s, t);
	return s;
}
