/* make.c - tests of src/cgroup/make.c, with directories that play the cgroup tree */
#include "cgroup/make.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static struct oci_memory memory = { .limit = { true, 4096 } };
static struct oci_hugepage hugepage = { (char *) "2MB", 0 };
static const struct oci_resources none;
static const struct oci_resources needs_memory = { .memory = &memory };
static const struct oci_resources needs_hugetlb = { .hugepage_limits = { 1, &hugepage } };

/* Makes path below scratch_dir; what fails is undone, as by a container's guard. */
static int make(const char *path, const struct oci_resources *r, struct cgroup *ret,
		struct error *err)
{
	int rc;

	*ret = (struct cgroup){ .mount = xstrdup(scratch_dir), .path = xstrdup(path), .fd = -1 };
	rc = cgroup_make(ret, r, err);
	if (rc < 0)
		cgroup_undo(ret);
	return rc;
}

START_TEST(directories)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("a/mark", "");
	ck_assert_msg(make("/a/b/c", &none, &cgroup, &err) == 0, "%s", err.text);
	ck_assert_str_eq(cgroup.mount, scratch_dir);
	ck_assert_str_eq(cgroup.path, "/a/b/c");
	ck_assert_str_eq(cgroup.made_from, "/a/b");
	ck_assert_int_ge(cgroup.fd, 0);
	scratch_write("a/b/c/probe", "x");
	cgroup_release(&cgroup);
	ck_assert_ptr_null(cgroup.path);
	ck_assert_int_eq(cgroup.fd, -1);
	ck_assert_str_eq(scratch_read("a/b/c/probe"), "x");
}
END_TEST

START_TEST(existing_is_taken)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("a/cgroup.events", "populated 0\nfrozen 0\n");
	ck_assert_msg(make("/a", &none, &cgroup, &err) == 0, "%s", err.text);
	ck_assert_ptr_null(cgroup.made_from);
	cgroup_undo(&cgroup); /* not ours: stays */
	ck_assert_str_eq(scratch_read("a/cgroup.events"), "populated 0\nfrozen 0");
}
END_TEST

START_TEST(undo_removes_what_was_made)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("a/mark", "");
	ck_assert_int_eq(make("/a/b/c/d", &none, &cgroup, &err), 0);
	cgroup_undo(&cgroup);
	/* A file cannot be written where the directory has gone. */
	ck_assert_int_eq(make("/a/b", &none, &cgroup, &err), 0);
	ck_assert_str_eq(cgroup.made_from, "/a/b");
	cgroup_undo(&cgroup);
	ck_assert_str_eq(scratch_read("a/mark"), "");
}
END_TEST

static const struct busy_row {
	const char *events;
	const char *message;
} busy_rows[] = {
	{ "populated 1\nfrozen 0\n", "cgroup '/x' is in use: it has processes" },
	{ "populated 0\nfrozen 1\n", "cgroup '/x' is frozen" },
};

START_TEST(busy_is_refused)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("x/cgroup.events", busy_rows[_i].events);
	ck_assert_int_eq(make("/x", &none, &cgroup, &err), -EBUSY);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_str_eq(err.text, busy_rows[_i].message);
	ck_assert_int_eq(cgroup.fd, -1);
	ck_assert_str_ne(scratch_read("x/cgroup.events"), "(absent)");
}
END_TEST

static const struct enable_row {
	const char *controllers; /* of the root */
	const char *enabled;	 /* there already */
	const struct oci_resources *r;
	const char *written;
} enable_rows[] = {
	{ "cpuset cpu io memory pids rdma hugetlb misc", "", &none,
	  "+cpu +cpuset +io +memory +pids" },
	{ "cpuset cpu io memory pids", "cpuset cpu io memory pids", &none,
	  "cpuset cpu io memory pids" },
	/* The file's old text shows behind a shorter write: a real one is no file on disk. */
	{ "cpu memory hugetlb", "cpu", &needs_memory, "+memory" },
	{ "hugetlb", "", &none, "" },
	{ "hugetlb", "", &needs_hugetlb, "+hugetlb" },
	{ "memory hugetlb", "", &needs_hugetlb, "+memory +hugetlb" },
	{ "", "", &none, "" },
};

