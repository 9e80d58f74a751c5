/* update.c - tests of src/cgroup/update.c, with files that play a cgroup's
 *
 * Unlike a cgroup's, they keep what is behind a shorter value: former values are as long. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
#define ON(n) { .is_set = true, .value = (n) }
/* clang-format on */

static int update(const struct oci_resources *r, struct error *err)
{
	struct cgroup cgroup = scratch_cgroup();
	int rc = cgroup_update(&cgroup, r, err);

	cgroup_release(&cgroup);
	return rc;
}

START_TEST(what_is_given_is_written)
{
	struct oci_memory memory = { .limit = ON(4096), .reservation = ON(0) };
	struct oci_pids pids = { .limit = ON(7) };
	struct oci_resources r = { .memory = &memory, .pids = &pids };
	struct error err = { 0 };

	scratch_write("memory.max", "8192");
	scratch_write("memory.low", "1024");
	scratch_write("pids.max", "9");
	ck_assert_msg(update(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("memory.max"), "4096");
	ck_assert_str_eq(scratch_read("memory.low"), "1024");
	ck_assert_str_eq(scratch_read("pids.max"), "7");
}
END_TEST

START_TEST(all_or_nothing)
{
	struct oci_memory memory = { .limit = ON(4096) };
	struct oci_pids pids = { .limit = ON(7) };
	struct oci_pair pair = { (char *) "cpu.nothing", (char *) "5" };
	struct oci_resources r = { .memory = &memory, .pids = &pids, .unified = { 1, &pair } };
	struct error err = { 0 };

	scratch_write("memory.max", "8192");
	scratch_write("pids.max", "9");
	ck_assert_int_eq(update(&r, &err), -ENOENT);
	ck_assert_msg(strstr(err.text, "'cpu.nothing'") != NULL, "%s", err.text);
	ck_assert_str_eq(scratch_read("memory.max"), "8192");
	ck_assert_str_eq(scratch_read("pids.max"), "9");
}
END_TEST

START_TEST(a_period_keeps_the_quota)
{
	struct oci_cpu cpu = { .period = ON(50000) };
	struct oci_resources r = { .cpu = &cpu };
	struct error err = { 0 };

	scratch_write("cpu.max", "20000 40000");
	ck_assert_msg(update(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("cpu.max"), "20000 50000");
	scratch_write("cpu.max", "max 100000");
	ck_assert_int_eq(update(&r, &err), 0);
	ck_assert_str_eq(scratch_read("cpu.max"), "max 500000"); /* its last 0 is the file's */
}
END_TEST

START_TEST(swap_counts_the_memory_limit_in_force)
{
	struct oci_memory memory = { .swap = ON(9000) };
	struct oci_resources r = { .memory = &memory };
	struct error err = { 0 };

	scratch_write("memory.max", "8000");
	scratch_write("memory.swap.max", "3333");
	ck_assert_msg(update(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("memory.swap.max"), "1000");
	ck_assert_str_eq(scratch_read("memory.max"), "8000");

	scratch_write("memory.max", "max");
	ck_assert_int_eq(update(&r, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.resources.memory.swap");
}
END_TEST

/* On files the order shows in what is put back: nothing, for the quota cannot be written. */
START_TEST(a_burst_that_shrinks_goes_first)
{
	struct oci_cpu cpu = { .quota = ON(5000), .burst = ON(4000) };
	struct oci_resources r = { .cpu = &cpu };
	struct error err = { 0 };

	scratch_write("cpu.max", "90000 100000");
	scratch_write("cpu.max.burst", "8000");
	ck_assert_msg(update(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("cpu.max.burst"), "4000");

	scratch_write("cpu.max.burst", "8000");
	scratch_remove("cpu.max");
	ck_assert_int_eq(update(&r, &err), -ENOENT);
	ck_assert_str_eq(scratch_read("cpu.max.burst"), "8000");
}
END_TEST

START_TEST(check_before_update)
{
	struct oci_memory memory = { .limit = ON(1000), .check_before_update = ON(true) };
	struct oci_resources r = { .memory = &memory };
	struct error err = { 0 };

	scratch_write("memory.max", "max ");
	scratch_write("memory.current", "4096\n");
	ck_assert_int_eq(update(&r, &err), -EBUSY);
	ck_assert_str_eq(scratch_read("memory.max"), "max ");
}
END_TEST

/* What is wrong everywhere is found before the first file is written. */
START_TEST(bad_values_change_nothing)
{
	struct oci_pids pids = { .limit = ON(7) };
	struct oci_device_rule rule = { .type = (char *) "z" };
	struct oci_resources r = { .pids = &pids, .devices = { 1, &rule } };
	struct error err = { 0 };

	scratch_write("pids.max", "9");
	ck_assert_int_eq(update(&r, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.resources.devices[0].type");
	ck_assert_str_eq(scratch_read("pids.max"), "9");
}
END_TEST

Suite *cgroup_update_suite(void)
{
	Suite *s = suite_create("cgroup/update");
	TCase *t = tcase_create("update");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_test(t, what_is_given_is_written);
	tcase_add_test(t, all_or_nothing);
	tcase_add_test(t, a_period_keeps_the_quota);
	tcase_add_test(t, swap_counts_the_memory_limit_in_force);
	tcase_add_test(t, a_burst_that_shrinks_goes_first);
	tcase_add_test(t, check_before_update);
	tcase_add_test(t, bad_values_change_nothing);
	suite_add_tcase(s, t);
	return s;
}
