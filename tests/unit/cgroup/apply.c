/* apply.c - tests of src/cgroup/apply.c, with files that play a cgroup's */
#include "cgroup/apply.h"

#include <errno.h>

#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
#define ON(n) { .is_set = true, .value = (n) }
/* clang-format on */

static int apply(const struct oci_resources *r, struct error *err)
{
	struct cgroup cgroup = scratch_cgroup();
	int rc = cgroup_check_usage(&cgroup, r->memory, err);

	if (rc == 0)
		rc = settings_walk(r, cgroup_write_setting, &cgroup, err);
	cgroup_release(&cgroup);
	return rc;
}

START_TEST(files_are_written)
{
	struct oci_memory memory = { .limit = ON(4096), .swap = ON(-1) };
	struct oci_pids pids = { .limit = ON(7) };
	struct oci_resources r = { .memory = &memory, .pids = &pids };
	struct error err = { 0 };

	scratch_write("memory.max", "");
	scratch_write("pids.max", "");
	ck_assert_msg(apply(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("memory.max"), "4096");
	ck_assert_str_eq(scratch_read("pids.max"), "7");
	/* A default needs no file. */
	ck_assert_str_eq(scratch_read("memory.swap.max"), "(absent)");
}
END_TEST

START_TEST(other_file_when_first_is_absent)
{
	struct oci_block_io io = { .weight = ON(1000) };
	struct oci_resources r = { .block_io = &io };
	struct error err = { 0 };

	scratch_write("io.weight", "");
	ck_assert_msg(apply(&r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("io.weight"), "10000");
	scratch_write("io.bfq.weight", "");
	scratch_write("io.weight", "");
	ck_assert_int_eq(apply(&r, &err), 0);
	ck_assert_str_eq(scratch_read("io.bfq.weight"), "1000");
	ck_assert_str_eq(scratch_read("io.weight"), "");
}
END_TEST

START_TEST(missing_file_is_named)
{
	struct oci_pair pair = { (char *) "memory.new", (char *) "5" };
	struct oci_resources r = { .unified = { 1, &pair } };
	struct error err = { 0 };

	ck_assert_int_eq(apply(&r, &err), -ENOENT);
	ck_assert_str_eq(err.where, "linux.resources.unified[\"memory.new\"]");
	ck_assert_str_eq(err.text, "linux.resources.unified[\"memory.new\"]: "
				   "cgroup '/' has no file 'memory.new' for '5'");
}
END_TEST

/* A directory cannot be written: the refusal names member, value and file. */
START_TEST(refusal_is_named)
{
	struct oci_pids pids = { .limit = ON(7) };
	struct oci_resources r = { .pids = &pids };
	struct error err = { 0 };

	scratch_write("pids.max/x", "");
	ck_assert_int_eq(apply(&r, &err), -EISDIR);
	ck_assert_int_eq(err.class, ERROR_CONFIG);
	ck_assert_str_eq(err.text, "linux.resources.pids.limit: write '7' to 'pids.max' of cgroup "
				   "'/': Is a directory");
}
END_TEST

static const struct check_row {
	int64_t limit;
	int64_t swap;
	const char *where; /* NULL: accepted */
} check_rows[] = {
	{ 1000, 0, NULL },    { 999, 0, "linux.resources.memory.limit" },
	{ 1000, 1500, NULL }, { 1000, 1499, "linux.resources.memory.swap" },
	{ -1, -1, NULL },
};

START_TEST(check_before_update)
{
	const struct check_row *row = &check_rows[_i];
	struct oci_memory memory = {
		.limit = ON(row->limit),
		.swap = ON(row->swap),
		.check_before_update = ON(true),
	};
	struct oci_resources r = { .memory = &memory };
	struct error err = { 0 };

	scratch_write("memory.current", "1000\n");
	scratch_write("memory.swap.current", "500\n");
	scratch_write("memory.max", "");
	scratch_write("memory.swap.max", "");
	if (!row->where) {
		ck_assert_msg(apply(&r, &err) == 0, "%s", err.text);
		return;
	}
	ck_assert_int_eq(apply(&r, &err), -EBUSY);
	ck_assert_str_eq(err.where, row->where);
	ck_assert_str_eq(scratch_read("memory.max"), "");
	memory.check_before_update.value = false;
	ck_assert_int_eq(apply(&r, &err), 0);
}
END_TEST

Suite *cgroup_apply_suite(void)
{
	Suite *s = suite_create("cgroup/apply");
	TCase *t = tcase_create("apply");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_test(t, files_are_written);
	tcase_add_test(t, other_file_when_first_is_absent);
	tcase_add_test(t, missing_file_is_named);
	tcase_add_test(t, refusal_is_named);
	tcase_add_loop_test(t, check_before_update, 0,
			    (int) (sizeof(check_rows) / sizeof(*check_rows)));
	suite_add_tcase(s, t);
	return s;
}