START_TEST(controllers_of_root)
{
	const struct enable_row *row = &enable_rows[_i];
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", row->controllers);
	scratch_write("cgroup.subtree_control", row->enabled);
	ck_assert_msg(make("/c1", row->r, &cgroup, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("cgroup.subtree_control"), row->written);
	cgroup_release(&cgroup);
}
END_TEST

/* What would make it threaded is enabled for a limit only. */
static const struct processes_row {
	const char *type, *procs;
	const struct oci_resources *r;
	const char *written;
} processes_rows[] = {
	{ "domain\n", "7\n", &none, "" },
	{ "domain\n", "7\n", &needs_memory, "+memory" },
	{ "domain\n", "", &none, "+cpu +memory" },
	{ "domain threaded\n", "7\n", &none, "+cpu +memory" },
	{ NULL, "7\n", &none, "+cpu +memory" },
};

START_TEST(processes_of_its_own)
{
	const struct processes_row *row = &processes_rows[_i];
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", "cpu memory");
	scratch_write("cgroup.subtree_control", "");
	scratch_write("cgroup.procs", row->procs);
	if (row->type)
		scratch_write("cgroup.type", row->type);
	ck_assert_msg(make("/c1", row->r, &cgroup, &err) == 0, "%s", err.text);
	cgroup_release(&cgroup);
	ck_assert_str_eq(scratch_read("cgroup.subtree_control"), row->written);
}
END_TEST

/* Each level hands on what it got, and the container's own cgroup hands on nothing. */
START_TEST(controllers_go_down)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", "cpu memory hugetlb");
	scratch_write("cgroup.subtree_control", "");
	scratch_write("a/cgroup.subtree_control", "");
	scratch_write("a/b/cgroup.subtree_control", "memory");
	scratch_write("a/b/c/cgroup.subtree_control", "");
	ck_assert_msg(make("/a/b/c", &needs_memory, &cgroup, &err) == 0, "%s", err.text);
	ck_assert_str_eq(scratch_read("cgroup.subtree_control"), "+cpu +memory");
	ck_assert_str_eq(scratch_read("a/cgroup.subtree_control"), "+cpu +memory");
	ck_assert_str_eq(scratch_read("a/b/cgroup.subtree_control"), "+cpury");
	ck_assert_str_eq(scratch_read("a/b/c/cgroup.subtree_control"), "");
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(missing_controller)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", "hugetlb");
	scratch_write("cgroup.subtree_control", "");
	ck_assert_int_eq(make("/new/c1", &needs_memory, &cgroup, &err), -ENOTSUP);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_str_eq(err.where, "linux.resources.memory.limit");
	ck_assert_ptr_nonnull(strstr(err.text, "linux.resources.memory.limit: the cgroup "
					       "controller 'memory' is not available in"));
	ck_assert_ptr_nonnull(strstr(err.text, scratch_dir));
	/* Nothing stays. */
	ck_assert_int_eq(make("/new", &none, &cgroup, &err), 0);
	ck_assert_str_eq(cgroup.made_from, "/new");
	cgroup_release(&cgroup);
}
END_TEST

/* A cgroup without a writable subtree_control plays one that refuses. */
START_TEST(refused_controller)
{
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", "memory");
	scratch_write("cgroup.subtree_control", "");
	ck_assert_int_eq(make("/a/c1", &needs_memory, &cgroup, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "'memory' cannot be enabled in"));
	ck_assert_ptr_nonnull(strstr(err.text, "/a': No such file or directory"));
	/* Without the need it is no error. */
	ck_assert_int_eq(make("/a/c1", &none, &cgroup, &err), 0);
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(unlimited_needs_no_controller)
{
	struct oci_memory unlimited = { .limit = { true, -1 }, .swap = { true, -1 } };
	struct oci_pids pids = { .limit = { true, 0 } };
	struct oci_resources r = { .memory = &unlimited, .pids = &pids };
	struct error err = { 0 };
	struct cgroup cgroup;

	scratch_write("cgroup.controllers", "");
	ck_assert_msg(make("/c1", &r, &cgroup, &err) == 0, "%s", err.text);
	cgroup_release(&cgroup);
}
END_TEST

Suite *cgroup_make_suite(void)
{
	Suite *s = suite_create("cgroup/make");
	TCase *t = tcase_create("make");

	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_test(t, directories);
	tcase_add_test(t, existing_is_taken);
	tcase_add_test(t, undo_removes_what_was_made);
	tcase_add_loop_test(t, busy_is_refused, 0, 2);
	tcase_add_loop_test(t, controllers_of_root, 0,
			    (int) (sizeof(enable_rows) / sizeof(*enable_rows)));
	tcase_add_loop_test(t, processes_of_its_own, 0,
			    (int) (sizeof(processes_rows) / sizeof(*processes_rows)));
	tcase_add_test(t, controllers_go_down);
	tcase_add_test(t, missing_controller);
	tcase_add_test(t, refused_controller);
	tcase_add_test(t, unlimited_needs_no_controller);
	suite_add_tcase(s, t);
	return s;
}
